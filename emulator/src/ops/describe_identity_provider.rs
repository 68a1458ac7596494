//! `DescribeIdentityProvider`: returns an identity provider with its client
//! secret.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeIdentityProvider.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::identity_provider::IdentityProvider;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    provider_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    identity_provider: IdentityProvider,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    Ok(Response {
        identity_provider: pool.identity_provider(&request.provider_name)?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            DescribeIdentityProvider {"UserPoolId":"us-east-1_nope","ProviderName":""}
            DescribeIdentityProvider {"UserPoolId":"us-east-1_nope","ProviderName":"google"}
            DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"google"}
            spread DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google"}
        "#), @r#"
        "Google"
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'providerName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'providerName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Identity provider google for tenantId $pool does not exist.
        200
          IdentityProvider:
            AttributeMapping: {"username":"sub"}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000000.0
            ProviderDetails:
              attributes_url: "https://people.googleapis.com/v1/people/me?personFields="
              attributes_url_add_attributes: "true"
              authorize_scopes: "email"
              authorize_url: "https://accounts.google.com/o/oauth2/v2/auth"
              client_id: "c"
              client_secret: "s"
              oidc_issuer: "https://accounts.google.com"
              token_request_method: "POST"
              token_url: "https://www.googleapis.com/oauth2/v4/token"
            ProviderName: "Google"
            ProviderType: "Google"
            UserPoolId: "$pool"
        "#);
    }
}
