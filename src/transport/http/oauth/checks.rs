//! Online checks of access tokens: whether Cognito still accepts them.
//!
//! A signature and a date do not show that a token was revoked, or that its user was
//! signed out, disabled or deleted. So each token is checked with Cognito once in
//! [`TOKEN_CHECK`]:
//!
//! - `GetUser` refuses a token in all of these cases. It needs no credentials, but it
//!   requires the scope `aws.cognito.signin.user.admin` in the token.
//! - Without that scope, `AdminGetUser` shows whether the user exists and is enabled. It
//!   needs the server's own credentials, so it covers only pools that they may read.
//! - A token of a client credentials grant has no user.
//!
//! Cases that neither operation covers are limited in time. Unless `GetUser` accepts a
//! token, the token is valid only for [`UNCHECKED_TOKEN`] after it was issued. The client
//! then gets a new one by its refresh token, which Cognito refuses in all of these cases.
//!
//! If Cognito does not answer, the token is not admitted. This has little effect, because
//! the tools of this server need Cognito too. So an attacker cannot prolong the use of a
//! token by cutting the server off from Cognito.
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
    CHECKED_TOKENS, TOKEN_CHECK, TOKEN_CHECK_PATIENCE, TOKEN_CHECK_PAUSE, UNCHECKED_TOKEN,
};
use crate::cognito::backend::Backend;
use crate::cognito::operations::Effect;
use crate::cognito::pools::Pools;
use crate::cognito::scopes;
use crate::cognito::watch::Watch;
use crate::cognito::web::Web;
use crate::error::ToolError;
use crate::ids::Issuer;

/// The operations that the server's own client calls here.
const OPERATIONS: &[&str] = &["AdminGetUser"];

/// The checks of one issuer's tokens.
pub(super) struct Checks {
    issuer: Issuer,
    web: Web,
    /// The server's own client, if it reaches the issuer's pool, and that pool.
    own: Option<(Client, Arc<Pools>)>,
    known: Mutex<Known>,
}

/// The last check of each token and the time at which it began, by the digest of the token.
type Known = BTreeMap<[u8; 32], (Instant, Arc<tokio::sync::Mutex<Option<Checked>>>)>;

/// A finished check.
#[derive(Clone, Copy, Debug)]
struct Checked {
    begun: Instant,
    answer: Answer,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The token is accepted.
    Accepted,
    /// Cognito refuses the token or its user.
    Refused,
    /// Cognito did not answer.
    Unknown,
}

/// Why a token is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// Cognito no longer accepts it.
    Refused,
    /// The token cannot be checked completely, and was issued too long ago.
    Old,
    /// Cognito did not answer.
    Unknown,
}

/// The way to check a token.
enum Way<'a> {
    /// With the token itself.
    Token,
    /// By a search for its user, with the server's own credentials.
    User(&'a str, &'a Client, &'a Arc<Pools>),
}

impl Checks {
    /// The checks of tokens of `issuer`, for a server over `backend`.
    pub(super) fn new(issuer: &Issuer, backend: &Backend) -> Self {
        let pool = issuer.pool();
        let reached = backend
            .issuers
            .reach(pool, issuer.as_str(), &backend.region);
        let own = Pools::new(&[pool.to_string()]).ok().filter(|_| reached);
        Self {
            issuer: issuer.clone(),
            web: backend.web.clone(),
            own: own.map(|pools| (backend.client.clone(), Arc::new(pools))),
            known: Mutex::default(),
        }
    }

    /// Checks whether `token`, with these claims, is still valid at the time `now`, in seconds
    /// since 1970.
    pub(super) async fn check(&self, token: &str, claims: &Claims, now: i64) -> Result<(), Denied> {
        let way = self.way(claims);
        if !matches!(way, Some(Way::Token)) {
            let bound = i64::try_from(UNCHECKED_TOKEN.as_secs()).unwrap_or_default();
            let is_recent = |issued: i64| now.saturating_sub(issued) <= bound;
            if !claims.issued_at.is_some_and(is_recent) {
                return Err(Denied::Old);
            }
        }
        let Some(way) = way else {
            return Ok(());
        };
        let id = fingerprint(token);
        let entry = self.entry(id);
        // Concurrent requests wait for one check.
        let mut last = entry.lock().await;
        let answer = match *last {
            Some(checked) if checked.counts() => checked.answer,
            _ => {
                let begun = self.begin(id);
                let asked = timeout(TOKEN_CHECK_PATIENCE, self.ask(&way, token)).await;
                let answer = asked.unwrap_or(Answer::Unknown);
                *last = Some(Checked { begun, answer });
                answer
            }
        };
        match answer {
            Answer::Accepted => Ok(()),
            Answer::Refused => Err(Denied::Refused),
            Answer::Unknown => Err(Denied::Unknown),
        }
    }

    fn way<'a>(&'a self, claims: &'a Claims) -> Option<Way<'a>> {
        if claims.has_scope(scopes::USER_ADMIN) {
            return Some(Way::Token);
        }
        let (client, pools) = self.own.as_ref()?;
        Some(Way::User(claims.username.as_deref()?, client, pools))
    }

