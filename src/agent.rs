//! The dealer's operations: opening and ending sessions.

use crate::{Client, Environment, Error, Session, SessionKey, generated::operations, transport, types};

/// A dealer on a [`Client`](crate::Client): calls with the dealer's secret key.
///
/// For a server whose address Paynet has registered; never for an app.
#[derive(Clone, Debug)]
pub struct Agent {
    pub(crate) client: Client,
}

impl Agent {
    /// The environment of the client that the agent belongs to.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.client.environment()
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
        let call = self.client.api.get_auth_key(&request);
        let read = |answer| NewSession::read(&self.client, answer);
        transport::call(&operations::GET_AUTH_KEY, &self.client, &request, call, read).await
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
        let call = self.client.api.logout(&request);
        transport::call(&operations::LOGOUT, &self.client, &request, call, Ok).await
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
            Some(Ok(key)) => return Ok(Self { session: Session::new(client, key), details }),
            Some(Err(_)) => "`session_key` of the answer is not 1 to 4096 visible ASCII characters",
            None => "`session_key` is missing from the answer",
        };
        Err(problem.to_owned())
    }
}
