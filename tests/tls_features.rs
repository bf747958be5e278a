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

#[cfg(any(feature = "rustls", feature = "native-tls"))]
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
