//! A: what never reached Paynet.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    Client, Environment, ErrorKind, Outcome, SessionKey,
    reqwest::{
        Proxy,
        dns::{Addrs, Name, Resolve, Resolving},
    },
    types::InitReversalRequest,
};
use tokio::net::{TcpSocket, TcpStream};

use super::{
    Bed, SHORT, builder, call,
    child::passes_in_a_child,
    support::{
        canary::{Log, PASSWORD, assert_clean, printed},
        server::{self, Conn, Server, greeting},
        tls::Authority,
    },
};

use ErrorKind::{Configuration, Connect, InvalidInput};
use Outcome::NotSent;

/// What a scripted resolver says, the first time and from then on.
#[derive(Clone)]
enum Says {
    NoSuchName,
    Nothing,
    Addresses(Vec<SocketAddr>),
}

struct Resolver {
    first: Says,
    then: Says,
    asked: AtomicUsize,
}

impl Resolve for Resolver {
    fn resolve(&self, _: Name) -> Resolving {
        let says = if self.asked.fetch_add(1, Ordering::SeqCst) == 0 { &self.first } else { &self.then };
        let says = says.clone();
        Box::pin(async move {
            match says {
                Says::NoSuchName => Err("NXDOMAIN".into()),
                Says::Nothing => std::future::pending().await,
                Says::Addresses(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

/// A server that is found by name, by a resolver that first says this.
async fn named(first: Says) -> Bed {
    let server = Server::plain().await;
    let then = Says::Addresses(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
    let resolver = Arc::new(Resolver { first, then, asked: AtomicUsize::new(0) });
    let client = builder(format!("http://localhost:{}", server.port))
        .connect_timeout(SHORT)
        .http(|http| http.dns_resolver(resolver))
        .build()
        .unwrap();
    Bed { server, client }
}

#[tokio::test]
async fn a01_a_name_that_does_not_exist_was_not_sent() {
    let error = named(Says::NoSuchName).await.fails_with(Connect, NotSent, 0).await;
    assert!(error.to_string().contains("name could not be resolved"), "{error}");
}

#[tokio::test]
async fn a02_a_resolver_that_hangs_ends_at_the_connect_timeout() {
    let error = named(Says::Nothing).await.fails_with(Connect, NotSent, 0).await;
    assert!(error.to_string().contains("connect timeout"), "{error}");
}

#[tokio::test]
async fn a03_a_dead_first_address_is_passed_over_and_sent_once() {
    let dead_then_alive = [[127, 0, 0, 2], [127, 0, 0, 1]].map(|ip| SocketAddr::from((ip, 0)));
    let bed = named(Says::Addresses(dead_then_alive.into())).await;
    bed.works(0).await;
}

#[tokio::test]
async fn a04_a_refused_connection_was_not_sent() {
    let bed = named(Says::Addresses(vec![SocketAddr::from(([127, 0, 0, 2], 0))])).await;
    bed.fails_with(Connect, NotSent, 0).await;
}

#[tokio::test]
async fn a05_a_black_hole_ends_at_the_connect_timeout() {
    // A listener whose backlog is full and that accepts nobody: further SYNs are dropped.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        held.push(stream);
        assert!(held.len() < 100, "the backlog never fills");
    }
    let client = builder(format!("http://{address}")).connect_timeout(SHORT).build().unwrap();
    let error = call(&client).await.1.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (Connect, NotSent));
    assert!(error.to_string().contains("connect timeout"), "{error}");

    // The hole is gone, and the same client gets through.
    for _ in held {
        listener.accept().await.unwrap();
    }
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut conn = Conn::Plain(stream);
                if let Some(request) = conn.read_request().await {
                    server::echo()(conn, request).await;
                }
            });
        }
    });
    let (xact_id, handoff) = call(&client).await;
    assert_eq!(handoff.unwrap().payment_session_id, xact_id);
}

#[tokio::test]
async fn a07_a_server_without_a_tls_byte_ends_at_the_connect_timeout() {
    let authority = Authority::new();
    let mut bed = Bed::tls(&authority).await;
    let root = authority.root();
    bed.client = builder(bed.server.https())
        .connect_timeout(SHORT)
        .http(|http| http.tls_certs_only([root]))
        .build()
        .unwrap();
    bed.server.greet(greeting(|tcp| async move {
        Conn::Plain(tcp).until_client_goes().await;
        None
    }));
    let error = bed.fails_with(Connect, NotSent, 0).await;
    assert!(error.to_string().contains("connect timeout"), "{error}");
}

