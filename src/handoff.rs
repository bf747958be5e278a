//! What the merchant's app needs to open PayPOS.

use std::fmt;

use crate::{
    Error, Secret,
    generated::wire,
    response::{ServerMessage, is_usable_id},
    validate::check_app_url,
};

/// What the merchant's app needs to open the PayPOS app, which then carries out the operation.
///
/// A handoff is neither a payment nor a refund yet: the person at the phone finishes it, or does not.
/// `Debug` shows none of the values.
#[derive(Clone)]
#[non_exhaustive]
pub struct Handoff {
    /// Identifies the payment session: `payment_session_id` of the document. Opaque, not
    /// empty, and without control characters. Keep it: it is the only means of checking.
    pub payment_session_id: String,
    /// Opens the PayPOS app on the phone: `deeplink_url` of the document, exactly as Paynet wrote it.
    ///
    /// It begins with a scheme, has no blank or control character, and its scheme is not one that runs,
    /// reads or shows content instead of opening an app, such as `javascript` or `file`.
    pub deeplink_url: String,
    /// Decrypts what PayPOS returns to the `callback_url`: `encryption_key` of the
    /// document, which does not define how. Opaque and not empty.
    pub encryption_key: Secret,
    /// `code` of the answer. Paynet documents no values for it.
    pub code: Option<i64>,
    /// `message` of the answer. Paynet's text.
    pub message: Option<String>,
    /// `object_name` of the answer. Paynet's text.
    pub object_name: Option<String>,
    /// The `xact_id` that is being reversed.
    pub(crate) reverses: Option<String>,
}

impl fmt::Debug for Handoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff").finish_non_exhaustive()
    }
}

impl Handoff {
    /// A handoff, for testing what you do with one.
    #[cfg(feature = "simulator")]
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

    /// The same handoff, of a reversal of this transaction.
    pub(crate) fn reversing(self, xact_id: String) -> Self {
        Self { reverses: Some(xact_id), ..self }
    }
}

/// The answers that a handoff is read from: of each operation that opens PayPOS.
macro_rules! handoff_from {
    ($($answer:ident),*) => {
        $(impl TryFrom<wire::types::$answer> for Handoff {
            type Error = Error;

            fn try_from(answer: wire::types::$answer) -> Result<Self, Error> {
                let wire::types::$answer {
                    payment_session_id, deeplink_url, encryption_key, object_name, code, message, ..
                } = answer;
                match unusable(payment_session_id.as_deref(), deeplink_url.as_deref(), encryption_key.as_ref()) {
                    None => Ok(Self {
                        payment_session_id: payment_session_id.unwrap_or_default(),
                        deeplink_url: deeplink_url.unwrap_or_default(),
                        encryption_key: encryption_key.unwrap_or_else(|| Secret::from("")),
                        code,
                        message,
                        object_name,
                        reverses: None,
                    }),
                    Some(problem) => {
                        let payment_session_id = payment_session_id.filter(|id| is_usable_id(id));
                        let server = ServerMessage { object_name, code, message, payment_session_id, ..ServerMessage::default() };
                        Err(Error::bad_response(problem, server))
                    }
                }
            }
        })*
    };
}

handoff_from!(InitReversalResponse, InitSaleResponse);

/// What is wrong with the essentials of a handoff, if anything.
fn unusable(id: Option<&str>, deeplink: Option<&str>, key: Option<&Secret>) -> Option<String> {
    let id = present("payment_session_id", id).and_then(|id| {
        let problem = || "`payment_session_id` of the answer has a control character in it".to_owned();
        is_usable_id(id).then_some(()).ok_or_else(problem)
    });
    let deeplink = present("deeplink_url", deeplink).and_then(|url| {
        check_app_url(url).map_err(|problem| format!("`deeplink_url` of the answer {problem}"))
    });
    let key = present("encryption_key", key.map(Secret::expose)).map(drop);
    id.and(deeplink).and(key).err()
}

/// The value of a property that the document leaves optional and the client needs.
pub(crate) fn present<'a>(property: &str, value: Option<&'a str>) -> Result<&'a str, String> {
    match value {
        None => Err(format!("`{property}` is missing from the answer")),
        Some(text) if text.trim().is_empty() => Err(format!("`{property}` of the answer is empty")),
        Some(text) => Ok(text),
    }
}
