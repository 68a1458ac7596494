//! RSA keys with which pools sign their tokens.
//!
//! Each pool has two keys, one for ID tokens and one for access tokens. Pools get the
//! keys of the operator's bundle first, then the embedded test keys. Keys are assigned
//! in the order in which pools are created, so equal calls give equal keys after every
//! restart. Later pools get the keys of deleted pools.
//!
//! The embedded keys are products of test-only primes: see `embedded`. A pool's keys
//! are assembled when the pool first signs or publishes them. No key is generated, and
//! no thread is started.

mod embedded;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use serde_json::{Value, json};

use self::embedded::{BYTES, EXPONENT, KEYS};
use super::sha256;
use crate::bounds::{POOLS, WORLDS};
use crate::saml::encryption;

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
        let key = |number| SigningKey::new(Private::Embedded(embedded::Key::new(number)));
        Self {
            id: key(2 * index),
            access: key(2 * index + 1),
        }
    }
}

/// Keys that only the world of one account assigns. Further pools of the account get keys that
/// another world may have too.
const SHARE: usize = 200;

/// No two pools of the shared world have the same keys, and no pool of an account's world has
/// keys of the shared world.
const _: () = assert!(2 * (POOLS + WORLDS * SHARE) <= KEYS);

/// An RSA key. Never printed.
pub struct SigningKey {
    private: Private,
    /// Assembled when it is first used.
    public: OnceLock<Public>,
    /// Parsed when a signature is first checked.
    verifier: OnceLock<ParsedPublicKey>,
}

/// A private key.
enum Private {
    /// A key of the operator's bundle, and its PKCS#8 structure.
    Own(Box<RsaKeyPair>, Box<[u8]>),
    /// A test key.
    Embedded(embedded::Key),
}

/// The public half of a key.
struct Public {
    /// Most significant byte first, like the exponent.
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    /// X.509's `SubjectPublicKeyInfo`.
    der: Vec<u8>,
    kid: String,
}

impl SigningKey {
    /// The key id: base64 of the SHA-256 of the public half. It has 44 characters, as
    /// in Cognito (fact 6.1), and depends only on the key.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.public().kid
    }

    /// The RS256 signature of `message`.
    ///
    /// # Panics
    ///
    /// If memory runs out. A key of a bundle has made one signature before.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.private {
            Private::Own(pair, _) => signature(pair, message).expect("the key has signed before"),
            Private::Embedded(key) => key.sign(message),
        }
    }

    /// The plaintext of RSA-OAEP with SHA-1, MGF1 with SHA-1 and no label; `None` if `ciphertext` is
    /// not valid.
    #[must_use]
    pub(crate) fn decrypt(&self, ciphertext: &[u8]) -> Option<Vec<u8>> {
        match &self.private {
            Private::Own(_, pkcs8) => encryption::open(pkcs8, ciphertext),
            Private::Embedded(key) => encryption::decode(&key.decrypt(ciphertext)?),
        }
    }

    /// Whether `signature` is this key's RS256 signature of `message`.
    ///
    /// # Panics
    ///
    /// If memory runs out. AWS-LC can parse the public half of every key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verifier = self.verifier.get_or_init(|| {
            ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public().der)
                .expect("the public half of a key parses")
        });
        verifier.verify_sig(message, signature).is_ok()
    }

    /// The public half in X.509 form.
    #[must_use]
    pub fn public_der(&self) -> &[u8] {
        &self.public().der
    }

    fn jwk(&self) -> Value {
        let public = self.public();
        json!({
            "alg": "RS256",
            "e": URL_SAFE_NO_PAD.encode(&public.exponent),
            "kid": public.kid,
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(&public.modulus),
            "use": "sig",
        })
    }

    fn public(&self) -> &Public {
        self.public.get_or_init(|| match &self.private {
            Private::Own(pair, _) => Public::of_pair(pair),
            Private::Embedded(key) => Public::of_embedded(*key),
        })
    }

    /// Parses the RSA key of a PKCS#8 structure; `None` if it cannot sign.
    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = RsaKeyPair::from_pkcs8(der).ok()?;
        // AWS-LC does not check that the factors are prime. If they are not, every
        // signature fails, because AWS-LC verifies it.
        signature(&pair, b"")?;
        Some(Self::new(Private::Own(Box::new(pair), der.into())))
    }

    fn new(private: Private) -> Self {
        Self {
            private,
            public: OnceLock::new(),
            verifier: OnceLock::new(),
        }
    }
}

