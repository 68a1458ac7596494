//! Data types that several operations share, in the form that requests and
//! responses have.

pub mod arn;
pub mod auth_event;
pub mod client;
pub mod device;
pub mod identity_provider;
pub mod import_job;
pub mod limit;
pub mod log_delivery;
pub mod mfa;
pub mod pool;
mod saml;
pub mod schema;
pub mod session;
pub mod tags;
pub mod user;
