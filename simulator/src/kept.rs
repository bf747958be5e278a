//! What is kept of each dealer, within a bound.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// What each value costs beyond its own text, in bytes: its key, and its place in the maps.
const OVERHEAD: usize = 256;

/// Values by key. Each belongs to a dealer; a dealer that has more than its share loses its own oldest.
pub(crate) struct Kept<K, V> {
    values: HashMap<K, Entry<V>>,
    shelves: HashMap<String, Shelf<K>>,
    added: u64,
}

struct Entry<V> {
    value: V,
    bytes: usize,
    /// Its place among those of all dealers.
    place: u64,
}

/// The keys of a dealer, from the oldest to the latest.
struct Shelf<K> {
    keys: VecDeque<K>,
    bytes: usize,
    forgotten: u64,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), shelves: HashMap::new(), added: 0 }
    }
}

impl<K: Clone + Eq + Hash, V> Kept<K, V> {
    /// Keeps a value of a dealer under a key that is free.
    pub(crate) fn keep(&mut self, dealer: &str, key: K, value: V, bytes: usize, share: usize) {
        let bytes = bytes + OVERHEAD;
        self.added += 1;
        self.values.insert(key.clone(), Entry { value, bytes, place: self.added });
        let shelf = self.shelves.entry(dealer.to_owned()).or_insert_with(|| Shelf {
            keys: VecDeque::new(),
            bytes: 0,
            forgotten: 0,
        });
        shelf.keys.push_back(key);
        shelf.bytes += bytes;
        self.forget(dealer, share);
    }

    /// Counts what was added to a value.
    pub(crate) fn grow(&mut self, dealer: &str, key: &K, bytes: usize, share: usize) {
        let (Some(entry), Some(shelf)) = (self.values.get_mut(key), self.shelves.get_mut(dealer)) else {
            return;
        };
        entry.bytes += bytes;
        shelf.bytes += bytes;
        self.forget(dealer, share);
    }

    fn forget(&mut self, dealer: &str, share: usize) {
        let Some(shelf) = self.shelves.get_mut(dealer) else { return };
        while shelf.bytes > share && shelf.keys.len() > 1 {
            let Some(oldest) = shelf.keys.pop_front() else { return };
            shelf.bytes -= self.values.remove(&oldest).map_or(0, |entry| entry.bytes);
            shelf.forgotten += 1;
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

    /// All of them, from the oldest to the latest.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut all: Vec<_> = self.values.iter().collect();
        all.sort_by_key(|(_, entry)| entry.place);
        all.into_iter().map(|(key, entry)| (key, &entry.value))
    }

    /// Those of a dealer, from the oldest to the latest.
    pub(crate) fn of(&self, dealer: &str) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let keys = self.shelves.get(dealer).into_iter().flat_map(|shelf| &shelf.keys);
        keys.filter_map(|key| Some((key, self.get(key)?)))
    }

    /// Those of a dealer whose keys are greater, where keys grow.
    pub(crate) fn of_after(&self, dealer: &str, key: &K) -> impl Iterator<Item = (&K, &V)> + Clone
    where
        K: Ord,
    {
        let keys = self.shelves.get(dealer).map(|shelf| {
            let at = shelf.keys.partition_point(|own| own <= key);
            shelf.keys.range(at..)
        });
        keys.into_iter().flatten().filter_map(|key| Some((key, self.get(key)?)))
    }

    pub(crate) fn for_each_of(&mut self, dealer: &str, mut change: impl FnMut(&mut V)) {
        for key in self.shelves.get(dealer).into_iter().flat_map(|shelf| &shelf.keys) {
            if let Some(entry) = self.values.get_mut(key) {
                change(&mut entry.value);
            }
        }
    }

    /// How many of a dealer are not kept any more.
    pub(crate) fn forgotten(&self, dealer: &str) -> u64 {
        self.shelves.get(dealer).map_or(0, |shelf| shelf.forgotten)
    }

    /// Removes all of a dealer's.
    pub(crate) fn remove(&mut self, dealer: &str) {
        for key in self.shelves.remove(dealer).into_iter().flat_map(|shelf| shelf.keys) {
            self.values.remove(&key);
        }
    }
}
