//! New tokens for a refresh token.

use super::tokens::{self, AuthenticationResult, Grant};
use super::{AuthRequest, NO_METADATA, device_key, required, secret_hash};
use crate::auth::{digest, refresh_token};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::state::token::{SignIn, Standing};
use crate::state::users::UserId;
use crate::triggers::Metadata;
use crate::triggers::token_generation::{self, Source};

/// A refresh token and the app client that presents it.
pub(crate) struct RefreshRequest<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) token: &'a str,
    /// `DEVICE_KEY`.
    pub(crate) device: Option<&'a str>,
    pub(crate) by: RefreshMethod<'a>,
    /// `ClientMetadata` for `PreTokenGeneration`.
    pub(crate) metadata: &'a Metadata,
}

/// The way in which tokens are refreshed, with the client's authentication.
#[derive(Clone, Copy)]
pub(crate) enum RefreshMethod<'a> {
    /// `REFRESH_TOKEN_AUTH`, with `SECRET_HASH`.
    Flow { secret_hash: Option<&'a str> },
    /// `GetTokensFromRefreshToken`, with the secret itself. Only this operation
    /// rotates refresh tokens.
    Operation { secret: Option<&'a str> },
}

/// `REFRESH_TOKEN_AUTH`.
pub(super) fn refresh_token_auth(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    auth: &AuthRequest<'_>,
) -> Result<Grant> {
    let request = RefreshRequest {
        client_id: auth.client_id,
        token: required(auth.parameters, "REFRESH_TOKEN")?,
        device: device_key(auth.parameters),
        by: RefreshMethod::Flow {
            secret_hash: secret_hash(auth.parameters),
        },
        metadata: &NO_METADATA,
    };
    renew(cx, handle, &request)
}

/// Issues new tokens for a refresh token of an app client of the pool at
/// `handle`.
pub(crate) fn refresh_tokens(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &RefreshRequest<'_>,
) -> Result<AuthenticationResult> {
    Ok(renew(cx, handle, request)?.sign(cx.state, &handle.keys))
}

/// Checks the token, runs the trigger, checks the token again, and issues new
/// tokens.
fn renew(cx: &Cx<'_>, handle: &PoolHandle, request: &RefreshRequest<'_>) -> Result<Grant> {
    let event = {
        let pool = handle.read();
        let (client, id, sign_in) = check_token(cx, &pool, request)?;
        let user = pool.users.get(id).ok_or(Error::RefreshTokenInvalid)?;
        let (source, oauth) = (Source::RefreshTokens, sign_in.oauth.as_deref());
        tokens::event(&pool, user, &client.id, source, oauth, request.metadata)
    };
    let customization = token_generation::run(event, cx.world)?;
    let mut pool = handle.write();
    let (client, id, sign_in) = check_token(cx, &pool, request)?;
    let user = pool.users.get(id).ok_or(Error::RefreshTokenInvalid)?;
    let rotates = client.settings.rotates();
    let old = digest(request.token);
    let origin = tokens::Origins {
        jti: &sign_in.origin_jti(&old, rotates),
        is_refresh: true,
    };
    let mut grant = tokens::renew(cx, &pool, client, user, sign_in, &origin, &customization);
    let sign_in = sign_in.id.clone();
    if rotates {
        let new = refresh_token::new(&cx.world.chance);
        pool.replace_refresh_token(id, &sign_in, old, digest(&new), cx.now());
        grant = tokens::with_refresh_token(grant, new);
    }
    pool.note_activity(id, &sign_in, cx.now());
    Ok(grant)
}

/// Checks the token. Returns the sign-in that it belongs to.
///
/// Each fault has its own sentence (R104 to R108). The order of the checks is
/// inferred, except that the client's secret comes first.
fn check_token<'a>(
    cx: &Cx<'_>,
    pool: &'a Pool,
    request: &RefreshRequest<'_>,
) -> Result<(&'a Client, UserId, &'a SignIn)> {
    let client = pool.client(request.client_id)?;
    let digest = digest(request.token);
    let owner = pool
        .refresh_tokens
        .get(&digest)
        .and_then(|(id, sign_in)| Some((*id, pool.users.get(*id)?, sign_in)));
    let username = owner.map(|(_, user, _)| &*user.username);
    check_client(client, username, request.by)?;
    let Some((id, user, sign_in)) = owner else {
        return Err(unknown_token(cx, pool, client, &digest));
    };
    let sign_in = user.sign_ins.iter().find(|kept| kept.id == *sign_in);
    let sign_in = sign_in.ok_or(Error::RefreshTokenInvalid)?;
    if *sign_in.client_id != *client.id {
        return Err(Error::RefreshTokenOfOtherClient);
    }
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    let rotates = client.settings.rotates();
    if sign_in.ended.is_some() {
        return Err(if rotates {
            Error::RotatedTokenRevoked
        } else {
            Error::RefreshTokenRevoked
        });
    }
    if cx.now() >= sign_in.expires_at {
        return Err(Error::RefreshTokenExpired);
    }
    let grace = client.settings.rotation_grace();
    match sign_in.standing(&digest) {
        Standing::Current => {}
        Standing::Replaced(at) if rotates && cx.now() < at.plus(grace) => {}
        _ if rotates => return Err(Error::RefreshTokenReused),
        _ => return Err(Error::RefreshTokenRevoked),
    }
    if !pool.may_refresh_from(user, sign_in, request.device) {
        return Err(Error::RefreshTokenOfOtherDevice);
    }
    Ok((client, id, sign_in))
}

/// The error for a token that belongs to no user: a token of a deleted user, or a text
/// that is not a token of the pool.
fn unknown_token(cx: &Cx<'_>, pool: &Pool, client: &Client, digest: &[u8; 32]) -> Error {
    match pool.deleted_users_tokens.get(digest) {
        Some(kept) if *kept.client_id != *client.id => Error::RefreshTokenOfOtherClient,
        Some(kept) if cx.now() < kept.expires_at => Error::RefreshTokenOfDeletedUser,
        _ => Error::RefreshTokenInvalid,
    }
}

/// Checks the client's secret, and that the client may refresh in this way.
///
/// `SECRET_HASH` is computed with the internal username of the token's user (fact 5b).
/// `ExplicitAuthFlows` do not affect refreshes (R65). A client that rotates refresh
/// tokens does not allow `REFRESH_TOKEN_AUTH`.
fn check_client(client: &Client, username: Option<&str>, by: RefreshMethod<'_>) -> Result<()> {
    match by {
        RefreshMethod::Flow { secret_hash } => {
            client.check_secret_hash_sent(secret_hash)?;
            if let Some(username) = username {
                let checked = client.check_secret_hash(username, secret_hash);
                checked.map_err(|error| match error {
                    Error::SecretHashMismatch { client } => {
                        Error::RefreshSecretHashMismatch { client }
                    }
                    error => error,
                })?;
            }
            if client.settings.rotates() {
                return Err(Error::RotationNotSupported);
            }
        }
        RefreshMethod::Operation { secret } => {
            let id = || client.id.clone();
            if secret.is_none() && client.has_secret() {
                return Err(Error::ClientSecretMissing { client: id() });
            }
            if !client.knows_secret(secret) {
                return Err(Error::SecretHashMismatch { client: id() });
            }
        }
    }
    Ok(())
}
