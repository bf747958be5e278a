//! What the client withstands: sweeps over every byte and any response, many calls at once, and memory
//! that does not grow; and a merchant who is never wrong about the money.

mod cases;
mod money;
mod sessions;
mod slow_server;
mod soak;
#[path = "../it/support/mod.rs"]
mod support;
mod sweeps;
mod waits;
