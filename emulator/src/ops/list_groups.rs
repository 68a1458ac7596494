//! `ListGroups`: lists a pool's groups, page by page, ordered by name.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListGroups.html>

use std::ops::Bound;

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
    let list = format!("groups {}", pool.id);
    // The member's name in the sentence was seen live (radkawar/stackd, 2026-09-24).
    if request.limit == Some(0) {
        return Err(Error::Constraints {
            detected: validate::below_one("maxResults"),
        });
    }
    let token = request.next_token.as_deref();
    let after: Option<String> =
        page::resume(token, &list, cx.now()).map_err(|_| Error::PaginationTokenInvalid)?;
    let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    let groups = pool.groups.from(from);
    let size = page::size_or(request.limit, page::OF_GROUPS);
    let (groups, next_token) =
        page::cut(groups, size, |(name, _)| (*name).clone(), &list, cx.now());
    Ok(Response {
        groups: groups.into_iter().map(|(_, group)| group.clone()).collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn groups_are_listed_by_name_page_by_page() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"c"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"a"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"b"}
            ListGroups {"UserPoolId":"$pool","Limit":2}
            DeleteGroup {"UserPoolId":"$pool","GroupName":"b"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"d"}
            ListGroups {"UserPoolId":"$pool","Limit":2,"NextToken":"$token"}
            spread ListGroups {"UserPoolId":"$pool","Limit":0}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"c","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"a","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"b","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Groups":[{"CreationDate":1.7E9,"GroupName":"a","LastModifiedDate":1.7E9,"UserPoolId":"$pool"},{"CreationDate":1.7E9,"GroupName":"b","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}],"NextToken":"$token"}
        200
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"d","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Groups":[{"CreationDate":1.7E9,"GroupName":"c","LastModifiedDate":1.7E9,"UserPoolId":"$pool"},{"CreationDate":1.7E9,"GroupName":"d","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}]}
        400 InvalidParameterException: 1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1
        "#);
    }

    #[test]
    fn a_page_without_a_limit_has_25_groups() {
        let mut fixture = Fixture::new();
        for number in 0..26 {
            let group =
                json!({ "UserPoolId": fixture.get("pool"), "GroupName": format!("g{number}") });
            fixture.must("CreateGroup", group);
        }
        let mut request = json!({ "UserPoolId": fixture.get("pool") });
        let first = fixture.must("ListGroups", request.clone());
        assert_eq!(first["Groups"].as_array().map(Vec::len), Some(25));
        request["NextToken"] = first["NextToken"].clone();
        let last = fixture.must("ListGroups", request);
        assert_eq!(last["Groups"].as_array().map(Vec::len), Some(1));
        assert_eq!(last.get("NextToken"), None);
        let all = fixture.must(
            "ListGroups",
            json!({ "UserPoolId": fixture.get("pool"), "Limit": 60 }),
        );
        assert_eq!(all["Groups"].as_array().map(Vec::len), Some(26));
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"c"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"a"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"b"}
            ListGroups {"UserPoolId":"us-east-1_nope","Limit":61,"NextToken":""}
            ListGroups {"UserPoolId":"us-east-1_nope","Limit":1,"NextToken":"nope"}
            ListGroups {"UserPoolId":"$pool","Limit":1,"NextToken":"nope"}
            ListGroups {"UserPoolId":"$pool","Limit":1}
            advance 3600
            ListGroups {"UserPoolId":"$pool","Limit":1,"NextToken":"$token"}
            ListGroups {"UserPoolId":"$pool","Limit":1}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"c","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"a","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"b","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 InvalidParameterException: 3 validation errors detected: Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60; Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'nextToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Provided pagination token is invalid. Check the token and try your request again.
        200 {"Groups":[{"CreationDate":1.7E9,"GroupName":"a","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}],"NextToken":"$token"}
        400 InvalidParameterException: Provided pagination token is invalid. Check the token and try your request again.
        200 {"Groups":[{"CreationDate":1.7E9,"GroupName":"a","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}],"NextToken":"$token"}
        "#);
    }
}
