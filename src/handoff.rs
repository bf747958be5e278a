//! What the merchant's app needs to open PayPOS.

use std::fmt;

use crate::{
    Secret,
    property::{Object, Properties},
    response::is_usable_id,
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

impl Object for Handoff {
    fn from_properties(properties: &Properties<'_>) -> Result<Self, String> {
        let handoff = Self {
            payment_session_id: properties.required("payment_session_id")?,
            deeplink_url: properties.required("deeplink_url")?,
            encryption_key: properties.required("encryption_key")?,
            code: properties.tolerant("code")?,
            message: properties.tolerant("message")?,
            object_name: properties.tolerant("object_name")?,
            reverses: None,
        };
        if !is_usable_id(&handoff.payment_session_id) {
            return Err("`payment_session_id` of the answer is empty or has a control character".to_owned());
        }
        check_app_url(&handoff.deeplink_url)
            .map_err(|problem| format!("`deeplink_url` of the answer {problem}"))?;
        if handoff.encryption_key.expose().chars().all(char::is_whitespace) {
            return Err("`encryption_key` of the answer is empty".to_owned());
        }
        Ok(handoff)
    }
}
