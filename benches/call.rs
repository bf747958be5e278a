//! One call through `Session`, beside the same call by hand on reqwest, with the same guarantees and without any,
//! and beside hyper on kept-alive connections: on one loopback server, in one run.
//!
//! `cargo bench` counts the instructions of a call, where valgrind is installed, and prints ratios of
//! times, each the median over rounds in which the contestants take turns.

use std::{
    convert::Infallible,
    env,
    hint::black_box,
    net::SocketAddr,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use paypos::{
    Client, Environment, Session, SessionKey,
    reqwest::{
        self,
        header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT},
    },
    types::InitReversalRequest,
};
use serde::{Deserialize, Serialize};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::Mutex,
};

const PATH: &str = "/v1/softpos/init_reversal_transaction";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const ANSWER: &str = r#"{"payment_session_id":"8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10","deeplink_url":"paynet://pay?session=8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10","encryption_key":"bm90LWEtcmVhbC1rZXktanVzdC1mb3ItdGhlLWJlbmNobWFyaw==","object_name":"o","code":0,"message":"ok"}"#;
const XACT_ID: &str = "an-encrypted-transaction-id-of-some-length";
const CALLBACK: &str = "myshop://paypos/done";

/// Answers every request alike, on its own thread.
fn serve() -> SocketAddr {
    let (send, receive) = std::sync::mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let answer = service_fn(|request: Request<Incoming>| async {
                    request.into_body().collect().await.unwrap();
                    let answer = Response::new(Full::new(Bytes::from_static(ANSWER.as_bytes())));
                    Ok::<_, Infallible>(answer)
                });
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
                tokio::spawn(connection);
            }
        });
    });
    receive.recv().unwrap()
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn by_paypos(session: &Session) {
    let request = InitReversalRequest::new(XACT_ID).callback_url(CALLBACK);
    black_box(session.init_reversal_transaction(request).await.unwrap());
}

/// What one would write for this one operation without the crate, guards included.
#[derive(Clone)]
struct ByHand {
    http: reqwest::Client,
    url: String,
    key: Arc<str>,
}

#[derive(Serialize)]
struct HandRequest<'a> {
    xact_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
}

#[derive(Deserialize)]
struct HandAnswer {
    payment_session_id: Option<String>,
    deeplink_url: Option<String>,
    encryption_key: Option<String>,
    #[allow(dead_code)]
    object_name: Option<String>,
    #[allow(dead_code)]
    code: Option<i64>,
    #[allow(dead_code)]
    message: Option<String>,
}

impl ByHand {
    fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .no_gzip()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(20))
            .build()
            .unwrap();
        Self { http, url: format!("http://{address}{PATH}"), key: KEY.into() }
    }

    async fn call(&self) {
        let span = tracing::info_span!("by_hand", status = tracing::field::Empty);
        let started = Instant::now();
        let request = HandRequest { xact_id: XACT_ID, reference_no: None, callback_url: Some(CALLBACK) };
        assert!(!request.xact_id.trim().is_empty());
        assert_app_url(CALLBACK);
        let mut key = HeaderValue::from_str(&self.key).unwrap();
        key.set_sensitive(true);
        let mut response = self
            .http
            .post(&self.url)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static("by-hand/1.0"))
            .header("session-key", key)
            .body(serde_json::to_vec(&request).unwrap())
            .send()
            .await
            .unwrap();
        span.record("status", response.status().as_u16());
        assert_eq!(response.status(), 200);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.unwrap() {
            assert!(body.len() + chunk.len() <= 64 * 1024);
            body.extend_from_slice(&chunk);
        }
        assert!(body.trim_ascii_start().starts_with(b"{"));
        let answer: HandAnswer = serde_json::from_slice(&body).unwrap();
        let url = answer.deeplink_url.unwrap();
        for field in
            [&url, answer.payment_session_id.as_ref().unwrap(), answer.encryption_key.as_ref().unwrap()]
        {
            assert!(!field.trim().is_empty() && !field.contains(char::is_control));
        }
        black_box(assert_app_url(&url));
        black_box((answer.payment_session_id, answer.encryption_key, started.elapsed()));
    }
}

/// The same call with what reqwest does by default, and no guards.
#[derive(Clone)]
struct Unguarded {
    http: reqwest::Client,
    url: String,
}

impl Unguarded {
    fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url: format!("http://{address}{PATH}") }
    }

    async fn call(&self) {
        let request = HandRequest { xact_id: XACT_ID, reference_no: None, callback_url: Some(CALLBACK) };
        let sent = self.http.post(&self.url).header("session-key", KEY).json(&request).send();
        black_box(sent.await.unwrap().json::<HandAnswer>().await.unwrap());
    }
}

fn assert_app_url(text: &str) -> url::Url {
    assert!(!text.contains(|c: char| c.is_control() || c.is_whitespace()));
    let url = url::Url::parse(text).unwrap();
    assert!(!["javascript", "data", "file", "blob"].contains(&url.scheme()));
    url
}

/// hyper on a connection that stays open: the floor, without pool, timeouts and most checks.
struct ByHyper(Mutex<SendRequest<Full<Bytes>>>);

