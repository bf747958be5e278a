//! The simulator as a client meets it that nobody here wrote: kasapay-iyzico, by hand from Paynet's pages.

use kasapay_core::{Currency, ErrorKind, Money};
use kasapay_iyzico::{
    agent::{self, Credentials},
    softpos::{self, InitReversal, InitSale},
};
use paypos_simulator::{Policy, Simulator, behavior::CredentialStatus};

#[tokio::test]
async fn a_client_written_by_hand_goes_through_the_whole_flow() {
    let simulator = Simulator::builder().phone(Policy::Approve).start().await.unwrap();
    let url = format!("{}/", simulator.url());
    let credentials = Credentials::new(simulator.secret_key().expose());
    let agent = agent::Client::new(agent::Config::new(&url).unwrap(), credentials).unwrap();
    let session = agent.get_auth_key("11111", "test").await.unwrap();
    let config = softpos::Config::new(&url).unwrap();
    let client = softpos::Client::new(config, session.session_key.expose()).unwrap();

    let sale = InitSale::new(Money::parse("149.90", Currency::Try).unwrap())
        .add_commission(false)
        .instalment(3)
        .card_holder_phone("5550000000")
        .card_holder_mail("a@example.com")
        .description("Two hats")
        .reference_no("ORDER-1042")
        .selected_agent_id("22222")
        .callback_url("myshop://paypos/done");
    let flow = client.init_sale_transaction(&sale).await.unwrap();
    assert!(flow.deeplink_url.is_some() && flow.encryption_key.is_some());
    let sold = client.check_transaction(&flow.payment_session_id.unwrap()).await.unwrap().remove(0);
    assert_eq!(sold.is_succeed, Some(true));
    assert_eq!(sold.amount, Some(Money::parse("149.90", Currency::Try).unwrap()));
    // What the documents have, it finds.
    assert!(sold.xact_date.is_some() && sold.bank_id.is_some() && sold.net_amount.is_some());
    assert!(sold.pos_type.is_some() && sold.is_tds.is_some() && sold.ratio.is_some());

    let reversal = InitReversal::new(sold.xact_id.unwrap()).reference_no("ORDER-1042-R1");
    let flow = client.init_reversal_transaction(&reversal).await.unwrap();
    let reversed = client.check_transaction(&flow.payment_session_id.unwrap()).await.unwrap().remove(0);
    assert_eq!(reversed.is_succeed, Some(true));
    client.init_reversal_transaction(&reversal).await.expect_err("it is reversed");

    agent.logout(&session.session_key).await.unwrap();
    for (status, kind) in [
        (CredentialStatus::BadRequest, ErrorKind::InvalidRequest),
        (CredentialStatus::Unauthorized, ErrorKind::Auth),
    ] {
        simulator.behave(|behavior| behavior.ended_session = status);
        assert_eq!(client.init_sale_transaction(&sale).await.unwrap_err().kind(), kind);
    }
    let violations: Vec<_> =
        simulator.requests().iter().flat_map(|request| request.violations.clone()).collect();
    assert_eq!(violations, [""; 0]);
}
