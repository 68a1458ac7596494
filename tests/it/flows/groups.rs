//! Groups, their members, and their pages.

use cognito_mcp::config::{BackendKind, Config, Confirm};
use serde_json::{Value, json};

use crate::every_tool;
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
        (&made["group"], &made["precedence"]),
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
    let found = sorted(&server, "list_groups", groups, "group").await;
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

/// The members of a group, sorted.
async fn members(server: &TestServer, group: &str) -> Vec<String> {
    let arguments = json!({ "group": group, "limit": 60 });
    sorted(server, "list_group_members", arguments, "username").await
}

#[tokio::test]
async fn a_group_is_renamed_with_its_settings_and_members() {
    let server = TestServer::demo().await;
    let group = json!({ "group": "staff", "description": "All", "precedence": 3 });
    server.done("create_group", group).await;
    for username in ["ana", "ben", "cleo"] {
        let member = json!({ "username": username, "group": "staff" });
        server.done("add_user_to_group", member).await;
    }
    let rename = json!({ "group": "staff", "new_name": "crew" });
    let plan = server
        .done(
            "rename_group",
            crate::json::with(rename.clone(), json!({ "dry_run": true })),
        )
        .await;
    let calls: Vec<&str> = plan["would_call"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["operation"].as_str().unwrap())
        .collect();
    assert_eq!(
        calls,
        [
            "CreateGroup",
            "AdminAddUserToGroup",
            "AdminAddUserToGroup",
            "AdminAddUserToGroup",
            "DeleteGroup"
        ]
    );
    let renamed = server.done("rename_group", rename.clone()).await;
    assert_eq!(renamed["added"], 3, "{renamed}");
    assert_eq!(members(&server, "crew").await, ["ana", "ben", "cleo"]);
    let groups = server.done("list_groups", json!({})).await;
    let crew = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["group"] == "crew")
        .unwrap();
    assert_eq!(
        (&crew["description"], &crew["precedence"]),
        (&json!("All"), &json!(3))
    );
    assert!(!groups.to_string().contains("staff"), "{groups}");
    // The same call after a lost answer.
    assert_eq!(server.done("rename_group", rename).await["added"], 0);
}

/// A call that was interrupted after the new group was created, and after a part of the members
/// was added, is finished by the same call.
#[tokio::test]
async fn an_interrupted_rename_is_finished() {
    let server = TestServer::demo().await;
    for group in ["staff", "crew"] {
        server.done("create_group", json!({ "group": group })).await;
    }
    for (username, group) in [("ana", "staff"), ("ben", "staff"), ("ana", "crew")] {
        let member = json!({ "username": username, "group": group });
        server.done("add_user_to_group", member).await;
    }
    let rename = json!({ "group": "staff", "new_name": "crew" });
    assert_eq!(server.done("rename_group", rename).await["added"], 1);
    assert_eq!(members(&server, "crew").await, ["ana", "ben"]);
    let (_, facts) = server
        .refused("list_group_members", json!({ "group": "staff" }))
        .await;
    assert_eq!(facts["code"], "ResourceNotFoundException");
}

/// The confirmation names the group that would be deleted, not the new one.
#[tokio::test]
async fn a_renamed_group_is_confirmed_by_its_old_name() {
    let config = Config {
        backend: BackendKind::Aws,
        allow_destructive: true,
        confirm: Confirm::Always,
        ..every_tool()
    };
    let server = TestServer::configured(config, json!({}), json!({}), true).await;
    server.cognito(
        "CreateGroup",
        json!({ "UserPoolId": server.pool_id(), "GroupName": "staff" }),
    );
    let rename = json!({ "group": "staff", "new_name": "crew" });
    let (sentence, facts) = server.refused("rename_group", rename.clone()).await;
    assert_eq!(facts["code"], "ConfirmationRequired", "{sentence}");
    assert!(sentence.contains("would delete group staff"), "{sentence}");
    let confirmed = crate::json::with(rename, json!({ "confirm": "staff" }));
    server.done("rename_group", confirmed).await;
    let (sentence, _) = server
        .refused("delete_group", json!({ "group": "crew" }))
        .await;
    assert!(sentence.contains("would delete group crew"), "{sentence}");
    server
        .done(
            "delete_group",
            json!({ "group": "crew", "confirm": "crew" }),
        )
        .await;
}
