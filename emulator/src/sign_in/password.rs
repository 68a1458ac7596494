//! Sign-in with a password in the request (`USER_PASSWORD_AUTH`).

use super::{AuthRequest, Next, imported, next, pre_auth, required};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::pool::Pool;
use crate::state::user::Status;
use crate::state::users::UserId;
use crate::world::Time;

/// `USER_PASSWORD_AUTH` and its two names for administrators.
pub(super) fn user_password_auth(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
    username: &str,
) -> Result<Next> {
    let password = required(request.parameters, "PASSWORD")?;
    pre_auth::migrate_user(cx, handle, request, username, password)?;
    pre_auth::pre_authentication(cx, handle, request, username)?;
    imported::adopt(cx, handle, username, password);
    let mut pool = handle.write();
    // Both initiating operations hide users if the client says so:
    // https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
    let hides_users = pool.client(request.client_id)?.settings.hides_users();
    let id = pool.find(username).map_err(|unknown| {
        if hides_users {
            Error::BadCredentials
        } else {
            unknown
        }
    })?;
    prove_password(&mut pool, id, password, hides_users, cx.now())?;
    next::after_password(cx, &mut pool, id, &request.client_device())
}

/// Checks a password and the user's status.
///
/// A user who is unconfirmed or must reset the password gets the error of that status for
/// any password (R31, R34). A client that hides users shows this error only for the right
/// password (R32, R35).
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
    let by_status = match user.status {
        Status::Unconfirmed => Err(Error::NotConfirmed),
        Status::ResetRequired => Err(Error::PasswordResetRequired),
        Status::Confirmed | Status::ForceChangePassword | Status::ExternalProvider => Ok(()),
    };
    if !hides_users {
        by_status.clone()?;
    }
    let right = user
        .password
        .is_some_and(|kept| kept.verifies(pool.short_name(), &user.username, password));
    pool.attempt_password(id, right, now)?;
    by_status?;
    // Inferred: a wrong password is reported before an expired temporary password.
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    match user.status {
        Status::ForceChangePassword => pool.check_temporary_password(user, now),
        _ => Ok(()),
    }
}
