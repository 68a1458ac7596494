//! Password attempts, and the lockout after failed ones.

use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::error::{Error, Result};
use crate::world::Time;

impl Pool {
    /// Counts a password attempt of the user at `id`. `right` is whether the password was
    /// right (R75, R76).
    pub fn attempt_password(&mut self, id: UserId, right: bool, now: Time) -> Result<()> {
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        if right && user.attempts.is_clear() {
            // Nothing changes, so the user is not written into a data file.
            return Ok(());
        }
        let tried = self.users.edit_unindexed(id, |user| {
            let attempts = user.attempts;
            if attempts.locked_until(now).is_some() {
                user.attempts = attempts.refused(now);
                Err(Error::PasswordAttemptsExceeded)
            } else if right {
                user.attempts = attempts.succeeded();
                Ok(())
            } else {
                user.attempts = attempts.failed(now);
                Err(Error::BadCredentials)
            }
        });
        tried.unwrap_or(Err(Error::UserNotFound))
    }

    /// Forgets the failed passwords of the user at `id`, and returns whether they locked the user
    /// at `now`.
    pub fn unlock(&mut self, id: UserId, now: Time) -> bool {
        let was_locked = self.users.edit_unindexed(id, |user| {
            let attempts = std::mem::take(&mut user.attempts);
            attempts.locked_until(now).is_some()
        });
        was_locked.unwrap_or(false)
    }

    /// Checks that a temporary password has not expired (R36, fact 3.18).
    pub fn check_temporary_password(&self, user: &User, now: Time) -> Result<()> {
        let lifetime = self.temporary_password_lifetime();
        match user.temporary_since {
            Some(since) if now >= since.plus(lifetime) => Err(Error::TemporaryPasswordExpired),
            _ => Ok(()),
        }
    }
}
