//! Encrypted assertions (core, section 2.3.4; xmlenc).
//!
//! Key transport is RSA-OAEP with SHA-1 and MGF1 with SHA-1. The content is encrypted
//! by AES in CBC or GCM mode.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use roxmltree::Node;

use super::certificate::base64;
use super::{Error, SIGNATURE, xml};

const XMLENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const XMLENC11: &str = "http://www.w3.org/2009/xmlenc11#";
const SHA1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const MGF1_SHA1: &str = "http://www.w3.org/2009/xmlenc11#mgf1sha1";

/// Most keys of an encrypted assertion that are tried: one decryption each.
const MAX_KEYS: usize = 4;
/// Bytes of a block of AES, and of an initialization vector of CBC.
const BLOCK: usize = 16;
/// Bytes of an initialization vector of GCM (xmlenc, section 5.2.4).
const NONCE: usize = 12;
/// Bytes of a SHA-1 digest.
const HASH: usize = 20;

/// Decrypts a ciphertext of RSA-OAEP with SHA-1, MGF1 with SHA-1 and no label; `None`
/// if it is not valid. See [`open`] and [`decode`].
pub(crate) type Decrypter<'a> = &'a dyn Fn(&[u8]) -> Option<Vec<u8>>;

/// A [`Decrypter`] for the key of a PKCS#8 structure.
pub(crate) fn open(pkcs8: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>> {
    let key = PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?;
    let key = OaepPrivateDecryptingKey::new(key).ok()?;
    let mut plaintext = vec![0; key.min_output_size()];
    let plaintext = key.decrypt(&OAEP_SHA1_MGF1SHA1, ciphertext, &mut plaintext, None);
    plaintext.ok().map(|plaintext| plaintext.to_vec())
}

/// Decodes the message of EME-OAEP with SHA-1, MGF1 with SHA-1 and no label (RFC 8017,
/// section 7.1.2, step 3). It is for keys that AWS-LC does not have: `encoded` is the
/// result of RSADP, with as many bytes as the modulus.
///
/// It does not run in constant time. Use it for test keys only.
pub(crate) fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let (zero, rest) = encoded.split_first()?;
    let (seed, data) = rest.split_at_checked(HASH)?;
    let seed = masked(seed, data);
    let data = masked(data, &seed);
    let (label, message) = data.split_at_checked(HASH)?;
    let one = message.iter().position(|byte| *byte != 0)?;
    let is_valid = *zero == 0
        && label == digest(&SHA1_FOR_LEGACY_USE_ONLY, b"").as_ref()
        && message.get(one) == Some(&1);
    message
        .get(one + 1..)
        .filter(|_| is_valid)
        .map(<[u8]>::to_vec)
}

/// `bytes`, masked by MGF1 of `seed` (RFC 8017, appendix B.2.1).
fn masked(bytes: &[u8], seed: &[u8]) -> Vec<u8> {
    let blocks = (0_u32..).zip(bytes.chunks(HASH));
    let masked = blocks.flat_map(|(counter, block)| {
        let hash = digest(
            &SHA1_FOR_LEGACY_USE_ONLY,
            &[seed, &counter.to_be_bytes()].concat(),
        );
        let masked: Vec<u8> = block
            .iter()
            .zip(hash.as_ref())
            .map(|(a, b)| a ^ b)
            .collect();
        masked
    });
    masked.collect()
}

/// The XML of the assertion in an `EncryptedAssertion`.
pub(super) fn decrypt(encrypted: Node<'_, '_>, decrypter: Decrypter<'_>) -> Result<String, Error> {
    let data = xml::required(encrypted, XMLENC, "EncryptedData")?;
    let cipher = algorithm(data)
        .and_then(|(name, _)| Cipher::named(name))
        .ok_or(Error::Encryption("content algorithm"))?;
    let content = value(data).ok_or(Error::Encryption("content"))?;
    // The key is in the `KeyInfo` of the data, or beside the data (core, section 2.2.4).
    let key = encrypted
        .descendants()
        .filter(|node| node.has_tag_name((XMLENC, "EncryptedKey")))
        .take(MAX_KEYS)
        .filter(|key| is_oaep(*key))
        .find_map(|key| decrypter(&value(key)?).filter(|key| key.len() == cipher.key_bytes))
        .ok_or(Error::Encryption("key"))?;
    let plaintext = cipher
        .decrypt(&key, &content)
        .ok_or(Error::Encryption("content"))?;
    String::from_utf8(plaintext).map_err(|_| Error::Encryption("content"))
}

