//! Validates requests against what the documents state, constraints included.

use std::sync::OnceLock;

use boon::{Compiler, Draft, ErrorKind, SchemaIndex, Schemas, ValidationError};
use http::StatusCode;
use paypos::{DOCUMENT, Decimal};
use serde_json::{Map, Value, json};

use crate::{ReceivedRequest, masked::masked_path, read};

/// The operations that the documents describe.
pub(crate) struct Conformance(Vec<Operation>);

/// One operation, ready to validate requests against.
struct Operation {
    path: String,
    method: String,
    headers: Vec<Header>,
    body: Option<Body>,
}

struct Header {
    name: String,
    required: bool,
    /// It is that of a security scheme.
    is_credential: bool,
    schema: Validator,
}

struct Body {
    required: bool,
    content: Vec<(String, Validator)>,
}

/// A schema, compiled.
struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

/// The violations of a request, without values.
#[derive(Debug)]
pub(crate) struct Violations {
    /// HTTP status of the response.
    pub(crate) status: StatusCode,
    /// Value of `Allow` for a wrong method.
    pub(crate) allow: Option<String>,
    pub(crate) texts: Vec<String>,
}

impl Violations {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, allow: None, texts: vec![text.into()] }
    }

    pub(crate) fn of_the_body(text: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }
}

impl Conformance {
    /// Returns what Paynet's documents state; their schemas are compiled once for a process.
    pub(crate) fn to_the_documents() -> Result<&'static Self, String> {
        static CONFORMANCE: OnceLock<Result<Conformance, String>> = OnceLock::new();
        CONFORMANCE.get_or_init(Self::new).as_ref().map_err(String::clone)
    }

    fn new() -> Result<Self, String> {
        let mut operations = Vec::new();
        let mut document: Value = serde_json::from_str(DOCUMENT).map_err(|error| error.to_string())?;
        spell_out_nullable(&mut document);
        for (path, item) in members(&document["paths"]) {
            for (method, operation) in members(item) {
                operations.push(Operation::read(&document, path, method, operation)?);
            }
        }
        Ok(Self(operations))
    }

    /// Returns the path of the request's operation, or all violations of the documents.
    pub(crate) fn validate(&self, request: &ReceivedRequest) -> Result<&str, Violations> {
        let at_path: Vec<_> = self.0.iter().filter(|operation| operation.is_at(&request.path)).collect();
        let path = masked_path(&request.path);
        if at_path.is_empty() {
            let mut text = format!("the documents have no path {path}");
            let near = &request.path.trim_end_matches('/');
            if let Some(near) = self.0.iter().find(|operation| operation.path.eq_ignore_ascii_case(near)) {
                text = format!("{text}, but {}", near.path);
            }
            return Err(Violations::new(StatusCode::NOT_FOUND, text));
        }
        let Some(operation) =
            at_path.iter().find(|operation| operation.method.eq_ignore_ascii_case(&request.method))
        else {
            let mut text = format!("the documents have no {} for {path}", request.method);
            if request.method == "OPTIONS" && request.header("origin").is_some() {
                text.push_str(
                    ": a page of another origin asks, which is not allowed; Jest and Vitest send this in the \
                     environments `jsdom` and `happy-dom`, and not in `node`",
                );
            }
            let methods: Vec<_> = at_path.iter().map(|operation| operation.method.to_uppercase()).collect();
            return Err(Violations {
                allow: Some(methods.join(", ")),
                ..Violations::new(StatusCode::METHOD_NOT_ALLOWED, text)
            });
        };
        let is_missing = |header: &&Header| header.is_credential && request.header(&header.name).is_none();
        let is_unauthorized = operation.headers.iter().any(|header| is_missing(&header));
        let headers = operation.headers.iter().filter_map(|header| header.validate(request).err());
        let body = operation.body.as_ref().map(|body| body.validate(request)).unwrap_or_default();
        let texts: Vec<_> = headers.chain(body).collect();
        if texts.is_empty() {
            Ok(&operation.path)
        } else {
            let status = if is_unauthorized { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
            Err(Violations { status, allow: None, texts })
        }
    }
}

impl Operation {
    /// Whether it is at a path, with any value in the place of a parameter.
    fn is_at(&self, path: &str) -> bool {
        let (own, other) = (self.path.split('/'), path.split('/'));
        let is_same = |(own, other): (&str, &str)| own == other || own.starts_with('{') && !other.is_empty();
        own.clone().count() == other.clone().count() && own.zip(other).all(is_same)
    }

