//! The values that a client sends in an exchange of SRP.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::auth::srp::{Exchange, PublicValue, timestamp};
use crate::error::{Error, Result};
use crate::sign_in::Parameters;
use crate::sign_in::request::required;
use crate::world::Clock;

/// The time within which a client must answer: "a few seconds", says the API
/// Reference. Slow phones have been seen to need ten seconds; this number is
/// inferred.
pub(in crate::sign_in) const EXCHANGE_LIFETIME: Duration = Duration::from_mins(1);
/// The allowed difference between the client's time and the server's. That
/// there is a limit is from amazon-archives/amazon-cognito-identity-js#58; the
/// number is inferred.
const TOLERANCE: Duration = Duration::from_mins(5);

/// `SRP_A`.
pub(in crate::sign_in) fn public_value(parameters: &Parameters) -> Result<PublicValue> {
    parse(required(parameters, "SRP_A")?)
}

/// Parses `SRP_A`. The sentence for an invalid value is inferred.
pub(in crate::sign_in) fn parse(public: &str) -> Result<PublicValue> {
    PublicValue::parse(public).ok_or_else(|| Error::InvalidParameterValue {
        parameter: "SRP_A".to_owned(),
    })
}

/// The client's answer to an exchange.
pub(in crate::sign_in) struct Claim<'a> {
    pub(in crate::sign_in) block: &'a str,
    signature: Vec<u8>,
    timestamp: String,
    /// Whether the client's time is close enough to the server's.
    is_timely: bool,
}

impl<'a> Claim<'a> {
    /// Parses the answer. The order of its parts is inferred.
    pub(in crate::sign_in) fn of(responses: &'a Parameters, clock: &Clock) -> Result<Self> {
        let block = required(responses, "PASSWORD_CLAIM_SECRET_BLOCK")?;
        let signature = required(responses, "PASSWORD_CLAIM_SIGNATURE")?;
        let time = required(responses, "TIMESTAMP")?;
        // That a value which is not base64 gets another error was measured
        // (ministackorg/ministack#1758); the sentence is inferred.
        let decode = |name: &str, text: &str| {
            let bytes = STANDARD.decode(text);
            bytes.map_err(|_| Error::InvalidParameterValue {
                parameter: name.to_owned(),
            })
        };
        decode("PASSWORD_CLAIM_SECRET_BLOCK", block)?;
        let signature = decode("PASSWORD_CLAIM_SIGNATURE", signature)?;
        let time = timestamp::parse(time).ok_or(Error::TimestampFormat)?;
        // The client's clock does not follow when this clock is advanced.
        let is_timely = [clock.now(), clock.unadvanced()]
            .iter()
            .any(|now| now.since(time).max(time.since(*now)) <= TOLERANCE);
        Ok(Self {
            block,
            signature,
            timestamp: timestamp::format(time),
            is_timely,
        })
    }

    /// Whether the proof is right and in time. Must be called without the
    /// pool's lock.
    pub(in crate::sign_in) fn verifies(&self, exchange: &Exchange) -> bool {
        self.is_timely && exchange.verifies(&self.timestamp, &self.signature)
    }
}
