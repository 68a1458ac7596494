//! `POST /oauth2/token`: exchanges an authorization code, a refresh token, or an app client's
//! credentials for tokens.
//!
//! The order of the checks is inferred: content type, grant type, client, secret, what the client
//! may do, parameters, and then the grant itself.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::json;

use super::params::Params;
use super::reply::{self, Answer};
use super::sentences;
use super::site::Site;
use crate::auth::{jwt, same, sha256};
use crate::cx::Cx;
use crate::error::Error;
use crate::sign_in::tokens::{self, By};
use crate::sign_in::{
    AuthenticationResult, RefreshMethod, RefreshRequest, machine, refresh_tokens,
};
use crate::state::client::Client;
use crate::state::web::AuthorizationCode;
use crate::triggers::{Metadata, token_generation};
use crate::wire::web::Request;

/// An error of OAuth (RFC 6749, section 5.2). The status is always 400, also for wrong client
/// credentials (O69).
#[derive(Debug)]
pub(crate) struct OAuthError {
    /// `error`.
    pub(crate) code: &'static str,
    /// `error_description`.
    pub(crate) description: Option<String>,
}

impl From<&'static str> for OAuthError {
    fn from(code: &'static str) -> Self {
        Self {
            code,
            description: None,
        }
    }
}

impl OAuthError {
    /// The response.
    pub(crate) fn answer(&self, status: u16) -> Answer {
        let mut body = json!({ "error": self.code });
        if let Some(description) = &self.description {
            body["error_description"] = json!(description);
        }
        let response = reply::json(status, &body);
        Answer::refusal(response, self.code, self.description.as_deref())
    }
}

/// The members of a successful response, in Cognito's order (O61).
#[derive(Serialize)]
struct Tokens {
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_in: u64,
    token_type: &'static str,
}

impl From<AuthenticationResult> for Tokens {
    fn from(result: AuthenticationResult) -> Self {
        let (access_token, id_token, refresh_token, expires_in) = result.into_parts();
        Self {
            id_token,
            access_token,
            refresh_token,
            expires_in,
            token_type: "Bearer",
        }
    }
}

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let answer = match exchange(cx, request) {
        Ok(tokens) => Answer::from(reply::json(200, &tokens)),
        Err(error) => error.answer(400),
    };
    reply::shared(answer)
}

fn exchange(cx: &Cx<'_>, request: &Request) -> Result<Tokens, OAuthError> {
    // A body of another type has no parameters (O58).
    let params = Params::of_form(request);
    let grant_type = params.given("grant_type").ok_or("invalid_request")?;
    let credentials = Credentials::of(request, &params)?;
    let site =
        Site::of_client(cx, request, &credentials.client_id).map_err(|_| "invalid_client")?;
    {
        let pool = site.handle.read();
        let client = pool.client(&credentials.client_id);
        credentials.check(client.map_err(|_| "invalid_client")?)?;
    }
    let client_id = &credentials.client_id;
    match grant_type {
        "authorization_code" => by_code(cx, &site, client_id, &params),
        "refresh_token" => by_refresh_token(cx, &site, &credentials, &params),
        "client_credentials" => by_credentials(cx, &site, &credentials, &params),
        _ => Err("unsupported_grant_type".into()),
    }
}

/// An app client's id and secret.
pub(crate) struct Credentials {
    /// `client_id`.
    pub(crate) client_id: String,
    secret: Option<String>,
}

impl Credentials {
    /// The credentials of HTTP Basic authentication or of the form (O60). Two different clients in
    /// one request are refused (O75, inferred).
    pub(crate) fn of(request: &Request, params: &Params) -> Result<Self, OAuthError> {
        let in_form = params.given("client_id");
        let header = request.authorization.as_deref().unwrap_or_default();
        let scheme = header.split(' ').next().unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("basic") {
            return Ok(Self {
                client_id: in_form.ok_or("invalid_request")?.to_owned(),
                secret: params.given("client_secret").map(ToOwned::to_owned),
            });
        }
        let (client_id, secret) = basic(header).ok_or("invalid_client")?;
        if in_form.is_some_and(|id| id != client_id) {
            return Err("invalid_request".into());
        }
        Ok(Self {
            client_id,
            secret: Some(secret),
        })
    }

