//! The difference between two states of the API, and what each change means for callers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use paypos_codegen::{Api, Field, Generated, Operation, Ty, Type};
use serde::Serialize;
use serde_json::Value;

/// What a change requires, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// Callers and the hand-written code are unaffected.
    Compatible,
    /// Code that uses what has changed may no longer compile.
    BreaksCallers,
    /// The hand-written code of this crate has to follow.
    NeedsCode,
    /// Nothing can be generated from it: it is not stored.
    Refused,
}

/// One change, and what it means.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Difference {
    pub(crate) class: Class,
    /// Callers see it.
    #[serde(skip)]
    pub(crate) is_seen: bool,
    /// The operations that it concerns.
    pub(crate) operations: Vec<String>,
    pub(crate) what: String,
    /// Empty, if `what` says all.
    pub(crate) meaning: String,
}

/// Returns all differences, the most demanding first; none if callers see the same.
pub(crate) fn diff(old: &Generated, new: &Generated) -> Vec<Difference> {
    let mut differ = Differ { old: &old.api, new: &new.api, found: Vec::new() };
    differ.environments();
    differ.operations();
    differ.types();
    differ.essentials(&old.essentials, &new.essentials);
    differ.docs();
    differ.found.sort_by_key(|difference| Reverse(difference.class));
    differ.found
}

struct Differ<'a> {
    old: &'a Api,
    new: &'a Api,
    found: Vec<Difference>,
}

/// Each key of either map, with its values in both, where they differ.
fn both<'a, T: PartialEq>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a String, Option<&'a T>, Option<&'a T>)> {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    keys.into_iter().map(|key| (key, old.get(key), new.get(key))).filter(|(_, old, new)| old != new)
}

