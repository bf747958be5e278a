//! Executes the operations of the documents, with the faults that were injected.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    response::{Html, IntoResponse, Response},
};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::{Value, json, value::to_raw_value};

use crate::{
    Behavior, Fault,
    behavior::{KeepAlive, RefusalForm, RetryAfter, SuccessCode},
    conformance::{Conformance, Violations},
    connections::Broken,
    fault::Effect,
    flight::{Flight, Unread},
    ledger::{Members, PaymentRequest},
    phone,
    refusal::Refusal,
    state::{ReceivedRequest, State},
};

/// Maximum size of a request body, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// Is called for each request after its response.
pub(crate) type Log = dyn Fn(&ReceivedRequest) + Send + Sync;

/// What the operations need.
pub(crate) struct Server {
    pub(crate) conformance: &'static Conformance,
    pub(crate) state: Arc<State>,
    pub(crate) deeplinks: String,
    pub(crate) flight: Flight,
    pub(crate) log: Option<Box<Log>>,
}

impl Server {
    /// What a deeplink begins with. A path is one of the server, as the request's `Host` names it: a container's port
    /// may be another outside.
    fn deeplinks(&self, request: &ReceivedRequest) -> String {
        let host = request.header("host").filter(|_| self.deeplinks.starts_with('/'));
        host.map_or_else(|| self.deeplinks.clone(), |host| format!("http://{host}{}", self.deeplinks))
    }
}

/// Returns a router of the operations, for any path.
pub(crate) fn router(server: Server) -> Router {
    let server = Arc::new(server);
    Router::new().fallback(move |request: Request| {
        let server = Arc::clone(&server);
        async move { respond(&server, request).await }
    })
}

async fn respond(server: &Server, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let read = server.flight.read(body, MAX_BODY).await;
    let (request, validated, _permits) = match read {
        Ok((body, permits)) => {
            let request = ReceivedRequest::new(parts, &body);
            let validated = server.conformance.validate(&request);
            (request, validated, Some(permits))
        }
        Err(unread) => {
            let (status, problem) = match unread {
                Unread::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 1 MiB"),
                Unread::Incomplete => {
                    (StatusCode::REQUEST_TIMEOUT, "the body did not arrive whole, or in time")
                }
                Unread::TooMany => (StatusCode::SERVICE_UNAVAILABLE, Unread::TOO_MANY),
            };
            (ReceivedRequest::new(parts, &[]), Err(Violations::new(status, problem.to_owned())), None)
        }
    };
    let violations = validated.as_ref().err().map(|violations| violations.texts.clone());
    let (number, fault) = server.state.receive(request.clone(), violations);
    let mut recorded = Recorded { server, number, reply: None };
    let reply = reply_to(server, &request, validated, fault).await;
    recorded.reply = reply.recorded();
    drop(recorded);
    reply.into_response()
}

/// Records the reply to a request when dropped: also that there is none, if the client hung up.
struct Recorded<'a> {
    server: &'a Server,
    number: u64,
    reply: Option<(u16, String)>,
}

impl Drop for Recorded<'_> {
    fn drop(&mut self) {
        self.server.state.answered(self.number, self.reply.take());
        if let Some(log) = &self.server.log
            && let Some(request) = self.server.state.request(self.number)
        {
            log(&request);
        }
    }
}

/// Executes an operation, with the faults before and after.
async fn reply_to(
    server: &Server,
    request: &ReceivedRequest,
    validated: Result<&str, Violations>,
    fault: Option<Fault>,
) -> Reply {
    if let Some(fault) = fault.as_ref().filter(|fault| !fault.after) {
        match &fault.effect {
            Effect::Delay(delay) => tokio::time::sleep(*delay).await,
            // Without a response, nothing of it can be missing.
            Effect::TruncateResponse | Effect::Property(..) => return Reply::status(500, Vec::new(), "{}"),
            effect => return Reply::instead(effect.clone()),
        }
    }
    let mut headers = Vec::new();
    let behavior = server.state.behavior_for(request);
    if behavior.keep_alive == KeepAlive::Closed {
        headers.push((CONNECTION.to_string(), "close".to_owned()));
    }
    let (status, mut response) = match execute(server, request, validated, &behavior) {
        Ok(response) => (StatusCode::OK, response),
        Err(refusal) => {
            headers.extend(refusal.allow.clone().map(|methods| (ALLOW.to_string(), methods)));
            if behavior.retry_after == RetryAfter::Present {
                headers.push((RETRY_AFTER.to_string(), "1".to_owned()));
            }
            let status = refusal.status(&behavior);
            (status, refused(&refusal, status, &behavior))
        }
    };
    match fault.filter(|fault| fault.after).map(|fault| fault.effect) {
        None => {}
        Some(Effect::Delay(delay)) => tokio::time::sleep(delay).await,
        Some(Effect::TruncateResponse) => return Reply::Truncated(status, written(&response)),
        Some(Effect::Property(name, value)) => set_property(&mut response, &name, value.as_ref()),
        Some(effect) => return Reply::instead(effect),
    }
    Reply::Json { status, headers, body: written(&response) }
}

/// What is sent.
enum Reply {
    Json {
        status: StatusCode,
        headers: Vec<(String, String)>,
        body: String,
    },
    Html,
    /// The connection closes without a response.
    Dropped,
    /// The connection closes in the middle of the response.
    Truncated(StatusCode, String),
}

impl Reply {
    fn status(status: u16, headers: Vec<(String, String)>, body: impl Into<String>) -> Self {
        Self::Json { status: status_code(status), headers, body: body.into() }
    }

