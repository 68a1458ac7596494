//! Lists: their pages, their cursors, and the length of their answers.

use std::collections::BTreeSet;

use cognito_mcp::cognito::backend;
use cognito_mcp::config::{Config, Selection};
use cognito_mcp::definition::Definition;
use cognito_mcp::tools::{self, Effect};
use serde_json::{Value, json};

use crate::Client;
use crate::answer;
use crate::call;
use crate::connect;
use crate::emulated;
use crate::refusal;
use crate::text;

/// The tools that return pages.
fn paged() -> impl Iterator<Item = &'static Definition> {
    tools::all().filter(|entry| {
        let input = entry.published().input_schema.get("properties");
        input.is_some_and(|properties| properties.get("limit").is_some())
    })
}

/// The members of a schema, by name.
fn members(schema: Option<&Value>) -> BTreeSet<&str> {
    let members = schema.and_then(Value::as_object).into_iter().flatten();
    members.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn every_list_has_a_cursor_and_a_next_call() {
    for entry in paged() {
        let name = entry.name();
        let input = members(entry.published().input_schema.get("properties"));
        assert!(input.contains("cursor"), "{name}");
        let output = entry.published().output_schema.as_ref().unwrap();
        let output = members(output.get("properties"));
        for member in ["cursor", "next", "has_more"] {
            assert!(output.contains(member), "{name} {member}");
        }
        assert_eq!(entry.effect, Effect::Read, "{name}");
    }
}

/// The pages of a list. Each page must name the call for the next one.
pub(crate) async fn pages(client: &Client, tool: &str, arguments: Value) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut arguments = arguments;
    for _ in 0..1000 {
        let page = answer(call(client, tool, arguments).await);
        let next = page.get("next").cloned();
        assert_eq!(page["has_more"], next.is_some(), "{page}");
        assert_eq!(page.get("cursor").is_some(), next.is_some(), "{page}");
        pages.push(page);
        let Some(next) = next else {
            return pages;
        };
        assert_eq!(next["tool"], tool);
        arguments = next["arguments"].clone();
    }
    panic!("{tool} has no last page");
}

/// The items of all pages of a list.
pub(crate) async fn all(client: &Client, tool: &str, arguments: Value) -> Vec<Value> {
    let pages = pages(client, tool, arguments).await;
    pages.iter().flat_map(items).cloned().collect()
}

/// One member of each item on all pages of a list.
pub(crate) async fn all_by(
    client: &Client,
    tool: &str,
    arguments: Value,
    member: &str,
) -> Vec<String> {
    let items = all(client, tool, arguments).await;
    let members = items.iter().map(|item| item[member].as_str().unwrap());
    members.map(str::to_owned).collect()
}

/// The items of a page, which is the only array in the answer.
pub(crate) fn items(page: &Value) -> &Vec<Value> {
    let mut arrays = page
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_array);
    arrays.next().unwrap()
}

#[tokio::test]
async fn small_pages_have_the_items_of_large_ones() {
    let client = full().await;
    let lists = [
        ("list_users", json!({}), 8),
        ("list_users", json!({ "sort": "created" }), 8),
        ("list_users", json!({ "group": "admins" }), 5),
        ("list_group_members", json!({ "group": "admins" }), 5),
        ("list_groups", json!({}), 5),
        ("list_clients", json!({}), 1),
        ("list_pools", json!({}), 1),
        ("read_outbox", json!({}), 4),
        ("read_journal", json!({ "operation": "CreateGroup" }), 4),
    ];
    for (tool, arguments, count) in lists {
        let limited = |limit: u64| {
            let mut arguments = arguments.clone();
            arguments["limit"] = json!(limit);
            arguments
        };
        let whole = all(&client, tool, limited(60)).await;
        assert_eq!(whole.len(), count, "{tool} {arguments}");
        for limit in [1, 3] {
            assert_eq!(
                all(&client, tool, limited(limit)).await,
                whole,
                "{tool} {limit}"
            );
        }
    }
}

/// The demo with four more groups, with four more users in a group, who were invited, and
/// with another user.
async fn full() -> Client {
    let client = emulated().await;
    for number in 1..=4 {
        let group = json!({ "group": format!("group-{number}") });
        answer(call(&client, "create_group", group).await);
    }
    let rows: Vec<Value> = (1..=4)
        .map(|number| {
            let username = format!("row-{number}");
            let email = format!("{username}@example.com");
            json!({ "username": username, "email": email, "groups": ["admins"] })
        })
        .collect();
    answer(call(&client, "create_users", json!({ "users": rows })).await);
    let last = json!({ "username": "last", "message_action": "SUPPRESS" });
    answer(call(&client, "create_user", last).await);
    client
}

