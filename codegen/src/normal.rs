//! One form for one meaning: documents that mean the same have the same normal form.
//!
//! References to parameters, bodies and responses are resolved, and so is each schema that is only a text, a number or
//! a list. What has properties, or is one of several schemas, is a component: a body under the name of its operation,
//! any other under its own name, or under that of the property that holds it. Order is set aside where it has no
//! meaning. Only texts, numbers and lists are copied, so that the work grows with the document.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Map, Value, json};

use crate::{
    Document, DocumentError, Operation,
    document::{entries, is_identifier, pointer, target_of},
    operations::stem,
};

/// Members that are written for people.
pub const PROSE: [&str; 10] = [
    "contact", "description", "example", "examples", "externalDocs", "license", "summary", "tags",
    "termsOfService", "title",
];

/// Members that mean nothing while they are false.
const FLAGS: [&str; 7] =
    ["allowEmptyValue", "deprecated", "explode", "nullable", "readOnly", "uniqueItems", "writeOnly"];

/// Members that list schemas of which a value has one or more.
pub(crate) const UNIONS: [&str; 2] = ["anyOf", "oneOf"];

/// The one media type of a body in normal form.
pub(crate) const JSON: &str = "application/json";

/// How a security scheme is sent, where it is not as a key alone.
pub(crate) const SCHEME: &str = "x-paypos-scheme";

/// How many lists may be within one another.
const MAX_DEPTH: usize = 64;

const LEAVE_OUT: &str = "give the other pages without this one, and call its operation without this crate";

/// The document in normal form.
pub(crate) fn normal(document: &Document) -> Result<Document, DocumentError> {
    let mut normalizer =
        Normalizer { document, named: BTreeMap::new(), unnamed: BTreeMap::new(), pending: Vec::new() };
    let mut paths = json!({});
    for operation in document.operations() {
        let json = normalizer.operation(&operation)?;
        paths[operation.path][operation.method] = json;
    }
    let mut schemas = Map::new();
    while let Some((name, place)) = normalizer.pending.pop() {
        let schema = normalizer.content(&place, &name, 0)?;
        schemas.insert(name, schema);
    }
    let servers = document.servers().into_iter();
    let servers: Vec<_> = servers.map(|(name, url)| json!({ "url": url, "description": name })).collect();
    let mut json = json!({
        "openapi": document.json["openapi"],
        "info": document.json["info"],
        "servers": servers,
        "paths": paths,
        "components": { "schemas": schemas },
    });
    if let Some(webhooks) = document.json.get("webhooks") {
        json["webhooks"] = webhooks.clone();
    }
    Ok(Document { file: document.file.clone(), json, origins: BTreeMap::new() })
}

/// The name and the place of a parameter, and the scheme of its value.
type Credential = (String, String, Option<&'static str>);

struct Normalizer<'a> {
    document: &'a Document,
    /// Where the schema of each component is.
    named: BTreeMap<String, String>,
    /// The names of schemas that have none of their own, by their places.
    unnamed: BTreeMap<String, String>,
    /// Components whose content is still to be read.
    pending: Vec<(String, String)>,
}

