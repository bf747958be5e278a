//! Thousands of waits on one client: few connections, spread in time, and each is still checked.

use std::{
    future::IntoFuture,
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant},
};

use paypos::{Client, Decision, Environment, ErrorKind, PaymentSession, SessionKey};
use tokio::task::JoinSet;

use crate::slow_server::serve;

const WAITS: usize = 5_000;

/// Each ends at its own timeout, however many queue for a server that does not respond.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waits_for_a_server_that_stalls_end_all_the_same() {
    let (address, _) = serve(Duration::from_secs(3600)).await;
    let client = Client::builder(Environment::Sandbox)
        .base_url(format!("http://{address}"))
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    let started = Instant::now();
    let mut waits = JoinSet::new();
    for number in 0..WAITS {
        let wait = session.wait_for(PaymentSession::sale(format!("ps-{number}")).unwrap());
        waits.spawn(wait.timeout(Duration::from_secs(1)).into_future());
    }
    let (mut failed, mut pending) = (0, 0);
    while let Some(ended) = waits.join_next().await {
        match ended.unwrap() {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Timeout);
                failed += 1;
            }
            Ok(decision) => {
                assert_eq!(decision, Decision::Pending);
                pending += 1;
            }
        }
    }
    println!("{WAITS} waits: {failed} checked in vain, {pending} had no turn, in {:?}", started.elapsed());
    // 64 a second would take more than a minute.
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_waits_take_few_connections_and_each_is_still_checked() {
    let (address, connections) = serve(Duration::from_millis(30)).await;
    let client = Client::builder(Environment::Sandbox).base_url(format!("http://{address}")).build().unwrap();
    let session = client.session(SessionKey::new("k").unwrap());
    let started = Instant::now();
    let checks: Arc<Mutex<Vec<Vec<Duration>>>> = Arc::new(Mutex::new(vec![Vec::new(); WAITS]));
    let mut waits = JoinSet::new();
    for number in 0..WAITS {
        let checks = Arc::clone(&checks);
        let wait = session
            .wait_for(PaymentSession::sale(format!("ps-{number}")).unwrap())
            .timeout(Duration::from_secs(12))
            .on_check(move |check| {
                assert!(check.is_ok(), "{check:?}");
                checks.lock().unwrap()[number].push(started.elapsed());
            });
        waits.spawn(wait.into_future());
    }
    while let Some(ended) = waits.join_next().await {
        assert_eq!(ended.unwrap().unwrap(), Decision::Pending);
    }
    let checks = checks.lock().unwrap();
    let connections = connections.load(Ordering::SeqCst);
    let all: usize = checks.iter().map(Vec::len).sum();
    println!("{WAITS} waits: {all} checks, {connections} connections at most");
    assert!(connections <= 100, "{connections} connections");
    assert!(checks.iter().all(|of_one| of_one.len() >= 3), "each is checked again and again");
    // Not in step: no fifth of a second has a third of a round.
    let mut per_bucket = vec![0_usize; 400];
    for check in checks.iter().flatten() {
        per_bucket[usize::try_from(check.as_millis() / 200).unwrap().min(399)] += 1;
    }
    assert!(per_bucket.iter().all(|&many| many < WAITS / 3), "{per_bucket:?}");
}
