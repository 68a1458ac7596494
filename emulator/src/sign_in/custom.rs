//! `CUSTOM_AUTH`: a sign-in that the pool's functions direct.
//!
//! `DefineAuthChallenge` receives the challenges passed so far and decides the next step:
//! tokens, the end, a challenge of the pool's own, or one of Cognito's.
//! `CreateAuthChallenge` creates the pool's own challenge and
//! `VerifyAuthChallengeResponse` checks the answer. Each function runs without the pool's
//! lock, so the session of an answer is checked again before it is closed.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow.html>

use super::{
    AuthRequest, ChallengeResponse, ClientAndDevice, NO_METADATA, Next, OpenSession, Parameters,
    next, pre_auth, required, srp,
};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Custom, Step};
use crate::state::user::{Status, User};
use crate::state::users::UserId;
use crate::triggers::challenge::{self, AnswerVerification, CallContext, Created, Decision};

/// Starts the flow, without a credential or with the public value of an SRP
/// exchange.
pub(super) fn custom_auth(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
    username: &str,
) -> Result<Next> {
    let by_srp = request.parameters.get("CHALLENGE_NAME").map(String::as_str) == Some("SRP_A");
    let public = by_srp
        .then(|| srp::public_value(request.parameters))
        .transpose()?;
    pre_auth::pre_authentication(cx, handle, request, username)?;
    let mut custom = begin(&handle.read(), request.client_id, username)?;
    if let Some(public) = public {
        custom.public = Some(public);
        custom.history.push(Step::passed("SRP_A"));
    }
    let context = CallContext {
        client_id: request.client_id,
        metadata: &NO_METADATA,
    };
    decide(cx, handle, context, &request.client_device(), custom, None)
}

/// Finds the user `username`. An unknown one is accepted if the client hides
/// users.
fn begin(pool: &Pool, client_id: &str, username: &str) -> Result<Custom> {
    let hides_users = pool.client(client_id)?.settings.hides_users();
    let id = pool.users.find(username);
    match id.and_then(|id| pool.users.get(id)) {
        Some(user) => check_status(user, hides_users)?,
        None if hides_users => {}
        None => return Err(Error::UserNotFound),
    }
    Ok(Custom {
        user: id,
        username: username.into(),
        public: None,
        history: Vec::new(),
    })
}

/// Checks that a user may sign in. A user without a permanent password may (inferred). A
/// client that hides users gets the reasons that depend on the status only after a proof
/// (`unproved` is false), as with a password.
fn check_status(user: &User, unproved: bool) -> Result<()> {
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    match user.status {
        Status::Unconfirmed if !unproved => Err(Error::NotConfirmed),
        Status::ResetRequired if !unproved => Err(Error::PasswordResetRequired),
        _ => Ok(()),
    }
}

/// Runs `VerifyAuthChallengeResponse` for the answer to a custom challenge, and continues
/// after a right or a wrong answer. `DefineAuthChallenge` decides how many attempts are
/// allowed.
pub(super) fn respond_to_custom_challenge(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
    open: OpenSession<'_>,
) -> Result<Next> {
    let (Challenge::Custom { private, metadata }, Some(mut custom)) = (open.challenge, open.custom)
    else {
        return Err(Error::SessionInvalid);
    };
    let answer = required(response.responses, "ANSWER")?;
    let context = CallContext {
        client_id: response.client_id,
        metadata: response.metadata,
    };
    let event = challenge::verify(&handle.read(), &custom, context, &private, answer);
    let event = event.ok_or(Error::CustomAuthNotConfigured)?;
    let verdict: AnswerVerification = event.run(cx.world)?;
    custom.history.push(Step {
        challenge: "CUSTOM_CHALLENGE".into(),
        passed: verdict.answer_correct == Some(true),
        metadata,
    });
    decide(
        cx,
        handle,
        context,
        client_device,
        *custom,
        Some(open.string),
    )
}

/// Continues after one of Cognito's challenges. The next challenge that Cognito requires
/// comes first, for example a second factor after a password (documented).
pub(super) fn after_challenge(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
    mut custom: Custom,
    next: Next,
) -> Result<Next> {
    custom.history.push(Step::passed(response.challenge));
    match next {
        Next::Proved(_) => {
            let context = CallContext {
                client_id: response.client_id,
                metadata: response.metadata,
            };
            decide(cx, handle, context, client_device, custom, None)
        }
        Next::Challenge {
            session: Some(ref string),
            ..
        } => {
            handle.write().sessions.direct(string, custom);
            Ok(next)
        }
        other => Ok(other),
    }
}

