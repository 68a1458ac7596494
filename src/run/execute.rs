//! Execution of a tool: references are replaced by secrets, and the answer is completed.

use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::cognito::watch;
use crate::definition::added;
use crate::error::{ToolError, ToolResult};
use crate::record::audit;
use crate::tools::{Entry, answer};

/// Runs `entry` with the arguments of `cx`, which were validated.
///
/// # Errors
/// The errors of the tool. Also if the audit log cannot be written or a reference is
/// unknown.
pub(super) async fn execute(entry: &Entry, cx: Cx) -> ToolResult<Value> {
    let tool = &entry.definition;
    if !cx.is_dry() {
        audit::intend(cx.effect())?;
    }
    let arguments = cx.vault().open(cx.owner(), tool, &cx.arguments)?;
    // The name of a pool is known only before it is deleted.
    let place = match cx.effect() {
        Effect::Read => None,
        _ => Some(cx.place().await),
    };
    let ran = run(entry, arguments, &cx).await;
    if cx.operations().contains(&"UpdateUserPool") {
        cx.shared().pool_names.clear();
    }
    let mut answer = ran?;
    if cx.arguments.get(added::RESPONSE_FORMAT) != Some(&json!("detailed")) {
        answer::leave_out(&mut answer, tool.details);
    }
    if let Some(place) = place {
        answer[added::ON] = json!(place);
    }
    let files = cx.vault().files(cx.owner(), &answer);
    if !files.is_empty() {
        answer[added::SECRET_FILES] = json!(files);
    }
    if tool.has_pages() {
        answer[added::HAS_MORE] = answer.get("cursor").is_some().into();
    }
    Ok(answer)
}

/// Runs the tool. It runs again if Cognito refused its only write for the client's secret, and an
/// earlier call had read that secret: a person, another program or another replica may have
/// replaced it since. The refused write has changed nothing.
async fn run(entry: &Entry, arguments: JsonObject, cx: &Cx) -> ToolResult<Value> {
    match entry.run(arguments.clone(), cx.clone()).await {
        Err(error)
            if rejects_secret(&error) && watch::writes() == 1 && cx.forget_earlier_secrets() =>
        {
            entry.run(arguments, cx.clone()).await
        }
        ran => ran,
    }
}

/// Whether Cognito refused a request for the client's secret. All its sentences for that name the
/// secret, as in "Unable to verify secret hash for client 1example23456789".
fn rejects_secret(error: &ToolError) -> bool {
    error.code == "NotAuthorizedException" && error.message.to_lowercase().contains("secret")
}
