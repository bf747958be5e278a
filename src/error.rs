//! What can go wrong, and what it means for the money.
//!
//! Nothing that the server wrote, and no secret, reaches `Debug`, `Display` or `source()`: server text is available
//! through the accessors only.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use ErrorKind::{
    BadResponse, Configuration, Connect, Interrupted, InvalidInput, RateLimited, Refused, Server, Timeout,
    Unauthorized,
};

use crate::{Operation, PaymentSession, object::Properties};

/// Why a call failed, or why a client could not be built.
///
/// Use [`outcome`](Self::outcome) to decide what to do next and [`kind`](Self::kind) to see what happened. `Display` is
/// one line for logs and never contains Paynet's text; [`server_message`](Self::server_message) does.
///
/// ```
/// # use paypos::{Error, Outcome};
/// fn next_step(error: &Error) -> String {
///     match error.outcome() {
///         Outcome::NotSent => "fix the cause, then retry".to_owned(),
///         Outcome::Rejected => format!("refused: {:?}", error.code()),
///         Outcome::Unknown => match error.payment_session() {
///             Some(payment_session) => format!("check {}", payment_session.id()),
///             None => "look up the reference_no in Paynet's panel".to_owned(),
///         },
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    /// Of an operation that initiates.
    outcome: Outcome,
    detail: Cow<'static, str>,
    operation: Option<Operation>,
    status: Option<u16>,
    message: ServerMessage,
    payment_session: Option<PaymentSession>,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value is invalid; the message names it and says what is expected. Nothing was sent.
    InvalidInput,
    /// The client's configuration is invalid. Nothing was sent.
    Configuration,
    /// No connection was established: name resolution, TCP, proxy or TLS failed or took too long; the message says
    /// which, if it is known. Nothing was sent.
    Connect,
    /// The call took longer than its timeout, or the server reported a timeout (408, or the return code 10).
    Timeout,
    /// The connection failed before the response was complete.
    Interrupted,
    /// 401 or 403: Paynet does not accept the session key, or the dealer's secret key.
    Unauthorized,
    /// 429: too many requests; see [`Error::retry_after`].
    RateLimited,
    /// Paynet refused the request: a 4xx status that implies nothing was done, or a 4xx with a body in Paynet's error
    /// format; see [`Error::code`] and [`Error::server_message`].
    Refused,
    /// A 5xx, or Paynet's return code 8 (internal failure).
    Server,
    /// A response that the documents do not define: another status, a 4xx that may come from a gateway, or a body that
    /// is too large, cut, not JSON or incomplete.
    BadResponse,
}

impl ErrorKind {
    /// Returns the variant's name, which `Display` and `Serialize` write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            InvalidInput => "InvalidInput",
            Configuration => "Configuration",
            Connect => "Connect",
            Timeout => "Timeout",
            Interrupted => "Interrupted",
            Unauthorized => "Unauthorized",
            RateLimited => "RateLimited",
            Refused => "Refused",
            Server => "Server",
            BadResponse => "BadResponse",
        }
    }
}

/// What an error implies about the money that a sale or a reversal was to move.
///
/// Only [`init_sale_transaction`](crate::Session::init_sale_transaction) and
/// [`init_reversal_transaction`](crate::Session::init_reversal_transaction) initiate payments. Every other error, of
/// any kind, is [`Unknown`](Self::Unknown), because it says nothing about any payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The request was never sent. Fix the cause, then retry.
    NotSent,
    /// Paynet refused, and nothing happened. Do not retry unchanged: on 429, wait for [`Error::retry_after`]; on 401,
    /// open a new session.
    Rejected,
    /// It may have happened. Check [`Error::payment_session`] if there is one; otherwise look up the `reference_no` in
    /// Paynet's panel.
    Unknown,
}

impl Outcome {
    /// Returns the variant's name, which `Display` and `Serialize` write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "NotSent",
            Self::Rejected => "Rejected",
            Self::Unknown => "Unknown",
        }
    }
}

/// What Paynet wrote in a response, in either of its forms: `ErrorResponse` of the documents (`object_name`, `code`,
/// `message`), or that of its general documentation (`type`, `message`, `code`, `result_code`).
#[derive(Clone, Default)]
pub(crate) struct ServerMessage {
    pub(crate) object_name: Option<String>,
    pub(crate) code: Option<i64>,
    pub(crate) result_code: Option<i64>,
    pub(crate) message: Option<String>,
}

impl ServerMessage {
    /// Reads each property that can be read.
    pub(crate) fn of(properties: &Properties<'_>) -> Self {
        Self {
            object_name: properties.text("object_name"),
            code: properties.number("code"),
            result_code: properties.number("result_code"),
            message: properties.text("message"),
        }
    }

