//! `GET` and `POST /login`: the sign-in page, and every step of a sign-in after it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::authorization::{Authorization, Refusal, session_of, supports, validate};
use super::confirm_user::with_hash;
use super::page::{Failure, name_label, show};
use super::params::Params;
use super::reply::{Answer, redirect};
use super::site::Site;
use super::view::{Asks, Page, Provider, SignIn};
use super::{authorization_response, cookies, sentences, steps};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::ops;
use crate::settings::identity_provider::ProviderType;
use crate::sign_in::Parameters;
use crate::sign_in::hosted::{Complete, Hosted, Outcome};
use crate::state::branding::StyleView;
use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::web::BrowserSession;
use crate::threat;
use crate::wire::Body;
use crate::wire::web::Request;

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let page_request = match PageRequest::open(cx, request) {
        Ok(page_request) => page_request,
        Err(answer) => return *answer,
    };
    match page_request.form(|page_request| page_request.first_page("")) {
        Ok(Some(form)) => page_request.post(&form),
        Ok(None) => page_request.step_up().unwrap_or_else(|| {
            let page = page_request.account_page();
            page_request.show(page.unwrap_or_else(|| page_request.first_page("")), None)
        }),
        Err(answer) => *answer,
    }
}

/// A request for a page of a sign-in, with its valid authorization request.
pub(crate) struct PageRequest<'a> {
    pub(crate) cx: &'a Cx<'a>,
    pub(crate) request: &'a Request,
    pub(crate) site: Site,
    pub(crate) authorization: Authorization,
}

impl<'a> PageRequest<'a> {
    /// Validates the authorization request in `params` again: each page has it in its query.
    pub(crate) fn of(
        cx: &'a Cx<'a>,
        request: &'a Request,
        params: Params,
    ) -> Result<Self, Refusal> {
        let (site, authorization) = validate(cx, request, params)?;
        Ok(Self {
            cx,
            request,
            site,
            authorization,
        })
    }

    /// Reads a request for a page, whose query is the authorization request.
    pub(crate) fn open(cx: &'a Cx<'a>, request: &'a Request) -> Result<Self, Box<Answer>> {
        let params = Params::of_query(&request.query);
        if params.given("client_id").is_none() {
            let refusal = Refusal::Page(400, sentences::NO_CLIENT_ID);
            return Err(Box::new(refusal.answer(request)));
        }
        Self::of(cx, request, params).map_err(|refusal| Box::new(refusal.answer(request)))
    }

    /// The form of a `POST`; `None` for a `GET`. A form without the value of the browser's cookie is
    /// answered with `page`.
    pub(crate) fn form(&self, page: impl Fn(&Self) -> Page) -> Result<Option<Params>, Box<Answer>> {
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
        self.hosted(|hosted| hosted.after_sign_up(username, session))
    }

