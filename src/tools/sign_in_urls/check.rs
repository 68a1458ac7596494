//! The checks of a sign-in URL, in the order in which Cognito makes them.
//!
//! Cognito stops at the first problem. This check reports all problems, so that the caller can fix
//! them together.

mod difference;

use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use self::difference::{Difference, nearest};
use super::site::Site;
use super::url::Url;
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::scopes;
use crate::error::{NextCall, ToolError, ToolResult};

/// A problem with one part of the URL.
#[expect(
    clippy::struct_field_names,
    reason = "the tool's answer has a member `problem`"
)]
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Problem {
    /// The part: `scheme`, `host`, `path`, `client`, or the name of a parameter.
    pub(super) part: String,
    /// What is wrong.
    pub(super) problem: String,
    /// The value of the part in the URL.
    given: Option<String>,
    /// Values that are accepted.
    expected: Vec<String>,
    /// The first difference from the most similar accepted value.
    difference: Option<Difference>,
    /// What the user or the application sees.
    shown: String,
    /// A call that fixes the problem, or finds the right value. Absent if no enabled tool can do that; `problem` says what to change.
    pub(super) fix: Option<NextCall>,
}

impl Problem {
    fn new(part: &str, problem: impl Into<String>, shown: impl Into<String>) -> Self {
        Self {
            part: part.to_owned(),
            problem: problem.into(),
            given: None,
            expected: Vec::new(),
            difference: None,
            shown: shown.into(),
            fix: None,
        }
    }

    /// Sets the value in the URL, and the accepted values.
    fn with_values(
        mut self,
        given: &str,
        expected: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.given = Some(given.to_owned());
        self.expected = expected.into_iter().map(Into::into).collect();
        self
    }
}

/// The app client of the URL, with the identity providers and scopes of its pool.
pub(super) struct ClientInPool {
    pool: String,
    client: UserPoolClientType,
    /// Whether the client has a style of managed login. None if the domain does not use managed
    /// login, or if the style cannot be read.
    has_style: Option<bool>,
    /// The identity providers of the pool. None if they cannot be read.
    providers: Option<Vec<String>>,
    /// The scopes of the pool's resource servers. None if they cannot be read.
    custom_scopes: Option<Vec<String>>,
}

impl ClientInPool {
    /// Reads the client with the id `client`.
    pub(super) async fn read(cx: &Cx, pool: &str, client: &str, site: &Site) -> ToolResult<Self> {
        let described = cx.cognito().describe_user_pool_client();
        let described = described.user_pool_id(pool).client_id(client).send();
        let described = answered(described.await?.user_pool_client, "app client")?;
        let has_style = if site.is_managed {
            let style = cx.cognito().describe_managed_login_branding_by_client();
            let style = style.user_pool_id(pool).client_id(client).send().await;
            match style.map_err(Box::<ToolError>::from) {
                Ok(_) => Some(true),
                Err(refused) if refused.code == "ResourceNotFoundException" => Some(false),
                Err(_) => None,
            }
        } else {
            None
        };
        let providers = cx.cognito().list_identity_providers().user_pool_id(pool);
        let providers = providers.max_results(60).send().await.ok();
        let servers = cx.cognito().list_resource_servers().user_pool_id(pool);
        let servers = servers.max_results(50).send().await.ok();
        Ok(Self {
            pool: pool.to_owned(),
            client: described,
            has_style,
            providers: providers.map(|listed| {
                let names = listed.providers.into_iter();
                names.filter_map(|found| found.provider_name).collect()
            }),
            custom_scopes: servers.map(|listed| custom_scopes(&listed.resource_servers)),
        })
    }

    /// The name of the client.
    pub(super) fn name(&self) -> Option<&str> {
        self.client.client_name()
    }

    /// The redirect URI to use if the caller gives none: the client's default, or its first callback
    /// URL.
    pub(super) fn default_redirect_uri(&self) -> Option<&String> {
        let client = &self.client;
        let default = client.default_redirect_uri.as_ref();
        default.or_else(|| client.callback_urls.as_deref()?.first())
    }

