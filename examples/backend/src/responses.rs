//! What the responses for apps and for operators have in common.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use paypos::PaymentSession;
use serde_json::{Value, json};

use crate::{
    Backend,
    orders::{Kind, Payment, State as PaymentState},
};

pub(crate) type Shared = State<Arc<Backend>>;
pub(crate) type JsonBody<T> = Result<Json<T>, JsonRejection>;

/// A response that is an error.
pub(crate) struct Problem(StatusCode, String);

impl Problem {
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self(status, text.into())
    }

    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, text.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the database failed");
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the payment cannot be read by this version of the backend; see /attention".to_owned(),
            ),
            _ => Self::unavailable("the database is not available; try again"),
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

pub(crate) fn bad(text: impl Into<String>) -> Problem {
    Problem(StatusCode::BAD_REQUEST, text.into())
}

pub(crate) fn conflict(text: impl Into<String>) -> Problem {
    Problem(StatusCode::CONFLICT, text.into())
}

pub(crate) fn missing(text: impl Into<String>) -> Problem {
    Problem(StatusCode::NOT_FOUND, text.into())
}

/// Describes a payment without its secrets.
pub(crate) fn view(payment: &Payment) -> Value {
    use PaymentState::{
        Declined, GivenUp, Initiating, NeedsAttention, NotSent, Paid, Pending, Refunded, Rejected, Released,
    };
    let is_pending = payment.state == Pending;
    let what_to_do = match (payment.state, payment.kind) {
        (Initiating, _) => "look again, with ?wait=25",
        (NotSent | Released, _) => "post it again",
        (Rejected, _) => "remove the cause, then post it again",
        (Pending, _) if payment.deeplink_url.is_none() => {
            "look again; Paynet's response had no usable deeplink"
        }
        (Pending, Kind::Sale) if payment.is_declined => "try another card in the PayPOS app, or give it up",
        (Pending, Kind::Refund) if payment.is_declined => {
            "look again: it was declined, and is final when its time is over"
        }
        (Pending, _) => "open deeplink_url on the terminal, then look again, with ?wait=25",
        (Paid | Refunded | GivenUp, _) => "nothing",
        (Declined, Kind::Sale) => "post another reference, if the customer wants to pay",
        (Declined, Kind::Refund) => "post it again, or refund it in Paynet's panel",
        (NeedsAttention, Kind::Sale) => "charge nothing; an operator resolves it",
        (NeedsAttention, Kind::Refund) => "refund nothing; an operator resolves it",
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
        "created_at": time(payment.created_at),
        "decided_at": payment.decided_at.map(time),
        "is_declined": payment.is_declined,
        "payment_session_id": payment.payment_session.as_ref().map(PaymentSession::id),
        "deeplink_url": payment.deeplink_url.as_ref().filter(|_| is_pending),
        "transaction_id": payment.transaction_id,
    })
}

/// A time as RFC 3339 has it, in UTC.
pub(crate) fn time(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map(|time| time.to_string()).unwrap_or_default()
}
