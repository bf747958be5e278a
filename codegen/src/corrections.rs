//! Every deviation from the published documents: one function each, with its reason.
//!
//! A correction changes the joined documents in memory only. It returns the JSON
//! pointers of what it changed; a correction with nothing to correct changes nothing.

#![allow(clippy::unnecessary_wraps, reason = "corrections share a signature")]

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_json::{Map, Value, json};

use crate::{
    Document, DocumentError, Operation,
    document::{component, entries, placeholders, pointer, reach, references, target_of},
    join::refer,
    normal::{JSON, SCHEME, UNIONS},
    operations::known,
};

/// The `format` that marks a secret: OpenAPI's own for text that is not to be shown.
pub(crate) const SECRET_FORMAT: &str = "password";

/// The extension that lists the headers which the transport injects into an operation's requests.
pub(crate) const INJECTED_HEADERS: &str = "x-paypos-injected-headers";

/// The headers that the transport injects.
const INJECTED: [&str; 3] = ["Authorization", "PaynetMobile", "Session-Key"];

/// Names that the generated client or the table of operations has for itself.
const RESERVED: [&str; 9] =
    ["all", "api_version", "baseurl", "client", "exec", "inner", "new", "new_with_client", "pre"];

/// The words for types that the vendor's documents and frameworks use, in lower case, with JSON's own.
const TYPE_WORDS: [(&str, &[&str]); 6] = [
    ("array", &["array", "list"]),
    ("boolean", &["boolean", "bool"]),
    ("integer", &["integer", "int", "int32", "int64", "long", "short", "byte", "biginteger"]),
    ("number", &["number", "decimal", "bigdecimal", "double", "float", "money"]),
    ("object", &["object"]),
    (
        "string",
        &[
            "string", "text", "char", "date", "datetime", "date-time", "time", "timestamp", "guid", "uuid",
            "enum",
        ],
    ),
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

/// The corrections that make OpenAPI of the documents, in the order in which they are applied: the result says what
/// the documents say.
pub const REPAIRS: [Correction; 5] = [
    Correction {
        name: "name_operations",
        reason: "progenitor names a method by `operationId`, which Paynet leaves out, and which is another word on each \
                 of the vendor's pages; the last segment of the path is the name that the pages use",
        apply: name_operations,
    },
    Correction {
        name: "describe_responses",
        reason: "OpenAPI requires a `description` of each response, and openapiv3 insists; \
                 HTTP's reason phrase adds nothing to the status",
        apply: describe_responses,
    },
    Correction {
        name: "read_type_words",
        reason: "the vendor's documents have words for types that are not JSON's, such as `decimal` and `Integer`",
        apply: read_type_words,
    },
    Correction {
        name: "drop_unusable_constraints",
        reason: "a limit that JSON Schema does not allow, such as a minimum that is a text, limits nothing, and no \
                 validator takes it",
        apply: drop_unusable_constraints,
    },
    Correction {
        name: "place_path_parameters",
        reason: "a value without a place in the path cannot be sent, and a place without a value cannot be filled; \
                 the vendor's documents have both",
        apply: place_path_parameters,
    },
];

/// The corrections that leave what a client is generated from, in the order in which they are applied.
pub const REDUCTIONS: [Correction; 8] = [
    Correction {
        name: "lift_injected_headers",
        reason: "credentials belong to a session or an agent, not to each call, and PaynetMobile has one value: \
                 the transport injects them where the document has them, and they never are arguments",
        apply: lift_injected_headers,
    },
    Correction {
        name: "drop_ignored_headers",
        reason: "OpenAPI 3.0.3 requires that header parameters named Accept, Content-Type or \
                 Authorization are ignored; progenitor would make them arguments",
        apply: drop_ignored_headers,
    },
    Correction {
        name: "keep_success_only",
        reason: "progenitor reads a refusal and drops its status and headers, and fails on a refusal that is not \
                 the documented JSON; every response but success is read by hand-written code",
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
        name: "part_requests_from_responses",
        reason: "what is sent and what is read differ: a caller neither sets `readOnly` nor sends `null`, and a \
                 response may lack what is `writeOnly`, or have `null`. A schema of both becomes two where it matters",
        apply: part_requests_from_responses,
    },
    Correction {
        name: "require_essentials",
        reason: "a sale without an amount, a logout without a session key and a handoff without what opens PayPOS \
                 mean nothing, and a response without its list is not one that there are no transactions; \
                 the document leaves all optional",
        apply: require_essentials,
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

/// All corrections, in the order in which they are applied.
pub fn all() -> impl Iterator<Item = &'static Correction> {
    REPAIRS.iter().chain(&REDUCTIONS)
}

/// Applies corrections.
pub(crate) fn apply(mut document: Document, corrections: &[Correction]) -> Result<Document, DocumentError> {
    for correction in corrections {
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
                "expected another last segment of its path",
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
            if !document.at(&place)["description"].is_string() {
                let known = http::StatusCode::from_bytes(status.as_bytes()).ok();
                let phrase = known.and_then(|known| known.canonical_reason()).unwrap_or(&status);
                set(document, &place, "description", json!(phrase), &mut touched);
            }
        }
    }
    Ok(touched)
}

fn read_type_words(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    each_schema(document, &|_, schema| {
        let Some(written) = schema.get("type") else { return Ok(false) };
        let word = written.as_str().unwrap_or_default().to_lowercase();
        let known = TYPE_WORDS.iter().find(|(_, words)| words.contains(&word.as_str()));
        let Some((json, _)) = known else {
            let words: Vec<_> = TYPE_WORDS.iter().map(|(json, _)| *json).collect();
            return Err((
                format!("its type is {written}"),
                format!(
                    "expected {}; or add the word to `TYPE_WORDS` in codegen/src/corrections.rs",
                    words.join(", ")
                ),
            ));
        };
        let differs = written != json;
        schema.insert("type".to_owned(), json!(json));
        Ok(differs)
    })
}

fn drop_unusable_constraints(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    each_schema(document, &|_, schema| {
        let before = schema.len();
        schema.retain(|key, value| match key.as_str() {
            "minimum" | "maximum" => value.is_number(),
            "multipleOf" => value.as_f64().is_some_and(|value| value > 0.0),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                value.is_u64()
            }
            "exclusiveMinimum" | "exclusiveMaximum" | "uniqueItems" | "nullable" | "readOnly"
            | "writeOnly" => value.is_boolean(),
            "pattern" | "format" => value.is_string(),
            "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
            "required" => value.as_array().is_some_and(|names| names.iter().all(Value::is_string)),
            _ => true,
        });
        // These two limit what the others state.
        for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            if !schema.contains_key(limit) {
                schema.remove(flag);
            }
        }
        Ok(schema.len() < before)
    })
}

