//! Guards that no row of the list is about: each test fails when its line is removed.

use std::{
    env, fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use paypos::{
    Client, ErrorKind, Outcome, SessionKey,
    reqwest::{
        ClientBuilder,
        dns::{Name, Resolve, Resolving},
    },
    types::InitReversalRequest,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};
use tracing::{Instrument, instrument::WithSubscriber};
use tracing_subscriber::{fmt::format::FmtSpan, layer::SubscriberExt};

use super::{
    Bed, builder, call,
    child::passes_in_a_child,
    support::{
        canary::TEXT,
        http2, serve,
        server::{Server, answer, gate, reply, reply_and_keep},
        tls::Authority,
    },
};

/// A sensitive header is never indexed by HTTP/2's header compression, and so is written whole each time.
#[tokio::test]
async fn the_session_key_is_sensitive_and_http2_never_indexes_it() {
    let key = "X".repeat(3000);
    let server = http2::Server::plain().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let (to, count) = (server.port, Arc::clone(&sent));
    let (url, _) = serve(move |client| {
        let count = Arc::clone(&count);
        async move {
            let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                (client.into_split(), server.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                count.fetch_add(length, Ordering::SeqCst);
                to_server.write_all(&bytes[..length]).await.unwrap();
            }
        }
    })
    .await;
    let client = builder(url).http(ClientBuilder::http2_prior_knowledge).build().unwrap();
    let session = client.session(SessionKey::new(key).unwrap());
    let mut lengths = Vec::new();
    for _ in 0..3 {
        let before = sent.load(Ordering::SeqCst);
        session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap();
        lengths.push(sent.load(Ordering::SeqCst) - before);
    }
    assert_eq!(server.connections(), 1);
    assert!(lengths.iter().all(|length| *length > 3000), "{lengths:?}");
}

struct Silent;

impl Resolve for Silent {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_a_connection_may_take_five_seconds() {
    let client = builder("https://paypos.invalid".to_owned())
        .http(|http| http.dns_resolver(Arc::new(Silent)))
        .build()
        .unwrap();
    let started = Instant::now();
    let error = call(&client).await.1.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
    assert_eq!(started.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_connect_timeout_is_half_of_a_short_timeout() {
    let client = builder("https://paypos.invalid".to_owned())
        .timeout(Duration::from_secs(4))
        .http(|http| http.dns_resolver(Arc::new(Silent)))
        .build()
        .unwrap();
    let started = Instant::now();
    assert_eq!(call(&client).await.1.unwrap_err().kind(), ErrorKind::Connect);
    assert_eq!(started.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn by_default_a_call_may_take_twenty_seconds() {
    let bed = Bed::plain().await;
    let (waiting, mut gate) = gate(reply(""));
    bed.server.next(waiting);
    let client = bed.client.clone();
    let mut silent = tokio::spawn(async move { call(&client).await.1.unwrap_err() });
    gate.reached().await;
    // From here on, time passes only as the test says, or while nothing else is left to do.
    tokio::time::pause();
    let early = tokio::time::timeout(Duration::from_secs(19), &mut silent).await;
    assert!(early.is_err(), "{early:?}");
    let error = tokio::time::timeout(Duration::from_secs(2), silent).await.unwrap().unwrap();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Unknown));
}

#[test]
fn no_key_log_of_tls_is_written() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("tls-key-log");
    let _ = fs::remove_file(&file);
    passes_in_a_child("guards::child_calls_over_tls", &[("SSLKEYLOGFILE", file.to_str().unwrap())]);
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written.lines().filter(|line| line.contains("SECRET")).count(), 0);
}

#[tokio::test]
#[ignore = "run by no_key_log_of_tls_is_written, in a child with SSLKEYLOGFILE"]
async fn child_calls_over_tls() {
    assert!(env::var("SSLKEYLOGFILE").is_ok());
    let authority = Authority::new();
    let server = Server::tls(authority.leaf(|_| {}).acceptor()).await;
    let root = authority.root();
    let client = builder(server.https())
        .http(|http| http.tls_certs_only([root]).tls_sslkeylogfile(true))
        .build()
        .unwrap();
    Bed { server, client }.works(0).await;
}

#[tokio::test]
async fn a_retry_after_date_is_read_by_the_local_clock_where_the_answer_has_no_date() {
    let bed = Bed::plain().await;
    let until = httpdate::fmt_http_date(SystemTime::now() + Duration::from_hours(1));
    let answer = format!("HTTP/1.1 429 Slow\r\nretry-after: {until}\r\ncontent-length: 0\r\n\r\n");
    let error = bed.fails(reply(answer), ErrorKind::RateLimited, Outcome::Rejected).await;
    let wait = error.retry_after().unwrap();
    assert!((Duration::from_mins(30)..=Duration::from_hours(1)).contains(&wait), "{wait:?}");
}

#[tokio::test]
async fn an_error_is_one_line_for_people_and_a_record_for_programs() {
    let bed = Bed::plain().await;
    let body = format!(r#"{{"object_name": "o", "code": 77, "message": "{TEXT}"}}"#);
    let error = bed.fails(reply(answer("429 Slow", &body)), ErrorKind::RateLimited, Outcome::Rejected).await;
    assert_eq!(
        error.to_string(),
        "init_reversal_transaction: too many requests (HTTP 429, code 77); Paynet refused it"
    );
    assert_eq!(
        format!("{error:?}"),
        "Error { kind: RateLimited, outcome: Rejected, operation: Some(\"init_reversal_transaction\"), \
         detail: \"too many requests\", status: Some(429), code: Some(77), retry_after: None, source: None, .. }"
    );
    for (status, kind, outcome, text) in [
        (
            "401 No",
            ErrorKind::Unauthorized,
            Outcome::Rejected,
            "the key was not accepted (HTTP 401); Paynet refused it",
        ),
        (
            "451 No",
            ErrorKind::Rejected,
            Outcome::Rejected,
            "the request was refused (HTTP 451); Paynet refused it",
        ),
        (
            "499 No",
            ErrorKind::Rejected,
            Outcome::Rejected,
            "the request was refused (HTTP 499); Paynet refused it",
        ),
        (
            "408 Late",
            ErrorKind::Timeout,
            Outcome::Unknown,
            "the server waited too long for the request (HTTP 408); it may have happened, check before sending again",
        ),
        (
            "500 Oh",
            ErrorKind::Server,
            Outcome::Unknown,
            "the server failed (HTTP 500); it may have happened, check before sending again",
        ),
        (
            "600 Oh",
            ErrorKind::BadResponse,
            Outcome::Unknown,
            "the document has no such status (HTTP 600); it may have happened, check before sending again",
        ),
    ] {
        let error = bed.fails(reply(answer(status, "")), kind, outcome).await;
        assert_eq!(error.to_string(), format!("init_reversal_transaction: {text}"));
    }
    let error = Client::builder(paypos::Environment::Sandbox).timeout(Duration::ZERO).build().unwrap_err();
    assert_eq!(error.to_string(), "the timeout is zero; give the time that a whole call may take");
}

#[tokio::test]
async fn a_success_that_is_no_handoff_keeps_what_it_said() {
    let bed = Bed::plain().await;
    for wrong in [r#""deeplink_url": 5"#, r#""deeplink_url": null"#] {
        let body = format!(r#"{{"code": 77, "message": "{TEXT}", "object_name": "o", {wrong}}}"#);
        let error = bed.fails(reply(answer("200 OK", body)), ErrorKind::BadResponse, Outcome::Unknown).await;
        assert_eq!(
            (error.code(), error.vendor_message(), error.object_name()),
            (Some(77), Some(TEXT), Some("o")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_detail_of_a_failed_connection_says_how_far_it_came() {
    let bed = Bed::plain().await;
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{";
    let error = bed.fails(reply(cut), ErrorKind::Interrupted, Outcome::Unknown).await;
    assert_eq!(
        error.to_string(),
        "init_reversal_transaction: the connection failed before the answer was complete (HTTP 200); \
         it may have happened, check before sending again"
    );
    assert_eq!(error.status(), Some(200));
}

/// The lines that a program's own subscriber writes when a span closes, at INFO as in production.
async fn closed_spans(filter: &str, call: impl Future<Output = ()>) -> String {
    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::registry().with(tracing_subscriber::EnvFilter::new(filter)).with(
        tracing_subscriber::fmt::layer()
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(move || writer.clone()),
    );
    call.with_subscriber(subscriber).await;
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// A success and a refusal.
async fn in_a_span_of_the_callers(bed: &Bed) {
    let own = tracing::info_span!("shop", status = tracing::field::Empty, outcome = tracing::field::Empty);
    async {
        call(&bed.client).await.1.unwrap();
        bed.server.next(reply_and_keep(answer("418 No", "")));
        call(&bed.client).await.1.unwrap_err();
    }
    .instrument(own)
    .await;
}

#[tokio::test]
async fn a_call_records_its_end_in_its_own_span_and_never_in_the_callers() {
    let bed = Bed::plain().await;
    let lines = closed_spans("info", in_a_span_of_the_callers(&bed)).await;
    let closed: Vec<_> = lines.lines().collect();
    let [success, failure, shop] = closed.as_slice() else { panic!("{lines}") };
    for field in ["operation=\"init_reversal_transaction\"", "status=200", "outcome=\"Ok\"", "elapsed_ms="] {
        assert!(success.contains(field), "{field}: {success}");
    }
    assert!(!success.contains("kind="), "{success}");
    for field in ["status=418", "kind=Rejected", "outcome=Rejected", "elapsed_ms="] {
        assert!(failure.contains(field), "{field}: {failure}");
    }
    assert!(!shop.contains("status=") && !shop.contains("outcome="), "{shop}");
}

#[tokio::test]
async fn a_span_that_is_filtered_out_leaves_the_callers_alone() {
    let bed = Bed::plain().await;
    let lines = closed_spans("paypos=off,info", in_a_span_of_the_callers(&bed)).await;
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(!lines.contains("status=") && !lines.contains("outcome="), "{lines}");
}
