//! Challenges under way: what a `Session` string stands for.

use std::collections::BTreeMap;

use super::users::UserId;
use crate::error::{Error, Result};
use crate::world::Time;

/// A challenge that waits for its answer.
#[derive(Clone, Debug)]
pub struct Session {
    /// The user who is signing in.
    pub user: UserId,
    /// The client.
    pub client_id: Box<str>,
    /// The challenge that the answer must name.
    pub challenge: Challenge,
    /// When it expires (R81).
    pub expires_at: Time,
    /// Whether it was answered: a session counts once (R82).
    pub used: bool,
}

/// A challenge, with what its answer is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// `NEW_PASSWORD_REQUIRED`.
    NewPasswordRequired,
    /// `SMS_MFA` with the code that was sent.
    SmsMfa {
        /// Its digits.
        code: Box<str>,
    },
    /// `EMAIL_OTP` with the code that was sent.
    EmailOtp {
        /// Its digits.
        code: Box<str>,
    },
    /// `SOFTWARE_TOKEN_MFA`.
    SoftwareTokenMfa,
    /// `SELECT_MFA_TYPE`.
    SelectMfaType,
    /// `MFA_SETUP`; `ready` once `VerifySoftwareToken` saw a right code.
    MfaSetup {
        /// Whether a factor is set up.
        ready: bool,
    },
}

impl Challenge {
    /// As `ChallengeName` spells it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NewPasswordRequired => "NEW_PASSWORD_REQUIRED",
            Self::SmsMfa { .. } => "SMS_MFA",
            Self::EmailOtp { .. } => "EMAIL_OTP",
            Self::SoftwareTokenMfa => "SOFTWARE_TOKEN_MFA",
            Self::SelectMfaType => "SELECT_MFA_TYPE",
            Self::MfaSetup { .. } => "MFA_SETUP",
        }
    }
}

/// A pool's sessions, by their string.
#[derive(Clone, Debug, Default)]
pub struct Sessions(BTreeMap<Box<str>, Session>);

impl Sessions {
    /// Keeps a session, and forgets those that expired an hour ago.
    pub fn put(&mut self, id: &str, session: Session, now: Time) {
        if self.0.len() % 256 == 255 {
            let hour = std::time::Duration::from_secs(3600);
            self.0.retain(|_, kept| now.since(kept.expires_at) < hour);
        }
        self.0.insert(id.into(), session);
    }

    /// The session `id` of `client`, while it is open (R81 to R83).
    pub fn open(&self, id: &str, client_id: &str, now: Time) -> Result<&Session> {
        let session = self.0.get(id).ok_or(Error::SessionInvalid)?;
        if *session.client_id != *client_id {
            Err(Error::SessionInvalid)
        } else if session.used {
            Err(Error::SessionUsed)
        } else if now >= session.expires_at {
            Err(Error::SessionExpired)
        } else {
            Ok(session)
        }
    }

    /// The session `id`, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.0.get_mut(id)
    }

    /// Closes the session `id`.
    pub fn close(&mut self, id: &str) {
        if let Some(session) = self.0.get_mut(id) {
            session.used = true;
        }
    }
}
