//! What the simulator keeps a ledger of: sessions, payment sessions, and transactions.

use serde::{Deserialize, Serialize};

use crate::{Decimal, property::Property};

/// A session that was opened.
pub(super) enum OpenSession {
    /// It is open, and this dealer's.
    Of(String),
    Ended,
    Expired,
}

/// A completed sale.
pub(super) struct CompletedSale {
    pub(super) dealer: String,
    pub(super) amount: Decimal,
    pub(super) reversed: bool,
}

/// What a payment session is for, until the phone decides.
#[derive(Clone)]
pub(super) enum PendingPayment {
    Sale { amount: Decimal, request: Sale },
    Reversal { xact_id: String, amount: Decimal },
}

/// A payment session: it waits for the phone, or has the transaction that came of it.
pub(super) struct Payment {
    pub(super) dealer: String,
    pub(super) pending: Option<PendingPayment>,
    pub(super) transactions: Vec<Transaction>,
}

/// Of the request for a sale, what its transaction repeats.
#[derive(Clone, Deserialize)]
pub(super) struct Sale {
    #[serde(default, deserialize_with = "Option::read")]
    pub(super) amount: Option<Decimal>,
    instalment: Option<i64>,
    card_holder_phone: Option<String>,
    card_holder_mail: Option<String>,
}

/// A transaction as the document has it, of the properties that a simulator can tell.
#[derive(Clone, Serialize)]
pub(super) struct Transaction {
    xact_id: String,
    is_succeed: bool,
    #[serde(serialize_with = "crate::property::serialize")]
    amount: Decimal,
    currency: &'static str,
    card_no: &'static str,
    card_holder: &'static str,
    instalment: i64,
    email: String,
    phone: String,
    code: i64,
    message: &'static str,
}

impl PendingPayment {
    /// The transaction that comes of it.
    pub(super) fn transaction(&self, xact_id: &str, approved: bool) -> Transaction {
        let (amount, request) = match self {
            Self::Sale { amount, request } => (*amount, Some(request)),
            Self::Reversal { amount, .. } => (*amount, None),
        };
        Transaction {
            xact_id: xact_id.to_owned(),
            is_succeed: approved,
            amount,
            currency: "TRY",
            card_no: "589004******0000",
            card_holder: "SIMULATED CARD",
            instalment: request.and_then(|request| request.instalment).unwrap_or_default(),
            email: request.and_then(|request| request.card_holder_mail.clone()).unwrap_or_default(),
            phone: request.and_then(|request| request.card_holder_phone.clone()).unwrap_or_default(),
            code: 0,
            message: "simulated",
        }
    }
}
