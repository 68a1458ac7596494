//! Verification of passkeys by a relying party.
//!
//! The crate `passki` does the verification. It gets the challenge from its caller and
//! does not read the clock. This module adds the checks that a browser makes before it
//! calls an authenticator, and Cognito's limits on `WebAuthn`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passki::{
    AuthenticationCredential, AuthenticationState, ClientData, Passki, PasskiError,
    RegistrationCredential, RegistrationState, StoredPasskey,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::encoded;
/// The value that the authenticator signs. It has 16 bytes, as in Cognito
/// (aws/aws-sdk-net#4386).
pub type Challenge = [u8; 16];

/// Encodes bytes as `WebAuthn`'s JSON does.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The reason why a credential is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// The credential does not have the form that browsers send.
    Malformed,
    /// The credential is for another challenge.
    Challenge,
    /// The page does not belong to the relying party.
    Origin,
    /// The credential is for another relying party.
    RelyingParty,
    /// Cognito does not accept the key's algorithm, or the user was not verified
    /// although the relying party requires it.
    NotSupported,
    /// The signature is wrong, or the counter decreased.
    Signature,
}

impl From<PasskiError> for CredentialFault {
    fn from(error: PasskiError) -> Self {
        match error {
            PasskiError::ChallengeMismatch => Self::Challenge,
            PasskiError::OriginMismatch { .. } | PasskiError::CrossOriginNotAllowed => Self::Origin,
            PasskiError::RpIdHashMismatch => Self::RelyingParty,
            PasskiError::UnsupportedAlgorithm(_) | PasskiError::UserVerificationRequired => {
                Self::NotSupported
            }
            PasskiError::SignatureVerificationFailed | PasskiError::CounterRegression => {
                Self::Signature
            }
            _ => Self::Malformed,
        }
    }
}

/// The relying party of a credential.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// A domain.
    pub id: &'a str,
    /// Whether the authenticator must verify its user.
    pub verifies_users: bool,
}

/// The COSE identifiers of the two algorithms that Cognito accepts:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
pub const ALGORITHMS: [i64; 2] = [ES256, RS256];
const ES256: i64 = -7;
const RS256: i64 = -257;

/// A credential's public key in COSE format. Its algorithm is one of [`ALGORITHMS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    algorithm: i32,
    #[serde(with = "encoded::bytes")]
    cose: Box<[u8]>,
}

impl PublicKey {
    /// Accepts a key only in the form that authenticators must use, CTAP2's canonical
    /// CBOR.
    ///
    /// <https://www.w3.org/TR/webauthn-3/#sctn-encoded-credPubKey-examples>
    fn new(algorithm: i32, cose: Vec<u8>) -> Result<Self, CredentialFault> {
        let is_well_formed = match i64::from(algorithm) {
            ES256 => {
                cose.len() == 77
                    && cose.starts_with(&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32])
                    && cose[42..45] == [0x22, 0x58, 32]
            }
            RS256 => cose.starts_with(&[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59]),
            _ => return Err(CredentialFault::NotSupported),
        };
        if !is_well_formed {
            return Err(CredentialFault::Malformed);
        }
        let cose = cose.into();
        Ok(Self { algorithm, cose })
    }

    /// Reads a key in COSE format, as [`Self::cose`] returns it.
    #[must_use]
    pub fn read(cose: Vec<u8>) -> Option<Self> {
        let mut algorithms = ALGORITHMS.iter();
        algorithms
            .find_map(|algorithm| Self::new(i32::try_from(*algorithm).ok()?, cose.clone()).ok())
    }

    /// The key in COSE format.
    #[must_use]
    pub fn cose(&self) -> &[u8] {
        &self.cose
    }
}

/// A registered credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registered {
    /// The id, in base64url.
    pub id: Box<str>,
    /// The public key.
    pub key: PublicKey,
    /// Number of signatures so far, if the authenticator counts them.
    pub sign_count: u32,
    /// `platform` or `cross-platform`, if the browser reports it.
    pub attachment: Option<Box<str>>,
    /// Transports between browser and authenticator.
    pub transports: Vec<Box<str>>,
}

/// Reads the id in a credential, which is not verified.
#[must_use]
pub fn id(credential: &Value) -> Option<&str> {
    credential.get("id")?.as_str()
}

/// Verifies a new credential.
///
/// The attestation describes the authenticator's model. Cognito accepts every model:
/// the attestation only needs a valid signature, by any key.
pub fn register(
    credential: &Value,
    challenge: &Challenge,
    relying_party: RelyingParty<'_>,
) -> Result<Registered, CredentialFault> {
    // A credential that is not discoverable is not a passkey. Cognito refuses it with
    // the sentence for a malformed one (from an application's comments).
    let is_discoverable = credential.pointer("/clientExtensionResults/credProps/rk");
    if is_discoverable == Some(&Value::Bool(false)) {
        return Err(CredentialFault::Malformed);
    }
    let response: RegistrationCredential = read(credential)?;
    let site = site(&response.response.client_data_json, relying_party)?;
    let state: RegistrationState = form(json!({
        "challenge": challenge,
        "user": { "id": "", "name": "", "displayName": "" },
        "user_verification": verification(relying_party),
    }))?;
    let made = site.finish_passkey_registration(&response, &state)?;
    let text = |value: &Value| value.as_str().map(Box::from);
    let transports = credential.pointer("/response/transports");
    Ok(Registered {
        id: encode(&made.credential_id).into(),
        key: PublicKey::new(made.algorithm, made.public_key)?,
        sign_count: made.counter,
        attachment: credential.get("authenticatorAttachment").and_then(text),
        transports: transports
            .and_then(Value::as_array)
            .map(|transports| transports.iter().filter_map(text).collect())
            .unwrap_or_default(),
    })
}

