//! Every deviation from the published documents: one function each, with its reason.
//!
//! A correction changes the joined documents in memory only. It returns the JSON
//! pointers of what it changed; a correction with nothing to correct changes nothing.

#![allow(clippy::unnecessary_wraps, reason = "corrections share a signature")]

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::{
    Document, DocumentError,
    document::{entries, pointer, reach, target_of},
};

/// The `format` that marks a secret: OpenAPI's own for text that is not to be shown.
pub(crate) const SECRET_FORMAT: &str = "password";

/// The extension that lists the headers which the transport injects into an operation's requests.
pub(crate) const INJECTED_HEADERS: &str = "x-paypos-injected-headers";

/// The headers that the transport injects, which must have one of these types.
const INJECTED: [(&str, &[&str]); 3] =
    [("Authorization", &["string"]), ("PaynetMobile", &["string", "integer"]), ("Session-Key", &["string"])];

/// Properties without which an operation means nothing, though the documents leave them optional.
const REQUIRED: [(&str, &str, &[&str]); 5] = [
    ("check_transaction", "Response", &["Data"]),
    ("init_reversal_transaction", "Response", &HANDOFF),
    ("init_sale_transaction", "Request", &["amount"]),
    ("init_sale_transaction", "Response", &HANDOFF),
    ("logout", "Request", &["session_key"]),
];

const HANDOFF: [&str; 3] = ["payment_session_id", "deeplink_url", "encryption_key"];

/// Properties that the hand-written code reads from an answer, and that may be missing.
const READ: [(&str, &[&str]); 3] = [
    ("get_auth_key", &["session_key", "object_name", "code", "message"]),
    ("init_reversal_transaction", &["object_name", "code", "message"]),
    ("init_sale_transaction", &["object_name", "code", "message"]),
];

/// Operations that move money. An error of any other says nothing of a payment.
const MOVES_MONEY: [&str; 2] = ["init_reversal_transaction", "init_sale_transaction"];

/// Whether an operation moves money.
pub(crate) fn moves_money(operation: &str) -> bool {
    MOVES_MONEY.contains(&operation)
}

/// Whether a property that may be missing must have the documented type: the key of a new session is left out
/// where the answer is stored, and so cannot be required where that is read again.
pub(crate) fn is_strict(operation: &str, property: &str) -> bool {
    (operation, property) == ("get_auth_key", "session_key")
}

/// Whether the hand-written code returns a `Handoff` instead of the operation's answer.
pub(crate) fn returns_handoff(operation: &str) -> bool {
    REQUIRED.contains(&(operation, "Response", &HANDOFF))
}

/// Names that the generated client or the table of operations has for itself.
const RESERVED: [&str; 9] =
    ["all", "api_version", "baseurl", "client", "exec", "inner", "new", "new_with_client", "pre"];

/// What a schema requires of its values besides their type, and the title, which would rename it.
const CONSTRAINTS: [&str; 15] = [
    "default", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "maxItems", "maxLength", "maximum",
    "minItems", "minLength", "minimum", "multipleOf", "pattern", "title", "uniqueItems",
];

/// A correction, with its reason.
pub struct Correction {
    /// The name of its function.
    pub name: &'static str,
    /// Why the document is not taken as it is.
    pub reason: &'static str,
    /// Applies it; returns the JSON pointers of what it changed.
    pub apply: fn(&mut Document) -> Result<Vec<String>, DocumentError>,
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
                 HTTP's reason phrase adds nothing to the status",
        apply: describe_responses,
    },
    Correction {
        name: "lift_injected_headers",
        reason: "credentials belong to a session or an agent, not to each call, and PaynetMobile has one value: \
                 the transport injects them where the document requires them, and they never are arguments",
        apply: lift_injected_headers,
    },
    Correction {
        name: "drop_ignored_headers",
        reason: "OpenAPI 3.0.3 requires that header parameters named Accept, Content-Type or \
                 Authorization are ignored; progenitor would make them arguments",
        apply: drop_ignored_headers,
    },
    Correction {
        name: "require_essentials",
        reason: "a sale without an amount, a logout without a session key and a handoff without what opens PayPOS \
                 mean nothing, and an answer without its list is not the answer that there are no transactions; \
                 the document leaves all optional",
        apply: require_essentials,
    },
    Correction {
        name: "keep_success_only",
        reason: "progenitor reads a refusal and drops its status and headers, and fails on a refusal that is not \
                 the documented JSON; every answer but success is read by hand-written code",
        apply: keep_success_only,
    },
    Correction {
        name: "leave_untyped",
        reason: "a value of any of several schemas would be an enumeration that Paynet cannot extend, an object \
                 of any properties has no fields, and a schema within itself has no end; they are passed on as \
                 untyped JSON. No present document has one",
        apply: leave_untyped,
    },
    Correction {
        name: "drop_constraints",
        reason: "formats, patterns, limits, enumerations and defaults become types of their own, need \
                 further crates, refuse what Paynet adds, and send what nobody chose; Paynet judges its values",
        apply: drop_constraints,
    },
    Correction {
        name: "mark_secrets",
        reason: "the document does not mark secrets; by name, `*_key`, \
                 `*secret*` and `*token*` are, and become `Secret`",
        apply: mark_secrets,
    },
];

