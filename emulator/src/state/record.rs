//! Rows of a data file: what of the state is kept when the program ends.
//!
//! A pool is one row for its head, one for each group of settings, and one for each app
//! client, group, link and user. A row has a key, a path of text, and a value in JSON. Rows
//! are independent of the layout in memory: indexes are built when the file is read.
//!
//! The guard of a pool's lock puts the changed rows into a queue when it is dropped, so that
//! the queue has the order of the changes. [`Recorder::flush`] writes the queue before the
//! response of a call is returned.
//!
//! Not kept, because it is short-lived: open challenges, browser sessions and authorization
//! codes of the domain, open registrations of passkeys, counted attempts of unknown
//! usernames, accounts at providers that the emulator plays, and the files and logs of import
//! jobs. The outbox, the journal and faults are
//! not kept either.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::link::Identity;
use super::pool::Pool;
use super::rows::{Rows, Tracked};
use super::user::User;
use super::users::{Naming, UserId};
use crate::encoded;
use crate::wire::Scope;
use crate::world::Time;

/// The format of the rows that this version writes. A file with a newer format is not read, and
/// one with an older format is migrated.
pub const FORMAT: usize = newest(MIGRATIONS);

/// The steps from older formats: the first makes a row of format 2 from one of format 1, and so
/// on. A member that is new in a row needs no step if it has a default.
const MIGRATIONS: &[Migration] = &[];

/// Makes a row of the next format from a row. Returns `None` if the next format has no such row.
type Migration = fn(StoredRow) -> Result<Option<StoredRow>, DataError>;

/// The key and the value of a row.
type StoredRow = (String, Vec<u8>);

const fn newest(migrations: &[Migration]) -> usize {
    migrations.len() + 1
}

/// A change of the rows in a data file. Changes are applied in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets the value of a row.
    Put(String, Vec<u8>),
    /// Removes a row.
    Remove(String),
    /// Removes the rows whose keys begin with this text.
    RemoveAll(String),
    /// Copies the rows whose keys begin with the first text. In the keys of the copies it is
    /// replaced by the second text.
    CopyAll(String, String),
}

/// A function that is called with the key and the value of each row.
pub type Each<'a> = &'a mut dyn FnMut(&str, &[u8]) -> Result<(), DataError>;

/// A data file, as the program provides it.
pub trait Store: Send + Sync {
    /// Calls `each` with the key and the value of every row, in ascending order of the keys.
    ///
    /// # Errors
    ///
    /// The file cannot be read, in one sentence; or the error of `each`.
    fn read(&self, each: Each<'_>) -> Result<(), DataError>;

    /// Applies `changes`: all of them or none. When it returns, they survive the end of the
    /// process.
    ///
    /// # Errors
    ///
    /// The file cannot be written, in one sentence.
    fn commit(&self, changes: &[Change]) -> Result<(), DataError>;
}

/// The sentence that says why a data file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError(pub String);

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DataError {}

/// A changed row, which is serialized when it is written.
pub(super) enum Pending {
    Put(String, Arc<dyn Row>),
    Apply(Change),
}

/// A value of a row.
pub(super) trait Row: Send + Sync {
    fn json(&self) -> Vec<u8>;
}

impl<T: Serialize + Send + Sync> Row for T {
    fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("rows are plain data")
    }
}

