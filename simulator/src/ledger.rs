//! What the simulator keeps a ledger of: sessions, payment sessions, and transactions.

use std::{collections::BTreeMap, fmt, sync::OnceLock, time::SystemTime};

use paypos::{DOCUMENT, Decimal, Operation};
use serde::{Deserialize, Deserializer};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    Behavior,
    behavior::{ListedAmount, PropertyTypes, ReversalReference, ReversalType, SaleReference, SaleType},
    conformance::{members, resolved},
};

/// Members of a JSON object, each as its JSON, since amounts keep their digits.
pub(crate) type Members = BTreeMap<String, Box<RawValue>>;

/// A session that was opened.
pub(crate) struct OpenSession {
    pub(crate) dealer: String,
    /// The `user_id` that it was opened for.
    pub(crate) user: String,
    pub(crate) state: SessionState,
}

impl OpenSession {
    pub(crate) fn expire(&mut self) {
        if self.state == SessionState::Open {
            self.state = SessionState::Expired;
        }
    }
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
    pub(crate) request: PaymentRequest,
    pub(crate) reversed: bool,
}

impl CompletedSale {
    pub(crate) fn described(&self, xact_id: &str) -> Sale {
        Sale {
            xact_id: xact_id.to_owned(),
            dealer: self.dealer.clone(),
            amount: self.request.amount.unwrap_or_default(),
            reversed: self.reversed,
        }
    }
}

/// A payment session; see [`Simulator::payments`](crate::Simulator::payments).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PaymentSession {
    /// Its `payment_session_id`.
    pub id: String,
    /// The dealer's name.
    pub dealer: String,
    /// When it was opened.
    pub opened: SystemTime,
    /// Whether it waits for the phone, or how the phone decided.
    pub state: PaymentState,
    /// What was requested.
    pub request: PaymentRequest,
}

/// The state of a payment session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaymentState {
    /// Waiting for the phone.
    Waiting,
    /// Approved.
    Approved,
    /// Declined.
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
    /// For a reversal, the sale's `xact_id`.
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

impl fmt::Debug for PaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentRequest").field("amount", &self.amount).finish_non_exhaustive()
    }
}

/// A payment session: it waits for the phone, or has the transaction that came of it.
pub(crate) struct Payment {
    pub(crate) dealer: String,
    /// The key of the session that opened it.
    pub(crate) session: String,
    pub(crate) request: PaymentRequest,
    opened: SystemTime,
    pub(crate) waiting: bool,
    pub(crate) transactions: Vec<Transaction>,
    /// What the transactions are listed with instead of their own.
    pub(crate) set: Members,
    /// The checks that do not list the transaction yet.
    pub(crate) late: usize,
    /// How many more checks list it before the bank's id is known, where a transaction changes afterwards.
    pub(crate) changes_after: usize,
}

/// What came of a payment session.
pub(crate) struct Transaction {
    pub(crate) xact_id: String,
    pub(crate) is_succeed: bool,
}

/// The properties of a transaction, by the documents: each with a value that its schema allows, and that says nothing.
pub(crate) fn documented_properties() -> &'static Members {
    static PROPERTIES: OnceLock<Members> = OnceLock::new();
    PROPERTIES.get_or_init(|| {
        let document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
        let of_check = |path: &&str| path.ends_with(Operation::CheckTransaction.as_str());
        let path = members(&document["paths"]).map(|(path, _)| path).find(of_check).unwrap_or_default();
        let content = &document["paths"][path]["post"]["responses"]["200"]["content"];
        let schema = members(content).next().map(|(_, content)| &content["schema"]);
        let data = schema.map(|schema| &resolved(&document, schema)["properties"]["Data"]["items"]);
        let transaction = data.map_or(&Value::Null, |schema| resolved(&document, schema));
        let property = |(name, schema): (&str, &Value)| {
            Some((name.to_owned(), to_raw_value(&sample(resolved(&document, schema))).ok()?))
        };
        members(&transaction["properties"]).filter_map(property).collect()
    })
}

/// A value that a schema allows.
fn sample(schema: &Value) -> Value {
    if let Some(value) = schema["enum"].get(0) {
        return value.clone();
    }
    match schema["type"].as_str() {
        Some("string") => json!("simulated"),
        Some("integer" | "number") => {
            let least = schema["minimum"].as_f64().filter(|least| *least > 0.0);
            if least.is_some() { schema["minimum"].clone() } else { json!(0) }
        }
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => Value::Null,
    }
}

impl Payment {
    pub(crate) fn new(dealer: String, session: String, request: PaymentRequest) -> Self {
        Self {
            dealer,
            session,
            request,
            opened: SystemTime::now(),
            waiting: true,
            transactions: Vec::new(),
            set: Members::new(),
            late: 0,
            changes_after: 0,
        }
    }

    pub(crate) fn state(&self) -> PaymentState {
        if self.transactions.iter().any(|transaction| transaction.is_succeed) {
            PaymentState::Approved
        } else if self.waiting {
            PaymentState::Waiting
        } else {
            PaymentState::Declined
        }
    }

