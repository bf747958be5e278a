//! A session that opens itself: once however many need it, again after a 401, and nothing is sent twice.

use std::time::Duration;

use futures::future::join_all;
use paypos::{
    Agent, Client, Decimal, Decision, Environment, ErrorKind, Operation, Outcome, SecretKey, SessionKey,
    types::{AuthRequest, CheckTransactionRequest, InitSaleRequest},
};
use paypos_simulator::{Fault, Simulator};

use crate::assert_is;

async fn started() -> (Simulator, Agent) {
    let simulator = Simulator::start().await.unwrap();
    let agent = Client::simulator(simulator.url()).build().unwrap().agent(simulator.secret_key());
    (simulator, agent)
}

fn user() -> AuthRequest {
    AuthRequest::new("agent", "user")
}

fn sale() -> InitSaleRequest {
    InitSaleRequest::new(Decimal::ONE)
}

/// How often an operation was requested.
fn count(simulator: &Simulator, operation: Operation) -> usize {
    simulator.requests().iter().filter(|request| request.path.ends_with(operation.as_str())).count()
}

#[tokio::test]
async fn a_session_is_opened_once_when_needed_and_ended_on_request() {
    let (simulator, agent) = started().await;
    let session = agent.session(user());
    assert!(simulator.requests().is_empty(), "nothing before it is needed");
    agent.end(&session).await.unwrap();
    assert!(simulator.requests().is_empty(), "nothing to end");

    simulator.inject(Fault::delay(Duration::from_millis(200)).on(Operation::GetAuthKey));
    let sales = (0..50).map(|_| {
        let session = session.clone();
        async move { session.init_sale_transaction(sale()).await }
    });
    assert!(join_all(sales).await.into_iter().all(|opened| opened.is_ok()));
    assert_eq!(count(&simulator, Operation::GetAuthKey), 1);
    assert_eq!(count(&simulator, Operation::InitSaleTransaction), 50);
    let key = session.key().await.unwrap();
    assert_eq!(session.clone().key().await.unwrap(), key);

    agent.end(&session).await.unwrap();
    agent.end(&session).await.unwrap();
    assert_eq!(count(&simulator, Operation::Logout), 1);
    // One that is needed afterwards is another.
    assert_ne!(session.key().await.unwrap(), key);
    assert_eq!(count(&simulator, Operation::GetAuthKey), 2);
}

#[tokio::test]
async fn a_session_with_a_key_is_ended_by_its_agent_and_not_renewed() {
    let (simulator, agent) = started().await;
    let session = agent.get_auth_key(user()).await.unwrap().session;
    agent.end(&session).await.unwrap();
    assert_eq!(count(&simulator, Operation::Logout), 1);
    let error = session.init_sale_transaction(sale()).await.unwrap_err();
    assert_is(&error, ErrorKind::Unauthorized, Outcome::Rejected);
    assert_eq!(count(&simulator, Operation::GetAuthKey), 1);
}

#[tokio::test]
async fn it_is_renewed_once_after_a_401_however_many_are_refused() {
    let (simulator, agent) = started().await;
    let session = agent.session(user());
    let handoff = session.init_sale_transaction(sale()).await.unwrap();
    simulator.expire_session(&session.key().await.unwrap());
    let sales = (0..20).map(|_| session.init_sale_transaction(sale()));
    assert!(join_all(sales).await.into_iter().all(|opened| opened.is_ok()));
    assert_eq!(count(&simulator, Operation::GetAuthKey), 2);
    assert_eq!(simulator.payments().len(), 1 + 20, "nothing was opened twice");

    // A wait goes on with the new key.
    simulator.expire_session(&session.key().await.unwrap());
    simulator.phone().approve(handoff.payment_session().id()).unwrap();
    let decision = session.wait_for(&handoff).await.unwrap();
    assert!(matches!(decision, Decision::Succeeded(_)), "{decision:?}");
    assert_eq!(count(&simulator, Operation::GetAuthKey), 3);
}

