//! An MCP server for Amazon Cognito user pools, with a faithful Cognito inside.
//!
//! [`config`] says what to serve, [`backend`] connects the AWS SDK to Cognito or
//! to the emulator, [`server`] offers the [`tools`] over MCP. The tools cannot
//! tell which backend they talk to.
//! [`verify`] runs the fidelity corpus against either, and against other servers.

mod answer;
mod arguments;
mod ask;
mod audit;
pub mod backend;
pub mod bounds;
pub mod commands;
mod completion;
pub mod config;
pub mod confirm;
mod context;
mod dry_run;
pub mod environment;
pub mod error;
pub mod hints;
pub mod http;
pub mod jwt;
mod limits;
mod narrow;
pub mod operations;
pub mod pacing;
pub mod policy;
pub mod pools;
mod private;
pub mod prompts;
mod redact;
pub mod resources;
mod schema;
mod secrets;
pub mod selection;
pub mod server;
mod sessions;
mod settings;
mod size;
pub mod stdio;
pub mod telemetry;
pub mod tools;
pub mod trace;
mod untrusted;
mod upload;
pub mod verify;
mod view;
pub mod watch;
mod web;
