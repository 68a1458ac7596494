use std::collections::BTreeSet;

use super::*;

/// A pool that passes every check.
fn safe() -> Pool {
    Pool {
        id: "us-east-1_AbCdEfGhI".to_owned(),
        described: ResponseView(json!({
            "UserPoolAddOns": {
                "AdvancedSecurityMode": "ENFORCED",
                "AdvancedSecurityAdditionalFlows": { "CustomAuthMode": "ENFORCED" },
            },
            "DeletionProtection": "ACTIVE",
            "Policies": { "PasswordPolicy": {
                "MinimumLength": 14, "RequireLowercase": true, "RequireUppercase": true,
                "RequireNumbers": true, "RequireSymbols": true, "TemporaryPasswordValidityDays": 7,
            }, "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] } },
            "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": true },
            "AccountRecoverySetting": { "RecoveryMechanisms": [{ "Priority": 1, "Name": "verified_email" }] },
            "SchemaAttributes": [{ "Name": "email", "Mutable": true }, { "Name": "custom:role", "Mutable": true }],
        })),
        mfa: Some(ResponseView(json!({
            "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true },
            "WebAuthnConfiguration": { "UserVerification": "required" },
        }))),
        risk: Some(ResponseView(json!({
            "CompromisedCredentialsRiskConfiguration": { "Actions": { "EventAction": "BLOCK" } },
            "AccountTakeoverRiskConfiguration": { "Actions": {
                "LowAction": { "EventAction": "BLOCK" },
                "MediumAction": { "EventAction": "BLOCK" },
                "HighAction": { "EventAction": "BLOCK" },
            } },
        }))),
        clients: Some(vec![ResponseView(json!({
            "ClientId": "1example23456789", "ClientName": "web",
            "PreventUserExistenceErrors": "ENABLED", "EnableTokenRevocation": true,
            "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "CallbackURLs": ["https://app.example.com"], "WriteAttributes": ["email"],
        }))]),
    }
}

