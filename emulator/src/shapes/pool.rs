//! A user pool's settings.
//!
//! `CreateUserPool` and `UpdateUserPool` write them, `DescribeUserPool` reads
//! them back. What no operation acts on is kept as it was sent.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::auth::password::Policy;

/// What `UpdateUserPool` replaces as a whole: an omitted member goes back to
/// its default (fact 10.6).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Settings {
    /// Password and sign-in policies.
    pub policies: Policies,
    /// `ACTIVE` or `INACTIVE`.
    pub deletion_protection: String,
    /// Triggers' ARNs.
    pub lambda_config: Map<String, Value>,
    /// `email` and `phone_number`, verified by code at sign-up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub auto_verified_attributes: Vec<String>,
    /// Text of the sign-up SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_verification_message: Option<String>,
    /// Text of the sign-up e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verification_message: Option<String>,
    /// Subject of the sign-up e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verification_subject: Option<String>,
    /// Texts of verification messages.
    pub verification_message_template: Map<String, Value>,
    /// Text of the MFA SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_authentication_message: Option<String>,
    /// Attributes that keep their value until the new one is verified.
    pub user_attribute_update_settings: AttributeUpdate,
    /// `OFF`, `ON` or `OPTIONAL`.
    pub mfa_configuration: String,
    /// Device tracking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_configuration: Option<Value>,
    /// The e-mail sender.
    pub email_configuration: Map<String, Value>,
    /// The SMS sender; without one the pool sends no SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_configuration: Option<Map<String, Value>>,
    /// Tags.
    pub user_pool_tags: Map<String, Value>,
    /// Who creates users.
    pub admin_create_user_config: AdminCreateUser,
    /// Threat protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool_add_ons: Option<Map<String, Value>>,
    /// Dynamic client registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dcr_configuration: Option<Value>,
    /// How a forgotten password is recovered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_recovery_setting: Option<Recovery>,
    /// `LITE`, `ESSENTIALS` or `PLUS`.
    pub user_pool_tier: String,
    /// The key that encrypts the pool.
    pub key_configuration: Value,
    /// The issuer's form.
    pub issuer_configuration: Value,
    /// Levels of authentication context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr_configuration: Option<Value>,
}

impl Default for Settings {
    /// A pool made with nothing but a name (section 10b).
    fn default() -> Self {
        Self {
            policies: Policies::default(),
            deletion_protection: "INACTIVE".to_owned(),
            lambda_config: Map::new(),
            auto_verified_attributes: Vec::new(),
            sms_verification_message: None,
            email_verification_message: None,
            email_verification_subject: None,
            verification_message_template: one("DefaultEmailOption", "CONFIRM_WITH_CODE"),
            sms_authentication_message: None,
            user_attribute_update_settings: AttributeUpdate::default(),
            mfa_configuration: "OFF".to_owned(),
            device_configuration: None,
            email_configuration: one("EmailSendingAccount", "COGNITO_DEFAULT"),
            sms_configuration: None,
            user_pool_tags: Map::new(),
            admin_create_user_config: AdminCreateUser::default(),
            user_pool_add_ons: None,
            dcr_configuration: None,
            account_recovery_setting: None,
            user_pool_tier: "ESSENTIALS".to_owned(),
            key_configuration: json!({ "KeyType": "AWS_OWNED_KEY" }),
            issuer_configuration: json!({ "Type": "ORIGINAL" }),
            acr_configuration: None,
        }
    }
}

fn one(name: &str, value: &str) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), Value::from(value))])
}

/// `UserPoolPolicyType`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Policies {
    /// What a password must hold.
    pub password_policy: Policy,
    /// The factors that may come first.
    pub sign_in_policy: SignIn,
}

/// `SignInPolicyType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SignIn {
    /// `PASSWORD` and its alternatives.
    pub allowed_first_auth_factors: Vec<String>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            allowed_first_auth_factors: vec!["PASSWORD".to_owned()],
        }
    }
}

/// `UserAttributeUpdateSettingsType`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AttributeUpdate {
    /// Attributes that keep their old value until the new one is verified.
    pub attributes_require_verification_before_update: Vec<String>,
}

/// `AdminCreateUserConfigType`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AdminCreateUser {
    /// Whether `SignUp` is refused.
    pub allow_admin_create_user_only: bool,
    /// The older spelling of the policy's `TemporaryPasswordValidityDays`;
    /// describe returns both with one number (fact 3.17).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unused_account_validity_days: Option<u32>,
    /// Texts of the invitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_message_template: Option<Invite>,
}

/// `MessageTemplateType`: the invitation's texts, with `{username}` and `{####}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Invite {
    /// SMS.
    #[serde(rename = "SMSMessage", skip_serializing_if = "Option::is_none")]
    pub sms_message: Option<String>,
    /// E-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_message: Option<String>,
    /// E-mail's subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_subject: Option<String>,
}

/// `AccountRecoverySettingType`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Recovery {
    /// Mechanisms with their priorities.
    pub recovery_mechanisms: Vec<RecoveryOption>,
}

/// `RecoveryOptionType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RecoveryOption {
    /// 1 is tried before 2.
    pub priority: u32,
    /// `verified_email`, `verified_phone_number` or `admin_only`.
    pub name: String,
}

/// What `SetUserPoolMfaConfig` writes beside [`Settings`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MfaSettings {
    /// Whether TOTP is on.
    pub software_token: bool,
    /// E-mail as second factor, with its texts.
    pub email: Option<Map<String, Value>>,
    /// Passkeys.
    pub web_authn: Option<Value>,
}
