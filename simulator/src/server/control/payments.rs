//! Payment sessions and sales.

use std::time::Duration;

use axum::extract::{Path, State};
use paypos::Decimal;
use serde::{Deserialize, Serialize};

use super::{Json, Nothing, Of, Problem, Query, Result};
use crate::{
    PaymentSession, PaymentState, Sale, Seed,
    behavior::issue,
    fault::MAX_DELAY,
    payment::{Members, documented_properties, positive_amount},
    phone::Decision,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    state: Option<PaymentState>,
}

#[derive(Serialize)]
pub(super) struct Payments {
    payments: Vec<PaymentSession>,
    forgotten: u64,
}

pub(super) async fn list(State(server): Of, Query(wanted): Query<Wanted>) -> Json<Payments> {
    let state = server.lock();
    let is_wanted = |payment: &&PaymentSession| wanted.state.is_none_or(|wanted| wanted == payment.state);
    let payments = state.ledger.payments().filter(is_wanted).cloned().collect();
    let (forgotten, _) = state.ledger.dropped();
    Json(Payments { payments, forgotten })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    decision: Decision,
    #[serde(default)]
    after_ms: u64,
}

pub(super) async fn decide(
    State(server): Of,
    Path(id): Path<String>,
    Json(decide): Json<Decide>,
) -> Result<Json<PaymentSession>> {
    // Unknown is another problem than decided already.
    server.payment(&id)?;
    let after = Duration::from_millis(decide.after_ms);
    if after > MAX_DELAY {
        return Err(Problem::bad("`after_ms` is more than an hour"));
    }
    server.lock().decide_after(&id, decide.decision, after)?;
    Ok(Json(server.payment(&id)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetTransactions {
    properties: Members,
}

/// Sets properties of a payment session's transactions, including later ones.
pub(super) async fn set_transactions(
    State(server): Of,
    Path(id): Path<String>,
    Json(set): Json<SetTransactions>,
) -> Result<Json<PaymentSession>> {
    let documented = documented_properties();
    if let Some(unknown) = set.properties.keys().find(|name| !documented.contains_key(*name)) {
        let names: Vec<_> = documented.keys().map(String::as_str).collect();
        return Err(Problem::bad(format!(
            "`{unknown}` is no property of a transaction; the documents have {}",
            names.join(", ")
        )));
    }
    server.lock().ledger.set_transactions(&id, set.properties);
    Ok(Json(server.payment(&id)?))
}

/// Returns the sales, as `--seed` reads them.
pub(super) async fn sales(State(server): Of, _: Query<Nothing>) -> Json<Seed> {
    let state = server.lock();
    let (_, forgotten) = state.ledger.dropped();
    Json(Seed { sales: state.ledger.sales().cloned().collect(), forgotten })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSale {
    #[serde(deserialize_with = "positive_amount")]
    amount: Decimal,
}

pub(super) async fn add_sale(State(server): Of, Json(new): Json<NewSale>) -> Json<Sale> {
    let sale = Sale::new(issue("transaction"), new.amount);
    server.lock().ledger.add_sale(sale.clone());
    Json(sale)
}

impl super::Server {
    pub(super) fn payment(&self, id: &str) -> Result<PaymentSession> {
        self.lock().ledger.payment(id).cloned().ok_or_else(Problem::unknown_payment)
    }
}
