//! Keeps sessions, payment sessions and sales, and executes the operations on them.

use paypos::Decimal;
use serde_json::value::to_raw_value;

use crate::{
    Behavior, NoPendingPayment, PaymentRequest, PaymentSession, PaymentState, Refusal, SECRET_KEY, Sale,
    behavior::{
        AfterDecline, Appears, BeforeDecision, OtherSession, ReversalLists, ReversalReference, SameReference,
        SecondSession, Twice, issue,
    },
    payment::{Members, Payment, Transaction},
    phone::Decision,
    ring::Ring,
};

/// How many checks do not list a transaction that appears later.
const LATE_CHECKS: usize = 2;

/// What a dealer has at Paynet.
#[derive(Default)]
pub(crate) struct Ledger {
    sessions: Ring<String, OpenSession>,
    payments: Ring<String, Payment>,
    sales: Ring<String, CompletedSale>,
}

/// A session that was opened.
struct OpenSession {
    /// The `user_id` that it was opened for.
    user: String,
    state: SessionState,
}

#[derive(Clone, Copy, PartialEq)]
enum SessionState {
    Open,
    Ended,
    Expired,
}

struct CompletedSale {
    sale: Sale,
    request: PaymentRequest,
}

impl OpenSession {
    fn expire(&mut self) {
        if self.state == SessionState::Open {
            self.state = SessionState::Expired;
        }
    }
}

/// The operations.
impl Ledger {
    /// Opens a session for a user.
    pub(crate) fn get_auth_key(
        &mut self,
        secret_key: &str,
        user: &str,
        behavior: &Behavior,
    ) -> Result<String, Refusal> {
        check_secret_key(secret_key)?;
        if behavior.second_session != SecondSession::Both {
            let is_own =
                |session: &&mut OpenSession| session.user == user && session.state == SessionState::Open;
            for session in self.sessions.values_mut().filter(is_own) {
                if behavior.second_session == SecondSession::Refused {
                    return Err(Refusal::SECOND_SESSION);
                }
                session.state = SessionState::Ended;
            }
        }
        Ok(self.open_session(user))
    }

    /// Ends a session.
    pub(crate) fn logout(&mut self, secret_key: &str, session_key: &str) -> Result<(), Refusal> {
        check_secret_key(secret_key)?;
        self.session(session_key)?.state = SessionState::Ended;
        Ok(())
    }

    /// Opens a payment session, for a sale or for the reversal of one.
    pub(crate) fn initiate(
        &mut self,
        session_key: &str,
        mut request: PaymentRequest,
        behavior: &Behavior,
    ) -> Result<PaymentSession, Refusal> {
        self.session(session_key)?;
        if let Some(xact_id) = &request.xact_id {
            let is_same = |first: &PaymentSession| {
                first.request.xact_id == request.xact_id && first.state == PaymentState::Approved
            };
            if behavior.second_reversal == Twice::Same
                && let Some(first) = self.payments().find(|first| is_same(first))
            {
                return Ok(first.clone());
            }
            request.amount = Some(self.reversible(xact_id, behavior)?.amount);
        }
        if request.amount.is_none_or(|amount| amount <= Decimal::ZERO) {
            return Err(Refusal::NO_AMOUNT);
        }
        if behavior.same_reference != SameReference::Accepted
            && request.reference_no.is_some()
            && let Some(first) =
                self.payments().find(|first| first.request.reference_no == request.reference_no)
        {
            return match behavior.same_reference {
                SameReference::Same => Ok(first.clone()),
                _ => Err(Refusal::SAME_REFERENCE),
            };
        }
        let payment = Payment::new(session_key.to_owned(), request);
        let opened = payment.shown.clone();
        self.payments.insert(opened.id.clone(), payment, opened.request.bytes());
        Ok(opened)
    }

