//! No secret and no text of the server's is ever printed: canaries are planted
//! wherever one can be, and searched for in all that can be printed.

use paypos::{
    Client, Decimal, Environment, PaymentSession, Secret, SecretKey, SessionKey,
    types::{InitReversalRequest, InitSaleRequest, LogoutRequest},
};
use paypos_simulator::{Fault, Simulator};
use serde_json::{Value, json};

use crate::{
    Fixture, builder, request, session,
    support::{
        canary::{
            ENCRYPTION_KEY, HEADER, KEY, Log, PASSWORD, SECRET_KEY, TEXT, assert_clean,
            assert_debug_is_clean, printed,
        },
        operations::{self, Operation},
        server::{reply_and_keep, response_with},
    },
};

/// Answers that go wrong in each way, and one that does not, with server text and headers planted in them.
fn responses(operation: &Operation) -> Vec<Vec<u8>> {
    let planted = format!("location: {TEXT}\r\nx-canary: {HEADER}\r\nset-cookie: {HEADER}\r\n");
    let refusal = json!({ "object_name": TEXT, "code": 7, "message": TEXT }).to_string();
    let mut responses: Vec<_> = [301, 400, 401, 403, 404, 408, 429, 500, 503]
        .map(|status| response_with(&format!("{status} {TEXT}"), &planted, &refusal))
        .into();
    let success = operation.success();
    let mut bodies = vec![success.to_string(), refusal];
    for property in success.as_object().unwrap().keys() {
        for wrong in [
            json!([TEXT]),
            json!({ TEXT: 1 }),
            json!(format!("{TEXT}\u{0}")),
            json!(17.5),
            json!([{ "amount": TEXT }]),
        ] {
            let mut body = success.clone();
            body[property] = wrong;
            bodies.push(body.to_string());
        }
    }
    bodies.extend([
        TEXT.to_owned(),
        format!("\"{TEXT}\""),
        format!("[\"{TEXT}\"]"),
        format!("{{\"{TEXT}\": {TEXT}}}"),
        format!("{{\"deeplink_url\": \"{TEXT}"),
        format!("{{\"encryption_key\": \"{ENCRYPTION_KEY}\", \"encryption_key\": \"{ENCRYPTION_KEY}\"}}"),
        format!("{{\"session_key\": \"{KEY} {SECRET_KEY}\"}}"),
        format!("<html>{TEXT}</html>"),
    ]);
    responses.extend(bodies.iter().map(|body| response_with("200 OK", &planted, body)));
    responses
}

#[tokio::test]
async fn no_error_response_or_log_shows_what_was_sent_or_received() {
    let fixture = Fixture::plain().await;
    for operation in operations::all() {
        let (mut successes, mut refusals) = (0, 0);
        for response in responses(&operation) {
            fixture.server.next(Box::new(|conn, request| {
                let basic = format!("Basic {SECRET_KEY}");
                let session_key = request.header("session-key");
                assert!(
                    session_key == Some(KEY) || request.header("authorization") == Some(&*basic),
                    "planted"
                );
                reply_and_keep(response)(conn, request)
            }));
            match operation.full(&fixture.client).await {
                Ok(shown) => {
                    successes += 1;
                    assert_clean(&shown);
                }
                Err(error) => {
                    if error.code() == Some(7) {
                        refusals += 1;
                        let texts = (error.server_message(), error.object_name());
                        assert_eq!(texts, (Some(TEXT), Some(TEXT)), "planted");
                    }
                    assert_clean(&printed(&error));
                }
            }
        }
        assert!(successes >= 1 && refusals >= 9, "{}: {successes}, {refusals}", operation.name);
    }
    let log = Log::text();
    for operation in operations::all() {
        assert!(log.contains(&format!("operation=\"{}\"", operation.name)), "captured");
    }
    let below = log.lines().find(|line| line.contains("hyper_util::client") && line.contains("paypos{"));
    assert!(below.is_some(), "the libraries below are captured, within the span of the call");
    assert_clean(&log);
}

#[test]
fn secrets_are_equal_if_all_of_their_text_is() {
    for (one, other, are_equal) in
        [("ab", "ab", true), ("", "", true), ("ab", "ac", false), ("ab", "ba", false), ("ab", "abc", false)]
    {
        assert_eq!(Secret::from(one) == Secret::from(other), are_equal, "{one} {other}");
    }
}

