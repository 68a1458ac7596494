//! Tokens of a user pool: what they say, and whether that is to be believed.
//!
//! Each check stands by itself, so that whoever asks learns all that is wrong.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::answer;
use crate::web::Web;

/// A token, taken apart. Nothing of it is checked.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// What it says about itself.
    pub(crate) header: Value,
    /// What it says about its user.
    pub(crate) claims: Value,
    /// Header and claims as they are signed.
    signed: String,
    signature: String,
}

impl Token {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// What it is instead of a signed token, in words.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(match parts.len() {
                5 => "It is encrypted, as refresh tokens are: nobody but Cognito can read it; ID \
                      and access tokens have three parts"
                    .to_owned(),
                parts => format!(
                    "It is no JSON Web Token: it has {parts} part{}, and a token has three with \
                     dots between them",
                    if parts == 1 { "" } else { "s" }
                ),
            });
        };
        let part = |name: &str, text: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
            let value = bytes
                .ok()
                .and_then(|bytes| serde_json::from_slice(&bytes).ok());
            let value = value.filter(Value::is_object);
            value.ok_or_else(|| {
                format!("Its {name} is no JSON object in base64url: it was cut off or altered")
            })
        };
        Ok(Self {
            header: part("header", header)?,
            claims: part("payload", claims)?,
            signed: format!("{header}.{claims}"),
            signature: signature.to_owned(),
        })
    }

    /// A claim that is text.
    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// A claim that is a time, in seconds.
    fn seconds(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim)?.as_i64()
    }

    /// The app client that it was issued to.
    pub(crate) fn client(&self) -> Option<&str> {
        // Access tokens have no `aud` unless a resource is bound, which is no client.
        match self.text("token_use") {
            Some("id") => self.text("aud"),
            _ => self.text("client_id"),
        }
    }

    /// The pool that its issuer names.
    pub(crate) fn pool(&self) -> Option<&str> {
        let (_, id) = self.text("iss")?.rsplit_once('/')?;
        Some(id)
    }

    fn key_id(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }
}

/// What a token must be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected<'a> {
    /// The pool that issued it.
    pub(crate) pool: &'a str,
    /// `access` or `id`, where it matters.
    pub(crate) token_use: Option<&'a str>,
    /// The app client that it was issued to, where it matters.
    pub(crate) client: Option<&'a str>,
    /// Scopes that it must have.
    pub(crate) scopes: &'a [String],
}

/// One check of a token.
#[expect(clippy::struct_field_names, reason = "an answer's member")]
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Check {
    /// What was checked, as in `signature`.
    pub(crate) check: String,
    /// Whether it holds; absent where that cannot be known.
    pub(crate) passed: Option<bool>,
    /// Why, in words.
    pub(crate) explanation: String,
}

