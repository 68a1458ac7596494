//! Tags of user pools.
//!
//! What they may be is the developer guide's; that Cognito holds its callers to it,
//! its sentences and their order are inferred.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/tagging.html>

use serde_json::{Map, Value};

/// How many tags a pool has at most.
const LIMIT: usize = 50;

/// Judges the tags that a pool would have; what is wrong with them is a sentence.
pub fn judge(tags: &Map<String, Value>) -> Result<(), &'static str> {
    if tags.len() > LIMIT {
        return Err("a user pool has 50 at most.");
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err("the prefix aws: of keys is reserved.");
    }
    let values = tags.values().filter_map(Value::as_str);
    let mut texts = tags.keys().map(String::as_str).chain(values);
    if !texts.all(|text| text.bytes().all(is_allowed)) {
        return Err("keys and values contain letters, numbers, spaces and _.:/=+-@ only.");
    }
    Ok(())
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" _.:/=+-@".contains(&byte)
}
