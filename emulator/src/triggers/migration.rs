//! `UserMigration`: creates a user from another directory, at the first sign-in
//! with a password or when a password is forgotten.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html>

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Event, EventUser, Metadata, Trigger};
use crate::auth::password::Verifier;
use crate::error::{Error, Result};
use crate::settings::attribute::Attribute;
use crate::state::given::AttributeSource;
use crate::state::pool::Pool;
use crate::state::user::{Status, User};
use crate::state::users::UserId;
use crate::validate;
use crate::world::World;

/// The event that requests the user with `username` and `password` from the other
/// directory.
pub(crate) fn at_sign_in(
    pool: &Pool,
    username: &str,
    client_id: &str,
    password: &str,
    validation_data: &Metadata,
) -> Option<Event> {
    let request = || json!({ "password": password, "validationData": validation_data });
    event(
        pool,
        username,
        client_id,
        "UserMigration_Authentication",
        request,
    )
}

/// The event that requests a user who has forgotten their password.
pub(crate) fn at_forgot_password(
    pool: &Pool,
    username: &str,
    client_id: &str,
    metadata: &Metadata,
) -> Option<Event> {
    let request = || {
        let mut request = json!({ "password": null, "validationData": null });
        if !metadata.is_empty() {
            request["clientMetadata"] = json!(metadata);
        }
        request
    };
    event(
        pool,
        username,
        client_id,
        "UserMigration_ForgotPassword",
        request,
    )
}

fn event(
    pool: &Pool,
    username: &str,
    client_id: &str,
    source: &str,
    request: impl FnOnce() -> Value,
) -> Option<Event> {
    let about = EventUser {
        pool,
        username,
        client_id: Some(client_id),
    };
    let response = || {
        json!({
            "userAttributes": null,
            "forceAliasCreation": null,
            "enableSMSMFA": null,
            "finalUserStatus": null,
            "messageAction": null,
            "desiredDeliveryMediums": null,
        })
    };
    Event::new(about, Trigger::UserMigration, source, request, response)
}

/// A user as the function returns them.
///
/// `messageAction` and `desiredDeliveryMediums` are about an invitation
/// message. The emulator does not send one: a user with a password does not
/// need it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Migrant {
    user_attributes: Option<BTreeMap<String, String>>,
    final_user_status: Option<String>,
    force_alias_creation: Option<bool>,
    #[serde(rename = "enableSMSMFA")]
    enable_sms_mfa: Option<bool>,
}

/// Runs the event. An unknown user and an invalid response get the same
/// sentence.
pub(crate) fn run(event: Event, world: &World, client_id: &str) -> Result<Migrant> {
    event.run(world).map_err(|error| match error {
        // A function that cannot be invoked is a configuration error.
        Error::LambdaNotInvoked { .. } => error,
        _ => failed(client_id),
    })
}

fn failed(client_id: &str) -> Error {
    Error::MigrationFailed {
        client: client_id.to_owned(),
    }
}

impl Migrant {
    /// Creates the user who signs in as `username` in `pool`, with the password of the sign-in, which is
    /// not checked against the password policy. Without a password the user must reset
    /// it.
    ///
    /// If a user with this name was created in the meantime, returns that user.
    pub(crate) fn admit(
        &self,
        world: &World,
        pool: &mut Pool,
        username: &str,
        client_id: &str,
        password: Option<&str>,
    ) -> Result<UserId> {
        if let Some(id) = pool.users.find(username) {
            return Ok(id);
        }
        self.make(world, pool, username, password)
            .map_err(|_| failed(client_id))
    }

    /// The username of the new user, who signs in as `entered`.
    ///
    /// `userAttributes` can have a `username`. It must be the name that was entered, unless that
    /// name is an alias which the response gives to the user: then it is the user's own name
    /// (developer guide: "If your user pool doesn't meet the conditions … the `username` parameter
    /// in the response must either exactly match the request, or be omitted").
    fn username<'a>(&'a self, pool: &Pool, entered: &'a str) -> Result<&'a str> {
        let attribute = |name: &str| self.user_attributes.as_ref()?.get(name);
        let Some(own) = attribute("username").filter(|own| *own != entered) else {
            return Ok(entered);
        };
        let naming = pool.users.naming();
        let is_entered = |value: &String| naming.fold(value.as_str()) == naming.fold(entered);
        let mut aliases = naming.alias_attributes.iter();
        if !aliases.any(|alias| attribute(alias).is_some_and(is_entered)) {
            return Err(Error::LambdaOutputUnrecognizable);
        }
        validate::check_texts([("username", "UsernameType", own.as_str())])?;
        match pool.users.find(own) {
            Some(_) => Err(Error::AccountExists),
            None => Ok(own.as_str()),
        }
    }

