//! Toolset `tokens`: verification, decoding, exchange, refresh and revocation of users' tokens.

mod exchange;

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::devices::check_device;
use super::{ByClient, Done, Entry, InPool, Tool};
use crate::arguments::nearest;
use crate::call::context::Cx;
use crate::cognito::jwt::{self, Check, Expected, Token};
use crate::cognito::time;
use crate::error::{NextCall, ToolError, ToolResult};
use crate::guard::secrets::Secret;
use crate::ids::PoolId;

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<VerifyToken>(),
        Entry::of::<DecodeToken>(),
        Entry::of::<RefreshTokens>(),
        Entry::of::<exchange::ExchangeCode>(),
        Entry::of::<RevokeTokens>(),
    ]
}

/// Verify an ID or access token: signature by the pool's keys, issuer, audience, use, expiry, revocation. The answer explains each check.
#[derive(Deserialize, JsonSchema)]
struct VerifyToken {
    #[serde(flatten)]
    pool: InPool,
    /// The token, or the reference to it.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    token: String,
    /// The required use; absent: either.
    token_use: Option<TokenUse>,
    /// App client that it must have been issued to, by id or name; absent: any of the pool.
    client_id: Option<String>,
    /// Scopes that it must have.
    #[serde(default)]
    scopes: Vec<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TokenUse {
    Access,
    Id,
}

/// The result of a verification.
#[derive(Serialize, JsonSchema)]
struct Verification {
    /// Whether every check that could be made succeeded, including that of the signature.
    valid: bool,
    /// The result in words.
    explanation: String,
    /// The checks.
    checks: Vec<Check>,
    /// Its claims, if the pool signed it.
    claims: Option<Claims>,
    /// A call that may succeed.
    next: Option<NextCall>,
}

/// Claims of a token.
#[derive(Default, Serialize, JsonSchema)]
struct Claims {
    /// `access` or `id`.
    token_use: Option<String>,
    /// Username.
    username: Option<String>,
    /// The user's `sub`.
    sub: Option<String>,
    /// The user's groups.
    groups: Vec<String>,
    /// App client that it was issued to.
    client_id: Option<String>,
    /// Scopes.
    scopes: Vec<String>,
    /// The issuer.
    issuer: Option<String>,
    /// When the user signed in, RFC 3339.
    signed_in_at: Option<String>,
    /// When it was issued, RFC 3339.
    issued_at: Option<String>,
    /// When it expires, RFC 3339.
    expires_at: Option<String>,
}

impl From<&Token> for Claims {
    fn from(token: &Token) -> Self {
        let text = |claim: &str| token.text(claim).map(ToOwned::to_owned);
        let time = |claim: &str| {
            let seconds = token.claims.get(claim)?.as_i64()?;
            time::rfc3339_of_milliseconds(seconds.checked_mul(1000)?)
        };
        let groups = token.claims["cognito:groups"].as_array();
        Self {
            token_use: text("token_use"),
            username: text("username").or_else(|| text("cognito:username")),
            sub: text("sub"),
            groups: groups
                .into_iter()
                .flatten()
                .filter_map(|group| Some(group.as_str()?.to_owned()))
                .collect(),
            client_id: token.client().map(ToOwned::to_owned),
            scopes: token
                .text("scope")
                .unwrap_or_default()
                .split_whitespace()
                .map(ToOwned::to_owned)
                .collect(),
            issuer: text("iss"),
            signed_in_at: time("auth_time"),
            issued_at: time("iat"),
            expires_at: time("exp"),
        }
    }
}

impl Tool for VerifyToken {
    const NAME: &'static str = "verify_token";
    const TITLE: &'static str = "Verify token";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["DescribeUserPoolClient", "GetUser"];
    type Answer = Verification;

