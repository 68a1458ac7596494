//! `SetUserPoolMfaConfig`: enables and disables second factors, and configures
//! passkeys.
//!
//! Factors are replaced as a whole: an omitted factor is disabled, and MFA is turned
//! off if `MfaConfiguration` is omitted (measured, go-to-k/cdkd#1968). A factor is
//! enabled if it is present, even as `EmailMfaConfiguration: {}`. Only TOTP has a
//! separate flag. Passkeys are not a second factor, and do not change if they are
//! omitted (the latter inferred).
//!
//! E-mail is no second factor of a pool whose accounts are recovered by e-mail only
//! (R146-2). `UpdateUserPool` does not check this: a live pool with required e-mail MFA
//! recovers by e-mail only (7.14-4).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolMfaConfig.html>

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::pool::{MfaSettings, Recovery, Settings, WebAuthn};
use crate::views::pool::MfaView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    sms_mfa_configuration: Option<Sms>,
    software_token_mfa_configuration: Option<SoftwareToken>,
    email_mfa_configuration: Option<Map<String, Value>>,
    #[serde(default = "off")]
    mfa_configuration: String,
    web_authn_configuration: Option<WebAuthn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sms {
    sms_authentication_message: Option<String>,
    sms_configuration: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SoftwareToken {
    #[serde(default)]
    enabled: bool,
}

fn off() -> String {
    "OFF".to_owned()
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<MfaView> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let has_factor = request.sms_mfa_configuration.is_some()
        || request.software_token_mfa_configuration.is_some()
        || request.email_mfa_configuration.is_some();
    if request.mfa_configuration == "OFF" && has_factor {
        return Err(Error::MfaOffWithFactor);
    }
    let mfa = MfaSettings {
        sms: request.sms_mfa_configuration.is_some(),
        software_token: request
            .software_token_mfa_configuration
            .is_some_and(|totp| totp.enabled),
        email: request.email_mfa_configuration,
        web_authn: request
            .web_authn_configuration
            .or_else(|| pool.mfa.web_authn.clone()),
    };
    if request.mfa_configuration != "OFF" && !mfa.any_factor() {
        return Err(Error::MfaFactorRequired);
    }
    let mut settings = Settings::clone(&pool.settings);
    settings.mfa_configuration = request.mfa_configuration;
    if let Some(sms) = request.sms_mfa_configuration {
        if sms.sms_configuration.is_some() {
            settings.sms_configuration = sms.sms_configuration;
        }
        if settings.sms_configuration.is_none() {
            return Err(Error::SmsConfigurationForMfa);
        }
        settings.sms_authentication_message = sms.sms_authentication_message;
    }
    // The sender is part of the request. A pool that verifies numbers needs it in every
    // request (hashicorp/terraform-provider-aws#28294, 2022-12;
    // awslabs/nx-plugin-for-aws#1108, 2026-08). That other pools keep their sender is
    // inferred.
    let sender = settings.sms_configuration.take_if(|_| !mfa.sms);
    settings.validate(cx.scope, &mfa)?;
    let recovery = settings.account_recovery_setting.as_ref();
    if mfa.email.is_some() && recovery.is_some_and(Recovery::is_by_email_at_most) {
        return Err(Error::EmailMfaRecovery);
    }
    settings.sms_configuration = settings.sms_configuration.or(sender);
    pool.settings = settings.into();
    pool.mfa = mfa.into();
    pool.modified_at = cx.now();
    Ok(MfaView::from(&*pool))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// A request without members disables all factors, but not passkeys.
    #[test]
    fn factors_are_replaced_as_a_whole() {
        assert_snapshot!(Fixture::new().run(r#"
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"SmsMfaConfiguration":{"SmsAuthenticationMessage":"Code {####}","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}}}
            only /UserPool/MfaConfiguration DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SmsConfiguration DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SmsAuthenticationMessage DescribeUserPool {"UserPoolId":"$pool"}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SmsMfaConfiguration":{},"WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool"}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"login.example.com"}}
        "#), @r#"
        200 {"MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsAuthenticationMessage":"Code {####}","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}},"SoftwareTokenMfaConfiguration":{"Enabled":true}}
        "ON"
        {"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}
        "Code {####}"
        200 {"MfaConfiguration":"OPTIONAL","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}},"WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
        200 {"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
        200 {"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
        200 {"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"login.example.com"}}
        "#);
    }

    /// R140, R145, R185. If MFA is off, the request must not have a factor, not even a
    /// disabled one.
    #[test]
    fn mode_and_factors_must_agree() {
        assert_snapshot!(Fixture::new().run(r#"
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OFF","SoftwareTokenMfaConfiguration":{"Enabled":true}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OFF","SoftwareTokenMfaConfiguration":{"Enabled":false}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","SoftwareTokenMfaConfiguration":{"Enabled":true}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OFF","EmailMfaConfiguration":{"Subject":"s"}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON"}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":false}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SmsMfaConfiguration":{}}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: Invalid MFA configuration given, can't turn off MFA and configure an MFA together.
        400 InvalidParameterException: Invalid MFA configuration given, can't turn off MFA and configure an MFA together.
        400 InvalidParameterException: Invalid MFA configuration given, can't turn off MFA and configure an MFA together.
        400 InvalidParameterException: Invalid MFA configuration given, can't turn off MFA and configure an MFA together.
        400 InvalidParameterException: Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.
        400 InvalidParameterException: Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.
        400 InvalidParameterException: Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.
        400 InvalidParameterException: SMS configuration and Auto verification for phone_number are required when MFA is required/optional
        200 {"MfaConfiguration":"OFF"}
        "#);
    }

    /// R146: codes by e-mail require that the pool has its own sender. The sender
    /// cannot be removed then.
    #[test]
    fn email_needs_ses() {
        assert_snapshot!(Fixture::new().run(r#"
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","EmailMfaConfiguration":{"Message":"Code {####}","Subject":"s"}}
            UpdateUserPool {"UserPoolId":"$pool","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","EmailMfaConfiguration":{"Message":"Code {####}","Subject":"s"}}
            UpdateUserPool {"UserPoolId":"$pool","EmailConfiguration":{"EmailSendingAccount":"COGNITO_DEFAULT"}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
        "#), @r#"
        400 InvalidParameterException: Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT. Update the value of EmailSendingAccount.
        200 {}
        200 {"EmailMfaConfiguration":{"Message":"Code {####}","Subject":"s"},"MfaConfiguration":"OPTIONAL"}
        400 InvalidParameterException: Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT. Update the value of EmailSendingAccount.
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Email MFA
        "#);
    }

    /// R151, R152, R186, and the tier.
    #[test]
    fn senders_and_tier_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms","SnsRegion":"us-west-2"}}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::999999999999:role/sms"}}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:sns:us-east-1:123456789012:topic"}}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","EmailMfaConfiguration":{}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","WebAuthnConfiguration":{"FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION"}}
        "#), @"
        400 InvalidParameterException: Invalid snsRegion. Allowed SNS region for us-east-1 is us-east-1
        400 InvalidParameterException: Cross-account pass role is not allowed.
        400 InvalidSmsRoleTrustRelationshipException: Role does not have a trust relationship allowing Cognito to assume the role
        200 {}
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Email MFA
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Passkey MFA
        ");
    }

    /// Required MFA limits the first factors (go-to-k/cdkd#1975, #2064).
    #[test]
    fn required_mfa_limits_first_factors() {
        assert_snapshot!(Fixture::new().run(r#"
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true}}
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"UserVerification":"required","FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION"}}
        "#), @r#"
        200 {}
        400 InvalidParameterException: Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled
        200 {"MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true}}
        200 {}
        400 InvalidParameterException: Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an allowed first auth factor
        200 {"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION","UserVerification":"required"}}
        "#);
    }

    /// A relying party is a domain that can be registered, or the local host.
    #[test]
    fn relying_parties() {
        let mut fixture = Fixture::new();
        let mut answers = Vec::new();
        for id in [
            "localhost",
            "login.example.com",
            "demo.auth.us-east-1.amazoncognito.com",
            "auth.us-east-1.amazoncognito.com",
            "com",
            "co.uk",
            "github.io",
            "https://example.com",
            "example.com:8443",
            "Example.com",
            "-example.com",
            "example..com",
        ] {
            let set = format!(
                r#"only /WebAuthnConfiguration/RelyingPartyId SetUserPoolMfaConfig {{"UserPoolId":"$pool","WebAuthnConfiguration":{{"RelyingPartyId":"{id}"}}}}"#
            );
            answers.push(fixture.run(&set));
        }
        assert_snapshot!(answers.concat(), @r#"
        "localhost"
        "login.example.com"
        "demo.auth.us-east-1.amazoncognito.com"
        400 InvalidParameterException: Relying party id auth.us-east-1.amazoncognito.com is not a valid domain, or is on the public suffix list.
        400 InvalidParameterException: Relying party id com is not a valid domain, or is on the public suffix list.
        400 InvalidParameterException: Relying party id co.uk is not a valid domain, or is on the public suffix list.
        400 InvalidParameterException: Relying party id github.io is not a valid domain, or is on the public suffix list.
        400 InvalidParameterException: RelyingPartyId contains invalid characters
        400 InvalidParameterException: RelyingPartyId contains invalid characters
        400 InvalidParameterException: Relying party id Example.com is not a valid domain, or is on the public suffix list.
        400 InvalidParameterException: Relying party id -example.com is not a valid domain, or is on the public suffix list.
        400 InvalidParameterException: Relying party id example..com is not a valid domain, or is on the public suffix list.
        "#);
    }

    /// R146-2. A pool without a setting of its own recovers by phone number too.
    #[test]
    fn email_is_not_both_factor_and_recovery() {
        let sender = r#""EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}"#;
        let mut answers = Vec::new();
        for recovery in [
            r#"{"RecoveryMechanisms":[{"Name":"verified_email","Priority":1}]}"#,
            "{}",
            r#"{"RecoveryMechanisms":[{"Name":"admin_only","Priority":1}]}"#,
            "null",
        ] {
            answers.push(Fixture::empty().run(&format!(
                r#"
                as pool /UserPool/Id CreateUserPool {{"PoolName":"p",{sender},"AccountRecoverySetting":{recovery}}}
                only /MfaConfiguration SetUserPoolMfaConfig {{"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","EmailMfaConfiguration":{{}}}}
                "#
            )));
        }
        assert_snapshot!(answers.concat(), @r#"
        "$pool"
        400 InvalidParameterException: Cannot set EmailMfaConfiguration when user pool AccountRecoverySetting is not set or contains only verified_email in RecoveryMechanisms.
        "$pool"
        400 InvalidParameterException: Cannot set EmailMfaConfiguration when user pool AccountRecoverySetting is not set or contains only verified_email in RecoveryMechanisms.
        "$pool"
        "OPTIONAL"
        "$pool"
        "OPTIONAL"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            SetUserPoolMfaConfig {"MfaConfiguration":"MAYBE"}
            SetUserPoolMfaConfig {"UserPoolId":"us-east-1_nope","MfaConfiguration":"OFF","SmsMfaConfiguration":{},"EmailMfaConfiguration":{}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OFF","SmsMfaConfiguration":{},"EmailMfaConfiguration":{}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SmsMfaConfiguration":{},"EmailMfaConfiguration":{}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}},"EmailMfaConfiguration":{}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}}}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value 'MAYBE' at 'mfaConfiguration' failed to satisfy constraint: Member must satisfy enum value set: [OPTIONAL, OFF, ON]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Invalid MFA configuration given, can't turn off MFA and configure an MFA together.
        400 InvalidParameterException: SMS configuration and Auto verification for phone_number are required when MFA is required/optional
        400 InvalidParameterException: Cannot set EmailMfaConfiguration when user pool EmailConfiguration contains an EmailSendingAccount of COGNITO_DEFAULT. Update the value of EmailSendingAccount.
        200 {"MfaConfiguration":"ON","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}}}
        "#);
    }
}
