//! `GET` and `POST /login`: the sign-in page, and every step of a sign-in after it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::authorize::{Authorization, Refusal, supports, validate};
use super::confirm_user::with_hash;
use super::page::{Failure, name_label, show};
use super::params::Params;
use super::reply::{Answer, redirect};
use super::site::Site;
use super::view::{Asks, Page, Provider, SignIn};
use super::{cookies, grant, sentences, steps};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::ops;
use crate::settings::identity_provider::ProviderType;
use crate::sign_in::Parameters;
use crate::sign_in::hosted::{self, Outcome};
use crate::state::branding::StyleView;
use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::users::UserId;
use crate::state::web::BrowserSession;
use crate::threat;
use crate::wire::Body;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let visit = match Visit::open(cx, request) {
        Ok(visit) => visit,
        Err(answer) => return *answer,
    };
    match visit.form(|visit| visit.first_page("")) {
        Ok(Some(form)) => visit.post(&form),
        Ok(None) => visit.show(visit.first_page(""), None),
        Err(answer) => *answer,
    }
}

/// A request for a page of a sign-in, with its valid authorization request.
pub(crate) struct Visit<'a> {
    pub(crate) cx: &'a Cx<'a>,
    pub(crate) request: &'a Request,
    pub(crate) site: Site,
    pub(crate) authorization: Authorization,
}

impl<'a> Visit<'a> {
    /// Validates the authorization request in `params` again: each page has it in its query.
    pub(crate) fn of(
        cx: &'a Cx<'a>,
        request: &'a Request,
        params: Params,
    ) -> std::result::Result<Self, Refusal> {
        let (site, authorization) = validate(cx, request, params)?;
        Ok(Self {
            cx,
            request,
            site,
            authorization,
        })
    }

    /// The visit of a request for a page, whose query is the authorization request.
    pub(crate) fn open(
        cx: &'a Cx<'a>,
        request: &'a Request,
    ) -> std::result::Result<Self, Box<Answer>> {
        let params = Params::of_query(&request.query);
        if params.given("client_id").is_none() {
            let refusal = Refusal::Page(400, sentences::NO_CLIENT_ID);
            return Err(Box::new(refusal.answer(request)));
        }
        Self::of(cx, request, params).map_err(|refusal| Box::new(refusal.answer(request)))
    }

    /// The form of a `POST`; `None` for a `GET`. A form without the value of the browser's cookie is
    /// answered with `page`.
    pub(crate) fn form(
        &self,
        page: impl Fn(&Self) -> Page,
    ) -> std::result::Result<Option<Params>, Box<Answer>> {
        if self.request.method == "GET" {
            return Ok(None);
        }
        let form = Params::of_form(self.request);
        if cookies::is_protected(self.request, form.get("_csrf")) {
            return Ok(Some(form));
        }
        let failure = Failure::of_page(sentences::WENT_WRONG);
        Err(Box::new(self.show(page(self), Some(failure))))
    }

    /// The input of an operation of the app client for `username`.
    pub(crate) fn input(&self, username: &str) -> Value {
        let mut input = with_hash(&self.site, &self.authorization.client_id, username);
        if let Some(peer) = &self.request.peer {
            input["UserContextData"] = json!({ "IpAddress": peer });
        }
        input
    }

    /// Signs in with a password, as the first page does.
    pub(crate) fn sign_in(&self, username: &str, password: &str) -> Answer {
        let form = Params::default()
            .with("username", username)
            .with("password", password);
        let flow = "USER_PASSWORD_AUTH";
        let outcome = self.start(&form, flow);
        self.shown(outcome.map(Step::Outcome), &form)
    }

    /// Signs in a user whose sign-up was confirmed in `session`.
    pub(crate) fn confirmed(&self, username: &str, session: &str) -> Result<Outcome> {
        let client_id = &self.authorization.client_id;
        hosted::after_sign_up(self.cx, &self.site.slot, client_id, username, session)
    }

    /// The response with `page`.
    pub(crate) fn show(&self, page: Page, failure: Option<Failure>) -> Answer {
        let Self {
            cx,
            request,
            site,
            authorization,
        } = self;
        show(cx, request, site, authorization, page, failure)
    }

    /// The page that begins a sign-in.
    pub(crate) fn first_page(&self, username: &str) -> Page {
        let pool = self.site.slot.read();
        let params = &self.authorization.params;
        let hint = params.get("login_hint").unwrap_or_default();
        let username = if username.is_empty() { hint } else { username };
        Page::SignIn(SignIn {
            asks: if self.chooses_factor(&pool) {
                Asks::Username
            } else {
                Asks::Both
            },
            label: name_label(&pool),
            username: username.to_owned(),
            step: None,
            providers: self.providers(&pool),
            has_local_users: self.supports(&pool, "COGNITO"),
            has_domain_search: self.has_domain_search(&pool),
            can_sign_up: !pool
                .settings
                .admin_create_user_config
                .allow_admin_create_user_only,
            can_recover: steps::can_recover(&pool),
        })
    }

