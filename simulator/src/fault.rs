//! What goes wrong with requests, when, and how often.

use std::time::Duration;

use paypos::Operation;
use serde_json::Value;

/// A fault to inject into requests; see [`Simulator::inject`](crate::Simulator::inject).
///
/// By default a fault applies once, to the next request of any operation. [`status`](Self::status) and
/// [`html`](Self::html) prevent the operation; the others occur after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub(crate) effect: Effect,
    pub(crate) after: bool,
    pub(crate) operation: Option<Operation>,
    pub(crate) skip: usize,
    pub(crate) times: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    Status { status: u16, headers: Vec<(String, String)>, body: String },
    Delay(Duration),
    DropConnection,
    TruncateResponse,
    Property(String, Option<Value>),
    Html,
}

impl Fault {
    fn new(effect: Effect, after: bool) -> Self {
        Self { effect, after, operation: None, skip: 0, times: 1 }
    }

    /// Responds with this HTTP status, from 200 to 599; any other number is sent as 500. The body is `{}` as
    /// `application/json`; see [`body`](Self::body) and [`header`](Self::header).
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::new(Effect::Status { status, headers: Vec::new(), body: "{}".to_owned() }, false)
    }

    /// Delays the response.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::new(Effect::Delay(delay), true)
    }

    /// Reads the request, then closes the connection.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self::new(Effect::DropConnection, true)
    }

    /// Sends the headers and half of the body, then closes the connection.
    #[must_use]
    pub fn truncate_response() -> Self {
        Self::new(Effect::TruncateResponse, true)
    }

    /// Removes a property from the response; prefix the name with `Data.` for every transaction.
    #[must_use]
    pub fn missing_property(name: impl Into<String>) -> Self {
        Self::new(Effect::Property(name.into(), None), true)
    }

    /// Sets a property of the response to a JSON value; prefix the name with `Data.` for every transaction.
    #[must_use]
    pub fn property(name: impl Into<String>, value: Value) -> Self {
        Self::new(Effect::Property(name.into(), Some(value)), true)
    }

    /// Responds with a page of HTML and status 200, as a captive portal or a proxy would.
    #[must_use]
    pub fn html() -> Self {
        Self::new(Effect::Html, false)
    }

    /// Sets the body of a [`status`](Self::status).
    #[must_use]
    pub fn body(mut self, text: impl Into<String>) -> Self {
        if let Effect::Status { body, .. } = &mut self.effect {
            *body = text.into();
        }
        self
    }

    /// Adds a header to a [`status`](Self::status), such as `Retry-After`; invalid headers are ignored.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Effect::Status { headers, .. } = &mut self.effect {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// Applies only to this operation.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Skips this many matching requests first.
    #[must_use]
    pub fn skip(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    /// Applies to this many requests.
    #[must_use]
    pub fn times(mut self, requests: usize) -> Self {
        self.times = requests;
        self
    }

    /// Occurs before the operation, which is then not executed; a [`delay`](Self::delay) only postpones it.
    #[must_use]
    pub fn before(mut self) -> Self {
        self.after = false;
        self
    }

    /// Occurs after the operation was executed.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.after = true;
        self
    }

    /// Whether it applies to a request of this operation, which counts.
    pub(crate) fn applies(&mut self, operation: &str) -> bool {
        if self.times == 0 || self.operation.is_some_and(|own| own.as_str() != operation) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times -= 1;
        true
    }

    /// The text that is kept of it, in bytes.
    pub(crate) fn size(&self) -> usize {
        match &self.effect {
            Effect::Status { headers, body, .. } => {
                headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() + body.len()
            }
            _ => 0,
        }
    }
}
