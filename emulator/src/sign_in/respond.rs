//! Answers to challenges.

use super::end::{End, end};
use super::{
    Answer, Next, Parameters, Visit, choice, custom, device, next, required, secret_hash, srp,
};
use crate::auth::digest;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::shapes::user::Attribute;
use crate::state::Slot;
use crate::state::client::Client;
use crate::state::mfa::{Factor, Second};
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Custom};
use crate::state::status::{Move, after};
use crate::state::user::{Status, User};
use crate::state::users::UserId;
use crate::triggers::Metadata;
use crate::triggers::token_generation::Source;

/// An answer to a challenge.
pub(crate) struct Response<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) challenge: &'a str,
    pub(crate) session: Option<&'a str>,
    pub(crate) responses: &'a Parameters,
    /// `ClientMetadata`.
    pub(crate) metadata: &'a Metadata,
}

impl<'a> Response<'a> {
    /// The session's string. The sentence without one is inferred.
    pub(super) fn session(&self) -> Result<&'a str> {
        self.session.ok_or_else(|| Error::MissingParameter {
            parameter: "Session".to_owned(),
        })
    }

    /// The sign-in that is answered, on `device`.
    pub(super) fn visit<'b>(&self, device: Option<&'b str>) -> Visit<'b>
    where
        'a: 'b,
    {
        Visit {
            client_id: self.client_id,
            device,
        }
    }
}

/// Judges an answer, and signs in as far as it leads.
///
/// A wrong answer leaves the session open (R85); a right one closes it (R82).
pub(crate) fn respond(cx: &Cx<'_>, slot: &Slot, response: &Response<'_>) -> Result<Answer> {
    let device = device::of_answer(&slot.read(), response);
    let visit = response.visit(device.as_deref());
    let next = match response.challenge {
        "PASSWORD_VERIFIER" => {
            let (next, custom) = srp::respond(cx, slot, response, &visit)?;
            go_on(cx, slot, response, &visit, custom, next)?
        }
        "CUSTOM_CHALLENGE" => {
            let open = judge(cx, &slot.read(), response)?;
            custom::respond(cx, slot, response, &visit, open)?
        }
        "DEVICE_SRP_AUTH" => device::begin(cx, slot, response)?,
        "DEVICE_PASSWORD_VERIFIER" => device::prove(cx, slot, response)?,
        _ if choice::is_answered(&slot.read(), response) => {
            choice::respond(cx, slot, response, &visit)?
        }
        _ => {
            let mut pool = slot.write();
            let open = judge(cx, &pool, response)?;
            let next = prove(cx, &mut pool, response, &visit, &open)?;
            pool.sessions.close(open.string);
            drop(pool);
            let custom = open.custom.map(|custom| *custom);
            go_on(cx, slot, response, &visit, custom, next)?
        }
    };
    let source = match response.challenge {
        "DEVICE_PASSWORD_VERIFIER" => Source::AuthenticateDevice,
        "NEW_PASSWORD_REQUIRED" => Source::NewPasswordChallenge,
        _ => Source::Authentication,
    };
    let as_it_ends = End {
        visit: &visit,
        typed: response.responses.get("USERNAME").map(String::as_str),
        source,
        metadata: response.metadata,
    };
    end(cx, slot, &as_it_ends, next)
}

/// Goes on as the pool's functions direct, where they do.
fn go_on(
    cx: &Cx<'_>,
    slot: &Slot,
    response: &Response<'_>,
    visit: &Visit<'_>,
    custom: Option<Custom>,
    next: Next,
) -> Result<Next> {
    match custom {
        Some(custom) => custom::go_on(cx, slot, response, visit, custom, next),
        None => Ok(next),
    }
}

/// The session that is answered.
pub(super) struct Open<'a> {
    pub(super) string: &'a str,
    user: UserId,
    pub(super) challenge: Challenge,
    pub(super) custom: Option<Box<Custom>>,
}

