//! `openapi/sources.toml`: where the documents are published, and what is stored of them.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use crate::page::compact;

pub(crate) const FILE: &str = "openapi/sources.toml";

pub(crate) struct Sources(DocumentMut);

/// What is said of one document.
pub(crate) struct Source {
    /// The name of its file in `openapi/`.
    pub(crate) file: String,
    pub(crate) page: Option<String>,
    /// The day when it was stored as published; none for a transcription.
    pub(crate) stored: Option<String>,
    pub(crate) transcribed: Option<String>,
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
                stored: text(table, "stored"),
                transcribed: text(table, "transcribed"),
                sha256: text(table, "sha256"),
            })
        };
        tables.into_iter().flatten().filter_map(source).collect()
    }

    /// The pages to read where none are given, each once.
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
    pub(crate) fn record(&mut self, file: &str, page: Option<&str>, text: &str, today: &str) {
        let tables = self.0.entry("document").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(tables) = tables.as_array_of_tables_mut() else { return };
        let named = |table: &Table| table.get("file").and_then(Item::as_str) == Some(file);
        let place = tables.iter().position(named);
        let place = match place {
            Some(place) => place,
            None => {
                tables.push(Table::from_iter([("file", value(file))]));
                tables.len() - 1
            }
        };
        let Some(table) = tables.get_mut(place) else { return };
        if let Some(page) = page {
            table["page"] = value(page);
        }
        table.remove("transcribed");
        table["stored"] = value(today);
        table["sha256"] = value(sha256(text));
    }

    pub(crate) fn remove(&mut self, file: &str) {
        if let Some(tables) = self.0.get_mut("document").and_then(Item::as_array_of_tables_mut) {
            tables.retain(|table| table.get("file").and_then(Item::as_str) != Some(file));
        }
    }
}

/// Of a document in one line, in lower-case hexadecimal.
pub(crate) fn sha256(json: &str) -> String {
    use std::fmt::Write;
    let digest = Sha256::digest(compact(json));
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
