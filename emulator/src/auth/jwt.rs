//! ID and access tokens: JSON Web Tokens signed with RS256.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::keys::{SigningKey, SigningKeys};

/// The members of a token's payload.
pub type Claims = Map<String, Value>;

/// A parsed token whose signature is not verified. It has no `Debug` because it
/// contains the whole token.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded<'a, C = Claims> {
    /// The header, which names the signing key.
    pub header: Header,
    /// The claims, not verified yet.
    pub claims: C,
    /// The signed text: the first two parts of the token.
    pub message: &'a str,
    /// The third part.
    pub signature: Vec<u8>,
}

/// The header members that are used. A header may have more.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// Key id.
    pub kid: String,
    /// Algorithm.
    pub alg: String,
}

/// The reason why a token is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// The text is not a signed JWT.
    NotAJwt,
    /// The key does not belong to the user pool.
    UnknownKey,
    /// The signature is not an RS256 signature of the named key.
    BadSignature,
}

/// A token with `claims`, signed by `key`. The header has only `kid` and `alg`
/// (fact 6.1).
///
/// # Panics
///
/// If `claims` cannot be serialized as JSON, such as a map whose keys are not strings.
#[must_use]
pub fn sign(key: &SigningKey, claims: &impl Serialize) -> String {
    // A `kid` is base64, so nothing in it is escaped.
    let header = format!(r#"{{"kid":"{}","alg":"RS256"}}"#, key.kid());
    let claims = serde_json::to_string(claims).expect("claims have string keys");
    // The signature has 342 characters, and the rest grows by a third.
    let mut token = String::with_capacity(2 * claims.len() + 512);
    URL_SAFE_NO_PAD.encode_string(header, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// `at_hash` of an access token for the ID token of the same sign-in (`OpenID` Connect Core,
/// section 3.1.3.6): the first half of its SHA-256.
#[must_use]
pub fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&super::digest(access_token)[..16])
}

/// Parses `token`.
///
/// # Errors
///
/// Only [`TokenFault::NotAJwt`].
pub fn decode(token: &str) -> Result<Decoded<'_>, TokenFault> {
    decode_as(token)
}

/// Parses `token` with the claims that `C` declares.
///
/// # Errors
///
/// The same as for [`decode`]. A claim with another type than in `C` is a
/// [`TokenFault::NotAJwt`].
pub fn decode_as<C: DeserializeOwned>(token: &str) -> Result<Decoded<'_, C>, TokenFault> {
    let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::NotAJwt)?;
    let (header, claims) = message.split_once('.').ok_or(TokenFault::NotAJwt)?;
    Ok(Decoded {
        header: part(header)?,
        claims: part(claims)?,
        message,
        signature: URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| TokenFault::NotAJwt)?,
    })
}

/// Verifies that one of `keys` signed `token`, and returns its claims. The
/// caller checks expiry, revocation and purpose.
///
/// # Errors
///
/// The first fault in the order of [`TokenFault`]'s variants.
pub fn verify(keys: &SigningKeys, token: &str) -> Result<Claims, TokenFault> {
    let decoded = decode(token)?;
    decoded.verify(keys)?;
    Ok(decoded.claims)
}

impl<C> Decoded<'_, C> {
    /// Verifies that one of `keys` signed the token.
    ///
    /// # Errors
    ///
    /// The same as for [`verify`].
    pub fn verify(&self, keys: &SigningKeys) -> Result<(), TokenFault> {
        let key = keys.find(&self.header.kid).ok_or(TokenFault::UnknownKey)?;
        if self.header.alg == "RS256" && key.verifies(self.message.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(TokenFault::BadSignature)
        }
    }
}

