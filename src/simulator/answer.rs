//! The simulator's answers: by the document, by what it has issued, and by the faults that were injected.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use super::{
    fault::Effect,
    judge::Judge,
    ledger::PaymentRequest,
    refusal::Refusal,
    server::Broken,
    state::{ReceivedRequest, State},
};

/// The most that is read of a request, in bytes.
const MAX_BODY: usize = 1024 * 1024;

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
        let refusal = Refusal::breaks_the_document("the body cannot be read whole");
        return json_response(StatusCode::BAD_REQUEST, written(&refused(&refusal)));
    };
    let request = ReceivedRequest::new(parts, &body);
    let fault = state.receive(request.clone());
    if let Some(fault) = fault.as_ref().filter(|fault| !fault.after) {
        match &fault.effect {
            Effect::Delay(delay) => tokio::time::sleep(*delay).await,
            Effect::DropConnection => return Broken::before_the_answer(),
            Effect::Html => return html(),
            Effect::Status { status, headers, body } => return status_response(*status, headers, body),
            // Without an answer, nothing of it can be missing.
            Effect::TruncateAnswer | Effect::Property(..) => return status_response(500, &[], "{}"),
        }
    }
    let (status, mut answer) = match carry_out(judge, state, &request) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(refusal) => (status_code(refusal.status(state.session_status())), refused(&refusal)),
    };
    match fault.filter(|fault| fault.after).map(|fault| fault.effect) {
        Some(Effect::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(Effect::DropConnection) => return Broken::before_the_answer(),
        Some(Effect::TruncateAnswer) => return Broken::half_way(status, &written(&answer)),
        Some(Effect::Html) => return html(),
        Some(Effect::Status { status, headers, body }) => return status_response(status, &headers, &body),
        Some(Effect::Property(name, value)) => set_property(&mut answer, &name, value.as_ref()),
        None => {}
    }
    json_response(status, written(&answer))
}

/// Sets a property of the answer, or of each of its transactions, or removes it.
fn set_property(answer: &mut Answer, name: &str, value: Option<&Value>) {
    if let Some(name) = name.strip_prefix("Data.") {
        let Some(data) = answer.get_mut("Data") else { return };
        let mut transactions: Vec<Answer> = serde_json::from_str(data.get()).unwrap_or_default();
        for transaction in &mut transactions {
            set_property(transaction, name, value);
        }
        if let Ok(changed) = to_raw_value(&transactions) {
            *data = changed;
        }
        return;
    }
    match value.and_then(|value| to_raw_value(value).ok()) {
        Some(value) => drop(answer.insert(name.to_owned(), value)),
        None => drop(answer.remove(name)),
    }
}

fn html() -> Response {
    Html("<!doctype html><title>Welcome</title><p>Please log in.").into_response()
}

fn status_code(status: u16) -> StatusCode {
    match StatusCode::from_u16(status) {
        Ok(code) if (200..600).contains(&status) => code,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn status_response(status: u16, headers: &[(String, String)], body: &str) -> Response {
    let mut response = json_response(status_code(status), body.to_owned());
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn json_response(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
}

/// An answer by its properties, each as its JSON, since amounts keep their digits.
type Answer = BTreeMap<String, Box<RawValue>>;

/// An answer with these properties, and those that every answer has.
fn answered(object_name: &str, code: i64, message: &str, properties: &Value) -> Answer {
    let common = json!({ "object_name": object_name, "code": code, "message": message });
    let all = [&common, properties].into_iter().filter_map(Value::as_object).flatten();
    all.filter_map(|(name, value)| Some((name.clone(), to_raw_value(value).ok()?))).collect()
}

fn refused(refusal: &Refusal) -> Answer {
    answered("simulator", refusal.code, &refusal.message, &Value::Null)
}

fn written(answer: &Answer) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}

/// Carries an operation out, or returns why not.
fn carry_out(judge: &Judge, state: &State, request: &ReceivedRequest) -> Result<Answer, Refusal> {
    let path = judge.judge(request).map_err(Refusal::breaks_the_document)?;
    let operation = path.rsplit('/').next().unwrap_or_default();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let text = |property: &str| body[property].as_str().unwrap_or_default();
    let session_key = request.header("session-key").unwrap_or_default();
    let authorization = request.header("authorization").unwrap_or_default();
    let secret_key = authorization.strip_prefix("Basic ").unwrap_or_default();
    let handoff = |what: &str, payment_session_id: String| {
        json!({
            "deeplink_url": format!("paypos-simulator://{what}/{payment_session_id}"),
            "encryption_key": format!("simulated-encryption-key-of-{payment_session_id}"),
            "payment_session_id": payment_session_id,
        })
    };
    let mut data = None;
    let properties = match operation {
        "get_auth_key" => json!({
            "session_key": state.auth(secret_key)?,
            "expired_date": "simulated",
            "agent_id": text("agent_id"),
            "company_code": "simulated",
            "user_id": text("user_id"),
            "user_unique_id": "simulated",
            "is_okc_inquiry": false,
        }),
        "logout" => {
            state.logout(secret_key, text("session_key"))?;
            Value::Null
        }
        "init_sale_transaction" | "init_reversal_transaction" => {
            let mut request: PaymentRequest = serde_json::from_slice(request.body()).map_err(|_| {
                Refusal::breaks_the_document("the simulator cannot hold a number of the request as it is")
            })?;
            let is_sale = operation == "init_sale_transaction";
            request.xact_id = request.xact_id.filter(|_| !is_sale);
            let what = if is_sale { "sale" } else { "reversal" };
            handoff(what, state.initiate(session_key, request)?)
        }
        "check_transaction" => {
            data = to_raw_value(&state.check(session_key, text("payment_session_id"))?).ok();
            Value::Null
        }
        _ => return Err(Refusal::unsupported(path)),
    };
    let mut answer = answered(operation, 0, "simulated", &properties);
    answer.extend(data.map(|data| ("Data".to_owned(), data)));
    Ok(answer)
}
