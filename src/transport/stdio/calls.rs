//! Requests under way on stdio, until their responses are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use rmcp::model::RequestId;
use tokio::sync::Notify;

use super::Limits;

/// The kind of a request, which determines how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It ends with its response.
    Call,
    /// `subscriptions/listen`. It ends when it is cancelled.
    Listener,
}

/// The requests under way, by id.
#[derive(Clone)]
pub(super) struct Calls {
    limits: Limits,
    under: Arc<Mutex<BTreeMap<String, (Kind, usize)>>>,
    changed: Arc<Notify>,
    response_written: Arc<Notify>,
}

/// A request under way, until it is dropped.
pub(super) struct Under {
    calls: Calls,
    key: String,
}

impl Calls {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            under: Arc::default(),
            changed: Arc::default(),
            response_written: Arc::default(),
        }
    }

    /// `id` as a key: the number 1 and the text "1" are different ids.
    pub(super) fn key(id: &RequestId) -> String {
        serde_json::to_string(id).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (Kind, usize)>> {
        self.under.lock()
    }

    /// Begins a request whose line has `bytes` bytes, unless too many are under way. A
    /// second request with the same id waits for the first. Returns whether the request
    /// began.
    pub(super) fn begin(&self, key: &str, kind: Kind, bytes: usize) -> bool {
        let mut under = self.lock();
        if under.contains_key(key) {
            return false;
        }
        if kind == Kind::Call {
            let calls = under.values().filter(|(kind, _)| *kind == Kind::Call);
            let (count, sum) =
                calls.fold((0, 0), |(count, sum), (_, bytes)| (count + 1, sum + bytes));
            if count >= self.limits.calls || (count > 0 && sum + bytes > self.limits.calls_bytes) {
                return false;
            }
        }
        under.insert(key.to_owned(), (kind, bytes));
        true
    }

    /// The number of open subscriptions.
    pub(super) fn listeners(&self) -> usize {
        let under = self.lock();
        let listeners = under.values().filter(|(kind, _)| *kind == Kind::Listener);
        listeners.count()
    }

    /// The request under way with that id. It ends when its response is written.
    pub(super) fn under(&self, id: &RequestId) -> Option<Under> {
        let key = Self::key(id);
        let known = self.lock().contains_key(&key);
        known.then(|| Under {
            calls: self.clone(),
            key,
        })
    }

    /// Ends a request.
    pub(super) fn end(&self, key: &str) {
        if self.lock().remove(key).is_some() {
            self.changed.notify_one();
            self.response_written.notify_one();
        }
    }

    /// Waits until a request has ended. Used by the reader of requests.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// As [`Calls::changed`]. Used at the end of the session.
    pub(super) async fn response_written(&self) {
        self.response_written.notified().await;
    }
}

impl Drop for Under {
    fn drop(&mut self) {
        self.calls.end(&self.key);
    }
}