type Change = (&'static str, Value);

/// For each check, a change that makes it fail: the pointer begins with the part.
#[rustfmt::skip] // A table with one row per line.
fn rows() -> Vec<(&'static str, Severity, Vec<Change>)> {
    use Severity::{High, Low, Medium};
    vec![
        ("threat_protection", Medium, vec![("pool/UserPoolAddOns/AdvancedSecurityMode", json!("AUDIT"))]),
        ("threat_protection_custom_auth", Medium, vec![("pool/UserPoolAddOns/AdvancedSecurityAdditionalFlows", json!({}))]),
        ("compromised_credentials_blocked", Medium, vec![("risk/CompromisedCredentialsRiskConfiguration/Actions/EventAction", json!("NO_ACTION"))]),
        ("compromised_credentials_blocked", Medium, vec![("risk/CompromisedCredentialsRiskConfiguration/EventFilter", json!(["SIGN_UP"]))]),
        ("compromised_credentials_blocked", Medium, vec![("pool/UserPoolAddOns/AdvancedSecurityMode", json!("OFF"))]),
        ("risky_sign_ins_blocked", Low, vec![("risk/AccountTakeoverRiskConfiguration/Actions/LowAction/EventAction", json!("MFA_IF_CONFIGURED"))]),
        ("risky_sign_ins_blocked", Medium, vec![("risk/AccountTakeoverRiskConfiguration/Actions/HighAction/EventAction", json!("NO_ACTION"))]),
        ("mfa_required", Low, vec![("mfa/MfaConfiguration", json!("OPTIONAL"))]),
        ("mfa_required", Medium, vec![("mfa/MfaConfiguration", json!("OFF"))]),
        ("mfa_not_only_sms", Low, vec![("mfa/SoftwareTokenMfaConfiguration", json!({})), ("mfa/SmsMfaConfiguration", json!({}))]),
        ("passkeys_verify_user", Low, vec![("pool/Policies/SignInPolicy/AllowedFirstAuthFactors", json!(["PASSWORD", "WEB_AUTHN"])), ("mfa/WebAuthnConfiguration/UserVerification", json!("preferred"))]),
        ("deletion_protection", Medium, vec![("pool/DeletionProtection", json!("INACTIVE"))]),
        ("password_length", Low, vec![("pool/Policies/PasswordPolicy/MinimumLength", json!(13))]),
        ("password_length", Medium, vec![("pool/Policies/PasswordPolicy/MinimumLength", json!(7))]),
        ("password_lowercase", Medium, vec![("pool/Policies/PasswordPolicy/RequireLowercase", json!(false))]),
        ("password_uppercase", Medium, vec![("pool/Policies/PasswordPolicy/RequireUppercase", json!(false))]),
        ("password_digit", Medium, vec![("pool/Policies/PasswordPolicy/RequireNumbers", json!(false))]),
        ("password_symbol", Medium, vec![("pool/Policies/PasswordPolicy/RequireSymbols", json!(false))]),
        ("temporary_password_days", Medium, vec![("pool/Policies/PasswordPolicy/TemporaryPasswordValidityDays", json!(8))]),
        ("self_registration", Low, vec![("pool/AdminCreateUserConfig/AllowAdminCreateUserOnly", json!(false))]),
        ("recovery_not_by_sms", Low, vec![("pool/AccountRecoverySetting", json!({}))]),
        ("recovery_not_by_sms", Low, vec![("pool/AccountRecoverySetting/RecoveryMechanisms", json!([{ "Priority": 2, "Name": "verified_email" }, { "Priority": 1, "Name": "verified_phone_number" }]))]),
        ("user_existence_hidden", Medium, vec![("client/PreventUserExistenceErrors", json!("LEGACY"))]),
        ("token_revocation", Medium, vec![("client/EnableTokenRevocation", json!(false))]),
        ("implicit_grant", Medium, vec![("client/AllowedOAuthFlowsUserPoolClient", json!(true)), ("client/AllowedOAuthFlows", json!(["implicit"]))]),
        ("local_callbacks", Low, vec![("client/CallbackURLs", json!(["http://localhost"]))]),
        ("refresh_token_lifetime", Low, vec![("client/RefreshTokenValidity", json!(31))]),
        ("refresh_token_lifetime", Low, vec![("client/RefreshTokenValidity", json!(721)), ("client/TokenValidityUnits", json!({ "RefreshToken": "hours" }))]),
        ("writable_access_attributes", High, vec![("client/WriteAttributes", json!(["custom:role"]))]),
        ("writable_access_attributes", High, vec![("client/WriteAttributes", json!([]))]),
        ("password_flow_of_public_client", Low, vec![("client/ExplicitAuthFlows", json!(["ALLOW_USER_PASSWORD_AUTH"]))]),
    ]
}

fn change(pool: &mut Pool, at: &str, value: Value) {
    let (part, pointer) = at.split_once('/').unwrap();
    let facts = match part {
        "pool" => &mut pool.described,
        "mfa" => pool.mfa.as_mut().unwrap(),
        "risk" => pool.risk.as_mut().unwrap(),
        _ => &mut pool.clients.as_mut().unwrap()[0],
    };
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let parent = if parent.is_empty() {
        String::new()
    } else {
        format!("/{parent}")
    };
    facts.0.pointer_mut(&parent).unwrap()[name] = value;
}

#[test]
fn each_check_fails_for_its_setting_and_passes_a_safe_pool() {
    for check in CHECKS {
        assert_eq!((check.run)(&safe()), Outcome::Passed, "{}", check.id);
        assert!(!check.sources.is_empty(), "{}", check.id);
    }
    let mut tested = BTreeSet::new();
    for (id, severity, changes) in rows() {
        let mut pool = safe();
        for (at, value) in &changes {
            change(&mut pool, at, value.clone());
        }
        let check = CHECKS.iter().find(|check| check.id == id).unwrap();
        let Outcome::Failed(found) = (check.run)(&pool) else {
            panic!("{id}: {changes:?}");
        };
        assert_eq!(found[0].severity, severity, "{id}: {found:?}");
        tested.insert(id);
    }
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(tested, all);
    assert_eq!(all.len(), CHECKS.len(), "ids are unique");
}

#[test]
fn a_part_that_is_missing_is_not_a_finding() {
    let pool = Pool {
        mfa: None,
        risk: None,
        clients: None,
        ..safe()
    };
    for check in CHECKS {
        let outcome = (check.run)(&pool);
        assert!(
            !matches!(outcome, Outcome::Failed(_)),
            "{}: {outcome:?}",
            check.id
        );
    }
    let is_missing = |id: &str| {
        let check = CHECKS.iter().find(|check| check.id == id).unwrap();
        matches!((check.run)(&pool), Outcome::NotRead(_))
    };
    assert!(is_missing("mfa_required") && is_missing("token_revocation"));
    assert!(is_missing("risky_sign_ins_blocked"));
}

/// The other attributes stay writable.
#[test]
fn a_fix_of_a_list_keeps_the_rest() {
    let mut pool = safe();
    change(
        &mut pool,
        "client/WriteAttributes",
        json!(["custom:role", "email"]),
    );
    let check = CHECKS
        .iter()
        .find(|check| check.id == "writable_access_attributes")
        .unwrap();
    let Outcome::Failed(found) = (check.run)(&pool) else {
        panic!("the role is writable");
    };
    let fix = found[0].fix.as_ref().unwrap();
    assert_eq!(
        fix.arguments["settings"]["WriteAttributes"],
        json!(["email"])
    );
}
