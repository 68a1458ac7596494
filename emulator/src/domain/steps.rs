//! The page of each challenge: one table, from the state of the sign-in.

use serde_json::Value;

use super::page::{fields, password_rules};
use super::params::Params;
use super::site::Site;
use super::view::{Asks, Page, SignIn, Step};
use crate::auth::totp::Secret;
use crate::error::{Error, Result};
use crate::state::contact::Contact;
use crate::state::first_factor::FirstFactor;
use crate::state::mfa::{Factor, Second};
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Choice};
use crate::state::user::User;

/// The challenge that sets up an authenticator app; a step of `MFA_SETUP`.
pub(crate) const SET_UP_TOTP: &str = "SOFTWARE_TOKEN_SETUP";
/// The challenge that sets up a phone number; a step of `MFA_SETUP`.
pub(crate) const SET_UP_SMS: &str = "SMS_SETUP";
/// The challenge that sets up an e-mail address; a step of `MFA_SETUP`.
pub(crate) const SET_UP_EMAIL: &str = "EMAIL_SETUP";

/// The page that continues the sign-in with the string `session`. `options` is the request for a
/// passkey, and `typed` has the values of the form that failed.
pub(crate) fn page(
    site: &Site,
    session: &str,
    shown: &str,
    options: Option<&str>,
    typed: &Params,
) -> Result<Page> {
    let pool = site.handle.read();
    let open = pool.sessions.find(session)?;
    let user = pool.users.get(open.user);
    let step = |challenge: &str| Step {
        challenge: challenge.to_owned(),
        session: session.to_owned(),
        username: shown.to_owned(),
        shown: shown.to_owned(),
    };
    let named = open.challenge.name();
    let code = |medium, destination| Page::Code {
        step: step(named),
        destination,
        medium,
    };
    Ok(match &open.challenge {
        Challenge::Choice(choice) | Challenge::Decoy { choice, .. } => {
            let has_chosen = typed.get("challenge") == Some("PASSWORD");
            first_factor(&pool, choice, &step, options, has_chosen)?
        }
        Challenge::NewPasswordRequired => Page::NewPassword {
            step: step(named),
            fields: fields(&pool, missing(&pool, user), typed),
            policy: password_rules(&pool),
        },
        Challenge::SmsMfa { .. } => code("SMS", masked(user, "phone_number")),
        Challenge::EmailOtp { .. } => code("EMAIL", masked(user, "email")),
        Challenge::SoftwareTokenMfa => code("TOTP", None),
        Challenge::SelectMfaType { factors } => Page::ChooseMfa {
            step: step(named),
            factors: names(factors),
        },
        Challenge::MfaSetup { .. } => set_up(&pool, user, &step, typed)?,
        Challenge::PasswordVerifier { .. }
        | Challenge::DeviceSrpAuth { .. }
        | Challenge::DevicePasswordVerifier { .. }
        | Challenge::SignedUp
        | Challenge::Confirmed { .. }
        | Challenge::Custom { .. } => return Err(Error::SessionInvalid),
    })
}

/// The page of a first factor, or of the choice of one. `has_chosen` is whether the user has
/// chosen the password.
fn first_factor(
    pool: &Pool,
    choice: &Choice,
    step: &dyn Fn(&str) -> Step,
    options: Option<&str>,
    has_chosen: bool,
) -> Result<Page> {
    Ok(match choice {
        // The password was wrong: the session is still that of the choice.
        Choice::Select(_) if has_chosen => password(pool, step("PASSWORD")),
        Choice::Select(available) => {
            let names: Vec<&'static str> = available.iter().map(|one| one.as_str()).collect();
            match crate::sign_in::hosted::offered(&names).as_slice() {
                // Without another factor there is nothing to choose.
                [only] if only == FirstFactor::Password.as_str() => {
                    password(pool, step("PASSWORD"))
                }
                offered => Page::ChooseFactor {
                    step: step(choice.name()),
                    factors: offered.to_vec(),
                },
            }
        }
        Choice::Password | Choice::PasswordSrp => password(pool, step("PASSWORD")),
        Choice::Code {
            factor,
            destination,
            ..
        } => {
            let attribute = factor.attribute().unwrap_or("email");
            let contact = Contact {
                attribute,
                destination: destination.to_string(),
            };
            let is_email = *factor == FirstFactor::EmailOtp;
            Page::Code {
                step: step(choice.name()),
                destination: Some(contact.details().destination),
                medium: if is_email { "EMAIL" } else { "SMS" },
            }
        }
        Choice::WebAuthn(_) => Page::Passkey {
            step: step(choice.name()),
            options: options.ok_or(Error::SessionInvalid)?.to_owned(),
        },
    })
}

