//! Payment sessions and sales, and the transactions that a check lists.

use std::{collections::BTreeMap, fmt, sync::OnceLock, time::SystemTime};

use paypos::{DOCUMENT, Decimal, Operation};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    Behavior,
    behavior::{
        Commission, ListedAmount, PropertyTypes, ReversalReference, ReversalType, SaleReference, SaleType,
        issue,
    },
    clock::write_time,
    conformance::{members, resolved},
};

/// Members of a JSON object, each as its JSON, since amounts keep their digits.
pub(crate) type Members = BTreeMap<String, Box<RawValue>>;

/// A payment session; see [`Simulator::payments`](crate::Simulator::payments).
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PaymentSession {
    /// Its `payment_session_id`.
    #[serde(rename = "payment_session_id")]
    pub id: String,
    /// When it was opened.
    #[serde(serialize_with = "write_time")]
    pub opened: SystemTime,
    /// Whether it waits for the phone, or how the phone decided.
    pub state: PaymentState,
    /// What was requested.
    #[serde(flatten)]
    pub request: PaymentRequest,
}

/// The state of a payment session. Serialized in lower case.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Sale {
    /// Its `xact_id`.
    pub xact_id: String,
    /// The amount that was paid.
    #[serde(serialize_with = "write_amount", deserialize_with = "positive_amount")]
    pub amount: Decimal,
    /// Whether it was reversed.
    #[serde(default)]
    pub reversed: bool,
}

impl Sale {
    /// Creates a sale that is not reversed.
    #[must_use]
    pub fn new(xact_id: impl Into<String>, amount: Decimal) -> Self {
        Self { xact_id: xact_id.into(), amount, reversed: false }
    }
}

/// Sales to begin with, deserialized from what `GET /_paypos/sales` returned.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    pub(crate) sales: Vec<Sale>,
    /// Number of sales that were not kept.
    #[serde(default)]
    pub(crate) forgotten: u64,
}

/// What was requested for a payment session; see [`PaymentSession::request`].
#[derive(Clone, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct PaymentRequest {
    /// The amount that is paid or reversed.
    #[serde(default, deserialize_with = "read_amount", serialize_with = "write_some_amount")]
    pub amount: Option<Decimal>,
    /// For a reversal, the sale's `xact_id`.
    pub xact_id: Option<String>,
    /// `callback_url` of the request.
    pub callback_url: Option<String>,
    /// `reference_no` of the request.
    pub reference_no: Option<String>,
    /// `description` of the request.
    pub description: Option<String>,
    #[serde(skip_serializing)]
    pub(crate) instalment: Option<i64>,
    #[serde(skip_serializing)]
    pub(crate) add_commission: Option<bool>,
    #[serde(skip_serializing)]
    pub(crate) card_holder_phone: Option<String>,
    #[serde(skip_serializing)]
    pub(crate) card_holder_mail: Option<String>,
}

/// Reads an amount with its digits, from a JSON number or its text; one that cannot be held exactly is none.
fn amount(json: &RawValue) -> Option<Decimal> {
    let text = json.get().trim_matches('"');
    match text.split_once(['e', 'E']) {
        Some((base, _)) => Decimal::from_str_exact(base).and_then(|_| Decimal::from_scientific(text)).ok(),
        None => Decimal::from_str_exact(text).ok(),
    }
}

fn read_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(|json| amount(&json))
}

pub(crate) fn positive_amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let read = read_amount(deserializer)?.filter(|amount| *amount > Decimal::ZERO);
    read.ok_or_else(|| {
        de::Error::custom("`amount` is not positive, or cannot be held exactly; give one such as 149.90")
    })
}

/// Writes an amount as a JSON number with its digits.
fn write_amount<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    digits(*amount).ok_or_else(|| ser::Error::custom("an amount is a number"))?.serialize(serializer)
}

#[allow(clippy::ref_option, reason = "as serde calls it")]
fn write_some_amount<S: Serializer>(amount: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
    amount.and_then(digits).serialize(serializer)
}

fn digits(amount: Decimal) -> Option<Box<RawValue>> {
    RawValue::from_string(amount.to_string()).ok()
}

impl fmt::Debug for PaymentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentRequest").field("amount", &self.amount).finish_non_exhaustive()
    }
}

