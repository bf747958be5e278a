//! Every deviation from the published document: one function each, with its reason.
//!
//! A correction changes the document in memory only. It returns the JSON
//! pointers of what it changed; a correction with nothing to correct changes
//! nothing.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use serde_json::{Value, json};

use super::{
    Document, Unusable,
    document::{INJECTED, entries, pointer, target_of},
    resolve,
};

/// The `format` by which the generator knows a secret: OpenAPI's own for strings that are not to be shown.
pub const SECRET_FORMAT: &str = "password";

/// The extension that lists the headers which the transport injects into an operation's requests.
pub const INJECTED_HEADERS: &str = "x-paypos-injected-headers";

/// What an operation cannot do without, though its document does not say so.
const ESSENTIAL: [(&str, &str, &str); 3] = [
    ("init_sale_transaction", "requestBody", "amount"),
    ("logout", "requestBody", "session_key"),
    ("check_transaction", "responses/200", "Data"),
];

/// Names that the generated client or the table of operations has for itself.
const RESERVED: [&str; 9] =
    ["all", "api_version", "baseurl", "client", "exec", "inner", "new", "new_with_client", "pre"];

/// What a schema says of its values beside their type.
pub const CONSTRAINTS: [&str; 14] = [
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

pub struct Correction {
    pub name: &'static str,
    pub reason: &'static str,
    pub apply: fn(&mut Document) -> Result<Vec<String>, Unusable>,
}

/// All corrections, in the order in which they are applied.
pub const ALL: [Correction; 9] = [
    Correction {
        name: "name_operations",
        reason: "progenitor names a method by `operationId`, which Paynet leaves out; \
                 the last segment of the path is the name that Paynet's pages use",
        apply: name_operations,
    },
    Correction {
        name: "describe_responses",
        reason: "OpenAPI requires a `description` of each response, and openapiv3 insists; \
                 HTTP's reason phrase adds nothing that the status does not say",
        apply: describe_responses,
    },
    Correction {
        name: "lift_injected_headers",
        reason: "credentials belong to a session or an agent, not to each call, and PaynetMobile has one value: \
                 the transport injects them where the document asks for them, and they never are arguments",
        apply: lift_injected_headers,
    },
    Correction {
        name: "drop_ignored_headers",
        reason: "OpenAPI 3.0.3 says that header parameters named Accept, Content-Type or \
                 Authorization shall be ignored; progenitor would make them arguments",
        apply: drop_ignored_headers,
    },
    Correction {
        name: "require_essentials",
        reason: "a sale without an amount and a logout without a session key mean nothing, and an answer \
                 without its list is not the answer that there are no transactions; the document leaves all optional",
        apply: require_essentials,
    },
    Correction {
        name: "keep_success_only",
        reason: "progenitor reads a refusal and drops its status and headers, and fails on a refusal that is not \
                 the documented JSON; every answer but success goes to `error.rs` as it came",
        apply: keep_success_only,
    },
    Correction {
        name: "inline_plain_types",
        reason: "a component that is a mere text or number would become a type of its own, which \
                 callers must construct and the checks do not see; it is what it is made of",
        apply: inline_plain_types,
    },
    Correction {
        name: "drop_constraints",
        reason: "formats, patterns, limits, enumerations and defaults become types of their own, need \
                 further crates, refuse what Paynet adds, and send what nobody chose; Paynet judges its values",
        apply: drop_constraints,
    },
    Correction {
        name: "mark_secrets",
        reason: "the document does not say which properties are secret; by name, `*_key`, \
                 `*secret*` and `*token*` are, and become `Secret`",
        apply: mark_secrets,
    },
];

fn name_operations(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    let mut names = BTreeMap::new();
    for operation in document.operations() {
        let place = format!("{}/operationId", operation.pointer);
        let given = document.json.pointer(&place).and_then(Value::as_str).map(str::to_owned);
        let name = match &given {
            Some(name) => name.to_snake_case(),
            None => operation.path.rsplit('/').next().unwrap_or_default().to_snake_case(),
        };
        if syn::parse_str::<syn::Ident>(&name).is_err() {
            return Err(document.unusable(
                &operation.pointer,
                format!("its path or operationId gives the name `{name}`, which no method can have"),
                "expected an operationId of letters, digits and underscores",
            ));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(document.unusable(
                &operation.pointer,
                format!("the operation is named `{name}`, as a part of every generated client is"),
                "expected another operationId or last path segment",
            ));
        }
        if let Some(other) = names.insert(name.clone(), operation.pointer.clone()) {
            return Err(document.unusable(
                &operation.pointer,
                format!(
                    "the operation is named `{name}`, as the one at {other} in {} is",
                    document.file_of(&other)
                ),
                "expected a different operationId or last path segment for each operation",
            ));
        }
        if given.as_ref() != Some(&name) {
            if let Some(object) = object_mut(&mut document.json, &operation.pointer) {
                object.insert("operationId".to_owned(), json!(name));
            }
            touched.push(place);
        }
    }
    Ok(touched)
}

fn describe_responses(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    let mut responses: Vec<(String, String)> = Vec::new();
    for operation in document.operations() {
        let list = format!("{}/responses", operation.pointer);
        for (status, response) in entries(document.json.pointer(&list)) {
            if response.get("$ref").is_none() {
                responses.push((pointer(&list, &[status]), reason_phrase(status)));
            }
        }
    }
    for (name, _) in entries(document.json.pointer("/components/responses")) {
        responses.push((pointer("/components/responses", &[name]), name.clone()));
    }
    for (place, description) in responses {
        if let Some(response) = object_mut(&mut document.json, &place)
            && !response.contains_key("description")
        {
            response.insert("description".to_owned(), json!(description));
            touched.push(format!("{place}/description"));
        }
    }
    Ok(touched)
}

fn reason_phrase(status: &str) -> String {
    let known = http::StatusCode::from_bytes(status.as_bytes()).ok();
    known.and_then(|status| status.canonical_reason()).unwrap_or(status).to_owned()
}

fn drop_ignored_headers(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let removed = remove_headers(document, &["Accept", "Content-Type", "Authorization"]);
    Ok(removed.into_iter().map(|removed| removed.place).collect())
}

fn lift_injected_headers(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    for removed in remove_headers(document, &INJECTED.map(|(name, _)| name)) {
        for operation in document.operations() {
            // A list of a path holds for all its methods; both are a prefix away from `/parameters`.
            let owner = removed.list.strip_suffix("/parameters").unwrap_or(&removed.list);
            let owns = operation.pointer == owner
                || operation.pointer.rsplit_once('/').is_some_and(|(path, _)| path == owner);
            if owns && let Some(object) = object_mut(&mut document.json, &operation.pointer) {
                let headers = object.entry(INJECTED_HEADERS).or_insert_with(|| json!([]));
                headers.as_array_mut().into_iter().for_each(|headers| headers.push(json!(removed.name)));
            }
        }
        touched.push(removed.place);
    }
    Ok(touched)
}

fn require_essentials(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        for (name, part, property) in ESSENTIAL {
            let json = document.json.pointer(&operation.pointer).unwrap_or(&Value::Null);
            if json["operationId"] != name {
                continue;
            }
            let mut place = format!("{}/{part}", operation.pointer);
            for step in ["", "/content/application~1json/schema"] {
                place.push_str(step);
                let value = document.json.pointer(&place);
                if let Some(target) = value.and_then(target_of) {
                    place = target.to_owned();
                }
            }
            let schema = document.json.pointer(&place).unwrap_or(&Value::Null);
            if schema["properties"].get(property).is_none() {
                return Err(document.unusable(
                    &place,
                    format!("`{property}` is gone, without which `{name}` means nothing"),
                    "expected the property; or mend `ESSENTIAL` in codegen/corrections.rs",
                ));
            }
            let there = schema["required"].as_array().is_some_and(|list| list.contains(&json!(property)));
            if !there && let Some(schema) = object_mut(&mut document.json, &place) {
                let list = schema.entry("required").or_insert_with(|| json!([]));
                list.as_array_mut().into_iter().for_each(|list| list.push(json!(property)));
                touched.push(pointer(&place, &["required"]));
            }
        }
    }
    Ok(touched)
}

