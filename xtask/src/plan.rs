//! What would be stored after reading pages.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use heck::ToKebabCase;
use paypos_codegen::{Document, Generated, generate, join};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    diff::{Class, Difference, diff},
    page::{Found, Pages, pages_below},
    report::{self, Report},
    sources,
    store::{Change, Store, generated, parse},
};

/// What an update would do.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
    pub(crate) report: Report,
}

/// The name of a file in `openapi/`, and what it is to have; `None` if it is removed.
type Placed = (String, Option<Found>);

impl Store {
    /// What would follow from these pages. Nothing is written. A page that cannot be used stops no other.
    pub(crate) fn plan(&mut self, pages: Pages, is_all: bool) -> Result<Plan> {
        let stored = parse(&self.texts)?;
        let old = generate(&stored)?;
        let mut plan = Report { refused: pages.refused, notices: pages.set_aside, ..Report::default() };
        let found = of_these_servers(pages.found, &stored, &mut plan);
        let chosen = self.choose(found, &mut plan);
        let placed = self.place(chosen, &stored, &mut plan);
        let (new, accepted) = self.accept(placed, &mut plan)?;
        plan.differences = diff(&old, &new);
        let today = OffsetDateTime::now_utc().date().to_string();
        let before = self.texts.clone();
        for (file, found) in accepted {
            if let Some(found) = found {
                self.record(&file, found, &today, &mut plan);
            } else {
                self.texts.remove(&file);
                self.sources.remove(&file);
            }
        }
        for (file, text) in &self.texts {
            let lines = before.get(file).map_or(0, |before| lines_that_differ(before, text));
            if lines > 0 {
                plan.differences.push(Difference {
                    class: Class::Compatible,
                    is_seen: false,
                    operations: Vec::new(),
                    what: format!(
                        "openapi/{file}: {lines} line{} changed",
                        if lines == 1 { "" } else { "s" }
                    ),
                    meaning: "callers see what is listed here, and nothing else of it".to_owned(),
                });
            }
        }
        if is_all {
            self.look_for_new_pages(pages.index.as_deref(), &mut plan);
        }
        let files: BTreeSet<_> = before.keys().chain(self.texts.keys()).collect();
        let document = |file: &String| (format!("openapi/{file}").into(), self.texts.get(file).cloned());
        let mut changes: Vec<Change> = files.into_iter().map(document).collect();
        changes.push((sources::FILE.into(), Some(self.sources.text())));
        // By a page that changes nothing, what is stale stays.
        changes = self.changed(changes);
        if !changes.is_empty() {
            changes.extend(self.derived(&new)?);
        }
        if plan.differences.iter().any(|difference| difference.is_seen) {
            let changelog = report::changelog(&self.read("CHANGELOG.md")?, &plan.differences, &today)?;
            changes.push(("CHANGELOG.md".into(), Some(changelog)));
        }
        let changes = self.changed(changes);
        plan.changed = !changes.is_empty();
        plan.files = changes.iter().map(|(file, _)| file.display().to_string()).collect();
        let class = plan.differences.iter().map(|difference| difference.class).max();
        plan.class = if plan.refused.is_empty() { class } else { Some(Class::Refused) };
        Ok(Plan { changes, report: plan })
    }

    /// Takes a document, and notes where it is from.
    fn record(&mut self, file: &str, found: Found, today: &str, plan: &mut Report) {
        let digest = sources::sha256(&found.text);
        let known = self.sources.all().into_iter().find(|source| source.file == file);
        let is_recorded = known.as_ref().is_some_and(|source| source.sha256.as_ref() == Some(&digest));
        if is_recorded && self.texts.get(file) == Some(&found.text) {
            return;
        }
        if found.url.is_none() && known.is_none() {
            plan.notices.push(format!(
                "{}: it is stored without an address, and is not read again until openapi/{file} has a `page` in {}",
                found.page,
                sources::FILE
            ));
        }
        self.sources.record(file, found.url.as_deref(), &digest, today);
        self.texts.insert(file.to_owned(), found.text);
    }

