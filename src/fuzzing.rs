//! Entry points for the fuzz targets in `fuzz/`: parsers that are private otherwise.
//!
//! The feature `fuzzing` enables them, for this repository only. They may change at any time.

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::arguments;
use crate::cognito::jwt;
use crate::definition::Definition;
use crate::error::ToolError;
use crate::guard::untrusted;

/// Header and claims of a token, or why it is not one. Nothing is verified.
///
/// # Errors
/// A sentence.
pub fn token(text: &str) -> Result<(Value, Value), String> {
    jwt::Token::read(text).map(|token| (token.header, token.claims))
}

/// Gives `arguments` the forms of the tool's schema, where the schema leaves no doubt.
pub fn coerce(tool: &Definition, arguments: &mut JsonObject) {
    arguments::coerce(&tool.published.input_schema, arguments);
}

/// Validates the arguments of a call, which it coerces first.
///
/// # Errors
/// As a caller gets it.
pub fn validate(tool: &Definition, arguments: &mut JsonObject) -> Result<(), Box<ToolError>> {
    tool.validate(arguments)
}

/// `text` as a string of an answer.
#[must_use]
pub fn shown(text: &str) -> String {
    untrusted::text(text).into_owned()
}
