//! What the merchant's app needs to open the PayPOS app.

use std::fmt;

use serde::Serialize;

use crate::{
    PaymentSession, Secret,
    object::{Object, Properties},
    payment_session::Asked,
    validate::{check_app_url, is_payment_session_id},
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
/// let stored: String = serde_json::to_string(handoff.payment_session())?; // all that a restart needs
/// let for_the_app: String = serde_json::to_string(&handoff)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Handoff {
    #[serde(rename = "payment_session_id", serialize_with = "id_of")]
    pub(crate) payment_session: PaymentSession,
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
}

fn id_of<S: serde::Serializer>(payment_session: &PaymentSession, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(payment_session.id())
}

impl Handoff {
    /// Makes a handoff of what Paynet returned for a request.
    pub(crate) fn new(asked: Asked, opened: Opened) -> Self {
        let Opened { payment_session_id, deeplink_url, encryption_key, code, message, object_name } = opened;
        let payment_session = asked.in_payment_session(payment_session_id);
        Self { payment_session, deeplink_url, encryption_key, code, message, object_name }
    }

    /// Returns what to store, to wait for or check the payment session also after a restart: its id, which is the only
    /// way to check the result, and what was asked for.
    #[must_use]
    pub fn payment_session(&self) -> &PaymentSession {
        &self.payment_session
    }
}

impl From<&Handoff> for PaymentSession {
    fn from(handoff: &Handoff) -> Self {
        handoff.payment_session.clone()
    }
}

impl From<Handoff> for PaymentSession {
    fn from(handoff: Handoff) -> Self {
        handoff.payment_session
    }
}

impl fmt::Debug for Handoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handoff")
            .field("payment_session_id", &self.payment_session.id())
            .finish_non_exhaustive()
    }
}

/// What Paynet returns for a request that opens a payment session; validated.
pub(crate) struct Opened {
    payment_session_id: String,
    deeplink_url: String,
    encryption_key: Secret,
    code: Option<i64>,
    message: Option<String>,
    object_name: Option<String>,
}

// Guard: cases/handoff-
impl Object for Opened {
    fn from_properties(properties: &Properties<'_>, ignored: &mut usize) -> Result<Self, String> {
        let opened = Self {
            payment_session_id: properties.required("payment_session_id", ignored)?,
            deeplink_url: properties.required("deeplink_url", ignored)?,
            encryption_key: properties.required("encryption_key", ignored)?,
            code: properties.lenient("code", ignored)?,
            message: properties.lenient("message", ignored)?,
            object_name: properties.lenient("object_name", ignored)?,
        };
        if !is_payment_session_id(&opened.payment_session_id) {
            return Err(
                "`payment_session_id` in the response has no letter or digit, or has a control character"
                    .to_owned(),
            );
        }
        check_app_url(&opened.deeplink_url)
            .map_err(|problem| format!("`deeplink_url` in the response {problem}"))?;
        if opened.encryption_key.expose().trim().is_empty() {
            return Err("`encryption_key` in the response is blank".to_owned());
        }
        Ok(opened)
    }
}