fn place_path_parameters(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for Operation { path, pointer: place, .. } in document.operations() {
        let written = document.at(&place)["parameters"].as_array().cloned().unwrap_or_default();
        let is_in = |parameter: &Value, name: &str| parameter["in"] == "path" && parameter["name"] == name;
        let mut parameters = written.clone();
        parameters.retain(|parameter| {
            parameter["in"] != "path" || placeholders(&path).any(|name| parameter["name"] == name)
        });
        for parameter in parameters.iter_mut().filter(|parameter| parameter["in"] == "path") {
            parameter["required"] = json!(true);
        }
        for name in placeholders(&path) {
            if !parameters.iter().any(|parameter| is_in(parameter, name)) {
                let schema = json!({ "type": "string" });
                parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
            }
        }
        if parameters != written {
            set(document, &place, "parameters", Value::Array(parameters), &mut touched);
        }
    }
    Ok(touched)
}

fn lift_injected_headers(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for Operation { pointer: place, .. } in document.operations() {
        let mut injected = Vec::new();
        for parameter in remove_parameters(document, &place, &INJECTED) {
            let name = parameter["name"].as_str().unwrap_or_default();
            let values = parameter["schema"]["enum"].as_array();
            let has_two = |values: &Vec<Value>| values.contains(&json!("2")) || values.contains(&json!(2));
            if name.eq_ignore_ascii_case("PaynetMobile") && !values.is_none_or(has_two) {
                let problem = format!("the header PaynetMobile is one of {}", parameter["schema"]["enum"]);
                return Err(document.error(
                    &place,
                    problem,
                    "expected 2 among them, which src/transport.rs sends",
                ));
            }
            let known = INJECTED.into_iter().find(|known| name.eq_ignore_ascii_case(known));
            injected.extend(known.map(|known| match parameter[SCHEME].as_str() {
                Some(scheme) => json!(format!("{known}: {scheme}")),
                None => json!(known),
            }));
        }
        let is_given =
            |header: &str| injected.iter().any(|it| it.as_str().is_some_and(|it| it.starts_with(header)));
        if is_given("Authorization") && is_given("Session-Key") {
            return Err(document.error(
                &place,
                "the operation requires the credentials Authorization and Session-Key",
                "expected one of them, as an agent has the first and a session the second",
            ));
        }
        if !injected.is_empty() {
            set(document, &place, INJECTED_HEADERS, Value::Array(injected), &mut touched);
        }
    }
    Ok(touched)
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

fn keep_success_only(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let place = format!("{}/responses", operation.pointer);
        let responses = document.at(&place).as_object().cloned().unwrap_or_default();
        let success: Vec<_> = responses.keys().filter(|status| status.starts_with('2')).cloned().collect();
        let is_one = matches!(success.as_slice(), [one] if one.parse::<u16>().is_ok());
        if !is_one {
            return Err(document.error(
                &place,
                format!("the successful responses are {success:?}"),
                "expected one, such as 200, which is the status that the client takes for success",
            ));
        }
        let (kept, dropped): (Map<_, _>, Map<_, _>) =
            responses.into_iter().partition(|(status, _)| success.contains(status));
        touched.extend(dropped.keys().map(|status| pointer(&place, &[status])));
        document.json.pointer_mut(&place).into_iter().for_each(|slot| *slot = kept.clone().into());
    }
    prune(document, &mut touched);
    Ok(touched)
}

