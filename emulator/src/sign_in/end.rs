//! The end of every call that signs in: a challenge, or triggers and tokens.

use super::next::ask_device;
use super::{Answer, Next, Visit, device, tokens};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::Slot;
use crate::triggers::message::{self, Posting};
use crate::triggers::token_generation::{self, Source};
use crate::triggers::{Metadata, authentication};

/// What triggers at the end are told of the call.
pub(super) struct End<'a> {
    pub(super) visit: &'a Visit<'a>,
    /// How the answer that ends it named the user.
    pub(super) typed: Option<&'a str>,
    /// What the tokens are for.
    pub(super) source: Source,
    /// `ClientMetadata`.
    pub(super) metadata: &'a Metadata,
}

/// Sends the code of the challenge that comes next, and answers with it; or, where
/// everything is proved, on a remembered device too, runs `PostAuthentication` and
/// `PreTokenGeneration` and answers with tokens.
///
/// Call it without the pool's lock.
pub(super) fn end(cx: &Cx<'_>, slot: &Slot, end: &End<'_>, next: Next) -> Result<Answer> {
    let next = match next {
        Next::Proved(id) => ask_device(cx, slot, id, end.visit)?,
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
            let posting = Posting {
                source: message::Source::Authentication,
                client_id: Some(end.visit.client_id),
                metadata: end.metadata,
            };
            message::post(cx.world, slot.read(), letter, &posting)?;
            let answer = Answer::challenge(name, session, parameters);
            return Ok(answer.with(&available));
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
    let End {
        visit,
        typed,
        source,
        metadata,
    } = *end;
    let client_id = visit.client_id;
    let (after, generation) = {
        let pool = slot.read();
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        (
            authentication::after(&pool, user, client_id, false, metadata),
            tokens::event(&pool, user, client_id, source, metadata),
        )
    };
    authentication::run(after, cx.world)?;
    let customization = token_generation::run(generation, cx.world)?;
    let grant = {
        let mut pool = slot.write();
        // Functions take their time: the user may be gone or disabled.
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        let origin = device::origin(cx, &mut pool, id, visit, typed)?;
        tokens::grant(cx, &mut pool, id, client_id, origin, &customization)?
    };
    Ok(Answer::tokens(grant, &slot.keys))
}
