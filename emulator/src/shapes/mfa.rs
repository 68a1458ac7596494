//! Second factors as requests turn them on and off.

use serde::Deserialize;

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

/// What a user wants of one factor.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FactorPreference {
    /// Whether sign-ins ask for it.
    pub enabled: bool,
    /// Whether they ask for this one first; a factor that is off is not preferred
    /// (inferred).
    pub preferred_mfa: bool,
}