#[tokio::test]
async fn debug_output_shows_no_secrets() {
    let fixture = Fixture::plain().await;
    let handoff = session(&fixture.client).init_reversal_transaction(request()).await.unwrap();
    assert_eq!(handoff.encryption_key.expose(), ENCRYPTION_KEY, "planted");
    // The id is what support asks for.
    assert_eq!(format!("{handoff:?}"), "Handoff { payment_session_id: \"an-encrypted-id\", .. }");
    assert_debug_is_clean(&handoff.encryption_key);

    let client = builder("http://127.0.0.1:1".to_owned()).build().unwrap();
    let session = session(&client);
    assert_debug_is_clean(&builder(format!("https://u:{PASSWORD}@x")));
    let reversal = PaymentSession::reversal("ps-1", TEXT).unwrap().with_reference_no(TEXT).unwrap();
    for (shown, expected) in [
        (
            format!("{:?}", Client::builder(Environment::Sandbox)),
            "ClientBuilder { environment: Sandbox, .. }",
        ),
        (format!("{client:?}"), r#"Client { environment: Sandbox, base_url: "http://127.0.0.1:1", .. }"#),
        (
            format!("{session:?}"),
            r#"Session { client: Client { environment: Sandbox, base_url: "http://127.0.0.1:1", .. }, key: SessionKey([redacted]) }"#,
        ),
        (
            format!("{:?}", operations::agent(&client)),
            r#"Agent { client: Client { environment: Sandbox, base_url: "http://127.0.0.1:1", .. }, key: SecretKey([redacted]) }"#,
        ),
        (format!("{:?}", SessionKey::new(KEY).unwrap()), "SessionKey([redacted])"),
        (format!("{:?}", SecretKey::new(SECRET_KEY).unwrap()), "SecretKey([redacted])"),
        (format!("{:?}", Secret::from(KEY)), "[redacted]"),
        (format!("{reversal:?}"), r#"PaymentSession { id: "ps-1", kind: "reversal", .. }"#),
        (
            format!("{:?}", session.wait_for(PaymentSession::sale("ps-1").unwrap())),
            r#"Wait { payment_session: PaymentSession { id: "ps-1", kind: "sale", .. }, interval: 2s, timeout: 300s, .. }"#,
        ),
    ] {
        assert_eq!(shown, expected);
    }
    // Properties, whatever the documents add to them.
    let request = format!("{:?}", InitReversalRequest::new(TEXT));
    assert!(
        request.contains("xact_id: [redacted], ") && request.contains("reference_no: null, "),
        "{request}"
    );
    let request = format!("{:?}", LogoutRequest::new(KEY));
    assert!(request.contains("session_key: [redacted], "), "{request}");
    let sale = InitSaleRequest::new(Decimal::new(14990, 2)).instalment(3).card_holder_phone(TEXT);
    let shown = format!("{sale:?}");
    for property in
        ["add_commission: null", "amount: 149.90", "card_holder_phone: [redacted]", "instalment: 3"]
    {
        assert!(shown.contains(&format!(" {property}, ")), "{shown}");
    }
}

#[tokio::test]
async fn verbose_connections_cannot_be_turned_on() {
    let fixture = Fixture::configured(|builder| builder.http(|http| http.connection_verbose(true))).await;
    fixture.works(0).await;
    assert_clean(&Log::text());
}

#[tokio::test]
async fn the_simulator_prints_nothing_of_what_it_received() {
    let simulator = Simulator::start().await.unwrap();
    let client = builder(simulator.url().to_owned()).build().unwrap();
    simulator.inject(Fault::html());
    let request = InitReversalRequest::new(TEXT).reference_no(HEADER);
    session(&client).init_reversal_transaction(request).await.unwrap_err();

    let issued = simulator.issue_session();
    assert!(!format!("{simulator:?}").contains(issued.expose()));
    let received = simulator.requests();
    assert_eq!(received[0].header("Session-Key"), Some(KEY), "planted");
    let body: Value = serde_json::from_slice(&received[0].body).unwrap();
    assert_eq!((&body["xact_id"], &body["reference_no"]), (&json!(TEXT), &json!(HEADER)), "planted");
    assert_debug_is_clean(&received);
    assert_debug_is_clean(&simulator);
    assert_clean(&Log::text());
}