#[tokio::test]
async fn an_invalid_cursor_is_refused() {
    let client = emulated().await;
    let enabled = client.list_all_tools().await.unwrap();
    let enabled: BTreeSet<&str> = enabled.iter().map(|tool| tool.name.as_ref()).collect();
    for entry in paged() {
        let name = entry.name();
        let input = entry.published().input_schema.get("required");
        let needs = input.and_then(Value::as_array).map_or(0, Vec::len);
        if needs > 0 && name != "list_group_members" || !enabled.contains(name) {
            continue;
        }
        let mut arguments = json!({ "cursor": "nonsense" });
        if name == "list_group_members" {
            arguments["group"] = json!("admins");
        }
        let (sentence, facts) = refusal(call(&client, name, arguments).await);
        let code = facts["code"].as_str().unwrap();
        let codes = ["InvalidArguments", "InvalidParameterException"];
        assert!(codes.contains(&code), "{name}: {sentence}");
    }
}

/// The demo with 57 users who have long attributes. A page of 60 is longer than an answer
/// may be.
async fn long() -> Client {
    let client = emulated().await;
    let rows: Vec<Value> = (0..57)
        .map(|number| {
            let attributes = json!({
                "name": format!("User {number} {}", "of many names ".repeat(20)),
                "address": "Long Street ".repeat(30),
            });
            json!({ "username": format!("row-{number:02}"), "attributes": attributes })
        })
        .collect();
    let rows = json!({ "users": rows, "message_action": "SUPPRESS" });
    let made = answer(call(&client, "create_users", rows).await);
    assert_eq!(made["created"], 57, "{made}");
    client
}

/// The refusal of a long answer has a retry with fewer items, whose pages together have
/// all items.
#[tokio::test]
async fn a_long_answer_is_retried_in_parts() {
    let client = long().await;
    for format in ["concise", "detailed"] {
        let mut tool = "list_users".to_owned();
        let mut arguments = json!({ "limit": 60, "response_format": format });
        let mut refusals = 0;
        loop {
            let result = call(&client, &tool, arguments.clone()).await;
            if result.as_ref().unwrap().is_error == Some(false) {
                break;
            }
            let (sentence, facts) = refusal(result);
            assert_eq!(facts["code"], "AnswerTooLong");
            assert!(sentence.contains("8000"), "{sentence}");
            tool = facts["retry"]["tool"].as_str().unwrap().to_owned();
            arguments = facts["retry"]["arguments"].clone();
            refusals += 1;
        }
        assert!((1..=2).contains(&refusals), "{format}: {refusals}");
        let users = all(&client, &tool, arguments).await;
        let names: BTreeSet<String> = users
            .iter()
            .map(|user| user["username"].to_string())
            .collect();
        assert_eq!((users.len(), names.len()), (60, 60));
    }
}

/// Concise answers are not longer than detailed ones. Prints both lengths.
#[tokio::test]
async fn concise_answers_are_shorter() {
    let config = Config {
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let backend = backend::connect(&config).await.unwrap();
    let client = connect(&config, backend).await;
    let rows: Vec<Value> = (0..9)
        .map(|number| {
            let email = format!("row-{number}@example.com");
            json!({ "username": format!("row-{number}"), "email": email, "groups": ["admins"] })
        })
        .collect();
    answer(call(&client, "create_users", json!({ "users": rows })).await);
    let mut measured = 0;
    for entry in paged() {
        let input = members(entry.published().input_schema.get("properties"));
        if !input.contains("response_format") {
            continue;
        }
        let length = async |format: &str| {
            let mut arguments = json!({ "response_format": format, "limit": 20 });
            for (name, value) in [("group", "admins"), ("username", "ana")] {
                let required = entry.published().input_schema.get("required");
                let required = required.and_then(Value::as_array);
                if required.is_some_and(|required| required.contains(&json!(name))) {
                    arguments[name] = json!(value);
                }
            }
            let shown = call(&client, entry.name(), arguments).await.unwrap();
            // The demo pool's plan has no events.
            (shown.is_error == Some(false)).then(|| text(&shown).len())
        };
        let lengths = (length("concise").await, length("detailed").await);
        let (Some(concise), Some(detailed)) = lengths else {
            assert_eq!(entry.toolset, "risk");
            continue;
        };
        let name = entry.name();
        eprintln!("{name}: {concise} bytes concise, {detailed} detailed");
        measured += 1;
        assert!(concise <= detailed, "{name}");
        // In lists of users, concise answers save at least a fifth.
        if ["list_users", "list_group_members"].contains(&name) {
            assert!(
                concise * 5 <= detailed * 4,
                "{name}: {concise} of {detailed}"
            );
        }
    }
    assert!(measured >= 2);
}