    /// Every failure is reported to the caller as a failed migration
    /// (inferred).
    fn make(
        &self,
        world: &World,
        pool: &mut Pool,
        username: &str,
        password: Option<&str>,
    ) -> Result<UserId> {
        let now = world.now();
        let given = self
            .user_attributes
            .as_ref()
            .ok_or(Error::LambdaOutputUnrecognizable)?;
        let mut given: Vec<Attribute> = given
            .iter()
            .map(|(name, value)| Attribute {
                name: name.clone(),
                value: value.clone(),
            })
            // The guide's examples also return attributes that are specific to the other pool.
            .filter(|attribute| {
                !matches!(attribute.name.as_str(), "sub" | "username")
                    && !attribute.name.starts_with("cognito:")
            })
            .collect();
        let username = self.username(pool, username)?;
        let status = match (self.final_user_status.as_deref(), password) {
            (None | Some("CONFIRMED"), Some(_)) => Status::Confirmed,
            (None | Some("CONFIRMED"), None) | (Some("RESET_REQUIRED"), _) => Status::ResetRequired,
            _ => return Err(Error::LambdaOutputUnrecognizable),
        };
        let attribute =
            pool.check_username_attribute(AttributeSource::Migration, username, &mut given)?;
        pool.schema.check_new(&given)?;
        pool.check_alias_form(AttributeSource::Migration, &given)?;
        let sub = world.chance.sub();
        let mut user = User::new(attribute.map_or(username, |_| &sub), &sub, status, now);
        for Attribute { name, value } in &given {
            user.attributes.set(name, value);
        }
        user.attributes.check_verified()?;
        if self.enable_sms_mfa == Some(true) {
            user.attribute("phone_number")
                .ok_or(Error::NoPhoneToVerify)?;
            user.mfa.sms = true;
        }
        let moved = pool.taken(&user.attributes, None);
        let may_move = self.force_alias_creation == Some(true);
        for taken in &moved {
            if !may_move || !pool.is_movable(taken) {
                return Err(taken.refusal());
            }
        }
        if let Some(password) = password {
            let name = pool.short_name();
            let verifier = Verifier::new(name, &user.username, password, &world.chance);
            user.set_password(verifier, None);
        }
        for taken in moved {
            taken.release(pool, now)?;
        }
        Ok(pool.users.insert(user))
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::testing::{Fixture, respond};

    /// A directory with the user `old@example.com` and the password `old`.
    fn directory(event: &Value) -> Result<Value, String> {
        let known = event["userName"] == "old@example.com";
        let password = &event["request"]["password"];
        if !known || !password.is_null() && password != "old" {
            return Err("Bad password".to_owned());
        }
        let attributes = json!({"email": "old@example.com", "email_verified": "true"});
        let status = if password.is_null() {
            Value::Null
        } else {
            json!("CONFIRMED")
        };
        respond(
            event,
            json!({"userAttributes": attributes, "finalUserStatus": status, "messageAction": "SUPPRESS"}),
        )
    }

    const SIGN_IN: &str = r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"old@example.com","PASSWORD":"old"},"ClientMetadata":{"from":"app"}}"#;

    #[test]
    fn at_sign_in() {
        let mut fixture = Fixture::with_pool(json!({"UsernameAttributes": ["email"]}))
            .and_trigger("UserMigration", directory)
            .and_trigger("PreAuthentication", |event| Ok(event.clone()));
        let script = format!(
            r#"
            InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{{"USERNAME":"old@example.com","PASSWORD":"new"}}}}
            events
            {SIGN_IN}
            events
            AdminGetUser {{"UserPoolId":"$pool","Username":"old@example.com"}}
            # From now on the user exists in the pool.
            InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{{"USERNAME":"old@example.com","PASSWORD":"new"}}}}
            "#
        );
        assert_snapshot!(fixture.run(&script), @r#"
        400 UserNotFoundException: Exception migrating user in app client $client
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"old@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"UserMigration_Authentication","request":{"password":"new","validationData":{}},"response":{"userAttributes":null,"forceAliasCreation":null,"enableSMSMFA":null,"finalUserStatus":null,"messageAction":null,"desiredDeliveryMediums":null}}
        {}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"old@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"UserMigration_Authentication","request":{"password":"old","validationData":{"from":"app"}},"response":{"userAttributes":null,"forceAliasCreation":null,"enableSMSMFA":null,"finalUserStatus":null,"messageAction":null,"desiredDeliveryMediums":null}}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"29f82848-a82e-70a0-e91e-87c92d25bde1","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{"sub":"29f82848-a82e-70a0-e91e-87c92d25bde1","email_verified":"true","cognito:user_status":"CONFIRMED","email":"old@example.com"},"validationData":{"from":"app"}},"response":{}}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"old@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"$sub"}
        400 NotAuthorizedException: Incorrect username or password.
        "#);
    }

    #[test]
    fn at_a_forgotten_password() {
        let mut fixture = Fixture::with_pool(json!({"UsernameAttributes": ["email"]}))
            .and_trigger("UserMigration", directory);
        assert_snapshot!(fixture.run(r#"
            ForgotPassword {"ClientId":"$client","Username":"new@example.com"}
            ForgotPassword {"ClientId":"$client","Username":"old@example.com","ClientMetadata":{"from":"app"}}
            events
            only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"old@example.com"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"old@example.com","ConfirmationCode":"$code","Password":"$password"}
            only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"old@example.com"}
        "#), @r#"
        400 UserNotFoundException: Exception migrating user in app client $client
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"o***@e***"}}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"new@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"UserMigration_ForgotPassword","request":{"password":null,"validationData":null},"response":{"userAttributes":null,"forceAliasCreation":null,"enableSMSMFA":null,"finalUserStatus":null,"messageAction":null,"desiredDeliveryMediums":null}}
        {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"old@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"UserMigration_ForgotPassword","request":{"password":null,"validationData":null,"clientMetadata":{"from":"app"}},"response":{"userAttributes":null,"forceAliasCreation":null,"enableSMSMFA":null,"finalUserStatus":null,"messageAction":null,"desiredDeliveryMediums":null}}
        "RESET_REQUIRED"
        200 {}
        "CONFIRMED"
        "#);
    }

    /// Clients that hide users hide a failed migration.
    #[test]
    fn clients_that_hide_users_hide_a_failed_migration() {
        let pool = json!({"UsernameAttributes": ["email"]});
        let client = json!({"PreventUserExistenceErrors": "ENABLED"});
        let mut fixture =
            Fixture::with_pool_and_client(pool, client).and_trigger("UserMigration", directory);
        assert_snapshot!(fixture.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"new@example.com","PASSWORD":"old"}}
            ForgotPassword {"ClientId":"$client","Username":"new@example.com"}
        "#), @r#"
        400 NotAuthorizedException: Incorrect username or password.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"n***@e***"}}
        "#);
    }

    /// Responses of a function that describe a user, some of them invalid.
    fn responses() -> [Value; 12] {
        [
            json!({}),
            json!({"userAttributes": {}}),
            json!({"userAttributes": {"sub": "theirs", "cognito:user_status": "CONFIRMED"}}),
            json!({"userAttributes": {"nonsense": "1"}}),
            json!({"userAttributes": {"email_verified": "true"}}),
            json!({"userAttributes": {"email": 1}}),
            json!({"userAttributes": {}, "finalUserStatus": "RESET_REQUIRED"}),
            json!({"userAttributes": {}, "finalUserStatus": "ARCHIVED"}),
            json!({"userAttributes": {}, "enableSMSMFA": true}),
            json!({"userAttributes": {"phone_number": "+12065559934"}, "enableSMSMFA": true}),
            json!({"userAttributes": {"email": "taken@example.com", "email_verified": "true"}}),
            json!({"userAttributes": {"email": "taken@example.com", "email_verified": "true"}, "forceAliasCreation": true}),
        ]
    }

    /// Responses of the function, and their effect.
    #[test]
    fn responses_and_their_effect() {
        let mut transcript = String::new();
        for response in responses() {
            let verified = json!([
                {"Name": "email", "Value": "taken@example.com"},
                {"Name": "email_verified", "Value": "true"},
            ]);
            let shown = response.clone();
            let mut fixture = Fixture::with_pool(json!({"AliasAttributes": ["email"]}))
                .and_user("ana", verified)
                .and_trigger("UserMigration", move |event| {
                    respond(event, response.clone())
                });
            transcript.push_str(&shown.to_string());
            transcript.push_str("\n  ");
            transcript.push_str(&fixture.run(
                r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"old","PASSWORD":"old"}}"#,
            ));
            transcript.push_str("  ");
            transcript.push_str(
                &fixture.run(
                    r#"only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"old"}"#,
                ),
            );
        }
        assert_snapshot!(transcript, @r#"
        {}
          400 UserNotFoundException: Exception migrating user in app client $client
          400 UserNotFoundException: User does not exist.
        {"userAttributes":{}}
          {}
          "CONFIRMED"
        {"userAttributes":{"sub":"theirs","cognito:user_status":"CONFIRMED"}}
          {}
          "CONFIRMED"
        {"userAttributes":{"nonsense":"1"}}
          400 UserNotFoundException: Exception migrating user in app client $client
          400 UserNotFoundException: User does not exist.
        {"userAttributes":{"email_verified":"true"}}
          400 UserNotFoundException: Exception migrating user in app client $client
          400 UserNotFoundException: User does not exist.
        {"userAttributes":{"email":1}}
          400 UserNotFoundException: Exception migrating user in app client $client
          400 UserNotFoundException: User does not exist.
        {"userAttributes":{},"finalUserStatus":"RESET_REQUIRED"}
          400 PasswordResetRequiredException: Password reset required for the user
          "RESET_REQUIRED"
        {"userAttributes":{},"finalUserStatus":"ARCHIVED"}
          400 UserNotFoundException: Exception migrating user in app client $client
          400 UserNotFoundException: User does not exist.
        {"userAttributes":{},"enableSMSMFA":true}
          400 UserNotFoundException: Exception migrating user in app client $client
          400 UserNotFoundException: User does not exist.
        {"userAttributes":{"phone_number":"+12065559934"},"enableSMSMFA":true}
          {}
          "CONFIRMED"
        {"userAttributes":{"email":"taken@example.com","email_verified":"true"}}
          400 UserNotFoundException: Exception migrating user in app client $client
          400 UserNotFoundException: User does not exist.
        {"userAttributes":{"email":"taken@example.com","email_verified":"true"},"forceAliasCreation":true}
          {}
          "CONFIRMED"
        "#);
    }

    /// Names that are entered, the `username` of the response, and the username of the new user; none
    /// if the response is refused. The user `ana` exists.
    #[test]
    fn usernames_of_responses() {
        let plain = || json!({});
        let by_address = || json!({"UsernameAttributes": ["email"]});
        let by_alias = || json!({"AliasAttributes": ["email"]});
        let address = "old@example.com";
        for (pool, entered, own, expected) in [
            (plain(), "old", None, Some("old")),
            (plain(), "old", Some("old"), Some("old")),
            (plain(), "old", Some("mine"), None),
            (plain(), "old", Some("OLD"), None),
            (by_address(), address, Some(address), Some("$sub")),
            (by_address(), address, Some("mine"), None),
            (by_alias(), address, Some("mine"), Some("mine")),
            (by_alias(), address, Some("my name"), None),
            (by_alias(), address, Some("ana"), None),
            (by_alias(), address, Some("other@example.com"), None),
            (by_alias(), address, None, None),
            (by_alias(), "old", Some("old"), Some("old")),
            (by_alias(), "old", Some("mine"), None),
        ] {
            let row = format!("{pool} {entered} {own:?}");
            let mut attributes = json!({"email": address, "email_verified": "true"});
            if let Some(own) = own {
                attributes["username"] = json!(own);
            }
            let other = if pool == by_address() {
                "ana@example.com"
            } else {
                "ana"
            };
            let mut fixture = Fixture::with_pool(pool)
                .and_user(other, json!([]))
                .and_trigger("UserMigration", move |event| {
                    respond(event, json!({ "userAttributes": attributes }))
                });
            let shown = fixture.run(&format!(
                r#"
                only /ChallengeParameters InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{{"USERNAME":"{entered}","PASSWORD":"old"}}}}
                only /Username AdminGetUser {{"UserPoolId":"$pool","Username":"{entered}"}}
                "#
            ));
            let expected = match expected {
                Some(username) => format!("{{}}\n\"{username}\"\n"),
                None => {
                    "400 UserNotFoundException: Exception migrating user in app client $client\n\
                         400 UserNotFoundException: User does not exist.\n"
                        .to_owned()
                }
            };
            assert_eq!(shown, expected, "{row}");
        }
    }

    /// A function that cannot be invoked is a configuration error, and is reported as
    /// such.
    #[test]
    fn functions_that_cannot_be_invoked() {
        let mut fixture = Fixture::new().and_trigger("UserMigration", directory);
        fixture.emulator().world().functions.remove("UserMigration");
        assert_snapshot!(fixture.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"old","PASSWORD":"old"}}
            ForgotPassword {"ClientId":"$client","Username":"old"}
        "#), @r"
        400 UnexpectedLambdaException: UserMigration invocation failed due to error ResourceNotFoundException.
        400 UnexpectedLambdaException: UserMigration invocation failed due to error ResourceNotFoundException.
        ");
    }
}