fn keep_success_only(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let place = format!("{}/responses", operation.pointer);
        let statuses: Vec<String> =
            entries(document.json.pointer(&place)).map(|(status, _)| status.clone()).collect();
        let (success, other): (Vec<_>, Vec<_>) =
            statuses.into_iter().partition(|status| status.starts_with('2'));
        if success != ["200"] {
            return Err(document.unusable(
                &place,
                format!("the successful responses are {success:?}"),
                "expected 200 and no other, the one status that the client takes for success",
            ));
        }
        if let Some(responses) = object_mut(&mut document.json, &place) {
            for status in other {
                responses.remove(&status);
                touched.push(pointer(&place, &[&status]));
            }
        }
    }
    Ok(touched)
}

fn inline_plain_types(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    for place in schema_places(&document.json) {
        let Some(schema) = document.json.pointer(&place) else { continue };
        // The way of OpenAPI 3.0 to describe a reference is an `allOf` of one.
        let wrapped = schema["allOf"].as_array().filter(|all| all.len() == 1).map(|all| &all[0]);
        let reference = wrapped.unwrap_or(schema);
        let target = resolve(&document.json, reference);
        let plain = matches!(target["type"].as_str(), Some("string" | "integer" | "number" | "boolean"));
        if plain && reference.get("$ref").is_some() {
            let mut inlined = target.clone();
            for (key, value) in
                entries(Some(schema)).filter(|(key, _)| !matches!(key.as_str(), "$ref" | "allOf"))
            {
                inlined[key.as_str()] = value.clone();
            }
            if let Some(slot) = document.json.pointer_mut(&place) {
                *slot = inlined;
            }
            touched.push(place);
        }
    }
    Ok(touched)
}

