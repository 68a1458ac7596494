//! Errors of SAML messages, with the sentences of Cognito.

use std::fmt;

/// The reason why a message is refused.
///
/// Live sentences: [`Error::Signature`] (O142) and [`Error::Unsolicited`] (O147). All
/// other sentences are inferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// The message has more than 100,000 characters (O133).
    TooLong,
    /// The message is not base64, not XML, or XML that SAML does not permit.
    Unreadable(&'static str),
    /// An element or an attribute is missing, repeated or has the wrong form.
    Malformed(&'static str),
    /// No signature, or a signature that is not valid; with the fault.
    Signature(&'static str),
    /// The assertion cannot be decrypted; with the fault.
    Encryption(&'static str),
    /// The identity provider reports a failure.
    Status {
        /// The last part of the inner status code.
        code: String,
    },
    /// The issuer is not the identity provider.
    Issuer,
    /// The response is for another address.
    Destination,
    /// The user pool is not in the audience.
    Audience,
    /// The subject confirmation is for another address.
    Recipient,
    /// The assertion is no longer valid.
    Expired,
    /// The assertion is not valid yet.
    NotYetValid,
    /// The response is for another request, or for a request although none was sent.
    InResponseTo,
    /// A request was sent, and the response is for none.
    Unsolicited,
    /// A response without a request is more than six minutes old (O134).
    TooOld,
}

impl Error {
    /// The `error_description` of the redirect to the app client. Its `error` is
    /// `server_error` (O142); for the sentences of O147 it is inferred.
    pub(crate) fn description(&self) -> String {
        match self {
            Self::Unsolicited => self.to_string(),
            _ => format!("Invalid SAML response received: {self}"),
        }
    }

    /// The fault in detail, for logs. Cognito does not report it.
    pub(crate) fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable(fault)
            | Self::Malformed(fault)
            | Self::Signature(fault)
            | Self::Encryption(fault) => Some(fault),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    /// Every sentence of O142 ends with a space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "SAML response is too long. ",
            Self::Unreadable(_) | Self::Malformed(_) => "SAML response cannot be parsed. ",
            Self::Signature(_) => "SAML Assertion signature is invalid. ",
            Self::Encryption(_) => "SAML Assertion cannot be decrypted. ",
            Self::Status { code } => return write!(f, "SAML status is {code}. "),
            Self::Issuer => "SAML Assertion issuer is invalid. ",
            Self::Destination => "SAML response destination is invalid. ",
            Self::Audience => "SAML Assertion audience is invalid. ",
            Self::Recipient => "SAML Assertion recipient is invalid. ",
            Self::Expired => "SAML Assertion has expired. ",
            Self::NotYetValid => "SAML Assertion is not yet valid. ",
            Self::InResponseTo => "SAML response InResponseTo is invalid. ",
            Self::Unsolicited => "Invalid samlResponse or relayState from identity provider",
            Self::TooOld => "SAML Assertion is too old. ",
        })
    }
}

impl std::error::Error for Error {}
