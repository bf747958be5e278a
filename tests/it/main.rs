//! The promises of the README, on real sockets: a file for each.

mod responses;
mod behavior;
mod child;
mod contract;
mod every_operation;
mod examples;
mod guarantees;
mod input;
mod kept_session;
mod life_cycle;
mod logging;
mod never_sent;
mod reading;
mod refusals;
mod repository;
mod secrets;
mod sent_once;
mod simulator;
mod stored;
mod support;
mod tls;
mod wait;

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
    operations::Operation,
    server::{Script, Server},
    tls::Authority,
};

/// Far more than any deadline, for machines that are slow or busy.
const SLACK: Duration = Duration::from_secs(60);

/// For tests that wait for a deadline.
const SHORT: Duration = Duration::from_millis(700);

/// More than the whole process needs, and less than any response without a cap would take.
const MEMORY: usize = 1 << 30;

/// A server, a client of it, and what holds for every fault: kind and outcome, how often the request was
/// sent, no canary in anything printed, time and memory within bounds, and a next call that works.
struct Fixture {
    server: Server,
    client: Client,
}

fn builder(url: String) -> ClientBuilder {
    Log::captured();
    Client::builder(Environment::Sandbox).base_url(url)
}

impl Fixture {
    async fn plain() -> Self {
        Self::configured(|builder| builder).await
    }

    async fn with_short_deadline() -> Self {
        Self::configured(|builder| builder.timeout(SHORT)).await
    }

    async fn configured(configure: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        let server = Server::plain().await;
        let client = configure(builder(server.http())).build().unwrap();
        Self { server, client }
    }

    /// With a server that shows a good certificate, and a client that trusts its authority alone.
    async fn tls(authority: &Authority) -> Self {
        let server = Server::tls(authority.leaf(|_| {}).acceptor()).await;
        let root = authority.root();
        let client = builder(server.https()).http(|http| http.tls_certs_only([root])).build().unwrap();
        Self { server, client }
    }

    /// With this response to the next request, the call fails; then the next call works.
    async fn fails(&self, script: Script, kind: ErrorKind, outcome: Outcome) -> Error {
        self.server.next(script);
        self.assert_failure(async { call(&self.client).await.1.unwrap_err() }, kind, outcome, 1).await
    }

    /// Without a response, the call fails and nothing is sent; then the next call works.
    async fn is_not_sent(&self) -> Error {
        let call = async { call(&self.client).await.1.unwrap_err() };
        self.assert_failure(call, ErrorKind::Connect, Outcome::NotSent, 0).await
    }

    /// The same as `fails`, for any operation.
    async fn fails_in(
        &self,
        operation: &Operation,
        script: Script,
        kind: ErrorKind,
        outcome: Outcome,
    ) -> Error {
        self.server.next(script);
        let call = async { operation.full(&self.client).await.unwrap_err() };
        let error = self.assert_failure(call, kind, outcome, 1).await;
        assert_eq!(error.operation(), Some(operation.variant()));
        error
    }

    async fn assert_failure(
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

    /// With this response to the next request, the call succeeds, and so does the next one.
    async fn succeeds(&self, script: Script) {
        let before = self.server.posts();
        self.server.next(script);
        self.works(before).await;
        assert_clean(&Log::text());
        assert_memory();
        self.works(before + 1).await;
    }

    /// The next call on the same client works, and gets its own response.
    async fn works(&self, posts: usize) {
        let (xact_id, handoff) = call(&self.client).await;
        assert_own(&xact_id, &handoff.unwrap());
        assert_eq!(self.server.posts(), posts + 1, "complete POSTs");
    }
}

fn assert_own(xact_id: &str, handoff: &Handoff) {
    assert_eq!(handoff.payment_session().id().to_owned(), xact_id);
    assert_eq!(handoff.encryption_key.expose(), ENCRYPTION_KEY);
    assert!(handoff.deeplink_url.contains(KEY), "the server saw the planted key");
}

#[track_caller]
fn assert_is(error: &Error, kind: ErrorKind, outcome: Outcome) {
    assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{error:?}");
}

fn session(client: &Client) -> Session {
    client.session(SessionKey::new(KEY).unwrap())
}

fn request() -> InitReversalRequest {
    InitReversalRequest::new("an-encrypted-id")
}

/// One call, about a transaction that no other call has.
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

/// `ErrorResponse` with server text planted in it.
fn refusal() -> String {
    format!(r#"{{"object_name": "{TEXT}", "code": 77, "message": "{TEXT}"}}"#)
}
