//! What an error says of the money, and whether the same call may be repeated: for every operation and every kind.

use paypos::{Decision, ErrorKind, Operation, Outcome, PaymentSession, types::CheckTransactionRequest};
use serde_json::{Value, json};

use crate::{
    Fixture, assert_is, session,
    support::{
        canary::ENCRYPTION_KEY,
        operations,
        server::{Script, answer, close, reply, reply_and_keep, reply_and_stall},
    },
};

const PAYNETS: &str = r#"{"object_name":"o","code":77,"message":"m"}"#;

/// A response, the kind of the error that follows from it, its outcome if the operation initiates, and whether each sort
/// of operation may be repeated: one that initiates, a check, and opening or ending a session.
type Row = (fn() -> Script, ErrorKind, Outcome, [bool; 3]);

const ROWS: [Row; 12] = [
    (close, ErrorKind::Interrupted, Outcome::Unknown, [false, true, true]),
    (
        || reply("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
        ErrorKind::Interrupted,
        Outcome::Unknown,
        [false, true, true],
    ),
    (|| reply(answer("200 OK", "<p>")), ErrorKind::BadResponse, Outcome::Unknown, [false, true, true]),
    (|| reply(answer("503 Oh", "")), ErrorKind::Server, Outcome::Unknown, [false, true, true]),
    (|| reply(answer("408 Late", "")), ErrorKind::Timeout, Outcome::Unknown, [false, true, true]),
    (|| reply(answer("409 No", "")), ErrorKind::BadResponse, Outcome::Unknown, [false, true, true]),
    (|| reply(answer("429 Slow", PAYNETS)), ErrorKind::RateLimited, Outcome::Rejected, [true, true, true]),
    (|| reply(answer("400 No", PAYNETS)), ErrorKind::Refused, Outcome::Rejected, [false, true, false]),
    (|| reply(answer("404 No", "")), ErrorKind::Refused, Outcome::Rejected, [false, true, false]),
    (|| reply(answer("401 No", "")), ErrorKind::Unauthorized, Outcome::Rejected, [false, false, false]),
    (|| reply(answer("403 No", PAYNETS)), ErrorKind::Unauthorized, Outcome::Rejected, [false, false, false]),
    // A gateway's.
    (|| reply(answer("403 No", "<p>")), ErrorKind::Unauthorized, Outcome::Rejected, [false, true, true]),
];

fn sort_of(operation: &operations::Operation) -> usize {
    match operation.name.as_str() {
        _ if operation.initiates() => 0,
        "check_transaction" => 1,
        _ => 2,
    }
}

/// What the text of an error ends with.
fn advice(sort: usize, outcome: Outcome, may_repeat: bool) -> &'static str {
    match (sort, outcome) {
        (0, Outcome::NotSent) => "; nothing was sent",
        (0, Outcome::Rejected) => "; Paynet refused it, and nothing happened",
        (0, Outcome::Unknown) => {
            "; it may have happened; look up its `reference_no` in Paynet's panel before retrying"
        }
        (1, _) => "; this says nothing about the payment; check again before starting another",
        _ if may_repeat => "; this moves no money and may be repeated",
        _ => "; this moves no money",
    }
}

#[tokio::test]
async fn an_outcome_is_about_the_two_operations_that_initiate_and_every_other_error_is_unknown() {
    let fixture = Fixture::plain().await;
    for operation in operations::all() {
        let sort = sort_of(&operation);
        for (script, kind, outcome, may_repeat) in ROWS {
            let outcome = if sort == 0 { outcome } else { Outcome::Unknown };
            let error = fixture.fails_in(&operation, script(), kind, outcome).await;
            assert_eq!(error.is_safe_to_retry(), may_repeat[sort], "{error:?}");
            assert!(error.to_string().ends_with(advice(sort, outcome, may_repeat[sort])), "{error}");
        }
    }
    let hasty = Fixture::with_short_deadline().await;
    let nowhere = crate::builder("http://127.0.0.1:1".to_owned()).build().unwrap();
    for operation in operations::all() {
        let sort = sort_of(&operation);
        let late =
            hasty.fails_in(&operation, reply_and_stall(""), ErrorKind::Timeout, Outcome::Unknown).await;
        assert_eq!(late.is_safe_to_retry(), sort != 0, "{late:?}");
        let unsent = operation.full(&nowhere).await.unwrap_err();
        let outcome = if sort == 0 { Outcome::NotSent } else { Outcome::Unknown };
        assert_is(&unsent, ErrorKind::Connect, outcome);
        assert!(
            unsent.is_safe_to_retry() && unsent.to_string().ends_with(advice(sort, outcome, true)),
            "{unsent}"
        );
    }
}

#[test]
fn what_logs_and_programs_read_are_the_same_words() {
    for operation in Operation::ALL {
        assert_eq!(serde_json::to_value(operation).unwrap(), operation.to_string());
        assert_eq!(operation.to_string(), operation.as_str());
    }
    for outcome in [Outcome::NotSent, Outcome::Rejected, Outcome::Unknown] {
        assert_eq!(serde_json::to_value(outcome).unwrap(), format!("{outcome:?}"));
        assert_eq!(format!("{outcome:>9}").trim(), outcome.as_str());
    }
    assert_eq!(serde_json::to_value(ErrorKind::RateLimited).unwrap(), "RateLimited");
    let environment: paypos::Environment = serde_json::from_str("\"sandbox\"").unwrap();
    assert_eq!(serde_json::to_value(environment).unwrap(), "Sandbox");
    assert!(
        serde_json::from_str::<paypos::Environment>("\"test\"")
            .unwrap_err()
            .to_string()
            .contains("production")
    );
}

