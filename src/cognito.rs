//! Amazon Cognito as the server uses it: the backends, its operations, and every request sent to it.

pub mod backend;
pub(crate) mod by_name;
pub mod jwt;
pub mod operations;
pub mod pacing;
pub mod policy;
pub mod pools;
pub mod watch;
pub(crate) mod web;
