//! The form that every answer has, whatever it says: each call of a tool in
//! these tests is judged by it.

use std::sync::LazyLock;

use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat as Format};
use cognito_mcp::definition::Definition;
use cognito_mcp::tools;
use jsonschema::Validator;
use rmcp::model::CallToolResult;
use serde_json::{Map, Value};

use crate::text;

/// Judges what `tool` answered.
#[track_caller]
pub(crate) fn judge(tool: &str, result: &CallToolResult) {
    let entry = tools::find(tool).unwrap();
    match result.is_error {
        Some(false) => success(entry, result),
        Some(true) => failure(result),
        None => panic!("{tool} says whether it failed: {result:?}"),
    }
}

/// Structured as the tool's own schema says, and the same in the text.
#[track_caller]
fn success(entry: &Definition, result: &CallToolResult) {
    let structured = result.structured_content.as_ref().unwrap();
    let same: Value = serde_json::from_str(&text(result)).unwrap();
    assert_eq!(*structured, same);
    let problems: Vec<String> = schema(entry.published.output_schema.as_deref().unwrap())
        .iter_errors(structured)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{}: {problems:?}", entry.name());
    times(structured);
    if let Some(next) = structured.get("next") {
        callable(next, &structured.to_string());
    }
}

/// Times are RFC 3339 in UTC, wherever a member's name says that it is one.
#[track_caller]
fn times(told: &Value) {
    match told {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "at" || name == "now" || name.ends_with("_at") {
                    let text = member.as_str().unwrap_or_default();
                    let time = DateTime::from_str(text, Format::DateTime);
                    assert!(time.is_ok() && text.ends_with('Z'), "{name}: {member}");
                }
                // What is in these is named by others.
                if !["attributes", "claims", "request", "response"].contains(&name.as_str()) {
                    times(member);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(times),
        _ => {}
    }
}

/// One block of text: a sentence for the model, facts for programs. Clients drop
/// other forms.
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

/// What the second line has, and nothing else.
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

/// A call that the tool's own schema takes.
#[track_caller]
fn callable(call: &Value, told: &str) {
    let entry = tools::find(call["tool"].as_str().unwrap()).unwrap();
    let valid = schema(&entry.published.input_schema).is_valid(&call["arguments"]);
    assert!(valid, "{call}: {told}");
}

fn schema(schema: &Map<String, Value>) -> Validator {
    Validator::new(&Value::Object(schema.clone())).unwrap()
}
