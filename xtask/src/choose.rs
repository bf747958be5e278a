//! Of all that was found on the pages, what is to be stored: each operation once, in English.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::{
    codegen::{Document, document::entries},
    differs::{Of, differing},
    fetch::Page,
    map::names,
    page::{self, Found},
};

/// A document that is to be stored.
pub(crate) struct Chosen {
    pub(crate) found: Found,
    /// The page that it was found on.
    pub(crate) page: String,
    pub(crate) url: Option<String>,
    /// Its operations.
    pub(crate) names: BTreeSet<String>,
}

/// The documents to store, and what there is to say of the others.
pub(crate) fn choose(pages: Vec<Page>, stored: &[Document]) -> Result<(Vec<Chosen>, Vec<String>)> {
    let mut all = Vec::new();
    for Page { name, url, bytes } in pages {
        for found in page::documents(&name, &bytes)? {
            let names = names(&found.document)?;
            all.push(Chosen { found, page: name.clone(), url: url.clone(), names });
        }
    }
    let (turkish, english): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|chosen| is_turkish(&chosen.found.document.json));
    let mut chosen: Vec<Chosen> = Vec::new();
    for one in english {
        let Some(other) = chosen.iter().find(|other| !other.names.is_disjoint(&one.names)) else {
            chosen.push(one);
            continue;
        };
        let (one, other) = (&one.found.document, &other.found.document);
        if let Some((place, _)) = differing(&other.json, &one.json).first() {
            bail!(
                "{}: {} has the same operation, and differs at {place}; give one of them",
                one.file,
                other.file
            );
        }
    }
    let mut notices = Vec::new();
    for one in &turkish {
        notices.extend(compare(one, &chosen, stored)?);
    }
    Ok((chosen, notices))
}

/// Compares a Turkish document with the English one that was given with it, or that is stored.
fn compare(turkish: &Chosen, chosen: &[Chosen], stored: &[Document]) -> Result<Option<String>> {
    let place = &turkish.found.document.file;
    let differing = |english: &Document| {
        let places = differing(&english.json, &turkish.found.document.json).into_iter();
        let places: Vec<_> = places.filter(|(_, of)| *of != Of::Prose).map(|(place, _)| place).collect();
        places.join(", ")
    };
    if let Some(english) = chosen.iter().find(|other| !other.names.is_disjoint(&turkish.names)) {
        let english = &english.found.document;
        let places = differing(english);
        let notice = || {
            format!(
                "{place}: the Turkish page differs in substance from {} at {places}; \
                 the English one is taken: ask Paynet which is right",
                english.file
            )
        };
        return Ok((!places.is_empty()).then(notice));
    }
    let is_same = |other: &&Document| names(other).is_ok_and(|names| !names.is_disjoint(&turkish.names));
    let Some(english) = stored.iter().find(is_same) else {
        bail!(
            "{place}: it is in Turkish, and its operation is new; give the English page, whose prose is stored"
        );
    };
    let places = differing(english);
    if !places.is_empty() {
        bail!(
            "{place}: it is in Turkish, and differs in substance from {} at {places}; \
             give the English page as well, whose prose is stored",
            english.file
        );
    }
    Ok(Some(format!("{place}: it is in Turkish, and says what {} says, whose prose is kept", english.file)))
}

/// Whether more than a quarter of a document's prose has letters that Turkish has and English has not;
/// a Turkish name, as ÖKC, may stand in English too.
fn is_turkish(json: &Value) -> bool {
    let (mut all, mut turkish) = (0, 0);
    let mut values = vec![json];
    while let Some(value) = values.pop() {
        for (key, value) in entries(Some(value)) {
            if let ("description" | "summary" | "title", Some(text)) = (key.as_str(), value.as_str()) {
                all += 1;
                turkish += usize::from(text.contains(|c| "çğışöüÇĞİŞÖÜ".contains(c)));
            }
            values.push(value);
        }
        values.extend(value.as_array().into_iter().flatten());
    }
    turkish * 4 > all
}
