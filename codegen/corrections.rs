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
    document::{entries, pointer},
    resolve,
};

/// The `format` by which the generator knows a secret: OpenAPI's own for strings that are not to be shown.
pub const SECRET_FORMAT: &str = "password";

/// The extension that marks an operation whose requests carry the session key.
pub const NEEDS_SESSION_KEY: &str = "x-paypos-needs-session-key";

pub struct Correction {
    pub name: &'static str,
    pub reason: &'static str,
    pub apply: fn(&mut Document) -> Result<Vec<String>, Unusable>,
}

/// All corrections, in the order in which they are applied.
pub const ALL: [Correction; 6] = [
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
        name: "drop_ignored_headers",
        reason: "OpenAPI 3.0.3 says that header parameters named Accept, Content-Type or \
                 Authorization shall be ignored; progenitor would make them arguments",
        apply: drop_ignored_headers,
    },
    Correction {
        name: "lift_session_key",
        reason: "the session key belongs to a session, not to each call: the transport injects it \
                 where the document asks for it, and it never is an argument",
        apply: lift_session_key,
    },
    Correction {
        name: "keep_success_only",
        reason: "progenitor reads a refusal and drops its status and headers, and fails on a refusal that is not \
                 the documented JSON; every answer but success goes to `error.rs` as it came",
        apply: keep_success_only,
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
        if let Some(other) = names.insert(name.clone(), operation.pointer.clone()) {
            return Err(document.unusable(
                &operation.pointer,
                format!("the operation is named `{name}`, as the one at {other} is"),
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
    Ok(remove_headers(document, &["Accept", "Content-Type", "Authorization"])
        .into_iter()
        .map(|(place, _)| place)
        .collect())
}

fn lift_session_key(document: &mut Document) -> Result<Vec<String>, Unusable> {
    for list in document.parameter_lists() {
        for (i, parameter) in
            document.json.pointer(&list).and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let parameter = resolve(&document.json, parameter);
            let named =
                parameter["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("Session-Key"));
            let schema = resolve(&document.json, &parameter["schema"]);
            let usable =
                parameter["in"] == "header" && parameter["required"] == true && schema["type"] == "string";
            if named && !usable {
                return Err(document.unusable(
                    &format!("{list}/{i}"),
                    format!(
                        "Session-Key is in {}, required: {}, of type {}",
                        parameter["in"], parameter["required"], schema["type"]
                    ),
                    "expected a required header parameter of type string, which the session can inject",
                ));
            }
        }
    }
    let mut touched = Vec::new();
    for (place, list) in remove_headers(document, &["Session-Key"]) {
        touched.push(place);
        for operation in document.operations() {
            // A list of a path holds for all its methods; both are a prefix away from `/parameters`.
            let owner = list.trim_end_matches("/parameters");
            let owns = operation.pointer == owner
                || operation.pointer.rsplit_once('/').is_some_and(|(path, _)| path == owner);
            if owns && let Some(object) = object_mut(&mut document.json, &operation.pointer) {
                object.insert(NEEDS_SESSION_KEY.to_owned(), json!(true));
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

fn mark_secrets(document: &mut Document) -> Result<Vec<String>, Unusable> {
    let mut touched = Vec::new();
    let mut places = vec!["/components/schemas".to_owned(), "/paths".to_owned()];
    while let Some(place) = places.pop() {
        let Some(value) = document.json.pointer(&place) else { continue };
        places.extend(entries(Some(value)).map(|(key, _)| pointer(&place, &[key])));
        places.extend((0..value.as_array().map_or(0, Vec::len)).map(|i| format!("{place}/{i}")));
        let secret = place
            .rsplit_once('/')
            .is_some_and(|(parent, name)| parent.ends_with("/properties") && is_secret(name));
        if !secret || !value.is_object() {
            continue;
        }
        let mut schema = resolve(&document.json, value).clone();
        match schema["type"].as_str() {
            Some("string") if schema["format"] == SECRET_FORMAT => {}
            Some("string") => {
                schema["format"] = json!(SECRET_FORMAT);
                if let Some(slot) = document.json.pointer_mut(&place) {
                    *slot = schema;
                }
                touched.push(place);
            }
            Some("boolean" | "integer" | "number") => {}
            _ => {
                return Err(document.unusable(
                    &place,
                    "its name says that it is secret, and it is not a string",
                    "expected {\"type\": \"string\"}, which can be redacted and wiped",
                ));
            }
        }
    }
    touched.sort();
    Ok(touched)
}

fn is_secret(property: &str) -> bool {
    let property = property.to_snake_case();
    property.ends_with("_key") || property.contains("secret") || property.contains("token")
}

/// Removes header parameters by name; gives the place of each, and of its list.
fn remove_headers(document: &mut Document, names: &[&str]) -> Vec<(String, String)> {
    let mut removed = Vec::new();
    for list in document.parameter_lists() {
        let parameters = document.json.pointer(&list).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut kept = Vec::new();
        for (i, parameter) in parameters.into_iter().enumerate() {
            let resolved = resolve(&document.json, &parameter);
            let name = resolved["name"].as_str().unwrap_or_default();
            if resolved["in"] == "header" && names.iter().any(|other| name.eq_ignore_ascii_case(other)) {
                removed.push((format!("{list}/{i}"), list.clone()));
            } else {
                kept.push(parameter);
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