    /// Runs `step` of the sign-in.
    pub(crate) fn hosted<T>(&self, step: impl FnOnce(&Hosted<'_>) -> T) -> T {
        let device = self.device();
        step(&Hosted {
            cx: self.cx,
            handle: &self.site.handle,
            client_id: &self.authorization.client_id,
            targets: &self.authorization.targets,
            device: device.as_ref(),
        })
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
        let pool = self.site.handle.read();
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

    /// The page on which a signed-in browser continues or changes the account (O51). A request that
    /// asks for a new sign-in does not get it.
    fn account_page(&self) -> Option<Page> {
        let params = &self.authorization.params;
        let prompt = params.get("prompt").unwrap_or_default();
        if prompt.split(' ').any(|one| one == "login") {
            return None;
        }
        let session = session_of(self.cx, self.request, &self.site, &self.authorization, None)?;
        let pool = self.site.handle.read();
        let user = pool.users.get(session.user)?;
        let address = ["email", "phone_number", "preferred_username"]
            .into_iter()
            .find_map(|name| user.attribute(name));
        let query = params.sorted_query();
        let resume = Params::of_query(&query).without("prompt").encoded();
        let other = Params::of_query(&query).with("prompt", "login").encoded();
        Some(Page::ChooseAccount {
            account: address.unwrap_or(&user.username).to_owned(),
            resume: format!("/oauth2/authorize?{resume}"),
            other: format!("/login?{other}"),
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
        for (name, provider) in &*pool.identity_providers {
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
    pub(crate) fn shown(&self, step: Result<Step>, form: &Params) -> Answer {
        let username = form.get("username").unwrap_or_default();
        match step {
            Ok(Step::Outcome(Outcome::Complete(complete))) => self.complete(complete),
            Ok(Step::Outcome(Outcome::Unmet)) => self.authorization.unmet().answer(self.request),
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
        let only = steps::only_set_up(&self.site.handle.read(), session);
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
        let page = steps::password(&self.site.handle.read(), step);
        self.show(page, None)
    }

    /// Shows the page of the failed step again, if its session is still open.
    fn failed(&self, form: &Params, username: &str, error: Error) -> Answer {
        match error {
            Error::NotConfirmed => {
                let page = self.confirmation(username, None, None);
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
        let pool = self.site.handle.read();
        let found = pool.sessions.find(session);
        found.is_ok_and(|open| open.check_open(self.cx.now()).is_ok())
    }

    /// The page that sets a new password with a code.
    pub(crate) fn recovery_page(&self, username: &str, destination: Option<String>) -> Page {
        Page::ConfirmForgot {
            username: username.to_owned(),
            destination,
            policy: super::page::password_rules(&self.site.handle.read()),
        }
    }

    /// Signs the browser in and returns to the app.
    fn complete(&self, complete: Complete) -> Answer {
        let Complete { user, assurance } = complete;
        let session = BrowserSession {
            user,
            signed_in_at: self.cx.now(),
            provider: None,
            saml: None,
            assurance,
        };
        let Self {
            cx,
            request,
            site,
            authorization,
        } = self;
        let mut answer = authorization_response::sign_in(cx, request, site, authorization, session);
        let device = self.remember(user);
        answer
            .response
            .headers
            .extend(device.map(|cookie| ("set-cookie", cookie.into())));
        answer
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
                self.hosted(|hosted| hosted.set_up_address(session, factor, address))
                    .map(Step::Outcome)
            }
            Some(challenge) => self.respond(challenge, form).map(Step::Outcome),
        }
    }

    /// The flow of the first page.
    fn flow(&self) -> &'static str {
        if self.chooses_factor(&self.site.handle.read()) {
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
            self.hosted(|hosted| hosted.start(flow, &parameters))
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
            self.hosted(|hosted| hosted.answer(challenge, session, responses))
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
        let agent = self.request.user_agent.as_deref().unwrap_or_default();
        // As `ContextData` of an app's server.
        input["ContextData"] = json!({
            "IpAddress": self.request.peer,
            "EncodedData": form.get("cognitoAsfData"),
            "HttpHeaders": [{ "headerName": "User-Agent", "headerValue": agent }],
        });
        let mut outcome = None;
        threat::watched(self.cx, operation, &input, || {
            let done = step()?;
            let seen = match &done {
                Outcome::Challenge(answer) => json!({ "Session": answer.session() }),
                Outcome::Complete(_) | Outcome::Unmet => json!({ "AuthenticationResult": {} }),
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
        self.hosted(|hosted| hosted.answer("MFA_SETUP", session, responses))
    }
}

/// The result of a step.
pub(crate) enum Step {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::state::mfa::Factor;
    use crate::testing::browser::{Browser, Shown, send};
    use crate::testing::{Fixture, PASSWORD};
    use crate::wire::web::Request;

    const TO_APP: &str = "302 https://app.example/cb?code=$code&state=S";

    /// A browser at the sign-in page, and the page's URL.
    fn at_login(fixture: &Fixture) -> (Browser, String) {
        let mut browser = Browser::new();
        let login = browser.get(fixture, fixture.get("authorize")).location();
        browser.get(fixture, &login);
        (browser, login)
    }

    /// The hidden fields of the challenge's form, with `more`.
    fn answer(
        browser: &mut Browser,
        fixture: &Fixture,
        login: &str,
        page: &Shown,
        more: &[(&str, &str)],
    ) -> Shown {
        let hidden = ["challenge", "session", "username"].map(|name| (name, page.field(name)));
        let mut fields: Vec<(&str, &str)> = hidden
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        fields.extend(more);
        browser.post(fixture, login, &fields)
    }

    fn last_code(fixture: &Fixture) -> String {
        let outbox = fixture.emulator().world().courier.outbox();
        outbox.last().unwrap().code.clone()
    }

    /// Errors are shown in the words of the API, and lead nowhere.
    #[test]
    fn refused_passwords() {
        let mut fixture = Fixture::with_site(json!({}), json!({}));
        let pool = fixture.get("pool").to_owned();
        let user = |name: &str| json!({ "UserPoolId": pool, "Username": name });
        fixture = fixture.and_user("disabled", json!([]));
        fixture.must("AdminDisableUser", user("disabled"));
        let (mut browser, login) = at_login(&fixture);
        for (username, password, expected) in [
            ("ana", "wrong", "200 Incorrect username or password."),
            ("unknown-user", PASSWORD, "200 User does not exist."),
            ("disabled", PASSWORD, "200 User is disabled."),
            ("", PASSWORD, "200 Missing required parameter USERNAME"),
            ("ana", "", "200 Missing required parameter PASSWORD"),
            ("ana", PASSWORD, TO_APP),
        ] {
            let fields = [("username", username), ("password", password)];
            let shown = browser.post(&fixture, &login, &fields);
            assert_eq!(shown.to_string(), expected, "{username}");
        }
    }

    /// A form without the value of the cookie is not accepted.
    #[test]
    fn forms_of_other_sites_are_refused() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let (browser, login) = at_login(&fixture);
        let csrf = browser.cookie("XSRF-TOKEN").to_owned();
        let path = login.strip_prefix("http://localhost:9229").unwrap();
        let other = "0".repeat(36);
        for (cookie, field, signs_in) in [
            (Some(csrf.as_str()), csrf.as_str(), true),
            (Some(csrf.as_str()), "", false),
            (Some(csrf.as_str()), other.as_str(), false),
            (None, csrf.as_str(), false),
            (Some(""), "", false),
            (None, "", false),
        ] {
            let form = format!("_csrf={field}&username=ana&password={PASSWORD}");
            let mut request = Request::new("POST", path).with_form(&form);
            request.cookies = cookie
                .map(|value| ("XSRF-TOKEN".to_owned(), value.to_owned()))
                .into_iter()
                .collect();
            let shown = send(&fixture, request);
            assert_eq!(
                shown.parameter("code").is_some(),
                signs_in,
                "{cookie:?} {field}"
            );
        }
    }

    /// Every second factor and the set-up of an authenticator app.
    #[test]
    fn second_factors() {
        for (factor, medium) in [(Factor::SmsMfa, "SMS_MFA"), (Factor::EmailOtp, "EMAIL_OTP")] {
            let mut fixture = Fixture::with_site(json!({}), json!({})).and_mfa("ON", &[factor]);
            let phone = json!([{ "Name": "phone_number", "Value": "+12065559934" }]);
            let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana", "UserAttributes": phone });
            fixture.must("AdminUpdateUserAttributes", user);
            let (mut browser, login) = at_login(&fixture);
            let fields = [("username", "ana"), ("password", PASSWORD)];
            let page = browser.post(&fixture, &login, &fields);
            assert_eq!(page.field("challenge"), medium);
            let wrong = answer(&mut browser, &fixture, &login, &page, &[("code", "000000")]);
            assert_eq!(
                wrong.to_string(),
                "200 Invalid code or auth state for the user.",
                "{medium}"
            );
            let code = last_code(&fixture);
            let shown = answer(&mut browser, &fixture, &login, &wrong, &[("code", &code)]);
            assert_eq!(shown.to_string(), TO_APP, "{medium}");
            let again = answer(&mut browser, &fixture, &login, &wrong, &[("code", &code)]);
            assert_eq!(again.parameter("code"), None, "a session counts once");
        }
    }

    #[test]
    fn an_authenticator_app_is_set_up_and_used() {
        let mut fixture =
            Fixture::with_site(json!({}), json!({})).and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        let (mut browser, login) = at_login(&fixture);
        let fields = [("username", "ana"), ("password", PASSWORD)];
        let page = browser.post(&fixture, &login, &fields);
        assert_eq!(page.field("challenge"), "SOFTWARE_TOKEN_SETUP");
        let secret = {
            let handle = fixture.pool_handle();
            let pool = handle.read();
            pool.user("ana").unwrap().mfa.totp.as_ref().unwrap().secret
        };
        assert!(
            page.text().contains(&secret.code()),
            "the page shows the secret"
        );
        assert!(
            page.text().contains("data:image/svg+xml"),
            "the page shows a QR code"
        );
        let wrong = answer(&mut browser, &fixture, &login, &page, &[("code", "000000")]);
        assert!(wrong.text().contains(&secret.code()), "the secret stays");
        let code = |fixture: &Fixture| secret.password_at(fixture.emulator().world().now());
        let right = code(&fixture);
        let shown = answer(
            &mut browser,
            &fixture,
            &login,
            &wrong,
            &[("code", &right), ("device_name", "Phone")],
        );
        assert_eq!(shown.to_string(), TO_APP);
        // The next sign-in asks for a code of the app.
        fixture.run("advance 30");
        let (mut browser, login) = at_login(&fixture);
        let page = browser.post(&fixture, &login, &fields);
        assert_eq!(page.field("challenge"), "SOFTWARE_TOKEN_MFA");
        let right = code(&fixture);
        let shown = answer(&mut browser, &fixture, &login, &page, &[("code", &right)]);
        assert_eq!(shown.to_string(), TO_APP);
    }

    /// A temporary password is replaced, together with missing attributes.
    #[test]
    fn a_temporary_password_is_replaced() {
        let schema =
            json!({ "Schema": [{ "Name": "given_name", "Required": true, "Mutable": true }] });
        let mut fixture = Fixture::with_site(schema, json!({}));
        let user = json!({
            "UserPoolId": fixture.get("pool"), "Username": "new", "TemporaryPassword": "Temporary-1",
        });
        fixture.must("AdminCreateUser", user);
        let (mut browser, login) = at_login(&fixture);
        let fields = [("username", "new"), ("password", "Temporary-1")];
        let page = browser.post(&fixture, &login, &fields);
        assert_eq!(page.field("challenge"), "NEW_PASSWORD_REQUIRED");
        for (more, expected) in [
            (
                &[("password", PASSWORD), ("confirm_password", "other")][..],
                "200 Passwords do not match.",
            ),
            (
                &[("password", PASSWORD), ("confirm_password", PASSWORD)][..],
                "200 Invalid attributes given, given_name is missing",
            ),
            (
                &[
                    ("password", "weak"),
                    ("confirm_password", "weak"),
                    ("requiredAttributes[given_name]", "N"),
                ][..],
                "200 Password does not conform to policy: Password not long enough",
            ),
            (
                &[
                    ("password", PASSWORD),
                    ("confirm_password", PASSWORD),
                    ("requiredAttributes[given_name]", "N"),
                ][..],
                TO_APP,
            ),
        ] {
            let shown = answer(&mut browser, &fixture, &login, &page, more);
            assert_eq!(shown.to_string(), expected, "{more:?}");
        }
    }

    /// Users of a client with choice-based sign-in give their name first (O105).
    #[test]
    fn identifier_first() {
        let factors = json!(["PASSWORD", "EMAIL_OTP"]);
        let pool =
            json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": factors } } });
        let client = json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH"] });
        let fixture = Fixture::with_managed_site(pool, client);
        let (mut browser, login) = at_login(&fixture);
        let choice = browser.post(&fixture, &login, &[("username", "ana")]);
        assert_eq!(choice.field("challenge"), "SELECT_CHALLENGE");
        let page = answer(
            &mut browser,
            &fixture,
            &login,
            &choice,
            &[("answer", "PASSWORD")],
        );
        let wrong = answer(
            &mut browser,
            &fixture,
            &login,
            &page,
            &[("password", "wrong")],
        );
        assert_eq!(
            wrong.field("challenge"),
            "PASSWORD",
            "the password is asked for again"
        );
        let shown = answer(
            &mut browser,
            &fixture,
            &login,
            &wrong,
            &[("password", PASSWORD)],
        );
        assert_eq!(shown.to_string(), TO_APP);
        let (mut browser, login) = at_login(&fixture);
        let choice = browser.post(&fixture, &login, &[("username", "ana")]);
        let page = answer(
            &mut browser,
            &fixture,
            &login,
            &choice,
            &[("answer", "EMAIL_OTP")],
        );
        let code = last_code(&fixture);
        let shown = answer(&mut browser, &fixture, &login, &page, &[("code", &code)]);
        assert_eq!(shown.to_string(), TO_APP);
    }

    /// A sign-up ends at the app.
    #[test]
    fn a_user_signs_up() {
        let pool = json!({ "AutoVerifiedAttributes": ["email"] });
        let fixture = Fixture::with_site(pool, json!({ "GenerateSecret": true }));
        let (mut browser, login) = at_login(&fixture);
        let sign_up = login.replace("/login", "/signup");
        browser.get(&fixture, &sign_up);
        let fields = [
            ("username", "new"),
            ("password", PASSWORD),
            ("requiredAttributes[email]", "new@example.com"),
        ];
        let page = browser.post(&fixture, &sign_up, &fields);
        let confirm = login.replace("/login", "/confirm");
        let session = page.field("session");
        let send = |browser: &mut Browser, code: &str| {
            let fields = [
                ("username", "new"),
                ("session", session.as_str()),
                ("verification_code", code),
            ];
            browser.post(&fixture, &confirm, &fields).to_string()
        };
        let wrong = send(&mut browser, "000000");
        assert_eq!(
            wrong,
            "200 Invalid verification code provided, please try again."
        );
        assert_eq!(send(&mut browser, &last_code(&fixture)), TO_APP);
        // The name is taken now.
        let again = browser.post(&fixture, &sign_up, &fields);
        assert_eq!(again.to_string(), "200 User already exists");
    }

    /// A forgotten password is replaced, and the user is signed in.
    #[test]
    fn a_password_is_recovered() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let (mut browser, login) = at_login(&fixture);
        let forgot = login.replace("/login", "/forgotPassword");
        browser.get(&fixture, &forgot);
        browser.post(&fixture, &forgot, &[("username", "ana")]);
        let confirm = login.replace("/login", "/confirmforgotPassword");
        let code = last_code(&fixture);
        for (code, password, expected) in [
            (
                "000000",
                "Another-Horse-8",
                "200 Invalid verification code provided, please try again.",
            ),
            (
                code.as_str(),
                "tooweak",
                "200 Password does not conform to policy: Password not long enough",
            ),
            (code.as_str(), "Another-Horse-8", TO_APP),
        ] {
            let fields = [
                ("username", "ana"),
                ("verification_code", code),
                ("password", password),
                ("confirm_password", password),
            ];
            let shown = browser.post(&fixture, &confirm, &fields);
            assert_eq!(shown.to_string(), expected, "{code} {password}");
        }
    }

    /// The page of a client without a style is not available (O106).
    #[test]
    fn managed_login_needs_a_style() {
        let mut fixture = Fixture::with_managed_site(json!({}), json!({}));
        fixture.delete_style();
        let login = Browser::new()
            .get(&fixture, fixture.get("authorize"))
            .location();
        let shown = Browser::new().get(&fixture, &login);
        assert_eq!(
            shown.to_string(),
            "403 Login pages unavailable. Please contact an administrator."
        );
    }

    /// A signed-in browser can continue or change the account (O51).
    #[test]
    fn accounts_are_selected() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let (mut browser, login) = at_login(&fixture);
        let fields = [("username", "ana"), ("password", PASSWORD)];
        browser.post(&fixture, &login, &fields);
        let page = browser.get(&fixture, &login).text();
        assert!(page.contains("ana@example.com"), "{page}");
        let path = page.split("href=\"").find_map(|rest| {
            let href = rest
                .split('"')
                .next()?
                .replace("&amp;", "&")
                .replace("&#x2f;", "/");
            href.starts_with("/oauth2/authorize").then_some(href)
        });
        assert_eq!(browser.get(&fixture, &path.unwrap()).to_string(), TO_APP);
        let other = format!("{login}&prompt=login");
        let page = browser.get(&fixture, &other);
        assert!(page.text().contains("name=\"password\""), "{page}");
    }

    /// A failed trigger is an error for the app, or is shown above the form.
    #[test]
    fn failed_triggers() {
        for (trigger, expected) in [
            (
                "PreTokenGeneration",
                "302 https://app.example/cb?error_description=PreTokenGeneration+failed+with+error+no.+&state=S&error=invalid_request",
            ),
            (
                "PreAuthentication",
                "200 PreAuthentication failed with error no.",
            ),
            (
                "PostAuthentication",
                "200 PostAuthentication failed with error no.",
            ),
        ] {
            let fixture = Fixture::with_site(json!({}), json!({}))
                .and_trigger(trigger, |_: &Value| Err("no".to_owned()));
            let shown = Browser::new().sign_in(&fixture, fixture.get("authorize"), "ana");
            assert_eq!(shown.to_string(), expected, "{trigger}");
        }
    }

    /// No value that a request repeats is HTML.
    #[test]
    fn values_are_escaped() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let hostile = "\"><script>alert(1)</script>";
        let encoded: String = form_urlencoded::byte_serialize(hostile.as_bytes()).collect();
        let (mut browser, login) = at_login(&fixture);
        for name in ["login_hint", "lang", "nonce", "prompt", "unknown"] {
            let page = browser
                .get(&fixture, &format!("{login}&{name}={encoded}"))
                .text();
            assert!(!page.contains("<script>alert"), "{name}");
        }
        let fields = [("username", hostile), ("password", hostile)];
        let page = browser.post(&fixture, &login, &fields).text();
        assert!(!page.contains("<script>alert"), "username");
    }
}
