//! The difference between two snapshots, and what each change means for callers.
//!
//! The difference of the surfaces decides the class and the version. Whatever else the
//! documents state differently is listed, and prose is counted.

use std::collections::{BTreeMap, BTreeSet};

use paypos_codegen::{Field, SurfaceOperation as Operation, Type};
use serde::Serialize;
use serde_json::Value;

use crate::{
    snapshot::Snapshot,
    statements::{About, members},
};

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

/// The release that a change requires, by Cargo's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Release {
    None,
    Patch,
    /// Callers see more than before.
    Addition,
    Breaking,
}

/// One change, and what it means.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Difference {
    pub(crate) class: Class,
    #[serde(skip)]
    pub(crate) release: Release,
    /// The operations that it concerns.
    pub(crate) operations: Vec<String>,
    pub(crate) what: String,
    /// Empty, if `what` tells all.
    pub(crate) meaning: String,
}

struct Differ<'a> {
    old: &'a Snapshot,
    new: &'a Snapshot,
    found: Vec<Difference>,
    /// What the difference of the surfaces explains.
    explained: BTreeSet<About>,
}

/// All differences; none if both state the same.
pub(crate) fn diff(old: &Snapshot, new: &Snapshot) -> Vec<Difference> {
    let mut differ = Differ { old, new, found: Vec::new(), explained: BTreeSet::new() };
    differ.environments();
    differ.operations();
    differ.types();
    differ.statements();
    differ.prose();
    differ.found.sort_by_key(|difference| std::cmp::Reverse(difference.class));
    differ.found
}