    /// Whether the client allows the implicit grant, and not the authorization code grant.
    pub(super) fn only_implicit(&self) -> bool {
        let flows = self.flows();
        flows.iter().any(|flow| flow == "implicit") && !flows.iter().any(|flow| flow == "code")
    }

    fn flows(&self) -> Vec<String> {
        let flows = self.client.allowed_o_auth_flows().iter();
        flows.map(|flow| flow.as_str().to_owned()).collect()
    }

    fn callbacks(&self) -> &[String] {
        self.client.callback_urls()
    }

    /// A call of `update_client` with the settings `change`. None if that tool is not enabled.
    fn update(&self, cx: &Cx, change: Value) -> Option<NextCall> {
        let mut arguments = json!({
            "user_pool_id": self.pool,
            "client_id": self.client.client_id,
        });
        crate::tools::settings::merge(&mut arguments, change);
        let call = NextCall::new("update_client", arguments);
        Some(call).filter(|call| cx.is_enabled(&call.tool))
    }
}

/// The full names of the scopes of `servers`: `SERVER/NAME`.
pub(in crate::tools) fn custom_scopes(
    servers: &[aws_sdk_cognitoidentityprovider::types::ResourceServerType],
) -> Vec<String> {
    let mut scopes = Vec::new();
    for server in servers {
        let identifier = server.identifier().unwrap_or_default();
        let names = server.scopes().iter();
        scopes.extend(names.map(|scope| format!("{identifier}/{}", scope.scope_name)));
    }
    scopes
}

/// `list` with `value`, which is added only if it is absent.
fn including(list: &[String], value: &str) -> Vec<String> {
    let mut list = list.to_vec();
    if !list.iter().any(|known| known == value) {
        list.push(value.to_owned());
    }
    list
}

/// The text of the page for errors that Cognito does not return to the application (O21).
const ERROR_PAGE: &str = "An error was encountered with the requested page.";

/// What the user sees at `/error?error=…`.
fn error_page(query: &str) -> String {
    format!("The browser is sent to /error?{query}, which shows `{ERROR_PAGE}`")
}

/// The effect for the application: the browser returns to it with `error`.
fn redirect_with(error: &str) -> String {
    format!("The browser returns to redirect_uri with {error}")
}

/// The problems of a URL, in Cognito's order. `client` is None if the URL names no client, or one
/// that the pool does not have.
pub(super) fn problems(
    cx: &Cx,
    url: &Url,
    site: &Site,
    client: Option<&ClientInPool>,
) -> Vec<Problem> {
    let mut found = address(cx, url, site);
    let page = url.path.as_str();
    if !PAGES.contains(&page) {
        return found;
    }
    let return_parameter = if page == LOGOUT && url.given("redirect_uri").is_none() {
        "logout_uri"
    } else {
        "redirect_uri"
    };
    found.extend(missing(url, return_parameter));
    match client {
        Some(client) => found.extend(client.check(cx, url, site, return_parameter)),
        None => found.extend(unknown_client(cx, url, site)),
    }
    if url.given("client_secret").is_some() {
        found.push(Problem::new(
            "client_secret",
            "These pages have no parameter for a client secret. Browsers and servers store URLs, so \
             the secret is exposed: remove the parameter, and replace the secret with \
             `rotate_client_secret`",
            "Cognito ignores the parameter",
        ));
    }
    found
}

const LOGOUT: &str = "/logout";

/// The pages that applications open (O12).
const PAGES: [&str; 5] = [
    "/oauth2/authorize",
    "/login",
    "/signup",
    "/forgotPassword",
    LOGOUT,
];

/// Endpoints that only programs call.
const FOR_PROGRAMS: [&str; 3] = ["/oauth2/token", "/oauth2/userInfo", "/oauth2/revoke"];

