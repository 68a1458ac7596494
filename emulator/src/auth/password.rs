//! Password policies, and the stored form of a password.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{same, sha256, signed};
use crate::encoded;
use crate::error::{Error, PasswordRule, Result};
use crate::world::Chance;

/// `PasswordPolicyType`: the rules for new passwords.
///
/// The default is the policy of a pool that was created without a policy (fact 3.1). If
/// a request has a policy, a requirement that is absent in it is not required: the
/// members are plain booleans, false unless sent. This, and the default length of 8,
/// are inferred.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_excessive_bools, reason = "the members are the API's")]
pub struct Policy {
    /// Minimal number of code points.
    #[serde(default = "default_length")]
    pub minimum_length: u32,
    /// Whether one of `A` to `Z` is required.
    #[serde(default)]
    pub require_uppercase: bool,
    /// Whether one of `a` to `z` is required.
    #[serde(default)]
    pub require_lowercase: bool,
    /// Whether one of `0` to `9` is required.
    #[serde(default)]
    pub require_numbers: bool,
    /// Whether a symbol is required (fact 3.11).
    #[serde(default)]
    pub require_symbols: bool,
    /// Number of passwords, including the current one, that a new password must
    /// differ from. Zero means no history and is omitted from responses.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub password_history_size: u32,
    /// Days until a temporary password expires. Zero counts as absent.
    #[serde(
        default = "default_validity_days",
        deserialize_with = "zero_is_default"
    )]
    pub temporary_password_validity_days: u32,
}

