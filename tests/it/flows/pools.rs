//! User pools: creation, changes, deletion.

use serde_json::{Value, json};

use crate::json::with;
use crate::test_server::TestServer;

#[tokio::test]
async fn a_pool_is_created_with_safe_settings() {
    let server = TestServer::demo().await;
    let made = server
        .done(
            "create_pool",
            json!({
                "name": "customers", "sign_in_by": "email",
                "required_attributes": ["given_name"],
                "password_length": 10, "tags": { "team": "identity" },
                "settings": { "Policies": { "PasswordPolicy": { "PasswordHistorySize": 3 } } },
            }),
        )
        .await;
    let pool = json!({ "user_pool_id": made["user_pool_id"] });
    assert_eq!(made["next"]["arguments"], pool);
    let shown = server.done("describe_pool", pool.clone()).await;
    // `settings` with the API's names are combined with the tool's own arguments.
    assert_eq!(
        shown["password_policy"],
        "At least 10 characters, with an upper-case letter, a lower-case letter, a digit, a symbol; \
         none of the last 3 passwords; temporary passwords last 7 days"
    );
    assert_eq!(shown["deletion_protection"], true);
    assert_eq!(shown["self_sign_up"], false);
    assert!(
        shown["sign_in"]
            .as_str()
            .unwrap()
            .contains("case does not matter")
    );
    assert_eq!(shown["auto_verified_attributes"], json!(["email"]));
    let tags = server.done("tag_pool", pool.clone()).await;
    assert_eq!(tags["tags"], json!({ "team": "identity" }));
    let tags = with(
        &pool,
        json!({ "set": { "stage": "test" }, "remove": ["team"] }),
    );
    let tags = server.done("tag_pool", tags).await;
    assert_eq!(tags["tags"], json!({ "stage": "test" }));

    let more = with(
        &pool,
        json!({ "attributes": [{ "name": "custom:level", "type": "Number" }] }),
    );
    server.done("add_pool_attributes", more).await;
    let shown = server.done("describe_pool", pool.clone()).await;
    assert_eq!(shown["custom_attributes"][0]["name"], "custom:level");

    // The pool is protected from deletion until the protection is switched off.
    let (sentence, facts) = server.refused("delete_pool", pool.clone()).await;
    assert_eq!(facts["retry"]["tool"], "update_pool", "{sentence}");
    server
        .done("update_pool", facts["retry"]["arguments"].clone())
        .await;
    server.done("delete_pool", pool.clone()).await;
    let (_, facts) = server.refused("describe_pool", pool).await;
    assert_eq!(facts["code"], "ResourceNotFoundException");
}

/// Settings that differ from the defaults.
fn settings() -> Value {
    json!({
        "Policies": {
            "PasswordPolicy": { "MinimumLength": 12, "RequireSymbols": true, "TemporaryPasswordValidityDays": 3 },
            "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] },
        },
        "LambdaConfig": { "PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f" },
        "AutoVerifiedAttributes": ["email"],
        "VerificationMessageTemplate": { "DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessage": "Code {####}" },
        "SmsAuthenticationMessage": "Code {####}",
        "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true },
        "EmailConfiguration": { "ReplyToEmailAddress": "a@example.com" },
        "SmsConfiguration": { "SnsCallerArn": "arn:aws:iam::123456789012:role/sms" },
        "UserAttributeUpdateSettings": { "AttributesRequireVerificationBeforeUpdate": ["email"] },
        "AdminCreateUserConfig": {
            "AllowAdminCreateUserOnly": true,
            "InviteMessageTemplate": { "EmailSubject": "Hello", "EmailMessage": "{username} {####}" },
        },
        "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Priority": 1, "Name": "verified_email" }] },
        "UserPoolTags": { "team": "a" },
        "UserPoolAddOns": { "AdvancedSecurityMode": "AUDIT" },
        "UserPoolTier": "PLUS",
    })
}

/// Cognito resets most settings that an update leaves out, so the tool sends all of them.
#[tokio::test]
async fn an_update_changes_only_the_named_settings() {
    let server = TestServer::demo().await;
    let pool = server.new_pool(settings());
    let id = pool["user_pool_id"].clone();
    let mfa = json!({ "UserPoolId": id, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": { "Enabled": true } });
    server.cognito("SetUserPoolMfaConfig", mfa.clone());
    let described = || {
        let mut pool =
            server.cognito("DescribeUserPool", json!({ "UserPoolId": id }))["UserPool"].take();
        pool.as_object_mut().unwrap().remove("LastModifiedDate");
        pool
    };
    let mfa_now = || server.cognito("GetUserPoolMfaConfig", json!({ "UserPoolId": id }));
    let before = (described(), mfa_now());
    let update = |change: Value| with(json!({ "user_pool_id": id }), change);

    // An update without settings changes nothing.
    let shown = server.done("update_pool", update(json!({}))).await;
    assert_eq!(shown["changed"], json!([]));
    assert_eq!((described(), mfa_now()), before);

    let changes = [
        (json!({ "name": "renamed" }), "/Name", json!("renamed")),
        (
            json!({ "self_sign_up": true }),
            "/AdminCreateUserConfig/AllowAdminCreateUserOnly",
            json!(false),
        ),
        (
            json!({ "password_length": 14 }),
            "/Policies/PasswordPolicy/MinimumLength",
            json!(14),
        ),
        (
            json!({ "deletion_protection": true }),
            "/DeletionProtection",
            json!("ACTIVE"),
        ),
        (
            json!({ "settings": { "DeviceConfiguration": { "DeviceOnlyRememberedOnUserPrompt": true } } }),
            "/DeviceConfiguration/DeviceOnlyRememberedOnUserPrompt",
            json!(true),
        ),
    ];
    let mut expected = before.0.clone();
    for (change, at, value) in changes {
        let shown = server.done("update_pool", update(change)).await;
        let setting = at[1..].replace('/', ".");
        assert_eq!(shown["changed"][0]["setting"], setting, "{shown}");
        assert_eq!(shown["changed"].as_array().unwrap().len(), 1, "{shown}");
        let (around, name) = at.rsplit_once('/').unwrap();
        expected.pointer_mut(around).unwrap()[name] = value;
        assert_eq!(described(), expected, "{at}");
    }
    // `reset` removes a setting and keeps the others.
    let shown = server
        .done("update_pool", update(json!({ "reset": ["lambda_config"] })))
        .await;
    assert_eq!(shown["changed"][0]["setting"], "LambdaConfig.PreSignUp");
    expected["LambdaConfig"] = json!({});
    assert_eq!((described(), mfa_now()), (expected, before.1));
}

#[tokio::test]
async fn settings_are_validated_before_any_request() {
    let server = TestServer::demo().await;
    let wrong =
        json!({ "settings": { "DeviceConfig": { "ChallengeRequiredOnNewDevice": "yes" } } });
    let (sentence, facts) = server.refused("update_pool", wrong).await;
    assert_eq!(
        facts["problems"][0]["pointer"], "/settings/DeviceConfig",
        "{sentence}"
    );
    assert_eq!(facts["problems"][0]["nearest"], "DeviceConfiguration");
    let misspelt = json!({ "settings": { "device_configuration": { "ChallengeRequiredOnNewDevice": "true" } } });
    server.done("update_pool", misspelt).await;
}
