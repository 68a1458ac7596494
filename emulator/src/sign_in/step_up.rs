//! Step-up authentication: levels that a sign-in must reach, for the pages of the domain
//! (`acr_values`) and for `USER_AUTH` (`TARGET_ACR_VALUES`).
//!
//! `USER_AUTH` credits the methods of an access token. The credit and the methods that follow are
//! the progress of the sign-in, which its sessions keep.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#cognito-user-pools-step-up-user-auth>
//! (O43).

use serde_json::Value;

use super::{AuthRequest, ChallengeResponse, ClientAndDevice, Next, Parameters, next};
use crate::auth::assurance::{Level, Method};
use crate::auth::jwt;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::assurance::{Progress, Toward, Way};
use crate::state::first_factor::FirstFactor;
use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::session::Challenge;
use crate::state::user::Status;
use crate::state::users::UserId;

/// What a request of `USER_AUTH` asks for.
pub(super) struct StepUp {
    /// The levels, and the methods of the access token.
    pub(super) progress: Progress,
    /// The level of the access token, if it counts.
    level: Option<Level>,
}

impl StepUp {
    /// The levels that `request` asks for, with the credit of its access token.
    ///
    /// The guide names the errors for values that name no level, and for a token without
    /// `TARGET_ACR_VALUES` or of another user. That they come before the triggers, their sentences,
    /// and that an empty value counts as absent are inferred. `MAX_AGE` without a token has no
    /// effect, because such a sign-in is a new one.
    pub(super) fn of(cx: &Cx<'_>, handle: &PoolHandle, request: &AuthRequest<'_>) -> Result<Self> {
        let given = |name: &str| given(request.parameters, name);
        let mut step_up = Self {
            progress: Progress::default(),
            level: None,
        };
        let Some(values) = given("TARGET_ACR_VALUES") else {
            return match given("ACCESS_TOKEN") {
                Some(_) => Err(Error::MissingParameter {
                    parameter: "TARGET_ACR_VALUES".to_owned(),
                }),
                None => Ok(step_up),
            };
        };
        step_up.progress.targets = handle.read().levels_of(values);
        let invalid = |parameter: &str| Error::InvalidParameterValue {
            parameter: parameter.to_owned(),
        };
        if step_up.progress.targets.is_empty() {
            return Err(invalid("TARGET_ACR_VALUES"));
        }
        let most = given("MAX_AGE").map(|age| age.parse().map_err(|_| invalid("MAX_AGE")));
        let most = most.transpose()?;
        if let Some(token) = given("ACCESS_TOKEN") {
            step_up.credit(cx, handle, request, token, most)?;
        }
        Ok(step_up)
    }

    /// Credits the methods of the access token `token`, unless its sign-in is more than `most` seconds
    /// old.
    ///
    /// Inferred: the token may be of another app client of the pool, a token without `amr` gives no
    /// credit, and neither does one of a user whose password must be replaced.
    fn credit(
        &mut self,
        cx: &Cx<'_>,
        handle: &PoolHandle,
        request: &AuthRequest<'_>,
        token: &str,
        most: Option<u64>,
    ) -> Result<()> {
        let bearer = cx.bearer(token)?;
        let own = handle.read().id.clone();
        if bearer.handle.read().id != own {
            return Err(Error::AccessTokenInvalid);
        }
        let (pool, id) = bearer.read()?;
        let username = request.parameters.get("USERNAME");
        if username.and_then(|name| pool.users.find(name)) != Some(id) {
            return Err(Error::AccessTokenInvalid);
        }
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        let age = cx.now().seconds().saturating_sub(bearer.signed_in_at);
        let is_young = most.is_none_or(|most| u64::try_from(age).unwrap_or(0) <= most);
        if !is_young || user.status != Status::Confirmed {
            return Ok(());
        }
        let claims = jwt::decode(token).map_err(|_| Error::AccessTokenInvalid)?;
        let claims = Value::Object(claims.claims);
        // A name that the pool has changed since is no level; the methods count in any case (guide).
        let acr = claims["acr"].as_str().unwrap_or_default();
        self.level = pool.levels_of(acr).first().copied();
        let amr = claims["amr"].as_array().into_iter().flatten();
        let names = amr.filter_map(Value::as_str);
        self.progress.methods = names.filter_map(Method::named).collect();
        Ok(())
    }

