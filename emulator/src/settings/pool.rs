//! Settings of a user pool.
//!
//! `CreateUserPool` and `UpdateUserPool` set them, and `DescribeUserPool` returns them.
//! Settings that have no effect in the emulator are stored unchanged.

mod validate;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use self::validate::ses_regions;
use crate::auth::assurance::Level;
use crate::auth::password::Policy;
use crate::error::{Error, Result};

/// The settings that `CreateUserPool` and `UpdateUserPool` set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Settings {
    /// Password and sign-in policies.
    pub policies: Policies,
    /// `ACTIVE` or `INACTIVE`.
    pub deletion_protection: String,
    /// ARNs of the triggers.
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
    /// Attributes that keep their value until a new value is verified.
    pub user_attribute_update_settings: AttributeUpdate,
    /// `OFF`, `ON` or `OPTIONAL`.
    pub mfa_configuration: String,
    /// Device tracking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_configuration: Option<Value>,
    /// The e-mail sender.
    pub email_configuration: Map<String, Value>,
    /// The SMS sender. A pool without one sends no SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_configuration: Option<Map<String, Value>>,
    /// Tags.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub user_pool_tags: Map<String, Value>,
    /// Whether administrators or users create accounts.
    pub admin_create_user_config: AdminCreateUser,
    /// Threat protection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool_add_ons: Option<Map<String, Value>>,
    /// Dynamic client registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dcr_configuration: Option<Map<String, Value>>,
    /// How a forgotten password is recovered; [`Recovery::by_default`] if it was never
    /// set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_recovery_setting: Option<Recovery>,
    /// `LITE`, `ESSENTIALS` or `PLUS`.
    pub user_pool_tier: String,
    /// The key that encrypts the pool.
    pub key_configuration: Value,
    /// The form of the issuer.
    pub issuer_configuration: Value,
    /// Levels of authentication context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr_configuration: Option<Value>,
    /// Whether `TemporaryPasswordValidityDays` was ever set. If so, its older name is
    /// refused (fact 3.17).
    #[serde(skip)]
    pub has_chosen_validity_days: bool,
}

impl Default for Settings {
    /// The settings of a pool created with a name only (fact 10b).
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
            has_chosen_validity_days: false,
        }
    }
}

impl Settings {
    /// The value of `acr` for `level`.
    #[must_use]
    pub fn acr(&self, level: Level) -> &str {
        let given = self.acr_configuration.as_ref();
        let given = given.and_then(|names| names[level.key()]["AcrValue"].as_str());
        given.unwrap_or(level.default_name())
    }

    /// `AcrConfiguration` as responses show it: with the default names of levels that it does not
    /// name (API Reference of `UserPoolType`). A pool that names none does not show it: the reference
    /// says that it does, but no recorded response has it.
    #[must_use]
    pub fn effective_acr(&self) -> Option<Value> {
        let names = self.acr_configuration.as_ref()?.as_object()?;
        let all = Level::ALL.map(|level| {
            let name = json!({ "AcrValue": self.acr(level) });
            (level.key().to_owned(), name)
        });
        (!names.is_empty()).then(|| Value::Object(all.into_iter().collect()))
    }

    /// The settings from which `UpdateUserPool` starts: some members keep their value
    /// if they are omitted, all others return to their default.
    ///
    /// The reference says that every member except the tier returns to its default
    /// (fact 10.6). But each member was measured in us-east-1 (go-to-k/cdkd#1968 and
    /// #4066), and the ones below keep their value. That `DeletionProtection` does was
    /// observed through `CloudFormation` (go-to-k/cdk-real-drift#702). That
    /// `DcrConfiguration` does is documented.
    #[must_use]
    pub fn kept_by_update(&self) -> Self {
        let kept = self.clone();
        Self {
            policies: kept.policies,
            deletion_protection: kept.deletion_protection,
            user_attribute_update_settings: kept.user_attribute_update_settings,
            mfa_configuration: kept.mfa_configuration,
            email_configuration: kept.email_configuration,
            sms_configuration: kept.sms_configuration,
            user_pool_tags: kept.user_pool_tags,
            dcr_configuration: kept.dcr_configuration,
            account_recovery_setting: kept.account_recovery_setting,
            user_pool_tier: kept.user_pool_tier,
            key_configuration: kept.key_configuration,
            issuer_configuration: kept.issuer_configuration,
            has_chosen_validity_days: kept.has_chosen_validity_days,
            ..Self::default()
        }
    }

