//! First factors: how a user may begin a choice-based sign-in.

use super::mfa::{Factor, Second};
use super::pool::Pool;
use super::user::{Status, User};

/// A first factor, as `AvailableChallenges` and `PREFERRED_CHALLENGE` name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstFactor {
    /// The password, proven by SRP.
    PasswordSrp,
    /// The password as it is.
    Password,
    /// A code by e-mail.
    EmailOtp,
    /// A code by SMS.
    SmsOtp,
    /// A passkey.
    WebAuthn,
}

impl FirstFactor {
    /// Every first factor, in the order of live and documented lists; the place of
    /// SMS is inferred.
    pub const ALL: [Self; 5] = [
        Self::PasswordSrp,
        Self::Password,
        Self::EmailOtp,
        Self::SmsOtp,
        Self::WebAuthn,
    ];

    /// As the wire spells it.
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

    /// The attribute that its code goes to, where it is a code.
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
    /// Whether the pool allows `factor` to come first, and can ask for it.
    #[must_use]
    pub fn allows_first(&self, factor: FirstFactor) -> bool {
        match factor {
            FirstFactor::PasswordSrp | FirstFactor::Password => self.first_factor("PASSWORD"),
            // That a pool without a sender does not offer SMS is inferred.
            FirstFactor::SmsOtp => {
                self.first_factor("SMS_OTP") && self.settings.sms_configuration.is_some()
            }
            FirstFactor::EmailOtp | FirstFactor::WebAuthn => self.first_factor(factor.as_str()),
        }
    }

    /// How `user` may begin a choice-based sign-in.
    ///
    /// A temporary password has to be replaced before anything else (section 5d).
    /// Codes and passkeys come without a second factor, so whoever is asked for
    /// one has to begin with the password, unless a passkey stands for both:
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
    /// That a code may go to an unverified address follows from the same page,
    /// by which the right code verifies it.
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

    /// `ConfiguredUserAuthFactors`: what `user` can use first, and as a second
    /// factor after a password. Which of the two a code is for does not show.
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
