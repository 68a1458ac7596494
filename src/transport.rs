//! MCP over stdio and over HTTP.

pub mod http;
pub(crate) mod rpc;
pub mod signals;
pub mod stdio;
