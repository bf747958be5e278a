//! The state machine of a payment. Each transition is a function from a [`Payment`] to the next one, and uses neither
//! the database, the network nor a clock. `routes` and `worker` call them.

use std::time::Duration;

use paypos::{Decimal, Decision, Error, Handoff, Outcome, PaymentSession, Secret};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

/// How long a payment is checked after its time is over, and how long after a failed check, in milliseconds.
const LOOK_AGAIN_FOR: i64 = 24 * 60 * 60 * 1_000;
const PAUSE_AFTER_ERROR: i64 = 2_000;
/// The length of what is stored of a reason, in characters.
const MAX_REASON: usize = 1_000;

/// How long things may take.
pub(crate) struct Limits {
    /// How long the phone has to finish a payment.
    pub(crate) payment_within: Duration,
    /// How often a payment is checked after that.
    pub(crate) look_again: Duration,
    /// How long one call to Paynet may take.
    pub(crate) paynet_timeout: Duration,
}

/// When Paynet was asked about a payment.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// By the database's clock, in milliseconds since 1970: or before it, never after it.
    pub(crate) at: i64,
    /// Whether the time that the phone has was over.
    pub(crate) is_over: bool,
}

/// The reference, the kind and the attempt.
pub(crate) type Key = (String, Kind, i64);

#[derive(Clone, Copy, Debug, Deserialize, Display, EnumString, Eq, Hash, PartialEq)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Kind {
    Sale,
    Refund,
}

#[derive(Clone, Copy, Debug, Deserialize, Display, EnumString, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum State {
    /// Claimed. The request to Paynet is in flight, or its process died.
    Initiating,
    /// Paynet could not be reached, or had no time, and nothing happened. It may be posted again.
    NotSent,
    /// Paynet refused, and nothing happened. It may be posted again, once the cause is gone.
    Rejected,
    /// Paynet has opened a payment session. The phone may finish it.
    Pending,
    Paid,
    Refunded,
    /// Declined, and not paid with another card in time.
    Declined,
    /// The outcome is unknown, or differs from the request. An operator looks it up in Paynet's panel and resolves it.
    NeedsAttention,
    /// An operator found that nothing happened. It may be posted again.
    Released,
    /// The customer has left. Nobody looks at it unless it is paid after all.
    GivenUp,
}

/// One attempt at a sale or a refund: a row of the database.
#[allow(clippy::struct_field_names, reason = "a payment session is Paynet's word")]
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) reference: String,
    pub(crate) kind: Kind,
    pub(crate) attempt: i64,
    pub(crate) terminal: String,
    pub(crate) amount: Decimal,
    /// For a refund: the transaction of the sale.
    pub(crate) reversal_of: Option<String>,
    pub(crate) state: State,
    pub(crate) reason: Option<String>,
    pub(crate) payment_session: Option<PaymentSession>,
    pub(crate) deeplink_url: Option<String>,
    pub(crate) encryption_key: Option<Secret>,
    /// Paynet's `xact_id`, once it is paid or refunded.
    pub(crate) transaction_id: Option<String>,
    /// Whether a card was declined. The customer may try another one.
    pub(crate) is_declined: bool,
    pub(crate) created_at: i64,
    /// When it was paid, refunded or declined, as far as it is known.
    pub(crate) decided_at: Option<i64>,
    /// When to check it next; `None` if never.
    pub(crate) due_at: Option<i64>,
    /// How often it was checked after its time was over.
    pub(crate) looks: i64,
    /// Whether an operator has decided it, who may correct it.
    pub(crate) is_resolved: bool,
    /// Number of writes. A write that has not seen the latest one fails.
    pub(crate) version: i64,
}

/// The body of `resolve`: what an operator found in Paynet's panel.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolution {
    pub(crate) attempt: i64,
    #[serde(rename = "as")]
    state: State,
    /// For a paid sale that may be refunded later.
    transaction_id: Option<String>,
    note: String,
}

impl Payment {
    pub(crate) fn new(reference: String, kind: Kind, terminal: String, amount: Decimal, now: i64) -> Self {
        Self {
            reference,
            kind,
            attempt: 1,
            terminal,
            amount,
            reversal_of: None,
            state: State::Initiating,
            reason: None,
            payment_session: None,
            deeplink_url: None,
            encryption_key: None,
            transaction_id: None,
            is_declined: false,
            created_at: now,
            decided_at: None,
            // Due when the lease of the claim expires, which means that its process died.
            due_at: Some(now),
            looks: 0,
            is_resolved: false,
            version: 0,
        }
    }

    /// Returns the `reference_no` that Paynet's panel shows for the attempt. References of the merchant have no dot.
    pub(crate) fn reference_no(&self) -> String {
        match (self.kind, self.attempt) {
            (Kind::Sale, 1) => self.reference.clone(),
            (Kind::Sale, attempt) => format!("{}.{attempt}", self.reference),
            (Kind::Refund, attempt) => format!("{}.R{attempt}", self.reference),
        }
    }