impl Differ<'_> {
    fn add(
        &mut self,
        class: Class,
        operations: &[String],
        what: impl Into<String>,
        meaning: impl Into<String>,
    ) {
        let (what, meaning) = (what.into(), meaning.into());
        self.found.push(Difference { class, is_seen: true, operations: operations.to_vec(), what, meaning });
    }

    /// The operations whose bodies contain a type.
    fn users(&self, ty: &str) -> Vec<String> {
        let users: BTreeSet<_> = [self.old, self.new].into_iter().flat_map(|api| api.users(ty)).collect();
        users.into_iter().collect()
    }

    /// Whether an operation is still there, and a type was a part of its bodies and not one of them.
    fn keeps(&self, operation: &str, ty: &str) -> bool {
        let was = self.old.operations.get(operation);
        let is_body =
            |was: &Operation| [&was.request, &was.response].iter().any(|it| it.as_deref() == Some(ty));
        self.new.operations.contains_key(operation) && !was.is_some_and(is_body)
    }

    fn environments(&mut self) {
        let (old, new) = (&self.old.environments, &self.new.environments);
        for (name, was, is) in both(old, new) {
            match (was, is) {
                (Some(was), Some(is)) => self.add(
                    Class::NeedsCode,
                    &[],
                    format!("server `{was}` is `{is}` now"),
                    format!(
                        "clients of `Environment::{name}` send their keys there: confirm it with Paynet through \
                         another channel, then change it in tests/it/contract.rs and in README.md"
                    ),
                ),
                (Some(url), None) => {
                    let meaning = format!("callers lose `Environment::{name}`");
                    self.add(Class::BreaksCallers, &[], format!("server `{url}` removed"), meaning);
                }
                (None, url) => {
                    let what = format!("server `{}` added", url.map_or("", String::as_str));
                    self.add(Class::Compatible, &[], what, format!("new `Environment::{name}`"));
                }
            }
        }
    }

    fn operations(&mut self) {
        let (old, new) = (&self.old.operations, &self.new.operations);
        for (name, was, is) in both(old, new) {
            let of = [name.clone()];
            match (was, is) {
                (Some(was), Some(is)) => {
                    for (class, what, meaning) in changes(name, was, is) {
                        self.add(class, &of, what, meaning);
                    }
                }
                (Some(was), None) => {
                    let (owner, file) = was.owner();
                    let what = format!("operation `{}` removed", was.route());
                    let meaning = format!("callers lose `{owner}::{name}`; remove it from {file}");
                    self.add(Class::NeedsCode, &of, what, meaning);
                }
                (None, is) => {
                    let Some(is) = is else { continue };
                    let (owner, file) = is.owner();
                    let meaning = format!("the documents have `{name}`; add `{owner}::{name}` to {file}");
                    self.add(Class::NeedsCode, &of, format!("operation `{}` added", is.route()), meaning);
                }
            }
        }
    }

    fn types(&mut self) {
        for (name, was, is) in both(&self.old.types, &self.new.types) {
            let users = self.users(name);
            match (was, is) {
                (Some(was), Some(is)) => {
                    let relies = is.fields.values().any(|field| field.essential);
                    for (property, was, now) in both(&was.fields, &is.fields) {
                        let (class, what, meaning) = match field(name, is, property, was, now) {
                            Some((class, what, meaning)) if was.is_none() && relies && is.public => {
                                // What it is beside may mean something else by it.
                                let read =
                                    format!("read it: the crate relies on other properties of `{name}`");
                                (class, what, format!("{meaning}; {read}"))
                            }
                            Some(change) => change,
                            None => continue,
                        };
                        self.add(class, &users, what, meaning);
                    }
                    if was.request != is.request {
                        let what = format!("`{name}` is part of other bodies than before");
                        let meaning =
                            if is.request { "callers construct it now" } else { "callers lose its `new`" };
                        self.add(Class::BreaksCallers, &users, what, meaning);
                    }
                }
                // One that goes with its operation, or as its whole body, is that operation's difference.
                (Some(was), None) if was.public && users.iter().all(|user| self.keeps(user, name)) => {
                    let what = format!("type `{name}` removed");
                    self.add(Class::BreaksCallers, &users, what, format!("callers lose `types::{name}`"));
                }
                _ => {}
            }
        }
    }

    /// What is stated otherwise of what the code relies on: its words, an example, a limit, a default. Whether a value
    /// means something else by it, no program can say.
    fn essentials(&mut self, old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>) {
        for (name, was, is) in both(old, new) {
            let (Some(was), Some(is)) = (was, is) else { continue };
            let users = match name.split_once('.') {
                Some((ty, _)) => self.users(ty),
                None => vec![name.clone()],
            };
            let what = format!("`{name}` is described otherwise");
            let meaning =
                format!("a reader has to say whether it means something else: {is} instead of {was}");
            self.add(Class::Compatible, &users, what, meaning);
        }
    }

    /// Words that callers read.
    fn docs(&mut self) {
        let mut places = Vec::new();
        for (name, ty) in &self.new.types {
            let Some(old) = self.old.types.get(name) else { continue };
            if old.description != ty.description {
                places.push(name.clone());
            }
            for (property, field) in ty.fields.iter().filter(|(_, field)| !field.essential) {
                if old.fields.get(property).is_some_and(|was| was.description != field.description) {
                    places.push(format!("{name}.{property}"));
                }
            }
        }
        if let Some(first) = places.first() {
            let what = match places.len() {
                1 => format!("`{first}` is described in other words"),
                n => format!("{n} descriptions changed, first that of `{first}`"),
            };
            self.add(Class::Compatible, &[], what, "");
        }
    }
}

