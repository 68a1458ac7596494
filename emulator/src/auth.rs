//! Cryptography and rules of authentication, without state or operations.
//!
//! Every module gets its inputs as arguments, including time and randomness.

pub mod assurance;
pub mod certificate;
pub(crate) mod claims;
pub mod jwt;
pub mod keys;
pub mod lockout;
pub mod mask;
pub mod password;
pub mod password_hash;
pub mod refresh_token;
pub mod secret_hash;
pub mod srp;
pub mod totp;
pub mod webauthn;

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 of the concatenated `parts`.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// The digest that is stored in place of a refresh token or a session string.
#[must_use]
pub fn digest(secret: &str) -> [u8; 32] {
    sha256(&[secret.as_bytes()])
}

/// Encodes a big-endian number as SRP hashes it: without leading zeros, and with one
/// zero byte in front if the first bit is set, because SRP reads it as a signed number.
fn signed(number: &[u8]) -> Vec<u8> {
    let significant = number.iter().skip_while(|byte| **byte == 0);
    let negative = significant.clone().next().is_none_or(|byte| *byte >= 0x80);
    let sign = negative.then_some(&0);
    sign.into_iter().chain(significant).copied().collect()
}

/// Whether two secrets are equal. The comparison time depends only on their lengths.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}
