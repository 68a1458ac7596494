//! Levels of authentication in a pool: their names, and the factors that reach them.

use super::mfa::Factor;
use super::pool::Pool;
use super::user::User;
use crate::auth::assurance::{Assurance, Level};

/// What a sign-in still needs for the levels that the app asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// Nothing.
    Reached,
    /// This second factor.
    Ask(Factor),
    /// The user has no factor for any of the levels.
    Unreachable,
}

impl Pool {
    /// The value of `acr` for `level`: that of `AcrConfiguration`, or the default.
    #[must_use]
    pub fn acr(&self, level: Level) -> &str {
        self.settings.acr(level)
    }

    /// The levels in `acr_values`, in their order. Values that name no level are ignored, and all
    /// are in a pool of the Lite plan.
    #[must_use]
    pub fn levels_of(&self, acr_values: &str) -> Vec<Level> {
        if self.check_tier("Step-Up Authentication").is_err() {
            return Vec::new();
        }
        let named = |value: &str| {
            let mut all = Level::ALL.into_iter();
            all.find(|level| self.acr(*level) == value)
        };
        acr_values.split(' ').filter_map(named).collect()
    }

    /// What `user` still needs for the first of the levels `targets` that the user can reach, after
    /// a sign-in with the strength `now`. A higher level than a requested one satisfies it.
    #[must_use]
    pub fn toward(&self, user: &User, now: &Assurance, targets: &[Level]) -> Toward {
        for target in targets {
            if now.level >= Some(*target) {
                return Toward::Reached;
            }
            let factor = self.factor_for(user, *target);
            if let Some(factor) = factor.filter(|_| now.is_password_alone()) {
                return Toward::Ask(factor);
            }
        }
        if targets.is_empty() {
            Toward::Reached
        } else {
            Toward::Unreachable
        }
    }

    /// The second factor with which `user` reaches `level` after a password: the preferred one if it
    /// does. Factors are not set up for this (guide), so only those count that the user has: a
    /// verified app, or a verified address (inferred).
    fn factor_for(&self, user: &User, level: Level) -> Option<Factor> {
        let usable = |factor: &Factor| match factor {
            Factor::SoftwareTokenMfa => user.mfa.has_software_token(),
            Factor::SmsMfa => {
                user.has_verified("phone_number") && self.settings.sms_configuration.is_some()
            }
            Factor::EmailOtp => user.has_verified("email"),
        };
        let fits = |factor: &Factor| level < Level::Four || *factor == Factor::SoftwareTokenMfa;
        let order = [Factor::SmsMfa, Factor::EmailOtp, Factor::SoftwareTokenMfa];
        let mut all = user.mfa.preferred.into_iter().chain(order);
        all.find(|factor| fits(factor) && usable(factor))
    }
}
