//! What the simulator has issued, received, and been told to get wrong.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::{HeaderMap, Method, request};
use paypos::{Decimal, SessionKey};
use serde_json::value::to_raw_value;
use tokio::sync::watch;

use crate::{
    Behavior, Fault, NoPendingPayment, PaymentSession, PaymentState, Refusal, Sale, Simulator,
    behavior::{
        AfterDecline, Appears, BeforeDecision, Changes, KeyForm, OtherSession, ReversalLists,
        ReversalReference, SameReference, SecondSession, Twice,
    },
    kept::Kept,
    ledger::{CompletedSale, Members, OpenSession, Payment, PaymentRequest, SessionState, Transaction},
    phone::{Phones, Undecidable},
};

/// The dealer that needs no setting up: it owns the sessions and sales that a test creates without one, and the
/// requests without a known credential.
pub(crate) const DEALER: &str = "simulator";

/// Decisions of a dealer's phone that are still to come.
const MAX_SCHEDULED: usize = 10_000;

#[derive(Default)]
pub(crate) struct State {
    inner: Mutex<Inner>,
    phones: Mutex<Phones>,
}

struct Inner {
    /// Of a dealer to come.
    behavior: Behavior,
    dealers: BTreeMap<String, Dealer>,
    /// The dealers' names, by secret key.
    secret_keys: HashMap<String, String>,
    sessions: Kept<String, OpenSession>,
    payments: Kept<String, Payment>,
    /// Completed sales, by `xact_id`.
    sales: Kept<String, CompletedSale>,
    /// What was received, by number.
    requests: Kept<u64, ReceivedRequest>,
    received: u64,
    /// The faults for requests of any dealer.
    faults: Faults,
    injected: u64,
}

#[derive(Default)]
struct Dealer {
    behavior: Behavior,
    faults: Faults,
    /// How many decisions of its phone are still to come.
    scheduled: usize,
    /// Counts what has happened.
    changed: watch::Sender<u64>,
}

/// Faults by their numbers, from the oldest to the latest.
type Faults = VecDeque<(u64, Fault)>;

impl Default for Inner {
    fn default() -> Self {
        Self {
            behavior: Behavior::default(),
            dealers: BTreeMap::from([(DEALER.to_owned(), Dealer::default())]),
            secret_keys: HashMap::new(),
            sessions: Kept::default(),
            payments: Kept::default(),
            sales: Kept::default(),
            requests: Kept::default(),
            received: 0,
            faults: Faults::new(),
            injected: 0,
        }
    }
}

/// The requests of a dealer after a number.
pub(crate) struct Journal {
    pub(crate) requests: Vec<ReceivedRequest>,
    /// The number of the last request that was looked at.
    pub(crate) last: u64,
    /// How many requests of the dealer are not kept any more.
    pub(crate) forgotten: u64,
}

/// The latest requests or payment sessions of a dealer, from the latest.
pub(crate) struct Latest<T> {
    pub(crate) items: Vec<T>,
    /// How many more are kept.
    pub(crate) older: usize,
    /// How many are not kept any more.
    pub(crate) forgotten: u64,
}

