//! Every list visits each item that is there throughout exactly once, whatever
//! comes and goes between its pages.

use std::collections::BTreeSet;

use cognito_emulator::testing::Story;
use cognito_emulator::wire::{Call, Service};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::town::{page_token, walk};

/// A list; the pool's id is filled in where its input has a place for it.
struct List {
    operation: &'static str,
    input: Value,
    size: &'static str,
    items: &'static str,
    /// The member by which an item is known.
    name: &'static str,
}

impl List {
    fn new(operation: &'static str, input: Value, [size, items, name]: [&'static str; 3]) -> Self {
        Self {
            operation,
            input,
            size,
            items,
            name,
        }
    }
}

/// Adds or removes the item `n` of a list.
type Change = fn(&mut Story, pool: &str, n: u8);

fn create_user(story: &mut Story, pool: &str, n: u8) {
    let user =
        json!({ "UserPoolId": pool, "Username": format!("item{n}"), "MessageAction": "SUPPRESS" });
    story.call("AdminCreateUser", user);
}

fn delete_user(story: &mut Story, pool: &str, n: u8) {
    story.call(
        "AdminDeleteUser",
        json!({ "UserPoolId": pool, "Username": format!("item{n}") }),
    );
}

fn create_group(story: &mut Story, pool: &str, n: u8) {
    story.call(
        "CreateGroup",
        json!({ "UserPoolId": pool, "GroupName": format!("item{n}") }),
    );
}

fn delete_group(story: &mut Story, pool: &str, n: u8) {
    story.call(
        "DeleteGroup",
        json!({ "UserPoolId": pool, "GroupName": format!("item{n}") }),
    );
}

/// The member `item<n>` of the group `all`.
fn join_all(story: &mut Story, pool: &str, n: u8) {
    create_user(story, pool, n);
    let member = json!({ "UserPoolId": pool, "Username": format!("item{n}"), "GroupName": "all" });
    story.call("AdminAddUserToGroup", member);
}

fn leave_all(story: &mut Story, pool: &str, n: u8) {
    let member = json!({ "UserPoolId": pool, "Username": format!("item{n}"), "GroupName": "all" });
    story.call("AdminRemoveUserFromGroup", member);
}

/// The group `item<n>` of the user `ana`.
fn ana_joins(story: &mut Story, pool: &str, n: u8) {
    create_group(story, pool, n);
    let member = json!({ "UserPoolId": pool, "Username": "ana", "GroupName": format!("item{n}") });
    story.call("AdminAddUserToGroup", member);
}

fn ana_leaves(story: &mut Story, pool: &str, n: u8) {
    let member = json!({ "UserPoolId": pool, "Username": "ana", "GroupName": format!("item{n}") });
    story.call("AdminRemoveUserFromGroup", member);
}

fn create_client(story: &mut Story, pool: &str, n: u8) {
    let client = json!({ "UserPoolId": pool, "ClientName": format!("item{n}") });
    story.call("CreateUserPoolClient", client);
}

/// Deletes the clients named `item<n>`.
fn delete_client(story: &mut Story, pool: &str, n: u8) {
    let all = story.must(
        "ListUserPoolClients",
        json!({ "UserPoolId": pool, "MaxResults": 60 }),
    );
    for client in all["UserPoolClients"].as_array().unwrap() {
        if client["ClientName"] == format!("item{n}") {
            let client = json!({ "UserPoolId": pool, "ClientId": client["ClientId"] });
            story.must("DeleteUserPoolClient", client);
        }
    }
}

fn create_resource_server(story: &mut Story, pool: &str, n: u8) {
    let server = json!({ "UserPoolId": pool, "Identifier": format!("item{n}"), "Name": "server" });
    story.call("CreateResourceServer", server);
}

fn delete_resource_server(story: &mut Story, pool: &str, n: u8) {
    story.call(
        "DeleteResourceServer",
        json!({ "UserPoolId": pool, "Identifier": format!("item{n}") }),
    );
}

fn create_provider(story: &mut Story, pool: &str, n: u8) {
    let provider = json!({
        "UserPoolId": pool, "ProviderName": format!("item{n}"), "ProviderType": "SAML",
        "ProviderDetails": { "MetadataURL": "https://idp.example.com/metadata" },
    });
    story.call("CreateIdentityProvider", provider);
}

fn delete_provider(story: &mut Story, pool: &str, n: u8) {
    story.call(
        "DeleteIdentityProvider",
        json!({ "UserPoolId": pool, "ProviderName": format!("item{n}") }),
    );
}

fn create_pool(story: &mut Story, _: &str, n: u8) {
    story.call("CreateUserPool", json!({ "PoolName": format!("item{n}") }));
}

/// Deletes the pools named `item<n>`.
fn delete_pool(story: &mut Story, _: &str, n: u8) {
    let all = story.must("ListUserPools", json!({ "MaxResults": 60 }));
    for pool in all["UserPools"].as_array().unwrap() {
        if pool["Name"] == format!("item{n}") {
            story.must("DeleteUserPool", json!({ "UserPoolId": pool["Id"] }));
        }
    }
}

/// Residents are the items below 100, guests those from there on.
const GUESTS: u8 = 100;

