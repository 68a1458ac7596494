//! Flows of tools, from the first call to the last, with one file per toolset.

mod branding;
mod bulk;
mod clients;
mod codes;
mod create_users;
mod devices;
mod effects;
mod emulator;
mod federation;
mod groups;
mod import;
mod list_users;
mod mfa;
mod names;
mod plan;
mod pools;
mod raw;
mod resource_servers;
mod risk;
mod sign_in;
mod sign_in_urls;
mod tokens;
mod users;
