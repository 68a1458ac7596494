//! `DeleteUserPool`: deletes a pool with its clients and users. Through this API, the
//! deletion is immediate (fact 10.10).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUserPool.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    if pool.settings.deletion_protection == "ACTIVE" {
        return Err(Error::DeletionProtected);
    }
    if pool.domains.any() {
        return Err(Error::PoolHasDomain);
    }
    pool.imports.check_idle()?;
    // Never wait for the lock of the map while a pool is locked.
    drop(pool);
    cx.state.remove(&request.user_pool_id);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// The deletion includes clients and users.
    #[test]
    fn deleted_pools_are_gone() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            DeleteUserPool {"UserPoolId":"$pool"}
            DescribeUserPool {"UserPoolId":"$pool"}
            DeleteUserPool {"UserPoolId":"$pool"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            ListUserPools {"MaxResults":10}
        "#), @r#"
        200
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool $pool does not exist.
        400 ResourceNotFoundException: User pool $pool does not exist.
        200 {"UserPools":[]}
        "#);
    }

    /// R177, R178: each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_pool(serde_json::json!({"DeletionProtection": "ACTIVE"}));
        assert_snapshot!(fixture.run(r#"
            CreateUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix"}
            DeleteUserPool {}
            DeleteUserPool {"UserPoolId":"us-east-1_nope"}
            DeleteUserPool {"UserPoolId":"$pool"}
            UpdateUserPool {"UserPoolId":"$pool","DeletionProtection":"INACTIVE"}
            only /UserPool/Domain DescribeUserPool {"UserPoolId":"$pool"}
            DeleteUserPool {"UserPoolId":"$pool"}
            DeleteUserPoolDomain {"UserPoolId":"$pool","Domain":"prefix"}
            DeleteUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"ManagedLoginVersion":1}
        400 InvalidParameterException: 1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.
        200 {}
        "prefix"
        400 InvalidParameterException: User pool cannot be deleted. It has a domain configured that should be deleted first.
        200 {}
        200
        "#);
    }
}