#[tokio::test]
async fn a09_plain_http_to_another_host_is_refused_when_the_client_is_built() {
    for url in ["http://pay.example.com", "http://192.0.2.1", "http://10.0.0.1:80"] {
        let error = Client::builder(Environment::Sandbox).base_url(url).build().unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (Configuration, NotSent));
    }
}

/// A TLS server behind a proxy that treats its first connection like this, and then tunnels.
async fn behind_a_proxy(first: &'static str, hangs: bool) -> (Bed, Server) {
    let authority = Authority::new();
    let server = Server::tls(authority.leaf(|_| {}).acceptor()).await;
    let proxy = Server::plain().await;
    let target = server.port;
    proxy.greet(greeting(move |tcp| async move {
        let mut conn = Conn::Plain(tcp);
        conn.read_request().await;
        if hangs {
            conn.until_client_goes().await;
        } else {
            conn.write(first).await;
            conn.close().await;
        }
        None
    }));
    for _ in 0..2 {
        proxy.greet(greeting(move |mut tcp| async move {
            let mut conn = Conn::Plain(tcp);
            conn.read_request().await;
            conn.write("HTTP/1.1 200 Connected\r\n\r\n").await;
            let Conn::Plain(plain) = conn else { return None };
            tcp = plain;
            let mut target = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut tcp, &mut target).await;
            None
        }));
    }
    let root = authority.root();
    let url = format!("http://user:{PASSWORD}@127.0.0.1:{}", proxy.port);
    let client = builder(server.https())
        .connect_timeout(Duration::from_secs(2))
        .http(move |http| http.tls_certs_only([root]).proxy(Proxy::all(url).unwrap()))
        .build()
        .unwrap();
    (Bed { server, client }, proxy)
}

#[tokio::test]
async fn a10_a_proxy_that_refuses_the_connection_was_not_sent() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://user:{PASSWORD}@{unused}");
    let client = builder("https://localhost".to_owned())
        .http(move |http| http.proxy(Proxy::all(url).unwrap()))
        .build()
        .unwrap();
    let error = call(&client).await.1.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (Connect, NotSent));
    assert_clean(&printed(&error));
    assert_clean(&Log::text());
}

#[tokio::test]
async fn a10_a_proxy_that_asks_for_other_credentials_was_not_sent() {
    let (bed, _proxy) = behind_a_proxy("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", false).await;
    bed.fails_with(Connect, NotSent, 0).await;
}

#[tokio::test]
async fn a10_a_proxy_that_fails_was_not_sent() {
    let (bed, _proxy) = behind_a_proxy("HTTP/1.1 502 Bad Gateway\r\n\r\n", false).await;
    bed.fails_with(Connect, NotSent, 0).await;
}

#[tokio::test]
async fn a10_a_proxy_that_hangs_ends_at_the_connect_timeout() {
    let (bed, _proxy) = behind_a_proxy("", true).await;
    bed.fails_with(Connect, NotSent, 0).await;
}

#[test]
fn a11_a_host_without_ca_certificates_is_an_error_and_no_panic() {
    passes_in_a_child(
        "child::child_without_ca_certificates_a_client_is_an_error",
        &[("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")],
    );
}

#[tokio::test]
async fn a12_an_invalid_session_key_opens_no_socket() {
    let error = SessionKey::new("two words").unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (InvalidInput, NotSent));
}

#[tokio::test]
async fn a13_an_invalid_request_opens_no_socket() {
    let bed = Bed::plain().await;
    for request in [
        InitReversalRequest::new(" "),
        InitReversalRequest::new("x").callback_url("done"),
        InitReversalRequest::new("x").callback_url("javascript:alert(1)"),
    ] {
        let error = super::session(&bed.client).init_reversal_transaction(request).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (InvalidInput, NotSent));
    }
    assert_eq!(bed.server.connections(), 0);
    bed.works(0).await;
}

#[tokio::test]
async fn a14_a_deadline_of_zero_is_refused_when_the_client_is_built() {
    let bed = Bed::plain().await;
    for wrong in [
        builder(bed.server.http()).timeout(Duration::ZERO),
        builder(bed.server.http()).connect_timeout(Duration::ZERO),
    ] {
        let error = wrong.build().unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (Configuration, NotSent));
    }
    assert_eq!(bed.server.connections(), 0);
    bed.works(0).await;
}
