//! Reads the joined document: what callers see of it, as data. What is not read here is left to Paynet to judge: formats,
//! patterns, limits, enumerations, defaults, and every response but success.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::{Value, json};

use crate::{
    Document, DocumentError, Place,
    json::{entries, items, pointer, target_of, without_prose},
    model::{Api, Field, Header, Operation, Parameter, Sides, Ty, Type},
    repair::{Credential, JSON, LEAVE_OUT, credentials},
    rules::{check_value, injected, stem},
};

/// How many lists may be within one another.
// Guard: pipeline::references_that_double_at_each_level_end_in_a_second
const MAX_DEPTH: usize = 64;

/// How many properties an object may have: Paynet's largest has 30.
const MAX_PROPERTIES: usize = 1_000;

const UNIONS: [&str; 2] = ["anyOf", "oneOf"];

/// What was read, and where each type is in the document.
pub(crate) type Read = (Api, BTreeMap<String, String>);

/// Reads the joined document.
pub(crate) fn read(document: &Document) -> Result<Read, DocumentError> {
    let mut reader =
        Reader { document, named: BTreeMap::new(), unnamed: BTreeMap::new(), pending: Vec::new() };
    let mut api = Api { environments: document.servers(), ..Api::default() };
    for place in document.operations() {
        let operation = reader.operation(&place)?;
        api.operations.insert(place.name, operation);
    }
    while let Some((name, place)) = reader.pending.pop() {
        let ty = reader.object(&name, &place)?;
        api.types.insert(name, ty);
    }
    Ok((api, reader.named))
}

struct Reader<'a> {
    document: &'a Document,
    /// Where the schema of each type is.
    named: BTreeMap<String, String>,
    /// The names of schemas that have none of their own, by their places.
    unnamed: BTreeMap<String, String>,
    /// Types that are still to be read.
    pending: Vec<(String, String)>,
}

impl<'a> Reader<'a> {
    fn operation(&mut self, operation: &Place) -> Result<Operation, DocumentError> {
        let Place { name, path, method, pointer: place } = operation;
        let written = self.document.at(place);
        let responses = pointer(place, &["responses"]);
        let success: Vec<_> = entries(written.get("responses")).map(|(status, _)| status).collect();
        let success: Vec<_> = success.into_iter().filter(|status| status.starts_with('2')).collect();
        let status = match success.as_slice() {
            [one] => one.parse().ok(),
            _ => None,
        };
        let status: u16 = status.ok_or_else(|| {
            let problem = format!("the successful responses are {success:?}");
            let expected = "expected one, such as 200, which is the status that the client takes for success";
            self.document.error(&responses, problem, expected)
        })?;
        let stem = stem(name);
        let credentials = credentials(self.document, &pointer(place, &["security"]))?;
        let written = items(written.get("parameters")).filter(|parameter| parameter["in"] == "header");
        let sent = credentials.iter().filter(|(_, location, _)| location == "header");
        let mut headers: BTreeSet<_> = sent.filter_map(|(name, _, scheme)| injected(name, *scheme)).collect();
        for parameter in written {
            if let Some(header) = parameter["name"].as_str().and_then(|name| injected(name, None)) {
                check_value(self.document, place, header, parameter)?;
                headers.insert(header);
            }
        }
        if headers.contains(&Header::SessionKey) && headers.iter().any(|header| header.is_of_agent()) {
            return Err(self.document.error(
                place,
                "the operation requires the credentials Authorization and Session-Key",
                "expected one of them, as an agent has the first and a session the second",
            ));
        }
        Ok(Operation {
            file: self.document.file_of(place).to_owned(),
            method: method.clone(),
            path: path.clone(),
            headers: headers.into_iter().collect(),
            parameters: self.parameters(place, name, &credentials)?,
            request: self.body(&pointer(place, &["requestBody"]), &format!("{stem}Request"))?,
            status,
            response: self.body(&format!("{responses}/{status}"), &format!("{stem}Response"))?,
        })
    }

