//! `GET /oauth2/userInfo`: the attributes of the signed-in user.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/userinfo-endpoint.html>

use serde_json::{Map, Value};

use super::reply::{self, Answer};
use super::sentences;
use crate::cx::Cx;
use crate::error::Error;
use crate::hash_order;
use crate::state::web::OAuthGrant;
use crate::wire::web::{Request, Response};

pub(super) fn answer(cx: &Cx<'_>, request: &Request) -> Answer {
    let header = request.authorization.as_deref().unwrap_or_default();
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let answer = match token {
        Some((_, token)) => match claims(cx, token.trim()) {
            Ok(claims) => Answer::from(reply::json(200, &claims)),
            Err(Error::AccessTokenScopes) => refusal(401, "invalid_token", sentences::NO_OPENID),
            Err(_) => refusal(401, "invalid_token", sentences::TOKEN_ENDED),
        },
        None => refusal(400, "invalid_request", sentences::BAD_USER_INFO),
    };
    reply::shared(answer)
}

/// The claims of the user: strings only, with `username` (O82). Their order is inferred from that
/// of ID tokens.
fn claims(cx: &Cx<'_>, token: &str) -> Result<Map<String, Value>, Error> {
    let (bearer, scopes) = cx.bearer_with(token, "openid")?;
    let (pool, id) = bearer.read()?;
    let client = pool.client(&bearer.client_id)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let grant = OAuthGrant {
        scopes: scopes.split(' ').map(Into::into).collect(),
        nonce: None,
        resource: None,
    };
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), Value::from(&*user.sub));
    for (name, value) in user.attributes.iter() {
        if client.may_read(name) && grant.allows_claim(name) {
            claims.insert(name.to_owned(), Value::from(value));
        }
    }
    claims.insert("username".to_owned(), Value::from(user.username.as_str()));
    Ok(hash_order::map(claims))
}

/// A refusal. The error is in a header (O84); that the body repeats it is inferred.
fn refusal(status: u16, code: &str, description: &str) -> Answer {
    let header = format!("error=\"{code}\", error_description=\"{description}\"");
    let body = serde_json::json!({ "error": code, "error_description": description });
    let response: Response = reply::json(status, &body).with("www-authenticate", header);
    Answer::refusal(response, code, Some(description))
}
