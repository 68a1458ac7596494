//! The second factor that a sign-in asks for.

use serde_json::Value;

/// The value of `FactorConfiguration` with which a passkey counts as two factors.
pub(crate) const TWO_FACTORS: &str = "MULTI_FACTOR_WITH_USER_VERIFICATION";

/// The second factors that are enabled in a pool with the response `config` of
/// `GetUserPoolMfaConfig`. A factor is enabled if its settings exist.
pub(crate) fn offered(config: &Value) -> impl Iterator<Item = &'static str> {
    let totp = &config["SoftwareTokenMfaConfiguration"]["Enabled"];
    let passkey = &config["WebAuthnConfiguration"]["FactorConfiguration"];
    [
        ("EMAIL_OTP", config["EmailMfaConfiguration"].is_object()),
        ("SMS_MFA", config["SmsMfaConfiguration"].is_object()),
        ("SOFTWARE_TOKEN_MFA", *totp == true),
        ("WEB_AUTHN", *passkey == TWO_FACTORS),
    ]
    .into_iter()
    .filter_map(|(factor, on)| on.then_some(factor))
}

/// The settings of the pool and the user on which the second step of a sign-in depends.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecondFactorSettings<'a> {
    /// `OFF`, `OPTIONAL` or `ON`.
    pub(crate) mode: &'a str,
    /// The factors of the pool.
    pub(crate) offered: Vec<&'a str>,
    /// The factors that are enabled for the user.
    pub(crate) on: Vec<&'a str>,
    /// The factor that the user prefers.
    pub(crate) preferred: Option<&'a str>,
    /// Whether the user has a phone number.
    pub(crate) has_phone: bool,
    /// Whether the user has an e-mail address.
    pub(crate) has_email: bool,
}

/// The step after the first factor.
#[derive(Debug, PartialEq)]
pub(crate) enum SecondStep<'a> {
    /// No second factor.
    Nothing,
    /// This factor.
    Ask(&'a str),
    /// One of these, which the user chooses.
    Choose(Vec<&'a str>),
    /// The pool requires a factor, and the user has none.
    SetUp,
}

impl<'a> SecondFactorSettings<'a> {
    /// The second factor that the next sign-in asks for.
    ///
    /// A factor by message counts only if the pool offers it. An authenticator app that is
    /// enabled still counts after the pool disables apps. If the pool requires a factor, an
    /// address to which it can send codes is one:
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html>
    pub(crate) fn second_step(&self) -> SecondStep<'a> {
        if !matches!(self.mode, "ON" | "OPTIONAL") {
            return SecondStep::Nothing;
        }
        let is_offered = |factor: &str| self.offered.contains(&factor);
        let mut usable = self.on.clone();
        usable.retain(|factor| match *factor {
            "SMS_MFA" => is_offered(factor),
            "EMAIL_OTP" => is_offered(factor) && self.has_email,
            "SOFTWARE_TOKEN_MFA" => true,
            _ => false,
        });
        if usable.is_empty() && self.mode == "ON" {
            let has = |factor: &str| match factor {
                "SMS_MFA" => self.has_phone,
                "EMAIL_OTP" => self.has_email,
                _ => false,
            };
            usable.clone_from(&self.offered);
            usable.retain(|factor| has(factor));
        }
        match (self.preferred, usable.as_slice()) {
            (_, []) if self.mode == "ON" => SecondStep::SetUp,
            (_, []) => SecondStep::Nothing,
            (Some(preferred), several) if several.contains(&preferred) => {
                SecondStep::Ask(preferred)
            }
            (_, [only]) => SecondStep::Ask(only),
            _ => SecondStep::Choose(usable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_follows_from_the_pool_and_the_user() {
        let of = |mode, offered: &[&'static str], on: &[&'static str], preferred, has_phone| {
            SecondFactorSettings {
                mode,
                offered: offered.to_vec(),
                on: on.to_vec(),
                preferred,
                has_phone,
                has_email: false,
            }
        };
        let (sms, app) = ("SMS_MFA", "SOFTWARE_TOKEN_MFA");
        for (settings, expected) in [
            (of("OFF", &[sms], &[sms], None, true), SecondStep::Nothing),
            (
                of("OPTIONAL", &[sms, app], &[], None, true),
                SecondStep::Nothing,
            ),
            (
                of("OPTIONAL", &[sms], &[sms], None, true),
                SecondStep::Ask(sms),
            ),
            (of("OPTIONAL", &[], &[sms], None, true), SecondStep::Nothing),
            (
                of("OPTIONAL", &[], &[app], None, true),
                SecondStep::Ask(app),
            ),
            (
                of("OPTIONAL", &[sms, app], &[sms, app], None, true),
                SecondStep::Choose(vec![sms, app]),
            ),
            (
                of("OPTIONAL", &[sms, app], &[sms, app], Some(app), true),
                SecondStep::Ask(app),
            ),
            (of("ON", &[sms], &[], None, true), SecondStep::Ask(sms)),
            (of("ON", &[sms], &[], None, false), SecondStep::SetUp),
            (of("ON", &[app], &[], None, true), SecondStep::SetUp),
        ] {
            assert_eq!(settings.second_step(), expected, "{settings:?}");
        }
    }
}
