//! Sign-ins that wait for an answer.
//!
//! Cognito's session strings are secrets of some 1,500 characters. Callers see a
//! short reference instead, and hand it back.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::secrets;

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
    /// Whether Cognito told that name, rather than the caller.
    pub(crate) told: bool,
    /// How far `MFA_SETUP` is.
    pub(crate) setup: Setup,
}

/// How far the setup of an authenticator app is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    /// No secret has been handed out.
    Begun,
    /// The app has a secret.
    Associated,
    /// A code of the app was right.
    Verified,
}

/// References given out, by number.
#[derive(Default)]
pub(crate) struct Sessions {
    /// Whether references are not to be guessed: other principals may use the server.
    guarded: bool,
    kept: Mutex<(u64, Kept)>,
}

/// Each under its number, with the whole reference.
type Kept = BTreeMap<u64, (String, Session)>;

/// Sessions kept; older ones are forgotten first. They live for minutes.
const LIMIT: usize = 1000;

impl Sessions {
    /// Sessions with references that nobody guesses.
    pub(crate) fn guarded() -> Self {
        Self {
            guarded: true,
            ..Self::default()
        }
    }

    /// Keeps `session` and names it; without a name where the system has no randomness.
    pub(crate) fn keep(&self, session: Session) -> String {
        let (last, kept) = &mut *self.lock();
        *last += 1;
        let reference = if self.guarded {
            let Some(id) = secrets::random_id() else {
                return String::new();
            };
            format!("session-{last}-{id}")
        } else {
            format!("session-{last}")
        };
        kept.insert(*last, (reference.clone(), session));
        if kept.len() > LIMIT {
            kept.pop_first();
        }
        reference
    }

    /// Replaces what `reference` names.
    pub(crate) fn renew(&self, reference: &str, session: Session) {
        if let Some(number) = number(reference) {
            let kept = &mut self.lock().1;
            kept.insert(number, (reference.to_owned(), session));
        }
    }

    pub(crate) fn get(&self, reference: &str) -> Option<Session> {
        let kept = &self.lock().1;
        let (whole, session) = kept.get(&number(reference)?)?;
        (whole == reference).then(|| session.clone())
    }

    pub(crate) fn forget(&self, reference: &str) {
        if let Some(number) = number(reference).filter(|_| self.get(reference).is_some()) {
            self.lock().1.remove(&number);
        }
    }

    /// Forgets every sign-in, not the numbers given out.
    pub(crate) fn clear(&self) {
        self.lock().1.clear();
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Kept)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(reference: &str) -> Option<u64> {
    let rest = reference.strip_prefix("session-")?;
    rest.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sign-ins that nobody finishes do not pile up.
    #[test]
    fn the_oldest_is_forgotten() {
        let sessions = Sessions::default();
        let session = Session {
            token: String::new(),
            challenge: "SMS_MFA".to_owned(),
            user_pool_id: None,
            client_id: String::new(),
            username: String::new(),
            admin: false,
            told: false,
            setup: Setup::Begun,
        };
        let first = sessions.keep(session.clone());
        let second = sessions.keep(session.clone());
        for _ in 1..LIMIT {
            sessions.keep(session.clone());
        }
        assert!(sessions.get(&first).is_none());
        assert!(sessions.get(&second).is_some());
    }
    /// Whoever counts does not come upon somebody else's sign-in.
    #[test]
    fn a_guarded_reference_is_not_guessed() {
        let sessions = Sessions::guarded();
        let session = Session {
            token: "token".to_owned(),
            challenge: String::new(),
            user_pool_id: None,
            client_id: String::new(),
            username: String::new(),
            admin: false,
            told: false,
            setup: Setup::Begun,
        };
        let reference = sessions.keep(session);
        for guess in ["session-1", "session-1-", "session-1-aaaaaaaaaaaaaaaa"] {
            assert!(sessions.get(guess).is_none(), "{guess}");
            sessions.forget(guess);
        }
        assert!(sessions.get(&reference).is_some());
        sessions.forget(&reference);
        assert!(sessions.get(&reference).is_none());
    }
}
