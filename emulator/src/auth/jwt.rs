//! ID and access tokens: JSON Web Tokens signed with RS256.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::keys::{SigningKey, SigningKeys};

/// The members of a token's payload.
pub type Claims = Map<String, Value>;

/// A token taken apart, its signature not yet verified. Never printed: it is as
/// good as the token.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded<'a, C = Claims> {
    /// Which key signed it, by its own account.
    pub header: Header,
    /// Not to be trusted yet.
    pub claims: C,
    /// What was signed: the first two parts as they stand in the token.
    pub message: &'a str,
    /// The third part.
    pub signature: Vec<u8>,
}

/// The header's members that matter; others may stand beside them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// Key id.
    pub kid: String,
    /// Algorithm.
    pub alg: String,
}

/// Why a token does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// It has not the form of a signed JWT.
    NotAJwt,
    /// It names a key that is not the pool's.
    UnknownKey,
    /// It was not signed, with RS256, by the key that it names.
    BadSignature,
}

/// A token of `claims` that `key` signed. Its header holds `kid` and `alg` alone
/// (fact 6.1).
///
/// # Panics
///
/// Where `claims` has no form in JSON, as a map whose keys are not strings.
#[must_use]
pub fn sign(key: &SigningKey, claims: &impl Serialize) -> String {
    let header = json!({ "kid": key.kid(), "alg": "RS256" }).to_string();
    let claims = serde_json::to_string(claims).expect("claims have string keys");
    let mut token = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = URL_SAFE_NO_PAD.encode(key.sign(token.as_bytes()));
    token.push('.');
    token.push_str(&signature);
    token
}

/// Takes `token` apart.
///
/// # Errors
///
/// [`TokenFault::NotAJwt`] alone.
pub fn decode(token: &str) -> Result<Decoded<'_>, TokenFault> {
    decode_as(token)
}

/// Takes `token` apart, with those of its claims that matter.
///
/// # Errors
///
/// As [`decode`]; a claim that is not of its type in `C` counts as such a fault.
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

/// The claims of `token`, where one of `keys` signed it. Whether it has expired,
/// was revoked or is meant for this use remains to be judged.
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
    /// Whether one of `keys` signed it.
    ///
    /// # Errors
    ///
    /// As [`verify`].
    pub fn verify(&self, keys: &SigningKeys) -> Result<(), TokenFault> {
        let key = keys.find(&self.header.kid).ok_or(TokenFault::UnknownKey)?;
        if self.header.alg == "RS256" && key.verifies(self.message.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(TokenFault::BadSignature)
        }
    }
}

/// A JSON object in base64url.
fn part<T: DeserializeOwned>(part: &str) -> Result<T, TokenFault> {
    let json = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenFault::NotAJwt)?;
    // serde reads a structure from an array, too.
    let is_object = json.trim_ascii_start().starts_with(b"{");
    let part = serde_json::from_slice(&json).ok().filter(|_| is_object);
    part.ok_or(TokenFault::NotAJwt)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::auth::keys::Keyring;

    /// Signed by the first pool's access token key with `openssl dgst -sha256
    /// -sign`, header and claims encoded with `base64`.
    const FROM_OPENSSL: &str = concat!(
        "eyJraWQiOiI1QkdZU3F6aHd3dEVwaExadlFra3RWT1FEWFlTWTVRa1gzVm9iT3ZBNTN3PSIsImFsZyI6IlJTMjU2In0.eyJzdWIi",
        "OiJhbmEiLCJpYXQiOjE3MDAwMDAwMDB9.DpIoSiAPjaLgeujm4yr7OPm_QKQqZsttlbQLZREf73ebvzn58nY6e0M4bRD1GK8uyNz",
        "VYDZSgtmoYtFH5RrGymLaZ6MQkvOf3hgXy_0JjgtKciKP9InFZaFiLFyPneajLvEXz6NZLWXJWv3DY1FuedNORWnFHWarb4PuxpB",
        "zz5G8330uhY1iI26fp7_quxg9A5VKZacloXeZoO_GSXnvjsOIy8eeVzsuEyJ3YkPH3kgqXKLCi-HovdnlhGvz2RVoQw12WYo8pq4",
        "pq1u3xHdmMzgslnHWAPi2wuzIAghnJjw1t28AnIEWd5P2cN97mdpqXP4gN_rzxcrc548Nn7REgQ",
    );

    fn keys() -> Arc<SigningKeys> {
        Keyring::default().next()
    }

    #[test]
    fn signs_as_openssl_does() {
        let claims = json!({ "sub": "ana", "iat": 1_700_000_000 });
        assert_eq!(sign(keys().access(), &claims), FROM_OPENSSL);
    }

    #[test]
    fn verifies_what_openssl_signed() {
        let claims = verify(&keys(), FROM_OPENSSL).unwrap();
        assert_eq!(
            Value::from(claims),
            json!({ "sub": "ana", "iat": 1_700_000_000 })
        );
    }

    #[test]
    fn the_header_holds_kid_and_alg_alone() {
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
        let decoded = decode(FROM_OPENSSL).unwrap();
        assert_eq!(decoded.header.kid, keys().access().kid());
        assert_eq!(decoded.header.alg, "RS256");
        assert_eq!(decoded.claims["sub"], "ana");
        assert_eq!(decoded.signature.len(), 256);
        assert!(FROM_OPENSSL.starts_with(decoded.message));
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
            (format!("{FROM_OPENSSL}.x"), TokenFault::NotAJwt),
            (format!("{FROM_OPENSSL}="), TokenFault::NotAJwt),
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

        /// What is signed verifies; with any one character changed it does not.
        #[test]
        fn signed_claims_come_back_and_changed_ones_do_not(
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
