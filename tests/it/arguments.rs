//! Validation of arguments: it happens before any request, and reports all problems at
//! once.

use insta::assert_snapshot;
use serde_json::json;

use cognito_mcp::cognito::backend;
use cognito_mcp::config::Config;

use crate::answer;
use crate::call;
use crate::connect;
use crate::emulated;
use crate::refusal;

#[tokio::test]
async fn every_problem_is_described() {
    let client = emulated().await;
    let arguments = json!({ "limit": 999, "status": "CONFIRMD", "grup": "admins", "sort": 7 });
    let (sentence, facts) = refusal(call(&client, "list_users", arguments).await);
    assert_snapshot!(sentence, @r#"Error: 4 problems with the arguments of list_users: /limit must be at most 60; /status must be one of ARCHIVED, COMPROMISED, CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, RESET_REQUIRED, UNCONFIRMED, UNKNOWN, did you mean `CONFIRMED`?; /sort must be one of created, modified; /grup is not an argument, did you mean `group`? Nothing was called. Valid arguments look like {"filter":"email ^= \"ana\"","status":"CONFIRMED","sort":"created","limit":5}."#);
    let problems: Vec<String> = facts["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_snapshot!(problems.join("\n"), @r#"
    {"pointer":"/limit","message":"must be at most 60","received":999,"allowed":{"maximum":60}}
    {"pointer":"/status","message":"must be one of ARCHIVED, COMPROMISED, CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, RESET_REQUIRED, UNCONFIRMED, UNKNOWN","received":"CONFIRMD","allowed":["ARCHIVED","COMPROMISED","CONFIRMED","EXTERNAL_PROVIDER","FORCE_CHANGE_PASSWORD","RESET_REQUIRED","UNCONFIRMED","UNKNOWN"],"nearest":"CONFIRMED"}
    {"pointer":"/sort","message":"must be one of created, modified","received":7,"allowed":["created","modified"]}
    {"pointer":"/grup","message":"is not an argument","allowed":["user_pool_id","filter","status","group","sort","limit","cursor","response_format"],"nearest":"group"}
    "#);
}

#[tokio::test]
async fn nested_problems_have_pointers() {
    let client = emulated().await;
    let arguments = json!({ "users": [{ "username": "ana" }, { "usrname": "ben", "groups": 5 }] });
    let (_, facts) = refusal(call(&client, "create_users", arguments).await);
    let found: Vec<String> = facts["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            format!(
                "{} {}",
                problem["pointer"].as_str().unwrap(),
                problem["message"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "/users/1/groups must be of type array",
            "/users/1/usrname is not an argument",
            "/users/1/username is required",
        ]
    );
}

#[tokio::test]
async fn secrets_are_not_echoed() {
    let client = emulated().await;
    let arguments = json!({
        "username": "ana",
        "new_password": { "a": 5_318_008 },
        "pasword": "S3cret-and-misspelt",
        "permanent": "S3cret-in-the-wrong-place",
    });
    let result = call(&client, "reset_password", arguments).await;
    let (sentence, facts) = refusal(result);
    for secret in ["5318008", "S3cret-and-misspelt"] {
        assert!(!sentence.contains(secret), "{sentence}");
        assert!(!facts.to_string().contains(secret), "{facts}");
    }
    assert_eq!(facts["code"], "InvalidArguments");
    assert_eq!(facts["problems"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn numbers_and_booleans_may_come_as_text() {
    let client = emulated().await;
    let arguments = json!({ "limit": "5", "recipient": null });
    answer(call(&client, "read_outbox", arguments).await);
    let arguments = json!({ "seconds": "ten" });
    let (sentence, _) = refusal(call(&client, "advance_clock", arguments).await);
    assert!(
        sentence.contains("/seconds must be of type integer"),
        "{sentence}"
    );
}

/// Other forms that are accepted: numbers and booleans for text, one text for a list, and
/// attributes in the API's form.
#[tokio::test]
async fn other_forms_are_accepted() {
    let client = emulated().await;
    for (username, given) in [
        (
            "a",
            json!({ "attributes": { "email_verified": true, "email": "a@example.com" } }),
        ),
        (
            "b",
            json!({ "attributes": [{ "Name": "nickname", "Value": "B" }, { "name": "updated_at", "value": 5 }] }),
        ),
        ("c", json!({ "groups": "admins" })),
    ] {
        let mut given = given;
        given["username"] = json!(username);
        given["message_action"] = json!("SUPPRESS");
        let made = answer(call(&client, "create_user", given).await);
        assert_eq!(made["username"], username);
        match username {
            "a" => assert_eq!(made["attributes"]["email_verified"], "true"),
            "b" => assert_eq!(made["attributes"]["updated_at"], "5"),
            _ => assert_eq!(made["groups"], json!(["admins"])),
        }
    }
    // A text with several values is not a list, but the retry has the list.
    let several = json!({ "username": "d", "groups": "admins, writers" });
    let (_, facts) = refusal(call(&client, "create_user", several).await);
    assert_eq!(
        facts["retry"]["arguments"]["groups"],
        json!(["admins", "writers"])
    );
}

#[tokio::test]
async fn names_in_another_style_are_accepted() {
    let client = emulated().await;
    for given in [
        json!({ "userName": "ana" }),
        json!({ "Username": "ana" }),
        json!({ "user-name": "ana" }),
    ] {
        let user = answer(call(&client, "get_user", given).await);
        assert_eq!(user["username"], "ana");
    }
}

/// A fault that has one obvious correction: the error has a retry that works.
#[tokio::test]
async fn obvious_slips_have_a_retry_with_the_intended_call() {
    let client = emulated().await;
    let slips = [
        (
            "get_user",
            json!({ "user": "ana", "dry_run": true, "note": "" }),
            json!({ "username": "ana" }),
        ),
        (
            "list_users",
            json!({ "arguments": { "sort": "creatd" } }),
            json!({ "sort": "created" }),
        ),
        (
            "update_user",
            json!({ "username": "ana", "first_name": "Ana" }),
            json!({ "username": "ana", "attributes": { "given_name": "Ana" } }),
        ),
        (
            "create_group",
            json!({ "name": "beta" }),
            json!({ "group": "beta" }),
        ),
        (
            "list_users",
            json!({ "limit": 999, "sort": "creatd" }),
            json!({ "limit": 60, "sort": "created" }),
        ),
    ];
    for (tool, given, meant) in slips {
        let (sentence, facts) = refusal(call(&client, tool, given).await);
        assert_eq!(
            facts["retry"],
            json!({ "tool": tool, "arguments": meant }),
            "{sentence}"
        );
        answer(call(&client, tool, meant).await);
    }
}

/// An unknown argument with a value is not ignored. The error names the next step.
#[tokio::test]
async fn unknown_arguments_are_not_ignored() {
    let client = emulated().await;
    for (tool, given, says) in [
        (
            "create_group",
            json!({ "group": "beta", "members": ["ana"] }),
            "add_user_to_group",
        ),
        (
            "list_users",
            json!({ "email_verified": "false" }),
            "cannot filter by",
        ),
        (
            "get_user",
            json!({ "username": "ana", "verbose": true }),
            "/verbose is not an argument",
        ),
        (
            "get_user",
            json!({ "username": "ana", "user": "ben" }),
            "/user is not an argument",
        ),
        (
            "create_user",
            json!({ "username": "ana9", "password": "Correct-Horse-7" }),
            "reset_password",
        ),
        (
            "advance_clock",
            json!({ "days": 99_999 }),
            "/days must be at most 36500",
        ),
        (
            "list_users",
            json!({ "filter": "email = \"a\"", "search": "b" }),
            "/search is not an argument",
        ),
    ] {
        let (sentence, facts) = refusal(call(&client, tool, given).await);
        assert!(sentence.contains(says), "{sentence}");
        assert!(facts.get("retry").is_none(), "{facts}");
    }
}

#[tokio::test]
async fn ambiguous_arguments_have_no_retry() {
    let client = emulated().await;
    for given in [
        json!({}),
        json!({ "a": 1, "b": 2 }),
        json!({ "username": ["ana", "ben"] }),
        json!({ "username": { "name": "ana" } }),
        json!({ "emails": "ana@example.com" }),
    ] {
        let (_, facts) = refusal(call(&client, "get_user", given).await);
        assert!(facts.get("retry").is_none(), "{facts}");
    }
}

/// A secret under a misspelt name is not shown. The correction names the right argument
/// and does not repeat the value.
#[tokio::test]
async fn misspelt_secrets_are_not_repeated() {
    let config = Config {
        reveal_secrets: Some(false),
        ..Config::default()
    };
    let backend = backend::connect(&config).await.unwrap();
    let client = connect(&config, backend).await;
    let secret = "S3cret-and-misspelt";
    let rows = json!([
        { "username": "ben2", "temporary_password": secret },
        { "usrname": "cleo2", "temporary_password": secret },
    ]);
    for (tool, given, meant) in [
        (
            "reset_password",
            json!({ "username": "ana", "new_pasword": secret }),
            "new_password",
        ),
        ("create_users", json!({ "users": rows }), "username"),
    ] {
        let (sentence, facts) = refusal(call(&client, tool, given).await);
        assert!(sentence.contains(meant), "{sentence}");
        assert!(!sentence.contains(secret), "{sentence}");
        assert!(!facts.to_string().contains(secret), "{facts}");
    }
}
