//! Setup of a software token during a sign-in (`MFA_SETUP`).

use super::{ClientAndDevice, next};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::pool::Pool;
use crate::state::session::Challenge;
use crate::state::users::UserId;

/// The user whose `MFA_SETUP` challenge is open in `session`.
pub(crate) fn user_in_setup(cx: &Cx<'_>, pool: &Pool, session: &str) -> Result<UserId> {
    let session = pool.sessions.find(session)?;
    if !matches!(session.challenge, Challenge::MfaSetup { .. }) {
        return Err(Error::SessionInvalid);
    }
    session.check_open(cx.now())?;
    let user = pool.users.get(session.user).ok_or(Error::SessionInvalid)?;
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    Ok(session.user)
}

/// Replaces `session` by a new session, and returns its string. `ready` means that the
/// new session satisfies the challenge.
pub(crate) fn replace_session(
    cx: &Cx<'_>,
    pool: &mut Pool,
    session: &str,
    ready: bool,
) -> Result<String> {
    let kept = pool.sessions.find(session)?;
    let (user, client_id, device) = (kept.user, kept.client_id.clone(), kept.device.clone());
    let client_device = ClientAndDevice {
        client_id: &client_id,
        device: device.as_deref(),
    };
    let challenge = Challenge::MfaSetup { ready };
    let (custom, progress) = (kept.custom.clone(), kept.progress.clone());
    let next = next::open_session(cx, pool, user, &client_device, challenge)?;
    if let Some(custom) = custom {
        pool.sessions.direct(&next, *custom);
    }
    pool.sessions.advance(&next, progress);
    pool.sessions.close(session);
    Ok(next)
}
