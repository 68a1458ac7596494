//! MCP server for Amazon Cognito user pools, with an embedded Cognito emulator.
//!
//! [`config`] has the flags. [`cognito`] connects the AWS SDK to Cognito or to the
//! emulator, and has the table of operations. [`transport`] serves [`mcp`], which runs
//! a [`call`] of one of the [`tools`]. [`hints`] correct a failed call. The tools do
//! not depend on the backend. [`verify`] runs the fidelity corpus against Cognito, the
//! emulator, and other servers.

mod arguments;
pub mod bounds;
pub mod call;
pub mod cli;
pub mod cognito;
pub mod commands;
pub mod config;
pub mod console;
pub mod copy;
mod counted;
pub mod definition;
mod delivery;
mod diagnosis;
mod directory;
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
pub mod hints;
pub mod ids;
pub mod mcp;
pub mod principal;
pub mod record;
pub mod run;
pub mod shared_state;
mod size;
pub mod start;
pub mod start_error;
pub mod stderr;
#[cfg(test)]
mod test_clock;
pub mod tools;
pub mod transport;
pub mod verify;