/// Writes the changes of a state into a data file.
pub struct Recorder {
    store: Arc<dyn Store>,
    queue: Mutex<Vec<Pending>>,
    /// The number of changes that were ever added to the queue.
    queued: AtomicU64,
    /// The number of changes that were ever written. It is below `queued` until they are in the
    /// store, so that a call waits for its changes also if another call writes them.
    written: AtomicU64,
    /// Changes that are being written. Only the caller that has the lock writes.
    writing: Mutex<Vec<Change>>,
    /// The last value of the row [`WORLD`].
    world: Mutex<Vec<u8>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// The first part of the keys of the present state's rows.
const LIVE: &str = "live/";
/// The key of the row about the whole emulator, after [`LIVE`].
const WORLD: &str = "world";
/// The first part of the keys of rows about save points; the names follow.
const POINTS: &str = "point/";
/// The first part of the keys of save points; their names follow, then keys as after [`LIVE`].
const SAVED: &str = "saved/";
/// The key of the row with the format of the file.
const FORMAT_KEY: &str = "format";
/// The key of the row with the number of times that the file was opened.
const OPENS: &str = "opens";
/// The first part of the keys of a pool's rows, after [`LIVE`].
const POOLS: &str = "pool/";
/// The table of a pool's head.
const HEAD: &str = "head";
/// The table of users.
const USERS: &str = "user";

impl Recorder {
    /// A recorder that writes into `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            queue: Mutex::default(),
            queued: AtomicU64::new(0),
            written: AtomicU64::new(0),
            writing: Mutex::default(),
            world: Mutex::default(),
        }
    }

    fn push(&self, pending: Vec<Pending>) {
        if !pending.is_empty() {
            let mut queue = self.queue.lock();
            let added = pending.len() as u64;
            queue.extend(pending);
            self.queued.fetch_add(added, Ordering::Release);
        }
    }

    /// Adds changes to the queue.
    pub fn apply_all(&self, changes: Vec<Change>) {
        self.push(changes.into_iter().map(Pending::Apply).collect());
    }

    fn apply(&self, change: Change) {
        self.apply_all(vec![change]);
    }

    /// Adds the changed parts of `pool` to the queue, or all of them.
    pub fn record(&self, pool: &mut Pool, position: &Position, all: bool) {
        let prefix = format!("{LIVE}{POOLS}{}/", pool.id);
        let mut pending = Vec::new();
        let mut is_head_changed = all || pool.recorded_at != pool.modified_at;
        for (table, part) in pool.parts() {
            is_head_changed |= part.changes(&format!("{prefix}{table}"), all, &mut pending);
        }
        if is_head_changed {
            pool.recorded_at = pool.modified_at;
            let head = Arc::new(Head::of(pool, position));
            pending.push(Pending::Put(format!("{prefix}{HEAD}"), head));
        }
        self.push(pending);
    }

    /// Adds the removal of everything but save points to the queue.
    pub fn clear(&self) {
        self.apply(Change::RemoveAll(LIVE.to_owned()));
        self.world.lock().clear();
    }

    /// Adds a save point of the present state to the queue.
    pub fn save(&self, name: &str, about: &(impl Serialize + Send + Sync)) {
        self.remove_saved(name);
        self.apply(Change::Put(format!("{POINTS}{name}"), about.json()));
        self.apply(Change::CopyAll(LIVE.to_owned(), format!("{SAVED}{name}/")));
    }

    /// Adds the return to a save point to the queue.
    pub fn restore(&self, name: &str) {
        self.clear();
        self.apply(Change::CopyAll(format!("{SAVED}{name}/"), LIVE.to_owned()));
    }

    /// Adds the removal of a save point to the queue.
    pub fn remove_saved(&self, name: &str) {
        self.apply(Change::Remove(format!("{POINTS}{name}")));
        self.apply(Change::RemoveAll(format!("{SAVED}{name}/")));
    }

    /// Adds the removal of a pool to the queue.
    pub fn remove_pool(&self, id: &str) {
        self.apply(Change::RemoveAll(format!("{LIVE}{POOLS}{id}/")));
    }

    /// Adds the row about the whole emulator to the queue, if it has changed.
    pub fn record_world(&self, world: &(impl Serialize + Send + Sync)) {
        let json = world.json();
        let mut last = self.world.lock();
        if *last != json {
            self.apply(Change::Put(format!("{LIVE}{WORLD}"), json.clone()));
            *last = json;
        }
    }

    /// Writes the changes in the queue, and waits for those that another caller is writing.
    /// Changes that cannot be written are written next time.
    ///
    /// # Errors
    ///
    /// The file cannot be written, in one sentence.
    pub fn flush(&self) -> Result<(), DataError> {
        let wanted = self.queued.load(Ordering::Acquire);
        let is_written = || self.written.load(Ordering::Acquire) >= wanted;
        if is_written() {
            return Ok(());
        }
        let mut writing = self.writing.lock();
        if is_written() {
            return Ok(());
        }
        let (pending, queued) = {
            let mut queue = self.queue.lock();
            let queued = self.queued.load(Ordering::Acquire);
            (std::mem::take(&mut *queue), queued)
        };
        writing.extend(pending.into_iter().map(|pending| match pending {
            Pending::Put(key, row) => Change::Put(key, row.json()),
            Pending::Apply(change) => change,
        }));
        self.store.commit(&writing)?;
        writing.clear();
        self.written.store(queued, Ordering::Release);
        Ok(())
    }
}