/// Decodes a JSON object from base64url.
fn part<T: DeserializeOwned>(part: &str) -> Result<T, TokenFault> {
    let json = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenFault::NotAJwt)?;
    // serde also deserializes a structure from an array.
    let is_object = json.trim_ascii_start().starts_with(b"{");
    let part = serde_json::from_slice(&json).ok().filter(|_| is_object);
    part.ok_or(TokenFault::NotAJwt)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::auth::keys::Keyring;

    /// Signed with the access token key of the first pool. `openssl dgst -sha256
    /// -verify` accepts it with the public key of the JWKS. A message has only one
    /// valid signature (RFC 8017, section 9.2).
    const VERIFIED_BY_OPENSSL: &str = concat!(
        "eyJraWQiOiJDN0JkWG5tN1R1cGtiMUFLckZ3MkRySjEvSSt1dmJTNFE4WlNkdlNJVHpFPSIsImFsZyI6IlJTMjU2In0.eyJzdWIi",
        "OiJhbmEiLCJpYXQiOjE3MDAwMDAwMDB9.pJuu9nm5n4VNhDYaD09baacPTCYkXSMr1OGG8hKq0eoSLZ9ELLdik8K_52OPdLChdHE",
        "OVAkfuf5OgUvYpnE--IT3ewVZJefY3sf0xu_rDhHoqML_uyFnbq_d-mwTX9mv2qyNIeEMSM9-c11PkveX2rBg2lqK2p8UlfqeEoQ",
        "opyqzyyjZKakxcTGcdBiMfFPf0CSNOjicnNnHVl7jrRXQmkzmDZYhdR-OiYcMP8d33E9fBMSfK5F-eAtIK2AqH8bD_hMxDjPkjGi",
        "ALJoZu7eoPttZ9lRvNAM6DK3qV7JVpW93ZCgoT3giljnViOjemshETnNjl37cu5YPeISBCdbQ3Q",
    );

    fn keys() -> Arc<SigningKeys> {
        Keyring::default().next()
    }

    #[test]
    fn signs_what_openssl_verifies() {
        let claims = json!({ "sub": "ana", "iat": 1_700_000_000 });
        assert_eq!(sign(keys().access(), &claims), VERIFIED_BY_OPENSSL);
    }

    #[test]
    fn verifies_its_signature() {
        let claims = verify(&keys(), VERIFIED_BY_OPENSSL).unwrap();
        assert_eq!(
            Value::from(claims),
            json!({ "sub": "ana", "iat": 1_700_000_000 })
        );
    }

    #[test]
    fn the_header_has_only_kid_and_alg() {
        let keys = keys();
        let token = sign(keys.id(), &json!({}));
        let header = URL_SAFE_NO_PAD
            .decode(token.split('.').next().unwrap())
            .unwrap();
        assert_eq!(
            String::from_utf8(header).unwrap(),
            format!(r#"{{"kid":"{}","alg":"RS256"}}"#, keys.id().kid())
        );
    }

    #[test]
    fn a_decoded_token_shows_its_parts() {
        let decoded = decode(VERIFIED_BY_OPENSSL).unwrap();
        assert_eq!(decoded.header.kid, keys().access().kid());
        assert_eq!(decoded.header.alg, "RS256");
        assert_eq!(decoded.claims["sub"], "ana");
        assert_eq!(decoded.signature.len(), 256);
        assert!(VERIFIED_BY_OPENSSL.starts_with(decoded.message));
    }

    #[test]
    fn faults() {
        let pool = keys();
        let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = |kid: &str, alg: &str| encode(json!({ "kid": kid, "alg": alg }));
        let signed = |message: String| {
            let signature = URL_SAFE_NO_PAD.encode(pool.id().sign(message.as_bytes()));
            format!("{message}.{signature}")
        };
        let id = pool.id().kid();
        let claims = encode(json!({ "sub": "ana" }));
        let other_pool = Keyring::default();
        let _ = other_pool.next();
        for (token, fault) in [
            (String::new(), TokenFault::NotAJwt),
            ("invalidtoken".to_owned(), TokenFault::NotAJwt),
            ("a.b".to_owned(), TokenFault::NotAJwt),
            ("a.b.c".to_owned(), TokenFault::NotAJwt),
            (format!("{VERIFIED_BY_OPENSSL}.x"), TokenFault::NotAJwt),
            (format!("{VERIFIED_BY_OPENSSL}="), TokenFault::NotAJwt),
            (
                signed(format!("{}.{claims}", encode(json!({ "alg": "RS256" })))),
                TokenFault::NotAJwt,
            ),
            (
                signed(format!(
                    "{}.{}",
                    header(id, "RS256"),
                    encode(json!(["sub"]))
                )),
                TokenFault::NotAJwt,
            ),
            (
                signed(format!("{}.{claims}", encode(json!([id, "RS256"])))),
                TokenFault::NotAJwt,
            ),
            (
                signed(format!("{}.{claims}", header("", "RS256"))),
                TokenFault::UnknownKey,
            ),
            (
                sign(other_pool.next().access(), &json!({ "sub": "ana" })),
                TokenFault::UnknownKey,
            ),
            (
                format!("{}.{claims}.", header(id, "none")),
                TokenFault::BadSignature,
            ),
            (
                format!("{}.{claims}.", header(id, "RS256")),
                TokenFault::BadSignature,
            ),
            (
                signed(format!("{}.{claims}", header(id, "RS512"))),
                TokenFault::BadSignature,
            ),
            (
                signed(format!("{}.{claims}", header(pool.access().kid(), "RS256"))),
                TokenFault::BadSignature,
            ),
        ] {
            assert_eq!(verify(&pool, &token), Err(fault), "{token}");
        }
        assert!(verify(&pool, &signed(format!("{}.{claims}", header(id, "RS256")))).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A signed token is valid. A token in which one character was changed is not.
        #[test]
        fn signed_claims_are_returned_and_changed_ones_refused(
            claims in prop::collection::btree_map("[a-z:_]{1,12}", "\\PC{0,40}", 0..8),
            place: prop::sample::Index,
            replacement in "[A-Za-z0-9_.-]",
        ) {
            let keys = keys();
            let token = sign(keys.id(), &claims);
            let verified = verify(&keys, &token).map(Value::from);
            prop_assert_eq!(verified, Ok(json!(claims)));

            let place = place.index(token.len());
            prop_assume!(token[place..=place] != replacement);
            let mut changed = token.clone();
            changed.replace_range(place..=place, &replacement);
            prop_assert!(verify(&keys, &changed).is_err(), "{} became {}", token, changed);
        }
    }
}
