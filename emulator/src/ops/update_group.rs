//! `UpdateGroup`: changes a group's description, role or precedence.
//!
//! Omitted members do not change, and an empty description counts as omitted (live:
//! radkawar/stackd, 2026-09-24). That a request without members does not change the
//! date is inferred. A role must be of the pool's account (R152).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateGroup.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::group::{Group, validate_role};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    group_name: String,
    user_pool_id: String,
    description: Option<String>,
    role_arn: Option<String>,
    precedence: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    group: Group,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    validate_role(request.role_arn.as_deref(), cx.scope)?;
    let group = pool
        .groups
        .get_mut(&request.group_name)
        .ok_or(Error::GroupNotFound)?;
    let description = request.description.filter(|text| !text.is_empty());
    let changes =
        description.is_some() || request.role_arn.is_some() || request.precedence.is_some();
    // To set the same value again is a change. An empty description is not.
    if changes {
        group.last_modified_date = cx.now();
    }
    group.description = description.or(group.description.take());
    group.role_arn = request.role_arn.or(group.role_arn.take());
    group.precedence = request.precedence.or(group.precedence);
    let group = group.clone();
    Ok(Response { group })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn omitted_members_do_not_change() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff","Description":"who works here","RoleArn":"arn:aws:iam::123456789012:role/staff"}
            advance 60
            UpdateGroup {"UserPoolId":"$pool","GroupName":"staff","Precedence":3}
            UpdateGroup {"UserPoolId":"$pool","GroupName":"staff","Description":""}
            GetGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"Description":"who works here","GroupName":"staff","LastModifiedDate":1.7E9,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"Description":"who works here","GroupName":"staff","LastModifiedDate":1.70000006E9,"Precedence":3,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"Description":"who works here","GroupName":"staff","LastModifiedDate":1.70000006E9,"Precedence":3,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"Description":"who works here","GroupName":"staff","LastModifiedDate":1.70000006E9,"Precedence":3,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            UpdateGroup {"UserPoolId":"us-east-1_nope","GroupName":"","RoleArn":"short"}
            UpdateGroup {"UserPoolId":"us-east-1_nope","GroupName":"unknown"}
            UpdateGroup {"UserPoolId":"$pool","GroupName":"unknown"}
            UpdateGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 InvalidParameterException: 4 validation errors detected: Value '' at 'groupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value 'short' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'short' at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Group not found.
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "#);
    }
}
