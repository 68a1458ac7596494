//! Groups, their members, and their pages.

use serde_json::{Value, json};

use crate::lists::all_by;
use crate::test_server::TestServer;

/// The items of a list, sorted by name.
async fn sorted(server: &TestServer, tool: &str, arguments: Value, name: &str) -> Vec<String> {
    let mut found = all_by(&server.client, tool, arguments, name).await;
    found.sort();
    found
}

#[tokio::test]
async fn a_group_has_members() {
    let server = TestServer::demo().await;
    let group = json!({ "group": "staff", "description": "All who work here", "precedence": 0 });
    let made = server.done("create_group", group.clone()).await;
    assert_eq!(
        (&made["name"], &made["precedence"]),
        (&json!("staff"), &json!(0))
    );
    let (_, facts) = server.refused("create_group", group).await;
    assert_eq!(facts["code"], "GroupExistsException");

    // Adding a user again has no effect.
    for username in ["ana", "ben", "cleo", "ana"] {
        let member = json!({ "username": username, "group": "staff" });
        server.done("add_user_to_group", member).await;
    }
    let members = json!({ "group": "staff", "limit": 1 });
    let found = sorted(&server, "list_group_members", members, "username").await;
    assert_eq!(found, ["ana", "ben", "cleo"]);
    for _ in 0..2 {
        let member = json!({ "username": "ben", "group": "staff" });
        server.done("remove_user_from_group", member).await;
    }
    let members = json!({ "group": "staff" });
    let found = sorted(&server, "list_group_members", members, "username").await;
    assert_eq!(found, ["ana", "cleo"]);
    let groups = json!({ "limit": 1 });
    let found = sorted(&server, "list_groups", groups, "name").await;
    assert_eq!(found, ["admins", "staff"]);
}

#[tokio::test]
async fn an_unknown_group_is_reported() {
    let server = TestServer::demo().await;
    for (tool, arguments) in [
        (
            "add_user_to_group",
            json!({ "username": "ana", "group": "admin" }),
        ),
        ("list_group_members", json!({ "group": "admin" })),
        ("list_users", json!({ "group": "admin" })),
    ] {
        let (sentence, facts) = server.refused(tool, arguments).await;
        assert_eq!(facts["code"], "ResourceNotFoundException", "{sentence}");
        assert!(sentence.contains("admins"), "{sentence}");
        let retry = &facts["retry"];
        // A write is not retried with a group that the caller did not name.
        let is_read = !tool.contains("user_");
        assert_eq!(retry["tool"] == tool, is_read, "{facts}");
        if let Some(next) = retry["tool"].as_str() {
            server.done(next, retry["arguments"].clone()).await;
        }
    }
}

#[tokio::test]
async fn a_cursor_of_another_listing_is_refused() {
    let server = TestServer::demo().await;
    for (tool, arguments) in [
        ("list_groups", json!({ "cursor": "nonsense" })),
        (
            "list_group_members",
            json!({ "group": "admins", "cursor": "nonsense" }),
        ),
        ("list_pools", json!({ "cursor": "nonsense" })),
        ("list_clients", json!({ "cursor": "nonsense" })),
    ] {
        let (sentence, facts) = server.refused(tool, arguments).await;
        assert_eq!(facts["code"], "InvalidParameterException", "{sentence}");
        assert_eq!(facts["retry"]["tool"], tool, "{sentence}");
        server.done(tool, facts["retry"]["arguments"].clone()).await;
    }
}