    /// Checks the secret of a confidential client (O69).
    pub(crate) fn check(&self, client: &Client) -> Result<(), OAuthError> {
        let is_right = !client.has_secret() || client.knows_secret(self.secret.as_deref());
        is_right.then_some(()).ok_or_else(|| OAuthError {
            code: "invalid_client",
            description: Some(sentences::INVALID_SECRET.to_owned()),
        })
    }
}

/// The user name and the password of HTTP Basic authentication, decoded as RFC 6749, section
/// 2.3.1, requires.
fn basic(header: &str) -> Option<(String, String)> {
    let (_, encoded) = header.split_once(' ')?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let decode = |text: &str| {
        let pair = format!("x={}", text.replace('&', "%26"));
        Params::of_query(&pair).get("x").map(ToOwned::to_owned)
    };
    Some((decode(id)?, decode(secret)?))
}

/// The authorization code grant.
fn by_code(
    cx: &Cx<'_>,
    site: &Site,
    client_id: &str,
    params: &Params,
) -> Result<Tokens, OAuthError> {
    check_flow(site, client_id, "code")?;
    let code = params.given("code").ok_or("invalid_request")?;
    // Every exchange uses the code up, also one that fails (O74).
    let code = site.handle.write().use_code(code, cx.now());
    let redirect_uri = params.given("redirect_uri").ok_or("invalid_request")?;
    let code = code.ok_or("invalid_grant")?;
    if *code.client_id != *client_id {
        return Err("invalid_grant".into());
    }
    if *code.redirect_uri != *redirect_uri {
        return Err("unauthorized_client".into());
    }
    check_verifier(&code, params.given("code_verifier"))?;
    let by = By::Oauth {
        grant: code.grant.clone(),
        at: code.signed_in_at,
        strength: code.strength.clone(),
    };
    let mut pool = site.handle.write();
    // O40.
    if let Some(resource) = &code.grant.resource
        && pool.resource_server(resource).is_err()
    {
        return Err("invalid_grant".into());
    }
    let enabled = pool.users.get(code.user).is_some_and(|user| user.enabled);
    if !enabled {
        return Err("invalid_grant".into());
    }
    let client = pool.client(client_id).map_err(|_| "invalid_client")?;
    if !may_read_scopes(client, &code) {
        return Err("invalid_grant".into());
    }
    let customization = &code.customization;
    let grant = tokens::grant(cx, &mut pool, code.user, client_id, by, None, customization)
        .map_err(|_| "invalid_grant")?;
    drop(pool);
    Ok(grant.sign(cx.state, &site.handle.keys).into())
}

/// Whether the client may read the attributes of the scopes `email` and `phone` (O73).
fn may_read_scopes(client: &Client, code: &AuthorizationCode) -> bool {
    let readable = |scope: &str, names: [&str; 2]| {
        !code.grant.has(scope) || names.iter().all(|name| client.may_read(name))
    };
    readable("email", ["email", "email_verified"])
        && readable("phone", ["phone_number", "phone_number_verified"])
}

/// Checks `code_verifier` against the challenge of the authorization request (RFC 7636, section
/// 4.6). That a verifier without a challenge is refused is inferred.
fn check_verifier(code: &AuthorizationCode, verifier: Option<&str>) -> Result<(), OAuthError> {
    let is_right = match (&code.challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            let hashed = URL_SAFE_NO_PAD.encode(sha256(&[verifier.as_bytes()]));
            same(hashed.as_bytes(), challenge.as_bytes())
        }
        _ => false,
    };
    is_right.then_some(()).ok_or_else(|| "invalid_grant".into())
}

