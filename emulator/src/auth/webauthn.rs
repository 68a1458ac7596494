//! Passkeys: what an authenticator made, judged as a relying party has to.
//!
//! The steps are `passki`'s, which takes the challenge from its caller and reads
//! no clock. What a browser judges before it asks an authenticator, and what
//! Cognito takes of all that `WebAuthn` allows, is judged here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passki::{
    AuthenticationCredential, AuthenticationState, ClientData, Passki, PasskiError,
    RegistrationCredential, RegistrationState, StoredPasskey,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What the authenticator signs: 16 bytes, as live ones are (aws/aws-sdk-net#4386).
pub type Challenge = [u8; 16];

/// Bytes as `WebAuthn` writes them in JSON.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Why a credential is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not of the form that browsers send.
    Malformed,
    /// It answers another challenge.
    Challenge,
    /// It was made on a page that is not the relying party's.
    Origin,
    /// It was made for another relying party.
    RelyingParty,
    /// Its key is of an algorithm that Cognito does not take, or nobody verified
    /// the user where that is required.
    NotSupported,
    /// Its signature is wrong, or its counter ran backwards.
    Signature,
}

impl From<PasskiError> for Fault {
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

/// Whom credentials are made for.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// A domain.
    pub id: &'a str,
    /// Whether the authenticator has to verify its user.
    pub verifies_users: bool,
}

/// COSE's numbers for the two algorithms that Cognito takes:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
pub const ALGORITHMS: [i64; 2] = [ES256, RS256];
const ES256: i64 = -7;
const RS256: i64 = -257;

/// A credential's public key, as COSE writes it, of one of [`ALGORITHMS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: i32,
    cose: Box<[u8]>,
}

impl PublicKey {
    /// Takes a key in the one form that authenticators may write it in: CTAP2's
    /// canonical CBOR.
    ///
    /// <https://www.w3.org/TR/webauthn-3/#sctn-encoded-credPubKey-examples>
    fn new(algorithm: i32, cose: Vec<u8>) -> Result<Self, Fault> {
        let is_well_formed = match i64::from(algorithm) {
            ES256 => {
                cose.len() == 77
                    && cose.starts_with(&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32])
                    && cose[42..45] == [0x22, 0x58, 32]
            }
            RS256 => cose.starts_with(&[0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59]),
            _ => return Err(Fault::NotSupported),
        };
        if !is_well_formed {
            return Err(Fault::Malformed);
        }
        let cose = cose.into();
        Ok(Self { algorithm, cose })
    }
}

/// A credential that was registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Its id, in base64url.
    pub id: Box<str>,
    /// Its key.
    pub key: PublicKey,
    /// Its signatures so far, where it counts them.
    pub sign_count: u32,
    /// `platform` or `cross-platform`, where the browser says so.
    pub attachment: Option<Box<str>>,
    /// How browsers reach the authenticator.
    pub transports: Vec<Box<str>>,
}

/// The id that a credential claims to have.
#[must_use]
pub fn id(credential: &Value) -> Option<&str> {
    credential.get("id")?.as_str()
}

/// Judges a new credential.
///
/// Its attestation says of what make the authenticator is, which Cognito does
/// not enforce: a statement has to be signed rightly, by whomever.
pub fn register(
    credential: &Value,
    challenge: &Challenge,
    relying_party: RelyingParty<'_>,
) -> Result<Registered, Fault> {
    // A credential that is not discoverable is no passkey. Live, it fails in the
    // same words as a malformed one (seen in an application's comments).
    let is_discoverable = credential.pointer("/clientExtensionResults/credProps/rk");
    if is_discoverable == Some(&Value::Bool(false)) {
        return Err(Fault::Malformed);
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

/// Judges a credential that signs in: `key` and `sign_count` are those of the
/// one that was registered, `user_handle` is its user's. Its signatures so far.
pub fn authenticate(
    credential: &Value,
    challenge: &Challenge,
    relying_party: RelyingParty<'_>,
    key: &PublicKey,
    sign_count: u32,
    user_handle: &[u8],
) -> Result<u32, Fault> {
    let response: AuthenticationCredential = read(credential)?;
    let site = site(&response.response.client_data_json, relying_party)?;
    // The caller has found the credential among the user's.
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
        return Err(Fault::Malformed);
    }
    Ok(made.counter)
}

/// Reads what is alike in `RegistrationResponseJSON` and
/// `AuthenticationResponseJSON`, and what `passki` needs of it.
fn read<T: DeserializeOwned>(credential: &Value) -> Result<T, Fault> {
    let same_id = id(credential).is_some() && credential.get("id") == credential.get("rawId");
    let is_key = credential["type"] == "public-key";
    if !same_id || !is_key || !credential["clientExtensionResults"].is_object() {
        return Err(Fault::Malformed);
    }
    form(credential.clone())
}

fn form<T: DeserializeOwned>(value: Value) -> Result<T, Fault> {
    serde_json::from_value(value).map_err(|_| Fault::Malformed)
}

/// `UserVerificationRequirement`.
fn verification(relying_party: RelyingParty<'_>) -> &'static str {
    if relying_party.verifies_users {
        "required"
    } else {
        "preferred"
    }
}

/// The relying party on the page that asked, if that is one of its pages.
fn site(client_data: &str, relying_party: RelyingParty<'_>) -> Result<Passki, Fault> {
    let page = ClientData::from_base64(client_data)?.origin;
    let is_its_page = is_of(&page, relying_party.id);
    let pages: Vec<String> = Some(page).filter(|_| is_its_page).into_iter().collect();
    Ok(Passki::new(relying_party.id, &pages, ""))
}

/// Whether a browser lets a page of `origin` act for the relying party `id`: the
/// domain itself or one below, over TLS unless it is the machine's own.
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
    fn origins_are_those_that_a_browser_lets_act() {
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

    /// What a phone made and live Cognito was sent (aws/aws-sdk-net#4386).
    #[test]
    fn keys_are_of_one_form() {
        let object = URL_SAFE_NO_PAD.decode("o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViYGpvNQzkYzhs3h_bp69jeTTOoJWgGdwnBRPwcHdpfbkddAAAAAPv8MAcVTk7MjAtuAgVX170AFO3UG_ijYsT3k-zD0NKfyhIJ0fXxpQECAyYgASFYIJU261AFfJw4aJzQCaJqhexaJQ1zglQodOTE_5biyQ5BIlggD1FLESOmUnj3rqKAL-yhCh7kDJ2s2jg6X18MpvnHWy0").unwrap();
        let key = object[object.len() - 77..].to_vec();
        assert!(PublicKey::new(-7, key.clone()).is_ok());
        for (algorithm, key, fault) in [
            (-7, key[..76].to_vec(), Fault::Malformed),
            (-257, key.clone(), Fault::Malformed),
            (-8, key, Fault::NotSupported),
        ] {
            assert_eq!(PublicKey::new(algorithm, key), Err(fault));
        }
    }
}
