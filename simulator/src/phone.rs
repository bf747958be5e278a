//! The phone: decides payment sessions as a person chooses, or by a policy.

use std::{collections::HashMap, sync::Arc, time::Duration};

use paypos::Decimal;
use serde::{Deserialize, Serialize};

use crate::{PaymentSession, Phone, state::State};

/// Delay of the approval of an amount with 68 cents.
const LATE: Duration = Duration::from_secs(10);

/// How the phone decides payment sessions. Serialized in kebab case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Policy {
    /// Waits for a [`Phone`] or a person to decide.
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

/// Why a payment session cannot be decided.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undecidable {
    NotWaiting,
    TooMany,
}

/// The policies of all dealers' phones.
#[derive(Default)]
pub(crate) struct Phones {
    pub(crate) policy: Policy,
    pub(crate) after: Duration,
    /// Dealers with a policy of their own.
    pub(crate) of_dealers: HashMap<String, Policy>,
}

impl Phones {
    /// Returns the decision for a new payment session, and its delay.
    fn decision(&self, payment: &PaymentSession) -> Option<(Decision, Duration)> {
        let policy = self.of_dealers.get(&payment.dealer).copied().unwrap_or(self.policy);
        Some(match policy {
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

/// Applies the phone's policy to a new payment session.
pub(crate) fn opened(state: &Arc<State>, payment: &PaymentSession) {
    let decision = state.phones().decision(payment);
    if let Some((decision, after)) = decision {
        // With more decisions to come than are kept, it waits for a person.
        let _ = decide(state, &payment.id, decision, after);
    }
}

/// Executes a decision now, or after a delay.
pub(crate) fn decide(
    state: &Arc<State>,
    id: &str,
    decision: Decision,
    after: Duration,
) -> Result<(), Undecidable> {
    if after.is_zero() {
        return decide_now(state, id, decision);
    }
    let dealer = state.schedule(id)?;
    let (state, id) = (Arc::clone(state), id.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        state.scheduled_is_due(&dealer);
        let _ = decide_now(&state, &id, decision);
    });
    Ok(())
}

fn decide_now(state: &State, id: &str, decision: Decision) -> Result<(), Undecidable> {
    let phone = Phone { state };
    let decided = match decision {
        Decision::Approve => phone.approve(id),
        Decision::Decline => phone.decline(id),
        Decision::Leave => Ok(()),
        Decision::AnotherCard => phone.try_again(id).and_then(|()| phone.approve(id)),
        Decision::DeclineThenApprove => {
            phone.decline(id).and_then(|()| phone.try_again(id)).and_then(|()| phone.approve(id))
        }
    };
    decided.map_err(|_| Undecidable::NotWaiting)
}

fn cents(amount: Decimal) -> i64 {
    let cents = (amount.fract() * Decimal::ONE_HUNDRED).trunc();
    i64::try_from(cents).unwrap_or_default()
}
