//! `ForgotPassword`: sends a code with which `ConfirmForgotPassword` sets a new
//! password.
//!
//! Until then the old password is valid. An unknown user may be created by
//! `UserMigration`. `UserContextData` is for threat protection;
//! `AnalyticsMetadata` has no effect.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ForgotPassword.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::code::{CodePurpose, Limit};
use crate::state::contact::CodeDeliveryDetails;
use crate::state::status::{Transition, after};
use crate::triggers::message::{MessageContext, Source, post_one};
use crate::triggers::{Metadata, migration};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    code_delivery_details: CodeDeliveryDetails,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let Request {
        client_id,
        username,
        secret_hash,
        ..
    } = &request;
    migrate(cx, &request)?;
    let mut pool = cx.client_pool_mut(client_id, username, secret_hash.as_deref())?;
    let attributes = pool.recovery_attributes()?;
    let hides_users = pool.client(client_id)?.settings.hides_users();
    let (purpose, limit) = (CodePurpose::PasswordReset, Limit::ForgotPassword);
    let contact = match pool.reach(username, client_id)? {
        None => None,
        Some(id) => {
            let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
            let contact =
                after(user.status, Transition::Forget).and_then(|_| pool.recovery_contact(user));
            match contact {
                Ok(contact) => Some((id, contact)),
                // R21: a user without a contact is hidden like an unknown user.
                Err(Error::NoVerifiedContact) if hides_users => None,
                Err(error) => return Err(error),
            }
        }
    };
    let code_delivery_details = if let Some((id, contact)) = contact {
        pool.take(id, limit, cx.now())?;
        let draft = pool.issue_code(cx.world, id, purpose, &contact);
        let context = MessageContext {
            source: Source::ForgotPassword,
            client_id: Some(client_id),
            metadata: &request.client_metadata,
        };
        post_one(cx.world, pool, draft, &context)?
    } else {
        pool.pretend_code(username, purpose, limit, &attributes, cx.now())?
    };
    Ok(Response {
        code_delivery_details,
    })
}

