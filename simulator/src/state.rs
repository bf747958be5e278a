//! What the simulator has issued, received, and been told to get wrong.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
};

use http::{HeaderMap, Method, request};
use tokio::sync::watch;

use crate::{
    Fault, NoPendingPayment, PaymentSession, PaymentState, Refusal, Sale, Simulator,
    ledger::{CompletedSale, OpenSession, Payment, PaymentRequest, SessionState, Transaction},
    phone::Phones,
};
use paypos::{Decimal, SessionKey};

/// Owns the sessions and transactions that a test creates without a dealer.
const DEFAULT_DEALER: &str = "simulated-house-dealer";

/// The most that is kept of requests, of payment sessions and of sales, in bytes.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct State {
    inner: Mutex<Inner>,
    /// How many requests were answered.
    answered: watch::Sender<u64>,
    phones: Mutex<Phones>,
    /// How many decisions of phones are still to come.
    pub(crate) later: AtomicUsize,
}

/// How the simulator behaves where Paynet documents nothing.
pub(crate) struct Settings {
    pub(crate) session_status: u16,
    pub(crate) list_sales: bool,
    pub(crate) late: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { session_status: 400, list_sales: false, late: 0 }
    }
}

#[derive(Default)]
struct Inner {
    settings: Settings,
    /// The dealers' names, by secret key.
    dealers: BoundedMap<String>,
    sessions: BoundedMap<OpenSession>,
    payments: BoundedMap<Payment>,
    /// Completed sales, by `xact_id`.
    sales: BoundedMap<CompletedSale>,
    requests: VecDeque<ReceivedRequest>,
    /// Of the requests, with their headers and answers, in bytes.
    kept: usize,
    received: u64,
    faults: VecDeque<(u64, Fault)>,
    injected: u64,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn phones(&self) -> MutexGuard<'_, Phones> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add_dealer(&self, name: &str, secret_key: &str) -> bool {
        let mut inner = self.lock();
        let taken = inner.dealers.iter().any(|(key, known)| key == secret_key || known == name);
        if !taken {
            inner.dealers.keep(secret_key.to_owned(), name.to_owned(), 0);
        }
        !taken
    }

    pub(crate) fn issue_session(&self) -> SessionKey {
        SessionKey::new(self.lock().open_session(DEFAULT_DEALER)).expect("it is visible ASCII")
    }

    pub(crate) fn add_sale(&self, dealer: Option<&str>, amount: Decimal) -> String {
        let request = PaymentRequest { amount: Some(amount), ..PaymentRequest::default() };
        self.lock().complete_sale(dealer.unwrap_or(DEFAULT_DEALER).to_owned(), &request)
    }

    /// Adds a sale as it was; returns whether its id was free.
    pub(crate) fn restore_sale(&self, sale: Sale) -> bool {
        let request = PaymentRequest { amount: Some(sale.amount), ..PaymentRequest::default() };
        let transaction = request.transaction(&sale.xact_id, true);
        let completed = CompletedSale { dealer: sale.dealer, transaction, reversed: sale.reversed };
        let mut inner = self.lock();
        let is_free = inner.sales.get(&sale.xact_id).is_none();
        if is_free {
            inner.sales.keep(sale.xact_id, completed, 0);
        }
        is_free
    }

    pub(crate) fn sales(&self) -> Vec<Sale> {
        let inner = self.lock();
        let sale = |(xact_id, sale): (&String, &CompletedSale)| Sale {
            xact_id: xact_id.clone(),
            dealer: sale.dealer.clone(),
            amount: sale.transaction.amount,
            reversed: sale.reversed,
        };
        inner.sales.iter().map(sale).collect()
    }

    pub(crate) fn payments(&self, dealer: Option<&str>) -> Vec<PaymentSession> {
        let inner = self.lock();
        let those =
            inner.payments.iter().filter(|(_, payment)| dealer.is_none_or(|dealer| dealer == payment.dealer));
        those.map(|(id, payment)| payment_session(id, payment)).collect()
    }

    pub(crate) fn payment(&self, id: &str) -> Option<PaymentSession> {
        self.lock().payments.get(id).map(|payment| payment_session(id, payment))
    }

    pub(crate) fn try_again(&self, id: &str) -> Result<(), NoPendingPayment> {
        match self.lock().payments.get_mut(id) {
            Some(payment) if payment.state() == PaymentState::Declined => {
                payment.waiting = true;
                Ok(())
            }
            _ => Err(NoPendingPayment),
        }
    }

    pub(crate) fn dealers(&self) -> Vec<String> {
        self.lock().dealers.iter().map(|(_, name)| name.clone()).collect()
    }

    pub(crate) fn expire_sessions(&self, dealer: &str) {
        for session in self.lock().sessions.values.values_mut().filter(|session| session.dealer == dealer) {
            if session.state == SessionState::Open {
                session.state = SessionState::Expired;
            }
        }
    }

    pub(crate) fn reset(&self, dealer: &str) {
        self.phones().of_dealers.remove(dealer);
        let mut inner = self.lock();
        inner.sessions.retain(|session| session.dealer != dealer);
        inner.payments.retain(|payment| payment.dealer != dealer);
        inner.sales.retain(|sale| sale.dealer != dealer);
        inner.requests.retain(|request| request.dealer.as_deref() != Some(dealer));
        inner.kept = inner.requests.iter().map(ReceivedRequest::size).sum();
        inner.faults.retain(|(_, fault)| fault.dealer.as_deref() != Some(dealer));
    }

    pub(crate) fn answers(&self) -> watch::Receiver<u64> {
        self.answered.subscribe()
    }

    /// Keeps the answer to a request: its status and body, where there was one.
    pub(crate) fn answered(&self, number: u64, answer: Option<(u16, String)>) {
        let mut inner = self.lock();
        inner.kept += answer.as_ref().map_or(0, |(_, body)| body.len());
        let at = inner.requests.partition_point(|request| request.number < number);
        match inner.requests.get_mut(at) {
            Some(request) if request.number == number => {
                request.answer = answer;
                request.is_answered = true;
            }
            _ => inner.kept -= answer.map_or(0, |(_, body)| body.len()),
        }
        drop(inner);
        self.answered.send_modify(|count| *count += 1);
    }

    pub(crate) fn set(&self, set: impl FnOnce(&mut Settings)) {
        set(&mut self.lock().settings);
    }

    pub(crate) fn expire_session(&self, key: &SessionKey) {
        if let Some(session) = self.lock().sessions.get_mut(key.expose())
            && session.state == SessionState::Open
        {
            session.state = SessionState::Expired;
        }
    }

    /// The dealer whose secret key it is opens a session.
    pub(crate) fn auth(&self, secret_key: &str) -> Result<String, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.dealer(secret_key)?;
        Ok(inner.open_session(&dealer))
    }

    /// The dealer whose secret key it is ends a session.
    pub(crate) fn logout(&self, secret_key: &str, session_key: &str) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let dealer = inner.dealer(secret_key)?;
        inner.session(session_key, Some(&dealer))?;
        if let Some(session) = inner.sessions.get_mut(session_key) {
            session.state = SessionState::Ended;
        }
        Ok(())
    }

    /// Opens a payment session, for a sale or for the reversal of one.
    pub(crate) fn initiate(
        &self,
        session_key: &str,
        mut request: PaymentRequest,
    ) -> Result<PaymentSession, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.session(session_key, None)?;
        if let Some(xact_id) = &request.xact_id {
            request.amount = Some(inner.reversible(&dealer, xact_id)?);
        }
        if request.amount.is_none_or(|amount| amount <= Decimal::ZERO) {
            return Err(Refusal::NO_AMOUNT);
        }
        let id = issue("payment-session");
        let payment = Payment { dealer, request, waiting: true, transactions: Vec::new(), late: 0 };
        let opened = payment_session(&id, &payment);
        let text = payment.request.text();
        // The transactions that come of it repeat it.
        inner.payments.keep(id, payment, 3 * text);
        Ok(opened)
    }

    /// The transactions of a payment session.
    pub(crate) fn check(
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
    pub(crate) fn decide(&self, payment_session_id: &str, approve: bool) -> Result<(), NoPendingPayment> {
        let mut inner = self.lock();
        let payment = inner.payments.get(payment_session_id).ok_or(NoPendingPayment)?;
        if !payment.waiting {
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
            payment.waiting = false;
            payment.transactions.push(transaction);
            payment.late = late;
        }
        Ok(())
    }

    /// The requests after a number that are meant, up to the first that is not answered yet; and the number of the last
    /// that was looked at.
    pub(crate) fn requests_after(
        &self,
        number: u64,
        is_meant: impl Fn(&ReceivedRequest) -> bool,
    ) -> (Vec<ReceivedRequest>, u64) {
        let inner = self.lock();
        let at = inner.requests.partition_point(|request| request.number <= number);
        let answered = inner.requests.range(at..).take_while(|request| request.is_answered);
        let last = answered.clone().last().map_or(number, |request| request.number);
        (answered.filter(|request| is_meant(request)).cloned().collect(), last)
    }

    /// The latest requests that are meant, from the latest.
    pub(crate) fn latest_requests(
        &self,
        count: usize,
        is_meant: impl Fn(&ReceivedRequest) -> bool,
    ) -> Vec<ReceivedRequest> {
        self.lock().requests.iter().rev().filter(|request| is_meant(request)).take(count).cloned().collect()
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(crate) fn inject(&self, fault: Fault) -> u64 {
        let mut inner = self.lock();
        if inner.faults.len() == Simulator::KEPT_FAULTS {
            inner.faults.pop_front();
        }
        inner.injected += 1;
        let number = inner.injected;
        inner.faults.push_back((number, fault));
        number
    }

    pub(crate) fn faults(&self) -> Vec<(u64, usize)> {
        self.lock().faults.iter().map(|(number, fault)| (*number, fault.left())).collect()
    }

    pub(crate) fn withdraw_fault(&self, number: u64) {
        self.lock().faults.retain(|(own, _)| *own != number);
    }

    pub(crate) fn session_status(&self) -> u16 {
        self.lock().settings.session_status
    }

    /// Keeps the request; returns its number, and the fault that applies to it.
    pub(crate) fn receive(
        &self,
        mut request: ReceivedRequest,
        violations: Option<Vec<String>>,
    ) -> (u64, Option<Fault>) {
        let mut inner = self.lock();
        inner.received += 1;
        request.number = inner.received;
        request.dealer = inner.dealer_of(&request);
        request.violations = violations.unwrap_or_default();
        let (number, operation, dealer) =
            (request.number, request.operation().to_owned(), request.dealer.clone());
        inner.kept += request.size();
        inner.requests.push_back(request);
        while inner.requests.len() > Simulator::KEPT_REQUESTS || inner.kept > KEPT_BYTES {
            let Some(oldest) = inner.requests.pop_front() else { break };
            inner.kept -= oldest.size();
        }
        let applies = |(_, fault): &mut (u64, Fault)| {
            fault.applies(&operation, dealer.as_deref()).then(|| fault.clone())
        };
        let fault = inner.faults.iter_mut().find_map(applies);
        inner.faults.retain(|(_, fault)| fault.left() > 0);
        (number, fault)
    }
}

fn payment_session(id: &str, payment: &Payment) -> PaymentSession {
    PaymentSession {
        id: id.to_owned(),
        dealer: payment.dealer.clone(),
        state: payment.state(),
        request: payment.request.clone(),
    }
}

/// A key or an id that no simulator has issued before, in this process or in another, and that nobody guesses.
pub(crate) fn issue(what: &str) -> String {
    // Keyed at random for each.
    let random = || RandomState::new().build_hasher().finish();
    format!("simulated-{what}-{:016x}{:016x}", random(), random())
}

impl Inner {
    fn open_session(&mut self, dealer: &str) -> String {
        let key = issue("session");
        let session = OpenSession { dealer: dealer.to_owned(), state: SessionState::Open };
        self.sessions.keep(key.clone(), session, 0);
        key
    }

    /// Records an approved sale; returns its `xact_id`.
    fn complete_sale(&mut self, dealer: String, request: &PaymentRequest) -> String {
        let id = issue("transaction");
        let transaction = request.transaction(&id, true);
        let completed = CompletedSale { dealer, transaction, reversed: false };
        self.sales.keep(id.clone(), completed, request.text());
        id
    }

    fn dealer(&self, secret_key: &str) -> Result<String, Refusal> {
        self.dealers.get(secret_key).cloned().ok_or(Refusal::UNKNOWN_DEALER)
    }

    /// The dealer by whose credential a request was made.
    fn dealer_of(&self, request: &ReceivedRequest) -> Option<String> {
        let session = request.header("session-key").and_then(|key| self.sessions.get(key));
        let secret_key = || request.header("authorization")?.strip_prefix("Basic ");
        match session {
            Some(session) => Some(session.dealer.clone()),
            None => self.dealers.get(secret_key()?).cloned(),
        }
    }

    /// The dealer whose open session it is: this one, where one is given.
    fn session(&self, key: &str, dealer: Option<&str>) -> Result<String, Refusal> {
        let session = self.sessions.get(key).ok_or(Refusal::UNKNOWN_SESSION)?;
        match session.state {
            SessionState::Ended => Err(Refusal::ENDED_SESSION),
            SessionState::Expired => Err(Refusal::EXPIRED_SESSION),
            SessionState::Open if dealer.is_some_and(|dealer| dealer != session.dealer) => {
                Err(Refusal::OTHER_DEALER)
            }
            SessionState::Open => Ok(session.dealer.clone()),
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

/// The latest values by their keys; the oldest goes when there are too many, or too much text in them.
struct BoundedMap<V> {
    values: HashMap<String, V>,
    /// The keys, and how much text is kept with each.
    order: VecDeque<(String, usize)>,
    kept: usize,
}

impl<V> Default for BoundedMap<V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new(), kept: 0 }
    }
}

impl<V> BoundedMap<V> {
    fn keep(&mut self, key: String, value: V, text: usize) {
        // Keys are issued once.
        self.kept += text;
        self.values.insert(key.clone(), value);
        self.order.push_back((key, text));
        while self.order.len() > Simulator::KEPT_OF_EACH || self.kept > KEPT_BYTES && self.order.len() > 1 {
            let Some((oldest, text)) = self.order.pop_front() else { break };
            self.values.remove(&oldest);
            self.kept -= text;
        }
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

    /// From the oldest to the latest.
    fn iter(&self) -> impl DoubleEndedIterator<Item = (&String, &V)> {
        self.order.iter().filter_map(|(key, _)| Some((key, self.values.get(key)?)))
    }

    fn retain(&mut self, kept: impl Fn(&V) -> bool) {
        self.values.retain(|_, value| kept(value));
        self.order.retain(|(key, _)| self.values.contains_key(key));
        self.kept = self.order.iter().map(|(_, text)| text).sum();
    }
}

/// A request as it arrived. `Debug` shows neither the values of headers nor the body.
#[derive(Clone)]
pub struct ReceivedRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    number: u64,
    dealer: Option<String>,
    violations: Vec<String>,
    answer: Option<(u16, String)>,
    is_answered: bool,
}

impl ReceivedRequest {
    pub(crate) fn new(parts: request::Parts, body: &[u8]) -> Self {
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body: body.to_vec(),
            number: 0,
            dealer: None,
            violations: Vec::new(),
            answer: None,
            is_answered: false,
        }
    }

    /// What is kept of it, in bytes.
    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64);
        let violations = self.violations.iter().map(String::len);
        let texts =
            [self.path.len(), self.body.len(), self.answer.as_ref().map_or(0, |(_, body)| body.len())];
        headers.chain(violations).chain(texts).sum()
    }

    /// Its number, from 1 in the order of arrival.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The name of the operation that the path would be for: its last segment.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The name of the dealer by whose credential it was made, if that is known.
    #[must_use]
    pub fn dealer(&self) -> Option<&str> {
        self.dealer.as_deref()
    }

    /// All that breaks the document; no value is quoted.
    #[must_use]
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// The HTTP status and the body of the answer; nothing, where the connection was dropped, or where the
    /// request is not answered yet.
    #[must_use]
    pub fn answer(&self) -> Option<(u16, &str)> {
        self.answer.as_ref().map(|(status, body)| (*status, body.as_str()))
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
            .finish_non_exhaustive()
    }
}
