//! What is left when the backend ends, in order or not.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use paypos::reqwest;
use serde_json::json;
use tempfile::tempdir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::world::{Backend, Cable, Paynet, Setup, database_behind_a_cable, postgres};

/// Posts a sale, for which Paynet has opened a payment session and does not respond yet.
async fn in_flight(
    backend: &Backend,
    paynet: &Paynet,
    reference: &str,
) -> JoinHandle<reqwest::Result<reqwest::Response>> {
    paynet.fault(json!({ "operation": "init_sale_transaction", "delay_ms": 1500, "when": "after" })).await;
    let body = json!({ "terminal": "till-1", "amount": "10" });
    let posted = tokio::spawn(backend.request(&format!("/orders/{reference}/sale"), &body).send());
    while paynet.opened_for(reference).await.is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    posted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_payment_without_a_response_is_never_sent_again() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet);
    let backend = setup.start();
    let lost = in_flight(&backend, &paynet, "A").await;
    backend.kill();
    assert!(lost.await.unwrap().is_err());

    let backend = setup.start();
    let sale = backend.until("A", "sale", "needs_attention").await;
    let reason = sale["reason"].as_str().unwrap();
    assert!(reason.ends_with("; look up A in Paynet's panel"), "{reason}");
    let (status, again) = backend.sale("A", "10").await;
    assert_eq!((status, &again["state"]), (409, &json!("needs_attention")));
    assert_eq!(paynet.opened_for("A").await.len(), 1);
    let (_, attention) = backend.get("/attention").await;
    assert_eq!(attention["payments"][0]["reference_no"], "A");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_backend_waits_for_pending_payments() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    // The lease of the killed process lasts for longer than the test.
    let setup = Setup::new(&folder, &paynet).with("PAYNET_TIMEOUT", "20");
    let backend = setup.start();
    let (status, before) = backend.sale("A", "10").await;
    assert_eq!(status, 201);
    while paynet.requests("/check_transaction").await == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    backend.kill();
    paynet.decide(&before, "approve").await;
    let backend = setup.start();
    let sale = backend.until("A", "sale", "paid").await;
    assert_eq!(sale["payment_session_id"], before["payment_session_id"]);
    assert!(sale["transaction_id"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_finishes_what_is_in_flight_and_ends_the_sessions() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet);
    let backend = setup.start();
    // One that is waited for, and a long poll.
    backend.sale("WAITS", "5").await;
    let poll = paypos::reqwest::Client::new().get(format!("{}/orders/WAITS?wait=60", backend.url)).send();
    let poll = tokio::spawn(poll);
    let body = json!({ "terminal": "till-1", "amount": "10" });
    let mut in_flight = Vec::new();
    for (reference, delay) in [("A", 700), ("B", 1_500)] {
        let operation = "init_sale_transaction";
        paynet.fault(json!({ "operation": operation, "delay_ms": delay, "when": "after" })).await;
        let path = format!("/orders/{reference}/sale");
        in_flight.push(tokio::spawn(backend.request(&path, &body).send()));
        while paynet.opened_for(reference).await.is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    }
    let (hung_up, in_flight) = (in_flight.pop().unwrap(), in_flight.pop().unwrap());
    hung_up.abort();
    assert_eq!(
        tokio::task::spawn_blocking(|| backend.terminate()).await.unwrap(),
        Some(0),
        "{}",
        setup.log()
    );
    assert_eq!(in_flight.await.unwrap().unwrap().status().as_u16(), 201);
    assert_eq!(poll.await.unwrap().unwrap().status().as_u16(), 200);
    assert_eq!(paynet.requests("/agent/get_auth_key").await, 1);
    assert_eq!(paynet.requests("/agent/logout").await, 1);

    let backend = setup.start();
    for reference in ["A", "B"] {
        let sale = backend.until(reference, "sale", "pending").await;
        assert!(sale["deeplink_url"].is_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_that_arrive_during_a_shutdown_are_not_sent() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let address = backend.url.strip_prefix("http://").unwrap().to_owned();
    let body = json!({ "terminal": "till-1", "amount": "10" }).to_string();
    let head = format!(
        "POST /orders/A/sale HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut app = TcpStream::connect(&address).await.unwrap();
    app.write_all(head.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    let ended = tokio::task::spawn_blocking(|| backend.terminate());
    sleep(Duration::from_millis(300)).await;
    app.write_all(body.as_bytes()).await.unwrap();
    let mut response = String::new();
    app.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 503 ") && response.contains("stopping; try again"), "{response}");
    assert_eq!(ended.await.unwrap(), Some(0));
    assert!(paynet.ledger().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn nothing_is_sent_whose_claim_postgresql_did_not_commit() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let url = postgres("refuses_commits").await;
    let backend = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).start();
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    for statement in [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit'; END $$",
        "CREATE CONSTRAINT TRIGGER no_commit AFTER INSERT ON payments DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION refuse()",
    ] {
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
    }
    for n in 0..4 {
        let (status, response) = backend.sale(&format!("ORDER-{n}"), "10").await;
        assert_eq!(status, 503, "{response}");
    }
    assert!(paynet.ledger().await.is_empty());
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_row_that_is_gone_is_written_again_and_its_deeplink_is_not_handed_out() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let url = postgres("row_is_gone").await;
    let backend = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).start();
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    let in_flight = in_flight(&backend, &paynet, "GONE").await;
    sqlx::query("DELETE FROM payments").execute(&pool).await.unwrap();
    let response = in_flight.await.unwrap().unwrap();
    assert_eq!(response.status().as_u16(), 502);
    let text = response.text().await.unwrap();
    assert!(text.contains("\"needs_attention\"") && text.contains("\"deeplink_url\":null"), "{text}");
    let opened = &paynet.opened_for("GONE").await[0];
    let (_, attention) = backend.get("/attention").await;
    assert_eq!(attention["payments"][0]["payment_session_id"], opened["payment_session_id"]);
    let (status, again) = backend.sale("GONE", "10").await;
    assert_eq!((status, &again["state"]), (409, &json!("needs_attention")));
    assert_eq!(paynet.opened_for("GONE").await.len(), 1);
    pool.close().await;
}

/// Stops or continues a process.
fn signal(backend: &Backend, signal: &str) {
    let pid = backend.pid().to_string();
    assert!(Command::new("kill").args([format!("-{signal}"), pid]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_from_before_a_pause_is_not_judged_by_the_clock_after_it() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "6").with("LOOK_AGAIN", "3600");
    let backend = setup.with("PAYNET_TIMEOUT", "10").start();
    let (_, sale) = backend.sale("PAUSED", "10").await;
    // The look sees the decline, and its response arrives while the process is paused.
    paynet.decide(&sale, "decline").await;
    paynet.fault(json!({ "operation": "check_transaction", "delay_ms": 2000, "when": "after" })).await;
    while paynet.get("faults").await["faults"] != json!([]) {
        sleep(Duration::from_millis(5)).await;
    }
    sleep(Duration::from_millis(500)).await;
    signal(&backend, "STOP");
    paynet.another_card(&sale).await;
    sleep(Duration::from_secs(7)).await;
    signal(&backend, "CONT");
    backend.until("PAUSED", "sale", "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_paynets_is_never_used_with_a_simulator() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("PAYPOS_SECRET_KEY", "sck_live");
    for setup in [
        setup.clone(),
        setup.clone().without("PAYPOS_SIMULATOR_URL"),
        setup.clone().with("PAYPOS_ENVIRONMENT", "simulator"),
        setup.with("PAYPOS_ENVIROMENT", "production"),
    ] {
        let refused = setup.run();
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("PAYPOS_SECRET_KEY: it is not the simulator's"), "{stderr}");
        assert!(!stderr.contains("sck_live"), "{stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_may_hang_up_while_paynet_is_asked() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    paynet.fault(json!({ "operation": "init_sale_transaction", "delay_ms": 1000 })).await;
    let body = json!({ "terminal": "till-1", "amount": "10" });
    let app = tokio::spawn(backend.request("/orders/A/sale", &body).send());
    let sale = backend_until_known(&backend, "A").await;
    assert_eq!(sale["state"], "initiating");
    app.abort();
    let sale = backend.until("A", "sale", "pending").await;
    assert!(sale["deeplink_url"].is_string());
}

async fn backend_until_known(backend: &Backend, reference: &str) -> serde_json::Value {
    loop {
        let (status, order) = backend.get(&format!("/orders/{reference}")).await;
        if status == 200 {
            return order["sale"].clone();
        }
        assert_eq!(status, 404);
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_is_for_one_process_and_a_database_for_one_environment() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet);
    let backend = setup.start();
    // Requests whose clients hang up leave the lock where it is.
    for _ in 0..50 {
        let request =
            backend.request("/orders/A/sale", &json!({ "terminal": "till-1", "amount": "10" })).send();
        let _ = timeout(Duration::from_micros(500), request).await;
    }
    backend.sale("A", "10").await;
    let second = setup.run();
    assert_eq!(second.status.code(), Some(1));
    let stderr = String::from_utf8(second.stderr).unwrap();
    let says =
        "error: DATABASE_URL: another process uses it; SQLite is for one process, PostgreSQL for several";
    // The driver's thread may log after it that it has waited for long.
    let errors: Vec<_> = stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors, [says], "{stderr}");
    backend.terminate();

    let sandbox = setup.with("PAYPOS_ENVIRONMENT", "sandbox");
    let sandbox =
        sandbox.with("PAYPOS_SECRET_KEY", "sck_a").with("PAYPOS_AGENT_ID", "1").with("TERMINALS", "till-1");
    let refused = sandbox.run();
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(
        stderr.contains("it has payments of simulator; expected another database for Sandbox"),
        "{stderr}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn another_process_waits_for_what_a_killed_one_has_waited_for() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("DATABASE_URL", &postgres("taken_over").await);
    let setup = setup.with("PAYNET_TIMEOUT", "1");
    let one = setup.start();
    let (_, sale) = one.sale("TAKEN-OVER", "10").await;
    sleep(Duration::from_secs(1)).await;
    let two = setup.start();
    one.kill();
    paynet.decide(&sale, "approve").await;
    two.until("TAKEN-OVER", "sale", "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn one_process_waits_for_a_payment_and_leaves_it_to_another_when_it_stops() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("DATABASE_URL", &postgres("one_waits").await);
    // A lease lasts for longer than the test.
    let setup = setup.with("PAYNET_TIMEOUT", "20").with("PAYMENT_WITHIN", "900");
    let (one, two) = (setup.start(), setup.start());
    let (_, sale) = one.sale("ONE-WAITS", "10").await;
    let since = Instant::now();
    sleep(Duration::from_secs(12)).await;
    let checks = paynet.requests("/check_transaction").await;
    // One waits for 2 s between two checks, less a fifth; two would make a check a second or more.
    let most = since.elapsed().as_secs() * 5 / 6;
    assert!(1 <= checks && checks as u64 <= most, "{checks} checks of {most}");

    // Whichever of them waits.
    tokio::task::spawn_blocking(|| one.terminate()).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let three = setup.start();
    sleep(Duration::from_secs(1)).await;
    tokio::task::spawn_blocking(|| two.terminate()).await.unwrap();
    paynet.decide(&sale, "approve").await;
    three.until("ONE-WAITS", "sale", "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_database_that_is_gone_while_paynet_responds_loses_no_payment_session() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let (url, cable) = database_behind_a_cable("behind_a_cable").await;
    let backend = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).start();
    let in_flight = in_flight(&backend, &paynet, "DATABASE-GONE").await;
    cable.send_replace(Cable::Cut);
    sleep(Duration::from_secs(2)).await;
    cable.send_replace(Cable::Whole);
    assert_eq!(in_flight.await.unwrap().unwrap().status().as_u16(), 201);
    let sale = backend.until("DATABASE-GONE", "sale", "pending").await;
    assert!(sale["deeplink_url"].is_string());

    cable.send_replace(Cable::Cut);
    let (status, problem) = backend.get("/readyz").await;
    assert_eq!((status, &problem["error"]), (503, &json!("the database is not available; try again")));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn waiters_at_one_process_learn_what_another_has_seen() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet).with("DATABASE_URL", &postgres("told_by_another").await);
    let (one, two) = (setup.start(), setup.start());
    let (_, sale) = one.sale("A", "10").await;
    let wait = async |backend: &Backend| {
        let (_, order) = backend.get("/orders/A?wait=25").await;
        (order["sale"]["state"].clone(), Instant::now())
    };
    let decided = async {
        sleep(Duration::from_secs(2)).await;
        paynet.decide(&sale, "approve").await;
    };
    // One of them has the lease, and sees it; the other reads that.
    let (first, second, ()) = tokio::join!(wait(&one), wait(&two), decided);
    assert_eq!((&first.0, &second.0), (&json!("paid"), &json!("paid")));
    let apart = first.1.max(second.1) - first.1.min(second.1);
    assert!(apart < Duration::from_secs(10), "one was told {apart:?} after the other");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_commit_that_the_database_acknowledges_too_late_is_read_and_not_judged() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let url = postgres("late_commit").await;
    let backend = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).start();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    for statement in [
        "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(7); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
         WHEN (OLD.state = 'initiating' AND NEW.state = 'pending') EXECUTE FUNCTION late()",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let (status, sale) = backend.sale("A", "10").await;
    assert_eq!((status, &sale["state"]), (201, &json!("pending")), "{sale}");
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
}
