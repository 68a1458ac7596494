//! Password hashes of another system.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html#cognito-user-pools-import-password-hash-algorithms>

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use argon2::Argon2;
use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bcrypt::HashParts;
use data_encoding::HEXLOWER_PERMISSIVE;

use super::same;
use crate::encoded;
use serde::{Deserialize, Serialize};

/// `PasswordHashingAlgorithmType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `$2b$<cost>$<salt><hash>`
    Bcrypt,
    /// `N$r$p$<salt>$<hash>`, salt and hash in hex.
    Scrypt,
    /// `$argon2id$v=19$m=…,t=…,p=…$<salt>$<hash>`
    Argon2id,
    /// `$pbkdf2-sha256$<iterations>$<salt>$<hash>`
    Pbkdf2Sha256,
}

impl Algorithm {
    /// The algorithm called `name` in the API.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "BCRYPT" => Some(Self::Bcrypt),
            "SCRYPT" => Some(Self::Scrypt),
            "ARGON2ID" => Some(Self::Argon2id),
            "PBKDF2_SHA256" => Some(Self::Pbkdf2Sha256),
            _ => None,
        }
    }

    /// The algorithm's name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bcrypt => "BCRYPT",
            Self::Scrypt => "SCRYPT",
            Self::Argon2id => "ARGON2ID",
            Self::Pbkdf2Sha256 => "PBKDF2_SHA256",
        }
    }
}

/// The reason why a hash cannot be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadHash {
    /// The hash does not have the algorithm's form.
    Malformed,
    /// The hash costs more than Cognito allows.
    TooCostly,
}

/// A hash that a password can be checked against. It is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedHash(Parts);

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Parts {
    Bcrypt(Box<str>),
    Scrypt {
        log_n: u8,
        r: u32,
        p: u32,
        key: Key,
    },
    Argon2id {
        version: u32,
        memory: u32,
        passes: u32,
        lanes: u32,
        key: Key,
    },
    Pbkdf2 {
        iterations: NonZeroU32,
        key: Key,
    },
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Key {
    #[serde(with = "encoded::bytes")]
    salt: Box<[u8]>,
    #[serde(with = "encoded::bytes")]
    hash: Box<[u8]>,
}

impl ImportedHash {
    /// Parses a hash, and checks its parameters against the documented maxima.
    pub fn read(algorithm: Algorithm, text: &str) -> Result<Self, BadHash> {
        let parts = match algorithm {
            Algorithm::Bcrypt => bcrypt_hash(text),
            Algorithm::Scrypt => scrypt_hash(text),
            Algorithm::Argon2id => argon2id_hash(text),
            Algorithm::Pbkdf2Sha256 => pbkdf2_hash(text),
        };
        let parts = parts.ok_or(BadHash::Malformed)?;
        let costly = match &parts {
            Parts::Bcrypt(hash) => HashParts::from_str(hash).is_ok_and(|hash| hash.get_cost() > 12),
            Parts::Scrypt { log_n, r, p, .. } => *log_n > 16 || *r > 8 || *p > 1,
            Parts::Argon2id {
                memory,
                passes,
                lanes,
                ..
            } => *memory > 19_456 || *passes > 2 || *lanes > 1,
            Parts::Pbkdf2 { iterations, .. } => iterations.get() > 600_000,
        };
        if costly {
            return Err(BadHash::TooCostly);
        }
        Ok(Self(parts))
    }

    /// The algorithm, and the hash in a text that [`Self::read`] accepts.
    #[must_use]
    pub fn text(&self) -> (Algorithm, String) {
        match &self.0 {
            Parts::Bcrypt(hash) => (Algorithm::Bcrypt, hash.to_string()),
            Parts::Scrypt { log_n, r, p, key } => {
                let n = 1_u64 << log_n;
                let [salt, hash] =
                    [&key.salt, &key.hash].map(|bytes| HEXLOWER_PERMISSIVE.encode(bytes));
                (Algorithm::Scrypt, format!("{n}${r}${p}${salt}${hash}"))
            }
            Parts::Argon2id {
                version,
                memory,
                passes,
                lanes,
                key,
            } => {
                let [salt, hash] = key.to_base64();
                let text =
                    format!("$argon2id$v={version}$m={memory},t={passes},p={lanes}${salt}${hash}");
                (Algorithm::Argon2id, text)
            }
            Parts::Pbkdf2 { iterations, key } => {
                let [salt, hash] = key.to_base64();
                (
                    Algorithm::Pbkdf2Sha256,
                    format!("$pbkdf2-sha256${iterations}${salt}${hash}"),
                )
            }
        }
    }

    /// Whether `password` has this hash. This is slow.
    #[must_use]
    pub fn verifies(&self, password: &str) -> bool {
        let password = password.as_bytes();
        match &self.0 {
            Parts::Bcrypt(hash) => bcrypt::verify(password, hash).unwrap_or(false),
            Parts::Scrypt { log_n, r, p, key } => key.is(|salt, out| {
                let parameters = scrypt::Params::new(*log_n, *r, *p).ok()?;
                scrypt::scrypt(password, salt, &parameters, out).ok()
            }),
            Parts::Argon2id {
                version,
                memory,
                passes,
                lanes,
                key,
            } => key.is(|salt, out| {
                let version = argon2::Version::try_from(*version).ok()?;
                let length = Some(out.len());
                let parameters = argon2::Params::new(*memory, *passes, *lanes, length).ok()?;
                Argon2::new(argon2::Algorithm::Argon2id, version, parameters)
                    .hash_password_into(password, salt, out)
                    .ok()
            }),
            Parts::Pbkdf2 { iterations, key } => key.is(|salt, out| {
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, *iterations, salt, password, out);
                Some(())
            }),
        }
    }
}

