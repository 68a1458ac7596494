//! Access to Amazon Cognito: backends, operations, and the checks of every request.

pub mod backend;
pub(crate) mod by_name;
pub mod jwt;
pub mod operations;
pub mod pacing;
pub mod policy;
pub mod pools;
pub mod watch;
pub(crate) mod web;
