//! User pools and app clients by name.

use cognito_mcp::config::{Config, Selection};
use serde_json::{Value, json};

use crate::every_tool;
use crate::json::with;
use crate::test_server::{PASSWORD, TestServer};

#[tokio::test(start_paused = true)]
async fn a_pool_and_a_client_are_accepted_by_name() {
    let server = TestServer::new(json!({}), json!({})).await;
    let (pool, client) = (server.pool_id().to_owned(), server.client_id().to_owned());
    let here = |more: Value| with(json!({ "user_pool_id": "main" }), more);
    let made = json!({ "username": "ana", "message_action": "SUPPRESS" });
    let made = server.done("create_user", here(made)).await;
    assert_eq!(made["on"]["user_pool_id"], *pool);
    assert_eq!(made["on"]["user_pool_name"], "main");
    let password = json!({ "username": "ana", "new_password": PASSWORD, "permanent": true });
    server.done("reset_password", here(password)).await;

    let given = json!({ "client_id": "app", "username": "ana", "password": PASSWORD });
    let signed_in = server.done("sign_in", here(given)).await;
    assert_eq!(signed_in["outcome"], "signed_in", "{signed_in}");
    let described = json!({ "client_id": "app" });
    let described = server.done("describe_client", here(described)).await;
    assert_eq!(described["client_id"], *client);
    let policy = server
        .done("get_iam_policy", json!({ "user_pool_ids": ["main"] }))
        .await;
    assert!(policy.to_string().contains(&pool), "{policy}");

    server
        .done("delete_client", here(json!({ "client_id": "app" })))
        .await;
    let deleted = server
        .done("delete_pool", json!({ "user_pool_id": "main" }))
        .await;
    assert_eq!(deleted["on"]["user_pool_name"], "main");
    let (_, facts) = server
        .refused("describe_pool", json!({ "user_pool_id": pool }))
        .await;
    assert_eq!(facts["code"], "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_name_of_several_is_a_question() {
    let server = TestServer::new(json!({}), json!({})).await;
    let pool = server.pool_id().to_owned();
    server.cognito("CreateUserPool", json!({ "PoolName": "main" }));
    let (sentence, facts) = server
        .refused("delete_pool", json!({ "user_pool_id": "main" }))
        .await;
    assert_eq!(facts["code"], "AmbiguousName", "{sentence}");
    assert_eq!(facts["problems"][0]["pointer"], "/user_pool_id");
    assert!(
        sentence.contains("names 2 user pools") && sentence.contains(&pool),
        "{sentence}"
    );
    assert_eq!(facts.get("retry"), None, "{sentence}");
    server
        .done("describe_pool", json!({ "user_pool_id": pool }))
        .await;
}

/// A pool file can give a client an id that is the name of another one.
#[tokio::test(start_paused = true)]
async fn an_id_wins_over_a_name() {
    let server = TestServer::new(json!({}), json!({})).await;
    let create = |name: &str| {
        let input = json!({ "UserPoolId": server.pool_id(), "ClientName": name });
        server.cognito("CreateUserPoolClient", input)["UserPoolClient"]["ClientId"].take()
    };
    assert_eq!(create("_custom_id_:web"), "web");
    assert_ne!(create("web"), "web");
    let given = json!({ "user_pool_id": server.pool_id(), "client_id": "web" });
    let described = server.done("describe_client", given).await;
    assert_eq!(described["client_id"], "web");
}

#[tokio::test(start_paused = true)]
async fn only_pools_in_scope_are_found_by_name() {
    let open = TestServer::new(json!({}), json!({})).await;
    let other = json!({ "PoolName": "other" });
    let other = open.cognito("CreateUserPool", other)["UserPool"]["Id"].take();
    let scope = |pools: &[&str]| Config {
        selection: Selection {
            pools: pools.iter().map(ToString::to_string).collect(),
            ..every_tool().selection
        },
        ..every_tool()
    };
    for pools in [
        vec![open.pool_id()],
        vec![open.pool_id(), "us-east-1_Unknown11"],
    ] {
        let server = open.beside(scope(&pools)).await;
        let main = json!({ "user_pool_id": "main" });
        let (_, facts) = match pools.len() {
            1 => {
                let described = server.done("describe_pool", main).await;
                assert_eq!(described["user_pool_id"], open.pool_id());
                let other = json!({ "user_pool_id": "other" });
                server.refused("describe_pool", other).await
            }
            // A pool that cannot be read may have the name too.
            _ => server.refused("describe_pool", main).await,
        };
        assert_eq!(facts["code"], "PoolNotAllowed", "{facts}");
        let by_id = json!({ "user_pool_id": other });
        let (_, facts) = server.refused("describe_pool", by_id).await;
        assert_eq!(facts["code"], "PoolNotAllowed");
    }
}
