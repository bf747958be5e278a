//! What the simulator has issued, received, and been told to get wrong.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, Method, request};

use super::{
    Fault, NoPendingPayment, Refusal, Simulator,
    ledger::{CompletedSale, OpenSession, Payment, PendingPayment, Transaction},
};
use crate::{Decimal, SecretKey, SessionKey};

/// Owns the sessions and transactions that a test creates without a dealer.
const DEFAULT_DEALER: &str = "simulated-house-dealer";

/// The most that is kept of the bodies of requests, in bytes.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

#[derive(Default)]
pub(super) struct State(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    issued: u64,
    /// By secret key; the key is also the dealer's name in the ledger.
    dealers: BoundedMap<()>,
    sessions: BoundedMap<OpenSession>,
    payments: BoundedMap<Payment>,
    /// Completed sales, by `xact_id`.
    sales: BoundedMap<CompletedSale>,
    requests: VecDeque<ReceivedRequest>,
    /// Of the bodies of the requests, in bytes.
    kept: usize,
    faults: VecDeque<Fault>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_dealer(&self) -> SecretKey {
        let mut inner = self.lock();
        let key = inner.issue("secret-key");
        inner.dealers.keep(key.clone(), ());
        SecretKey(key.into())
    }

    pub(super) fn issue_session(&self) -> SessionKey {
        SessionKey(self.lock().open_session(DEFAULT_DEALER).into())
    }

    pub(super) fn add_transaction(&self) -> String {
        let mut inner = self.lock();
        let id = inner.issue("transaction");
        inner.sales.keep(
            id.clone(),
            CompletedSale { dealer: DEFAULT_DEALER.to_owned(), amount: Decimal::ONE, reversed: false },
        );
        id
    }

    pub(super) fn expire_session(&self, key: &SessionKey) {
        if let Some(session @ OpenSession::Of(_)) = self.lock().sessions.get_mut(key.expose()) {
            *session = OpenSession::Expired;
        }
    }

    /// The dealer whose secret key it is opens a session.
    pub(super) fn auth(&self, secret_key: &str) -> Result<String, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.dealer(secret_key)?;
        Ok(inner.open_session(&dealer))
    }

    /// The dealer whose secret key it is ends a session.
    pub(super) fn logout(&self, secret_key: &str, session_key: &str) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let dealer = inner.dealer(secret_key)?;
        inner.session(session_key, Some(&dealer))?;
        if let Some(session) = inner.sessions.get_mut(session_key) {
            *session = OpenSession::Ended;
        }
        Ok(())
    }

    /// A payment session for a sale.
    pub(super) fn init_sale(&self, session_key: &str, sale: PendingPayment) -> Result<String, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.session(session_key, None)?;
        Ok(inner.open_payment(dealer, sale))
    }

    /// A payment session for the reversal of a sale.
    pub(super) fn init_reversal(&self, session_key: &str, xact_id: &str) -> Result<String, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.session(session_key, None)?;
        let amount = inner.reversible(&dealer, xact_id)?;
        Ok(inner.open_payment(dealer, PendingPayment::Reversal { xact_id: xact_id.to_owned(), amount }))
    }

    /// The transactions of a payment session.
    pub(super) fn check(
        &self,
        session_key: &str,
        payment_session_id: &str,
    ) -> Result<Vec<Transaction>, Refusal> {
        let inner = self.lock();
        let dealer = inner.session(session_key, None)?;
        match inner.payments.get(payment_session_id) {
            None => Err(Refusal::UNKNOWN_PAYMENT_SESSION),
            Some(payment) if payment.dealer != dealer => Err(Refusal::OTHER_DEALER),
            Some(payment) => Ok(payment.transactions.clone()),
        }
    }

    /// The phone finishes a payment session, one way or the other.
    pub(super) fn decide(&self, payment_session_id: &str, approve: bool) -> Result<(), NoPendingPayment> {
        let mut inner = self.lock();
        let payment = inner.payments.get(payment_session_id).ok_or(NoPendingPayment)?;
        let (dealer, what) = (payment.dealer.clone(), payment.pending.clone().ok_or(NoPendingPayment)?);
        if approve && let PendingPayment::Reversal { xact_id, .. } = &what {
            inner.reversible(&dealer, xact_id).map_err(|_| NoPendingPayment)?;
            if let Some(sale) = inner.sales.get_mut(xact_id) {
                sale.reversed = true;
            }
        }
        let id = inner.issue("transaction");
        let transaction = what.transaction(&id, approve);
        if approve && let PendingPayment::Sale { amount, .. } = what {
            inner.sales.keep(id, CompletedSale { dealer, amount, reversed: false });
        }
        if let Some(payment) = inner.payments.get_mut(payment_session_id) {
            payment.pending = None;
            payment.transactions.push(transaction);
        }
        Ok(())
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
        inner.kept += request.body.len();
        inner.requests.push_back(request);
        while inner.requests.len() > Simulator::KEPT_REQUESTS || inner.kept > KEPT_BYTES {
            let Some(oldest) = inner.requests.pop_front() else { break };
            inner.kept -= oldest.body.len();
        }
        inner.faults.pop_front()
    }
}

