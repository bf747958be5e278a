//! Tests that need another environment of the process: the test runs itself in a
//! child, whose part is an ignored test.

use std::{env, fs, process::Command};

use paypos::{Client, Environment, ErrorKind, Outcome};

use crate::{
    Fixture, builder, call,
    support::{
        canary::{assert_clean, printed},
        server::Server,
        tls::Authority,
    },
};

/// Runs one ignored test of this program with these variables.
pub(crate) fn passes_in_a_child(test: &str, variables: &[(&str, &str)]) {
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--ignored", "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    assert!(output.status.success(), "{printed}");
    assert!(printed.contains("1 passed"), "it ran: {printed}");
    assert_clean(&printed);
}

#[test]
#[ignore = "run in a child without a CA store"]
fn child_without_ca_certificates_a_client_is_an_error() {
    let error = Client::new(Environment::Sandbox).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Configuration, Outcome::Unknown));
    assert!(error.to_string().contains("no CA certificates were found on this machine"), "{error}");
    assert!(std::error::Error::source(&error).is_some(), "says why");
    // The simulator's clients need none.
    assert!(Client::builder(Environment::Sandbox).base_url("http://127.0.0.1:1").build().is_ok());
}

#[test]
fn proxies_of_the_environment_are_ignored() {
    let nowhere = "http://user:canary-proxy-password@127.0.0.1:1";
    let variables = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    passes_in_a_child("child::child_reaches_the_server_itself", &variables.map(|name| (name, nowhere)));
}

#[tokio::test]
#[ignore = "run in a child with proxy variables"]
async fn child_reaches_the_server_itself() {
    assert!(env::var("HTTPS_PROXY").is_ok());
    Fixture::plain().await.works(0).await;
    let authority = Authority::new();
    Fixture::tls(&authority).await.works(0).await;
    // Also with a builder that nobody prepared.
    let server = Server::tls(authority.leaf(|_| {}).acceptor()).await;
    let root = authority.root();
    let bare = move |_| paypos::reqwest::Client::builder().tls_certs_only([root]);
    let client = builder(server.https()).http(bare).build().unwrap();
    Fixture { server, client }.works(0).await;
}

#[test]
fn a_proxys_password_is_never_printed() {
    let url = "http://user:canary-proxy-password@127.0.0.1:1";
    let builder = builder("https://localhost".to_owned())
        .http(move |http| http.proxy(paypos::reqwest::Proxy::all(url).unwrap()));
    assert_clean(&format!("{builder:?} {builder:#?}"));
    let client = builder.build().unwrap();
    assert_clean(&format!("{client:?} {client:#?} {:?}", crate::session(&client)));
}

#[test]
fn a_ca_file_of_the_environment_is_trusted_unless_roots_of_the_callers_replace_it() {
    let authority = Authority::new();
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (ca, key) = (directory.join("own-ca.pem"), directory.join("own-leaf"));
    fs::write(&ca, &authority.pem).unwrap();
    authority.leaf(|_| {}).save(&key);
    passes_in_a_child(
        "child::child_trusts_the_ca_file_unless_roots_are_given",
        &[("SSL_CERT_FILE", ca.to_str().unwrap()), ("PAYPOS_TEST_LEAF", key.to_str().unwrap())],
    );
}

#[tokio::test]
#[ignore = "run in a child with a CA file"]
async fn child_trusts_the_ca_file_unless_roots_are_given() {
    let leaf = crate::support::tls::Leaf::load(env::var("PAYPOS_TEST_LEAF").unwrap().as_ref());
    let server = Server::tls(leaf.acceptor()).await;
    let client = builder(server.https()).build().unwrap();
    Fixture { server, client }.works(0).await;

    // A root of the caller's replaces the store: the same server is refused.
    let leaf = crate::support::tls::Leaf::load(env::var("PAYPOS_TEST_LEAF").unwrap().as_ref());
    let server = Server::tls(leaf.acceptor()).await;
    let root = Authority::new().root();
    let client = builder(server.https()).http(|http| http.tls_certs_only([root])).build().unwrap();
    let error = call(&client).await.1.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent));
    assert_eq!(server.posts(), 0);
}

#[test]
fn rust_log_at_trace_shows_no_key_and_no_body() {
    passes_in_a_child("child::child_prints_its_log", &[("RUST_LOG", "trace")]);
}

#[tokio::test]
#[ignore = "run in a child that logs to its own output"]
async fn child_prints_its_log() {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let server = Server::plain().await;
    let client = Client::builder(Environment::Sandbox)
        .base_url(server.http())
        .http(|http| http.connection_verbose(true))
        .build()
        .unwrap();
    call(&client).await.1.unwrap();
    server.next(crate::support::server::reply(crate::support::server::response("400 No", crate::refusal())));
    let error = call(&client).await.1.unwrap_err();
    println!("{} {error:#?}", printed(&error));
}
