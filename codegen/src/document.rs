//! Reads a document as Paynet publishes it, and joins the documents of all operations.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::{Map, Value, json};

use crate::{DocumentError, normal};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// An OpenAPI document and the name of its file, which every message carries.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file or page, for messages.
    pub file: String,
    /// The document itself.
    pub json: Value,
    /// In joined documents: the file that each operation and component comes from, by JSON pointer.
    pub(crate) origins: BTreeMap<String, String>,
}

/// One operation of a document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `operationId`, or the last segment of the path, in snake case.
    pub name: String,
    /// The path, as the document has it.
    pub path: String,
    /// The HTTP method, in lower case.
    pub method: String,
    /// JSON pointer to the operation.
    pub pointer: String,
}

impl Document {
    /// Reads all documents of a folder, in the order of their names.
    ///
    /// # Errors
    /// If the folder or a document in it cannot be used.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, DocumentError> {
        // By the folder's own name: the generated code includes the files by it.
        let name = Path::new(folder.file_name().unwrap_or_default());
        let unusable = |file: &Path, problem: String| DocumentError {
            file: file.display().to_string(),
            pointer: String::new(),
            problem,
            expected: "expected Paynet's documents there, as UTF-8 files that end in .json".to_owned(),
        };
        let entries =
            fs::read_dir(folder).map_err(|error| unusable(folder, format!("it cannot be read: {error}")))?;
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        if files.is_empty() {
            return Err(unusable(folder, "it has no document".to_owned()));
        }
        let read = |file: &Path| {
            let text = fs::read_to_string(file)
                .map_err(|error| unusable(file, format!("it cannot be read: {error}")))?;
            Self::parse(&name.join(file.file_name().unwrap_or_default()).display().to_string(), &text)
        };
        files.iter().map(|file| read(file)).collect()
    }

    /// Reads a document, and checks what holds for it as a whole.
    ///
    /// # Errors
    /// If it is not an OpenAPI 3.0 document with servers, operations, and references that resolve.
    pub fn parse(file: &str, text: &str) -> Result<Self, DocumentError> {
        const EXPECTED: &str = "expected the OpenAPI block of Paynet's page and nothing around it";
        let mut document = Self { file: file.to_owned(), json: Value::Null, origins: BTreeMap::new() };
        if text.starts_with('\u{feff}') {
            return Err(document.error("", "it begins with a byte order mark", EXPECTED));
        }
        document.json = serde_json::from_str(text)
            .map_err(|error| document.error("", format!("it is not JSON: {error}"), EXPECTED))?;
        if !document.json.is_object() {
            return Err(document.error("", "it is not a JSON object", EXPECTED));
        }
        // Another crate of the build may have serde_json keep the document's order.
        document.json.sort_all_objects();
        document.check_version()?;
        document.check_references()?;
        document.check_servers()?;
        if document.operations().is_empty() {
            return Err(document.error(
                "/paths",
                "it has no operation",
                "expected a path with at least one method, in lower case",
            ));
        }
        Ok(document)
    }

    pub(crate) fn error(
        &self,
        pointer: &str,
        problem: impl Into<String>,
        expected: impl Into<String>,
    ) -> DocumentError {
        DocumentError {
            file: self.file_of(pointer).to_owned(),
            pointer: pointer.to_owned(),
            problem: problem.into(),
            expected: expected.into(),
        }
    }

    /// The file that the operation or component at a JSON pointer comes from.
    #[must_use]
    pub fn file_of(&self, pointer: &str) -> &str {
        let is_within = |(place, _): &(&String, &String)| {
            pointer.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.origins.iter().find(is_within).map_or(&self.file, |(_, file)| file)
    }

    /// The operations, by path and method.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in entries(self.json.get("paths")) {
            for method in METHODS.into_iter().filter(|method| item[method].is_object()) {
                let id = item[method]["operationId"].as_str();
                operations.push(Operation {
                    name: id.or_else(|| path.rsplit('/').next()).unwrap_or_default().to_snake_case(),
                    path: path.clone(),
                    method: method.to_owned(),
                    pointer: pointer("/paths", &[path, method]),
                });
            }
        }
        operations
    }

    /// The environments by name, with their URLs: `servers` of the document.
    #[must_use]
    pub fn servers(&self) -> BTreeMap<String, String> {
        let servers = self.json["servers"].as_array().into_iter().flatten();
        let server = |server: &Value| {
            Some((environment_name(server)?, server["url"].as_str()?.trim_end_matches('/').to_owned()))
        };
        servers.filter_map(server).collect()
    }

    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Follows the references at a JSON pointer to the last.
    pub(crate) fn resolve(&self, pointer: String) -> String {
        match target_of(self.at(&pointer)) {
            Some(target) => self.resolve(target.to_owned()),
            None => pointer,
        }
    }

    fn check_version(&self) -> Result<(), DocumentError> {
        const EXPECTED: &str = "expected \"3.0.x\", the only versions that progenitor reads";
        match &self.json["openapi"] {
            Value::String(version) if version.starts_with("3.0.") => Ok(()),
            Value::Null => Err(self.error("/openapi", "it is not an OpenAPI 3 document", EXPECTED)),
            other => Err(self.error("/openapi", format!("the version is {other}"), EXPECTED)),
        }
    }

    fn check_references(&self) -> Result<(), DocumentError> {
        let mut places = vec![(String::new(), &self.json)];
        while let Some((place, value)) = places.pop() {
            if value.get("$ref").is_some_and(Value::is_string) {
                self.check_reference(&place)?;
            }
            for (key, value) in entries(Some(value)) {
                // Values, which may look like anything.
                if !matches!(key.as_str(), "example" | "examples" | "default" | "enum") {
                    places.push((pointer(&place, &[key]), value));
                }
            }
            for (i, value) in value.as_array().into_iter().flatten().enumerate() {
                places.push((format!("{place}/{i}"), value));
            }
        }
        Ok(())
    }

    fn check_reference(&self, place: &str) -> Result<(), DocumentError> {
        let error = |problem: &str| {
            let reference = &self.at(place)["$ref"];
            self.error(
                &pointer(place, &["$ref"]),
                format!("the reference {reference} leads {problem}"),
                "expected \"#/components/…\", naming something in this file",
            )
        };
        let mut value = self.at(place);
        for _ in 0..32 {
            if value.get("$ref").is_none() {
                return Ok(());
            }
            let found = target_of(value).and_then(|target| self.json.pointer(target));
            value = found.ok_or_else(|| error("nowhere"))?;
        }
        Err(error("back to itself"))
    }

    fn check_servers(&self) -> Result<(), DocumentError> {
        const EXPECTED: &str =
            "expected a list of {\"url\": \"https://…\", \"description\": the environment's name}";
        let servers = self.json["servers"].as_array().map(Vec::as_slice).unwrap_or_default();
        if servers.is_empty() {
            return Err(self.error("/servers", "it has no servers", EXPECTED));
        }
        let mut names = BTreeMap::new();
        for (i, server) in servers.iter().enumerate() {
            let place = format!("/servers/{i}");
            if !server["url"].as_str().is_some_and(is_https) {
                let problem = format!("the url is {}", server["url"]);
                return Err(self.error(&format!("{place}/url"), problem, EXPECTED));
            }
            let place = format!("{place}/description");
            let name = environment_name(server).ok_or_else(|| {
                let problem = format!("the description is {}, which gives no name", server["description"]);
                self.error(&place, problem, EXPECTED)
            })?;
            if let Some(other) = names.insert(name.to_lowercase(), i) {
                return Err(self.error(
                    &place,
                    format!("it gives the name `{name}`, as /servers/{other} does"),
                    "expected a different name for each server",
                ));
            }
        }
        Ok(())
    }
}