/// Applies all corrections.
///
/// # Errors
/// If the document cannot be corrected.
pub fn corrected(mut document: Document) -> Result<Document, DocumentError> {
    for correction in &ALL {
        (correction.apply)(&mut document)?;
    }
    Ok(document)
}

fn name_operations(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let name = operation.name;
        if RESERVED.contains(&name.as_str()) {
            return Err(document.error(
                &operation.pointer,
                format!("the operation is named `{name}`, as a part of every generated client is"),
                "expected another operationId or last path segment",
            ));
        }
        set(document, &operation.pointer, "operationId", json!(name), &mut touched);
    }
    Ok(touched)
}

fn describe_responses(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let list = format!("{}/responses", operation.pointer);
        let statuses: Vec<_> = entries(Some(document.at(&list))).map(|(status, _)| status.clone()).collect();
        for status in statuses {
            let place = pointer(&list, &[&status]);
            if document.at(&place)["description"].is_null() {
                let known = http::StatusCode::from_bytes(status.as_bytes()).ok();
                let phrase = known.and_then(|known| known.canonical_reason()).unwrap_or(&status);
                set(document, &place, "description", json!(phrase), &mut touched);
            }
        }
    }
    Ok(touched)
}

fn lift_injected_headers(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let mut injected = Vec::new();
        for parameter in remove_parameters(document, &operation.pointer, &INJECTED.map(|(name, _)| name)) {
            let name = parameter["name"].as_str().unwrap_or_default();
            let known = INJECTED.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
            let Some((name, types)) = known else { continue };
            check_injected(document, &operation.pointer, name, types, &parameter)?;
            injected.push(json!(name));
        }
        if !injected.is_empty() {
            set(document, &operation.pointer, INJECTED_HEADERS, Value::Array(injected), &mut touched);
        }
    }
    Ok(touched)
}

fn check_injected(
    document: &Document,
    operation: &str,
    name: &str,
    types: &[&str],
    parameter: &Value,
) -> Result<(), DocumentError> {
    let schema = &parameter["schema"];
    let values = schema["enum"].as_array();
    if name == "PaynetMobile"
        && values.is_some_and(|values| !values.contains(&json!("2")) && !values.contains(&json!(2)))
    {
        return Err(document.error(
            operation,
            format!("the header PaynetMobile is one of {}", schema["enum"]),
            "expected 2 among them, which src/transport.rs sends",
        ));
    }
    let has_type = schema["type"].as_str().is_some_and(|ty| types.contains(&ty));
    if parameter["required"] != true || !has_type {
        return Err(document.error(
            operation,
            format!("the header {name} is of type {}, required: {}", schema["type"], parameter["required"]),
            format!(
                "expected a required header of type {}, which the transport can inject",
                types.join(" or ")
            ),
        ));
    }
    Ok(())
}

fn drop_ignored_headers(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let names = ["Accept", "Content-Type", "Authorization"];
        if !remove_parameters(document, &operation.pointer, &names).is_empty() {
            touched.push(format!("{}/parameters", operation.pointer));
        }
    }
    Ok(touched)
}

fn require_essentials(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let name = operation.name.as_str();
        let required = REQUIRED.iter().map(|(of, part, properties)| (*of, *part, *properties, true));
        let read = READ.iter().map(|(of, properties)| (*of, "Response", *properties, false));
        for (_, part, properties, required) in required.chain(read).filter(|(of, ..)| *of == name) {
            let body = if part == "Request" { "requestBody" } else { "responses/200" };
            let schema = format!("{}/{body}/content/application~1json/schema", operation.pointer);
            let Some(place) = target_of(document.at(&schema)).map(str::to_owned) else { continue };
            for property in properties {
                let found = document.at(&place)["properties"].get(property);
                let Some(ty) = found.map(|found| &found["type"]) else {
                    return Err(document.error(
                        &place,
                        format!("`{name}` needs `{property}`, which the document no longer defines"),
                        "expected the property; or change the hand-written code, and `REQUIRED` or `READ` in \
                         codegen/src/corrections.rs",
                    ));
                };
                let expected = match *property {
                    "amount" => "number",
                    "code" => "integer",
                    "Data" => "array",
                    _ => "string",
                };
                if ty != expected {
                    return Err(document.error(
                        &place,
                        format!("`{name}` needs `{property}` as {expected}, and its type is {ty}"),
                        "expected that type; or change the hand-written code, and `REQUIRED` or `READ` in \
                         codegen/src/corrections.rs",
                    ));
                }
            }
            if required {
                let mut list = document.at(&place)["required"].as_array().cloned().unwrap_or_default();
                let listed = list.len();
                list.extend(properties.iter().map(|property| json!(property)));
                list.sort_by_key(ToString::to_string);
                list.dedup();
                if list.len() > listed {
                    set(document, &place, "required", Value::Array(list), &mut touched);
                }
            }
        }
    }
    Ok(touched)
}

