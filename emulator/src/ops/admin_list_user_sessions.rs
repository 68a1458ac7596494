//! `AdminListUserSessions`: lists a user's sessions in all app clients of the
//! pool.
//!
//! All sessions are on one page. A pool that does not track sessions has none
//! (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminListUserSessions.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;
use crate::views::session::SessionView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    sessions: Vec<SessionView>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let user = pool.user(&request.username)?;
    page::refuse_token(request.next_token.as_deref())?;
    let sessions = pool.sessions(user, cx.now());
    let sessions = sessions.map(|(sign_in, session)| SessionView::new(sign_in, session, false));
    Ok(Response {
        sessions: sessions.collect(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// `IsCurrentSession` is always false, because the administrator has no session.
    #[test]
    fn shows_sessions_of_every_client() {
        let mut fixture = Fixture::with_user("ana");
        assert_snapshot!(fixture.run(r#"
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"other","ExplicitAuthFlows":["ALLOW_ADMIN_USER_PASSWORD_AUTH"]}
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            only /ChallengeParameters AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$other","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            spread AdminListUserSessions {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        "ENABLED"
        "$other"
        {}
        {}
        200
          Sessions:
            -
              ClientId: "$client"
              CreateDate: 1700000000.0
              DeviceType: "unknown"
              IsCurrentSession: false
              LastActiveDate: 1700000000.0
              LastLocation: {"Country":"unknown"}
              SessionId: "tknzc26s8gkkmknc0drobmt4f183"
              SessionType: "TOKEN"
            -
              ClientId: "$other"
              CreateDate: 1700000000.0
              DeviceType: "unknown"
              IsCurrentSession: false
              LastActiveDate: 1700000000.0
              LastLocation: {"Country":"unknown"}
              SessionId: "tknoz6peicwv22vqt4olmr8sa46y"
              SessionType: "TOKEN"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminListUserSessions {}
            AdminListUserSessions {"UserPoolId":"us-east-1_nope","Username":"bob","NextToken":"more"}
            AdminListUserSessions {"UserPoolId":"$pool","Username":"bob","NextToken":"more"}
            AdminListUserSessions {"UserPoolId":"$pool","Username":"ana","NextToken":"more"}
            AdminListUserSessions {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'username' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"Sessions":[]}
        "#);
    }
}
