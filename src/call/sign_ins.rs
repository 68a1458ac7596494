//! Sign-in sessions: sign-ins in progress, between their challenges.
//!
//! Cognito's session strings are secrets of about 1,500 characters. Callers get a short
//! reference instead, and send it back. A reference belongs to the principal that began
//! the sign-in: for another principal it is unknown.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::bounds::{PRINCIPALS, SIGN_IN_LIFETIME, SIGN_INS};
use crate::guard::secrets::{self, Owner};

/// A sign-in in progress.
#[derive(Clone)]
pub(crate) struct Session {
    /// Cognito's session string; empty if Cognito returned none.
    pub(crate) token: String,
    /// The challenge to answer, as in `NEW_PASSWORD_REQUIRED`.
    pub(crate) challenge: String,
    /// The pool, if it is known.
    pub(crate) user_pool_id: Option<String>,
    /// The app client.
    pub(crate) client_id: String,
    /// The username that the answer to the challenge must contain.
    pub(crate) username: String,
    /// Whether the sign-in began with an admin operation and must continue with one.
    pub(crate) admin: bool,
    /// Whether the username is from Cognito and not from the caller.
    pub(crate) resolved: bool,
    /// The state of `MFA_SETUP`.
    pub(crate) setup: Setup,
}

/// The state of the setup of an authenticator app.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    /// The caller has no secret yet.
    Begun,
    /// The app has a secret.
    Associated,
    /// A code of the app was accepted.
    Verified,
}

/// Sign-ins in progress, by their principals.
#[derive(Default)]
pub(crate) struct Sessions {
    /// Whether references must not be guessable, because real users sign in.
    guarded: bool,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Number of the last reference.
    last: u64,
    by_owner: BTreeMap<Owner, BTreeMap<u64, InProgress>>,
}

struct InProgress {
    reference: String,
    session: Session,
    since: Instant,
}

impl Sessions {
    /// Sessions with references that cannot be guessed.
    pub(crate) fn guarded() -> Self {
        Self {
            guarded: true,
            ..Self::default()
        }
    }

    /// Keeps `session` of `owner` and returns its reference; empty if the system has no
    /// randomness, or if too many principals have sign-ins in progress.
    pub(crate) fn keep(&self, owner: &Owner, session: Session) -> String {
        let mut kept = self.lock();
        if !kept.by_owner.contains_key(owner) && kept.by_owner.len() >= PRINCIPALS {
            return String::new();
        }
        kept.last += 1;
        let number = kept.last;
        let reference = if self.guarded {
            let Some(id) = secrets::random_id() else {
                return String::new();
            };
            format!("session-{number}-{id}")
        } else {
            format!("session-{number}")
        };
        let own = kept.by_owner.entry(owner.clone()).or_default();
        let session = InProgress {
            reference: reference.clone(),
            session,
            since: Instant::now(),
        };
        own.insert(number, session);
        if own.len() > SIGN_INS {
            own.pop_first();
        }
        reference
    }

    /// Replaces the session with this `reference`.
    pub(crate) fn renew(&self, owner: &Owner, reference: &str, session: Session) {
        if let Some(kept) = find(&mut self.lock(), owner, reference) {
            kept.session = session;
        }
    }

    pub(crate) fn get(&self, owner: &Owner, reference: &str) -> Option<Session> {
        let mut kept = self.lock();
        Some(find(&mut kept, owner, reference)?.session.clone())
    }

    /// The references of the sign-ins of `owner` in progress. None are named if they must not be
    /// guessed.
    pub(crate) fn of(&self, owner: &Owner) -> Vec<String> {
        if self.guarded {
            return Vec::new();
        }
        let kept = self.lock();
        let own = kept.by_owner.get(owner).into_iter();
        let own = own.flat_map(|own| own.values());
        own.map(|session| session.reference.clone()).collect()
    }

