//! The whole `App2App` flow, told as a story against an embedded simulator: a session, a sale that the phone approves, its
//! reversal, and the end of the session.
//!
//! ```console
//! $ cargo run --example checkout
//! $ cargo run --example checkout -- 89.50
//! ```

use std::{env, error::Error, process::ExitCode, time::Duration};

use paypos::{
    Client, Decimal, Decision, PaymentSession, Session,
    types::{AuthRequest, InitReversalRequest, InitSaleRequest, Transaction},
};
use paypos_simulator::Simulator;

#[tokio::main]
async fn main() -> ExitCode {
    // Never a float, which would change its digits.
    let amount = env::args().nth(1).unwrap_or_else(|| "149.90".to_owned());
    let told = match amount.parse() {
        Ok(amount) => story(amount).await,
        Err(_) => Err("give the amount of the sale, such as 89.50".into()),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn story(amount: Decimal) -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::start().await?;
    let agent = Client::simulator(simulator.url()).build()?.agent(simulator.secret_key());

    let session = agent.session(AuthRequest::new("dealer-7", "cashier-1"));
    println!("1. The merchant's server opens a session for its app: {:?}.", session.key().await?);

    let request =
        InitSaleRequest::new(amount).reference_no("ORDER-1042").callback_url("myshop://paypos/done");
    let handoff = session.init_sale_transaction(request).await?;
    println!("2. A sale of {amount} is initiated; the app opens {}.", handoff.deeplink_url);

    simulator.phone().approve(handoff.payment_session().id())?;
    println!("3. The customer holds a card to the phone.");

    let sale = finished(&session, handoff.payment_session()).await?;
    println!("4. The check reports: paid, {amount} {}.", sale.currency.as_deref().unwrap_or_default());

    let xact_id = sale.xact_id.ok_or("a transaction without its id")?;
    let request = InitReversalRequest::new(xact_id).reference_no("ORDER-1042-R1");
    let handoff = session.init_reversal_transaction(request).await?;
    println!("5. The shoes do not fit. A reversal is initiated; the app opens {}.", handoff.deeplink_url);

    simulator.phone().approve(handoff.payment_session().id())?;
    println!("6. The cashier confirms it on the phone.");

    // A reversal is of the whole sale.
    finished(&session, &handoff.payment_session().clone().with_amount(amount)?).await?;
    println!("7. The check reports: reversed, {amount}.");

    agent.end(&session).await?;
    println!("8. The server ends the session.");
    simulator.shutdown().await;
    Ok(())
}

/// Waits for the phone. A till would show progress in `on_check`.
async fn finished(
    session: &Session,
    payment_session: &PaymentSession,
) -> Result<Box<Transaction>, Box<dyn Error>> {
    match session.wait_for(payment_session).timeout(Duration::from_secs(120)).await? {
        Decision::Succeeded(transaction) => Ok(transaction),
        Decision::Differs(difference) => Err(format!("{difference}; look it up in Paynet's panel").into()),
        Decision::Failed(_) => Err("the card was declined; check once more before starting another".into()),
        Decision::Pending => Err("nobody has finished it yet; check again before starting another".into()),
    }
}
