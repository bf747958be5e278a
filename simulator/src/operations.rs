//! Executes the operations of the documents, with the faults that were injected.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use serde_json::{Value, json, value::to_raw_value};

use crate::{
    Fault, ReceivedRequest,
    behavior::{RefusalForm, issue},
    conformance::{Conformance, Violations},
    fault::When,
    http::{Unread, dropped, truncated},
    payment::{Members, PaymentRequest},
    refusal::Refusal,
    simulator::Shared,
};

const HTML: &str = "<!doctype html><title>Welcome</title><p>Please log in.";

/// Is called for each request after its response.
pub(crate) type Log = dyn Fn(&ReceivedRequest) + Send + Sync;

/// What the operations need.
pub(crate) struct Operations {
    conformance: &'static Conformance,
    shared: Arc<Shared>,
    /// What a deeplink begins with. A path is one of the server, as the request's `Host` names it: a container's port
    /// may be another outside.
    deeplinks: String,
    log: Option<Box<Log>>,
}

impl Operations {
    pub(crate) fn new(shared: &Arc<Shared>, deeplinks: String, log: Option<Box<Log>>) -> io::Result<Self> {
        let conformance = Conformance::to_the_documents().map_err(io::Error::other)?;
        Ok(Self { conformance, shared: Arc::clone(shared), deeplinks, log })
    }

    /// Returns a router of the operations, for any path.
    pub(crate) fn router(self) -> Router {
        let operations = Arc::new(self);
        Router::new().fallback(move |request: Request| {
            let operations = Arc::clone(&operations);
            async move { operations.respond(request).await }
        })
    }

    async fn respond(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let mut request = ReceivedRequest::new(&parts, &body);
        let validated = match parts.extensions.get::<Unread>() {
            Some(unread) => {
                let (status, problem) = unread.problem();
                Err(Violations::new(status, problem))
            }
            None => self.conformance.validate(&request),
        };
        request.violations =
            validated.as_ref().err().map(|violations| violations.texts.clone()).unwrap_or_default();
        let (number, fault) = {
            let mut state = self.shared.lock();
            (state.journal.receive(request.clone()), state.faults.applying(request.operation()))
        };
        let mut completion = Completion { operations: self, number, reply: None };
        let reply = self.reply(&request, validated, fault).await;
        completion.reply = reply.recorded();
        drop(completion);
        reply.into_response()
    }

    /// Executes an operation, with the fault before or after it.
    async fn reply(
        &self,
        request: &ReceivedRequest,
        validated: Result<&str, Violations>,
        fault: Option<Fault>,
    ) -> Reply {
        let (before, after) = match fault {
            Some(fault) if fault.when() == When::Before => (Some(fault), None),
            fault => (None, fault),
        };
        if let Some(fault) = before {
            match fault.delays() {
                Some(delay) => tokio::time::sleep(delay).await,
                // Without a response, nothing of it can be missing.
                None if fault.truncate || fault.property.is_some() => return Reply::of(&Fault::status(500)),
                None => return Reply::of(&fault),
            }
        }
        let mut reply = self.executed(request, validated);
        if let Some(fault) = after {
            if let Some(delay) = fault.delays() {
                tokio::time::sleep(delay).await;
            } else if fault.truncate {
                reply.sent = Sent::Half;
            } else if let Some((name, value)) = &fault.property {
                let mut body: Members = serde_json::from_str(&reply.body).unwrap_or_default();
                set_property(&mut body, name, value.as_ref());
                reply.body = written(&body);
            } else {
                return Reply::of(&fault);
            }
        }
        reply
    }

    fn executed(&self, request: &ReceivedRequest, validated: Result<&str, Violations>) -> Reply {
        let mut headers = HeaderMap::new();
        let (status, body) = match self.execute(request, validated) {
            Ok(response) => (StatusCode::OK, response),
            Err(refusal) => {
                if let Some(methods) = refusal.allow.as_ref().and_then(|methods| methods.parse().ok()) {
                    headers.insert(ALLOW, methods);
                }
                let behavior = self.shared.lock().settings.behavior;
                let status = refusal.status(&behavior);
                (status, refused(&refusal, status, behavior.refusal_form))
            }
        };
        Reply { status, headers, body: written(&body), sent: Sent::Whole }
    }

