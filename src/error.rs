//! What can go wrong, and what it means for the money.
//!
//! The only mapping from foreign errors. Nothing that the server wrote, and no
//! secret, reaches `Debug`, `Display` or `source()`: server text is available
//! through the accessors alone.

use std::{borrow::Cow, error::Error as StdError, fmt, io, iter, time::Duration};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use ErrorKind::{
    BadResponse, Configuration, Connect, Interrupted, InvalidInput, RateLimited, Rejected, Server, Timeout,
    Unauthorized,
};

use crate::{response::ServerMessage, transport::Operation};

/// Why a call failed, or why a client could not be built.
///
/// [`outcome`](Self::outcome) decides what to do next; [`kind`](Self::kind) tells what
/// happened. `Display` is one line for a log, and never contains Paynet's text: that is in
/// [`vendor_message`](Self::vendor_message).
pub struct Error(pub(crate) Box<Inner>);

pub(crate) struct Inner {
    kind: ErrorKind,
    detail: Cow<'static, str>,
    operation: Option<&'static str>,
    /// The operation asks about money, and moves none.
    is_check: bool,
    pub(crate) status: Option<u16>,
    pub(crate) server: ServerMessage,
    pub(crate) retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value cannot be sent; the error names it, and what would be right. Nothing was sent.
    InvalidInput,
    /// The client cannot be built or used as it is configured. Nothing was sent.
    Configuration,
    /// No connection was established: name resolution, TCP, proxy or TLS failed or
    /// took too long. Nothing was sent.
    Connect,
    /// The deadline of the call passed, or the server reported a timeout (408, or the return code 10).
    Timeout,
    /// The connection failed before the answer was complete.
    Interrupted,
    /// 401 or 403: Paynet does not accept the session key, or the dealer's secret key.
    Unauthorized,
    /// 429: too many requests; see [`Error::retry_after`].
    RateLimited,
    /// Paynet refused the request: a 4xx by which HTTP itself reports that nothing was done, or whose
    /// body is Paynet's own; see [`Error::code`] and [`Error::vendor_message`].
    Rejected,
    /// 5xx, or a return code by which Paynet reports that it failed (8).
    Server,
    /// Anything that the document does not define: another status, a 4xx that may be a gateway's, or an
    /// answer that is too large, not JSON, or lacks a field.
    BadResponse,
}

/// What is known of the money after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing was asked for. Fix the cause, then retry.
    NotSent,
    /// Paynet said no. Do not retry unchanged: on 429, wait for
    /// [`Error::retry_after`]; on 401, open a new session.
    Rejected,
    /// It may have happened. Check before you retry.
    ///
    /// Also every error of a check or a wait that was started: it tells nothing of the payment
    /// that it asks about.
    Unknown,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSent => "nothing was sent",
            Self::Rejected => "Paynet refused it",
            Self::Unknown => "it may have happened, check before sending again",
        })
    }
}

