//! The values that a client sends in an exchange of SRP.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::auth::srp::{BadValue, Exchange, PublicValue, timestamp};
use crate::error::{Error, Result};
use crate::sign_in::Parameters;
use crate::sign_in::request::required;

/// The time within which a client must answer. The API Reference says "a few seconds",
/// and slow phones were seen to need ten seconds. This value is inferred.
pub(in crate::sign_in) const EXCHANGE_LIFETIME: Duration = Duration::from_mins(1);

/// `SRP_A`.
pub(in crate::sign_in) fn public_value(parameters: &Parameters) -> Result<PublicValue> {
    parse(required(parameters, "SRP_A")?)
}

/// Parses `SRP_A`. The sentence for a value that is too long is inferred.
pub(in crate::sign_in) fn parse(public: &str) -> Result<PublicValue> {
    PublicValue::parse(public).map_err(|bad| match bad {
        BadValue::NotHex => Error::SrpValueNotHex {
            value: public.to_owned(),
        },
        BadValue::TooLong => Error::InvalidParameterValue {
            parameter: "SRP_A".to_owned(),
        },
    })
}

/// The client's answer to an exchange.
pub(in crate::sign_in) struct Claim<'a> {
    pub(in crate::sign_in) block: &'a str,
    signature: Vec<u8>,
    timestamps: Vec<String>,
}

impl<'a> Claim<'a> {
    /// Parses the answer. The order in which its parts are checked is inferred.
    ///
    /// Any client time is accepted: a proof with a time far in the past was accepted in
    /// 2026 (ministackorg/ministack#1758). In 2016 a limit was reported
    /// (amazon-archives/amazon-cognito-identity-js#58).
    pub(in crate::sign_in) fn of(responses: &'a Parameters) -> Result<Self> {
        let block = required(responses, "PASSWORD_CLAIM_SECRET_BLOCK")?;
        let signature = required(responses, "PASSWORD_CLAIM_SIGNATURE")?;
        let time = required(responses, "TIMESTAMP")?;
        let decode = |name: &str, text: &str| {
            let bytes = STANDARD.decode(text);
            bytes.map_err(|_| Error::ParameterNotBase64 {
                parameter: name.to_owned(),
            })
        };
        decode("PASSWORD_CLAIM_SECRET_BLOCK", block)?;
        let signature = decode("PASSWORD_CLAIM_SIGNATURE", signature)?;
        let timestamps = timestamp::spellings(time).ok_or(Error::TimestampFormat)?;
        Ok(Self {
            block,
            signature,
            timestamps,
        })
    }

    /// Whether the proof is right. Must be called without the pool's lock.
    pub(in crate::sign_in) fn verifies(&self, exchange: &Exchange) -> bool {
        let mut timestamps = self.timestamps.iter();
        timestamps.any(|timestamp| exchange.verifies(timestamp, &self.signature))
    }
}
