//! What sessions cost: memory, as the allocator counts it, and connections.

use crate::support::server::Server;
use futures::{StreamExt, stream};
use paypos::{Client, Environment, Session, SessionKey, types::InitReversalRequest};

const SESSIONS: u16 = 10_000;
const IN_FLIGHT: usize = 32;

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

#[tokio::test]
async fn no_more_connections_are_opened_than_calls_are_in_flight() {
    let server = Server::plain().await;
    let client = Client::builder(Environment::Sandbox).base_url(server.http()).build().unwrap();
    let answered = stream::iter(open(&client))
        .map(|session| async move {
            session.init_reversal_transaction(InitReversalRequest::new("x")).await.unwrap()
        })
        .buffer_unordered(IN_FLIGHT)
        .count()
        .await;
    assert_eq!(answered, usize::from(SESSIONS));
    let connections = server.connections();
    println!("{SESSIONS} sessions, {IN_FLIGHT} calls in flight: {connections} connections");
    assert!((1..=IN_FLIGHT).contains(&connections), "{connections}");
}
