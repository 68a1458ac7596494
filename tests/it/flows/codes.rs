//! Codes that users get and enter: forgotten passwords, first factors, authenticator apps; locks
//! and the clock.

use serde_json::{Value, json};

use crate::hiding_secrets;
use crate::json::with;
use crate::test_server::{PASSWORD, TestServer};

const NEW: &str = "Other-Horse-77";

/// Creates `ana`, with a password and a verified address, in a pool with `settings` and a client
/// with a secret, and returns the arguments that name pool, client and user.
async fn ana(server: &TestServer, settings: Value) -> Value {
    let pool = server.new_pool(settings);
    let user = json!({ "user_pool_id": pool["user_pool_id"], "username": "ana" });
    let address = json!({
        "email": "ana@example.com", "attributes": { "email_verified": "true" },
        "message_action": "SUPPRESS",
    });
    server.done("create_user", with(&user, address)).await;
    let password = json!({ "new_password": PASSWORD });
    server.done("reset_password", with(&user, password)).await;
    with(&pool, json!({ "username": "ana" }))
}

/// Allows the client every flow.
fn allow_every_flow(server: &TestServer, ana: &Value) {
    let flows = [
        "ADMIN_USER_PASSWORD",
        "USER",
        "USER_PASSWORD",
        "USER_SRP",
        "REFRESH_TOKEN",
    ];
    server.cognito(
        "UpdateUserPoolClient",
        json!({
            "UserPoolId": ana["user_pool_id"], "ClientId": ana["client_id"],
            "ExplicitAuthFlows": flows.map(|flow| format!("ALLOW_{flow}_AUTH")),
        }),
    );
}

/// The code in the newest message.
async fn code(server: &TestServer) -> Value {
    let mut outbox = server.done("read_outbox", json!({ "limit": 1 })).await;
    outbox["messages"][0]["code"].take()
}

fn choices() -> Value {
    json!({
        "UserPoolTier": "ESSENTIALS",
        "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } },
    })
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_code() {
    for config in [crate::every_tool(), hiding_secrets()] {
        let server = TestServer::demo_with(config).await;
        let ana = ana(&server, json!({})).await;
        let sent = server.done("forgot_password", ana.clone()).await;
        assert_eq!(sent["code_sent"]["medium"], "EMAIL", "{sent}");
        assert_eq!(sent["next"]["tool"], "confirm_forgot_password");
        let filled = json!({ "code": code(&server).await, "new_password": NEW });
        let confirm = with(&sent["next"]["arguments"], filled);
        server.done("confirm_forgot_password", confirm).await;
        let sign_in = with(&ana, json!({ "password": NEW }));
        let state = server.done("sign_in", sign_in).await;
        assert_eq!(state["outcome"], "signed_in");
    }
}

#[tokio::test]
async fn another_code_replaces_the_code_of_a_sign_up() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(json!({ "AutoVerifiedAttributes": ["email"] }));
    let dora = with(&pool, json!({ "username": "dora" }));
    let new = json!({ "password": PASSWORD, "email": "dora@example.com" });
    server.done("sign_up", with(&dora, new)).await;
    let first = code(&server).await;
    let sent = server.done("resend_code", dora.clone()).await;
    assert_eq!(sent["next"]["tool"], "confirm_sign_up");
    let old = with(&dora, json!({ "code": first }));
    let (_, facts) = server.refused("confirm_sign_up", old).await;
    assert_eq!(facts["code"], "CodeMismatchException");
    let confirm = with(
        &sent["next"]["arguments"],
        json!({ "code": code(&server).await }),
    );
    server.done("confirm_sign_up", confirm).await;
}

#[tokio::test]
async fn every_flow_signs_in() {
    for config in [crate::every_tool(), hiding_secrets()] {
        let server = TestServer::demo_with(config).await;
        let ana = ana(&server, choices()).await;
        allow_every_flow(&server, &ana);
        for begin in [
            json!({ "password": PASSWORD }),
            json!({ "password": PASSWORD, "flow": "USER_PASSWORD_AUTH" }),
            json!({ "password": PASSWORD, "flow": "USER_SRP_AUTH" }),
            json!({ "password": PASSWORD, "flow": "USER_SRP_AUTH", "username": "ana@example.com" }),
            json!({ "password": PASSWORD, "flow": "USER_AUTH" }),
            json!({ "password": PASSWORD, "first_factor": "PASSWORD_SRP" }),
        ] {
            let state = server.done("sign_in", with(&ana, begin.clone())).await;
            assert_eq!(state["user"]["username"], "ana", "{begin}: {state}");
            let wrong = with(&begin, json!({ "password": "Wrong-Horse-7" }));
            let (_, facts) = server.refused("sign_in", with(&ana, wrong)).await;
            assert_eq!(
                facts["message"], "Incorrect username or password.",
                "{begin}"
            );
        }
    }
}

