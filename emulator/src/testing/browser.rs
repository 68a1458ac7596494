//! A browser for tests of a domain's pages: it keeps cookies, and reads the fields of forms.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::Fixture;
use crate::domain;
use crate::wire::Service;
use crate::wire::web::{Request, Response};

/// The redirect URI of [`Fixture::with_site`].
pub const CALLBACK: &str = "https://app.example/cb";

/// A browser with its cookies.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    cookies: BTreeMap<String, String>,
}

/// A response, as tests read it.
pub struct Shown(pub Response);

impl Browser {
    /// A browser without cookies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests `url`: a path, or a URL of the emulator.
    pub fn get(&mut self, fixture: &Fixture, url: &str) -> Shown {
        self.send(fixture, Request::new("GET", local(url)))
    }

    /// Sends a form with the value of the cookie that protects it.
    pub fn post(&mut self, fixture: &Fixture, url: &str, fields: &[(&str, &str)]) -> Shown {
        let csrf = self.cookie("XSRF-TOKEN").to_owned();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("_csrf", &csrf);
        form.extend_pairs(fields);
        let request = Request::new("POST", local(url)).with_form(&form.finish());
        self.send(fixture, request)
    }

    /// Sends `request` with the cookies, and keeps those of the response.
    pub fn send(&mut self, fixture: &Fixture, mut request: Request) -> Shown {
        let cookies = self.cookies.iter();
        request.cookies = cookies
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let response = send(fixture, request);
        for (name, value) in &response.0.headers {
            if *name == "set-cookie" {
                self.keep(value);
            }
        }
        response
    }

    /// The value of the cookie `name`; empty if there is none.
    #[must_use]
    pub fn cookie(&self, name: &str) -> &str {
        self.cookies.get(name).map_or("", String::as_str)
    }

    /// Sets a cookie.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split("; ");
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        if parts.any(|part| part == "Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.set_cookie(name, value);
        }
    }

    /// Signs in `username` with `$password` at the page of an authorization request, and returns
    /// the response that leads to the app.
    pub fn sign_in(&mut self, fixture: &Fixture, authorize: &str, username: &str) -> Shown {
        let login = self.get(fixture, authorize).location();
        self.get(fixture, &login);
        let password = fixture.get("password");
        let fields = [("username", username), ("password", password)];
        self.post(fixture, &login, &fields)
    }
}

/// Sends `request` without cookies of its own.
///
/// # Panics
/// If the emulator answers without a page.
pub fn send(fixture: &Fixture, request: Request) -> Shown {
    let scope = Arc::new(fixture.scope.clone());
    let reply = fixture.emulator.call(&domain::call(request, &scope));
    Shown(*reply.web.expect("a page answers with a page"))
}

/// Sends a form to the token endpoint or another endpoint for programs. Returns the status and the
/// body.
pub fn form(fixture: &Fixture, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let shown = send(
        fixture,
        Request::new("POST", path).with_form(&form.finish()),
    );
    (shown.0.status, shown.json())
}

/// The path of a URL of the emulator.
fn local(url: &str) -> &str {
    url.strip_prefix("http://localhost:9229").unwrap_or(url)
}

impl Shown {
    /// `Location`; empty if there is none.
    #[must_use]
    pub fn location(&self) -> String {
        self.0.header("location").unwrap_or_default().to_owned()
    }

    /// A parameter in the query or the fragment of `Location`.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        let location = self.location();
        let (_, query) = location.split_once(['?', '#'])?;
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(given, _)| given == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.body).into_owned()
    }

    /// The body as JSON; null if it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.body).unwrap_or_default()
    }

    /// The value of the first hidden field `name`.
    ///
    /// # Panics
    /// If the page has no such field.
    #[must_use]
    pub fn field(&self, name: &str) -> String {
        let text = self.text();
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = text
            .split_once(&start)
            .unwrap_or_else(|| panic!("no field {name} in {text}"));
        let value = rest.split('"').next().unwrap_or_default();
        value.replace("&amp;", "&").replace("&#x2f;", "/")
    }
}

impl fmt::Display for Shown {
    /// `302 LOCATION`, `200` with the notice of a page, or the status and a body of JSON. Codes and
    /// tokens are omitted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.status)?;
        let location = self.location();
        if !location.is_empty() {
            write!(f, " {}", without_secrets(&location))?;
        }
        let text = self.text();
        let notice = text.split_once("role=\"alert\"").map(|(_, rest)| rest);
        let notice = notice.and_then(|rest| rest.split_once("<p")?.1.split_once('>'));
        if let Some((_, notice)) = notice {
            write!(f, " {}", notice.split("</p>").next().unwrap_or_default())?;
        } else if let Some(sentence) = text.split_once("<main><h1>") {
            write!(
                f,
                " {}",
                sentence.1.split("</h1>").next().unwrap_or_default()
            )?;
        } else if text.starts_with('{') {
            write!(f, " {text}")?;
        }
        Ok(())
    }
}

fn without_secrets(location: &str) -> String {
    let Some((start, rest)) = location.split_once("code=") else {
        return location.to_owned();
    };
    let end = rest.find('&').unwrap_or(rest.len());
    format!("{start}code=$code{}", &rest[end..])
}

impl Fixture {
    /// A pool with a domain of the classic version and a public client with the code and implicit
    /// grants, whose redirect URI is [`CALLBACK`]; the user `ana`, and the authorization request
    /// `$authorize`. `client` has more settings of the client.
    #[must_use]
    pub fn with_site(pool: Value, client: Value) -> Self {
        let mut settings = json!({
            "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthFlows": ["code", "implicit"],
            "AllowedOAuthScopes": ["openid", "email", "profile"],
            "CallbackURLs": [CALLBACK],
            "LogoutURLs": ["https://app.example/out"],
            "SupportedIdentityProviders": ["COGNITO"],
        });
        if let (Value::Object(settings), Value::Object(client)) = (&mut settings, client) {
            settings.extend(client);
        }
        let mut fixture = Self::with_pool_and_client(pool, settings).and_verified_user("ana");
        let domain = json!({ "UserPoolId": fixture.get("pool"), "Domain": "login" });
        fixture.must("CreateUserPoolDomain", domain);
        let authorize = format!(
            "/oauth2/authorize?client_id={}&redirect_uri={CALLBACK}&response_type=code&state=S",
            fixture.get("client")
        );
        fixture.name("authorize", &authorize);
        fixture
    }

    /// As [`Fixture::with_site`], with the pages of managed login and a style of the client.
    #[must_use]
    pub fn with_managed_site(pool: Value, client: Value) -> Self {
        let mut fixture = Self::with_site(pool, client);
        let pool = fixture.get("pool").to_owned();
        let domain = json!({ "UserPoolId": pool, "Domain": "login", "ManagedLoginVersion": 2 });
        fixture.must("UpdateUserPoolDomain", domain);
        let style = json!({
            "UserPoolId": pool, "ClientId": fixture.get("client"), "UseCognitoProvidedValues": true,
        });
        fixture.must("CreateManagedLoginBranding", style);
        fixture
    }

    /// Deletes the client's style.
    pub fn delete_style(&mut self) {
        let client = json!({ "UserPoolId": self.get("pool"), "ClientId": self.get("client") });
        let style = self.must("DescribeManagedLoginBrandingByClient", client);
        let id = &style["ManagedLoginBranding"]["ManagedLoginBrandingId"];
        let style = json!({ "UserPoolId": self.get("pool"), "ManagedLoginBrandingId": id });
        self.must("DeleteManagedLoginBranding", style);
    }
}
