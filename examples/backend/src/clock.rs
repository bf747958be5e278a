//! What time it is, and how old a payment was when Paynet was asked about it.
//!
//! Times that are stored are the database's, which all processes share. Between two readings of it, and for the age of
//! a payment that this process has known from its beginning, the monotonic clock counts: nobody sets that one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::orders::{Key, Limits, Moment, Payment, millis};

/// An age beyond this may come from a clock that was set, as one without a battery is after it has started.
const PLAUSIBLE: Duration = Duration::from_hours(24);

pub(crate) struct Clock {
    /// The last reading of the database's clock, in milliseconds since 1970.
    read: Mutex<(Instant, i64)>,
    /// Of each payment that is not decided: when this process first saw it, and how old it was then.
    known: Mutex<HashMap<Key, (Instant, Duration)>>,
}

impl Clock {
    pub(crate) fn new(now: i64) -> Self {
        Self { read: Mutex::new((Instant::now(), now)), known: Mutex::default() }
    }

    /// Takes a reading of the database's clock.
    pub(crate) fn set(&self, now: i64) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), now);
    }

    pub(crate) fn now(&self) -> i64 {
        self.at(Instant::now())
    }

    fn at(&self, instant: Instant) -> i64 {
        let (read, now) = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let before = millis(read.saturating_duration_since(instant));
        now + millis(instant.saturating_duration_since(read)) - before
    }

    /// Describes the moment at which Paynet was asked about a payment.
    pub(crate) fn moment(&self, payment: &Payment, asked: Instant, limits: &Limits) -> Moment {
        Moment { at: self.at(asked), is_over: self.age(payment, asked) >= limits.payment_within }
    }

    /// Returns how long the phone still has to finish a payment.
    pub(crate) fn left(&self, payment: &Payment, limits: &Limits) -> Duration {
        limits.payment_within.saturating_sub(self.age(payment, Instant::now()))
    }

    // Guard: bad_days::a_clock_that_is_set_forward_makes_no_decline_final
    // Guard: bad_days::a_clock_that_was_set_while_the_backend_was_away_makes_no_decline_final
    fn age(&self, payment: &Payment, at: Instant) -> Duration {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, age) = *known.entry(payment.key()).or_insert_with(|| {
            let now = Instant::now();
            let age = u64::try_from(self.at(now) - payment.created_at).map(Duration::from_millis);
            // One that cannot be is none: the phone is given its whole time again.
            (now, age.ok().filter(|age| *age <= PLAUSIBLE).unwrap_or_default())
        });
        (age + at.saturating_duration_since(seen)).saturating_sub(seen.saturating_duration_since(at))
    }

    /// Forgets a payment that is decided.
    pub(crate) fn forget(&self, payment: &Payment) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&payment.key());
    }
}