    fn supports(&self, pool: &Pool, provider: &str) -> bool {
        let client = pool.client(&self.authorization.client_id);
        client.is_ok_and(|client| supports(&client.settings, provider))
    }

    /// Whether users choose their first factor after the username: the client allows choice-based
    /// sign-in (O105). The classic pages do not have it.
    fn chooses_factor(&self, pool: &Pool) -> bool {
        let client = pool.client(&self.authorization.client_id);
        self.site.is_managed
            && client.is_ok_and(|client| client.settings.allows("USER_AUTH"))
            && pool.check_tier("Choice-Based Sign-In").is_ok()
    }

    /// Whether a field for an address selects the SAML provider: all of the client have identifiers
    /// (O138). Managed login has it only if the style of the client has it instead of buttons.
    fn has_domain_search(&self, pool: &Pool) -> bool {
        let all = pool.identity_providers.values();
        let mut own = all
            .filter(|it| it.provider_type == ProviderType::Saml)
            .filter(|it| self.supports(pool, &it.provider_name))
            .peekable();
        let is_possible =
            own.peek().is_some() && own.all(|provider| !provider.idp_identifiers.is_empty());
        is_possible && (!self.site.is_managed || self.style_searches_domains(pool))
    }

    /// Whether the style has the field. The name of its value is not known: only that of buttons is.
    fn style_searches_domains(&self, pool: &Pool) -> bool {
        let style = pool.style_of(&self.authorization.client_id);
        style.is_ok_and(|style| {
            let settings = StyleView::new(&pool.id, style)
                .merged(Some(true))
                .settings();
            settings["categories"]["auth"]["federation"]["interfaceStyle"] != "BUTTON_LIST"
        })
    }

    /// Begins the authorization request again, for the provider whose identifier is the domain of
    /// `address`.
    fn search(&self, address: &str) -> Answer {
        let domain = address.rsplit('@').next().unwrap_or_default().trim();
        let query = Params::of_query(&self.authorization.params.sorted_query());
        let query = query.with("idp_identifier", domain).encoded();
        Answer::from(redirect(&self.site.url("/oauth2/authorize", &query)))
    }

    /// The buttons of external providers, in alphabetical order. Each begins the authorization
    /// request again, for this provider.
    fn providers(&self, pool: &Pool) -> Vec<Provider> {
        let params = &self.authorization.params;
        let mut providers = Vec::new();
        let searches = self.has_domain_search(pool);
        for (name, provider) in &pool.identity_providers {
            let is_found = searches && provider.provider_type == ProviderType::Saml;
            if !self.supports(pool, name) || is_found {
                continue;
            }
            let query = params.sorted_query();
            let query = Params::of_query(&query).with("identity_provider", name);
            providers.push(Provider {
                name: name.clone(),
                kind: provider.provider_type.as_str().to_owned(),
                href: format!("/oauth2/authorize?{}", query.encoded()),
            });
        }
        providers
    }

    /// One step of a sign-in.
    fn post(&self, form: &Params) -> Answer {
        if let Some(address) = form.given("idp_identifier") {
            return self.search(address);
        }
        let username = form.get("username").unwrap_or_default();
        let sets_password = form.get("challenge") == Some("NEW_PASSWORD_REQUIRED");
        if sets_password && form.get("password") != form.get("confirm_password") {
            let failure = Failure::of_page(sentences::PASSWORDS_DIFFER);
            return self.again(form, username, failure);
        }
        self.shown(self.step(form), form)
    }

    /// The response to the result of a step.
    fn shown(&self, step: Result<Step>, form: &Params) -> Answer {
        let username = form.get("username").unwrap_or_default();
        match step {
            Ok(Step::Outcome(Outcome::Complete(id))) => self.complete(id),
            Ok(Step::Outcome(Outcome::Challenge(answer))) => {
                let session = answer.session().unwrap_or_default();
                let options = answer.parameter("CREDENTIAL_REQUEST_OPTIONS");
                self.challenge(session, username, options, form)
            }
            Ok(Step::Page(session)) => self.challenge(&session, username, None, form),
            Ok(Step::Password) => self.password_page(form),
            Err(error) => self.failed(form, username, error),
        }
    }

