//! Sign-in sessions: sign-ins in progress, between their challenges.
//!
//! Cognito's session strings are secrets of about 1,500 characters. Callers get a short
//! reference instead, and send it back. A reference belongs to the principal that began
//! the sign-in: for another principal it is unknown.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::bounds::{PRINCIPALS, SIGN_IN_LIFETIME, SIGN_INS};
use crate::guard::secrets::{self, Owner};
use crate::shared_state::{State, StoreResult, Table};

const TABLE: Table = Table {
    name: "sign-in",
    lifetime: SIGN_IN_LIFETIME,
    renews: false,
    items: SIGN_INS,
    bytes: usize::MAX,
    owners: PRINCIPALS,
    one_run: false,
};

/// A sign-in in progress.
#[derive(Clone, Serialize, Deserialize)]
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
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Setup {
    /// The caller has no secret yet.
    Begun,
    /// The app has a secret.
    Associated,
    /// A code of the app was accepted.
    Verified,
}

/// Sign-ins in progress, by their principals.
pub(crate) struct Sessions {
    /// Whether references must not be guessable, because real users sign in.
    guarded: bool,
    state: Arc<State>,
}

#[derive(Serialize, Deserialize)]
struct InProgress {
    reference: String,
    session: Session,
}

impl Sessions {
    /// Sessions that `state` keeps. Their references cannot be guessed if they are `guarded`.
    pub(crate) fn new(guarded: bool, state: Arc<State>) -> Self {
        Self { guarded, state }
    }

    /// Keeps `session` of `owner` and returns its reference; empty if the system has no
    /// randomness, or if too many principals have sign-ins in progress.
    ///
    /// # Errors
    /// If the state of the server cannot be used.
    pub(crate) async fn keep(&self, owner: &Owner, session: Session) -> StoreResult<String> {
        let number = self.state.number("sign-in").await?;
        let reference = if self.guarded {
            let Some(id) = secrets::random_id() else {
                return Ok(String::new());
            };
            format!("session-{number}-{id}")
        } else {
            format!("session-{number}")
        };
        let session = InProgress {
            reference: reference.clone(),
            session,
        };
        let state = &self.state;
        let is_kept = state
            .put(&TABLE, owner.name(), &reference, &session)
            .await?;
        Ok(if is_kept { reference } else { String::new() })
    }

    /// Replaces the session with this `reference`.
    ///
    /// # Errors
    /// As [`Sessions::keep`].
    pub(crate) async fn renew(
        &self,
        owner: &Owner,
        reference: &str,
        session: Session,
    ) -> StoreResult<()> {
        if self.get(owner, reference).await?.is_some() {
            let session = InProgress {
                reference: reference.to_owned(),
                session,
            };
            let state = &self.state;
            state.put(&TABLE, owner.name(), reference, &session).await?;
        }
        Ok(())
    }

    /// The session with this `reference`, if it belongs to `owner`.
    ///
    /// # Errors
    /// As [`Sessions::keep`].
    pub(crate) async fn get(&self, owner: &Owner, reference: &str) -> StoreResult<Option<Session>> {
        let found = self
            .state
            .get::<InProgress>(&TABLE, owner.name(), reference);
        Ok(found.await?.map(|found| found.session))
    }

    /// The references of the sign-ins of `owner` in progress. None are named if they must not be
    /// guessed, or if the state cannot be used.
    pub(crate) async fn of(&self, owner: &Owner) -> Vec<String> {
        if self.guarded {
            return Vec::new();
        }
        let own = self.state.list::<InProgress>(&TABLE, owner.name()).await;
        let own = own.unwrap_or_default().into_iter();
        own.map(|session| session.reference).collect()
    }

    /// Forgets the sign-in with this `reference`. If the state cannot be used, Cognito still refuses
    /// a second answer to its challenge.
    pub(crate) async fn forget(&self, owner: &Owner, reference: &str) {
        let taken = self
            .state
            .take::<InProgress>(&TABLE, owner.name(), reference);
        let _ = taken.await;
    }

    /// Forgets every sign-in. The numbering of references continues.
    pub(crate) async fn clear(&self) {
        let _ = self.state.clear(&TABLE).await;
    }
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

    fn sessions(guarded: bool) -> Sessions {
        Sessions::new(guarded, Arc::new(State::process()))
    }

    /// Unfinished sign-ins do not accumulate.
    #[tokio::test]
    async fn the_oldest_is_forgotten() {
        let sessions = sessions(false);
        let owner = Owner::new("ana");
        let first = sessions.keep(&owner, session()).await.unwrap();
        let second = sessions.keep(&owner, session()).await.unwrap();
        for _ in 1..SIGN_INS {
            sessions.keep(&owner, session()).await.unwrap();
        }
        assert!(sessions.get(&owner, &first).await.unwrap().is_none());
        assert!(sessions.get(&owner, &second).await.unwrap().is_some());
    }

    /// A caller that tries numbers does not find another sign-in.
    #[tokio::test]
    async fn a_guarded_reference_is_not_guessed() {
        let sessions = sessions(true);
        let owner = Owner::new("ana");
        let reference = sessions.keep(&owner, session()).await.unwrap();
        for guess in ["session-1", "session-1-", "session-1-aaaaaaaaaaaaaaaa"] {
            assert!(
                sessions.get(&owner, guess).await.unwrap().is_none(),
                "{guess}"
            );
            sessions.forget(&owner, guess).await;
        }
        assert!(sessions.get(&owner, &reference).await.unwrap().is_some());
        sessions.forget(&owner, &reference).await;
        assert!(sessions.get(&owner, &reference).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_reference_belongs_to_its_principal() {
        for sessions in [false, true].map(sessions) {
            let (ana, ben) = (Owner::new("ana"), Owner::new("ben"));
            let reference = sessions.keep(&ana, session()).await.unwrap();
            assert!(sessions.get(&ben, &reference).await.unwrap().is_none());
            sessions.forget(&ben, &reference).await;
            let mut other = session();
            other.token = "other".to_owned();
            sessions.renew(&ben, &reference, other).await.unwrap();
            assert_eq!(
                sessions.get(&ana, &reference).await.unwrap().unwrap().token,
                "token"
            );
            // The sign-ins of one principal do not displace those of another.
            for _ in 0..=SIGN_INS {
                sessions.keep(&ben, session()).await.unwrap();
            }
            for number in 0..PRINCIPALS {
                sessions
                    .keep(&Owner::new(&format!("user {number}")), session())
                    .await
                    .unwrap();
            }
            assert!(sessions.get(&ana, &reference).await.unwrap().is_some());
            assert_eq!(
                sessions.keep(&Owner::new("late"), session()).await.unwrap(),
                ""
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sign_ins_are_forgotten_in_time() {
        let sessions = sessions(false);
        let owner = Owner::new("ana");
        let reference = sessions.keep(&owner, session()).await.unwrap();
        tokio::time::advance(SIGN_IN_LIFETIME).await;
        assert!(sessions.get(&owner, &reference).await.unwrap().is_some());
        tokio::time::advance(std::time::Duration::from_millis(1)).await;
        assert!(sessions.get(&owner, &reference).await.unwrap().is_none());
    }
}