/// Why a fault is not kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooManyFaults;

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn phones(&self) -> MutexGuard<'_, Phones> {
        self.phones.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a dealer, or gives the one that needs no setting up its key; returns whether name and key were free.
    pub(crate) fn add_dealer(&self, name: &str, secret_key: &str) -> bool {
        let mut inner = self.lock();
        let is_taken = inner.secret_keys.contains_key(secret_key)
            || inner.secret_keys.values().any(|known| known == name);
        if !is_taken {
            inner.secret_keys.insert(secret_key.to_owned(), name.to_owned());
            let behavior = inner.behavior;
            inner.dealers.entry(name.to_owned()).or_default().behavior = behavior;
        }
        !is_taken
    }

    pub(crate) fn dealers(&self) -> Vec<String> {
        self.lock().dealers.keys().cloned().collect()
    }

    pub(crate) fn is_dealer(&self, name: &str) -> bool {
        self.lock().dealers.contains_key(name)
    }

    /// Counts what happens to a dealer; `None` if it is unknown.
    pub(crate) fn changes(&self, dealer: &str) -> Option<watch::Receiver<u64>> {
        Some(self.lock().dealers.get(dealer)?.changed.subscribe())
    }

    pub(crate) fn issue_session(&self) -> SessionKey {
        SessionKey::new(self.lock().open_session(DEALER, "")).expect("it is visible ASCII")
    }

    pub(crate) fn add_sale(&self, dealer: &str, amount: Decimal) -> String {
        let request = PaymentRequest { amount: Some(amount), ..PaymentRequest::default() };
        let mut inner = self.lock();
        let id = inner.complete_sale(dealer, request);
        inner.has_changed(dealer);
        id
    }

    /// Adds a sale as it was; returns whether its id was free.
    pub(crate) fn restore_sale(&self, sale: Sale) -> bool {
        let request = PaymentRequest { amount: Some(sale.amount), ..PaymentRequest::default() };
        let Sale { xact_id, dealer, reversed, .. } = sale;
        let completed = CompletedSale { dealer: dealer.clone(), request, reversed };
        let mut inner = self.lock();
        let is_free = inner.sales.get(&xact_id).is_none();
        if is_free {
            let share = inner.share();
            inner.sales.keep(&dealer, xact_id, completed, 0, share);
        }
        is_free
    }

    pub(crate) fn sales(&self) -> Vec<Sale> {
        self.lock().sales.all().map(|(id, sale)| sale.described(id)).collect()
    }

    /// The sales of a dealer, and how many are not kept any more.
    pub(crate) fn sales_of(&self, dealer: &str) -> (Vec<Sale>, u64) {
        let inner = self.lock();
        let sales = inner.sales.of(dealer).map(|(id, sale)| sale.described(id)).collect();
        (sales, inner.sales.forgotten(dealer))
    }

    pub(crate) fn payments(&self) -> Vec<PaymentSession> {
        self.lock().payments.all().map(|(id, payment)| payment.described(id)).collect()
    }

    /// The payment sessions of a dealer that are meant, and how many are not kept any more.
    pub(crate) fn payments_of(
        &self,
        dealer: &str,
        is_meant: impl Fn(PaymentState) -> bool,
    ) -> (Vec<PaymentSession>, u64) {
        let inner = self.lock();
        let meant = inner.payments.of(dealer).filter(|(_, payment)| is_meant(payment.state()));
        let payments = meant.map(|(id, payment)| payment.described(id)).collect();
        (payments, inner.payments.forgotten(dealer))
    }

    /// Returns the latest payment sessions of a dealer in the states that are meant.
    pub(crate) fn latest_payments(
        &self,
        dealer: &str,
        count: usize,
        is_meant: impl Fn(PaymentState) -> bool,
    ) -> Latest<PaymentSession> {
        let inner = self.lock();
        let mut meant = inner.payments.of(dealer).rev().filter(|(_, payment)| is_meant(payment.state()));
        let items = meant.by_ref().take(count).map(|(id, payment)| payment.described(id)).collect();
        Latest { items, older: meant.count(), forgotten: inner.payments.forgotten(dealer) }
    }

    pub(crate) fn payment(&self, id: &str) -> Option<PaymentSession> {
        let inner = self.lock();
        inner.payments.get(&id.to_owned()).map(|payment| payment.described(id))
    }

    /// Sets properties of the transactions of a payment session, those to come included; returns whether there is one.
    pub(crate) fn set_transaction(&self, id: &str, properties: Members) -> bool {
        let mut inner = self.lock();
        let share = inner.share();
        let id = id.to_owned();
        let text = properties.iter().map(|(name, value)| name.len() + value.get().len()).sum();
        let Some(payment) = inner.payments.get_mut(&id) else { return false };
        payment.set.extend(properties);
        let dealer = payment.dealer.clone();
        inner.payments.grow(&dealer, &id, text, share);
        inner.has_changed(&dealer);
        true
    }

    /// Counts a decision that is to come for a payment session that waits; returns its dealer.
    pub(crate) fn schedule(&self, payment_session_id: &str) -> Result<String, Undecidable> {
        let mut inner = self.lock();
        let payment = inner.payments.get(&payment_session_id.to_owned()).filter(|payment| payment.waiting);
        let name = payment.ok_or(Undecidable::NotWaiting)?.dealer.clone();
        let dealer = inner.dealers.get_mut(&name).filter(|dealer| dealer.scheduled < MAX_SCHEDULED);
        dealer.ok_or(Undecidable::TooMany)?.scheduled += 1;
        Ok(name)
    }

    /// Counts a decision of a dealer's phone that has come.
    pub(crate) fn scheduled_is_due(&self, dealer: &str) {
        if let Some(dealer) = self.lock().dealers.get_mut(dealer) {
            dealer.scheduled -= 1;
        }
    }

    pub(crate) fn try_again(&self, id: &str) -> Result<(), NoPendingPayment> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let payment = inner.payments.get_mut(&id.to_owned()).ok_or(NoPendingPayment)?;
        if payment.state() != PaymentState::Declined {
            return Err(NoPendingPayment);
        }
        let dealer = payment.dealer.clone();
        if behavior_of(&inner.dealers, &dealer).after_decline == AfterDecline::Ended {
            return Err(NoPendingPayment);
        }
        payment.waiting = true;
        inner.has_changed(&dealer);
        Ok(())
    }

    pub(crate) fn expire_sessions(&self, dealer: &str) {
        self.lock().sessions.for_each_of(dealer, OpenSession::expire);
    }

    pub(crate) fn expire_session(&self, key: &SessionKey) {
        if let Some(session) = self.lock().sessions.get_mut(&key.expose().to_owned()) {
            session.expire();
        }
    }

    pub(crate) fn reset(&self, dealer: &str) {
        self.phones().of_dealers.remove(dealer);
        let mut inner = self.lock();
        inner.sessions.remove(dealer);
        inner.payments.remove(dealer);
        inner.sales.remove(dealer);
        inner.requests.remove(dealer);
        inner.faults_of(dealer).clear();
        let behavior = inner.behavior;
        if let Some(dealer) = inner.dealers.get_mut(dealer) {
            dealer.behavior = behavior;
        }
        inner.has_changed(dealer);
    }

    /// Changes the behavior of all dealers.
    pub(crate) fn behave(&self, change: impl Fn(&mut Behavior)) {
        let mut inner = self.lock();
        change(&mut inner.behavior);
        inner.dealers.values_mut().for_each(|dealer| change(&mut dealer.behavior));
    }

    /// Sets the behavior of a dealer.
    pub(crate) fn behave_for(&self, dealer: &str, behavior: Behavior) {
        if let Some(dealer) = self.lock().dealers.get_mut(dealer) {
            dealer.behavior = behavior;
        }
    }

    pub(crate) fn behavior_of(&self, dealer: &str) -> Behavior {
        behavior_of(&self.lock().dealers, dealer)
    }

    /// The behavior of the dealer by whose credential a request was made.
    pub(crate) fn behavior_for(&self, request: &ReceivedRequest) -> Behavior {
        let inner = self.lock();
        behavior_of(&inner.dealers, inner.dealer_of(request).as_deref().unwrap_or(DEALER))
    }

    /// The dealer whose secret key it is opens a session for a user.
    pub(crate) fn auth(&self, secret_key: &str, user: &str) -> Result<String, Refusal> {
        let mut inner = self.lock();
        let dealer = inner.dealer(secret_key)?;
        let is_open = |session: &OpenSession| session.user == user && session.state == SessionState::Open;
        match behavior_of(&inner.dealers, &dealer).second_session {
            SecondSession::EndsFirst => inner.sessions.for_each_of(&dealer, |session| {
                if is_open(session) {
                    session.state = SessionState::Ended;
                }
            }),
            SecondSession::Refused if inner.sessions.of(&dealer).any(|(_, session)| is_open(session)) => {
                return Err(Refusal::SECOND_SESSION);
            }
            SecondSession::Both | SecondSession::Refused => {}
        }
        Ok(inner.open_session(&dealer, user))
    }

    /// The dealer whose secret key it is ends a session.
    pub(crate) fn logout(&self, secret_key: &str, session_key: &str) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let dealer = inner.dealer(secret_key)?;
        inner.session(session_key, Some(&dealer))?;
        if let Some(session) = inner.sessions.get_mut(&session_key.to_owned()) {
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
        let behavior = behavior_of(&inner.dealers, &dealer);
        if let Some(xact_id) = &request.xact_id {
            if behavior.second_reversal == Twice::Same
                && let Some(first) = inner.earlier(&dealer, |first| {
                    first.request.xact_id == request.xact_id && first.state() == PaymentState::Approved
                })
            {
                return Ok(first);
            }
            request.amount = Some(inner.reversible(&dealer, xact_id)?);
        }
        if request.amount.is_none_or(|amount| amount <= Decimal::ZERO) {
            return Err(Refusal::NO_AMOUNT);
        }
        if behavior.same_reference != SameReference::Accepted
            && request.reference_no.is_some()
            && let Some(first) =
                inner.earlier(&dealer, |first| first.request.reference_no == request.reference_no)
        {
            return match behavior.same_reference {
                SameReference::Same => Ok(first),
                _ => Err(Refusal::SAME_REFERENCE),
            };
        }
        let id = issue("payment-session");
        let payment = Payment::new(dealer.clone(), session_key.to_owned(), request);
        let opened = payment.described(&id);
        let text = payment.request.text();
        let share = inner.share();
        inner.payments.keep(&dealer, id, payment, text, share);
        inner.has_changed(&dealer);
        Ok(opened)
    }

    /// The transactions of a payment session; `None` if null is in their place.
    pub(crate) fn check(
        &self,
        session_key: &str,
        payment_session_id: &str,
    ) -> Result<Option<Vec<Members>>, Refusal> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let dealer = inner.session(session_key, None)?;
        let behavior = behavior_of(&inner.dealers, &dealer);
        let payment =
            inner.payments.get_mut(&payment_session_id.to_owned()).ok_or(Refusal::UNKNOWN_PAYMENT_SESSION)?;
        if payment.dealer != dealer {
            return Err(Refusal::OTHER_DEALER);
        }
        if behavior.other_session == OtherSession::Refused && payment.session != session_key {
            return Err(Refusal::OTHER_SESSION);
        }
        let mut transactions = Vec::new();
        if payment.late > 0 {
            payment.late -= 1;
        } else {
            transactions = payment.listed(&behavior);
            payment.changes_after = payment.changes_after.saturating_sub(1);
        }
        let undecided = payment.request.transaction("", None, &behavior);
        if let Some(id) = payment.request.xact_id.clone()
            && let Some(sale) = inner.sales.get(&id)
        {
            if behavior.reversal_reference == ReversalReference::Sale {
                let reference = to_raw_value(&sale.request.reference_no).unwrap_or_default();
                let members = transactions.iter_mut();
                members.for_each(|one| drop(one.insert("agent_reference".to_owned(), reference.clone())));
            }
            let mut listed = sale.request.transaction(&id, Some(true), &behavior);
            match behavior.reversal_lists {
                ReversalLists::Reversal => {}
                ReversalLists::SaleToo => transactions.push(listed),
                ReversalLists::SaleRewritten => {
                    let rewritten = to_raw_value(&issue("transaction")).unwrap_or_default();
                    listed.insert("xact_id".to_owned(), rewritten);
                    transactions.push(listed);
                }
                ReversalLists::SaleOnly => transactions = vec![listed],
            }
        }
        if transactions.is_empty() {
            match behavior.before_decision {
                BeforeDecision::Empty => {}
                BeforeDecision::Null => return Ok(None),
                BeforeDecision::Refused => return Err(Refusal::NO_TRANSACTION),
                BeforeDecision::Undecided => transactions.push(undecided),
            }
        }
        Ok(Some(transactions))
    }

    /// The phone finishes a payment session, one way or the other.
    pub(crate) fn decide(&self, payment_session_id: &str, approve: bool) -> Result<(), NoPendingPayment> {
        let mut inner = self.lock();
        let key = payment_session_id.to_owned();
        let payment = inner.payments.get(&key).ok_or(NoPendingPayment)?;
        if !payment.waiting {
            return Err(NoPendingPayment);
        }
        let (dealer, request) = (payment.dealer.clone(), payment.request.clone());
        let xact_id = match &request.xact_id {
            Some(xact_id) if approve => {
                inner.reversible(&dealer, xact_id).map_err(|_| NoPendingPayment)?;
                if let Some(sale) = inner.sales.get_mut(xact_id) {
                    sale.reversed = true;
                }
                issue("transaction")
            }
            None if approve => inner.complete_sale(&dealer, request),
            _ => issue("transaction"),
        };
        let behavior = behavior_of(&inner.dealers, &dealer);
        if let Some(payment) = inner.payments.get_mut(&key) {
            payment.waiting = false;
            payment.transactions.push(Transaction { xact_id, is_succeed: approve });
            payment.late = if behavior.appears == Appears::Later { LATE_CHECKS } else { 0 };
            payment.changes_after = if behavior.changes == Changes::Yes { CHANGED_CHECKS } else { 0 };
        }
        let share = inner.share();
        inner.payments.grow(&dealer, &key, 256, share);
        inner.has_changed(&dealer);
        Ok(())
    }

    /// The requests of a dealer after a number that are meant, up to the first that is not answered yet.
    pub(crate) fn requests_after(
        &self,
        dealer: &str,
        number: u64,
        is_meant: impl Fn(&ReceivedRequest) -> bool,
    ) -> Journal {
        let inner = self.lock();
        let after = inner.requests.of_after(dealer, &number);
        let answered = after.map(|(_, request)| request).take_while(|request| request.is_answered);
        let last = answered.clone().last().map_or(number, |request| request.number);
        let requests = answered.filter(|request| is_meant(request)).cloned().collect();
        Journal { requests, last, forgotten: inner.requests.forgotten(dealer) }
    }

    /// Returns the latest requests of a dealer that are meant.
    pub(crate) fn latest_requests(
        &self,
        dealer: &str,
        count: usize,
        is_meant: impl Fn(&ReceivedRequest) -> bool,
    ) -> Latest<ReceivedRequest> {
        let inner = self.lock();
        let requests = inner.requests.of(dealer).rev().map(|(_, request)| request);
        let mut meant = requests.filter(|request| is_meant(request));
        let items = meant.by_ref().take(count).cloned().collect();
        Latest { items, older: meant.count(), forgotten: inner.requests.forgotten(dealer) }
    }

    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.lock().requests.all().map(|(_, request)| request.clone()).collect()
    }

    pub(crate) fn forgotten_requests(&self) -> u64 {
        let inner = self.lock();
        inner.dealers.keys().map(|dealer| inner.requests.forgotten(dealer)).sum()
    }

    /// Keeps a fault for requests of any dealer.
    pub(crate) fn inject(&self, fault: Fault) {
        let mut inner = self.lock();
        inner.injected += 1;
        let number = inner.injected;
        inner.faults.push_back((number, fault));
        if inner.faults.len() > Simulator::KEPT_FAULTS {
            inner.faults.pop_front();
        }
    }

    /// Keeps a fault for requests of a dealer; returns its number.
    pub(crate) fn inject_for(&self, dealer: &str, fault: Fault) -> Result<u64, TooManyFaults> {
        let mut inner = self.lock();
        let share = inner.share();
        inner.injected += 1;
        let number = inner.injected;
        let faults = inner.faults_of(dealer);
        let bytes: usize = faults.iter().map(|(_, fault)| fault.size()).sum();
        if faults.len() >= Simulator::KEPT_FAULTS || bytes + fault.size() > share {
            return Err(TooManyFaults);
        }
        faults.push_back((number, fault));
        Ok(number)
    }

    pub(crate) fn faults(&self, dealer: &str) -> Vec<(u64, Fault)> {
        self.lock().faults_of(dealer).iter().cloned().collect()
    }

    pub(crate) fn withdraw_faults(&self, dealer: &str) {
        self.lock().faults_of(dealer).clear();
    }

    /// Keeps the request; returns its number, and the fault that applies to it.
    pub(crate) fn receive(
        &self,
        mut request: ReceivedRequest,
        violations: Option<Vec<String>>,
    ) -> (u64, Option<Fault>) {
        let mut inner = self.lock();
        inner.received += 1;
        let number = inner.received;
        request.number = number;
        request.dealer = inner.dealer_of(&request);
        request.violations = violations.unwrap_or_default();
        request.repeats = inner.earlier_copy(&request);
        let (operation, dealer) = (request.operation().to_owned(), request.dealer.clone());
        let (share, bytes) = (inner.share(), request.size());
        inner.requests.keep(dealer.as_deref().unwrap_or(DEALER), number, request, bytes, share);
        let fault = applying(&mut inner.faults, &operation);
        let fault = fault.or_else(|| applying(inner.faults_of(&dealer?), &operation));
        (number, fault)
    }

    /// Keeps the response to a request: its status and body, if there was one.
    pub(crate) fn answered(&self, number: u64, response: Option<(u16, String)>) {
        let mut inner = self.lock();
        let share = inner.share();
        let Some(request) = inner.requests.get_mut(&number) else { return };
        let bytes = response.as_ref().map_or(0, |(_, body)| body.len());
        request.response = response;
        request.is_answered = true;
        let dealer = request.dealer.clone();
        let dealer = dealer.as_deref().unwrap_or(DEALER);
        inner.requests.grow(dealer, &number, bytes, share);
        inner.has_changed(dealer);
    }

    pub(crate) fn request(&self, number: u64) -> Option<ReceivedRequest> {
        self.lock().requests.get(&number).cloned()
    }
}