impl Check {
    pub(crate) fn new(
        check: &str,
        passed: impl Into<Option<bool>>,
        explanation: impl Into<String>,
    ) -> Self {
        Self {
            check: check.to_owned(),
            passed: passed.into(),
            explanation: explanation.into(),
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.passed == Some(false)
    }
}

/// Whether `token` is what is `expected` at the time `now`, check by check.
pub(crate) async fn check(
    token: &Token,
    expected: &Expected<'_>,
    issuers: &Issuers,
    now: SystemTime,
) -> Vec<Check> {
    let mut checks = vec![
        algorithm(token),
        signature(token, expected.pool, issuers).await,
        issuer(token, expected.pool, issuers),
        token_use(token, expected.token_use),
    ];
    if let Some(client) = expected.client {
        checks.push(audience(token, client));
    }
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    checks.push(expiry(token, now));
    checks.push(not_before(token, now));
    if !expected.scopes.is_empty() {
        checks.push(scopes(token, expected.scopes));
    }
    checks
}

fn algorithm(token: &Token) -> Check {
    // Cognito signs by nothing else; `none` and symmetric algorithms are forgers'.
    let is = |told: &Value| told.as_str().unwrap_or_default().to_owned();
    match token.header.get("alg").map(is).unwrap_or_default().as_str() {
        "RS256" => Check::new("algorithm", true, "RS256, as Cognito signs"),
        other => Check::new(
            "algorithm",
            false,
            format!("It says to be signed by `{other}`; Cognito signs by RS256 only"),
        ),
    }
}

async fn signature(token: &Token, pool: &str, issuers: &Issuers) -> Check {
    let told = |passed, explanation: String| Check::new("signature", passed, explanation);
    let Some(id) = token.key_id() else {
        return told(Some(false), "Its header names no key (`kid`)".to_owned());
    };
    let key = match issuers.key(pool, id).await {
        Ok(Some(key)) => key,
        Ok(None) => {
            return told(
                Some(false),
                format!("Pool {pool} has no key `{id}`: another pool, or somebody else, signed it"),
            );
        }
        Err(why) => return told(None, format!("The pool's keys could not be read: {why}")),
    };
    let verified = crypto::verify(
        &token.signature,
        token.signed.as_bytes(),
        &key,
        Algorithm::RS256,
    );
    match verified {
        Ok(true) => told(Some(true), format!("Made with the pool's key `{id}`")),
        _ => told(
            Some(false),
            "It is not what the pool's key makes of this text: the token was altered, or cut off"
                .to_owned(),
        ),
    }
}

fn issuer(token: &Token, pool: &str, issuers: &Issuers) -> Check {
    let told = token.text("iss").unwrap_or_default();
    let wanted = issuers.names(pool);
    if wanted.iter().any(|name| name == told) {
        return Check::new("issuer", true, format!("Pool {pool} issued it"));
    }
    let wanted = wanted.first().cloned().unwrap_or_default();
    Check::new(
        "issuer",
        false,
        format!("It says to be issued by `{told}`, and pool {pool} is `{wanted}`"),
    )
}

fn token_use(token: &Token, wanted: Option<&str>) -> Check {
    let told = |passed, explanation: String| Check::new("token_use", passed, explanation);
    match (token.text("token_use"), wanted) {
        (Some(is @ ("id" | "access")), None) => told(true, format!("It is an {is} token")),
        (Some(is), Some(wanted)) if is == wanted => told(true, format!("It is an {is} token")),
        (Some(is), Some(wanted)) => told(
            false,
            format!("It is an {is} token, and an {wanted} token is wanted"),
        ),
        (is, None) => told(
            false,
            format!("`{}` is neither `id` nor `access`", is.unwrap_or_default()),
        ),
        (None, Some(wanted)) => told(false, format!("It does not say to be an {wanted} token")),
    }
}

fn audience(token: &Token, wanted: &str) -> Check {
    let claim = match token.text("token_use") {
        Some("id") => "aud",
        _ => "client_id",
    };
    match token.client() {
        Some(is) if is == wanted => Check::new(
            "audience",
            true,
            format!("It was issued to client {wanted}"),
        ),
        Some(is) => Check::new(
            "audience",
            false,
            format!("It was issued to client {is} (`{claim}`), not to {wanted}"),
        ),
        None => Check::new("audience", false, format!("It has no `{claim}`")),
    }
}

fn expiry(token: &Token, now: i64) -> Check {
    match token.seconds("exp") {
        None => Check::new("expiry", false, "It has no `exp`"),
        Some(ends) if ends <= now => Check::new(
            "expiry",
            false,
            format!(
                "It expired at {}, {} ago: get a new one with the refresh token, or sign in again",
                time(ends),
                span(now.saturating_sub(ends))
            ),
        ),
        Some(ends) => Check::new(
            "expiry",
            true,
            format!("It expires at {}, in {}", time(ends), span(ends - now)),
        ),
    }
}

/// How far two clocks may differ.
const SKEW: i64 = 60;

fn not_before(token: &Token, now: i64) -> Check {
    let begins = token.seconds("nbf").or_else(|| token.seconds("iat"));
    match begins {
        Some(begins) if begins > now + SKEW => Check::new(
            "not_before",
            false,
            format!(
                "It holds from {}, in {}: a clock is wrong, or somebody made it up",
                time(begins),
                span(begins - now)
            ),
        ),
        Some(begins) => Check::new(
            "not_before",
            true,
            format!("It holds since {}", time(begins)),
        ),
        None => Check::new(
            "not_before",
            false,
            "It does not say since when it holds (`iat`)",
        ),
    }
}

fn scopes(token: &Token, wanted: &[String]) -> Check {
    let told = token.text("scope").unwrap_or_default();
    let has: Vec<&str> = told.split(' ').collect();
    let lacks: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|scope| !has.contains(scope))
        .collect();
    if lacks.is_empty() {
        return Check::new("scope", true, "It has every scope that is wanted");
    }
    Check::new(
        "scope",
        false,
        format!("It lacks {}; it has `{told}`", lacks.join(", ")),
    )
}

