//! Waits, repetitions and progress of a call.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::config::AsyncSleep;
use rmcp::model::ProgressNotificationParam;

use crate::call::context::Cx;
use crate::error::ToolResult;
use crate::guard::untrusted;

impl Cx {
    /// Waits by the clock of the SDK's client, which is virtual in tests. The wait ends
    /// early if the client cancels the call.
    pub(crate) async fn wait(&self, duration: Duration) {
        let sleep = self.cognito().config().sleep_impl();
        // A dry run sends no requests that need to wait.
        if let Some(sleep) = sleep.filter(|_| !duration.is_zero() && !self.dry_run) {
            self.cancel.run_until_cancelled(sleep.sleep(duration)).await;
        }
    }

    /// Repeats a call that Cognito throttles, at most `waits` times. Before each
    /// repetition, waits for the time in the error, or for a second. A cancelled call is
    /// not repeated.
    pub(crate) async fn patiently<T, F>(&self, waits: u32, call: impl Fn() -> F) -> ToolResult<T>
    where
        F: Future<Output = ToolResult<T>>,
    {
        let mut answer = call().await;
        for _ in 0..waits {
            let Err(error) = &answer else { break };
            if !error.is_throttled() {
                break;
            }
            // Rates are per second. Cognito's error does not say how long to wait.
            let wait = error.retry_after.unwrap_or(Duration::from_secs(1));
            self.wait(wait).await;
            if self.cancel.is_cancelled() {
                break;
            }
            answer = call().await;
        }
        answer
    }

    /// Reports the progress of the call, if the client requested that.
    pub(crate) async fn progress(&self, done: u32, total: Option<u32>, message: &str) {
        let Some((peer, token)) = &self.progress else {
            return;
        };
        let mut notice = ProgressNotificationParam::new(token.clone(), f64::from(done))
            .with_message(untrusted::line(message));
        if let Some(total) = total {
            notice = notice.with_total(f64::from(total));
        }
        if let Err(error) = peer.notify_progress(notice).await {
            tracing::debug!(%error, "progress was not delivered");
        }
    }
}
