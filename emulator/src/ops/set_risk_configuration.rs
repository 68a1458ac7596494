//! `SetRiskConfiguration`: sets the actions of threat protection for an app
//! client or for the pool.
//!
//! All settings are replaced. A request without settings removes them. The
//! effect of address lists on sign-ins is described at [`Pool::list_of_address`].
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetRiskConfiguration.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
#[cfg(doc)]
use crate::state::pool::Pool;
use crate::state::risk::{Risk, RiskView};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: Option<String>,
    #[serde(flatten)]
    risk: Risk,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    risk_configuration: RiskView,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    let client = request.client_id.as_deref();
    if let Some(client) = client {
        pool.client(client)?;
    }
    pool.check_threat_protection()?;
    request.risk.validate(cx.scope)?;
    Ok(Response {
        risk_configuration: pool.set_risk(client, request.risk, cx.now()),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::risk::Listed;
    use crate::testing::Fixture;

    fn protected() -> Fixture {
        Fixture::with_pool(
            json!({"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}),
        )
    }

    /// Omitted settings are removed. A request without settings removes all.
    #[test]
    fn settings_are_replaced() {
        assert_snapshot!(protected().run(r#"
            spread SetRiskConfiguration {"UserPoolId":"$pool",
                "CompromisedCredentialsRiskConfiguration":{"EventFilter":["SIGN_IN"],"Actions":{"EventAction":"NO_ACTION"}},
                "AccountTakeoverRiskConfiguration":{"NotifyConfiguration":{"From":"a@example.com","ReplyTo":"b@example.com","SourceArn":"arn:aws:ses:eu-west-1:123456789012:identity/a@example.com","BlockEmail":{"Subject":"Blocked","HtmlBody":"<b>Blocked</b>","TextBody":"Blocked"}},"Actions":{"LowAction":{"Notify":false,"EventAction":"NO_ACTION"},"MediumAction":{"Notify":true,"EventAction":"MFA_IF_CONFIGURED"},"HighAction":{"Notify":true,"EventAction":"BLOCK"}}},
                "RiskExceptionConfiguration":{"BlockedIPRangeList":["192.0.2.0/24"],"SkippedIPRangeList":["2001:db8::/32"]}}
            advance 60
            SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client","CompromisedCredentialsRiskConfiguration":{"Actions":{"EventAction":"BLOCK"}}}
            SetRiskConfiguration {"UserPoolId":"$pool","RiskExceptionConfiguration":{}}
            DescribeRiskConfiguration {"UserPoolId":"$pool"}
            SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
            DescribeRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client"}
            SetRiskConfiguration {"UserPoolId":"$pool"}
            DescribeRiskConfiguration {"UserPoolId":"$pool"}
        "#), @r#"
        200
          RiskConfiguration:
            AccountTakeoverRiskConfiguration:
              Actions: {"HighAction":{"EventAction":"BLOCK","Notify":true},"LowAction":{"EventAction":"NO_ACTION","Notify":false},"MediumAction":{"EventAction":"MFA_IF_CONFIGURED","Notify":true}}
              NotifyConfiguration: {"BlockEmail":{"HtmlBody":"<b>Blocked</b>","Subject":"Blocked","TextBody":"Blocked"},"From":"a@example.com","ReplyTo":"b@example.com","SourceArn":"arn:aws:ses:eu-west-1:123456789012:identity/a@example.com"}
            CompromisedCredentialsRiskConfiguration: {"Actions":{"EventAction":"NO_ACTION"},"EventFilter":["SIGN_IN"]}
            LastModifiedDate: 1700000000.0
            RiskExceptionConfiguration: {"BlockedIPRangeList":["192.0.2.0/24"],"SkippedIPRangeList":["2001:db8::/32"]}
            UserPoolId: "$pool"
        200 {"RiskConfiguration":{"ClientId":"$client","CompromisedCredentialsRiskConfiguration":{"Actions":{"EventAction":"BLOCK"},"EventFilter":[]},"LastModifiedDate":1.70000006E9,"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"LastModifiedDate":1.70000006E9,"RiskExceptionConfiguration":{},"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"LastModifiedDate":1.70000006E9,"RiskExceptionConfiguration":{},"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"ClientId":"$client","LastModifiedDate":1.70000006E9,"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"LastModifiedDate":1.70000006E9,"RiskExceptionConfiguration":{},"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"LastModifiedDate":1.70000006E9,"UserPoolId":"$pool"}}
        200 {"RiskConfiguration":{"UserPoolId":"$pool"}}
        "#);
    }

    #[test]
    fn settings_are_validated() {
        assert_snapshot!(protected().run(r#"
            SetRiskConfiguration {"UserPoolId":"$pool","AccountTakeoverRiskConfiguration":{"Actions":{"HighAction":{"Notify":true,"EventAction":"BLOCK"}}}}
            SetRiskConfiguration {"UserPoolId":"$pool","AccountTakeoverRiskConfiguration":{"Actions":{},"NotifyConfiguration":{"SourceArn":"arn:aws:ses:eu-central-1:123456789012:identity/a@example.com"}}}
            SetRiskConfiguration {"UserPoolId":"$pool","RiskExceptionConfiguration":{"BlockedIPRangeList":["192.0.2.1"]}}
            SetRiskConfiguration {"UserPoolId":"$pool","RiskExceptionConfiguration":{"SkippedIPRangeList":["192.0.2.1/33"]}}
            only /RiskConfiguration/AccountTakeoverRiskConfiguration SetRiskConfiguration {"UserPoolId":"$pool","AccountTakeoverRiskConfiguration":{"Actions":{"LowAction":{"Notify":false,"EventAction":"BLOCK"}}}}
        "#), @r#"
        400 InvalidParameterException: NotifyConfiguration is required when Notify is true.
        400 InvalidParameterException: Invalid NotifyConfiguration.SourceArn. Provided SourceArn must be in one of the following SES regions: eu-west-1, us-east-1, us-west-2.
        400 InvalidParameterException: Incorrect CIDR format
        400 InvalidParameterException: Incorrect CIDR format
        {"Actions":{"LowAction":{"EventAction":"BLOCK","Notify":false}}}
        "#);
    }

    /// In enforced mode, the lists of a client replace the lists of the pool.
    #[test]
    fn lists_of_a_client_replace_those_of_the_pool() {
        let mut fixture = protected();
        let listed = |fixture: &Fixture, address| {
            let handle = fixture.pool_handle();
            handle
                .read()
                .list_of_address(fixture.get("client"), address)
        };
        fixture.run(r#"
            SetRiskConfiguration {"UserPoolId":"$pool","RiskExceptionConfiguration":{"BlockedIPRangeList":["192.0.2.0/24"],"SkippedIPRangeList":["192.0.2.0/25","198.51.100.0/24"]}}
        "#);
        assert_eq!(listed(&fixture, None), None);
        assert_eq!(listed(&fixture, Some("")), None);
        assert_eq!(listed(&fixture, Some("192.0.2.1")), Some(Listed::Blocked));
        assert_eq!(
            listed(&fixture, Some("198.51.100.1")),
            Some(Listed::Skipped)
        );
        assert_eq!(listed(&fixture, Some("203.0.113.1")), None);
        fixture.run(r#"
            SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client","RiskExceptionConfiguration":{"BlockedIPRangeList":["203.0.113.0/24"]}}
        "#);
        assert_eq!(listed(&fixture, Some("192.0.2.1")), None);
        assert_eq!(listed(&fixture, Some("203.0.113.1")), Some(Listed::Blocked));
        fixture.run(
            r#"
            UpdateUserPool {"UserPoolId":"$pool","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}
        "#,
        );
        assert_eq!(listed(&fixture, Some("203.0.113.1")), None);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::new().run(r#"
            SetRiskConfiguration {"UserPoolId":"us-east-1_nope","ClientId":"nope","AccountTakeoverRiskConfiguration":{"Actions":{"HighAction":{"Notify":true,"EventAction":"ALLOW"}}},"RiskExceptionConfiguration":{"SkippedIPRangeList":["nope"]}}
            SetRiskConfiguration {"UserPoolId":"us-east-1_nope","ClientId":"nope","AccountTakeoverRiskConfiguration":{"Actions":{"HighAction":{"Notify":true,"EventAction":"BLOCK"}}},"RiskExceptionConfiguration":{"SkippedIPRangeList":["nope"]}}
            SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"nope","AccountTakeoverRiskConfiguration":{"Actions":{"HighAction":{"Notify":true,"EventAction":"BLOCK"}}},"RiskExceptionConfiguration":{"SkippedIPRangeList":["nope"]}}
            SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client","AccountTakeoverRiskConfiguration":{"Actions":{"HighAction":{"Notify":true,"EventAction":"BLOCK"}}},"RiskExceptionConfiguration":{"SkippedIPRangeList":["nope"]}}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"PLUS","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}
            SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client","AccountTakeoverRiskConfiguration":{"Actions":{"HighAction":{"Notify":true,"EventAction":"BLOCK"}}},"RiskExceptionConfiguration":{"SkippedIPRangeList":["nope"]}}
            SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client","AccountTakeoverRiskConfiguration":{"Actions":{"HighAction":{"Notify":false,"EventAction":"BLOCK"}}},"RiskExceptionConfiguration":{"SkippedIPRangeList":["nope"]}}
            only /RiskConfiguration/UserPoolId SetRiskConfiguration {"UserPoolId":"$pool","ClientId":"$client","RiskExceptionConfiguration":{"SkippedIPRangeList":["::/0"]}}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'ALLOW' at 'accountTakeoverRiskConfiguration.actions.highAction.eventAction' failed to satisfy constraint: Member must satisfy enum value set: [MFA_IF_CONFIGURED, BLOCK, NO_ACTION, MFA_REQUIRED]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 ResourceNotFoundException: User pool client nope does not exist.
        400 UserPoolAddOnNotEnabledException: This is an add on feature. Please update AdvancedSecurityMode for your user pool to access this API.
        200 {}
        400 InvalidParameterException: NotifyConfiguration is required when Notify is true.
        400 InvalidParameterException: Incorrect CIDR format
        "$pool"
        "#);
    }
}
