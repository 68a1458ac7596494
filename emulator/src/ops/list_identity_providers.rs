//! `ListIdentityProviders`: lists the names and types of a pool's identity
//! providers, page by page, ordered by name (inferred).
//!
//! A page has at most 50 providers, as the model declares for the response, even if the
//! request allows 60. The AWS CLI's example of 2023-12 or later sends no `MaxResults`, which was
//! refused like 0 in 2019 (<https://github.com/aws/aws-cli/issues/3866>); whether 0 still is, is
//! not known.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListIdentityProviders.html>

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;
use crate::settings::identity_provider::{IdentityProvider, ProviderType};
use crate::world::Time;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    providers: Vec<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `ProviderDescription`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    provider_name: String,
    provider_type: ProviderType,
    last_modified_date: Time,
    creation_date: Time,
}

impl From<&IdentityProvider> for Description {
    fn from(provider: &IdentityProvider) -> Self {
        Self {
            provider_name: provider.provider_name.clone(),
            provider_type: provider.provider_type,
            last_modified_date: provider.last_modified_date,
            creation_date: provider.creation_date,
        }
    }
}

const LARGEST: usize = 50;

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let list = format!("identity providers {}", pool.id);
    let token = request.next_token.as_deref();
    let after: Option<String> = page::resume(token, &list, cx.now())?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let providers = pool.identity_providers.range((from, Bound::Unbounded));
    let size = page::size(request.max_results).min(LARGEST);
    let (providers, next_token) = page::cut(
        providers,
        size,
        |(name, _)| (*name).clone(),
        &list,
        cx.now(),
    );
    Ok(Response {
        providers: providers.into_iter().map(|(_, one)| one.into()).collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn providers_are_listed_by_name_page_by_page() {
        assert_snapshot!(Fixture::new().run(r#"
            ListIdentityProviders {"UserPoolId":"$pool"}
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Zeta","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"}}
            advance 60
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Alpha","ProviderType":"SAML","ProviderDetails":{"MetadataURL":"https://example.com"}}
            ListIdentityProviders {"UserPoolId":"$pool","MaxResults":2}
            DeleteIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google"}
            ListIdentityProviders {"UserPoolId":"$pool","MaxResults":2,"NextToken":"$token"}
            ListIdentityProviders {"UserPoolId":"$pool","MaxResults":0}
        "#), @r#"
        200 {"Providers":[]}
        "Zeta"
        "Google"
        "Alpha"
        200 {"NextToken":"$token","Providers":[{"CreationDate":1.70000006E9,"LastModifiedDate":1.70000006E9,"ProviderName":"Alpha","ProviderType":"SAML"},{"CreationDate":1.70000006E9,"LastModifiedDate":1.70000006E9,"ProviderName":"Google","ProviderType":"Google"}]}
        200
        200 {"Providers":[{"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ProviderName":"Zeta","ProviderType":"SAML"}]}
        200 {"Providers":[{"CreationDate":1.70000006E9,"LastModifiedDate":1.70000006E9,"ProviderName":"Alpha","ProviderType":"SAML"},{"CreationDate":1.7E9,"LastModifiedDate":1.7E9,"ProviderName":"Zeta","ProviderType":"SAML"}]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListIdentityProviders {"UserPoolId":"us-east-1_nope","MaxResults":61,"NextToken":"nope"}
            ListIdentityProviders {"UserPoolId":"us-east-1_nope","MaxResults":60,"NextToken":"nope"}
            ListIdentityProviders {"UserPoolId":"$pool","MaxResults":60,"NextToken":"nope"}
            ListIdentityProviders {"UserPoolId":"$pool","MaxResults":60}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"Providers":[]}
        "#);
    }
}
