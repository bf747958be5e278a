//! What happens at the phone: what a person decides, and what it does by itself.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use paypos::Decimal;
use serde::{Deserialize, Serialize};

use crate::{PaymentSession, Phone, state::State};

/// How late an amount of `.68` is approved.
const LATE: Duration = Duration::from_secs(10);

/// Decisions that are still to come.
const MAX_LATER: usize = 10_000;

/// What the phone does with a payment session by itself. Written in kebab case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Policy {
    /// Nothing: [`Phone`] or a person decides.
    #[default]
    Ask,
    /// It approves.
    Approve,
    /// It declines.
    Decline,
    /// Nobody ever decides.
    Never,
    /// Decides by the amount's cents: `.05`, `.51` and `.55` are declined, `.68` is approved late, `.91` never; anything
    /// else is approved.
    ByAmount,
}

/// What is done at the phone.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    Approve,
    Decline,
    /// The app is left, and nothing is decided.
    Leave,
    DeclineThenApprove,
}

/// Why nothing can be decided.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undecidable {
    NotWaiting,
    TooMany,
}

/// The phones of all dealers, and what they are still to do.
#[derive(Default)]
pub(crate) struct Phones {
    policy: Policy,
    after: Duration,
    of_dealers: Mutex<HashMap<String, Policy>>,
    later: AtomicUsize,
}

impl Phones {
    pub(crate) fn new(policy: Policy, after: Duration) -> Self {
        Self { policy, after, ..Self::default() }
    }

    fn of_dealers(&self) -> MutexGuard<'_, HashMap<String, Policy>> {
        self.of_dealers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets what a dealer's phone does; as all others do, with none.
    #[cfg_attr(not(feature = "server"), allow(dead_code))]
    pub(crate) fn set(&self, dealer: String, policy: Option<Policy>) {
        match policy {
            Some(policy) => drop(self.of_dealers().insert(dealer, policy)),
            None => drop(self.of_dealers().remove(&dealer)),
        }
    }

    /// Is told of each payment session as it is opened.
    pub(crate) fn opened(self: &Arc<Self>, state: &Arc<State>, payment: &PaymentSession) {
        let policy = self.of_dealers().get(&payment.dealer).copied().unwrap_or(self.policy);
        let (decision, after) = match policy {
            Policy::Ask | Policy::Never => return,
            Policy::Approve => (Decision::Approve, self.after),
            Policy::Decline => (Decision::Decline, self.after),
            Policy::ByAmount => match cents(payment.request.amount.unwrap_or_default()) {
                5 | 51 | 55 => (Decision::Decline, self.after),
                68 => (Decision::Approve, self.after.max(LATE)),
                91 => return,
                _ => (Decision::Approve, self.after),
            },
        };
        // With more decisions to come than are kept, it waits for a person.
        let _ = self.decide(state, &payment.id, decision, after);
    }

    /// Does what was decided, now or later.
    pub(crate) fn decide(
        self: &Arc<Self>,
        state: &Arc<State>,
        id: &str,
        decision: Decision,
        after: Duration,
    ) -> Result<(), Undecidable> {
        if after.is_zero() {
            return decide_now(state, id, decision);
        }
        if self.later.fetch_add(1, Ordering::Relaxed) >= MAX_LATER {
            self.later.fetch_sub(1, Ordering::Relaxed);
            return Err(Undecidable::TooMany);
        }
        let (phones, state, id) = (Arc::clone(self), Arc::clone(state), id.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            phones.later.fetch_sub(1, Ordering::Relaxed);
            let _ = decide_now(&state, &id, decision);
        });
        Ok(())
    }
}

fn decide_now(state: &State, id: &str, decision: Decision) -> Result<(), Undecidable> {
    let phone = Phone { state };
    let decided = match decision {
        Decision::Approve => phone.approve(id),
        Decision::Decline => phone.decline(id),
        Decision::Leave => Ok(()),
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
