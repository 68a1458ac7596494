//! `DescribeRiskConfiguration`: returns the settings of threat protection for an app
//! client or for the pool.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_DescribeRiskConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::risk::RiskView;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    risk_configuration: RiskView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    if let Some(client) = &request.client_id {
        pool.client(client)?;
    }
    pool.check_threat_protection()?;
    Ok(Response {
        risk_configuration: pool.risk_view(request.client_id.as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    /// A client without its own settings has the settings of the pool.
    #[test]
    fn a_client_has_its_own_settings_or_those_of_the_pool() {
        let settings =
            json!({"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}});
        assert_snapshot!(Fixture::with_pool(settings).run(r#"
            DescribeRiskConfiguration {"UserPoolId":"$pool"}
            DescribeRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
            only /RiskConfiguration/UserPoolId SetRiskConfiguration {"UserPoolId":"$pool","CompromisedCredentialsRiskConfiguration":{"Actions":{"EventAction":"BLOCK"}}}
            DescribeRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
            only /RiskConfiguration/UserPoolId SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client","RiskExceptionConfiguration":{"SkippedIPRangeList":["10.0.0.0/8"]}}
            DescribeRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
            DescribeRiskConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        200 {"RiskConfiguration":{"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"UserPoolId":"$pool"}}
        "$pool"
        200 {"RiskConfiguration":{"CompromisedCredentialsRiskConfiguration":{"Actions":{"EventAction":"BLOCK"},"EventFilter":[]},"LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "$pool"
        200 {"RiskConfiguration":{"ClientId":"$client","LastModifiedDate":1.7E9,"RiskExceptionConfiguration":{"SkippedIPRangeList":["10.0.0.0/8"]},"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"CompromisedCredentialsRiskConfiguration":{"Actions":{"EventAction":"BLOCK"},"EventFilter":[]},"LastModifiedDate":1.7E9,"UserPoolId":"$pool"}}
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            DescribeRiskConfiguration {"UserPoolId":"nope","ClientId":"nope"}
            DescribeRiskConfiguration {"UserPoolId":"us-east-1_nope","ClientId":"nope"}
            DescribeRiskConfiguration {"UserPoolId":"$pool","ClientId":"nope"}
            DescribeRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"PLUS","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}
            DescribeRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'nope' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w-]+_[0-9a-zA-Z]+
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 UserPoolAddOnNotEnabledException: This is an add on feature. Please update AdvancedSecurityMode for your user pool to access this API.
        200 {}
        200 {"RiskConfiguration":{"UserPoolId":"$pool"}}
        "#);
    }
}
