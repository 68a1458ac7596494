//! `GetDerivedToken`: exchanges a user's token for a token that is bound to another
//! service and has fewer scopes.
//!
//! Only tokens of the pool itself are exchanged. The emulator cannot verify
//! tokens of another provider.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetDerivedToken.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::sign_in::derive::{Exchange, PresentedToken, TokenKind, exchange};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    client_secret: Option<String>,
    subject_token: String,
    subject_token_type: TokenKind,
    subject_token_provider_name: Option<String>,
    actor_token: Option<String>,
    actor_token_type: Option<TokenKind>,
    actor_token_provider_name: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    requested_token_type: Option<TokenKind>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    issued_token: String,
    issued_token_type: TokenKind,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let handle = cx.pool_handle_of_client(&request.client_id)?;
    if !request.audiences.is_empty() && !request.resources.is_empty() {
        return Err(Error::AudienceAndResource);
    }
    let subject = presented(
        &request.subject_token,
        request.subject_token_type,
        request.subject_token_provider_name.as_deref(),
        "SubjectTokenProviderName",
    )?;
    let actor = match (&request.actor_token, request.actor_token_type) {
        (Some(token), Some(kind)) => {
            let provider = request.actor_token_provider_name.as_deref();
            let actor = presented(token, kind, provider, "ActorTokenProviderName")?;
            Some(actor)
        }
        (Some(_), None) => return Err(missing("ActorTokenType")),
        // That a token type without a token is refused is inferred from RFC 8693.
        (None, Some(_)) => return Err(missing("ActorToken")),
        (None, None) => None,
    };
    // The default of the requested type is inferred.
    let requested = request
        .requested_token_type
        .unwrap_or(TokenKind::AccessToken);
    let issued = exchange(
        cx,
        &handle,
        &Exchange {
            client_id: &request.client_id,
            client_secret: request.client_secret.as_deref(),
            subject,
            actor,
            scopes: &request.scopes,
            audience: request.audiences.first().map(String::as_str),
            resource: request.resources.first().map(String::as_str),
            requested,
        },
    )?;
    Ok(Response {
        issued_token: issued.token,
        issued_token_type: requested,
        // RFC 8693: the type of an ID token is not `Bearer`.
        token_type: match requested {
            TokenKind::IdToken => "N_A",
            _ => "Bearer",
        },
        expires_in: issued.expires_in,
        scopes: issued.scopes,
    })
}

/// A token in the request. A SAML assertion always comes from another provider, and the
/// request must name this provider (inferred).
fn presented<'a>(
    token: &'a str,
    kind: TokenKind,
    provider: Option<&'a str>,
    member: &str,
) -> Result<PresentedToken<'a>> {
    if kind == TokenKind::Saml2 && provider.is_none() {
        return Err(missing(member));
    }
    Ok(PresentedToken {
        token,
        kind,
        provider,
    })
}

