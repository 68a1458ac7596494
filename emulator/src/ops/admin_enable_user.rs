//! `AdminEnableUser`: allows a disabled user to sign in again.
//!
//! Enabling an enabled user succeeds. The status does not change.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminEnableUser.html>

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
        user.enabled = true;
        Ok(())
    })?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn enables_and_keeps_the_status() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            advance 60
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {}
        200 {}
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.70000006E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminEnableUser {"UserPoolId":"us-east-1_nope","Username":""}
            AdminEnableUser {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminEnableUser {"UserPoolId":"$pool","Username":"bob"}
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200 {}
        ");
    }
}
