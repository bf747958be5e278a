//! What other tests assert of one operation holds for all: one fault of each kind, for each operation.

use paypos::{
    ErrorKind::{self, BadResponse},
    Operation, Outcome,
};
use serde_json::Value;

use crate::{
    Fixture, assert_is,
    support::{
        canary::{TEXT, assert_clean},
        operations,
        server::{Script, close, reply, reply_and_keep, reply_and_stall, reset_after, response},
    },
};

const PAYNETS: &str = r#"{"object_name":"o","code":77,"message":"m"}"#;

/// A response, the kind of the error that follows from it, its outcome if the operation initiates, and whether each sort
/// of operation may be repeated: one that initiates, a check, and opening or ending a session.
type Row = (fn() -> Script, ErrorKind, Outcome, [bool; 3]);

const ROWS: [Row; 16] = [
    (|| reset_after(""), ErrorKind::Interrupted, Outcome::Unknown, [false, true, true]),
    (|| reply(format!("{TEXT}\r\n\r\n")), ErrorKind::Interrupted, Outcome::Unknown, [false, true, true]),
    (
        || reply_and_keep(response("204 None", "")),
        ErrorKind::BadResponse,
        Outcome::Unknown,
        [false, true, true],
    ),
    (
        || reply(response("200 OK", " ".repeat((4 << 20) + 1))),
        ErrorKind::BadResponse,
        Outcome::Unknown,
        [false, true, true],
    ),
    (close, ErrorKind::Interrupted, Outcome::Unknown, [false, true, true]),
    (
        || reply("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
        ErrorKind::Interrupted,
        Outcome::Unknown,
        [false, true, true],
    ),
    (|| reply(response("200 OK", "<p>")), ErrorKind::BadResponse, Outcome::Unknown, [false, true, true]),
    (|| reply(response("503 Oh", "")), ErrorKind::Server, Outcome::Unknown, [false, true, true]),
    (|| reply(response("408 Late", "")), ErrorKind::Timeout, Outcome::Unknown, [false, true, true]),
    (|| reply(response("409 No", "")), ErrorKind::BadResponse, Outcome::Unknown, [false, true, true]),
    (|| reply(response("429 Slow", PAYNETS)), ErrorKind::RateLimited, Outcome::Rejected, [true, true, true]),
    (|| reply(response("400 No", PAYNETS)), ErrorKind::Refused, Outcome::Rejected, [false, true, false]),
    (|| reply(response("404 No", "")), ErrorKind::Refused, Outcome::Rejected, [false, true, false]),
    (|| reply(response("401 No", "")), ErrorKind::Unauthorized, Outcome::Rejected, [false, false, false]),
    (
        || reply(response("403 No", PAYNETS)),
        ErrorKind::Unauthorized,
        Outcome::Rejected,
        [false, false, false],
    ),
    // A gateway's.
    (|| reply(response("403 No", "<html>")), ErrorKind::Unauthorized, Outcome::Rejected, [false, true, true]),
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
fn logs_and_serialized_errors_use_the_same_words() {
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

#[tokio::test]
async fn every_operation_names_the_property_that_its_response_lacks() {
    let fixture = Fixture::plain().await;
    for operation in operations::all() {
        for property in operation.needs() {
            let of_another_type = Value::from(true);
            for (value, says) in [
                (None, "is missing in the response"),
                (Some(of_another_type), "does not have its documented type in the response"),
            ] {
                let mut body = operation.success();
                match value {
                    Some(value) => body[property] = value,
                    None => drop(body.as_object_mut().unwrap().remove(property)),
                }
                let script = reply_and_keep(response("200 OK", body.to_string()));
                let error = fixture.fails_in(&operation, script, BadResponse, Outcome::Unknown).await;
                assert!(error.to_string().contains(&format!("`{property}` {says}")), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn every_operation_succeeds_and_shows_nothing() {
    let fixture = Fixture::plain().await;
    for operation in operations::all() {
        fixture.server.next(reply_and_keep(response("200 OK", operation.success().to_string())));
        assert_clean(&operation.full(&fixture.client).await.unwrap());
    }
    assert_eq!(fixture.server.posts(), operations::all().count());
}
