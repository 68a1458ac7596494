//! Members of structures in an export, and what an export leaves out.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::dates;
use crate::world::Time;

/// What an export leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// All users.
    pub users: bool,
    /// Client secrets, password hashes, secrets of authenticator apps, device verifiers, and
    /// the secrets of identity providers.
    pub secrets: bool,
    /// All dates, which then are those of the next load.
    pub dates: bool,
}

/// The members of a structure in an export.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Members {
    pub(super) all: Map<String, Value>,
    #[serde(skip)]
    without: Without,
}

impl Members {
    pub(super) fn new(without: Without) -> Self {
        Self {
            all: Map::new(),
            without,
        }
    }

    pub(super) fn add(&mut self, name: &str, value: impl Serialize) {
        self.all.insert(name.to_owned(), json!(value));
    }

    pub(super) fn add_some(&mut self, name: &str, value: Option<impl Serialize>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds a list that is not empty.
    pub(super) fn add_list(&mut self, name: &str, values: &[impl Serialize]) {
        if !values.is_empty() {
            self.add(name, values);
        }
    }

    pub(super) fn date(&mut self, name: &str, date: Time) {
        if !self.without.dates {
            self.all.insert(name.to_owned(), dates::write(date));
        }
    }

    pub(super) fn extend<K: Into<String>>(&mut self, more: impl IntoIterator<Item = (K, Value)>) {
        let more = more.into_iter().map(|(name, value)| (name.into(), value));
        self.all.extend(more);
    }
}

/// The members of `all` that differ from those of `usual`.
pub(super) fn differing(all: &Value, usual: &Value) -> Map<String, Value> {
    let members = all.as_object().into_iter().flatten();
    members
        .filter(|(name, value)| usual.get(name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
