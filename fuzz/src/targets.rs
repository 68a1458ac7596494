//! The targets, one module each.

pub(crate) mod arguments;
pub(crate) mod credentials;
pub(crate) mod filter;
pub(crate) mod http;
pub(crate) mod import;
pub(crate) mod mcp;
pub(crate) mod operation;
pub(crate) mod saml;
pub(crate) mod srp;
pub(crate) mod token;
pub(crate) mod totp;
pub(crate) mod untrusted;
