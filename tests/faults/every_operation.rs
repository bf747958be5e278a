//! What the rows assert of one operation holds for all: one row of each group, for each of them.

use paypos::{
    ErrorKind::{self, BadResponse, Interrupted, RateLimited, Rejected, Server, Timeout, Unauthorized},
    Outcome,
};
use serde_json::Value;

use super::{
    Bed, refusal,
    support::{
        canary::{TEXT, assert_clean},
        operations::{self, Operation},
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
        (|| reply_and_keep(answer("400 No", refusal())), Rejected, Outcome::Rejected),
        (|| reply_and_keep(answer("401 No", refusal())), Unauthorized, Outcome::Rejected),
        (|| reply_and_keep(answer("429 Slow", refusal())), RateLimited, Outcome::Rejected),
        (|| reply_and_keep(answer("503 Oh", refusal())), Server, Outcome::Unknown),
        (|| reply_and_keep(answer("204 None", "")), BadResponse, Outcome::Unknown),
        (|| reply_and_keep(answer("200 OK", format!("<p>{TEXT}"))), BadResponse, Outcome::Unknown),
        (|| reply_and_keep(answer("200 OK", format!("[\"{TEXT}\"]"))), BadResponse, Outcome::Unknown),
        (|| reply(answer("200 OK", " ".repeat(64 * 1024 + 1))), BadResponse, Outcome::Unknown),
    ];
    let bed = Bed::plain().await;
    for operation in operations::ALL {
        for (script, kind, outcome) in &rows {
            bed.fails_in(operation, script(), *kind, *outcome).await;
        }
    }
}

#[tokio::test]
async fn every_operation_ends_at_its_deadline() {
    for operation in operations::ALL {
        let bed = Bed::impatient().await;
        bed.fails_in(operation, reply_and_stall(""), Timeout, Outcome::Unknown).await;
    }
}

#[tokio::test]
async fn every_operation_names_the_property_that_its_answer_lacks() {
    let bed = Bed::plain().await;
    for operation in operations::ALL {
        for property in operation.needs() {
            let of_another_type = match &(operation.success)()[property] {
                Value::Number(_) => Value::from(TEXT),
                _ => Value::from(5),
            };
            for (value, says) in [
                (None, "is missing from the answer"),
                (Some(of_another_type), "of the answer does not have the type that the document says"),
            ] {
                let mut body = (operation.success)();
                match value {
                    Some(value) => body[property] = value,
                    None => drop(body.as_object_mut().unwrap().remove(property)),
                }
                let script = reply_and_keep(answer("200 OK", body.to_string()));
                let error = bed.fails_in(operation, script, BadResponse, Outcome::Unknown).await;
                assert!(error.to_string().contains(&format!("`{property}` {says}")), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn every_operation_succeeds_and_shows_nothing() {
    let bed = Bed::plain().await;
    for operation in operations::ALL {
        bed.server.next(reply_and_keep(answer("200 OK", (operation.success)().to_string())));
        assert_clean(&(operation.full)(&bed.client).await.unwrap());
    }
    assert_eq!(bed.server.posts(), operations::ALL.len());
}

#[tokio::test]
async fn a_property_of_the_wrong_type_is_named_wherever_it_is() {
    let bed = Bed::plain().await;
    let check = Operation::named("check_transaction");
    for (body, place) in [
        (r#"{"Data": null}"#.to_owned(), "Data"),
        (r#"{"Data": [{"amount": "1,5"}]}"#.to_owned(), "Data[0].amount"),
        (r#"{"Data": [{"amount": 1}, {"instalment": 1.5}]}"#.to_owned(), "Data[1].instalment"),
        (format!(r#"{{"Data": [], "message": ["{TEXT}"]}}"#), "message"),
        (format!(r#"{{"Data": [{{"netAmount": {{"{TEXT}": 1}}}}]}}"#), "Data[0].netAmount"),
    ] {
        let script = reply_and_keep(answer("200 OK", body));
        let error = bed.fails_in(check, script, BadResponse, Outcome::Unknown).await;
        let says = format!("`{place}` of the answer does not have the type that the document says");
        assert!(error.to_string().contains(&says), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_keeps_each_property_that_has_its_type() {
    let bed = Bed::plain().await;
    for operation in operations::ALL {
        let body = format!(r#"{{"code": "E10", "message": "{TEXT}", "object_name": 5}}"#);
        let script = reply_and_keep(answer("400 No", body));
        let error = bed.fails_in(operation, script, Rejected, Outcome::Rejected).await;
        assert_eq!((error.code(), error.vendor_message(), error.object_name()), (None, Some(TEXT), None));
    }
}