/// Runs `DefineAuthChallenge` and carries out its decision. `answered` is the session
/// that was answered.
fn decide(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    context: CallContext<'_>,
    client_device: &ClientAndDevice<'_>,
    custom: Custom,
    answered: Option<&str>,
) -> Result<Next> {
    let event = challenge::define(&handle.read(), &custom, context);
    let event = event.ok_or(Error::CustomAuthNotConfigured)?;
    let decision: Decision = event.run(cx.world)?;
    if decision.fail_authentication == Some(true) {
        close(cx, &mut handle.write(), answered)?;
        return Err(Error::BadCredentials);
    }
    if decision.issue_tokens == Some(true) {
        let mut pool = handle.write();
        close(cx, &mut pool, answered)?;
        let id = custom.user.ok_or(Error::BadCredentials)?;
        check_status(pool.users.get(id).ok_or(Error::UserNotFound)?, false)?;
        return Ok(Next::Proved(id));
    }
    let name = decision.challenge_name.as_deref();
    if name == Some("CUSTOM_CHALLENGE") {
        return ask(cx, handle, context, client_device, custom, answered);
    }
    if name == Some("PASSWORD_VERIFIER") {
        return ask_password(cx, handle, client_device, custom, answered);
    }
    let mut pool = handle.write();
    close(cx, &mut pool, answered)?;
    // An unknown user has no factor.
    let id = custom.user.ok_or(Error::BadCredentials)?;
    let pool = &mut *pool;
    let next = match name {
        Some("NEW_PASSWORD_REQUIRED") => next::ask_new_password(cx, pool, id, client_device),
        Some("SMS_MFA") => next::ask_factor(cx, pool, id, client_device, Factor::SmsMfa),
        Some("EMAIL_OTP") => next::ask_factor(cx, pool, id, client_device, Factor::EmailOtp),
        Some("SOFTWARE_TOKEN_MFA") => {
            next::ask_factor(cx, pool, id, client_device, Factor::SoftwareTokenMfa)
        }
        // The function returned neither a decision nor a challenge that it may choose.
        // The error is inferred.
        _ => Err(Error::LambdaOutputUnrecognizable),
    }?;
    if let Next::Challenge {
        session: Some(string),
        ..
    } = &next
    {
        pool.sessions.direct(string, custom);
    }
    Ok(next)
}

/// Runs `CreateAuthChallenge` and returns the custom challenge.
fn ask(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    context: CallContext<'_>,
    client_device: &ClientAndDevice<'_>,
    custom: Custom,
    answered: Option<&str>,
) -> Result<Next> {
    let event = challenge::create(&handle.read(), &custom, context);
    let event = event.ok_or(Error::CustomAuthNotConfigured)?;
    let created: Created = event.run(cx.world)?;
    let mut pool = handle.write();
    close(cx, &mut pool, answered)?;
    let mut parameters: Parameters = created.public.unwrap_or_default();
    let name = custom.name(&pool);
    parameters.insert("USERNAME".to_owned(), name);
    let challenge = Challenge::Custom {
        private: created.private.unwrap_or_default(),
        metadata: created.challenge_metadata.map(Into::into),
    };
    let user = custom.user.unwrap_or(UserId::UNKNOWN);
    let session = next::open_session(cx, &mut pool, user, client_device, challenge)?;
    pool.sessions.direct(&session, custom);
    Ok(Next::Custom {
        session,
        parameters,
    })
}

/// Returns `PASSWORD_VERIFIER`, with the public value from the start of the sign-in.
fn ask_password(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    client_device: &ClientAndDevice<'_>,
    mut custom: Custom,
    answered: Option<&str>,
) -> Result<Next> {
    // Without a public value `PASSWORD_VERIFIER` is not possible (documented; the
    // sentence is inferred).
    let public = custom
        .public
        .take()
        .ok_or(Error::LambdaOutputUnrecognizable)?;
    let parameters = srp::begin(cx, handle, client_device, &custom.username, public)?;
    let mut pool = handle.write();
    close(cx, &mut pool, answered)?;
    if let Some(block) = parameters.get("SECRET_BLOCK") {
        pool.sessions.direct(block, custom);
    }
    Ok(Next::Challenge {
        name: "PASSWORD_VERIFIER",
        session: None,
        parameters,
        draft: None,
        available: Vec::new(),
    })
}

/// Closes the session that was answered, unless another answer closed it first.
fn close(cx: &Cx<'_>, pool: &mut Pool, answered: Option<&str>) -> Result<()> {
    let Some(string) = answered else {
        return Ok(());
    };
    pool.sessions.find(string)?.check_open(cx.now())?;
    pool.sessions.close(string);
    Ok(())
}

#[cfg(test)]
mod tests;
