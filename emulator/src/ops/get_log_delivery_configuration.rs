//! `GetLogDeliveryConfiguration`: returns the destinations of a pool's logs.
//! The list is empty without a destination (measured, floci-io/floci#2867).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetLogDeliveryConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::settings::log_delivery::LogDelivery;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    log_delivery_configuration: LogDelivery,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    let logs = pool.log_delivery.get(&cx.scope.region).cloned();
    Ok(Response {
        log_delivery_configuration: LogDelivery {
            user_pool_id: request.user_pool_id,
            log_configurations: logs.unwrap_or_default(),
        },
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::testing::Fixture;

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            GetLogDeliveryConfiguration {"UserPoolId":"nope"}
            GetLogDeliveryConfiguration {"UserPoolId":"us-east-1_nope"}
            GetLogDeliveryConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        200 {"LogDeliveryConfiguration":{"LogConfigurations":[],"UserPoolId":"$pool"}}
        "#);
    }
}
