//! What goes wrong with requests, when, and how often.

use std::time::Duration;

use paypos::Operation;
use serde_json::Value;

/// What goes wrong with requests; see [`Simulator::inject`](crate::Simulator::inject).
///
/// By default a fault is for the next request of any operation, once. A status and HTML come
/// before the operation is carried out, which then does not happen; anything else comes after.
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
    TruncateAnswer,
    Property(String, Option<Value>),
    Html,
}

impl Fault {
    fn new(effect: Effect, after: bool) -> Self {
        Self { effect, after, operation: None, skip: 0, times: 1 }
    }

    /// This HTTP status, from 200 to 599, instead of an answer; any other number is sent as 500. The body is
    /// `{}` as `application/json`; see [`body`](Self::body) and [`header`](Self::header).
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::new(Effect::Status { status, headers: Vec::new(), body: "{}".to_owned() }, false)
    }

    /// The answer, after this delay.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        Self::new(Effect::Delay(delay), true)
    }

    /// The request is read, and the connection closed without an answer.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self::new(Effect::DropConnection, true)
    }

    /// The head of the answer and half of its body, and then the connection is closed.
    #[must_use]
    pub fn truncate_answer() -> Self {
        Self::new(Effect::TruncateAnswer, true)
    }

    /// The answer without this property. `Data.` before the name is for each transaction.
    #[must_use]
    pub fn missing_property(name: impl Into<String>) -> Self {
        Self::new(Effect::Property(name.into(), None), true)
    }

    /// The answer with this JSON value of a property. `Data.` before the name is for each transaction.
    #[must_use]
    pub fn property(name: impl Into<String>, value: Value) -> Self {
        Self::new(Effect::Property(name.into(), Some(value)), true)
    }

    /// A page of HTML with status 200, as a captive portal or a proxy would send.
    #[must_use]
    pub fn html() -> Self {
        Self::new(Effect::Html, false)
    }

    /// The body of a [`status`](Self::status).
    #[must_use]
    pub fn body(mut self, text: impl Into<String>) -> Self {
        if let Effect::Status { body, .. } = &mut self.effect {
            *body = text.into();
        }
        self
    }

    /// A header of a [`status`](Self::status), such as `Retry-After`; one that HTTP does not allow is left out.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Effect::Status { headers, .. } = &mut self.effect {
            headers.push((name.into(), value.into()));
        }
        self
    }

    /// For this operation alone.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Not for the first requests that it would be for.
    #[must_use]
    pub fn skip(mut self, requests: usize) -> Self {
        self.skip = requests;
        self
    }

    /// For this many requests.
    #[must_use]
    pub fn times(mut self, requests: usize) -> Self {
        self.times = requests;
        self
    }

    /// The operation is not carried out; of a [`delay`](Self::delay), it is carried out after it.
    #[must_use]
    pub fn before(mut self) -> Self {
        self.after = false;
        self
    }

    /// The operation is carried out first.
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
