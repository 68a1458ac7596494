//! `GetClientToken`: issues an access token to an app client, which authenticates by
//! its secret. The token is not for a user.
//!
//! The token is the same as from a client credentials grant at a domain's token
//! endpoint, but no domain is needed. IAM credentials are not used. Each of the
//! client's secrets is accepted.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetClientToken.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::jwt;
use crate::error::Error;
use crate::sign_in::machine;
use crate::state::client::Client;
use crate::state::pool::Pool;
use crate::triggers::{Metadata, token_generation};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    secret: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    client_authentication_result: ClientAuthenticationResult,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ClientAuthenticationResult {
    access_token: String,
    expires_in: u64,
    token_type: &'static str,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let handle = cx.pool_handle_of_client(&request.client_id)?;
    let event = {
        let pool = handle.read();
        let (client, scopes) = check_client(&pool, &request)?;
        let metadata = &request.client_metadata;
        token_generation::client_event(&pool, &client.id, &scopes, metadata)
    };
    let customization = token_generation::run(event, cx.world).map_err(as_declared)?;
    let (claims, lifetime) = {
        let pool = handle.read();
        let (client, scopes) = check_client(&pool, &request)?;
        let claims = machine::claims(cx, &pool, client, &scopes, &customization);
        (claims, client.settings.access_token_lifetime())
    };
    let access_token = jwt::sign(handle.keys.access(), &claims);
    let shift = cx.world.clock.shift();
    cx.state.shifted.keep(&access_token, shift, cx.now());
    Ok(Response {
        client_authentication_result: ClientAuthenticationResult {
            access_token,
            expires_in: lifetime.as_secs(),
            token_type: "Bearer",
        },
    })
}

/// Checks the client's secret. Returns the client and the scopes of its token.
fn check_client<'a>(pool: &'a Pool, request: &'a Request) -> Result<(&'a Client, Vec<&'a str>)> {
    let client = pool.client(&request.client_id)?;
    if !client.has_secret() || !client.knows_secret(Some(&request.secret)) {
        return Err(Error::ClientOrSecretInvalid);
    }
    if !client.settings.allows("CLIENT_TOKEN_AUTH") {
        return Err(Error::AuthFlowNotEnabled);
    }
    let scopes = machine::scopes(pool, client, &request.scopes)?;
    Ok((client, scopes))
}

