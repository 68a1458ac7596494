//! Rules for the settings of a pool. Each of the three operations that write settings
//! must refuse a violation.

use cognito_emulator::testing::Fixture;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/sms";
const SES: &str = "arn:aws:ses:us-east-1:123456789012:identity/a@example.com";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

/// The pool's settings, calls before the update, and the update.
type Update = (Value, Vec<(&'static str, Value)>, Value);

/// A rule, and for each operation a request that breaks it. `None`: the operation has no
/// member that could break it.
struct Rule {
    name: &'static str,
    /// A part of the message.
    says: &'static str,
    create: Option<Value>,
    update: Option<Update>,
    /// The pool's settings, and the MFA settings.
    mfa: Option<(Value, Value)>,
}

/// A rule about members that `CreateUserPool` and `UpdateUserPool` share. The same values
/// break it in both.
fn settings(name: &'static str, says: &'static str, members: Value) -> Rule {
    Rule {
        name,
        says,
        create: Some(members.clone()),
        update: Some((json!({}), vec![], members)),
        mfa: None,
    }
}

fn recovery(names: &[&str]) -> Value {
    let option = |(place, name)| json!({"Priority": place + 1, "Name": name});
    let options: Vec<_> = names.iter().enumerate().map(option).collect();
    json!({"RecoveryMechanisms": options})
}

fn sms() -> Value {
    json!({"SnsCallerArn": ROLE})
}

fn totp() -> Value {
    json!({"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": true}})
}

/// Rules that a single request can break.
fn rules_of_settings() -> Vec<Rule> {
    let lambda = |config: Value| json!({"LambdaConfig": config});
    let other = "arn:aws:lambda:us-east-1:123456789012:function:g";
    let factors =
        |names: Value| json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": names}}});
    let mut passwordless = factors(json!(["PASSWORD", "EMAIL_OTP"]));
    passwordless["UserPoolTier"] = json!("LITE");
    vec![
        settings(
            "threat protection needs PLUS",
            "Threat Protection",
            json!({"UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}),
        ),
        settings(
            "first factors need ESSENTIALS",
            "Passwordless Sign-In",
            passwordless,
        ),
        settings(
            "PASSWORD is a first factor",
            "Password should be configured",
            factors(json!(["EMAIL_OTP"])),
        ),
        settings(
            "only verified attributes wait for verification",
            "must exist in AutoVerifiedAttributes",
            json!({"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}),
        ),
        settings(
            "recovery by administrators is alone",
            "cannot use admin_only setting",
            json!({"AccountRecoverySetting": recovery(&["admin_only", "verified_email"])}),
        ),
        settings(
            "recovery mechanisms differ",
            "duplicate priorities",
            json!({"AccountRecoverySetting": recovery(&["verified_email", "verified_email"])}),
        ),
        settings(
            "an own sender has an identity",
            "Source ARN is required",
            json!({"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER"}}),
        ),
        settings(
            "Cognito's sender has no identity",
            "not allowed to use your email identity",
            json!({"EmailConfiguration": {"SourceArn": SES}}),
        ),
        settings(
            "functions are of the Region",
            "Cross-region lambda",
            lambda(json!({"PreSignUp": "arn:aws:lambda:us-west-2:123456789012:function:f"})),
        ),
        settings(
            "a custom sender has a key",
            "KMSKeyId parameter",
            lambda(json!({"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": FUNCTION}})),
        ),
        settings(
            "the token trigger is one function",
            "Cannot use PreTokenGenerationLambda",
            lambda(
                json!({"PreTokenGeneration": FUNCTION, "PreTokenGenerationConfig": {"LambdaVersion": "V1_0", "LambdaArn": other}}),
            ),
        ),
        settings(
            "tags are not AWS's",
            "prefix aws:",
            json!({"UserPoolTags": {"aws:a": "b"}}),
        ),
    ]
}

/// Rules about the sender of SMS, which all three operations write.
fn rules_of_sms() -> Vec<Rule> {
    let rule = |name, says, sms: Value| Rule {
        mfa: Some((
            json!({}),
            json!({"MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsConfiguration": sms}}),
        )),
        ..settings(name, says, json!({"SmsConfiguration": sms}))
    };
    vec![
        rule(
            "SMS go through the Region",
            "Invalid snsRegion",
            json!({"SnsCallerArn": ROLE, "SnsRegion": "us-west-2"}),
        ),
        rule(
            "the role is of the account",
            "Cross-account pass role",
            json!({"SnsCallerArn": "arn:aws:iam::999999999999:role/sms"}),
        ),
        rule(
            "the role is a role",
            "trust relationship",
            json!({"SnsCallerArn": "arn:aws:sns:us-east-1:123456789012:topic"}),
        ),
        Rule {
            name: "MFA has a sender",
            says: "SMS configuration and Auto verification",
            create: Some(json!({"MfaConfiguration": "ON"})),
            update: Some((json!({}), vec![], json!({"MfaConfiguration": "OPTIONAL"}))),
            mfa: Some((
                json!({}),
                json!({"MfaConfiguration": "ON", "SmsMfaConfiguration": {}}),
            )),
        },
        Rule {
            mfa: Some((
                json!({"AutoVerifiedAttributes": ["phone_number"], "SmsConfiguration": sms()}),
                totp(),
            )),
            ..settings(
                "numbers are verified by SMS",
                "SMS configuration is required",
                json!({"AutoVerifiedAttributes": ["phone_number"]}),
            )
        },
    ]
}

/// Rules about factors, of which `CreateUserPool` can enable only SMS.
#[expect(clippy::too_many_lines, reason = "a table")]
fn rules_of_factors() -> Vec<Rule> {
    let first =
        |factor: &str| json!({"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", factor]}});
    let required = || json!({"MfaConfiguration": "ON", "SmsConfiguration": sms()});
    let with = |mut object: Value, name: &str, value: Value| {
        object[name] = value;
        object
    };
    let excluded = |name, says, factor: &str| Rule {
        name,
        says,
        create: Some(with(required(), "Policies", first(factor))),
        update: Some((required(), vec![], json!({"Policies": first(factor)}))),
        mfa: Some((json!({"Policies": first(factor)}), totp())),
    };
    let numbers = || json!({"AutoVerifiedAttributes": ["phone_number"], "SmsConfiguration": sms()});
    let by_sms =
        || json!({"MfaConfiguration": "ON", "SmsMfaConfiguration": {"SmsConfiguration": sms()}});
    let both = || recovery(&["verified_email", "verified_phone_number"]);
    let own =
        || json!({"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": SES}});
    let by_email = || json!({"MfaConfiguration": "ON", "EmailMfaConfiguration": {}});
    vec![
        excluded(
            "required MFA excludes one-time passwords",
            "Only PASSWORD and WEB_AUTHN",
            "EMAIL_OTP",
        ),
        excluded(
            "required MFA excludes passkeys of one factor",
            "SINGLE_FACTOR",
            "WEB_AUTHN",
        ),
        Rule {
            name: "the second factor does not recover",
            says: "as a recovery mechanism when SMS MFA is configured",
            create: Some(with(
                with(numbers(), "MfaConfiguration", json!("ON")),
                "AccountRecoverySetting",
                both(),
            )),
            // The pool has a setting of its own, because the default is the one that
            // breaks the rule.
            update: Some((
                with(
                    with(numbers(), "MfaConfiguration", json!("ON")),
                    "AccountRecoverySetting",
                    recovery(&["verified_phone_number", "verified_email"]),
                ),
                vec![],
                json!({"AutoVerifiedAttributes": ["phone_number"], "AccountRecoverySetting": both()}),
            )),
            mfa: Some((with(numbers(), "AccountRecoverySetting", both()), by_sms())),
        },
        Rule {
            name: "codes by e-mail have an own sender",
            says: "EmailSendingAccount of COGNITO_DEFAULT",
            create: None,
            update: Some((
                own(),
                vec![("SetUserPoolMfaConfig", by_email())],
                json!({"EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}}),
            )),
            mfa: Some((json!({}), by_email())),
        },
        Rule {
            name: "codes by e-mail need ESSENTIALS",
            says: "Email MFA",
            create: None,
            update: Some((
                own(),
                vec![("SetUserPoolMfaConfig", by_email())],
                with(own(), "UserPoolTier", json!("LITE")),
            )),
            mfa: Some((with(own(), "UserPoolTier", json!("LITE")), by_email())),
        },
    ]
}

/// Creates a pool, makes calls on it, and returns the text of the last reply.
fn last(pool: &Value, calls: &[(&str, Value)]) -> String {
    let mut fixture = Fixture::with_pool(pool.clone());
    let id = fixture.get("pool").to_owned();
    let mut text = String::new();
    for (position, (operation, input)) in calls.iter().enumerate() {
        let mut input = input.clone();
        input["UserPoolId"] = json!(id);
        let reply = fixture.call(operation, input);
        assert!(reply.is_ok() || position + 1 == calls.len(), "{reply}");
        text = reply.to_string();
    }
    text
}

#[test]
fn each_operation_refuses_each_violation() {
    let mut checked = 0;
    let rules = [rules_of_settings(), rules_of_sms(), rules_of_factors()];
    for rule in rules.into_iter().flatten() {
        let mut replies = vec![];
        if let Some(mut members) = rule.create {
            members["PoolName"] = json!("p");
            let reply = Fixture::empty().call("CreateUserPool", members);
            replies.push(("CreateUserPool", reply.to_string()));
        }
        if let Some((pool, mut calls, update)) = rule.update {
            calls.push(("UpdateUserPool", update));
            replies.push(("UpdateUserPool", last(&pool, &calls)));
        }
        if let Some((pool, settings)) = rule.mfa {
            let calls = [("SetUserPoolMfaConfig", settings)];
            replies.push(("SetUserPoolMfaConfig", last(&pool, &calls)));
        }
        for (operation, reply) in replies {
            assert!(
                reply.starts_with("400 ") && reply.contains(rule.says),
                "{}, {operation}: {reply}",
                rule.name
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 52);
}
