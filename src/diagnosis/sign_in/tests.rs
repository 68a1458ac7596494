use std::collections::BTreeSet;

use super::*;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A user who can sign in by password. No check finds anything.
fn healthy() -> SignInFacts {
    SignInFacts {
        pool_id: "us-east-1_AbCdEfGhI".to_owned(),
        given: "ana".to_owned(),
        flow: Flow::UserPasswordAuth,
        pool: ResponseView(json!({ "UserPoolTier": "ESSENTIALS" })),
        mfa: Some(ResponseView(json!({ "MfaConfiguration": "OFF" }))),
        client: Some(ResponseView(json!({
            "ClientId": "1example23456789", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        }))),
        user: User::Found(ResponseView(json!({
            "Username": "ana", "UserStatus": "CONFIRMED", "Enabled": true,
            "UserCreateDate": "2026-01-01T00:00:00Z", "UserLastModifiedDate": "2026-01-01T00:00:00Z",
            "UserAttributes": [
                { "Name": "email", "Value": "ana@example.com" },
                { "Name": "email_verified", "Value": "true" },
            ],
        }))),
        factors: Some(ResponseView(
            json!({ "ConfiguredUserAuthFactors": ["PASSWORD"] }),
        )),
        devices: None,
        risk: None,
        events: Vec::new(),
        locked: None,
        refusals: Vec::new(),
        now: crate::cognito::time::milliseconds_of("2026-01-02T00:00:00Z").unwrap(),
    }
}

fn set(facts: &mut ResponseView, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = facts.0.pointer_mut(parent).unwrap();
    parent[name] = value;
}

fn user(facts: &mut SignInFacts, member: &str, value: Value) {
    let User::Found(user) = &mut facts.user else {
        panic!("ana exists");
    };
    set(user, &format!("/{member}"), value);
}

fn status(facts: &mut SignInFacts, status: &str) {
    user(facts, "UserStatus", json!(status));
}

fn absent(facts: &mut SignInFacts, given: &str, with_attribute: Value, nearest: Option<&str>) {
    given.clone_into(&mut facts.given);
    let users = with_attribute.as_array().into_iter().flatten().cloned();
    facts.user = User::Absent {
        with_attribute: users.map(ResponseView).collect(),
        nearest: nearest.map(ToOwned::to_owned),
    };
}

fn unverified() -> Value {
    json!([{ "Username": "ana", "Attributes": [{ "Name": "email", "Value": "ana@example.com" }] }])
}

fn refused(facts: &mut SignInFacts, code: &str, message: &str) {
    facts.refusals.push(Refusal {
        at: Some("2026-01-02T00:00:00Z".to_owned()),
        operation: "InitiateAuth".to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
    });
}

fn event(facts: &mut SignInFacts, more: Value) {
    let mut event = json!({ "kind": "SignIn", "result": "Fail", "at": "2026-01-01T23:59:59Z" });
    event
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    facts.events.push(ResponseView(event));
}

fn mfa(facts: &mut SignInFacts, mode: &str, config: Value, on: Value) {
    let mut all = config;
    all["MfaConfiguration"] = json!(mode);
    facts.mfa = Some(ResponseView(all));
    user(facts, "UserMFASettingList", on);
}

/// A change of the facts that makes a check find something.
type Change = fn(&mut SignInFacts);

