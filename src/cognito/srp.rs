//! The client side of Cognito's SRP. It is written independently of the emulator, so
//! that each checks the other.
//!
//! The computation is that of `pycognito`, which works against AWS.

use std::sync::LazyLock;
use std::time::SystemTime;

use aws_lc_rs::{digest, hmac};
use aws_smithy_types::DateTime;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;

/// Group 15 of RFC 3526.
const N: &str = concat!(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74",
    "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437",
    "4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED",
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05",
    "98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB",
    "9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B",
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718",
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33",
    "A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7",
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864",
    "D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2",
    "08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
);

/// The group, and Cognito's multiplier.
struct Constants {
    n: BigUint,
    g: BigUint,
    k: BigUint,
}

static CONSTANTS: LazyLock<Constants> = LazyLock::new(|| {
    let n = from_hex(N);
    let g = BigUint::from(2_u8);
    let k = hash(&[&padded(&n), &padded(&g)]);
    Constants { n, g, k }
});

/// A client in one exchange, with its private value.
pub(crate) struct Client {
    a: BigUint,
    public_a: BigUint,
}

/// A challenge `PASSWORD_VERIFIER` or `DEVICE_PASSWORD_VERIFIER`, with the password.
pub(crate) struct Challenge<'a> {
    /// The pool's id or the part of it after `_`, or the device's group key.
    pub(crate) group: &'a str,
    /// `USER_ID_FOR_SRP`, or the device's key.
    pub(crate) username: &'a str,
    /// The password.
    pub(crate) password: &'a str,
    /// `SALT`.
    pub(crate) salt: &'a str,
    /// `SRP_B`.
    pub(crate) srp_b: &'a str,
    /// `SECRET_BLOCK`.
    pub(crate) block: &'a str,
}

/// The response to a challenge.
pub(crate) struct Claim {
    /// `PASSWORD_CLAIM_SIGNATURE`.
    pub(crate) signature: String,
    /// `TIMESTAMP`.
    pub(crate) timestamp: String,
}

impl Client {
    /// A client with a random private value. None if the system has no randomness.
    ///
    /// RFC 5054, section 2.5.4, requires at least 256 random bits; `amazon-cognito-identity-js`
    /// has 1024.
    pub(crate) fn random() -> Option<Self> {
        let mut bytes = [0; 128];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self::of(BigUint::from_bytes_be(&bytes)))
    }

    /// A client with the private value that the text `secret` determines, for passwords of users
    /// that exist only for seconds.
    pub(crate) fn fixed(secret: &str) -> Self {
        Self::of(hash(&[secret.as_bytes()]))
    }

    fn of(a: BigUint) -> Self {
        let public_a = CONSTANTS.g.modpow(&a, &CONSTANTS.n);
        Self { a, public_a }
    }

    /// `SRP_A`.
    pub(crate) fn public_value(&self) -> String {
        format!("{:x}", self.public_a)
    }

    /// The proof that this client knows the password.
    ///
    /// # Errors
    /// If the challenge is malformed.
    pub(crate) fn prove(
        &self,
        challenge: &Challenge<'_>,
        now: SystemTime,
    ) -> Result<Claim, String> {
        let Constants { n, g, k } = &*CONSTANTS;
        let public_b = hexadecimal(challenge.srp_b).ok_or("SRP_B is not a number")?;
        // RFC 5054, section 2.5.3: the client must refuse this value.
        if &public_b % n == BigUint::ZERO {
            return Err("SRP_B is a multiple of N".to_owned());
        }
        let salt = hexadecimal(challenge.salt).ok_or("SALT is not a number")?;
        let block = STANDARD
            .decode(challenge.block)
            .map_err(|_| "SECRET_BLOCK is not base64")?;
        let (group, username) = (challenge.group, challenge.username);
        let name = group.rsplit_once('_').map_or(group, |(_, name)| name);

        let u = hash(&[&padded(&self.public_a), &padded(&public_b)]);
        let x = private_key(&salt, name, username, challenge.password);
        // (B - k * g^x) mod N, without going below zero.
        let base = (public_b + n * k - k * g.modpow(&x, n)) % n;
        let shared = base.modpow(&(&self.a + &u * x), n);

        let prk = sign(&padded(&u), &[&padded(&shared)]);
        let key = sign(prk.as_ref(), &[b"Caldera Derived Key", &[1]]);
        let timestamp = timestamp(now);
        let signed: [&[u8]; 4] = [
            name.as_bytes(),
            username.as_bytes(),
            &block,
            timestamp.as_bytes(),
        ];
        let signature = sign(&key.as_ref()[..16], &signed);
        Ok(Claim {
            signature: STANDARD.encode(signature),
            timestamp,
        })
    }
}

