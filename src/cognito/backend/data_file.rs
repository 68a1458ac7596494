//! The data file of the emulator: a database of `SQLite` with one table of rows, and a log of the
//! changes since it was written last.
//!
//! A committed row must survive `kill -9` without an `fsync` for each call, and a power cut must
//! leave an earlier state. The write-ahead log of `SQLite` without synchronization does that for 13
//! to 31 µs of CPU for each commit, because it writes whole pages. So a commit only appends to the log
//! (`log.rs`), and the database gets the changes of a megabyte of the log in one transaction
//! (docs/benchmarks.md).
//!
//! Another file, with `.lock` after the name, is locked for as long as the process has the
//! data file open, and has the id of the process.

mod log;

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cognito_emulator::stack::{Builder, Stack};
use cognito_emulator::state::record::{self, Change, DataError, Each, Store};
use cognito_emulator::wire::Scope;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use self::log::Log;
use crate::guard::private_file;
use crate::start_error::StartError;

/// An open data file.
pub(super) struct DataFile {
    content: Mutex<Content>,
    /// Locked until it is closed.
    _lock: File,
}

struct Content {
    database: Connection,
    /// Changes that are not in the database.
    log: Log,
    /// Whether the emulator could read it. Otherwise it stays as it was.
    is_read: bool,
}

/// The bytes of changes that the database gets at once: some thousand users.
const LONGEST_LOG: u64 = 1 << 20;

/// `CogM`, at the place where files of `SQLite` have the id of their application.
const APPLICATION: i32 = 0x436f_674d;

/// The pragma for the number on which the first checksum of the log depends.
const START: &str = "user_version";

impl DataFile {
    /// Opens the file at `path`, and creates it if it does not exist.
    fn open(path: &Path) -> Result<Self, StartError> {
        let lock = lock(path)?;
        // Only the owner may read it: it has password hashes, tokens and codes.
        let file = private_file::append_to(path).map_err(|reason| refused(path, &reason))?;
        check_length(path, &file)?;
        let content = Content::open(path).map_err(|error| refused(path, &error.0))?;
        Ok(Self {
            content: Mutex::new(content),
            _lock: lock,
        })
    }
}

/// A data file whose content was read, and that is not used yet.
pub(super) struct Opened {
    path: PathBuf,
    file: Arc<DataFile>,
    content: record::Content,
}

impl Opened {
    /// Opens and reads the file at `path`, and creates it if it does not exist.
    ///
    /// # Errors
    /// If it cannot be used.
    pub(super) fn read(path: &Path) -> Result<Self, StartError> {
        let file = Arc::new(DataFile::open(path)?);
        let content = record::Content::read(&*file).map_err(|error| refused(path, &error.0))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            content,
        })
    }

    /// The Regions and accounts of its pools. `None` if it is new.
    ///
    /// # Errors
    /// If it is damaged.
    pub(super) fn scopes(&self) -> Result<Option<Vec<Scope>>, StartError> {
        let scopes = self.content.scopes();
        scopes.map_err(|error| refused(&self.path, &error.0))
    }

    /// Creates a stack whose state is in the file.
    ///
    /// # Errors
    /// If the file is damaged or cannot be written.
    pub(super) fn stack(self, builder: Builder) -> Result<Stack, StartError> {
        let opened = builder.open_read(self.file, self.content);
        opened.map_err(|error| refused(&self.path, &error.0))
    }
}

fn refused(path: &Path, reason: &str) -> StartError {
    let path = path.display();
    StartError(format!("The data file {path} cannot be used: {reason}."))
}

/// Locks the file beside the data file at `path`, and writes the id of this process into it.
fn lock(path: &Path) -> Result<File, StartError> {
    let mut lock =
        private_file::append_to(&beside(path, ".lock")).map_err(|reason| refused(path, &reason))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // The reason is the lock, also if the id cannot be read.
            let _ = (&lock).take(20).read_to_string(&mut owner);
            let reason = format!(
                "process {} has it open: stop that process, or use another file",
                owner.trim()
            );
            return Err(refused(path, &reason));
        }
        Err(TryLockError::Error(error)) => return Err(refused(path, &error.to_string())),
    }
    let written = lock
        .set_len(0)
        .and_then(|()| lock.rewind())
        .and_then(|()| writeln!(lock, "{}", std::process::id()));
    written.map_err(|error| refused(path, &error.to_string()))?;
    Ok(lock)
}

/// The bytes of the smallest page of `SQLite`, which takes a shorter file for an empty one
/// (<https://www.sqlite.org/fileformat2.html>, section 1.2).
const SMALLEST_PAGE: u64 = 512;

