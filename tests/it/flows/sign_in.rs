//! Challenges of sign-ins, answered with `sign_in` and `answer_challenge`
//! through a client with a secret.

use cognito_emulator::auth::totp;
use cognito_mcp::config::Config;
use serde_json::{Value, json};

use crate::json::with;
use crate::test_server::TestServer;

const PASSWORD: &str = "Correct-Horse-7";
const SMS: &str = "arn:aws:iam::123456789012:role/sms";

/// Creates a user `ana` with a password, and with a verified address and phone
/// number.
async fn ana(server: &TestServer, pool: &Value) {
    let user = json!({
        "user_pool_id": pool["user_pool_id"],
        "username": "ana",
        "email": "ana@example.com",
        "phone_number": "+12065550100",
        "attributes": { "email_verified": "true", "phone_number_verified": "true" },
        "message_action": "SUPPRESS",
    });
    server.done("create_user", user).await;
    let password = json!({
        "user_pool_id": pool["user_pool_id"], "username": "ana", "new_password": PASSWORD,
    });
    server.done("reset_password", password).await;
}

fn sign_in(pool: &Value) -> Value {
    with(pool, json!({ "username": "ana", "password": PASSWORD }))
}

/// The arguments of the suggested next call, with `filled` in place of the
/// placeholders.
fn next(state: &Value, filled: Value) -> Value {
    assert_eq!(state["next"]["tool"], "answer_challenge", "{state}");
    with(&state["next"]["arguments"], filled)
}

async fn code(server: &TestServer, pool: &Value) -> Value {
    let newest = json!({ "user_pool_id": pool["user_pool_id"], "username": "ana", "limit": 1 });
    let mut outbox = server.done("read_outbox", newest).await;
    assert_eq!(outbox["messages"][0]["purpose"], "SignIn", "{outbox}");
    outbox["messages"][0]["code"].take()
}

/// The current code of the authenticator app.
fn code_of(server: &TestServer, secret: &str) -> String {
    let secret = totp::Secret::from_code(secret).unwrap();
    secret.password_at(server.stack().world().now())
}

/// Sets up an authenticator app with the user's access token; returns its
/// secret.
fn set_app_up(server: &TestServer, token: &Value) -> String {
    let secret = server.cognito("AssociateSoftwareToken", json!({ "AccessToken": token }));
    let secret = secret["SecretCode"].as_str().unwrap().to_owned();
    let code = json!({ "AccessToken": token, "UserCode": code_of(server, &secret) });
    server.cognito("VerifySoftwareToken", code);
    secret
}

fn prefer(server: &TestServer, pool: &Value, factors: Value) {
    let input = with(
        json!({ "UserPoolId": pool["user_pool_id"], "Username": "ana" }),
        factors,
    );
    server.cognito("AdminSetUserMFAPreference", input);
}

#[tokio::test]
async fn a_new_password_is_set_with_required_attributes() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(json!({
        "Schema": [{ "Name": "given_name", "Required": true, "Mutable": true }],
    }));
    for flow in ["ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"] {
        let username = flow.to_lowercase();
        let user = json!({
            "user_pool_id": pool["user_pool_id"],
            "username": username,
            "temporary_password": "Temporary-1",
            "message_action": "SUPPRESS",
        });
        server.done("create_user", user).await;
        let sign_in = json!({ "username": username, "password": "Temporary-1", "flow": flow });
        let state = server.done("sign_in", with(&pool, sign_in)).await;
        assert_eq!(state["challenge"], "NEW_PASSWORD_REQUIRED");
        assert_eq!(state["required_attributes"], json!(["given_name"]));
        assert_eq!(
            state["next"]["arguments"]["attributes"],
            json!({ "given_name": "<value>" })
        );

        // A refusal does not end the sign-in.
        let session = json!({ "session": state["session"] });
        let (sentence, facts) = server.refused("answer_challenge", session.clone()).await;
        assert!(sentence.contains("/new_password"), "{sentence}");
        assert_eq!(facts["code"], "InvalidArguments");
        let bare = with(&session, json!({ "new_password": PASSWORD }));
        let (sentence, _) = server.refused("answer_challenge", bare.clone()).await;
        assert!(
            sentence.contains("Invalid attributes given, given_name is missing"),
            "{sentence}"
        );
        let weak = json!({ "new_password": "weak", "attributes": { "given_name": "Ana" } });
        let (_, facts) = server
            .refused("answer_challenge", with(&session, weak))
            .await;
        assert_eq!(facts["code"], "InvalidPasswordException");

        let named = with(&bare, json!({ "attributes": { "given_name": "Ana" } }));
        let state = server.done("answer_challenge", named).await;
        assert_eq!(state["outcome"], "signed_in");
        assert_eq!(state["user"]["username"], username);
    }
}

