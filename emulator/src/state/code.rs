//! Codes that e-mail and SMS carry, and the hourly limits on their use.

use std::time::Duration;

use thin_vec::ThinVec;

use crate::error::{Error, Result};
use crate::world::Time;

const HOUR: Duration = Duration::from_hours(1);

/// What a code is for. A new code replaces the one before (fact 7.7, inferred).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum For {
    /// `ConfirmSignUp`.
    SignUp,
    /// `ConfirmForgotPassword`.
    PasswordReset,
    /// `VerifyUserAttribute` of `email`.
    Email,
    /// `VerifyUserAttribute` of `phone_number`.
    PhoneNumber,
}

impl For {
    /// The code that proves `attribute`, which is `email` or `phone_number`.
    pub fn proof_of(attribute: &str) -> Result<Self> {
        match attribute {
            "email" => Ok(Self::Email),
            "phone_number" => Ok(Self::PhoneNumber),
            _ => Err(Error::UnverifiableAttribute),
        }
    }

    /// How long such a code lives (fact 7.1).
    #[must_use]
    pub fn lifetime(self) -> Duration {
        match self {
            Self::PasswordReset => HOUR,
            Self::SignUp | Self::Email | Self::PhoneNumber => 24 * HOUR,
        }
    }
}

/// A code that was sent.
#[derive(Clone)]
pub struct Code {
    /// Its digits.
    pub value: Box<str>,
    /// The attribute that it went to.
    pub attribute: &'static str,
    /// The address or number that it went to: confirming proves that one only.
    pub destination: Box<str>,
    /// When it stops working.
    pub expires_at: Time,
}

impl std::fmt::Debug for Code {
    /// Without the digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A user's outstanding codes.
#[derive(Clone, Debug, Default)]
pub struct Codes(ThinVec<(For, Code)>);

impl Codes {
    /// The code for `purpose`.
    #[must_use]
    pub fn get(&self, purpose: For) -> Option<&Code> {
        let found = self.0.iter().find(|(kept, _)| *kept == purpose);
        found.map(|(_, code)| code)
    }

    /// Keeps a new code in place of the one before.
    pub fn put(&mut self, purpose: For, code: Code) {
        self.clear(purpose);
        self.0.push((purpose, code));
    }

    /// Forgets the code for `purpose`.
    pub fn clear(&mut self, purpose: For) {
        self.0.retain(|(kept, _)| *kept != purpose);
    }

    /// The code for `purpose`, if `given` is it. A caller whose other judgements
    /// succeed too then clears it; a wrong one leaves it (facts 7.3, 7.4, 7.7).
    pub fn check(&self, purpose: For, given: &str, now: Time) -> Result<&Code> {
        let code = self.get(purpose).filter(|code| now < code.expires_at);
        let code = code.ok_or(Error::CodeExpired)?;
        if *code.value == *given {
            Ok(code)
        } else {
            Err(Error::CodeMismatch)
        }
    }
}

/// An hourly limit of one user (fact 7.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// `ChangePassword`: 5.
    ChangePassword,
    /// `ConfirmSignUp`: 15.
    ConfirmSignUp,
    /// `ForgotPassword` and `ConfirmForgotPassword` together: 5 to 20 by risk;
    /// the emulator takes 20, the limit for a caller without risk (inferred).
    ForgotPassword,
    /// `GetUserAttributeVerificationCode`: 5.
    GetUserAttributeVerificationCode,
    /// `ResendConfirmationCode`: 5.
    ResendConfirmationCode,
    /// `VerifyUserAttribute`: 15.
    VerifyUserAttribute,
}

impl Limit {
    /// Calls an hour.
    #[must_use]
    pub fn per_hour(self) -> u32 {
        match self {
            Self::ChangePassword
            | Self::GetUserAttributeVerificationCode
            | Self::ResendConfirmationCode => 5,
            Self::ConfirmSignUp | Self::VerifyUserAttribute => 15,
            Self::ForgotPassword => 20,
        }
    }
}

/// A user's calls in the current hour, by limit.
#[derive(Clone, Debug, Default)]
pub struct Limits(ThinVec<(Limit, Time, u32)>);

impl Limits {
    /// Counts one call, or refuses it: the hour begins with the first.
    pub fn take(&mut self, limit: Limit, now: Time) -> Result<()> {
        self.0
            .retain(|(kept, since, _)| *kept != limit || now.since(*since) < HOUR);
        match self.0.iter_mut().find(|(kept, ..)| *kept == limit) {
            Some((.., count)) if *count >= limit.per_hour() => {
                return Err(Error::AttemptLimitExceeded);
            }
            Some((.., count)) => *count += 1,
            None => self.0.push((limit, now, 1)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_limit() -> impl Strategy<Value = Limit> {
        prop::sample::select(vec![
            Limit::ChangePassword,
            Limit::ConfirmSignUp,
            Limit::ForgotPassword,
            Limit::GetUserAttributeVerificationCode,
            Limit::ResendConfirmationCode,
            Limit::VerifyUserAttribute,
        ])
    }

    proptest! {
        /// An hour that begins with an admitted call admits as many as the limit
        /// says, and refuses only once it has.
        #[test]
        fn an_hour_admits_its_number_of_calls(
            limit in any_limit(),
            gaps in prop::collection::vec(0_u64..1000, 1..120),
        ) {
            let mut limits = Limits::default();
            let mut now = Time(1_700_000_000_000);
            let mut hour: Vec<Time> = Vec::new();
            for gap in gaps {
                now = now.plus(Duration::from_secs(gap));
                if hour.first().is_some_and(|first| now.since(*first) >= HOUR) {
                    hour.clear();
                }
                let full = hour.len() == limit.per_hour() as usize;
                let expected = if full { Err(Error::AttemptLimitExceeded) } else { Ok(()) };
                prop_assert_eq!(limits.take(limit, now), expected);
                if !full {
                    hour.push(now);
                }
            }
        }

        /// Limits do not count for one another.
        #[test]
        fn limits_are_apart(first in any_limit(), second in any_limit()) {
            prop_assume!(first != second);
            let mut limits = Limits::default();
            let now = Time(1_700_000_000_000);
            for _ in 0..first.per_hour() {
                prop_assert_eq!(limits.take(first, now), Ok(()));
            }
            prop_assert_eq!(limits.take(first, now), Err(Error::AttemptLimitExceeded));
            prop_assert_eq!(limits.take(second, now), Ok(()));
        }
    }
}
