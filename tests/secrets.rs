//! No secret and no text of the server's is ever printed: canaries are planted
//! wherever one can be, and searched for in all that can be printed.

mod support;

use std::sync::{Arc, Mutex};

use paypos::{
    Client, Decimal, Environment, Session, SessionKey,
    simulator::{Fault, Simulator},
    types::{InitReversalRequest, InitSaleRequest, LogoutRequest},
};
use serde_json::{Value, json};
use support::{
    canary::{
        ENCRYPTION_KEY, HEADER, KEY, Log, SECRET_KEY, TEXT, assert_clean, assert_debug_is_clean, printed,
    },
    client,
    operations::{self, Operation},
    read_request, request, serve, success, write,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

fn keyed(client: &Client) -> Session {
    client.session(SessionKey::new(KEY).unwrap())
}

/// Each answer that can go wrong, and one that does not, with server text and headers planted in it.
fn answers(operation: &Operation) -> Vec<ResponseTemplate> {
    let refusal = json!({ "object_name": TEXT, "code": 7, "message": TEXT });
    let mut answers: Vec<_> = [301, 400, 401, 403, 404, 408, 429, 500, 503]
        .map(|status| ResponseTemplate::new(status).set_body_json(&refusal).insert_header("location", TEXT))
        .into();
    let success = (operation.success)();
    let mut bodies = vec![success.clone(), refusal];
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
            bodies.push(body);
        }
    }
    answers.extend(bodies.into_iter().map(|body| ResponseTemplate::new(200).set_body_json(body)));
    for body in [
        TEXT.to_owned(),
        format!("\"{TEXT}\""),
        format!("[\"{TEXT}\"]"),
        format!("{{\"{TEXT}\": {TEXT}}}"),
        format!("{{\"deeplink_url\": \"{TEXT}"),
        format!("{{\"encryption_key\": \"{ENCRYPTION_KEY}\", \"encryption_key\": \"{ENCRYPTION_KEY}\"}}"),
        format!("{{\"session_key\": \"{KEY} {SECRET_KEY}\"}}"),
        format!("<html>{TEXT}</html>"),
    ] {
        answers.push(ResponseTemplate::new(200).set_body_raw(body, "application/json"));
    }
    answers
        .into_iter()
        .map(|answer| answer.insert_header("x-canary", HEADER).insert_header("set-cookie", HEADER))
        .collect()
}

#[tokio::test]
async fn no_error_no_answer_and_no_log_shows_what_was_sent_or_answered() {
    Log::captured();
    for operation in operations::ALL {
        let (mut successes, mut refusals) = (0, 0);
        for answer in answers(operation) {
            let server = MockServer::start().await;
            Mock::given(matchers::any()).respond_with(answer.clone()).mount(&server).await;
            let over_http2 = Client::builder(Environment::Sandbox)
                .base_url(server.uri())
                .http(paypos::reqwest::ClientBuilder::http2_prior_knowledge)
                .build()
                .unwrap();
            for (client, call) in [(client(&server.uri()), operation.full), (over_http2, operation.minimal)] {
                match call(&client).await {
                    Ok(shown) => {
                        successes += 1;
                        assert_clean(&shown);
                    }
                    Err(error) => {
                        if error.code() == Some(7) {
                            refusals += 1;
                            assert_eq!(error.vendor_message(), Some(TEXT), "planted");
                            assert_eq!(error.object_name(), Some(TEXT), "planted");
                        }
                        assert_clean(&printed(&error));
                    }
                }
            }
            let received = server.received_requests().await.unwrap();
            assert_eq!(received.len(), 2);
            let planted = |request: &wiremock::Request| {
                let header = |name| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
                header("session-key").as_deref() == Some(KEY)
                    || header("authorization") == Some(format!("Basic {SECRET_KEY}"))
            };
            assert!(received.iter().all(planted), "planted");
        }
        assert!(successes >= 2 && refusals >= 2 * 9, "{}: {successes}, {refusals}", operation.name);
    }
    let log = Log::text();
    for operation in operations::ALL {
        assert!(log.contains(&format!("operation=\"{}\"", operation.name)), "captured");
    }
    assert!(
        log.contains("hyper_util::client") && log.contains("h2::codec"),
        "the libraries below are captured"
    );
    let below = log.lines().find(|line| line.contains("hyper_util::client") && line.contains("paypos{"));
    assert!(below.is_some(), "they log within the span of the call");
    assert_clean(&log);
}

