//! From a sign-up straight to a sign-in: the code that confirms the one is the
//! first factor of the other.
//!
//! `SignUp` begins a session, `ConfirmSignUp` goes on in another, and `USER_AUTH`
//! takes that in place of a first factor.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>

use super::{Visit, next};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Session};
use crate::state::users::UserId;

/// Begins the session of a sign-up; its string. That only clients which allow
/// `USER_AUTH` are given one is inferred: no other could use it.
pub(crate) fn begin(
    cx: &Cx<'_>,
    pool: &mut Pool,
    client_id: &str,
    user: UserId,
) -> Result<Option<String>> {
    if !pool.client(client_id)?.settings.allows("USER_AUTH") {
        return Ok(None);
    }
    open(cx, pool, client_id, user, Challenge::SignedUp).map(Some)
}

/// Judges the session that a confirmation brings. That it fails as those of
/// sign-ins do is inferred (R81 to R83).
pub(crate) fn judge(
    cx: &Cx<'_>,
    pool: &Pool,
    client_id: &str,
    user: UserId,
    string: &str,
) -> Result<()> {
    match find(cx, pool, client_id, user, string)?.challenge {
        Challenge::SignedUp => Ok(()),
        _ => Err(Error::SessionInvalid),
    }
}

/// Closes the session of a sign-up that was confirmed by a code to `attribute`,
/// and goes on in another, whose string this is.
pub(crate) fn go_on(
    cx: &Cx<'_>,
    pool: &mut Pool,
    client_id: &str,
    user: UserId,
    string: &str,
    attribute: &'static str,
) -> Result<String> {
    pool.sessions.close(string);
    let challenge = Challenge::Confirmed { attribute };
    open(cx, pool, client_id, user, challenge)
}

fn open(
    cx: &Cx<'_>,
    pool: &mut Pool,
    client_id: &str,
    user: UserId,
    challenge: Challenge,
) -> Result<String> {
    let visit = Visit {
        client_id,
        device: None,
    };
    next::open_session(cx, pool, user, &visit, challenge)
}

/// The attribute whose code confirmed the sign-up, in the session that a sign-in
/// brings.
pub(super) fn confirmed(
    cx: &Cx<'_>,
    pool: &Pool,
    client_id: &str,
    user: UserId,
    string: &str,
) -> Result<&'static str> {
    match find(cx, pool, client_id, user, string)?.challenge {
        Challenge::Confirmed { attribute } => Ok(attribute),
        _ => Err(Error::SessionInvalid),
    }
}

fn find<'a>(
    cx: &Cx<'_>,
    pool: &'a Pool,
    client_id: &str,
    user: UserId,
    string: &str,
) -> Result<&'a Session> {
    let session = pool.sessions.find(string)?;
    if *session.client_id != *client_id || session.user != user {
        return Err(Error::SessionInvalid);
    }
    session.check_open(cx.now())?;
    Ok(session)
}
