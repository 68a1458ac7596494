//! Conversion of a tool's error into a protocol error, for requests that use a tool.

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::guard::untrusted;

/// A refusal: a sentence, and data for programs.
pub(crate) struct Refusal {
    sentence: String,
    pub(crate) facts: Value,
}

/// Codes for a resource that does not exist or is out of this server's scope.
const NOT_FOUND: &[&str] = &[
    "EmulatorOnly",
    "PoolNotAllowed",
    "ResourceNotFoundException",
    "ToolNotEnabled",
    "UserNotFoundException",
];

/// Codes for a resource that cannot exist, because its name is not valid.
const INVALID: &[&str] = &["InvalidArguments", "InvalidParameterException"];

impl Refusal {
    /// The refusal in the result of a failed call.
    pub(crate) fn of(result: &CallToolResult) -> Self {
        let block = result.content.first().and_then(ContentBlock::as_text);
        let text = block.map_or("", |block| block.text.as_str());
        let (sentence, facts) = text.split_once('\n').unwrap_or((text, ""));
        Self {
            sentence: sentence.trim_start_matches("Error: ").to_owned(),
            facts: serde_json::from_str(facts).unwrap_or_default(),
        }
    }

    pub(crate) fn code(&self) -> &str {
        self.facts["code"].as_str().unwrap_or_default()
    }

    /// Converts the refusal to an error about the resource `uri`.
    pub(crate) fn at(self, uri: &str) -> ErrorData {
        self.about(json!({ "uri": untrusted::short(uri) }))
    }

    /// Converts the refusal to a protocol error about `subject`.
    pub(crate) fn about(self, mut subject: Value) -> ErrorData {
        let refuse = match self.code() {
            code if NOT_FOUND.contains(&code) => ErrorData::resource_not_found,
            code if INVALID.contains(&code) => ErrorData::invalid_params,
            _ => ErrorData::internal_error,
        };
        if let (Value::Object(subject), Value::Object(facts)) = (&mut subject, self.facts) {
            subject.extend(facts);
        }
        refuse(self.sentence, Some(subject))
    }
}

impl From<&ToolError> for Refusal {
    fn from(error: &ToolError) -> Self {
        Self::of(&error.to_result())
    }
}