#[tokio::test]
async fn a_failing_connection_shows_nothing_either() {
    Log::captured();
    let mut session = None;
    for bytes in [
        String::new(),
        TEXT.to_owned(),
        format!("HTTP/1.1 {TEXT}\r\n\r\n"),
        format!(
            "HTTP/1.1 200 {TEXT}\r\nx-canary: {HEADER}\r\ncontent-length: 1000\r\n\r\n{{\"message\": \"{TEXT}"
        ),
        format!("HTTP/1.1 200 OK\r\n{TEXT}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {TEXT}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{TEXT}\r\n"),
        format!("HTTP/1.1 101 {TEXT}\r\nupgrade: {TEXT}\r\nconnection: upgrade\r\n\r\n{TEXT}"),
    ] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let planted = Arc::clone(&seen);
        let (url, _) = serve(move |mut stream| {
            let (planted, bytes) = (Arc::clone(&planted), bytes.clone());
            async move {
                let request = read_request(&mut stream).await;
                planted.lock().unwrap().extend(request);
                write(&mut stream, bytes).await;
            }
        })
        .await;
        let now = keyed(&client(&url));
        let error = now.init_reversal_transaction(request()).await.unwrap_err();
        assert!(String::from_utf8_lossy(&seen.lock().unwrap()).contains(KEY), "planted");
        assert_clean(&printed(&error));
        session = Some(now);
    }
    assert_debug_is_clean(&session);
    assert_clean(&Log::text());
}

#[tokio::test]
async fn a_handoff_and_what_holds_secrets_print_none_of_them() {
    let server = MockServer::start().await;
    let mut answer = success();
    answer["encryption_key"] = json!(ENCRYPTION_KEY);
    answer["payment_session_id"] = json!(TEXT);
    answer["deeplink_url"] = json!(format!("paynet://{TEXT}"));
    Mock::given(matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    let client = client(&server.uri());
    let session = keyed(&client);
    let handoff = session.init_reversal_transaction(request()).await.unwrap();

    assert_eq!(handoff.encryption_key.expose(), ENCRYPTION_KEY, "planted");
    assert_eq!(handoff.payment_session_id, TEXT, "planted");
    assert!(handoff.deeplink_url.as_str().contains(TEXT), "planted");
    assert_eq!(format!("{handoff:?}"), "Handoff { .. }");
    assert_debug_is_clean(&handoff.encryption_key);
    assert_debug_is_clean(&SessionKey::new(KEY).unwrap());
    assert_debug_is_clean(&session);
    assert_debug_is_clean(&client);
    assert_debug_is_clean(&Client::builder(Environment::Sandbox).base_url(format!("https://u:{TEXT}@x")));
}

#[tokio::test]
async fn what_holds_secrets_says_in_debug_what_it_is() {
    let builder = Client::builder(Environment::Sandbox);
    assert_eq!(format!("{builder:?}"), "ClientBuilder { environment: Sandbox, .. }");
    let client = client("http://127.0.0.1:1");
    assert_eq!(
        format!("{client:?}"),
        r#"Client { environment: Sandbox, base_url: "http://127.0.0.1:1", .. }"#
    );
    assert_eq!(format!("{:?}", keyed(&client)), "Session { environment: Sandbox, .. }");
    assert_eq!(format!("{:?}", SessionKey::new(KEY).unwrap()), "SessionKey([redacted])");
    assert_eq!(format!("{:?}", paypos::Secret::from(KEY)), "[redacted]");
    assert_eq!(format!("{:?}", operations::agent(&client)), "Agent { environment: Sandbox, .. }");
    assert_eq!(format!("{:?}", paypos::SecretKey::new(SECRET_KEY).unwrap()), "SecretKey([redacted])");
    assert_eq!(format!("{:?}", keyed(&client).wait_for(TEXT)), "Wait { interval: 2s, deadline: 300s, .. }");
}

#[test]
fn a_request_shows_its_numbers_and_none_of_its_texts() {
    let sale = InitSaleRequest::new(Decimal::new(14990, 2)).instalment(3).card_holder_phone(TEXT);
    let shown = format!("{sale:?}");
    assert!(shown.starts_with("InitSaleRequest { ") && shown.ends_with(", .. }"), "{shown}");
    for property in [
        "add_commission: None",
        "amount: 149.90",
        "card_holder_phone: Some([redacted])",
        "instalment: Some(3)",
    ] {
        assert!(shown.contains(&format!(" {property}, ")), "{shown}");
    }
    let shown = format!("{:?}", LogoutRequest::new(KEY));
    assert!(shown.contains(" session_key: [redacted], "), "{shown}");
}

#[tokio::test]
async fn a_base_url_with_a_password_is_refused_without_it() {
    let url = format!("https://{KEY}:{TEXT}@pay.example.com/?{HEADER}#{ENCRYPTION_KEY}");
    let error = Client::builder(Environment::Sandbox).base_url(url).build().unwrap_err();
    assert_clean(&printed(&error));
}

#[tokio::test]
async fn a_refused_session_key_or_request_is_not_quoted() {
    for key in [format!("{KEY} "), format!("{KEY}\n"), KEY.repeat(1000)] {
        assert_clean(&printed(&SessionKey::new(&key).unwrap_err()));
        assert_clean(&printed(&paypos::SecretKey::new(key).unwrap_err()));
    }
    let session = keyed(&client("http://127.0.0.1:1"));
    let error =
        session.init_reversal_transaction(request().callback_url(format!("{TEXT}\0"))).await.unwrap_err();
    assert_clean(&printed(&error));
}

#[tokio::test]
async fn verbose_connections_cannot_be_turned_on() {
    Log::captured();
    let (url, _) = serve(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", success())).await;
    })
    .await;
    let client = Client::builder(Environment::Sandbox)
        .base_url(url)
        .http(|http| http.connection_verbose(true))
        .build()
        .unwrap();
    keyed(&client).init_reversal_transaction(request()).await.unwrap();
    assert_clean(&Log::text());
}

