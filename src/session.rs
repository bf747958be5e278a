//! Sessions, and the operations that need one.

use std::{fmt, pin::Pin, sync::Arc};

use crate::{
    Client, Decision, Error, ErrorKind, Handoff, Operation, Outcome, PaymentSession, SessionKey, Wait,
    agent::Kept,
    generated::wire,
    handoff::Opened,
    payment_session::Asked,
    property::Property,
    response::{Response, Unusable},
    transport::{self, Credential},
    types,
};

/// A mobile session: makes calls authenticated with its session key.
///
/// [`Client::session`] returns one with a key that you have. [`Agent::session`](crate::Agent::session) returns one that
/// opens itself when it is first needed, and again after a 401.
///
/// Cheap to create, clone and keep by the thousand; all sessions share the client's connections. A session belongs to
/// its client's environment.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) client: Client,
    pub(crate) key: Key,
}

/// Where a session has its key from.
#[derive(Clone)]
pub(crate) enum Key {
    Given(Arc<SessionKey>),
    Kept(Arc<Kept>),
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(key) => key.fmt(f),
            Self::Kept(_) => f.write_str("kept by an agent"),
        }
    }
}

impl Session {
    /// Makes a call, and once more with a new key if the session is one that opens itself and nothing was done for want
    /// of a session.
    async fn call<T, F>(
        &self,
        operation: Operation,
        validated: Result<(), Error>,
        send: impl Fn(wire::Client) -> Pin<Box<F>>,
    ) -> Result<T, Unusable>
    where
        F: Future<Output = Result<Response<T>, progenitor_client::Error<()>>>,
    {
        let environment = self.client.environment();
        let not_made = |error| transport::not_made(operation, environment, error);
        let without_session = |error: Error| not_made(error.instead_of(operation));
        let api = |key| self.client.api(operation, Credential::SessionKey(key));
        validated.map_err(not_made)?;
        let kept = match &self.key {
            Key::Given(key) => {
                let response = send(api(Arc::clone(key)));
                return transport::call(operation, environment, response).await;
            }
            Key::Kept(kept) => kept,
        };
        let key = kept.key().await.map_err(without_session)?;
        let response = send(api(Arc::clone(&key)));
        match transport::call(operation, environment, response).await {
            Err(unusable) if is_refused_session(&unusable.error) && !may_repeat(&unusable.error) => {
                kept.forget(&key).await;
                Err(unusable)
            }
            Err(Unusable { error, .. }) if is_refused_session(&error) => {
                // Without another, it stays refused.
                let refused = |error: Error| not_made(error.instead_of(operation).meaning(Outcome::Rejected));
                let response = send(api(kept.key_instead_of(&key).await.map_err(refused)?));
                transport::call(operation, environment, response).await
            }
            called => called,
        }
    }

