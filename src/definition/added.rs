//! Arguments and members of answers that the server adds to the tools' own.

use std::sync::LazyLock;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::arguments::schema;
use crate::cognito::operations::Effect;
use crate::cognito::place::Place;

/// The argument that chooses between concise and detailed answers.
pub(crate) const RESPONSE_FORMAT: &str = "response_format";
/// The argument of writing tools that requests a dry run.
pub(crate) const DRY_RUN: &str = "dry_run";
/// The argument of destructive tools that repeats a name.
pub(crate) const CONFIRM: &str = "confirm";

/// The member of an answer that reports where a write took place: backend, account, Region, pool.
pub(crate) const ON: &str = "on";
/// The member of an answer that reports whether there are more pages.
pub(crate) const HAS_MORE: &str = "has_more";
/// The member of an answer that lists the members that were omitted.
pub(crate) const LEFT_OUT: &str = "left_out";
/// The member of an answer that reports, for each reference, where a person reads its secret.
pub(crate) const SECRET_FILES: &str = "secret_files";
/// The member of the answer to a dry run that reports what else a destructive call affects.
/// The question that confirms the call contains it.
pub(crate) const AFFECTS: &str = "affects";
/// The member of an answer that reports who confirmed the call.
pub(crate) const CONFIRMATION: &str = "confirmation";

/// Adds the server's arguments to the input schema of a tool with this `effect`. Concise
/// answers of the tool omit the members in `details`.
pub(crate) fn extend_input(input: &mut JsonObject, effect: Effect, details: &[&str]) {
    if !details.is_empty() {
        let format = json!({
            "type": "string",
            "enum": ["concise", "detailed"],
            "default": "concise",
            "description": "`detailed` returns everything.",
        });
        schema::add_member(input, RESPONSE_FORMAT, format);
    }
    if effect > Effect::Read {
        let dry_run = json!({
            "type": "boolean",
            "description": "Only report the requests.",
        });
        schema::add_member(input, DRY_RUN, dry_run);
    }
    if effect == Effect::Destroy {
        let confirm = json!({
            "type": "string",
            "description": "The exact text that the error without it requires. It is ignored \
             if the client can ask its user.",
        });
        schema::add_member(input, CONFIRM, confirm);
    }
}

/// Adds the server's members to the output schema of a tool with this `effect`. Concise
/// answers of the tool omit the members in `details`.
pub(crate) fn extend_output(output: &mut JsonObject, effect: Effect, details: &[&str]) {
    if effect > Effect::Read {
        schema::add_member(output, ON, PLACE.clone());
        // A dry run reports what would be done, not what was done.
        output.remove("required");
        for (name, member) in dry_run_members() {
            schema::add_member(output, name, member);
        }
        schema::add_member(output, LEFT_OUT, left_out());
    }
    if output["properties"].get("cursor").is_some() {
        let more = json!({ "type": "boolean", "description": "Whether `next` returns more." });
        schema::add_member(output, HAS_MORE, more);
    }
    for path in details {
        let path: Vec<&str> = path.split('/').skip(1).collect();
        schema::make_optional(output, &path);
    }
    if output.values().any(has_secrets) {
        let files = json!({
            "type": "object",
            "additionalProperties": { "type": "string" },
            "description": "Where the person who runs the server reads the secrets, by reference: a file or a command.",
        });
        schema::add_member(output, SECRET_FILES, files);
    }
    if effect == Effect::Destroy {
        let confirmed = json!({
            "type": "string",
            "description": "Who confirmed the call, if a confirmation was required.",
        });
        schema::add_member(output, CONFIRMATION, confirmed);
        let affects = json!({
            "type": "string",
            "description": "With `dry_run`: what else the call affects, if that is known.",
        });
        schema::add_member(output, AFFECTS, affects);
    }
}

/// The schema of [`ON`].
static PLACE: LazyLock<Value> = LazyLock::new(|| {
    let mut place = Value::Object(schema::of_output::<Place>());
    place["description"] = "Where this was done.".into();
    place
});

/// Whether `schema` marks a secret.
fn has_secrets(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            members.get("writeOnly") == Some(&Value::Bool(true))
                || members.values().any(has_secrets)
        }
        Value::Array(items) => items.iter().any(has_secrets),
        _ => false,
    }
}

/// The members of the answer to a dry run.
fn dry_run_members() -> [(&'static str, Value); 3] {
    let text = |description: &str| json!({ "type": "string", "description": description });
    [
        (
            "would_call",
            json!({
                "type": "array",
                "description": "With `dry_run`: the requests that were held back; nothing was changed.",
                "items": {
                    "type": "object",
                    "properties": {
                        "operation": text("Cognito's operation."),
                        "input": {
                            "type": "object",
                            "description": "Its input, without secrets.",
                        },
                    },
                    "required": ["operation", "input"],
                },
            }),
        ),
        (
            "would_call_total",
            json!({
                "type": "integer",
                "description": "With `dry_run`: the number of requests that were held back.",
            }),
        ),
        (
            "may_follow",
            json!({
                "type": "array",
                "description": "With `dry_run`: operations that may follow these requests.",
                "items": { "type": "string" },
            }),
        ),
    ]
}

fn left_out() -> Value {
    json!({
        "type": "object",
        "additionalProperties": { "type": "string" },
        "description": "Members that are shortened or left out because the answer was too long.",
    })
}
