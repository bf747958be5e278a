//! An in-process fake of PayPOS for tests and examples.
//!
//! A [`Simulator`] listens on a free port of 127.0.0.1 and validates each request against
//! [Paynet's documents](paypos::DOCUMENT): path, method, required headers, content type, and the
//! body against its schema. Violations are refused with an `ErrorResponse` that explains them: with 404, 405 or 413
//! where HTTP has a status for them, and with the documented 400 otherwise. It plays the whole flow: a dealer opens
//! sessions, sessions initiate sales and reversals, a simulated [`Phone`] approves or declines them. Unknown or ended
//! credentials and ids are refused, as are operations that it does not support.
//!
//! If the documents leave a behavior undefined, the simulator does what the crate `paypos` assumes; [`Behavior`] changes
//! that. Its codes, messages, and the format of its keys, ids and deeplinks are invented; do not rely on them.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use paypos::{Client, Decision, types::InitReversalRequest};
//! use paypos_simulator::Simulator;
//!
//! let simulator = Simulator::start().await?;
//! let client = Client::simulator(simulator.url()).build()?;
//! let session = client.session(simulator.issue_session());
//!
//! let xact_id = simulator.add_transaction();
//! let handoff = session.init_reversal_transaction(InitReversalRequest::new(xact_id)).await?;
//! // Its page plays the phone; a test decides without it.
//! assert!(handoff.deeplink_url.starts_with(simulator.url()));
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

mod simulator;
mod builder;
pub mod behavior;
mod operations;
mod ledger;
mod payment;
mod phone;
mod fault;
mod journal;
mod conformance;
mod read;
mod refusal;
mod http;
mod ring;
mod clock;
mod masked;
mod server;

#[doc(inline)]
pub use behavior::Behavior;
pub use builder::SimulatorBuilder;
pub use fault::Fault;
pub use journal::ReceivedRequest;
pub use payment::{PaymentRequest, PaymentSession, PaymentState, Sale, Seed};
pub use phone::{NoPendingPayment, Policy};
pub use server::{PREFIX, is_unseen};
pub use simulator::{Phone, Simulator};

use refusal::Refusal;

/// The secret key of the simulator's dealer.
pub const SECRET_KEY: &str = "sck_simulator";
/// An `agent_id` to use with it; any other is accepted as well.
pub const AGENT_ID: &str = "simulator";
/// A `user_id` to use with it; any other is accepted as well.
pub const USER_ID: &str = "simulator";

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
