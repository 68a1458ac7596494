//! `AdminResetUserPassword`: requires a user to set a new password with a code.
//!
//! The code is sent like that of a forgotten password, so the pool must allow
//! users to recover their accounts. Another reset sends a new code (R17).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminResetUserPassword.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::code::CodePurpose;
use crate::state::status::{Transition, after};
use crate::triggers::Metadata;
use crate::triggers::message::{MessageContext, Source, post_one};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    // R16. The order of this check and the check of the status is inferred.
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    let status = after(user.status, Transition::Reset)?;
    let contact = pool.recovery_contact(user)?;
    pool.edit_id(id, cx.now(), |user| {
        user.status = status;
        Ok(())
    })?;
    let draft = pool.issue_code(cx.world, id, CodePurpose::PasswordReset, &contact);
    let context = MessageContext {
        source: Source::ForgotPassword,
        client_id: None,
        metadata: &request.client_metadata,
    };
    post_one(cx.world, pool, draft, &context)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn sends_a_code_each_time() {
        assert_snapshot!(Fixture::new().and_verified_user("ana").run(r#"
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana","ClientMetadata":{"a":"b"}}
            outbox
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
            outbox
        "#), @r#"
        200 {}
        PasswordReset Email to ana@example.com: Your verification code Your verification code is $code.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"RESET_REQUIRED","Username":"ana"}
        200 {}
        PasswordReset Email to ana@example.com: Your verification code Your verification code is $code.
        "#);
    }

    #[test]
    fn only_a_confirmed_user_is_reset() {
        assert_snapshot!(Fixture::new().run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana"}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
            SignUp {"ClientId":"$client","Username":"bob","Password":"$password"}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"bob"}
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        400 NotAuthorizedException: User password cannot be reset in the current state.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        400 NotAuthorizedException: User password cannot be reset in the current state.
        "#);
    }

    #[test]
    fn users_cannot_recover_by_themselves() {
        let pool = json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Priority": 1, "Name": "admin_only" }] } });
        assert_snapshot!(Fixture::with_pool(pool).and_verified_user("ana").run(r#"
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
        "#), @"400 NotAuthorizedException: Contact administrator to reset password.");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::new();
        fixture.run(
            r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            "#,
        );
        assert_snapshot!(fixture.run(r#"
            AdminResetUserPassword {"UserPoolId":"us-east-1_nope","Username":""}
            AdminResetUserPassword {"UserPoolId":"us-east-1_nope","Username":"cyd"}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"cyd"}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password","Permanent":true}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"}]}
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: User is disabled.
        200 {}
        400 NotAuthorizedException: User password cannot be reset in the current state.
        200 {}
        400 InvalidParameterException: Cannot reset password for the user as there is no registered/verified email or phone_number
        200 {}
        200 {}
        ");
    }
}
