//! ID tokens of providers: their signature and their claims (O121).
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation>

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Failed;
use crate::auth::jwt;

/// The values that the claims are compared with.
pub(super) struct Checks<'a> {
    /// `oidc_issuer`.
    pub(super) issuer: &'a str,
    /// `client_id` at the provider.
    pub(super) client_id: &'a str,
    /// `nonce` of the request.
    pub(super) nonce: &'a str,
    /// The present time in seconds.
    pub(super) now: i64,
}

/// Verifies `token` with the keys of the JSON Web Key Set `keys`, and returns its claims.
///
/// The sentence about the issuer is live (O146). The others are inferred from it.
pub(super) fn verify(
    token: &str,
    keys: &Value,
    checks: &Checks<'_>,
) -> Result<Map<String, Value>, Failed> {
    let bad = |fault: &str| Failed::new(format!("Bad id_token {fault}"));
    let decoded = jwt::decode(token).map_err(|_| bad("format"))?;
    let mut known = keys["keys"].as_array().into_iter().flatten();
    let key = known.find(|key| key["kid"] == decoded.header.kid);
    let key = key.ok_or_else(|| bad("key"))?;
    let message = decoded.message.as_bytes();
    if !is_signed(key, &decoded.header.alg, message, &decoded.signature) {
        return Err(bad("signature"));
    }
    let claims = decoded.claims;
    let issuer = claims
        .get("iss")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if issuer != checks.issuer {
        return Err(bad(&format!("issuer {issuer}")));
    }
    let is_for_client = match claims.get("aud") {
        Some(Value::String(audience)) => audience == checks.client_id,
        Some(Value::Array(all)) => all.iter().any(|audience| audience == checks.client_id),
        _ => false,
    };
    if !is_for_client {
        return Err(bad("audience"));
    }
    let end = claims.get("exp").and_then(Value::as_f64);
    #[expect(clippy::cast_precision_loss, reason = "exact for seconds of any date")]
    let is_valid = end.is_some_and(|end| (checks.now as f64) < end);
    if !is_valid {
        return Err(bad("expired"));
    }
    // Cognito is not known to send a nonce, so a provider that works with Cognito may not return
    // it. One that differs is of another sign-in.
    match claims.get("nonce") {
        Some(nonce) if nonce != checks.nonce => Err(bad("nonce")),
        _ => Ok(claims),
    }
}

/// Whether the key made the signature. The algorithm must fit the type of the key, so that a public
/// key is never a shared secret.
fn is_signed(key: &Value, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
    let part = |name: &str| {
        URL_SAFE_NO_PAD
            .decode(key[name].as_str()?.trim_end_matches('='))
            .ok()
    };
    let is_for_signatures = matches!(key["use"].as_str(), None | Some("sig"));
    let is_of_algorithm = key["alg"].as_str().is_none_or(|given| given == algorithm);
    if !is_for_signatures || !is_of_algorithm {
        return false;
    }
    match key["kty"].as_str() {
        Some("RSA") => {
            let (Some(parameters), Some(n), Some(e)) = (rsa(algorithm), part("n"), part("e"))
            else {
                return false;
            };
            let key = RsaPublicKeyComponents { n, e };
            key.verify(parameters, message, signature).is_ok()
        }
        Some("EC") => {
            let curve = key["crv"].as_str().unwrap_or_default();
            let (Some(parameters), Some(x), Some(y)) =
                (ecdsa(algorithm, curve), part("x"), part("y"))
            else {
                return false;
            };
            // An uncompressed point (SEC 1, section 2.3.3).
            let point = [&[4], &x[..], &y[..]].concat();
            let key = UnparsedPublicKey::new(parameters, point);
            key.verify(message, signature).is_ok()
        }
        _ => false,
    }
}

fn rsa(algorithm: &str) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

