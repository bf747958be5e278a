//! The HTTP interface for the merchant's app and for operators.

use std::{str::FromStr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::{
        HeaderValue, StatusCode,
        header::{LOCATION, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
    routing::{get, post},
};
use paypos::{Decimal, Error, ErrorKind, Outcome, PaymentSession};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    Backend,
    orders::{self, Kind, Payment, Resolution},
    worker,
};

const MAX_WAIT: u64 = 60;
/// How often a long poll reads the database, which another process may change.
const LOOK: Duration = Duration::from_millis(250);

type Shared = State<Arc<Backend>>;
type Body<T> = Result<Json<T>, JsonRejection>;

pub(crate) fn router(backend: Arc<Backend>) -> Router {
    Router::new()
        .route("/orders/{reference}", get(order))
        .route("/orders/{reference}/sale", post(sale))
        .route("/orders/{reference}/refund", post(refund))
        .route("/orders/{reference}/{kind}/resolve", post(resolve))
        .route("/attention", get(attention))
        .route("/healthz", get(healthz))
        .with_state(backend)
}

/// A response that is an error.
struct Problem(StatusCode, String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the database failed");
        Self(StatusCode::SERVICE_UNAVAILABLE, "the database is not available; try again".to_owned())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

fn bad(text: impl Into<String>) -> Problem {
    Problem(StatusCode::BAD_REQUEST, text.into())
}

fn conflict(text: impl Into<String>) -> Problem {
    Problem(StatusCode::CONFLICT, text.into())
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
    body: Body<NewSale>,
) -> Result<Response, Problem> {
    let Json(NewSale { terminal, amount }) = body?;
    // A Decimal would also parse from `1_000`.
    let exact = Decimal::from_str(&amount).ok().filter(|exact| exact.to_string() == amount);
    let is_amount =
        |exact: &Decimal| *exact > Decimal::ZERO && exact.scale() <= 2 && exact.mantissa() < 10_i128.pow(15);
    let amount = exact.filter(is_amount);
    let amount = amount
        .ok_or_else(|| bad("`amount`: expected text such as \"149.90\", positive, with at most 15 digits"))?;
    post_once(backend, Payment::new(reference, Kind::Sale, terminal, amount)).await
}

async fn refund(
    State(backend): Shared,
    Path(reference): Path<String>,
    body: Body<NewRefund>,
) -> Result<Response, Problem> {
    let Json(NewRefund { terminal }) = body?;
    let sale = backend.store.current(&reference, Kind::Sale).await?;
    let sale = sale.ok_or(Problem(StatusCode::NOT_FOUND, format!("there is no sale {reference}")))?;
    if sale.state != orders::State::Paid {
        return Err(conflict(format!("the sale is {}; only a paid sale can be refunded", sale.state)));
    }
    let transaction = sale
        .transaction_id
        .ok_or_else(|| conflict("the sale has no transaction id; refund it in Paynet's panel"))?;
    let refund = Payment::new(reference, Kind::Refund, terminal, sale.amount);
    post_once(backend, Payment { reversal_of: Some(transaction), ..refund }).await
}

/// Initiates a payment unless it was initiated before, and returns its state.
async fn post_once(backend: Arc<Backend>, payment: Payment) -> Result<Response, Problem> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=64).contains(&payment.reference.len()) || !payment.reference.chars().all(is_plain) {
        return Err(bad("the reference: expected 1 to 64 letters, digits, `-` and `_`, such as ORDER-1042"));
    }
    if !backend.terminals.contains(&payment.terminal) {
        return Err(bad(format!("`terminal`: expected one of {}", backend.terminals.join(", "))));
    }
    if backend.stop.is_cancelled() {
        return Err(Problem(StatusCode::SERVICE_UNAVAILABLE, "stopping; try again".to_owned()));
    }
    // In its own task, since the app may disconnect while the request is in flight.
    let tracker = backend.initiations.clone();
    let task = tracker.spawn(async move {
        let there = backend.store.current(&payment.reference, payment.kind).await?;
        if let Some(there) = there.filter(|there| !there.may_be_posted_again()) {
            return what_there_is(&there, &payment);
        }
        let session = backend.session(&payment.terminal);
        // Without a session, nothing is claimed.
        session.key().await.map_err(|error| {
            let problem = format!("no session for {}: {error}", payment.terminal);
            Problem(StatusCode::SERVICE_UNAVAILABLE, problem)
        })?;
        if let Some(claimed) = backend.store.claim(&payment).await? {
            let (payment, error) = worker::initiate(&backend, session, claimed).await;
            let mut response = response(&payment, error.as_ref());
            if payment.state == orders::State::NeedsAttention && error.is_none() {
                *response.status_mut() = StatusCode::BAD_GATEWAY;
            }
            return Ok(response);
        }
        let there = backend.store.current(&payment.reference, payment.kind).await?;
        what_there_is(&there.ok_or(sqlx::Error::RowNotFound)?, &payment)
    });
    task.await.unwrap_or_else(|_| {
        Err(Problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "it failed by a defect; look at the order before you post it again".to_owned(),
        ))
    })
}

