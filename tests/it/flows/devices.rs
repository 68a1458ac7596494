//! Devices of a user.

use serde_json::{Value, json};

use crate::json::with;
use crate::lists;
use crate::test_server::TestServer;

/// Signs `ana` in on a new device and confirms the device; returns its key.
fn on_device(server: &TestServer, named: &Value) -> Value {
    let signed_in = server.cognito(
        "InitiateAuth",
        json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": named["client_id"],
            "AuthParameters": { "USERNAME": "ana", "PASSWORD": "Correct-Horse-7" },
        }),
    );
    let result = &signed_in["AuthenticationResult"];
    let key = result["NewDeviceMetadata"]["DeviceKey"].clone();
    let verifier = json!({ "Salt": "c2FsdA==", "PasswordVerifier": "dmVyaWZpZXI=" });
    server.cognito(
        "ConfirmDevice",
        json!({
            "AccessToken": result["AccessToken"], "DeviceKey": key, "DeviceName": "Phone",
            "DeviceSecretVerifierConfig": verifier,
        }),
    );
    key
}

#[tokio::test]
async fn a_device_is_remembered_and_forgotten() {
    let server = TestServer::demo().await;
    let devices =
        json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true });
    let pool = server.cognito(
        "CreateUserPool",
        json!({ "PoolName": "p", "DeviceConfiguration": devices }),
    )["UserPool"]["Id"]
        .take();
    let flows = json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let client = server.cognito(
        "CreateUserPoolClient",
        json!({ "UserPoolId": pool, "ClientName": "c", "ExplicitAuthFlows": flows }),
    );
    let named = json!({ "user_pool_id": pool, "client_id": client["UserPoolClient"]["ClientId"] });
    let ana = json!({ "user_pool_id": pool, "username": "ana" });
    let user = with(&ana, json!({ "message_action": "SUPPRESS" }));
    server.done("create_user", user).await;
    let password = with(&ana, json!({ "new_password": "Correct-Horse-7" }));
    server.done("reset_password", password).await;
    let keys = [on_device(&server, &named), on_device(&server, &named)];

    let first = with(&ana, json!({ "limit": 1 }));
    let found = lists::all_by(&server.client, "list_devices", first, "device_key").await;
    assert_eq!(found.len(), 2);
    let listed = |key: &Value| found.iter().any(|found| key == found);
    assert!(keys.iter().all(listed), "{found:?}");

    let device = with(&ana, json!({ "device_key": keys[0] }));
    let look = async || server.done("list_devices", device.clone()).await["devices"][0].take();
    let before = look().await;
    assert_eq!(before["name"], "Phone");
    assert_eq!(before["remembered"], false);
    assert!(before["last_sign_in_at"].as_str().unwrap().ends_with('Z'));
    for remembered in [true, false] {
        let set = with(&device, json!({ "remembered": remembered }));
        server.done("set_device_remembered", set).await;
        assert_eq!(look().await["remembered"], remembered);
    }
    server.done("forget_device", device.clone()).await;
    let (_, facts) = server.refused("forget_device", device).await;
    assert_eq!(facts["code"], "ResourceNotFoundException");
    assert_eq!(facts["retry"]["tool"], "list_devices", "{facts}");
    let page = server
        .done("list_devices", facts["retry"]["arguments"].clone())
        .await;
    assert_eq!(page["devices"].as_array().unwrap().len(), 1);
}
