//! Keeps the latest values, bounded in number and in bytes.

use std::{
    borrow::Borrow,
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Maximum number of values.
pub(crate) const MOST: usize = 10_000;

/// Maximum number of bytes.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Bytes that a value takes beyond its own text.
const OVERHEAD: usize = 256;

/// Values by key, in the order of insertion. The oldest drop out.
pub(crate) struct Ring<K, V> {
    /// Each with its bytes.
    values: HashMap<K, (V, usize)>,
    /// The keys, oldest first.
    order: VecDeque<K>,
    bytes: usize,
    dropped: u64,
}

impl<K, V> Default for Ring<K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new(), bytes: 0, dropped: 0 }
    }
}

impl<K: Clone + Eq + Hash, V> Ring<K, V> {
    /// Inserts a value with so many bytes of text under a key that is free.
    pub(crate) fn insert(&mut self, key: K, value: V, bytes: usize) {
        let bytes = bytes + OVERHEAD;
        self.values.insert(key.clone(), (value, bytes));
        self.order.push_back(key);
        self.bytes += bytes;
        self.drop_oldest();
    }

    /// Counts bytes that are added to a value.
    pub(crate) fn grow<Q: Eq + Hash + ?Sized>(&mut self, key: &Q, bytes: usize)
    where
        K: Borrow<Q>,
    {
        let Some((_, own)) = self.values.get_mut(key) else { return };
        *own += bytes;
        self.bytes += bytes;
        self.drop_oldest();
    }

    // Guard: simulator::kept_data_is_bounded_in_bytes_and_the_oldest_is_dropped_first
    // Guard: simulator::kept_data_is_bounded_in_number
    // Guard: load::memory_is_bounded_however_it_is_filled
    fn drop_oldest(&mut self) {
        while self.order.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= self.values.remove(&oldest).map_or(0, |(_, bytes)| bytes);
            self.dropped += 1;
        }
    }

    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.values.get(key).map(|(value, _)| value)
    }

    pub(crate) fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.values.get_mut(key).map(|(value, _)| value)
    }

    /// Iterates over the values, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.order.iter().filter_map(|key| self.get(key))
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.values.values_mut().map(|(value, _)| value)
    }

    /// Returns how many values have dropped out.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }
}
