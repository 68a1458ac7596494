//! `ListUsersInGroup`: lists a group's members, page by page, in order of
//! creation.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsersInGroup.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::page;
use crate::state::users::UserId;
use crate::validate;
use crate::views::user::UserView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    group_name: String,
    limit: Option<usize>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    users: Vec<UserView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let group = pool.group(&request.group_name)?;
    let list = format!("members {} {}", pool.id, group.group_name);
    if request.limit == Some(0) {
        return Err(Error::InnerValidation {
            detected: validate::below_one("maxResults"),
            request: cx.world.chance.uuid(),
        });
    }
    let token = request.next_token.as_deref();
    let after: u64 = page::resume(token, &list, cx.now())
        .map_err(|_| Error::PagingMarkerInvalid)?
        .unwrap_or_default();
    let members = pool.users.members(&group.group_name, UserId(after));
    let size = page::size_or(request.limit, page::OF_GROUPS);
    let (members, next_token) = page::cut(members, size, |(id, _)| id.0, &list, cx.now());
    Ok(Response {
        users: members
            .into_iter()
            .map(|(_, user)| UserView::from(user))
            .collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn in_order_of_creation() {
        let mut fixture = Fixture::new();
        for name in ["ana", "bob", "cyd"] {
            fixture = fixture.and_user(name, json!([]));
            let sub = fixture.get("sub").to_owned();
            fixture.name(name, &sub);
        }
        assert_snapshot!(fixture.run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"cyd","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"ana","GroupName":"staff"}
            AdminAddUserToGroup {"UserPoolId":"$pool","Username":"bob","GroupName":"staff"}
            spread ListUsersInGroup {"UserPoolId":"$pool","GroupName":"staff","Limit":2}
            AdminRemoveUserFromGroup {"UserPoolId":"$pool","Username":"bob","GroupName":"staff"}
            ListUsersInGroup {"UserPoolId":"$pool","GroupName":"staff","NextToken":"$token"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200
        200
        200
        200
          NextToken: "$token"
          Users:
            - {"Attributes":[{"Name":"sub","Value":"$ana"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"ana"}
            - {"Attributes":[{"Name":"sub","Value":"$bob"}],"Enabled":true,"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"UserStatus":"CONFIRMED","Username":"bob"}
        200
        200 {"Users":[{"Attributes":[{"Name":"sub","Value":"$cyd"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"cyd"}]}
        "#);
    }

    #[test]
    fn a_page_without_a_limit_has_25_members() {
        let mut fixture = Fixture::new();
        let group = json!({ "UserPoolId": fixture.get("pool"), "GroupName": "staff" });
        fixture.must("CreateGroup", group.clone());
        for number in 0..26 {
            let mut member =
                json!({ "UserPoolId": fixture.get("pool"), "Username": format!("u{number}") });
            fixture.must("AdminCreateUser", member.clone());
            member["GroupName"] = json!("staff");
            fixture.must("AdminAddUserToGroup", member);
        }
        let first = fixture.must("ListUsersInGroup", group.clone());
        assert_eq!(first["Users"].as_array().map(Vec::len), Some(25));
        let mut request = group;
        request["NextToken"] = first["NextToken"].clone();
        let last = fixture.must("ListUsersInGroup", request);
        assert_eq!(last["Users"].as_array().map(Vec::len), Some(1));
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            ListUsersInGroup {"UserPoolId":"us-east-1_nope","GroupName":"","Limit":61}
            ListUsersInGroup {"UserPoolId":"us-east-1_nope","GroupName":"unknown","NextToken":"nope"}
            ListUsersInGroup {"UserPoolId":"$pool","GroupName":"unknown","NextToken":"nope"}
            ListUsersInGroup {"UserPoolId":"$pool","GroupName":"staff","NextToken":"nope"}
            ListUsersInGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 InvalidParameterException: 3 validation errors detected: Value '' at 'groupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Group not found.
        400 InvalidParameterException: Paging marker is invalid.
        200 {"Users":[]}
        "#);
    }
}
