//! The form of answers, which is checked for every call of a tool in these tests.

use std::sync::LazyLock;

use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat as Format};
use cognito_mcp::definition::Definition;
use cognito_mcp::tools;
use jsonschema::Validator;
use rmcp::model::CallToolResult;
use serde_json::{Map, Value};

use crate::text;

/// Checks the form of the result of `tool`.
#[track_caller]
pub(crate) fn check(tool: &str, result: &CallToolResult) {
    let entry = tools::find(tool).unwrap();
    match result.is_error {
        Some(false) => success(entry, result),
        Some(true) => failure(result),
        None => panic!("{tool} says whether it failed: {result:?}"),
    }
}

/// Checks an answer: it is valid by the tool's output schema, and the text has the same
/// content.
#[track_caller]
fn success(entry: &Definition, result: &CallToolResult) {
    let structured = result.structured_content.as_ref().unwrap();
    let same: Value = serde_json::from_str(&text(result)).unwrap();
    assert_eq!(*structured, same);
    let problems: Vec<String> = schema(entry.published().output_schema.as_deref().unwrap())
        .iter_errors(structured)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{}: {problems:?}", entry.name());
    times(structured);
    if let Some(next) = structured.get("next") {
        callable(next, &structured.to_string());
    }
}

/// Checks that members with the name of a time have a time in RFC 3339 in UTC.
#[track_caller]
fn times(shown: &Value) {
    match shown {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "at" || name == "now" || name.ends_with("_at") {
                    let text = member.as_str().unwrap_or_default();
                    let time = DateTime::from_str(text, Format::DateTime);
                    assert!(time.is_ok() && text.ends_with('Z'), "{name}: {member}");
                }
                // The names of members in these are not the project's.
                if !["attributes", "claims", "request", "response"].contains(&name.as_str()) {
                    times(member);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(times),
        _ => {}
    }
}

/// Checks an error: it is one block of text with a sentence for the model and facts for
/// programs. Clients drop other forms.
#[track_caller]
fn failure(result: &CallToolResult) {
    assert_eq!(result.structured_content, None);
    let text = text(result);
    let [sentence, facts] = text.lines().collect::<Vec<_>>()[..] else {
        panic!("a sentence and facts, not {text}");
    };
    assert!(sentence.starts_with("Error: "), "{sentence}");
    assert!(sentence.ends_with(['.', '?', '!']), "{sentence}");
    let facts: Value = serde_json::from_str(facts).unwrap();
    let problems: Vec<String> = FACTS.iter_errors(&facts).map(|e| e.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}: {facts}");
    if let Some(retry) = facts.get("retry") {
        callable(retry, sentence);
    }
}

/// The schema of the second line.
static FACTS: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::json!({
        "type": "object",
        "properties": {
            "code": { "type": "string", "pattern": "^[A-Z][A-Za-z]+$" },
            "message": { "type": "string", "minLength": 1 },
            "problems": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": { "type": "string" },
                        "message": { "type": "string", "minLength": 1 },
                        "received": {},
                        "allowed": {},
                        "nearest": { "type": "string" },
                    },
                    "required": ["pointer", "message"],
                    "additionalProperties": false,
                },
            },
            "hint": { "type": "string", "minLength": 1 },
            "retry": { "type": "object" },
            "retryable": { "type": "boolean" },
            "retry_after_ms": { "type": "integer", "minimum": 0 },
            "request_id": { "type": "string" },
        },
        "required": ["code", "message", "problems", "retryable"],
        "additionalProperties": false,
    });
    Validator::new(&schema).unwrap()
});

/// Checks that a call is valid by the tool's input schema.
#[track_caller]
fn callable(call: &Value, shown: &str) {
    let entry = tools::find(call["tool"].as_str().unwrap()).unwrap();
    let valid = schema(&entry.published().input_schema).is_valid(&call["arguments"]);
    assert!(valid, "{call}: {shown}");
}

fn schema(schema: &Map<String, Value>) -> Validator {
    Validator::new(&Value::Object(schema.clone())).unwrap()
}
