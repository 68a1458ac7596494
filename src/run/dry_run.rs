//! Dry runs: calls that report their requests and change nothing.
//!
//! A rehearsal is the call itself under a watch that sends its reads and holds back every
//! request that would change data. So its report cannot differ from what the call would do.
//! The first request that is held back ends the call with an error. This error is ignored,
//! because the watch has recorded the requests.

use std::sync::Arc;

use cognito_emulator::model::Model;
use cognito_emulator::validate::redact as without_secrets;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::bounds::{DRY_RUN_REQUESTS, SHOWN_REQUESTS_BYTES};
use crate::call::context::Cx;
use crate::cognito::operations::{self, Effect};
use crate::cognito::watch::Request;
use crate::definition::added;
use crate::error::ToolResult;
use crate::run::execute::execute;
use crate::size;
use crate::tools::Entry;

/// The result of a rehearsal.
pub(crate) struct Rehearsal {
    /// The call's result, if no request was held back.
    pub(crate) answer: ToolResult<Value>,
    /// The requests that were held back.
    pub(crate) held_back: Vec<Request>,
    /// Members of the answer that are known before the call writes.
    pub(crate) foreseen: JsonObject,
}

/// Runs a call with its writes held back.
pub(crate) async fn rehearse(entry: &Entry, cx: &Cx) -> Rehearsal {
    if entry.definition.emulated_only {
        // Such tools call the emulator directly, not through the watched client.
        return Rehearsal {
            answer: Ok(json!({})),
            held_back: vec![Request {
                operation: cx.tool().to_owned(),
                input: Some(Value::Object(entry.definition.redacted(&cx.arguments))),
                request_id: None,
            }],
            foreseen: entry
                .loses(cx)
                .map(|loses| (added::AFFECTS.to_owned(), loses.into()))
                .into_iter()
                .collect(),
        };
    }
    let cx = cx.dry();
    let watch = Arc::new(cx.watch().dry_run(true));
    let answer = Arc::clone(&watch).over(execute(entry, cx.clone())).await;
    let held_back = watch.requests();
    Rehearsal {
        answer,
        held_back: held_back
            .into_iter()
            .filter(|request| request.input.is_some())
            .collect(),
        foreseen: cx.foreseen(),
    }
}

/// The answer to a dry run.
pub(crate) async fn answer(entry: &Entry, cx: &Cx) -> ToolResult<Value> {
    let Rehearsal {
        answer,
        held_back,
        foreseen,
    } = rehearse(entry, cx).await;
    if held_back.is_empty() {
        // The call failed before it would have written, or it writes nothing.
        let mut answer = answer?;
        answer["would_call"] = json!([]);
        return Ok(answer);
    }
    let writes = |name: &&&str| operations::effect_of(&[**name]) > Effect::Read;
    let may_follow: Vec<&str> = cx
        .operations()
        .iter()
        .filter(writes)
        .filter(|name| held_back.iter().all(|held| held.operation != **name))
        .copied()
        .collect();
    let shown: Vec<Value> = held_back.iter().take(DRY_RUN_REQUESTS).map(shown).collect();
    let mut reported = json!({
        "would_call": shown,
        "would_call_total": held_back.len(),
        "may_follow": may_follow,
        "on": cx.place().await,
    });
    if let Value::Object(reported) = &mut reported {
        reported.extend(foreseen);
        if let (true, Ok(Value::Object(plan))) = (entry.definition.plans, answer) {
            reported.extend(plan);
        }
    }
    Ok(reported)
}

/// The requests that a call sent, without their secrets: those that change something, or all of a
/// call that only reads. None if they are not recorded, or are too long.
pub(super) fn sent(cx: &Cx) -> Option<Value> {
    let requests = cx.recorded()?;
    let is_meant = |request: &&Request| {
        cx.effect() == Effect::Read || operations::effect_of(&[&request.operation]) > Effect::Read
    };
    let sent: Value = requests.iter().filter(is_meant).map(shown).collect();
    (size::bytes(&sent) <= SHOWN_REQUESTS_BYTES).then_some(sent)
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
/// that sent them: names, and values of attributes.
const SENT: &[&str] = &["ClientId", "Username", "Value"];

fn uncover(shown: &mut Value, input: &Value) {
    match (shown, input) {
        (Value::Object(shown), Value::Object(input)) => {
            for (name, shown) in shown {
                let Some(input) = input.get(name) else {
                    continue;
                };
                if SENT.contains(&name.as_str()) && input.is_string() {
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

/// Removes the argument from `arguments`, and returns whether it requests a dry run.
pub(crate) fn take(arguments: &mut JsonObject) -> bool {
    arguments.shift_remove(added::DRY_RUN) == Some(Value::Bool(true))
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
