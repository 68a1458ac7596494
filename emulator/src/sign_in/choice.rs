//! `USER_AUTH`: choice-based sign-in, where the user chooses the first factor.
//!
//! The flow offers the factors that the pool and the user allow, or starts with
//! the one that the caller prefers. After a password come the second factors.
//! Codes and passkeys need no second factor.
//!
//! A client that hides users gets choices for an unknown user too. They look
//! like those of a user and never lead to tokens (R40).
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::password::prove_password;
use super::{
    AuthRequest, ChallengeResponse, ClientAndDevice, Next, Parameters, check_code, find_named_user,
    imported, next, pre_auth, required, signed_up, srp,
    step_up::{self, StepUp},
};
use crate::auth::assurance::Method;
use crate::auth::webauthn::{self, Challenge as PasskeyChallenge, CredentialFault, RelyingParty};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::assurance::Progress;
use crate::state::client::Client;
use crate::state::code::CodePurpose;
use crate::state::contact::{Contact, Draft};
use crate::state::first_factor::FirstFactor;
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Choice};
use crate::state::status::{Transition, after};
use crate::state::user::{Status, User};
use crate::state::users::UserId;
use crate::world::Purpose;

/// Digits of a code that is a first factor (fact 7.2).
const DIGITS: usize = 8;

/// `USER_AUTH`.
pub(super) fn user_auth(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
    username: &str,
) -> Result<(Next, Progress)> {
    let parameters = request.parameters;
    let mut step_up = StepUp::of(cx, handle, request)?;
    // Only a request with a password can migrate a user:
    // https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html
    let preferred = parameters.get("PREFERRED_CHALLENGE").map(String::as_str);
    if preferred == Some(FirstFactor::Password.as_str())
        && let Some(Proof::Password(password)) = Proof::of(FirstFactor::Password, parameters)
    {
        pre_auth::migrate_user(cx, handle, request, username, password)?;
    }
    pre_auth::pre_authentication(cx, handle, request, username)?;
    let (identity, first) = begin(cx, handle, request, username, &mut step_up)?;
    let preferred = preferred.and_then(FirstFactor::named);
    let mut progress = step_up.progress;
    let client_device = request.client_device();
    let available = match (first, identity.user()) {
        (Some(available), _) => available,
        (None, None) => return Err(Error::BadCredentials),
        (None, Some(id)) => {
            let mut pool = handle.write();
            let next = step_up::go_on(cx, &mut pool, id, &client_device, &progress)?;
            return Ok((next, progress));
        }
    };
    let Some(factor) = preferred.filter(|factor| available.contains(factor)) else {
        let mut pool = handle.write();
        let choice = Choice::Select(available.clone());
        let next = issue_challenge(cx, &mut pool, &identity, &client_device, choice, available)?;
        return Ok((next, progress));
    };
    // The guide says that a preferred challenge comes with its parameters.
    let proof = Proof::of(factor, parameters);
    if let (None, Some(parameter)) = (&proof, Proof::parameter(factor)) {
        required(parameters, parameter)?;
    }
    // Live Cognito offers an unknown user only the code, like a user without a password
    // (R40).
    let available = match (&identity, factor.attribute()) {
        (Identity::Unknown(_), Some(_)) => vec![factor],
        _ => available,
    };
    let chosen = Chosen {
        client_device,
        username,
        identity,
        factor,
        proof,
        available,
    };
    let (next, method) = continue_with(cx, handle, chosen, None)?;
    if let Some(method) = method {
        progress.complete(method);
    }
    Ok((next, progress))
}

/// Checks the session and the preference of the request. Finds the user, and the first factors that
/// are offered: those that lead to the levels of
/// `step_up`. `None` if the user has given a first factor before.
///
/// The code of a sign-up that the user has just confirmed counts as the first factor, if the user may
/// sign in with a code to the same address. Otherwise the sign-in starts as usual.
fn begin(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
    username: &str,
    step_up: &mut StepUp,
) -> Result<(Identity, Option<Vec<FirstFactor>>)> {
    let mut pool = handle.write();
    let client_id = request.client_id;
    let confirmed = match request.session {
        Some(session) => {
            let id = pool.users.find(username).ok_or(Error::SessionInvalid)?;
            let attribute = signed_up::confirmed_attribute(cx, &pool, client_id, id, session)?;
            Some((session, attribute))
        }
        None => None,
    };
    let preferred = request.parameters.get("PREFERRED_CHALLENGE");
    if preferred.is_some_and(|name| FirstFactor::named(name).is_none()) {
        // The sentence is inferred.
        return Err(Error::InvalidParameterValue {
            parameter: "PREFERRED_CHALLENGE".to_owned(),
        });
    }
    let (identity, available) = offer(&pool, pool.client(client_id)?, username)?;
    let confirmed = confirmed.and_then(|(session, attribute)| {
        let mut codes = available.iter();
        let code = codes.find(|factor| factor.attribute() == Some(&*attribute))?;
        Some((session, code.method()))
    });
    if let Some((_, method)) = confirmed {
        step_up.progress.complete(method);
    }
    let first = step_up.choose(&pool, identity.user(), available)?;
    if let Some((session, _)) = confirmed {
        pool.sessions.close(session);
    }
    Ok((identity, first))
}

/// Whether `response` answers a choice: the challenge exists only for choices,
/// or the session belongs to one.
pub(super) fn is_answered(pool: &Pool, response: &ChallengeResponse<'_>) -> bool {
    let name = response.challenge;
    if name == "SELECT_CHALLENGE" {
        return true;
    }
    match FirstFactor::named(name) {
        // `EMAIL_OTP` is also a second factor.
        Some(FirstFactor::EmailOtp) => {
            let session = response
                .session
                .and_then(|string| pool.sessions.find(string).ok());
            session.is_some_and(|session| session.challenge.choice().is_some())
        }
        named => named.is_some(),
    }
}

/// Handles the answer to a choice, or to the challenge of a chosen first factor. Also returns the
/// method that the answer completes.
pub(super) fn respond_to_choice(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
) -> Result<(Next, Option<Method>)> {
    let open = check_response(cx, &handle.read(), response)?;
    let responses = response.responses;
    let factor = open.factor(response)?;
    let proof = match &open.choice {
        Choice::Select(_) => Proof::of(factor, responses),
        Choice::Password | Choice::PasswordSrp => {
            let parameter = Proof::parameter(factor).unwrap_or_default();
            required(responses, parameter)?;
            Proof::of(factor, responses)
        }
        Choice::Code { .. } => {
            let name = format!("{}_CODE", factor.as_str());
            Some(Proof::Code(required(responses, &name)?))
        }
        Choice::WebAuthn(_) => Some(Proof::Credential(required(responses, "CREDENTIAL")?)),
    };
    let chosen = Chosen {
        client_device: *client_device,
        username: required(responses, "USERNAME")?,
        identity: open.identity.clone(),
        factor,
        proof,
        available: Vec::new(),
    };
    continue_with(cx, handle, chosen, Some((response, &open)))
}

