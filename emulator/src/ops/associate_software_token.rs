//! `AssociateSoftwareToken`: generates a TOTP secret for a user. The secret is not
//! verified yet.
//!
//! The caller sends an access token, or the session of an `MFA_SETUP` challenge. For a
//! session, the response has a new session. The user's previous software token is
//! deleted at once.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::auth::totp::Secret;
use crate::error::Error;
use crate::sign_in::{replace_session, user_in_setup};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: Option<String>,
    session: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    secret_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let secret = Secret::new(&cx.world.chance);
    let session = match (request.access_token, request.session) {
        (Some(token), None) => {
            let (mut pool, id) = cx.bearer(&token)?.write_unless_deleted()?;
            pool.associate_totp(id, secret)?;
            None
        }
        (None, Some(session)) => {
            let mut pool = cx.pool_handle_of_session(&session)?.write();
            let id = user_in_setup(cx, &pool, &session)?;
            pool.associate_totp(id, secret)?;
            Some(replace_session(cx, &mut pool, &session, false)?)
        }
        _ => return Err(Error::TokenOrSession),
    };
    Ok(Response {
        secret_code: secret.code(),
        session,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    /// A new association deletes the verified token and the preference.
    #[test]
    fn a_new_token_replaces_the_old_one_at_once() {
        let fixture = Fixture::with_user("ana").and_mfa("OPTIONAL", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AssociateSoftwareToken {"AccessToken":"$access"}
            VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp"}
            SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AssociateSoftwareToken {"AccessToken":"$access"}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"SecretCode":"$seed"}
        200 {"Status":"SUCCESS"}
        200 {}
        200 {"Enabled":true,"PreferredMfaSetting":"SOFTWARE_TOKEN_MFA","UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserMFASettingList":["SOFTWARE_TOKEN_MFA"],"UserStatus":"CONFIRMED","Username":"ana"}
        200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"SecretCode":"$seed"}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// The operation does not declare `UserNotFoundException`.
    #[test]
    fn a_deleted_user_has_no_token() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            AssociateSoftwareToken {"AccessToken":"$access"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200
        400 NotAuthorizedException: Invalid Access Token
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let fixture = Fixture::with_user("ana");
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AssociateSoftwareToken {}
            AssociateSoftwareToken {"AccessToken":"$access","Session":"short"}
            AssociateSoftwareToken {"AccessToken":"$access","Session":"a-session-that-is-unknown"}
            AssociateSoftwareToken {"Session":"a-session-that-is-unknown"}
            AssociateSoftwareToken {"AccessToken":"nonsense"}
            AssociateSoftwareToken {"AccessToken":"$access"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: Either AccessToken or Session must be provided, and not both.
        400 InvalidParameterException: 1 validation error detected: Value at 'session' failed to satisfy constraint: Member must have length greater than or equal to 20
        400 InvalidParameterException: Either AccessToken or Session must be provided, and not both.
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 SoftwareTokenMFANotFoundException: Software Token MFA has not been enabled by the userPool
        "#);
        let fixture = Fixture::with_user("ana").and_mfa("OPTIONAL", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!({ fixture }.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AssociateSoftwareToken {"AccessToken":"$access"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"SecretCode":"$seed"}
        "#);
    }

    /// Only the session of `MFA_SETUP` is accepted.
    #[test]
    fn sessions_of_other_challenges() {
        let fixture = Fixture::with_user("ana").and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!({ fixture }.run(r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AssociateSoftwareToken {"Session":"$session"}
        "#), @r#"
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        400 NotAuthorizedException: Invalid session for the user.
        "#);
    }
}
