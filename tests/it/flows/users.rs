//! Users: changes and deletion.

use serde_json::json;

use crate::test_server::TestServer;

#[tokio::test]
async fn attributes_are_set_and_removed() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(json!({
        "Schema": [{ "Name": "team", "AttributeDataType": "String", "Mutable": true }],
    }));
    let pool = &pool["user_pool_id"];
    let user = json!({
        "user_pool_id": pool,
        "username": "dora",
        "email": "dora@example.com",
        "attributes": { "email_verified": "true", "custom:team": "a" },
        "message_action": "SUPPRESS",
    });
    server.done("create_user", user).await;
    let update = async |mut arguments: serde_json::Value| {
        arguments["user_pool_id"] = pool.clone();
        arguments["username"] = json!("dora");
        server.done("update_user", arguments).await["attributes"].take()
    };

    let shown = update(json!({ "attributes": { "nickname": "Do", "custom:team": "b" } })).await;
    assert_eq!(
        (&shown["nickname"], &shown["custom:team"]),
        (&json!("Do"), &json!("b"))
    );
    assert_eq!(shown["email_verified"], "true");

    // One call sets and removes attributes. Attributes that it does not name
    // are kept.
    let both = json!({
        "attributes": { "given_name": "Dora" }, "remove_attributes": ["nickname", "custom:team"],
    });
    let shown = update(both).await;
    assert_eq!(shown["given_name"], "Dora");
    assert!(
        shown.get("nickname").is_none() && shown.get("custom:team").is_none(),
        "{shown}"
    );
    assert_eq!(shown["email"], "dora@example.com");

    // A new address is unverified, unless the same call verifies it.
    let shown = update(json!({ "attributes": { "email": "d@example.com" } })).await;
    assert_eq!(shown["email_verified"], "false");
    let shown = update(json!({ "attributes": { "email_verified": "true" } })).await;
    assert_eq!(shown["email_verified"], "true");
    let shown = update(json!({
        "attributes": { "email": "dora@example.com", "email_verified": "true" },
    }))
    .await;
    assert_eq!(shown["email_verified"], "true");

    let nothing = json!({ "user_pool_id": pool, "username": "dora" });
    let (sentence, _) = server.refused("update_user", nothing).await;
    assert!(sentence.contains("remove_attributes"), "{sentence}");
    let unknown = json!({
        "user_pool_id": pool, "username": "dora", "attributes": { "custom:taem": "c" },
    });
    let (sentence, _) = server.refused("update_user", unknown).await;
    assert!(sentence.contains("custom:team"), "{sentence}");
}

#[tokio::test]
async fn a_user_is_deleted_once() {
    let server = TestServer::demo().await;
    let ana = json!({ "username": "ana" });
    server.done("delete_user", ana.clone()).await;
    // A second deletion changes nothing, as the annotation says, and is
    // refused.
    let before = server.done("list_users", json!({})).await;
    let (sentence, facts) = server.refused("delete_user", ana).await;
    assert_eq!(facts["code"], "UserNotFoundException", "{sentence}");
    assert_eq!(server.done("list_users", json!({})).await, before);
}
