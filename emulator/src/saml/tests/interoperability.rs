//! Responses of other implementations.
//!
//! The fixtures were made on 2026-11-29 by `xmlsec1` 1.2.37 and by `signxml` on
//! `lxml`, from one document with comments, CDATA sections, character references,
//! instructions and unusual namespaces. `idp-*.txt` are the certificates. `sp-key.txt`
//! is a key for these tests only: the PKCS#8 key of the encrypted documents, which
//! contain the signed assertion of `xmlsec-assertion-rsa-sha256.xml`.
//!
//! `pysaml2-*.xml` are the metadata and a response of an identity provider by `pysaml2`
//! 7.5.5. In the other direction, `xmlsec1`, `signxml`, and `python3-saml` with its
//! schemas accepted the messages of `issue` and `request`.
//!
//! ```text
//! xmlsec1 --sign --privkey-pem KEY --id-attr:ID URN:Assertion --node-xpath XPATH TEMPLATE
//! xmlsec1 --encrypt --pubkey-cert-pem CERT --session-key aes-128 --xml-data SIGNED TEMPLATE
//! ```

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};

use super::super::encryption::{decode, open};
use super::*;

const RSA: &str = include_str!("../fixtures/idp-rsa.txt");
const KEY: &str = include_str!("../fixtures/sp-key.txt");
const ASSERTION: &str = include_str!("../fixtures/xmlsec-assertion-rsa-sha256.xml");

fn metadata_of(certificate: &str) -> Metadata {
    let certificates = vec![Certificate::from_base64(certificate).unwrap()];
    Metadata {
        certificates,
        ..metadata().clone()
    }
}

#[track_caller]
fn check_data(assertion: &Assertion) {
    assert_eq!(assertion.name_id, "user@example.com");
    assert_eq!(assertion.session_index.as_deref(), Some("_session"));
    assert_eq!(assertion.attributes["email"], ["user@example.com"]);
    assert_eq!(assertion.attributes["odd"], ["<a>&\ré>\"'"]);
}

#[test]
fn signed_documents() {
    let p256 = include_str!("../fixtures/idp-ec256.txt");
    let p384 = include_str!("../fixtures/idp-ec384.txt");
    let p521 = include_str!("../fixtures/idp-ec521.txt");
    let documents = [
        (RSA, ASSERTION),
        (
            RSA,
            include_str!("../fixtures/xmlsec-assertion-rsa-sha384-inclusive.xml"),
        ),
        (
            RSA,
            include_str!("../fixtures/xmlsec-response-rsa-sha512-inclusive.xml"),
        ),
        (RSA, include_str!("../fixtures/xmlsec-both.xml")),
        (
            RSA,
            include_str!("../fixtures/signxml-response-rsa-sha256.xml"),
        ),
        (
            p256,
            include_str!("../fixtures/xmlsec-assertion-ecdsa-sha256.xml"),
        ),
        (
            p384,
            include_str!("../fixtures/xmlsec-assertion-ecdsa-sha384-prefixes.xml"),
        ),
        (
            p521,
            include_str!("../fixtures/xmlsec-assertion-ecdsa-sha512.xml"),
        ),
    ];
    for (certificate, document) in documents {
        let metadata = metadata_of(certificate);
        let expected = Expected {
            metadata: &metadata,
            ..expected()
        };
        check_data(&check_with(document, &expected).unwrap());
        let changed = document.replace("user@example.com", "evil@example.com");
        assert!(matches!(
            check_with(changed, &expected),
            Err(Error::Signature(_))
        ));
    }
}

