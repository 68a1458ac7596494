//! Many users at once: searches, and changes that are planned, interrupted and continued.

use std::collections::BTreeMap;

use cognito_emulator::layers::journal::Entry;
use cognito_emulator::stack::OutboxFilter;
use cognito_mcp::config::{BackendKind, Config, Confirm};
use serde_json::{Value, json};

use crate::every_tool;
use crate::json::with;
use crate::test_server::{PASSWORD, TestServer};

/// Users `user-000` and so on: every second one has another domain, every third one the team
/// `red`, every fifth one is a member of `staff`. All have a temporary password.
fn people(server: &TestServer, count: usize) {
    server.cognito("CreateGroup", pool(server, json!({ "GroupName": "staff" })));
    for n in 0..count {
        let domain = if n % 2 == 0 {
            "example.com"
        } else {
            "example.org"
        };
        let team = if n % 3 == 0 { "Red" } else { "blue" };
        let username = format!("user-{n:03}");
        let user = json!({
            "Username": username, "MessageAction": "SUPPRESS", "TemporaryPassword": PASSWORD,
            "UserAttributes": [
                { "Name": "email", "Value": format!("{username}@{domain}") },
                { "Name": "custom:team", "Value": team },
            ],
        });
        server.cognito("AdminCreateUser", pool(server, user));
        if n % 5 == 0 {
            let member = json!({ "Username": username, "GroupName": "staff" });
            server.cognito("AdminAddUserToGroup", pool(server, member));
        }
    }
}

fn pool(server: &TestServer, input: Value) -> Value {
    with(json!({ "UserPoolId": server.pool_id() }), input)
}

fn schema() -> Value {
    json!({ "Schema": [{ "Name": "team", "AttributeDataType": "String", "Mutable": true }] })
}

/// A server on the emulator, whose pool has `count` users.
async fn server(count: usize) -> TestServer {
    let server = TestServer::configured(every_tool(), schema(), json!({}), true).await;
    people(&server, count);
    server
}

/// As [`server`], with the backend AWS, which is the emulator's connection.
async fn on_aws(count: usize) -> TestServer {
    let config = Config {
        backend: BackendKind::Aws,
        allow_writes: true,
        allow_destructive: true,
        confirm: Confirm::Always,
        ..every_tool()
    };
    let server = TestServer::configured(config, schema(), json!({}), true).await;
    people(&server, count);
    server
}

/// Calls `tool` until there is no next call. Returns the answers.
async fn all(server: &TestServer, tool: &str, arguments: Value) -> Vec<Value> {
    let mut answers = vec![server.done(tool, arguments).await];
    while let Some(next) = answers.last().and_then(|answer| answer.get("next")) {
        assert!(answers.len() < 1000, "it has no end");
        let (tool, arguments) = (next["tool"].as_str().unwrap(), next["arguments"].clone());
        let answer = server.done(tool, arguments).await;
        answers.push(answer);
    }
    answers
}

fn names(answers: &[Value]) -> Vec<String> {
    let users = answers
        .iter()
        .flat_map(|answer| answer["users"].as_array().unwrap());
    let names = users.map(|user| user["username"].as_str().unwrap().to_owned());
    names.collect()
}

/// The calls of `operation` since `before`, by username.
fn calls(server: &TestServer, before: usize, operation: &str) -> BTreeMap<String, usize> {
    let made = server.stack().journal_after(before);
    let mut calls = BTreeMap::new();
    let ok = |entry: &&Entry| entry.operation == operation && entry.code.is_none();
    for entry in made.iter().filter(ok) {
        let name = entry.request["Username"].as_str().unwrap_or_default();
        *calls.entry(name.to_owned()).or_default() += 1;
    }
    calls
}

