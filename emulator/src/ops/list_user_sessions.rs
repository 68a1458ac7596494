//! `ListUserSessions`: lists the caller's sessions in all app clients of the
//! pool, and marks the one of the access token.
//!
//! All sessions are on one page. A pool that does not track sessions has none
//! (inferred).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserSessions.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::page;
use crate::views::session::SessionView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    access_token: String,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    sessions: Vec<SessionView>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let bearer = cx.bearer(&request.access_token)?;
    let (pool, id) = bearer.read()?;
    page::refuse_token(request.next_token.as_deref())?;
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let sessions = pool.sessions(user, cx.now());
    let sessions = sessions
        .map(|(sign_in, session)| SessionView::new(sign_in, session, bearer.is_of(sign_in)));
    Ok(Response {
        sessions: sessions.collect(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    const SIGN_IN: &str = r#"only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    /// Sign-ins before tracking was turned on are not listed. A refresh counts as
    /// activity.
    #[test]
    fn shows_sessions_that_can_be_refreshed() {
        let client =
            json!({"RefreshTokenValidity": 1, "TokenValidityUnits": {"RefreshToken": "hours"}});
        let mut fixture =
            Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        assert_snapshot!(fixture.run(&format!(r#"
            {SIGN_IN}
            ListUserSessions {{"AccessToken":"$access"}}
            only /UserSessionTracking SetUserPoolSessionConfiguration {{"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{{"MaxPerUser":20}}}}
            ListUserSessions {{"AccessToken":"$access"}}
            advance 10
            {SIGN_IN}
            as first /Sessions/0/SessionId ListUserSessions {{"AccessToken":"$access"}}
            advance 10
            {SIGN_IN}
            as second /Sessions/1/SessionId ListUserSessions {{"AccessToken":"$access"}}
            advance 100
            only /ChallengeParameters InitiateAuth {{"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{{"REFRESH_TOKEN":"$refresh"}}}}
            ListUserSessions {{"AccessToken":"$access"}}
            advance 3489
            only /Sessions/1/SessionId ListUserSessions {{"AccessToken":"$access"}}
            advance 1
            only /Sessions/1/SessionId ListUserSessions {{"AccessToken":"$access"}}
            only /UserSessionTracking SetUserPoolSessionConfiguration {{"UserPoolId":"$pool","UserSessionTracking":"DISABLED","TokenSession":{{"MaxPerUser":20}}}}
            ListUserSessions {{"AccessToken":"$access"}}
        "#)), @r#"
        {}
        200 {"Sessions":[]}
        "ENABLED"
        200 {"Sessions":[]}
        {}
        "$first"
        {}
        "$second"
        {}
        200 {"Sessions":[{"ClientId":"$client","CreateDate":1.70000001E9,"DeviceType":"unknown","IsCurrentSession":false,"LastActiveDate":1.70000001E9,"LastLocation":{"Country":"unknown"},"SessionId":"$first","SessionType":"TOKEN"},{"ClientId":"$client","CreateDate":1.70000002E9,"DeviceType":"unknown","IsCurrentSession":true,"LastActiveDate":1.70000012E9,"LastLocation":{"Country":"unknown"},"SessionId":"$second","SessionType":"TOKEN"}]}
        "$second"
        absent
        "DISABLED"
        200 {"Sessions":[]}
        "#);
    }

    /// Every kind of sign-out ends the session.
    #[test]
    fn ended_sessions_are_not_listed() {
        let mut fixture = Fixture::with_user("ana");
        assert_snapshot!(fixture.run(&format!(r#"
            only /UserSessionTracking SetUserPoolSessionConfiguration {{"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{{"MaxPerUser":20}}}}
            {SIGN_IN}
            RevokeToken {{"ClientId":"$client","Token":"$refresh","RevokeAssociatedSessions":"LINKED"}}
            {SIGN_IN}
            only /Sessions/1 ListUserSessions {{"AccessToken":"$access"}}
            GlobalSignOut {{"AccessToken":"$access"}}
            AdminListUserSessions {{"UserPoolId":"$pool","Username":"ana"}}
        "#)), @r#"
        "ENABLED"
        {}
        200 {}
        {}
        absent
        200 {}
        200 {"Sessions":[]}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = Fixture::with_user("ana").signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            ListUserSessions {}
            ListUserSessions {"AccessToken":"nonsense","NextToken":"more"}
            ListUserSessions {"AccessToken":"$access","NextToken":"more"}
            ListUserSessions {"AccessToken":"$access"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value at 'accessToken' failed to satisfy constraint: Member must not be null
        400 NotAuthorizedException: Could not verify signature for Access Token
        400 InvalidParameterException: Invalid pagination token given.
        200 {"Sessions":[]}
        "#);
    }
}
