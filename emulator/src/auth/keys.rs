//! RSA keys with which pools sign their tokens.
//!
//! Each pool has two keys, one for ID tokens and one for access tokens. They come
//! from a user's bundle, then from the embedded test keys. Keys are assigned in the
//! order in which pools are created, so equal calls give equal keys after every
//! restart. Keys of a deleted pool serve a later one.
//!
//! The embedded keys are assembled from test-only primes when a pool first signs or
//! publishes them. That is arithmetic: no key is generated, and no thread runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use num_bigint::BigUint;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::sha256;
use crate::bounds::{POOLS, UNUSED_KEYS};

/// The two keys of a pool.
#[derive(Debug)]
pub struct SigningKeys {
    id: SigningKey,
    access: SigningKey,
}

impl SigningKeys {
    /// Signs ID tokens.
    #[must_use]
    pub fn id(&self) -> &SigningKey {
        &self.id
    }

    /// Signs access tokens.
    #[must_use]
    pub fn access(&self) -> &SigningKey {
        &self.access
    }

    /// The key with the id `kid`.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&SigningKey> {
        [&self.id, &self.access]
            .into_iter()
            .find(|key| key.kid() == kid)
    }

    /// The body of `/.well-known/jwks.json` (fact 6.2). That the ID token key
    /// comes first is inferred.
    #[must_use]
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.id.jwk(), self.access.jwk()] })
    }

    /// Pair `index` of the embedded test keys.
    fn embedded(index: usize) -> Self {
        let key = |number| SigningKey::new(move || Parts::embedded(number));
        Self {
            id: key(2 * index),
            access: key(2 * index + 1),
        }
    }
}

/// An RSA key, parsed or assembled when it is first used. Never printed.
pub struct SigningKey(LazyLock<Parts, Box<dyn FnOnce() -> Parts + Send>>);

struct Parts {
    pair: RsaKeyPair,
    public: ParsedPublicKey,
    kid: String,
}

impl SigningKey {
    /// The key id: base64 of the SHA-256 of its public half. It has 44
    /// characters, as in Cognito (fact 6.1), and is the same wherever the key
    /// is used.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The RS256 signature of `message`.
    ///
    /// # Panics
    ///
    /// If memory runs out. A parsed key can sign any message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let pair = &self.0.pair;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message,
            &mut signature,
        )
        .expect("a key that parsed signs any message");
        signature
    }

    /// Whether `signature` is this key's RS256 signature of `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.public.verify_sig(message, signature).is_ok()
    }

    /// The public half in X.509 form.
    ///
    /// # Panics
    ///
    /// If memory runs out. A parsed key has such a form.
    #[must_use]
    pub fn public_der(&self) -> Vec<u8> {
        let der = self.0.pair.public_key().as_der();
        let der = der.expect("a key pair's public half has a DER form");
        der.as_ref().to_vec()
    }

    fn jwk(&self) -> Value {
        let public = self.0.pair.public_key();
        json!({
            "alg": "RS256",
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            "kid": self.kid(),
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "use": "sig",
        })
    }

    fn new(parts: impl FnOnce() -> Parts + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(parts)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl Parts {
    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        RsaKeyPair::from_pkcs8(der).ok().map(Self::new)
    }

    /// Key `number` of the embedded test keys.
    fn embedded(number: usize) -> Self {
        let [p, q] = factors(number).map(prime);
        let one = BigUint::from(1_u32);
        let [p_1, q_1] = [&p - &one, &q - &one];
        let components = KeyPairComponents {
            public_key: PublicKeyComponents {
                n: (&p * &q).to_bytes_be(),
                e: BigUint::from(EXPONENT).to_bytes_be(),
            },
            d: private_exponent(&(&p_1 * &q_1)).to_bytes_be(),
            dP: private_exponent(&p_1).to_bytes_be(),
            dQ: private_exponent(&q_1).to_bytes_be(),
            qInv: q.modinv(&p).expect("primes that differ").to_bytes_be(),
            p: p.to_bytes_be(),
            q: q.to_bytes_be(),
        };
        Self::new(RsaKeyPair::from_components(&components).expect("the primes make RSA keys"))
    }

    /// Whether one of the test-only primes is a factor of the key.
    fn is_embedded(&self) -> bool {
        let modulus = self.pair.public_key().modulus();
        let modulus = BigUint::from_bytes_be(modulus.big_endian_without_leading_zero());
        (0..COUNT).any(|index| &modulus % prime(index) == BigUint::ZERO)
    }

    fn new(pair: RsaKeyPair) -> Self {
        let der = pair
            .public_key()
            .as_der()
            .expect("a key pair's public half has a DER form");
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref())
            .expect("a key pair's public half parses");
        let kid = STANDARD.encode(sha256(&[der.as_ref()]));
        Self { pair, public, kid }
    }
}

