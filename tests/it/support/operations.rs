//! Every operation of the documents, for tests that hold for all of them: requests and responses are
//! made from the documents at run time.

use std::{fmt::Debug, path::Path, sync::OnceLock};

use paypos::{Agent, Client, Error, SecretKey, Session, SessionKey};
use paypos_codegen::{Api, Document, Field, Generated, Ty, Type, generate};
use serde_json::{Map, Value, json};

use super::canary::{ENCRYPTION_KEY, HARD, KEY, SECRET_KEY, TEXT};

/// A value in a path.
pub const ID: &str = "ps-1";

/// An operation as the documents have it.
pub struct Operation {
    pub name: String,
    pub method: String,
    /// The path, with its placeholders.
    pub template: String,
    /// The path, with [`ID`] in the place of each.
    pub path: String,
    pub headers: Vec<String>,
    /// The types of its bodies.
    pub request: Option<&'static Type>,
    pub response: Option<&'static Type>,
}

fn generated() -> &'static Generated {
    static GENERATED: OnceLock<Generated> = OnceLock::new();
    GENERATED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
        generate(&Document::read_all(&folder).unwrap()).unwrap()
    })
}

/// What callers see of the documents.
pub fn api() -> &'static Api {
    &generated().api
}

/// The documents as one, as they state it: joined and repaired, and nothing left out.
pub fn stated() -> &'static Value {
    &generated().document
}

/// Whether the documents allow `null` for a property of a schema.
pub fn is_nullable(schema: &str, property: &str) -> bool {
    stated()["components"]["schemas"][schema]["properties"][property]["nullable"] == true
}

/// The names of the properties that the documents define for a schema.
pub fn properties(schema: &str) -> Vec<String> {
    let properties = stated()["components"]["schemas"][schema]["properties"].as_object();
    properties.expect("a schema with properties").keys().cloned().collect()
}

pub fn all() -> impl Iterator<Item = Operation> {
    api().operations.iter().map(|(name, operation)| {
        let ty = |body: &Option<String>| body.as_ref().map(|name| &api().types[name]);
        // Without the scheme of its value.
        let header = |header: String| header.split(':').next().unwrap().to_owned();
        Operation {
            name: name.clone(),
            method: operation.method.to_uppercase(),
            template: operation.path.clone(),
            path: filled(&operation.path),
            headers: operation.headers.iter().map(|it| header(it.to_string())).collect(),
            request: ty(&operation.request),
            response: ty(&operation.response),
        }
    })
}

fn filled(path: &str) -> String {
    let segment = |segment| if str::starts_with(segment, '{') { ID } else { segment };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

pub fn named(name: &str) -> Operation {
    all().find(|operation| operation.name == name).unwrap()
}

/// The items of a list.
pub fn items(field: &Field) -> &'static Type {
    let Ty::List(items) = &field.ty else { panic!("{field:?}") };
    let Ty::Object(name) = &**items else { panic!("{field:?}") };
    &api().types[name]
}

/// A value of an object, with a canary in each secret and each text; without what is optional, unless asked.
fn object(ty: &Type, text: &str, full: bool) -> Value {
    let fields = ty.fields.iter().filter(|(_, field)| full || field.required);
    let value = |(name, field): (&String, &Field)| (name.clone(), value(name, &field.ty, text, full));
    Value::Object(fields.map(value).collect::<Map<_, _>>())
}

fn value(name: &str, ty: &Ty, text: &str, full: bool) -> Value {
    match ty {
        Ty::Object(name) => object(&api().types[name], text, full),
        Ty::List(items) => json!([value(name, items, text, full)]),
        Ty::Boolean => json!(true),
        Ty::Integer => json!(3),
        Ty::Number => json!(149.5),
        Ty::Secret => json!(if name == "session_key" { KEY } else { ENCRYPTION_KEY }),
        // The one property that may be shown.
        _ if name == "payment_session_id" => json!(ID),
        _ if name.ends_with("_url") => json!(format!("paynet://{TEXT}")),
        _ => one_of(name).unwrap_or_else(|| json!(text)),
    }
}

/// One of the values that the documents allow for a property, if they name them.
fn one_of(property: &str) -> Option<Value> {
    let schemas = stated()["components"]["schemas"].as_object()?.values();
    let mut values = schemas.map(|schema| &schema["properties"][property]["enum"]);
    values.find_map(|values| values.as_array()?.iter().find(|value| !value.is_null()).cloned())
}

impl Operation {
    /// The library's own value of it.
    pub fn variant(&self) -> paypos::Operation {
        let mut all = paypos::Operation::ALL.iter().copied();
        all.find(|operation| operation.as_str() == self.name).unwrap()
    }

    /// Whether it initiates a sale or a reversal.
    pub fn initiates(&self) -> bool {
        self.name.starts_with("init_")
    }

    /// A successful response with every property.
    pub fn success(&self) -> Value {
        self.response.map_or_else(|| json!({}), |response| object(response, TEXT, true))
    }

    /// The properties without which a response is unusable.
    pub fn needs(&self) -> Vec<&str> {
        let fields = self.response.into_iter().flat_map(|response| &response.fields);
        let needed = fields.filter(|(name, field)| field.required || *name == "session_key");
        needed.map(|(name, _)| name.as_str()).collect()
    }

    /// Calls it with planted credentials and no more than it requires.
    pub async fn minimal(&self, client: &Client) -> Result<String, Error> {
        self.call(client, self.body(TEXT, false)).await
    }

    /// Calls it with every property.
    pub async fn full(&self, client: &Client) -> Result<String, Error> {
        self.call(client, self.body(HARD, true)).await
    }

    fn body(&self, text: &str, full: bool) -> Value {
        self.request.map_or_else(|| json!({}), |request| object(request, text, full))
    }

    /// Calls it; returns the response as `Debug` shows it.
    async fn call(&self, client: &Client, request: Value) -> Result<String, Error> {
        fn shown<T: Debug>(result: Result<T, Error>) -> Result<String, Error> {
            result.map(|response| format!("{response:?} {response:#?}"))
        }
        macro_rules! call {
            ($owner:expr, $method:ident) => {
                shown($owner.$method(serde_json::from_str(&request.to_string()).unwrap()).await)
            };
        }
        match self.name.as_str() {
            "check_transaction" => call!(session(client), check_transaction),
            "get_auth_key" => call!(agent(client), get_auth_key),
            "init_reversal_transaction" => call!(session(client), init_reversal_transaction),
            "init_sale_transaction" => call!(session(client), init_sale_transaction),
            "logout" => call!(agent(client), logout),
            name => {
                let agents = self.headers.iter().any(|header| header == "Authorization");
                let owner = if agents { "Agent" } else { "Session" };
                panic!("the documents have `{name}`; add `{owner}::{name}`, and call it here")
            }
        }
    }
}

pub fn agent(client: &Client) -> Agent {
    client.agent(SecretKey::new(SECRET_KEY).unwrap())
}

pub fn session(client: &Client) -> Session {
    client.session(SessionKey::new(KEY).unwrap())
}