/// The page for the password of a user who is named already.
pub(crate) fn password(pool: &Pool, step: Step) -> Page {
    Page::SignIn(SignIn {
        asks: Asks::Password,
        label: super::page::name_label(pool),
        username: step.shown.clone(),
        step: Some(step),
        providers: Vec::new(),
        has_local_users: true,
        has_domain_search: false,
        can_sign_up: false,
        can_recover: can_recover(pool),
    })
}

/// Whether users may recover their password themselves (O113).
pub(crate) fn can_recover(pool: &Pool) -> bool {
    pool.recovery_attributes().is_ok()
}

/// The page of `MFA_SETUP`: the choice of a factor, or its set-up if it is chosen or the only one.
fn set_up(
    pool: &Pool,
    user: Option<&User>,
    step: &dyn Fn(&str) -> Step,
    typed: &Params,
) -> Result<Page> {
    let user = user.ok_or(Error::UserNotFound)?;
    let Second::SetUp(factors) = pool.second_step(user) else {
        return Err(Error::SessionInvalid);
    };
    let names = names(&factors);
    let chosen = match names.as_slice() {
        [only] => only.as_str(),
        _ => match typed.get("challenge") {
            Some(SET_UP_TOTP) => Factor::SoftwareTokenMfa.as_str(),
            Some(SET_UP_SMS) => Factor::SmsMfa.as_str(),
            Some(SET_UP_EMAIL) => Factor::EmailOtp.as_str(),
            _ => typed.get("answer").unwrap_or_default(),
        },
    };
    Ok(match chosen {
        "SOFTWARE_TOKEN_MFA" => {
            let secret = user.mfa.totp.as_ref().map(|totp| totp.secret);
            let secret = secret.ok_or(Error::SessionInvalid)?;
            totp(pool, user, step(SET_UP_TOTP), secret)
        }
        "SMS_MFA" => Page::SetUpAddress {
            step: step(SET_UP_SMS),
            medium: "SMS",
        },
        "EMAIL_OTP" => Page::SetUpAddress {
            step: step(SET_UP_EMAIL),
            medium: "EMAIL",
        },
        _ => Page::ChooseSetup {
            step: step("MFA_SETUP"),
            factors: names,
        },
    })
}

/// The factor that the only set-up page of this sign-in is for, if there is no choice.
pub(crate) fn only_set_up(pool: &Pool, session: &str) -> Option<Factor> {
    let open = pool.sessions.find(session).ok()?;
    let user = pool.users.get(open.user)?;
    match (&open.challenge, pool.second_step(user)) {
        (Challenge::MfaSetup { ready: false }, Second::SetUp(factors)) => match factors[..] {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    }
}

/// The set-up of an authenticator app: the key as a URI of the kind that apps read
/// (<https://github.com/google/google-authenticator/wiki/Key-Uri-Format>), in a QR code.
fn totp(pool: &Pool, user: &User, step: Step, secret: Secret) -> Page {
    let secret = secret.code();
    let label = form_urlencoded::byte_serialize(pool.name.as_bytes())
        .collect::<String>()
        .replace('+', "%20");
    let name = form_urlencoded::byte_serialize(user.username.as_bytes())
        .collect::<String>()
        .replace('+', "%20");
    let uri = format!("otpauth://totp/{label}:{name}?secret={secret}&issuer={label}");
    Page::SetUpTotp {
        step,
        qr: super::qr::svg(&uri),
        secret,
    }
}

fn missing<'a>(pool: &'a Pool, user: Option<&'a User>) -> Vec<&'a str> {
    user.map_or_else(Vec::new, |user| pool.missing_attributes(user).collect())
}

fn masked(user: Option<&User>, attribute: &'static str) -> Option<String> {
    Some(Contact::of(user?, attribute)?.details().destination)
}

fn names(factors: &[Factor]) -> Vec<String> {
    factors
        .iter()
        .map(|factor| factor.as_str().to_owned())
        .collect()
}

/// Attributes of a form as `userAttributes.NAME` of `ChallengeResponses`.
pub(crate) fn response_attributes(params: &Params) -> Vec<(String, String)> {
    let given = params.attributes().into_iter();
    let named = given.map(|(name, value)| (format!("userAttributes.{name}"), value.to_owned()));
    named.collect()
}

/// Attributes of a form as `UserAttributes` of `SignUp`. Empty fields are left out.
pub(crate) fn user_attributes(params: &Params) -> Value {
    let given = params.attributes().into_iter();
    let given = given.filter(|(_, value)| !value.is_empty());
    given
        .map(|(name, value)| serde_json::json!({ "Name": name, "Value": value }))
        .collect()
}