/// The user who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Identity {
    User(UserId),
    /// An unknown user, identified by the folded name.
    Unknown(Box<str>),
}

impl Identity {
    /// The user, who may not exist.
    fn user(&self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(*id),
            Self::Unknown(_) => None,
        }
    }
}

/// A credential for a first factor.
enum Proof<'a> {
    Password(&'a str),
    /// `SRP_A`: the client's public value.
    SrpA(&'a str),
    Code(&'a str),
    Credential(&'a str),
}

impl<'a> Proof<'a> {
    /// The parameter with the credential for `factor`, if the call that chooses the
    /// factor can include it. A code or passkey needs a challenge first.
    fn parameter(factor: FirstFactor) -> Option<&'static str> {
        match factor {
            FirstFactor::Password => Some("PASSWORD"),
            FirstFactor::PasswordSrp => Some("SRP_A"),
            FirstFactor::EmailOtp | FirstFactor::SmsOtp | FirstFactor::WebAuthn => None,
        }
    }

    fn of(factor: FirstFactor, parameters: &'a Parameters) -> Option<Self> {
        let value = parameters.get(Self::parameter(factor)?)?;
        let value = Some(value.as_str()).filter(|value| !value.is_empty())?;
        match factor {
            FirstFactor::Password => Some(Self::Password(value)),
            _ => Some(Self::SrpA(value)),
        }
    }

    /// The method that the credential for `factor` completes.
    fn method(&self, factor: FirstFactor) -> Option<Method> {
        match self {
            Self::Password(_) => Some(Method::Password),
            Self::SrpA(_) => None,
            Self::Code(_) if factor == FirstFactor::EmailOtp => Some(Method::Email),
            Self::Code(_) => Some(Method::Sms),
            Self::Credential(credential) => Some(step_up::passkey(credential)),
        }
    }
}

/// A first factor that was chosen.
struct Chosen<'a> {
    client_device: ClientAndDevice<'a>,
    /// The username as the caller wrote it.
    username: &'a str,
    identity: Identity,
    factor: FirstFactor,
    proof: Option<Proof<'a>>,
    /// `AvailableChallenges` of the response.
    available: Vec<FirstFactor>,
}

/// The session of a choice.
#[derive(Debug)]
struct OpenChoice<'a> {
    string: &'a str,
    identity: Identity,
    choice: Choice,
}

impl OpenChoice<'_> {
    /// The first factor that the answer is about.
    fn factor(&self, response: &ChallengeResponse<'_>) -> Result<FirstFactor> {
        let name = match response.challenge {
            "SELECT_CHALLENGE" => required(response.responses, "ANSWER")?,
            name => name,
        };
        let factor = FirstFactor::named(name).filter(|factor| match &self.choice {
            Choice::Select(available) => available.contains(factor),
            choice => choice.name() == factor.as_str(),
        });
        // The sentence is inferred.
        factor.ok_or_else(|| Error::InvalidParameterValue {
            parameter: "ANSWER".to_owned(),
        })
    }
}

/// Checks everything except the credential.
fn check_response<'a>(
    cx: &Cx<'_>,
    pool: &Pool,
    response: &ChallengeResponse<'a>,
) -> Result<OpenChoice<'a>> {
    let client = pool.client(response.client_id)?;
    let (username, named) = find_named_user(pool, client, response.responses)?;
    let string = response.session()?;
    let session = pool.sessions.find(string)?;
    // R83.
    let choice = session.challenge.choice().ok_or(Error::SessionInvalid)?;
    let identity = match &session.challenge {
        Challenge::Decoy { name, .. } => Identity::Unknown(name.clone()),
        _ => Identity::User(session.user),
    };
    let is_same_user = match &identity {
        Identity::User(id) => named == Some(*id),
        Identity::Unknown(name) => **name == *pool.users.naming().fold(username),
    };
    let is_right_challenge = match choice {
        // The guide says that passwords need no selection.
        Choice::Select(_) => {
            matches!(
                response.challenge,
                "SELECT_CHALLENGE" | "PASSWORD" | "PASSWORD_SRP"
            )
        }
        // The API Reference shows a credential together with a selection. It can only be
        // a credential for this challenge.
        Choice::WebAuthn(_) => matches!(response.challenge, "SELECT_CHALLENGE" | "WEB_AUTHN"),
        choice => choice.name() == response.challenge,
    };
    if *session.client_id != *client.id || !is_same_user || !is_right_challenge {
        return Err(Error::SessionInvalid);
    }
    session.check_open(cx.now())?;
    if let Identity::User(id) = identity
        && !pool.users.get(id).ok_or(Error::UserNotFound)?.enabled
    {
        return Err(Error::UserDisabled);
    }
    Ok(OpenChoice {
        string,
        identity,
        choice: choice.clone(),
    })
}

/// Finds the user, and the first factors that are available to the user.
fn offer(pool: &Pool, client: &Client, username: &str) -> Result<(Identity, Vec<FirstFactor>)> {
    let hides_users = client.settings.hides_users();
    let Some(id) = pool.users.find(username) else {
        if !hides_users {
            return Err(Error::UserNotFound);
        }
        // Inferred: an unknown user seems to have every factor except a passkey.
        let seems_available =
            |factor: &FirstFactor| *factor != FirstFactor::WebAuthn && pool.allows_first(*factor);
        let available = FirstFactor::ALL
            .into_iter()
            .filter(seems_available)
            .collect();
        let name = pool.users.naming().fold(username);
        return Ok((Identity::Unknown(name.as_str().into()), available));
    };
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    let available = pool.first_factors(user);
    let is_password =
        |factor: &FirstFactor| matches!(factor, FirstFactor::Password | FirstFactor::PasswordSrp);
    if available.iter().all(is_password) && !hides_users {
        // R31 and R34 are about passwords; a code or passkey is not affected.
        match user.status {
            Status::Unconfirmed => return Err(Error::NotConfirmed),
            Status::ResetRequired => return Err(Error::PasswordResetRequired),
            Status::Confirmed | Status::ForceChangePassword | Status::ExternalProvider => {}
        }
    }
    // The error is inferred.
    if available.is_empty() {
        return Err(Error::BadCredentials);
    }
    Ok((Identity::User(id), available))
}

