//! The users of a pool as a directory: conditions on them, and scans that find those that match.
//!
//! `condition` has the form that callers write, `matcher` decides about one user, `scan` reads
//! the users, and `cursor` has the position at which another call continues.

pub(crate) mod condition;
pub(crate) mod cursor;
pub(crate) mod matcher;
pub(crate) mod person;
pub(crate) mod scan;
