//! What the simulator keeps a ledger of: sessions, payment sessions, and transactions.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use paypos::Decimal;

/// A session that was opened.
pub(crate) struct OpenSession {
    pub(crate) dealer: String,
    pub(crate) state: SessionState,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum SessionState {
    Open,
    Ended,
    Expired,
}

/// A completed sale.
pub(crate) struct CompletedSale {
    pub(crate) dealer: String,
    pub(crate) transaction: Transaction,
    pub(crate) reversed: bool,
}

/// A payment session; see [`Simulator::payments`](crate::Simulator::payments).
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

/// A sale that was approved or added; see [`Simulator::sales`](crate::Simulator::sales).
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
    pub(crate) instalment: Option<i64>,
    pub(crate) card_holder_phone: Option<String>,
    pub(crate) card_holder_mail: Option<String>,
}

/// Reads an amount with its digits, from a JSON number or its text; one that cannot be held exactly is none.
pub(crate) fn amount(json: &RawValue) -> Option<Decimal> {
    let text = json.get().trim_matches('"');
    match text.split_once(['e', 'E']) {
        Some((base, _)) => Decimal::from_str_exact(base).and_then(|_| Decimal::from_scientific(text)).ok(),
        None => Decimal::from_str_exact(text).ok(),
    }
}

/// Writes an amount as a JSON number with its digits.
pub(crate) fn digits(amount: Decimal) -> Option<Box<RawValue>> {
    RawValue::from_string(amount.to_string()).ok()
}

fn read_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(|json| amount(&json))
}

fn write_amount<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    digits(*amount).serialize(serializer)
}

impl fmt::Debug for PaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentRequest").field("amount", &self.amount).finish_non_exhaustive()
    }
}

/// A payment session: it waits for the phone, or has the transaction that came of it.
pub(crate) struct Payment {
    pub(crate) dealer: String,
    pub(crate) request: PaymentRequest,
    pub(crate) waiting: bool,
    pub(crate) transactions: Vec<Transaction>,
    /// The checks that do not list the transaction yet.
    pub(crate) late: usize,
}

/// A transaction as the document has it, of the properties that a simulator can tell.
#[derive(Clone, Serialize)]
pub(crate) struct Transaction {
    xact_id: String,
    pub(crate) is_succeed: bool,
    #[serde(serialize_with = "write_amount")]
    pub(crate) amount: Decimal,
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
    pub(crate) fn state(&self) -> PaymentState {
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
    pub(crate) fn text(&self) -> usize {
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
    pub(crate) fn transaction(&self, xact_id: &str, approved: bool) -> Transaction {
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