/// How far apart two copies of an initiation may be.
const COPIES_WITHIN: Duration = Duration::from_secs(10);

/// How many checks list a transaction before it changes.
const CHANGED_CHECKS: usize = 4;
/// How many checks do not list a transaction that appears later.
const LATE_CHECKS: usize = 2;

/// The behavior of a dealer.
fn behavior_of(dealers: &BTreeMap<String, Dealer>, dealer: &str) -> Behavior {
    dealers.get(dealer).map(|dealer| dealer.behavior).unwrap_or_default()
}

/// The first of these faults that applies to a request of an operation, which counts.
fn applying(faults: &mut Faults, operation: &str) -> Option<Fault> {
    let fault = faults.iter_mut().find_map(|(_, fault)| fault.applies(operation).then(|| fault.clone()))?;
    faults.retain(|(_, fault)| fault.times > 0);
    Some(fault)
}

/// An id that no simulator has issued before, in this process or in another, and that nobody guesses.
pub(crate) fn issue(what: &str) -> String {
    KeyForm::Text.issue(what)
}

impl Inner {
    /// What a dealer may keep of each kind, in bytes.
    fn share(&self) -> usize {
        Simulator::KEPT_BYTES / self.dealers.len().max(1)
    }

    fn has_changed(&self, dealer: &str) {
        if let Some(dealer) = self.dealers.get(dealer) {
            dealer.changed.send_modify(|count| *count += 1);
        }
    }

