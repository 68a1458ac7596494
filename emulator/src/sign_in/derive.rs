//! Token exchange (OAuth 2.0, RFC 8693): tokens issued for other tokens.
//!
//! A service presents a user's token and gets a token for the service that it
//! calls, with fewer scopes and its own audience. If an actor presents a token
//! as well, the new token names the actor.
//!
//! The form of the claims is inferred from RFC 8693, section 4.1, and from the
//! tokens of a sign-in.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-token-exchange.html>

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{NO_METADATA, tokens};
use crate::auth::jwt;
use crate::bearer::Bearer;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::state::token::SignIn;
use crate::state::user::User;
use crate::triggers::token_generation::{self, Source};

/// A token exchange request.
pub(crate) struct Exchange<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: Option<&'a str>,
    pub(crate) subject: PresentedToken<'a>,
    pub(crate) actor: Option<PresentedToken<'a>>,
    /// Scopes that the new token should have. If empty, all scopes of the subject's
    /// token.
    pub(crate) scopes: &'a [String],
    pub(crate) audience: Option<&'a str>,
    /// The resource server that is the audience.
    pub(crate) resource: Option<&'a str>,
    pub(crate) requested: TokenKind,
}

/// A token in a request.
#[derive(Clone, Copy)]
pub(crate) struct PresentedToken<'a> {
    pub(crate) token: &'a str,
    pub(crate) kind: TokenKind,
    /// The identity provider that issued it, if not the pool.
    pub(crate) provider: Option<&'a str>,
}

/// `TokenTypeIdentifierType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TokenKind {
    AccessToken,
    IdToken,
    Saml2,
}

/// The result of an exchange.
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) expires_in: u64,
    /// Scopes of an access token.
    pub(crate) scopes: Vec<String>,
}

/// Exchanges tokens of the pool at `handle`.
pub(crate) fn exchange(cx: &Cx<'_>, handle: &PoolHandle, request: &Exchange<'_>) -> Result<Issued> {
    check_client(cx, &handle.read(), request)?;
    let subject = verify(cx, handle, &request.subject, "subject")?;
    let actor = match &request.actor {
        Some(actor) => Some(verify(cx, handle, actor, "actor")?),
        None => None,
    };
    let event = {
        let pool = handle.read();
        let checked = check_request(cx, handle, &pool, request, &subject, actor.as_ref())?;
        let Checked { user, scopes, .. } = &checked;
        let (source, client) = (Source::TokenExchange, request.client_id);
        let groups = tokens::groups(&pool, user);
        token_generation::event(&pool, user, client, source, &groups, scopes, &NO_METADATA)
    };
    let customization = token_generation::run(event, cx.world)?;
    let (claims, expires_in, scopes, (shift, at)) = {
        let pool = handle.read();
        let Checked {
            client,
            user,
            sign_in,
            scopes,
        } = check_request(cx, handle, &pool, request, &subject, actor.as_ref())?;
        let origin = tokens::Origins {
            jti: &sign_in.id,
            is_refresh: false,
        };
        let grant = tokens::renew(cx, &pool, client, user, sign_in, &origin, &customization);
        let times = grant.times();
        let (mut access, mut id) = grant.claims();
        let scopes = customization.scopes(&scopes);
        if scopes.is_empty() {
            access.shift_remove("scope");
        } else {
            access.insert("scope".to_owned(), json!(scopes));
        }
        let settings = &client.settings;
        let (claims, lifetime) = match request.requested {
            TokenKind::IdToken => (&mut id, settings.id_token_lifetime()),
            _ => (&mut access, settings.access_token_lifetime()),
        };
        if let Some(audience) = request.audience.or(request.resource) {
            claims.insert("aud".to_owned(), json!(audience));
        }
        if let Some(act) = act(&subject, actor.as_ref()) {
            claims.insert("act".to_owned(), act);
        }
        (std::mem::take(claims), lifetime.as_secs(), scopes, times)
    };
    let key = match request.requested {
        TokenKind::IdToken => handle.keys.id(),
        _ => handle.keys.access(),
    };
    let scopes = match request.requested {
        TokenKind::IdToken => Vec::new(),
        _ => scopes.split_whitespace().map(str::to_owned).collect(),
    };
    let token = jwt::sign(key, &claims);
    cx.state.shifted.keep(&token, shift, at);
    Ok(Issued {
        token,
        expires_in,
        scopes,
    })
}

/// The `act` claim: the actor, and any earlier actor. Without an actor in the request,
/// the `act` claim of the subject's token.
fn act(subject: &jwt::Claims, actor: Option<&jwt::Claims>) -> Option<Value> {
    let before = subject.get("act").cloned();
    let Some(actor) = actor else { return before };
    let mut act = json!({ "sub": actor.get("sub") });
    if let Some(before) = before {
        act["act"] = before;
    }
    Some(act)
}

/// Checks the client's secret, which IAM credentials can replace, and that the client
/// allows the exchange.
fn check_client<'a>(cx: &Cx<'_>, pool: &'a Pool, request: &Exchange<'_>) -> Result<&'a Client> {
    let client = pool.client(request.client_id)?;
    match request.client_secret {
        None if cx.signed => {}
        None if client.has_secret() => {
            return Err(Error::ClientSecretMissing {
                client: client.id.clone(),
            });
        }
        given if client.knows_secret(given) => {}
        _ => return Err(Error::ClientOrSecretInvalid),
    }
    let tier = &pool.settings.user_pool_tier;
    if tier == "LITE" {
        return Err(Error::TokenExchangeOff { tier: tier.clone() });
    }
    let flow = match request.actor {
        Some(_) => "TOKEN_EXCHANGE_DELEGATION",
        None => "TOKEN_EXCHANGE_IMPERSONATION",
    };
    if client.settings.allows(flow) {
        Ok(client)
    } else {
        Err(Error::AuthFlowNotEnabled)
    }
}

