//! Validation of a pool's settings, at creation and update.
//!
//! The order of the checks is inferred: tier, first factors, contacts, recovery,
//! senders, triggers, names of levels, tags.

use serde_json::{Map, Value, json};

use super::{MfaSettings, Settings};
use crate::auth::assurance::Level;
use crate::error::{Error, Result};
use crate::settings::arn::part;
use crate::settings::tags;
use crate::wire::Scope;

impl Settings {
    /// Validates the settings of a pool in `scope` with the factors `mfa`.
    ///
    /// `CreateUserPool`, `UpdateUserPool` and `SetUserPoolMfaConfig` all validate the
    /// whole settings. So a rule that is known for one operation applies to all
    /// (inferred, unless a case of `fidelity/` shows it).
    pub fn validate(&self, scope: &Scope, mfa: &MfaSettings) -> Result<()> {
        self.validate_tier(mfa)?;
        self.validate_first_factors(mfa)?;
        mfa.validate_relying_party()?;
        self.validate_contacts()?;
        self.validate_recovery(mfa)?;
        self.validate_email(scope, mfa)?;
        if let Some(sms) = &self.sms_configuration {
            validate_sms(sms, scope)?;
        }
        self.validate_triggers(scope)?;
        self.validate_acr()?;
        tags::validate(&self.user_pool_tags).map_err(tags::TagFault::of_pool)
    }

    /// Validates R134, R135, R138, and other features that are documented to need a
    /// higher tier. The names of the other features, and that one sentence can list
    /// several, are inferred.
    fn validate_tier(&self, mfa: &MfaSettings) -> Result<()> {
        let mut features = Vec::new();
        if self.user_pool_tier != "PLUS" && self.has_threat_protection() {
            features.push("Threat Protection".to_owned());
        }
        if self.user_pool_tier == "LITE" {
            let factors = &self.policies.sign_in_policy.allowed_first_auth_factors;
            if factors.iter().any(|factor| factor != "PASSWORD") {
                features.push("Passwordless Sign-In".to_owned());
            }
            let version = self
                .lambda_config
                .get("PreTokenGenerationConfig")
                .and_then(|config| text(config, "LambdaVersion"));
            if let Some(version) = version.filter(|version| *version != "V1_0") {
                features.push(format!(
                    "Token Customization with Pre-Token Generation Lambda {version}"
                ));
            }
            if self.policies.password_policy.password_history_size > 0 {
                features.push("Password History".to_owned());
            }
            if mfa.email.is_some() {
                features.push("Email MFA".to_owned());
            }
            if mfa.passkeys_are_two_factors() {
                features.push("Passkey MFA".to_owned());
            }
            if self
                .acr_configuration
                .as_ref()
                .is_some_and(|acr| *acr != json!({}))
            {
                features.push("ACR Configuration".to_owned());
            }
            if self.has_client_registration() {
                features.push("Dynamic Client Registration".to_owned());
            }
        }
        if features.is_empty() {
            return Ok(());
        }
        Err(Error::FeaturesNeedDisabling {
            tier: self.user_pool_tier.clone(),
            feature: features.join(", "),
        })
    }

