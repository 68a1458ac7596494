//! `DeleteUser`: deletes the signed-in user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DeleteUser.html>

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
    let (mut pool, id) = cx.bearer(&request.access_token)?.write()?;
    pool.remove_user(id);
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    #[test]
    fn tokens_are_refused_and_the_username_can_be_used_again() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            DeleteUser {"AccessToken":"$access"}
            DeleteUser {"AccessToken":"$access"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            SignUp {"ClientId":"$client","Username":"ana","Password":"$password"}
        "#), @r#"
        200
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: The user has been deleted for the associated refresh token
        400 UserNotFoundException: User does not exist.
        200 {"UserConfirmed":false,"UserSub":"$sub"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").signed_in("ana").run(r#"
            DeleteUser {}
            DeleteUser {"AccessToken":"no.token"}
            DeleteUser {"AccessToken":"$access"}
        "#), @"
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        200
        ");
    }
}
