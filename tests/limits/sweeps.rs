//! Sweeps over what a list of rows cannot cover: a cut at every byte of an
//! exchange, arbitrary answers, arbitrary input, and ten thousand calls at once.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use crate::support::{
    canary::{ENCRYPTION_KEY, HEADER, KEY, TEXT, printed},
    http2,
    server::{self, Conn, Server, answer, greeting, reply, reset_after, success_for},
};
use futures::future::join_all;
use paypos::{
    Client, Environment, ErrorKind, Outcome, PaymentSession, SessionKey, types::InitReversalRequest,
};
use proptest::{
    prelude::{ProptestConfig, any, prop},
    prop_assert, prop_assert_eq, prop_oneof,
    strategy::{Just, Strategy},
    test_runner::{TestCaseError, TestRunner},
};
use tokio::runtime::Runtime;

fn client(url: String) -> Client {
    Client::builder(Environment::Sandbox).base_url(url).build().unwrap()
}

async fn call(client: &Client, xact_id: &str) -> Result<paypos::Handoff, paypos::Error> {
    let session = client.session(SessionKey::new(KEY).unwrap());
    session.init_reversal_transaction(InitReversalRequest::new(xact_id)).await
}

fn success() -> Vec<u8> {
    let body = format!(r#"{{"xact_id": "{TEXT}"}}"#);
    let request = server::Request { head: String::new(), body: body.into() };
    answer("200 OK", success_for(&request).to_string())
}

/// After each cut the same client's next call works.
async fn works(server: &Server, client: &Client) {
    let posts = server.posts();
    assert_eq!(call(client, "next").await.unwrap().payment_session().id(), "next");
    assert_eq!(server.posts(), posts + 1);
}

#[tokio::test]
async fn an_answer_that_is_cut_at_any_byte_is_unknown_and_sent_once() {
    let (server, whole) = (Server::plain().await, success());
    let client = client(server.http());
    let id = format!("\"payment_session_id\":\"{TEXT}\"");
    let id_ends = whole.windows(id.len()).position(|window| window == id.as_bytes()).unwrap() + id.len();
    let mut offsets = 0;
    for at in 0..=whole.len() {
        for reset in [false, true] {
            let part = whole[..at].to_vec();
            server.next(if reset { reset_after(part) } else { reply(part) });
            let posts = server.posts();
            let result = call(&client, "cut").await;
            assert_eq!(server.posts(), posts + 1, "sent once, at {at}");
            match result {
                Err(error) => {
                    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Interrupted, Outcome::Unknown));
                    assert!(at < whole.len() || reset, "whole, and yet {error:?}");
                    // A reset may take with it what had arrived.
                    let id = error.payment_session().map(PaymentSession::id);
                    assert!(id.is_none_or(|id| id == TEXT), "{id:?}");
                    assert!(reset || id.is_some() == (at >= id_ends), "at {at}");
                    assert_none_printed(&printed(&error)).unwrap();
                }
                Ok(_) => assert_eq!(at, whole.len(), "a part is no success"),
            }
            works(&server, &client).await;
            offsets += 1;
        }
    }
    println!("answer: {offsets} cuts");
    assert_eq!(offsets, 2 * (whole.len() + 1));
}

#[tokio::test]
async fn a_request_that_is_cut_at_any_byte_is_never_sent_again() {
    let server = Server::plain().await;
    let client = client(server.http());
    let (seen, length) = tokio::sync::oneshot::channel();
    server.next(Box::new(|conn, request| {
        // The head, its blank line, and the body.
        let _ = seen.send(request.head.len() + 4 + request.body.len());
        server::echo()(conn, request)
    }));
    call(&client, "cut").await.unwrap();
    let length = length.await.unwrap();
    assert!(length > 200);
    for at in 0..length {
        // A client without a connection, so that the greeting is for this call.
        let client = self::client(server.http());
        let connections = server.connections();
        let posts = server.posts();
        server.greet(greeting(move |tcp| async move {
            let mut conn = Conn::Plain(tcp);
            conn.read_at_least(at).await;
            conn.reset();
            None
        }));
        let error = call(&client, "cut").await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Interrupted, Outcome::Unknown), "at {at}");
        assert_eq!((server.posts(), server.connections()), (posts, connections + 1), "at {at}");
        assert_none_printed(&printed(&error)).unwrap();
        works(&server, &client).await;
    }
    println!("request: {length} cuts");
}

