//! `ListResourceServers`: lists a pool's resource servers, page by page,
//! ordered by identifier (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListResourceServers.html>

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;
use crate::state::resource_server::ResourceServer;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    max_results: usize,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    resource_servers: Vec<ResourceServer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let list = format!("resource servers {}", pool.id);
    let token = request.next_token.as_deref();
    let after: Option<String> = page::resume(token, &list, cx.now())?;
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let servers = pool.resource_servers.range((from, Bound::Unbounded));
    let (servers, next_token) = page::cut(
        servers,
        request.max_results,
        |(identifier, _)| (*identifier).clone(),
        &list,
        cx.now(),
    );
    Ok(Response {
        resource_servers: servers.into_iter().map(|(_, one)| one.clone()).collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn servers_are_listed_by_identifier_page_by_page() {
        assert_snapshot!(Fixture::new().run(r#"
            ListResourceServers {"UserPoolId":"$pool","MaxResults":50}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"c","Name":"C","Scopes":[{"ScopeName":"read","ScopeDescription":"d"}]}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"a","Name":"A"}
            CreateResourceServer {"UserPoolId":"$pool","Identifier":"b","Name":"B"}
            ListResourceServers {"UserPoolId":"$pool","MaxResults":2}
            DeleteResourceServer {"UserPoolId":"$pool","Identifier":"b"}
            ListResourceServers {"UserPoolId":"$pool","MaxResults":2,"NextToken":"$token"}
        "#), @r#"
        200 {"ResourceServers":[]}
        200 {"ResourceServer":{"Identifier":"c","Name":"C","Scopes":[{"ScopeDescription":"d","ScopeName":"read"}],"UserPoolId":"$pool"}}
        200 {"ResourceServer":{"Identifier":"a","Name":"A","Scopes":[],"UserPoolId":"$pool"}}
        200 {"ResourceServer":{"Identifier":"b","Name":"B","Scopes":[],"UserPoolId":"$pool"}}
        200 {"NextToken":"$token","ResourceServers":[{"Identifier":"a","Name":"A","Scopes":[],"UserPoolId":"$pool"},{"Identifier":"b","Name":"B","Scopes":[],"UserPoolId":"$pool"}]}
        200
        200 {"ResourceServers":[{"Identifier":"c","Name":"C","Scopes":[{"ScopeDescription":"d","ScopeName":"read"}],"UserPoolId":"$pool"}]}
        "#);
    }

    /// Each call fixes one fault of the call above. An omitted size counts as
    /// zero: aws/aws-cli#5843.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListResourceServers {}
            ListResourceServers {"UserPoolId":"us-east-1_nope","MaxResults":51,"NextToken":"nope"}
            ListResourceServers {"UserPoolId":"us-east-1_nope","MaxResults":50,"NextToken":"nope"}
            ListResourceServers {"UserPoolId":"$pool","MaxResults":50,"NextToken":"nope"}
            ListResourceServers {"UserPoolId":"$pool","MaxResults":50}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value '0' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1
        400 InvalidParameterException: 1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 50
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"ResourceServers":[]}
        "#);
    }
}