fn leave_untyped(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let schemas = document.json["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let is_union = |schema: &Value| {
        UNIONS.iter().any(|key| {
            let alternatives = schema[*key].as_array().into_iter().flatten();
            alternatives.filter(|one| one.get("type").or(one.get("$ref")).is_some()).count() > 1
        })
    };
    let unions: BTreeSet<_> =
        schemas.iter().filter(|(_, schema)| is_union(schema)).map(|(name, _)| name.as_str()).collect();
    // Which components contain which, once for all.
    let contained: BTreeMap<_, _> =
        schemas.iter().map(|(name, schema)| (name.as_str(), references(schema))).collect();
    let leads_to = |from: &str, to: &str| {
        let mut seen = BTreeSet::new();
        let mut pending = vec![from];
        while let Some(name) = pending.pop() {
            if name == to {
                return true;
            }
            if seen.insert(name) {
                pending.extend(contained.get(name).into_iter().flatten());
            }
        }
        false
    };
    let mut touched = each_schema(document, &|place, schema| {
        let whole = Value::Object(schema.clone());
        let has_properties =
            schema.get("properties").and_then(Value::as_object).is_some_and(|all| !all.is_empty());
        let is_open = schema.get("type").is_some_and(|ty| ty == "object") && !has_properties;
        let owner = place.strip_prefix("/components/schemas/").and_then(|rest| rest.split('/').next());
        let is_endless = component(&whole).is_some_and(|target| {
            unions.contains(target) || owner.is_some_and(|owner| leads_to(target, owner))
        });
        // A component itself is what refers to it.
        let is_root = place.matches('/').count() == 3 && owner.is_some();
        let untyped = (is_union(&whole) || is_open || is_endless) && !is_root;
        if untyped {
            schema.retain(|key, _| {
                matches!(key.as_str(), "description" | "nullable" | "readOnly" | "writeOnly")
            });
        }
        Ok(untyped)
    })?;
    prune(document, &mut touched);
    Ok(touched)
}

