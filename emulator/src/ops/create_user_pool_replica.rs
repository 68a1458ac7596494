//! `CreateUserPoolReplica`: starts the creation of a pool's replica in another
//! Region.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolReplica.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::state::replica::ReplicaView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    region_name: String,
    #[serde(default)]
    user_pool_tags: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_replica: ReplicaView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let replica = pool.begin_replica(request.region_name, request.user_pool_tags, cx.now())?;
    Ok(Response {
        user_pool_replica: replica,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// A new replica is inactive and has its own tags. In its Region, administrators
    /// can read, and operations that only the primary supports are refused.
    #[test]
    fn a_new_replica_is_inactive() {
        assert_snapshot!(Fixture::replicable().and_user("ana", json!([])).run(r#"
            in eu-west-1
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            in us-east-1
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","UserPoolTags":{"team":"b"}}
            in eu-west-1
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            advance 5
            spread ListUserPoolReplicas {"UserPoolId":"$pool"}
            only /Username AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            only /UserPool/Arn DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"$pool"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            AddUserPoolClientSecret {"UserPoolId":"$pool","ClientId":"$client"}
            UpdateUserPool {"UserPoolId":"$pool"}
            in ap-south-1
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            in us-east-1
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPools/0/ReplicaRegions ListUserPools {"MaxResults":1}
        "#), @r#"
        400 ResourceNotFoundException: User pool $pool does not exist.
        200 {"UserPoolReplica":{"RegionName":"eu-west-1","Role":"SECONDARY","Status":"CREATING","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}}
        400 ResourceNotFoundException: User pool $pool does not exist.
        200
          UserPoolReplicas:
            - {"RegionName":"us-east-1","Role":"PRIMARY","Status":"ACTIVE","UserPoolArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}
            - {"RegionName":"eu-west-1","Role":"SECONDARY","Status":"INACTIVE","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}
        "ana"
        "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"
        {"team":"b"}
        400 OperationNotEnabledException: Operation is not enabled in this region.
        400 OperationNotEnabledException: Operation is not enabled in this region.
        400 ResourceNotFoundException: User pool $pool does not exist.
        501 NotImplemented: The emulator does not implement UpdateUserPool in a secondary Region yet.
        400 ResourceNotFoundException: User pool $pool does not exist.
        {"team":"a"}
        ["eu-west-1"]
        "#);
    }

    /// The pool must have the documented tier and key.
    #[test]
    fn pools_are_checked() {
        assert_snapshot!(Fixture::new().run(r#"
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"ESSENTIALS"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            UpdateUserPool {"UserPoolId":"$pool","KeyConfiguration":{"KeyType":"CUSTOMER_MANAGED_KEY","KmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/1234"}}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            UpdateUserPool {"UserPoolId":"$pool","KeyConfiguration":{"KeyType":"CUSTOMER_MANAGED_KEY","KmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/mrk-1234"}}
            only /UserPoolReplica/Status CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
        "#), @r#"
        200 {}
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Multi-Region Replication
        200 {}
        400 OperationNotEnabledException: The user pool must be configured with a multi-Region customer managed key before it can be replicated.
        200 {}
        400 OperationNotEnabledException: The user pool must be configured with a multi-Region customer managed key before it can be replicated.
        200 {}
        "CREATING"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateUserPoolReplica {"UserPoolId":"us-east-1_nope","RegionName":"here"}
            CreateUserPoolReplica {"UserPoolId":"us-east-1_nope","RegionName":"nowhere"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"nowhere"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"PLUS"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"nowhere"}
            UpdateUserPool {"UserPoolId":"$pool","KeyConfiguration":{"KeyType":"CUSTOMER_MANAGED_KEY","KmsKeyArn":"arn:aws:kms:us-east-1:123456789012:key/mrk-1234"}}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"nowhere"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"us-east-1"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1"}
            CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-2"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'here' at 'regionName' failed to satisfy constraint: Member must have length greater than or equal to 5
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {}
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Multi-Region Replication
        200 {}
        400 OperationNotEnabledException: The user pool must be configured with a multi-Region customer managed key before it can be replicated.
        200 {}
        400 InvalidParameterException: Cannot create a replica in region nowhere.
        400 InvalidParameterException: Cannot create a replica in region us-east-1.
        200 {"UserPoolReplica":{"RegionName":"eu-west-1","Role":"SECONDARY","Status":"CREATING","UserPoolArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}}
        400 LimitExceededException: Secondary replicas cannot exceed limit of 1.
        "#);
    }
}
