//! `GetUserPoolClientSessionConfiguration`: returns the time for which an app
//! client accepts an earlier sign-in through managed login.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserPoolClientSessionConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::session::SsoSession;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
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
    let pool = cx.pool(&request.user_pool_id)?;
    let sso_session = pool.client(&request.client_id)?.sso_session.clone();
    Ok(Response {
        user_pool_id: request.user_pool_id,
        client_id: request.client_id,
        sso_session,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above. The default is an hour.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            GetUserPoolClientSessionConfiguration {}
            GetUserPoolClientSessionConfiguration {"UserPoolId":"us-east-1_nope","ClientId":"nope"}
            GetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"nope"}
            GetUserPoolClientSessionConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        200 {"ClientId":"$client","SSOSession":{"MaxValidityMinutes":60},"UserPoolId":"$pool"}
        "#);
    }
}