/// The position of a pool among all pools, and the index of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub(super) order: u64,
    pub(super) key_index: usize,
}

/// The parts of a pool that are no settings.
#[derive(Serialize, Deserialize)]
struct Head {
    scope: Scope,
    name: String,
    created_at: Time,
    modified_at: Time,
    shows_case_sensitivity: bool,
    naming: Naming,
    position: Position,
}

impl Head {
    fn of(pool: &Pool, position: &Position) -> Self {
        Self {
            scope: pool.scope.clone(),
            name: pool.name.clone(),
            created_at: pool.created_at,
            modified_at: pool.modified_at,
            shows_case_sensitivity: pool.shows_case_sensitivity,
            naming: pool.users.naming().clone(),
            position: *position,
        }
    }

    fn pool(self, id: &str) -> (Pool, Position) {
        let mut pool = Pool::new(
            id.to_owned(),
            self.scope,
            self.name,
            self.naming,
            self.created_at,
        );
        pool.modified_at = self.modified_at;
        pool.shows_case_sensitivity = self.shows_case_sensitivity;
        (pool, self.position)
    }
}

/// A part of a pool that is kept in rows.
pub(super) trait Part {
    /// Adds the changed rows, or all of them. Returns whether the part is settings that were
    /// changed.
    fn changes(&mut self, table: &str, all: bool, pending: &mut Vec<Pending>) -> bool;

    /// Reads the row `key` of the table.
    fn read(&mut self, key: &str, value: &[u8]) -> Option<()>;

    /// Takes the present rows as unchanged.
    fn forget_changes(&mut self);
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Part for Tracked<T> {
    fn changes(&mut self, table: &str, all: bool, pending: &mut Vec<Pending>) -> bool {
        let is_changed = self.take_change();
        if is_changed || all {
            pending.push(Pending::Put(
                table.to_owned(),
                Arc::<T>::clone(self.shared()),
            ));
        }
        is_changed
    }

    fn read(&mut self, _: &str, value: &[u8]) -> Option<()> {
        *self = serde_json::from_slice::<T>(value).ok()?.into();
        Some(())
    }

    fn forget_changes(&mut self) {
        self.take_change();
    }
}

impl<K, V> Part for Rows<K, V>
where
    K: Key,
    V: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    fn changes(&mut self, table: &str, all: bool, pending: &mut Vec<Pending>) -> bool {
        let changed = self.take_changes();
        let keys = if all {
            self.keys().cloned().collect()
        } else {
            changed
        };
        pending.extend(keys.into_iter().map(|key| {
            let path = format!("{table}/{}", key.path());
            match self.shared(&key) {
                Some(row) => Pending::Put(path, Arc::<V>::clone(row)),
                None => Pending::Apply(Change::Remove(path)),
            }
        }));
        false
    }

    fn read(&mut self, key: &str, value: &[u8]) -> Option<()> {
        self.insert(K::of_path(key)?, serde_json::from_slice::<V>(value).ok()?);
        Some(())
    }

    fn forget_changes(&mut self) {
        self.take_changes();
    }
}

