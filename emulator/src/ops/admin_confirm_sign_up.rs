//! `AdminConfirmSignUp`: confirms a user who signed up, without a code.
//!
//! The operation does not verify any attribute.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminConfirmSignUp.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::code::CodePurpose;
use crate::state::status::{Transition, after};
use crate::triggers::Metadata;
use crate::triggers::sign_up::{self, Confirmed};

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
    pool.edit_id(id, cx.now(), |user| {
        user.status = after(user.status, Transition::Confirm)?;
        user.codes.clear(CodePurpose::SignUp);
        Ok(())
    })?;
    let metadata = &request.client_metadata;
    sign_up::post_confirmation(cx.world, pool, id, None, Confirmed::SignUp, metadata)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn confirms_and_verifies_nothing() {
        let pool = json!({ "AutoVerifiedAttributes": ["email"] });
        assert_snapshot!(Fixture::with_pool(pool).run(r#"
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            AdminConfirmSignUp {"UserPoolId":"$pool","Username":"ana","ClientMetadata":{"a":"b"}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
        "#), @r#"
        200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"UserConfirmed":false,"UserSub":"$sub"}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"false"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        400 NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_user("bob");
        fixture.run(r#"SignUp {"ClientId":"$client","Username":"ana","Password":"$password"}"#);
        assert_snapshot!(fixture.run(r#"
            AdminConfirmSignUp {"UserPoolId":"us-east-1_nope","Username":""}
            AdminConfirmSignUp {"UserPoolId":"us-east-1_nope","Username":"cyd"}
            AdminConfirmSignUp {"UserPoolId":"$pool","Username":"cyd"}
            AdminConfirmSignUp {"UserPoolId":"$pool","Username":"bob"}
            AdminConfirmSignUp {"UserPoolId":"$pool","Username":"ana"}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: User cannot be confirmed. Current status is CONFIRMED
        200 {}
        ");
    }
}