impl Normalizer<'_> {
    fn operation(&mut self, operation: &Operation) -> Result<Value, DocumentError> {
        let Operation { name, path, pointer: place, .. } = operation;
        let item = pointer("/paths", &[path]);
        if !is_identifier(name) {
            return Err(self.document.error(
                place,
                format!("its path gives the name `{name}`, which no method can have"),
                "expected a last segment of letters, digits and underscores",
            ));
        }
        let servers = [format!("{place}/servers"), format!("{item}/servers")];
        if let Some(servers) = servers.iter().find(|servers| !self.document.at(servers).is_null()) {
            return Err(self.document.error(
                servers,
                "the operation has its own servers",
                "expected servers for the whole document, which the environments are generated from",
            ));
        }
        let written = self.document.at(place);
        let mut json = Map::new();
        for (key, value) in
            entries(Some(written)).filter_map(|(key, value)| Some((key, ordered(key, value)?)))
        {
            if !matches!(
                key.as_str(),
                "operationId" | "parameters" | "requestBody" | "responses" | "security"
            ) {
                json.insert(key.clone(), value);
            }
        }
        json.insert("parameters".to_owned(), self.parameters(&item, place)?);
        let stem = stem(name);
        if let Some(body) = self.body(&format!("{place}/requestBody"), &stem, "Request")? {
            json.insert("requestBody".to_owned(), body);
        }
        let mut responses = Map::new();
        for (status, _) in entries(written.get("responses")) {
            let what = if status.starts_with('2') { "Response" } else { "Refusal" };
            let response = self.body(&pointer(place, &["responses", status]), &stem, what)?;
            responses.insert(status.clone(), response.unwrap_or_else(|| json!({})));
        }
        json.insert("responses".to_owned(), Value::Object(responses));
        Ok(Value::Object(json))
    }

    /// The parameters of a path and of its operation, which may redefine one, and those that its security requires.
    fn parameters(&mut self, item: &str, operation: &str) -> Result<Value, DocumentError> {
        let mut parameters = BTreeMap::new();
        for list in [format!("{item}/parameters"), format!("{operation}/parameters")] {
            for i in 0..self.document.at(&list).as_array().map_or(0, Vec::len) {
                let place = self.document.resolve(format!("{list}/{i}"));
                let parameter = self.parameter(&place)?;
                let text = |key: &str| parameter[key].as_str().map(str::to_owned);
                let (Some(name), Some(location)) = (text("name"), text("in")) else {
                    let expected = "expected a parameter or a reference to one";
                    return Err(self.document.error(&place, "it has no `name` or no `in`", expected));
                };
                let key = if location == "header" { name.to_lowercase() } else { name };
                parameters.insert((location, key), parameter);
            }
        }
        for (name, location, scheme) in self.security(operation)? {
            let key = if location == "header" { name.to_lowercase() } else { name.clone() };
            let parameter = parameters.entry((location.clone(), key)).or_insert_with(
                || json!({ "name": name, "in": location, "required": true, "schema": { "type": "string" } }),
            );
            if let Some(scheme) = scheme {
                parameter[SCHEME] = json!(scheme);
            }
        }
        Ok(parameters.into_values().collect())
    }

    fn parameter(&mut self, place: &str) -> Result<Value, DocumentError> {
        let mut parameter = Map::new();
        for (key, value) in entries(Some(self.document.at(place))) {
            let value = match key.as_str() {
                "schema" => self.schema(&format!("{place}/schema"), "Parameter", 0)?,
                // A value in JSON, which is text.
                "content" => {
                    parameter.insert("schema".to_owned(), json!({ "type": "string" }));
                    continue;
                }
                _ => match ordered(key, value) {
                    Some(value) => value,
                    None => continue,
                },
            };
            parameter.insert(key.clone(), value);
        }
        Ok(Value::Object(parameter))
    }

    /// The credentials that the operation requires: of alternatives, the first that can be sent. None, if one of them
    /// is none.
    fn security(&self, operation: &str) -> Result<Vec<Credential>, DocumentError> {
        let own = format!("{operation}/security");
        let place = if self.document.at(&own).is_null() { "/security".to_owned() } else { own };
        let alternatives = self.document.at(&place).as_array().map(Vec::as_slice).unwrap_or_default();
        let schemes = |one: &Value| entries(Some(one)).map(|(name, _)| self.credential(name)).collect();
        let sent = alternatives.iter().map(schemes).collect::<Vec<Option<Vec<_>>>>();
        match sent.iter().flatten().find(|sent| sent.is_empty()).or(sent.iter().flatten().next()) {
            Some(credentials) => Ok(credentials.clone()),
            None if alternatives.is_empty() => Ok(Vec::new()),
            None => Err(self.document.error(
                &place,
                format!("none of its security schemes can be sent: {}", self.document.at(&place)),
                "expected one in `components.securitySchemes`: an apiKey in a header or the query, or http with the \
                 scheme basic or bearer",
            )),
        }
    }

    /// What a security scheme sends; nothing, if it cannot be sent.
    fn credential(&self, scheme: &str) -> Option<Credential> {
        let at = self.document.resolve(pointer("/components/securitySchemes", &[scheme]));
        let scheme = self.document.at(&at);
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

    /// A request, a response or a refusal, with the schema of its body as a component; none, if nothing is said of it.
    fn body(&mut self, place: &str, stem: &str, what: &str) -> Result<Option<Value>, DocumentError> {
        let place = &self.document.resolve(place.to_owned());
        let written = self.document.at(place);
        let mut json = Map::new();
        for (key, value) in entries(Some(written)).filter(|(key, _)| *key != "content") {
            if !(key == "required" && *value == json!(false)) {
                json.insert(key.clone(), value.clone());
            }
        }
        let contents = written["content"].as_object().filter(|contents| !contents.is_empty());
        let Some(contents) = contents else {
            return Ok((what != "Request" && written.is_object()).then_some(Value::Object(json)));
        };
        // JSON under its own name, and else under any that includes it.
        let exact = contents.keys().find(|ty| ty.eq_ignore_ascii_case(JSON));
        let media_type = exact.or_else(|| contents.keys().find(|ty| is_json(ty)));
        if what == "Refusal" && media_type.is_none() {
            return Ok(Some(Value::Object(json)));
        }
        let Some(media_type) = media_type else {
            let types: Vec<_> = contents.keys().collect();
            let expected = format!("expected JSON, the one form that is sent and read here; {LEAVE_OUT}");
            return Err(self.document.error(place, format!("its content is {types:?}"), expected));
        };
        let schema = pointer(place, &["content", media_type, "schema"]);
        let name = format!("{stem}{what}");
        let schema = if what == "Refusal" {
            self.schema(&schema, &name, 0)?
        } else if self.has_properties(&schema) && !self.is_union(&schema) {
            self.component(&schema, &name, &name)?
        } else {
            let target = self.document.at(&self.document.resolve(schema));
            let form = match UNIONS.into_iter().find(|key| target.get(key).is_some()) {
                Some(union) => format!("one of several schemas (`{union}`)"),
                None => format!("of type {}, without properties", target["type"]),
            };
            let expected = format!("expected a JSON object with properties, which can grow; {LEAVE_OUT}");
            return Err(self.document.error(place, format!("its body is {form}"), expected));
        };
        json.insert("content".to_owned(), json!({ JSON: { "schema": schema } }));
        Ok(Some(Value::Object(json)))
    }

    /// Names a schema; returns a reference to it. A name that another schema has gives way to a second.
    fn component(&mut self, place: &str, name: &str, second: &str) -> Result<Value, DocumentError> {
        let place = self.document.resolve(place.to_owned());
        let content = |place: &str| without_prose(self.document.at(place));
        let mut names = [name, second].into_iter();
        let is_free = |name: &&str| {
            let other = self.named.get(*name);
            other.is_none_or(|other| *other == place || content(other) == content(&place))
        };
        let Some(name) = names.find(is_free) else {
            let other = self.named.get(second).map(String::as_str).unwrap_or_default();
            return Err(self.document.error(
                &place,
                format!("it would be the type `{second}`, as the schema at {other} is"),
                "expected different names for schemas that mean something else",
            ));
        };
        if !is_identifier(name) {
            return Err(self.document.error(
                &place,
                format!("it gives the name `{name}`, which no type can have"),
                "expected a name that begins with a letter",
            ));
        }
        if !self.named.contains_key(name) {
            self.named.insert(name.to_owned(), place.clone());
            self.pending.push((name.to_owned(), place));
        }
        Ok(json!({ "$ref": format!("#/components/schemas/{name}") }))
    }

    /// A schema within another: a reference, if it is a component, and otherwise its content. `context` names one
    /// without a name, and `depth` counts the lists that it is in.
    fn schema(&mut self, place: &str, context: &str, depth: usize) -> Result<Value, DocumentError> {
        if depth > MAX_DEPTH {
            let problem = format!("it is within more than {MAX_DEPTH} lists, or within itself");
            return Err(self.document.error(place, problem, "expected a list or a map that ends"));
        }
        if !self.has_properties(place) && !self.is_union(place) {
            return self.content(place, context, depth);
        }
        let written = self.document.at(place);
        // OpenAPI 3.0 describes a reference by an `allOf` of one.
        let one =
            written["allOf"].as_array().filter(|all| all.len() == 1 && written.get("properties").is_none());
        let target = target_of(one.map_or(written, |all| &all[0]));
        let Some(target) = target.map(|target| self.document.resolve(target.to_owned())) else {
            // However it is reached, it is named once.
            let name = self.unnamed.entry(place.to_owned()).or_insert_with(|| context.to_owned()).clone();
            return self.component(place, &name, &name);
        };
        let name = target.rsplit('/').next().unwrap_or_default().to_upper_camel_case();
        let mut reference = self.component(&target, &name, context)?;
        // What is written beside a reference does not change the type.
        for (key, value) in entries(Some(written)).filter(|(key, _)| is_beside(key)) {
            if let Some(value) = ordered(key, value) {
                reference[key.as_str()] = value;
            }
        }
        Ok(reference)
    }

    /// The schema at a place itself, with what it is combined with.
    fn content(&mut self, place: &str, name: &str, depth: usize) -> Result<Value, DocumentError> {
        let mut content = Map::new();
        for part in self.parts(place) {
            let written = self.document.at(&part);
            let mut own = Map::new();
            for (key, value) in entries(Some(written)) {
                let at = pointer(&part, &[key]);
                let value = match key.as_str() {
                    "allOf" | "$ref" => continue,
                    "properties" => {
                        let mut properties = Map::new();
                        for (property, _) in entries(Some(value)) {
                            let held = format!("{name}{}", property.to_upper_camel_case());
                            let schema = self.schema(&pointer(&at, &[property]), &held, depth)?;
                            properties.insert(property.clone(), schema);
                        }
                        Value::Object(properties)
                    }
                    "items" | "additionalProperties" if value.is_object() => {
                        self.schema(&at, &format!("{name}Item"), depth + 1)?
                    }
                    "anyOf" | "oneOf" => match self.alternatives(&part, key) {
                        one if one.len() == 1 => {
                            own.insert("nullable".to_owned(), json!(true));
                            continue;
                        }
                        none if none.is_empty() => value.clone(),
                        alternatives => {
                            let alternatives = alternatives.iter().zip(0..);
                            let alternatives = alternatives
                                .map(|(at, i)| self.schema(at, &format!("{name}Item{i}"), depth + 1));
                            Value::Array(alternatives.collect::<Result<_, _>>()?)
                        }
                    },
                    // The schemas that it names are alternatives, too.
                    "discriminator" => json!({ "propertyName": value["propertyName"] }),
                    _ => match ordered(key, value) {
                        Some(value) => value,
                        None => continue,
                    },
                };
                own.insert(key.clone(), value);
            }
            self.merge(&mut content, own, &part)?;
        }
        Ok(Value::Object(content))
    }

    /// The places of the schemas that one consists of: itself, what it refers to, and what it is combined with, each
    /// once.
    fn parts(&self, place: &str) -> Vec<String> {
        let mut pending = vec![place.to_owned()];
        let mut parts = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(place) = pending.pop() {
            let place = self.document.resolve(place);
            if seen.insert(place.clone()) {
                let combined = self.document.at(&place)["allOf"].as_array().map_or(0, Vec::len);
                pending.extend((0..combined).rev().map(|i| format!("{place}/allOf/{i}")));
                // What may be one thing alone is that.
                for union in UNIONS {
                    if let [one] = self.alternatives(&place, union).as_slice() {
                        pending.push(one.clone());
                    }
                }
                parts.push(place);
            }
        }
        parts
    }

    /// Adds another part of an `allOf`. Of what does not decide the type, the first is kept.
    fn merge(
        &self,
        content: &mut Map<String, Value>,
        part: Map<String, Value>,
        at: &str,
    ) -> Result<(), DocumentError> {
        let contradiction = |what: &str| {
            let problem = format!("it contradicts the schema that it is combined with: `{what}`");
            self.document.error(at, problem, "expected an `allOf` whose parts agree")
        };
        for (key, value) in part {
            match (content.get_mut(&key), value) {
                (None, value) => drop(content.insert(key, value)),
                (Some(Value::Object(there)), Value::Object(more)) if key == "properties" => {
                    for (name, value) in more {
                        match (there.get_mut(&name), value) {
                            (None, value) => drop(there.insert(name, value)),
                            (Some(other), value) if typed(other) != typed(&value) => {
                                return Err(contradiction(&name));
                            }
                            (Some(Value::Object(other)), Value::Object(more)) => {
                                for (key, value) in more {
                                    other.entry(key).or_insert(value);
                                }
                            }
                            _ => {}
                        }
                    }
                }
                (Some(Value::Array(there)), Value::Array(more)) if key == "required" => {
                    let new: Vec<_> = more.into_iter().filter(|name| !there.contains(name)).collect();
                    there.extend(new);
                    there.sort_by_key(ToString::to_string);
                }
                (Some(there), value) if DECIDING.contains(&key.as_str()) && typed(there) != typed(&value) => {
                    return Err(contradiction(&key));
                }
                (Some(_), _) => {}
            }
        }
        Ok(())
    }

    fn has_properties(&self, place: &str) -> bool {
        let properties = |part: &String| self.document.at(part)["properties"].as_object();
        self.parts(place).iter().filter_map(properties).any(|properties| !properties.is_empty())
    }

    fn is_union(&self, place: &str) -> bool {
        let is_union = |part: &String| UNIONS.iter().any(|key| self.alternatives(part, key).len() > 1);
        self.parts(place).iter().any(is_union)
    }

    /// The alternatives of a union that are types: not those that state what is required, or that it may be `null`.
    fn alternatives(&self, place: &str, union: &str) -> Vec<String> {
        let places = (0..self.document.at(place)[union].as_array().map_or(0, Vec::len))
            .map(|i| format!("{place}/{union}/{i}"));
        let is_type = |place: &String| {
            let schema = self.document.at(place);
            schema["type"] != "null" && DECIDING.iter().any(|key| schema.get(key).is_some())
        };
        places.filter(is_type).collect()
    }
}