/// Scheme, host and path.
fn address(cx: &Cx, url: &Url, site: &Site) -> Vec<Problem> {
    let mut found = Vec::new();
    if !site.has_domain {
        found.push(Problem::new(
            "host",
            "The pool has no domain, so it has no sign-in pages: create one with `put_domain`",
            "The address does not exist, or belongs to another pool",
        ));
    } else if url.scheme != "https" && !site.is_emulated {
        let problem = Problem::new(
            "scheme",
            "Cognito uses HTTPS only",
            "The browser shows no page",
        );
        found.push(problem.with_values(&url.scheme, ["https"]));
    }
    found.extend(host(cx, url, site));
    let page = url.path.as_str();
    if PAGES.contains(&page) {
        return found;
    }
    let (problem, shown) = if FOR_PROGRAMS.contains(&page) {
        (
            "Programs send requests to this endpoint; a sign-in begins at /oauth2/authorize",
            "An error in JSON, or status 405",
        )
    } else {
        (
            "No sign-in page has this path; letter case matters",
            "`This URL doesn't exist on the authorization server.` with status 404",
        )
    };
    let problem = Problem::new("path", problem, shown).with_values(page, PAGES);
    found.push(Problem {
        difference: nearest(page, &PAGES.map(ToOwned::to_owned)),
        ..problem
    });
    found
}

/// The host, which must be a domain of the pool.
fn host(cx: &Cx, url: &Url, site: &Site) -> Option<Problem> {
    let host = url.host();
    if site.is_emulated {
        // The emulator has several addresses. Only a host of another domain is refused.
        let parent = [".localhost", ".amazoncognito.com"];
        let labels = parent.iter().find_map(|parent| host.strip_suffix(parent))?;
        let (prefix, rest) = labels.split_once('.')?;
        let is_domain = rest.starts_with("auth.") || rest.starts_with("auth-fips.");
        if !is_domain || site.names.iter().any(|name| name == prefix) {
            return None;
        }
        let problem = Problem::new(
            "host",
            "No domain of the pool has this prefix",
            "`This URL doesn't exist on the authorization server.` with status 404",
        );
        return Some(
            problem.with_values(prefix, site.names.iter().filter(|name| !name.contains('.'))),
        );
    }
    let accepted: Vec<String> = site
        .bases
        .iter()
        .filter_map(|base| base.strip_prefix("https://").map(ToOwned::to_owned))
        .collect();
    let without_fips = url.authority.replacen(".auth-fips.", ".auth.", 1);
    if accepted.is_empty() || accepted.contains(&without_fips) {
        return None;
    }
    let api = format!("cognito-idp.{}.", cx.region());
    let problem = if host.starts_with(&api) {
        "This is the address of the API and of the issuer, not of the sign-in pages"
    } else {
        "This is not a domain of the pool"
    };
    let problem = Problem::new(
        "host",
        problem,
        "The browser shows no page, or a page of another pool",
    );
    Some(Problem {
        difference: nearest(&url.authority, &accepted),
        ..problem.with_values(&url.authority, accepted)
    })
}

/// The required parameters that the URL does not have (O19).
fn missing(url: &Url, return_parameter: &str) -> Vec<Problem> {
    let required = ["client_id", return_parameter];
    let missing = required
        .into_iter()
        .filter(|name| url.given(name).is_none());
    let shown = error_page("error=Required+parameters+missing");
    missing
        .map(|name| {
            let is_empty = url.parameters.iter().any(|(known, _)| known == name);
            let problem = if is_empty {
                "The parameter is required, and it is empty"
            } else if url.has_fragment {
                "The parameter is required; browsers do not send the part of a URL from `#` on"
            } else {
                "The parameter is required"
            };
            Problem::new(name, problem, shown.clone())
        })
        .collect()
}

/// A client that the pool does not have.
fn unknown_client(cx: &Cx, url: &Url, site: &Site) -> Option<Problem> {
    let client = url.given("client_id")?;
    let mut problem = Problem::new(
        "client_id",
        "The pool has no app client with this id; the value may be a client's name, or the id of \
         another pool's client",
        error_page("error=invalid_request"),
    );
    problem.given = Some(client.to_owned());
    let list = NextCall::new("list_clients", json!({ "user_pool_id": site.pool }));
    problem.fix = Some(list).filter(|list| cx.is_enabled(&list.tool));
    Some(problem)
}

