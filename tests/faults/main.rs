//! What the client survives: each row of the list of faults is a test that has
//! the row's id in its name. `README.md` beside this file lists them.

#[path = "../support/mod.rs"]
mod support;

mod body;
mod child;
mod every_operation;
mod fate_unknown;
mod framing;
mod guards;
mod input;
mod life_cycle;
mod never_sent;
mod shape;
mod status;
mod tls;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use paypos::{
    Client, ClientBuilder, Environment, Error, ErrorKind, Handoff, Outcome, Session, SessionKey,
    types::InitReversalRequest,
};
use support::{
    canary::{ENCRYPTION_KEY, KEY, Log, TEXT, assert_clean, printed},
    http2,
    operations::Operation,
    server::{Script, Server},
    tls::Authority,
};

/// Far more than any deadline of a row, for machines that are slow or busy.
const SLACK: Duration = Duration::from_mins(1);

/// For rows that wait for a deadline.
const SHORT: Duration = Duration::from_millis(700);

/// More than the whole process needs, and less than any answer without a cap would take.
const MEMORY: usize = 1 << 30;

/// A server, a client of it, and the six things that each row asserts.
struct Bed {
    server: Server,
    client: Client,
}

fn builder(url: String) -> ClientBuilder {
    Log::captured();
    Client::builder(Environment::Sandbox).base_url(url)
}

impl Bed {
    async fn plain() -> Self {
        let server = Server::plain().await;
        let client = builder(server.http()).build().unwrap();
        Self { server, client }
    }

    /// With a deadline that a row waits for.
    async fn impatient() -> Self {
        let server = Server::plain().await;
        let client = builder(server.http()).timeout(SHORT).build().unwrap();
        Self { server, client }
    }

    /// With a server that shows a good certificate, to a client that trusts its authority alone.
    async fn tls(authority: &Authority) -> Self {
        let server = Server::tls(authority.leaf(|_| {}).acceptor()).await;
        let root = authority.root();
        let client = builder(server.https()).http(|http| http.tls_certs_only([root])).build().unwrap();
        Self { server, client }
    }

    /// As the server answers the next request, the call fails; then the next call works.
    async fn fails(&self, script: Script, kind: ErrorKind, outcome: Outcome) -> Error {
        self.server.next(script);
        self.fails_with(kind, outcome, 1).await
    }

    async fn fails_with(&self, kind: ErrorKind, outcome: Outcome, posts: usize) -> Error {
        let call = async { call(&self.client).await.1.unwrap_err() };
        self.judged(call, kind, outcome, posts).await
    }

    /// The same, of any operation.
    async fn fails_in(
        &self,
        operation: &Operation,
        script: Script,
        kind: ErrorKind,
        outcome: Outcome,
    ) -> Error {
        self.server.next(script);
        let error =
            self.judged(async { (operation.full)(&self.client).await.unwrap_err() }, kind, outcome, 1).await;
        assert_eq!(error.operation(), Some(operation.name));
        error
    }

    async fn judged(
        &self,
        call: impl Future<Output = Error>,
        kind: ErrorKind,
        outcome: Outcome,
        posts: usize,
    ) -> Error {
        let before = self.server.posts();
        let started = Instant::now();
        let error = call.await;
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(20) + SLACK, "{:?}", started.elapsed());
        assert_eq!(self.server.posts(), before + posts, "complete POSTs");
        assert_clean(&printed(&error));
        assert_clean(&Log::text());
        assert_memory();
        self.works(before + posts).await;
        error
    }

    /// As the server answers the next request, the call succeeds, and so does the next one.
    async fn succeeds(&self, script: Script) {
        let before = self.server.posts();
        self.server.next(script);
        let (xact_id, handoff) = call(&self.client).await;
        assert_own(&xact_id, &handoff.unwrap());
        assert_eq!(self.server.posts(), before + 1, "complete POSTs");
        assert_clean(&Log::text());
        assert_memory();
        self.works(before + 1).await;
    }

    /// The next call on the same client works and gets its own answer.
    async fn works(&self, posts: usize) {
        let (xact_id, handoff) = call(&self.client).await;
        assert_own(&xact_id, &handoff.unwrap());
        assert_eq!(self.server.posts(), posts + 1, "complete POSTs");
    }
}

fn assert_own(xact_id: &str, handoff: &Handoff) {
    assert_eq!(handoff.payment_session_id, xact_id);
    assert_eq!(handoff.encryption_key.expose(), ENCRYPTION_KEY);
    assert!(handoff.deeplink_url.as_str().contains(KEY), "the server saw the planted key");
}

fn session(client: &Client) -> Session {
    client.session(SessionKey::new(KEY).unwrap())
}

/// One call, of a transaction that no other call has.
async fn call(client: &Client) -> (String, Result<Handoff, Error>) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let xact_id = format!("xact-{}", COUNT.fetch_add(1, Ordering::SeqCst));
    let result = session(client).init_reversal_transaction(InitReversalRequest::new(&xact_id)).await;
    (xact_id, result)
}

/// The most memory that the process has held.
fn assert_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024;
    assert!(peak < MEMORY, "{peak} bytes");
}

/// A body with server text planted in it, as `ErrorResponse`.
fn refusal() -> String {
    format!(r#"{{"object_name": "{TEXT}", "code": 77, "message": "{TEXT}"}}"#)
}

#[test]
fn the_readme_lists_the_rows_and_where_they_are() {
    let tests = [
        include_str!("never_sent.rs"),
        include_str!("tls.rs"),
        include_str!("fate_unknown.rs"),
        include_str!("framing.rs"),
        include_str!("body.rs"),
        include_str!("status.rs"),
        include_str!("shape.rs"),
        include_str!("input.rs"),
        include_str!("life_cycle.rs"),
        include_str!("child.rs"),
        include_str!("every_operation.rs"),
        include_str!("guards.rs"),
        include_str!("../sweeps.rs"),
        include_str!("../soak.rs"),
        include_str!("../client.rs"),
        include_str!("../contract.rs"),
        include_str!("../secrets.rs"),
    ]
    .concat();
    let readme = include_str!("README.md");
    // What is quoted and spelled as a test, which code is not.
    let is_test = |name: &&str| {
        name.matches('_').count() > 2
            && name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let named = |line: &str| {
        line.split('`').skip(1).step_by(2).filter(is_test).map(str::to_owned).collect::<Vec<_>>()
    };
    let listed: Vec<String> = readme.lines().filter(|line| line.starts_with("| ")).flat_map(named).collect();
    for test in &listed {
        assert!(tests.contains(&format!("fn {test}(")), "README.md names `{test}`, which is no test");
    }
    for line in tests.lines() {
        let name =
            line.trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split('(').next());
        let row = name.filter(|name| name.as_bytes()[1..].iter().take(2).all(u8::is_ascii_digit));
        if let Some(row) = row {
            assert!(listed.iter().any(|test| test == row), "README.md does not name `{row}`");
        }
    }
}
