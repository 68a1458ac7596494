//! `AdminLinkProviderForUser`: links an identity of another provider to a user
//! of the pool, so that the identity signs in as that user.
//!
//! In the emulator, no user signs in through a provider, so all that is known of an
//! identity is the link. The identity's `userId` is the value of the link.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminLinkProviderForUser.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::link::ProviderUser;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    destination_user: ProviderUser,
    source_user: ProviderUser,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.link(&request.destination_user, request.source_user, cx.now())?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::state::user::Status;
    use crate::testing::Fixture;

    /// `ana`, in a pool with Google and an OIDC provider.
    fn fixture() -> Fixture {
        let mut fixture = Fixture::with_user("ana").and_user("bob", serde_json::json!([]));
        fixture.run(r#"
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Google","ProviderType":"Google","ProviderDetails":{"client_id":"c","client_secret":"s","authorize_scopes":"email"}}
            CreateIdentityProvider {"UserPoolId":"$pool","ProviderName":"Corp","ProviderType":"OIDC","ProviderDetails":{"client_id":"c","authorize_scopes":"openid","oidc_issuer":"https://auth.example.com","attributes_request_method":"GET"},"AttributeMapping":{"email":"email"}}
        "#);
        fixture
    }

    /// The attribute has numbers and booleans, the claim has strings. Clients without
    /// read permission for the attribute do not get it.
    #[test]
    fn identities_are_shown() {
        assert_snapshot!(fixture().run(r#"
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"117892860558610669905"}}
            advance 60
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeName":"ignored","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Corp","ProviderAttributeName":"email","ProviderAttributeValue":"ana@example.com"}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            only /Users/0/Attributes/0/Name ListUsers {"UserPoolId":"$pool"}
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            claims id
            only /UserPoolClient/ReadAttributes UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ReadAttributes":["email"],"ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}
            only /UserAttributes GetUser {"AccessToken":"$access"}
        "#), @r##"
        200 {}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"identities","Value":"[{\"userId\":\"117892860558610669905\",\"providerName\":\"Google\",\"providerType\":\"Google\",\"issuer\":null,\"primary\":false,\"dateCreated\":1700000000000},{\"userId\":\"ana@example.com\",\"providerName\":\"Corp\",\"providerType\":\"OIDC\",\"issuer\":null,\"primary\":false,\"dateCreated\":1700000060000}]"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "identities"
        {}
        {"origin_jti":"#1","sub":"$sub","aud":"$client","event_id":"#2","identities":[{"userId":"117892860558610669905","providerName":"Google","providerType":"Google","issuer":null,"primary":"false","dateCreated":"1700000000000"},{"userId":"ana@example.com","providerName":"Corp","providerType":"OIDC","issuer":null,"primary":"false","dateCreated":"1700000060000"}],"token_use":"id","auth_time":1700000060,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","exp":1700003660,"iat":1700000060,"jti":"#3"}
        ["email"]
        [{"Name":"sub","Value":"$sub"}]
        "##);
    }

    /// A user can have five links. The identity of a deleted user can be linked to
    /// another user.
    #[test]
    fn a_user_has_at_most_five_links() {
        let mut fixture = fixture();
        for n in 0..5 {
            fixture.name("n", &n.to_string());
            fixture.run(r#"AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"$n"}}"#);
        }
        assert_snapshot!(fixture.run(r#"
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"5"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"bob"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"0"}}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"bob"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"0"}}
        "#), @"
        400 LimitExceededException: Linked identities cannot exceed limit of 5.
        400 AliasExistsException: Alias entry already exists for a different username
        200
        200 {}
        ");
    }

    /// R199: a user who has signed in through a provider cannot be a source.
    /// Such a user can be a destination.
    #[test]
    fn federated_users() {
        let mut fixture = fixture().and_user("Google_7", serde_json::json!([]));
        assert_snapshot!(fixture.run(r#"
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
        "#), @"400 InvalidParameterException: Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser");
        let handle = fixture.pool_handle();
        let now = fixture.emulator().world().now();
        let placed = handle.write().edit("Google_7", now, |user| {
            user.status = Status::ExternalProvider;
            Ok(())
        });
        placed.unwrap();
        assert_snapshot!(fixture.run(r#"
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Google","ProviderAttributeValue":"7"},"SourceUser":{"ProviderName":"Corp","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"8"}}
            only /UserAttributes/0 AdminGetUser {"UserPoolId":"$pool","Username":"Google_7"}
        "#), @r#"
        400 InvalidParameterException: Merging is not currently supported, provide a SourceUser that has not been signed up in order to link
        200 {}
        {"Name":"identities","Value":"[{\"userId\":\"8\",\"providerName\":\"Corp\",\"providerType\":\"OIDC\",\"issuer\":null,\"primary\":false,\"dateCreated\":1700000000000}]"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = fixture();
        fixture.name("long", &"7".repeat(108));
        assert_snapshot!(fixture.run(r#"
            AdminLinkProviderForUser {"UserPoolId":"us-east-1_nope","DestinationUser":{}}
            AdminLinkProviderForUser {"UserPoolId":"us-east-1_nope","DestinationUser":{},"SourceUser":{}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{},"SourceUser":{}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Nope","ProviderAttributeValue":"unknown"},"SourceUser":{}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Nope","ProviderAttributeValue":"unknown"},"SourceUser":{"ProviderName":"Cognito","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"bob"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Nope","ProviderAttributeValue":"unknown"},"SourceUser":{"ProviderName":"Facebook","ProviderAttributeName":"email","ProviderAttributeValue":"$long"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Nope","ProviderAttributeValue":"unknown"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"email","ProviderAttributeValue":"$long"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Nope","ProviderAttributeValue":"unknown"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"$long"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Nope","ProviderAttributeValue":"unknown"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"unknown"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"ana"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"bob"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"7"}}
            AdminLinkProviderForUser {"UserPoolId":"$pool","DestinationUser":{"ProviderName":"Cognito","ProviderAttributeValue":"bob"},"SourceUser":{"ProviderName":"Google","ProviderAttributeName":"Cognito_Subject","ProviderAttributeValue":"8"}}
        "#), @"
        400 InvalidParameterException: 1 validation error detected: Value null at 'sourceUser' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: DestinationUser must have a ProviderName.
        400 InvalidParameterException: SourceUser must have a ProviderName.
        400 InvalidParameterException: Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, only as a DestinationUser
        400 InvalidParameterException: The provider Facebook does not exist for User Pool $pool.
        400 InvalidParameterException: The ProviderAttributeName must be Cognito_Subject for the provider Google.
        400 InvalidParameterException: The names of provider and attribute and the attribute's value cannot be longer than 128 characters together.
        400 InvalidParameterException: The provider Nope does not exist for User Pool $pool.
        400 UserNotFoundException: User does not exist.
        200 {}
        400 InvalidParameterException: SourceUser is already linked to DestinationUser
        400 AliasExistsException: Alias entry already exists for a different username
        200 {}
        ");
    }
}
