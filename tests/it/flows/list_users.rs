//! Lists of users: sorted, filtered, page by page.

use serde_json::{Value, json};

use crate::json::with;
use crate::lists::all_by;
use crate::test_server::TestServer;

/// The expected properties of a user.
struct Known {
    username: String,
    created: usize,
    modified: usize,
    confirmed: bool,
    staff: bool,
}

/// Creates twenty-five users, one per second. Some are confirmed later, and
/// some are members of `staff`.
async fn people(server: &TestServer) -> Vec<Known> {
    server
        .done("create_group", json!({ "group": "staff" }))
        .await;
    for demo in ["ana", "ben", "cleo"] {
        server
            .done("delete_user", json!({ "username": demo }))
            .await;
    }
    let mut known = Vec::new();
    for n in 0..25 {
        server.done("advance_clock", json!({ "seconds": 1 })).await;
        let username = format!("{}-{n}", if n % 2 == 0 { "even" } else { "odd" });
        let groups = if n % 3 == 0 {
            json!(["staff"])
        } else {
            json!([])
        };
        let user = json!({ "username": username, "groups": groups, "message_action": "SUPPRESS" });
        server.done("create_user", user).await;
        known.push(Known {
            username,
            created: n,
            modified: n,
            confirmed: false,
            staff: n % 3 == 0,
        });
    }
    for (time, user) in (25..).zip(known.iter_mut().step_by(4)) {
        server.done("advance_clock", json!({ "seconds": 1 })).await;
        let password = json!({ "username": user.username, "new_password": "Correct-Horse-7" });
        server.done("reset_password", password).await;
        user.modified = time;
        user.confirmed = true;
    }
    known
}

fn names(page: &Value) -> Vec<String> {
    let users = page["users"].as_array().unwrap().iter();
    users
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_listing_has_each_user_once() {
    let server = TestServer::demo().await;
    let known = people(&server).await;
    for filter in [None, Some("username ^= \"even\"")] {
        for status in [None, Some("CONFIRMED"), Some("UNCONFIRMED")] {
            for group in [None, Some("staff")] {
                for sort in [None, Some("created"), Some("modified")] {
                    let arguments = json!({
                        "filter": filter, "status": status, "group": group, "sort": sort, "limit": 3,
                    });
                    let mut expected: Vec<&Known> = known
                        .iter()
                        .filter(|user| filter.is_none() || user.username.starts_with("even"))
                        .filter(|user| match status {
                            None => true,
                            Some("CONFIRMED") => user.confirmed,
                            Some(_) => false,
                        })
                        .filter(|user| group.is_none() || user.staff)
                        .collect();
                    expected.sort_by_key(|user| match sort {
                        Some("modified") => usize::MAX - user.modified,
                        _ => usize::MAX - user.created,
                    });
                    let mut expected: Vec<&str> =
                        expected.iter().map(|user| user.username.as_str()).collect();
                    let mut found =
                        all_by(&server.client, "list_users", arguments.clone(), "username").await;
                    if sort.is_none() {
                        // Cognito does not specify its own order.
                        found.sort();
                        expected.sort_unstable();
                    }
                    assert_eq!(found, expected, "{arguments}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_last_five_users_need_one_call() {
    let server = TestServer::demo().await;
    people(&server).await;
    let last = json!({ "sort": "created", "limit": 5 });
    let page = server.done("list_users", last).await;
    assert_eq!(
        names(&page),
        ["even-24", "odd-23", "even-22", "odd-21", "even-20"]
    );
    assert_eq!(page["scanned"], 25);
    // The default limit is ten.
    assert_eq!(names(&server.done("list_users", json!({})).await).len(), 10);
}

#[tokio::test]
async fn a_limit_is_from_one_to_sixty() {
    let server = TestServer::demo().await;
    for (limit, allowed) in [
        (json!(0), json!({ "minimum": 1 })),
        (json!(61), json!({ "maximum": 60 })),
        (json!(-1), json!({ "minimum": 1 })),
    ] {
        let (_, facts) = server
            .refused("list_users", json!({ "limit": limit }))
            .await;
        assert_eq!(facts["problems"][0]["allowed"], allowed, "{facts}");
    }
    for limit in [1, 60] {
        server.done("list_users", json!({ "limit": limit })).await;
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_listing() {
    let server = TestServer::demo().await;
    let other = server.new_pool(json!({}))["user_pool_id"].take();
    let listings = [
        json!({ "limit": 1 }),
        json!({ "limit": 1, "sort": "created" }),
        json!({ "limit": 1, "sort": "modified" }),
        json!({ "limit": 1, "group": "admins" }),
        json!({ "limit": 1, "status": "FORCE_CHANGE_PASSWORD" }),
        json!({ "limit": 1, "filter": "email ^= \"\"" }),
        json!({ "limit": 1, "user_pool_id": other }),
    ];
    for one in &listings {
        let cursor = server.done("list_users", one.clone()).await["cursor"].take();
        for another in &listings {
            let arguments = with(another, json!({ "cursor": cursor }));
            if cursor.is_null() || one == another {
                server.done("list_users", arguments).await;
                continue;
            }
            let (sentence, facts) = server.refused("list_users", arguments).await;
            assert!(
                sentence.contains("belongs to a listing with another"),
                "{sentence}"
            );
            assert_eq!(
                facts["retry"],
                json!({ "tool": "list_users", "arguments": another })
            );
            server.done("list_users", another.clone()).await;
        }
    }
    // With another limit, the cursor continues the same listing.
    let first = server.done("list_users", listings[1].clone()).await;
    let rest = json!({ "sort": "created", "limit": 60, "cursor": first["cursor"] });
    let rest = server.done("list_users", rest).await;
    assert_eq!(names(&rest).len(), 2);

    let (sentence, facts) = server
        .refused("list_users", json!({ "cursor": "nonsense" }))
        .await;
    assert!(
        sentence.contains("is not a cursor of list_users"),
        "{sentence}"
    );
    assert_eq!(facts["retry"]["arguments"], json!({}));
}
