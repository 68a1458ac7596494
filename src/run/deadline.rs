//! The deadline of a call, and its progress notifications.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::error::{ToolError, ToolResult};
use crate::run::execute::execute;
use crate::tools::Entry;

/// Time for the running request to end after the deadline, so that its result can be
/// returned.
const LAST_REQUEST: Duration = Duration::from_secs(5);

/// Runs `entry` for at most `limit`. The client is notified of each request after the
/// first, unless the tool reports its own progress.
pub(super) async fn keep(entry: &'static Entry, cx: &Cx, limit: Duration) -> ToolResult<Value> {
    let (notify, mut requests) = mpsc::unbounded_channel();
    let watch = if entry.definition.reports_progress {
        cx.watch()
    } else {
        cx.watch().notifying(notify)
    };
    let mut call = pin!(Arc::new(watch).over(execute(entry, cx.clone())));
    let answered = timeout(limit, async {
        let mut made = 0;
        loop {
            tokio::select! {
                biased;
                answer = &mut call => {
                    while let Ok(operation) = requests.try_recv() {
                        report(cx, &mut made, operation).await;
                    }
                    return answer;
                }
                Some(operation) = requests.recv() => report(cx, &mut made, operation).await,
            }
        }
    });
    if let Ok(answer) = answered.await {
        return answer;
    }
    // No request is sent after the running one.
    cx.cancel.cancel();
    match timeout(LAST_REQUEST, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.code != "Cancelled" => Err(error),
        _ => Err(timed_out(cx, limit)),
    }
}

/// Reports a request for `operation` after `made` others.
async fn report(cx: &Cx, made: &mut u32, operation: &str) {
    if *made > 0 {
        let message = format!("requests made, now {operation}");
        cx.progress(*made, None, &message).await;
    }
    *made += 1;
}

fn timed_out(cx: &Cx, limit: Duration) -> Box<ToolError> {
    let message = format!(
        "{} was stopped after {} s, the time limit of this server for a call",
        cx.tool(),
        limit.as_secs()
    );
    let mut error = ToolError::new("CallTimedOut", message);
    error.retryable = cx.effect() == Effect::Read;
    let hint = if error.retryable {
        "Cognito may be slow; if the tool has a limit or a filter, request less at once"
    } else {
        "Its changes until then stay: read the current state before you call again"
    };
    error.hint(hint)
}