/// Joins documents into one, in normal form: operations on the same servers, and components that mean the same.
///
/// # Errors
/// If a document has no normal form, or two contradict each other.
pub fn join(documents: &[Document]) -> Result<Document, DocumentError> {
    let files: Vec<_> = documents.iter().map(|document| document.file.as_str()).collect();
    let mut joined = Document {
        file: files.join(", "),
        json: json!({ "paths": {}, "components": { "schemas": {} } }),
        origins: BTreeMap::new(),
    };
    let mut names = BTreeMap::new();
    for document in documents {
        if document.servers() != documents[0].servers() {
            return Err(document.error(
                "/servers",
                format!("the servers are not those of {}", files[0]),
                "expected the same servers in all documents, as a client has one environment",
            ));
        }
        let normal = normal::normal(document)?;
        for operation in normal.operations() {
            let Operation { name, path, method, pointer } = operation;
            let other = names.insert(name.clone(), (document.file.clone(), pointer.clone()));
            if let Some((file, other)) = other {
                let (problem, expected) = if other == pointer {
                    (
                        format!("{file} has the operation too"),
                        "expected each operation in one document; remove the older of the two",
                    )
                } else {
                    (
                        format!("the operation is named `{name}`, as the one at {other} in {file} is"),
                        "expected a different operationId or last path segment for each operation",
                    )
                };
                return Err(document.error(&pointer, problem, expected));
            }
            joined.json["paths"][path][method] = normal.at(&pointer).clone();
            joined.origins.insert(pointer, document.file.clone());
        }
        for (name, schema) in entries(normal.json.pointer("/components/schemas")) {
            let at = pointer("/components/schemas", &[name]);
            let there = joined.at(&at);
            if !there.is_null() && normal::without_prose(there) != normal::without_prose(schema) {
                return Err(document.error(
                    &at,
                    format!("{} has it as well, and it means something else there", joined.file_of(&at)),
                    "expected the same under the same name; fetch both pages again, as one of them is older",
                ));
            }
            if there.is_null() {
                joined.json["components"]["schemas"][name.as_str()] = schema.clone();
                joined.origins.insert(at, document.file.clone());
            }
        }
        for (key, value) in entries(Some(&normal.json)) {
            if joined.json.get(key).is_none() {
                joined.json[key.as_str()] = value.clone();
            }
        }
    }
    Ok(joined)
}

