//! Waiting for the phone: what ends a wait, what does not, and what the caller sees of it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::{
    Client, Decimal, Decision, Environment, Error, ErrorKind, Outcome, PaymentSession, Session, Wait,
    types::InitSaleRequest,
};
use paypos_simulator::{Fault, Simulator};
use tokio::time::Instant;

use crate::{
    Fixture, session,
    support::server::{reply_and_keep, response, response_with},
};

/// A sale that waits for the phone.
async fn sale() -> (Simulator, Session, String) {
    let simulator = Simulator::start().await.unwrap();
    let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
    let session = client.session(simulator.issue_session());
    let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::new(14990, 2))).await.unwrap();
    (simulator, session, handoff.payment_session().id().to_owned())
}

/// A wait that ends when the test says so: far more time than it needs.
fn patient(session: &Session, payment_session_id: &str) -> Wait {
    session
        .wait_for(PaymentSession::sale(payment_session_id).unwrap())
        .interval(Wait::MIN_INTERVAL)
        .timeout(Duration::from_secs(300))
}

/// How the wait ended, which no test waits for longer than a busy machine may take.
async fn ended(wait: Wait) -> Result<Decision, Error> {
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("the wait ends")
}

fn status(status: u16) -> Fault {
    Fault::status(status)
}

#[tokio::test]
async fn the_phone_approves_while_it_is_waited_for() {
    let (simulator, session, id) = sale().await;
    let simulator = Arc::new(simulator);
    let checks = Arc::new(AtomicUsize::new(0));
    let (phone, payment, count) = (Arc::clone(&simulator), id.clone(), Arc::clone(&checks));
    let wait = patient(&session, &id).on_check(move |check| {
        assert!(check.is_ok());
        if count.fetch_add(1, Ordering::SeqCst) == 2 {
            assert!(check.as_ref().unwrap().data.is_empty(), "nothing yet");
            phone.phone().approve(&payment).unwrap();
        }
    });
    let decision = ended(wait).await.unwrap();
    let Decision::Succeeded(transaction) = decision else { panic!("{decision:?}") };
    assert_eq!(transaction.amount.unwrap().to_string(), "149.90");
    assert_eq!(checks.load(Ordering::SeqCst), 4);
    assert_eq!(simulator.requests().len(), 1 + 4);
}

#[tokio::test]
async fn the_phone_declines() {
    let (simulator, session, id) = sale().await;
    simulator.phone().decline(&id).unwrap();
    let decision = ended(patient(&session, &id)).await.unwrap();
    let Decision::Failed(transactions) = decision else { panic!("{decision:?}") };
    assert_eq!(transactions[0].is_succeed, Some(false));
    assert_eq!(simulator.requests().len(), 1 + 1, "the first check is made at once");
}

#[tokio::test]
async fn nothing_is_decided_before_the_deadline() {
    let (simulator, session, id) = sale().await;
    for (interval, deadline, checks) in [
        // Whatever the interval: one at once, and the last at the deadline.
        (Duration::from_secs(3600), Duration::from_millis(50), 2),
        (Duration::MAX, Duration::from_millis(50), 2),
        (Wait::MIN_INTERVAL, Duration::ZERO, 1),
    ] {
        let before = simulator.requests().len();
        let decision =
            ended(session.wait_for(PaymentSession::sale(&id).unwrap()).interval(interval).timeout(deadline))
                .await
                .unwrap();
        assert!(matches!(decision, Decision::Pending), "{decision:?}");
        assert_eq!(simulator.requests().len(), before + checks);
    }
}

#[tokio::test]
async fn a_decision_at_the_deadline_is_seen() {
    let (simulator, session, id) = sale().await;
    let simulator = Arc::new(simulator);
    let (phone, payment) = (Arc::clone(&simulator), id.clone());
    let wait = session
        .wait_for(PaymentSession::sale(&id).unwrap())
        .interval(Duration::from_secs(3600))
        .timeout(Duration::from_millis(50))
        .on_check(move |_| {
            let _ = phone.phone().approve(&payment);
        });
    let decision = ended(wait).await.unwrap();
    assert!(matches!(decision, Decision::Succeeded(_)), "{decision:?}");
}

