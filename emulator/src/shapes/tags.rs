//! Tags of user pools.
//!
//! What they may be is the developer guide's; that Cognito holds its callers to it,
//! its sentences and their order are inferred.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html>

use serde_json::{Map, Value};

use crate::error::Error;

/// How many tags a pool has at most.
const LIMIT: usize = 50;

/// What is wrong with tags.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// A pool would have more than 50.
    TooMany,
    /// A key begins with `aws:`.
    Reserved,
    /// A key or value holds what tags cannot.
    Characters,
}

impl Fault {
    /// As the operations on tags tell it.
    #[must_use]
    pub fn of_resource(self) -> Error {
        match self {
            Self::TooMany => Error::TooManyTags,
            Self::Reserved => Error::TagReserved,
            Self::Characters => Error::TagCharacters,
        }
    }

    /// As the operations on pools and replicas tell it.
    #[must_use]
    pub fn of_pool(self) -> Error {
        match self {
            Self::TooMany => Error::TooManyPoolTags,
            Self::Reserved => Error::PoolTagReserved,
            Self::Characters => Error::PoolTagCharacters,
        }
    }
}

/// Judges the tags that a pool would have.
pub fn judge(tags: &Map<String, Value>) -> Result<(), Fault> {
    if tags.len() > LIMIT {
        return Err(Fault::TooMany);
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(Fault::Reserved);
    }
    let values = tags.values().filter_map(Value::as_str);
    let mut texts = tags.keys().map(String::as_str).chain(values);
    if !texts.all(|text| text.bytes().all(is_allowed)) {
        return Err(Fault::Characters);
    }
    Ok(())
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" _.:/=+-@".contains(&byte)
}
