//! `UpdateUserPoolClient`: replaces an app client's settings.
//!
//! Omitted members return to their default (fact 10.6), except the name and the
//! rotation of refresh tokens (6a-16, inferred). The secret cannot change.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolClient.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Cx, Result};
use crate::settings::client::{Doing, Settings};
use crate::views::client::ClientView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_client: ClientView,
}

pub(super) fn call(cx: &Cx<'_>, mut request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let mut client = pool.managed_client(&request.client_id)?.clone();
    request
        .settings
        .entry("ClientName")
        .or_insert_with(|| json!(client.settings.client_name));
    // Inferred from reports: <https://github.com/hashicorp/terraform-provider-aws/issues/47196>,
    // whose update omits the rotation, adds the refresh flow and is refused; in #43531, #47374 and
    // #47554 a block remains.
    if let Some(rotation) = &client.settings.refresh_token_rotation {
        request
            .settings
            .entry("RefreshTokenRotation")
            .or_insert_with(|| json!(rotation));
    }
    let settings = Settings::from_request(request.settings)?;
    pool.validate_client(&settings, client.has_secret(), Doing::Updating)?;
    client.settings = settings;
    client.modified_at = cx.now();
    let user_pool_client = ClientView::new(&pool.id, &client);
    pool.clients.insert(client.id.clone(), client);
    Ok(Response { user_pool_client })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value, json};

    use crate::model::Model;
    use crate::testing::Fixture;
    use crate::testing::requests::any_request;

    /// All settings except the name and the secret return to their defaults.
    #[test]
    fn omitted_members_are_reset() {
        assert_snapshot!(Fixture::with_pool_and_client(json!({}), json!({"GenerateSecret": true, "AuthSessionValidity": 9, "EnableTokenRevocation": false, "PreventUserExistenceErrors": "ENABLED", "ReadAttributes": ["email"]})).run(r#"
            advance 60
            spread UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            spread UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ClientName":"renamed","EnablePropagateAdditionalUserContextData":true}
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
            LastModifiedDate: 1700000060.0
            RefreshTokenValidity: 30
            TokenValidityUnits: {}
            UserPoolId: "$pool"
        200
          UserPoolClient:
            AllowedOAuthFlowsUserPoolClient: false
            AuthSessionValidity: 3
            ClientId: "$client"
            ClientName: "renamed"
            ClientSecret: "$secret"
            CreationDate: 1700000000.0
            EnablePropagateAdditionalUserContextData: true
            EnableTokenRevocation: true
            LastModifiedDate: 1700000060.0
            RefreshTokenValidity: 30
            TokenValidityUnits: {}
            UserPoolId: "$pool"
        200
          UserPoolClient:
            AllowedOAuthFlowsUserPoolClient: false
            AuthSessionValidity: 3
            ClientId: "$client"
            ClientName: "renamed"
            ClientSecret: "$secret"
            CreationDate: 1700000000.0
            EnablePropagateAdditionalUserContextData: true
            EnableTokenRevocation: true
            LastModifiedDate: 1700000060.0
            RefreshTokenValidity: 30
            TokenValidityUnits: {}
            UserPoolId: "$pool"
        "#);
    }

    /// Rotation stays until it is disabled, so an update that adds the refresh flow is refused.
    #[test]
    fn omitted_rotation_stays() {
        let client = json!({
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
            "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60},
        });
        assert_snapshot!(Fixture::with_pool_and_client(json!({}), client).run(r#"
            only /UserPoolClient/RefreshTokenRotation UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH"]}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_REFRESH_TOKEN_AUTH"]}
            only /UserPoolClient/RefreshTokenRotation UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_REFRESH_TOKEN_AUTH"],"RefreshTokenRotation":{"Feature":"DISABLED"}}
            only /UserPoolClient/RefreshTokenRotation UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        {"Feature":"ENABLED","RetryGracePeriodSeconds":60}
        400 InvalidParameterException: ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.
        {"Feature":"DISABLED","RetryGracePeriodSeconds":0}
        {"Feature":"DISABLED","RetryGracePeriodSeconds":0}
        "#);
    }

    /// Changes are validated like new clients: flows, lifetimes and attributes (R162,
    /// R172, R173, R176).
    #[test]
    fn changes_of_flows_lifetimes_and_attributes_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH","USER_PASSWORD_AUTH"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH","ALLOW_REFRESH_TOKEN_AUTH"],"RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":10}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":61}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AuthSessionValidity":2}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH"],"RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":10}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH","ALLOW_REFRESH_TOKEN_AUTH"],"RefreshTokenRotation":{"Feature":"DISABLED"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ADMIN_NO_SRP_AUTH","USER_PASSWORD_AUTH"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":25}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":4,"TokenValidityUnits":{"AccessToken":"minutes"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":299,"TokenValidityUnits":{"AccessToken":"seconds"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","IdTokenValidity":2,"TokenValidityUnits":{"IdToken":"days"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","RefreshTokenValidity":59,"TokenValidityUnits":{"RefreshToken":"minutes"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","RefreshTokenValidity":3651}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":2,"RefreshTokenValidity":1,"TokenValidityUnits":{"RefreshToken":"hours"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","IdTokenValidity":2,"RefreshTokenValidity":1,"TokenValidityUnits":{"RefreshToken":"hours"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":300,"IdTokenValidity":1,"RefreshTokenValidity":3650,"TokenValidityUnits":{"AccessToken":"seconds","IdToken":"days","RefreshToken":"days"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":1,"IdTokenValidity":5,"RefreshTokenValidity":3600,"TokenValidityUnits":{"IdToken":"minutes","RefreshToken":"seconds"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ReadAttributes":["email","custom:nope"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","WriteAttributes":["sub"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","WriteAttributes":["email_verified"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","WriteAttributes":["nope"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ReadAttributes":["email","email_verified"],"WriteAttributes":["email","name"]}
        "#), @r#"
        400 InvalidParameterException: Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.
        400 InvalidParameterException: ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'refreshTokenRotation.retryGracePeriodSeconds' failed to satisfy constraint: Member must have value less than or equal to 60
        400 InvalidParameterException: 1 validation error detected: Value '2' at 'authSessionValidity' failed to satisfy constraint: Member must have value greater than or equal to 3
        "client"
        "client"
        "client"
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Access and Id Token expiration times must be less than or equal to refresh token expiration times.
        400 InvalidParameterException: Access and Id Token expiration times must be less than or equal to refresh token expiration times.
        "client"
        "client"
        400 InvalidParameterException: Invalid read attributes specified while updating a client
        400 InvalidParameterException: Invalid write attributes specified while updating a client
        400 InvalidParameterException: Invalid write attributes specified while updating a client
        400 InvalidParameterException: Invalid write attributes specified while updating a client
        "client"
        "#);
    }

    /// Changes are validated like new clients: URLs, OAuth, providers and analytics
    /// (R163 to R171, R174, R175). A refused request changes nothing.
    #[test]
    fn changes_of_urls_oauth_and_analytics_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","CallbackURLs":["https://example.com/cb#frag"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","CallbackURLs":["http://example.com/cb"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","LogoutURLs":["http://localhost.example.com"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","CallbackURLs":["https://example.com/cb"],"DefaultRedirectURI":"https://example.com/other"}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","CallbackURLs":["https://example.com/cb","http://localhost:3000/cb","http://127.0.0.1","http://[::1]:80/","myapp://cb"],"LogoutURLs":["http://localhost/out"],"DefaultRedirectURI":"myapp://cb"}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthFlows":["code"],"AllowedOAuthScopes":["openid"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],"CallbackURLs":["https://example.com"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthScopes":["openid"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthFlows":["client_credentials","code"],"CallbackURLs":["https://example.com"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthFlows":["client_credentials"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],"AllowedOAuthScopes":["openid","api/read"],"CallbackURLs":["https://example.com"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","SupportedIdentityProviders":["COGNITO","Google"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client",
                "AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code","implicit"],
                "AllowedOAuthScopes":["openid","email","phone","profile","aws.cognito.signin.user.admin"],
                "CallbackURLs":["https://example.com"],"SupportedIdentityProviders":["COGNITO"]}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AnalyticsConfiguration":{"ApplicationId":"a"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AnalyticsConfiguration":{"ApplicationArn":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/a","ApplicationId":"a"}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AnalyticsConfiguration":{"UserDataShared":true}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","EnablePropagateAdditionalUserContextData":true}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AnalyticsConfiguration":{"ApplicationArn":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/a","UserDataShared":true}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AnalyticsConfiguration":{"ApplicationId":"a","RoleArn":"arn:aws:iam::123456789012:role/r","ExternalId":"e"}}
            spread DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        400 InvalidParameterException: https://example.com/cb#frag cannot use fragment
        400 InvalidParameterException: http://example.com/cb cannot use the HTTP protocol.
        400 InvalidParameterException: http://localhost.example.com cannot use the HTTP protocol.
        400 InvalidParameterException: The default redirect URI https://example.com/other is not in the callback URIs list.
        "client"
        400 InvalidParameterException: CallbackUrls can not be empty when code flow or implicit flow is selected
        400 InvalidParameterException: AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.
        400 InvalidParameterException: AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.
        400 InvalidOAuthFlowException: client_credentials flow can not be selected along with code flow or implicit flow.
        400 InvalidOAuthFlowException: client_credentials flow can not be selected if client does not have a client secret.
        400 ScopeDoesNotExistException: Invalid scope requested: api/read
        400 InvalidParameterException: The provider Google does not exist for User Pool $pool.
        "client"
        400 InvalidParameterException: Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid
        400 InvalidParameterException: Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid
        400 InvalidParameterException: Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid
        400 InvalidParameterException: Client Secret is required to set EnablePropagateAdditionalUserContextData as true
        "client"
        "client"
        200
          UserPoolClient:
            AllowedOAuthFlowsUserPoolClient: false
            AnalyticsConfiguration: {"ApplicationId":"a","ExternalId":"e","RoleArn":"arn:aws:iam::123456789012:role/r"}
            AuthSessionValidity: 3
            ClientId: "$client"
            ClientName: "client"
            CreationDate: 1700000000.0
            EnablePropagateAdditionalUserContextData: false
            EnableTokenRevocation: true
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
            UpdateUserPoolClient {}
            UpdateUserPoolClient {"UserPoolId":"us-east-1_nope","ClientId":"nope","AccessTokenValidity":25}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"nope","AccessTokenValidity":25}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":25}
            spread UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AccessTokenValidity":24}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client does not exist.
        400 InvalidParameterException: Invalid range for token validity.
        200
          UserPoolClient:
            AccessTokenValidity: 24
            AllowedOAuthFlowsUserPoolClient: false
            AuthSessionValidity: 3
            ClientId: "$client"
            ClientName: "client"
            CreationDate: 1700000000.0
            EnablePropagateAdditionalUserContextData: false
            EnableTokenRevocation: true
            LastModifiedDate: 1700000000.0
            RefreshTokenValidity: 30
            TokenValidityUnits: {}
            UserPoolId: "$pool"
        "#);
    }

    /// Alternatives that pass validation, for each group of members that depend on each
    /// other.
    fn versions() -> [Vec<Value>; 10] {
        let urls = json!([
            "https://example.com/cb",
            "http://localhost:3000",
            "myapp://cb"
        ]);
        [
            vec![
                json!({"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}),
                json!({"ExplicitAuthFlows": ["ADMIN_NO_SRP_AUTH", "USER_PASSWORD_AUTH"]}),
                json!({"ExplicitAuthFlows": [], "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}}),
                json!({"RefreshTokenRotation": {"Feature": "DISABLED"}}),
            ],
            vec![
                json!({"RefreshTokenValidity": 0}),
                json!({"RefreshTokenValidity": 3650, "AccessTokenValidity": 24}),
                json!({"TokenValidityUnits": {"RefreshToken": "minutes", "AccessToken": "seconds"}}),
                json!({"TokenValidityUnits": {"RefreshToken": "hours", "IdToken": "minutes"}, "RefreshTokenValidity": 1, "IdTokenValidity": 60}),
                json!({"TokenValidityUnits": {"AccessToken": "seconds"}, "AccessTokenValidity": 86400}),
            ],
            vec![
                json!({"ReadAttributes": ["sub", "email", "email_verified"]}),
                json!({"ReadAttributes": []}),
            ],
            vec![
                json!({"WriteAttributes": ["email", "name"]}),
                json!({"WriteAttributes": []}),
            ],
            vec![
                json!({"SupportedIdentityProviders": ["COGNITO"]}),
                json!({"SupportedIdentityProviders": []}),
            ],
            vec![
                json!({"CallbackURLs": urls, "DefaultRedirectURI": "myapp://cb", "LogoutURLs": urls}),
                json!({"CallbackURLs": urls, "AllowedOAuthFlows": ["code", "implicit"], "AllowedOAuthScopes": ["openid", "email"], "AllowedOAuthFlowsUserPoolClient": true}),
                json!({"AllowedOAuthFlows": [], "AllowedOAuthScopes": [], "CallbackURLs": []}),
                json!({"GenerateSecret": true, "AllowedOAuthFlows": ["client_credentials"], "EnablePropagateAdditionalUserContextData": true}),
            ],
            vec![
                json!({"AnalyticsConfiguration": {"ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a", "UserDataShared": true}}),
                json!({"AnalyticsConfiguration": {"ApplicationId": "a", "RoleArn": "arn:aws:iam::123456789012:role/r", "ExternalId": "e"}}),
            ],
            vec![
                json!({"PreventUserExistenceErrors": "LEGACY"}),
                json!({"PreventUserExistenceErrors": "ENABLED"}),
            ],
            vec![
                json!({"EnableTokenRevocation": false}),
                json!({"EnableTokenRevocation": true}),
            ],
            vec![
                json!({"AuthSessionValidity": 3}),
                json!({"AuthSessionValidity": 15}),
            ],
        ]
    }

    /// A request that `CreateUserPoolClient` accepts, without the pool's id.
    fn accepted() -> impl Strategy<Value = Value> {
        let parts = versions().map(|versions| option::of(select(versions)));
        parts.prop_map(|parts| {
            let mut request = json!({"ClientName": "c"});
            for (name, value) in parts
                .into_iter()
                .flatten()
                .filter_map(|part| part.as_object().cloned())
                .flatten()
            {
                request[name] = value;
            }
            request
        })
    }

    fn is_returned(mut request: Value) -> Result<(), TestCaseError> {
        let mut fixture = Fixture::new();
        request["UserPoolId"] = json!(fixture.get("pool"));
        let made = fixture.call("CreateUserPoolClient", request);
        prop_assert!(made.is_ok(), "{}", made);
        let client = &made.body["UserPoolClient"];
        let ids = json!({"UserPoolId": client["UserPoolId"], "ClientId": client["ClientId"]});
        let known = Model::get()
            .operation("UpdateUserPoolClient")
            .unwrap()
            .input();
        let members = client.as_object().unwrap().iter();
        let update = members
            .filter(|(name, _)| known.member(name).is_some())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let updated = fixture.call("UpdateUserPoolClient", update);
        prop_assert!(updated.is_ok(), "{}", updated);
        prop_assert_eq!(client, &updated.body["UserPoolClient"]);
        let described = fixture.must("DescribeUserPoolClient", ids);
        prop_assert_eq!(&sorted(client), &described["UserPoolClient"]);
        Ok(())
    }

    /// `client` with its lists in the order in which describe returns them.
    fn sorted(client: &Value) -> Value {
        let mut client = client.clone();
        for value in client.as_object_mut().unwrap().values_mut() {
            if let Value::Array(members) = value {
                members.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            }
        }
        client
    }

    proptest! {
        /// A description that is sent back changes nothing.
        #[test]
        fn an_update_with_the_description_changes_nothing(request in accepted()) {
            is_returned(request)?;
        }

        /// Any request that the model allows is refused with a sentence, or the
        /// response has its values.
        #[test]
        fn any_request_is_refused_or_returned(
            mut request in any_request(Model::get().operation("CreateUserPoolClient").unwrap()),
        ) {
            let mut fixture = Fixture::new();
            request["UserPoolId"] = json!(fixture.get("pool"));
            match fixture.call("CreateUserPoolClient", request.clone()) {
                reply if reply.is_ok() => is_returned(request)?,
                reply => prop_assert_ne!(reply.status, 500, "{}", reply),
            }
        }
    }
}
