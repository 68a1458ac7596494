//! The token endpoint of a pool's domain.

use std::time::Duration;

use aws_sdk_cognitoidentityprovider::types::UserPoolClientType;
use axum::body::Bytes;
use axum::http::{Request, Response, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Issued, Wanted};
use crate::call::context::Cx;
use crate::cognito::failure::UNREADABLE;
use crate::cognito::operations::Effect;
use crate::cognito::watch;
use crate::error::{ToolError, ToolResult};
use crate::ids::{Domain, Region};
use crate::tools::sign_in_urls::{custom_scopes as scopes_of, encode};

/// Time limit for a token.
const PATIENCE: Duration = Duration::from_secs(30);

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
    let Some(base) = base(cx, pool).await? else {
        return Err(ToolError::new(
            "NoDomain",
            "The pool has no domain, and the grant client_credentials is served at its domain",
        )
        .hint(
            "Give the pool a domain with `put_domain` and a `domain` of your choice, then repeat the \
             call",
        ));
    };
    let url = format!("{base}/oauth2/token");
    let response = send(&url, cx, wanted).await?;
    if response.status().is_success() {
        return issued(&response);
    }
    Err(refused(cx, client, wanted, &response).await)
}

/// The address of the pool's domain: the custom one, if it has both, because discovery names it
/// (O2).
async fn base(cx: &Cx, pool: &str) -> ToolResult<Option<String>> {
    let described = cx.cognito().describe_user_pool().user_pool_id(pool).send();
    let names = described.await?.user_pool;
    let name = names.and_then(|pool| pool.custom_domain.or(pool.domain));
    let Some(name) = name else {
        return Ok(None);
    };
    let unusable =
        |why: String| ToolError::new("InvalidDomain", format!("The domain {name}: {why}"));
    let region = Region::parse(cx.region());
    let region = region.ok_or_else(|| unusable("the Region is unknown".to_owned()))?;
    let domain = Domain::parse(&name).map_err(|form| unusable(form.to_string()))?;
    Ok(Some(domain.url(&region)))
}

/// Sends the request. A dry run records it and does not send it.
async fn send(url: &str, cx: &Cx, wanted: &Wanted<'_>) -> ToolResult<Response<Bytes>> {
    let scope = wanted.scopes.join(" ");
    let shown = json!({ "grant_type": GRANT, "client_id": wanted.client_id, "scope": scope });
    watch::authorize(&format!("POST {url}"), Effect::Add, shown)
        .map_err(|withheld| ToolError::new(withheld.code(), withheld.to_string()))?;
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
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(encode(fields)));
    let request =
        request.map_err(|_| ToolError::new("RequestNotBuilt", "The domain has no URL"))?;
    let sent = watch::unless_cancelled(cx.domains().send(request, PATIENCE)).await;
    let sent = sent.map_err(|withheld| ToolError::new(withheld.code(), withheld.to_string()))?;
    sent.map_err(|_| {
        // The request has the secret, so its error is not shown.
        let mut error = ToolError::new(
            "ConnectionFailed",
            format!("No response came from the token endpoint {url}"),
        )
        .hint("A new domain of AWS needs about a minute. For a custom domain check its DNS record");
        error.retryable = true;
        error
    })
}

fn issued(response: &Response<Bytes>) -> ToolResult<Issued> {
    #[derive(Deserialize)]
    struct Body {
        access_token: String,
        expires_in: i32,
    }
    let body: Body = serde_json::from_slice(response.body()).map_err(|_| {
        ToolError::new(
            UNREADABLE,
            "The response of the token endpoint has no token",
        )
    })?;
    Ok(Issued {
        access_token: body.access_token,
        expires_in: body.expires_in,
    })
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

/// The error for a refusal (RFC 6749, section 5.2).
async fn refused(
    cx: &Cx,
    client: &UserPoolClientType,
    wanted: &Wanted<'_>,
    response: &Response<Bytes>,
) -> Box<ToolError> {
    #[derive(Default, Deserialize)]
    struct Body {
        error: Option<String>,
        error_description: Option<String>,
    }
    let body: Body = serde_json::from_slice(response.body()).unwrap_or_default();
    let status = response.status().as_u16();
    let Some(code) = body.error else {
        let message = format!("The token endpoint answered with status {status}");
        let mut error = ToolError::new(UNREADABLE, message);
        error.retryable = matches!(status, 429 | 500..);
        return error;
    };
    let message = match body.error_description {
        Some(description) => format!("{code}: {description}"),
        None => format!("The token endpoint answered {code}"),
    };
    let mut error = ToolError::new(&camel_case(&code), message);
    error.retryable = matches!(status, 429 | 500..);
    match code.as_str() {
        "invalid_client" => error.hint(
            "The secret is wrong. Leave `client_secret` out, so that the server reads it, or make \
             a new one with `rotate_client_secret`",
        ),
        "invalid_scope" => scopes(cx, client, wanted, error).await,
        _ => error,
    }
}

/// The code of an error of OAuth in the form of the server's other codes, as in `InvalidScope`. Other
/// characters than letters are left out: the text is from the network.
fn camel_case(code: &str) -> String {
    let words = code.split('_').filter(|word| !word.is_empty());
    let words = words.map(|word| {
        let letters = word.chars().filter(char::is_ascii_alphabetic).take(40);
        let mut letters = letters.collect::<String>().to_ascii_lowercase();
        if let Some(first) = letters.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        letters
    });
    let code: String = words.take(4).collect();
    if code.is_empty() {
        UNREADABLE.to_owned()
    } else {
        code
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
