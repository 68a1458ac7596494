//! The context of a call.

mod by_name;
pub(crate) mod context;
pub(crate) mod names;
pub(crate) mod pages;
pub(crate) mod pool_names;
mod progress;
pub(crate) mod published;
pub(crate) mod secrets;
pub(crate) mod server_context;
pub(crate) mod sign_ins;
pub(crate) mod targets;
