//! Serves what is below `/_paypos/`: the pages for people, and the control interface for programs.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    middleware::{self, Next},
    response::{
        Html, IntoResponse, Redirect, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{any, get, patch, post, put},
};
use futures_util::{Stream, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use maud::Markup;
use paypos::Operation;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};
use tokio::time::{Instant, timeout_at};

use super::{
    AGENT_ID, DEALER, MAX_DEALERS, PREFIX, Seed, SeedDealer, SeedSale, Shared, USER_ID, amount, guard,
    masked, page, problem::Problem, secret_key_of, slices, timestamp, words::Words,
};
use crate::{
    Behavior, Fault, PaymentSession, PaymentState, Policy, ReceivedRequest, Sale,
    conformance::shown_path,
    fault::Effect,
    flight::{Flight, Unread},
    ledger::{Members, digits, documented_properties},
    phone::{self, Decision},
};

/// Maximum size of a request body, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// Maximum delay of a decision or a response.
const MAX_DELAY: Duration = Duration::from_secs(60 * 60);
const MAX_WAIT: Duration = Duration::from_secs(60);
const MAX_NAME: usize = 64;
/// How long changes are collected into one event.
const EVENTS_TOGETHER: Duration = Duration::from_millis(100);

type Server = State<Arc<Shared>>;
type Answer<T> = Result<T, Problem>;

/// Returns a router of the operations, the pages and the control interface, with their guards.
pub(crate) fn router(shared: Arc<Shared>, operations: Router, flight: Flight) -> Router {
    let at = |path: &str| format!("{PREFIX}{path}");
    let own = Router::new()
        .route("/", get(to_the_desk))
        .route(PREFIX, get(to_the_desk))
        .route("/favicon.ico", get(StatusCode::NO_CONTENT))
        .route(&at("/"), get(desk))
        .route(&at("/phone/{id}"), get(phone_page).post(phone_form))
        .route(&at("/page.css"), get(|| async { of_type("text/css", include_str!("page.css")) }))
        .route(&at("/page.js"), get(|| async { of_type("text/javascript", include_str!("page.js")) }))
        .route(&at("/events"), get(events))
        .route(&at("/health"), get(|| async { json_of(&json!({ "status": "ok" })) }))
        .route(&at("/openapi.json"), get(openapi))
        .route(&at("/payments"), get(payments))
        .route(&at("/payments/{id}/decide"), post(decide))
        .route(&at("/payments/{id}/transactions"), patch(set_transactions))
        .route(&at("/phone"), put(set_phone))
        .route(&at("/behavior"), get(behavior).put(set_behavior))
        .route(&at("/requests"), get(requests))
        .route(&at("/faults"), get(faults).post(add_fault).delete(withdraw_faults))
        .route(&at("/dealers"), post(add_dealer))
        .route(&at("/sales"), post(add_sale))
        .route(&at("/sessions/expire"), post(expire_sessions))
        .route(&at("/reset"), post(reset))
        .route(&at("/seed"), get(seed))
        .route(&at("/{*rest}"), any(async || Problem::nothing_here()))
        .layer(middleware::from_fn_with_state((Arc::clone(&shared), flight), around))
        .with_state(Arc::clone(&shared));
    own.fallback_service(operations).layer(middleware::from_fn_with_state(shared, admit))
}

/// Refuses a request whose `Host` is not one of the server's.
async fn admit(State(shared): Server, request: Request, next: Next) -> Response {
    match guard::check_host(request.headers(), &shared.hosts) {
        Ok(()) => next.run(request).await,
        Err(problem) => refused(request.headers(), &Problem::new(StatusCode::FORBIDDEN, problem)),
    }
}

/// Wraps every route below `/_paypos/`: refuses cross-site requests, bounds bodies, renders problems as a page or as
/// JSON, and sets the security headers.
async fn around(
    State((shared, flight)): State<(Arc<Shared>, Flight)>,
    request: Request,
    next: Next,
) -> Response {
    let asked = request.headers().clone();
    let mut response = match read(&shared, &flight, request).await {
        Ok((request, _permits)) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.extensions_mut().insert(Problem::wrong_method());
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let mut page = refused(&asked, &problem);
        page.headers_mut()
            .extend(response.headers_mut().remove(header::ALLOW).map(|allow| (header::ALLOW, allow)));
        response = page;
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, page::POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    written(&flight, response).await
}

/// Reads the whole request unless it is cross-site. Hold the permit while the body is in memory.
async fn read(
    shared: &Shared,
    flight: &Flight,
    request: Request,
) -> Answer<(Request, tokio::sync::OwnedSemaphorePermit)> {
    guard::check_site(request.method(), request.headers(), shared.public_url.as_deref())
        .map_err(Problem::another_site)?;
    let (parts, body) = request.into_parts();
    let (body, permits) = flight.read(body, MAX_BODY).await.map_err(|unread| match unread {
        Unread::TooLarge => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "a body here has 64 KiB at most"),
        Unread::Incomplete => {
            Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive whole, or in time")
        }
        Unread::TooMany => Problem::new(StatusCode::SERVICE_UNAVAILABLE, Unread::TOO_MANY),
    })?;
    Ok((Request::from_parts(parts, Body::from(body)), permits))
}

