//! Passkeys: what an authenticator made, judged as a relying party has to.
//!
//! The steps are those of
//! <https://www.w3.org/TR/webauthn-3/#sctn-registering-a-new-credential> and
//! <https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion>. The libraries
//! that take them draw challenges and read the clock themselves; here both are
//! the caller's, and the signatures are the cryptographic library's.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::Decoder;
use minicbor::data::Type;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{same, sha256};

/// What the authenticator signs: 16 bytes, as live ones are (aws/aws-sdk-net#4386).
pub type Challenge = [u8; 16];

/// Bytes as `WebAuthn` writes them in JSON.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, Fault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Fault::Malformed)
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

/// Whom credentials are made for.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// A domain.
    pub id: &'a str,
    /// Whether the authenticator has to verify its user.
    pub verifies_users: bool,
}

/// A credential's public key, of one of the two algorithms that Cognito takes:
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-authentication-flow-methods.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// ES256: a point of P-256, uncompressed.
    Es256(Box<[u8]>),
    /// RS256: modulus and exponent.
    Rs256(Box<[u8]>, Box<[u8]>),
}

/// COSE's numbers for the two algorithms.
pub const ALGORITHMS: [i64; 2] = [ES256, RS256];
const ES256: i64 = -7;
const RS256: i64 = -257;

impl PublicKey {
    fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::Rs256(..) => RS256,
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Fault> {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Rs256(n, e) => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        };
        verified.map_err(|_| Fault::Signature)
    }

    /// Reads a COSE key: <https://www.rfc-editor.org/rfc/rfc9053#section-7>.
    fn read(cbor: &mut Decoder<'_>) -> Result<Self, Fault> {
        let (mut kind, mut algorithm, mut curve) = (0, 0, 0);
        let (mut x, mut y, mut modulus): (&[u8], &[u8], &[u8]) = (&[], &[], &[]);
        for _ in 0..entries(cbor)? {
            match cbor.i64().map_err(malformed)? {
                1 => kind = cbor.i64().map_err(malformed)?,
                3 => algorithm = cbor.i64().map_err(malformed)?,
                // A curve, or the modulus of RSA.
                -1 if cbor.datatype().map_err(malformed)? == Type::Bytes => {
                    modulus = cbor.bytes().map_err(malformed)?;
                }
                -1 => curve = cbor.i64().map_err(malformed)?,
                // A coordinate, or the exponent of RSA.
                -2 => x = cbor.bytes().map_err(malformed)?,
                -3 => y = cbor.bytes().map_err(malformed)?,
                _ => cbor.skip().map_err(malformed)?,
            }
        }
        match (algorithm, kind) {
            (ES256, 2) if curve == 1 && x.len() == 32 && y.len() == 32 => {
                Ok(Self::Es256([&[4], x, y].concat().into()))
            }
            (RS256, 3) if !modulus.is_empty() && !x.is_empty() => {
                Ok(Self::Rs256(modulus.into(), x.into()))
            }
            (ES256 | RS256, _) => Err(Fault::Malformed),
            _ => Err(Fault::NotSupported),
        }
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

/// `RegistrationResponseJSON` and `AuthenticationResponseJSON`, as far as both
/// are alike.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential<Response> {
    id: String,
    raw_id: String,
    response: Response,
    authenticator_attachment: Option<Box<str>>,
    client_extension_results: Map<String, Value>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Attestation {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "attestationObject")]
    object: String,
    #[serde(default)]
    transports: Vec<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assertion {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    authenticator_data: String,
    signature: String,
    user_handle: Option<String>,
}

impl<'de, Response: Deserialize<'de>> Credential<Response> {
    fn read(credential: &'de Value) -> Result<Self, Fault> {
        let read = Self::deserialize(credential).map_err(|_| Fault::Malformed)?;
        if read.kind != "public-key" || read.id != read.raw_id {
            return Err(Fault::Malformed);
        }
        Ok(read)
    }
}

/// The id that a credential claims to have.
#[must_use]
pub fn id(credential: &Value) -> Option<&str> {
    credential.get("id")?.as_str()
}