/// The public exponent of the embedded keys: a prime.
const EXPONENT: u32 = 65_537;
/// Bytes of a prime, most significant first.
const PRIME: usize = 128;
/// Test-only primes, which are public. `keys/README.md` says how they were
/// made.
static PRIMES: &[u8] = include_bytes!("../../keys/test-only-primes.bin");
const COUNT: usize = PRIMES.len() / PRIME;
/// The number of key pairs from the primes.
const PAIRS: usize = COUNT * (COUNT - 1) / 4;
/// Two pools never have the same key.
const _: () = assert!(COUNT.is_multiple_of(2) && POOLS <= PAIRS);

/// The indices of the two primes of the embedded key `number`.
///
/// As in a round-robin tournament: the keys of one round have no prime in common,
/// and no two primes meet twice. So `COUNT` primes make `COUNT * (COUNT - 1) / 2`
/// keys that differ.
const fn factors(number: usize) -> [usize; 2] {
    let others = COUNT - 1;
    let (round, table) = (number / (COUNT / 2) % others, number % (COUNT / 2));
    if table == 0 {
        return [others, round];
    }
    [(round + table) % others, (round + others - table) % others]
}

fn prime(index: usize) -> BigUint {
    BigUint::from_bytes_be(&PRIMES[index * PRIME..][..PRIME])
}

/// The inverse of the public exponent `e` modulo `totient`: `(1 + k * totient) / e`
/// for the `k` below `e` that makes it whole.
fn private_exponent(totient: &BigUint) -> BigUint {
    let exponent = BigUint::from(EXPONENT);
    // `e` is prime: `x` to the power of `e - 2` is the inverse of `x`.
    let inverse = totient.modpow(&BigUint::from(EXPONENT - 2), &exponent);
    (totient * (&exponent - inverse) + 1_u32) / exponent
}

/// Assigns keys to pools, in the same order every time.
#[derive(Debug)]
pub struct Keyring {
    own: Vec<Arc<SigningKeys>>,
    assigned: Mutex<Assigned>,
}

/// Assigned indices: all below `next` except those in `free`.
#[derive(Debug, Default)]
struct Assigned {
    next: usize,
    free: BTreeSet<usize>,
}

impl Default for Keyring {
    /// The embedded test keys alone.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Keyring {
    /// Begins with the keys of `pem`: PKCS#8 RSA keys, two for each pool, the ID
    /// token key first. Text between the blocks is ignored. More pools get the
    /// embedded test keys.
    ///
    /// # Errors
    ///
    /// The first fault of the bundle.
    pub fn from_pem(pem: &str) -> Result<Self, BundleError> {
        let blocks = blocks(pem)?;
        if blocks.is_empty() || blocks.len() % 2 != 0 {
            return Err(BundleError::Uneven {
                count: blocks.len(),
            });
        }
        let mut keys: Vec<SigningKey> = Vec::new();
        for (index, der) in blocks.iter().enumerate() {
            let position = index + 1;
            let parts = Parts::from_pkcs8(der).ok_or(BundleError::NotRsa { position })?;
            if let Some(first) = keys.iter().position(|key| key.kid() == parts.kid) {
                return Err(BundleError::Repeated {
                    position,
                    first: first + 1,
                });
            }
            if parts.is_embedded() {
                return Err(BundleError::Embedded { position });
            }
            keys.push(SigningKey::new(|| parts));
        }
        Ok(Self::new(pairs(keys)))
    }

