//! Authorization requests: their validation, and their refusals. Every page of a sign-in has the
//! request in its query, and validates it again.

use std::borrow::Cow;
use std::time::Duration;

use super::params::{Params, encode};
use super::reply::{self, Answer, redirect, with_query};
use super::site::{NoSite, Site};
use super::{cookies, sentences};
use crate::auth::assurance::Level;
use crate::cx::Cx;
use crate::settings::client::Settings;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::state::web::{BrowserSession, OAuthGrant};
use crate::wire::web::Request;

/// A valid authorization request. Pages have it in their query, and read it again.
#[derive(Debug)]
pub(crate) struct Authorization {
    /// The app client.
    pub(crate) client_id: String,
    /// The address that the browser returns to.
    pub(crate) redirect_uri: String,
    /// Whether the app gets a code (`code`) rather than tokens (`token`).
    pub(crate) is_code: bool,
    /// `state`, which is returned unchanged.
    pub(crate) state: Option<String>,
    /// Scopes, nonce and resource.
    pub(crate) grant: OAuthGrant,
    /// The levels of `acr_values`, in their order.
    pub(crate) targets: Vec<Level>,
    /// `code_challenge`.
    pub(crate) challenge: Option<String>,
    /// All parameters.
    pub(crate) params: Params,
}

/// A refused authorization request.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The browser is sent to `/error` with this query.
    ErrorPage(String),
    /// A page with a sentence.
    Page(u16, &'static str),
    /// The domain does not have the URL.
    NoSuchUrl,
    /// The app gets the error.
    App(AppError),
}

/// An error that the app gets in a redirect.
#[derive(Debug)]
pub(crate) struct AppError {
    redirect_uri: String,
    is_code: bool,
    state: Option<String>,
    /// `error`.
    error: Cow<'static, str>,
    /// `error_description`.
    description: Option<String>,
}

/// The browser's session, if it may sign in for this request: it is young enough for `max_age`,
/// and it was made by the provider that the request names (O35, O50).
pub(crate) fn session_of(
    cx: &Cx<'_>,
    request: &Request,
    site: &Site,
    authorization: &Authorization,
    provider: Option<&str>,
) -> Option<BrowserSession> {
    let secret = cookies::session(site, request)?;
    let pool = site.handle.read();
    let session = pool.browser_session(secret, cx.now())?;
    let params = &authorization.params;
    let is_named = params.given("identity_provider").is_some() || provider.is_some();
    if is_named && session.provider.as_deref() != provider {
        return None;
    }
    let age = cx.now().since(session.signed_in_at);
    let most = params.given("max_age").and_then(|age| age.parse().ok());
    let is_young = most.is_none_or(|most| age <= Duration::from_secs(most));
    is_young.then(|| session.clone())
}

/// The external provider that the request names by name or identifier. `None` for the pool's own
/// users.
pub(crate) fn provider_of(
    pool: &Pool,
    authorization: &Authorization,
) -> Result<Option<String>, Refusal> {
    let params = &authorization.params;
    let unavailable = Refusal::Page(400, sentences::NO_LOGIN_OPTION);
    let name = if let Some(name) = params.given("identity_provider") {
        name.to_owned()
    } else if let Some(identifier) = params.given("idp_identifier") {
        match pool.identified_provider(identifier) {
            Ok(provider) => provider.provider_name.clone(),
            Err(_) => return Err(unavailable),
        }
    } else {
        return Ok(None);
    };
    let client = pool.client(&authorization.client_id);
    if !client.is_ok_and(|client| supports(&client.settings, &name)) {
        return Err(unavailable);
    }
    Ok((name != "COGNITO").then_some(name))
}

/// Whether users of the provider `name` may sign in with a client. A client without a list has
/// only the pool's own users (inferred).
pub(crate) fn supports(settings: &Settings, name: &str) -> bool {
    match &settings.supported_identity_providers {
        Some(names) => names.iter().any(|supported| supported == name),
        None => name == "COGNITO",
    }
}

