//! Rehearsals of changes on a copy of a pool.

use std::path::PathBuf;

use cognito_mcp::config::{BackendKind, Config, Selection};
use serde_json::{Value, json};

use crate::every_tool;
use crate::test_server::{Outcome, PASSWORD, TestServer};

/// A server of the backend AWS, and whether it may write.
async fn on_aws(writes: bool, pool: Value) -> TestServer {
    let config = Config {
        backend: BackendKind::Aws,
        allow_destructive: writes,
        selection: Selection {
            toolsets: vec!["all".to_owned()],
            ..Selection::default()
        },
        ..Config::default()
    };
    let server = TestServer::configured(config, pool, json!({}), true).await;
    let ana = json!({ "Username": "ana", "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }] });
    server.prepare("AdminCreateUser", &ana).await;
    server
        .prepare("CreateGroup", &json!({ "GroupName": "staff" }))
        .await;
    server
}

/// The state of the pool as the API shows it.
async fn state(server: &TestServer) -> Vec<Value> {
    let mut state = Vec::new();
    for operation in [
        "DescribeUserPool",
        "ListUsers",
        "ListGroups",
        "ListUserPoolClients",
    ] {
        state.push(server.look(operation, &json!({})).await);
    }
    state
}

/// The members of the differences with the values after them.
fn changed(plan: &Value) -> Vec<(String, Value)> {
    let all = plan["differences"].as_array().unwrap();
    let pair = |it: &Value| (it["path"].as_str().unwrap().to_owned(), it["after"].clone());
    all.iter().map(pair).collect()
}

fn outcomes(plan: &Value) -> Vec<&str> {
    let steps = plan["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| step["outcome"].as_str().unwrap())
        .collect()
}

fn call(tool: &str, arguments: Value) -> Value {
    json!({ "tool": tool, "arguments": arguments })
}

#[tokio::test]
async fn a_plan_shows_what_the_calls_would_change() {
    for server in [
        on_aws(true, json!({})).await,
        on_aws(false, json!({})).await,
    ] {
        let calls = [
            call("create_group", json!({ "group": "readers" })),
            call(
                "add_user_to_group",
                json!({ "username": "ana", "group": "readers" }),
            ),
            call(
                "update_user",
                json!({ "username": "ana", "attributes": { "nickname": "A" } }),
            ),
            call(
                "update_client",
                json!({ "client_id": server.client_id(), "settings": { "EnableTokenRevocation": false } }),
            ),
            call("delete_group", json!({ "group": "staff" })),
        ];
        let before = state(&server).await;
        let plan = server.done("plan_change", json!({ "calls": calls })).await;
        assert_eq!(outcomes(&plan), ["succeeded"; 5], "{plan}");
        assert_eq!(plan["succeeds"], true);
        assert_eq!(plan["copied_users"], 1);
        assert_eq!(plan["steps"][1]["requests"], json!(["AdminAddUserToGroup"]));
        let changed = changed(&plan);
        for (path, after) in [
            ("Groups[readers]", None),
            ("Groups[staff]", Some(Value::Null)),
            (
                "UserPoolClients[app].EnableTokenRevocation",
                Some(json!(false)),
            ),
            ("Users[ana].UserAttributes.nickname", Some(json!("A"))),
        ] {
            let found = changed.iter().find(|(found, _)| found == path);
            let (_, found) = found.unwrap_or_else(|| panic!("{path} in {changed:?}"));
            assert!(after.is_none_or(|after| after == *found), "{path}: {found}");
        }
        assert_eq!(state(&server).await, before, "the pool is only read");
    }
}

#[tokio::test]
async fn the_same_calls_have_the_planned_effect() {
    let server = TestServer::new(json!({}), json!({})).await;
    let here = |arguments: Value| {
        let mut arguments = arguments;
        arguments["user_pool_id"] = json!(server.pool_id());
        arguments
    };
    let calls = [
        call(
            "create_group",
            here(json!({ "group": "readers", "precedence": 3 })),
        ),
        call(
            "create_user",
            here(
                json!({ "username": "eva", "email": "eva@example.com", "temporary_password": PASSWORD }),
            ),
        ),
        call(
            "add_user_to_group",
            here(json!({ "username": "eva", "group": "readers" })),
        ),
        call(
            "update_pool",
            here(json!({ "settings": { "DeletionProtection": "ACTIVE" } })),
        ),
    ];
    let plan = server
        .done("plan_change", here(json!({ "calls": calls })))
        .await;
    assert_eq!(plan["succeeds"], true, "{plan}");
    for made in &calls {
        server
            .done(made["tool"].as_str().unwrap(), made["arguments"].clone())
            .await;
    }
    // What was planned is there now: nothing is left to change, and the users exist.
    let again = server
        .done("plan_change", here(json!({ "calls": [calls[3]] })))
        .await;
    assert_eq!(again["differences"], json!([]), "{again}");
    let taken = server
        .done("plan_change", here(json!({ "calls": calls })))
        .await;
    assert_eq!(
        outcomes(&taken),
        ["refused", "refused", "succeeded", "succeeded"],
        "{taken}"
    );
    assert_eq!(
        taken["steps"][1]["error"]["code"],
        "UsernameExistsException"
    );
}

/// A refused call has its correction, and the list with the correction succeeds.
#[tokio::test]
async fn a_refused_call_has_its_correction() {
    for server in [
        on_aws(true, json!({})).await,
        on_aws(false, json!({})).await,
    ] {
        let weak = call(
            "reset_password",
            json!({ "username": "ana", "new_password": "short" }),
        );
        let plan = server.done("plan_change", json!({ "calls": [weak] })).await;
        assert_eq!(outcomes(&plan), ["refused"], "{plan}");
        assert_eq!(plan["succeeds"], false);
        let error = &plan["steps"][0]["error"];
        assert_eq!(error["code"], "InvalidPasswordException", "{error}");
        assert!(!plan.to_string().contains("short\""), "{plan}");

        let unknown = call("disable_user", json!({ "username": "anna" }));
        let arguments = json!({ "calls": [unknown], "users": "all" });
        let plan = server.done("plan_change", arguments).await;
        let error = &plan["steps"][0]["error"];
        assert_eq!(error["code"], "UserNotFoundException", "{plan}");
        assert_eq!(error["retry"]["arguments"]["username"], "ana", "{plan}");
        let corrected = call("disable_user", json!({ "username": "ana" }));
        let plan = server
            .done("plan_change", json!({ "calls": [corrected] }))
            .await;
        assert_eq!(outcomes(&plan), ["succeeded"], "{plan}");
        assert_eq!(
            changed(&plan),
            [("Users[ana].Enabled".to_owned(), json!(false))],
            "{plan}"
        );
    }
}

#[tokio::test]
async fn the_gate_of_the_server_is_reported_and_does_not_prevent_a_plan() {
    let calls = [
        call("get_user", json!({ "username": "ana" })),
        call("create_group", json!({ "group": "readers" })),
        call("delete_user", json!({ "username": "ana" })),
    ];
    for (writes, expected) in [
        (true, ["allowed", "allowed", "must_be_confirmed"]),
        (false, ["allowed", "not_allowed", "not_allowed"]),
    ] {
        let server = on_aws(writes, json!({})).await;
        let plan = server.done("plan_change", json!({ "calls": calls })).await;
        assert_eq!(outcomes(&plan), ["succeeded"; 3], "{plan}");
        let steps = plan["steps"].as_array().unwrap();
        let here: Vec<_> = steps
            .iter()
            .map(|step| step["on_this_server"].as_str().unwrap())
            .collect();
        assert_eq!(here, expected);
        assert_eq!(steps[0]["answer"]["username"], "ana");
        assert_eq!(steps[2]["requests"], json!(["AdminDeleteUser"]));
        server
            .look("AdminGetUser", &json!({ "Username": "ana" }))
            .await;
    }
}

#[tokio::test]
async fn calls_that_need_more_than_a_copy_are_not_rehearsed() {
    let server = on_aws(true, json!({})).await;
    let emulated = TestServer::new(json!({}), json!({})).await;
    let pool = json!({ "user_pool_id": emulated.pool_id() });
    let calls = [
        call(
            "sign_in",
            json!({ "username": "ana", "password": PASSWORD, "client_id": "$client" }),
        ),
        call("create_pool", json!({ "name": "other" })),
    ];
    let plan = server.done("plan_change", json!({ "calls": calls })).await;
    assert_eq!(outcomes(&plan), ["not_rehearsed"; 2], "{plan}");
    assert_eq!(plan["steps"][0]["error"]["code"], "NotRehearsed");
    let moved = call("advance_clock", json!({ "hours": 1 }));
    let plan = emulated
        .done(
            "plan_change",
            json!({ "calls": [moved], "user_pool_id": pool["user_pool_id"] }),
        )
        .await;
    assert_eq!(outcomes(&plan), ["not_rehearsed"], "{plan}");
    let elsewhere = call(
        "describe_pool",
        json!({ "user_pool_id": "us-east-1_Elsewhere" }),
    );
    let plan = server
        .done("plan_change", json!({ "calls": [elsewhere] }))
        .await;
    assert_eq!(
        plan["steps"][0]["error"]["code"], "PoolNotAllowed",
        "{plan}"
    );
}

/// The pool is named in every form that the tools accept.
#[tokio::test]
async fn the_pool_and_the_client_are_named_in_every_form() {
    let server = on_aws(true, json!({})).await;
    let (pool, client) = (server.pool_id(), server.client_id());
    for name in [json!("main"), json!(pool), Value::Null] {
        let mut arguments = json!({ "group": "readers" });
        if !name.is_null() {
            arguments["user_pool_id"] = name;
        }
        let plan = server
            .done(
                "plan_change",
                json!({ "calls": [call("create_group", arguments)] }),
            )
            .await;
        assert_eq!(plan["succeeds"], true, "{plan}");
    }
    let by_id = call("describe_client", json!({ "client_id": client }));
    let plan = server
        .done("plan_change", json!({ "calls": [by_id] }))
        .await;
    assert_eq!(plan["steps"][0]["answer"]["client_id"], client, "{plan}");
}

#[tokio::test]
async fn the_name_of_a_tool_is_corrected() {
    let server = on_aws(true, json!({})).await;
    let misspelt = json!({ "calls": [call("createGroup", json!({ "group": "readers" }))] });
    let (sentence, facts) = server.refused("plan_change", misspelt).await;
    assert!(sentence.contains("/calls/0/tool"), "{sentence}");
    let retry = &facts["retry"];
    assert_eq!(
        retry["arguments"]["calls"][0]["tool"], "create_group",
        "{facts}"
    );
    let Outcome::Done(plan) = server.call("plan_change", &retry["arguments"]).await else {
        panic!("the retry is refused");
    };
    assert_eq!(plan["succeeds"], true);
}

/// Secrets of the copy do not exist in the pool, and secrets of the caller are not repeated.
#[tokio::test]
async fn secrets_of_a_copy_are_not_shown() {
    let server = on_aws(true, json!({})).await;
    let calls = [
        call(
            "create_client",
            json!({ "name": "machine", "secret": true }),
        ),
        call(
            "reset_password",
            json!({ "username": "ana", "new_password": "Battery-Staple-9" }),
        ),
    ];
    let plan = server.done("plan_change", json!({ "calls": calls })).await;
    assert_eq!(plan["succeeds"], true, "{plan}");
    let text = plan.to_string();
    assert!(!text.contains("secret:"), "{text}");
    assert!(!text.contains("Battery-Staple-9"), "{text}");
    assert!(
        text.contains("(another value when the call is made)"),
        "{text}"
    );
}

/// Functions of AWS cannot be called: without a substitute, every sign-up would fail.
#[tokio::test]
async fn triggers_are_passed() {
    let lambda = "arn:aws:lambda:us-east-1:123456789012:function:check";
    let server = on_aws(false, json!({})).await;
    server
        .prepare(
            "UpdateUserPool",
            &json!({ "LambdaConfig": { "PreSignUp": lambda, "PostConfirmation": lambda } }),
        )
        .await;
    let created = call(
        "create_user",
        json!({ "username": "eva", "email": "eva@example.com" }),
    );
    let plan = server
        .done("plan_change", json!({ "calls": [created] }))
        .await;
    assert_eq!(plan["succeeds"], true, "{plan}");
    let lacks = plan["not_copied"].to_string();
    assert!(lacks.contains("Lambda triggers"), "{lacks}");
}

/// The requests to the copy are no requests of this server: its audit log has one call.
#[tokio::test]
async fn the_audit_log_has_the_plan_and_no_secret() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("plan-audit");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let log = folder.join("audit.jsonl");
    let config = Config {
        audit_log: Some(log.clone()),
        ..every_tool()
    };
    let server = TestServer::configured(config, json!({}), json!({}), true).await;
    let calls = [
        call(
            "create_user",
            json!({ "username": "eva", "temporary_password": PASSWORD }),
        ),
        call("delete_user", json!({ "username": "eva" })),
    ];
    server.done("plan_change", json!({ "calls": calls })).await;
    let text = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [line] = lines.as_slice() else {
        panic!("{text}");
    };
    assert_eq!(line["tool"], "plan_change");
    assert!(!text.contains("AdminCreateUser"), "{text}");
    assert!(!text.contains(PASSWORD), "{text}");
}

#[tokio::test]
async fn a_copy_of_a_large_pool_has_the_named_users() {
    let server = on_aws(true, json!({})).await;
    for number in 0..70 {
        let user = json!({ "Username": format!("user-{number}"), "MessageAction": "SUPPRESS" });
        server.prepare("AdminCreateUser", &user).await;
    }
    let members =
        json!({ "action": "add_to_group", "usernames": ["user-3", "user-60"], "group": "staff" });
    let calls = json!([
        call("update_users", members),
        call("delete_user", json!({ "username": "user-7" }))
    ]);
    let plan = server.done("plan_change", json!({ "calls": calls })).await;
    assert_eq!(plan["succeeds"], true, "{plan}");
    assert_eq!(plan["copied_users"], 3, "{plan}");
    let changed = changed(&plan);
    let paths: Vec<&str> = changed.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "Users[user-3].Groups",
            "Users[user-60].Groups",
            "Users[user-7]"
        ]
    );
    let all = server
        .done("plan_change", json!({ "calls": calls, "users": "all" }))
        .await;
    assert_eq!(all["copied_users"], 71);
    let none = server
        .done("plan_change", json!({ "calls": calls, "users": "none" }))
        .await;
    assert_eq!(none["copied_users"], 0);
    assert_eq!(none["succeeds"], false);
}
