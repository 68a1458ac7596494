//! `AdminListUserAuthEvents`: lists the events that threat protection recorded
//! for a user, page by page, newest first (as in live histories).
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminListUserAuthEvents.html>

use serde::{Deserialize, Serialize};

use super::{Cx, Result};
use crate::page;
use crate::state::event::Event;
use crate::views::auth_event::AuthEvent;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    username: String,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Response {
    auth_events: Vec<AuthEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Response> {
    let pool = cx.pool(&request.user_pool_id)?;
    pool.check_threat_protection()?;
    let user = pool.user(&request.username)?;
    let list = format!("events {} {}", pool.id, user.sub);
    let token = request.next_token.as_deref();
    let after: Option<String> = page::resume(token, &list, cx.now())?;
    let latest_first = user.events.iter().rev();
    let events: Vec<_> = match after {
        Some(after) => latest_first
            .skip_while(|event| event.id != after)
            .skip(1)
            .collect(),
        None => latest_first.collect(),
    };
    let size = page::size(request.max_results);
    let position = |event: &&Event| event.id.to_string();
    let (events, next_token) = page::cut(events.into_iter(), size, position, &list, cx.now());
    Ok(Response {
        auth_events: events.into_iter().map(AuthEvent::from).collect(),
        next_token,
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::auth::jwt;
    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    const SIGN_IN: &str = r#"only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;
    const LATEST: &str =
        r#"only /AuthEvents/0 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}"#;

    fn protected(mode: &str) -> Fixture {
        Fixture::with_pool(json!({
            "UserPoolTier": "PLUS",
            "UserPoolAddOns": {"AdvancedSecurityMode": mode},
            "AutoVerifiedAttributes": ["email"],
        }))
    }

    /// The event id of the last access token.
    fn event_of_tokens(fixture: &Fixture) -> String {
        let claims = jwt::decode(fixture.get("access")).unwrap().claims;
        claims["event_id"].as_str().unwrap().to_owned()
    }

    #[test]
    fn sign_ins_are_recorded() {
        let mut fixture = protected("AUDIT").and_user("ana", json!([]));
        assert_snapshot!(fixture.run(r#"
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"Correct-Horse-8"}}
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            advance 60
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"ana"}}
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"},"UserContextData":{"IpAddress":"192.0.2.1"}}
            only /AuthEvents/0 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            only /AuthEvents/2 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"AuthEvents":[]}
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthEvents":[{"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Failure"}],"CreationDate":1.7E9,"EventId":"$event","EventResponse":"Fail","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}]}
        400 InvalidParameterException: Missing required parameter SRP_A
        absent
        {"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Success"}],"CreationDate":1700000060.0,"EventContextData":{"IpAddress":"192.0.2.1"},"EventId":"$event","EventResponse":"Pass","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}
        absent
        "#);
        assert_eq!(event_of_tokens(&fixture), fixture.get("event"));
        // A refresh of tokens is not an event. The new tokens have the event id of the
        // old ones.
        assert_snapshot!(fixture.run(r#"
            before = $event
            only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            only /AuthEvents/0/EventId AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        absent
        "$before"
        "#);
        assert_eq!(event_of_tokens(&fixture), fixture.get("event"));
    }

    /// A sign-in is one event, from its first credential to its last.
    #[test]
    fn challenges_are_parts_of_a_sign_in() {
        let mut fixture = protected("ENFORCED")
            .and_mfa("OPTIONAL", &[Factor::SmsMfa])
            .and_user(
                "ana",
                json!([{"Name": "phone_number", "Value": "+12065559934"}]),
            );
        fixture.run(r#"AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true}}"#);
        let mut seen = fixture.run(SIGN_IN);
        seen.push_str(&fixture.run(LATEST));
        fixture.run("begun = $event");
        seen.push_str(&fixture.run(r#"
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"no"}}
            only /AuthEvents/0 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            only /ChallengeName RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}
            only /AuthEvents/0 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            only /AuthEvents/1 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
        "#));
        assert_snapshot!(seen, @r#"
        "SMS_MFA"
        {"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Success"}],"CreationDate":1700000000.0,"EventId":"$event","EventResponse":"InProgress","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}
        400 CodeMismatchException: Invalid code or auth state for the user.
        {"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Success"},{"ChallengeName":"Mfa","ChallengeResponse":"Failure"}],"CreationDate":1700000000.0,"EventId":"$begun","EventResponse":"InProgress","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}
        absent
        {"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Success"},{"ChallengeName":"Mfa","ChallengeResponse":"Failure"},{"ChallengeName":"Mfa","ChallengeResponse":"Success"}],"CreationDate":1700000000.0,"EventId":"$begun","EventResponse":"Pass","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}
        absent
        "#);
        assert_eq!(event_of_tokens(&fixture), fixture.get("begun"));
    }

    /// An SRP proof belongs to the sign-in that it completes.
    #[test]
    fn a_password_proof_is_part_of_its_sign_in() {
        let mut fixture = protected("AUDIT").and_user("ana", json!([]));
        let start = r#"only /ChallengeName InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"ana","SRP_A":"$srp_a"}}"#;
        let answer = |password: &str| {
            let claim = format!("$claim({password})");
            r#"only /ChallengeName RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"PROOF","TIMESTAMP":"$timestamp"}}"#.replace("PROOF", &claim)
        };
        let mut seen = String::new();
        for password in ["Correct-Horse-8", "$password"] {
            for line in [start, &answer(password), LATEST] {
                seen.push_str(&fixture.run(line));
            }
        }
        assert_snapshot!(seen, @r#"
        "PASSWORD_VERIFIER"
        400 NotAuthorizedException: Incorrect username or password.
        {"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Failure"}],"CreationDate":1700000000.0,"EventId":"$event","EventResponse":"Fail","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}
        "PASSWORD_VERIFIER"
        absent
        {"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Success"}],"CreationDate":1700000000.0,"EventId":"$event","EventResponse":"Pass","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}
        "#);
        assert_eq!(event_of_tokens(&fixture), fixture.get("event"));
    }

    #[test]
    fn other_operations_are_recorded() {
        let mut fixture = protected("AUDIT").and_verified_user("bob").signed_in("bob");
        assert_snapshot!(fixture.run(r#"
            only /CodeDeliveryDetails/Destination SignUp {"ClientId":"$client","Username":"ana","Password":"$password","UserAttributes":[{"Name":"email","Value":"ana@example.com"}],"UserContextData":{"IpAddress":"192.0.2.1"}}
            only /AuthEvents/0 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            only /CodeDeliveryDetails/Destination ResendConfirmationCode {"ClientId":"$client","Username":"ana"}
            only /AuthEvents/0/EventType AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code"}
            only /AuthEvents/0/EventType AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            only /CodeDeliveryDetails/Destination ForgotPassword {"ClientId":"$client","Username":"ana"}
            only /AuthEvents/0/EventType AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"no","Password":"$password"}
            only /AuthEvents/0 AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            ConfirmForgotPassword {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Password":"$password"}
            only /AuthEvents/0/EventResponse AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            ChangePassword {"AccessToken":"$access","PreviousPassword":"$password","ProposedPassword":"Correct-Horse-8"}
            only /AuthEvents/0/EventType AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"bob"}
        "#), @r#"
        "a***@e***"
        {"CreationDate":1700000000.0,"EventContextData":{"IpAddress":"192.0.2.1"},"EventId":"$event","EventResponse":"Pass","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignUp"}
        "a***@e***"
        "ResendCode"
        200 {}
        "ResendCode"
        "a***@e***"
        "ForgotPassword"
        400 CodeMismatchException: Invalid verification code provided, please try again.
        {"CreationDate":1700000000.0,"EventId":"$event","EventResponse":"Fail","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"PasswordChange"}
        200 {}
        "Pass"
        200 {}
        "PasswordChange"
        "#);
    }

    /// The protection of custom sign-ins is a separate setting. Nothing is recorded for
    /// unknown users.
    #[test]
    fn sign_ins_that_are_not_recorded() {
        let mut fixture = protected("AUDIT").and_user("ana", json!([]));
        assert_snapshot!(fixture.run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"USERNAME":"ana"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"x"}}
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"bob"}
        "#), @r#"
        400 InvalidParameterException: CUSTOM_AUTH is not enabled for the client.
        400 InvalidParameterException: Missing required parameter PASSWORD
        400 UserNotFoundException: User does not exist.
        200 {"AuthEvents":[]}
        400 UserNotFoundException: User does not exist.
        "#);
    }

    #[test]
    fn page_by_page() {
        let mut fixture = protected("AUDIT").and_user("ana", json!([]));
        for _ in 0..3 {
            fixture.run(SIGN_IN);
            fixture.run("advance 1");
        }
        assert_snapshot!(fixture.run(r#"
            only /AuthEvents/1/CreationDate AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana","MaxResults":2}
            only /AuthEvents AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana","MaxResults":2,"NextToken":"$token"}
            only /AuthEvents/2/CreationDate AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana","MaxResults":0}
        "#), @r#"
        1700000001.0
        [{"ChallengeResponses":[{"ChallengeName":"Password","ChallengeResponse":"Success"}],"CreationDate":1700000000.0,"EventId":"$event","EventResponse":"Pass","EventRisk":{"CompromisedCredentialsDetected":false,"RiskDecision":"NoRisk"},"EventType":"SignIn"}]
        1700000000.0
        "#);
    }

    /// The number of stored events is limited.
    #[test]
    fn old_events_are_removed() {
        let mut fixture = protected("AUDIT").and_user("ana", json!([]));
        for _ in 0..201 {
            fixture.run(SIGN_IN);
        }
        let kept = |fixture: &Fixture| {
            let handle = fixture.pool_handle();
            handle.read().user("ana").unwrap().events.len()
        };
        assert_eq!(kept(&fixture), 200);
        fixture.run(&format!("advance {}", 2 * 365 * 86_400));
        fixture.run(SIGN_IN);
        assert_eq!(kept(&fixture), 1);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture =
            Fixture::with_pool(json!({"UserPoolTier": "PLUS"})).and_user("ana", json!([]));
        assert_snapshot!(fixture.run(r#"
            AdminListUserAuthEvents {"UserPoolId":"us-east-1_nope","Username":"bob","MaxResults":61}
            AdminListUserAuthEvents {"UserPoolId":"us-east-1_nope","Username":"bob","NextToken":"nope"}
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"bob","NextToken":"nope"}
            UpdateUserPool {"UserPoolId":"$pool","UserPoolAddOns":{"AdvancedSecurityMode":"AUDIT"}}
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"bob","NextToken":"nope"}
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana","NextToken":"nope"}
            AdminListUserAuthEvents {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        400 InvalidParameterException: 1 validation error detected: Value '61' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 60
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 UserPoolAddOnNotEnabledException: This is an add on feature. Please update AdvancedSecurityMode for your user pool to access this API.
        200 {}
        400 UserNotFoundException: User does not exist.
        400 InvalidParameterException: Invalid pagination token given.
        200 {"AuthEvents":[]}
        "#);
    }
}
