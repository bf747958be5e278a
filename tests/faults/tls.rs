//! B: TLS, from certificates made in the test.

use paypos::{ErrorKind::Connect, Outcome::NotSent};
use rcgen::{CertificateParams, date_time_ymd};
use rustls::version::{TLS12, TLS13};

use super::{
    Bed, SHORT, builder, call,
    support::{
        canary::{PEER, assert_clean, printed},
        server::{Conn, Server, greet_with, greeting},
        tls::{Authority, Leaf, self_signed},
    },
};

/// The first connection is shown this certificate, and the call is not sent; the next is shown a good one.
async fn refuses(first: impl FnOnce(&Authority) -> Leaf) {
    let authority = Authority::new();
    let bed = Bed::tls(&authority).await;
    bed.server.greet(greet_with(first(&authority).acceptor()));
    let error = bed.fails_with(Connect, NotSent, 0).await;
    assert!(!printed(&error).contains(PEER), "{error:?}");
}

#[tokio::test]
async fn b01_a_certificate_for_another_host_is_refused() {
    refuses(|authority| {
        authority.leaf(|params| {
            *params = CertificateParams::new(vec![format!("{PEER}.example.com")]).unwrap();
        })
    })
    .await;
}

#[tokio::test]
async fn b02_an_expired_certificate_is_refused() {
    refuses(|authority| {
        authority.leaf(|params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        })
    })
    .await;
}

/// Also K9: a wrong wall clock meets the same check.
#[tokio::test]
async fn b03_k09_a_certificate_of_the_future_is_refused() {
    refuses(|authority| {
        authority.leaf(|params| {
            params.not_before = date_time_ymd(2090, 1, 1);
            params.not_after = date_time_ymd(2091, 1, 1);
        })
    })
    .await;
}

#[tokio::test]
async fn b04_a_self_signed_certificate_is_refused() {
    refuses(|_| self_signed()).await;
}

#[tokio::test]
async fn b05_a_certificate_of_an_unknown_authority_is_refused() {
    refuses(|_| Authority::new().leaf(|_| {})).await;
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

#[tokio::test]
async fn b07_tls_1_2_alone_is_enough_and_1_3_too() {
    for version in [&TLS12, &TLS13] {
        let authority = Authority::new();
        let bed = Bed::tls(&authority).await;
        let acceptor = authority.leaf(|_| {}).acceptor_of(&[version], &[]);
        bed.server.greet(greet_with(acceptor));
        bed.works(0).await;
    }
}

#[tokio::test]
async fn b08_a_reset_in_the_handshake_was_not_sent() {
    let authority = Authority::new();
    let bed = Bed::tls(&authority).await;
    bed.server.greet(greeting(|tcp| async move {
        // The ClientHello has arrived.
        tcp.readable().await.unwrap();
        Conn::Plain(tcp).reset();
        None
    }));
    bed.fails_with(Connect, NotSent, 0).await;
}

#[tokio::test]
async fn b09_http_1_1_or_no_protocol_by_alpn_works() {
    for alpn in [&["http/1.1"] as &[&str], &[]] {
        let authority = Authority::new();
        let bed = Bed::tls(&authority).await;
        bed.server.greet(greet_with(authority.leaf(|_| {}).acceptor_of(rustls::ALL_VERSIONS, alpn)));
        bed.works(0).await;
    }
}

#[tokio::test]
async fn b09_http_2_by_alpn_works() {
    let authority = Authority::new();
    let acceptor = authority.leaf(|_| {}).acceptor_of(rustls::ALL_VERSIONS, &["h2", "http/1.1"]);
    let server = super::http2::Server::tls(acceptor).await;
    let root = authority.root();
    let client = builder(format!("https://localhost:{}", server.port))
        .timeout(SHORT * 20)
        .http(|http| http.tls_certs_only([root]))
        .build()
        .unwrap();
    for _ in 0..3 {
        let (xact_id, handoff) = call(&client).await;
        assert_eq!(handoff.unwrap().payment_session_id, xact_id);
    }
    assert_eq!((server.posts(), server.connections()), (3, 1));
}
