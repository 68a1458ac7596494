//! `GetGroup`: returns a group.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetGroup.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::group::Group;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    group_name: String,
    user_pool_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    group: Group,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let group = pool.group(&request.group_name)?.clone();
    Ok(Response { group })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn returns_the_values_of_create_and_update() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff","Description":"All of them","Precedence":3,"RoleArn":"arn:aws:iam::123456789012:role/staff"}
            advance 60
            UpdateGroup {"UserPoolId":"$pool","GroupName":"staff","Precedence":1}
            GetGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"Description":"All of them","GroupName":"staff","LastModifiedDate":1.7E9,"Precedence":3,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"Description":"All of them","GroupName":"staff","LastModifiedDate":1.70000006E9,"Precedence":1,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        200 {"Group":{"CreationDate":1.7E9,"Description":"All of them","GroupName":"staff","LastModifiedDate":1.70000006E9,"Precedence":1,"RoleArn":"arn:aws:iam::123456789012:role/staff","UserPoolId":"$pool"}}
        "#);
    }

    #[test]
    fn refusals() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            # Names are case-sensitive.
            GetGroup {"UserPoolId":"$pool","GroupName":"Staff"}
            DeleteGroup {"UserPoolId":"$pool","GroupName":"staff"}
            GetGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 ResourceNotFoundException: Group not found.
        200
        400 ResourceNotFoundException: Group not found.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            CreateGroup {"UserPoolId":"$pool","GroupName":"staff"}
            GetGroup {"UserPoolId":"us-east-1_nope","GroupName":""}
            GetGroup {"UserPoolId":"us-east-1_nope","GroupName":"unknown"}
            GetGroup {"UserPoolId":"$pool","GroupName":"unknown"}
            GetGroup {"UserPoolId":"$pool","GroupName":"staff"}
        "#), @r#"
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'groupName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'groupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Group not found.
        200 {"Group":{"CreationDate":1.7E9,"GroupName":"staff","LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "#);
    }
}
