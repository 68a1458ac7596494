//! First factors: the ways to begin a choice-based sign-in.

use super::mfa::{Factor, Second};
use super::pool::Pool;
use super::user::{Status, User};

/// A first factor, as `AvailableChallenges` and `PREFERRED_CHALLENGE` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstFactor {
    /// The password, verified by SRP.
    PasswordSrp,
    /// The password in plain text.
    Password,
    /// A code by e-mail.
    EmailOtp,
    /// A code by SMS.
    SmsOtp,
    /// A passkey.
    WebAuthn,
}

impl FirstFactor {
    /// Every first factor, in the order of live and documented lists. The
    /// position of SMS is inferred.
    pub const ALL: [Self; 5] = [
        Self::PasswordSrp,
        Self::Password,
        Self::EmailOtp,
        Self::SmsOtp,
        Self::WebAuthn,
    ];

    /// The API's name of the factor.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordSrp => "PASSWORD_SRP",
            Self::Password => "PASSWORD",
            Self::EmailOtp => "EMAIL_OTP",
            Self::SmsOtp => "SMS_OTP",
            Self::WebAuthn => "WEB_AUTHN",
        }
    }

    /// The factor of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.as_str() == name)
    }

    /// The attribute that the factor's code is sent to, if the factor is a
    /// code.
    #[must_use]
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Self::EmailOtp => Some("email"),
            Self::SmsOtp => Some("phone_number"),
            Self::PasswordSrp | Self::Password | Self::WebAuthn => None,
        }
    }
}

impl Pool {
    /// Whether the pool allows `factor` as the first factor and has the settings for it.
    #[must_use]
    pub fn allows_first(&self, factor: FirstFactor) -> bool {
        match factor {
            FirstFactor::PasswordSrp | FirstFactor::Password => self.first_factor("PASSWORD"),
            // Inferred: a pool without an SMS sender does not offer SMS.
            FirstFactor::SmsOtp => {
                self.first_factor("SMS_OTP") && self.settings.sms_configuration.is_some()
            }
            FirstFactor::EmailOtp | FirstFactor::WebAuthn => self.first_factor(factor.as_str()),
        }
    }

    /// The ways in which `user` can begin a choice-based sign-in.
    ///
    /// A temporary password must be replaced before anything else (fact 5d). Codes and passkeys are
    /// not followed by a second factor, so a user with a second factor must begin with the
    /// password, unless a passkey counts as both factors:
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
    /// The same page implies that a code can be sent to an unverified address, because the right
    /// code verifies the address.
    #[must_use]
    pub fn first_factors(&self, user: &User) -> Vec<FirstFactor> {
        let needs_second = self.second_step(user) != Second::Nothing;
        let is_temporary = user.status == Status::ForceChangePassword;
        let has = |factor: &FirstFactor| match factor {
            FirstFactor::PasswordSrp => user.password.is_some(),
            FirstFactor::Password => user.password.is_some() || user.imported_hash.is_some(),
            _ if is_temporary => false,
            FirstFactor::EmailOtp => !needs_second && user.attribute("email").is_some(),
            FirstFactor::SmsOtp => !needs_second && user.attribute("phone_number").is_some(),
            FirstFactor::WebAuthn => {
                let suffices = user.mfa.web_authn && self.passkeys_are_two_factors();
                (!needs_second || suffices) && self.usable_passkeys(user).next().is_some()
            }
        };
        let allowed = FirstFactor::ALL
            .into_iter()
            .filter(|factor| self.allows_first(*factor));
        allowed.filter(has).collect()
    }

    /// `ConfiguredUserAuthFactors`: the factors that `user` can use first, and
    /// as a second factor after a password. The list does not show for which of
    /// the two a code is used.
    #[must_use]
    pub fn configured_factors(&self, user: &User) -> Vec<&'static str> {
        let first = self.first_factors(user);
        let active = user.mfa.active();
        let is_second = |factor: Factor| active.contains(&factor) && self.offers(factor);
        let has = |name: &&str| match *name {
            "EMAIL_OTP" => first.contains(&FirstFactor::EmailOtp) || is_second(Factor::EmailOtp),
            "SMS_OTP" => first.contains(&FirstFactor::SmsOtp) || is_second(Factor::SmsMfa),
            "SOFTWARE_TOKEN" => {
                user.mfa.has_software_token() && self.offers(Factor::SoftwareTokenMfa)
            }
            name => first.iter().any(|factor| factor.as_str() == name),
        };
        [
            "PASSWORD",
            "EMAIL_OTP",
            "SMS_OTP",
            "WEB_AUTHN",
            "SOFTWARE_TOKEN",
        ]
        .into_iter()
        .filter(has)
        .collect()
    }
}
