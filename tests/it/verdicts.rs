//! What an error, a check and a reversal tell of the money.

use std::time::Duration;

use paypos::{Decision, Error, ErrorKind, Handoff, Outcome, PaymentSession, types::CheckTransactionRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    Fixture, assert_is, request, session,
    support::{
        canary::{ENCRYPTION_KEY, TEXT, assert_clean, printed},
        operations,
        server::{answer, close, reply_and_keep},
    },
};

const ONCE: Duration = Duration::ZERO;

/// What a wait decides by one check that is answered by this list of transactions.
async fn decides(fixture: &Fixture, payment_session: PaymentSession, transactions: &Value) -> Decision {
    let body = json!({ "Data": transactions }).to_string();
    fixture.server.next(reply_and_keep(answer("200 OK", body)));
    session(&fixture.client).wait_for(payment_session).timeout(ONCE).await.unwrap()
}

/// A check that is answered by this.
async fn check(fixture: &Fixture, body: &str) -> Result<paypos::types::CheckTransactionResponse, Error> {
    fixture.server.next(reply_and_keep(answer("200 OK", body)));
    session(&fixture.client).check_transaction(CheckTransactionRequest::new("ps")).await
}

/// A reversal that is answered by this.
async fn initiate(fixture: &Fixture, body: &Value) -> Result<Handoff, Error> {
    fixture.server.next(reply_and_keep(answer("200 OK", body.to_string())));
    session(&fixture.client).init_reversal_transaction(request()).await
}

fn handoff() -> Value {
    json!({ "payment_session_id": "ps-1", "deeplink_url": "paynet://pay/ps-1", "encryption_key": ENCRYPTION_KEY })
}

#[tokio::test]
async fn an_error_of_a_check_or_a_wait_tells_nothing_of_the_payment() {
    let nowhere = crate::builder("http://127.0.0.1:1".to_owned()).build().unwrap();
    let session = session(&nowhere);
    let checked = session.check_transaction(CheckTransactionRequest::new("ps")).await.unwrap_err();
    let waited = session.wait_for(PaymentSession::sale("ps")).timeout(ONCE).await.unwrap_err();
    for error in [checked, waited] {
        assert_is(&error, ErrorKind::Connect, Outcome::Unknown);
        let text = "this says nothing about the payment; check again before starting another";
        assert!(error.to_string().ends_with(text), "{error}");
    }
    // An operation that was not sent is known not to have happened.
    let error = session.init_reversal_transaction(request()).await.unwrap_err();
    assert_is(&error, ErrorKind::Connect, Outcome::NotSent);

    let fixture = Fixture::plain().await;
    for status in ["400 No", "401 No", "403 No", "404 No", "429 No"] {
        fixture.server.next(reply_and_keep(answer(status, crate::refusal())));
        let wait = crate::session(&fixture.client).wait_for(PaymentSession::sale("ps")).timeout(ONCE);
        assert_eq!(wait.await.unwrap_err().outcome(), Outcome::Unknown, "{status}");
    }
    fixture.server.next(close());
    let error = crate::session(&fixture.client).wait_for(PaymentSession::sale("ps")).timeout(ONCE).await;
    assert_eq!(error.unwrap_err().outcome(), Outcome::Unknown);
    let blank = crate::session(&fixture.client).wait_for(PaymentSession::sale(" ")).await.unwrap_err();
    assert_is(&blank, ErrorKind::InvalidInput, Outcome::Unknown);
}

#[tokio::test]
async fn a_handoff_is_kept_whatever_its_code_is() {
    let fixture = Fixture::plain().await;
    for (code, read) in [
        ("\"0\"", Some(0)),
        ("\"x\"", None),
        ("1", Some(1)),
        ("1.0", Some(1)),
        ("1.5", None),
        ("null", None),
        ("1e400", None),
        ("99999999999999999999", None),
        ("[1]", None),
        ("{}", None),
    ] {
        let body =
            handoff().to_string().replacen('{', &format!("{{\"code\": {code}, \"message\": \"m\", "), 1);
        fixture.server.next(reply_and_keep(answer("200 OK", body)));
        let handoff = session(&fixture.client).init_reversal_transaction(request()).await.unwrap();
        assert_eq!(
            (handoff.code, handoff.message.as_deref(), handoff.object_name),
            (read, Some("m"), None),
            "{code}"
        );
    }
    // Verbatim, however a parser of URLs would write it.
    for url in ["PayNet://Pay/%7e?x=|y|&z", "paynet:pay", "intent://x#Intent;end", "paynet://ğ"] {
        let mut body = handoff();
        body["deeplink_url"] = json!(url);
        assert_eq!(initiate(&fixture, &body).await.unwrap().deeplink_url, url);
    }
}