    /// The first unassigned keys, and their index for [`Keyring::release`].
    #[must_use]
    pub fn assign(&self) -> (usize, Arc<SigningKeys>) {
        let mut assigned = self.assigned.lock();
        let index = assigned.free.pop_first().unwrap_or_else(|| {
            assigned.next += 1;
            assigned.next - 1
        });
        let keys = match self.own.get(index) {
            Some(keys) => Arc::clone(keys),
            None => EMBEDDED.lock().borrow(index - self.own.len()),
        };
        (index, keys)
    }

    /// The first unassigned keys, which are never released.
    #[must_use]
    pub fn next(&self) -> Arc<SigningKeys> {
        self.assign().1
    }

    /// Frees the keys of a deleted pool.
    pub fn release(&self, index: usize) {
        let mut assigned = self.assigned.lock();
        if index < assigned.next && assigned.free.insert(index) {
            self.give_back(index);
        }
    }

    /// Frees all keys: assignment begins again with the first ones.
    pub fn reset(&self) {
        let Assigned { next, free } = std::mem::take(&mut *self.assigned.lock());
        // The first keys last: they are needed first.
        for index in (0..next).rev().filter(|index| !free.contains(index)) {
            self.give_back(index);
        }
    }

    fn give_back(&self, index: usize) {
        if let Some(index) = index.checked_sub(self.own.len()) {
            EMBEDDED.lock().give_back(index);
        }
    }

    fn new(own: Vec<Arc<SigningKeys>>) -> Self {
        Self {
            own,
            assigned: Mutex::default(),
        }
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        self.reset();
    }
}

/// The embedded keys that pools of this process have. Keyrings share them: tests
/// that have an emulator each assemble the first keys once.
static EMBEDDED: Mutex<Embedded> = Mutex::new(Embedded {
    kept: BTreeMap::new(),
    unused: VecDeque::new(),
});

struct Embedded {
    /// Keys by index, and how many keyrings have assigned them.
    kept: BTreeMap<usize, (Arc<SigningKeys>, usize)>,
    /// Keys that no keyring has assigned, the latest last.
    unused: VecDeque<usize>,
}

impl Embedded {
    fn borrow(&mut self, index: usize) -> Arc<SigningKeys> {
        let new = || (Arc::new(SigningKeys::embedded(index)), 0);
        let (keys, users) = self.kept.entry(index).or_insert_with(new);
        *users += 1;
        if *users == 1 {
            self.unused.retain(|unused| *unused != index);
        }
        Arc::clone(keys)
    }

    fn give_back(&mut self, index: usize) {
        let Some((_, users)) = self.kept.get_mut(&index) else {
            return;
        };
        *users -= 1;
        if *users > 0 {
            return;
        }
        self.unused.push_back(index);
        if self.unused.len() > UNUSED_KEYS
            && let Some(oldest) = self.unused.pop_front()
        {
            self.kept.remove(&oldest);
        }
    }
}

fn pairs(keys: impl IntoIterator<Item = SigningKey>) -> Vec<Arc<SigningKeys>> {
    let mut keys = keys.into_iter();
    std::iter::from_fn(|| {
        Some(Arc::new(SigningKeys {
            id: keys.next()?,
            access: keys.next()?,
        }))
    })
    .collect()
}