/// Refuses a file that `SQLite` would take for a new one, although it has or had content.
fn check_length(path: &Path, file: &File) -> Result<(), StartError> {
    let file = file.metadata();
    let length = file
        .map_err(|error| refused(path, &error.to_string()))?
        .len();
    let has_log = ["-wal", LOG].into_iter().any(|log| {
        let log = beside(path, log).metadata();
        log.is_ok_and(|log| log.len() > 0)
    });
    if (1..SMALLEST_PAGE).contains(&length) || length == 0 && has_log {
        return Err(refused(path, DAMAGED));
    }
    Ok(())
}

/// The end of the name of a log.
const LOG: &str = "-log";

/// The file whose name is that of `path` and `suffix`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    beside.into()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    // The lock of the process replaces SQLite's locks, and memory replaces its index of the
    // log that processes share.
    database.pragma_update(None, "locking_mode", "exclusive")?;
    let tables: i64 =
        database.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        database.pragma_update(None, "journal_mode", "wal")?;
        database.pragma_update(None, "application_id", APPLICATION)?;
        // Not WITHOUT ROWID: there, a value of more than a fourth of a page takes a second page, and
        // each commit writes whole pages.
        database.execute_batch(
            "CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
        )?;
    }
    // A commit is in the log of the file when it returns, and the log is synchronized when it is
    // copied into the file.
    database.pragma_update(None, "synchronous", "normal")?;
    database.pragma_update(None, "temp_store", "memory")?;
    // 16 MB of log, because pages that are changed again and again are copied into the file only
    // once.
    database.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    Ok(database)
}

impl Content {
    fn open(path: &Path) -> Result<Self, DataError> {
        let database = connect(path).map_err(failed)?;
        let start: i32 = database
            .pragma_query_value(None, START, |row| row.get(0))
            .map_err(failed)?;
        let log = Log::open(beside(path, LOG), start.cast_unsigned().into()).map_err(DataError)?;
        Ok(Self {
            database,
            log,
            is_read: false,
        })
    }

    /// Applies the changes of the log, and does `then`, in one transaction. Without changes, there
    /// is no transaction.
    fn apply_log(
        &mut self,
        then: impl FnOnce(&Connection) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let expected = self.log.length();
        let changes = self.log.read().map_err(DataError)?;
        if self.log.length() < expected {
            return Err(DataError(DAMAGED.to_owned()));
        }
        let database = &self.database;
        if changes.is_empty() {
            return then(database);
        }
        let start = u32::try_from(self.log.checksum() >> 32).expect("a half has 32 bits");
        execute(database, "BEGIN").map_err(failed)?;
        let all = || {
            for change in &changes {
                apply(database, change).map_err(failed)?;
            }
            then(database)?;
            let start = start.cast_signed();
            database.pragma_update(None, START, start).map_err(failed)?;
            execute(database, "COMMIT").map_err(failed)
        };
        all().inspect_err(|_| {
            // It fails if the error has ended the transaction.
            let _ = execute(database, "ROLLBACK");
        })?;
        self.log.clear(start.into());
        Ok(())
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        // If it fails, the next start reads the log.
        if self.is_read && self.apply_log(|_| Ok(())).is_ok() {
            let _ = self.log.remove();
        }
    }
}

impl Store for DataFile {
    fn read(&self, each: Each<'_>) -> Result<(), DataError> {
        let mut content = self.content.lock();
        let application: i32 = content
            .database
            .pragma_query_value(None, "application_id", |row| row.get(0))
            .map_err(failed)?;
        if application != APPLICATION {
            return Err(DataError(
                "it is the database of another program: use another file".to_owned(),
            ));
        }
        content.apply_log(|database| read(database, each))?;
        content.is_read = true;
        Ok(())
    }

    fn commit(&self, changes: &[Change]) -> Result<(), DataError> {
        let mut content = self.content.lock();
        if content.log.length() >= LONGEST_LOG {
            content.apply_log(|_| Ok(()))?;
        }
        content.log.append(changes).map_err(DataError)
    }
}

/// Calls `each` with every row of the database.
fn read(database: &Connection, each: Each<'_>) -> Result<(), DataError> {
    let mut statement = database
        .prepare("SELECT key, value FROM rows ORDER BY key")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let unreadable = |_| DataError(DAMAGED.to_owned());
        let key = row
            .get_ref(0)
            .map_err(failed)?
            .as_str()
            .map_err(unreadable)?;
        let value = row
            .get_ref(1)
            .map_err(failed)?
            .as_blob()
            .map_err(unreadable)?;
        each(key, value)?;
    }
    Ok(())
}

