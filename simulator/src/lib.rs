//! An in-process fake of PayPOS for tests and examples.
//!
//! A [`Simulator`] listens on a free port of 127.0.0.1 and validates each request against
//! [Paynet's documents](paypos::DOCUMENT): path, method, required headers, content type, and the
//! body against its schema. Violations are refused with an `ErrorResponse` that explains them: with 404, 405 or 413
//! where HTTP has a status for them, and with the documented 400 otherwise. It plays the whole flow: dealers open
//! sessions, sessions initiate sales and reversals, a simulated [`Phone`] approves or declines them. Unknown or ended
//! credentials and ids are refused, as are operations that it does not support.
//!
//! If the documents leave a behavior undefined, the simulator does what the crate `paypos` assumes; [`Behavior`] changes
//! that. Its codes, messages, and the format of its keys, ids and deeplinks are invented; do not rely on them.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use paypos::{Client, Decision, Environment, types::InitReversalRequest};
//! use paypos_simulator::Simulator;
//!
//! let simulator = Simulator::start().await?;
//! let client = Client::builder(Environment::Sandbox).base_url(simulator.url()).build()?;
//! let session = client.session(simulator.issue_session());
//!
//! let xact_id = simulator.add_transaction();
//! let handoff = session.init_reversal_transaction(InitReversalRequest::new(xact_id)).await?;
//! assert!(handoff.deeplink_url.starts_with("paypos-simulator://"));
//!
//! simulator.phone().approve(handoff.payment_session().id())?;
//! let decision = session.wait_for(&handoff).await?;
//! assert!(matches!(decision, Decision::Succeeded(_)));
//!
//! let refused = session.init_reversal_transaction(InitReversalRequest::new("unknown")).await;
//! assert_eq!(refused.unwrap_err().code(), Some(paypos_simulator::code::UNKNOWN_TRANSACTION));
//! # Ok(())
//! # }
//! ```

pub mod behavior;
mod builder;
mod conformance;
mod connections;
mod fault;
mod flight;
mod kept;
mod ledger;
mod operations;
mod phone;
mod read;
mod refusal;
#[cfg(feature = "server")]
pub mod server;
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "what the server asks for"))]
mod state;

use std::{fmt, io, sync::Arc};

use tokio::{sync::watch, task::JoinHandle};

use paypos::{Decimal, SecretKey, SessionKey};
use refusal::Refusal;
use state::State;

#[doc(inline)]
pub use behavior::Behavior;
pub use builder::SimulatorBuilder;
pub use fault::Fault;
pub use ledger::{PaymentRequest, PaymentSession, PaymentState, Sale};
pub use phone::Policy;
pub use state::ReceivedRequest;

/// The `code`s with which the simulator refuses. Paynet documents none; do not rely on them.
pub mod code {
    /// The request violates the documents.
    pub const VIOLATION: i64 = 9001;
    /// The session key is unknown.
    pub const UNKNOWN_SESSION: i64 = 9002;
    /// The transaction is unknown.
    pub const UNKNOWN_TRANSACTION: i64 = 9003;
    /// The secret key is unknown.
    pub const UNKNOWN_DEALER: i64 = 9004;
    /// The session was ended.
    pub const ENDED_SESSION: i64 = 9005;
    /// The session has expired.
    pub const EXPIRED_SESSION: i64 = 9006;
    /// The session or the transaction belongs to another dealer.
    pub const OTHER_DEALER: i64 = 9007;
    /// The sale was reversed before.
    pub const ALREADY_REVERSED: i64 = 9008;
    /// The payment session is unknown.
    pub const UNKNOWN_PAYMENT_SESSION: i64 = 9009;
    /// The sale has no positive amount.
    pub const NO_AMOUNT: i64 = 9010;
    /// The simulator does not support the operation.
    pub const UNSUPPORTED: i64 = 9011;
    /// Another session opened the payment session.
    pub const OTHER_SESSION: i64 = 9012;
    /// The payment session has no transaction yet.
    pub const NO_TRANSACTION: i64 = 9013;
    /// The `reference_no` was used before.
    pub const SAME_REFERENCE: i64 = 9014;
    /// The user has an open session.
    pub const SECOND_SESSION: i64 = 9015;
}

/// A running simulator. Dropping it stops it; [`shutdown`](Self::shutdown) also waits until it has stopped.
#[derive(Debug)]
pub struct Simulator {
    url: String,
    state: Arc<State>,
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Maximum number of bytes kept of requests, of payment sessions, of sales and of sessions, each. The dealers
    /// share it equally, and the oldest of each dealer are dropped.
    pub const KEPT_BYTES: usize = 32 * 1024 * 1024;

