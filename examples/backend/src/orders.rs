//! The state machine of a payment. Each transition is a function from a [`Payment`] to the next one, and uses neither
//! the database nor the network. `routes` and `worker` call them.

use paypos::{Decimal, Decision, Error, Handoff, Outcome, PaymentSession, Secret};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

use crate::{Limits, millis};

/// How long a payment is checked after it began, and how long after a failed check, in milliseconds.
const LOOK_AGAIN_FOR: i64 = 24 * 60 * 60 * 1_000;
const PAUSE_AFTER_ERROR: i64 = 2_000;

#[derive(Clone, Copy, Debug, Deserialize, Display, EnumString, PartialEq)]
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
}

impl State {
    pub(crate) const NOTHING_HAPPENED: [Self; 3] = [Self::NotSent, Self::Rejected, Self::Released];
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
    /// When to check it next; `None` if never.
    pub(crate) due_at: Option<i64>,
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
    pub(crate) fn new(reference: String, kind: Kind, terminal: String, amount: Decimal) -> Self {
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
            created_at: crate::now(),
            // Due when the lease of the claim expires, which means that its process died.
            due_at: Some(crate::now()),
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

    /// Returns whether nothing has happened for certain, so that it may be posted again.
    pub(crate) fn may_be_posted_again(&self) -> bool {
        State::NOTHING_HAPPENED.contains(&self.state)
    }

    /// Returns when the time is over that the phone has.
    pub(crate) fn ends_at(&self, limits: &Limits) -> i64 {
        self.created_at + millis(limits.payment_within)
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
    pub(crate) fn initiated(&self, initiated: &Result<Handoff, Error>) -> Self {
        let mut next = self.clone();
        // Another process may have given the claim up, and an operator may have resolved it.
        let is_undecided = matches!(self.state, State::Initiating | State::NeedsAttention);
        next.reason = initiated.as_ref().err().map(with_words_of_paynet);
        if let Ok(handoff) = initiated {
            next.deeplink_url = Some(handoff.deeplink_url.clone());
            next.encryption_key = Some(handoff.encryption_key.clone());
        }
        match (payment_session_of(initiated), initiated) {
            (Some(obtained), _) => {
                next.payment_session = Some(obtained);
                next.due_at = Some(crate::now());
                if is_undecided {
                    next.state = State::Pending;
                } else {
                    next.attention(&format!("it was {} before Paynet's response arrived", self.state));
                }
            }
            (None, Err(error)) if is_undecided => {
                next.due_at = None;
                match error.outcome() {
                    _ if error.is_safe_to_retry() => next.state = State::NotSent,
                    Outcome::NotSent | Outcome::Rejected => next.state = State::Rejected,
                    Outcome::Unknown => next.attention(&error.to_string()),
                }
            }
            (None, _) => return self.clone(),
        }
        next
    }

    /// Returns the payment to write where its row is gone: whoever removed it may have posted it again.
    pub(crate) fn restored(&self) -> Self {
        let mut restored = Self { version: 0, ..self.clone() };
        restored.attention("its row was gone from the database");
        restored
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

    /// Returns the payment after a check of its payment session, for which Paynet was asked at `asked_at` or later. When
    /// its time is over, it is checked for another day, since a phone may finish late.
    pub(crate) fn looked_at(
        &self,
        looked: &Result<Decision, String>,
        asked_at: i64,
        limits: &Limits,
    ) -> Self {
        use State::{Declined, NeedsAttention, Paid, Pending, Refunded, Released};
        let mut next = self.clone();
        if self.due_at.is_none() {
            return next;
        }
        let is_over = asked_at >= self.ends_at(limits);
        next.due_at = if is_over {
            (asked_at < self.created_at + LOOK_AGAIN_FOR).then_some(asked_at + millis(limits.look_again))
        } else {
            Some(if looked.is_ok() { asked_at } else { asked_at + PAUSE_AFTER_ERROR })
        };
        match (self.state, looked) {
            (Pending | NeedsAttention, Ok(Decision::Succeeded(only))) => {
                next.due_at = None;
                next.state = if self.kind == Kind::Sale { Paid } else { Refunded };
                next.reason = None;
                next.transaction_id.clone_from(&only.xact_id);
            }
            (Declined | Released, Ok(Decision::Succeeded(_))) => {
                next.due_at = None;
                next.attention(&format!("it was {} before it succeeded", self.state));
            }
            (Pending | Declined | NeedsAttention | Released, Ok(Decision::Differs(difference))) => {
                next.due_at = None;
                let ids = difference.transactions().iter().filter_map(|one| one.xact_id.as_deref());
                let ids = ids.collect::<Vec<_>>().join(", ");
                next.attention(&format!("{difference}; transactions {ids}"));
            }
            (Pending | NeedsAttention, Ok(Decision::Failed(_))) => {
                next.is_declined = true;
                if is_over {
                    next.state = Declined;
                    next.reason = None;
                }
            }
            (Pending, Ok(Decision::Pending)) if is_over => {
                next.attention("nobody finished it on the phone in time");
            }
            (Pending, Err(problem)) if is_over => next.attention(problem),
            (Pending | Declined | NeedsAttention | Released, _) => {}
            // It was decided in the meantime.
            _ => return self.clone(),
        }
        next
    }

    /// Returns the payment as an operator resolves it, or why it cannot be resolved so.
    pub(crate) fn resolved(&self, resolution: &Resolution) -> Result<Self, String> {
        let done = if self.kind == Kind::Sale { State::Paid } else { State::Refunded };
        let allowed: &[State] = match self.state {
            State::NeedsAttention => &[done, State::Declined, State::Released],
            State::Declined => &[State::Released],
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
        next.state = resolution.state;
        next.reason = Some(format!("resolved by an operator: {}", resolution.note));
        if next.state == done {
            next.due_at = None;
            next.transaction_id.clone_from(&resolution.transaction_id);
        }
        Ok(next)
    }

    fn attention(&mut self, problem: &str) {
        self.state = State::NeedsAttention;
        self.reason = Some(format!("{problem}; look up {} in Paynet's panel", self.reference_no()));
    }
}

/// Returns the payment session that Paynet has opened, even if its response cannot be used in full.
pub(crate) fn payment_session_of(initiated: &Result<Handoff, Error>) -> Option<PaymentSession> {
    match initiated {
        Ok(handoff) => Some(handoff.payment_session().clone()),
        Err(error) => error.payment_session().cloned(),
    }
}

/// Returns the error with Paynet's own message, which is untrusted text.
fn with_words_of_paynet(error: &Error) -> String {
    error.server_message().map_or_else(|| error.to_string(), |message| format!("{error} ({message})"))
}
