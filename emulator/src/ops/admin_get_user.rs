//! `AdminGetUser`: returns a user's profile, status and second factors.
//!
//! `Username` can be the username, the `sub`, or an alias.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminGetUser.html>

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Cx, Result};
use crate::state::mfa::Factor;
use crate::state::user::Status;
use crate::views::user::{AttributeView, attributes};
use crate::world::Time;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    enabled: bool,
    // Absent if no factor is set (fact 1.16).
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_mfa_setting: Option<Factor>,
    user_attributes: Vec<AttributeView>,
    user_create_date: Time,
    user_last_modified_date: Time,
    #[serde(rename = "UserMFASettingList", skip_serializing_if = "Vec::is_empty")]
    user_mfa_setting_list: Vec<Factor>,
    user_status: Status,
    username: SmolStr,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let user = pool.user(&request.username)?;
    Ok(Response {
        username: user.username.clone(),
        user_attributes: attributes(user),
        user_create_date: user.created_at,
        user_last_modified_date: user.modified_at,
        enabled: user.enabled,
        user_status: user.status,
        preferred_mfa_setting: user.mfa.preferred,
        user_mfa_setting_list: user.mfa.active(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn reads_the_profile_by_username_or_sub() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminGetUser {"UserPoolId":"$pool","Username":"$sub"}
        "#), @r#"
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    #[test]
    fn a_verified_alias_identifies_its_user() {
        let pool = json!({ "AliasAttributes": ["email"] });
        assert_snapshot!(Fixture::with_pool(pool).and_verified_user("ana").run(r#"
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"email_verified","Value":"false"}]}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana@example.com"}
        "#), @r#"
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {}
        400 UserNotFoundException: User does not exist.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminGetUser {}
            AdminGetUser {"UserPoolId":"nope","Username":""}
            AdminGetUser {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminGetUser {"UserPoolId":"$pool","Username":"bob"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 3 validation errors detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+; Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }
}
