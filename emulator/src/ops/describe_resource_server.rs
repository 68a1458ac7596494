//! `DescribeResourceServer`: returns a resource server with its scopes in
//! alphabetical order (live through CloudFormation: go-to-k/cdk-real-drift, 2026;
//! AWS's example has another order).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeResourceServer.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::resource_server::ResourceServer;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    identifier: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    resource_server: ResourceServer,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let mut resource_server = pool.resource_server(&request.identifier)?.clone();
    let scopes = &mut resource_server.scopes;
    scopes.sort_by(|one, other| one.scope_name.cmp(&other.scope_name));
    Ok(Response { resource_server })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above (R201).
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"API","Scopes":[{"ScopeName":"read","ScopeDescription":"d"}]}
            DescribeResourceServer {"UserPoolId":"us-east-1_nope"}
            DescribeResourceServer {"UserPoolId":"us-east-1_nope","Identifier":"nope"}
            DescribeResourceServer {"UserPoolId":"$pool","Identifier":"nope"}
            DescribeResourceServer {"UserPoolId":"$pool","Identifier":"api"}
        "#), @r#"
        200 {"ResourceServer":{"Identifier":"api","Name":"API","Scopes":[{"ScopeDescription":"d","ScopeName":"read"}],"UserPoolId":"$pool"}}
        400 InvalidParameterException: 1 validation error detected: Value null at 'identifier' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Resource server nope does not exist.
        200 {"ResourceServer":{"Identifier":"api","Name":"API","Scopes":[{"ScopeDescription":"d","ScopeName":"read"}],"UserPoolId":"$pool"}}
        "#);
    }
}
