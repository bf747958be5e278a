//! Where two documents differ as they are written.

use serde_json::Value;

use crate::codegen::{
    corrections::CONSTRAINTS,
    document::{entries, pointer},
};

/// What a difference is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// What is said for people.
    Prose,
    /// Limits on values, which the generated types leave to Paynet.
    Limits,
    Substance,
}

const PROSE: [&str; 9] = [
    "description",
    "example",
    "examples",
    "externalDocs",
    "info",
    "summary",
    "tags",
    "termsOfService",
    "title",
];

/// The JSON pointers of what differs, whatever the order of members.
pub(crate) fn differing(old: &Value, new: &Value) -> Vec<(String, Of)> {
    let mut places = Vec::new();
    walk("", old, new, false, Of::Substance, &mut places);
    places
}

fn walk(place: &str, old: &Value, new: &Value, names: bool, of: Of, places: &mut Vec<(String, Of)>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(members), Value::Object(others)) => {
            let gone = members.iter().filter(|(key, _)| !others.contains_key(*key));
            let there = entries(Some(new)).map(|(key, value)| (key, members.get(key), Some(value)));
            for (key, old, new) in gone.map(|(key, value)| (key, Some(value), None)).chain(there) {
                let of = match key.as_str() {
                    // A server's description is the name of its environment.
                    "description" if place.starts_with("/servers/") => of,
                    _ if names || of != Of::Substance => of,
                    key if PROSE.contains(&key) => Of::Prose,
                    key if CONSTRAINTS.contains(&key) && place.contains("/schema") => Of::Limits,
                    _ => of,
                };
                let at = pointer(place, &[key]);
                // Here the keys are the document's own.
                let parent = place.rsplit('/').next().unwrap_or_default();
                let names = !names
                    && matches!(
                        key.as_str(),
                        "properties" | "paths" | "responses" | "content" | "schemas" | "parameters"
                    )
                    || parent == "components";
                match (old, new) {
                    (Some(old), Some(new)) => walk(&at, old, new, names, of, places),
                    _ => places.push((at, of)),
                }
            }
        }
        (Value::Array(items), Value::Array(others))
            if items.len() == others.len() && !place.ends_with("/required") && !place.ends_with("/enum") =>
        {
            for (i, (old, new)) in items.iter().zip(others).enumerate() {
                walk(&format!("{place}/{i}"), old, new, false, of, places);
            }
        }
        _ => places.push((place.to_owned(), of)),
    }
}