/// For each check, changes that it finds, with the impact.
#[rustfmt::skip] // A table with one row per line.
const ROWS: &[(&str, Impact, Change)] = &[
    ("client_not_given", Impact::Informs, |it| it.client = None),
    ("secret_hash_required", Impact::Informs, |it| set(it.client.as_mut().unwrap(), "/ClientSecret", json!("s"))),
    ("flow_not_enabled", Impact::Blocks, |it| it.flow = Flow::UserSrpAuth),
    ("choice_not_in_plan", Impact::Blocks, |it| { it.flow = Flow::UserAuth; set(&mut it.pool, "/UserPoolTier", json!("LITE")); }),
    ("custom_challenge_not_configured", Impact::Blocks, |it| it.flow = Flow::CustomAuth),
    ("custom_challenge_not_configured", Impact::Uncertain, |it| {
        it.flow = Flow::CustomAuth;
        it.pool = ResponseView(json!({ "LambdaConfig": { "DefineAuthChallenge": "d", "CreateAuthChallenge": "c", "VerifyAuthChallengeResponse": "v" } }));
    }),
    ("reasons_hidden", Impact::Informs, |it| { status(it, "UNCONFIRMED"); set(it.client.as_mut().unwrap(), "/PreventUserExistenceErrors", json!("ENABLED")); }),
    ("user_not_found", Impact::Blocks, |it| absent(it, "dora", json!([]), None)),
    ("user_not_found", Impact::Blocks, |it| absent(it, "anna", json!([]), Some("ana"))),
    ("user_not_found", Impact::Uncertain, |it| { absent(it, "dora", json!([]), None); it.pool = ResponseView(json!({ "LambdaConfig": { "UserMigration": "m" } })); }),
    ("alias_not_enabled", Impact::Blocks, |it| absent(it, "ana@example.com", unverified(), Some("ana"))),
    ("alias_not_verified", Impact::Blocks, |it| { absent(it, "ana@example.com", unverified(), Some("ana")); it.pool = ResponseView(json!({ "AliasAttributes": ["email"] })); }),
    ("username_case_differs", Impact::Blocks, |it| absent(it, "ANA", json!([]), Some("ana"))),
    ("username_case_differs", Impact::Blocks, |it| absent(it, "ana ", json!([]), Some("ana"))),
    ("user_migration", Impact::Informs, |it| { absent(it, "dora", json!([]), None); it.pool = ResponseView(json!({ "LambdaConfig": { "UserMigration": "m" } })); }),
    ("user_disabled", Impact::Blocks, |it| user(it, "Enabled", json!(false))),
    ("user_unconfirmed", Impact::Blocks, |it| status(it, "UNCONFIRMED")),
    ("user_unconfirmed", Impact::Informs, |it| { status(it, "UNCONFIRMED"); it.flow = Flow::UserAuth; it.factors = Some(ResponseView(json!({ "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP"] }))); }),
    ("password_reset_required", Impact::Blocks, |it| status(it, "RESET_REQUIRED")),
    ("external_provider", Impact::Blocks, |it| status(it, "EXTERNAL_PROVIDER")),
    ("linked_providers", Impact::Informs, |it| user(it, "UserAttributes", json!([{ "Name": "identities", "Value": "[{\"providerName\":\"Corp\"}]" }]))),
    ("no_password", Impact::Blocks, |it| it.factors = Some(ResponseView(json!({ "ConfiguredUserAuthFactors": ["EMAIL_OTP"] })))),
    ("temporary_password_expired", Impact::Blocks, |it| { status(it, "FORCE_CHANGE_PASSWORD"); it.now += 6 * DAY; }),
    ("temporary_password_expired", Impact::Uncertain, |it| { status(it, "FORCE_CHANGE_PASSWORD"); it.now += 6 * DAY; user(it, "UserLastModifiedDate", json!("2026-01-07T00:00:00Z")); }),
    ("temporary_password_expired", Impact::Blocks, |it| {
        status(it, "FORCE_CHANGE_PASSWORD"); it.now += 6 * DAY; user(it, "UserLastModifiedDate", json!("2026-01-01T12:00:00Z"));
        refused(it, "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.");
    }),
    ("temporary_password", Impact::Informs, |it| status(it, "FORCE_CHANGE_PASSWORD")),
    ("required_attributes_missing", Impact::Informs, |it| { status(it, "FORCE_CHANGE_PASSWORD"); it.pool = ResponseView(json!({ "SchemaAttributes": [{ "Name": "name", "Required": true }] })); }),
    ("no_verified_address", Impact::Informs, |it| user(it, "UserAttributes", json!([{ "Name": "email", "Value": "ana@example.com" }]))),
    ("user_locked", Impact::Blocks, |it| it.locked = Some(Duration::from_millis(1500))),
    ("user_locked", Impact::Uncertain, |it| for _ in 0..5 { event(it, json!({})) }),
    ("wrong_passwords", Impact::Informs, |it| refused(it, "NotAuthorizedException", "Incorrect username or password.")),
    ("wrong_passwords", Impact::Informs, |it| event(it, json!({ "challenges": ["Password: Failure"] }))),
    ("password_compromised", Impact::Informs, |it| event(it, json!({ "compromised_credentials": true }))),
    ("password_compromised", Impact::Blocks, |it| {
        event(it, json!({ "compromised_credentials": true }));
        it.risk = Some(ResponseView(json!({ "CompromisedCredentialsRiskConfiguration": { "Actions": { "EventAction": "BLOCK" } } })));
    }),
    ("sign_in_blocked", Impact::Uncertain, |it| event(it, json!({ "risk": "Block", "ip_address": "192.0.2.7" }))),
    ("addresses_blocked", Impact::Informs, |it| it.risk = Some(ResponseView(json!({ "RiskExceptionConfiguration": { "BlockedIPRangeList": ["192.0.2.0/24"] } })))),
    ("function_failed", Impact::Uncertain, |it| refused(it, "UserLambdaValidationException", "PreAuthentication failed with error no.")),
    ("functions", Impact::Informs, |it| it.pool = ResponseView(json!({ "LambdaConfig": { "PreAuthentication": "p" } }))),
    ("no_first_factor", Impact::Blocks, |it| { it.flow = Flow::UserAuth; it.factors = Some(ResponseView(json!({}))); }),
    ("second_factor_unreachable", Impact::Blocks, |it| mfa(it, "OPTIONAL", json!({ "SmsMfaConfiguration": {} }), json!(["SMS_MFA"]))),
    ("second_factor_cannot_be_set_up", Impact::Blocks, |it| mfa(it, "ON", json!({ "SmsMfaConfiguration": {} }), json!([]))),
    ("second_factor_to_set_up", Impact::Informs, |it| mfa(it, "ON", json!({ "SoftwareTokenMfaConfiguration": { "Enabled": true } }), json!([]))),
    ("second_factor_required", Impact::Informs, |it| mfa(it, "OPTIONAL", json!({ "SoftwareTokenMfaConfiguration": { "Enabled": true } }), json!(["SOFTWARE_TOKEN_MFA"]))),
    ("second_factor_required", Impact::Informs, |it| mfa(it, "ON", json!({ "EmailMfaConfiguration": {}, "SmsMfaConfiguration": {} }), json!(["SMS_MFA", "EMAIL_OTP"]))),
    ("second_factor_not_offered", Impact::Informs, |it| mfa(it, "OPTIONAL", json!({}), json!(["SMS_MFA"]))),
    ("devices", Impact::Informs, |it| { it.devices = Some(2); it.pool = ResponseView(json!({ "DeviceConfiguration": { "ChallengeRequiredOnNewDevice": true } })); }),
];