#[tokio::test]
async fn a_code_of_an_app_works_once() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(json!({}));
    server.cognito(
        "SetUserPoolMfaConfig",
        json!({
            "UserPoolId": pool["user_pool_id"], "MfaConfiguration": "OPTIONAL",
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        }),
    );
    ana(&server, &pool).await;
    let state = server.done("sign_in", sign_in(&pool)).await;
    let secret = set_app_up(&server, &state["tokens"]["access_token"]);
    prefer(
        &server,
        &pool,
        json!({ "SoftwareTokenMfaSettings": { "Enabled": true, "PreferredMfa": true } }),
    );
    server.done("advance_clock", json!({ "seconds": 30 })).await;

    // The sign-in is by the address, although answers to challenges must
    // contain the username.
    let by_address = with(sign_in(&pool), json!({ "username": "ana@example.com" }));
    let state = server.done("sign_in", by_address.clone()).await;
    assert_eq!(state["challenge"], "SOFTWARE_TOKEN_MFA");
    let right = code_of(&server, &secret);
    let wrong = if right == "000000" {
        "000001"
    } else {
        "000000"
    };
    let (sentence, facts) = server
        .refused("answer_challenge", next(&state, json!({ "code": wrong })))
        .await;
    assert_eq!(facts["code"], "CodeMismatchException", "{sentence}");
    let signed_in = server
        .done("answer_challenge", next(&state, json!({ "code": right })))
        .await;
    assert_eq!(signed_in["user"]["username"], "ana");

    // The same code again, in another sign-in. The retry advances the clock.
    let state = server.done("sign_in", by_address).await;
    let (_, facts) = server
        .refused("answer_challenge", next(&state, json!({ "code": right })))
        .await;
    assert_eq!(facts["code"], "ExpiredCodeException");
    assert_eq!(facts["retry"]["tool"], "advance_clock", "{facts}");
    server
        .done("advance_clock", facts["retry"]["arguments"].clone())
        .await;
    let later = json!({ "code": code_of(&server, &secret) });
    let signed_in = server.done("answer_challenge", next(&state, later)).await;
    assert_eq!(signed_in["outcome"], "signed_in");
}

/// Signs in with codes that are sent. Only one of the two media has `USER_ID_FOR_SRP` in its
/// challenge.
async fn a_code_is_sent(settings: Value, mfa: Value, challenge: &str, medium: &str) {
    let server = TestServer::demo().await;
    let pool = server.new_pool(settings);
    let mfa = with(
        &mfa,
        json!({ "UserPoolId": pool["user_pool_id"], "MfaConfiguration": "ON" }),
    );
    server.cognito("SetUserPoolMfaConfig", mfa);
    ana(&server, &pool).await;
    for (flow, username) in [
        ("ADMIN_USER_PASSWORD_AUTH", "ana"),
        ("USER_PASSWORD_AUTH", "ana@example.com"),
    ] {
        let arguments = json!({ "username": username, "flow": flow });
        let state = server
            .done("sign_in", with(sign_in(&pool), arguments))
            .await;
        assert_eq!(state["challenge"], challenge);
        let to = state["code_sent_to"].as_str().unwrap();
        assert!(to.contains('*'), "{to}");
        assert!(
            state["explanation"].as_str().unwrap().contains(medium),
            "{state}"
        );
        let code = code(&server, &pool).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let (_, facts) = server
            .refused("answer_challenge", next(&state, json!({ "code": wrong })))
            .await;
        assert_eq!(facts["code"], "CodeMismatchException");
        assert_eq!(facts["retry"]["tool"], "read_outbox", "{facts}");
        let signed_in = server
            .done("answer_challenge", next(&state, json!({ "code": code })))
            .await;
        assert_eq!(signed_in["user"]["username"], "ana");
    }
}

