//! Access tokens that an app client gets for itself (client credentials).

use serde_json::{Value, json};

use crate::auth::claims::Customization;
use crate::auth::jwt;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::client::Client;
use crate::state::pool::Pool;

/// The scopes of a token of `client`: the `requested` scopes, or by default all scopes
/// that the client may have. Only scopes of resource servers are possible.
///
/// Two errors are inferred: a scope that the client may not have is reported like an
/// unknown scope, and a token without any scope is refused.
pub(crate) fn scopes<'a>(
    pool: &Pool,
    client: &'a Client,
    requested: &'a [String],
) -> Result<Vec<&'a str>> {
    let allowed = || client.settings.allowed_oauth_scopes.iter().flatten();
    let scopes: Vec<&str> = if requested.is_empty() {
        let custom = allowed().filter(|scope| pool.has_custom_scope(scope));
        custom.map(String::as_str).collect()
    } else {
        requested.iter().map(String::as_str).collect()
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
    let shift = cx.world.clock.shift();
    let lifetime = client.settings.access_token_lifetime();
    let claims = json!({
        "sub": client.id,
        "token_use": "access",
        "scope": customization.scopes(scopes),
        "auth_time": shift.seconds(now),
        "iss": cx.issuer
            .of(&pool.scope.region, &pool.id, pool.has_updated_issuer()),
        "exp": shift.seconds(now.plus(lifetime)),
        "iat": shift.seconds(now),
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
