//! The HTTP interface for the merchant's app.

use std::{str::FromStr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Path, Query, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use paypos::{Decimal, Error, ErrorKind, Outcome};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::{
    Backend,
    guard::Caller,
    operators,
    orders::{self, Kind, Payment, millis},
    responses::{JsonBody, Problem, Shared, bad, conflict, missing, view},
    store::By,
    worker,
};

/// How long an app may wait for a change, in seconds: less than the time after which proxies give up.
const MAX_WAIT: u64 = 25;
const MAX_BODY: usize = 16 * 1024;
/// How long the body of a request may take.
const BODY_WITHIN: Duration = Duration::from_secs(10);

pub(crate) fn router(backend: Arc<Backend>) -> Router {
    Router::new()
        .route("/orders/{reference}", get(order))
        .route("/orders/{reference}/sale", post(sale))
        .route("/orders/{reference}/refund", post(refund))
        .route("/orders/{reference}/{kind}/give-up", post(give_up))
        .merge(operators::router())
        .layer(from_fn_with_state(Arc::clone(&backend), guarded))
        // For those who start and stop it.
        .route("/healthz", get(operators::healthz))
        .route("/readyz", get(operators::readyz))
        .with_state(backend)
}

/// Lets in who may call, with a body that arrives in time.
async fn guarded(State(backend): Shared, mut request: Request, next: Next) -> Result<Response, Problem> {
    let caller = backend.tokens.caller(request.uri(), request.headers())?;
    request.extensions_mut().insert::<Caller>(caller);
    let (head, body) = request.into_parts();
    let body = timeout(BODY_WITHIN, to_bytes(body, MAX_BODY)).await;
    let body =
        body.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"))?;
    let body = body.map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "expected at most 16 KiB"))?;
    Ok(next.run(Request::from_parts(head, Body::from(body))).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSale {
    terminal: String,
    /// Text, since a JSON number may go through a float.
    amount: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    terminal: String,
}

async fn sale(
    State(backend): Shared,
    Path(reference): Path<String>,
    body: JsonBody<NewSale>,
) -> Result<Response, Problem> {
    let Json(NewSale { terminal, amount }) = body?;
    // A Decimal would also parse from `1_000`.
    let exact = Decimal::from_str(&amount).ok().filter(|exact| exact.to_string() == amount);
    let is_amount =
        |exact: &Decimal| *exact > Decimal::ZERO && exact.scale() <= 2 && exact.mantissa() < 10_i128.pow(15);
    let amount = exact.filter(is_amount);
    let amount = amount
        .ok_or_else(|| bad("`amount`: expected text such as \"149.90\", positive, with at most 15 digits"))?;
    let now = backend.clock.now();
    post_once(backend, Payment::new(reference, Kind::Sale, terminal, amount, now)).await
}

async fn refund(
    State(backend): Shared,
    Path(reference): Path<String>,
    body: JsonBody<NewRefund>,
) -> Result<Response, Problem> {
    let Json(NewRefund { terminal }) = body?;
    let sale = backend.store.current(&reference, Kind::Sale).await?;
    let sale = sale.ok_or_else(|| missing(format!("there is no sale {reference}")))?;
    if sale.state != orders::State::Paid {
        return Err(conflict(format!("the sale is {}; only a paid sale can be refunded", sale.state)));
    }
    let transaction = sale
        .transaction_id
        .ok_or_else(|| conflict("the sale has no transaction id; refund it in Paynet's panel"))?;
    let refund = Payment::new(reference, Kind::Refund, terminal, sale.amount, backend.clock.now());
    post_once(backend, Payment { reversal_of: Some(transaction), ..refund }).await
}

/// Initiates a payment unless it was initiated before, and returns its state.
async fn post_once(backend: Arc<Backend>, payment: Payment) -> Result<Response, Problem> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=64).contains(&payment.reference.len()) || !payment.reference.chars().all(is_plain) {
        return Err(bad("the reference: expected 1 to 64 letters, digits, `-` and `_`, such as ORDER-1042"));
    }
    let terminals = backend.terminals.names();
    if !terminals.contains(&payment.terminal) {
        return Err(bad(format!("`terminal`: expected one of {}", terminals.join(", "))));
    }
    if backend.stop.is_cancelled() {
        return Err(Problem::unavailable("stopping; try again"));
    }
    // In its own task, since the app may disconnect while the request is in flight.
    let tracker = backend.initiations.clone();
    let task = tracker.spawn(async move { initiated_once(&backend, &payment).await });
    task.await.unwrap_or_else(|_| {
        Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "it failed by a defect; look at the order before you post it again",
        ))
    })
}

