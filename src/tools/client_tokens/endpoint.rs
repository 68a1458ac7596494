//! The grant `client_credentials` at the token endpoint of a pool's domain.

use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
use serde_json::{Value, json};

use super::{Issued, Wanted};
use crate::call::context::Cx;
use crate::error::{ToolError, ToolResult};
use crate::tools::sign_in_urls::custom_scopes as scopes_of;
use crate::tools::token_endpoint::{self, Refusal};

/// The grant of RFC 6749, section 4.4.
const GRANT: &str = "client_credentials";

/// Whether `client` gets its tokens from the token endpoint. The operation is used if both are
/// possible: it needs no domain.
pub(super) fn serves(client: &UserPoolClientType) -> bool {
    let mut flows = client.explicit_auth_flows().iter();
    let mut grants = client.allowed_o_auth_flows().iter();
    grants.any(|grant| grant.as_str() == GRANT)
        && !flows.any(|flow| flow.as_str() == "ALLOW_CLIENT_TOKEN_AUTH")
}

/// The token of a client with the grant `client_credentials`.
pub(super) async fn issue(
    cx: &Cx,
    client: &UserPoolClientType,
    wanted: &Wanted<'_>,
) -> ToolResult<Issued> {
    if client.allowed_o_auth_flows_user_pool_client != Some(true) {
        return Err(oauth_is_off(cx, client));
    }
    let pool = client.user_pool_id().unwrap_or_default();
    let url = token_endpoint::url(cx, pool, GRANT).await?;
    let scope = wanted.scopes.join(" ");
    let shown = json!({ "grant_type": GRANT, "client_id": wanted.client_id, "scope": scope });
    // RFC 6749, section 2.3.1, allows the credentials in the body, and Cognito accepts them there
    // (O60).
    let mut fields = vec![
        ("grant_type", GRANT),
        ("client_id", wanted.client_id),
        ("client_secret", wanted.secret),
    ];
    if !scope.is_empty() {
        fields.push(("scope", &scope));
    }
    let metadata = json!(wanted.metadata).to_string();
    if !wanted.metadata.is_empty() {
        fields.push(("aws_client_metadata", &metadata));
    }
    match token_endpoint::request(cx, &url, shown, fields).await? {
        Ok(issued) => Ok(issued),
        Err(refusal) => Err(refused(cx, client, wanted, refusal).await),
    }
}

/// The error for a client whose grants are turned off (O76).
fn oauth_is_off(cx: &Cx, client: &UserPoolClientType) -> Box<ToolError> {
    let id = client.client_id().unwrap_or_default();
    let error = ToolError::new(
        "OAuthDisabled",
        format!("Client {id} has the grant client_credentials, but its OAuth grants are off"),
    )
    .hint("Turn them on with `update_client`");
    update(cx, client, error, json!({ "oauth_flows": [GRANT] }))
}

/// Adds the call of `update_client` that makes `change`.
fn update(
    cx: &Cx,
    client: &UserPoolClientType,
    error: Box<ToolError>,
    change: Value,
) -> Box<ToolError> {
    if !cx.is_enabled("update_client") {
        return error;
    }
    let mut arguments = json!({
        "user_pool_id": client.user_pool_id(),
        "client_id": client.client_id(),
    });
    crate::tools::settings::merge(&mut arguments, change);
    error.retry("update_client", arguments)
}

/// The error for a refusal, with its hint.
async fn refused(
    cx: &Cx,
    client: &UserPoolClientType,
    wanted: &Wanted<'_>,
    Refusal { code, error }: Refusal,
) -> Box<ToolError> {
    match code.as_str() {
        "invalid_client" => error.hint(
            "The secret is wrong. Leave `client_secret` out, so that the server reads it, or make \
             a new one with `rotate_client_secret`",
        ),
        "invalid_scope" => scopes(cx, client, wanted, error).await,
        _ => error,
    }
}

/// The correction of a request for scopes that the client may not have. A client without any scope
/// of a resource server is refused, too (O77).
async fn scopes(
    cx: &Cx,
    client: &UserPoolClientType,
    wanted: &Wanted<'_>,
    error: Box<ToolError>,
) -> Box<ToolError> {
    let pool = client.user_pool_id().unwrap_or_default();
    let Some(all) = custom_scopes(cx, pool).await else {
        return error.hint("Allow the client the scopes of a resource server with `update_client`");
    };
    let allowed = client.allowed_o_auth_scopes();
    let missing: Vec<&String> = wanted
        .scopes
        .iter()
        .filter(|one| !allowed.contains(one))
        .collect();
    let unknown: Vec<&String> = missing
        .iter()
        .filter(|one| !all.contains(one))
        .copied()
        .collect();
    if let [unknown, ..] = unknown.as_slice() {
        let own: Vec<&str> = all
            .iter()
            .filter(|one| allowed.contains(one))
            .map(String::as_str)
            .collect();
        return error.hint(match own.as_slice() {
            [] => format!(
                "No resource server of the pool has the scope {unknown}: create it with \
                 `put_resource_server`, then allow it to the client with `update_client`"
            ),
            own => format!(
                "No resource server of the pool has the scope {unknown}. The client may request {}",
                own.join(", ")
            ),
        });
    }
    let adding: Vec<&String> = match missing.as_slice() {
        [] if all.is_empty() => {
            return error.hint(
                "The pool has no scopes for clients: create a resource server with \
                 `put_resource_server`, then allow its scopes to the client with `update_client`",
            );
        }
        [] if all.len() == 1 => all.iter().collect(),
        [] => {
            return error.hint(format!(
                "The client may request no scope. Which does it need? Allow it with the `scopes` of \
                 `update_client`: {}",
                all.join(", ")
            ));
        }
        missing => missing.to_vec(),
    };
    let mut scopes: Vec<&String> = allowed.iter().collect();
    scopes.extend(&adding);
    let names: Vec<&str> = adding.iter().map(|one| one.as_str()).collect();
    let hint = format!(
        "The client may not request {}: allow it with `update_client`",
        names.join(", ")
    );
    update(cx, client, error.hint(hint), json!({ "scopes": scopes }))
}

/// The scopes of the pool's resource servers. `None` if they cannot be read.
async fn custom_scopes(cx: &Cx, pool: &str) -> Option<Vec<String>> {
    let servers = cx.cognito().list_resource_servers().user_pool_id(pool);
    let servers = servers.max_results(50).send().await.ok()?;
    Some(scopes_of(&servers.resource_servers))
}