#[tokio::test]
async fn a_search_finds_each_user_once_on_any_number_of_pages() {
    let server = server(150).await;
    let in_team = |n: &usize| n.is_multiple_of(3);
    let is_staff = |n: &usize| n.is_multiple_of(5);
    let is_org = |n: &usize| n % 2 == 1;
    let expected = |holds: &dyn Fn(&usize) -> bool| -> Vec<String> {
        (0..150)
            .filter(holds)
            .map(|n| format!("user-{n:03}"))
            .collect()
    };
    let team = json!({ "field": "custom:team", "value": "red" });
    let staff = json!({ "field": "group", "value": "staff" });
    let not_staff = json!({ "field": "group", "value": "staff", "not": true });
    let org = json!({ "field": "email", "op": "ends_with", "value": "@EXAMPLE.org" });
    let prefix = json!({ "field": "username", "op": "starts_with", "value": "user-01" });
    for (conditions, expected) in [
        (json!([team]), expected(&in_team)),
        (
            json!([team, staff]),
            expected(&|n| in_team(n) && is_staff(n)),
        ),
        (
            json!([team, not_staff]),
            expected(&|n| in_team(n) && !is_staff(n)),
        ),
        (
            json!([org, not_staff, team]),
            expected(&|n| is_org(n) && in_team(n) && !is_staff(n)),
        ),
        (
            json!([prefix, org]),
            expected(&|n| (10..20).contains(n) && is_org(n)),
        ),
        (json!([]), expected(&|_| true)),
    ] {
        for limit in [1, 7, 60, 200] {
            let search = json!({ "where": conditions, "limit": limit, "fields": ["status"] });
            let answers = all(&server, "search_users", search).await;
            let mut found = names(&answers);
            found.sort();
            assert_eq!(found, expected, "{conditions} {limit}");
            let last = answers.last().unwrap();
            assert_eq!(last["matched"], expected.len(), "{conditions} {limit}");
        }
        let count = json!({ "where": conditions, "count_only": true });
        let counted = server.done("search_users", count).await;
        assert_eq!(counted["matched"], expected.len());
        assert_eq!(counted["users"], json!([]));
    }
}

