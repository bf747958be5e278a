#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Not in Cargo.toml, since tests, examples and the build script may.
#![warn(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod agent;
mod client;
mod environment;
mod error;
mod generated;
mod handoff;
mod key;
mod property;
mod response;
mod secret;
mod session;
#[cfg(feature = "simulator")]
pub mod simulator;
mod transport;
mod validate;
mod wait;

pub use agent::{Agent, NewSession};
pub use client::{Client, ClientBuilder};
pub use environment::Environment;
pub use error::{Error, ErrorKind, Outcome};
pub use generated::types;
pub use handoff::Handoff;
pub use key::{SecretKey, SessionKey};
/// The HTTP library below, for [`ClientBuilder::http`] alone.
#[doc(no_inline)]
pub use reqwest;
/// The type of amounts: exact, and common to databases and other crates.
#[doc(no_inline)]
pub use rust_decimal::Decimal;
pub use secret::Secret;
pub use session::Session;
pub use wait::{Decision, PaymentSession, Wait};