async fn initiated_once(backend: &Backend, asked: &Payment) -> Result<Response, Problem> {
    let there = backend.store.current(&asked.reference, asked.kind).await?;
    if let Some(there) = there.as_ref().filter(|there| !there.may_be_posted_again()) {
        return what_there_is(backend, there, asked);
    }
    // Guard: bad_days::no_payment_is_taken_while_another_cannot_be_recorded
    if !backend.health.is_recording() || !backend.store.is_its_file() {
        return Err(Problem::unavailable("what becomes of a payment cannot be recorded; try again"));
    }
    // Guard: day::an_attempt_that_was_released_too_early_is_checked_before_and_beside_the_next_one
    // Guard: day::a_declined_refund_can_be_posted_again_and_is_checked_before
    if there.is_some() {
        // The phone may still have the deeplink of an attempt before.
        let earlier = worker::look_at_earlier(backend, &asked.reference, asked.kind).await;
        let earlier = earlier.map_err(|problem| {
            Problem::unavailable(format!("the attempt before cannot be checked: {problem}; try again"))
        })?;
        if let Some(earlier) = earlier {
            return what_there_is(backend, &earlier, asked);
        }
    }
    let session = backend.terminals.session(&asked.terminal);
    // Without a session, nothing is claimed.
    session
        .key()
        .await
        .map_err(|error| Problem::unavailable(format!("no session for {}: {error}", asked.terminal)))?;
    if let Some(claimed) = backend.store.claim(asked).await? {
        backend.waiters.wake(&claimed.reference);
        let (payment, error) = worker::initiate(backend, session, claimed).await;
        let also_open = backend.store.open_at(&payment.terminal, &payment.reference).await;
        let mut response = response(&payment, error.as_ref(), &also_open.unwrap_or_default());
        if payment.state == orders::State::NeedsAttention && error.is_none() {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        } else if response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::CREATED;
        }
        return Ok(response);
    }
    let there = backend.store.current(&asked.reference, asked.kind).await?;
    what_there_is(backend, &there.ok_or(sqlx::Error::RowNotFound)?, asked)
}

/// Tells of a payment that was posted before.
fn what_there_is(backend: &Backend, there: &Payment, asked: &Payment) -> Result<Response, Problem> {
    if there.amount != asked.amount || there.terminal != asked.terminal {
        let (amount, terminal) = (there.amount, &there.terminal);
        return Err(conflict(format!(
            "the reference has a {} of {amount} on {terminal}; expected the same, or another reference",
            there.kind
        )));
    }
    let response = response(there, None, &[]);
    // Guard: day::a_reference_is_new_for_ever
    // Whoever posts a reference so late may mean other goods.
    let is_over = backend.clock.now() - there.created_at >= millis(backend.limits.payment_within);
    if response.status() == StatusCode::OK && is_over && !there.is_open() {
        let mut shown = view(there);
        shown["error"] = json!("the reference was used before, at `created_at`; expected another reference");
        return Ok((StatusCode::CONFLICT, Json(shown)).into_response());
    }
    Ok(response)
}

/// Maps each outcome to its own status, so that the app knows whether to try again.
fn response(payment: &Payment, error: Option<&Error>, also_open: &[String]) -> Response {
    let status = match (payment.state, error) {
        (_, Some(error)) if error.kind() == ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
        (orders::State::NotSent, Some(error)) if error.kind() == ErrorKind::RateLimited => {
            StatusCode::TOO_MANY_REQUESTS
        }
        (_, Some(error)) if error.outcome() == Outcome::Unknown => StatusCode::BAD_GATEWAY,
        (orders::State::Initiating, _) => StatusCode::ACCEPTED,
        (orders::State::NotSent, _) => StatusCode::SERVICE_UNAVAILABLE,
        (orders::State::Rejected | orders::State::NeedsAttention, _) => StatusCode::CONFLICT,
        _ => StatusCode::OK,
    };
    let mut shown = view(payment);
    if !also_open.is_empty() {
        shown["also_open"] = json!(also_open);
    }
    let mut response = (status, Json(shown)).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/orders/{}", payment.reference)) {
        response.headers_mut().insert(LOCATION, place);
    }
    if let Some(delay) = error.and_then(Error::retry_after) {
        response.headers_mut().insert(RETRY_AFTER, delay.as_secs().into());
    }
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    #[serde(default)]
    wait: u64,
}

/// Returns an order. With `?wait=`, waits up to that many seconds for a change.
async fn order(
    State(backend): Shared,
    Path(reference): Path<String>,
    wait: Result<Query<Wait>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Wait { wait }) = wait.map_err(|_| bad("`wait`: expected seconds, such as ?wait=25"))?;
    let until = Instant::now() + Duration::from_secs(wait.min(MAX_WAIT));
    // As text, which takes the least memory while thousands wait.
    let mut first: Option<String> = None;
    loop {
        // Before it is read, so that no change is missed.
        let waiter = backend.waiters.enter(&reference);
        let (shown, is_open) = shown(&backend, &reference).await?;
        let has_changed = first.as_ref().is_some_and(|first| *first != shown);
        let left = until.saturating_duration_since(Instant::now());
        if let Some(mut waiter) = waiter
            && !(has_changed || !is_open || left.is_zero() || backend.stop.is_cancelled())
        {
            first = Some(shown);
            backend.stop.run_until_cancelled(waiter.changed(left)).await;
            continue;
        }
        return Ok(([(CONTENT_TYPE, "application/json")], shown).into_response());
    }
}

/// Returns an order as JSON, and whether it will change soon.
async fn shown(backend: &Backend, reference: &str) -> Result<(String, bool), Problem> {
    let (sale, refund) = backend.waiters.read(&backend.store, reference).await?;
    let is_open = [&sale, &refund].into_iter().flatten().any(Payment::is_open);
    let sale = sale.ok_or_else(|| missing(format!("there is no order {reference}")))?;
    let shown = json!({ "sale": view(&sale), "refund": refund.as_ref().map(view) });
    Ok((shown.to_string(), is_open))
}

/// Takes note that the customer has left.
async fn give_up(
    State(backend): Shared,
    Path((reference, kind)): Path<(String, Kind)>,
) -> Result<Response, Problem> {
    let found = backend.store.current(&reference, kind).await?;
    let found = found.ok_or_else(|| missing(format!("there is no {kind} of {reference}")))?;
    let next = found.given_up().map_err(conflict)?;
    if !backend.store.replace(&found, &next, By::App).await? {
        return Err(conflict("it has changed in the meantime; look again"));
    }
    backend.changed(&found, &next);
    Ok(Json(view(&next)).into_response())
}