fn part_requests_from_responses(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    let requests = reach(document, bodies(document, "requestBody"));
    let responses = reach(document, bodies(document, "responses"));
    let schemas = document.json["components"]["schemas"].as_object().cloned().unwrap_or_default();
    // Those of both that differ, themselves or by what they contain.
    let mut parted: BTreeSet<String> = BTreeSet::new();
    loop {
        let differs = |name: &&String| {
            let schema = &schemas[*name];
            let is_required = |property: &str| {
                schema["required"].as_array().is_some_and(|all| all.contains(&json!(property)))
            };
            let has_two_sides = entries(schema.get("properties")).any(|(property, schema)| {
                schema["readOnly"] == true
                    || schema["writeOnly"] == true
                    || is_secret(property)
                    || schema["nullable"] == true && is_required(property)
            });
            has_two_sides || references(schema).iter().any(|inner| parted.contains(*inner))
        };
        let more: Vec<_> = requests
            .intersection(&responses)
            .filter(|name| !parted.contains(*name))
            .filter(differs)
            .cloned()
            .collect();
        if more.is_empty() {
            break;
        }
        parted.extend(more);
    }
    let of_response = |name: &str| format!("{name}Response");
    for name in &parted {
        let place = pointer("/components/schemas", &[name]);
        if schemas.contains_key(&of_response(name)) {
            return Err(document.error(
                &place,
                format!("`{name}` is sent and read, and `{}`, as what is read of it would be named, is there already", of_response(name)),
                "expected a schema for each",
            ));
        }
        let copy = schemas[name].clone();
        document.json["components"]["schemas"][of_response(name)] = copy;
        document.origins.insert(
            pointer("/components/schemas", &[&of_response(name)]),
            document.file_of(&place).to_owned(),
        );
        touched.push(place);
    }
    let new = |name: &str| parted.contains(name).then(|| of_response(name));
    for name in responses.iter().map(|name| new(name).unwrap_or_else(|| name.clone())) {
        refer(&mut document.json["components"]["schemas"][name], &new);
    }
    for name in &requests {
        one_sided(document, name, true, &mut touched);
    }
    for name in responses.difference(&requests).cloned().chain(parted.iter().map(|name| of_response(name))) {
        one_sided(document, &name, false, &mut touched);
    }
    Ok(touched)
}

/// Leaves of a schema what is sent, or what is read.
fn one_sided(document: &mut Document, name: &str, is_request: bool, touched: &mut Vec<String>) {
    let place = pointer("/components/schemas", &[name]);
    let Some(schema) = document.json.pointer_mut(&place) else { return };
    let mut required = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let (hidden, shown) = if is_request { ("readOnly", "writeOnly") } else { ("writeOnly", "readOnly") };
    properties.retain(|property, schema| {
        let is_kept = schema[hidden] != true;
        let Some(members) = schema.as_object_mut() else { return is_kept };
        let is_nullable = members.remove("nullable").is_some_and(|nullable| nullable == true);
        members.remove(shown);
        if !is_kept || is_nullable && !is_request {
            required.retain(|name| name != property);
        }
        if !is_kept || is_nullable {
            touched.push(pointer(&place, &["properties", property]));
        }
        is_kept
    });
    if schema.get("required").is_some() {
        schema["required"] = Value::Array(required);
    }
}

fn require_essentials(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let mut touched = Vec::new();
    for operation in document.operations() {
        let Some(known) = known(&operation.name) else { continue };
        for (part, properties, required) in [
            ("requestBody", known.request, true),
            ("requestBody", known.sends, false),
            ("responses", known.response, true),
            ("responses", known.reads, false),
        ] {
            let body = body(document, &operation, part);
            for (property, ty) in properties {
                let place = body.as_ref().map(|body| pointer("/components/schemas", &[body]));
                check_property(document, &operation, place.as_deref(), property, ty)?;
            }
            let Some(body) = body.filter(|_| required && !properties.is_empty()) else { continue };
            let place = pointer("/components/schemas", &[&body]);
            let mut list = document.at(&place)["required"].as_array().cloned().unwrap_or_default();
            let listed = list.len();
            list.extend(properties.iter().map(|(property, _)| json!(property)));
            list.sort_by_key(ToString::to_string);
            list.dedup();
            if list.len() > listed {
                set(document, &place, "required", Value::Array(list), &mut touched);
            }
        }
    }
    Ok(touched)
}