    /// The number of the latest copy of an initiation, if one came shortly before.
    fn earlier_copy(&self, request: &ReceivedRequest) -> Option<u64> {
        if !request.operation().starts_with("init_") {
            return None;
        }
        let is_copy = |other: &&ReceivedRequest| {
            other.path == request.path
                && other.body == request.body
                && other.header("session-key") == request.header("session-key")
        };
        let is_recent = |other: &&ReceivedRequest| {
            request.received.duration_since(other.received).unwrap_or_default() <= COPIES_WITHIN
        };
        let dealer = request.dealer.as_deref().unwrap_or(DEALER);
        let latest = self.requests.of(dealer).rev().map(|(_, request)| request);
        latest.take_while(is_recent).find(is_copy).map(|other| other.number)
    }

    fn faults_of(&mut self, dealer: &str) -> &mut Faults {
        &mut self.dealers.entry(dealer.to_owned()).or_default().faults
    }

    fn open_session(&mut self, dealer: &str, user: &str) -> String {
        let key = behavior_of(&self.dealers, dealer).session_key.issue("session");
        let (dealer_of_it, user_of_it) = (dealer.to_owned(), user.to_owned());
        let session = OpenSession { dealer: dealer_of_it, user: user_of_it, state: SessionState::Open };
        let share = self.share();
        self.sessions.keep(dealer, key.clone(), session, user.len(), share);
        key
    }

