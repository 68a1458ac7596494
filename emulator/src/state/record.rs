//! Rows of a data file: what of the state is kept when the program ends.
//!
//! A pool is one row for its head, one for each group of settings, and one for each app
//! client, group, link, user and sign-in. A row has a key, a path of text, and a value in JSON.
//! Rows are independent of the layout in memory: indexes are built when the file is read.
//! `generations.rs` has the rows of several states, which share those that are equal.
//!
//! The guard of a pool's lock puts the changed rows into a queue when it is dropped, so that
//! the queue has the order of the changes. [`Recorder::flush`] writes the queue before the
//! response of a call is returned.
//!
//! Not kept, because it is short-lived: open challenges, browser sessions and authorization
//! codes of the domain, open registrations of passkeys, counted attempts of unknown
//! usernames, accounts at providers that the emulator simulates, and the files and logs of import
//! jobs. The outbox, the journal and faults are
//! not kept either.

mod content;
mod generations;

#[cfg(any(test, feature = "testing"))]
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[cfg(any(test, feature = "testing"))]
pub use self::content::live_rows;
pub use self::content::{Content, FORMAT, StateRows, unreadable};
pub use self::generations::Tree;
use super::link::Identity;
use super::pool::Pool;
use super::rows::{Rows, Tracked};
use super::users::{Naming, UserId, Users};
use crate::encoded;
use crate::wire::Scope;
use crate::world::{Time, WorldRow};

/// The key and the value of a row.
type StoredRow = (String, Vec<u8>);

/// A change of the rows in a data file. Changes are applied in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets the value of a row.
    Put(String, Vec<u8>),
    /// Removes a row.
    Remove(String),
    /// Removes the rows whose keys begin with this text, which ends with `/`.
    RemoveAll(String),
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
    /// The generations. Only calls that change no pool change them.
    tree: RwLock<Tree>,
    /// The last row [`WORLD`].
    world: Mutex<Option<WorldRow>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

/// The key of the row about the whole emulator.
const WORLD: &str = "world";
/// The first part of the keys of rows about save points; the names follow.
const POINTS: &str = "point/";
/// The first part of the keys of a pool's rows.
const POOLS: &str = "pool/";
/// The table of a pool's head.
const HEAD: &str = "head";
/// The table of users.
const USERS: &str = "user";

impl Recorder {
    /// A recorder that writes into `store`, which has these generations.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, tree: Tree) -> Self {
        Self {
            tree: RwLock::new(tree),
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
        let tree = self.tree.read();
        let prefix = tree.key(&format!("{POOLS}{}/", pool.id));
        let mut rows = RowsOf {
            tree: &tree,
            prefix,
            all,
            pending: Vec::new(),
        };
        let mut is_head_changed = all || pool.recorded_at != pool.modified_at;
        for (table, part) in pool.parts() {
            is_head_changed |= part.changes(table, &mut rows);
        }
        if is_head_changed {
            pool.recorded_at = pool.modified_at;
            let head = Arc::new(Head::of(pool, position));
            rows.put(HEAD, head);
        }
        self.push(rows.pending);
    }

    /// Adds the removal of everything but save points to the queue.
    pub fn clear(&self) {
        self.apply_all(self.tree.write().clear());
        *self.world.lock() = None;
    }

    /// Adds a save point of the present state to the queue.
    pub fn save(&self, name: &str, about: &(impl Serialize + Send + Sync)) {
        self.remove_saved(name);
        self.apply(Change::Put(format!("{POINTS}{name}"), about.json()));
        self.apply_all(self.tree.write().save(name));
    }

    /// Adds the return to a save point to the queue.
    pub fn restore(&self, name: &str) {
        self.apply_all(self.tree.write().restore(name));
        *self.world.lock() = None;
    }

    /// Adds the removal of a save point to the queue.
    pub fn remove_saved(&self, name: &str) {
        self.apply(Change::Remove(format!("{POINTS}{name}")));
        self.apply_all(self.tree.write().forget(name));
    }

    /// Adds the removal of a pool to the queue.
    pub fn remove_pool(&self, id: &str) {
        let tree = self.tree.read();
        self.apply_all(tree.remove_all(tree.key(&format!("{POOLS}{id}/"))));
    }

