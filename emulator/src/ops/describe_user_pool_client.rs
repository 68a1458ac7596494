//! `DescribeUserPoolClient`: returns an app client's settings and secret.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeUserPoolClient.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::views::client::ClientView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_client: ClientView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let client = pool.managed_client(&request.client_id)?;
    Ok(Response {
        user_pool_client: ClientView::described(&pool.id, client),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// Fact 10.12: a client created with a name only.
    #[test]
    fn shows_a_default_client() {
        let mut fixture = Fixture::new();
        let pool = fixture.get("pool").to_owned();
        let made = fixture.must(
            "CreateUserPoolClient",
            json!({"UserPoolId": pool, "ClientName": "plain"}),
        );
        fixture.name(
            "plain",
            made["UserPoolClient"]["ClientId"].as_str().unwrap(),
        );
        assert_snapshot!(fixture.run(r#"
            spread DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$plain"}
        "#), @r#"
        200
          UserPoolClient:
            AllowedOAuthFlowsUserPoolClient: false
            AuthSessionValidity: 3
            ClientId: "$plain"
            ClientName: "plain"
            CreationDate: 1700000000.0
            EnablePropagateAdditionalUserContextData: false
            EnableTokenRevocation: true
            LastModifiedDate: 1700000000.0
            RefreshTokenValidity: 30
            TokenValidityUnits: {}
            UserPoolId: "$pool"
        "#);
    }

    #[test]
    fn shows_the_secret() {
        let mut fixture = Fixture::with_pool_and_client(json!({}), json!({"GenerateSecret": true}));
        assert_snapshot!(fixture.run(r#"
            spread DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        200
          UserPoolClient:
            AllowedOAuthFlowsUserPoolClient: false
            AuthSessionValidity: 3
            ClientId: "$client"
            ClientName: "client"
            ClientSecret: "$secret"
            CreationDate: 1700000000.0
            EnablePropagateAdditionalUserContextData: false
            EnableTokenRevocation: true
            ExplicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH","ALLOW_USER_PASSWORD_AUTH","ALLOW_USER_SRP_AUTH"]
            LastModifiedDate: 1700000000.0
            RefreshTokenValidity: 30
            TokenValidityUnits: {}
            UserPoolId: "$pool"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            DescribeUserPoolClient {}
            DescribeUserPoolClient {"UserPoolId":"us-east-1_nope","ClientId":"nope"}
            DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"nope"}
            spread DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client does not exist.
        200
          UserPoolClient:
            AllowedOAuthFlowsUserPoolClient: false
            AuthSessionValidity: 3
            ClientId: "$client"
            ClientName: "client"
            CreationDate: 1700000000.0
            EnablePropagateAdditionalUserContextData: false
            EnableTokenRevocation: true
            ExplicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH","ALLOW_USER_PASSWORD_AUTH","ALLOW_USER_SRP_AUTH"]
            LastModifiedDate: 1700000000.0
            RefreshTokenValidity: 30
            TokenValidityUnits: {}
            UserPoolId: "$pool"
        "#);
    }
}
