//! The emulator's own tools, and their effects on the other tools.

use cognito_emulator::wire::{Call, Service};
use serde_json::{Value, json};

use crate::test_server::TestServer;

fn create(username: &str) -> Value {
    json!({ "username": username, "email": format!("{username}@example.com") })
}

#[tokio::test]
async fn messages_are_found() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(json!({}))["user_pool_id"].take();
    server.done("create_user", create("dora")).await;
    server.done("create_user", create("eve")).await;
    let mut elsewhere = create("dora");
    elsewhere["user_pool_id"] = pool.clone();
    server.done("create_user", elsewhere).await;

    let found = async |filter: Value| {
        let outbox = server.done("read_outbox", filter).await;
        let messages = outbox["messages"].as_array().unwrap().iter();
        let who = |message: &Value| {
            let here = if message["user_pool_id"] == pool {
                "there"
            } else {
                "here"
            };
            format!("{} {here}", message["username"].as_str().unwrap())
        };
        (
            messages.map(who).collect::<Vec<_>>().join(", "),
            outbox["older"].clone(),
        )
    };
    let all = "dora there, eve here, dora here".to_owned();
    assert_eq!(found(json!({})).await, (all, json!(0)));
    assert_eq!(
        found(json!({ "limit": 1 })).await,
        ("dora there".to_owned(), json!(2))
    );
    let both = "dora there, dora here".to_owned();
    assert_eq!(
        found(json!({ "username": "dora" })).await,
        (both.clone(), json!(0))
    );
    assert_eq!(
        found(json!({ "recipient": "dora@example.com" })).await,
        (both, json!(0))
    );
    let one = json!({ "recipient": "dora@example.com", "user_pool_id": pool });
    assert_eq!(found(one).await, ("dora there".to_owned(), json!(0)));
    let none = json!({ "recipient": "eve@example.com", "username": "dora" });
    assert_eq!(found(none).await, (String::new(), json!(0)));
}

#[tokio::test]
async fn tokens_expire_by_the_clock() {
    let server = TestServer::demo().await;
    let ana = json!({ "username": "ana", "password": "Demo-Passw0rd" });
    let state = server.done("sign_in", ana).await;
    let token = &state["tokens"]["access_token"];
    let get_user = || {
        let call = Call::new("GetUser", json!({ "AccessToken": token }));
        server.stack().call(&call).to_string()
    };
    server.done("advance_clock", json!({ "minutes": 59 })).await;
    assert!(get_user().starts_with("200 "), "{}", get_user());
    let now = server
        .done("advance_clock", json!({ "minutes": 1, "seconds": 1 }))
        .await;
    assert!(
        now["now"].as_str() > state["user"]["expires_at"].as_str(),
        "{now} {state}"
    );
    assert_eq!(
        get_user(),
        "400 NotAuthorizedException: Access Token has expired"
    );
}

