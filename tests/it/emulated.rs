//! The emulator's own tools.

use serde_json::json;

use crate::answer;
use crate::call;
use crate::emulated;
use crate::refusal;

#[tokio::test]
async fn the_clock_advances_and_is_reset() {
    let client = emulated().await;
    let first = answer(call(&client, "advance_clock", json!({})).await);
    let later = answer(call(&client, "advance_clock", json!({ "days": 365 })).await);
    let year = |now: &serde_json::Value| now["now"].as_str().unwrap()[..4].parse::<i32>().unwrap();
    assert!(year(&later) > year(&first), "{first} {later}");
    answer(call(&client, "reset_emulator", json!({})).await);
    let again = answer(call(&client, "advance_clock", json!({})).await);
    assert!(year(&again) < year(&later), "{again}");
}

#[tokio::test(start_paused = true)]
async fn a_fault_reaches_the_caller_and_the_journal() {
    let client = emulated().await;
    let fault = json!({
        "operation": "ListUserPools",
        "effect": "exception",
        "code": "TooManyRequestsException",
        "message": "Rate exceeded",
    });
    let faults = answer(call(&client, "inject_fault", fault).await);
    assert_eq!(
        faults["faults"][0]["on"],
        json!({ "operation": "ListUserPools" })
    );
    let (sentence, facts) = refusal(call(&client, "list_pools", json!({})).await);
    assert!(sentence.starts_with("Error: Rate exceeded. "), "{sentence}");
    assert_eq!(facts["code"], "TooManyRequestsException");
    assert_eq!(facts["retryable"], true);
    // The SDK made three attempts.
    let journal = answer(
        call(
            &client,
            "read_journal",
            json!({ "operation": "ListUserPools" }),
        )
        .await,
    );
    assert_eq!(journal["calls"].as_array().unwrap().len(), 3);
    assert_eq!(journal["calls"][0]["request_id"], facts["request_id"]);
}

#[tokio::test]
async fn a_limit_is_not_retried() {
    let client = emulated().await;
    let fault =
        json!({ "operation": "SignUp", "effect": "exception", "code": "LimitExceededException" });
    answer(call(&client, "inject_fault", fault).await);
    let sign_up = json!({ "client_id": "1example23456789", "username": "dora", "password": "Correct-Horse-7" });
    let (_, facts) = refusal(call(&client, "sign_up", sign_up).await);
    assert_eq!(facts["code"], "LimitExceededException");
    let journal = answer(call(&client, "read_journal", json!({ "operation": "SignUp" })).await);
    assert_eq!(journal["calls"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn faults_are_checked() {
    let client = emulated().await;
    let nonsense =
        json!({ "operation": "ListUsers", "effect": "exception", "code": "UserNotFoundException" });
    let (sentence, _) = refusal(call(&client, "inject_fault", nonsense).await);
    assert!(
        sentence.contains("`ListUsers` cannot throw `UserNotFoundException`"),
        "{sentence}"
    );
    let (sentence, _) = refusal(call(&client, "inject_fault", json!({ "effect": "delay" })).await);
    assert!(sentence.contains("/delay_ms"), "{sentence}");
}

/// The demo has a pool, a client, and users in three states.
#[tokio::test]
async fn the_demo_is_complete() {
    let client = emulated().await;
    let users = answer(call(&client, "list_users", json!({})).await);
    let mut shown: Vec<String> = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            format!(
                "{} {} {}",
                user["username"], user["status"], user["enabled"]
            )
        })
        .collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            r#""ana" "CONFIRMED" true"#,
            r#""ben" "FORCE_CHANGE_PASSWORD" true"#,
            r#""cleo" "FORCE_CHANGE_PASSWORD" false"#,
        ]
    );
    let pool = answer(call(&client, "describe_pool", json!({})).await);
    assert_eq!(
        pool["password_policy"],
        "At least 8 characters, with an upper-case letter, a lower-case letter, a digit, a symbol; \
         temporary passwords last 7 days"
    );
    let sign_in = json!({ "username": "ana@example.com", "password": "Demo-Passw0rd" });
    let state = answer(call(&client, "sign_in", sign_in).await);
    assert_eq!(state["outcome"], "signed_in");
    assert_eq!(state["user"]["groups"], json!(["admins"]));
    assert!(state["tokens"]["access_token"].is_string());
}