/// A key of a table.
pub(super) trait Key: Ord + Clone {
    /// The last part of a row's key.
    fn path(&self) -> String;

    /// The reverse of [`Key::path`].
    fn of_path(path: &str) -> Option<Self>;
}

impl Key for String {
    fn path(&self) -> String {
        self.clone()
    }

    fn of_path(path: &str) -> Option<Self> {
        Some(path.to_owned())
    }
}

impl Key for UserId {
    /// Of a fixed length, so that rows are in the order of the ids.
    fn path(&self) -> String {
        format!("{:016x}", self.0)
    }

    fn of_path(path: &str) -> Option<Self> {
        u64::from_str_radix(path, 16).ok().map(Self)
    }
}

impl Key for [u8; 32] {
    fn path(&self) -> String {
        encoded::text(self)
    }

    fn of_path(path: &str) -> Option<Self> {
        encoded::parse(path)
    }
}

impl Key for Identity {
    fn path(&self) -> String {
        serde_json::to_string(self).expect("an identity is plain data")
    }

    fn of_path(path: &str) -> Option<Self> {
        serde_json::from_str(path).ok()
    }
}

/// The content of a data file.
#[derive(Default)]
pub struct Content {
    /// The state at the end of the process that had the file open last; `None` in a new file.
    pub live: Option<StateRows>,
    /// Save points by name, each with the row about it.
    pub saved: BTreeMap<String, (Vec<u8>, StateRows)>,
    /// How often the file was opened before.
    pub opens: u64,
    /// What must be written once the content was used: the number of times that the file was
    /// opened, and the rows of a file that was migrated.
    pub opening: Vec<Change>,
}

impl Content {
    /// Reads a data file, also one with an older format. It does not change the file.
    ///
    /// # Errors
    ///
    /// The file has a newer format, or it cannot be read.
    pub fn read(store: &dyn Store) -> Result<Self, DataError> {
        Self::migrated(store, MIGRATIONS)
    }

    fn migrated(store: &dyn Store, migrations: &[Migration]) -> Result<Self, DataError> {
        let newest = newest(migrations);
        let mut content = Self::default();
        let mut format = None;
        let mut changes = Vec::new();
        // The row with the format is the first.
        store.read(&mut |key, value| {
            if key == FORMAT_KEY {
                let found = check_format(value, newest)?;
                format = Some(found);
                if found < newest {
                    let all = [LIVE, POINTS, SAVED].map(ToOwned::to_owned);
                    changes.extend(all.map(Change::RemoveAll));
                }
                return Ok(());
            }
            let format = format.ok_or_else(|| wrong_format("0", newest))?;
            if format == newest {
                return content.add(key, value);
            }
            let row = Some((key.to_owned(), value.to_vec()));
            let mut steps = migrations[format - 1..].iter();
            let row = steps.try_fold(row, |row, step| row.map_or(Ok(None), step))?;
            if let Some((key, value)) = row {
                content.add(&key, &value)?;
                changes.push(Change::Put(key, value));
            }
            Ok(())
        })?;
        let opens = content.opens + 1;
        changes.extend([
            Change::Put(FORMAT_KEY.to_owned(), newest.to_string().into_bytes()),
            Change::Put(OPENS.to_owned(), opens.to_string().into_bytes()),
        ]);
        content.opening = changes;
        Ok(content)
    }

    fn add(&mut self, key: &str, value: &[u8]) -> Result<(), DataError> {
        let added = if key == OPENS {
            let opens = str::from_utf8(value).ok().and_then(|it| it.parse().ok());
            opens.map(|opens| self.opens = opens)
        } else {
            self.add_state(key, value)
        };
        added.ok_or_else(|| unreadable(key))
    }