    fn read(document: &Value, path: &str, method: &str, json: &Value) -> Result<Self, String> {
        let parameters = json["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|parameter| parameter["in"] == "header").cloned();
        let headers = parameters.map(|header| (header, false));
        let headers = headers
            .chain(credentials(document, json).into_iter().map(|header| (header, true)))
            .map(|(header, is_credential)| {
                Ok(Header {
                    name: header["name"].as_str().unwrap_or_default().to_owned(),
                    required: header["required"] == true,
                    is_credential,
                    schema: Validator::new(document, &header["schema"])?,
                })
            })
            .collect::<Result<_, String>>()?;
        let body = &json["requestBody"];
        let content = members(&body["content"])
            .map(|(media_type, content)| {
                Ok((media_type.to_owned(), Validator::new(document, &content["schema"])?))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            path: path.to_owned(),
            method: method.to_owned(),
            headers,
            body: body.is_object().then(|| Body { required: body["required"] == true, content }),
        })
    }
}

/// The headers that the security of an operation requires, as parameters: those of its first alternative.
fn credentials(document: &Value, operation: &Value) -> Vec<Value> {
    let schemes =
        members(&operation["security"][0]).map(|(name, _)| &document["components"]["securitySchemes"][name]);
    let header = |scheme: &Value| {
        let name = match scheme["in"].as_str() {
            Some("header") => scheme["name"].clone(),
            None => json!("Authorization"),
            Some(_) => return None,
        };
        Some(json!({ "name": name, "required": true, "schema": { "type": "string" } }))
    };
    schemes.filter_map(header).collect()
}

impl Header {
    fn validate(&self, request: &ReceivedRequest) -> Result<(), String> {
        let name = &self.name;
        match request.headers.get_all(name).iter().collect::<Vec<_>>().as_slice() {
            [] if self.required => Err(format!("the required header {name} is missing")),
            [] => Ok(()),
            [value] => {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                // A header is text, also where the document defines a number.
                let number = text.parse::<i64>().map(Value::from);
                if number.is_ok_and(|number| self.schema.is_valid(&number))
                    || self.schema.is_valid(&Value::String(text))
                {
                    Ok(())
                } else {
                    Err(format!("the header {name} does not have the documented type"))
                }
            }
            _ => Err(format!("the header {name} is there more than once")),
        }
    }
}

impl Body {
    fn validate(&self, request: &ReceivedRequest) -> Vec<String> {
        if request.body.is_empty() {
            return if self.required { vec!["the required body is missing".to_owned()] } else { Vec::new() };
        }
        if request.headers.get_all("content-type").iter().count() > 1 {
            return vec!["the header Content-Type is there more than once".to_owned()];
        }
        let media_type = request.header("content-type").unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        let documented = self.content.iter().find(|(documented, _)| documented.eq_ignore_ascii_case(essence));
        let Some((_, schema)) = documented else {
            let documented: Vec<_> = self.content.iter().map(|(documented, _)| documented.as_str()).collect();
            return vec![format!(
                "the content type is not a documented one; expected {}",
                documented.join(" or ")
            )];
        };
        let body = match read::json(&request.body, request.header("content-encoding")) {
            Ok(body) => body,
            Err(problem) => return vec![problem],
        };
        let mut broken = schema.violations(&body);
        broken.extend(unlike_the_library(&body));
        broken
    }
}

/// What the documents do not forbid, and the library never sends. A suite in another language would stay green with it
/// until it meets Paynet.
// Guard: control::a_request_that_the_library_never_sends_is_a_violation
fn unlike_the_library(body: &Value) -> impl Iterator<Item = String> {
    members(body).filter_map(|(name, value)| {
        let problem = match value {
            Value::Number(number) if number.is_f64() || name.ends_with("amount") => {
                unlike_an_amount(&number.to_string())
            }
            Value::String(text) => unlike_a_text(name, text),
            _ => None,
        };
        problem.map(|problem| format!("`{name}` {problem}; the library would not send it"))
    })
}

fn unlike_an_amount(digits: &str) -> Option<&'static str> {
    // The ledger refuses what cannot be held, and what is not positive.
    let amount = Decimal::from_str_exact(digits).or_else(|_| Decimal::from_scientific(digits)).ok()?;
    let amount = amount.normalize();
    if amount.scale() > 2 {
        return Some("has more than two decimal places, as a sum of floats may have");
    }
    (amount.mantissa().unsigned_abs() >= 10_u128.pow(15))
        .then_some("has more than 15 digits, which many readers of JSON would round")
}

fn unlike_a_text(name: &str, text: &str) -> Option<&'static str> {
    if name.ends_with("_url") && !paypos::opens_app(text) {
        return Some("is no absolute URL that opens an app");
    }
    let is_id = name.ends_with("_id") || name == "reference_no";
    if is_id && !text.contains(char::is_alphanumeric) {
        return Some("has no letter or digit");
    }
    (name == "xact_id" && text.trim() != text).then_some("begins or ends with a blank")
}

