//! The log of the changes that the database of a data file does not have yet.
//!
//! A commit appends one record, which takes one system call, and the database is changed for
//! many commits at once. A record is its length, its checksum, and changes. Each checksum
//! depends on that of the record before, and the first on a number in the database. So the
//! log ends before a record that is incomplete, and has none if the database has their changes
//! already, or lost later ones when the power failed.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use cognito_emulator::state::record::Change;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::guard::private_file;

/// The bytes of a number.
const WORD: usize = size_of::<u64>();

/// A log, which has no file before its first record.
pub(super) struct Log {
    path: PathBuf,
    file: Option<File>,
    /// The number on which the first checksum depends.
    start: u64,
    /// The checksum of the last record; without records, `start`.
    checksum: u64,
    /// The bytes of the records.
    length: u64,
    /// Whether the file may be longer than the records.
    has_rest: bool,
    /// The last record. Kept for its memory.
    record: Vec<u8>,
}

impl Log {
    /// The log in the file at `path`, which need not exist. `start` is the number on which the
    /// first checksum depends.
    ///
    /// # Errors
    ///
    /// The file exists and cannot be opened.
    pub(super) fn open(path: PathBuf, start: u64) -> Result<Self, String> {
        let exists = fs::symlink_metadata(&path).is_ok();
        let file = exists.then(|| private_file::append_to(&path)).transpose()?;
        Ok(Self {
            path,
            file,
            start,
            checksum: start,
            length: 0,
            has_rest: true,
            record: Vec::new(),
        })
    }

    /// Reads the changes of all records. Later records follow these.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn read(&mut self) -> Result<Vec<Change>, String> {
        let mut bytes = Vec::new();
        if let Some(file) = &mut self.file {
            file.rewind().map_err(reason)?;
            file.read_to_end(&mut bytes).map_err(reason)?;
        }
        let (mut rest, mut changes) = (&bytes[..], Vec::new());
        self.checksum = self.start;
        while let Some((checksum, record)) = take_record(&mut rest, self.checksum) {
            self.checksum = checksum;
            changes.extend(record);
        }
        self.length = (bytes.len() - rest.len()) as u64;
        self.has_rest = !rest.is_empty();
        Ok(changes)
    }

    /// Adds a record.
    ///
    /// # Errors
    ///
    /// The file cannot be written. The log has no such record then.
    pub(super) fn append(&mut self, changes: &[Change]) -> Result<(), String> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(private_file::append_to(&self.path)?),
        };
        if self.has_rest {
            file.set_len(self.length).map_err(reason)?;
        }
        let record = &mut self.record;
        let checksum = write_record(record, changes, self.checksum);
        self.has_rest = true;
        file.write_all(record).map_err(reason)?;
        self.has_rest = false;
        self.length += record.len() as u64;
        self.checksum = checksum;
        Ok(())
    }

    /// Removes the records. `start` is the number on which the next checksum depends.
    pub(super) fn clear(&mut self, start: u64) {
        self.start = start;
        self.checksum = start;
        self.length = 0;
        // The next record removes them from the file.
        self.has_rest = true;
    }

    /// Removes the file.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub(super) fn remove(&mut self) -> io::Result<()> {
        match self.file.take() {
            Some(_) => fs::remove_file(&self.path),
            None => Ok(()),
        }
    }

    /// The bytes of the records.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The checksum of the last record; without records, the number on which the first depends.
    pub(super) fn checksum(&self) -> u64 {
        self.checksum
    }
}

/// Replaces `record` by one of these changes, and returns its checksum, which depends on `before`.
fn write_record(record: &mut Vec<u8>, changes: &[Change], before: u64) -> u64 {
    record.clear();
    record.extend([0; 2 * WORD]);
    for change in changes {
        let (kind, key, value) = match change {
            Change::Put(key, value) => (PUT, key, value.as_slice()),
            Change::Remove(key) => (REMOVE, key, [].as_slice()),
            Change::RemoveAll(prefix) => (REMOVE_ALL, prefix, [].as_slice()),
        };
        record.push(kind);
        for text in [key.as_bytes(), value] {
            record.extend((text.len() as u64).to_le_bytes());
            record.extend(text);
        }
    }
    let content = &record[2 * WORD..];
    let (length, checksum) = (content.len() as u64, xxh3_64_with_seed(content, before));
    record[..WORD].copy_from_slice(&length.to_le_bytes());
    record[WORD..2 * WORD].copy_from_slice(&checksum.to_le_bytes());
    checksum
}

