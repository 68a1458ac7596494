//! Second factors, from the settings of a pool to the sign-in of a user.

use cognito_emulator::auth::totp;
use serde_json::{Value, json};

use crate::hiding_secrets;
use crate::json::with;
use crate::test_server::TestServer;

fn code_of(server: &TestServer, secret: &Value) -> String {
    let secret = totp::Secret::from_code(secret.as_str().unwrap()).unwrap();
    secret.password_at(server.stack().world().now())
}

fn sign_in() -> Value {
    json!({ "username": "ana", "password": "Demo-Passw0rd" })
}

async fn access_token(server: &TestServer) -> Value {
    let mut state = server.done("sign_in", sign_in()).await;
    json!({ "access_token": state["tokens"]["access_token"].take() })
}

#[tokio::test]
async fn an_authenticator_app_is_set_up_and_removed() {
    let server = TestServer::demo().await;
    let ana = json!({ "username": "ana" });
    let token = access_token(&server).await;
    let (_, facts) = server
        .refused("set_up_authenticator_app", token.clone())
        .await;
    assert_eq!(facts["code"], "SoftwareTokenMFANotFoundException");

    let shown = server
        .done(
            "set_mfa_config",
            json!({ "mode": "OPTIONAL", "authenticator_app": true }),
        )
        .await;
    assert_eq!(shown["config"]["mode"], "OPTIONAL");
    assert_eq!(shown["config"]["factors"], json!(["SOFTWARE_TOKEN_MFA"]));

    let setup = server.done("set_up_authenticator_app", token.clone()).await;
    assert_eq!(setup["complete"], false);
    let code = code_of(&server, &setup["secret_code"]);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let next = &setup["next"]["arguments"];
    let (_, facts) = server
        .refused(
            "set_up_authenticator_app",
            with(next, json!({ "code": wrong })),
        )
        .await;
    assert_eq!(facts["code"], "EnableSoftwareTokenMFAException");
    let done = server
        .done(
            "set_up_authenticator_app",
            with(next, json!({ "code": code })),
        )
        .await;
    assert_eq!(done["complete"], true);
    assert_eq!(done["next"]["tool"], "set_mfa_preference");

    let factors = server.done("get_user_factors", ana.clone()).await;
    assert_eq!(factors["second_factors"], json!([]), "{factors}");
    assert_eq!(
        factors["explanation"],
        "The user has no second factor enabled, and signs in without one."
    );
    let factors = server
        .done("set_mfa_preference", done["next"]["arguments"].clone())
        .await;
    assert_eq!(factors["preferred"], "SOFTWARE_TOKEN_MFA");
    assert_eq!(
        factors["explanation"],
        "A sign-in requires SOFTWARE_TOKEN_MFA."
    );
    let state = server.done("sign_in", sign_in()).await;
    assert_eq!(state["challenge"], "SOFTWARE_TOKEN_MFA");

    server.done("remove_authenticator_app", ana.clone()).await;
    let factors = server.done("get_user_factors", ana).await;
    assert_eq!(factors["second_factors"], json!([]));
    let state = server.done("sign_in", sign_in()).await;
    assert_eq!(state["outcome"], "signed_in");
}

