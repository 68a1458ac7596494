//! `DeleteGroup`: deletes a group. Its members are not deleted.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteGroup.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    group_name: String,
    user_pool_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.group(&request.group_name)?;
    pool.remove_group(&request.group_name);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn members_leave_the_deleted_group() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            DeleteGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            ListUsersInGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200
        200
        200 {"Groups":[]}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Users":[]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            DeleteGroup {"UserPoolId":"us-east-1_nope","GroupName":""}
            DeleteGroup {"UserPoolId":"us-east-1_nope","GroupName":"staff"}
            DeleteGroup {"UserPoolId":"$pool","GroupName":"unknown"}
            DeleteGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'groupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Group not found.
        200
        "#);
    }
}
