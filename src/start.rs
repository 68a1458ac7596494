//! Checks at start: the selection of tools, and the environment.

pub mod dotenv;
pub mod environment;
pub mod exposure;
pub mod selection;
