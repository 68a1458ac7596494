//! Access to Amazon Cognito: backends, operations, and the checks of every request.

pub(crate) mod attributes;
pub mod backend;
pub(crate) mod by_name;
pub(crate) mod duration;
pub(crate) mod failure;
pub(crate) mod flows;
pub mod jwt;
pub mod operations;
pub mod pacing;
pub(crate) mod part;
pub(crate) mod password_policy;
pub(crate) mod place;
pub mod policy;
pub mod pools;
pub(crate) mod scopes;
pub(crate) mod srp;
pub(crate) mod time;
pub(crate) mod user_status;
pub mod watch;
pub(crate) mod web;
