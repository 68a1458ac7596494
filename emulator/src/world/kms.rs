//! Keys of AWS KMS, under which codes for custom senders are encrypted.
//!
//! Every key exists: its material is derived from the seed of the world and the key's ARN. No
//! other program can decrypt what a key encrypted, and the same seed gives the same keys.
//!
//! <https://docs.aws.amazon.com/kms/latest/developerguide/symmetric-key-encryption.html>

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

use super::{Chance, hyphenated};

/// `EncryptionContext`: authenticated and not encrypted.
pub type Context = BTreeMap<String, String>;

/// The start of a `CiphertextBlob`. The form of AWS's own blobs is not public.
const MARK: &[u8] = b"emulated-kms-1";

/// The keys of a world.
#[derive(Clone)]
pub struct Kms {
    seed: [u8; 8],
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kms").finish_non_exhaustive()
    }
}

impl Kms {
    /// The keys of the world with this seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed: seed.to_le_bytes(),
        }
    }

    /// The ARN of the key that `arn`, the ARN of a key or an alias, identifies. `None` if
    /// it is neither.
    ///
    /// An alias that was never created identifies a key of its own, because the emulator
    /// has no operation that creates one.
    #[must_use]
    pub fn key_of(&self, arn: &str) -> Option<String> {
        let mut parts = arn.splitn(6, ':');
        let [scheme, _, service, _, _, resource] = std::array::from_fn(|_| parts.next());
        let resource = resource?;
        if scheme != Some("arn") || service != Some("kms") {
            return None;
        }
        if resource
            .strip_prefix("key/")
            .is_some_and(|id| !id.is_empty())
        {
            return Some(arn.to_owned());
        }
        let name = resource.strip_prefix("alias/");
        name.filter(|name| !name.is_empty())?;
        let [id, _] = self.derive("alias", arn);
        let account = &arn[..arn.len() - resource.len()];
        Some(format!("{account}key/{}", hyphenated(id)))
    }

    /// Encrypts `plaintext` under the key `arn`. The blob names the key, as AWS's own
    /// blobs do for symmetric keys.
    ///
    /// # Panics
    ///
    /// If `arn` is longer than 65,535 bytes; the service model allows 2,048.
    #[must_use]
    pub fn encrypt(
        &self,
        arn: &str,
        context: &Context,
        plaintext: &[u8],
        chance: &Chance,
    ) -> Vec<u8> {
        let nonce = chance.bytes::<NONCE_LEN>();
        let length = u16::try_from(arn.len()).expect("ARNs are short");
        let mut blob = MARK.to_vec();
        blob.extend(length.to_be_bytes());
        blob.extend(arn.as_bytes());
        blob.extend(nonce);
        let mut sealed = plaintext.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let aad = Aad::from(authenticated(arn, context));
        let key = self.material(arn);
        key.seal_in_place_append_tag(nonce, aad, &mut sealed)
            .expect("data keys are short");
        blob.extend(sealed);
        blob
    }

    /// Decrypts `blob`. Returns the ARN of its key, and the plaintext. `None` if the blob
    /// is not one of this world, was changed, or belongs to another encryption context.
    #[must_use]
    pub fn decrypt(&self, blob: &[u8], context: &Context) -> Option<(String, Vec<u8>)> {
        let (length, rest) = blob.strip_prefix(MARK)?.split_first_chunk()?;
        let (arn, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let arn = str::from_utf8(arn).ok()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut opened = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = Aad::from(authenticated(arn, context));
        let key = self.material(arn);
        let plaintext = key.open_in_place(nonce, aad, &mut opened).ok()?;
        Some((arn.to_owned(), plaintext.to_vec()))
    }

    fn material(&self, arn: &str) -> LessSafeKey {
        let bytes: [[u8; 16]; 2] = self.derive("key", arn);
        let key = UnboundKey::new(&AES_256_GCM, bytes.as_flattened());
        LessSafeKey::new(key.expect("the key has 32 bytes"))
    }

    /// 32 bytes that depend on the seed, the purpose and the ARN.
    fn derive(&self, purpose: &str, arn: &str) -> [[u8; 16]; 2] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.seed);
        let tag = hmac::sign(&key, format!("kms {purpose} {arn}").as_bytes());
        let mut halves = [[0; 16]; 2];
        halves.as_flattened_mut().copy_from_slice(tag.as_ref());
        halves
    }
}

/// The key and the context in an unambiguous form, in the order of the context's names.
fn authenticated(arn: &str, context: &Context) -> Vec<u8> {
    let pairs = context.iter().flat_map(|(name, value)| [name, value]);
    let mut bytes = Vec::new();
    for text in std::iter::once(arn).chain(pairs.map(String::as_str)) {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k";

    fn context(pairs: &[(&str, &str)]) -> Context {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_blob_opens_only_with_its_context_and_seed() {
        let (kms, chance) = (Kms::seeded(7), Chance::seeded(7));
        let right = context(&[("a", "b"), ("userpool-id", "us-east-1_x")]);
        let blob = kms.encrypt(KEY, &right, b"data key", &chance);
        let opened = kms.decrypt(&blob, &right);
        assert_eq!(opened, Some((KEY.to_owned(), b"data key".to_vec())));
        for wrong in [
            context(&[]),
            context(&[("a", "b")]),
            context(&[("a", "b"), ("userpool-id", "us-east-1_y")]),
            context(&[("ab", ""), ("userpool-id", "us-east-1_x")]),
        ] {
            assert_eq!(kms.decrypt(&blob, &wrong), None, "{wrong:?}");
        }
        assert_eq!(Kms::seeded(8).decrypt(&blob, &right), None);
        for index in 0..blob.len() {
            let mut changed = blob.clone();
            changed[index] ^= 1;
            assert_eq!(kms.decrypt(&changed, &right), None, "byte {index}");
            assert_eq!(kms.decrypt(&blob[..index], &right), None, "{index} bytes");
        }
    }

    #[test]
    fn aliases_identify_keys() {
        let kms = Kms::seeded(7);
        assert_eq!(kms.key_of(KEY).as_deref(), Some(KEY));
        let alias =
            |name: &str| kms.key_of(&format!("arn:aws:kms:eu-west-1:123456789012:alias/{name}"));
        let key = alias("codes").unwrap();
        assert!(
            key.starts_with("arn:aws:kms:eu-west-1:123456789012:key/"),
            "{key}"
        );
        assert_eq!(key.len(), 39 + 36);
        assert_ne!(alias("other").unwrap(), key);
        for neither in [
            "",
            "key/k",
            "arn:aws:kms:us-east-1:123456789012:key/",
            "arn:aws:kms:us-east-1:123456789012:alias/",
            "arn:aws:kms:us-east-1:123456789012:grant/k",
            "arn:aws:iam:us-east-1:123456789012:key/k",
        ] {
            assert_eq!(kms.key_of(neither), None, "{neither}");
        }
    }
}