/// Validates an authorization request, in the order of the sheet of facts: required parameters
/// (O19), the client (O23), the redirect URI (O20), then what is reported to the app.
pub(crate) fn validate(
    cx: &Cx<'_>,
    request: &Request,
    params: Params,
) -> Result<(Site, Authorization), Refusal> {
    let (Some(client_id), Some(redirect_uri)) =
        (params.given("client_id"), params.given("redirect_uri"))
    else {
        let query = encode([("error", "Required parameters missing")]);
        return Err(Refusal::ErrorPage(query));
    };
    let (client_id, redirect_uri) = (client_id.to_owned(), redirect_uri.to_owned());
    let site = Site::of_client(cx, request, &client_id).map_err(Refusal::from)?;
    let pool = site.handle.read();
    // The site has found the client.
    let client = pool
        .client(&client_id)
        .map_err(|_| Refusal::from(NoSite::UnknownClient))?;
    if !client.settings.allowed_oauth_flows_user_pool_client {
        return Err(Refusal::Page(400, sentences::NOT_ENABLED));
    }
    let mut registered = client.settings.callback_urls.iter().flatten();
    if !registered.any(|url| *url == redirect_uri) {
        let query = encode([("error", "redirect_mismatch"), ("client_id", &client_id)]);
        return Err(Refusal::ErrorPage(query));
    }
    let is_code = params.get("response_type") != Some("token");
    let mut authorization = Authorization {
        is_code,
        state: params.get("state").map(ToOwned::to_owned),
        grant: OAuthGrant {
            scopes: Box::default(),
            nonce: params.given("nonce").map(Into::into),
            resource: None,
        },
        targets: Vec::new(),
        challenge: None,
        client_id,
        redirect_uri,
        params,
    };
    authorization.check_flow(client)?;
    authorization.challenge = authorization.pkce()?;
    authorization.grant.scopes = authorization.scopes(client)?;
    authorization.grant.resource = authorization.resource(&pool, site.is_managed)?;
    authorization.targets = authorization.targets(&pool)?;
    drop(pool);
    Ok((site, authorization))
}

impl Authorization {
    /// The request of a page that no authorization request leads to: without scopes, for a page that
    /// returns to `redirect_uri`.
    pub(crate) fn of_page(client_id: &str, redirect_uri: &str, params: Params) -> Self {
        Self {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            is_code: true,
            state: None,
            grant: OAuthGrant {
                scopes: Box::default(),
                nonce: None,
                resource: None,
            },
            targets: Vec::new(),
            challenge: None,
            params,
        }
    }

    /// An error for the app.
    pub(crate) fn refusal(
        &self,
        error: impl Into<Cow<'static, str>>,
        description: Option<String>,
    ) -> Refusal {
        Refusal::App(AppError {
            redirect_uri: self.redirect_uri.clone(),
            is_code: self.is_code,
            state: self.state.clone(),
            error: error.into(),
            description,
        })
    }

    /// `response_type` and the client's flows (O29).
    fn check_flow(&self, client: &Client) -> Result<(), Refusal> {
        let flow = match self.params.given("response_type") {
            Some("code") => "code",
            Some("token") => "implicit",
            _ => return Err(self.refusal("invalid_request", None)),
        };
        let mut allowed = client.settings.allowed_oauth_flows.iter().flatten();
        if allowed.any(|name| name == flow) {
            Ok(())
        } else {
            Err(self.refusal("unauthorized_client", None))
        }
    }

    /// The challenge of PKCE. A challenge needs a method, which is `S256` (O29). That a method
    /// without a challenge is refused too, and that the challenge has the form of RFC 7636, is
    /// inferred.
    fn pkce(&self) -> Result<Option<String>, Refusal> {
        let params = &self.params;
        match (
            params.given("code_challenge"),
            params.given("code_challenge_method"),
        ) {
            (None, None) => Ok(None),
            (Some(challenge), Some("S256")) => Ok(Some(challenge.to_owned())),
            _ => Err(self.refusal("invalid_request", None)),
        }
    }