/// Each key of either map, with its values in both.
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
        (class, release): (Class, Release),
        operations: &[String],
        what: impl Into<String>,
        meaning: impl Into<String>,
    ) {
        let (what, meaning) = (what.into(), meaning.into());
        self.found.push(Difference { class, release, operations: operations.to_vec(), what, meaning });
    }

    /// The operations whose bodies contain a type.
    fn users(&self, ty: &str) -> Vec<String> {
        let all = [self.old, self.new].map(|snapshot| &snapshot.generated.surface.operations);
        let users =
            all.into_iter().flatten().filter(|(_, operation)| operation.types.iter().any(|it| it == ty));
        let users: BTreeSet<_> = users.map(|(name, _)| name.clone()).collect();
        users.into_iter().collect()
    }

    fn environments(&mut self) {
        let (old, new) = (&self.old.generated.surface.environments, &self.new.generated.surface.environments);
        for (name, was, is) in both(old, new) {
            match (was, is) {
                (None, Some(url)) => {
                    let what = format!("server `{url}` added");
                    self.add(ADDITION, &[], what, format!("new `Environment::{name}`"));
                }
                (Some(url), None) => {
                    let what = format!("server `{url}` removed");
                    self.add(BREAKING, &[], what, format!("callers lose `Environment::{name}`"));
                }
                (Some(was), Some(is)) => self.add(
                    (Class::NeedsCode, Release::Patch),
                    &[],
                    format!("server `{was}` is `{is}` now"),
                    format!(
                        "clients of `Environment::{name}` send their keys there: confirm it with Paynet through \
                         another channel, then change it in tests/it/contract.rs and in README.md"
                    ),
                ),
                (None, None) => {}
            }
        }
    }

    fn operations(&mut self) {
        let (old, new) = (&self.old.generated.surface.operations, &self.new.generated.surface.operations);
        for (name, was, is) in both(old, new) {
            let of = [name.clone()];
            match (was, is) {
                (None, Some(is)) => {
                    let (owner, file) = is.owner();
                    let meaning = format!("the documents have `{name}`; add `{owner}::{name}` to {file}");
                    let what = format!("operation `{}` added", is.route);
                    self.add((Class::NeedsCode, Release::Addition), &of, what, meaning);
                }
                (Some(was), None) => {
                    let (owner, file) = was.owner();
                    let what = format!("operation `{}` removed", was.route);
                    let meaning = format!("callers lose `{owner}::{name}`; remove it from {file}");
                    self.add((Class::NeedsCode, Release::Breaking), &of, what, meaning);
                }
                (Some(was), Some(is)) => {
                    let changes = changes(name, was, is);
                    if changes.is_empty() {
                        continue;
                    }
                    for (class, what, meaning) in changes {
                        self.add(class, &of, what, meaning);
                    }
                }
                (None, None) => continue,
            }
            self.explained.insert(About::Operation(name.clone()));
        }
    }

    fn types(&mut self) {
        let (old, new) = (&self.old.generated.surface.types, &self.new.generated.surface.types);
        let none = Type::default();
        for (name, was, is) in both(old, new) {
            let users = self.users(name);
            let is_explained = |user: &String| self.explained.contains(&About::Operation(user.clone()));
            if was.is_some() && is.is_none() && !users.iter().all(is_explained) {
                let what = format!("type `{name}` removed");
                self.add(BREAKING, &users, what, format!("callers lose `types::{name}`"));
            }
            self.explained.insert(About::Type(name.clone()));
            let fields = both(&was.unwrap_or(&none).fields, &is.unwrap_or(&none).fields);
            for (property, old_field, new_field) in fields.collect::<Vec<_>>() {
                self.explained.insert(About::Property(name.clone(), property.clone()));
                if let (Some(_), Some(is)) = (was, is) {
                    self.field(name, is.request, property, old_field, new_field, &users);
                }
            }
            if let (Some(was), Some(is)) = (was, is)
                && was.request != is.request
            {
                let what = format!("`{name}` is part of other bodies than before");
                let meaning = if is.request { "callers construct it now" } else { "callers lose its `new`" };
                self.add(BREAKING, &users, what, meaning);
            }
        }
    }

    fn field(
        &mut self,
        ty: &str,
        request: bool,
        property: &str,
        was: Option<&Field>,
        is: Option<&Field>,
        users: &[String],
    ) {
        let secret = |field: &Field| if field.ty == "Secret" { " (a secret)" } else { "" };
        let (class, what, meaning) = match (was, is) {
            (None, Some(is)) if request && is.required => (
                BREAKING,
                format!("required property `{property}` added"),
                format!("new required argument `{}: {}`{} of `{ty}::new`", is.name, is.ty, secret(is)),
            ),
            (None, Some(is)) if request => (
                ADDITION,
                format!("optional property `{property}` added"),
                format!("new setter `{ty}::{}`, of `{}`{}", is.name, is.ty, secret(is)),
            ),
            (None, Some(is)) => (
                ADDITION,
                format!("property `{property}` added"),
                format!("new field `{ty}.{}: {}`{}", is.name, is.ty, secret(is)),
            ),
            (Some(was), None) => {
                let meaning = match (request, was.required) {
                    (true, true) => {
                        format!("`{ty}::new` no longer takes `{}`, and callers lose the field", was.name)
                    }
                    (true, false) => format!("callers lose the setter `{ty}::{}`", was.name),
                    (false, _) => format!("callers lose the field `{ty}.{}`", was.name),
                };
                (BREAKING, format!("property `{property}` removed"), meaning)
            }
            (Some(was), Some(is)) if was.ty != is.ty => (
                BREAKING,
                format!("property `{property}` changed its type"),
                format!("`{ty}.{}` is `{}`{} instead of `{}`", is.name, is.ty, secret(is), was.ty),
            ),
            (Some(was), Some(is)) if request && was.required != is.required => {
                let (what, meaning) = if is.required {
                    let argument = format!("`{}: {}` of `{ty}::new`", is.name, is.ty);
                    ("required", format!("new required argument {argument}; its setter is gone"))
                } else {
                    ("optional", format!("`{ty}::new` no longer takes `{}`, which has a setter now", is.name))
                };
                (BREAKING, format!("property `{property}` made {what}"), meaning)
            }
            (Some(was), Some(is)) if was.optional != is.optional => {
                let (what, now) =
                    if is.optional { ("optional", "is now") } else { ("required", "is no longer") };
                (
                    BREAKING,
                    format!("property `{property}` made {what}"),
                    format!("`{ty}.{}` {now} an `Option`", is.name),
                )
            }
            // A list, which is empty where it is not there.
            (Some(_), Some(is)) => (
                UNSEEN,
                format!("property `{property}` made {}", if is.required { "required" } else { "optional" }),
                "the field stays a list".to_owned(),
            ),
            (None, None) => return,
        };
        self.add(class, users, what, meaning);
    }

    /// What the documents state differently without a difference that callers see.
    fn statements(&mut self) {
        let (old, new) = (&self.old.statements.facts, &self.new.statements.facts);
        let has_type = |snapshot: &Snapshot, ty: &str| {
            snapshot.statements.facts.values().any(|(about, _)| *about == About::Type(ty.to_owned()))
        };
        // The places by what is said of them.
        let mut said: BTreeMap<String, Vec<(String, Vec<String>)>> = BTreeMap::new();
        for (place, was, is) in both(old, new) {
            let Some((about, _)) = is.or(was) else { continue };
            let users = match about {
                About::All => Vec::new(),
                About::Operation(name) if self.explained.contains(about) => {
                    // A change of its signature is told; what else is stated of it, such as a new status, is not.
                    let is_signature = ["`requestBody`", "response 2", "header ", "query ", "path "]
                        .iter()
                        .any(|it| place.starts_with(it));
                    let is_whole =
                        !old.values().any(|(it, _)| it == about) || !new.values().any(|(it, _)| it == about);
                    if is_signature || is_whole {
                        continue;
                    }
                    vec![name.clone()]
                }
                About::Operation(name) => vec![name.clone()],
                _ if self.explained.contains(about) => continue,
                About::Type(ty) | About::Property(ty, _) => {
                    // A type that appears or goes with its operation, or with the property that holds it.
                    if has_type(self.old, ty) != has_type(self.new, ty) {
                        continue;
                    }
                    self.users(ty)
                }
            };
            let unseen = match about {
                About::All => "and nothing is generated from it",
                About::Property(ty, _) if was.is_none() && self.is_of_handoff(ty) => {
                    "which `Handoff` has not; add it to src/handoff.rs if callers need it"
                }
                _ => "which callers do not see",
            };
            let what = match (was, is) {
                (None, _) => format!("added, {unseen}"),
                (_, None) => format!("removed, {unseen}"),
                (Some((_, was)), Some((_, is))) => format!("changed, {unseen}: {}", members_changed(was, is)),
            };
            said.entry(what).or_default().push((place.clone(), users));
        }
        let mut found = Vec::new();
        for (what, places) in said {
            match places.as_slice() {
                [(first, _), (second, _), (third, _), _, ..] => found.push((
                    format!("{} places {what}; first: {first}; {second}; {third}", places.len()),
                    Vec::new(),
                )),
                few => {
                    found.extend(few.iter().map(|(place, users)| (format!("{place} {what}"), users.clone())));
                }
            }
        }
        found.sort();
        for (what, users) in found {
            self.add(UNSEEN, &users, what, "");
        }
    }

    /// Whether a type is the body of a response that callers have as a `Handoff`.
    fn is_of_handoff(&self, ty: &str) -> bool {
        let surface = &self.new.generated.surface;
        let is_body = |operation: &Operation| operation.response.as_deref() == Some(ty);
        surface.operations.values().any(is_body) && !surface.types.contains_key(ty)
    }

    fn prose(&mut self) {
        // Prose that appears or goes with what it describes is not a change of prose.
        let describes = |snapshot: &Snapshot, place: &str, about: &About| {
            let facts = &snapshot.statements.facts;
            let described = place.split(": ").next().unwrap_or_default();
            let is_place = |snapshot: &Snapshot| snapshot.statements.facts.contains_key(described);
            if is_place(self.old) || is_place(self.new) {
                return facts.contains_key(described);
            }
            *about == About::All || facts.values().any(|(it, _)| it == about)
        };
        let places: Vec<_> = both(&self.old.statements.prose, &self.new.statements.prose)
            .filter(|(place, was, is)| {
                let about = is.or(*was).map_or(&About::All, |(about, _)| about);
                describes(self.old, place, about) == describes(self.new, place, about)
            })
            .map(|(place, ..)| place.as_str())
            .collect();
        if places.is_empty() {
            return;
        }
        let listed = places.iter().take(3).copied().collect::<Vec<_>>().join("; ");
        let what = match places.len() {
            1 => format!("prose changed: {listed}"),
            n if n <= 3 => format!("prose changed in {n} places: {listed}"),
            n => format!("prose changed in {n} places, first: {listed}"),
        };
        let is_in_docs = self.old.generated.code != self.new.generated.code;
        let release = if is_in_docs { Release::Patch } else { Release::None };
        self.add((Class::Compatible, release), &[], what, "");
    }
}

