//! What callers see of the generated client, as data.

use std::collections::BTreeMap;

/// What callers see of the generated client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// The URL of each environment.
    pub environments: BTreeMap<String, String>,
    /// The operations, by name.
    pub operations: BTreeMap<String, Operation>,
    /// The types in `paypos::types`, by name.
    pub types: BTreeMap<String, Type>,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The file of its document.
    pub file: String,
    /// Method and path, such as `POST /v1/agent/logout`.
    pub route: String,
    /// The headers that the transport injects.
    pub headers: Vec<String>,
    /// What the method takes besides a body.
    pub parameters: Vec<Parameter>,
    /// The type of the request's body.
    pub request: Option<String>,
    /// The type of a successful response's body.
    pub response: Option<String>,
    /// The types that its bodies consist of, these two included.
    pub types: Vec<String>,
}

/// An argument of a generated method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the document.
    pub name: String,
    /// `path`, `query` or `header`.
    pub location: String,
    /// Its type in JSON.
    pub ty: String,
    /// The document requires it.
    pub required: bool,
}

/// A request, a response, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Type {
    /// Callers construct it, by `new` and setters.
    pub request: bool,
    /// Its fields, by the property's name in the document.
    pub fields: BTreeMap<String, Field>,
}

/// A property of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in Rust.
    pub name: String,
    /// The type of its value, such as `Decimal`, without the `Option` that may hold it.
    pub ty: String,
    /// An `Option` holds it.
    pub optional: bool,
    /// The document, or a correction, requires it.
    pub required: bool,
}

impl Operation {
    /// The hand-written type that has the operation as a method, and the file that it is in.
    #[must_use]
    pub fn owner(&self) -> (&'static str, &'static str) {
        if self.headers.iter().any(|header| header.starts_with("Authorization")) {
            ("Agent", "src/agent.rs")
        } else {
            ("Session", "src/session.rs")
        }
    }
}
