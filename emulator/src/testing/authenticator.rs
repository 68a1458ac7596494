//! A software authenticator: creates passkeys and signs in with them.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use minicbor::Encoder;
use serde_json::{Value, json};

use crate::auth::sha256;
use crate::auth::webauthn::encode;

/// An authenticator with one passkey, and the browser that uses it.
#[derive(Debug)]
pub struct Authenticator {
    key: Key,
    /// A digest of the key.
    id: [u8; 32],
    /// The origin of the page that requests the passkey.
    pub origin: String,
    /// The relying party that it uses, if it differs from the requested one.
    pub relying_party: Option<String>,
    /// Whether the authenticator verifies its user.
    pub verifies_user: bool,
    /// The algorithm that the attestation names for the key.
    pub algorithm: i32,
    /// `fmt` of the attestation: `none`, or `packed` with a self-signature.
    pub format: &'static str,
    /// Number of signatures so far. It stays at 0 for an authenticator that
    /// does not count.
    pub sign_count: u32,
    /// Whether it produces invalid signatures.
    pub breaks_signatures: bool,
}

#[derive(Debug)]
enum Key {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

/// The panic message of a key that cannot sign.
const NEVER: &str = "a fresh key signs";

impl Authenticator {
    /// An authenticator with a P-256 key, for pages of `origin`.
    ///
    /// # Panics
    /// If no key can be created.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect(NEVER);
        Self::with_key(origin, Key::Es256(key), -7)
    }

    /// An authenticator whose key and id are always the same for a `seed` above
    /// 0.
    ///
    /// # Panics
    /// If no key can be created.
    #[must_use]
    pub fn seeded(origin: &str, seed: u8) -> Self {
        let private = [seed; 32];
        let public = PrivateKey::from_private_key(&ECDH_P256, &private)
            .and_then(|key| Ok(key.compute_public_key()?))
            .expect(NEVER);
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let key =
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, &private, public.as_ref());
        Self::with_key(origin, Key::Es256(key.expect(NEVER)), -7)
    }

    /// An authenticator with an RSA key.
    ///
    /// # Panics
    /// If no key can be created.
    #[must_use]
    pub fn rsa(origin: &str) -> Self {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).expect(NEVER);
        Self::with_key(origin, Key::Rs256(key), -257)
    }

    fn with_key(origin: &str, key: Key, algorithm: i32) -> Self {
        let mut made = Self {
            key,
            id: [0; 32],
            origin: origin.to_owned(),
            relying_party: None,
            verifies_user: true,
            algorithm,
            format: "none",
            sign_count: 0,
            breaks_signatures: false,
        };
        made.id = sha256(&[&made.public_key()]);
        made
    }

    /// The credential's id.
    #[must_use]
    pub fn id(&self) -> String {
        encode(&self.id)
    }

    /// `navigator.credentials.create`: a new passkey for `CredentialCreationOptions`.
    ///
    /// # Panics
    /// Never. A vector can always be written to.
    #[must_use]
    pub fn create(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.authenticator_data(options["rp"]["id"].as_str(), 0x40);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(&self.id);
        data.extend(self.public_key());
        let mut object = Encoder::new(Vec::new());
        let mut write = || {
            object
                .map(3)?
                .str("fmt")?
                .str(self.format)?
                .str("attStmt")?;
            if self.format == "packed" {
                let signed = [data.as_slice(), &sha256(&[&client_data])].concat();
                let signature = self.sign(&signed);
                object.map(2)?.str("alg")?.i32(self.algorithm)?;
                object.str("sig")?.bytes(&signature)?;
            } else {
                object.map(0)?;
            }
            object.str("authData")?.bytes(&data).map(drop)
        };
        write().expect("a vector can be written to");
        self.credential(json!({
            "clientDataJSON": encode(&client_data),
            "attestationObject": encode(object.writer()),
            "transports": ["internal"],
        }))
    }

    /// `navigator.credentials.get`: the signature for
    /// `CREDENTIAL_REQUEST_OPTIONS`.
    #[must_use]
    pub fn get(&self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        let data = self.authenticator_data(options["rpId"].as_str(), 0);
        let signed = [data.as_slice(), &sha256(&[&client_data])].concat();
        self.credential(json!({
            "clientDataJSON": encode(&client_data),
            "authenticatorData": encode(&data),
            "signature": encode(&self.sign(&signed)),
        }))
    }

    fn credential(&self, response: Value) -> Value {
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        })
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = &options["challenge"];
        let data = json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, requested: Option<&str>, flags: u8) -> Vec<u8> {
        let relying_party = self.relying_party.as_deref().or(requested);
        let mut data = sha256(&[relying_party.unwrap_or_default().as_bytes()]).to_vec();
        let verified = if self.verifies_user { 0x04 } else { 0 };
        data.push(flags | 0x01 | verified);
        data.extend(self.sign_count.to_be_bytes());
        data
    }

    /// The key in COSE format.
    fn public_key(&self) -> Vec<u8> {
        let mut cose = Encoder::new(Vec::new());
        let mut write = || match &self.key {
            Key::Es256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                cose.map(5)?.i8(1)?.i8(2)?.i8(3)?.i32(self.algorithm)?;
                cose.i8(-1)?
                    .i8(1)?
                    .i8(-2)?
                    .bytes(x)?
                    .i8(-3)?
                    .bytes(y)
                    .map(drop)
            }
            Key::Rs256(key) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(key.public_key());
                cose.map(4)?.i8(1)?.i8(3)?.i8(3)?.i32(self.algorithm)?;
                cose.i8(-1)?
                    .bytes(&parts.n)?
                    .i8(-2)?
                    .bytes(&parts.e)
                    .map(drop)
            }
        };
        write().expect("a vector can be written to");
        cose.into_writer()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let mut signature = match &self.key {
            Key::Es256(key) => key.sign(&random, message).expect(NEVER).as_ref().to_vec(),
            Key::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect(NEVER);
                signature
            }
        };
        if self.breaks_signatures
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        signature
    }
}
