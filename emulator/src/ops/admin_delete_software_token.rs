//! `AdminDeleteSoftwareToken`: deletes a user's software token, for example
//! after the phone was lost.
//!
//! Sign-ins no longer require it, and the user can register another. That the call
//! succeeds for a user without a software token is inferred.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminDeleteSoftwareToken.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    pool.delete_totp(id)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    const SIGN_IN: &str = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    /// If MFA is optional, the next sign-in requires no factor. If it is
    /// required, the user sets up a new token.
    #[test]
    fn the_next_sign_in() {
        for (mode, challenge) in [("OPTIONAL", "absent"), ("ON", "\"MFA_SETUP\"")] {
            let fixture = Fixture::with_user("ana").signed_in("ana");
            let mut fixture = fixture.and_mfa(mode, &[Factor::SoftwareTokenMfa]);
            let transcript = fixture.run(&format!(r#"
                only /Nothing AssociateSoftwareToken {{"AccessToken":"$access"}}
                only /Status VerifySoftwareToken {{"AccessToken":"$access","UserCode":"$totp"}}
                SetUserMFAPreference {{"AccessToken":"$access","SoftwareTokenMfaSettings":{{"Enabled":true,"PreferredMfa":true}}}}
                only /ChallengeName {SIGN_IN}
                AdminDeleteSoftwareToken {{"UserPoolId":"$pool","Username":"ana"}}
                only /UserMFASettingList AdminGetUser {{"UserPoolId":"$pool","Username":"ana"}}
                only /PreferredMfaSetting AdminGetUser {{"UserPoolId":"$pool","Username":"ana"}}
                only /ChallengeName {SIGN_IN}
            "#));
            let expected =
                "absent\n\"SUCCESS\"\n200 {}\n\"SOFTWARE_TOKEN_MFA\"\n200 {}\nabsent\nabsent\n";
            assert_eq!(transcript, format!("{expected}{challenge}\n"));
        }
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminDeleteSoftwareToken {}
            AdminDeleteSoftwareToken {"UserPoolId":"us-east-1_nope","Username":"bob"}
            AdminDeleteSoftwareToken {"UserPoolId":"$pool","Username":"bob"}
            AdminDeleteSoftwareToken {"UserPoolId":"$pool","Username":"ana"}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        200 {}
        ");
    }
}