const DEFAULT_LENGTH: u32 = 8;
const DEFAULT_VALIDITY_DAYS: u32 = 7;
const UPPERCASE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWERCASE: &str = "abcdefghijklmnopqrstuvwxyz";
const NUMBERS: &str = "0123456789";
/// The symbols of fact 3.11, without the space.
const SYMBOLS: &str = r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`+="#;
/// The length of fact 3.20.
const SHORTEST_GENERATED: u32 = 8;

/// The way in which a new password is set. Each way has its own sentence for a password
/// that violates the policy.
///
/// `SignUp`: fact 3.2. `AdminCreateUser`, `AdminSetUserPassword` and
/// `NEW_PASSWORD_REQUIRED`: radkawar/stackd, recorded 2026-09-24.
/// `ConfirmForgotPassword`: several programs. `ChangePassword` is inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordWay {
    /// `SignUp`.
    SignUp,
    /// `TemporaryPassword` of `AdminCreateUser`.
    Temporary,
    /// A password of an existing user.
    Existing,
}

impl PasswordWay {
    /// The error for a password that violates `rule`.
    #[must_use]
    pub fn refuse(self, rule: PasswordRule) -> Error {
        let rule = rule.sentence().to_owned();
        match self {
            Self::SignUp => Error::SignUpPasswordRefused { rule },
            Self::Temporary => Error::TemporaryPasswordRefused { rule },
            Self::Existing => Error::NewPasswordRefused { rule },
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minimum_length: DEFAULT_LENGTH,
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
            password_history_size: 0,
            temporary_password_validity_days: DEFAULT_VALIDITY_DAYS,
        }
    }
}

impl Policy {
    /// Checks a new password that is set in this way.
    ///
    /// # Errors
    ///
    /// The sentence of `way` with the first violated rule.
    pub fn check(&self, password: &str, way: PasswordWay) -> Result<()> {
        self.violated(password).map_err(|rule| way.refuse(rule))
    }

    /// The first rule that `password` violates (fact 3.2), as an error: length,
    /// then uppercase, lowercase, numbers and symbols. That length comes first
    /// was observed; the order of the rest is inferred (fact 3.10).
    fn violated(&self, password: &str) -> Result<(), PasswordRule> {
        let lacks = |required: bool, alphabet: &str| {
            required && !password.contains(|c| alphabet.contains(c))
        };
        if password.chars().count() < self.minimum_length as usize {
            Err(PasswordRule::Length)
        } else if lacks(self.require_uppercase, UPPERCASE) {
            Err(PasswordRule::Uppercase)
        } else if lacks(self.require_lowercase, LOWERCASE) {
            Err(PasswordRule::Lowercase)
        } else if lacks(self.require_numbers, NUMBERS) {
            Err(PasswordRule::Number)
        } else if lacks(self.require_symbols, SYMBOLS) && !password.trim().contains(' ') {
            Err(PasswordRule::Symbol)
        } else {
            Ok(())
        }
    }

    /// A temporary password that meets the policy: at least 8 characters (fact
    /// 3.20), with every kind of character.
    #[must_use]
    pub fn generate(&self, chance: &Chance) -> String {
        let length = self.minimum_length.max(SHORTEST_GENERATED) as usize;
        let kinds = [UPPERCASE, LOWERCASE, NUMBERS, SYMBOLS];
        let mut password: Vec<char> = (0..length)
            .map(|n| {
                let kind = kinds[n % kinds.len()].as_bytes();
                char::from(kind[chance.below(kind.len())])
            })
            .collect();
        for unshuffled in (1..password.len()).rev() {
            password.swap(unshuffled, chance.below(unshuffled + 1));
        }
        password.into_iter().collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn default_length() -> u32 {
    DEFAULT_LENGTH
}

fn default_validity_days() -> u32 {
    DEFAULT_VALIDITY_DAYS
}

fn zero_is_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let days = u32::deserialize(deserializer)?;
    Ok(if days == 0 {
        DEFAULT_VALIDITY_DAYS
    } else {
        days
    })
}

/// The stored form of a password: the salt and private key of SRP, never the
/// password. It checks a password sign-in and yields the SRP verifier. It is
/// never printed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    #[serde(with = "encoded::bytes")]
    salt: [u8; 16],
    #[serde(with = "encoded::bytes")]
    x: [u8; 32],
}

impl Verifier {
    /// Stores `password` with a new salt.
    ///
    /// `pool_name` is the part of the pool id after the underscore. `username`
    /// is the internal one, which SRP clients receive as `USER_ID_FOR_SRP`.
    #[must_use]
    pub fn new(pool_name: &str, username: &str, password: &str, chance: &Chance) -> Self {
        Self::salted(chance.bytes(), pool_name, username, password)
    }

    /// The verifier with this salt and private key, as [`Self::parts`] returns them.
    #[must_use]
    pub fn from_parts(salt: [u8; 16], x: [u8; 32]) -> Self {
        Self { salt, x }
    }

    /// The salt, and the private key of SRP.
    #[must_use]
    pub fn parts(&self) -> (&[u8; 16], &[u8; 32]) {
        (&self.salt, &self.x)
    }

    /// Whether `password` is the stored one.
    #[must_use]
    pub fn verifies(&self, pool_name: &str, username: &str, password: &str) -> bool {
        same(
            &self.x,
            &Self::salted(self.salt, pool_name, username, password).x,
        )
    }

    /// `SALT` as SRP clients receive it: a hexadecimal number without leading
    /// zeros.
    #[must_use]
    pub fn salt(&self) -> String {
        format!("{:x}", u128::from_be_bytes(self.salt))
    }

    /// The private key of SRP: a number in big-endian order.
    #[must_use]
    pub fn x(&self) -> &[u8; 32] {
        &self.x
    }

    fn salted(salt: [u8; 16], pool_name: &str, username: &str, password: &str) -> Self {
        let [pool_name, username, password] = [pool_name, username, password].map(str::as_bytes);
        let credentials = sha256(&[pool_name, username, b":", password]);
        let x = sha256(&[&signed(&salt), &credentials]);
        Self { salt, x }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

/// Whether `password` is one of the last `history_size`; the current one is the
/// first of `newest_first` (fact 3.14).
pub fn used_before<'a>(
    newest_first: impl IntoIterator<Item = &'a Verifier>,
    history_size: u32,
    pool_name: &str,
    username: &str,
    password: &str,
) -> bool {
    newest_first
        .into_iter()
        .take(history_size as usize)
        .any(|verifier| verifier.verifies(pool_name, username, password))
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_default_shows_all_but_the_history() {
        let shown = json!({
            "MinimumLength": 8,
            "RequireUppercase": true,
            "RequireLowercase": true,
            "RequireNumbers": true,
            "RequireSymbols": true,
            "TemporaryPasswordValidityDays": 7,
        });
        assert_eq!(serde_json::to_value(Policy::default()).unwrap(), shown);
    }

    #[test]
    fn a_given_policy_has_its_own_requirements() {
        let sent = json!({ "MinimumLength": 10, "RequireNumbers": true });
        let policy: Policy = serde_json::from_value(sent).unwrap();
        assert_eq!(policy.violated("0123456789"), Ok(()));
        assert_eq!(policy.violated("abcdefghij"), Err(PasswordRule::Number));
        assert_eq!(
            policy.temporary_password_validity_days,
            DEFAULT_VALIDITY_DAYS
        );
    }

    #[test]
    fn members_are_read_and_written() {
        let sent = json!({
            "MinimumLength": 6,
            "RequireUppercase": false,
            "RequireLowercase": false,
            "RequireNumbers": false,
            "RequireSymbols": false,
            "PasswordHistorySize": 24,
            "TemporaryPasswordValidityDays": 365,
        });
        let policy: Policy = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!(serde_json::to_value(policy).unwrap(), sent);
    }

    #[test]
    fn zeros_count_as_absent() {
        let sent = json!({ "PasswordHistorySize": 0, "TemporaryPasswordValidityDays": 0 });
        assert_eq!(
            serde_json::from_value::<Policy>(sent).unwrap(),
            serde_json::from_value::<Policy>(json!({})).unwrap()
        );
    }

    /// Each password fixes the fault of the one above.
    #[test]
    fn the_first_violated_rule_is_reported() {
        let policy = Policy::default();
        for (password, expected) in [
            ("p@word", Err(PasswordRule::Length)),
            ("........", Err(PasswordRule::Uppercase)),
            ("........A", Err(PasswordRule::Lowercase)),
            ("Aaaaaaaa", Err(PasswordRule::Number)),
            ("Aaaaaaa1", Err(PasswordRule::Symbol)),
            ("Aaaaaa1.", Ok(())),
        ] {
            assert_eq!(policy.violated(password), expected, "{password}");
        }
    }

    /// Observed live: facts 3.9 and 3.10.
    #[test]
    fn passwords_that_were_sent_to_cognito() {
        let policy = Policy::default();
        assert_eq!(policy.violated("p@word"), Err(PasswordRule::Length));
        assert_eq!(
            policy.violated("P@1.><?}}}}{{"),
            Err(PasswordRule::Lowercase)
        );
    }

    #[test]
    fn length_counts_code_points() {
        let policy = Policy {
            minimum_length: 8,
            ..lenient()
        };
        assert_eq!(policy.violated("ééééééé"), Err(PasswordRule::Length));
        assert_eq!(policy.violated("éééééééé"), Ok(()));
        assert_eq!(policy.violated("🔑🔑🔑🔑🔑🔑🔑"), Err(PasswordRule::Length));
    }

    #[test]
    fn only_basic_latin_counts_as_letters_and_numbers() {
        let policy = Policy::default();
        assert_eq!(policy.violated("Éaaaaa1."), Err(PasswordRule::Uppercase));
        assert_eq!(policy.violated("Aééééé1."), Err(PasswordRule::Lowercase));
        assert_eq!(policy.violated("Aaaaaa٣."), Err(PasswordRule::Number));
        assert_eq!(policy.violated("Aaaaaa1§"), Err(PasswordRule::Symbol));
    }

    #[test]
    fn every_symbol_counts_and_a_space_inside() {
        let policy = Policy {
            require_symbols: true,
            ..lenient()
        };
        for symbol in r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`+="#.chars() {
            assert_eq!(
                policy.violated(&format!("word{symbol}s")),
                Ok(()),
                "{symbol}"
            );
        }
        assert_eq!(policy.violated("two words"), Ok(()));
        for spaced in [
            " leading",
            "trailing ",
            "  both  ",
            "tab\tbed",
            "no\u{a0}break",
            "wörter€",
        ] {
            assert_eq!(
                policy.violated(spaced),
                Err(PasswordRule::Symbol),
                "{spaced:?}"
            );
        }
    }

    /// Made with pycognito 2024.5.1's `pad_hex`, `hash_sha256` and `hex_hash`.
    /// Each salt is as Cognito sends it, in hexadecimal without leading zeros.
    /// The rows: an even salt, one with its first bit set, an odd one, and two
    /// with a leading zero byte.
    #[test]
    fn agrees_with_a_client_of_cognito() {
        for (salt, sent, x) in [
            (
                0x5ddc_5a0a_6d5c_1aa0_d0e1_f19e_8b8e_0b0e_u128,
                "5ddc5a0a6d5c1aa0d0e1f19e8b8e0b0e",
                "9cb006a0970d1c9cfb76fc7c92591a89031e8c7010ffd82e98a1625459e0d49a",
            ),
            (
                0xd19e_2b8e_0b0e_5ddc_5a0a_6d5c_1aa0_d0e1_u128,
                "d19e2b8e0b0e5ddc5a0a6d5c1aa0d0e1",
                "c35a9913be9ee25760f3674e40e61fb35c9d685e02c5f79830e1bfb03f2f5044",
            ),
            (
                0x0a6d_5c1a_a0d0_e15d_dc5a_0af1_9e8b_8e0b_u128,
                "a6d5c1aa0d0e15ddc5a0af19e8b8e0b",
                "bfd3577f3546659dfbed6832a2d9fdea7b75b10d14445bda9a6a31aaa995e4f0",
            ),
            (
                0x001a_0d0e_15dd_c5a0_af19_e8b8_e0b0_a6d5_u128,
                "1a0d0e15ddc5a0af19e8b8e0b0a6d5",
                "59bc20a7f180efa4553e2cfa13b36cf7ce92aebc4212716dbd503e25d08b7347",
            ),
            (
                0x009a_0d0e_15dd_c5a0_af19_e8b8_e0b0_a6d5_u128,
                "9a0d0e15ddc5a0af19e8b8e0b0a6d5",
                "fe6131112335fc4b39268fdb381fc6af5ca38013347d4bf06f7c0306daf10752",
            ),
        ] {
            let verifier = Verifier::salted(salt.to_be_bytes(), "AbCdEfGhI", "ana", "Pässw0rd!");
            assert_eq!(verifier.salt(), sent);
            assert_eq!(HEXLOWER.encode(verifier.x()), x, "{sent}");
        }
    }

    #[test]
    fn pool_username_and_password_must_be_the_same() {
        let verifier = Verifier::new("pool", "ana", "Passw0rd!", &Chance::seeded(1));
        assert!(verifier.verifies("pool", "ana", "Passw0rd!"));
        assert!(!verifier.verifies("pool", "ana", "Passw0rd"));
        assert!(!verifier.verifies("pool", "bob", "Passw0rd!"));
        assert!(!verifier.verifies("loop", "ana", "Passw0rd!"));
        assert!(!verifier.verifies("pool", "ana", ""));
    }

    #[test]
    fn equal_passwords_are_stored_differently() {
        let chance = Chance::seeded(1);
        assert_ne!(
            Verifier::new("pool", "ana", "Passw0rd!", &chance),
            Verifier::new("pool", "ana", "Passw0rd!", &chance)
        );
    }

    #[test]
    fn a_verifier_has_48_bytes_and_is_not_printed() {
        let verifier = Verifier::new("pool", "ana", "Passw0rd!", &Chance::seeded(1));
        assert_eq!(size_of::<Verifier>(), 48);
        assert_eq!(format!("{verifier:?}"), "Verifier { .. }");
    }

    #[test]
    fn history_includes_the_current_password() {
        let chance = Chance::seeded(1);
        let history =
            ["third", "second", "first"].map(|word| Verifier::new("pool", "ana", word, &chance));
        let used = |size, word| used_before(&history, size, "pool", "ana", word);
        assert!(!used(0, "third"));
        assert!(used(1, "third") && !used(1, "second"));
        assert!(used(2, "second") && !used(2, "first"));
        assert!(used(24, "first") && !used(24, "fourth"));
    }

    fn lenient() -> Policy {
        Policy {
            minimum_length: 6,
            require_uppercase: false,
            require_lowercase: false,
            require_numbers: false,
            require_symbols: false,
            ..Policy::default()
        }
    }

    prop_compose! {
        fn any_policy()(
            minimum_length in 6_u32..=99,
            require_uppercase: bool,
            require_lowercase: bool,
            require_numbers: bool,
            require_symbols: bool,
        ) -> Policy {
            Policy {
                minimum_length,
                require_uppercase,
                require_lowercase,
                require_numbers,
                require_symbols,
                ..Policy::default()
            }
        }
    }

    /// An independent implementation of the rules, character by character.
    fn oracle(policy: &Policy, password: &str) -> Result<(), PasswordRule> {
        let characters: Vec<char> = password.chars().collect();
        let (mut upper, mut lower, mut number, mut symbol) = (0, 0, 0, 0);
        for (index, c) in characters.iter().enumerate() {
            match c {
                'A'..='Z' => upper += 1,
                'a'..='z' => lower += 1,
                '0'..='9' => number += 1,
                ' ' => {
                    let before = characters[..index].iter().any(|c| !c.is_whitespace());
                    let after = characters[index..].iter().any(|c| !c.is_whitespace());
                    symbol += u32::from(before && after);
                }
                c if c.is_ascii_punctuation() => symbol += 1,
                _ => {}
            }
        }
        for (broken, error) in [
            (
                characters.len() < policy.minimum_length as usize,
                PasswordRule::Length,
            ),
            (
                policy.require_uppercase && upper == 0,
                PasswordRule::Uppercase,
            ),
            (
                policy.require_lowercase && lower == 0,
                PasswordRule::Lowercase,
            ),
            (policy.require_numbers && number == 0, PasswordRule::Number),
            (policy.require_symbols && symbol == 0, PasswordRule::Symbol),
        ] {
            if broken {
                return Err(error);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn generated_passwords_meet_the_policy(policy in any_policy(), seed: u64) {
            let password = policy.generate(&Chance::seeded(seed));
            prop_assert_eq!(policy.violated(&password), Ok(()));
            prop_assert_eq!(oracle(&policy, &password), Ok(()));
            prop_assert!(password.len() >= 8);
            prop_assert!(!password.contains(char::is_whitespace));
        }

        #[test]
        fn check_agrees_with_the_oracle(
            policy in any_policy(),
            password in prop_oneof![
                "[A-Za-z0-9 .]{0,16}",
                "[A-Z0-9 !-~]{6,110}",
                "\\PC{0,110}",
                "[a-z \t]{6,12}",
            ],
        ) {
            prop_assert_eq!(policy.violated(&password), oracle(&policy, &password));
        }
    }
}
