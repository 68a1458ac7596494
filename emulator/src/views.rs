//! Views: pools, app clients, users and their parts, as responses show them.

pub mod auth_event;
pub mod client;
pub mod device;
pub mod import_job;
pub mod pool;
pub mod session;
pub mod user;
