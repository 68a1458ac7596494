//! `PreTokenGeneration`: changes claims before tokens are signed.
//!
//! Version 1 changes the ID token and the groups. Versions 2 and 3 also change
//! the access token and its scopes.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html>

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Event, EventUser, Metadata, Trigger, user_attributes};
use crate::auth::claims::{Changes, Customization, GroupOverride, Groups, given};
use crate::error::{Error, Result};
use crate::hash_order;
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::world::World;

/// The reason for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Authentication,
    NewPasswordChallenge,
    AuthenticateDevice,
    RefreshTokens,
    /// A sign-in at a page of the domain. The guide's two lists of sources differ for it.
    HostedAuth,
    /// The name is inferred.
    TokenExchange,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Authentication => "TokenGeneration_Authentication",
            Self::NewPasswordChallenge => "TokenGeneration_NewPasswordChallenge",
            Self::AuthenticateDevice => "TokenGeneration_AuthenticateDevice",
            Self::RefreshTokens => "TokenGeneration_RefreshTokens",
            Self::HostedAuth => "TokenGeneration_HostedAuth",
            Self::TokenExchange => "TokenGeneration_TokenExchange",
        }
    }
}

/// The event for tokens of `user` with `scopes`.
pub(crate) fn event(
    pool: &Pool,
    user: &User,
    client_id: &str,
    source: Source,
    groups: &Groups,
    scopes: &[&str],
    metadata: &Metadata,
) -> Option<Generation> {
    let about = EventUser {
        pool,
        username: &user.username,
        client_id: Some(client_id),
    };
    let attributes = || user_attributes(pool, user);
    let groups = Some(groups);
    generation(about, source.name(), attributes, groups, scopes, metadata)
}

/// The event for a token that app client `client_id` gets for itself. Versions
/// before the third do not receive it (fact 6.16).
///
/// The event has no user: its name is `ClientCredentials`, and the groups are null (developer guide,
/// "Token endpoint").
pub(crate) fn client_event(
    pool: &Pool,
    client_id: &str,
    scopes: &[&str],
    metadata: &Metadata,
) -> Option<Generation> {
    if version(pool) < 3 {
        return None;
    }
    let about = EventUser {
        pool,
        username: "ClientCredentials",
        client_id: Some(client_id),
    };
    let name = "TokenGeneration_ClientCredentials";
    generation(about, name, || json!({}), None, scopes, metadata)
}

fn generation(
    about: EventUser<'_>,
    source: &'static str,
    attributes: impl FnOnce() -> Value,
    groups: Option<&Groups>,
    scopes: &[&str],
    metadata: &Metadata,
) -> Option<Generation> {
    let version = version(about.pool);
    let request = || {
        let groups = groups.map(|groups| {
            json!({
                "groupsToOverride": groups.names,
                "iamRolesToOverride": groups.roles,
                "preferredRole": groups.preferred_role,
            })
        });
        let mut request = json!({
            "userAttributes": attributes(),
            "groupConfiguration": groups,
        });
        if version > 1 {
            // The order is that of the token (inferred; a live event of the pages has it).
            let mut scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
            hash_order::set(&mut scopes);
            request["scopes"] = json!(scopes);
        }
        if !metadata.is_empty() {
            request["clientMetadata"] = json!(metadata);
        }
        request
    };
    let response = || match version {
        1 => json!({ "claimsOverrideDetails": null }),
        _ => json!({ "claimsAndScopeOverrideDetails": null }),
    };
    let trigger = Trigger::PreTokenGeneration;
    let mut event = Event::new(about, trigger, source, request, response)?;
    event.body["version"] = Value::from(version.to_string());
    Some(Generation { event, version })
}

/// The event version that `pool` is configured for.
fn version(pool: &Pool) -> u8 {
    let config = pool.settings.lambda_config.get("PreTokenGenerationConfig");
    let version = config.and_then(|config| config.get("LambdaVersion"));
    match version.and_then(Value::as_str) {
        Some("V2_0") => 2,
        Some("V3_0") => 3,
        _ => 1,
    }
}

/// An event whose response changes tokens.
#[derive(Debug)]
#[must_use = "an event does nothing until it runs"]
pub(crate) struct Generation {
    event: Event,
    version: u8,
}