fn run(id: &str, facts: &SignInFacts) -> Option<Finding> {
    let check = CHECKS.iter().find(|check| check.id == id);
    (check.unwrap_or_else(|| panic!("{id} is a check")).run)(facts)
}

#[test]
fn each_check_finds_its_cause_and_nothing_else() {
    for check in CHECKS {
        assert_eq!((check.run)(&healthy()), None, "{}", check.id);
    }
    for (id, impact, change) in ROWS {
        let mut facts = healthy();
        change(&mut facts);
        let found = run(id, &facts).unwrap_or_else(|| panic!("{id}: {facts:?}"));
        assert_eq!(found.impact, *impact, "{id}: {found:?}");
        assert!(
            !found.seen.is_empty() && !found.means.is_empty(),
            "{id}: {found:?}"
        );
    }
    let tested: BTreeSet<&str> = ROWS.iter().map(|(id, ..)| *id).collect();
    let all: BTreeSet<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(tested, all);
    assert_eq!(all.len(), CHECKS.len(), "ids are unique");
}

#[test]
fn fixes_name_the_pool_and_the_user() {
    let mut facts = healthy();
    user(&mut facts, "Enabled", json!(false));
    let fix = run("user_disabled", &facts).unwrap().fix.unwrap();
    let expected = json!({ "user_pool_id": "us-east-1_AbCdEfGhI", "username": "ana" });
    assert_eq!(fix, NextCall::new("enable_user", expected));
    facts.flow = Flow::UserSrpAuth;
    let found = run("flow_not_enabled", &facts).unwrap();
    assert_eq!(
        found.fix.unwrap().arguments["flows"],
        json!(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"])
    );
    let sign_in = found.user_call.unwrap();
    assert_eq!(sign_in.arguments["flow"], "USER_PASSWORD_AUTH");
}

/// The fix removes only the range that contains the address, or allows the address.
#[test]
fn a_blocked_address_is_removed_or_allowed() {
    let mut facts = healthy();
    event(
        &mut facts,
        json!({ "risk": "Block", "ip_address": "192.0.2.7" }),
    );
    let fix = run("sign_in_blocked", &facts).unwrap().fix.unwrap();
    assert_eq!(
        fix.arguments["always_allowed_ip_ranges"],
        json!(["192.0.2.7/32"])
    );
    let ranges = json!(["192.0.2.0/24", "198.51.100.0/24"]);
    let risk = json!({ "RiskExceptionConfiguration": { "BlockedIPRangeList": ranges } });
    facts.risk = Some(ResponseView(risk));
    let fix = run("sign_in_blocked", &facts).unwrap().fix.unwrap();
    assert_eq!(
        fix.arguments["blocked_ip_ranges"],
        json!(["198.51.100.0/24"])
    );
}

#[test]
fn a_user_is_created_only_with_a_name_that_the_pool_accepts() {
    for (pool, given, expected) in [
        (json!({}), "dora", true),
        (json!({}), "dora@example.com", true),
        (
            json!({ "AliasAttributes": ["email"] }),
            "dora@example.com",
            false,
        ),
        (json!({ "AliasAttributes": ["email"] }), "dora", true),
        (json!({ "UsernameAttributes": ["email"] }), "dora", false),
        (
            json!({ "UsernameAttributes": ["email"] }),
            "dora@example.com",
            true,
        ),
        (
            json!({ "UsernameAttributes": ["phone_number"] }),
            "+12065550100",
            true,
        ),
    ] {
        let mut facts = healthy();
        facts.pool = ResponseView(pool.clone());
        absent(&mut facts, given, json!([]), None);
        let found = run("user_not_found", &facts).unwrap();
        assert_eq!(found.fix.is_some(), expected, "{pool} {given}");
    }
}

/// An empty list of factors is no evidence outside of the choice of factors.
#[test]
fn no_password_needs_evidence() {
    let mut facts = healthy();
    facts.factors = Some(ResponseView(json!({})));
    assert_eq!(run("no_password", &facts), None);
    facts.factors = Some(ResponseView(
        json!({ "ConfiguredUserAuthFactors": ["EMAIL_OTP"] }),
    ));
    set(&mut facts.pool, "/UserPoolTier", json!("LITE"));
    assert_eq!(run("no_password", &facts), None);
}

#[test]
fn challenges_follow_from_the_flow_and_the_user() {
    let mut facts = healthy();
    assert_eq!(facts.challenges(), [""; 0]);
    facts.flow = Flow::UserSrpAuth;
    status(&mut facts, "FORCE_CHANGE_PASSWORD");
    let app = json!({ "SoftwareTokenMfaConfiguration": { "Enabled": true } });
    mfa(&mut facts, "ON", app, json!([]));
    assert_eq!(
        facts.challenges(),
        ["PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "MFA_SETUP"]
    );
    facts.flow = Flow::UserAuth;
    facts.factors = Some(ResponseView(
        json!({ "ConfiguredUserAuthFactors": ["EMAIL_OTP"] }),
    ));
    assert_eq!(facts.challenges(), ["SELECT_CHALLENGE", "EMAIL_OTP"]);
    facts.flow = Flow::CustomAuth;
    assert_eq!(facts.challenges(), ["CUSTOM_CHALLENGE"]);
}
