//! Entry points for the fuzz targets in `fuzz/`: parsers that are otherwise private.
//!
//! The feature `fuzzing` enables them, for this repository only. They may change at any time.

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::arguments;
use crate::cognito::jwt;
use crate::definition::Definition;
use crate::error::ToolError;
use crate::guard::untrusted;

/// Decodes the header and the claims of a token, without verification.
///
/// # Errors
/// If `token` is not a token. The error says why.
pub fn token(text: &str) -> Result<(Value, Value), String> {
    jwt::Token::read(text).map(|token| (token.header, token.claims))
}

/// Converts `arguments` to the forms of the tool's schema, if their meaning is clear.
pub fn coerce(tool: &Definition, arguments: &mut JsonObject) {
    arguments::coerce(&tool.published().input_schema, arguments);
}

/// Coerces and then validates the arguments of a call.
///
/// # Errors
/// The error that a caller receives.
pub fn validate(tool: &Definition, arguments: &mut JsonObject) -> Result<(), Box<ToolError>> {
    tool.validate(arguments)
}

/// Returns `text` as a string in an answer.
#[must_use]
pub fn shown(text: &str) -> String {
    untrusted::text(text).into_owned()
}
