//! Responses that are odd in what is not essential: the payment is seen, the id is kept, and nothing is invented.

use paypos::{
    Decision, Error, ErrorKind, Outcome, PaymentSession, Secret,
    types::{CheckTransactionRequest, CheckTransactionResponse, InitSaleRequest},
};
use serde_json::json;

use crate::{
    Fixture, assert_is, request, session,
    support::{
        canary::{ENCRYPTION_KEY, TEXT, assert_clean, printed},
        server::{answer, reply, reply_and_keep, reply_and_stall},
    },
};

async fn decision(fixture: &Fixture, body: impl AsRef<[u8]>) -> Result<Decision, Error> {
    fixture.server.next(reply_and_keep(answer("200 OK", body)));
    session(&fixture.client).decision(&PaymentSession::sale("ps-1")).await
}

async fn initiate(fixture: &Fixture, body: impl AsRef<[u8]>) -> Result<paypos::Handoff, Error> {
    fixture.server.next(reply_and_keep(answer("200 OK", body)));
    session(&fixture.client).init_reversal_transaction(request()).await
}

/// A paid check with this in place of `PLACE`, which is the value of a property that nobody needs.
fn paid(value: &[u8]) -> Vec<u8> {
    let whole =
        r#"{"Data":[{"xact_id":"x","is_succeed":true,"amount":149.90,"card_holder":PLACE}],"code":0}"#;
    let (before, after) = whole.split_once("PLACE").unwrap();
    [before.as_bytes(), value, after.as_bytes()].concat()
}

