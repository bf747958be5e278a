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
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use paypos::{Client, Environment, Error, ErrorKind, Handoff, Outcome, Session, types::InitReversalRequest};
use paypos_simulator::{Fault, Simulator};
use serde::Deserialize;
use serde_json::json;

/// What the server keeps.
struct Merchant {
    /// By terminal, as the server opened them with Paynet.
    sessions: HashMap<String, Session>,
    /// By the merchant's own reference: what became of each reversal, so far as Paynet has answered.
    reversals: Mutex<HashMap<String, Result<Handoff, Error>>>,
}

impl Merchant {
    /// What the app needs of a reversal. The key that decrypts what returns to the callback stays here.
    fn answer(&self, reference_no: &str) -> Response {
        match self.reversals.lock().unwrap_or_else(PoisonError::into_inner).get(reference_no) {
            None => (StatusCode::NOT_FOUND, Json(json!({ "error": "unknown reference" }))).into_response(),
            Some(Err(error)) => refuse(error),
            Some(Ok(handoff)) => Json(json!({
                "payment_session_id": handoff.payment_session_id,
                "deeplink_url": handoff.deeplink_url,
            }))
            .into_response(),
        }
    }
}

#[derive(Deserialize)]
struct Reversal {
    xact_id: String,
    reference_no: String,
}

fn router(sessions: HashMap<String, Session>) -> Router {
    let merchant = Merchant { sessions, reversals: Mutex::default() };
    Router::new()
        .route("/terminals/{terminal}/reversals", post(initiate))
        .route("/reversals/{reference_no}", get(look_up))
        .with_state(Arc::new(merchant))
}

async fn initiate(
    State(merchant): State<Arc<Merchant>>,
    Path(terminal): Path<String>,
    Json(reversal): Json<Reversal>,
) -> Response {
    let Some(session) = merchant.sessions.get(&terminal).cloned() else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "unknown terminal" }))).into_response();
    };
    let request = InitReversalRequest::new(reversal.xact_id)
        .reference_no(&reversal.reference_no)
        .callback_url("myshop://paypos/done");
    // In its own task: axum drops this handler if the app hangs up, while Paynet may have the request.
    let task = tokio::spawn(async move {
        let result = session.init_reversal_transaction(request).await;
        let mut reversals = merchant.reversals.lock().unwrap_or_else(PoisonError::into_inner);
        reversals.insert(reversal.reference_no.clone(), result);
        drop(reversals);
        merchant.answer(&reversal.reference_no)
    });
    task.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// For an app that lost the answer.
async fn look_up(State(merchant): State<Arc<Merchant>>, Path(reference_no): Path<String>) -> Response {
    merchant.answer(&reference_no)
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
    match std::env::args().nth(1).as_deref() {
        Some("--unreliable") => {
            simulator.inject(Fault::drop_connection());
            println!("The first of them will get no answer from Paynet.");
        }
        Some("--slow") => {
            simulator.inject(Fault::delay(Duration::from_secs(2)));
            println!("The first of them will get its answer from Paynet after 2 s.");
        }
        _ => println!(
            "With --unreliable, the first of them gets no answer from Paynet; with --slow, a late one."
        ),
    }
    axum::serve(listener, router(sessions))
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    simulator.shutdown().await;
    Ok(())
}
