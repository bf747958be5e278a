//! Errors and handoffs of a user's choice, for testing how they are handled.

use std::time::Duration;

use crate::{Error, ErrorKind, Handoff, Secret, generated::operations};

impl Error {
    /// An error of this kind, for testing how you handle it.
    #[must_use]
    pub fn simulated(kind: ErrorKind) -> Self {
        Self::new(kind, "simulated")
    }

    /// The same error, as of this operation: of a check, it tells nothing of the payment.
    #[must_use]
    pub fn of_operation(self, name: &str) -> Self {
        let operation = operations::ALL.iter().find(|operation| operation.name == name);
        match operation {
            Some(operation) => self.with_operation(operation),
            None => self,
        }
    }

    /// The same error, with this HTTP status and `code`.
    #[must_use]
    pub fn with_status(mut self, status: u16, code: Option<i64>) -> Self {
        self.0.status = Some(status);
        self.0.server.code = code;
        self
    }

    /// The same error, with this `payment_session_id`.
    #[must_use]
    pub fn with_payment_session_id(mut self, id: impl Into<String>) -> Self {
        self.0.server.payment_session_id = Some(id.into());
        self
    }

    /// The same error, with this time to wait.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }
}

impl Handoff {
    /// A handoff, for testing what you do with one.
    #[must_use]
    pub fn simulated(
        payment_session_id: impl Into<String>,
        deeplink_url: impl Into<String>,
        encryption_key: impl Into<Secret>,
    ) -> Self {
        Self {
            payment_session_id: payment_session_id.into(),
            deeplink_url: deeplink_url.into(),
            encryption_key: encryption_key.into(),
            code: None,
            message: None,
            object_name: None,
            reverses: None,
        }
    }
}
