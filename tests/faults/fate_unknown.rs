//! C: what was sent, and whose fate is unknown.

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
    ErrorKind::{Interrupted, Timeout},
    Outcome::Unknown,
};

use super::{
    Bed, assert_own, builder, call,
    http2::{self, Script, go_away_from_all},
    support::{
        canary::{Log, PEER, assert_clean, printed},
        serve,
        server::{answer, close, drip, echo_and_close, echo_and_reset, reply_and_stall, reset_after},
    },
};

#[tokio::test]
async fn c01_a_reset_after_the_request_is_unknown() {
    Bed::plain().await.fails(reset_after(""), Interrupted, Unknown).await;
}

#[tokio::test]
async fn c02_an_end_after_the_request_is_unknown() {
    Bed::plain().await.fails(close(), Interrupted, Unknown).await;
}

#[tokio::test]
async fn c03_silence_until_the_deadline_is_unknown() {
    Bed::impatient().await.fails(reply_and_stall(""), Timeout, Unknown).await;
}

#[tokio::test]
async fn c04_a_head_that_drips_is_unknown_at_the_deadline() {
    let slow = answer("200 OK", "{}");
    Bed::impatient().await.fails(drip(slow, Duration::from_millis(300)), Timeout, Unknown).await;
}

#[tokio::test]
async fn c06_a_pooled_connection_that_closed_while_idle_is_replaced_and_sent_once() {
    let bed = Bed::plain().await;
    // Answers, and closes as soon as the answer is out.
    bed.server.next(echo_and_close());
    let (xact_id, handoff) = call(&bed.client).await;
    assert_own(&xact_id, &handoff.unwrap());
    bed.works(1).await;
    assert_eq!(bed.server.connections(), 2);
}

#[tokio::test]
async fn c07_a_pooled_connection_that_takes_the_second_request_and_closes_is_unknown() {
    let bed = Bed::plain().await;
    bed.works(0).await;
    bed.fails(close(), Interrupted, Unknown).await;
}

#[tokio::test]
async fn c08_a_pooled_connection_that_closes_while_a_request_is_written_never_sends_two() {
    let bed = Bed::plain().await;
    let mut posts = 0;
    for round in 0..300 {
        // The answer, and right behind it, without waiting for anything, the end.
        if round % 2 == 0 {
            bed.server.next(echo_and_close());
        } else {
            bed.server.next(echo_and_reset());
        }
        for _ in 0..2 {
            let (xact_id, result) = call(&bed.client).await;
            match result {
                Ok(handoff) => {
                    posts += 1;
                    assert_own(&xact_id, &handoff);
                    assert_eq!(bed.server.posts(), posts);
                }
                Err(error) => {
                    assert_eq!((error.kind(), error.outcome()), (Interrupted, Unknown));
                    assert!(bed.server.posts() <= posts + 1, "sent at most once");
                    posts = bed.server.posts();
                }
            }
        }
    }
}

/// A client with prior knowledge of HTTP/2.
fn http2_client(url: String) -> Client {
    builder(url).http(paypos::reqwest::ClientBuilder::http2_prior_knowledge).build().unwrap()
}

async fn http2_fails(script: Script) {
    let server = http2::Server::plain().await;
    let client = http2_client(server.http());
    // On a connection that is new, and on one that has served.
    for posts in [0, 2] {
        server.next(script);
        let error = call(&client).await.1.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (Interrupted, Unknown), "{error:?}");
        assert_eq!(server.posts(), posts + 1, "sent once");
        assert_clean(&printed(&error));
        assert_clean(&Log::text());
        let (xact_id, handoff) = call(&client).await;
        assert_own(&xact_id, &handoff.unwrap());
    }
}

#[tokio::test]
async fn c09_http2_refused_stream_is_sent_once() {
    http2_fails(Script::Reset(Reason::REFUSED_STREAM)).await;
}

#[tokio::test]
async fn c10_http2_go_away_that_has_seen_nothing_is_sent_once() {
    let posts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&posts);
    let (url, _) = serve(move |tcp| go_away_from_all(tcp, Arc::clone(&count))).await;

    // reqwest by its defaults sends it again: the row is real.
    let by_default = paypos::reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    by_default.post(&url).body("{}").send().await.unwrap_err();
    assert!(posts.swap(0, Ordering::SeqCst) > 1, "reqwest replays by default");

    let client = http2_client(url);
    let error = call(&client).await.1.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (Interrupted, Unknown));
    assert_eq!(posts.load(Ordering::SeqCst), 1);
    assert_clean(&printed(&error));
    assert!(!printed(&error).contains(PEER), "{error:?}");
}

#[tokio::test]
async fn c11_http2_graceful_go_away_lets_the_call_succeed() {
    let server = http2::Server::plain().await;
    let client = http2_client(server.http());
    server.next(Script::GracefulGoAway);
    for posts in 1..3 {
        let (xact_id, handoff) = call(&client).await;
        assert_own(&xact_id, &handoff.unwrap());
        assert_eq!(server.posts(), posts);
    }
    assert_eq!(server.connections(), 2, "the next call went elsewhere");
}

#[tokio::test]
async fn c12_http2_cancel_and_internal_error_are_unknown() {
    http2_fails(Script::Reset(Reason::CANCEL)).await;
    http2_fails(Script::Reset(Reason::INTERNAL_ERROR)).await;
}

#[tokio::test]
async fn c13_http2_connection_that_drops_is_unknown() {
    http2_fails(Script::Drop).await;
}

#[test]
fn c15_a_runtime_that_is_shut_down_in_mid_flight_is_unknown() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (servers, first, second) = (runtime(), runtime(), runtime());
    let server = servers.block_on(http2::Server::plain());
    let client = http2_client(server.http());
    // The connection, which all calls share, belongs to the first runtime.
    let (xact_id, handoff) = first.block_on(call(&client));
    assert_own(&xact_id, &handoff.unwrap());

    server.next(Script::Hold);
    let shared = client.clone();
    let held = second.spawn(async move { call(&shared).await.1.unwrap_err() });
    while server.posts() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(server.connections(), 1);
    first.shutdown_background();
    let error = second.block_on(held).unwrap();
    assert_eq!((error.kind(), error.outcome()), (Interrupted, Unknown), "{error:?}");
    assert_eq!(server.posts(), 2);
    assert_clean(&printed(&error));
    let (xact_id, handoff) = second.block_on(call(&client));
    assert_own(&xact_id, &handoff.unwrap());
}
