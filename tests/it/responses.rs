//! Responses with status 200: what is read, what is refused, and within which bounds.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    Error,
    ErrorKind::{BadResponse, Interrupted, Timeout},
    Outcome::Unknown,
    PaymentSession,
    types::AuthRequest,
};
use serde_json::{Value, json};

use crate::{
    Fixture, request, session,
    support::{
        canary::{ENCRYPTION_KEY, HEADER, TEXT},
        operations,
        server::{drip, echo, echo_cut, flood, reply, reply_and_keep, reply_and_stall, response},
    },
};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// The cap on the body of a response, in bytes.
const CAP: usize = 4 << 20;

/// What the buffers of two sockets may take, and far less than would hurt.
const BUFFERS: usize = 64 << 20;

fn success() -> Value {
    json!({
        "payment_session_id": "ps-1",
        "deeplink_url": format!("paynet://pay/{TEXT}"),
        "encryption_key": ENCRYPTION_KEY,
    })
}

/// The beginning of a body.
fn begun() -> String {
    format!("{{\"encryption_key\": \"{ENCRYPTION_KEY}\", \"message\": \"{TEXT}")
}

#[tokio::test]
async fn a_head_that_is_not_http_is_unknown() {
    let header = TEXT.repeat((2 << 20) / TEXT.len());
    let fixture = Fixture::plain().await;
    for bytes in [
        TEXT.to_owned(),
        format!("HTTP/1.1 {TEXT}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{TEXT}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {TEXT}\r\n\r\n"),
        "HTTP/7.1 200 OK\r\n\r\n".to_owned(),
        "\0\0\0\0\0\0\0\0\r\n\r\n".to_owned(),
        format!("{{\"message\": \"{TEXT}\"}}"),
        format!("HTTP/1.1 200 OK\r\nx-canary: {HEADER}\r\ncontent-length: -1\r\n\r\n{TEXT}"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{TEXT}"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{TEXT}"),
        // More than a hundred headers, and one of two megabytes.
        format!("HTTP/1.1 200 OK\r\n{}\r\n{{}}", format!("x-canary: {HEADER}\r\n").repeat(101)),
        format!("HTTP/1.1 200 OK\r\nx-canary: {header}\r\ncontent-length: 2\r\n\r\n{{}}"),
    ] {
        fixture.fails(reply(bytes), Interrupted, Unknown).await;
    }
}

#[tokio::test]
async fn switching_protocols_is_a_bad_response() {
    let response = format!("HTTP/1.1 101 {TEXT}\r\nupgrade: {HEADER}\r\nconnection: upgrade\r\n\r\n{TEXT}");
    let error = Fixture::plain().await.fails(reply(response), BadResponse, Unknown).await;
    assert_eq!(error.status(), Some(101));
}

#[tokio::test]
async fn a_body_that_is_cut_off_or_broken_is_unknown() {
    let fixture = Fixture::plain().await;
    let body = begun();
    let mut responses = vec![
        format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{body}"),
        format!("{CHUNKED}{:x}\r\n{body}\r\n", body.len()),
    ];
    responses.extend(
        [TEXT, "-1", "fffffffffffffffff", ""].map(|size| format!("{CHUNKED}{size}\r\n{TEXT}\r\n0\r\n\r\n")),
    );
    for response in responses {
        let error = fixture.fails(reply(response), Interrupted, Unknown).await;
        assert_eq!(error.status(), Some(200));
        assert_eq!(
            error.to_string(),
            "init_reversal_transaction: the connection failed before the response was complete (HTTP 200); \
             it may have happened; look up its `reference_no` in Paynet's panel before retrying"
        );
    }
}

#[tokio::test]
async fn a_body_that_stalls_or_drips_is_unknown_at_the_deadline() {
    let stalled = format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", begun());
    let error = Fixture::with_short_deadline().await.fails(reply_and_stall(stalled), Timeout, Unknown).await;
    assert_eq!(error.status(), Some(200));
    let slow = response("200 OK", begun().repeat(20));
    let script = drip(slow, Duration::from_millis(20));
    Fixture::with_short_deadline().await.fails(script, Timeout, Unknown).await;
}

#[track_caller]
fn assert_too_large(error: &Error) {
    assert!(error.to_string().contains("larger than 4 MiB"), "{error}");
}

#[tokio::test]
async fn an_endless_body_is_refused_at_the_cap_and_its_connection_dropped() {
    let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 1 << 16], b"\r\n"].concat();
    for (head, block) in [(CHUNKED, chunk), ("HTTP/1.1 200 OK\r\n\r\n", vec![b' '; 1 << 16])] {
        let taken = Arc::new(AtomicUsize::new(0));
        let script = flood(head, block, Arc::clone(&taken));
        assert_too_large(&Fixture::plain().await.fails(script, BadResponse, Unknown).await);
        let taken = taken.load(Ordering::SeqCst);
        assert!(taken < BUFFERS, "{taken} bytes were taken");
    }
}

#[tokio::test]
async fn a_declared_length_of_ten_gigabytes_is_too_large_whatever_comes_of_it() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n";
    // Nothing of the body comes, and it is too large all the same.
    let fixture = Fixture::with_short_deadline().await;
    assert_too_large(&fixture.fails(reply_and_stall(head), BadResponse, Unknown).await);
    // What does come is not lost.
    let begun = format!("{head}{{\"payment_session_id\": \"ps-1\", \"message\": \"{TEXT}");
    let error = fixture.fails(reply_and_stall(begun), BadResponse, Unknown).await;
    assert_too_large(&error);
    assert_eq!(error.payment_session().map(PaymentSession::id), Some("ps-1"));
}