/// The error for a failed function. The operation declares none of the usual
/// exceptions (inferred).
fn as_declared(error: Error) -> Error {
    Error::TokenGenerationFailed {
        reason: error.sentence().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::{Fixture, respond};

    /// A pool with the API `api`, and a client that may read and write it.
    fn fixture() -> Fixture {
        let mut fixture = Fixture::new();
        fixture.run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"API","Scopes":[{"ScopeName":"read","ScopeDescription":"r"},{"ScopeName":"write","ScopeDescription":"w"},{"ScopeName":"delete","ScopeDescription":"d"}]}
            as machine /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"machine","ClientSecret":"abcdefghijklmnopqrstuvwx","ExplicitAuthFlows":["ALLOW_CLIENT_TOKEN_AUTH"],"AllowedOAuthScopes":["api/read","api/write"],"AccessTokenValidity":5,"TokenValidityUnits":{"AccessToken":"minutes"}}
        "#);
        fixture
    }

    /// The token has all of the client's scopes, or the requested ones. Operations of
    /// users refuse it.
    #[test]
    fn tokens_of_a_client() {
        assert_snapshot!(fixture().run(r#"
            as token /ClientAuthenticationResult/AccessToken GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx"}
            claims token
            GetUser {"AccessToken":"$token"}
            as token /ClientAuthenticationResult/AccessToken GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["api/write"],"ClientMetadata":{"k":"v"}}
            claims token
            only /ClientAuthenticationResult/ExpiresIn GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":[]}
        "#), @r##"
        "$token"
        {"sub":"$machine","token_use":"access","scope":"api/write api/read","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","exp":1700000300,"iat":1700000000,"version":2,"jti":"#1","client_id":"$machine"}
        400 NotAuthorizedException: Access Token does not have required scopes
        "$token"
        {"sub":"$machine","token_use":"access","scope":"api/write","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","exp":1700000300,"iat":1700000000,"version":2,"jti":"#2","client_id":"$machine"}
        300
        "##);
    }

    /// Of the versions of the trigger, only `V3_0` runs for clients.
    #[test]
    fn the_trigger() {
        for (version, runs) in [("V2_0", false), ("V3_0", true)] {
            let mut fixture = fixture().and_trigger("PreTokenGeneration", |event| {
                if event["request"]["clientMetadata"]["refuse"] == "yes" {
                    return Err("not you".to_owned());
                }
                respond(
                    event,
                    json!({"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {
                        "claimsToAddOrOverride": {"customer": "7", "client_id": "forged"},
                        "scopesToAdd": ["api/more"],
                    }}}),
                )
            });
            let handle = fixture.pool_handle();
            let config = json!({ "LambdaVersion": version });
            let name = "PreTokenGenerationConfig".to_owned();
            handle.write().settings.lambda_config.insert(name, config);
            let transcript = fixture.run(r#"
                as token /ClientAuthenticationResult/AccessToken GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["api/read"],"ClientMetadata":{"k":"v"}}
                events
                claims token
            "#);
            assert_eq!(transcript.contains("customer"), runs, "{transcript}");
            if runs {
                assert_snapshot!(transcript, @r##"
                "$token"
                {"version":"3","triggerSource":"TokenGeneration_ClientCredentials","region":"us-east-1","userPoolId":"$pool","userName":"ClientCredentials","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$machine"},"request":{"userAttributes":{},"groupConfiguration":null,"scopes":["api/read"],"clientMetadata":{"k":"v"}},"response":{"claimsAndScopeOverrideDetails":null}}
                {"sub":"$machine","token_use":"access","scope":"api/more api/read","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","exp":1700000300,"iat":1700000000,"version":2,"jti":"#1","client_id":"$machine","customer":"7"}
                "##);
                assert_snapshot!(fixture.run(r#"
                    GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","ClientMetadata":{"refuse":"yes"}}
                "#), @"400 InvalidParameterException: PreTokenGeneration failed with error not you.");
            }
        }
    }

    /// Scopes that the client is not allowed, that the pool does not have, or
    /// that belong to no resource server.
    #[test]
    fn scopes_are_validated() {
        assert_snapshot!(fixture().run(r#"
            GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["api/read","api/delete"]}
            GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["api/nothing"]}
            GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["openid"]}
            as scopeless /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"scopeless","ClientSecret":"abcdefghijklmnopqrstuvwx","ExplicitAuthFlows":["ALLOW_CLIENT_TOKEN_AUTH"],"AllowedOAuthScopes":["openid"]}
            GetClientToken {"ClientId":"$scopeless","Secret":"abcdefghijklmnopqrstuvwx"}
        "#), @r#"
        400 InvalidParameterException: Invalid scope requested: api/delete
        400 InvalidParameterException: Invalid scope requested: api/nothing
        400 InvalidParameterException: Invalid scope requested: openid
        "$scopeless"
        400 InvalidParameterException: The client is not allowed any scopes.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(fixture().run(r#"
            GetClientToken {}
            GetClientToken {"ClientId":"unknown","Secret":"wrongwrongwrongwrongwrong","Scopes":["api/delete"]}
            GetClientToken {"ClientId":"$client","Secret":"wrongwrongwrongwrongwrong","Scopes":["api/delete"]}
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"other","ClientSecret":"abcdefghijklmnopqrstuvwx"}
            GetClientToken {"ClientId":"$other","Secret":"wrongwrongwrongwrongwrong","Scopes":["api/delete"]}
            GetClientToken {"ClientId":"$other","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["api/delete"]}
            GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["api/delete"]}
            only /ClientAuthenticationResult/TokenType GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx","Scopes":["api/read"]}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member must not be null; Value at 'secret' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 NotAuthorizedException: Invalid client or secret
        "$other"
        400 NotAuthorizedException: Invalid client or secret
        400 InvalidParameterException: Auth flow not enabled for this client
        400 InvalidParameterException: Invalid scope requested: api/delete
        "Bearer"
        "#);
    }
}