/// The refresh token grant (O62, O63).
fn by_refresh_token(
    cx: &Cx<'_>,
    site: &Site,
    credentials: &Credentials,
    params: &Params,
) -> Result<Tokens, OAuthError> {
    let token = params.given("refresh_token").ok_or("invalid_request")?;
    let metadata = metadata(params)?;
    let request = RefreshRequest {
        client_id: &credentials.client_id,
        token,
        device: None,
        by: RefreshMethod::Operation {
            secret: credentials.secret.as_deref(),
        },
        metadata: &metadata,
    };
    let result = refresh_tokens(cx, &site.handle, &request);
    Ok(result.map_err(|_| "invalid_grant")?.into())
}

/// The client credentials grant (O65 to O67).
fn by_credentials(
    cx: &Cx<'_>,
    site: &Site,
    credentials: &Credentials,
    params: &Params,
) -> Result<Tokens, OAuthError> {
    let client_id = credentials.client_id.as_str();
    let metadata = metadata(params)?;
    let requested: Vec<String> = params
        .given("scope")
        .map(|scope| scope.split(' ').filter(|one| !one.is_empty()))
        .into_iter()
        .flatten()
        .map(ToOwned::to_owned)
        .collect();
    let event = {
        let pool = site.handle.read();
        let client = pool.client(client_id).map_err(|_| "invalid_client")?;
        // O76.
        if !client.settings.allowed_oauth_flows_user_pool_client {
            return Err("invalid_grant".into());
        }
        check_client_flow(client, "client_credentials")?;
        let scopes = machine::scopes(&pool, client, &requested).map_err(|_| "invalid_scope")?;
        token_generation::client_event(&pool, client_id, &scopes, &metadata)
    };
    let customization = token_generation::run(event, cx.world).map_err(|error| failed(&error))?;
    let (claims, lifetime) = {
        let pool = site.handle.read();
        let client = pool.client(client_id).map_err(|_| "invalid_client")?;
        let scopes = machine::scopes(&pool, client, &requested).map_err(|_| "invalid_scope")?;
        let claims = machine::claims(cx, &pool, client, &scopes, &customization);
        (claims, client.settings.access_token_lifetime())
    };
    let access_token = jwt::sign(site.handle.keys.access(), &claims);
    let shift = cx.world.clock.shift();
    cx.state.shifted.keep(&access_token, shift, cx.now());
    Ok(Tokens {
        id_token: None,
        access_token,
        refresh_token: None,
        expires_in: lifetime.as_secs(),
        token_type: "Bearer",
    })
}

/// The error for a failed function. Its form here is inferred from that of redirects (O141).
fn failed(error: &Error) -> OAuthError {
    OAuthError {
        code: "invalid_request",
        description: error.sentence(),
    }
}

/// `aws_client_metadata`: URL-encoded JSON (O65). That other text is refused is inferred.
fn metadata(params: &Params) -> Result<Metadata, OAuthError> {
    let Some(text) = params.given("aws_client_metadata") else {
        return Ok(Metadata::new());
    };
    serde_json::from_str(text).map_err(|_| "invalid_request".into())
}

fn check_flow(site: &Site, client_id: &str, flow: &str) -> Result<(), OAuthError> {
    let pool = site.handle.read();
    let client = pool.client(client_id).map_err(|_| "invalid_client")?;
    check_client_flow(client, flow)
}

