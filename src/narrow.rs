//! Answers that are too long for a model to read, and how to ask for less.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::error::{Result, ToolError};
use crate::tools::Entry;

/// Bytes of an answer's text: about 8,000 tokens of four bytes. Clients cut off
/// or refuse what is much longer.
pub(crate) const LONGEST: usize = 32_000;

/// The code of that refusal.
pub(crate) const TOO_LONG: &str = "AnswerTooLong";

/// Refuses `answer` where it is too long, and says how to ask for less.
pub(crate) fn judge(entry: &Entry, arguments: &JsonObject, answer: Value) -> Result<Value> {
    let length = answer.to_string().len();
    if length <= LONGEST {
        return Ok(answer);
    }
    let error = ToolError::new(
        TOO_LONG,
        format!(
            "The answer has about {} tokens, more than the {} that this server gives at once",
            length / 4,
            LONGEST / 4
        ),
    );
    let properties = &entry.published.input_schema["properties"];
    let with = |changes: Value| {
        let mut narrower = arguments.clone();
        if let Value::Object(changes) = changes {
            narrower.extend(changes);
        }
        Value::Object(narrower)
    };
    if arguments.get("response_format") == Some(&json!("detailed")) {
        return Err(error
            .hint("Ask for the concise form")
            .retry(entry.name(), with(json!({ "response_format": "concise" }))));
    }
    let limit = arguments
        .get("limit")
        .or(properties["limit"].get("default"));
    if let Some(limit @ 2..) = limit.and_then(Value::as_u64) {
        // A little less than what would just fit: items differ in length.
        let fits = limit * (LONGEST as u64 * 8 / 10) / (length as u64);
        return Err(error
            .hint("Ask for fewer at once; `next` in the answer leads to the others")
            .retry(entry.name(), with(json!({ "limit": fits.max(1) }))));
    }
    if properties.get("fields").is_some() {
        return Err(error.hint(
            "Name in `fields` what is needed, as `Name` or `/Users/*/Username`, or ask for fewer \
             items in `input`",
        ));
    }
    Err(error
        .hint("Ask for a part of it: fewer fields, or a filter, as the tool's arguments allow"))
}
