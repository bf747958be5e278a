//! Judges the difference between two states of `openapi/`: what each change means for a caller of the crate.
//!
//! What callers see is read from the generated code itself; drift, on the corrected documents, says
//! what else differs; and what neither sees, since corrections drop it, is found in the documents as written.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use serde::Serialize;
use serde_json::Value;

use crate::{
    codegen::{
        self, document,
        emit::{HANDOFF, SAID},
    },
    differs::{Of, differing},
    map::Operation,
    state::{Source, State, within},
    surface::{Type, without_option},
};

/// What a change asks for, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// Callers and the hand-written code go on as they are.
    Compatible,
    /// A caller's code may no longer compile.
    BreaksCallers,
    /// The hand-written code of this crate has to follow.
    NeedsCode,
    /// Nothing can be generated from it: it is not stored.
    Refused,
}

/// What a release with a change is by Cargo's rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Release {
    /// None is needed.
    None,
    Patch,
    /// What callers see grows.
    Addition,
    Breaking,
}

/// One change, and what it means.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Difference {
    pub(crate) class: Class,
    #[serde(skip)]
    pub(crate) release: Release,
    pub(crate) file: String,
    /// JSON pointer into the file, as it was where the change is a loss.
    pub(crate) place: String,
    /// The operations that it is about.
    pub(crate) operations: Vec<String>,
    pub(crate) what: String,
    pub(crate) meaning: String,
    /// What drift says of the same place.
    pub(crate) drift: Vec<String>,
    /// Another place that it is about: what was renamed is at two.
    #[serde(skip)]
    also: Option<String>,
}

impl Difference {
    fn is_about(&self, place: &str) -> bool {
        let places = [Some(&self.place), self.also.as_ref()].into_iter().flatten();
        places.filter(|own| !own.is_empty()).any(|own| within(place, own) || within(own, place))
    }
}

struct Judge<'a> {
    old: &'a State,
    new: &'a State,
    source: &'a Source,
    found: Vec<Difference>,
}

/// All differences, each with its meaning; none where the two say the same.
pub(crate) fn judge(old: &State, new: &State, source: &Source) -> Result<Vec<Difference>> {
    let mut judge = Judge { old, new, source, found: Vec::new() };
    judge.operations();
    judge.types();
    judge.environments();
    judge.drift()?;
    judge.as_written();
    let code_differs = old.code != new.code;
    if judge.found.is_empty() && code_differs {
        judge.add(Class::NeedsCode, Release::Breaking, "", "the generated code", UNJUDGED);
    }
    if !code_differs {
        judge.found.iter_mut().for_each(|difference| difference.release = Release::None);
    }
    judge.found.sort_by(|a, b| b.class.cmp(&a.class).then_with(|| a.place.cmp(&b.place)));
    Ok(judge.found)
}

const UNJUDGED: &str = "no rule judges it: read the difference of tests/golden/generated.rs";