fn signature(pair: &RsaKeyPair, message: &[u8]) -> Option<Vec<u8>> {
    let mut signature = vec![0; pair.public_modulus_len()];
    let random = SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
        .ok()?;
    Some(signature)
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

impl Public {
    fn of_pair(pair: &RsaKeyPair) -> Self {
        let public = pair.public_key();
        let der = public.as_der();
        let der = der.expect("the public half of a key pair has a DER form");
        Self::new(
            public.modulus().big_endian_without_leading_zero().to_vec(),
            public.exponent().big_endian_without_leading_zero().to_vec(),
            der.as_ref().to_vec(),
        )
    }

    fn of_embedded(key: embedded::Key) -> Self {
        /// The DER form before the modulus. The modulus has 256 bytes and a leading
        /// zero.
        const BEFORE_MODULUS: [u8; 33] = [
            0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
            0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a,
            0x02, 0x82, 0x01, 0x01, 0x00,
        ];
        /// Tag and length of the exponent.
        const BEFORE_EXPONENT: [u8; 2] = [0x02, 0x03];
        let modulus = key.modulus();
        debug_assert_eq!(modulus.len(), BYTES);
        let der = [&BEFORE_MODULUS, &modulus[..], &BEFORE_EXPONENT, &EXPONENT].concat();
        Self::new(modulus, EXPONENT.to_vec(), der)
    }

    fn new(modulus: Vec<u8>, exponent: Vec<u8>, der: Vec<u8>) -> Self {
        let kid = STANDARD.encode(sha256(&[&der]));
        Self {
            modulus,
            exponent,
            der,
            kid,
        }
    }
}

/// Assigns keys to pools, in the same order every time.
#[derive(Debug)]
pub struct Keyring {
    own: Vec<Arc<SigningKeys>>,
    /// The first index that is assigned.
    first: usize,
    assigned: Mutex<Assigned>,
}

/// Assigned indices: all below `next` except those in `free`.
#[derive(Clone, Debug, Default)]
pub struct Assigned {
    next: usize,
    free: BTreeSet<usize>,
}

impl Assigned {
    /// These indices are assigned.
    pub fn of(indices: impl IntoIterator<Item = usize>) -> Self {
        let indices: BTreeSet<usize> = indices.into_iter().collect();
        let next = indices.last().map_or(0, |last| last + 1);
        let free = (0..next).filter(|index| !indices.contains(index)).collect();
        Self { next, free }
    }
}

impl Assigned {
    /// No index is assigned yet. The first one will be `next`.
    fn from(next: usize) -> Self {
        Self {
            next,
            free: BTreeSet::new(),
        }
    }
}

impl Default for Keyring {
    /// A keyring of the embedded test keys only.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Keyring {
    /// Creates a keyring that assigns the keys of `pem` first: PKCS#8 RSA keys, two for
    /// each pool, the ID token key first. Text between the blocks is ignored. Further
    /// pools get the embedded test keys.
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
            let key = SigningKey::from_pkcs8(der).ok_or(BundleError::NotRsa { position })?;
            if let Some(first) = keys.iter().position(|other| other.kid() == key.kid()) {
                return Err(BundleError::Repeated {
                    position,
                    first: first + 1,
                });
            }
            keys.push(key);
        }
        Ok(Self::new(pairs(keys)))
    }

    /// Assigns the first unassigned keys. Returns their index, for
    /// [`Keyring::release`], and the keys.
    #[must_use]
    pub fn assign(&self) -> (usize, Arc<SigningKeys>) {
        let mut assigned = self.assigned.lock();
        let index = assigned.free.pop_first().unwrap_or_else(|| {
            assigned.next += 1;
            assigned.next - 1
        });
        (index, self.keys(index))
    }

    /// The keys at `index`.
    #[must_use]
    pub fn keys(&self, index: usize) -> Arc<SigningKeys> {
        let Some(index) = index.checked_sub(self.own.len()) else {
            return Arc::clone(&self.own[index]);
        };
        // The keys after those of the shared world are a circle.
        let index = match index.checked_sub(POOLS) {
            None => index,
            Some(index) => POOLS + index % (WORLDS * SHARE),
        };
        Arc::new(SigningKeys::embedded(index))
    }

    /// The keyring of the shared world, with no keys assigned.
    #[must_use]
    pub fn of_shared_world(&self) -> Self {
        Self {
            own: self.own.clone(),
            first: 0,
            assigned: Mutex::new(Assigned::from(0)),
        }
    }

    /// The keyring of an account's world. It assigns the embedded keys of `place`, which is less
    /// than [`WORLDS`] and different from those of the other worlds.
    #[must_use]
    pub fn of_world(&self, place: usize) -> Self {
        let first = self.own.len() + POOLS + SHARE * place;
        Self {
            own: self.own.clone(),
            first,
            assigned: Mutex::new(Assigned::from(first)),
        }
    }

    /// Assigns the first unassigned keys, which are never released.
    #[must_use]
    pub fn next(&self) -> Arc<SigningKeys> {
        self.assign().1
    }

    /// Frees the keys of a deleted pool.
    pub fn release(&self, index: usize) {
        let mut assigned = self.assigned.lock();
        // A pool that was moved to this world has keys of the shared world.
        if (self.first..assigned.next).contains(&index) {
            assigned.free.insert(index);
        }
    }

    /// Frees all keys. Assignment starts again with the first keys.
    pub fn reset(&self) {
        self.set_assigned(Assigned::from(self.first));
    }

    /// The indices that are assigned now.
    #[must_use]
    pub fn assigned(&self) -> Assigned {
        self.assigned.lock().clone()
    }

    /// Sets the indices that are assigned.
    pub fn set_assigned(&self, assigned: Assigned) {
        *self.assigned.lock() = assigned;
    }

    fn new(own: Vec<Arc<SigningKeys>>) -> Self {
        Self {
            own,
            first: 0,
            assigned: Mutex::default(),
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
    /// A key that is not an RSA key, that is too small or large, or that cannot sign.
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
            Self::Uneven { count } => write!(
                f,
                "The signing keys must be an even number, two for each pool, but there are {count}."
            ),
        }
    }
}

