//! Joins the documents of all operations into one.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::{
    Document, DocumentError, Place,
    document::static_segments,
    json::{entries, items, pointer, references, target_of, without_prose},
    repair::repaired,
    rules::{rank, stem},
};

/// Joins documents into one, repaired where they are not OpenAPI. All operations are on the same servers, and no two have
/// the same name. A component that means something else in another document has another name.
///
/// # Errors
/// If a document cannot be repaired, or two contradict each other.
pub fn join(documents: &[Document]) -> Result<Document, DocumentError> {
    let files: Vec<_> = documents.iter().map(|document| document.file.as_str()).collect();
    let mut joined = Document {
        file: files.join(", "),
        json: json!({ "paths": {}, "components": { "schemas": {} } }),
        origins: BTreeMap::new(),
    };
    let (mut servers, mut tags, mut names) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for document in named(documents) {
        check_servers(&document, &servers, files[0])?;
        servers.extend(document.servers());
        let mut one = repaired(&document)?;
        separate(&joined, &mut one)?;
        for operation in one.operations() {
            check_operation(&joined, &document, &operation, &names)?;
            let item = &mut joined.json["paths"][operation.path];
            item[operation.method] = one.at(&operation.pointer).clone();
            names.insert(operation.name, operation.pointer.clone());
            joined.origins.insert(operation.pointer, document.file.clone());
        }
        for (section, components) in entries(one.json.get("components")) {
            for (name, component) in entries(Some(components)) {
                let slot = &mut joined.json["components"][section][name];
                if slot.is_null() {
                    *slot = component.clone();
                    let place = pointer("/components", &[section, name]);
                    joined.origins.insert(place, document.file.clone());
                }
            }
        }
        for key in ["openapi", "info"] {
            if joined.json.get(key).is_none() {
                joined.json[key] = document.json[key].clone();
            }
        }
        for tag in items(document.json.get("tags")) {
            tags.entry(tag["name"].to_string()).or_insert_with(|| tag.clone());
        }
    }
    // A name that generators can use.
    joined.json["info"]["title"] = json!("PayPOS");
    joined.json["tags"] = tags.into_values().collect();
    // Generated clients call the first one by default.
    let mut servers: Vec<_> = servers.iter().collect();
    servers.sort_by_key(|(name, _)| *name == "Production");
    let servers = servers.into_iter().map(|(name, url)| json!({ "url": url, "description": name }));
    joined.json["servers"] = servers.collect();
    joined.json.sort_all_objects();
    Ok(joined)
}

/// Refuses an operation that was joined before, or whose name another has.
// Guard: pipeline::documents_that_contradict_each_other_are_refused_and_both_are_named
fn check_operation(
    joined: &Document,
    document: &Document,
    operation: &Place,
    names: &BTreeMap<String, String>,
) -> Result<(), DocumentError> {
    let Place { name, pointer: place, .. } = operation;
    let (problem, expected) = if !joined.at(place).is_null() {
        let problem = format!("{} has the operation too", joined.file_of(place));
        (problem, "expected each operation in one document; remove the older of the two")
    } else if let Some(other) = names.get(name) {
        let problem = format!("it would be named `{name}`, as the one at {other} is");
        (problem, "expected paths that differ in more than a placeholder")
    } else {
        return Ok(());
    };
    Err(document.error(place, problem, expected))
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
        let mut changed = false;
        for (name, users) in users.into_iter().filter(|(_, users)| users.len() > 1) {
            // One that is known is a POST, and the first of its name.
            let is_known = |at: &usize| rank(&name) < usize::MAX && all[*at].1.method == "post";
            let known = users.iter().copied().find(is_known);
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
        }
        if !changed {
            break;
        }
    }
    let mut named = documents.to_vec();
    for (i, operation, _) in all {
        let document = &mut named[i];
        document.json["paths"][&operation.path][&operation.method]["operationId"] = json!(operation.name);
        document.origins.insert(operation.pointer, document.file.clone());
    }
    let first =
        |document: &Document| document.operations().iter().map(|operation| rank(&operation.name)).min();
    named.sort_by_cached_key(first);
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
    let expected = "expected the same servers in all documents, as a client has one environment";
    Err(document.error("/servers", problem, expected))
}

/// Renames the components of a document that mean something else in those that were joined before.
fn separate(joined: &Document, document: &mut Document) -> Result<(), DocumentError> {
    let stem = document.operations().first().map(|operation| stem(&operation.name)).unwrap_or_default();
    let sections = entries(document.json.get("components")).map(|(section, _)| section.clone());
    for section in sections.collect::<Vec<_>>() {
        let section = pointer("/components", &[&section]);
        for name in others(joined, document, &section) {
            let (old, new) = (pointer(&section, &[&name]), pointer(&section, &[&format!("{stem}{name}")]));
            if !joined.at(&new).is_null() || !document.at(&new).is_null() {
                return Err(document.error(
                    &old,
                    format!("it would be the type `{stem}{name}`, which there is already"),
                    "expected different names for schemas that mean something else",
                ));
            }
            let component = document.json.pointer_mut(&old).map(Value::take).unwrap_or_default();
            if let Some(all) = document.json.pointer_mut(&section).and_then(Value::as_object_mut) {
                all.remove(&name);
                all.insert(format!("{stem}{name}"), component);
            }
            refer(&mut document.json, &old, &new);
            if section.ends_with("securitySchemes") {
                require(&mut document.json["paths"], &name, &format!("{stem}{name}"));
            }
        }
    }
    Ok(())
}

/// The components of a section that mean something else in the documents that were joined before, themselves or by what
/// they refer to.
fn others(joined: &Document, document: &Document, section: &str) -> BTreeSet<String> {
    let mut others: BTreeSet<String> = BTreeSet::new();
    loop {
        let refers = |schema: &Value| references(schema).into_iter().any(|name| others.contains(name));
        let is_other = |(name, schema): &(&String, &Value)| {
            let there = joined.at(&pointer(section, &[name]));
            !there.is_null()
                && !others.contains(*name)
                && (without_prose(there) != without_prose(schema) || refers(schema))
        };
        let all = entries(document.json.pointer(section)).filter(is_other);
        let more: Vec<_> = all.map(|(name, _)| name.clone()).collect();
        if more.is_empty() {
            return others;
        }
        others.extend(more);
    }
}

/// Has references lead to a component of another name.
fn refer(value: &mut Value, old: &str, new: &str) {
    if let Some(rest) = target_of(value).and_then(|target| target.strip_prefix(old))
        && (rest.is_empty() || rest.starts_with('/'))
    {
        value["$ref"] = json!(format!("#{new}{rest}"));
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| refer(value, old, new)),
        Value::Array(items) => items.iter_mut().for_each(|value| refer(value, old, new)),
        _ => {}
    }
}

/// Has operations require a security scheme of another name.
fn require(paths: &mut Value, old: &str, new: &str) {
    let items = paths.as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = items.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    let lists = operations.filter_map(|operation| operation["security"].as_array_mut()).flatten();
    for requirement in lists.filter_map(Value::as_object_mut) {
        if let Some(scopes) = requirement.remove(old) {
            requirement.insert(new.to_owned(), scopes);
        }
    }
}
