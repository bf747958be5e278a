//! Generates the client from Paynet's documents.
//!
//! Each document is read (`document`) and repaired (`repair`), and all are joined into one (`join`). That one is read
//! as data (`read`, into `model`), the rules decide how callers see it (`rules`), progenitor writes the methods
//! (`methods`), and everything else is printed (`print`).

mod document;
mod error;
mod join;
mod json;
mod methods;
mod model;
mod print;
mod prose;
mod read;
mod repair;
mod rules;

use std::collections::BTreeMap;

use serde_json::Value;

pub use document::{Document, Place, is_unseen};
pub use error::DocumentError;
pub use join::join;
pub use model::{Api, Field, Header, Operation, Parameter, Ty, Type};

/// What is generated from all documents.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The Rust source of the client, formatted.
    pub code: String,
    /// What callers see of it.
    pub api: Api,
    /// What the documents state of the properties that the hand-written code relies on, and say of each operation.
    pub essentials: BTreeMap<String, Value>,
    /// The documents as one that is OpenAPI: joined and repaired.
    pub document: Value,
}

/// Generates the client.
///
/// # Errors
/// If a document cannot be used.
pub fn generate(documents: &[Document]) -> Result<Generated, DocumentError> {
    let document = join(documents)?;
    let (mut api, mut places) = read::read(&document)?;
    rules::apply(&mut api, &document, &mut places)?;
    let tokens = print::print(&api, &methods::methods(&api, &document)?);
    let file = syn::parse2(tokens).map_err(|error| {
        document.error(
            "",
            format!("the code for it is not Rust: {error}"),
            "expected names that Rust can have",
        )
    })?;
    let essentials = read::essentials(&document, &api, &places);
    Ok(Generated { code: prettyplease::unparse(&file), api, essentials, document: document.json })
}