fn assert_none_printed(printed: &str) -> Result<(), TestCaseError> {
    for canary in [KEY, ENCRYPTION_KEY, TEXT, HEADER] {
        prop_assert!(!printed.contains(canary), "{} is printed: {}", canary, printed);
    }
    Ok(())
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Runs a property; failures are shown, and not written into the repository.
fn check<S: Strategy>(cases: u32, inputs: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(inputs, property).unwrap();
}

/// Bytes of which some resemble an answer, with canaries in them.
fn answers() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Just(b"HTTP/1.1 400 No\r\n".to_vec()),
        Just(b"content-length: 30\r\n".to_vec()),
        Just(b"transfer-encoding: chunked\r\n".to_vec()),
        Just(format!("x-canary: {HEADER}\r\n").into_bytes()),
        Just(b"\r\n".to_vec()),
        Just(b"1e\r\n".to_vec()),
        Just(format!(r#"{{"message": "{TEXT}", "encryption_key": "{ENCRYPTION_KEY}""#).into_bytes()),
        Just(br#", "deeplink_url": 1}"#.to_vec()),
        Just(success()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[test]
fn arbitrary_bytes_as_an_answer_never_panic_and_never_print_a_canary() {
    let runtime = runtime();
    let server = runtime.block_on(Server::plain());
    let client = client(server.http());
    check(1_500, &answers(), |bytes| {
        runtime.block_on(async {
            let posts = server.posts();
            server.next(reply(bytes));
            let result = call(&client, "arbitrary").await;
            prop_assert_eq!(server.posts(), posts + 1);
            match result {
                Ok(handoff) => prop_assert_eq!(handoff.payment_session().id(), TEXT),
                Err(error) => {
                    prop_assert!(error.outcome() != Outcome::NotSent, "{error:?}");
                    assert_none_printed(&printed(&error))?;
                }
            }
            Ok(())
        })
    });
}

#[test]
fn an_arbitrary_body_of_a_success_is_a_bad_response_unless_it_is_one() {
    let runtime = runtime();
    let server = runtime.block_on(Server::plain());
    let client = client(server.http());
    check(1_500, &answers(), |body| {
        runtime.block_on(async {
            server.next(reply(answer("200 OK", body)));
            match call(&client, "arbitrary").await {
                // One of them has a whole success in it, and what stands around it hides nothing.
                Ok(handoff) => prop_assert_eq!(handoff.payment_session().id(), TEXT),
                Err(error) => {
                    prop_assert_eq!(error.kind(), ErrorKind::BadResponse);
                    assert_none_printed(&printed(&error))?;
                }
            }
            Ok(())
        })
    });
}

#[test]
fn arbitrary_session_keys_are_refused_or_arrive_as_they_are() {
    let runtime = runtime();
    let server = runtime.block_on(Server::plain());
    let client = client(server.http());
    let keys = prop_oneof![any::<String>(), "[!-~]{1,5000}", "[ -~\t\r\n]{0,8}"];
    check(1_500, &keys, |key| {
        let right = (1..=SessionKey::MAX_LENGTH).contains(&key.len())
            && key.bytes().all(|byte| byte.is_ascii_graphic());
        match SessionKey::new(key.as_str()) {
            Ok(taken) => {
                prop_assert!(right);
                let session = client.session(taken);
                let handoff = runtime
                    .block_on(session.init_reversal_transaction(InitReversalRequest::new("x")))
                    .unwrap();
                prop_assert_eq!(handoff.deeplink_url, format!("paynet://pay?session={key}"));
            }
            Err(error) => {
                prop_assert!(!right);
                prop_assert_eq!(error.kind(), ErrorKind::InvalidInput);
                // A few characters may be words of the sentence.
                prop_assert!(key.trim().len() < 8 || !printed(&error).contains(key.trim()));
            }
        }
        Ok(())
    });
}

#[test]
fn arbitrary_transaction_ids_and_callbacks_are_refused_or_arrive_as_they_are() {
    let runtime = runtime();
    let server = runtime.block_on(Server::plain());
    let client = client(server.http());
    let callbacks = prop_oneof![
        any::<String>(),
        "[a-zA-Z][a-zA-Z0-9+.-]{0,10}:[!-~]{0,30}",
        "(javascript|DATA|file|bLoB|https?|myshop):(//)?[!-~]{0,20}",
    ];
    check(1_500, &(any::<String>(), callbacks), |(xact_id, callback)| {
        let (seen, sent) = std::sync::mpsc::channel();
        server.next(Box::new(move |conn, mut request| {
            let fixed = br#"{"xact_id": "x"}"#.to_vec();
            let _ = seen.send(std::mem::replace(&mut request.body, fixed));
            server::echo()(conn, request)
        }));
        let posts = server.posts();
        let session = client.session(SessionKey::new(KEY).unwrap());
        let request = InitReversalRequest::new(xact_id.as_str()).callback_url(callback.as_str());
        match runtime.block_on(session.init_reversal_transaction(request)) {
            Ok(_) => {
                let body: serde_json::Value = serde_json::from_slice(&sent.recv().unwrap()).unwrap();
                prop_assert_eq!(body, serde_json::json!({ "xact_id": xact_id, "callback_url": callback }));
                prop_assert!(!xact_id.trim().is_empty());
                let scheme = url::Url::parse(&callback).unwrap().scheme().to_owned();
                prop_assert!(!["javascript", "data", "file", "blob"].contains(&scheme.as_str()));
            }
            Err(error) => {
                prop_assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidInput, Outcome::NotSent));
                prop_assert_eq!(server.posts(), posts);
                // The script waits for a call that is sent.
                runtime.block_on(call(&client, "x")).unwrap();
            }
        }
        Ok(())
    });
}

const IN_FLIGHT: usize = 10_000;

fn patient(
    url: String,
    configure: impl FnOnce(paypos::reqwest::ClientBuilder) -> paypos::reqwest::ClientBuilder + Send + 'static,
) -> Client {
    Client::builder(Environment::Sandbox)
        .base_url(url)
        .connect_timeout(Duration::from_secs(240))
        .timeout(Duration::from_secs(300))
        .http(configure)
        .build()
        .unwrap()
}

/// A server whose gate is shut, seen from the test.
trait Gated {
    /// Whether all requests wait at the gate.
    fn all_arrived(&mut self) -> bool;
    /// Whether the server knows of all that were cancelled, and so answers none of them: h2 takes late
    /// answers by the thousand for an attack, and ends the connection.
    fn all_cancelled(&mut self) -> bool {
        true
    }
    fn open_the_gate(&mut self);
    /// The requests that were read whole, in the end.
    fn posts(self) -> usize;
}

/// Sends so many calls, each with its own key; once all have arrived, cancels three in ten, and lets
/// the others be answered. The client's tasks run on a runtime of their own, so that they can be counted.
fn assert_in_flight(client: Client, mut server: impl Gated) {
    let runtime = runtime();
    let answered = runtime.block_on(async {
        let calls: Vec<_> = (0..IN_FLIGHT).map(|n| tokio::spawn(own_call(&client, n))).collect();
        while !server.all_arrived() {
            assert!(
                !calls.iter().any(tokio::task::JoinHandle::is_finished),
                "a call ended before it was answered"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for (_, call) in calls.iter().enumerate().filter(|(n, _)| n % 10 < 3) {
            call.abort();
        }
        while !server.all_cancelled() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.open_the_gate();
        let results = join_all(calls).await;
        let failed = results.iter().filter_map(|result| result.as_ref().err());
        assert!(failed.clone().all(tokio::task::JoinError::is_cancelled));
        IN_FLIGHT - failed.count()
    });
    assert_eq!(answered, IN_FLIGHT * 7 / 10);
    drop(client);
    runtime.block_on(async {
        // The connections of a client that is gone end, and their tasks with them.
        while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert_eq!(server.posts(), IN_FLIGHT, "sent once each");
    println!("{IN_FLIGHT} calls in flight, {} cancelled, {answered} answered", IN_FLIGHT - answered);
}

/// A call with a session key of its own, whose answer is its own.
fn own_call(client: &Client, n: usize) -> impl Future<Output = ()> + use<> {
    let key = format!("key-{n}");
    let session = client.session(SessionKey::new(key.as_str()).unwrap());
    async move {
        let xact_id = format!("xact-{n}");
        let request = InitReversalRequest::new(xact_id.as_str());
        let handoff = session.init_reversal_transaction(request).await.unwrap();
        assert_eq!(handoff.payment_session().id(), xact_id);
        assert_eq!(handoff.deeplink_url, format!("paynet://pay?session={key}"));
    }
}

/// A server in a process of its own, since ten thousand connections have two ends
/// and a process may not open as many files.
struct Child {
    process: std::process::Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Child {
    fn start() -> Self {
        allow_open_files();
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["sweeps::child_serves_behind_a_gate", "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { process, lines }
    }

    /// What the child says under this name.
    fn says(&mut self, name: &str) -> String {
        let mut lines = self.lines.iter();
        lines.find_map(|line| Some(line.split_once(&format!("{name}="))?.1.to_owned())).unwrap()
    }

    fn tell(&mut self) {
        writeln!(self.process.stdin.as_mut().unwrap()).unwrap();
    }
}

impl Gated for Child {
    fn all_arrived(&mut self) -> bool {
        self.lines.try_iter().any(|line| line.contains("arrived"))
    }

    fn open_the_gate(&mut self) {
        self.tell();
    }

    fn posts(mut self) -> usize {
        self.tell();
        let posts = self.says("posts").parse().unwrap();
        assert!(self.process.wait().unwrap().success());
        posts
    }
}

fn allow_open_files() {
    let allowed = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    assert!(allowed > IN_FLIGHT as u64 + 500, "only {allowed} open files are allowed; see `ulimit -Hn`");
}

#[tokio::test]
#[ignore = "run by ten_thousand_calls_over_http_1_1, as the server"]
async fn child_serves_behind_a_gate() {
    allow_open_files();
    let server = Server::plain().await;
    server.shut_the_gate();
    println!("port={}", server.port);
    while server.posts() < IN_FLIGHT {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("arrived");
    let told = || tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()).unwrap());
    told().await.unwrap();
    server.open_the_gate();
    told().await.unwrap();
    println!("posts={}", server.posts());
}

#[test]
fn ten_thousand_calls_over_http_1_1_get_their_own_answers() {
    let mut server = Child::start();
    let url = format!("http://127.0.0.1:{}", server.says("port"));
    assert_in_flight(patient(url, |http| http), server);
}

impl Gated for Arc<http2::Server> {
    fn all_arrived(&mut self) -> bool {
        http2::Server::posts(self) == IN_FLIGHT
    }

    fn all_cancelled(&mut self) -> bool {
        self.cancelled() == IN_FLIGHT * 3 / 10
    }

    fn open_the_gate(&mut self) {
        http2::Server::open_the_gate(self);
    }

    fn posts(self) -> usize {
        http2::Server::posts(&self)
    }
}

#[test]
fn ten_thousand_calls_over_one_http_2_connection_get_their_own_answers() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = Arc::new(runtime.block_on(http2::Server::plain()));
    server.shut_the_gate();
    let client = patient(server.http(), paypos::reqwest::ClientBuilder::http2_prior_knowledge);
    assert_in_flight(client, Arc::clone(&server));
    assert_eq!(server.connections(), 1);
}