/// What the hand-written code reads must be there, and of its type. A property after a point is one of a list's items.
fn check_property(
    document: &Document,
    operation: &Operation,
    body: Option<&str>,
    path: &str,
    expected: &str,
) -> Result<(), DocumentError> {
    const OR: &str = "or change the hand-written code, and `OPERATIONS` in codegen/src/operations.rs";
    let name = &operation.name;
    let (outer, property) = path.split_once('.').map_or((None, path), |(outer, inner)| (Some(outer), inner));
    let of_items = |place: &str, outer: &str| {
        target_of(&document.at(place)["properties"][outer]["items"]).map(str::to_owned)
    };
    let place = match outer {
        Some(outer) => body.and_then(|place| of_items(place, outer)),
        None => body.map(str::to_owned),
    };
    let all = document.at(&format!("{}/properties", place.as_deref().unwrap_or("-")));
    let problem = match all.get(property).map(|found| &found["type"]) {
        Some(ty) if ty == expected => return Ok(()),
        Some(ty) => format!("`{name}` needs `{path}` as {expected}, and its type is {ty}"),
        None => {
            let has_it = |(_, inner): &(&String, &Value)| {
                target_of(inner)
                    .is_some_and(|target| document.at(target)["properties"].get(property).is_some())
            };
            let parameters = document.at(&operation.pointer)["parameters"].as_array();
            let parameter = parameters.into_iter().flatten().find(|parameter| parameter["name"] == property);
            match entries(Some(all)).find(has_it) {
                None if parameter.is_some() => {
                    let place = parameter.map_or(&Value::Null, |parameter| &parameter["in"]);
                    format!("`{name}` needs `{path}` in its body, and the document has it in {place}")
                }
                Some((within, _)) => {
                    format!("`{name}` needs `{path}`, which the document has within `{within}`")
                }
                None => format!("`{name}` needs `{path}`, which the document no longer defines"),
            }
        }
    };
    let place = place.as_deref().or(body).unwrap_or(&operation.pointer);
    Err(document.error(place, problem, format!("expected the property with that type; {OR}")))
}

fn drop_constraints(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    const KEPT: [&str; 6] = ["$ref", "description", "items", "properties", "required", "type"];
    let mut touched = each_schema(document, &|_, schema| {
        let before = schema.clone();
        schema
            .retain(|key, value| KEPT.contains(&key.as_str()) || key == "format" && *value == SECRET_FORMAT);
        if schema.contains_key("properties") {
            schema.insert("type".to_owned(), json!("object"));
        }
        if schema.get("type").is_some_and(|ty| ty == "array") && !schema.contains_key("items") {
            schema.insert("items".to_owned(), json!({}));
        }
        let names: Vec<_> = entries(schema.get("properties")).map(|(name, _)| json!(name)).collect();
        if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| names.contains(name));
        }
        Ok(*schema != before)
    })?;
    for Operation { pointer: place, .. } in document.operations() {
        for i in 0..document.at(&format!("{place}/parameters")).as_array().map_or(0, Vec::len) {
            let at = format!("{place}/parameters/{i}");
            simplify_parameter(document, &at, &mut touched)?;
        }
    }
    Ok(touched)
}

/// Leaves of a parameter its name and a plain type: a number is text, as a caller has its digits.
fn simplify_parameter(
    document: &mut Document,
    at: &str,
    touched: &mut Vec<String>,
) -> Result<(), DocumentError> {
    let written = document.at(at).clone();
    let name = written["name"].as_str().unwrap_or_default();
    let plain = |schema: &Value| match schema["type"].as_str() {
        Some(ty @ ("boolean" | "integer")) => json!({ "type": ty }),
        _ => json!({ "type": "string" }),
    };
    let schema = &written["schema"];
    let is_list = schema["type"] == "array"
        && written["explode"] != false
        && written["style"].as_str().is_none_or(|style| style == "form");
    let schema = match written["in"].as_str() {
        Some("query") if is_list => json!({ "type": "array", "items": plain(&schema["items"]) }),
        Some("query" | "path") => plain(schema),
        Some("header")
            if http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                && !name.eq_ignore_ascii_case("api-version") =>
        {
            plain(schema)
        }
        _ => {
            return Err(document.error(
                at,
                format!("nothing sends the parameter `{name}` in {}", written["in"]),
                "expected one in the path, the query or a header, under a name that HTTP allows",
            ));
        }
    };
    let mut parameter = json!({ "name": name, "in": written["in"], "schema": schema });
    if written["required"] == true {
        parameter["required"] = json!(true);
    }
    if written["description"].is_string() {
        parameter["description"] = written["description"].clone();
    }
    if parameter != written {
        touched.push(at.to_owned());
        document.json.pointer_mut(at).into_iter().for_each(|slot| *slot = parameter.clone());
    }
    Ok(())
}

