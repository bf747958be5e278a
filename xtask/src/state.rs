//! A state of `openapi/`, and the hand-written code beside it, as the judge reads them.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Result;
use heck::{ToSnakeCase, ToUpperCamelCase};

use crate::{
    codegen::{self, Document, document},
    map::{Operation, operations, reached},
    surface::Surface,
};

/// A state of `openapi/`, read in three ways.
pub(crate) struct State {
    /// Each document, before they were joined.
    pub(crate) files: Vec<Document>,
    pub(crate) written: Document,
    pub(crate) corrected: Document,
    pub(crate) code: String,
    /// The code without its documentation.
    pub(crate) bare: String,
    pub(crate) surface: Surface,
    pub(crate) operations: Vec<Operation>,
}

impl State {
    /// Runs the real pipeline.
    pub(crate) fn of(documents: &[Document]) -> Result<Self> {
        let code = codegen::generate(documents)?;
        let written = document::join(documents)?;
        let corrected = codegen::corrected(written.clone())?;
        let surface = Surface::of(&code)?;
        let operations = operations(&corrected);
        let bare = code.lines().filter(|line| !line.trim_start().starts_with("///")).collect();
        Ok(Self { files: documents.to_vec(), written, corrected, code, bare, surface, operations })
    }

    pub(crate) fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }

    /// Where a generated type is written.
    pub(crate) fn place_of(&self, ty: &str) -> String {
        let schemas = document::entries(self.corrected.json.pointer("/components/schemas"));
        // What is written in place has a name that begins with that of what it is in.
        let holds = |name: &&String| ty.starts_with(&name.to_upper_camel_case());
        let component = schemas.map(|(name, _)| name).filter(holds).max_by_key(|name| name.len());
        let in_place = || {
            let part = |operation: &&Operation| ty.starts_with(&operation.name.to_upper_camel_case());
            self.operations.iter().find(part).map(|operation| operation.pointer.clone()).unwrap_or_default()
        };
        component.map_or_else(in_place, |name| document::pointer("/components/schemas", &[name]))
    }

    /// The property of a type, as the document spells it.
    pub(crate) fn place_of_property(&self, ty: &str, field: &str) -> String {
        let place = self.place_of(ty);
        let properties = document::pointer(&place, &["properties"]);
        let spelled = document::entries(self.corrected.json.pointer(&properties))
            .map(|(name, _)| name)
            .find(|name| name.to_snake_case() == field.trim_end_matches('_'));
        spelled.map_or(place, |name| document::pointer(&properties, &[name]))
    }

    pub(crate) fn users_of(&self, place: &str) -> Vec<String> {
        let uses = |operation: &&Operation| {
            within(place, &operation.pointer)
                || reached(&self.corrected, operation).iter().any(|component| within(place, component))
        };
        self.operations.iter().filter(uses).map(|operation| operation.name.clone()).collect()
    }
}

/// Whether a place is the other, or in it.
pub(crate) fn within(place: &str, other: &str) -> bool {
    place.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The hand-written code of the library, by its files: without comments and unit tests.
pub(crate) struct Source(BTreeMap<String, String>);

impl Source {
    pub(crate) fn read(src: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(src)? {
            let path = entry?.path();
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines();
            let code: Vec<_> = code.filter(|line| !line.trim_start().starts_with("//")).collect();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            files.insert(format!("src/{file}"), code.join("\n"));
        }
        Ok(Self(files))
    }

    /// The files that name something, as `Type` or as `Type::new`.
    pub(crate) fn that_name(&self, name: &str) -> Option<String> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let names = |code: &str| {
            code.match_indices(name)
                .any(|(i, _)| !code[..i].ends_with(is_part) && !code[i + name.len()..].starts_with(is_part))
        };
        let files: Vec<_> = self.0.iter().filter(|(_, code)| names(code)).map(|(file, _)| &**file).collect();
        Some(files.join(" and ")).filter(|files| !files.is_empty())
    }
}