/// A user's lifecycle through the tools, from the invitation to the deletion.
#[tokio::test]
async fn a_user_is_invited_and_deleted() {
    let client = emulated().await;
    let done = async |tool: &str, arguments: serde_json::Value| {
        answer(call(&client, tool, arguments).await)
    };

    done("create_group", json!({ "group": "staff", "precedence": 5 })).await;
    let created = done(
        "create_user",
        json!({ "username": "dora", "email": "dora@example.com", "groups": ["staff"] }),
    )
    .await;
    assert_eq!(
        (&created["status"], &created["groups"]),
        (&json!("FORCE_CHANGE_PASSWORD"), &json!(["staff"]))
    );

    // The invitation has the temporary password. The challenge requires a new one.
    let outbox = done("read_outbox", json!({ "username": "dora" })).await;
    let temporary = &outbox["messages"][0]["code"];
    let state = done(
        "sign_in",
        json!({ "username": "dora", "password": temporary }),
    )
    .await;
    assert_eq!(state["challenge"], "NEW_PASSWORD_REQUIRED");
    let mut next = state["next"]["arguments"].clone();
    next["new_password"] = json!("Correct-Horse-7");
    let state = done("answer_challenge", next).await;
    assert_eq!(state["user"]["username"], "dora");

    done(
        "update_user",
        json!({ "username": "dora", "attributes": { "given_name": "Dora" } }),
    )
    .await;
    done(
        "add_user_to_group",
        json!({ "username": "dora", "group": "admins" }),
    )
    .await;
    done(
        "remove_user_from_group",
        json!({ "username": "dora", "group": "staff" }),
    )
    .await;
    let user = done("get_user", json!({ "username": "dora" })).await;
    assert_eq!(user["attributes"]["given_name"], "Dora");
    assert_eq!(user["groups"], json!(["admins"]));
    let members = done("list_group_members", json!({ "group": "admins" })).await;
    assert_eq!(members["users"].as_array().unwrap().len(), 2);
    let both = json!({ "group": "admins", "filter": "username ^= \"d\"" });
    let found = done("list_users", both).await;
    assert_eq!(found["users"].as_array().unwrap().len(), 1);

    done("disable_user", json!({ "username": "dora" })).await;
    let again = json!({ "username": "dora", "password": "Correct-Horse-7" });
    let (_, facts) = refusal(call(&client, "sign_in", again.clone()).await);
    assert_eq!(facts["message"], "User is disabled.");
    done("enable_user", json!({ "username": "dora" })).await;
    done(
        "reset_password",
        json!({ "username": "dora", "new_password": "Other-Horse-8" }),
    )
    .await;
    done(
        "sign_in",
        json!({ "username": "dora", "password": "Other-Horse-8" }),
    )
    .await;
    done("sign_out_user", json!({ "username": "dora" })).await;
    done("delete_user", json!({ "username": "dora" })).await;
    let (_, facts) = refusal(call(&client, "get_user", json!({ "username": "dora" })).await);
    assert_eq!(facts["code"], "UserNotFoundException");
}

/// A user signs up, and an administrator resets the password.
#[tokio::test]
async fn a_person_signs_up() {
    let client = emulated().await;
    let done = async |tool: &str, arguments: serde_json::Value| {
        answer(call(&client, tool, arguments).await)
    };
    let sign_up =
        json!({ "username": "eve", "password": "Correct-Horse-7", "email": "eve@example.com" });
    let signed_up = done("sign_up", sign_up).await;
    assert_eq!(signed_up["confirmed"], false);
    assert_eq!(signed_up["code_sent"]["medium"], "EMAIL");
    let outbox = done("read_outbox", json!({ "recipient": "eve@example.com" })).await;
    let mut next = signed_up["next"]["arguments"].clone();
    next["code"] = outbox["messages"][0]["code"].clone();
    done("confirm_sign_up", next).await;
    done("require_password_reset", json!({ "username": "eve" })).await;
    let found = done("list_users", json!({ "status": "RESET_REQUIRED" })).await;
    assert_eq!(found["users"][0]["username"], "eve");

    done("advance_clock", json!({ "seconds": 1 })).await;
    let sign_up =
        json!({ "username": "fay", "password": "Correct-Horse-7", "email": "fay@example.com" });
    done("sign_up", sign_up).await;
    done("confirm_user", json!({ "username": "fay" })).await;
    let latest = done("list_users", json!({ "sort": "created", "limit": 2 })).await;
    let names = latest["users"].as_array().unwrap();
    assert_eq!(
        (&names[0]["username"], &names[1]["username"]),
        (&json!("fay"), &json!("eve"))
    );
}

#[tokio::test]
async fn many_users_are_created_row_by_row() {
    let client = emulated().await;
    let rows = json!({
        "users": [
            { "username": "gil" },
            { "username": "ana" },
            { "username": "hal", "groups": ["nowhere"] },
        ],
        "message_action": "SUPPRESS",
    });
    let answer = answer(call(&client, "create_users", rows).await);
    assert_eq!(
        (&answer["created"], &answer["failed"]),
        (&json!(1), &json!(2))
    );
    let shown: Vec<String> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row["username"], row["outcome"], row["error"]["code"]
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#""gil" "created" null"#,
            r#""ana" "failed" "UsernameExistsException""#,
            r#""hal" "failed" "ResourceNotFoundException""#,
        ]
    );
}

/// If a group does not exist, no user is created.
#[tokio::test]
async fn a_missing_group_is_found_first() {
    let client = emulated().await;
    let arguments = json!({ "username": "ivy", "groups": ["admins", "nowhere"] });
    let (_, facts) = refusal(call(&client, "create_user", arguments).await);
    assert_eq!(facts["code"], "ResourceNotFoundException");
    let (_, facts) = refusal(call(&client, "get_user", json!({ "username": "ivy" })).await);
    assert_eq!(facts["code"], "UserNotFoundException");
}
