//! What the merchant's app needs to open PayPOS.

use std::fmt;

use url::Url;

use crate::{Error, Secret, generated::wire, response::ServerMessage, validate::parse_app_url};

/// What the merchant's app needs to open the PayPOS app, which then carries out the operation.
///
/// A handoff is neither a payment nor a refund yet: the person at the phone finishes it, or does not.
/// `Debug` shows none of the values.
#[derive(Clone)]
#[non_exhaustive]
pub struct Handoff {
    /// Identifies the payment session: `payment_session_id` of the document. Opaque, not
    /// empty, and without control characters.
    pub payment_session_id: String,
    /// Opens the PayPOS app on the phone: `deeplink_url` of the document.
    ///
    /// An absolute URL without spaces or control characters, whose scheme is none of
    /// `javascript`, `data`, `file` and `blob`.
    pub deeplink_url: Url,
    /// Decrypts what PayPOS returns to the `callback_url`: `encryption_key` of the
    /// document, which does not define how. Opaque and not empty.
    pub encryption_key: Secret,
}

impl fmt::Debug for Handoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff").finish_non_exhaustive()
    }
}

impl Handoff {
    /// From the properties of an answer; the error names the one that is wrong.
    fn read(
        payment_session_id: Option<String>,
        deeplink_url: Option<String>,
        encryption_key: Option<Secret>,
    ) -> Result<Self, String> {
        let deeplink_url = present("deeplink_url", deeplink_url, String::as_str)?;
        Ok(Self {
            payment_session_id: present("payment_session_id", payment_session_id, String::as_str)
                .and_then(|id| without_control("payment_session_id", id))?,
            deeplink_url: parse_app_url(&deeplink_url)
                .map_err(|problem| format!("`deeplink_url` of the answer {problem}"))?,
            encryption_key: present("encryption_key", encryption_key, Secret::expose)?,
        })
    }
}

/// The answers that a handoff is read from: of each operation that opens PayPOS.
macro_rules! handoff_from {
    ($($answer:ident),*) => {
        $(impl TryFrom<wire::types::$answer> for Handoff {
            type Error = Error;

            fn try_from(answer: wire::types::$answer) -> Result<Self, Error> {
                let wire::types::$answer { object_name, code, message, .. } = answer;
                Self::read(answer.payment_session_id, answer.deeplink_url, answer.encryption_key).map_err(
                    |problem| Error::bad_response(problem, ServerMessage { object_name, code, message }),
                )
            }
        })*
    };
}

handoff_from!(InitReversalResponse, InitSaleResponse);

/// The value of a property that the document leaves optional and the client needs.
pub(crate) fn present<T>(property: &str, value: Option<T>, text: fn(&T) -> &str) -> Result<T, String> {
    let Some(value) = value else {
        return Err(format!("`{property}` is missing from the answer"));
    };
    if text(&value).trim().is_empty() {
        return Err(format!("`{property}` of the answer is empty"));
    }
    Ok(value)
}

fn without_control(property: &str, text: String) -> Result<String, String> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(format!("`{property}` of the answer has a control character in it"));
    }
    Ok(text)
}
