//! `UpdateResourceServer`: replaces a resource server's name and scopes. Omitted scopes
//! are removed. Clients keep the names of removed scopes, as after
//! `DeleteResourceServer`.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateResourceServer.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::resource_server::{CustomScope, ResourceServer};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    identifier: String,
    name: String,
    #[serde(default)]
    scopes: Vec<CustomScope>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    resource_server: ResourceServer,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.resource_server(&request.identifier)?;
    let resource_server = ResourceServer {
        user_pool_id: request.user_pool_id,
        identifier: request.identifier,
        name: request.name,
        scopes: request.scopes,
    };
    resource_server.validate()?;
    pool.resource_servers
        .insert(resource_server.identifier.clone(), resource_server.clone());
    Ok(Response { resource_server })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn scopes_are_replaced() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"API","Scopes":[{"ScopeName":"read","ScopeDescription":"d"},{"ScopeName":"write","ScopeDescription":"d"}]}
            only /UserPoolClient/AllowedOAuthScopes UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthScopes":["api/read"]}
            UpdateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"New","Scopes":[{"ScopeName":"write","ScopeDescription":"e"}]}
            only /UserPoolClient/AllowedOAuthScopes DescribeUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthScopes":["api/read"]}
            UpdateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"New"}
            DescribeResourceServer {"UserPoolId":"$pool","Identifier":"api"}
        "#), @r#"
        200 {"ResourceServer":{"Identifier":"api","Name":"API","Scopes":[{"ScopeDescription":"d","ScopeName":"read"},{"ScopeDescription":"d","ScopeName":"write"}],"UserPoolId":"$pool"}}
        ["api/read"]
        200 {"ResourceServer":{"Identifier":"api","Name":"New","Scopes":[{"ScopeDescription":"e","ScopeName":"write"}],"UserPoolId":"$pool"}}
        ["api/read"]
        400 ScopeDoesNotExistException: Invalid scope requested: api/read
        200 {"ResourceServer":{"Identifier":"api","Name":"New","Scopes":[],"UserPoolId":"$pool"}}
        200 {"ResourceServer":{"Identifier":"api","Name":"New","Scopes":[],"UserPoolId":"$pool"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"API"}
            UpdateResourceServer {"UserPoolId":"us-east-1_nope","Identifier":"nope","Scopes":[{"ScopeName":"a","ScopeDescription":"d"},{"ScopeName":"a","ScopeDescription":"e"}]}
            UpdateResourceServer {"UserPoolId":"us-east-1_nope","Identifier":"nope","Name":"n","Scopes":[{"ScopeName":"a","ScopeDescription":"d"},{"ScopeName":"a","ScopeDescription":"e"}]}
            UpdateResourceServer {"UserPoolId":"$pool","Identifier":"nope","Name":"n","Scopes":[{"ScopeName":"a","ScopeDescription":"d"},{"ScopeName":"a","ScopeDescription":"e"}]}
            UpdateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"n","Scopes":[{"ScopeName":"a","ScopeDescription":"d"},{"ScopeName":"a","ScopeDescription":"e"}]}
            UpdateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"n","Scopes":[{"ScopeName":"a","ScopeDescription":"d"}]}
        "#), @r#"
        200 {"ResourceServer":{"Identifier":"api","Name":"API","Scopes":[],"UserPoolId":"$pool"}}
        400 InvalidParameterException: 1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: Resource server nope does not exist.
        400 InvalidParameterException: Duplicate scope a.
        200 {"ResourceServer":{"Identifier":"api","Name":"n","Scopes":[{"ScopeDescription":"d","ScopeName":"a"}],"UserPoolId":"$pool"}}
        "#);
    }
}