/// A request for one user is sent only if the other conditions do not decide.
#[tokio::test]
async fn facts_are_read_only_for_users_that_pass_the_rest() {
    let server = server(60).await;
    let before = server.stack().journal_len();
    let search = json!({ "where": [
        { "field": "group", "value": "staff", "not": true },
        { "field": "custom:team", "value": "red" },
        { "field": "email", "op": "matches", "value": r"^user-0[0-2]\d@" },
    ], "limit": 100 });
    let found = server.done("search_users", search).await;
    assert_eq!((&found["read"], &found["matched"]), (&json!(60), &json!(8)));
    assert!(found.get("filter").is_none(), "{found}");
    // Of users 0 to 29, every third one is in the team.
    assert_eq!(calls(&server, before, "AdminListGroupsForUser").len(), 10);

    let before = server.stack().journal_len();
    let search = json!({ "where": [
        { "field": "email", "value": "user-003@example.org" },
        { "field": "custom:team", "value": "red" },
    ] });
    let found = server.done("search_users", search).await;
    assert_eq!((&found["read"], &found["matched"]), (&json!(1), &json!(1)));
    assert_eq!(found["filter"], r#"email = "user-003@example.org""#);
    let made = server.stack().journal_after(before);
    let made: Vec<&str> = made.iter().map(|entry| &*entry.operation).collect();
    assert_eq!(made, ["DescribeUserPool", "ListUsers"]);
}

#[tokio::test]
async fn a_misspelt_attribute_does_not_find_nothing() {
    let server = server(3).await;
    let search = json!({ "where": [{ "field": "custom:tema", "value": "red" }] });
    let (sentence, facts) = server.refused("search_users", search).await;
    assert_eq!(facts["problems"][0]["nearest"], "custom:team", "{sentence}");
    let search = json!({ "where": [{ "field": "emial", "op": "exists" }] });
    let (_, facts) = server.refused("search_users", search).await;
    let retry = facts["retry"]["arguments"].clone();
    assert_eq!(retry["where"][0]["field"], "email");
    assert_eq!(server.done("search_users", retry).await["matched"], 3);
}

#[tokio::test]
async fn a_plan_shows_the_first_users_and_changes_nothing() {
    let server = server(70).await;
    let change = json!({
        "action": "set_attributes", "attributes": { "custom:team": "green" },
        "where": [{ "field": "custom:team", "value": "red" }],
    });
    let before = server.stack().journal_len();
    let plan = server
        .done(
            "update_users",
            with(change.clone(), json!({ "dry_run": true })),
        )
        .await;
    assert_eq!(plan["plan"]["users"], 24);
    assert_eq!(plan["would_call_total"], 24);
    assert_eq!(plan["plan"]["partial"], false);
    let described = "change attributes of 24 users: user-000, user-003, user-006 and 21 more";
    assert_eq!(plan["plan"]["described"], described);
    assert!(calls(&server, before, "AdminUpdateUserAttributes").is_empty());

    let done = server.done("update_users", change.clone()).await;
    assert_eq!(
        (&done["done"], &done["failed"]),
        (&json!(24), &json!(0)),
        "{done}"
    );
    assert_eq!(
        calls(&server, before, "AdminUpdateUserAttributes").len(),
        24
    );
    // The users no longer match, so a repetition changes nothing.
    let again = server.done("update_users", change).await;
    assert_eq!((&again["done"], &again["read"]), (&json!(0), &json!(70)));
}

#[tokio::test]
async fn every_row_of_a_list_has_its_outcome() {
    let server = server(4).await;
    let member = json!({ "Username": "user-001", "GroupName": "staff" });
    server.cognito("AdminAddUserToGroup", pool(&server, member));
    let change = json!({
        "action": "add_to_group", "group": "staff",
        "usernames": ["user-000", "user-001", "user-02", "user-002", "user-002"],
    });
    let answer = server.done("update_users", change.clone()).await;
    let rows: Vec<(&str, &str)> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["username"].as_str().unwrap(),
                row["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("user-000", "already"),
        ("user-001", "already"),
        ("user-02", "failed"),
        ("user-002", "done"),
    ];
    assert_eq!(rows, expected);
    let error = &answer["rows"][2]["error"];
    assert_eq!(error["code"], "UserNotFoundException");
    assert_eq!(error["retry"]["tool"], "list_users", "{error}");
    let again = server.done("update_users", change).await;
    assert_eq!((&again["done"], &again["already"]), (&json!(0), &json!(3)));

    let missing = json!({ "action": "add_to_group", "group": "staf", "usernames": ["user-003"] });
    let (sentence, facts) = server.refused("update_users", missing).await;
    assert_eq!(facts["code"], "ResourceNotFoundException", "{sentence}");
    assert!(sentence.contains("`staff`"), "{sentence}");
}

#[tokio::test]
async fn every_action_changes_users_and_can_be_repeated() {
    let server = server(6).await;
    let select = json!({ "usernames": ["user-000", "user-001"] });
    for (change, operation, already) in [
        (
            json!({ "action": "set_attributes", "attributes": { "nickname": "N" } }),
            "AdminUpdateUserAttributes",
            2,
        ),
        (
            json!({ "action": "set_attributes", "attributes": { "nickname": "" } }),
            "AdminUpdateUserAttributes",
            2,
        ),
        (
            json!({ "action": "remove_from_group", "group": "staff" }),
            "AdminRemoveUserFromGroup",
            2,
        ),
        (
            json!({ "action": "add_to_group", "group": "staff" }),
            "AdminAddUserToGroup",
            2,
        ),
        (json!({ "action": "disable" }), "AdminDisableUser", 2),
        (json!({ "action": "enable" }), "AdminEnableUser", 2),
        (json!({ "action": "sign_out" }), "AdminUserGlobalSignOut", 0),
        (json!({ "action": "delete" }), "AdminDeleteUser", 2),
    ] {
        let change = with(change, select.clone());
        let before = server.stack().journal_len();
        let done = server.done("update_users", change.clone()).await;
        assert_eq!(done["failed"], 0, "{change} {done}");
        assert!(!calls(&server, before, operation).is_empty(), "{change}");
        let again = server.done("update_users", change.clone()).await;
        assert_eq!(again["already"], already, "{change} {again}");
        assert_eq!(again["failed"], 0, "{change} {again}");
    }
    let signed_up =
        json!({ "ClientId": server.client_id(), "Username": "new", "Password": PASSWORD });
    server.cognito("SignUp", signed_up);
    let confirm =
        json!({ "action": "confirm", "where": [{ "field": "status", "value": "unconfirmed" }] });
    let done = server.done("update_users", confirm.clone()).await;
    assert_eq!(done["done"], 1, "{done}");
    assert_eq!(server.done("update_users", confirm).await["read"], 0);
}

/// An invitation is sent once to each user: if the run is continued by its cursor, and if it is
/// started again after an answer was lost.
#[tokio::test(start_paused = true)]
async fn no_invitation_is_sent_twice() {
    let server = server(130).await;
    tokio::time::advance(std::time::Duration::from_hours(48)).await;
    let sent = || server.stack().outbox(&OutboxFilter::default()).len();
    let invite = json!({
        "action": "resend_invitation", "batch_size": 25,
        "where": [{ "field": "status", "value": "FORCE_CHANGE_PASSWORD" }],
    });
    let before = server.stack().journal_len();
    // The answer to this call, with its cursor, is lost.
    let lost = server.done("update_users", invite.clone()).await;
    assert_eq!((&lost["done"], sent()), (&json!(25), 25));
    let answers = all(&server, "update_users", invite).await;
    assert_eq!(answers[0]["already"], 25);
    assert_eq!(answers.len(), 5);
    assert_eq!(sent(), 130);
    let sent = calls(&server, before, "AdminCreateUser");
    assert_eq!(sent.len(), 130);
    assert!(sent.values().all(|times| *times == 1));
}

/// A user of a selection is changed once, whether users leave the selection when they are
/// changed or not.
#[tokio::test]
async fn a_continued_run_changes_each_user_once() {
    let server = server(150).await;
    for (change, operation) in [
        (
            json!({ "action": "disable", "where": [{ "field": "enabled", "value": "true" }] }),
            "AdminDisableUser",
        ),
        (
            json!({ "action": "remove_from_group", "group": "staff", "where": [{ "field": "group", "value": "staff" }] }),
            "AdminRemoveUserFromGroup",
        ),
        (
            json!({ "action": "sign_out", "where": [{ "field": "username", "op": "exists" }] }),
            "AdminUserGlobalSignOut",
        ),
        (
            json!({ "action": "delete", "where": [{ "field": "email", "op": "starts_with", "value": "user-" }] }),
            "AdminDeleteUser",
        ),
    ] {
        let expected = if operation.contains("Group") { 30 } else { 150 };
        let expected = if operation == "AdminUserGlobalSignOut" {
            150
        } else {
            expected
        };
        let before = server.stack().journal_len();
        let run = with(change, json!({ "batch_size": 7 }));
        let answers = all(&server, "update_users", run).await;
        let made = calls(&server, before, operation);
        assert_eq!(made.len(), expected, "{operation}");
        assert!(made.values().all(|times| *times == 1), "{operation}");
        let done: u64 = answers
            .iter()
            .map(|answer| answer["done"].as_u64().unwrap())
            .sum();
        assert_eq!(done, expected as u64, "{operation}");
    }
}

/// The number of users confirms a destructive call, and the calls that continue it.
#[tokio::test]
async fn a_deletion_is_confirmed_by_the_number_of_users() {
    let server = on_aws(45).await;
    let delete = json!({
        "action": "delete", "batch_size": 20,
        "where": [{ "field": "email", "op": "ends_with", "value": "@example.com" }],
    });
    let before = server.stack().journal_len();
    let (sentence, facts) = server.refused("update_users", delete.clone()).await;
    assert_eq!(facts["code"], "ConfirmationRequired", "{sentence}");
    assert!(
        sentence.contains("delete 23 users: user-000, user-002, user-004 and 20 more"),
        "{sentence}"
    );
    assert!(calls(&server, before, "AdminGetUser").is_empty());
    let phrase = |sentence: &str| {
        let words = sentence
            .split('`')
            .find(|word| word.contains("users ") && word.len() < 30);
        words.unwrap().to_owned()
    };
    let confirmed = phrase(&sentence);
    assert!(confirmed.starts_with("23 users "), "{confirmed}");

    // Another user matches now.
    let user = json!({ "Username": "late", "MessageAction": "SUPPRESS", "UserAttributes": [{ "Name": "email", "Value": "late@example.com" }] });
    server.cognito("AdminCreateUser", pool(&server, user));
    let outdated = with(delete.clone(), json!({ "confirm": confirmed }));
    let (sentence, facts) = server.refused("update_users", outdated).await;
    assert_eq!(facts["code"], "ConfirmationRequired", "{sentence}");
    assert!(calls(&server, before, "AdminDeleteUser").is_empty());

    let confirmed = with(delete.clone(), json!({ "confirm": phrase(&sentence) }));
    let answers = all(&server, "update_users", confirmed).await;
    let done: Vec<&Value> = answers.iter().map(|answer| &answer["done"]).collect();
    assert_eq!(done, [20, 4]);
    assert!(
        answers[1]["confirmation"].as_str().is_some(),
        "{}",
        answers[1]
    );
    assert_eq!(calls(&server, before, "AdminDeleteUser").len(), 24);
    // The plan is finished, so its cursor confirms nothing.
    let user = json!({ "Username": "later", "MessageAction": "SUPPRESS", "UserAttributes": [{ "Name": "email", "Value": "later@example.com" }] });
    server.cognito("AdminCreateUser", pool(&server, user));
    let cursor = json!({ "cursor": answers[0]["cursor"] });
    let (_, facts) = server.refused("update_users", with(delete, cursor)).await;
    assert_eq!(facts["code"], "ConfirmationRequired");
}

/// The effect follows from the action: one that deletes needs the gate for that.
#[tokio::test]
async fn the_action_decides_which_gate_applies() {
    let config = Config {
        backend: BackendKind::Aws,
        allow_writes: true,
        ..every_tool()
    };
    let server = TestServer::configured(config, schema(), json!({}), true).await;
    people(&server, 3);
    let select = json!({ "usernames": ["user-000"] });
    for action in ["delete", "disable"] {
        let change = with(json!({ "action": action }), select.clone());
        let (_, facts) = server.refused("update_users", change).await;
        assert_eq!(facts["code"], "DestructionNotAllowed", "{action}");
    }
    let change = with(json!({ "action": "sign_out" }), select);
    assert_eq!(server.done("update_users", change).await["done"], 1);
}

#[tokio::test(start_paused = true)]
async fn accounts_with_one_address_are_found() {
    let server = server(4).await;
    let corp = json!({ "ProviderName": "Corp", "ProviderType": "OIDC", "ProviderDetails": {
        "client_id": "c", "client_secret": "s", "attributes_request_method": "GET",
        "oidc_issuer": "https://idp.example.com", "authorize_scopes": "openid",
    } });
    server.cognito("CreateIdentityProvider", pool(&server, corp));
    for (username, email) in [
        ("upper", "User-000@Example.com"),
        ("plus", "user-001+shop@example.org"),
        ("again", "user-002@example.com"),
    ] {
        let user = json!({ "Username": username, "MessageAction": "SUPPRESS", "UserAttributes": [{ "Name": "email", "Value": email }] });
        server.cognito("AdminCreateUser", pool(&server, user));
    }
    let found = server.done("find_duplicate_users", json!({})).await;
    assert_eq!(
        (&found["found"], &found["read"], &found["complete"]),
        (&json!(3), &json!(7), &json!(true))
    );
    let sets: Vec<(&str, &Value, Vec<&str>)> = found["sets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|set| {
            let users = set["users"].as_array().unwrap().iter();
            (
                set["address"].as_str().unwrap(),
                &set["kinds"],
                users
                    .map(|user| user["username"].as_str().unwrap())
                    .collect(),
            )
        })
        .collect();
    assert_eq!(
        sets,
        [
            (
                "user-000@example.com",
                &json!(["case"]),
                vec!["upper", "user-000"]
            ),
            (
                "user-001@example.org",
                &json!(["plus_form"]),
                vec!["plus", "user-001"]
            ),
            (
                "user-002@example.com",
                &json!(["same"]),
                vec!["again", "user-002"]
            ),
        ]
    );
    let exact = server
        .done("find_duplicate_users", json!({ "plus_forms": false }))
        .await;
    assert_eq!(exact["found"], 2);
}

