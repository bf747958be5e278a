//! Answers other than success: each status has its kind and outcome, and Paynet's words are kept.

use std::time::{Duration, SystemTime};

use paypos::{
    ErrorKind::{self, BadResponse, RateLimited, Refused, Server, Timeout, Unauthorized},
    Outcome::{self, Unknown},
};
use serde_json::json;

use crate::{
    Fixture,
    support::{
        canary::TEXT,
        server::{reply, reply_and_keep, response},
    },
};

#[tokio::test]
async fn a_refusal_keeps_each_property_that_has_its_type() {
    let fixture = Fixture::plain().await;
    for (body, expected) in [
        (json!({ "code": 4, "message": TEXT }), (None, Some(4), Some(TEXT))),
        (json!({ "object_name": TEXT, "message": TEXT }), (Some(TEXT), None, Some(TEXT))),
        (json!({ "object_name": TEXT, "code": 4 }), (Some(TEXT), Some(4), None)),
        (json!({ "object_name": 5, "code": "12", "message": TEXT }), (Some("5"), Some(12), Some(TEXT))),
        (json!({ "code": "12" }), (None, Some(12), None)),
        (json!({ "code": i64::MIN }), (None, Some(i64::MIN), None)),
        (json!({ "code": i64::MAX }), (None, Some(i64::MAX), None)),
    ] {
        let script = reply_and_keep(response("400 Bad Request", body.to_string()));
        let error = fixture.fails(script, Refused, Outcome::Rejected).await;
        assert_eq!((error.object_name(), error.code(), error.server_message()), expected);
    }
    // The form of Paynet's general API.
    let body = json!({ "type": "api_error", "message": TEXT, "code": 400, "result_code": 11 });
    let script = reply_and_keep(response("400 Bad Request", body.to_string()));
    let error = fixture.fails(script, Refused, Outcome::Rejected).await;
    assert_eq!(
        (error.code(), error.result_code(), error.server_message()),
        (Some(400), Some(11), Some(TEXT))
    );
    assert!(error.is_paynets());
    let gateways = reply_and_keep(response("403 Forbidden", r#"{"message": "Forbidden"}"#));
    assert!(!fixture.fails(gateways, Unauthorized, Outcome::Rejected).await.is_paynets());
}

/// The `retry_after` of a response with this status and these headers.
async fn retry_after(fixture: &Fixture, status: &str, headers: &str) -> Option<Duration> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: 0\r\n\r\n");
    let (kind, outcome): (ErrorKind, _) = match &status[..3] {
        "429" => (RateLimited, Outcome::Rejected),
        _ => (Server, Unknown),
    };
    fixture.fails(reply_and_keep(head), kind, outcome).await.retry_after()
}

#[tokio::test]
async fn retry_after_is_read_in_seconds_and_as_a_date_by_the_servers_clock() {
    let fixture = Fixture::plain().await;
    for (status, value, expected) in [
        ("429 Too Many Requests", "17", Some(17)),
        ("503 Service Unavailable", "5", Some(5)),
        ("429 Too Many Requests", "Wed, 21 Oct 2026 07:28:45 GMT", Some(45)),
        ("429 Too Many Requests", "Wed, 21 Oct 2026 07:27:00 GMT", Some(0)),
        ("429 Too Many Requests", TEXT, None),
        ("429 Too Many Requests", "-1", None),
        ("429 Too Many Requests", "1.5", None),
        ("429 Too Many Requests", "99999999999999999999999", None),
    ] {
        let headers = format!("date: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: {value}\r\n");
        let delay = retry_after(&fixture, status, &headers).await;
        assert_eq!(delay, expected.map(Duration::from_secs), "{value}");
    }
    let until = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    let delay = retry_after(&fixture, "429 Slow", &format!("retry-after: {until}\r\n")).await.unwrap();
    assert!((Duration::from_secs(1800)..=Duration::from_secs(3600)).contains(&delay), "{delay:?}");
}

#[tokio::test]
async fn an_error_is_one_line_and_shows_in_debug_its_kind_and_outcome() {
    const UNKNOWN: &str =
        "it may have happened; look up its `reference_no` in Paynet's panel before retrying";
    let fixture = Fixture::plain().await;
    let body = format!(r#"{{"object_name": "o", "code": 77, "message": "{TEXT}"}}"#);
    let error = fixture.fails(reply(response("429 Slow", &body)), RateLimited, Outcome::Rejected).await;
    assert_eq!(
        error.to_string(),
        "init_reversal_transaction: too many requests (HTTP 429, code 77); Paynet refused it, and nothing happened"
    );
    assert_eq!(
        format!("{error:?}"),
        format!(
            "Error {{ kind: RateLimited, outcome: Rejected, text: \"{error}\", retry_after: None, source: None, .. }}"
        )
    );
    for (status, kind, outcome, text) in [
        (
            "401 No",
            Unauthorized,
            Outcome::Rejected,
            "the key was not accepted (HTTP 401); Paynet refused it, and nothing happened",
        ),
        (
            "422 No",
            Refused,
            Outcome::Rejected,
            "the request was refused (HTTP 422); Paynet refused it, and nothing happened",
        ),
        ("451 No", BadResponse, Unknown, "undocumented status (HTTP 451); "),
        ("408 Late", Timeout, Unknown, "the server waited too long for the request (HTTP 408); "),
        ("500 Oh", Server, Unknown, "the server reported an error (HTTP 500); "),
        ("600 Oh", BadResponse, Unknown, "undocumented status (HTTP 600); "),
    ] {
        let error = fixture.fails(reply(response(status, "")), kind, outcome).await;
        let rest = if outcome == Unknown { UNKNOWN } else { "" };
        assert_eq!(error.to_string(), format!("init_reversal_transaction: {text}{rest}"));
    }
}
