//! Second factors: those that a user has, and those that a sign-in requires.

use serde::{Deserialize, Serialize};

use super::pool::Pool;
use super::user::User;
use super::users::UserId;
use crate::auth::totp::{Secret, Step};
use crate::error::{Error, Result};
use crate::settings::mfa::MfaPreferences;
use crate::world::Time;

/// A second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

    /// The API's name of the factor.
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each factor is a choice of its own"
)]
pub struct Mfa {
    /// The software token, if `AssociateSoftwareToken` created one.
    pub totp: Option<Box<Totp>>,
    /// Whether sign-ins require SMS codes.
    pub sms: bool,
    /// Whether sign-ins require TOTP codes.
    pub software_token: bool,
    /// Whether sign-ins require e-mail codes.
    pub email: bool,
    /// Whether a passkey counts as both factors.
    pub web_authn: bool,
    /// The factor that sign-ins require first. It is one of the enabled ones.
    pub preferred: Option<Factor>,
}

impl Mfa {
    /// Whether the user has no factor.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let on = self.sms || self.software_token || self.email || self.web_authn;
        self.totp.is_none() && !on && self.preferred.is_none()
    }

    /// The enabled factors, in the order of `UserMFASettingList`.
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

    /// Turns `factor` on or off. It becomes the preferred one if it is on and
    /// the caller prefers it; otherwise it is no longer preferred.
    fn set(&mut self, factor: Factor, on: bool, preferred: bool) {
        match factor {
            Factor::SmsMfa => self.sms = on,
            Factor::SoftwareTokenMfa => self.software_token = on,
            Factor::EmailOtp => self.email = on,
        }
        if on && preferred {
            self.preferred = Some(factor);
        } else if self.preferred == Some(factor) {
            self.preferred = None;
        }
    }

    /// Whether `VerifySoftwareToken` accepted a code of the present token.
    #[must_use]
    pub fn has_software_token(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.verified)
    }
}

/// A software token.
#[derive(Clone, Serialize, Deserialize)]
pub struct Totp {
    /// The shared secret.
    pub secret: Secret,
    /// Whether `VerifySoftwareToken` accepted a code.
    pub verified: bool,
    /// The time step of the last accepted code: a code can be used once (R87).
    pub last_step: Option<Step>,
    /// The name given to the device.
    pub device_name: Option<Box<str>>,
}

impl std::fmt::Debug for Totp {
    /// Omits the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totp")
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}

/// The step of a sign-in after the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Second {
    /// Nothing.
    Nothing,
    /// The user must verify this factor.
    Ask(Factor),
    /// The user must choose one of these factors.
    Choose(Vec<Factor>),
    /// The user must set up one of these factors: the pool requires a factor
    /// and the user has none.
    SetUp(Vec<Factor>),
}

impl Pool {
    /// Whether the pool has enabled `factor`.
    #[must_use]
    pub fn offers(&self, factor: Factor) -> bool {
        match factor {
            Factor::SmsMfa => self.mfa.sms,
            Factor::SoftwareTokenMfa => self.mfa.software_token,
            Factor::EmailOtp => self.mfa.email.is_some(),
        }
    }

    /// The second factors that a sign-in of `user` requires one of; empty if it requires none, or if
    /// the user has none.
    ///
    /// If MFA is optional, only factors that the user turned on count. If MFA is required and none
    /// of those is offered, every offered factor that the user can use counts: a verified token, a
    /// phone number (verified or not), an e-mail address. SMS that was turned on counts only if the
    /// pool offers it (aws-amplify/amplify-js#11260), and then even without a number (R94). TOTP
    /// that was turned on still counts after the pool has disabled it:
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html>
    #[must_use]
    pub fn second_factors(&self, user: &User) -> Vec<Factor> {
        let required = match self.settings.mfa_configuration.as_str() {
            "ON" => true,
            "OPTIONAL" => false,
            _ => return Vec::new(),
        };
        let mut factors: Vec<Factor> = user.mfa.active();
        factors.retain(|factor| match factor {
            Factor::SmsMfa => self.offers(*factor),
            Factor::SoftwareTokenMfa => user.mfa.has_software_token(),
            Factor::EmailOtp => self.offers(*factor) && can_take(user, *factor),
        });
        if required && factors.is_empty() {
            factors = Factor::ALL
                .into_iter()
                .filter(|factor| self.offers(*factor) && can_take(user, *factor))
                .collect();
        }
        factors
    }

