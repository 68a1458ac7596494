//! Dry runs: calls that report their requests and change nothing.
//!
//! A rehearsal is the call itself under a watch that sends its reads and holds back every
//! request that would change data. So its report cannot differ from what the call would
//! do. The first request that is held back ends the call with an error, which is ignored:
//! the watch has the requests.

use std::sync::Arc;

use cognito_emulator::model::Model;
use cognito_emulator::validate::redact as without_secrets;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::bounds::DRY_RUN_REQUESTS;
use crate::call::context::Cx;
use crate::cognito::operations::{self, Effect};
use crate::cognito::watch::Request;
use crate::error::Result;
use crate::guard::redact;
use crate::tools::Entry;

/// The argument that requests a dry run.
pub(crate) const ARGUMENT: &str = "dry_run";

/// The result of a rehearsal.
pub(crate) struct Rehearsal {
    /// The call's result, if no request was held back.
    pub(crate) answer: Result<Value>,
    /// The requests that were held back.
    pub(crate) held_back: Vec<Request>,
}

/// Runs the call with its writes held back.
pub(crate) async fn rehearse(entry: &Entry, cx: &Cx) -> Rehearsal {
    if entry.emulated_only {
        // Tools of the emulator do not use the client that is watched.
        return Rehearsal {
            answer: Ok(json!({})),
            held_back: vec![Request {
                operation: entry.name().to_owned(),
                input: Some(Value::Object(redact::arguments(entry, &cx.arguments))),
                request_id: None,
            }],
        };
    }
    let cx = cx.dry();
    let watch = Arc::new(cx.watch(entry.operations_with(&cx.arguments)).dry_run(true));
    let answer = Arc::clone(&watch).over(entry.call(cx)).await;
    let held_back = watch.requests();
    Rehearsal {
        answer,
        held_back: held_back
            .into_iter()
            .filter(|request| request.input.is_some())
            .collect(),
    }
}

/// The answer of a dry run.
pub(crate) async fn answer(entry: &Entry, cx: &Cx) -> Result<Value> {
    let Rehearsal { answer, held_back } = rehearse(entry, cx).await;
    if held_back.is_empty() {
        // The call failed before it would have written, or it writes nothing.
        let mut answer = answer?;
        answer["would_call"] = json!([]);
        return Ok(answer);
    }
    let writes = |name: &&&str| operations::effect_of(&[**name]) > Effect::Read;
    let may_follow: Vec<&str> = entry
        .operations_with(&cx.arguments)
        .iter()
        .filter(writes)
        .filter(|name| held_back.iter().all(|held| held.operation != **name))
        .copied()
        .collect();
    let requests: Vec<Value> = held_back.iter().take(DRY_RUN_REQUESTS).map(shown).collect();
    Ok(json!({
        "would_call": requests,
        "would_call_total": held_back.len(),
        "may_follow": may_follow,
        "on": cx.told_place().await,
    }))
}

/// The members of such an answer, for the output schema of every tool that writes.
pub(crate) fn members() -> [(&'static str, Value); 3] {
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

/// A request without its secrets.
fn shown(request: &Request) -> Value {
    let input = request.input.clone().unwrap_or_default();
    let input = match Model::get().operation(&request.operation) {
        Some(operation) => {
            let mut shown = without_secrets(operation, &input);
            uncover(&mut shown, &input);
            shown
        }
        None => input,
    };
    json!({ "operation": request.operation, "input": input })
}

/// Members that the service model marks as sensitive, but that are not secret to the caller
/// that sent them: names, and the values of attributes.
const SAID: &[&str] = &["ClientId", "Username", "Value"];

fn uncover(shown: &mut Value, input: &Value) {
    match (shown, input) {
        (Value::Object(shown), Value::Object(input)) => {
            for (name, shown) in shown {
                let Some(input) = input.get(name) else {
                    continue;
                };
                if SAID.contains(&name.as_str()) && input.is_string() {
                    *shown = input.clone();
                } else {
                    uncover(shown, input);
                }
            }
        }
        (Value::Array(shown), Value::Array(input)) => {
            for (shown, input) in shown.iter_mut().zip(input) {
                uncover(shown, input);
            }
        }
        _ => {}
    }
}

/// Removes the argument from `arguments`, and returns whether it requested a dry run.
pub(crate) fn take(arguments: &mut JsonObject) -> bool {
    arguments.shift_remove(ARGUMENT) == Some(Value::Bool(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_names_are_shown() {
        let request = |operation: &str, input| Request {
            operation: operation.to_owned(),
            input: Some(input),
            request_id: None,
        };
        let create = request(
            "AdminCreateUser",
            json!({
                "UserPoolId": "us-east-1_AbC", "Username": "ana", "TemporaryPassword": "S3cret",
                "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
            }),
        );
        assert_eq!(
            shown(&create)["input"],
            json!({
                "UserPoolId": "us-east-1_AbC", "Username": "ana", "TemporaryPassword": "***",
                "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
            })
        );
        let respond = request(
            "RespondToAuthChallenge",
            json!({
                "ClientId": "web", "Session": "S3cret",
                "ChallengeResponses": { "USERNAME": "S3cret", "NEW_PASSWORD": "S3cret" },
            }),
        );
        assert!(!shown(&respond).to_string().contains("S3cret"));
    }
}