impl Judge<'_> {
    fn add(
        &mut self,
        class: Class,
        release: Release,
        place: &str,
        what: impl Into<String>,
        meaning: impl Into<String>,
    ) {
        let state = match self.new.written.json.pointer(place) {
            Some(_) => self.new,
            None => self.old,
        };
        self.found.push(Difference {
            class,
            release,
            file: if place.is_empty() { String::new() } else { state.written.file_of(place).to_owned() },
            place: place.to_owned(),
            operations: if place.is_empty() { Vec::new() } else { state.users_of(place) },
            what: what.into(),
            meaning: meaning.into(),
            drift: Vec::new(),
            also: None,
        });
    }

    fn operations(&mut self) {
        let (old, new) = (self.old, self.new);
        for operation in &new.operations {
            let Operation { name, pointer, .. } = operation;
            let method = operation.method();
            let Some(before) = old.operation(name) else {
                self.add(
                    Class::NeedsCode,
                    Release::Addition,
                    pointer,
                    format!("operation `{}` added", operation.route),
                    format!("the documents have `{name}`; add `{method}` to {}", operation.source()),
                );
                continue;
            };
            if before.route != operation.route {
                self.add(
                    Class::NeedsCode,
                    Release::Patch,
                    pointer,
                    format!("operation moved from `{}` to `{}`", before.route, operation.route),
                    format!(
                        "`{method}` calls it there, and callers go on as they are; \
                         its documentation and the tests name the old place"
                    ),
                );
            }
            if before.method() != method {
                self.add(
                    Class::NeedsCode,
                    Release::Breaking,
                    pointer,
                    format!(
                        "it asks for the headers {} instead of {}",
                        operation.headers(),
                        before.headers()
                    ),
                    format!("`{}` becomes `{method}`: move it to {}", before.method(), operation.source()),
                );
            } else if before.injected != operation.injected {
                self.add(
                    Class::Compatible,
                    Release::Patch,
                    pointer,
                    format!(
                        "it asks for the headers {} instead of {}",
                        operation.headers(),
                        before.headers()
                    ),
                    "the transport injects them where they are asked for",
                );
            }
        }
        for operation in old.operations.iter().filter(|operation| new.operation(&operation.name).is_none()) {
            let method = operation.method();
            self.add(
                Class::NeedsCode,
                Release::Breaking,
                &operation.pointer,
                format!("operation `{}` removed", operation.route),
                format!("callers lose `{method}`; remove it from {}", operation.source()),
            );
        }
    }

    fn types(&mut self) {
        let (old, new) = (self.old, self.new);
        let names: BTreeSet<&String> = old.surface.types.keys().chain(new.surface.types.keys()).collect();
        for name in names {
            match (old.surface.types.get(name), new.surface.types.get(name)) {
                (Some(before), Some(after)) => self.type_changed(name, before, after),
                (Some(before), None) if before.public => {
                    let (what, meaning) = match self.renamed(before) {
                        Some(renamed) => (
                            format!("`{name}` renamed to `{renamed}`"),
                            format!("`types::{name}` is `types::{renamed}` now"),
                        ),
                        None => (format!("`{name}` removed"), format!("callers lose `types::{name}`")),
                    };
                    let also = self.renamed(before).map(|renamed| new.place_of(renamed));
                    self.broken(&old.place_of(name), what, meaning, name);
                    if let Some(found) = self.found.last_mut() {
                        found.also = also;
                    }
                }
                (None, Some(after)) if after.public && self.renamed_to(name) => {}
                (None, Some(after)) if after.public => {
                    let place = new.place_of(name);
                    let what = format!("`{name}` added");
                    self.add(
                        Class::Compatible,
                        Release::Addition,
                        &place,
                        what,
                        format!("new `types::{name}`"),
                    );
                }
                (None, Some(_)) | (Some(_), None) => {
                    let place = if old.surface.types.contains_key(name) { old } else { new }.place_of(name);
                    let what = format!("`{name}` added, removed or renamed");
                    self.add(Class::Compatible, Release::Patch, &place, what, "callers do not see this type");
                }
                (None, None) => {}
            }
        }
    }

    /// The name that a type has now, where one that is new is the same.
    fn renamed(&self, before: &Type) -> Option<&String> {
        let is_new =
            |(name, ty): &(&String, &Type)| *ty == before && !self.old.surface.types.contains_key(*name);
        self.new.surface.types.iter().find(is_new).map(|(name, _)| name)
    }

    fn renamed_to(&self, name: &str) -> bool {
        let gone =
            self.old.surface.types.iter().filter(|(name, _)| !self.new.surface.types.contains_key(*name));
        gone.into_iter().any(|(_, ty)| ty.public && self.renamed(ty).is_some_and(|renamed| renamed == name))
    }

    /// A change that callers may not compile with; and this crate, where it names the same.
    fn broken(&mut self, place: &str, what: String, meaning: String, name: &str) {
        match self.source.that_name(name) {
            Some(files) => {
                let meaning = format!("{meaning}; mend {files}");
                self.add(Class::NeedsCode, Release::Breaking, place, what, meaning);
            }
            None => self.add(Class::BreaksCallers, Release::Breaking, place, what, meaning),
        }
    }

    fn type_changed(&mut self, name: &str, before: &Type, after: &Type) {
        let (old, new) = (self.old, self.new);
        let fields: BTreeSet<&String> = before.properties.keys().chain(after.properties.keys()).collect();
        for field in fields {
            let (was, is) = (before.properties.get(field), after.properties.get(field));
            let place = if is.is_some() { new } else { old }.place_of_property(name, field);
            if !before.public || !after.public {
                let changed = match (was, is) {
                    (was, is) if was == is => continue,
                    (None, _) => "added".to_owned(),
                    (_, None) => "removed".to_owned(),
                    (Some(was), Some(is)) => format!("is `{is}` instead of `{was}`"),
                };
                self.unseen(name, field, is, &place, format!("property `{field}` {changed}"));
                continue;
            }
            let required = |ty: &Type| ty.arguments.as_ref().is_some_and(|list| list.contains(field));
            let request = after.arguments.is_some();
            let constructor = format!("{name}::new");
            let secret = |ty: &str| if ty.contains("Secret") { " (a secret)" } else { "" };
            match (was, is) {
                (None, Some(ty)) if request && required(after) => self.broken(
                    &place,
                    format!("required property `{field}` added"),
                    format!("new required argument `{field}: {ty}`{} of `{name}::new`", secret(ty)),
                    &constructor,
                ),
                (None, Some(ty)) if request => self.add(
                    Class::Compatible,
                    Release::Addition,
                    &place,
                    format!("optional property `{field}` added"),
                    format!("new setter `{name}::{field}`, of `{}`{}", without_option(ty), secret(ty)),
                ),
                (None, Some(ty)) => self.add(
                    Class::Compatible,
                    Release::Addition,
                    &place,
                    format!("property `{field}` added"),
                    format!("new field `{name}.{field}: {ty}`{}", secret(ty)),
                ),
                (Some(_), None) if request => self.broken(
                    &place,
                    format!("property `{field}` removed"),
                    if required(before) {
                        format!("`{name}::new` no longer takes `{field}`")
                    } else {
                        format!("callers lose the setter `{name}::{field}`")
                    },
                    if required(before) { &constructor } else { field },
                ),
                (Some(_), None) => self.broken(
                    &place,
                    format!("property `{field}` removed"),
                    format!("callers lose the field `{name}.{field}`"),
                    field,
                ),
                (Some(was), Some(is)) => {
                    if request && required(before) != required(after) {
                        let (what, meaning) = if required(after) {
                            (
                                "required",
                                format!(
                                    "new required argument `{field}: {is}` of `{name}::new`; its setter is gone"
                                ),
                            )
                        } else {
                            (
                                "optional",
                                format!("`{name}::new` no longer takes `{field}`, which has a setter now"),
                            )
                        };
                        self.broken(&place, format!("property `{field}` made {what}"), meaning, &constructor);
                    } else if was != is {
                        self.broken(
                            &place,
                            format!("property `{field}` changed its type"),
                            format!("`{name}.{field}` is `{is}`{} instead of `{was}`", secret(is)),
                            if required(after) { &constructor } else { field },
                        );
                    }
                }
                (None, None) => {}
            }
        }
        let (Some(was), Some(is)) = (&before.arguments, &after.arguments) else { return };
        let sorted = |list: &Vec<String>| list.iter().cloned().collect::<BTreeSet<_>>();
        if was != is && sorted(was) == sorted(is) {
            let what = format!("the required properties are in the order {}", quoted(is));
            let meaning = format!(
                "`{name}::new` takes its arguments in that order: callers may compile and send one for another"
            );
            self.broken(&new.place_of(name), what, meaning, &format!("{name}::new"));
        }
    }

    /// A change of a type that callers do not see: what a handoff is made of, or a refusal.
    fn unseen(&mut self, name: &str, field: &str, is: Option<&String>, place: &str, what: String) {
        let (class, release, meaning) = if HANDOFF.contains(&field) {
            let meaning = "a `Handoff` is made of it, and cannot be any more: mend src/handoff.rs";
            (Class::NeedsCode, Release::Breaking, meaning.to_owned())
        } else if SAID.contains(&field) && is.is_some() {
            let meaning = "`Error` says it, and cannot as it is now: mend `Said` in src/error.rs";
            (Class::NeedsCode, Release::Breaking, meaning.to_owned())
        } else {
            let meaning = format!("callers do not see `{name}`, and go on as they are");
            (Class::Compatible, Release::Patch, meaning)
        };
        self.add(class, release, place, what, meaning);
    }

    fn environments(&mut self) {
        let (old, new) = (&self.old.surface.environments, &self.new.surface.environments);
        let url = |list: &[(String, String)], name: &str| {
            list.iter().find(|(other, _)| other == name).map(|(_, url)| url.clone())
        };
        let place = "/servers";
        for (name, is) in new {
            match url(old, name) {
                None => self.add(
                    Class::Compatible,
                    Release::Addition,
                    place,
                    format!("server `{is}` added"),
                    format!("new `Environment::{name}`"),
                ),
                Some(was) if was != *is => self.add(
                    Class::NeedsCode,
                    Release::Patch,
                    place,
                    format!("server `{was}` is `{is}` now"),
                    format!(
                        "clients of `Environment::{name}` send their keys there: confirm it with Paynet, \
                         then change it in tests/contract.rs and in the README"
                    ),
                ),
                Some(_) => {}
            }
        }
        let in_order = |list: &[(String, String)], other: &[(String, String)]| -> Vec<String> {
            let both = list.iter().filter(|(name, _)| url(other, name).is_some());
            both.map(|(name, _)| name.clone()).collect()
        };
        if in_order(old, new) != in_order(new, old) {
            let meaning = "callers go on as they are: `Environment::ALL` is in that order";
            self.add(Class::Compatible, Release::Patch, place, "the servers are in another order", meaning);
        }
        for (name, was) in old.iter().filter(|(name, _)| url(new, name).is_none()) {
            let what = format!("server `{was}` removed");
            let meaning = format!("callers lose `Environment::{name}`");
            self.broken(place, what, meaning, name);
        }
    }

    /// Whether something that was found is about this place, or about what it refers to.
    fn is_explained(&self, place: &str) -> bool {
        let about = |place: &str| self.found.iter().any(|found| found.is_about(place));
        let targets = place.strip_suffix("/$ref").into_iter().flat_map(|place| {
            [self.old, self.new].map(|state| document::target_of(state.written.json.pointer(place)?))
        });
        about(place.trim_end_matches("/required")) || targets.flatten().any(about)
    }

    /// The old document with each operation that has moved where it is now, so that the rest of it is compared.
    fn in_place(&self, old: &Value) -> Value {
        let mut old = old.clone();
        for after in &self.new.operations {
            let Some(before) = self.old.operation(&after.name).filter(|before| before.route != after.route)
            else {
                continue;
            };
            let [(path, method), (new_path, new_method)] = [before, after].map(Operation::place);
            let Some(item) = old["paths"].get_mut(path).and_then(Value::as_object_mut) else { continue };
            let Some(operation) = item.remove(method) else { continue };
            if item.is_empty() {
                old["paths"].as_object_mut().into_iter().for_each(|paths| drop(paths.remove(path)));
            }
            old["paths"][new_path][new_method] = operation;
        }
        old
    }

    fn drift(&mut self) -> Result<()> {
        let (old, new) = (self.in_place(&self.old.corrected.json), &self.new.corrected.json);
        let changes =
            codegen::without_panic(|| drift::compare(&old, new).map_err(|error| format!("{error:#}")))
                .map_err(|reason| anyhow!("drift cannot compare the documents: {reason}"))?;
        for change in changes {
            for info in &change.changes {
                let Some(path) = change.paths.first() else { continue };
                let at = |base: &str, subpath: &str| {
                    let place = format!("{}/{subpath}", base.trim_start_matches('#'));
                    place.trim_end_matches('/').to_owned()
                };
                let (is, was) = (
                    at(path.new.current_pointer(), &info.new_subpath),
                    at(path.old.current_pointer(), &info.old_subpath),
                );
                // What is added or removed whole has the list it is in as its other side.
                let place = if is.len() < was.len() { was } else { is };
                let said = format!("{} ({:?})", info.message, info.class);
                let about: Vec<_> = self.found.iter_mut().filter(|found| found.is_about(&place)).collect();
                if about.is_empty() && info.class != drift::ChangeClass::Trivial {
                    self.unjudged(&place, info.message.to_lowercase());
                    if let Some(found) = self.found.last_mut() {
                        found.drift.push(said);
                    }
                } else {
                    for found in about {
                        found.drift.push(said.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// A change for which there is no rule: harmless where the same code is generated.
    fn unjudged(&mut self, place: &str, what: String) {
        if self.old.bare == self.new.bare {
            self.add(Class::Compatible, Release::Patch, place, what, "the generated code is the same");
        } else if place.ends_with("/nullable") {
            let what = format!("{what} of `{}`", place.rsplit('/').nth(1).unwrap_or_default());
            let meaning = "callers go on as they are: its type does not tell null from absent";
            self.add(Class::Compatible, Release::Patch, place, what, meaning);
        } else {
            self.add(Class::NeedsCode, Release::Breaking, place, what, UNJUDGED);
        }
    }

    fn as_written(&mut self) {
        let (old, new) = (self.old, self.new);
        let mut prose = Vec::new();
        let mut limits = Vec::new();
        for (place, of) in differing(&self.in_place(&old.written.json), &new.written.json) {
            match of {
                Of::Prose => prose.push(place),
                Of::Limits => limits.push(place),
                Of::Substance if self.is_explained(&place) => {}
                Of::Substance if is_refusal(&place) => {
                    let what = "the documented refusals changed";
                    let meaning =
                        "callers go on as they are: every refusal is read as it comes, by src/error.rs";
                    self.add(Class::Compatible, Release::None, &place, what, meaning);
                }
                Of::Substance => self.as_written_alone(&place),
            }
        }
        let documented = if old.code == new.code {
            "callers go on as they are: nothing is generated from it"
        } else {
            "the documentation of the generated code follows"
        };
        for (places, what, meaning) in [
            (prose, "prose", documented),
            (limits, "limits on values", "callers go on as they are: the types leave them to Paynet"),
        ] {
            if let Some(place) = places.first() {
                let what = format!("{what} changed: {}", quoted(&places));
                self.add(Class::Compatible, Release::Patch, place, what, meaning);
            }
        }
        self.in_one_copy();
    }

    /// What differs in one document alone, where another says the same thing first.
    fn in_one_copy(&mut self) {
        for document in &self.new.files {
            let Some(before) = self.old.files.iter().find(|before| before.file == document.file) else {
                continue;
            };
            let is_hidden =
                |place: &String| self.old.written.json.pointer(place) == self.new.written.json.pointer(place);
            let places = differing(&self.in_place(&before.json), &document.json).into_iter();
            let places: Vec<_> = places.map(|(place, _)| place).filter(is_hidden).collect();
            let Some(place) = places.first() else { continue };
            self.found.push(Difference {
                class: Class::Compatible,
                release: Release::None,
                file: document.file.clone(),
                place: place.clone(),
                operations: Vec::new(),
                what: format!("in this document alone changed: {}", quoted(&places)),
                meaning: "callers go on as they are: nothing is generated from it".to_owned(),
                drift: Vec::new(),
                also: None,
            });
        }
    }

    fn as_written_alone(&mut self, place: &str) {
        if place.ends_with("/parameters") || place.contains("/parameters/") {
            let what = "the headers changed that HTTP sets by itself".to_owned();
            if self.old.bare == self.new.bare {
                let meaning = "callers go on as they are: the document's word on them is ignored";
                return self.add(Class::Compatible, Release::None, place, what, meaning);
            }
        }
        let what = place.rsplit('/').next().unwrap_or_default();
        self.unjudged(place, format!("`{what}` changed"));
    }
}

/// Whether a place is about answers other than success.
fn is_refusal(place: &str) -> bool {
    place.split_once("/responses/").is_some_and(|(_, rest)| !rest.starts_with("200"))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
