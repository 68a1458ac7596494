//! Certificates of a user pool's keys for SAML providers.
//!
//! A certificate has the form of a real one, an `ActiveEncryptionCertificate` in public
//! code: X.509 version 3 without extensions, self-signed with SHA-256 and RSA, with the
//! pool's id as issuer and subject, valid for ten years of 365.2425 days. Every
//! certificate has the same fields, so this module writes the DER directly.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::keys::SigningKey;
use super::sha256;
use crate::saml::Certificate;
use crate::world::Time;

/// The last second at which a certificate in DER is valid; `None` if it cannot be parsed.
#[must_use]
pub fn not_after(der: &[u8]) -> Option<Time> {
    Some(Certificate::from_der(der)?.not_after)
}

const TEN_YEARS: Duration = Duration::from_mins(5_259_492);

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// `sha256WithRSAEncryption`, without parameters.
const SHA256_RSA: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
];
/// `[0] INTEGER 2`: version 3.
const VERSION_3: &[u8] = &[0xa0, 0x03, 0x02, 0x01, 0x02];
/// `commonName`.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];

/// The certificate of `key` for `pool`, valid from `since`, as base64 of its
/// DER form. Equal arguments give equal certificates.
#[must_use]
pub fn certificate(key: &SigningKey, pool: &str, since: Time) -> String {
    let public = key.public_der();
    // Eight bytes that form a positive number.
    let mut serial = [0; 8];
    serial.copy_from_slice(&sha256(&[public, pool.as_bytes()])[..8]);
    serial[0] = serial[0] & 0x3f | 0x40;

    let common_name = der(
        SEQUENCE,
        &[COMMON_NAME, &der(UTF8_STRING, &[pool.as_bytes()])],
    );
    let name = der(SEQUENCE, &[&der(SET, &[&common_name])]);
    let validity = der(SEQUENCE, &[&date(since), &date(since.plus(TEN_YEARS))]);
    let signed = der(
        SEQUENCE,
        &[
            VERSION_3,
            &der(INTEGER, &[&serial]),
            SHA256_RSA,
            &name,
            &validity,
            &name,
            public,
        ],
    );
    // The last byte has no unused bits.
    let signature = der(BIT_STRING, &[&[0], &key.sign(&signed)]);
    STANDARD.encode(der(SEQUENCE, &[&signed, SHA256_RSA, &signature]))
}

/// A value of `tag` that consists of `parts`.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let mut value = vec![tag];
    match &length[zeros..] {
        [] => value.push(0),
        [short] if *short < 0x80 => value.push(*short),
        long => {
            value.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            value.extend(long);
        }
    }
    value.extend(content);
    value
}

/// Encodes a time in seconds. The year has two digits until 2049 and four digits after.
fn date(time: Time) -> Vec<u8> {
    let (days, second) = (
        time.seconds().div_euclid(86_400),
        time.seconds().rem_euclid(86_400),
    );
    let (year, month, day) = civil(days);
    let rest = format!(
        "{month:02}{day:02}{:02}{:02}{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    if (1950..2050).contains(&year) {
        let text = format!("{:02}{rest}", year % 100);
        der(UTC_TIME, &[text.as_bytes()])
    } else {
        der(GENERALIZED_TIME, &[format!("{year:04}{rest}").as_bytes()])
    }
}

/// The year, month and day of a day counted from 1970, by Howard Hinnant's
/// `civil_from_days`. Its years begin in March, so that a leap day is the last day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::keys::Keyring;

    /// The first bytes, up to the serial number, are those of the live
    /// certificate.
    #[test]
    fn has_the_live_form_and_verifies() {
        let keys = Keyring::default().next();
        let text = certificate(keys.id(), "us-east-1_sNIwupW53", Time(1_704_388_513_000));
        assert!(text.starts_with("MIICvDCCAaSgAwIBAgII"), "{text}");
        let bytes = STANDARD.decode(&text).unwrap();
        // The outer header is followed by the signed part, the algorithm and the
        // signature.
        let signed = &bytes[4..4 + 4 + 0x1a4];
        let signature = &bytes[bytes.len() - 256..];
        assert!(keys.id().verifies(signed, signature));
        let validity = b"\x30\x1e\x17\x0d240104171513Z\x17\x0d340104032713Z";
        assert!(signed.windows(validity.len()).any(|part| part == validity));
        assert_eq!(
            text,
            certificate(keys.id(), "us-east-1_sNIwupW53", Time(1_704_388_513_000))
        );
    }

    #[test]
    fn dates() {
        let text = |seconds: i64| String::from_utf8(date(Time(seconds * 1000))[2..].to_vec());
        assert_eq!(text(0).unwrap(), "700101000000Z");
        assert_eq!(text(951_782_400).unwrap(), "000229000000Z");
        assert_eq!(text(1_709_251_199).unwrap(), "240229235959Z");
        assert_eq!(text(2_524_607_999).unwrap(), "491231235959Z");
        assert_eq!(text(2_524_608_000).unwrap(), "20500101000000Z");
        assert_eq!(text(4_107_542_400).unwrap(), "21000301000000Z");
    }

    #[test]
    fn lengths() {
        assert_eq!(der(SET, &[]), [SET, 0]);
        assert_eq!(der(SET, &[&[1; 127]])[..2], [SET, 127]);
        assert_eq!(der(SET, &[&[1; 128]])[..3], [SET, 0x81, 128]);
        assert_eq!(der(SET, &[&[1; 256]])[..4], [SET, 0x82, 1, 0]);
    }
}