#[tokio::test]
async fn a_body_of_the_cap_is_read_and_one_byte_more_is_not() {
    for (length, reads) in [(CAP, true), (CAP + 1, false)] {
        for chunked in [false, true] {
            let script = echo_cut(move |response| padded(&response, length, chunked));
            let fixture = Fixture::plain().await;
            if reads {
                fixture.succeeds(script).await;
            } else {
                assert_too_large(&fixture.fails(script, BadResponse, Unknown).await);
            }
        }
    }
}

fn body_of(response: &[u8]) -> Vec<u8> {
    let at = response.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    response[at..].to_vec()
}

/// The response with blanks after its body, up to the length.
fn padded(whole: &[u8], length: usize, chunked: bool) -> Vec<Vec<u8>> {
    let mut body = body_of(whole);
    body.resize(length, b' ');
    if !chunked {
        return vec![response("200 OK", body)];
    }
    let chunk = |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    let chunks = body.chunks(1000).map(chunk);
    [CHUNKED.into()].into_iter().chain(chunks).chain([b"0\r\n\r\n".to_vec()]).collect()
}

const ENCODED: &str = "the response has a Content-Encoding, which was not asked for";

#[tokio::test]
async fn no_compression_is_requested_and_a_compressed_body_is_capped_when_decoded() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b' '; 40 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < CAP);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let bomb = [head.as_bytes(), &bomb].concat();
    let fixture = Fixture::configured(|builder| builder.http(|http| http.gzip(true))).await;
    assert_too_large(&fixture.fails(reply(bomb.clone()), BadResponse, Unknown).await);

    let fixture = Fixture::plain().await;
    fixture.server.next(Box::new(|conn, request| {
        assert_eq!(request.header("accept-encoding"), Some("identity"));
        reply(bomb)(conn, request)
    }));
    let error = session(&fixture.client).init_reversal_transaction(request()).await.unwrap_err();
    assert!(error.to_string().contains(ENCODED), "{error}");
    for (name, is_encoded) in [("br", true), ("unheard-of", true), ("Identity", false), ("", false)] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\ncontent-length: 1\r\n\r\n?");
        let error = fixture.fails(reply_and_keep(head), BadResponse, Unknown).await;
        assert_eq!(error.to_string().contains(ENCODED), is_encoded, "{name}: {error}");
    }
}

/// A success with this body is a bad response.
async fn bad(fixture: &Fixture, body: impl AsRef<[u8]>) -> Error {
    let error = fixture.fails(reply_and_keep(response("200 OK", body)), BadResponse, Unknown).await;
    assert_eq!(error.status(), Some(200));
    error
}

#[tokio::test]
async fn a_body_that_is_deep_long_or_of_two_bytes_a_letter_is_a_bad_response() {
    let fixture = Fixture::plain().await;
    let text = success().to_string();
    let utf_16 = |mark: &[u8]| {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.iter().copied().chain(units).collect::<Vec<u8>>()
    };
    let deep = |nesting: &str| nesting.repeat(60_000 / nesting.len());
    let bodies: Vec<Vec<u8>> = vec![
        utf_16(&[]),
        utf_16(&[0xff, 0xfe]),
        format!("{{\"ignored\": {}", deep("[")).into(),
        format!("{{\"ignored\": {}", deep("{\"x\":")).into(),
        format!("{{\"deeplink_url\": {}", deep("[")).into(),
        json!({ "payment_session_id": "PS-1", "encryption_key": "k", "deeplink_url": format!("{TEXT}/").repeat(100 << 10) })
            .to_string()
            .into(),
    ];
    for body in bodies {
        let error = bad(&fixture, &body).await.to_string();
        let known =
            ["the response is not a JSON object", "`deeplink_url` in the response is not an absolute URL"];
        assert!(known.iter().any(|known| error.contains(known)), "{error}");
    }
}

#[tokio::test]
async fn a_new_session_has_the_key_of_the_response_or_is_refused() {
    const UNUSABLE: &str = "`session_key` in the response is not 1 to 4096 visible ASCII characters";
    let fixture = Fixture::plain().await;
    let agent = operations::agent(&fixture.client);
    let opened = async |key: Value| {
        let body = json!({ "session_key": key, "code": 3 });
        fixture.server.next(reply_and_keep(response("200 OK", body.to_string())));
        agent.get_auth_key(AuthRequest::new("a", "u")).await
    };
    let opened_session = opened(json!("a-key")).await.unwrap().session;
    assert_eq!(opened_session.key().await.unwrap().expose(), "a-key");
    fixture.server.next(Box::new(|conn, request| {
        assert_eq!((request.header("session-key"), request.header("authorization")), (Some("a-key"), None));
        echo()(conn, request)
    }));
    opened_session.init_reversal_transaction(request()).await.unwrap();
    for (key, problem) in [
        (Value::Null, "`session_key` is missing in the response"),
        (json!(true), "`session_key` does not have its documented type in the response"),
        (json!(" "), UNUSABLE),
        (json!("two words"), UNUSABLE),
        (json!("k".repeat(4097)), UNUSABLE),
    ] {
        let error = opened(key).await.unwrap_err();
        crate::assert_is(&error, BadResponse, Unknown);
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!(error.code(), Some(3));
    }
}
