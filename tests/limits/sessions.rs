//! What sessions and calls cost, as the allocator counts it.

use crate::support::server::Server;
use paypos::{Client, Environment, Session, SessionKey, reqwest, types::InitReversalRequest};

const SESSIONS: u16 = 10_000;

fn open(client: &Client) -> Vec<Session> {
    // As long as a token of the usual kinds.
    (0..SESSIONS).map(|n| client.session(SessionKey::new(format!("{n:0>128}")).unwrap())).collect()
}

#[test]
fn ten_thousand_sessions_cost_at_most_two_megabytes() {
    let client = Client::builder(Environment::Sandbox).base_url("http://127.0.0.1:1").build().unwrap();
    let mut sessions = Vec::new();
    let cost = allocation_counter::measure(|| sessions = open(&client));
    assert_eq!(sessions.len(), usize::from(SESSIONS));
    println!("{SESSIONS} sessions: {} bytes", cost.bytes_current);
    assert!(cost.bytes_current > i64::from(SESSIONS) * 128, "counted");
    assert!(cost.bytes_current <= 2_000_000, "{} bytes", cost.bytes_current);
}

/// How often a call allocates, of many on a connection that stays open.
fn allocations(runtime: &tokio::runtime::Runtime, call: impl AsyncFn()) -> u64 {
    const CALLS: u64 = 200;
    runtime.block_on(call());
    let counted = allocation_counter::measure(|| {
        runtime.block_on(async {
            for _ in 0..CALLS {
                call().await;
            }
        });
    });
    counted.count_total / CALLS
}

#[test]
fn a_call_allocates_little_more_than_the_same_call_by_hand() {
    let (send, receive) = std::sync::mpsc::channel();
    // On its own thread, whose allocations are not counted.
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::plain().await;
            send.send(server.http()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let url = receive.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::builder(Environment::Sandbox).base_url(&url).build().unwrap();
    let session = client.session(SessionKey::new("key").unwrap());
    let ours = allocations(&runtime, async || {
        session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap();
    });
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let operation = format!("{url}/v1/softpos/init_reversal_transaction");
    let by_hand = allocations(&runtime, async || {
        let request =
            http.post(&operation).header("session-key", "key").json(&HandRequest { xact_id: "x".to_owned() });
        let response: HandAnswer = request.send().await.unwrap().json().await.unwrap();
        assert!(response.payment_session_id.is_some() && response.deeplink_url.is_some());
        assert!(response.encryption_key.is_some());
    });
    println!("allocations of a call: {ours}, and by hand {by_hand}");
    assert!(ours > 10, "counted");
    // What the generated method builds and the hook replaces: a URL, and a map of headers.
    assert!(ours <= by_hand + 4, "{ours}, and by hand {by_hand}");
}

#[derive(serde::Serialize)]
struct HandRequest {
    xact_id: String,
}

#[derive(serde::Deserialize)]
struct HandAnswer {
    payment_session_id: Option<String>,
    deeplink_url: Option<String>,
    encryption_key: Option<String>,
}