    /// Adds the row about the whole emulator to the queue, if it has changed.
    pub(crate) fn record_world(&self, world: WorldRow) {
        let mut last = self.world.lock();
        if last.as_ref() != Some(&world) {
            self.apply(Change::Put(self.tree.read().key(WORLD), world.json()));
            *last = Some(world);
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

/// The rows of a pool that are to be written.
pub(super) struct RowsOf<'a> {
    tree: &'a Tree,
    /// The first part of their keys in the store.
    prefix: String,
    /// Whether they are all rows, or only those that were changed.
    all: bool,
    pending: Vec<Pending>,
}

impl RowsOf<'_> {
    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Adds a row that is serialized when it is written.
    fn put(&mut self, key: &str, row: Arc<dyn Row>) {
        self.pending.push(Pending::Put(self.key(key), row));
    }

    /// Adds a row that is serialized now, because to share its memory would cost more: the next
    /// change would copy it.
    fn put_now(&mut self, key: &str, row: &(impl Serialize + Send + Sync)) {
        let change = Change::Put(self.key(key), row.json());
        self.pending.push(Pending::Apply(change));
    }

    fn remove(&mut self, key: &str) {
        let change = self.tree.remove(self.key(key));
        self.pending.push(Pending::Apply(change));
    }

    fn remove_all(&mut self, prefix: &str) {
        let changes = self.tree.remove_all(self.key(prefix));
        self.pending.extend(changes.into_iter().map(Pending::Apply));
    }
}

/// A part of a pool that is kept in rows.
pub(super) trait Part {
    /// Adds the changed rows, or all of them, to those of the pool. Returns whether the part is
    /// settings that were changed.
    fn changes(&mut self, table: &str, rows: &mut RowsOf<'_>) -> bool;

    /// Reads the row `key` of the table.
    fn read(&mut self, key: &str, value: &[u8]) -> Option<()>;

    /// Takes the present rows as unchanged.
    fn forget_changes(&mut self);
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Part for Tracked<T> {
    fn changes(&mut self, table: &str, rows: &mut RowsOf<'_>) -> bool {
        let is_changed = self.take_change();
        if is_changed || rows.all {
            rows.put(table, Arc::<T>::clone(self.shared()));
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
    fn changes(&mut self, table: &str, rows: &mut RowsOf<'_>) -> bool {
        let changed = self.take_changes();
        let keys = if rows.all {
            self.keys().cloned().collect()
        } else {
            changed
        };
        for key in keys {
            let path = format!("{table}/{}", key.path());
            match self.shared(&key) {
                Some(row) => rows.put(&path, Arc::<V>::clone(row)),
                None => rows.remove(&path),
            }
        }
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

/// A user's row has everything but the sign-ins, whose rows follow it: their keys begin with that
/// of the user.
impl Part for Users {
    fn changes(&mut self, table: &str, rows: &mut RowsOf<'_>) -> bool {
        let changed = self.take_changes();
        let signed_in = self.take_signed_in();
        let users = if rows.all {
            self.from(UserId::default()).map(|(id, _)| id).collect()
        } else {
            changed
        };
        for &id in &users {
            let path = format!("{table}/{}", id.path());
            self.sign_ins_of(id, &path, rows);
            if let Some(user) = self.shared(id) {
                rows.put_now(&path, &**user);
            } else {
                rows.remove_all(&format!("{path}/"));
                rows.remove(&path);
            }
        }
        for id in signed_in {
            self.sign_ins_of(id, &format!("{table}/{}", id.path()), rows);
        }
        false
    }

    /// Users are read all at once, by [`Users::load`].
    fn read(&mut self, _: &str, _: &[u8]) -> Option<()> {
        None
    }

    fn forget_changes(&mut self) {
        for id in [self.take_changes(), self.take_signed_in()].concat() {
            self.take_changed_sign_ins(id);
        }
    }
}

impl Users {
    /// Adds the changed sign-ins of the user `id`, or all of them. `path` is the key of the user.
    fn sign_ins_of(&mut self, id: UserId, path: &str, rows: &mut RowsOf<'_>) {
        let changed = self.take_changed_sign_ins(id);
        let Some(user) = self.shared(id) else {
            return;
        };
        let numbers = if rows.all {
            user.sign_ins.iter().map(|kept| kept.number).collect()
        } else {
            changed
        };
        for number in numbers {
            let path = format!("{path}/{}", UserId(number).path());
            match user.sign_ins.numbered(number) {
                Some(sign_in) => rows.put_now(&path, sign_in),
                None => rows.remove(&path),
            }
        }
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
            (USERS, &mut self.users),
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
    let store_of_recorder = Arc::<MemoryStore>::clone(&store);
    let recorder = Recorder::new(store_of_recorder, Tree::default());
    for handle in state.pools.iter() {
        let mut pool = Pool::clone(&handle.read());
        recorder.record(&mut pool, &handle.position, true);
    }
    recorder.flush().expect("the memory has room");
    live_rows(&*store)
}