/// Judges a new credential.
///
/// Its attestation says of what make the authenticator is, which Cognito does
/// not enforce: only a credential's signature over itself is verified.
pub fn register(
    credential: &Value,
    challenge: &Challenge,
    relying_party: RelyingParty<'_>,
) -> Result<Registered, Fault> {
    let credential = Credential::<Attestation>::read(credential)?;
    let client_data = decode(&credential.response.client_data)?;
    judge_client_data(&client_data, "webauthn.create", challenge, relying_party)?;

    let object = decode(&credential.response.object)?;
    let object = AttestationObject::read(&object)?;
    let data = AuthenticatorData::read(object.data)?;
    data.judge(relying_party)?;
    let (id, key) = data.credential.ok_or(Fault::Malformed)?;
    // A credential that is not discoverable is no passkey. Live, it fails in the
    // same words as a malformed one (seen in an application's comments).
    let properties = credential.client_extension_results.get("credProps");
    let is_discoverable = properties.and_then(|properties| properties.get("rk"));
    if credential.id != encode(id) || is_discoverable == Some(&Value::Bool(false)) {
        return Err(Fault::Malformed);
    }
    object.verify(&key, &client_data)?;
    Ok(Registered {
        id: credential.id.into(),
        key,
        sign_count: data.sign_count,
        attachment: credential.authenticator_attachment,
        transports: credential.response.transports,
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
    let response = Credential::<Assertion>::read(credential)?.response;
    if let Some(given) = &response.user_handle
        && decode(given)? != user_handle
    {
        return Err(Fault::Malformed);
    }
    let client_data = decode(&response.client_data)?;
    judge_client_data(&client_data, "webauthn.get", challenge, relying_party)?;
    let bytes = decode(&response.authenticator_data)?;
    let data = AuthenticatorData::read(&bytes)?;
    data.judge(relying_party)?;
    let signed = [bytes.as_slice(), &sha256(&[&client_data])].concat();
    key.verify(&signed, &decode(&response.signature)?)?;
    // A counter that stands still speaks of a copied key, unless there is none.
    let counts = sign_count != 0 || data.sign_count != 0;
    if counts && data.sign_count <= sign_count {
        return Err(Fault::Signature);
    }
    Ok(data.sign_count)
}

/// Judges what the browser says: `CollectedClientData`.
fn judge_client_data(
    client_data: &[u8],
    kind: &str,
    challenge: &Challenge,
    relying_party: RelyingParty<'_>,
) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct ClientData {
        #[serde(rename = "type")]
        kind: String,
        challenge: String,
        origin: String,
    }
    let data: ClientData = serde_json::from_slice(client_data).map_err(|_| Fault::Malformed)?;
    if data.kind != kind {
        return Err(Fault::Malformed);
    }
    if !same(data.challenge.as_bytes(), encode(challenge).as_bytes()) {
        return Err(Fault::Challenge);
    }
    if is_of(&data.origin, relying_party.id) {
        Ok(())
    } else {
        Err(Fault::Origin)
    }
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

/// An attestation object: what an authenticator says of a new credential.
struct AttestationObject<'a> {
    format: &'a str,
    /// The authenticator data.
    data: &'a [u8],
    /// `alg` and `sig` of the statement, unless a certificate vouches for them.
    signature: Option<(i64, &'a [u8])>,
}

impl<'a> AttestationObject<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut cbor = Decoder::new(bytes);
        let (mut format, mut data, mut statement) = (None, None, None);
        for _ in 0..entries(&mut cbor)? {
            match cbor.str().map_err(malformed)? {
                "fmt" => format = Some(cbor.str().map_err(malformed)?),
                "authData" => data = Some(cbor.bytes().map_err(malformed)?),
                "attStmt" => statement = Some(Self::read_statement(&mut cbor)?),
                _ => cbor.skip().map_err(malformed)?,
            }
        }
        if cbor.position() != bytes.len() {
            return Err(Fault::Malformed);
        }
        match (format, data, statement) {
            (Some(format), Some(data), Some(signature)) => Ok(Self {
                format,
                data,
                signature,
            }),
            _ => Err(Fault::Malformed),
        }
    }

    fn read_statement(cbor: &mut Decoder<'a>) -> Result<Option<(i64, &'a [u8])>, Fault> {
        let (mut algorithm, mut signature, mut is_certified) = (None, None, false);
        for _ in 0..entries(cbor)? {
            match cbor.str().map_err(malformed)? {
                "alg" => algorithm = Some(cbor.i64().map_err(malformed)?),
                "sig" => signature = Some(cbor.bytes().map_err(malformed)?),
                name => {
                    is_certified |= name == "x5c";
                    cbor.skip().map_err(malformed)?;
                }
            }
        }
        Ok(algorithm.zip(signature).filter(|_| !is_certified))
    }

    /// Verifies a credential's signature over itself.
    fn verify(&self, key: &PublicKey, client_data: &[u8]) -> Result<(), Fault> {
        let Some((algorithm, signature)) = self.signature.filter(|_| self.format == "packed")
        else {
            return Ok(());
        };
        if algorithm != key.algorithm() {
            return Err(Fault::Malformed);
        }
        let signed = [self.data, &sha256(&[client_data])].concat();
        key.verify(&signed, signature)
    }
}

