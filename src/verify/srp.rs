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

use super::corpus::{Proof, Verifier};

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

/// Constants. The client's private value is one of them, because the passwords belong to
/// users that exist only for seconds.
struct Constants {
    n: BigUint,
    g: BigUint,
    k: BigUint,
    a: BigUint,
    public_a: BigUint,
}

static CONSTANTS: LazyLock<Constants> = LazyLock::new(|| {
    let n = from_hex(N);
    let g = BigUint::from(2_u8);
    let a = hash(&[b"a private value"]);
    let public_a = g.modpow(&a, &n);
    let k = hash(&[&padded(&n), &padded(&g)]);
    Constants {
        n,
        g,
        k,
        a,
        public_a,
    }
});

/// `SRP_A`.
pub(super) fn public_value() -> String {
    format!("{:x}", CONSTANTS.public_a)
}

/// The response to a challenge: `PASSWORD_CLAIM_SIGNATURE` and `TIMESTAMP`.
///
/// # Errors
/// If the challenge is malformed.
pub(super) fn prove(proof: &Proof, now: SystemTime) -> Result<(String, String), String> {
    let Constants {
        n,
        g,
        k,
        a,
        public_a,
        ..
    } = &*CONSTANTS;
    let public_b = hexadecimal(&proof.srp_b).ok_or("SRP_B is not a number")?;
    let salt = hexadecimal(&proof.salt).ok_or("SALT is not a number")?;
    let block = STANDARD
        .decode(&proof.block)
        .map_err(|_| "SECRET_BLOCK is not base64")?;
    let name = proof
        .group
        .rsplit_once('_')
        .map_or(&*proof.group, |(_, name)| name);

    let u = hash(&[&padded(public_a), &padded(&public_b)]);
    let x = private_key(&salt, name, &proof.username, &proof.password);
    // (B - k * g^x) mod N, without going below zero.
    let base = (public_b + n * k - k * g.modpow(&x, n)) % n;
    let shared = base.modpow(&(a + u.clone() * x), n);

    let prk = sign(&padded(&u), &[&padded(&shared)]);
    let key = sign(prk.as_ref(), &[b"Caldera Derived Key", &[1]]);
    let timestamp = timestamp(now);
    let signature = sign(
        &key.as_ref()[..16],
        &[
            name.as_bytes(),
            proof.username.as_bytes(),
            &block,
            timestamp.as_bytes(),
        ],
    );
    Ok((STANDARD.encode(signature), timestamp))
}

/// A device's `Salt` and `PasswordVerifier`.
pub(super) fn device_verifier(verifier: &Verifier) -> (String, String) {
    let Constants { n, g, .. } = &*CONSTANTS;
    let salt = hash(&[b"salt of", verifier.device.as_bytes()]) % (BigUint::from(1_u8) << 127);
    let x = private_key(&salt, &verifier.group, &verifier.device, &verifier.password);
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
    fn days_have_no_zero_before_them() {
        let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(1_793_689_689), "Tue Nov 3 07:08:09 UTC 2026");
        assert_eq!(at(0), "Thu Jan 1 00:00:00 UTC 1970");
    }
}