/// Verifies that the pool issued the token, that it is of the stated type and that it has
/// not expired. Returns its claims. The pool's lock is not held while the signature is
/// verified.
fn verify(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    presented: &PresentedToken<'_>,
    party: &str,
) -> Result<jwt::Claims> {
    if let Some(provider) = presented.provider {
        let pool = handle.read();
        if !pool.identity_providers.contains_key(provider) {
            return Err(Error::ProviderNotFound {
                provider: provider.to_owned(),
                pool: pool.id.clone(),
            });
        }
        return Err(Error::NotImplemented {
            operation: "GetDerivedToken for tokens of other providers".to_owned(),
        });
    }
    let invalid = || Error::PartyTokenInvalid {
        party: party.to_owned(),
    };
    let mut claims = jwt::verify(&handle.keys, presented.token).map_err(|_| invalid())?;
    let kind = match presented.kind {
        TokenKind::AccessToken => "access",
        TokenKind::IdToken => "id",
        TokenKind::Saml2 => return Err(invalid()),
    };
    if text(&claims, "token_use") != kind {
        return Err(invalid());
    }
    let shifted = &cx.state.shifted;
    if shifted.has_expired(presented.token, number(&claims, "exp"), cx.now()) {
        return Err(Error::PartyTokenExpired {
            party: party.to_owned(),
        });
    }
    let signed_in_at = shifted.signed_in_at(presented.token, number(&claims, "auth_time"));
    claims.insert("auth_time".to_owned(), signed_in_at.into());
    Ok(claims)
}

/// A request that passed every check.
struct Checked<'a> {
    client: &'a Client,
    /// The subject.
    user: &'a User,
    sign_in: &'a SignIn,
    scopes: Vec<&'a str>,
}

fn check_request<'a>(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    pool: &'a Pool,
    request: &'a Exchange<'_>,
    subject: &'a jwt::Claims,
    actor: Option<&jwt::Claims>,
) -> Result<Checked<'a>> {
    let client = check_client(cx, pool, request)?;
    let (user, sign_in) = holder(handle, pool, subject, "subject")?;
    // An actor is a user, or a client with its own token.
    if let Some(actor) = actor
        && !pool.clients.contains_key(text(actor, "sub"))
    {
        holder(handle, pool, actor, "actor")?;
    }
    if let Some(resource) = request.resource {
        pool.resource_server(resource)?;
    }
    Ok(Checked {
        client,
        user,
        sign_in,
        scopes: scopes(client, subject, request.scopes)?,
    })
}

/// The user that `claims` identify, and their sign-in, which must not be
/// revoked.
fn holder<'a>(
    handle: &PoolHandle,
    pool: &'a Pool,
    claims: &jwt::Claims,
    party: &str,
) -> Result<(&'a User, &'a SignIn)> {
    let invalid = || Error::PartyTokenInvalid {
        party: party.to_owned(),
    };
    // A client's own token has no user.
    if pool.clients.contains_key(text(claims, "sub")) {
        return Err(invalid());
    }
    let (client_id, username) = match text(claims, "token_use") {
        "id" => (text(claims, "aud"), text(claims, "cognito:username")),
        _ => (text(claims, "client_id"), text(claims, "username")),
    };
    let bearer = Bearer {
        handle: handle.clone(),
        sub: text(claims, "sub").into(),
        username: username.into(),
        client_id: client_id.into(),
        sign_in: claims
            .get("origin_jti")
            .and_then(Value::as_str)
            .map(Into::into),
        signed_in_at: number(claims, "auth_time"),
    };
    // The operation does not declare the exception for an unconfirmed user who has the
    // name of the deleted one (inferred).
    let id = bearer.check(pool).map_err(|error| match error {
        Error::NotConfirmed => invalid(),
        error => error,
    })?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let mut sign_ins = user.sign_ins.iter();
    let sign_in = sign_ins.find(|sign_in| bearer.is_of(sign_in));
    Ok((user, sign_in.ok_or_else(invalid)?))
}

/// The scopes of the new token. They are the scopes of the subject's token; if scopes are
/// requested, only those that are also requested and allowed by the client. The refusal
/// of a request without any granted scope is inferred.
fn scopes<'a>(
    client: &'a Client,
    subject: &'a jwt::Claims,
    requested: &'a [String],
) -> Result<Vec<&'a str>> {
    let has: Vec<&str> = text(subject, "scope").split_whitespace().collect();
    let Some(first) = requested.first() else {
        return Ok(has);
    };
    let allowed = || client.settings.allowed_oauth_scopes.iter().flatten();
    let granted: Vec<&str> = requested
        .iter()
        .map(String::as_str)
        .filter(|scope| has.contains(scope) && allowed().any(|name| name == scope))
        .collect();
    if granted.is_empty() {
        return Err(Error::ScopeNotAllowed {
            scope: first.clone(),
        });
    }
    Ok(granted)
}

fn text<'a>(claims: &'a jwt::Claims, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(claims: &jwt::Claims, name: &str) -> i64 {
    claims.get(name).and_then(Value::as_i64).unwrap_or_default()
}
