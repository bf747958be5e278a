//! The difference between two snapshots, and what each change means for callers.
//!
//! The difference of the surfaces decides the class and the version. Whatever else the
//! documents state differently is listed, and prose is counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use paypos_codegen::{Field, Statements, SurfaceOperation as Operation, Type};
use serde::Serialize;

use crate::snapshot::Snapshot;

/// What a change requires, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// Callers and the hand-written code are unaffected.
    Compatible,
    /// A caller's code may no longer compile.
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

/// The hand-written code of the library, by file.
pub(crate) struct Source(BTreeMap<String, String>);

impl Source {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let folder = root.join("src");
        for entry in
            fs::read_dir(&folder).with_context(|| format!("{}: it cannot be read", folder.display()))?
        {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.insert(format!("src/{name}"), fs::read_to_string(path)?);
            }
        }
        Ok(Self(files))
    }

    /// The files whose code, comments aside, has the text as a word.
    fn users(&self, text: &str) -> Vec<&str> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let has = |line: &str| {
            let code = line.split("//").next().unwrap_or_default();
            code.match_indices(text).any(|(at, _)| {
                !code[..at].ends_with(is_part) && !code[at + text.len()..].starts_with(is_part)
            })
        };
        let files = self.0.iter().filter(|(_, code)| code.lines().any(has));
        files.map(|(file, _)| file.as_str()).collect()
    }
}

struct Differ<'a> {
    old: &'a Snapshot,
    new: &'a Snapshot,
    source: &'a Source,
    found: Vec<Difference>,
    /// Places whose statements the difference of the surfaces explains.
    explained: BTreeSet<String>,
}