    fn add_state(&mut self, key: &str, value: &[u8]) -> Option<()> {
        if let Some(key) = key.strip_prefix(LIVE) {
            return self.live.get_or_insert_default().add(key, value);
        }
        if let Some(name) = key.strip_prefix(POINTS) {
            self.saved.entry(name.to_owned()).or_default().0 = value.to_vec();
            return Some(());
        }
        let (name, key) = key.strip_prefix(SAVED)?.split_once('/')?;
        if !self.saved.contains_key(name) {
            self.saved.insert(name.to_owned(), Default::default());
        }
        self.saved.get_mut(name)?.1.add(key, value)
    }
}

/// The format of a file, if this version can read it.
fn check_format(found: &[u8], newest: usize) -> Result<usize, DataError> {
    let found = String::from_utf8_lossy(found);
    let format = found.parse().ok();
    let format = format.filter(|format| (1..=newest).contains(format));
    format.ok_or_else(|| wrong_format(&found, newest))
}

fn wrong_format(found: &str, newest: usize) -> DataError {
    DataError(format!(
        "it has format {found}, and this version reads formats up to {newest}: use the version \
         that wrote it, or another file"
    ))
}

/// The error of a row that cannot be read.
#[must_use]
pub fn unreadable(key: &str) -> DataError {
    DataError(format!(
        "its row `{key}` is damaged: restore a copy of the file, or use another file"
    ))
}

/// The rows of a state, sorted by pool.
#[derive(Default)]
pub struct StateRows {
    pools: BTreeMap<String, PoolRows>,
    world: Option<Vec<u8>>,
}

#[derive(Default)]
struct PoolRows {
    /// Tables, keys and values, except those of users.
    rows: Vec<(String, String, Vec<u8>)>,
    users: Vec<(UserId, Vec<u8>)>,
}

impl StateRows {
    /// Adds a row. `key` is the key after [`LIVE`]. Returns `None` if a row does not have this
    /// key.
    fn add(&mut self, key: &str, value: &[u8]) -> Option<()> {
        if key == WORLD {
            self.world = Some(value.to_vec());
            return Some(());
        }
        let (pool, row) = key.strip_prefix(POOLS)?.split_once('/')?;
        if !self.pools.contains_key(pool) {
            self.pools.insert(pool.to_owned(), PoolRows::default());
        }
        let rows = self.pools.get_mut(pool)?;
        let (table, key) = row.split_once('/').unwrap_or((row, ""));
        if table == USERS {
            rows.users.push((UserId::of_path(key)?, value.to_vec()));
        } else {
            rows.rows
                .push((table.to_owned(), key.to_owned(), value.to_vec()));
        }
        Some(())
    }

    /// The row about the whole emulator, if it can be read.
    #[must_use]
    pub fn world<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.world.as_deref()?).ok()
    }

    /// The pools with their positions.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub fn pools(self) -> Result<Vec<(Pool, Position)>, DataError> {
        let pools = self.pools.into_iter();
        let pools = pools.map(|(id, rows)| rows.pool(&id).map_err(|key| unreadable(&key)));
        pools.collect()
    }
}

impl PoolRows {
    fn pool(self, id: &str) -> Result<(Pool, Position), String> {
        let path = |table: &str, key: &str| format!("{POOLS}{id}/{table}/{key}");
        let head = self.rows.iter().find(|(table, ..)| table == HEAD);
        let head = head.and_then(|(.., value)| serde_json::from_slice::<Head>(value).ok());
        let (mut pool, position) = head.ok_or_else(|| path(HEAD, ""))?.pool(id);
        let mut parts = BTreeMap::from(pool.parts());
        for (table, key, value) in &self.rows {
            let part = parts.get_mut(table.as_str());
            let read = match part {
                Some(part) => part.read(key, value),
                None => (table == HEAD).then_some(()),
            };
            read.ok_or_else(|| path(table, key))?;
        }
        let users = parse(self.users).map_err(|id| path(USERS, &id.path()))?;
        pool.users.load(users);
        pool.index_refresh_tokens();
        pool.recorded_at = pool.modified_at;
        pool.forget_changes();
        Ok((pool, position))
    }
}

