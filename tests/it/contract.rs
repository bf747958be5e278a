//! Holds the crate against Paynet's documents as published: the code does what the documents
//! state, and the documents state what the code relies on.

use std::{collections::BTreeSet, fs};

use heck::ToSnakeCase;
use paypos::{
    Decimal, Environment, ErrorKind, Outcome,
    types::{self, CheckTransactionRequest, InitSaleRequest},
};
use paypos_codegen::Ty;
use paypos_simulator::{Simulator, code};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    Fixture,
    support::{
        canary::{ENCRYPTION_KEY, KEY, SECRET_KEY, TEXT},
        operations::{self, Operation, named},
        server::{reply_and_keep, response},
    },
};

/// What is wrong with a value, by a schema of a body that the documents state.
fn violations(operation: &Operation, part: &[&str], value: &Value) -> Vec<String> {
    let document = operations::stated();
    let json = &document["paths"][&operation.template][operation.method.to_lowercase()];
    let body = part.iter().fold(json, |json, key| &json[key]);
    let schema = &body["content"]["application/json"]["schema"];
    let root = json!({ "allOf": [schema], "components": document["components"] });
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.set_default_draft(boon::Draft::V4);
    compiler.add_resource("stated.json", root).unwrap();
    let index = compiler.compile("stated.json", &mut schemas).unwrap();
    schemas.validate(value, index).err().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn each_request_conforms_to_its_document_and_every_property_can_be_sent() {
    let simulator = Simulator::start().await.unwrap();
    let client = crate::builder(simulator.url().to_owned()).build().unwrap();
    for operation in operations::all() {
        for full in [false, true] {
            // The simulator judges by the published document before it looks at the credentials.
            let error = if full { operation.full(&client).await } else { operation.minimal(&client).await }
                .unwrap_err();
            assert!(matches!(error.status(), Some(400 | 401)), "{error:?}");
            assert_eq!(error.operation(), Some(operation.variant()));
            assert_ne!(error.code(), Some(code::VIOLATION), "{:?}", error.server_message());
            let request = simulator.requests().pop().unwrap();
            assert_eq!((&*request.method, &*request.path), (&*operation.method, &*operation.path));
            let Some(ty) = operation.request else {
                assert!(request.body.is_empty(), "{}", operation.name);
                continue;
            };
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let body = body.as_object().unwrap();
            assert!(body.values().all(|value| !value.is_null()), "absent, and not null");
            if full {
                assert!(body.keys().eq(ty.fields.keys()), "{}", operation.name);
            }
        }
    }
}

#[tokio::test]
async fn a_request_carries_no_header_that_neither_the_document_nor_http_requires() {
    let simulator = Simulator::start().await.unwrap();
    let client = crate::builder(simulator.url().to_owned()).build().unwrap();
    for operation in operations::all() {
        operation.minimal(&client).await.unwrap_err();
        let request = simulator.requests().pop().unwrap();
        let names: BTreeSet<String> = request.header_names().map(str::to_owned).collect();
        let mut expected: BTreeSet<_> =
            operation.headers.iter().map(|header| header.to_lowercase()).collect();
        expected.extend(["accept", "accept-encoding", "host", "user-agent"].map(str::to_owned));
        if operation.request.is_some() {
            expected.extend(["content-length", "content-type"].map(str::to_owned));
        }
        assert_eq!(names, expected, "{}", operation.name);
        let basic = format!("Basic {SECRET_KEY}");
        for (name, value) in [
            ("session-key", KEY),
            ("authorization", &basic),
            ("paynetmobile", "2"),
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("accept-encoding", "identity"),
            ("user-agent", concat!("paypos/", env!("CARGO_PKG_VERSION"))),
        ] {
            assert_eq!(request.header(name), expected.contains(name).then_some(value), "{name}");
        }
    }
}

#[tokio::test]
async fn each_documented_response_is_read() {
    let fixture = Fixture::plain().await;
    for operation in operations::all() {
        let success = operation.success();
        assert_eq!(violations(&operation, &["responses", "200"], &success), [] as [String; 0]);
        fixture.server.next(reply_and_keep(response("200 OK", success.to_string())));
        let shown = operation.minimal(&fixture.client).await.unwrap();
        // A handoff shows nothing of itself.
        if !shown.starts_with("Handoff") {
            let properties = success["Data"][0].as_object().or(success.as_object()).unwrap();
            for property in properties.keys() {
                let label = format!(" {}: ", property.to_snake_case());
                let is_read = shown.match_indices(&label).any(|(at, _)| {
                    !["None", "[]", "{}"].iter().any(|no| shown[at + label.len()..].starts_with(no))
                });
                assert!(is_read, "{property}: {shown}");
            }
        }

        let refusal = json!({ "object_name": "o", "code": 1234, "message": "m" });
        assert_eq!(violations(&operation, &["responses", "400"], &refusal), [] as [String; 0]);
        fixture.server.next(reply_and_keep(response("400 Bad Request", refusal.to_string())));
        let error = operation.minimal(&fixture.client).await.unwrap_err();
        // An error of what initiates nothing says nothing of any payment.
        let outcome = if operation.initiates() { Outcome::Rejected } else { Outcome::Unknown };
        crate::assert_is(&error, ErrorKind::Refused, outcome);
        assert_eq!(
            (error.object_name(), error.code(), error.server_message()),
            (Some("o"), Some(1234), Some("m"))
        );
    }
}

#[tokio::test]
async fn an_amount_is_sent_with_the_digits_that_it_has() {
    let simulator = Simulator::start().await.unwrap();
    let client = crate::builder(simulator.url().to_owned()).build().unwrap();
    let session = client.session(simulator.issue_session());
    for amount in ["149.90", "149.9", "0.01", "1", "9007199254740.99", "999999999999999"] {
        let request = InitSaleRequest::new(amount.parse::<Decimal>().unwrap());
        let handoff = session.init_sale_transaction(request).await.unwrap();
        let sent = simulator.requests().pop().unwrap();
        assert_eq!(String::from_utf8_lossy(&sent.body), format!("{{\"amount\":{amount}}}"));
        simulator.phone().approve(handoff.payment_session().id()).unwrap();
        let request = CheckTransactionRequest::new(handoff.payment_session().id().to_owned());
        let response = session.check_transaction(request).await.unwrap();
        assert_eq!(response.data[0].amount.unwrap().to_string(), amount);
    }
}

#[test]
fn a_number_is_read_with_its_digits_or_not_at_all() {
    let amount = |json: &str| {
        let json = format!(r#"{{"amount": {json}}}"#);
        serde_json::from_str::<types::Transaction>(&json).unwrap().amount
    };
    for (json, digits) in [
        ("149.90", "149.90"),
        ("149", "149"),
        ("0", "0"),
        ("-0.10", "-0.10"),
        ("9007199254740993.01", "9007199254740993.01"),
        ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
        ("\"149.90\"", "149.90"),
        ("1.4990e2", "149.90"),
        ("15E-1", "1.5"),
        ("1e3", "1000"),
    ] {
        assert_eq!(amount(json).map(|value| value.to_string()).as_deref(), Some(digits), "{json}");
    }
    for json in [
        "null",
        "true",
        "[1]",
        "{}",
        "\"\"",
        "\" 1\"",
        "\"1 \"",
        "\"1e3 \"",
        "\"1,5\"",
        "\"1_000\"",
        "\"+1\"",
        "\"--1\"",
        "\"- 1\"",
        "\"-\"",
        "\".5\"",
        "\"01\"",
        "\"NaN\"",
        "\"0x10\"",
        "\"\\\"1\\\"\"",
        "79228162514264337593543950336",
        "0.12345678901234567890123456789",
        "0.12345678901234567890123456789e1",
        "1e400",
        "1e-400",
    ] {
        assert_eq!(amount(json), None, "{json}");
    }
}

/// Reads a value from JSON, writes it, and reads it again.
fn stored<T: Serialize + DeserializeOwned>(json: &Value) -> Value {
    let value: T = serde_json::from_str(&json.to_string()).unwrap();
    let written = serde_json::to_string(&value).unwrap();
    let again: T = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
    serde_json::from_str(&written).unwrap()
}

#[test]
fn responses_and_requests_can_be_stored_without_secrets() {
    let check = named("check_transaction").success();
    assert_eq!(stored::<types::CheckTransactionResponse>(&check), check);
    let nothing = json!({ "Data": [] });
    assert_eq!(stored::<types::CheckTransactionResponse>(&nothing), nothing);
    let logout = named("logout").success();
    assert_eq!(stored::<types::LogoutResponse>(&logout), logout);

    let mut session = named("get_auth_key").success();
    assert_eq!(session["session_key"], KEY, "planted");
    let written = stored::<types::AuthResponse>(&session);
    session.as_object_mut().unwrap().remove("session_key");
    assert_eq!(written, session);

    // A request is written as it is sent.
    let logout = json!({ "session_key": ENCRYPTION_KEY });
    assert_eq!(stored::<types::LogoutRequest>(&logout), logout);
    let sale = r#"{"amount":149.90,"description":"x","instalment":3}"#;
    let read: InitSaleRequest = serde_json::from_str(sale).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), sale);
    // An array is not an object; as an item, it is one that cannot be read.
    assert!(serde_json::from_str::<types::CheckTransactionResponse>("[null, []]").is_err());
    let odd: types::CheckTransactionResponse = serde_json::from_str(r#"{"Data": [["x"]]}"#).unwrap();
    assert_eq!(odd.data, [types::Transaction::default()]);
}

#[test]
fn the_environments_are_the_servers_of_the_documents() {
    let environments: BTreeSet<_> =
        Environment::ALL.iter().map(|environment| environment.base_url()).collect();
    let mut stated = BTreeSet::new();
    for entry in fs::read_dir("openapi").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
            let servers = document["servers"].as_array().unwrap().iter();
            stated.extend(
                servers.map(|server| server["url"].as_str().unwrap().trim_end_matches('/').to_owned()),
            );
        }
    }
    assert!(
        environments.iter().copied().eq(stated.iter().map(String::as_str)),
        "{environments:?} {stated:?}"
    );
    // Where money goes, which no document changes unseen.
    for (environment, url) in [
        (Environment::Production, "https://api.paynet.com.tr"),
        (Environment::Sandbox, "https://pts-api.paynet.com.tr"),
    ] {
        assert!(
            environment.base_url() == url,
            "the documents state that {environment} is at {}; confirm it with Paynet through another channel, then \
             change it here and in the README",
            environment.base_url()
        );
    }
}