/// The calls of a set make the federated identity sign in as the local user.
#[tokio::test]
async fn a_federated_twin_is_linked_by_the_calls_of_its_set() {
    let file = json!({ "Version": 1, "UserPools": [{
        "PoolName": "twins",
        "IdentityProviders": [{ "ProviderName": "Corp", "ProviderType": "OIDC", "ProviderDetails": {
            "client_id": "c", "client_secret": "s", "attributes_request_method": "GET",
            "oidc_issuer": "https://idp.example.com", "authorize_scopes": "openid",
        } }],
        "Users": [
            { "Username": "ana", "UserAttributes": { "email": "ana@example.com", "email_verified": "true" } },
            { "Username": "Corp_7", "UserStatus": "EXTERNAL_PROVIDER", "UserAttributes": { "email": "ana@example.com" },
              "Identities": [{ "ProviderName": "Corp", "ProviderType": "OIDC", "ProviderAttributeValue": "7", "Primary": true }] },
        ],
    }] });
    let (server, pool) = with_file(&file).await;
    let found = server
        .done("find_duplicate_users", json!({ "user_pool_id": pool }))
        .await;
    let set = &found["sets"][0];
    assert_eq!(set["kinds"], json!(["same", "federated"]), "{found}");
    let calls = set["link"].as_array().unwrap();
    assert_eq!(calls.len(), 2, "{set}");
    for call in calls {
        server
            .done(call["tool"].as_str().unwrap(), call["arguments"].clone())
            .await;
    }
    let ana = server
        .done(
            "get_user",
            json!({ "user_pool_id": pool, "username": "ana" }),
        )
        .await;
    assert!(
        ana["attributes"]["identities"]
            .as_str()
            .unwrap()
            .contains("\"userId\":\"7\""),
        "{ana}"
    );
}

