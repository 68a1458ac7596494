//! How long a call may take, and what its client is told meanwhile.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::cognito::watch::Watch;
use crate::error::{Result, ToolError};
use crate::tools::Entry;

/// How long the request under way may take to end when the time is up: what it
/// did can be told then.
const LAST_REQUEST: Duration = Duration::from_secs(5);

/// Calls `entry` under `watch`, for as long as `limit` allows. The client is told
/// of each request after the first, so that it sees that somebody still works.
pub(crate) async fn keep(
    entry: &'static Entry,
    cx: &Cx,
    watch: Watch,
    limit: Duration,
) -> Result<Value> {
    let (told, mut requests) = mpsc::unbounded_channel();
    let watch = if entry.tells_progress {
        watch
    } else {
        watch.notifying(told)
    };
    let mut call = pin!(Arc::new(watch).over(entry.call(cx.clone())));
    let answered = timeout(limit, async {
        let mut made = 0;
        loop {
            tokio::select! {
                biased;
                answer = &mut call => {
                    while let Ok(operation) = requests.try_recv() {
                        tell(cx, &mut made, operation).await;
                    }
                    return answer;
                }
                Some(operation) = requests.recv() => tell(cx, &mut made, operation).await,
            }
        }
    });
    if let Ok(answer) = answered.await {
        return answer;
    }
    // No request follows the one under way.
    cx.cancel.cancel();
    match timeout(LAST_REQUEST, call).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) if error.code != "Cancelled" => Err(error),
        _ => Err(timed_out(entry, cx, limit)),
    }
}

/// Tells of a request for `operation` after `made` others.
async fn tell(cx: &Cx, made: &mut u32, operation: &str) {
    if *made > 0 {
        let message = format!("requests made, now {operation}");
        cx.progress(*made, None, &message).await;
    }
    *made += 1;
}

fn timed_out(entry: &Entry, cx: &Cx, limit: Duration) -> Box<ToolError> {
    let message = format!(
        "{} was stopped after {} s, which is as long as this server lets a call take",
        entry.name(),
        limit.as_secs()
    );
    let mut error = ToolError::new("CallTimedOut", message);
    error.retryable = entry.effect_with(&cx.arguments) == Effect::Read;
    let hint = if error.retryable {
        "Cognito may be slow; where the tool takes a limit or a filter, ask for less at once"
    } else {
        "What it had done by then is done: look at the state of things before you call again"
    };
    error.hint(hint)
}