#[test]
fn properties_with_secret_names_are_redacted() {
    let mut secrets = Vec::new();
    for (name, field) in operations::api().types.values().flat_map(|ty| &ty.fields) {
        let is_secret = name.ends_with("_key") || name.contains("secret") || name.contains("token");
        if is_secret && matches!(field.ty, Ty::Text | Ty::Secret) {
            assert_eq!(field.ty, Ty::Secret, "{name}");
            secrets.push(name.clone());
        }
    }
    assert_eq!(
        secrets.iter().collect::<BTreeSet<_>>(),
        BTreeSet::from([&"encryption_key".into(), &"session_key".into()])
    );
}

#[tokio::test]
async fn the_simulators_responses_conform_to_the_documents() {
    let simulator = Simulator::start().await.unwrap();
    let http = paypos::reqwest::Client::builder().no_proxy().build().unwrap();
    let mut responses = BTreeSet::new();
    let mut call = async |name: &str, credential: (&str, &str), body: Value| {
        let operation = named(name);
        let mut request = http.post(format!("{}{}", simulator.url(), operation.path));
        if operation.headers.iter().any(|header| header == "PaynetMobile") {
            request = request.header("PaynetMobile", "2");
        }
        let request = request.header(credential.0, credential.1).header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        // A credential that is refused has the form of the documented refusal.
        let status = if response.status() == 401 { 400 } else { response.status().as_u16() };
        let response: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let violations = |value| violations(&operation, &["responses", &status.to_string()], value);
        assert_eq!(violations(&response), [] as [String; 0], "{name} {status}");
        assert_ne!(violations(&json!({ "code": TEXT })), [] as [String; 0], "the check can fail");
        responses.insert((name.to_owned(), status));
        response
    };
    let dealer = format!("Basic {}", simulator.secret_key().expose());
    let dealer = ("authorization", dealer.as_str());
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
    let client = crate::builder(simulator.url().to_owned()).build().unwrap();
    for operation in operations::all() {
        let name = &operation.name;
        let seen: Vec<_> = responses.iter().filter(|(of, _)| of == name).map(|(_, status)| *status).collect();
        if seen.is_empty() {
            let refused = operation.minimal(&client).await.unwrap_err();
            assert_eq!(
                refused.code(),
                Some(code::UNSUPPORTED),
                "{name}: support it in src/simulator and here"
            );
        } else {
            assert_eq!(seen, [200, 400], "{name}");
        }
    }
}
