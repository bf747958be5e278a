//! Canaries: texts that are planted where secrets and server text are, and
//! searched for in all that can be printed.

use std::{
    error::Error as StdError,
    fmt::Debug,
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use paypos::Error;
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

pub const KEY: &str = "canary-session-key";
pub const SECRET_KEY: &str = "canary-secret-key";
pub const ENCRYPTION_KEY: &str = "canary-encryption-key";
pub const TEXT: &str = "canary-server-text";
/// The same with what is hard to write as JSON, for requests.
pub const HARD: &str = "canary-server-text \"\u{15f}\" \\ \u{2028} \u{0}";
pub const HEADER: &str = "canary-header";
pub const PASSWORD: &str = "canary-proxy-password";
/// What a peer says beside HTTP: the names in its certificate, the debug data of HTTP/2. No error
/// shows it; the libraries below log it at DEBUG, which nothing here can keep them from.
pub const PEER: &str = "peer-says";
const ALL: [&str; 6] = [KEY, SECRET_KEY, ENCRYPTION_KEY, TEXT, HEADER, PASSWORD];

/// Everything that any crate logs in this process, at TRACE.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Starts capturing, or goes on.
    pub fn captured() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            // Also installs the bridge for crates that use `log`.
            tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_span_events(FmtSpan::FULL)
                .with_ansi(false)
                .with_writer(log.clone())
                .init();
            log
        })
    }

    /// The log without the lines of wiremock, which prints what it receives, as a server of the tests may.
    pub fn text() -> String {
        let bytes = Self::captured().0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8_lossy(&bytes);
        text.lines().filter(|line| !line.contains("wiremock")).collect::<Vec<_>>().join("\n")
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[track_caller]
pub fn assert_clean(printed: &str) {
    for canary in ALL {
        if let Some(at) = printed.find(canary) {
            let from = printed[..at].rfind('\n').map_or(0, |line| line + 1);
            panic!("{canary} is printed: {}", printed[from..].lines().next().unwrap_or_default());
        }
    }
}

#[track_caller]
pub fn assert_debug_is_clean(value: &impl Debug) {
    assert_clean(&format!("{value:?} {value:#?}"));
}

/// Every way to print an error, and all its sources.
pub fn printed(error: &Error) -> String {
    let mut printed = format!("{error} {error:#} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        printed = format!("{printed} {cause} {cause:#} {cause:?} {cause:#?}");
        source = cause.source();
    }
    printed
}
