//! Sign-in at a page of the domain: the flows and challenges of the API, without tokens.

use super::finish::{CallInfo, End, settle};
use super::{
    Answer, AuthRequest, Caller, ChallengeResponse, ClientAndDevice, Next, Parameters, initiate,
    next, respond, signed_up, user_in_setup,
};
use crate::auth::assurance::{Assurance, Level, Method};
use crate::auth::secret_hash;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::state::PoolHandle;
use crate::state::assurance::Progress;
use crate::state::first_factor::FirstFactor;
use crate::state::given::AttributeSource;
use crate::state::mfa::Factor;
use crate::state::session::Challenge;
use crate::state::users::UserId;
use crate::state::web::BrowserDevice;
use crate::triggers::token_generation::Source;
use crate::triggers::{Metadata, authentication};

/// The result of a step at a page.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The page of this challenge is next.
    Challenge(Box<Answer>),
    /// The user has signed in. `PostAuthentication` has run.
    Complete(Complete),
    /// The user has signed in, but has no factor for the levels that the app asks for.
    Unmet,
}

/// A sign-in that is complete.
#[derive(Debug)]
pub(crate) struct Complete {
    /// The user.
    pub(crate) user: UserId,
    /// The strength of the sign-in.
    pub(crate) assurance: Assurance,
}

/// A sign-in at a page of the app client `client_id`.
#[derive(Clone, Copy)]
pub(crate) struct Hosted<'a> {
    pub(crate) cx: &'a Cx<'a>,
    pub(crate) handle: &'a PoolHandle,
    pub(crate) client_id: &'a str,
    /// The levels that the app asks for.
    pub(crate) targets: &'a [Level],
    /// The device that the browser is.
    pub(crate) device: Option<&'a BrowserDevice>,
}