/// One check that lists these, and its decision.
async fn decision(fixture: &Fixture, payment_session: &PaymentSession, list: Value) -> Decision {
    let body = json!({ "Data": list }).to_string();
    fixture.server.next(reply_and_keep(answer("200 OK", body)));
    session(&fixture.client).decision(payment_session).await.unwrap()
}

#[tokio::test]
async fn the_sale_never_decides_its_reversal_whichever_way_paynet_writes_its_id() {
    const SALE: &str = "xk_EAAAANDp3NM*0DZPqtLYKPuOHKbsEhd8OmvbENFeiKRDyM/H+a==";
    let fixture = Fixture::plain().await;
    let reversal = PaymentSession::reversal("ps-1", SALE).with_reference_no("ORDER-1-R1");
    for id in [
        SALE.to_owned(),
        SALE.to_lowercase(),
        SALE.replace('/', "%2F").replace('+', "%2b").replace('*', "%2A").replace('=', "%3D"),
        SALE.replace('+', " "),
        SALE.replace('/', "_").replace('+', "-").replace('=', ""),
    ] {
        for is_succeed in [true, false] {
            let list = json!([{ "xact_id": id, "is_succeed": is_succeed }]);
            assert_eq!(decision(&fixture, &reversal, list).await, Decision::Pending, "{id}");
        }
    }
    // Encrypted anew: by what else Paynet returns.
    for speaks_for_the_sale in [
        json!({ "transaction_type": 1 }),
        json!({ "transaction_type": "1" }),
        json!({ "transaction_type": 3 }),
        json!({ "agent_reference": "ORDER-1" }),
    ] {
        let mut listed = json!({ "xact_id": "xk_other", "is_succeed": true });
        for (name, value) in speaks_for_the_sale.as_object().unwrap() {
            listed[name] = value.clone();
        }
        assert_eq!(decision(&fixture, &reversal, json!([listed])).await, Decision::Pending, "{listed}");
    }
    for of_the_reversal in [
        json!({ "transaction_type": 2, "agent_reference": "ORDER-1-R1" }),
        json!({ "transaction_type": null, "agent_reference": "" }),
        json!({}),
    ] {
        let mut listed = json!({ "xact_id": "xk_other", "is_succeed": true });
        for (name, value) in of_the_reversal.as_object().unwrap() {
            listed[name] = value.clone();
        }
        let sale = json!({ "xact_id": SALE, "is_succeed": true });
        // One without an id might be the sale, and hides no success that is the reversal's.
        for list in [json!([listed]), json!([sale, listed]), json!([{ "is_succeed": true }, listed])] {
            let decision = decision(&fixture, &reversal, list).await;
            assert_eq!(decision.transactions().len(), 1, "{decision:?}");
            assert!(matches!(decision, Decision::Succeeded(_)));
        }
        listed["is_succeed"] = json!(false);
        assert!(matches!(decision(&fixture, &reversal, json!([sale, listed])).await, Decision::Failed(_)));
        let open = decision(&fixture, &reversal, json!([{ "is_succeed": false }, listed])).await;
        assert_eq!(open, Decision::Pending);
    }
}

#[tokio::test]
async fn a_blank_at_the_edge_of_an_xact_id_is_refused_before_anything_is_sent() {
    let fixture = Fixture::plain().await;
    let session = session(&fixture.client);
    for xact_id in [" xk_1", "xk_1 ", "xk_1\n", "\u{a0}xk_1"] {
        let request = paypos::types::InitReversalRequest::new(xact_id);
        let error = session.init_reversal_transaction(request).await.unwrap_err();
        assert_is(&error, ErrorKind::InvalidInput, Outcome::NotSent);
        assert!(error.to_string().contains("`xact_id` begins or ends with a blank"), "{error}");
        let stored = PaymentSession::reversal("ps-1", xact_id);
        for error in
            [session.decision(&stored).await.unwrap_err(), session.wait_for(&stored).await.unwrap_err()]
        {
            assert_is(&error, ErrorKind::InvalidInput, Outcome::Unknown);
        }
    }
    assert_eq!(fixture.server.connections(), 0);
}

#[tokio::test]
async fn a_payment_session_survives_a_restart_as_json_and_a_handoff_is_written_without_its_key() {
    let fixture = Fixture::plain().await;
    let request = paypos::types::InitReversalRequest::new("xk_1").reference_no("R-1");
    let handoff = session(&fixture.client).init_reversal_transaction(request).await.unwrap();
    let stored = serde_json::to_string(&handoff.payment_session()).unwrap();
    assert_eq!(stored, r#"{"payment_session_id":"xk_1","reversal_of":"xk_1","reference_no":"R-1"}"#);
    let restored: PaymentSession = serde_json::from_str(&stored).unwrap();
    assert_eq!(restored, PaymentSession::from(&handoff));
    assert_eq!(restored, PaymentSession::reversal("xk_1", "xk_1").with_reference_no("R-1"));
    // A misspelled purpose would make a sale of a reversal.
    assert!(
        serde_json::from_str::<PaymentSession>(r#"{"payment_session_id":"ps","reversalOf":"x"}"#).is_err()
    );
    let written = serde_json::to_string(&handoff).unwrap();
    assert!(written.contains("deeplink_url") && !written.contains(ENCRYPTION_KEY), "{written}");
}

#[tokio::test]
async fn a_check_that_is_refused_shows_no_payment_session_as_its_own() {
    let fixture = Fixture::plain().await;
    fixture.server.next(reply_and_keep(answer("400 No", r#"{"payment_session_id":"ps-9","code":12}"#)));
    let request = CheckTransactionRequest::new("ps-1");
    let error = session(&fixture.client).check_transaction(request).await.unwrap_err();
    assert_eq!((error.payment_session(), error.outcome()), (None, Outcome::Unknown));
}