/// Verifies a credential at sign-in, and returns its number of signatures. `key` and
/// `sign_count` are those of the registered credential. `user_handle` is the handle of
/// its user.
pub fn authenticate(
    credential: &Value,
    challenge: &Challenge,
    relying_party: RelyingParty<'_>,
    key: &PublicKey,
    sign_count: u32,
    user_handle: &[u8],
) -> Result<u32, CredentialFault> {
    let response: AuthenticationCredential = read(credential)?;
    let site = site(&response.response.client_data_json, relying_party)?;
    // `allowed_credentials` is empty: the caller has found the credential among the
    // user's.
    let state: AuthenticationState = form(json!({
        "challenge": challenge,
        "allowed_credentials": [],
        "user_verification": verification(relying_party),
    }))?;
    let mut stored = StoredPasskey::default();
    stored.public_key = key.cose.to_vec();
    stored.algorithm = key.algorithm;
    stored.counter = sign_count;
    let made = site.finish_passkey_authentication(&response, &state, &stored)?;
    if made.user_handle.is_some_and(|given| given != user_handle) {
        return Err(CredentialFault::Malformed);
    }
    Ok(made.counter)
}

/// Checks the members that `RegistrationResponseJSON` and `AuthenticationResponseJSON`
/// share, and parses the ones that `passki` needs.
fn read<T: DeserializeOwned>(credential: &Value) -> Result<T, CredentialFault> {
    let same_id = id(credential).is_some() && credential.get("id") == credential.get("rawId");
    let is_key = credential["type"] == "public-key";
    if !same_id || !is_key || !credential["clientExtensionResults"].is_object() {
        return Err(CredentialFault::Malformed);
    }
    form(credential.clone())
}

fn form<T: DeserializeOwned>(value: Value) -> Result<T, CredentialFault> {
    serde_json::from_value(value).map_err(|_| CredentialFault::Malformed)
}

/// `UserVerificationRequirement`.
fn verification(relying_party: RelyingParty<'_>) -> &'static str {
    if relying_party.verifies_users {
        "required"
    } else {
        "preferred"
    }
}

/// The relying party. It accepts the page that made the request only if the page
/// belongs to it.
fn site(client_data: &str, relying_party: RelyingParty<'_>) -> Result<Passki, CredentialFault> {
    let page = ClientData::from_base64(client_data)?.origin;
    let is_its_page = is_of(&page, relying_party.id);
    let pages: Vec<String> = Some(page).filter(|_| is_its_page).into_iter().collect();
    Ok(Passki::new(relying_party.id, &pages, ""))
}

/// Whether a browser allows a page of `origin` to act for the relying party
/// `id`: the domain itself or a subdomain, with TLS except on the local host.
fn is_of(origin: &str, id: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_port = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    let is_below = |domain: &str| {
        let rest = host.strip_suffix(domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.') && rest.len() > 1)
    };
    let is_secure = scheme == "https" || scheme == "http" && is_below("localhost");
    is_port && is_secure && is_below(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_those_that_a_browser_allows() {
        for (origin, id, allowed) in [
            ("https://example.com", "example.com", true),
            ("https://example.com:8443", "example.com", true),
            ("https://login.example.com", "example.com", true),
            ("https://example.com", "login.example.com", false),
            ("https://evilexample.com", "example.com", false),
            ("https://.example.com", "example.com", false),
            ("https://example.com.evil.org", "example.com", false),
            ("http://example.com", "example.com", false),
            ("http://localhost", "localhost", true),
            ("http://localhost:3000", "localhost", true),
            ("https://localhost", "localhost", true),
            ("http://localhost:3000", "example.com", false),
            ("http://localhost:", "localhost", false),
            ("https://example.com:8443/path", "example.com", false),
            ("android:apk-key-hash:abc", "example.com", false),
            ("example.com", "example.com", false),
        ] {
            assert_eq!(is_of(origin, id), allowed, "{origin} for {id}");
        }
    }

    /// A credential of a phone, as sent to live Cognito (aws/aws-sdk-net#4386).
    #[test]
    fn only_keys_of_the_canonical_form_are_accepted() {
        let object = URL_SAFE_NO_PAD.decode("o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViYGpvNQzkYzhs3h_bp69jeTTOoJWgGdwnBRPwcHdpfbkddAAAAAPv8MAcVTk7MjAtuAgVX170AFO3UG_ijYsT3k-zD0NKfyhIJ0fXxpQECAyYgASFYIJU261AFfJw4aJzQCaJqhexaJQ1zglQodOTE_5biyQ5BIlggD1FLESOmUnj3rqKAL-yhCh7kDJ2s2jg6X18MpvnHWy0").unwrap();
        let key = object[object.len() - 77..].to_vec();
        assert!(PublicKey::new(-7, key.clone()).is_ok());
        for (algorithm, key, fault) in [
            (-7, key[..76].to_vec(), CredentialFault::Malformed),
            (-257, key.clone(), CredentialFault::Malformed),
            (-8, key, CredentialFault::NotSupported),
        ] {
            assert_eq!(PublicKey::new(algorithm, key), Err(fault));
        }
    }
}