    /// The arguments of a method other than its body.
    fn parameters(
        &self,
        operation: &str,
        method: &str,
        credentials: &[Credential],
    ) -> Result<Vec<Parameter>, DocumentError> {
        let mut parameters: Vec<Parameter> = Vec::new();
        let is_injected = |name: &str, location: &str| location == "header" && injected(name, None).is_some();
        for (name, location, _) in credentials.iter().filter(|(name, at, _)| !is_injected(name, at)) {
            let (name, location) = (name.clone(), location.clone());
            parameters.push(Parameter { name, location, ty: Ty::Text, required: true });
        }
        for i in 0..items(self.document.at(operation).get("parameters")).count() {
            let at = format!("{operation}/parameters/{i}");
            let written = self.document.at(&at);
            let text = |key: &str| written[key].as_str().unwrap_or_default().to_owned();
            let (name, location) = (text("name"), text("in"));
            let is_there = parameters.iter().any(|other| other.name == name && other.location == location);
            if is_there || is_injected(&name, &location) {
                continue;
            }
            let is_header = http::HeaderName::from_bytes(name.as_bytes()).is_ok()
                && !name.eq_ignore_ascii_case("api-version");
            let is_sent = match location.as_str() {
                "header" => is_header,
                location => matches!(location, "path" | "query"),
            };
            if !is_sent {
                return Err(self.document.error(
                    &at,
                    format!("unsupported parameter `{name}` in {}", written["in"]),
                    "expected one in the path, the query or a header, under a name that HTTP allows",
                ));
            }
            let schema = self.schema(&format!("{at}/schema"));
            let is_list = location == "query"
                && written["explode"] != false
                && written["style"].as_str().is_none_or(|style| style == "form");
            let ty = match schema.place_of("items").filter(|_| is_list) {
                Some(items) => Ty::List(Box::new(self.schema(&items).plain())),
                None => schema.plain(),
            };
            parameters.push(Parameter { name, location, ty, required: written["required"] == true });
        }
        let mut taken = BTreeSet::from(["body", "header_map", "info"].map(str::to_owned));
        let mut arguments = parameters.iter().map(|parameter| identifier(&parameter.name));
        match arguments.find(|argument| !taken.insert(argument.clone())) {
            Some(argument) => Err(self.document.error(
                &format!("{operation}/parameters"),
                format!("`{method}` would have an argument of the name `{argument}`, which is taken"),
                "expected parameters that differ in more than case and punctuation, and none `body`, `header_map` or \
                 `info`",
            )),
            None => Ok(parameters),
        }
    }

    /// The type of a body, which is named after its operation.
    fn body(&mut self, place: &str, name: &str) -> Result<Option<String>, DocumentError> {
        let content = &self.document.at(place)["content"];
        if content.as_object().is_none_or(serde_json::Map::is_empty) {
            return Ok(None);
        }
        let at = pointer(place, &["content", JSON, "schema"]);
        let schema = self.schema(&at);
        if !schema.has_properties() || schema.union().is_some() {
            let form = match schema.union() {
                Some(union) => format!("one of several schemas (`{union}`)"),
                None => format!("of type {}, without properties", schema.get("type").unwrap_or(&Value::Null)),
            };
            let expected = format!("expected a JSON object with properties, which can grow; {LEAVE_OUT}");
            return Err(self.document.error(place, format!("its body is {form}"), expected));
        }
        self.component(&at, name, name).map(Some)
    }

