//! Isolation and life cycle: clones, dropped calls, runtimes, connections.

use paypos::{Error, ErrorKind, Outcome, SessionKey, types::InitReversalRequest};

use crate::{
    Fixture, assert_own, builder, call, session,
    support::server::{echo, echo_and_close, gate},
};

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

#[tokio::test]
async fn a_call_that_is_dropped_after_it_was_sent_closes_its_connection() {
    let fixture = Fixture::plain().await;
    let (gone, seen) = tokio::sync::oneshot::channel();
    let (waiting, mut gate) = gate(Box::new(|mut conn, _| {
        Box::pin(async move {
            conn.until_client_goes().await;
            let _ = gone.send(());
            None
        })
    }));
    fixture.server.next(waiting);
    let client = fixture.client.clone();
    let sent = tokio::spawn(async move { call(&client).await.1.map(drop) });
    gate.reached().await;
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    gate.open();
    seen.await.unwrap();
    fixture.works(1).await;
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

#[test]
fn a_client_works_from_two_runtimes() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let servers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let fixture = servers.block_on(Fixture::plain());
    // Each call ends its connection, so that none depends on the other runtime's.
    for posts in 0..4 {
        fixture.server.next(echo_and_close());
        let (xact_id, handoff) = runtime().block_on(call(&fixture.client));
        assert_own(&xact_id, &handoff.unwrap());
        assert_eq!(fixture.server.posts(), posts + 1);
    }
}

#[tokio::test]
async fn a_client_that_is_dropped_lets_its_calls_finish() {
    let fixture = Fixture::plain().await;
    let (waiting, mut gate) = gate(echo());
    fixture.server.next(waiting);
    let session = session(&fixture.client);
    let sent =
        tokio::spawn(async move { session.init_reversal_transaction(InitReversalRequest::new("x")).await });
    gate.reached().await;
    let Fixture { server, client } = fixture;
    drop(client);
    gate.open();
    assert_own("x", &sent.await.unwrap().unwrap());
    assert_eq!(server.posts(), 1);
}

#[tokio::test]
async fn sequential_calls_share_one_connection() {
    let fixture = Fixture::plain().await;
    for posts in 0..200 {
        fixture.works(posts).await;
    }
    assert_eq!(fixture.server.connections(), 1);
}

#[test]
fn without_a_network_nothing_is_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let output = std::process::Command::new("unshare")
        .args(["--net", "--map-root-user"])
        .arg(std::env::current_exe().unwrap())
        .args(["life_cycle::child_has_no_network", "--exact", "--ignored", "--nocapture"])
        .env("PAYPOS_TEST_PORT", port)
        .output();
    match output {
        Ok(output) if !String::from_utf8_lossy(&output.stderr).starts_with("unshare:") => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        _ => println!("no network namespace can be made here"),
    }
}

#[tokio::test]
#[ignore = "run in its own network namespace"]
async fn child_has_no_network() {
    let port = std::env::var("PAYPOS_TEST_PORT").unwrap();
    for url in [format!("http://127.0.0.1:{port}"), "https://paypos.invalid".to_owned()] {
        let client = builder(url).build().unwrap();
        let error = call(&client).await.1.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Connect, Outcome::NotSent), "{error:?}");
    }
}
