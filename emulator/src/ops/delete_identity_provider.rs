//! `DeleteIdentityProvider`: deletes an identity provider. It is inferred that its
//! clients, its group, and linked identities do not change.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteIdentityProvider.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    provider_name: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.identity_provider(&request.provider_name)?;
    pool.identity_providers.remove(&request.provider_name);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// A client keeps the name of the deleted provider. The name cannot be set again
    /// (R171).
    #[test]
    fn clients_keep_the_name_of_the_provider() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            only /UserPoolClient/SupportedIdentityProviders UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","SupportedIdentityProviders":["Google"]}
            DeleteIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google"}
            only /UserPoolClient/SupportedIdentityProviders DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","SupportedIdentityProviders":["Google"]}
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
        "#), @r#"
        "Google"
        ["Google"]
        200
        ["Google"]
        400 InvalidParameterException: The provider Google does not exist for User Pool $pool.
        "Google"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            DeleteIdentityProvider {"UserPoolId":"us-east-1_nope"}
            DeleteIdentityProvider {"UserPoolId":"us-east-1_nope","ProviderName":"nope"}
            DeleteIdentityProvider {"UserPoolId":"$pool","ProviderName":"nope"}
            DeleteIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google"}
            DeleteIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google"}
        "#), @r#"
        "Google"
        400 InvalidParameterException: 1 validation error detected: Value null at 'providerName' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Identity provider nope for tenantId $pool does not exist.
        200
        400 ResourceNotFoundException: Identity provider Google for tenantId $pool does not exist.
        "#);
    }
}
