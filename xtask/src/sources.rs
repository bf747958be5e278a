//! `openapi/sources.toml`: where the documents are published, and what is stored of them.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use crate::json::compact;

pub(crate) const FILE: &str = "openapi/sources.toml";

pub(crate) struct Sources(DocumentMut);

/// Where one document comes from.
pub(crate) struct Source {
    /// The name of its file in `openapi/`.
    pub(crate) file: String,
    pub(crate) page: Option<String>,
    /// None, if it is transcribed.
    pub(crate) sha256: Option<String>,
}

impl Sources {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let sources: DocumentMut =
            text.parse().with_context(|| format!("{FILE}: it is not TOML; restore it from git"))?;
        Ok(Self(sources))
    }

    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }

    pub(crate) fn all(&self) -> Vec<Source> {
        let tables = self.0.get("document").and_then(Item::as_array_of_tables);
        let text = |table: &Table, key: &str| table.get(key)?.as_str().map(str::to_owned);
        let source = |table: &Table| {
            Some(Source {
                file: text(table, "file")?,
                page: text(table, "page"),
                sha256: text(table, "sha256"),
            })
        };
        tables.into_iter().flatten().filter_map(source).collect()
    }

    /// The pages to read if none are given, each once.
    pub(crate) fn pages(&self) -> Vec<String> {
        let mut pages = Vec::new();
        for page in self.all().into_iter().filter_map(|source| source.page) {
            if !pages.contains(&page) {
                pages.push(page);
            }
        }
        pages
    }

    /// Records that a document was stored as published.
    pub(crate) fn record(&mut self, file: &str, page: Option<&str>, sha256: &str, today: &str) {
        let tables = self.0.entry("document").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(tables) = tables.as_array_of_tables_mut() else { return };
        let named = |table: &Table| table.get("file").and_then(Item::as_str) == Some(file);
        let known = tables.iter().position(named);
        let place = known.unwrap_or_else(|| {
            tables.push(Table::from_iter([("file", value(file))]));
            tables.len() - 1
        });
        let Some(table) = tables.get_mut(place) else { return };
        if let Some(page) = page {
            table["page"] = value(page);
        }
        table.remove("transcribed");
        table["stored"] = value(today);
        table["sha256"] = value(sha256);
    }

    /// Notes a page of the vendor's index that nothing is stored of; returns whether it was not noted before.
    pub(crate) fn note_seen(&mut self, page: &str) -> bool {
        let seen = self.0.entry("seen").or_insert(Item::Value(Array::new().into()));
        let Some(seen) = seen.as_array_mut().filter(|seen| !seen.iter().any(|it| it.as_str() == Some(page)))
        else {
            return false;
        };
        seen.push(page);
        for item in seen.iter_mut() {
            item.decor_mut().set_prefix("\n    ");
        }
        seen.set_trailing("\n");
        true
    }

    pub(crate) fn remove(&mut self, file: &str) {
        if let Some(tables) = self.0.get_mut("document").and_then(Item::as_array_of_tables_mut) {
            tables.retain(|table| table.get("file").and_then(Item::as_str) != Some(file));
        }
    }
}

/// The folder of the product that the pages are of: the one above theirs, if that is not the whole site.
pub(crate) fn folder(pages: &[String]) -> Option<String> {
    let first = pages.first()?;
    let common = pages.iter().fold(first.as_str(), |common, page| {
        let same = common.bytes().zip(page.bytes()).take_while(|(a, b)| a == b).count();
        common.get(..same).unwrap_or_default()
    });
    let folder = common.get(..=common.rfind('/')?)?;
    let above = folder.trim_end_matches('/').rfind('/').and_then(|end| folder.get(..=end))?;
    Some(if above.matches('/').count() > 4 { above.to_owned() } else { folder.to_owned() })
}

/// The digest of a document in one line, in lower-case hexadecimal.
pub(crate) fn sha256(json: &str) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(compact(json));
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::{Sources, sha256};
    use crate::json::pretty;

    #[test]
    fn the_stored_documents_are_the_published_ones_byte_for_byte() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("openapi");
        let sources =
            Sources::parse(&fs::read_to_string(folder.join("sources.toml")).unwrap()).unwrap().all();
        let files =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<_> = files
            .filter(|file| Path::new(file).extension().is_some_and(|extension| extension == "json"))
            .collect();
        assert_eq!(sources.iter().map(|source| source.file.clone()).collect::<BTreeSet<_>>(), files);
        assert!(sources.iter().any(|source| source.sha256.is_some()));
        for source in sources {
            let text = fs::read_to_string(folder.join(&source.file)).unwrap();
            assert_eq!(text, pretty(&text), "{}", source.file);
            if let Some(published) = source.sha256 {
                assert_eq!(sha256(&text), published, "{} was changed by hand", source.file);
            }
        }
    }

    #[test]
    fn the_digest_is_of_the_document_in_one_line() {
        // SHA-256 of `{"a":[1,2]}`.
        let expected = "01530d164d479cf08e26d3b1ad9bdba927120d97e2d057a6d792db778780d720";
        assert_eq!(sha256("{\"a\":[1,2]}"), sha256("{\n  \"a\": [\n    1,\n    2\n  ]\n}\n"));
        assert_eq!(sha256("{\"a\":[1,2]}"), expected);
    }
}