/// A payment session, with the transactions that came of it.
pub(crate) struct Payment {
    pub(crate) shown: PaymentSession,
    /// The key of the session that opened it.
    pub(crate) session_key: String,
    pub(crate) transactions: Vec<Transaction>,
    /// What the transactions are listed with instead of their own.
    pub(crate) set: Members,
    /// The checks that do not list the transaction yet.
    pub(crate) late: usize,
}

pub(crate) struct Transaction {
    pub(crate) xact_id: String,
    pub(crate) is_succeed: bool,
}

impl Payment {
    pub(crate) fn new(session_key: String, request: PaymentRequest) -> Self {
        let id = issue("payment-session");
        let opened = SystemTime::now();
        Self {
            shown: PaymentSession { id, opened, state: PaymentState::Waiting, request },
            session_key,
            transactions: Vec::new(),
            set: Members::new(),
            late: 0,
        }
    }

    /// The transactions, as a check lists them.
    pub(crate) fn listed(&self, behavior: &Behavior) -> Vec<Members> {
        let listed = |transaction: &Transaction| {
            let is_succeed = Some(transaction.is_succeed);
            let mut listed = self.shown.request.transaction(&transaction.xact_id, is_succeed, behavior);
            listed.extend(self.set.clone());
            listed
        };
        self.transactions.iter().map(listed).collect()
    }
}

/// The `transaction_type` of a sale, by Paynet's general documentation, and one that is none.
const SALE: i64 = 1;
const REVERSAL: i64 = 2;

impl PaymentRequest {
    /// How much text it has, in bytes.
    pub(crate) fn bytes(&self) -> usize {
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
        let text = |text: &Option<String>| json!(text.as_deref().unwrap_or_default());
        let reference = text(&self.reference_no);
        let (transaction_type, reference) = match &self.xact_id {
            None => (
                (behavior.sale_type == SaleType::Sale).then_some(SALE),
                match behavior.sale_reference {
                    SaleReference::Own => Some(reference),
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
                // The ledger knows that of the sale.
                (behavior.reversal_reference != ReversalReference::Absent).then_some(reference),
            ),
        };
        let own = [
            ("xact_id", Some(json!(xact_id))),
            ("is_succeed", Some(json!(is_succeed))),
            ("currency", Some(json!("TRY"))),
            ("card_no", Some(json!("589004******0000"))),
            ("card_holder", Some(json!("SIMULATED CARD"))),
            ("instalment", Some(json!(self.instalment.unwrap_or_default()))),
            ("email", Some(text(&self.card_holder_mail))),
            ("phone", Some(text(&self.card_holder_phone))),
            ("note", Some(text(&self.description))),
            ("transaction_type", transaction_type.map(Value::from)),
            ("agent_reference", reference),
            ("code", Some(json!(0))),
            ("message", Some(json!("simulated"))),
            ("authorization_code", Some(json!(authorization(xact_id)))),
        ];
        let own =
            own.into_iter().map(|(name, value)| (name, value.and_then(|value| to_raw_value(&value).ok())));
        let net = self.amount.unwrap_or_default();
        let amounts = [
            ("amount", listed(self.with_commission(net, behavior), behavior)),
            ("netAmount", listed(net, behavior)),
        ];
        let mut properties = documented_properties().clone();
        for (name, value) in own.chain(amounts) {
            match value {
                Some(value) => drop(properties.get_mut(name).map(|property| *property = value)),
                None => drop(properties.remove(name)),
            }
        }
        if behavior.property_types == PropertyTypes::Texts {
            properties.values_mut().for_each(as_text);
        }
        properties
    }

    fn with_commission(&self, amount: Decimal, behavior: &Behavior) -> Decimal {
        let is_plain = self.add_commission != Some(true) && self.instalment.unwrap_or_default() < 2;
        if is_plain || behavior.commission == Commission::Same {
            return amount;
        }
        (amount * Decimal::new(102, 2)).round_dp(2)
    }
}

fn listed(mut amount: Decimal, behavior: &Behavior) -> Option<Box<RawValue>> {
    match behavior.listed_amount {
        ListedAmount::AsRequested => digits(amount),
        ListedAmount::Kurus => digits((amount * Decimal::ONE_HUNDRED).normalize()),
        ListedAmount::Comma => {
            // With two decimals, and more if it has them.
            amount.rescale(amount.scale().max(2));
            to_raw_value(&amount.to_string().replace('.', ",")).ok()
        }
    }
}

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
