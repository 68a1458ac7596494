//! Discovery documents for verifiers of tokens: each pool's keys and
//! configuration.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::Mounted;
use crate::error::Error;
use crate::stack::Stack;

pub(super) fn router() -> Router<Mounted> {
    Router::new()
        .route("/{pool_id}/.well-known/jwks.json", get(jwks))
        .route(
            "/{pool_id}/.well-known/openid-configuration",
            get(configuration),
        )
        .route("/{pool_id}/.well-known/{document}", get(no_document))
}

/// The response for a document that Cognito does not have (live: a log of the AWS CLI,
/// 2025-08). The status is inferred.
async fn no_document() -> Response {
    let body = json!({
        "code": "BadRequest",
        "message": "The server did not understand the operation that was requested.",
        "type": "client",
    });
    (StatusCode::BAD_REQUEST, super::json(&body)).into_response()
}

async fn jwks(State(stack): State<Stack>, Path(pool_id): Path<String>) -> Response {
    match stack.jwks(&pool_id) {
        Some(keys) => super::json(&keys).into_response(),
        None => no_pool(pool_id),
    }
}

/// Cognito's document without the OAuth endpoints, which this server does not
/// have. Their members are omitted.
async fn configuration(
    State(mounted): State<Mounted>,
    Path(pool_id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Mounted { stack, scheme, .. } = mounted;
    let address = super::address(&stack, scheme, &uri, &headers);
    let Some(issuer) = stack.issuer_for(&pool_id, address.as_deref()) else {
        return no_pool(pool_id);
    };
    let configuration = json!({
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    });
    super::json(&configuration).into_response()
}

/// The status and the form of this response are inferred.
fn no_pool(pool: String) -> Response {
    let sentence = Error::PoolNotFound { pool }.sentence().unwrap_or_default();
    super::message(StatusCode::NOT_FOUND, &sentence)
}
