//! Listings: sorted, filtered, page by page.

use serde_json::{Value, json};

use super::{Place, with};

/// A user as the test knows it.
struct Known {
    username: String,
    created: usize,
    modified: usize,
    confirmed: bool,
    staff: bool,
}

/// Twenty-five users, a second apart; some are confirmed later, some are staff.
async fn people(place: &Place) -> Vec<Known> {
    place
        .done("create_group", json!({ "group": "staff" }))
        .await;
    for demo in ["ana", "ben", "cleo"] {
        place.done("delete_user", json!({ "username": demo })).await;
    }
    let mut known = Vec::new();
    for n in 0..25 {
        place.done("advance_clock", json!({ "seconds": 1 })).await;
        let username = format!("{}-{n}", if n % 2 == 0 { "even" } else { "odd" });
        let groups = if n % 3 == 0 {
            json!(["staff"])
        } else {
            json!([])
        };
        let user = json!({ "username": username, "groups": groups, "message_action": "SUPPRESS" });
        place.done("create_user", user).await;
        known.push(Known {
            username,
            created: n,
            modified: n,
            confirmed: false,
            staff: n % 3 == 0,
        });
    }
    for (time, user) in (25..).zip(known.iter_mut().step_by(4)) {
        place.done("advance_clock", json!({ "seconds": 1 })).await;
        let password = json!({ "username": user.username, "new_password": "Correct-Horse-7" });
        place.done("reset_password", password).await;
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

/// Every page, by the call that the one before suggests.
async fn all(place: &Place, arguments: Value) -> Vec<String> {
    let mut page = place.done("list_users", arguments).await;
    let mut found = names(&page);
    while page.get("next").is_some() {
        assert!(page["cursor"].is_string());
        page = place
            .done("list_users", page["next"]["arguments"].clone())
            .await;
        found.extend(names(&page));
    }
    found
}

#[tokio::test]
async fn every_listing_visits_each_user_once() {
    let place = Place::new().await;
    let known = people(&place).await;
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
                    let mut found = all(&place, arguments.clone()).await;
                    if sort.is_none() {
                        // Cognito's own order is nobody's business.
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
async fn the_last_five_are_one_call() {
    let place = Place::new().await;
    people(&place).await;
    let last = json!({ "sort": "created", "limit": 5 });
    let page = place.done("list_users", last).await;
    assert_eq!(
        names(&page),
        ["even-24", "odd-23", "even-22", "odd-21", "even-20"]
    );
    assert_eq!(page["scanned"], 25);
    // Ten unless told otherwise.
    assert_eq!(names(&place.done("list_users", json!({})).await).len(), 10);
}

#[tokio::test]
async fn a_limit_is_from_one_to_sixty() {
    let place = Place::new().await;
    for (limit, allowed) in [
        (json!(0), json!({ "minimum": 1 })),
        (json!(61), json!({ "maximum": 60 })),
        (json!(-1), json!({ "minimum": 1 })),
    ] {
        let (_, facts) = place.refused("list_users", json!({ "limit": limit })).await;
        assert_eq!(facts["problems"][0]["allowed"], allowed, "{facts}");
    }
    for limit in [1, 60] {
        place.done("list_users", json!({ "limit": limit })).await;
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_listing() {
    let place = Place::new().await;
    let other = place.pool(json!({}))["user_pool_id"].take();
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
        let cursor = place.done("list_users", one.clone()).await["cursor"].take();
        for another in &listings {
            let arguments = with(another, json!({ "cursor": cursor }));
            if cursor.is_null() || one == another {
                place.done("list_users", arguments).await;
                continue;
            }
            let (sentence, facts) = place.refused("list_users", arguments).await;
            assert!(
                sentence.contains("belongs to a listing with another"),
                "{sentence}"
            );
            assert_eq!(
                facts["retry"],
                json!({ "tool": "list_users", "arguments": another })
            );
            place.done("list_users", another.clone()).await;
        }
    }
    // Another limit is another page of the same listing.
    let first = place.done("list_users", listings[1].clone()).await;
    let rest = json!({ "sort": "created", "limit": 60, "cursor": first["cursor"] });
    let rest = place.done("list_users", rest).await;
    assert_eq!(names(&rest).len(), 2);

    let (sentence, facts) = place
        .refused("list_users", json!({ "cursor": "nonsense" }))
        .await;
    assert!(
        sentence.contains("is not a cursor of list_users"),
        "{sentence}"
    );
    assert_eq!(facts["retry"]["arguments"], json!({}));
}