/// Checks that the client enables `flow` (O71).
fn check_client_flow(client: &Client, flow: &str) -> Result<(), OAuthError> {
    let settings = &client.settings;
    let mut flows = settings.allowed_oauth_flows.iter().flatten();
    let is_allowed = flows.any(|name| name == flow);
    if settings.allowed_oauth_flows_user_pool_client && is_allowed {
        Ok(())
    } else {
        Err("unauthorized_client".into())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::{Value, json};

    use crate::auth::{jwt, sha256};
    use crate::testing::Fixture;
    use crate::testing::browser::{Browser, CALLBACK, form, send};
    use crate::wire::web::Request;

    const VERIFIER: &str = "a-verifier-of-at-least-43-characters-as-rfc-7636-asks";

    fn challenge() -> String {
        URL_SAFE_NO_PAD.encode(sha256(&[VERIFIER.as_bytes()]))
    }

    /// A new code for ana, after an authorization request with `more`.
    fn code(fixture: &Fixture, more: &str) -> String {
        let authorize = format!("{}{more}", fixture.get("authorize"));
        let shown = Browser::new().sign_in(fixture, &authorize, "ana");
        shown.parameter("code").unwrap_or_else(|| panic!("{shown}"))
    }

    fn exchange(fixture: &Fixture, code: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let client = fixture.get("client");
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", CALLBACK),
        ];
        for (name, value) in more {
            fields.retain(|(known, _)| known != name);
            fields.push((name, value));
        }
        form(fixture, "/oauth2/token", &fields)
    }

    fn claims(token: &Value) -> jwt::Claims {
        jwt::decode(token.as_str().unwrap()).unwrap().claims
    }

    /// Members and claims are those of Cognito, in its order (O61, O78).
    #[test]
    fn a_code_is_exchanged_for_tokens() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let code = code(&fixture, "&nonce=N&scope=openid+email");
        let (status, tokens) = exchange(&fixture, &code, &[]);
        assert_eq!(status, 200, "{tokens}");
        let members: Vec<_> = tokens.as_object().unwrap().keys().collect();
        let expected = [
            "id_token",
            "access_token",
            "refresh_token",
            "expires_in",
            "token_type",
        ];
        assert_eq!(members, expected);
        assert_eq!(
            (&tokens["expires_in"], &tokens["token_type"]),
            (&json!(3600), &json!("Bearer"))
        );
        let id = claims(&tokens["id_token"]);
        let names: Vec<_> = id.keys().map(String::as_str).collect();
        let expected = [
            "at_hash",
            "sub",
            "email_verified",
            "iss",
            "cognito:username",
            "nonce",
            "origin_jti",
            "aud",
            "event_id",
            "token_use",
            "auth_time",
            "exp",
            "iat",
            "jti",
            "email",
        ];
        assert_eq!(names, expected);
        assert_eq!(id["nonce"], "N");
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(id["at_hash"], jwt::at_hash(access));
        let access = claims(&tokens["access_token"]);
        assert_eq!(
            (&access["scope"], &access["version"]),
            (&json!("openid email"), &json!(2))
        );
        assert_eq!(access.get("aud"), None);
    }

    /// A code counts once, for five minutes, for its client and its redirect URI. A failed
    /// exchange uses it up.
    #[test]
    fn codes_count_once() {
        let mut fixture = Fixture::with_site(json!({}), json!({}));
        let other = json!({
            "UserPoolId": fixture.get("pool"), "ClientName": "other", "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": ["openid"], "CallbackURLs": [CALLBACK],
            "AllowedOAuthFlowsUserPoolClient": true,
        });
        let other = fixture.must("CreateUserPoolClient", other);
        let other = other["UserPoolClient"]["ClientId"]
            .as_str()
            .unwrap()
            .to_owned();
        for (more, error) in [
            (("client_id", other.as_str()), "invalid_grant"),
            (
                ("redirect_uri", "https://app.example/"),
                "unauthorized_client",
            ),
            (("code_verifier", VERIFIER), "invalid_grant"),
        ] {
            let code = code(&fixture, "");
            let failed = exchange(&fixture, &code, &[more]);
            assert_eq!(failed, (400, json!({ "error": error })), "{more:?}");
            let again = exchange(&fixture, &code, &[]);
            assert_eq!(
                again,
                (400, json!({ "error": "invalid_grant" })),
                "{more:?}"
            );
        }
        let used = code(&fixture, "");
        assert_eq!(exchange(&fixture, &used, &[]).0, 200);
        assert_eq!(
            exchange(&fixture, &used, &[]),
            (400, json!({ "error": "invalid_grant" }))
        );
        for (seconds, status) in [(299, 200), (300, 400)] {
            let code = code(&fixture, "");
            fixture.run(&format!("advance {seconds}"));
            assert_eq!(exchange(&fixture, &code, &[]).0, status, "{seconds}");
        }
        let code = code(&fixture, "");
        let ana = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana" });
        fixture.must("AdminDisableUser", ana);
        assert_eq!(
            exchange(&fixture, &code, &[]),
            (400, json!({ "error": "invalid_grant" }))
        );
    }

    /// A client that may not read the attributes of a scope gets no tokens for it (O73).
    #[test]
    fn a_scope_needs_the_permission_to_read_its_attributes() {
        for (readable, status) in [
            (&["email", "email_verified"][..], 200),
            (&["email"][..], 400),
            (&["name"][..], 400),
        ] {
            let client = json!({ "ReadAttributes": readable });
            let fixture = Fixture::with_site(json!({}), client);
            let code = code(&fixture, "&scope=openid+email");
            assert_eq!(exchange(&fixture, &code, &[]).0, status, "{readable:?}");
        }
    }

    /// A code with a challenge needs the verifier (RFC 7636).
    #[test]
    fn a_challenge_needs_its_verifier() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let pkce = format!("&code_challenge={}&code_challenge_method=S256", challenge());
        for (more, status) in [
            (&[][..], 400),
            (&[("code_verifier", "another")][..], 400),
            (&[("code_verifier", &challenge()[..])][..], 400),
            (&[("code_verifier", VERIFIER)][..], 200),
        ] {
            let code = code(&fixture, &pkce);
            assert_eq!(exchange(&fixture, &code, more).0, status, "{more:?}");
        }
    }

    /// Each request fixes one fault of the request above it.
    #[test]
    fn precedence() {
        let client = json!({ "GenerateSecret": true, "AllowedOAuthFlows": ["implicit"] });
        let fixture = Fixture::with_site(json!({}), client);
        let (client, secret) = (fixture.get("client"), fixture.get("secret"));
        let wrong =
            json!({ "error": "invalid_client", "error_description": "invalid_client_secret" });
        let error = |code: &str| json!({ "error": code });
        let table: [(&[(&str, &str)], Value); 9] = [
            (&[], error("invalid_request")),
            (&[("grant_type", "magic")], error("invalid_request")),
            (
                &[("grant_type", "magic"), ("client_id", "unknown")],
                error("invalid_client"),
            ),
            (
                &[("grant_type", "magic"), ("client_id", client)],
                wrong.clone(),
            ),
            (
                &[
                    ("grant_type", "magic"),
                    ("client_id", client),
                    ("client_secret", "wrong"),
                ],
                wrong,
            ),
            (
                &[
                    ("grant_type", "magic"),
                    ("client_id", client),
                    ("client_secret", secret),
                ],
                error("unsupported_grant_type"),
            ),
            (
                &[
                    ("grant_type", "authorization_code"),
                    ("client_id", client),
                    ("client_secret", secret),
                ],
                error("unauthorized_client"),
            ),
            (
                &[
                    ("grant_type", "client_credentials"),
                    ("client_id", client),
                    ("client_secret", secret),
                ],
                error("unauthorized_client"),
            ),
            (
                &[
                    ("grant_type", "refresh_token"),
                    ("client_id", client),
                    ("client_secret", secret),
                ],
                error("invalid_request"),
            ),
        ];
        for (fields, expected) in table {
            assert_eq!(
                form(&fixture, "/oauth2/token", fields),
                (400, expected),
                "{fields:?}"
            );
        }
    }

    /// Only forms are accepted (O58).
    #[test]
    fn other_content_types_and_methods() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let error = |code: &str| json!({ "error": code });
        let mut json = Request::new("POST", "/oauth2/token");
        json.content_type = Some("application/json".to_owned());
        json.body = r#"{"grant_type":"authorization_code"}"#.into();
        assert_eq!(send(&fixture, json).json(), error("invalid_request"));
        let get = send(&fixture, Request::new("GET", "/oauth2/token"));
        assert_eq!((get.0.status, get.0.body.len()), (405, 0));
    }

    /// The secret may be in the header or in the form. Two clients in one request are refused.
    #[test]
    fn clients_authenticate_in_two_ways() {
        let client = json!({ "GenerateSecret": true });
        let fixture = Fixture::with_site(json!({}), client);
        let basic =
            |id: &str, secret: &str| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let (client, secret) = (fixture.get("client"), fixture.get("secret"));
        for (header, body, expected) in [
            (basic(client, secret), "", "unsupported_grant_type"),
            (basic(client, secret), client, "unsupported_grant_type"),
            (basic(client, secret), "other", "invalid_request"),
            (basic(client, "wrong"), "", "invalid_client"),
            ("Basic !".to_owned(), "", "invalid_client"),
        ] {
            let fields = format!("grant_type=magic&client_id={body}");
            let mut request = Request::new("POST", "/oauth2/token").with_form(&fields);
            request.authorization = Some(header.clone());
            let shown = send(&fixture, request);
            assert_eq!(shown.json()["error"], expected, "{header} {body}");
        }
    }

    /// A refresh keeps scopes and `auth_time`, and returns no refresh token and no nonce.
    #[test]
    fn refreshes() {
        let mut fixture = Fixture::with_site(json!({}), json!({}));
        let code = code(&fixture, "&nonce=N&scope=openid");
        let (_, first) = exchange(&fixture, &code, &[]);
        fixture.run("advance 60");
        let client = fixture.get("client");
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", first["refresh_token"].as_str().unwrap()),
        ];
        let (status, second) = form(&fixture, "/oauth2/token", &fields);
        assert_eq!(status, 200, "{second}");
        assert_eq!(second.get("refresh_token"), None);
        let (before, after) = (claims(&first["id_token"]), claims(&second["id_token"]));
        for claim in ["auth_time", "origin_jti", "sub", "event_id"] {
            assert_eq!(before[claim], after[claim], "{claim}");
        }
        assert_eq!(after.get("nonce"), None);
        assert_eq!(claims(&second["access_token"])["scope"], "openid");
        let unknown = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", "x"),
        ];
        let refused = form(&fixture, "/oauth2/token", &unknown);
        assert_eq!(refused, (400, json!({ "error": "invalid_grant" })));
    }

    /// Rotation replaces the refresh token (O63).
    #[test]
    fn refresh_tokens_rotate() {
        let client = json!({
            "RefreshTokenRotation": { "Feature": "ENABLED", "RetryGracePeriodSeconds": 0 },
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        });
        let fixture = Fixture::with_site(json!({}), client);
        let (_, first) = exchange(&fixture, &code(&fixture, ""), &[]);
        let client = fixture.get("client");
        let old = first["refresh_token"].as_str().unwrap();
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", old),
        ];
        let (status, second) = form(&fixture, "/oauth2/token", &fields);
        assert_eq!(status, 200);
        assert_ne!(second["refresh_token"], old);
        assert_eq!(form(&fixture, "/oauth2/token", &fields).0, 400);
    }

    /// A client's own token (O65, O67, O77).
    #[test]
    fn client_credentials() {
        let mut fixture = Fixture::with_site(json!({}), json!({}));
        let pool = fixture.get("pool").to_owned();
        fixture.must("CreateResourceServer", json!({
            "UserPoolId": pool, "Identifier": "api", "Name": "API",
            "Scopes": [{ "ScopeName": "read", "ScopeDescription": "r" }, { "ScopeName": "write", "ScopeDescription": "w" }],
        }));
        let mut machine = |flag: bool, scopes: &[&str]| {
            let client = fixture.must(
                "CreateUserPoolClient",
                json!({
                    "UserPoolId": pool, "ClientName": "m", "GenerateSecret": true,
                    "AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": scopes,
                    "AllowedOAuthFlowsUserPoolClient": flag,
                }),
            );
            let client = &client["UserPoolClient"];
            let text = |name: &str| client[name].as_str().unwrap().to_owned();
            (text("ClientId"), text("ClientSecret"))
        };
        let on = machine(true, &["api/read"]);
        let off = machine(false, &["api/read"]);
        for ((client, secret), scope, expected) in [
            (&on, "", "api/read"),
            (&on, "api/read", "api/read"),
            (&on, "api/write", "invalid_scope"),
            (&on, "openid", "invalid_scope"),
            (&off, "", "invalid_grant"),
        ] {
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", client.as_str()),
                ("client_secret", secret.as_str()),
                ("scope", scope),
            ];
            let (status, answer) = form(&fixture, "/oauth2/token", &fields);
            if status == 200 {
                let members: Vec<_> = answer.as_object().unwrap().keys().collect();
                assert_eq!(members, ["access_token", "expires_in", "token_type"]);
                let claims = claims(&answer["access_token"]);
                assert_eq!(claims["scope"], expected);
                assert_eq!(claims.get("username"), None);
            } else {
                assert_eq!(answer, json!({ "error": expected }), "{scope}");
            }
        }
    }

    /// Tokens that are bound to a resource (O40, O41).
    #[test]
    fn resource_binding() {
        let client = json!({ "AllowedOAuthScopes": ["openid"] });
        let mut fixture = Fixture::with_managed_site(json!({}), client);
        let pool = fixture.get("pool").to_owned();
        for identifier in ["https://api.example/v1", "https://other.example"] {
            fixture.must(
                "CreateResourceServer",
                json!({
                    "UserPoolId": pool, "Identifier": identifier, "Name": "API",
                    "Scopes": [{ "ScopeName": "read", "ScopeDescription": "r" }],
                }),
            );
        }
        let scopes = json!(["openid", "https://other.example/read"]);
        let settings = json!({
            "UserPoolId": pool, "ClientId": fixture.get("client"), "AllowedOAuthFlows": ["code"],
            "AllowedOAuthScopes": scopes, "CallbackURLs": [CALLBACK],
            "AllowedOAuthFlowsUserPoolClient": true,
        });
        fixture.must("UpdateUserPoolClient", settings);
        let known = "&scope=openid&resource=https%3A%2F%2Fapi.example%2Fv1";
        let (_, tokens) = exchange(&fixture, &code(&fixture, known), &[]);
        assert_eq!(
            claims(&tokens["access_token"])["aud"],
            "https://api.example/v1"
        );
        let unknown = "&scope=openid&resource=https%3A%2F%2Funknown.example";
        let refused = exchange(&fixture, &code(&fixture, unknown), &[]);
        assert_eq!(refused, (400, json!({ "error": "invalid_grant" })));
        let mixed =
            "&scope=https%3A%2F%2Fother.example%2Fread&resource=https%3A%2F%2Fapi.example%2Fv1";
        let authorize = format!("{}{mixed}", fixture.get("authorize"));
        let shown = Browser::new().get(&fixture, &authorize);
        let expected = "custom scopes requested for resource-binding must be assigned to the resource being requested";
        assert_eq!(
            shown.parameter("error_description").as_deref(),
            Some(expected)
        );
    }

    /// Tokens in the fragment, without a refresh token (O31).
    #[test]
    fn the_implicit_grant() {
        let fixture = Fixture::with_site(json!({}), json!({}));
        let authorize = fixture
            .get("authorize")
            .replace("response_type=code", "response_type=token");
        for (scope, has_id) in [("&scope=openid", true), ("&scope=", true)] {
            let shown = Browser::new().sign_in(&fixture, &format!("{authorize}{scope}"), "ana");
            let location = shown.location();
            assert!(location.starts_with(&format!("{CALLBACK}#")), "{location}");
            assert_eq!(shown.parameter("id_token").is_some(), has_id, "{scope}");
            assert_eq!(shown.parameter("token_type").as_deref(), Some("Bearer"));
            assert_eq!(shown.parameter("expires_in").as_deref(), Some("3600"));
            assert_eq!(shown.parameter("state").as_deref(), Some("S"));
            assert_eq!(shown.parameter("refresh_token"), None);
        }
    }
}