    /// The page of the challenge behind `session`.
    fn challenge(
        &self,
        session: &str,
        username: &str,
        options: Option<&str>,
        form: &Params,
    ) -> Answer {
        let session = match self.prepared(session) {
            Ok(session) => session,
            Err(error) => return self.show(self.first_page(username), Some(error.into())),
        };
        match steps::page(&self.site, &session, username, options, form) {
            Ok(page) => self.show(page, None),
            Err(error) => self.show(self.first_page(username), Some(error.into())),
        }
    }

    /// A session whose page can be shown: if an authenticator app is the only factor to set up,
    /// its secret is made now.
    fn prepared(&self, session: &str) -> Result<String> {
        let only = steps::only_set_up(&self.site.slot.read(), session);
        if only == Some(Factor::SoftwareTokenMfa) {
            return self.associate(session);
        }
        Ok(session.to_owned())
    }

    fn password_page(&self, form: &Params) -> Answer {
        let step = super::view::Step {
            challenge: "PASSWORD".to_owned(),
            session: form.get("session").unwrap_or_default().to_owned(),
            username: form.get("username").unwrap_or_default().to_owned(),
            shown: form.get("username").unwrap_or_default().to_owned(),
        };
        let page = steps::password(&self.site.slot.read(), step);
        self.show(page, None)
    }

    /// Shows the page of the failed step again, if its session is still open.
    fn failed(&self, form: &Params, username: &str, error: Error) -> Answer {
        match error {
            Error::NotConfirmed => {
                let page = Page::Confirm {
                    username: username.to_owned(),
                    destination: None,
                    session: None,
                };
                self.show(page, Some(Error::NotConfirmed.into()))
            }
            Error::PasswordResetRequired => {
                let page = self.recovery_page(username, None);
                self.show(page, Some(Error::PasswordResetRequired.into()))
            }
            error => self.again(form, username, error.into()),
        }
    }

    /// The page of the failed step, or the first page if the session has ended.
    fn again(&self, form: &Params, username: &str, failure: Failure) -> Answer {
        let page = form
            .given("session")
            .filter(|session| self.is_open(session))
            .and_then(|session| steps::page(&self.site, session, username, None, form).ok());
        self.show(
            page.unwrap_or_else(|| self.first_page(username)),
            Some(failure),
        )
    }

    fn is_open(&self, session: &str) -> bool {
        let pool = self.site.slot.read();
        let found = pool.sessions.find(session);
        found.is_ok_and(|open| open.check_open(self.cx.now()).is_ok())
    }

    /// The page that sets a new password with a code.
    pub(crate) fn recovery_page(&self, username: &str, destination: Option<String>) -> Page {
        Page::ConfirmForgot {
            username: username.to_owned(),
            destination,
            policy: super::page::password_rules(&self.site.slot.read()),
        }
    }

    /// Signs the browser in and returns to the app.
    pub(crate) fn complete(&self, user: UserId) -> Answer {
        let session = BrowserSession {
            user,
            signed_in_at: self.cx.now(),
            provider: None,
            saml: None,
        };
        grant::sign_in(
            self.cx,
            self.request,
            &self.site,
            &self.authorization,
            session,
        )
    }

    fn step(&self, form: &Params) -> Result<Step> {
        let session = form.get("session").unwrap_or_default();
        match form.given("challenge") {
            None => self.start(form, self.flow()).map(Step::Outcome),
            Some("SELECT_CHALLENGE") if form.get("answer") == Some("PASSWORD") => {
                Ok(Step::Password)
            }
            Some("MFA_SETUP") => match form.get("answer") {
                Some("SOFTWARE_TOKEN_MFA") => self.associate(session).map(Step::Page),
                _ => Ok(Step::Page(session.to_owned())),
            },
            Some(steps::SET_UP_TOTP) => self.verify_totp(form).map(Step::Outcome),
            Some(name @ (steps::SET_UP_SMS | steps::SET_UP_EMAIL)) => {
                let factor = if name == steps::SET_UP_SMS {
                    Factor::SmsMfa
                } else {
                    Factor::EmailOtp
                };
                let address = form.get("address").unwrap_or_default();
                let client_id = &self.authorization.client_id;
                let slot = &self.site.slot;
                hosted::set_up_address(self.cx, slot, client_id, session, factor, address)
                    .map(Step::Outcome)
            }
            Some(challenge) => self.respond(challenge, form).map(Step::Outcome),
        }
    }

