//! Entry points for the fuzz targets in `fuzz/`: parsers that are otherwise private.
//!
//! The feature `fuzzing` enables them, for this repository only. They may change at any time.

use crate::filter;

/// A filter of `ListUsers`, as parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The attribute.
    pub name: String,
    /// Whether the operator is `^=`: values only have to begin with `value`.
    pub prefix: bool,
    /// The value, without its quotes and escapes.
    pub value: String,
}

/// Parses a filter of `ListUsers`. The outer `None` is for text that Cognito refuses, the
/// inner one for a filter that is empty.
#[must_use]
pub fn filter(text: &str) -> Option<Option<Filter>> {
    let parsed = filter::parse(text).ok()?;
    Some(parsed.map(|parsed| Filter {
        name: parsed.name,
        prefix: parsed.prefix,
        value: parsed.value,
    }))
}