fn mark_secrets(document: &mut Document) -> Result<Vec<String>, DocumentError> {
    let requests = reach(document, bodies(document, "requestBody"));
    // All that is text within an object is secret, if the object is.
    let mut whole = BTreeSet::new();
    for name in &requests {
        let place = pointer("/components/schemas", &[name]);
        for (property, schema) in entries(document.at(&place).get("properties")) {
            if is_secret(property) {
                whole.extend(reach(document, references(schema).into_iter().map(str::to_owned)));
            }
        }
    }
    let secret = json!({ "type": "string", "format": SECRET_FORMAT });
    let mut touched = each_schema(document, &|place, schema| {
        let Some((owner, name)) = place.rsplit_once("/properties/") else { return Ok(false) };
        let owner = owner.strip_prefix("/components/schemas/").unwrap_or_default();
        let is_text = schema.get("type").is_some_and(|ty| ty == "string");
        if !(is_secret(name) || is_text && whole.contains(owner)) {
            return Ok(false);
        }
        let before = schema.clone();
        let ty = schema.get("type").and_then(Value::as_str).map(str::to_owned);
        match ty.as_deref() {
            Some("string") => drop(schema.insert("format".to_owned(), json!(SECRET_FORMAT))),
            // Whether there is one, or how many.
            Some("boolean" | "integer") => {}
            // In a response, the digits of a number are text, and any other JSON is passed on untyped.
            _ if !requests.contains(owner) => {
                schema.retain(|key, _| matches!(key.as_str(), "description" | "format"));
                schema.insert("format".to_owned(), json!(SECRET_FORMAT));
                if ty.as_deref() == Some("number") {
                    schema.insert("type".to_owned(), json!("string"));
                }
            }
            Some("array") if schema.get("items").is_some_and(|items| items["type"] == "string") => {
                schema["items"] = secret.clone();
            }
            _ if schema.contains_key("$ref") => {}
            _ => {
                return Err((
                    "its name marks it as a secret, and it is neither text nor an object or a list of texts"
                        .to_owned(),
                    "expected {\"type\": \"string\"}, which can be redacted and wiped".to_owned(),
                ));
            }
        }
        Ok(*schema != before)
    })?;
    prune(document, &mut touched);
    Ok(touched)
}

fn is_secret(property: &str) -> bool {
    let property = property.to_snake_case();
    property.ends_with("_key") || property.contains("secret") || property.contains("token")
}

/// What is wrong with a schema, and what was expected.
type Problem = (String, String);

/// Changes a schema at a place; returns whether it did.
type Change<'a> = &'a dyn Fn(&str, &mut Map<String, Value>) -> Result<bool, Problem>;

/// Changes the schemas of components and of parameters, and all that they contain; returns the places of those changed.
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
        for key in UNIONS {
            let alternatives = members.get_mut(key).and_then(Value::as_array_mut);
            for (i, inner) in alternatives.into_iter().flatten().enumerate() {
                walk(&format!("{place}/{key}/{i}"), inner, change, touched)?;
            }
        }
        for (name, property) in
            members.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
        {
            walk(&pointer(place, &["properties", name]), property, change, touched)?;
        }
        Ok(())
    }
    let mut places: Vec<_> = entries(document.json.pointer("/components/schemas"))
        .map(|(name, _)| pointer("/components/schemas", &[name]))
        .collect();
    for operation in document.operations() {
        let list = format!("{}/parameters", operation.pointer);
        let parameters = document.at(&list).as_array().map_or(0, Vec::len);
        places.extend((0..parameters).map(|i| format!("{list}/{i}/schema")));
    }
    let mut touched = Vec::new();
    for place in places {
        let Some(schema) = document.json.pointer_mut(&place) else { continue };
        walk(&place, schema, change, &mut touched)
            .map_err(|(place, (problem, expected))| document.error(&place, problem, expected))?;
    }
    Ok(touched)
}

/// The component that is the body of an operation's request or success.
pub(crate) fn body(document: &Document, operation: &Operation, part: &str) -> Option<String> {
    let place = document.at(&format!("{}/{part}", operation.pointer));
    let place = if part == "responses" {
        entries(Some(place)).find(|(status, _)| status.starts_with('2'))?.1
    } else {
        place
    };
    component(&place["content"][JSON]["schema"]).map(str::to_owned)
}

fn bodies(document: &Document, part: &str) -> Vec<String> {
    document.operations().iter().filter_map(|operation| body(document, operation, part)).collect()
}

/// Removes the components that no body has.
fn prune(document: &mut Document, touched: &mut Vec<String>) {
    let roots = [bodies(document, "requestBody"), bodies(document, "responses")].concat();
    let used = reach(document, roots);
    if let Some(schemas) = document.json["components"]["schemas"].as_object_mut() {
        let unused = schemas.keys().filter(|name| !used.contains(*name));
        touched.extend(unused.map(|name| pointer("/components/schemas", &[name])));
        schemas.retain(|name, _| used.contains(name));
    }
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
