//! Sessions, and the operations that need one.

use std::sync::Arc;

use crate::{
    Client, Decision, Error, Handoff, Operation, PaymentSession, SessionKey, Wait,
    generated::wire,
    property::Property,
    transport::{self, Credential},
    types, wait,
};

/// A mobile session: makes calls authenticated with its session key.
///
/// Cheap to create, clone and keep by the thousand; all sessions share the client's connections. A session belongs to
/// its client's environment.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) client: Client,
    pub(crate) key: Arc<SessionKey>,
}

impl Session {
    fn api(&self, operation: Operation) -> wire::Client {
        self.client.api(operation, Credential::SessionKey(Arc::clone(&self.key)))
    }

    /// Returns the session key, to hand to the merchant's app or to [`Agent::logout`](crate::Agent::logout).
    ///
    /// ```
    /// # use paypos::{Agent, Error, Session, types::LogoutRequest};
    /// # async fn example(agent: &Agent, session: &Session) -> Result<(), Error> {
    /// agent.logout(LogoutRequest::new(session.key())).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn key(&self) -> &SessionKey {
        &self.key
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
    /// or has more than two decimal places; or for a `callback_url` that is not an absolute URL, contains a space or
    /// control character, or whose scheme executes or displays content (`javascript:`, `file:`). Once the request may
    /// have been sent, any kind except `Configuration` can occur; see [`Error::outcome`].
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
        let api = self.api(Operation::InitSaleTransaction);
        let initiated = transport::call(
            &api,
            request.validate("request", true),
            Box::pin(api.init_sale_transaction(&request)),
            Ok,
        )
        .await;
        for_request(initiated, None, request.reference_no)
    }

    /// Initiates a cancel or refund: `POST /v1/softpos/init_reversal_transaction`.
    ///
    /// Paynet checks whether the transaction may be reversed and returns the [`Handoff`] that opens the PayPOS app.
    /// **`Ok` does not mean refunded**: the reversal happens on the phone; [`wait_for`](Self::wait_for) reports the
    /// result. The request is sent at most once. Give it a `reference_no` of its own, which tells its transaction from
    /// the sale's.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for an `xact_id` that is blank or has
    /// a blank at its edge; or for a `callback_url` that is not an absolute URL, contains a space or control character,
    /// or whose scheme executes or displays content (`javascript:`, `file:`). Once the request may have been sent, any
    /// kind except `Configuration` can occur; see [`Error::outcome`].
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
        let api = self.api(Operation::InitReversalTransaction);
        let initiated = transport::call(
            &api,
            request.validate("request", true),
            Box::pin(api.init_reversal_transaction(&request)),
            Ok,
        )
        .await;
        for_request(initiated, Some(request.xact_id), request.reference_no)
    }

    /// Returns the transactions of a payment session: `POST /v1/softpos/check_transaction`.
    ///
    /// `data` is empty if there are none. A transaction that cannot be read has no property set. At most 4 MiB and 5,000
    /// transactions are read. Does not move money. `code` is passed through; Paynet documents no values for it.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), before anything is sent, for a blank `payment_session_id`.
    /// After that, any kind except `Configuration`; [`BadResponse`](crate::ErrorKind::BadResponse) also if the list is
    /// missing. The outcome is always `Unknown`: an error says nothing about the payment.
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
        let api = self.api(Operation::CheckTransaction);
        transport::call(
            &api,
            request.validate("request", true),
            Box::pin(api.check_transaction(&request)),
            Ok,
        )
        .await
    }

    /// Checks a payment session once and returns the decision, for a scheduler of your own.
    ///
    /// # Errors
    /// As for [`check_transaction`](Self::check_transaction); and
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a reversal of an `xact_id` with a blank at its edge.
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
    /// let decision = session.decision(&handoff.payment_session()).await?;
    /// assert_eq!(decision, Decision::Pending); // nobody has paid yet
    /// # Ok(())
    /// # }
    /// ```
    pub async fn decision(&self, payment_session: &PaymentSession) -> Result<Decision, Error> {
        let request = wait::check_of(payment_session)?;
        let response = self.check_transaction(request).await?;
        Ok(wait::decide(response.data, payment_session))
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

/// Adds what the request said to what was obtained, whether it was usable or not.
fn for_request(
    initiated: Result<Handoff, Error>,
    reversal_of: Option<String>,
    reference_no: Option<String>,
) -> Result<Handoff, Error> {
    match initiated {
        Ok(handoff) => Ok(Handoff { reversal_of, reference_no, ..handoff }),
        Err(error) => {
            let obtained = error.payment_session().cloned();
            Err(error.obtained(obtained.map(|obtained| obtained.for_request(reversal_of, reference_no))))
        }
    }
}
