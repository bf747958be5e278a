#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Not in Cargo.toml, since tests, examples and the build script may.
#![warn(clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod check;
mod client;
mod environment;
mod error;
mod generated;
mod handoff;
mod secret;
mod session;
#[cfg(feature = "simulator")]
pub mod simulator;
mod transport;

pub use client::{Client, ClientBuilder};
pub use environment::Environment;
pub use error::{Error, ErrorKind, Outcome};
pub use generated::requests as types;
pub use handoff::Handoff;
/// The HTTP library below, for [`ClientBuilder::http`] alone.
#[doc(no_inline)]
pub use reqwest;
pub use secret::Secret;
pub use session::{Session, SessionKey};
/// The type of [`Handoff::deeplink_url`].
#[doc(no_inline)]
pub use url::Url;
