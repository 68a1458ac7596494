//! `AdminGetUserAuthFactors`: returns the factors by which a user can sign in.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUserAuthFactors.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::views::user::AuthFactors;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<AuthFactors> {
    let pool = cx.pool(&request.user_pool_id)?;
    let user = pool.user(&request.username)?;
    Ok(AuthFactors::of(&pool, user))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn users_without_a_password_can_use_codes() {
        let pool = json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}});
        assert_snapshot!(Fixture::with_pool(pool).run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
            AdminGetUserAuthFactors {"UserPoolId":"$pool","Username":"ana"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob","TemporaryPassword":"$password","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"bob@example.com"}]}
            AdminGetUserAuthFactors {"UserPoolId":"$pool","Username":"bob"}
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}}
        200 {"ConfiguredUserAuthFactors":["EMAIL_OTP"],"Username":"ana"}
        200 {"User":{"Attributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"bob"}}
        200 {"ConfiguredUserAuthFactors":["PASSWORD"],"Username":"bob"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminGetUserAuthFactors {}
            AdminGetUserAuthFactors {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminGetUserAuthFactors {"UserPoolId":"$pool","Username":"bob"}
            AdminGetUserAuthFactors {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200 {"ConfiguredUserAuthFactors":["PASSWORD"],"Username":"ana"}
        "#);
    }
}