impl Inner {
    fn issue(&mut self, what: &str) -> String {
        self.issued += 1;
        format!("simulated-{what}-{}", self.issued)
    }

    fn open_session(&mut self, dealer: &str) -> String {
        let key = self.issue("session");
        self.sessions.keep(key.clone(), OpenSession::Of(dealer.to_owned()));
        key
    }

    fn open_payment(&mut self, dealer: String, what: PendingPayment) -> String {
        let id = self.issue("payment-session");
        self.payments.keep(id.clone(), Payment { dealer, pending: Some(what), transactions: Vec::new() });
        id
    }

    fn dealer(&self, secret_key: &str) -> Result<String, Refusal> {
        self.dealers.get(secret_key).map(|()| secret_key.to_owned()).ok_or(Refusal::UNKNOWN_DEALER)
    }

    /// The dealer whose open session it is: this one, where one is given.
    fn session(&self, key: &str, dealer: Option<&str>) -> Result<String, Refusal> {
        match self.sessions.get(key) {
            None => Err(Refusal::UNKNOWN_SESSION),
            Some(OpenSession::Ended) => Err(Refusal::ENDED_SESSION),
            Some(OpenSession::Expired) => Err(Refusal::EXPIRED_SESSION),
            Some(OpenSession::Of(owner)) if dealer.is_some_and(|dealer| dealer != owner) => {
                Err(Refusal::OTHER_DEALER)
            }
            Some(OpenSession::Of(owner)) => Ok(owner.clone()),
        }
    }

    /// The amount of a sale that the dealer may reverse.
    fn reversible(&self, dealer: &str, xact_id: &str) -> Result<Decimal, Refusal> {
        match self.sales.get(xact_id) {
            None => Err(Refusal::UNKNOWN_TRANSACTION),
            Some(sale) if sale.dealer != dealer => Err(Refusal::OTHER_DEALER),
            Some(sale) if sale.reversed => Err(Refusal::ALREADY_REVERSED),
            Some(sale) => Ok(sale.amount),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("State")
            .field("dealers", &inner.dealers.len())
            .field("sessions", &inner.sessions.len())
            .field("payment_sessions", &inner.payments.len())
            .field("sales", &inner.sales.len())
            .field("requests", &inner.requests.len())
            .field("faults", &inner.faults)
            .finish_non_exhaustive()
    }
}

/// The latest values by their keys; the oldest goes when there are too many.
struct BoundedMap<V> {
    values: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for BoundedMap<V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<V> BoundedMap<V> {
    fn keep(&mut self, key: String, value: V) {
        if self.order.len() == Simulator::KEPT_OF_EACH
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.values.insert(key, value);
    }

    fn get(&self, key: &str) -> Option<&V> {
        self.values.get(key)
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.values.get_mut(key)
    }

    fn len(&self) -> usize {
        self.values.len()
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
