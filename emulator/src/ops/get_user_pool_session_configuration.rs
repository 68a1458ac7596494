//! `GetUserPoolSessionConfiguration`: returns whether a pool tracks its users'
//! sessions, and the limit of sessions for one user.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetUserPoolSessionConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::session::Tracking;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    user_pool_id: String,
    #[serde(flatten)]
    tracking: Tracking,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    Ok(Response {
        user_pool_id: request.user_pool_id,
        tracking: Tracking::clone(&pool.tracking),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above. The default is off.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            GetUserPoolSessionConfiguration {}
            GetUserPoolSessionConfiguration {"UserPoolId":"us-east-1_nope"}
            GetUserPoolSessionConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {"TokenSession":{"MaxPerUser":20},"UserPoolId":"$pool","UserSessionTracking":"DISABLED"}
        "#);
    }
}
