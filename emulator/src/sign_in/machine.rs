//! Tokens that an app client gets for itself.

use serde_json::{Value, json};

use crate::auth::jwt;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::triggers::token_generation::Customization;

/// The scopes that a token of `client` authorizes: those of `wanted`, or all that
/// the client is allowed. Only scopes of resource servers count.
///
/// That a scope which the client may not have is refused as one that does not
/// exist is inferred, and that no token is issued without any.
pub(crate) fn scopes<'a>(
    pool: &Pool,
    client: &'a Client,
    wanted: &'a [String],
) -> Result<Vec<&'a str>> {
    let allowed = || client.settings.allowed_oauth_scopes.iter().flatten();
    let scopes: Vec<&str> = if wanted.is_empty() {
        let custom = allowed().filter(|scope| pool.has_custom_scope(scope));
        custom.map(String::as_str).collect()
    } else {
        wanted.iter().map(String::as_str).collect()
    };
    if scopes.is_empty() {
        return Err(Error::NoScopes);
    }
    let may_have =
        |scope: &str| pool.has_custom_scope(scope) && allowed().any(|name| name == scope);
    match scopes.iter().find(|scope| !may_have(scope)) {
        Some(scope) => Err(Error::ScopeNotAllowed {
            scope: (*scope).to_owned(),
        }),
        None => Ok(scopes),
    }
}

/// The claims of an access token of `client` (fact 6.16).
pub(crate) fn claims(
    cx: &Cx<'_>,
    pool: &Pool,
    client: &Client,
    scopes: &[&str],
    customization: &Customization,
) -> jwt::Claims {
    let now = cx.now();
    let lifetime = client.settings.access_token_lifetime();
    let claims = json!({
        "sub": client.id,
        "token_use": "access",
        "scope": customization.scopes(scopes),
        "auth_time": now.seconds(),
        "iss": cx.issuer.of(&pool.scope.region, &pool.id),
        "exp": now.plus(lifetime).seconds(),
        "iat": now.seconds(),
        "version": 2,
        "jti": cx.world.chance.uuid(),
        "client_id": client.id,
    });
    let Value::Object(mut claims) = claims else {
        return jwt::Claims::new();
    };
    customization.access(&mut claims, &client.id);
    claims
}
