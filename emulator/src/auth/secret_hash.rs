//! `SECRET_HASH`: authentication of an app client by its secret.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::same;

/// Base64 of HMAC-SHA256 over username and client id, with the secret as key.
///
/// `username` is the name that the caller sent at the start of a flow. In responses to
/// challenges and at refresh, it is the internal username.
///
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash>
#[must_use]
pub fn secret_hash(secret: &str, username: &str, client_id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, [username, client_id].concat().as_bytes()))
}

/// Whether `sent` is the secret hash for these values.
#[must_use]
pub fn verifies(sent: &str, secret: &str, username: &str, client_id: &str) -> bool {
    same(
        sent.as_bytes(),
        secret_hash(secret, username, client_id).as_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf anaclient | openssl dgst -sha256 -hmac secret -binary | base64`.
    #[test]
    fn agrees_with_openssl() {
        assert_eq!(
            secret_hash("secret", "ana", "client"),
            "gpYaeMoXSS9IvHXaT9s8abxoWL9KY/6BzvsnZsQ8xzs="
        );
    }

    #[test]
    fn only_the_right_hash_verifies() {
        let hash = secret_hash("secret", "ana", "client");
        assert!(verifies(&hash, "secret", "ana", "client"));
        assert!(!verifies(&hash, "Secret", "ana", "client"));
        assert!(!verifies(&hash, "secret", "bob", "client"));
        assert!(!verifies(&hash, "secret", "ana", "other"));
        assert!(!verifies(
            hash.trim_end_matches('='),
            "secret",
            "ana",
            "client"
        ));
        assert!(!verifies("", "secret", "ana", "client"));
    }
}
