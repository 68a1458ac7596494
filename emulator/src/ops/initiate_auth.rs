//! `InitiateAuth`: starts a sign-in from an app, or refreshes its tokens.
//!
//! Flows whose names begin with `ADMIN_` are only for `AdminInitiateAuth`. The
//! flows are in `sign_in`. `UserContextData` is for threat protection.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::sign_in::{Answer, AuthRequest, Caller, Parameters, initiate};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: Parameters,
    #[serde(default)]
    client_metadata: Parameters,
    session: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Answer> {
    let handle = cx.pool_handle_of_client(&request.client_id)?;
    initiate(
        cx,
        &handle,
        &AuthRequest {
            caller: Caller::App,
            client_id: &request.client_id,
            flow: &request.auth_flow,
            parameters: &request.auth_parameters,
            metadata: &request.client_metadata,
            session: request.session.as_deref(),
        },
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::user::Status;
    use crate::testing::{Fixture, PASSWORD};

    #[test]
    fn a_password_and_a_refresh_token_give_tokens() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            claims access
            claims id
            advance 60
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            claims access
            claims id
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN","AuthParameters":{"REFRESH_TOKEN":"$refresh","DEVICE_KEY":"us-east-1_ignored"}}
            claims access
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            claims access
        "#), @r##"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        {"origin_jti":"#1","sub":"$sub","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","exp":1700003600,"iat":1700000000,"jti":"#4"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003660,"iat":1700000060,"jti":"#5","username":"ana"}
        {"origin_jti":"#1","sub":"$sub","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","exp":1700003660,"iat":1700000060,"jti":"#6"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003660,"iat":1700000060,"jti":"#7","username":"ana"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#8","event_id":"#9","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000060,"exp":1700003660,"iat":1700000060,"jti":"#10","username":"ana"}
        "##);
    }

    #[test]
    fn refusals_of_a_password_sign_in() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            ask = {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            # An unknown user.
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"$password"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"wrong"}}
            # A temporary password before it expires.
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            InitiateAuth $ask
            advance 604799
            InitiateAuth $ask
            advance 1
            InitiateAuth $ask
            # A disabled user.
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth $ask
            # An unconfirmed user, with any password.
            SignUp {"ClientId":"$client","Username":"eve","Password":"$password"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"eve","PASSWORD":"wrong"}}
        "#), @r#"
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: Incorrect username or password.
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        400 NotAuthorizedException: Temporary password has expired and must be reset by an administrator.
        200 {}
        400 NotAuthorizedException: User is disabled.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        400 UserNotConfirmedException: User is not confirmed.
        "#);
    }

    #[test]
    fn hidden_users_status_is_shown_only_for_the_right_password() {
        let mut fixture = Fixture::with_pool_and_client(
            json!({}),
            json!({"PreventUserExistenceErrors": "ENABLED"}),
        );
        assert_snapshot!(fixture.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"$password"}}
            SignUp {"ClientId":"$client","Username":"eve","Password":"$password"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"eve","PASSWORD":"wrong"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"eve","PASSWORD":"$password"}}
        "#), @r#"
        400 NotAuthorizedException: Incorrect username or password.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        400 NotAuthorizedException: Incorrect username or password.
        400 UserNotConfirmedException: User is not confirmed.
        "#);
    }

    #[test]
    fn a_required_password_reset_is_reported() {
        for (hides, expected) in [
            (
                "LEGACY",
                [
                    "PasswordResetRequiredException",
                    "PasswordResetRequiredException",
                ],
            ),
            (
                "ENABLED",
                ["NotAuthorizedException", "PasswordResetRequiredException"],
            ),
        ] {
            let client = json!({"PreventUserExistenceErrors": hides});
            let mut fixture =
                Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
            let handle = fixture.pool_handle();
            let mut pool = handle.write();
            let id = pool.find("ana").unwrap();
            pool.users
                .edit(id, |user| user.status = Status::ResetRequired);
            drop(pool);
            for (password, code) in ["wrong", PASSWORD].into_iter().zip(expected) {
                let input = json!({"ClientId": fixture.get("client"), "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": "ana", "PASSWORD": password}});
                let reply = fixture.call("InitiateAuth", input);
                assert_eq!(reply.code.as_deref(), Some(code), "{hides} {password}");
            }
        }
    }

    /// The fifth failure locks for one second, the sixth for two. Attempts during a
    /// lock do not count. A success clears the count.
    #[test]
    fn failed_passwords_lock() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            right = {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            wrong = {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"wrong"}}
            InitiateAuth $wrong
            InitiateAuth $wrong
            InitiateAuth $wrong
            InitiateAuth $wrong
            InitiateAuth $wrong
            InitiateAuth $right
            advance 1
            InitiateAuth $wrong
            advance 1
            InitiateAuth $wrong
            InitiateAuth $wrong
            advance 1
            InitiateAuth $wrong
            advance 3
            InitiateAuth $right
            advance 1
            InitiateAuth $right
            InitiateAuth $wrong
            InitiateAuth $right
        "#), @r#"
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Password attempts exceeded
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Password attempts exceeded
        400 NotAuthorizedException: Password attempts exceeded
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Password attempts exceeded
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn refresh_tokens_that_are_refused() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            # Not a refresh token of the client.
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"nonsense"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$access"}}
            # Valid to its last second, then expired, and removed by the next sign-in a day later.
            advance 2591999
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            advance 1
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            advance 86400
            old = $refresh
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$old"}}
            # Signed out. The user's status is reported first.
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid Refresh Token
        400 NotAuthorizedException: Invalid Refresh Token
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Refresh Token has expired
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid Refresh Token
        200 {}
        400 NotAuthorizedException: User is disabled.
        "#);
    }

    /// The flow is refused even though the client's default flows include
    /// `REFRESH_TOKEN_AUTH`.
    #[test]
    fn rotating_clients_cannot_refresh_by_flow() {
        let mut fixture = Fixture::new();
        let client = json!({
            "UserPoolId": fixture.get("pool"),
            "ClientName": "rotating",
            "RefreshTokenRotation": {"Feature": "ENABLED"},
        });
        let client = fixture.must("CreateUserPoolClient", client);
        let id = client["UserPoolClient"]["ClientId"].as_str().unwrap();
        fixture.name("rotating", id);
        assert_snapshot!(fixture.run(r#"
            InitiateAuth {"ClientId":"$rotating","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"x"}}
        "#), @"400 UnsupportedOperationException: This API does not support refresh token rotation");
    }

    #[test]
    fn every_flow_must_be_allowed() {
        let closed = json!({"ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]});
        let open = json!({"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_AUTH"]});
        let script = r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"bob"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"bob","SRP_A":"abc"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"ana","SRP_A":"abc"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"USERNAME":"ana"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"ana"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"x"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"ADMIN_NO_SRP_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#;
        let run = |client| {
            Fixture::with_pool_and_client(json!({}), client)
                .and_user("ana", json!([]))
                .run(script)
        };
        assert_snapshot!(run(closed), @"
        400 InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client
        400 InvalidParameterException: USER_SRP_AUTH is not enabled for the client.
        400 InvalidParameterException: USER_SRP_AUTH is not enabled for the client.
        400 InvalidParameterException: USER_SRP_AUTH is not enabled for the client.
        400 InvalidParameterException: CUSTOM_AUTH is not enabled for the client.
        400 InvalidParameterException: USER_AUTH flow not enabled for this client
        400 NotAuthorizedException: Invalid Refresh Token
        400 InvalidParameterException: Initiate Auth method not supported.
        ");
        assert_snapshot!(run(open), @r#"
        400 InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client
        400 InvalidParameterException: Missing required parameter SRP_A
        400 UserNotFoundException: User does not exist.
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 InvalidParameterException: Custom auth lambda trigger is not configured for the user pool.
        200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
        400 NotAuthorizedException: Invalid Refresh Token
        400 InvalidParameterException: Initiate Auth method not supported.
        "#);
        let lite = Fixture::with_pool_and_client(
            json!({"UserPoolTier": "LITE"}),
            json!({"ExplicitAuthFlows": ["ALLOW_USER_AUTH"]}),
        );
        assert_snapshot!(lite.and_user("ana", json!([])).run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"ana"}}
        "#), @"400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Choice-based Sign-In");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let client = json!({"GenerateSecret": true, "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]});
        let fixture = Fixture::with_pool_and_client(json!({}), client);
        assert_snapshot!(fixture.and_user("ana", json!([])).run(r#"
            InitiateAuth {}
            InitiateAuth {"ClientId":"unknown","AuthFlow":"PASSWORD"}
            InitiateAuth {"ClientId":"unknown","AuthFlow":"ADMIN_USER_PASSWORD_AUTH"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"bob"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"bob","SECRET_HASH":"x"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"bob","SECRET_HASH":"$hash(bob)"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","SECRET_HASH":"$hash(bob)"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"wrong","SECRET_HASH":"$hash(bob)"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"wrong","SECRET_HASH":"$hash(ana)"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","SECRET_HASH":"$hash(ana)"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"x"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"x","SECRET_HASH":"x"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh","SECRET_HASH":"x"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh","SECRET_HASH":"$hash(ana)"}}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'authFlow' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value 'PASSWORD' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 InvalidParameterException: Initiate Auth method not supported.
        400 InvalidParameterException: Missing required parameter USERNAME
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 InvalidParameterException: USER_SRP_AUTH is not enabled for the client.
        400 InvalidParameterException: Missing required parameter PASSWORD
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: Missing required parameter REFRESH_TOKEN
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Invalid Refresh Token
        400 NotAuthorizedException: SecretHash does not match for the client: $client
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// The hash is computed with the sent name at the start, and with the internal
    /// username later.
    #[test]
    fn secret_hashes_if_the_username_is_an_address() {
        let client = json!({"GenerateSecret": true});
        let fixture =
            Fixture::with_pool_and_client(json!({"UsernameAttributes": ["email"]}), client);
        assert_snapshot!(fixture.and_user("ana@example.com", json!([])).run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana@example.com","PASSWORD":"$password","SECRET_HASH":"$hash($sub)"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana@example.com","PASSWORD":"$password","SECRET_HASH":"$hash(ana@example.com)"}}
            claims id
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh","SECRET_HASH":"$hash(ana@example.com)"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh","SECRET_HASH":"$hash($sub)"}}
        "#), @r##"
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"origin_jti":"#1","sub":"$sub","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"$sub","exp":1700003600,"iat":1700000000,"jti":"#3","email":"ana@example.com"}
        400 NotAuthorizedException: SecretHash does not match for the client: $client
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        "##);
    }
}
