//! Prints sentences for people, or JSON objects for programs, one a line.

use std::{
    env,
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
};

use paypos::{Error, ErrorKind, Operation, Outcome, PaymentSession};
use paypos_simulator::is_unseen;
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// What a command returns.
pub(crate) type Done = Result<(), Failure>;

/// Why a command failed: what it exits with, and what it says.
pub(crate) struct Failure {
    exit: u8,
    text: String,
    /// What `--json` prints, unless the command has printed its object.
    json: Option<Value>,
    /// What people also see, in lines.
    besides: Vec<String>,
    /// Why standard output could not be written, if that is what failed.
    unwritten: Option<io::ErrorKind>,
}

impl Failure {
    fn new(exit: u8, text: impl Into<String>) -> Self {
        Self { exit, text: text.into(), json: None, besides: Vec::new(), unwritten: None }
    }

    fn of_kind(exit: u8, text: impl Into<String>, kind: &str, outcome: Outcome) -> Self {
        let failure = Self::new(exit, text);
        let json = json!({ "error": failure.text, "kind": kind, "outcome": outcome });
        Self { json: Some(json), ..failure }
    }

    /// An argument, a file or a secret is missing or unusable.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::of_kind(2, text, "Usage", Outcome::NotSent)
    }

    /// Nothing was sent, since there was no connection.
    pub(crate) fn not_reached(text: impl Into<String>) -> Self {
        Self::of_kind(4, text, "Connect", Outcome::NotSent)
    }

    /// Paynet is not as assumed.
    pub(crate) fn differs(text: impl Into<String>) -> Self {
        Self::new(1, text)
    }

    /// Declined on the phone.
    pub(crate) fn declined(text: impl Into<String>) -> Self {
        Self::new(5, text)
    }

    /// Not decided.
    pub(crate) fn pending(text: impl Into<String>) -> Self {
        Self::new(6, text)
    }

    /// It succeeded, but not as asked.
    pub(crate) fn other(text: impl Into<String>) -> Self {
        Self::new(3, text)
    }

    /// It may have happened; what is known is said.
    pub(crate) fn unknown(text: impl Into<String>) -> Self {
        Self::of_kind(3, text, "Interrupted", Outcome::Unknown)
    }

    /// A signal came before anything was sent.
    fn stopped(signal: u8) -> Self {
        Self::of_kind(128 + signal, "interrupted; nothing was sent", "Interrupted", Outcome::NotSent)
    }

    /// What was to be printed could not be.
    fn unwritten(lost: &str, error: &io::Error) -> Self {
        let text = format!("standard output cannot be written: {error}\n{lost}");
        Self { unwritten: Some(error.kind()), ..Self::new(3, text.trim_end()) }
    }

    /// A call failed; with the payment session that it is about, if the command has one.
    pub(crate) fn call(error: &Error, payment_session: Option<&PaymentSession>) -> Self {
        let exit = match (error.kind(), error.outcome()) {
            (ErrorKind::InvalidInput | ErrorKind::Configuration, _) => 2,
            // It says nothing about the payment.
            _ if payment_session.is_some() => 3,
            (_, Outcome::Rejected) => 1,
            (_, Outcome::NotSent) => 4,
            // Opening and ending a session moves no money.
            (kind, _) if matches!(error.operation(), Some(Operation::GetAuthKey | Operation::Logout)) => {
                match kind {
                    ErrorKind::Unauthorized | ErrorKind::RateLimited | ErrorKind::Refused => 1,
                    ErrorKind::Connect => 4,
                    _ => 3,
                }
            }
            (_, Outcome::Unknown) => 3,
        };
        let payment_session = payment_session.or(error.payment_session());
        let json = json!({
            "error": error.to_string(),
            "kind": error.kind(),
            "outcome": error.outcome(),
            "status": error.status(),
            "code": error.code(),
            "result_code": error.result_code(),
            "message": error.server_message(),
            "payment_session_id": payment_session.map(PaymentSession::id),
            "reversal_of": payment_session.and_then(PaymentSession::reversal_of),
        });
        let message = error.server_message();
        let besides = message.map(|message| format!("The server's message: {}", printable(message)));
        Self {
            json: Some(json),
            besides: besides.into_iter().collect(),
            ..Self::new(exit, error.to_string())
        }
    }

    /// Adds what to type next.
    pub(crate) fn then(mut self, line: Option<String>) -> Self {
        self.besides.extend(line);
        self
    }

    /// Leaves out what could not be printed: it can be printed again.
    pub(crate) fn without_what_was_lost(mut self) -> Self {
        self.text.truncate(self.text.find('\n').unwrap_or(self.text.len()));
        self
    }

    /// Whether nobody reads what is printed any more.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.unwritten == Some(io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::call(&error, None)
    }
}

/// What a signal interrupts.
#[derive(Clone, Default)]
enum Underway {
    #[default]
    Nothing,
    /// A request that may be executed without its response.
    Request(&'static str),
    /// The wait for a payment session, and what to type next.
    Wait(Box<PaymentSession>, String),
}

#[allow(clippy::struct_excessive_bools, reason = "each is independent of the others")]
pub(crate) struct Console {
    pub(crate) json: bool,
    asks: bool,
    /// Whether standard output is a terminal that reads escape sequences.
    is_terminal: bool,
    colors: bool,
    underway: Mutex<Underway>,
}

#[allow(clippy::unused_self, reason = "what is printed goes through the console")]
impl Console {
    pub(crate) fn new(json: bool, no_input: bool) -> Self {
        let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        // Nothing elsewhere than on Windows.
        let reads_escapes = anstyle_query::windows::enable_ansi_colors() != Some(false);
        let is_terminal = io::stdout().is_terminal() && !is_dumb && reads_escapes;
        Self {
            json,
            asks: !no_input && io::stdin().is_terminal() && io::stderr().is_terminal(),
            is_terminal,
            colors: is_terminal && !is_set("NO_COLOR"),
            underway: Mutex::default(),
        }
    }

