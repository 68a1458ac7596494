//! `state` and `RelayState`: a random secret in the form of Cognito's.
//!
//! Cognito's has two parts of gzip in base64url, and a version (O119). The first part here names
//! the user pool, because a host that serves all pools has no other way to find it; it is not
//! trusted for anything else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::{Value, json};

use crate::world::Chance;

/// The header of gzip without a file name or a time (RFC 1952, section 2.3).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];
/// Bytes of the checksum and the length at the end.
const TRAILER: usize = 8;
/// Most bytes of the first part.
const LONGEST: usize = 4_096;

/// A new secret.
pub(crate) fn new(chance: &Chance, pool_id: &str, provider: &str, client_id: &str) -> String {
    let shown = json!({ "userPoolId": pool_id, "providerName": provider, "clientId": client_id });
    let shown = gzip(shown.to_string().as_bytes());
    let random = gzip(&chance.bytes::<32>());
    let [shown, random] = [shown, random].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{shown}.{random}.4")
}

/// The user pool that a secret names.
pub(crate) fn pool_of(secret: &str) -> Option<String> {
    let (shown, _) = secret.split_once('.')?;
    if shown.len() > LONGEST {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(shown).ok()?;
    let deflated = bytes.strip_prefix(&HEADER)?;
    let end = deflated.len().checked_sub(TRAILER)?;
    let text = decompress_to_vec_with_limit(deflated.get(..end)?, LONGEST).ok()?;
    let shown: Value = serde_json::from_slice(&text).ok()?;
    Some(shown.get("userPoolId")?.as_str()?.to_owned())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut gzip = HEADER.to_vec();
    gzip.extend(compress_to_vec(bytes, 6));
    gzip.extend(crc32(bytes).to_le_bytes());
    gzip.extend(length.to_le_bytes());
    gzip
}

/// The checksum of gzip (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let polynomial = if crc & 1 == 1 { 0xedb8_8320 } else { 0 };
            crc = crc >> 1 ^ polynomial;
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_name_their_pool() {
        let chance = Chance::seeded(7);
        let secret = new(&chance, "us-east-1_aBcDeFgHi", "Google", "client");
        let parts: Vec<_> = secret.split('.').collect();
        assert!(parts[..2].iter().all(|part| part.starts_with("H4sIA")));
        assert_eq!((parts.len(), parts[2]), (3, "4"));
        assert_eq!(pool_of(&secret).as_deref(), Some("us-east-1_aBcDeFgHi"));
        assert_ne!(
            new(&chance, "us-east-1_aBcDeFgHi", "Google", "client"),
            secret
        );
    }

    #[test]
    fn other_texts_name_none() {
        let bomb = gzip(&vec![b' '; 10_000_000]);
        let array = gzip(b"[]");
        let named = br#"{"userPoolId":"us-east-1_aBcDeFgHi"}"#;
        let spaces = gzip(&[&vec![b' '; LONGEST][..], named].concat());
        let random = Chance::seeded(7).opaque(LONGEST - 60);
        let long = gzip(format!(r#"{{"userPoolId":"{random}"}}"#).as_bytes());
        assert!(URL_SAFE_NO_PAD.encode(&long).len() > LONGEST);
        let texts = [bomb, array, spaces, long, HEADER.to_vec(), Vec::new()];
        let encoded = texts.map(|text| format!("{}.x.4", URL_SAFE_NO_PAD.encode(text)));
        let others = ["", ".", "a.b.4", "H4sI.H4sI.4", "\u{1f600}.x"];
        for text in encoded.iter().map(String::as_str).chain(others) {
            assert_eq!(pool_of(text), None, "{text}");
        }
    }

    /// The check value of the algorithm.
    #[test]
    fn checksum() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
