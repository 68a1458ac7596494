//! The end of every call of a sign-in: a challenge, or triggers and tokens.

use super::next::ask_device;
use super::{Answer, ClientAndDevice, Next, device, step_up, tokens};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::assurance::Progress;
use crate::state::users::UserId;
use crate::triggers::message::{self, MessageContext};
use crate::triggers::token_generation::{self, Source};
use crate::triggers::{Metadata, authentication};

/// Data of the call for the triggers that run at its end.
pub(super) struct CallInfo<'a> {
    pub(super) client_device: &'a ClientAndDevice<'a>,
    /// The username as the last answer gave it.
    pub(super) typed: Option<&'a str>,
    /// The reason for the tokens.
    pub(super) source: Source,
    /// `ClientMetadata`.
    pub(super) metadata: &'a Metadata,
    /// How far the sign-in has come.
    pub(super) progress: &'a Progress,
}

/// The result of a call of a sign-in, before tokens are issued.
pub(super) enum End {
    /// A challenge, whose code was sent.
    Challenge(Box<Answer>),
    /// Everything is verified.
    Complete(UserId),
    /// Everything is verified, but the user has no factor for the levels that the app asks for.
    Unmet,
}

/// Sends the code of the next challenge, or establishes that everything is verified, including
/// a remembered device and the factors for the levels that the app asks for.
///
/// Must be called without the pool's lock.
pub(super) fn settle(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    call: &CallInfo<'_>,
    next: Next,
) -> Result<End> {
    let client_device = call.client_device;
    let Some(next) = step_up::toward(cx, handle, client_device, call.progress, next)? else {
        return Ok(End::Unmet);
    };
    let next = match next {
        Next::Proved(id) => ask_device(cx, handle, id, client_device)?,
        next => next,
    };
    step_up::keep(handle, call.progress, &next);
    match next {
        Next::Challenge {
            name,
            session,
            parameters,
            draft,
            available,
        } => {
            let context = MessageContext {
                source: message::Source::Authentication,
                client_id: Some(client_device.client_id),
                metadata: call.metadata,
            };
            message::post(cx.world, handle.read(), draft, &context)?;
            let answer = Answer::challenge(name, session, parameters);
            Ok(End::Challenge(Box::new(answer.with_available(&available))))
        }
        Next::Custom {
            session,
            parameters,
        } => {
            let name = "CUSTOM_CHALLENGE";
            Ok(End::Challenge(Box::new(Answer::challenge(
                name,
                Some(session),
                parameters,
            ))))
        }
        Next::Proved(id) | Next::Complete(id) => Ok(End::Complete(id)),
    }
}

/// Calls [`settle`]. If everything is verified, runs `PostAuthentication` and
/// `PreTokenGeneration` and returns tokens.
///
/// Must be called without the pool's lock.
pub(super) fn finish(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    call: &CallInfo<'_>,
    next: Next,
) -> Result<Answer> {
    let id = match settle(cx, handle, call, next)? {
        End::Challenge(answer) => return Ok(*answer),
        End::Complete(id) => id,
        End::Unmet => return Err(Error::LevelUnreachable),
    };
    let CallInfo {
        client_device,
        typed,
        source,
        metadata,
        progress,
    } = *call;
    let client_id = client_device.client_id;
    let (after, generation) = {
        let pool = handle.read();
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        (
            authentication::post_authentication(&pool, user, client_id, false, metadata),
            tokens::event(&pool, user, client_id, source, None, metadata),
        )
    };
    authentication::run(after, cx.world)?;
    let customization = token_generation::run(generation, cx.world)?;
    let grant = {
        let mut pool = handle.write();
        // The user may have been deleted or disabled while the functions ran.
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        let asked = !progress.targets.is_empty();
        let strength = asked.then(|| Box::new(pool.strength(&progress.assurance())));
        let origin = device::origin(cx, &mut pool, id, client_device, typed)?;
        tokens::grant(
            cx,
            &mut pool,
            id,
            client_id,
            tokens::By::Api { strength },
            origin,
            &customization,
        )?
    };
    Ok(Answer::tokens(grant, cx.state, &handle.keys))
}
