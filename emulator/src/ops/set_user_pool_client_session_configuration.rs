//! `SetUserPoolClientSessionConfiguration`: sets the time for which an app
//! client accepts an earlier sign-in through managed login.
//!
//! The pool must track sessions. If tracking is turned off later, the setting
//! is kept without effect.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetUserPoolClientSessionConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::settings::session::SsoSession;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    #[serde(rename = "SSOSession")]
    sso_session: SsoSession,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_id: String,
    client_id: String,
    #[serde(rename = "SSOSession")]
    sso_session: SsoSession,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.check_tier_of_tracking()?;
    let is_tracking = pool.tracking.is_on();
    let client = pool.client_mut(&request.client_id)?;
    if !is_tracking {
        return Err(Error::SessionTrackingOff);
    }
    client.sso_session = request.sso_session.clone();
    Ok(Response {
        user_pool_id: request.user_pool_id,
        client_id: request.client_id,
        sso_session: request.sso_session,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// The setting does not change with other settings of the pool or the client.
    #[test]
    fn is_kept_while_tracking_is_off() {
        assert_snapshot!(Fixture::new().run(r#"
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            SetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"$client","SSOSession":{"MaxValidityMinutes":0}}
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"DISABLED","TokenSession":{"MaxPerUser":20}}
            only /UserPoolClient/ClientName UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client"}
            GetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        "ENABLED"
        200 {"ClientId":"$client","SSOSession":{"MaxValidityMinutes":0},"UserPoolId":"$pool"}
        "DISABLED"
        "client"
        200 {"ClientId":"$client","SSOSession":{"MaxValidityMinutes":0},"UserPoolId":"$pool"}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_pool(json!({"UserPoolTier": "LITE"})).run(r#"
            SetUserPoolClientSessionConfiguration {}
            SetUserPoolClientSessionConfiguration {"UserPoolId":"us-east-1_nope","ClientId":"nope","SSOSession":{"MaxValidityMinutes":129601}}
            SetUserPoolClientSessionConfiguration {"UserPoolId":"us-east-1_nope","ClientId":"nope","SSOSession":{"MaxValidityMinutes":129600}}
            SetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"nope","SSOSession":{"MaxValidityMinutes":129600}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"ESSENTIALS"}
            SetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"nope","SSOSession":{"MaxValidityMinutes":129600}}
            SetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"$client","SSOSession":{"MaxValidityMinutes":129600}}
            only /UserSessionTracking SetUserPoolSessionConfiguration {"UserPoolId":"$pool","UserSessionTracking":"ENABLED","TokenSession":{"MaxPerUser":20}}
            SetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"$client","SSOSession":{"MaxValidityMinutes":129600}}
        "#), @r#"
        400 InvalidParameterException: 3 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null; Value null at 'ssoSession' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value '129601' at 'ssoSession.maxValidityMinutes' failed to satisfy constraint: Member must have value less than or equal to 129600
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Session Management
        200 {}
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 OperationNotEnabledException: Session tracking is not enabled for the user pool.
        "ENABLED"
        200 {"ClientId":"$client","SSOSession":{"MaxValidityMinutes":129600},"UserPoolId":"$pool"}
        "#);
    }
}
