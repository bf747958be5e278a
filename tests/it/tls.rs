//! TLS, with certificates made in the test.

use paypos::{ErrorKind::Connect, Outcome::NotSent};
use rcgen::{CertificateParams, date_time_ymd};
use rustls::version::{TLS12, TLS13};

use crate::{
    Fixture, builder, call,
    support::{
        canary::{PEER, assert_clean, printed},
        server::{Conn, Server, greet_with, greeting},
        tls::{Authority, Leaf, self_signed},
    },
};

/// The first connection is shown this certificate, and the call is not sent; the next is shown a good one.
async fn refuses(says: &str, first: impl FnOnce(&Authority) -> Leaf) {
    let authority = Authority::new();
    let fixture = Fixture::tls(&authority).await;
    fixture.server.greet(greet_with(first(&authority).acceptor()));
    let error = fixture.is_not_sent().await;
    assert!(error.to_string().contains(says), "{error}");
    assert!(!printed(&error).contains(PEER), "{error:?}");
}

#[tokio::test]
async fn a_certificate_that_is_not_the_hosts_or_not_valid_now_is_refused() {
    let valid = |from: i32, to: i32| {
        move |params: &mut CertificateParams| {
            params.not_before = date_time_ymd(from, 1, 1);
            params.not_after = date_time_ymd(to, 1, 1);
        }
    };
    refuses("the server's certificate is for another name", |authority| {
        authority.leaf(|params| {
            *params = CertificateParams::new(vec![format!("{PEER}.example.com")]).unwrap();
        })
    })
    .await;
    refuses("the server's certificate has expired", |authority| authority.leaf(valid(2020, 2021))).await;
    // A wrong local clock meets the same check.
    refuses("the server's certificate is not valid yet", |authority| authority.leaf(valid(2090, 2091))).await;
}

#[tokio::test]
async fn a_certificate_of_its_own_or_of_an_unknown_authority_is_refused() {
    const UNTRUSTED: &str = "the server's certificate is not trusted";
    refuses(UNTRUSTED, |_| self_signed()).await;
    refuses(UNTRUSTED, |_| Authority::new().leaf(|_| {})).await;
}

#[tokio::test]
async fn verification_cannot_be_turned_off() {
    let authority = Authority::new();
    let server = Server::tls(self_signed().acceptor()).await;
    let root = authority.root();
    let client = builder(server.https())
        .http(|http| {
            http.tls_certs_only([root])
                .tls_danger_accept_invalid_certs(true)
                .tls_danger_accept_invalid_hostnames(true)
        })
        .build()
        .unwrap();
    let error = call(&client).await.1.unwrap_err();
    assert_eq!((error.kind(), error.outcome(), server.posts()), (Connect, NotSent, 0));
    assert_clean(&printed(&error));

    let wrong_host = authority.leaf(|params| {
        *params = CertificateParams::new(vec!["pay.example.com".to_owned()]).unwrap();
    });
    let server = Server::tls(wrong_host.acceptor()).await;
    let root = authority.root();
    let client = builder(server.https())
        .http(|http| http.tls_certs_only([root]).tls_danger_accept_invalid_hostnames(true))
        .build()
        .unwrap();
    let error = call(&client).await.1.unwrap_err();
    assert_eq!((error.kind(), error.outcome(), server.posts()), (Connect, NotSent, 0));
}

/// Paynet's general documentation names TLS 1.1 and 1.2 only.
#[tokio::test]
async fn tls_1_2_and_tls_1_3_are_accepted() {
    for version in [&TLS12, &TLS13] {
        let authority = Authority::new();
        let fixture = Fixture::tls(&authority).await;
        fixture.server.greet(greet_with(authority.leaf(|_| {}).acceptor_of(&[version])));
        fixture.works(0).await;
    }
}

#[tokio::test]
async fn a_reset_in_the_handshake_was_not_sent() {
    let authority = Authority::new();
    let fixture = Fixture::tls(&authority).await;
    fixture.server.greet(greeting(|tcp| async move {
        // The ClientHello has arrived.
        tcp.readable().await.unwrap();
        Conn::Plain(tcp).reset();
        None
    }));
    let error = fixture.is_not_sent().await;
    assert!(
        error.to_string().contains("the connection was closed while it was being established"),
        "{error}"
    );
}

#[tokio::test]
async fn a_port_that_does_not_speak_tls_is_distinguished() {
    let authority = Authority::new();
    let fixture = Fixture::tls(&authority).await;
    fixture.server.greet(greeting(|tcp| async move {
        let mut conn = Conn::Plain(tcp);
        conn.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        None
    }));
    let error = fixture.is_not_sent().await;
    assert!(error.to_string().contains("the server does not speak TLS at this port"), "{error}");
}
