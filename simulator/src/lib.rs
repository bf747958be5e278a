//! An embedded PayPOS for examples and tests: no account, no phone, no network.
//!
//! A [`Simulator`] listens on a free port of 127.0.0.1 and judges each request by
//! [what the documents state](paypos::DOCUMENT): path, method, required headers,
//! content type, and the body against its schema. What breaks them is answered with 400
//! and an `ErrorResponse` that tells what is wrong. It plays the whole flow: dealers open
//! sessions, sessions initiate sales and reversals, a simulated [`Phone`] approves or
//! declines them. What it has not issued, or what has ended, it refuses, and likewise
//! an operation of the documents that it does not support.
//!
//! It cannot show what Paynet leaves undocumented. Its `code` numbers, its texts
//! and the form of its keys, ids and deeplinks are its own; do not rely on them.
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
//! simulator.phone().approve(&handoff.payment_session_id)?;
//! let decision = session.wait_for(&handoff).await?;
//! assert!(matches!(decision, Decision::Succeeded(_)));
//!
//! let refused = session.init_reversal_transaction(InitReversalRequest::new("unknown")).await;
//! assert_eq!(refused.unwrap_err().code(), Some(paypos_simulator::CODE_UNKNOWN_TRANSACTION));
//! # Ok(())
//! # }
//! ```

mod answer;
mod builder;
mod connections;
mod fault;
mod flight;
mod judge;
mod kept;
mod ledger;
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

pub use builder::SimulatorBuilder;
pub use fault::Fault;
pub use ledger::{PaymentRequest, PaymentSession, PaymentState, Sale};
pub use phone::Policy;
pub use state::ReceivedRequest;

/// `code` of the simulator for a request that breaks the document. Paynet documents no codes.
pub const CODE_BREAKS_THE_DOCUMENT: i64 = 9001;
/// `code` of the simulator for a session key that it did not issue. Paynet documents no codes.
pub const CODE_UNKNOWN_SESSION: i64 = 9002;
/// `code` of the simulator for a transaction that it does not know. Paynet documents no codes.
pub const CODE_UNKNOWN_TRANSACTION: i64 = 9003;
/// `code` of the simulator for an unknown secret key. Paynet documents no codes.
pub const CODE_UNKNOWN_DEALER: i64 = 9004;
/// `code` of the simulator for a session that was ended. Paynet documents no codes.
pub const CODE_ENDED_SESSION: i64 = 9005;
/// `code` of the simulator for a session that has expired. Paynet documents no codes.
pub const CODE_EXPIRED_SESSION: i64 = 9006;
/// `code` of the simulator for a session or a transaction of another dealer. Paynet documents no codes.
pub const CODE_OTHER_DEALER: i64 = 9007;
/// `code` of the simulator for a sale that was reversed before. Paynet documents no codes.
pub const CODE_ALREADY_REVERSED: i64 = 9008;
/// `code` of the simulator for a payment session that it does not know. Paynet documents no codes.
pub const CODE_UNKNOWN_PAYMENT_SESSION: i64 = 9009;
/// `code` of the simulator for a sale without a positive amount. Paynet documents no codes.
pub const CODE_NO_AMOUNT: i64 = 9010;
/// `code` of the simulator for an operation that it does not support. Paynet documents no codes.
pub const CODE_UNSUPPORTED: i64 = 9011;

/// A running simulator. Dropping it stops it; [`shutdown`](Self::shutdown) also waits until it has stopped.
#[derive(Debug)]
pub struct Simulator {
    url: String,
    state: Arc<State>,
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
}

impl Simulator {
    /// The most that is kept of requests, of payment sessions, of sales and of sessions, in bytes each. The dealers
    /// share it equally, and each forgets its own oldest first.
    pub const KEPT_BYTES: usize = 32 * 1024 * 1024;

    /// How many faults are kept.
    pub const KEPT_FAULTS: usize = 1_000;