fn each_resident_once(
    list: &List,
    (create, delete): (Change, Change),
    residents: u8,
    limit: usize,
    churn: &[(bool, u8)],
) -> Result<(), TestCaseError> {
    let mut story = Story::with_user("ana");
    let pool = story.get("pool").to_owned();
    story.must(
        "CreateGroup",
        json!({ "UserPoolId": pool, "GroupName": "all" }),
    );
    // Guests stand among the residents, so that some leave before their page.
    for n in 0..residents {
        create(&mut story, &pool, n);
        create(&mut story, &pool, GUESTS + n);
    }
    let mut churn = churn.iter();
    let mut seen = Vec::new();
    let mut input = list.input.clone();
    if input.get("UserPoolId").is_some() {
        input["UserPoolId"] = json!(pool);
    }
    input[list.size] = json!(limit);
    loop {
        let page = story.must(list.operation, input.clone());
        let items = page[list.items].as_array().unwrap();
        prop_assert!(items.len() <= limit);
        seen.extend(
            items
                .iter()
                .map(|item| item[list.name].as_str().unwrap().to_owned()),
        );
        prop_assert!(seen.len() < 1_000, "{} does not end", list.operation);
        let Some(token) = page_token(&page) else {
            break;
        };
        input[token] = page[token].clone();
        for (comes, guest) in churn.by_ref().take(3) {
            let change = if *comes { create } else { delete };
            change(&mut story, &pool, GUESTS + guest);
        }
    }
    for n in 0..residents {
        let name = format!("item{n}");
        let times = seen.iter().filter(|seen| **seen == name).count();
        prop_assert_eq!(times, 1, "{} of {} in {:?}", name, list.operation, seen);
    }
    Ok(())
}

/// The lists, by whose items come and go alike.
fn lists() -> Vec<(List, (Change, Change))> {
    vec![
        (
            List::new(
                "ListUsers",
                json!({ "UserPoolId": "" }),
                ["Limit", "Users", "Username"],
            ),
            (create_user, delete_user),
        ),
        (
            List::new(
                "ListUsers",
                json!({ "UserPoolId": "", "Filter": "username ^= \"item\"" }),
                ["Limit", "Users", "Username"],
            ),
            (create_user, delete_user),
        ),
        (
            List::new(
                "ListUsersInGroup",
                json!({ "UserPoolId": "", "GroupName": "all" }),
                ["Limit", "Users", "Username"],
            ),
            (join_all, leave_all),
        ),
        (
            List::new(
                "ListUsersInGroup",
                json!({ "UserPoolId": "", "GroupName": "all" }),
                ["Limit", "Users", "Username"],
            ),
            (join_all, delete_user),
        ),
        (
            List::new(
                "ListGroups",
                json!({ "UserPoolId": "" }),
                ["Limit", "Groups", "GroupName"],
            ),
            (create_group, delete_group),
        ),
        (
            List::new(
                "AdminListGroupsForUser",
                json!({ "UserPoolId": "", "Username": "ana" }),
                ["Limit", "Groups", "GroupName"],
            ),
            (ana_joins, ana_leaves),
        ),
        (
            List::new(
                "AdminListGroupsForUser",
                json!({ "UserPoolId": "", "Username": "ana" }),
                ["Limit", "Groups", "GroupName"],
            ),
            (ana_joins, delete_group),
        ),
        (
            List::new(
                "ListUserPoolClients",
                json!({ "UserPoolId": "" }),
                ["MaxResults", "UserPoolClients", "ClientName"],
            ),
            (create_client, delete_client),
        ),
        (
            List::new(
                "ListIdentityProviders",
                json!({ "UserPoolId": "" }),
                ["MaxResults", "Providers", "ProviderName"],
            ),
            (create_provider, delete_provider),
        ),
        (
            List::new(
                "ListResourceServers",
                json!({ "UserPoolId": "" }),
                ["MaxResults", "ResourceServers", "Identifier"],
            ),
            (create_resource_server, delete_resource_server),
        ),
        (
            List::new(
                "ListUserPools",
                json!({}),
                ["MaxResults", "UserPools", "Name"],
            ),
            (create_pool, delete_pool),
        ),
    ]
}

#[test]
fn each_item_is_visited_once() {
    for (list, changes) in lists() {
        // Each of its pools has keys of its own.
        let cases = if list.operation == "ListUserPools" {
            64
        } else {
            256
        };
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        proptest!(config, |(
            residents in 1_u8..9,
            limit in 1_usize..4,
            churn in vec((any::<bool>(), 0_u8..12), 0..24),
        )| {
            each_resident_once(&list, changes, residents, limit, &churn)?;
        });
    }
}

/// Nobody comes or goes: the pages together are the whole.
#[test]
fn pages_of_any_size_are_the_whole() {
    for (list, (create, _)) in lists() {
        let mut wholes = BTreeSet::new();
        for limit in [1, 2, 5, 50] {
            let mut story = Story::with_user("ana");
            let pool = story.get("pool").to_owned();
            story.must(
                "CreateGroup",
                json!({ "UserPoolId": pool, "GroupName": "all" }),
            );
            for n in 0..6 {
                create(&mut story, &pool, n);
            }
            let mut input = list.input.clone();
            if input.get("UserPoolId").is_some() {
                input["UserPoolId"] = json!(pool);
            }
            input[list.size] = json!(limit);
            let read = |operation: &str, input| {
                let reply = story.emulator().call(&Call::new(operation, input));
                assert!(reply.is_ok(), "{operation}: {reply}");
                reply.body.json().clone()
            };
            wholes.insert(walk(read, list.operation, input, list.items, list.name));
        }
        assert_eq!(wholes.len(), 1, "{}: {wholes:?}", list.operation);
    }
}
