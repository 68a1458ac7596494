//! `RespondToAuthChallenge` and `AdminRespondToAuthChallenge`: dispatch by
//! challenge.

use super::finish::{CallInfo, finish};
use super::{
    Answer, ChallengeResponse, ClientAndDevice, Next, OpenSession, Parameters, check_code, choice,
    custom, device, find_named_user, next, required, srp, step_up,
};
use crate::auth::assurance::Method;
use crate::auth::password::PasswordWay;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::state::PoolHandle;
use crate::state::assurance::Progress;
use crate::state::client::Client;
use crate::state::given::AttributeSource;
use crate::state::mfa::{Factor, Second};
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Custom};
use crate::state::status::{Transition, after};
use crate::state::user::{Status, User};
use crate::state::users::UserId;
use crate::triggers::token_generation::Source;

/// Checks an answer to a challenge and continues the sign-in.
pub(crate) fn respond(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
) -> Result<Answer> {
    if response.responses.is_empty() {
        return Err(Error::ChallengeResponsesMissing);
    }
    let device = device::of_response(&handle.read(), response);
    let client_device = response.client_device(device.as_deref());
    let (next, progress) = proceed(cx, handle, response, &client_device)?;
    let source = match response.challenge {
        "DEVICE_PASSWORD_VERIFIER" => Source::AuthenticateDevice,
        "NEW_PASSWORD_REQUIRED" => Source::NewPasswordChallenge,
        _ => Source::Authentication,
    };
    let call = CallInfo {
        client_device: &client_device,
        typed: response.responses.get("USERNAME").map(String::as_str),
        source,
        metadata: response.metadata,
        progress: &progress,
    };
    finish(cx, handle, &call, next)
}

/// Checks an answer to a challenge. Returns the next step, and how far the sign-in has come.
///
/// A wrong answer leaves the session open (R85); a right one closes it (R82).
pub(super) fn proceed(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
) -> Result<(Next, Progress)> {
    let mut progress = step_up::progress_of(&handle.read(), response);
    let (next, method) = prove(cx, handle, response, client_device)?;
    if let Some(method) = method {
        progress.complete(method);
    }
    Ok((next, progress))
}

/// Checks an answer to a challenge. Returns the next step, and the method that the answer completes.
fn prove(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
) -> Result<(Next, Option<Method>)> {
    let next = match response.challenge {
        "PASSWORD_VERIFIER" => {
            let (next, custom) =
                srp::respond_to_password_verifier(cx, handle, response, client_device)?;
            let next = continue_custom(cx, handle, response, client_device, custom, next)?;
            return Ok((next, Some(Method::Password)));
        }
        "CUSTOM_CHALLENGE" => {
            let open = check_session(cx, &handle.read(), response)?;
            custom::respond_to_custom_challenge(cx, handle, response, client_device, open)?
        }
        "DEVICE_SRP_AUTH" => device::respond_to_device_srp(cx, handle, response)?,
        "DEVICE_PASSWORD_VERIFIER" => {
            device::respond_to_device_password_verifier(cx, handle, response)?
        }
        _ if choice::is_answered(&handle.read(), response) => {
            return choice::respond_to_choice(cx, handle, response, client_device);
        }
        _ => {
            let mut pool = handle.write();
            let open = check_session(cx, &pool, response)?;
            let next = check_answer(cx, &mut pool, response, client_device, &open)?;
            pool.sessions.close(open.string);
            drop(pool);
            let custom = open.custom.map(|custom| *custom);
            let next = continue_custom(cx, handle, response, client_device, custom, next)?;
            return Ok((next, second_factor(&open.challenge)));
        }
    };
    Ok((next, None))
}

/// The method of the second factor that `challenge` asks for.
fn second_factor(challenge: &Challenge) -> Option<Method> {
    match challenge {
        Challenge::SmsMfa { .. } => Some(Method::Sms),
        Challenge::EmailOtp { .. } => Some(Method::Email),
        Challenge::SoftwareTokenMfa | Challenge::MfaSetup { .. } => Some(Method::Totp),
        _ => None,
    }
}

/// In a custom sign-in, lets the pool's functions decide the next step.
fn continue_custom(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
    custom: Option<Custom>,
    next: Next,
) -> Result<Next> {
    match custom {
        Some(custom) => custom::after_challenge(cx, handle, response, client_device, custom, next),
        None => Ok(next),
    }
}

/// Checks everything except the answer itself.
fn check_session<'a>(
    cx: &Cx<'_>,
    pool: &Pool,
    response: &ChallengeResponse<'a>,
) -> Result<OpenSession<'a>> {
    let client = pool.client(response.client_id)?;
    let (username, named) = find_named_user(pool, client, response.responses)?;
    let string = response.session()?;
    let session = pool.sessions.find(string)?;
    let custom = session.custom.as_deref();
    let is_unknown = custom.is_some_and(|custom| custom.is_unknown_user(pool, username));
    // R83. The same sentence for an answer to another challenge is inferred.
    if *session.client_id != *client.id
        || !is_unknown && named != Some(session.user)
        || session.challenge.name() != response.challenge
    {
        return Err(Error::SessionInvalid);
    }
    session.check_open(cx.now())?;
    if !is_unknown {
        let user = pool.users.get(session.user).ok_or(Error::UserNotFound)?;
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        // An administrator may have reset the password in the meantime.
        if user.status == Status::ResetRequired {
            return Err(Error::PasswordResetRequired);
        }
    }
    Ok(OpenSession {
        string,
        user: session.user,
        challenge: session.challenge.clone(),
        custom: session.custom.clone(),
    })
}

