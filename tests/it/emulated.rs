//! The emulator's own tools.

use serde_json::json;

use crate::{answer, call, emulated, refusal};

#[tokio::test]
async fn the_clock_goes_forward_and_back_to_the_start() {
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
    // The SDK asked three times before it gave up.
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
async fn a_limit_is_not_tried_again() {
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
