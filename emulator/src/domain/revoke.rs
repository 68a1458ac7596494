//! `POST /oauth2/revoke`: ends the sign-in of a refresh token.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html>

use super::params::{Params, is_form};
use super::reply::{self, Answer};
use super::site::Site;
use super::token::{Credentials, OAuthError};
use crate::auth::{digest, jwt};
use crate::cx::Cx;
use crate::wire::web::{Request, Response};

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let answer = match revoke(cx, request) {
        // O86.
        Ok(()) => Answer::from(Response::empty(200)),
        // O87.
        Err(error) if error.code == "invalid_client" => error.answer(401),
        Err(error) => error.answer(400),
    };
    reply::shared(answer)
}

/// An unknown token is not a fault (RFC 7009, section 2.2).
fn revoke(cx: &Cx<'_>, request: &Request) -> Result<(), OAuthError> {
    if !is_form(request) {
        return Err("invalid_request".into());
    }
    let params = Params::of_form(request);
    let token = params.given("token").ok_or("invalid_request")?;
    // A public client has to name itself (O88).
    let credentials = Credentials::of(request, &params).map_err(|error| match error.code {
        "invalid_request" => "invalid_client".into(),
        _ => error,
    })?;
    let client_id = &credentials.client_id;
    let site = Site::of_client(cx, request, client_id).map_err(|_| "invalid_client")?;
    let mut pool = site.slot.write();
    let client = pool.client(client_id).map_err(|_| "invalid_client")?;
    credentials.check(client)?;
    if !client.settings.enable_token_revocation {
        return Err("invalid_request".into());
    }
    // An access token or an ID token (O88).
    if jwt::decode(token).is_ok() {
        return Err("unsupported_token_type".into());
    }
    // That a token of another client is refused as another client is inferred.
    pool.revoke(&digest(token), client_id)
        .map_err(|_| "invalid_client".into())
}
