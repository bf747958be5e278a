//! What the simulator has issued, received, and been told to get wrong.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderMap, Method, request};

use super::{
    Fault, NoPendingPayment, Refusal, Simulator,
    ledger::{CompletedSale, OpenSession, Payment, PaymentRequest, Transaction},
};
use crate::{Decimal, SecretKey, SessionKey};

/// Owns the sessions and transactions that a test creates without a dealer.
const DEFAULT_DEALER: &str = "simulated-house-dealer";

/// The most that is kept of the bodies of requests, in bytes.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

#[derive(Default)]
pub(super) struct State(Mutex<Inner>);

/// How the simulator behaves where Paynet documents nothing.
pub(super) struct Settings {
    pub(super) session_status: u16,
    pub(super) list_sales: bool,
    pub(super) late: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { session_status: 400, list_sales: false, late: 0 }
    }
}

#[derive(Default)]
struct Inner {
    settings: Settings,
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
        let key = issue("secret-key");
        inner.dealers.keep(key.clone(), ());
        SecretKey(key.into())
    }

    pub(super) fn issue_session(&self) -> SessionKey {
        SessionKey(self.lock().open_session(DEFAULT_DEALER).into())
    }

    pub(super) fn add_transaction(&self) -> String {
        let mut inner = self.lock();
        let request = PaymentRequest { amount: Some(Decimal::ONE), ..PaymentRequest::default() };
        inner.complete_sale(DEFAULT_DEALER.to_owned(), &request)
    }

    pub(super) fn set(&self, set: impl FnOnce(&mut Settings)) {
        set(&mut self.lock().settings);
    }

    pub(super) fn payment_request(&self, payment_session_id: &str) -> Option<PaymentRequest> {
        Some(self.lock().payments.get(payment_session_id)?.request.clone())
    }

    pub(super) fn payment_sessions(&self) -> Vec<String> {
        self.lock().payments.order.iter().cloned().collect()
    }

    pub(super) fn approved_sales(&self) -> Vec<String> {
        self.lock().sales.order.iter().cloned().collect()
    }

    pub(super) fn is_approved(&self, payment_session_id: &str) -> bool {
        let inner = self.lock();
        let payment = inner.payments.get(payment_session_id);
        payment.is_some_and(|payment| payment.transactions.iter().any(|transaction| transaction.is_succeed))
    }

    pub(super) fn is_reversed(&self, xact_id: &str) -> Option<bool> {
        Some(self.lock().sales.get(xact_id)?.reversed)
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

    /// Opens a payment session, for a sale or for the reversal of one.
    pub(super) fn initiate(&self, session_key: &str, mut request: PaymentRequest) -> Result<String, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.session(session_key, None)?;
        if let Some(xact_id) = &request.xact_id {
            request.amount = Some(inner.reversible(&dealer, xact_id)?);
        }
        if request.amount.is_none_or(|amount| amount <= Decimal::ZERO) {
            return Err(Refusal::NO_AMOUNT);
        }
        let id = issue("payment-session");
        let payment = Payment { dealer, request, transactions: Vec::new(), late: 0 };
        inner.payments.keep(id.clone(), payment);
        Ok(id)
    }

    /// The transactions of a payment session.
    pub(super) fn check(
        &self,
        session_key: &str,
        payment_session_id: &str,
    ) -> Result<Vec<Transaction>, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.session(session_key, None)?;
        let list_sales = inner.settings.list_sales;
        let payment = inner.payments.get_mut(payment_session_id).ok_or(Refusal::UNKNOWN_PAYMENT_SESSION)?;
        if payment.dealer != dealer {
            return Err(Refusal::OTHER_DEALER);
        }
        let mut transactions = Vec::new();
        if payment.late > 0 {
            payment.late -= 1;
        } else {
            transactions.clone_from(&payment.transactions);
        }
        let sale = payment.request.xact_id.clone().filter(|_| list_sales);
        transactions.extend(sale.and_then(|sale| Some(inner.sales.get(&sale)?.transaction.clone())));
        Ok(transactions)
    }

    /// The phone finishes a payment session, one way or the other.
    pub(super) fn decide(&self, payment_session_id: &str, approve: bool) -> Result<(), NoPendingPayment> {
        let mut inner = self.lock();
        let payment = inner.payments.get(payment_session_id).ok_or(NoPendingPayment)?;
        if !payment.transactions.is_empty() {
            return Err(NoPendingPayment);
        }
        let (dealer, request) = (payment.dealer.clone(), payment.request.clone());
        let transaction = match &request.xact_id {
            Some(xact_id) if approve => {
                inner.reversible(&dealer, xact_id).map_err(|_| NoPendingPayment)?;
                if let Some(sale) = inner.sales.get_mut(xact_id) {
                    sale.reversed = true;
                }
                request.transaction(&issue("transaction"), true)
            }
            None if approve => {
                let id = inner.complete_sale(dealer, &request);
                request.transaction(&id, true)
            }
            _ => request.transaction(&issue("transaction"), false),
        };
        let late = inner.settings.late;
        if let Some(payment) = inner.payments.get_mut(payment_session_id) {
            payment.transactions.push(transaction);
            payment.late = late;
        }
        Ok(())
    }

    pub(super) fn requests(&self) -> Vec<ReceivedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(super) fn inject(&self, fault: Fault) {
        let mut inner = self.lock();
        if inner.faults.len() == Simulator::KEPT_FAULTS {
            inner.faults.pop_front();
        }
        inner.faults.push_back(fault);
    }

    pub(super) fn session_status(&self) -> u16 {
        self.lock().settings.session_status
    }

    /// Keeps the request, and returns the fault that applies to it.
    pub(super) fn receive(&self, request: ReceivedRequest) -> Option<Fault> {
        let mut inner = self.lock();
        let operation = request.path.rsplit('/').next().unwrap_or_default().to_owned();
        inner.kept += request.body.len();
        inner.requests.push_back(request);
        while inner.requests.len() > Simulator::KEPT_REQUESTS || inner.kept > KEPT_BYTES {
            let Some(oldest) = inner.requests.pop_front() else { break };
            inner.kept -= oldest.body.len();
        }
        let fault =
            inner.faults.iter_mut().find_map(|fault| fault.applies(&operation).then(|| fault.clone()));
        inner.faults.retain(|fault| !fault.is_spent());
        fault
    }
}

/// A key or an id that no simulator of the process has issued before.
fn issue(what: &str) -> String {
    static ISSUED: AtomicU64 = AtomicU64::new(1);
    format!("simulated-{what}-{}", ISSUED.fetch_add(1, Ordering::Relaxed))
}

impl Inner {
    fn open_session(&mut self, dealer: &str) -> String {
        let key = issue("session");
        self.sessions.keep(key.clone(), OpenSession::Of(dealer.to_owned()));
        key
    }

    /// Records an approved sale; returns its `xact_id`.
    fn complete_sale(&mut self, dealer: String, request: &PaymentRequest) -> String {
        let id = issue("transaction");
        let transaction = request.transaction(&id, true);
        self.sales.keep(id.clone(), CompletedSale { dealer, transaction, reversed: false });
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
            Some(sale) => Ok(sale.transaction.amount),
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
            .field("faults", &inner.faults.len())
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
