//! `UpdateAuthEventFeedback`: records a user's feedback about a sign-in. A token in the
//! message about the sign-in authorizes the call.
//!
//! The message is sent for a sign-in from a blocked address, if the risk settings have
//! a notification for high risks. The token replaces `{feedback-token}` in the pool's
//! text, and is the code of the message in the outbox.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateAuthEventFeedback.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::error::Error;
use crate::state::event::{Feedback, FeedbackValue, Provider};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    event_id: String,
    feedback_token: String,
    feedback_value: FeedbackValue,
}

#[derive(Serialize)]
pub(super) struct Response {}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    // The request is not signed, so the pool can be in any account.
    let handle = cx.state.pool_handle(&request.user_pool_id);
    let handle = handle.ok_or_else(|| Error::PoolNotFound {
        pool: request.user_pool_id.clone(),
    })?;
    let mut pool = handle.write();
    pool.check_threat_protection()?;
    let id = pool.find(&request.username)?;
    let feedback = Feedback {
        verdict: request.feedback_value,
        provider: Provider::User,
        at: cx.now(),
    };
    let token = Some(request.feedback_token.as_str());
    pool.give_feedback(id, &request.event_id, token, feedback)?;
    Ok(Response {})
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Fixture;

    const BLOCK: &str = r#"only /RiskConfiguration/UserPoolId SetRiskConfiguration {"UserPoolId":"$pool","AccountTakeoverRiskConfiguration":{"NotifyConfiguration":{"From":"a@example.com","SourceArn":"arn:aws:ses:us-east-1:123456789012:identity/a@example.com","BlockEmail":{"Subject":"Was it you?","TextBody":"{login-time} {ip-address} {device-name}"}},"Actions":{"HighAction":{"Notify":true,"EventAction":"BLOCK"}}},"RiskExceptionConfiguration":{"BlockedIPRangeList":["192.0.2.0/24"],"SkippedIPRangeList":["198.51.100.0/24"]}}"#;
    const SIGN_IN: &str = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"},"UserContextData":{"IpAddress":"192.0.2.7"}}"#;

    const LATEST: &str = r#"only /AuthEvents/0/EventId AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}"#;

    fn protected(mode: &str) -> Fixture {
        Fixture::with_pool(
            json!({"UserPoolTier": "PLUS", "UserPoolAddOns": {"AdvancedSecurityMode": mode}}),
        )
        .and_verified_user("ana")
    }

    #[test]
    fn users_give_feedback() {
        let mut fixture = protected("ENFORCED");
        let mut seen = fixture.run(BLOCK);
        seen.push_str(&fixture.run(SIGN_IN));
        seen.push_str(&fixture.run(r#"
            outbox
            only /AuthEvents/0 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            UpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"$event","FeedbackToken":"$code","FeedbackValue":"Valid"}
            only /AuthEvents/0/EventFeedback AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
        "#));
        assert_snapshot!(seen, @r#"
        "$pool"
        400 NotAuthorizedException: Request not allowed due to security reasons.
        Notification Email to ana@example.com: Was it you? Tue Nov 14 22:13:20 UTC 2023 192.0.2.7 
        {"CreationDate":1700000000.0,"EventContextData":{"IpAddress":"192.0.2.7"},"EventId":"$event","EventResponse":"Fail","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"Block"},"EventType":"SignIn"}
        200 {}
        {"FeedbackDate":1700000000.0,"FeedbackValue":"Valid","Provider":"User"}
        "#);
    }

    /// Covers the default text, and settings without a notification.
    #[test]
    fn the_default_text_and_no_notification() {
        let mut fixture = protected("ENFORCED");
        fixture.run(&BLOCK.replace("BlockEmail", "MfaEmail"));
        fixture.run(SIGN_IN);
        assert_snapshot!(fixture.run("outbox"), @"
        Notification Email to ana@example.com: Blocked sign-in attempt We blocked an unrecognized sign-in to your account with this information:
        Time: Tue Nov 14 22:13:20 UTC 2023
        Device: 
        Location: , 
        If this sign-in was not by you, you should change your password and notify us by clicking on 
        If this sign-in was by you, you can follow  to let us know
        ");
        let mut fixture = protected("ENFORCED");
        fixture.run(&BLOCK.replace(r#""Notify":true"#, r#""Notify":false"#));
        fixture.run(SIGN_IN);
        assert_snapshot!(fixture.run("outbox"), @"nothing sent");
    }

    /// The event of a custom sender has the data of the sign-in.
    #[test]
    fn a_custom_sender_sends_the_notification() {
        let mut fixture =
            protected("ENFORCED").and_trigger("CustomEmailSender", |event| Ok(event.clone()));
        fixture.run(BLOCK);
        fixture.run(SIGN_IN);
        fixture.run(LATEST);
        assert_snapshot!(fixture.run("events\noutbox").replace("$code", "TOKEN"), @r#"
        {"version":"1","triggerSource":"CustomEmailSender_AccountTakeOverNotification","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"type":"customEmailSenderRequestV1","code":null,"clientMetadata":null,"userAttributes":{"EVENT_ID":"$event","USER_NAME":"ana","IP_ADDRESS":"192.0.2.7","ACCOUNT_TAKE_OVER_ACTION":"BLOCK","ONE_CLICK_LINK_VALID":"","ONE_CLICK_LINK_INVALID":"","LOGIN_TIME":"Tue Nov 14 22:13:20 UTC 2023","FEEDBACK_TOKEN":"TOKEN"}},"response":{}}
        Notification Email to ana@example.com:
        "#);
    }

    /// Every call from a blocked address is refused. Calls from other addresses are
    /// allowed, and in audit mode those from blocked addresses too.
    #[test]
    fn blocked_addresses_are_refused() {
        let mut fixture = protected("ENFORCED");
        fixture.run(BLOCK);
        let blocked = r#""UserContextData":{"IpAddress":"192.0.2.7"}"#;
        let calls = format!(
            r#"
            SignUp {{"ClientId":"$client","Username":"bob","Password":"$password",{blocked}}}
            ConfirmSignUp {{"ClientId":"$client","Username":"ana","ConfirmationCode":"1",{blocked}}}
            ResendConfirmationCode {{"ClientId":"$client","Username":"ana",{blocked}}}
            ForgotPassword {{"ClientId":"$client","Username":"ana",{blocked}}}
            ConfirmForgotPassword {{"ClientId":"$client","Username":"ana","ConfirmationCode":"1","Password":"$password",{blocked}}}
            InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{{"USERNAME":"noname","PASSWORD":"x"}},{blocked}}}
            AdminInitiateAuth {{"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{{"USERNAME":"ana","PASSWORD":"x"}},"ContextData":{{"IpAddress":"192.0.2.7","ServerName":"s","ServerPath":"/","HttpHeaders":[]}}}}
            RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"SMS_MFA","ChallengeResponses":{{"USERNAME":"ana"}},{blocked}}}
            only /AuthEvents/0 AdminListUserAuthEvents {{"UserPoolId":"$pool","Username":"ana"}}
        "#
        );
        assert_snapshot!(fixture.run(&calls), @r#"
        400 NotAuthorizedException: Request not allowed due to security reasons.
        400 NotAuthorizedException: Request not allowed due to security reasons.
        400 NotAuthorizedException: Request not allowed due to security reasons.
        400 NotAuthorizedException: Request not allowed due to security reasons.
        400 NotAuthorizedException: Request not allowed due to security reasons.
        400 NotAuthorizedException: Request not allowed due to security reasons.
        400 NotAuthorizedException: Request not allowed due to security reasons.
        400 NotAuthorizedException: Request not allowed due to security reasons.
        {"CreationDate":1700000000.0,"EventContextData":{"IpAddress":"192.0.2.7"},"EventId":"$event","EventResponse":"Fail","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"Block"},"EventType":"SignIn"}
        "#);
        let allowed = SIGN_IN.replace("192.0.2.7", "203.0.113.1");
        let allowed = format!("only /ChallengeName {allowed}");
        assert_snapshot!(fixture.run(&allowed), @"absent");
        let mut fixture = protected("AUDIT");
        fixture.run(BLOCK);
        assert_snapshot!(fixture.run(&format!("only /ChallengeName {SIGN_IN}")), @"absent");
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture =
            Fixture::with_pool(json!({"UserPoolTier": "PLUS"})).and_verified_user("ana");
        let mut seen = fixture.run(r#"
            UpdateAuthEventFeedback {"UserPoolId":"us-east-1_nope","Username":"bob","EventId":"nope","FeedbackToken":"no","FeedbackValue":"Maybe"}
            UpdateAuthEventFeedback {"UserPoolId":"us-east-1_nope","Username":"bob","EventId":"nope","FeedbackToken":"no","FeedbackValue":"Valid"}
            UpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"bob","EventId":"nope","FeedbackToken":"no","FeedbackValue":"Valid"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolAddOns":{"AdvancedSecurityMode":"ENFORCED"}}
            UpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"bob","EventId":"nope","FeedbackToken":"no","FeedbackValue":"Valid"}
            UpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"nope","FeedbackToken":"no","FeedbackValue":"Valid"}
        "#);
        fixture.run(BLOCK);
        fixture.run(SIGN_IN);
        seen.push_str(&fixture.run(r#"
            only /AuthEvents/0/EventResponse AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            UpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"$event","FeedbackToken":"no","FeedbackValue":"Valid"}
            UpdateAuthEventFeedback {"UserPoolId":"$pool","Username":"ana","EventId":"$event","FeedbackToken":"$code","FeedbackValue":"Valid"}
        "#));
        assert_snapshot!(seen, @r#"
        400 InvalidParameterException: 1 validation error detected: Value 'Maybe' at 'feedbackValue' failed to satisfy constraint: Member must satisfy enum value set: [Valid, Invalid]
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserPoolAddOnNotEnabledException: This is an add on feature. Please update AdvancedSecurityMode for your user pool to access this API.
        200 {}
        400 UserNotFoundException: User does not exist.
        400 ResourceNotFoundException: Auth event nope does not exist.
        "Fail"
        400 NotAuthorizedException: Invalid feedback token
        200 {}
        "#);
    }
}
