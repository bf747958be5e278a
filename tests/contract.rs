//! Holds the crate against Paynet's document as published: what the document
//! says, the code does, and what the code relies on, the document says.

use std::collections::{BTreeMap, BTreeSet};

use paypos::{
    Client, Environment, ErrorKind, Outcome, Session, SessionKey, simulator::Simulator,
    types::InitReversalRequest,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const DOCUMENT: &str = include_str!("../openapi/refund-cancel.json");
const PUBLISHED_SHA256: &str = "5afc793f7451178a78a4d4af1e44ff8ea459e915e8210c76a31b95fad945e154";

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

/// The document's operations: by the name that the last segment of the path is, method and path.
fn operations() -> BTreeMap<String, (String, String)> {
    let document = document();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
        {
            let given = operation["operationId"].as_str();
            let name = given.unwrap_or(path.rsplit('/').next().unwrap());
            operations.insert(name.to_owned(), (method.to_uppercase(), path.clone()));
        }
    }
    operations
}

/// Removes the white space between the tokens of a JSON text, and nothing else.
fn compact(text: &str) -> String {
    let mut compact = String::new();
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string || !c.is_ascii_whitespace() {
            compact.push(c);
        }
        match c {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && c == '\\' && !escaped;
    }
    compact
}

#[test]
fn the_stored_document_is_the_published_one_byte_for_byte() {
    let digest = Sha256::digest(compact(DOCUMENT));
    assert_eq!(format!("{:x}", bytes::Bytes::copy_from_slice(&digest)), PUBLISHED_SHA256);
    assert!(
        include_str!("../openapi/README.md").contains(PUBLISHED_SHA256),
        "openapi/README.md states another hash"
    );
}

#[test]
fn the_operations_of_the_document_are_the_methods_of_session() {
    let source: syn::File = syn::parse_str(include_str!("../src/session.rs")).unwrap();
    let methods: BTreeSet<String> = source
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
            _ => None,
        })
        .filter(|block| matches!(&*block.self_ty, syn::Type::Path(ty) if ty.path.is_ident("Session")))
        .flat_map(|block| &block.items)
        .filter_map(|item| match item {
            syn::ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method.sig.ident.to_string()),
            _ => None,
        })
        .collect();
    let operations: BTreeSet<String> = operations().into_keys().collect();
    let missing = operations
        .difference(&methods)
        .map(|name| format!("the document has `{name}`; add `Session::{name}`"));
    let extra = methods
        .difference(&operations)
        .map(|name| format!("the document has no `{name}`; remove `Session::{name}`"));
    assert_eq!(missing.chain(extra).collect::<Vec<_>>(), [] as [String; 0]);
}

/// A simulator, which judges by the published document, and a session on it.
async fn simulated() -> (Simulator, Session) {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
    let session = client.session(simulator.issue_session());
    (simulator, session)
}

#[tokio::test]
async fn each_request_conforms_to_the_document() {
    let (simulator, session) = simulated().await;
    let minimal = InitReversalRequest::new(simulator.add_transaction());
    let full = InitReversalRequest::new(simulator.add_transaction())
        .reference_no("ORDER-1042 \"ş\" \u{2028} \u{0}")
        .callback_url("myshop://paypos/done");
    for request in [minimal, full] {
        session.init_reversal_transaction(request).await.unwrap();
    }

    let requests = simulator.requests();
    assert_eq!(requests.len(), 2);
    let (method, path) = &operations()["init_reversal_transaction"];
    for request in &requests {
        assert_eq!((request.method(), request.path()), (method.as_str(), path.as_str()));
    }
    let bodies: Vec<Value> =
        requests.iter().map(|request| serde_json::from_slice(request.body()).unwrap()).collect();
    assert_eq!(
        bodies[0],
        json!({ "xact_id": "simulated-transaction-2" }),
        "what is not set is absent, not null"
    );
    assert_eq!(
        bodies[1],
        json!({
            "xact_id": "simulated-transaction-3",
            "reference_no": "ORDER-1042 \"ş\" \u{2028} \u{0}",
            "callback_url": "myshop://paypos/done",
        })
    );
}