/// What the authenticator says:
/// <https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data>.
struct AuthenticatorData<'a> {
    relying_party_hash: &'a [u8],
    flags: u8,
    sign_count: u32,
    /// A new credential's id and key.
    credential: Option<(&'a [u8], PublicKey)>,
}

const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const MAY_BE_BACKED_UP: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// The longest id of a credential.
const MAX_ID: usize = 1023;

impl<'a> AuthenticatorData<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let take = |from: &mut &'a [u8], count: usize| {
            let (taken, rest) = from.split_at_checked(count).ok_or(Fault::Malformed)?;
            *from = rest;
            Ok(taken)
        };
        let mut rest = bytes;
        let relying_party_hash = take(&mut rest, 32)?;
        let flags = take(&mut rest, 1)?[0];
        let count = take(&mut rest, 4)?;
        let sign_count = count
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            // The make of the authenticator says nothing about the credential.
            take(&mut rest, 16)?;
            let length = take(&mut rest, 2)?;
            let length = usize::from(length[0]) << 8 | usize::from(length[1]);
            if length > MAX_ID {
                return Err(Fault::Malformed);
            }
            let id = take(&mut rest, length)?;
            let mut cbor = Decoder::new(rest);
            let key = PublicKey::read(&mut cbor)?;
            take(&mut rest, cbor.position())?;
            credential = Some((id, key));
        }
        if flags & HAS_EXTENSIONS != 0 {
            let mut cbor = Decoder::new(rest);
            cbor.skip().map_err(malformed)?;
            take(&mut rest, cbor.position())?;
        }
        let is_backed_up_only = flags & BACKED_UP != 0 && flags & MAY_BE_BACKED_UP == 0;
        if !rest.is_empty() || is_backed_up_only {
            return Err(Fault::Malformed);
        }
        Ok(Self {
            relying_party_hash,
            flags,
            sign_count,
            credential,
        })
    }

    fn judge(&self, relying_party: RelyingParty<'_>) -> Result<(), Fault> {
        if self.relying_party_hash != sha256(&[relying_party.id.as_bytes()]) {
            return Err(Fault::RelyingParty);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(Fault::Malformed);
        }
        if relying_party.verifies_users && self.flags & USER_VERIFIED == 0 {
            return Err(Fault::NotSupported);
        }
        Ok(())
    }
}

/// The number of entries of a map whose length is told up front, as CTAP2 has it.
fn entries(cbor: &mut Decoder<'_>) -> Result<u64, Fault> {
    cbor.map().map_err(malformed)?.ok_or(Fault::Malformed)
}

fn malformed(_: minicbor::decode::Error) -> Fault {
    Fault::Malformed
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
    fn reads_a_phones_attestation() {
        let object = decode("o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViYGpvNQzkYzhs3h_bp69jeTTOoJWgGdwnBRPwcHdpfbkddAAAAAPv8MAcVTk7MjAtuAgVX170AFO3UG_ijYsT3k-zD0NKfyhIJ0fXxpQECAyYgASFYIJU261AFfJw4aJzQCaJqhexaJQ1zglQodOTE_5biyQ5BIlggD1FLESOmUnj3rqKAL-yhCh7kDJ2s2jg6X18MpvnHWy0").unwrap();
        let object = AttestationObject::read(&object).unwrap();
        assert_eq!(object.format, "none");
        let data = AuthenticatorData::read(object.data).unwrap();
        let (id, key) = data.credential.unwrap();
        assert_eq!(encode(id), "7dQb-KNixPeT7MPQ0p_KEgnR9fE");
        assert_eq!(key.algorithm(), ES256);
        assert_eq!(data.flags & USER_VERIFIED, USER_VERIFIED);
        let short = &object.data[..object.data.len() - 1];
        assert_eq!(AuthenticatorData::read(short).err(), Some(Fault::Malformed));
    }
}