    /// The requested scopes, or all of the client (O28). A scope that is unknown or not enabled
    /// is reported before any page (O25).
    fn scopes(&self, client: &Client) -> Result<Box<[Box<str>]>, Refusal> {
        let allowed = || client.settings.allowed_oauth_scopes.iter().flatten();
        let Some(requested) = self.params.given("scope") else {
            return Ok(allowed().map(|scope| scope.as_str().into()).collect());
        };
        let mut scopes: Vec<Box<str>> = Vec::new();
        for scope in requested.split(' ').filter(|scope| !scope.is_empty()) {
            if !allowed().any(|name| name == scope) {
                let description = Some("invalid_scope".to_owned());
                return Err(self.refusal("invalid_request", description));
            }
            if !scopes.iter().any(|known| **known == *scope) {
                scopes.push(scope.into());
            }
        }
        let has = |name: &str| scopes.iter().any(|scope| **scope == *name);
        // O28. The description is inferred from that of another invalid scope.
        if !has("openid") && ["phone", "email", "profile"].into_iter().any(has) {
            let description = Some("invalid_scope".to_owned());
            return Err(self.refusal("invalid_request", description));
        }
        Ok(scopes.into())
    }

    /// The resource that access tokens are bound to, at managed login only (O39). Custom scopes of
    /// another resource server are refused (O41).
    fn resource(&self, pool: &Pool, is_managed: bool) -> Result<Option<Box<str>>, Refusal> {
        let Some(resource) = self.params.given("resource").filter(|_| is_managed) else {
            return Ok(None);
        };
        let is_other = |scope: &str| {
            let server = scope.rsplit_once('/').map(|(server, _)| server);
            pool.has_custom_scope(scope) && server != Some(resource)
        };
        if self.grant.scopes.iter().any(|scope| is_other(scope)) {
            let description = Some(sentences::OTHER_RESOURCE.to_owned());
            return Err(self.refusal("invalid_request", description));
        }
        Ok(Some(resource.into()))
    }

    /// Where the browser returns to, with `pairs` in the query, or in the fragment if the app gets
    /// tokens (O26, O31).
    pub(crate) fn return_to<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> String {
        return_to(&self.redirect_uri, self.is_code, pairs)
    }
}

fn return_to<'a>(
    redirect_uri: &str,
    is_code: bool,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    if is_code {
        with_query(redirect_uri, pairs)
    } else {
        format!("{redirect_uri}#{}", encode(pairs))
    }
}

impl From<NoSite> for Refusal {
    /// What Cognito shows for an unknown client is not known.
    fn from(why: NoSite) -> Self {
        match why {
            NoSite::UnknownHost => Self::NoSuchUrl,
            NoSite::UnknownClient => Self::ErrorPage(encode([("error", "invalid_request")])),
            NoSite::NoDomain => Self::Page(400, sentences::NO_DOMAIN),
        }
    }
}

impl Refusal {
    /// The response.
    pub(crate) fn answer(self, request: &Request) -> Answer {
        match self {
            Self::ErrorPage(query) => {
                let response = redirect(&format!("{}/error?{query}", request.base));
                let params = Params::of_query(&query);
                Answer::refusal(response, params.get("error").unwrap_or_default(), None)
            }
            Self::Page(status, sentence) => {
                let response = reply::html(status, sentence);
                Answer::refusal(response, "invalid_request", Some(sentence))
            }
            Self::NoSuchUrl => Answer::refusal(
                reply::no_such_url(),
                "invalid_request",
                Some(sentences::NO_SUCH_URL),
            ),
            Self::App(error) => error.answer(),
        }
    }
}

impl AppError {
    /// The redirect: description, state, error, in this order (O25).
    fn answer(self) -> Answer {
        let pairs = [
            ("error_description", self.description.as_deref()),
            ("state", self.state.as_deref()),
            ("error", Some(&*self.error)),
        ];
        let pairs = pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let location = return_to(&self.redirect_uri, self.is_code, pairs);
        let description = self.description.as_deref();
        Answer::refusal(redirect(&location), &self.error, description)
    }
}
