//! What is printed: sentences for people, or one JSON object for a program.

use std::{
    env,
    io::{self, BufRead, IsTerminal, Write},
    process::ExitCode,
};

use paypos::{Error, ErrorKind, Operation, Outcome, PaymentSession};
use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use serde_json::json;

use crate::arguments::{Common, Target};

/// Why a command is not done.
pub(crate) enum Failure {
    /// An argument, a file or a secret is missing or unusable.
    Usage(String),
    /// A call; with the payment session that it is about, if the command has one.
    Call(Box<Error>, Option<PaymentSession>),
    Declined(String),
    Undecided(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(Box::new(error), None)
    }
}

impl Failure {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// A failure of a command that has a payment session.
    pub(crate) fn of(self, payment_session: &PaymentSession) -> Self {
        match self {
            Self::Call(error, _) => Self::Call(error, Some(payment_session.clone())),
            other => other,
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Usage(_) => 2,
            Self::Call(error, payment_session) => match (error.kind(), error.outcome()) {
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
            },
            Self::Declined(_) => 5,
            Self::Undecided(_) => 6,
        })
    }
}

#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Console {
    pub(crate) json: bool,
    pub(crate) show_secrets: bool,
    asks: bool,
    colours: bool,
    simulator: Option<String>,
}

#[allow(clippy::unused_self, reason = "what is printed goes through the console")]
impl Console {
    pub(crate) fn new(common: &Common) -> Self {
        let colours =
            io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            json: common.json,
            show_secrets: common.show_secrets,
            asks: !common.no_input && io::stdin().is_terminal() && io::stderr().is_terminal(),
            colours,
            simulator: (common.environment == Target::Simulator).then(|| common.simulator_url.clone()),
        }
    }

    /// Whether somebody is there to be asked.
    pub(crate) fn asks(&self) -> bool {
        self.asks
    }

    /// A sentence for people.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        if !self.json {
            self.print(text.as_ref());
        }
    }

    /// A headline for people.
    pub(crate) fn headline(&self, text: &str) {
        let text = if self.colours { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
        self.say(text);
    }

    /// The one object for a program.
    pub(crate) fn object(&self, object: &impl serde::Serialize) {
        if self.json {
            self.print(&serde_json::to_string(object).unwrap_or_default());
        }
    }

    /// A deeplink, as a QR code and as it is.
    pub(crate) fn deeplink(&self, url: &str) {
        if self.json {
            return;
        }
        if let Ok(code) = QrCode::with_error_correction_level(url, EcLevel::L) {
            self.print(&code.render::<Dense1x2>().build());
        }
        self.print(&format!("Open on the phone, or in a browser if it is a simulator's: {url}"));
    }

    /// A line that is written over, on a terminal.
    pub(crate) fn progress(&self, text: &str) {
        if !self.json && io::stderr().is_terminal() {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    /// A pipe that closed is the reader's choice.
    fn print(&self, text: &str) {
        let _ = writeln!(io::stdout(), "{text}");
    }

    pub(crate) fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr(), "warning: {text}");
    }

    /// Asks a question whose answer is yes or no.
    pub(crate) fn confirm(&self, question: &str) -> bool {
        let _ = write!(io::stderr(), "{question} [y/N] ");
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        read.is_ok() && matches!(line.trim(), "y" | "Y" | "yes")
    }

    pub(crate) fn failed(&self, failure: &Failure) {
        let (text, next) = match failure {
            Failure::Usage(text) | Failure::Declined(text) | Failure::Undecided(text) => (text.clone(), None),
            Failure::Call(error, payment_session) => {
                let next = self.next(error, payment_session.as_ref().or(error.payment_session()));
                (error.to_string(), next)
            }
        };
        if !self.json {
            let _ = writeln!(io::stderr(), "error: {text}");
            if let Failure::Call(error, _) = failure
                && let Some(message) = error.server_message()
            {
                let _ = writeln!(io::stderr(), "The server's message: {}", printable(message));
            }
            if let Some(next) = next {
                let _ = writeln!(io::stderr(), "{next}");
            }
            return;
        }
        match failure {
            Failure::Usage(_) => {
                self.object(&json!({ "error": text, "kind": "Usage", "outcome": "NotSent" }));
            }
            Failure::Call(error, payment_session) => self.object(&json!({
                "error": text,
                "kind": error.kind(),
                "outcome": error.outcome(),
                "status": error.status(),
                "code": error.code(),
                "result_code": error.result_code(),
                "message": error.server_message(),
                "payment_session_id":
                    payment_session.as_ref().or(error.payment_session()).map(PaymentSession::id),
            })),
            // What was decided was printed as the command's object.
            Failure::Declined(_) | Failure::Undecided(_) => {}
        }
    }

    /// What to type next.
    fn next(&self, error: &Error, payment_session: Option<&PaymentSession>) -> Option<String> {
        if let Some(payment_session) = payment_session
            && !matches!(error.kind(), ErrorKind::Connect | ErrorKind::Unauthorized)
        {
            return Some(next_check(payment_session));
        }
        match (error.kind(), &self.simulator) {
            (ErrorKind::Connect, Some(url)) => {
                Some(format!("Is the simulator running at {url}? In another terminal: paypos simulate"))
            }
            (ErrorKind::Unauthorized, _) => Some("Next: paypos session open --write-key FILE".to_owned()),
            _ => None,
        }
    }
}

/// The command that checks a payment session. Without `--reversal-of`, the sale that is being reversed could be
/// taken for its reversal.
pub(crate) fn next_check(payment_session: &PaymentSession) -> String {
    let of = payment_session
        .reversal_of()
        .map(|xact_id| format!(" --reversal-of {}", quoted(xact_id)))
        .unwrap_or_default();
    format!("Next: paypos check {}{of} --wait", quoted(payment_session.id()))
}

/// A server's text without control characters, which a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// A word for a shell: in quotes, unless it needs none.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", printable(text).replace('\'', r"'\''"))
}
