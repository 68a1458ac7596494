//! `ListUserPoolClients`: lists the ids and names of a pool's app clients, page
//! by page, ordered by id (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPoolClients.html>

use std::ops::Bound;

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    max_results: Option<usize>,
    next_token: Option<String>,
    client_type: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_clients: Vec<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// `UserPoolClientDescription`.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    client_id: String,
    user_pool_id: String,
    client_name: String,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    // `DCR` clients register themselves. The emulator has none.
    let only_registered = request.client_type.as_deref() == Some("DCR");
    let list = format!("clients {} {only_registered}", pool.id);
    let token = request.next_token.as_deref();
    let after: Option<String> = page::resume(token, &list, cx.now())?;
    let after = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
    let clients = pool.clients.from(after);
    let clients = clients.filter(|_| !only_registered);
    let size = page::size(request.max_results);
    let (clients, next_token) = page::cut(clients, size, |(id, _)| (*id).clone(), &list, cx.now());
    let described = clients.into_iter().map(|(id, client)| Description {
        client_id: id.clone(),
        user_pool_id: pool.id.clone(),
        client_name: client.settings.client_name.clone(),
    });
    Ok(Response {
        user_pool_clients: described.collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Pages are in order of ids, even if clients are created or deleted between two
    /// pages.
    #[test]
    fn pages_through_clients() {
        assert_snapshot!(Fixture::new().run(r#"
            as one /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"one"}
            as two /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"two"}
            ListUserPoolClients {"UserPoolId":"$pool"}
            ListUserPoolClients {"UserPoolId":"$pool","MaxResults":2}
            DeleteUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            ListUserPoolClients {"UserPoolId":"$pool","MaxResults":2,"NextToken":"$token"}
            ListUserPoolClients {"UserPoolId":"$pool","ClientType":"REGULAR"}
            ListUserPoolClients {"UserPoolId":"$pool","ClientType":"DCR"}
        "#), @r#"
        "$one"
        "$two"
        200 {"UserPoolClients":[{"ClientId":"$two","ClientName":"two","UserPoolId":"$pool"},{"ClientId":"$one","ClientName":"one","UserPoolId":"$pool"},{"ClientId":"$client","ClientName":"client","UserPoolId":"$pool"}]}
        200 {"NextToken":"$token","UserPoolClients":[{"ClientId":"$two","ClientName":"two","UserPoolId":"$pool"},{"ClientId":"$one","ClientName":"one","UserPoolId":"$pool"}]}
        200
        200 {"UserPoolClients":[]}
        200 {"UserPoolClients":[{"ClientId":"$two","ClientName":"two","UserPoolId":"$pool"},{"ClientId":"$one","ClientName":"one","UserPoolId":"$pool"}]}
        200 {"UserPoolClients":[]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            ListUserPoolClients {"MaxResults":61}
            ListUserPoolClients {"UserPoolId":"us-east-1_nope","NextToken":"nope"}
            ListUserPoolClients {"UserPoolId":"$pool","NextToken":"nope"}
            ListUserPoolClients {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"UserPoolClients":[{"ClientId":"$client","ClientName":"client","UserPoolId":"$pool"}]}
        "#);
    }
}