impl ClientInPool {
    /// The problems of the parameters, according to the settings of the app client.
    fn check(&self, cx: &Cx, url: &Url, site: &Site, return_parameter: &str) -> Vec<Problem> {
        let mut found = Vec::new();
        let is_logout = return_parameter == "logout_uri";
        if !is_logout {
            found.extend(self.oauth(cx, url));
        }
        found.extend(self.redirect(cx, url, return_parameter));
        if is_logout {
            return found;
        }
        found.extend(self.response_type(cx, url));
        found.extend(pkce(url));
        found.extend(self.scopes(cx, url));
        found.extend(self.resource(url, site));
        found.extend(self.provider(cx, url));
        if self.has_style == Some(false) {
            let mut problem = Problem::new(
                "client",
                "The app client has no style, which managed login requires",
                "`Login pages unavailable. Please contact an administrator.` with status 403",
            );
            let arguments = json!({
                "user_pool_id": self.pool,
                "client_id": self.client.client_id,
            });
            let call = NextCall::new("put_branding", arguments);
            problem.fix = Some(call).filter(|call| cx.is_enabled(&call.tool));
            found.push(problem);
        }
        found
    }

    /// The problem that OAuth is off for the app client (O23). Its fix also allows the flow, the
    /// redirect URI and the scopes of the URL.
    fn oauth(&self, cx: &Cx, url: &Url) -> Option<Problem> {
        if self.client.allowed_o_auth_flows_user_pool_client == Some(true) {
            return None;
        }
        let mut problem = Problem::new(
            "client",
            "OAuth is off for the app client (`AllowedOAuthFlowsUserPoolClient`)",
            "`Client is not enabled for OAuth2.0 flows.` with status 400",
        );
        let flow = match url.given("response_type") {
            Some("token") => "implicit",
            _ => "code",
        };
        let mut callbacks = self.callbacks().to_vec();
        if let Some(redirect) = url.given("redirect_uri")
            && unregistrable(redirect).is_none()
        {
            callbacks = including(&callbacks, redirect);
        }
        let requested = url.given("scope").unwrap_or("openid");
        let mut scopes = self.client.allowed_o_auth_scopes().to_vec();
        for scope in requested
            .split_whitespace()
            .filter(|scope| self.has_scope(scope))
        {
            scopes = including(&scopes, scope);
        }
        let is_complete = !callbacks.is_empty() && !scopes.is_empty();
        let mut change = json!({
            "oauth_flows": including(&self.flows(), flow),
            "scopes": scopes,
            "callback_urls": callbacks,
        });
        if self.client.supported_identity_providers().is_empty() {
            change["settings"] = json!({ "SupportedIdentityProviders": ["COGNITO"] });
        }
        problem.fix = is_complete.then(|| self.update(cx, change)).flatten();
        Some(problem)
    }

    /// The address that the browser returns to, which is compared byte by byte (O20, O22).
    fn redirect(&self, cx: &Cx, url: &Url, return_parameter: &str) -> Option<Problem> {
        let given = url.given(return_parameter)?;
        let (registered, setting) = match return_parameter {
            "logout_uri" => (self.client.logout_urls(), "logout_urls"),
            _ => (self.callbacks(), "callback_urls"),
        };
        if registered.iter().any(|known| known == given) {
            return None;
        }
        let id = self.client.client_id().unwrap_or_default();
        let shown = match return_parameter {
            "logout_uri" => "The user is signed out, and the browser does not return to the \
                             application: it shows an error or the sign-in page"
                .to_owned(),
            _ => error_page(&format!("error=redirect_mismatch&client_id={id}")),
        };
        let difference = nearest(given, registered);
        let refused = unregistrable(given);
        let problem = match (&difference, refused) {
            (_, Some(why)) => format!("It is not registered, and cannot be: {why}"),
            (Some(difference), None) => {
                format!("It is not registered. {}", difference.explanation)
            }
            (None, None) => format!("It is not registered: the client has no `{setting}`"),
        };
        let mut problem = Problem::new(return_parameter, problem, shown);
        problem = problem.with_values(given, registered.iter().cloned());
        problem.difference = difference;
        if refused.is_none() {
            let mut change = json!({});
            change[setting] = including(registered, given).into();
            problem.fix = self.update(cx, change);
        }
        Some(problem)
    }

