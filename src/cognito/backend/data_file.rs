//! The data file of the emulator: a database of `SQLite` with one table of rows.
//!
//! `SQLite`, because a committed row must survive `kill -9` without an `fsync` for each call,
//! and a power cut must leave an earlier state. Its write-ahead log without synchronization
//! does that for 13 to 31 µs of CPU for each commit; `redb`, whose every durable commit is
//! synchronized, takes 106 to 184 µs (docs/benchmarks.md).
//!
//! Another file, with `.lock` after the name, is locked for as long as the process has the
//! data file open, and has the id of the process.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cognito_emulator::stack::{Builder, Stack};
use cognito_emulator::state::record::{Change, DataError, Each, Store};
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use crate::guard::private_file;
use crate::start_error::StartError;

/// An open data file.
pub(super) struct DataFile {
    database: Mutex<Connection>,
    /// Locked until it is closed.
    _lock: File,
}

/// `CogM`, at the place where files of `SQLite` have the id of their application.
const APPLICATION: i32 = 0x436f_674d;

impl DataFile {
    /// Opens the file at `path`, and creates it if it does not exist.
    fn open(path: &Path) -> Result<Self, StartError> {
        let lock = lock(path)?;
        // Only the owner may read it: it has password hashes, tokens and codes.
        let file = private_file::append_to(path).map_err(|reason| refused(path, &reason))?;
        check_length(path, &file)?;
        let database = connect(path).map_err(|error| refused(path, &reason(&error)))?;
        Ok(Self {
            database: Mutex::new(database),
            _lock: lock,
        })
    }

    /// Creates a stack whose state is in the file at `path`.
    pub(super) fn stack(path: &Path, builder: Builder) -> Result<Stack, StartError> {
        let file = Arc::new(Self::open(path)?);
        let opened = builder.open(file);
        opened.map_err(|error| refused(path, &error.0))
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
    let log = beside(path, "-wal").metadata();
    let has_log = log.is_ok_and(|log| log.len() > 0);
    if (1..SMALLEST_PAGE).contains(&length) || length == 0 && has_log {
        return Err(refused(path, DAMAGED));
    }
    Ok(())
}

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

impl Store for DataFile {
    fn read(&self, each: Each<'_>) -> Result<(), DataError> {
        let database = self.database.lock();
        let application: i32 = database
            .pragma_query_value(None, "application_id", |row| row.get(0))
            .map_err(failed)?;
        if application != APPLICATION {
            return Err(DataError(
                "it is the database of another program: use another file".to_owned(),
            ));
        }
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

    fn commit(&self, changes: &[Change]) -> Result<(), DataError> {
        let database = self.database.lock();
        if let [only] = changes {
            // A statement outside of a transaction is one.
            return apply(&database, only).map_err(failed);
        }
        let run = |statement| execute(&database, statement);
        // Not `Connection::transaction`, which compiles its statements each time.
        run("BEGIN").map_err(failed)?;
        let all = || {
            changes
                .iter()
                .try_for_each(|change| apply(&database, change))?;
            run("COMMIT")
        };
        all().map_err(|error| {
            // It fails if the error has ended the transaction.
            let _ = run("ROLLBACK");
            failed(error)
        })
    }
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