/// The variant of `Environment` for a server, from its description.
fn environment_name(server: &Value) -> Option<String> {
    let name = server["description"].as_str()?.to_upper_camel_case();
    syn::parse_str::<syn::Ident>(&name).is_ok().then_some(name)
}

/// Whether it is an absolute https URL of a host and perhaps a path, and nothing more.
fn is_https(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        let host = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        uri.scheme_str() == Some("https") && host && uri.query().is_none() && !url.contains(['#', '{'])
    })
}

/// Where a reference within the document leads, as a JSON pointer.
pub(crate) fn target_of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix('#')
}

/// The members of an object; none of anything else.
pub(crate) fn entries(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// Appends segments to a JSON pointer, escaped as RFC 6901 requires.
pub(crate) fn pointer(base: &str, segments: &[&str]) -> String {
    let escaped = segments.iter().map(|segment| segment.replace('~', "~0").replace('/', "~1"));
    escaped.fold(base.to_owned(), |pointer, segment| pointer + "/" + &segment)
}

/// The component that a reference names.
pub(crate) fn component(schema: &Value) -> Option<&str> {
    target_of(schema)?.rsplit('/').next()
}

/// Adds the name of a component, and of each that it contains.
pub(crate) fn reach(document: &Document, name: &str, names: &mut BTreeSet<String>) {
    fn walk(document: &Document, schema: &Value, names: &mut BTreeSet<String>) {
        if let Some(name) = component(schema) {
            return reach(document, name, names);
        }
        let parts = ["items", "additionalProperties"].into_iter().filter_map(|key| schema.get(key));
        let properties = entries(schema.get("properties")).map(|(_, schema)| schema);
        parts.chain(properties).for_each(|part| walk(document, part, names));
    }
    if names.insert(name.to_owned()) {
        walk(document, document.at(&pointer("/components/schemas", &[name])), names);
    }
}
