//! One form for one meaning: documents that mean the same have the same normal form.
//!
//! References to parameters, bodies and answers are resolved, and so is each schema
//! that is not an object with properties. Such an object is a component: a body under
//! the name of its operation, any other under its own name, or under that of the
//! property that holds it. Order is set aside where it has no meaning.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Map, Value, json};

use crate::{
    Document, DocumentError, Operation,
    document::{entries, pointer, target_of},
};

/// Operations whose bodies are named after another word than the operation, as Paynet's own documents name them.
const BODY_NAMES: [(&str, &str); 3] = [
    ("get_auth_key", "Auth"),
    ("init_reversal_transaction", "InitReversal"),
    ("init_sale_transaction", "InitSale"),
];

/// What is written for people.
const PROSE: [&str; 10] = [
    "contact", "description", "example", "examples", "externalDocs", "license", "summary", "tags",
    "termsOfService", "title",
];

/// Members that mean nothing while they are false.
const FLAGS: [&str; 7] =
    ["allowEmptyValue", "deprecated", "explode", "nullable", "readOnly", "uniqueItems", "writeOnly"];

/// What a document states, by the place in words: what means something, and what is written for people.
#[derive(Debug, Default)]
pub struct Statements {
    /// What means something.
    pub facts: BTreeMap<String, Value>,
    /// What is written for people.
    pub prose: BTreeMap<String, Value>,
}

/// The document in normal form.
pub(crate) fn normal(document: &Document) -> Result<Document, DocumentError> {
    let mut normalizer = Normalizer { document, named: BTreeMap::new(), pending: Vec::new() };
    let mut paths = json!({});
    for operation in document.operations() {
        let json = normalizer.operation(&operation)?;
        paths[operation.path][operation.method] = json;
    }
    let mut schemas = Map::new();
    while let Some((name, place)) = normalizer.pending.pop() {
        let schema = normalizer.content(&place, &name, &mut Vec::new())?;
        schemas.insert(name, schema);
    }
    let servers: Vec<_> = document
        .servers()
        .into_iter()
        .map(|(name, url)| json!({ "url": url, "description": name }))
        .collect();
    let json = json!({
        "openapi": document.json["openapi"],
        "info": document.json["info"],
        "servers": servers,
        "paths": paths,
        "components": { "schemas": schemas },
    });
    Ok(Document { file: document.file.clone(), json, origins: BTreeMap::new() })
}

struct Normalizer<'a> {
    document: &'a Document,
    /// Where the schema of each component is.
    named: BTreeMap<String, String>,
    /// Components whose content is still to be read.
    pending: Vec<(String, String)>,
}

