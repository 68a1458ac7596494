//! Server side of Cognito's SRP-6a.
//!
//! The group is the one of RFC 3526 with 3072 bits and generator 2. Numbers are hashed
//! as signed ones: without leading zeros, and with one zero byte in front if the first
//! bit is set (fact 5c).
//!
//! A sign-in computes one power of the client's value and three of the generator. Do
//! not hold the pool's lock meanwhile.

mod group;
pub mod timestamp;

use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;

use self::group::Element;
use super::{sha256, signed};
use crate::encoded;
use crate::world::Chance;
use serde::{Deserialize, Serialize};

/// Maximal number of hexadecimal digits in a client's public value: as many as the
/// modulus has. Longer values are refused, so that a client cannot make the server
/// compute with them (inferred).
const MAX_DIGITS: usize = 768;

static N: LazyLock<BigUint> = LazyLock::new(|| hex(MODULUS).expect("the modulus is hex"));
static K: LazyLock<BigUint> = LazyLock::new(|| hash(&[&padded(&N), &padded(&generator())]));

const MODULUS: &str = concat!(
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

fn generator() -> BigUint {
    BigUint::from(2_u32)
}

/// A client's public value, `SRP_A`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicValue(BigUint);

impl PublicValue {
    /// Parses hexadecimal text.
    ///
    /// # Errors
    ///
    /// If the text is not hexadecimal or is too long.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadValue::NotHex);
        }
        let value = hex(text).filter(|_| text.len() <= MAX_DIGITS);
        value.map(Self).ok_or(BadValue::TooLong)
    }

    /// Whether the value is a multiple of the modulus. With such a value, a client that
    /// does not know the password can compute a proof. Cognito begins an exchange with
    /// it (radkawar/stackd, recorded 2026-09-24, for 0). SRP requires that the server
    /// refuses every proof.
    fn proves_nothing(&self) -> bool {
        &self.0 % &*N == BigUint::ZERO
    }
}

/// The reason why a public value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadValue {
    /// The text is empty or has a character that is not a hexadecimal digit.
    NotHex,
    /// The text has more digits than the modulus.
    TooLong,
}

/// The verifier `v`. With it, a server verifies a password that it does not have.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier {
    #[serde(with = "encoded::number")]
    value: BigUint,
    /// The private key, if known. With it, powers of the verifier are powers of the
    /// generator, which are cheaper.
    #[serde(skip)]
    private: Option<BigUint>,
}

impl Verifier {
    /// The verifier of a private key, `x`.
    #[must_use]
    pub fn of(private: &[u8; 32]) -> Self {
        let private = BigUint::from_bytes_be(private);
        Self {
            value: Element::generator(&private).number(),
            private: Some(private),
        }
    }

    /// Parses a verifier that a client computed, in big-endian order; `None` for a
    /// value outside the group.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let value = BigUint::from_bytes_be(bytes);
        let private = None;
        (value != BigUint::ZERO && value < *N).then_some(Self { value, private })
    }

    /// The verifier as a number in big-endian order.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.value.to_bytes_be()
    }

    fn power(&self, exponent: &BigUint) -> Element {
        match &self.private {
            Some(private) => Element::generator(&(private * exponent)),
            None => Element::of(&self.value).power(exponent),
        }
    }
}

/// One exchange, from the server's public value to the client's proof.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    client: PublicValue,
    verifier: Verifier,
    private: BigUint,
    public: BigUint,
    /// The signed text before the time: both names and the secret block.
    message: Vec<u8>,
    /// `SECRET_BLOCK`: bytes in base64 that are opaque to the client.
    pub secret_block: String,
}

/// Length of a secret block in bytes.
const BLOCK: usize = 512;