    /// Records an approved sale; returns its `xact_id`.
    fn complete_sale(&mut self, dealer: &str, request: PaymentRequest) -> String {
        let id = issue("transaction");
        let (share, text) = (self.share(), request.text());
        let completed = CompletedSale { dealer: dealer.to_owned(), request, reversed: false };
        self.sales.keep(dealer, id.clone(), completed, text, share);
        id
    }

    fn dealer(&self, secret_key: &str) -> Result<String, Refusal> {
        self.secret_keys.get(secret_key).cloned().ok_or_else(|| Refusal::unknown_dealer(secret_key))
    }

    /// The dealer by whose credential a request was made.
    fn dealer_of(&self, request: &ReceivedRequest) -> Option<String> {
        let session = request.header("session-key").and_then(|key| self.sessions.get(&key.to_owned()));
        let secret_key = || request.header("authorization")?.strip_prefix("Basic ");
        match session {
            Some(session) => Some(session.dealer.clone()),
            None => self.secret_keys.get(secret_key()?).cloned(),
        }
    }

    /// The dealer whose open session it is: this one, where one is given.
    fn session(&self, key: &str, dealer: Option<&str>) -> Result<String, Refusal> {
        let session = self.sessions.get(&key.to_owned()).ok_or(Refusal::UNKNOWN_SESSION)?;
        match session.state {
            SessionState::Ended => Err(Refusal::ENDED_SESSION),
            SessionState::Expired => Err(Refusal::EXPIRED_SESSION),
            SessionState::Open if dealer.is_some_and(|dealer| dealer != session.dealer) => {
                Err(Refusal::OTHER_DEALER)
            }
            SessionState::Open => Ok(session.dealer.clone()),
        }
    }