#[tokio::test]
async fn transient_errors_do_not_end_a_wait() {
    use ErrorKind::{BadResponse, Interrupted, RateLimited, Refused, Server, Timeout};
    let (simulator, session, id) = sale().await;
    simulator.phone().approve(&id).unwrap();
    let faults = [
        status(500),
        status(503),
        status(408),
        status(429),
        // A transaction that has not appeared yet may be a refusal.
        Fault::status(400).body(r#"{"object_name":"o","code":12,"message":"nodata"}"#),
        status(404),
        status(409),
        Fault::drop_connection(),
        Fault::truncate_response(),
        Fault::html(),
        Fault::missing_property("Data"),
    ];
    let kinds = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&kinds);
    for fault in faults {
        simulator.inject(fault);
    }
    let wait = patient(&session, &id)
        .on_check(move |check| seen.lock().unwrap().push(check.as_ref().err().map(Error::kind)));
    let decision = ended(wait).await.unwrap();
    assert!(matches!(decision, Decision::Succeeded(_)), "{decision:?}");
    let expected = [
        Server, Server, Timeout, RateLimited, Refused, Refused, BadResponse, Interrupted, Interrupted,
        BadResponse, BadResponse,
    ];
    assert_eq!(*kinds.lock().unwrap(), expected.map(Some).into_iter().chain([None]).collect::<Vec<_>>());
}

#[tokio::test]
async fn permanent_errors_end_a_wait() {
    let (simulator, session, id) = sale().await;
    // A 403 without Paynet's words is a gateway's, and may pass.
    simulator.inject(status(403));
    simulator.inject(status(401));
    assert_eq!(ended(patient(&session, &id)).await.unwrap_err().status(), Some(401));
    for refused in [401, 403] {
        let before = simulator.requests().len();
        simulator.inject(status(refused).body(r#"{"object_name":"o","code":7,"message":"m"}"#));
        let error = ended(patient(&session, &id)).await.unwrap_err();
        // The session has expired, and the phone may have paid.
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unauthorized, Outcome::Unknown));
        assert_eq!(simulator.requests().len(), before + 1);
    }
    let before = simulator.requests().len();
    let error = ended(session.wait_for(PaymentSession::sale(&id).unwrap()).interval(Duration::ZERO))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "the interval of a wait is too short; expected at least 100 ms");
    assert_eq!(simulator.requests().len(), before);
}

