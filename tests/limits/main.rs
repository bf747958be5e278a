//! What the client withstands: sweeps over every byte and any answer, ten thousand calls at once, and
//! memory that does not grow.

mod sessions;
mod soak;
#[path = "../it/support/mod.rs"]
mod support;
mod sweeps;
