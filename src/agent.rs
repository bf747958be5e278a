//! The dealer's operations: opening and ending sessions.

use std::sync::Arc;

use crate::{
    Client, Error, SecretKey, Session, SessionKey,
    generated::{operations, wire},
    transport::{self, Credential, Operation},
    types,
};

/// A dealer on a [`Client`](crate::Client): calls with the dealer's secret key.
///
/// For a server whose address Paynet has registered; never for an app.
#[derive(Clone, Debug)]
pub struct Agent {
    pub(crate) client: Client,
    pub(crate) key: Arc<SecretKey>,
}

impl Agent {
    fn api(&self, operation: &'static Operation) -> wire::Client {
        self.client.api(operation, Credential::SecretKey(Arc::clone(&self.key)))
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
        let api = self.api(&operations::GET_AUTH_KEY);
        let read = |answer| NewSession::read(&self.client, answer);
        transport::call(&api, &request, api.get_auth_key(&request), read).await
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
        let api = self.api(&operations::LOGOUT);
        transport::call(&api, &request, api.logout(&request), Ok).await
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
    fn read(client: &Client, details: types::AuthResponse) -> Result<Self, String> {
        let problem = match details.session_key.as_ref().map(|key| SessionKey::new(key.expose())) {
            Some(Ok(key)) => return Ok(Self { session: client.session(key), details }),
            Some(Err(_)) => "`session_key` of the answer is not 1 to 4096 visible ASCII characters",
            None => "`session_key` is missing from the answer",
        };
        Err(problem.to_owned())
    }
}