    pub(crate) fn described(&self, id: &str) -> PaymentSession {
        PaymentSession {
            id: id.to_owned(),
            dealer: self.dealer.clone(),
            opened: self.opened,
            state: self.state(),
            request: self.request.clone(),
        }
    }

    /// The transactions, as a check lists them.
    pub(crate) fn listed(&self, behavior: &Behavior) -> Vec<Members> {
        let listed = |transaction: &Transaction| {
            let is_succeed = Some(transaction.is_succeed);
            let mut listed = self.request.transaction(&transaction.xact_id, is_succeed, behavior);
            if self.changes_after > 0 {
                listed.remove("bank_id");
            }
            listed.extend(self.set.clone());
            listed
        };
        self.transactions.iter().map(listed).collect()
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

    /// The transaction that comes of it: with all properties that the documents have, of which a simulator knows these.
    pub(crate) fn transaction(
        &self,
        xact_id: &str,
        is_succeed: Option<bool>,
        behavior: &Behavior,
    ) -> Members {
        let amount = self.amount.unwrap_or_default();
        let text = |text: &Option<String>| json!(text.as_deref().unwrap_or_default());
        let (transaction_type, reference) = match &self.xact_id {
            None => (
                (behavior.sale_type == SaleType::Sale).then_some(SALE),
                match behavior.sale_reference {
                    SaleReference::Own => Some(text(&self.reference_no)),
                    SaleReference::Absent => None,
                    SaleReference::Other => Some(json!("another reference")),
                },
            ),
            Some(_) => (
                match behavior.reversal_type {
                    ReversalType::Own => Some(REVERSAL),
                    ReversalType::Sale => Some(SALE),
                    ReversalType::Absent => None,
                },
                match behavior.reversal_reference {
                    ReversalReference::Own => Some(text(&self.reference_no)),
                    // The ledger knows it.
                    ReversalReference::Sale => Some(Value::Null),
                    ReversalReference::Absent => None,
                },
            ),
        };
        let own = [
            ("xact_id", json!(xact_id)),
            ("is_succeed", json!(is_succeed)),
            ("currency", json!("TRY")),
            ("card_no", json!("589004******0000")),
            ("card_holder", json!("SIMULATED CARD")),
            ("instalment", json!(self.instalment.unwrap_or_default())),
            ("email", text(&self.card_holder_mail)),
            ("phone", text(&self.card_holder_phone)),
            ("note", text(&self.description)),
            ("transaction_type", json!(transaction_type)),
            ("agent_reference", json!(reference)),
            ("code", json!(0)),
            ("message", json!("simulated")),
            ("authorization_code", json!(authorization(xact_id))),
        ];
        let own = own.iter().filter_map(|(name, value)| Some((*name, to_raw_value(value).ok()?)));
        let amount = match behavior.listed_amount {
            ListedAmount::AsRequested => digits(amount),
            ListedAmount::Kurus => digits((amount * Decimal::ONE_HUNDRED).normalize()),
            ListedAmount::Comma => {
                let mut digits = amount;
                // With two decimals, and more if it has them.
                if digits.scale() < 2 {
                    digits.rescale(2);
                }
                to_raw_value(&digits.to_string().replace('.', ",")).ok()
            }
        };
        let amounts = ["amount", "netAmount"].into_iter().filter_map(|name| Some((name, amount.clone()?)));
        let mut properties = documented_properties().clone();
        for (name, value) in own.chain(amounts) {
            if let Some(property) = properties.get_mut(name) {
                *property = value;
            }
        }
        let absent =
            [("transaction_type", transaction_type.is_none()), ("agent_reference", reference.is_none())];
        for (name, _) in absent.iter().filter(|(_, is_absent)| *is_absent) {
            properties.remove(*name);
        }
        if behavior.property_types == PropertyTypes::Texts {
            properties.values_mut().for_each(as_text);
        }
        properties
    }
}

/// The `transaction_type` of a sale, by Paynet's general documentation, and one that is none.
const SALE: i64 = 1;
const REVERSAL: i64 = 2;

/// The bank's six digits for a transaction: the same whenever it is listed.
fn authorization(xact_id: &str) -> String {
    let hash = xact_id.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    format!("{:06}", hash % 1_000_000)
}

/// Puts a number or a boolean in quotes.
fn as_text(value: &mut Box<RawValue>) {
    let is_other = value.get().starts_with(['"', '{', '[', 'n']);
    if let Some(text) = to_raw_value(value.get()).ok().filter(|_| !is_other) {
        *value = text;
    }
}

impl Sale {
    /// Creates a sale that is not reversed.
    #[must_use]
    pub fn new(xact_id: impl Into<String>, dealer: impl Into<String>, amount: Decimal) -> Self {
        Self { xact_id: xact_id.into(), dealer: dealer.into(), amount, reversed: false }
    }
}