/// Runs the event, if there is one.
pub(crate) fn run(generation: Option<Generation>, world: &World) -> Result<Customization> {
    let Some(Generation { event, version }) = generation else {
        return Ok(Customization::default());
    };
    if version > 1 {
        let response: ResponseV2 = event.run(world)?;
        let details = response
            .claims_and_scope_override_details
            .unwrap_or_default();
        return Ok(Customization {
            id: details.id_token_generation.unwrap_or_default(),
            access: details.access_token_generation.unwrap_or_default(),
            groups: details.group_override_details,
        });
    }
    let response: ResponseV1 = event.run(world)?;
    let DetailsV1 { id, groups } = response.claims_override_details.unwrap_or_default();
    // The guide allows only strings. The error for other values is inferred.
    if id.add().any(|(_, value)| !value.is_string()) {
        return Err(Error::LambdaOutputUnrecognizable);
    }
    Ok(Customization {
        id,
        access: Changes::default(),
        groups,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResponseV1 {
    claims_override_details: Option<DetailsV1>,
}

#[derive(Default, Deserialize)]
struct DetailsV1 {
    #[serde(flatten)]
    id: Changes,
    #[serde(default, rename = "groupOverrideDetails", deserialize_with = "given")]
    groups: Option<GroupOverride>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResponseV2 {
    claims_and_scope_override_details: Option<DetailsV2>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DetailsV2 {
    id_token_generation: Option<Changes>,
    access_token_generation: Option<Changes>,
    #[serde(default, deserialize_with = "given")]
    group_override_details: Option<GroupOverride>,
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Fixture, respond};

    const SIGN_IN: &str = r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    fn set_version(fixture: &Fixture, version: &str) {
        let handle = fixture.pool_handle();
        let mut pool = handle.write();
        let lambda = &mut pool.settings.lambda_config;
        let config = json!({ "LambdaVersion": version });
        lambda.insert("PreTokenGenerationConfig".to_owned(), config);
    }

    /// Ana, in a group with a role, and a function of `version` with this
    /// response.
    fn fixture(version: &str, response: Value) -> Fixture {
        let mut fixture = Fixture::with_pool(json!({}))
            .and_verified_user("ana")
            .and_trigger("PreTokenGeneration", move |event| {
                respond(event, response.clone())
            });
        set_version(&fixture, version);
        fixture.run(
            r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"crew","RoleArn":"arn:aws:iam::123456789012:role/crew"}
            AdminAddUserToGroup {"UserPoolId":"$pool","GroupName":"crew","Username":"ana"}
            "#,
        );
        fixture
    }

    #[test]
    fn events() {
        for version in ["V1_0", "V2_0"] {
            let mut fixture = fixture(version, json!({}));
            let script = format!(
                r#"
                {SIGN_IN}
                events
                only /ChallengeParameters InitiateAuth {{"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{{"REFRESH_TOKEN":"$refresh"}}}}
                events
                AdminSetUserPassword {{"UserPoolId":"$pool","Username":"ana","Password":"Temporary-1"}}
                only /ChallengeName InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{{"USERNAME":"ana","PASSWORD":"Temporary-1"}}}}
                events
                only /ChallengeParameters RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{{"USERNAME":"ana","NEW_PASSWORD":"$password"}},"ClientMetadata":{{"from":"app"}}}}
                events
                "#
            );
            let transcript = fixture.run(&script);
            if version == "V1_0" {
                assert_snapshot!(transcript, @r#"
                {}
                {"version":"1","triggerSource":"TokenGeneration_Authentication","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"groupConfiguration":{"groupsToOverride":["crew"],"iamRolesToOverride":["arn:aws:iam::123456789012:role/crew"],"preferredRole":null}},"response":{"claimsOverrideDetails":null}}
                {}
                {"version":"1","triggerSource":"TokenGeneration_RefreshTokens","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"groupConfiguration":{"groupsToOverride":["crew"],"iamRolesToOverride":["arn:aws:iam::123456789012:role/crew"],"preferredRole":null}},"response":{"claimsOverrideDetails":null}}
                200 {}
                "NEW_PASSWORD_REQUIRED"

                {}
                {"version":"1","triggerSource":"TokenGeneration_NewPasswordChallenge","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"groupConfiguration":{"groupsToOverride":["crew"],"iamRolesToOverride":["arn:aws:iam::123456789012:role/crew"],"preferredRole":null},"clientMetadata":{"from":"app"}},"response":{"claimsOverrideDetails":null}}
                "#);
            } else {
                assert_snapshot!(transcript, @r#"
                {}
                {"version":"2","triggerSource":"TokenGeneration_Authentication","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"groupConfiguration":{"groupsToOverride":["crew"],"iamRolesToOverride":["arn:aws:iam::123456789012:role/crew"],"preferredRole":null},"scopes":["aws.cognito.signin.user.admin"]},"response":{"claimsAndScopeOverrideDetails":null}}
                {}
                {"version":"2","triggerSource":"TokenGeneration_RefreshTokens","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"groupConfiguration":{"groupsToOverride":["crew"],"iamRolesToOverride":["arn:aws:iam::123456789012:role/crew"],"preferredRole":null},"scopes":["aws.cognito.signin.user.admin"]},"response":{"claimsAndScopeOverrideDetails":null}}
                200 {}
                "NEW_PASSWORD_REQUIRED"

                {}
                {"version":"2","triggerSource":"TokenGeneration_NewPasswordChallenge","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"groupConfiguration":{"groupsToOverride":["crew"],"iamRolesToOverride":["arn:aws:iam::123456789012:role/crew"],"preferredRole":null},"scopes":["aws.cognito.signin.user.admin"],"clientMetadata":{"from":"app"}},"response":{"claimsAndScopeOverrideDetails":null}}
                "#);
            }
        }
    }

    /// The ID token and the access token after `response`.
    fn tokens(version: &str, response: Value) -> String {
        let mut fixture = fixture(version, response);
        fixture.run(&format!("{SIGN_IN}\nclaims id\nclaims access"))
    }

    #[test]
    fn version_1_changes_the_id_token() {
        assert_snapshot!(tokens("V1_0", json!({"claimsOverrideDetails": {
            "claimsToAddOrOverride": {
                "team": "red", "email": "other@example.com", "gone": "1",
                "sub": "forged", "aud": "forged", "cognito:username": "forged", "cognito:groups": "forged",
            },
            "claimsToSuppress": ["gone", "email_verified", "iss"],
            "scopesToAdd": ["more"],
        }})), @r##"
        {}
        {"sub":"$sub","cognito:groups":["crew"],"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","team":"red","origin_jti":"#1","cognito:roles":["arn:aws:iam::123456789012:role/crew"],"aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","email":"other@example.com"}
        {"sub":"$sub","cognito:groups":["crew"],"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#4","username":"ana"}
        "##);
    }

    #[test]
    fn groups_are_replaced_in_both_tokens() {
        assert_snapshot!(tokens("V1_0", json!({"claimsOverrideDetails": {"groupOverrideDetails": {
            "groupsToOverride": ["guests"],
            "iamRolesToOverride": ["arn:aws:iam::123456789012:role/guest"],
            "preferredRole": "arn:aws:iam::123456789012:role/guest",
        }}})), @r##"
        {}
        {"sub":"$sub","cognito:groups":["guests"],"email_verified":true,"cognito:preferred_role":"arn:aws:iam::123456789012:role/guest","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","origin_jti":"#1","cognito:roles":["arn:aws:iam::123456789012:role/guest"],"aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","email":"ana@example.com"}
        {"sub":"$sub","cognito:groups":["guests"],"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#4","username":"ana"}
        "##);
        assert_snapshot!(tokens("V2_0", json!({"claimsAndScopeOverrideDetails": {"groupOverrideDetails": null}})), @r##"
        {}
        {"sub":"$sub","email_verified":true,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","origin_jti":"#1","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","email":"ana@example.com"}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#4","username":"ana"}
        "##);
    }

    #[test]
    fn versions_2_and_3_change_the_access_token_too() {
        let response = json!({"claimsAndScopeOverrideDetails": {
            "idTokenGeneration": {
                "claimsToAddOrOverride": {"seats": [1, {"row": true}]},
                "claimsToSuppress": ["email"],
            },
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tenant": {"id": 7}, "username": "forged", "scope": "forged", "aud": "another"},
                "claimsToSuppress": ["cognito:groups", "client_id"],
                "scopesToAdd": ["orders/read", "two words", "orders/read", "orders/write"],
                "scopesToSuppress": ["aws.cognito.signin.user.admin", "orders/write"],
            },
        }});
        let second = tokens("V2_0", response.clone());
        assert_snapshot!(second, @r##"
        {}
        {"sub":"$sub","cognito:groups":["crew"],"email_verified":true,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","seats":[1,{"row":true}],"origin_jti":"#1","cognito:roles":["arn:aws:iam::123456789012:role/crew"],"aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3"}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"orders/read","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#4","username":"ana","tenant":{"id":7}}
        "##);
        assert_eq!(tokens("V3_0", response), second);
    }

    #[test]
    fn the_audience_of_an_access_token_is_the_client() {
        let mut fixture = Fixture::with_user("ana").and_trigger("PreTokenGeneration", |event| {
            let client = &event["callerContext"]["clientId"];
            respond(
                event,
                json!({"claimsAndScopeOverrideDetails": {"accessTokenGeneration": {
                    "claimsToAddOrOverride": {"aud": client},
                }}}),
            )
        });
        set_version(&fixture, "V2_0");
        let access = fixture.run(&format!("{SIGN_IN}\nclaims access"));
        assert!(access.contains(r#""aud":"$client""#), "{access}");
    }

    #[test]
    fn misbehaviour() {
        let mut transcript = String::new();
        for (version, response) in [
            ("V1_0", json!({"claimsOverrideDetails": "none"})),
            (
                "V1_0",
                json!({"claimsOverrideDetails": {"claimsToAddOrOverride": {"level": 7}}}),
            ),
            (
                "V1_0",
                json!({"claimsOverrideDetails": {"claimsToSuppress": "email"}}),
            ),
            (
                "V2_0",
                json!({"claimsAndScopeOverrideDetails": {"accessTokenGeneration": []}}),
            ),
            // The other version's members are ignored.
            (
                "V2_0",
                json!({"claimsOverrideDetails": {"claimsToSuppress": "email"}}),
            ),
            (
                "V1_0",
                json!({"claimsAndScopeOverrideDetails": {"accessTokenGeneration": []}}),
            ),
        ] {
            transcript.push_str(&fixture(version, response).run(SIGN_IN));
        }
        let mut fixture = Fixture::with_user("ana")
            .and_trigger("PreTokenGeneration", |_| Err("no claims".to_owned()));
        transcript.push_str(&fixture.run(SIGN_IN));
        assert_snapshot!(transcript, @r"
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        {}
        {}
        400 UserLambdaValidationException: PreTokenGeneration failed with error no claims.
        ");
    }
}