    /// Returns the transactions of a payment session; `None` if null is in their place.
    pub(crate) fn check_transaction(
        &mut self,
        session_key: &str,
        payment_session_id: &str,
        behavior: &Behavior,
    ) -> Result<Option<Vec<Members>>, Refusal> {
        self.session(session_key)?;
        let payment = self.payments.get_mut(payment_session_id).ok_or(Refusal::UNKNOWN_PAYMENT_SESSION)?;
        if behavior.other_session == OtherSession::Refused && payment.session_key != session_key {
            return Err(Refusal::OTHER_SESSION);
        }
        let mut transactions = Vec::new();
        if payment.late > 0 {
            payment.late -= 1;
        } else {
            transactions = payment.listed(behavior);
        }
        let request = &payment.shown.request;
        if let Some(reversed) = request.xact_id.as_ref().and_then(|id| self.sales.get(id)) {
            list_sale(reversed, &mut transactions, behavior);
        }
        if transactions.is_empty() {
            match behavior.before_decision {
                BeforeDecision::Empty => {}
                BeforeDecision::Null => return Ok(None),
                BeforeDecision::Refused => return Err(Refusal::NO_TRANSACTION),
                BeforeDecision::Undecided => transactions.push(request.transaction("", None, behavior)),
            }
        }
        Ok(Some(transactions))
    }

    /// Returns a session that is open.
    fn session(&mut self, key: &str) -> Result<&mut OpenSession, Refusal> {
        let session = self.sessions.get_mut(key).ok_or(Refusal::UNKNOWN_SESSION)?;
        match session.state {
            SessionState::Ended => Err(Refusal::ENDED_SESSION),
            SessionState::Expired => Err(Refusal::EXPIRED_SESSION),
            SessionState::Open => Ok(session),
        }
    }

    /// Returns a sale that may be reversed.
    fn reversible(&mut self, xact_id: &str, behavior: &Behavior) -> Result<&mut Sale, Refusal> {
        let CompletedSale { sale, .. } = self.sales.get_mut(xact_id).ok_or(Refusal::UNKNOWN_TRANSACTION)?;
        if sale.reversed && behavior.second_reversal != Twice::Accepted {
            return Err(Refusal::ALREADY_REVERSED);
        }
        Ok(sale)
    }
}

fn check_secret_key(secret_key: &str) -> Result<(), Refusal> {
    if secret_key == SECRET_KEY { Ok(()) } else { Err(Refusal::unknown_dealer(secret_key)) }
}

/// Shows the sale in the payment session of its reversal, as the behavior has it.
fn list_sale(reversed: &CompletedSale, transactions: &mut Vec<Members>, behavior: &Behavior) {
    if behavior.reversal_reference == ReversalReference::Sale {
        let reference = to_raw_value(&reversed.request.reference_no).unwrap_or_default();
        for transaction in transactions.iter_mut() {
            transaction.insert("agent_reference".to_owned(), reference.clone());
        }
    }
    let mut sale = reversed.request.transaction(&reversed.sale.xact_id, Some(true), behavior);
    match behavior.reversal_lists {
        ReversalLists::Reversal => {}
        ReversalLists::SaleToo => transactions.push(sale),
        ReversalLists::SaleRewritten => {
            let rewritten = to_raw_value(&issue("transaction")).unwrap_or_default();
            sale.insert("xact_id".to_owned(), rewritten);
            transactions.push(sale);
        }
        ReversalLists::SaleOnly => *transactions = vec![sale],
    }
}

/// What the phone does.
impl Ledger {
    /// Executes a decision on a payment session.
    pub(crate) fn decide(
        &mut self,
        id: &str,
        decision: Decision,
        behavior: &Behavior,
    ) -> Result<(), NoPendingPayment> {
        match decision {
            Decision::Approve => self.finish(id, true, behavior),
            Decision::Decline => self.finish(id, false, behavior),
            Decision::Leave => Ok(()),
            Decision::AnotherCard => {
                self.try_again(id, behavior).and_then(|()| self.finish(id, true, behavior))
            }
            Decision::DeclineThenApprove => {
                self.decide(id, Decision::Decline, behavior)?;
                self.decide(id, Decision::AnotherCard, behavior)
            }
        }
    }

