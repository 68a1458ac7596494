//! The beginning of a sign-in.

use super::{Answer, Next, Parameters, next, required, secret_hash, srp, tokens};
use crate::auth::digest;
use crate::error::{Error, Result};
use crate::ops::Cx;
use crate::state::Slot;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::state::user::Status;
use crate::state::users::UserId;
use crate::world::Time;

/// Who calls: some flows are for one of them only (R67).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// `InitiateAuth`.
    App,
    /// `AdminInitiateAuth`.
    Admin,
}

/// A request to sign in.
pub(crate) struct Start<'a> {
    pub(crate) caller: Caller,
    pub(crate) client_id: &'a str,
    pub(crate) flow: &'a str,
    pub(crate) parameters: &'a Parameters,
}

/// Signs in, as far as one call goes.
pub(crate) fn start(cx: &Cx<'_>, slot: &Slot, start: &Start<'_>) -> Result<Answer> {
    if start.flow == "USER_SRP_AUTH" {
        let username = {
            let pool = slot.read();
            gate(&pool, pool.client(start.client_id)?, start)?
        };
        return Ok(srp::start(cx, slot, start, username)?.answer(&slot.keys));
    }
    let step = {
        let mut pool = slot.write();
        let client = pool.client(start.client_id)?;
        match start.flow {
            "REFRESH_TOKEN" | "REFRESH_TOKEN_AUTH" => {
                refresh(cx, &mut pool, start.client_id, start.parameters)?
            }
            _ => {
                let username = gate(&pool, client, start)?;
                let password = required(start.parameters, "PASSWORD")?;
                by_password(cx, &mut pool, start.client_id, username, password)?
            }
        }
    };
    Ok(step.answer(&slot.keys))
}

/// Judges a flow that names a user, and says whom.
///
/// The order is the sheet's 2.17: `SECRET_HASH`, which needs the username, comes
/// before the flow.
fn gate<'a>(pool: &Pool, client: &Client, start: &Start<'a>) -> Result<&'a str> {
    let Start {
        caller,
        flow,
        parameters,
        ..
    } = *start;
    let by_admin = matches!(flow, "ADMIN_NO_SRP_AUTH" | "ADMIN_USER_PASSWORD_AUTH");
    if by_admin && caller == Caller::App || flow == "USER_PASSWORD_AUTH" && caller == Caller::Admin
    {
        return Err(Error::InitiateAuthMethodNotSupported);
    }
    let username = required(parameters, "USERNAME")?;
    client.check_secret_hash(username, secret_hash(parameters))?;

    let settings = &client.settings;
    let flow_name = || flow.to_owned();
    match flow {
        _ if by_admin => {
            if !settings.allows("ADMIN_USER_PASSWORD_AUTH") {
                return Err(Error::AuthFlowNotEnabled);
            }
        }
        "USER_PASSWORD_AUTH" | "USER_AUTH" => {
            if !settings.allows(flow) {
                return Err(Error::FlowNotEnabled { flow: flow_name() });
            }
        }
        _ => {
            if !settings.allows(flow) {
                return Err(Error::FlowIsNotEnabled { flow: flow_name() });
            }
        }
    }
    match flow {
        "USER_AUTH" if pool.settings.user_pool_tier == "LITE" => {
            return Err(Error::FeatureUnavailable {
                tier: pool.settings.user_pool_tier.clone(),
                feature: "Choice-based Sign-In".to_owned(),
            });
        }
        "CUSTOM_AUTH"
            if !pool
                .settings
                .lambda_config
                .contains_key("DefineAuthChallenge") =>
        {
            return Err(Error::CustomAuthNotConfigured);
        }
        _ => {}
    }
    if matches!(flow, "USER_AUTH" | "CUSTOM_AUTH") {
        let operation = match caller {
            Caller::App => "InitiateAuth",
            Caller::Admin => "AdminInitiateAuth",
        };
        return Err(Error::NotImplemented {
            operation: format!("{operation} with {flow}"),
        });
    }
    Ok(username)
}

fn by_password(
    cx: &Cx<'_>,
    pool: &mut Pool,
    client_id: &str,
    username: &str,
    password: &str,
) -> Result<Next> {
    // Both initiating operations hide users where the client asks for it:
    // https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html
    let hides_users = pool.client(client_id)?.settings.hides_users();
    let id = pool.find(username).map_err(|unknown| {
        if hides_users {
            Error::BadCredentials
        } else {
            unknown
        }
    })?;
    prove_password(pool, id, password, hides_users, cx.now())?;
    next::after_password(cx, pool, id, client_id)
}

/// Judges a password, and what of the user's state stands before it.
///
/// An unconfirmed user, or one who has to reset the password, is told so
/// whatever the password (R31, R34); a client that hides users tells it only to
/// who knows the password (R32, R35).
fn prove_password(
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
    let standing = match user.status {
        Status::Unconfirmed => Err(Error::NotConfirmed),
        Status::ResetRequired => Err(Error::PasswordResetRequired),
        Status::Confirmed | Status::ForceChangePassword | Status::ExternalProvider => Ok(()),
    };
    if !hides_users {
        standing.clone()?;
    }
    let attempts = user.attempts;
    if attempts.locked_until(now).is_some() {
        pool.users
            .touch(id, |user| user.attempts = attempts.refused(now));
        return Err(Error::PasswordAttemptsExceeded);
    }
    let right = user
        .password
        .is_some_and(|kept| kept.verifies(pool.short_name(), &user.username, password));
    if !right {
        pool.users
            .touch(id, |user| user.attempts = attempts.failed(now));
        return Err(Error::BadCredentials);
    }
    // Read before the user is written to.
    let expired = user.status == Status::ForceChangePassword
        && user
            .temporary_since
            .is_some_and(|since| now >= since.plus(pool.temporary_password_lifetime()));
    pool.users
        .touch(id, |user| user.attempts = attempts.succeeded());
    standing?;
    // That a wrong password is told first is inferred.
    if expired {
        return Err(Error::TemporaryPasswordExpired);
    }
    Ok(())
}

/// New ID and access tokens for a refresh token.
///
/// `SECRET_HASH` is over the internal username of the token's user (section
/// 5b). A client whose refresh tokens rotate does not allow this flow; the
/// sentence is inferred.
fn refresh(cx: &Cx<'_>, pool: &mut Pool, client_id: &str, parameters: &Parameters) -> Result<Next> {
    let client = pool.client(client_id)?;
    let token = required(parameters, "REFRESH_TOKEN")?;
    let hash = secret_hash(parameters);
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
    let grant = tokens::renew(cx, pool, client, user, sign_in);
    let sign_in = sign_in.id.clone();
    pool.note_activity(id, &sign_in, cx.now());
    Ok(Next::Tokens(grant))
}
