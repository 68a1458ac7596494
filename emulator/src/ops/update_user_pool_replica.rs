//! `UpdateUserPoolReplica`: activates or deactivates a pool's replica for
//! users. It can be called in both Regions.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPoolReplica.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::replica::ReplicaView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    region_name: String,
    status: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_replica: ReplicaView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let active = request.status == "ACTIVE";
    let replica = pool.activate_replica(&request.region_name, active, cx.now())?;
    Ok(Response {
        user_pool_replica: replica,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// Users can sign in to an active replica. It does not create users.
    #[test]
    fn active_and_inactive() {
        assert_snapshot!(Fixture::replicable().and_user("ana", json!([])).run(r#"
            only /UserPoolReplica/Status CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            advance 5
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"ACTIVE"}
            in eu-west-1
            only /AuthenticationResult/TokenType AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AdminCreateUser {"UserPoolId":"$pool","Username":"bob"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-2"}
            DeleteUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"ACTIVE"}
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"INACTIVE"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @r#"
        "CREATING"
        200 {"UserPoolReplica":{"RegionName":"eu-west-1","Role":"SECONDARY","Status":"ACTIVE","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}}
        "Bearer"
        400 OperationNotEnabledException: Operation is not enabled in this region.
        400 OperationNotEnabledException: Operation is not enabled in this region.
        400 OperationNotEnabledException: Operation is not enabled in this region.
        200 {"UserPoolReplica":{"RegionName":"eu-west-1","Role":"SECONDARY","Status":"ACTIVE","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}}
        200 {"UserPoolReplica":{"RegionName":"eu-west-1","Role":"SECONDARY","Status":"INACTIVE","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}}
        400 OperationNotEnabledException: Operation is not enabled in this region.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::replicable().run(r#"
            UpdateUserPoolReplica {"UserPoolId":"us-east-1_nope","RegionName":"us-east-1","Status":"DELETING"}
            UpdateUserPoolReplica {"UserPoolId":"us-east-1_nope","RegionName":"us-east-1","Status":"ACTIVE"}
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"us-east-1","Status":"ACTIVE"}
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"ACTIVE"}
            only /UserPoolReplica/Status CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-2","Status":"ACTIVE"}
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"ACTIVE"}
            advance 5
            only /UserPoolReplica/Status UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"ACTIVE"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'DELETING' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [ACTIVE, INACTIVE]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: The primary replica cannot be updated or deleted.
        400 ResourceNotFoundException: User pool replica in region eu-west-1 does not exist.
        "CREATING"
        400 ResourceNotFoundException: User pool replica in region eu-west-2 does not exist.
        400 InvalidParameterException: The replica is being created or deleted.
        "ACTIVE"
        "#);
    }
}
