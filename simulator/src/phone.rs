//! The phone: decides payment sessions as a person chooses, or by a policy.

use std::{fmt, time::Duration};

use paypos::Decimal;
use serde::{Deserialize, Serialize};

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

/// The error of a phone that cannot decide a payment session: it is unknown or already decided, or its sale has been
/// reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoPendingPayment;

impl fmt::Display for NoPendingPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such payment session waits for the phone, or its sale has been reversed")
    }
}

impl std::error::Error for NoPendingPayment {}

impl Policy {
    /// Returns the decision on a payment session of an amount, and its delay.
    pub(crate) fn decision(self, amount: Decimal, after: Duration) -> Option<(Decision, Duration)> {
        Some(match self {
            Self::Ask | Self::Never => return None,
            Self::Approve => (Decision::Approve, after),
            Self::Decline => (Decision::Decline, after),
            Self::ByAmount => match cents(amount) {
                5 | 51 | 55 => (Decision::Decline, after),
                68 => (Decision::Approve, after.max(LATE)),
                91 => return None,
                _ => (Decision::Approve, after),
            },
        })
    }
}

fn cents(amount: Decimal) -> i64 {
    let cents = (amount.fract() * Decimal::ONE_HUNDRED).trunc();
    i64::try_from(cents).unwrap_or_default()
}
