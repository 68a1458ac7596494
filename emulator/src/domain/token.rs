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

use super::params::{Params, is_form};
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
    // O58.
    if !is_form(request) {
        return Err("invalid_request".into());
    }
    let params = Params::of_form(request);
    let grant_type = params.given("grant_type").ok_or("invalid_request")?;
    let credentials = Credentials::of(request, &params)?;
    let site =
        Site::of_client(cx, request, &credentials.client_id).map_err(|_| "invalid_client")?;
    {
        let pool = site.slot.read();
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
    let redirect_uri = params.given("redirect_uri").ok_or("invalid_request")?;
    let code = {
        let mut pool = site.slot.write();
        // A failed exchange uses the code up (O74).
        pool.use_code(code, cx.now()).ok_or("invalid_grant")?
    };
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
    };
    let mut pool = site.slot.write();
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
    let customization = &code.customization;
    let grant = tokens::grant(cx, &mut pool, code.user, client_id, by, None, customization)
        .map_err(|_| "invalid_grant")?;
    drop(pool);
    Ok(grant.sign(cx.state, &site.slot.keys).into())
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
    let result = refresh_tokens(cx, &site.slot, &request);
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
        let pool = site.slot.read();
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
        let pool = site.slot.read();
        let client = pool.client(client_id).map_err(|_| "invalid_client")?;
        let scopes = machine::scopes(&pool, client, &requested).map_err(|_| "invalid_scope")?;
        let claims = machine::claims(cx, &pool, client, &scopes, &customization);
        (claims, client.settings.access_token_lifetime())
    };
    let access_token = jwt::sign(site.slot.keys.access(), &claims);
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
    let pool = site.slot.read();
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