/// What changed of a property.
fn field(
    name: &str,
    ty: &Type,
    property: &str,
    was: Option<&Field>,
    is: Option<&Field>,
) -> Option<(Class, String, String)> {
    let secret = |field: &Field| if field.secret { " (a secret)" } else { "" };
    Some(match (was, is) {
        (None, Some(is)) if ty.request && is.required => (
            Class::BreaksCallers,
            format!("required property `{property}` added"),
            format!("new required argument `{}: {}`{} of `{name}::new`", is.name, is.ty, secret(is)),
        ),
        (None, Some(is)) if ty.request => (
            Class::Compatible,
            format!("optional property `{property}` added"),
            format!("new setter `{name}::{}`, of `{}`{}", is.name, is.ty, secret(is)),
        ),
        (None, Some(is)) => (
            Class::Compatible,
            format!("property `{property}` added"),
            if ty.public {
                format!("new field `{name}.{}: {}`{}", is.name, is.ty, secret(is))
            } else {
                "`Handoff` does not have it; add it to src/handoff.rs if callers need it".to_owned()
            },
        ),
        (Some(was), None) => {
            let meaning = match (ty.request, was.required) {
                (true, true) => {
                    format!("`{name}::new` no longer takes `{}`, and callers lose the field", was.name)
                }
                (true, false) => format!("callers lose the setter `{name}::{}`", was.name),
                (false, _) => format!("callers lose the field `{name}.{}`", was.name),
            };
            (Class::BreaksCallers, format!("property `{property}` removed"), meaning)
        }
        (Some(was), Some(is)) if was.ty != is.ty => (
            Class::BreaksCallers,
            format!("property `{property}` changed its type"),
            format!("`{name}.{}` is `{}`{} instead of `{}`", is.name, is.ty, secret(is), was.ty),
        ),
        (Some(was), Some(is)) if was.required != is.required => return made(name, ty, property, is),
        _ => return None,
    })
}

/// What it means that a property is required now, or is not any more.
fn made(name: &str, ty: &Type, property: &str, is: &Field) -> Option<(Class, String, String)> {
    let what = if is.required { "required" } else { "optional" };
    let meaning = match (ty.request, is.required, &is.ty) {
        (true, true, _) => {
            format!("new required argument `{}: {}` of `{name}::new`; its setter is gone", is.name, is.ty)
        }
        (true, false, _) => format!("`{name}::new` no longer takes `{}`, which has a setter now", is.name),
        // A list is empty where it is not there.
        (false, _, Ty::List(_)) => return None,
        (false, true, _) => format!("`{name}.{}` is no longer an `Option`", is.name),
        (false, false, _) => format!("`{name}.{}` is now an `Option`", is.name),
    };
    Some((Class::BreaksCallers, format!("property `{property}` made {what}"), meaning))
}

/// What changed of an operation other than its types.
fn changes(name: &str, was: &Operation, is: &Operation) -> Vec<(Class, String, String)> {
    let ((owner, file), (new_owner, new_file)) = (was.owner(), is.owner());
    let route = is.route();
    let follows = || format!("`{owner}::{name}` has to follow in {file}");
    let mut changes = Vec::new();
    if was.route() != route {
        let what = format!("operation `{}` moved to `{route}`", was.route());
        let meaning = format!("calls follow; change the route in the docs of `{owner}::{name}` in {file}");
        changes.push((Class::NeedsCode, what, meaning));
    }
    if owner != new_owner {
        let what = format!("operation `{route}` requires another credential");
        let meaning =
            format!("`{owner}::{name}` is `{new_owner}::{name}`: move it from {file} to {new_file}");
        changes.push((Class::NeedsCode, what, meaning));
    } else if was.headers != is.headers {
        let headers: Vec<_> = is.headers.iter().map(ToString::to_string).collect();
        let (what, meaning) = match headers.as_slice() {
            [] => ("no credential any more".to_owned(), "the transport sends none"),
            headers => (headers.join(", "), "the transport sends the headers"),
        };
        changes.push((Class::Compatible, format!("operation `{route}` requires {what}"), meaning.to_owned()));
    }
    for (what, before, now) in
        [("takes", &was.request, &is.request), ("returns", &was.response, &is.response)]
    {
        let verb = match (before, now) {
            (None, Some(_)) => what.to_owned(),
            (Some(_), None) => format!("no longer {what}"),
            _ => continue,
        };
        changes.push((Class::NeedsCode, format!("operation `{route}` {verb} a body"), follows()));
    }
    if was.parameters != is.parameters {
        let list: Vec<_> = is
            .parameters
            .iter()
            .map(|it| {
                let needed = if it.required { "required" } else { "optional" };
                format!("`{}` ({needed} {}, {})", it.name, it.ty, it.location)
            })
            .collect();
        let list = if list.is_empty() { "no parameters".to_owned() } else { list.join(", ") };
        changes.push((Class::NeedsCode, format!("operation `{route}` takes {list}"), follows()));
    }
    changes
}
