//! What goes wrong with requests, when, and how often.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use http::{HeaderName, HeaderValue};
use paypos::Operation;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::ring::MOST_BYTES;

/// Maximum delay of a decision or a response.
pub(crate) const MAX_DELAY: Duration = Duration::from_secs(60 * 60);

/// Maximum number of faults that wait.
// Guard: safety::faults_are_bounded_in_number_and_in_text
pub(crate) const MOST_WAITING: usize = 1_000;

/// Headers that HTTP sets itself.
const OF_THE_CONNECTION: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// A fault to inject into requests; see [`Simulator::inject`](crate::Simulator::inject).
///
/// A fault applies once, to the next request of any operation, unless set otherwise. [`status`](Self::status) and
/// [`html`](Self::html) prevent the operation; the others occur after it.
///
/// In JSON it has `status` (with `headers` and `body`), `delay_ms`, `drop` or `truncate`, and `operation`, `when`
/// (`before` or `after`), `skip` and `times`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    #[serde(deserialize_with = "read_operation")]
    operation: Option<Operation>,
    when: Option<When>,
    skip: usize,
    times: Option<usize>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) body: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "is_default")]
    drop: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) truncate: bool,
    #[serde(skip)]
    pub(crate) html: bool,
    #[serde(skip)]
    pub(crate) property: Option<(String, Option<Value>)>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    Before,
    After,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn read_operation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Operation>, D::Error> {
    let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let known = Operation::ALL.iter().find(|operation| operation.as_str() == name);
    known.copied().map(Some).ok_or_else(|| {
        let names: Vec<_> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
        de::Error::custom(format!("unknown `operation`; give one of {}", names.join(", ")))
    })
}

impl Fault {
    /// Responds with this HTTP status, from 200 to 599; any other number is sent as 500. The body is `{}` as
    /// `application/json`; see [`body`](Self::body) and [`header`](Self::header).
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Delays the response, by whole milliseconds.
    #[must_use]
    pub fn delay(delay: Duration) -> Self {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Self { delay_ms: Some(delay), ..Self::default() }
    }

    /// Reads the request, then closes the connection.
    #[must_use]
    pub fn drop_connection() -> Self {
        Self { drop: true, ..Self::default() }
    }

    /// Sends the headers and half of the body, then closes the connection.
    #[must_use]
    pub fn truncate_response() -> Self {
        Self { truncate: true, ..Self::default() }
    }

    /// Removes a property from the response; prefix the name with `Data.` for every transaction.
    #[must_use]
    pub fn missing_property(name: impl Into<String>) -> Self {
        Self { property: Some((name.into(), None)), ..Self::default() }
    }

    /// Sets a property of the response to a JSON value; prefix the name with `Data.` for every transaction.
    #[must_use]
    pub fn property(name: impl Into<String>, value: Value) -> Self {
        Self { property: Some((name.into(), Some(value))), ..Self::default() }
    }

    /// Responds with a page of HTML and status 200, as a captive portal or a proxy would.
    #[must_use]
    pub fn html() -> Self {
        Self { html: true, ..Self::default() }
    }

    /// Sets the body of a [`status`](Self::status).
    #[must_use]
    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.body = Some(text.into());
        self
    }

    /// Adds a header to a [`status`](Self::status), such as `Retry-After`; invalid headers are ignored.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
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
        self.times = Some(requests);
        self
    }

    /// Occurs before the operation, which is then not executed; a [`delay`](Self::delay) only postpones it.
    #[must_use]
    pub fn before(mut self) -> Self {
        self.when = Some(When::Before);
        self
    }

    /// Occurs after the operation was executed.
    #[must_use]
    pub fn after(mut self) -> Self {
        self.when = Some(When::After);
        self
    }

    /// How long the response is delayed, if that is the fault.
    pub(crate) fn delays(&self) -> Option<Duration> {
        self.delay_ms.map(Duration::from_millis)
    }

    /// Whether it occurs before or after the operation.
    pub(crate) fn when(&self) -> When {
        let prevents = self.status.is_some() || self.html;
        self.when.unwrap_or(if prevents { When::Before } else { When::After })
    }

    /// Why a fault that was read from JSON could never occur, and what would be right.
    // Guard: control::a_fault_comes_before_or_after_and_is_read_as_it_was_given
    pub(crate) fn problem(&self) -> Option<String> {
        let effects = [self.status.is_some(), self.delay_ms.is_some(), self.drop, self.truncate]
            .into_iter()
            .filter(|is| *is);
        let is_header = |(name, value): &(&String, &String)| {
            !OF_THE_CONNECTION.iter().any(|own| name.eq_ignore_ascii_case(own))
                && HeaderName::try_from(*name).is_ok()
                && HeaderValue::try_from(*value).is_ok()
        };
        Some(if effects.count() != 1 || self.delays() > Some(MAX_DELAY) {
            "give exactly one of `status`, `delay_ms` (an hour at most), `drop` and `truncate`".to_owned()
        } else if self.status.is_some_and(|status| !(200..600).contains(&status)) {
            "`status` is not from 200 to 599".to_owned()
        } else if self.status.is_none() && (self.body.is_some() || !self.headers.is_empty()) {
            "`headers` and `body` are of a `status`".to_owned()
        } else if self.times == Some(0) {
            "`times` is 0: the fault would never happen".to_owned()
        } else {
            let (name, _) = self.headers.iter().find(|header| !is_header(header))?;
            format!("`{name}` is no header that can be sent with a status")
        })
    }

    /// Whether it applies to a request of this operation, which counts.
    // Guard: simulator::a_fault_is_for_an_operation_skips_and_repeats_and_comes_before_or_after
    fn applies(&mut self, operation: &str) -> bool {
        if self.operation.is_some_and(|own| own.as_str() != operation) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        let times = self.times.unwrap_or(1);
        self.times = Some(times.saturating_sub(1));
        times > 0
    }

    fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        headers + self.body.as_ref().map_or(0, String::len)
    }
}

/// The faults that are still to occur, oldest first, each with its number.
#[derive(Default)]
pub(crate) struct Faults {
    pub(crate) waiting: VecDeque<(u64, Fault)>,
    injected: u64,
}

impl Faults {
    /// Keeps a fault; returns its number.
    pub(crate) fn inject(&mut self, fault: Fault) -> u64 {
        self.injected += 1;
        self.waiting.push_back((self.injected, fault));
        self.injected
    }

    /// Whether there is room for another.
    pub(crate) fn have_room(&self, fault: &Fault) -> bool {
        let bytes: usize = self.waiting.iter().map(|(_, fault)| fault.bytes()).sum();
        self.waiting.len() < MOST_WAITING && bytes + fault.bytes() <= MOST_BYTES
    }

    /// Returns the first fault that applies to a request of an operation, which counts.
    pub(crate) fn applying(&mut self, operation: &str) -> Option<Fault> {
        let applying = |(_, fault): &mut (u64, Fault)| fault.applies(operation).then(|| fault.clone());
        let fault = self.waiting.iter_mut().find_map(applying);
        self.waiting.retain(|(_, fault)| fault.times != Some(0));
        fault
    }
}
