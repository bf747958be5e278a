//! What callers see of Paynet's API, as data.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What callers see of Paynet's API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Api {
    /// The URL of each environment.
    pub environments: BTreeMap<String, String>,
    /// The operations, by name.
    pub operations: BTreeMap<String, Operation>,
    /// The types of their bodies, and what these consist of, by name.
    pub types: BTreeMap<String, Type>,
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The file of its document.
    pub file: String,
    /// The HTTP method, in lower case.
    pub method: String,
    /// The path, with its placeholders.
    pub path: String,
    /// The headers that the transport injects.
    pub headers: Vec<Header>,
    /// What the method takes in addition to a body.
    pub parameters: Vec<Parameter>,
    /// The type of the request's body.
    pub request: Option<String>,
    /// The status of a success.
    pub status: u16,
    /// The type of a successful response's body.
    pub response: Option<String>,
}

/// A header that the transport injects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Header {
    /// `Authorization: Basic …`, with the dealer's secret key.
    Basic,
    /// `Authorization: Bearer …`, with the dealer's secret key.
    Bearer,
    /// `PaynetMobile: 2`.
    PaynetMobile,
    /// `Session-Key: …`.
    SessionKey,
}

/// An argument of a generated method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the document.
    pub name: String,
    /// `path`, `query` or `header`.
    pub location: String,
    /// Its type.
    pub ty: Ty,
    /// The document requires it.
    pub required: bool,
}

/// A request, a response, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Type {
    /// Paynet's words.
    pub description: String,
    /// Callers construct it, by `new` and setters.
    pub request: bool,
    /// Callers see it: they see a `Handoff` in the place of some.
    pub public: bool,
    /// Its fields, by the property's name in the document.
    pub fields: BTreeMap<String, Field>,
}

/// A property of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in Rust.
    pub name: String,
    /// The type of its value.
    pub ty: Ty,
    /// The document, or a rule, requires it.
    pub required: bool,
    /// The hand-written code depends on it.
    pub essential: bool,
    /// Its value must not be shown.
    pub secret: bool,
    /// Paynet's words.
    pub description: String,
    pub(crate) sides: Sides,
}

/// What a document says of the direction of a property; `rules::part_requests_from_responses` applies it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) nullable: bool,
    pub(crate) read_only: bool,
    pub(crate) write_only: bool,
}

/// The type of a value. Displays as Rust, without paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Any JSON.
    Any,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Items of one type.
    List(Box<Ty>),
    /// A decimal.
    Number,
    /// An object: the name of its type.
    Object(String),
    /// A text that must not be shown.
    Secret,
    /// A text.
    Text,
}

impl Api {
    /// Returns the types that some consist of, these included.
    pub fn reach<'a>(&self, roots: impl IntoIterator<Item = &'a String>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut pending: Vec<_> = roots.into_iter().cloned().collect();
        while let Some(name) = pending.pop() {
            if names.insert(name.clone())
                && let Some(ty) = self.types.get(&name)
            {
                pending.extend(ty.parts().map(str::to_owned));
            }
        }
        names
    }

    /// Returns the names of the operations whose bodies a type is in.
    #[must_use]
    pub fn users(&self, ty: &str) -> Vec<String> {
        let is_user = |operation: &Operation| {
            self.reach(operation.request.iter().chain(&operation.response)).contains(ty)
        };
        let users = self.operations.iter().filter(|(_, operation)| is_user(operation));
        users.map(|(name, _)| name.clone()).collect()
    }
}

impl Operation {
    /// Returns method and path, such as `POST /v1/agent/logout`.
    #[must_use]
    pub fn route(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// Returns the hand-written type that has the operation as a method, and the file that it is in.
    #[must_use]
    pub fn owner(&self) -> (&'static str, &'static str) {
        if self.headers.iter().any(|header| header.is_of_agent()) {
            ("Agent", "src/agent.rs")
        } else {
            ("Session", "src/session.rs")
        }
    }
}

impl Header {
    /// Whether it has the dealer's secret key.
    pub(crate) fn is_of_agent(self) -> bool {
        matches!(self, Self::Basic | Self::Bearer)
    }
}

impl Type {
    /// The types of its fields.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.fields.values().filter_map(|field| field.ty.object())
    }
}

impl Field {
    /// Whether an `Option` holds the value: a list is empty where it is not there.
    #[must_use]
    pub fn optional(&self) -> bool {
        !self.required && !matches!(self.ty, Ty::List(_))
    }
}

impl Ty {
    /// The type of an object, also within lists.
    pub(crate) fn object(&self) -> Option<&str> {
        match self {
            Self::Object(name) => Some(name),
            Self::List(items) => items.object(),
            _ => None,
        }
    }

    /// The word for it in JSON.
    pub(crate) fn in_json(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::List(_) => "array",
            Self::Number => "number",
            Self::Object(_) => "object",
            Self::Secret | Self::Text => "string",
        }
    }

    /// Has it lead to another type.
    pub(crate) fn refer(&mut self, new: &dyn Fn(&str) -> Option<Ty>) {
        match self {
            Self::Object(name) => {
                if let Some(ty) = new(name) {
                    *self = ty;
                }
            }
            Self::List(items) => items.refer(new),
            _ => {}
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "Value",
            Self::Boolean => "bool",
            Self::Integer => "i64",
            Self::List(items) => return write!(f, "Vec<{items}>"),
            Self::Number => "Decimal",
            Self::Object(name) => name,
            Self::Secret => "Secret",
            Self::Text => "String",
        })
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic => "Authorization",
            Self::Bearer => "Authorization: Bearer",
            Self::PaynetMobile => "PaynetMobile",
            Self::SessionKey => "Session-Key",
        })
    }
}
