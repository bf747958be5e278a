//! Every operation of the documents, for tests that hold for all of them: requests and answers are
//! made from the documents at run time.

use std::{fmt::Debug, path::Path, sync::OnceLock};

use paypos::{Agent, Client, Error, SecretKey, Session, SessionKey};
use paypos_codegen::{Document, corrections, generate, join};
use serde_json::{Map, Value, json};

use super::canary::{ENCRYPTION_KEY, HARD, KEY, SECRET_KEY, TEXT};

/// An operation as the documents have it.
pub struct Operation {
    pub name: String,
    pub method: String,
    pub path: String,
    pub headers: Vec<String>,
    /// Schemas, in which references lead to the components of [`document`].
    pub request: Value,
    pub answer: Value,
}

/// The documents, joined and corrected, with the constraints that they state.
fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
        let mut document = join(&Document::read_all(&folder).unwrap()).unwrap();
        for correction in corrections::all().filter(|correction| correction.name != "drop_constraints") {
            (correction.apply)(&mut document).unwrap();
        }
        document
    })
}

/// The documents as one, as they state it: joined and repaired, and nothing left out.
pub fn stated() -> &'static Value {
    static STATED: OnceLock<Value> = OnceLock::new();
    STATED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
        generate(&Document::read_all(&folder).unwrap()).unwrap().document
    })
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
    document().operations().into_iter().map(|operation| {
        let json = document().json.pointer(&operation.pointer).unwrap();
        let schema = |body: &Value| body["content"]["application/json"]["schema"].clone();
        let headers = json["x-paypos-injected-headers"].as_array().into_iter().flatten();
        Operation {
            name: operation.name,
            method: operation.method.to_uppercase(),
            path: operation.path,
            headers: headers.map(|header| header.as_str().unwrap().to_owned()).collect(),
            request: schema(&json["requestBody"]),
            answer: schema(&json["responses"]["200"]),
        }
    })
}

pub fn named(name: &str) -> Operation {
    all().find(|operation| operation.name == name).unwrap()
}

/// What a schema refers to, or the schema itself.
pub fn resolve(schema: &Value) -> &Value {
    let target = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.map_or(schema, |target| document().json.pointer(target).unwrap())
}

fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A value of a schema, with a canary in each secret and each text; without what is optional, unless asked.
fn value(name: &str, schema: &Value, text: &str, full: bool) -> Value {
    let schema = resolve(schema);
    if let Some(one) =
        schema["enum"].as_array().and_then(|values| values.iter().find(|value| !value.is_null()))
    {
        return one.clone();
    }
    match schema["type"].as_str() {
        Some("object") => {
            let required = required(schema);
            let properties = schema["properties"].as_object().unwrap().iter();
            let properties = properties.filter(|(name, _)| full || required.contains(&name.as_str()));
            let value = |(name, schema): (&String, &Value)| (name.clone(), value(name, schema, text, full));
            Value::Object(properties.map(value).collect::<Map<_, _>>())
        }
        Some("array") => json!([value(name, &schema["items"], text, full)]),
        Some("boolean") => json!(true),
        Some("integer") => json!(3),
        Some("number") => json!(149.5),
        _ if schema["format"] == "password" => {
            json!(if name == "session_key" { KEY } else { ENCRYPTION_KEY })
        }
        // The one property that may be shown.
        _ if name == "payment_session_id" => json!("ps-1"),
        _ if name.ends_with("_url") => json!(format!("paynet://{TEXT}")),
        _ => json!(text),
    }
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

    /// A successful answer with every property.
    pub fn success(&self) -> Value {
        value("", &self.answer, TEXT, true)
    }

    /// The properties without which an answer is unusable: those that the corrected document requires, and
    /// those that the hand-written code reads.
    pub fn needs(&self) -> Vec<&str> {
        const READ: [&str; 4] = ["payment_session_id", "deeplink_url", "encryption_key", "session_key"];
        let schema = resolve(&self.answer);
        let read = READ.into_iter().filter(|property| !schema["properties"][property].is_null());
        read.chain(required(schema)).collect()
    }

    /// Calls it with planted credentials and no more than it requires.
    pub async fn minimal(&self, client: &Client) -> Result<String, Error> {
        self.call(client, value("", &self.request, TEXT, false)).await
    }

    /// Calls it with every property.
    pub async fn full(&self, client: &Client) -> Result<String, Error> {
        self.call(client, value("", &self.request, HARD, true)).await
    }

    /// Calls it; returns the answer as `Debug` shows it.
    async fn call(&self, client: &Client, request: Value) -> Result<String, Error> {
        fn shown<T: Debug>(result: Result<T, Error>) -> Result<String, Error> {
            result.map(|answer| format!("{answer:?} {answer:#?}"))
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