/// Changing a factor keeps the others, and at most one factor is preferred.
#[tokio::test]
async fn another_factor_is_preferred() {
    let server = TestServer::demo().await;
    let role = "arn:aws:iam::123456789012:role/sms";
    let sms = json!({ "SnsCallerArn": role, "ExternalId": "x" });
    let named = server.new_pool(json!({
        "SmsConfiguration": sms, "AutoVerifiedAttributes": ["phone_number"],
        "EmailConfiguration": {
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
        },
    }));
    let pool = json!({ "user_pool_id": named["user_pool_id"] });
    // The factors use the pool's own senders.
    let change = with(
        &pool,
        json!({ "mode": "OPTIONAL", "sms": true, "email": true, "email_subject": "Your code" }),
    );
    let shown = server.done("set_mfa_config", change).await;
    assert_eq!(shown["config"]["factors"], json!(["EMAIL_OTP", "SMS_MFA"]));
    let ana = with(&pool, json!({ "username": "ana" }));
    let user = json!({ "email": "ana@example.com", "phone_number": "+15555550100", "message_action": "SUPPRESS" });
    server.done("create_user", with(&ana, user)).await;

    let prefer = |factor: &str| with(&ana, json!({ "prefer": factor }));
    let factors = server.done("set_mfa_preference", prefer("SMS_MFA")).await;
    assert_eq!(factors["preferred"], "SMS_MFA");
    let factors = server.done("set_mfa_preference", prefer("EMAIL_OTP")).await;
    assert_eq!(factors["preferred"], "EMAIL_OTP");
    assert_eq!(factors["second_factors"], json!(["SMS_MFA", "EMAIL_OTP"]));
    // Enabling another factor does not change the preference.
    let enable = with(&ana, json!({ "enable": ["SMS_MFA"] }));
    let factors = server.done("set_mfa_preference", enable).await;
    assert_eq!(factors["preferred"], "EMAIL_OTP");
    let disable = with(&ana, json!({ "disable": ["EMAIL_OTP"] }));
    let factors = server.done("set_mfa_preference", disable).await;
    assert_eq!(factors.get("preferred"), None, "{factors}");
    assert_eq!(factors["second_factors"], json!(["SMS_MFA"]));
    let both = with(&ana, json!({ "prefer": "SMS_MFA", "disable": ["SMS_MFA"] }));
    let (_, facts) = server.refused("set_mfa_preference", both).await;
    assert_eq!(facts["code"], "InvalidArguments");

    // A pool that verifies phone numbers needs its SMS settings.
    let (_, facts) = server
        .refused("set_mfa_config", with(&pool, json!({ "sms": false })))
        .await;
    assert_eq!(facts["code"], "InvalidParameterException");
}

/// Settings that a call does not name are kept.
#[tokio::test]
async fn settings_that_are_not_named_are_kept() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(json!({
        "EmailConfiguration": {
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": "arn:aws:ses:us-east-1:123456789012:identity/a@example.com",
        },
    }));
    let pool = json!({ "user_pool_id": pool["user_pool_id"] });
    let both = json!({
        "mode": "OPTIONAL", "authenticator_app": true, "email": true, "email_subject": "Your code",
    });
    server.done("set_mfa_config", with(&pool, both)).await;
    let shown = server
        .done(
            "set_mfa_config",
            with(&pool, json!({ "authenticator_app": false })),
        )
        .await;
    assert_eq!(shown["changed"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown["config"]["email_subject"], "Your code");
    assert_eq!(shown["config"]["factors"], json!(["EMAIL_OTP"]));
    let shown = server
        .done("set_mfa_config", with(&pool, json!({ "mode": "OFF" })))
        .await;
    assert_eq!(shown["config"]["factors"], json!([]));
    let passkeys = json!({ "passkey_relying_party": "example.com", "passkey_verifies_user": true });
    let shown = server.done("set_mfa_config", with(&pool, passkeys)).await;
    assert_eq!(shown["config"]["passkey_user_verification"], "required");
    let change = with(
        &pool,
        json!({ "mode": "OPTIONAL", "authenticator_app": true }),
    );
    server.done("set_mfa_config", change).await;
    let config = server.done("get_mfa_config", pool).await;
    assert_eq!(config["passkey_relying_party"], "example.com");
    assert_eq!(config["factors"], json!(["SOFTWARE_TOKEN_MFA"]));
}

#[tokio::test]
async fn a_seed_is_hidden_with_the_other_secrets() {
    let server = TestServer::demo_with(hiding_secrets()).await;
    let app = json!({ "mode": "OPTIONAL", "authenticator_app": true });
    server.done("set_mfa_config", app).await;
    let token = access_token(&server).await;
    let setup = server.done("set_up_authenticator_app", token.clone()).await;
    let shown = setup["secret_code"].as_str().unwrap();
    assert!(shown.starts_with("secret:secret_code/"), "{shown}");
    // The token was a reference, which may be shown again.
    assert_eq!(
        setup["next"]["arguments"]["access_token"],
        token["access_token"]
    );
}

#[tokio::test]
async fn a_user_without_a_passkey_has_an_empty_list() {
    let server = TestServer::demo().await;
    let token = access_token(&server).await;
    let page = server.done("list_passkeys", token.clone()).await;
    assert_eq!(page["passkeys"], json!([]));
    let gone = with(&token, json!({ "credential_id": "KEqeFxg0nVrTqC4PvCnqUw" }));
    let (_, facts) = server.refused("delete_passkey", gone).await;
    assert_eq!(facts["code"], "ResourceNotFoundException");
    assert_eq!(facts["retry"]["tool"], "list_passkeys", "{facts}");
}