/// Makes the body of a response count as in flight until it is written. A stream, such as events, does not count.
async fn written(flight: &Flight, response: Response) -> Response {
    if response.body().size_hint().exact().is_none() {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    match slices::body(flight, bytes) {
        Some(body) => Response::from_parts(parts, body),
        None => refused(&HeaderMap::new(), &Problem::new(StatusCode::SERVICE_UNAVAILABLE, Unread::TOO_MANY)),
    }
}

/// Renders a problem as a page if the request accepts HTML, and as JSON otherwise.
fn refused(asked: &HeaderMap, problem: &Problem) -> Response {
    let accepted = asked.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answer = if accepted.contains("text/html") {
        html_of(&page::problem(Words::preferred(asked), problem))
    } else {
        json_of(&json!({ "error": problem.text }))
    };
    (problem.status, answer).into_response()
}

/// A JSON body. The form of another site cannot send one.
struct Json<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Json(body) = axum::Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

struct Query<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(query) = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(query))
    }
}

struct Form<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Form(form) = axum::Form::from_request(request, state).await?;
        Ok(Self(form))
    }
}

impl Shared {
    /// Returns the dealer that is named, or the built-in one.
    fn known(&self, dealer: Option<String>) -> Answer<String> {
        let dealer = dealer.unwrap_or_else(|| DEALER.to_owned());
        if self.state.is_dealer(&dealer) { Ok(dealer) } else { Err(Problem::unknown_dealer()) }
    }

    /// Returns a payment session if it is the dealer's.
    fn payment(&self, id: &str, dealer: Option<String>) -> Answer<PaymentSession> {
        let dealer = self.known(dealer)?;
        let payment = self.state.payment(id).filter(|payment| payment.dealer == dealer);
        payment.ok_or_else(Problem::unknown_payment)
    }