    /// Approves or declines a payment session that waits for the phone.
    fn finish(
        &mut self,
        payment_session_id: &str,
        approve: bool,
        behavior: &Behavior,
    ) -> Result<(), NoPendingPayment> {
        let payment = self.payment(payment_session_id).ok_or(NoPendingPayment)?;
        if payment.state != PaymentState::Waiting {
            return Err(NoPendingPayment);
        }
        let request = payment.request.clone();
        let xact_id = issue("transaction");
        match &request.xact_id {
            _ if !approve => {}
            Some(sale) => self.reversible(sale, behavior).map_err(|_| NoPendingPayment)?.reversed = true,
            None => {
                let sale = Sale::new(xact_id.clone(), request.amount.unwrap_or_default());
                self.complete(sale, request);
            }
        }
        if let Some(payment) = self.payments.get_mut(payment_session_id) {
            payment.shown.state = if approve { PaymentState::Approved } else { PaymentState::Declined };
            payment.transactions.push(Transaction { xact_id, is_succeed: approve });
            payment.late = if behavior.appears == Appears::Later { LATE_CHECKS } else { 0 };
        }
        Ok(())
    }

    /// Reopens a declined payment session.
    pub(crate) fn try_again(&mut self, id: &str, behavior: &Behavior) -> Result<(), NoPendingPayment> {
        let payment = self.payments.get_mut(id).ok_or(NoPendingPayment)?;
        let state = &mut payment.shown.state;
        if *state != PaymentState::Declined || behavior.after_decline == AfterDecline::Ended {
            return Err(NoPendingPayment);
        }
        *state = PaymentState::Waiting;
        Ok(())
    }
}

/// What a test sets up and looks at.
impl Ledger {
    pub(crate) fn open_session(&mut self, user: &str) -> String {
        let key = issue("session");
        let session = OpenSession { user: user.to_owned(), state: SessionState::Open };
        self.sessions.insert(key.clone(), session, user.len());
        key
    }

    pub(crate) fn expire_session(&mut self, key: &str) {
        if let Some(session) = self.sessions.get_mut(key) {
            session.expire();
        }
    }

    pub(crate) fn expire_sessions(&mut self) {
        self.sessions.values_mut().for_each(OpenSession::expire);
    }

    /// Adds a sale; returns whether its id was free.
    pub(crate) fn add_sale(&mut self, sale: Sale) -> bool {
        let is_free = self.sales.get(&sale.xact_id).is_none();
        if is_free {
            let request = PaymentRequest { amount: Some(sale.amount), ..PaymentRequest::default() };
            self.complete(sale, request);
        }
        is_free
    }

    fn complete(&mut self, sale: Sale, request: PaymentRequest) {
        let bytes = request.bytes();
        self.sales.insert(sale.xact_id.clone(), CompletedSale { sale, request }, bytes);
    }

    /// Iterates over the sales, oldest first.
    pub(crate) fn sales(&self) -> impl Iterator<Item = &Sale> {
        self.sales.iter().map(|completed| &completed.sale)
    }

    /// Iterates over the payment sessions, oldest first.
    pub(crate) fn payments(&self) -> impl DoubleEndedIterator<Item = &PaymentSession> {
        self.payments.iter().map(|payment| &payment.shown)
    }

    pub(crate) fn payment(&self, id: &str) -> Option<&PaymentSession> {
        self.payments.get(id).map(|payment| &payment.shown)
    }

    /// Sets properties of the transactions of a payment session, those to come included; returns whether there is one.
    pub(crate) fn set_transactions(&mut self, id: &str, properties: Members) -> bool {
        let bytes = properties.iter().map(|(name, value)| name.len() + value.get().len()).sum();
        let Some(payment) = self.payments.get_mut(id) else { return false };
        payment.set.extend(properties);
        self.payments.grow(id, bytes);
        true
    }

    /// Returns how many payment sessions, and how many sales, are not kept any more.
    pub(crate) fn dropped(&self) -> (u64, u64) {
        (self.payments.dropped(), self.sales.dropped())
    }
}
