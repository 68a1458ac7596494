//! State that replicas of one server share: in the process, or in Redis.
//!
//! A server keeps some state between calls: the secrets behind references, open questions and
//! approvals, confirmed plans, sign-ins in progress, sessions and tasks of the protocol, and the
//! rates of requests. [`State`] owns all of it, in one of two places. Both have the same
//! behaviour, and the tests of this module run on both.
//!
//! - A `Table` keeps values by owner and id, for a time and within bounds.
//! - A document is one value that is edited as a whole: `State::edit`.
//! - A lane spaces requests in time: `State::turn`.
//!
//! In Redis, each step is one script, so it is atomic between replicas. Values are encrypted
//! (`keys`); ids and owners are hashed. What must not happen twice (a confirmation, the
//! handover of a secret) depends on a value that is taken away, and that is only valid for one
//! run of the store. A store that loses data, restores an older state or is replaced by its
//! copy thus refuses, and never confirms twice.

mod keys;
mod lanes;
mod process;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::lanes::{AHEAD, Lane, SLOWEST};
use self::process::Process;
use self::store::Store;
use crate::bounds::{STORE_EDITS, STORE_PAUSE};
use crate::config::SharedState;
use crate::error::ToolError;
use crate::start_error::StartError;

/// The state of a server between calls.
#[derive(Debug)]
pub enum State {
    /// In this process.
    Process(Box<Process>),
    /// In Redis, for all replicas.
    Shared(Box<Store>),
}

/// Values of one kind, and their bounds.
#[derive(Debug)]
pub(crate) struct Table {
    /// The name in the store.
    pub(crate) name: &'static str,
    /// The time for which a value is kept.
    pub(crate) lifetime: Duration,
    /// Whether each use of a value extends its time.
    pub(crate) renews: bool,
    /// Values of one owner. The one that was used the longest time ago is forgotten.
    pub(crate) items: usize,
    /// Bytes of the values of one owner, as JSON.
    pub(crate) bytes: usize,
    /// Owners. The values of a further owner are not kept.
    pub(crate) owners: usize,
    /// Whether values are valid for one run of the store.
    pub(crate) one_run: bool,
}

/// Why the shared state cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// There is no connection.
    Unreachable,
    /// Its certificate is not one that this server trusts.
    Untrusted,
    /// It is a copy of the store, or a node of a cluster that has other keys.
    NotPrimary,
    /// It did not answer within [`crate::bounds::STORE_ANSWER`].
    Slow,
    /// It has no memory for another value.
    Full,
    /// It refused the command or the credentials.
    Refused,
    /// Its value cannot be read: it is encrypted with a key that this replica does not have.
    Unreadable,
    /// Other replicas changed the same value at the same time, too often.
    Busy,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "cannot be reached",
            Self::Untrusted => "has a certificate that this server does not trust",
            Self::NotPrimary => "is a copy that accepts no writes, or another node of its cluster",
            Self::Slow => "does not answer in time",
            Self::Full => "is full",
            Self::Refused => "refuses this server's requests",
            Self::Unreadable => "has a value that this server has no key for",
            Self::Busy => "is busy",
        })
    }
}

impl std::error::Error for Unavailable {}

/// The code of calls that the store stops.
pub(crate) const UNAVAILABLE: &str = "SharedStateUnavailable";

impl From<Unavailable> for Box<ToolError> {
    fn from(why: Unavailable) -> Self {
        let message = format!(
            "The store that this server shares with its replicas {why}. The call needs it, and was \
             stopped"
        );
        let mut error = ToolError::new(UNAVAILABLE, message).hint(
            "Send the same call again after `retry_after_ms`. If it still fails, the person who \
             runs the server has to check the store",
        );
        error.retryable = true;
        error.retry_after = Some(STORE_PAUSE * 2);
        error
    }
}

/// The result of a step that may need the store.
pub(crate) type StoreResult<T> = Result<T, Unavailable>;

/// Errors of the store since the start of the process.
static ERRORS: AtomicU64 = AtomicU64::new(0);

/// The number of errors of the store since the start of the process.
pub(crate) fn errors() -> u64 {
    ERRORS.load(Ordering::Relaxed)
}

fn count_error() {
    ERRORS.fetch_add(1, Ordering::Relaxed);
}

impl State {
    /// State in this process.
    ///
    /// # Panics
    /// If the system has no randomness, without which no part of this program is safe.
    #[must_use]
    pub fn process() -> Self {
        Self::Process(Box::new(Process::new()))
    }

    /// The state that the flags select. Nothing is contacted yet.
    ///
    /// # Errors
    /// If the address of the store or the file with its keys cannot be used.
    pub fn open(flags: &SharedState) -> Result<Self, StartError> {
        match Store::of(flags)? {
            Some(store) => Ok(Self::Shared(Box::new(store))),
            None => Ok(Self::process()),
        }
    }