    /// Chooses the level that the sign-in of `id` is for, the first one that the user can reach.
    /// Returns those of the first factors `available` that lead to it; `None` if the user has given
    /// one already. `id` is `None` for a user who does not exist.
    ///
    /// That only these factors are offered is inferred.
    pub(super) fn choose(
        &mut self,
        pool: &Pool,
        id: Option<UserId>,
        available: Vec<FirstFactor>,
    ) -> Result<Option<Vec<FirstFactor>>> {
        let progress = &mut self.progress;
        if progress.targets.is_empty() {
            return Ok(Some(available));
        }
        let way = match id {
            Some(id) => {
                let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
                let way = pool.way(user, progress, &available);
                // A required second factor that the token does not have is asked for in any case.
                let is_enough = |way: &Way| self.level >= Some(way.target);
                if way.as_ref().is_some_and(is_enough)
                    && pool.has_required_factor(user, &progress.methods)
                {
                    return Err(Error::LevelAlreadyReached);
                }
                way
            }
            None => Way::of_unknown(&progress.targets, &available),
        };
        let way = way.ok_or(Error::LevelUnreachable)?;
        progress.targets = vec![way.target];
        Ok(way.first)
    }
}

/// Continues a sign-in whose user has given a first factor before: by an access token, or at a
/// sign-up.
pub(super) fn go_on(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
    progress: &Progress,
) -> Result<Next> {
    if progress.methods.contains(&Method::Password) {
        next::after_password(cx, pool, id, client_device)
    } else {
        Ok(Next::Proved(id))
    }
}

/// How far the sign-in had come that `response` continues.
///
/// The block of a proof names its exchange. A session beside it may be of another sign-in.
pub(super) fn progress_of(pool: &Pool, response: &ChallengeResponse<'_>) -> Progress {
    let is_proof = response.challenge.ends_with("_VERIFIER");
    let string = if is_proof {
        given(response.responses, "PASSWORD_CLAIM_SECRET_BLOCK")
    } else {
        response.session
    };
    let session = string.and_then(|string| pool.sessions.find(string).ok());
    session
        .map(|session| session.progress.clone())
        .unwrap_or_default()
}

/// Records in the sessions of the challenge `next` how far the sign-in has come.
pub(super) fn keep(handle: &PoolHandle, progress: &Progress, next: &Next) {
    let Next::Challenge {
        session,
        parameters,
        ..
    } = next
    else {
        return;
    };
    if *progress == Progress::default() {
        return;
    }
    let mut pool = handle.write();
    for string in session.iter().chain(parameters.get("SECRET_BLOCK")) {
        pool.sessions.advance(string, progress.clone());
    }
}

/// The step that leads to the levels of `progress`: the second factor that reaches them, in place of
/// another one or of the end. `None` if the user has no such factor.
///
/// A factor that the pool or the user requires is asked for in any case, unless the access token has
/// it. The levels only choose among several such factors (guide).
pub(super) fn toward(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    client_device: &ClientAndDevice<'_>,
    progress: &Progress,
    next: Next,
) -> Result<Option<Next>> {
    if progress.targets.is_empty() {
        return Ok(Some(next));
    }
    let mut pool = handle.write();
    let (id, asked) = match &next {
        Next::Proved(id) | Next::Complete(id) => (*id, None),
        Next::Challenge {
            session: Some(session),
            ..
        } => {
            let open = pool.sessions.find(session)?;
            let is_factor = matches!(
                open.challenge,
                Challenge::SmsMfa { .. }
                    | Challenge::EmailOtp { .. }
                    | Challenge::SoftwareTokenMfa
                    | Challenge::SelectMfaType { .. }
            );
            if !is_factor {
                return Ok(Some(next));
            }
            (open.user, Some(open.challenge.name()))
        }
        _ => return Ok(Some(next)),
    };
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let is_credited = pool.has_required_factor(user, &progress.methods);
    let is_end = asked.is_none() || is_credited;
    let among = if is_end {
        Factor::ALL.to_vec()
    } else {
        pool.second_factors(user)
    };
    let step = pool.toward(user, &progress.assurance(), &progress.targets, &among);
    let next = match step {
        Toward::Ask(factor) if asked == Some(factor.as_str()) => return Ok(Some(next)),
        Toward::Ask(factor) => {
            let device = client_device;
            let other = next::ask_factor(cx, &mut pool, id, device, factor)?;
            close(&mut pool, &next);
            other
        }
        Toward::Reached if asked.is_some() && is_credited => {
            close(&mut pool, &next);
            Next::Proved(id)
        }
        Toward::Unreachable if is_end => return Ok(None),
        Toward::Reached | Toward::Unreachable => next,
    };
    Ok(Some(next))
}

fn close(pool: &mut Pool, next: &Next) {
    if let Some(session) = next.session() {
        pool.sessions.close(session);
    }
}

/// The kind of passkey, as the browser reports it (`authenticatorAttachment` of Web Authentication,
/// section 5.1).
pub(super) fn passkey(credential: &str) -> Method {
    let credential: Value = serde_json::from_str(credential).unwrap_or_default();
    if credential["authenticatorAttachment"] == "cross-platform" {
        Method::RoamingPasskey
    } else {
        Method::PlatformPasskey
    }
}

/// A parameter that is not empty.
fn given<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let value = parameters.get(name)?;
    (!value.is_empty()).then_some(value)
}