    pub(crate) fn key(&self) -> Key {
        (self.reference.clone(), self.kind, self.attempt)
    }

    /// Returns whether it may be posted again: nothing has happened. Of a refund, also if it was declined, since there is
    /// no other reference for it.
    pub(crate) fn may_be_posted_again(&self) -> bool {
        match self.state {
            State::NotSent | State::Rejected | State::Released => true,
            State::Declined => self.kind == Kind::Refund,
            _ => false,
        }
    }

    /// Returns its payment session with the amount that was asked for, which an older version did not store in it.
    pub(crate) fn asked(&self) -> Option<PaymentSession> {
        let stored = self.payment_session.clone()?;
        Some(stored.clone().with_amount(self.amount).unwrap_or(stored))
    }

    /// Returns whether it will change soon without anybody's request.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Initiating | State::Pending)
    }

    /// Returns the payment after Paynet's response to the one request of this attempt.
    pub(crate) fn initiated(&self, initiated: &Result<Handoff, Error>, now: i64) -> Self {
        let mut next = self.clone();
        // Another process may have given the claim up, and an operator may have resolved it.
        let is_undecided = matches!(self.state, State::Initiating | State::NeedsAttention);
        next.reason = initiated.as_ref().err().map(|error| readable(&with_words_of_paynet(error)));
        if let Ok(handoff) = initiated {
            next.deeplink_url = Some(handoff.deeplink_url.clone());
            next.encryption_key = Some(handoff.encryption_key.clone());
        }
        match (payment_session_of(initiated), initiated) {
            (Some(obtained), _) => {
                next.payment_session = Some(obtained);
                next.due_at = Some(now);
                if is_undecided {
                    next.state = State::Pending;
                } else {
                    next.attention(&format!("it was {} before Paynet's response arrived", self.state));
                }
            }
            (None, Err(error)) if is_undecided => {
                next.due_at = None;
                match error.outcome() {
                    // Guard: day::a_refusal_by_a_gateway_decides_nothing
                    Outcome::Rejected if !error.is_paynets() => {
                        next.attention(&format!("{error}, in words that are not Paynet's"));
                    }
                    Outcome::NotSent | Outcome::Rejected if error.is_safe_to_retry() => {
                        next.state = State::NotSent;
                    }
                    // Guard: day::a_refund_that_paynet_refuses_needs_attention
                    // A sale that was reversed already is refused as well.
                    Outcome::Rejected if self.kind == Kind::Refund => {
                        next.attention(&with_words_of_paynet(error));
                    }
                    Outcome::NotSent | Outcome::Rejected => next.state = State::Rejected,
                    Outcome::Unknown => next.attention(&with_words_of_paynet(error)),
                }
            }
            (None, _) => return self.clone(),
        }
        next
    }

    /// Returns the payment to write where its row is gone: whoever removed it may have posted it again.
    pub(crate) fn restored(&self) -> Self {
        let mut restored = self.clone();
        restored.attention("its row was gone from the database");
        restored
    }

    /// Returns the payment to write where the database refuses its next state for good, as one of an encoding that lacks
    /// a character of Paynet's.
    pub(crate) fn unstorable(&self, next: &Self) -> Self {
        let mut plain = Self { payment_session: next.payment_session.clone(), ..self.clone() };
        plain.due_at = next.due_at;
        plain.attention("the database refuses what came of it");
        plain
    }

    /// Returns whether somebody has written what was to be written, which a lost commit does not say.
    pub(crate) fn is_written_as(&self, next: &Self) -> bool {
        let session =
            |payment: &Self| payment.payment_session.as_ref().map(|session| session.id().to_owned());
        (self.version, self.state, session(self)) == (next.version + 1, next.state, session(next))
    }

    /// Returns the payment after the lease of its claim expired. The request may have been sent, so it is not sent again.
    pub(crate) fn abandoned(&self) -> Self {
        let mut next = self.clone();
        if self.state == State::Initiating {
            next.due_at = None;
            next.attention("its process died before it recorded Paynet's response");
        }
        next
    }

    /// Returns the payment after a check of its payment session. When its time is over, it is checked for another day,
    /// since a phone may finish late. How often is counted, and not read from a clock.
    pub(crate) fn looked_at(
        &self,
        looked: &Result<Decision, String>,
        moment: Moment,
        limits: &Limits,
    ) -> Self {
        use State::{Declined, GivenUp, NeedsAttention, Paid, Pending, Refunded, Released};
        let mut next = self.clone();
        if self.due_at.is_none() {
            return next;
        }
        if moment.is_over {
            next.looks += 1;
            let pause = millis(limits.look_again);
            next.due_at = (next.looks <= LOOK_AGAIN_FOR / pause).then_some(moment.at + pause);
        } else {
            let pause = if looked.is_ok() { 0 } else { PAUSE_AFTER_ERROR };
            next.due_at = Some(moment.at + pause);
        }
        match (self.state, looked) {
            (Pending | NeedsAttention, Ok(Decision::Succeeded(only))) if !self.is_resolved => {
                next.decided(if self.kind == Kind::Sale { Paid } else { Refunded }, moment.at);
                next.due_at = None;
                next.transaction_id.clone_from(&only.xact_id);
            }
            // Also one that an operator had released before Paynet's response arrived.
            (NeedsAttention | Declined | Released | GivenUp, Ok(Decision::Succeeded(only))) => {
                next.due_at = None;
                next.is_resolved = false;
                next.transaction_id.clone_from(&only.xact_id);
                next.attention(&format!(
                    "it was {} before it succeeded, so another attempt or reference may be paid as well",
                    self.state
                ));
            }
            (Pending | Declined | NeedsAttention | Released | GivenUp, Ok(Decision::Differs(difference))) => {
                next.due_at = None;
                let ids = difference.transactions().iter().filter_map(|one| one.xact_id.as_deref());
                let ids = ids.collect::<Vec<_>>().join(", ");
                next.attention(&format!("{difference}; transactions {ids}"));
            }
            (Pending | NeedsAttention, Ok(Decision::Failed(_))) => {
                next.is_declined = true;
                if moment.is_over {
                    next.decided(Declined, moment.at);
                }
            }
            (Pending, Ok(Decision::Pending)) if moment.is_over => {
                next.attention("nobody finished it on the phone in time");
            }
            (Pending, Err(problem)) if moment.is_over => next.attention(problem),
            (Pending | Declined | NeedsAttention | Released | GivenUp, _) => {}
            // It was decided in the meantime.
            _ => return self.clone(),
        }
        next
    }

    /// Returns the payment as one that is checked now, though it may not have been due any more.
    pub(crate) fn due_again(&self, moment: Moment) -> Self {
        Self { due_at: Some(self.due_at.unwrap_or(moment.at)), ..self.clone() }
    }

    /// Returns the payment as one that the customer has left, or why it cannot be given up.
    pub(crate) fn given_up(&self) -> Result<Self, String> {
        if self.state != State::Pending {
            return Err(format!("it is {}; only a pending payment can be given up", self.state));
        }
        Ok(Self { state: State::GivenUp, deeplink_url: None, encryption_key: None, ..self.clone() })
    }

    /// Returns the payment as an operator resolves it, or why it cannot be resolved so. What an operator has decided can
    /// be corrected.
    pub(crate) fn resolved(&self, resolution: &Resolution, now: i64) -> Result<Self, String> {
        let done = if self.kind == Kind::Sale { State::Paid } else { State::Refunded };
        let allowed: &[State] = match self.state {
            // Guard: day::an_attempt_that_was_released_too_early_is_checked_before_and_beside_the_next_one
            // Whatever the panel shows today, the backend has seen it.
            State::NeedsAttention if self.transaction_id.is_some() => &[done],
            State::NeedsAttention => &[done, State::Declined, State::Released],
            _ if self.is_resolved => &[done, State::Declined, State::Released],
            State::Declined | State::GivenUp => &[State::Released],
            state => return Err(format!("it is {state}, which needs no attention")),
        };
        if !allowed.contains(&resolution.state) {
            let allowed: Vec<_> = allowed.iter().map(State::to_string).collect();
            return Err(format!("`as`: it is {}; expected {}", self.state, allowed.join(" or ")));
        }
        if resolution.note.trim().is_empty() {
            return Err("`note` is blank; expected who found what".to_owned());
        }
        let mut next = self.clone();
        next.decided(resolution.state, now);
        next.is_resolved = true;
        next.reason = Some(readable(&format!("resolved by an operator: {}", resolution.note)));
        next.transaction_id = None;
        if next.state == done {
            let seen = self.transaction_id.as_ref().filter(|_| self.state == State::NeedsAttention);
            next.due_at = None;
            next.transaction_id = resolution.transaction_id.as_ref().or(seen).cloned();
        }
        Ok(next)
    }

    /// Nothing of it is needed on the phone any more.
    // Guard: bad_days::keys_and_deeplinks_are_deleted_once_they_are_not_needed
    fn decided(&mut self, state: State, at: i64) {
        self.state = state;
        self.decided_at = Some(at);
        self.reason = None;
        self.deeplink_url = None;
        self.encryption_key = None;
    }

    fn attention(&mut self, problem: &str) {
        self.state = State::NeedsAttention;
        let what_to_do = format!("look up {} in Paynet's panel", self.reference_no());
        self.reason = Some(format!("{}; {what_to_do}", readable(problem)));
    }
}

/// Returns the payment session that Paynet has opened, even if its response cannot be used in full.
pub(crate) fn payment_session_of(initiated: &Result<Handoff, Error>) -> Option<PaymentSession> {
    match initiated {
        Ok(handoff) => Some(handoff.payment_session().clone()),
        Err(error) => error.payment_session().cloned(),
    }
}

/// Returns what can be stored and shown of a text that others wrote.
fn readable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REASON).collect()
}

/// Returns the error with Paynet's own message, which is untrusted text.
fn with_words_of_paynet(error: &Error) -> String {
    error.server_message().map_or_else(|| error.to_string(), |message| format!("{error} ({message})"))
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
