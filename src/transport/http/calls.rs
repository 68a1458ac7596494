//! The calls under way, and the time until a server without new ones ends.
//!
//! A load balancer sends requests until it has seen that `/ready` answers 503. A server that drains
//! thus answers further calls, and ends when none has come for a while.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::bounds::{DRAIN_CHECK, DRAIN_QUIET};

/// Requests that get their response in a bounded time, unlike streams that stay open.
pub(super) struct Calls {
    under_way: TaskTracker,
    /// The time at which the last one began.
    last: Mutex<Instant>,
    /// Cancelled when the server is to end.
    ending: CancellationToken,
}

impl Calls {
    pub(super) fn new() -> Self {
        Self {
            under_way: TaskTracker::new(),
            last: Mutex::new(Instant::now()),
            ending: CancellationToken::new(),
        }
    }

    /// A call, which is under way until the result is dropped.
    pub(super) fn begin(&self) -> TaskTrackerToken {
        *self.last.lock() = Instant::now();
        self.under_way.token()
    }

    /// Whether the server is about to end.
    pub(super) fn is_ending(&self) -> bool {
        self.ending.is_cancelled()
    }

    /// Waits until no call is under way, none has begun for [`DRAIN_QUIET`], and nothing `works`;
    /// at most for `time`.
    pub(super) async fn drain(&self, time: Duration, works: impl Fn() -> bool) {
        self.ending.cancel();
        *self.last.lock() = Instant::now();
        let quiet = async {
            let mut often = interval(DRAIN_CHECK);
            loop {
                often.tick().await;
                let is_quiet = self.last.lock().elapsed() >= DRAIN_QUIET;
                if is_quiet && self.under_way.is_empty() && !works() {
                    return;
                }
            }
        };
        let _ = timeout(time, quiet).await;
    }

    /// Waits until no call is under way. Calls that begin after this are not waited for.
    pub(super) async fn finish(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }
}
