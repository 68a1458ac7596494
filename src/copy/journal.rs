//! The state of an interrupted copy: a file of JSON lines beside the output, to which each
//! step is appended with what it read. Only the owner may read it.
//!
//! A step is one line, written at once. A process that is killed while it writes leaves a
//! part of a line, which the next one removes: the step is then repeated. So a copy of many
//! users does not rewrite what it has, and loses one page at most.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::settings::Settings;
use crate::guard::private_file;

/// A step of a copy, with what it read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Step {
    /// The settings and parts of the pool.
    Settings(Settings),
    /// A page of users.
    Users {
        /// The users, as elements of `Users`.
        users: Vec<Value>,
        /// The position after them; none at the end.
        next: Option<String>,
    },
    /// A page of the members of a group.
    Members {
        /// The group.
        group: String,
        /// The usernames.
        usernames: Vec<String>,
        /// The position after them; none at the end.
        next: Option<String>,
    },
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    request: Value,
}

/// The version of the lines.
const VERSION: u32 = 1;

/// The state of a copy, if it is kept in a file.
#[derive(Debug, Default)]
pub struct Journal {
    open: Option<(PathBuf, File)>,
}

impl Journal {
    /// A journal that keeps nothing: an interrupted copy begins again.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The path of the journal of the copy in `output`.
    #[must_use]
    pub fn path_of(output: &Path) -> PathBuf {
        let mut name = output.as_os_str().to_owned();
        name.push(".state");
        name.into()
    }

    /// Creates the journal of `request` at `path`.
    ///
    /// # Errors
    /// If it exists, or cannot be written.
    pub fn create(path: &Path, request: &Value) -> Result<Self, String> {
        let shown = path.display();
        if path.exists() {
            return Err(format!(
                "{shown} has the state of an interrupted copy. Continue it with --resume, or \
                 delete the file to begin again."
            ));
        }
        let file = private_file::new_file(path);
        let file = file.map_err(|error| format!("{shown} cannot be written: {error}."))?;
        let mut journal = Self {
            open: Some((path.to_owned(), file)),
        };
        let header = Header {
            version: VERSION,
            request: request.clone(),
        };
        journal.append(&header)?;
        Ok(journal)
    }

    /// Opens the journal of `request` at `path`. Returns it with its steps.
    ///
    /// # Errors
    /// If it is of another request, or cannot be read.
    pub fn resume(path: &Path, request: &Value) -> Result<(Self, Vec<Step>), String> {
        let shown = path.display();
        let failed = |error: std::io::Error| format!("{shown} cannot be read: {error}.");
        let mut file = private_file::append_to(path)
            .map_err(|why| format!("{shown} cannot be opened: {why}."))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        // The last line is incomplete if the process was killed while it wrote.
        let complete = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        file.set_len(u64::try_from(complete).unwrap_or_default())
            .map_err(failed)?;
        let mut lines = text[..complete]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty());
        let header: Option<Header> = lines
            .next()
            .and_then(|line| serde_json::from_slice(line).ok());
        let is_same =
            header.is_some_and(|header| header.version == VERSION && header.request == *request);
        if !is_same {
            return Err(format!(
                "{shown} is of a copy with other options. Give the same ones, or delete the file \
                 to begin again."
            ));
        }
        let steps: Result<Vec<Step>, _> = lines.map(serde_json::from_slice).collect();
        let steps = steps
            .map_err(|error| format!("{shown} is damaged ({error}). Delete it to begin again."))?;
        let journal = Self {
            open: Some((path.to_owned(), file)),
        };
        Ok((journal, steps))
    }

    /// Appends a step.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn append(&mut self, step: &impl Serialize) -> Result<(), String> {
        let Some((path, file)) = &mut self.open else {
            return Ok(());
        };
        let failed = |error: String| format!("{} cannot be written: {error}.", path.display());
        let mut line = serde_json::to_vec(step).map_err(|error| failed(error.to_string()))?;
        line.push(b'\n');
        file.write_all(&line)
            .map_err(|error| failed(error.to_string()))
    }

    /// Deletes the file, after the copy is complete.
    ///
    /// # Errors
    /// If it cannot be deleted.
    pub fn delete(self) -> Result<(), String> {
        let Some((path, _)) = self.open else {
            return Ok(());
        };
        fs::remove_file(&path)
            .map_err(|error| format!("{} cannot be deleted: {error}.", path.display()))
    }
}