impl ByHyper {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (send, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self(Mutex::new(send))
    }

    async fn call(&self, host: &str) {
        let request = HandRequest { xact_id: XACT_ID, reference_no: None, callback_url: Some(CALLBACK) };
        let request = Request::post(PATH)
            .header("host", host)
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("session-key", KEY)
            .body(Full::new(Bytes::from(serde_json::to_vec(&request).unwrap())))
            .unwrap();
        let mut send = self.0.lock().await;
        send.ready().await.unwrap();
        let response = send.send_request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        black_box(serde_json::from_slice::<HandAnswer>(&body).unwrap());
    }
}

/// Who takes part, in the order of `Contestants::turn`.
const NAMES: [&str; 4] =
    ["Session", "reqwest by hand, unguarded", "reqwest by hand, guarded", "hyper, kept alive"];

/// The contestants, each with this many calls in flight.
struct Contestants {
    runtime: Runtime,
    host: String,
    sessions: Vec<Session>,
    unguarded: Vec<Unguarded>,
    by_hand: Vec<ByHand>,
    by_hyper: Vec<ByHyper>,
}

impl Contestants {
    fn new(address: SocketAddr, in_flight: usize) -> Self {
        let runtime = runtime();
        let host = address.to_string();
        let client =
            Client::builder(Environment::Sandbox).base_url(format!("http://{host}")).build().unwrap();
        let session = client.session(SessionKey::new(KEY).unwrap());
        let by_hyper = runtime.block_on(join_all((0..in_flight).map(|_| ByHyper::connect(address))));
        Self {
            runtime,
            host,
            sessions: vec![session; in_flight],
            unguarded: vec![Unguarded::new(address); in_flight],
            by_hand: vec![ByHand::new(address); in_flight],
            by_hyper,
        }
    }

    /// One call of each in flight, by the contestant of this number.
    async fn turn(&self, contestant: usize) {
        match contestant {
            0 => drop(join_all(self.sessions.iter().map(by_paypos)).await),
            1 => drop(join_all(self.unguarded.iter().map(Unguarded::call)).await),
            2 => drop(join_all(self.by_hand.iter().map(ByHand::call)).await),
            _ => drop(join_all(self.by_hyper.iter().map(|connection| connection.call(&self.host))).await),
        }
    }

    fn time(&self, contestant: usize, turns: usize) -> f64 {
        self.runtime.block_on(async {
            let started = Instant::now();
            for _ in 0..turns {
                self.turn(contestant).await;
            }
            started.elapsed().as_secs_f64()
        })
    }
}

fn print_ratios(contestants: &Contestants, in_flight: usize) {
    const ROUNDS: usize = 300;
    let turns = 64 / in_flight;
    let mut ratios = [const { Vec::new() }; NAMES.len()];
    for round in 0..ROUNDS {
        // Each goes first in as many rounds, and the order is reversed in every other: none is favoured by
        // the machine's state, or by what the one before left in the caches.
        let mut seconds = [0.0; NAMES.len()];
        for turn in 0..NAMES.len() {
            let turn = if round % 2 == 0 { turn } else { NAMES.len() - 1 - turn };
            let which = (round / 2 + turn) % NAMES.len();
            seconds[which] = contestants.time(which, turns);
        }
        for (ratios, other) in ratios.iter_mut().zip(seconds) {
            ratios.push(seconds[0] / other);
        }
    }
    for (name, ratios) in NAMES.iter().zip(&mut ratios).skip(1) {
        ratios.sort_by(f64::total_cmp);
        println!(
            "ratio: {in_flight:>2} in flight, Session to {name}: {:.3} (quartiles {:.3} and {:.3}, {ROUNDS} rounds)",
            ratios[ROUNDS / 2],
            ratios[ROUNDS / 4],
            ratios[ROUNDS * 3 / 4],
        );
    }
}

/// The instructions of one call: of many calls, less those of a few.
fn print_instructions(address: SocketAddr) {
    const FEW: u64 = 100;
    const MANY: u64 = 1_100;
    let of = |contestant: usize, calls: u64| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().unwrap())
            .args(["--calls", &contestant.to_string(), &calls.to_string(), &address.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr);
        let collected = text.lines().find_map(|line| line.split_once("Collected : "));
        collected.and_then(|(_, number)| number.trim().parse::<u64>().ok())
    };
    for (contestant, name) in NAMES.iter().enumerate() {
        match (of(contestant, FEW), of(contestant, MANY)) {
            (Some(few), Some(many)) => {
                println!("instructions of a call, {name}: {}", (many - few) / (MANY - FEW));
            }
            _ => return println!("valgrind is not installed, or does not run: no instructions are counted"),
        }
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    // What is counted: calls alone, of a server that another process runs.
    if let [_, mode, contestant, calls, address] = arguments.as_slice()
        && mode == "--calls"
    {
        let contestants = Contestants::new(address.parse().unwrap(), 1);
        contestants.time(contestant.parse().unwrap(), calls.parse().unwrap());
        return;
    }
    // `cargo test --benches` only runs it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let address = serve();
    print_instructions(address);
    for in_flight in [1, 32] {
        print_ratios(&Contestants::new(address, in_flight), in_flight);
    }
}