#[tokio::test]
async fn a_code_is_the_first_factor() {
    let server = TestServer::demo().await;
    let ana = ana(&server, choices()).await;
    allow_every_flow(&server, &ana);
    let chosen = json!({ "flow": "USER_AUTH", "first_factor": "EMAIL_OTP" });
    let state = server.done("sign_in", with(&ana, chosen)).await;
    assert_eq!(state["challenge"], "EMAIL_OTP", "{state}");
    let answer = with(
        &state["next"]["arguments"],
        json!({ "code": code(&server).await }),
    );
    let state = server.done("answer_challenge", answer).await;
    assert_eq!(state["user"]["username"], "ana");

    // Without a factor, the user chooses. The suggested call sends a code.
    let begin = with(&ana, json!({ "flow": "USER_AUTH" }));
    for (choice, challenge) in [
        (json!({}), "EMAIL_OTP"),
        (
            json!({ "first_factor": "PASSWORD", "password": PASSWORD }),
            "",
        ),
        (
            json!({ "first_factor": "PASSWORD_SRP", "password": PASSWORD }),
            "",
        ),
    ] {
        let state = server.done("sign_in", begin.clone()).await;
        assert_eq!(state["challenge"], "SELECT_CHALLENGE");
        assert_eq!(
            state["choices"],
            json!(["PASSWORD_SRP", "PASSWORD", "EMAIL_OTP"])
        );
        let next = with(&state["next"]["arguments"], choice);
        let state = server.done("answer_challenge", next).await;
        if challenge.is_empty() {
            assert_eq!(state["user"]["username"], "ana", "{state}");
            continue;
        }
        assert_eq!(state["challenge"], challenge);
        let answer = with(
            &state["next"]["arguments"],
            json!({ "code": code(&server).await }),
        );
        let state = server.done("answer_challenge", answer).await;
        assert_eq!(state["outcome"], "signed_in");
    }
}

/// On a server that hides secrets, references lead from the setup of the app to the sign-in.
#[tokio::test]
async fn codes_of_an_app_are_computed() {
    for config in [crate::every_tool(), hiding_secrets()] {
        let server = TestServer::demo_with(config).await;
        let ana = ana(&server, json!({})).await;
        server.cognito(
            "SetUserPoolMfaConfig",
            json!({
                "UserPoolId": ana["user_pool_id"], "MfaConfiguration": "ON",
                "SoftwareTokenMfaConfiguration": { "Enabled": true },
            }),
        );
        allow_every_flow(&server, &ana);
        let sign_in = with(
            &ana,
            json!({ "password": PASSWORD, "flow": "USER_SRP_AUTH" }),
        );
        let state = server.done("sign_in", sign_in.clone()).await;
        assert_eq!(state["challenge"], "MFA_SETUP", "{state}");
        let next = state["next"]["arguments"].clone();
        let state = server.done("answer_challenge", next).await;
        let app = json!({ "secret_code": state["secret_code"] });
        let answer = async |state: Value| {
            let code = server.done("totp_code", app.clone()).await;
            assert!(code["expires_at"].as_str() > Some("2020"), "{code}");
            let answer = with(&state["next"]["arguments"], json!({ "code": code["code"] }));
            server.done("answer_challenge", answer).await
        };
        let state = answer(state).await;
        assert_eq!(state["user"]["username"], "ana", "{state}");

        server.done("advance_clock", json!({ "seconds": 30 })).await;
        let state = server.done("sign_in", sign_in).await;
        assert_eq!(state["challenge"], "SOFTWARE_TOKEN_MFA", "{state}");
        let state = answer(state).await;
        assert_eq!(state["outcome"], "signed_in", "{state}");
    }
}

#[tokio::test]
async fn a_lock_is_ended() {
    let server = TestServer::demo().await;
    let ana = json!({ "username": "ana" });
    let sign_in = |password: &str| with(&ana, json!({ "password": password }));
    for _ in 0..5 {
        server.refused("sign_in", sign_in("Wrong-Horse-7")).await;
    }
    let (_, facts) = server.refused("sign_in", sign_in("Demo-Passw0rd")).await;
    assert_eq!(facts["message"], "Password attempts exceeded");
    let done = server.done("unlock_user", ana.clone()).await;
    assert_eq!(done["done"], "ana is no longer locked");
    server.done("sign_in", sign_in("Demo-Passw0rd")).await;
    let done = server.done("unlock_user", ana.clone()).await;
    assert!(
        done["done"].as_str().unwrap().contains("was not locked"),
        "{done}"
    );
}

#[tokio::test]
async fn the_clock_is_read() {
    let server = TestServer::demo().await;
    let before = server.done("get_clock", json!({})).await;
    server.done("advance_clock", json!({ "hours": 1 })).await;
    let after = server.done("get_clock", json!({})).await;
    assert!(
        before["now"].as_str() < after["now"].as_str(),
        "{before} {after}"
    );
    assert_eq!(after["token_clock"], "emulator");
}
