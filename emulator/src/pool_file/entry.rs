//! Parts of a checked file: their members, with the positions for mistakes.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::dates;
use super::mistake::Mistake;
use super::node::Node;
use crate::error::Error;
use crate::world::Time;

/// A structure of the file.
pub(super) struct Entry<'a> {
    node: &'a Node,
    path: String,
    members: Map<String, Value>,
}

impl<'a> Entry<'a> {
    /// The whole file.
    pub(super) fn root(node: &'a Node, checked: Value) -> Self {
        Self::new(node, String::new(), checked)
    }

    fn new(node: &'a Node, path: String, checked: Value) -> Self {
        let members = match checked {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        Self {
            node,
            path,
            members,
        }
    }

    /// Whether the member is present.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The member `name`, without removing it.
    pub(super) fn peek(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// The member `name`, which is removed.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        // The order of the others is that of the file.
        self.members.shift_remove(name)
    }

    /// Puts a member back that was taken.
    pub(super) fn put(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.members.insert(name.to_owned(), value);
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.take(name)?.as_bool()
    }

    pub(super) fn number(&mut self, name: &str) -> Option<u32> {
        self.take(name)?.as_u64()?.try_into().ok()
    }

    pub(super) fn map(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name)? {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn date(&mut self, name: &str) -> Option<Time> {
        dates::parse(&self.text(name)?)
    }

    /// The date of creation, and of the last change: each the other if it is absent, and
    /// `now` if both are.
    pub(super) fn dates(&mut self, created: &str, modified: &str, now: Time) -> (Time, Time) {
        let (first, last) = (self.date(created), self.date(modified));
        let created = first.or(last).unwrap_or(now);
        (created, last.unwrap_or(created))
    }

    /// The texts of a list.
    pub(super) fn texts(&mut self, name: &str) -> Vec<String> {
        match self.take(name) {
            Some(Value::Array(all)) => all
                .into_iter()
                .filter_map(|text| match text {
                    Value::String(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The structure `name`.
    pub(super) fn entry(&mut self, name: &str) -> Option<Entry<'a>> {
        let value = self.take(name)?;
        let node = self.node.member(name).unwrap_or(self.node);
        Some(Entry::new(node, self.path_of(name), value))
    }

    /// The structures of the list `name`.
    pub(super) fn entries(&mut self, name: &str) -> Vec<Entry<'a>> {
        let Some(Value::Array(all)) = self.take(name) else {
            return Vec::new();
        };
        let path = self.path_of(name);
        let list = self.node.member(name).unwrap_or(self.node);
        let entries = all.into_iter().enumerate().map(|(index, value)| {
            let node = list.element(index).unwrap_or(list);
            Entry::new(node, format!("{path}[{index}]"), value)
        });
        entries.collect()
    }

    /// The members that were not taken.
    pub(super) fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.members)
    }

    /// The members that were not taken, in the type of a request or setting.
    pub(super) fn rest_as<T: DeserializeOwned>(&mut self) -> Result<T, Mistake> {
        let rest = Value::Object(self.rest());
        serde_json::from_value(rest).map_err(|error| self.refuse(format!("{error}.")))
    }

    /// A mistake in the structure as a whole.
    pub(super) fn refuse(&self, message: impl Into<String>) -> Mistake {
        mistake(self.node, self.path.clone(), message.into())
    }

    /// A mistake in the member `name`.
    pub(super) fn refuse_member(&self, name: &str, message: impl Into<String>) -> Mistake {
        let node = self.node.member(name).unwrap_or(self.node);
        mistake(node, self.path_of(name), message.into())
    }

    /// A mistake in the element at `index` of the member `name`.
    pub(super) fn refuse_element(
        &self,
        name: &str,
        index: usize,
        message: impl Into<String>,
    ) -> Mistake {
        let list = self.node.member(name).unwrap_or(self.node);
        let node = list.element(index).unwrap_or(list);
        let path = format!("{}[{index}]", self.path_of(name));
        mistake(node, path, message.into())
    }

    /// A mistake in the entry `key` of the map `name`.
    pub(super) fn refuse_key(&self, name: &str, key: &str, message: impl Into<String>) -> Mistake {
        let map = self.node.member(name).unwrap_or(self.node);
        let node = map.member(key).unwrap_or(map);
        let path = format!("{}.{key}", self.path_of(name));
        mistake(node, path, message.into())
    }

    /// A refusal of Cognito, as a mistake in the structure.
    pub(super) fn refused(&self, error: &Error) -> Mistake {
        self.refuse(words(error))
    }

    /// A refusal of Cognito, as a mistake in the member `name`.
    pub(super) fn refused_member(&self, name: &str, error: &Error) -> Mistake {
        self.refuse_member(name, words(error))
    }

    /// A refusal of Cognito, as a mistake in the element at `index` of the member `name`.
    pub(super) fn refused_element(&self, name: &str, index: usize, error: &Error) -> Mistake {
        self.refuse_element(name, index, words(error))
    }

    /// A refusal of Cognito, as a mistake in the entry `key` of the map `name`.
    pub(super) fn refused_key(&self, name: &str, key: &str, error: &Error) -> Mistake {
        self.refuse_key(name, key, words(error))
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// The position and path in a message about something that is no mistake.
    pub(super) fn note(&self, name: &str, message: impl Into<String>) -> Mistake {
        self.refuse_member(name, message)
    }
}

/// The exception and its sentence.
pub(super) fn words(error: &Error) -> String {
    match error.sentence() {
        Some(sentence) => format!("{}: {sentence}", error.code()),
        None => error.code().to_owned(),
    }
}

fn mistake(node: &Node, path: String, message: String) -> Mistake {
    Mistake {
        file: String::new(),
        line: node.at.line,
        column: node.at.column,
        path,
        message,
    }
}
