//! The signals that end a command.

use std::future::Future;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::console::Failure;

/// The first of SIGHUP, SIGINT and SIGTERM, by its number. A process with the number 1 has no other way to hear them.
/// What whoever started it has it ignore, as `nohup` does, stays ignored.
#[cfg(unix)]
pub(crate) fn first() -> Result<impl Future<Output = u8>, Failure> {
    let ignored = ignored();
    let listen = |number: u8, kind| -> Result<Option<Signal>, Failure> {
        if ignored >> (number - 1) & 1 == 1 {
            return Ok(None);
        }
        signal(kind).map(Some).map_err(|error| Failure::usage(format!("cannot handle signals: {error}")))
    };
    let (hangup, interrupt, terminate) = (
        listen(1, SignalKind::hangup())?,
        listen(2, SignalKind::interrupt())?,
        listen(15, SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            number = heard(hangup, 1) => number,
            number = heard(interrupt, 2) => number,
            number = heard(terminate, 15) => number,
        }
    })
}

/// Its number, once a signal is heard.
#[cfg(unix)]
async fn heard(signal: Option<Signal>, number: u8) -> u8 {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
            number
        }
        None => std::future::pending().await,
    }
}

/// The signals that this process ignores, as Linux tells: a bit for each, from the lowest for the number 1.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Ctrl-C.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "the counterpart of the other")]
pub(crate) fn first() -> Result<impl Future<Output = u8>, Failure> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
        2
    })
}
