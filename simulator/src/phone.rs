//! What happens at the phone: what a person decides, and what it does by itself.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
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

/// What the phones of all dealers do by themselves.
#[derive(Default)]
pub(crate) struct Phones {
    pub(crate) policy: Policy,
    pub(crate) after: Duration,
    /// Of the dealers whose phones do something else.
    pub(crate) of_dealers: HashMap<String, Policy>,
}

impl Phones {
    /// What is decided of a payment session as it is opened, and after how long.
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

/// Has the phone do what it does by itself with a payment session that was opened.
pub(crate) fn opened(state: &Arc<State>, payment: &PaymentSession) {
    let decision = state.phones().decision(payment);
    if let Some((decision, after)) = decision {
        // With more decisions to come than are kept, it waits for a person.
        let _ = decide(state, &payment.id, decision, after);
    }
}

/// Does at the phone what was decided, now or later.
pub(crate) fn decide(
    state: &Arc<State>,
    id: &str,
    decision: Decision,
    after: Duration,
) -> Result<(), Undecidable> {
    if after.is_zero() {
        return decide_now(state, id, decision);
    }
    if state.later.fetch_add(1, Ordering::Relaxed) >= MAX_LATER {
        state.later.fetch_sub(1, Ordering::Relaxed);
        return Err(Undecidable::TooMany);
    }
    let (state, id) = (Arc::clone(state), id.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        state.later.fetch_sub(1, Ordering::Relaxed);
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