    fn example() -> Value {
        json!({ "token": "eyJraWQiOiJ…", "token_use": "access" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Verification> {
        // Only this tool builds an address from a user pool id. All other tools send
        // the id to Cognito, which has its own exception for a malformed id.
        let pool = PoolId::parse(&cx.pool(&self.pool).await?).map_err(|form| {
            ToolError::argument("/user_pool_id", form.to_string())
                .hint("Nothing was requested. List the ids with list_pools")
        })?;
        let token = match Token::read(&self.token) {
            Ok(token) => token,
            Err(why) => return Ok(Verification::malformed(why)),
        };
        let client = match self.client_id.as_deref() {
            Some(given) => Some(client_of(cx, pool.as_str(), given, &token).await?),
            None => None,
        };
        let expected = Expected {
            pool: &pool,
            token_use: self.token_use.map(|wanted| match wanted {
                TokenUse::Access => "access",
                TokenUse::Id => "id",
            }),
            client: client.as_deref(),
            scopes: &self.scopes,
        };
        let mut checks = vec![Check::new("form", true, "It is a signed JSON Web Token")];
        checks.extend(jwt::check(&token, &expected, cx.issuers(), cx.token_now()).await);
        let holds = |name: &str, checks: &[Check]| {
            checks
                .iter()
                .any(|check| check.check == name && check.passed == Some(true))
        };
        let genuine = holds("signature", &checks) && holds("issuer", &checks);
        if expected.client.is_none() && genuine {
            let audience = known_client(cx, pool.as_str(), &token).await;
            checks.insert(5.min(checks.len()), audience);
        }
        let so_far = !checks.iter().any(Check::failed);
        checks.push(if genuine && so_far {
            revocation(cx, &token, self.token.trim()).await
        } else {
            Check::new(
                "revocation",
                None,
                "Not checked, because another check failed",
            )
        });
        let next = token
            .pool()
            .filter(|issued| *issued != pool && cx.pools().allows(issued.as_str()))
            .map(|issued| cx.arguments_with(json!({ "user_pool_id": issued.as_str() })))
            // A token that the caller sent in plain text is not repeated in the answer.
            .filter(|arguments| cx.may_repeat(arguments));
        Ok(Verification {
            claims: genuine.then(|| Claims::from(&token)),
            next: next.map(|arguments| NextCall::new(Self::NAME, arguments)),
            ..Verification::of(checks)
        })
    }
}

impl Verification {
    fn malformed(why: String) -> Self {
        Self::of(vec![Check::new("form", false, why)])
    }

    fn of(checks: Vec<Check>) -> Self {
        let failed: Vec<&Check> = checks.iter().filter(|check| check.failed()).collect();
        let unknown: Vec<&Check> = checks
            .iter()
            .filter(|check| check.passed.is_none())
            .collect();
        let describe = |checks: &[&Check]| {
            let sentences = checks
                .iter()
                .map(|check| format!("{}: {}", check.check, check.explanation));
            sentences.collect::<Vec<_>>().join(". ")
        };
        // If the signature could not be checked, `valid` is false.
        let unsigned = unknown.iter().any(|check| check.check == "signature");
        let explanation = if !failed.is_empty() {
            format!("The token is not valid. {}.", describe(&failed))
        } else if unsigned {
            format!(
                "It is unknown whether the token is valid. {}.",
                describe(&unknown)
            )
        } else if unknown.is_empty() {
            "The token is valid.".to_owned()
        } else {
            format!(
                "The token is valid, as far as it could be checked. {}.",
                describe(&unknown)
            )
        };
        Self {
            valid: failed.is_empty() && !unsigned,
            explanation,
            checks,
            claims: None,
            next: None,
        }
    }
}

/// The id of the app client that `given` names: callers also send its name. A name that no
/// client has is an error of the call, not of the token.
async fn client_of(cx: &Cx, pool: &str, given: &str, token: &Token) -> ToolResult<String> {
    if token.client() == Some(given) {
        return Ok(given.to_owned());
    }
    let described = cx.cognito().describe_user_pool_client();
    let described = described.user_pool_id(pool).client_id(given).send();
    match described.await.map_err(Box::<ToolError>::from) {
        Ok(_) => return Ok(given.to_owned()),
        // After any other error, such as a missing permission, `given` may be a name.
        Err(refused) if refused.is_throttled() => return Err(refused),
        Err(_) => {}
    }
    let listed = cx.cognito().list_user_pool_clients();
    let listed = listed.user_pool_id(pool).max_results(60).send();
    let Ok(listed) = cx.for_hints(listed).await else {
        return Ok(given.to_owned());
    };
    let clients = listed.user_pool_clients.unwrap_or_default();
    let named: Vec<&str> = clients
        .iter()
        .filter(|client| client.client_name() == Some(given))
        .filter_map(|client| client.client_id())
        .collect();
    match named.as_slice() {
        [id] => Ok((*id).to_owned()),
        _ if clients
            .iter()
            .any(|client| client.client_id() == Some(given)) =>
        {
            Ok(given.to_owned())
        }
        _ => Err(ToolError::argument(
            "/client_id",
            "is neither the id nor the name of one app client of the pool",
        )
        .hint(format!(
            "Nothing was verified. {}See the ids and names with `list_clients`, or leave it out",
            match nearest(
                given,
                clients.iter().filter_map(|client| client.client_id())
            ) {
                Some(id) => format!("The most similar id is `{id}`. "),
                None => String::new(),
            }
        ))
        .retry("list_clients", json!({ "user_pool_id": pool }))),
    }
}

/// Checks that the token was issued to an existing app client of the pool.
async fn known_client(cx: &Cx, pool: &str, token: &Token) -> Check {
    let Some(client) = token.client() else {
        return Check::new("audience", false, "It names no app client");
    };
    let request = cx.cognito().describe_user_pool_client();
    match request.user_pool_id(pool).client_id(client).send().await {
        Ok(_) => Check::new(
            "audience",
            true,
            format!("It was issued to client {client} of the pool"),
        ),
        Err(error) => {
            let error: Box<ToolError> = error.into();
            let gone = error.code == "ResourceNotFoundException";
            let why = if gone {
                format!("The pool no longer has a client {client}")
            } else {
                format!(
                    "It was issued to client {client}; whether that client still exists cannot be \
                     read: {}",
                    error.message
                )
            };
            Check::new("audience", gone.then_some(false), why)
        }
    }
}

/// Checks a token with Cognito: `GetUser` refuses a revoked token.
async fn revocation(cx: &Cx, token: &Token, text: &str) -> Check {
    let result = |passed, why: String| Check::new("revocation", passed, why);
    if token.text("token_use") != Some("access") {
        return result(
            None,
            "Cognito can check only access tokens: an ID token is valid until it expires"
                .to_owned(),
        );
    }
    match cx.cognito().get_user().access_token(text).send().await {
        Ok(user) => result(
            Some(true),
            format!(
                "Cognito accepts it: user {} exists and is enabled",
                user.username
            ),
        ),
        Err(error) => {
            let error: Box<ToolError> = error.into();
            let said = error.message.trim_end_matches('.');
            match error.code.as_str() {
                "NotAuthorizedException" if said.contains("scopes") => result(
                    None,
                    "Cognito can check only tokens with the scope \
                     `aws.cognito.signin.user.admin`, which this one lacks"
                        .to_owned(),
                ),
                "NotAuthorizedException"
                | "UserNotFoundException"
                | "UserNotConfirmedException"
                | "PasswordResetRequiredException" => {
                    result(Some(false), format!("Cognito refuses it: {said}"))
                }
                _ => result(None, format!("Cognito could not check it: {said}")),
            }
        }
    }
}

/// Decode a token without verification. To verify it, call `verify_token`.
#[derive(Deserialize, JsonSchema)]
struct DecodeToken {
    /// The token, or the reference to it.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    token: String,
}

/// The content of a token, unverified.
#[derive(Serialize, JsonSchema)]
struct Decoded {
    /// A warning that nothing was verified.
    warning: String,
    /// Its header.
    #[schemars(with = "std::collections::BTreeMap<String, Value>")]
    header: JsonObject,
    /// Its claims.
    #[schemars(with = "std::collections::BTreeMap<String, Value>")]
    claims: JsonObject,
    /// Times among the claims, RFC 3339.
    times: std::collections::BTreeMap<String, String>,
}

impl Tool for DecodeToken {
    const NAME: &'static str = "decode_token";
    const TITLE: &'static str = "Decode token";
    const IDEMPOTENT: bool = true;
    // The tool sends no request to Cognito.
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Decoded;

    fn example() -> Value {
        json!({ "token": "eyJraWQiOiJ…" })
    }

    async fn call(self, _cx: &Cx) -> ToolResult<Decoded> {
        let token = Token::read(&self.token).map_err(|why| {
            ToolError::argument("/token", why)
                .hint("Give an ID or access token complete and unchanged, as sign_in returned it")
        })?;
        let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let time = |claim: &&str| {
            let seconds = token.claims.get(*claim)?.as_i64()?;
            let time = time::rfc3339_of_milliseconds(seconds.checked_mul(1000)?)?;
            Some(((*claim).to_owned(), time))
        };
        Ok(Decoded {
            warning:
                "Nothing was verified: anyone can write such a token. Call verify_token before \
                 you rely on it."
                    .to_owned(),
            header: object(&token.header),
            times: ["auth_time", "exp", "iat", "nbf"]
                .iter()
                .filter_map(time)
                .collect(),
            claims: object(&token.claims),
        })
    }
}

/// Get new ID and access tokens with a refresh token.
#[derive(Deserialize, JsonSchema)]
struct RefreshTokens {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// The refresh token, or the reference to it.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    refresh_token: String,
    /// Key of the device, if the user signed in on a tracked one.
    device_key: Option<String>,
}

/// New tokens.
#[derive(Serialize, JsonSchema)]
struct Refreshed {
    /// Access token.
    access_token: Option<Secret>,
    /// ID token.
    id_token: Option<Secret>,
    /// New refresh token, if the client rotates them: it replaces the old one.
    refresh_token: Option<Secret>,
    /// The claims of the access token.
    user: Option<Claims>,
}

impl Tool for RefreshTokens {
    const NAME: &'static str = "refresh_tokens";
    const TITLE: &'static str = "Refresh tokens";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] =
        &["GetTokensFromRefreshToken", "DescribeUserPoolClient"];
    type Answer = Refreshed;

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        check_device(arguments)
    }

    fn example() -> Value {
        json!({ "refresh_token": "secret:refresh_token/k3v9q2m8x4t7w5ha" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Refreshed> {
        let client = cx.client(&self.client, &self.pool).await?;
        let answer = cx
            .cognito()
            .get_tokens_from_refresh_token()
            .refresh_token(self.refresh_token)
            .set_client_secret(cx.client_secret(&self.pool, &client).await?)
            .client_id(client)
            .set_device_key(self.device_key)
            .send()
            .await?;
        let result = answer.authentication_result;
        let secret = |name: &str, token: Option<&str>| Some(cx.conceal(name, token?));
        let access = result.as_ref().and_then(|result| result.access_token());
        Ok(Refreshed {
            user: access
                .and_then(|token| Token::read(token).ok())
                .map(|token| Claims::from(&token)),
            access_token: secret("access_token", access),
            id_token: secret(
                "id_token",
                result.as_ref().and_then(|result| result.id_token()),
            ),
            refresh_token: secret(
                "refresh_token",
                result.as_ref().and_then(|result| result.refresh_token()),
            ),
        })
    }
}

/// Revoke a refresh token: its sign-in ends, and Cognito no longer accepts its access tokens.
#[derive(Deserialize, JsonSchema)]
struct RevokeTokens {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// The refresh token, or the reference to it.
    #[schemars(length(min = 1), extend("writeOnly" = true))]
    refresh_token: String,
}

impl Tool for RevokeTokens {
    const NAME: &'static str = "revoke_tokens";
    const TITLE: &'static str = "Revoke tokens";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["RevokeToken", "DescribeUserPoolClient"];
    type Answer = Done;

    fn example() -> Value {
        json!({ "refresh_token": "secret:refresh_token/k3v9q2m8x4t7w5ha" })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        let client = cx.client(&self.client, &self.pool).await?;
        cx.cognito()
            .revoke_token()
            .token(self.refresh_token)
            .set_client_secret(cx.client_secret(&self.pool, &client).await?)
            .client_id(client)
            .send()
            .await?;
        // Cognito has the same response for an unknown token (R112).
        Ok(Done::new(
            "The refresh token is revoked, and Cognito refuses access tokens of its sign-in; ID \
             tokens stay valid until they expire, as do access tokens where Cognito does not check them",
        ))
    }
}
