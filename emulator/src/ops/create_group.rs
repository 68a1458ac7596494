//! `CreateGroup`: creates a group.
//!
//! Names are case-sensitive. A role must be of the pool's account (R152). Whether it
//! exists is not checked, because IAM is not emulated.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
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
    let group = Group {
        group_name: request.group_name,
        user_pool_id: request.user_pool_id,
        description: request.description,
        role_arn: request.role_arn,
        precedence: request.precedence,
        last_modified_date: cx.now(),
        creation_date: cx.now(),
    };
    pool.insert_group(group.clone())?;
    Ok(Response { group })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::state::group;
    use crate::testing::Fixture;

    #[test]
    fn a_group_can_have_all_or_no_optional_settings() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff","Description":"who works here","RoleArn":"arn:aws:iam::123456789012:role/staff","Precedence":0}
            CreateGroup {"UserPoolId":"$pool","GroupName":"Staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"Description":"who works here","GroupName":"staff","LastModifiedDate":1.7E9,"Precedence":0,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"Staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "#);
    }

    #[test]
    fn a_pool_has_at_most_10000_groups() {
        let mut fixture = Fixture::new();
        fixture.run(r#"CreateGroup {"UserPoolId":"$pool","GroupName":"0"}"#);
        {
            let handle = fixture.pool_handle();
            let mut pool = handle.write();
            let group = pool.groups.get("0").unwrap().clone();
            let more = (1..group::LIMIT).map(|n| (n.to_string(), group.clone()));
            for (name, group) in more {
                pool.groups.insert(name, group);
            }
        }
        assert_snapshot!(fixture.run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            DeleteGroup {"UserPoolId":"$pool","GroupName":"0"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        400 LimitExceededException: Groups cannot exceed limit of 10000.
        200
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"us-east-1_nope","GroupName":"a b","RoleArn":"short","Precedence":-1}
            CreateGroup {"UserPoolId":"us-east-1_nope","GroupName":"staff","RoleArn":"arn:aws:iam::210987654321:role/staff"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff","RoleArn":"arn:aws:iam::210987654321:role/staff"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff2"}
        "#), @r#"
        400 InvalidParameterException: 4 validation errors detected: Value 'a b' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+; Value 'short' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'short' at 'roleArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?; Value '-1' at 'precedence' failed to satisfy constraint: Member must have value greater than or equal to 0
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Cross-account pass role is not allowed.
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 GroupExistsException: A group with the name already exists.
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff2","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "#);
    }
}