    /// The step of a sign-in of `user` after the password.
    #[must_use]
    pub fn second_step(&self, user: &User) -> Second {
        let required = self.settings.mfa_configuration == "ON";
        let factors = self.second_factors(user);
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

    /// Gives the user at `id` a new software token, which must still be
    /// verified.
    ///
    /// The previous token is removed at once and no longer required:
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html>
    pub fn associate_totp(&mut self, id: UserId, secret: Secret) -> Result<()> {
        self.check_totp_offered()?;
        let changed = self.users.edit_unindexed(id, |user| {
            user.mfa.totp = Some(Box::new(Totp {
                secret,
                verified: false,
                last_step: None,
                device_name: None,
            }));
            user.mfa.set(Factor::SoftwareTokenMfa, false, false);
        });
        changed.ok_or(Error::UserNotFound)
    }

    /// Verifies the software token of the user at `id` with a code, which cannot be used
    /// again (R88). Without a token, every code is wrong (inferred).
    pub fn verify_totp(
        &mut self,
        id: UserId,
        code: &str,
        device_name: Option<&str>,
        now: Time,
    ) -> Result<()> {
        self.check_totp_offered()?;
        let changed = self.users.edit_unindexed(id, |user| {
            let totp = user.mfa.totp.as_mut().ok_or(Error::TotpSetupMismatch)?;
            let step = totp
                .secret
                .verify(code, now)
                .ok_or(Error::TotpSetupMismatch)?;
            totp.verified = true;
            totp.last_step = Some(step);
            totp.device_name = device_name.map(Into::into);
            Ok(())
        });
        changed.unwrap_or(Err(Error::UserNotFound))
    }

    /// Verifies a code of the software token of the user at `id` and marks it
    /// as used (R86, R87).
    ///
    /// A code of an earlier time step than the last used code counts as used too
    /// (inferred).
    pub fn use_totp(&mut self, id: UserId, code: &str, now: Time) -> Result<()> {
        let changed = self.users.edit_unindexed(id, |user| {
            let totp = user.mfa.totp.as_mut().ok_or(Error::TotpMismatch)?;
            let step = totp.secret.verify(code, now).ok_or(Error::TotpMismatch)?;
            if totp.last_step.is_some_and(|last| step <= last) {
                return Err(Error::TotpReused);
            }
            totp.last_step = Some(step);
            Ok(())
        });
        changed.unwrap_or(Err(Error::UserNotFound))
    }

    /// Turns factors of the user at `id` on and off. Factors that `wishes`
    /// omits do not change.
    pub fn set_preferences(&mut self, id: UserId, wishes: &MfaPreferences) -> Result<()> {
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        let web_authn = wishes.web_authn.map(|wish| wish.enabled);
        if web_authn == Some(true) && !self.passkeys_are_two_factors() {
            return Err(Error::PasskeysAreOneFactor);
        }
        let wishes = [
            (Factor::SmsMfa, wishes.sms),
            (Factor::SoftwareTokenMfa, wishes.software_token),
            (Factor::EmailOtp, wishes.email),
        ];
        let mut preferred = 0;
        for (factor, wish) in wishes {
            let Some(wish) = wish.filter(|wish| wish.enabled) else {
                continue;
            };
            // R90, R91.
            if !can_take(user, factor) {
                return Err(Error::NoDeliveryConfig {
                    factor: factor.as_str().to_owned(),
                });
            }
            preferred += usize::from(wish.preferred_mfa);
        }
        if preferred > 1 {
            return Err(Error::SeveralPreferredFactors);
        }
        let mut mfa = user.mfa.clone();
        for (factor, wish) in wishes {
            if let Some(wish) = wish {
                mfa.set(factor, wish.enabled, wish.preferred_mfa);
            }
        }
        mfa.web_authn = web_authn.unwrap_or(mfa.web_authn);
        // A user who cannot use the passkey needs another factor. That factor cannot be
        // turned off later either (inferred).
        if mfa.web_authn && mfa.active().is_empty() {
            return Err(Error::PasskeysNeedOtherFactor);
        }
        self.users.edit_unindexed(id, |user| user.mfa = mfa);
        Ok(())
    }

    /// Turns SMS codes of the user at `id` on or off, as the operations that are older
    /// than [`Pool::set_preferences`] do. The preferred factor does not change, unless it
    /// is turned off.
    ///
    /// The user needs a phone number (R90, inferred).
    pub fn set_sms_mfa(&mut self, id: UserId, on: bool) -> Result<()> {
        let user = self.users.get(id).ok_or(Error::UserNotFound)?;
        if on && !can_take(user, Factor::SmsMfa) {
            return Err(Error::NoDeliveryConfig {
                factor: Factor::SmsMfa.as_str().to_owned(),
            });
        }
        let preferred = user.mfa.preferred == Some(Factor::SmsMfa);
        self.users
            .edit_unindexed(id, |user| user.mfa.set(Factor::SmsMfa, on, preferred));
        Ok(())
    }

    /// Removes the software token of the user at `id` and no longer requires
    /// it.
    pub fn delete_totp(&mut self, id: UserId) -> Result<()> {
        let changed = self.users.edit_unindexed(id, |user| {
            user.mfa.totp = None;
            user.mfa.set(Factor::SoftwareTokenMfa, false, false);
        });
        changed.ok_or(Error::UserNotFound)
    }

    /// Checks that the pool offers software tokens (R89).
    fn check_totp_offered(&self) -> Result<()> {
        if self.offers(Factor::SoftwareTokenMfa) {
            Ok(())
        } else {
            Err(Error::TotpNotEnabled)
        }
    }
}

/// Whether `user` has what `factor` requires: a verified token, a phone number (verified
/// or not, according to the API Reference of `SMSMfaSettingsType`), or an e-mail address
/// (inferred).
fn can_take(user: &User, factor: Factor) -> bool {
    match factor {
        Factor::SmsMfa => user.attribute("phone_number").is_some(),
        Factor::SoftwareTokenMfa => user.mfa.has_software_token(),
        Factor::EmailOtp => user.attribute("email").is_some(),
    }
}
