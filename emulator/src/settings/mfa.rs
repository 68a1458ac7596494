//! Requests that enable and disable a user's second factors.

use serde::Deserialize;

use crate::error::{Error, Result};

/// The settings of `SetUserMFAPreference` and `AdminSetUserMFAPreference`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct MfaPreferences {
    /// Codes by SMS.
    #[serde(rename = "SMSMfaSettings")]
    pub sms: Option<FactorPreference>,
    /// Codes from an authenticator app.
    #[serde(rename = "SoftwareTokenMfaSettings")]
    pub software_token: Option<FactorPreference>,
    /// Codes by e-mail.
    #[serde(rename = "EmailMfaSettings")]
    pub email: Option<FactorPreference>,
    /// Passkeys.
    #[serde(rename = "WebAuthnMfaSettings")]
    pub web_authn: Option<FactorPreference>,
}

/// A user's preference for one factor.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FactorPreference {
    /// Whether sign-ins require the factor.
    pub enabled: bool,
    /// Whether sign-ins require this factor first. A disabled factor is not
    /// preferred (inferred).
    pub preferred_mfa: bool,
}

/// `MFAOptionType`, of `SetUserSettings` and `AdminSetUserSettings`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MfaOption {
    delivery_medium: Option<String>,
    attribute_name: Option<String>,
}

/// Whether `options` turn SMS codes on. An empty list turns them off.
///
/// Only SMS to `phone_number` is documented. That all other options are refused is
/// inferred.
pub fn turns_sms_on(options: &[MfaOption]) -> Result<bool> {
    let is_sms = |option: &MfaOption| {
        option.delivery_medium.as_deref() == Some("SMS")
            && option.attribute_name.as_deref() == Some("phone_number")
    };
    if options.iter().all(is_sms) {
        Ok(!options.is_empty())
    } else {
        Err(Error::MfaOptionsSmsOnly)
    }
}