    /// Returns whether the command may prompt.
    pub(crate) fn asks(&self) -> bool {
        self.asks
    }

    /// Prints a result for people. Fails if it cannot be written.
    pub(crate) fn result(&self, text: impl AsRef<str>) -> Done {
        if self.json { Ok(()) } else { written(text.as_ref()) }
    }

    /// Prints an object for programs. Fails if it cannot be written.
    pub(crate) fn object(&self, object: &impl serde::Serialize) -> Done {
        if self.json { written(&serde_json::to_string(object).unwrap_or_default()) } else { Ok(()) }
    }

    /// Prints a sentence for people, and ignores write errors.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        let _ = self.result(text);
    }

    /// Prints a headline for people, in bold.
    pub(crate) fn headline(&self, text: &str) {
        self.say(if self.colors { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() });
    }

    /// Prints a deeplink, and on a terminal as a QR code if there is room for it.
    pub(crate) fn deeplink(&self, url: &str) -> Done {
        let code =
            QrCode::with_error_correction_level(url, EcLevel::L).ok().filter(|_| self.colors && !self.json);
        if let Some(code) = code {
            let drawn = code.render::<Dense1x2>().build();
            let width = drawn.lines().next().map_or(0, |line| line.chars().count());
            // Black on white, whatever the terminal's own colors are.
            if columns().is_some_and(|columns| width <= columns) {
                drawn.lines().for_each(|line| self.say(format!("\x1b[30;107m{line}\x1b[0m")));
            }
        }
        self.result(format!("Open on the phone (or, for the simulator, in a browser): {}", printable(url)))
    }

    /// Overwrites the current line of a terminal.
    pub(crate) fn progress(&self, text: &str) {
        if self.is_terminal && !self.json && io::stderr().is_terminal() {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr(), "warning: {text}");
    }

    /// Asks a question that is answered with yes or no. Reads the line on a thread: a signal must not wait for it.
    // Guard: prompts::a_signal_at_a_prompt_ends_it_and_sends_nothing
    pub(crate) async fn confirm(&self, question: &str) -> bool {
        let _ = write!(io::stderr(), "{question} [y/N] ");
        let (read, line) = oneshot::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = read.send(io::stdin().lock().read_line(&mut line).map(|_| line));
        });
        matches!(line.await, Ok(Ok(line)) if matches!(line.trim(), "y" | "Y" | "yes"))
    }

    fn set_underway(&self, underway: Underway) {
        *self.underway.lock().unwrap_or_else(PoisonError::into_inner) = underway;
    }

    /// Records that a request is under way, for [`interrupted`](Self::interrupted).
    pub(crate) fn requests(&self, what: &'static str) {
        self.set_underway(Underway::Request(what));
    }

    /// Records the payment session that is waited for, for [`interrupted`](Self::interrupted).
    pub(crate) fn waits_for(&self, payment_session: &PaymentSession, next: String) {
        self.set_underway(Underway::Wait(Box::new(payment_session.clone()), next));
    }

    /// Reports what a signal interrupted, as a failure.
    pub(crate) fn interrupted(&self, signal: u8) -> Failure {
        let underway = self.underway.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match underway {
            Underway::Nothing => Failure::stopped(signal),
            Underway::Request(what) => Failure::unknown(format!(
                "interrupted during {what}: it may have happened; check before you retry"
            )),
            Underway::Wait(payment_session, next) => {
                let printed = self.object(&json!({
                    "payment_session_id": payment_session.id(),
                    "reversal_of": payment_session.reversal_of(),
                    "decision": "pending",
                }));
                let text = format!(
                    "interrupted; not decided yet, check again before starting another\nNext: {next}"
                );
                printed.err().unwrap_or_else(|| Failure::pending(text))
            }
        }
    }

    pub(crate) fn failed(&self, failure: &Failure) {
        if self.json && failure.unwritten.is_none() {
            let _ = failure.json.as_ref().map(|json| self.object(json));
            return;
        }
        let _ = writeln!(io::stderr(), "error: {}", failure.text);
        for line in &failure.besides {
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}

/// Writes a result to standard output.
// Guard: shell::a_full_disk_and_a_closed_pipe_lose_nothing_and_do_not_exit_with_0
pub(crate) fn written(text: &str) -> Done {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| Failure::unwritten(text, &error))
}

/// Returns the width of the terminal, from `COLUMNS` or the terminal itself.
fn columns() -> Option<usize> {
    let set = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    set.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)))
}

/// Replaces unseen and control characters of a server's text.
// Guard: shell::nothing_that_a_server_writes_acts_on_a_terminal
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) { '\u{fffd}' } else { c }).collect()
}

/// Quotes a word for a shell if it needs quotes.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c) || cfg!(windows) && c == '\\';
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    if cfg!(windows) {
        // cmd.exe knows no other.
        return format!("\"{}\"", printable(text));
    }
    format!("'{}'", printable(text).replace('\'', r"'\''"))
}
