//! What is waited for, and all that a restart needs of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A payment session: its id, and whether it is a sale or a reversal.
///
/// This is the one thing to store of a [`Handoff`](crate::Handoff): it can be written as JSON, read again after a
/// restart, and passed to [`Session::wait_for`](crate::Session::wait_for) or
/// [`Session::decision`](crate::Session::decision). It says what the payment session is for, since the payment session
/// of a reversal may also list the original sale, whose success must not be mistaken for the reversal's.
///
/// `Debug` prints the id and the purpose; support asks for them.
///
/// ```
/// use paypos::PaymentSession;
///
/// let reversal = PaymentSession::reversal("86D87D5052D98CD0", "xk_EAAA").with_reference_no("ORDER-1042-R1");
/// let stored = serde_json::to_string(&reversal)?;
/// let restored: PaymentSession = serde_json::from_str(&stored)?;
/// assert_eq!(restored, reversal);
/// assert_eq!((restored.id(), restored.reversal_of()), ("86D87D5052D98CD0", Some("xk_EAAA")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentSession {
    #[serde(rename = "payment_session_id")]
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reversal_of: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference_no: Option<String>,
}

impl PaymentSession {
    /// Creates the payment session of a sale from its `payment_session_id`.
    ///
    /// ```
    /// # use paypos::PaymentSession;
    /// assert_eq!(PaymentSession::sale("86D87D5052D98CD0").reversal_of(), None);
    /// ```
    pub fn sale(payment_session_id: impl Into<String>) -> Self {
        Self { id: payment_session_id.into(), reversal_of: None, reference_no: None }
    }

    /// Creates the payment session of a reversal from its `payment_session_id` and the `xact_id` of the sale that is
    /// being reversed.
    ///
    /// ```
    /// # use paypos::PaymentSession;
    /// assert_eq!(PaymentSession::reversal("86D87D5052D98CD0", "xk_EAAA").reversal_of(), Some("xk_EAAA"));
    /// ```
    pub fn reversal(payment_session_id: impl Into<String>, xact_id: impl Into<String>) -> Self {
        Self { reversal_of: Some(xact_id.into()), ..Self::sale(payment_session_id) }
    }

    /// Sets the `reference_no` of the request. A reversal's helps to tell its transaction from the sale's.
    ///
    /// ```
    /// # use paypos::PaymentSession;
    /// let sale = PaymentSession::sale("86D87D5052D98CD0").with_reference_no("ORDER-1042");
    /// assert_eq!(sale.reference_no(), Some("ORDER-1042"));
    /// ```
    #[must_use]
    pub fn with_reference_no(mut self, reference_no: impl Into<String>) -> Self {
        self.reference_no = Some(reference_no.into());
        self
    }

    /// Adds what the request said.
    pub(crate) fn for_request(mut self, reversal_of: Option<String>, reference_no: Option<String>) -> Self {
        (self.reversal_of, self.reference_no) = (reversal_of, reference_no);
        self
    }

    /// Returns the `payment_session_id`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the `xact_id` of the sale that is being reversed; `None` for a sale.
    #[must_use]
    pub fn reversal_of(&self) -> Option<&str> {
        self.reversal_of.as_deref()
    }

    /// Returns the `reference_no` of the request, if it is known.
    #[must_use]
    pub fn reference_no(&self) -> Option<&str> {
        self.reference_no.as_deref()
    }
}

impl From<&PaymentSession> for PaymentSession {
    fn from(payment_session: &PaymentSession) -> Self {
        payment_session.clone()
    }
}

impl fmt::Debug for PaymentSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let purpose = if self.reversal_of.is_some() { "reversal" } else { "sale" };
        f.debug_struct("PaymentSession")
            .field("id", &self.id)
            .field("purpose", &purpose)
            .finish_non_exhaustive()
    }
}
