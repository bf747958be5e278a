//! Session keys, and the operations that need one.

use std::{fmt, sync::Arc};

use crate::{
    Environment, Error, Handoff, Secret,
    generated::{self, operations, types},
    transport,
};

/// The key of a mobile session: `Session-Key` of the document.
///
/// `Debug` prints `[redacted]`, there is no `Display`, and the memory is wiped
/// on drop; the copy in the HTTP library's buffers, while a call runs, is not.
pub struct SessionKey(Secret);

impl SessionKey {
    /// The longest key that is accepted, in bytes: what fits a header of any
    /// common server. Paynet documents no length.
    pub const MAX_LENGTH: usize = 4096;

    /// Takes a key of 1 to [`MAX_LENGTH`](Self::MAX_LENGTH) visible ASCII
    /// characters, which are what a header carries unchanged.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else; the
    /// error says what is wrong without quoting the key.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let key = Secret::from(key.into());
        let text = key.expose();
        let wrong = match text.find(|c: char| !c.is_ascii_graphic()) {
            _ if text.is_empty() => "is empty".to_owned(),
            _ if text.len() > Self::MAX_LENGTH => {
                format!("is {} bytes long, and {} are the most", text.len(), Self::MAX_LENGTH)
            }
            Some(at) => format!("has a space, a control character or one beyond ASCII at byte {at}"),
            None => return Ok(Self(key)),
        };
        Err(Error::invalid_input(format!(
            "the session key {wrong}; give the key just as Paynet's create-session operation answered it"
        )))
    }
}

#[cfg(feature = "simulator")]
impl SessionKey {
    /// A key that the simulator made, and so known to be well-formed.
    pub(crate) fn issued(key: String) -> Self {
        Self(Secret::from(key))
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey([redacted])")
    }
}

/// A mobile session on a [`Client`](crate::Client): calls with its session key.
///
/// Cheap to make, to clone and to keep by the thousand: all sessions share the
/// client's connections. A session belongs to its client's environment.
#[derive(Clone)]
pub struct Session {
    api: generated::Client,
}

impl Session {
    pub(crate) fn new(client: &generated::Client, key: SessionKey) -> Self {
        let mut api = client.clone();
        api.inner.session_key = Some(Arc::new(key.0));
        Self { api }
    }

    /// The environment of the client that the session belongs to.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.api.inner.environment
    }

    /// Initiates a cancel or refund: `POST /v1/softpos/init_reversal_transaction`.
    ///
    /// Paynet checks whether the transaction may be reversed, and answers what
    /// opens the PayPOS app. **`Ok` is not a refund yet**: the phone finishes it.
    /// The request is sent at most once.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a
    /// blank `xact_id`, or a `callback_url` that is not an absolute URL, has a space or a
    /// control character in it, or whose scheme is `javascript`, `data`, `file` or `blob`.
    /// After that every kind but `Configuration` may come: [`Error::outcome`] says what it
    /// means for the refund.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as all of reqwest does.
    pub async fn init_reversal_transaction(
        &self,
        request: types::InitReversalRequest,
    ) -> Result<Handoff, Error> {
        let call = self.api.init_reversal_transaction(&request);
        transport::call(&operations::INIT_REVERSAL_TRANSACTION, self.environment(), &request, call).await
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("environment", &self.environment()).finish_non_exhaustive()
    }
}
