//! A merchant's server: takes a transaction id from its app, initiates the
//! reversal, and answers with the deeplink that the app opens.
//!
//! It holds one [`Client`] and a [`Session`] for each terminal. To have something
//! to try, it starts a simulator and prints the requests to send:
//!
//! ```console
//! $ cargo run --example axum_backend
//! ```

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use paypos::{
    Client, Environment, Error, ErrorKind, Outcome, Secret, Session,
    simulator::{Fault, Simulator},
    types::InitReversalRequest,
};
use serde::Deserialize;
use serde_json::json;

/// What the server keeps.
struct Merchant {
    /// By terminal, as the server opened them with Paynet.
    sessions: HashMap<String, Session>,
    /// By payment session: what decrypts that which comes back to the callback.
    encryption_keys: Mutex<HashMap<String, Secret>>,
}

#[derive(Deserialize)]
struct Reversal {
    xact_id: String,
    reference_no: String,
}

fn router(sessions: HashMap<String, Session>) -> Router {
    let merchant = Merchant { sessions, encryption_keys: Mutex::default() };
    Router::new().route("/terminals/{terminal}/reversals", post(initiate)).with_state(Arc::new(merchant))
}

async fn initiate(
    State(merchant): State<Arc<Merchant>>,
    Path(terminal): Path<String>,
    Json(reversal): Json<Reversal>,
) -> Response {
    let Some(session) = merchant.sessions.get(&terminal) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "no such terminal" }))).into_response();
    };
    let request = InitReversalRequest::new(reversal.xact_id)
        .reference_no(reversal.reference_no)
        .callback_url("myshop://paypos/done");
    match session.init_reversal_transaction(request).await {
        Ok(handoff) => {
            let answer = json!({
                "payment_session_id": &handoff.payment_session_id,
                "deeplink_url": handoff.deeplink_url.as_str(),
            });
            let mut keys = merchant.encryption_keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.insert(handoff.payment_session_id, handoff.encryption_key);
            Json(answer).into_response()
        }
        Err(error) => refuse(&error),
    }
}

/// Each outcome is another answer to the app: it must know whether it may try again.
fn refuse(error: &Error) -> Response {
    let (status, what_to_do) = match error.outcome() {
        Outcome::NotSent if error.kind() == ErrorKind::InvalidInput => {
            (StatusCode::BAD_REQUEST, "fix the request")
        }
        Outcome::NotSent => (StatusCode::SERVICE_UNAVAILABLE, "try again"),
        Outcome::Rejected if error.kind() == ErrorKind::RateLimited => {
            (StatusCode::TOO_MANY_REQUESTS, "try again later")
        }
        Outcome::Rejected => (StatusCode::CONFLICT, "do not try again"),
        Outcome::Unknown => (StatusCode::BAD_GATEWAY, "check the transaction before trying again"),
    };
    let mut answer =
        (status, Json(json!({ "error": error.to_string(), "what_to_do": what_to_do }))).into_response();
    if let Some(delay) = error.retry_after() {
        answer.headers_mut().insert(RETRY_AFTER, delay.as_secs().into());
    }
    answer
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let simulator = Simulator::start().await?;
    let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    let sessions = ["till-1", "till-2"]
        .map(|terminal| (terminal.to_owned(), client.session(simulator.issue_session())))
        .into();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/terminals/till-1/reversals", listener.local_addr()?);
    println!("One transaction of till-1 to reverse, and one that nobody knows:");
    for xact_id in [simulator.add_transaction(), "nobody-knows".to_owned()] {
        let body = json!({ "xact_id": xact_id, "reference_no": "ORDER-1042" });
        println!("  curl -i {url} -H 'content-type: application/json' -d '{body}'");
    }
    if std::env::args().any(|argument| argument == "--unreliable") {
        simulator.fail_next(Fault::DropConnection);
        println!("The first of them will get no answer from Paynet.");
    } else {
        println!("With --unreliable, the first of them gets no answer from Paynet.");
    }
    axum::serve(listener, router(sessions))
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    simulator.shutdown().await;
    Ok(())
}
