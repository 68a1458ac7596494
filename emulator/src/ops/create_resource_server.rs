//! `CreateResourceServer`: adds an API to a pool, with scopes that app clients
//! can request as `<identifier>/<scope>`.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateResourceServer.html>

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
    let resource_server = ResourceServer {
        user_pool_id: request.user_pool_id,
        identifier: request.identifier,
        name: request.name,
        scopes: request.scopes,
    };
    resource_server.validate()?;
    pool.insert_resource_server(resource_server.clone())?;
    Ok(Response { resource_server })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// R170: a client requests a scope by the server's identifier, which may
    /// contain slashes.
    #[test]
    fn clients_can_request_the_scopes() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"https://api.example.com/v1","Name":"Solar system","Scopes":[{"ScopeName":"sunproximity.read","ScopeDescription":"Distance in AU"},{"ScopeName":"asteroids.add","ScopeDescription":"New ones"}]}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"bare","Name":"Bare"}
            only /UserPoolClient/AllowedOAuthScopes CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","GenerateSecret":true,"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["client_credentials"],"AllowedOAuthScopes":["https://api.example.com/v1/asteroids.add"]}
            only /UserPoolClient/AllowedOAuthScopes UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","AllowedOAuthFlows":["code"],"CallbackURLs":["https://example.com"],"AllowedOAuthScopes":["openid","https://api.example.com/v1/sunproximity.read"]}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthScopes":["https://api.example.com/v1/asteroids.remove"]}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthScopes":["https://api.example.com/v1"]}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthScopes":["bare/asteroids.add"]}
            CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"c","AllowedOAuthScopes":["asteroids.add"]}
        "#), @r#"
        200 {"ResourceServer":{"Identifier":"https://api.example.com/v1","Name":"Solar system","Scopes":[{"ScopeDescription":"Distance in AU","ScopeName":"sunproximity.read"},{"ScopeDescription":"New ones","ScopeName":"asteroids.add"}],"UserPoolId":"$pool"}}
        200 {"ResourceServer":{"Identifier":"bare","Name":"Bare","Scopes":[],"UserPoolId":"$pool"}}
        ["https://api.example.com/v1/asteroids.add"]
        ["openid","https://api.example.com/v1/sunproximity.read"]
        400 ScopeDoesNotExistException: Invalid scope requested: https://api.example.com/v1/asteroids.remove
        400 ScopeDoesNotExistException: Invalid scope requested: https://api.example.com/v1
        400 ScopeDoesNotExistException: Invalid scope requested: bare/asteroids.add
        400 ScopeDoesNotExistException: Invalid scope requested: asteroids.add
        "#);
    }

    #[test]
    fn a_pool_has_at_most_25_resource_servers() {
        let mut fixture = Fixture::new();
        let pool = fixture.get("pool").to_owned();
        for n in 0..25 {
            let server = json!({"UserPoolId": pool, "Identifier": n.to_string(), "Name": "api"});
            fixture.must("CreateResourceServer", server);
        }
        assert_snapshot!(fixture.run(r#"
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"api"}
            DeleteResourceServer {"UserPoolId":"$pool","Identifier":"7"}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"api"}
        "#), @r#"
        400 LimitExceededException: Resource servers cannot exceed limit of 25.
        200
        200 {"ResourceServer":{"Identifier":"api","Name":"api","Scopes":[],"UserPoolId":"$pool"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            CreateResourceServer {"UserPoolId":"us-east-1_nope","Identifier":"a b","Name":"api!","Scopes":[{"ScopeName":"a/b"}]}
            CreateResourceServer {"UserPoolId":"us-east-1_nope","Identifier":"api","Name":"api","Scopes":[{"ScopeName":"a","ScopeDescription":"d"},{"ScopeName":"a","ScopeDescription":"e"}]}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"api","Scopes":[{"ScopeName":"a","ScopeDescription":"d"},{"ScopeName":"a","ScopeDescription":"e"}]}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"api","Scopes":[{"ScopeName":"a","ScopeDescription":"d"}]}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"api","Name":"api"}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"API","Name":"api"}
        "#), @r#"
        400 InvalidParameterException: 4 validation errors detected: Value 'a b' at 'identifier' failed to satisfy constraint: Member must satisfy regular expression pattern: [\x21\x23-\x5B\x5D-\x7E]+; Value 'api!' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+; Value 'a/b' at 'scopes.1.member.scopeName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+; Value null at 'scopes.1.member.scopeDescription' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Duplicate scope a.
        200 {"ResourceServer":{"Identifier":"api","Name":"api","Scopes":[{"ScopeDescription":"d","ScopeName":"a"}],"UserPoolId":"$pool"}}
        400 InvalidParameterException: api already exists in user pool $pool.
        200 {"ResourceServer":{"Identifier":"API","Name":"api","Scopes":[],"UserPoolId":"$pool"}}
        "#);
    }
}
