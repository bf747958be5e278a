//! The map of the documents: each operation, what it is made of, and what corrects it.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::codegen::{
    self, Document, corrections,
    document::{self, entries, target_of},
};

/// An operation of the corrected documents.
pub(crate) struct Operation {
    pub(crate) name: String,
    /// Method and path.
    pub(crate) route: String,
    pub(crate) pointer: String,
    /// The headers that the transport injects.
    pub(crate) injected: Vec<String>,
    /// The names of the bodies' components.
    request: Option<String>,
    answer: Option<String>,
}

impl Operation {
    /// Path and method, as the document has them.
    pub(crate) fn place(&self) -> (&str, &str) {
        let method = self.pointer.rsplit('/').next().unwrap_or_default();
        (self.route.split_once(' ').unwrap_or_default().1, method)
    }

    fn agents(&self) -> bool {
        self.injected.iter().any(|header| header == "Authorization")
    }

    /// The method that callers have it by.
    pub(crate) fn method(&self) -> String {
        format!("{}::{}", if self.agents() { "Agent" } else { "Session" }, self.name)
    }

    /// The file that the method stands in.
    pub(crate) fn source(&self) -> &'static str {
        if self.agents() { "src/agent.rs" } else { "src/session.rs" }
    }

    pub(crate) fn headers(&self) -> String {
        self.injected.iter().map(|header| format!("`{header}`")).collect::<Vec<_>>().join(", ")
    }
}

pub(crate) fn operations(corrected: &Document) -> Vec<Operation> {
    let of = |operation: document::Operation| {
        let json = corrected.json.pointer(&operation.pointer).unwrap_or(&Value::Null);
        let component = |body: &Value| {
            let body = target_of(body).and_then(|target| corrected.json.pointer(target)).unwrap_or(body);
            let schema = &body["content"]["application/json"]["schema"];
            Some(target_of(schema)?.rsplit('/').next()?.to_owned())
        };
        let headers = json[corrections::INJECTED_HEADERS].as_array().into_iter().flatten();
        Operation {
            name: json["operationId"].as_str().unwrap_or_default().to_owned(),
            route: format!("{} {}", operation.method.to_uppercase(), operation.path),
            injected: headers.filter_map(|header| header.as_str().map(str::to_owned)).collect(),
            request: component(&json["requestBody"]),
            answer: component(&json["responses"]["200"]),
            pointer: operation.pointer,
        }
    };
    corrected.operations().into_iter().map(of).collect()
}

/// The components that an operation is made of, by their places.
pub(crate) fn reached(document: &Document, operation: &Operation) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut values: Vec<&Value> = document.json.pointer(&operation.pointer).into_iter().collect();
    while let Some(value) = values.pop() {
        if let Some(target) = target_of(value)
            && reached.insert(target.to_owned())
        {
            values.extend(document.json.pointer(target));
        }
        values.extend(entries(Some(value)).map(|(_, value)| value));
        values.extend(value.as_array().into_iter().flatten());
    }
    reached
}

/// The map as text or as a table of Markdown.
pub(crate) struct Map {
    rows: Vec<Row>,
}

struct Row {
    operation: Operation,
    file: String,
    /// Each correction that touched it, with its reason and the places.
    corrections: Vec<(&'static str, &'static str, Vec<String>)>,
}

impl Map {
    pub(crate) fn of(documents: &[Document]) -> Result<Self> {
        let written = document::join(documents)?;
        let mut corrected = written.clone();
        let mut touched = Vec::new();
        for correction in &corrections::ALL {
            touched.push((correction, (correction.apply)(&mut corrected)?));
        }
        let rows = operations(&corrected).into_iter().map(|operation| {
            // What a refusal alone is made of is reached as it is written.
            let components = reached(&written, &operation);
            let is_about = |place: &&String| {
                let of = |owner: &str| place.strip_prefix(owner).is_some_and(|rest| rest.starts_with('/'));
                of(&operation.pointer)
                    || components.iter().any(|component| of(component) || place == &component)
            };
            let corrections = touched.iter().map(|(correction, places)| {
                (
                    correction.name,
                    correction.reason,
                    places.iter().filter(is_about).cloned().collect::<Vec<_>>(),
                )
            });
            Row {
                file: written.file_of(&operation.pointer).to_owned(),
                corrections: corrections.filter(|(_, _, places)| !places.is_empty()).collect(),
                operation,
            }
        });
        Ok(Self { rows: rows.collect() })
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |line: String| text.extend([line.as_str(), "\n"]);
        for Row { operation, file, corrections } in &self.rows {
            let none = || "none".to_owned();
            line(format!("{}: {}", operation.method(), operation.route));
            line(format!("  document  {file}"));
            line(format!("  headers   {}, and those of HTTP", operation.injected.join(", ")));
            line(format!("  request   {}", operation.request.clone().unwrap_or_else(none)));
            line(format!("  answer    {}", operation.answer.clone().unwrap_or_else(none)));
            for (name, reason, places) in corrections {
                line(format!("  {name}: {}", reason.split_whitespace().collect::<Vec<_>>().join(" ")));
                for place in places {
                    line(format!("    {place}"));
                }
            }
            line(String::new());
        }
        text
    }

    /// The table that `openapi/README.md` has.
    pub(crate) fn markdown(&self) -> String {
        let code = |text: &str| format!("`{text}`");
        let list = |items: Vec<String>| if items.is_empty() { "–".to_owned() } else { items.join(", ") };
        let mut table =
            "| method | operation | document | headers | request | answer | corrections |\n".to_owned();
        table.push_str("|---|---|---|---|---|---|---|\n");
        for Row { operation, file, corrections } in &self.rows {
            let file = file.rsplit('/').next().unwrap_or_default();
            let touched = corrections.iter().map(|(name, _, places)| match places.len() {
                1 => code(name),
                times => format!("{} ({times})", code(name)),
            });
            let cells = [
                code(&operation.method()),
                code(&operation.route),
                code(file),
                operation.headers(),
                list(operation.request.iter().map(|name| code(name)).collect()),
                list(operation.answer.iter().map(|name| code(name)).collect()),
                list(touched.collect()),
            ];
            table.extend(["| ", &cells.join(" | "), " |\n"]);
        }
        table
    }
}

/// The document with its operations named, and those names.
pub(crate) fn names(document: &Document) -> Result<BTreeSet<String>> {
    let mut named = document.clone();
    let correction = corrections::ALL.iter().find(|correction| correction.name == "name_operations");
    if let Some(correction) = correction {
        (correction.apply)(&mut named)?;
    }
    Ok(operations(&named).into_iter().map(|operation| operation.name).collect())
}

/// Runs a part of the pipeline without the messages of panics, which become errors.
pub(crate) fn quietly<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = codegen::without_panic(|| Ok(run()));
    std::panic::set_hook(hook);
    result.map_err(|reason| anyhow::anyhow!("{reason}; report it with the document"))?
}
