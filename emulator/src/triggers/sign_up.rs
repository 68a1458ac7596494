//! `PreSignUp` and `PostConfirmation`: before a user is created and after a
//! user is confirmed.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html>
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html>

use std::ops::Deref;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Event, EventUser, Metadata, Nothing, Trigger, user_attributes};
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::state::users::UserId;
use crate::world::World;

/// Request members that are passed to the function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignUpData<'a> {
    /// `ValidationData`.
    pub(crate) validation_data: &'a [Attribute],
    /// `ClientMetadata`.
    pub(crate) metadata: &'a Metadata,
}

/// The event before `user` is created, by an app client or by an administrator.
pub(crate) fn pre_sign_up(
    pool: &Pool,
    user: &User,
    client_id: Option<&str>,
    data: SignUpData<'_>,
) -> Option<Event> {
    let about = EventUser {
        pool,
        username: &user.username,
        client_id,
    };
    let source = match client_id {
        Some(_) => "PreSignUp_SignUp",
        None => "PreSignUp_AdminCreateUser",
    };
    let request = || {
        let validation: serde_json::Map<String, Value> = data
            .validation_data
            .iter()
            .map(|given| (given.name.clone(), json!(given.value)))
            .collect();
        // The attributes of the request. An app cannot set the verified flags.
        let given = user.attributes.iter();
        let given = given.filter(|(name, _)| client_id.is_none() || !name.ends_with("_verified"));
        let attributes: serde_json::Map<String, Value> = given
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        let mut request = json!({
            "userAttributes": attributes,
            "validationData": (!validation.is_empty()).then_some(validation),
        });
        if !data.metadata.is_empty() {
            request["clientMetadata"] = json!(data.metadata);
        }
        request
    };
    let response =
        || json!({ "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false });
    Event::new(about, Trigger::PreSignUp, source, request, response)
}

/// The event before a user of an external provider is created, with the mapped `attributes`. The
/// empty aliases and the empty `validationData` are in a live event of 2019-03 in a public note.
pub(crate) fn external_sign_up(
    pool: &Pool,
    username: &str,
    attributes: &[Attribute],
    client_id: &str,
) -> Option<Event> {
    let about = EventUser {
        pool,
        username,
        client_id: Some(client_id),
    };
    let request = || {
        let own = ["cognito:email_alias", "cognito:phone_number_alias"];
        let own = own.map(|name| (name.to_owned(), json!("")));
        let given = attributes.iter().filter(|it| !it.value.is_empty());
        let given = given.map(|it| (it.name.clone(), json!(it.value)));
        let all: serde_json::Map<String, Value> = own.into_iter().chain(given).collect();
        json!({ "userAttributes": all, "validationData": {} })
    };
    let response =
        || json!({ "autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false });
    let source = "PreSignUp_ExternalProvider";
    Event::new(about, Trigger::PreSignUp, source, request, response)
}

/// Runs the event of [`external_sign_up`]. The function can refuse. That its decisions about
/// confirmation and verification have no effect is inferred: the user's status is
/// `EXTERNAL_PROVIDER`, and the provider's claims decide what is verified.
pub(crate) fn run_external(event: Option<Event>, world: &World) -> Result<()> {
    match event {
        Some(event) => event.run::<Nothing>(world).map(|_| ()),
        None => Ok(()),
    }
}

/// The response of `PreSignUp`. The guide says that it has no effect for a user
/// that an administrator creates. The function can still refuse.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PreSignUpResponse {
    #[serde(rename = "autoConfirmUser")]
    confirm_user: Option<bool>,
    #[serde(rename = "autoVerifyEmail")]
    verify_email: Option<bool>,
    #[serde(rename = "autoVerifyPhone")]
    verify_phone: Option<bool>,
}

impl PreSignUpResponse {
    /// Whether the function confirms the user.
    pub(crate) fn confirms(&self) -> bool {
        self.confirm_user == Some(true)
    }

    /// Marks as verified the attributes that the function verifies. They must exist
    /// (documented; the sentence is inferred).
    pub(crate) fn verify(&self, user: &mut User) -> Result<()> {
        for (attribute, verified) in [
            ("email", self.verify_email),
            ("phone_number", self.verify_phone),
        ] {
            if verified == Some(true) {
                user.attribute(attribute)
                    .ok_or(Error::LambdaOutputUnrecognizable)?;
                user.attributes
                    .set(&format!("{attribute}_verified"), "true");
            }
        }
        Ok(())
    }
}

/// The way in which a user was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    SignUp,
    ForgotPassword,
}

/// Runs `PostConfirmation` for the confirmed user at `id`, who stays confirmed even if
/// the function fails. Unlocks the pool before the function runs.
pub(crate) fn post_confirmation(
    world: &World,
    pool: impl Deref<Target = Pool>,
    id: UserId,
    client_id: Option<&str>,
    how: Confirmed,
    metadata: &Metadata,
) -> Result<()> {
    let event = pool.users.get(id).and_then(|user| {
        let about = EventUser {
            pool: &pool,
            username: &user.username,
            client_id,
        };
        let source = match how {
            Confirmed::SignUp => "PostConfirmation_ConfirmSignUp",
            Confirmed::ForgotPassword => "PostConfirmation_ConfirmForgotPassword",
        };
        let request = || {
            let mut request = json!({ "userAttributes": user_attributes(&pool, user) });
            if !metadata.is_empty() {
                request["clientMetadata"] = json!(metadata);
            }
            request
        };
        Event::new(about, Trigger::PostConfirmation, source, request, || {
            json!({})
        })
    });
    drop(pool);
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

    const SIGN_UP: &str = r#"SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}],"ValidationData":[{"Name":"invitation","Value":"7"}],"ClientMetadata":{"from":"app"}}"#;
    const USER: &str = r#"AdminGetUser {"UserPoolId":"$pool","Username":"ana"}"#;

    fn fixture(response: Value) -> Fixture {
        Fixture::with_pool(
            json!({"AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"]}),
        )
        .and_trigger("PreSignUp", move |event| respond(event, response.clone()))
        .and_trigger("PostConfirmation", |event| Ok(event.clone()))
    }

    #[test]
    fn events_of_a_sign_up() {
        let script = format!(
            r#"
            {SIGN_UP}
            events
            ConfirmSignUp {{"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","ClientMetadata":{{"from":"page"}}}}
            events
            ForgotPassword {{"ClientId":"$client","Username":"ana"}}
            ConfirmForgotPassword {{"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-7","ClientMetadata":{{"from":"mail"}}}}
            events
            "#
        );
        assert_snapshot!(fixture(json!({})).run(&script), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreSignUp_SignUp","request":{"userAttributes":{"email":"ana@example.com"},"validationData":{"invitation":"7"},"clientMetadata":{"from":"app"}},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}
        200 {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PostConfirmation_ConfirmSignUp","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:email_alias":"ana@example.com","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"clientMetadata":{"from":"page"}},"response":{}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PostConfirmation_ConfirmForgotPassword","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:email_alias":"ana@example.com","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"clientMetadata":{"from":"mail"}},"response":{}}
        "#);
    }

    #[test]
    fn events_of_a_user_created_by_an_administrator() {
        assert_snapshot!(fixture(json!({"autoConfirmUser": true, "autoVerifyEmail": true})).run(r#"
            only /User/UserStatus AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"ana@example.com"}],"ValidationData":[{"Name":"invitation","Value":"7"}],"ClientMetadata":{"from":"app"}}
            # The function's decision is ignored.
            only /UserAttributes AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            events
            SignUp {"ClientId":"$client","Username":"bob","Password":"$password"}
            events
        "#), @r#"
        "FORCE_CHANGE_PASSWORD"
        [{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}]
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"triggerSource":"PreSignUp_AdminCreateUser","request":{"userAttributes":{"email":"ana@example.com"},"validationData":{"invitation":"7"},"clientMetadata":{"from":"app"}},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"bob","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreSignUp_SignUp","request":{"userAttributes":{},"validationData":null},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}
        "#);
        assert_snapshot!(fixture(json!({})).run(r#"
            only /UserConfirmed SignUp {"ClientId":"$client","Username":"bob","Password":"$password"}
            events
            AdminConfirmSignUp {"UserPoolId":"$pool","Username":"bob","ClientMetadata":{"from":"desk"}}
            events
        "#), @r#"
        false
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"bob","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreSignUp_SignUp","request":{"userAttributes":{},"validationData":null},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}
        200 {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"bob","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"triggerSource":"PostConfirmation_ConfirmSignUp","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"clientMetadata":{"from":"desk"}},"response":{}}
        "#);
    }

    #[test]
    fn confirmed_and_verified_by_the_function() {
        let mut fixture = fixture(json!({"autoConfirmUser": true, "autoVerifyEmail": true}))
            .and_verified_user("eve");
        let script = format!(
            r#"
            {SIGN_UP}
            outbox
            only /UserStatus {USER}
            only /UserAttributes {USER}
            events
            # The alias moves to the user who signs up (documented).
            SignUp {{"ClientId":"$client","Username":"bob","Password":"$password","UserAttributes":[{{"Name":"email","Value":"eve@example.com"}}]}}
            only /UserAttributes AdminGetUser {{"UserPoolId":"$pool","Username":"eve"}}
            only /Username AdminGetUser {{"UserPoolId":"$pool","Username":"eve@example.com"}}
            "#
        );
        assert_snapshot!(fixture.run(&script), @r#"
        200 {"UserConfirmed":true,"UserSub":"$sub"}
        nothing sent
        "CONFIRMED"
        [{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}]
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"eve","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"CLIENT_ID_NOT_APPLICABLE"},"triggerSource":"PreSignUp_AdminCreateUser","request":{"userAttributes":{"email":"eve@example.com","email_verified":"true"},"validationData":null},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreSignUp_SignUp","request":{"userAttributes":{"email":"ana@example.com"},"validationData":{"invitation":"7"},"clientMetadata":{"from":"app"}},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PostConfirmation_ConfirmSignUp","request":{"userAttributes":{"sub":"$sub","email_verified":"true","cognito:email_alias":"ana@example.com","cognito:user_status":"CONFIRMED","email":"ana@example.com"},"clientMetadata":{"from":"app"}},"response":{}}
        200 {"UserConfirmed":true,"UserSub":"$sub"}
        [{"Name":"email","Value":"eve@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"sub","Value":"$sub"}]
        "bob"
        "#);
    }

    /// In a pool with `UsernameAttributes`, functions receive the internal username.
    #[test]
    fn internal_usernames() {
        let mut fixture = Fixture::with_pool(json!({"UsernameAttributes": ["email"]}))
            .and_trigger("PreSignUp", |event| Ok(event.clone()));
        assert_snapshot!(fixture.run(r#"
            SignUp {"ClientId":"$client","Username":"ana@example.com","Password":"$password"}
            events
        "#), @r#"
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"$sub","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreSignUp_SignUp","request":{"userAttributes":{"email":"ana@example.com"},"validationData":null},"response":{"autoConfirmUser":false,"autoVerifyEmail":false,"autoVerifyPhone":false}}
        "#);
    }

    /// R204 to R207. A failure before the user is created leaves no user; a
    /// failure after it leaves the user.
    #[test]
    fn misbehaviour() {
        let mut transcript = String::new();
        for answer in [
            Err("not you".to_owned()),
            Ok(Value::Null),
            Ok(json!({})),
            Ok(json!({"response": {"autoConfirmUser": "yes"}})),
            // The user has no number to verify.
            Ok(json!({"response": {"autoVerifyPhone": true}})),
        ] {
            let mut fixture = Fixture::new().and_trigger("PreSignUp", move |_| answer.clone());
            transcript.push_str(&fixture.run(SIGN_UP));
            transcript.push_str(&fixture.run(&format!("only /UserStatus {USER}")));
            transcript.push_str(&fixture.run(
                r#"only /User/UserStatus AdminCreateUser {"UserPoolId":"$pool","Username":"ana"}"#,
            ));
        }
        assert_snapshot!(transcript, @r#"
        400 UserLambdaValidationException: PreSignUp failed with error not you.
        400 UserNotFoundException: User does not exist.
        400 UserLambdaValidationException: PreSignUp failed with error not you.
        400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
        400 UserNotFoundException: User does not exist.
        400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 UserNotFoundException: User does not exist.
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 UserNotFoundException: User does not exist.
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 InvalidLambdaResponseException: Unrecognizable lambda output
        400 UserNotFoundException: User does not exist.
        "FORCE_CHANGE_PASSWORD"
        "#);
        let mut fixture = Fixture::with_pool(json!({"AutoVerifiedAttributes": ["email"]}))
            .and_trigger("PostConfirmation", |_| Err("no room".to_owned()));
        let confirm =
            r#"ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}"#;
        let script = format!("{SIGN_UP}\n{confirm}\nonly /UserStatus {USER}\n{confirm}");
        assert_snapshot!(fixture.run(&script), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        400 UserLambdaValidationException: PostConfirmation failed with error no room.
        "CONFIRMED"
        400 NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED
        "#);
    }

    /// A user created while the function runs keeps the name.
    #[test]
    fn the_username_is_checked_again_after_the_function() {
        let mut fixture = Fixture::new();
        let handle = fixture.pool_handle();
        let race = move |event: &Value| {
            let mut pool = handle.write();
            let status = crate::state::user::Status::Confirmed;
            let now = crate::world::Time(0);
            if pool.users.find("ana").is_none() {
                let rival = crate::state::user::User::new("ana", "rival", status, now);
                pool.users.insert(rival);
            }
            Ok(event.clone())
        };
        fixture = fixture.and_trigger("PreSignUp", race);
        assert_snapshot!(fixture.run(SIGN_UP), @"400 UsernameExistsException: User already exists");
    }
}
