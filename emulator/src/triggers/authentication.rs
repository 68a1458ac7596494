//! `PreAuthentication` and `PostAuthentication`: before and after the
//! credentials of a sign-in are checked.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html>
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html>

use serde_json::{Value, json};

use super::{Event, EventUser, Metadata, Nothing, Trigger, user_attributes};
use crate::error::Result;
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::world::World;

/// The event before any check. `user` is `None` for an unknown user. Functions receive
/// unknown users only for clients that hide users.
pub(crate) fn pre_authentication(
    pool: &Pool,
    username: &str,
    user: Option<&User>,
    client_id: &str,
    validation_data: &Metadata,
) -> Option<Event> {
    let about = EventUser {
        pool,
        username: user.map_or(username, |user| &user.username),
        client_id: Some(client_id),
    };
    let request = || {
        let mut request = json!({
            "userAttributes": user.map_or_else(|| json!({}), |user| user_attributes(pool, user)),
            "validationData": validation_data,
        });
        if pool
            .client(client_id)
            .is_ok_and(|client| client.settings.hides_users())
        {
            request["userNotFound"] = Value::from(user.is_none());
        }
        request
    };
    let source = "PreAuthentication_Authentication";
    Event::new(about, Trigger::PreAuthentication, source, request, || {
        json!({})
    })
}

/// The event after every check has passed.
pub(crate) fn post_authentication(
    pool: &Pool,
    user: &User,
    client_id: &str,
    new_device_used: bool,
    metadata: &Metadata,
) -> Option<Event> {
    let about = EventUser {
        pool,
        username: &user.username,
        client_id: Some(client_id),
    };
    let request = || {
        let mut request = json!({
            "userAttributes": user_attributes(pool, user),
            "newDeviceUsed": new_device_used,
        });
        if !metadata.is_empty() {
            request["clientMetadata"] = json!(metadata);
        }
        request
    };
    let source = "PostAuthentication_Authentication";
    Event::new(about, Trigger::PostAuthentication, source, request, || {
        json!({})
    })
}

/// Runs either event. Its function can only refuse.
pub(crate) fn run(event: Option<Event>, world: &World) -> Result<()> {
    match event {
        Some(event) => event.run::<Nothing>(world).map(|_| ()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Fixture, respond};

    #[test]
    fn events_of_a_sign_in() {
        let mut fixture = Fixture::with_pool(json!({}))
            .and_verified_user("ana")
            .and_trigger("PreAuthentication", |event| Ok(event.clone()))
            .and_trigger("PostAuthentication", |event| Ok(event.clone()));
        assert_snapshot!(fixture.run(r#"
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"},"ClientMetadata":{"from":"app"}}
            events
            # A wrong password is checked after the first event and before the second.
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"wrong"}}
            events
            # Neither an unknown user nor a refresh runs a function.
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"wrong"}}
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            events
        "#), @r#"
        {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"validationData":{"from":"app"}},"response":{}}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PostAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"newDeviceUsed":false},"response":{}}
        400 NotAuthorizedException: Incorrect username or password.
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"validationData":{}},"response":{}}
        400 UserNotFoundException: User does not exist.
        {}
        "#);
    }

    /// With SRP, the first event comes before the exchange and the second after
    /// the proof.
    #[test]
    fn events_of_a_sign_in_by_srp() {
        let mut fixture = Fixture::with_user("ana")
            .and_trigger("PreAuthentication", |event| Ok(event.clone()))
            .and_trigger("PostAuthentication", |event| Ok(event.clone()));
        assert_snapshot!(fixture.run(r#"
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"ana","SRP_A":"$srp_a"},"ClientMetadata":{"from":"first"}}
            events
            only /ChallengeParameters RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim($password)","TIMESTAMP":"$timestamp"},"ClientMetadata":{"from":"second"}}
            events
        "#), @r#"
        "PASSWORD_VERIFIER"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"validationData":{"from":"first"}},"response":{}}
        {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PostAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"newDeviceUsed":false,"clientMetadata":{"from":"second"}},"response":{}}
        "#);
    }

    /// The event after a challenge has the `ClientMetadata` of the answer.
    #[test]
    fn after_a_challenge() {
        let mut fixture = Fixture::with_user("ana")
            .and_trigger("PreAuthentication", |event| Ok(event.clone()))
            .and_trigger("PostAuthentication", |event| Ok(event.clone()));
        assert_snapshot!(fixture.run(r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"Temporary-1"}
            only /ChallengeName AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"Temporary-1"},"ClientMetadata":{"from":"first"}}
            events
            only /ChallengeParameters AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password"},"ClientMetadata":{"from":"second"}}
            events
        "#), @r#"
        200 {}
        "NEW_PASSWORD_REQUIRED"
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"FORCE_CHANGE_PASSWORD"},"validationData":{"from":"first"}},"response":{}}
        {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PostAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"newDeviceUsed":false,"clientMetadata":{"from":"second"}},"response":{}}
        "#);
    }

    /// For a client that hides users, the function sees that a user is unknown.
    #[test]
    fn unknown_users_of_clients_that_hide_them() {
        let client = json!({"PreventUserExistenceErrors": "ENABLED"});
        let mut fixture = Fixture::with_pool_and_client(json!({}), client)
            .and_user("ana", json!([]))
            .and_trigger(
                "PreAuthentication",
                |event| match event["request"]["userNotFound"].as_bool() {
                    Some(true) => Err("who is that?".to_owned()),
                    _ => respond(event, json!({})),
                },
            );
        assert_snapshot!(fixture.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"wrong"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"wrong"}}
            events
        "#), @r#"
        400 UserLambdaValidationException: PreAuthentication failed with error who is that?.
        400 NotAuthorizedException: Incorrect username or password.
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"bob","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{},"validationData":{},"userNotFound":true},"response":{}}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"validationData":{},"userNotFound":false},"response":{}}
        "#);
    }

    /// R204 to R207. If `PostAuthentication` refuses, no sign-in is recorded.
    #[test]
    fn misbehaviour() {
        const SIGN_IN: &str = r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;
        let mut transcript = String::new();
        for answer in [
            Err("no entry".to_owned()),
            Ok(Value::Null),
            Ok(json!({})),
            Ok(json!({"response": null})),
            Ok(json!("yes")),
            Ok(json!({"response": {"whatever": 1}})),
        ] {
            for trigger in ["PreAuthentication", "PostAuthentication"] {
                let answer = answer.clone();
                let mut fixture =
                    Fixture::with_user("ana").and_trigger(trigger, move |_| answer.clone());
                let answer = fixture.run(SIGN_IN);
                transcript.push_str(&answer);
                let handle = fixture.pool_handle();
                let signed_in = handle.read().user("ana").unwrap().sign_ins.len();
                assert_eq!(signed_in == 1, answer.starts_with("{}"), "{answer}");
            }
        }
        let mut fixture =
            Fixture::with_user("ana").and_trigger("PreAuthentication", |_| Ok(json!(1)));
        fixture
            .emulator()
            .world()
            .functions
            .remove("PreAuthentication");
        transcript.push_str(&fixture.run(SIGN_IN));
        assert_snapshot!(transcript, @r"
        400 UserLambdaValidationException: PreAuthentication failed with error no entry.
        400 UserLambdaValidationException: PostAuthentication failed with error no entry.
        400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
        400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        {}
        {}
        400 UnexpectedLambdaException: PreAuthentication invocation failed due to error ResourceNotFoundException.
        ");
    }
}
