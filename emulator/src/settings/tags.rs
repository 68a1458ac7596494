//! Tags of user pools.
//!
//! The rules are from the developer guide. That Cognito enforces them is inferred. The
//! sentences and the order of the checks are inferred too.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html>

use serde_json::{Map, Value};

use crate::error::Error;

/// Maximum number of tags of one pool.
const LIMIT: usize = 50;

/// An error in tags.
#[derive(Clone, Copy, Debug)]
pub enum TagFault {
    /// The pool would have more than 50 tags.
    TooMany,
    /// A key begins with `aws:`.
    Reserved,
    /// A key or value has a character that is not allowed.
    Characters,
}

impl TagFault {
    /// The error of the tag operations.
    #[must_use]
    pub fn of_resource(self) -> Error {
        match self {
            Self::TooMany => Error::TooManyTags,
            Self::Reserved => Error::TagReserved,
            Self::Characters => Error::TagCharacters,
        }
    }

    /// The error of the operations on pools and replicas.
    #[must_use]
    pub fn of_pool(self) -> Error {
        match self {
            Self::TooMany => Error::TooManyPoolTags,
            Self::Reserved => Error::PoolTagReserved,
            Self::Characters => Error::PoolTagCharacters,
        }
    }
}

/// Validates the set of all tags that a pool would have.
pub fn validate(tags: &Map<String, Value>) -> Result<(), TagFault> {
    if tags.len() > LIMIT {
        return Err(TagFault::TooMany);
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(TagFault::Reserved);
    }
    let values = tags.values().filter_map(Value::as_str);
    let mut texts = tags.keys().map(String::as_str).chain(values);
    if !texts.all(|text| text.bytes().all(is_allowed)) {
        return Err(TagFault::Characters);
    }
    Ok(())
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" _.:/=+-@".contains(&byte)
}