/// Continues with a chosen factor: checks its credential, or issues its challenge if there is no
/// credential. Closes the session that was answered. Also returns the method of a credential that is
/// right.
fn continue_with(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    chosen: Chosen<'_>,
    answered: Option<(&ChallengeResponse<'_>, &OpenChoice<'_>)>,
) -> Result<(Next, Option<Method>)> {
    let client_device = chosen.client_device;
    // Slow computations happen without the pool's lock.
    let verified_passkey = match (&chosen.proof, answered) {
        (Some(Proof::Credential(credential)), Some((_, open))) => {
            let assertion = Assertion::find(&handle.read(), open, credential)?;
            Some(assertion.verify()?)
        }
        _ => None,
    };
    let exchange = match &chosen.proof {
        Some(Proof::SrpA(public)) => {
            let public = srp::parse(public)?;
            Some(srp::begin(
                cx,
                handle,
                &client_device,
                chosen.username,
                public,
            )?)
        }
        _ => None,
    };
    if let Some(Proof::Password(password)) = chosen.proof {
        imported::adopt(cx, handle, chosen.username, password);
    }
    let mut pool = handle.write();
    let pool = &mut *pool;
    if let Some((response, open)) = answered {
        // Another answer may have closed the session.
        check_response(cx, pool, response)?;
        debug_assert_eq!(open.string, response.session.unwrap_or_default());
    }
    let next = match (&chosen.identity, &chosen.proof) {
        (_, None) => issue_chosen_challenge(cx, pool, &chosen)?,
        (Identity::User(id), Some(Proof::Password(password))) => {
            let hides_users = pool.client(client_device.client_id)?.settings.hides_users();
            prove_password(pool, *id, password, hides_users, cx.now())?;
            next::after_password(cx, pool, *id, &client_device)?
        }
        (Identity::User(id), Some(Proof::Code(given))) => {
            let (_, open) = answered.ok_or(Error::SessionInvalid)?;
            prove_code(cx, pool, *id, open, given)?;
            Next::Proved(*id)
        }
        (Identity::User(id), Some(Proof::Credential(_))) => {
            let (number, sign_count) = verified_passkey.ok_or(Error::PasskeyRefused)?;
            pool.count_signature(*id, number, sign_count)?;
            Next::Proved(*id)
        }
        // The secret block identifies the next answer. The session is for another
        // attempt.
        (identity, Some(Proof::SrpA(_))) => Next::Challenge {
            name: "PASSWORD_VERIFIER",
            session: Some(begin_session(
                cx,
                pool,
                identity,
                &client_device,
                Choice::PasswordSrp,
            )?),
            parameters: exchange.unwrap_or_default(),
            draft: None,
            available: chosen.available,
        },
        (Identity::Unknown(_), Some(Proof::Password(_))) => return Err(Error::BadCredentials),
        (Identity::Unknown(_), Some(Proof::Code(_))) => return Err(Error::SignInCodeMismatch),
        (Identity::Unknown(_), Some(Proof::Credential(_))) => return Err(Error::PasskeyRefused),
    };
    if let Some((_, open)) = answered {
        pool.sessions.close(open.string);
    }
    let method = chosen.proof.and_then(|proof| proof.method(chosen.factor));
    Ok((next, method))
}

/// Returns the challenge for a factor that was chosen without its credential.
fn issue_chosen_challenge(cx: &Cx<'_>, pool: &mut Pool, chosen: &Chosen<'_>) -> Result<Next> {
    let (choice, draft) = choice_of(cx, pool, chosen)?;
    let available = chosen.available.clone();
    let asked = issue_challenge(
        cx,
        pool,
        &chosen.identity,
        &chosen.client_device,
        choice,
        available,
    )?;
    Ok(match draft {
        Some(draft) => asked.with_draft(draft),
        None => asked,
    })
}

/// The challenge for a chosen factor, and the message with its code.
fn choice_of(cx: &Cx<'_>, pool: &Pool, chosen: &Chosen<'_>) -> Result<(Choice, Option<Draft>)> {
    let factor = chosen.factor;
    let Some(attribute) = factor.attribute() else {
        let choice = match factor {
            FirstFactor::PasswordSrp => Choice::PasswordSrp,
            FirstFactor::WebAuthn => Choice::WebAuthn(cx.world.chance.bytes()),
            _ => Choice::Password,
        };
        return Ok((choice, None));
    };
    let (code, contact, draft) = match &chosen.identity {
        Identity::User(id) => {
            let user = pool.users.get(*id).ok_or(Error::UserNotFound)?;
            // The address may have been deleted since it was offered. The
            // sentence is inferred.
            let contact = Contact::of(user, attribute).ok_or(Error::BadCredentials)?;
            let code = cx.world.chance.code(DIGITS);
            let draft = pool.write(*id, &contact, Purpose::SignIn, code.clone());
            (code, contact, Some(draft))
        }
        // An empty code matches no answer.
        Identity::Unknown(name) => {
            let contact = pool.simulated_contact(name, &[attribute]);
            (String::new(), contact, None)
        }
    };
    let choice = Choice::Code {
        factor,
        code: code.into(),
        destination: contact.destination.into(),
    };
    Ok((choice, draft))
}

/// Opens a session for `choice` and returns its challenge.
fn issue_challenge(
    cx: &Cx<'_>,
    pool: &mut Pool,
    identity: &Identity,
    client_device: &ClientAndDevice<'_>,
    choice: Choice,
    available: Vec<FirstFactor>,
) -> Result<Next> {
    let lifetime = pool
        .client(client_device.client_id)?
        .settings
        .auth_session_lifetime();
    let mut parameters = BTreeMap::new();
    match &choice {
        Choice::Select(_) | Choice::Password | Choice::PasswordSrp => {}
        Choice::Code {
            factor,
            destination,
            ..
        } => {
            let contact = Contact {
                attribute: factor.attribute().unwrap_or_default(),
                destination: destination.to_string(),
            };
            let medium = match factor {
                FirstFactor::EmailOtp => "EMAIL",
                _ => "SMS",
            };
            parameters.insert("CODE_DELIVERY_DELIVERY_MEDIUM", medium.to_owned());
            parameters.insert("CODE_DELIVERY_DESTINATION", contact.details().destination);
        }
        Choice::WebAuthn(challenge) => {
            let Identity::User(id) = identity else {
                return Err(Error::BadCredentials);
            };
            let user = pool.users.get(*id).ok_or(Error::UserNotFound)?;
            let options = request_options(pool, user, challenge, lifetime);
            parameters.insert("CREDENTIAL_REQUEST_OPTIONS", options.to_string());
        }
    }
    Ok(Next::Challenge {
        name: choice.name(),
        session: Some(begin_session(cx, pool, identity, client_device, choice)?),
        parameters,
        draft: None,
        available,
    })
}

