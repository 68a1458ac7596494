//! The server as a protected resource of OAuth 2.1: access tokens of a user pool.
//!
//! Of Cognito's tokens only access tokens count (`token_use`). They have an `aud`
//! only where the client named a resource (RFC 8707), which Cognito calls resource
//! binding; one without is for the app client it was issued to.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html#cognito-user-pools-resource-binding>
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::uri::Uri;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{METADATA, Refused};
use crate::backend::StartError;
use crate::config::Http;
use crate::confirm::Principal;
use crate::jwt;

/// Keys are fetched again after this long, so that one that was withdrawn counts no more.
const FRESH: Duration = Duration::from_hours(1);

/// An unknown key has them fetched again, no more often than this: anybody can
/// invent the name of a key.
const PAUSE: Duration = Duration::from_secs(30);

/// This server, as its issuer's tokens name it.
pub(super) struct Resource {
    url: String,
    metadata_url: String,
    issuer: String,
    /// What a token may be for.
    audience: Vec<String>,
    scopes: Vec<String>,
    validation: Validation,
    keys: Mutex<Option<Keys>>,
}

struct Keys {
    set: JwkSet,
    fetched: Instant,
}

/// What is read of an access token beyond what the library judges.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    token_use: String,
    client_id: String,
    aud: Option<Value>,
    #[serde(default)]
    scope: String,
}

impl Resource {
    pub(super) fn new(http: &Http, url: &str) -> Result<Self, StartError> {
        let issuer = http.oauth_issuer.as_deref().unwrap_or_default();
        let issuer = issuer.trim_end_matches('/').to_owned();
        let parsed = issuer.parse::<Uri>().ok();
        let host = parsed.as_ref().and_then(Uri::host).unwrap_or_default();
        let safe = match parsed.as_ref().and_then(Uri::scheme_str) {
            Some("https") => !host.is_empty(),
            // The emulator, on this machine.
            Some("http") => super::LOOPBACK.contains(&host.trim_matches(['[', ']'])),
            _ => false,
        };
        if !safe {
            return Err(StartError(format!(
                "--oauth-issuer {issuer}: write the pool's issuer, as in \
                 https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI; plain http is for \
                 an emulator on this machine."
            )));
        }
        let mut audience = vec![url.to_owned()];
        audience.extend(http.oauth_audience.iter().cloned());
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_required_spec_claims(&["exp", "iss"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&audience);
        validation.validate_nbf = true;
        Ok(Self {
            metadata_url: metadata_url(url),
            url: url.to_owned(),
            issuer,
            audience,
            scopes: http.oauth_scope.clone(),
            validation,
            keys: Mutex::default(),
        })
    }

    /// RFC 9728, section 2.
    pub(super) fn metadata(&self) -> Value {
        json!({
            "resource": self.url,
            "authorization_servers": [self.issuer],
            "scopes_supported": self.scopes,
            "bearer_methods_supported": ["header"],
            "resource_name": "cognito-mcp",
        })
    }

    /// Whose access token `token` is.
    pub(super) async fn admit(&self, token: Option<&str>) -> Result<Principal, Refused> {
        let Some(token) = token else {
            return Err(self.unauthorized(
                false,
                format!("An access token of {} is required", self.issuer),
            ));
        };
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| self.invalid("The token is no JSON web token"))?;
        let kid = header
            .kid
            .ok_or_else(|| self.invalid("The token does not name the key that signed it"))?;
        let key = self
            .key(&kid)
            .await?
            .ok_or_else(|| self.invalid("The token was not signed by a key of the issuer"))?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &self.validation)
            .map_err(|error| self.invalid(&self.why(error.kind())))?
            .claims;
        if claims.token_use != "access" {
            return Err(
                self.invalid("The token is no access token: send the one called access_token")
            );
        }
        // The library judges an `aud` of the right form; without one a token is
        // for its client.
        let for_us = match &claims.aud {
            Some(Value::String(_) | Value::Array(_)) => true,
            Some(_) => false,
            None => self.audience.contains(&claims.client_id),
        };
        if !for_us {
            return Err(self.invalid(&self.why(&ErrorKind::InvalidAudience)));
        }
        let granted: Vec<&str> = claims.scope.split(' ').collect();
        if !self
            .scopes
            .iter()
            .all(|scope| granted.contains(&scope.as_str()))
        {
            return Err(Refused {
                status: StatusCode::FORBIDDEN,
                error: Some("insufficient_scope"),
                ..self.unauthorized(
                    true,
                    format!(
                        "The token lacks one of the scopes {}",
                        self.scopes.join(" ")
                    ),
                )
            });
        }
        Ok(Principal(format!("{} of {}", claims.sub, self.issuer)))
    }

    fn why(&self, error: &ErrorKind) -> String {
        match error {
            ErrorKind::ExpiredSignature => "The token has expired: get a new one".to_owned(),
            ErrorKind::InvalidIssuer => format!("The token is not of {}", self.issuer),
            ErrorKind::InvalidAudience => format!(
                "The token is for another resource: ask for one with resource={}",
                self.url
            ),
            _ => "The token is not valid".to_owned(),
        }
    }

    fn invalid(&self, description: &str) -> Refused {
        self.unauthorized(true, description)
    }

    fn unauthorized(&self, bore_token: bool, description: impl Into<String>) -> Refused {
        let mut parameters = format!("resource_metadata=\"{}\"", self.metadata_url);
        if !self.scopes.is_empty() {
            parameters = format!("{parameters}, scope=\"{}\"", self.scopes.join(" "));
        }
        Refused::unauthorized(bore_token, description, &parameters)
    }

    /// The issuer's key of that name, where it has one.
    async fn key(&self, kid: &str) -> Result<Option<DecodingKey>, Refused> {
        let mut keys = self.keys.lock().await;
        let known = keys
            .as_ref()
            .is_some_and(|keys| keys.set.find(kid).is_some());
        let patience = if known { FRESH } else { PAUSE };
        let due = keys
            .as_ref()
            .is_none_or(|keys| keys.fetched.elapsed() >= patience);
        if due {
            match jwt::published(&self.issuer).await {
                Ok(set) => {
                    *keys = Some(Keys {
                        set,
                        fetched: Instant::now(),
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the issuer's keys cannot be fetched");
                    if !known {
                        return Err(Refused::new(
                            StatusCode::SERVICE_UNAVAILABLE,
                            format!(
                                "The keys of {} cannot be fetched: try again later",
                                self.issuer
                            ),
                        ));
                    }
                }
            }
        }
        let key = keys.as_ref().and_then(|keys| keys.set.find(kid));
        Ok(key.and_then(|key| DecodingKey::from_jwk(key).ok()))
    }
}

/// RFC 9728, section 3.1: between the host and the path.
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
