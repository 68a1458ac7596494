//! `AdminDisableProviderForUser`: removes the link to an identity of another
//! provider or, for the provider `Cognito`, a user's password.
//!
//! The documentation says that the user cannot sign in with the password. That
//! the password is deleted is inferred.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableProviderForUser.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::link::ProviderUser;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    user: ProviderUser,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.disable_provider(request.user, cx.now())?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// A link that was made by an attribute is removed by that attribute.
    #[test]
    fn links_are_removed() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC",
                "ProviderDetails":{"client_id":"c","authorize_scopes":"openid","oidc_issuer":"https://auth.example.com","attributes_request_method":"GET"},
                "AttributeMapping":{"email":"email"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Corp","ProviderAttributeName":"email","ProviderAttributeValue":"ana@example.com"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Corp","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Corp","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"ana@example.com"}}
            advance 60
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Corp","ProviderAttributeName":"email","ProviderAttributeValue":"ana@example.com"}}
            only /UserAttributes/0 AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Corp","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Corp","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
        "#), @r#"
        "Corp"
        200 {}
        200 {}
        400 InvalidParameterException: Account isn't linked to anyone else, verify that the account has been linked
        200 {}
        {"Name":"identities","Value":"[{\"userId\":\"7\",\"providerName\":\"Corp\",\"providerType\":\"OIDC\",\"issuer\":null,\"primary\":false,\"dateCreated\":1700000000000}]"}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        "#);
    }

    /// A user of the pool can no longer use the password.
    #[test]
    fn local_users_lose_their_password() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Cognito","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"ana"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password","Permanent":true}
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @r#"
        200 {}
        400 NotAuthorizedException: Incorrect username or password.
        "CONFIRMED"
        200 {}
        {}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            only /IdentityProvider/ProviderName CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminDisableProviderForUser {"UserPoolId":"us-east-1_nope"}
            AdminDisableProviderForUser {"UserPoolId":"us-east-1_nope","User":{}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Facebook","ProviderAttributeName":"email","ProviderAttributeValue":"Google_7"}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Google","ProviderAttributeName":"email","ProviderAttributeValue":"Google_7"}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"Google_7"}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Cognito","ProviderAttributeName":"username","ProviderAttributeValue":"unknown"}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Cognito","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"unknown"}}
            AdminDisableProviderForUser {"UserPoolId":"$pool","User":{"ProviderName":"Cognito","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"ana"}}
        "#), @r#"
        "Google"
        200 {}
        400 InvalidParameterException: 1 validation error detected: Value null at 'user' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: User must have a ProviderName.
        400 InvalidParameterException: The provider Facebook does not exist for User Pool $pool.
        400 InvalidParameterException: The ProviderAttributeName must be Cognito_Subject for the provider Google.
        400 InvalidParameterException: Account isn't linked to anyone else, verify that the account has been linked
        200 {}
        400 InvalidParameterException: The ProviderAttributeName must be Cognito_Subject for the provider Cognito.
        400 UserNotFoundException: User does not exist.
        200 {}
        "#);
    }
}
