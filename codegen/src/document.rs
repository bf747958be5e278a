//! Reads a document as Paynet publishes it, and joins the documents of all operations.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::DocumentError;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The names of the environments whose servers are known, whatever a document calls them and in which language.
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

/// One operation of a document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The last segment of the path, in snake case.
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
        document.json = match serde_json::from_str(text) {
            Ok(Unique(json)) => json,
            Err(error) if error.is_data() => {
                let expected =
                    "expected names of visible characters, each once, that do not begin with `x-paypos-`";
                return Err(document.error("", error.to_string(), expected));
            }
            Err(error) => return Err(document.error("", format!("it is not JSON: {error}"), EXPECTED)),
        };
        if !document.json.is_object() {
            return Err(document.error("", "it is not a JSON object", EXPECTED));
        }
        // Another crate of the build may have serde_json keep the document's order.
        document.json.sort_all_objects();
        document.check_version()?;
        document.check_references()?;
        document.check_servers()?;
        document.check_paths()?;
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
    pub(crate) fn file_of(&self, pointer: &str) -> &str {
        let is_within = |(place, _): &(&String, &String)| {
            pointer.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.origins.iter().find(is_within).map_or(&self.file, |(_, file)| file)
    }

    /// The operations, by path and method.
    ///
    /// An operation is named as its path is, and never by its `operationId`, which is another word on each page. Its
    /// method is a part of the name beside a POST, and so is the thing, if it is on one: `GET /orders/{id}` is
    /// `get_orders_by_id`.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, item) in entries(self.json.get("paths")) {
            for method in METHODS.into_iter().filter(|method| item[method].is_object()) {
                let last = static_segments(path).next_back().unwrap_or_default().to_snake_case();
                let thing =
                    path.rsplit('/').next().and_then(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
                let own = match thing {
                    Some(thing) => format!("{method}_{last}_by_{}", thing.to_snake_case()),
                    None if method != "post" && item["post"].is_object() => format!("{method}_{last}"),
                    None => last,
                };
                // As the operations of all documents are named together.
                let joined = item[method][NAME].as_str().map(str::to_owned);
                operations.push(Operation {
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
        let servers = self.json["servers"].as_array().into_iter().flatten();
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

    fn check_version(&self) -> Result<(), DocumentError> {
        const EXPECTED: &str = "expected \"3.0.x\", the only versions that progenitor reads; give the other pages \
                                without this one";
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
            // The names of properties are the document's own.
            let are_names = place.ends_with("/properties");
            for (key, value) in entries(Some(value)) {
                // Values, which may look like anything.
                if are_names || !matches!(key.as_str(), "example" | "examples" | "default" | "enum") {
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
        const EXPECTED: &str = "expected a list of {\"url\": \"https://…\", \"description\": the environment's name}; or add the \
             server to `ENVIRONMENTS` in codegen/src/document.rs";
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

    /// A path is joined to the URL of a server, and so must not be more than a path.
    fn check_paths(&self) -> Result<(), DocumentError> {
        let is_plain = |segment: &str| {
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(segment);
            let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            !name.is_empty() && name != "." && name != ".." && name.chars().all(is_unreserved)
        };
        for (path, item) in entries(self.json.get("paths")) {
            let segments = path.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
            if !segments.is_some_and(|segments| segments.split('/').all(is_plain))
                || static_segments(path).next().is_none()
            {
                let expected = "expected one such as /v1/softpos/orders/{id}, of letters, digits and `-._~`";
                return Err(self.error(
                    &pointer("/paths", &[path]),
                    "it is not the path of an operation",
                    expected,
                ));
            }
            if !item.is_object() || item.get("$ref").is_some() {
                let expected = "expected an object with the methods of the path";
                return Err(self.error(&pointer("/paths", &[path]), "it has no methods", expected));
            }
        }
        Ok(())
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
    is_identifier(&name).then_some(name)
}

pub(crate) fn is_identifier(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_ok()
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
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
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

/// JSON in which no object has a member twice: of two that contradict each other, neither is right.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Unique(value))) = map.next_entry::<String, _>()? {
            if name.chars().any(is_unseen) {
                let problem = "it has a member whose name has a character that cannot be seen";
                return Err(de::Error::custom(problem));
            }
            if name.starts_with(OWN) {
                return Err(de::Error::custom(format!(
                    "it has the member `{name}`, which only the generator adds"
                )));
            }
            if members.contains_key(&name) {
                return Err(de::Error::custom(format!("it has the member `{name}` twice in one object")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Unique(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
}

/// Where a reference within the document leads, as a JSON pointer.
pub(crate) fn target_of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix('#')
}

/// What the names of the generator's own extensions begin with.
pub(crate) const OWN: &str = "x-paypos-";

/// The extension that holds the name of an operation among those of all documents.
pub(crate) const NAME: &str = "x-paypos-name";

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

/// The components that a value refers to.
pub(crate) fn references(value: &Value) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut values = vec![value];
    while let Some(value) = values.pop() {
        names.extend(component(value));
        let members = value.as_object().into_iter().flat_map(Map::values);
        values.extend(members.chain(value.as_array().into_iter().flatten()));
    }
    names
}

/// The components that some contain, these included.
pub(crate) fn reach(document: &Document, roots: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut pending: Vec<String> = roots.into_iter().collect();
    while let Some(name) = pending.pop() {
        if !names.contains(&name) {
            let schema = document.at(&pointer("/components/schemas", &[&name]));
            pending.extend(references(schema).into_iter().map(str::to_owned));
            names.insert(name);
        }
    }
    names
}
