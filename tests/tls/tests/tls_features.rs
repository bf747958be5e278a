//! What is built with which TLS feature: each configuration tests its own case.

use paypos::{Client, Environment};

#[cfg(not(any(feature = "rustls", feature = "native-tls", feature = "rustls-no-provider")))]
#[test]
fn without_a_tls_feature_an_https_environment_names_what_is_missing_and_loopback_works() {
    for environment in Environment::ALL {
        let error = Client::new(*environment).unwrap_err();
        assert_eq!(error.kind(), paypos::ErrorKind::Configuration);
        assert_eq!(
            error.to_string(),
            "an https environment needs TLS; enable the feature `rustls`, `native-tls` or `rustls-no-provider` of paypos"
        );
    }
    assert!(Client::builder(Environment::Sandbox).base_url("http://127.0.0.1:1").build().is_ok());
}

/// Whichever TLS library is used, and whatever it says of it.
#[cfg(any(feature = "rustls", all(feature = "native-tls", not(feature = "rustls-no-provider"))))]
#[tokio::test]
async fn reasons_for_a_failed_connection_are_distinguished() {
    use std::sync::Arc;
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    let pair = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let (tls, plain) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let urls =
        [&tls, &plain].map(|listener| format!("https://localhost:{}", listener.local_addr().unwrap().port()));
    tokio::spawn(async move {
        while let Ok((tcp, _)) = tls.accept().await {
            let _ = acceptor.accept(tcp).await;
        }
    });
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = plain.accept().await {
            let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
            std::future::pending::<()>().await;
        }
    });
    let [tls, plain] = urls;
    for (url, says) in [
        (tls, "the server's certificate is not trusted"),
        (plain, "the server does not speak TLS at this port"),
        ("https://localhost:1".to_owned(), "the connection was refused"),
    ] {
        let client = Client::builder(Environment::Sandbox).base_url(url).build().unwrap();
        let session = client.session(paypos::SessionKey::new("k").unwrap());
        let request = paypos::types::InitReversalRequest::new("x");
        let error = session.init_reversal_transaction(request).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (paypos::ErrorKind::Connect, paypos::Outcome::NotSent));
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[cfg(all(feature = "native-tls", feature = "rustls-no-provider", not(feature = "rustls")))]
#[test]
fn a_backend_without_its_provider_is_an_error_and_no_panic() {
    let build = || {
        let builder = Client::builder(Environment::Sandbox);
        builder.http(paypos::reqwest::ClientBuilder::tls_backend_rustls).build()
    };
    let error = build().unwrap_err();
    assert_eq!(error.kind(), paypos::ErrorKind::Configuration);
    assert!(error.to_string().contains("no rustls crypto provider is installed"), "{error}");
    rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap();
    assert!(build().is_ok());
}

#[cfg(any(feature = "rustls", all(feature = "native-tls", not(feature = "rustls-no-provider"))))]
#[test]
fn with_a_tls_feature_every_environment_builds() {
    for environment in Environment::ALL {
        assert!(Client::new(*environment).is_ok());
    }
}

#[cfg(all(feature = "rustls-no-provider", not(any(feature = "rustls", feature = "native-tls"))))]
#[test]
fn without_a_provider_the_error_says_what_to_install_and_with_one_it_builds() {
    let error = Client::new(Environment::Sandbox).unwrap_err();
    assert_eq!(error.kind(), paypos::ErrorKind::Configuration);
    assert!(error.to_string().contains("no rustls crypto provider is installed"), "{error}");

    rustls::crypto::aws_lc_rs::default_provider().install_default().unwrap();
    assert!(Client::new(Environment::Sandbox).is_ok());
}
