//! What the simulator has issued, received, and been told to get wrong.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, Method, request};

use super::{Fault, Simulator};
use crate::SessionKey;

#[derive(Default)]
pub(super) struct State(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    issued: u64,
    session_keys: HashSet<String>,
    transactions: HashSet<String>,
    requests: VecDeque<ReceivedRequest>,
    faults: VecDeque<Fault>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn issue_session(&self) -> SessionKey {
        let mut inner = self.lock();
        let key = inner.issue("session");
        inner.session_keys.insert(key.clone());
        SessionKey::issued(key)
    }

    pub(super) fn add_transaction(&self) -> String {
        let mut inner = self.lock();
        let id = inner.issue("transaction");
        inner.transactions.insert(id.clone());
        id
    }

    /// A payment session for the reversal of a transaction.
    pub(super) fn open_payment_session(&self) -> String {
        self.lock().issue("payment-session")
    }

    pub(super) fn knows_session(&self, key: &str) -> bool {
        self.lock().session_keys.contains(key)
    }

    pub(super) fn knows_transaction(&self, xact_id: &str) -> bool {
        self.lock().transactions.contains(xact_id)
    }

    pub(super) fn requests(&self) -> Vec<ReceivedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(super) fn fail_next(&self, fault: Fault) {
        self.lock().faults.push_back(fault);
    }

    /// Keeps the request, and takes the fault that was meant for it.
    pub(super) fn receive(&self, request: ReceivedRequest) -> Option<Fault> {
        let mut inner = self.lock();
        if inner.requests.len() == Simulator::KEPT_REQUESTS {
            inner.requests.pop_front();
        }
        inner.requests.push_back(request);
        inner.faults.pop_front()
    }
}

impl Inner {
    fn issue(&mut self, what: &str) -> String {
        self.issued += 1;
        format!("simulated-{what}-{}", self.issued)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("State")
            .field("sessions", &inner.session_keys.len())
            .field("transactions", &inner.transactions.len())
            .field("requests", &inner.requests.len())
            .field("faults", &inner.faults)
            .finish_non_exhaustive()
    }
}

/// A request as it arrived. `Debug` shows neither the values of headers nor the body.
#[derive(Clone)]
pub struct ReceivedRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl ReceivedRequest {
    pub(super) fn new(parts: request::Parts, body: &[u8]) -> Self {
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body: body.to_vec(),
        }
    }

    /// The HTTP method, such as `POST`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// The path of the URL, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The names of the headers, in lower case.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.keys().map(http::HeaderName::as_str)
    }

    /// The first value of a header, if there is one and it is visible ASCII. The name's case does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.header_names().collect::<Vec<_>>())
            .field("body_bytes", &self.body.len())
            .finish()
    }
}