/// A fault of a bundle of signing keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BundleError {
    /// A PEM block that does not end, or whose base64 is broken.
    Malformed {
        /// Counted from 1.
        position: usize,
    },
    /// A key whose PEM block has another label than `PRIVATE KEY`.
    NotPkcs8 {
        /// Counted from 1.
        position: usize,
        /// Its label.
        label: String,
    },
    /// A key that is not an RSA key, or too small or large.
    NotRsa {
        /// Counted from 1.
        position: usize,
    },
    /// A key that is in the bundle twice.
    Repeated {
        /// Counted from 1.
        position: usize,
        /// The position of its first occurrence.
        first: usize,
    },
    /// A key from the test-only primes, which another pool may have.
    Embedded {
        /// Counted from 1.
        position: usize,
    },
    /// No keys, or an odd number of them.
    Uneven {
        /// Keys in the bundle.
        count: usize,
    },
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { position } => {
                write!(
                    f,
                    "Key {position} of the signing keys is not a complete PEM block."
                )
            }
            Self::NotPkcs8 { position, label } => write!(
                f,
                "Key {position} of the signing keys is labelled `{label}`, but only PKCS#8 (`PRIVATE KEY`) is read. \
                 Convert it with `openssl pkcs8 -topk8 -nocrypt`."
            ),
            Self::NotRsa { position } => {
                write!(
                    f,
                    "Key {position} of the signing keys is not an RSA key of 2048 to 8192 bits."
                )
            }
            Self::Repeated { position, first } => write!(
                f,
                "Key {position} of the signing keys is key {first} again, but all keys must differ."
            ),
            Self::Embedded { position } => write!(
                f,
                "Key {position} of the signing keys is one of the emulator's test keys, which pools get anyway. \
                 Remove it, or generate a key with `openssl genpkey -algorithm RSA`."
            ),
            Self::Uneven { count } => write!(
                f,
                "The signing keys must be an even number, two for each pool, but there are {count}."
            ),
        }
    }
}

impl std::error::Error for BundleError {}

