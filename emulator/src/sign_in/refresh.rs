//! `REFRESH_TOKEN_AUTH`: new tokens for a refresh token.

use super::start::NO_METADATA;
use super::tokens::{self, Grant};
use super::{Start, required, secret_hash};
use crate::auth::digest;
use crate::error::{Error, Result};
use crate::ops::Cx;
use crate::state::Slot;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::state::token::SignIn;
use crate::state::users::UserId;
use crate::triggers::token_generation::{self, Source};

/// New ID and access tokens for a refresh token.
pub(super) fn refresh(cx: &Cx<'_>, slot: &Slot, start: &Start<'_>) -> Result<Grant> {
    let event = {
        let pool = slot.read();
        let (client, id, _) = judge(cx, &pool, start)?;
        let user = pool.users.get(id).ok_or(Error::RefreshTokenInvalid)?;
        let source = Source::RefreshTokens;
        tokens::event(&pool, user, &client.id, source, &NO_METADATA)
    };
    let customization = token_generation::run(event, cx.world)?;
    let mut pool = slot.write();
    let (client, id, sign_in) = judge(cx, &pool, start)?;
    let user = pool.users.get(id).ok_or(Error::RefreshTokenInvalid)?;
    let grant = tokens::renew(cx, &pool, client, user, sign_in, &customization);
    let sign_in = sign_in.id.clone();
    pool.note_activity(id, &sign_in, cx.now());
    Ok(grant)
}

/// Judges the token, and finds the sign-in that it belongs to.
///
/// `SECRET_HASH` is over the internal username of the token's user (section
/// 5b). A client whose refresh tokens rotate does not allow this flow; the
/// sentence is inferred.
fn judge<'a>(
    cx: &Cx<'_>,
    pool: &'a Pool,
    start: &Start<'_>,
) -> Result<(&'a Client, UserId, &'a SignIn)> {
    let client = pool.client(start.client_id)?;
    let token = required(start.parameters, "REFRESH_TOKEN")?;
    let hash = secret_hash(start.parameters);
    client.check_secret_hash_sent(hash)?;
    let owner = pool
        .refresh_tokens
        .get(&digest(token))
        .and_then(|(id, sign_in)| Some((*id, pool.users.get(*id)?, sign_in)));
    if let Some((_, user, _)) = owner {
        client.check_secret_hash(&user.username, hash)?;
    }
    if !client.settings.allows("REFRESH_TOKEN_AUTH") || client.settings.rotates() {
        return Err(Error::AuthFlowNotEnabled);
    }
    // R104.
    let (id, user, sign_in) = owner.ok_or(Error::RefreshTokenInvalid)?;
    let sign_in = user
        .sign_ins
        .iter()
        .find(|kept| kept.id == *sign_in && *kept.client_id == *client.id)
        .ok_or(Error::RefreshTokenInvalid)?;
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    if sign_in.revoked {
        return Err(Error::RefreshTokenRevoked);
    }
    if cx.now() >= sign_in.expires_at {
        return Err(Error::RefreshTokenExpired);
    }
    Ok((client, id, sign_in))
}