impl std::error::Error for BundleError {}

/// Decodes the contents of all `PRIVATE KEY` blocks.
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
    use std::sync::LazyLock;

    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::{KeyPairComponents, KeySize, PublicKeyComponents};
    use num_bigint::BigUint;

    use super::*;

    /// Keys that are not embedded.
    static OTHERS: LazyLock<[RsaKeyPair; 4]> =
        LazyLock::new(|| array::from_fn(|_| RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

    fn block(pair: &RsaKeyPair) -> String {
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    /// A key that AWS-LC parses although its factors are not prime.
    fn without_primes() -> RsaKeyPair {
        let modulus = BigUint::from_bytes_be(&embedded::Key::new(0).modulus());
        let one = BigUint::from(1_u32);
        let e = BigUint::from_bytes_be(&EXPONENT);
        // Both factors are odd, have 1,024 bits, and have no common divisor.
        let p: BigUint = (BigUint::from(7_u32) << 1021_u32) + 1_u32;
        let q: BigUint = &modulus >> 1024_u32 | BigUint::from(3_u32) << 1022_u32 | &one;
        let [p_1, q_1] = [&p - &one, &q - &one];
        let bytes = |number: BigUint| number.to_bytes_be();
        let components = KeyPairComponents {
            public_key: PublicKeyComponents {
                n: bytes(&p * &q),
                e: bytes(e.clone()),
            },
            d: bytes(e.modinv(&(&p_1 * &q_1)).unwrap()),
            dP: bytes(e.modinv(&p_1).unwrap()),
            dQ: bytes(e.modinv(&q_1).unwrap()),
            qInv: bytes(q.modinv(&p).unwrap()),
            p: bytes(p),
            q: bytes(q),
        };
        RsaKeyPair::from_components(&components).unwrap()
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

    /// The expected values were computed by other programs: the moduli with Python's
    /// integers, the `kid`s with `openssl pkey -pubin -pubout -outform DER | openssl
    /// dgst -sha256 -binary | base64`. Users may have pinned these values.
    #[test]
    fn jwks_agrees_with_openssl() {
        let keyring = Keyring::default();
        let jwks = keyring.next().jwks();
        assert_eq!(
            jwks["keys"][0].to_string(),
            concat!(
                r#"{"alg":"RS256","e":"AQAB","kid":"BDxuvodZzrUu9jPAtaCJFL1+3tpZOhq47jrYzew/nhQ=","kty":"RSA","n":""#,
                "v_XLpEmAIVXAnX1SCVePFK1bgv-J3Ikv9k81Bjx-a3O91HPGHTmESAbBcuUSTf5jhfR6VkREgDj7h2-niP5w6aE_U7",
                "9WCFGYDZOd2JkEjJZmDQ7o4bHpri5I50PfyiMFeFVfbyDUiJZn7Flym58YdGSb5K8zrVSJLU1kI-N0zrwbspVtS7v1",
                "P-WzgfWZJHA3I6JbwI3MhszrW27155PabUcUO-nXwa17YAuqE7tczwOmdPIE7jYwlK-eo8e6l2jUotn3DqbqQ70m6s",
                "8TOhJ45SqpVvVPkqTZdoJboy_VkRJPTmcpaXhYszc2ebesHfv3oifZ6XxLQXIkrCIs63MCww",
                r#"","use":"sig"}"#
            )
        );
        assert_eq!(
            jwks["keys"][1]["kid"],
            "C7BdXnm7Tupkb1AKrFw2DrJ1/I+uvbS4Q8ZSdvSITzE="
        );
        assert_eq!(jwks["keys"].as_array().map(Vec::len), Some(2));
        assert_eq!(jwks.as_object().map(serde_json::Map::len), Some(1));

        let last = SigningKeys::embedded(32_767);
        assert_eq!(
            last.access().kid(),
            "BBIpncbIbnrTMjyguPoclnNbqjJ9H17dWsZiZEVDSbg="
        );
    }

    /// Tests every prime, and keys from the whole range. AWS-LC verifies the signatures
    /// with the public keys of the JWKS, and refuses them for another message.
    #[test]
    fn aws_lc_verifies_every_signature() {
        let repeated = |row: usize| (0..6).fold(0, |number, _| 7 * number + row);
        let across = (0..POOLS).step_by(POOLS / 50).map(|index| 2 * index);
        for number in (0..7).map(repeated).chain(across) {
            let key = SigningKey::new(Private::Embedded(embedded::Key::new(number)));
            let jwk = key.jwk();
            let decoded = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap());
            let public = PublicKeyComponents {
                n: decoded("n").unwrap(),
                e: decoded("e").unwrap(),
            };
            assert_eq!((public.n.len(), public.n[0] >> 7), (256, 1), "2,048 bits");
            assert_eq!(public.e, [1, 0, 1]);
            for message in [&b""[..], b"message", &[0xff; 1000]] {
                let signature = key.sign(message);
                assert_eq!(signature.len(), 256);
                let verified = public.verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature);
                assert!(verified.is_ok(), "key {number}");
                assert!(key.verifies(message, &signature), "key {number}");
                assert!(!key.verifies(b"another", &signature), "key {number}");
            }
        }
    }

    /// Assigned keys are not assembled until they are used.
    #[test]
    fn keys_are_assembled_at_their_first_use() {
        let keyring = Keyring::default();
        let keys: Vec<_> = (0..100).map(|_| keyring.next()).collect();
        let assembled = |key: &SigningKey| key.public.get().is_some();
        let count = || {
            let both = |keys: &Arc<SigningKeys>| [assembled(keys.id()), assembled(keys.access())];
            keys.iter().flat_map(both).filter(|it| *it).count()
        };
        assert_eq!(count(), 0);
        assert!(!keys[7].access().kid().is_empty());
        assert_eq!(count(), 1);
        assert!(keys[8].jwks().is_object());
        assert_eq!(count(), 3);
        let unused = |keys: &SigningKeys| keys.id().verifier.get().is_none();
        assert!(
            keys.iter().all(|keys| unused(keys)),
            "no signature was checked"
        );
    }

    /// Creates the largest number of pools that an emulator can have.
    #[test]
    fn all_pools_have_their_own_keys() {
        let keyring = Keyring::default();
        let moduli: BTreeSet<_> = (0..POOLS)
            .step_by(16)
            .flat_map(|index| [2 * index, 2 * index + 1])
            .map(|number| embedded::Key::new(number).modulus())
            .collect();
        assert_eq!(moduli.len(), POOLS / 8);
        let indices: BTreeSet<_> = (0..POOLS).map(|_| keyring.assign().0).collect();
        assert_eq!(indices.len(), POOLS);
    }

    #[test]
    fn keys_are_assigned_in_the_same_order_every_time() {
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

    /// Later pools get the keys of deleted pools, lowest index first.
    #[test]
    fn the_lowest_free_keys_are_assigned() {
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
                assert_eq!(keys.jwks(), all[expected].1.jwks());
            }
            assert_eq!(keyring.assign().0, 5);
        }
    }

    /// Both kinds of keys decrypt what AWS-LC encrypts for their public halves.
    #[test]
    fn ciphertexts_are_decrypted() {
        use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};

        let own = Keyring::from_pem(&pem(&[0, 1])).unwrap();
        for keys in [Keyring::default().next(), own.next()] {
            let key = keys.access();
            let public = PublicEncryptingKey::from_der(key.public_der()).unwrap();
            let public = OaepPublicEncryptingKey::new(public).unwrap();
            let mut ciphertext = vec![0; public.ciphertext_size()];
            let text = b"sixteen byte key";
            public
                .encrypt(&OAEP_SHA1_MGF1SHA1, text, &mut ciphertext, None)
                .unwrap();
            assert_eq!(key.decrypt(&ciphertext).as_deref(), Some(&text[..]));
            assert_eq!(keys.id().decrypt(&ciphertext), None);
            assert_eq!(key.decrypt(&ciphertext[1..]), None);
            assert_eq!(key.decrypt(&[0xff; 256]), None);
            ciphertext[200] ^= 1;
            assert_eq!(key.decrypt(&ciphertext), None);
        }
    }

    #[test]
    fn keys_of_a_bundle_are_assigned_in_order() {
        let own = Keyring::from_pem(&pem(&[3, 2, 1, 0])).unwrap();
        let kid = |pair: &RsaKeyPair| Public::of_pair(pair).kid;
        let expected = [3, 2, 1, 0].map(|index| kid(&OTHERS[index]));
        assert_eq!(kids(&own, 2), expected);
    }

    #[test]
    fn invalid_bundles_are_refused() {
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
                format!("{rsa}{}", block(&without_primes())),
                "Key 2 of the signing keys is not an RSA key of 2048 to 8192 bits.".to_owned(),
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
