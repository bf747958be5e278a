//! Keeps what arrived.

use std::{
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue, request};
use serde::{Serialize, Serializer};

use crate::{
    clock::{clock, write_time},
    masked::{Masked, masked_path},
    ring::{MOST, Ring},
};

/// How far apart two copies of an initiation may be.
const COPIES_WITHIN: Duration = Duration::from_secs(10);

/// The latest requests, by number.
#[derive(Default)]
pub(crate) struct Journal {
    kept: Ring<u64, ReceivedRequest>,
    received: u64,
    /// The numbers of the latest initiations, by a hash of what a copy has in common.
    initiations: HashMap<u64, u64>,
}

impl Journal {
    /// Keeps a request; returns its number.
    pub(crate) fn receive(&mut self, mut request: ReceivedRequest) -> u64 {
        self.received += 1;
        request.number = self.received;
        request.repeats = self.earlier_copy(&request);
        let bytes = request.bytes();
        self.kept.insert(request.number, request, bytes);
        self.received
    }

    /// The number of the latest copy of an initiation, if one came shortly before.
    // Guard: control::a_copy_of_an_initiation_is_marked
    fn earlier_copy(&mut self, request: &ReceivedRequest) -> Option<u64> {
        if !request.operation().starts_with("init_") {
            return None;
        }
        let mut hash = DefaultHasher::new();
        (&request.path, request.header("session-key"), &request.body).hash(&mut hash);
        let earlier = self.initiations.insert(hash.finish(), request.number);
        if self.initiations.len() > 2 * MOST {
            self.initiations.retain(|_, number| self.kept.get(number).is_some());
        }
        let earlier = self.kept.get(&earlier?)?;
        let apart = request.received.duration_since(earlier.received).unwrap_or_default();
        (earlier.body == request.body && apart <= COPIES_WITHIN).then_some(earlier.number)
    }

    /// Keeps the status and the body of the response to a request, if there was one. Returns the request.
    pub(crate) fn completed(
        &mut self,
        number: u64,
        response: Option<(u16, String)>,
    ) -> Option<&ReceivedRequest> {
        let request = self.kept.get_mut(&number)?;
        let (status, body) = response.unzip();
        let bytes = body.as_ref().map_or(0, String::len);
        (request.status, request.response, request.has_response) = (status, body, true);
        self.kept.grow(&number, bytes);
        self.kept.get(&number)
    }

    /// Iterates over the requests, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &ReceivedRequest> {
        self.kept.iter()
    }

    /// The requests after a number, up to the first that is not completed yet.
    pub(crate) fn completed_after(&self, number: u64) -> Vec<&ReceivedRequest> {
        let mut after: Vec<_> = self.iter().rev().take_while(|request| request.number > number).collect();
        after.reverse();
        after.truncate(after.iter().take_while(|request| request.has_response).count());
        after
    }

    /// Returns how many requests are not kept any more.
    pub(crate) fn dropped(&self) -> u64 {
        self.kept.dropped()
    }

    /// Forgets the requests. The numbers go on.
    pub(crate) fn clear(&mut self) {
        self.kept = Ring::default();
    }
}

/// A request as it arrived. `Debug` shows neither the values of headers nor the body; serialized, it has the names of the
/// headers, and bodies whose secrets are masked.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct ReceivedRequest {
    /// Its number, from 1 in the order of arrival.
    pub number: u64,
    /// When it arrived.
    #[serde(serialize_with = "write_time")]
    pub received: SystemTime,
    /// The HTTP method, such as `POST`.
    pub method: String,
    /// The path of the URL, without the query.
    #[serde(serialize_with = "write_path")]
    pub path: String,
    #[serde(serialize_with = "write_names")]
    pub(crate) headers: HeaderMap,
    /// The body.
    #[serde(serialize_with = "write_body")]
    pub body: Vec<u8>,
    /// All violations of the documents, without values.
    pub violations: Vec<String>,
    /// The number of an initiation of a few seconds before with the same path, credential and body: the client may have
    /// sent it twice, for example because the response was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u64>,
    /// The HTTP status of the response; `None` if the connection was dropped or no response was sent yet.
    pub status: Option<u16>,
    /// The body of the response; `None` as for [`status`](Self::status).
    #[serde(serialize_with = "write_response")]
    pub response: Option<String>,
    #[serde(skip)]
    has_response: bool,
}

impl ReceivedRequest {
    pub(crate) fn new(parts: &request::Parts, body: &[u8]) -> Self {
        // A value of hyper's would keep the whole buffer of its connection.
        let copy = |value: &HeaderValue| HeaderValue::from_bytes(value.as_bytes()).ok();
        let headers = parts.headers.iter().filter_map(|(name, value)| Some((name.clone(), copy(value)?)));
        Self {
            number: 0,
            received: SystemTime::now(),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            headers: headers.collect(),
            body: body.to_vec(),
            violations: Vec::new(),
            repeats: None,
            status: None,
            response: None,
            has_response: false,
        }
    }

    /// How much text it has, in bytes.
    fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64);
        headers.chain(self.violations.iter().map(String::len)).sum::<usize>()
            + self.path.len()
            + self.body.len()
    }

    /// Returns the operation name: the path's last segment.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the names of the headers, in lower case.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.keys().map(http::HeaderName::as_str)
    }

    /// Returns the first value of a header, or `None` if there is none or it is not visible ASCII. Names are
    /// case-insensitive.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.header_names().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// Writes the time, the method, the path and the status in a line, and each violation in another. No secret is among them.
impl fmt::Display for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", clock(self.received), self.method, masked_path(&self.path))?;
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("no response")?,
        }
        if let Some(number) = self.repeats {
            write!(f, "\n  a copy of request {number}: the client may have sent it twice")?;
        }
        self.violations.iter().try_for_each(|violation| write!(f, "\n  {violation}"))
    }
}

fn write_path<S: Serializer>(path: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&masked_path(path))
}

fn write_names<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(headers.keys().map(http::HeaderName::as_str))
}

fn write_body<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    Masked::of(body).serialize(serializer)
}

#[allow(clippy::ref_option, reason = "as serde calls it")]
fn write_response<S: Serializer>(response: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    response.as_ref().map(|body| Masked::of(body.as_bytes())).serialize(serializer)
}
