//! Reads a document as Paynet publishes it, and refuses one that cannot be used.

use std::{collections::BTreeMap, fs, path::Path};

use heck::ToUpperCamelCase;
use serde_json::{Map, Value, json};

use super::Unusable;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The headers that the transport injects, which must be of one of these types.
pub const INJECTED: [(&str, &[&str]); 3] =
    [("Authorization", &["string"]), ("PaynetMobile", &["string", "integer"]), ("Session-Key", &["string"])];

/// An OpenAPI document and the name of its file, which every message carries.
#[derive(Clone)]
pub struct Document {
    pub file: String,
    pub json: Value,
    /// In joined documents: the file that what a JSON pointer leads to came from.
    origins: BTreeMap<String, String>,
}

/// One operation of a document, by its place.
pub struct Operation {
    pub path: String,
    pub method: String,
    /// JSON pointer to the operation object.
    pub pointer: String,
}

impl Document {
    /// All documents of a folder, in the order of their names.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, Unusable> {
        let unusable = |wrong: String| Unusable {
            file: folder.display().to_string(),
            pointer: String::new(),
            wrong,
            right: "store Paynet's documents there, as files that end in .json".to_owned(),
        };
        let entries =
            fs::read_dir(folder).map_err(|error| unusable(format!("it cannot be read: {error}")))?;
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        if files.is_empty() {
            return Err(unusable("there is no document in it".to_owned()));
        }
        files.iter().map(|file| Self::read(file)).collect()
    }

    pub fn read(path: &Path) -> Result<Self, Unusable> {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&file, &text),
            Err(error) => Err(Unusable {
                file,
                pointer: String::new(),
                wrong: format!("it cannot be read: {error}"),
                right: "store Paynet's document there, as UTF-8".to_owned(),
            }),
        }
    }

    pub fn parse(file: &str, text: &str) -> Result<Self, Unusable> {
        const RIGHT: &str = "store the OpenAPI block of Paynet's page and nothing around it";
        let mut document = Self { file: file.to_owned(), json: Value::Null, origins: BTreeMap::new() };
        if text.starts_with('\u{feff}') {
            return Err(document.unusable("", "it begins with a byte order mark", RIGHT));
        }
        document.json = serde_json::from_str(text)
            .map_err(|error| document.unusable("", format!("it is not JSON: {error}"), RIGHT))?;
        if !document.json.is_object() {
            return Err(document.unusable("", "it is not a JSON object", RIGHT));
        }
        document.check_version()?;
        document.check_references()?;
        document.check_servers()?;
        document.check_operations()?;
        document.check_injected_headers()?;
        Ok(document)
    }

    pub fn unusable(&self, pointer: &str, wrong: impl Into<String>, right: impl Into<String>) -> Unusable {
        Unusable {
            file: self.file_of(pointer).to_owned(),
            pointer: pointer.to_owned(),
            wrong: wrong.into(),
            right: right.into(),
        }
    }

    /// The file that what the pointer leads to came from.
    pub fn file_of(&self, pointer: &str) -> &str {
        let origin = |(place, _): &(&String, &String)| {
            pointer.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.origins.iter().find(origin).map_or(&self.file, |(_, file)| file)
    }

    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in entries(self.json.get("paths")) {
            for method in METHODS.into_iter().filter(|method| item[method].is_object()) {
                operations.push(Operation {
                    path: path.clone(),
                    method: method.to_owned(),
                    pointer: pointer("/paths", &[path, method]),
                });
            }
        }
        operations
    }

    /// Where the parameters of operations are listed: of a path for all its methods, and of each operation.
    pub fn parameter_lists(&self) -> Vec<String> {
        let mut lists: Vec<String> = entries(self.json.get("paths"))
            .map(|(path, _)| pointer("/paths", &[path, "parameters"]))
            .collect();
        lists.extend(self.operations().iter().map(|operation| format!("{}/parameters", operation.pointer)));
        lists.retain(|list| self.json.pointer(list).is_some_and(Value::is_array));
        lists
    }

    fn check_version(&self) -> Result<(), Unusable> {
        const RIGHT: &str = "expected \"3.0.x\", the only versions that progenitor reads";
        match &self.json["openapi"] {
            Value::String(version) if version.starts_with("3.0.") => Ok(()),
            Value::Null => Err(self.unusable("/openapi", "it is not an OpenAPI 3 document", RIGHT)),
            other => Err(self.unusable("/openapi", format!("the version is {other}"), RIGHT)),
        }
    }

    fn check_references(&self) -> Result<(), Unusable> {
        let mut places = vec![(String::new(), &self.json)];
        while let Some((place, value)) = places.pop() {
            match value {
                Value::Object(members) => {
                    if let Some(reference) = members.get("$ref").filter(|reference| reference.is_string()) {
                        self.check_reference(&place, value, reference)?;
                    }
                    // Values, which may look like anything.
                    let schemas = members.iter().filter(|(key, _)| {
                        !matches!(key.as_str(), "example" | "examples" | "default" | "enum")
                    });
                    places.extend(schemas.map(|(key, value)| (pointer(&place, &[key]), value)));
                }
                Value::Array(items) => {
                    places.extend(items.iter().enumerate().map(|(i, value)| (format!("{place}/{i}"), value)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_reference(&self, place: &str, value: &Value, reference: &Value) -> Result<(), Unusable> {
        let unusable = |wrong: &str| {
            self.unusable(
                &pointer(place, &["$ref"]),
                format!("the reference {reference} leads {wrong}"),
                "expected \"#/components/…\", naming something in this file",
            )
        };
        let mut value = value;
        for _ in 0..32 {
            match (value.get("$ref"), target_of(value)) {
                (None, _) => return Ok(()),
                (Some(_), target) => {
                    let found = target.and_then(|target| self.json.pointer(target));
                    value = found.ok_or_else(|| unusable("nowhere"))?;
                }
            }
        }
        Err(unusable("back to itself"))
    }

    fn check_operations(&self) -> Result<(), Unusable> {
        let operations = self.operations();
        if operations.is_empty() {
            return Err(self.unusable(
                "/paths",
                "there is no operation",
                "expected a path with at least one method, in lower case",
            ));
        }
        for operation in operations {
            let json = &self.json.pointer(&operation.pointer).unwrap_or(&Value::Null);
            let item = &self.json["paths"][&operation.path];
            if json.get("servers").or(item.get("servers")).is_some() {
                return Err(self.unusable(
                    &operation.pointer,
                    "it has servers of its own",
                    "expected servers of the whole document, which environments are made of",
                ));
            }
            if json.get("security").or(self.json.get("security")).is_some() {
                return Err(self.unusable(
                    &operation.pointer,
                    "it asks for security schemes",
                    "expected header parameters, as Paynet's documents have; or teach the transport the scheme",
                ));
            }
            let request = super::resolve(&self.json, &json["requestBody"]);
            let answer = super::resolve(&self.json, &json["responses"]["200"]);
            for (part, body) in [("requestBody", request), ("responses/200", answer)] {
                let types: Vec<_> = entries(body.get("content")).map(|(name, _)| name.as_str()).collect();
                let needed = part != "requestBody" || !body.is_null();
                if needed && !body.is_null() && types != ["application/json"] {
                    return Err(self.unusable(
                        &format!("{}/{part}", operation.pointer),
                        format!("its content is {types:?}"),
                        "expected \"application/json\" and no other",
                    ));
                }
                let schema = super::resolve(&self.json, &body["content"]["application/json"]["schema"]);
                if needed
                    && !body.is_null()
                    && (schema["type"] != "object" && schema.get("properties").is_none())
                {
                    return Err(self.unusable(
                        &format!("{}/{part}", operation.pointer),
                        format!("it is of type {}", schema["type"]),
                        "expected a JSON object, which can grow",
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_injected_headers(&self) -> Result<(), Unusable> {
        for list in self.parameter_lists() {
            let parameters = self.json.pointer(&list).and_then(Value::as_array).into_iter().flatten();
            for (i, parameter) in parameters.enumerate() {
                let parameter = super::resolve(&self.json, parameter);
                let name = parameter["name"].as_str().unwrap_or_default();
                let Some((name, types)) = INJECTED.iter().find(|(known, _)| name.eq_ignore_ascii_case(known))
                else {
                    continue;
                };
                let schema = super::resolve(&self.json, &parameter["schema"]);
                let values = schema["enum"].as_array();
                if *name == "PaynetMobile"
                    && values
                        .is_some_and(|values| !values.contains(&json!("2")) && !values.contains(&json!(2)))
                {
                    return Err(self.unusable(
                        &format!("{list}/{i}"),
                        format!("PaynetMobile is one of {}", schema["enum"]),
                        "expected 2 among them, which src/transport.rs sends",
                    ));
                }
                let is_of_type = schema["type"].as_str().is_some_and(|ty| types.contains(&ty));
                if parameter["in"] != "header" || parameter["required"] != true || !is_of_type {
                    return Err(self.unusable(
                        &format!("{list}/{i}"),
                        format!(
                            "{name} is in {}, required: {}, of type {}",
                            parameter["in"], parameter["required"], schema["type"]
                        ),
                        format!(
                            "expected a required header parameter of type {}, which the transport can inject",
                            types.join(" or ")
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_servers(&self) -> Result<(), Unusable> {
        const RIGHT: &str =
            "expected a list of {\"url\": \"https://…\", \"description\": the environment's name}";
        let servers = self.json["servers"].as_array().map(Vec::as_slice).unwrap_or_default();
        if servers.is_empty() {
            return Err(self.unusable("/servers", "there are no servers", RIGHT));
        }
        let mut names = BTreeMap::new();
        for (i, server) in servers.iter().enumerate() {
            let place = format!("/servers/{i}");
            let usable = server["url"].as_str().is_some_and(is_https);
            if !usable {
                return Err(self.unusable(
                    &format!("{place}/url"),
                    format!("the url is {}", server["url"]),
                    RIGHT,
                ));
            }
            let name = environment_name(server).ok_or_else(|| {
                self.unusable(
                    &format!("{place}/description"),
                    format!("the description is {}, which gives no name", server["description"]),
                    RIGHT,
                )
            })?;
            if let Some(other) = names.insert(name.to_lowercase(), i) {
                return Err(self.unusable(
                    &format!("{place}/description"),
                    format!("it gives the name `{name}`, as /servers/{other} does"),
                    "expected a different name for each server",
                ));
            }
        }
        Ok(())
    }
}

/// Joins documents into one: of operations on the same servers, and of components that mean the same.
pub fn join(documents: &[Document]) -> Result<Document, Unusable> {
    let files: Vec<_> = documents.iter().map(|document| document.file.as_str()).collect();
    let mut joined = Document { file: files.join(", "), json: json!({}), origins: BTreeMap::new() };
    for document in documents {
        if servers(&document.json) != servers(&documents[0].json) {
            return Err(document.unusable(
                "/servers",
                format!("the servers are not those of {}", files[0]),
                "expected the same servers in all documents, as a client has one environment",
            ));
        }
        for (path, item) in entries(document.json.get("paths")) {
            let there = joined.json["paths"].get(path);
            if there.is_some_and(|there| of_all_methods(there) != of_all_methods(item)) {
                // The documents that have the path already agree, so that any member names one.
                let other = entries(there).next().map(|(key, _)| pointer("/paths", &[path, key]));
                let other = joined.file_of(&other.unwrap_or_default());
                return Err(document.unusable(
                    &pointer("/paths", &[path]),
                    format!(
                        "{other} has the path as well, with something else that holds for all its methods"
                    ),
                    "expected what holds for one operation to stand in it",
                ));
            }
            join_members(&mut joined, document, ["paths", path], item)?;
        }
        for (section, members) in entries(document.json.get("components")) {
            join_members(&mut joined, document, ["components", section], members)?;
        }
        for (key, value) in entries(Some(&document.json)) {
            if joined.json.get(key).is_none() {
                joined.json[key] = value.clone();
            }
        }
    }
    Ok(joined)
}

/// Joins the members of an object: an operation is in one document, and anything else means the same in all.
fn join_members(
    joined: &mut Document,
    document: &Document,
    [parent, name]: [&str; 2],
    object: &Value,
) -> Result<(), Unusable> {
    for (key, value) in entries(Some(object)) {
        let at = pointer("", &[parent, name, key]);
        let is_operation = parent == "paths" && METHODS.contains(&key.as_str());
        if let Some(there) = joined.json.pointer(&at) {
            let (wrong, right) = if is_operation {
                (
                    "the operation is there too",
                    "expected each operation in one document; remove the older of the two",
                )
            } else if meaning(there) == meaning(value) {
                continue;
            } else {
                (
                    "it means something else there",
                    "expected the same under the same name; fetch both pages again, as one of them is older",
                )
            };
            return Err(document.unusable(
                &at,
                format!("{} has it as well, and {wrong}", joined.file_of(&at)),
                right,
            ));
        }
        joined.json[parent][name][key.as_str()] = value.clone();
        joined.origins.insert(at, document.file.clone());
    }
    Ok(())
}

/// What a path says of all its methods, as their parameters.
fn of_all_methods(item: &Value) -> Value {
    let members = entries(Some(item)).filter(|(key, _)| !METHODS.contains(&key.as_str()));
    meaning(&members.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The servers, whatever their order: name and URL of each.
fn servers(json: &Value) -> BTreeMap<Option<String>, &str> {
    let servers = json["servers"].as_array().into_iter().flatten();
    servers
        .map(|server| {
            (environment_name(server), server["url"].as_str().unwrap_or_default().trim_end_matches('/'))
        })
        .collect()
}

/// The value without what is only said of it, and without the order of lists that have none.
fn meaning(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let said = ["description", "example", "examples", "summary", "title", "externalDocs"];
            // These are false or empty unless something else is said.
            let unless_said = ["nullable", "required", "deprecated", "readOnly", "writeOnly", "uniqueItems"];
            let kept = members.iter().filter(|(key, value)| {
                let is_so_anyway =
                    unless_said.contains(&key.as_str()) && (**value == json!(false) || **value == json!([]));
                !said.contains(&key.as_str()) && !is_so_anyway
            });
            Value::Object(
                kept.map(|(key, value)| {
                    let value = match (key.as_str(), value) {
                        // Here the names are the document's own.
                        ("properties", Value::Object(properties)) => Value::Object(
                            properties
                                .iter()
                                .map(|(name, property)| (name.clone(), meaning(property)))
                                .collect(),
                        ),
                        ("required" | "enum", Value::Array(items)) => {
                            let mut items = items.clone();
                            items.sort_by_key(ToString::to_string);
                            Value::Array(items)
                        }
                        _ => meaning(value),
                    };
                    (key.clone(), value)
                })
                .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(meaning).collect()),
        other => other.clone(),
    }
}

/// The variant of `Environment` for a server, from its description.
pub fn environment_name(server: &Value) -> Option<String> {
    let name = server["description"].as_str()?.to_upper_camel_case();
    syn::parse_str::<syn::Ident>(&name).is_ok().then_some(name)
}

/// An absolute https URL of a host and perhaps a path, and nothing more.
fn is_https(url: &str) -> bool {
    let uri = url.parse::<http::Uri>();
    uri.is_ok_and(|uri| {
        let host = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        uri.scheme_str() == Some("https") && host && uri.query().is_none() && !url.contains(['#', '{'])
    })
}

/// Where a reference within the document leads, as a JSON pointer.
pub fn target_of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix('#')
}

/// The members of an object; none of anything else.
pub fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// Appends the segments to a JSON pointer, escaped as RFC 6901 asks.
pub fn pointer(base: &str, segments: &[&str]) -> String {
    let escaped = segments.iter().map(|segment| segment.replace('~', "~0").replace('/', "~1"));
    escaped.fold(base.to_owned(), |pointer, segment| pointer + "/" + &segment)
}
