//! The content of a data file, as it is read when the emulator starts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::generations::{Layers, Tree, first_format};
use super::{
    Change, DataError, HEAD, Head, Key, POINTS, POOLS, Position, Store, StoredRow, USERS, WORLD,
};
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::state::users::UserId;
use crate::wire::Scope;

/// The format of the rows that this version writes. A file with a newer format is not read, and
/// one with an older format is migrated.
pub const FORMAT: usize = newest(MIGRATIONS);

/// The steps from older formats: the first makes rows of format 2 from a row of format 1, and so
/// on. A member that is new in a row needs no step if it has a default.
const MIGRATIONS: &[Migration] = &[to_generations];

/// Makes rows of the next format from a row.
type Migration = fn(StoredRow) -> Result<Vec<StoredRow>, DataError>;

const fn newest(migrations: &[Migration]) -> usize {
    migrations.len() + 1
}

/// The key of the row with the format of the file.
const FORMAT_KEY: &str = "format";
/// The key of the row with the number of times that the file was opened.
const OPENS: &str = "opens";

/// To format 2: a save point has a generation in place of copies, and a sign-in is a row.
fn to_generations((key, value): StoredRow) -> Result<Vec<StoredRow>, DataError> {
    let (key, own) = if let Some(own) = key.strip_prefix("live/") {
        (first_format::live(own), own)
    } else if let Some((name, own)) = key
        .strip_prefix("saved/")
        .and_then(|key| key.split_once('/'))
    {
        (first_format::saved(name, own), own)
    } else if let Some(name) = key.strip_prefix(POINTS) {
        let named = first_format::named(name);
        return Ok(vec![named, (key, value)]);
    } else {
        return Ok(vec![(key, value)]);
    };
    let is_user = matches!(
        own.split('/').collect::<Vec<_>>()[..],
        ["pool", _, USERS, _]
    );
    if !is_user {
        return Ok(vec![(key, value)]);
    }
    let mut user: Value = serde_json::from_slice(&value).map_err(|_| unreadable(&key))?;
    let members = user.as_object_mut();
    let sign_ins = members.and_then(|members| members.remove("sign_ins"));
    let sign_ins = sign_ins.as_ref().and_then(Value::as_array);
    let mut rows = vec![(key.clone(), user.to_string().into_bytes())];
    for (number, sign_in) in (0..).zip(sign_ins.into_iter().flatten()) {
        let key = format!("{key}/{}", UserId(number).path());
        rows.push((key, sign_in.to_string().into_bytes()));
    }
    Ok(rows)
}

/// The content of a data file.
#[derive(Default)]
pub struct Content {
    /// The state at the end of the process that had the file open last; `None` in a new file.
    pub live: Option<StateRows>,
    /// Save points by name, each with the row about it.
    pub saved: BTreeMap<String, (Vec<u8>, StateRows)>,
    /// The generations of the file.
    pub tree: Tree,
    /// How often the file was opened before.
    pub opens: u64,
    /// What must be written once the content was used: the number of times that the file was
    /// opened, and the rows that were migrated or joined.
    pub opening: Vec<Change>,
}

/// The rows of a data file that are read so far.
#[derive(Default)]
struct Reading {
    format: Option<usize>,
    layers: Layers,
    /// The rows about save points.
    points: BTreeMap<String, Vec<u8>>,
    opens: u64,
    changes: Vec<Change>,
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

    /// The Regions and accounts of the pools of the state. `None` for a new file.
    ///
    /// # Errors
    ///
    /// A row cannot be read.
    pub fn scopes(&self) -> Result<Option<Vec<Scope>>, DataError> {
        let scopes = self.live.as_ref().map(StateRows::scopes);
        scopes.transpose()
    }

