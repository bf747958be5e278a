//! Holds the crate against Paynet's documents as published: what the documents
//! say, the code does, and what the code relies on, the documents say.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use heck::ToSnakeCase;
use paypos::{
    Decimal, Environment, ErrorKind, Outcome,
    simulator::{CODE_BREAKS_THE_DOCUMENT, Simulator},
    types::CheckTransactionRequest,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{
    canary::{KEY, SECRET_KEY},
    client, operations,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const PUBLISHED: &str = include_str!("../openapi/refund-cancel.json");
const PUBLISHED_SHA256: &str = "5afc793f7451178a78a4d4af1e44ff8ea459e915e8210c76a31b95fad945e154";

fn documents() -> Vec<Value> {
    let files = fs::read_dir("openapi").unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap()).collect()
}

/// An operation as its document has it.
struct Documented {
    method: String,
    path: String,
    headers: Vec<Value>,
    /// Schemas, which may refer to the components.
    request: Value,
    answer: Value,
    refusal: Value,
    components: Value,
}

impl Documented {
    fn header_names(&self) -> BTreeSet<String> {
        self.headers.iter().map(|header| header["name"].as_str().unwrap().to_lowercase()).collect()
    }

    fn properties(&self, schema: &Value) -> BTreeMap<String, Value> {
        let properties = self.resolve(schema)["properties"].as_object().unwrap();
        properties.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect()
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components"));
        target.map_or(value, |target| self.components.pointer(target).unwrap())
    }

    /// A value of the schema with every property in it.
    fn example(&self, name: &str, schema: &Value) -> Value {
        let schema = self.resolve(schema);
        match schema["type"].as_str().unwrap() {
            "string" if name.ends_with("_url") => json!("myshop://paypos/done"),
            "string" => json!(format!("some-{name}")),
            "boolean" => json!(true),
            "integer" => json!(7),
            "number" => json!(12.5),
            "array" => json!([self.example(name, &schema["items"])]),
            "object" => {
                let properties = schema["properties"].as_object().unwrap().iter();
                properties.map(|(name, schema)| (name.clone(), self.example(name, schema))).collect()
            }
            other => panic!("{other}"),
        }
    }

    /// What is wrong with a value, by the schema.
    fn breaks(&self, schema: &Value, value: &Value) -> Vec<String> {
        let root = json!({ "allOf": [schema], "components": self.components });
        let validator = jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&root).unwrap();
        validator.iter_errors(value).map(|error| error.to_string()).collect()
    }
}

/// The documents' operations, by the name that the last segment of the path is.
fn documented() -> BTreeMap<String, Documented> {
    let mut operations = BTreeMap::new();
    for document in documents() {
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in
                item.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters")
            {
                let given = operation["operationId"].as_str();
                let name = given.unwrap_or(path.rsplit('/').next().unwrap()).to_owned();
                let body = |value: &Value| value["content"]["application/json"]["schema"].clone();
                let mut documented = Documented {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    headers: Vec::new(),
                    request: body(&operation["requestBody"]),
                    answer: body(&operation["responses"]["200"]),
                    refusal: body(&operation["responses"]["400"]),
                    components: document["components"].clone(),
                };
                let parameters = operation["parameters"].as_array().unwrap();
                documented.headers =
                    parameters.iter().map(|parameter| documented.resolve(parameter).clone()).collect();
                operations.insert(name, documented);
            }
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
    let digest = Sha256::digest(compact(PUBLISHED));
    assert_eq!(format!("{:x}", bytes::Bytes::copy_from_slice(&digest)), PUBLISHED_SHA256);
    assert!(
        include_str!("../openapi/README.md").contains(PUBLISHED_SHA256),
        "openapi/README.md states another hash"
    );
}

/// The asynchronous methods of a type, in its source.
fn methods(source: &str, name: &str) -> BTreeSet<String> {
    let source: syn::File = syn::parse_str(source).unwrap();
    source
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Impl(block) if block.trait_.is_none() => Some(block),
            _ => None,
        })
        .filter(|block| matches!(&*block.self_ty, syn::Type::Path(ty) if ty.path.is_ident(name)))
        .flat_map(|block| &block.items)
        .filter_map(|item| match item {
            syn::ImplItem::Fn(method) if method.sig.asyncness.is_some() => Some(method.sig.ident.to_string()),
            _ => None,
        })
        .map(|method| format!("{name}::{method}"))
        .collect()
}