impl fmt::Debug for ImportedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportedHash").finish_non_exhaustive()
    }
}

impl Key {
    /// Whether `derive` computes this hash from the salt.
    fn is(&self, derive: impl FnOnce(&[u8], &mut [u8]) -> Option<()>) -> bool {
        let mut found = vec![0; self.hash.len()];
        derive(&self.salt, &mut found).is_some() && same(&found, &self.hash)
    }

    /// Refuses a salt or a hash that is too short, and a hash that is too long.
    fn new(salt: Vec<u8>, hash: Vec<u8>) -> Option<Self> {
        (salt.len() >= 8 && (16..=64).contains(&hash.len())).then(|| Self {
            salt: salt.into(),
            hash: hash.into(),
        })
    }

    fn to_base64(&self) -> [String; 2] {
        [&self.salt, &self.hash].map(|bytes| STANDARD_NO_PAD.encode(bytes))
    }

    fn in_base64(salt: &str, hash: &str) -> Option<Self> {
        // Passlib writes a dot in place of the plus.
        let read = |text: &str| STANDARD_NO_PAD.decode(text.replace('.', "+")).ok();
        Self::new(read(salt)?, read(hash)?)
    }
}

fn bcrypt_hash(text: &str) -> Option<Parts> {
    let hash = HashParts::from_str(text).ok()?;
    (hash.get_cost() >= 4).then(|| Parts::Bcrypt(text.into()))
}

fn scrypt_hash(text: &str) -> Option<Parts> {
    let [n, r, p, salt, hash] = fields(text)?;
    let n: u64 = number(n)?;
    let read = |text: &str| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    let parts = Parts::Scrypt {
        log_n: u8::try_from(n.checked_ilog2()?).ok()?,
        r: number(r)?,
        p: number(p)?,
        key: Key::new(read(salt)?, read(hash)?)?,
    };
    (n > 1 && n.is_power_of_two()).then_some(parts)
}

fn argon2id_hash(text: &str) -> Option<Parts> {
    let [_, "argon2id", version, costs, salt, hash] = fields(text)? else {
        return None;
    };
    let costs: Vec<_> = costs.split(',').collect();
    let [memory, passes, lanes] = costs[..] else {
        return None;
    };
    let (memory, passes, lanes) = (
        number(memory.strip_prefix("m=")?)?,
        number(passes.strip_prefix("t=")?)?,
        number(lanes.strip_prefix("p=")?)?,
    );
    let version = number(version.strip_prefix("v=")?)?;
    argon2::Version::try_from(version).ok()?;
    argon2::Params::new(memory, passes, lanes, None).ok()?;
    let key = Key::in_base64(salt, hash)?;
    text.starts_with('$').then_some(Parts::Argon2id {
        version,
        memory,
        passes,
        lanes,
        key,
    })
}

fn pbkdf2_hash(text: &str) -> Option<Parts> {
    let ["", "pbkdf2-sha256", iterations, salt, hash] = fields(text)? else {
        return None;
    };
    Some(Parts::Pbkdf2 {
        iterations: number(iterations)?,
        key: Key::in_base64(salt, hash)?,
    })
}

/// Splits `text` at the dollar signs into exactly `N` fields.
fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    let fields: Vec<_> = text.split('$').collect();
    fields.try_into().ok()
}

