//! `UpdateIdentityProvider`: changes an identity provider. Omitted members do not
//! change, members in the request are replaced as a whole, and empty ones are removed
//! (floci-io/floci#2858).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateIdentityProvider.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::identity_provider::{IdentityProvider, Texts, validate_acr, validate_mapping};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    provider_name: String,
    provider_details: Option<Texts>,
    attribute_mapping: Option<Texts>,
    idp_identifiers: Option<Vec<String>>,
    acr_mapping: Option<Texts>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    identity_provider: IdentityProvider,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let Some(found) = pool.identity_providers.get(&request.provider_name) else {
        return Err(Error::UpdatedProviderNotFound {
            provider: request.provider_name,
            pool: request.user_pool_id,
        });
    };
    let mut provider = found.clone();
    let kind = provider.provider_type;
    if let Some(details) = request.provider_details {
        let certificate = provider.provider_details.get("ActiveEncryptionCertificate");
        let certificate = certificate.cloned().unwrap_or_default();
        provider.provider_details = kind.complete(details, &certificate)?;
    }
    if let Some(mapping) = request.attribute_mapping {
        validate_mapping(&mapping, &pool.schema)?;
        provider.attribute_mapping = mapping;
    }
    if let Some(mapping) = request.acr_mapping {
        validate_acr(Some(&mapping), kind)?;
        provider.acr_mapping = (!mapping.is_empty()).then_some(mapping);
    }
    if let Some(identifiers) = request.idp_identifiers {
        pool.check_identifiers(&request.provider_name, &identifiers)?;
        provider.idp_identifiers = identifiers;
    }
    provider.last_modified_date = cx.now();
    pool.identity_providers
        .insert(request.provider_name, provider.clone());
    Ok(Response {
        identity_provider: provider,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn omitted_members_do_not_change() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC",
                "ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"openid","oidc_issuer":"https://auth.example.com","attributes_request_method":"GET"},
                "AttributeMapping":{"email":"mail"},"IdpIdentifiers":["a","b"],"AcrMapping":{"Level1":"bronze"}}
            advance 60
            spread UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp"}
            spread UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderDetails":{"client_id":"d","authorize_scopes":"openid","oidc_issuer":"https://auth.example.com","attributes_request_method":"POST"},"IdpIdentifiers":["b","c"]}
            spread UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","AttributeMapping":{},"IdpIdentifiers":[],"AcrMapping":{}}
            spread DescribeIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp"}
        "#), @r#"
        "Corp"
        200
          IdentityProvider:
            AcrMapping: {"Level1":"bronze"}
            AttributeMapping: {"email":"mail"}
            CreationDate: 1700000000.0
            IdpIdentifiers: ["a","b"]
            LastModifiedDate: 1700000060.0
            ProviderDetails: {"attributes_request_method":"GET","attributes_url_add_attributes":"false","authorize_scopes":"openid","client_id":"c","client_secret":"s","oidc_issuer":"https://auth.example.com"}
            ProviderName: "Corp"
            ProviderType: "OIDC"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AcrMapping: {"Level1":"bronze"}
            AttributeMapping: {"email":"mail"}
            CreationDate: 1700000000.0
            IdpIdentifiers: ["b","c"]
            LastModifiedDate: 1700000060.0
            ProviderDetails: {"attributes_request_method":"POST","attributes_url_add_attributes":"false","authorize_scopes":"openid","client_id":"d","oidc_issuer":"https://auth.example.com"}
            ProviderName: "Corp"
            ProviderType: "OIDC"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AttributeMapping: {}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000060.0
            ProviderDetails: {"attributes_request_method":"POST","attributes_url_add_attributes":"false","authorize_scopes":"openid","client_id":"d","oidc_issuer":"https://auth.example.com"}
            ProviderName: "Corp"
            ProviderType: "OIDC"
            UserPoolId: "$pool"
        200
          IdentityProvider:
            AttributeMapping: {}
            CreationDate: 1700000000.0
            IdpIdentifiers: []
            LastModifiedDate: 1700000060.0
            ProviderDetails: {"attributes_request_method":"POST","attributes_url_add_attributes":"false","authorize_scopes":"openid","client_id":"d","oidc_issuer":"https://auth.example.com"}
            ProviderName: "Corp"
            ProviderType: "OIDC"
            UserPoolId: "$pool"
        "#);
    }

    /// The provider keeps the pool's certificate.
    #[test]
    fn saml() {
        assert_snapshot!(Fixture::new().run(r#"
            as certificate /IdentityProvider/ProviderDetails/ActiveEncryptionCertificate CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"}}
            only /IdentityProvider/ProviderDetails UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderDetails":{"MetadataURL":"https://example.org","IDPSignout":"true"}}
        "#), @r#"
        "$certificate"
        {"ActiveEncryptionCertificate":"$certificate","IDPSignout":"true","MetadataURL":"https://example.org"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"},"IdpIdentifiers":["a"]}
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            UpdateIdentityProvider {"UserPoolId":"us-east-1_nope","ProviderDetails":{"client_id":"c"},"AttributeMapping":{"nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a"]}
            UpdateIdentityProvider {"UserPoolId":"us-east-1_nope","ProviderName":"nope","ProviderDetails":{"client_id":"c"},"AttributeMapping":{"nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a"]}
            UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"nope","ProviderDetails":{"client_id":"c"},"AttributeMapping":{"nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a"]}
            UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderDetails":{"client_id":"c"},"AttributeMapping":{"nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a"]}
            UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","AttributeMapping":{"nope":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a"]}
            UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","AttributeMapping":{"name":"b"},"AcrMapping":{"Level1":"x"},"IdpIdentifiers":["a"]}
            UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","AttributeMapping":{"name":"b"},"IdpIdentifiers":["a"]}
            spread UpdateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","AttributeMapping":{"name":"b"},"IdpIdentifiers":["b"]}
        "#), @r#"
        "Corp"
        "Google"
        400 InvalidParameterException: 1 validation error detected: Value null at 'providerName' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Identity provider nope in User Pool $pool does not exist.
        400 InvalidParameterException: clientId, clientSecret and authorizeScopes are all required idp details.
        400 InvalidParameterException: AttributeMapping contains invalid mapping: [nope]
        400 InvalidParameterException: AcrMapping is supported for OIDC identity providers only.
        400 InvalidParameterException: The identifier a is already in use by an identity provider.
        200
          IdentityProvider:
            AttributeMapping: {"name":"b"}
            CreationDate: 1700000000.0
            IdpIdentifiers: ["b"]
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