/// Takes the first record of `bytes`, with its checksum, which depends on `before`. `None` if there is
/// no complete record with this checksum.
fn take_record(bytes: &mut &[u8], before: u64) -> Option<(u64, Vec<Change>)> {
    let mut rest = *bytes;
    let length = take_number(&mut rest)?;
    let checksum = take_number(&mut rest)?;
    let mut content = take(&mut rest, length)?;
    if xxh3_64_with_seed(content, before) != checksum {
        return None;
    }
    let mut changes = Vec::new();
    while !content.is_empty() {
        changes.push(take_change(&mut content)?);
    }
    *bytes = rest;
    Some((checksum, changes))
}

/// What a change does, in its first byte; its key and its value follow, each after its length.
const PUT: u8 = 0;
const REMOVE: u8 = 1;
const REMOVE_ALL: u8 = 2;

fn take_change(bytes: &mut &[u8]) -> Option<Change> {
    let kind = bytes.split_off_first()?;
    let length = take_number(bytes)?;
    let key = str::from_utf8(take(bytes, length)?).ok()?.to_owned();
    let length = take_number(bytes)?;
    let value = take(bytes, length)?.to_vec();
    match *kind {
        PUT => Some(Change::Put(key, value)),
        REMOVE => Some(Change::Remove(key)),
        REMOVE_ALL => Some(Change::RemoveAll(key)),
        _ => None,
    }
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let (number, rest) = bytes.split_first_chunk::<WORD>()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*number))
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    bytes.split_off(..usize::try_from(length).ok()?)
}

/// The reason of an error, for a sentence about the data file.
fn reason(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "no space is left on its disk".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "it, or its folder, is read-only".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, value: &str) -> Change {
        Change::Put(key.to_owned(), value.into())
    }

    fn records() -> Vec<Vec<Change>> {
        vec![
            vec![put("a", "1"), Change::Remove("b".to_owned())],
            vec![Change::RemoveAll("c/".to_owned())],
            vec![put("a", ""), put("ü", "2")],
        ]
    }

    fn read(path: &std::path::Path, start: u64) -> (Log, Vec<Change>) {
        let mut log = Log::open(path.to_owned(), start).unwrap();
        let changes = log.read().unwrap();
        (log, changes)
    }

    /// A log with the records, and the length after each.
    fn written(path: &std::path::Path) -> Vec<usize> {
        let (mut log, none) = read(path, 7);
        assert_eq!(none, []);
        let lengths = records().into_iter().map(|record| {
            log.append(&record).unwrap();
            usize::try_from(log.length()).unwrap()
        });
        lengths.collect()
    }

    /// Whatever of the end is missing or damaged, the records before it are read, and later ones
    /// follow them.
    #[test]
    fn an_incomplete_record_ends_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let lengths = written(&path);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(bytes.len(), lengths[2]);
        for at in 0..=bytes.len() {
            let complete = lengths.iter().filter(|length| **length <= at).count();
            let expected = records()[..complete].concat();
            let truncated = bytes[..at].to_vec();
            let mut damaged = bytes.clone();
            let is_damaged = damaged.get_mut(at).map(|byte| *byte ^= 1);
            for content in [Some(truncated), is_damaged.map(|()| damaged)] {
                let Some(content) = content else { continue };
                fs::write(&path, &content).unwrap();
                let (mut log, changes) = read(&path, 7);
                assert_eq!(changes, expected, "{at}");
                log.append(&[put("later", "3")]).unwrap();
                assert_eq!(read(&path, 7).1.pop(), Some(put("later", "3")), "{at}");
                assert_eq!(log.read().unwrap().len(), expected.len() + 1);
            }
        }
    }

    /// Records that the database has already are not read.
    #[test]
    fn records_depend_on_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        written(&path);
        assert_eq!(read(&path, 7).1, records().concat());
        let (mut log, changes) = read(&path, 8);
        assert_eq!(changes, []);
        log.append(&[put("new", "1")]).unwrap();
        assert_eq!(read(&path, 8).1, [put("new", "1")]);
        log.clear(9);
        log.append(&[put("newer", "2")]).unwrap();
        assert_eq!(read(&path, 9).1, [put("newer", "2")]);
        log.remove().unwrap();
        assert!(!path.exists());
    }
}