    fn migrated(store: &dyn Store, migrations: &[Migration]) -> Result<Self, DataError> {
        let mut reading = Reading::default();
        store.read(&mut |key, value| reading.row(key, value, migrations))?;
        let Reading {
            mut layers,
            mut points,
            opens,
            mut changes,
            ..
        } = reading;
        changes.extend(layers.join());
        let put = |key: &str, value: u64| Change::Put(key.to_owned(), value.to_string().into());
        changes.push(put(FORMAT_KEY, newest(migrations) as u64));
        changes.push(put(OPENS, opens + 1));
        let (tree, states) = layers.states();
        let mut content = Self {
            tree,
            opens,
            opening: changes,
            ..Self::default()
        };
        for (name, rows) in states {
            let Some(name) = name else {
                let is_new = rows.is_empty() && content.saved.is_empty();
                let live = (!is_new).then(|| StateRows::of(rows));
                content.live = live.transpose()?;
                continue;
            };
            let about = points.remove(&name).ok_or_else(|| unreadable(&name))?;
            content.saved.insert(name, (about, StateRows::of(rows)?));
        }
        Ok(content)
    }
}

impl Reading {
    /// Takes a row of the file, in ascending order of the keys.
    fn row(&mut self, key: &str, value: &[u8], steps: &[Migration]) -> Result<(), DataError> {
        let newest = newest(steps);
        // The row with the format is the first.
        if key == FORMAT_KEY {
            self.format = Some(check_format(value, newest)?);
            return Ok(());
        }
        let format = self.format.ok_or_else(|| wrong_format("0", newest))?;
        if format == newest {
            return self.add(key, value);
        }
        let mut rows = vec![(key.to_owned(), value.to_vec())];
        for step in &steps[format - 1..] {
            let next: Result<Vec<_>, _> = rows.into_iter().map(step).collect();
            rows = next?.into_iter().flatten().collect();
        }
        self.changes.push(Change::Remove(key.to_owned()));
        for (key, value) in rows {
            self.add(&key, &value)?;
            self.changes.push(Change::Put(key, value));
        }
        Ok(())
    }

    fn add(&mut self, key: &str, value: &[u8]) -> Result<(), DataError> {
        let added = if key == OPENS {
            let opens = str::from_utf8(value).ok().and_then(|it| it.parse().ok());
            opens.map(|opens| self.opens = opens)
        } else if let Some(name) = key.strip_prefix(POINTS) {
            self.points.insert(name.to_owned(), value.to_vec());
            Some(())
        } else {
            self.layers.add(key, value)
        };
        added.ok_or_else(|| unreadable(key))
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
    users: Vec<UserRows>,
}

/// The rows of a user.
struct UserRows {
    id: UserId,
    user: Vec<u8>,
    /// Numbers and rows of sign-ins.
    sign_ins: Vec<(u64, Vec<u8>)>,
}

impl StateRows {
    fn of(rows: Vec<StoredRow>) -> Result<Self, DataError> {
        let mut state = Self::default();
        for (key, value) in rows {
            state.add(&key, value).ok_or_else(|| unreadable(&key))?;
        }
        Ok(state)
    }

    /// Adds a row. Rows come in ascending order of their keys. Returns `None` if no row has this
    /// key.
    fn add(&mut self, key: &str, value: Vec<u8>) -> Option<()> {
        if key == WORLD {
            self.world = Some(value);
            return Some(());
        }
        let (pool, row) = key.strip_prefix(POOLS)?.split_once('/')?;
        if !self.pools.contains_key(pool) {
            self.pools.insert(pool.to_owned(), PoolRows::default());
        }
        let rows = self.pools.get_mut(pool)?;
        let (table, key) = row.split_once('/').unwrap_or((row, ""));
        if table == USERS {
            rows.add_user(key, value)?;
        } else {
            rows.rows.push((table.to_owned(), key.to_owned(), value));
        }
        Some(())
    }

