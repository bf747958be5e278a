//! No verdict on the money is wrong, whatever Paynet turns out to do where it documents nothing.

use std::time::Duration;

use futures::future::join_all;
use paypos::{
    Client, Decimal, Decision, Environment, Handoff, Session,
    types::{AuthRequest, InitReversalRequest, InitSaleRequest},
};
use paypos_simulator::{Behavior, Fault, PaymentState, Simulator, behavior::BeforeDecision};
use serde_json::{Value, json};
use tokio::time::sleep;

#[derive(Clone, Copy, Debug)]
enum Person {
    Approves,
    Declines,
    DeclinesThenApproves,
    DoesNothing,
}

const PEOPLE: [Person; 4] =
    [Person::Approves, Person::Declines, Person::DeclinesThenApproves, Person::DoesNothing];

/// What the person does; some of it may be impossible.
fn act(simulator: &Simulator, handoff: &Handoff, person: Person) {
    let (phone, id) = (simulator.phone(), handoff.payment_session().id());
    let _ = match person {
        Person::Approves => phone.approve(id),
        Person::Declines => phone.decline(id),
        Person::DeclinesThenApproves => {
            phone.decline(id).and_then(|()| phone.try_again(id)).and_then(|()| phone.approve(id))
        }
        Person::DoesNothing => Ok(()),
    };
}

/// Waits as a merchant does, and says what is wrong with the verdict.
async fn verdict(
    simulator: &Simulator,
    session: &Session,
    handoff: &Handoff,
) -> Result<&'static str, String> {
    let wait = session.wait_for(handoff).interval(Duration::from_millis(100));
    let decided = wait.timeout(Duration::from_millis(500)).after_decline().await;
    let state = simulator.payment(handoff.payment_session().id()).unwrap().state;
    match (decided, state) {
        (Ok(Decision::Succeeded(_)), PaymentState::Approved) => Ok("succeeded"),
        (Ok(Decision::Differs(_)), PaymentState::Approved) => Ok("differs"),
        (Ok(Decision::Failed(_)), PaymentState::Declined) => Ok("failed"),
        (Ok(Decision::Pending) | Err(_), _) => Ok("open"),
        (decided, state) => Err(format!("{decided:?}, and it is {state:?}")),
    }
}

/// Runs all people at a sale and at a reversal; returns what was decided.
async fn verdicts(behavior: Behavior) -> Result<Vec<&'static str>, String> {
    let simulator = Simulator::builder().behavior(behavior).start().await.unwrap();
    let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build().unwrap();
    let session = client.session(simulator.issue_session());
    let mut handoffs = Vec::new();
    for person in PEOPLE {
        let reference = format!("SALE-{person:?}");
        let sale = InitSaleRequest::new(Decimal::ONE).reference_no(&reference);
        handoffs.push((person, session.init_sale_transaction(sale).await.unwrap()));
        let reversal =
            InitReversalRequest::new(simulator.add_transaction()).reference_no(format!("{reference}-R"));
        handoffs.push((person, session.init_reversal_transaction(reversal).await.unwrap()));
    }
    for (person, handoff) in &handoffs {
        act(&simulator, handoff, *person);
    }
    let decided = handoffs.iter().map(|(_, handoff)| verdict(&simulator, &session, handoff));
    let wrong = |problem| format!("with {}: {problem}", words(&behavior));
    join_all(decided).await.into_iter().collect::<Result<_, _>>().map_err(wrong)
}

/// What differs, as JSON has it.
fn words(behavior: &Behavior) -> String {
    let all = |behavior: &Behavior| serde_json::to_value(behavior).unwrap();
    let (assumed, given) = (all(&Behavior::default()), all(behavior));
    let Value::Object(given) = given else { unreachable!() };
    let differ = given.into_iter().filter(|(name, value)| assumed[name] != *value);
    differ.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn as_assumed_every_verdict_is_reached() {
    let expected = ["succeeded", "succeeded", "failed", "failed", "succeeded", "succeeded", "open", "open"];
    assert_eq!(verdicts(Behavior::default()).await.unwrap(), expected);
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

#[tokio::test(flavor = "multi_thread")]
async fn no_verdict_is_wrong_whatever_differs() {
    let all = join_all(Behavior::each_difference().into_iter().map(verdicts)).await;
    assert!(all.len() >= 20, "{}", all.len());
    let wrong: Vec<_> = all.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
