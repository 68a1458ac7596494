//! `DeleteUserPoolClientSecret`: deletes one of an app client's two secrets.
//!
//! The last secret cannot be deleted.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPoolClientSecret.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    #[serde(rename = "ClientSecretId")]
    secret: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let client = pool.client_mut(&request.client_id)?;
    client.remove_secret(&request.secret)?;
    client.modified_at = cx.now();
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// The deleted secret is no longer valid, and describe shows the other one.
    #[test]
    fn the_other_secret_stays_valid() {
        let client = json!({"GenerateSecret": true});
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        let sign_in = r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","SECRET_HASH":"$hash(ana)"}}"#;
        assert_snapshot!(fixture.run(&format!(r#"
            as old /ClientSecrets/0/ClientSecretId ListUserPoolClientSecrets {{"UserPoolId":"$pool","ClientId":"$client"}}
            as second /ClientSecretDescriptor/ClientSecretValue AddUserPoolClientSecret {{"UserPoolId":"$pool","ClientId":"$client"}}
            {sign_in}
            DeleteUserPoolClientSecret {{"UserPoolId":"$pool","ClientId":"$client","ClientSecretId":"$old"}}
            {sign_in}
            secret = $second
            {sign_in}
            only /UserPoolClient/ClientSecret DescribeUserPoolClient {{"UserPoolId":"$pool","ClientId":"$client"}}
        "#)), @r#"
        "$old"
        "$second"
        {}
        200 {}
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        {}
        "$second"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let client = json!({"GenerateSecret": true});
        assert_snapshot!(Fixture::with_pool_and_client(json!({}), client).run(r#"
            as first /ClientSecrets/0/ClientSecretId ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"$client"}
            DeleteUserPoolClientSecret {}
            DeleteUserPoolClientSecret {"UserPoolId":"us-east-1_nope","ClientId":"nope","ClientSecretId":"nope"}
            DeleteUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"nope","ClientSecretId":"nope"}
            DeleteUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client","ClientSecretId":"nope"}
            DeleteUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client","ClientSecretId":"$first"}
            as second /ClientSecretDescriptor/ClientSecretId AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client"}
            DeleteUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client","ClientSecretId":"$first"}
        "#), @r#"
        "$first"
        400 InvalidParameterException: 3 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null; Value null at 'clientSecretId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 ResourceNotFoundException: Client secret nope does not exist.
        400 InvalidParameterException: Cannot delete the last remaining client secret.
        "$second"
        200 {}
        "#);
    }
}