    /// These settings after an update with the members of a request.
    pub fn updated(&self, given: Map<String, Value>) -> Result<Self> {
        let mut settings = self.kept_by_update().with(given)?;
        // An update with the description of the pool changes nothing.
        let is_default = settings.account_recovery_setting == Some(Recovery::by_default());
        if self.account_recovery_setting.is_none() && is_default {
            settings.account_recovery_setting = None;
        }
        Ok(settings)
    }

    /// These settings, changed by the members of a request.
    ///
    /// The password policy and the sign-in policy are replaced separately. Every other
    /// member is replaced as a whole.
    pub fn with(self, given: Map<String, Value>) -> Result<Self> {
        let number = |path: &str| {
            let value = given.get(path.split('/').next().unwrap_or_default());
            let rest = path.split('/').skip(1);
            rest.fold(value, |value, name| value?.get(name))
                .and_then(Value::as_u64)
                .filter(|days| *days > 0)
        };
        // Zero counts as absent.
        let chosen = number("Policies/PasswordPolicy/TemporaryPasswordValidityDays");
        let older = number("AdminCreateUserConfig/UnusedAccountValidityDays");
        let has_chosen_validity_days = self.has_chosen_validity_days || chosen.is_some();
        if has_chosen_validity_days && older.is_some() {
            return Err(Error::UnusedAccountValidityDays);
        }

        let mut settings = self.merged(given)?;
        settings.has_chosen_validity_days = has_chosen_validity_days;
        if let Some(days) = older.and_then(|days| u32::try_from(days).ok()) {
            settings
                .policies
                .password_policy
                .temporary_password_validity_days = days;
        }
        settings.complete();
        Ok(settings)
    }

    /// These settings with the members of `given` in the place of their own.
    fn merged(self, given: Map<String, Value>) -> Result<Self> {
        if given.is_empty() {
            return Ok(self);
        }
        let mut all = json!(self);
        for (name, value) in given {
            match (name.as_str(), value) {
                ("Policies", Value::Object(policies)) => {
                    for (name, policy) in policies {
                        all["Policies"][name] = policy;
                    }
                }
                (_, value) => all[name] = value,
            }
        }
        Self::deserialize(all).map_err(|_| Error::NotJson)
    }

    /// Adds the members that describe shows in addition to the ones that were set.
    ///
    /// The number of days (fact 3.17) and `AdvancedSecurityAdditionalFlows` (fact 10b)
    /// were seen live. That messages and the token trigger appear under both of their
    /// names is inferred from Terraform, which reads either name.
    fn complete(&mut self) {
        let days = self
            .policies
            .password_policy
            .temporary_password_validity_days;
        self.admin_create_user_config.unused_account_validity_days = Some(days);
        fill(
            &mut self.email_configuration,
            "EmailSendingAccount",
            &json!("COGNITO_DEFAULT"),
        );
        if let Some(add_ons) = &mut self.user_pool_add_ons {
            fill(add_ons, "AdvancedSecurityAdditionalFlows", &json!({}));
        }

        // Documented: a request with this member enables registration.
        if let Some(registration) = &mut self.dcr_configuration {
            fill(registration, "EnableStatus", &json!("Enabled"));
        }

        let template = &mut self.verification_message_template;
        fill(template, "DefaultEmailOption", &json!("CONFIRM_WITH_CODE"));
        for (name, older) in [
            ("EmailMessage", &mut self.email_verification_message),
            ("EmailSubject", &mut self.email_verification_subject),
            ("SmsMessage", &mut self.sms_verification_message),
        ] {
            match (template.get(name).and_then(Value::as_str), &older) {
                (Some(text), None) => *older = Some(text.to_owned()),
                (None, Some(text)) => {
                    template.insert(name.to_owned(), json!(text));
                }
                _ => {}
            }
        }

        let lambda = &mut self.lambda_config;
        let older = lambda.get("PreTokenGeneration").cloned();
        let newer = lambda
            .get("PreTokenGenerationConfig")
            .and_then(|config| config.get("LambdaArn"))
            .cloned();
        if let Some(arn) = &older {
            let config = json!({ "LambdaVersion": "V1_0", "LambdaArn": arn });
            fill(lambda, "PreTokenGenerationConfig", &config);
        }
        if let Some(arn) = &newer {
            fill(lambda, "PreTokenGeneration", arn);
        }
    }
}

