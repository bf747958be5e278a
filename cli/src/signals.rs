//! Waits for the signals that end a command.

use std::future::Future;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::console::Failure;

/// Listens for SIGHUP, SIGINT and SIGTERM, and resolves to the number of the first. Without a handler, the process with
/// the number 1 would not receive them. A signal that was ignored at the start, as by `nohup`, stays ignored.
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

/// Resolves to the number of a signal when it arrives; never, if there is none.
#[cfg(unix)]
// Guard: shell::a_signal_ends_a_wait_and_what_is_known_is_said
// Guard: shell::a_signal_ends_a_wait_of_the_process_with_the_number_1
async fn heard(signal: Option<Signal>, number: u8) -> u8 {
    match signal {
        Some(mut signal) => {
            signal.recv().await;
            number
        }
        None => std::future::pending().await,
    }
}

/// Returns the signals that this process ignores, as a bit mask: the lowest bit is signal 1. Zero if unknown.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// Listens for what ends a program of a console: Ctrl-C and Ctrl-Break, the closing of its window, logging off, and
/// shutting down. Resolves to the number of the signal that means the same elsewhere.
#[cfg(windows)]
pub(crate) fn first() -> Result<impl Future<Output = u8>, Failure> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};

    let failed = |error: std::io::Error| Failure::usage(format!("cannot handle signals: {error}"));
    let (mut interrupt, mut stop) = (ctrl_c().map_err(failed)?, ctrl_break().map_err(failed)?);
    let (mut close, mut logoff) = (ctrl_close().map_err(failed)?, ctrl_logoff().map_err(failed)?);
    let mut shutdown = ctrl_shutdown().map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => 2,
            _ = stop.recv() => 2,
            _ = close.recv() => 1,
            _ = logoff.recv() => 1,
            _ = shutdown.recv() => 15,
        }
    })
}