/// Parses the rows of users on all processors. An error is the id of a user whose row cannot
/// be read.
fn parse(rows: Vec<(UserId, Vec<u8>)>) -> Result<Vec<(UserId, Arc<User>)>, UserId> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = rows.len().div_ceil(threads).max(1_000);
    let parse = |rows: &[(UserId, Vec<u8>)]| {
        let users = rows
            .iter()
            .map(|(id, row)| match serde_json::from_slice(row) {
                Ok(user) => Ok((*id, Arc::new(user))),
                Err(_) => Err(*id),
            });
        users.collect::<Result<Vec<_>, _>>()
    };
    std::thread::scope(|scope| {
        let parts = rows
            .chunks(size)
            .map(|rows| scope.spawn(move || parse(rows)));
        // Every thread starts before the first is awaited.
        let parts: Vec<_> = parts.collect();
        let mut users = Vec::with_capacity(rows.len());
        for part in parts {
            match part.join() {
                Ok(part) => users.extend(part?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(users)
    })
}

impl Pool {
    /// Takes the present rows as unchanged.
    pub(super) fn forget_changes(&mut self) {
        for (_, part) in self.parts() {
            part.forget_changes();
        }
    }

    /// The parts that are kept in rows, with the names of their tables.
    fn parts(&mut self) -> [(&'static str, &mut dyn Part); 19] {
        [
            ("settings", &mut self.settings),
            ("mfa", &mut self.mfa),
            ("tracking", &mut self.tracking),
            ("schema", &mut self.schema),
            ("domains", &mut self.domains),
            ("client", &mut self.clients),
            ("group", &mut self.groups),
            ("identity_providers", &mut self.identity_providers),
            ("link", &mut self.links),
            ("resource_servers", &mut self.resource_servers),
            ("imports", &mut self.imports),
            ("styles", &mut self.styles),
            ("ui_customizations", &mut self.ui_customizations),
            ("terms", &mut self.terms),
            ("risks", &mut self.risks),
            ("log_delivery", &mut self.log_delivery),
            ("replica", &mut self.replica),
            (USERS, self.users.rows_mut()),
            ("deleted_token", &mut self.deleted_users_tokens),
        ]
    }
}

/// A data file in memory, for tests.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<BTreeMap<String, Vec<u8>>>,
    /// The error of every commit, if commits fail.
    failure: Mutex<Option<String>>,
}

#[cfg(any(test, feature = "testing"))]
impl MemoryStore {
    /// All rows by key.
    #[must_use]
    pub fn rows(&self) -> BTreeMap<String, String> {
        let rows = self.rows.lock();
        let text = |value: &Vec<u8>| String::from_utf8_lossy(value).into_owned();
        let rows = rows.iter().map(|(key, value)| (key.clone(), text(value)));
        rows.collect()
    }

    /// Makes every commit fail with this error, or none.
    pub fn fail(&self, error: Option<&str>) {
        *self.failure.lock() = error.map(ToOwned::to_owned);
    }

    /// Sets the value of a row.
    pub fn put(&self, key: &str, value: &str) {
        let value = value.as_bytes().to_vec();
        self.rows.lock().insert(key.to_owned(), value);
    }
}

#[cfg(any(test, feature = "testing"))]
impl Store for MemoryStore {
    fn read(&self, each: Each<'_>) -> Result<(), DataError> {
        let rows = self.rows.lock().clone();
        rows.iter().try_for_each(|(key, value)| each(key, value))
    }

    fn commit(&self, changes: &[Change]) -> Result<(), DataError> {
        if let Some(error) = &*self.failure.lock() {
            return Err(DataError(error.clone()));
        }
        let mut rows = self.rows.lock();
        for change in changes {
            match change.clone() {
                Change::Put(key, value) => drop(rows.insert(key, value)),
                Change::Remove(key) => drop(rows.remove(&key)),
                Change::RemoveAll(prefix) => rows.retain(|key, _| !key.starts_with(&prefix)),
                Change::CopyAll(from, to) => {
                    let copies = rows.iter().filter_map(|(key, value)| {
                        Some((format!("{to}{}", key.strip_prefix(&from)?), value.clone()))
                    });
                    let copies: Vec<_> = copies.collect();
                    rows.extend(copies);
                }
            }
        }
        Ok(())
    }
}

/// The rows of the present state, serialized again, for tests.
///
/// # Panics
///
/// Never: a store in memory accepts every commit.
#[cfg(any(test, feature = "testing"))]
#[must_use]
pub fn all_rows(state: &super::State) -> BTreeMap<String, String> {
    let store = Arc::new(MemoryStore::default());
    let recorder = Recorder::new(Arc::<MemoryStore>::clone(&store));
    for slot in state.pools.iter() {
        let mut pool = Pool::clone(&slot.read());
        recorder.record(&mut pool, &slot.position, true);
    }
    recorder.flush().expect("the memory has room");
    store.rows()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::json;

    use super::{Content, DataError, MemoryStore, Migration, Store, StoredRow};
    use crate::stack::Stack;
    use crate::wire::{Call, Service};

    /// The rows of a file that two steps from the present format would write.
    fn old_rows(rows: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let rows = rows.iter().map(|(key, value)| {
            let key = key.replacen("/pool/", "/directory/", 1);
            (key, value.replace("\"modified_at\"", "\"changed_at\""))
        });
        let mut rows: BTreeMap<_, _> = rows.collect();
        rows.insert("live/unused".to_owned(), "{}".to_owned());
        rows
    }

    fn rename_pools((key, value): StoredRow) -> Result<Option<StoredRow>, DataError> {
        let is_used = key != "live/unused";
        Ok(is_used.then(|| (key.replacen("/directory/", "/pool/", 1), value)))
    }

    fn rename_times((key, value): StoredRow) -> Result<Option<StoredRow>, DataError> {
        let value = String::from_utf8(value).map_err(|_| super::unreadable(&key))?;
        let value = value.replace("\"changed_at\"", "\"modified_at\"").into_bytes();
        Ok(Some((key, value)))
    }

    const STEPS: &[Migration] = &[rename_pools, rename_times];

    #[test]
    fn an_older_file_is_migrated_once() {
        let store = Arc::new(MemoryStore::default());
        let stack = Stack::builder()
            .open(Arc::<MemoryStore>::clone(&store))
            .unwrap();
        let create = Call::new("CreateUserPool", json!({ "PoolName": "p" }));
        assert!(stack.call(&create).is_ok());
        stack.save_state("point").unwrap();
        let expected = store.rows();
        let old = MemoryStore::default();
        for (key, value) in old_rows(&expected) {
            old.put(&key, &value);
        }
        for opens in 2..4 {
            let content = Content::migrated(&old, STEPS).unwrap();
            old.commit(&content.opening).unwrap();
            assert_eq!(content.saved.len(), 1);
            assert_eq!(content.live.unwrap().pools.len(), 1);
            let mut rows = old.rows();
            assert_eq!(rows.remove("format").unwrap(), "3");
            assert_eq!(rows.remove("opens").unwrap(), opens.to_string());
            let expected = expected.iter();
            let expected = expected.filter(|(key, _)| !["format", "opens"].contains(&&***key));
            assert!(rows.iter().eq(expected), "{:?}", rows.keys());
        }
        // An older version does not read it.
        let refused = Content::read(&old).map(|_| ()).unwrap_err();
        assert!(refused.0.starts_with("it has format 3"), "{refused:?}");
    }

    #[test]
    fn reading_does_not_change_a_file() {
        let old = MemoryStore::default();
        for (key, value) in [("format", "1"), ("live/world", "{}"), ("opens", "1")] {
            old.put(key, value);
        }
        let before = old.rows();
        let fails: Migration = |(key, _)| Err(super::unreadable(&key));
        assert!(Content::migrated(&old, &[fails]).is_err());
        assert!(Content::migrated(&old, STEPS).is_ok());
        assert_eq!(old.rows(), before);
    }
}
