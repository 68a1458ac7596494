//! `DeleteUserPoolClient`: deletes an app client. The client's tokens are refused from
//! then on.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPoolClient.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.managed_client(&request.client_id)?;
    pool.remove_client(&request.client_id);
    cx.state.remove_client(&request.client_id);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// The client's tokens are refused. That the sentence is R72's is inferred.
    #[test]
    fn tokens_of_the_client_are_refused() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            only /Username GetUser {"AccessToken":"$access"}
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            GetUser {"AccessToken":"$access"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SignUp {"ClientId":"$client","Username":"bob","Password":"$password"}
            only /Username AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        {}
        "ana"
        200
        400 ResourceNotFoundException: User pool client $client does not exist.
        400 ResourceNotFoundException: User pool client $client does not exist.
        400 ResourceNotFoundException: User pool client $client does not exist.
        400 ResourceNotFoundException: User pool client $client does not exist.
        "ana"
        "#);
    }

    /// The client's id is unknown from then on (R72).
    #[test]
    fn deleted_clients_are_gone() {
        assert_snapshot!(Fixture::new().run(r#"
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            ListUserPoolClients {"UserPoolId":"$pool"}
        "#), @r#"
        200
        400 ResourceNotFoundException: User pool client does not exist.
        400 ResourceNotFoundException: User pool client does not exist.
        200 {"UserPoolClients":[]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            DeleteUserPoolClient {}
            DeleteUserPoolClient {"UserPoolId":"us-east-1_nope","ClientId":"nope"}
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"nope"}
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client does not exist.
        200
        ");
    }
}
