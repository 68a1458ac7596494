//! Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, steps of 30 seconds.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;

use super::same;
use crate::encoded;
use crate::world::{Chance, Time};
use serde::{Deserialize, Serialize};

/// The secret that a user's authenticator shares with the pool. It is never printed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(#[serde(with = "encoded::bytes")] [u8; 32]);

/// A 30-second interval since the epoch. A caller that stores the step of the last code
/// can refuse a replayed code (R87).
pub type Step = u64;

const STEP_SECONDS: u64 = 30;

impl Secret {
    /// A random secret.
    #[must_use]
    pub fn new(chance: &Chance) -> Self {
        Self(chance.bytes())
    }

    /// Parses the [`SecretCode`](Self::code) `code`; `None` if its length or a
    /// character is not valid.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(code.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// Parses a secret of any length up to [`Self::code`]'s. The codes of a shorter one do not
    /// change: HMAC appends zeros to its key (RFC 2104).
    #[must_use]
    pub fn from_short_code(code: &str) -> Option<Self> {
        let bytes = BASE32_NOPAD.decode(code.as_bytes()).ok()?;
        let mut secret = [0; 32];
        secret.get_mut(..bytes.len())?.copy_from_slice(&bytes);
        (!bytes.is_empty()).then_some(Self(secret))
    }

    /// `SecretCode` in the response of `AssociateSoftwareToken`: 52 characters
    /// of base32 without padding.
    #[must_use]
    pub fn code(self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// The code of an authenticator at `now`.
    #[must_use]
    pub fn password_at(self, now: Time) -> String {
        hotp(&self.0, step_at(now))
    }

    /// The step of `password`, if it is the current step or an adjacent one:
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa-totp.html>
    #[must_use]
    pub fn verify(self, password: &str, now: Time) -> Option<Step> {
        let present = step_at(now);
        [Some(present), present.checked_sub(1), Some(present + 1)]
            .into_iter()
            .flatten()
            .find(|step| same(hotp(&self.0, *step).as_bytes(), password.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

fn step_at(now: Time) -> Step {
    u64::try_from(now.seconds()).unwrap_or(0) / STEP_SECONDS
}

/// The one-time password of RFC 4226, with the step as counter.
fn hotp(key: &[u8], step: Step) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 0x0f);
    let word = u32::from_be_bytes([
        tag[offset],
        tag[offset + 1],
        tag[offset + 2],
        tag[offset + 3],
    ]);
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const SECRET: Secret = Secret(*b"12345678901234567890123456789012");

    /// RFC 6238, appendix B, the SHA-1 rows: the last six of its eight digits.
    #[test]
    fn rfc_6238_vectors() {
        for (seconds, password) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = step_at(Time(seconds * 1000));
            assert_eq!(
                hotp(b"12345678901234567890", step),
                password,
                "at {seconds}"
            );
        }
    }

    /// Made with Python: `base64.b32encode` and `hmac` over the same 32 bytes.
    #[test]
    fn a_secret_of_32_bytes() {
        assert_eq!(
            SECRET.code(),
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA"
        );
        assert_eq!(SECRET.password_at(Time(1_700_000_000_000)), "524170");
    }

    #[test]
    fn a_code_has_52_characters_and_is_parsed() {
        let secret = Secret::new(&Chance::seeded(7));
        assert_eq!(secret.code().len(), 52);
        assert_eq!(Secret::from_code(&secret.code()), Some(secret));
        assert_eq!(Secret::from_code(&secret.code()[..51]), None);
        assert_eq!(Secret::from_code(&secret.code().to_lowercase()), None);
        assert_eq!(Secret::from_code("MFRGG"), None);
    }

    #[test]
    fn malformed_passwords_fail() {
        let now = Time(1_700_000_000_000);
        let password = SECRET.password_at(now);
        for wrong in [
            String::new(),
            format!("{password}0"),
            format!(" {password}"),
            password[1..].to_owned(),
        ] {
            assert_eq!(SECRET.verify(&wrong, now), None, "{wrong:?}");
        }
    }

    #[test]
    fn nothing_is_accepted_before_the_first_step() {
        assert_eq!(
            SECRET.verify(&SECRET.password_at(Time(0)), Time(0)),
            Some(0)
        );
        assert_eq!(
            SECRET.verify(&SECRET.password_at(Time(30_000)), Time(0)),
            Some(1)
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{SECRET:?}"), "Secret { .. }");
    }

    proptest! {
        /// A code is accepted within one step and refused otherwise, unless two
        /// steps have the same code by chance.
        #[test]
        fn accepted_within_one_step(
            secret: [u8; 32],
            shown_ms in 1_000_000_000_000_i64..3_000_000_000_000,
            drift_ms in -200_000_i64..200_000,
        ) {
            let secret = Secret(secret);
            let (shown, now) = (Time(shown_ms), Time(shown_ms + drift_ms));
            let password = secret.password_at(shown);
            let (shown, present) = (step_at(shown), step_at(now));
            let shared = (present - 1..=present + 1).any(|step| step != shown && hotp(&secret.0, step) == password);
            prop_assume!(!shared);
            let expected = (shown.abs_diff(present) <= 1).then_some(shown);
            prop_assert_eq!(secret.verify(&password, now), expected);
        }

        /// A code is the same during its whole step.
        #[test]
        fn constant_within_a_step(seconds in 0_u64..100_000_000, offset in 0_u64..30_000) {
            let start = Time(0).plus(Duration::from_secs(seconds * STEP_SECONDS));
            prop_assert_eq!(
                SECRET.password_at(start.plus(Duration::from_millis(offset))),
                SECRET.password_at(start)
            );
        }
    }
}
