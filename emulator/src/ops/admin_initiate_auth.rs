//! `AdminInitiateAuth`: starts a sign-in from a server, or refreshes its
//! tokens.
//!
//! `USER_PASSWORD_AUTH` is only for `InitiateAuth`. The flows are in `sign_in`.
//! `ContextData` is for threat protection.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::sign_in::{Answer, AuthRequest, Caller, Parameters, initiate};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: Parameters,
    #[serde(default)]
    client_metadata: Parameters,
    session: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Answer> {
    let handle = cx.pool_handle(&request.user_pool_id)?;
    initiate(
        cx,
        &handle,
        &AuthRequest {
            caller: Caller::Admin,
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

    use crate::testing::Fixture;

    #[test]
    fn old_and_new_names_of_the_flows_are_accepted() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_NO_SRP_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"REFRESH_TOKEN","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// `PreventUserExistenceErrors` of the client applies to this operation too.
    #[test]
    fn unknown_users() {
        let script = r#"
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"$password"}}
        "#;
        assert_snapshot!(Fixture::new().run(script), @"400 UserNotFoundException: User does not exist.");
        let client = json!({"PreventUserExistenceErrors": "ENABLED"});
        assert_snapshot!(Fixture::with_pool_and_client(json!({}), client).run(script), @"400 NotAuthorizedException: Incorrect username or password.");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let client = json!({"ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH"]});
        let fixture = Fixture::with_pool_and_client(json!({}), client);
        assert_snapshot!(fixture.and_user("ana", json!([])).run(r#"
            AdminInitiateAuth {}
            AdminInitiateAuth {"UserPoolId":"us-east-1_nope","ClientId":"unknown","AuthFlow":"USER_PASSWORD_AUTH"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"unknown","AuthFlow":"USER_PASSWORD_AUTH"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"CUSTOM_AUTH"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"USERNAME":"bob","SECRET_HASH":"x"}}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"USERNAME":"bob"}}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_NO_SRP_AUTH","AuthParameters":{"USERNAME":"bob"}}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_NO_SRP_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"wrong"}}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_NO_SRP_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"wrong"}}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_NO_SRP_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null; Value null at 'authFlow' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 InvalidParameterException: Initiate Auth method not supported.
        400 InvalidParameterException: Missing required parameter USERNAME
        400 NotAuthorizedException: Client $client is not configured for secret but secret hash was received
        400 InvalidParameterException: CUSTOM_AUTH is not enabled for the client.
        400 InvalidParameterException: Missing required parameter PASSWORD
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn a_client_without_the_flow() {
        let client = json!({"ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"]});
        let fixture = Fixture::with_pool_and_client(json!({}), client);
        assert_snapshot!(fixture.and_user("ana", json!([])).run(r#"
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @"400 InvalidParameterException: Auth flow not enabled for this client");
    }
}
