//! Verification of a user pool's tokens (JWT).
//!
//! The checks are independent of each other, so that a caller sees every problem.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use parking_lot::Mutex;
use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::bounds;
use crate::cognito::time;
use crate::cognito::web::Web;
use crate::counted::counted;
use crate::guard::untrusted::named;
use crate::ids::{Endpoint, PoolId};

/// A token in its parts. Neither its signature nor its claims are checked.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// The header, a JSON object without duplicate names.
    pub(crate) header: Value,
    /// The claims, a JSON object without duplicate names.
    pub(crate) claims: Value,
    /// The signed text: header and claims.
    signed: String,
    signature: String,
}

impl Token {
    /// Parses `text` as a caller sends it: `Bearer` may precede it.
    ///
    /// # Errors
    /// If it is not a signed token. The message describes the text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        Self::parse(text)
    }

    /// Parses `text`, which is a token and nothing else (RFC 7515, section 7.1).
    ///
    /// # Errors
    /// As [`Token::read`].
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(match parts.len() {
                5 => "It is encrypted, as refresh tokens are, and only Cognito can read it; ID \
                      and access tokens have three parts"
                    .to_owned(),
                parts => format!(
                    "It is not a JSON Web Token: it has {}, and a token has three, separated by \
                     dots",
                    counted(parts, "part")
                ),
            });
        };
        let part =
            |name: &str, text: &str| {
                let bytes = BASE64_URL_SAFE_NO_PAD.decode(text);
                let value = bytes
                    .ok()
                    .and_then(|bytes| serde_json::from_slice::<Unique>(&bytes).ok());
                value.map(|Unique(members)| Value::Object(members)).ok_or_else(|| {
                format!(
                    "Its {name} is not a JSON object in base64url, or has a name twice: it was \
                     truncated or altered"
                )
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

    /// The app client that the token was issued to.
    pub(crate) fn client(&self) -> Option<&str> {
        // The `aud` of an access token is a bound resource, not a client.
        match self.text("token_use") {
            Some("id") => self.text("aud"),
            _ => self.text("client_id"),
        }
    }

    /// The user pool id in the token's issuer, if there is one.
    pub(crate) fn pool(&self) -> Option<PoolId> {
        let (_, id) = self.text("iss")?.rsplit_once('/')?;
        PoolId::parse(id).ok()
    }

    /// Whether the signature was made with `key` by RS256.
    pub(crate) fn is_signed_by(&self, key: &DecodingKey) -> bool {
        let content = self.signed.as_bytes();
        crypto::verify(&self.signature, content, key, Algorithm::RS256).unwrap_or_default()
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }
}

/// The members of a JSON object. Duplicate names are refused: parsers differ in which of
/// two members they use (RFC 7515, section 4; RFC 7519, section 4).
struct Unique(Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object without duplicate names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
                let mut read = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if read.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a name is duplicate"));
                    }
                }
                Ok(Unique(read))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// The header parameter that requires more than a signature by RS256, if there is one.
///
/// `crit` lists extensions that a reader must understand, and `b64` changes what is
/// signed; Cognito uses neither (RFC 7515, section 4.1.11; RFC 7797).
pub(crate) fn unsupported(header: &Value) -> Option<&'static str> {
    ["crit", "b64"]
        .into_iter()
        .find(|name| header.get(name).is_some())
}

/// The requirements for a token.
#[derive(Clone, Debug)]
pub(crate) struct Expected<'a> {
    /// The pool that issued it.
    pub(crate) pool: &'a PoolId,
    /// `access` or `id`; absent if both are accepted.
    pub(crate) token_use: Option<&'a str>,
    /// The app client that it was issued to; absent if any is accepted.
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
    /// Whether it succeeded; absent if that is unknown.
    pub(crate) passed: Option<bool>,
    /// The explanation.
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

/// Checks whether `token` is as `expected` at the time `now`.
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
    // Cognito uses only RS256. Forged tokens use `none` or a symmetric algorithm.
    if let Some(name) = unsupported(&token.header) {
        return Check::new(
            "algorithm",
            false,
            format!("Its header has `{name}`, which Cognito never sets"),
        );
    }
    let is = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match token.header.get("alg").map(is).unwrap_or_default().as_str() {
        "RS256" => Check::new("algorithm", true, "RS256, as Cognito signs"),
        other => Check::new(
            "algorithm",
            false,
            format!("Its algorithm is {}; Cognito uses only RS256", named(other)),
        ),
    }
}