    /// The type of a value. `context` names an object without a name, and `depth` counts the lists that it is in.
    fn ty(&mut self, place: &str, context: &str, depth: usize) -> Result<Ty, DocumentError> {
        if depth > MAX_DEPTH {
            let problem = format!("it is within more than {MAX_DEPTH} lists, or within itself");
            return Err(self.document.error(place, problem, "expected a list that ends"));
        }
        let schema = self.schema(place);
        schema.agrees(self.document, "type")?;
        if schema.union().is_some() {
            // An enumeration could not be extended by Paynet.
            return Ok(Ty::Any);
        }
        if schema.has_properties() {
            return self.name(place, context).map(Ty::Object);
        }
        Ok(match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => Ty::Boolean,
            Some("integer") => Ty::Integer,
            Some("number") => Ty::Number,
            Some("string") => Ty::Text,
            Some("array") => {
                let items = schema.place_of("items");
                let ty = items.map(|items| self.ty(&items, &format!("{context}Item"), depth + 1));
                Ty::List(Box::new(ty.transpose()?.unwrap_or(Ty::Any)))
            }
            _ => Ty::Any,
        })
    }

    /// The name of an object's type: that of its component, or else the one that the context gives.
    fn name(&mut self, place: &str, context: &str) -> Result<String, DocumentError> {
        let written = self.document.at(place);
        // OpenAPI 3.0 describes a reference by an `allOf` of one.
        let one =
            written["allOf"].as_array().filter(|all| all.len() == 1 && written.get("properties").is_none());
        if let Some(target) = target_of(one.map_or(written, |all| &all[0])) {
            let target = self.document.resolve(target.to_owned());
            let name = target.rsplit('/').next().unwrap_or_default().to_upper_camel_case();
            return self.component(&target, &name, context);
        }
        // However it is reached, it is named once.
        let name = self.unnamed.entry(place.to_owned()).or_insert_with(|| context.to_owned()).clone();
        self.component(place, &name, &name)
    }

    /// Names a schema. A name that another schema has gives way to a second.
    fn component(&mut self, place: &str, name: &str, second: &str) -> Result<String, DocumentError> {
        let place = self.document.resolve(place.to_owned());
        let content = |place: &str| without_prose(self.document.at(place));
        let is_free = |name: &&str| {
            let other = self.named.get(*name);
            other.is_none_or(|other| *other == place || content(other) == content(&place))
        };
        let Some(name) = [name, second].into_iter().find(is_free) else {
            let other = self.named.get(second).map(String::as_str).unwrap_or_default();
            return Err(self.document.error(
                &place,
                format!("it would be the type `{second}`, as the schema at {other} is"),
                "expected different names for schemas that mean something else",
            ));
        };
        if syn::parse_str::<syn::Ident>(name).is_err() {
            let problem = format!("it yields `{name}`, which is not a valid type name");
            return Err(self.document.error(&place, problem, "expected a name that begins with a letter"));
        }
        if !self.named.contains_key(name) {
            self.named.insert(name.to_owned(), place.clone());
            self.pending.push((name.to_owned(), place));
        }
        Ok(name.to_owned())
    }

    fn object(&mut self, name: &str, place: &str) -> Result<Type, DocumentError> {
        let schema = self.schema(place);
        let properties = schema.properties();
        if properties.len() > MAX_PROPERTIES {
            let problem = format!("it has {} properties", properties.len());
            let expected = format!("expected at most {MAX_PROPERTIES}, as callers are shown each");
            return Err(self.document.error(place, problem, expected));
        }
        let required: BTreeSet<_> = schema.lists("required").filter_map(Value::as_str).collect();
        let mut fields = BTreeMap::new();
        for (property, places) in properties {
            let context = format!("{name}{}", property.to_upper_camel_case());
            let ty = self.ty(&places[0], &context, 0)?;
            for other in &places[1..] {
                if self.ty(other, &context, 0)? != ty {
                    let part = other.rsplit_once("/properties/").map_or("", |(part, _)| part);
                    return Err(contradiction(self.document, part, property));
                }
            }
            let described: Vec<_> = places.iter().map(|place| self.schema(place)).collect();
            let is = |flag: &str| described.iter().any(|schema| schema.get(flag) == Some(&json!(true)));
            let description = described.iter().find_map(|schema| schema.get("description")?.as_str());
            let field = Field {
                name: identifier(property),
                ty,
                required: required.contains(property),
                essential: false,
                secret: false,
                description: description.unwrap_or_default().to_owned(),
                sides: Sides {
                    nullable: is("nullable"),
                    read_only: is("readOnly"),
                    write_only: is("writeOnly"),
                },
            };
            fields.insert(property.to_owned(), field);
        }
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Type { description, fields, ..Type::default() })
    }

    fn schema(&self, place: &str) -> Schema<'a> {
        let mut pending = vec![place.to_owned()];
        let mut parts: Vec<(String, &'a Value)> = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some(place) = pending.pop() {
            if !seen.insert(place.clone()) {
                continue;
            }
            let written = self.document.at(&place);
            let combined = items(written.get("allOf")).count();
            pending.extend((0..combined).rev().map(|i| format!("{place}/allOf/{i}")));
            // A union of one alternative is that alternative.
            for union in UNIONS {
                if let [one] = alternatives(&place, written, union).as_slice() {
                    pending.push(one.clone());
                }
            }
            pending.extend(target_of(written).map(str::to_owned));
            parts.push((place, written));
        }
        Schema { parts }
    }
}

/// A schema: itself, what it refers to, and what it is combined with, each once and with its place.
struct Schema<'a> {
    parts: Vec<(String, &'a Value)>,
}

