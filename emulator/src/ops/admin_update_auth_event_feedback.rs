//! `AdminUpdateAuthEventFeedback`: records whether an event of threat
//! protection was caused by the user. The last feedback counts.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminUpdateAuthEventFeedback.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::state::event::{Feedback, FeedbackValue, Provider};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    event_id: String,
    feedback_value: FeedbackValue,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let mut pool = cx.pool_mut(&request.user_pool_id)?;
    pool.check_threat_protection()?;
    let id = pool.find(&request.username)?;
    let feedback = Feedback {
        verdict: request.feedback_value,
        provider: Provider::Admin,
        at: cx.now(),
    };
    pool.give_feedback(id, &request.event_id, None, feedback)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    #[test]
    fn the_last_feedback_counts() {
        let mut fixture = Fixture::with_pool(
            json!({"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": "AUDIT"}}),
        )
        .and_user("ana", json!([]))
        .signed_in("ana");
        assert_snapshot!(fixture.run(r#"
            only /AuthEvents/0/EventFeedback AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            advance 60
            AdminUpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"$event","FeedbackValue":"Invalid"}
            only /AuthEvents/0/EventFeedback AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"$event","FeedbackValue":"Valid"}
            only /AuthEvents/0/EventFeedback/FeedbackValue AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        absent
        200 {}
        {"FeedbackDate":1700000060.0,"FeedbackValue":"Invalid","Provider":"Admin"}
        200 {}
        "Valid"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture =
            Fixture::with_pool(json!({"UserPoolTier": "PLUS"})).and_user("ana", json!([]));
        assert_snapshot!(fixture.run(r#"
            AdminUpdateAuthEventFeedback {"UserPoolId":"us-east-1_nope","Username":"bob","EventId":"nope","FeedbackValue":"Maybe"}
            AdminUpdateAuthEventFeedback {"UserPoolId":"us-east-1_nope","Username":"bob","EventId":"nope","FeedbackValue":"Valid"}
            AdminUpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"bob","EventId":"nope","FeedbackValue":"Valid"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}
            AdminUpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"bob","EventId":"nope","FeedbackValue":"Valid"}
            AdminUpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"nope","FeedbackValue":"Valid"}
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            only /AuthEvents/0/EventId AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            AdminUpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"$event","FeedbackValue":"Valid"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'Maybe' at 'feedbackValue' failed to satisfy constraint: Member must satisfy enum value set: [Valid, Invalid]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserPoolAddOnNotEnabledException: This is an add on feature. Please update AdvancedSecurityMode for your user pool to access this API.
        200 {}
        400 UserNotFoundException: User does not exist.
        400 ResourceNotFoundException: Auth event nope does not exist.
        absent
        "$event"
        200 {}
        "#);
    }
}
