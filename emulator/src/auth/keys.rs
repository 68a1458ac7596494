//! The RSA keys with which pools sign their tokens.
//!
//! Each pool has two, one for ID tokens and one for access tokens. The first
//! pools get keys from a bundle, so that they start at once and show the same
//! JWKS after every restart: the embedded test keys, or a user's own. Pools
//! beyond the bundle get generated keys. Those are drawn from the system's
//! randomness, the only outcome in the emulator that a seed does not determine.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::sha256;

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

    /// The key that calls itself `kid`.
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

    fn generated() -> Self {
        Self {
            id: SigningKey::new(Parts::generate),
            access: SigningKey::new(Parts::generate),
        }
    }

    /// Parses or generates both keys now.
    fn prepare(&self) {
        LazyLock::force(&self.id.0);
        LazyLock::force(&self.access.0);
    }
}

/// An RSA key, parsed or generated when it is first used. Never printed.
pub struct SigningKey(LazyLock<Parts, Box<dyn FnOnce() -> Parts + Send>>);

struct Parts {
    pair: RsaKeyPair,
    public: ParsedPublicKey,
    kid: String,
}

impl SigningKey {
    /// The key's id: base64 of the SHA-256 of its public half, 44 characters as
    /// Cognito's are (fact 6.1) and the same wherever the key is used.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The RS256 signature of `message`.
    ///
    /// # Panics
    ///
    /// Where memory runs out: a key that parsed signs any message.
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

    /// The public half in its X.509 form.
    ///
    /// # Panics
    ///
    /// Where memory runs out: a key that parsed has such a form.
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

    fn generate() -> Self {
        Self::new(
            RsaKeyPair::generate(KeySize::Rsa2048).expect("the system has randomness to give"),
        )
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

/// Hands out keys to pools, in the same order every time.
#[derive(Debug)]
pub struct Keyring {
    bundle: Vec<Arc<SigningKeys>>,
    handed_out: AtomicUsize,
}

/// Test-only keys: everyone has them.
static EMBEDDED: LazyLock<Vec<Arc<SigningKeys>>> = LazyLock::new(|| {
    let blocks =
        blocks(include_str!("../../keys/test-only.pem")).expect("the embedded bundle is PEM");
    pairs(blocks.into_iter().map(|der| {
        SigningKey::new(move || Parts::from_pkcs8(&der).expect("the embedded keys are RSA keys"))
    }))
});

/// Every pair generated by this process. Keyrings share them, so that a reset,
/// or another emulator, need not generate them anew.
static GENERATED: Mutex<Vec<Arc<SigningKeys>>> = Mutex::new(Vec::new());

/// Pairs that are made before a pool asks for them.
const AHEAD: usize = 3;

impl Default for Keyring {
    /// Begins with the embedded test keys.
    fn default() -> Self {
        Self::new(EMBEDDED.clone())
    }
}

impl Keyring {
    /// Begins with the keys of `pem`: PKCS#8 RSA keys, two for each pool, the ID
    /// token key first. Text between the blocks is ignored.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong with the bundle.
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
            keys.push(SigningKey::new(|| parts));
        }
        Ok(Self::new(pairs(keys)))
    }

    /// The keys of the next pool. Once half of the bundle is used, further keys
    /// are generated in the background; whoever uses a key before it is ready
    /// waits for it.
    #[must_use]
    pub fn next(&self) -> Arc<SigningKeys> {
        let index = self.handed_out.fetch_add(1, Ordering::Relaxed);
        let used = index + 1;
        if used * 2 >= self.bundle.len() {
            generate_ahead((used + AHEAD).saturating_sub(self.bundle.len()));
        }
        match self.bundle.get(index) {
            Some(keys) => keys.clone(),
            None => GENERATED.lock()[index - self.bundle.len()].clone(),
        }
    }

    /// Begins again with the first keys.
    pub fn reset(&self) {
        self.handed_out.store(0, Ordering::Relaxed);
    }

    fn new(bundle: Vec<Arc<SigningKeys>>) -> Self {
        Self {
            bundle,
            handed_out: AtomicUsize::new(0),
        }
    }
}

/// Sees to it that `count` generated pairs exist or are being made.
fn generate_ahead(count: usize) {
    static GENERATOR: LazyLock<mpsc::Sender<Arc<SigningKeys>>> = LazyLock::new(|| {
        let (sender, receiver) = mpsc::channel::<Arc<SigningKeys>>();
        // Without the thread, keys are generated when they are first used.
        let _ = thread::Builder::new()
            .name("signing keys".to_owned())
            .spawn(move || receiver.iter().for_each(|keys| keys.prepare()));
        sender
    });
    let mut generated = GENERATED.lock();
    while generated.len() < count {
        let keys = Arc::new(SigningKeys::generated());
        let _ = GENERATOR.send(keys.clone());
        generated.push(keys);
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

/// What is wrong with a bundle of signing keys.
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
    /// A key that stands in the bundle twice.
    Repeated {
        /// Counted from 1.
        position: usize,
        /// Where it stands first.
        first: usize,
    },
    /// No keys, or one without its other half.
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
    use super::*;

    const TEST_ONLY: &str = include_str!("../../keys/test-only.pem");

    /// The PEM blocks of the test keys.
    fn pem(indices: &[usize]) -> String {
        let blocks: Vec<&str> = TEST_ONLY
            .split_inclusive("-----END PRIVATE KEY-----\n")
            .collect();
        indices.iter().map(|index| blocks[*index]).collect()
    }

    fn kids(keyring: &Keyring, pools: usize) -> Vec<String> {
        (0..pools)
            .flat_map(|_| {
                let keys = keyring.next();
                [keys.id.kid().to_owned(), keys.access.kid().to_owned()]
            })
            .collect()
    }

    /// `kid`s made with `openssl pkey -pubout -outform DER | openssl dgst -sha256
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

    #[test]
    fn the_first_pools_have_the_same_keys_every_time() {
        let keyring = Keyring::default();
        let first = kids(&keyring, 4);
        assert_eq!(kids(&Keyring::default(), 4), first);
        keyring.reset();
        assert_eq!(kids(&keyring, 4), first);
    }

    #[test]
    fn pools_beyond_the_bundle_have_keys_of_their_own() {
        let keyring = Keyring::default();
        let mut all = kids(&keyring, 6);
        let past_the_bundle = all[8..].to_vec();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 12, "no two pools share a key");
        assert!(all.iter().all(|kid| kid.len() == 44));

        keyring.reset();
        assert_eq!(
            kids(&keyring, 6)[8..],
            past_the_bundle,
            "a reset repeats them"
        );
        let keys = Keyring::from_pem(&pem(&[6, 7])).unwrap();
        assert_eq!(
            kids(&keys, 2)[2..],
            past_the_bundle[..2],
            "never the embedded keys"
        );
    }

    #[test]
    fn a_bundle_of_ones_own() {
        let own = Keyring::from_pem(&pem(&[3, 2, 5, 0])).unwrap();
        let embedded = kids(&Keyring::default(), 4);
        assert_eq!(
            kids(&own, 2),
            [&embedded[3], &embedded[2], &embedded[5], &embedded[0]].map(Clone::clone)
        );
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
    fn debug_tells_nothing() {
        let keys = Keyring::default().next();
        let key = keys.id();
        assert!(!key.kid().is_empty());
        assert_eq!(format!("{key:?}"), "SigningKey { .. }");
    }
}
