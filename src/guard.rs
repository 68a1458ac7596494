//! What protects secrets, and readers from text that users wrote.

pub(crate) mod private_file;
pub(crate) mod redact;
pub(crate) mod secrets;
pub(crate) mod untrusted;
