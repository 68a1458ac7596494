//! Groups, from the first to the last page.

use serde_json::{Value, json};

use super::Place;

/// Every page's items by name.
async fn all(place: &Place, tool: &str, arguments: Value, items: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut page = place.done(tool, arguments).await;
    loop {
        let items = page[items].as_array().unwrap().iter();
        found.extend(items.map(|item| item[name].as_str().unwrap().to_owned()));
        let Some(next) = page.get("next") else {
            break;
        };
        assert_eq!(next["tool"], tool);
        page = place.done(tool, next["arguments"].clone()).await;
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_group_has_members() {
    let place = Place::new().await;
    let group = json!({ "group": "staff", "description": "All who work here", "precedence": 0 });
    let made = place.done("create_group", group.clone()).await;
    assert_eq!(
        (&made["name"], &made["precedence"]),
        (&json!("staff"), &json!(0))
    );
    let (_, facts) = place.refused("create_group", group).await;
    assert_eq!(facts["code"], "GroupExistsException");

    // Twice is as good as once.
    for username in ["ana", "ben", "cleo", "ana"] {
        let member = json!({ "username": username, "group": "staff" });
        place.done("add_user_to_group", member).await;
    }
    let members = json!({ "group": "staff", "limit": 1 });
    let found = all(&place, "list_group_members", members, "users", "username").await;
    assert_eq!(found, ["ana", "ben", "cleo"]);
    for _ in 0..2 {
        let member = json!({ "username": "ben", "group": "staff" });
        place.done("remove_user_from_group", member).await;
    }
    let members = json!({ "group": "staff" });
    let found = all(&place, "list_group_members", members, "users", "username").await;
    assert_eq!(found, ["ana", "cleo"]);
    let groups = json!({ "limit": 1 });
    let found = all(&place, "list_groups", groups, "groups", "name").await;
    assert_eq!(found, ["admins", "staff"]);
}

#[tokio::test]
async fn a_group_that_is_not_there_is_told() {
    let place = Place::new().await;
    for (tool, arguments) in [
        (
            "add_user_to_group",
            json!({ "username": "ana", "group": "admin" }),
        ),
        (
            "remove_user_from_group",
            json!({ "username": "ana", "group": "admin" }),
        ),
        ("list_group_members", json!({ "group": "admin" })),
        ("list_users", json!({ "group": "admin" })),
    ] {
        let (sentence, facts) = place.refused(tool, arguments).await;
        assert_eq!(facts["code"], "ResourceNotFoundException", "{sentence}");
        assert!(sentence.contains("admins"), "{sentence}");
        let retry = facts["retry"]["arguments"].clone();
        place.done(tool, retry).await;
    }
}

#[tokio::test]
async fn a_cursor_of_another_listing_is_refused() {
    let place = Place::new().await;
    for (tool, arguments) in [
        ("list_groups", json!({ "cursor": "nonsense" })),
        (
            "list_group_members",
            json!({ "group": "admins", "cursor": "nonsense" }),
        ),
        ("list_pools", json!({ "cursor": "nonsense" })),
        ("list_clients", json!({ "cursor": "nonsense" })),
    ] {
        let (sentence, facts) = place.refused(tool, arguments).await;
        assert_eq!(facts["code"], "InvalidParameterException", "{sentence}");
        assert_eq!(facts["retry"]["tool"], tool, "{sentence}");
        place.done(tool, facts["retry"]["arguments"].clone()).await;
    }
}
