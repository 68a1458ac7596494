//! `GetUserAuthFactors`: returns the factors by which the signed-in user can
//! sign in.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserAuthFactors.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::error::Error;
use crate::views::user::AuthFactors;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<AuthFactors> {
    let (pool, id) = cx.bearer(&request.access_token)?.read()?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    Ok(AuthFactors::of(&pool, user))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;
    use crate::testing::authenticator::Authenticator;

    #[test]
    fn first_and_second_factors() {
        let attributes = json!([{"Name": "email", "Value": "ana@example.com"}, {"Name": "phone_number", "Value": "+12065559934"}]);
        let pool = json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]}}});
        let fixture = Fixture::with_pool(pool)
            .and_user("ana", attributes)
            .and_mfa("OPTIONAL", &Factor::ALL);
        let mut fixture = fixture.signed_in("ana");
        fixture.run(r#"SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"OPTIONAL","SmsMfaConfiguration":{},"SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"RelyingPartyId":"localhost"}}"#);
        let mut fixture = fixture.and_passkey(&Authenticator::new("http://localhost:3000"));
        assert_snapshot!(fixture.run(r#"
            GetUserAuthFactors {"AccessToken":"$access"}
            # A user with a second factor starts with the password.
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            GetUserAuthFactors {"AccessToken":"$access"}
            AssociateSoftwareToken {"AccessToken":"$access"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp"}
            SetUserMFAPreference {"AccessToken":"$access","SMSMfaSettings":{"Enabled":false},"SoftwareTokenMfaSettings":{"Enabled":true}}
            GetUserAuthFactors {"AccessToken":"$access"}
        "#), @r#"
        200 {"ConfiguredUserAuthFactors":["PASSWORD","EMAIL_OTP","SMS_OTP","WEB_AUTHN"],"Username":"ana"}
        200 {}
        200 {"ConfiguredUserAuthFactors":["PASSWORD","SMS_OTP"],"PreferredMfaSetting":"SMS_MFA","UserMFASettingList":["SMS_MFA"],"Username":"ana"}
        200 {"SecretCode":"$seed"}
        200 {"Status":"SUCCESS"}
        200 {}
        200 {"ConfiguredUserAuthFactors":["PASSWORD","SOFTWARE_TOKEN"],"UserMFASettingList":["SOFTWARE_TOKEN_MFA"],"Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            GetUserAuthFactors {}
            GetUserAuthFactors {"AccessToken":"invalidtoken"}
            GetUserAuthFactors {"AccessToken":"$access"}
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            GetUserAuthFactors {"AccessToken":"$access"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            GetUserAuthFactors {"AccessToken":"$access"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        200 {"ConfiguredUserAuthFactors":["PASSWORD"],"Username":"ana"}
        200 {}
        400 NotAuthorizedException: User is disabled.
        200
        400 UserNotFoundException: User does not exist.
        "#);
    }
}
