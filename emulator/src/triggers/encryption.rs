//! The encryption of codes for custom senders: a message of the AWS Encryption SDK.
//!
//! A code that Cognito encrypted is published in a README of October 2023
//! (github.com/Yorlin2S/CustomEmailSenderWithLambdaTrigger). This module writes the same form:
//! message format version 1, type `0x80`, algorithm suite `0x0378` (AES-256-GCM, HKDF with
//! SHA-384, ECDSA with P-384), an encryption context of `aws-crypto-public-key` and
//! `userpool-id`, one data key of the provider `aws-kms`, and one final frame. The suite has no
//! key commitment, so clients must decrypt with `REQUIRE_ENCRYPT_ALLOW_DECRYPT`, as Cognito's
//! guide does.
//!
//! Only the blob of the data key differs from AWS: see [`Kms`](crate::world::kms::Kms).
//!
//! <https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html>
//! <https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/algorithms-reference.html>
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-email-sender.html>

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P384, PrivateKey};
use aws_lc_rs::digest::{SHA384, digest};
use aws_lc_rs::hkdf::{HKDF_SHA384, Salt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;

use crate::world::kms::Context;
use crate::world::{Chance, World};

/// `AES_256_GCM_IV12_TAG16_HKDF_SHA384_ECDSA_P384`.
const SUITE: [u8; 2] = [0x03, 0x78];

/// Framed content.
const FRAMED: u8 = 2;

/// The length of frames in the published code.
const FRAME_LENGTH: u32 = 4096;

const IV_LENGTH: u8 = 12;
const LAST_FRAME: [u8; 4] = [0xff; 4];
const LAST_FRAME_TEXT: &[u8] = b"AWSKMSEncryptionClient Final Frame";

/// `secret` in base64, encrypted under the KMS key `key` for a function of the pool `pool_id`.
/// All randomness is the world's.
pub(super) fn encrypt(world: &World, key: &str, pool_id: &str, secret: &str) -> String {
    let chance = &world.chance;
    let signer = Signer::generate(chance);
    let context = Context::from([
        (
            "aws-crypto-public-key".to_owned(),
            STANDARD.encode(signer.point.compressed()),
        ),
        ("userpool-id".to_owned(), pool_id.to_owned()),
    ]);
    let data_key = chance.bytes::<32>();
    let key = world.kms.key_of(key).unwrap_or_else(|| key.to_owned());
    let message_id = chance.bytes::<16>();
    let header = Header {
        message_id: &message_id,
        encrypted_data_key: &world.kms.encrypt(&key, &context, &data_key, chance),
        key: &key,
        context: &context,
    };
    let cipher = Cipher::derive(&data_key, &message_id);

    let mut message = header.bytes();
    let tag = cipher.seal(0, &message, &mut []);
    message.extend([0; IV_LENGTH as usize]);
    message.extend(tag);
    message.extend(last_frame(&cipher, &message_id, secret.as_bytes()));
    let signature = signer.sign(&message, chance);
    message.extend(length(&signature));
    message.extend(signature);
    STANDARD.encode(message)
}

/// A length of 16 bits.
fn length(bytes: &[u8]) -> [u8; 2] {
    // Codes, ids and ARNs are short: the service model bounds them.
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()
}

struct Header<'a> {
    message_id: &'a [u8],
    context: &'a Context,
    key: &'a str,
    encrypted_data_key: &'a [u8],
}

impl Header<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut pairs = Vec::from(u16::try_from(self.context.len()).unwrap_or(0).to_be_bytes());
        let texts = self.context.iter().flat_map(|(name, value)| [name, value]);
        for text in texts {
            pairs.extend(length(text.as_bytes()));
            pairs.extend(text.as_bytes());
        }
        let mut bytes = vec![1, 0x80];
        bytes.extend(SUITE);
        bytes.extend(self.message_id);
        bytes.extend(length(&pairs));
        bytes.extend(pairs);
        bytes.extend([0, 1]);
        for part in [b"aws-kms", self.key.as_bytes(), self.encrypted_data_key] {
            bytes.extend(length(part));
            bytes.extend(part);
        }
        bytes.push(FRAMED);
        bytes.extend([0; 4]);
        bytes.push(IV_LENGTH);
        bytes.extend(FRAME_LENGTH.to_be_bytes());
        bytes
    }
}

