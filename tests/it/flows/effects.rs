//! Effects in answers: what changes, before and after; what is still needed; what else a deletion
//! affects.

use serde_json::{Value, json};

use crate::json::with;
use crate::test_server::TestServer;

/// The changes in an answer, as lines.
fn lines(answer: &Value) -> Vec<String> {
    let changed = answer["changed"].as_array().unwrap().iter();
    let side = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    changed
        .map(|change| {
            let (before, after) = (side(&change["before"]), side(&change["after"]));
            format!(
                "{}: {before} > {after}",
                change["setting"].as_str().unwrap()
            )
        })
        .collect()
}

/// Makes the change as a dry run and then for real: both report `expected`.
async fn changes(server: &TestServer, tool: &str, arguments: Value, expected: &[&str]) {
    let dry = with(&arguments, json!({ "dry_run": true }));
    let foreseen = server.done(tool, dry).await;
    assert_eq!(lines(&foreseen), expected, "{tool} {arguments}: {foreseen}");
    assert_eq!(foreseen["would_call_total"], 1, "{foreseen}");
    let done = server.done(tool, arguments.clone()).await;
    assert_eq!(lines(&done), expected, "{tool} {arguments}: {done}");
    let again = server.done(tool, arguments).await;
    assert_eq!(lines(&again), Vec::<String>::new(), "{again}");
}

#[tokio::test]
async fn changes_are_shown_before_and_after() {
    let server = TestServer::demo().await;
    changes(
        &server,
        "update_pool",
        json!({ "password_length": 14, "name": "shop" }),
        &[
            "Name: demo > shop",
            "Policies.PasswordPolicy.MinimumLength: 8 characters > 14 characters",
        ],
    )
    .await;
    let client = server.done("create_client", json!({ "name": "web" })).await["client_id"].take();
    changes(
        &server,
        "update_client",
        json!({ "client_id": client, "access_tokens_last": "90 minutes", "refresh_tokens_last": "1 day" }),
        &["AccessTokenValidity: not set: 1 hour > 90 minutes", "RefreshTokenValidity: 30 days > 1 day"],
    )
    .await;
    // A change of one token leaves the others.
    changes(
        &server,
        "update_client",
        json!({ "client_id": client, "id_tokens_last": "2 hours" }),
        &["IdTokenValidity: not set: 1 hour > 2 hours"],
    )
    .await;
    let described = json!({ "client_id": client });
    let described = server.done("describe_client", described).await;
    assert_eq!(described["access_tokens_last"], "90 minutes");
    assert_eq!(described["id_tokens_last"], "2 hours");
    let group = json!({ "group": "crew", "description": "All" });
    server.done("create_group", group).await;
    changes(
        &server,
        "update_group",
        json!({ "group": "crew", "description": "Some", "precedence": 3 }),
        &["Description: All > Some", "Precedence: - > 3"],
    )
    .await;
    changes(
        &server,
        "update_user",
        json!({ "username": "ana", "attributes": { "email": "a@example.com", "nickname": "An" } }),
        &[
            "email: ana@example.com > a@example.com",
            "email_verified: true > false",
            "nickname: - > An",
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_still_needed_is_said() {
    let server = TestServer::demo().await;
    let needed = async |tool: &str, arguments: Value| {
        let mut answer = server.done(tool, arguments).await;
        answer["still_needed"]
            .take()
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let said = needed("create_user", json!({ "username": "zoe" })).await;
    assert!(
        said.contains("no address") && said.contains("`reset_password`"),
        "{said}"
    );
    let known = json!({ "username": "yan", "temporary_password": "Correct-Horse-7" });
    let said = needed("create_user", known).await;
    assert!(
        said.contains("give the user the temporary password"),
        "{said}"
    );
    let invited = json!({ "username": "xia", "email": "xia@example.com" });
    assert_eq!(needed("create_user", invited).await, "");
    let rows = json!({ "users": [{ "username": "u-1" }, { "username": "u-2" }] });
    let said = needed("create_users", rows).await;
    assert!(
        said.starts_with("2 users: No invitation was sent"),
        "{said}"
    );

    let optional = json!({ "mode": "OPTIONAL", "authenticator_app": true });
    let said = needed("set_mfa_config", optional).await;
    assert!(said.contains("only of users who have one"), "{said}");

    let orders =
        json!({ "identifier": "orders", "scopes": [{ "name": "read", "description": "Read" }] });
    let pool = server.new_pool(json!({}));
    let here = |more: Value| with(json!({ "user_pool_id": pool["user_pool_id"] }), more);
    server.done("put_resource_server", here(orders)).await;
    let machine = here(json!({ "name": "job", "secret": true, "oauth_flows": [] }));
    let client = server.done("create_client", machine).await["client_id"].take();
    let grants = json!({ "user_pool_id": pool["user_pool_id"], "client_id": client, "oauth_flows": ["client_credentials"], "scopes": ["orders/read"] });
    let said = needed("update_client", grants).await;
    assert!(said.contains("`put_domain`"), "{said}");
}

#[tokio::test]
async fn a_deletion_says_what_it_affects() {
    let server = TestServer::demo().await;
    let crew = json!({ "group": "crew" });
    server.done("create_group", crew.clone()).await;
    let affects = async |tool: &str, arguments: Value| {
        let mut dry = server
            .done(tool, with(arguments, json!({ "dry_run": true })))
            .await;
        dry["affects"]
            .take()
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        affects("delete_group", crew.clone()).await,
        "The group has no members"
    );
    for username in ["ana", "ben"] {
        let join = json!({ "username": username, "group": "crew" });
        server.done("add_user_to_group", join).await;
    }
    assert_eq!(
        affects("delete_group", crew).await,
        "The group has 2 members"
    );

    let machine = json!({ "name": "job", "secret": true });
    let client = server.done("create_client", machine).await["client_id"].take();
    let client = json!({ "client_id": client });
    server.done("rotate_client_secret", client.clone()).await;
    let described = server.done("describe_client", client.clone()).await;
    let id = &described["secrets"][0]["client_secret_id"];
    let removed = with(client, json!({ "client_secret_id": id }));
    let said = affects("remove_client_secret", removed).await;
    assert!(
        said.starts_with("The secret is from 20") && said.ends_with("stays valid"),
        "{said}"
    );

    let public = json!({ "name": "app", "flows": ["ALLOW_USER_SRP_AUTH"] });
    let client = server.done("create_client", public).await["client_id"].take();
    assert_eq!(
        affects("delete_client", json!({ "client_id": client })).await,
        "Applications can use the client for USER_SRP_AUTH"
    );

    let pool = server.new_pool(json!({}))["user_pool_id"].take();
    let pool = json!({ "user_pool_id": pool });
    assert_eq!(
        affects("delete_pool", pool.clone()).await,
        "The pool has about 0 users, 1 app client"
    );
    let app = with(pool.clone(), json!({ "name": "app" }));
    server.done("create_client", app).await;
    let user = with(
        pool.clone(),
        json!({ "username": "eva", "message_action": "SUPPRESS" }),
    );
    server.done("create_user", user).await;
    let domain = with(pool.clone(), json!({ "domain": "soon-gone" }));
    server.done("put_domain", domain).await;
    assert_eq!(
        affects("delete_pool", pool).await,
        "The pool has about 1 user, 2 app clients, the domain soon-gone"
    );
}
