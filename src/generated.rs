//! The client that `build.rs` generates from Paynet's document.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "the generator's code keeps the generator's habits"
)]

include!(concat!(env!("OUT_DIR"), "/generated.rs"));
