//! The shapes that several operations share, as the wire spells them.

pub mod client;
pub mod limit;
pub mod mfa;
pub mod pool;
pub mod schema;
pub mod session;
pub mod user;