fn time(seconds: i64) -> String {
    let told = seconds
        .checked_mul(1000)
        .and_then(answer::time_in_milliseconds);
    told.unwrap_or_else(|| seconds.to_string())
}

/// `seconds` as people say it.
fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// What each pool calls itself in tokens, and the keys that it signs with.
#[derive(Clone)]
pub struct Issuers(Arc<Source>);

enum Source {
    Local(Box<Local>),
    Web {
        base: Base,
        kept: Mutex<BTreeMap<String, (Instant, JwkSet)>>,
    },
}

/// Issuer and key set of a pool of this process.
type Local = dyn Fn(&str) -> Option<(String, Value)> + Send + Sync;

/// Where pools publish their keys.
enum Base {
    /// Cognito in the pool's Region.
    Cognito,
    /// Another server that speaks for Cognito.
    Endpoint(String),
}

/// How long a key set may take to arrive, and how long it is kept: Cognito
/// may change its keys, and says so nowhere.
const PATIENCE: Duration = Duration::from_secs(10);
const FRESH: Duration = Duration::from_mins(5);

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issuers")
    }
}

impl Issuers {
    /// Pools of this process: each one's issuer and key set.
    pub fn local(pools: impl Fn(&str) -> Option<(String, Value)> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Source::Local(Box::new(pools))))
    }

    /// Pools of Cognito, or of the server at `endpoint`, where there is one.
    #[must_use]
    pub fn web(endpoint: Option<&str>) -> Self {
        let base = match endpoint {
            Some(url) => Base::Endpoint(url.trim_end_matches('/').to_owned()),
            None => Base::Cognito,
        };
        Self(Arc::new(Source::Web {
            base,
            kept: Mutex::default(),
        }))
    }

    /// What `pool` may call itself in its tokens.
    pub(crate) fn names(&self, pool: &str) -> Vec<String> {
        match &*self.0 {
            Source::Local(pools) => pools(pool).map(|(name, _)| name).into_iter().collect(),
            Source::Web { base, .. } => {
                let mut names = vec![format!("{}/{pool}", Base::Cognito.of(pool))];
                if let Base::Endpoint(_) = base {
                    names.insert(0, format!("{}/{pool}", base.of(pool)));
                }
                names
            }
        }
    }

    /// The key `id` of `pool`, if it has one.
    async fn key(&self, pool: &str, id: &str) -> Result<Option<DecodingKey>, String> {
        let find = |keys: &JwkSet| {
            let key = keys.find(id).map(DecodingKey::from_jwk).transpose();
            key.map_err(|error| error.to_string())
        };
        let (base, kept) = match &*self.0 {
            Source::Local(pools) => {
                let (_, keys) = pools(pool).ok_or_else(|| format!("there is no pool {pool}"))?;
                return find(&read(&keys.to_string())?);
            }
            Source::Web { base, kept } => (base, kept),
        };
        let fresh = |kept: &BTreeMap<String, (Instant, JwkSet)>| {
            let (since, keys) = kept.get(pool)?;
            // A key that is not among them may be a new one.
            (since.elapsed() < FRESH && keys.find(id).is_some()).then(|| keys.clone())
        };
        let known = fresh(&kept.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(keys) = known {
            return find(&keys);
        }
        let keys = fetch(&base.of(pool), &format!("/{pool}/.well-known/jwks.json")).await?;
        let keys = read(&keys)?;
        let found = find(&keys);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(pool.to_owned(), (Instant::now(), keys));
        found
    }
}

impl Base {
    /// The address below which `pool` publishes.
    fn of(&self, pool: &str) -> String {
        match self {
            Self::Endpoint(url) => url.clone(),
            Self::Cognito => {
                let region = pool.split('_').next().unwrap_or_default();
                let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
                format!("https://cognito-idp.{region}.amazonaws.com{suffix}")
            }
        }
    }
}

