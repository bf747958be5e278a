//! What was sent is sent once, whatever happens to it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use h2::Reason;
use paypos::{
    Client,
    ErrorKind::{BadResponse, Interrupted, Timeout},
    Outcome::Unknown,
    reqwest::{ClientBuilder, redirect, retry},
};

use crate::{
    Fixture, assert_is, assert_own, builder, call,
    support::{
        canary::{Log, PEER, TEXT, assert_clean, printed},
        http2::{self, Script, go_away_from_all},
        serve,
        server::{
            self, close, drip, echo_and_close, echo_and_reset, reply_and_keep, reply_and_stall, reset_after,
            response,
        },
        tls::Authority,
    },
};

#[tokio::test]
async fn a_reset_or_an_end_after_the_request_is_unknown() {
    let fixture = Fixture::plain().await;
    // On a connection that is new, and on one that has served.
    for _ in 0..2 {
        fixture.fails(reset_after(""), Interrupted, Unknown).await;
        fixture.fails(close(), Interrupted, Unknown).await;
    }
}

#[tokio::test]
async fn silence_and_a_head_that_drips_are_unknown_at_the_deadline() {
    Fixture::with_short_deadline().await.fails(reply_and_stall(""), Timeout, Unknown).await;
    let slow = drip(response("200 OK", "{}"), Duration::from_millis(300));
    Fixture::with_short_deadline().await.fails(slow, Timeout, Unknown).await;
}

#[tokio::test]
async fn a_pooled_connection_that_closes_while_a_request_is_written_never_sends_two() {
    let fixture = Fixture::plain().await;
    let mut posts = 0;
    for round in 0..300 {
        // The response, and right behind it, without waiting for anything, the end.
        fixture.server.next(if round % 2 == 0 { echo_and_close() } else { echo_and_reset() });
        for _ in 0..2 {
            let (xact_id, result) = call(&fixture.client).await;
            match result {
                Ok(handoff) => {
                    posts += 1;
                    assert_own(&xact_id, &handoff);
                    assert_eq!(fixture.server.posts(), posts);
                }
                Err(error) => {
                    assert_is(&error, Interrupted, Unknown);
                    assert!(fixture.server.posts() <= posts + 1, "sent at most once");
                    posts = fixture.server.posts();
                }
            }
        }
    }
}

#[tokio::test]
async fn no_redirect_is_followed_and_the_key_goes_nowhere_else() {
    let elsewhere = server::Server::plain().await;
    let plain =
        Fixture::configured(|builder| builder.http(|http| http.redirect(redirect::Policy::limited(5)))).await;
    let tls = Fixture::tls(&Authority::new()).await;
    for status in [301, 302, 303, 307, 308] {
        for (fixture, location) in [
            (&plain, format!("http://127.0.0.1:{}/{TEXT}", elsewhere.port)),
            (&plain, format!("/{TEXT}")),
            (&tls, format!("http://127.0.0.1:{}/{TEXT}", elsewhere.port)),
        ] {
            let head =
                format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
            let error = fixture.fails(reply_and_keep(head), BadResponse, Unknown).await;
            assert_eq!(error.status(), Some(status));
        }
    }
    assert_eq!((elsewhere.connections(), elsewhere.posts()), (0, 0));
}

/// A client with prior knowledge of HTTP/2, and with a retry policy that the crate must undo.
fn http2_client(url: String) -> Client {
    let http = |http: ClientBuilder| {
        let replay = retry::for_host("127.0.0.1");
        http.http2_prior_knowledge().retry(
            replay
                .max_retries_per_request(5)
                .classify_fn(|call| if call.error().is_some() { call.retryable() } else { call.success() }),
        )
    };
    builder(url).http(http).build().unwrap()
}

#[tokio::test]
async fn a_stream_that_http2_refuses_cancels_or_drops_is_sent_once() {
    for script in [
        Script::Reset(Reason::REFUSED_STREAM),
        Script::Reset(Reason::CANCEL),
        Script::Reset(Reason::INTERNAL_ERROR),
        Script::Drop,
    ] {
        let server = http2::Server::plain().await;
        let client = http2_client(server.http());
        // On a connection that is new, and on one that has served.
        for posts in [0, 2] {
            server.next(script);
            let error = call(&client).await.1.unwrap_err();
            assert_is(&error, Interrupted, Unknown);
            assert_eq!(server.posts(), posts + 1, "sent once");
            assert_clean(&printed(&error));
            assert_clean(&Log::text());
            let (xact_id, handoff) = call(&client).await;
            assert_own(&xact_id, &handoff.unwrap());
        }
    }
}

#[tokio::test]
async fn a_request_that_http2_has_not_seen_is_sent_once() {
    let posts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&posts);
    let (url, _) = serve(move |tcp| go_away_from_all(tcp, Arc::clone(&count))).await;

    // reqwest by its defaults sends it again: the danger is real.
    let by_default = paypos::reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    by_default.post(&url).body("{}").send().await.unwrap_err();
    assert!(posts.swap(0, Ordering::SeqCst) > 1, "reqwest replays by default");

    let error = call(&http2_client(url)).await.1.unwrap_err();
    assert_is(&error, Interrupted, Unknown);
    assert_eq!(posts.load(Ordering::SeqCst), 1);
    assert_clean(&printed(&error));
    assert!(!printed(&error).contains(PEER), "{error:?}");
}

/// Documented: one runtime. A connection belongs to the runtime that opened it, and waits with it.
#[test]
fn a_call_on_the_connection_of_an_idle_runtime_is_never_sent_late() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let fixture = servers.block_on(Fixture::with_short_deadline());
    first.block_on(fixture.works(0));
    // Nobody drives the first runtime: the call ends at its deadline.
    let error = second.block_on(call(&fixture.client)).1.unwrap_err();
    assert_is(&error, Timeout, Unknown);
    first.block_on(async { tokio::time::sleep(Duration::from_millis(300)).await });
    assert_eq!(fixture.server.posts(), 1, "the call is not sent late");
    assert_clean(&printed(&error));
}