fn drop_constraints(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    for place in schema_places(&document.json) {
        if let Some(schema) = object_mut(&mut document.json, &place) {
            for constraint in CONSTRAINTS {
                let secret =
                    constraint == "format" && schema.get("format").is_some_and(|it| it == SECRET_FORMAT);
                if !secret && schema.remove(constraint).is_some() {
                    touched.push(pointer(&place, &[constraint]));
                }
            }
        }
    }
    Ok(touched)
}

fn mark_secrets(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    for place in schema_places(&document.json) {
        let secret = place
            .rsplit_once('/')
            .is_some_and(|(parent, name)| parent.ends_with("/properties") && is_secret(name));
        let Some(schema) = object_mut(&mut document.json, &place).filter(|_| secret) else { continue };
        match schema.get("type").and_then(Value::as_str) {
            Some("string") if schema.get("format").is_some_and(|format| format == SECRET_FORMAT) => {}
            Some("string") => {
                schema.insert("format".to_owned(), json!(SECRET_FORMAT));
                touched.push(place);
            }
            // Whether there is one, or how many.
            Some("boolean" | "integer") => {}
            _ => {
                return Err(document.unusable(
                    &place,
                    "its name says that it is secret, and it is not a string",
                    "expected {\"type\": \"string\"}, which can be redacted and wiped",
                ));
            }
        }
    }
    Ok(touched)
}

/// The JSON pointers of all schemas: of components, bodies and parameters, and of all that they are made of.
fn schema_places(json: &Value) -> Vec<String> {
    let mut schemas = Vec::new();
    let mut places = vec![(String::new(), json, false)];
    while let Some((place, value, is_schema)) = places.pop() {
        if is_schema {
            schemas.push(place.clone());
        }
        for (key, child) in entries(Some(value)) {
            let at = pointer(&place, &[key]);
            match key.as_str() {
                "example" | "examples" | "default" | "enum" => {}
                "properties" if is_schema => {
                    places.extend(
                        entries(Some(child)).map(|(name, property)| (pointer(&at, &[name]), property, true)),
                    );
                }
                "allOf" | "anyOf" | "oneOf" if is_schema => {
                    let all = child.as_array().into_iter().flatten().enumerate();
                    places.extend(all.map(|(i, one)| (format!("{at}/{i}"), one, true)));
                }
                _ => {
                    let schema = is_schema || key == "schema" || place == "/components/schemas";
                    places.push((at, child, schema && child.is_object()));
                }
            }
        }
        if !is_schema {
            for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                places.push((format!("{place}/{i}"), item, false));
            }
        }
    }
    schemas.sort();
    schemas
}

fn is_secret(property: &str) -> bool {
    let property = property.to_snake_case();
    property.ends_with("_key") || property.contains("secret") || property.contains("token")
}

/// A header parameter that was removed.
struct Removed {
    /// As it is asked for, whatever the document's case.
    name: String,
    place: String,
    /// The list that it was in.
    list: String,
}

/// Removes header parameters by name.
fn remove_headers(document: &mut Document, names: &[&str]) -> Vec<Removed> {
    let mut removed = Vec::new();
    for list in document.parameter_lists() {
        let parameters = document.json.pointer(&list).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut kept = Vec::new();
        for (i, parameter) in parameters.into_iter().enumerate() {
            let resolved = resolve(&document.json, &parameter);
            let given = resolved["name"].as_str().filter(|_| resolved["in"] == "header").unwrap_or_default();
            match names.iter().find(|name| given.eq_ignore_ascii_case(name)) {
                Some(name) => removed.push(Removed {
                    name: (*name).to_owned(),
                    place: format!("{list}/{i}"),
                    list: list.clone(),
                }),
                None => kept.push(parameter),
            }
        }
        if let Some(slot) = document.json.pointer_mut(&list) {
            *slot = Value::Array(kept);
        }
    }
    removed
}

fn object_mut<'a>(json: &'a mut Value, pointer: &str) -> Option<&'a mut serde_json::Map<String, Value>> {
    json.pointer_mut(pointer).and_then(Value::as_object_mut)
}
