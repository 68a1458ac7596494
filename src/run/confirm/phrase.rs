//! The phrase that the argument `confirm` must repeat.
//!
//! The phrase is the name of what a call would destroy, if an error can show that name
//! unchanged. Errors alter other names: invisible characters are escaped, long names are
//! shortened, and the words of corrections are marked. The phrase of such a name is a
//! digest. So the text that the error shows equals the text that is compared, and no two
//! names have the same phrase.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest as sha};
use serde_json::json;

use crate::guard::untrusted;

/// The prefix of phrases that are not names.
const RESERVED: &str = "sha256";
/// The prefix of the digest of one name.
const ONE: &str = "sha256:";
/// The prefix of the digest of a list of names.
const LIST: &str = "sha256-list:";
/// Bytes of a digest that are shown: enough to make collisions infeasible.
const SHOWN: usize = 16;

/// The phrase for all of `names` together.
pub(super) fn of(names: &[&str]) -> String {
    match names {
        [only] if is_plain(only) => (*only).to_owned(),
        [only] => digest(only),
        // The names are written as JSON, so that `a, b` and `a`, `b` differ.
        several => digits(LIST, &json!(several).to_string()),
    }
}

/// The hint that requests `phrase`.
pub(super) fn hint(phrase: &str) -> String {
    let name = if phrase.starts_with(RESERVED) {
        "this digest of its name"
    } else {
        "this name"
    };
    format!(
        "Nothing was done. This client cannot ask its user, so no person is asked: make sure that \
         the user wants it. Then call again with the same arguments and `confirm`, which must \
         repeat {name} exactly: `{phrase}`"
    )
}

/// Whether an error shows `name` unchanged, and a model can repeat it.
pub(super) fn is_plain(name: &str) -> bool {
    let hint = hint(name);
    let repeatable = |c: char| c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ';
    !name.is_empty()
        && !name.starts_with(RESERVED)
        && name.chars().all(repeatable)
        && name.trim() == name
        && !name.contains("  ")
        && untrusted::named(name) == format!("`{name}`")
        && untrusted::sentence(&hint) == hint
}

/// The first half of the SHA-256 of `name`, in hexadecimal digits.
pub(super) fn digest(name: &str) -> String {
    digits(ONE, name)
}

fn digits(start: &str, text: &str) -> String {
    let digest = sha(&SHA256, text.as_bytes());
    let mut digits = start.to_owned();
    for byte in &digest.as_ref()[..SHOWN] {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
