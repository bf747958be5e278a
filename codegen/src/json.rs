//! Looks into JSON documents.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Members that are written for people.
const PROSE: [&str; 10] = [
    "contact", "description", "example", "examples", "externalDocs", "license", "summary", "tags",
    "termsOfService", "title",
];

/// Where a reference within the document leads, as a JSON pointer.
pub(crate) fn target_of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix('#')
}

/// The members of an object; none of anything else.
pub(crate) fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// The items of a list; none of anything else.
pub(crate) fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// Appends segments to a JSON pointer, escaped as RFC 6901 requires.
pub(crate) fn pointer(base: &str, segments: &[&str]) -> String {
    let escaped = segments.iter().map(|segment| segment.replace('~', "~0").replace('/', "~1"));
    escaped.fold(base.to_owned(), |pointer, segment| pointer + "/" + &segment)
}

/// The schemas that a value refers to, also by a part of one.
pub(crate) fn references(value: &Value) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut values = vec![value];
    while let Some(value) = values.pop() {
        let target = target_of(value).and_then(|target| target.strip_prefix("/components/schemas/"));
        names.extend(target.and_then(|target| target.split('/').next()));
        let members = value.as_object().into_iter().flat_map(Map::values);
        values.extend(members.chain(items(Some(value))));
    }
    names
}

/// The value without what is written for people. The names of properties are the document's own, and stay.
pub(crate) fn without_prose(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| !PROSE.contains(&key.as_str()));
            let kept = kept.map(|(key, value)| match value {
                Value::Object(properties) if key == "properties" => {
                    let all = properties.iter().map(|(name, value)| (name.clone(), without_prose(value)));
                    (key.clone(), Value::Object(all.collect()))
                }
                value => (key.clone(), without_prose(value)),
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.iter().map(without_prose).collect(),
        other => other.clone(),
    }
}
