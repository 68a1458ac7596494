//! The server as a protected resource of OAuth 2.1: access tokens of a user pool.
//!
//! Of Cognito's tokens only access tokens are accepted (`token_use`). They have an `aud`
//! only if the client named a resource (RFC 8707), which Cognito calls resource
//! binding. A token without `aud` is for the app client it was issued to.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html#cognito-user-pools-resource-binding>
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>

mod checks;
mod claims;

use std::time::{Duration, UNIX_EPOCH};

use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use axum::http::StatusCode;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::checks::{Refusal, TokenChecker};
use self::claims::{Claims, Malformed, key_id};
use super::{METADATA, Rejection};
use crate::bounds::CLOCK_SKEW;
use crate::cognito::backend::Backend;
use crate::cognito::jwt::{self, Token};
use crate::cognito::web::Web;
use crate::config::Http;
use crate::ids::Issuer;
use crate::principal::Principal;
use crate::start_error::StartError;

/// Time after which keys are fetched again, so that a withdrawn key is no longer accepted.
const FRESH: Duration = Duration::from_hours(1);

/// Time for which old keys are used if they cannot be fetched again.
const STALE: Duration = Duration::from_hours(24);

/// The minimum time between fetches for an unknown key, or after a failure. Without it,
/// callers could cause fetches by inventing key ids.
const PAUSE: Duration = Duration::from_secs(30);

/// This server as the resource that access tokens of its issuer are for.
pub(super) struct Resource {
    url: String,
    metadata_url: String,
    issuer: Issuer,
    /// Values of `aud`, and app clients for tokens without one.
    audience: Vec<String>,
    scopes: Vec<String>,
    /// The clock by which tokens expire: the issuer's, if that is in this process.
    clock: SharedTimeSource,
    web: Web,
    keys: Mutex<Keys>,
    checker: TokenChecker,
}

/// The issuer's keys.
#[derive(Default)]
struct Keys {
    /// The keys of the last fetch, and its time.
    known: Option<(JwkSet, Instant)>,
    /// The time of the last request for keys.
    requested: Option<Instant>,
}

