//! Apps that wait for a change of an order. Whoever changes one wakes its waiters; what another process has changed is
//! read by one statement for all.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use crate::{
    Backend,
    orders::{Kind, Payment},
    store::{Change, Store},
};

/// How often the changes of other processes are read.
const LOOK: Duration = Duration::from_millis(250);
/// How far back they are read, in milliseconds: a change is seen once it is committed.
const BACK: i64 = 15_000;
/// How many may wait. Others get the present state immediately.
const MAX_WAITERS: usize = 10_000;

/// How many read what they wait for at the same time.
const MAX_READERS: usize = 16;

pub(crate) struct Waiters {
    orders: Mutex<HashMap<String, watch::Sender<()>>>,
    readers: Semaphore,
}

impl Default for Waiters {
    fn default() -> Self {
        Self { orders: Mutex::default(), readers: Semaphore::new(MAX_READERS) }
    }
}

/// A place among those who wait for an order: from now on, it misses no change.
pub(crate) struct Waiter<'a> {
    waiters: &'a Waiters,
    reference: String,
    changes: watch::Receiver<()>,
}

impl Waiters {
    /// Returns a place for an order, and `None` if too many wait.
    pub(crate) fn enter(&self, reference: &str) -> Option<Waiter<'_>> {
        let mut all = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(reference) && all.len() >= MAX_WAITERS {
            return None;
        }
        let changes = all.entry(reference.to_owned()).or_default().subscribe();
        Some(Waiter { waiters: self, reference: reference.to_owned(), changes })
    }

    /// Reads the sale and the refund of an order. Thousands who come at once read one after another, and hold the memory
    /// of their statements for no longer than that.
    pub(crate) async fn read(
        &self,
        store: &Store,
        reference: &str,
    ) -> sqlx::Result<(Option<Payment>, Option<Payment>)> {
        let _place = self.readers.acquire().await;
        let both = async {
            tokio::try_join!(store.current(reference, Kind::Sale), store.current(reference, Kind::Refund))
        };
        Box::pin(both).await
    }

    // Guard: day::waiters_are_woken_immediately_and_cost_nothing_meanwhile
    pub(crate) fn wake(&self, reference: &str) {
        if let Some(order) = self.orders.lock().unwrap_or_else(PoisonError::into_inner).get(reference) {
            order.send_replace(());
        }
    }
}

impl Waiter<'_> {
    /// Waits until the order may have changed, or the time is over. Returns whether it may have.
    pub(crate) async fn changed(&mut self, within: Duration) -> bool {
        matches!(timeout(within, self.changes.changed()).await, Ok(Ok(())))
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut all = self.waiters.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(&self.reference).is_some_and(|order| order.receiver_count() == 1) {
            all.remove(&self.reference);
        }
    }
}

/// Wakes those who wait for what another process has changed, until the backend stops. `SQLite` has no other process.
// Guard: crash::waiters_at_one_process_learn_what_another_has_seen
pub(crate) async fn watch_others(backend: Arc<Backend>) {
    if !backend.store.is_shared() {
        return;
    }
    let mut seen: HashSet<Change> = HashSet::new();
    while !backend.stop.is_cancelled() {
        match backend.store.changed_since(backend.clock.now() - BACK).await {
            Ok(changed) => {
                let changed: HashSet<_> = changed.into_iter().collect();
                changed.difference(&seen).for_each(|(reference, ..)| backend.waiters.wake(reference));
                seen = changed;
            }
            Err(error) => tracing::error!(%error, "changes cannot be read"),
        }
        backend.stop.run_until_cancelled(sleep(LOOK)).await;
    }
}