/// Opens a session that waits for the answer to `choice`. Returns the session string.
fn begin_session(
    cx: &Cx<'_>,
    pool: &mut Pool,
    identity: &Identity,
    client_device: &ClientAndDevice<'_>,
    choice: Choice,
) -> Result<String> {
    let (user, challenge) = match identity {
        Identity::User(id) => (*id, Challenge::Choice(choice)),
        Identity::Unknown(name) => {
            let name = name.clone();
            (UserId::default(), Challenge::Decoy { name, choice })
        }
    };
    next::open_session(cx, pool, user, client_device, challenge)
}

/// `CREDENTIAL_REQUEST_OPTIONS`, as in the API Reference's example. The value of
/// `timeout`, the lifetime of the session, is inferred.
fn request_options(
    pool: &Pool,
    user: &User,
    challenge: &PasskeyChallenge,
    lifetime: std::time::Duration,
) -> Value {
    let allowed: Vec<_> = pool
        .usable_passkeys(user)
        .map(|passkey| {
            let credential = &passkey.credential;
            json!({ "type": "public-key", "id": credential.id, "transports": credential.transports })
        })
        .collect();
    let timeout = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    json!({
        "challenge": webauthn::encode(challenge),
        "timeout": timeout,
        "rpId": pool.relying_party(),
        "allowCredentials": allowed,
        "userVerification": pool.user_verification(),
    })
}

/// A passkey's signature, with everything needed to verify it.
struct Assertion {
    credential: Value,
    challenge: PasskeyChallenge,
    relying_party: String,
    verifies_users: bool,
    key: webauthn::PublicKey,
    number: u32,
    sign_count: u32,
    user_handle: Box<str>,
}

impl Assertion {
    fn find(pool: &Pool, open: &OpenChoice<'_>, credential: &str) -> Result<Self> {
        let (Choice::WebAuthn(challenge), Identity::User(id)) = (&open.choice, &open.identity)
        else {
            return Err(Error::SessionInvalid);
        };
        let credential: Value =
            serde_json::from_str(credential).map_err(|_| Error::PasskeyMalformed)?;
        let user = pool.users.get(*id).ok_or(Error::UserNotFound)?;
        let claimed = webauthn::id(&credential).ok_or(Error::PasskeyMalformed)?;
        let passkey = pool
            .usable_passkeys(user)
            .find(|passkey| *passkey.credential.id == *claimed)
            .ok_or(Error::PasskeyRefused)?;
        Ok(Self {
            challenge: *challenge,
            relying_party: passkey.relying_party.to_string(),
            verifies_users: pool.verifies_users(),
            key: passkey.credential.key.clone(),
            number: passkey.number,
            sign_count: passkey.credential.sign_count,
            user_handle: user.sub.as_str().into(),
            credential,
        })
    }

    /// Verifies the signature. Returns the passkey's number and its signature count. The
    /// error for a malformed credential is the error of a registration (inferred).
    fn verify(&self) -> Result<(u32, u32)> {
        let relying_party = RelyingParty {
            id: &self.relying_party,
            verifies_users: self.verifies_users,
        };
        let counted = webauthn::authenticate(
            &self.credential,
            &self.challenge,
            relying_party,
            &self.key,
            self.sign_count,
            self.user_handle.as_bytes(),
        );
        match counted {
            Ok(sign_count) => Ok((self.number, sign_count)),
            Err(CredentialFault::Malformed) => Err(Error::PasskeyMalformed),
            Err(_) => Err(Error::PasskeyRefused),
        }
    }
}

/// Checks the code of a first factor, and applies its other effects.
fn prove_code(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    open: &OpenChoice<'_>,
    given: &str,
) -> Result<()> {
    let Choice::Code {
        factor,
        code,
        destination,
    } = &open.choice
    else {
        return Err(Error::SessionInvalid);
    };
    check_code(given, code)?;
    apply_correct_code(cx, pool, id, *factor, destination)
}

