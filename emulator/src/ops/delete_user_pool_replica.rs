//! `DeleteUserPoolReplica`: starts the deletion of a pool's replica. The replica must
//! be inactive, and the operation is called in the primary's Region.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPoolReplica.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::replica::ReplicaView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    region_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_replica: ReplicaView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let replica = pool.end_replica(&request.region_name, cx.now())?;
    Ok(Response {
        user_pool_replica: replica,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// After the deletion, another replica can be created, and log delivery can be
    /// configured again.
    #[test]
    fn is_deleted_after_a_while() {
        assert_snapshot!(Fixture::replicable().run(r#"
            only /UserPoolReplica/Status CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            advance 5
            in eu-west-1
            only /LogDeliveryConfiguration/LogConfigurations/0/EventSource SetLogDeliveryConfiguration {"UserPoolId":"$pool","LogConfigurations":[{"LogLevel":"ERROR","EventSource":"userNotification","CloudWatchLogsConfiguration":{"LogGroupArn":"arn:aws:logs:eu-west-1:123456789012:log-group:a"}}]}
            in us-east-1
            only /LogDeliveryConfiguration/LogConfigurations GetLogDeliveryConfiguration {"UserPoolId":"$pool"}
            DeleteUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"ACTIVE"}
            advance 5
            only /UserPoolReplicas/1 ListUserPoolReplicas {"UserPoolId":"$pool"}
            in eu-west-1
            GetLogDeliveryConfiguration {"UserPoolId":"$pool"}
            in us-east-1
            only /UserPoolReplica/Status CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            advance 5
            in eu-west-1
            only /LogDeliveryConfiguration/LogConfigurations GetLogDeliveryConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        "CREATING"
        "userNotification"
        []
        200 {"UserPoolReplica":{"RegionName":"eu-west-1","Role":"SECONDARY","Status":"DELETING","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}}
        400 LimitExceededException: Secondary replicas cannot exceed limit of 1.
        400 InvalidParameterException: The replica is being created or deleted.
        absent
        400 ResourceNotFoundException: User pool $pool does not exist.
        "CREATING"
        []
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::replicable().run(r#"
            DeleteUserPoolReplica {"UserPoolId":"us-east-1_nope"}
            DeleteUserPoolReplica {"UserPoolId":"us-east-1_nope","RegionName":"us-east-1"}
            DeleteUserPoolReplica {"UserPoolId":"$pool","RegionName":"us-east-1"}
            DeleteUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            only /UserPoolReplica/Status CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            DeleteUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            advance 5
            only /UserPoolReplica/Status UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"ACTIVE"}
            DeleteUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            only /UserPoolReplica/Status UpdateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","Status":"INACTIVE"}
            DeleteUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value null at 'regionName' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: The primary replica cannot be updated or deleted.
        400 ResourceNotFoundException: User pool replica in region eu-west-1 does not exist.
        "CREATING"
        400 InvalidParameterException: Only replicas in INACTIVE status can be deleted.
        "ACTIVE"
        400 InvalidParameterException: Only replicas in INACTIVE status can be deleted.
        "INACTIVE"
        200 {"UserPoolReplica":{"RegionName":"eu-west-1","Role":"SECONDARY","Status":"DELETING","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}}
        "#);
    }
}
