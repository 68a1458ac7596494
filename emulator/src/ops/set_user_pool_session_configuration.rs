//! `SetUserPoolSessionConfiguration`: turns the tracking of users' sessions on
//! or off, and limits the sessions of a user.
//!
//! A lower limit does not end sessions until the user's next sign-in. Sign-ins before
//! tracking was turned on are not recorded. That records are kept, but not shown, while
//! tracking is off is inferred.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolSessionConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::session::Tracking;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    #[serde(flatten)]
    tracking: Tracking,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_id: String,
    #[serde(flatten)]
    tracking: Tracking,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.check_tier_of_tracking()?;
    pool.tracking = request.tracking.clone().into();
    Ok(Response {
        user_pool_id: request.user_pool_id,
        tracking: request.tracking,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn settings_are_returned() {
        assert_snapshot!(Fixture::new().run(r#"
            SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":100}}
            GetUserPoolSessionConfiguration {"UserPoolId":"$pool"}
            SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"DISABLED","TokenSession":{"MaxPerUser":1}}
            GetUserPoolSessionConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"TokenSession":{"MaxPerUser":100},"UserPoolId":"$pool","UserSessionTracking":"ENABLED"}
        200 {"TokenSession":{"MaxPerUser":100},"UserPoolId":"$pool","UserSessionTracking":"ENABLED"}
        200 {"TokenSession":{"MaxPerUser":1},"UserPoolId":"$pool","UserSessionTracking":"DISABLED"}
        200 {"TokenSession":{"MaxPerUser":1},"UserPoolId":"$pool","UserSessionTracking":"DISABLED"}
        "#);
    }

    /// The least recently active session is ended. A lower limit takes effect at the
    /// next sign-in.
    #[test]
    fn the_limit_applies_at_the_next_sign_in() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(r#"list = {"UserPoolId":"$pool","Username":"ana"}"#);
        fixture.run(r#"sign_in = {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#);
        assert_snapshot!(fixture.run(r#"
            SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":3}}
            only /ChallengeParameters InitiateAuth $sign_in
            access1 = $access
            refresh1 = $refresh
            advance 1
            only /ChallengeParameters InitiateAuth $sign_in
            access2 = $access
            refresh2 = $refresh
            advance 1
            only /ChallengeParameters InitiateAuth $sign_in
            advance 1
            # The first session is used, so the second is the least recently active.
            only /ChallengeParameters InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh1"}}
            only /ChallengeParameters InitiateAuth $sign_in
            only /Username GetUser {"AccessToken":"$access1"}
            only /Username GetUser {"AccessToken":"$access2"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh2"}}
            SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":1}}
            only /Username GetUser {"AccessToken":"$access1"}
            only /ChallengeParameters InitiateAuth $sign_in
            only /Username GetUser {"AccessToken":"$access1"}
            only /Username GetUser {"AccessToken":"$access"}
            only /Sessions/1 AdminListUserSessions $list
        "#), @r#"
        200 {"TokenSession":{"MaxPerUser":3},"UserPoolId":"$pool","UserSessionTracking":"ENABLED"}
        {}
        {}
        {}
        {}
        {}
        "ana"
        400 NotAuthorizedException: Access Token has been revoked
        400 NotAuthorizedException: Refresh Token has been revoked
        200 {"TokenSession":{"MaxPerUser":1},"UserPoolId":"$pool","UserSessionTracking":"ENABLED"}
        "ana"
        {}
        400 NotAuthorizedException: Access Token has been revoked
        "ana"
        absent
        "#);
    }

    /// A pool cannot have tracking and the tier LITE, whichever is set first.
    #[test]
    fn tracking_requires_a_tier() {
        assert_snapshot!(Fixture::with_pool(json!({"UserPoolTier": "LITE"})).run(r#"
            SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"DISABLED","TokenSession":{"MaxPerUser":20}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"ESSENTIALS"}
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"DISABLED","TokenSession":{"MaxPerUser":20}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
        "#), @r#"
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Session Management
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Session Management
        200 {}
        "ENABLED"
        400 FeatureUnavailableInTierException: The following features need to be disabled for the LITE pricing tier configured: Session Management
        "DISABLED"
        200 {}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            SetUserPoolSessionConfiguration {}
            SetUserPoolSessionConfiguration {"UserPoolId":"us-east-1_nope","UserSessionTracking":"ON","TokenSession":{"MaxPerUser":101}}
            SetUserPoolSessionConfiguration {"UserPoolId":"us-east-1_nope","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":101}}
            SetUserPoolSessionConfiguration {"UserPoolId":"us-east-1_nope","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":1}}
            SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":1}}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value null at 'userSessionTracking' failed to satisfy constraint: Member must not be null; Value null at 'tokenSession' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 2 validation errors detected: Value 'ON' at 'userSessionTracking' failed to satisfy constraint: Member must satisfy enum value set: [ENABLED, DISABLED]; Value '101' at 'tokenSession.maxPerUser' failed to satisfy constraint: Member must have value less than or equal to 100
        400 InvalidParameterException: 1 validation error detected: Value '101' at 'tokenSession.maxPerUser' failed to satisfy constraint: Member must have value less than or equal to 100
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {"TokenSession":{"MaxPerUser":1},"UserPoolId":"$pool","UserSessionTracking":"ENABLED"}
        "#);
    }
}
