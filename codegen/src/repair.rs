//! Makes OpenAPI of a document: each function is a rule, with its reason. The result says what the document says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    Document, DocumentError, Place,
    document::placeholders,
    json::{entries, items, pointer, references},
    rules::{TYPE_WORDS, is_reserved},
};

/// The one media type of a body.
pub(crate) const JSON: &str = "application/json";

/// What to do with a page that has a form which nothing here sends or reads.
pub(crate) const LEAVE_OUT: &str =
    "give the other pages without this one, and call its operation without this crate";

/// The components that operations have in place here, as the documents write them in either way.
const IN_PLACE: [&str; 3] = ["parameters", "requestBodies", "responses"];

/// The document with its operations named, and repaired. Paynet's names of components are kept.
pub(crate) fn repaired(document: &Document) -> Result<Document, DocumentError> {
    let mut components = document.json["components"].clone();
    if let Some(sections) = components.as_object_mut() {
        sections.retain(|section, _| !IN_PLACE.contains(&section.as_str()));
    }
    let mut paths = json!({});
    for operation in document.operations() {
        let (mut json, credentials) = with_its_own_parts(document, &operation)?;
        authorization_as_scheme(&mut json, &mut components, &credentials);
        place_path_parameters(&operation.path, &mut json);
        paths[operation.path][operation.method] = json;
    }
    drop_unused(&paths, &mut components);
    let json = json!({ "paths": paths, "components": components });
    let mut repaired = Document { json, ..document.clone() };
    let mut json = repaired.json.take();
    read_schemas("", &mut json, "")
        .map_err(|(place, problem, expected)| repaired.error(&place, problem, expected))?;
    repaired.json = json;
    // A reference into a body or a parameter no longer resolves.
    repaired.check_references()?;
    Ok(repaired)
}

/// An operation with its parameters, bodies and security in place, wherever the document has them.
fn with_its_own_parts(
    document: &Document,
    operation: &Place,
) -> Result<(Value, Vec<Credential>), DocumentError> {
    let Place { name, path, pointer: place, .. } = operation;
    let item = pointer("/paths", &[path]);
    if syn::parse_str::<syn::Ident>(name).is_err() {
        return Err(document.error(
            place,
            format!("its path yields `{name}`, which is not a valid method name"),
            "expected a last segment of letters, digits and underscores",
        ));
    }
    if is_reserved(name) {
        return Err(document.error(
            place,
            format!("the name `{name}` is reserved by the generated client"),
            "expected another last segment of its path",
        ));
    }
    let servers = [format!("{place}/servers"), format!("{item}/servers")];
    if let Some(servers) = servers.iter().find(|servers| !document.at(servers).is_null()) {
        return Err(document.error(
            servers,
            "the operation has its own servers",
            "expected servers for the whole document, which the environments are generated from",
        ));
    }
    let mut json = document.at(place).clone();
    json["parameters"] = parameters(document, &item, place)?;
    let own = pointer(place, &["security"]);
    let security = if document.at(&own).is_null() { "/security" } else { &own };
    let credentials = credentials(document, security)?;
    json["security"] = items(Some(document.at(security))).cloned().collect();
    if json.get("requestBody").is_some() {
        json["requestBody"] = body(document, format!("{place}/requestBody"), true)?;
    }
    for (status, _) in entries(document.at(place).get("responses")) {
        let at = pointer(place, &["responses", status]);
        let mut response = body(document, at, status.starts_with('2'))?;
        // OpenAPI requires a `description`, which some responses of Paynet's have not.
        if !response["description"].is_string() {
            let known = http::StatusCode::from_bytes(status.as_bytes()).ok();
            response["description"] =
                json!(known.and_then(|known| known.canonical_reason()).unwrap_or(status));
        }
        json["responses"][status] = response;
    }
    Ok((json, credentials))
}

