//! `GlobalSignOut`: signs the caller out everywhere.
//!
//! Access tokens are revoked, and refresh tokens are refused. In Cognito, the cookie of
//! managed login stays valid.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GlobalSignOut.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let (mut pool, id) = cx.bearer(&request.access_token)?.write_unless_deleted()?;
    pool.users
        .edit_unindexed(id, |user| user.sign_out_globally(cx.now()));
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn all_tokens_are_refused_and_the_user_can_sign_in_again() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            first = $access
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            GlobalSignOut {"AccessToken":"$access"}
            GetUser {"AccessToken":"$first"}
            GetUser {"AccessToken":"$access"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            GetUser {"AccessToken":"$access"}
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        400 NotAuthorizedException: Access Token has been revoked
        400 NotAuthorizedException: Refresh Token has been revoked
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"UserAttributes":[{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            GlobalSignOut {}
            GlobalSignOut {"AccessToken":"no.token"}
            GlobalSignOut {"AccessToken":"$access"}
            GlobalSignOut {"AccessToken":"$access"}
            AdminDeleteUser {"UserPoolId":"$pool","Username":"ana"}
            GlobalSignOut {"AccessToken":"$access"}
        "#), @"
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        200
        400 NotAuthorizedException: Invalid Access Token
        ");
    }
}