#[tokio::test]
async fn an_unusable_handoff_keeps_its_payment_session() {
    let fixture = Fixture::plain().await;
    for (property, value) in [
        ("deeplink_url", json!("javascript:x")),
        ("deeplink_url", json!(5)),
        ("deeplink_url", Value::Null),
        ("encryption_key", json!("")),
        ("encryption_key", json!([])),
    ] {
        let mut body = handoff();
        body[property] = value;
        let error = initiate(&fixture, &body).await.unwrap_err();
        assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
        let kept = PaymentSession::reversal("ps-1", "an-encrypted-id");
        assert_eq!(error.payment_session(), Some(&kept), "{body}");
        assert!(!printed(&error).contains("ps-1"));
    }
    for id in [json!(true), json!(" "), json!("a\u{0}b"), Value::Null] {
        let mut body = handoff();
        body["payment_session_id"] = id;
        assert_eq!(initiate(&fixture, &body).await.unwrap_err().payment_session(), None);
    }
}

#[tokio::test]
async fn a_paid_sale_is_read_whatever_its_other_properties_are() {
    let fixture = Fixture::plain().await;
    let paid = check(
        &fixture,
        r#"{"Data": [{"is_succeed": true, "pos_type": "5", "bank_id": 12, "ratio": "", "instalment": 1.0,
            "comission_tax": 1.4210854715202004E-14, "amount": "149.90", "card_no": {"a": [1]}, "email": [],
            "netAmount": "1,5", "is_tds": "true", "xact_id": "x", "xact_date": null}], "code": "0"}"#,
    )
    .await
    .unwrap();
    let paid = &paid.data[0];
    assert_eq!((paid.is_succeed, paid.pos_type, paid.instalment), (Some(true), Some(5), Some(1)));
    assert_eq!((paid.bank_id.as_deref(), paid.xact_id.as_deref()), (Some("12"), Some("x")));
    assert_eq!(paid.amount.map(|amount| amount.to_string()).as_deref(), Some("149.90"));
    assert_eq!((paid.ratio, paid.comission_tax, paid.net_amount, paid.is_tds), (None, None, None, None));
    assert_eq!((&paid.card_no, &paid.email, &paid.xact_date), (&None, &None, &None));

    // What is there twice tells nothing, and hides nothing else.
    let twice = r#"{"Data": [{"is_succeed": true, "amount": 1, "amount": 2}, {"is_succeed": false, "is_succeed": true}]}"#;
    let paid = check(&fixture, twice).await.unwrap().data;
    assert_eq!((paid[0].is_succeed, paid[0].amount, paid[1].is_succeed), (Some(true), None, None));

    for body in ["{}", r#"{"Data": null}"#, r#"{"Data": {}}"#, r#"{"Data": "x"}"#] {
        assert_is(&check(&fixture, body).await.unwrap_err(), ErrorKind::BadResponse, Outcome::Unknown);
    }
}

#[tokio::test]
async fn what_is_no_truth_value_is_no_verdict() {
    let fixture = Fixture::plain().await;
    for is_succeed in
        [json!("true"), json!("false"), json!(1), json!(0), Value::Null, json!([true]), json!({})]
    {
        let transactions = json!([{ "xact_id": "x", "is_succeed": is_succeed }]);
        let decision = decides(&fixture, PaymentSession::sale("ps"), &transactions).await;
        assert!(matches!(decision, Decision::Pending), "{transactions}: {decision:?}");
    }
    let decision = decides(&fixture, PaymentSession::sale("ps"), &json!([{ "xact_id": "x" }])).await;
    assert!(matches!(decision, Decision::Pending));
}

