//! `ListUserPoolReplicas`: lists the primary and the replica of a pool.
//!
//! There are at most two, so the response has no page token.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPoolReplicas.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::replica::ReplicaView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_replicas: Vec<ReplicaView>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    if request.next_token.is_some() {
        return Err(Error::InvalidPaginationToken);
    }
    Ok(Response {
        user_pool_replicas: pool.replicas(cx.now()),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn the_primary_is_first() {
        assert_snapshot!(Fixture::replicable().run(r#"
            ListUserPoolReplicas {"UserPoolId":"$pool"}
            only /UserPoolReplica/Status CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            only /UserPoolReplicas/1 ListUserPoolReplicas {"UserPoolId":"$pool"}
            advance 5
            only /UserPoolReplicas/1 ListUserPoolReplicas {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"UserPoolReplicas":[{"RegionName":"us-east-1","Role":"PRIMARY","Status":"ACTIVE","UserPoolArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}]}
        "CREATING"
        {"RegionName":"eu-west-1","Role":"SECONDARY","Status":"CREATING","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}
        {"RegionName":"eu-west-1","Role":"SECONDARY","Status":"INACTIVE","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListUserPoolReplicas {"UserPoolId":"us-east-1_nope","NextToken":""}
            ListUserPoolReplicas {"UserPoolId":"us-east-1_nope","NextToken":"nope"}
            ListUserPoolReplicas {"UserPoolId":"$pool","NextToken":"nope"}
            ListUserPoolReplicas {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value '' at 'nextToken' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '' at 'nextToken' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"UserPoolReplicas":[{"RegionName":"us-east-1","Role":"PRIMARY","Status":"ACTIVE","UserPoolArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}]}
        "#);
    }
}
