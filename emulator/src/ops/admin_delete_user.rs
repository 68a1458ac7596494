//! `AdminDeleteUser`: deletes a user, enabled or disabled.
//!
//! The user's refresh tokens and open challenges are deleted as well.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteUser.html>

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
    let id = pool.find(&request.username)?;
    pool.remove_user(id);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn the_username_can_be_used_again() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            ListUsers {"UserPoolId":"$pool"}
            ListUsersInGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200
        200
        400 UserNotFoundException: User does not exist.
        200 {"Users":[]}
        200 {"Users":[]}
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        200 {"Groups":[]}
        "#);
    }

    #[test]
    fn refresh_tokens_are_refused_afterwards() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(r#"AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#);
        assert_snapshot!(fixture.run(r#"
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
        "#), @"
        200
        400 NotAuthorizedException: The user has been deleted for the associated refresh token
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminDeleteUser {"UserPoolId":"us-east-1_nope","Username":""}
            AdminDeleteUser {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"bob"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200
        ");
    }
}
