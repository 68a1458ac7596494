//! Checks of the settings of a whole pool.

use serde_json::json;

use super::super::{listed, second_factor};
use super::{Outcome, Pool, Severity, Weakness};

fn protection(pool: &Pool) -> &str {
    pool.described.text("/UserPoolAddOns/AdvancedSecurityMode")
}

fn is_or(text: &str, otherwise: &str) -> String {
    if text.is_empty() { otherwise } else { text }.to_owned()
}

/// The change that turns threat protection on. It needs the plan PLUS.
fn enforce(pool: &Pool) -> crate::error::NextCall {
    let add_ons = json!({ "UserPoolAddOns": { "AdvancedSecurityMode": "ENFORCED" } });
    pool.call(
        "update_pool",
        json!({ "tier": "PLUS", "settings": add_ons }),
    )
}

pub(super) fn threat_protection(pool: &Pool) -> Outcome {
    let mode = protection(pool);
    Outcome::failed_if(mode != "ENFORCED", || {
        Weakness::new(
            Severity::Medium,
            format!("Threat protection is {}", is_or(mode, "OFF")),
            "Without it, Cognito does not react to stolen passwords and unusual sign-ins. It needs the \
             plan PLUS, which costs more per active user",
            enforce(pool),
        )
    })
}

pub(super) fn custom_auth_protection(pool: &Pool) -> Outcome {
    let mode = "/UserPoolAddOns/AdvancedSecurityAdditionalFlows/CustomAuthMode";
    let mode = pool.described.text(mode);
    Outcome::failed_if(mode != "ENFORCED", || {
        let add_ons = json!({ "UserPoolAddOns": {
            "AdvancedSecurityMode": "ENFORCED",
            "AdvancedSecurityAdditionalFlows": { "CustomAuthMode": "ENFORCED" },
        } });
        Weakness::new(
            Severity::Medium,
            format!(
                "Threat protection of custom sign-ins is {}",
                is_or(mode, "OFF")
            ),
            "CUSTOM_AUTH has its own setting, and is not protected otherwise. It needs the plan PLUS",
            pool.call(
                "update_pool",
                json!({ "tier": "PLUS", "settings": add_ons }),
            ),
        )
    })
}

/// Checks of the risk configuration. They need threat protection first.
fn by_risk(
    pool: &Pool,
    check: impl Fn(&super::ResponseView) -> Option<Weakness>,
    why: &str,
) -> Outcome {
    if protection(pool) != "ENFORCED" {
        let seen = format!("Threat protection is {}", is_or(protection(pool), "OFF"));
        let weakness = Weakness::new(Severity::Medium, seen, why, enforce(pool));
        return Outcome::Failed(vec![weakness]);
    }
    match &pool.risk {
        None => Outcome::NotRead("DescribeRiskConfiguration"),
        Some(risk) => {
            check(risk).map_or(Outcome::Passed, |weakness| Outcome::Failed(vec![weakness]))
        }
    }
}

pub(super) fn compromised_credentials(pool: &Pool) -> Outcome {
    const WHY: &str = "Passwords from leaks of other sites are tried here first";
    let check = |risk: &super::ResponseView| {
        let at = "/CompromisedCredentialsRiskConfiguration";
        let action = risk.text(&format!("{at}/Actions/EventAction"));
        let events = risk.list(&format!("{at}/EventFilter"));
        // Without a filter, all events are checked.
        let covers = events.is_empty() || events.contains(&"SIGN_IN");
        let seen = if action == "BLOCK" {
            format!(
                "Compromised passwords are blocked only at {}",
                listed(&events)
            )
        } else {
            format!(
                "The action for compromised passwords is {}",
                is_or(action, "not set")
            )
        };
        // `set_risk_config` keeps the filter, so only the action has a fix.
        let fix = pool.call(
            "set_risk_config",
            json!({ "compromised_credentials": "BLOCK" }),
        );
        (action != "BLOCK" || !covers).then(|| Weakness {
            severity: Severity::Medium,
            seen,
            why: WHY.to_owned(),
            fix: (action != "BLOCK").then_some(fix),
        })
    };
    by_risk(pool, check, WHY)
}

