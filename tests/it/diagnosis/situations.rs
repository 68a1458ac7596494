//! Situations: pools, app clients and users that can sign in, or cannot.

use serde_json::{Value, json};

use super::person::Person;
use super::{ana, user};
use crate::test_server::PASSWORD;

/// A user in a pool, and what a diagnosis says of the sign-in.
pub(super) struct Situation {
    pub(super) name: &'static str,
    pub(super) pool: Value,
    pub(super) app: Value,
    pub(super) before: Vec<Step>,
    pub(super) person: Person,
    /// The finding.
    pub(super) finds: &'static str,
    /// The verdict, if the finding does not block.
    pub(super) verdict: &'static str,
    /// Whether a call of an administrator or the user's own way to sign in fixes it.
    pub(super) has_fix: bool,
    /// Whether only the emulator knows the cause.
    pub(super) only_emulated: bool,
}

/// A step before the sign-in.
pub(super) enum Step {
    /// An operation of Cognito.
    Call(&'static str, Value),
    /// Time passes, in seconds.
    Advance(u64),
    /// Sign-ins with a wrong password.
    Fail(usize),
}

fn finds(finds: &'static str, name: &'static str) -> Situation {
    Situation {
        name,
        pool: json!({}),
        app: json!({}),
        before: Vec::new(),
        person: user("ana"),
        finds,
        verdict: "unknown",
        has_fix: true,
        only_emulated: false,
    }
}

impl Situation {
    fn pool(mut self, pool: Value) -> Self {
        self.pool = pool;
        self
    }

    fn app(mut self, app: Value) -> Self {
        self.app = app;
        self
    }

    fn flows(self, flows: &[&str]) -> Self {
        self.app(json!({ "ExplicitAuthFlows": flows }))
    }

    fn after(mut self, operation: &'static str, input: Value) -> Self {
        self.before.push(Step::Call(operation, input));
        self
    }

    fn then(mut self, step: Step) -> Self {
        self.before.push(step);
        self
    }

    /// The name that the person signs in with.
    fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.person.username);
        self
    }

    fn by(mut self, flow: &'static str) -> Self {
        self.person.flow = flow;
        self
    }

    fn from(mut self, address: &'static str) -> Self {
        self.person.address = Some(address);
        self
    }

    fn without_hash(mut self) -> Self {
        self.person.sends_hash = false;
        self
    }

    fn no_fix(mut self) -> Self {
        self.has_fix = false;
        self
    }

    fn verdict(mut self, verdict: &'static str) -> Self {
        self.verdict = verdict;
        self
    }

    fn only_emulated(mut self) -> Self {
        self.only_emulated = true;
        self
    }

    /// Adds `ana` with attributes and a temporary password.
    fn invited(self, attributes: &[(&str, &str)]) -> Self {
        let list: Vec<Value> = attributes
            .iter()
            .map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect();
        self.after(
            "AdminCreateUser",
            ana(json!({
                "TemporaryPassword": PASSWORD, "MessageAction": "SUPPRESS", "UserAttributes": list,
            })),
        )
    }

    /// Adds `ana`, who has chosen a password.
    fn confirmed(self, attributes: &[(&str, &str)]) -> Self {
        let password = json!({ "Password": PASSWORD, "Permanent": true });
        self.invited(attributes)
            .after("AdminSetUserPassword", ana(password))
    }

    /// Adds `ana`, who signed up.
    fn signed_up(self) -> Self {
        let input = json!({
            "ClientId": "$client", "Username": "ana", "Password": PASSWORD,
            "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
        });
        self.after("SignUp", input)
    }

    fn mfa(self, input: Value) -> Self {
        self.after("SetUserPoolMfaConfig", input)
    }
}

const EMAIL: (&str, &str) = ("email", "ana@example.com");
const VERIFIED: (&str, &str) = ("email_verified", "true");
const PHONE: (&str, &str) = ("phone_number", "+12065550100");
const PHONE_VERIFIED: (&str, &str) = ("phone_number_verified", "true");
const DAY: u64 = 24 * 60 * 60;

