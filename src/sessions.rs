//! Sign-ins that wait for an answer.
//!
//! Cognito's session strings are secrets of some 1,500 characters. Callers see a
//! short reference instead, and hand it back.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A sign-in in progress.
#[derive(Clone)]
pub(crate) struct Session {
    /// Cognito's session string; empty where Cognito gave none.
    pub(crate) token: String,
    /// The challenge to answer, as in `NEW_PASSWORD_REQUIRED`.
    pub(crate) challenge: String,
    /// The pool, where it is known.
    pub(crate) user_pool_id: Option<String>,
    /// The app client.
    pub(crate) client_id: String,
    /// The name that the challenge's answer must carry.
    pub(crate) username: String,
    /// Whether the admin operations began it, and must answer it.
    pub(crate) admin: bool,
    /// Whether a secret for an authenticator app has been handed out.
    pub(crate) associated: bool,
}

/// References given out, by number.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<(u64, BTreeMap<u64, Session>)>);

/// Sessions kept; older ones are forgotten first. They live for minutes.
const LIMIT: usize = 1000;

impl Sessions {
    /// Keeps `session` and names it.
    pub(crate) fn keep(&self, session: Session) -> String {
        let (last, kept) = &mut *self.lock();
        *last += 1;
        kept.insert(*last, session);
        if kept.len() > LIMIT {
            kept.pop_first();
        }
        format!("session-{last}")
    }

    pub(crate) fn get(&self, reference: &str) -> Option<Session> {
        self.lock().1.get(&number(reference)?).cloned()
    }

    pub(crate) fn forget(&self, reference: &str) {
        if let Some(number) = number(reference) {
            self.lock().1.remove(&number);
        }
    }

    /// Forgets every sign-in, not the numbers given out.
    pub(crate) fn clear(&self) {
        self.lock().1.clear();
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Session>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(reference: &str) -> Option<u64> {
    reference.strip_prefix("session-")?.parse().ok()
}
