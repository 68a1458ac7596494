//! Sign-in at a page of the domain: the flows and challenges of the API, without tokens.

use super::finish::{CallInfo, End, settle};
use super::{
    Answer, AuthRequest, Caller, ChallengeResponse, Next, Parameters, Visit, initiate, next,
    respond, signed_up, user_in_setup,
};
use crate::auth::secret_hash;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::state::Slot;
use crate::state::first_factor::FirstFactor;
use crate::state::given::Way;
use crate::state::mfa::Factor;
use crate::state::users::UserId;
use crate::triggers::token_generation::Source;
use crate::triggers::{Metadata, authentication};

/// The result of a step at a page.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The page of this challenge is next.
    Challenge(Box<Answer>),
    /// The user has signed in. `PostAuthentication` has run.
    Complete(UserId),
}

/// Starts a sign-in with `flow`, whichever flows the app client enables for the API.
pub(crate) fn start(
    cx: &Cx<'_>,
    slot: &Slot,
    client_id: &str,
    flow: &str,
    parameters: &Parameters,
) -> Result<Outcome> {
    let metadata = Metadata::new();
    let request = AuthRequest {
        caller: Caller::Page,
        client_id,
        flow,
        parameters,
        metadata: &metadata,
        session: None,
    };
    let next = initiate::start(cx, slot, &request)?;
    conclude(cx, slot, &request.visit(), None, next)
}

/// Signs in a user whose sign-up was just confirmed; `session` is of the confirmation. The user has
/// chosen the password in the same browser, so only a second factor can be left (inferred).
pub(crate) fn after_sign_up(
    cx: &Cx<'_>,
    slot: &Slot,
    client_id: &str,
    username: &str,
    session: &str,
) -> Result<Outcome> {
    let visit = Visit {
        client_id,
        device: None,
    };
    let next = {
        let mut pool = slot.write();
        let id = pool.users.find(username).ok_or(Error::SessionInvalid)?;
        signed_up::confirmed_attribute(cx, &pool, client_id, id, session)?;
        pool.sessions.close(session);
        next::after_new_password(cx, &mut pool, id, &visit)?
    };
    conclude(cx, slot, &visit, None, next)
}

/// Answers `challenge`. `responses` needs no `SECRET_HASH`: the page belongs to Cognito, which
/// knows the secret.
pub(crate) fn answer(
    cx: &Cx<'_>,
    slot: &Slot,
    client_id: &str,
    challenge: &str,
    session: &str,
    mut responses: Parameters,
) -> Result<Outcome> {
    authenticate(slot, client_id, &mut responses)?;
    let metadata = Metadata::new();
    let response = ChallengeResponse {
        client_id,
        challenge,
        session: Some(session),
        responses: &responses,
        metadata: &metadata,
    };
    let visit = Visit {
        client_id,
        device: None,
    };
    let next = respond::proceed(cx, slot, &response, &visit)?;
    conclude(
        cx,
        slot,
        &visit,
        responses.get("USERNAME").map(String::as_str),
        next,
    )
}

/// Sets the address of a user who must set up a factor and has none, and sends a code to it.
pub(crate) fn set_up_address(
    cx: &Cx<'_>,
    slot: &Slot,
    client_id: &str,
    session: &str,
    factor: Factor,
    address: &str,
) -> Result<Outcome> {
    let visit = Visit {
        client_id,
        device: None,
    };
    let next = {
        let mut pool = slot.write();
        let id = user_in_setup(cx, &pool, session)?;
        let name = match factor {
            Factor::EmailOtp => "email",
            _ => "phone_number",
        };
        let attribute = Attribute {
            name: name.to_owned(),
            value: address.to_owned(),
        };
        pool.schema.check_update(&attribute)?;
        pool.check_alias_form(Way::NewPassword, std::slice::from_ref(&attribute))?;
        pool.edit_id(id, cx.now(), |user| {
            user.attributes.set(name, address);
            user.attributes.set(&format!("{name}_verified"), "false");
            Ok(())
        })?;
        let next = next::ask_factor(cx, &mut pool, id, &visit, factor)?;
        pool.sessions.close(session);
        next
    };
    conclude(cx, slot, &visit, None, next)
}

/// Adds `SECRET_HASH` to the answer of a confidential client.
fn authenticate(slot: &Slot, client_id: &str, responses: &mut Parameters) -> Result<()> {
    let pool = slot.read();
    let client = pool.client(client_id)?;
    let Some(secret) = client.shown_secret() else {
        return Ok(());
    };
    let typed = responses.get("USERNAME").map_or("", String::as_str);
    let user = pool.users.find(typed).and_then(|id| pool.users.get(id));
    let username = user.map_or(typed, |user| &user.username);
    let hash = secret_hash::secret_hash(secret, username, client_id);
    responses.insert("SECRET_HASH".to_owned(), hash);
    Ok(())
}

/// Sends the code of the next challenge, or runs `PostAuthentication` if everything is verified.
/// `typed` is the username as the last answer gave it.
fn conclude(
    cx: &Cx<'_>,
    slot: &Slot,
    visit: &Visit<'_>,
    typed: Option<&str>,
    next: Next,
) -> Result<Outcome> {
    let call = CallInfo {
        visit,
        typed,
        source: Source::HostedAuth,
        metadata: &Metadata::new(),
    };
    let id = match settle(cx, slot, &call, next)? {
        End::Challenge(answer) => return Ok(Outcome::Challenge(answer)),
        End::Complete(id) => id,
    };
    let event = {
        let pool = slot.read();
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        authentication::post_authentication(&pool, user, call.visit.client_id, false, call.metadata)
    };
    authentication::run(event, cx.world)?;
    // The user may have been deleted or disabled while the function ran.
    match slot.read().users.get(id) {
        Some(user) if user.enabled => Ok(Outcome::Complete(id)),
        Some(_) => Err(Error::UserDisabled),
        None => Err(Error::UserNotFound),
    }
}

/// What pages read of a challenge.
impl Answer {
    /// `Session`.
    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// A member of `ChallengeParameters`.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.challenge_parameters.get(name).map(String::as_str)
    }
}

/// The names of the first factors that a page can offer. SRP is for programs.
pub(crate) fn offered(available: &[&'static str]) -> Vec<String> {
    let srp = FirstFactor::PasswordSrp.as_str();
    let names = available.iter().filter(|name| **name != srp);
    names.map(|name| (*name).to_owned()).collect()
}