    /// Returns the session key, to hand to the merchant's app or to [`Agent::logout`](crate::Agent::logout). Opens the
    /// session first, if it is one of [`Agent::session`](crate::Agent::session) and not open.
    ///
    /// # Errors
    /// Those of [`Agent::get_auth_key`](crate::Agent::get_auth_key), if the session has to be opened; otherwise none.
    ///
    /// ```
    /// # use paypos::{Agent, Error, Session, types::LogoutRequest};
    /// # async fn example(agent: &Agent, session: &Session) -> Result<(), Error> {
    /// agent.logout(LogoutRequest::new(&session.key().await?)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn key(&self) -> Result<SessionKey, Error> {
        match &self.key {
            Key::Given(key) => Ok(SessionKey::clone(key)),
            Key::Kept(kept) => kept.key().await.map(|key| SessionKey::clone(&key)),
        }
    }

    /// Returns the client whose connections the session uses.
    ///
    /// ```
    /// # use paypos::{Session, SessionKey};
    /// # fn example(session: &Session, key: SessionKey) {
    /// let another = session.client().session(key);
    /// # }
    /// ```
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Initiates a sale: `POST /v1/softpos/init_sale_transaction`.
    ///
    /// Returns the [`Handoff`] that opens the PayPOS app. **`Ok` does not mean paid**: the payment happens on the phone;
    /// [`wait_for`](Self::wait_for) reports the result. The request is sent at most once.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for an `amount` that is not positive
    /// or has more than two decimal places or 15 digits; for a `reference_no` or `selected_agent_id` without a letter or
    /// digit; or for a `callback_url` that is not an absolute URL, contains a space or control character, or whose
    /// scheme executes or displays content (`javascript:`, `file:`). Once the request may have been sent, any kind
    /// except `Configuration` can occur; see [`Error::outcome`].
    ///
    /// # Cancellation
    /// Dropping the future does not undo the call: if the request was sent, it may still take effect, and its
    /// `payment_session_id` is lost. Run the call in its own task (`tokio::spawn`) and store the
    /// [`payment_session`](Handoff::payment_session) there, so that it is stored even if your own caller disconnects.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Decimal, Environment, types::InitSaleRequest};
    /// # use paypos_simulator::Simulator;
    /// # let simulator = Simulator::start().await?;
    /// # let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    /// # let session = client.session(simulator.issue_session());
    /// let amount: Decimal = "149.90".parse()?; // never a float
    /// let request = InitSaleRequest::new(amount).reference_no("ORDER-1042");
    /// let handoff = session.init_sale_transaction(request).await?;
    /// println!("store {:?}, open {}", handoff.payment_session(), handoff.deeplink_url);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn init_sale_transaction(&self, request: types::InitSaleRequest) -> Result<Handoff, Error> {
        let opened = self.call(Operation::InitSaleTransaction, request.validate("request", true), |api| {
            let request = &request;
            Box::pin(async move { api.init_sale_transaction(request).await })
        });
        let opened = opened.await;
        let types::InitSaleRequest { amount, reference_no, .. } = request;
        handed_over(opened, Asked { reversal_of: None, amount: Some(amount), reference_no })
    }

    /// Initiates a cancel or refund: `POST /v1/softpos/init_reversal_transaction`.
    ///
    /// Paynet checks whether the transaction may be reversed and returns the [`Handoff`] that opens the PayPOS app.
    /// **`Ok` does not mean refunded**: the reversal happens on the phone; [`wait_for`](Self::wait_for) reports the
    /// result. The request is sent at most once. Give it a `reference_no` of its own, which tells its transaction from
    /// the sale's.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for an `xact_id` or a `reference_no`
    /// without a letter or digit, or an `xact_id` with a blank at its edge; or for a `callback_url` that is not an
    /// absolute URL, contains a space or control character, or whose scheme executes or displays content
    /// (`javascript:`, `file:`). Once the request may have been sent, any kind except `Configuration` can occur; see
    /// [`Error::outcome`].
    ///
    /// # Cancellation
    /// Dropping the future does not undo the call: if the request was sent, it may still take effect, and its
    /// `payment_session_id` is lost. Run the call in its own task (`tokio::spawn`) and store the
    /// [`payment_session`](Handoff::payment_session) there, so that it is stored even if your own caller disconnects.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Environment, types::InitReversalRequest};
    /// # use paypos_simulator::Simulator;
    /// # let simulator = Simulator::start().await?;
    /// # let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    /// # let session = client.session(simulator.issue_session());
    /// # let xact_id = simulator.add_transaction();
    /// let request = InitReversalRequest::new(xact_id).reference_no("ORDER-1042-R1");
    /// let handoff = session.init_reversal_transaction(request).await?;
    /// println!("store {:?}, open {}", handoff.payment_session(), handoff.deeplink_url);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn init_reversal_transaction(
        &self,
        request: types::InitReversalRequest,
    ) -> Result<Handoff, Error> {
        let opened =
            self.call(Operation::InitReversalTransaction, request.validate("request", true), |api| {
                let request = &request;
                Box::pin(async move { api.init_reversal_transaction(request).await })
            });
        let opened = opened.await;
        let types::InitReversalRequest { xact_id, reference_no, .. } = request;
        handed_over(opened, Asked { reversal_of: Some(xact_id), amount: None, reference_no })
    }

    /// Returns the transactions of a payment session: `POST /v1/softpos/check_transaction`.
    ///
    /// `data` is empty if there are none. A transaction that cannot be read has no property set. At most 4 MiB and 5,000
    /// transactions are read. Does not move money. `code` is passed through; Paynet documents no values for it.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a `payment_session_id` without a
    /// letter or digit. After that, any kind except `Configuration`; [`BadResponse`](crate::ErrorKind::BadResponse) also
    /// if the list is missing. The outcome is always `Unknown`: an error says nothing about the payment.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    ///
    /// ```
    /// # use paypos::{Error, Session, types::CheckTransactionRequest};
    /// # async fn example(session: &Session) -> Result<(), Error> {
    /// let response = session.check_transaction(CheckTransactionRequest::new("86D87D5052D98CD0")).await?;
    /// for transaction in response.data {
    ///     println!("{:?}: {:?}", transaction.xact_id, transaction.is_succeed);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check_transaction(
        &self,
        request: types::CheckTransactionRequest,
    ) -> Result<types::CheckTransactionResponse, Error> {
        let response = self.call(Operation::CheckTransaction, request.validate("request", true), |api| {
            let request = &request;
            Box::pin(async move { api.check_transaction(request).await })
        });
        response.await.map_err(|unusable| unusable.error)
    }

    /// Checks a payment session once and returns the decision, for a scheduler of your own.
    ///
    /// # Errors
    /// As for [`check_transaction`](Self::check_transaction).
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use paypos::{Client, Decimal, Decision, Environment, types::InitSaleRequest};
    /// # use paypos_simulator::Simulator;
    /// # let simulator = Simulator::start().await?;
    /// # let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
    /// # let session = client.session(simulator.issue_session());
    /// # let handoff = session.init_sale_transaction(InitSaleRequest::new(Decimal::ONE)).await?;
    /// let decision = session.decision(handoff.payment_session()).await?;
    /// assert_eq!(decision, Decision::Pending); // nobody has paid yet
    /// # Ok(())
    /// # }
    /// ```
    pub async fn decision(&self, payment_session: &PaymentSession) -> Result<Decision, Error> {
        let request = types::CheckTransactionRequest::new(payment_session.id());
        let response = self.check_transaction(request).await?;
        Ok(payment_session.decide(response.data))
    }

    /// Waits until the phone has finished a payment session, by polling
    /// [`check_transaction`](Self::check_transaction); see [`Wait`].
    ///
    /// Accepts a [`Handoff`], or a [`PaymentSession`] that was stored.
    ///
    /// ```
    /// # use paypos::{Decision, Error, PaymentSession, Session};
    /// # async fn example(session: &Session, stored: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let payment_session: PaymentSession = serde_json::from_str(stored)?;
    /// let decision = session.wait_for(payment_session).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for(&self, payment_session: impl Into<PaymentSession>) -> Wait {
        Wait::new(self.clone(), payment_session.into())
    }
}

