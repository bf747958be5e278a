//! The phone: decides payment sessions as a person chooses, or by a policy.

use std::time::Duration;

use paypos::Decimal;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    NoPendingPayment, PaymentSession, PaymentState, Simulator,
    simulator::{Settings, State},
};

/// Delay of the approval of an amount with 68 cents.
const LATE: Duration = Duration::from_secs(10);

/// How the phone decides payment sessions. Serialized in kebab case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Policy {
    /// Waits for a [`Phone`](crate::Phone) or a person to decide.
    #[default]
    Ask,
    /// Approves everything.
    Approve,
    /// Declines everything.
    Decline,
    /// Never decides.
    Never,
    /// Decides by the amount's cents: declines `.05`, `.51` and `.55`, approves `.68` after 10 seconds, never decides
    /// `.91`, and approves anything else.
    ByAmount,
}

/// A decision at the phone.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    Approve,
    Decline,
    /// Leaves the app without a decision.
    Leave,
    DeclineThenApprove,
    /// Approves with another card, after a decline.
    AnotherCard,
}

impl Settings {
    /// Returns the decision for a new payment session, and its delay.
    fn decision(&self, payment: &PaymentSession) -> Option<(Decision, Duration)> {
        Some(match self.policy {
            Policy::Ask | Policy::Never => return None,
            Policy::Approve => (Decision::Approve, self.after),
            Policy::Decline => (Decision::Decline, self.after),
            Policy::ByAmount => match cents(payment.request.amount.unwrap_or_default()) {
                5 | 51 | 55 => (Decision::Decline, self.after),
                68 => (Decision::Approve, self.after.max(LATE)),
                91 => return None,
                _ => (Decision::Approve, self.after),
            },
        })
    }
}

impl State {
    /// Applies the phone's policy to a new payment session.
    pub(crate) fn opened(&mut self, payment: &PaymentSession) {
        if let Some((decision, after)) = self.settings.decision(payment) {
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
        if self.to_come.len() > Simulator::KEPT {
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

    pub(crate) fn decide(&mut self, id: &str, decision: Decision) -> Result<(), NoPendingPayment> {
        let (ledger, behavior) = (&mut self.ledger, &self.settings.behavior);
        match decision {
            Decision::Approve => ledger.decide(id, true, behavior),
            Decision::Decline => ledger.decide(id, false, behavior),
            Decision::Leave => Ok(()),
            Decision::AnotherCard => {
                ledger.try_again(id, behavior).and_then(|()| ledger.decide(id, true, behavior))
            }
            Decision::DeclineThenApprove => {
                self.decide(id, Decision::Decline)?;
                self.decide(id, Decision::AnotherCard)
            }
        }
    }
}

fn cents(amount: Decimal) -> i64 {
    let cents = (amount.fract() * Decimal::ONE_HUNDRED).trunc();
    i64::try_from(cents).unwrap_or_default()
}
