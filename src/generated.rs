//! The client that `build.rs` generates from Paynet's document.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::redundant_field_names,
    clippy::unwrap_used,
    reason = "the generator's code keeps the generator's habits; nothing calls its `new`, which unwraps"
)]

include!(concat!(env!("OUT_DIR"), "/generated.rs"));
