//! `ListUserPools`: lists the pools of the caller's account and Region, page by
//! page, in order of creation (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPools.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::page;
use crate::state::pool::Pool;
use crate::world::Time;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    max_results: usize,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pools: Vec<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `UserPoolDescriptionType` (fact 10.8).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    id: String,
    name: String,
    lambda_config: Map<String, Value>,
    last_modified_date: Time,
    creation_date: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    replica_regions: Option<Vec<String>>,
}

impl Description {
    fn new(pool: &Pool, now: Time) -> Self {
        Self {
            id: pool.id.clone(),
            name: pool.name.clone(),
            lambda_config: pool.settings.lambda_config.clone(),
            last_modified_date: pool.modified_at,
            creation_date: pool.created_at,
            replica_regions: pool
                .replica_region(now)
                .map(|region| vec![region.to_owned()]),
        }
    }
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let list = format!("pools {} {}", cx.scope.account, cx.scope.region);
    let token = request.next_token.as_deref();
    let after: Option<u64> = page::resume(token, &list, cx.now())?;
    // One more pool than fits on the page shows whether there is a next page.
    let pools = cx
        .state
        .list(cx.scope, after.unwrap_or(0), request.max_results + 1);
    let (pools, next_token) = page::cut(
        pools.into_iter(),
        request.max_results,
        |(position, _)| *position,
        &list,
        cx.now(),
    );
    let described = pools
        .iter()
        .map(|(_, handle)| Description::new(&handle.read(), cx.now()));
    Ok(Response {
        user_pools: described.collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Fact 10.8. A page token stays valid if pools are created or deleted.
    #[test]
    fn pages_through_pools() {
        assert_snapshot!(Fixture::empty().run(r#"
            ListUserPools {"MaxResults":2}
            as one /UserPool/Id CreateUserPool {"PoolName":"one"}
            as two /UserPool/Id CreateUserPool {"PoolName":"two"}
            as three /UserPool/Id CreateUserPool {"PoolName":"three"}
            as four /UserPool/Id CreateUserPool {"PoolName":"four"}
            ListUserPools {"MaxResults":2}
            DeleteUserPool {"UserPoolId":"$two"}
            as five /UserPool/Id CreateUserPool {"PoolName":"five"}
            ListUserPools {"MaxResults":2,"NextToken":"$token"}
            ListUserPools {"MaxResults":2,"NextToken":"$token"}
            spread ListUserPools {"MaxResults":60}
        "#), @r#"
        200 {"UserPools":[]}
        "$one"
        "$two"
        "$three"
        "$four"
        200 {"NextToken":"$token","UserPools":[{"CreationDate":1.7E9,"Id":"$one","LambdaConfig":{},"LastModifiedDate":1.7E9,"Name":"one"},{"CreationDate":1.7E9,"Id":"$two","LambdaConfig":{},"LastModifiedDate":1.7E9,"Name":"two"}]}
        200
        "$five"
        200 {"NextToken":"$token","UserPools":[{"CreationDate":1.7E9,"Id":"$three","LambdaConfig":{},"LastModifiedDate":1.7E9,"Name":"three"},{"CreationDate":1.7E9,"Id":"$four","LambdaConfig":{},"LastModifiedDate":1.7E9,"Name":"four"}]}
        200 {"UserPools":[{"CreationDate":1.7E9,"Id":"$five","LambdaConfig":{},"LastModifiedDate":1.7E9,"Name":"five"}]}
        200
          UserPools:
            - {"CreationDate":1700000000.0,"Id":"$one","LambdaConfig":{},"LastModifiedDate":1700000000.0,"Name":"one"}
            - {"CreationDate":1700000000.0,"Id":"$three","LambdaConfig":{},"LastModifiedDate":1700000000.0,"Name":"three"}
            - {"CreationDate":1700000000.0,"Id":"$four","LambdaConfig":{},"LastModifiedDate":1700000000.0,"Name":"four"}
            - {"CreationDate":1700000000.0,"Id":"$five","LambdaConfig":{},"LastModifiedDate":1700000000.0,"Name":"five"}
        "#);
    }

    /// A pool of one Region is unknown in another Region.
    #[test]
    fn regions_are_separate() {
        assert_snapshot!(Fixture::new().run(r#"
            in eu-west-1
            ListUserPools {"MaxResults":10}
            as there /UserPool/Id CreateUserPool {"PoolName":"there"}
            ListUserPools {"MaxResults":10}
            DescribeUserPool {"UserPoolId":"$pool"}
            DeleteUserPool {"UserPoolId":"$pool"}
            ListUserPoolClients {"UserPoolId":"$pool"}
            in us-east-1
            ListUserPools {"MaxResults":10}
            DescribeUserPool {"UserPoolId":"$there"}
        "#), @r#"
        200 {"UserPools":[]}
        "$there"
        200 {"UserPools":[{"CreationDate":1.7E9,"Id":"$there","LambdaConfig":{},"LastModifiedDate":1.7E9,"Name":"there"}]}
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool $pool does not exist.
        200 {"UserPools":[{"CreationDate":1.7E9,"Id":"$pool","LambdaConfig":{},"LastModifiedDate":1.7E9,"Name":"pool"}]}
        400 ResourceNotFoundException: User pool $there does not exist.
        "#);
    }

    /// Each call fixes one fault of the call above. A token belongs to its
    /// list.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            as other /UserPool/Id CreateUserPool {"PoolName":"other"}
            ListUserPools {}
            ListUserPools {"MaxResults":0}
            ListUserPools {"MaxResults":61}
            ListUserPools {"MaxResults":1,"NextToken":"nope"}
            only /UserPools/0/Id ListUserPools {"MaxResults":1}
            in eu-west-1
            ListUserPools {"MaxResults":1,"NextToken":"$token"}
            in us-east-1
            only /UserPools/0/Id ListUserPools {"MaxResults":1,"NextToken":"$token"}
        "#), @r#"
        "$other"
        400 InvalidParameterException: 1 validation error detected: Value null at 'maxResults' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60
        400 InvalidParameterException: Invalid pagination token given.
        "$pool"
        400 InvalidParameterException: Invalid pagination token given.
        "$other"
        "#);
    }

    /// Fact 8d. The keys of pools are not assembled until they are used.
    #[test]
    fn a_region_has_at_most_a_thousand_pools() {
        let mut fixture = Fixture::empty();
        for _ in 0..1000 {
            fixture.must("CreateUserPool", serde_json::json!({"PoolName": "p"}));
        }
        assert_snapshot!(fixture.run(r#"
            CreateUserPool {"PoolName":"p"}
            in eu-west-1
            only /UserPool/Name CreateUserPool {"PoolName":"p"}
        "#), @r#"
        400 LimitExceededException: User pools cannot exceed limit of 1000.
        "p"
        "#);
    }
}
