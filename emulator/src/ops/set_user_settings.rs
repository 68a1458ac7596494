//! `SetUserSettings`: turns the caller's SMS codes on or off. `SetUserMFAPreference`
//! has replaced it.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserSettings.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::mfa::{MfaOption, turns_sms_on};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    #[serde(rename = "MFAOptions")]
    mfa_options: Vec<MfaOption>,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write()?;
    pool.set_sms_mfa(id, turns_sms_on(&request.mfa_options)?)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    /// A preferred factor stays preferred while it is on.
    #[test]
    fn sms_codes_are_turned_on_and_off() {
        let phone = json!([{"Name": "phone_number", "Value": "+12065559934"}]);
        let fixture = Fixture::new().and_user("ana", phone).signed_in("ana");
        let mut fixture = fixture.and_mfa("OPTIONAL", &Factor::ALL);
        fixture.run(r#"sign_in = {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#);
        assert_snapshot!(fixture.run(r#"
            SetUserSettings {"AccessToken":"$access","MFAOptions":[{"DeliveryMedium":"SMS","AttributeName":"phone_number"}]}
            only /UserMFASettingList GetUser {"AccessToken":"$access"}
            only /ChallengeName InitiateAuth $sign_in
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            SetUserSettings {"AccessToken":"$access","MFAOptions":[{"DeliveryMedium":"SMS","AttributeName":"phone_number"}]}
            only /PreferredMfaSetting GetUser {"AccessToken":"$access"}
            SetUserSettings {"AccessToken":"$access","MFAOptions":[]}
            only /UserMFASettingList GetUser {"AccessToken":"$access"}
            only /PreferredMfaSetting GetUser {"AccessToken":"$access"}
            only /ChallengeName InitiateAuth $sign_in
        "#), @r#"
        200 {}
        ["SMS_MFA"]
        "SMS_MFA"
        200 {}
        200 {}
        "SMS_MFA"
        200 {}
        absent
        absent
        absent
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_user("ana").signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            SetUserSettings {}
            SetUserSettings {"AccessToken":"nonsense","MFAOptions":[{"DeliveryMedium":"EMAIL","AttributeName":"phone_number"}]}
            SetUserSettings {"AccessToken":"$access","MFAOptions":[{"DeliveryMedium":"EMAIL","AttributeName":"phone_number"}]}
            SetUserSettings {"AccessToken":"$access","MFAOptions":[{"DeliveryMedium":"SMS","AttributeName":"email"}]}
            SetUserSettings {"AccessToken":"$access","MFAOptions":[{"DeliveryMedium":"SMS","AttributeName":"phone_number"}]}
            AdminUpdateUserAttributes {"UserPoolId":"$pool","Username":"ana","UserAttributes":[{"Name":"phone_number","Value":"+12065559934"}]}
            SetUserSettings {"AccessToken":"$access","MFAOptions":[{"DeliveryMedium":"SMS","AttributeName":"phone_number"}]}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null; Value null at 'mfaOptions' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidParameterException: MFAOptions can only set SMS delivery to phone_number.
        400 InvalidParameterException: MFAOptions can only set SMS delivery to phone_number.
        400 InvalidParameterException: User does not have delivery config set to turn on SMS_MFA
        200 {}
        200 {}
        ");
    }
}
