//! What other web pages and other machines must not be able to do.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{Server, at, call, get, http, post, sale, send, session_key, stderr, stdout, with_json};

#[tokio::test]
async fn a_host_that_is_a_name_of_somebody_else_is_refused() {
    let server = Server::start(&["--public-url", "http://pay.shop.example:8650", "--host", "simulator"]);
    for (host, status) in [
        ("simulator:8650", 200),
        ("evil.example", 403),
        ("evil.example:8650", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("", 403),
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:8650", 200),
        ("192.168.1.20:8650", 200),
        ("pay.shop.example:8650", 200),
    ] {
        assert_eq!(send(http().get(server.at("health")).header("host", host)).await.0, status, "{host}");
        // An operation gives a name of somebody else nothing, either.
        let operation = http().post(format!("{}/v1/agent/get_auth_key", server.url)).header("host", host);
        let refused = if status == 403 { 403 } else { 401 };
        assert_eq!(send(operation).await.0, refused, "{host}");
    }
    assert_eq!(
        get(server.at("requests")).await["requests"].as_array().unwrap().len(),
        6,
        "what is let in is in the journal"
    );
}

#[tokio::test]
async fn keys_and_ids_of_another_simulator_are_refused() {
    let (one, other) = (Server::start(&[]), Server::start(&[]));
    let key = session_key(&one, "sck_simulator").await;
    let id = sale(&one, &key, &json!({ "amount": 1 })).await;
    let own = session_key(&other, "sck_simulator").await;
    assert_ne!(key, own);
    let check = json!({ "payment_session_id": id });
    assert_eq!(call(&one, &key, "check_transaction", &check).await.0, 200);
    for (key, refused) in [(&key, 401), (&own, 400)] {
        assert_eq!(call(&other, key, "check_transaction", &check).await.0, refused);
    }
}

#[tokio::test]
async fn another_sites_page_cannot_change_anything() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let id = sale(&server, &key, &json!({ "amount": 1 })).await;
    let url = server.at(&format!("payments/{id}/decide"));
    let body = json!({ "decision": "approve" });
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let (status, _) = send(with_json(http().post(&url), &body).header(name, value)).await;
        assert_eq!(status, 403, "{name}: {value}");
        let form = http()
            .post(server.at(&format!("phone/{id}")))
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value)
            .body("decision=approve");
        assert_eq!(send(form).await.0, 403);
    }
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let request = http().post(&url).header("content-type", media_type).body(body.to_string());
        assert_eq!(send(request).await.0, 415, "a form of another site sends no JSON");
    }
    let preflight = http().request(http::Method::OPTIONS, &url).header("origin", "https://evil.example");
    let response = preflight.send().await.unwrap();
    assert!(!response.headers().keys().any(|name| name.as_str().starts_with("access-control")));
    assert_eq!(get(server.at("payments")).await["payments"][0]["state"], "waiting");
}

#[tokio::test]
async fn a_body_that_is_too_large_and_a_request_that_never_ends_are_refused() {
    let server = Server::start(&[]);
    let large = json!({ "status": 503, "body": "x".repeat(1025 * 1024) });
    assert_eq!(post(server.at("faults"), large).await.0, 413);
    // Also of what does not fit into the buffers of a socket: a client that writes all of it, and reads then, reads why.
    for path in ["/_paypos/faults", "/v1/agent/logout"] {
        let mut connection = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
        let body = vec![b' '; 15 * 1024 * 1024];
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        connection.write_all(head.as_bytes()).unwrap();
        connection.write_all(&body).unwrap();
        let mut status = [0; 12];
        connection.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 413", "{path}");
    }
    let deep =
        http().post(server.at("faults")).header("content-type", "application/json").body("[".repeat(60_000));
    assert_eq!(send(deep).await.0, 422, "no fault is a list");
    let key = session_key(&server, "sck_simulator").await;
    let deep = format!("{{\"amount\":1,\"x\":{}", "[".repeat(500_000));
    let url = format!("{}/v1/softpos/init_sale_transaction", server.url);
    let deep =
        http().post(url).header("session-key", &key).header("content-type", "application/json").body(deep);
    assert_eq!(send(deep).await.0, 400);
    assert!(get(server.at("requests")).await.to_string().contains("bytes that are not a JSON object"));

    let address = server.url.strip_prefix("http://").unwrap();
    for begun in [
        "GET /_paypos/health HTTP/1.1\r\nHost: ",
        "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab",
    ] {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(begun.as_bytes()).unwrap();
        connection.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let started = Instant::now();
        let mut rest = Vec::new();
        // Refused or closed, and not kept.
        connection.read_to_end(&mut rest).unwrap_or_default();
        assert!(started.elapsed() < Duration::from_secs(40), "{begun}");
    }
}

