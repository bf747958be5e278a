//! A clock that is set, a disk that is full, rows and words that cannot be read or stored.

use std::{fs, os::unix::fs::PermissionsExt, process::Command, time::Duration};

use futures::future::join_all;
use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::time::{sleep, timeout};

use crate::world::{Clock, Paynet, Pgbouncer, Setup, postgres};

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_makes_no_decline_final() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let clock = Clock::new(&folder, "-172800");
    let backend = clock.of(Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "900")).start();
    let (_, sale) = backend.sale("A", "10").await;
    let (_, nobody) = backend.sale("NOBODY", "10").await;
    paynet.decide(&sale, "decline").await;
    until_declined(&backend, "A").await;
    clock.set("+0");
    sleep(Duration::from_secs(6)).await;
    for reference in ["A", "NOBODY"] {
        let (_, order) = backend.get(&format!("/orders/{reference}")).await;
        assert_eq!(order["sale"]["state"], "pending", "{order}");
    }
    paynet.another_card(&sale).await;
    paynet.decide(&nobody, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.until("NOBODY", "sale", "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_while_the_backend_was_away_makes_no_decline_final() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let clock = Clock::new(&folder, "-172800");
    let setup = clock.of(Setup::new(&folder, &paynet).with("PAYMENT_WITHIN", "900"));
    let backend = setup.start();
    let (_, sale) = backend.sale("A", "10").await;
    paynet.decide(&sale, "decline").await;
    until_declined(&backend, "A").await;
    backend.kill();
    clock.set("+0");
    let backend = setup.start();
    sleep(Duration::from_secs(4)).await;
    assert_eq!(backend.get("/orders/A").await.1["sale"]["state"], "pending");
    paynet.another_card(&sale).await;
    backend.until("A", "sale", "paid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_delays_no_look() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let clock = Clock::new(&folder, "+172800");
    let backend = clock.of(Setup::new(&folder, &paynet)).start();
    let (_, sale) = backend.sale("A", "10").await;
    clock.set("+0");
    sleep(Duration::from_secs(1)).await;
    let (_, after) = backend.sale("B", "10").await;
    paynet.decide(&sale, "approve").await;
    paynet.decide(&after, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.until("B", "sale", "paid").await;
}

async fn until_declined(backend: &crate::world::Backend, reference: &str) {
    while backend.get(&format!("/orders/{reference}?wait=1")).await.1["sale"]["is_declined"] != true {
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_is_sent_and_it_says_that_it_is_not_ready() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet);
    let backend = setup.start();
    assert_eq!(backend.get("/readyz").await.0, 200);
    let (_, before) = backend.sale("BEFORE", "10").await;
    // Nothing can be written, or only the start of a file; then what was refused is posted again.
    for (round, bytes) in ["0", "4096", "40000"].into_iter().enumerate() {
        backend.limit_files(bytes);
        for n in 0..6 {
            let reference = format!("ORDER-{round}-{n}");
            let (status, problem) = backend.sale(&reference, "10").await;
            if status != 201 || bytes != "40000" {
                assert_eq!(status, 503, "{problem}");
                assert!(paynet.opened_for(&reference).await.is_empty(), "sent, and in no database");
            }
        }
        if bytes == "0" {
            assert_eq!(backend.get("/readyz").await.0, 503);
            assert_eq!(backend.get("/healthz").await.0, 200);
            paynet.decide(&before, "approve").await;
            sleep(Duration::from_secs(2)).await;
        }
        backend.limit_files("unlimited");
        backend.until("BEFORE", "sale", "paid").await;
        for n in 0..6 {
            let reference = format!("ORDER-{round}-{n}");
            let (status, sale) = backend.sale(&reference, "10").await;
            assert!(matches!(status, 200 | 201), "{status} {sale}: {}", setup.log());
        }
    }
    assert_eq!(backend.get("/readyz").await.0, 200);
    // What it said was committed is on the disk.
    backend.kill();
    let backend = setup.start();
    for (round, n) in (0..3).flat_map(|round| (0..6).map(move |n| (round, n))) {
        let reference = format!("ORDER-{round}-{n}");
        assert_eq!(backend.get(&format!("/orders/{reference}")).await.0, 200, "{reference} is lost");
        assert_eq!(paynet.opened_for(&reference).await.len(), 1, "{reference}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_payment_is_taken_while_another_cannot_be_recorded() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let (_, sale) = backend.sale("A", "10").await;
    let pool = crate::world::opened(&folder).await;
    let refuse =
        "CREATE TRIGGER no_state BEFORE UPDATE OF state ON payments BEGIN SELECT RAISE(FAIL, 'full'); END";
    sqlx::query(refuse).execute(&pool).await.unwrap();
    paynet.decide(&sale, "approve").await;
    while backend.get("/readyz").await.0 == 200 {
        sleep(Duration::from_millis(50)).await;
    }
    // A claim, which is another kind of write, would succeed.
    let (status, problem) = timeout(Duration::from_secs(5), backend.sale("B", "10")).await.unwrap();
    assert_eq!(status, 503, "{problem}");
    assert_eq!(paynet.ledger().await.len(), 1);
    sqlx::query("DROP TRIGGER no_state").execute(&pool).await.unwrap();
    pool.close().await;
    backend.until("A", "sale", "paid").await;
    assert_eq!(backend.sale("B", "10").await.0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_moved_takes_no_payment() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    fs::rename(folder.path().join("backend.db"), folder.path().join("moved.db")).unwrap();
    let (status, problem) = backend.get("/readyz").await;
    assert_eq!(status, 503);
    assert!(problem["error"].as_str().unwrap().contains("moved or replaced"), "{problem}");
    assert_eq!(backend.sale("A", "10").await.0, 503);
    assert!(paynet.ledger().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_backed_up_while_it_runs_and_its_files_are_its_owners() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    backend.sale("A", "10").await;
    let pid = backend.pid().to_string();
    assert!(Command::new("kill").args(["-USR1", &pid]).status().unwrap().success());
    let backup = folder.path().join("backend.db.backup");
    timeout(Duration::from_secs(10), async {
        while !backup.exists() {
            sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .unwrap();
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{}", backup.display())).await.unwrap();
    let states: Vec<String> =
        sqlx::query_scalar("SELECT state FROM payments").fetch_all(&pool).await.unwrap();
    assert_eq!(states, ["pending"]);
    pool.close().await;
    for name in ["backend.db", "backend.db-wal", "backend.db.lock", "backend.db.backup"] {
        let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_deeplinks_are_deleted_once_they_are_not_needed() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).start();
    let (_, sale) = backend.sale("A", "10").await;
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.terminate();
    let pool = crate::world::opened(&folder).await;
    let left = "SELECT COUNT(*) FROM payments WHERE encryption_key IS NOT NULL OR deeplink_url IS NOT NULL";
    let left: Vec<i64> = sqlx::query_scalar(left).fetch_all(&pool).await.unwrap();
    assert_eq!(left, [0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_runs_beside_what_a_newer_one_has_added() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet);
    let backend = setup.start();
    let (_, sale) = backend.sale("A", "10").await;
    // While it runs, and when it starts.
    let pool = crate::world::opened(&folder).await;
    for statement in [
        "ALTER TABLE payments ADD COLUMN of_a_newer_version TEXT",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (99, 'newer', 1, x'00', 1)",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    backend.sale("B", "10").await;
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.terminate();
    setup.start().until("B", "sale", "pending").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn words_of_paynets_that_the_database_cannot_hold_are_replaced() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let backend = Setup::new(&folder, &paynet).with("DATABASE_URL", &postgres("words").await).start();
    let refusal = json!({ "object_name": "o", "code": 7, "message": "no\u{0}money" });
    let fault = json!({ "operation": "init_sale_transaction", "status": 400, "body": refusal.to_string() });
    paynet.fault(fault).await;
    let (status, sale) = backend.sale("A", "10").await;
    assert_eq!((status, &sale["state"]), (409, &json!("rejected")));
    assert!(sale["reason"].as_str().unwrap().contains("no money"), "{sale}");

    let (_, sale) = backend.sale("B", "10").await;
    let id = sale["payment_session_id"].as_str().unwrap();
    let path = format!("{}/_paypos/payments/{id}/transactions", paynet.url);
    let properties = json!({ "properties": { "xact_id": "x\u{0}y" } });
    let changed = crate::world::with_json(crate::world::http().patch(path), &properties);
    assert_eq!(crate::world::send(changed).await.unwrap().0, 200);
    paynet.decide(&sale, "approve").await;
    let paid = backend.until("B", "sale", "paid").await;
    assert_eq!(paid["transaction_id"], "x\u{fffd}y");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn characters_that_the_database_cannot_store_are_left_out() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let url = crate::world::postgres_with("latin5", "ENCODING 'LATIN5' TEMPLATE template0 LOCALE 'C'").await;
    let backend = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).start();
    let refusal = json!({ "object_name": "o", "code": 7, "message": "10 ₺ yok" });
    let fault = json!({ "operation": "init_sale_transaction", "status": 400, "body": refusal.to_string() });
    paynet.fault(fault).await;
    let (status, sale) = backend.sale("A", "10").await;
    assert_eq!((status, &sale["state"]), (409, &json!("needs_attention")), "{sale}");
    assert!(sale["reason"].as_str().unwrap().starts_with("the database refuses"), "{sale}");
    assert_eq!(backend.get("/readyz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_server_that_may_forget_commits_is_refused() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let url = postgres("forgets").await;
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query("ALTER DATABASE forgets SET synchronous_commit = off").execute(&pool).await.unwrap();
    pool.close().await;
    let refused = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).run();
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr.contains("synchronous_commit is off"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_role_that_may_create_nothing_is_enough_once_the_tables_are_there() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let url = postgres("plain_role").await;
    let setup = Setup::new(&folder, &paynet);
    setup.clone().with("DATABASE_URL", &url).start().terminate();
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    for statement in [
        "DROP ROLE IF EXISTS plain",
        "CREATE ROLE plain LOGIN",
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO plain",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let plain = setup.with("DATABASE_URL", &url.replace("merchant@", "plain@"));
    let backend = plain.start();
    let (_, sale) = backend.sale("A", "10").await;
    paynet.decide(&sale, "approve").await;
    backend.until("A", "sale", "paid").await;
    backend.terminate();
    sqlx::query("DROP OWNED BY plain").execute(&pool).await.unwrap();
    sqlx::query("DROP ROLE plain").execute(&pool).await.unwrap();
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_connection_that_goes_dark_stops_nothing_for_ever() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let (url, cable) = crate::world::database_behind_a_cable("goes_dark").await;
    let setup = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).with("SHUTDOWN_WITHIN", "60");
    let backend = setup.start();
    let (_, sale) = backend.sale("A", "10").await;
    cable.send_replace(crate::world::Cable::Dark);
    let (status, _) = backend.sale("B", "10").await;
    assert_eq!(status, 503);
    assert_eq!(backend.get("/readyz").await.0, 503);
    let not_working = async {
        while backend.get("/healthz").await.0 == 200 {
            sleep(Duration::from_secs(1)).await;
        }
    };
    timeout(Duration::from_secs(90), not_working).await.expect("healthz says for ever that all is well");
    paynet.decide(&sale, "approve").await;
    cable.send_replace(crate::world::Cable::Whole);
    backend.until("A", "sale", "paid").await;
    cable.send_replace(crate::world::Cable::Dark);
    let ended = tokio::task::spawn_blocking(|| backend.terminate()).await.unwrap();
    assert_eq!(ended, Some(0), "{}", setup.log());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_connection_that_goes_dark_as_it_is_given_back_is_not_waited_for() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let (url, cable) = crate::world::database_behind_a_cable("dark_given_back").await;
    let setup = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).with("SHUTDOWN_WITHIN", "30");
    let backend = setup.start();
    let until_ready = async |is_ready: bool| {
        while (backend.get("/readyz").await.0 == 200) != is_ready {
            sleep(Duration::from_millis(50)).await;
        }
    };
    // Given back after its commit, and by a request whose app hangs up: as many times as there are connections, and more.
    for last in ["COMMIT", "BEGIN"] {
        for _ in 0..12 {
            cable.send_replace(crate::world::Cable::DarkAfter(last));
            if last == "COMMIT" {
                until_ready(false).await;
            } else {
                let _ = timeout(Duration::from_secs(1), backend.get("/orders/A")).await;
            }
            cable.send_replace(crate::world::Cable::Whole);
            timeout(Duration::from_secs(30), until_ready(true)).await.expect("no connection is left");
        }
    }
    cable.send_replace(crate::world::Cable::DarkAfter("COMMIT"));
    until_ready(false).await;
    let ended = tokio::task::spawn_blocking(|| backend.terminate()).await.unwrap();
    assert_eq!(ended, Some(0), "{}", setup.log());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_statement_that_the_database_does_not_end_is_given_up() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let url = postgres("locked").await;
    let backend = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).start();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let mut somebody = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE payments").execute(&mut *somebody).await.unwrap();
    let (status, problem) = timeout(Duration::from_secs(30), backend.sale("A", "10")).await.unwrap();
    assert_eq!((status, &problem["error"]), (503, &json!("the database is not available; try again")));
    somebody.rollback().await.unwrap();
    assert!(paynet.ledger().await.is_empty());
    assert_eq!(backend.sale("A", "10").await.0, 201);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn pgbouncer_may_pass_each_transaction_to_another_connection() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let direct = postgres("behind_pgbouncer").await;
    let setup = Setup::new(&folder, &paynet);
    setup.clone().with("DATABASE_URL", &direct).start().terminate();
    let pgbouncer = Pgbouncer::start("localhost");
    let url = pgbouncer.url("behind_pgbouncer", &pgbouncer.certificate());
    let backend = setup.with("DATABASE_URL", &url).start();
    join_all((0..20).map(async |order| {
        let (status, sale) = backend.sale(&format!("A{order}"), "10").await;
        assert_eq!(status, 201, "{sale}");
        paynet.decide(&sale, "approve").await;
        backend.until(&format!("A{order}"), "sale", "paid").await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn a_database_with_a_certificate_of_somebody_else_is_refused() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    postgres("certified").await;
    let (right, of_another_host) = (Pgbouncer::start("localhost"), Pgbouncer::start("database.example"));
    for (pgbouncer, trusted) in
        [(&right, of_another_host.certificate()), (&of_another_host, of_another_host.certificate())]
    {
        let url = pgbouncer.url("certified", &trusted);
        let refused = Setup::new(&folder, &paynet).with("DATABASE_URL", &url).run();
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("invalid peer certificate"), "{stderr}");
    }
    let url = right.url("certified", &right.certificate());
    Setup::new(&folder, &paynet).with("DATABASE_URL", &url).start();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_is_listed_and_hides_no_other() {
    let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
    let setup = Setup::new(&folder, &paynet);
    let backend = setup.start();
    for reference in ["ODD", "ODDER"] {
        backend.sale(reference, "10").await;
    }
    let (_, sale) = backend.sale("PAID", "10").await;
    backend.terminate();
    let pool = crate::world::opened(&folder).await;
    for newer in [
        "UPDATE payments SET state = 'of_a_newer_version' WHERE reference = 'ODD'",
        "UPDATE payments SET payment_session = '{\"kind\": \"of a newer version\"}' WHERE reference = 'ODDER'",
    ] {
        assert_eq!(sqlx::query(newer).execute(&pool).await.unwrap().rows_affected(), 1);
    }
    pool.close().await;
    paynet.decide(&sale, "approve").await;
    let backend = setup.start();
    backend.until("PAID", "sale", "paid").await;
    let (status, attention) = backend.get("/attention").await;
    assert_eq!(status, 200);
    let listed = |reference: &str| -> Value {
        let all = attention["payments"].as_array().unwrap().iter();
        all.clone().find(|payment| payment["reference"] == reference).unwrap().clone()
    };
    for reference in ["ODD", "ODDER"] {
        let reason = listed(reference)["reason"].as_str().unwrap().to_owned();
        assert!(reason.starts_with("it cannot be read"), "{reason}");
    }
    assert_eq!(backend.get("/orders/ODD").await.0, 500);
    assert_eq!(backend.sale("ODD", "10").await.0, 500);
    assert_eq!(backend.get("/readyz").await.0, 200);
}