#[test]
fn identity_provider_of_pysaml2() {
    let metadata = Metadata::parse(include_str!("../fixtures/pysaml2-metadata.xml")).unwrap();
    assert_eq!(metadata.entity_id, ISSUER);
    assert_eq!(
        metadata.sign_on(Binding::Redirect),
        Some("https://idp.example/sso")
    );
    let expected = Expected {
        metadata: &metadata,
        // 2026-11-29T22:50:50Z
        now: Time(1_795_992_650_000),
        ..expected()
    };
    let document = include_str!("../fixtures/pysaml2-both.xml");
    let assertion = check_with(document, &expected).unwrap();
    assert_eq!(assertion.name_id, "user@example.com");
    let values: Vec<_> = assertion.attributes.into_values().collect();
    assert_eq!(
        values,
        [["user@example.com"], ["Jo & <co>"]].map(|value| value.map(str::to_owned))
    );
}

#[test]
fn certificates() {
    let certificate = Certificate::from_base64(RSA).unwrap();
    assert!(certificate.not_after > Time(2_000_000_000_000));
    assert_eq!(certificate.public_key.len(), 294);
    let der = STANDARD.decode(RSA).unwrap();
    for length in 0..der.len() {
        assert_eq!(Certificate::from_der(&der[..length]), None);
    }
    for index in 0..der.len() {
        let mut der = der.clone();
        der[index] ^= 0x80;
        let _ = Certificate::from_der(&der);
    }
}

fn decrypter(ciphertext: &[u8]) -> Option<Vec<u8>> {
    open(&STANDARD.decode(KEY).unwrap(), ciphertext)
}

#[test]
fn encrypted_documents() {
    let metadata = metadata_of(RSA);
    let expected = Expected {
        metadata: &metadata,
        decrypter: Some(&decrypter),
        ..expected()
    };
    for document in [
        include_str!("../fixtures/xmlsec-encrypted-aes128-cbc.xml"),
        include_str!("../fixtures/xmlsec-encrypted-aes256-cbc.xml"),
        include_str!("../fixtures/xmlsec-encrypted-aes128-gcm.xml"),
        include_str!("../fixtures/xmlsec-encrypted-aes256-gcm.xml"),
    ] {
        check_data(&check_with(document, &expected).unwrap());
        let without = Expected {
            decrypter: None,
            ..expected
        };
        let refused = check_with(document, &without);
        let fault = Error::Encryption("provider without EncryptedResponses");
        assert_eq!(refused, Err(fault));
        let none = |_: &[u8]| None;
        let other = Expected {
            decrypter: Some(&none),
            ..expected
        };
        assert_eq!(check_with(document, &other), Err(Error::Encryption("key")));
        let method = replaced(document, "#rsa-oaep-mgf1p", "#rsa-1_5");
        assert_eq!(check_with(method, &expected), Err(Error::Encryption("key")));
    }
    let plain = Error::Encryption("assertion is not encrypted");
    assert_eq!(check_with(ASSERTION, &expected), Err(plain));
}

/// An `EncryptedAssertion` that contains `text`, for the key of the fixtures.
fn encrypted(text: &str, name: &str) -> String {
    let key = PrivateDecryptingKey::from_pkcs8(&STANDARD.decode(KEY).unwrap()).unwrap();
    let public = key.public_key();
    encrypted_for(text, name, public.as_der().unwrap().as_ref())
}