    /// The response type, and the client's grants (O29).
    fn response_type(&self, cx: &Cx, url: &Url) -> Option<Problem> {
        let flow = match url.given("response_type") {
            Some("code") => "code",
            Some("token") => "implicit",
            given => {
                let problem = Problem::new(
                    "response_type",
                    "It has to be `code` or `token`",
                    redirect_with("error=invalid_request"),
                );
                return Some(problem.with_values(given.unwrap_or_default(), ["code", "token"]));
            }
        };
        let flows = self.flows();
        let is_on = self.client.allowed_o_auth_flows_user_pool_client == Some(true);
        if !is_on || flows.iter().any(|allowed| allowed == flow) {
            return None;
        }
        let accepted = flows.iter().filter_map(|flow| match flow.as_str() {
            "code" => Some("code"),
            "implicit" => Some("token"),
            _ => None,
        });
        let mut problem = Problem::new(
            "response_type",
            format!("The app client does not allow the grant `{flow}`"),
            redirect_with("error=unauthorized_client"),
        )
        .with_values(url.given("response_type").unwrap_or_default(), accepted);
        // Cognito does not allow `client_credentials` together with `code` or `implicit`.
        let can_add_flow = !flows.iter().any(|flow| flow == "client_credentials");
        let change = json!({ "oauth_flows": including(&flows, flow) });
        problem.fix = can_add_flow.then(|| self.update(cx, change)).flatten();
        Some(problem)
    }

    /// Whether the pool has the scope. If the resource servers cannot be read, a name with `/` is
    /// assumed to exist.
    fn has_scope(&self, scope: &str) -> bool {
        let custom = self.custom_scopes.as_ref();
        scopes::STANDARD.contains(&scope)
            || custom.map_or(scope.contains('/'), |known| {
                known.iter().any(|known| known == scope)
            })
    }

    /// The scopes (O25, O27, O28).
    fn scopes(&self, cx: &Cx, url: &Url) -> Option<Problem> {
        let requested = url.given("scope")?;
        let requested: Vec<&str> = requested
            .split(' ')
            .filter(|scope| !scope.is_empty())
            .collect();
        let allowed = self.client.allowed_o_auth_scopes();
        let is_allowed = |scope: &&str| allowed.iter().any(|known| known == scope);
        let refused: Vec<&str> = requested
            .iter()
            .copied()
            .filter(|scope| !is_allowed(scope))
            .collect();
        let shown = redirect_with("error_description=invalid_scope&error=invalid_request");
        if refused.is_empty() {
            let is_user = |scope: &&str| ["email", "phone", "profile"].contains(scope);
            let user = requested.iter().copied().find(is_user)?;
            if requested.contains(&"openid") {
                return None;
            }
            let problem = format!("`{user}` requires the scope `openid`");
            return Some(Problem::new("scope", problem, shown).with_values(user, ["openid"]));
        }
        // If OAuth is off, the fix of that problem also allows these scopes.
        let is_on = self.client.allowed_o_auth_flows_user_pool_client == Some(true);
        let (known, unknown): (Vec<&str>, Vec<&str>) = refused
            .iter()
            .copied()
            .partition(|scope| self.has_scope(scope));
        if unknown.is_empty() && !is_on {
            return None;
        }
        let list = |scopes: &[&str]| format!("`{}`", scopes.join("`, `"));
        let mut words = Vec::new();
        if !unknown.is_empty() {
            words.push(format!(
                "The pool has no scope {}: {}",
                list(&unknown),
                advice_for(&unknown)
            ));
        }
        if !known.is_empty() {
            words.push(format!("The app client does not allow {}", list(&known)));
        }
        let problem = Problem::new("scope", words.join(". "), shown);
        let mut problem = problem.with_values(&refused.join(" "), allowed.iter().cloned());
        if unknown.is_empty() {
            let scopes = known
                .iter()
                .fold(allowed.to_vec(), |all, scope| including(&all, scope));
            problem.fix = self.update(cx, json!({ "scopes": scopes }));
        }
        Some(problem)
    }

