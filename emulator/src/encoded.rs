//! Bytes and numbers as base64 in the rows of a data file: values of `#[serde(with)]`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Bytes of any length, and arrays of bytes.
pub(crate) mod bytes {
    use crate::encoded::{Deserializer, Serializer, decode, text};

    pub(crate) fn serialize<S: Serializer>(
        value: &impl AsRef<[u8]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(value.as_ref()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        decode(deserializer)
    }
}

/// An optional array of bytes.
pub(crate) mod optional {
    use crate::encoded::{Deserialize, Deserializer, Error, Serializer, parse, text};

    #[expect(clippy::ref_option, reason = "the signature that serde calls")]
    pub(crate) fn serialize<S: Serializer, T: AsRef<[u8]>>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(&text(value.as_ref())),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let encoded = Option::<String>::deserialize(deserializer)?;
        let bytes =
            encoded.map(|encoded| parse(&encoded).ok_or_else(|| D::Error::custom(NOT_BASE64)));
        bytes.transpose()
    }

    use crate::encoded::NOT_BASE64;
}

/// A natural number, as its bytes, most significant first.
pub(crate) mod number {
    use num_bigint::BigUint;

    use crate::encoded::{Deserializer, Serializer, decode, text};

    pub(crate) fn serialize<S: Serializer>(
        value: &BigUint,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text(&value.to_bytes_be()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BigUint, D::Error> {
        let bytes: Vec<u8> = decode(deserializer)?;
        Ok(BigUint::from_bytes_be(&bytes))
    }
}

const NOT_BASE64: &str = "not base64 of the right length";

/// Bytes as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

/// Bytes that [`text`] wrote.
pub(crate) fn parse<T: TryFrom<Vec<u8>>>(text: &str) -> Option<T> {
    T::try_from(STANDARD_NO_PAD.decode(text).ok()?).ok()
}

fn decode<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(NOT_BASE64))
}
