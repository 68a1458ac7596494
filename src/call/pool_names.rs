//! Names of pools, which answers show beside the ids.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long the name of a pool is remembered. Another program can rename the pool.
const NAME_LIFETIME: Duration = Duration::from_secs(60);

/// Names of pools on AWS that calls have read, by pool id, with the time of the reading.
#[derive(Default)]
pub(crate) struct PoolNames(Mutex<BTreeMap<String, (Instant, Option<String>)>>);

impl PoolNames {
    /// The name of the pool `id`, if it was read within the last minute.
    pub(super) fn recent(&self, id: &str) -> Option<Option<String>> {
        let names = self.0.lock();
        let (read, name) = names.get(id)?;
        (read.elapsed() < NAME_LIFETIME).then(|| name.clone())
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