fn ecdsa(algorithm: &str, curve: &str) -> Option<&'static EcdsaVerificationAlgorithm> {
    Some(match (algorithm, curve) {
        ("ES256", "P-256") => &ECDSA_P256_SHA256_FIXED,
        ("ES384", "P-384") => &ECDSA_P384_SHA384_FIXED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::json;

    use super::*;
    use crate::auth::keys::Keyring;

    const CHECKS: Checks<'_> = Checks {
        issuer: "https://idp.example",
        client_id: "app",
        nonce: "n",
        now: 1_700_000_000,
    };

    fn claims() -> Value {
        json!({ "iss": "https://idp.example", "aud": "app", "exp": 1_700_000_001, "sub": "1" })
    }

    fn fault(token: &str, keys: &Value) -> String {
        match verify(token, keys, &CHECKS) {
            Ok(claims) => claims["sub"].as_str().unwrap_or_default().to_owned(),
            Err(failed) => format!("{failed:?}")
                .split('"')
                .nth(3)
                .unwrap_or_default()
                .to_owned(),
        }
    }

    #[test]
    fn claims_are_checked() {
        let keys = Keyring::default().next();
        for (member, value, expected) in [
            ("sub", json!("2"), "2"),
            ("nonce", json!("n"), "1"),
            ("nonce", json!("other"), "Bad id_token nonce"),
            (
                "iss",
                json!("https://evil.example"),
                "Bad id_token issuer https://evil.example",
            ),
            ("iss", json!(null), "Bad id_token issuer "),
            ("aud", json!("other"), "Bad id_token audience"),
            ("aud", json!(["other", "app"]), "1"),
            ("aud", json!(["other"]), "Bad id_token audience"),
            ("aud", json!(null), "Bad id_token audience"),
            ("exp", json!(1_700_000_000), "Bad id_token expired"),
            ("exp", json!("1700000001"), "Bad id_token expired"),
            ("exp", json!(null), "Bad id_token expired"),
        ] {
            let mut claims = claims();
            claims[member] = value.clone();
            let token = jwt::sign(keys.id(), &claims);
            assert_eq!(fault(&token, &keys.jwks()), expected, "{member} {value}");
        }
    }

    #[test]
    fn signatures_are_checked() {
        let keyring = Keyring::default();
        let (keys, other) = (keyring.next(), keyring.next());
        let token = jwt::sign(keys.id(), &claims());
        assert_eq!(fault(&token, &keys.jwks()), "1");
        assert_eq!(fault(&token, &other.jwks()), "Bad id_token key");
        assert_eq!(fault(&token, &json!({})), "Bad id_token key");
        assert_eq!(fault("a.b.c", &keys.jwks()), "Bad id_token format");
        // A key that is not for signatures, or for another algorithm.
        for (member, value) in [
            ("use", "enc"),
            ("alg", "RS512"),
            ("kty", "EC"),
            ("kty", "oct"),
        ] {
            let mut jwks = keys.jwks();
            for key in jwks["keys"].as_array_mut().unwrap() {
                key[member] = json!(value);
            }
            assert_eq!(
                fault(&token, &jwks),
                "Bad id_token signature",
                "{member} {value}"
            );
        }
        let (signed, _) = token.rsplit_once('.').unwrap();
        assert_eq!(
            fault(&format!("{signed}."), &keys.jwks()),
            "Bad id_token signature"
        );
        // The key of another pool under the same id.
        let forged = jwt::sign(other.id(), &claims());
        let mut renamed = keys.jwks();
        renamed["keys"][0]["kid"] = json!(other.id().kid());
        renamed["keys"][1]["kid"] = json!("x");
        assert_eq!(fault(&forged, &renamed), "Bad id_token signature");
        // No algorithm, and the public key as a shared secret.
        for algorithm in ["none", "HS256", "ES256", "RS384"] {
            let header = json!({ "kid": keys.id().kid(), "alg": algorithm }).to_string();
            let header = URL_SAFE_NO_PAD.encode(header);
            let (_, rest) = signed.split_once('.').unwrap();
            let message = format!("{header}.{rest}");
            let secret =
                aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, keys.id().public_der());
            let tag = aws_lc_rs::hmac::sign(&secret, message.as_bytes());
            let mut jwks = keys.jwks();
            for key in jwks["keys"].as_array_mut().unwrap() {
                key.as_object_mut().unwrap().remove("alg");
            }
            for signature in [tag.as_ref(), &[], &keys.id().sign(message.as_bytes())] {
                let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
                assert_eq!(
                    fault(&token, &jwks),
                    "Bad id_token signature",
                    "{algorithm}"
                );
            }
        }
    }

    #[test]
    fn elliptic_curves() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
        let keys = json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "kid": "e", "alg": "ES256", "x": x, "y": y },
        ] });
        let header = URL_SAFE_NO_PAD.encode(json!({ "kid": "e", "alg": "ES256" }).to_string());
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims().to_string()));
        let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(fault(&token, &keys), "1");
        let mut other = keys.clone();
        other["keys"][0]["crv"] = json!("P-384");
        assert_eq!(fault(&token, &other), "Bad id_token signature");
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode([7; 64]));
        assert_eq!(fault(&token, &keys), "Bad id_token signature");
    }
}
