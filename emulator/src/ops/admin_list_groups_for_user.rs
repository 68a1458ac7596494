//! `AdminListGroupsForUser`: lists a user's groups, page by page, ordered by
//! name.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminListGroupsForUser.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::page;
use crate::state::group::Group;
use crate::validate;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    limit: Option<usize>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    groups: Vec<Group>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let user = pool.user(&request.username)?;
    let list = format!("groups {} {}", pool.id, user.sub);
    // Live in 2018, with this name of the member (aws/aws-sdk-js#2193). The place of the check is
    // inferred.
    if request.limit == Some(0) {
        return Err(Error::Constraints {
            detected: validate::below_one("maxItems"),
        });
    }
    let token = request.next_token.as_deref();
    let after: Option<String> = page::resume(token, &list, cx.now())?;
    let names = user.groups.iter();
    let groups = names
        .filter(|name| after.as_deref().is_none_or(|after| &***name > after))
        .filter_map(|name| pool.groups.get(&**name));
    let size = page::size(request.limit);
    let name = |group: &&Group| group.group_name.clone();
    let (groups, next_token) = page::cut(groups, size, name, &list, cx.now());
    Ok(Response {
        groups: groups.into_iter().cloned().collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn groups_are_listed_by_name_page_by_page() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"c"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"a"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"b"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"c"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"a"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"b"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana","Limit":2}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"a"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana","Limit":2,"NextToken":"$token"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"c","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"a","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"b","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200
        200
        200
        200 {"Groups":[{"CreationDate":1.7E9,"GroupName":"a","LastModifiedDate":1.7E9,"UserPoolId":"$pool"},{"CreationDate":1.7E9,"GroupName":"b","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}],"NextToken":"$token"}
        200
        200 {"Groups":[{"CreationDate":1.7E9,"GroupName":"c","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminListGroupsForUser {"UserPoolId":"us-east-1_nope","Username":"","Limit":61}
            AdminListGroupsForUser {"UserPoolId":"us-east-1_nope","Username":"bob","Limit":0,"NextToken":"nope"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"bob","Limit":0,"NextToken":"nope"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana","Limit":0,"NextToken":"nope"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana","NextToken":"nope"}
            AdminListGroupsForUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: 1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1
        400 InvalidParameterException: Invalid pagination token given.
        200 {"Groups":[]}
        "#);
    }
}
