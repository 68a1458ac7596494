//! Parts of a pool that are saved: tables of rows, and single values.
//!
//! Both share their memory with clones, so that a save point costs little, and remember
//! what was changed, so that only changed rows are written to a data file.

use std::borrow::Borrow;
use std::ops::{Bound, Deref, DerefMut};
use std::sync::Arc;

use crate::shared_map::SharedMap;

/// A table: rows by key, in ascending order of their keys.
#[derive(Clone, Debug)]
pub struct Rows<K, V> {
    all: SharedMap<K, Arc<V>>,
    /// Keys of rows that were inserted, changed or removed, possibly several times.
    changed: Vec<K>,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Self {
            all: SharedMap::default(),
            changed: Vec::new(),
        }
    }
}

impl<K: Ord + Clone, V: Clone> Rows<K, V> {
    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The row `key`.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.all.get(key).map(|row| &**row)
    }

    /// A table of these rows, which are sorted by their keys. They count as unchanged.
    #[must_use]
    pub fn from_sorted(rows: Vec<(K, Arc<V>)>) -> Self {
        Self {
            all: SharedMap::from_sorted(rows),
            changed: Vec::new(),
        }
    }

    /// The row `key`, which shares its memory with the table.
    #[must_use]
    pub fn shared(&self, key: &K) -> Option<&Arc<V>> {
        self.all.get(key)
    }

    /// Whether there is a row `key`.
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.all.contains_key(key)
    }

    /// The row `key`, for changes.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (key, _) = self.all.get_key_value(key)?;
        self.changed.push(key.clone());
        let row = self
            .all
            .get_mut::<K>(&self.changed[self.changed.len() - 1])?;
        Some(Arc::make_mut(row))
    }

    /// The row `key`, for a change that does not concern its row in a data file.
    pub fn settle(&mut self, key: &K) -> Option<&mut V> {
        self.all.get_mut(key).map(Arc::make_mut)
    }

    /// Inserts or replaces the row `key`. Returns the former row.
    pub fn insert(&mut self, key: K, row: impl Into<Arc<V>>) -> Option<Arc<V>> {
        self.changed.push(key.clone());
        self.all.insert(key, row.into())
    }

    /// Removes the row `key`.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        let (key, _) = self.all.get_key_value(key)?;
        self.changed.push(key.clone());
        self.all.remove::<K>(&self.changed[self.changed.len() - 1])
    }

    /// Keeps the rows for which `is_kept` returns true.
    pub fn retain(&mut self, mut is_kept: impl FnMut(&K, &V) -> bool) {
        let removed = self.iter().filter(|(key, row)| !is_kept(key, row));
        let removed: Vec<K> = removed.map(|(key, _)| key.clone()).collect();
        for key in &removed {
            self.all.remove::<K>(key);
        }
        self.changed.extend(removed);
    }

    /// All rows with their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.all.iter().map(|(key, row)| (key, &**row))
    }

    /// The rows from `start` on, with their keys.
    pub fn from<'a, Q: Ord + ?Sized>(
        &'a self,
        start: Bound<&Q>,
    ) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V, Q>
    where
        K: Borrow<Q>,
    {
        self.all.from(start).map(|(key, row)| (key, &**row))
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.all.keys()
    }

    /// All rows.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.all.values().map(|row| &**row)
    }

    /// Whether a row was changed since the last [`Rows::take_changes`].
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The keys of the rows that were inserted, changed or removed since the last call, each
    /// once.
    pub fn take_changes(&mut self) -> Vec<K> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        changed
    }
}

/// A single value.
#[derive(Clone, Debug, Default)]
pub struct Tracked<T> {
    value: Arc<T>,
    changed: bool,
}

impl<T> Tracked<T> {
    /// Whether the value was changed since the last call.
    pub fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The value, which shares its memory with this one.
    #[must_use]
    pub fn shared(&self) -> &Arc<T> {
        &self.value
    }
}

impl<T> From<T> for Tracked<T> {
    fn from(value: T) -> Self {
        Self {
            value: Arc::new(value),
            changed: true,
        }
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Clone> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.changed = true;
        Arc::make_mut(&mut self.value)
    }
}
