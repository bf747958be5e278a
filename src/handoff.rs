//! What the merchant's app needs to open the PayPOS app.

use std::fmt;

use serde::Serialize;

use crate::{
    PaymentSession, Secret,
    lenient::is_usable_id,
    property::{Object, Properties},
    validate::check_app_url,
};

/// What the merchant's app needs to open the PayPOS app, which then completes the operation.
///
/// A handoff is not a payment or a refund; that happens in the app, if at all. Store its
/// [`payment_session`](Self::payment_session) before anything else that can fail.
///
/// `Debug` prints the `payment_session_id` and no other value. Serialized, it has everything but the `encryption_key`,
/// for the app that opens the deeplink.
///
/// ```
/// # use paypos::{Error, Session, types::InitSaleRequest};
/// # async fn example(session: &Session, request: InitSaleRequest) -> Result<(), Box<dyn std::error::Error>> {
/// let handoff = session.init_sale_transaction(request).await?;
/// let stored: String = serde_json::to_string(&handoff.payment_session())?; // all that a restart needs
/// let for_the_app: String = serde_json::to_string(&handoff)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Handoff {
    /// Identifies the payment session. Opaque, not blank, no control characters. It is the only way to check the
    /// result.
    pub payment_session_id: String,
    /// The URL that opens the PayPOS app, exactly as Paynet sent it.
    ///
    /// It has a scheme, contains no whitespace or control characters, and its scheme is not one that executes or
    /// displays content, such as `javascript` or `file`.
    pub deeplink_url: String,
    /// Decrypts the data that PayPOS sends to `callback_url`. Paynet does not document the algorithm. Opaque and not
    /// blank.
    #[serde(skip)]
    pub encryption_key: Secret,
    /// The response's `code`. Paynet documents no values for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// The response's `message`. Untrusted text from Paynet: escape it before displaying it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The response's `object_name`. Untrusted text from Paynet: escape it before displaying it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_name: Option<String>,
    /// From the request.
    #[serde(skip)]
    pub(crate) reversal_of: Option<String>,
    #[serde(skip)]
    pub(crate) reference_no: Option<String>,
}

impl Handoff {
    /// Returns what to store, to wait for or check the payment session also after a restart.
    #[must_use]
    pub fn payment_session(&self) -> PaymentSession {
        PaymentSession::sale(&self.payment_session_id)
            .for_request(self.reversal_of.clone(), self.reference_no.clone())
    }
}

impl From<&Handoff> for PaymentSession {
    fn from(handoff: &Handoff) -> Self {
        handoff.payment_session()
    }
}

impl From<Handoff> for PaymentSession {
    fn from(handoff: Handoff) -> Self {
        handoff.payment_session()
    }
}

impl fmt::Debug for Handoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff")
            .field("payment_session_id", &self.payment_session_id)
            .finish_non_exhaustive()
    }
}

impl Object for Handoff {
    fn from_properties(properties: &Properties<'_>, ignored: &mut usize) -> Result<Self, String> {
        let handoff = Self {
            payment_session_id: properties.required("payment_session_id", ignored)?,
            deeplink_url: properties.required("deeplink_url", ignored)?,
            encryption_key: properties.required("encryption_key", ignored)?,
            code: properties.lenient("code", ignored)?,
            message: properties.lenient("message", ignored)?,
            object_name: properties.lenient("object_name", ignored)?,
            reversal_of: None,
            reference_no: None,
        };
        if !is_usable_id(&handoff.payment_session_id) {
            return Err(
                "`payment_session_id` in the response is blank or contains a control character".to_owned()
            );
        }
        check_app_url(&handoff.deeplink_url)
            .map_err(|problem| format!("`deeplink_url` in the response {problem}"))?;
        if handoff.encryption_key.expose().trim().is_empty() {
            return Err("`encryption_key` in the response is blank".to_owned());
        }
        Ok(handoff)
    }
}