fn sms() -> Value {
    json!({ "SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "id" })
}

fn sms_factor() -> Value {
    json!({ "SmsConfiguration": sms() })
}

fn aliases(names: &[&str]) -> Value {
    json!({ "AliasAttributes": names })
}

/// Causes that a sign-in meets before the user is looked at.
fn of_client() -> Vec<Situation> {
    let admin = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let flow = |name, flow: &'static str, flows: &[&str]| {
        finds("flow_not_enabled", name)
            .confirmed(&[])
            .flows(flows)
            .by(flow)
    };
    let essentials = json!({ "UserPoolTier": "LITE" });
    vec![
        flow("password flow of an administrators' client", "USER_PASSWORD_AUTH", &admin),
        flow("SRP of an administrators' client", "USER_SRP_AUTH", &admin),
        flow("choice of an administrators' client", "USER_AUTH", &admin),
        flow("administrator's flow of a client for apps", "ADMIN_USER_PASSWORD_AUTH", &["ALLOW_USER_SRP_AUTH"]),
        flow("administrator's flow of a client with older names", "ADMIN_USER_PASSWORD_AUTH", &["USER_PASSWORD_AUTH"]),
        flow("password flow of a client that only refreshes", "USER_PASSWORD_AUTH", &["ALLOW_REFRESH_TOKEN_AUTH"]),
        finds("flow_not_enabled", "flow that is off, and a disabled user")
            .confirmed(&[]).flows(&["ALLOW_USER_SRP_AUTH"]).after("AdminDisableUser", ana(json!({}))),
        finds("choice_not_in_plan", "choice in the plan LITE")
            .pool(essentials).confirmed(&[]).flows(&["ALLOW_USER_AUTH"]).by("USER_AUTH"),
        finds("custom_challenge_not_configured", "custom sign-in without functions")
            .confirmed(&[]).flows(&["ALLOW_CUSTOM_AUTH"]).by("CUSTOM_AUTH").no_fix(),
        finds("secret_hash_required", "application without the hash")
            .confirmed(&[EMAIL, VERIFIED]).app(json!({ "GenerateSecret": true })).without_hash().verdict("yes"),
        finds("function_failed", "function that does not exist")
            .pool(json!({ "LambdaConfig": { "PreAuthentication": "arn:aws:lambda:us-east-1:123456789012:function:gone" } }))
            .confirmed(&[]).then(Step::Fail(1)).no_fix().only_emulated(),
    ]
}

/// Causes in the name of the user.
fn of_names() -> Vec<Situation> {
    let by_email = || json!({ "UsernameAttributes": ["email"] });
    vec![
        finds("user_not_found", "misspelt name")
            .confirmed(&[])
            .named("anna"),
        finds("user_not_found", "misspelt name through the password flow")
            .confirmed(&[])
            .named("an")
            .by("USER_PASSWORD_AUTH"),
        finds("user_not_found", "unknown name").named("dora"),
        finds(
            "user_not_found",
            "unknown address where users sign in by address",
        )
        .pool(by_email())
        .named("dora@example.com"),
        finds(
            "user_not_found",
            "unknown name of a client that hides users",
        )
        .app(json!({ "PreventUserExistenceErrors": "ENABLED" }))
        .named("dora"),
        finds("user_not_found", "name where users sign in by address")
            .pool(by_email())
            .named("dora")
            .no_fix(),
        finds("alias_not_enabled", "address in a pool of usernames")
            .confirmed(&[EMAIL, VERIFIED])
            .named("ana@example.com"),
        finds("alias_not_enabled", "number in a pool of usernames")
            .confirmed(&[PHONE, PHONE_VERIFIED])
            .named("+12065550100"),
        finds("alias_not_enabled", "number where addresses are aliases")
            .pool(aliases(&["email"]))
            .confirmed(&[PHONE, PHONE_VERIFIED])
            .named("+12065550100"),
        finds("alias_not_enabled", "preferred username that is no alias")
            .confirmed(&[("preferred_username", "annie")])
            .named("annie"),
        finds("alias_not_verified", "address that is not verified")
            .pool(aliases(&["email"]))
            .confirmed(&[EMAIL])
            .named("ana@example.com"),
        finds("alias_not_verified", "number that is not verified")
            .pool(aliases(&["phone_number"]))
            .confirmed(&[PHONE])
            .named("+12065550100"),
        finds(
            "alias_not_verified",
            "address that is not verified, of a disabled user",
        )
        .pool(aliases(&["email"]))
        .confirmed(&[EMAIL])
        .named("ana@example.com")
        .by("USER_PASSWORD_AUTH"),
        finds("username_case_differs", "letter case")
            .confirmed(&[])
            .named("Ana"),
        finds(
            "username_case_differs",
            "letter case through the password flow",
        )
        .confirmed(&[])
        .named("ANA")
        .by("USER_PASSWORD_AUTH"),
    ]
}

/// Causes in the status and the password of the user.
fn of_users() -> Vec<Situation> {
    let otp = || json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } } });
    let no_password = || {
        ana(json!({ "MessageAction": "SUPPRESS", "UserAttributes": [
        { "Name": "email", "Value": "ana@example.com" }, { "Name": "email_verified", "Value": "true" },
    ] }))
    };
    let hides = || json!({ "PreventUserExistenceErrors": "ENABLED" });
    let recoverable = || json!({ "AutoVerifiedAttributes": ["email"] });
    vec![
        finds("user_disabled", "disabled user").confirmed(&[]).after("AdminDisableUser", ana(json!({}))),
        finds("user_disabled", "disabled user through the password flow")
            .confirmed(&[]).after("AdminDisableUser", ana(json!({}))).by("USER_PASSWORD_AUTH"),
        finds("user_disabled", "disabled user with a temporary password").invited(&[]).after("AdminDisableUser", ana(json!({}))),
        finds("user_disabled", "disabled user in the choice of factors")
            .confirmed(&[]).flows(&["ALLOW_USER_AUTH"]).by("USER_AUTH").after("AdminDisableUser", ana(json!({}))),
        finds("user_unconfirmed", "sign-up that is not confirmed").pool(recoverable()).signed_up(),
        finds("user_unconfirmed", "sign-up that is not confirmed, through the password flow").signed_up().by("USER_PASSWORD_AUTH"),
        finds("user_unconfirmed", "sign-up at a client that hides users").app(hides()).signed_up(),
        finds("user_unconfirmed", "disabled sign-up").signed_up().after("AdminDisableUser", ana(json!({}))),
        finds("user_unconfirmed", "sign-up in the choice of factors").app(json!({ "ExplicitAuthFlows": ["ALLOW_USER_AUTH"] })).signed_up().by("USER_AUTH"),
        finds("password_reset_required", "password that was reset")
            .confirmed(&[EMAIL, VERIFIED]).after("AdminResetUserPassword", ana(json!({}))),
        finds("password_reset_required", "password that was reset, through the password flow")
            .confirmed(&[EMAIL, VERIFIED]).after("AdminResetUserPassword", ana(json!({}))).by("USER_PASSWORD_AUTH"),
        finds("temporary_password_expired", "invitation of last week").invited(&[]).then(Step::Advance(7 * DAY)),
        finds("temporary_password_expired", "invitation of yesterday, where they last a day")
            .pool(json!({ "Policies": { "PasswordPolicy": { "MinimumLength": 8, "TemporaryPasswordValidityDays": 1 } } }))
            .invited(&[]).then(Step::Advance(DAY)).by("USER_PASSWORD_AUTH"),
        finds("temporary_password_expired", "new temporary password that has expired")
            .confirmed(&[]).then(Step::Advance(30 * DAY)).after("AdminSetUserPassword", ana(json!({ "Password": PASSWORD }))).then(Step::Advance(8 * DAY)),
        finds("temporary_password_expired", "old invitation of a disabled user")
            .invited(&[]).then(Step::Advance(10 * DAY)).after("AdminDisableUser", ana(json!({}))).then(Step::Advance(7 * DAY)),
        finds("temporary_password_expired", "old invitation of a user who was changed since")
            .invited(&[]).then(Step::Advance(8 * DAY))
            .after("AdminUpdateUserAttributes", ana(json!({ "UserAttributes": [{ "Name": "nickname", "Value": "A" }] }))),
        finds("no_password", "user of codes, at a password").pool(otp()).after("AdminCreateUser", no_password()),
        finds("no_password", "user of codes, through the password flow")
            .pool(otp()).after("AdminCreateUser", no_password()).by("USER_PASSWORD_AUTH"),
        finds("no_first_factor", "user of codes, where codes are off")
            .pool(otp()).flows(&["ALLOW_USER_AUTH"]).by("USER_AUTH").after("AdminCreateUser", no_password())
            .after("UpdateUserPool", json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD"] } } })),
        finds("user_locked", "user with five wrong passwords").confirmed(&[]).then(Step::Fail(5)).only_emulated(),
        finds("user_locked", "user with six wrong passwords, through the password flow")
            .confirmed(&[]).by("USER_PASSWORD_AUTH").then(Step::Fail(5)).then(Step::Advance(1)).then(Step::Fail(1)).only_emulated(),
    ]
}