impl Error {
    /// What happened.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is known of the money, and so what may be done next.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.0.kind {
            InvalidInput | Configuration => Outcome::NotSent,
            _ if self.0.is_check => Outcome::Unknown,
            Connect => Outcome::NotSent,
            Unauthorized | RateLimited | Rejected => Outcome::Rejected,
            _ => Outcome::Unknown,
        }
    }

    /// The operation that failed, by the name of its method; `None` where none was called.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The HTTP status of the answer, if its head arrived.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// `code` of the answer. Paynet documents no values for it.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.0.server.code
    }

    /// `result_code` of the answer, in the form of Paynet's general documentation: the return code,
    /// where [`code`](Self::code) is the HTTP status again. Unverified for PayPOS.
    #[must_use]
    pub fn result_code(&self) -> Option<i64> {
        self.0.server.result_code
    }

    /// `payment_session_id` of a success that is unusable otherwise: check by it whether the payment
    /// happened.
    #[must_use]
    pub fn payment_session_id(&self) -> Option<&str> {
        self.0.server.payment_session_id.as_deref()
    }

    /// `object_name` of the answer. Paynet's text: show it to people with care.
    #[must_use]
    pub fn object_name(&self) -> Option<&str> {
        self.0.server.object_name.as_deref()
    }

    /// `message` of the answer. Paynet's text, and never part of `Display`: it may hold anything.
    #[must_use]
    pub fn vendor_message(&self) -> Option<&str> {
        self.0.server.message.as_deref()
    }

    /// How long to wait before the next request: the `Retry-After` header, in seconds or as
    /// a date. A date is read against the answer's own `Date` header, so that a
    /// wrong local clock does no harm; without one, against the local clock.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            detail: detail.into(),
            operation: None,
            is_check: false,
            status: None,
            server: ServerMessage::default(),
            retry_after: None,
            source: None,
        }))
    }

    pub(crate) fn invalid_input(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(InvalidInput, detail)
    }

    pub(crate) fn configuration(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Configuration, detail)
    }

    /// The same error, of an answer with this status.
    pub(crate) fn answered(mut self, status: u16, server: ServerMessage) -> Self {
        self.0.status = Some(status);
        self.0.server = server;
        self
    }

    pub(crate) fn with_operation(mut self, operation: &Operation) -> Self {
        self.0.operation = Some(operation.name);
        self.0.is_check = !operation.moves_money;
        self
    }

    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// From a call of the generated client.
    pub(crate) async fn from_client(error: progenitor_client::Error<()>) -> Self {
        use progenitor_client::Error as E;
        match error {
            E::CommunicationError(error) | E::InvalidUpgrade(error) => Self::from_reqwest(&error),
            E::ResponseBodyError(error) => Self::from_reqwest(&error).answered(200, ServerMessage::default()),
            E::UnexpectedResponse(response) => {
                let (status, retry_after) = (response.status().as_u16(), retry_after(response.headers()));
                let mut error = Self::from_refusal(status, ServerMessage::from_response(response).await);
                error.0.retry_after = retry_after;
                error
            }
            E::InvalidRequest(reason) => Self::invalid_input(reason),
            // Of answers, which progenitor does not read here.
            _ => Self::new(BadResponse, "the answer cannot be read"),
        }
    }

    fn from_reqwest(error: &reqwest::Error) -> Self {
        let (kind, detail) = if error.is_builder() {
            (Configuration, "the request cannot be built as the client is configured")
        } else if error.is_connect() && error.is_dns() {
            (Connect, "the server's name could not be resolved")
        } else if error.is_connect() && error.is_timeout() {
            (Connect, "no connection was established before the connect timeout")
        } else if error.is_connect() {
            (Connect, "no connection could be established")
        } else if error.is_timeout() {
            (Timeout, "no complete answer came before the deadline")
        } else {
            (Interrupted, "the connection failed before the answer was complete")
        };
        // Only the operating system's reason is kept: the errors of the libraries below quote what the
        // server wrote, such as the names in a certificate or the debug data of HTTP/2.
        let mut causes = iter::successors(error.source(), |&cause| cause.source());
        match causes.find_map(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause) => Self::new(kind, detail).with_source(io::Error::from(cause.kind())),
            None => Self::new(kind, detail),
        }
    }

    /// Judges an answer that is not a success: by its status, and a 4xx also by what Paynet wrote in it.
    fn from_refusal(status: u16, server: ServerMessage) -> Self {
        let (kind, detail) = match (status, server.return_code(status)) {
            // A failure on Paynet's side leaves open what happened.
            (400..500, Some(8)) => (Server, "Paynet reported an internal failure"),
            (400..500, Some(10)) => (Timeout, "Paynet reported a timeout"),
            (401 | 403, _) => (Unauthorized, "the key was not accepted"),
            (408, _) => (Timeout, "the server waited too long for the request"),
            (429, _) => (RateLimited, "too many requests"),
            // HTTP itself defines that nothing was done.
            (400 | 404 | 405 | 413 | 414 | 415 | 422 | 431, _) => (Rejected, "the request was refused"),
            (400..500, _) if server.is_paynets() => (Rejected, "the request was refused"),
            (500..600, _) => (Server, "the server failed"),
            _ => (BadResponse, "the document does not define this status"),
        };
        Self::new(kind, detail).answered(status, server)
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let date = headers.get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    until.duration_since(date.unwrap_or_else(std::time::SystemTime::now)).ok().or(Some(Duration::ZERO))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { detail, operation, status, server, .. } = &*self.0;
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(detail)?;
        match (status, server.code) {
            (Some(status), Some(code)) => write!(f, " (HTTP {status}, code {code})")?,
            (Some(status), None) => write!(f, " (HTTP {status})")?,
            _ => {}
        }
        // Nothing was sent, so the outcome is omitted.
        match self.kind() {
            InvalidInput | Configuration => Ok(()),
            _ if self.0.is_check => {
                f.write_str("; this tells nothing of the payment, check again before initiating another")
            }
            _ => write!(f, "; {}", self.outcome()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("outcome", &self.outcome())
            .field("text", &self.to_string())
            .field("retry_after", &self.0.retry_after)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
