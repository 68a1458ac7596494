//! `GetTokensFromRefreshToken`: issues new ID and access tokens, and a new
//! refresh token if the client rotates them.
//!
//! The token that was replaced last can be used again within the client's grace period.
//! After that, the token is refused, but the sign-in does not end. The new token
//! expires when the old one would have expired. The client authenticates with its
//! secret. Rotation is implemented as in radkawar/stackd, recorded 2026-09-24.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::sign_in::{AuthenticationResult, RefreshMethod, RefreshRequest, refresh_tokens};
use crate::triggers::Metadata;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    refresh_token: String,
    client_id: String,
    client_secret: Option<String>,
    device_key: Option<String>,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    authentication_result: AuthenticationResult,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let handle = cx.pool_handle_of_client(&request.client_id)?;
    let request = RefreshRequest {
        client_id: &request.client_id,
        token: &request.refresh_token,
        device: request.device_key.as_deref(),
        by: RefreshMethod::Operation {
            secret: request.client_secret.as_deref(),
        },
        metadata: &request.client_metadata,
    };
    Ok(Response {
        authentication_result: refresh_tokens(cx, &handle, &request)?,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Fixture, respond};

    const SIGN_IN: &str = r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    /// Ana is signed in, with a client whose refresh tokens rotate.
    fn rotating(grace: Value) -> Fixture {
        let client = json!({
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace},
            "RefreshTokenValidity": 1,
            "TokenValidityUnits": {"RefreshToken": "hours"},
        });
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        fixture.run(SIGN_IN);
        fixture.run("first = $refresh");
        fixture
    }

    /// Without rotation, the token does not change.
    #[test]
    fn tokens_that_do_not_rotate() {
        let mut fixture = Fixture::with_user("ana");
        assert_snapshot!(fixture.run(&format!(r#"
            {SIGN_IN}
            claims access
            advance 60
            GetTokensFromRefreshToken {{"RefreshToken":"$refresh","ClientId":"$client"}}
            claims access
            claims id
            only /AuthenticationResult/ExpiresIn GetTokensFromRefreshToken {{"RefreshToken":"$refresh","ClientId":"$client"}}
        "#)), @r##"
        {}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003660,"iat":1700000060,"jti":"#4","username":"ana"}
        {"origin_jti":"#1","sub":"$sub","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","exp":1700003660,"iat":1700000060,"jti":"#5"}
        3600
        "##);
    }

    /// Each token can be used once. All tokens expire with the sign-in.
    #[test]
    fn tokens_that_rotate() {
        let mut fixture = rotating(json!(0));
        assert_snapshot!(fixture.run(r#"
            claims access
            advance 1800
            as second /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client"}
            claims access
            GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client"}
            as third /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$second","ClientId":"$client"}
            only /Username GetUser {"AccessToken":"$access"}
            advance 1799
            as fourth /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$third","ClientId":"$client"}
            advance 1
            GetTokensFromRefreshToken {"RefreshToken":"$fourth","ClientId":"$client"}
        "#), @r##"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        "$refresh"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700005400,"iat":1700001800,"jti":"#4","username":"ana"}
        400 RefreshTokenReuseException: Refresh token reuse detected
        "$refresh"
        "ana"
        "$fourth"
        400 NotAuthorizedException: Refresh Token has expired
        "##);
    }

    /// After a device is confirmed, the tokens that were issued for it are bound to it.
    #[test]
    fn tokens_of_a_device() {
        let pool = json!({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": false}});
        let mut fixture = Fixture::with_pool_and_client(pool, json!({})).and_user("ana", json!([]));
        let refresh = |device: &str| {
            format!(
                r#"only /AuthenticationResult/ExpiresIn GetTokensFromRefreshToken {{"RefreshToken":"$refresh","ClientId":"$client"{device}}}"#
            )
        };
        let script = [
            SIGN_IN,
            &refresh(r#","DeviceKey":"$device""#),
            r#"ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}"#,
            &refresh(""),
            &refresh(r#","DeviceKey":"$device""#),
        ]
        .join("\n");
        assert_snapshot!(fixture.run(&script), @r#"
        {}
        400 NotAuthorizedException: Invalid Refresh Token.
        200 {"UserConfirmationNecessary":false}
        400 NotAuthorizedException: Invalid Refresh Token.
        3600
        "#);
    }

    /// During the grace period, a client can repeat a call. The token that the first
    /// call returned is then refused. A repeated call does not extend the period.
    #[test]
    fn the_grace_period() {
        let mut fixture = rotating(json!(10));
        assert_snapshot!(fixture.run(r#"
            as second /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client"}
            advance 9
            as other /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client"}
            advance 1
            GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client"}
            as third /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$second","ClientId":"$client"}
            as fourth /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$other","ClientId":"$client"}
        "#), @r#"
        "$refresh"
        "$other"
        400 RefreshTokenReuseException: Refresh token reuse detected
        400 RefreshTokenReuseException: Refresh token reuse detected
        "$fourth"
        "#);
    }

    /// If one token of a sign-in is revoked, all are. The exception has no sentence.
    #[test]
    fn rotated_tokens_are_revoked_together() {
        for token in ["$first", "$second"] {
            let mut fixture = rotating(json!(60));
            let transcript = fixture.run(&format!(r#"
                only /AuthenticationResult/TokenType GetTokensFromRefreshToken {{"RefreshToken":"$first","ClientId":"$client"}}
                second = $refresh
                RevokeToken {{"ClientId":"$client","Token":"{token}"}}
                GetTokensFromRefreshToken {{"RefreshToken":"$first","ClientId":"$client"}}
                GetTokensFromRefreshToken {{"RefreshToken":"$second","ClientId":"$client"}}
                GetUser {{"AccessToken":"$access"}}
            "#));
            let revoked = "400 NotAuthorizedException";
            let access = "400 NotAuthorizedException: Access Token has been revoked";
            let expected = format!("\"Bearer\"\n200 {{}}\n{revoked}\n{revoked}\n{access}\n");
            assert_eq!(transcript, expected);
        }
    }

    /// After rotation is turned off, both operations accept the newest token and refuse
    /// the older ones. `GetTokensFromRefreshToken` does not depend on
    /// `ExplicitAuthFlows`.
    #[test]
    fn rotation_can_be_turned_off() {
        let mut fixture = rotating(json!(60));
        assert_snapshot!(fixture.run(r#"
            as second /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$second"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"],"RefreshTokenRotation":{"Feature":"DISABLED"}}
            GetTokensFromRefreshToken {"RefreshToken":"$second","ClientId":"$client"}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_REFRESH_TOKEN_AUTH"]}
            GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$first"}}
            only /AuthenticationResult/RefreshToken GetTokensFromRefreshToken {"RefreshToken":"$second","ClientId":"$client"}
            only /AuthenticationResult/RefreshToken InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$second"}}
        "#), @r#"
        "$refresh"
        400 UnsupportedOperationException: This API does not support refresh token rotation
        "client"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"}}
        "client"
        400 NotAuthorizedException: Refresh Token has been revoked
        400 NotAuthorizedException: Refresh Token has been revoked
        absent
        absent
        "#);
    }

    /// If a client has rotation without revocation, its tokens have the claims for
    /// revocation: the ID token at once, and the access token from the first refresh
    /// on.
    #[test]
    fn rotation_without_revocation() {
        let client = json!({
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
            "EnableTokenRevocation": false,
            "RefreshTokenRotation": {"Feature": "ENABLED"},
        });
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        let refresh = r#"only /AuthenticationResult/TokenType GetTokensFromRefreshToken {"RefreshToken":"$refresh","ClientId":"$client"}"#;
        let script = format!("{SIGN_IN}\nclaims access\nclaims id\n{refresh}\nclaims access");
        assert_snapshot!(fixture.run(&script), @r##"
        {}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","event_id":"#1","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#2","username":"ana"}
        {"origin_jti":"#3","sub":"$sub","aud":"$client","event_id":"#1","token_use":"id","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","exp":1700003600,"iat":1700000000,"jti":"#4"}
        "Bearer"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#3","event_id":"#1","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#5","username":"ana"}
        "##);
    }

    /// The trigger runs with the caller's metadata. If it refuses, the old
    /// token is still valid.
    #[test]
    fn the_trigger() {
        let mut fixture = rotating(json!(0)).and_trigger("PreTokenGeneration", |event| {
            match event["request"]["clientMetadata"]["refuse"].as_str() {
                Some(reason) => Err(reason.to_owned()),
                None => respond(
                    event,
                    json!({"claimsOverrideDetails": {"claimsToAddOrOverride": {"team": "red"}}}),
                ),
            }
        });
        assert_snapshot!(fixture.run(r#"
            GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client","ClientMetadata":{"refuse":"never"}}
            only /AuthenticationResult/TokenType GetTokensFromRefreshToken {"RefreshToken":"$first","ClientId":"$client","ClientMetadata":{"k":"v"}}
            events
            claims id
        "#), @r##"
        400 UserLambdaValidationException: PreTokenGeneration failed with error never.
        "Bearer"
        {"version":"1","triggerSource":"TokenGeneration_RefreshTokens","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"groupConfiguration":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null},"clientMetadata":{"refuse":"never"}},"response":{"claimsOverrideDetails":null}}
        {"version":"1","triggerSource":"TokenGeneration_RefreshTokens","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"groupConfiguration":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null},"clientMetadata":{"k":"v"}},"response":{"claimsOverrideDetails":null}}
        {"origin_jti":"#1","sub":"$sub","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","team":"red","exp":1700003600,"iat":1700000000,"jti":"#3"}
        "##);
    }

    /// R105 to R108.
    #[test]
    fn users_who_are_refused() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(SIGN_IN);
        assert_snapshot!(fixture.run(r#"
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            GetTokensFromRefreshToken {"RefreshToken":"$refresh","ClientId":"$client"}
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
            GetTokensFromRefreshToken {"RefreshToken":"$refresh","ClientId":"$client"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            GetTokensFromRefreshToken {"RefreshToken":"$refresh","ClientId":"$client"}
        "#), @"
        200 {}
        400 NotAuthorizedException: User is disabled.
        200 {}
        400 NotAuthorizedException: Refresh Token has been revoked
        200
        400 NotAuthorizedException: The user has been deleted for the associated refresh token
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let client = json!({
            "ClientSecret": "abcdefghijklmnopqrstuvwx",
            "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        });
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        assert_snapshot!(fixture.run(r#"
            only /ChallengeParameters AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","SECRET_HASH":"$hash(ana)"}}
            GetTokensFromRefreshToken {}
            GetTokensFromRefreshToken {"RefreshToken":"nonsense","ClientId":"unknown"}
            GetTokensFromRefreshToken {"RefreshToken":"nonsense","ClientId":"$client"}
            GetTokensFromRefreshToken {"RefreshToken":"nonsense","ClientId":"$client","ClientSecret":"wrongwrongwrongwrongwrong"}
            GetTokensFromRefreshToken {"RefreshToken":"nonsense","ClientId":"$client","ClientSecret":"abcdefghijklmnopqrstuvwx"}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            GetTokensFromRefreshToken {"RefreshToken":"nonsense","ClientId":"$client","ClientSecret":"abcdefghijklmnopqrstuvwx"}
            only /AuthenticationResult/TokenType GetTokensFromRefreshToken {"RefreshToken":"$refresh","ClientId":"$client","ClientSecret":"abcdefghijklmnopqrstuvwx"}
        "#), @r#"
        {}
        400 InvalidParameterException: 2 validation errors detected: Value at 'refreshToken' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 NotAuthorizedException: Client $client is configured for secret but secret was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 NotAuthorizedException: Invalid Refresh Token
        "client"
        400 NotAuthorizedException: Invalid Refresh Token
        "Bearer"
        "#);
    }
}
