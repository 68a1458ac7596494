//! The MCP server: tools, resources, prompts and completion as the protocol defines them.

mod apps;
mod completion;
mod instructions;
pub mod prompts;
pub mod resources;
pub mod server;
mod tasks;
