//! What the merchant's app and the operator see.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::time::sleep;

use crate::world::{Backend, Paynet, Setup, opened};

/// How Paynet says that it has no time.
const BUSY: &str = r#"{"object_name": "error", "code": 429, "message": "later"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_initiated_once_however_often_it_is_posted() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    paynet.fault(json!({ "operation": "init_sale_transaction", "delay_ms": 500 })).await;
    let posts =
        tokio::join!(backend.sale("A", "10.00"), backend.sale("A", "10.00"), backend.sale("A", "10.00"));
    let mut statuses = [posts.0.0, posts.1.0, posts.2.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 202, 202], "{posts:?}");

    let (status, there) = backend.sale("A", "10").await;
    assert_eq!((status, &there["state"], &there["amount"]), (200, &json!("pending"), &json!("10.00")));
    assert!(there["deeplink_url"].as_str().unwrap().contains("/_paypos/phone/"));
    let (status, other) = backend.sale("A", "11").await;
    assert_eq!(status, 409);
    assert_eq!(
        other["error"],
        "the reference has a sale of 10.00 on till-1; expected the same, or another reference"
    );
    let other_terminal = json!({ "terminal": "till-2", "amount": "10" });
    assert_eq!(backend.post("/orders/A/sale", other_terminal).await.0, 409);
    assert_eq!(paynet.ledger().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_sale_is_refunded_once() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    assert_eq!(backend.refund("A").await.0, 404);
    let (_, sale) = backend.sale("A", "149.90").await;
    let (status, early) = backend.refund("A").await;
    assert_eq!(
        (status, &early["error"]),
        (409, &json!("the sale is pending; only a paid sale can be refunded"))
    );
    paynet.decide(&sale, "approve").await;
    let sale = backend.until("A", "sale", "paid").await;
    assert_eq!(sale["deeplink_url"], json!(null));

    let posts = tokio::join!(backend.refund("A"), backend.refund("A"));
    assert!([posts.0.0, posts.1.0].contains(&201), "{posts:?}");
    let opened = paynet.opened_for("A.R1").await;
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0]["xact_id"], sale["transaction_id"]);
    paynet.decide(&opened[0], "approve").await;
    backend.until("A", "refund", "refunded").await;
    let (status, again) = backend.refund("A").await;
    assert_eq!((status, &again["state"]), (200, &json!("refunded")));
    assert_eq!(paynet.opened_for("A.R1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_card_may_pay_until_the_time_is_over() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "4").start();
    let (_, another) = backend.sale("ANOTHER-CARD", "10").await;
    let (_, declined) = backend.sale("DECLINED", "10").await;
    let (_, nobody) = backend.sale("NOBODY", "10").await;
    paynet.decide(&another, "decline-then-approve").await;
    paynet.decide(&declined, "decline").await;
    backend.until("ANOTHER-CARD", "sale", "paid").await;
    let sale = backend.until("DECLINED", "sale", "declined").await;
    assert_eq!(sale["is_declined"], true);
    let sale = backend.until("NOBODY", "sale", "needs_attention").await;
    assert_eq!(sale["reason"], "nobody finished it on the phone in time; look up NOBODY in Paynet's panel");

    // A phone may be late.
    paynet.decide(&nobody, "approve").await;
    backend.until("NOBODY", "sale", "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_differs_is_not_paid() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    for (reference, properties, says) in [
        ("AMOUNT", json!({ "amount": 1000 }), "10.00 was asked for, and 1000 succeeded"),
        (
            "REFERENCE",
            json!({ "agent_reference": "OTHER" }),
            "a transaction with another reference succeeded",
        ),
    ] {
        let (_, sale) = backend.sale(reference, "10.00").await;
        let id = sale["payment_session_id"].as_str().unwrap();
        let path = format!("{}/_paypos/payments/{id}/transactions", paynet.url);
        let request =
            crate::world::with_json(crate::world::http().patch(path), &json!({ "properties": properties }));
        assert_eq!(crate::world::send(request).await.unwrap().0, 200);
        paynet.decide(&sale, "approve").await;
        let sale = backend.until(reference, "sale", "needs_attention").await;
        let reason = sale["reason"].as_str().unwrap();
        assert!(reason.starts_with(says), "{reason}");
        assert!(reason.ends_with(&format!("; look up {reference} in Paynet's panel")), "{reason}");
        assert_eq!(backend.refund(reference).await.0, 409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_is_renewed_for_requests_and_for_waits() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let (_, waits) = backend.sale("WAITS", "10").await;
    paynet.control("sessions/expire", json!({})).await;
    let (status, sale) = backend.sale("A", "10").await;
    assert_eq!((status, &sale["state"]), (201, &json!("pending")));
    paynet.control("sessions/expire", json!({})).await;
    paynet.decide(&waits, "approve").await;
    paynet.decide(&sale, "approve").await;
    backend.until("WAITS", "sale", "paid").await;
    backend.until("A", "sale", "paid").await;
    assert_eq!(paynet.ledger().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_learns_from_the_status_whether_to_try_again() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let operation = "init_sale_transaction";
    for (reference, fault, status, state, what_to_do) in [
        (
            "BUSY",
            json!({ "status": 429, "headers": { "Retry-After": "7" }, "body": BUSY, "when": "before" }),
            429,
            "not_sent",
            "post it again",
        ),
        (
            "REFUSED",
            json!({ "status": 400, "body": "{\"object_name\": \"error\", \"code\": 11, \"message\": \"no such agent\"}", "when": "before" }),
            409,
            "rejected",
            "remove the cause, then post it again",
        ),
        (
            "LOST",
            json!({ "drop": true, "when": "after" }),
            502,
            "needs_attention",
            "charge nothing; an operator resolves it",
        ),
    ] {
        let mut fault = fault;
        fault["operation"] = json!(operation);
        paynet.fault(fault).await;
        let body = json!({ "terminal": "till-1", "amount": "10" });
        let response = backend.request(&format!("/orders/{reference}/sale"), &body).send().await.unwrap();
        let retry_after =
            response.headers().get("retry-after").map(|delay| delay.to_str().unwrap().to_owned());
        assert_eq!(retry_after.as_deref(), (reference == "BUSY").then_some("7"));
        assert_eq!(response.status().as_u16(), status, "{reference}");
        let sale = backend.until(reference, "sale", state).await;
        assert_eq!(sale["what_to_do"], what_to_do);
    }
    // The refused ones again: nothing has happened, so it is another attempt.
    for reference in ["BUSY", "REFUSED"] {
        let (status, sale) = backend.sale(reference, "10").await;
        assert_eq!((status, &sale["attempt"]), (201, &json!(2)));
        assert_eq!(sale["reference_no"], format!("{reference}.2"));
    }
    assert_eq!(backend.sale("LOST", "10").await.0, 409);
    let refused = backend.get("/orders/REFUSED").await.1;
    assert!(refused["sale"]["reason"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_for_what_paynet_cannot_be_reached_for() {
    let folder = tempdir().unwrap();
    let gone = Paynet::start();
    let setup = Setup::new(&folder, &gone);
    drop(gone);
    let backend = setup.start();
    let (status, problem) = backend.sale("A", "10").await;
    assert_eq!(status, 503);
    assert!(problem["error"].as_str().unwrap().starts_with("no session for till-1: "), "{problem}");
    assert_eq!(backend.get("/orders/A").await.0, 404);
    assert_eq!(backend.get("/healthz").await, (200, json!({ "status": "ok" })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_resolves_what_needs_attention() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let resolve =
        async |reference: &str, body| backend.post(&format!("/orders/{reference}/sale/resolve"), body).await;
    let lost = json!({ "operation": "init_sale_transaction", "drop": true, "when": "after", "times": 2 });
    paynet.fault(lost).await;
    backend.sale("A", "10").await;
    backend.sale("B", "10").await;

    let found = json!({ "attempt": 1, "as": "paid", "transaction_id": "xk_1", "note": "Ayşe: in the panel" });
    let (status, sale) = resolve("A", found.clone()).await;
    assert_eq!((status, &sale["state"], &sale["transaction_id"]), (200, &json!("paid"), &json!("xk_1")));
    assert_eq!(sale["reason"], "resolved by an operator: Ayşe: in the panel");

    for (body, status, says) in [
        (
            json!({ "attempt": 1, "as": "refunded", "note": "n" }),
            409,
            "expected paid or declined or released",
        ),
        (json!({ "attempt": 1, "as": "paid", "note": " " }), 409, "`note` is blank"),
        (json!({ "attempt": 2, "as": "paid", "note": "n" }), 404, "there is no such sale of B"),
        (json!({ "attempt": 1, "as": "gone", "note": "n" }), 422, "unknown variant"),
    ] {
        let (found, problem) = resolve("B", body).await;
        assert_eq!(found, status, "{problem}");
        assert!(problem["error"].as_str().unwrap().contains(says), "{problem}");
    }
    let (_, sale) = resolve("B", json!({ "attempt": 1, "as": "released", "note": "nothing there" })).await;
    assert_eq!(sale["state"], "released");
    let (status, sale) = backend.sale("B", "10").await;
    assert_eq!((status, &sale["reference_no"], &sale["state"]), (201, &json!("B.2"), &json!("pending")));
    assert_eq!(backend.get("/attention").await.1, json!({ "payments": [] }));
}

/// A sale that nobody has finished, and that an operator has released.
async fn released(backend: &Backend) -> Value {
    let (_, sale) = backend.sale("A", "10").await;
    backend.until("A", "sale", "needs_attention").await;
    let released = json!({ "attempt": 1, "as": "released", "note": "the customer has left" });
    assert_eq!(backend.post("/orders/A/sale/resolve", released).await.0, 200);
    sale
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_later_than_the_operator_needs_attention_again() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "1").start();
    let sale = released(&backend).await;
    paynet.decide(&sale, "approve").await;
    let sale = backend.until("A", "sale", "needs_attention").await;
    assert_eq!(
        sale["reason"],
        "it was released before it succeeded, so another attempt or reference may be paid as well; look up A in Paynet's panel"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_resolution_survives_an_earlier_look() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "1").start();
    let (_, sale) = backend.sale("A", "10").await;
    backend.until("A", "sale", "needs_attention").await;
    paynet.fault(json!({ "operation": "check_transaction", "delay_ms": 1500, "when": "before" })).await;
    while paynet.get("faults").await["faults"] != json!([]) {
        sleep(Duration::from_millis(20)).await;
    }
    paynet.decide(&sale, "approve").await;
    let declined = json!({ "attempt": 1, "as": "declined", "note": "the customer says so" });
    assert_eq!(backend.post("/orders/A/sale/resolve", declined).await.0, 200);
    let sale = backend.until("A", "sale", "needs_attention").await;
    assert_eq!(
        sale["reason"],
        "it was declined before it succeeded, so another attempt or reference may be paid as well; look up A in Paynet's panel"
    );
    // The look that began before ends.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(backend.get("/orders/A").await.1["sale"]["state"], "needs_attention");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_before_anything_is_claimed() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let refused = async |backend: &Backend, path: &str, body| {
        let (status, problem) = backend.post(path, body).await;
        (status, problem["error"].as_str().unwrap_or_else(|| panic!("{path}: {status} {problem}")).to_owned())
    };
    for amount in
        ["0", "-1", "1.005", "1,50", "1_000", "+1", "1e2", "", "NaN", " 1", ".5", "10000000000000.01"]
    {
        let body = json!({ "terminal": "till-1", "amount": amount });
        let says = "`amount`: expected text such as \"149.90\", positive, with at most 15 digits".to_owned();
        assert_eq!(refused(&backend, "/orders/A/sale", body).await, (400, says), "{amount}");
    }
    let sale = json!({ "terminal": "till-1", "amount": "10" });
    for path in ["/orders/A.2/sale", "/orders/%20/sale", "/orders/%C3%96/sale"] {
        let (status, problem) = refused(&backend, path, sale.clone()).await;
        assert_eq!(status, 400);
        assert!(problem.contains("such as ORDER-1042"), "{problem}");
    }
    for (body, says) in [
        (json!({ "terminal": "till-9", "amount": "10" }), "`terminal`: expected one of till-1, till-2"),
        (json!({ "terminal": "till-1", "amount": 10 }), "expected a string"),
        (json!({ "terminal": "till-1" }), "missing field `amount`"),
        (json!({ "terminal": "till-1", "amount": "10", "currency": "TRY" }), "unknown field `currency`"),
    ] {
        let (status, problem) = refused(&backend, "/orders/A/sale", body).await;
        assert!(matches!(status, 400 | 422) && problem.contains(says), "{status} {problem}");
    }
    assert_eq!(backend.get("/orders/A?wait=soon").await.0, 400);
    assert_eq!(backend.get("/orders/A").await.0, 404);
    assert!(paynet.ledger().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_a_response_or_in_a_log() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("RUST_LOG", "trace");
    let backend = setup.start();
    let (_, sale) = backend.sale("A", "10").await;
    let shown = format!("{sale} {}", backend.get("/orders/A").await.1);
    let pool = opened(&folder).await;
    let keys = sqlx::query_scalar::<_, String>("SELECT encryption_key FROM payments").fetch_all(&pool).await;
    let key = keys.unwrap().pop().unwrap();
    pool.close().await;
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.terminate();
    assert!(key.len() > 8);
    let log = setup.log();
    assert!(log.contains("init_sale_transaction"), "{log}");
    for secret in [key.as_str(), "sck_simulator", "simulated-session-"] {
        assert!(!shown.contains(secret) && !log.contains(secret), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_paypos_app_returns_to_the_configured_url() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).with("CALLBACK_URL", "myshop://paid").start();
    let (_, sale) = backend.sale("A", "10").await;
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.refund("A").await;
    assert!(paynet.ledger().await.iter().all(|payment| payment["callback_url"] == "myshop://paid"));
    assert_eq!(paynet.ledger().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_post_returns_the_late_payment_of_a_released_attempt() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "1").start();
    let first = released(&backend).await;
    let busy = json!({ "operation": "init_sale_transaction", "status": 429, "body": BUSY, "when": "before" });
    paynet.fault(busy).await;
    assert_eq!(backend.sale("A", "10").await.0, 429);
    paynet.decide(&first, "approve").await;
    backend.until("A", "sale", "needs_attention").await;
    let (status, told) = backend.sale("A", "10").await;
    assert_eq!((status, &told["attempt"]), (409, &json!(1)));
    assert_eq!(paynet.ledger().await.len(), 1);
}

#[test]
fn each_missing_value_is_named_with_what_is_expected() {
    let run = |more: &[(&str, &str)]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_paypos-backend"));
        command.env_clear().envs(more.iter().copied());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let url = ("CALLBACK_URL", "javascript:alert(1)");
    let (code, stderr) =
        run(&[("PAYPOS_ENVIRONMENT", "production"), ("LOOK_AGAIN", "often"), ("PAYNET_TIMEOUT", "0"), url]);
    assert_eq!(code, Some(2));
    assert_eq!(
        stderr,
        "error: PAYPOS_AGENT_ID is missing; expected the dealer's agent_id\n\
         error: TERMINALS is missing; expected the user_id of each terminal, such as till-1,till-2\n\
         error: PAYPOS_SECRET_KEY is missing; expected the dealer's secret key\n\
         error: CALLBACK_URL: expected a URL that opens the app, such as myshop://paid\n\
         error: LOOK_AGAIN: expected 1 to 86400 whole seconds, such as 3600\n\
         error: PAYNET_TIMEOUT: expected 1 to 86400 whole seconds, such as 20\n"
    );
    let (code, stderr) = run(&[("PAYPOS_ENVIRONMENT", "live")]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("expected one of: production, sandbox, or simulator"), "{stderr}");
    let (code, stderr) = run(&[("DATABASE_URL", "mysql://here"), ("LISTEN", "127.0.0.1:0")]);
    assert_eq!(code, Some(1));
    assert!(stderr.lines().any(|line| line.starts_with("error: DATABASE_URL: ")), "{stderr}");
}
