//! Each check of `audit_pool`: a pool that fails it, and the pool after its fixes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::json::with;
use crate::test_server::TestServer;

async fn audit(server: &TestServer) -> Value {
    let pool = json!({ "user_pool_id": server.pool_id(), "response_format": "detailed" });
    server.done("audit_pool", pool).await
}

fn ids(audit: &Value, list: &str) -> BTreeSet<String> {
    let items = audit[list].as_array().unwrap().iter();
    let id = |item: &Value| item.get("id").unwrap_or(item).as_str().unwrap().to_owned();
    items.map(id).collect()
}

/// A pool that fails a check, with the settings of its client.
#[expect(clippy::too_many_lines, reason = "a table")]
fn failing() -> Vec<(&'static str, Value, Value)> {
    let policy = |member: &str, value: Value| {
        let strong = json!({
            "MinimumLength": 14, "RequireUppercase": true, "RequireLowercase": true,
            "RequireNumbers": true, "RequireSymbols": true, "TemporaryPasswordValidityDays": 7,
        });
        json!({ "Policies": { "PasswordPolicy": with(strong, json!({ member: value })) } })
    };
    let enforced = json!({
        "UserPoolTier": "PLUS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" },
    });
    let sms = json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "id" });
    let oauth = |flows: Value, urls: Value| {
        json!({
            "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthFlows": flows,
            "AllowedOAuthScopes": ["openid"], "CallbackURLs": urls,
            "SupportedIdentityProviders": ["COGNITO"],
        })
    };
    let https = || json!(["https://app.example.com/callback"]);
    let role =
        json!({ "Schema": [{ "Name": "role", "AttributeDataType": "String", "Mutable": true }] });
    let none = || json!({});
    vec![
        ("threat_protection", none(), none()),
        ("threat_protection_custom_auth", none(), none()),
        ("compromised_credentials_blocked", enforced.clone(), none()),
        ("compromised_credentials_blocked", none(), none()),
        ("risky_sign_ins_blocked", enforced, none()),
        ("mfa_required", none(), none()),
        (
            "mfa_not_only_sms",
            json!({ "MfaConfiguration": "OPTIONAL", "SmsConfiguration": sms }),
            none(),
        ),
        (
            "passkeys_verify_user",
            json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"] } } }),
            none(),
        ),
        ("deletion_protection", none(), none()),
        ("password_length", policy("MinimumLength", json!(8)), none()),
        (
            "password_lowercase",
            policy("RequireLowercase", json!(false)),
            none(),
        ),
        (
            "password_uppercase",
            policy("RequireUppercase", json!(false)),
            none(),
        ),
        (
            "password_digit",
            policy("RequireNumbers", json!(false)),
            none(),
        ),
        (
            "password_symbol",
            policy("RequireSymbols", json!(false)),
            none(),
        ),
        (
            "temporary_password_days",
            policy("TemporaryPasswordValidityDays", json!(30)),
            none(),
        ),
        ("self_registration", none(), none()),
        (
            "recovery_not_by_sms",
            json!({ "AccountRecoverySetting": { "RecoveryMechanisms": [
            { "Priority": 1, "Name": "verified_phone_number" }, { "Priority": 2, "Name": "verified_email" },
        ] } }),
            none(),
        ),
        (
            "user_existence_hidden",
            none(),
            json!({ "PreventUserExistenceErrors": "LEGACY" }),
        ),
        (
            "token_revocation",
            none(),
            json!({ "EnableTokenRevocation": false }),
        ),
        (
            "implicit_grant",
            none(),
            oauth(json!(["code", "implicit"]), https()),
        ),
        (
            "local_callbacks",
            none(),
            oauth(
                json!(["code"]),
                json!(["https://app.example.com/callback", "http://localhost:3000"]),
            ),
        ),
        (
            "refresh_token_lifetime",
            none(),
            json!({ "RefreshTokenValidity": 365 }),
        ),
        ("writable_access_attributes", role.clone(), none()),
        (
            "writable_access_attributes",
            role,
            json!({ "WriteAttributes": ["email", "custom:role"] }),
        ),
        (
            "password_flow_of_public_client",
            none(),
            json!({ "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"] }),
        ),
    ]
}

#[tokio::test]
async fn the_fix_of_each_finding_removes_it() {
    let mut seen = BTreeSet::new();
    for (id, pool, app) in failing() {
        let server = TestServer::new(pool, app).await;
        let before = audit(&server).await;
        assert!(ids(&before, "findings").contains(id), "{id}: {before:#}");
        assert!(!ids(&before, "passed").contains(id), "{id}: {before:#}");
        let mut now = before;
        // A pool without threat protection needs it before it can block.
        for _ in 0..2 {
            let found = now["findings"].as_array().unwrap().clone();
            for finding in found.iter().filter(|finding| finding["id"] == id) {
                let fix = &finding["fix"];
                server
                    .done(fix["tool"].as_str().unwrap(), fix["arguments"].clone())
                    .await;
            }
            now = audit(&server).await;
        }
        assert!(!ids(&now, "findings").contains(id), "{id}: {now:#}");
        assert!(ids(&now, "passed").contains(id), "{id}: {now:#}");
        seen.insert(id.to_owned());
    }
    let server = TestServer::new(json!({}), json!({})).await;
    let all = audit(&server).await;
    let mut checks = ids(&all, "findings");
    checks.extend(ids(&all, "passed"));
    assert_eq!(seen, checks, "every check has a pool that fails it");
}

/// All fixes together: the worst pool passes every check.
#[tokio::test]
async fn fixes_can_be_made_one_after_another() {
    let server = TestServer::new(json!({}), json!({})).await;
    for _ in 0..2 {
        let audit = audit(&server).await;
        for finding in audit["findings"].as_array().unwrap() {
            let fix = &finding["fix"];
            server
                .done(fix["tool"].as_str().unwrap(), fix["arguments"].clone())
                .await;
        }
    }
    let audit = audit(&server).await;
    assert_eq!(audit["findings"], json!([]), "{audit:#}");
}

#[tokio::test]
async fn what_cannot_be_read_is_reported() {
    let server = TestServer::new(json!({}), json!({})).await;
    let expected = ["identity_pool_guests", "web_acl_attached", "unused_clients"];
    for (operation, check) in [
        ("GetUserPoolMfaConfig", "mfa_required"),
        ("DescribeUserPoolClient", "user_existence_hidden"),
        ("ListUserPoolClients", "token_revocation"),
    ] {
        super::deny(&server, operation).await;
        let audit = audit(&server).await;
        let not_read = audit["not_read"].as_array().unwrap();
        let is_there = |name: &str| not_read.iter().any(|part| part["what"] == name);
        assert!(is_there(check), "{audit:#}");
        assert!(expected.iter().all(|name| is_there(name)), "{audit:#}");
        assert!(!ids(&audit, "findings").contains(check), "{audit:#}");
        assert!(!ids(&audit, "passed").contains(check), "{audit:#}");
    }
}