/// All differences; none if both state the same.
pub(crate) fn diff(old: &Snapshot, new: &Snapshot, source: &Source) -> Vec<Difference> {
    let mut differ = Differ { old, new, source, found: Vec::new(), explained: BTreeSet::new() };
    differ.environments();
    differ.operations();
    differ.types();
    differ.statements();
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
        class: Class,
        release: Release,
        operations: Vec<String>,
        what: impl Into<String>,
        meaning: impl Into<String>,
    ) {
        self.found.push(Difference {
            class,
            release,
            operations,
            what: what.into(),
            meaning: meaning.into(),
        });
    }

    /// A loss for callers, and for the hand-written code if it uses what is lost.
    fn breaks(&mut self, operations: Vec<String>, what: String, meaning: String, lost: &str) {
        match self.source.users(lost).as_slice() {
            [] => self.add(Class::BreaksCallers, Release::Breaking, operations, what, meaning),
            files => {
                let meaning = format!("{meaning}; change {}", files.join(" and "));
                self.add(Class::NeedsCode, Release::Breaking, operations, what, meaning);
            }
        }
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
                (None, Some(url)) => self.add(
                    Class::Compatible,
                    Release::Addition,
                    Vec::new(),
                    format!("server `{url}` added"),
                    format!("new `Environment::{name}`"),
                ),
                (Some(url), None) => self.breaks(
                    Vec::new(),
                    format!("server `{url}` removed"),
                    format!("callers lose `Environment::{name}`"),
                    &format!("Environment::{name}"),
                ),
                (Some(was), Some(is)) => self.add(
                    Class::NeedsCode,
                    Release::Patch,
                    Vec::new(),
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
            let operations = vec![name.clone()];
            let (class, release, what, meaning) = match (was, is) {
                (None, Some(is)) => {
                    let (owner, file) = is.owner();
                    let meaning = format!("the documents have `{name}`; add `{owner}::{name}` to {file}");
                    (Class::NeedsCode, Release::Addition, format!("operation `{}` added", is.route), meaning)
                }
                (Some(was), None) => {
                    let (owner, file) = was.owner();
                    let meaning = format!("callers lose `{owner}::{name}`; remove it from {file}");
                    (
                        Class::NeedsCode,
                        Release::Breaking,
                        format!("operation `{}` removed", was.route),
                        meaning,
                    )
                }
                (Some(was), Some(is)) => match changed(name, was, is) {
                    Some(change) => change,
                    None => continue,
                },
                (None, None) => continue,
            };
            self.explained.insert(name.clone());
            self.add(class, release, operations, what, meaning);
        }
    }

    fn types(&mut self) {
        let (old, new) = (&self.old.generated.surface.types, &self.new.generated.surface.types);
        let none = Type::default();
        for (name, was, is) in both(old, new) {
            let users = self.users(name);
            if was.is_some() && is.is_none() && !users.iter().all(|user| self.explained.contains(user)) {
                let what = format!("type `{name}` removed");
                self.breaks(users.clone(), what, format!("callers lose `types::{name}`"), name);
            }
            let fields = both(&was.unwrap_or(&none).fields, &is.unwrap_or(&none).fields);
            let fields: Vec<_> = fields.collect();
            self.explained.extend(fields.iter().map(|(property, ..)| format!("{name}.{property}")));
            if let (Some(was), Some(is)) = (was, is) {
                if was.request != is.request {
                    let what = format!("`{name}` is part of other bodies than before");
                    let meaning =
                        if is.request { "callers construct it now" } else { "callers lose its `new`" };
                    self.breaks(users.clone(), what, meaning.to_owned(), &format!("{name}::new"));
                }
                for (property, was, is_now) in fields {
                    self.field(name, is.request, property, was, is_now, &users);
                }
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
        let users = users.to_vec();
        let secret = |field: &Field| if field.ty == "Secret" { " (a secret)" } else { "" };
        match (was, is) {
            (None, Some(is)) if request && is.required => self.breaks(
                users,
                format!("required property `{property}` added"),
                format!("new required argument `{}: {}`{} of `{ty}::new`", is.name, is.ty, secret(is)),
                &format!("{ty}::new"),
            ),
            (None, Some(is)) => {
                let (what, meaning) = if request {
                    (
                        "optional property",
                        format!("new setter `{ty}::{}`, of `{}`{}", is.name, is.ty, secret(is)),
                    )
                } else {
                    ("property", format!("new field `{ty}.{}: {}`{}", is.name, is.ty, secret(is)))
                };
                let what = format!("{what} `{property}` added");
                self.add(Class::Compatible, Release::Addition, users, what, meaning);
            }
            (Some(was), None) => {
                let (meaning, lost) = match (request, was.required) {
                    (true, true) => {
                        (format!("`{ty}::new` no longer takes `{}`", was.name), format!("{ty}::new"))
                    }
                    (true, false) => {
                        (format!("callers lose the setter `{ty}::{}`", was.name), was.name.clone())
                    }
                    (false, _) => (format!("callers lose the field `{ty}.{}`", was.name), was.name.clone()),
                };
                self.breaks(users, format!("property `{property}` removed"), meaning, &lost);
            }
            (Some(was), Some(is)) if request && was.required != is.required => {
                let (what, meaning) = if is.required {
                    (
                        "required",
                        format!(
                            "new required argument `{}: {}` of `{ty}::new`; its setter is gone",
                            is.name, is.ty
                        ),
                    )
                } else {
                    ("optional", format!("`{ty}::new` no longer takes `{}`, which has a setter now", is.name))
                };
                let what = format!("property `{property}` made {what}");
                self.breaks(users, what, meaning, &format!("{ty}::new"));
            }
            (Some(was), Some(is)) if was.ty == is.ty => self.breaks(
                users,
                format!("property `{property}` made {}", if is.required { "required" } else { "optional" }),
                format!(
                    "`{ty}.{}` {} an `Option`",
                    is.name,
                    if is.required { "is no longer" } else { "is now" }
                ),
                &is.name,
            ),
            (Some(was), Some(is)) => self.breaks(
                users,
                format!("property `{property}` changed its type"),
                format!("`{ty}.{}` is `{}`{} instead of `{}`", is.name, is.ty, secret(is), was.ty),
                &is.name,
            ),
            (None, None) => {}
        }
    }

    /// What the documents state differently without a difference that callers see, and the prose.
    fn statements(&mut self) {
        let (old, new) = (&self.old.statements, &self.new.statements);
        let is_of = |place: &str, name: &str| place == name || place.ends_with(&format!(" of `{name}`"));
        let changed: Vec<_> = both(&old.facts, &new.facts)
            .filter(|(place, ..)| !self.explained.iter().any(|name| is_of(place, name)))
            .map(|(place, was, is)| (place.clone(), was.is_some(), is.is_some()))
            .collect();
        for (place, was, is) in changed {
            let what = match (was, is) {
                (false, _) => "added",
                (_, false) => "removed",
                _ => "changed",
            };
            let name = place.rsplit(" of ").next().unwrap_or_default().trim_matches('`');
            let ty = name.split('.').next().unwrap_or_default();
            if !was || !is {
                // A type that appears or goes with its operation, or with the property that holds it.
                let known =
                    |snapshot: &Snapshot| snapshot.statements.facts.contains_key(&format!("`type` of {ty}"));
                if known(self.old) != known(self.new) {
                    continue;
                }
            }
            let users = match self.users(ty) {
                none if none.is_empty() => vec![name.to_owned()],
                users => users,
            };
            let what = format!("{place} {what}, which callers do not see");
            self.add(Class::Compatible, Release::None, users, what, "");
        }
        // Prose that appears or goes with what it describes is not a change of prose.
        let is_known = |snapshot: &Snapshot, place: &str| {
            let Statements { facts, .. } = &snapshot.statements;
            let operations = &snapshot.generated.surface.operations;
            facts.keys().any(|fact| {
                place.strip_prefix(fact.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }) || facts.contains_key(&format!("`type` of {place}"))
                || operations.contains_key(place.trim_matches('`'))
        };
        let stays = |place: &str| {
            let described = place.rsplit_once(": ").map_or(place, |(described, _)| described);
            is_known(self.old, described) == is_known(self.new, described)
        };
        let places: Vec<_> = both(&old.prose, &new.prose)
            .map(|(place, ..)| place.as_str())
            .filter(|place| stays(place))
            .collect();
        if let [first, ..] = places.as_slice() {
            let listed = places.iter().take(3).copied().collect::<Vec<_>>().join("; ");
            let what = match places.len() {
                1 => format!("prose changed: {first}"),
                n if n <= 3 => format!("prose changed in {n} places: {listed}"),
                n => format!("prose changed in {n} places, first: {listed}"),
            };
            let release = if self.old.generated.code == self.new.generated.code {
                Release::None
            } else {
                Release::Patch
            };
            self.add(Class::Compatible, release, Vec::new(), what, "");
        }
    }
}

/// What changed of an operation, besides its types.
fn changed(name: &str, was: &Operation, is: &Operation) -> Option<(Class, Release, String, String)> {
    let ((owner, file), (new_owner, new_file)) = (was.owner(), is.owner());
    if owner != new_owner {
        let what = format!("operation `{}` requires another credential", is.route);
        let meaning =
            format!("`{owner}::{name}` is `{new_owner}::{name}`: move it from {file} to {new_file}");
        return Some((Class::NeedsCode, Release::Breaking, what, meaning));
    }
    if was.request.is_some() != is.request.is_some() {
        let what = format!(
            "operation `{}` {} a body",
            is.route,
            if is.request.is_some() { "takes" } else { "no longer takes" }
        );
        let meaning = format!("`{owner}::{name}` has to follow in {file}");
        return Some((Class::NeedsCode, Release::Breaking, what, meaning));
    }
    if was.route != is.route {
        let what = format!("operation `{}` moved to `{}`", was.route, is.route);
        let meaning = format!("calls follow; change the route in the docs of `{owner}::{name}` in {file}");
        return Some((Class::NeedsCode, Release::Patch, what, meaning));
    }
    (was.headers != is.headers).then(|| {
        let what = format!("operation `{}` requires {}", is.route, is.headers.join(", "));
        (Class::Compatible, Release::Patch, what, "the transport sends the headers".to_owned())
    })
}
