//! Codes that are sent by e-mail or SMS, and the hourly limits on their use.

use std::time::Duration;

use smol_str::SmolStr;
use thin_vec::ThinVec;

use crate::error::{Error, Result};
use crate::world::Time;
use serde::{Deserialize, Serialize};

const HOUR: Duration = Duration::from_hours(1);

/// The purpose of a code. A new code replaces the previous one (fact 7.7,
/// inferred).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CodePurpose {
    /// For `ConfirmSignUp`.
    SignUp,
    /// For `ConfirmForgotPassword`.
    PasswordReset,
    /// For `VerifyUserAttribute` with `email`.
    Email,
    /// For `VerifyUserAttribute` with `phone_number`.
    PhoneNumber,
}

impl CodePurpose {
    /// The purpose of a code that verifies `attribute`: `email` or
    /// `phone_number`.
    pub fn proof_of(attribute: &str) -> Result<Self> {
        match attribute {
            "email" => Ok(Self::Email),
            "phone_number" => Ok(Self::PhoneNumber),
            _ => Err(Error::UnverifiableAttribute),
        }
    }

    /// The lifetime of a code with this purpose (fact 7.1).
    #[must_use]
    pub fn lifetime(self) -> Duration {
        match self {
            Self::PasswordReset => HOUR,
            Self::SignUp | Self::Email | Self::PhoneNumber => 24 * HOUR,
        }
    }
}

/// A code that was sent.
#[derive(Clone, Serialize, Deserialize)]
pub struct Code {
    /// The digits.
    pub value: Box<str>,
    /// The attribute that the code was sent to.
    pub attribute: SmolStr,
    /// The address or number that the code was sent to. The code verifies only
    /// this one.
    pub destination: Box<str>,
    /// The time at which the code expires.
    pub expires_at: Time,
}

impl std::fmt::Debug for Code {
    /// Omits the digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A user's outstanding codes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Codes(ThinVec<(CodePurpose, Code)>);

impl Codes {
    /// Whether there are no codes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The times at which they expire.
    pub fn ends(&self) -> impl Iterator<Item = Time> {
        self.0.iter().map(|(_, code)| code.expires_at)
    }

    /// The code for `purpose`.
    #[must_use]
    pub fn get(&self, purpose: CodePurpose) -> Option<&Code> {
        let found = self.0.iter().find(|(kept, _)| *kept == purpose);
        found.map(|(_, code)| code)
    }

    /// Stores a new code in place of the previous one.
    pub fn put(&mut self, purpose: CodePurpose, code: Code) {
        self.clear(purpose);
        self.0.push((purpose, code));
    }

    /// Removes the code for `purpose`.
    pub fn clear(&mut self, purpose: CodePurpose) {
        self.0.retain(|(kept, _)| *kept != purpose);
    }

    /// Returns the code for `purpose` if `given` matches it. The caller clears the code
    /// once its other checks succeed. A wrong code does not clear it (facts 7.3, 7.4,
    /// 7.7).
    pub fn check(&self, purpose: CodePurpose, given: &str, now: Time) -> Result<&Code> {
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Limit {
    /// `ChangePassword`: 5.
    ChangePassword,
    /// `ConfirmSignUp`: 15.
    ConfirmSignUp,
    /// `ForgotPassword` and `ConfirmForgotPassword` together: 5 to 20 depending
    /// on risk. The emulator uses 20, the limit for a caller without risk
    /// (inferred).
    ForgotPassword,
    /// `GetUserAttributeVerificationCode`: 5.
    GetUserAttributeVerificationCode,
    /// `ResendConfirmationCode`: 5.
    ResendConfirmationCode,
    /// `VerifyUserAttribute`: 15.
    VerifyUserAttribute,
}

impl Limit {
    /// The allowed calls per hour.
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

/// The number of a user's calls in the current hour, by limit.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Limits(ThinVec<(Limit, Time, u32)>);

impl Limits {
    /// Whether no calls are counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts one call, or refuses it. The hour begins with the first call.
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
        /// An hour begins with an admitted call and admits exactly as many
        /// calls as the limit.
        #[test]
        fn calls_in_an_hour_are_limited(
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

        /// Limits are counted separately.
        #[test]
        fn limits_are_counted_separately(first in any_limit(), second in any_limit()) {
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