impl Validator {
    /// Compiles a schema, which may refer to the document's components. Patterns that cannot be compiled are dropped.
    fn new(document: &Value, schema: &Value) -> Result<Self, String> {
        let mut root = json!({ "allOf": [schema], "components": document["components"] });
        Self::compile(root.clone()).or_else(|error| {
            tracing::warn!(%error, "a constraint of the documents cannot be used: no pattern is validated");
            drop_patterns(&mut root);
            Self::compile(root)
        })
    }

    fn compile(root: Value) -> Result<Self, String> {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        // OpenAPI 3.0's schemas are an older draft's; its `$ref`s start at the root of the document.
        compiler.set_default_draft(Draft::V4);
        compiler.add_resource("paynet.json", root).map_err(|error| error.to_string())?;
        let index = compiler.compile("paynet.json", &mut schemas).map_err(|error| error.to_string())?;
        Ok(Self { schemas, index })
    }

    fn is_valid(&self, value: &Value) -> bool {
        self.violations(value).is_empty()
    }

    /// What is wrong with a body, and where, without its values.
    fn violations(&self, body: &Value) -> Vec<String> {
        let mut texts = Vec::new();
        if let Err(error) = self.schemas.validate(body, self.index) {
            list(&error, &mut texts);
        }
        texts
    }
}

fn list(error: &ValidationError, texts: &mut Vec<String>) {
    if is_a_rounding(error) {
        return;
    }
    // What is wrong with each of several forms says less than that none fits.
    let is_choice = matches!(error.kind, ErrorKind::AnyOf | ErrorKind::OneOf(_));
    if error.causes.is_empty() || is_choice {
        let at = &error.instance_location;
        texts.push(format!("the body breaks the schema at `{at}`: {}", masked(&error.kind)));
    } else {
        error.causes.iter().for_each(|cause| list(cause, texts));
    }
}

/// Whether it is that boon divides in binary floating point, in which 4.35 is no multiple of 0.01.
// Guard: simulator::every_amount_in_kurus_is_taken
fn is_a_rounding(error: &ValidationError) -> bool {
    match &error.kind {
        ErrorKind::MultipleOf { got, want } => {
            let [got, want] = [got.to_string(), want.to_string()].map(|number| number.parse::<Decimal>());
            matches!((got, want), (Ok(got), Ok(want)) if got.checked_rem(want) == Some(Decimal::ZERO))
        }
        ErrorKind::AnyOf => error.causes.iter().any(is_a_rounding),
        ErrorKind::OneOf(_) => false,
        _ => !error.causes.is_empty() && error.causes.iter().all(is_a_rounding),
    }
}

/// What is wrong, without the value.
fn masked(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Format { want, .. } => format!("want the format {want}"),
        ErrorKind::Pattern { want, .. } => format!("want a text that matches {want}"),
        ErrorKind::Minimum { want, .. } => format!("want {want} or more"),
        ErrorKind::Maximum { want, .. } => format!("want {want} or less"),
        ErrorKind::ExclusiveMinimum { want, .. } => format!("want more than {want}"),
        ErrorKind::ExclusiveMaximum { want, .. } => format!("want less than {want}"),
        ErrorKind::MultipleOf { want, .. } => format!("want a multiple of {want}"),
        ErrorKind::AnyOf | ErrorKind::OneOf(_) => "want one of the documented forms".to_owned(),
        // Names of properties, types, lengths.
        other => other.to_string(),
    }
}

fn drop_patterns(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, value| key != "pattern" || !value.is_string());
            members.values_mut().for_each(drop_patterns);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_patterns),
        _ => {}
    }
}

/// Rewrites OpenAPI's `nullable: true` for JSON Schema, and drops `readOnly` properties from `required`.
fn spell_out_nullable(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(spell_out_nullable);
            let is_read_only = |(_, schema): &(&String, &Value)| schema["readOnly"] == true;
            let properties = members.get("properties").and_then(Value::as_object);
            let read_only: Vec<_> =
                properties.into_iter().flatten().filter(is_read_only).map(|(name, _)| json!(name)).collect();
            if let Some(required) = members.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| !read_only.contains(name));
                if required.is_empty() {
                    members.remove("required");
                }
            }
            if members.get("nullable") == Some(&Value::Bool(true)) {
                members.remove("nullable");
                let whole = Value::Object(std::mem::take(members));
                members.insert("anyOf".to_owned(), json!([whole, { "type": "null" }]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell_out_nullable),
        _ => {}
    }
}

/// Follows a schema's `$ref`, if it has one.
pub(crate) fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}