/// Each kind of fault: the error that a caller gets, and whether the user was
/// created.
#[tokio::test(start_paused = true)]
async fn faults_have_their_effects() {
    let server = TestServer::demo().await;
    let exists = async |username: &str| {
        let found = json!({ "filter": format!("username = \"{username}\"") });
        server.done("list_users", found).await["users"] != json!([])
    };
    let inject = async |mut fault: Value| {
        fault["operation"] = json!("AdminCreateUser");
        fault["clear"] = json!(true);
        let faults = server.done("inject_fault", fault).await;
        assert_eq!(faults["faults"].as_array().unwrap().len(), 1, "{faults}");
    };

    inject(json!({ "effect": "exception", "code": "UserLambdaValidationException" })).await;
    let (_, facts) = server.refused("create_user", create("dora")).await;
    assert_eq!(facts["code"], "UserLambdaValidationException");
    assert!(!exists("dora").await);

    // The SDK retries, so the caller does not see a fault that occurs once.
    inject(json!({ "effect": "exception", "code": "InternalErrorException", "nth": 1 })).await;
    server.done("create_user", create("dora")).await;

    inject(json!({ "effect": "delay", "delay_ms": 30_000 })).await;
    let before = tokio::time::Instant::now();
    server.done("create_user", create("eve")).await;
    assert_eq!(before.elapsed().as_secs(), 30);

    inject(json!({ "effect": "cut_before_effects" })).await;
    let (_, facts) = server.refused("create_user", create("fay")).await;
    assert_eq!(facts["code"], "ConnectionFailed");
    assert!(!exists("fay").await);

    // After a cut it is unknown whether the call took effect. Here it did.
    inject(json!({ "effect": "cut_after_effects", "nth": 1 })).await;
    let (_, facts) = server.refused("create_user", create("gil")).await;
    assert_eq!(facts["code"], "UsernameExistsException", "{facts}");
    assert!(exists("gil").await);

    let none = server.done("inject_fault", json!({ "clear": true })).await;
    assert_eq!(none["faults"], json!([]));
    server.done("create_user", create("hal")).await;
    let failed = server
        .done("read_journal", json!({ "failed": true, "limit": 60 }))
        .await;
    let codes: Vec<&str> = failed["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| call["code"].as_str().or(call["cut"].as_str()).unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "UsernameExistsException",
            "AfterEffects",
            "BeforeEffects",
            "BeforeEffects",
            "BeforeEffects",
            "InternalErrorException",
            "UserLambdaValidationException",
        ]
    );
}

#[tokio::test]
async fn a_reset_creates_the_same_demo() {
    let server = TestServer::demo().await;
    let look = async || {
        let mut seen = Vec::new();
        for tool in ["list_pools", "list_clients", "list_groups", "list_users"] {
            let mut page = server.done(tool, json!({})).await;
            // The clock is not stopped, so the times differ.
            forget_times(&mut page);
            seen.push(page);
        }
        seen
    };
    let before = look().await;
    server.new_pool(json!({}));
    server.done("create_user", create("dora")).await;
    server
        .done("delete_user", json!({ "username": "ana" }))
        .await;
    server
        .done("create_group", json!({ "group": "staff" }))
        .await;
    assert_ne!(look().await, before);
    server.done("reset_emulator", json!({})).await;
    assert_eq!(look().await, before);
    assert_eq!(
        server.done("read_outbox", json!({})).await["messages"],
        json!([])
    );
}

fn forget_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !matches!(name.as_str(), "created_at" | "modified_at"));
            members.values_mut().for_each(forget_times);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// What a tool reads for itself is in the journal, and is left out unless it is asked for.
#[tokio::test]
async fn look_ups_of_tools_are_marked() {
    let server = TestServer::demo().await;
    let operations = async |filter: Value| -> Vec<String> {
        let page = server.done("read_journal", filter).await;
        let calls = page["calls"].as_array().unwrap().iter();
        let shown = |call: &Value| {
            let mark = if call["lookup"] == true {
                " lookup"
            } else {
                ""
            };
            format!("{}{mark}", call["operation"].as_str().unwrap())
        };
        calls.map(shown).collect()
    };
    server
        .done("create_group", json!({ "group": "crew" }))
        .await;
    server.done("get_user", json!({ "username": "ana" })).await;
    let change = json!({ "group": "crew", "precedence": 1 });
    server.done("update_group", change).await;
    // A refusal, for whose hint the pool is read.
    server
        .refused("get_user", json!({ "username": "anna" }))
        .await;
    let seen = operations(json!({ "limit": 60 })).await;
    assert_eq!(
        seen,
        [
            "AdminGetUser",
            "UpdateGroup",
            "AdminListGroupsForUser",
            "AdminGetUser",
            "CreateGroup"
        ]
    );
    let all = operations(json!({ "limit": 60, "lookups": true })).await;
    assert!(all.contains(&"GetGroup lookup".to_owned()), "{all:?}");
    assert!(all.len() > seen.len() + 2, "{all:?}");
    let unmarked = all.iter().filter(|call| !call.ends_with(" lookup")).count();
    assert_eq!(unmarked, seen.len(), "{all:?}");
}
