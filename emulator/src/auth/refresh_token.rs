//! Refresh tokens: opaque strings whose digest the pool stores.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::world::Chance;

/// The header of Cognito's refresh tokens (fact 6.14).
const HEADER: &str = r#"{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}"#;

/// A token in the form of Cognito's: five parts and about 1,700 characters. The
/// parts that Cognito encrypts are random bytes here.
#[must_use]
pub fn new(chance: &Chance) -> String {
    let key = chance.bytes::<256>();
    let initialization_vector = chance.bytes::<12>();
    let ciphertext = chance.bytes::<920>();
    let tag = chance.bytes::<16>();
    [
        HEADER.as_bytes(),
        &key,
        &initialization_vector,
        &ciphertext,
        &tag,
    ]
    .map(|part| URL_SAFE_NO_PAD.encode(part))
    .join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::digest;

    #[test]
    fn has_the_form_of_a_real_one() {
        let token = new(&Chance::seeded(1));
        assert!(
            token.starts_with("eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.")
        );
        let lengths: Vec<usize> = token.split('.').map(str::len).collect();
        assert_eq!(lengths, [62, 342, 16, 1227, 22]);
    }

    #[test]
    fn every_token_is_different() {
        let chance = Chance::seeded(1);
        let (first, second) = (new(&chance), new(&chance));
        assert_ne!(first, second);
        assert_ne!(digest(&first), digest(&second));
        assert_eq!(digest(&first), digest(&first.clone()));
    }
}
