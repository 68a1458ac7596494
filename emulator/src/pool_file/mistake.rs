//! A mistake in a pool file.

use std::fmt;

/// A mistake: its position, the path of the member, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The path, as in `UserPools[0].UserPoolClients[1].ClientId`. Empty for the file itself.
    pub path: String,
    /// The mistake and its correction.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            path,
            message,
        } = self;
        if !file.is_empty() {
            write!(f, "{file}:")?;
        }
        write!(f, "{line}:{column}: ")?;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        f.write_str(message)
    }
}

impl std::error::Error for Mistake {}
