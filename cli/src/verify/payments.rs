//! The payments of a recording: what was asked for, and what each check returned.

use paypos::{Decimal, PaymentSession};
use serde_json::Value;

use crate::{
    recording::{Exchange, Recording},
    shape::properties,
};

/// A payment session of a recording.
pub(crate) struct Payment<'a> {
    pub(crate) id: String,
    pub(crate) reversal_of: Option<String>,
    /// The exchange that opened it.
    pub(crate) opened: &'a Exchange,
    /// The checks of it, in their order.
    pub(crate) checks: Vec<&'a Exchange>,
    /// The amount, which a reversal has of its sale.
    amount: Option<Decimal>,
}

impl Payment<'_> {
    /// The checks that returned a list.
    pub(crate) fn lists(&self) -> Vec<&Exchange> {
        self.checks.iter().copied().filter(|check| check.is_list()).collect()
    }

    pub(crate) fn amount(&self) -> Option<Decimal> {
        self.amount
    }

    pub(crate) fn reference_no(&self) -> Option<&str> {
        self.opened.asked["reference_no"].as_str()
    }

    /// Whether nothing was asked for that may change the amount.
    pub(crate) fn is_plain(&self) -> bool {
        let asked = &self.opened.asked;
        asked["add_commission"] != true && asked["instalment"].as_i64().unwrap_or_default() < 2
    }

    /// What was asked for, as the library compares it.
    pub(crate) fn asked(&self) -> Result<PaymentSession, paypos::Error> {
        let mut asked = match &self.reversal_of {
            Some(xact_id) => PaymentSession::reversal(&self.id, xact_id)?,
            None => PaymentSession::sale(&self.id)?,
        };
        if let Some(amount) = self.amount {
            asked = asked.with_amount(amount)?;
        }
        match self.reference_no() {
            Some(reference) => asked.with_reference_no(reference),
            None => Ok(asked),
        }
    }

    /// The first transaction that is listed as paid.
    pub(crate) fn paid(&self) -> Option<Value> {
        self.lists().iter().flat_map(|check| check.listed()).find(is_paid)
    }

    /// The ids of all transactions that were ever listed as paid.
    pub(crate) fn xact_ids(&self) -> Vec<&str> {
        self.checks.iter().flat_map(|check| check.paid_ids()).collect()
    }

    /// Those of the list that has the most of them: an id may be written anew in each list.
    pub(crate) fn paid_at_once(&self) -> Vec<&str> {
        let lists = self.checks.iter().map(|check| check.paid_ids());
        lists.max_by_key(Vec::len).unwrap_or_default()
    }
}

/// Returns the payment sessions that were opened, in their order.
pub(crate) fn payments(recording: &Recording) -> Vec<Payment<'_>> {
    let mut payments: Vec<Payment<'_>> = Vec::new();
    for exchange in &recording.exchanges {
        if let Some(id) = exchange.handoff() {
            let reversal_of = exchange.asked["xact_id"].as_str().map(str::to_owned);
            let sale = payments.iter().find(|sale| {
                reversal_of.as_deref().is_some_and(|xact_id| sale.xact_ids().contains(&xact_id))
            });
            let amount = match sale {
                Some(sale) => sale.amount,
                None => exchange.asked["amount"].to_string().parse().ok().map(|mut amount: Decimal| {
                    amount.rescale(amount.scale().max(2));
                    amount
                }),
            };
            if payments.iter().all(|other| other.id != id) {
                let checks = Vec::new();
                payments.push(Payment { id: id.to_owned(), reversal_of, opened: exchange, checks, amount });
            }
        }
        let of = exchange.asked["payment_session_id"].as_str();
        if let Some(payment) = payments.iter_mut().find(|payment| of == Some(payment.id.as_str())) {
            payment.checks.push(exchange);
        }
    }
    payments
}

/// Returns whether a transaction is said to have succeeded, as a boolean or as text.
pub(crate) fn is_paid(transaction: &Value) -> bool {
    let value = &transaction["is_succeed"];
    *value == true || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

impl Exchange {
    /// Whether it is Paynet's word: a response of HTTP's 2xx or 4xx that is an object of JSON, or a refusal of a
    /// credential without a body. Not a limit of rates, and not what a gateway says.
    // Guard: verify::errors_of_gateways_answer_no_question
    // Guard: verify::another_sessions_empty_list_and_an_id_that_is_written_anew_answer_nothing
    pub(crate) fn is_word(&self) -> bool {
        let is_object = self.body.as_ref().is_some_and(Value::is_object);
        match self.status {
            Some(408 | 425 | 429) | None => false,
            Some(401 | 403) => is_object || self.is_empty,
            Some(status) => is_object && (200..500).contains(&status),
        }
    }

    /// Whether it did what was asked for: a refusal may have status 200.
    pub(crate) fn is_success(&self) -> bool {
        let has = |name: &str| self.body.as_ref().is_some_and(|body| body.get(name).is_some());
        let did = match self.operation.as_str() {
            "get_auth_key" => self.opened.is_some(),
            "logout" => matches!(self.code().as_str(), "0" | "100" | "absent"),
            "check_transaction" => has("Data"),
            _ => has("payment_session_id"),
        };
        self.status == Some(200) && self.is_word() && did
    }

    /// Whether it is a check that returned a list.
    pub(crate) fn is_list(&self) -> bool {
        self.status == Some(200) && self.body.as_ref().is_some_and(|body| body["Data"].is_array())
    }

    /// The transactions that a check listed.
    pub(crate) fn listed(&self) -> Vec<Value> {
        self.transactions().cloned().collect()
    }

    /// The ids of the transactions that are listed as paid.
    fn paid_ids(&self) -> Vec<&str> {
        self.transactions().filter(|one| is_paid(one)).filter_map(|one| one["xact_id"].as_str()).collect()
    }

    fn transactions(&self) -> impl Iterator<Item = &Value> {
        let data = self.body.as_ref().filter(|_| self.is_list()).and_then(|body| body["Data"].as_array());
        data.into_iter().flatten()
    }

    /// The payment session that it opened.
    pub(crate) fn handoff(&self) -> Option<&str> {
        let is_initiation = self.operation.starts_with("init_") && self.status == Some(200);
        self.body.as_ref().filter(|_| is_initiation)?["payment_session_id"].as_str()
    }

    /// The `code` of the response.
    pub(crate) fn code(&self) -> String {
        match self.body.as_ref().map(|body| &body["code"]) {
            None | Some(Value::Null) => "absent".to_owned(),
            Some(code) => code.to_string(),
        }
    }

    /// Describes it by its status and the types of its properties.
    pub(crate) fn described(&self) -> String {
        let status = self.status.map_or("no response".to_owned(), |status| status.to_string());
        let body = match &self.body {
            Some(body) => properties(body),
            None if self.is_empty => "empty".to_owned(),
            None => "no JSON".to_owned(),
        };
        format!("{} at {}: {status}, {body}", self.operation, self.at)
    }
}
