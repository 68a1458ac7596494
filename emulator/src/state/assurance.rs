//! Levels of authentication in a pool: their names, the factors that reach them, and how far a
//! sign-in has come.

use serde::{Deserialize, Serialize};

use super::first_factor::FirstFactor;
use super::mfa::Factor;
use super::pool::Pool;
use super::user::User;
use crate::auth::assurance::{Assurance, Level, Method};

/// How far a sign-in has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The levels that the app asks for, in its order.
    pub targets: Vec<Level>,
    /// The methods that the user has completed, in their order.
    pub methods: Vec<Method>,
}

impl Progress {
    /// Of a user who has completed `methods`, for an app that asks for no level.
    #[must_use]
    pub fn of(methods: &[Method]) -> Self {
        Self {
            targets: Vec::new(),
            methods: methods.to_vec(),
        }
    }

    /// Adds a method that the user has completed.
    pub fn complete(&mut self, method: Method) {
        if !self.methods.contains(&method) {
            self.methods.push(method);
        }
    }

    /// What the sign-in has reached.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        Assurance::of(&self.methods)
    }
}

/// The claims `acr` and `amr`. Refreshed tokens keep them, also if the pool renames its levels
/// (O43).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// `acr`.
    pub acr: Option<Box<str>>,
    /// `amr`.
    pub amr: Box<[Box<str>]>,
}

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

/// A level that a sign-in can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The level.
    pub target: Level,
    /// The first factors that lead to it; `None` if the user has already given one that does.
    pub first: Option<Vec<FirstFactor>>,
}

impl Factor {
    /// The method that the factor is.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::SmsMfa => Method::Sms,
            Self::EmailOtp => Method::Email,
            Self::SoftwareTokenMfa => Method::Totp,
        }
    }
}

impl FirstFactor {
    /// The method that the factor is. For passkeys it is one of the two.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::PasswordSrp | Self::Password => Method::Password,
            Self::EmailOtp => Method::Email,
            Self::SmsOtp => Method::Sms,
            Self::WebAuthn => Method::PlatformPasskey,
        }
    }
}

impl Pool {
    /// The value of `acr` for `level`: that of `AcrConfiguration`, or the default.
    #[must_use]
    pub fn acr(&self, level: Level) -> &str {
        self.settings.acr(level)
    }

    /// The claims of a sign-in that has reached `assurance`.
    #[must_use]
    pub fn strength(&self, assurance: &Assurance) -> Strength {
        let methods = assurance.methods.iter();
        Strength {
            acr: assurance.level.map(|level| self.acr(level).into()),
            amr: methods.map(|name| (*name).into()).collect(),
        }
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
    /// a sign-in with the strength `now`. A higher level than a requested one satisfies it. Only
    /// second factors in `among` are asked for.
    #[must_use]
    pub fn toward(
        &self,
        user: &User,
        now: &Assurance,
        targets: &[Level],
        among: &[Factor],
    ) -> Toward {
        for target in targets {
            if now.level >= Some(*target) {
                return Toward::Reached;
            }
            if let Some(factor) = self.factor_for(user, now, *target, among) {
                return Toward::Ask(factor);
            }
        }
        if targets.is_empty() {
            Toward::Reached
        } else {
            Toward::Unreachable
        }
    }

    /// The second factor with which `user` reaches `level` after a sign-in with the strength `now`,
    /// which has a password: the preferred one if it does. Factors are not set up for this (guide),
    /// so only those count that the user has: a verified app, or a verified address (inferred).
    fn factor_for(
        &self,
        user: &User,
        now: &Assurance,
        level: Level,
        among: &[Factor],
    ) -> Option<Factor> {
        if !now.has(Method::Password) {
            return None;
        }
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
        all.find(|factor| among.contains(factor) && fits(factor) && usable(factor))
    }

    /// Whether `methods` include the second factor that a sign-in of `user` requires, or none is
    /// required.
    #[must_use]
    pub fn has_required_factor(&self, user: &User, methods: &[Method]) -> bool {
        let required = self.second_factors(user);
        let is_passkey =
            |method: &Method| matches!(method, Method::PlatformPasskey | Method::RoamingPasskey);
        let is_two_factors = user.mfa.web_authn && self.passkeys_are_two_factors();
        required.is_empty()
            || is_two_factors && methods.iter().any(is_passkey)
            || required
                .iter()
                .any(|factor| methods.contains(&factor.method()))
    }

    /// The first of the levels of `progress` that `user` can reach, and the first factors in
    /// `available` that lead to it. `None` if the user can reach none.
    #[must_use]
    pub fn way(&self, user: &User, progress: &Progress, available: &[FirstFactor]) -> Option<Way> {
        let Progress { targets, methods } = progress;
        let now = progress.assurance();
        let is_left_only_second = |now: &Assurance, target| {
            let enough = now.level >= Some(target);
            let asked = || self.factor_for(user, now, target, &Factor::ALL);
            enough || asked().is_some()
        };
        // Without a password, a required second factor cannot follow.
        let may_go_on = now.has(Method::Password) || self.has_required_factor(user, methods);
        targets.iter().find_map(|target| {
            let target = *target;
            if may_go_on && is_left_only_second(&now, target) {
                return Some(Way {
                    target,
                    first: None,
                });
            }
            let leads = |factor: &FirstFactor| {
                let mut after = progress.clone();
                after.complete(factor.method());
                is_left_only_second(&after.assurance(), target)
            };
            let first: Vec<_> = available.iter().copied().filter(leads).collect();
            (!first.is_empty()).then_some(Way {
                target,
                first: Some(first),
            })
        })
    }
}

impl Way {
    /// The way of an unknown user, who seems to have the first factors `available` and a second
    /// factor other than an authenticator app (inferred).
    #[must_use]
    pub fn of_unknown(targets: &[Level], available: &[FirstFactor]) -> Option<Self> {
        targets.iter().find_map(|target| {
            let highest = |factor: FirstFactor| match factor {
                FirstFactor::PasswordSrp | FirstFactor::Password => Level::Three,
                FirstFactor::EmailOtp | FirstFactor::SmsOtp | FirstFactor::WebAuthn => Level::Two,
            };
            let leads = |factor: &FirstFactor| highest(*factor) >= *target;
            let first: Vec<_> = available.iter().copied().filter(leads).collect();
            (!first.is_empty()).then_some(Self {
                target: *target,
                first: Some(first),
            })
        })
    }
}
