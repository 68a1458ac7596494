//! Protection of secrets, and of readers against untrusted text.

pub(crate) mod private_file;
pub(crate) mod redact;
pub(crate) mod secrets;
pub(crate) mod untrusted;
