//! What the client guarantees, whatever its builder is given.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    Client, Environment, ErrorKind, Outcome, SessionKey,
    reqwest::{
        ClientBuilder, Proxy,
        dns::{Name, Resolve, Resolving},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::{
    Fixture, assert_is, builder, call,
    child::passes_in_a_child,
    request,
    support::{
        http2, serve,
        server::{Server, echo, gate, reply},
        tls::Authority,
    },
};

#[test]
fn timeouts_that_cannot_hold_are_refused() {
    let builder = || Client::builder(Environment::Sandbox);
    let second = Duration::from_secs(1);
    for wrong in [
        builder().timeout(Duration::ZERO),
        builder().connect_timeout(Duration::ZERO),
        builder().connect_timeout(second * 20),
        builder().timeout(second * 3).connect_timeout(second * 3),
    ] {
        assert_is(&wrong.build().unwrap_err(), ErrorKind::Configuration, Outcome::Unknown);
    }
    let error = builder().timeout(Duration::ZERO).build().unwrap_err();
    let problem =
        "timeouts must be greater than zero, and the connect timeout shorter than the overall timeout";
    assert_eq!(error.to_string(), problem);
    assert!(builder().timeout(second).build().is_ok(), "the connect timeout follows");
    assert!(builder().connect_timeout(second * 19).build().is_ok());
}

struct Silent;

impl Resolve for Silent {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_take_five_seconds_or_half_of_a_short_timeout() {
    for (timeout, expected) in [(None, 5), (Some(4), 2)] {
        let builder =
            builder("https://paypos.invalid".to_owned()).http(|http| http.dns_resolver(Arc::new(Silent)));
        let builder = match timeout {
            Some(seconds) => builder.timeout(Duration::from_secs(seconds)),
            None => builder,
        };
        let started = Instant::now();
        let error = call(&builder.build().unwrap()).await.1.unwrap_err();
        assert_is(&error, ErrorKind::Connect, Outcome::NotSent);
        assert_eq!(started.elapsed().as_secs(), expected);
    }
}

#[tokio::test]
async fn a_call_may_take_twenty_seconds_by_tokios_clock() {
    let fixture =
        Fixture::configured(|builder| builder.http(|http| http.timeout(Duration::from_secs(3600)))).await;
    let (waiting, mut gate) = gate(reply(""));
    fixture.server.next(waiting);
    let client = fixture.client.clone();
    let mut silent = tokio::spawn(async move { call(&client).await.1.unwrap_err() });
    gate.reached().await;
    // From here on, time passes only as the test says, or while nothing else is left to do.
    tokio::time::pause();
    let early = tokio::time::timeout(Duration::from_secs(19), &mut silent).await;
    assert!(early.is_err(), "{early:?}");
    let error = tokio::time::timeout(Duration::from_secs(2), silent).await.unwrap().unwrap();
    assert_is(&error, ErrorKind::Timeout, Outcome::Unknown);
}

#[tokio::test]
async fn functions_for_http_run_in_their_order_and_cannot_undo_the_headers() {
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let step = |n: u8| {
        let order = Arc::clone(&order);
        move |http: ClientBuilder| {
            order.lock().unwrap().push(n);
            http.user_agent("something else").https_only(true)
        }
    };
    let fixture = Fixture::configured(|builder| builder.http(step(1)).http(step(2))).await;
    assert_eq!(*order.lock().unwrap(), [1, 2]);
    fixture.server.next(Box::new(|conn, request| {
        assert!(request.header("user-agent").unwrap().starts_with("paypos/"));
        echo()(conn, request)
    }));
    fixture.works(0).await;
}

#[tokio::test]
async fn plain_http_stays_on_this_machine_whatever_proxy_or_resolver_is_chosen() {
    struct Elsewhere;
    impl Resolve for Elsewhere {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(async {
                Ok(Box::new(std::iter::once(std::net::SocketAddr::from(([192, 0, 2, 1], 0)))) as _)
            })
        }
    }
    let (proxy, fixture) = (Server::plain().await, Fixture::plain().await);
    let url = proxy.http();
    let client = builder(format!("http://localhost:{}", fixture.server.port))
        .http(move |http| http.proxy(Proxy::all(url).unwrap()).dns_resolver(Arc::new(Elsewhere)))
        .build()
        .unwrap();
    Fixture { server: fixture.server, client }.works(0).await;
    assert_eq!(proxy.connections(), 0);
}

/// A sensitive header is never indexed by HTTP/2's header compression, and is written whole each time.
#[tokio::test]
async fn the_session_key_is_sensitive_and_http2_never_indexes_it() {
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
    let session = client.session(SessionKey::new("X".repeat(3000)).unwrap());
    let mut lengths = Vec::new();
    for _ in 0..3 {
        let before = sent.load(Ordering::SeqCst);
        session.init_reversal_transaction(request()).await.unwrap();
        lengths.push(sent.load(Ordering::SeqCst) - before);
    }
    assert_eq!(server.connections(), 1);
    assert!(lengths.iter().all(|length| *length > 3000), "{lengths:?}");
}

#[test]
fn no_key_log_of_tls_is_written() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("tls-key-log");
    let _ = fs::remove_file(&file);
    passes_in_a_child("guarantees::child_calls_over_tls", &[("SSLKEYLOGFILE", file.to_str().unwrap())]);
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written.lines().filter(|line| line.contains("SECRET")).count(), 0);
}

#[tokio::test]
#[ignore = "run by no_key_log_of_tls_is_written, in a child with SSLKEYLOGFILE"]
async fn child_calls_over_tls() {
    assert!(std::env::var("SSLKEYLOGFILE").is_ok());
    let authority = Authority::new();
    let server = Server::tls(authority.leaf(|_| {}).acceptor()).await;
    let root = authority.root();
    let client = builder(server.https())
        .http(|http| http.tls_certs_only([root]).tls_sslkeylogfile(true))
        .build()
        .unwrap();
    Fixture { server, client }.works(0).await;
}

/// The usual servers keep a connection for 60 seconds or more.
#[tokio::test]
async fn an_idle_connection_is_dropped_before_usual_servers_drop_it() {
    let fixture = Fixture::plain().await;
    for (idle, connections) in [(0, 1), (25, 1), (35, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(idle)).await;
        tokio::time::resume();
        fixture.works(fixture.server.posts()).await;
        assert_eq!(fixture.server.connections(), connections, "after {idle} s");
    }
}