/// The name of the algorithm, and the element with its parameters.
fn algorithm<'a, 'i>(encrypted: Node<'a, 'i>) -> Option<(&'a str, Node<'a, 'i>)> {
    let method = xml::child(encrypted, XMLENC, "EncryptionMethod").ok()??;
    Some((method.attribute("Algorithm")?, method))
}

/// The bytes of a `CipherValue`. References to other data are not followed.
fn value(encrypted: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = xml::child(encrypted, XMLENC, "CipherData").ok()??;
    let value = xml::child(data, XMLENC, "CipherValue").ok()??;
    base64(&xml::text(value)?)
}

/// Whether the key is encrypted by RSA-OAEP with SHA-1 and MGF1 with SHA-1, which are
/// the defaults (xmlenc, section 5.5.2).
fn is_oaep(key: Node<'_, '_>) -> bool {
    let Some((name, method)) = algorithm(key) else {
        return false;
    };
    let known = name.strip_prefix(XMLENC) == Some("rsa-oaep-mgf1p")
        || name.strip_prefix(XMLENC11) == Some("rsa-oaep");
    let mut parameters = method.children().filter(Node::is_element);
    known
        && parameters.all(|parameter| {
            let algorithm = parameter.attribute("Algorithm");
            parameter.has_tag_name((SIGNATURE, "DigestMethod")) && algorithm == Some(SHA1)
                || parameter.has_tag_name((XMLENC11, "MGF")) && algorithm == Some(MGF1_SHA1)
        })
}

/// A content algorithm.
struct Cipher {
    key_bytes: usize,
    is_gcm: bool,
}

impl Cipher {
    fn named(name: &str) -> Option<Self> {
        let (key_bytes, is_gcm) = match (name.strip_prefix(XMLENC), name.strip_prefix(XMLENC11)) {
            (Some("aes128-cbc"), _) => (16, false),
            (Some("aes256-cbc"), _) => (32, false),
            (_, Some("aes128-gcm")) => (16, true),
            (_, Some("aes256-gcm")) => (32, true),
            _ => return None,
        };
        Some(Self { key_bytes, is_gcm })
    }

    fn decrypt(&self, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        if self.is_gcm {
            self.gcm(key, content)
        } else {
            self.cbc(key, content)
        }
    }

    fn gcm(&self, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let algorithm = if self.key_bytes == 16 {
            &AES_128_GCM
        } else {
            &AES_256_GCM
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
        let (nonce, sealed) = content.split_at_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let plaintext = key.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?;
        Some(plaintext.to_vec())
    }

    /// The last byte is the length of the padding; its other bytes are arbitrary
    /// (xmlenc, section 5.2).
    fn cbc(&self, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let algorithm = if self.key_bytes == 16 {
            &AES_128
        } else {
            &AES_256
        };
        let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
        let (vector, blocks) = content.split_at_checked(BLOCK)?;
        if blocks.is_empty() || blocks.len() % BLOCK != 0 {
            return None;
        }
        let vector: [u8; BLOCK] = vector.try_into().ok()?;
        let mut blocks = blocks.to_vec();
        let plaintext = key
            .decrypt(&mut blocks, DecryptionContext::Iv128(vector.into()))
            .ok()?;
        let padding = usize::from(*plaintext.last()?);
        if !(1..=BLOCK).contains(&padding) {
            return None;
        }
        plaintext
            .get(..plaintext.len() - padding)
            .map(<[u8]>::to_vec)
    }
}