#[tokio::test]
async fn delays_are_bounded() {
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let id = sale(&server, &key, &json!({ "amount": 1 })).await;
    let decide = json!({ "decision": "approve", "after_ms": 3_600_001 });
    assert_eq!(post(server.at(&format!("payments/{id}/decide")), decide).await.0, 400);
    assert_eq!(send(http().get(server.at("shutdown"))).await.0, 404, "nothing stops it");
}

#[tokio::test]
async fn faults_are_bounded_in_number_and_in_text() {
    let server = Server::start(&[]);
    let fault = json!({ "operation": "logout", "drop": true });
    for _ in 0..1_000 {
        assert_eq!(post(server.at("faults"), fault.clone()).await.0, 200);
    }
    assert_eq!(post(server.at("faults"), fault).await.0, 429);
    let removed = send(http().delete(server.at("faults"))).await;
    assert_eq!(removed.0, 200);
    assert_eq!(get(server.at("faults")).await, json!({ "faults": [] }));
    let large = json!({ "status": 503, "body": "x".repeat(1_000_000) });
    for _ in 0..16 {
        assert_eq!(post(server.at("faults"), large.clone()).await.0, 200);
    }
    assert_eq!(post(server.at("faults"), large).await.0, 429);
}

/// The canary is the secret of each kind; only what was asked for shows it.
#[tokio::test]
async fn no_secret_is_on_a_page_in_the_journal_in_json_or_among_the_arguments() {
    const CANARY: &str = "sck_canary-4711";
    let server = Server::start(&[]);
    let key = session_key(&server, "sck_simulator").await;
    let (_, handoff) = call(&server, &key, "init_sale_transaction", &json!({ "amount": 1 })).await;
    let encryption_key = handoff["encryption_key"].as_str().unwrap().to_owned();
    // Secrets in bodies that break the document, and in places where none belongs.
    for body in [
        json!({ "session_key": CANARY }),
        json!({ "nested": [{ "Secret-Key": CANARY, "card_token": [CANARY] }] }),
    ] {
        assert_eq!(call(&server, &key, "init_sale_transaction", &body).await.0, 400);
    }
    let text = http()
        .post(format!("{}/v1/agent/logout", server.url))
        .header("authorization", format!("Basic {CANARY}"))
        .header("session-key", CANARY)
        .body(format!("session_key={CANARY}"));
    assert_eq!(send(text).await.0, 400);

    let mut shown = String::new();
    for path in ["", "requests", "payments", "sales", "faults"] {
        shown += &http().get(server.at(path)).send().await.unwrap().text().await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, key: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, key).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (session, unknown) = (file("session", &key), file("unknown", "sck_canary-4712"));
    let sold = at(&server.url, &["sale", "1.00", "--json", "--session-key-file", &session]);
    let refused = at(&server.url, &["session", "open", "--secret-key-file", &unknown]);
    assert!(sold.status.success() && refused.status.code() == Some(1), "{sold:?} {refused:?}");
    for output in [&sold, &refused, &at(&server.url, &["check", "x", "--sale"])] {
        shown.extend([stdout(output), stderr(output)]);
    }
    let processes = std::process::Command::new("ps").args(["-eo", "args"]).output();
    shown +=
        &processes.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    for secret in ["canary-471", key.as_str(), encryption_key.as_str()] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn listening_for_others_warns_that_there_is_no_password() {
    use std::process::Stdio;

    let mut child = crate::paypos(&["simulate", "--listen", "0.0.0.0:0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(stderr(&output).contains("it has no password"), "{output:?}");
}
