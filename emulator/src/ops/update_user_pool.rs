//! `UpdateUserPool`: changes a pool's settings.
//!
//! Some omitted members keep their value, the others return to their default
//! ([`Settings::kept_by_update`]). Names, aliases and the schema cannot change.
//! `MfaConfiguration` turns MFA off, or switches between required and optional.
//! `SetUserPoolMfaConfig` enables factors.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html>

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::pool::MfaSettings;
#[cfg(doc)]
use crate::settings::pool::Settings;
use crate::settings::session::Tracking;
use crate::state::pool::MANAGED_LOGIN;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    pool_name: Option<String>,
    #[serde(flatten)]
    settings: Map<String, Value>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    // The order of the checks is inferred.
    pool.imports.check_idle()?;
    let changes_mfa = request.settings.contains_key("MfaConfiguration");
    let settings = pool.settings.updated(request.settings)?;
    let mut mfa = MfaSettings::clone(&pool.mfa);
    // That turning MFA off removes the factors is inferred.
    if settings.mfa_configuration == "OFF" {
        mfa.clear_factors();
    }
    settings.validate(cx.scope, &mfa)?;
    if settings.user_pool_tier == "LITE" && pool.domains.use_managed_login() {
        return Err(Error::FeaturesNeedDisabling {
            tier: settings.user_pool_tier,
            feature: MANAGED_LOGIN.to_owned(),
        });
    }
    // Like other features of a higher tier (R134); inferred.
    if settings.user_pool_tier == "LITE" && pool.tracking.is_on() {
        return Err(Error::FeaturesNeedDisabling {
            tier: settings.user_pool_tier,
            feature: Tracking::FEATURE.to_owned(),
        });
    }
    if changes_mfa && settings.mfa_configuration != "OFF" && !mfa.any_factor() {
        if settings.mfa_configuration == "ON" {
            return Err(Error::MfaOnAfterCreation);
        }
        // It is inferred that optional MFA without a factor enables SMS.
        if settings.sms_configuration.is_none() {
            return Err(Error::SmsConfigurationForMfa);
        }
        mfa.sms = true;
    }
    pool.settings = settings.into();
    pool.mfa = mfa.into();
    if let Some(name) = request.pool_name {
        pool.name = name;
    }
    pool.modified_at = cx.now();
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::collection::btree_set;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use serde_json::{Map, Value, json};

    use crate::model::Model;
    use crate::testing::Fixture;
    use crate::testing::requests::any_request;

    /// The effect of each omitted member was measured.
    #[test]
    fn some_omitted_members_stay_and_others_are_reset() {
        assert_snapshot!(Fixture::with_pool(json!({
            "Policies": {"PasswordPolicy": {"MinimumLength": 12, "RequireSymbols": false}, "SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "WEB_AUTHN"]}},
            "DeletionProtection": "ACTIVE",
            "LambdaConfig": {"PreSignUp": "arn:aws:lambda:us-east-1:123456789012:function:f"},
            "AutoVerifiedAttributes": ["email"],
            "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessage": "Code {####}"},
            "SmsAuthenticationMessage": "Code {####}",
            "MfaConfiguration": "OPTIONAL",
            "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true},
            "EmailConfiguration": {"ReplyToEmailAddress": "a@example.com"},
            "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
            "UserPoolTags": {"team": "a"},
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true, "UnusedAccountValidityDays": 3},
            "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"},
            "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "admin_only"}]},
            "UserPoolTier": "PLUS",
            "UsernameAttributes": ["email"],
            "Schema": [{"Name": "team", "AttributeDataType": "String"}],
        })).run(r#"
            advance 60
            UpdateUserPool {"UserPoolId":"$pool"}
            only /UserPool/Policies DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/DeletionProtection DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/LambdaConfig DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/AutoVerifiedAttributes DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/VerificationMessageTemplate DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/EmailVerificationMessage DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SmsAuthenticationMessage DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/MfaConfiguration DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/DeviceConfiguration DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/EmailConfiguration DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SmsConfiguration DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/AdminCreateUserConfig DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/UserPoolAddOns DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/AccountRecoverySetting DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/UserPoolTier DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/UsernameAttributes DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/SchemaAttributes/21/Name DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/Name DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/CreationDate DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/LastModifiedDate DescribeUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        200 {}
        {"PasswordPolicy":{"MinimumLength":12,"RequireLowercase":false,"RequireNumbers":false,"RequireSymbols":false,"RequireUppercase":false,"TemporaryPasswordValidityDays":3},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}
        "ACTIVE"
        {}
        absent
        {"DefaultEmailOption":"CONFIRM_WITH_CODE"}
        absent
        absent
        "OPTIONAL"
        absent
        {"EmailSendingAccount":"COGNITO_DEFAULT","ReplyToEmailAddress":"a@example.com"}
        {"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}
        {"team":"a"}
        {"AllowAdminCreateUserOnly":false,"UnusedAccountValidityDays":3}
        absent
        {"RecoveryMechanisms":[{"Name":"admin_only","Priority":1}]}
        "PLUS"
        ["email"]
        "custom:team"
        "pool"
        1700000000.0
        1700000060.0
        "#);
    }

    /// The password policy and the sign-in policy are replaced separately, and the name
    /// changes only if it is sent.
    #[test]
    fn sent_members_are_replaced() {
        assert_snapshot!(Fixture::with_pool(json!({"Policies": {"PasswordPolicy": {"MinimumLength": 12}}})).run(r#"
            UpdateUserPool {"UserPoolId":"$pool","PoolName":"renamed","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}},"UserPoolTags":{"a":"b"},"AdminCreateUserConfig":{"AllowAdminCreateUserOnly":true}}
            only /UserPool/Name DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/Policies DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/UserPoolTags DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/AdminCreateUserConfig DescribeUserPool {"UserPoolId":"$pool"}
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"PasswordPolicy":{"MinimumLength":6,"TemporaryPasswordValidityDays":9}}}
            only /UserPool/Policies DescribeUserPool {"UserPoolId":"$pool"}
            only /UserPool/AdminCreateUserConfig DescribeUserPool {"UserPoolId":"$pool"}
            UpdateUserPool {"UserPoolId":"$pool","AdminCreateUserConfig":{"UnusedAccountValidityDays":9}}
        "#), @r#"
        200 {}
        "renamed"
        {"PasswordPolicy":{"MinimumLength":12,"RequireLowercase":false,"RequireNumbers":false,"RequireSymbols":false,"RequireUppercase":false,"TemporaryPasswordValidityDays":7},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}
        {"a":"b"}
        {"AllowAdminCreateUserOnly":true,"UnusedAccountValidityDays":7}
        200 {}
        {"PasswordPolicy":{"MinimumLength":6,"RequireLowercase":false,"RequireNumbers":false,"RequireSymbols":false,"RequireUppercase":false,"TemporaryPasswordValidityDays":9},"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}
        {"AllowAdminCreateUserOnly":false,"UnusedAccountValidityDays":9}
        400 InvalidParameterException: Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays
        "#);
    }

    /// A pool keeps the attributes that need verification, and refuses a
    /// request that omits a setting that they need (go-to-k/cdkd#4066).
    #[test]
    fn omission_can_be_refused() {
        assert_snapshot!(Fixture::with_pool(json!({
            "AutoVerifiedAttributes": ["email"],
            "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        })).run(r#"
            UpdateUserPool {"UserPoolId":"$pool"}
            only /UserPool/AutoVerifiedAttributes DescribeUserPool {"UserPoolId":"$pool"}
            UpdateUserPool {"UserPoolId":"$pool","AutoVerifiedAttributes":["email"]}
        "#), @r#"
        400 InvalidParameterException: All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes
        ["email"]
        200 {}
        "#);
    }

    /// After `SetUserPoolMfaConfig` has enabled a factor, this operation can require
    /// MFA.
    #[test]
    fn mfa_needs_a_factor() {
        assert_snapshot!(Fixture::new().run(r#"
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"ON"}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL"}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true}}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"ON"}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
            UpdateUserPool {"UserPoolId":"$pool"}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","EMAIL_OTP"]}}}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"OFF"}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}}
            GetUserPoolMfaConfig {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: Cannot turn MFA functionality ON, once the user pool has been created.
        400 InvalidParameterException: SMS configuration and Auto verification for phone_number are required when MFA is required/optional
        200 {"MfaConfiguration":"OPTIONAL","SoftwareTokenMfaConfiguration":{"Enabled":true}}
        200 {}
        200 {"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true}}
        200 {}
        200 {"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true}}
        400 InvalidParameterException: Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled
        200 {}
        200 {"MfaConfiguration":"OFF"}
        200 {}
        200 {"MfaConfiguration":"OPTIONAL","SmsMfaConfiguration":{"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms"}}}
        "#);
    }

    /// Changes are validated like new pools: R133 to R138, R140 to R155, R186. A
    /// refused request changes nothing.
    #[test]
    fn changes_are_validated() {
        assert_snapshot!(Fixture::new().run(r#"
            UpdateUserPool {"UserPoolId":"$pool","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["EMAIL_OTP"]}}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE","Policies":{"SignInPolicy":{"AllowedFirstAuthFactors":["PASSWORD","WEB_AUTHN"]}}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE","LambdaConfig":{"PreTokenGenerationConfig":{"LambdaVersion":"V2_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:t"}}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}
            UpdateUserPool {"UserPoolId":"$pool","AutoVerifiedAttributes":["phone_number"]}
            UpdateUserPool {"UserPoolId":"$pool","UserAttributeUpdateSettings":{"AttributesRequireVerificationBeforeUpdate":["email"]}}
            UpdateUserPool {"UserPoolId":"$pool","AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"admin_only"},{"Priority":2,"Name":"verified_email"}]}}
            UpdateUserPool {"UserPoolId":"$pool","AccountRecoverySetting":{"RecoveryMechanisms":[{"Priority":1,"Name":"verified_email"},{"Priority":1,"Name":"verified_phone_number"}]}}
            UpdateUserPool {"UserPoolId":"$pool","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER"}}
            UpdateUserPool {"UserPoolId":"$pool","EmailConfiguration":{"SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}}
            UpdateUserPool {"UserPoolId":"$pool","EmailConfiguration":{"From":"Ana"}}
            UpdateUserPool {"UserPoolId":"$pool","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:eu-central-1:123456789012:identity/a@example.com"}}
            UpdateUserPool {"UserPoolId":"$pool","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::123456789012:role/sms","SnsRegion":"us-west-2"}}
            UpdateUserPool {"UserPoolId":"$pool","SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::999999999999:role/sms"}}
            UpdateUserPool {"UserPoolId":"$pool","SmsConfiguration":{"SnsCallerArn":"arn:aws:sns:us-east-1:123456789012:topic"}}
            UpdateUserPool {"UserPoolId":"$pool","LambdaConfig":{"PreSignUp":"arn:aws:lambda:us-west-2:123456789012:function:f"}}
            UpdateUserPool {"UserPoolId":"$pool","LambdaConfig":{"CustomEmailSender":{"LambdaVersion":"V1_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:f"}}}
            UpdateUserPool {"UserPoolId":"$pool","LambdaConfig":{"PreTokenGeneration":"arn:aws:lambda:us-east-1:123456789012:function:a","PreTokenGenerationConfig":{"LambdaVersion":"V1_0","LambdaArn":"arn:aws:lambda:us-east-1:123456789012:function:b"}}}
            only /UserPool/EmailConfiguration DescribeUserPool {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: Password should be configured as one of the allowed first auth factors.
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Passwordless Sign-In
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Token Customization with Pre-Token Generation Lambda V2_0
        400 FeatureUnavailableInTierException: The following features need to be disabled for the ESSENTIALS pricing tier configured: Threat Protection
        400 InvalidParameterException: SMS configuration is required when phone_number is selected for auto verification
        400 InvalidParameterException: All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes
        400 InvalidParameterException: Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any other recovery mechanisms.
        400 InvalidParameterException: Invalid account recovery setting parameter. Account Recovery Setting cannot have duplicate priorities or recovery mechanisms.
        400 InvalidParameterException: Source ARN is required to use DEVELOPER email sending owner
        400 InvalidEmailRoleAccessPolicyException: Cognito is not allowed to use your email identity
        400 InvalidParameterException: Provided From email address is invalid
        400 InvalidParameterException: Invalid EmailConfiguration.SourceArn. Provided SourceArn must be in one of the following SES regions: eu-west-1, us-east-1, us-west-2.
        400 InvalidParameterException: Invalid snsRegion. Allowed SNS region for us-east-1 is us-east-1
        400 InvalidParameterException: Cross-account pass role is not allowed.
        400 InvalidSmsRoleTrustRelationshipException: Role does not have a trust relationship allowing Cognito to assume the role
        400 InvalidParameterException: Cross-region lambda functions are not supported
        400 InvalidParameterException: KMSKeyId parameter is required when Custom SMS/Email Lambda trigger is used.
        400 InvalidParameterException: Cannot use PreTokenGenerationLambda and PreTokenGeneration with different Lambda function ARN's
        {"EmailSendingAccount":"COGNITO_DEFAULT"}
        "#);
    }

    /// Every tier can be changed to every other (fact 10.7).
    #[test]
    fn tiers_change_freely() {
        assert_snapshot!(Fixture::new().run(r#"
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"ESSENTIALS"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"PLUS"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
        "#), @"
        200 {}
        200 {}
        200 {}
        200 {}
        ");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            UpdateUserPool {}
            UpdateUserPool {"UserPoolId":"us-east-1_nope","AdminCreateUserConfig":{"UnusedAccountValidityDays":1},"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":1}},"MfaConfiguration":"ON","AutoVerifiedAttributes":["phone_number"],"EmailConfiguration":{"From":"Ana"}}
            UpdateUserPool {"UserPoolId":"$pool","AdminCreateUserConfig":{"UnusedAccountValidityDays":1},"Policies":{"PasswordPolicy":{"TemporaryPasswordValidityDays":1}},"MfaConfiguration":"ON","AutoVerifiedAttributes":["phone_number"],"EmailConfiguration":{"From":"Ana"}}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"ON","AutoVerifiedAttributes":["phone_number"],"EmailConfiguration":{"From":"Ana"}}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"ON","AutoVerifiedAttributes":["email"],"EmailConfiguration":{"From":"Ana"}}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"ON","AutoVerifiedAttributes":["email"],"EmailConfiguration":{"From":"ana@example.com"}}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"OFF","AutoVerifiedAttributes":["email"],"EmailConfiguration":{"From":"ana@example.com"}}
        "#), @"
        400 InvalidParameterException: 1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays
        400 InvalidParameterException: SMS configuration is required when phone_number is selected for auto verification
        400 InvalidParameterException: Provided From email address is invalid
        400 InvalidParameterException: Cannot turn MFA functionality ON, once the user pool has been created.
        200 {}
        ");
    }

    /// Alternatives that pass validation, for each group of members that depend on each
    /// other.
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn versions() -> [Vec<Value>; 15] {
        let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
        let other = "arn:aws:lambda:us-east-1:123456789012:function:g";
        let ses = "arn:aws:ses:us-west-2:123456789012:identity/a@example.com";
        let verified = |names: Value| json!({"AutoVerifiedAttributes": names});
        let kept = |names: Value, kept: Value| json!({"AutoVerifiedAttributes": names, "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": kept}});
        let recovery =
            |options: Value| json!({"AccountRecoverySetting": {"RecoveryMechanisms": options}});
        [
            vec![
                verified(json!(["email"])),
                verified(json!([])),
                kept(json!(["email", "phone_number"]), json!(["phone_number"])),
                kept(json!(["phone_number"]), json!([])),
            ],
            vec![
                json!({"MfaConfiguration": "ON"}),
                json!({"MfaConfiguration": "OPTIONAL"}),
                json!({"MfaConfiguration": "OFF"}),
            ],
            vec![
                json!({"DeletionProtection": "ACTIVE"}),
                json!({"DeletionProtection": "INACTIVE"}),
            ],
            vec![
                json!({"LambdaConfig": {"PreSignUp": function, "PreTokenGeneration": other}}),
                json!({"LambdaConfig": {"PreTokenGenerationConfig": {"LambdaVersion": "V3_0", "LambdaArn": other}}}),
                json!({"LambdaConfig": {"CustomSMSSender": {"LambdaVersion": "V1_0", "LambdaArn": function}, "KMSKeyID": "arn:aws:kms:us-east-1:123456789012:key/k"}}),
                json!({"LambdaConfig": {}}),
            ],
            vec![
                json!({"EmailVerificationMessage": "Code {####}", "EmailVerificationSubject": "s"}),
                json!({"SmsVerificationMessage": "Code {####}", "VerificationMessageTemplate": {}}),
                json!({"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK", "EmailMessageByLink": "{##Click##}", "SmsMessage": "Code {####}"}}),
                json!({"EmailVerificationMessage": "Code {####}", "VerificationMessageTemplate": {"EmailMessage": "Your {####}"}}),
            ],
            vec![json!({"SmsAuthenticationMessage": "Code {####}"})],
            vec![
                json!({"DeviceConfiguration": {}}),
                json!({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": true}}),
            ],
            vec![
                json!({"EmailConfiguration": {}}),
                json!({"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": ses, "From": "Ana <a@example.com>", "ConfigurationSet": "c"}}),
                json!({"EmailConfiguration": {"ReplyToEmailAddress": "a@example.com"}}),
            ],
            vec![
                json!({"UserPoolTags": {}}),
                json!({"UserPoolTags": {"team": "a", "stage": ""}}),
            ],
            vec![
                json!({"AdminCreateUserConfig": {}}),
                json!({"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": true, "InviteMessageTemplate": {"SMSMessage": "{username} {####}", "EmailSubject": "s"}}}),
            ],
            vec![
                json!({"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED", "AdvancedSecurityAdditionalFlows": {"CustomAuthMode": "AUDIT"}}}),
                json!({"UserPoolAddOns": {"AdvancedSecurityMode": "OFF"}}),
            ],
            vec![
                recovery(
                    json!([{"Priority": 2, "Name": "verified_phone_number"}, {"Priority": 1, "Name": "verified_email"}]),
                ),
                recovery(json!([{"Priority": 1, "Name": "admin_only"}])),
            ],
            vec![
                json!({"DcrConfiguration": {}}),
                json!({"DcrConfiguration": {"EnableStatus": "Disabled", "AllowedScopes": ["a/b"]}}),
            ],
            vec![
                json!({"IssuerConfiguration": {"Type": "UPDATED"}}),
                json!({"KeyConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"}}),
            ],
            vec![
                json!({"AcrConfiguration": {"Level1": {"AcrValue": "urn:a"}}}),
                json!({"AcrConfiguration": {}}),
            ],
        ]
    }

    /// A request that `CreateUserPool` accepts.
    fn accepted() -> impl Strategy<Value = Value> {
        let policy = option::of((
            option::of(6..=99_u32),
            btree_set(
                select(vec![
                    "RequireUppercase",
                    "RequireLowercase",
                    "RequireNumbers",
                    "RequireSymbols",
                ]),
                0..4,
            ),
            option::of(0..=24_u32),
            option::of(0..=365_u32),
        ))
        .prop_map(|policy| {
            let mut members = Map::new();
            let (length, required, history, days) = policy?;
            members.extend(length.map(|n| ("MinimumLength".to_owned(), json!(n))));
            members.extend(
                required
                    .iter()
                    .map(|name| ((*name).to_owned(), json!(true))),
            );
            members.extend(history.map(|n| ("PasswordHistorySize".to_owned(), json!(n))));
            members.extend(days.map(|n| ("TemporaryPasswordValidityDays".to_owned(), json!(n))));
            Some(members)
        });
        let parts = versions().map(|versions| option::of(select(versions)));
        (policy, parts, any::<Index>()).prop_map(|(policy, parts, first)| {
            let mut request = json!({
                "PoolName": "p",
                "UserPoolTier": "PLUS",
                "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
            });
            for (name, value) in parts
                .into_iter()
                .flatten()
                .filter_map(|part| part.as_object().cloned())
                .flatten()
            {
                request[name] = value;
            }
            let mut policies = Map::new();
            policies
                .extend(policy.map(|policy| ("PasswordPolicy".to_owned(), Value::from(policy))));
            if request["MfaConfiguration"] != "ON" {
                let factors = [
                    json!(["PASSWORD"]),
                    json!(["PASSWORD", "EMAIL_OTP", "SMS_OTP"]),
                    json!(["WEB_AUTHN", "PASSWORD"]),
                ];
                policies.insert(
                    "SignInPolicy".to_owned(),
                    json!({"AllowedFirstAuthFactors": first.get(&factors)}),
                );
            }
            if !policies.is_empty() {
                request["Policies"] = Value::from(policies);
            }
            if request["MfaConfiguration"] != "OFF" && request["MfaConfiguration"] != Value::Null {
                // With SMS as a second factor, some recovery settings are refused.
                request
                    .as_object_mut()
                    .unwrap()
                    .remove("AccountRecoverySetting");
            }
            request
        })
    }

    /// The members of a description that the update accepts. A description has the
    /// validity in days under its old and its new name, and the update refuses both
    /// together (fact 3.17).
    fn as_update(pool: &Value) -> Value {
        let known = Model::get().operation("UpdateUserPool").unwrap().input();
        let members = pool.as_object().unwrap().iter();
        let mut update: Value = members
            .filter(|(name, _)| known.member(name).is_some())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        update["UserPoolId"] = pool["Id"].clone();
        let admin = update["AdminCreateUserConfig"].as_object_mut().unwrap();
        admin.remove("UnusedAccountValidityDays");
        update
    }

    fn is_returned(request: Value) -> Result<(), TestCaseError> {
        let mut fixture = Fixture::empty();
        let made = fixture.call("CreateUserPool", request);
        prop_assert!(made.is_ok(), "{}", made);
        let pool = &made.body["UserPool"];
        let id = json!({"UserPoolId": pool["Id"]});
        let mut described = fixture.must("DescribeUserPool", id.clone())["UserPool"].clone();
        let updated = fixture.call("UpdateUserPool", as_update(&described));
        prop_assert!(updated.is_ok(), "{}", updated);
        prop_assert_eq!(
            &described,
            &fixture.must("DescribeUserPool", id)["UserPool"]
        );
        // The response of the creation has other attributes, and no empty tags.
        let mut pool = pool.clone();
        for shown in [&mut pool, &mut described] {
            shown["SchemaAttributes"].take();
            let tags = shown["UserPoolTags"].take();
            shown["UserPoolTags"] = if tags == json!({}) { Value::Null } else { tags };
        }
        prop_assert_eq!(pool, described);
        Ok(())
    }

    proptest! {
        /// A description that is sent back changes nothing.
        #[test]
        fn an_update_with_the_description_changes_nothing(request in accepted()) {
            is_returned(request)?;
        }

        /// Any request that the model allows is refused with a sentence, or the
        /// response has its values.
        #[test]
        fn any_request_is_refused_or_returned(
            request in any_request(Model::get().operation("CreateUserPool").unwrap()),
        ) {
            match Fixture::empty().call("CreateUserPool", request.clone()) {
                reply if reply.is_ok() => is_returned(request)?,
                reply => prop_assert_ne!(reply.status, 500, "{}", reply),
            }
        }
    }
}