fn missing(member: &str) -> Error {
    Error::MissingParameter {
        parameter: member.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Fixture, respond};
    use crate::wire::{Call, Service, Signature};

    /// Ana is signed in. `$service` may exchange her tokens, and `$machine`
    /// gets tokens for itself.
    fn fixture() -> Fixture {
        let mut fixture = Fixture::with_user("ana").signed_in("ana");
        fixture.run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"API","Scopes":[{"ScopeName":"read","ScopeDescription":"r"}]}
            as service /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"service","ClientSecret":"abcdefghijklmnopqrstuvwx","ExplicitAuthFlows":["ALLOW_TOKEN_EXCHANGE_IMPERSONATION","ALLOW_TOKEN_EXCHANGE_DELEGATION"],"AllowedOAuthScopes":["aws.cognito.signin.user.admin","api/read"],"AccessTokenValidity":5,"TokenValidityUnits":{"AccessToken":"minutes"}}
            as machine /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"machine","ClientSecret":"abcdefghijklmnopqrstuvwx","ExplicitAuthFlows":["ALLOW_CLIENT_TOKEN_AUTH"],"AllowedOAuthScopes":["api/read"]}
            as actor /ClientAuthenticationResult/AccessToken GetClientToken {"ClientId":"$machine","Secret":"abcdefghijklmnopqrstuvwx"}
        "#);
        fixture
    }

    /// The new token is bound to its audience and names the user. Operations of users
    /// accept it. It is revoked together with the user's sign-in.
    #[test]
    fn impersonation() {
        assert_snapshot!(fixture().run(r#"
            advance 60
            as issued /IssuedToken GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN","Audiences":["https://downstream.example.com"]}
            claims issued
            only /Username GetUser {"AccessToken":"$issued"}
            only /Scopes GetDerivedToken {"ClientId":"$service","SubjectToken":"$issued","SubjectTokenType":"ACCESS_TOKEN","Scopes":["aws.cognito.signin.user.admin","api/read"]}
            RevokeToken {"ClientId":"$client","Token":"$refresh"}
            GetUser {"AccessToken":"$issued"}
        "#), @r##"
        "$issued"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$service","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700000360,"iat":1700000060,"jti":"#3","username":"ana","aud":"https://downstream.example.com"}
        "ana"
        ["aws.cognito.signin.user.admin"]
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        "##);
    }

    /// The token names the actor and the previous actor.
    #[test]
    fn delegation() {
        assert_snapshot!(fixture().run(r#"
            as first /IssuedToken GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN","ActorToken":"$actor","ActorTokenType":"ACCESS_TOKEN","Resources":["api"]}
            claims first
            as second /IssuedToken GetDerivedToken {"ClientId":"$service","SubjectToken":"$first","SubjectTokenType":"ACCESS_TOKEN","ActorToken":"$id","ActorTokenType":"ID_TOKEN"}
            claims second
            as third /IssuedToken GetDerivedToken {"ClientId":"$service","SubjectToken":"$second","SubjectTokenType":"ACCESS_TOKEN"}
            claims third
        "#), @r##"
        "$first"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$service","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700000300,"iat":1700000000,"jti":"#3","username":"ana","aud":"api","act":{"sub":"$machine"}}
        "$second"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$service","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700000300,"iat":1700000000,"jti":"#4","username":"ana","act":{"sub":"$sub","act":{"sub":"$machine"}}}
        "$third"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$service","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700000300,"iat":1700000000,"jti":"#5","username":"ana","act":{"sub":"$sub","act":{"sub":"$machine"}}}
        "##);
    }

    /// ID tokens can be subject and actor. They have no scopes.
    #[test]
    fn id_tokens() {
        assert_snapshot!(fixture().run(r#"
            as issued /IssuedToken GetDerivedToken {"ClientId":"$service","SubjectToken":"$id","SubjectTokenType":"ID_TOKEN","RequestedTokenType":"ID_TOKEN","Audiences":["downstream"]}
            claims issued
            only /TokenType GetDerivedToken {"ClientId":"$service","SubjectToken":"$id","SubjectTokenType":"ID_TOKEN","RequestedTokenType":"ID_TOKEN"}
            only /Scopes GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN","RequestedTokenType":"ID_TOKEN"}
            as issued /IssuedToken GetDerivedToken {"ClientId":"$service","SubjectToken":"$id","SubjectTokenType":"ID_TOKEN"}
            claims issued
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$id","SubjectTokenType":"ID_TOKEN","Scopes":["api/read"]}
        "#), @r##"
        "$issued"
        {"origin_jti":"#1","sub":"$sub","aud":"downstream","event_id":"#2","token_use":"id","auth_time":1700000000,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","exp":1700003600,"iat":1700000000,"jti":"#3"}
        "N_A"
        absent
        "$issued"
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$service","origin_jti":"#1","event_id":"#2","token_use":"access","auth_time":1700000000,"exp":1700000300,"iat":1700000000,"jti":"#4","username":"ana"}
        400 InvalidParameterException: Invalid scope requested: api/read
        "##);
    }

    /// The caller authenticates with IAM credentials or with the secret. A wrong secret
    /// is refused even with IAM credentials.
    #[test]
    fn credentials() {
        let fixture = fixture();
        let call = |secret: Value, signature: Signature| {
            let mut input = json!({
                "ClientId": fixture.get("service"),
                "SubjectToken": fixture.get("access"),
                "SubjectTokenType": "ACCESS_TOKEN",
            });
            if secret.is_string() {
                input["ClientSecret"] = secret;
            }
            let mut call = Call::new("GetDerivedToken", input);
            call.signature = signature;
            let reply = fixture.emulator().call(&call);
            reply.message.unwrap_or_else(|| reply.status.to_string())
        };
        let signed = || Signature::SigV4;
        let right = || json!("abcdefghijklmnopqrstuvwx");
        let wrong = || json!("wrongwrongwrongwrongwrong");
        assert_eq!(call(Value::Null, signed()), "200");
        assert_eq!(call(right(), signed()), "200");
        assert_eq!(call(right(), Signature::Absent), "200");
        assert_eq!(call(wrong(), signed()), "Invalid client or secret");
        assert_eq!(call(wrong(), Signature::Absent), "Invalid client or secret");
        let missing = call(Value::Null, Signature::Absent);
        let expected = "is configured for secret but secret was not received";
        assert!(missing.ends_with(expected), "{missing}");
    }

    /// Tokens that are not valid are refused.
    #[test]
    fn tokens_are_verified() {
        assert_snapshot!(fixture().run(r#"
            GetDerivedToken {"ClientId":"$service","SubjectToken":"nonsense","SubjectTokenType":"ACCESS_TOKEN"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$id","SubjectTokenType":"ACCESS_TOKEN"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$actor","SubjectTokenType":"ACCESS_TOKEN"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN","ActorToken":"nonsense","ActorTokenType":"ACCESS_TOKEN"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"SAML2","SubjectTokenProviderName":"unknown"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN","Resources":["nothing"]}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN"}
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN"}
            advance 3600
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN"}
        "#), @"
        400 NotAuthorizedException: Invalid subject token
        400 NotAuthorizedException: Invalid subject token
        400 NotAuthorizedException: Invalid subject token
        400 NotAuthorizedException: Invalid actor token
        400 InvalidParameterException: The provider unknown does not exist for User Pool $pool.
        400 ResourceNotFoundException: Resource server nothing does not exist.
        200 {}
        400 NotAuthorizedException: User is disabled.
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        200
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: The subject token has expired
        ");
    }

    /// Each kind of exchange is a separate flow, and requires a higher tier than LITE.
    #[test]
    fn exchanges_require_a_flow_and_a_tier() {
        assert_snapshot!(fixture().run(r#"
            as alone /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"alone","ExplicitAuthFlows":["ALLOW_TOKEN_EXCHANGE_IMPERSONATION"]}
            only /TokenType GetDerivedToken {"ClientId":"$alone","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN"}
            GetDerivedToken {"ClientId":"$alone","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN","ActorToken":"$actor","ActorTokenType":"ACCESS_TOKEN"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            GetDerivedToken {"ClientId":"$alone","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN"}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","ExplicitAuthFlows":["ALLOW_TOKEN_EXCHANGE_IMPERSONATION"]}
        "#), @r#"
        "$alone"
        "Bearer"
        400 InvalidParameterException: Auth flow not enabled for this client
        200 {}
        400 OperationNotEnabledException: Token exchange is not available for the LITE pricing tier.
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Token Exchange
        "#);
    }

    #[test]
    fn the_trigger() {
        let mut fixture = fixture().and_trigger("PreTokenGeneration", |event| {
            respond(
                event,
                json!({"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {
                    "claimsToAddOrOverride": {"team": "red", "act": {"sub": "forged"}},
                    "scopesToSuppress": ["aws.cognito.signin.user.admin"],
                }}}),
            )
        });
        let handle = fixture.pool_handle();
        let config = json!({ "LambdaVersion": "V2_0" });
        let name = "PreTokenGenerationConfig".to_owned();
        handle.write().settings.lambda_config.insert(name, config);
        assert_snapshot!(fixture.run(r#"
            as issued /IssuedToken GetDerivedToken {"ClientId":"$service","SubjectToken":"$access","SubjectTokenType":"ACCESS_TOKEN","ActorToken":"$actor","ActorTokenType":"ACCESS_TOKEN"}
            events
            claims issued
        "#), @r##"
        "$issued"
        {"version":"2","triggerSource":"TokenGeneration_TokenExchange","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$service"},"request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"groupConfiguration":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null},"scopes":["aws.cognito.signin.user.admin"]},"response":{"claimsAndScopeOverrideDetails":null}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$service","origin_jti":"#1","event_id":"#2","token_use":"access","auth_time":1700000000,"exp":1700000300,"iat":1700000000,"jti":"#3","username":"ana","team":"red","act":{"sub":"$machine"}}
        "##);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(fixture().run(r#"
            GetDerivedToken {}
            GetDerivedToken {"ClientId":"unknown","SubjectToken":"nonsense","SubjectTokenType":"SAML2","ActorToken":"nonsense","Audiences":["a"],"Resources":["r"],"ClientSecret":"wrongwrongwrongwrongwrong"}
            GetDerivedToken {"ClientId":"$client","SubjectToken":"nonsense","SubjectTokenType":"SAML2","ActorToken":"nonsense","Audiences":["a"],"Resources":["r"],"ClientSecret":"wrongwrongwrongwrongwrong"}
            GetDerivedToken {"ClientId":"$client","SubjectToken":"nonsense","SubjectTokenType":"SAML2","ActorToken":"nonsense","Resources":["r"],"ClientSecret":"wrongwrongwrongwrongwrong"}
            GetDerivedToken {"ClientId":"$client","SubjectToken":"nonsense","SubjectTokenType":"ID_TOKEN","ActorToken":"nonsense","Resources":["r"],"ClientSecret":"wrongwrongwrongwrongwrong"}
            GetDerivedToken {"ClientId":"$client","SubjectToken":"nonsense","SubjectTokenType":"ID_TOKEN","ActorTokenType":"ID_TOKEN","Resources":["r"],"ClientSecret":"wrongwrongwrongwrongwrong"}
            GetDerivedToken {"ClientId":"$client","SubjectToken":"nonsense","SubjectTokenType":"ID_TOKEN","Resources":["r"],"ClientSecret":"wrongwrongwrongwrongwrong"}
            GetDerivedToken {"ClientId":"$client","SubjectToken":"nonsense","SubjectTokenType":"ID_TOKEN","Resources":["r"]}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"nonsense","SubjectTokenType":"ID_TOKEN","Resources":["r"]}
            GetDerivedToken {"ClientId":"$service","SubjectToken":"$id","SubjectTokenType":"ID_TOKEN","Resources":["r"]}
            only /TokenType GetDerivedToken {"ClientId":"$service","SubjectToken":"$id","SubjectTokenType":"ID_TOKEN","Resources":["api"]}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member must not be null; Value at 'subjectToken' failed to satisfy constraint: Member must not be null; Value null at 'subjectTokenType' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 InvalidParameterException: Audiences and Resources cannot both be requested.
        400 InvalidParameterException: Missing required parameter SubjectTokenProviderName
        400 InvalidParameterException: Missing required parameter ActorTokenType
        400 InvalidParameterException: Missing required parameter ActorToken
        400 InvalidParameterException: Auth flow not enabled for this client
        400 InvalidParameterException: Auth flow not enabled for this client
        400 NotAuthorizedException: Invalid subject token
        400 ResourceNotFoundException: Resource server r does not exist.
        "Bearer"
        "#);
    }
}