/// An `EncryptedAssertion` that contains `text`, for a public key (`SubjectPublicKeyInfo` in DER).
pub(crate) fn encrypted_for(text: &str, name: &str, public: &[u8]) -> String {
    let (key, iv) = ([7; 32], [9; 16]);
    let key = &key[..if name.contains("128") { 16 } else { 32 }];
    let mut data = text.as_bytes().to_vec();
    let (space, content) = if name.ends_with("gcm") {
        let algorithm = if key.len() == 16 {
            &AES_128_GCM
        } else {
            &AES_256_GCM
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&iv[..12]).unwrap();
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut data)
            .unwrap();
        (
            "http://www.w3.org/2009/xmlenc11#",
            [&iv[..12], &data].concat(),
        )
    } else {
        // Bytes of the padding are arbitrary, except the last.
        let padding = 16 - data.len() % 16;
        data.resize(data.len() + padding, 0xaa);
        *data.last_mut().unwrap() = u8::try_from(padding).unwrap();
        let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
        let key = UnboundCipherKey::new(algorithm, key).unwrap();
        let key = EncryptingKey::cbc(key).unwrap();
        key.less_safe_encrypt(&mut data, EncryptionContext::Iv128((&iv).into()))
            .unwrap();
        (
            "http://www.w3.org/2001/04/xmlenc#",
            [&iv, &data[..]].concat(),
        )
    };
    let public = PublicEncryptingKey::from_der(public).unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let mut wrapped = vec![0; public.ciphertext_size()];
    public
        .encrypt(&OAEP_SHA1_MGF1SHA1, key, &mut wrapped, None)
        .unwrap();
    let cipher = |bytes: &[u8]| {
        let value = STANDARD.encode(bytes);
        format!("<x:CipherData><x:CipherValue>{value}</x:CipherValue></x:CipherData>")
    };
    format!(
        "<saml:EncryptedAssertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" \
         xmlns:x=\"http://www.w3.org/2001/04/xmlenc#\"><x:EncryptedData>\
         <x:EncryptionMethod Algorithm=\"{space}{name}\"/>{}</x:EncryptedData>\
         <x:EncryptedKey><x:EncryptionMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>{}\
         </x:EncryptedKey></saml:EncryptedAssertion>",
        cipher(&content),
        cipher(&wrapped)
    )
}

#[test]
fn encrypted_round_trip() {
    let expected = Expected {
        decrypter: Some(&decrypter),
        ..expected()
    };
    for name in ["aes128-cbc", "aes256-cbc", "aes128-gcm", "aes256-gcm"] {
        let xml = document();
        let start = xml.find("<saml:Assertion").unwrap();
        let end = xml.find("</samlp:Response>").unwrap();
        let assertion = &xml[start..end];
        let with = |text: &str| replaced(&xml, assertion, &encrypted(text, name));
        assert_eq!(
            check_with(with(assertion), &expected).unwrap(),
            check(&xml).unwrap()
        );
        // The response is signed after the encryption.
        let signature_start = assertion.find("<ds:Signature").unwrap();
        let signature_end = assertion.find("</ds:Signature>").unwrap() + 15;
        let unsigned = assertion.replace(&assertion[signature_start..signature_end], "");
        let signed = super::super::signature::sign(&with(&unsigned), &sign).unwrap();
        assert_eq!(
            check_with(&signed, &expected).unwrap(),
            check(&xml).unwrap()
        );
        // Encryption is no signature: all know the public key.
        let refused = check_with(with(&unsigned), &expected);
        assert_eq!(
            refused,
            Err(Error::Signature("element without a signature"))
        );
        // Text that is more than an assertion.
        let two = format!("{assertion}{}", assertion.replace("_assertion", "_second"));
        assert_eq!(
            check_with(with(&two), &expected),
            Err(Error::Malformed("more than one assertion"))
        );
        let duplicate = format!("{assertion}<samlp:Extensions ID=\"_response\"/>");
        assert_eq!(
            check_with(with(&duplicate), &expected),
            Err(Error::Unreadable("duplicate ID"))
        );
        let entity = format!("<!DOCTYPE a>{assertion}");
        assert!(check_with(with(&entity), &expected).is_err());
        for garbage in ["", "<a", "text", "<saml:EncryptedAssertion/>"] {
            assert!(check_with(with(garbage), &expected).is_err());
        }
    }
}

