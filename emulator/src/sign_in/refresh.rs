//! New tokens for a refresh token.

use super::start::NO_METADATA;
use super::tokens::{self, AuthenticationResult, Grant};
use super::{Start, device, required, secret_hash};
use crate::auth::{digest, refresh_token};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::Slot;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::state::token::SignIn;
use crate::state::users::UserId;
use crate::triggers::Metadata;
use crate::triggers::token_generation::{self, Source};

/// A refresh token, and the client that presents it.
pub(crate) struct Refresh<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) token: &'a str,
    /// `DEVICE_KEY`.
    pub(crate) device: Option<&'a str>,
    pub(crate) by: By<'a>,
    /// What `PreTokenGeneration` is told.
    pub(crate) metadata: &'a Metadata,
}

/// How tokens are refreshed, with the client's proof of itself.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    /// `REFRESH_TOKEN_AUTH`, with `SECRET_HASH`.
    Flow { secret_hash: Option<&'a str> },
    /// `GetTokensFromRefreshToken`, with the secret itself. Refresh tokens rotate
    /// in no other way.
    Operation { secret: Option<&'a str> },
}

/// What `REFRESH_TOKEN_AUTH` gives.
pub(super) fn refresh_by_flow(cx: &Cx<'_>, slot: &Slot, start: &Start<'_>) -> Result<Grant> {
    let request = Refresh {
        client_id: start.client_id,
        token: required(start.parameters, "REFRESH_TOKEN")?,
        device: device::key(start.parameters),
        by: By::Flow {
            secret_hash: secret_hash(start.parameters),
        },
        metadata: &NO_METADATA,
    };
    renew(cx, slot, &request)
}

/// New tokens for a refresh token of a client of the pool at `slot`.
pub(crate) fn refresh(
    cx: &Cx<'_>,
    slot: &Slot,
    request: &Refresh<'_>,
) -> Result<AuthenticationResult> {
    Ok(renew(cx, slot, request)?.sign(&slot.keys))
}

fn renew(cx: &Cx<'_>, slot: &Slot, request: &Refresh<'_>) -> Result<Grant> {
    let event = {
        let pool = slot.read();
        let (client, id, _) = judge(cx, &pool, request)?;
        let user = pool.users.get(id).ok_or(Error::RefreshTokenInvalid)?;
        let source = Source::RefreshTokens;
        tokens::event(&pool, user, &client.id, source, request.metadata)
    };
    let customization = token_generation::run(event, cx.world)?;
    let mut pool = slot.write();
    let (client, id, sign_in) = judge(cx, &pool, request)?;
    let user = pool.users.get(id).ok_or(Error::RefreshTokenInvalid)?;
    let mut grant = tokens::renew(cx, &pool, client, user, sign_in, &customization);
    let rotates = client.settings.rotates();
    let sign_in = sign_in.id.clone();
    if rotates {
        let new = refresh_token::new(&cx.world.chance);
        let old = digest(request.token);
        pool.replace_refresh_token(id, &sign_in, old, digest(&new), cx.now());
        grant = tokens::with_refresh_token(grant, new);
    }
    pool.note_activity(id, &sign_in, cx.now());
    Ok(grant)
}

/// Judges the token, and finds the sign-in that it belongs to.
fn judge<'a>(
    cx: &Cx<'_>,
    pool: &'a Pool,
    request: &Refresh<'_>,
) -> Result<(&'a Client, UserId, &'a SignIn)> {
    let client = pool.client(request.client_id)?;
    let digest = digest(request.token);
    let owner = pool
        .refresh_tokens
        .get(&digest)
        .and_then(|(id, sign_in)| Some((*id, pool.users.get(*id)?, sign_in)));
    let username = owner.map(|(_, user, _)| &*user.username);
    judge_client(client, username, request.by)?;
    let (invalid, reused) = match request.by {
        // An operation that knows no rotation has no exception for it either.
        By::Flow { .. } => (Error::RefreshTokenInvalid, Error::RefreshTokenRevoked),
        By::Operation { .. } => (Error::RefreshTokenUnknown, Error::RefreshTokenReused),
    };
    let (id, user, sign_in) = owner.ok_or(invalid.clone())?;
    let sign_in = user
        .sign_ins
        .iter()
        .find(|kept| kept.id == *sign_in && *kept.client_id == *client.id)
        .ok_or(invalid.clone())?;
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    if sign_in.revoked {
        return Err(Error::RefreshTokenRevoked);
    }
    if cx.now() >= sign_in.expires_at {
        return Err(Error::RefreshTokenExpired);
    }
    let mut tokens = sign_in.refresh_tokens.iter();
    let replaced_at = tokens.find_map(|token| token.replaced_at.filter(|_| token.digest == digest));
    let grace = client.settings.rotation_grace();
    if replaced_at.is_some_and(|at| cx.now() >= at.plus(grace)) {
        return Err(reused);
    }
    if !pool.may_refresh_from(user, sign_in, request.device) {
        return Err(invalid);
    }
    Ok((client, id, sign_in))
}

/// Judges what the client sent of its secret, and whether it may refresh so.
///
/// `SECRET_HASH` is over the internal username of the token's user (section
/// 5b). A client whose refresh tokens rotate does not allow the flow; one whose
/// do not has to allow it for the operation too (inferred, as the sentence is).
fn judge_client(client: &Client, username: Option<&str>, by: By<'_>) -> Result<()> {
    let settings = &client.settings;
    let allows = match by {
        By::Flow { secret_hash } => {
            client.check_secret_hash_sent(secret_hash)?;
            if let Some(username) = username {
                client.check_secret_hash(username, secret_hash)?;
            }
            settings.allows("REFRESH_TOKEN_AUTH") && !settings.rotates()
        }
        By::Operation { secret } => {
            if secret.is_none() && client.has_secret() {
                return Err(Error::ClientSecretMissing);
            }
            if !client.knows_secret(secret) {
                return Err(Error::ClientOrSecretInvalid);
            }
            settings.allows("REFRESH_TOKEN_AUTH") || settings.rotates()
        }
    };
    if allows {
        Ok(())
    } else {
        Err(Error::AuthFlowNotEnabled)
    }
}
