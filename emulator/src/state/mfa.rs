//! Second factors: what a user has, and what a sign-in asks for.

use serde::Serialize;

use super::pool::Pool;
use super::user::User;
use crate::auth::totp::{Secret, Step};

/// A second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Factor {
    /// A code by SMS.
    SmsMfa,
    /// A code from an authenticator app.
    SoftwareTokenMfa,
    /// A code by e-mail.
    EmailOtp,
}

impl Factor {
    /// Every factor, in the order in which lists show them (inferred).
    pub const ALL: [Self; 3] = [Self::SmsMfa, Self::SoftwareTokenMfa, Self::EmailOtp];

    /// As the wire spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SmsMfa => "SMS_MFA",
            Self::SoftwareTokenMfa => "SOFTWARE_TOKEN_MFA",
            Self::EmailOtp => "EMAIL_OTP",
        }
    }
}

/// A user's second factors.
#[derive(Clone, Debug, Default)]
pub struct Mfa {
    /// The software token, once `AssociateSoftwareToken` made one.
    pub totp: Option<Totp>,
    /// Whether SMS codes are asked for.
    pub sms: bool,
    /// Whether TOTP codes are asked for.
    pub software_token: bool,
    /// Whether e-mail codes are asked for.
    pub email: bool,
    /// The factor asked for first; it is one of those that are on.
    pub preferred: Option<Factor>,
}

impl Mfa {
    /// The factors that are on, as `UserMFASettingList` lists them.
    #[must_use]
    pub fn active(&self) -> Vec<Factor> {
        Factor::ALL
            .into_iter()
            .filter(|factor| match factor {
                Factor::SmsMfa => self.sms,
                Factor::SoftwareTokenMfa => self.software_token,
                Factor::EmailOtp => self.email,
            })
            .collect()
    }

    /// Whether `VerifySoftwareToken` saw a right code for the present token.
    #[must_use]
    pub fn has_software_token(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.verified)
    }
}

/// A software token.
#[derive(Clone)]
pub struct Totp {
    /// The shared secret.
    pub secret: Secret,
    /// Whether `VerifySoftwareToken` saw a right code.
    pub verified: bool,
    /// The last time step accepted: a code counts once (R87).
    pub last_step: Option<Step>,
    /// The name given to the device.
    pub device_name: Option<Box<str>>,
}

impl std::fmt::Debug for Totp {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totp")
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}

/// What a sign-in asks for after the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Second {
    /// Nothing.
    Nothing,
    /// This factor.
    Ask(Factor),
    /// One of these, as the user chooses.
    Choose(Vec<Factor>),
    /// To set up one of these: the pool wants a factor and the user has none.
    SetUp(Vec<Factor>),
}

impl Pool {
    /// Whether the pool is set up for `factor`.
    #[must_use]
    pub fn offers(&self, factor: Factor) -> bool {
        match factor {
            Factor::SmsMfa => self.mfa.sms,
            Factor::SoftwareTokenMfa => self.mfa.software_token,
            Factor::EmailOtp => self.mfa.email.is_some(),
        }
    }

    /// What `user` is asked for after the password.
    ///
    /// Where MFA is optional, only factors that the user turned on count. Where
    /// it is required and the user turned none on, every factor counts that
    /// would work: a verified token, a phone number (verified or not), an e-mail
    /// address.
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html>
    #[must_use]
    pub fn second_step(&self, user: &User) -> Second {
        let required = match self.settings.mfa_configuration.as_str() {
            "ON" => true,
            "OPTIONAL" => false,
            _ => return Second::Nothing,
        };
        let works = |factor: &Factor| match factor {
            Factor::SmsMfa => self.offers(*factor) && user.attribute("phone_number").is_some(),
            Factor::SoftwareTokenMfa => self.offers(*factor) && user.mfa.has_software_token(),
            Factor::EmailOtp => self.offers(*factor) && user.attribute("email").is_some(),
        };
        // SMS that was turned on is asked for though it cannot be sent: the
        // sign-in then fails (R94).
        let mut factors: Vec<Factor> = user.mfa.active();
        factors.retain(|factor| *factor == Factor::SmsMfa || works(factor));
        if required && factors.is_empty() {
            factors = Factor::ALL.into_iter().filter(works).collect();
        }
        match (user.mfa.preferred, factors.as_slice()) {
            (_, []) if required => Second::SetUp(
                Factor::ALL
                    .into_iter()
                    .filter(|factor| self.offers(*factor))
                    .collect(),
            ),
            (_, []) => Second::Nothing,
            (Some(preferred), on) if on.contains(&preferred) => Second::Ask(preferred),
            (_, [only]) => Second::Ask(*only),
            _ => Second::Choose(factors),
        }
    }
}