/// The body: the only frame, with the sequence number 1.
fn last_frame(cipher: &Cipher, message_id: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut aad = message_id.to_vec();
    aad.extend(LAST_FRAME_TEXT);
    aad.extend(1_u32.to_be_bytes());
    aad.extend((plaintext.len() as u64).to_be_bytes());
    let mut content = plaintext.to_vec();
    let tag = cipher.seal(1, &aad, &mut content);

    let mut frame = Vec::from(LAST_FRAME);
    frame.extend(1_u32.to_be_bytes());
    frame.extend(iv(1));
    frame.extend(
        u32::try_from(content.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    frame.extend(content);
    frame.extend(tag);
    frame
}

fn iv(sequence: u32) -> [u8; IV_LENGTH as usize] {
    let mut iv = [0; IV_LENGTH as usize];
    iv[8..].copy_from_slice(&sequence.to_be_bytes());
    iv
}

/// AES-256-GCM under the key that is derived from the data key.
struct Cipher(LessSafeKey);

impl Cipher {
    fn derive(data_key: &[u8], message_id: &[u8]) -> Self {
        let prk = Salt::new(HKDF_SHA384, &[]).extract(data_key);
        let info = [&SUITE[..], message_id];
        let key = prk.expand(&info, &AES_256_GCM).map(UnboundKey::from);
        Self(LessSafeKey::new(key.expect("32 bytes can be derived")))
    }

    /// Encrypts `content` in place, and returns the tag.
    fn seal(&self, sequence: u32, aad: &[u8], content: &mut [u8]) -> Vec<u8> {
        let nonce = Nonce::assume_unique_for_key(iv(sequence));
        let sealed = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(aad), content);
        sealed.expect("codes are short").as_ref().to_vec()
    }
}

/// The order of P-384 (NIST SP 800-186, section 3.2.1.4).
const ORDER: &[u8] = b"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";

/// A key of ECDSA with P-384 and SHA-384.
///
/// The library's own signatures use the randomness of the system. This one takes all of it
/// from the world, so that equal seeds give equal events. It is not for other purposes: its
/// arithmetic does not take constant time.
struct Signer {
    secret: BigUint,
    point: Point,
}

/// A point in uncompressed form (SEC 1, section 2.3.3): `04`, x, y.
struct Point(Vec<u8>);

impl Point {
    fn x(&self) -> &[u8] {
        &self.0[1..49]
    }

    fn compressed(&self) -> Vec<u8> {
        let sign = self.0.last().map_or(0, |byte| byte & 1);
        [&[2 | sign], self.x()].concat()
    }
}

impl Signer {
    fn generate(chance: &Chance) -> Self {
        let (secret, point) = multiple(chance);
        Self { secret, point }
    }

    /// The signature of `message` in DER (RFC 3279, section 2.2.3).
    fn sign(&self, message: &[u8], chance: &Chance) -> Vec<u8> {
        let order = BigUint::parse_bytes(ORDER, 16).expect("the digits are hexadecimal");
        let hash = BigUint::from_bytes_be(digest(&SHA384, message).as_ref());
        loop {
            let (nonce, point) = multiple(chance);
            let r = BigUint::from_bytes_be(point.x()) % &order;
            let inverse = nonce.modinv(&order).unwrap_or_default();
            let s = inverse * (&hash + &r * &self.secret) % &order;
            if r != BigUint::ZERO && s != BigUint::ZERO {
                let numbers = [integer(&r), integer(&s)].concat();
                return der(0x30, &numbers);
            }
        }
    }
}

/// A random number below the order, and that multiple of the curve's base point.
fn multiple(chance: &Chance) -> (BigUint, Point) {
    loop {
        let number = chance.bytes::<48>();
        // Zero and numbers from the order on are refused, one in 2^194.
        let key = PrivateKey::from_private_key(&ECDH_P384, &number);
        if let Ok(public) = key.and_then(|key| Ok(key.compute_public_key()?)) {
            let point = Point(public.as_ref().to_vec());
            return (BigUint::from_bytes_be(&number), point);
        }
    }
}

fn integer(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_be();
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    der(0x02, &bytes)
}

/// A DER element of less than 128 bytes.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(0);
    [&[tag, length], content].concat()
}

