//! Signing in by a password that the caller sends.

use super::{Next, Start, before, imported, next, required};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::Slot;
use crate::state::pool::Pool;
use crate::state::user::Status;
use crate::state::users::UserId;
use crate::world::Time;

/// `USER_PASSWORD_AUTH` and its two names for administrators.
pub(super) fn start(cx: &Cx<'_>, slot: &Slot, start: &Start<'_>, username: &str) -> Result<Next> {
    let password = required(start.parameters, "PASSWORD")?;
    before::migrate(cx, slot, start, username, password)?;
    before::before(cx, slot, start, username)?;
    imported::adopt(cx, slot, username, password);
    let mut pool = slot.write();
    // Both initiating operations hide users where the client asks for it:
    // https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
    let hides_users = pool.client(start.client_id)?.settings.hides_users();
    let id = pool.find(username).map_err(|unknown| {
        if hides_users {
            Error::BadCredentials
        } else {
            unknown
        }
    })?;
    prove_password(&mut pool, id, password, hides_users, cx.now())?;
    next::after_password(cx, &mut pool, id, &start.visit())
}

/// Judges a password, and what of the user's state stands before it.
///
/// An unconfirmed user, or one who has to reset the password, is told so
/// whatever the password (R31, R34); a client that hides users tells it only to
/// who knows the password (R32, R35).
pub(super) fn prove_password(
    pool: &mut Pool,
    id: UserId,
    password: &str,
    hides_users: bool,
    now: Time,
) -> Result<()> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    let standing = match user.status {
        Status::Unconfirmed => Err(Error::NotConfirmed),
        Status::ResetRequired => Err(Error::PasswordResetRequired),
        Status::Confirmed | Status::ForceChangePassword | Status::ExternalProvider => Ok(()),
    };
    if !hides_users {
        standing.clone()?;
    }
    let right = user
        .password
        .is_some_and(|kept| kept.verifies(pool.short_name(), &user.username, password));
    pool.attempt_password(id, right, now)?;
    standing?;
    // That a wrong password is told first is inferred.
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    match user.status {
        Status::ForceChangePassword => pool.check_temporary_password(user, now),
        _ => Ok(()),
    }
}