const ADDITION: (Class, Release) = (Class::Compatible, Release::Addition);
const BREAKING: (Class, Release) = (Class::BreaksCallers, Release::Breaking);
const UNSEEN: (Class, Release) = (Class::Compatible, Release::None);

/// What differs between two statements, member by member.
fn members_changed(was: &Value, is: &Value) -> String {
    fn leaves(path: &str, value: &Value, all: &mut BTreeMap<String, Value>) {
        if !value.is_object() {
            all.insert(path.to_owned(), value.clone());
        }
        for (key, value) in members(value) {
            leaves(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, value, all);
        }
    }
    let [mut before, mut now] = [BTreeMap::new(), BTreeMap::new()];
    leaves("", was, &mut before);
    leaves("", is, &mut now);
    let shown = |value: &Value| {
        let text: String = value.to_string().chars().take(60).collect();
        format!("`{}`", text.replace('`', "'"))
    };
    let changes = both(&before, &now).map(|(key, was, is)| match (was, is) {
        (None, Some(is)) => format!("`{key}` added, {}", shown(is)),
        (_, None) => format!("`{key}` removed"),
        (Some(was), Some(is)) => format!("`{key}` is {} instead of {}", shown(is), shown(was)),
    });
    let changes: Vec<_> = changes.collect();
    match changes.as_slice() {
        [first, second, third, _, ..] => {
            format!("{first}; {second}; {third}; and {} more", changes.len() - 3)
        }
        few => few.join("; "),
    }
}

