//! `ListUserPoolClientSecrets`: lists the ids and creation dates of an app
//! client's secrets, without their values.
//!
//! A client has at most two secrets, so the response has all of them, without a page
//! token.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPoolClientSecrets.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;
use crate::views::client::SecretView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    client_secrets: Vec<SecretView>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let client = pool.client(&request.client_id)?;
    page::refuse_token(request.next_token.as_deref())?;
    Ok(Response {
        client_secrets: client.secrets.iter().map(SecretView::new).collect(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn confidential_and_public_clients() {
        assert_snapshot!(Fixture::new().run(r#"
            ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"$client"}
            as own /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ClientSecret":"abcdefghijklmnopqrstuvwx"}
            ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"$own"}
            advance 1
            AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$own","ClientSecret":"abcdefghijklmnopqrstuvwy"}
            ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"$own"}
        "#), @r#"
        200 {"ClientSecrets":[]}
        "$own"
        200 {"ClientSecrets":[{"ClientSecretCreateDate":1.7E9,"ClientSecretId":"$own--1700000000000"}]}
        200 {"ClientSecretDescriptor":{"ClientSecretCreateDate":1.700000001E9,"ClientSecretId":"$own--1700000001000"}}
        200 {"ClientSecrets":[{"ClientSecretCreateDate":1.7E9,"ClientSecretId":"$own--1700000000000"},{"ClientSecretCreateDate":1.700000001E9,"ClientSecretId":"$own--1700000001000"}]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListUserPoolClientSecrets {}
            ListUserPoolClientSecrets {"UserPoolId":"us-east-1_nope","ClientId":"nope","NextToken":"more"}
            ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"nope","NextToken":"more"}
            ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"$client","NextToken":"more"}
            ListUserPoolClientSecrets {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"ClientSecrets":[]}
        "#);
    }
}
