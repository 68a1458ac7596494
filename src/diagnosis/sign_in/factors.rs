//! Checks of factors and devices.

use serde_json::json;

use super::super::second_factor::SecondStep;
use super::super::{GENERATED, listed};
use super::{Finding, Flow, SignInFacts};

/// `USER_AUTH` for a user who has none of the pool's first factors.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html>
pub(super) fn no_first_factor(facts: &SignInFacts) -> Option<Finding> {
    facts.found_user()?;
    let is_choice = facts.flow == Flow::UserAuth && facts.status() != "EXTERNAL_PROVIDER";
    if !is_choice || !facts.first_factors()?.is_empty() {
        return None;
    }
    let allowed = facts
        .pool
        .list("/Policies/SignInPolicy/AllowedFirstAuthFactors");
    let allowed = if allowed.is_empty() {
        vec!["PASSWORD"]
    } else {
        allowed
    };
    let password = json!({ "new_password": GENERATED, "permanent": true });
    Some(
        Finding::blocks(
            format!(
                "The user has none of the pool's first factors: {}",
                listed(&allowed)
            ),
            "The sign-in offers nothing to choose. An administrator sets a password, or the user \
             gets an address for codes",
        )
        .fix(facts.call_on_user("reset_password", password)),
    )
}

/// A second factor by message without an address.
pub(super) fn unreachable(facts: &SignInFacts) -> Option<Finding> {
    let SecondStep::Ask("SMS_MFA") = facts.second_step()? else {
        return None;
    };
    let settings = facts.second_factor_settings()?;
    if settings.has_phone && !facts.pool.0["SmsConfiguration"].is_null() {
        return None;
    }
    let seen = if settings.has_phone {
        "The sign-in asks for SMS_MFA, and the pool cannot send SMS"
    } else {
        "The sign-in asks for SMS_MFA, and the user has no phone number"
    };
    let change = json!({ "disable": ["SMS_MFA"] });
    Some(
        Finding::blocks(
            seen,
            "The code cannot be sent. Give the user a phone number, or disable the factor for the \
             user",
        )
        .fix(facts.call_on_user("set_mfa_preference", change)),
    )
}

/// A required second factor that the user cannot set up.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html>
pub(super) fn cannot_be_set_up(facts: &SignInFacts) -> Option<Finding> {
    let offered = facts.second_factor_settings()?.offered;
    if facts.second_step()? != SecondStep::SetUp || offered.contains(&"SOFTWARE_TOKEN_MFA") {
        return None;
    }
    Some(
        Finding::blocks(
            format!(
                "The pool requires a second factor and offers {}; the user has no address for it",
                listed(&offered)
            ),
            "The user cannot set up a factor in the sign-in. Give the user an address with \
             `update_user`, or offer authenticator apps, which users set up themselves",
        )
        .fix(facts.call_on_pool("set_mfa_config", json!({ "authenticator_app": true }))),
    )
}

/// A required second factor that the user sets up in the sign-in.
pub(super) fn to_set_up(facts: &SignInFacts) -> Option<Finding> {
    let offered = facts.second_factor_settings()?.offered;
    (facts.second_step()? == SecondStep::SetUp && offered.contains(&"SOFTWARE_TOKEN_MFA")).then(
        || {
            Finding::informs(
                "The pool requires a second factor, and the user has none",
                "The sign-in asks for MFA_SETUP: the application must let the user set up an \
             authenticator app",
            )
        },
    )
}

/// A second factor that the sign-in asks for.
pub(super) fn required(facts: &SignInFacts) -> Option<Finding> {
    let means = "A user who has lost the phone cannot answer: `remove_authenticator_app` or \
                 `set_mfa_preference` removes the factor";
    match facts.second_step()? {
        SecondStep::Ask(factor) => Some(Finding::informs(
            format!("The sign-in asks for {factor}"),
            means,
        )),
        SecondStep::Choose(factors) => Some(Finding::informs(
            format!(
                "The sign-in lets the user choose among {}",
                listed(&factors)
            ),
            means,
        )),
        SecondStep::Nothing | SecondStep::SetUp => None,
    }
}

/// A second factor of the user that the pool does not offer.
pub(super) fn not_offered(facts: &SignInFacts) -> Option<Finding> {
    let settings = facts.second_factor_settings()?;
    let mut ignored = settings.on.clone();
    ignored.retain(|factor| !settings.offered.contains(factor));
    let is_used = facts.second_step()? == SecondStep::Ask("SOFTWARE_TOKEN_MFA");
    (!ignored.is_empty() && !is_used).then(|| {
        Finding::informs(
            format!(
                "The user has {}, which the pool does not offer",
                listed(&ignored)
            ),
            "The sign-in does not ask for it",
        )
    })
}

/// Devices that the pool remembers.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html>
pub(super) fn devices(facts: &SignInFacts) -> Option<Finding> {
    facts.pool.0.get("DeviceConfiguration")?.as_object()?;
    let devices = facts.devices?;
    let replaces = facts
        .pool
        .is("/DeviceConfiguration/ChallengeRequiredOnNewDevice");
    let means = if replaces {
        "A sign-in with the DEVICE_KEY of a remembered device answers DEVICE_SRP_AUTH in place of \
         the second factor; `forget_device` makes the device unknown"
    } else {
        "A sign-in with the DEVICE_KEY of a remembered device answers DEVICE_SRP_AUTH; \
         `forget_device` makes the device unknown"
    };
    (devices > 0).then(|| Finding::informs(format!("The user has {devices} devices"), means))
}