    fn revision(&self, dealer: &str) -> u64 {
        self.state.changes(dealer).map_or(0, |changes| *changes.borrow())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfDealer {
    dealer: Option<String>,
}

async fn to_the_desk() -> Redirect {
    Redirect::to(&format!("{PREFIX}/"))
}

async fn desk(State(shared): Server, words: &'static Words, Query(of): Query<OfDealer>) -> Answer<Response> {
    let dealer = shared.known(of.dealer)?;
    // What happens while the page is made is told to it afterwards.
    let revision = shared.revision(&dealer);
    Ok(html_of(&page::desk(words, &shared.state, &dealer, revision)))
}

/// The button that was pressed before the page was shown again.
#[derive(Deserialize)]
struct Pressed {
    left: Option<String>,
    later: Option<String>,
}

async fn phone_page(
    State(shared): Server,
    words: &'static Words,
    Path(id): Path<String>,
    Query(pressed): Query<Pressed>,
) -> Answer<Response> {
    let payment = shared.state.payment(&id).ok_or_else(Problem::unknown_payment)?;
    let revision = shared.revision(&payment.dealer);
    // Again, as it may have been decided before the revision was read.
    let payment = shared.state.payment(&id).unwrap_or(payment);
    let behavior = shared.state.behavior_of(&payment.dealer);
    let note = match pressed {
        Pressed { later: Some(_), .. } => Some(words.will_approve),
        Pressed { left: Some(_), .. } => Some(words.left),
        Pressed { .. } => None,
    };
    Ok(html_of(&page::phone(words, &payment, &behavior, revision, note)))
}

/// A button on the phone page.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Button {
    Approve,
    Decline,
    Leave,
    ApproveLater,
    DeclineThenApprove,
    AnotherCard,
}

#[derive(Deserialize)]
struct Choice {
    decision: Button,
}

/// Executes what a person chose on the phone page, and redirects to it.
async fn phone_form(
    State(shared): Server,
    Path(id): Path<String>,
    Form(choice): Form<Choice>,
) -> Answer<Redirect> {
    let (decision, after, query) = match choice.decision {
        Button::Approve => (Decision::Approve, Duration::ZERO, ""),
        Button::Decline => (Decision::Decline, Duration::ZERO, ""),
        Button::Leave => (Decision::Leave, Duration::ZERO, "?left"),
        Button::ApproveLater => (Decision::Approve, page::LATER, "?later"),
        Button::DeclineThenApprove => (Decision::DeclineThenApprove, Duration::ZERO, ""),
        Button::AnotherCard => (Decision::AnotherCard, Duration::ZERO, ""),
    };
    phone::decide(&shared.state, &id, decision, after)?;
    Ok(Redirect::to(&format!("{PREFIX}/phone/{id}{query}")))
}

/// Streams an event for each change of a dealer. Its data is the count of changes.
async fn events(
    State(shared): Server,
    Query(of): Query<OfDealer>,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let dealer = shared.known(of.dealer)?;
    let changes = shared.state.changes(&dealer).ok_or_else(Problem::unknown_dealer)?;
    let events = stream::unfold((changes, true), async |(mut changes, is_first)| {
        if !is_first {
            changes.changed().await.ok()?;
            tokio::time::sleep(EVENTS_TOGETHER).await;
        }
        let count = *changes.borrow_and_update();
        Some((Ok(Event::default().data(count.to_string())), (changes, false)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// A payment session in a response.
#[derive(Serialize)]
#[allow(clippy::struct_field_names, reason = "the document's name")]
struct Payment<'a> {
    payment_session_id: &'a str,
    dealer: &'a str,
    opened: String,
    state: StateName,
    amount: Option<Box<RawValue>>,
    xact_id: Option<&'a str>,
    reference_no: Option<&'a str>,
    description: Option<&'a str>,
    callback_url: Option<&'a str>,
}

#[derive(Serialize)]
struct Payments<'a> {
    payments: Vec<Payment<'a>>,
    forgotten: u64,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum StateName {
    Waiting,
    Approved,
    Declined,
}

impl From<PaymentState> for StateName {
    fn from(state: PaymentState) -> Self {
        match state {
            PaymentState::Waiting => Self::Waiting,
            PaymentState::Approved => Self::Approved,
            PaymentState::Declined => Self::Declined,
        }
    }
}

fn described(payment: &PaymentSession) -> Payment<'_> {
    let request = &payment.request;
    Payment {
        payment_session_id: &payment.id,
        dealer: &payment.dealer,
        opened: timestamp(payment.opened),
        state: payment.state.into(),
        amount: request.amount.and_then(digits),
        xact_id: request.xact_id.as_deref(),
        reference_no: request.reference_no.as_deref(),
        description: request.description.as_deref(),
        callback_url: request.callback_url.as_deref(),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedPayments {
    dealer: Option<String>,
    state: Option<StateName>,
}

async fn payments(State(shared): Server, Query(wanted): Query<WantedPayments>) -> Answer<Response> {
    let dealer = shared.known(wanted.dealer)?;
    let is_meant = |state: PaymentState| wanted.state.is_none_or(|wanted| wanted == state.into());
    let (payments, forgotten) = shared.state.payments_of(&dealer, is_meant);
    Ok(json_of(&Payments { payments: payments.iter().map(described).collect(), forgotten }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decide {
    dealer: Option<String>,
    decision: Decision,
    #[serde(default)]
    after_ms: u64,
}

async fn decide(
    State(shared): Server,
    Path(id): Path<String>,
    Json(decide): Json<Decide>,
) -> Answer<Response> {
    let payment = shared.payment(&id, decide.dealer)?;
    let after = Duration::from_millis(decide.after_ms);
    if after > MAX_DELAY {
        return Err(Problem::bad("`after_ms` is more than an hour"));
    }
    phone::decide(&shared.state, &id, decide.decision, after)?;
    let payment = shared.state.payment(&id).unwrap_or(payment);
    Ok(json_of(&described(&payment)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetTransactions {
    dealer: Option<String>,
    properties: Members,
}

/// Sets properties of a payment session's transactions, including later ones.
async fn set_transactions(
    State(shared): Server,
    Path(id): Path<String>,
    Json(set): Json<SetTransactions>,
) -> Answer<Response> {
    let payment = shared.payment(&id, set.dealer)?;
    let documented = documented_properties();
    if let Some(unknown) = set.properties.keys().find(|name| !documented.contains_key(*name)) {
        let names: Vec<_> = documented.keys().map(String::as_str).collect();
        return Err(Problem::bad(format!(
            "`{unknown}` is no property of a transaction; the documents have {}",
            names.join(", ")
        )));
    }
    shared.state.set_transaction(&id, set.properties);
    Ok(json_of(&described(&payment)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetPhone {
    dealer: Option<String>,
    policy: Policy,
}

async fn set_phone(State(shared): Server, Json(set): Json<SetPhone>) -> Answer<Response> {
    let dealer = shared.known(set.dealer)?;
    shared.state.phones().of_dealers.insert(dealer.clone(), set.policy);
    Ok(json_of(&json!({ "dealer": dealer })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBehavior {
    dealer: Option<String>,
    behavior: Behavior,
}

/// Sets how a dealer's Paynet behaves. What is not given is as the crate assumes.
async fn set_behavior(State(shared): Server, Json(set): Json<SetBehavior>) -> Answer<Response> {
    let dealer = shared.known(set.dealer)?;
    shared.state.behave_for(&dealer, set.behavior);
    Ok(json_of(&json!({ "dealer": dealer, "behavior": set.behavior })))
}

async fn behavior(State(shared): Server, Query(of): Query<OfDealer>) -> Answer<Response> {
    let dealer = shared.known(of.dealer)?;
    Ok(json_of(&json!({ "dealer": dealer, "behavior": shared.state.behavior_of(&dealer) })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedRequests {
    dealer: Option<String>,
    #[serde(default)]
    after: u64,
    wait: Option<String>,
    accepted: Option<bool>,
}

/// Returns the requests of a dealer after a number. If there are none, waits for the first.
async fn requests(State(shared): Server, Query(wanted): Query<WantedRequests>) -> Answer<Response> {
    let dealer = shared.known(wanted.dealer)?;
    let seconds =
        wanted.wait.as_deref().map_or(Some(0), |wait| wait.strip_suffix('s').unwrap_or(wait).parse().ok());
    let seconds = seconds
        .ok_or_else(|| Problem::bad("`wait` is not a whole number of seconds; give one such as 5s"))?;
    let is_meant = |request: &ReceivedRequest| {
        wanted.accepted.is_none_or(|accepted| request.violations().is_empty() == accepted)
    };
    let deadline = Instant::now() + Duration::from_secs(seconds).min(MAX_WAIT);
    let mut changes = shared.state.changes(&dealer).ok_or_else(Problem::unknown_dealer)?;
    let mut looked_at = wanted.after;
    loop {
        changes.mark_unchanged();
        let journal = shared.state.requests_after(&dealer, looked_at, is_meant);
        looked_at = journal.last;
        if !journal.requests.is_empty() || timeout_at(deadline, changes.changed()).await.is_err() {
            let requests = journal.requests.iter().map(entry).collect();
            return Ok(json_of(&Received { requests, last: looked_at, forgotten: journal.forgotten }));
        }
    }
}

#[derive(Serialize)]
struct Received<'a> {
    requests: Vec<Entry<'a>>,
    /// Pass it as `after` in the next call.
    last: u64,
    forgotten: u64,
}

/// A received request with its response and violations, without secrets.
#[derive(Serialize)]
struct Entry<'a> {
    number: u64,
    received: String,
    dealer: Option<&'a str>,
    method: &'a str,
    path: String,
    headers: Vec<&'a str>,
    body: Box<RawValue>,
    accepted: bool,
    violations: &'a [String],
    /// The number of the request that it may be a copy of.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<u64>,
    status: Option<u16>,
    response: Option<Box<RawValue>>,
}

fn entry(request: &ReceivedRequest) -> Entry<'_> {
    Entry {
        number: request.number(),
        received: timestamp(request.received()),
        dealer: request.dealer(),
        method: request.method(),
        path: shown_path(request.path()),
        headers: request.header_names().collect(),
        body: shown(request.body()),
        accepted: request.violations().is_empty(),
        violations: request.violations(),
        repeats: request.repeats(),
        status: request.response().map(|(status, _)| status),
        response: request.response().map(|(_, body)| shown(body.as_bytes())),
    }
}

/// Returns a body with its secrets masked.
fn shown(body: &[u8]) -> Box<RawValue> {
    let json = masked::json(body).and_then(|json| RawValue::from_string(json).ok());
    json.unwrap_or_else(|| raw(&format!("[{} bytes that are not a JSON object]", body.len())))
}

fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_default()
}

/// A fault to inject: exactly one of `status`, `delay_ms`, `drop` and `truncate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFault {
    operation: Option<String>,
    dealer: Option<String>,
    #[serde(default)]
    skip: usize,
    #[serde(default = "once")]
    times: usize,
    when: Option<When>,
    status: Option<u16>,
    #[serde(default)]
    headers: std::collections::BTreeMap<String, String>,
    body: Option<String>,
    delay_ms: Option<u64>,
    #[serde(default)]
    drop: bool,
    #[serde(default)]
    truncate: bool,
}

fn once() -> usize {
    1
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum When {
    Before,
    After,
}

impl NewFault {
    fn fault(self) -> Answer<Fault> {
        let mut fault = match (self.status, self.delay_ms, self.drop, self.truncate) {
            (Some(status), None, false, false) => {
                if !(200..600).contains(&status) {
                    return Err(Problem::bad("`status` is not from 200 to 599"));
                }
                Fault::status(status)
            }
            (None, Some(delay), false, false) if Duration::from_millis(delay) <= MAX_DELAY => {
                Fault::delay(Duration::from_millis(delay))
            }
            (None, None, true, false) => Fault::drop_connection(),
            (None, None, false, true) => Fault::truncate_response(),
            _ => {
                return Err(Problem::bad(
                    "give exactly one of `status`, `delay_ms` (an hour at most), `drop` and `truncate`",
                ));
            }
        };
        if self.status.is_none() && (self.body.is_some() || !self.headers.is_empty()) {
            return Err(Problem::bad("`headers` and `body` are of a `status`"));
        }
        if self.times == 0 {
            return Err(Problem::bad("`times` is 0: the fault would never happen"));
        }
        if let Some(body) = self.body {
            fault = fault.body(body);
        }
        for (name, value) in self.headers {
            let is_header =
                header::HeaderName::try_from(&name).is_ok() && HeaderValue::try_from(&value).is_ok();
            let is_of_connection = ["content-length", "transfer-encoding", "connection"];
            if !is_header || is_of_connection.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                return Err(Problem::bad(format!("`{name}` is no header that can be sent with a status")));
            }
            fault = fault.header(name, value);
        }
        if let Some(name) = self.operation {
            let operation = Operation::ALL.iter().find(|operation| operation.as_str() == name);
            fault = fault.on(*operation.ok_or_else(|| {
                let names: Vec<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
                Problem::bad(format!("unknown `operation`; give one of {}", names.join(", ")))
            })?);
        }
        fault = match self.when {
            Some(When::Before) => fault.before(),
            Some(When::After) => fault.after(),
            None => fault,
        };
        Ok(fault.skip(self.skip).times(self.times))
    }
}

/// Returns the joined document. Its first server is this simulator, which generated clients call by default.
async fn openapi(State(shared): Server, headers: HeaderMap) -> Answer<Response> {
    let mut document: Value = serde_json::from_str(paypos::DOCUMENT)
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let url = shared.public_url.clone().unwrap_or_else(|| format!("http://{host}"));
    if let Some(servers) = document["servers"].as_array_mut() {
        servers.insert(0, json!({ "url": url, "description": "Simulator" }));
    }
    Ok(json_of(&document))
}

async fn add_fault(State(shared): Server, Json(new): Json<NewFault>) -> Answer<Response> {
    let dealer = shared.known(new.dealer.clone())?;
    let fault = new.fault()?;
    let number = shared.state.inject_for(&dealer, fault.clone()).map_err(|_| {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many faults are waiting, or too much text in them")
    })?;
    Ok(json_of(&described_fault(&dealer, number, &fault)))
}

async fn faults(State(shared): Server, Query(of): Query<OfDealer>) -> Answer<Response> {
    let dealer = shared.known(of.dealer)?;
    let faults = shared.state.faults(&dealer);
    let faults: Vec<_> =
        faults.iter().map(|(number, fault)| described_fault(&dealer, *number, fault)).collect();
    Ok(json_of(&json!({ "faults": faults })))
}

async fn withdraw_faults(State(shared): Server, Query(of): Query<OfDealer>) -> Answer<Response> {
    let dealer = shared.known(of.dealer)?;
    shared.state.withdraw_faults(&dealer);
    Ok(json_of(&json!({ "dealer": dealer })))
}

/// Describes a fault in the form of a [`NewFault`], with the number of requests that it still applies to.
fn described_fault(dealer: &str, number: u64, fault: &Fault) -> Value {
    let mut described = match &fault.effect {
        Effect::Status { status, headers, body } => {
            let headers: serde_json::Map<_, _> =
                headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
            json!({ "status": status, "headers": headers, "body": body })
        }
        Effect::Delay(delay) => json!({ "delay_ms": u64::try_from(delay.as_millis()).unwrap_or(u64::MAX) }),
        Effect::DropConnection => json!({ "drop": true }),
        Effect::TruncateResponse => json!({ "truncate": true }),
        // Only the library has these.
        Effect::Property(..) | Effect::Html => json!({}),
    };
    described["number"] = json!(number);
    described["dealer"] = json!(dealer);
    described["operation"] = json!(fault.operation.map(Operation::as_str));
    described["when"] = json!(if fault.after { "after" } else { "before" });
    described["skip"] = json!(fault.skip);
    described["times"] = json!(fault.times);
    described
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDealer {
    dealer: String,
    secret_key: Option<String>,
}

async fn add_dealer(State(shared): Server, Json(new): Json<NewDealer>) -> Answer<Response> {
    let NewDealer { dealer, secret_key } = new;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if dealer.is_empty() || dealer.len() > MAX_NAME || !dealer.chars().all(is_plain) {
        return Err(Problem::bad("`dealer` is not 1 to 64 letters, digits, `-`, `_` and `.`"));
    }
    if shared.state.dealers().len() >= MAX_DEALERS {
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "there are too many dealers"));
    }
    let own = secret_key.is_some();
    let secret_key = secret_key.unwrap_or_else(|| secret_key_of(&dealer));
    if !shared.add_dealer(&dealer, secret_key.clone()).map_err(Problem::bad)? {
        let text = "the dealer or its secret key is there already; give others";
        return Err(Problem::new(StatusCode::CONFLICT, text));
    }
    // A key that the caller chose is not repeated.
    let secret_key = (!own).then_some(secret_key);
    Ok(json_of(&json!({
        "dealer": dealer, "secret_key": secret_key, "agent_id": AGENT_ID, "user_id": USER_ID,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSale {
    dealer: Option<String>,
    amount: Box<RawValue>,
}

async fn add_sale(State(shared): Server, Json(new): Json<NewSale>) -> Answer<Response> {
    let dealer = shared.known(new.dealer)?;
    let amount = amount(&new.amount).ok_or_else(|| {
        Problem::bad("`amount` is not positive, or cannot be held exactly; give one such as 149.90")
    })?;
    let xact_id = shared.state.add_sale(&dealer, amount);
    Ok(json_of(&json!({ "dealer": dealer, "xact_id": xact_id })))
}

async fn expire_sessions(State(shared): Server, Json(of): Json<OfDealer>) -> Answer<Response> {
    let dealer = shared.known(of.dealer)?;
    shared.state.expire_sessions(&dealer);
    Ok(json_of(&json!({ "dealer": dealer })))
}

async fn reset(State(shared): Server, Json(of): Json<OfDealer>) -> Answer<Response> {
    let dealer = shared.known(of.dealer)?;
    shared.state.reset(&dealer);
    Ok(json_of(&json!({ "dealer": dealer })))
}

/// Returns what `--seed` reads: the sales, and the dealers without their secret keys.
async fn seed(State(shared): Server, Query(of): Query<OfDealer>) -> Answer<Response> {
    let dealers = match of.dealer {
        Some(dealer) => vec![shared.known(Some(dealer))?],
        None => shared.state.dealers(),
    };
    let mut seed = Seed::default();
    for dealer in dealers {
        let (sales, forgotten) = shared.state.sales_of(&dealer);
        let sale = |Sale { xact_id, dealer, amount, reversed }| {
            Some(SeedSale { dealer, xact_id, amount: digits(amount)?, reversed })
        };
        seed.sales.extend(sales.into_iter().filter_map(sale));
        seed.forgotten += forgotten;
        if dealer != DEALER {
            seed.dealers.push(SeedDealer { dealer, secret_key: None });
        }
    }
    Ok(json_of(&seed))
}

fn json_of(value: &impl Serialize) -> Response {
    of_type("application/json", serde_json::to_vec(value).unwrap_or_default())
}

fn html_of(markup: &Markup) -> Response {
    Html(markup.0.clone()).into_response()
}

fn of_type(media_type: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body.into()).into_response()
}
