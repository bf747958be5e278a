//! Why the simulator refuses a request.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::StatusCode;

use crate::{Behavior, code, conformance::Violations};

/// `code` and `message` of the response.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) message: Cow<'static, str>,
    /// HTTP status, if the behavior does not tell.
    status: Option<StatusCode>,
    /// Value of `Allow` for a wrong method.
    pub(crate) allow: Option<String>,
}

impl Refusal {
    pub(crate) const UNKNOWN_SESSION: Self = Self::of(code::UNKNOWN_SESSION, "unknown session key");
    pub(crate) const ENDED_SESSION: Self = Self::of(code::ENDED_SESSION, "the session was ended");
    pub(crate) const EXPIRED_SESSION: Self = Self::of(code::EXPIRED_SESSION, "the session has expired");
    pub(crate) const UNKNOWN_TRANSACTION: Self = Self::of(code::UNKNOWN_TRANSACTION, "unknown xact_id");
    pub(crate) const ALREADY_REVERSED: Self =
        Self::of(code::ALREADY_REVERSED, "the sale was reversed already");
    pub(crate) const UNKNOWN_PAYMENT_SESSION: Self =
        Self::of(code::UNKNOWN_PAYMENT_SESSION, "unknown payment session");
    pub(crate) const OTHER_SESSION: Self =
        Self::of(code::OTHER_SESSION, "another session opened the payment session");
    pub(crate) const NO_TRANSACTION: Self = Self::of(code::NO_TRANSACTION, "there is no transaction yet");
    pub(crate) const SAME_REFERENCE: Self =
        Self::of(code::SAME_REFERENCE, "the reference_no was used before");
    pub(crate) const SECOND_SESSION: Self = Self::of(code::SECOND_SESSION, "the user has an open session");
    pub(crate) const NO_AMOUNT: Self = Self::of(code::NO_AMOUNT, "a sale needs a positive amount");

    const fn of(code: i64, message: &'static str) -> Self {
        Self { code, message: Cow::Borrowed(message), status: None, allow: None }
    }

    /// Refuses a secret key. If it is in base64, as HTTP clients send a user name and password, the message says so.
    pub(crate) fn unknown_dealer(secret_key: &str) -> Self {
        let decoded = STANDARD.decode(secret_key).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        Self::of(
            code::UNKNOWN_DEALER,
            match decoded {
                Some(text) if text.contains(':') || text.starts_with("sck_") => {
                    "unknown secret key: it is in base64; after `Basic `, send the secret key as it is"
                }
                _ => "unknown secret key",
            },
        )
    }

    /// Returns the HTTP status.
    pub(crate) fn status(&self, behavior: &Behavior) -> StatusCode {
        match self.code {
            code::UNKNOWN_DEALER | code::UNKNOWN_SESSION => behavior.wrong_session.code(),
            code::ENDED_SESSION | code::EXPIRED_SESSION => behavior.ended_session.code(),
            _ => self.status.unwrap_or(behavior.refusal_status.code()),
        }
    }

    pub(crate) fn unsupported(path: &str) -> Self {
        let message = format!("the simulator does not support {path}").into();
        Self { code: code::UNSUPPORTED, message, status: None, allow: None }
    }
}

impl From<Violations> for Refusal {
    fn from(violations: Violations) -> Self {
        let Violations { status, allow, texts } = violations;
        Self { code: code::VIOLATION, message: texts.join("; ").into(), status: Some(status), allow }
    }
}
