//! `InitiateAuth` and `AdminInitiateAuth`: dispatch by authentication flow.

use super::finish::{CallInfo, finish};
use super::refresh::refresh_token_auth;
use super::{
    Answer, AuthRequest, Caller, NO_METADATA, Next, choice, custom, password, required,
    secret_hash, srp,
};
use crate::auth::assurance::Method;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::assurance::Progress;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::triggers::token_generation::Source;

/// Starts a sign-in, and continues it as far as one call can.
pub(crate) fn initiate(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
) -> Result<Answer> {
    if matches!(request.flow, "REFRESH_TOKEN" | "REFRESH_TOKEN_AUTH") {
        return Ok(Answer::tokens(
            refresh_token_auth(cx, handle, request)?,
            cx.state,
            &handle.keys,
        ));
    }
    let (next, progress) = start(cx, handle, request)?;
    let call = CallInfo {
        client_device: &request.client_device(),
        typed: None,
        source: Source::Authentication,
        metadata: &NO_METADATA,
        progress: &progress,
    };
    finish(cx, handle, &call, next)
}

/// Checks the first credential, if the request has one. Returns the next step, and how far the
/// sign-in has come.
///
/// Each flow has its own file. A flow takes its locks itself, and runs triggers while it
/// has no lock.
pub(super) fn start(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
) -> Result<(Next, Progress)> {
    let username = {
        let pool = handle.read();
        check_flow(&pool, pool.client(request.client_id)?, request)?
    };
    let (next, methods): (_, &[Method]) = match request.flow {
        "USER_AUTH" => return choice::user_auth(cx, handle, request, username),
        "USER_SRP_AUTH" => (srp::user_srp_auth(cx, handle, request, username)?, &[]),
        "CUSTOM_AUTH" => (custom::custom_auth(cx, handle, request, username)?, &[]),
        _ => {
            let next = password::user_password_auth(cx, handle, request, username)?;
            (next, &[Method::Password])
        }
    };
    Ok((next, Progress::of(methods)))
}

/// Checks that the client allows the flow. Returns the username that the request names.
///
/// The order of the checks is fact 2.17: `SECRET_HASH`, which needs the
/// username, comes before the flow.
fn check_flow<'a>(pool: &Pool, client: &Client, request: &AuthRequest<'a>) -> Result<&'a str> {
    let AuthRequest {
        caller,
        flow,
        parameters,
        ..
    } = *request;
    let by_admin = matches!(flow, "ADMIN_NO_SRP_AUTH" | "ADMIN_USER_PASSWORD_AUTH");
    if by_admin && caller == Caller::App || flow == "USER_PASSWORD_AUTH" && caller == Caller::Admin
    {
        return Err(Error::InitiateAuthMethodNotSupported);
    }
    let username = required(parameters, "USERNAME")?;
    if caller == Caller::Page {
        return Ok(username);
    }
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
        "USER_AUTH" => pool.check_tier("Choice-based Sign-In")?,
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
    Ok(username)
}
