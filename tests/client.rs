//! Behaviour of the client against servers on loopback: each kind and outcome,
//! and each guarantee of the transport.

mod support;

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    Client, Decimal, Environment, Error, ErrorKind, Outcome, SecretKey, Session, SessionKey,
    simulator::{Fault, Simulator},
    types::{AuthRequest, CheckTransactionRequest, InitReversalRequest, InitSaleRequest, LogoutRequest},
};
use serde_json::{Value, json};
use support::{PATH, answering, client, read_request, request, serve, session, success, write};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

async fn simulated() -> (Simulator, Session) {
    let simulator = Simulator::start().await.unwrap();
    let session = client(simulator.url()).session(simulator.issue_session());
    (simulator, session)
}

async fn error_of(answer: ResponseTemplate) -> Error {
    let (_server, session) = answering(answer).await;
    session.init_reversal_transaction(request()).await.unwrap_err()
}

#[track_caller]
fn assert_is(error: &Error, kind: ErrorKind, outcome: Outcome) {
    assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{error:?}");
}

#[tokio::test]
async fn a_reversal_is_handed_off() {
    let (simulator, session) = simulated().await;
    let request = InitReversalRequest::new(simulator.add_transaction())
        .reference_no("ORDER-1042")
        .callback_url("myshop://paypos/done");
    let handoff = session.init_reversal_transaction(request).await.unwrap();
    assert!(!handoff.payment_session_id.is_empty());
    assert!(handoff.deeplink_url.as_str().ends_with(&handoff.payment_session_id));
    assert!(!handoff.encryption_key.expose().is_empty());
}

#[tokio::test]
async fn each_status_has_its_kind_and_outcome() {
    use ErrorKind::{BadResponse, RateLimited, Rejected, Server, Timeout, Unauthorized};
    for (status, kind, outcome) in [
        (201, BadResponse, Outcome::Unknown),
        (202, BadResponse, Outcome::Unknown),
        (206, BadResponse, Outcome::Unknown),
        (304, BadResponse, Outcome::Unknown),
        (400, Rejected, Outcome::Rejected),
        (401, Unauthorized, Outcome::Rejected),
        (403, Unauthorized, Outcome::Rejected),
        (404, Rejected, Outcome::Rejected),
        (408, Timeout, Outcome::Unknown),
        (409, Rejected, Outcome::Rejected),
        (422, Rejected, Outcome::Rejected),
        (429, RateLimited, Outcome::Rejected),
        (500, Server, Outcome::Unknown),
        (502, Server, Outcome::Unknown),
        (503, Server, Outcome::Unknown),
        (504, Server, Outcome::Unknown),
        (599, Server, Outcome::Unknown),
        (999, BadResponse, Outcome::Unknown),
    ] {
        let error = error_of(ResponseTemplate::new(status).set_body_json(success())).await;
        assert_is(&error, kind, outcome);
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.operation(), Some("init_reversal_transaction"));
    }
}

#[tokio::test]
async fn a_refusal_with_another_body_than_the_documented_keeps_its_status() {
    for body in ["", "<html>no</html>", "null", "[]", "{\"code\": \"1\"}", "[1, \"m\", \"o\"]", "{\"code\":1"]
    {
        let error = error_of(ResponseTemplate::new(400).set_body_raw(body, "text/html")).await;
        assert_is(&error, ErrorKind::Rejected, Outcome::Rejected);
        assert_eq!((error.status(), error.code(), error.vendor_message()), (Some(400), None, None), "{body}");
    }
}

