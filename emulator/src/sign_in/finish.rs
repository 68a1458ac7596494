//! The end of every call of a sign-in: a challenge, or triggers and tokens.

use super::next::ask_device;
use super::{Answer, Next, Visit, device, tokens};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::Slot;
use crate::triggers::message::{self, MessageContext};
use crate::triggers::token_generation::{self, Source};
use crate::triggers::{Metadata, authentication};

/// Facts about the call, for the triggers at its end.
pub(super) struct CallInfo<'a> {
    pub(super) visit: &'a Visit<'a>,
    /// The username as the last answer gave it.
    pub(super) typed: Option<&'a str>,
    /// The reason for the tokens.
    pub(super) source: Source,
    /// `ClientMetadata`.
    pub(super) metadata: &'a Metadata,
}

/// Sends the code of the next challenge and returns the challenge. If
/// everything is verified, including a remembered device, runs
/// `PostAuthentication` and `PreTokenGeneration` and returns tokens.
///
/// Must be called without the pool's lock.
pub(super) fn finish(cx: &Cx<'_>, slot: &Slot, call: &CallInfo<'_>, next: Next) -> Result<Answer> {
    let next = match next {
        Next::Proved(id) => ask_device(cx, slot, id, call.visit)?,
        next => next,
    };
    let id = match next {
        Next::Challenge {
            name,
            session,
            parameters,
            letter,
            available,
        } => {
            let context = MessageContext {
                source: message::Source::Authentication,
                client_id: Some(call.visit.client_id),
                metadata: call.metadata,
            };
            message::post(cx.world, slot.read(), letter, &context)?;
            let answer = Answer::challenge(name, session, parameters);
            return Ok(answer.with_available(&available));
        }
        Next::Custom {
            session,
            parameters,
        } => {
            let name = "CUSTOM_CHALLENGE";
            return Ok(Answer::challenge(name, Some(session), parameters));
        }
        Next::Proved(id) | Next::Complete(id) => id,
    };
    let CallInfo {
        visit,
        typed,
        source,
        metadata,
    } = *call;
    let client_id = visit.client_id;
    let (after, generation) = {
        let pool = slot.read();
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        (
            authentication::post_authentication(&pool, user, client_id, false, metadata),
            tokens::event(&pool, user, client_id, source, metadata),
        )
    };
    authentication::run(after, cx.world)?;
    let customization = token_generation::run(generation, cx.world)?;
    let grant = {
        let mut pool = slot.write();
        // The user may have been deleted or disabled while the functions ran.
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        let origin = device::origin(cx, &mut pool, id, visit, typed)?;
        tokens::grant(cx, &mut pool, id, client_id, origin, &customization)?
    };
    Ok(Answer::tokens(grant, cx.state, &slot.keys))
}
