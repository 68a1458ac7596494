//! `CreateUserPoolClient`: creates an app client, with or without a secret.
//!
//! As an extension, a name `_custom_id_:<id>` chooses the id ([`pinned`]).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::client::{Doing, Settings};
use crate::settings::session::SsoSession;
use crate::state::client::{Client, Secret};
use crate::state::pinned;
use crate::views::client::ClientView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    #[serde(default)]
    generate_secret: bool,
    client_secret: Option<Box<str>>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_client: ClientView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let has_secret = request.generate_secret || request.client_secret.is_some();
    if request.generate_secret && request.client_secret.is_some() {
        return Err(Error::SecretGivenAndGenerated);
    }
    let settings = Settings::from_request(request.settings)?;
    pool.validate_client(&settings, has_secret, Doing::Creating)?;
    let generated = || {
        request
            .generate_secret
            .then(|| cx.world.chance.client_secret().into())
    };
    let id = if let Some(id) = pinned::of_name(cx.world, &settings.client_name) {
        pinned::validate_client_id(id)?;
        id.to_owned()
    } else {
        cx.world.chance.client_id()
    };
    let secret = request.client_secret.or_else(generated);
    let secret = secret.map(|value| Secret::new(&id, value, cx.now()));
    let client = Client {
        id,
        secrets: secret.into_iter().collect(),
        created_at: cx.now(),
        modified_at: cx.now(),
        settings,
        sso_session: SsoSession::default(),
    };
    let user_pool_client = ClientView::new(&pool.id, &client);
    let id = client.id.clone();
    cx.state.insert_client(&id, &pool.id)?;
    if let Err(full) = pool.insert_client(client) {
        cx.state.remove_client(&id);
        return Err(full);
    }
    Ok(Response { user_pool_client })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// As in `LocalStack`: the name chooses the id, and is kept.
    #[test]
    fn a_name_chooses_the_id() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"_custom_id_:web"}
            only /UserPoolClient/ClientName DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"web"}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"_custom_id_:web"}
            as second /UserPool/Id CreateUserPool {"PoolName":"q"}
            CreateUserPoolClient {"UserPoolId":"$second","ClientName":"_custom_id_:web"}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"_custom_id_:my-web"}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"_custom_id_:"}
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"web"}
            only /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$second","ClientName":"_custom_id_:web"}
        "#), @r#"
        "web"
        "_custom_id_:web"
        400 InvalidParameterException: The id web is in use. Choose another id, or delete what has it.
        "$second"
        400 InvalidParameterException: The id web is in use. Choose another id, or delete what has it.
        400 InvalidParameterException: The id my-web in the client name after _custom_id_: cannot be used. Write letters, digits, _ or +, 128 characters at most.
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'clientName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'clientName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+
        200
        "web"
        "#);
    }

    #[test]
    fn settings_are_returned() {
        assert_snapshot!(Fixture::new().run(r#"
            spread CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","RefreshTokenValidity":2,"AccessTokenValidity":30,
                "IdTokenValidity":60,"TokenValidityUnits":{"AccessToken":"minutes","IdToken":"minutes","RefreshToken":"days"},
                "ReadAttributes":["email"],"WriteAttributes":["email"],"ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH"],
                "SupportedIdentityProviders":["COGNITO"],"CallbackURLs":["https://example.com/cb"],"LogoutURLs":["https://example.com"],
                "DefaultRedirectURI":"https://example.com/cb","AllowedOAuthFlows":["code"],"AllowedOAuthScopes":["openid"],
                "AllowedOAuthFlowsUserPoolClient":true,"PreventUserExistenceErrors":"ENABLED","EnableTokenRevocation":false,
                "AuthSessionValidity":15,"RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":0}}
        "#), @r#"
        200
          UserPoolClient:
            AccessTokenValidity: 30
            AllowedOAuthFlows: ["code"]
            AllowedOAuthFlowsUserPoolClient: true
            AllowedOAuthScopes: ["openid"]
            AuthSessionValidity: 15
            CallbackURLs: ["https://example.com/cb"]
            ClientId: "1f6uhnfnv9o888et09u79d5t1t"
            ClientName: "c"
            CreationDate: 1700000000.0
            DefaultRedirectURI: "https://example.com/cb"
            EnablePropagateAdditionalUserContextData: false
            EnableTokenRevocation: false
            ExplicitAuthFlows: ["ALLOW_USER_SRP_AUTH"]
            IdTokenValidity: 60
            LastModifiedDate: 1700000000.0
            LogoutURLs: ["https://example.com"]
            PreventUserExistenceErrors: "ENABLED"
            ReadAttributes: ["email"]
            RefreshTokenRotation: {"Feature":"ENABLED","RetryGracePeriodSeconds":0}
            RefreshTokenValidity: 2
            SupportedIdentityProviders: ["COGNITO"]
            TokenValidityUnits: {"AccessToken":"minutes","IdToken":"minutes","RefreshToken":"days"}
            UserPoolId: "$pool"
            WriteAttributes: ["email"]
        "#);
    }

    /// A generated secret, a secret of the caller (24 to 64 characters), or
    /// none.
    #[test]
    fn secrets() {
        assert_snapshot!(Fixture::new().run(r#"
            as made /UserPoolClient/ClientSecret CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","GenerateSecret":true}
            only /UserPoolClient/ClientSecret CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ClientSecret":"abcdefghijklmnopqrstuvwx"}
            only /UserPoolClient/ClientSecret CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","GenerateSecret":false}
            only /UserPoolClient/ClientSecret CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ClientSecret":"short"}
            only /UserPoolClient/ClientSecret CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","GenerateSecret":true,"ClientSecret":"abcdefghijklmnopqrstuvwx"}
            only /UserPoolClient/AllowedOAuthFlows CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","GenerateSecret":true,"AllowedOAuthFlows":["client_credentials"]}
            only /UserPoolClient/EnablePropagateAdditionalUserContextData CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ClientSecret":"abcdefghijklmnopqrstuvwx","EnablePropagateAdditionalUserContextData":true}
        "#), @r#"
        "$made"
        "abcdefghijklmnopqrstuvwx"
        absent
        400 InvalidParameterException: 1 validation error detected: Value at 'clientSecret' failed to satisfy constraint: Member must have length greater than or equal to 24
        400 InvalidParameterException: Cannot specify both GenerateSecret as true and a ClientSecret value.
        ["client_credentials"]
        true
        "#);
    }

    /// Fact 6.20: zero and absent both mean 30 days, in any unit.
    #[test]
    fn refresh_tokens_last_30_days() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/RefreshTokenValidity CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c"}
            only /UserPoolClient/RefreshTokenValidity CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","RefreshTokenValidity":0}
            only /UserPoolClient/RefreshTokenValidity CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","TokenValidityUnits":{"RefreshToken":"minutes"}}
            only /UserPoolClient/RefreshTokenValidity CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","RefreshTokenValidity":0,"TokenValidityUnits":{"RefreshToken":"hours"}}
        "#), @"
        30
        30
        43200
        720
        ");
    }

    /// R162, and the rule for rotation.
    #[test]
    fn flows_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH","USER_PASSWORD_AUTH"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH","ALLOW_REFRESH_TOKEN_AUTH"],"RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":10}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":61}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AuthSessionValidity":2}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH"],"RefreshTokenRotation":{"Feature":"ENABLED","RetryGracePeriodSeconds":10}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH","ALLOW_REFRESH_TOKEN_AUTH"],"RefreshTokenRotation":{"Feature":"DISABLED"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ADMIN_NO_SRP_AUTH","USER_PASSWORD_AUTH"]}
        "#), @r#"
        400 InvalidParameterException: Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.
        400 InvalidParameterException: ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled.
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'refreshTokenRotation.retryGracePeriodSeconds' failed to satisfy constraint: Member must have value less than or equal to 60
        400 InvalidParameterException: 1 validation error detected: Value '2' at 'authSessionValidity' failed to satisfy constraint: Member must have value greater than or equal to 3
        "c"
        "c"
        "c"
        "#);
    }

    /// A client with `ALLOW_CLIENT_TOKEN_AUTH` cannot have another flow.
    #[test]
    fn client_tokens_exclude_other_flows() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_CLIENT_TOKEN_AUTH","ALLOW_REFRESH_TOKEN_AUTH"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_CLIENT_TOKEN_AUTH"]}
            only /UserPoolClient/ExplicitAuthFlows CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_CLIENT_TOKEN_AUTH"],"GenerateSecret":true}
        "#), @r#"
        400 InvalidParameterException: ALLOW_CLIENT_TOKEN_AUTH cannot be used with other auth flows.
        400 InvalidParameterException: ALLOW_CLIENT_TOKEN_AUTH requires a client secret.
        ["ALLOW_CLIENT_TOKEN_AUTH"]
        "#);
    }

    /// R176, facts 6.18 and 6.19, in all units.
    #[test]
    fn lifetimes_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AccessTokenValidity":25}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AccessTokenValidity":4,"TokenValidityUnits":{"AccessToken":"minutes"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AccessTokenValidity":299,"TokenValidityUnits":{"AccessToken":"seconds"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","IdTokenValidity":2,"TokenValidityUnits":{"IdToken":"days"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","RefreshTokenValidity":59,"TokenValidityUnits":{"RefreshToken":"minutes"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","RefreshTokenValidity":3651}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AccessTokenValidity":2,"RefreshTokenValidity":1,"TokenValidityUnits":{"RefreshToken":"hours"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","IdTokenValidity":2,"RefreshTokenValidity":1,"TokenValidityUnits":{"RefreshToken":"hours"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AccessTokenValidity":300,"IdTokenValidity":1,"RefreshTokenValidity":3650,"TokenValidityUnits":{"AccessToken":"seconds","IdToken":"days","RefreshToken":"days"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AccessTokenValidity":1,"IdTokenValidity":5,"RefreshTokenValidity":3600,"TokenValidityUnits":{"IdToken":"minutes","RefreshToken":"seconds"}}
        "#), @r#"
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Access and Id Token expiration times must be less than or equal to refresh token expiration times.
        400 InvalidParameterException: Access and Id Token expiration times must be less than or equal to refresh token expiration times.
        "c"
        "c"
        "#);
    }

    /// R172, R173.
    #[test]
    fn attributes_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ReadAttributes":["email","custom:nope"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","WriteAttributes":["sub"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","WriteAttributes":["email_verified"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","WriteAttributes":["nope"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ReadAttributes":["email","email_verified"],"WriteAttributes":["email","name"]}
        "#), @r#"
        400 InvalidParameterException: Invalid read attributes specified while creating a client
        400 InvalidParameterException: Invalid write attributes specified while creating a client
        400 InvalidParameterException: Invalid write attributes specified while creating a client
        400 InvalidParameterException: Invalid write attributes specified while creating a client
        "c"
        "#);
    }

    /// R163, R164, R166.
    #[test]
    fn urls_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","CallbackURLs":["https://example.com/cb#frag"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","CallbackURLs":["http://example.com/cb"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","LogoutURLs":["http://localhost.example.com"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","CallbackURLs":["https://example.com/cb"],"DefaultRedirectURI":"https://example.com/other"}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","CallbackURLs":["https://example.com/cb","http://localhost:3000/cb","http://127.0.0.1","http://[::1]:80/","myapp://cb"],"LogoutURLs":["http://localhost/out"],"DefaultRedirectURI":"myapp://cb"}
        "#), @r#"
        400 InvalidParameterException: https://example.com/cb#frag cannot use fragment
        400 InvalidParameterException: http://example.com/cb cannot use the HTTP protocol.
        400 InvalidParameterException: http://localhost.example.com cannot use the HTTP protocol.
        400 InvalidParameterException: The default redirect URI https://example.com/other is not in the callback URIs list.
        "c"
        "#);
    }

    /// R165, R167 to R171.
    #[test]
    fn oauth_settings_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthFlows":["code"],"AllowedOAuthScopes":["openid"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],"CallbackURLs":["https://example.com"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthScopes":["openid"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthFlows":["client_credentials","code"],"CallbackURLs":["https://example.com"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthFlows":["client_credentials"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],"AllowedOAuthScopes":["openid","api/read"],"CallbackURLs":["https://example.com"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","SupportedIdentityProviders":["COGNITO","Google"]}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c",
                "AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code","implicit"],
                "AllowedOAuthScopes":["openid","email","phone","profile","aws.cognito.signin.user.admin"],
                "CallbackURLs":["https://example.com"],"SupportedIdentityProviders":["COGNITO"]}
        "#), @r#"
        400 InvalidParameterException: CallbackUrls can not be empty when code flow or implicit flow is selected
        400 InvalidParameterException: AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.
        400 InvalidParameterException: AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.
        400 InvalidOAuthFlowException: client_credentials flow can not be selected along with code flow or implicit flow.
        400 InvalidOAuthFlowException: client_credentials flow can not be selected if client does not have a client secret.
        400 ScopeDoesNotExistException: Invalid scope requested: api/read
        400 InvalidParameterException: The provider Google does not exist for User Pool $pool.
        "c"
        "#);
    }

    /// R174, R175.
    #[test]
    fn analytics_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AnalyticsConfiguration":{"ApplicationId":"a"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AnalyticsConfiguration":{"ApplicationArn":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/a","ApplicationId":"a"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AnalyticsConfiguration":{"UserDataShared":true}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AnalyticsConfiguration":{"ApplicationArn":"arn:aws:mobiletargeting:eu-west-1:123456789012:apps/a"}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","EnablePropagateAdditionalUserContextData":true}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AnalyticsConfiguration":{"ApplicationArn":"arn:aws:mobiletargeting:us-east-1:123456789012:apps/a","UserDataShared":true}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AnalyticsConfiguration":{"ApplicationId":"a","RoleArn":"arn:aws:iam::123456789012:role/r","ExternalId":"e"}}
        "#), @r#"
        400 InvalidParameterException: Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid
        400 InvalidParameterException: Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid
        400 InvalidParameterException: Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid
        400 InvalidParameterException: The integration with Pinpoint is not supported for the requested eu-west-1 region.
        400 InvalidParameterException: Client Secret is required to set EnablePropagateAdditionalUserContextData as true
        "c"
        "c"
        "#);
    }

    #[test]
    fn rotation_needs_a_tier() {
        assert_snapshot!(Fixture::new().run(r#"
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","RefreshTokenRotation":{"Feature":"ENABLED"}}
        "#), @"
        200 {}
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Refresh Token Rotation
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolClient {}
            CreateUserPoolClient {"UserPoolId":"us-east-1_nope","ClientName":"c","GenerateSecret":true,"ClientSecret":"abcdefghijklmnopqrstuvwx","EnablePropagateAdditionalUserContextData":true}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","GenerateSecret":true,"ClientSecret":"abcdefghijklmnopqrstuvwx","EnablePropagateAdditionalUserContextData":true}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c",
                "EnablePropagateAdditionalUserContextData":true,"ExplicitAuthFlows":["ALLOW_CUSTOM_AUTH","USER_PASSWORD_AUTH"],
                "AccessTokenValidity":25,"ReadAttributes":["nope"],"SupportedIdentityProviders":["Google"],"AllowedOAuthScopes":["nope"],
                "LogoutURLs":["http://example.com"],"AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c",
                "ExplicitAuthFlows":["ALLOW_CUSTOM_AUTH","USER_PASSWORD_AUTH"],"AccessTokenValidity":25,"ReadAttributes":["nope"],
                "SupportedIdentityProviders":["Google"],"AllowedOAuthScopes":["nope"],"LogoutURLs":["http://example.com"],
                "AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AccessTokenValidity":25,"ReadAttributes":["nope"],"SupportedIdentityProviders":["Google"],"AllowedOAuthScopes":["nope"],"LogoutURLs":["http://example.com"],"AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ReadAttributes":["nope"],"SupportedIdentityProviders":["Google"],"AllowedOAuthScopes":["nope"],"LogoutURLs":["http://example.com"],"AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","SupportedIdentityProviders":["Google"],"AllowedOAuthScopes":["nope"],"LogoutURLs":["http://example.com"],"AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthScopes":["nope"],"LogoutURLs":["http://example.com"],"AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","LogoutURLs":["http://example.com"],"AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AnalyticsConfiguration":{}}
            only /UserPoolClient/ClientName CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","LogoutURLs":[]}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value null at 'clientName' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Cannot specify both GenerateSecret as true and a ClientSecret value.
        400 InvalidParameterException: Client Secret is required to set EnablePropagateAdditionalUserContextData as true
        400 InvalidParameterException: Auth flow name with prefix 'ALLOW' cannot be used with legacy auth flow names.
        400 InvalidParameterException: Invalid range for token validity.
        400 InvalidParameterException: Invalid read attributes specified while creating a client
        400 InvalidParameterException: The provider Google does not exist for User Pool $pool.
        400 ScopeDoesNotExistException: Invalid scope requested: nope
        400 InvalidParameterException: http://example.com cannot use the HTTP protocol.
        400 InvalidParameterException: Invalid analytics configuration given, either <application arn> or <application id, role arn, external id> are valid
        "c"
        "#);
    }

    /// Fact 8d.
    #[test]
    fn a_pool_has_at_most_a_thousand_clients() {
        let mut fixture = Fixture::new();
        let pool = fixture.get("pool").to_owned();
        for _ in 1..1000 {
            fixture.must(
                "CreateUserPoolClient",
                serde_json::json!({"UserPoolId": pool, "ClientName": "c"}),
            );
        }
        assert_snapshot!(fixture.run(r#"
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c"}
            only /UserPoolClients/59/ClientName ListUserPoolClients {"UserPoolId":"$pool"}
        "#), @r#"
        400 LimitExceededException: User pool clients cannot exceed limit of 1000.
        "c"
        "#);
    }
}
