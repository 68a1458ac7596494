//! The MCP server: tools, resources, prompts and completion as the protocol defines them.

pub(crate) mod completion;
pub mod prompts;
pub mod resources;
pub mod server;
