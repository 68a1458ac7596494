//! `POST /oauth2/revoke`: ends the sign-in of a refresh token.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html>

use super::params::Params;
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
    let params = Params::of_form(request);
    let token = params.given("token").ok_or("invalid_request")?;
    // A public client has to name itself (O88).
    let credentials = Credentials::of(request, &params).map_err(|error| match error.code {
        "invalid_request" => "invalid_client".into(),
        _ => error,
    })?;
    let client_id = &credentials.client_id;
    let site = Site::of_client(cx, request, client_id).map_err(|_| "invalid_client")?;
    let mut pool = site.handle.write();
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Fixture;
    use crate::testing::browser::form;

    /// A form, and the response to it.
    type Row<'a> = (&'a [(&'a str, &'a str)], (u16, Value));

    /// Each request fixes one fault of the request above it; the last one ends the sign-in.
    #[test]
    fn precedence() {
        let fixture = Fixture::with_site(json!({}), json!({ "GenerateSecret": true }));
        let (client, secret) = (fixture.get("client"), fixture.get("secret"));
        let wrong =
            json!({ "error": "invalid_client", "error_description": "invalid_client_secret" });
        let table: [Row<'_>; 5] = [
            (&[], (400, json!({ "error": "invalid_request" }))),
            (
                &[("token", "x")],
                (401, json!({ "error": "invalid_client" })),
            ),
            (
                &[("token", "x"), ("client_id", "unknown")],
                (401, json!({ "error": "invalid_client" })),
            ),
            (&[("token", "x"), ("client_id", client)], (401, wrong)),
            (
                &[
                    ("token", "x"),
                    ("client_id", client),
                    ("client_secret", secret),
                ],
                (200, Value::Null),
            ),
        ];
        for (fields, expected) in table {
            assert_eq!(
                form(&fixture, "/oauth2/revoke", fields),
                expected,
                "{fields:?}"
            );
        }
    }

    /// An access token is refused (O88), and a client without revocation refuses every token.
    #[test]
    fn tokens_and_settings() {
        for (revokes, token, expected) in [
            (
                true,
                "access",
                (400, json!({ "error": "unsupported_token_type" })),
            ),
            (true, "refresh", (200, Value::Null)),
            (
                false,
                "refresh",
                (400, json!({ "error": "invalid_request" })),
            ),
        ] {
            let client = json!({ "EnableTokenRevocation": revokes });
            let mut fixture = Fixture::with_site(json!({}), client).signed_in("ana");
            let fields = [
                ("token", fixture.get(token)),
                ("client_id", fixture.get("client")),
            ];
            assert_eq!(
                form(&fixture, "/oauth2/revoke", &fields),
                expected,
                "{token}"
            );
            let refresh = fixture.run(r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}"#);
            assert_eq!(refresh.trim() == "{}", expected.0 != 200, "{refresh}");
        }
    }
}
