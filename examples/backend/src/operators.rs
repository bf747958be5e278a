//! The HTTP interface for operators and for monitoring.

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header::CONTENT_TYPE},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::{Timestamp, civil::Date, tz::Offset};
use paypos::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::{
    Backend,
    guard::Caller,
    orders::{Kind, Payment, Resolution, State as PaymentState},
    responses::{JsonBody, Problem, Shared, bad, conflict, missing, time, view},
    store::{By, Event, Read},
};

/// Where Paynet's panel is read.
const TURKEY: Offset = Offset::constant(3);

pub(crate) fn router() -> Router<Arc<Backend>> {
    Router::new()
        .route("/attention", get(attention))
        .route("/report", get(report))
        .route("/metrics", get(metrics))
        .route("/orders/{reference}/{kind}/events", get(events))
        .route("/orders/{reference}/{kind}/resolve", post(resolve))
        .layer(from_fn(for_operators))
}

async fn for_operators(
    Extension(caller): Extension<Caller>,
    request: axum::extract::Request,
    next: Next,
) -> Result<Response, Problem> {
    if caller != Caller::Operator {
        return Err(Problem::new(StatusCode::FORBIDDEN, "expected OPERATOR_TOKEN: this is for operators"));
    }
    Ok(next.run(request).await)
}

/// Returns the payments that an operator has to look up in Paynet's panel, with their other attempts.
async fn attention(State(backend): Shared) -> Result<Response, Problem> {
    let mut payments = Vec::new();
    for read in backend.store.needing_attention().await? {
        let mut shown = view_of(&read);
        if let Ok(payment) = &read {
            let attempts = backend.store.attempts(&payment.reference, payment.kind).await.unwrap_or_default();
            let others = attempts.iter().filter(|other| other.attempt != payment.attempt);
            let others = others.map(|other| json!({ "attempt": other.attempt, "state": other.state }));
            shown["other_attempts"] = others.collect();
        }
        payments.push(shown);
    }
    Ok(Json(json!({ "payments": payments })).into_response())
}

/// Describes a payment, or the row of one that cannot be read.
fn view_of(read: &Read) -> Value {
    match read {
        Ok(payment) => view(payment),
        Err(row) => json!({
            "reference": row.reference,
            "kind": row.kind,
            "attempt": row.attempt,
            "state": row.state,
            "what_to_do": "a newer version of the backend may have written it: start that one",
            "reason": format!("it cannot be read: {}", row.problem),
        }),
    }
}

async fn resolve(
    State(backend): Shared,
    Path((reference, kind)): Path<(String, Kind)>,
    body: JsonBody<Resolution>,
) -> Result<Response, Problem> {
    let Json(resolution) = body?;
    let attempts = backend.store.attempts(&reference, kind).await?;
    let found = attempts.iter().find(|payment| payment.attempt == resolution.attempt);
    let found = found.ok_or_else(|| missing(format!("there is no such {kind} of {reference}")))?;
    let has_later =
        attempts.iter().any(|other| other.attempt > found.attempt && !other.may_be_posted_again());
    if has_later && found.may_be_posted_again() {
        return Err(conflict("another attempt was made since; resolve that one"));
    }
    let next = found.resolved(&resolution, backend.clock.now()).map_err(conflict)?;
    if !backend.store.replace(found, &next, By::Operator).await? {
        return Err(conflict("it has changed in the meantime; look again"));
    }
    backend.changed(found, &next);
    let mut shown = view(&next);
    let may_still_be_paid = next.state != PaymentState::Paid && next.state != PaymentState::Refunded;
    if may_still_be_paid && next.payment_session.is_some() {
        shown["warning"] = json!(
            "the phone may still finish it, as long as it has the deeplink: the backend goes on checking, and shows it \
             in /attention if it succeeds"
        );
    }
    Ok(Json(shown).into_response())
}

/// Returns all changes of a sale or a refund, and by whom.
async fn events(
    State(backend): Shared,
    Path((reference, kind)): Path<(String, Kind)>,
) -> Result<Response, Problem> {
    let events = backend.store.events(&reference, kind).await?;
    let shown = |event: &Event| {
        json!({
            "at": time(event.at),
            "attempt": event.attempt,
            "state": event.state,
            "by": event.by,
            "reason": event.reason,
            "payment_session_id": event.payment_session_id,
            "transaction_id": event.transaction_id,
        })
    };
    Ok(Json(json!({ "events": events.iter().map(shown).collect::<Vec<_>>() })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    day: Date,
}

/// Returns what was paid and refunded on a day in Turkey, to hold against Paynet's panel, and what is not decided.
async fn report(
    State(backend): Shared,
    day: Result<Query<Day>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let expected = || bad("`day`: expected a date, such as ?day=2026-11-30");
    let Query(Day { day }) = day.map_err(|_| expected())?;
    let start = |day: Date| TURKEY.to_timestamp(day.at(0, 0, 0, 0)).map(Timestamp::as_millisecond);
    let (from, to) = (start(day), day.tomorrow().and_then(start));
    let (Ok(from), Ok(to)) = (from, to) else { return Err(expected()) };
    let rows = backend.store.report(from, to).await?;
    let list = |is_listed: &dyn Fn(&Read) -> bool| -> Vec<Value> {
        rows.iter().filter(|row| is_listed(row)).map(view_of).collect()
    };
    let in_state = |state| move |read: &Read| read.as_ref().is_ok_and(|payment| payment.state == state);
    let total = |state| -> Decimal {
        let amounts = rows.iter().flatten().filter(|payment: &&Payment| payment.state == state);
        amounts.map(|payment| payment.amount).sum()
    };
    let (paid, refunded) = (in_state(PaymentState::Paid), in_state(PaymentState::Refunded));
    Ok(Json(json!({
        "day": day.to_string(),
        "from": time(from),
        "to": time(to),
        "paid": list(&paid),
        "paid_total": total(PaymentState::Paid).to_string(),
        "refunded": list(&refunded),
        "refunded_total": total(PaymentState::Refunded).to_string(),
        "undecided": list(&|read| !paid(read) && !refunded(read)),
    }))
    .into_response())
}

async fn metrics(State(backend): Shared) -> Result<Response, Problem> {
    let figures = backend.store.figures().await?;
    let text = backend.health.metrics(&figures, backend.clock.now());
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// Whether the process works: if not, it helps to start it again.
pub(crate) async fn healthz(State(backend): Shared) -> Result<Response, Problem> {
    if backend.health.is_working() {
        Ok(Json(json!({ "status": "ok" })).into_response())
    } else {
        Err(Problem::unavailable("due payments were not read for a minute"))
    }
}

/// Whether it can take payments, and record what becomes of them.
pub(crate) async fn readyz(State(backend): Shared) -> Result<Response, Problem> {
    if backend.stop.is_cancelled() {
        return Err(Problem::unavailable("stopping"));
    }
    if !backend.store.is_its_file() {
        return Err(Problem::unavailable("the file of the database was moved or replaced: stop the backend"));
    }
    if !backend.health.is_recording() {
        return Err(Problem::unavailable("what becomes of payments cannot be recorded"));
    }
    backend.store.can_record().await?;
    Ok(Json(json!({ "status": "ok" })).into_response())
}