#[tokio::test]
async fn a_paid_check_is_seen_whatever_is_odd_beside_its_essentials() {
    let fixture = Fixture::plain().await;
    let values: [&[u8]; 22] = [
        // A letter that was cut in two by a field of fixed width, and code pages.
        b"\"AY\xc5\"",
        b"\"AY\xdeE \xdeAH\xddN\"",
        b"\"\xff\xfe\"",
        b"\"\x80\"",
        // Control characters that JSON wants escaped.
        b"\"a\nb\"",
        b"\"a\tb\"",
        b"\"a\r\nb\"",
        b"\"a\x00b\x1b[2J\"",
        // Escapes that mean nothing, and halves of surrogates.
        br#""a\xb""#,
        br#""a\u12""#,
        br#""\ud83d""#,
        br#""\udcb3""#,
        br#""\ud83d\ud83d""#,
        br#""\ud83dx""#,
        // Numbers that JSON does not have.
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e400",
        b"01",
        b"0x1F",
        b"undefined",
        b"'",
    ];
    for value in values {
        let decision = decision(&fixture, paid(value)).await;
        let Ok(Decision::Succeeded(sales)) = &decision else {
            panic!("{}: {decision:?}", String::from_utf8_lossy(value))
        };
        assert_eq!(sales[0].amount.unwrap().to_string(), "149.90", "its digits");
    }
    // Around the object, within it, and in the names of properties.
    let whole = String::from_utf8(paid(b"null")).unwrap();
    for body in [
        format!("\u{feff}{whole}"),
        format!(")]}}',\n{whole}"),
        format!("{whole}\n// generated"),
        format!("{whole} /* {TEXT} */"),
        format!("{whole}\0\0"),
        whole.replace("null}]", "null,}]"),
        whole.replace("null}]", "null}, ]"),
        whole.replace("\"code\":0", "\"code\":0,"),
        whole.replace("\"card_holder\"", r#""card\ud83d""#),
        whole.replace("\"code\"", r#""\ud83d""#),
        whole.replace("null}]", "null},null]"),
        whole.replace("null}]", "null},5,[],\"x\"]"),
    ] {
        let decision = decision(&fixture, &body).await;
        assert!(matches!(&decision, Ok(Decision::Succeeded(_))), "{body}: {decision:?}");
    }
    assert_clean(&crate::support::canary::Log::text());
}

#[tokio::test]
async fn what_could_mean_something_else_leaves_a_check_open() {
    let fixture = Fixture::plain().await;
    let whole = String::from_utf8(paid(b"null")).unwrap();
    for body in [
        // Two objects, of which the second may be the truth; one in an array; and one that does not end.
        format!("{whole}{whole}"),
        format!("{{}}{whole}"),
        format!("[{whole}]"),
        whole[..whole.len() - 1].to_owned(),
        whole.replace("\"code\":0}", ""),
        // A quote that nobody escaped.
        String::from_utf8(paid(br#""O"NEIL""#)).unwrap(),
        whole.replace("true", "tr ue"),
        whole.replace("\"is_succeed\":true", "\"is_succeed\":true,\"is_succeed\":false"),
    ] {
        match decision(&fixture, &body).await {
            Ok(decision) => assert_eq!(decision, Decision::Pending, "{body}"),
            Err(error) => assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown),
        }
    }
}

#[tokio::test]
async fn an_item_that_cannot_be_read_hides_no_other_and_keeps_a_failure_open() {
    let fixture = Fixture::plain().await;
    for odd in ["null", "5", "\"x\"", "[]", "{\"is_succeed\":7}"] {
        let list =
            |is_succeed: bool| format!(r#"{{"Data":[{{"xact_id":"x","is_succeed":{is_succeed}}},{odd}]}}"#);
        assert!(
            matches!(decision(&fixture, list(true)).await, Ok(Decision::Succeeded(paid)) if paid.len() == 1)
        );
        assert_eq!(decision(&fixture, list(false)).await.unwrap(), Decision::Pending, "{odd}");
    }
}

#[tokio::test]
async fn a_days_list_is_read_within_a_bound_of_memory() {
    let fixture = Fixture::plain().await;
    let transaction = |n: usize| {
        json!({ "xact_id": format!("xk_{n}"), "is_succeed": true, "amount": 149.5, "card_holder": "AYŞE",
            "note": "n".repeat(650) })
    };
    let list: Vec<_> = (0..5_000).map(transaction).collect();
    let check = async |body: String| {
        fixture.server.next(reply_and_keep(answer("200 OK", body)));
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

fn handoff(id: &str) -> String {
    format!(
        r#"{{"payment_session_id":{id},"deeplink_url":"paynet://pay/1","encryption_key":"{ENCRYPTION_KEY}"}}"#
    )
}

#[tokio::test]
async fn an_id_is_read_as_a_number_and_where_it_is_there_twice() {
    let fixture = Fixture::plain().await;
    let twice = |first: &str, second: &str| handoff(&format!("{first},\"payment_session_id\":{second}"));
    for (body, id) in [
        (handoff("4711"), "4711"),
        (twice("\"ps-1\"", "\"ps-1\""), "ps-1"),
        (handoff(r#""ps\u002d1""#), "ps-1"),
        (format!("\u{feff}{}", handoff("\"ps-1\"")), "ps-1"),
    ] {
        assert_eq!(initiate(&fixture, &body).await.unwrap().payment_session_id, id, "{body}");
    }
    // Two different ones: neither is certain.
    let error = initiate(&fixture, twice("\"ps-1\"", "\"ps-2\"")).await.unwrap_err();
    assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
    assert_eq!(error.payment_session(), None);
}

#[tokio::test]
async fn an_id_that_arrived_is_never_lost() {
    let kept = |error: &Error| error.payment_session().map(|kept| kept.id().to_owned());
    let fixture = Fixture::with_short_deadline().await;
    let whole = handoff("\"ps-1\"");
    let huge = format!("{},\"message\":\"{}\"}}", &whole[..whole.len() - 1], "m".repeat(5 << 20));
    for body in [
        whole[..whole.len() - 1].to_owned(),
        whole[..whole.find("deeplink").unwrap()].to_owned(),
        format!("[{whole}]"),
        format!("{{\"data\":{whole}}}"),
        whole.replace("deeplink_url", "\"broken"),
        whole.replace("\"paynet", "paynet"),
        format!("<br>Notice: {whole}{{"),
        huge,
    ] {
        let error = initiate(&fixture, &body).await.unwrap_err();
        assert_is(&error, ErrorKind::BadResponse, Outcome::Unknown);
        assert_eq!(kept(&error).as_deref(), Some("ps-1"), "{}", &body[..body.len().min(300)]);
        assert!(error.to_string().ends_with("check its payment session before retrying"), "{error}");
        assert_clean(&printed(&error));
    }
    // In a body that the connection, or the timeout, cuts off.
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
    let cut = fixture.fails(reply(format!("{head}{whole}")), ErrorKind::Interrupted, Outcome::Unknown).await;
    let late =
        fixture.fails(reply_and_stall(format!("{head}{whole}")), ErrorKind::Timeout, Outcome::Unknown).await;
    for error in [cut, late] {
        assert_eq!(kept(&error).as_deref(), Some("ps-1"), "{error:?}");
        assert!(error.payment_session().unwrap().reversal_of().is_some(), "of a reversal");
    }
    // Nothing is taken for an id that only resembles one.
    for body in [
        r#"{"message":"\"payment_session_id\":\"no\",","deeplink_url":5"#.to_owned(),
        r#"{"payment_session_id":"ps-"#.to_owned(),
        r#"{"payment_session_id":["ps-1"]"#.to_owned(),
        r#"{"old_payment_session_id":"ps-1","#.to_owned(),
        handoff("\"ps\u{fffd}1\""),
    ] {
        let error = initiate(&fixture, &body).await.unwrap_err();
        assert_eq!(kept(&error), None, "{body}");
        assert!(error.to_string().contains("`reference_no` in Paynet's panel"), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_is_rejected_only_if_it_was_read_whole_and_says_that_nothing_was_done() {
    use ErrorKind::{BadResponse, Interrupted, Refused, Server, Timeout};
    let fixture = Fixture::plain().await;
    let general =
        |code: &str| format!(r#"{{"type":"api_error","message":"m","code":400,"result_code":{code}}}"#);
    for (body, kind, outcome) in [
        (general("11"), Refused, Outcome::Rejected),
        (general("\"11\""), Refused, Outcome::Rejected),
        (general("77"), Refused, Outcome::Rejected),
        (format!("\u{feff}{}", general("10")), Timeout, Outcome::Unknown),
        (general("10").replace("\"m\"", "\"a\nb\""), Timeout, Outcome::Unknown),
        (general("8"), Server, Outcome::Unknown),
        // Successful, duplicate data, and an older success: it may have been done before.
        (general("0"), Refused, Outcome::Unknown),
        (general("5"), Refused, Outcome::Unknown),
        (general("100"), Refused, Outcome::Unknown),
        (r#"{"object_name":"o","code":100,"message":"m"}"#.to_owned(), Refused, Outcome::Unknown),
        // It could say anything.
        (general("10")[..60].to_owned(), BadResponse, Outcome::Unknown),
        (format!("[{}]", general("10")), BadResponse, Outcome::Unknown),
        (general("10,\"result_code\":11"), BadResponse, Outcome::Unknown),
        (general("[10]"), BadResponse, Outcome::Unknown),
        ("\"timeout\"".to_owned(), BadResponse, Outcome::Unknown),
        (r#"{"object_name":"o","co e":10,"message":"m"}"#.to_owned(), BadResponse, Outcome::Unknown),
        (r#"{"errorCode":10}"#.to_owned(), BadResponse, Outcome::Unknown),
        (r#"{"code":1O}"#.to_owned(), BadResponse, Outcome::Unknown),
        // Nothing but what HTTP says.
        (r#"{"title":"Bad Request","status":400}"#.to_owned(), Refused, Outcome::Rejected),
        (format!("{{\"message\":\"{}\"}}", "m".repeat(5 << 20)), BadResponse, Outcome::Unknown),
        // A refusal that has a payment session.
        (r#"{"code":400,"payment_session_id":"ps-1"}"#.to_owned(), Refused, Outcome::Unknown),
    ] {
        let shown = body[..body.len().min(100)].to_owned();
        let error = fixture.fails(reply(answer("400 No", &body)), kind, outcome).await;
        assert_eq!(error.status(), Some(400), "{shown}");
    }
    for code in ["5", "100"] {
        let body = format!(r#"{{"object_name":"o","code":{code},"message":"m"}}"#);
        fixture.fails(reply(answer("409 Conflict", body)), Refused, Outcome::Unknown).await;
    }
    // Cut after the head, and within the body.
    for body in ["", "{\"code\":400,\"result_code\":1"] {
        let head = "HTTP/1.1 400 No\r\ncontent-length: 100\r\n\r\n";
        fixture.fails(reply(format!("{head}{body}")), Interrupted, Outcome::Unknown).await;
    }
    let short = Fixture::with_short_deadline().await;
    let stalled = "HTTP/1.1 401 No\r\ncontent-length: 100\r\n\r\n{";
    short.fails(reply_and_stall(stalled), Timeout, Outcome::Unknown).await;
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
    #[serde(untagged)]
    enum Either {
        Sale(InitSaleRequest),
    }
    let misspelled = r#"{"amount": 1, "refrence_no": "R-1"}"#;
    let error = serde_json::from_str::<InitSaleRequest>(misspelled).unwrap_err().to_string();
    assert!(error.contains("unknown field `refrence_no`") && error.contains("`reference_no`"), "{error}");
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
    // Read by itself, an amount keeps its digits.
    let sale: InitSaleRequest = serde_json::from_str(r#"{"amount": 12345678901234567.80}"#).unwrap();
    assert_eq!(sale.amount.to_string(), "12345678901234567.80");
}

#[test]
fn a_secret_that_is_no_text_is_refused_and_not_quoted() {
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