/// Parses a number that consists of digits only.
fn number<T: FromStr>(text: &str) -> Option<T> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::PASSWORD;

    const ALL: [(Algorithm, &str); 4] = [
        (
            Algorithm::Bcrypt,
            "$2b$04$abcdefghijklmnopqrstuuIhSHOYW62MYzOCiBO1FrAHfyr5D9TxS",
        ),
        (
            Algorithm::Scrypt,
            "16$8$1$73616c7473616c7473616c7473616c74$3c5d6c82f48c7361cd49f53493955352aa1d61b86d3335a8f14eef2576a28b41",
        ),
        (
            Algorithm::Argon2id,
            "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$42lQyFSGLz+SaqpeahlyKgcLNLfY0/LiBfsl0+3b8Hs",
        ),
        (
            Algorithm::Pbkdf2Sha256,
            "$pbkdf2-sha256$1000$c2FsdHNhbHRzYWx0c2FsdA$EZp0Pxub0B6zH9UVCf/sGLP9SjxqkYZyZh5Sk+qa7wo",
        ),
    ];

    /// Hashes made by Python's hashlib, bcrypt and argon2-cffi.
    #[test]
    fn passwords_are_checked_against_hashes() {
        for (algorithm, text) in ALL {
            let hash = ImportedHash::read(algorithm, text).unwrap();
            assert!(hash.verifies(PASSWORD), "{text}");
            assert!(!hash.verifies("Correct-Horse-8"), "{text}");
            for (other, _) in ALL.into_iter().filter(|(other, _)| *other != algorithm) {
                assert_eq!(ImportedHash::read(other, text), Err(BadHash::Malformed));
            }
        }
    }

    /// The guide's examples use the maxima.
    #[test]
    fn parameters_have_maxima() {
        for (algorithm, text, beyond) in [
            (
                Algorithm::Bcrypt,
                "$2b$12$CtA.Rcu/szzn9U00wpUjOuN3vrgJRZycv4aOzcP3GzqzO8UDPEFq6",
                vec![("$12$", "$13$")],
            ),
            (
                Algorithm::Scrypt,
                "65536$8$1$304dbaef7c5e828dc19c98f0600d18fe$4f69c498c12cd102d057356facf8d77e8d42407090491ea32c5b038f5a18c099",
                vec![("65536", "131072"), ("$8$", "$9$"), ("$1$", "$2$")],
            ),
            (
                Algorithm::Argon2id,
                "$argon2id$v=19$m=19456,t=2,p=1$ko/G5o1ms+ML08P95sQ8DA$AkVbvWSOqz7Hs3qthhWKxicOWnGLN+MBmpwc3emi5VA",
                vec![("19456", "19457"), ("t=2", "t=3"), ("p=1", "p=2")],
            ),
            (
                Algorithm::Pbkdf2Sha256,
                "$pbkdf2-sha256$600000$1XZlmwLQ2hhM3JYuCPiArQ$Pfheg9Zi/v5lXU4yyLA0WFUYEd/rlaVbzrM9oMD6IrA",
                vec![("600000", "600001")],
            ),
        ] {
            assert!(ImportedHash::read(algorithm, text).is_ok(), "{text}");
            for (limit, more) in beyond {
                let costly = text.replacen(limit, more, 1);
                let parsed = ImportedHash::read(algorithm, &costly);
                assert_eq!(parsed, Err(BadHash::TooCostly), "{costly}");
            }
        }
    }

    #[test]
    fn malformed_hashes() {
        for (algorithm, text) in [
            (Algorithm::Bcrypt, ""),
            (
                Algorithm::Bcrypt,
                "$2b$03$abcdefghijklmnopqrstuuIhSHOYW62MYzOCiBO1FrAHfyr5D9TxS",
            ),
            (
                Algorithm::Scrypt,
                "15$8$1$73616c7473616c74$3c5d6c82f48c7361cd49f53493955352",
            ),
            (
                Algorithm::Scrypt,
                "1$8$1$73616c7473616c74$3c5d6c82f48c7361cd49f53493955352",
            ),
            (Algorithm::Scrypt, "16$8$1$73616c7473616c74$3c"),
            (
                Algorithm::Scrypt,
                "16$8$1$xx$3c5d6c82f48c7361cd49f53493955352",
            ),
            (
                Algorithm::Argon2id,
                "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$42lQyFSGLz+SaqpeahlyKgcLNLfY0/LiBfsl0+3b8Hs",
            ),
            (
                Algorithm::Argon2id,
                "$argon2id$v=19$m=7,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$42lQyFSGLz+SaqpeahlyKgcLNLfY0/LiBfsl0+3b8Hs",
            ),
            (
                Algorithm::Pbkdf2Sha256,
                "$pbkdf2-sha256$0$c2FsdHNhbHRzYWx0c2FsdA$EZp0Pxub0B6zH9UVCf/sGLP9SjxqkYZyZh5Sk+qa7wo",
            ),
            (
                Algorithm::Pbkdf2Sha256,
                "$pbkdf2-sha512$1000$c2FsdHNhbHRzYWx0c2FsdA$EZp0Pxub0B6zH9UVCf/sGLP9SjxqkYZyZh5Sk+qa7wo",
            ),
        ] {
            let parsed = ImportedHash::read(algorithm, text);
            assert_eq!(parsed, Err(BadHash::Malformed), "{text}");
        }
    }
}