    /// The last check of the token with this digest.
    fn entry(&self, id: [u8; 32]) -> Arc<tokio::sync::Mutex<Option<Checked>>> {
        let mut known = self.known.lock();
        if let Some((_, entry)) = known.get(&id) {
            return Arc::clone(entry);
        }
        if known.len() >= CHECKED_TOKENS {
            let oldest = known.iter().min_by_key(|(_, (begun, _))| *begun);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                known.remove(&oldest);
            }
        }
        let entry = Arc::<tokio::sync::Mutex<_>>::default();
        known.insert(id, (Instant::now(), Arc::clone(&entry)));
        entry
    }

    /// Records that a check of the token begins.
    fn begin(&self, id: [u8; 32]) -> Instant {
        let begun = Instant::now();
        let mut known = self.known.lock();
        if let Some((before, _)) = known.get_mut(&id) {
            *before = begun;
        }
        begun
    }

    async fn ask(&self, way: &Way<'_>, token: &str) -> Answer {
        match way {
            Way::Token => self.get_user(token).await,
            Way::User(username, client, pools) => {
                let pool = self.issuer.pool().as_str();
                let asked = admin_get_user(client, pool, username);
                let cancel = CancellationToken::new();
                let watch = Watch::new(OPERATIONS, Effect::Read, Arc::clone(pools), cancel);
                Arc::new(watch).over(asked).await
            }
        }
    }

    /// Calls `GetUser`, which needs no signature, at the issuer's own API.
    async fn get_user(&self, token: &str) -> Answer {
        let body = json!({ "AccessToken": token }).to_string();
        let request = Request::post(format!("{}/", self.issuer.api()))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "AWSCognitoIdentityProviderService.GetUser")
            .body(Bytes::from(body));
        let Ok(request) = request else {
            return Answer::Unknown;
        };
        let answer = match self.web.send(request, TOKEN_CHECK_PATIENCE).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "an access token could not be checked");
                return Answer::Unknown;
            }
        };
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        if answer.status() == StatusCode::OK && body["Username"].is_string() {
            return Answer::Accepted;
        }
        let code = body["__type"].as_str().unwrap_or_default();
        match code.rsplit('#').next().unwrap_or_default() {
            "NotAuthorizedException"
            | "UserNotFoundException"
            | "UserNotConfirmedException"
            | "PasswordResetRequiredException"
            | "ResourceNotFoundException"
            | "InvalidParameterException" => Answer::Refused,
            code => {
                let status = answer.status().as_u16();
                tracing::warn!(status, code, "an access token could not be checked");
                Answer::Unknown
            }
        }
    }
}

/// Checks that the pool has the user, and that the user is enabled.
async fn admin_get_user(client: &Client, pool: &str, username: &str) -> Answer {
    let request = client.admin_get_user().user_pool_id(pool);
    match request.username(username).send().await {
        Ok(user) if user.enabled => Answer::Accepted,
        Ok(_) => Answer::Refused,
        Err(error) => {
            let error: Box<ToolError> = error.into();
            match error.code.as_str() {
                "UserNotFoundException" => Answer::Refused,
                // The credentials may not read the pool, so only the time limit applies to
                // the token.
                "AccessDeniedException"
                | "NotAuthorizedException"
                | "ResourceNotFoundException" => {
                    tracing::warn!(code = error.code, "AdminGetUser cannot check access tokens");
                    Answer::Accepted
                }
                code => {
                    tracing::warn!(code, "an access token could not be checked");
                    Answer::Unknown
                }
            }
        }
    }
}

fn fingerprint(token: &str) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

impl Checked {
    /// Whether its answer is still current.
    fn counts(&self) -> bool {
        let bound = match self.answer {
            Answer::Unknown => TOKEN_CHECK_PAUSE,
            Answer::Accepted | Answer::Refused => TOKEN_CHECK,
        };
        self.begun.elapsed() < bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks() -> Checks {
        let issuer = "http://127.0.0.1:9229/us-east-1_AbCdEfGhI";
        Checks {
            issuer: Issuer::parse(issuer).unwrap(),
            web: Web::default(),
            own: None,
            known: Mutex::default(),
        }
    }

    /// The number of remembered checks is bounded; the oldest check is forgotten.
    #[tokio::test(start_paused = true)]
    async fn remembered_tokens_are_bounded() {
        let checks = checks();
        let id = |number: usize| fingerprint(&number.to_string());
        for number in 0..CHECKED_TOKENS {
            checks.entry(id(number));
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
        }
        // The first one is checked again, so the second is the oldest.
        checks.begin(id(0));
        for number in CHECKED_TOKENS..CHECKED_TOKENS + 10 {
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
            checks.entry(id(number));
        }
        let known = checks.known.lock();
        assert_eq!(known.len(), CHECKED_TOKENS);
        assert!(known.contains_key(&id(0)));
        assert!((1..=10).all(|number| !known.contains_key(&id(number))));
        assert!(known.contains_key(&id(11)));
    }
}
