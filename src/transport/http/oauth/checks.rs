//! Online checks of access tokens: whether Cognito still accepts them.
//!
//! The signature and the expiry time of a token do not show that it was revoked, or that
//! its user was signed out, disabled or deleted. So each token is checked with Cognito,
//! and the result is used for [`TOKEN_CHECK_INTERVAL`]:
//!
//! - `GetUser` refuses a token in all of these cases. It needs no credentials, but it
//!   requires the scope `aws.cognito.signin.user.admin` in the token.
//! - Without that scope, `AdminGetUser` shows whether the user exists and is enabled. It
//!   needs the server's own credentials, so it covers only pools that they may read.
//! - A token of a client credentials grant has no user, so neither operation can check it.
//!
//! A token that `GetUser` cannot check is accepted only for [`UNCHECKED_TOKEN_LIFETIME`]
//! after it was issued. So a revocation that `AdminGetUser` does not show has effect after
//! that time. The client then needs a new token. Cognito refuses the refresh token in all
//! of the cases above. A client credentials grant has no refresh token and no user.
//!
//! If Cognito does not respond, the token is refused. Otherwise an attacker could prolong
//! the use of a token by cutting the server off from Cognito. The refusal costs little,
//! because the tools of this server need Cognito too.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/token-revocation.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_sdk_cognitoidentityprovider::Client;
use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::claims::Claims;
use crate::bounds::{
    CHECKED_TOKENS, TOKEN_CHECK_INTERVAL, TOKEN_CHECK_PAUSE, TOKEN_CHECK_TIMEOUT,
    UNCHECKED_TOKEN_LIFETIME,
};
use crate::cognito::backend::Backend;
use crate::cognito::operations::Effect;
use crate::cognito::pools::Pools;
use crate::cognito::scopes;
use crate::cognito::watch::Watch;
use crate::cognito::web::Web;
use crate::error::ToolError;
use crate::ids::Issuer;

/// The operations that a check sends with the server's credentials.
const OPERATIONS: &[&str] = &["AdminGetUser"];

/// Checks the tokens of one issuer.
pub(super) struct TokenChecker {
    issuer: Issuer,
    web: Web,
    /// The SDK client with the server's credentials, and the issuer's pool. None if that client does
    /// not reach the pool.
    server_access: Option<(Client, Arc<Pools>)>,
    entries: Mutex<TokenEntries>,
}

/// By the digest of each token: the time at which its last check began, and the check, which is
/// empty until it is finished.
type TokenEntries = BTreeMap<[u8; 32], (Instant, Arc<tokio::sync::Mutex<Option<FinishedCheck>>>)>;

/// A finished check.
#[derive(Clone, Copy, Debug)]
struct FinishedCheck {
    begun: Instant,
    outcome: Outcome,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The token is accepted.
    Accepted,
    /// Cognito refuses the token or its user.
    Refused,
    /// Cognito did not respond.
    Unknown,
}

/// Why the server refuses a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Cognito no longer accepts the token.
    ByCognito,
    /// The token cannot be checked completely, and was issued too long ago.
    TooOld,
    /// Cognito did not respond.
    NotChecked,
}

/// The operation that checks a token.
enum Method<'a> {
    /// With the token itself.
    GetUser,
    /// For the user of the token, with the server's credentials.
    AdminGetUser(&'a str, &'a Client, &'a Arc<Pools>),
}

impl TokenChecker {
    /// The checker of tokens of `issuer`, for a server that uses `backend`.
    pub(super) fn new(issuer: &Issuer, backend: &Backend) -> Self {
        let pool = issuer.pool();
        let reached = backend
            .issuers
            .reach(pool, issuer.as_str(), &backend.region);
        let server_access = Pools::new(&[pool.to_string()]).ok().filter(|_| reached);
        Self {
            issuer: issuer.clone(),
            web: backend.web.clone(),
            server_access: server_access.map(|pools| (backend.client.clone(), Arc::new(pools))),
            entries: Mutex::default(),
        }
    }

