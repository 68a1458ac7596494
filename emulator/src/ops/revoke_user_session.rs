//! `RevokeUserSession`: ends one of the caller's sessions, with its refresh and
//! access tokens, except the session of the caller's token.
//!
//! `RevokeAssociatedSessions` is for sessions of managed login, which the API does not
//! create.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RevokeUserSession.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    session_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (mut pool, id) = bearer.write()?;
    pool.revoke_session(id, &request.session_id, cx.now(), |sign_in| {
        if bearer.is_of(sign_in) {
            Err(Error::CurrentSession)
        } else {
            Ok(())
        }
    })?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// The session's tokens are revoked. The tokens of the other session are not.
    #[test]
    fn ends_one_session() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(r#"sign_in = {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#);
        assert_snapshot!(fixture.run(r#"
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            only /ChallengeParameters InitiateAuth $sign_in
            access1 = $access
            refresh1 = $refresh
            only /ChallengeParameters InitiateAuth $sign_in
            as first /Sessions/0/SessionId ListUserSessions {"AccessToken":"$access"}
            as second /Sessions/1/SessionId ListUserSessions {"AccessToken":"$access"}
            RevokeUserSession {"AccessToken":"$access","SessionId":"$first","RevokeAssociatedSessions":"LINKED"}
            only /Username GetUser {"AccessToken":"$access1"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh1"}}
            only /Sessions/0/SessionId ListUserSessions {"AccessToken":"$access"}
            RevokeUserSession {"AccessToken":"$access","SessionId":"$first"}
        "#), @r#"
        "ENABLED"
        {}
        {}
        "$first"
        "$second"
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        400 NotAuthorizedException: Refresh Token has been revoked
        "$second"
        400 ResourceNotFoundException: Session $first does not exist.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(r#"sign_in = {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#);
        assert_snapshot!(fixture.run(r#"
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            only /ChallengeParameters InitiateAuth $sign_in
            only /ChallengeParameters InitiateAuth $sign_in
            as first /Sessions/0/SessionId ListUserSessions {"AccessToken":"$access"}
            as second /Sessions/1/SessionId ListUserSessions {"AccessToken":"$access"}
            RevokeUserSession {}
            RevokeUserSession {"AccessToken":"nonsense","SessionId":"nonsense"}
            RevokeUserSession {"AccessToken":"nonsense","SessionId":"tkn0000000000000000000000000"}
            RevokeUserSession {"AccessToken":"$access","SessionId":"tkn0000000000000000000000000"}
            RevokeUserSession {"AccessToken":"$access","SessionId":"$second"}
            RevokeUserSession {"AccessToken":"$access","SessionId":"$first"}
        "#), @r#"
        "ENABLED"
        {}
        {}
        "$first"
        "$second"
        400 InvalidParameterException: 2 validation errors detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null; Value null at 'sessionId' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 2 validation errors detected: Value 'nonsense' at 'sessionId' failed to satisfy constraint: Member must have length greater than or equal to 28; Value 'nonsense' at 'sessionId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(tkn|sso)[a-z0-9]{25}$
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 ResourceNotFoundException: Session tkn0000000000000000000000000 does not exist.
        400 InvalidParameterException: Cannot revoke the current session.
        200 {}
        "#);
    }
}