/// Joins what Paynet returned with what was asked for. An id that arrived is kept, also if nothing else can be used.
fn handed_over(opened: Result<Opened, Unusable>, asked: Asked) -> Result<Handoff, Error> {
    match opened {
        Ok(opened) => Ok(Handoff::new(asked, opened)),
        Err(Unusable { error, payment_session_id: Some(id) }) => {
            Err(error.obtained(asked.in_payment_session(id)))
        }
        Err(Unusable { error, .. }) => Err(error),
    }
}

/// Whether nothing was done, since the session has ended or expired: an operation that initiates says so itself, and any
/// other moves no money.
fn is_refused_session(error: &Error) -> bool {
    error.status() == Some(401)
        && error.kind() == ErrorKind::Unauthorized
        && (moves_no_money(error) || error.outcome() == Outcome::Rejected)
}

/// Whether a call may be made once more after a 401. What initiates needs Paynet's own word for it: a 401 without a body
/// may be a gateway's, for a request that it has passed on.
// Guard: kept_session::no_sale_is_sent_again_unless_nothing_was_done
fn may_repeat(error: &Error) -> bool {
    moves_no_money(error) || error.is_paynets()
}

fn moves_no_money(error: &Error) -> bool {
    error.operation().and_then(Operation::moves_money) == Some(false)
}