/// Checks the answer. Returns the next step.
fn check_answer(
    cx: &Cx<'_>,
    pool: &mut Pool,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
    open: &OpenSession<'_>,
) -> Result<Next> {
    let responses = response.responses;
    let id = open.user;
    match &open.challenge {
        Challenge::NewPasswordRequired => {
            new_password(cx, pool, client_device.client_id, id, responses)?;
            let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
            // If MFA is required and not set up, the status changes after the setup (fact
            // 4a). The password changes at once (inferred).
            if !matches!(pool.second_step(user), Second::SetUp(_)) {
                confirm(cx, pool, id)?;
            }
            next::after_new_password(cx, pool, id, client_device)
        }
        Challenge::SmsMfa { code } => {
            check_code(required(responses, "SMS_MFA_CODE")?, code)?;
            Ok(Next::Proved(id))
        }
        Challenge::EmailOtp { code } => {
            check_code(required(responses, "EMAIL_OTP_CODE")?, code)?;
            Ok(Next::Proved(id))
        }
        Challenge::SoftwareTokenMfa => {
            let code = required(responses, "SOFTWARE_TOKEN_MFA_CODE")?;
            pool.use_totp(id, code, cx.now())?;
            Ok(Next::Proved(id))
        }
        Challenge::SelectMfaType { factors } => {
            let answer = required(responses, "ANSWER")?;
            let chosen = factors.iter().find(|factor| {
                // The guide writes EMAIL_MFA in some places.
                factor.as_str() == answer || **factor == Factor::EmailOtp && answer == "EMAIL_MFA"
            });
            let chosen = chosen.ok_or(Error::MfaMethodNotFound)?;
            next::ask_factor(cx, pool, id, client_device, *chosen)
        }
        // Only `VerifySoftwareToken` returns a session that is ready. The sentence for
        // any other session is inferred.
        Challenge::MfaSetup { ready: false }
        | Challenge::PasswordVerifier { .. }
        | Challenge::Custom { .. }
        | Challenge::Choice(_)
        | Challenge::Decoy { .. }
        | Challenge::SignedUp
        | Challenge::Confirmed { .. }
        | Challenge::DeviceSrpAuth { .. }
        | Challenge::DevicePasswordVerifier { .. } => Err(Error::SessionInvalid),
        Challenge::MfaSetup { ready: true } => {
            confirm(cx, pool, id)?;
            Ok(Next::Proved(id))
        }
    }
}

/// The prefix of attributes in `ChallengeResponses`.
const ATTRIBUTE_PREFIX: &str = "userAttributes.";

/// Changes the status of a user whose temporary password was replaced.
fn confirm(cx: &Cx<'_>, pool: &mut Pool, id: UserId) -> Result<()> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if user.status != Status::ForceChangePassword {
        return Ok(());
    }
    let status = after(user.status, Transition::ReplaceTemporary)?;
    pool.edit_id(id, cx.now(), |user| {
        user.status = status;
        Ok(())
    })
}

/// Replaces a temporary password, and sets the attributes that come with it.
fn new_password(
    cx: &Cx<'_>,
    pool: &mut Pool,
    client_id: &str,
    id: UserId,
    responses: &Parameters,
) -> Result<()> {
    let password = required(responses, "NEW_PASSWORD")?;
    let attributes: Vec<Attribute> = responses
        .iter()
        .filter_map(|(name, value)| {
            Some(Attribute {
                name: name.strip_prefix(ATTRIBUTE_PREFIX)?.to_owned(),
                value: value.clone(),
            })
        })
        .collect();
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    after(user.status, Transition::ReplaceTemporary)?;
    check_attributes(pool, pool.client(client_id)?, user, id, &attributes)?;
    let way = PasswordWay::Existing;
    let verifier = pool.new_password(cx.world, user, password, way)?;
    pool.edit_id(id, cx.now(), |user| {
        for Attribute { name, value } in &attributes {
            user.attributes.set(name, value);
            if matches!(name.as_str(), "email" | "phone_number") {
                user.attributes.set(&format!("{name}_verified"), "false");
            }
        }
        user.set_password(verifier, None);
        Ok(())
    })
}

/// Checks the attributes that come with a new password. The order of these checks is
/// inferred, and so is their place before the checks of the password.
fn check_attributes(
    pool: &Pool,
    client: &Client,
    user: &User,
    id: UserId,
    attributes: &[Attribute],
) -> Result<()> {
    for attribute in attributes {
        let name = &attribute.name;
        // R92.
        if name == "sub" || user.attribute(name).is_some() {
            return Err(Error::AttributeAlreadyProvided {
                attribute: name.clone(),
            });
        }
        let known = pool.schema.get(name);
        if known.is_some() {
            let names = std::iter::once(name.as_str());
            pool.check_given_names(AttributeSource::NewPassword, Some(client), names)?;
        }
        // A required attribute may be set here even if it is immutable
        // (inferred).
        if known.is_some_and(|known| known.required) {
            pool.schema.check_new(std::slice::from_ref(attribute))?;
        } else {
            pool.schema.check_update(attribute)?;
        }
    }
    pool.check_alias_form(AttributeSource::NewPassword, attributes)?;
    let mut later = user.attributes.clone();
    for Attribute { name, value } in attributes {
        later.set(name, value);
    }
    if let Some(taken) = pool.taken(&later, Some(id)).into_iter().next() {
        return Err(taken.refusal());
    }
    // R93.
    let given = |name: &str| {
        attributes
            .iter()
            .any(|a| a.name == name && !a.value.is_empty())
    };
    match pool.missing_attributes(user).find(|name| !given(name)) {
        Some(name) => Err(Error::RequiredAttributeMissing {
            attribute: name.to_owned(),
        }),
        None => Ok(()),
    }
}
