//! Constructs errors and handoffs for the unit tests of code that handles them.

use std::time::Duration;

use crate::{
    Error, ErrorKind, Handoff, Operation, Outcome, PaymentSession, Secret, error::ServerMessage,
    refusal::leaves_open,
};

impl Error {
    /// Creates an error of an operation, for a test of how you handle it.
    ///
    /// ```
    /// use paypos::{Error, ErrorKind, Operation, Outcome, PaymentSession};
    ///
    /// let lost = Error::simulated(ErrorKind::Timeout, Operation::InitSaleTransaction);
    /// assert_eq!((lost.outcome(), lost.is_safe_to_retry()), (Outcome::Unknown, false));
    ///
    /// let error = Error::simulated(ErrorKind::BadResponse, Operation::InitReversalTransaction)
    ///     .with_payment_session(PaymentSession::reversal("86D87D5052D98CD0", "xk_EAAA")?);
    /// assert_eq!(error.payment_session().and_then(PaymentSession::reversal_of), Some("xk_EAAA"));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn simulated(kind: ErrorKind, operation: Operation) -> Self {
        let error = Self::new(kind, "simulated").called(operation);
        match kind {
            ErrorKind::Unauthorized | ErrorKind::RateLimited | ErrorKind::Refused => {
                error.meaning(Outcome::Rejected)
            }
            _ => error,
        }
    }

    /// Sets the HTTP status and the `code` of the response.
    #[must_use]
    pub fn with_status(self, status: u16, code: Option<i64>) -> Self {
        let message = ServerMessage { code, ..ServerMessage::default() };
        let is_open = leaves_open(message.return_code(status));
        let error = self.responded(status, message);
        if is_open { error.meaning(Outcome::Unknown) } else { error }
    }

    /// Sets the payment session that was obtained.
    #[must_use]
    pub fn with_payment_session(self, payment_session: PaymentSession) -> Self {
        self.obtained(payment_session)
    }

    /// Sets how long to wait before the next request.
    #[must_use]
    pub fn with_retry_after(self, delay: Duration) -> Self {
        self.delayed(Some(delay))
    }
}

impl Handoff {
    /// Creates a handoff of a sale or of a reversal, for a test of what you do with one.
    ///
    /// ```
    /// use paypos::{Handoff, PaymentSession};
    ///
    /// let reversal = PaymentSession::reversal("86D87D5052D98CD0", "xk_EAAA")?;
    /// let handoff = Handoff::simulated(reversal.clone(), "paynet://pay", "key");
    /// assert_eq!(handoff.payment_session(), &reversal);
    /// # Ok::<(), paypos::Error>(())
    /// ```
    #[must_use]
    pub fn simulated(
        payment_session: impl Into<PaymentSession>,
        deeplink_url: impl Into<String>,
        encryption_key: impl Into<Secret>,
    ) -> Self {
        Self {
            payment_session: payment_session.into(),
            deeplink_url: deeplink_url.into(),
            encryption_key: encryption_key.into(),
            code: None,
            message: None,
            object_name: None,
        }
    }
}
