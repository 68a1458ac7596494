//! The endpoints of a provider that the emulator simulates: tokens, attributes and keys.

use serde_json::{Value, json};

use super::super::params::Params;
use crate::auth::jwt;
use crate::cx::Cx;
use crate::settings::identity_provider::IdentityProvider;
use crate::state::PoolHandle;
use crate::state::web::{ProviderEndpoints, SIMULATED_LIFETIME, SimulatedGrant};
use crate::world::fetch::{Incoming, Outgoing};

/// The response of a provider that the emulator simulates to a request of the user pool.
pub(super) fn serve(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    provider: &IdentityProvider,
    endpoints: &ProviderEndpoints,
    request: &Outgoing,
) -> Incoming {
    let (url, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
    let is = |endpoint: Option<&str>| {
        // The address of Google's and Facebook's attributes has a query.
        endpoint.is_some_and(|endpoint| endpoint.split('?').next() == Some(url))
    };
    if is(Some(&endpoints.token)) {
        let sent = if request.method == "GET" {
            query
        } else {
            &request.body
        };
        return exchange(cx, handle, provider, &Params::of_query(sent));
    }
    if is(endpoints.keys.as_deref()) {
        return json_response(200, &handle.keys.jwks());
    }
    if is(endpoints.user_info.as_deref()) {
        let token = request
            .headers
            .iter()
            .find(|(name, _)| *name == "authorization");
        let token = token.and_then(|(_, value)| value.strip_prefix("Bearer "));
        let pool = handle.read();
        let grant = token.and_then(|token| pool.web.simulated_grants.get(token));
        let grant = grant.filter(|it| it.is_token && cx.now() < it.expires_at);
        return match grant {
            Some(grant) => json_response(200, &json!(grant.claims)),
            None => json_response(401, &json!({ "error": "invalid_token" })),
        };
    }
    json_response(404, &json!({}))
}

/// The token endpoint. A code counts once.
fn exchange(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    provider: &IdentityProvider,
    sent: &Params,
) -> Incoming {
    let now = cx.now();
    let code = sent.get("code").unwrap_or_default();
    let access_token = cx.world.chance.opaque(60);
    let grant = {
        let mut pool = handle.write();
        let grant = pool.web.simulated_grants.remove(code);
        let grant = grant.filter(|it| {
            !it.is_token && it.provider == provider.provider_name && now < it.expires_at
        });
        if let Some(grant) = &grant {
            let token = SimulatedGrant {
                is_token: true,
                ..grant.clone()
            };
            pool.keep_simulated_grant(&access_token, token, now);
        }
        grant
    };
    let Some(grant) = grant else {
        return json_response(400, &json!({ "error": "invalid_grant" }));
    };
    let mut response = json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": SIMULATED_LIFETIME.as_secs(),
    });
    if provider.provider_type.has_id_token() {
        let mut claims = grant.claims;
        let protocol = json!({
            "iss": provider.detail("oidc_issuer"),
            "aud": provider.detail("client_id"),
            "iat": now.seconds(),
            "exp": now.plus(SIMULATED_LIFETIME).seconds(),
            "nonce": grant.nonce,
        });
        if let Value::Object(protocol) = protocol {
            claims.extend(protocol);
        }
        response["id_token"] = json!(jwt::sign(handle.keys.id(), &claims));
    }
    json_response(200, &response)
}

fn json_response(status: u16, body: &Value) -> Incoming {
    Incoming {
        status,
        location: None,
        body: body.to_string().into_bytes(),
    }
}
