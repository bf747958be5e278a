//! What is stored, in whatever format and as a part of whatever type, is read back unchanged; what could not be is not
//! written.

use std::fmt::Debug;

use paypos::{
    Decimal, PaymentSession,
    types::{
        AuthRequest, AuthResponse, CheckTransactionRequest, CheckTransactionResponse, InitReversalRequest,
        InitSaleRequest, LogoutRequest, LogoutResponse, Transaction,
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Fixture, session,
    support::{
        canary::ENCRYPTION_KEY,
        formats::in_each,
        operations,
        server::{reply_and_keep, response},
    },
};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state")]
enum Tagged<T> {
    Known { number: u32, value: T },
}

/// The tag beside the members of the value itself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state")]
enum TaggedNewtype<T> {
    Known(T),
}

/// Written as text, so that the content may come before its tag.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "state", content = "a")]
enum Adjacent<T> {
    Known(T),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Untagged<T> {
    Number(u32),
    Known(T),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Flattened<T> {
    order: u32,
    #[serde(flatten)]
    value: T,
}

/// A type of serde's own derive: what a format cannot do with it, it cannot do with ours.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Derived {
    a: u32,
}

fn is_unchanged<T, C>(value: &T, derived: &C, how: &str)
where
    T: Clone + Debug + DeserializeOwned + PartialEq + Serialize,
    C: DeserializeOwned + Serialize,
{
    let possible = in_each(derived).map(|(_, stored)| matches!(stored, Some(Ok(_))));
    assert!(possible.iter().filter(|possible| **possible).count() >= 5, "{how}: {possible:?}");
    for ((format, stored), possible) in in_each(value).into_iter().zip(possible) {
        match stored {
            Some(read) if possible => assert_eq!(read.as_ref(), Ok(value), "{how}: {format}"),
            None => assert!(!possible, "{how}: {format} is not written"),
            _ => {}
        }
    }
}

fn everywhere<T: Clone + Debug + DeserializeOwned + PartialEq + Serialize>(value: &T) {
    for (format, stored) in in_each(value) {
        let read = stored.unwrap_or_else(|| panic!("{format} is not written: {value:?}"));
        assert_eq!(read.as_ref(), Ok(value), "{format}");
    }
    let (value_, derived) = (|| value.clone(), || Derived { a: 1 });
    is_unchanged(&vec![value_()], &vec![derived()], "in a list");
    let known = Tagged::Known { number: 1, value: value_() };
    is_unchanged(&known, &Tagged::Known { number: 1, value: derived() }, "in a tagged variant");
    is_unchanged(&TaggedNewtype::Known(value_()), &TaggedNewtype::Known(derived()), "as a tagged variant");
    is_unchanged(&Adjacent::Known(value_()), &Adjacent::Known(derived()), "beside its tag");
    is_unchanged(&Untagged::Known(value_()), &Untagged::Known(derived()), "in an untagged variant");
    let flattened = Flattened { order: 1, value: value_() };
    is_unchanged(&flattened, &Flattened { order: 1, value: derived() }, "flattened");
    for text in [serde_saphyr::to_string(value).unwrap(), toml::to_string(value).unwrap()] {
        assert!(!text.contains("serde_json"), "{text}");
    }
}

/// A value with every property, and one with no more than it must have.
fn of<T: DeserializeOwned>(json: &serde_json::Value) -> T {
    serde_json::from_str(&json.to_string()).unwrap()
}

#[test]
fn every_type_is_read_back_unchanged_from_every_format_and_every_place() {
    let sale = PaymentSession::sale("PS-1").unwrap();
    let full = sale.clone().with_amount(Decimal::new(14990, 2)).unwrap();
    everywhere(&full.with_reference_no("ORDER-1042").unwrap());
    everywhere(&sale.clone().with_reference_no("ORDER-1042").unwrap());
    everywhere(&sale);
    let reversal = PaymentSession::reversal("RS-1", "xk_EAAA").unwrap();
    everywhere(&reversal.clone().with_amount(Decimal::new(14990, 2)).unwrap());
    everywhere(&reversal.with_reference_no("ORDER-1042-R1").unwrap());

    everywhere(&InitSaleRequest::new(Decimal::new(14990, 2)).reference_no("ORDER-1042").instalment(3));
    everywhere(&InitSaleRequest::new("12345678901234567.80".parse::<Decimal>().unwrap()));
    everywhere(&InitReversalRequest::new("xk_EAAA"));
    everywhere(&CheckTransactionRequest::new("PS-1"));
    everywhere(&AuthRequest::new("agent", "user"));
    everywhere(&LogoutRequest::new("key"));

    let check = operations::named("check_transaction").success();
    everywhere(&of::<CheckTransactionResponse>(&check));
    everywhere(&of::<Transaction>(&check["Data"][0]));
    everywhere(&Transaction::default());
    everywhere(&of::<LogoutResponse>(&operations::named("logout").success()));
    let mut opened = operations::named("get_auth_key").success();
    // A secret of a response is not written.
    opened.as_object_mut().unwrap().remove("session_key");
    everywhere(&of::<AuthResponse>(&opened));
}

#[test]
fn a_payment_session_that_another_version_has_stored_is_read() {
    let read = |json: &str| serde_json::from_str::<PaymentSession>(json).map_err(|error| error.to_string());
    // An older one knew no kind and no amount.
    let old = r#"{"payment_session_id":"RS-1","reversal_of":"xk_1","reference_no":"R-1"}"#;
    let reversal = PaymentSession::reversal("RS-1", "xk_1").unwrap().with_reference_no("R-1").unwrap();
    assert_eq!(read(old), Ok(reversal));
    let newer = r#"{"payment_session_id":"PS-1","kind":"sale","amount":149.90,"till":{"id":[1]},"new":null}"#;
    let sale = PaymentSession::sale("PS-1").unwrap().with_amount(Decimal::new(14990, 2)).unwrap();
    assert_eq!(read(newer), Ok(sale));
    for (json, says) in [
        // A reversal must not become a sale, or the reverse.
        (r#"{"payment_session_id":"PS-1","kind":"reversal","reversalOf":"x"}"#, "contradict each other"),
        (r#"{"payment_session_id":"PS-1","kind":"sale","reversal_of":"x"}"#, "contradict each other"),
        (r#"{"payment_session_id":"PS-1","kind":"void"}"#, "contradict each other"),
        (r#"{"payment_session_id":"PS-1","reversal_of":""}"#, "`xact_id` has no letter or digit"),
        (r#"{"payment_session_id":"PS-1","reversal_of":" x"}"#, "`xact_id` begins or ends with a blank"),
        (r#"{"payment_session_id":"PS-1","reversal_of":"--"}"#, "`xact_id` has no letter or digit"),
        (r#"{"payment_session_id":""}"#, "`payment_session_id` has no letter or digit"),
        (r#"{"payment_session_id":"PS\u00001"}"#, "has a control character"),
        (r#"{"payment_session_id":"PS-1","reference_no":" "}"#, "`reference_no` has no letter or digit"),
        (
            r#"{"payment_session_id":"PS-1","amount":"much"}"#,
            "`amount` does not have its documented type in the payment session",
        ),
        (r#"{"payment_session_id":"PS-1","amount":0}"#, "`amount` must be positive"),
        (r#"{"kind":"sale"}"#, "`payment_session_id` is missing"),
        (r#"["PS-1"]"#, "expected a JSON object"),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(says), "{json}: {error}");
    }
}

#[test]
fn an_id_that_identifies_nothing_makes_no_payment_session() {
    for id in ["", " ", "--", "\u{fffd}PS-1", "\t"] {
        assert!(PaymentSession::sale(id).is_err(), "{id:?}");
        assert!(PaymentSession::reversal(id, "xk_1").is_err(), "{id:?}");
        assert!(PaymentSession::reversal("RS-1", id).is_err(), "{id:?}");
        let sale = PaymentSession::sale("PS-1").unwrap();
        assert!(sale.clone().with_reference_no(id).is_err(), "{id:?}");
        assert!(sale.with_amount(Decimal::ZERO).is_err());
    }
    assert!(PaymentSession::sale("ödeme-1").is_ok());
    for padded in [" xk_1", "xk_1 ", "xk_1\n", "\u{a0}xk_1"] {
        assert!(PaymentSession::reversal("RS-1", padded).is_err(), "{padded:?}");
    }
}

#[tokio::test]
async fn a_handoff_is_written_without_its_key_and_its_payment_session_says_what_was_asked_for() {
    let fixture = Fixture::plain().await;
    let session = session(&fixture.client);
    let request = InitReversalRequest::new("xk_1").reference_no("R-1");
    let handoff = session.init_reversal_transaction(request).await.unwrap();
    let stored = serde_json::to_string(handoff.payment_session()).unwrap();
    let expected =
        r#"{"payment_session_id":"xk_1","kind":"reversal","reversal_of":"xk_1","reference_no":"R-1"}"#;
    assert_eq!(stored, expected);
    let written = serde_json::to_string(&handoff).unwrap();
    assert!(
        written.contains("\"payment_session_id\":\"xk_1\"") && written.contains("deeplink_url"),
        "{written}"
    );
    assert!(!written.contains(ENCRYPTION_KEY), "{written}");

    let body = r#"{"payment_session_id":"PS-1","deeplink_url":"paynet://1","encryption_key":"k"}"#;
    fixture.server.next(reply_and_keep(response("200 OK", body)));
    let request = InitSaleRequest::new(Decimal::new(14990, 2)).reference_no("ORDER-1042");
    let handoff = session.init_sale_transaction(request).await.unwrap();
    let stored = serde_json::to_string(handoff.payment_session()).unwrap();
    let expected =
        r#"{"payment_session_id":"PS-1","kind":"sale","amount":"149.90","reference_no":"ORDER-1042"}"#;
    assert_eq!(stored, expected);
}