    /// Whether replicas share the state.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// Checks that the store accepts what calls write.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) async fn check(&self) -> StoreResult<()> {
        match self {
            Self::Process(_) => Ok(()),
            Self::Shared(store) => store.check().await,
        }
    }

    /// Reports this replica to the others, and counts them, until the process ends. Returns at once
    /// if the state is not shared.
    pub async fn attend(&self) {
        if let Self::Shared(store) = self {
            store.attend().await;
        }
    }

    /// The key from which references are computed. All replicas have the same.
    pub(crate) fn reference_key(&self) -> &[u8; 32] {
        match self {
            Self::Process(process) => process.reference_key(),
            Self::Shared(store) => &store.keys().newest().references,
        }
    }

    /// The keys of sealed questions. The first seals, and each opens.
    pub(crate) fn question_keys(&self) -> Vec<[u8; 32]> {
        match self {
            Self::Process(process) => vec![*process.question_key()],
            Self::Shared(store) => store.keys().all().map(|key| key.questions).collect(),
        }
    }

    /// Keeps `value` of `owner` under `id`. Returns whether there is room for it: false if there
    /// are too many owners.
    pub(crate) async fn put<T: Serialize>(
        &self,
        table: &Table,
        owner: &str,
        id: &str,
        value: &T,
    ) -> StoreResult<bool> {
        let Ok(text) = serde_json::to_vec(&(owner, value)) else {
            return Ok(false);
        };
        match self {
            Self::Process(process) => Ok(process.put(table, owner, id, text)),
            Self::Shared(store) => store.put(table, owner, id, text).await,
        }
    }

    /// The value of `owner` under `id`.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        table: &Table,
        owner: &str,
        id: &str,
    ) -> StoreResult<Option<T>> {
        let text = match self {
            Self::Process(process) => process.get(table, owner, id),
            Self::Shared(store) => store.get(table, owner, id).await?,
        };
        Ok(of_owner(text, owner))
    }

    /// The value under `id`, and its owner. It does not count as a use.
    pub(crate) async fn find<T: DeserializeOwned>(
        &self,
        table: &Table,
        id: &str,
    ) -> StoreResult<Option<(String, T)>> {
        let text = match self {
            Self::Process(process) => process.find(table, id),
            Self::Shared(store) => store.find(table, id).await?,
        };
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
    }

    /// Removes the value of `owner` under `id`, and returns it. Of several takers, one gets it.
    pub(crate) async fn take<T: DeserializeOwned>(
        &self,
        table: &Table,
        owner: &str,
        id: &str,
    ) -> StoreResult<Option<T>> {
        let text = match self {
            Self::Process(process) => process.take(table, owner, id),
            Self::Shared(store) => store.take(table, owner, id).await?,
        };
        Ok(of_owner(text, owner))
    }

    /// The values of `owner`, the one that was used the longest time ago first.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        table: &Table,
        owner: &str,
    ) -> StoreResult<Vec<T>> {
        let texts = match self {
            Self::Process(process) => process.list(table, owner),
            Self::Shared(store) => store.list(table, owner).await?,
        };
        let values = texts.into_iter();
        Ok(values
            .filter_map(|text| of_owner(Some(text), owner))
            .collect())
    }

    /// Forgets all values.
    pub(crate) async fn clear(&self, table: &Table) -> StoreResult<()> {
        match self {
            Self::Process(process) => {
                process.clear(table);
                Ok(())
            }
            Self::Shared(store) => store.clear(table).await,
        }
    }

    /// The next number of the series `name`, from 1.
    pub(crate) async fn number(&self, name: &'static str) -> StoreResult<u64> {
        match self {
            Self::Process(process) => Ok(process.number(name)),
            Self::Shared(store) => store.number(name).await,
        }
    }

    /// Edits the document `name`, and returns the result of `edit`, which also gets the time in
    /// milliseconds. If another replica edits the document at the same time, `edit` is called
    /// again with the new document.
    ///
    /// The document is valid for one run of the store, and forgotten `lifetime` after the last edit.
    pub(crate) async fn edit<T, R>(
        &self,
        name: &'static str,
        lifetime: Duration,
        mut edit: impl FnMut(&mut T, u64) -> R,
    ) -> StoreResult<R>
    where
        T: Serialize + DeserializeOwned + Default,
    {
        let mut change = |text: Option<&[u8]>, now: u64| {
            let mut document: T = text
                .and_then(|text| serde_json::from_slice(text).ok())
                .unwrap_or_default();
            let result = edit(&mut document, now);
            (serde_json::to_vec(&document).unwrap_or_default(), result)
        };
        match self {
            Self::Process(process) => Ok(process.edit(name, change)),
            Self::Shared(store) => {
                for _ in 0..STORE_EDITS {
                    let read = store.document(name).await?;
                    let (text, result) = change(read.text.as_deref(), read.now);
                    if store.replace(name, lifetime, &read, text).await? {
                        return Ok(result);
                    }
                }
                Err(Unavailable::Busy)
            }
        }
    }

    /// Reserves the next turn in the lane `name`, whose rate without throttling is `whole` requests
    /// per second, and returns how long to wait for it. `now` is the time if the state is in this
    /// process; the store has its own clock.
    ///
    /// While the store cannot be used, each replica has its share of the rate.
    pub(crate) async fn turn(&self, name: &str, whole: f64, now: SystemTime) -> Duration {
        match self {
            Self::Process(process) => process.lane(name, |lane| lane.turn(whole, now)),
            Self::Shared(store) => store.turn(name, whole, now).await,
        }
    }

    /// Slows down the lane `name`, after Cognito throttled a request. Returns the new rate.
    pub(crate) async fn throttled(&self, name: &str, whole: f64, now: SystemTime) -> f64 {
        match self {
            Self::Process(process) => process.lane(name, |lane| lane.throttled(whole, now)),
            Self::Shared(store) => store.throttled(name, whole, now).await,
        }
    }
}

/// The value in `text`, if it belongs to `owner`.
fn of_owner<T: DeserializeOwned>(text: Option<Vec<u8>>, owner: &str) -> Option<T> {
    let (kept_for, value): (String, T) = serde_json::from_slice(&text?).ok()?;
    (kept_for == owner).then_some(value)
}
