//! `AdminAddUserToGroup`: adds a user to a group.
//!
//! Adding a member again succeeds (R190).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminAddUserToGroup.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    group_name: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

/// Maximum number of groups of one user (fact 8d).
const LIMIT: usize = 100;

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let group = pool.group(&request.group_name)?;
    let is_member = user.groups.contains(group.group_name.as_str());
    if !is_member && user.groups.len() >= LIMIT {
        return Err(Error::TooManyGroups {
            limit: LIMIT.to_string(),
        });
    }
    // Membership does not change the user's profile or modification date
    // (inferred).
    pool.users.edit(id, |user| {
        user.groups.insert(request.group_name.into());
    });
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn a_member_can_be_added_again() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200
        200
        200 {"Groups":[{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}]}
        "#);
    }

    #[test]
    fn a_user_is_in_at_most_100_groups() {
        let mut fixture = Fixture::with_user("ana");
        for n in 0..=100 {
            fixture.run(&format!(
                r#"CreateGroup {{"UserPoolId":"$pool","GroupName":"group{n}"}}"#
            ));
        }
        for n in 0..100 {
            let call = r#"AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"group@"}"#;
            assert_eq!(fixture.run(&call.replace('@', &n.to_string())), "200\n");
        }
        assert_snapshot!(fixture.run(r#"
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"group100"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"group99"}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"group7"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"group100"}
        "#), @"
        400 InvalidParameterException: User cannot be in more than 100 groups.
        200
        200
        200
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"us-east-1_nope","Username":"","GroupName":""}
            AdminAddUserToGroup {"UserPoolId":"us-east-1_nope","Username":"bob","GroupName":"unknown"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"bob","GroupName":"unknown"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"unknown"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 InvalidParameterException: 4 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value '' at 'groupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 ResourceNotFoundException: Group not found.
        200
        "#);
    }
}