    /// Maximum number of pending faults.
    pub const KEPT_FAULTS: usize = 1_000;

    /// Starts a simulator on a free port of 127.0.0.1 and the current tokio runtime.
    ///
    /// # Errors
    /// If 127.0.0.1 has no free port.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// Returns the base URL, for [`ClientBuilder::base_url`](paypos::ClientBuilder::base_url).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Adds a dealer, and returns the secret key of an [`Agent`](paypos::Agent).
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "the key is made of letters and digits")]
    pub fn add_dealer(&self) -> SecretKey {
        let key = state::issue("secret-key");
        self.state.add_dealer(&state::issue("dealer"), &key);
        SecretKey::new(key).expect("it is visible ASCII")
    }

    /// Opens a session directly and returns its key. It belongs to a built-in dealer, as do the sales of
    /// [`add_transaction`](Self::add_transaction).
    #[must_use]
    pub fn issue_session(&self) -> SessionKey {
        self.state.issue_session()
    }

    /// Expires a session.
    pub fn expire_session(&self, key: &SessionKey) {
        self.state.expire_session(key);
    }

    /// Returns the phone with the PayPOS app, which decides payment sessions.
    #[must_use]
    pub fn phone(&self) -> Phone<'_> {
        Phone { state: &self.state }
    }

    /// Adds a completed sale, and returns the `xact_id` that a reversal requires.
    #[must_use]
    pub fn add_transaction(&self) -> String {
        self.state.add_sale(state::DEALER, Decimal::ONE)
    }

    /// Returns the sales that were approved or added, oldest first.
    #[must_use]
    pub fn sales(&self) -> Vec<Sale> {
        self.state.sales()
    }

    /// Returns the payment sessions, oldest first.
    #[must_use]
    pub fn payments(&self) -> Vec<PaymentSession> {
        self.state.payments()
    }

    /// Returns a payment session, or `None` if it is unknown.
    #[must_use]
    pub fn payment(&self, payment_session_id: &str) -> Option<PaymentSession> {
        self.state.payment(payment_session_id)
    }

    /// Returns the requests that arrived, oldest first: the latest, up to [`KEPT_BYTES`](Self::KEPT_BYTES).
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.requests()
    }

    /// Returns how many requests arrived and are not kept any more.
    #[must_use]
    pub fn forgotten_requests(&self) -> u64 {
        self.state.forgotten_requests()
    }

    /// Injects a fault. If several faults match a request, the oldest applies. At most
    /// [`KEPT_FAULTS`](Self::KEPT_FAULTS) are pending; the oldest is dropped.
    pub fn inject(&self, fault: Fault) {
        self.state.inject(fault);
    }

    /// Changes what the simulator does where Paynet's documents leave it undefined, for all dealers.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use paypos_simulator::{Simulator, behavior::CredentialStatus};
    ///
    /// let simulator = Simulator::start().await?;
    /// simulator.behave(|behavior| behavior.ended_session = CredentialStatus::BadRequest);
    /// # Ok(())
    /// # }
    /// ```
    pub fn behave(&self, change: impl Fn(&mut Behavior)) {
        self.state.behave(change);
    }

    /// Stops listening, closes every connection, and waits until all tasks have ended.
    pub async fn shutdown(self) {
        drop(self.stop);
        let _ = self.server.await;
    }
}

/// The simulated phone: the person at it approves or declines; see [`Simulator::phone`].
#[derive(Clone, Copy, Debug)]
pub struct Phone<'a> {
    state: &'a State,
}

impl Phone<'_> {
    /// Completes the sale or reversal.
    ///
    /// # Errors
    /// If the payment session is unknown or already decided, or its sale has been reversed.
    pub fn approve(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.state.decide(payment_session_id, true)
    }

    /// Declines the sale or reversal, which records a failed transaction.
    ///
    /// # Errors
    /// If the payment session is unknown or already decided.
    pub fn decline(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.state.decide(payment_session_id, false)
    }

    /// Reopens a declined payment session. Whether Paynet's phone may try again is undocumented.
    ///
    /// # Errors
    /// If the payment session is unknown or not declined.
    pub fn try_again(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.state.try_again(payment_session_id)
    }
}

/// The error of a phone that cannot decide a payment session: it is unknown or already decided, or its sale has been
/// reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoPendingPayment;

impl fmt::Display for NoPendingPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such payment session waits for the phone, or its sale has been reversed")
    }
}

impl std::error::Error for NoPendingPayment {}
