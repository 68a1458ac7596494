//! Devices that a user signed in on.

use serde_json::{Value, json};

use super::{Place, with};

/// A sign-in of ana on a new device, which is then confirmed: its key.
fn on_device(place: &Place, named: &Value) -> Value {
    let signed_in = place.cognito(
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
    place.cognito(
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
    let place = Place::new().await;
    let devices =
        json!({ "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": true });
    let pool = place.cognito(
        "CreateUserPool",
        json!({ "PoolName": "p", "DeviceConfiguration": devices }),
    )["UserPool"]["Id"]
        .take();
    let flows = json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    let client = place.cognito(
        "CreateUserPoolClient",
        json!({ "UserPoolId": pool, "ClientName": "c", "ExplicitAuthFlows": flows }),
    );
    let named = json!({ "user_pool_id": pool, "client_id": client["UserPoolClient"]["ClientId"] });
    let ana = json!({ "user_pool_id": pool, "username": "ana" });
    let user = with(&ana, json!({ "message_action": "SUPPRESS" }));
    place.done("create_user", user).await;
    let password = with(&ana, json!({ "new_password": "Correct-Horse-7" }));
    place.done("reset_password", password).await;
    let keys = [on_device(&place, &named), on_device(&place, &named)];

    let mut found = Vec::new();
    let mut page = place
        .done("list_devices", with(&ana, json!({ "limit": 1 })))
        .await;
    loop {
        let devices = page["devices"].as_array().unwrap().iter();
        found.extend(devices.map(|device| device["device_key"].clone()));
        let Some(next) = page.get("next") else { break };
        page = place.done("list_devices", next["arguments"].clone()).await;
    }
    assert_eq!(found.len(), 2);
    assert!(keys.iter().all(|key| found.contains(key)), "{found:?}");

    let device = with(&ana, json!({ "device_key": keys[0] }));
    let look = async || place.done("list_devices", device.clone()).await["devices"][0].take();
    let before = look().await;
    assert_eq!(before["name"], "Phone");
    assert_eq!(before["remembered"], false);
    assert!(before["last_sign_in_at"].as_str().unwrap().ends_with('Z'));
    for remembered in [true, false] {
        let set = with(&device, json!({ "remembered": remembered }));
        place.done("set_device_remembered", set).await;
        assert_eq!(look().await["remembered"], remembered);
    }
    place.done("forget_device", device.clone()).await;
    let (_, facts) = place.refused("forget_device", device).await;
    assert_eq!(facts["code"], "ResourceNotFoundException");
    assert_eq!(facts["retry"]["tool"], "list_devices", "{facts}");
    let page = place
        .done("list_devices", facts["retry"]["arguments"].clone())
        .await;
    assert_eq!(page["devices"].as_array().unwrap().len(), 1);
}