impl Exchange {
    /// Generates the server's private value and the secret block, and computes the
    /// public value. `names` are the names of the pool and the user, or of a device's
    /// group and the device.
    #[must_use]
    pub fn new(names: [&str; 2], client: PublicValue, verifier: Verifier, chance: &Chance) -> Self {
        let exchange = Self::with(client, verifier, &chance.bytes());
        let block = chance.bytes::<BLOCK>();
        Self {
            message: [names[0].as_bytes(), names[1].as_bytes(), &block].concat(),
            secret_block: STANDARD.encode(block),
            ..exchange
        }
    }

    fn with(client: PublicValue, verifier: Verifier, private: &[u8; 32]) -> Self {
        let private = BigUint::from_bytes_be(private);
        let public = (&*K * &verifier.value + Element::generator(&private).number()) % &*N;
        Self {
            client,
            verifier,
            private,
            public,
            message: Vec::new(),
            secret_block: String::new(),
        }
    }

    /// The server's public value in hexadecimal, `SRP_B`.
    #[must_use]
    pub fn public(&self) -> String {
        format!("{:x}", self.public)
    }

    /// Whether `signature` was made at `timestamp` with the right password.
    #[must_use]
    pub fn verifies(&self, timestamp: &str, signature: &[u8]) -> bool {
        if self.client.proves_nothing() {
            return false;
        }
        let key = Key::new(HMAC_SHA256, &self.session_key());
        let message = [&*self.message, timestamp.as_bytes()].concat();
        verify(&key, &message, signature).is_ok()
    }

    /// The key that client and server compute.
    fn session_key(&self) -> [u8; 16] {
        let Self {
            client: PublicValue(client),
            verifier,
            private,
            public,
            ..
        } = self;
        let scramble = hash(&[&padded(client), &padded(public)]);
        let shared = Element::of(client)
            .times(&verifier.power(&scramble))
            .power(private);
        let extracted = mac(&padded(&scramble), &padded(&shared.number()));
        let expanded = mac(&extracted, b"Caldera Derived Key\x01");
        let mut key = [0; 16];
        key.copy_from_slice(&expanded[..16]);
        key
    }
}

impl fmt::Debug for Exchange {
    /// Omits the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

/// Parses a number that consists of hexadecimal digits only, without sign or
/// separators.
fn hex(text: &str) -> Option<BigUint> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| BigUint::parse_bytes(text.as_bytes(), 16))?
}

/// A number's bytes, as client and server hash them.
fn padded(number: &BigUint) -> Vec<u8> {
    signed(&number.to_bytes_be())
}