    /// What can be generated from: all of it, or else each that can be by itself.
    // Guard: pages::a_page_that_cannot_be_used_stops_no_other
    fn accept(&self, placed: Vec<Placed>, plan: &mut Report) -> Result<(Generated, Vec<Placed>)> {
        let with = |texts: &BTreeMap<String, String>, placed: &[Placed]| {
            let mut texts = texts.clone();
            for (file, found) in placed {
                match found {
                    Some(found) => drop(texts.insert(file.clone(), found.text.clone())),
                    None => drop(texts.remove(file)),
                }
            }
            texts
        };
        if let Ok(all) = generated(&with(&self.texts, &placed)) {
            return Ok((all, placed));
        }
        let mut accepted = Vec::new();
        let mut texts = self.texts.clone();
        for one in placed {
            let tried = with(&texts, std::slice::from_ref(&one));
            match generated(&tried) {
                Ok(_) => {
                    texts = tried;
                    accepted.push(one);
                }
                Err(error) => plan.refused.push(format!("{error:#}")),
            }
        }
        Ok((generated(&texts)?, accepted))
    }

    /// Reports the pages of the vendor's index that nothing is stored of, once.
    // Guard: network::the_pages_of_the_sources_are_read_over_https_if_none_is_given
    fn look_for_new_pages(&mut self, index: Option<&str>, plan: &mut Report) {
        let known = self.sources.pages();
        if plan.refused.len() >= known.len() {
            return;
        }
        let Some((index, folder)) = index.zip(sources::folder(&known)) else {
            plan.notices
                .push("no page names the vendor's index: a page that is new would not be seen".to_owned());
            return;
        };
        match pages_below(index, &folder) {
            Err(error) => plan.refused.push(format!("{error:#}")),
            Ok(pages) => {
                for page in pages {
                    if !known.contains(&page) && self.sources.note_seen(&page) {
                        plan.notices.push(format!(
                            "{page}: it is in the vendor's index, and nothing is stored of it; read it with \
                             `cargo xtask spec update {page}`"
                        ));
                    }
                }
            }
        }
    }

    /// Of the documents that were found, those to store. Each operation is taken once, from the page that
    /// `sources.toml` names if it is among them. A page that contradicts another is refused as a whole: what is stored
    /// of it stays.
    // Guard: pages::of_two_pages_the_one_that_is_recorded_is_taken
    fn choose(&self, mut found: Vec<Found>, plan: &mut Report) -> Vec<Found> {
        found.sort_by_key(|found| !self.is_recorded(found));
        let mut chosen: Vec<Found> = Vec::new();
        let mut contradicting = BTreeSet::new();
        for one in found {
            let names = names(&one.document);
            let Some(other) = chosen.iter().find(|other| !names.is_disjoint(&self::names(&other.document)))
            else {
                chosen.push(one);
                continue;
            };
            let (place, other_place) = (&one.document.file, &other.document.file);
            let problem = match difference(&other.document, &one.document) {
                Ok(None) => continue,
                Ok(Some(difference)) if self.is_recorded(other) && !self.is_recorded(&one) => {
                    plan.notices.push(format!(
                        "{place}: it states something else than {other_place}, first at {difference}; {other_place} \
                         is taken: ask Paynet which is right"
                    ));
                    continue;
                }
                Ok(Some(difference)) => format!(
                    "{place}: {other_place} has the same operation, and states something else at {difference}; \
                     give one of them"
                ),
                Err(error) => format!("{error:#}"),
            };
            plan.refused.push(problem);
            contradicting.extend([one.page, other.page.clone()]);
        }
        chosen.retain(|found| !contradicting.contains(&found.page));
        chosen
    }

    /// Whether it is on a page that `sources.toml` names, by its URL or by the file name that it was saved under.
    fn is_recorded(&self, found: &Found) -> bool {
        self.sources.all().iter().any(|source| is_from(source, found))
    }