/// The secret in a message from [`encrypt`], with all checks that a client makes.
#[cfg(test)]
pub(super) fn decrypt(world: &World, message: &str) -> Option<(String, Context, String)> {
    let bytes = STANDARD.decode(message).ok()?;
    let mut rest = &bytes[..];
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |all, byte| all << 8 | usize::from(*byte))
    };
    (take(4)? == [1, 0x80, 3, 0x78]).then_some(())?;
    let message_id = take(16)?;
    let mut context = Context::new();
    take(2)?;
    for _ in 0..number(take(2)?) {
        let mut text = || {
            let length = number(take(2)?);
            String::from_utf8(take(length)?.to_vec()).ok()
        };
        context.insert(text()?, text()?);
    }
    (take(2)? == [0, 1]).then_some(())?;
    let mut part = || {
        let length = number(take(2)?);
        take(length)
    };
    (part()? == b"aws-kms").then_some(())?;
    let (key, blob) = (String::from_utf8(part()?.to_vec()).ok()?, part()?);
    let (opened_by, data_key) = world.kms.decrypt(blob, &context)?;
    (opened_by == key).then_some(())?;
    take(10)?;
    let header = bytes.len() - rest.len();
    let prk = Salt::new(HKDF_SHA384, &[]).extract(&data_key);
    let info = [&SUITE[..], message_id];
    let cipher = prk.expand(&info, &AES_256_GCM).map(UnboundKey::from).ok()?;
    let cipher = LessSafeKey::new(cipher);
    let open = |iv: &[u8], aad: &[u8], sealed: &[u8]| {
        let nonce = Nonce::try_assume_unique_for_key(iv).ok()?;
        let mut opened = sealed.to_vec();
        let plaintext = cipher
            .open_in_place(nonce, Aad::from(aad), &mut opened)
            .ok()?;
        Some(plaintext.to_vec())
    };
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        rest = left;
        Some(taken)
    };
    open(take(12)?, &bytes[..header], take(16)?)?;
    (take(8)? == [255, 255, 255, 255, 0, 0, 0, 1]).then_some(())?;
    let (iv, length) = (take(12)?, number(take(4)?));
    let sequence = 1_u32.to_be_bytes();
    let size = (length as u64).to_be_bytes();
    let aad = [message_id, LAST_FRAME_TEXT, &sequence, &size].concat();
    let secret = open(iv, &aad, take(length + 16)?)?;
    let signed = bytes.len() - rest.len();
    let signature = &rest[2..];
    (number(&rest[..2]) == signature.len()).then_some(())?;
    let point = STANDARD.decode(&context["aws-crypto-public-key"]).ok()?;
    let algorithm = &aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1;
    let public = aws_lc_rs::signature::UnparsedPublicKey::new(algorithm, point);
    public.verify(&bytes[..signed], signature).ok()?;
    Some((key, context, String::from_utf8(secret).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Clock;

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/k";
    const POOL: &str = "us-east-1_abcdefghi";

    fn world(seed: u64) -> World {
        World::new(Clock::fixed(1_700_000_000), seed)
    }

    #[test]
    fn a_client_reads_the_secret() {
        let world = world(7);
        // Signatures have from 1 to 3 bytes of padding, by chance.
        for secret in ["123456", "Temporary-1", "", "passwörd", &"x".repeat(256)].repeat(8) {
            let message = encrypt(&world, KEY, POOL, secret);
            let (key, context, read) = decrypt(&world, &message).expect("it is valid");
            assert_eq!((key.as_str(), read.as_str()), (KEY, secret));
            assert_eq!(context.len(), 2);
            assert_eq!(context["userpool-id"], POOL);
        }
    }

    #[test]
    fn the_key_of_an_alias_is_named() {
        let world = world(7);
        let alias = "arn:aws:kms:us-east-1:123456789012:alias/codes";
        let (key, ..) = decrypt(&world, &encrypt(&world, alias, POOL, "123456")).unwrap();
        assert_eq!(Some(key), world.kms.key_of(alias));
    }

    #[test]
    fn a_changed_message_is_refused() {
        let world = world(7);
        let message = STANDARD
            .decode(encrypt(&world, KEY, POOL, "123456"))
            .unwrap();
        for index in 0..message.len() {
            let mut changed = message.clone();
            changed[index] ^= 1;
            let changed = STANDARD.encode(changed);
            // A changed length may make the test's reader read too far.
            let read = std::panic::catch_unwind(|| decrypt(&self::world(7), &changed));
            assert!(!matches!(read, Ok(Some(_))), "byte {index}");
        }
    }

    /// Equal seeds give equal messages, and every message has its own keys.
    #[test]
    fn messages_depend_on_the_seed_alone() {
        let [one, two] = [world(7), world(7)];
        let message = encrypt(&one, KEY, POOL, "123456");
        assert_eq!(message, encrypt(&two, KEY, POOL, "123456"));
        assert_ne!(message, encrypt(&one, KEY, POOL, "123456"));
        assert_ne!(message, encrypt(&world(8), KEY, POOL, "123456"));
        assert_eq!(decrypt(&world(8), &message), None);
    }

    /// The header that Cognito wrote has this form.
    #[test]
    fn the_header_is_like_cognitos() {
        let message = encrypt(&world(7), KEY, POOL, "123456");
        // The version, the type and the suite of the published code.
        assert!(message.starts_with("AYADe"), "{message}");
        let bytes = STANDARD.decode(message).unwrap();
        let context = [
            &b"\x00\x02\x00\x15aws-crypto-public-key\x00\x44"[..],
            b"\x00\x0buserpool-id\x00\x13us-east-1_abcdefghi\x00\x01\x00\x07aws-kms\x00\x28",
        ];
        assert_eq!(&bytes[22..49], context[0]);
        assert_eq!(&bytes[117..164], context[1]);
    }
}