    /// Returns the properties of the response, or why there is none.
    fn execute(
        &self,
        request: &ReceivedRequest,
        validated: Result<&str, Violations>,
    ) -> Result<Members, Refusal> {
        let path = validated?;
        let operation = path.rsplit('/').next().unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let text = |property: &str| body[property].as_str().unwrap_or_default();
        let session_key = request.header("session-key").unwrap_or_default();
        let authorization = request.header("authorization").unwrap_or_default();
        let secret_key = authorization.strip_prefix("Basic ").unwrap_or_default();
        let mut state = self.shared.lock();
        let behavior = &state.settings.behavior.clone();
        let ledger = &mut state.ledger;
        let mut data = None;
        let properties = match operation {
            "get_auth_key" => json!({
                "session_key": ledger.get_auth_key(secret_key, text("user_id"), behavior)?,
                "expired_date": "simulated",
                "agent_id": text("agent_id"),
                "company_code": "simulated",
                "user_id": text("user_id"),
                "user_unique_id": "simulated",
                "is_okc_inquiry": false,
            }),
            "logout" => {
                ledger.logout(secret_key, text("session_key"))?;
                Value::Null
            }
            "init_sale_transaction" | "init_reversal_transaction" => {
                let is_sale = operation == "init_sale_transaction";
                let payment =
                    ledger.initiate(session_key, payment_request(request, &body, is_sale)?, behavior)?;
                state.opened(&payment);
                json!({
                    "deeplink_url": format!("{}{}", self.deeplinks(request), payment.id),
                    "encryption_key": issue("encryption-key"),
                    "payment_session_id": payment.id,
                })
            }
            "check_transaction" => {
                data = to_raw_value(&ledger.check_transaction(
                    session_key,
                    text("payment_session_id"),
                    behavior,
                )?)
                .ok();
                Value::Null
            }
            _ => return Err(Refusal::unsupported(path)),
        };
        let mut response =
            response_of(&json!({ "object_name": operation, "code": 0, "message": "simulated" }));
        response.extend(response_of(&properties));
        response.extend(data.map(|data| ("Data".to_owned(), data)));
        Ok(response)
    }

    fn deeplinks(&self, request: &ReceivedRequest) -> String {
        let host = request.header("host").filter(|_| self.deeplinks.starts_with('/'));
        host.map_or_else(|| self.deeplinks.clone(), |host| format!("http://{host}{}", self.deeplinks))
    }
}

/// Reads a request that opens a payment session, which conforms to the documents.
fn payment_request(
    request: &ReceivedRequest,
    body: &Value,
    is_sale: bool,
) -> Result<PaymentRequest, Violations> {
    let mut read: PaymentRequest = serde_json::from_slice(&request.body).map_err(|_| {
        Violations::of_the_body("the simulator cannot read a property as the documents have it")
    })?;
    if read.amount.is_none() && !body["amount"].is_null() {
        return Err(Violations::of_the_body("`amount` cannot be held exactly; it may have 28 digits"));
    }
    if is_sale {
        read.xact_id = None;
    }
    Ok(read)
}

/// Records the reply to a request when dropped: also that there is none, if the client hung up.
struct Completion<'a> {
    operations: &'a Operations,
    number: u64,
    reply: Option<(u16, String)>,
}

impl Drop for Completion<'_> {
    fn drop(&mut self) {
        let log = self.operations.log.as_ref();
        let mut state = self.operations.shared.lock();
        let request = state.journal.completed(self.number, self.reply.take());
        let logged = log.zip(request.cloned());
        drop(state);
        if let Some((log, request)) = logged {
            log(&request);
        }
    }
}

/// What is sent.
struct Reply {
    status: StatusCode,
    /// Beyond the content type, which is `application/json` where there is no other.
    headers: HeaderMap,
    body: String,
    sent: Sent,
}

/// How much of a reply is sent before the connection closes.
#[derive(PartialEq)]
enum Sent {
    Whole,
    Half,
    Nothing,
}

impl Reply {
    /// What is sent instead of a response.
    fn of(fault: &Fault) -> Self {
        let header = |(name, value): (&String, &String)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        let mut headers: HeaderMap = fault.headers.iter().filter_map(header).collect();
        let (status, body) = if fault.html {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            (200, HTML)
        } else {
            (fault.status.unwrap_or_default(), fault.body.as_deref().unwrap_or("{}"))
        };
        let sent = if fault.status.is_some() || fault.html { Sent::Whole } else { Sent::Nothing };
        Self { status: status_code(status), headers, body: body.to_owned(), sent }
    }

    /// Returns the status and the body for the journal.
    fn recorded(&self) -> Option<(u16, String)> {
        (self.sent != Sent::Nothing).then(|| (self.status.as_u16(), self.body.clone()))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self.sent {
            Sent::Nothing => dropped(),
            Sent::Half => truncated(self.status, &self.body),
            Sent::Whole => {
                let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
                (self.status, json, self.headers, Body::from(self.body)).into_response()
            }
        }
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

fn response_of(properties: &Value) -> Members {
    let all = properties.as_object().into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.clone(), to_raw_value(value).ok()?))).collect()
}

fn refused(refusal: &Refusal, status: StatusCode, form: RefusalForm) -> Members {
    let (code, message) = (refusal.code, &refusal.message);
    response_of(&match form {
        RefusalForm::Documented => json!({ "object_name": "simulator", "code": code, "message": message }),
        RefusalForm::General => {
            let kind = match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "authorization_error",
                StatusCode::NOT_FOUND => "no_data_error",
                _ => "invalid_request_error",
            };
            json!({ "type": kind, "message": message, "code": status.as_u16(), "result_code": code })
        }
    })
}

fn written(response: &Members) -> String {
    serde_json::to_string(response).unwrap_or_default()
}
