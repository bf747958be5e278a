//! Two hundred thousand calls, one after the other: nothing grows.
//!
//! Ignored by default, since it takes minutes: `cargo test --test limits -- --ignored --nocapture`.

use crate::support::server::{Server, echo, echo_and_close};
use paypos::{Client, Environment, SessionKey, types::InitReversalRequest};

const CALLS: usize = 200_000;

/// After these, what is cached is cached.
const WARM_UP: usize = 20_000;

/// Less than 16 bytes for each call, and more than the allocator's mood.
const GROWTH: usize = 3 << 20;

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    resident.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test]
#[ignore = "takes minutes; .ci/run --all runs it"]
async fn two_hundred_thousand_sequential_calls_keep_memory_and_files_flat() {
    let server = Server::plain().await;
    let client = Client::builder(Environment::Sandbox).base_url(server.http()).build().unwrap();
    let mut before = (0, 0);
    for n in 0..CALLS {
        // Now and then a connection ends, so that the pool replaces it.
        server.next(if n % 1_000 == 999 { echo_and_close() } else { echo() });
        let session = client.session(SessionKey::new(format!("key-{n}")).unwrap());
        let xact_id = format!("xact-{n}");
        let handoff =
            session.init_reversal_transaction(InitReversalRequest::new(xact_id.as_str())).await.unwrap();
        assert_eq!(handoff.payment_session().id(), xact_id);
        if n + 1 == WARM_UP {
            before = (resident_bytes(), open_files());
        }
    }
    let after = (resident_bytes(), open_files());
    assert_eq!(server.posts(), CALLS, "sent once each");
    println!(
        "{CALLS} calls over {} connections: {} KiB more, {} open files before and {} after",
        server.connections(),
        after.0.saturating_sub(before.0) / 1024,
        before.1,
        after.1
    );
    assert!(after.0 < before.0 + GROWTH, "{} bytes grew to {}", before.0, after.0);
    assert!(after.1 <= before.1 + 2, "{} files grew to {}", before.1, after.1);
}
