//! The dealer's operations: opening and ending sessions.

use std::{fmt, sync::Arc};

use crate::{
    Environment, Error, SecretKey, Session, SessionKey,
    generated::{operations, wire},
    handoff::present,
    response::ServerMessage,
    transport::{self, Credential},
    types,
};

/// A dealer on a [`Client`](crate::Client): calls with the dealer's secret key.
///
/// For a server whose address Paynet has registered; never for an app.
#[derive(Clone)]
pub struct Agent {
    api: wire::Client,
}

impl Agent {
    pub(crate) fn new(client: &wire::Client, key: SecretKey) -> Self {
        Self { api: transport::with(client, Credential::SecretKey(Arc::new(key))) }
    }

    /// The environment of the client that the agent belongs to.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.api.inner.environment
    }

    /// Opens a mobile session: `POST /v1/agent/get_auth_key`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a blank
    /// `agent_id` or `user_id`. After that every kind but `Configuration` may come;
    /// [`BadResponse`](crate::ErrorKind::BadResponse) also for an answer without a usable key.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as all of reqwest does.
    pub async fn get_auth_key(&self, request: types::AuthRequest) -> Result<NewSession, Error> {
        let call = self.api.get_auth_key(&request);
        let read = |answer| NewSession::read(&self.api, answer);
        transport::call(&operations::GET_AUTH_KEY, &self.api, &request, call, read).await
    }

    /// Ends a mobile session: `POST /v1/agent/logout`. The answer's `code` is passed through:
    /// Paynet documents no values.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a blank
    /// `session_key`. After that every kind but `Configuration` may come.
    ///
    /// # Panics
    /// Outside of a tokio runtime, as all of reqwest does.
    pub async fn logout(&self, request: types::LogoutRequest) -> Result<types::LogoutResponse, Error> {
        let call = self.api.logout(&request);
        transport::call(&operations::LOGOUT, &self.api, &request, call, Ok).await
    }
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent").field("environment", &self.environment()).finish_non_exhaustive()
    }
}

/// A session that was just opened, and its details.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewSession {
    /// Ready for calls; its [`key`](Session::key) is for the merchant's app.
    pub session: Session,
    /// Every property of the answer: `AuthResponse` of the document. `expired_date` is text, as
    /// Paynet documents no format.
    pub details: types::AuthResponse,
}

impl NewSession {
    fn read(api: &wire::Client, details: types::AuthResponse) -> Result<Self, Error> {
        let key =
            present("session_key", details.session_key.as_ref().map(crate::Secret::expose)).and_then(|key| {
                SessionKey::new(key).map_err(|_| {
                    "`session_key` of the answer is not 1 to 4096 visible ASCII characters".to_owned()
                })
            });
        match key {
            Ok(key) => Ok(Self { session: Session::new(api, key), details }),
            Err(wrong) => {
                let types::AuthResponse { object_name, code, message, .. } = details;
                Err(Error::bad_response(
                    wrong,
                    ServerMessage { object_name, code, message, ..ServerMessage::default() },
                ))
            }
        }
    }
}
