//! Names of pools, which answers show beside the ids.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long the name of a pool is remembered. Another program can rename the pool.
const NAME_LIFETIME: Duration = Duration::from_mins(1);

/// Names of pools on AWS that calls have read, by pool id, with the time of the reading.
#[derive(Default)]
pub(crate) struct PoolNames(Mutex<BTreeMap<String, (Instant, Option<String>)>>);

/// What is remembered of a pool's name.
pub(super) enum Recent {
    /// Nothing.
    NotRead,
    /// The name; none if the pool could not be read.
    Read(Option<String>),
}

impl PoolNames {
    /// What the last minute has read for the pool `id`: its name, or that it cannot be read.
    pub(super) fn recent(&self, id: &str) -> Recent {
        match self.0.lock().get(id) {
            Some((read, name)) if read.elapsed() < NAME_LIFETIME => Recent::Read(name.clone()),
            _ => Recent::NotRead,
        }
    }

    /// Remembers the name of the pool `id`; none if it cannot be read.
    pub(super) fn insert(&self, id: &str, name: Option<String>) {
        let mut names = self.0.lock();
        names.retain(|_, (read, _)| read.elapsed() < NAME_LIFETIME);
        names.insert(id.to_owned(), (Instant::now(), name));
    }

    /// Forgets all names, because a call may have changed one.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}