#[tokio::test]
async fn no_sale_is_sent_again_unless_nothing_was_done() {
    let (simulator, agent) = started().await;
    let session = agent.session(user());
    session.key().await.unwrap();
    // A 401 that says more than is understood, one with an id, and one that follows an execution; another status.
    for fault in [
        Fault::status(401).body(r#"{"error":{"code":10}}"#).after(),
        Fault::status(401).body("timeout").after(),
        Fault::status(401).body(r#"{"payment_session_id":"PS-1"}"#).after(),
        Fault::status(401).body(r#"{"object_name":"o","code":100,"message":"m"}"#).after(),
        Fault::status(403),
        Fault::status(400),
        Fault::status(503),
        Fault::drop_connection(),
    ] {
        let before = count(&simulator, Operation::InitSaleTransaction);
        simulator.inject(fault.on(Operation::InitSaleTransaction));
        session.init_sale_transaction(sale()).await.unwrap_err();
        assert_eq!(count(&simulator, Operation::InitSaleTransaction), before + 1);
    }
    assert_eq!(count(&simulator, Operation::GetAuthKey), 1);
    // One without Paynet's word, as a gateway's may be after the execution: the next call opens another session.
    simulator.inject(Fault::status(401).after().on(Operation::InitSaleTransaction));
    let (before, opened) = (count(&simulator, Operation::InitSaleTransaction), simulator.payments().len());
    session.init_sale_transaction(sale()).await.unwrap_err();
    assert_eq!(count(&simulator, Operation::InitSaleTransaction), before + 1);
    assert_eq!((count(&simulator, Operation::GetAuthKey), simulator.payments().len()), (1, opened + 1));
    session.init_sale_transaction(sale()).await.unwrap();
    assert_eq!(count(&simulator, Operation::GetAuthKey), 2);
    // Refused again with the new key: that is the end.
    for _ in 0..2 {
        let refusal = Fault::status(401).body(r#"{"object_name":"o","code":401,"message":"m"}"#);
        simulator.inject(refusal.on(Operation::InitSaleTransaction));
    }
    let before = count(&simulator, Operation::InitSaleTransaction);
    let error = session.init_sale_transaction(sale()).await.unwrap_err();
    assert_is(&error, ErrorKind::Unauthorized, Outcome::Rejected);
    assert_eq!(count(&simulator, Operation::InitSaleTransaction), before + 2);
    assert_eq!(count(&simulator, Operation::GetAuthKey), 3);
}

#[tokio::test]
async fn a_sale_for_which_no_session_can_be_opened_is_not_sent() {
    let (simulator, agent) = started().await;
    for (fault, kind, may_repeat) in [
        (Fault::status(503), ErrorKind::Server, true),
        (Fault::status(429), ErrorKind::RateLimited, true),
        (Fault::status(401), ErrorKind::Unauthorized, false),
        (Fault::status(400), ErrorKind::Refused, false),
        (Fault::drop_connection(), ErrorKind::Interrupted, true),
        (Fault::html(), ErrorKind::BadResponse, true),
    ] {
        let session = agent.session(user());
        simulator.inject(fault.on(Operation::GetAuthKey));
        let error = session.init_sale_transaction(sale()).await.unwrap_err();
        assert_is(&error, kind, Outcome::NotSent);
        assert_eq!(error.operation(), Some(Operation::InitSaleTransaction));
        assert_eq!(error.is_safe_to_retry(), may_repeat, "{error}");
        let text = error.to_string();
        assert!(text.starts_with("init_sale_transaction: no session could be opened: "), "{text}");
        assert!(text.ends_with("; nothing was sent"), "{text}");
        // What is not usable is said first, and opens nothing.
        let error = session.init_sale_transaction(InitSaleRequest::new(Decimal::ZERO)).await.unwrap_err();
        assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
    }
    assert_eq!(count(&simulator, Operation::InitSaleTransaction), 0);
    assert_eq!(count(&simulator, Operation::GetAuthKey), 6);
    // A sale that was refused stays so, if it cannot be sent with another key.
    let session = agent.session(user());
    simulator.expire_session(&session.key().await.unwrap());
    simulator.inject(Fault::status(503).on(Operation::GetAuthKey));
    let error = session.init_sale_transaction(sale()).await.unwrap_err();
    assert_is(&error, ErrorKind::Server, Outcome::Rejected);
    assert!(error.to_string().ends_with("; Paynet refused it, and nothing happened"), "{error}");
    // A check says nothing of the payment.
    simulator.inject(Fault::status(503).on(Operation::GetAuthKey));
    let error =
        agent.session(user()).check_transaction(CheckTransactionRequest::new("PS-1")).await.unwrap_err();
    assert_is(&error, ErrorKind::Server, Outcome::Unknown);
}

#[tokio::test]
async fn those_who_wait_for_an_attempt_share_its_end_and_the_next_call_tries_again() {
    let (simulator, agent) = started().await;
    let session = agent.session(user());
    simulator.inject(Fault::status(503).on(Operation::GetAuthKey));
    let errors = join_all((0..30).map(|_| session.key())).await;
    assert!(errors.iter().all(Result::is_err));
    assert_eq!(count(&simulator, Operation::GetAuthKey), 1, "30 who waited");
    session.key().await.unwrap();
    assert_eq!(count(&simulator, Operation::GetAuthKey), 2);
}

#[tokio::test]
async fn a_simulator_elsewhere_gets_no_key_but_its_own() {
    // A name that is not loopback, as in a compose network.
    let simulator = Simulator::builder().host("paypos").start().await.unwrap();
    let url = simulator.url().replace("127.0.0.1", "paypos");
    let address = simulator.url().trim_start_matches("http://").parse().unwrap();
    let client = Client::simulator(&url).http(move |http| http.resolve("paypos", address)).build().unwrap();
    assert_eq!((client.environment(), client.base_url()), (Environment::Sandbox, url.as_str()));
    let issued = client.session(simulator.issue_session());
    issued.init_sale_transaction(sale()).await.unwrap();
    client.agent(simulator.secret_key()).get_auth_key(user()).await.unwrap();
    let before = simulator.requests().len();

    let refused = client.session(SessionKey::new("mbl_pcs_live").unwrap());
    let error = refused.init_sale_transaction(sale()).await.unwrap_err();
    assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
    assert!(error.to_string().contains("the key is none that a simulator issued"), "{error}");
    let refused = client.agent(SecretKey::new("sck_live").unwrap());
    assert_is(&refused.get_auth_key(user()).await.unwrap_err(), ErrorKind::InvalidInput, Outcome::Unknown);
    assert_eq!(simulator.requests().len(), before, "nothing was sent");

    // Only this constructor allows it, and never for a server of Paynet's.
    for (builder, problem) in [
        (Client::builder(Environment::Sandbox).base_url(&url), "for a simulator's, use `Client::simulator`"),
        (Client::simulator("http://pts-api.paynet.com.tr"), "is Paynet's, and no simulator's"),
        (Client::simulator("https://api.paynet.com.tr./"), "is Paynet's, and no simulator's"),
        (Client::simulator("http://u:p@paypos"), "has a user name or password"),
        (Client::simulator("paypos:8650"), "is neither https nor http"),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(problem), "{error}");
    }
}