#[tokio::test]
async fn a_code_is_sent_by_sms() {
    let settings = json!({ "SmsConfiguration": { "SnsCallerArn": SMS } });
    let mfa = json!({ "SmsMfaConfiguration": { "SmsConfiguration": { "SnsCallerArn": SMS } } });
    a_code_is_sent(settings, mfa, "SMS_MFA", "SMS").await;
}

/// Settings with their own sender, and with recovery by another medium than
/// e-mail.
fn by_email() -> Value {
    json!({
        "EmailConfiguration": {
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/pool@example.com",
        },
        "AccountRecoverySetting": {
            "RecoveryMechanisms": [{ "Name": "verified_phone_number", "Priority": 1 }],
        },
    })
}

#[tokio::test]
async fn a_code_is_sent_by_email() {
    let mfa = json!({ "EmailMfaConfiguration": {} });
    a_code_is_sent(by_email(), mfa, "EMAIL_OTP", "e-mail").await;
}

#[tokio::test]
async fn one_of_several_factors_is_chosen() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(with(
        by_email(),
        json!({ "SmsConfiguration": { "SnsCallerArn": SMS } }),
    ));
    server.cognito(
        "SetUserPoolMfaConfig",
        json!({
            "UserPoolId": pool["user_pool_id"], "MfaConfiguration": "OPTIONAL",
            "SmsMfaConfiguration": { "SmsConfiguration": { "SnsCallerArn": SMS } },
            "EmailMfaConfiguration": {},
        }),
    );
    ana(&server, &pool).await;
    prefer(
        &server,
        &pool,
        json!({
            "SMSMfaSettings": { "Enabled": true },
            "EmailMfaSettings": { "Enabled": true },
        }),
    );
    let by_address = with(sign_in(&pool), json!({ "username": "ana@example.com" }));
    for factor in ["SMS_MFA", "EMAIL_OTP"] {
        let state = server.done("sign_in", by_address.clone()).await;
        assert_eq!(state["challenge"], "SELECT_MFA_TYPE");
        assert_eq!(state["choices"], json!(["SMS_MFA", "EMAIL_OTP"]));
        let (_, facts) = server
            .refused(
                "answer_challenge",
                next(&state, json!({ "mfa_type": "SOFTWARE_TOKEN_MFA" })),
            )
            .await;
        assert_eq!(facts["code"], "MFAMethodNotFoundException");
        let state = server
            .done(
                "answer_challenge",
                next(&state, json!({ "mfa_type": factor })),
            )
            .await;
        assert_eq!(state["challenge"], factor);
        let code = code(&server, &pool).await;
        let signed_in = server
            .done("answer_challenge", next(&state, json!({ "code": code })))
            .await;
        assert_eq!(signed_in["user"]["username"], "ana");
    }
}

async fn pool_that_requires_an_app(server: &TestServer) -> Value {
    let pool = server.new_pool(json!({}));
    server.cognito(
        "SetUserPoolMfaConfig",
        json!({
            "UserPoolId": pool["user_pool_id"], "MfaConfiguration": "ON",
            "SoftwareTokenMfaConfiguration": { "Enabled": true },
        }),
    );
    ana(server, &pool).await;
    pool
}

#[tokio::test]
async fn an_app_is_set_up_and_then_required() {
    let server = TestServer::demo().await;
    let pool = pool_that_requires_an_app(&server).await;
    let state = server.done("sign_in", sign_in(&pool)).await;
    assert_eq!(state["challenge"], "MFA_SETUP");
    assert_eq!(state["choices"], json!(["SOFTWARE_TOKEN_MFA"]));

    // A code is refused before there is a secret. The retry gets the secret.
    let (_, facts) = server
        .refused(
            "answer_challenge",
            next(&state, json!({ "code": "123456" })),
        )
        .await;
    assert_eq!(facts["retry"], state["next"]);
    let state = server
        .done("answer_challenge", facts["retry"]["arguments"].clone())
        .await;
    let secret = state["secret_code"].as_str().unwrap().to_owned();
    let code = code_of(&server, &secret);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let (_, facts) = server
        .refused("answer_challenge", next(&state, json!({ "code": wrong })))
        .await;
    assert_eq!(facts["code"], "EnableSoftwareTokenMFAException");
    let signed_in = server
        .done("answer_challenge", next(&state, json!({ "code": code })))
        .await;
    assert_eq!(signed_in["outcome"], "signed_in", "{signed_in}");
    assert!(signed_in["tokens"]["refresh_token"].is_string());

    server.done("advance_clock", json!({ "seconds": 30 })).await;
    let state = server.done("sign_in", sign_in(&pool)).await;
    assert_eq!(state["challenge"], "SOFTWARE_TOKEN_MFA");
    let code = json!({ "code": code_of(&server, &secret) });
    let signed_in = server.done("answer_challenge", next(&state, code)).await;
    assert_eq!(signed_in["user"]["username"], "ana");
}

