//! What Paynet may do where it documents nothing changes neither a wait nor what is passed through.

use std::time::Duration;

use futures::future::join_all;
use paypos::{
    Client, Decimal, Decision, Environment,
    types::{AuthRequest, InitSaleRequest},
};
use paypos_simulator::{Behavior, Fault, Simulator, behavior::BeforeDecision};
use serde_json::{Value, json};
use tokio::time::sleep;

/// What differs, as JSON has it.
fn words(behavior: &Behavior) -> String {
    let all = |behavior: &Behavior| serde_json::to_value(behavior).unwrap();
    let (assumed, given) = (all(&Behavior::default()), all(behavior));
    let Value::Object(given) = given else { unreachable!() };
    let differ = given.into_iter().filter(|(name, value)| assumed[name] != *value);
    differ.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_goes_on_whatever_a_check_returns_before_the_phone_has_decided() {
    let differences = Behavior::each_difference();
    let mut all = Vec::new();
    for before in differences.iter().filter(|one| one.before_decision != BeforeDecision::Empty) {
        for refusal in &differences {
            let mut behavior = *before;
            behavior.refusal_status = refusal.refusal_status;
            behavior.refusal_form = refusal.refusal_form;
            if !all.contains(&behavior) {
                all.push(behavior);
            }
        }
    }
    assert_eq!(all.len(), 3 * 5);
    let waits = all.into_iter().map(async |behavior| {
        let simulator = Simulator::builder().behavior(behavior).start().await.unwrap();
        let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
        let session = client.session(simulator.issue_session());
        let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE)).await.unwrap();
        let wait = session.wait_for(&handoff).interval(Duration::from_millis(100));
        let approve = async {
            while simulator.requests().len() < 4 {
                sleep(Duration::from_millis(10)).await;
            }
            simulator.phone().approve(handoff.payment_session().id()).unwrap();
        };
        let (decided, ()) = tokio::join!(wait.timeout(Duration::from_mins(1)), approve);
        assert!(matches!(decided, Ok(Decision::Succeeded(_))), "with {}: {decided:?}", words(&behavior));
    });
    join_all(waits).await;
}

#[tokio::test]
async fn keys_and_times_of_any_form_are_passed_through() {
    let simulator = Simulator::start().await.unwrap();
    let agent = Client::simulator(simulator.url()).build().unwrap().agent(simulator.secret_key());
    for (date, read) in [
        (json!("31.12.2099 23:59:59"), Some("31.12.2099 23:59:59")),
        (json!(4_102_433_999_u32), Some("4102433999")),
        (Value::Null, None),
    ] {
        simulator.inject(Fault::property("expired_date", date));
        let opened = agent.get_auth_key(AuthRequest::new("a", "u")).await.unwrap();
        assert_eq!(opened.details.expired_date.as_deref(), read);
    }
    let session = agent.session(AuthRequest::new("a", "u"));
    session.key().await.unwrap();
    for key in
        ["67e55044-10b1-426f-9247-bb680e5fe0c8", "+/8A+w==", "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.c2ln"]
    {
        simulator.inject(Fault::property("encryption_key", json!(key)));
        let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE)).await.unwrap();
        assert_eq!(handoff.encryption_key.expose(), key);
    }
}