    /// The first payment session of a dealer that matches.
    fn earlier(&self, dealer: &str, matches: impl Fn(&Payment) -> bool) -> Option<PaymentSession> {
        let mut all = self.payments.of(dealer);
        all.find(|(_, payment)| matches(payment)).map(|(id, payment)| payment.described(id))
    }

    /// The amount of a sale that the dealer may reverse.
    fn reversible(&self, dealer: &str, xact_id: &str) -> Result<Decimal, Refusal> {
        let may_be_reversed_again = behavior_of(&self.dealers, dealer).second_reversal == Twice::Accepted;
        match self.sales.get(&xact_id.to_owned()) {
            None => Err(Refusal::UNKNOWN_TRANSACTION),
            Some(sale) if sale.dealer != dealer => Err(Refusal::OTHER_DEALER),
            Some(sale) if sale.reversed && !may_be_reversed_again => Err(Refusal::ALREADY_REVERSED),
            Some(sale) => Ok(sale.request.amount.unwrap_or_default()),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.lock();
        f.debug_struct("State")
            .field("dealers", &inner.secret_keys.len())
            .field("sessions", &inner.sessions.len())
            .field("payment_sessions", &inner.payments.len())
            .field("sales", &inner.sales.len())
            .field("requests", &inner.requests.len())
            .field(
                "faults",
                &inner.dealers.values().fold(inner.faults.len(), |sum, dealer| sum + dealer.faults.len()),
            )
            .finish_non_exhaustive()
    }
}

/// A request as it arrived. `Debug` shows neither the values of headers nor the body.
#[derive(Clone)]
pub struct ReceivedRequest {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    received: SystemTime,
    number: u64,
    dealer: Option<String>,
    violations: Vec<String>,
    repeats: Option<u64>,
    response: Option<(u16, String)>,
    is_answered: bool,
}

impl ReceivedRequest {
    pub(crate) fn new(parts: request::Parts, body: &[u8]) -> Self {
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body: body.to_vec(),
            received: SystemTime::now(),
            number: 0,
            dealer: None,
            violations: Vec::new(),
            repeats: None,
            response: None,
            is_answered: false,
        }
    }

