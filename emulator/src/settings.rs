//! Settings: requests set them, `state` stores them, and responses return them.
//!
//! These types do not know the pool. If a rule depends on the pool, the pool passes the
//! names that the rule needs.

pub mod arn;
pub mod attribute;
pub mod client;
pub mod device;
pub mod identity_provider;
pub mod limit;
pub mod log_delivery;
pub mod mfa;
pub mod pool;
mod saml;
pub mod schema;
pub mod session;
pub mod tags;
