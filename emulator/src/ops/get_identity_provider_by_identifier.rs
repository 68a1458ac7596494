//! `GetIdentityProviderByIdentifier`: returns the identity provider that has an
//! identifier.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetIdentityProviderByIdentifier.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::identity_provider::IdentityProvider;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    idp_identifier: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    identity_provider: IdentityProvider,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    Ok(Response {
        identity_provider: pool.identified_provider(&request.idp_identifier)?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above. A name is not an
    /// identifier.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"},"IdpIdentifiers":["one","example.com"]}
            GetIdentityProviderByIdentifier {"UserPoolId":"us-east-1_nope","IdpIdentifier":"a/b"}
            GetIdentityProviderByIdentifier {"UserPoolId":"us-east-1_nope","IdpIdentifier":"Google"}
            GetIdentityProviderByIdentifier {"UserPoolId":"$pool","IdpIdentifier":"Google"}
            spread GetIdentityProviderByIdentifier {"UserPoolId":"$pool","IdpIdentifier":"example.com"}
        "#), @r#"
        "Google"
        400 InvalidParameterException: 1 validation error detected: Value 'a/b' at 'idpIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=.@-]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Identity provider with identifier Google for tenantId $pool does not exist.
        200
          IdentityProvider:
            AttributeMapping: {"username":"sub"}
            CreationDate: 1700000000.0
            IdpIdentifiers: ["one","example.com"]
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