/// A setup that fails after the code was accepted can be continued.
#[tokio::test(start_paused = true)]
async fn an_interrupted_setup_is_continued() {
    let server = TestServer::demo().await;
    let pool = pool_that_requires_an_app(&server).await;
    let state = server.done("sign_in", sign_in(&pool)).await;
    let state = server
        .done("answer_challenge", next(&state, json!({})))
        .await;
    let fault = json!({
        "operation": "AdminRespondToAuthChallenge",
        "effect": "exception",
        "code": "TooManyRequestsException",
    });
    server.done("inject_fault", fault).await;
    let code = code_of(&server, state["secret_code"].as_str().unwrap());
    let answer = next(&state, json!({ "code": code }));
    let (_, facts) = server.refused("answer_challenge", answer.clone()).await;
    assert_eq!(facts["code"], "TooManyRequestsException");
    server.done("inject_fault", json!({ "clear": true })).await;
    let signed_in = server.done("answer_challenge", answer).await;
    assert_eq!(signed_in["outcome"], "signed_in");
}

#[tokio::test]
async fn secrets_are_hidden_by_the_setting() {
    let config = Config {
        reveal_secrets: Some(false),
        ..Config::default()
    };
    let server = TestServer::demo_with(config).await;
    let pool = pool_that_requires_an_app(&server).await;
    let state = server.done("sign_in", sign_in(&pool)).await;
    let state = server
        .done("answer_challenge", next(&state, json!({})))
        .await;
    let reference = |value: &Value, name: &str| {
        let shown = value.as_str().unwrap();
        assert!(shown.starts_with(&format!("secret:{name}/")), "{shown}");
    };
    reference(&state["secret_code"], "secret_code");
    assert!(
        state["explanation"]
            .as_str()
            .unwrap()
            .contains("does not show"),
        "{state}"
    );
    let demo = json!({ "username": "ana", "password": "Demo-Passw0rd" });
    let signed_in = server.done("sign_in", demo).await;
    for name in ["access_token", "id_token", "refresh_token"] {
        reference(&signed_in["tokens"][name], name);
    }
}

/// Each error for a session that can no longer be used names `sign_in`.
#[tokio::test]
async fn an_ended_sign_in_must_start_again() {
    let server = TestServer::demo().await;
    let ben = json!({ "username": "ben", "password": "Temporary-1" });
    let answer = |session: &Value| json!({ "session": session, "new_password": PASSWORD });

    for unknown in ["session-99", "session-", "AYABeExample"] {
        let (sentence, facts) = server
            .refused("answer_challenge", answer(&json!(unknown)))
            .await;
        assert_eq!(facts["code"], "UnknownSession");
        assert!(sentence.contains("`sign_in`"), "{sentence}");
    }

    let abandoned = server.done("sign_in", ben.clone()).await["session"].take();
    let expired = server.done("sign_in", ben.clone()).await["session"].take();
    assert_ne!(abandoned, expired);
    server.done("advance_clock", json!({ "minutes": 4 })).await;
    let (sentence, facts) = server.refused("answer_challenge", answer(&expired)).await;
    assert_eq!(facts["code"], "NotAuthorizedException");
    assert!(sentence.contains("session is expired"), "{sentence}");
    assert!(sentence.contains("`sign_in`"), "{sentence}");

    let session = server.done("sign_in", ben).await["session"].take();
    let signed_in = server.done("answer_challenge", answer(&session)).await;
    assert_eq!(signed_in["user"]["username"], "ben");
    let (sentence, facts) = server.refused("answer_challenge", answer(&session)).await;
    assert_eq!(facts["code"], "UnknownSession");
    assert!(sentence.contains("`sign_in`"), "{sentence}");

    // A reset ends the open sign-ins, and session names are not used again.
    server.done("reset_emulator", json!({})).await;
    let (_, facts) = server.refused("answer_challenge", answer(&abandoned)).await;
    assert_eq!(facts["code"], "UnknownSession");
    assert_eq!(server.session_count(), 3);
}
