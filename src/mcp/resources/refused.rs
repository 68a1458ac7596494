//! A tool's refusal, told to those who did not call a tool.

use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::guard::untrusted;

/// A refusal: a sentence, and facts for programs.
pub(crate) struct Refused {
    sentence: String,
    pub(crate) facts: Value,
}

/// Codes of what is not there, or not for this server to tell.
const NOT_FOUND: &[&str] = &[
    "EmulatorOnly",
    "PoolNotAllowed",
    "ResourceNotFoundException",
    "ToolNotEnabled",
    "UserNotFoundException",
];

/// Codes of what cannot be there: no pool or user has such a name.
const INVALID: &[&str] = &["InvalidArguments", "InvalidParameterException"];

impl Refused {
    /// The refusal that a tool's failed call is.
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

    /// As the refusal to tell of `uri`.
    pub(crate) fn at(self, uri: &str) -> ErrorData {
        self.about(json!({ "uri": untrusted::short(uri) }))
    }

    /// As an error of the protocol about what `subject` names.
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

impl From<&ToolError> for Refused {
    fn from(error: &ToolError) -> Self {
        Self::of(&error.to_result())
    }
}
