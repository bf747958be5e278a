//! The client that `build.rs` generates from Paynet's document.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::redundant_field_names,
    rustdoc::bare_urls,
    reason = "the generator's code keeps the generator's habits, and the document its own prose"
)]

include!(concat!(env!("OUT_DIR"), "/generated.rs"));