    pub(crate) fn forget(&self, owner: &Owner, reference: &str) {
        let mut kept = self.lock();
        let is_known = find(&mut kept, owner, reference).is_some();
        if let (true, Some(number)) = (is_known, number(reference))
            && let Some(own) = kept.by_owner.get_mut(owner)
        {
            own.remove(&number);
        }
    }

    /// Forgets every sign-in. The numbering of references continues.
    pub(crate) fn clear(&self) {
        self.lock().by_owner.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock();
        kept.by_owner.retain(|_, own| {
            own.retain(|_, session| session.since.elapsed() <= SIGN_IN_LIFETIME);
            !own.is_empty()
        });
        kept
    }
}

/// The sign-in with this `reference` of `owner`.
fn find<'k>(kept: &'k mut Kept, owner: &Owner, reference: &str) -> Option<&'k mut InProgress> {
    let own = kept.by_owner.get_mut(owner)?;
    let found = own.get_mut(&number(reference)?)?;
    (found.reference == reference).then_some(found)
}

fn number(reference: &str) -> Option<u64> {
    let rest = reference.strip_prefix("session-")?;
    rest.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            token: "token".to_owned(),
            challenge: "SMS_MFA".to_owned(),
            user_pool_id: None,
            client_id: String::new(),
            username: String::new(),
            admin: false,
            resolved: false,
            setup: Setup::Begun,
        }
    }

    /// Unfinished sign-ins do not accumulate.
    #[test]
    fn the_oldest_is_forgotten() {
        let sessions = Sessions::default();
        let owner = Owner::new("ana");
        let first = sessions.keep(&owner, session());
        let second = sessions.keep(&owner, session());
        for _ in 1..SIGN_INS {
            sessions.keep(&owner, session());
        }
        assert!(sessions.get(&owner, &first).is_none());
        assert!(sessions.get(&owner, &second).is_some());
    }

    /// A caller that tries numbers does not find another sign-in.
    #[test]
    fn a_guarded_reference_is_not_guessed() {
        let sessions = Sessions::guarded();
        let owner = Owner::new("ana");
        let reference = sessions.keep(&owner, session());
        for guess in ["session-1", "session-1-", "session-1-aaaaaaaaaaaaaaaa"] {
            assert!(sessions.get(&owner, guess).is_none(), "{guess}");
            sessions.forget(&owner, guess);
        }
        assert!(sessions.get(&owner, &reference).is_some());
        sessions.forget(&owner, &reference);
        assert!(sessions.get(&owner, &reference).is_none());
    }

    #[test]
    fn a_reference_belongs_to_its_principal() {
        for sessions in [Sessions::default(), Sessions::guarded()] {
            let (ana, ben) = (Owner::new("ana"), Owner::new("ben"));
            let reference = sessions.keep(&ana, session());
            assert!(sessions.get(&ben, &reference).is_none());
            sessions.forget(&ben, &reference);
            let mut other = session();
            other.token = "other".to_owned();
            sessions.renew(&ben, &reference, other);
            assert_eq!(sessions.get(&ana, &reference).unwrap().token, "token");
            // The sign-ins of one principal do not displace those of another.
            for _ in 0..=SIGN_INS {
                sessions.keep(&ben, session());
            }
            for number in 0..PRINCIPALS {
                sessions.keep(&Owner::new(&format!("user {number}")), session());
            }
            assert!(sessions.get(&ana, &reference).is_some());
            assert_eq!(sessions.keep(&Owner::new("late"), session()), "");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sign_ins_are_forgotten_in_time() {
        let sessions = Sessions::default();
        let owner = Owner::new("ana");
        let reference = sessions.keep(&owner, session());
        tokio::time::advance(SIGN_IN_LIFETIME).await;
        assert!(sessions.get(&owner, &reference).is_some());
        tokio::time::advance(std::time::Duration::from_millis(1)).await;
        assert!(sessions.get(&owner, &reference).is_none());
    }
}