/// Whether a media type means JSON, or anything.
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), JSON | "text/json" | "*/*" | "application/*") || essence.ends_with("+json")
}

/// Whether a member may stand beside a reference, and says something of the property that refers.
fn is_beside(key: &str) -> bool {
    PROSE.contains(&key) || matches!(key, "deprecated" | "nullable" | "readOnly" | "writeOnly")
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

/// Members that decide the type that is generated.
const DECIDING: [&str; 8] =
    ["$ref", "additionalProperties", "allOf", "anyOf", "items", "oneOf", "properties", "type"];

/// What of a schema decides the type that is generated.
fn typed(value: &Value) -> Value {
    only(value, &|key| DECIDING.contains(&key))
}

/// The value without what is written for people.
#[must_use]
pub fn without_prose(value: &Value) -> Value {
    only(value, &|key| !PROSE.contains(&key))
}

/// The value with these members only, at any depth. The names of properties are the document's own, and stay.
fn only(value: &Value, is_kept: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(key, _)| is_kept(key)).map(|(key, value)| {
                let value = match value {
                    Value::Object(properties) if key == "properties" => {
                        let all = properties.iter().map(|(name, value)| (name.clone(), only(value, is_kept)));
                        Value::Object(all.collect())
                    }
                    value => only(value, is_kept),
                };
                (key.clone(), value)
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.iter().map(|item| only(item, is_kept)).collect(),
        other => other.clone(),
    }
}
