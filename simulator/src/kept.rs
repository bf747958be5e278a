//! Bounds what is kept of each dealer.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Bytes that a value takes beyond its own text, for its keys and its places in the maps.
const OVERHEAD: usize = 256;

/// A map whose values belong to dealers. A dealer that exceeds its share loses its own oldest values.
pub(crate) struct Kept<K, V> {
    values: HashMap<K, Entry<V>>,
    by_dealer: HashMap<String, Keys<K>>,
    added: u64,
}

struct Entry<V> {
    value: V,
    bytes: usize,
    /// Order of insertion among the values of all dealers.
    place: u64,
}

/// The keys of a dealer, oldest first.
struct Keys<K> {
    in_order: VecDeque<K>,
    bytes: usize,
    forgotten: u64,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), by_dealer: HashMap::new(), added: 0 }
    }
}

impl<K: Clone + Eq + Hash, V> Kept<K, V> {
    /// Inserts a value under a key that is free.
    pub(crate) fn keep(&mut self, dealer: &str, key: K, value: V, bytes: usize, share: usize) {
        let bytes = bytes + OVERHEAD;
        self.added += 1;
        self.values.insert(key.clone(), Entry { value, bytes, place: self.added });
        let own = self.by_dealer.entry(dealer.to_owned()).or_insert_with(|| Keys {
            in_order: VecDeque::new(),
            bytes: 0,
            forgotten: 0,
        });
        own.in_order.push_back(key);
        own.bytes += bytes;
        self.forget(dealer, share);
    }

    /// Counts bytes that were added to a value.
    pub(crate) fn grow(&mut self, dealer: &str, key: &K, bytes: usize, share: usize) {
        let (Some(entry), Some(own)) = (self.values.get_mut(key), self.by_dealer.get_mut(dealer)) else {
            return;
        };
        entry.bytes += bytes;
        own.bytes += bytes;
        self.forget(dealer, share);
    }

    fn forget(&mut self, dealer: &str, share: usize) {
        let Some(own) = self.by_dealer.get_mut(dealer) else { return };
        while own.bytes > share && own.in_order.len() > 1 {
            let Some(oldest) = own.in_order.pop_front() else { return };
            own.bytes -= self.values.remove(&oldest).map_or(0, |entry| entry.bytes);
            own.forgotten += 1;
        }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key).map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.values.get_mut(key).map(|entry| &mut entry.value)
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Iterates over all values, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut all: Vec<_> = self.values.iter().collect();
        all.sort_by_key(|(_, entry)| entry.place);
        all.into_iter().map(|(key, entry)| (key, &entry.value))
    }

    /// Iterates over a dealer's values, oldest first.
    pub(crate) fn of(&self, dealer: &str) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let keys = self.by_dealer.get(dealer).into_iter().flat_map(|own| &own.in_order);
        keys.filter_map(|key| Some((key, self.get(key)?)))
    }

    /// Iterates over a dealer's values with greater keys. Keys must grow.
    pub(crate) fn of_after(&self, dealer: &str, key: &K) -> impl Iterator<Item = (&K, &V)> + Clone
    where
        K: Ord,
    {
        let keys = self.by_dealer.get(dealer).map(|own| {
            let at = own.in_order.partition_point(|one| one <= key);
            own.in_order.range(at..)
        });
        keys.into_iter().flatten().filter_map(|key| Some((key, self.get(key)?)))
    }

    pub(crate) fn for_each_of(&mut self, dealer: &str, mut change: impl FnMut(&mut V)) {
        for key in self.by_dealer.get(dealer).into_iter().flat_map(|own| &own.in_order) {
            if let Some(entry) = self.values.get_mut(key) {
                change(&mut entry.value);
            }
        }
    }

    /// Returns how many of a dealer's values were dropped.
    pub(crate) fn forgotten(&self, dealer: &str) -> u64 {
        self.by_dealer.get(dealer).map_or(0, |own| own.forgotten)
    }

    /// Removes a dealer's values.
    pub(crate) fn remove(&mut self, dealer: &str) {
        for key in self.by_dealer.remove(dealer).into_iter().flat_map(|own| own.in_order) {
            self.values.remove(&key);
        }
    }
}