/// The `Salt` and the `PasswordVerifier` of a device with the key `device`, in the group with the
/// key `group`.
pub(crate) fn device_verifier(group: &str, device: &str, password: &str) -> (String, String) {
    let Constants { n, g, .. } = &*CONSTANTS;
    let salt = hash(&[b"salt of", device.as_bytes()]) % (BigUint::from(1_u8) << 127);
    let x = private_key(&salt, group, device, password);
    (
        STANDARD.encode(padded(&salt)),
        STANDARD.encode(padded(&g.modpow(&x, n))),
    )
}

fn private_key(salt: &BigUint, group: &str, username: &str, password: &str) -> BigUint {
    let identity = [group, username, ":", password].concat();
    let inner = digest::digest(&digest::SHA256, identity.as_bytes());
    hash(&[&padded(salt), inner.as_ref()])
}

fn hash(parts: &[&[u8]]) -> BigUint {
    let digest = digest::digest(&digest::SHA256, &parts.concat());
    BigUint::from_bytes_be(digest.as_ref())
}

fn sign(key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, &parts.concat())
}

/// The bytes of `number`, big-endian, with a zero byte before them if the first bit is set.
fn padded(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes[0] >= 0x80 {
        bytes.insert(0, 0);
    }
    bytes
}

fn from_hex(text: &str) -> BigUint {
    hexadecimal(text).unwrap_or_default()
}

fn hexadecimal(text: &str) -> Option<BigUint> {
    BigUint::parse_bytes(text.as_bytes(), 16)
}

/// `now` as `TIMESTAMP` has it, as in `Tue Nov 3 07:08:09 UTC 2026`.
fn timestamp(now: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let now = DateTime::from(now);
    // `2026-11-03T07:08:09Z`
    let text = now
        .fmt(aws_smithy_types::date_time::Format::DateTime)
        .unwrap_or_default();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let number = |range| part(range).parse::<usize>().unwrap_or_default();
    let weekday = usize::try_from(now.secs().div_euclid(86_400)).unwrap_or_default() % 7;
    format!(
        "{} {} {} {} UTC {}",
        DAYS[weekday],
        MONTHS[number(5..7).clamp(1, 12) - 1],
        number(8..10),
        part(11..19),
        part(0..4)
    )
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// The value that `pycognito` computes.
    #[test]
    fn k_is_that_of_pycognito() {
        assert_eq!(
            format!("{:x}", CONSTANTS.k),
            "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6"
        );
    }

    #[test]
    fn a_malformed_challenge_is_refused() {
        let client = Client::fixed("a private value");
        let refusal = |srp_b: &str, salt: &str, block: &str| {
            let challenge = Challenge {
                group: "us-east-1_AbCdEfGhI",
                username: "ana",
                password: "Correct-Horse-7",
                salt,
                srp_b,
                block,
            };
            client
                .prove(&challenge, UNIX_EPOCH)
                .err()
                .unwrap_or_default()
        };
        assert_eq!(refusal("xyz", "1", "YQ=="), "SRP_B is not a number");
        assert_eq!(refusal("0", "1", "YQ=="), "SRP_B is a multiple of N");
        assert_eq!(refusal(N, "1", "YQ=="), "SRP_B is a multiple of N");
        assert_eq!(refusal("2", "z", "YQ=="), "SALT is not a number");
        assert_eq!(refusal("2", "1", "?"), "SECRET_BLOCK is not base64");
        assert_eq!(refusal("2", "1", "YQ=="), "");
    }

    #[test]
    fn private_values_are_random() {
        let values =
            [Client::random(), Client::random()].map(|client| client.unwrap().public_value());
        assert_ne!(values[0], values[1]);
    }

    #[test]
    fn days_have_no_zero_before_them() {
        let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(1_793_689_689), "Tue Nov 3 07:08:09 UTC 2026");
        assert_eq!(at(0), "Thu Jan 1 00:00:00 UTC 1970");
    }
}
