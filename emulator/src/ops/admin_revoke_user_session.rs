//! `AdminRevokeUserSession`: ends one of a user's sessions, with its refresh
//! and access tokens.
//!
//! `RevokeAssociatedSessions` is for sessions of managed login, which the API does not
//! create.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRevokeUserSession.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    session_id: String,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let id = pool.find(&request.username)?;
    pool.revoke_session(id, &request.session_id, cx.now(), |_| Ok(()))?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above. A session belongs to one
    /// user and can be revoked once.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_user("ana").and_user("bob", json!([]));
        assert_snapshot!(fixture.run(r#"
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            as session /Sessions/0/SessionId AdminListUserSessions {"UserPoolId":"$pool","Username":"ana"}
            AdminRevokeUserSession {}
            AdminRevokeUserSession {"UserPoolId":"us-east-1_nope","Username":"noname","SessionId":"nonsense"}
            AdminRevokeUserSession {"UserPoolId":"us-east-1_nope","Username":"noname","SessionId":"tkn0000000000000000000000000"}
            AdminRevokeUserSession {"UserPoolId":"$pool","Username":"noname","SessionId":"tkn0000000000000000000000000"}
            AdminRevokeUserSession {"UserPoolId":"$pool","Username":"bob","SessionId":"tkn0000000000000000000000000"}
            AdminRevokeUserSession {"UserPoolId":"$pool","Username":"bob","SessionId":"$session"}
            only /Username GetUser {"AccessToken":"$access"}
            AdminRevokeUserSession {"UserPoolId":"$pool","Username":"ana","SessionId":"$session"}
            only /Username GetUser {"AccessToken":"$access"}
            AdminRevokeUserSession {"UserPoolId":"$pool","Username":"ana","SessionId":"$session"}
        "#), @r#"
        "ENABLED"
        {}
        "$session"
        400 InvalidParameterException: 3 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null; Value null at 'sessionId' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 2 validation errors detected: Value 'nonsense' at 'sessionId' failed to satisfy constraint: Member must have length greater than or equal to 28; Value 'nonsense' at 'sessionId' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(tkn|sso)[a-z0-9]{25}$
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 ResourceNotFoundException: Session tkn0000000000000000000000000 does not exist.
        400 ResourceNotFoundException: Session $session does not exist.
        "ana"
        200 {}
        400 NotAuthorizedException: Access Token has been revoked
        400 ResourceNotFoundException: Session $session does not exist.
        "#);
    }
}
