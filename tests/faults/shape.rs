//! G: JSON, and its shape.

use paypos::{
    Error,
    ErrorKind::{BadResponse, Rejected},
    Outcome,
};
use serde_json::{Value, json};

use super::{
    Bed,
    support::{
        canary::{ENCRYPTION_KEY, TEXT},
        server::{answer, echo_cut, reply_and_keep},
    },
};

const NEEDED: [&str; 3] = ["payment_session_id", "deeplink_url", "encryption_key"];

fn success() -> Value {
    json!({
        "payment_session_id": TEXT,
        "deeplink_url": format!("paynet://pay/{TEXT}"),
        "encryption_key": ENCRYPTION_KEY,
    })
}

/// A success with this body is a bad response.
async fn bad(body: impl AsRef<[u8]>) -> Error {
    let bed = Bed::plain().await;
    let error = bed.fails(reply_and_keep(answer("200 OK", body)), BadResponse, Outcome::Unknown).await;
    assert_eq!(error.status(), Some(200));
    error
}

/// A success in which each needed field in turn is this is a bad response that names the field.
async fn bad_field(value: Option<Value>, says: &str) {
    for field in NEEDED {
        let mut body = success();
        match &value {
            Some(value) => body[field] = value.clone(),
            None => drop(body.as_object_mut().unwrap().remove(field)),
        }
        let error = bad(body.to_string()).await;
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn g01_a_missing_field_is_named() {
    bad_field(None, "is missing").await;
}

#[tokio::test]
async fn g02_a_null_field_is_named() {
    bad_field(Some(Value::Null), "is missing").await;
}

#[tokio::test]
async fn g03_a_field_of_the_wrong_type_is_named_and_not_shown() {
    for value in [json!(4711), json!(true), json!([TEXT]), json!({ TEXT: TEXT })] {
        bad_field(Some(value), "does not have the type").await;
    }
}

#[tokio::test]
async fn g04_an_empty_field_is_named() {
    bad_field(Some(json!("")), "is empty").await;
}

#[tokio::test]
async fn g05_extra_fields_do_no_harm() {
    let bed = Bed::plain().await;
    bed.succeeds(echo_cut(|whole| {
        let at = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let mut body: Value = serde_json::from_slice(&whole[at..]).unwrap();
        body["new"] = json!([{ "nested": null }, 1.5e300, "x"]);
        vec![answer("200 OK", body.to_string())]
    }))
    .await;
}

#[tokio::test]
async fn g06_a_key_that_is_there_twice_is_a_bad_response() {
    bad(format!(r#"{{"encryption_key": "{ENCRYPTION_KEY}", "encryption_key": "{ENCRYPTION_KEY}"}}"#)).await;
}

#[tokio::test]
async fn g07_an_array_for_the_object_is_a_bad_response() {
    bad(json!([0, format!("paynet://{TEXT}"), ENCRYPTION_KEY, TEXT, TEXT, TEXT]).to_string()).await;
    bad("[]").await;
}

#[tokio::test]
async fn g08_null_a_number_or_a_string_for_the_object_is_a_bad_response() {
    for body in ["null".to_owned(), "4711".to_owned(), format!("\"{TEXT}\""), "true".to_owned()] {
        bad(body).await;
    }
}

#[tokio::test]
async fn g09_deep_nesting_in_an_ignored_field_is_no_stack_overflow() {
    for nesting in ["[", "{\"x\":"] {
        bad(format!("{{\"ignored\": {}", nesting.repeat(60_000 / nesting.len()))).await;
    }
}

#[tokio::test]
async fn g10_deep_nesting_in_a_needed_field_is_a_bad_response() {
    bad(format!("{{\"deeplink_url\": {}", "[".repeat(60_000))).await;
}

#[tokio::test]
async fn g11_invalid_utf_8_is_a_bad_response() {
    bad([format!("{{\"message\": \"{TEXT}").as_bytes(), b"\xff\xfe\"}"].concat()).await;
}

#[tokio::test]
async fn g13_a_nul_in_the_deeplink_or_the_session_id_is_a_bad_response() {
    for field in ["payment_session_id", "deeplink_url"] {
        let mut body = success();
        body[field] = json!(format!("paynet://{TEXT}\u{0}"));
        let error = bad(body.to_string()).await;
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
        assert!(error.to_string().contains("control character"), "{error}");
    }
}

/// Decided: refused, as RFC 8259 lets a reader do, since nobody has seen one from Paynet.
#[tokio::test]
async fn g14_a_byte_order_mark_is_a_bad_response() {
    bad(["\u{feff}".as_bytes(), success().to_string().as_bytes()].concat()).await;
}

#[tokio::test]
async fn g15_utf_16_is_a_bad_response() {
    let text = success().to_string();
    for mark in [vec![], vec![0xff, 0xfe]] {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        bad(mark.into_iter().chain(units).collect::<Vec<u8>>()).await;
    }
}

#[tokio::test]
async fn g17_numbers_that_json_does_not_have_are_bad_responses() {
    for number in ["NaN", "Infinity", "-Infinity", "1e400", "1e-400x", "01", "0x1"] {
        let mut body = success().to_string();
        body.insert_str(1, &format!("\"code\": {number}, "));
        bad(body).await;
    }
}

/// A refusal with this body is rejected, and says no more than it holds.
async fn refused(body: Value) -> Error {
    let script = reply_and_keep(answer("400 Bad Request", body.to_string()));
    Bed::plain().await.fails(script, Rejected, Outcome::Rejected).await
}

#[tokio::test]
async fn g19_a_refusal_that_lacks_a_property_is_rejected_without_it() {
    let whole = json!({ "object_name": TEXT, "code": 5, "message": TEXT });
    for lacking in ["object_name", "code", "message"] {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(lacking);
        let error = refused(body).await;
        assert_eq!(error.object_name().is_none(), lacking == "object_name");
        assert_eq!(error.code().is_none(), lacking == "code");
        assert_eq!(error.vendor_message().is_none(), lacking == "message");
    }
}

#[tokio::test]
async fn g20_a_refusal_of_nulls_is_rejected_by_its_status() {
    let error = refused(json!({ "object_name": null, "code": null, "message": null })).await;
    assert_eq!((error.object_name(), error.code(), error.vendor_message()), (None, None, None));
    assert_eq!(error.status(), Some(400));
}

/// Decided: accepted, since the body itself says whether it is the documented JSON.
#[tokio::test]
async fn g21_the_right_json_with_another_content_type_is_a_success() {
    let bed = Bed::plain().await;
    bed.succeeds(echo_cut(|answer| {
        let answer = String::from_utf8(answer).unwrap();
        vec![answer.replace("application/json", "text/html; charset=utf-8").into_bytes()]
    }))
    .await;
}

#[tokio::test]
async fn g22_html_with_200_is_a_bad_response() {
    let error = bad(format!("<!doctype html><title>{TEXT}</title>")).await;
    assert!(error.to_string().contains("not a JSON object"), "{error}");
}

#[tokio::test]
async fn g23_a_success_in_the_shape_of_a_refusal_is_a_bad_response_that_keeps_it() {
    let error = bad(super::refusal()).await;
    assert_eq!(
        (error.code(), error.object_name(), error.vendor_message()),
        (Some(77), Some(TEXT), Some(TEXT))
    );
}

#[tokio::test]
async fn g25_a_deeplink_that_opens_no_app_is_a_bad_response_and_never_shown() {
    for url in [
        format!("javascript:alert('{TEXT}')"),
        format!("data:text/html,{TEXT}"),
        format!("file:///{TEXT}"),
        format!("blob:https://{TEXT}/x"),
        format!("paynet://pay\r\n{TEXT}"),
        format!(" paynet://{TEXT}"),
        TEXT.to_owned(),
        format!("//{TEXT}/x"),
        format!("paynet://pay/{}", TEXT.repeat(10 << 10)),
    ] {
        let mut body = success();
        body["deeplink_url"] = json!(url);
        bad(body.to_string()).await;
    }
}