/// Applies the other effects of a correct code: verifies the address that it was sent to,
/// and confirms an unconfirmed user.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
fn apply_correct_code(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    factor: FirstFactor,
    destination: &str,
) -> Result<()> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let mut attributes = user.attributes.clone();
    let attribute = factor.attribute().unwrap_or_default();
    // The user's address may have changed.
    if attributes.get(attribute) == Some(destination) && !attributes.has_verified(attribute) {
        attributes.set(&format!("{attribute}_verified"), "true");
    }
    let status = match user.status {
        Status::Unconfirmed => after(user.status, Transition::Confirm)?,
        status => status,
    };
    if status == user.status && attributes == user.attributes {
        return Ok(());
    }
    if let Some(taken) = pool.taken(&attributes, Some(id)).into_iter().next() {
        return Err(taken.refusal());
    }
    pool.edit_id(id, cx.now(), |user| {
        user.codes.clear(CodePurpose::SignUp);
        user.attributes = attributes;
        user.status = status;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::error::Error;
    use crate::state::mfa::Factor;
    use crate::testing::Fixture;
    use crate::testing::authenticator::Authenticator;

    const ORIGIN: &str = "http://localhost:3000";

    /// A pool that allows `factors`, and a client that allows the choice.
    fn pool(factors: &[&str], client: Value) -> Fixture {
        let pool = json!({
            "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": factors}},
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
            "AutoVerifiedAttributes": ["email"],
        });
        let mut client = client;
        client["ExplicitAuthFlows"] = json!([
            "ALLOW_USER_AUTH",
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH"
        ]);
        Fixture::with_pool_and_client(pool, client)
    }

    const ALL: [&str; 4] = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"];

    fn contacts() -> Value {
        json!([{"Name": "email", "Value": "ana@example.com"}, {"Name": "phone_number", "Value": "+12065559934"}])
    }

    /// Runs `script`. In it, `start ana +NAME=value` starts ana's sign-in and
    /// `answer CHALLENGE +NAME=value` answers a challenge.
    fn run(fixture: &mut Fixture, script: &str) -> String {
        let mut lines = Vec::new();
        for line in script.lines().map(str::trim) {
            let mut words = line.split(" +");
            let head = words.next().unwrap_or_default();
            let mut given = serde_json::Map::new();
            for word in words {
                let (name, value) = word.split_once('=').unwrap();
                given.insert(name.to_owned(), json!(value));
            }
            lines.push(match head.split_once(' ') {
                Some(("start", user)) => {
                    given.insert("USERNAME".to_owned(), json!(user));
                    let input = json!({"ClientId": "$client", "AuthFlow": "USER_AUTH", "AuthParameters": given});
                    format!("InitiateAuth {input}")
                }
                Some(("answer", challenge)) => {
                    given.entry("USERNAME").or_insert(json!("ana"));
                    let input = json!({"ClientId": "$client", "ChallengeName": challenge, "Session": "$session", "ChallengeResponses": given});
                    format!("RespondToAuthChallenge {input}")
                }
                _ => line.to_owned(),
            });
        }
        fixture.run(&lines.join("\n"))
    }

    #[test]
    fn offered_factors() {
        let mut fixture = pool(&ALL, json!({})).and_user("ana", contacts());
        assert_snapshot!(run(&mut fixture, r#"
            start ana
            # Without a password, and with a temporary one (fact 5d).
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"}]}
            start bob
            AdminCreateUser {"UserPoolId":"$pool","Username":"eve","MessageAction":"SUPPRESS","TemporaryPassword":"$password","UserAttributes":[{"Name":"email","Value":"eve@example.com"}]}
            start eve +PREFERRED_CHALLENGE=EMAIL_OTP
            # No factor is left.
            AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"bob","UserAttributeNames":["email"]}
            start bob
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            start ana
            start noname
        "#), @r#"
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"User":{"Attributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"bob"}}
        200 {"AvailableChallenges":["EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"User":{"Attributes":[{"Name":"email","Value":"eve@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"eve"}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {}
        400 NotAuthorizedException: Incorrect username or password.
        200 {}
        400 NotAuthorizedException: User is disabled.
        400 UserNotFoundException: User does not exist.
        "#);
    }

    /// R31, R34: a user who can only sign in with a password gets the reason why the
    /// password is refused. A user with another factor does not.
    #[test]
    fn users_whose_password_is_refused() {
        for factors in [&["PASSWORD"][..], &["PASSWORD", "EMAIL_OTP"]] {
            let mut fixture = pool(factors, json!({})).and_verified_user("ana");
            let answers = run(
                &mut fixture,
                r#"
                SignUp {"ClientId":"$client","Username":"bob","Password":"$password","UserAttributes":[{"Name":"email","Value":"bob@example.com"}]}
                start bob
                start bob +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
                AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
                start ana
                start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
            "#,
            );
            if factors.len() == 1 {
                assert_snapshot!(answers, @r#"
                200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"b***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
                400 UserNotConfirmedException: User is not confirmed.
                400 UserNotConfirmedException: User is not confirmed.
                200 {}
                400 PasswordResetRequiredException: Password reset required for the user
                400 PasswordResetRequiredException: Password reset required for the user
                "#);
            } else {
                assert_snapshot!(answers, @r#"
                200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"b***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
                200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
                400 UserNotConfirmedException: User is not confirmed.
                200 {}
                200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
                400 PasswordResetRequiredException: Password reset required for the user
                "#);
            }
        }
    }

    #[test]
    fn passwords() {
        let mut fixture = pool(&ALL, json!({})).and_user("ana", contacts());
        assert_snapshot!(run(&mut fixture, "
            # With the first call.
            start ana +PREFERRED_CHALLENGE=PASSWORD
            start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=wrong
            start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
            # Without a preference the password is ignored.
            start ana +PASSWORD=$password
        "), @r#"
        400 InvalidParameterException: Missing required parameter PASSWORD
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        "#);
        assert_snapshot!(run(&mut fixture, "
            # With the choice, after the choice, or in place of the choice.
            answer SELECT_CHALLENGE +ANSWER=PASSWORD +PASSWORD=wrong
            answer SELECT_CHALLENGE +ANSWER=PASSWORD +PASSWORD=$password
            answer SELECT_CHALLENGE +ANSWER=PASSWORD +PASSWORD=$password
            start ana
            answer SELECT_CHALLENGE +ANSWER=PASSWORD
            answer PASSWORD
            answer PASSWORD +PASSWORD=wrong
            answer PASSWORD +PASSWORD=$password
            start ana
            answer PASSWORD +PASSWORD=$password
        "), @r#"
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"PASSWORD","ChallengeParameters":{},"Session":"$session"}
        400 InvalidParameterException: Missing required parameter PASSWORD
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn passwords_by_srp() {
        let verify = "answer PASSWORD_VERIFIER +PASSWORD_CLAIM_SECRET_BLOCK=$block +PASSWORD_CLAIM_SIGNATURE=$claim($password) +TIMESTAMP=$timestamp";
        let mut fixture = pool(&["PASSWORD"], json!({})).and_user("ana", json!([]));
        assert_snapshot!(run(&mut fixture, &"
            start ana +PREFERRED_CHALLENGE=PASSWORD_SRP
            start ana +PREFERRED_CHALLENGE=PASSWORD_SRP +SRP_A=$srp_a
            verify
            start ana
            answer SELECT_CHALLENGE +ANSWER=PASSWORD_SRP +SRP_A=$srp_a
            verify
            start ana
            answer PASSWORD_SRP +SRP_A=$srp_a
            verify
            start ana
            answer SELECT_CHALLENGE +ANSWER=PASSWORD_SRP
            answer PASSWORD_SRP +SRP_A=$srp_a
            verify
        ".replace("verify", verify)), @r#"
        400 InvalidParameterException: Missing required parameter SRP_A
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"PASSWORD_SRP","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// After the password, the sign-in continues as in the other password flows.
    #[test]
    fn after_a_password() {
        let fixture = pool(&ALL, json!({})).and_user("ana", contacts());
        let mut fixture = fixture.and_mfa("OPTIONAL", &[Factor::SmsMfa]);
        assert_snapshot!(run(&mut fixture, r#"
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true}}
            # Codes and passkeys cannot be followed by a second factor.
            start ana +PREFERRED_CHALLENGE=EMAIL_OTP
            answer PASSWORD +PASSWORD=$password
            answer SMS_MFA +SMS_MFA_CODE=$code
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
        "#), @r#"
        200 {}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{\"email\":\"ana@example.com\",\"phone_number\":\"+12065559934\"}"},"Session":"$session"}
        "#);
    }

    /// Facts 7.2 and R85. The code also verifies the address that it was sent to.
    #[test]
    fn codes() {
        let mut fixture = pool(&ALL, json!({})).and_user("ana", contacts());
        assert_snapshot!(run(&mut fixture, r#"
            start ana +PREFERRED_CHALLENGE=EMAIL_OTP
            outbox
            answer EMAIL_OTP
            answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +EMAIL_OTP_CODE=$code
            answer EMAIL_OTP +EMAIL_OTP_CODE=$code
            only /UserAttributes AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            start ana
            answer SELECT_CHALLENGE +ANSWER=SMS_OTP
            outbox
            answer EMAIL_OTP +EMAIL_OTP_CODE=$code
            answer SMS_OTP +SMS_OTP_CODE=$code
            start ana +PREFERRED_CHALLENGE=SMS_OTP
            advance 180
            answer SMS_OTP +SMS_OTP_CODE=$code
        "#), @r#"
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
        SignIn Email to ana@example.com: Your authentication code Your authentication code is $code.
        400 InvalidParameterException: Missing required parameter EMAIL_OTP_CODE
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        [{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"phone_number","Value":"+12065559934"},{"Name":"sub","Value":"$sub"}]
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"SMS_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934"},"Session":"$session"}
        SignIn Sms to +12065559934:  Your authentication code is $code.
        400 NotAuthorizedException: Invalid session for the user.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SMS_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934"},"Session":"$session"}
        400 NotAuthorizedException: Invalid session for the user, session is expired.
        "#);
        let code = fixture
            .emulator()
            .world()
            .courier
            .outbox()
            .pop()
            .unwrap()
            .code;
        assert_eq!(code.len(), 8);
    }

    /// According to the guide, the right code confirms a user who signed up.
    #[test]
    fn a_code_confirms_a_sign_up() {
        let mut fixture = pool(&["PASSWORD", "EMAIL_OTP"], json!({}));
        assert_snapshot!(run(&mut fixture, r#"
            SignUp {"ClientId":"$client","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            start ana +PREFERRED_CHALLENGE=EMAIL_OTP
            answer EMAIL_OTP +EMAIL_OTP_CODE=$code
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
        200 {"AvailableChallenges":["EMAIL_OTP"],"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    /// The code that confirmed a sign-up is the first factor once, for the
    /// client of the sign-up, and for the lifetime of a session.
    #[test]
    fn a_sign_up_leads_directly_to_tokens() {
        let sign_up = r#"SignUp {"ClientId":"$client","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}"#;
        let confirm = r#"ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Session":"$session"}"#;
        let sign_in = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"ana"},"Session":"$session"}"#;
        let factors = ["PASSWORD", "EMAIL_OTP"];
        let mut fixture = pool(&factors, json!({}));
        assert_snapshot!(fixture.run(&format!(r#"
            {sign_up}
            first = $session
            {sign_in}
            {confirm}
            {sign_in}
            {sign_in}
            InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{{"USERNAME":"ana"}},"Session":"$first"}}
        "#)), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
        400 NotAuthorizedException: Invalid session for the user.
        200 {"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        "#);
        // Too late to confirm, and too late to sign in.
        assert_snapshot!(pool(&factors, json!({})).run(&format!("{sign_up}
            advance 180
            {confirm}")), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
        400 NotAuthorizedException: Invalid session for the user, session is expired.
        "#);
        assert_snapshot!(pool(&factors, json!({})).run(&format!("{sign_up}
            {confirm}
            advance 180
            {sign_in}")), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
        200 {"Session":"$session"}
        400 NotAuthorizedException: Invalid session for the user, session is expired.
        "#);
        // A user who may not sign in by that code chooses as usual.
        let with_password = sign_up.replace(
            r#""UserAttributes""#,
            r#""Password":"$password","UserAttributes""#,
        );
        assert_snapshot!(pool(&["PASSWORD"], json!({})).run(&format!("{with_password}
            {confirm}
            {sign_in}")), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
        200 {"Session":"$session"}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        "#);
        // A session is not needed to confirm.
        let plain = confirm.replace(r#","Session":"$session""#, "");
        assert_snapshot!(pool(&factors, json!({})).run(&format!("{sign_up}\n{plain}")), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
        200 {}
        "#);
    }

    /// Signs ana in with `authenticator`, after `change` has altered the credential.
    fn by_passkey(
        fixture: &mut Fixture,
        authenticator: &Authenticator,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let client = fixture.get("client").to_owned();
        let asked = fixture.must("InitiateAuth", json!({"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ana", "PREFERRED_CHALLENGE": "WEB_AUTHN"}}));
        let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
            .as_str()
            .unwrap();
        let mut credential = authenticator.get(&serde_json::from_str(options).unwrap());
        change(&mut credential);
        fixture.name("credential", &credential.to_string());
        let reply = fixture.call("RespondToAuthChallenge", json!({"ClientId": client, "ChallengeName": "WEB_AUTHN", "Session": asked["Session"], "ChallengeResponses": {"USERNAME": "ana", "CREDENTIAL": credential.to_string()}}));
        if reply.is_ok() {
            "tokens".to_owned()
        } else {
            reply.to_string()
        }
    }

    #[test]
    fn passkeys() {
        let mut authenticator = Authenticator::new(ORIGIN);
        let other = Authenticator::rsa(ORIGIN);
        let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        let mut fixture = fixture.and_passkey(&authenticator).and_passkey(&other);
        fixture.name("other", &other.id());
        fixture.name("passkey", &authenticator.id());
        assert_snapshot!(run(&mut fixture, "start ana +PREFERRED_CHALLENGE=WEB_AUTHN"), @r#"200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","WEB_AUTHN"],"ChallengeName":"WEB_AUTHN","ChallengeParameters":{"CREDENTIAL_REQUEST_OPTIONS":"{\"challenge\":\"mS4Qen8zbQxHjgLbYm4aIQ\",\"timeout\":180000,\"rpId\":\"localhost\",\"allowCredentials\":[{\"type\":\"public-key\",\"id\":\"$passkey\",\"transports\":[\"internal\"]},{\"type\":\"public-key\",\"id\":\"$other\",\"transports\":[\"internal\"]}],\"userVerification\":\"preferred\"}"},"Session":"$session"}"#);
        for _ in 0..2 {
            assert_eq!(by_passkey(&mut fixture, &authenticator, |_| ()), "tokens");
            assert_eq!(by_passkey(&mut fixture, &other, |_| ()), "tokens");
        }
        // A passkey that counts its signatures must keep counting.
        let mut answers = Vec::new();
        for sign_count in [7, 7, 6, 0, 8] {
            authenticator.sign_count = sign_count;
            answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
        }
        assert_snapshot!(answers.join("\n"), @"
        tokens
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        tokens
        ");
    }

    #[test]
    fn passkeys_that_are_refused() {
        let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        let mut authenticator = Authenticator::new(ORIGIN);
        let mut fixture = fixture.and_passkey(&authenticator);
        let mut answers = vec![
            by_passkey(&mut fixture, &Authenticator::new(ORIGIN), |_| ()),
            by_passkey(&mut fixture, &authenticator, |credential| {
                *credential = json!("credential");
            }),
            by_passkey(&mut fixture, &authenticator, |credential| {
                credential["rawId"] = json!("AAAA");
            }),
            by_passkey(&mut fixture, &authenticator, |credential| {
                credential["response"]["userHandle"] = json!("AAAA");
            }),
            by_passkey(&mut fixture, &authenticator, |credential| {
                credential["response"]["clientDataJSON"] = json!("e30");
            }),
        ];
        // The signature for another challenge.
        let former: Value = serde_json::from_str(fixture.get("credential")).unwrap();
        answers.push(by_passkey(&mut fixture, &authenticator, |credential| {
            credential["response"]["authenticatorData"] =
                former["response"]["authenticatorData"].clone();
            credential["response"]["signature"] = former["response"]["signature"].clone();
        }));
        authenticator.breaks_signatures = true;
        answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
        authenticator.breaks_signatures = false;
        authenticator.origin = "https://example.com".to_owned();
        answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
        authenticator.origin = ORIGIN.to_owned();
        authenticator.relying_party = Some("example.com".to_owned());
        answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
        authenticator.relying_party = None;
        fixture.run(r#"SetUserPoolMfaConfig {"UserPoolId":"$pool","WebAuthnConfiguration":{"RelyingPartyId":"localhost","UserVerification":"required"}}"#);
        authenticator.verifies_user = false;
        answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
        authenticator.verifies_user = true;
        answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
        assert_snapshot!(answers.join("\n"), @"
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        400 InvalidParameterException: Credential data is not valid
        400 InvalidParameterException: Credential data is not valid
        400 InvalidParameterException: Credential data is not valid
        400 InvalidParameterException: Credential data is not valid
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        400 NotAuthorizedException: WebAuthn credential could not be verified.
        tokens
        ");
        // Passkeys of a former relying party cannot sign in.
        assert_snapshot!(run(&mut fixture, r#"
            SetUserPoolMfaConfig {"UserPoolId":"$pool","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
            start ana +PREFERRED_CHALLENGE=WEB_AUTHN
        "#), @r#"
        200 {"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        "#);
    }

    /// The form in the API Reference: the credential and the selection in one answer.
    #[test]
    fn a_passkey_together_with_its_selection() {
        let authenticator = Authenticator::new(ORIGIN);
        let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        let mut fixture = fixture.and_passkey(&authenticator);
        let client = fixture.get("client").to_owned();
        let first = fixture.must("InitiateAuth", json!({"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ana"}}));
        let mut select = json!({"ClientId": client, "ChallengeName": "SELECT_CHALLENGE", "Session": first["Session"], "ChallengeResponses": {"USERNAME": "ana", "ANSWER": "WEB_AUTHN"}});
        let asked = fixture.must("RespondToAuthChallenge", select.clone());
        assert_eq!(asked["ChallengeName"], "WEB_AUTHN");
        assert!(asked.get("AvailableChallenges").is_none());
        let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
            .as_str()
            .unwrap();
        let credential = authenticator.get(&serde_json::from_str(options).unwrap());
        select["Session"] = asked["Session"].clone();
        assert_eq!(
            fixture
                .call("RespondToAuthChallenge", select.clone())
                .message,
            Error::MissingParameter {
                parameter: "CREDENTIAL".to_owned()
            }
            .sentence()
        );
        select["ChallengeResponses"]["CREDENTIAL"] = json!(credential.to_string());
        let tokens = fixture.must("RespondToAuthChallenge", select.clone());
        assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
        assert_eq!(
            fixture.call("RespondToAuthChallenge", select).message,
            Error::SessionUsed.sentence()
        );
    }

    /// If MFA is required, a passkey counts as both factors only if the pool is
    /// configured for it.
    #[test]
    fn passkeys_as_both_factors() {
        let authenticator = Authenticator::new(ORIGIN);
        let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
        let mut fixture = fixture.and_passkey(&authenticator);
        assert_snapshot!(run(&mut fixture, r#"
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"RelyingPartyId":"localhost","FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION"}}
            start ana +PREFERRED_CHALLENGE=WEB_AUTHN
            AssociateSoftwareToken {"AccessToken":"$access"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp"}
            SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true},"WebAuthnMfaSettings":{"Enabled":true}}
            start ana
            start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
        "#), @r#"
        200 {"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION","RelyingPartyId":"localhost"}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"SecretCode":"$seed"}
        200 {"Status":"SUCCESS"}
        200 {}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","WEB_AUTHN"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        "#);
        assert_eq!(by_passkey(&mut fixture, &authenticator, |_| ()), "tokens");
        let mut careless = authenticator;
        careless.verifies_user = false;
        assert_eq!(
            by_passkey(&mut fixture, &careless, |_| ()),
            Error::PasskeyRefused
                .to_string()
                .replace("NotAuthorized", "400 NotAuthorized")
        );
    }

    /// R40: a sign-in of an unknown user looks like a real one, but its session string is
    /// longer.
    #[test]
    fn unknown_users() {
        let mut fixture = pool(&ALL, json!({"PreventUserExistenceErrors": "ENABLED"}))
            .and_user("ana", contacts());
        assert_snapshot!(run(&mut fixture, "
            start noname@example.com +PREFERRED_CHALLENGE=EMAIL_OTP
            outbox
            answer EMAIL_OTP +USERNAME=ana +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +USERNAME=noname@example.com
            answer EMAIL_OTP +USERNAME=noname@example.com +EMAIL_OTP_CODE=00000000
            answer EMAIL_OTP +USERNAME=noname@example.com +EMAIL_OTP_CODE=00000000
            start noname +PREFERRED_CHALLENGE=WEB_AUTHN
            answer SELECT_CHALLENGE +USERNAME=noname +ANSWER=WEB_AUTHN
            answer SELECT_CHALLENGE +USERNAME=noname +ANSWER=SMS_OTP
            answer SMS_OTP +USERNAME=noname +SMS_OTP_CODE=00000000
            start noname +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
            start noname
            answer PASSWORD +USERNAME=noname +PASSWORD=$password
            answer SELECT_CHALLENGE +USERNAME=noname +ANSWER=PASSWORD
            answer PASSWORD +USERNAME=noname +PASSWORD=$password
            start noname +PREFERRED_CHALLENGE=PASSWORD_SRP +SRP_A=$srp_a
            answer PASSWORD_VERIFIER +USERNAME=noname +PASSWORD_CLAIM_SECRET_BLOCK=$block +PASSWORD_CLAIM_SIGNATURE=$claim($password) +TIMESTAMP=$timestamp
        "), @r#"
        200 {"AvailableChallenges":["EMAIL_OTP"],"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"n***@e***"},"Session":"$session"}
        nothing sent
        400 NotAuthorizedException: Invalid session for the user.
        400 InvalidParameterException: Missing required parameter EMAIL_OTP_CODE
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        400 InvalidParameterException: Invalid value of parameter ANSWER
        200 {"ChallengeName":"SMS_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******4300"},"Session":"$session"}
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        400 NotAuthorizedException: Incorrect username or password.
        200 {"ChallengeName":"PASSWORD","ChallengeParameters":{},"Session":"$session"}
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"noname","USER_ID_FOR_SRP":"noname"},"Session":"$session"}
        400 NotAuthorizedException: Incorrect username or password.
        "#);
        let session_of = |fixture: &mut Fixture, name: &str| {
            run(
                fixture,
                &format!("start {name} +PREFERRED_CHALLENGE=EMAIL_OTP"),
            );
            fixture.get("session").len()
        };
        assert_eq!(session_of(&mut fixture, "ana"), 1543);
        assert_eq!(session_of(&mut fixture, "noname"), 1587);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence_of_the_start() {
        let mut fixture =
            pool(&["PASSWORD"], json!({"GenerateSecret": true})).and_user("ana", json!([]));
        assert_snapshot!(run(&mut fixture, r#"
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","Session":"aaaaaaaaaaaaaaaaaaaa"}
            start bob +PREFERRED_CHALLENGE=CUSTOM
            start bob +PREFERRED_CHALLENGE=CUSTOM +SECRET_HASH=$hash(bob)
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_AUTH"]}
            start bob +PREFERRED_CHALLENGE=CUSTOM +SECRET_HASH=$hash(bob)
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"ESSENTIALS"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"bob","PREFERRED_CHALLENGE":"CUSTOM","SECRET_HASH":"$hash(bob)"},"Session":"aaaaaaaaaaaaaaaaaaaa"}
            start bob +PREFERRED_CHALLENGE=CUSTOM +SECRET_HASH=$hash(bob)
            start bob +PREFERRED_CHALLENGE=PASSWORD +SECRET_HASH=$hash(bob)
            start ana +PREFERRED_CHALLENGE=PASSWORD +SECRET_HASH=$hash(ana)
            start ana +PREFERRED_CHALLENGE=PASSWORD +SECRET_HASH=$hash(ana) +PASSWORD=$password
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)"}}
        "#), @r#"
        200 {}
        200 {"UserPoolClient":{"AllowedOAuthFlowsUserPoolClient":false,"AuthSessionValidity":3,"ClientId":"$client","ClientName":"client","ClientSecret":"$secret","CreationDate":1.7E9,"EnablePropagateAdditionalUserContextData":false,"EnableTokenRevocation":true,"ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"],"LastModifiedDate":1.7E9,"RefreshTokenValidity":30,"TokenValidityUnits":{},"UserPoolId":"$pool"}}
        400 InvalidParameterException: Missing required parameter USERNAME
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 InvalidParameterException: USER_AUTH flow not enabled for this client
        200 {"UserPoolClient":{"AllowedOAuthFlowsUserPoolClient":false,"AuthSessionValidity":3,"ClientId":"$client","ClientName":"client","ClientSecret":"$secret","CreationDate":1.7E9,"EnablePropagateAdditionalUserContextData":false,"EnableTokenRevocation":true,"ExplicitAuthFlows":["ALLOW_USER_AUTH"],"LastModifiedDate":1.7E9,"RefreshTokenValidity":30,"TokenValidityUnits":{},"UserPoolId":"$pool"}}
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Choice-based Sign-In
        200 {}
        400 NotAuthorizedException: Invalid session for the user.
        400 InvalidParameterException: Invalid value of parameter PREFERRED_CHALLENGE
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: Missing required parameter PASSWORD
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence_of_an_answer() {
        let fixture = pool(&["PASSWORD", "EMAIL_OTP"], json!({"GenerateSecret": true}));
        let mut fixture = fixture
            .and_user("ana", contacts())
            .and_user("bob", contacts());
        assert_snapshot!(run(&mut fixture, r#"
            start ana +SECRET_HASH=$hash(ana)
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE"}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE","ChallengeResponses":{"USERNAME":"bob"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE","ChallengeResponses":{"USERNAME":"bob","SECRET_HASH":"$hash(bob)"}}
            answer SELECT_CHALLENGE +USERNAME=bob +SECRET_HASH=$hash(bob)
            answer EMAIL_OTP +SECRET_HASH=$hash(ana)
            answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana)
            answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana) +ANSWER=SMS_OTP
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana) +ANSWER=EMAIL_OTP
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
            answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana) +ANSWER=EMAIL_OTP
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"EMAIL_OTP","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)","EMAIL_OTP_CODE":"$code"}}
        "#), @r#"
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        400 InvalidParameterException: Missing required parameter challenge responses.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 InvalidParameterException: Missing required parameter Session
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Invalid session for the user.
        400 InvalidParameterException: Missing required parameter ANSWER
        400 InvalidParameterException: Invalid value of parameter ANSWER
        200 {}
        400 NotAuthorizedException: User is disabled.
        200 {}
        200 {"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }
}
