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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Fixture;
    use crate::testing::browser::{Browser, CALLBACK, Shown, form, send};
    use crate::wire::web::Request;

    fn access(fixture: &Fixture, scope: &str) -> String {
        let authorize = format!("{}&scope={scope}", fixture.get("authorize"));
        let shown = Browser::new().sign_in(fixture, &authorize, "ana");
        let code = shown.parameter("code").unwrap();
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", fixture.get("client")),
            ("code", &code),
            ("redirect_uri", CALLBACK),
        ];
        let (_, tokens) = form(fixture, "/oauth2/token", &fields);
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    fn ask(fixture: &Fixture, authorization: Option<String>) -> Shown {
        let mut request = Request::new("GET", "/oauth2/userInfo");
        request.authorization = authorization;
        send(fixture, request)
    }

    /// Scopes narrow the attributes; values are strings (O82, O85).
    #[test]
    fn attributes_of_the_scopes() {
        let mut fixture = Fixture::with_site(json!({}), json!({}));
        let names = json!([{ "Name": "given_name", "Value": "Ana" }]);
        let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana", "UserAttributes": names });
        fixture.must("AdminUpdateUserAttributes", user);
        for (scope, expected) in [
            (
                "openid",
                &["email", "email_verified", "given_name", "sub", "username"][..],
            ),
            (
                "openid+email",
                &["email", "email_verified", "sub", "username"][..],
            ),
            ("openid+profile", &["given_name", "sub", "username"][..]),
        ] {
            let shown = ask(
                &fixture,
                Some(format!("Bearer {}", access(&fixture, scope))),
            );
            let claims = shown.json();
            let mut names: Vec<_> = claims.as_object().unwrap().keys().cloned().collect();
            names.sort();
            assert_eq!(names, expected, "{scope}");
            assert!(claims.as_object().unwrap().values().all(Value::is_string));
        }
    }

    /// An attribute that the client may not read is left out, whatever the scopes are.
    #[test]
    fn the_permissions_of_the_client_apply() {
        let client = json!({ "ReadAttributes": ["email", "email_verified"] });
        let mut fixture = Fixture::with_site(json!({}), client);
        let names = json!([{ "Name": "given_name", "Value": "Ana" }]);
        let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana", "UserAttributes": names });
        fixture.must("AdminUpdateUserAttributes", user);
        let token = access(&fixture, "openid+profile+email");
        let claims = ask(&fixture, Some(format!("Bearer {token}"))).json();
        assert_eq!(claims["email"], "ana@example.com");
        assert_eq!(claims.get("given_name"), None);
    }

    /// Errors are in a header (O83, O84).
    #[test]
    fn refusals() {
        let mut fixture = Fixture::with_site(json!({}), json!({})).signed_in("ana");
        let ended = "error=\"invalid_token\", error_description=\"Access token is expired, disabled, or \
                     deleted, or the user has globally signed out.\"";
        let token = access(&fixture, "openid");
        let api = fixture.get("access").to_owned();
        for (authorization, status, header) in [
            (
                None,
                400,
                "error=\"invalid_request\", error_description=\"Bad OAuth2 request at UserInfo Endpoint\"",
            ),
            (
                Some("Basic x".to_owned()),
                400,
                "error=\"invalid_request\", error_description=\"Bad OAuth2 request at UserInfo Endpoint\"",
            ),
            (Some("Bearer x".to_owned()), 401, ended),
            (
                Some(format!("Bearer {api}")),
                401,
                "error=\"invalid_token\", error_description=\"Access token does not contain openid scope\"",
            ),
        ] {
            let shown = ask(&fixture, authorization.clone());
            assert_eq!(shown.0.status, status, "{authorization:?}");
            assert_eq!(shown.0.header("www-authenticate"), Some(header));
        }
        assert_eq!(ask(&fixture, Some(format!("Bearer {token}"))).0.status, 200);
        fixture.run("advance 3600");
        let shown = ask(&fixture, Some(format!("Bearer {token}")));
        assert_eq!(shown.0.header("www-authenticate"), Some(ended));
        let token = access(&fixture, "openid");
        let user = json!({ "UserPoolId": fixture.get("pool"), "Username": "ana" });
        fixture.must("AdminUserGlobalSignOut", user);
        assert_eq!(ask(&fixture, Some(format!("Bearer {token}"))).0.status, 401);
        // Paths are case-sensitive (O14).
        let lower = send(&fixture, Request::new("GET", "/oauth2/userinfo"));
        assert_eq!(lower.0.status, 404);
    }
}