/// A server over an emulator with the pools of `file`, and the id of the first one.
async fn with_file(file: &Value) -> (TestServer, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.json");
    std::fs::write(&path, file.to_string()).unwrap();
    let config = Config {
        emulator: cognito_mcp::config::EmulatorFlags {
            seed_files: vec![path],
            demo: true,
            ..Default::default()
        },
        ..every_tool()
    };
    let server = TestServer::demo_with(config).await;
    let pools = server.done("list_pools", json!({})).await;
    let mut pools = pools["pools"].as_array().unwrap().iter();
    let id = pools.find(|pool| pool["name"] == "twins").unwrap()["user_pool_id"].as_str();
    (server, id.unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn stuck_users_are_found_by_state_and_age() {
    let server = server(5).await;
    let days = |days: u64| std::time::Duration::from_hours(24 * days);
    tokio::time::advance(days(10)).await;
    let sign_up = |name: &str| json!({ "ClientId": server.client_id(), "Username": name, "Password": PASSWORD });
    server.cognito("SignUp", sign_up("new"));
    let user = json!({ "Username": "user-001", "Password": PASSWORD, "Permanent": true });
    server.cognito("AdminSetUserPassword", pool(&server, user));
    let found = server.done("find_stuck_users", json!({})).await;
    assert_eq!(found["complete"], true);
    let states = found["states"].as_array().unwrap();
    assert_eq!(states.len(), 1, "{found}");
    assert_eq!(
        (&states[0]["state"], &states[0]["users"]),
        (&json!("INVITATION_EXPIRED"), &json!(4))
    );
    assert_eq!(states[0]["oldest"][0], "user-000");
    let next = &states[0]["next"];
    assert_eq!(next["arguments"]["action"], "resend_invitation");
    let plan = server.done("update_users", next["arguments"].clone()).await;
    assert_eq!(plan["plan"]["users"], 4, "{plan}");

    tokio::time::advance(days(8)).await;
    let found = server
        .done("find_stuck_users", json!({ "older_than": "1w" }))
        .await;
    let states = found["states"].as_array().unwrap().iter();
    let states: Vec<(&Value, &Value)> = states
        .map(|state| (&state["state"], &state["users"]))
        .collect();
    assert_eq!(
        states,
        [
            (&json!("INVITATION_EXPIRED"), &json!(4)),
            (&json!("UNCONFIRMED"), &json!(1))
        ]
    );
}

/// Users that were exported as CSV, and imported into another pool, are exported equal.
#[tokio::test(start_paused = true)]
async fn an_export_is_what_an_import_takes() {
    let verifies = with(schema(), json!({ "AutoVerifiedAttributes": ["email"] }));
    let server = TestServer::configured(every_tool(), verifies.clone(), json!({}), true).await;
    for n in 0..150 {
        let username = format!("user-{n:03}");
        let user = json!({ "Username": username, "MessageAction": "SUPPRESS", "UserAttributes": [
            { "Name": "email", "Value": format!("{username}@example.com") },
            { "Name": "email_verified", "Value": if n % 10 == 9 { "false" } else { "true" } },
            { "Name": "name", "Value": format!("Lima, Ana \\{n}") },
            { "Name": "custom:team", "Value": "red" },
        ] });
        server.cognito("AdminCreateUser", pool(&server, user));
    }
    let other = with(json!({ "PoolName": "copy" }), verifies);
    let copy = server.cognito("CreateUserPool", other)["UserPool"]["Id"].take();
    let pages = all(&server, "export_users", json!({ "limit": 40 })).await;
    assert_eq!(pages.len(), 4);
    let left_out: usize = pages
        .iter()
        .map(|page| page["left_out_users"].as_array().unwrap().len())
        .sum();
    assert_eq!(left_out, 15, "unverified addresses cannot be imported");
    let role = "arn:aws:iam::123456789012:role/CognitoImport";
    for page in &pages {
        let import = json!({ "user_pool_id": copy, "name": "copy", "logs_role_arn": role, "csv": page["content"] });
        server.done("import_users", import).await;
        tokio::time::advance(std::time::Duration::from_mins(10)).await;
    }
    let imports = server
        .done("get_import", json!({ "user_pool_id": copy }))
        .await;
    for job in imports["jobs"].as_array().unwrap() {
        assert_eq!(
            (&job["status"], &job["failed"]),
            (&json!("Succeeded"), &json!(0)),
            "{job}"
        );
    }
    let content = |pages: &[Value]| {
        let lines = pages
            .iter()
            .flat_map(|page| page["content"].as_str().unwrap().lines().skip(1));
        let mut lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    };
    let copied = all(
        &server,
        "export_users",
        json!({ "user_pool_id": copy, "limit": 200 }),
    )
    .await;
    assert_eq!(content(&copied).len(), 135);
    assert_eq!(content(&copied), content(&pages));
}

#[tokio::test]
async fn users_are_exported_as_json_and_for_a_pool_file() {
    let server = server(3).await;
    let select = json!([{ "field": "group", "value": "staff" }]);
    let json = server
        .done("export_users", json!({ "format": "json", "where": select }))
        .await;
    let users: Value = serde_json::from_str(json["content"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&users[0]["username"], users.as_array().unwrap().len()),
        (&json!("user-000"), 1)
    );
    let file = server
        .done(
            "export_users",
            json!({ "format": "pool_file", "where": select }),
        )
        .await;
    let content = file["content"].as_str().unwrap();
    assert!(
        content.starts_with("Users:") && content.contains("staff"),
        "{content}"
    );
}