#[tokio::test]
async fn retry_after_is_read_in_seconds_and_as_a_date() {
    let wait = |value: &'static str| async move {
        let answer = ResponseTemplate::new(429)
            .insert_header("date", "Wed, 21 Oct 2026 07:28:00 GMT")
            .insert_header("retry-after", value);
        error_of(answer).await.retry_after()
    };
    assert_eq!(wait("120").await, Some(Duration::from_mins(2)));
    assert_eq!(wait("Wed, 21 Oct 2026 07:29:30 GMT").await, Some(Duration::from_secs(90)));
    assert_eq!(wait("Wed, 21 Oct 2026 07:00:00 GMT").await, Some(Duration::ZERO));
    assert_eq!(wait("soon").await, None);
    let unavailable = error_of(ResponseTemplate::new(503).insert_header("retry-after", "7")).await;
    assert_eq!(unavailable.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(unavailable.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn a_success_that_lacks_a_field_is_an_error_that_names_it() {
    for property in ["payment_session_id", "deeplink_url", "encryption_key"] {
        let missing = format!("`{property}` is missing from the answer");
        let wrong_type = format!("`{property}` of the answer does not have the type that the document says");
        let empty = format!("`{property}` of the answer is empty");
        for (value, detail) in [
            (None, &missing),
            (Some(Value::Null), &missing),
            (Some(json!("")), &empty),
            (Some(json!("  ")), &empty),
            (Some(json!(4711)), &wrong_type),
            (Some(json!(true)), &wrong_type),
            (Some(json!(["x"])), &wrong_type),
            (Some(json!({ "x": 1 })), &wrong_type),
        ] {
            let mut answer = success();
            match value {
                Some(value) => answer[property] = value,
                None => drop(answer.as_object_mut().unwrap().remove(property)),
            }
            let error = error_of(ResponseTemplate::new(200).set_body_json(&answer)).await;
            assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
            assert_eq!(error.status(), Some(200));
            assert!(error.to_string().contains(detail.as_str()), "{answer}: {error}");
        }
    }
}

#[tokio::test]
async fn a_control_character_is_refused_in_an_id_and_kept_in_a_key() {
    let mut answer = success();
    answer["encryption_key"] = json!("-----BEGIN KEY-----\nabc\n");
    let (_server, session) = answering(ResponseTemplate::new(200).set_body_json(&answer)).await;
    let handoff = session.init_reversal_transaction(request()).await.unwrap();
    assert_eq!(handoff.encryption_key.expose(), "-----BEGIN KEY-----\nabc\n");

    answer["payment_session_id"] = json!("a\u{0}b");
    let error = error_of(ResponseTemplate::new(200).set_body_json(&answer)).await;
    assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
    assert!(
        error.to_string().contains("`payment_session_id` of the answer has a control character"),
        "{error}"
    );
}

#[tokio::test]
async fn functions_for_http_run_one_after_the_other() {
    let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = [Arc::clone(&first), Arc::clone(&second)];
    let [one, two] = counts.map(|count| {
        move |http: paypos::reqwest::ClientBuilder| {
            count.fetch_add(1, Ordering::SeqCst);
            http
        }
    });
    Client::builder(Environment::Sandbox).http(one).http(two).build().unwrap();
    assert_eq!((first.load(Ordering::SeqCst), second.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn a_success_that_carries_the_shape_of_a_refusal_is_an_error_that_keeps_it() {
    let refusal = json!({ "object_name": "o", "code": 17, "message": "m" });
    let error = error_of(ResponseTemplate::new(200).set_body_json(refusal)).await;
    assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
    assert_eq!((error.code(), error.object_name(), error.vendor_message()), (Some(17), Some("o"), Some("m")));
}

#[tokio::test]
async fn a_success_that_is_not_a_json_object_is_an_error() {
    let array = json!([0, "paynet://pay", "key", "m", "o", "ps"]).to_string();
    let twice = format!("{}{}", success(), success());
    let duplicate = r#"{"code": 1, "code": 2}"#.to_owned();
    let not_utf8 = b"{\"message\": \"\xff\"}".to_vec();
    let deep = format!("{{\"x\": {}", "[".repeat(60_000));
    for body in [
        b"".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"17".to_vec(),
        b"<!doctype html>".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{".to_vec(),
        b"{\"code\": 1e400}".to_vec(),
        array.into_bytes(),
        twice.into_bytes(),
        duplicate.into_bytes(),
        not_utf8,
        deep.into_bytes(),
    ] {
        let error = error_of(ResponseTemplate::new(200).set_body_raw(body.clone(), "application/json")).await;
        let body = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
        assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
        assert_eq!(error.status(), Some(200), "{body}");
        let text = error.to_string();
        let says = [
            "the answer is not a JSON object",
            "the answer is not the documented JSON (",
            "has something after",
            "`code` of the answer",
        ];
        assert!(says.iter().any(|says| text.contains(says)), "{body}: {text}");
    }
}

#[tokio::test]
async fn extra_properties_and_another_content_type_do_no_harm() {
    let mut answer = success();
    answer["new"] = json!({ "nested": [1, 2, 3] });
    let answer = ResponseTemplate::new(200).set_body_raw(format!("\n {answer}"), "text/plain");
    let (_server, session) = answering(answer).await;
    assert!(session.init_reversal_transaction(request()).await.is_ok());
}

#[tokio::test]
async fn a_deeplink_that_opens_no_app_is_an_error() {
    for url in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "blob:x",
        "relative",
        "/x",
        " a:b",
        "a:b\tc",
    ] {
        let mut answer = success();
        answer["deeplink_url"] = json!(url);
        let error = error_of(ResponseTemplate::new(200).set_body_json(answer)).await;
        assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
        assert!(error.to_string().contains("deeplink_url"), "{error}");
        assert!(!format!("{error:?} {error}").contains(url), "{error}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed_and_the_key_goes_nowhere_else() {
    let target = MockServer::start().await;
    Mock::given(matchers::any())
        .respond_with(ResponseTemplate::new(200).set_body_json(success()))
        .mount(&target)
        .await;
    for status in [301, 302, 303, 307, 308] {
        for location in [format!("{}{PATH}", target.uri()), "/elsewhere".to_owned()] {
            let answer = ResponseTemplate::new(status).insert_header("location", location);
            let (server, session) = answering(answer).await;
            let error = session.init_reversal_transaction(request()).await.unwrap_err();
            assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
            assert_eq!(error.status(), Some(status));
            assert_eq!(server.received_requests().await.unwrap().len(), 1);
        }
    }
    assert_eq!(target.received_requests().await.unwrap().len(), 0);
}

/// A server over HTTP/2 that reads each request whole and then ends its stream with the reason.
async fn http2_refusing(reason: h2::Reason) -> (String, Arc<AtomicUsize>) {
    let posts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&posts);
    let (url, _) = serve(move |stream| {
        let count = Arc::clone(&count);
        async move {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let count = Arc::clone(&count);
                tokio::spawn(async move {
                    let mut body = request.into_body();
                    while let Some(Ok(data)) = body.data().await {
                        let _ = body.flow_control().release_capacity(data.len());
                    }
                    count.fetch_add(1, Ordering::SeqCst);
                    respond.send_reset(reason);
                });
            }
        }
    })
    .await;
    (url, posts)
}

#[tokio::test]
async fn a_request_is_not_sent_again_where_http2_would_allow_it() {
    let (url, posts) = http2_refusing(h2::Reason::REFUSED_STREAM).await;

    // The same server and reqwest by its defaults: the replay is real.
    let by_default = paypos::reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    by_default.post(format!("{url}{PATH}")).body("{}").send().await.unwrap_err();
    assert!(posts.swap(0, Ordering::SeqCst) > 1, "reqwest replays by default");

    let client =
        Client::builder(Environment::Sandbox)
            .base_url(url)
            .http(|http| {
                // What the crate guarantees cannot be undone here.
                let replay = paypos::reqwest::retry::for_host("127.0.0.1");
                http.http2_prior_knowledge().retry(replay.max_retries_per_request(5).classify_fn(|call| {
                    if call.error().is_some() { call.retryable() } else { call.success() }
                }))
            })
            .build()
            .unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    let error = session.init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::Interrupted, Outcome::Unknown);
    assert_eq!(posts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_body_of_ten_gigabytes_is_refused_when_it_is_declared_and_when_it_is_not() {
    const TEN_GIGABYTES: u64 = 10 << 30;
    let heads = [
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {TEN_GIGABYTES}\r\n\r\n{{"
        ),
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{".to_owned(),
        format!("HTTP/1.1 400 No\r\ncontent-length: {TEN_GIGABYTES}\r\n\r\n{{"),
    ];
    for head in heads {
        let refusal = head.starts_with("HTTP/1.1 400");
        let sent = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&sent);
        let (url, _) = serve(move |mut stream| {
            let (count, head) = (Arc::clone(&count), head.clone());
            async move {
                read_request(&mut stream).await;
                write(&mut stream, head).await;
                let blanks = vec![b' '; 64 * 1024];
                while count.load(Ordering::SeqCst) < TEN_GIGABYTES && write(&mut stream, &blanks).await {
                    count.fetch_add(blanks.len() as u64, Ordering::SeqCst);
                }
            }
        })
        .await;
        let error = session(&url).init_reversal_transaction(request()).await.unwrap_err();
        if refusal {
            assert_is(&error, ErrorKind::Rejected, Outcome::Rejected);
        } else {
            assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
            assert!(error.to_string().contains("larger than 64 KiB"), "{error}");
        }
        // What the sockets' buffers take, and no more.
        assert!(sent.load(Ordering::SeqCst) < 64 << 20, "{} bytes were taken", sent.load(Ordering::SeqCst));
    }
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_not() {
    let padded = |length: usize| {
        let answer = success().to_string();
        let blanks = " ".repeat(length - answer.len());
        ResponseTemplate::new(200).set_body_raw(answer + &blanks, "application/json")
    };
    let (_server, session) = answering(padded(64 * 1024)).await;
    assert!(session.init_reversal_transaction(request()).await.is_ok());
    let error = error_of(padded(64 * 1024 + 1)).await;
    assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
    assert!(error.to_string().contains("larger than 64 KiB"), "{error}");
}

#[tokio::test]
async fn each_fault_of_the_simulator_has_its_kind_and_the_next_call_works() {
    use ErrorKind::{BadResponse, Interrupted, Server};
    let (simulator, session) = simulated().await;
    for (fault, kind) in [
        (Fault::Status { status: 500, body: "{}".to_owned() }, Server),
        (Fault::DropConnection, Interrupted),
        (Fault::TruncateAnswer, Interrupted),
        (Fault::MissingField("encryption_key".to_owned()), BadResponse),
        (Fault::Html, BadResponse),
    ] {
        simulator.fail_next(fault.clone());
        let before = simulator.requests().len();
        let transaction = simulator.add_transaction();
        let error = session
            .init_reversal_transaction(InitReversalRequest::new(&transaction))
            .await
            .expect_err("a fault");
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Unknown), "{fault:?}: {error:?}");
        assert_eq!(simulator.requests().len(), before + 1, "{fault:?}: sent once");
        session.init_reversal_transaction(InitReversalRequest::new(transaction)).await.unwrap();
    }
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder(Environment::Sandbox)
        .base_url(simulator.url())
        .timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    let session = client.session(simulator.issue_session());
    simulator.fail_next(Fault::Delay(Duration::from_hours(1)));
    let error = session
        .init_reversal_transaction(InitReversalRequest::new(simulator.add_transaction()))
        .await
        .unwrap_err();
    assert_is(&error, ErrorKind::Timeout, Outcome::Unknown);
    // The delayed answer keeps no one from stopping.
    simulator.shutdown().await;
}

#[tokio::test]
async fn the_deadline_holds_for_the_body_too() {
    let (url, _) = serve(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"code\":").await;
        std::future::pending::<()>().await;
    })
    .await;
    let client = Client::builder(Environment::Sandbox)
        .base_url(url)
        .timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    let error = session.init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::Timeout, Outcome::Unknown);
    assert_eq!(error.status(), Some(200));
}

#[tokio::test]
async fn what_never_connects_was_not_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = session(&closed).init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::Connect, Outcome::NotSent);
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "connection refused");
}

