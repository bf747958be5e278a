//! Reads a document as Paynet publishes it, and checks what holds for it as a whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Number, Value, value::RawValue};

use crate::{
    DocumentError,
    json::{entries, items, pointer, target_of},
};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The names of the environments whose servers are known, whatever a document calls them and in which language: many of
/// the vendor's have no description, or a Turkish one.
const ENVIRONMENTS: [(&str, &str); 2] =
    [("https://api.paynet.com.tr", "Production"), ("https://pts-api.paynet.com.tr", "Sandbox")];

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

/// An operation as a document has it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The name of its method, from its path; in joined documents, its `operationId`.
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
        let files =
            Self::files(folder).map_err(|error| unusable(folder, format!("it cannot be read: {error}")))?;
        if files.is_empty() {
            return Err(unusable(folder, "it has no document".to_owned()));
        }
        let read = |file: &PathBuf| {
            let text = fs::read_to_string(file)
                .map_err(|error| unusable(file, format!("it cannot be read: {error}")))?;
            Self::parse(&name.join(file.file_name().unwrap_or_default()).display().to_string(), &text)
        };
        files.iter().map(read).collect()
    }

    /// Returns the documents in a folder, in the order of their names. Hidden files, such as an editor's, are none.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
        let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
        let mut files = paths.collect::<Result<Vec<_>, _>>()?;
        files.retain(|file| {
            let is_hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            file.extension().is_some_and(|extension| extension == "json") && !is_hidden && !file.is_dir()
        });
        files.sort();
        Ok(files)
    }

    /// Reads a document, and checks what holds for it as a whole.
    ///
    /// # Errors
    /// If it is not an OpenAPI 3.0 document with servers, operations, and references that resolve.
    // Guard: pipeline::a_document_that_cannot_be_used_is_refused_in_one_line
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
        document.check_names("", text)?;
        // Another crate of the build may have serde_json keep the order of members, or the text of numbers.
        document.json.sort_all_objects();
        as_floats(&mut document.json);
        document.check_version()?;
        document.check_objects()?;
        document.check_references()?;
        document.check_servers()?;
        document.check_paths()?;
        if document.operations().is_empty() {
            let expected = "expected a path with at least one method, in lower case";
            return Err(document.error("/paths", "it has no operation", expected));
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
    pub(crate) fn file_of(&self, pointer: &str) -> &str {
        let ends = pointer.match_indices('/').map(|(end, _)| end).chain([pointer.len()]);
        let mut places = ends.filter_map(|end| self.origins.get(&pointer[..end]));
        places.next_back().unwrap_or(&self.file)
    }

    /// The operations, by path and method.
    ///
    /// An operation is named as its path is, and never by the `operationId` that Paynet wrote, which is another word on
    /// each page. A method other than POST becomes part of the name, and so does a path parameter at the end: for
    /// example, `GET /orders/{id}` becomes `get_orders_by_id`.
    #[must_use]
    pub fn operations(&self) -> Vec<Place> {
        let mut operations = Vec::new();
        for (path, item) in entries(self.json.get("paths")) {
            for method in METHODS.into_iter().filter(|method| item[method].is_object()) {
                let last = static_segments(path).next_back().unwrap_or_default().to_snake_case();
                let thing = path.rsplit('/').next().and_then(placeholder);
                let own = match thing {
                    Some(thing) => format!("{method}_{last}_by_{}", thing.to_snake_case()),
                    None if method != "post" && item["post"].is_object() => format!("{method}_{last}"),
                    None => last,
                };
                let is_joined = !self.origins.is_empty();
                let joined = item[method]["operationId"].as_str().filter(|_| is_joined).map(str::to_owned);
                operations.push(Place {
                    name: joined.unwrap_or(own),
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
        let servers = items(self.json.get("servers"));
        let server = |server: &Value| Some((environment_name(server)?, server_url(server)?.to_owned()));
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

    /// Refuses an object with two members of one name, of which neither is right, and names that cannot be read.
    fn check_names(&self, place: &str, json: &str) -> Result<(), DocumentError> {
        if json.trim_start().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            let mut items = items.iter().enumerate();
            return items.try_for_each(|(i, item)| self.check_names(&format!("{place}/{i}"), item.get()));
        }
        let Ok(Members(members)) = serde_json::from_str(json) else { return Ok(()) };
        let mut known = BTreeSet::new();
        for (name, value) in &members {
            let place = pointer(place, &[name]);
            let problem = if name.chars().any(is_unseen) {
                "the name has a character that cannot be seen"
            } else if !known.insert(name) {
                "the member is twice in one object"
            } else {
                self.check_names(&place, value.get())?;
                continue;
            };
            return Err(self.error(&place, problem, "expected names of visible characters, each once"));
        }
        Ok(())
    }

    /// Refuses anything but an object where OpenAPI has one, and the generator adds to it.
    // Guard: pipeline::a_document_that_cannot_be_used_is_refused_in_one_line
    fn check_objects(&self) -> Result<(), DocumentError> {
        self.check_object("", &["info"])?;
        self.check_object("", &["components", "*", "*"])?;
        METHODS.iter().try_for_each(|method| {
            self.check_object("", &["paths", "*", method, "requestBody"])?;
            self.check_object("", &["paths", "*", method, "responses", "*"])
        })
    }

    /// Checks a value, and what follows below it; `*` is each member.
    fn check_object(&self, place: &str, below: &[&str]) -> Result<(), DocumentError> {
        let value = self.at(place);
        if value.is_null() {
            return Ok(());
        }
        if !value.is_object() {
            return Err(self.error(place, format!("it is {value}"), "expected an object"));
        }
        match below {
            [] => Ok(()),
            ["*", below @ ..] => entries(Some(value))
                .filter(|(name, _)| !name.starts_with("x-"))
                .try_for_each(|(name, _)| self.check_object(&pointer(place, &[name]), below)),
            [name, below @ ..] => self.check_object(&pointer(place, &[name]), below),
        }
    }

    fn check_version(&self) -> Result<(), DocumentError> {
        const EXPECTED: &str = "expected \"3.0.x\", the only versions that progenitor reads; give the other pages \
                                without this one";
        match &self.json["openapi"] {
            Value::String(version) if version.starts_with("3.0.") => Ok(()),
            Value::Null => Err(self.error("/openapi", "it is not an OpenAPI 3 document", EXPECTED)),
            other => Err(self.error("/openapi", format!("the version is {other}"), EXPECTED)),
        }
    }

    pub(crate) fn check_references(&self) -> Result<(), DocumentError> {
        let mut places = vec![(String::new(), &self.json)];
        while let Some((place, value)) = places.pop() {
            if value.get("$ref").is_some_and(Value::is_string) {
                self.check_reference(&place)?;
            }
            // The names of properties are the document's own.
            let are_names = place.ends_with("/properties");
            for (key, value) in entries(Some(value)) {
                // Values, which may look like anything.
                if are_names || !matches!(key.as_str(), "example" | "examples" | "default" | "enum") {
                    places.push((pointer(&place, &[key]), value));
                }
            }
            for (i, value) in items(Some(value)).enumerate() {
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
                format!("the reference {reference} {problem}"),
                "expected \"#/components/…\", naming a component of this file",
            )
        };
        let mut value = self.at(place);
        for _ in 0..32 {
            if value.get("$ref").is_none() {
                return Ok(());
            }
            let target = target_of(value).filter(|target| target.starts_with("/components/"));
            value = target
                .and_then(|target| self.json.pointer(target))
                .ok_or_else(|| error("does not resolve"))?;
        }
        Err(error("is circular"))
    }

    fn check_servers(&self) -> Result<(), DocumentError> {
        const EXPECTED: &str = "expected a list of {\"url\": \"https://…\", \"description\": the environment's name}; or add the \
             server to `ENVIRONMENTS` in codegen/src/document.rs";
        if items(self.json.get("servers")).next().is_none() {
            return Err(self.error("/servers", "it has no servers", EXPECTED));
        }
        let mut names = BTreeMap::new();
        for (i, server) in items(self.json.get("servers")).enumerate() {
            let place = format!("/servers/{i}");
            if !server["url"].as_str().is_some_and(is_https) {
                let problem = format!("the url is {}", server["url"]);
                return Err(self.error(&format!("{place}/url"), problem, EXPECTED));
            }
            let place = format!("{place}/description");
            let name = environment_name(server).ok_or_else(|| {
                let problem = format!("the description is {}, which yields no name", server["description"]);
                self.error(&place, problem, EXPECTED)
            })?;
            if let Some(other) = names.insert(name.to_lowercase(), i) {
                let problem = format!("duplicate environment name `{name}`; /servers/{other} has it as well");
                return Err(self.error(&place, problem, "expected a different name for each server"));
            }
        }
        Ok(())
    }

    /// A path is joined to the URL of a server, and so must not be more than a path.
    fn check_paths(&self) -> Result<(), DocumentError> {
        let is_plain = |segment: &str| {
            let name = placeholder(segment).unwrap_or(segment);
            let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            !name.is_empty() && name != "." && name != ".." && name.chars().all(is_unreserved)
        };
        for (path, item) in entries(self.json.get("paths")) {
            let place = pointer("/paths", &[path]);
            let segments = path.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
            if !segments.is_some_and(|segments| segments.split('/').all(is_plain))
                || static_segments(path).next().is_none()
            {
                let expected = "expected one such as /v1/softpos/orders/{id}, of letters, digits and `-._~`";
                return Err(self.error(&place, "it is not the path of an operation", expected));
            }
            if !item.is_object() || item.get("$ref").is_some() {
                let expected = "expected an object with the methods of the path";
                return Err(self.error(&place, "it has no methods", expected));
            }
        }
        Ok(())
    }
}

/// The members of an object, in its order, also those that are there twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// Writes each fraction as a float is written.
// Guard: compiles::a_build_script_of_another_crate_with_other_features_of_serde_json_changes_nothing
fn as_floats(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_none() && number.as_u64().is_none() => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *number = float;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(as_floats),
        Value::Object(members) => members.values_mut().for_each(as_floats),
        _ => {}
    }
}

fn server_url(server: &Value) -> Option<&str> {
    Some(server["url"].as_str()?.trim_end_matches('/'))
}

/// The variant of `Environment` for a server: by its URL, if that is known, and else from its description.
fn environment_name(server: &Value) -> Option<String> {
    let url = server_url(server)?;
    if let Some((_, name)) = ENVIRONMENTS.iter().find(|(known, _)| *known == url) {
        return Some((*name).to_owned());
    }
    let name = server["description"].as_str()?.to_upper_camel_case();
    syn::parse_str::<syn::Ident>(&name).is_ok().then_some(name)
}

/// Whether a character is not seen, or changes how others are seen.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The segments of a path that are no placeholders.
pub(crate) fn static_segments(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
}

/// The placeholders of a path.
pub(crate) fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(placeholder)
}

fn placeholder(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Whether it is an absolute https URL of a host and perhaps a path, and nothing more.
fn is_https(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        let host = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        url.is_ascii()
            && uri.scheme_str() == Some("https")
            && host
            && uri.query().is_none()
            && !url.contains(['#', '{'])
    })
}
