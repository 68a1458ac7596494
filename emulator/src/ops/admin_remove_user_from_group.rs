//! `AdminRemoveUserFromGroup`: removes a user from a group.
//!
//! Removing a user who is not a member succeeds (R190).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRemoveUserFromGroup.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    group_name: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    pool.users.edit(id, |user| {
        user.groups.remove(request.group_name.as_str());
    });
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn a_user_who_is_not_a_member_can_be_removed() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200
        200
        200
        200 {"Groups":[]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminRemoveUserFromGroup {"UserPoolId":"us-east-1_nope","Username":"","GroupName":""}
            AdminRemoveUserFromGroup {"UserPoolId":"us-east-1_nope","Username":"bob","GroupName":"unknown"}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"bob","GroupName":"unknown"}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"unknown"}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 InvalidParameterException: 4 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value '' at 'groupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200
        200
        "#);
    }
}