#[tokio::test]
async fn a_request_carries_no_header_that_neither_the_document_nor_http_asks_for() {
    let (simulator, session) = simulated().await;
    session.init_reversal_transaction(InitReversalRequest::new(simulator.add_transaction())).await.unwrap();

    let request = simulator.requests().remove(0);
    let names: BTreeSet<&str> = request.header_names().collect();
    let documented = ["session-key", "content-type"];
    let http = ["accept", "content-length", "host", "user-agent"];
    assert_eq!(names, documented.into_iter().chain(http).collect());
    assert_eq!(request.header("session-key"), Some("simulated-session-1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("user-agent"), Some(concat!("paypos/", env!("CARGO_PKG_VERSION"))));
}

/// A server that answers everything alike, and a session on it.
async fn answering(answer: ResponseTemplate) -> (MockServer, Session) {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
    let client = Client::builder(Environment::Sandbox).base_url(server.uri()).build().unwrap();
    let session = client.session(SessionKey::new("a-key").unwrap());
    (server, session)
}

#[tokio::test]
async fn the_documented_success_is_read() {
    let answer = json!({
        "payment_session_id": "ps-1",
        "deeplink_url": "paynet://pay?session=ps-1",
        "encryption_key": "k",
        "object_name": "o",
        "code": 0,
        "message": "m",
    });
    let documented = document()["components"]["schemas"]["InitReversalResponse"]["properties"].clone();
    let documented: Vec<_> = documented.as_object().unwrap().keys().cloned().collect();
    assert_eq!(documented, answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>());

    let (_server, session) = answering(ResponseTemplate::new(200).set_body_json(answer)).await;
    let handoff = session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap();
    assert_eq!(handoff.payment_session_id, "ps-1");
    assert_eq!(handoff.deeplink_url.as_str(), "paynet://pay?session=ps-1");
    assert_eq!(handoff.encryption_key.expose(), "k");
}

#[tokio::test]
async fn the_documented_refusal_is_read() {
    let answer = json!({ "object_name": "o", "code": 1234, "message": "m" });
    let (_server, session) = answering(ResponseTemplate::new(400).set_body_json(answer)).await;
    let error = session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Rejected, Outcome::Rejected));
    assert_eq!(error.operation(), Some("init_reversal_transaction"));
    assert_eq!(error.status(), Some(400));
    assert_eq!(error.object_name(), Some("o"));
    assert_eq!(error.code(), Some(1234));
    assert_eq!(error.vendor_message(), Some("m"));
}

#[test]
fn the_environments_are_the_servers_of_the_document() {
    let document = document();
    let servers: Vec<_> = document["servers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|server| (server["description"].as_str().unwrap(), server["url"].as_str().unwrap()))
        .collect();
    let environments: Vec<_> = Environment::ALL
        .iter()
        .map(|environment| (environment.to_string(), environment.base_url()))
        .collect();
    let environments: Vec<_> = environments.iter().map(|(name, url)| (name.as_str(), *url)).collect();
    assert_eq!(environments, servers);
    // What the crate's own documents name.
    assert_eq!(Environment::Production.base_url(), "https://api.paynet.com.tr");
    assert_eq!(Environment::Sandbox.base_url(), "https://pts-api.paynet.com.tr");
}

#[test]
fn the_document_requires_what_the_constructors_ask_for() {
    let schemas = document()["components"]["schemas"].clone();
    let required: Vec<(&String, &Value)> = schemas
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(name, schema)| Some((name, schema.get("required")?)))
        .collect();
    assert_eq!(required, [(&"InitReversalRequest".to_owned(), &json!(["xact_id"]))]);
}

#[test]
fn the_document_has_the_secrets_that_the_code_redacts_and_no_others() {
    let schemas = document()["components"]["schemas"].clone();
    let mut secrets = BTreeSet::new();
    for (name, schema) in schemas.as_object().unwrap() {
        for property in schema["properties"].as_object().unwrap().keys() {
            if property.ends_with("_key") || property.contains("secret") || property.contains("token") {
                secrets.insert(format!("{name}.{property}"));
            }
        }
    }
    assert_eq!(secrets, BTreeSet::from(["InitReversalResponse.encryption_key".to_owned()]));
}

#[tokio::test]
async fn the_simulators_answers_conform_to_the_document() {
    let (simulator, _) = simulated().await;
    let schemas = document()["components"].clone();
    let valid = |schema: &str, answer: &Value| {
        let root = json!({ "$ref": format!("#/components/schemas/{schema}"), "components": schemas });
        let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&root).unwrap();
        validator.iter_errors(answer).map(|error| error.to_string()).collect::<Vec<_>>()
    };
    let post = |xact_id: &str| {
        paypos::reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post(format!("{}/v1/softpos/init_reversal_transaction", simulator.url()))
            .header("Session-Key", "simulated-session-1")
            .header("content-type", "application/json")
            .body(json!({ "xact_id": xact_id }).to_string())
            .send()
    };
    let success = post(&simulator.add_transaction()).await.unwrap();
    assert_eq!(success.status(), 200);
    let success: Value = serde_json::from_slice(&success.bytes().await.unwrap()).unwrap();
    assert_eq!(valid("InitReversalResponse", &success), [] as [String; 0]);
    assert_ne!(
        valid("InitReversalResponse", &json!({ "code": "text" })),
        [] as [String; 0],
        "the check can fail"
    );

    let refusal = post("unknown").await.unwrap();
    assert_eq!(refusal.status(), 400);
    let refusal: Value = serde_json::from_slice(&refusal.bytes().await.unwrap()).unwrap();
    assert_eq!(valid("ErrorResponse", &refusal), [] as [String; 0]);
}
