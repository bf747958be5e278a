//! Whether payments can be taken, and how long they take.

use std::{
    fmt::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{orders::Payment, store::Figures};

/// How long the worker may take for a round.
const ROUND: Duration = Duration::from_mins(1);
/// Upper bounds of the time to a decision, in seconds.
const BOUNDS: [u64; 6] = [10, 30, 60, 120, 300, 900];

pub(crate) struct Health {
    last_round: Mutex<Instant>,
    /// How many payments cannot be recorded at the moment.
    failing: AtomicUsize,
    /// How many payments were decided within each bound, and after the last.
    decided: [AtomicU64; BOUNDS.len() + 1],
    /// Of all of them, in milliseconds.
    took: AtomicU64,
}

/// A payment that cannot be recorded.
pub(crate) struct Failing<'a>(&'a Health);

impl Drop for Failing<'_> {
    fn drop(&mut self) {
        self.0.failing.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Health {
    pub(crate) fn new() -> Self {
        Self {
            last_round: Mutex::new(Instant::now()),
            failing: AtomicUsize::new(0),
            decided: Default::default(),
            took: AtomicU64::new(0),
        }
    }

    pub(crate) fn round_finished(&self) {
        *self.last_round.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Takes note of a payment that cannot be recorded, until what is returned is dropped.
    pub(crate) fn failing(&self) -> Failing<'_> {
        self.failing.fetch_add(1, Ordering::Relaxed);
        Failing(self)
    }

    /// Returns whether what becomes of payments can be recorded, as far as it was tried.
    pub(crate) fn is_recording(&self) -> bool {
        self.failing.load(Ordering::Relaxed) == 0
    }

    /// Returns whether somebody still waits for the phones.
    pub(crate) fn is_working(&self) -> bool {
        self.since_last_round() < ROUND
    }

    fn since_last_round(&self) -> Duration {
        self.last_round.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Takes note of a payment that was decided.
    pub(crate) fn decided(&self, payment: &Payment) {
        let took = payment.decided_at.unwrap_or(payment.created_at) - payment.created_at;
        let took = u64::try_from(took).unwrap_or_default();
        let place = BOUNDS.iter().position(|bound| took <= bound * 1_000).unwrap_or(BOUNDS.len());
        self.decided[place].fetch_add(1, Ordering::Relaxed);
        self.took.fetch_add(took, Ordering::Relaxed);
    }

    /// Describes everything in the text format of Prometheus.
    pub(crate) fn metrics(&self, figures: &Figures, now: i64) -> String {
        let age = |at: Option<i64>| at.map_or(0, |at| (now - at).max(0) / 1_000);
        let gauges = [
            ("needs_attention", "Payments that an operator has to look up.", figures.needs_attention),
            ("unfinished", "Payments that are initiating or pending.", figures.unfinished),
            (
                "oldest_initiating_seconds",
                "Age of the oldest claim without a response.",
                age(figures.oldest_initiating),
            ),
            ("overdue_looks", "Payments whose check is due for more than a minute.", figures.overdue),
            (
                "worker_last_round_seconds",
                "Time since due payments were read last.",
                i64::try_from(self.since_last_round().as_secs()).unwrap_or(i64::MAX),
            ),
        ];
        let mut text = String::new();
        for (name, help, value) in gauges {
            let name = format!("paypos_backend_{name}");
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        }
        let name = "paypos_backend_decision_seconds";
        let _ =
            writeln!(text, "# HELP {name} Time from the request to the decision.\n# TYPE {name} histogram");
        let mut all = 0;
        for (count, bound) in
            self.decided.iter().zip(BOUNDS.iter().map(u64::to_string).chain(["+Inf".to_owned()]))
        {
            all += count.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {all}");
        }
        let took = Duration::from_millis(self.took.load(Ordering::Relaxed)).as_secs_f64();
        let _ = writeln!(text, "{name}_sum {took}\n{name}_count {all}");
        text
    }
}
