//! Keys of the shared state: encryption of values, and hashes of their names.
//!
//! `--shared-key-file` has one key per line, 32 bytes in base64. The first key encrypts, and
//! each key decrypts. So keys are replaced without an interruption: add the new key as the last
//! line for all replicas, then move it to the first line, and remove the old one after
//! [`crate::bounds::SECRET_LIFETIME`].
//!
//! Values are encrypted with AES-256-GCM-SIV (RFC 8452), because its random nonces may repeat
//! without harm, with the name of the value as associated data: a value under another name is
//! refused. Each use of a key has its own key, derived with HKDF (RFC 5869).

use std::fmt::{self, Write as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{digest, hkdf};

use crate::bounds::{SHARED_KEY_FILE, SHARED_KEYS};
use crate::guard::private_file;
use crate::start_error::StartError;

/// The length of a key.
const KEY: usize = 32;

/// The bytes of a value that name its key.
const ID: usize = 4;

/// The keys of a file, the newest first.
pub(super) struct Keys(Vec<Key>);

/// The keys that are derived from one line of the file.
pub(super) struct Key {
    id: [u8; ID],
    values: RandomizedNonceKey,
    /// The key of references.
    pub(super) references: [u8; KEY],
    /// The key of sealed questions.
    pub(super) questions: [u8; KEY],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    /// Reads the keys in the file at `path`.
    ///
    /// # Errors
    /// If the file cannot be read, other users can read it, or a line is not a key.
    pub(super) fn read(path: &Path) -> Result<Self, StartError> {
        let refused = |why: &str| {
            StartError(format!(
                "--shared-key-file {}: {why}. Create it with `(umask 077; openssl rand -base64 32 \
                 > FILE)`, and give the same file to all replicas.",
                path.display()
            ))
        };
        let file = private_file::open_file(path).map_err(|why| refused(&why.to_string()))?;
        if private_file::everybody_may_read(&file) {
            return Err(refused("every user can read it; `chmod 600` it"));
        }
        let text = private_file::text_of(&file, SHARED_KEY_FILE)
            .map_err(|why| refused(&why.to_string()))?;
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Option<Vec<Key>> = lines.map(Key::parse).collect();
        let keys = keys.ok_or_else(|| refused("a line is not 32 bytes in base64"))?;
        match keys.len() {
            0 => Err(refused("it has no key")),
            1..=SHARED_KEYS => Ok(Self(keys)),
            _ => Err(refused("it has too many keys")),
        }
    }

    /// The key that encrypts.
    pub(super) fn newest(&self) -> &Key {
        // `read` refuses an empty list.
        &self.0[0]
    }

    /// All keys, the newest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }

    /// Encrypts `value` for the name `name`. None if the system has no randomness.
    pub(super) fn seal(&self, name: &str, mut value: Vec<u8>) -> Option<Vec<u8>> {
        let key = self.newest();
        let nonce = key
            .values
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut value)
            .ok()?;
        let mut sealed = Vec::with_capacity(ID + NONCE_LEN + value.len());
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut value);
        Some(sealed)
    }

    /// Decrypts the value of the name `name`. None if it was altered, belongs to another name, or
    /// its key is not in the file.
    pub(super) fn open(&self, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (id, rest) = sealed.split_at_checked(ID)?;
        let (nonce, value) = rest.split_at_checked(NONCE_LEN)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
        self.0.iter().filter(|key| key.id == id).find_map(|key| {
            let mut value = value.to_vec();
            let nonce = Nonce::assume_unique_for_key(nonce);
            let aad = Aad::from(name.as_bytes());
            let opened = key.values.open_in_place(nonce, aad, &mut value).ok()?.len();
            value.truncate(opened);
            Some(value)
        })
    }
}

/// A short name in place of an id or a principal. It does not depend on the keys, so that it stays
/// the same when they are replaced.
pub(super) fn hashed(text: &str) -> String {
    hex(&digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..16])
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Key {
    fn parse(line: &str) -> Option<Self> {
        let bytes = aws_smithy_types::base64::decode(line).ok()?;
        Self::of(&bytes.try_into().ok()?)
    }

    pub(super) fn of(bytes: &[u8; KEY]) -> Option<Self> {
        let values = derived(bytes, "cognito-mcp values")?;
        Some(Self {
            id: derived(bytes, "cognito-mcp id")?[..ID].try_into().ok()?,
            values: RandomizedNonceKey::new(&AES_256_GCM_SIV, &values).ok()?,
            references: derived(bytes, "cognito-mcp references")?,
            questions: derived(bytes, "cognito-mcp questions")?,
        })
    }
}

/// The key for one use: HKDF with SHA-256.
fn derived(key: &[u8; KEY], usage: &str) -> Option<[u8; KEY]> {
    let mut output = [0; KEY];
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(key)
        .expand(&[usage.as_bytes()], hkdf::HKDF_SHA256)
        .ok()?
        .fill(&mut output)
        .ok()?;
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[u8]) -> Keys {
        Keys(
            names
                .iter()
                .map(|name| Key::of(&[*name; KEY]).unwrap())
                .collect(),
        )
    }

    #[test]
    fn a_value_is_read_under_its_name_with_its_key() {
        let one = keys(&[1]);
        let sealed = one.seal("a", b"S3cret".to_vec()).unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"S3cret"));
        assert_eq!(one.open("a", &sealed).as_deref(), Some(&b"S3cret"[..]));
        assert_eq!(one.open("b", &sealed), None);
        assert_eq!(keys(&[2]).open("a", &sealed), None);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert_eq!(one.open("a", &altered), None, "byte {at}");
        }
        assert_eq!(one.open("a", &sealed[..ID + NONCE_LEN - 1]), None);
    }

    #[test]
    fn keys_are_replaced_with_overlap() {
        let (old, added, moved, new) = (keys(&[1]), keys(&[1, 2]), keys(&[2, 1]), keys(&[2]));
        let before = old.seal("a", b"1".to_vec()).unwrap();
        for later in [&added, &moved] {
            assert!(later.open("a", &before).is_some());
        }
        assert!(new.open("a", &before).is_none());
        let after = moved.seal("a", b"2".to_vec()).unwrap();
        for reader in [&added, &moved, &new] {
            assert!(reader.open("a", &after).is_some());
        }
    }
}