/// The name and the place of a header or a parameter, and the scheme of its value.
pub(crate) type Credential = (String, String, Option<&'static str>);

/// The credentials that security requires: of alternatives, the first that can be sent. None, if one of them is none. 20
/// of the vendor's operations have security schemes.
pub(crate) fn credentials(document: &Document, place: &str) -> Result<Vec<Credential>, DocumentError> {
    let schemes = |one: &Value| entries(Some(one)).map(|(name, _)| credential(document, name)).collect();
    let sent = items(Some(document.at(place))).map(schemes).collect::<Vec<Option<Vec<_>>>>();
    match sent.iter().flatten().find(|sent| sent.is_empty()).or(sent.iter().flatten().next()) {
        Some(credentials) => Ok(credentials.clone()),
        None if sent.is_empty() => Ok(Vec::new()),
        None => Err(document.error(
            place,
            format!("none of its security schemes can be sent: {}", document.at(place)),
            "expected one in `components.securitySchemes`: an apiKey in a header or the query, or http with the scheme \
             basic or bearer",
        )),
    }
}

/// What a security scheme sends; `None` if it cannot be sent.
fn credential(document: &Document, scheme: &str) -> Option<Credential> {
    let at = document.resolve(pointer("/components/securitySchemes", &[scheme]));
    let scheme = document.at(&at);
    let text = |key: &str| scheme[key].as_str().unwrap_or_default();
    let authorization = |scheme| ("Authorization".to_owned(), "header".to_owned(), scheme);
    match (text("type"), text("in"), &*text("scheme").to_lowercase()) {
        ("apiKey", location @ ("header" | "query"), _) if scheme["name"].is_string() => {
            Some((text("name").to_owned(), location.to_owned(), None))
        }
        ("http", _, "basic") => Some(authorization(None)),
        ("http", _, "bearer") | ("oauth2" | "openIdConnect", ..) => Some(authorization(Some("Bearer"))),
        _ => None,
    }
}

/// The parameters of a path and of its operation, which may redefine one. Those that OpenAPI ignores are not there:
/// progenitor, and generators of other languages, would send them twice.
fn parameters(document: &Document, item: &str, operation: &str) -> Result<Value, DocumentError> {
    let mut parameters = BTreeMap::new();
    for list in [format!("{item}/parameters"), format!("{operation}/parameters")] {
        for i in 0..items(Some(document.at(&list))).count() {
            let place = document.resolve(format!("{list}/{i}"));
            let parameter = document.at(&place);
            let (Some(name), Some(location)) = (parameter["name"].as_str(), parameter["in"].as_str()) else {
                let expected = "expected a parameter or a reference to one";
                return Err(document.error(&place, "it has no `name` or no `in`", expected));
            };
            let key = if location == "header" { name.to_lowercase() } else { name.to_owned() };
            if location != "header" || !["accept", "content-type"].contains(&&*key) {
                parameters.insert((location.to_owned(), key), parameter.clone());
            }
        }
    }
    Ok(parameters.into_values().collect())
}

/// A request or a response, whose JSON is under its one name, whatever the document calls it.
fn body(document: &Document, place: String, must_be_json: bool) -> Result<Value, DocumentError> {
    let place = document.resolve(place);
    let mut body = document.at(&place).clone();
    let Some(contents) = body["content"].as_object().filter(|contents| !contents.is_empty()) else {
        return Ok(body);
    };
    // JSON under its own name, and else under any that includes it.
    let exact = contents.keys().find(|ty| ty.eq_ignore_ascii_case(JSON));
    match exact.or_else(|| contents.keys().find(|ty| is_json(ty))) {
        Some(ty) => body["content"] = json!({ JSON: contents[ty] }),
        None if must_be_json => {
            let types: Vec<_> = contents.keys().collect();
            let expected = format!("expected JSON, the one form that is sent and read here; {LEAVE_OUT}");
            return Err(document.error(&place, format!("its content is {types:?}"), expected));
        }
        None => {}
    }
    Ok(body)
}

/// Whether a media type means JSON, or anything.
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), JSON | "text/json" | "*/*" | "application/*") || essence.ends_with("+json")
}

/// Makes a security scheme of a header `Authorization`, which OpenAPI ignores as a parameter, and with it generators of
/// other languages: the agent's operations have it.
fn authorization_as_scheme(operation: &mut Value, components: &mut Value, credentials: &[Credential]) {
    let is_authorization = |name: &str| name.eq_ignore_ascii_case("authorization");
    let is_header = |parameter: &Value| {
        parameter["in"] == "header" && parameter["name"].as_str().is_some_and(is_authorization)
    };
    let Some(parameters) = operation["parameters"].as_array_mut() else { return };
    let headers: Vec<_> = parameters.extract_if(.., |parameter| is_header(parameter)).collect();
    let Some(header) = headers.first() else { return };
    if credentials.iter().any(|(name, ..)| is_authorization(name)) {
        return;
    }
    let mut scheme = json!({ "type": "apiKey", "in": "header", "name": "Authorization" });
    if header["description"].is_string() {
        scheme["description"] = header["description"].clone();
    }
    components["securitySchemes"]["Authorization"] = scheme;
    operation["security"] = json!([{ "Authorization": [] }]);
}

/// Removes path parameters without a place in the path, which cannot be sent, and adds a text for each place without one,
/// which could not be filled: the vendor's documents have both.
fn place_path_parameters(path: &str, operation: &mut Value) {
    let Some(parameters) = operation["parameters"].as_array_mut() else { return };
    parameters.retain(|parameter| {
        parameter["in"] != "path" || placeholders(path).any(|name| parameter["name"] == name)
    });
    for parameter in parameters.iter_mut().filter(|parameter| parameter["in"] == "path") {
        parameter["required"] = json!(true);
    }
    for name in placeholders(path) {
        if !parameters.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == name) {
            let schema = json!({ "type": "string" });
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
    }
}

