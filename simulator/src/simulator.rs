//! The simulator, and all that it knows behind one lock.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use paypos::{Decimal, SecretKey, SessionKey};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use crate::{
    Behavior, Fault, NoPendingPayment, PaymentSession, PaymentState, Policy, ReceivedRequest, SECRET_KEY,
    Sale,
    behavior::issue,
    fault::{self, Faults},
    journal::Journal,
    ledger::Ledger,
    phone::Decision,
    ring,
};

/// A running simulator: one dealer of Paynet's. Dropping it stops it; [`shutdown`](Self::shutdown) also waits until it
/// has stopped. Tests that run side by side start one each.
#[derive(Debug)]
pub struct Simulator {
    pub(crate) url: String,
    pub(crate) shared: Arc<Shared>,
    pub(crate) stop: watch::Sender<()>,
    pub(crate) server: JoinHandle<()>,
}

impl Simulator {
    /// Maximum number of requests, of payment sessions, of sales and of sessions that are kept: the latest of each.
    pub const KEPT: usize = ring::MOST;

    /// Maximum number of bytes that are kept of each of them.
    pub const KEPT_BYTES: usize = ring::MOST_BYTES;

    /// Maximum number of pending faults.
    pub const KEPT_FAULTS: usize = fault::MOST_WAITING;

    /// Returns the base URL, for [`Client::simulator`](paypos::Client::simulator).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the dealer's secret key, [`SECRET_KEY`], for an [`Agent`](paypos::Agent).
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "the key is made of letters and digits")]
    pub fn secret_key(&self) -> SecretKey {
        SecretKey::new(SECRET_KEY).expect("it is visible ASCII")
    }

    /// Opens a session directly and returns its key.
    #[must_use]
    #[allow(clippy::missing_panics_doc, reason = "the key is made of letters and digits")]
    pub fn issue_session(&self) -> SessionKey {
        SessionKey::new(self.shared.lock().ledger.open_session("")).expect("it is visible ASCII")
    }

    /// Expires a session.
    pub fn expire_session(&self, key: &SessionKey) {
        self.shared.lock().ledger.expire_session(key.expose());
    }

    /// Returns the phone with the PayPOS app, which decides payment sessions.
    #[must_use]
    pub fn phone(&self) -> Phone<'_> {
        Phone { shared: &self.shared }
    }

    /// Adds a completed sale, and returns the `xact_id` that a reversal requires.
    #[must_use]
    pub fn add_transaction(&self) -> String {
        let sale = Sale::new(issue("transaction"), Decimal::ONE);
        let id = sale.xact_id.clone();
        self.shared.lock().ledger.add_sale(sale);
        id
    }

    /// Returns the sales that were approved or added, oldest first: the latest [`KEPT`](Self::KEPT).
    #[must_use]
    pub fn sales(&self) -> Vec<Sale> {
        self.shared.lock().ledger.sales().cloned().collect()
    }

    /// Returns the payment sessions, oldest first: the latest [`KEPT`](Self::KEPT).
    #[must_use]
    pub fn payments(&self) -> Vec<PaymentSession> {
        self.shared.lock().ledger.payments().cloned().collect()
    }

    /// Returns a payment session, or `None` if it is unknown.
    #[must_use]
    pub fn payment(&self, payment_session_id: &str) -> Option<PaymentSession> {
        self.shared.lock().ledger.payment(payment_session_id).cloned()
    }

    /// Returns the requests that arrived, oldest first: the latest [`KEPT`](Self::KEPT).
    #[must_use]
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.shared.lock().journal.iter().cloned().collect()
    }

    /// Returns how many requests arrived and are not kept any more.
    #[must_use]
    pub fn forgotten_requests(&self) -> u64 {
        self.shared.lock().journal.dropped()
    }

    /// Injects a fault. If several faults match a request, the oldest applies. At most
    /// [`KEPT_FAULTS`](Self::KEPT_FAULTS) are pending; the oldest is dropped.
    pub fn inject(&self, fault: Fault) {
        let faults = &mut self.shared.lock().faults;
        faults.inject(fault);
        if faults.waiting.len() > Self::KEPT_FAULTS {
            faults.waiting.pop_front();
        }
    }

    /// Changes what the simulator does where Paynet's documents leave it undefined.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use paypos_simulator::{Simulator, behavior::CredentialStatus};
    ///
    /// let simulator = Simulator::start().await?;
    /// simulator.behave(|behavior| behavior.ended_session = CredentialStatus::BadRequest);
    /// # Ok(())
    /// # }
    /// ```
    pub fn behave(&self, change: impl FnOnce(&mut Behavior)) {
        change(&mut self.shared.lock().settings.behavior);
    }

    /// Stops listening, closes every connection, and waits until all tasks have ended.
    pub async fn shutdown(self) {
        drop(self.stop);
        let _ = self.server.await;
    }
}

