//! The dealer's operations: opening and ending sessions.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::{Mutex, MutexGuard};

use crate::{
    Client, Error, ErrorKind, Operation, SecretKey, Session, SessionKey,
    error::ServerMessage,
    generated::wire,
    property::Property,
    session::Key,
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
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for an `agent_id` or `user_id` without a letter or
    /// digit.
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
    /// # let agent = client.agent(simulator.secret_key());
    /// let opened = agent.get_auth_key(AuthRequest::new("agent id", "user id")).await?;
    /// let session = opened.session;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn get_auth_key(&self, request: types::AuthRequest) -> Result<NewSession, Error> {
        let (key, details) = self.open(&request).await?;
        Ok(NewSession { session: self.client.session(key), details })
    }

    async fn open(&self, request: &types::AuthRequest) -> Result<(SessionKey, types::AuthResponse), Error> {
        let environment = self.client.environment();
        let not_made = |error| transport::not_made(Operation::GetAuthKey, environment, error);
        request.validate("request", true).map_err(not_made)?;
        let api = self.api(Operation::GetAuthKey);
        let response = Box::pin(api.get_auth_key(request));
        let details = transport::call(Operation::GetAuthKey, environment, response).await;
        let details = details.map_err(|unusable| unusable.error)?;
        let problem = match details.session_key.as_ref().map(|key| SessionKey::new(key.expose())) {
            Some(Ok(key)) => return Ok((key, details)),
            Some(Err(_)) => "`session_key` in the response is not 1 to 4096 visible ASCII characters",
            None => "`session_key` is missing in the response",
        };
        let types::AuthResponse { object_name, code, message, .. } = details;
        let message = ServerMessage { object_name, code, result_code: None, message };
        let error = Error::new(ErrorKind::BadResponse, problem).responded(200, message);
        Err(error.called(Operation::GetAuthKey))
    }

    /// Returns a session that opens itself when it is first needed, and again after Paynet has refused it with 401.
    ///
    /// Its clones share one session key, and one of them opens it while the others wait. A call that Paynet refused for
    /// want of a session is made once more with the new key; a sale or a reversal only if nothing was done, as
    /// [`Outcome::Rejected`](crate::Outcome::Rejected) and [`Error::is_paynets`](crate::Error::is_paynets) say. If no
    /// session can be opened, the call fails with the reason, and nothing of it was sent. [`end`](Self::end) ends the
    /// session.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Decimal, types::{AuthRequest, InitSaleRequest}};
    /// # use paypos_simulator::Simulator;
    /// # let simulator = Simulator::start().await?;
    /// # let agent = Client::simulator(simulator.url()).build()?.agent(simulator.secret_key());
    /// let session = agent.session(AuthRequest::new("agent id", "user id"));
    /// let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE)).await?;
    /// agent.end(&session).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn session(&self, request: types::AuthRequest) -> Session {
        let kept = Kept { agent: self.clone(), request, attempts: AtomicU64::new(0), slot: Mutex::default() };
        Session { client: self.client.clone(), key: Key::Kept(Arc::new(kept)) }
    }

    /// Ends a session. One of [`session`](Self::session) that is not open needs no end; a call that needs it afterwards
    /// opens it again.
    ///
    /// # Errors
    /// Those of [`logout`](Self::logout).
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    pub async fn end(&self, session: &Session) -> Result<(), Error> {
        let mut slot = match &session.key {
            Key::Given(key) => return self.logout(types::LogoutRequest::new(&**key)).await.map(drop),
            Key::Kept(kept) => kept.slot.lock().await,
        };
        if let Some(key) = &slot.key {
            self.logout(types::LogoutRequest::new(&**key)).await?;
            slot.key = None;
        }
        Ok(())
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
    /// # let agent = client.agent(simulator.secret_key());
    /// # let session = agent.get_auth_key(AuthRequest::new("agent id", "user id")).await?.session;
    /// agent.logout(LogoutRequest::new(&session.key().await?)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn logout(&self, request: types::LogoutRequest) -> Result<types::LogoutResponse, Error> {
        let environment = self.client.environment();
        let not_made = |error| transport::not_made(Operation::Logout, environment, error);
        request.validate("request", true).map_err(not_made)?;
        let api = self.api(Operation::Logout);
        let response = Box::pin(api.logout(&request));
        transport::call(Operation::Logout, environment, response).await.map_err(|unusable| unusable.error)
    }
}

/// A session that opens itself.
pub(crate) struct Kept {
    agent: Agent,
    request: types::AuthRequest,
    /// How often it was tried to open it.
    attempts: AtomicU64,
    /// Locked while the session is being opened, which prevents a second one.
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    key: Option<Arc<SessionKey>>,
    /// Why the last attempt failed.
    failed: Option<Error>,
}

impl Kept {
    /// Returns the key of the session. Opens it if it is not open.
    pub(crate) async fn key(&self) -> Result<Arc<SessionKey>, Error> {
        let attempts = self.attempts.load(Ordering::SeqCst);
        let slot = self.slot.lock().await;
        self.open(slot, attempts).await
    }

    /// Returns a key to use instead of one that Paynet refused.
    pub(crate) async fn key_instead_of(&self, refused: &Arc<SessionKey>) -> Result<Arc<SessionKey>, Error> {
        let attempts = self.attempts.load(Ordering::SeqCst);
        let mut slot = self.slot.lock().await;
        slot.key.take_if(|key| Arc::ptr_eq(key, refused));
        self.open(slot, attempts).await
    }

    /// Opens another session at the next call, instead of one that Paynet refused.
    pub(crate) async fn forget(&self, refused: &Arc<SessionKey>) {
        self.slot.lock().await.key.take_if(|key| Arc::ptr_eq(key, refused));
    }

    // Guard: kept_session::it_is_renewed_once_after_a_401_however_many_are_refused
    async fn open(&self, mut slot: MutexGuard<'_, Slot>, attempts: u64) -> Result<Arc<SessionKey>, Error> {
        if let Some(key) = &slot.key {
            return Ok(Arc::clone(key));
        }
        // Those who waited for an attempt share its end, and do not try one after another.
        if let Some(error) = &slot.failed
            && self.attempts.load(Ordering::SeqCst) > attempts
        {
            return Err(error.clone());
        }
        let opened = self.agent.open(&self.request).await;
        self.attempts.fetch_add(1, Ordering::SeqCst);
        match opened {
            Ok((key, _)) => {
                slot.failed = None;
                Ok(Arc::clone(slot.key.insert(Arc::new(key))))
            }
            Err(error) => Err(slot.failed.insert(error).clone()),
        }
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