/// Judges all but the proof.
fn judge<'a>(cx: &Cx<'_>, pool: &Pool, response: &Response<'a>) -> Result<Open<'a>> {
    let client = pool.client(response.client_id)?;
    let (username, named) = named(pool, client, response.responses)?;
    let string = response.session()?;
    let session = pool.sessions.find(string)?;
    let custom = session.custom.as_deref();
    let is_nobody = custom.is_some_and(|custom| custom.is_nobody(pool, username));
    // R83. That an answer to another challenge gets the same sentence is inferred.
    if *session.client_id != *client.id
        || !is_nobody && named != Some(session.user)
        || session.challenge.name() != response.challenge
    {
        return Err(Error::SessionInvalid);
    }
    session.check_open(cx.now())?;
    if !is_nobody {
        let user = pool.users.get(session.user).ok_or(Error::UserNotFound)?;
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        // The administrator may have reset the password since.
        if user.status == Status::ResetRequired {
            return Err(Error::PasswordResetRequired);
        }
    }
    Ok(Open {
        string,
        user: session.user,
        challenge: session.challenge.clone(),
        custom: session.custom.clone(),
    })
}

/// Whom an answer names, as typed and as found, once its `SECRET_HASH` is judged.
pub(super) fn named<'a>(
    pool: &Pool,
    client: &Client,
    responses: &'a Parameters,
) -> Result<(&'a str, Option<UserId>)> {
    let username = required(responses, "USERNAME")?;
    let named = pool.users.find(username);
    // The hash is over the internal username, whatever was typed (section 5b).
    let internal = named
        .and_then(|id| pool.users.get(id))
        .map_or(username, |user| &user.username);
    client.check_secret_hash(internal, secret_hash(responses))?;
    Ok((username, named))
}

/// Judges the proof, and says what comes next.
fn prove(
    cx: &Cx<'_>,
    pool: &mut Pool,
    response: &Response<'_>,
    visit: &Visit<'_>,
    open: &Open<'_>,
) -> Result<Next> {
    let responses = response.responses;
    let id = open.user;
    match &open.challenge {
        Challenge::NewPasswordRequired => {
            new_password(cx, pool, visit.client_id, id, responses)?;
            let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
            // Where MFA is required and not set up, the status waits for that
            // (section 4a); that the password does not wait is inferred.
            if !matches!(pool.second_step(user), Second::SetUp(_)) {
                confirm(cx, pool, id)?;
            }
            next::after_new_password(cx, pool, id, visit)
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
                // The guide writes EMAIL_MFA in places.
                factor.as_str() == answer || **factor == Factor::EmailOtp && answer == "EMAIL_MFA"
            });
            let chosen = chosen.ok_or(Error::MfaMethodNotFound)?;
            next::ask_factor(cx, pool, id, visit, *chosen)
        }
        // Only `VerifySoftwareToken` hands out a session that is ready; the
        // sentence for another one is inferred.
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

/// R85. Compared by digest, so that time tells nothing.
pub(super) fn check_code(given: &str, sent: &str) -> Result<()> {
    if digest(given) == digest(sent) {
        Ok(())
    } else {
        Err(Error::SignInCodeMismatch)
    }
}

/// The name under which an answer carries an attribute.
const ATTRIBUTE_PREFIX: &str = "userAttributes.";

/// Moves a user whose temporary password was replaced.
fn confirm(cx: &Cx<'_>, pool: &mut Pool, id: UserId) -> Result<()> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if user.status != Status::ForceChangePassword {
        return Ok(());
    }
    let status = after(user.status, Move::ReplaceTemporary)?;
    pool.edit_id(id, cx.now(), |user| {
        user.status = status;
        Ok(())
    })
}

/// Replaces a temporary password, and takes the attributes that come with it.
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
    after(user.status, Move::ReplaceTemporary)?;
    check_attributes(pool, pool.client(client_id)?, user, id, &attributes)?;
    let verifier = pool.new_password(cx.world, user, password)?;
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

/// Judges attributes that come with a new password. Their order among
/// themselves, and before the password, is inferred.
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
        // R121.
        if known.is_some() && (!client.may_write(name) || name.ends_with("_verified")) {
            return Err(Error::UnauthorizedAttribute);
        }
        // What the schema requires may be given here though it cannot change
        // later (inferred).
        if known.is_some_and(|known| known.required) {
            pool.schema.check_new(std::slice::from_ref(attribute))?;
        } else {
            pool.schema.check_update(attribute)?;
        }
    }
    let mut later = user.attributes.clone();
    for Attribute { name, value } in attributes {
        later.set(name, value);
    }
    if let Some(taken) = pool.taken(&later, Some(id)).into_iter().next() {
        return Err(Error::AliasExists {
            attribute: taken.attribute,
        });
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
