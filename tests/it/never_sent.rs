//! What never reached Paynet: name resolution, TCP, proxies.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    ErrorKind, Outcome,
    reqwest::{
        Proxy,
        dns::{Addrs, Name, Resolve, Resolving},
    },
};
use tokio::net::{TcpSocket, TcpStream};

use crate::{
    Fixture, SHORT, builder, call,
    child::passes_in_a_child,
    support::{
        canary::{Log, PASSWORD, assert_clean, printed},
        server::{self, Conn, Server, greeting},
        tls::Authority,
    },
};

use ErrorKind::Connect;
use Outcome::NotSent;

/// An answer of a scripted resolver.
#[derive(Clone)]
enum Lookup {
    NoSuchName,
    Nothing,
    Addresses(Vec<SocketAddr>),
}

struct Resolver {
    first: Lookup,
    then: Lookup,
    asked: AtomicUsize,
}

impl Resolve for Resolver {
    fn resolve(&self, _: Name) -> Resolving {
        let lookup = if self.asked.fetch_add(1, Ordering::SeqCst) == 0 { &self.first } else { &self.then };
        let lookup = lookup.clone();
        Box::pin(async move {
            match lookup {
                Lookup::NoSuchName => Err("NXDOMAIN".into()),
                Lookup::Nothing => std::future::pending().await,
                Lookup::Addresses(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

/// A server that is found by name, by a resolver that first answers this.
async fn named(first: Lookup) -> Fixture {
    let authority = Authority::new();
    let server = Server::tls(authority.leaf(|_| {}).acceptor()).await;
    let then = Lookup::Addresses(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
    let resolver = Arc::new(Resolver { first, then, asked: AtomicUsize::new(0) });
    let root = authority.root();
    let client = builder(server.https())
        .connect_timeout(SHORT)
        .http(|http| http.tls_certs_only([root]).dns_resolver(resolver))
        .build()
        .unwrap();
    Fixture { server, client }
}

#[tokio::test]
async fn a_name_that_does_not_exist_was_not_sent() {
    let error = named(Lookup::NoSuchName).await.is_not_sent().await;
    assert!(error.to_string().contains("name could not be resolved"), "{error}");
}

#[tokio::test]
async fn a_resolver_that_hangs_ends_at_the_connect_timeout() {
    let error = named(Lookup::Nothing).await.is_not_sent().await;
    assert!(error.to_string().contains("connect timeout"), "{error}");
}

#[tokio::test]
async fn a_dead_first_address_is_passed_over_and_sent_once() {
    let dead_then_alive = [[127, 0, 0, 2], [127, 0, 0, 1]].map(|ip| SocketAddr::from((ip, 0)));
    let fixture = named(Lookup::Addresses(dead_then_alive.into())).await;
    fixture.works(0).await;
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let fixture = named(Lookup::Addresses(vec![SocketAddr::from(([127, 0, 0, 2], 0))])).await;
    let error = fixture.is_not_sent().await;
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "connection refused");
}

#[tokio::test]
async fn a_black_hole_ends_at_the_connect_timeout() {
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
    assert_eq!(handoff.unwrap().payment_session().id(), xact_id);
}

#[tokio::test]
async fn a_server_without_a_tls_byte_ends_at_the_connect_timeout() {
    let authority = Authority::new();
    let mut fixture = Fixture::tls(&authority).await;
    let root = authority.root();
    fixture.client = builder(fixture.server.https())
        .connect_timeout(SHORT)
        .http(|http| http.tls_certs_only([root]))
        .build()
        .unwrap();
    fixture.server.greet(greeting(|tcp| async move {
        Conn::Plain(tcp).until_client_goes().await;
        None
    }));
    let error = fixture.is_not_sent().await;
    assert!(error.to_string().contains("connect timeout"), "{error}");
}

/// A TLS server behind a proxy that treats its first connection like this, and then tunnels.
async fn behind_a_proxy(first: &'static str, hangs: bool) -> (Fixture, Server) {
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
    (Fixture { server, client }, proxy)
}

#[tokio::test]
async fn a_proxy_that_refuses_the_connection_was_not_sent() {
    let (_socket, unused) = crate::support::unused();
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
async fn a_proxy_that_requires_credentials_fails_or_hangs_was_not_sent() {
    for (answer, hangs) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", false),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", false),
        ("", true),
    ] {
        let (fixture, _proxy) = behind_a_proxy(answer, hangs).await;
        fixture.is_not_sent().await;
    }
}

#[test]
fn a_host_without_ca_certificates_is_an_error_and_no_panic() {
    passes_in_a_child(
        "child::child_without_ca_certificates_a_client_is_an_error",
        &[("SSL_CERT_FILE", "/nonexistent/ca.pem"), ("SSL_CERT_DIR", "/nonexistent")],
    );
}
