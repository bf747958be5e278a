//! Joins the documents of all operations into one.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_json::{Value, json};

use crate::{
    Document, DocumentError,
    document::{NAME, component, entries, pointer, references, static_segments},
    normal::{normal, without_prose},
    operations::{rank, stem},
};

/// Joins documents into one, in normal form. All operations are on the same servers, and no two have the same name. A
/// component that means something else in another document is another type.
///
/// # Errors
/// If a document has no normal form, or two contradict each other.
pub fn join(documents: &[Document]) -> Result<Document, DocumentError> {
    let files: Vec<_> = documents.iter().map(|document| document.file.as_str()).collect();
    let mut joined = Document {
        file: files.join(", "),
        json: json!({ "paths": {}, "components": { "schemas": {} } }),
        origins: BTreeMap::new(),
    };
    let (mut servers, mut names) = (BTreeMap::new(), BTreeMap::new());
    for document in named(documents) {
        check_servers(&document, &servers, files[0])?;
        servers.extend(document.servers());
        let mut normal = normal(&document)?;
        separate(&joined, &mut normal)?;
        for operation in normal.operations() {
            let at = operation.pointer;
            if !joined.at(&at).is_null() {
                return Err(document.error(
                    &at,
                    format!("{} has the operation too", joined.file_of(&at)),
                    "expected each operation in one document; remove the older of the two",
                ));
            }
            if let Some(other) = names.insert(operation.name.clone(), at.clone()) {
                let problem = format!("it would be named `{}`, as the one at {other} is", operation.name);
                return Err(document.error(
                    &at,
                    problem,
                    "expected paths that differ in more than a placeholder",
                ));
            }
            joined.json["paths"][operation.path][operation.method] = normal.at(&at).clone();
            joined.origins.insert(at, document.file.clone());
        }
        for (name, schema) in entries(normal.json.pointer("/components/schemas")) {
            let at = pointer("/components/schemas", &[name]);
            if joined.at(&at).is_null() {
                joined.json["components"]["schemas"][name.as_str()] = schema.clone();
                joined.origins.insert(at, document.file.clone());
            }
        }
        for (name, webhook) in entries(normal.json.get("webhooks")) {
            joined.json["webhooks"][name.as_str()] = webhook.clone();
        }
        joined.json["x-paypos-info"][document.file.as_str()] = normal.json["info"].clone();
        for key in ["openapi", "info"] {
            if joined.json.get(key).is_none() {
                joined.json[key] = normal.json[key].clone();
            }
        }
    }
    // Clients that others generate call the first one unless they are told otherwise.
    let mut servers: Vec<_> = servers.iter().collect();
    servers.sort_by_key(|(name, _)| *name == "Production");
    let servers = servers.into_iter().map(|(name, url)| json!({ "url": url, "description": name }));
    joined.json["servers"] = servers.collect();
    Ok(joined)
}

/// Names the operations of all documents, each differently. Of two that would have the same name, the one in `OPERATIONS`
/// keeps it, and the other gets more segments of its path. Documents of known operations come first, so that their types
/// keep their names, too.
fn named(documents: &[Document]) -> Vec<Document> {
    let mut all = Vec::new();
    for (i, document) in documents.iter().enumerate() {
        all.extend(document.operations().into_iter().map(|operation| (i, operation, 1)));
    }
    loop {
        let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, (_, operation, _)) in all.iter().enumerate() {
            users.entry(operation.name.clone()).or_default().push(at);
        }
        let Some((name, users)) = users.into_iter().find(|(_, users)| users.len() > 1) else { break };
        // One that is known is a POST, and the first of its name.
        let known = users.iter().copied().find(|at| rank(&name) < usize::MAX && all[*at].1.method == "post");
        let mut changed = false;
        for at in users.into_iter().filter(|at| Some(*at) != known) {
            let (_, operation, segments) = &mut all[at];
            let own: Vec<_> = static_segments(&operation.path).collect();
            if *segments < own.len() {
                *segments += 1;
                operation.name = own[own.len() - *segments..].join("_").to_snake_case();
            } else if !operation.name.starts_with(&operation.method) {
                operation.name = format!("{}_{}", operation.method, operation.name);
            } else {
                continue;
            }
            changed = true;
        }
        if !changed {
            break;
        }
    }
    let mut named = documents.to_vec();
    for (i, operation, _) in &all {
        named[*i].json["paths"][&operation.path][&operation.method][NAME] = json!(operation.name);
    }
    let first =
        |document: &Document| document.operations().iter().map(|operation| rank(&operation.name)).min();
    named.sort_by_key(first);
    named
}

fn check_servers(
    document: &Document,
    others: &BTreeMap<String, String>,
    file: &str,
) -> Result<(), DocumentError> {
    let own = document.servers();
    let contradiction = own.iter().find(|(name, url)| others.get(*name).is_some_and(|other| other != *url));
    let problem = match contradiction {
        Some((name, url)) => format!("the server of {name} is {url}, and {} in {file}", others[name]),
        None if others.is_empty() || own.iter().any(|(name, _)| others.contains_key(name)) => return Ok(()),
        None => format!("none of its servers is one of {file}"),
    };
    Err(document.error(
        "/servers",
        problem,
        "expected the same servers in all documents, as a client has one environment",
    ))
}

/// Renames the components of a document that mean something else in those that were joined before.
fn separate(joined: &Document, document: &mut Document) -> Result<(), DocumentError> {
    const SCHEMAS: &str = "/components/schemas";
    let mut others: BTreeSet<String> = BTreeSet::new();
    loop {
        let refers = |schema: &Value| references(schema).into_iter().any(|name| others.contains(name));
        let is_other = |(name, schema): &(&String, &Value)| {
            let there = joined.at(&pointer(SCHEMAS, &[name]));
            !there.is_null()
                && !others.contains(*name)
                && (without_prose(there) != without_prose(schema) || refers(schema))
        };
        let more: Vec<_> =
            entries(document.json.pointer(SCHEMAS)).filter(is_other).map(|(name, _)| name.clone()).collect();
        if more.is_empty() {
            break;
        }
        others.extend(more);
    }
    let stem = document.operations().first().map(|operation| stem(&operation.name)).unwrap_or_default();
    for name in others {
        let new = format!("{stem}{name}");
        let is_taken = |other: &Document| !other.at(&pointer(SCHEMAS, &[&new])).is_null();
        if is_taken(joined) || is_taken(document) {
            return Err(document.error(
                &pointer(SCHEMAS, &[&name]),
                format!("it would be the type `{new}`, which there is already"),
                "expected different names for schemas that mean something else",
            ));
        }
        rename(&mut document.json, &name, &new);
    }
    Ok(())
}

/// Renames a component, and all references to it.
fn rename(json: &mut Value, name: &str, new: &str) {
    if let Some(schemas) = json.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
        && let Some(schema) = schemas.remove(name)
    {
        schemas.insert(new.to_owned(), schema);
    }
    refer(json, &|target| (target == name).then(|| new.to_owned()));
}

/// Has references lead to components of other names.
pub(crate) fn refer(value: &mut Value, new: &dyn Fn(&str) -> Option<String>) {
    if let Some(name) = component(value).and_then(new) {
        value["$ref"] = json!(format!("#/components/schemas/{name}"));
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| refer(value, new)),
        Value::Array(items) => items.iter_mut().for_each(|value| refer(value, new)),
        _ => {}
    }
}
