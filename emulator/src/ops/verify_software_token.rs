//! `VerifySoftwareToken`: verifies with a first code that the user's authenticator has
//! the secret.
//!
//! The code is consumed, so a sign-in needs the next one. The caller sends an access
//! token, or the session in the response of `AssociateSoftwareToken`. The new session
//! then satisfies the `MFA_SETUP` challenge.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_VerifySoftwareToken.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::sign_in::{replace_session, user_in_setup};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: Option<String>,
    session: Option<String>,
    user_code: String,
    friendly_device_name: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (code, name) = (&request.user_code, request.friendly_device_name.as_deref());
    let session = match (request.access_token, request.session) {
        (Some(token), None) => {
            let (mut pool, id) = cx.bearer(&token)?.write()?;
            pool.verify_totp(id, code, name, cx.now())?;
            None
        }
        (None, Some(session)) => {
            let mut pool = cx.pool_handle_of_session(&session)?.write();
            let id = user_in_setup(cx, &pool, &session)?;
            pool.verify_totp(id, code, name, cx.now())?;
            Some(replace_session(cx, &mut pool, &session, true)?)
        }
        _ => return Err(Error::TokenOrSession),
    };
    Ok(Response {
        status: "SUCCESS",
        session,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let fixture = Fixture::with_user("ana").and_mfa("OPTIONAL", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            VerifySoftwareToken {"AccessToken":"$access"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"12345"}
            VerifySoftwareToken {"UserCode":"123456"}
            VerifySoftwareToken {"AccessToken":"$id","UserCode":"123456"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"123456"}
            AssociateSoftwareToken {"AccessToken":"$access"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"123456"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: 1 validation error detected: Value at 'userCode' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value at 'userCode' failed to satisfy constraint: Member must have length greater than or equal to 6
        400 InvalidParameterException: Either AccessToken or Session must be provided, and not both.
        400 NotAuthorizedException: Invalid Access Token
        400 EnableSoftwareTokenMFAException: Code mismatch
        200 {"SecretCode":"$seed"}
        400 EnableSoftwareTokenMFAException: Code mismatch
        200 {"Status":"SUCCESS"}
        "#);
    }

    #[test]
    fn a_pool_without_totp() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"123456"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 SoftwareTokenMFANotFoundException: Software Token MFA has not been enabled by the userPool
        "#);
    }

    /// The code that verified the token is consumed.
    #[test]
    fn a_sign_in_needs_the_next_code() {
        let fixture = Fixture::with_user("ana").and_mfa("OPTIONAL", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AssociateSoftwareToken {"AccessToken":"$access"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp","FriendlyDeviceName":"phone"}
            # MFA is optional: a verified token is not required before it is turned on.
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"$totp"}}
            advance 30
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"$totp"}}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"SecretCode":"$seed"}
        200 {"Status":"SUCCESS"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"FRIENDLY_DEVICE_NAME":"phone","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        400 ExpiredCodeException: Your software token has already been used once.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }
}
