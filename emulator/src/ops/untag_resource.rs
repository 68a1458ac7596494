//! `UntagResource`: removes tags from a pool. Unknown keys are ignored
//! (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UntagResource.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::arn;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    resource_arn: String,
    tag_keys: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let id = arn::user_pool(&request.resource_arn, cx.scope)?;
    let mut pool = cx.pool_mut(id)?;
    let tags = pool.tags_of_region_mut(&cx.scope.region);
    tags.retain(|key, _| !request.tag_keys.contains(key));
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn tags_are_removed() {
        let tags =
            serde_json::json!({"UserPoolTags": {"Stage": "Test", "Owner": "ana", "owner": "bo"}});
        assert_snapshot!(Fixture::with_pool(tags).run(r#"
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","TagKeys":["Owner","nope"]}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","TagKeys":[]}
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        200 {}
        200 {"Tags":{"Stage":"Test","owner":"bo"}}
        200 {}
        {"Stage":"Test","owner":"bo"}
        "#);
    }

    /// Each call fixes what the response to the call above reports.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            UntagResource {"ResourceArn":"userpool/x","TagKeys":[""]}
            UntagResource {"ResourceArn":"arn:aws:cognito-identity:us-east-1:123456789012:userpool/$pool","TagKeys":["a"]}
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:client/$pool","TagKeys":["a"]}
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool","TagKeys":["a"]}
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:210987654321:userpool/$pool","TagKeys":["a"]}
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_nope","TagKeys":["a"]}
            UntagResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool","TagKeys":["a"]}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value 'userpool/x' at 'resourceArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'userpool/x' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?; Value '[]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1]
        400 InvalidParameterException: arn:aws:cognito-identity:us-east-1:123456789012:userpool/$pool is not the ARN of a user pool.
        400 InvalidParameterException: arn:aws:cognito-idp:us-east-1:123456789012:client/$pool is not the ARN of a user pool.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {}
        "#);
    }
}