#[test]
fn the_operations_of_the_documents_are_the_methods_of_agent_and_session() {
    let mut methods = self::methods(include_str!("../src/session.rs"), "Session");
    methods.extend(self::methods(include_str!("../src/agent.rs"), "Agent"));
    // By the credential that the document asks for.
    let documented: BTreeSet<String> = documented()
        .iter()
        .map(|(name, operation)| {
            let agents = operation.header_names().contains("authorization");
            format!("{}::{name}", if agents { "Agent" } else { "Session" })
        })
        .collect();
    let name = |method: &str| method.split("::").nth(1).unwrap().to_owned();
    let missing = documented
        .difference(&methods)
        .map(|method| format!("the documents have `{}`; add `{method}`", name(method)));
    let extra = methods.difference(&documented).map(|method| {
        format!("the documents have no `{}` of that credential; remove `{method}`", name(method))
    });
    assert_eq!(missing.chain(extra).collect::<Vec<_>>(), [] as [String; 0]);

    let tested: BTreeSet<_> = operations::ALL.iter().map(|operation| operation.name.to_owned()).collect();
    let all: BTreeSet<_> = self::documented().into_keys().collect();
    let untested = all.difference(&tested).map(|name| format!("add `{name}` to tests/support/operations.rs"));
    assert_eq!(untested.collect::<Vec<_>>(), [] as [String; 0]);
}

/// Each operation as the tests call it, with its document.
fn operations() -> Vec<(operations::Operation, Documented)> {
    let mut documented = documented();
    let all = operations::ALL.into_iter();
    all.map(|operation| documented.remove(operation.name).map(|it| (operation, it)).unwrap()).collect()
}

#[tokio::test]
async fn each_request_conforms_to_its_document_and_every_property_can_be_sent() {
    let simulator = Simulator::start().await.unwrap();
    let client = client(simulator.url());
    for (operation, documented) in operations() {
        let schema = documented.resolve(&documented.request);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let all: Vec<String> = documented.properties(schema).into_keys().collect();
        for (call, is_full) in [(operation.minimal, false), (operation.full, true)] {
            // The simulator judges by the published document before it looks at the credentials.
            let error = call(&client).await.unwrap_err();
            assert_eq!((error.status(), error.operation()), (Some(400), Some(operation.name)));
            assert_ne!(error.code(), Some(CODE_BREAKS_THE_DOCUMENT), "{:?}", error.vendor_message());
            let request = simulator.requests().pop().unwrap();
            assert_eq!((request.method(), request.path()), (&*documented.method, &*documented.path));
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let sent: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
            assert!(required.iter().all(|name| body.get(name.as_str().unwrap()).is_some()), "{sent:?}");
            assert!(body.as_object().unwrap().values().all(|value| !value.is_null()), "absent, and not null");
            if is_full {
                assert_eq!(sent, all, "{}", operation.name);
            }
        }
    }
}

#[tokio::test]
async fn a_request_carries_no_header_that_neither_the_document_nor_http_asks_for() {
    let simulator = Simulator::start().await.unwrap();
    let client = client(simulator.url());
    for (operation, documented) in operations() {
        (operation.minimal)(&client).await.unwrap_err();
        let request = simulator.requests().pop().unwrap();
        let names: BTreeSet<String> = request.header_names().map(str::to_owned).collect();
        let mut expected = documented.header_names();
        expected.extend(["accept", "content-length", "host", "user-agent"].map(str::to_owned));
        assert_eq!(names, expected, "{}", operation.name);
        let basic = format!("Basic {SECRET_KEY}");
        for (name, value) in [
            ("session-key", KEY),
            ("authorization", &basic),
            ("paynetmobile", "2"),
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("user-agent", concat!("paypos/", env!("CARGO_PKG_VERSION"))),
        ] {
            assert_eq!(request.header(name), expected.contains(name).then_some(value), "{name}");
        }
        let mobile = documented.headers.iter().find(|header| header["name"] == "PaynetMobile");
        assert!(mobile.is_none_or(|header| header["schema"]["enum"] == json!(["2"])), "the one value");
    }
}

