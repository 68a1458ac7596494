//! `ListTagsForResource`: lists a pool's tags in the caller's Region.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListTagsForResource.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::settings::arn;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    resource_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    tags: Map<String, Value>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let id = arn::user_pool(&request.resource_arn, cx.scope)?;
    let pool = cx.pool(id)?;
    Ok(Response {
        tags: pool.tags_of_region(&cx.scope.region).clone(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListTagsForResource {"ResourceArn":"userpool/x"}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-identity:us-east-1:123456789012:userpool/$pool"}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:client/$pool"}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/$pool"}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:210987654321:userpool/$pool"}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_nope"}
            ListTagsForResource {"ResourceArn":"arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value 'userpool/x' at 'resourceArn' failed to satisfy constraint: Member must have length greater than or equal to 20; Value 'userpool/x' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?
        400 InvalidParameterException: arn:aws:cognito-identity:us-east-1:123456789012:userpool/$pool is not the ARN of a user pool.
        400 InvalidParameterException: arn:aws:cognito-idp:us-east-1:123456789012:client/$pool is not the ARN of a user pool.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {"Tags":{}}
        "#);
    }
}
