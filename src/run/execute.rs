//! Execution of a tool: references are replaced by secrets, and the answer is completed.

use serde_json::{Value, json};

use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::definition::added;
use crate::error::ToolResult;
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
    let mut answer = entry.run(arguments, cx.clone()).await?;
    if cx.arguments.get(added::RESPONSE_FORMAT) != Some(&json!("detailed")) {
        answer::leave_out(&mut answer, tool.details);
    }
    if cx.effect() > Effect::Read {
        answer[added::ON] = json!(cx.place().await);
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
