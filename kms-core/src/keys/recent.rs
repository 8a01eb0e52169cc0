//! What was used lately, and no more of it than there is room for.

use std::{collections::HashMap, fmt, hash::Hash, sync::Arc};

/// Keeps what was used lately, at most `bound` of it. What is pushed out is dropped, and so wiped,
/// as soon as nobody works with it any more.
///
/// Two halves: what is used goes into the younger one; when that is full it becomes the older one,
/// and what then still is in the older one, not used for that long, goes. Each use costs the same
/// whatever the number, without a list of what was used when.
pub(crate) struct Recent<K, V> {
    younger: HashMap<K, Arc<V>>,
    older: HashMap<K, Arc<V>>,
    half: usize,
}

impl<K: Eq + Hash, V> Recent<K, V> {
    /// Room for `bound` values, two at least.
    pub(crate) fn with_room_for(bound: usize) -> Self {
        Self {
            younger: HashMap::new(),
            older: HashMap::new(),
            half: (bound / 2).max(1),
        }
    }

    /// What is kept under `key`.
    pub(crate) fn get(&mut self, key: &K) -> Option<Arc<V>> {
        if let Some(value) = self.younger.get(key) {
            return Some(Arc::clone(value));
        }
        let (key, value) = self.older.remove_entry(key)?;
        self.put(key, Arc::clone(&value));
        Some(value)
    }

    /// Keeps `value` under `key`.
    pub(crate) fn put(&mut self, key: K, value: Arc<V>) {
        if self.younger.len() >= self.half {
            self.older = std::mem::take(&mut self.younger);
        }
        self.older.remove(&key);
        self.younger.insert(key, value);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.younger.len() + self.older.len()
    }
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_is_kept_as_there_is_room_for() {
        let mut recent = Recent::with_room_for(8);
        for number in 0..8 {
            recent.put(number, Arc::new(number));
        }
        assert_eq!(recent.len(), 8);
    }

    #[test]
    fn never_more_is_kept_than_there_is_room_for() {
        let mut recent = Recent::with_room_for(8);
        let values: Vec<_> = (0..100).map(Arc::new).collect();
        for value in &values {
            recent.put(**value, Arc::clone(value));
            assert!(recent.len() <= 8);
        }
        let kept = values.iter().filter(|value| Arc::strong_count(value) > 1);
        assert_eq!(kept.count(), recent.len(), "the rest is dropped");
        assert_eq!(recent.get(&99).as_deref(), Some(&99));
        assert_eq!(recent.get(&0), None);
    }

    #[test]
    fn what_is_used_again_and_again_stays() {
        let mut recent = Recent::with_room_for(8);
        recent.put(0, Arc::new("kept"));
        for other in 1..100 {
            recent.put(other, Arc::new("other"));
            assert_eq!(recent.get(&0).as_deref(), Some(&"kept"));
        }
        assert!(recent.len() <= 8);
    }

    #[test]
    fn the_later_value_counts() {
        let mut recent = Recent::with_room_for(2);
        recent.put(1, Arc::new("a"));
        recent.put(2, Arc::new("b"));
        recent.put(1, Arc::new("c"));
        assert_eq!(recent.get(&1).as_deref(), Some(&"c"));
        assert_eq!(recent.get(&2).as_deref(), Some(&"b"));
    }
}
