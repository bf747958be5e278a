//! Calls that never reached Paynet: name resolution, TCP, a proxy.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use paypos::{
    ErrorKind, Outcome,
    reqwest::{
        Proxy,
        dns::{Addrs, Name, Resolve, Resolving},
    },
};

use crate::{
    Fixture, SHORT, builder, call,
    child::passes_in_a_child,
    support::{
        canary::{Log, PASSWORD, assert_clean, printed},
        server::Server,
        tls::Authority,
    },
};

use ErrorKind::Connect;
use Outcome::NotSent;

/// A response of a scripted resolver.
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

/// A server that is found by name, by a resolver that first returns this.
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
async fn a_refused_connection_was_not_sent() {
    let fixture = named(Lookup::Addresses(vec![SocketAddr::from(([127, 0, 0, 2], 0))])).await;
    let error = fixture.is_not_sent().await;
    assert!(error.to_string().contains("the connection was refused"), "{error}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "connection refused");
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

#[test]
fn a_host_without_ca_certificates_is_an_error_and_no_panic() {
    passes_in_a_child(
        "child::child_without_ca_certificates_a_client_is_an_error",
        &[("SSL_CERT_FILE", "/nonexistent/ca.pem"), ("SSL_CERT_DIR", "/nonexistent")],
    );
}
