//! Orders and refunds arrive, phones decide, Paynet fails, and the backend is killed; then the database is held against
//! the simulator's ledger.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use fastrand::Rng;
use serde_json::{Value, json};
use sqlx::{AnyPool, Row};
use tempfile::tempdir;
use tokio::{
    sync::{Mutex, RwLock, watch},
    task::JoinSet,
    time::sleep,
};

use crate::world::{
    Backend, Cable, Clock, Paynet, Setup, database_behind_a_cable, http, postgres_url, send, with_json,
};

const PAYMENT_WITHIN: u64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_sqlite_by_one_process_that_is_killed() {
    Torture::new(1, false).run().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PAYPOS_POSTGRES, the URL of a database: .ci/with-postgres"]
async fn nothing_is_lost_on_postgresql_by_two_processes_that_are_killed() {
    Torture::new(2, true).run().await;
}

struct Torture {
    processes: usize,
    is_postgres: bool,
    orders: usize,
    kills: usize,
    bad_days: usize,
    rng: Rng,
}

/// What all actors share.
struct World {
    paynet: Paynet,
    setup: Setup,
    /// `None` while one is being started again.
    backends: Vec<RwLock<Option<Backend>>>,
    /// Payment sessions that some response has shown.
    shown: Mutex<HashMap<String, String>>,
    clock: Clock,
    /// Of the database itself, whatever is between it and the backends.
    database: String,
    /// Between the backends and `PostgreSQL`.
    cable: Option<Arc<watch::Sender<Cable>>>,
    orders: usize,
    is_over: AtomicBool,
}

impl Torture {
    /// 60 orders, 12 kills and 8 bad days, or as many as the environment says.
    fn new(processes: usize, is_postgres: bool) -> Self {
        let number = |name: &str, default| env::var(name).map_or(default, |text| text.parse().unwrap());
        let seed = number("PAYPOS_TORTURE_SEED", fastrand::usize(..1_000_000));
        println!("PAYPOS_TORTURE_SEED={seed}");
        Self {
            processes,
            is_postgres,
            orders: number("PAYPOS_TORTURE_ORDERS", 60),
            kills: number("PAYPOS_TORTURE_KILLS", 12),
            bad_days: number("PAYPOS_TORTURE_BAD_DAYS", 8),
            rng: Rng::with_seed(seed as u64),
        }
    }

    async fn run(mut self) {
        let (folder, paynet) = (tempdir().unwrap(), Paynet::start());
        let mut setup = Setup::new(&folder, &paynet)
            .with("PAYMENT_WITHIN", &PAYMENT_WITHIN.to_string())
            .with("PAYNET_TIMEOUT", "1");
        let clock = Clock::new(&folder, "+0");
        setup = clock.of(setup);
        let (mut database, mut cable) =
            (format!("sqlite://{}", folder.path().join("backend.db").display()), None);
        if self.is_postgres {
            let (url, between) = database_behind_a_cable("torture").await;
            setup = setup.with("DATABASE_URL", &url);
            database = postgres_url("torture");
            cable = Some(between);
        }
        let backends = (0..self.processes).map(|_| RwLock::new(Some(setup.start()))).collect();
        let world = Arc::new(World {
            paynet,
            setup,
            backends,
            shown: Mutex::default(),
            clock,
            database,
            cable,
            orders: self.orders,
            is_over: AtomicBool::new(false),
        });
        let started = Instant::now();
        let mut actors = JoinSet::new();
        actors.spawn(phones(Arc::clone(&world)));
        actors.spawn(faults(Arc::clone(&world), self.rng.fork()));
        let mut customers = JoinSet::new();
        // As many kills as there are, spread over the orders.
        let pause =
            Duration::from_secs(1) * u32::try_from(self.kills).unwrap() / u32::try_from(self.orders).unwrap();
        let killer = tokio::spawn(kill(Arc::clone(&world), self.kills, self.rng.fork()));
        let bad_days = tokio::spawn(bad_days(Arc::clone(&world), self.bad_days, self.rng.fork()));
        for number in 0..self.orders {
            customers.spawn(customer(Arc::clone(&world), format!("ORDER-{number}"), self.rng.fork()));
            sleep(pause.mul_f64(2.0 * self.rng.f64())).await;
        }
        killer.await.unwrap();
        bad_days.await.unwrap();
        customers.join_all().await;
        world.is_over.store(true, Ordering::Relaxed);
        actors.join_all().await;
        world.paynet.withdraw_faults().await;
        let tortured = started.elapsed();

        // Until the database knows of the last late phone.
        let settled = world.settle().await;
        for backend in &world.backends {
            let backend = backend.write().await.take().unwrap();
            let status = tokio::task::spawn_blocking(|| backend.terminate()).await.unwrap();
            assert_eq!(status, Some(0), "{}", world.setup.log());
        }
        let attention = world.compare(&rows(&world.database).await, &released(&world.database).await).await;
        println!(
            "{} orders, {} bad days, {} kills of {} processes in {tortured:.0?}, settled {settled:.0?} later: {attention}",
            self.orders, self.bad_days, self.kills, self.processes
        );
    }
}

/// How the phone decides, by the payment's reference at Paynet.
#[derive(Clone, Copy, PartialEq)]
enum Plan {
    Approve,
    Decline,
    DeclineThenApprove,
    Late,
    Never,
}

fn plan(reference_no: &str) -> Plan {
    let hash = reference_no.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    match hash % 20 {
        0..10 => Plan::Approve,
        10..13 => Plan::Decline,
        13..16 => Plan::DeclineThenApprove,
        16..19 => Plan::Late,
        _ => Plan::Never,
    }
}

impl World {
    /// Sends a request to any of the processes. `None` if it has died before it could respond.
    async fn post(&self, path: &str, body: &Value, rng: &mut Rng) -> Option<(u16, Value)> {
        let url = {
            let backend = self.backends[rng.usize(..self.backends.len())].read().await;
            backend.as_ref()?.url.clone()
        };
        let (status, response) = send(with_json(http().post(format!("{url}{path}")), body)).await.ok()?;
        if let Some(id) = response["payment_session_id"].as_str() {
            let name = response["reference_no"].as_str().unwrap().to_owned();
            let before = self.shown.lock().await.insert(name, id.to_owned());
            assert!(before.is_none_or(|before| before == id), "another payment session is shown: {response}");
        }
        Some((status, response))
    }

    async fn order(&self, reference: &str, rng: &mut Rng) -> Option<Value> {
        let url = self.backends[rng.usize(..self.backends.len())].read().await.as_ref()?.url.clone();
        let (status, order) = send(http().get(format!("{url}/orders/{reference}?wait=1"))).await.ok()?;
        (status == 200).then_some(order)
    }

    /// Posts up to three times at once, until one is answered for.
    async fn post_at_random(&self, path: &str, body: &Value, rng: &mut Rng) {
        loop {
            let mut rngs = [rng.fork(), rng.fork(), rng.fork()];
            let [first, second, third] = &mut rngs;
            let responses = match rng.u8(..3) {
                0 => vec![self.post(path, body, first).await],
                1 => {
                    <[_; 2]>::from(tokio::join!(self.post(path, body, first), self.post(path, body, second)))
                        .to_vec()
                }
                _ => <[_; 3]>::from(tokio::join!(
                    self.post(path, body, first),
                    self.post(path, body, second),
                    self.post(path, body, third)
                ))
                .to_vec(),
            };
            // An app tries again while it is told so, or told nothing.
            if responses.iter().flatten().any(|(status, _)| [200, 201, 202, 409, 502].contains(status)) {
                return;
            }
            sleep(Duration::from_millis(rng.u64(50..300))).await;
        }
    }

    /// Waits until nothing changes any more, and returns how long that took.
    async fn settle(&self) -> Duration {
        let started = Instant::now();
        let mut rng = Rng::new();
        let mut last = (String::new(), Instant::now());
        loop {
            let mut all = Vec::new();
            for number in 0..self.orders {
                all.push(self.order(&format!("ORDER-{number}"), &mut rng).await);
            }
            let seen = format!("{all:?}");
            let is_open = seen.contains("\"initiating\"") || seen.contains("\"pending\"");
            if seen != last.0 {
                last = (seen, Instant::now());
            } else if !is_open && last.1.elapsed() > Duration::from_secs(5) {
                return started.elapsed();
            }
            assert!(started.elapsed() < Duration::from_mins(2), "it does not settle: {}", last.0);
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// Holds the database against the ledger, and returns the share that needs attention.
    async fn compare(&self, rows: &BTreeMap<String, Stored>, released: &HashSet<String>) -> String {
        let ledger = self.paynet.ledger().await;
        let mut problems = Vec::new();
        let mut sessions = HashMap::new();
        let mut opened: HashMap<String, usize> = HashMap::new();
        let mut reversed: HashMap<String, usize> = HashMap::new();
        for payment in &ledger {
            let reference_no = payment["reference_no"].as_str().unwrap();
            let id = payment["payment_session_id"].as_str().unwrap();
            let is_approved = payment["state"] == "approved";
            sessions.insert(id.to_owned(), payment.clone());
            *opened.entry(payment_of(reference_no)).or_default() += 1;
            if is_approved && payment["xact_id"].is_string() {
                *reversed.entry(payment_of(reference_no)).or_default() += 1;
            }
            let known = rows.get(reference_no);
            let state = known.map_or("none", |row| row.state.as_str());
            // Its response was lost, and an operator has released it before a phone had it, which here has all.
            if known.is_some_and(|row| row.state == "released" && row.session.is_none()) {
                continue;
            }
            if is_approved && !["paid", "refunded", "needs_attention"].contains(&state) {
                problems.push(format!("{reference_no} is approved at Paynet, and {state} in the database"));
            }
        }
        // What an operator has released too early, nobody can prevent: it is seen in the rows.
        let twice = opened.iter().chain(&reversed).filter(|(payment, _)| !released.contains(*payment));
        for (payment, count) in twice.filter(|(_, count)| **count > 1) {
            problems.push(format!("{payment} was initiated or reversed {count} times"));
        }
        for (reference_no, row) in rows {
            let there = row.session.as_ref().map(|id| (id, sessions.get(id)));
            match there {
                Some((id, None)) => {
                    problems.push(format!("{reference_no} has {id}, which Paynet does not know"));
                }
                Some((_, Some(there))) => {
                    if there["reference_no"] != reference_no.as_str() {
                        problems.push(format!("{reference_no} has the payment session of {there}"));
                    }
                    let is_approved = there["state"] == "approved";
                    if ["paid", "refunded"].contains(&row.state.as_str()) != is_approved
                        && row.state != "needs_attention"
                    {
                        problems.push(format!(
                            "{reference_no} is {} in the database, and at Paynet {there}",
                            row.state
                        ));
                    }
                }
                None if ["paid", "refunded", "declined"].contains(&row.state.as_str()) => {
                    problems.push(format!("{reference_no} is {} without a payment session", row.state));
                }
                None => {}
            }
        }
        for (reference_no, id) in &*self.shown.lock().await {
            let known = rows.get(reference_no).and_then(|row| row.session.as_ref());
            if known != Some(id) {
                problems.push(format!(
                    "the payment session {id} of {reference_no} was shown and is lost: {known:?}"
                ));
            }
        }
        assert!(problems.is_empty(), "{}\n\n{}", problems.join("\n"), self.setup.log());

        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows.values() {
            *counts.entry(&row.state).or_default() += 1;
        }
        // What a test calls approved, declined and late has to have happened.
        assert!(counts.contains_key("paid") && counts.contains_key("refunded"), "{counts:?}");
        let unclear = rows.values().filter(|row| row.state == "needs_attention" && row.session.is_none());
        let (died, lost) = unclear.partition::<Vec<_>, _>(|row| row.reason.contains("its process died"));
        // Of two processes, the one that is killed may be the idle one, a dozen times.
        let is_short = self.backends.len() > 1 && rows.len() < 500;
        assert!(!died.is_empty() || is_short, "no process was killed while Paynet was asked");
        format!(
            "{counts:?} of {} payments; {} need attention because a process died, {} because a response was lost, \
             the rest because nobody paid in time",
            rows.len(),
            died.len(),
            lost.len()
        )
    }
}

/// The sale or refund that an attempt belongs to: `ORDER-1.2` is one of `ORDER-1`, `ORDER-1.R2` of `ORDER-1.R`.
fn payment_of(reference_no: &str) -> String {
    reference_no.split_once('.').map_or(reference_no.to_owned(), |(reference, attempt)| {
        if attempt.starts_with('R') { format!("{reference}.R") } else { reference.to_owned() }
    })
}

/// A row of the database, by its reference at Paynet.
struct Stored {
    state: String,
    reason: String,
    session: Option<String>,
}

async fn rows(url: &str) -> BTreeMap<String, Stored> {
    sqlx::any::install_default_drivers();
    let pool = AnyPool::connect(url).await.unwrap();
    let rows =
        sqlx::query("SELECT * FROM payments WHERE reference LIKE 'ORDER-%'").fetch_all(&pool).await.unwrap();
    let rows = rows.iter().map(|row| {
        let (reference, kind): (String, String) = (row.get("reference"), row.get("kind"));
        let reference_no = match (kind.as_str(), row.get::<i64, _>("attempt")) {
            ("sale", 1) => reference,
            ("sale", attempt) => format!("{reference}.{attempt}"),
            (_, attempt) => format!("{reference}.R{attempt}"),
        };
        let session = row.get::<Option<String>, _>("payment_session");
        let session = session.map(|text| serde_json::from_str::<Value>(&text).unwrap());
        let session = session.map(|session| session["payment_session_id"].as_str().unwrap().to_owned());
        let reason = row.get::<Option<String>, _>("reason").unwrap_or_default();
        (reference_no, Stored { state: row.get("state"), reason, session })
    });
    rows.collect()
}

/// The payments of which an operator has released an attempt, or of whose refund one was declined.
async fn released(url: &str) -> HashSet<String> {
    let pool = AnyPool::connect(url).await.unwrap();
    let all = "SELECT DISTINCT reference, kind FROM events WHERE state = 'released' OR (state = 'declined' AND kind = 'refund')";
    let rows = sqlx::query(all).fetch_all(&pool).await.unwrap();
    let name = |row: &sqlx::any::AnyRow| {
        let (reference, kind): (String, String) = (row.get("reference"), row.get("kind"));
        if kind == "sale" { reference } else { format!("{reference}.R") }
    };
    rows.iter().map(name).collect()
}

/// Orders, waits, and sometimes wants the money back.
async fn customer(world: Arc<World>, reference: String, mut rng: Rng) {
    let sale = json!({ "terminal": if rng.bool() { "till-1" } else { "till-2" }, "amount": format!("{}.50", rng.u32(1..500)) });
    world.post_at_random(&format!("/orders/{reference}/sale"), &sale, &mut rng).await;
    let mut has_paid = false;
    for _ in 0..200 {
        let order = world.order(&reference, &mut rng).await;
        let state =
            order.as_ref().and_then(|order| order["sale"]["state"].as_str()).unwrap_or("unknown").to_owned();
        assert!(
            !has_paid || ["paid", "unknown"].contains(&state.as_str()),
            "{reference} was paid, and is {state}"
        );
        match state.as_str() {
            "paid" if !has_paid && rng.bool() => {
                has_paid = true;
                let refund = json!({ "terminal": "till-1" });
                world.post_at_random(&format!("/orders/{reference}/refund"), &refund, &mut rng).await;
            }
            "paid" | "declined" => return,
            "needs_attention" if rng.u8(..4) == 0 => return,
            // An app that was told to try again does so with the same content.
            "not_sent" | "rejected" => {
                world.post_at_random(&format!("/orders/{reference}/sale"), &sale, &mut rng).await;
            }
            _ => sleep(Duration::from_millis(rng.u64(20..400))).await,
        }
    }
}

/// Decides each payment session as its plan has it.
async fn phones(world: Arc<World>) {
    let mut decided = HashSet::new();
    while !world.is_over.load(Ordering::Relaxed) {
        for payment in world.paynet.ledger().await {
            let id = payment["payment_session_id"].as_str().unwrap().to_owned();
            if !decided.insert(id.clone()) {
                continue;
            }
            let (decision, after) = match plan(payment["reference_no"].as_str().unwrap()) {
                Plan::Approve => ("approve", 300),
                Plan::Decline => ("decline", 500),
                Plan::DeclineThenApprove => ("decline-then-approve", 200),
                Plan::Late => ("approve", (PAYMENT_WITHIN + 2) * 1_000),
                Plan::Never => continue,
            };
            world
                .paynet
                .control(&format!("payments/{id}/decide"), json!({ "decision": decision, "after_ms": after }))
                .await;
        }
        sleep(Duration::from_millis(200)).await;
    }
    // The last late ones.
    sleep(Duration::from_secs(PAYMENT_WITHIN + 3)).await;
}

/// Makes Paynet fail, before or after it has done what it was asked for.
async fn faults(world: Arc<World>, mut rng: Rng) {
    while !world.is_over.load(Ordering::Relaxed) {
        let mut fault = match rng.u8(..8) {
            0 => json!({ "status": 503, "when": "before" }),
            1 => json!({ "status": 502, "when": "after" }),
            2 => json!({ "drop": true, "when": "before" }),
            3 => json!({ "drop": true, "when": "after" }),
            4 => json!({ "truncate": true, "when": "after" }),
            5 => json!({ "delay_ms": 1_500, "when": "after" }),
            // A refusal is one of a request that was not executed.
            6 => json!({ "status": 429, "when": "before" }),
            _ => json!({ "status": 401, "when": "before" }),
        };
        let operations =
            ["init_sale_transaction", "init_reversal_transaction", "check_transaction", "get_auth_key"];
        fault["operation"] = json!(operations[rng.usize(..operations.len())]);
        world.paynet.fault(fault).await;
        if rng.u8(..6) == 0 {
            world.paynet.control("sessions/expire", json!({})).await;
        }
        sleep(Duration::from_millis(rng.u64(200..1_500))).await;
    }
}

/// Breaks the database, the disk, the clock and the gateway, and lets an operator be rash.
async fn bad_days(world: Arc<World>, count: usize, mut rng: Rng) {
    sqlx::any::install_default_drivers();
    for _ in 0..count {
        sleep(Duration::from_millis(rng.u64(200..2_000))).await;
        let lasts = Duration::from_millis(rng.u64(300..2_500));
        match rng.u8(..6) {
            0 => world.refuse_writes(lasts).await,
            1 => match &world.cable {
                Some(cable) => {
                    cable.send_replace(Cable::Dark);
                    sleep(lasts * 3).await;
                    cable.send_replace(Cable::Whole);
                }
                None => world.fill_the_disk(lasts).await,
            },
            2 => match &world.cable {
                Some(_) => {
                    // It may take longer than the simulator waits for a client.
                    let restarted = tokio::task::spawn_blocking(|| {
                        let restart = env::var("PAYPOS_POSTGRES_RESTART").unwrap();
                        Command::new("sh").args(["-c", &restart]).status().unwrap()
                    });
                    assert!(restarted.await.unwrap().success());
                }
                None => world.fill_the_disk(lasts).await,
            },
            3 => world.clock.set(["+172800", "-172800", "+300", "-300", "+0"][rng.usize(..5)]),
            4 => {
                let operation = ["init_sale_transaction", "init_reversal_transaction"][rng.usize(..2)];
                let status = [400, 401, 403, 404, 429][rng.usize(..5)];
                let fault = json!({ "operation": operation, "status": status, "when": "after", "times": 3 });
                world.paynet.fault(fault).await;
            }
            _ => world.release_something().await,
        }
    }
    world.clock.set("+0");
}

impl World {
    /// Lets no write of a payment succeed for a time.
    async fn refuse_writes(&self, lasts: Duration) {
        let pool = AnyPool::connect(&self.database).await.unwrap();
        let (begin, end): (&[&'static str], &'static str) = if self.cable.is_some() {
            (
                &[
                    "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit'; END $$",
                    "CREATE CONSTRAINT TRIGGER no_commit AFTER INSERT OR UPDATE ON payments DEFERRABLE INITIALLY DEFERRED
                     FOR EACH ROW EXECUTE FUNCTION refuse()",
                ],
                "DROP TRIGGER no_commit ON payments",
            )
        } else {
            (
                &["CREATE TRIGGER no_write BEFORE INSERT ON payments BEGIN SELECT RAISE(FAIL, 'full'); END"],
                "DROP TRIGGER no_write",
            )
        };
        for statement in begin {
            until_done(&pool, statement).await;
        }
        sleep(lasts).await;
        until_done(&pool, end).await;
        pool.close().await;
    }

    /// Lets no file of the first backend grow for a time.
    async fn fill_the_disk(&self, lasts: Duration) {
        let limit = async |bytes| {
            if let Some(backend) = &*self.backends[0].read().await {
                backend.limit_files(bytes);
            }
        };
        limit("4096").await;
        sleep(lasts).await;
        limit("unlimited").await;
    }

    /// Releases what needs attention and is not paid in the panel, however early that is.
    async fn release_something(&self) {
        let Some(url) = self.backends[0].read().await.as_ref().map(|backend| backend.url.clone()) else {
            return;
        };
        let Ok((200, attention)) = send(http().get(format!("{url}/attention"))).await else { return };
        let ledger = self.paynet.ledger().await;
        for payment in attention["payments"].as_array().unwrap() {
            let is_it = |there: &&Value| there["reference_no"] == payment["reference_no"];
            if ledger.iter().find(is_it).is_some_and(|there| there["state"] == "approved") {
                continue;
            }
            let [reference, kind] = ["reference", "kind"].map(|name| payment[name].as_str().unwrap());
            let body = json!({ "attempt": payment["attempt"], "as": "released", "note": "in haste" });
            let path = format!("{url}/orders/{reference}/{kind}/resolve");
            let _ = send(with_json(http().post(path), &body)).await;
        }
    }
}

/// Executes a statement, while the database may be restarted or busy.
async fn until_done(pool: &AnyPool, statement: &'static str) {
    for _ in 0..200 {
        match sqlx::query(statement).execute(pool).await {
            Ok(_) => return,
            Err(error) => println!("{statement}: {error}"),
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("{statement}");
}

/// Kills a process at any moment, or while Paynet has been asked and has not responded.
async fn kill(world: Arc<World>, kills: usize, mut rng: Rng) {
    for _ in 0..kills {
        sleep(Duration::from_millis(rng.u64(50..1_500))).await;
        if rng.bool() {
            let operation = if rng.bool() { "init_sale_transaction" } else { "init_reversal_transaction" };
            let fault = json!({ "operation": operation, "delay_ms": 700, "when": "after" });
            let number = world.paynet.control("faults", fault).await["number"].clone();
            for _ in 0..30 {
                let waiting = world.paynet.get("faults").await;
                if waiting["faults"].as_array().unwrap().iter().all(|fault| fault["number"] != number) {
                    break;
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        let mut backend = world.backends[rng.usize(..world.backends.len())].write().await;
        if let Some(running) = backend.take() {
            running.kill();
        }
        let setup = world.setup.clone();
        *backend = Some(tokio::task::spawn_blocking(move || setup.start_again()).await.unwrap());
    }
}
