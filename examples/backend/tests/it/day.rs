//! A day at a shop: who may call, what is open at a till, what is given up, refunded, corrected and reported.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use crate::world::{Backend, Paynet, Setup, http, opened, send, with_json};

const APP: &str = "app-token-of-twenty-letters";
const OPERATOR: &str = "operator-token-of-twenty-letters";

#[tokio::test(flavor = "multi_thread")]
async fn apps_and_operators_have_tokens_of_their_own() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("LISTEN", "0.0.0.0:0");
    let backend = setup.clone().with("APP_TOKEN", APP).with("OPERATOR_TOKEN", OPERATOR).start();
    let url = backend.url.replace("0.0.0.0", "127.0.0.1");
    let status = async |method: &str, path: &str, token: Option<&str>| {
        let request = http().request(method.parse().unwrap(), format!("{url}{path}"));
        let request = with_json(request, &json!({ "terminal": "till-1", "amount": "10" }));
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
        send(request).await.unwrap().0
    };
    for (method, path, of_app) in [
        ("POST", "/orders/A/sale", 201),
        ("GET", "/orders/A", 200),
        ("POST", "/orders/A/sale/give-up", 200),
        ("GET", "/attention", 403),
        ("GET", "/metrics", 403),
        ("GET", "/report?day=2026-11-30", 403),
        ("GET", "/orders/A/sale/events", 403),
        ("POST", "/orders/A/sale/resolve", 403),
    ] {
        for wrong in [None, Some(""), Some("app-token-of-twenty-letterz"), Some("Bearer")] {
            assert_eq!(status(method, path, wrong).await, 401, "{path} {wrong:?}");
        }
        assert_eq!(status(method, path, Some(APP)).await, of_app, "{path}");
    }
    assert_eq!(status("GET", "/attention", Some(OPERATOR)).await, 200);
    assert_eq!(status("GET", "/orders/A", Some(OPERATOR)).await, 200);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(status("GET", path, None).await, 200);
    }
    backend.terminate();
    assert!(!setup.log().contains(APP) && !setup.log().contains(OPERATOR));

    for (app, operator, says) in [
        (
            "",
            "",
            "LISTEN: beyond this machine, expected APP_TOKEN and OPERATOR_TOKEN, each 20 or more characters",
        ),
        (APP, "", "LISTEN: beyond this machine"),
        (APP, APP, "OPERATOR_TOKEN: expected another one than APP_TOKEN"),
        (APP, "short", "OPERATOR_TOKEN: expected 20 or more characters"),
    ] {
        let refused = setup.clone().with("APP_TOKEN", app).with("OPERATOR_TOKEN", operator).run();
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(says) && !stderr.contains(APP), "{stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_reaches_nothing() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let port = backend.url.rsplit_once(':').unwrap().1.to_owned();
    for (host, status) in [
        (format!("localhost:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
        ("evil.example".to_owned(), 403),
        (format!("localhost.evil.example:{port}"), 403),
        (format!("127.0.0.1.evil.example:{port}"), 403),
    ] {
        let request = http().get(format!("{}/attention", backend.url)).header("host", &host);
        assert_eq!(send(request).await.unwrap().0, status, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_new_for_ever() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "3");
    let backend = setup.start();
    let (status, sale) = backend.sale("A", "10").await;
    assert_eq!(status, 201);
    assert!(sale["created_at"].as_str().unwrap().starts_with("20"), "{sale}");
    paynet.decide(&sale, "approve").await;
    let paid = backend.until("A", "sale", "paid").await;
    assert!(paid["decided_at"].as_str() >= paid["created_at"].as_str(), "{paid}");
    assert_eq!(backend.sale("A", "10").await.0, 200);
    sleep(Duration::from_secs(3)).await;
    let (status, late) = backend.sale("A", "10").await;
    assert_eq!((status, &late["state"]), (409, &json!("paid")));
    // The day after, and the year after.
    let pool = opened(&folder).await;
    let mut backend = backend;
    for days in [2_i64, 400] {
        let earlier = "UPDATE payments SET created_at = created_at - $1";
        sqlx::query(earlier).bind(days * 86_400_000).execute(&pool).await.unwrap();
        backend.terminate();
        backend = setup.start();
        let (status, late) = backend.sale("A", "10").await;
        assert_eq!((status, &late["state"]), (409, &json!("paid")), "after {days} days");
        assert!(late["error"].as_str().unwrap().contains("expected another reference"), "{late}");
    }
    pool.close().await;
    assert_eq!(paynet.ledger().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_sale_at_a_till_is_reported_and_can_be_given_up() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let (_, left) = backend.sale("LEFT", "10").await;
    assert_eq!(left["also_open"], Value::Null);
    let (_, next) = backend.sale("NEXT", "99").await;
    assert_eq!(next["also_open"], json!(["LEFT"]));
    let other = json!({ "terminal": "till-2", "amount": "10" });
    assert_eq!(backend.post("/orders/OTHER-TILL/sale", other).await.1["also_open"], Value::Null);

    let (status, given_up) = backend.post("/orders/LEFT/sale/give-up", json!({})).await;
    assert_eq!(
        (status, &given_up["state"], &given_up["deeplink_url"]),
        (200, &json!("given_up"), &Value::Null)
    );
    assert_eq!(backend.post("/orders/LEFT/sale/give-up", json!({})).await.0, 409);
    assert_eq!(backend.sale("THIRD", "1").await.1["also_open"], json!(["NEXT"]));
    let (_, attention) = backend.get("/attention").await;
    assert_eq!(attention, json!({ "payments": [] }));
    // A phone may still have it.
    paynet.decide(&left, "approve").await;
    let paid = backend.until("LEFT", "sale", "needs_attention").await;
    assert!(paid["reason"].as_str().unwrap().starts_with("it was given_up before it succeeded"), "{paid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_refund_can_be_posted_again_and_is_checked_before() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("LOOK_AGAIN", "3600");
    let backend = setup.clone().start();
    let (_, sale) = backend.sale("A", "10").await;
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.terminate();

    let backend = setup.with("PAYMENT_WITHIN", "2").start();
    let (_, first) = backend.refund("A").await;
    paynet.decide(&first, "decline").await;
    let declined = backend.until("A", "refund", "declined").await;
    assert_eq!(declined["what_to_do"], "post it again, or refund it in Paynet's panel");
    let (status, second) = backend.refund("A").await;
    assert_eq!((status, &second["reference_no"]), (201, &json!("A.R2")));
    paynet.decide(&second, "decline").await;
    backend.until("A", "refund", "declined").await;
    // Another card of the first one, which nobody would look at for an hour.
    paynet.another_card(&first).await;
    let (status, told) = backend.refund("A").await;
    assert_eq!((status, &told["state"], &told["attempt"]), (409, &json!("needs_attention"), &json!(1)));
    assert_eq!(paynet.opened_for("A.R3").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_paynet_refuses_needs_attention() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let (_, sale) = backend.sale("A", "10").await;
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
    let reversed = json!({ "object_name": "o", "code": 7, "message": "reversed already" });
    let fault =
        json!({ "operation": "init_reversal_transaction", "status": 400, "body": reversed.to_string() });
    paynet.fault(fault).await;
    let (status, refund) = backend.refund("A").await;
    assert_eq!((status, &refund["state"]), (409, &json!("needs_attention")));
    assert!(refund["reason"].as_str().unwrap().contains("(reversed already)"), "{refund}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_by_a_gateway_decides_nothing() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let bodies = ["", r#"{"message": "Unauthorized"}"#, r#"{"code": 401, "message": "no"}"#, "<html></html>"];
    let all = [400, 401, 403, 404, 429].into_iter().flat_map(|status| bodies.map(|body| (status, body)));
    for (n, (status, body)) in all.enumerate() {
        let reference = format!("GATEWAY-{n}");
        let operation = "init_sale_transaction";
        paynet
            .fault(json!({ "operation": operation, "status": status, "body": body, "when": "after" }))
            .await;
        let (_, sale) = backend.sale(&reference, "10").await;
        assert_eq!(sale["state"], "needs_attention", "{sale}");
        assert_eq!(backend.sale(&reference, "10").await.0, 409);
        assert_eq!(paynet.opened_for(&reference).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_released_before_its_response_needs_attention() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("PAYNET_TIMEOUT", "8").with("PAYMENT_WITHIN", "60");
    let backend = setup.start();
    paynet.fault(json!({ "operation": "init_sale_transaction", "delay_ms": 4000, "when": "after" })).await;
    let body = json!({ "terminal": "till-1", "amount": "10" });
    let late = tokio::spawn(backend.request("/orders/A/sale", &body).send());
    while paynet.opened_for("A").await.is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    // As a process does that takes it for abandoned.
    let pool = opened(&folder).await;
    let abandoned = "UPDATE payments SET state = 'needs_attention', due_at = NULL, version = version + 1";
    sqlx::query(abandoned).execute(&pool).await.unwrap();
    pool.close().await;
    let released = json!({ "attempt": 1, "as": "released", "note": "not in the panel" });
    assert_eq!(backend.post("/orders/A/sale/resolve", released).await.0, 200);
    let response = late.await.unwrap().unwrap();
    assert_eq!(response.status().as_u16(), 502);
    paynet.decide(&paynet.opened_for("A").await[0], "approve").await;
    let seen = async {
        while backend.get("/orders/A").await.1["sale"]["transaction_id"].is_null() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen).await.expect("it is not looked at");
    let (_, order) = backend.get("/orders/A").await;
    assert_eq!(order["sale"]["state"], "needs_attention", "{order}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_that_is_refused_otherwise_than_by_401_is_renewed() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let behavior = http().put(format!("{}/_paypos/behavior", paynet.url));
    assert_eq!(send(with_json(behavior, &json!({ "ended_session": "400" }))).await.unwrap().0, 200);
    assert_eq!(backend.sale("BEFORE", "10").await.0, 201);
    paynet.control("sessions/expire", json!({})).await;
    let mut statuses = Vec::new();
    for n in 0..5 {
        statuses.push(backend.sale(&format!("ORDER-{n}"), "10").await.0);
    }
    assert_eq!(statuses.last(), Some(&201), "{statuses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_half_a_request_is_not_waited_for() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let address = backend.url.strip_prefix("http://").unwrap().to_owned();
    let half = async |text: String| {
        let mut app = TcpStream::connect(&address).await.unwrap();
        app.write_all(text.as_bytes()).await.unwrap();
        let mut response = String::new();
        app.read_to_string(&mut response).await.map(|_| response).unwrap_or_default()
    };
    let head = "GET /healthz HTTP/1.1\r\nhost: x".to_owned();
    let body = format!(
        "POST /orders/A/sale HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: 50\r\n\r\n{{"
    );
    let both = async { tokio::join!(half(head), half(body)) };
    let (head, body) = tokio::time::timeout(Duration::from_mins(1), both).await.expect("it waits");
    assert!(!head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(body.starts_with("HTTP/1.1 408"), "{body}");
    assert!(paynet.ledger().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_the_environment_may_be_quoted_and_end_with_a_cr() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup =
        Setup::new(&folder, &paynet).with("TERMINALS", "\"till-1,till-2\"\r").with("LOOK_AGAIN", " 3600\r");
    assert_eq!(setup.start().sale("A", "10").await.0, 201);
}

/// Releases a sale that nobody has finished in time.
async fn released(backend: &Backend, reference: &str) -> Value {
    let (_, sale) = backend.sale(reference, "10").await;
    backend.until(reference, "sale", "needs_attention").await;
    let body = json!({ "attempt": 1, "as": "released", "note": "Ayşe: not in the panel" });
    let (status, released) = backend.post(&format!("/orders/{reference}/sale/resolve"), body).await;
    assert_eq!(status, 200);
    assert!(released["warning"].as_str().unwrap().contains("may still finish it"), "{released}");
    sale
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_was_released_too_early_is_checked_before_and_beside_the_next_one() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "10").with("LOOK_AGAIN", "3600");
    let backend = setup.start();
    let (before, beside) = tokio::join!(released(&backend, "BEFORE"), released(&backend, "BESIDE"));
    paynet.decide(&before, "approve").await;
    let (status, told) = backend.sale("BEFORE", "10").await;
    assert_eq!((status, &told["state"], &told["attempt"]), (409, &json!("needs_attention"), &json!(1)));
    assert_eq!(paynet.opened_for("BEFORE.2").await, Vec::<Value>::new());
    // What was seen to succeed is no more released.
    let body = json!({ "attempt": 1, "as": "released", "note": "in haste" });
    let (status, problem) = backend.post("/orders/BEFORE/sale/resolve", body).await;
    assert_eq!((status, &problem["error"]), (409, &json!("`as`: it is needs_attention; expected paid")));
    let body = json!({ "attempt": 1, "as": "paid", "note": "in the panel" });
    let (_, paid) = backend.post("/orders/BEFORE/sale/resolve", body).await;
    assert_eq!(paid["transaction_id"], told["transaction_id"]);

    let (status, second) = backend.sale("BESIDE", "10").await;
    assert_eq!((status, &second["attempt"]), (201, &json!(2)));
    paynet.decide(&beside, "approve").await;
    let seen = async {
        loop {
            let (_, attention) = backend.get("/attention").await;
            let all = attention["payments"].as_array().unwrap().clone();
            if let Some(seen) = all.into_iter().find(|payment| payment["reference"] == "BESIDE") {
                return seen;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(15), seen).await.expect("it is not looked at");
    assert_eq!((&seen["attempt"], &seen["other_attempts"][0]["attempt"]), (&json!(1), &json!(2)));
    assert!(seen["reason"].as_str().unwrap().contains("another attempt or reference may be paid as well"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_kept_and_an_operators_mistake_can_be_corrected() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    paynet.fault(json!({ "operation": "init_sale_transaction", "drop": true, "when": "after" })).await;
    backend.sale("A", "10").await;
    let resolve = async |kind: &str, note: &str, id: Option<&str>| {
        let body = json!({ "attempt": 1, "as": kind, "note": note, "transaction_id": id });
        backend.post("/orders/A/sale/resolve", body).await
    };
    assert_eq!(resolve("declined", "Ayşe: not there", None).await.0, 200);
    let (status, paid) = resolve("paid", "Ayşe: I looked at the wrong day", Some("xk_1")).await;
    assert_eq!((status, &paid["state"], &paid["transaction_id"]), (200, &json!("paid"), &json!("xk_1")));
    let (_, events) = backend.get("/orders/A/sale/events").await;
    let events: Vec<_> = events["events"].as_array().unwrap().iter().collect();
    let changes: Vec<_> = events
        .iter()
        .map(|event| (event["state"].as_str().unwrap(), event["by"].as_str().unwrap()))
        .collect();
    assert_eq!(
        changes,
        [
            ("initiating", "app"),
            ("needs_attention", "backend"),
            ("declined", "operator"),
            ("paid", "operator")
        ]
    );
    assert_eq!(events[2]["reason"], "resolved by an operator: Ayşe: not there");
    // What Paynet has decided is no operator's.
    let (_, sale) = backend.sale("B", "10").await;
    paynet.decide(&sale, "approve").await;
    backend.until("B", "sale", "paid").await;
    let body = json!({ "attempt": 1, "as": "released", "note": "n" });
    let (status, problem) = backend.post("/orders/B/sale/resolve", body).await;
    assert_eq!((status, &problem["error"]), (409, &json!("it is paid, which needs no attention")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_can_be_held_against_the_panel_and_the_metrics_against_a_limit() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet);
    let backend = setup.start();
    let (_, sale) = backend.sale("A", "149.90").await;
    backend.sale("OPEN", "10").await;
    let (_, sale_of_yesterday) = backend.sale("YESTERDAY", "7").await;
    for sale in [&sale, &sale_of_yesterday] {
        paynet.decide(sale, "approve").await;
    }
    for reference in ["A", "YESTERDAY"] {
        backend.until(reference, "sale", "paid").await;
    }
    let (_, refund) = backend.refund("A").await;
    paynet.decide(&refund, "approve").await;
    backend.until("A", "refund", "refunded").await;
    // 2026-11-29 23:59:59.999 and 2026-11-30 00:00 in Turkey.
    let pool = opened(&folder).await;
    for (reference, at) in [("A", 1_795_986_000_000_i64), ("YESTERDAY", 1_795_985_999_999)] {
        let set =
            "UPDATE payments SET created_at = $1, decided_at = $1 WHERE reference = $2 AND kind = 'sale'";
        sqlx::query(set).bind(at).bind(reference).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let (_, report) = backend.get("/report?day=2026-11-30").await;
    assert_eq!((&report["from"], &report["paid_total"]), (&json!("2026-11-29T21:00:00Z"), &json!("149.90")));
    assert_eq!(report["paid"].as_array().unwrap().len(), 1);
    assert_eq!(report["paid"][0]["transaction_id"], sale_id(&backend, "A").await);
    let (_, before) = backend.get("/report?day=2026-11-29").await;
    assert_eq!((&before["paid_total"], &before["paid"][0]["reference"]), (&json!("7"), &json!("YESTERDAY")));
    assert_eq!(backend.get("/report?day=today").await.0, 400);
    let today = refund["created_at"].as_str().unwrap()[..10].to_owned();
    let (_, today) = backend.get(&format!("/report?day={today}")).await;
    assert!(today["undecided"].is_array() && today["refunded"].is_array(), "{today}");

    let (status, metrics) = backend.get("/metrics").await;
    let metrics = metrics.as_str().unwrap();
    assert_eq!(status, 200);
    for line in [
        "# TYPE paypos_backend_needs_attention gauge",
        "paypos_backend_needs_attention 0",
        "paypos_backend_unfinished 1",
        "paypos_backend_oldest_initiating_seconds 0",
        "paypos_backend_overdue_looks 0",
        "paypos_backend_decision_seconds_bucket{le=\"10\"} 3",
        "paypos_backend_decision_seconds_bucket{le=\"+Inf\"} 3",
        "paypos_backend_decision_seconds_count 3",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
}

async fn sale_id(backend: &Backend, reference: &str) -> Value {
    backend.get(&format!("/orders/{reference}")).await.1["sale"]["transaction_id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn waiters_are_woken_immediately_and_cost_nothing_meanwhile() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("RUST_LOG", "warn");
    let backend = setup.start();
    let (_, sale) = backend.sale("A", "10").await;
    let polls = (0..200).map(|_| async {
        let (status, order) = backend.get("/orders/A?wait=25").await;
        assert_eq!((status, &order["sale"]["state"]), (200, &json!("paid")), "{order}");
        Instant::now()
    });
    let decided = async {
        sleep(Duration::from_secs(1)).await;
        paynet.decide(&sale, "approve").await;
        Instant::now()
    };
    let (told, decided) = tokio::join!(join_all(polls), decided);
    let last = *told.iter().max().unwrap() - decided;
    assert!(last < Duration::from_secs(10), "the last was told after {last:?}, so nobody woke it");
}
