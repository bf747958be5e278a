//! What other tests assert of one operation holds for all: one fault of each kind, for each operation.

use paypos::{
    ErrorKind::{self, BadResponse, Interrupted, RateLimited, Refused, Server, Timeout, Unauthorized},
    Outcome,
};
use serde_json::Value;

use crate::{
    Fixture, refusal,
    support::{
        canary::{TEXT, assert_clean},
        operations,
        server::{Script, answer, close, reply, reply_and_keep, reply_and_stall, reset_after},
    },
};

#[tokio::test]
async fn every_operation_fails_alike_and_is_sent_once() {
    type Row = (fn() -> Script, ErrorKind, Outcome);
    let rows: [Row; 12] = [
        (|| reset_after(""), Interrupted, Outcome::Unknown),
        (close, Interrupted, Outcome::Unknown),
        (|| reply("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"), Interrupted, Outcome::Unknown),
        (|| reply(format!("{TEXT}\r\n\r\n")), Interrupted, Outcome::Unknown),
        (|| reply_and_keep(answer("400 No", refusal())), Refused, Outcome::Rejected),
        (|| reply_and_keep(answer("401 No", refusal())), Unauthorized, Outcome::Rejected),
        (|| reply_and_keep(answer("429 Slow", refusal())), RateLimited, Outcome::Rejected),
        (|| reply_and_keep(answer("503 Oh", refusal())), Server, Outcome::Unknown),
        (|| reply_and_keep(answer("204 None", "")), BadResponse, Outcome::Unknown),
        (|| reply_and_keep(answer("200 OK", format!("<p>{TEXT}"))), BadResponse, Outcome::Unknown),
        (|| reply_and_keep(answer("200 OK", format!("[\"{TEXT}\"]"))), BadResponse, Outcome::Unknown),
        (|| reply(answer("200 OK", " ".repeat((4 << 20) + 1))), BadResponse, Outcome::Unknown),
    ];
    let fixture = Fixture::plain().await;
    for operation in operations::all() {
        for (script, kind, outcome) in &rows {
            // An error of what initiates nothing says nothing of any payment.
            let outcome = if operation.initiates() { *outcome } else { Outcome::Unknown };
            fixture.fails_in(&operation, script(), *kind, outcome).await;
        }
    }
}

#[tokio::test]
async fn every_operation_ends_at_its_deadline() {
    for operation in operations::all() {
        let fixture = Fixture::with_short_deadline().await;
        fixture.fails_in(&operation, reply_and_stall(""), Timeout, Outcome::Unknown).await;
    }
}

#[tokio::test]
async fn every_operation_names_the_property_that_its_answer_lacks() {
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
                let script = reply_and_keep(answer("200 OK", body.to_string()));
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
        fixture.server.next(reply_and_keep(answer("200 OK", operation.success().to_string())));
        assert_clean(&operation.full(&fixture.client).await.unwrap());
    }
    assert_eq!(fixture.server.posts(), operations::all().count());
}