fn execute(database: &Connection, statement: &str) -> rusqlite::Result<()> {
    database.prepare_cached(statement)?.execute([]).map(drop)
}

fn apply(database: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Put(key, value) => database
            .prepare_cached(
                "INSERT INTO rows VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute(params![key, value]),
        Change::Remove(key) => database
            .prepare_cached("DELETE FROM rows WHERE key = ?1")?
            .execute(params![key]),
        Change::RemoveAll(prefix) => database
            .prepare_cached("DELETE FROM rows WHERE key >= ?1 AND key < ?2")?
            .execute(params![prefix, after(prefix)]),
    }
    .map(drop)
}

/// The first text after all texts that begin with `prefix`, which ends with `/`.
fn after(prefix: &str) -> String {
    // `0` follows `/`.
    format!("{}0", prefix.trim_end_matches('/'))
}

const DAMAGED: &str = "it is damaged: restore a copy of it, or use another file";

fn failed(error: rusqlite::Error) -> DataError {
    DataError(reason(&error))
}

/// The reason of an error, for a sentence about the file.
fn reason(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "no space is left on its disk".to_owned(),
        Some(ErrorCode::ReadOnly) => "it, or its folder, is read-only".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => DAMAGED.to_owned(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program has it open: stop that program, or use another file".to_owned()
        }
        Some(ErrorCode::NotADatabase) => "it is not a data file: use another file".to_owned(),
        Some(ErrorCode::CannotOpen) => "it, or a file in its folder, cannot be opened".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;

    type Rows = BTreeMap<String, Vec<u8>>;

    const COMMITS: u8 = 36;

    /// A change of the file and of `rows`. Some ten changes fill the log.
    fn change(number: u8, rows: &mut Rows) -> Change {
        let key = |number: u8| format!("t{}/{}", number % 3, number % 7);
        if number % 9 == 8 {
            rows.retain(|key, _| !key.starts_with("t1/"));
            return Change::RemoveAll("t1/".to_owned());
        }
        if number % 5 == 4 {
            rows.remove(&key(number - 3));
            return Change::Remove(key(number - 3));
        }
        let value = vec![number; 110_000];
        rows.insert(key(number), value.clone());
        Change::Put(key(number), value)
    }

    /// The bytes of the database, of its own log, and of the log of changes.
    fn bytes(path: &Path) -> [Vec<u8>; 3] {
        ["", "-wal", LOG].map(|end| fs::read(beside(path, end)).unwrap_or_default())
    }

    /// The rows of a file with these bytes.
    fn rows_of([database, wal, log]: [&[u8]; 3]) -> Rows {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.db");
        for (end, bytes) in [("", database), ("-wal", wal), (LOG, log)] {
            let mut file = private_file::append_to(&beside(&path, end)).unwrap();
            file.write_all(bytes).unwrap();
        }
        let mut rows = Rows::new();
        let mut each = |key: &str, value: &[u8]| {
            rows.insert(key.to_owned(), value.to_vec());
            Ok(())
        };
        DataFile::open(&path).unwrap().read(&mut each).unwrap();
        assert!(!beside(&path, LOG).exists());
        rows
    }

    /// At every moment, the files that a killed process leaves have all commits. If the power failed and
    /// some files are older than others, they have the commits before one of them.
    #[test]
    fn no_commit_is_lost_and_none_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let file = DataFile::open(&path).unwrap();
        file.read(&mut |_, _| Ok(())).unwrap();
        let (mut rows, mut states, mut files) = (Rows::new(), Vec::new(), Vec::new());
        for number in 0..COMMITS {
            file.commit(&[change(number, &mut rows)]).unwrap();
            states.push(rows.clone());
            files.push(bytes(&path));
        }
        let logs = files.iter().map(|[.., log]| log.len());
        let restarts = logs.clone().zip(logs.skip(1)).filter(|(a, b)| a > b);
        assert_eq!(restarts.count(), 2, "the log was applied twice");
        for ([database, wal, log], state) in files.iter().zip(&states) {
            assert!(rows_of([database, wal, log]) == *state);
        }
        for at in (0..files.len()).step_by(3) {
            for log_at in (0..files.len()).step_by(4) {
                let ([database, wal, _], [.., log]) = (&files[at], &files[log_at]);
                let found = rows_of([database, wal, log]);
                assert!(found.is_empty() || states.contains(&found), "{at} {log_at}");
            }
        }
        drop(file);
        let [database, wal, log] = bytes(&path);
        assert!(wal.is_empty() && log.is_empty());
        assert!(rows_of([&database, &wal, &log]) == rows);
    }
}
