//! Clones, calls that are dropped, and the size of a call.

use paypos::{Error, SessionKey, types::InitReversalRequest};

use crate::{Fixture, assert_own, builder, session};

#[tokio::test]
async fn a_clone_that_is_dropped_or_has_another_key_affects_no_other() {
    let fixture = Fixture::plain().await;
    let kept = session(&fixture.client);
    let other = fixture.client.clone().session(SessionKey::new("another-key").unwrap());
    drop(kept.clone());
    let handoff = other.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap();
    assert!(handoff.deeplink_url.ends_with("another-key"));
    drop(other);
    let handoff = kept.init_reversal_transaction(InitReversalRequest::new("y")).await.unwrap();
    assert_own("y", &handoff);
    fixture.works(2).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_before_it_connects_sends_nothing() {
    let fixture = Fixture::plain().await;
    let session = session(&fixture.client);
    drop(session.init_reversal_transaction(InitReversalRequest::new("x")));
    let mut polled = Box::pin(session.init_reversal_transaction(InitReversalRequest::new("x")));
    assert!(futures::poll!(&mut polled).is_pending());
    drop(polled);
    // Whatever the connection did meanwhile, no request comes of it.
    fixture.works(0).await;
}

#[test]
fn a_call_is_send_and_a_client_is_shared() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn send<T: Send + 'static>(_: &T) {}
    let client = builder("http://127.0.0.1:1".to_owned()).build().unwrap();
    let session = session(&client);
    shared(&client);
    shared(&session);
    send(&async move { session.init_reversal_transaction(InitReversalRequest::new("x")).await });
}

#[test]
fn the_future_of_a_call_is_small() {
    let client = builder("http://127.0.0.1:1".to_owned()).build().unwrap();
    let session = session(&client);
    let call = session.init_reversal_transaction(InitReversalRequest::new("x"));
    assert!(size_of_val(&call) <= 2048, "{} bytes", size_of_val(&call));
    assert!(size_of::<Error>() <= size_of::<usize>());
}