impl Normalizer<'_> {
    fn operation(&mut self, operation: &Operation) -> Result<Value, DocumentError> {
        let Operation { name, path, pointer: place, .. } = operation;
        let item = pointer("/paths", &[path]);
        if syn::parse_str::<syn::Ident>(name).is_err() {
            return Err(self.document.error(
                place,
                format!("its path or operationId gives the name `{name}`, which no method can have"),
                "expected an operationId of letters, digits and underscores",
            ));
        }
        let own = |key: &str| {
            let place = [format!("{place}/{key}"), format!("{item}/{key}")];
            place.into_iter().find(|place| !self.document.at(place).is_null())
        };
        if let Some(servers) = own("servers") {
            return Err(self.document.error(
                &servers,
                "the operation has its own servers",
                "expected servers for the whole document, which the environments are generated from",
            ));
        }
        if let Some(security) = own("security")
            .or_else(|| (!self.document.at("/security").is_null()).then(|| "/security".to_owned()))
        {
            return Err(self.document.error(
                &security,
                "it requires security schemes",
                "expected header parameters, as Paynet's documents have; or teach the transport the scheme",
            ));
        }
        let mut json = self.document.at(place).clone();
        json["parameters"] = self.parameters(&item, place)?;
        let stem = BODY_NAMES.iter().find(|(operation, _)| operation == name);
        let stem = stem.map_or_else(|| name.to_upper_camel_case(), |(_, stem)| (*stem).to_owned());
        let request = format!("{place}/requestBody");
        if !self.document.at(&request).is_null() {
            json["requestBody"] = self.body(&request, &format!("{stem}Request"))?;
            if json["requestBody"]["required"] == false {
                json["requestBody"].as_object_mut().map(|body| body.remove("required"));
            }
        }
        let responses = format!("{place}/responses");
        for (status, _) in entries(Some(self.document.at(&responses))) {
            let at = pointer(&responses, &[status]);
            json["responses"][status] = if status == "200" {
                self.body(&at, &format!("{stem}Response"))?
            } else {
                self.inline(&at, &mut Vec::new())
            };
        }
        Ok(json)
    }

    /// The parameters of a path and of its operation, which may redefine one.
    fn parameters(&self, item: &str, operation: &str) -> Result<Value, DocumentError> {
        let mut parameters = BTreeMap::new();
        for list in [format!("{item}/parameters"), format!("{operation}/parameters")] {
            for i in 0..self.document.at(&list).as_array().map_or(0, Vec::len) {
                let place = format!("{list}/{i}");
                let parameter = self.inline(&place, &mut Vec::new());
                let text = |key: &str| parameter[key].as_str().map(str::to_owned);
                let (Some(name), Some(location)) = (text("name"), text("in")) else {
                    return Err(self.document.error(
                        &place,
                        "it has no `name` or no `in`",
                        "expected a parameter or a reference to one",
                    ));
                };
                parameters.insert((location, name.to_lowercase()), parameter);
            }
        }
        Ok(parameters.into_values().collect())
    }

    /// A request or an answer, with the schema of its body as a component of this name.
    fn body(&mut self, place: &str, name: &str) -> Result<Value, DocumentError> {
        let place = &self.document.resolve(place.to_owned());
        let mut json = self.document.at(place).clone();
        let types: Vec<_> = entries(json.get("content")).map(|(media_type, _)| media_type).collect();
        if types != ["application/json"] {
            return Err(self.document.error(
                place,
                format!("its content is {types:?}"),
                "expected \"application/json\" and no other",
            ));
        }
        let schema = format!("{place}/content/application~1json/schema");
        if !self.has_properties(&schema) {
            let target = self.document.at(&self.document.resolve(schema));
            return Err(self.document.error(
                place,
                format!("its body is of type {}, without properties", target["type"]),
                "expected a JSON object with properties, which can grow",
            ));
        }
        json["content"]["application/json"] = json!({ "schema": self.component(&schema, name)? });
        Ok(json)
    }

    /// Names a schema; returns a reference to it.
    fn component(&mut self, place: &str, name: &str) -> Result<Value, DocumentError> {
        let place = self.document.resolve(place.to_owned());
        if let Some(other) = self.named.get(name) {
            let content = |place: &str| without_prose(&self.inline(place, &mut Vec::new()));
            if *other != place && content(other) != content(&place) {
                return Err(self.document.error(
                    &place,
                    format!("it would be the type `{name}`, as the schema at {other} is"),
                    "expected different names for schemas that mean something else",
                ));
            }
        } else if syn::parse_str::<syn::Ident>(name).is_err() {
            return Err(self.document.error(
                &place,
                format!("it gives the name `{name}`, which no type can have"),
                "expected a name of letters and digits",
            ));
        } else {
            self.named.insert(name.to_owned(), place.clone());
            self.pending.push((name.to_owned(), place));
        }
        Ok(json!({ "$ref": format!("#/components/schemas/{name}") }))
    }

    /// A schema within another: a reference, if it is an object with properties, and otherwise its content.
    /// `context` names an object without a name.
    fn schema(&mut self, place: &str, context: &str, via: &mut Vec<String>) -> Result<Value, DocumentError> {
        if !self.has_properties(place) {
            return self.content(place, context, via);
        }
        let written = self.document.at(place);
        // OpenAPI 3.0 describes a reference by an `allOf` of one.
        let one = written["allOf"].as_array().filter(|all| all.len() == 1 && !has(written, "properties"));
        let target = target_of(one.map_or(written, |all| &all[0]));
        let Some(target) = target.map(|target| self.document.resolve(target.to_owned())) else {
            // One that contains itself is named once.
            let outer = self.named.iter().find(|(name, other)| *other == place && context.starts_with(*name));
            let name = outer.map_or_else(|| context.to_owned(), |(name, _)| name.clone());
            return self.component(place, &name);
        };
        let name = target.rsplit('/').next().unwrap_or_default().to_upper_camel_case();
        let mut reference = self.component(&target, &name)?;
        // What is written beside a reference does not change the type.
        for (key, value) in entries(Some(written)).filter(|(key, _)| PROSE.contains(&key.as_str())) {
            reference[key.as_str()] = value.clone();
        }
        Ok(reference)
    }

    /// The schema at a place itself. `via` is where references have led on the way.
    fn content(&mut self, place: &str, name: &str, via: &mut Vec<String>) -> Result<Value, DocumentError> {
        let document = self.document;
        let written = document.at(place);
        if let Some(target) = target_of(written) {
            if via.iter().any(|before| before == target) {
                return Err(document.error(
                    place,
                    format!("its reference to {target} leads back to itself"),
                    "expected a list or an `allOf` that ends",
                ));
            }
            via.push(target.to_owned());
            let content = self.content(target, name, via)?;
            via.pop();
            return Ok(content);
        }
        // Any of several schemas: no type is generated from it.
        if ["oneOf", "anyOf", "not"].iter().any(|key| has(written, key)) {
            return Ok(self.inline(place, &mut Vec::new()));
        }
        let mut content = Map::new();
        for (key, value) in entries(Some(written)) {
            let at = pointer(place, &[key]);
            let value = match key.as_str() {
                "allOf" => continue,
                "properties" => {
                    let mut properties = Map::new();
                    for (property, _) in entries(Some(value)) {
                        let held = format!("{name}{}", property.to_upper_camel_case());
                        let schema = self.schema(&pointer(&at, &[property]), &held, via)?;
                        properties.insert(property.clone(), schema);
                    }
                    Value::Object(properties)
                }
                "items" | "additionalProperties" if value.is_object() => {
                    self.schema(&at, &format!("{name}Item"), via)?
                }
                _ => match ordered(key, value) {
                    Some(value) => value,
                    None => continue,
                },
            };
            content.insert(key.clone(), value);
        }
        for i in 0..written["allOf"].as_array().map_or(0, Vec::len) {
            let at = format!("{place}/allOf/{i}");
            let part = self.content(&at, name, via)?;
            self.merge(&mut content, &part, &at)?;
        }
        Ok(Value::Object(content))
    }

    /// Adds another part of an `allOf`.
    fn merge(&self, content: &mut Map<String, Value>, part: &Value, at: &str) -> Result<(), DocumentError> {
        for (key, value) in entries(Some(part)) {
            match (content.get_mut(key), value) {
                (None, _) => drop(content.insert(key.clone(), value.clone())),
                (Some(Value::Object(there)), Value::Object(_)) if key == "properties" => {
                    self.merge(there, value, at)?;
                }
                (Some(Value::Array(there)), Value::Array(more)) if key == "required" => {
                    there.extend(
                        more.iter().filter(|name| !there.contains(name)).cloned().collect::<Vec<_>>(),
                    );
                    there.sort_by_key(ToString::to_string);
                }
                (Some(there), _)
                    if PROSE.contains(&key.as_str()) || without_prose(there) == without_prose(value) => {}
                (Some(_), _) => {
                    return Err(self.document.error(
                        at,
                        format!("it contradicts the schema that it is combined with: `{key}`"),
                        "expected an `allOf` whose parts agree",
                    ));
                }
            }
        }
        Ok(())
    }

    /// The value with all references in it resolved; one that leads back to itself ends as anything.
    fn inline(&self, place: &str, via: &mut Vec<String>) -> Value {
        let written = self.document.at(place);
        if let Some(target) = target_of(written) {
            if via.iter().any(|before| before == target) {
                return json!({});
            }
            via.push(target.to_owned());
            let value = self.inline(target, via);
            via.pop();
            return value;
        }
        match written {
            Value::Object(members) => {
                let members = members.iter().filter_map(|(key, value)| {
                    let value = match value {
                        Value::Object(_) if !matches!(key.as_str(), "example" | "default") => {
                            self.inline(&pointer(place, &[key]), via)
                        }
                        Value::Array(_) if matches!(key.as_str(), "allOf" | "anyOf" | "oneOf") => {
                            self.inline(&pointer(place, &[key]), via)
                        }
                        _ => ordered(key, value)?,
                    };
                    Some((key.clone(), value))
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => {
                (0..items.len()).map(|i| self.inline(&format!("{place}/{i}"), via)).collect()
            }
            other => other.clone(),
        }
    }

    /// Whether a schema is an object with properties, its own or those of what it is combined with.
    fn has_properties(&self, place: &str) -> bool {
        let mut places = vec![place.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(place) = places.pop() {
            let place = self.document.resolve(place);
            let schema = self.document.at(&place);
            if schema["properties"].as_object().is_some_and(|properties| !properties.is_empty()) {
                return true;
            }
            if seen.insert(place.clone()) {
                let parts = schema["allOf"].as_array().map_or(0, Vec::len);
                places.extend((0..parts).map(|i| format!("{place}/allOf/{i}")));
            }
        }
        false
    }
}

fn has(value: &Value, key: &str) -> bool {
    value.get(key).is_some()
}

/// A member in the one order that it has; nothing, if it means what its absence means.
fn ordered(key: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Bool(false) if FLAGS.contains(&key) => None,
        Value::Array(items) if matches!(key, "required" | "enum") => {
            let mut items = items.clone();
            items.sort_by_key(ToString::to_string);
            items.dedup();
            (!items.is_empty() || key == "enum").then_some(Value::Array(items))
        }
        other => Some(other.clone()),
    }
}

/// The value without what is written for people.
pub(crate) fn without_prose(value: &Value) -> Value {
    split("", value, &mut BTreeMap::new())
}

/// Takes what is written for people out of a value, by its place.
fn split(place: &str, value: &Value, prose: &mut BTreeMap<String, Value>) -> Value {
    let items = value.as_array().map(|items| items.iter().map(|item| split(place, item, prose)).collect());
    let Some(members) = value.as_object() else { return items.unwrap_or_else(|| value.clone()) };
    let mut facts = Map::new();
    for (key, value) in members {
        if PROSE.contains(&key.as_str()) {
            prose.insert(format!("{place}: {key}"), value.clone());
        } else if key == "properties" {
            // These keys are the document's own names.
            let properties = entries(Some(value))
                .map(|(name, schema)| (name.clone(), split(&format!("{place}.{name}"), schema, prose)));
            facts.insert(key.clone(), Value::Object(properties.collect()));
        } else {
            facts.insert(key.clone(), split(place, value, prose));
        }
    }
    Value::Object(facts)
}

impl Statements {
    /// What a joined document states.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut statements = Self::default();
        let Self { facts, prose } = &mut statements;
        for (key, value) in entries(document.json.get("info")) {
            prose.insert(format!("info: {key}"), value.clone());
        }
        for operation in document.operations() {
            let name = &operation.name;
            for (key, value) in entries(Some(document.at(&operation.pointer))) {
                match key.as_str() {
                    // The name under which all of this is stated.
                    "operationId" => {}
                    "parameters" => {
                        for parameter in value.as_array().into_iter().flatten() {
                            let text = |key: &str| parameter[key].as_str().unwrap_or_default();
                            let place = format!("{} `{}` of `{name}`", text("in"), text("name"));
                            let fact = split(&place, parameter, prose);
                            facts.insert(place, fact);
                        }
                    }
                    "responses" => {
                        for (status, response) in entries(Some(value)) {
                            let place = format!("answer {status} of `{name}`");
                            let fact = split(&place, response, prose);
                            facts.insert(place, fact);
                        }
                    }
                    _ if PROSE.contains(&key.as_str()) => {
                        prose.insert(format!("`{name}`: {key}"), value.clone());
                    }
                    _ => {
                        let place = format!("`{key}` of `{name}`");
                        let fact = split(&place, value, prose);
                        facts.insert(place, fact);
                    }
                }
            }
        }
        for (name, schema) in entries(document.json.pointer("/components/schemas")) {
            let required: BTreeSet<_> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (key, value) in entries(Some(schema)) {
                match key.as_str() {
                    "required" => {}
                    "properties" => {
                        for (property, schema) in entries(Some(value)) {
                            let place = format!("{name}.{property}");
                            let mut fact = split(&place, schema, prose);
                            fact["required"] = json!(required.contains(property.as_str()));
                            facts.insert(place, fact);
                        }
                    }
                    _ if PROSE.contains(&key.as_str()) => {
                        prose.insert(format!("{name}: {key}"), value.clone());
                    }
                    _ => drop(facts.insert(format!("`{key}` of {name}"), value.clone())),
                }
            }
        }
        statements
    }
}
