//! Sign-in directly after a sign-up: the code that confirms the sign-up is also
//! the first factor of the sign-in.
//!
//! `SignUp` opens a session, `ConfirmSignUp` replaces it by a second one, and `USER_AUTH`
//! accepts the second one in place of a first factor.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>

use smol_str::SmolStr;

use super::{ClientAndDevice, next};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Session};
use crate::state::users::UserId;

/// Opens the session of a sign-up, and returns its string. Only clients that allow
/// `USER_AUTH` get a session (inferred, because no other client could use it).
pub(crate) fn begin_session(
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

/// As [`begin_session`], for a sign-up at a page: pages sign in without the flow.
pub(crate) fn begin_on_page(
    cx: &Cx<'_>,
    pool: &mut Pool,
    client_id: &str,
    user: UserId,
) -> Result<String> {
    open(cx, pool, client_id, user, Challenge::SignedUp)
}

/// Checks the session that `ConfirmSignUp` presents. It fails like the session of a
/// sign-in (R81 to R83, inferred).
pub(crate) fn check_session(
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

/// Replaces the session of a sign-up that was confirmed by a code to `attribute`. Returns
/// the new session's string.
pub(crate) fn confirm_session(
    cx: &Cx<'_>,
    pool: &mut Pool,
    client_id: &str,
    user: UserId,
    string: &str,
    attribute: SmolStr,
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
    let client_device = ClientAndDevice {
        client_id,
        device: None,
    };
    next::open_session(cx, pool, user, &client_device, challenge)
}

/// The attribute whose code confirmed the sign-up, from the session that a
/// sign-in presents.
pub(super) fn confirmed_attribute(
    cx: &Cx<'_>,
    pool: &Pool,
    client_id: &str,
    user: UserId,
    string: &str,
) -> Result<SmolStr> {
    match &find(cx, pool, client_id, user, string)?.challenge {
        Challenge::Confirmed { attribute } => Ok(attribute.clone()),
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
