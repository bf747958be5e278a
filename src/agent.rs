//! The dealer's operations: opening and ending sessions.

use std::sync::Arc;

use crate::{
    Client, Error, ErrorKind, Operation, SecretKey, Session, SessionKey,
    error::ServerMessage,
    generated::wire,
    property::Property,
    transport::{self, Credential},
    types,
};

/// A dealer (Paynet also says *agent*): makes calls authenticated with the dealer's secret key.
///
/// Use it on servers whose IP address is registered with Paynet, never in an app.
#[derive(Clone, Debug)]
pub struct Agent {
    pub(crate) client: Client,
    pub(crate) key: Arc<SecretKey>,
}

impl Agent {
    fn api(&self, operation: Operation) -> wire::Client {
        self.client.api(operation, Credential::SecretKey(Arc::clone(&self.key)))
    }

    /// Opens a mobile session: `POST /v1/agent/get_auth_key`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a blank `agent_id` or `user_id`.
    /// After that, any kind except `Configuration`; [`BadResponse`](crate::ErrorKind::BadResponse) also if there is no
    /// usable key. [`Error::is_safe_to_retry`] says whether to repeat the call.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Environment, types::AuthRequest};
    /// # use paypos_simulator::Simulator;
    /// # let simulator = Simulator::start().await?;
    /// # let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    /// # let agent = client.agent(simulator.add_dealer());
    /// let opened = agent.get_auth_key(AuthRequest::new("agent id", "user id")).await?;
    /// let session = opened.session;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_auth_key(&self, request: types::AuthRequest) -> Result<NewSession, Error> {
        let api = self.api(Operation::GetAuthKey);
        let read = |details| NewSession::read(&self.client, details);
        transport::call(&api, request.validate("request", true), Box::pin(api.get_auth_key(&request)), read)
            .await
    }

    /// Ends a mobile session: `POST /v1/agent/logout`.
    ///
    /// `code` is passed through; Paynet documents no values for it.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a blank `session_key`. After that,
    /// any kind except `Configuration`. No error says anything about a payment of the session.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Environment, types::{AuthRequest, LogoutRequest}};
    /// # use paypos_simulator::Simulator;
    /// # let simulator = Simulator::start().await?;
    /// # let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    /// # let agent = client.agent(simulator.add_dealer());
    /// # let session = agent.get_auth_key(AuthRequest::new("agent id", "user id")).await?.session;
    /// agent.logout(LogoutRequest::new(session.key())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn logout(&self, request: types::LogoutRequest) -> Result<types::LogoutResponse, Error> {
        let api = self.api(Operation::Logout);
        transport::call(&api, request.validate("request", true), Box::pin(api.logout(&request)), Ok).await
    }
}

/// A session that was just opened, and its details.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewSession {
    /// Ready for calls; its [`key`](Session::key) is for the merchant's app.
    pub session: Session,
    /// The full response. `expired_date` is text, as Paynet documents no format.
    pub details: types::AuthResponse,
}

impl NewSession {
    fn read(client: &Client, details: types::AuthResponse) -> Result<Self, Error> {
        let problem = match details.session_key.as_ref().map(|key| SessionKey::new(key.expose())) {
            Some(Ok(key)) => return Ok(Self { session: client.session(key), details }),
            Some(Err(_)) => "`session_key` in the response is not 1 to 4096 visible ASCII characters",
            None => "`session_key` is missing in the response",
        };
        let types::AuthResponse { object_name, code, message, .. } = details;
        let message = ServerMessage { object_name, code, result_code: None, message };
        Err(Error::new(ErrorKind::BadResponse, problem).responded(200, message))
    }
}