/// Removes the schemas that no operation has, and the security schemes that none requires.
fn drop_unused(paths: &Value, components: &mut Value) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let others = entries(Some(components)).filter(|(section, _)| *section != "schemas");
    let roots = others.map(|(_, all)| all).chain([paths]).flat_map(references);
    let mut pending: Vec<String> = roots.map(str::to_owned).collect();
    while let Some(name) = pending.pop() {
        let within = references(&components["schemas"][&name]).into_iter().map(str::to_owned);
        if !used.contains(&name) {
            pending.extend(within);
            used.insert(name);
        }
    }
    let operations = entries(Some(paths)).flat_map(|(_, item)| entries(Some(item)));
    let required = operations.flat_map(|(_, operation)| items(operation.get("security")));
    let schemes: BTreeSet<_> = required.flat_map(|one| entries(Some(one))).map(|(name, _)| name).collect();
    for (section, used) in [("schemas", &used.iter().collect()), ("securitySchemes", &schemes)] {
        if let Some(all) = components.get_mut(section).and_then(Value::as_object_mut) {
            all.retain(|name, _| used.contains(name));
        }
    }
}

/// Repairs all schemas below a place; `key` is the member that it is. An error is a place, the problem, and what was
/// expected.
fn read_schemas(place: &str, value: &mut Value, key: &str) -> Result<(), (String, String, String)> {
    let is_schema = matches!(key, "schema" | "items" | "additionalProperties");
    match value {
        Value::Object(members) if is_schema => {
            read_type_words(members).map_err(|(problem, expected)| (place.to_owned(), problem, expected))?;
            read_null(members);
            drop_unusable_constraints(members);
        }
        _ => {}
    }
    match value {
        Value::Object(members) => members.iter_mut().try_for_each(|(name, value)| {
            let inner = match (key, name.as_str()) {
                // The names are the document's own.
                ("schemas" | "properties", _) => "schema",
                (_, "example" | "examples") => return Ok(()),
                (_, "default" | "enum") if is_schema => return Ok(()),
                (_, name) => name,
            };
            read_schemas(&pointer(place, &[name]), value, inner)
        }),
        Value::Array(items) => {
            let inner = if ["allOf", "anyOf", "oneOf"].contains(&key) { "schema" } else { "" };
            let mut items = items.iter_mut().enumerate();
            items.try_for_each(|(i, item)| read_schemas(&format!("{place}/{i}"), item, inner))
        }
        _ => Ok(()),
    }
}

/// Reads the vendor's words for types, such as `decimal` and `Integer`, as JSON's: they are in 53 of its 96 other
/// operations, and no generator knows them.
fn read_type_words(schema: &mut Map<String, Value>) -> Result<(), (String, String)> {
    let Some(written) = schema.get("type").filter(|written| *written != "null") else { return Ok(()) };
    let word = written.as_str().unwrap_or_default().to_lowercase();
    let Some((json, _)) = TYPE_WORDS.iter().find(|(_, words)| words.contains(&word.as_str())) else {
        let words: Vec<_> = TYPE_WORDS.iter().map(|(json, _)| *json).collect();
        let expected =
            format!("expected {}; or add the word to `TYPE_WORDS` in codegen/src/rules.rs", words.join(", "));
        return Err((format!("its type is {written}"), expected));
    };
    schema.insert("type".to_owned(), json!(json));
    Ok(())
}

/// Reads a union with `null`, which is no type in OpenAPI 3.0: two of the vendor's operations have one.
fn read_null(schema: &mut Map<String, Value>) {
    for union in ["anyOf", "oneOf"] {
        let Some(alternatives) = schema.get_mut(union).and_then(Value::as_array_mut) else { continue };
        let all = alternatives.len();
        alternatives.retain(|alternative| alternative["type"] != "null");
        if alternatives.len() < all {
            schema.insert("nullable".to_owned(), json!(true));
        }
    }
}

/// Removes limits that JSON Schema does not allow, such as a minimum that is a text: they limit nothing, and no validator
/// takes them. Two of the vendor's operations have limits.
fn drop_unusable_constraints(schema: &mut Map<String, Value>) {
    schema.retain(|key, value| match key.as_str() {
        "minimum" | "maximum" => value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|value| value > 0.0),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            value.is_u64()
        }
        "exclusiveMinimum" | "exclusiveMaximum" | "uniqueItems" | "nullable" | "readOnly" | "writeOnly" => {
            value.is_boolean()
        }
        "pattern" | "format" => value.is_string(),
        "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
        "required" => {
            value.as_array().is_some_and(|names| !names.is_empty() && names.iter().all(Value::is_string))
        }
        _ => true,
    });
    // These two limit what the others state.
    for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if !schema.contains_key(limit) {
            schema.remove(flag);
        }
    }
}
