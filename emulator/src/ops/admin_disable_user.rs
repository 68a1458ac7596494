//! `AdminDisableUser`: prevents a user from signing in, and keeps the profile.
//!
//! The user is signed out at once: access tokens are revoked, and refresh tokens are
//! refused. Disabling a disabled user succeeds.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDisableUser.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.edit(&request.username, cx.now(), |user| {
        user.enabled = false;
        user.sign_out();
        Ok(())
    })?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn a_disabled_user_exists_but_cannot_sign_in() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @r#"
        200 {}
        200 {}
        200 {"Enabled":false,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        400 NotAuthorizedException: User is disabled.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminDisableUser {}
            AdminDisableUser {"UserPoolId":"nope","Username":""}
            AdminDisableUser {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"bob"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 3 validation errors detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200 {}
        ");
    }
}
