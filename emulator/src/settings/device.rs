//! Secret of a device, as `ConfirmDevice` registers it.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::auth::srp::Verifier;
use crate::error::{Error, Result};

/// A device's SRP verifier, and the salt of its password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The salt in hex.
    pub salt: String,
    /// The verifier.
    pub verifier: Verifier,
}

impl fmt::Debug for Secret {
    /// Omits both.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

/// `DeviceSecretVerifierConfigType`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeviceSecretVerifier {
    password_verifier: Option<String>,
    salt: Option<String>,
}

/// Accepts base64 with and without padding. The example of `ConfirmDevice` has none:
/// <https://docs.aws.amazon.com/cli/latest/reference/cognito-idp/confirm-device.html>
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl DeviceSecretVerifier {
    /// Parses salt and verifier. Both are signed numbers, and negative ones are refused
    /// (live: <https://github.com/aws/aws-sdk-net-extensions-cognito/pull/46>). The
    /// sentences are inferred.
    pub fn read(&self) -> Result<Secret> {
        let salt = number("Salt", self.salt.as_deref())?;
        let verifier = number("PasswordVerifier", self.password_verifier.as_deref())?;
        Ok(Secret {
            salt: data_encoding::HEXLOWER
                .encode(&salt)
                .trim_start_matches('0')
                .to_owned(),
            verifier: Verifier::parse(&verifier).ok_or_else(|| invalid("PasswordVerifier"))?,
        })
    }
}

impl Secret {
    /// `DeviceSecretVerifierConfigType` with this secret.
    #[must_use]
    pub fn to_request(&self) -> Value {
        let digits = self.salt.len().next_multiple_of(2);
        let salt = data_encoding::HEXLOWER.decode(format!("{:0>digits$}", self.salt).as_bytes());
        let positive = |mut number: Vec<u8>| {
            if number.first().is_none_or(|first| *first >= 0x80) {
                number.insert(0, 0);
            }
            BASE64.encode(number)
        };
        json!({
            "PasswordVerifier": positive(self.verifier.to_bytes()),
            "Salt": positive(salt.unwrap_or_default()),
        })
    }
}

fn number(name: &str, text: Option<&str>) -> Result<Vec<u8>> {
    let text = text.ok_or_else(|| Error::MissingParameter {
        parameter: name.to_owned(),
    })?;
    let bytes = BASE64.decode(text).map_err(|_| invalid(name))?;
    let is_positive = bytes.first().is_some_and(|first| *first < 0x80);
    let is_positive = is_positive && bytes.iter().any(|byte| *byte != 0);
    is_positive.then_some(bytes).ok_or_else(|| invalid(name))
}

fn invalid(parameter: &str) -> Error {
    Error::InvalidParameterValue {
        parameter: parameter.to_owned(),
    }
}
