//! What follows from the documents at one time.

use anyhow::Result;
use paypos_codegen::{Document, Generated, corrections, generate, join};

use crate::statements::Statements;

/// The documents at one time, and what follows from them.
pub(crate) struct Snapshot {
    pub(crate) generated: Generated,
    pub(crate) statements: Statements,
    /// Joined, in normal form, uncorrected.
    joined: Document,
}

impl Snapshot {
    pub(crate) fn of(documents: &[Document]) -> Result<Self> {
        let joined = join(documents)?;
        Ok(Self { generated: generate(documents)?, statements: Statements::of(&joined), joined })
    }

    /// Each operation, and the corrections that touch it, with their reasons and places.
    pub(crate) fn explain(&self) -> Result<String> {
        let mut document = self.joined.clone();
        let mut touched = Vec::new();
        for correction in corrections::all() {
            touched.push((correction, (correction.apply)(&mut document)?));
        }
        let places = document.operations();
        let mut text = String::new();
        let mut line = |line: String| text.extend([line.as_str(), "\n"]);
        for (name, operation) in &self.generated.surface.operations {
            let (owner, _) = operation.owner();
            line(format!("{owner}::{name}: {}", operation.route));
            line(format!("  document  {}", operation.file));
            let headers = [operation.headers.as_slice(), &["those of HTTP".to_owned()]].concat();
            line(format!("  headers   {}", headers.join(", ")));
            let parameters = operation.parameters.iter();
            let parameters: Vec<_> = parameters.map(|it| format!("{} ({})", it.name, it.location)).collect();
            if !parameters.is_empty() {
                line(format!("  arguments {}", parameters.join(", ")));
            }
            line(format!("  request   {}", operation.request.as_deref().unwrap_or("none")));
            line(format!("  response  {}", operation.response.as_deref().unwrap_or("none")));
            let own = places.iter().filter(|place| place.name == *name).map(|place| place.pointer.clone());
            let types = operation.types.iter().map(|ty| format!("/components/schemas/{ty}"));
            let about: Vec<_> = own.chain(types).collect();
            let is_about = |place: &&String| {
                about.iter().any(|own| {
                    place
                        .strip_prefix(own.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
            };
            for (correction, places) in &touched {
                let places: Vec<_> = places.iter().filter(is_about).collect();
                if !places.is_empty() {
                    let reason: Vec<_> = correction.reason.split_whitespace().collect();
                    line(format!("  {}: {}", correction.name, reason.join(" ")));
                    for place in places {
                        line(format!("    {place}"));
                    }
                }
            }
            line(String::new());
        }
        Ok(text)
    }

    /// The table of operations in `openapi/README.md`.
    pub(crate) fn table(&self) -> String {
        let mut table = "| method | operation | document | headers | request | response |\n".to_owned();
        table.push_str("|---|---|---|---|---|---|\n");
        for (name, operation) in &self.generated.surface.operations {
            let code = |text: &str| format!("`{text}`");
            let body = |body: &Option<String>| body.as_deref().map_or_else(|| "–".to_owned(), code);
            let headers: Vec<_> = operation.headers.iter().map(|header| code(header)).collect();
            let cells = [
                code(&format!("{}::{name}", operation.owner().0)),
                code(&operation.route),
                code(operation.file.rsplit('/').next().unwrap_or_default()),
                headers.join(", "),
                body(&operation.request),
                body(&operation.response),
            ];
            table.extend(["| ", &cells.join(" | "), " |\n"]);
        }
        table
    }
}
