//! Sweeps over what a list of rows cannot cover: a cut at every byte of an
//! exchange, arbitrary responses, and many calls at once.

use std::time::Duration;

use crate::support::{
    canary::{ENCRYPTION_KEY, HEADER, KEY, TEXT, printed},
    server::{self, Conn, Server, greeting, reply, reset_after, response, success_for},
};
use futures::future::join_all;
use paypos::{
    Client, Environment, ErrorKind, Outcome, PaymentSession, SessionKey, types::InitReversalRequest,
};
use proptest::{
    prelude::{ProptestConfig, any, prop},
    prop_assert, prop_assert_eq, prop_oneof,
    strategy::{Just, Strategy},
    test_runner::{TestCaseError, TestRunner},
};
use tokio::runtime::Runtime;

fn client(url: String) -> Client {
    Client::builder(Environment::Sandbox).base_url(url).build().unwrap()
}

async fn call(client: &Client, xact_id: &str) -> Result<paypos::Handoff, paypos::Error> {
    let session = client.session(SessionKey::new(KEY).unwrap());
    session.init_reversal_transaction(InitReversalRequest::new(xact_id)).await
}

fn success() -> Vec<u8> {
    let body = format!(r#"{{"xact_id": "{TEXT}"}}"#);
    let request = server::Request { head: String::new(), body: body.into() };
    response("200 OK", success_for(&request).to_string())
}

/// After each cut the same client's next call works.
async fn works(server: &Server, client: &Client) {
    let posts = server.posts();
    assert_eq!(call(client, "next").await.unwrap().payment_session().id(), "next");
    assert_eq!(server.posts(), posts + 1);
}

#[tokio::test]
async fn a_response_that_is_cut_at_any_byte_is_unknown_and_sent_once() {
    let (server, whole) = (Server::plain().await, success());
    let client = client(server.http());
    let id = format!("\"payment_session_id\":\"{TEXT}\"");
    let id_ends = whole.windows(id.len()).position(|window| window == id.as_bytes()).unwrap() + id.len();
    let mut offsets = 0;
    for at in 0..=whole.len() {
        for reset in [false, true] {
            let part = whole[..at].to_vec();
            server.next(if reset { reset_after(part) } else { reply(part) });
            let posts = server.posts();
            let result = call(&client, "cut").await;
            assert_eq!(server.posts(), posts + 1, "sent once, at {at}");
            match result {
                Err(error) => {
                    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Interrupted, Outcome::Unknown));
                    assert!(at < whole.len() || reset, "whole, and yet {error:?}");
                    // A reset may take with it what had arrived.
                    let id = error.payment_session().map(PaymentSession::id);
                    assert!(id.is_none_or(|id| id == TEXT), "{id:?}");
                    assert!(reset || id.is_some() == (at >= id_ends), "at {at}");
                    assert_none_printed(&printed(&error)).unwrap();
                }
                Ok(_) => assert_eq!(at, whole.len(), "a part is no success"),
            }
            works(&server, &client).await;
            offsets += 1;
        }
    }
    println!("response: {offsets} cuts");
    assert_eq!(offsets, 2 * (whole.len() + 1));
}

#[tokio::test]
async fn a_request_that_is_cut_at_any_byte_is_never_sent_again() {
    let server = Server::plain().await;
    let client = client(server.http());
    let (seen, length) = tokio::sync::oneshot::channel();
    server.next(Box::new(|conn, request| {
        // The head, its blank line, and the body.
        let _ = seen.send(request.head.len() + 4 + request.body.len());
        server::echo()(conn, request)
    }));
    call(&client, "cut").await.unwrap();
    let length = length.await.unwrap();
    assert!(length > 200);
    for at in 0..length {
        // A client without a connection, so that the greeting is for this call.
        let client = self::client(server.http());
        let connections = server.connections();
        let posts = server.posts();
        server.greet(greeting(move |tcp| async move {
            let mut conn = Conn::Plain(tcp);
            conn.read_at_least(at).await;
            conn.reset();
            None
        }));
        let error = call(&client, "cut").await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Interrupted, Outcome::Unknown), "at {at}");
        assert_eq!((server.posts(), server.connections()), (posts, connections + 1), "at {at}");
        assert_none_printed(&printed(&error)).unwrap();
        works(&server, &client).await;
    }
    println!("request: {length} cuts");
}

fn assert_none_printed(printed: &str) -> Result<(), TestCaseError> {
    for canary in [KEY, ENCRYPTION_KEY, TEXT, HEADER] {
        prop_assert!(!printed.contains(canary), "{} is printed: {}", canary, printed);
    }
    Ok(())
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs a property; failures are shown, and not written into the repository.
fn check<S: Strategy>(cases: u32, inputs: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(inputs, property).unwrap();
}

/// Bytes of which some resemble a response, with canaries in them.
fn responses() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Just(b"HTTP/1.1 400 No\r\n".to_vec()),
        Just(b"content-length: 30\r\n".to_vec()),
        Just(b"transfer-encoding: chunked\r\n".to_vec()),
        Just(format!("x-canary: {HEADER}\r\n").into_bytes()),
        Just(b"\r\n".to_vec()),
        Just(b"1e\r\n".to_vec()),
        Just(format!(r#"{{"message": "{TEXT}", "encryption_key": "{ENCRYPTION_KEY}""#).into_bytes()),
        Just(br#", "deeplink_url": 1}"#.to_vec()),
        Just(success()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn arbitrary_bytes_as_a_response_never_panic_or_print_a_canary() {
    let runtime = runtime();
    let server = runtime.block_on(Server::plain());
    let client = client(server.http());
    check(1_500, &responses(), |bytes| {
        runtime.block_on(async {
            let posts = server.posts();
            server.next(reply(bytes));
            let result = call(&client, "arbitrary").await;
            prop_assert_eq!(server.posts(), posts + 1);
            match result {
                Ok(handoff) => prop_assert_eq!(handoff.payment_session().id(), TEXT),
                Err(error) => {
                    prop_assert!(error.outcome() != Outcome::NotSent, "{error:?}");
                    assert_none_printed(&printed(&error))?;
                }
            }
            Ok(())
        })
    });
}

/// A call with a session key of its own, whose response is its own.
fn own_call(client: &Client, n: usize) -> impl Future<Output = ()> + use<> {
    let key = format!("key-{n}");
    let session = client.session(SessionKey::new(key.as_str()).unwrap());
    async move {
        let xact_id = format!("xact-{n}");
        let request = InitReversalRequest::new(xact_id.as_str());
        let handoff = session.init_reversal_transaction(request).await.unwrap();
        assert_eq!(handoff.payment_session().id(), xact_id);
        assert_eq!(handoff.deeplink_url, format!("paynet://pay?session={key}"));
    }
}

#[tokio::test]
async fn each_of_many_calls_at_once_gets_its_own_response_and_those_that_are_dropped_disturb_none() {
    const CALLS: usize = 400;
    let server = Server::plain().await;
    let client = client(server.http());
    server.shut_the_gate();
    let calls: Vec<_> = (0..CALLS).map(|n| tokio::spawn(own_call(&client, n))).collect();
    while server.posts() < CALLS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    calls.iter().step_by(3).for_each(tokio::task::JoinHandle::abort);
    server.open_the_gate();
    let results = join_all(calls).await;
    let failed: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(failed.iter().all(|error| error.is_cancelled()), "{failed:?}");
    assert_eq!((failed.len(), server.posts()), (CALLS.div_ceil(3), CALLS), "sent once each");
}