/// Causes in second factors and threat protection.
fn of_factors() -> Vec<Situation> {
    let only_sms = || {
        json!({
            "MfaConfiguration": "ON", "SmsMfaConfiguration": { "SmsConfiguration": sms() },
        })
    };
    let optional_sms = || {
        json!({
            "MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": { "SmsConfiguration": sms() },
        })
    };
    let protected = || {
        json!({
            "UserPoolTier": "PLUS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" },
        })
    };
    let by_sms = || ana(json!({ "SMSMfaSettings": { "Enabled": true, "PreferredMfa": true } }));
    let no_number = || ana(json!({ "UserAttributeNames": ["phone_number"] }));
    let block = |range: &str| json!({ "RiskExceptionConfiguration": { "BlockedIPRangeList": [range, "198.51.100.0/24"] } });
    vec![
        finds(
            "second_factor_cannot_be_set_up",
            "required SMS of a user without a number",
        )
        .pool(sms_factor())
        .mfa(only_sms())
        .confirmed(&[]),
        finds(
            "second_factor_cannot_be_set_up",
            "required SMS of an invited user without a number",
        )
        .pool(sms_factor())
        .mfa(only_sms())
        .invited(&[])
        .by("USER_PASSWORD_AUTH"),
        finds("second_factor_unreachable", "number that was removed")
            .pool(sms_factor())
            .mfa(optional_sms())
            .confirmed(&[PHONE, PHONE_VERIFIED])
            .after("AdminSetUserMFAPreference", by_sms())
            .after("AdminDeleteUserAttributes", no_number()),
        finds(
            "second_factor_unreachable",
            "number that was removed, through the password flow",
        )
        .pool(sms_factor())
        .mfa(optional_sms())
        .confirmed(&[PHONE, PHONE_VERIFIED])
        .after("AdminSetUserMFAPreference", by_sms())
        .after("AdminDeleteUserAttributes", no_number())
        .by("USER_PASSWORD_AUTH"),
        finds("sign_in_blocked", "address that the pool blocks")
            .pool(protected())
            .confirmed(&[])
            .after("SetRiskConfiguration", block("192.0.2.0/24"))
            .from("192.0.2.7"),
        finds("sign_in_blocked", "address that the client blocks")
            .pool(protected())
            .confirmed(&[])
            .after("SetRiskConfiguration", block("192.0.2.7/32"))
            .from("192.0.2.7"),
    ]
}