/// A server that answers everything alike, and a client of it.
async fn answering(answer: ResponseTemplate) -> (MockServer, paypos::Client) {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
    let client = client(&server.uri());
    (server, client)
}

#[tokio::test]
async fn each_documented_success_is_read() {
    for (operation, documented) in operations() {
        let answer = documented.example("answer", &documented.answer);
        assert_eq!(documented.breaks(&documented.answer, &answer), [] as [String; 0], "{}", operation.name);
        let known = documented.properties(&documented.answer).into_keys();
        let planted = (operation.success)();
        assert_eq!(
            known.collect::<Vec<_>>(),
            planted.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        );
        let (_server, client) = answering(ResponseTemplate::new(200).set_body_json(answer)).await;
        (operation.minimal)(&client).await.unwrap();
    }
}

#[tokio::test]
async fn every_documented_property_of_a_transaction_and_of_a_session_is_read() {
    for name in ["check_transaction", "get_auth_key"] {
        let (operation, documented) = operations().into_iter().find(|(it, _)| it.name == name).unwrap();
        let answer = documented.example("answer", &documented.answer);
        let (_server, client) = answering(ResponseTemplate::new(200).set_body_json(&answer)).await;
        let shown = (operation.minimal)(&client).await.unwrap();
        let properties = answer["Data"][0].as_object().or(answer.as_object()).unwrap();
        assert!(properties.len() > 9);
        for property in properties.keys() {
            let field = property.to_snake_case();
            assert!(shown.contains(&format!(" {field}: Some(")), "{property}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_transaction_has_the_values_that_were_answered() {
    let answer = r#"{"Data": [{"xact_id": "x", "comission": 1.10, "netAmount": "148.80", "amount": 149.90,
        "ratio": 9007199254740993.010, "is_succeed": true, "instalment": 3, "card_holder": "C", "new": {"a": [1]}}]}"#;
    let (_server, client) =
        answering(ResponseTemplate::new(200).set_body_raw(answer, "application/json")).await;
    let request = CheckTransactionRequest::new("ps-1");
    let answer = operations::session(&client).check_transaction(request).await.unwrap();
    let [transaction] = answer.data.as_slice() else { panic!("one") };
    let digits = |value: &Option<Decimal>| value.map(|value| value.to_string());
    assert_eq!(digits(&transaction.amount).as_deref(), Some("149.90"));
    assert_eq!(digits(&transaction.net_amount).as_deref(), Some("148.80"));
    assert_eq!(digits(&transaction.comission).as_deref(), Some("1.10"));
    assert_eq!(digits(&transaction.ratio).as_deref(), Some("9007199254740993.010"));
    assert_eq!(digits(&transaction.comission_tax), None);
    assert_eq!((transaction.xact_id.as_deref(), transaction.card_holder.as_deref()), (Some("x"), Some("C")));
    assert_eq!((transaction.is_succeed, transaction.instalment), (Some(true), Some(3)));
}

#[tokio::test]
async fn each_documented_refusal_is_read() {
    for (operation, documented) in operations() {
        let answer = json!({ "object_name": "o", "code": 1234, "message": "m" });
        assert_eq!(documented.breaks(&documented.refusal, &answer), [] as [String; 0]);
        assert!(documented.properties(&documented.refusal).keys().eq(["code", "message", "object_name"]));
        let (_server, client) = answering(ResponseTemplate::new(400).set_body_json(answer)).await;
        let error = (operation.minimal)(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Rejected, Outcome::Rejected));
        assert_eq!((error.operation(), error.status()), (Some(operation.name), Some(400)));
        assert_eq!(
            (error.object_name(), error.code(), error.vendor_message()),
            (Some("o"), Some(1234), Some("m"))
        );
    }
}

