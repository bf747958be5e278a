//! One call through `Session`, beside the same call of a client that others wrote, and by hand on reqwest without any
//! guarantee: on one loopback server, in one run.
//!
//! `cargo bench` counts the instructions of a call, where valgrind is installed, and prints ratios of
//! times, each the median over rounds in which the contestants take turns.

use std::{
    convert::Infallible, env, hint::black_box, net::SocketAddr, process::Command, thread, time::Instant,
};

use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use kasapay_iyzico::softpos;
use paypos::{Client, Environment, Session, SessionKey, reqwest, types::InitReversalRequest};
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, runtime::Runtime};

const PATH: &str = "/v1/softpos/init_reversal_transaction";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const RESPONSE: &str = r#"{"payment_session_id":"8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10","deeplink_url":"paynet://pay?session=8c1f9f2e-6f0e-4a54-8d2c-2f9a3c1b7e10","encryption_key":"bm90LWEtcmVhbC1rZXktanVzdC1mb3ItdGhlLWJlbmNobWFyaw==","object_name":"o","code":0,"message":"ok"}"#;
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
                let response = service_fn(|request: Request<Incoming>| async {
                    request.into_body().collect().await.unwrap();
                    let response = Response::new(Full::new(Bytes::from_static(RESPONSE.as_bytes())));
                    Ok::<_, Infallible>(response)
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), response);
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

#[derive(Serialize)]
struct HandRequest<'a> {
    xact_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_no: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "it is read, which is what is measured")]
struct HandAnswer {
    payment_session_id: Option<String>,
    deeplink_url: Option<String>,
    encryption_key: Option<String>,
    object_name: Option<String>,
    code: Option<i64>,
    message: Option<String>,
}

/// A client that others wrote by hand, for the same operation.
async fn by_kasapay(client: &softpos::Client) {
    let request = softpos::InitReversal::new(XACT_ID).callback_url(CALLBACK);
    black_box(client.init_reversal_transaction(&request).await.unwrap());
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

/// Who takes part, in the order of `Contestants::turn`.
const NAMES: [&str; 3] = ["Session", "kasapay-iyzico", "reqwest by hand, unguarded"];

/// The contestants, each with this many calls in flight.
struct Contestants {
    runtime: Runtime,
    sessions: Vec<Session>,
    others: Vec<softpos::Client>,
    unguarded: Vec<Unguarded>,
}

impl Contestants {
    fn new(address: SocketAddr, in_flight: usize) -> Self {
        let url = format!("http://{address}/");
        let client = Client::builder(Environment::Sandbox).base_url(&url).build().unwrap();
        let session = client.session(SessionKey::new(KEY).unwrap());
        let other = softpos::Client::new(softpos::Config::new(&url).unwrap(), KEY).unwrap();
        Self {
            runtime: runtime(),
            sessions: vec![session; in_flight],
            others: vec![other; in_flight],
            unguarded: vec![Unguarded::new(address); in_flight],
        }
    }

    /// One call of each in flight, by the contestant of this number.
    async fn turn(&self, contestant: usize) {
        match contestant {
            0 => drop(join_all(self.sessions.iter().map(by_paypos)).await),
            1 => drop(join_all(self.others.iter().map(by_kasapay)).await),
            _ => drop(join_all(self.unguarded.iter().map(Unguarded::call)).await),
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
