//! `CreateUserPool`: creates a user pool.
//!
//! Usernames are case-sensitive unless `UsernameConfiguration` says otherwise
//! (fact 9.5). This operation can enable MFA only together with an SMS sender.
//! `SetUserPoolMfaConfig` enables the other factors.
//!
//! As an extension, the tag `_custom_id_` chooses the id ([`pinned`]).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::pool::{Settings, UsernameConfiguration};
use crate::settings::schema::{GivenAttribute, Schema};
use crate::state::pinned;
use crate::state::pool::Pool;
use crate::state::users::Naming;
use crate::views::pool::PoolView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    pool_name: String,
    #[serde(default)]
    alias_attributes: Vec<String>,
    #[serde(default)]
    username_attributes: Vec<String>,
    username_configuration: Option<UsernameConfiguration>,
    #[serde(default)]
    schema: Vec<GivenAttribute>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool: PoolView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    if !request.alias_attributes.is_empty() && !request.username_attributes.is_empty() {
        return Err(Error::AliasAndUsernameAttributes);
    }
    let settings = Settings::default().with(request.settings)?;
    let naming = Naming {
        username_attributes: request.username_attributes,
        alias_attributes: request.alias_attributes,
        case_sensitive: request
            .username_configuration
            .is_none_or(|configuration| configuration.case_sensitive),
    };
    let id = if let Some(id) = pinned::of_tags(cx.world, &settings.user_pool_tags) {
        pinned::validate_pool_id(id, &cx.scope.region)?;
        id.to_owned()
    } else {
        cx.world.chance.pool_id(&cx.scope.region)
    };
    let mut pool = Pool::new(id, cx.scope.clone(), request.pool_name, naming, cx.now());
    pool.shows_case_sensitivity = request.username_configuration.is_some();
    // SMS is the only factor that this operation enables.
    pool.mfa.sms = settings.mfa_configuration != "OFF";
    settings.validate(cx.scope, &pool.mfa)?;
    // R140 requires a sender. Its sentence also names a verified number, which is not
    // required (the reference of `MfaConfiguration`).
    if pool.mfa.sms && settings.sms_configuration.is_none() {
        return Err(Error::SmsConfigurationForMfa);
    }
    pool.settings = settings.into();
    pool.schema = Schema::of_pool(request.schema)?.into();
    let user_pool = PoolView::created(&pool);
    cx.state.insert(pool)?;
    Ok(Response { user_pool })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn settings_are_returned() {
        assert_snapshot!(Fixture::empty().run(r#"
            as pool /UserPool/Id CreateUserPool {"PoolName":"p","DeletionProtection":"ACTIVE","UsernameAttributes":["email"],
                "UsernameConfiguration":{"CaseSensitive":false},"AutoVerifiedAttributes":["email","phone_number"],
                "SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"},"MfaConfiguration":"OPTIONAL",
                "UserPoolTags":{"team":"a"},"UserPoolTier":"PLUS","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"},
                "AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_email"}]},
                "LambdaConfig":{"PreTokenGeneration":"arn:aws:lambda:us-east-1:123456789012:function:t"},
                "AdminCreateUserConfig":{"AllowAdminCreateUserOnly":true,"UnusedAccountValidityDays":3,"InviteMessageTemplate":{"EmailSubject":"Hi"}},
                "EmailVerificationMessage":"Code {####}","UserAttributeUpdateSettings":{"AttributesRequireVerificationBeforeUpdate":["email"]},
                "DeviceConfiguration":{"ChallengeRequiredOnNewDevice":true},
                "Schema":[{"Name":"email","Required":true,"Mutable":false},{"Name":"team","AttributeDataType":"String"}]}
            spread DescribeUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        "$pool"
        200
          UserPool:
            AccountRecoverySetting: {"RecoveryMechanisms":[{"Name":"verified_email","Priority":1}]}
            AdminCreateUserConfig: {"AllowAdminCreateUserOnly":true,"InviteMessageTemplate":{"EmailSubject":"Hi"},"UnusedAccountValidityDays":3}
            Arn: "arn:aws:cognito-idp:us-east-1:123456789012:userpool/$pool"
            AutoVerifiedAttributes: ["email","phone_number"]
            CreationDate: 1700000000.0
            DeletionProtection: "ACTIVE"
            DeviceConfiguration: {"ChallengeRequiredOnNewDevice":true}
            EmailConfiguration: {"EmailSendingAccount":"COGNITO_DEFAULT"}
            EmailVerificationMessage: "Code {####}"
            EstimatedNumberOfUsers: 0
            Id: "$pool"
            IssuerConfiguration: {"Type":"ORIGINAL"}
            KeyConfiguration: {"KeyType":"AWS_OWNED_KEY"}
            LambdaConfig: {"PreTokenGeneration":"arn:aws:lambda:us-east-1:123456789012:function:t","PreTokenGenerationConfig":{"LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:t","LambdaVersion":"V1_0"}}
            LastModifiedDate: 1700000000.0
            MfaConfiguration: "OPTIONAL"
            Name: "p"
            Policies: {"PasswordPolicy":{"MinimumLength":8,"RequireLowercase":true,"RequireNumbers":true,"RequireSymbols":true,"RequireUppercase":true,"TemporaryPasswordValidityDays":3},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}}
            SchemaAttributes:
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"profile","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"address","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"birthdate","Required":false,"StringAttributeConstraints":{"MaxLength":"10","MinLength":"10"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"gender","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"preferred_username","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"Number","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"updated_at","NumberAttributeConstraints":{"MinValue":"0"},"Required":false}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"website","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"picture","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"identities","Required":false,"StringAttributeConstraints":{}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":false,"Name":"sub","Required":true,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"1"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"phone_number","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"Boolean","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"phone_number_verified","Required":false}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"zoneinfo","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"locale","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":false,"Name":"email","Required":true,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"Boolean","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"email_verified","Required":false}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"given_name","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"family_name","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"middle_name","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"name","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"nickname","Required":false,"StringAttributeConstraints":{"MaxLength":"2048","MinLength":"0"}}
              - {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"custom:team","Required":false,"StringAttributeConstraints":{}}
            SmsConfiguration: {"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}
            UserAttributeUpdateSettings: {"AttributesRequireVerificationBeforeUpdate":["email"]}
            UserPoolAddOns: {"AdvancedSecurityAdditionalFlows":{},"AdvancedSecurityMode":"AUDIT"}
            UserPoolTags: {"team":"a"}
            UserPoolTier: "PLUS"
            UsernameAttributes: ["email"]
            UsernameConfiguration: {"CaseSensitive":false}
            VerificationMessageTemplate: {"DefaultEmailOption":"CONFIRM_WITH_CODE","EmailMessage":"Code {####}"}
        "#);
    }

    /// As in `LocalStack`: the tag chooses the id, and is kept.
    #[test]
    fn a_tag_chooses_the_id() {
        let mut fixture = Fixture::empty();
        let script = r#"
            only /UserPool/Id CreateUserPool {"PoolName":"p","UserPoolTags":{"_custom_id_":"us-east-1_Shop"}}
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"us-east-1_Shop"}
            CreateUserPool {"PoolName":"q","UserPoolTags":{"_custom_id_":"us-east-1_Shop"}}
            CreateUserPool {"PoolName":"q","UserPoolTags":{"_custom_id_":"eu-west-1_Shop"}}
            CreateUserPool {"PoolName":"q","UserPoolTags":{"_custom_id_":"us-east-1_my-shop"}}
            in eu-west-1
            only /UserPool/Id CreateUserPool {"PoolName":"p","UserPoolTags":{"_custom_id_":"eu-west-1_Shop"}}
        "#;
        assert_snapshot!(fixture.run(script), @r#"
        "us-east-1_Shop"
        {"_custom_id_":"us-east-1_Shop"}
        400 InvalidParameterException: The id us-east-1_Shop is in use. Choose another id, or delete what has it.
        400 InvalidParameterException: The id eu-west-1_Shop of the tag _custom_id_ cannot be used. Write us-east-1_ and letters or digits, 55 characters at most.
        400 InvalidParameterException: The id us-east-1_my-shop of the tag _custom_id_ cannot be used. Write us-east-1_ and letters or digits, 55 characters at most.
        "eu-west-1_Shop"
        "#);
        let other = Fixture::empty();
        other.emulator().world().allow_custom_ids(false);
        let mut other = other;
        let made = other.must(
            "CreateUserPool",
            json!({"PoolName": "p", "UserPoolTags": {"_custom_id_": "us-east-1_Shop"}}),
        );
        assert_ne!(made["UserPool"]["Id"], "us-east-1_Shop");
    }

    /// Facts 9.12, 9.13, 9.15.
    #[test]
    fn the_schema_has_custom_and_changed_standard_attributes() {
        assert_snapshot!(Fixture::empty().run(r#"
            only /UserPool/SchemaAttributes/20 CreateUserPool {"PoolName":"p","Schema":[{"Name":"team","AttributeDataType":"String"}]}
            only /UserPool/SchemaAttributes/20 CreateUserPool {"PoolName":"p","Schema":[{"Name":"age","AttributeDataType":"Number","Mutable":false,"NumberAttributeConstraints":{"MinValue":"0","MaxValue":"150"}}]}
            only /UserPool/SchemaAttributes/20 CreateUserPool {"PoolName":"p","Schema":[{"Name":"note","AttributeDataType":"String","DeveloperOnlyAttribute":true,"StringAttributeConstraints":{"MaxLength":"9"}}]}
            only /UserPool/SchemaAttributes/20 CreateUserPool {"PoolName":"p","Schema":[{"Name":"active","AttributeDataType":"Boolean"}]}
            only /UserPool/SchemaAttributes/10 CreateUserPool {"PoolName":"p","Schema":[{"Name":"email","Required":true,"StringAttributeConstraints":{"MinLength":"6"}}]}
        "#), @r#"
        {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"custom:team","Required":false,"StringAttributeConstraints":{}}
        {"AttributeDataType":"Number","DeveloperOnlyAttribute":false,"Mutable":false,"Name":"custom:age","NumberAttributeConstraints":{"MaxValue":"150","MinValue":"0"},"Required":false}
        {"AttributeDataType":"String","DeveloperOnlyAttribute":true,"Mutable":true,"Name":"dev:custom:note","Required":false,"StringAttributeConstraints":{"MaxLength":"9"}}
        {"AttributeDataType":"Boolean","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"custom:active","Required":false}
        {"AttributeDataType":"String","DeveloperOnlyAttribute":false,"Mutable":true,"Name":"email","Required":true,"StringAttributeConstraints":{"MinLength":"6"}}
        "#);
    }

    /// If a policy is sent, a requirement that is absent in it is not required. The
    /// validity in days has two names.
    #[test]
    fn password_policies() {
        assert_snapshot!(Fixture::empty().run(r#"
            only /UserPool/Policies/PasswordPolicy CreateUserPool {"PoolName":"p","Policies":{"PasswordPolicy":{"MinimumLength":10}}}
            only /UserPool/Policies/PasswordPolicy CreateUserPool {"PoolName":"p","Policies":{"PasswordPolicy":{"RequireNumbers":true,"PasswordHistorySize":5,"TemporaryPasswordValidityDays":0}}}
            only /UserPool/Policies CreateUserPool {"PoolName":"p","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}}
            only /UserPool/AdminCreateUserConfig CreateUserPool {"PoolName":"p","Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":30}}}
            only /UserPool/Policies/PasswordPolicy/TemporaryPasswordValidityDays CreateUserPool {"PoolName":"p","AdminCreateUserConfig":{"UnusedAccountValidityDays":90}}
            CreateUserPool {"PoolName":"p","AdminCreateUserConfig":{"UnusedAccountValidityDays":90},"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":90}}}
            CreateUserPool {"PoolName":"p","Policies":{"PasswordPolicy":{"MinimumLength":4,"PasswordHistorySize":25,"TemporaryPasswordValidityDays":366}}}
        "#), @r#"
        {"MinimumLength":10,"RequireLowercase":false,"RequireNumbers":false,"RequireSymbols":false,"RequireUppercase":false,"TemporaryPasswordValidityDays":7}
        {"MinimumLength":8,"PasswordHistorySize":5,"RequireLowercase":false,"RequireNumbers":true,"RequireSymbols":false,"RequireUppercase":false,"TemporaryPasswordValidityDays":7}
        {"PasswordPolicy":{"MinimumLength":8,"RequireLowercase":true,"RequireNumbers":true,"RequireSymbols":true,"RequireUppercase":true,"TemporaryPasswordValidityDays":7},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}
        {"AllowAdminCreateUserOnly":false,"UnusedAccountValidityDays":30}
        90
        400 InvalidParameterException: Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays
        400 InvalidParameterException: 3 validation errors detected: Value '4' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value greater than or equal to 6; Value '25' at 'policies.passwordPolicy.passwordHistorySize' failed to satisfy constraint: Member must have value less than or equal to 24; Value '366' at 'policies.passwordPolicy.temporaryPasswordValidityDays' failed to satisfy constraint: Member must have value less than or equal to 365
        "#);
    }

    /// R133 to R138, fact 3.15, and features that are documented for higher
    /// tiers.
    #[test]
    fn tiers_limit_features() {
        assert_snapshot!(Fixture::empty().run(r#"
            CreateUserPool {"PoolName":"p","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["EMAIL_OTP"]}}}
            CreateUserPool {"PoolName":"p","UserPoolTier":"LITE","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}
            CreateUserPool {"PoolName":"p","UserPoolTier":"LITE","LambdaConfig":{"PreTokenGenerationConfig":{"LambdaVersion":"V2_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:t"}}}
            CreateUserPool {"PoolName":"p","UserPoolTier":"LITE","Policies":{"PasswordPolicy":{"MinimumLength":8,"PasswordHistorySize":1}}}
            CreateUserPool {"PoolName":"p","UserPoolAddOns":{"AdvancedSecurityMode":"ENFORCED"}}
            CreateUserPool {"PoolName":"p","UserPoolTier":"LITE","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"},"Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","SMS_OTP"]}}}
            only /UserPool/UserPoolTier CreateUserPool {"PoolName":"p","UserPoolTier":"LITE","UserPoolAddOns":{"AdvancedSecurityMode":"OFF"}}
        "#), @r#"
        400 InvalidParameterException: Password should be configured as one of the allowed first auth factors.
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Passwordless Sign-In
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Token Customization with Pre-Token Generation Lambda V2_0
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Password History
        400 FeatureUnavailableInTierException: The following features need to be disabled for the ESSENTIALS pricing tier configured: Threat Protection
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Threat Protection, Passwordless Sign-In
        "LITE"
        "#);
    }

    /// R140 to R144.
    #[test]
    fn contacts_need_senders_and_recovery_is_unambiguous() {
        assert_snapshot!(Fixture::empty().run(r#"
            CreateUserPool {"PoolName":"p","MfaConfiguration":"ON"}
            CreateUserPool {"PoolName":"p","MfaConfiguration":"OPTIONAL","AutoVerifiedAttributes":["email"]}
            CreateUserPool {"PoolName":"p","AutoVerifiedAttributes":["phone_number"]}
            CreateUserPool {"PoolName":"p","AutoVerifiedAttributes":["email"],"UserAttributeUpdateSettings":{"AttributesRequireVerificationBeforeUpdate":["phone_number"]}}
            CreateUserPool {"PoolName":"p","AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"admin_only"},{"Priority":2,"Name":"verified_email"}]}}
            CreateUserPool {"PoolName":"p","AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_phone_number"},{"Priority":1,"Name":"verified_email"}]}}
            CreateUserPool {"PoolName":"p","AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_email"},{"Priority":2,"Name":"verified_email"}]}}
            only /UserPool/MfaConfiguration CreateUserPool {"PoolName":"p","MfaConfiguration":"ON","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}}
        "#), @r#"
        400 InvalidParameterException: SMS configuration and Auto verification for phone_number are required when MFA is required/optional
        400 InvalidParameterException: SMS configuration and Auto verification for phone_number are required when MFA is required/optional
        400 InvalidParameterException: SMS configuration is required when phone_number is selected for auto verification
        400 InvalidParameterException: All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes
        400 InvalidParameterException: Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.
        400 InvalidParameterException: Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.
        400 InvalidParameterException: Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.
        "ON"
        "#);
    }

    /// R147 to R152, R186.
    #[test]
    fn senders_are_validated() {
        assert_snapshot!(Fixture::empty().run(r#"
            CreateUserPool {"PoolName":"p","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER"}}
            CreateUserPool {"PoolName":"p","EmailConfiguration":{"EmailSendingAccount":"COGNITO_DEFAULT","SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}}
            CreateUserPool {"PoolName":"p","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:eu-central-1:123456789012:identity/a@example.com"}}
            CreateUserPool {"PoolName":"p","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:eu-west-1:123456789012:identity/a@example.com","From":"Ana"}}
            only /UserPool/EmailConfiguration CreateUserPool {"PoolName":"p","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:eu-west-1:123456789012:identity/a@example.com","From":"Ana <a@example.com>"}}
            only /UserPool/EmailConfiguration CreateUserPool {"PoolName":"p","EmailConfiguration":{"ReplyToEmailAddress":"a@example.com"}}
            CreateUserPool {"PoolName":"p","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms","SnsRegion":"us-west-2"}}
            CreateUserPool {"PoolName":"p","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::999999999999:role/sms"}}
            CreateUserPool {"PoolName":"p","SmsConfiguration":{"SnsCallerArn":"arn:aws:sns:us-east-1:123456789012:topic"}}
            only /UserPool/SmsConfiguration CreateUserPool {"PoolName":"p","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms","ExternalId":"x","SnsRegion":"us-east-1"}}
            in eu-central-1
            only /UserPool/EmailConfiguration CreateUserPool {"PoolName":"p","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:eu-central-1:123456789012:identity/a@example.com"}}
            CreateUserPool {"PoolName":"p","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:eu-north-1:123456789012:identity/a@example.com"}}
        "#), @r#"
        400 InvalidParameterException: Source ARN is required to use DEVELOPER email sending owner
        400 InvalidEmailRoleAccessPolicyException: Cognito is not allowed to use your email identity
        400 InvalidParameterException: Invalid EmailConfiguration.SourceArn. Provided SourceArn must be in one of the following SES regions: eu-west-1, us-east-1, us-west-2.
        400 InvalidParameterException: Provided From email address is invalid
        {"EmailSendingAccount":"DEVELOPER","From":"Ana <a@example.com>","SourceArn":"arn:aws:ses:eu-west-1:123456789012:identity/a@example.com"}
        {"EmailSendingAccount":"COGNITO_DEFAULT","ReplyToEmailAddress":"a@example.com"}
        400 InvalidParameterException: Invalid snsRegion. Allowed SNS region for us-east-1 is us-east-1
        400 InvalidParameterException: Cross-account pass role is not allowed.
        400 InvalidSmsRoleTrustRelationshipException: Role does not have a trust relationship allowing Cognito to assume the role
        {"ExternalId":"x","SnsCallerArn":"arn:aws:iam::123456789012:role/sms","SnsRegion":"us-east-1"}
        {"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:eu-central-1:123456789012:identity/a@example.com"}
        400 InvalidParameterException: Invalid EmailConfiguration.SourceArn. Provided SourceArn must be in one of the following SES regions: eu-central-1, eu-west-1, us-east-1, us-west-2.
        "#);
    }

    /// R153 to R155.
    #[test]
    fn triggers_are_validated() {
        assert_snapshot!(Fixture::empty().run(r#"
            CreateUserPool {"PoolName":"p","LambdaConfig":{"PreSignUp":"arn:aws:lambda:us-west-2:123456789012:function:f"}}
            CreateUserPool {"PoolName":"p","LambdaConfig":{"CustomEmailSender":{"LambdaVersion":"V1_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:f"}}}
            CreateUserPool {"PoolName":"p","LambdaConfig":{"CustomSMSSender":{"LambdaVersion":"V1_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:f"}}}
            CreateUserPool {"PoolName":"p","LambdaConfig":{"PreTokenGeneration":"arn:aws:lambda:us-east-1:123456789012:function:a","PreTokenGenerationConfig":{"LambdaVersion":"V1_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:b"}}}
            CreateUserPool {"PoolName":"p","LambdaConfig":{"CustomSMSSender":{"LambdaVersion":"V1_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:f"},"KMSKeyID":"arn:aws:kms:eu-west-1:123456789012:key/k"}}
            only /UserPool/LambdaConfig CreateUserPool {"PoolName":"p",
                "LambdaConfig":{"PreTokenGenerationConfig":{"LambdaVersion":"V2_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:b"},"CustomEmailSender":{"LambdaVersion":"V1_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:f"},"KMSKeyID":"arn:aws:kms:us-east-1:123456789012:key/k"}}
        "#), @r#"
        400 InvalidParameterException: Cross-region lambda functions are not supported
        400 InvalidParameterException: KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.
        400 InvalidParameterException: KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.
        400 InvalidParameterException: Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's
        400 InvalidParameterException: Encountered error when CreateGrant was attempted on the input KMS key - Invalid arn eu-west-1
        {"CustomEmailSender":{"LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:f","LambdaVersion":"V1_0"},"KMSKeyID":"arn:aws:kms:us-east-1:123456789012:key/k","PreTokenGeneration":"arn:aws:lambda:us-east-1:123456789012:function:b","PreTokenGenerationConfig":{"LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:b","LambdaVersion":"V2_0"}}
        "#);
    }

    /// R139, R156 to R160.
    #[test]
    fn names_and_schema_are_validated() {
        assert_snapshot!(Fixture::empty().run(r#"
            CreateUserPool {"PoolName":"p","AliasAttributes":["email"],"UsernameAttributes":["email"]}
            CreateUserPool {"PoolName":"p","Schema":[{"Name":"dept","AttributeDataType":"String","Required":true}]}
            CreateUserPool {"PoolName":"p","Schema":[{"Name":"dept","AttributeDataType":"String"},{"Name":"dept","AttributeDataType":"String"}]}
            CreateUserPool {"PoolName":"p","Schema":[{"Name":"email","AttributeDataType":"Number"}]}
            CreateUserPool {"PoolName":"p","Schema":[{"Name":"email","DeveloperOnlyAttribute":true}]}
            CreateUserPool {"PoolName":"p","Schema":[{"Name":"level","AttributeDataType":"String","StringAttributeConstraints":{"MinLength":"5","MaxLength":"4"}}]}
            CreateUserPool {"PoolName":"p","Schema":[{"Name":"n2","AttributeDataType":"Number","NumberAttributeConstraints":{"MinValue":"5","MaxValue":"4"}}]}
            only /UserPool/AliasAttributes CreateUserPool {"PoolName":"p","AliasAttributes":["email","preferred_username"]}
            only /UserPool/UsernameConfiguration CreateUserPool {"PoolName":"p","UsernameConfiguration":{"CaseSensitive":true}}
            only /UserPool/UsernameConfiguration CreateUserPool {"PoolName":"p"}
        "#), @r#"
        400 InvalidParameterException: Only one of the aliasAttributes or usernameAttributes can be set in a User pool.
        400 InvalidParameterException: Required custom attributes are not supported currently.
        400 InvalidParameterException: Duplicate custom attribute names custom:dept are not allowed in a user pool schema.
        400 InvalidParameterException: You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email
        400 InvalidParameterException: You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute email
        400 InvalidParameterException: Attribute custom:level cannot have a max length shorter than it's min length
        400 InvalidParameterException: Attribute custom:n2 cannot have a max value smaller than it's min value
        ["email","preferred_username"]
        {"CaseSensitive":true}
        absent
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::empty().run(r#"
            CreateUserPool {}
            CreateUserPool {"PoolName":"p/"}
            CreateUserPool {"PoolName":"p","AliasAttributes":["email"],"UsernameAttributes":["email"],
                "AdminCreateUserConfig":{"UnusedAccountValidityDays":1},
                "Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":1},"SignInPolicy":{"AllowedFirstAuthFactors":["EMAIL_OTP"]}},
                "MfaConfiguration":"ON","UserPoolTier":"LITE","AutoVerifiedAttributes":["phone_number"],
                "Schema":[{"Name":"a","AttributeDataType":"String","Required":true}]}
            CreateUserPool {"PoolName":"p","AdminCreateUserConfig":{"UnusedAccountValidityDays":1},
                "Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":1},"SignInPolicy":{"AllowedFirstAuthFactors":["EMAIL_OTP"]}},
                "MfaConfiguration":"ON","UserPoolTier":"LITE","AutoVerifiedAttributes":["phone_number"],
                "Schema":[{"Name":"a","AttributeDataType":"String","Required":true}]}
            CreateUserPool {"PoolName":"p","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["EMAIL_OTP"]}},"MfaConfiguration":"ON","UserPoolTier":"LITE","AutoVerifiedAttributes":["phone_number"],"Schema":[{"Name":"a","AttributeDataType":"String","Required":true}]}
            CreateUserPool {"PoolName":"p","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["EMAIL_OTP"]}},"MfaConfiguration":"ON","AutoVerifiedAttributes":["phone_number"],"Schema":[{"Name":"a","AttributeDataType":"String","Required":true}]}
            CreateUserPool {"PoolName":"p","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}},"MfaConfiguration":"ON","AutoVerifiedAttributes":["phone_number"],"Schema":[{"Name":"a","AttributeDataType":"String","Required":true}]}
            CreateUserPool {"PoolName":"p","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD"]}},"MfaConfiguration":"ON","AutoVerifiedAttributes":["email"],"Schema":[{"Name":"a","AttributeDataType":"String","Required":true}]}
            CreateUserPool {"PoolName":"p","AutoVerifiedAttributes":["email"],"Schema":[{"Name":"a","AttributeDataType":"String","Required":true}]}
            only /UserPool/Name CreateUserPool {"PoolName":"p","AutoVerifiedAttributes":["email"],"Schema":[{"Name":"a","AttributeDataType":"String"}]}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value null at 'poolName' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value 'p/' at 'poolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w\s+=,.@-]+
        400 InvalidParameterException: Only one of the aliasAttributes or usernameAttributes can be set in a User pool.
        400 InvalidParameterException: Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Passwordless Sign-In
        400 InvalidParameterException: Password should be configured as one of the allowed first auth factors.
        400 InvalidParameterException: SMS configuration is required when phone_number is selected for auto verification
        400 InvalidParameterException: SMS configuration and Auto verification for phone_number are required when MFA is required/optional
        400 InvalidParameterException: Required custom attributes are not supported currently.
        "p"
        "#);
    }
}
