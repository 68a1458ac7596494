//! `AddUserPoolClientSecret`: adds a second secret to a confidential app
//! client. The caller sends the secret or lets Cognito generate it.
//!
//! Both secrets are valid, so that applications can replace a secret without an
//! interruption. The response contains the new secret only if Cognito generated it.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddUserPoolClientSecret.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::views::client::SecretView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    client_secret: Option<Box<str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    client_secret_descriptor: SecretView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let client = pool.client_mut(&request.client_id)?;
    let client_secret_descriptor = if let Some(own) = request.client_secret {
        SecretView::new(client.add_secret(own, cx.now())?)
    } else {
        let made = cx.world.chance.client_secret();
        SecretView::with_value(client.add_secret(made.into(), cx.now())?)
    };
    client.modified_at = cx.now();
    Ok(Response {
        client_secret_descriptor,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// `SECRET_HASH` and `RevokeToken` accept both secrets.
    #[test]
    fn both_secrets_are_valid() {
        let client = json!({"GenerateSecret": true});
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        fixture.run("first = $secret");
        let sign_in = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","SECRET_HASH":"$hash(ana)"}}"#;
        assert_snapshot!(fixture.run(&format!(r#"
            advance 60
            as second /ClientSecretDescriptor/ClientSecretValue AddUserPoolClientSecret {{"UserPoolId":"$pool","ClientId":"$client"}}
            ListUserPoolClientSecrets {{"UserPoolId":"$pool","ClientId":"$client"}}
            only /UserPoolClient/ClientSecret DescribeUserPoolClient {{"UserPoolId":"$pool","ClientId":"$client"}}
            {sign_in}
            RevokeToken {{"ClientId":"$client","Token":"$refresh","ClientSecret":"$first"}}
            secret = $second
            {sign_in}
            RevokeToken {{"ClientId":"$client","Token":"$refresh","ClientSecret":"$second"}}
            secret = another-secret-altogether
            {sign_in}
        "#)), @r#"
        "$second"
        200 {"ClientSecrets":[{"ClientSecretCreateDate":1.7E9,"ClientSecretId":"$client--1700000000000"},{"ClientSecretCreateDate":1.70000006E9,"ClientSecretId":"$client--1700000060000"}]}
        "$first"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        "#);
    }

    #[test]
    fn the_response_does_not_repeat_a_secret_of_the_caller() {
        let client = json!({"ClientSecret": "abcdefghijklmnopqrstuvwx"});
        assert_snapshot!(Fixture::with_pool_and_client(json!({}), client).run(r#"
            AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client","ClientSecret":"another_secret_of_24_char"}
            ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        200 {"ClientSecretDescriptor":{"ClientSecretCreateDate":1.7E9,"ClientSecretId":"$client--1700000000001"}}
        200 {"ClientSecrets":[{"ClientSecretCreateDate":1.7E9,"ClientSecretId":"$client--1700000000000"},{"ClientSecretCreateDate":1.7E9,"ClientSecretId":"$client--1700000000001"}]}
        "#);
    }

    #[test]
    fn a_client_has_at_most_two_secrets() {
        let client = json!({"GenerateSecret": true});
        assert_snapshot!(Fixture::with_pool_and_client(json!({}), client).run(r#"
            as id /ClientSecretDescriptor/ClientSecretId AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client"}
            AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client"}
            DeleteUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client","ClientSecretId":"$id"}
            only /ClientSecretDescriptor/ClientSecretCreateDate AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        "$id"
        400 LimitExceededException: Client secrets cannot exceed limit of 2 secrets.
        200 {}
        1700000000.0
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as secret /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","GenerateSecret":true}
            AddUserPoolClientSecret {}
            AddUserPoolClientSecret {"UserPoolId":"us-east-1_nope","ClientId":"nope","ClientSecret":"short"}
            AddUserPoolClientSecret {"UserPoolId":"us-east-1_nope","ClientId":"nope"}
            AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"nope"}
            AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client"}
            only /ClientSecretDescriptor/ClientSecretCreateDate AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$secret"}
        "#), @r#"
        "$secret"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value at 'clientSecret' failed to satisfy constraint: Member must have length greater than or equal to 24
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 InvalidParameterException: User pool client secret not enabled. Cannot create new secret.
        1700000000.0
        "#);
    }
}
