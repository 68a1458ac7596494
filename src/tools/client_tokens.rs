//! Access tokens that app clients get for themselves (client credentials).
//!
//! There are two ways. A client with the flow `ALLOW_CLIENT_TOKEN_AUTH` uses the operation
//! `GetClientToken`. A client with the OAuth grant `client_credentials` uses the token endpoint of
//! the pool's domain.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html>

mod endpoint;

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ByClient, Entry, InPool, Tool};
use crate::call::context::Cx;
use crate::cognito::failure::answered;
use crate::cognito::jwt::Token;
use crate::error::{ToolError, ToolResult};
use crate::guard::secrets::Secret;

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<GetClientToken>()]
}

/// Get an access token for an app client itself (client credentials), without a user.
#[derive(Deserialize, JsonSchema)]
struct GetClientToken {
    #[serde(flatten)]
    pool: InPool,
    #[serde(flatten)]
    client: ByClient,
    /// Scopes of resource servers, as in `orders/read`. Absent: all that the client may request.
    #[serde(default)]
    scopes: Vec<String>,
    /// The client's secret, or the reference to it. Absent: the server reads it.
    #[schemars(extend("writeOnly" = true))]
    client_secret: Option<String>,
    /// Data for the trigger that customizes tokens.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// A token of an app client.
#[derive(Serialize, JsonSchema)]
struct ClientToken {
    /// Client id.
    client_id: String,
    /// Its name.
    client_name: Option<String>,
    /// Access token.
    access_token: Secret,
    /// Its scopes.
    scopes: Vec<String>,
    /// How many seconds it is valid.
    expires_in: i32,
}

/// What a client asks for.
struct Wanted<'a> {
    client_id: &'a str,
    secret: &'a str,
    scopes: &'a [String],
    metadata: &'a BTreeMap<String, String>,
}

/// An access token and its lifetime in seconds.
#[derive(Deserialize)]
struct Issued {
    access_token: String,
    expires_in: i32,
}

impl Tool for GetClientToken {
    const NAME: &'static str = "get_client_token";
    const TITLE: &'static str = "Get token of app client";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &[
        "DescribeUserPool",
        "DescribeUserPoolClient",
        "GetClientToken",
        "ListResourceServers",
    ];
    type Answer = ClientToken;

    fn example() -> Value {
        json!({ "client_id": "1example23456789", "scopes": ["orders/read"] })
    }

    async fn call(self, cx: &Cx) -> ToolResult<ClientToken> {
        let id = cx.client(&self.client, &self.pool).await?;
        let client = match cx.known_pool(&self.pool) {
            Some(pool) => described(cx, &pool, &id, self.client_secret.is_some()).await?,
            None => None,
        };
        let known = client.as_ref().and_then(|client| client.client_secret());
        let secret = self.client_secret.as_deref().or(known);
        let Some(secret) = secret.map(ToOwned::to_owned) else {
            let pool = cx.pool(&self.pool).await?;
            return Err(no_secret(cx, &pool, &id));
        };
        let wanted = Wanted {
            client_id: &id,
            secret: &secret,
            scopes: &self.scopes,
            metadata: &self.metadata,
        };
        let issued = match &client {
            Some(client) if endpoint::serves(client) => endpoint::issue(cx, client, &wanted).await,
            _ => by_operation(cx, &wanted).await,
        }?;
        let token = Token::read(&issued.access_token).ok();
        let scopes = token.as_ref().and_then(|token| token.text("scope"));
        let scopes = scopes.unwrap_or_default().split_whitespace();
        Ok(ClientToken {
            scopes: scopes.map(ToOwned::to_owned).collect(),
            access_token: cx.conceal("access_token", issued.access_token),
            expires_in: issued.expires_in,
            client_id: id,
            client_name: client.and_then(|client| client.client_name),
        })
    }
}

/// The client with the id `id`. `None` if it cannot be read and the caller `has_secret`: it can then
/// use the operation, which needs no permission.
async fn described(
    cx: &Cx,
    pool: &str,
    id: &str,
    has_secret: bool,
) -> ToolResult<Option<UserPoolClientType>> {
    let request = cx.cognito().describe_user_pool_client();
    let described = request.user_pool_id(pool).client_id(id).send().await;
    match described.map_err(Box::<ToolError>::from) {
        Ok(described) => Ok(Some(answered(described.user_pool_client, "app client")?)),
        Err(refused) if has_secret && !refused.is_throttled() => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// The token of a client with the flow `ALLOW_CLIENT_TOKEN_AUTH`. For a client without it, this is
/// Cognito's exception.
async fn by_operation(cx: &Cx, wanted: &Wanted<'_>) -> ToolResult<Issued> {
    let metadata = wanted.metadata;
    let metadata = (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect());
    let answer = cx
        .cognito()
        .get_client_token()
        .client_id(wanted.client_id)
        .secret(wanted.secret)
        .set_scopes((!wanted.scopes.is_empty()).then(|| wanted.scopes.to_vec()))
        .set_client_metadata(metadata)
        .send()
        .await?;
    let result = answered(answer.client_authentication_result, "token")?;
    Ok(Issued {
        access_token: answered(result.access_token, "token")?,
        expires_in: result.expires_in,
    })
}

/// The error for a client without a secret.
fn no_secret(cx: &Cx, pool: &str, client: &str) -> Box<ToolError> {
    let error = ToolError::argument(
        "/client_id",
        format!("client {client} has no secret, and only a client with one gets tokens for itself"),
    )
    .hint(
        "Choose another client, or create one with `create_client`: `secret`, the `oauth_flows` \
         client_credentials, and `scopes` of a resource server",
    );
    if cx.is_enabled("list_clients") {
        error.retry("list_clients", json!({ "user_pool_id": pool }))
    } else {
        error
    }
}