fn keep_success_only(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let place = format!("{}/responses", operation.pointer);
        let responses = document.at(&place).as_object().cloned().unwrap_or_default();
        let success: Vec<_> = responses.keys().filter(|status| status.starts_with('2')).collect();
        if success != ["200"] {
            return Err(document.error(
                &place,
                format!("the successful responses are {success:?}"),
                "expected 200 and no other, the one status that the client takes for success",
            ));
        }
        let (kept, dropped): (Map<_, _>, Map<_, _>) =
            responses.into_iter().partition(|(status, _)| status == "200");
        touched.extend(dropped.keys().map(|status| pointer(&place, &[status])));
        document.json.pointer_mut(&place).into_iter().for_each(|slot| *slot = kept.clone().into());
    }
    Ok(touched)
}

fn leave_untyped(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let before = document.clone();
    each_schema(document, &|place, schema| {
        let is_union = ["anyOf", "not", "oneOf"].iter().any(|key| schema.contains_key(*key));
        let is_open =
            schema.get("type").is_some_and(|ty| ty == "object") && !schema.contains_key("properties");
        let contains_itself = schema.get("$ref").and_then(Value::as_str).is_some_and(|target| {
            let mut within = BTreeSet::new();
            reach(&before, target.rsplit('/').next().unwrap_or_default(), &mut within);
            within.iter().any(|name| place.starts_with(&pointer("/components/schemas", &[name, ""])))
        });
        let untyped = is_union || is_open || contains_itself;
        if untyped {
            schema.retain(|key, _| key == "description");
        }
        Ok(untyped)
    })
}

fn drop_constraints(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    each_schema(document, &|_, schema| {
        let before = schema.len();
        schema.retain(|key, value| {
            !CONSTRAINTS.contains(&key.as_str()) || key == "format" && *value == SECRET_FORMAT
        });
        Ok(schema.len() < before)
    })
}

fn mark_secrets(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    each_schema(document, &|place, schema| {
        let name = place.rsplit_once("/properties/").map(|(_, name)| name);
        if !name.is_some_and(is_secret) {
            return Ok(false);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") if schema.get("format").is_some_and(|format| format == SECRET_FORMAT) => Ok(false),
            Some("string") => {
                schema.insert("format".to_owned(), json!(SECRET_FORMAT));
                Ok(true)
            }
            // Whether there is one, or how many.
            Some("boolean" | "integer") => Ok(false),
            _ => Err((
                "its name marks it as a secret, and it is not a string",
                "expected {\"type\": \"string\"}, which can be redacted and wiped",
            )),
        }
    })
}

fn is_secret(property: &str) -> bool {
    let property = property.to_snake_case();
    property.ends_with("_key") || property.contains("secret") || property.contains("token")
}

/// What is wrong with a schema, and what was expected.
type Problem = (&'static str, &'static str);

/// Changes a schema at a place; returns whether it did.
type Change<'a> = &'a dyn Fn(&str, &mut Map<String, Value>) -> Result<bool, Problem>;

/// Changes the schemas of components and all that they contain; returns the places of those changed.
fn each_schema(document: &mut Document, change: Change<'_>) -> Result<Vec<String>, DocumentError> {
    fn walk(
        place: &str,
        schema: &mut Value,
        change: Change<'_>,
        touched: &mut Vec<String>,
    ) -> Result<(), (String, Problem)> {
        let Some(members) = schema.as_object_mut() else { return Ok(()) };
        if change(place, members).map_err(|problem| (place.to_owned(), problem))? {
            touched.push(place.to_owned());
        }
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = members.get_mut(key) {
                walk(&format!("{place}/{key}"), inner, change, touched)?;
            }
        }
        for (name, property) in
            members.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
        {
            walk(&pointer(place, &["properties", name]), property, change, touched)?;
        }
        Ok(())
    }
    let mut touched = Vec::new();
    let mut schemas = document.json["components"]["schemas"].take();
    let mut result = Ok(());
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        let place = pointer("/components/schemas", &[name]);
        result = result.and_then(|()| walk(&place, schema, change, &mut touched));
    }
    document.json["components"]["schemas"] = schemas;
    result.map_err(|(place, (problem, expected))| document.error(&place, problem, expected))?;
    Ok(touched)
}

/// Removes header parameters by name from an operation.
fn remove_parameters(document: &mut Document, operation: &str, names: &[&str]) -> Vec<Value> {
    let list = document.json.pointer_mut(&format!("{operation}/parameters")).and_then(Value::as_array_mut);
    let Some(list) = list else { return Vec::new() };
    let is_named = |parameter: &Value| {
        let name = parameter["name"].as_str().unwrap_or_default();
        parameter["in"] == "header" && names.iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    list.extract_if(.., |parameter| is_named(parameter)).collect()
}

/// Sets a member of an object, and notes it if that is a change.
fn set(document: &mut Document, place: &str, key: &str, value: Value, touched: &mut Vec<String>) {
    let Some(object) = document.json.pointer_mut(place).and_then(Value::as_object_mut) else { return };
    if object.get(key) != Some(&value) {
        object.insert(key.to_owned(), value);
        touched.push(pointer(place, &[key]));
    }
}