pub(super) fn risky_sign_ins(pool: &Pool) -> Outcome {
    const WHY: &str = "A sign-in that Cognito rates as a risk may be an attacker with the user's \
                       password. Blocking also refuses some real users; MFA_REQUIRED is milder for \
                       low and medium risk";
    let levels = [
        ("low", "LowAction"),
        ("medium", "MediumAction"),
        ("high", "HighAction"),
    ];
    let check = |risk: &super::ResponseView| {
        let action = |level: &str| {
            let at = "/AccountTakeoverRiskConfiguration/Actions";
            risk.text(&format!("{at}/{level}/EventAction")).to_owned()
        };
        let open: Vec<(&str, String)> = levels
            .iter()
            .map(|(name, level)| (*name, action(level)))
            .filter(|(_, action)| action != "BLOCK")
            .collect();
        let high = action("HighAction");
        let severity = match high.as_str() {
            "BLOCK" | "MFA_REQUIRED" => Severity::Low,
            _ => Severity::Medium,
        };
        let shown: Vec<String> = open
            .iter()
            .map(|(name, action)| format!("{name} risk: {}", is_or(action, "no action")))
            .collect();
        let change = json!({ "low_risk": "BLOCK", "medium_risk": "BLOCK", "high_risk": "BLOCK" });
        let fix = pool.call("set_risk_config", change);
        (!open.is_empty()).then(|| Weakness::new(severity, listed(&shown), WHY, fix))
    };
    by_risk(pool, check, WHY)
}

/// The first factors that the pool allows besides passwords.
fn other_first_factors(pool: &Pool) -> Vec<&str> {
    let mut factors = pool
        .described
        .list("/Policies/SignInPolicy/AllowedFirstAuthFactors");
    factors.retain(|factor| *factor != "PASSWORD");
    factors
}

/// Security Hub checks pools in which users sign in only by password.
pub(super) fn mfa_required(pool: &Pool) -> Outcome {
    let Some(mfa) = &pool.mfa else {
        return Outcome::NotRead("GetUserPoolMfaConfig");
    };
    let mode = mfa.text("/MfaConfiguration");
    let others = other_first_factors(pool);
    let fails = mode != "ON" && (others.is_empty() || mode != "OPTIONAL");
    Outcome::failed_if(fails, || {
        // Codes as first factors cannot be used where a second factor is required.
        let wanted = if others.is_empty() { "ON" } else { "OPTIONAL" };
        Weakness::new(
            if mode == "OPTIONAL" {
                Severity::Low
            } else {
                Severity::Medium
            },
            format!("MFA is {}", is_or(mode, "OFF")),
            "A stolen password is enough to sign in. If MFA is ON, the next sign-in of a user without a \
             factor asks to set one up: applications must support that",
            pool.call(
                "set_mfa_config",
                json!({ "mode": wanted, "authenticator_app": true }),
            ),
        )
    })
}

pub(super) fn mfa_not_only_sms(pool: &Pool) -> Outcome {
    let Some(mfa) = &pool.mfa else {
        return Outcome::NotRead("GetUserPoolMfaConfig");
    };
    let offered: Vec<&str> = second_factor::offered(&mfa.0).collect();
    Outcome::failed_if(offered == ["SMS_MFA"], || {
        Weakness::new(
            Severity::Low,
            "The only second factor is SMS",
            "Phone numbers can be taken over, and messages intercepted",
            pool.call("set_mfa_config", json!({ "authenticator_app": true })),
        )
    })
}

pub(super) fn passkeys_verify_user(pool: &Pool) -> Outcome {
    if !other_first_factors(pool).contains(&"WEB_AUTHN") {
        return Outcome::Passed;
    }
    let Some(mfa) = &pool.mfa else {
        return Outcome::NotRead("GetUserPoolMfaConfig");
    };
    let verification = mfa.text("/WebAuthnConfiguration/UserVerification");
    Outcome::failed_if(verification != "required", || {
        Weakness::new(
            Severity::Low,
            format!(
                "User verification of passkeys is {}",
                is_or(verification, "preferred")
            ),
            "A passkey alone signs in, so the device should check its user by PIN or biometrics",
            pool.call("set_mfa_config", json!({ "passkey_verifies_user": true })),
        )
    })
}

pub(super) fn deletion_protection(pool: &Pool) -> Outcome {
    let protection = pool.described.text("/DeletionProtection");
    Outcome::failed_if(protection != "ACTIVE", || {
        Weakness::new(
            Severity::Medium,
            format!("Deletion protection is {}", is_or(protection, "INACTIVE")),
            "One call deletes the pool with all its users, and they cannot be restored",
            pool.call("update_pool", json!({ "deletion_protection": true })),
        )
    })
}

