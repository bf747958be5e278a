//! What the simulator keeps a ledger of: sessions, payment sessions, and transactions.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::{Decimal, property::Property};

/// A session that was opened.
pub(super) struct OpenSession {
    pub(super) dealer: String,
    pub(super) state: SessionState,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum SessionState {
    Open,
    Ended,
    Expired,
}

/// A completed sale.
pub(super) struct CompletedSale {
    pub(super) dealer: String,
    pub(super) transaction: Transaction,
    pub(super) reversed: bool,
}

/// A payment session; see [`Simulator::payments`](super::Simulator::payments).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PaymentSession {
    /// Its `payment_session_id`.
    pub id: String,
    /// The dealer's name.
    pub dealer: String,
    /// What the phone has done.
    pub state: PaymentState,
    /// What was requested.
    pub request: PaymentRequest,
}

/// What the phone has done with a payment session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentState {
    /// Nothing: it waits.
    Waiting,
    /// It was carried out.
    Approved,
    /// It was declined, and does not wait any more.
    Declined,
}

/// A sale that was approved or added; see [`Simulator::sales`](super::Simulator::sales).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sale {
    /// Its `xact_id`.
    pub xact_id: String,
    /// The dealer's name.
    pub dealer: String,
    /// The amount that was paid.
    pub amount: Decimal,
    /// Whether it was reversed.
    pub reversed: bool,
}

/// What was requested for a payment session; see [`PaymentSession::request`].
#[derive(Clone, Default, Deserialize)]
#[non_exhaustive]
pub struct PaymentRequest {
    /// The amount that is paid or reversed.
    #[serde(default, deserialize_with = "read_amount")]
    pub amount: Option<Decimal>,
    /// Of a reversal: the sale.
    pub xact_id: Option<String>,
    /// `callback_url` of the request.
    pub callback_url: Option<String>,
    /// `reference_no` of the request.
    pub reference_no: Option<String>,
    /// `description` of the request.
    pub description: Option<String>,
    pub(super) instalment: Option<i64>,
    pub(super) card_holder_phone: Option<String>,
    pub(super) card_holder_mail: Option<String>,
}

fn read_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Ok(Decimal::read(Box::<RawValue>::deserialize(deserializer)?.get(), &mut 0))
}

impl fmt::Debug for PaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentRequest").field("amount", &self.amount).finish_non_exhaustive()
    }
}

/// A payment session: it waits for the phone, or has the transaction that came of it.
pub(super) struct Payment {
    pub(super) dealer: String,
    pub(super) request: PaymentRequest,
    pub(super) waiting: bool,
    pub(super) transactions: Vec<Transaction>,
    /// The checks that do not list the transaction yet.
    pub(super) late: usize,
}

/// A transaction as the document has it, of the properties that a simulator can tell.
#[derive(Clone, Serialize)]
pub(super) struct Transaction {
    xact_id: String,
    pub(super) is_succeed: bool,
    #[serde(serialize_with = "Property::write")]
    pub(super) amount: Decimal,
    currency: &'static str,
    card_no: &'static str,
    card_holder: &'static str,
    instalment: i64,
    email: String,
    phone: String,
    note: String,
    agent_reference: String,
    code: i64,
    message: &'static str,
}

impl Payment {
    pub(super) fn state(&self) -> PaymentState {
        if self.transactions.iter().any(|transaction| transaction.is_succeed) {
            PaymentState::Approved
        } else if self.waiting {
            PaymentState::Waiting
        } else {
            PaymentState::Declined
        }
    }
}

impl PaymentRequest {
    /// How much text it has, in bytes.
    pub(super) fn text(&self) -> usize {
        let texts = [
            &self.xact_id,
            &self.callback_url,
            &self.reference_no,
            &self.description,
            &self.card_holder_phone,
            &self.card_holder_mail,
        ];
        texts.into_iter().flatten().map(String::len).sum()
    }

    /// The transaction that comes of it.
    pub(super) fn transaction(&self, xact_id: &str, approved: bool) -> Transaction {
        Transaction {
            xact_id: xact_id.to_owned(),
            is_succeed: approved,
            amount: self.amount.unwrap_or_default(),
            currency: "TRY",
            card_no: "589004******0000",
            card_holder: "SIMULATED CARD",
            instalment: self.instalment.unwrap_or_default(),
            email: self.card_holder_mail.clone().unwrap_or_default(),
            phone: self.card_holder_phone.clone().unwrap_or_default(),
            note: self.description.clone().unwrap_or_default(),
            agent_reference: self.reference_no.clone().unwrap_or_default(),
            code: 0,
            message: "simulated",
        }
    }
}

impl Sale {
    /// A sale that is not reversed.
    #[must_use]
    pub fn new(xact_id: impl Into<String>, dealer: impl Into<String>, amount: Decimal) -> Self {
        Self { xact_id: xact_id.into(), dealer: dealer.into(), amount, reversed: false }
    }
}