/// Runs `UserMigration` for an unknown user, and creates the user that it
/// returns.
fn migrate(cx: &Cx<'_>, request: &Request) -> Result<()> {
    let Request {
        client_id,
        username,
        secret_hash,
        client_metadata,
    } = request;
    let (event, hides_users) = {
        let pool = cx.client_pool_mut(client_id, username, secret_hash.as_deref())?;
        if pool.users.find(username).is_some() {
            return Ok(());
        }
        (
            migration::at_forgot_password(&pool, username, client_id, client_metadata),
            pool.client(client_id)?.settings.hides_users(),
        )
    };
    let Some(event) = event else { return Ok(()) };
    let migrated = migration::run(event, cx.world, client_id).and_then(|migrant| {
        let mut pool = cx.pool_handle_of_client(client_id)?.write();
        migrant.admit(cx.world, &mut pool, username, client_id, None)
    });
    match migrated {
        // An unknown user whose migration fails is hidden like any unknown user
        // (inferred).
        Err(Error::MigrationFailed { .. }) if hides_users => Ok(()),
        other => other.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn with_users(pool: serde_json::Value, client: serde_json::Value) -> Fixture {
        let email = json!({"Name": "email", "Value": "ana@example.com"});
        let phone = json!({"Name": "phone_number", "Value": "+12065559934"});
        let verified = |name: &str| json!({"Name": format!("{name}_verified"), "Value": "true"});
        Fixture::with_pool_and_client(pool, client)
            .and_user("ana", json!([email, verified("email")]))
            .and_user(
                "eva",
                json!([email, verified("email"), phone, verified("phone_number")]),
            )
            .and_user("bob", json!([]))
    }

    #[test]
    fn a_code_goes_to_a_verified_contact_and_email_comes_first() {
        assert_snapshot!(with_users(json!({}), json!({})).run(r#"
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            outbox
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            ForgotPassword {"ClientId":"$client","Username":"eva"}
            outbox
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        PasswordReset Email to ana@example.com: Your verification code Your verification code is $code.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        PasswordReset Email to ana@example.com: Your verification code Your verification code is $code.
        "#);
    }

    #[test]
    fn the_recovery_setting_orders_contacts() {
        let by = |first: &str, second: &str| {
            json!({"AccountRecoverySetting": {"RecoveryMechanisms": [
                {"Priority": 2, "Name": second},
                {"Priority": 1, "Name": first},
            ]}})
        };
        let script = r#"
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            ForgotPassword {"ClientId":"$client","Username":"eva"}
        "#;
        let email_first = by("verified_email", "verified_phone_number");
        assert_snapshot!(with_users(email_first, json!({})).run(script), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
        let phone_alone = json!({"AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_phone_number"}]}});
        assert_snapshot!(with_users(phone_alone, json!({})).run(script), @r#"
        400 InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number
        200 {"CodeDeliveryDetails":{"AttributeName":"phone_number","DeliveryMedium":"SMS","Destination":"+*******9934"}}
        "#);
        let no_recovery = json!({"AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]}});
        assert_snapshot!(with_users(no_recovery, json!({})).run(script), @"
        400 NotAuthorizedException: Contact administrator to reset password.
        400 NotAuthorizedException: Contact administrator to reset password.
        ");
    }

    #[test]
    fn users_without_contact_cannot_recover() {
        let mut fixture = with_users(json!({}), json!({}));
        assert_snapshot!(fixture.run(r#"
            ForgotPassword {"ClientId":"$client","Username":"bob"}
            ForgotPassword {"ClientId":"$client","Username":"noname"}
            SignUp {"ClientId":"$client","Username":"new","Password":"$password"}
            ForgotPassword {"ClientId":"$client","Username":"new"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"old","MessageAction":"SUPPRESS"}
            ForgotPassword {"ClientId":"$client","Username":"old"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            ForgotPassword {"ClientId":"$client","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number
        400 UserNotFoundException: Username/client id combination not found.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        400 InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"old"}}
        400 NotAuthorizedException: User password cannot be reset in the current state.
        200 {}
        400 NotAuthorizedException: User is disabled.
        "#);
    }

    #[test]
    fn unknown_users_appear_to_get_codes() {
        let mut fixture = with_users(
            json!({"AutoVerifiedAttributes": ["email"]}),
            json!({"PreventUserExistenceErrors": "ENABLED"}),
        );
        assert_snapshot!(fixture.run(r#"
            ForgotPassword {"ClientId":"$client","Username":"noname"}
            ForgotPassword {"ClientId":"$client","Username":"noname"}
            ForgotPassword {"ClientId":"$client","Username":"zoe@nowhere.example"}
            ForgotPassword {"ClientId":"$client","Username":"+4915112345678"}
            ForgotPassword {"ClientId":"$client","Username":"bob"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            outbox
            ForgotPassword {"ClientId":"$client","Username":"eva"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"f***@k***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"f***@k***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"z***@n***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"phone_number","DeliveryMedium":"SMS","Destination":"+*********5678"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"j***@d***"}}
        200 {}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"u***@a***"}}
        nothing sent
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
    }

    #[test]
    fn twenty_requests_an_hour_including_confirmations() {
        let mut fixture = with_users(json!({}), json!({}));
        for _ in 0..10 {
            fixture.run(
                r#"
                ForgotPassword {"ClientId":"$client","Username":"ana"}
                ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong","Password":"Another-Horse-8"}
                "#,
            );
        }
        assert_snapshot!(fixture.run(r#"
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-8"}
            ForgotPassword {"ClientId":"$client","Username":"eva"}
            advance 3600
            ForgotPassword {"ClientId":"$client","Username":"ana"}
        "#), @r#"
        400 LimitExceededException: Attempt limit exceeded, please try after some time.
        400 LimitExceededException: Attempt limit exceeded, please try after some time.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = with_users(json!({}), json!({"GenerateSecret": true}));
        assert_snapshot!(fixture.run(r#"
            ForgotPassword {"ClientId":"no client","Username":"noname"}
            ForgotPassword {"ClientId":"none","Username":"noname"}
            ForgotPassword {"ClientId":"$client","Username":"noname"}
            ForgotPassword {"ClientId":"$client","Username":"noname","SecretHash":"$hash(ana)"}
            ForgotPassword {"ClientId":"$client","Username":"noname","SecretHash":"$hash(noname)"}
            ForgotPassword {"ClientId":"$client","Username":"bob","SecretHash":"$hash(bob)"}
            ForgotPassword {"ClientId":"$client","Username":"ana","SecretHash":"$hash(ana)"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value at 'clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+]+
        400 ResourceNotFoundException: User pool client none does not exist.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 UserNotFoundException: Username/client id combination not found.
        400 InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        "#);
    }
}
