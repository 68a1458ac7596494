//! X.509 certificates: their public key and their end (RFC 5280, section 4.1).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::world::{Time, instant};

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The parts of a certificate that SAML uses.
///
/// A certificate in metadata is only the form of a key. Its chain, its names and, after
/// the provider is created, its dates are not checked (core, section 5.4.5; metadata,
/// section 2.4.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) public_key: Vec<u8>,
    /// The last second at which the certificate is valid.
    pub(crate) not_after: Time,
}

impl Certificate {
    /// Parses base64 of DER, with white space in it.
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        Self::from_der(&base64(text)?)
    }

    /// Parses DER.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let (certificate, _) = Value::read_tag(der, SEQUENCE)?;
        let (signed, _) = Value::read_tag(certificate.content, SEQUENCE)?;
        let mut rest = signed.content;
        let mut next = || {
            let (value, after) = Value::read(rest)?;
            rest = after;
            Some(value)
        };
        let first = next()?;
        // The version is absent in version 1; the serial number follows it.
        if first.tag == VERSION {
            next()?;
        }
        let (_algorithm, _issuer, validity, _subject) = (next()?, next()?, next()?, next()?);
        let public_key = next()?;
        if public_key.tag != SEQUENCE || validity.tag != SEQUENCE {
            return None;
        }
        let (_not_before, dates) = Value::read(validity.content)?;
        let (not_after, _) = Value::read(dates)?;
        Some(Self {
            public_key: public_key.whole.to_vec(),
            not_after: date(&not_after)?,
        })
    }
}

/// Bytes of base64 with white space in it, as XML has it.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text
        .chars()
        .filter(|char| !char.is_ascii_whitespace())
        .collect();
    STANDARD.decode(text).ok()
}

/// A DER value.
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
    /// The value with its tag and length.
    whole: &'a [u8],
}

impl<'a> Value<'a> {
    /// The first value of `bytes`, and the bytes after it.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let [tag, length, rest @ ..] = bytes else {
            return None;
        };
        let (length, rest) = match *length {
            short @ ..=0x7f => (usize::from(short), rest),
            // Certificates are shorter than 2^32 bytes.
            long @ 0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
                let digits = digits.iter();
                (
                    digits.fold(0, |sum, digit| sum << 8 | usize::from(*digit)),
                    rest,
                )
            }
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        let whole = bytes.get(..bytes.len() - after.len())?;
        Some((
            Self {
                tag: *tag,
                content,
                whole,
            },
            after,
        ))
    }

    fn read_tag(bytes: &'a [u8], tag: u8) -> Option<(Self, &'a [u8])> {
        Self::read(bytes).filter(|(value, _)| value.tag == tag)
    }
}

/// A time of a certificate: its year has two digits until 2049 (RFC 5280, section
/// 4.1.2.5).
fn date(value: &Value<'_>) -> Option<Time> {
    let text = std::str::from_utf8(value.content).ok()?;
    let text = match (value.tag, text.get(..2)?) {
        (UTC_TIME, year) if year < "50" => format!("20{text}"),
        (UTC_TIME, _) => format!("19{text}"),
        (GENERALIZED_TIME, _) => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| text.get(from..to);
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let clock = format!("{}:{}:{}", part(8, 10)?, part(10, 12)?, part(12, 14)?);
    if text.get(14..)? != "Z" {
        return None;
    }
    instant::parse(&format!("{date}T{clock}Z"))
}
