//! How values are read, beyond the cases of `tests/cases`: within bounds, and without a word of what was there.

use paypos::{
    ErrorKind, Outcome, Secret,
    types::{CheckTransactionRequest, CheckTransactionResponse, InitSaleRequest},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    Fixture, assert_is, session,
    support::{
        canary::{Log, TEXT, assert_clean},
        operations,
        server::{reply_and_keep, response},
    },
};

#[tokio::test]
async fn a_days_list_is_read_within_a_bound_of_memory() {
    let fixture = Fixture::plain().await;
    let transaction = |n: usize| {
        json!({ "xact_id": format!("xk_{n}"), "is_succeed": true, "amount": 149.5, "card_holder": "AYŞE",
            "note": "n".repeat(650) })
    };
    let list: Vec<_> = (0..5_000).map(transaction).collect();
    let check = async |body: String| {
        fixture.server.next(reply_and_keep(response("200 OK", body)));
        session(&fixture.client).check_transaction(CheckTransactionRequest::new("ps-1")).await
    };
    let body = json!({ "Data": list }).to_string();
    assert!((3 << 20..4 << 20).contains(&body.len()), "{}", body.len());
    assert_eq!(check(body).await.unwrap().data.len(), 5_000);
    // One more; and as many as fit, each of which would take hundreds of bytes.
    for items in [5_001, (4 << 20) / 3 - 10] {
        let body = format!("{{\"Data\":[{}{{}}]}}", "{},".repeat(items - 1));
        let mut result = None;
        let used = allocation_counter::measure(|| {
            result = Some(serde_json::from_str::<CheckTransactionResponse>(&body));
        });
        assert!(result.unwrap().is_err());
        assert!(used.bytes_max < 64 << 20, "{} bytes at once", used.bytes_max);
        assert_is(&check(body).await.unwrap_err(), ErrorKind::BadResponse, Outcome::Unknown);
    }
}

#[tokio::test]
async fn ignored_properties_are_logged_once_with_their_count() {
    let fixture = Fixture::plain().await;
    let item = format!(r#"{{"is_succeed": true, "pos_type": "{TEXT}", "ratio": "{TEXT}"}}"#);
    // 501 items of two, a number that only this test has.
    let body = format!(r#"{{"Data": [{}]}}"#, vec![item; 501].join(","));
    fixture.server.next(reply_and_keep(response("200 OK", body)));
    let request = CheckTransactionRequest::new("ps-1");
    let read = session(&fixture.client).check_transaction(request).await.unwrap();
    assert_eq!(read.data[0].pos_type, None);
    let log = Log::text();
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
    let response = operations::named("check_transaction").response.unwrap();
    let names: Vec<String> = operations::items(&response.fields["Data"]).fields.keys().cloned().collect();
    let with_any = prop::collection::vec((prop::sample::select(names), any_json()), 0..6);
    proptest!(ProptestConfig::with_cases(2_000), |(properties in with_any, verdict in any_json())| {
        let mut transaction: serde_json::Map<String, Value> = properties.into_iter().collect();
        transaction.insert("is_succeed".to_owned(), verdict.clone());
        let body = json!({ "Data": [transaction], "code": verdict }).to_string();
        let read: paypos::types::CheckTransactionResponse = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(read.data[0].is_succeed, verdict.as_bool());
    });
}

#[test]
fn a_request_refuses_what_it_does_not_know_and_can_be_part_of_another_type() {
    #[derive(Debug, serde::Deserialize)]
    struct Order {
        number: u32,
        #[serde(flatten)]
        sale: InitSaleRequest,
    }
    #[derive(Debug, serde::Deserialize)]
    struct Checked {
        #[serde(flatten)]
        check: CheckTransactionResponse,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(untagged)]
    enum Either {
        Sale(InitSaleRequest),
    }
    let misspelled = r#"{"amount": 1, "refrence_no": "R-1"}"#;
    let error = serde_json::from_str::<InitSaleRequest>(misspelled).unwrap_err().to_string();
    assert!(error.contains("unknown field `refrence_no`") && error.contains("`reference_no`"), "{error}");
    assert!(!error.contains("json_text"), "no name of our own is expected: {error}");
    let error =
        serde_json::from_str::<InitSaleRequest>(r#"{"reference_no": "R-1"}"#).unwrap_err().to_string();
    assert!(error.contains("`amount` is missing in the request"), "{error}");
    let error =
        serde_json::from_str::<InitSaleRequest>(r#"{"amount": 1, "instalment": "many"}"#).unwrap_err();
    assert!(
        error.to_string().contains("`instalment` does not have its documented type in the request"),
        "{error}"
    );

    let order: Order =
        serde_json::from_str(r#"{"number": 7, "amount": 149.90, "reference_no": "R-1"}"#).unwrap();
    assert_eq!((order.number, order.sale.amount.to_string().as_str()), (7, "149.9"));
    assert_eq!(order.sale.reference_no.as_deref(), Some("R-1"));
    for (amount, expected) in
        [("\"149.90\"", "149.90"), ("14990", "14990"), ("1234567890123.45", "1234567890123.45")]
    {
        let Either::Sale(sale) = serde_json::from_str(&format!(r#"{{"amount": {amount}}}"#)).unwrap();
        assert_eq!(sale.amount.to_string(), expected);
    }
    // serde's buffer makes a float of a number: what it cannot hold is refused, and not rounded.
    let error =
        serde_json::from_str::<Order>(r#"{"number": 7, "amount": 12345678901234567.89}"#).unwrap_err();
    assert!(error.to_string().contains("more than 15 digits"), "{error}");
    let listed = r#"{"number": 7, "Data": [{"amount": 12345678901234567.89}]}"#;
    let error = serde_json::from_str::<Checked>(listed).map(|checked| checked.check.data).unwrap_err();
    assert!(error.to_string().contains("more than 15 digits"), "{error}");
    // Read by itself, an amount keeps its digits.
    let sale: InitSaleRequest = serde_json::from_str(r#"{"amount": 12345678901234567.80}"#).unwrap();
    assert_eq!(sale.amount.to_string(), "12345678901234567.80");
}

#[test]
fn a_secret_that_is_not_text_is_refused_and_not_quoted() {
    for json in ["4711", "[\"4711\"]", "{\"4711\":1}", "47.11"] {
        for error in [
            serde_json::from_str::<Secret>(json).unwrap_err(),
            serde_json::from_str::<paypos::SessionKey>(json).unwrap_err(),
            serde_json::from_str::<paypos::SecretKey>(json).unwrap_err(),
        ] {
            assert!(!error.to_string().contains("47"), "{error}");
        }
    }
    let error = serde_json::from_str::<paypos::SecretKey>("\"Basic 4711\"").unwrap_err();
    assert!(error.to_string().contains("without `Basic`") && !error.to_string().contains("4711"), "{error}");
}