fn hash(parts: &[&[u8]]) -> BigUint {
    BigUint::from_bytes_be(&sha256(parts))
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let tag = sign(&Key::new(HMAC_SHA256, key), message);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    fn bytes(hex: &str) -> [u8; 32] {
        HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_multiplier_is_the_one_of_fact_5c() {
        let k = "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6";
        assert_eq!(format!("{:x}", *K), k);
    }

    /// Private value of the client, private value of the server, digest of the server's
    /// public value, and key.
    ///
    /// Made with pycognito 2024.5.1: its `calculate_a`, `calculate_u` and
    /// `get_password_authentication_key`. The comment at each row says which
    /// numbers are shorter, have an odd number of digits or have their first
    /// bit set, so that each of `A`, `B`, `u` and `S` is padded in every way.
    const EXCHANGES: [(&str, &str, &str, &str); 10] = [
        // A plain, B plain, u high, S high
        (
            "d23f0824128b2f330c5c7fd0a6a3a4506513270e269e0d37f2a74de452e6b438",
            "36f675cc81e74ef5e8e25d940ed904759531985d5d9dc9f81818e811892f902b",
            "92c3de937c954e109405dac8e84efce78c54a669200b461c7dd5a3a96e287152",
            "ba452d21bf1d957228e1e063cd213e40",
        ),
        // A high, u plain
        (
            "8d116ece1738f7d93d9c172411e20b8f6b0d549b6f03675a1600a35a099950d8",
            "a170b33839263059f28c105d1fb17c2390c192cfd3ac94af0f21ddb66cad4a26",
            "fa23845638353de5340e0afca1c1159fc82fa1cd4f71732ec4b351a635d783ed",
            "16febae2a174036c0e61952c578ccb84",
        ),
        // B high
        (
            "0cb1e29c658cda1495e60af593bd04cf0fd630f1f29d0da9953f48f1a09f76b5",
            "6b4cb2424a23d5962217beaddbc496cb8e81973e0becd7b03898d190f9ebdacc",
            "68a88a4b469cfc0921f584a97094558370c580ee3600132e6851a3f7fed2d9ea",
            "924d52ba1bd831626c011e1afda93236",
        ),
        // S plain
        (
            "ae97ba94d0eda82f8f6d05584ef8aa38922766581e27a1c08a6a63ec24ede6a4",
            "18f135d25f557203301850c5a38fd547923a736994e3bf911a61dbe22e44158b",
            "0423c6cc227af86e900c1c7bb3e2efc09081881e30c68f69aac5595517c74f79",
            "a4b745f2e59c5b71888ea0535ee9a42e",
        ),
        // A odd, u odd
        (
            "230d977ee22571594720771f8ca8181166d2287672fdf2022a96fb1a14a0f9e7",
            "fc891b4a6a50df4db4d66a3a47469a4d8cdb305fdd2e16096e36aab0d1bc52d9",
            "6f95176cd953a0ad3d0db5f6120068c1b200fa4b636c5e617d6a1ac74da1aa06",
            "f9318d15c7033eac99477ed3e6eaaa69",
        ),
        // B odd, S odd
        (
            "9a2ef80f58ee8571f4998d7c4093f6dea268aa872607679d6050914a9d33a01c",
            "fa529ba3fe3bfada7cf20724d953ee261d87cec31f7296ab7961fd925d39d0a8",
            "714114add53be9c3bb33bcd12ce361aac736bba216e01d85d068baaa18eef04f",
            "870e91b7aef66adc4a1dd713d9fc321e",
        ),
        // u short
        (
            "b6246771c845007063771407e8e727891eb20109a91c2439d5ab8b4d15b40aeb",
            "a2c68e45ca04c79f6f15b6ad2db3997fe39639be7a605a91330698a1c0093492",
            "1be5f7c2e58dea245dcb1d7420f4fc3bce380732b8c8b1da63abdf54aee58fab",
            "58914cc147da411cdcafe820ffb66e06",
        ),
        // B short
        (
            "b0882411b77570a4bf168da7431dbc3f0b286c709df24d5ef429c622f52b2549",
            "98772790c1726f06b8b8f27000f72d3c4c22cab7468fb596ec9a360c5105122a",
            "c3941c39704f003753f4b8d01655603bbb274d8e758de0855e174409c2c054d7",
            "ec0b23c26f08f838dc7931e4c0edd364",
        ),
        // A short
        (
            "10970046538ae1c130312932940a3537e8566431e258d2684806d26f27401fa0",
            "a64ed9963b3bc81386bc2b9981e004fb3ef68756fe111ebc406c61326564d134",
            "d95cf945a37094478dd15116cd61d9828fe5a86b0a9314d83ce25a0fc510f2a6",
            "e4199503bbbd1331a6e74a15c2d51d65",
        ),
        // S short
        (
            "9d373731ff01fe8010fe52d4db68f275069e87dc22dd113cc8c42276f36c1575",
            "e2bce763fb52882f21b1aed23196cd441c0df645d0a32611b14aed54bb69e1f0",
            "b51f46e28452b24be983f73e7966397447c768c3c9c6eda527314c257c2f8a29",
            "335533ad6ca3a5fd18373f44371062d6",
        ),
    ];

    #[test]
    fn agrees_with_a_client_of_cognito() {
        let x = "9cb006a0970d1c9cfb76fc7c92591a89031e8c7010ffd82e98a1625459e0d49a";
        let verifier = Verifier::of(&bytes(x));
        for (client, server, public, key) in EXCHANGES {
            let client = generator().modpow(&BigUint::from_bytes_be(&bytes(client)), &N);
            let client = PublicValue::parse(&format!("{client:x}")).unwrap();
            let exchange = Exchange::with(client, verifier.clone(), &bytes(server));
            let digest = sha256(&[exchange.public().as_bytes()]);
            assert_eq!(HEXLOWER.encode(&digest), public, "{server}");
            assert_eq!(HEXLOWER.encode(&exchange.session_key()), key, "{server}");
            // A device's verifier: the server does not know the private key.
            let device = Verifier::parse(&verifier.value.to_bytes_be()).unwrap();
            let exchange = Exchange::with(exchange.client, device, &bytes(server));
            assert_eq!(HEXLOWER.encode(&exchange.session_key()), key, "{server}");
        }
    }

    #[test]
    fn public_values() {
        let zero = "0".repeat(MAX_DIGITS);
        let one = format!("{}1", "0".repeat(MAX_DIGITS - 1));
        let more = format!("{:x}", &*N + 1_u32);
        for text in ["1", "aB", &one, &more] {
            let value = PublicValue::parse(text).unwrap();
            assert!(!value.proves_nothing(), "{text}");
        }
        for text in ["0", &zero, MODULUS] {
            let value = PublicValue::parse(text).unwrap();
            assert!(value.proves_nothing(), "{text}");
        }
        for text in ["", "-1", "+1", "0x1", "1_0", "g", "é"] {
            assert_eq!(PublicValue::parse(text), Err(BadValue::NotHex), "{text}");
        }
        let long = PublicValue::parse(&format!("0{one}"));
        assert_eq!(long, Err(BadValue::TooLong));
    }

    /// With a multiple of the modulus, anyone can compute the key, so every proof is
    /// refused.
    #[test]
    fn zero_proves_nothing() {
        for text in ["0", MODULUS] {
            let client = PublicValue::parse(text).unwrap();
            let names = ["AbCdEfGhI", "ana"];
            let verifier = Verifier::of(&[7; 32]);
            let exchange = Exchange::new(names, client, verifier, &Chance::seeded(1));
            let block = STANDARD.decode(&exchange.secret_block).unwrap();
            let text = [b"AbCdEfGhI", &b"ana"[..], &block, b"now"].concat();
            let key = exchange.session_key();
            assert!(!exchange.verifies("now", &mac(&key, &text)));
        }
    }

    #[test]
    fn verifiers_of_clients() {
        let below = (&*N - 1_u32).to_bytes_be();
        for bytes in [&[1][..], &[0, 0xff], &below, &padded(&(&*N - 1_u32))] {
            assert!(Verifier::parse(bytes).is_some());
        }
        for bytes in [&[][..], &[0, 0], &N.to_bytes_be(), &[1; 385]] {
            assert!(Verifier::parse(bytes).is_none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// A signature by another key or of another text is not valid.
        #[test]
        fn only_the_session_key_signs(x in any::<[u8; 32]>(), time in "[a-z]{1,8}", at in 0..16_usize) {
            let client = PublicValue::parse("12345").unwrap();
            let names = ["AbCdEfGhI", "ana"];
            let exchange = Exchange::new(names, client, Verifier::of(&x), &Chance::seeded(1));
            let block = STANDARD.decode(&exchange.secret_block).unwrap();
            let sign = |key: &[u8; 16], user: &str, time: &str| {
                mac(key, &[b"AbCdEfGhI", user.as_bytes(), &block, time.as_bytes()].concat())
            };
            let key = exchange.session_key();
            let signature = sign(&key, "ana", &time);
            prop_assert!(exchange.verifies(&time, &signature));
            prop_assert!(!exchange.verifies(&time[1..], &signature));
            prop_assert!(!exchange.verifies(&time, &signature[1..]));
            prop_assert!(!exchange.verifies(&time, &sign(&key, "bob", &time)));
            let mut other = key;
            other[at] ^= 1;
            prop_assert!(!exchange.verifies(&time, &sign(&other, "ana", &time)));
        }
    }
}