impl<'a> Schema<'a> {
    /// A member: of what does not decide the type, the first is kept.
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.parts.iter().find_map(|(_, part)| part.get(key))
    }

    /// The type of a value in a URL or a header. A number is text, as a caller has its digits.
    fn plain(&self) -> Ty {
        match self.get("type").and_then(Value::as_str) {
            Some("boolean") => Ty::Boolean,
            Some("integer") => Ty::Integer,
            _ => Ty::Text,
        }
    }

    fn place_of(&self, key: &str) -> Option<String> {
        let part = self.parts.iter().find(|(_, part)| part.get(key).is_some());
        part.map(|(place, _)| pointer(place, &[key]))
    }

    fn lists(&self, key: &str) -> impl Iterator<Item = &'a Value> {
        self.parts.iter().flat_map(move |(_, part)| items(part.get(key)))
    }

    fn has_properties(&self) -> bool {
        self.parts.iter().any(|(_, part)| entries(part.get("properties")).next().is_some())
    }

    /// The properties, with the places at which they are.
    fn properties(&self) -> BTreeMap<&'a str, Vec<String>> {
        let mut properties: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (place, part) in &self.parts {
            for (name, _) in entries(part.get("properties")) {
                properties.entry(name).or_default().push(pointer(place, &["properties", name]));
            }
        }
        properties
    }

    /// The member that makes it one of several types.
    fn union(&self) -> Option<&'static str> {
        let is_union =
            |union: &&str| self.parts.iter().any(|(place, part)| alternatives(place, part, union).len() > 1);
        UNIONS.into_iter().find(is_union)
    }

    /// Refuses parts that say something else.
    fn agrees(&self, document: &Document, key: &str) -> Result<(), DocumentError> {
        let other =
            self.parts.iter().find(|(_, part)| part.get(key).is_some_and(|it| Some(it) != self.get(key)));
        other.map_or(Ok(()), |(place, _)| Err(contradiction(document, place, key)))
    }
}

fn contradiction(document: &Document, place: &str, what: &str) -> DocumentError {
    let problem = format!("it contradicts the schema that it is combined with: `{what}`");
    document.error(place, problem, "expected an `allOf` whose parts agree")
}

/// The places of a union's alternatives that are types, and do not only state what is required.
fn alternatives(place: &str, schema: &Value, union: &str) -> Vec<String> {
    const DECIDING: [&str; 8] =
        ["$ref", "additionalProperties", "allOf", "anyOf", "items", "oneOf", "properties", "type"];
    let is_type = |schema: &Value| DECIDING.iter().any(|key| schema.get(key).is_some());
    let all = items(schema.get(union)).enumerate().filter(|(_, schema)| is_type(schema));
    all.map(|(i, _)| format!("{place}/{union}/{i}")).collect()
}

/// Members that may say what a value means: that an amount is in kuruş, for example.
const MEANING: [&str; 10] = [
    "default", "description", "enum", "example", "examples", "format", "maximum", "minimum", "multipleOf",
    "title",
];

/// What the documents state of the properties that the hand-written code relies on, and what they say of its operations,
/// by their names: any of it may change what a value means.
pub(crate) fn essentials(
    document: &Document,
    api: &Api,
    places: &BTreeMap<String, String>,
) -> BTreeMap<String, Value> {
    let mut stated = BTreeMap::new();
    let reader = Reader { document, named: BTreeMap::new(), unnamed: BTreeMap::new(), pending: Vec::new() };
    for (name, ty) in &api.types {
        let written = reader.schema(&places[name]).properties();
        for (property, _) in ty.fields.iter().filter(|(_, field)| field.essential) {
            let mut said = json!({});
            for place in written.get(property.as_str()).into_iter().flatten() {
                let schema = reader.schema(place);
                let all = MEANING.iter().filter_map(|key| Some((key, schema.get(key)?)));
                all.for_each(|(key, value)| said[*key] = value.clone());
            }
            stated.insert(format!("{name}.{property}"), said);
        }
    }
    for place in document.operations() {
        let written = document.at(&place.pointer);
        let said = ["summary", "description"].into_iter().filter(|key| written[*key].is_string());
        stated.insert(place.name, said.map(|key| (key.to_owned(), written[key].clone())).collect());
    }
    stated
}

/// The name of a field, a setter or an argument for a name of the document.
fn identifier(name: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let name = name.replace('\'', "").replace(|c: char| !is_part(c), "-").to_snake_case();
    let name = match name.chars().next() {
        None => "x".to_owned(),
        Some(first) if first.is_alphabetic() => name,
        Some(_) => format!("_{name}"),
    };
    if syn::parse_str::<syn::Ident>(&name).is_ok() { name } else { format!("{name}_") }
}
