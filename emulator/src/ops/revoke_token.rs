//! `RevokeToken`: ends the sign-in of a refresh token, and revokes every access token
//! with the same `origin_jti`.
//!
//! The operation succeeds for unknown and revoked tokens (R112).
//! `RevokeAssociatedSessions` is accepted and has no effect, because there are no SSO
//! sessions.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeToken.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::{digest, jwt};
use crate::error::Error;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    token: String,
    client_id: String,
    client_secret: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    // The operation does not declare `ResourceNotFoundException`.
    let handle = cx.pool_handle_of_client(&request.client_id);
    let mut pool = handle.map_err(|_| Error::ClientUnauthorized)?.write();
    let client = pool
        .client(&request.client_id)
        .map_err(|_| Error::ClientUnauthorized)?;
    client.check_secret(request.client_secret.as_deref())?;
    if !client.settings.enable_token_revocation {
        return Err(Error::RevocationNotEnabled);
    }
    if jwt::decode(&request.token).is_ok() {
        return Err(Error::UnsupportedTokenType);
    }
    pool.revoke(&digest(&request.token), &request.client_id)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    const SIGN_IN: &str = r#"{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    /// Only the sign-in of the refresh token ends.
    #[test]
    fn ends_one_sign_in() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(&format!("sign_in = {SIGN_IN}"));
        assert_snapshot!(fixture.run(r#"
            InitiateAuth $sign_in
            access1 = $access
            refresh1 = $refresh
            InitiateAuth $sign_in
            RevokeToken {"ClientId":"$client","Token":"$refresh1","RevokeAssociatedSessions":"NONE"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh1"}}
            SetUserMFAPreference {"AccessToken":"$access1"}
            SetUserMFAPreference {"AccessToken":"$access"}
            RevokeToken {"ClientId":"$client","Token":"$refresh1"}
            RevokeToken {"ClientId":"$client","Token":"nonsense"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        400 NotAuthorizedException: Refresh Token has been revoked
        400 NotAuthorizedException: Access Token has been revoked
        200 {}
        200 {}
        200 {}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let client = json!({"GenerateSecret": true});
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        let sign_in = SIGN_IN.replace(
            "\"USERNAME\"",
            "\"SECRET_HASH\":\"$hash(ana)\",\"USERNAME\"",
        );
        fixture.run(&format!("sign_in = {sign_in}"));
        assert_snapshot!(fixture.run(r#"
            InitiateAuth $sign_in
            RevokeToken {}
            RevokeToken {"ClientId":"unknown","Token":"$access"}
            RevokeToken {"ClientId":"$client","Token":"$access"}
            RevokeToken {"ClientId":"$client","Token":"$access","ClientSecret":"wrongwrongwrongwrongwrong"}
            RevokeToken {"ClientId":"$client","Token":"$access","ClientSecret":"$secret"}
            RevokeToken {"ClientId":"$client","Token":"$refresh","ClientSecret":"$secret"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: 2 validation errors detected: Value at 'token' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 UnauthorizedException: Invalid client or secret
        400 UnauthorizedException: Invalid client or secret
        400 UnauthorizedException: Invalid client or secret
        400 UnsupportedTokenTypeException: Unsupported token type
        200 {}
        "#);
    }

    /// The client's access tokens have no `origin_jti`, so they are revoked only by a
    /// sign-out.
    #[test]
    fn a_client_without_revocation() {
        let client = json!({"EnableTokenRevocation": false});
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        fixture.run(&format!("sign_in = {SIGN_IN}"));
        assert_snapshot!(fixture.run(r#"
            InitiateAuth $sign_in
            claims access
            RevokeToken {"ClientId":"$client","Token":"$refresh"}
            SetUserMFAPreference {"AccessToken":"$access"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            SetUserMFAPreference {"AccessToken":"$access"}
        "#), @r##"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","event_id":"#1","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#2","username":"ana"}
        400 UnsupportedOperationException: This feature is not enabled for this client
        200 {}
        200 {}
        400 NotAuthorizedException: User is disabled.
        "##);
    }

    #[test]
    fn a_token_of_another_client() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(&format!("InitiateAuth {SIGN_IN}"));
        let other = json!({"UserPoolId": fixture.get("pool"), "ClientName": "other"});
        let other = fixture.must("CreateUserPoolClient", other);
        fixture.name(
            "other",
            other["UserPoolClient"]["ClientId"].as_str().unwrap(),
        );
        assert_snapshot!(fixture.run(r#"
            RevokeToken {"ClientId":"$other","Token":"$refresh"}
            InitiateAuth {"ClientId":"$other","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
        "#), @r#"
        400 UnauthorizedException: Invalid client or secret
        400 NotAuthorizedException: Refresh Token has different Client
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }
}
