//! `SetUserMFAPreference`: turns the caller's second factors on and off, and
//! prefers one.
//!
//! A factor that is not named stays as it is.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserMFAPreference.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::shapes::mfa::MfaPreferences;

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
    use crate::testing::Story;

    /// Each call mends the fault of the one above.
    #[test]
    fn precedence() {
        let story = Story::new()
            .and_user(
                "ana",
                json!([{"Name": "email", "Value": "ana@example.com"}]),
            )
            .and_mfa("OPTIONAL", &Factor::ALL);
        assert_snapshot!({ story }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SetUserMFAPreference {}
            SetUserMFAPreference {"AccessToken":"$id","SMSMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","WebAuthnMfaSettings":{"Enabled":true}}
            SetUserMFAPreference {"AccessToken":"$access","EmailMfaSettings":{"Enabled":true,"PreferredMfa":true},"WebAuthnMfaSettings":{"Enabled":false}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"TokenType":"Bearer","RefreshToken":"$refresh","IdToken":"$id"}}
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Invalid Access Token
        400 InvalidParameterException: User does not have delivery config set to turn on SMS_MFA
        400 InvalidParameterException: User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA
        501 NotImplemented: The emulator does not implement passkeys as second factor yet.
        200 {}
        200 {"Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1700000000.0,"UserLastModifiedDate":1700000000.0,"Enabled":true,"UserStatus":"CONFIRMED","PreferredMfaSetting":"EMAIL_OTP","UserMFASettingList":["EMAIL_OTP"]}
        "#);
    }
}