    /// Checks whether `token`, with these claims, is still valid at the time `now`, in seconds
    /// since 1970.
    pub(super) async fn check(
        &self,
        token: &str,
        claims: &Claims,
        now: i64,
    ) -> Result<(), Refusal> {
        let method = self.method(claims);
        if !matches!(method, Some(Method::GetUser)) {
            let bound = i64::try_from(UNCHECKED_TOKEN_LIFETIME.as_secs()).unwrap_or_default();
            let is_recent = |issued: i64| now.saturating_sub(issued) <= bound;
            if !claims.issued_at.is_some_and(is_recent) {
                return Err(Refusal::TooOld);
            }
        }
        let Some(method) = method else {
            return Ok(());
        };
        let digest = digest_of(token);
        let entry = self.entry(digest);
        // Concurrent requests wait for one check.
        let mut last = entry.lock().await;
        let outcome = match *last {
            Some(check) if check.is_current() => check.outcome,
            _ => {
                let begun = self.begin(digest);
                let asked = timeout(TOKEN_CHECK_TIMEOUT, self.ask(&method, token)).await;
                let outcome = asked.unwrap_or(Outcome::Unknown);
                *last = Some(FinishedCheck { begun, outcome });
                outcome
            }
        };
        match outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Refused => Err(Refusal::ByCognito),
            Outcome::Unknown => Err(Refusal::NotChecked),
        }
    }

    fn method<'a>(&'a self, claims: &'a Claims) -> Option<Method<'a>> {
        if claims.has_scope(scopes::USER_ADMIN) {
            return Some(Method::GetUser);
        }
        let (client, pools) = self.server_access.as_ref()?;
        Some(Method::AdminGetUser(
            claims.username.as_deref()?,
            client,
            pools,
        ))
    }

    /// The entry of the token with this digest. A missing entry is added; if there are too many, the
    /// one with the oldest check is removed.
    fn entry(&self, digest: [u8; 32]) -> Arc<tokio::sync::Mutex<Option<FinishedCheck>>> {
        let mut entries = self.entries.lock();
        if let Some((_, entry)) = entries.get(&digest) {
            return Arc::clone(entry);
        }
        if entries.len() >= CHECKED_TOKENS {
            let oldest = entries.iter().min_by_key(|(_, (begun, _))| *begun);
            if let Some(oldest) = oldest.map(|(digest, _)| *digest) {
                entries.remove(&oldest);
            }
        }
        let entry = Arc::<tokio::sync::Mutex<_>>::default();
        entries.insert(digest, (Instant::now(), Arc::clone(&entry)));
        entry
    }

    /// Records that a check of the token begins now, and returns this time.
    fn begin(&self, digest: [u8; 32]) -> Instant {
        let begun = Instant::now();
        let mut entries = self.entries.lock();
        if let Some((before, _)) = entries.get_mut(&digest) {
            *before = begun;
        }
        begun
    }

    async fn ask(&self, method: &Method<'_>, token: &str) -> Outcome {
        match method {
            Method::GetUser => self.get_user(token).await,
            Method::AdminGetUser(username, client, pools) => {
                let pool = self.issuer.pool().as_str();
                let asked = admin_get_user(client, pool, username);
                let cancel = CancellationToken::new();
                let watch = Watch::new(OPERATIONS, Effect::Read, Arc::clone(pools), cancel);
                Arc::new(watch).over(asked).await
            }
        }
    }

    /// Calls `GetUser`, which needs no signature, at the issuer's own API.
    async fn get_user(&self, token: &str) -> Outcome {
        let body = json!({ "AccessToken": token }).to_string();
        let request = Request::post(format!("{}/", self.issuer.api()))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "AWSCognitoIdentityProviderService.GetUser")
            .body(Bytes::from(body));
        let Ok(request) = request else {
            return Outcome::Unknown;
        };
        let response = match self.web.send(request, TOKEN_CHECK_TIMEOUT).await {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(%error, "an access token could not be checked");
                return Outcome::Unknown;
            }
        };
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if response.status() == StatusCode::OK && body["Username"].is_string() {
            return Outcome::Accepted;
        }
        let code = body["__type"].as_str().unwrap_or_default();
        match code.rsplit('#').next().unwrap_or_default() {
            "NotAuthorizedException"
            | "UserNotFoundException"
            | "UserNotConfirmedException"
            | "PasswordResetRequiredException"
            | "ResourceNotFoundException"
            | "InvalidParameterException" => Outcome::Refused,
            code => {
                let status = response.status().as_u16();
                tracing::warn!(status, code, "an access token could not be checked");
                Outcome::Unknown
            }
        }
    }
}

/// Checks that the pool has the user, and that the user is enabled.
async fn admin_get_user(client: &Client, pool: &str, username: &str) -> Outcome {
    let request = client.admin_get_user().user_pool_id(pool);
    match request.username(username).send().await {
        Ok(user) if user.enabled => Outcome::Accepted,
        Ok(_) => Outcome::Refused,
        Err(error) => {
            let error: Box<ToolError> = error.into();
            match error.code.as_str() {
                "UserNotFoundException" => Outcome::Refused,
                // The server is not permitted to read the pool. So the user is not checked, and
                // only `UNCHECKED_TOKEN_LIFETIME` limits the token.
                "AccessDeniedException"
                | "NotAuthorizedException"
                | "ResourceNotFoundException" => {
                    tracing::warn!(
                        code = error.code,
                        "AdminGetUser was refused; the users of access tokens are not checked"
                    );
                    Outcome::Accepted
                }
                code => {
                    tracing::warn!(code, "an access token could not be checked");
                    Outcome::Unknown
                }
            }
        }
    }
}

fn digest_of(token: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

impl FinishedCheck {
    /// Whether the result can still be used.
    fn is_current(&self) -> bool {
        let bound = match self.outcome {
            Outcome::Unknown => TOKEN_CHECK_PAUSE,
            Outcome::Accepted | Outcome::Refused => TOKEN_CHECK_INTERVAL,
        };
        self.begun.elapsed() < bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checker() -> TokenChecker {
        let issuer = "http://127.0.0.1:9229/us-east-1_AbCdEfGhI";
        TokenChecker {
            issuer: Issuer::parse(issuer).unwrap(),
            web: Web::default(),
            server_access: None,
            entries: Mutex::default(),
        }
    }

    /// The number of remembered checks is bounded; the oldest check is forgotten.
    #[tokio::test(start_paused = true)]
    async fn remembered_checks_are_bounded() {
        let checker = checker();
        let digest = |number: usize| digest_of(&number.to_string());
        for number in 0..CHECKED_TOKENS {
            checker.entry(digest(number));
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
        }
        // The first one is checked again, so the second is the oldest.
        checker.begin(digest(0));
        for number in CHECKED_TOKENS..CHECKED_TOKENS + 10 {
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
            checker.entry(digest(number));
        }
        let entries = checker.entries.lock();
        assert_eq!(entries.len(), CHECKED_TOKENS);
        assert!(entries.contains_key(&digest(0)));
        assert!((1..=10).all(|number| !entries.contains_key(&digest(number))));
        assert!(entries.contains_key(&digest(11)));
    }
}