/// What changed of an operation, besides its types.
fn changes(name: &str, was: &Operation, is: &Operation) -> Vec<((Class, Release), String, String)> {
    let ((owner, file), (new_owner, new_file)) = (was.owner(), is.owner());
    let route = &is.route;
    let breaking = (Class::NeedsCode, Release::Breaking);
    let follows = || format!("`{owner}::{name}` has to follow in {file}");
    let mut changes = Vec::new();
    if was.route != is.route {
        let what = format!("operation `{}` moved to `{route}`", was.route);
        let meaning = format!("calls follow; change the route in the docs of `{owner}::{name}` in {file}");
        changes.push(((Class::NeedsCode, Release::Patch), what, meaning));
    }
    if owner != new_owner {
        let what = format!("operation `{route}` requires another credential");
        let meaning =
            format!("`{owner}::{name}` is `{new_owner}::{name}`: move it from {file} to {new_file}");
        changes.push((breaking, what, meaning));
    } else if was.headers != is.headers {
        let (what, meaning) = match is.headers.as_slice() {
            [] => ("no credential any more".to_owned(), "the transport sends none"),
            headers => (headers.join(", "), "the transport sends the headers"),
        };
        let what = format!("operation `{route}` requires {what}");
        changes.push(((Class::Compatible, Release::Patch), what, meaning.to_owned()));
    }
    for (what, before, now) in
        [("takes", &was.request, &is.request), ("returns", &was.response, &is.response)]
    {
        let verb = match (before, now) {
            (None, Some(_)) => what.to_owned(),
            (Some(_), None) => format!("no longer {what}"),
            _ => continue,
        };
        changes.push((breaking, format!("operation `{route}` {verb} a body"), follows()));
    }
    if was.parameters != is.parameters {
        let list: Vec<_> = is
            .parameters
            .iter()
            .map(|it| {
                format!(
                    "`{}` ({} {}, {})",
                    it.name,
                    if it.required { "required" } else { "optional" },
                    it.ty,
                    it.location
                )
            })
            .collect();
        let list = if list.is_empty() { "no parameters".to_owned() } else { list.join(", ") };
        changes.push((breaking, format!("operation `{route}` takes {list}"), follows()));
    }
    changes
}