/// Situations in which the sign-in fails.
pub(super) fn planted() -> Vec<Situation> {
    [of_client(), of_names(), of_users(), of_factors()]
        .into_iter()
        .flatten()
        .collect()
}

/// Situations in which the sign-in succeeds. The finding, if any, only informs.
pub(super) fn healthy() -> Vec<Situation> {
    let app_factor = |mode: &str| {
        json!({
            "MfaConfiguration": mode, "SoftwareTokenMfaConfiguration": { "Enabled": true },
        })
    };
    let sms_on = || {
        json!({
            "MfaConfiguration": "ON", "SmsMfaConfiguration": { "SmsConfiguration": sms() },
        })
    };
    let otp = || json!({ "Policies": { "SignInPolicy": { "AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"] } } });
    vec![
        finds("", "user with a password").confirmed(&[EMAIL, VERIFIED]),
        finds("no_verified_address", "user without an address").confirmed(&[]).by("USER_PASSWORD_AUTH"),
        finds("temporary_password", "invited user").invited(&[EMAIL]),
        finds("temporary_password", "invited user on the last day").invited(&[]).then(Step::Advance(7 * DAY - 1)),
        finds("", "verified alias").pool(aliases(&["email"])).confirmed(&[EMAIL, VERIFIED]).named("ana@example.com"),
        finds("", "preferred username").pool(aliases(&["preferred_username"])).confirmed(&[("preferred_username", "annie")]).named("annie"),
        finds("", "letter case in a pool that ignores it")
            .pool(json!({ "UsernameConfiguration": { "CaseSensitive": false } })).confirmed(&[]).named("ANA"),
        finds("secret_hash_required", "client with a secret").app(json!({ "GenerateSecret": true })).confirmed(&[]),
        finds("second_factor_to_set_up", "required app that is not set up").mfa(app_factor("ON")).confirmed(&[]),
        finds("second_factor_to_set_up", "invited user and a required app").mfa(app_factor("ON")).invited(&[]),
        finds("second_factor_required", "required SMS of a user with a number").pool(sms_factor()).mfa(sms_on()).confirmed(&[PHONE]),
        finds("", "optional app that is not set up").mfa(app_factor("OPTIONAL")).confirmed(&[]),
        finds("", "user by SRP").confirmed(&[]).flows(&["ALLOW_USER_SRP_AUTH"]).by("USER_SRP_AUTH"),
        finds("", "user who chooses the password").confirmed(&[]).flows(&["ALLOW_USER_AUTH"]).by("USER_AUTH"),
        finds("required_attributes_missing", "invited user without a required attribute")
            .pool(json!({ "Schema": [{ "Name": "given_name", "Required": true }] })).invited(&[]),
        finds("wrong_passwords", "one wrong password").confirmed(&[]).then(Step::Fail(1)),
        finds("", "five wrong passwords, and a second later").confirmed(&[]).then(Step::Fail(5)).then(Step::Advance(1)),
        finds("addresses_blocked", "addresses that the pool blocks")
            .pool(json!({ "UserPoolTier": "PLUS", "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" } }))
            .confirmed(&[]).after("SetRiskConfiguration", json!({ "RiskExceptionConfiguration": { "BlockedIPRangeList": ["192.0.2.0/24"] } }))
            .from("203.0.113.5"),
        finds("", "choice of factors with codes").pool(otp()).confirmed(&[EMAIL, VERIFIED]).flows(&["ALLOW_USER_AUTH"]).by("USER_AUTH"),
        finds("", "user of codes in the choice of factors")
            .pool(otp())
            .flows(&["ALLOW_USER_AUTH"])
            .by("USER_AUTH")
            .after("AdminCreateUser", ana(json!({ "MessageAction": "SUPPRESS", "UserAttributes": [
                { "Name": "email", "Value": "ana@example.com" }, { "Name": "email_verified", "Value": "true" },
            ] }))),
    ]
}