/// The keys that an issuer publishes.
pub(crate) async fn published(issuer: &str) -> Result<JwkSet, String> {
    read(&fetch(issuer, "/.well-known/jwks.json").await?)
}

fn read(keys: &str) -> Result<JwkSet, String> {
    serde_json::from_str(keys).map_err(|_| "what was answered is no key set".to_owned())
}

/// What stands at `path` of the server at `base`.
async fn fetch(base: &str, path: &str) -> Result<String, String> {
    let url = format!("{base}{path}");
    let get = Request::get(&url).body(Bytes::new());
    let get = get.map_err(|_| format!("{url} is no address"))?;
    match Web::new().send(get, PATIENCE).await {
        Ok(answer) if answer.status() == StatusCode::OK => {
            Ok(String::from_utf8_lossy(answer.body()).into_owned())
        }
        Ok(answer) if answer.status() == StatusCode::NOT_FOUND => Err(format!(
            "there is nothing at {url}: is the pool's id right?"
        )),
        Ok(answer) => Err(format!(
            "{url} answered HTTP status {}",
            answer.status().as_u16()
        )),
        Err(_) => Err(format!("{url} could not be reached")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> Token {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "RS256", "kid": "k" });
        Token::read(&format!("{}.{}.c2ln", part(&header), part(claims))).unwrap()
    }

    #[test]
    fn what_is_no_token_is_told_in_words() {
        for (text, words) in [
            ("nonsense", "it has 1 part,"),
            ("a.b", "it has 2 parts,"),
            ("a.b.c.d.e", "refresh tokens"),
            ("e30.###.c2ln", "Its payload is no JSON"),
            ("W10.e30.c2ln", "Its header is no JSON"),
        ] {
            let why = Token::read(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
        assert!(Token::read(" Bearer e30.e30.c2ln ").is_ok());
    }

    #[test]
    fn each_check_tells_its_own() {
        let good = json!({ "token_use": "access", "client_id": "c", "exp": 200, "iat": 100, "scope": "a b" });
        let token = |changes: Value| {
            let mut claims = good.clone();
            for (name, value) in changes.as_object().unwrap() {
                claims[name] = value.clone();
            }
            token(&claims)
        };
        let fine = token(json!({}));
        let all = ["a".to_owned(), "b".to_owned()];
        for check in [
            token_use(&fine, None),
            token_use(&fine, Some("access")),
            audience(&fine, "c"),
            expiry(&fine, 199),
            not_before(&fine, 100),
            scopes(&fine, &all),
        ] {
            assert_eq!(check.passed, Some(true), "{check:?}");
        }
        for check in [
            token_use(&fine, Some("id")),
            token_use(&token(json!({ "token_use": "refresh" })), None),
            token_use(&token(json!({ "token_use": null })), Some("id")),
            audience(&fine, "d"),
            // The audience of an ID token is another claim.
            audience(&token(json!({ "token_use": "id" })), "c"),
            expiry(&fine, 200),
            expiry(&token(json!({ "exp": null })), 0),
            not_before(&fine, 39),
            not_before(&token(json!({ "nbf": 300 })), 200),
            not_before(&token(json!({ "iat": null })), 200),
            scopes(&fine, &["c".to_owned()]),
        ] {
            assert!(check.failed(), "{check:?}");
        }
    }

    #[test]
    fn no_other_algorithm_is_believed() {
        for alg in ["none", "HS256", "RS512", ""] {
            let mut token = token(&json!({}));
            token.header["alg"] = alg.into();
            assert!(algorithm(&token).failed(), "{alg}");
        }
        assert!(!algorithm(&token(&json!({}))).failed());
    }

    #[test]
    fn a_pool_is_known_by_its_region() {
        let names = |pool| Issuers::web(None).names(pool);
        assert_eq!(
            names("eu-west-1_A"),
            ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"]
        );
        assert_eq!(
            names("cn-north-1_A"),
            ["https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A"]
        );
        let other = Issuers::web(Some("http://127.0.0.1:9229/"));
        assert_eq!(
            other.names("us-east-1_A")[0],
            "http://127.0.0.1:9229/us-east-1_A"
        );
    }
}