impl<'a> Hosted<'a> {
    fn client_device(&self) -> ClientAndDevice<'a> {
        ClientAndDevice {
            client_id: self.client_id,
            device: None,
        }
    }

    /// Starts a sign-in with `flow`, whichever flows the app client enables for the API.
    pub(crate) fn start(&self, flow: &str, parameters: &Parameters) -> Result<Outcome> {
        let metadata = Metadata::new();
        let request = AuthRequest {
            caller: Caller::Page,
            client_id: self.client_id,
            flow,
            parameters,
            metadata: &metadata,
            session: None,
        };
        let (next, progress) = initiate::start(self.cx, self.handle, &request)?;
        self.conclude(None, progress, next)
    }

    /// Signs in a user whose sign-up was just confirmed; `session` is of the confirmation. The user
    /// has chosen the password in the same browser, so only a second factor can be left (inferred).
    pub(crate) fn after_sign_up(&self, username: &str, session: &str) -> Result<Outcome> {
        let (cx, client_id) = (self.cx, self.client_id);
        let next = {
            let mut pool = self.handle.write();
            let id = pool.users.find(username).ok_or(Error::SessionInvalid)?;
            signed_up::confirmed_attribute(cx, &pool, client_id, id, session)?;
            pool.sessions.close(session);
            next::after_new_password(cx, &mut pool, id, &self.client_device())?
        };
        self.conclude(None, Progress::of(&[Method::Password]), next)
    }

    /// Answers `challenge`. `responses` needs no `SECRET_HASH`: the page belongs to Cognito, which
    /// knows the secret.
    pub(crate) fn answer(
        &self,
        challenge: &str,
        session: &str,
        mut responses: Parameters,
    ) -> Result<Outcome> {
        authenticate(self.handle, self.client_id, &mut responses)?;
        let metadata = Metadata::new();
        let response = ChallengeResponse {
            client_id: self.client_id,
            challenge,
            session: Some(session),
            responses: &responses,
            metadata: &metadata,
        };
        let (next, progress) =
            respond::proceed(self.cx, self.handle, &response, &self.client_device())?;
        let typed = responses.get("USERNAME").map(String::as_str);
        self.conclude(typed, progress, next)
    }

    /// Asks the user at `id`, who has signed in with the strength `now`, for `factor`.
    pub(crate) fn step_up(&self, id: UserId, now: &Assurance, factor: Factor) -> Result<Outcome> {
        let names = now.methods.iter();
        let methods: Vec<_> = names.filter_map(|name| Method::named(name)).collect();
        let next = {
            let mut pool = self.handle.write();
            next::ask_factor(self.cx, &mut pool, id, &self.client_device(), factor)?
        };
        self.conclude(None, Progress::of(&methods), next)
    }

    /// Sets the address of a user who must set up a factor and has none, and sends a code to it.
    pub(crate) fn set_up_address(
        &self,
        session: &str,
        factor: Factor,
        address: &str,
    ) -> Result<Outcome> {
        let cx = self.cx;
        let (next, progress) = {
            let mut pool = self.handle.write();
            let id = user_in_setup(cx, &pool, session)?;
            let progress = pool.sessions.find(session)?.progress.clone();
            let name = match factor {
                Factor::EmailOtp => "email",
                _ => "phone_number",
            };
            let attribute = Attribute {
                name: name.to_owned(),
                value: address.to_owned(),
            };
            pool.schema.check_update(&attribute)?;
            pool.check_alias_form(
                AttributeSource::NewPassword,
                std::slice::from_ref(&attribute),
            )?;
            pool.edit_id(id, cx.now(), |user| {
                user.attributes.set(name, address);
                user.attributes.set(&format!("{name}_verified"), "false");
                Ok(())
            })?;
            let next = next::ask_factor(cx, &mut pool, id, &self.client_device(), factor)?;
            pool.sessions.close(session);
            (next, progress)
        };
        self.conclude(None, progress, next)
    }

    /// Sends the code of the next challenge, or runs `PostAuthentication` if everything is verified.
    /// `typed` is the username as the last answer gave it.
    fn conclude(&self, typed: Option<&str>, mut progress: Progress, next: Next) -> Result<Outcome> {
        let Self { cx, handle, .. } = *self;
        progress.targets = self.targets.to_vec();
        let next = self.trust_device(next);
        let client_device = self.client_device();
        let call = CallInfo {
            client_device: &client_device,
            typed,
            source: Source::HostedAuth,
            metadata: &Metadata::new(),
            progress: &progress,
        };
        let id = match settle(cx, handle, &call, next)? {
            End::Challenge(answer) => return Ok(Outcome::Challenge(answer)),
            End::Complete(id) => id,
            End::Unmet => return Ok(Outcome::Unmet),
        };
        let event = {
            let pool = handle.read();
            let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
            authentication::post_authentication(&pool, user, self.client_id, false, call.metadata)
        };
        authentication::run(event, cx.world)?;
        // The user may have been deleted or disabled while the function ran.
        match handle.read().users.get(id) {
            Some(user) if user.enabled => Ok(Outcome::Complete(Complete {
                user: id,
                assurance: progress.assurance(),
            })),
            Some(_) => Err(Error::UserDisabled),
            None => Err(Error::UserNotFound),
        }
    }

    /// Leaves out the second factor if the browser is a remembered device of the user, in a pool in
    /// which devices replace an SMS code or an authenticator app.
    fn trust_device(&self, next: Next) -> Next {
        let (Some(device), Some(session)) = (self.device, next.session()) else {
            return next;
        };
        let mut pool = self.handle.write();
        let is_replaced = pool.sessions.find(session).is_ok_and(|open| {
            let is_factor = matches!(
                open.challenge,
                Challenge::SmsMfa { .. }
                    | Challenge::SoftwareTokenMfa
                    | Challenge::SelectMfaType { .. }
            );
            is_factor && open.user == device.user
        });
        if !is_replaced || !pool.trusts_devices() {
            return next;
        }
        pool.sessions.close(session);
        Next::Proved(device.user)
    }
}

/// Adds `SECRET_HASH` to the answer of a confidential client.
fn authenticate(handle: &PoolHandle, client_id: &str, responses: &mut Parameters) -> Result<()> {
    let pool = handle.read();
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