impl Resource {
    pub(super) fn new(http: &Http, url: &str, backend: &Backend) -> Result<Self, StartError> {
        let issuer = http.oauth_issuer.as_deref().unwrap_or_default();
        let issuer = Issuer::parse(issuer)
            .map_err(|form| StartError(format!("--oauth-issuer: {}.", form.named(issuer))))?;
        let scopes = &http.oauth_scope;
        if let Some(scope) = scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(StartError(format!(
                "--oauth-scope {scope}: a scope consists of letters, digits and signs, without blanks, \
                 quotation marks and backslashes, as in cognito-mcp/use."
            )));
        }
        let mut audience = vec![url.to_owned()];
        audience.extend(http.oauth_audience.iter().cloned());
        let is_ours = backend.emulator.is_some()
            && backend
                .issuers
                .reach(issuer.pool(), issuer.as_str(), &backend.region);
        let clock = if is_ours {
            backend.clock.clone()
        } else {
            SharedTimeSource::new(SystemTimeSource::new())
        };
        Ok(Self {
            metadata_url: metadata_url(url),
            url: url.to_owned(),
            checker: TokenChecker::new(&issuer, backend),
            issuer,
            audience,
            scopes: scopes.clone(),
            clock,
            web: backend.web.clone(),
            keys: Mutex::default(),
        })
    }

    /// The metadata of the protected resource (RFC 9728, section 2).
    pub(super) fn metadata(&self) -> Value {
        json!({
            "resource": self.url,
            "authorization_servers": [self.issuer.as_str()],
            "scopes_supported": self.scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": "cognito-mcp",
        })
    }

    /// Returns the caller that the access token `given` identifies.
    pub(super) async fn admit(&self, given: Option<&str>) -> Result<Principal, Rejection> {
        let Some(given) = given else {
            return Err(self.unauthorized(
                false,
                format!("An access token of {} is required", self.issuer),
            ));
        };
        let token =
            Token::parse(given).map_err(|_| self.invalid("The token is not a JSON web token"))?;
        let kid = key_id(&token.header).map_err(|malformed| self.malformed(malformed))?;
        let key = self
            .key(kid)
            .await?
            .ok_or_else(|| self.invalid("The token was not signed by a key of the issuer"))?;
        if !token.is_signed_by(&key) {
            return Err(self.invalid("The token is not valid"));
        }
        let claims = Claims::read(&token.claims).map_err(|malformed| self.malformed(malformed))?;
        let now = self.clock.now().duration_since(UNIX_EPOCH);
        let now = i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
        self.validate(&claims, now)?;
        self.checker
            .check(given, &claims, now)
            .await
            .map_err(|refusal| self.refused(refusal))?;
        Ok(Principal(format!("{} of {}", claims.sub, self.issuer)))
    }

    /// Checks the claims of a token that the issuer signed.
    fn validate(&self, claims: &Claims, now: i64) -> Result<(), Rejection> {
        let skew = i64::try_from(CLOCK_SKEW.as_secs()).unwrap_or_default();
        if claims.issuer != self.issuer.as_str() {
            return Err(self.invalid(&format!("The token is not from {}", self.issuer)));
        }
        if claims.expires_at.saturating_add(skew) <= now {
            return Err(self.invalid("The token has expired: get a new one"));
        }
        if claims
            .not_before
            .is_some_and(|begins| begins > now.saturating_add(skew))
        {
            return Err(self.invalid("The token is not valid yet"));
        }
        if claims.token_use != "access" {
            return Err(
                self.invalid("The token is not an access token: send the one named access_token")
            );
        }
        // A token that is not bound to a resource is for its app client.
        let is_for_us = match &claims.audience {
            Some(audience) => audience.iter().any(|is| self.audience.contains(is)),
            None => self.audience.contains(&claims.client_id),
        };
        if !is_for_us {
            return Err(self.malformed(Malformed::Audience));
        }
        if self.scopes.iter().all(|scope| claims.has_scope(scope)) {
            return Ok(());
        }
        let scopes = self.scopes.join(" ");
        Err(Rejection {
            status: StatusCode::FORBIDDEN,
            error: Some("insufficient_scope"),
            ..self.unauthorized(true, format!("The token lacks one of the scopes {scopes}"))
        })
    }

    fn malformed(&self, malformed: Malformed) -> Rejection {
        match malformed {
            Malformed::Audience => self.invalid(&format!(
                "The token is for another resource: request one with resource={}",
                self.url
            )),
            Malformed::Other => self.invalid("The token is not valid"),
        }
    }

    fn refused(&self, refusal: Refusal) -> Rejection {
        match refusal {
            Refusal::ByCognito => self.invalid(
                "Cognito no longer accepts the token: it was revoked, or its user was signed out, \
                 disabled or deleted",
            ),
            Refusal::TooOld => self.invalid(
                "The token was issued more than an hour ago, and Cognito cannot check whether it is \
                still valid: get a new one",
            ),
            Refusal::NotChecked => Rejection::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "Cognito cannot be reached to check whether the token is still valid: try again later",
            ),
        }
    }

    fn invalid(&self, description: &str) -> Rejection {
        self.unauthorized(true, description)
    }

    fn unauthorized(&self, had_token: bool, description: impl Into<String>) -> Rejection {
        let mut parameters = format!("resource_metadata=\"{}\"", self.metadata_url);
        if !self.scopes.is_empty() {
            parameters = format!("{parameters}, scope=\"{}\"", self.scopes.join(" "));
        }
        Rejection::unauthorized(had_token, description, &parameters)
    }

    /// The issuer's key with the id `kid`, if it has one.
    async fn key(&self, kid: &str) -> Result<Option<DecodingKey>, Rejection> {
        let mut keys = self.keys.lock().await;
        let is_known = keys.find(kid).is_some();
        if keys.is_due(is_known) {
            keys.requested = Some(Instant::now());
            match jwt::published(&self.web, self.issuer.as_str()).await {
                Ok(set) => keys.known = Some((set, Instant::now())),
                Err(error) => tracing::warn!(%error, "the issuer's keys cannot be fetched"),
            }
        }
        match keys.find(kid) {
            Some(key) => Ok(DecodingKey::from_jwk(key).ok()),
            None if keys.are_current() => Ok(None),
            None => Err(Rejection::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!(
                    "The keys of {} cannot be fetched: try again later",
                    self.issuer
                ),
            )),
        }
    }
}

impl Keys {
    fn find(&self, kid: &str) -> Option<&Jwk> {
        let (set, fetched) = self.known.as_ref()?;
        set.find(kid).filter(|_| fetched.elapsed() < STALE)
    }

    /// Whether the keys must be fetched. `is_known` is whether the required key is known.
    fn is_due(&self, is_known: bool) -> bool {
        let fetched = self.known.as_ref().map(|(_, fetched)| fetched.elapsed());
        let is_fresh = is_known && fetched.is_some_and(|age| age < FRESH);
        let may_request = self.requested.is_none_or(|last| last.elapsed() >= PAUSE);
        !is_fresh && may_request
    }

    /// Whether the last request for keys got a response.
    fn are_current(&self) -> bool {
        let fetched = self.known.as_ref().map(|(_, fetched)| *fetched);
        fetched >= self.requested
    }
}

/// Whether `text` is a scope token (RFC 6749, section 3.3). It becomes a part of a header.
fn is_scope(text: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    !text.is_empty() && text.bytes().all(fits)
}

/// The URL of the metadata: its path is inserted between host and path of `url` (RFC 9728,
/// section 3.1).
fn metadata_url(url: &str) -> String {
    let path = url
        .split_once("://")
        .and_then(|(scheme, rest)| Some(scheme.len() + 3 + rest.find('/')?));
    match path {
        Some(path) => format!(
            "{}{METADATA}{}",
            &url[..path],
            url[path..].trim_end_matches('/')
        ),
        None => format!("{url}{METADATA}"),
    }
}
