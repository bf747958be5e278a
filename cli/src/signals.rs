//! The signals that end a command.

use std::future::Future;

use crate::console::Failure;

/// The first of SIGINT, SIGTERM and SIGHUP, by its number. A process with the number 1 has no other way to hear them.
#[cfg(unix)]
pub(crate) fn first() -> Result<impl Future<Output = u8>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};

    let listen =
        |kind| signal(kind).map_err(|error| Failure::usage(format!("cannot handle signals: {error}")));
    let (mut hangup, mut interrupt, mut terminate) =
        (listen(SignalKind::hangup())?, listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = hangup.recv() => 1,
            _ = interrupt.recv() => 2,
            _ = terminate.recv() => 15,
        }
    })
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
