//! An MCP server for Amazon Cognito user pools, with a faithful Cognito inside.
//!
//! [`config`] says what to serve, [`backend`] connects the AWS SDK to Cognito or
//! to the emulator, [`server`] offers the [`tools`] over MCP. The tools cannot
//! tell which backend they talk to.
//! [`verify`] runs the fidelity corpus against either, and against other servers.

mod arguments;
pub mod bounds;
pub mod call;
pub mod cognito;
pub mod commands;
pub mod config;
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
pub mod hints;
pub mod ids;
pub mod mcp;
pub mod record;
mod size;
pub mod start;
pub mod stderr;
pub mod tools;
pub mod transport;
pub mod verify;
