//! `DeleteResourceServer`: deletes a resource server and its scopes. Clients
//! keep the names of the scopes
//! (aws-cloudformation/cloudformation-coverage-roadmap#173).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteResourceServer.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    identifier: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.resource_server(&request.identifier)?;
    pool.resource_servers.remove(&request.identifier);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn clients_keep_the_deleted_scopes() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"API","Scopes":[{"ScopeName":"read","ScopeDescription":"d"}]}
            only /UserPoolClient/AllowedOAuthScopes UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthScopes":["api/read"]}
            DeleteResourceServer {"UserPoolId":"$pool","Identifier":"api"}
            DescribeResourceServer {"UserPoolId":"$pool","Identifier":"api"}
            only /UserPoolClient/AllowedOAuthScopes DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthScopes":["api/read"]}
        "#), @r#"
        200 {"ResourceServer":{"Identifier":"api","Name":"API","Scopes":[{"ScopeDescription":"d","ScopeName":"read"}],"UserPoolId":"$pool"}}
        ["api/read"]
        200
        400 ResourceNotFoundException: Resource server api does not exist.
        ["api/read"]
        400 ScopeDoesNotExistException: Invalid scope requested: api/read
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"API"}
            DeleteResourceServer {"UserPoolId":"us-east-1_nope"}
            DeleteResourceServer {"UserPoolId":"us-east-1_nope","Identifier":"nope"}
            DeleteResourceServer {"UserPoolId":"$pool","Identifier":"nope"}
            DeleteResourceServer {"UserPoolId":"$pool","Identifier":"api"}
            DeleteResourceServer {"UserPoolId":"$pool","Identifier":"api"}
        "#), @r#"
        200 {"ResourceServer":{"Identifier":"api","Name":"API","Scopes":[],"UserPoolId":"$pool"}}
        400 InvalidParameterException: 1 validation error detected: Value null at 'identifier' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Resource server nope does not exist.
        200
        400 ResourceNotFoundException: Resource server api does not exist.
        "#);
    }
}
