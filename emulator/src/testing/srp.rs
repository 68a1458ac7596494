//! SRP client, modelled on pycognito and independent of the server: it has its own group,
//! padding and computation.

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;

/// A client that has a public value and has not computed its proof yet.
#[derive(Debug)]
pub struct Client {
    a: BigUint,
    public: BigUint,
}

/// The values of the server's challenge.
#[derive(Debug)]
pub struct Challenge<'a> {
    /// `SALT`.
    pub salt: &'a str,
    /// `SRP_B`.
    pub public: &'a str,
    /// `SECRET_BLOCK`.
    pub secret_block: &'a str,
}

impl Client {
    /// A client with these bytes as its private value.
    #[must_use]
    pub fn new(a: &[u8]) -> Self {
        let a = BigUint::from_bytes_be(a);
        let public = g().modpow(&a, &n());
        Self { a, public }
    }

    /// `SRP_A`.
    #[must_use]
    pub fn public(&self) -> String {
        self.public.to_str_radix(16)
    }

    /// `PASSWORD_CLAIM_SIGNATURE`. `names` are those of the pool and the user,
    /// or of a device's group and the device.
    ///
    /// # Panics
    /// If the challenge is malformed.
    #[must_use]
    pub fn claim(
        &self,
        challenge: &Challenge<'_>,
        names: [&str; 2],
        password: &str,
        timestamp: &str,
    ) -> String {
        let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16).expect("hex");
        let (salt, public) = (number(challenge.salt), number(challenge.public));
        let x = private(&salt, names, password);
        let u = hash_numbers(&[&self.public, &public]);
        // (B - k * g^x) ^ (a + u * x), computed without negative numbers.
        let k = hash_numbers(&[&n(), &g()]);
        let subtrahend = k * g().modpow(&x, &n()) % n();
        let base = (public % n() + n() - subtrahend) % n();
        let shared = base.modpow(&(&self.a + &u * x), &n());
        let extracted = mac(&pad_hex(&u), &pad_hex(&shared));
        let expanded = mac(&extracted, b"Caldera Derived Key\x01");
        let block = STANDARD.decode(challenge.secret_block).expect("base64");
        let [first, second] = names.map(str::as_bytes);
        let message = [first, second, &block, timestamp.as_bytes()].concat();
        STANDARD.encode(mac(&expanded[..16], &message))
    }
}

/// The parameters of `ConfirmDevice`: the verifier of a device's password, and
/// its salt, both in base64.
#[must_use]
pub fn device_verifier(names: [&str; 2], password: &str, salt: &[u8]) -> [String; 2] {
    let salt = BigUint::from_bytes_be(salt);
    let verifier = g().modpow(&private(&salt, names, password), &n());
    [&verifier, &salt].map(|number| STANDARD.encode(pad_hex(number)))
}

fn private(salt: &BigUint, [first, second]: [&str; 2], password: &str) -> BigUint {
    let inner = sha256(format!("{first}{second}:{password}").as_bytes());
    BigUint::from_bytes_be(&sha256(&[pad_hex(salt), inner].concat()))
}

/// pycognito's `pad_hex`, decoded to bytes.
fn pad_hex(number: &BigUint) -> Vec<u8> {
    let mut hex = number.to_str_radix(16);
    if hex.len() % 2 == 1 {
        hex.insert(0, '0');
    } else if hex.starts_with(|digit: char| "89abcdef".contains(digit)) {
        hex.insert_str(0, "00");
    }
    data_encoding::HEXLOWER
        .decode(hex.as_bytes())
        .expect("an even number of digits")
}

fn hash_numbers(numbers: &[&BigUint]) -> BigUint {
    let padded: Vec<u8> = numbers.iter().copied().flat_map(pad_hex).collect();
    BigUint::from_bytes_be(&sha256(&padded))
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, message).as_ref().to_vec()
}

fn g() -> BigUint {
    BigUint::from(2_u32)
}

/// RFC 3526: 2^3072 - 2^3008 - 1 + 2^64 * (floor(2^2942 * pi) + 1690314), with
/// pi by Machin's formula.
fn n() -> BigUint {
    static N: std::sync::LazyLock<BigUint> = std::sync::LazyLock::new(|| {
        let one = BigUint::from(1_u32);
        // 64 more bits than the result needs, because the divisions lose some.
        let scale = &one << (2942 + 64_u32);
        let arctan_of_inverse = |x: u32| {
            let (mut power, mut sum, mut n) = (&scale / x, BigUint::ZERO, 1_u32);
            let mut minus = BigUint::ZERO;
            while power != BigUint::ZERO {
                let term = &power / n;
                if n % 4 == 1 {
                    sum += term;
                } else {
                    minus += term;
                }
                power /= x * x;
                n += 2;
            }
            sum - minus
        };
        let pi = arctan_of_inverse(5) * 16_u32 - arctan_of_inverse(239) * 4_u32;
        let fraction = ((pi >> 64_u32) + 1_690_314_u32) << 64_u32;
        (&one << 3072_u32) - (&one << 3008_u32) - one + fraction
    });
    N.clone()
}