/// The simulated phone: the person at it approves or declines; see [`Simulator::phone`].
#[derive(Clone, Copy, Debug)]
pub struct Phone<'a> {
    shared: &'a Shared,
}

impl Phone<'_> {
    /// Completes the sale or reversal.
    ///
    /// # Errors
    /// If the payment session is unknown or already decided, or its sale has been reversed.
    pub fn approve(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.shared.lock().decide(payment_session_id, Decision::Approve)
    }

    /// Declines the sale or reversal, which records a failed transaction.
    ///
    /// # Errors
    /// If the payment session is unknown or already decided.
    pub fn decline(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        self.shared.lock().decide(payment_session_id, Decision::Decline)
    }

    /// Reopens a declined payment session. Whether Paynet's phone may try again is undocumented.
    ///
    /// # Errors
    /// If the payment session is unknown or not declined.
    pub fn try_again(&self, payment_session_id: &str) -> Result<(), NoPendingPayment> {
        let state = &mut *self.shared.lock();
        state.ledger.try_again(payment_session_id, &state.settings.behavior)
    }
}

/// All that a simulator knows, for its handle and its server.
pub(crate) struct Shared(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) ledger: Ledger,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) settings: Settings,
    /// What a reset returns to.
    initial: Settings,
    /// The decisions of the phone that are still to come, by time and `payment_session_id`.
    pub(crate) to_come: BTreeMap<(Instant, String), Decision>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) behavior: Behavior,
    pub(crate) policy: Policy,
    /// How long the phone takes to decide by its policy.
    pub(crate) after: Duration,
}

impl Shared {
    /// Returns what the simulator knows at this moment.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.decide_what_is_due();
        state
    }
}

impl From<State> for Shared {
    fn from(state: State) -> Self {
        Self(Mutex::new(state))
    }
}

impl State {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, initial: settings, ..Self::default() }
    }

    /// Forgets everything but the numbers that were given.
    pub(crate) fn reset(&mut self) {
        self.ledger = Ledger::default();
        self.journal.clear();
        self.faults.waiting.clear();
        self.settings = self.initial;
        self.to_come.clear();
    }

    /// Applies the phone's policy to a new payment session.
    pub(crate) fn opened(&mut self, payment: &PaymentSession) {
        let Settings { policy, after, .. } = self.settings;
        let amount = payment.request.amount.unwrap_or_default();
        if let Some((decision, after)) = policy.decision(amount, after) {
            // It waits for the phone, since it is new.
            let _ = self.decide_after(&payment.id, decision, after);
        }
    }

    /// Executes a decision now, or after a delay.
    pub(crate) fn decide_after(
        &mut self,
        id: &str,
        decision: Decision,
        after: Duration,
    ) -> Result<(), NoPendingPayment> {
        if after.is_zero() {
            return self.decide(id, decision);
        }
        if self.ledger.payment(id).is_none_or(|payment| payment.state != PaymentState::Waiting) {
            return Err(NoPendingPayment);
        }
        self.to_come.insert((Instant::now() + after, id.to_owned()), decision);
        // With too many to come, the first comes early.
        if self.to_come.len() > ring::MOST {
            self.decide_first();
        }
        Ok(())
    }

    /// Executes the decisions whose time has come.
    pub(crate) fn decide_what_is_due(&mut self) {
        let now = Instant::now();
        while self.to_come.first_key_value().is_some_and(|((due, _), _)| *due <= now) {
            self.decide_first();
        }
    }

    fn decide_first(&mut self) {
        if let Some(((_, id), decision)) = self.to_come.pop_first() {
            // It may have been decided otherwise.
            let _ = self.decide(&id, decision);
        }
    }

    /// Executes a decision now.
    pub(crate) fn decide(&mut self, id: &str, decision: Decision) -> Result<(), NoPendingPayment> {
        self.ledger.decide(id, decision, &self.settings.behavior)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
