//! `AdminSetUserMFAPreference`: turns a user's second factors on and off, and
//! sets the preferred one.
//!
//! A factor that is not in the request does not change.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminSetUserMFAPreference.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::mfa::MfaPreferences;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    #[serde(flatten)]
    preferences: MfaPreferences,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    pool.set_preferences(id, &request.preferences)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    /// A factor that is in the request is not preferred unless `PreferredMfa` is true.
    /// Other factors do not change.
    #[test]
    fn factors_are_turned_on_and_off() {
        let fixture = Fixture::new()
            .and_user("ana", json!([{"Name": "phone_number", "Value": "+12065559934"}, {"Name": "email", "Value": "ana@example.com"}]))
            .and_mfa("OPTIONAL", &Factor::ALL);
        assert_snapshot!({ fixture }.run(r#"
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","EmailMfaSettings":{"Enabled":true}}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","EmailMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","EmailMfaSettings":{"Enabled":true}}
            spread AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","EmailMfaSettings":{"Enabled":false},"SMSMfaSettings":{"Enabled":false}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {}
        200 {}
        200
          Enabled: true
          PreferredMfaSetting: "SMS_MFA"
          UserAttributes: [{"Name":"email","Value":"ana@example.com"},{"Name":"phone_number","Value":"+12065559934"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserMFASettingList: ["SMS_MFA","EMAIL_OTP"]
          UserStatus: "CONFIRMED"
          Username: "ana"
        200 {}
        200
          Enabled: true
          PreferredMfaSetting: "EMAIL_OTP"
          UserAttributes: [{"Name":"email","Value":"ana@example.com"},{"Name":"phone_number","Value":"+12065559934"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserMFASettingList: ["SMS_MFA","EMAIL_OTP"]
          UserStatus: "CONFIRMED"
          Username: "ana"
        200 {}
        200
          Enabled: true
          UserAttributes: [{"Name":"email","Value":"ana@example.com"},{"Name":"phone_number","Value":"+12065559934"},{"Name":"sub","Value":"$sub"}]
          UserCreateDate: 1700000000.0
          UserLastModifiedDate: 1700000000.0
          UserMFASettingList: ["SMS_MFA","EMAIL_OTP"]
          UserStatus: "CONFIRMED"
          Username: "ana"
        200 {}
        200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"phone_number","Value":"+12065559934"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let fixture = Fixture::new()
            .and_user("ana", json!([{"Name": "phone_number", "Value": "+12065559934"}, {"Name": "email", "Value": "ana@example.com"}]))
            .and_mfa("OPTIONAL", &Factor::ALL);
        assert_snapshot!({ fixture }.run(r#"
            AdminSetUserMFAPreference {}
            AdminSetUserMFAPreference {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"bob"}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true},"EmailMfaSettings":{"Enabled":true,"PreferredMfa":true},"SoftwareTokenMfaSettings":{"Enabled":true}}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true},"EmailMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true},"EmailMfaSettings":{"Enabled":true}}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must not be null; Value null at 'userPoolId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA
        400 InvalidParameterException: Only one MFA factor can be set as preferred.
        200 {}
        ");
    }
}