#[test]
fn the_environments_are_the_servers_of_the_documents() {
    for document in documents() {
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
    }
    // What the crate's own texts name.
    assert_eq!(Environment::Production.base_url(), "https://api.paynet.com.tr");
    assert_eq!(Environment::Sandbox.base_url(), "https://pts-api.paynet.com.tr");
}

#[test]
fn the_documents_require_what_the_constructors_ask_for() {
    let required: BTreeMap<String, Value> = operations()
        .into_iter()
        .filter_map(|(operation, documented)| {
            let required = documented.resolve(&documented.request).get("required")?.clone();
            Some((operation.name.to_owned(), required))
        })
        .collect();
    let expected = json!({
        "check_transaction": ["payment_session_id"],
        "get_auth_key": ["agent_id", "user_id"],
        "init_reversal_transaction": ["xact_id"],
    });
    assert_eq!(json!(required), expected);
}

#[test]
fn the_documents_have_the_secrets_that_the_code_redacts_and_no_others() {
    let mut secrets = BTreeSet::new();
    for document in documents() {
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            for property in schema["properties"].as_object().unwrap().keys() {
                if property.ends_with("_key") || property.contains("secret") || property.contains("token") {
                    secrets.insert(format!("{name}.{property}"));
                }
            }
        }
    }
    let expected = [
        "AuthResponse.session_key",
        "InitReversalResponse.encryption_key",
        "InitSaleResponse.encryption_key",
        "LogoutRequest.session_key",
    ];
    assert_eq!(secrets, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn the_simulators_answers_conform_to_the_documents() {
    let simulator = Simulator::start().await.unwrap();
    let documented = documented();
    let http = paypos::reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answers = BTreeSet::new();
    let mut call = async |name: &str, credential: (&str, &str), body: Value| {
        let operation = &documented[name];
        let mut request = http.post(format!("{}{}", simulator.url(), operation.path));
        if operation.header_names().contains("paynetmobile") {
            request = request.header("PaynetMobile", "2");
        }
        let request = request.header(credential.0, credential.1).header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let schema = if status == 200 { &operation.answer } else { &operation.refusal };
        assert_eq!(operation.breaks(schema, &answer), [] as [String; 0], "{name} {status}");
        assert_ne!(
            operation.breaks(schema, &json!({ "code": "text" })),
            [] as [String; 0],
            "the check can fail"
        );
        answers.insert((name.to_owned(), status));
        answer
    };
    let _dealer = simulator.add_dealer();
    let dealer = ("authorization", "Basic simulated-secret-key-1");
    let opened = call("get_auth_key", dealer, json!({ "agent_id": "a", "user_id": "u" })).await;
    let key = opened["session_key"].as_str().unwrap().to_owned();
    let session = ("session-key", key.as_str());
    let sale = call("init_sale_transaction", session, json!({ "amount": 149.9 })).await;
    let paid = json!({ "payment_session_id": sale["payment_session_id"] });
    assert_eq!(call("check_transaction", session, paid.clone()).await["Data"], json!([]));
    simulator.phone().approve(sale["payment_session_id"].as_str().unwrap()).unwrap();
    let data = call("check_transaction", session, paid).await["Data"].take();
    assert_eq!((&data[0]["is_succeed"], &data[0]["amount"]), (&json!(true), &json!(149.9)));
    call("init_reversal_transaction", session, json!({ "xact_id": data[0]["xact_id"] })).await;
    call("logout", dealer, json!({ "session_key": key })).await;
    for (name, body) in [
        ("init_sale_transaction", json!({ "amount": 1 })),
        ("init_reversal_transaction", json!({ "xact_id": "x" })),
        ("check_transaction", json!({ "payment_session_id": "x" })),
    ] {
        call(name, session, body).await;
    }
    call("logout", dealer, json!({ "session_key": key })).await;
    call("get_auth_key", ("authorization", "Basic x"), json!({ "agent_id": "a", "user_id": "u" })).await;
    let all: Vec<_> = documented.keys().flat_map(|name| [(name.clone(), 200), (name.clone(), 400)]).collect();
    assert_eq!(answers.into_iter().collect::<Vec<_>>(), all);
}
