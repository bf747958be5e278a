//! What the simulator answers: by the document, by what it has issued, and by the faults it was told.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{
    CODE_BREAKS_THE_DOCUMENT, CODE_UNKNOWN_SESSION, CODE_UNKNOWN_TRANSACTION, Fault,
    judge::Judge,
    server::Broken,
    state::{ReceivedRequest, State},
};

/// The most that is read of a request, in bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;

pub(super) fn router(judge: Judge, state: Arc<State>) -> Router {
    let judge = Arc::new(judge);
    Router::new().fallback(move |request: Request| {
        let (judge, state) = (Arc::clone(&judge), Arc::clone(&state));
        async move { answer(&judge, &state, request).await }
    })
}

async fn answer(judge: &Judge, state: &State, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return json_response(
            StatusCode::BAD_REQUEST,
            &refusal(CODE_BREAKS_THE_DOCUMENT, "the body cannot be read whole"),
        );
    };
    let request = ReceivedRequest::new(parts, &body);
    let fault = state.receive(request.clone());
    if let Some(Fault::Status { status, body }) = &fault {
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return (status, [(CONTENT_TYPE, "application/json")], body.clone()).into_response();
    }
    let (status, mut answer) = match carry_out(judge, state, &request) {
        Ok(answer) => (StatusCode::OK, answer),
        Err((code, message)) => (StatusCode::BAD_REQUEST, refusal(code, &message)),
    };
    match fault {
        Some(Fault::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(Fault::DropConnection) => return Broken::before_the_answer(),
        Some(Fault::TruncateAnswer) => return Broken::half_way(status, &answer.to_string()),
        Some(Fault::MissingField(property)) => {
            answer.as_object_mut().and_then(|answer| answer.remove(&property));
        }
        Some(Fault::Html) => {
            return Html("<!doctype html><title>Welcome</title><p>Please log in.").into_response();
        }
        Some(Fault::Status { .. }) | None => {}
    }
    json_response(status, &answer)
}

/// Carries an operation out, or says why not.
fn carry_out(judge: &Judge, state: &State, request: &ReceivedRequest) -> Result<Value, (i64, String)> {
    let path = judge.judge(request).map_err(|wrong| (CODE_BREAKS_THE_DOCUMENT, wrong))?;
    match path {
        "/v1/softpos/init_reversal_transaction" => init_reversal_transaction(state, request),
        _ => Err((CODE_BREAKS_THE_DOCUMENT, format!("the simulator does not play {path} yet"))),
    }
}

fn init_reversal_transaction(state: &State, request: &ReceivedRequest) -> Result<Value, (i64, String)> {
    if !request.header("session-key").is_some_and(|key| state.knows_session(key)) {
        return Err((CODE_UNKNOWN_SESSION, "the session key is none of those issued".to_owned()));
    }
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    if !body["xact_id"].as_str().is_some_and(|xact_id| state.knows_transaction(xact_id)) {
        return Err((CODE_UNKNOWN_TRANSACTION, "the transaction is none of those added".to_owned()));
    }
    let payment_session_id = state.open_payment_session();
    Ok(json!({
        "payment_session_id": payment_session_id,
        "deeplink_url": format!("paypos-simulator://reversal/{payment_session_id}"),
        "encryption_key": format!("simulated-encryption-key-of-{payment_session_id}"),
        "object_name": "init_reversal_transaction",
        "code": 0,
        "message": "simulated",
    }))
}

fn refusal(code: i64, message: &str) -> Value {
    json!({ "object_name": "simulator", "code": code, "message": message })
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], Body::from(body.to_string())).into_response()
}