/// Other algorithms than those that are documented, and a key of another length.
#[test]
fn other_ciphers_are_refused() {
    let expected = Expected {
        decrypter: Some(&decrypter),
        ..expected()
    };
    let xml = document();
    let start = xml.find("<saml:Assertion").unwrap();
    let end = xml.find("</samlp:Response>").unwrap();
    let sealed = replaced(
        &xml,
        &xml[start..end],
        &encrypted(&xml[start..end], "aes256-cbc"),
    );
    assert!(check_with(&sealed, &expected).is_ok());
    let digest = "<d:DigestMethod xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\" \
                  Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    let with_digest = format!("#rsa-oaep-mgf1p\">{digest}</x:EncryptionMethod>");
    for (old, new, fault) in [
        ("#aes256-cbc", "#tripledes-cbc", "content algorithm"),
        ("#aes256-cbc", "#aes256-ecb", "content algorithm"),
        ("#aes256-cbc", "#aes128-cbc", "key"),
        ("#rsa-oaep-mgf1p\"/>", &with_digest, "key"),
    ] {
        let refused = check_with(replaced(&sealed, old, new), &expected);
        assert_eq!(refused, Err(Error::Encryption(fault)), "{new}");
    }
}

/// Each key costs a decryption, so that only the first four are tried.
#[test]
fn the_number_of_encrypted_keys_is_bounded() {
    let xml = document();
    let start = xml.find("<saml:Assertion").unwrap();
    let end = xml.find("</samlp:Response>").unwrap();
    let sealed = encrypted(&xml[start..end], "aes256-cbc");
    let at = sealed.find("<x:EncryptedKey>").unwrap();
    let key_end = sealed.find("</x:EncryptedKey>").unwrap() + "</x:EncryptedKey>".len();
    for (others, is_found) in [(3, true), (4, false)] {
        let tried = std::cell::Cell::new(0);
        let last_only = |ciphertext: &[u8]| {
            tried.set(tried.get() + 1);
            decrypter(ciphertext).filter(|_| tried.get() > others)
        };
        let expected = Expected {
            decrypter: Some(&last_only),
            ..expected()
        };
        let keys = sealed[at..key_end].repeat(others);
        let sealed = format!("{}{keys}{}", &sealed[..at], &sealed[at..]);
        let checked = check_with(replaced(&xml, &xml[start..end], &sealed), &expected);
        assert_eq!(checked.is_ok(), is_found, "{checked:?}");
        assert_eq!(tried.get(), 4);
    }
}

#[test]
fn oaep() {
    // The message `abc`, encoded with a seed of 1 to 20 for a modulus of 64 bytes.
    let encoded = oaep_encoded(b"abc", b"", 64);
    assert_eq!(decode(&encoded).as_deref(), Some(&b"abc"[..]));
    for index in 0..encoded.len() {
        let mut changed = encoded.clone();
        changed[index] ^= 1;
        assert_ne!(
            decode(&changed).as_deref(),
            Some(&b"abc"[..]),
            "byte {index}"
        );
    }
    assert_eq!(decode(&oaep_encoded(b"abc", b"label", 64)), None);
    for length in 0..42 {
        assert_eq!(decode(&encoded[..length]), None);
    }
    assert_eq!(
        decode(&oaep_encoded(b"", b"", 64)).as_deref(),
        Some(&b""[..])
    );
}

/// RFC 8017, section 7.1.1, step 2, written independently of `decode`.
fn oaep_encoded(message: &[u8], label: &[u8], size: usize) -> Vec<u8> {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    let hash = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
    let mask = |seed: &[u8], length: usize| {
        let mut mask = Vec::new();
        let mut counter = 0_u32;
        while mask.len() < length {
            mask.extend(hash(&[seed, &counter.to_be_bytes()].concat()));
            counter += 1;
        }
        mask.truncate(length);
        mask
    };
    let xor = |a: &[u8], b: &[u8]| -> Vec<u8> { a.iter().zip(b).map(|(a, b)| a ^ b).collect() };
    let mut data = hash(label);
    data.resize(size - 21 - message.len() - 1, 0);
    data.push(1);
    data.extend(message);
    let seed: Vec<u8> = (1..=20).collect();
    let masked_data = xor(&data, &mask(&seed, data.len()));
    let masked_seed = xor(&seed, &mask(&masked_data, 20));
    [&[0], &masked_seed[..], &masked_data].concat()
}
