//! Toolset `bulk`: many users at once.

mod export;
mod find;
mod search;
mod update;

use rmcp::model::JsonObject;
use serde_json::Value;

use super::Entry;
use super::groups::require_group;
use crate::arguments;
use crate::call::context::Cx;
use crate::directory::condition::Conditions;
use crate::directory::cursor;
use crate::directory::matcher::Matcher;
use crate::directory::scan::{Position, Scan};
use crate::error::{Problems, ToolResult};

pub(super) fn tools() -> Vec<Entry> {
    let mut tools = vec![];
    tools.extend(search::tools());
    tools.extend(update::tools());
    tools.extend(find::tools());
    tools.extend(export::tools());
    tools
}

/// Validates the conditions in `arguments`, with all their problems in one error.
fn validate(tool: &str, arguments: &JsonObject, example: &Value) -> ToolResult<()> {
    let problems_of = |arguments: &Value| {
        let read: Result<Conditions, _> = serde_json::from_value(arguments.clone());
        // Ages are relative to the time of the call. Here only their form matters.
        read.ok()
            .and_then(|read| read.matcher(std::time::UNIX_EPOCH).err())
    };
    let given = Value::Object(arguments.clone());
    match problems_of(&given) {
        None => Ok(()),
        Some(problems) => {
            let is_valid = |corrected: &Value| problems_of(corrected).is_none();
            Err(arguments::refuse(tool, &given, problems, example, is_valid))
        }
    }
}

/// The matcher of conditions that were validated.
fn matcher(cx: &Cx, conditions: &Conditions, example: &Value) -> ToolResult<Matcher> {
    conditions.matcher(cx.now()).map_err(|problems: Problems| {
        let given = Value::Object(cx.arguments.clone());
        arguments::refuse(cx.tool(), &given, problems, example, |_| false)
    })
}

/// Refuses conditions on groups and custom attributes that do not exist. A negated condition on a
/// group that does not exist would match every user.
///
/// The first page checks them. Its cursor leads to the other pages.
async fn check_conditions(
    scan: &Scan<'_>,
    conditions: &Conditions,
    cursor: Option<&str>,
) -> ToolResult<()> {
    if cursor.is_some() {
        return Ok(());
    }
    for group in conditions.groups() {
        require_group(scan.cx, scan.pool, group).await?;
    }
    scan.check_attributes(conditions.custom_attributes()).await
}

/// The position in a cursor of the listing `of`; the first one without a cursor.
fn position(cx: &Cx, cursor: Option<&str>, of: &str, shared: &str) -> ToolResult<Position> {
    let Some(cursor) = cursor else {
        return Ok(Position::default());
    };
    cursor::read(cursor, of, cx.tool(), shared).map_err(|error| {
        error.hint("Start again without a cursor").retry(
            cx.tool(),
            cx.arguments_with(serde_json::json!({ "cursor": null })),
        )
    })
}