/// The contents of all `PRIVATE KEY` blocks.
fn blocks(pem: &str) -> Result<Vec<Vec<u8>>, BundleError> {
    let mut blocks = Vec::new();
    for (index, block) in pem.split("-----BEGIN ").skip(1).enumerate() {
        let position = index + 1;
        let malformed = || BundleError::Malformed { position };
        let (label, rest) = block.split_once("-----").ok_or_else(malformed)?;
        if label != "PRIVATE KEY" {
            let label = label.to_owned();
            return Err(BundleError::NotPkcs8 { position, label });
        }
        let (body, _) = rest
            .split_once("-----END PRIVATE KEY-----")
            .ok_or_else(malformed)?;
        let body: String = body.split_ascii_whitespace().collect();
        blocks.push(STANDARD.decode(body).map_err(|_| malformed())?);
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use std::array;

    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::KeySize;

    use super::*;

    /// Keys that are not embedded.
    static OTHERS: LazyLock<[RsaKeyPair; 4]> =
        LazyLock::new(|| array::from_fn(|_| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

    fn block(pair: &RsaKeyPair) -> String {
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    /// The keys with these indices, as PEM blocks.
    fn pem(indices: &[usize]) -> String {
        indices.iter().map(|index| block(&OTHERS[*index])).collect()
    }

    fn kids(keyring: &Keyring, pools: usize) -> Vec<String> {
        (0..pools)
            .flat_map(|_| {
                let keys = keyring.next();
                [keys.id.kid().to_owned(), keys.access.kid().to_owned()]
            })
            .collect()
    }

    /// These keys have been published since the first version: users may have pinned
    /// them. `kid`s made with `openssl pkey -pubout -outform DER | openssl dgst -sha256
    /// -binary | base64`, the modulus with `openssl rsa -modulus`.
    #[test]
    fn jwks_agrees_with_openssl() {
        let jwks = Keyring::default().next().jwks();
        assert_eq!(
            jwks["keys"][0].to_string(),
            concat!(
                r#"{"alg":"RS256","e":"AQAB","kid":"xnme7zmAyahe2KuqPRaIldPCVYu8fhhfGyxB56j9zDQ=","kty":"RSA","n":""#,
                "86Qhwtma5pmw40LzlYOuPVSu4Gx5EmrHwMxv4FlqPBZPF1lTjxVrep0xHeIVSQuUHFpguEZg281dCxXwymZBb-yxzm",
                "1AChyxftRfA0_OnmQ72wnekJTZvm8AtSWM15wFcO9c2uMzzSbOGDQf0V3MI9PANIrw-Puv7EWnWLZuzejayT-OP0zr",
                "bjwJwe8YVFUC1Dnm0V_OZaAakLp-ze0_346LMgZXttFVqFr4rrj7ikb1kQh4txVy3pc5HXNc8LtRwwdoeiNV2eGIdw",
                "h2aAvQzV2NCWJVSNkTGotFwV9YI4d8U-xQiaSTN1mcr0IneYVyQ7B0HigeLfKWTvfI8-aHvQ",
                r#"","use":"sig"}"#
            )
        );
        assert_eq!(
            jwks["keys"][1]["kid"],
            "5BGYSqzhwwtEphLZvQkktVOQDXYSY5QkX3VobOvA53w="
        );
        assert_eq!(jwks["keys"].as_array().map(Vec::len), Some(2));
        assert_eq!(jwks.as_object().map(serde_json::Map::len), Some(1));
    }

    /// Of each round: no key of the first round shares a prime with another.
    #[test]
    fn the_primes_make_keys_that_differ() {
        let number = |index: usize| -> BigUint { prime(index) };
        let mut numbers: Vec<_> = (0..COUNT).map(number).collect();
        for prime in &numbers {
            assert_eq!(prime >> 1022_u32, BigUint::from(3_u32), "2,048 bits");
            assert_ne!(prime % EXPONENT, BigUint::from(1_u32));
        }
        numbers.sort();
        let distance = BigUint::from(1_u32) << 924_u32;
        assert!(numbers.is_sorted_by(|a, b| b - a > distance));

        let all: BTreeSet<_> = (0..2 * PAIRS)
            .map(|number| {
                let [p, q] = factors(number);
                [p.min(q), p.max(q)]
            })
            .collect();
        assert_eq!(all.len(), COUNT * (COUNT - 1) / 2);
        assert!(all.iter().all(|[p, q]| p < q));
        let first: BTreeSet<_> = (0..COUNT / 2).flat_map(factors).collect();
        assert_eq!(first.len(), COUNT);
    }

    /// Every prime is prime: otherwise AWS-LC refuses to return signatures.
    #[test]
    fn every_prime_signs() {
        for number in 0..COUNT / 2 {
            let parts = Parts::embedded(number);
            let key = SigningKey::new(|| parts);
            let signature = key.sign(b"message");
            assert_eq!(signature.len(), 256);
            assert!(key.verifies(b"message", &signature), "key {number}");
        }
    }

    #[test]
    fn equal_orders_give_equal_keys() {
        let keyring = Keyring::default();
        let first = kids(&keyring, 6);
        let distinct: BTreeSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), 12, "no two pools share a key");
        assert!(first.iter().all(|kid| kid.len() == 44));
        assert_eq!(kids(&Keyring::default(), 6), first);
        keyring.reset();
        assert_eq!(kids(&keyring, 6), first);

        let own = Keyring::from_pem(&pem(&[0, 1])).unwrap();
        assert_eq!(kids(&own, 7)[2..], first[..], "then the embedded keys");
    }

    /// Keys of deleted pools are assigned to later pools, the first ones first.
    #[test]
    fn the_first_free_keys_are_assigned() {
        let own = Keyring::from_pem(&pem(&[0, 1, 2, 3])).unwrap();
        for keyring in [own, Keyring::default()] {
            let all: Vec<_> = (0..5).map(|_| keyring.assign()).collect();
            for free in [3, 1] {
                keyring.release(all[free].0);
                keyring.release(all[free].0);
            }
            for expected in [1, 3] {
                let (index, keys) = keyring.assign();
                assert_eq!(index, expected);
                assert!(Arc::ptr_eq(&keys, &all[expected].1), "assembled once");
            }
            assert_eq!(keyring.assign().0, 5);
        }
    }

    /// Keys of 10,000 deleted pools do not stay in memory.
    #[test]
    fn unused_keys_are_freed() {
        let keyring = Keyring::default();
        let pools = 10 * UNUSED_KEYS;
        let keys: Vec<_> = (0..pools)
            .map(|_| Arc::downgrade(&keyring.next()))
            .collect();
        assert!(keys.iter().all(|keys| keys.strong_count() > 0));
        keyring.reset();
        // Other tests use the first keys at the same time.
        assert!(
            keys[pools / 2..]
                .iter()
                .all(|keys| keys.strong_count() == 0)
        );
        assert!(EMBEDDED.lock().unused.len() <= UNUSED_KEYS);
    }

    #[test]
    fn a_bundle_of_ones_own() {
        let own = Keyring::from_pem(&pem(&[3, 2, 1, 0])).unwrap();
        let kid = |pair: &RsaKeyPair| Parts::new(pair.clone()).kid;
        let expected = [3, 2, 1, 0].map(|index| kid(&OTHERS[index]));
        assert_eq!(kids(&own, 2), expected);
    }

    #[test]
    fn bundles_that_are_refused() {
        let rsa = pem(&[0]);
        let elliptic = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgy6fKejMBEOFyO64/8HxPFxqUemNnt5ZNroYwLlvBl+OhRANCAAQ1Z0fqrtIIb3xDvaExUP/fGYjLRxa/skUV/hAQ5Y6cM1NK6KC6qVvYvra2XK47xjoH+wn1Mk6HrXHM9bAFNme7\n-----END PRIVATE KEY-----\n";
        let even = "The signing keys must be an even number, two for each pool, but there are";
        for (bundle, refusal) in [
            (String::new(), format!("{even} 0.")),
            ("no keys here".to_owned(), format!("{even} 0.")),
            (pem(&[0, 1, 2]), format!("{even} 3.")),
            (
                pem(&[0, 1, 2, 1]),
                "Key 4 of the signing keys is key 2 again, but all keys must differ.".to_owned(),
            ),
            (
                format!("{rsa}{}", block(&Parts::embedded(700).pair)),
                "Key 2 of the signing keys is one of the emulator's test keys, which pools get anyway. \
                 Remove it, or generate a key with `openssl genpkey -algorithm RSA`."
                    .to_owned(),
            ),
            (
                rsa.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
                "Key 1 of the signing keys is labelled `RSA PRIVATE KEY`, but only PKCS#8 (`PRIVATE KEY`) is read. \
                 Convert it with `openssl pkcs8 -topk8 -nocrypt`."
                    .to_owned(),
            ),
            (
                format!("{rsa}{elliptic}"),
                "Key 2 of the signing keys is not an RSA key of 2048 to 8192 bits.".to_owned(),
            ),
            (
                format!("{rsa}{}", rsa.replace("-----END", "")),
                "Key 2 of the signing keys is not a complete PEM block.".to_owned(),
            ),
            (
                rsa.replace("MII", "MI*"),
                "Key 1 of the signing keys is not a complete PEM block.".to_owned(),
            ),
        ] {
            assert_eq!(Keyring::from_pem(&bundle).unwrap_err().to_string(), refusal);
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let keys = Keyring::default().next();
        let key = keys.id();
        assert!(!key.kid().is_empty());
        assert_eq!(format!("{key:?}"), "SigningKey { .. }");
    }
}