async fn signature(token: &Token, pool: &PoolId, issuers: &Issuers) -> Check {
    let result = |passed, explanation: String| Check::new("signature", passed, explanation);
    let Some(id) = token.key_id() else {
        return result(Some(false), "Its header names no key (`kid`)".to_owned());
    };
    let key = match issuers.key(pool, id).await {
        Ok(Some(key)) => key,
        Ok(None) => {
            return result(
                Some(false),
                format!(
                    "Pool {pool} has no key {}: the token was signed elsewhere",
                    named(id)
                ),
            );
        }
        Err(why) => return result(None, format!("The pool's keys could not be read: {why}")),
    };
    if token.is_signed_by(&key) {
        return result(Some(true), format!("The pool's key `{id}` made it"));
    }
    result(
        Some(false),
        "It does not match the pool's key: the token was altered or truncated".to_owned(),
    )
}

fn issuer(token: &Token, pool: &PoolId, issuers: &Issuers) -> Check {
    let issuer = token.text("iss").unwrap_or_default();
    let wanted = issuers.names(pool);
    if wanted.iter().any(|name| name == issuer) {
        return Check::new("issuer", true, format!("Pool {pool} issued it"));
    }
    let wanted = wanted.first().cloned().unwrap_or_default();
    Check::new(
        "issuer",
        false,
        format!(
            "Its issuer is {}, and that of pool {pool} is `{wanted}`",
            named(issuer)
        ),
    )
}

