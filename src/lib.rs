//! An unofficial client for Paynet's PayPOS API. PayPOS turns an Android phone into a card terminal: your server or app
//! starts a sale or a reversal (cancel or refund), the PayPOS app completes it on the phone, and this crate reports how
//! it ended. If something fails, it says whether money may have moved.
//!
//! ```
//! use paypos::{Client, Decision, Environment, types::InitSaleRequest};
//! # use paypos_simulator::Simulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let simulator = Simulator::start().await?;
//! # let session_key = simulator.issue_session();
//! # let client = Client::simulator(simulator.url()).build()?;
//! # let _ = |session_key: paypos::SessionKey| {
//! let client = Client::new(Environment::Sandbox)?; // one per process
//! # Ok::<_, paypos::Error>((client, session_key))
//! # };
//! let session = client.session(session_key);
//!
//! let request = InitSaleRequest::new("149.90".parse()?).reference_no("ORDER-1042");
//! let handoff = session.init_sale_transaction(request).await?;
//! let stored = serde_json::to_string(handoff.payment_session())?; // all that a restart needs
//! # simulator.phone().approve(handoff.payment_session().id())?;
//!
//! match session.wait_for(&handoff).await? {
//!     Decision::Succeeded(sale) => println!("paid: {:?}", sale.xact_id),
//!     Decision::Differs(difference) => println!("look it up in Paynet's panel: {difference}"),
//!     Decision::Failed(_) => println!("declined; check once more before starting another sale"),
//!     Decision::Pending => println!("still pending; check again before starting another sale"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//! - [`Client`] holds the connections to one [`Environment`]; [`ClientBuilder`] configures it.
//! - [`Agent`] opens and ends sessions with the dealer's [`SecretKey`], or keeps one open: for servers.
//! - [`Session`] starts sales and reversals, checks them and waits for them with a [`SessionKey`].
//! - [`types`] has the requests and responses, generated from Paynet's documents at compile time.
//! - [`Handoff`] opens the PayPOS app. Its [`PaymentSession`] is the one thing to store.
//! - [`Wait`] polls until the phone has finished; [`Decision`] says whether what was asked for has happened.
//! - [`Error`] has an [`ErrorKind`], for what happened, and an [`Outcome`], for what it means for the money.
//!
//! # Features
//! - `rustls` (default): TLS by rustls with aws-lc-rs.
//! - `native-tls`: the platform's TLS library; takes precedence over `rustls`.
//! - `rustls-no-provider`: TLS by rustls with the crypto provider that your application installs.
//! - `test-util`: constructors of errors and handoffs, for unit tests of code that handles them.

#![cfg_attr(docsrs, feature(doc_cfg))]
// Not in Cargo.toml, since tests, examples and the build script may.
#![warn(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

// In reading order: the interface, what it asks and how it ends, the way of a call, and JSON.
mod client;
mod environment;
mod agent;
mod session;
mod handoff;
mod payment_session;
mod wait;
mod decision;
mod error;
mod refusal;
mod failure;
mod transport;
mod response;
mod generated;
mod object;
mod property;
mod lenient;
mod validate;
mod key;
mod secret;
mod names;
#[cfg(feature = "test-util")]
mod testing;

pub use agent::{Agent, NewSession};
pub use client::{Client, ClientBuilder};
pub use decision::{Decision, Difference};
pub use environment::Environment;
pub use error::{Error, ErrorKind, Outcome};
/// ```
/// use paypos::{Decimal, types::InitSaleRequest};
///
/// let request: InitSaleRequest = serde_json::from_str(r#"{"amount": 149.90, "reference_no": "ORDER-1042"}"#)?;
/// assert_eq!(request, InitSaleRequest::new(Decimal::new(14990, 2)).reference_no("ORDER-1042"));
///
/// let misspelled = serde_json::from_str::<InitSaleRequest>(r#"{"amount": 149.90, "refrence_no": "ORDER-1042"}"#);
/// assert!(misspelled.unwrap_err().to_string().contains("`refrence_no`"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// A bare integer is no amount, since it could be meant in kuruş:
///
/// ```compile_fail
/// let request = paypos::types::InitSaleRequest::new(14990);
/// ```
pub use generated::types;
pub use generated::{DOCUMENT, Operation};
pub use handoff::Handoff;
pub use key::{SecretKey, SessionKey};
pub use payment_session::PaymentSession;
/// The underlying HTTP library, re-exported for [`ClientBuilder::http`].
#[doc(no_inline)]
pub use reqwest;
/// The type of amounts: an exact decimal that database crates support.
#[doc(no_inline)]
pub use rust_decimal::Decimal;
pub use secret::Secret;
pub use session::Session;
pub use validate::opens_app;
pub use wait::Wait;

/// Compiles the README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