    /// Starts a simulator on a free port of 127.0.0.1 and the current tokio runtime.
    ///
    /// # Errors
    /// If 127.0.0.1 has no free port.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Starts to configure a simulator.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    /// The base URL, for [`ClientBuilder::base_url`](paypos::ClientBuilder::base_url).
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

    /// Opens a session without a dealer's call, and returns its key. All of these belong to one
    /// dealer, as do the sales of [`add_transaction`](Self::add_transaction).
    #[must_use]
    pub fn issue_session(&self) -> SessionKey {
        self.state.issue_session()
    }

    /// Lets a session expire, as time would.
    pub fn expire_session(&self, key: &SessionKey) {
        self.state.expire_session(key);
    }

    /// The phone with the PayPOS app, which finishes payment sessions.
    #[must_use]
    pub fn phone(&self) -> Phone<'_> {
        Phone { state: &self.state }
    }

    /// Adds a completed sale, and returns the `xact_id` that a reversal requires.
    #[must_use]
    pub fn add_transaction(&self) -> String {
        self.state.add_sale(state::DEALER, Decimal::ONE)
    }

    /// The sales that were approved or added, in their order.
    #[must_use]
    pub fn sales(&self) -> Vec<Sale> {
        self.state.sales()
    }

    /// The payment sessions, in their order.
    #[must_use]
    pub fn payments(&self) -> Vec<PaymentSession> {
        self.state.payments()
    }

    /// A payment session; nothing, if it is unknown.
    #[must_use]
    pub fn payment(&self, payment_session_id: &str) -> Option<PaymentSession> {
        self.state.payment(payment_session_id)
    }

    /// Returns the requests that arrived, in their order: the latest, up to [`KEPT_BYTES`](Self::KEPT_BYTES).
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.requests()
    }

    /// Returns how many requests arrived and are not kept any more.
    #[must_use]
    pub fn forgotten_requests(&self) -> u64 {
        self.state.forgotten_requests()
    }

    /// Injects a fault. Of the faults that are for a request, the one that was injected first applies; more than
    /// [`KEPT_FAULTS`](Self::KEPT_FAULTS) are not kept, and the oldest is forgotten.
    pub fn inject(&self, fault: Fault) {
        self.state.inject(fault);
    }

    /// Refuses ended and expired sessions with this HTTP status from now on: 400 at first, as documented
    /// for any refusal. Paynet does not document which status they get; 401 is the other likely one.
    pub fn refuse_sessions_with(&self, status: u16) {
        self.state.set(|settings| settings.session_status = status);
    }

    /// Whether the payment session of a reversal lists the sale as well, from now on: not at first. Paynet
    /// does not document it.
    pub fn list_sales_in_reversals(&self, list: bool) {
        self.state.set(|settings| settings.list_sales = list);
    }

    /// A transaction that the phone decides from now on appears late: so many checks do not list it. 0 at first.
    pub fn appear_after_checks(&self, checks: usize) {
        self.state.set(|settings| settings.late = checks);
    }

    /// Stops listening, closes every connection, and returns when no task is left.
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
    /// Carries the sale or reversal out.
    ///
    /// # Errors
    /// If no such payment session waits for the phone, or the sale was reversed meanwhile.
    pub fn approve(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.state.decide(payment_session_id, true)
    }

    /// Declines the sale or reversal: a transaction that did not succeed.
    ///
    /// # Errors
    /// If no such payment session waits for the phone.
    pub fn decline(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.state.decide(payment_session_id, false)
    }

    /// Lets a declined payment session wait for the phone again. Whether Paynet's phone may try again is
    /// undocumented.
    ///
    /// # Errors
    /// If there is no such payment session, or it was not declined.
    pub fn try_again(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.state.try_again(payment_session_id)
    }
}

/// Why the phone cannot finish a payment session: it is unknown, was decided before, or its sale
/// was reversed meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoPendingPayment;

impl fmt::Display for NoPendingPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such payment session waits for the phone, or its sale was reversed meanwhile")
    }
}

impl std::error::Error for NoPendingPayment {}