#[tokio::test]
async fn a_tls_handshake_that_fails_or_hangs_was_not_sent() {
    let https = |url: String, limit| {
        Client::builder(Environment::Sandbox)
            .base_url(url.replace("http:", "https:"))
            .connect_timeout(limit)
            .build()
            .unwrap()
            .session(SessionKey::new("k").unwrap())
    };
    let (plain, _) = serve(|mut stream| async move {
        write(&mut stream, "HTTP/1.1 400 speak http\r\n\r\n").await;
    })
    .await;
    let error = https(plain, Duration::from_secs(5)).init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::Connect, Outcome::NotSent);

    let (silent, _) = serve(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let error =
        https(silent, Duration::from_millis(500)).init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::Connect, Outcome::NotSent);
    assert!(error.to_string().contains("connect timeout"), "{error}");
}

#[tokio::test]
async fn input_that_cannot_be_right_is_refused_before_a_socket_opens() {
    let (url, connections) = serve(|_| async {}).await;
    let session = session(&url);
    let with_callback = |url: &str| request().callback_url(url);
    for (request, property) in [
        (InitReversalRequest::new(""), "xact_id"),
        (InitReversalRequest::new(" \t\n"), "xact_id"),
        (with_callback(""), "callback_url"),
        (with_callback("done"), "callback_url"),
        (with_callback("/paypos/done"), "callback_url"),
        (with_callback("//myshop/done"), "callback_url"),
        (with_callback("javascript:alert(1)"), "callback_url"),
        (with_callback("JavaScript:alert(1)"), "callback_url"),
        (with_callback("data:text/html,x"), "callback_url"),
        (with_callback("file:///etc/passwd"), "callback_url"),
        (with_callback("blob:https://x/y"), "callback_url"),
        (with_callback(" myshop://done"), "callback_url"),
        (with_callback("java\nscript:alert(1)"), "callback_url"),
        (with_callback("myshop://done\0"), "callback_url"),
    ] {
        let error = session.init_reversal_transaction(request).await.unwrap_err();
        assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
        assert_eq!(error.operation(), Some("init_reversal_transaction"));
        assert!(error.to_string().contains(&format!("`{property}`")), "{error}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_callback_of_an_app_is_sent_as_it_is() {
    let (simulator, session) = simulated().await;
    for callback in
        ["myshop://paypos/done", "https://shop.example/done?x=%20", "MyShop:done", "intent://x#Intent;end"]
    {
        let request = InitReversalRequest::new(simulator.add_transaction()).callback_url(callback);
        session.init_reversal_transaction(request).await.unwrap();
        let body: Value = serde_json::from_slice(simulator.requests().last().unwrap().body()).unwrap();
        assert_eq!(body["callback_url"], callback);
    }
}

#[test]
fn a_session_key_is_visible_ascii_of_bounded_length() {
    let most = "k".repeat(SessionKey::MAX_LENGTH);
    for right in ["k", "!~", "a.b-c_d/e+f=", &most] {
        assert!(SessionKey::new(right).is_ok());
    }
    let long = "k".repeat(SessionKey::MAX_LENGTH + 1);
    let wrong = [
        "",
        " ",
        "\t",
        " k",
        "k ",
        "k k",
        "k\t",
        "k\r",
        "k\n",
        "k\r\nX-Injected: 1",
        "k\0",
        "k\u{7f}",
        "kş",
        "k\u{80}",
        &long,
    ];
    for wrong in wrong {
        let error = SessionKey::new(wrong).unwrap_err();
        assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
        let printed = format!("{error} {error:?}");
        assert!(wrong.trim().len() < 2 || !printed.contains(wrong), "{printed}");
    }
}

#[test]
fn a_base_url_is_https_or_http_on_loopback_and_nothing_else_in_it() {
    for right in [
        "https://pay.example.com",
        "https://pay.example.com/",
        "https://pay.example.com:8443/stem/",
        "http://127.0.0.1:1",
        "http://127.9.9.9",
        "http://[::1]:1",
        "http://localhost:1/",
    ] {
        assert!(Client::builder(Environment::Sandbox).base_url(right).build().is_ok(), "{right}");
    }
    for wrong in [
        "",
        "pay.example.com",
        "ftp://pay.example.com",
        "http://pay.example.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "https://user@pay.example.com",
        "https://user:a-password@pay.example.com",
        "https://:a-password@pay.example.com",
        "https://pay.example.com?x=1",
        "https://pay.example.com#x",
        "https://pay\n.example.com",
        " https://pay.example.com",
        "https://pay.example.com\\x",
        "http://[2001:db8::1]",
    ] {
        let error = Client::builder(Environment::Sandbox).base_url(wrong).build().unwrap_err();
        assert_is(&error, ErrorKind::Configuration, Outcome::NotSent);
        assert!(!format!("{error} {error:?}").contains("a-password"));
    }
}

#[tokio::test]
async fn a_base_url_with_a_path_and_a_slash_is_joined_with_one_slash() {
    let server = MockServer::start().await;
    Mock::given(matchers::path(format!("/stem{PATH}")))
        .respond_with(ResponseTemplate::new(200).set_body_json(success()))
        .mount(&server)
        .await;
    let session = session(&format!("{}/stem/", server.uri()));
    assert!(session.init_reversal_transaction(request()).await.is_ok());
}

#[test]
fn timeouts_that_cannot_hold_are_refused() {
    let builder = || Client::builder(Environment::Sandbox);
    for wrong in [
        builder().timeout(Duration::ZERO),
        builder().connect_timeout(Duration::ZERO),
        builder().connect_timeout(Duration::from_secs(20)),
        builder().timeout(Duration::from_secs(3)).connect_timeout(Duration::from_secs(3)),
    ] {
        assert_is(&wrong.build().unwrap_err(), ErrorKind::Configuration, Outcome::NotSent);
    }
    assert!(builder().timeout(Duration::from_secs(1)).build().is_ok(), "the connect timeout follows");
    assert!(builder().connect_timeout(Duration::from_secs(19)).build().is_ok());
}

#[tokio::test]
async fn what_the_crate_guarantees_cannot_be_undone_by_http() {
    use paypos::reqwest::redirect;
    let target = MockServer::start().await;
    let (server, _) = answering(ResponseTemplate::new(307).insert_header("location", target.uri())).await;
    let client = Client::builder(Environment::Sandbox)
        .base_url(server.uri())
        .timeout(Duration::from_secs(2))
        .http(|http| {
            http.redirect(redirect::Policy::limited(5))
                .timeout(Duration::from_hours(1))
                .user_agent("something else")
                .https_only(true)
        })
        .build()
        .unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    let error = session.init_reversal_transaction(request()).await.unwrap_err();
    assert_eq!(error.status(), Some(307));
    assert_eq!(target.received_requests().await.unwrap().len(), 0);
    let received = server.received_requests().await.unwrap();
    assert!(received[0].headers["user-agent"].to_str().unwrap().starts_with("paypos/"));

    let (url, _) = serve(|mut stream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let client = Client::builder(Environment::Sandbox)
        .base_url(url)
        .timeout(Duration::from_millis(500))
        .http(|http| http.timeout(Duration::from_hours(1)))
        .build()
        .unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    let error = session.init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::Timeout, Outcome::Unknown);
}

#[tokio::test]
async fn a_proxy_that_is_chosen_is_used() {
    let (proxy, connections) = serve(|mut stream| async move {
        read_request(&mut stream).await;
        write(&mut stream, format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", success())).await;
    })
    .await;
    let chosen = proxy.clone();
    let client = Client::builder(Environment::Sandbox)
        .base_url("http://127.0.0.1:1")
        .http(move |http| http.proxy(paypos::reqwest::Proxy::all(chosen).unwrap()))
        .build()
        .unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    assert!(session.init_reversal_transaction(request()).await.is_ok());
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn no_compression_is_asked_for_and_a_compressed_body_is_capped_when_decoded() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 64 * 1024);
    let answer = ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(bomb, "application/json");
    let (server, session) = answering(answer).await;
    session.init_reversal_transaction(request()).await.unwrap_err();
    assert!(!server.received_requests().await.unwrap()[0].headers.contains_key("accept-encoding"));

    let client = Client::builder(Environment::Sandbox)
        .base_url(server.uri())
        .http(|http| http.gzip(true))
        .build()
        .unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    let error = session.init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
    assert!(error.to_string().contains("larger than 64 KiB"), "{error}");
}

#[test]
fn an_environment_is_chosen_by_name_in_any_case() {
    for environment in Environment::ALL {
        let name = environment.to_string();
        for text in [name.clone(), name.to_lowercase(), name.to_uppercase()] {
            assert_eq!(text.parse::<Environment>().unwrap(), *environment);
        }
    }
    let error = "sanbox".parse::<Environment>().unwrap_err();
    assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
    let names: Vec<_> =
        Environment::ALL.iter().map(|environment| environment.to_string().to_lowercase()).collect();
    let says = format!("there is no such environment; give one of: {}", names.join(", "));
    assert_eq!(error.to_string(), says);
}

#[test]
fn the_environment_is_visible_on_client_and_session() {
    let client = Client::new(Environment::Production).unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    assert_eq!(
        (client.environment(), session.environment()),
        (Environment::Production, Environment::Production)
    );
    assert!(format!("{client:?}").contains("Production"));
    assert!(format!("{session:?}").contains("Production"));
}

#[tokio::test]
async fn sessions_share_the_clients_connections_and_keep_their_own_keys() {
    let simulator = Simulator::start().await.unwrap();
    let client = client(simulator.url());
    let sessions: Vec<Session> = (0..10).map(|_| client.session(simulator.issue_session())).collect();
    for session in &sessions {
        let request = InitReversalRequest::new(simulator.add_transaction());
        session.clone().init_reversal_transaction(request).await.unwrap();
    }
    let keys: Vec<_> = simulator
        .requests()
        .iter()
        .map(|request| request.header("session-key").unwrap().to_owned())
        .collect();
    let issued: Vec<_> = (1..=10).map(|n| format!("simulated-session-{n}")).collect();
    assert_eq!(keys, issued);
}

#[test]
fn calls_can_be_spawned_and_handles_shared() {
    fn assert_shared<T: Clone + Send + Sync + 'static>() {}
    fn assert_send<T: Send>(_: &T) {}
    fn assert_error<T: std::error::Error + Send + Sync + 'static>() {}
    assert_shared::<Client>();
    assert_shared::<Session>();
    assert_error::<Error>();
    let session = session("http://127.0.0.1:1");
    let call = async move { session.init_reversal_transaction(request()).await };
    assert_send(&call);
    assert!(size_of_val(&call) < 16 * 1024, "{} bytes", size_of_val(&call));
}

#[tokio::test]
async fn an_amount_that_cannot_be_paid_is_refused_before_a_socket_opens() {
    let (url, connections) = serve(|_| async {}).await;
    let session = session(&url);
    let sale = |amount: &str| {
        session.init_sale_transaction(InitSaleRequest::new(amount.parse::<Decimal>().unwrap()))
    };
    for (amount, wrong) in [
        ("0", "is not positive; give an amount such as 149.90"),
        ("0.00", "is not positive; give an amount such as 149.90"),
        ("-0", "is not positive; give an amount such as 149.90"),
        ("-149.90", "is not positive; give an amount such as 149.90"),
        ("0.001", "is written with more than two decimals; round it, as by `round_dp(2)`"),
        ("149.900", "is written with more than two decimals; round it, as by `round_dp(2)`"),
    ] {
        let error = sale(amount).await.unwrap_err();
        assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
        assert_eq!(error.to_string(), format!("init_sale_transaction: `amount` {wrong}"));
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_amount_is_sent_with_the_digits_that_it_has() {
    let simulator = Simulator::start().await.unwrap();
    let session = client(simulator.url()).session(simulator.issue_session());
    for amount in ["149.90", "149.9", "0.01", "1", "9007199254740993.01", "79228162514264337593543950335"] {
        let request = InitSaleRequest::new(amount.parse::<Decimal>().unwrap());
        let handoff = session.init_sale_transaction(request).await.unwrap();
        let sent = simulator.requests().pop().unwrap();
        assert_eq!(String::from_utf8_lossy(sent.body()), format!("{{\"amount\":{amount}}}"));
        simulator.phone().approve(&handoff.payment_session_id).unwrap();
        let request = CheckTransactionRequest::new(handoff.payment_session_id);
        let answer = session.check_transaction(request).await.unwrap();
        assert_eq!(answer.data[0].amount.unwrap().to_string(), amount);
    }
}

#[tokio::test]
async fn a_new_session_has_the_key_that_was_answered_or_is_none() {
    let opened = async |key: Value| {
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "session_key": key, "code": 3 }));
        let (server, _) = answering(answer).await;
        let agent = client(&server.uri()).agent(SecretKey::new("sck_x").unwrap());
        let opened = agent.get_auth_key(AuthRequest::new("a", "u")).await?;
        opened.session.init_reversal_transaction(request()).await.unwrap_err();
        let sent = server.received_requests().await.unwrap().pop().unwrap();
        assert_eq!(sent.headers["session-key"], opened.session.key().expose());
        assert!(!sent.headers.contains_key("authorization"));
        Ok::<_, Error>(opened.session.key().expose().to_owned())
    };
    assert_eq!(opened(json!("a-key")).await.unwrap(), "a-key");
    for (key, wrong) in [
        (Value::Null, "`session_key` is missing from the answer"),
        (json!(" "), "`session_key` of the answer is empty"),
        (json!("two words"), "`session_key` of the answer is not 1 to 4096 visible ASCII characters"),
        (json!("k".repeat(4097)), "`session_key` of the answer is not 1 to 4096 visible ASCII characters"),
    ] {
        let error = opened(key).await.unwrap_err();
        assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
        assert!(error.to_string().contains(wrong), "{error}");
        assert_eq!(error.code(), Some(3));
    }
}

#[tokio::test]
async fn what_an_agent_cannot_do_without_is_refused_before_a_socket_opens() {
    let (url, connections) = serve(|_| async {}).await;
    let agent = client(&url).agent(SecretKey::new("sck_x").unwrap());
    for error in [
        agent.get_auth_key(AuthRequest::new("", "u")).await.unwrap_err(),
        agent.get_auth_key(AuthRequest::new("a", " ")).await.unwrap_err(),
        agent.logout(LogoutRequest::new("")).await.unwrap_err(),
    ] {
        assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
        assert!(error.to_string().ends_with("is blank; the document requires a value"), "{error}");
    }
    for wrong in ["", "Basic sck_x", "sck_x\r\nX-Injected: 1", "sck_ş"] {
        let error = SecretKey::new(wrong).unwrap_err();
        assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
        assert!(
            error.to_string().ends_with("give the dealer's key alone, `sck_…`, without `Basic`"),
            "{error}"
        );
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}