    /// The row about the whole emulator, if it can be read.
    #[must_use]
    pub fn world<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.world.as_deref()?).ok()
    }

    /// The Regions and accounts of the pools.
    fn scopes(&self) -> Result<Vec<Scope>, DataError> {
        let pools = self.pools.iter();
        let scopes = pools.map(|(id, rows)| match rows.head() {
            Some(head) => Ok(head.scope),
            None => Err(unreadable(&format!("{POOLS}{id}/{HEAD}"))),
        });
        scopes.collect()
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
    /// Adds a row of a user, or of a sign-in of the last user.
    fn add_user(&mut self, key: &str, value: Vec<u8>) -> Option<()> {
        let Some((id, number)) = key.split_once('/') else {
            self.users.push(UserRows {
                id: UserId::of_path(key)?,
                user: value,
                sign_ins: Vec::new(),
            });
            return Some(());
        };
        let (id, UserId(number)) = (UserId::of_path(id)?, UserId::of_path(number)?);
        let user = self.users.last_mut().filter(|user| user.id == id)?;
        user.sign_ins.push((number, value));
        Some(())
    }

    fn head(&self) -> Option<Head> {
        let (.., value) = self.rows.iter().find(|(table, ..)| table == HEAD)?;
        serde_json::from_slice(value).ok()
    }

    fn pool(self, id: &str) -> Result<(Pool, Position), String> {
        let path = |table: &str, key: &str| format!("{POOLS}{id}/{table}/{key}");
        let (mut pool, position) = self.head().ok_or_else(|| path(HEAD, ""))?.pool(id);
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
fn parse(rows: Vec<UserRows>) -> Result<Vec<(UserId, Arc<User>)>, UserId> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = rows.len().div_ceil(threads).max(1_000);
    let parse = |rows: &[UserRows]| {
        let users = rows.iter().map(|rows| {
            let user = rows.user().map_err(|_| rows.id)?;
            Ok((rows.id, Arc::new(user)))
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

impl UserRows {
    fn user(&self) -> serde_json::Result<User> {
        let mut user: User = serde_json::from_slice(&self.user)?;
        for (number, row) in &self.sign_ins {
            user.sign_ins.read(*number, serde_json::from_slice(row)?);
        }
        Ok(user)
    }
}

/// The rows of the present state in a data file, for tests.
///
/// # Panics
///
/// If the file cannot be read.
#[cfg(any(test, feature = "testing"))]
#[must_use]
pub fn live_rows(store: &dyn Store) -> BTreeMap<String, String> {
    let mut layers = Layers::default();
    let mut add = |key: &str, value: &[u8]| {
        layers.add(key, value);
        Ok(())
    };
    store.read(&mut add).expect("the memory can be read");
    let (_, mut states) = layers.states();
    let (_, rows) = states.pop().expect("the present state is the last");
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
    let rows = rows.into_iter().map(|(key, value)| (key, text(value)));
    rows.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::json;

    use super::{Content, DataError, Migration, Store, StoredRow};
    use crate::stack::Stack;
    use crate::state::record::MemoryStore;
    use crate::wire::{Call, Service};

    /// The rows of a file that two steps from the present format would write.
    fn old_rows(rows: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let rows = rows.iter().map(|(key, value)| {
            let key = key.replacen("/pool/", "/directory/", 1);
            (key, value.replace("\"modified_at\"", "\"changed_at\""))
        });
        let mut rows: BTreeMap<_, _> = rows.collect();
        rows.insert("format".to_owned(), "1".to_owned());
        rows.insert("rows/1/unused".to_owned(), "{}".to_owned());
        rows
    }

    fn rename_pools((key, value): StoredRow) -> Result<Vec<StoredRow>, DataError> {
        if key.contains("/pool/") {
            return Err(super::unreadable(&key));
        }
        let row = (key.replacen("/directory/", "/pool/", 1), value);
        let is_used = key != "rows/1/unused";
        Ok(is_used.then_some(row).into_iter().collect())
    }

    fn rename_times((key, value): StoredRow) -> Result<Vec<StoredRow>, DataError> {
        let value = String::from_utf8(value).map_err(|_| super::unreadable(&key))?;
        let value = value
            .replace("\"changed_at\"", "\"modified_at\"")
            .into_bytes();
        Ok(vec![(key, value)])
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
            assert_eq!(content.scopes().unwrap().unwrap(), [Scope::default()]);
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
        for (key, value) in [("format", "1"), ("rows/0/world", "{}"), ("opens", "1")] {
            old.put(key, value);
        }
        let before = old.rows();
        let fails: Migration = |(key, _)| Err(super::unreadable(&key));
        assert!(Content::migrated(&old, &[fails]).is_err());
        assert!(Content::migrated(&old, STEPS).is_ok());
        assert_eq!(old.rows(), before);
    }
}