const POLICY: &str = "/Policies/PasswordPolicy";

/// Security Hub requires 8 characters, Prowler 14.
pub(super) fn password_length(pool: &Pool) -> Outcome {
    let length = pool
        .described
        .number(&format!("{POLICY}/MinimumLength"))
        .unwrap_or(8);
    Outcome::failed_if(length < 14, || {
        Weakness::new(
            if length < 8 {
                Severity::Medium
            } else {
                Severity::Low
            },
            format!("Passwords need {length} characters"),
            "Short passwords are guessed. The rule applies to new passwords only",
            pool.call("update_pool", json!({ "password_length": 14 })),
        )
    })
}

fn password_needs(pool: &Pool, member: &str, what: &str) -> Outcome {
    let requires = pool.described.is(&format!("{POLICY}/{member}"));
    Outcome::failed_if(!requires, || {
        let all = json!(["uppercase", "lowercase", "digit", "symbol"]);
        Weakness::new(
            Severity::Medium,
            format!("Passwords need no {what}"),
            "Passwords of few kinds of characters are guessed. The rule applies to new passwords only",
            pool.call("update_pool", json!({ "password_needs": all })),
        )
    })
}

pub(super) fn password_lowercase(pool: &Pool) -> Outcome {
    password_needs(pool, "RequireLowercase", "lower-case letter")
}

pub(super) fn password_uppercase(pool: &Pool) -> Outcome {
    password_needs(pool, "RequireUppercase", "upper-case letter")
}

pub(super) fn password_digit(pool: &Pool) -> Outcome {
    password_needs(pool, "RequireNumbers", "digit")
}

pub(super) fn password_symbol(pool: &Pool) -> Outcome {
    password_needs(pool, "RequireSymbols", "symbol")
}

pub(super) fn temporary_password_days(pool: &Pool) -> Outcome {
    let days = pool
        .described
        .number(&format!("{POLICY}/TemporaryPasswordValidityDays"));
    let days = days.or_else(|| {
        pool.described
            .number("/AdminCreateUserConfig/UnusedAccountValidityDays")
    });
    let days = days.unwrap_or(7);
    Outcome::failed_if(days > 7, || {
        let policy =
            json!({ "Policies": { "PasswordPolicy": { "TemporaryPasswordValidityDays": 7 } } });
        Weakness::new(
            Severity::Medium,
            format!("Temporary passwords last {days} days"),
            "An invitation with a valid password lies in a mailbox that long",
            pool.call("update_pool", json!({ "settings": policy })),
        )
    })
}

pub(super) fn self_registration(pool: &Pool) -> Outcome {
    let is_closed = pool
        .described
        .is("/AdminCreateUserConfig/AllowAdminCreateUserOnly");
    Outcome::failed_if(!is_closed, || {
        Weakness::new(
            Severity::Low,
            "Anyone can sign up",
            "If the application is not for the public, only administrators should create users",
            pool.call("update_pool", json!({ "self_sign_up": false })),
        )
    })
}

/// Without a setting, Cognito prefers SMS.
pub(super) fn recovery_not_by_sms(pool: &Pool) -> Outcome {
    let mechanisms = pool
        .described
        .0
        .pointer("/AccountRecoverySetting/RecoveryMechanisms");
    let mechanisms = mechanisms.and_then(|list| list.as_array());
    let first = mechanisms
        .into_iter()
        .flatten()
        .min_by_key(|one| one["Priority"].as_i64());
    let first = first
        .and_then(|one| one["Name"].as_str())
        .unwrap_or_default();
    Outcome::failed_if(matches!(first, "" | "verified_phone_number"), || {
        let by_email = json!({ "AccountRecoverySetting": {
            "RecoveryMechanisms": [{ "Priority": 1, "Name": "verified_email" }],
        } });
        Weakness::new(
            Severity::Low,
            if first.is_empty() {
                "No way of recovery is set, so that SMS is preferred"
            } else {
                "Forgotten passwords are recovered by SMS first"
            },
            "Phone numbers can be taken over, and messages intercepted. Users without a verified \
             e-mail address need an administrator then",
            pool.call("update_pool", json!({ "settings": by_email })),
        )
    })
}