#[tokio::test]
async fn a_last_check_that_fails_is_the_waits_error() {
    let (simulator, session, id) = sale().await;
    simulator.inject(Fault::html());
    simulator.inject(status(503));
    let wait = session
        .wait_for(PaymentSession::sale(&id).unwrap())
        .interval(Duration::from_secs(3600))
        .timeout(Duration::from_millis(50));
    assert_eq!(ended(wait).await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(simulator.requests().len(), 1 + 2);
}

#[tokio::test]
async fn a_server_that_never_responds_is_not_an_undecided_phone() {
    let (simulator, _, id) = sale().await;
    let client = Client::builder(Environment::Sandbox)
        .base_url(simulator.url())
        .timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let session = client.session(simulator.issue_session());
    simulator.inject(Fault::delay(Duration::from_secs(3600)));
    let wait = session.wait_for(PaymentSession::sale(&id).unwrap()).timeout(Duration::from_millis(50));
    assert_eq!(ended(wait).await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_asked_again() {
    let (_socket, address) = crate::support::unused();
    let url = format!("http://{address}");
    let session = Client::builder(Environment::Sandbox).base_url(url).build().unwrap();
    let session = session.session(paypos::SessionKey::new("k").unwrap());
    let checks = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&checks);
    let wait = session
        .wait_for(PaymentSession::sale("ps").unwrap())
        .interval(Wait::MIN_INTERVAL)
        .timeout(Duration::from_millis(50))
        .on_check(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
    assert_eq!(ended(wait).await.unwrap_err().kind(), ErrorKind::Connect);
    assert!(checks.load(Ordering::SeqCst) > 1);
}

/// By tokio's clock, which moves on while nothing else is to be done.
#[tokio::test(start_paused = true)]
async fn a_wait_checks_each_interval_and_half_as_often_after_a_minute() {
    let fixture = Fixture::plain().await;
    for _ in 0..200 {
        fixture.server.next(reply_and_keep(response("200 OK", r#"{"Data":[],"code":0}"#)));
    }
    let times = Arc::new(Mutex::new(vec![Instant::now()]));
    let seen = Arc::clone(&times);
    let wait = session(&fixture.client)
        .wait_for(PaymentSession::sale("ps").unwrap())
        .interval(Duration::from_secs(1))
        .timeout(Duration::from_secs(120))
        .on_check(move |check| {
            assert!(check.is_ok(), "{check:?}");
            seen.lock().unwrap().push(Instant::now());
        });
    assert_eq!(wait.await.unwrap(), Decision::Pending);
    let times = times.lock().unwrap();
    let (started, checks) = times.split_first().unwrap();
    assert_eq!(started, &checks[0], "the first is made immediately");
    // The last is made at the timeout.
    for two in checks[..checks.len() - 1].windows(2) {
        let usual = if two[0] - *started < Duration::from_secs(60) { 1 } else { 2 };
        let (least, most) = (Duration::from_millis(800 * usual), Duration::from_millis(1005 * usual));
        assert!((least..most).contains(&(two[1] - two[0])), "{:?}, {usual}", two[1] - two[0]);
    }
    assert!((90..120).contains(&checks.len()), "{}", checks.len());
}

#[tokio::test]
async fn no_check_is_sooner_than_paynet_allows() {
    let fixture = Fixture::plain().await;
    let session = session(&fixture.client);
    let slow = |seconds: &str, times: usize| {
        for _ in 0..times {
            let response = response_with("429 Slow", &format!("retry-after: {seconds}\r\n"), "{}");
            fixture.server.next(reply_and_keep(response));
        }
    };
    // Beyond the timeout, whose check is the last in any case.
    slow("3600", 2);
    let wait = session.wait_for(PaymentSession::sale("ps").unwrap()).timeout(Duration::from_millis(300));
    let error = ended(wait.interval(Wait::MIN_INTERVAL)).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(fixture.server.posts(), 2);
    // Sooner than the interval: the interval holds. At once, and at the deadline.
    slow("0", 2);
    let wait = session
        .wait_for(PaymentSession::sale("ps").unwrap())
        .interval(Duration::from_secs(3600))
        .timeout(Duration::from_millis(50));
    assert_eq!(ended(wait).await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(fixture.server.posts(), 2 + 2);
    // Within the timeout, and later than the interval: at once, after a second, and at the timeout.
    slow("1", 3);
    let wait = session
        .wait_for(PaymentSession::sale("ps").unwrap())
        .interval(Wait::MIN_INTERVAL)
        .timeout(Duration::from_millis(1500));
    assert_eq!(ended(wait).await.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(fixture.server.posts(), 2 + 2 + 3);
}

#[tokio::test]
async fn a_wait_that_is_dropped_asks_no_more() {
    let (simulator, session, id) = sale().await;
    let (sender, mut checked) = tokio::sync::mpsc::unbounded_channel();
    let wait = session
        .wait_for(PaymentSession::sale(&id).unwrap())
        .interval(Duration::from_secs(3600))
        .timeout(Duration::MAX)
        .on_check(move |_| sender.send(()).unwrap());
    let waiting = tokio::spawn(wait.into_future());
    checked.recv().await.unwrap();
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert!(checked.recv().await.is_none(), "all of it is gone");
    assert_eq!(simulator.requests().len(), 1 + 1);
}