    /// Each name of a level is unique, also among the default names (guide, "Configuring ACR level
    /// names").
    fn validate_acr(&self) -> Result<()> {
        let names = Level::ALL.map(|level| self.acr(level));
        let is_repeated = |name: &&str| names.iter().filter(|other| *other == name).count() > 1;
        match names.iter().find(|name| is_repeated(name)) {
            Some(name) => Err(Error::AcrNameRepeated {
                name: (*name).to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn has_threat_protection(&self) -> bool {
        let mode = self
            .user_pool_add_ons
            .as_ref()
            .and_then(|add_ons| add_ons.get("AdvancedSecurityMode"));
        mode.is_some_and(|mode| mode != "OFF")
    }

    fn has_client_registration(&self) -> bool {
        self.dcr_configuration
            .as_ref()
            .and_then(|dcr| dcr.get("EnableStatus"))
            .is_some_and(|status| status == "Enabled")
    }

    /// Validates R133, and that required MFA excludes some first factors.
    ///
    /// The latter was measured for `SetUserPoolMfaConfig` (go-to-k/cdkd#1975, #2064);
    /// optional MFA allows all factors. That the pool's other operations refuse the
    /// same is inferred.
    fn validate_first_factors(&self, mfa: &MfaSettings) -> Result<()> {
        let factors = &self.policies.sign_in_policy.allowed_first_auth_factors;
        let has = |name: &str| factors.iter().any(|factor| factor == name);
        if !has("PASSWORD") {
            return Err(Error::PasswordFactorRequired);
        }
        if self.mfa_configuration != "ON" {
            return Ok(());
        }
        if has("EMAIL_OTP") || has("SMS_OTP") {
            return Err(Error::FirstFactorsWithMfa);
        }
        if has("WEB_AUTHN") && !mfa.passkeys_are_two_factors() {
            return Err(Error::SingleFactorWebAuthn);
        }
        Ok(())
    }

    /// R141, R142.
    fn validate_contacts(&self) -> Result<()> {
        let verified = &self.auto_verified_attributes;
        if verified.iter().any(|name| name == "phone_number") && self.sms_configuration.is_none() {
            return Err(Error::SmsConfigurationForVerification);
        }
        let mut kept_until_verified = self
            .user_attribute_update_settings
            .attributes_require_verification_before_update
            .iter();
        if kept_until_verified.any(|name| !verified.contains(name)) {
            return Err(Error::VerificationBeforeUpdateNotAuto);
        }
        Ok(())
    }

    /// Validates R143, R144, and that the phone number of the second factor does not
    /// recover the account.
    ///
    /// The latter was seen live for required MFA with SMS and TOTP in a pool that
    /// verifies numbers only, with e-mail before SMS (aws/aws-cdk#11478, 2023-07). SMS
    /// before e-mail is accepted: it is the default of the AWS CDK for all pools. So
    /// only what was seen is refused. That it is refused for optional MFA too is
    /// inferred.
    fn validate_recovery(&self, mfa: &MfaSettings) -> Result<()> {
        let Some(recovery) = &self.account_recovery_setting else {
            return Ok(());
        };
        let options = &recovery.recovery_mechanisms;
        for (position, option) in options.iter().enumerate() {
            let earlier = &options[..position];
            if earlier
                .iter()
                .any(|other| other.name == option.name || other.priority == option.priority)
            {
                return Err(Error::RecoveryDuplicates);
            }
        }
        if options.len() > 1 && options.iter().any(|option| option.name == "admin_only") {
            return Err(Error::RecoveryAdminOnlyAlone);
        }
        let priority = |name: &str| {
            let mut named = options.iter().filter(|option| option.name == name);
            named.next().map(|option| option.priority)
        };
        let is_after_email = priority("verified_phone_number")
            .zip(priority("verified_email"))
            .is_some_and(|(phone, email)| phone > email);
        let has_sms = mfa.sms && self.mfa_configuration != "OFF";
        let verifies_email = self.auto_verified_attributes.iter().any(|it| it == "email");
        if has_sms && is_after_email && !verifies_email {
            return Err(Error::RecoveryBySecondFactor);
        }
        Ok(())
    }

    /// R146 to R150.
    fn validate_email(&self, scope: &Scope, mfa: &MfaSettings) -> Result<()> {
        let member = |name: &str| self.email_configuration.get(name).and_then(Value::as_str);
        let is_developer = member("EmailSendingAccount") == Some("DEVELOPER");
        if mfa.email.is_some() && !is_developer {
            return Err(Error::EmailMfaDefaultSender);
        }
        match (is_developer, member("SourceArn")) {
            (true, None) => return Err(Error::SourceArnRequired),
            (false, Some(_)) => return Err(Error::EmailIdentityNotAllowed),
            (true, Some(arn)) => validate_ses_region(arn, scope)?,
            (false, None) => {}
        }
        if member("From").is_some_and(|from| !from.is_empty() && !is_sender(from)) {
            return Err(Error::InvalidFromAddress);
        }
        Ok(())
    }

    /// R153 to R155. The order is inferred; the grant on the key comes last, because it is
    /// a call to another service.
    fn validate_triggers(&self, scope: &Scope) -> Result<()> {
        let lambda = &self.lambda_config;
        let arn = |value: &Value| match value {
            Value::String(arn) => Some(arn.clone()),
            config => text(config, "LambdaArn").map(str::to_owned),
        };
        let is_foreign = lambda
            .iter()
            .filter(|(name, _)| *name != "KMSKeyID")
            .filter_map(|(_, value)| arn(value))
            .any(|arn| region(&arn) != scope.region);
        if is_foreign {
            return Err(Error::CrossRegionLambda);
        }
        let has_sender =
            lambda.contains_key("CustomEmailSender") || lambda.contains_key("CustomSMSSender");
        if has_sender && !lambda.contains_key("KMSKeyID") {
            return Err(Error::KmsKeyRequired);
        }
        let older = lambda.get("PreTokenGeneration").and_then(arn);
        let newer = lambda.get("PreTokenGenerationConfig").and_then(arn);
        if older.is_some() && newer.is_some() && older != newer {
            return Err(Error::TwoPreTokenLambdas);
        }
        let key = lambda.get("KMSKeyID").and_then(Value::as_str);
        match key.map(region).filter(|region| *region != scope.region) {
            Some(region) if has_sender => Err(Error::KmsKeyForeign {
                region: region.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

impl MfaSettings {
    /// Whether a passkey with user verification counts as both factors.
    #[must_use]
    pub fn passkeys_are_two_factors(&self) -> bool {
        let configuration = self.web_authn.as_ref();
        configuration
            .and_then(|passkeys| passkeys.factor_configuration.as_deref())
            .is_some_and(|factors| factors == "MULTI_FACTOR_WITH_USER_VERIFICATION")
    }

    /// The relying party must be a domain that can be registered:
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication.html>
    fn validate_relying_party(&self) -> Result<()> {
        let id = self.web_authn.as_ref();
        let Some(id) = id.and_then(|passkeys| passkeys.relying_party_id.as_deref()) else {
            return Ok(());
        };
        let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        if !id.bytes().all(is_of_names) {
            return Err(Error::RelyingPartyCharacters);
        }
        let is_label = |label: &str| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let ends = [label.bytes().next(), label.bytes().next_back()];
            ends.iter().all(|end| end.is_some_and(plain))
                && label.bytes().all(|byte| plain(byte) || byte == b'-')
        };
        // `localhost` is not in the public suffix list.
        let suffix = psl::suffix(id.as_bytes()).filter(psl::Suffix::is_known);
        let is_public = suffix.is_some_and(|suffix| suffix == id.as_bytes());
        if id.split('.').all(is_label) && !is_public {
            return Ok(());
        }
        Err(Error::RelyingPartyNotAllowed { id: id.to_owned() })
    }
}

/// Validates `SmsConfigurationType` (R151, R152, R186).
///
/// The permissions of a role are in IAM, which is not emulated. So only an ARN of
/// another kind is refused (inferred), and R187 never occurs.
fn validate_sms(sms: &Map<String, Value>, scope: &Scope) -> Result<()> {
    let member = |name: &str| sms.get(name).and_then(Value::as_str);
    // According to the reference of `SnsRegion`, Seoul sends through Tokyo.
    let allowed = match scope.region.as_str() {
        "ap-northeast-2" => "ap-northeast-1",
        region => region,
    };
    if member("SnsRegion").is_some_and(|region| region != allowed) {
        return Err(Error::SnsRegion {
            region: scope.region.clone(),
            allowed: allowed.to_owned(),
        });
    }
    let Some(arn) = member("SnsCallerArn").filter(|arn| !arn.is_empty()) else {
        return Ok(());
    };
    if part(arn, 4) != scope.account {
        return Err(Error::CrossAccountRole);
    }
    if part(arn, 2) != "iam" || !part(arn, 5).starts_with("role/") {
        return Err(Error::SmsRoleTrust);
    }
    Ok(())
}

/// The Regions from which a pool in `scope` may send e-mail (R150): three Regions for
/// every pool, and the pool's own Region.
#[must_use]
pub fn ses_regions(scope: &Scope) -> Vec<&str> {
    let mut regions = vec!["eu-west-1", "us-east-1", "us-west-2"];
    if !regions.contains(&scope.region.as_str()) {
        regions.push(&scope.region);
        regions.sort_unstable();
    }
    regions
}

/// R150.
fn validate_ses_region(arn: &str, scope: &Scope) -> Result<()> {
    let regions = ses_regions(scope);
    if regions.contains(&region(arn)) {
        return Ok(());
    }
    Err(Error::SesRegion {
        regions: regions.join(", "),
    })
}

/// Whether `from` is an address, or a name with an address in angle brackets.
fn is_sender(from: &str) -> bool {
    let address = match from
        .strip_suffix('>')
        .and_then(|from| from.rsplit_once('<'))
    {
        Some((_, address)) => address,
        None => from,
    };
    let plain =
        |part: &str| !part.is_empty() && !part.contains('@') && !part.contains(char::is_whitespace);
    address
        .split_once('@')
        .is_some_and(|(local, domain)| plain(local) && plain(domain))
}

fn region(arn: &str) -> &str {
    part(arn, 3)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