    /// The flow of the first page.
    fn flow(&self) -> &'static str {
        if self.chooses_factor(&self.site.slot.read()) {
            "USER_AUTH"
        } else {
            "USER_PASSWORD_AUTH"
        }
    }

    /// The first step: a username with or without a password.
    fn start(&self, form: &Params, flow: &str) -> Result<Outcome> {
        let mut parameters = Parameters::new();
        for (parameter, field) in [("USERNAME", "username"), ("PASSWORD", "password")] {
            if let Some(value) = form.given(field) {
                parameters.insert(parameter.to_owned(), value.to_owned());
            }
        }
        let input = json!({ "AuthFlow": flow, "AuthParameters": parameters });
        self.watched("InitiateAuth", input, form, || {
            let client_id = &self.authorization.client_id;
            hosted::start(self.cx, &self.site.slot, client_id, flow, &parameters)
        })
    }

    /// The answer to a challenge.
    fn respond(&self, challenge: &str, form: &Params) -> Result<Outcome> {
        let mut responses = Parameters::new();
        for (parameter, value) in answers(challenge, form)? {
            responses.insert(parameter, value);
        }
        let username = form.get("username").unwrap_or_default();
        responses.insert("USERNAME".to_owned(), username.to_owned());
        let session = form.get("session").unwrap_or_default();
        let input = json!({
            "ChallengeName": challenge, "Session": session, "ChallengeResponses": responses,
        });
        self.watched("RespondToAuthChallenge", input, form, || {
            let client_id = &self.authorization.client_id;
            let slot = &self.site.slot;
            hosted::answer(self.cx, slot, client_id, challenge, session, responses)
        })
    }

    /// Runs `step` with threat protection, as the operation that it is like.
    fn watched(
        &self,
        operation: &str,
        mut input: Value,
        form: &Params,
        step: impl FnOnce() -> Result<Outcome>,
    ) -> Result<Outcome> {
        input["ClientId"] = json!(self.authorization.client_id);
        input["UserContextData"] = json!({
            "IpAddress": self.request.peer,
            "EncodedData": form.get("cognitoAsfData"),
        });
        let mut outcome = None;
        threat::watched(self.cx, operation, &input, || {
            let done = step()?;
            let seen = match &done {
                Outcome::Challenge(answer) => json!({ "Session": answer.session() }),
                Outcome::Complete(_) => json!({ "AuthenticationResult": {} }),
            };
            outcome = Some(done);
            Ok(Body::of(&seen))
        })?;
        outcome.ok_or(Error::SessionInvalid)
    }

    /// Makes a secret for an authenticator app; returns the session that continues.
    fn associate(&self, session: &str) -> Result<String> {
        let input = json!({ "Session": session });
        let answer = ops::perform(self.cx, "AssociateSoftwareToken", &input)?;
        Ok(answer["Session"].as_str().unwrap_or_default().to_owned())
    }

    /// Verifies the first code of an authenticator app, and ends the set-up.
    fn verify_totp(&self, form: &Params) -> Result<Outcome> {
        let input = json!({
            "Session": form.get("session"),
            "UserCode": form.get("code").unwrap_or_default().trim(),
            "FriendlyDeviceName": form.given("device_name"),
        });
        let answer = ops::perform(self.cx, "VerifySoftwareToken", &without_null(input))?;
        let session = answer["Session"].as_str().unwrap_or_default();
        let username = form.get("username").unwrap_or_default();
        let responses = BTreeMap::from([("USERNAME".to_owned(), username.to_owned())]);
        let client_id = &self.authorization.client_id;
        hosted::answer(
            self.cx,
            &self.site.slot,
            client_id,
            "MFA_SETUP",
            session,
            responses,
        )
    }
}

/// The result of a step.
enum Step {
    /// Of the sign-in.
    Outcome(Outcome),
    /// Another page of the same challenge, whose session this is.
    Page(String),
    /// The page for the password.
    Password,
}

/// The answers of a form to `challenge`, as `ChallengeResponses`.
fn answers(challenge: &str, form: &Params) -> Result<Vec<(String, String)>> {
    let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let code = || field("code").trim().to_owned();
    Ok(match challenge {
        "PASSWORD" => vec![("PASSWORD".to_owned(), field("password"))],
        "SELECT_CHALLENGE" | "SELECT_MFA_TYPE" => vec![("ANSWER".to_owned(), field("answer"))],
        "WEB_AUTHN" => vec![("CREDENTIAL".to_owned(), field("credential"))],
        "EMAIL_OTP" | "SMS_OTP" | "SMS_MFA" | "SOFTWARE_TOKEN_MFA" => {
            vec![(format!("{challenge}_CODE"), code())]
        }
        "NEW_PASSWORD_REQUIRED" => {
            let mut answers = steps::response_attributes(form);
            answers.push(("NEW_PASSWORD".to_owned(), field("password")));
            answers
        }
        _ => return Err(Error::SessionInvalid),
    })
}

/// `input` without members that are null.
pub(crate) fn without_null(mut input: Value) -> Value {
    if let Value::Object(members) = &mut input {
        members.retain(|_, value| !value.is_null());
    }
    input
}
