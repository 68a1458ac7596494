//! `ConfirmForgotPassword`: sets a new password with the code that
//! `ForgotPassword` or `AdminResetUserPassword` sent.
//!
//! The user stays signed in. A lock after failed passwords ends.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ConfirmForgotPassword.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::password::PasswordWay;
use crate::error::Error;
use crate::state::code::{CodePurpose, Limit};
use crate::state::status::{Transition, after};
use crate::triggers::Metadata;
use crate::triggers::sign_up::{self, Confirmed};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    secret_hash: Option<String>,
    username: String,
    confirmation_code: String,
    password: String,
    #[serde(default)]
    client_metadata: Metadata,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let Request {
        client_id,
        username,
        password,
        ..
    } = &request;
    let mut pool = cx.client_pool_mut(client_id, username, request.secret_hash.as_deref())?;
    let (purpose, limit) = (CodePurpose::PasswordReset, Limit::ForgotPassword);
    let reached = pool.reach(username, client_id)?;
    // The order of the checks is policy, code, history. The policy can be checked
    // without the user. The history comes after the code, so that only the recipient of
    // the code learns that a password was used before (inferred).
    pool.settings
        .policies
        .password_policy
        .check(password, PasswordWay::Existing)?;
    let Some(id) = reached else {
        return Err(pool.refuse_code(username, purpose, limit, cx.now()));
    };
    pool.take(id, limit, cx.now())?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    user.codes
        .check(purpose, &request.confirmation_code, cx.now())?;
    let status = after(user.status, Transition::ConfirmForgotten)?;
    let verifier = pool.new_password(cx.world, user, password, PasswordWay::Existing)?;
    pool.edit_id(id, cx.now(), |user| {
        // This also consumes the code.
        user.set_password(verifier, None);
        user.status = status;
        Ok(())
    })?;
    let (client_id, metadata) = (Some(client_id.as_str()), &request.client_metadata);
    let how = Confirmed::ForgotPassword;
    sign_up::post_confirmation(cx.world, pool, id, client_id, how, metadata)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    fn with_ana(pool: serde_json::Value, client: serde_json::Value) -> Fixture {
        let attributes = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ]);
        Fixture::with_pool_and_client(pool, client).and_user("ana", attributes)
    }

    #[test]
    fn a_code_can_be_used_once_and_the_new_password_signs_in() {
        assert_snapshot!(with_ana(json!({}), json!({})).run(r#"
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-8"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-8"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {}
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    #[test]
    fn codes_expire_after_an_hour_or_if_another_is_sent() {
        assert_snapshot!(with_ana(json!({}), json!({})).run(r#"
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"123456","Password":"Another-Horse-8"}
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            first = $code
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$first","Password":"Another-Horse-8"}
            advance 3600
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-8"}
        "#), @r#"
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        "#);
    }

    #[test]
    fn history_is_checked_after_the_code() {
        let remembers =
            json!({"Policies": {"PasswordPolicy": {"MinimumLength": 8, "PasswordHistorySize": 2}}});
        assert_snapshot!(with_ana(remembers, json!({})).run(r#"
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong","Password":"$password"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"$password"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-8"}
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"$password"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        400 PasswordHistoryPolicyViolationException: Password has previously been used
        200 {}
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        400 PasswordHistoryPolicyViolationException: Password has previously been used
        "#);
    }

    #[test]
    fn unknown_users_get_the_responses_of_real_ones() {
        let client = json!({"PreventUserExistenceErrors": "ENABLED"});
        let mut fixture = with_ana(json!({}), client).and_user("bob", json!([]));
        assert_snapshot!(fixture.run(r#"
            ConfirmForgotPassword {"ClientId":"$client","Username":"noname","ConfirmationCode":"123456","Password":"Another-Horse-8"}
            ForgotPassword {"ClientId":"$client","Username":"noname"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"noname","ConfirmationCode":"123456","Password":"too weak"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"noname","ConfirmationCode":"123456","Password":"Another-Horse-8"}
            ForgotPassword {"ClientId":"$client","Username":"bob"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"bob","ConfirmationCode":"123456","Password":"Another-Horse-8"}
            ForgotPassword {"ClientId":"$client","Username":"ana"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-8"}
            advance 3600
            ConfirmForgotPassword {"ClientId":"$client","Username":"noname","ConfirmationCode":"123456","Password":"Another-Horse-8"}
        "#), @r#"
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"f***@k***"}}
        400 InvalidPasswordException: Password does not conform to policy: Password must have uppercase characters
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"j***@d***"}}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        200 {}
        400 CodeMismatchException: Invalid verification code provided, please try again.
        400 ExpiredCodeException: Invalid code provided, please request a code again.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = with_ana(json!({}), json!({"GenerateSecret": true}));
        assert_snapshot!(fixture.run(r#"
            ForgotPassword {"ClientId":"$client","Username":"ana","SecretHash":"$hash(ana)"}
            ConfirmForgotPassword {"ClientId":"none","Username":"noname","ConfirmationCode":"wrong","Password":"weak"}
            ConfirmForgotPassword {"ClientId":"none","Username":"noname","ConfirmationCode":"wrong","Password":"feeble"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"noname","ConfirmationCode":"wrong","Password":"feeble"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"noname","ConfirmationCode":"wrong","Password":"feeble","SecretHash":"$hash(ana)"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"noname","ConfirmationCode":"wrong","Password":"feeble","SecretHash":"$hash(noname)"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong","Password":"feeble","SecretHash":"$hash(ana)"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"wrong","Password":"Another-Horse-8","SecretHash":"$hash(ana)"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"Another-Horse-8","SecretHash":"$hash(ana)"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"}}
        400 InvalidParameterException: 1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length greater than or equal to 6
        400 ResourceNotFoundException: User pool client none does not exist.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 UserNotFoundException: Username/client id combination not found.
        400 InvalidPasswordException: Password does not conform to policy: Password not long enough
        400 CodeMismatchException: Invalid verification code provided, please try again.
        200 {}
        "#);
    }
}