fn what_there_is(there: &Payment, asked: &Payment) -> Result<Response, Problem> {
    if there.amount != asked.amount || there.terminal != asked.terminal {
        let (amount, terminal) = (there.amount, &there.terminal);
        return Err(conflict(format!(
            "the reference has a {} of {amount} on {terminal}; expected the same, or another reference",
            there.kind
        )));
    }
    Ok(response(there, None))
}

/// Maps each outcome to its own status, so that the app knows whether to try again.
fn response(payment: &Payment, error: Option<&Error>) -> Response {
    let status = match (payment.state, error) {
        (_, Some(error)) if error.kind() == ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
        (_, Some(error)) if error.kind() == ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        (_, Some(error)) if error.outcome() == Outcome::Unknown => StatusCode::BAD_GATEWAY,
        (orders::State::Initiating, _) => StatusCode::ACCEPTED,
        (orders::State::NotSent, _) => StatusCode::SERVICE_UNAVAILABLE,
        (orders::State::Rejected | orders::State::NeedsAttention, _) => StatusCode::CONFLICT,
        _ => StatusCode::OK,
    };
    let mut response = (status, Json(view(payment))).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/orders/{}", payment.reference)) {
        response.headers_mut().insert(LOCATION, place);
    }
    if let Some(delay) = error.and_then(Error::retry_after) {
        response.headers_mut().insert(RETRY_AFTER, delay.as_secs().into());
    }
    response
}

/// Describes a payment without its secrets.
fn view(payment: &Payment) -> Value {
    use orders::State::{
        Declined, Initiating, NeedsAttention, NotSent, Paid, Pending, Refunded, Rejected, Released,
    };
    let is_pending = payment.state == Pending;
    let what_to_do = match payment.state {
        Initiating => "look again, with ?wait=30",
        NotSent | Released => "post it again",
        Rejected => "remove the cause, then post it again",
        Pending if payment.deeplink_url.is_none() => "look again; Paynet's response had no usable deeplink",
        Pending if payment.is_declined => "try another card in the PayPOS app, or give up",
        Pending => "open deeplink_url on the terminal, then look again, with ?wait=60",
        Paid | Refunded => "nothing",
        Declined => "post another reference, if the customer wants to pay",
        NeedsAttention => "charge nothing; an operator resolves it",
    };
    json!({
        "state": payment.state,
        "what_to_do": what_to_do,
        "reason": payment.reason,
        "kind": payment.kind.to_string(),
        "reference": payment.reference,
        "attempt": payment.attempt,
        "reference_no": payment.reference_no(),
        "terminal": payment.terminal,
        "amount": payment.amount.to_string(),
        "is_declined": payment.is_declined,
        "payment_session_id": payment.payment_session.as_ref().map(PaymentSession::id),
        "deeplink_url": payment.deeplink_url.as_ref().filter(|_| is_pending),
        "transaction_id": payment.transaction_id,
    })
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
    let Query(Wait { wait }) = wait.map_err(|_| bad("`wait`: expected seconds, such as ?wait=30"))?;
    let until = Instant::now() + Duration::from_secs(wait.min(MAX_WAIT));
    let mut first = None;
    loop {
        let (sale, refund) = tokio::try_join!(
            backend.store.current(&reference, Kind::Sale),
            backend.store.current(&reference, Kind::Refund)
        )?;
        let is_open = [&sale, &refund].into_iter().flatten().any(Payment::is_open);
        let Some(sale) = sale else {
            return Err(Problem(StatusCode::NOT_FOUND, format!("there is no order {reference}")));
        };
        let shown = json!({ "sale": view(&sale), "refund": refund.as_ref().map(view) });
        let has_changed = *first.get_or_insert_with(|| shown.clone()) != shown;
        if has_changed || !is_open || Instant::now() >= until || backend.stop.is_cancelled() {
            return Ok(Json(shown).into_response());
        }
        backend.stop.run_until_cancelled(sleep(LOOK)).await;
    }
}

/// Returns the payments that an operator has to look up in Paynet's panel.
async fn attention(State(backend): Shared) -> Result<Response, Problem> {
    let payments = backend.store.needing_attention().await?;
    Ok(Json(json!({ "payments": payments.iter().map(view).collect::<Vec<_>>() })).into_response())
}

async fn resolve(
    State(backend): Shared,
    Path((reference, kind)): Path<(String, Kind)>,
    body: Body<Resolution>,
) -> Result<Response, Problem> {
    let Json(resolution) = body?;
    let found = backend.store.get(&reference, kind, resolution.attempt).await?;
    let found =
        found.ok_or(Problem(StatusCode::NOT_FOUND, format!("there is no such {kind} of {reference}")))?;
    let next = found.resolved(&resolution).map_err(conflict)?;
    if !backend.store.replace(&found, &next).await? {
        return Err(conflict("it has changed in the meantime; look again"));
    }
    tracing::info!(reference_no = next.reference_no(), state = %next.state, "resolved by an operator");
    Ok(Json(view(&next)).into_response())
}

async fn healthz(State(backend): Shared) -> Result<Response, Problem> {
    backend.store.is_up().await?;
    Ok(Json(json!({ "status": "ok" })).into_response())
}