    /// What is kept of it, in bytes.
    fn size(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64);
        let violations = self.violations.iter().map(String::len);
        let texts =
            [self.path.len(), self.body.len(), self.response.as_ref().map_or(0, |(_, body)| body.len())];
        headers.chain(violations).chain(texts).sum()
    }

    /// Returns when it arrived.
    #[must_use]
    pub fn received(&self) -> SystemTime {
        self.received
    }

    /// Returns its number, from 1 in the order of arrival.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the operation name: the path's last segment.
    #[must_use]
    pub fn operation(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the name of the dealer whose credential it has, or `None` if that is unknown.
    #[must_use]
    pub fn dealer(&self) -> Option<&str> {
        self.dealer.as_deref()
    }

    /// Returns all violations of the documents, without values.
    #[must_use]
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// Returns the number of an initiation of a few seconds before with the same path, credential and body: the client
    /// may have sent it twice, for example because the response was lost.
    #[must_use]
    pub fn repeats(&self) -> Option<u64> {
        self.repeats
    }

    /// Returns the HTTP status and the body of the response; `None` if the connection was dropped or no response was
    /// sent yet.
    #[must_use]
    pub fn response(&self) -> Option<(u16, &str)> {
        self.response.as_ref().map(|(status, body)| (*status, body.as_str()))
    }

    /// Returns the HTTP method, such as `POST`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.method.as_str()
    }

    /// Returns the path of the URL, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
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

    /// Returns the body.
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