    /// Whether it has one of Paynet's forms, which a gateway's response does not.
    pub(crate) fn is_paynets(&self) -> bool {
        self.code.is_some() && (self.object_name.is_some() || self.result_code.is_some())
    }

    /// The return code: with an HTTP status other than 200, `code` may be that status again.
    pub(crate) fn return_code(&self, status: u16) -> Option<i64> {
        self.result_code.or(self.code.filter(|code| *code != i64::from(status)))
    }
}

impl Error {
    /// Returns what happened.
    ///
    /// ```
    /// # use paypos::{ErrorKind, SessionKey};
    /// let error = SessionKey::new("two words").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns what is known about the money, and so what to do next.
    ///
    /// ```
    /// use paypos::{Error, ErrorKind, Operation, Outcome};
    ///
    /// let sale = Error::simulated(ErrorKind::Timeout, Operation::InitSaleTransaction);
    /// assert_eq!(sale.outcome(), Outcome::Unknown); // it may have happened
    /// let refused = Error::simulated(ErrorKind::Refused, Operation::InitSaleTransaction);
    /// assert_eq!(refused.outcome(), Outcome::Rejected);
    /// let check = Error::simulated(ErrorKind::Refused, Operation::CheckTransaction);
    /// assert_eq!(check.outcome(), Outcome::Unknown); // it says nothing about the payment
    /// ```
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.initiates() { self.0.outcome } else { Outcome::Unknown }
    }

    /// Returns whether repeating the same call cannot move money twice, and may help.
    ///
    /// That is a sale or reversal that was not sent for want of a connection or a session, or refused by a rate limit,
    /// after [`retry_after`](Self::retry_after); and any failure of the other operations that may pass.
    ///
    /// ```
    /// # use paypos::{Agent, Error, types::LogoutRequest};
    /// # async fn example(agent: &Agent, request: LogoutRequest) -> Result<(), Error> {
    /// if let Err(error) = agent.logout(request.clone()).await
    ///     && error.is_safe_to_retry()
    /// {
    ///     agent.logout(request).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_safe_to_retry(&self) -> bool {
        let Inner { kind, operation, status, message, .. } = &*self.0;
        match kind {
            InvalidInput | Configuration => false,
            Connect => operation.is_some(),
            _ if self.initiates() => match self.outcome() {
                // There was no session to send it with.
                Outcome::NotSent => !matches!(kind, Unauthorized | Refused),
                Outcome::Rejected => *kind == RateLimited,
                Outcome::Unknown => false,
            },
            _ if operation.is_some_and(|operation| operation.moves_money().is_none()) => false,
            // A gateway's 403 may pass.
            Unauthorized => *status == Some(403) && !message.is_paynets(),
            // The transaction may not have appeared yet.
            Refused => *operation == Some(Operation::CheckTransaction),
            _ => true,
        }
    }

    /// Returns the operation that failed; `None` if no call was made.
    ///
    /// ```
    /// # use paypos::{Error, ErrorKind, Operation};
    /// let error = Error::simulated(ErrorKind::Server, Operation::Logout);
    /// assert_eq!(error.operation().map(Operation::as_str), Some("logout"));
    /// ```
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// Returns the HTTP status, if a response arrived.
    ///
    /// ```
    /// # use paypos::{Error, ErrorKind, Operation};
    /// let error = Error::simulated(ErrorKind::Refused, Operation::InitSaleTransaction).with_status(400, Some(11));
    /// assert_eq!((error.status(), error.code()), (Some(400), Some(11)));
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the response's `code`. Paynet documents no values for it.
    #[must_use]
    pub fn code(&self) -> Option<i64> {
        self.0.message.code
    }

    /// Returns the response's `result_code`: in the error format of Paynet's general API, the return code, while
    /// [`code`](Self::code) repeats the HTTP status. Unverified for PayPOS.
    #[must_use]
    pub fn result_code(&self) -> Option<i64> {
        self.0.message.result_code
    }

    /// Returns the payment session of a sale or reversal whose response was otherwise unusable. Wait for it, or check
    /// it, to learn whether the payment happened.
    ///
    /// ```
    /// # use paypos::{Decision, Error, Session, types::InitSaleRequest};
    /// # async fn example(session: &Session, request: InitSaleRequest) -> Result<(), Error> {
    /// if let Err(error) = session.init_sale_transaction(request).await
    ///     && let Some(payment_session) = error.payment_session()
    /// {
    ///     let decision: Decision = session.wait_for(payment_session).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn payment_session(&self) -> Option<&PaymentSession> {
        self.0.payment_session.as_ref()
    }

    /// Returns the response's `object_name`. Untrusted text from Paynet: escape it before displaying it.
    #[must_use]
    pub fn object_name(&self) -> Option<&str> {
        self.0.message.object_name.as_deref()
    }

    /// Returns the response's `message`. Untrusted text from Paynet: escape it before displaying it.
    ///
    /// ```
    /// # use paypos::Error;
    /// fn for_the_log(error: &Error) -> String {
    ///     let text = error.server_message().unwrap_or_default();
    ///     format!("{error}: {text:?}") // `{:?}` escapes it
    /// }
    /// ```
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.0.message.message.as_deref()
    }

    /// Returns whether the response has the form of a refusal of Paynet's: a `code`, and an `object_name` or a
    /// `result_code`. That of a gateway has not; it may refuse a request that it has passed on.
    ///
    /// ```
    /// # use paypos::{Error, ErrorKind, Operation};
    /// let error = Error::simulated(ErrorKind::Unauthorized, Operation::InitSaleTransaction);
    /// assert!(!error.is_paynets()); // nothing was received
    /// ```
    #[must_use]
    pub fn is_paynets(&self) -> bool {
        self.0.message.is_paynets()
    }

    /// Returns how long to wait before the next request: the `Retry-After` header, in seconds or as a date. Dates are
    /// compared with the response's `Date` header if present, so that a wrong local clock does not matter.
    ///
    /// ```
    /// # use paypos::{Error, ErrorKind, Operation};
    /// # use std::time::Duration;
    /// let error = Error::simulated(ErrorKind::RateLimited, Operation::InitSaleTransaction)
    ///     .with_retry_after(Duration::from_secs(5));
    /// assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    pub(crate) fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        let outcome = match kind {
            InvalidInput | Configuration | Connect => Outcome::NotSent,
            _ => Outcome::Unknown,
        };
        Self(Box::new(Inner {
            kind,
            outcome,
            detail: detail.into(),
            operation: None,
            status: None,
            message: ServerMessage::default(),
            payment_session: None,
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

    /// Adds what a response said.
    pub(crate) fn responded(mut self, status: u16, message: ServerMessage) -> Self {
        (self.0.status, self.0.message) = (Some(status), message);
        self
    }

    /// Sets what it means for an operation that initiates, where its kind does not say it.
    pub(crate) fn meaning(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    pub(crate) fn called(mut self, operation: Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// Turns the error of opening a session into that of the operation that needed one, of which nothing was sent.
    pub(crate) fn instead_of(mut self, operation: Operation) -> Self {
        self.0.detail = format!("no session could be opened: {}", self.0.detail).into();
        (self.0.operation, self.0.outcome) = (Some(operation), Outcome::NotSent);
        self
    }

    /// Adds the payment session that was opened all the same.
    pub(crate) fn obtained(mut self, payment_session: PaymentSession) -> Self {
        (self.0.payment_session, self.0.outcome) = (Some(payment_session), Outcome::Unknown);
        self
    }

    pub(crate) fn delayed(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Whether the call was to move money, as far as it is known.
    // Guard: every_operation::an_outcome_is_about_the_two_operations_that_initiate_and_every_other_error_is_unknown
    fn initiates(&self) -> bool {
        self.0.operation.and_then(Operation::moves_money) == Some(true)
    }

    /// What the error means, after its cause.
    fn advice(&self) -> &'static str {
        match (self.0.operation, self.outcome()) {
            _ if matches!(self.0.kind, InvalidInput | Configuration) => "",
            (None, _) => "",
            (Some(operation), _) if operation.moves_money().is_none() => {
                "; whether this moves money is not known; look it up before repeating it"
            }
            (Some(_), Outcome::Unknown) if self.initiates() => {
                if self.0.payment_session.is_some() {
                    "; it may have happened; check its payment session before retrying"
                } else {
                    "; it may have happened; look up its `reference_no` in Paynet's panel before retrying"
                }
            }
            (Some(_), Outcome::NotSent) => "; nothing was sent",
            (Some(_), Outcome::Rejected) => "; Paynet refused it, and nothing happened",
            (Some(Operation::CheckTransaction), _) => {
                "; this says nothing about the payment; check again before starting another"
            }
            (Some(_), _) if self.is_safe_to_retry() => "; this moves no money and may be repeated",
            (Some(_), _) => "; this moves no money",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { detail, operation, status, message, .. } = &*self.0;
        if let Some(operation) = operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(detail)?;
        match (status, message.code) {
            (Some(status), Some(code)) => write!(f, " (HTTP {status}, code {code})")?,
            (Some(status), None) => write!(f, " (HTTP {status})")?,
            _ => {}
        }
        f.write_str(self.advice())
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
