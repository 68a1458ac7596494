//! `TagResource`: adds tags to a pool.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TagResource.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::settings::{arn, tags};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    resource_arn: String,
    tags: Map<String, Value>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let id = arn::user_pool(&request.resource_arn, cx.scope)?;
    let mut pool = cx.pool_mut(id)?;
    let mut tags = pool.tags_of_region(&cx.scope.region).clone();
    tags.extend(request.tags);
    tags::validate(&tags).map_err(tags::TagFault::of_resource)?;
    *pool.tags_of_region_mut(&cx.scope.region) = tags;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// The same tags are set by `CreateUserPool` and `UpdateUserPool`, by the same
    /// rules.
    #[test]
    fn tags_are_added() {
        let tags = serde_json::json!({"UserPoolTags": {"Stage": "Test", "Owner": "ana"}});
        assert_snapshot!(Fixture::with_pool(tags).run(r#"
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{"Stage":"","CostCenter":"80 432"}}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"$pool"}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTags":{"team":"a"}}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTags":{"aws:team":"a"}}
            CreateUserPool {"PoolName":"p","UserPoolTags":{"team":"ä"}}
        "#), @r#"
        200 {}
        200 {"Tags":{"CostCenter":"80 432","Owner":"ana","Stage":""}}
        {"CostCenter":"80 432","Owner":"ana","Stage":""}
        200 {}
        200 {}
        200 {"Tags":{"team":"a"}}
        400 UserPoolTaggingException: Invalid tags: the prefix aws: of keys is reserved.
        400 UserPoolTaggingException: Invalid tags: keys and values contain letters, numbers, spaces and _.:/=+-@ only.
        "#);
    }

    #[test]
    fn a_pool_has_at_most_fifty_tags() {
        let mut fixture = Fixture::new();
        for n in 0..50 {
            fixture.run(&format!(
                r#"TagResource {{"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{{"k{n}":"v"}}}}"#
            ));
        }
        assert_snapshot!(fixture.run(r#"
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{"k0":"w"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{"k50":"v"}}
        "#), @"
        200 {}
        400 InvalidParameterException: Invalid tags: a user pool has 50 at most.
        ");
    }

    /// A replica has its own tags.
    #[test]
    fn tags_of_a_region() {
        let key = serde_json::json!({"KeyConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/mrk-1234"}});
        assert_snapshot!(Fixture::with_pool(key).run(r#"
            only /UserPoolReplica/UserPoolArn CreateUserPoolReplica {"UserPoolId":"$pool","RegionName":"eu-west-1","UserPoolTags":{"team":"b"}}
            advance 5
            in eu-west-1
            TagResource {"ResourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool","Tags":{"a":"b"}}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool","TagKeys":["team"]}
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"$pool"}
            in us-east-1
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}
        "#), @r#"
        "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"
        200 {}
        200 {"Tags":{"a":"b","team":"b"}}
        200 {}
        {"a":"b"}
        200 {"Tags":{}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            TagResource {"ResourceArn":"userpool/x","Tags":{"":"v"}}
            TagResource {"ResourceArn":"arn:aws:cognito-identity:us-east-1:123456789012:userpool/$pool","Tags":{"aws:a":"ä"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:client/$pool","Tags":{"aws:a":"ä"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool","Tags":{"aws:a":"ä"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:210987654321:userpool/$pool","Tags":{"aws:a":"ä"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_nope","Tags":{"aws:a":"ä"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{"aws:a":"ä"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{"a":"ä"}}
            TagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","Tags":{"a":"a"}}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value 'userpool/x' at 'resourceArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'userpool/x' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?; Value '{=v}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]
        400 InvalidParameterException: arn:aws:cognito-identity:us-east-1:123456789012:userpool/$pool is not the ARN of a user pool.
        400 InvalidParameterException: arn:aws:cognito-idp:us-east-1:123456789012:client/$pool is not the ARN of a user pool.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid tags: the prefix aws: of keys is reserved.
        400 InvalidParameterException: Invalid tags: keys and values contain letters, numbers, spaces and _.:/=+-@ only.
        200 {}
        "#);
    }
}