/// Sets a member if it is absent.
fn fill(object: &mut Map<String, Value>, name: &str, value: &Value) {
    object
        .entry(name.to_owned())
        .or_insert_with(|| value.clone());
}

fn one(name: &str, value: &str) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), Value::from(value))])
}

/// `UserPoolPolicyType`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Policies {
    /// The password policy.
    pub password_policy: Policy,
    /// The allowed first factors.
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
    /// The older name of the policy's `TemporaryPasswordValidityDays`. Describe returns
    /// the same number under both names (fact 3.17).
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
    /// Text of the SMS.
    #[serde(rename = "SMSMessage", skip_serializing_if = "Option::is_none")]
    pub sms_message: Option<String>,
    /// Text of the e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_message: Option<String>,
    /// Subject of the e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_subject: Option<String>,
}

/// `AccountRecoverySettingType`. Without mechanisms, the legacy recovery applies: SMS
/// before e-mail, also for users whose second factor is SMS
/// (hashicorp/terraform-provider-aws#26223).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Recovery {
    /// Mechanisms with their priorities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recovery_mechanisms: Vec<RecoveryOption>,
}

impl Recovery {
    /// The setting of a pool in which it was never set (live in responses of create and
    /// describe: radkawar/stackd, 2026-09-24; a dump of 2025-05).
    #[must_use]
    pub fn by_default() -> Self {
        let option = |priority, name: &str| RecoveryOption {
            priority,
            name: name.to_owned(),
        };
        Self {
            recovery_mechanisms: vec![
                option(1, "verified_email"),
                option(2, "verified_phone_number"),
            ],
        }
    }

    /// Whether accounts are recovered by e-mail only, or in the legacy way. Such a pool
    /// cannot have e-mail as a second factor (R146-2).
    #[must_use]
    pub fn is_by_email_at_most(&self) -> bool {
        let mut mechanisms = self.recovery_mechanisms.iter();
        mechanisms.all(|mechanism| mechanism.name == "verified_email")
    }
}

/// `RecoveryOptionType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RecoveryOption {
    /// The priority: 1 is tried before 2.
    pub priority: u32,
    /// `verified_email`, `verified_phone_number` or `admin_only`.
    pub name: String,
}

/// The settings that only `SetUserPoolMfaConfig` can set: the factors.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MfaSettings {
    /// Whether codes by SMS are enabled. [`Settings::sms_configuration`] has
    /// the sender.
    pub sms: bool,
    /// Whether TOTP is enabled.
    pub software_token: bool,
    /// E-mail as second factor, with its texts.
    pub email: Option<Map<String, Value>>,
    /// Passkeys.
    pub web_authn: Option<WebAuthn>,
}

/// `WebAuthnConfigurationType`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct WebAuthn {
    /// The domain of the passkeys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relying_party_id: Option<String>,
    /// `required` or `preferred`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_verification: Option<String>,
    /// `SINGLE_FACTOR` or `MULTI_FACTOR_WITH_USER_VERIFICATION`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor_configuration: Option<String>,
}

impl MfaSettings {
    /// Whether any second factor is enabled.
    #[must_use]
    pub fn any_factor(&self) -> bool {
        self.sms || self.software_token || self.email.is_some()
    }

    /// Disables every factor. Passkeys do not count as a factor and do not change.
    pub fn clear_factors(&mut self) {
        *self = Self {
            web_authn: self.web_authn.take(),
            ..Self::default()
        };
    }
}

/// `UsernameConfigurationType`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UsernameConfiguration {
    /// Whether usernames are case-sensitive.
    pub case_sensitive: bool,
}