#[tokio::test]
async fn the_simulator_prints_nothing_of_what_it_received() {
    Log::captured();
    let simulator = Simulator::start().await.unwrap();
    let session = client(simulator.url()).session(SessionKey::new(KEY).unwrap());
    simulator.fail_next(Fault::Html);
    let request = InitReversalRequest::new(TEXT).reference_no(HEADER);
    session.init_reversal_transaction(request).await.unwrap_err();

    let issued = simulator.issue_session();
    assert!(!format!("{simulator:?}").contains(issued.expose()));
    let received = simulator.requests();
    assert_eq!(received[0].header("Session-Key"), Some(KEY), "planted");
    let body: Value = serde_json::from_slice(received[0].body()).unwrap();
    assert_eq!((&body["xact_id"], &body["reference_no"]), (&json!(TEXT), &json!(HEADER)), "planted");
    assert_debug_is_clean(&received);
    assert_debug_is_clean(&simulator);
    assert_clean(&Log::text());
}

#[tokio::test]
async fn a_call_is_one_span_that_says_how_it_ended() {
    Log::captured();
    let (url, _) = serve(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, "HTTP/1.1 418 I'm a teapot\r\nconnection: close\r\n\r\n").await;
    })
    .await;
    keyed(&client(&url)).init_reversal_transaction(request()).await.unwrap_err();
    let log = Log::text();
    let closed = log.lines().find(|line| line.contains("status=418") && line.contains("close time")).unwrap();
    for field in [
        "operation=\"init_reversal_transaction\"",
        "environment=Sandbox",
        "kind=Rejected",
        "outcome=Rejected",
        "elapsed_ms=",
    ] {
        assert!(closed.contains(field), "{field}: {closed}");
    }
}

#[tokio::test]
async fn a_dropped_call_is_recorded_as_unknown() {
    Log::captured();
    let (url, _) = serve(|mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let session = keyed(&client(&url));
    let call = tokio::spawn(async move { session.init_reversal_transaction(request()).await });
    tokio::task::yield_now().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let log = Log::text();
    assert!(
        log.lines().any(|line| line.contains("kind=\"Cancelled\"") && line.contains("outcome=\"Unknown\""))
    );
}