fn token_use(token: &Token, wanted: Option<&str>) -> Check {
    let result = |passed, explanation: String| Check::new("token_use", passed, explanation);
    match (token.text("token_use"), wanted) {
        (Some(is @ ("id" | "access")), None) => result(true, format!("It is an {is} token")),
        (Some(is), Some(wanted)) if is == wanted => result(true, format!("It is an {is} token")),
        (Some(is), Some(wanted)) => result(
            false,
            format!("It is an {is} token, and an {wanted} token is required"),
        ),
        (is, None) => result(
            false,
            format!("`{}` is neither `id` nor `access`", is.unwrap_or_default()),
        ),
        (None, Some(wanted)) => result(
            false,
            format!("It has no `token_use`; an {wanted} token has one"),
        ),
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

/// The allowed difference between two clocks, in seconds.
const SKEW: i64 = 60;

fn not_before(token: &Token, now: i64) -> Check {
    // If `nbf` cannot be read, `iat` is not used instead.
    let begins = match token.claims.get("nbf") {
        Some(_) => token.seconds("nbf"),
        None => token.seconds("iat"),
    };
    match begins {
        Some(begins) if begins > now + SKEW => Check::new(
            "not_before",
            false,
            format!(
                "It is valid from {}, in {}: a clock is wrong, or the token is forged",
                time(begins),
                span(begins - now)
            ),
        ),
        Some(begins) => Check::new(
            "not_before",
            true,
            format!("It is valid since {}", time(begins)),
        ),
        None => Check::new(
            "not_before",
            false,
            "It does not say when it was issued (`iat`)",
        ),
    }
}

fn scopes(token: &Token, wanted: &[String]) -> Check {
    let scope = token.text("scope").unwrap_or_default();
    let has: Vec<&str> = scope.split(' ').collect();
    let lacks: Vec<&str> = wanted
        .iter()
        .map(String::as_str)
        .filter(|scope| !has.contains(scope))
        .collect();
    if lacks.is_empty() {
        return Check::new("scope", true, "It has every required scope");
    }
    Check::new(
        "scope",
        false,
        format!("It lacks {}; it has `{scope}`", lacks.join(", ")),
    )
}

fn time(seconds: i64) -> String {
    let text = seconds
        .checked_mul(1000)
        .and_then(time::rfc3339_of_milliseconds);
    text.unwrap_or_else(|| seconds.to_string())
}

/// A duration in a readable unit.
fn span(seconds: i64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// The issuer names of pools, and their signing keys.
#[derive(Clone)]
pub struct Issuers(Arc<Source>);

enum Source {
    Local(Box<Local>),
    Web {
        web: Web,
        base: Base,
        kept: Mutex<BTreeMap<PoolId, (Instant, JwkSet)>>,
    },
}

/// A function that returns the issuer and the key set of a pool in this process.
type Local = dyn Fn(&str) -> Option<(String, Value)> + Send + Sync;

/// The server on which pools publish their keys.
enum Base {
    /// Cognito, in the pool's Region.
    Cognito,
    /// Another server that implements Cognito's API.
    Endpoint(Endpoint),
    /// The configured endpoint is not a URL, so nothing is fetched.
    Nowhere,
}

/// Time limit for the request of a key set.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The time for which a key set is kept. Cognito may change its keys without notice.
const FRESH: Duration = Duration::from_mins(5);

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issuers")
    }
}

impl Issuers {
    /// Pools in this process: `pools` returns the issuer and key set of each.
    pub fn local(pools: impl Fn(&str) -> Option<(String, Value)> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Source::Local(Box::new(pools))))
    }

    /// Pools of Cognito, or of the server at `endpoint` if one is configured. Key sets
    /// are fetched by `web`.
    pub(crate) fn web(web: Web, endpoint: Option<&str>) -> Self {
        let base = match endpoint.map(Endpoint::parse) {
            None => Base::Cognito,
            Some(Ok(endpoint)) => Base::Endpoint(endpoint),
            Some(Err(_)) => Base::Nowhere,
        };
        Self(Arc::new(Source::Web {
            web,
            base,
            kept: Mutex::default(),
        }))
    }

    /// The endpoint that is configured in place of Cognito's own.
    pub(crate) fn endpoint(&self) -> Option<&Endpoint> {
        match &*self.0 {
            Source::Web {
                base: Base::Endpoint(endpoint),
                ..
            } => Some(endpoint),
            _ => None,
        }
    }

    /// Whether requests to the API in `region` reach the pool whose issuer name is `name`.
    pub(crate) fn reach(&self, pool: &PoolId, name: &str, region: &str) -> bool {
        match &*self.0 {
            Source::Local(pools) => pools(pool.as_str()).is_some_and(|(issuer, _)| issuer == name),
            Source::Web { base, .. } => {
                let here = pool.region().as_str() == region;
                here && match base {
                    Base::Cognito => pool.issuers().iter().any(|issuer| issuer == name),
                    Base::Endpoint(endpoint) => endpoint.issuer(pool) == name,
                    Base::Nowhere => false,
                }
            }
        }
    }

    /// The issuer names that tokens of `pool` may have, the usual one first.
    pub(crate) fn names(&self, pool: &PoolId) -> Vec<String> {
        match &*self.0 {
            Source::Local(pools) => {
                let name = pools(pool.as_str()).map(|(name, _)| name);
                name.into_iter().collect()
            }
            Source::Web { base, .. } => {
                let mut names = pool.issuers().to_vec();
                if let Base::Endpoint(endpoint) = base {
                    names.insert(0, endpoint.issuer(pool));
                }
                names
            }
        }
    }

    /// The key `id` of `pool`, if it has one.
    async fn key(&self, pool: &PoolId, id: &str) -> Result<Option<DecodingKey>, String> {
        let find = |keys: &JwkSet| {
            let key = keys.find(id).map(DecodingKey::from_jwk).transpose();
            key.map_err(|error| error.to_string())
        };
        let (web, base, kept) = match &*self.0 {
            Source::Local(pools) => {
                let known = pools(pool.as_str());
                let (_, keys) = known.ok_or_else(|| format!("pool {pool} does not exist"))?;
                return find(&read(&keys.to_string())?);
            }
            Source::Web { web, base, kept } => (web, base, kept),
        };
        let fresh = |kept: &BTreeMap<PoolId, (Instant, JwkSet)>| {
            let (since, keys) = kept.get(pool)?;
            // If the key is unknown, the kept set may be outdated.
            (since.elapsed() < FRESH && keys.find(id).is_some()).then(|| keys.clone())
        };
        let known = fresh(&kept.lock());
        if let Some(keys) = known {
            return find(&keys);
        }
        let issuer = match base {
            Base::Cognito => Endpoint::of_cognito(pool.region()).issuer(pool),
            Base::Endpoint(endpoint) => endpoint.issuer(pool),
            Base::Nowhere => return Err("the configured endpoint is not a URL".to_owned()),
        };
        let keys = published(web, &issuer).await?;
        let found = find(&keys);
        let mut kept = kept.lock();
        if kept.len() >= bounds::KEY_SETS && !kept.contains_key(pool) {
            kept.retain(|_, (since, _)| since.elapsed() < FRESH);
            if kept.len() >= bounds::KEY_SETS {
                kept.pop_first();
            }
        }
        kept.insert(pool.clone(), (Instant::now(), keys));
        found
    }
}

