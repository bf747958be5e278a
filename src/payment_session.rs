//! What was asked for, and where to look for it: all that a restart needs.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    Error,
    object::{self, Object, Properties},
    validate::{check_amount, check_xact_id, is_id, is_payment_session_id},
};

/// A payment session: its id, and what was asked for.
///
/// This is the one thing to store of a [`Handoff`](crate::Handoff): it can be written in any format of serde, read again
/// after a restart, and passed to [`Session::wait_for`](crate::Session::wait_for) or
/// [`Session::decision`](crate::Session::decision), which compare what succeeded with what was asked for. What a newer
/// version of this crate has added to it is ignored when it is read.
///
/// `Debug` prints the id and the kind; support asks for them.
///
/// ```
/// use paypos::{Decimal, PaymentSession};
///
/// let reversal = PaymentSession::reversal("86D87D5052D98CD0", "xk_EAAA")?
///     .with_amount(Decimal::new(14990, 2))?
///     .with_reference_no("ORDER-1042-R1")?;
/// let stored = serde_json::to_string(&reversal)?;
/// let restored: PaymentSession = serde_json::from_str(&stored)?;
/// assert_eq!(restored, reversal);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PaymentSession {
    id: String,
    asked: Asked,
}

/// What a request asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// Of a reversal: the `xact_id` of the sale.
    pub(crate) reversal_of: Option<String>,
    pub(crate) amount: Option<Decimal>,
    pub(crate) reference_no: Option<String>,
}

impl Asked {
    /// Adds the id that Paynet returned, which the caller has validated.
    pub(crate) fn in_payment_session(self, id: String) -> PaymentSession {
        PaymentSession { id, asked: self }
    }
}

impl PaymentSession {
    /// Creates the payment session of a sale from its `payment_session_id`.
    ///
    /// A [`Handoff`](crate::Handoff) has one with all that was asked for. With an id only, the decision compares the kind
    /// and the count, and nothing that it does not know: add the amount and the reference if you know them.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the id has no letter or digit, or has a control character.
    ///
    /// ```
    /// # use paypos::PaymentSession;
    /// assert_eq!(PaymentSession::sale("86D87D5052D98CD0")?.reversal_of(), None);
    /// assert!(PaymentSession::sale("").is_err());
    /// # Ok::<(), paypos::Error>(())
    /// ```
    pub fn sale(payment_session_id: impl Into<String>) -> Result<Self, Error> {
        let id = payment_session_id.into();
        if !is_payment_session_id(&id) {
            return Err(Error::invalid_input(
                "`payment_session_id` has no letter or digit, or has a control character; expected it as Paynet \
                 returned it",
            ));
        }
        Ok(Asked::default().in_payment_session(id))
    }

    /// Creates the payment session of a reversal from its `payment_session_id` and the `xact_id` of the sale that is
    /// being reversed.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if one of them has no letter or digit, the id has a control
    /// character, or the `xact_id` has a blank at its edge.
    ///
    /// ```
    /// # use paypos::PaymentSession;
    /// assert_eq!(PaymentSession::reversal("86D87D5052D98CD0", "xk_EAAA")?.reversal_of(), Some("xk_EAAA"));
    /// # Ok::<(), paypos::Error>(())
    /// ```
    pub fn reversal(
        payment_session_id: impl Into<String>,
        xact_id: impl Into<String>,
    ) -> Result<Self, Error> {
        let (mut reversal, xact_id) = (Self::sale(payment_session_id)?, xact_id.into());
        check_xact_id(&xact_id)?;
        reversal.asked.reversal_of = Some(xact_id);
        Ok(reversal)
    }

    /// Sets the amount: of a sale, that of the request; of a reversal, that of the sale that it reverses.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is not positive or has more than two decimal places.
    ///
    /// ```
    /// # use paypos::{Decimal, PaymentSession};
    /// let sale = PaymentSession::sale("86D87D5052D98CD0")?.with_amount(Decimal::new(14990, 2))?;
    /// assert_eq!(sale.amount().unwrap().to_string(), "149.90");
    /// # Ok::<(), paypos::Error>(())
    /// ```
    pub fn with_amount(mut self, amount: Decimal) -> Result<Self, Error> {
        check_amount("amount", amount.normalize())?;
        self.asked.amount = Some(amount);
        Ok(self)
    }

