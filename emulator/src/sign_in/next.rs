//! The next step of a sign-in after each credential.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ClientAndDevice, Next, device};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::assurance::Progress;
use crate::state::contact::Contact;
use crate::state::mfa::{Factor, Second};
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Session};
use crate::state::user::{Status, User};
use crate::state::users::UserId;
use crate::world::Purpose;

/// The next step after a right password.
pub(super) fn after_password(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
) -> Result<Next> {
    device::check(pool, id, client_device)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if user.status != Status::ForceChangePassword {
        return after_new_password(cx, pool, id, client_device);
    }
    ask_new_password(cx, pool, id, client_device)
}

/// Requires a new password and the missing required attributes.
pub(super) fn ask_new_password(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
) -> Result<Next> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let parameters = [
        ("requiredAttributes", required_attributes(pool, user)),
        ("userAttributes", user_attributes(user)),
    ];
    let challenge = Challenge::NewPasswordRequired;
    ask(cx, pool, id, client_device, challenge, parameters)
}

/// The next step after a permanent password: a second factor, or tokens.
pub(super) fn after_new_password(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
) -> Result<Next> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    // A trusted device replaces an SMS code and a software token (documented), and the
    // choice among factors (inferred).
    let is_trusted = pool.trusts_devices() && device::to_prove(pool, user, client_device).is_some();
    match pool.second_step(user) {
        Second::Nothing => Ok(Next::Proved(id)),
        Second::Ask(Factor::SmsMfa | Factor::SoftwareTokenMfa) | Second::Choose(_)
            if is_trusted =>
        {
            Ok(Next::Proved(id))
        }
        Second::Ask(factor) => ask_factor(cx, pool, id, client_device, factor),
        Second::Choose(factors) => {
            let parameters = [("MFAS_CAN_CHOOSE", json!(factors).to_string())];
            let challenge = Challenge::SelectMfaType { factors };
            ask(cx, pool, id, client_device, challenge, parameters)
        }
        Second::SetUp(factors) => {
            let parameters = [("MFAS_CAN_SETUP", json!(factors).to_string())];
            let challenge = Challenge::MfaSetup { ready: false };
            ask(cx, pool, id, client_device, challenge, parameters)
        }
    }
}

/// Requires the user at `id` to verify the device that they sign in on, if it is a
/// remembered one. Everything else is already verified.
///
/// A custom sign-in ends with this challenge too, and the pool's functions do not receive
/// it (live: aws-amplify/amplify-flutter#3541).
pub(super) fn ask_device(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
) -> Result<Next> {
    if client_device.device.is_none() {
        return Ok(Next::Complete(id));
    }
    let pool = &mut *handle.write();
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let Some(device) = device::to_prove(pool, user, client_device) else {
        return Ok(Next::Complete(id));
    };
    let key = device.key.clone();
    let parameters = [
        ("DEVICE_KEY", key.to_string()),
        ("USERNAME", user.username.to_string()),
    ];
    let challenge = Challenge::DeviceSrpAuth { key };
    ask(cx, pool, id, client_device, challenge, parameters)
}

/// Digits of a code as second factor (fact 7.2; inferred for e-mail).
const DIGITS: usize = 6;

/// Requires `factor`, and sends its code if it has one.
pub(super) fn ask_factor(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
    factor: Factor,
) -> Result<Next> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let attribute = match factor {
        Factor::SmsMfa => "phone_number",
        Factor::EmailOtp => "email",
        Factor::SoftwareTokenMfa => {
            let name = user
                .mfa
                .totp
                .as_ref()
                .and_then(|totp| totp.device_name.clone());
            let parameters = name.map(|name| ("FRIENDLY_DEVICE_NAME", name.into_string()));
            let challenge = Challenge::SoftwareTokenMfa;
            return ask(cx, pool, id, client_device, challenge, parameters);
        }
    };
    let contact = Contact::of(user, attribute);
    let contact = match factor {
        Factor::SmsMfa => contact.filter(|_| pool.settings.sms_configuration.is_some()),
        _ => contact,
    };
    // R94. The same sentence for e-mail is inferred. It occurs only if the
    // address was deleted while the user chose a factor.
    let contact = contact.ok_or(Error::NoSmsConfiguration)?;
    let code = cx.world.chance.code(DIGITS);
    let draft = pool.write(id, &contact, Purpose::SignIn, code.clone());
    let medium = match factor {
        Factor::EmailOtp => "EMAIL",
        _ => "SMS",
    };
    let parameters = [
        ("CODE_DELIVERY_DELIVERY_MEDIUM", medium.to_owned()),
        ("CODE_DELIVERY_DESTINATION", contact.details().destination),
    ];
    let code = code.into();
    let challenge = match factor {
        Factor::EmailOtp => Challenge::EmailOtp { code },
        _ => Challenge::SmsMfa { code },
    };
    Ok(ask(cx, pool, id, client_device, challenge, parameters)?.with_draft(draft))
}

/// Opens a session for `challenge` and returns the challenge.
///
/// `USER_ID_FOR_SRP` is the internal username, which the caller needs for the next
/// `SECRET_HASH`. Its presence in `SELECT_MFA_TYPE` and `MFA_SETUP` is inferred.
fn ask(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
    challenge: Challenge,
    parameters: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<Next> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let mut parameters: BTreeMap<_, _> = parameters.into_iter().collect();
    let without = matches!(
        challenge,
        Challenge::EmailOtp { .. } | Challenge::DeviceSrpAuth { .. }
    );
    if !without {
        parameters.insert("USER_ID_FOR_SRP", user.username.to_string());
    }
    Ok(Next::Challenge {
        name: challenge.name(),
        session: Some(open_session(cx, pool, id, client_device, challenge)?),
        parameters,
        draft: None,
        available: Vec::new(),
    })
}

/// Opens a session that waits for the answer to `challenge`. Returns the session string.
pub(super) fn open_session(
    cx: &Cx<'_>,
    pool: &mut Pool,
    user: UserId,
    client_device: &ClientAndDevice<'_>,
    challenge: Challenge,
) -> Result<String> {
    let lifetime = pool
        .client(client_device.client_id)?
        .settings
        .auth_session_lifetime();
    let session = Session {
        user,
        client_id: client_device.client_id.into(),
        device: client_device.device.map(Into::into),
        challenge,
        expires_at: cx.now().plus(lifetime),
        used: false,
        custom: None,
        progress: Progress::default(),
    };
    Ok(pool.sessions.begin(session, &pool.id, cx.world))
}

/// Attributes that the schema requires and `user` does not have, as JSON.
fn required_attributes(pool: &Pool, user: &User) -> String {
    let missing: Value = pool
        .missing_attributes(user)
        .map(|name| format!("userAttributes.{name}"))
        .collect();
    missing.to_string()
}

/// Attributes of `user` without `sub`, as JSON, as in the guide's example
/// responses:
///
/// <https://docs.aws.amazon.com/cli/latest/reference/cognito-idp/admin-initiate-auth.html>
fn user_attributes(user: &User) -> String {
    let all: Value = user
        .attributes
        .iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    all.to_string()
}