#[tokio::test]
async fn the_sale_that_is_reversed_never_decides_its_reversal() {
    let fixture = Fixture::plain().await;
    let kept = initiate(&fixture, &handoff()).await.unwrap();
    let sale = json!({ "xact_id": "an-encrypted-id", "is_succeed": true });
    let reversal = |is_succeed: bool| json!({ "xact_id": "another", "is_succeed": is_succeed });
    for payment_session in [PaymentSession::from(&kept), PaymentSession::reversal("ps-1", "an-encrypted-id")]
    {
        let decides = |transactions| {
            let (fixture, payment_session) = (&fixture, payment_session.clone());
            async move { decides(fixture, payment_session, &transactions).await }
        };
        assert!(matches!(decides(json!([sale])).await, Decision::Pending));
        assert!(
            matches!(decides(json!([sale, reversal(false)])).await, Decision::Failed(those) if those.len() == 1)
        );
        assert!(
            matches!(decides(json!([sale, reversal(true)])).await, Decision::Succeeded(those) if those.len() == 1)
        );
        // What has no id may be the sale.
        assert!(matches!(decides(json!([{ "is_succeed": true }])).await, Decision::Pending));
    }
    let decision = decides(&fixture, PaymentSession::sale("ps-1"), &json!([sale])).await;
    assert!(matches!(decision, Decision::Succeeded(_)));
}

#[tokio::test]
async fn what_is_ignored_in_a_response_is_logged_once_with_its_count() {
    let fixture = Fixture::plain().await;
    let item = format!(r#"{{"is_succeed": true, "pos_type": "{TEXT}", "ratio": "{TEXT}"}}"#);
    // 501 items of two, a number that only this test has.
    let body = format!(r#"{{"Data": [{}]}}"#, vec![item; 501].join(","));
    assert_eq!(check(&fixture, &body).await.unwrap().data[0].pos_type, None);
    let log = crate::support::canary::Log::text();
    let lines = log.lines().filter(|line| line.contains("WARN") && line.contains("count=1002"));
    assert_eq!(lines.count(), 1);
    assert_clean(&log);
}

/// JSON of any kind.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("true")),
        Just(json!("149.90")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(".{0,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Whatever Paynet puts into the optional properties, a success is neither lost nor invented.
#[test]
fn any_json_in_any_property_never_hides_or_invents_a_success() {
    let transaction =
        operations::resolve(&operations::named("check_transaction").answer)["properties"]["Data"]["items"]
            .clone();
    let names: Vec<String> =
        operations::resolve(&transaction)["properties"].as_object().unwrap().keys().cloned().collect();
    let with_any = prop::collection::vec((prop::sample::select(names), any_json()), 0..6);
    proptest!(ProptestConfig::with_cases(2_000), |(properties in with_any, verdict in any_json())| {
        let mut transaction: serde_json::Map<String, Value> = properties.into_iter().collect();
        transaction.insert("is_succeed".to_owned(), verdict.clone());
        let body = json!({ "Data": [transaction], "code": verdict }).to_string();
        let read: paypos::types::CheckTransactionResponse = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(read.data[0].is_succeed, verdict.as_bool());
    });
}

#[tokio::test]
async fn one_success_decides_and_a_failure_only_where_nothing_else_is_open() {
    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);
    let fixture = Fixture::plain().await;
    let sale = PaymentSession::sale("ps");
    // The first is the sale that is being reversed.
    let reversal = PaymentSession::reversal("ps", "0");
    let cases: [(&PaymentSession, &[Option<bool>], &str); 13] = [
        (&sale, &[], "pending "),
        (&sale, &[None], "pending "),
        (&sale, &[YES], "succeeded 0"),
        (&sale, &[NO], "failed 0"),
        (&sale, &[NO, NO], "failed 0 1"),
        (&sale, &[NO, None], "pending "),
        (&sale, &[None, NO], "pending "),
        (&sale, &[YES, NO], "succeeded 0"),
        (&sale, &[NO, YES, None], "succeeded 1"),
        (&sale, &[YES, NO, YES], "succeeded 0 2"),
        (&reversal, &[YES], "pending "),
        (&reversal, &[YES, NO], "failed 1"),
        (&reversal, &[YES, YES], "succeeded 1"),
    ];
    for (payment_session, succeeded, expected) in cases {
        let one = |(n, succeeded): (usize, &Option<bool>)| json!({ "xact_id": n.to_string(), "is_succeed": succeeded });
        let transactions = succeeded.iter().enumerate().map(one).collect();
        let (name, those) = match decides(&fixture, payment_session.clone(), &transactions).await {
            Decision::Succeeded(those) => ("succeeded", those),
            Decision::Failed(those) => ("failed", those),
            Decision::Pending => ("pending", Vec::new()),
        };
        let ids: Vec<_> = those.into_iter().filter_map(|transaction| transaction.xact_id).collect();
        assert_eq!(format!("{name} {}", ids.join(" ")), expected, "{succeeded:?}");
    }
}
