//! The beginning of a sign-in.

use super::end::{End, end};
use super::refresh::refresh_by_flow;
use super::{
    Answer, Parameters, Visit, choice, custom, device, password, required, secret_hash, srp,
};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::Slot;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::triggers::Metadata;
use crate::triggers::token_generation::Source;

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
    /// `ClientMetadata`.
    pub(crate) metadata: &'a Metadata,
    /// The session of a sign-up that was just confirmed.
    pub(crate) session: Option<&'a str>,
}

impl Start<'_> {
    /// The sign-in that begins.
    pub(super) fn visit(&self) -> Visit<'_> {
        Visit {
            client_id: self.client_id,
            device: device::key(self.parameters),
        }
    }
}

/// What triggers after the first proof are told by the call that makes it:
/// nothing. `ClientMetadata` of `InitiateAuth` is for those before it, says its
/// documentation.
pub(super) static NO_METADATA: Metadata = Metadata::new();

/// Signs in, as far as one call goes.
///
/// Each flow is a file that takes locks of its own, lets triggers run between
/// them, and says what comes next.
pub(crate) fn start(cx: &Cx<'_>, slot: &Slot, start: &Start<'_>) -> Result<Answer> {
    if matches!(start.flow, "REFRESH_TOKEN" | "REFRESH_TOKEN_AUTH") {
        return Ok(Answer::tokens(
            refresh_by_flow(cx, slot, start)?,
            &slot.keys,
        ));
    }
    let username = {
        let pool = slot.read();
        gate(&pool, pool.client(start.client_id)?, start)?
    };
    let next = match start.flow {
        "USER_SRP_AUTH" => srp::start(cx, slot, start, username)?,
        "CUSTOM_AUTH" => custom::start(cx, slot, start, username)?,
        "USER_AUTH" => choice::start(cx, slot, start, username)?,
        _ => password::start(cx, slot, start, username)?,
    };
    let as_it_ends = End {
        visit: &start.visit(),
        typed: None,
        source: Source::Authentication,
        metadata: &NO_METADATA,
    };
    end(cx, slot, &as_it_ends, next)
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
        "USER_AUTH" => pool.judge_tier("Choice-based Sign-In")?,
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
