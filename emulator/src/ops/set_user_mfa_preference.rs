//! `SetUserMFAPreference`: turns the caller's second factors on and off, and
//! sets the preferred one.
//!
//! A factor that is not in the request does not change.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::mfa::MfaPreferences;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    #[serde(flatten)]
    preferences: MfaPreferences,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write()?;
    pool.set_preferences(id, &request.preferences)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    #[test]
    fn the_preferred_factor_is_required_until_it_is_off() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "email", "Value": "ana@example.com"}, {"Name": "phone_number", "Value": "+12065559934"}]),
            )
            .and_mfa("OPTIONAL", &Factor::ALL);
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true},"EmailMfaSettings":{"Enabled":true}}
            only /UserMFASettingList GetUser {"AccessToken":"$access"}
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":false}}
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SetUserMFAPreference {"AccessToken":"$access","EmailMfaSettings":{"Enabled":false}}
            only /UserMFASettingList GetUser {"AccessToken":"$access"}
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        ["SMS_MFA","EMAIL_OTP"]
        "SMS_MFA"
        200 {}
        "EMAIL_OTP"
        200 {}
        absent
        absent
        "#);
    }

    #[test]
    fn refusals_change_nothing() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "email", "Value": "ana@example.com"}, {"Name": "phone_number", "Value": "+12065559934"}]),
            )
            .and_mfa("OPTIONAL", &Factor::ALL);
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true},"EmailMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true},"SoftwareTokenMfaSettings":{"Enabled":true}}
            only /UserMFASettingList GetUser {"AccessToken":"$access"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true}}
            AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true}}
            advance 3601
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true}}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: Only one MFA factor can be set as preferred.
        400 InvalidParameterException: User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA
        absent
        200 {}
        400 NotAuthorizedException: User is disabled.
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        400 NotAuthorizedException: Access Token has expired
        "#);
    }

    /// A passkey counts as both factors if the pool and the user are configured
    /// so. Another second factor must remain.
    #[test]
    fn passkeys_as_both_factors() {
        let fixture = Fixture::new().and_user(
            "ana",
            json!([{"Name": "email", "Value": "ana@example.com"}]),
        );
        let fixture = fixture.and_mfa("OPTIONAL", &[Factor::EmailOtp]);
        assert_snapshot!({ fixture.signed_in("ana") }.run(r#"
            SetUserMFAPreference {"AccessToken":"$access","WebAuthnMfaSettings":{"Enabled":true}}
            UpdateUserPool {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","EmailConfiguration":{"EmailSendingAccount":"DEVELOPER","SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/a@example.com"}}
            SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","EmailMfaConfiguration":{},"WebAuthnConfiguration":{"RelyingPartyId":"localhost","FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION"}}
            SetUserMFAPreference {"AccessToken":"$access","WebAuthnMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","EmailMfaSettings":{"Enabled":true},"WebAuthnMfaSettings":{"Enabled":true}}
            only /UserMFASettingList GetUser {"AccessToken":"$access"}
            SetUserMFAPreference {"AccessToken":"$access","EmailMfaSettings":{"Enabled":false}}
            SetUserMFAPreference {"AccessToken":"$access","EmailMfaSettings":{"Enabled":false},"WebAuthnMfaSettings":{"Enabled":false}}
            only /UserMFASettingList GetUser {"AccessToken":"$access"}
        "#), @r#"
        400 InvalidParameterException: WebAuthn MFA needs the WebAuthn factor configuration MULTI_FACTOR_WITH_USER_VERIFICATION.
        200 {}
        200 {"EmailMfaConfiguration":{},"MfaConfiguration":"OPTIONAL","WebAuthnConfiguration":{"FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION","RelyingPartyId":"localhost"}}
        400 InvalidParameterException: WebAuthn MFA needs at least one other MFA method.
        200 {}
        ["EMAIL_OTP"]
        400 InvalidParameterException: WebAuthn MFA needs at least one other MFA method.
        200 {}
        absent
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "email", "Value": "ana@example.com"}]),
            )
            .and_mfa("OPTIONAL", &Factor::ALL);
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SetUserMFAPreference {}
            SetUserMFAPreference {"AccessToken":"$id","SMSMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","WebAuthnMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","EmailMfaSettings":{"Enabled":true,"PreferredMfa":true},"WebAuthnMfaSettings":{"Enabled":false}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Invalid Access Token
        400 InvalidParameterException: User does not have delivery config set to turn on SMS_MFA
        400 InvalidParameterException: User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA
        400 InvalidParameterException: WebAuthn MFA needs the WebAuthn factor configuration MULTI_FACTOR_WITH_USER_VERIFICATION.
        200 {}
        200 {"Enabled":true,"PreferredMfaSetting":"EMAIL_OTP","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserMFASettingList":["EMAIL_OTP"],"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }
}
