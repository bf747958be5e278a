//! `paypos demo`: the whole flow in one command, on an embedded simulator.

use std::time::Duration;

use paypos::{
    Client, Decimal, Decision as Decided, Handoff, Session,
    types::{AuthRequest, InitReversalRequest, InitSaleRequest},
};

use paypos_simulator::{AGENT_ID, Policy, Simulator, USER_ID};

use crate::{
    arguments::{Demo, DemoPhone},
    console::{Console, Done, Failure},
    flow,
};

/// How long a person may take at the phone.
const TIMEOUT: Duration = Duration::from_secs(600);

pub(crate) async fn run(console: &Console, options: &Demo) -> Done {
    let asks = options.phone == DemoPhone::Ask && console.asks();
    let phone = if asks { Policy::Ask } else { Policy::Approve };
    let simulator = Simulator::builder().phone(phone).phone_after(Duration::from_secs(1)).start().await;
    let simulator = simulator.map_err(|error| Failure::usage(error.to_string()))?;
    let client = Client::simulator(simulator.url()).build()?;
    let agent = client.agent(simulator.secret_key());

    console.headline("1. The merchant's server opens a session (paypos session open; Agent::get_auth_key)");
    let session = agent.session(AuthRequest::new(AGENT_ID, USER_ID));
    session.key().await?;

    console
        .headline("2. The app starts a sale of 149.90 (paypos sale 149.90; Session::init_sale_transaction)");
    let request = InitSaleRequest::new(Decimal::new(14990, 2)).reference_no("ORDER-1042");
    let handoff = session.init_sale_transaction(request).await?;
    let xact_id = finished(console, &session, &handoff, asks, 3).await?;

    console.headline("4. The app reverses it (paypos reversal XACT_ID; Session::init_reversal_transaction)");
    let request = InitReversalRequest::new(xact_id).reference_no("ORDER-1042-R1");
    let handoff = session.init_reversal_transaction(request).await?;
    finished(console, &session, &handoff, asks, 5).await?;

    console.headline("6. The server ends the session (paypos session end; Agent::logout)");
    agent.end(&session).await?;
    console.say("Done: a sale, and its reversal. Next: paypos simulate");
    console.object(&serde_json::json!({ "decision": "succeeded" }))
}

/// Shows the deeplink, waits for the phone, and returns the `xact_id`.
async fn finished(
    console: &Console,
    session: &Session,
    handoff: &Handoff,
    asks: bool,
    step: u8,
) -> Result<String, Failure> {
    console.deeplink(&handoff.deeplink_url)?;
    console.say(if asks { "Open it in a browser and approve." } else { "Approving automatically." });
    console.headline(&format!(
        "{step}. The server polls until the phone has decided (paypos check ID --wait; Session::wait_for)"
    ));
    let payment_session = handoff.payment_session();
    let decided = flow::wait(console, session, payment_session, TIMEOUT).await;
    match decided.map_err(|error| Failure::call(&error, Some(payment_session)))? {
        Decided::Succeeded(transaction) => {
            console.say("It succeeded.");
            transaction.xact_id.ok_or_else(|| Failure::pending("the transaction has no xact_id".to_owned()))
        }
        Decided::Differs(difference) => Err(Failure::other(difference.to_string())),
        Decided::Failed(_) => Err(Failure::declined("declined; the demo ends here".to_owned())),
        Decided::Pending => Err(Failure::pending("no decision was made; the demo ends here".to_owned())),
    }
}