    /// The file of each document, and the files whose page no longer has them.
    fn place(&self, found: Vec<Found>, stored: &[Document], plan: &mut Report) -> Vec<Placed> {
        let operations: BTreeMap<_, _> = stored
            .iter()
            .map(|document| {
                (document.file.rsplit('/').next().unwrap_or_default().to_owned(), names(document))
            })
            .collect();
        let mut placed: Vec<Placed> = Vec::new();
        let mut new = Vec::new();
        // What the pages that were read had before.
        let sources = self.sources.all();
        let before: Vec<_> =
            sources.iter().filter(|source| found.iter().any(|found| is_from(source, found))).collect();
        for found in found {
            let names = names(&found.document);
            let files: Vec<_> = operations
                .iter()
                .filter(|(_, there)| !there.is_disjoint(&names))
                .map(|(file, _)| file)
                .collect();
            match files.as_slice() {
                [] => new.push(found),
                [file] if !placed.iter().any(|(other, _)| other == *file) => {
                    placed.push(((*file).clone(), Some(found)));
                }
                _ => plan.refused.push(format!(
                    "{}: its operations are stored in openapi/{}, with others; expected the operations of each \
                     file in one block: join or split the files first",
                    found.document.file,
                    files.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(" and openapi/")
                )),
            }
        }
        for source in before.into_iter().filter(|source| operations.contains_key(&source.file)) {
            if placed.iter().any(|(file, _)| *file == source.file) {
                continue;
            }
            // One new document for one that is gone: the operation has another name.
            let renamed: Vec<_> = (0..new.len()).filter(|i| is_from(source, &new[*i])).collect();
            match renamed.as_slice() {
                [i] => placed.push((source.file.clone(), Some(new.remove(*i)))),
                _ => placed.push((source.file.clone(), None)),
            }
        }
        for found in new {
            let name = names(&found.document).first().map(|name| name.to_kebab_case()).unwrap_or_default();
            let file = format!("{name}.json");
            if operations.contains_key(&file) || placed.iter().any(|(other, _)| *other == file) {
                plan.refused.push(format!(
                    "{}: it is new, and would be stored in openapi/{file}, which has another document; rename that \
                     one, there and in {}",
                    found.document.file,
                    sources::FILE
                ));
                continue;
            }
            placed.push((file, Some(found)));
        }
        placed
    }
}

/// Sets documents of other servers aside, unless they have an operation that is stored: that one has moved.
fn of_these_servers(found: Vec<Found>, stored: &[Document], plan: &mut Report) -> Vec<Found> {
    let known: BTreeSet<_> = stored.iter().flat_map(|document| document.servers().into_values()).collect();
    let (ours, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| {
        let own = names(&found.document);
        known.is_empty()
            || found.document.servers().values().any(|url| known.contains(url))
            || stored.iter().any(|document| !names(document).is_disjoint(&own))
    });
    plan.notices.extend(others.into_iter().map(|found| {
        let servers: Vec<_> = found.document.servers().into_values().collect();
        format!("{}: it is on {}; it is set aside", found.document.file, servers.join(" and "))
    }));
    ours
}

/// Whether a document was found where a source is published.
fn is_from(source: &sources::Source, found: &Found) -> bool {
    let address = source.page.as_deref().unwrap_or_default();
    match &found.url {
        Some(url) => address == url,
        None => source.file == found.page || address.rsplit('/').next() == Some(&found.page),
    }
}

fn names(document: &Document) -> BTreeSet<String> {
    document.operations().into_iter().map(|operation| operation.name).collect()
}

/// The first place at which two documents state something else.
fn difference(one: &Document, other: &Document) -> Result<Option<String>> {
    fn first(place: &str, one: &Value, other: &Value) -> Option<String> {
        match (one, other) {
            _ if one == other => None,
            (Value::Object(members), Value::Object(others)) => {
                let keys: BTreeSet<_> = members.keys().chain(others.keys()).collect();
                let member = |key: &String| {
                    first(&format!("{place}/{}", key.replace('/', "~1")), &one[key], &other[key])
                };
                keys.into_iter().find_map(member)
            }
            _ => Some(place.to_owned()),
        }
    }
    let joined = |document| join(std::slice::from_ref(document));
    Ok(first("", &joined(one)?.json, &joined(other)?.json))
}

/// How many lines only one of two texts has.
fn lines_that_differ(one: &str, other: &str) -> usize {
    let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
    for (text, step) in [(one, 1), (other, -1)] {
        for line in text.lines() {
            *counts.entry(line.trim().trim_end_matches(',')).or_default() += step;
        }
    }
    counts.values().map(|count| count.unsigned_abs()).sum()
}