    /// What is sent instead of a response.
    fn instead(effect: Effect) -> Self {
        match effect {
            Effect::Status { status, headers, body } => Self::status(status, headers, body),
            Effect::Html => Self::Html,
            _ => Self::Dropped,
        }
    }

    /// Returns the status and the body for the journal.
    fn recorded(&self) -> Option<(u16, String)> {
        match self {
            Self::Json { status, body, .. } | Self::Truncated(status, body) => {
                Some((status.as_u16(), body.clone()))
            }
            Self::Html => Some((200, HTML.to_owned())),
            Self::Dropped => None,
        }
    }
}

const HTML: &str = "<!doctype html><title>Welcome</title><p>Please log in.";

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let (status, headers, body) = match self {
            Self::Json { status, headers, body } => (status, headers, body),
            Self::Html => return Html(HTML).into_response(),
            Self::Dropped => return Broken::before_the_response(),
            Self::Truncated(status, body) => return Broken::half_way(status, &body),
        };
        let mut response = (status, [(CONTENT_TYPE, "application/json")], Body::from(body)).into_response();
        for (name, value) in headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Sets or removes a property of the response, or of each of its transactions.
fn set_property(response: &mut Members, name: &str, value: Option<&Value>) {
    if let Some(name) = name.strip_prefix("Data.") {
        let Some(data) = response.get_mut("Data") else { return };
        let mut transactions: Vec<Members> = serde_json::from_str(data.get()).unwrap_or_default();
        for transaction in &mut transactions {
            set_property(transaction, name, value);
        }
        if let Ok(changed) = to_raw_value(&transactions) {
            *data = changed;
        }
        return;
    }
    match value.and_then(|value| to_raw_value(value).ok()) {
        Some(value) => drop(response.insert(name.to_owned(), value)),
        None => drop(response.remove(name)),
    }
}

fn status_code(status: u16) -> StatusCode {
    match StatusCode::from_u16(status) {
        Ok(code) if (200..600).contains(&status) => code,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns a response with these properties, without those that are null.
fn response_of(properties: &[&Value]) -> Members {
    let all = properties.iter().filter_map(|properties| properties.as_object()).flatten();
    let all = all.filter(|(_, value)| !value.is_null());
    all.filter_map(|(name, value)| Some((name.clone(), to_raw_value(value).ok()?))).collect()
}

fn refused(refusal: &Refusal, status: StatusCode, behavior: &Behavior) -> Members {
    let (code, message) = (refusal.code, &refusal.message);
    match behavior.refusal_form {
        RefusalForm::Documented => {
            response_of(&[&json!({ "object_name": "simulator", "code": code, "message": message })])
        }
        RefusalForm::General => {
            let kind = match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "authorization_error",
                StatusCode::NOT_FOUND => "no_data_error",
                _ => "invalid_request_error",
            };
            let status = status.as_u16();
            response_of(&[&json!({ "type": kind, "message": message, "code": status, "result_code": code })])
        }
    }
}

fn written(response: &Members) -> String {
    serde_json::to_string(response).unwrap_or_default()
}

/// Executes an operation, or returns why not.
fn execute(
    server: &Server,
    request: &ReceivedRequest,
    validated: Result<&str, Violations>,
    behavior: &Behavior,
) -> Result<Members, Refusal> {
    let state = &server.state;
    let path = validated.map_err(Refusal::breaks_the_document)?;
    let operation = path.rsplit('/').next().unwrap_or_default();
    let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let text = |property: &str| body[property].as_str().unwrap_or_default();
    let session_key = request.header("session-key").unwrap_or_default();
    let authorization = request.header("authorization").unwrap_or_default();
    let secret_key = authorization.strip_prefix("Basic ").unwrap_or_default();
    let handoff = |payment_session_id: String| {
        json!({
            "deeplink_url": format!("{}{payment_session_id}", server.deeplinks(request)),
            "encryption_key": behavior.encryption_key.issue("encryption-key"),
            "payment_session_id": payment_session_id,
        })
    };
    let mut data = None;
    let properties = match operation {
        "get_auth_key" => json!({
            "session_key": state.auth(secret_key, text("user_id"))?,
            "expired_date": behavior.expired_date.value(),
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
            let unheld = |what: &str| {
                Refusal::breaks_the_document(Violations::new(StatusCode::BAD_REQUEST, what.to_owned()))
            };
            let mut request: PaymentRequest = serde_json::from_slice(request.body())
                .map_err(|_| unheld("the simulator cannot read a property as the documents have it"))?;
            if request.amount.is_none() && !body["amount"].is_null() {
                return Err(unheld("`amount` cannot be held exactly; it may have 28 digits"));
            }
            let is_sale = operation == "init_sale_transaction";
            request.xact_id = request.xact_id.filter(|_| !is_sale);
            let payment = state.initiate(session_key, request)?;
            let id = payment.id.clone();
            phone::opened(state, &payment);
            handoff(id)
        }
        "check_transaction" => {
            data = to_raw_value(&state.check(session_key, text("payment_session_id"))?).ok();
            Value::Null
        }
        _ => return Err(Refusal::unsupported(path)),
    };
    let code = match behavior.success_code {
        SuccessCode::Zero => json!({ "code": 0 }),
        SuccessCode::Hundred => json!({ "code": 100 }),
        SuccessCode::Absent => Value::Null,
    };
    let common = json!({ "object_name": operation, "message": "simulated" });
    let mut response = response_of(&[&common, &code, &properties]);
    response.extend(data.map(|data| ("Data".to_owned(), data)));
    Ok(response)
}