    /// Sets the `reference_no` of the request. A reversal's helps to tell its transaction from the sale's.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if it has no letter or digit.
    ///
    /// ```
    /// # use paypos::PaymentSession;
    /// let sale = PaymentSession::sale("86D87D5052D98CD0")?.with_reference_no("ORDER-1042")?;
    /// assert_eq!(sale.reference_no(), Some("ORDER-1042"));
    /// # Ok::<(), paypos::Error>(())
    /// ```
    pub fn with_reference_no(mut self, reference_no: impl Into<String>) -> Result<Self, Error> {
        let reference_no = reference_no.into();
        if !is_id(&reference_no) {
            return Err(Error::invalid_input(
                "`reference_no` has no letter or digit; expected one such as `ORDER-1042`",
            ));
        }
        self.asked.reference_no = Some(reference_no);
        Ok(self)
    }

    /// Returns the `payment_session_id`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the `xact_id` of the sale that is being reversed; `None` for a sale.
    #[must_use]
    pub fn reversal_of(&self) -> Option<&str> {
        self.asked.reversal_of.as_deref()
    }

    /// Returns the amount: of a sale, that of the request; of a reversal, that of the sale that it reverses, if known.
    #[must_use]
    pub fn amount(&self) -> Option<Decimal> {
        self.asked.amount
    }

    /// Returns the `reference_no` of the request, if known.
    #[must_use]
    pub fn reference_no(&self) -> Option<&str> {
        self.asked.reference_no.as_deref()
    }

    fn kind(&self) -> &'static str {
        if self.reversal_of().is_some() { REVERSAL } else { SALE }
    }
}

const SALE: &str = "sale";
const REVERSAL: &str = "reversal";

impl From<&PaymentSession> for PaymentSession {
    fn from(payment_session: &PaymentSession) -> Self {
        payment_session.clone()
    }
}

impl fmt::Debug for PaymentSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentSession")
            .field("id", &self.id)
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

/// A payment session as it is written: its members by name, each of them text, which is the same in every format. The
/// kind is stated: a reversal whose sale is lost must never be read as a sale.
struct Stored<'a>(&'a PaymentSession);

impl Serialize for Stored<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let amount = self.0.amount().map(|amount| amount.to_string());
        let members = [
            ("payment_session_id", Some(self.0.id())),
            ("kind", Some(self.0.kind())),
            ("reversal_of", self.0.reversal_of()),
            ("amount", amount.as_deref()),
            ("reference_no", self.0.reference_no()),
        ];
        serializer.collect_map(members.into_iter().filter_map(|(name, value)| Some((name, value?))))
    }
}

const STORED: &[&str] =
    &["payment_session_id", "kind", "reversal_of", "amount", "reference_no", object::JSON_TEXT];

impl Serialize for PaymentSession {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object::write(&Stored(self), serializer)
    }
}

impl<'de> Deserialize<'de> for PaymentSession {
    /// Reads what was written, by an older version also without a kind or an amount.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object::read(deserializer, "PaymentSession", STORED, object::Of::PaymentSession)
    }
}

impl Object for PaymentSession {
    fn from_properties(properties: &Properties<'_>, ignored: &mut usize) -> Result<Self, String> {
        let reversal_of: Option<String> = properties.optional("reversal_of", ignored)?;
        let kind: Option<String> = properties.optional("kind", ignored)?;
        let amount: Option<Decimal> = properties.optional("amount", ignored)?;
        let reference_no: Option<String> = properties.optional("reference_no", ignored)?;
        let id: String = properties.required("payment_session_id", ignored)?;
        let mut read = match (kind.as_deref(), reversal_of) {
            (None | Some(SALE), None) => Self::sale(id),
            (None | Some(REVERSAL), Some(xact_id)) => Self::reversal(id, xact_id),
            _ => {
                return Err(
                    "`kind` and `reversal_of` of the payment session contradict each other".to_owned()
                );
            }
        };
        if let Some(amount) = amount {
            read = read.and_then(|read| read.with_amount(amount));
        }
        if let Some(reference_no) = reference_no {
            read = read.and_then(|read| read.with_reference_no(reference_no));
        }
        read.map_err(|error| error.to_string())
    }
}