/// Fetches the keys that the pool with this issuer publishes.
///
/// `issuer` must come from [`crate::ids`], because it becomes part of a URL.
pub(crate) async fn published(web: &Web, issuer: &str) -> Result<JwkSet, String> {
    let url = format!("{issuer}/.well-known/jwks.json");
    let get = Request::get(&url).body(Bytes::new());
    let get = get.map_err(|_| format!("{url} is not an address"))?;
    // A redirect is treated like any status other than 200: it is not followed.
    match web.send(get, TIMEOUT).await {
        Ok(answer) if answer.status() == StatusCode::OK => {
            read(&String::from_utf8_lossy(answer.body()))
        }
        Ok(answer) if answer.status() == StatusCode::NOT_FOUND => {
            Err(format!("nothing is at {url}: check the user pool id"))
        }
        Ok(answer) => Err(format!(
            "{url} answered HTTP status {}",
            answer.status().as_u16()
        )),
        Err(_) => Err(format!("{url} could not be reached")),
    }
}

fn read(keys: &str) -> Result<JwkSet, String> {
    serde_json::from_str(keys).map_err(|_| "the response is not a key set".to_owned())
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
    fn texts_that_are_not_tokens_are_described() {
        for (text, words) in [
            ("nonsense", "it has 1 part,"),
            ("a.b", "it has 2 parts,"),
            ("a.b.c.d.e", "refresh tokens"),
            ("e30.###.c2ln", "Its payload is not a JSON"),
            ("W10.e30.c2ln", "Its header is not a JSON"),
        ] {
            let why = Token::read(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
        assert!(Token::read(" Bearer e30.e30.c2ln ").is_ok());
    }

    #[test]
    fn each_check_has_its_own_result() {
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
            // An ID token has its audience in another claim.
            audience(&token(json!({ "token_use": "id" })), "c"),
            expiry(&fine, 200),
            expiry(&token(json!({ "exp": null })), 0),
            not_before(&fine, 39),
            not_before(&token(json!({ "nbf": 300 })), 200),
            not_before(&token(json!({ "nbf": "tomorrow" })), 200),
            not_before(&token(json!({ "nbf": null })), 200),
            not_before(&token(json!({ "iat": null })), 200),
            scopes(&fine, &["c".to_owned()]),
        ] {
            assert!(check.failed(), "{check:?}");
        }
    }

    #[test]
    fn no_other_algorithm_is_accepted() {
        for alg in ["none", "HS256", "RS512", ""] {
            let mut token = token(&json!({}));
            token.header["alg"] = alg.into();
            assert!(algorithm(&token).failed(), "{alg}");
        }
        assert!(!algorithm(&token(&json!({}))).failed());
    }

    #[test]
    fn issuers_depend_on_region_and_endpoint() {
        let issuers = |endpoint| Issuers::web(Web::default(), endpoint);
        let names = |pool: &str| issuers(None).names(&PoolId::parse(pool).unwrap());
        assert_eq!(
            names("eu-west-1_A"),
            [
                "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A",
                "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"
            ]
        );
        assert_eq!(
            names("cn-north-1_A")[0],
            "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_A"
        );
        let pool = PoolId::parse("us-east-1_A").unwrap();
        let other = issuers(Some("http://127.0.0.1:9229/"));
        let name = "http://127.0.0.1:9229/us-east-1_A";
        assert_eq!(other.names(&pool)[0], name);
        assert!(other.reach(&pool, name, "us-east-1"));
        assert!(!other.reach(&pool, name, "us-east-2"));
        // The endpoint's pool is not Cognito's pool with the same id.
        assert!(!other.reach(&pool, &pool.issuers()[0], "us-east-1"));
        assert!(issuers(None).reach(&pool, &pool.issuers()[0], "us-east-1"));
    }

    /// Tokens with duplicate members, or headers that require more than RS256, are refused.
    #[test]
    fn ambiguous_tokens_are_refused() {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let read = |header: &str, claims: &str| {
            Token::read(&format!("{}.{}.c2ln", part(header), part(claims)))
        };
        assert!(read(r#"{"alg":"RS256"}"#, r#"{"a":{"b":1},"b":1}"#).is_ok());
        assert!(read(r#"{"alg":"RS256","alg":"none"}"#, "{}").is_err());
        assert!(read("{}", r#"{"sub":"a","sub":"b"}"#).is_err());
        for header in [
            r#"{"alg":"RS256","crit":["exp"]}"#,
            r#"{"alg":"RS256","b64":true}"#,
        ] {
            let token = read(header, "{}").unwrap();
            assert!(algorithm(&token).failed(), "{header}");
        }
    }
}