    /// The resource that tokens are bound to (O39, O41).
    fn resource(&self, url: &Url, site: &Site) -> Option<Problem> {
        let resource = url.given("resource").filter(|_| site.is_managed)?;
        let custom = self.custom_scopes.as_ref()?;
        let requested = url.given("scope").unwrap_or_default();
        let other = requested.split(' ').find(|scope| {
            let server = scope.rsplit_once('/').map(|(server, _)| server);
            custom.iter().any(|known| known == scope) && server != Some(resource)
        })?;
        let problem = Problem::new(
            "resource",
            format!("The scope `{other}` belongs to another resource server"),
            redirect_with("error=invalid_request"),
        );
        let server = other.rsplit_once('/').map(|(server, _)| server);
        Some(problem.with_values(resource, server))
    }

    /// The identity provider (O24).
    fn provider(&self, cx: &Cx, url: &Url) -> Option<Problem> {
        let given = url.given("identity_provider")?;
        let offered = self.client.supported_identity_providers();
        if offered.iter().any(|name| name == given) || (offered.is_empty() && given == "COGNITO") {
            return None;
        }
        let providers = self.providers.as_ref();
        let exists = given == "COGNITO"
            || providers.is_some_and(|known| known.iter().any(|name| name == given));
        let problem = if exists {
            "The app client does not offer this provider"
        } else {
            "The pool has no provider with this name; letter case matters"
        };
        let shown = "`Login option is not available. Please try another one`";
        let mut problem = Problem::new("identity_provider", problem, shown);
        problem = problem.with_values(given, offered.iter().cloned());
        problem.difference = nearest(given, offered);
        if exists {
            let providers = including(offered, given);
            let change = json!({ "settings": { "SupportedIdentityProviders": providers } });
            problem.fix = self.update(cx, change);
        }
        Some(problem)
    }
}

/// The challenge of PKCE (O29).
fn pkce(url: &Url) -> Option<Problem> {
    let (challenge, method) = (
        url.given("code_challenge"),
        url.given("code_challenge_method"),
    );
    let shown = redirect_with("error=invalid_request");
    match (challenge, method) {
        (None, None) | (Some(_), Some("S256")) => None,
        (Some(_), Some(method)) => {
            let problem = Problem::new("code_challenge_method", "It has to be `S256`", shown);
            Some(problem.with_values(method, ["S256"]))
        }
        (Some(_), None) => {
            let problem = "`code_challenge` requires `code_challenge_method=S256`";
            Some(Problem::new("code_challenge_method", problem, shown))
        }
        (None, Some(_)) => {
            let problem = "`code_challenge_method` requires `code_challenge`";
            Some(Problem::new("code_challenge", problem, shown))
        }
    }
}

/// The advice for scopes that a pool does not have.
fn advice_for(unknown: &[&str]) -> &'static str {
    if unknown.contains(&"offline_access") {
        "`offline_access` is not needed, because Cognito returns a refresh token for every \
         authorization code; remove it"
    } else if unknown.iter().any(|scope| scope.contains(['+', '%', ','])) {
        "the separator is encoded twice or is not a space; write scope=openid%20email"
    } else if unknown.iter().any(|scope| scope.contains('/')) {
        "create it with `put_resource_server`, or remove it"
    } else {
        "remove it; scopes are `openid`, `email`, `phone`, `profile`, \
         `aws.cognito.signin.user.admin`, and `SERVER/NAME` of resource servers"
    }
}

/// Why Cognito does not register a redirect URI (R163, R164). None if it can be registered.
fn unregistrable(url: &str) -> Option<&'static str> {
    if url.contains('#') {
        return Some("it has a fragment; remove the part from `#` on");
    }
    if url
        .chars()
        .any(|character| character.is_whitespace() || character.is_control())
    {
        return Some("it has a space or a line break");
    }
    let Some((scheme, rest)) = url.split_once(':') else {
        return Some(if url.contains("%3A") {
            "it is encoded twice"
        } else {
            "it is not an absolute URL"
        });
    };
    let is_scheme_character =
        |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
    if scheme.is_empty() || !scheme.chars().all(is_scheme_character) {
        return Some("it is not an absolute URL");
    }
    let host = rest.trim_start_matches('/');
    let host = host.split(['/', ':', '?']).next().unwrap_or_default();
    let is_local = host == "localhost" || host.starts_with("127.") || host.starts_with('[');
    (scheme == "http" && !is_local).then_some("Cognito allows plain HTTP only for localhost")
}
