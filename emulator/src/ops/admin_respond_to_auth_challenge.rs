//! `AdminRespondToAuthChallenge`: answers a challenge of a sign-in from a
//! server.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::sign_in::{Answer, ChallengeResponse, Parameters, respond};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    user_pool_id: String,
    client_id: String,
    challenge_name: String,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: Parameters,
    #[serde(default)]
    client_metadata: Parameters,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Answer> {
    let handle = cx.pool_handle(&request.user_pool_id)?;
    respond(
        cx,
        &handle,
        &ChallengeResponse {
            client_id: &request.client_id,
            challenge: &request.challenge_name,
            session: request.session.as_deref(),
            responses: &request.challenge_responses,
            metadata: &request.client_metadata,
        },
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    /// An administrator's application answers every challenge of
    /// `AdminInitiateAuth`.
    #[test]
    fn answers_a_second_factor() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "phone_number", "Value": "+12065559934"}]),
            )
            .and_mfa("ON", &[Factor::SmsMfa]);
        assert_snapshot!({ fixture }.run(r#"
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            outbox
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}
        "#), @r#"
        200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        SignIn Sms to +12065559934:  Your authentication code is $code.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// R81 to R83, R85: a session stays open after a wrong answer, and is closed by a
    /// right one. It also expires.
    #[test]
    fn refusals() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "phone_number", "Value": "+12065559934"}]),
            )
            .and_user("ben", json!([]))
            .and_mfa("ON", &[Factor::SmsMfa]);
        assert_snapshot!({ fixture }.run(r#"
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"wrong"}}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"123456"}}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ben","SMS_MFA_CODE":"$code"}}
            only /ChallengeParameters AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}
            only /ChallengeName AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            advance 181
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}
        "#), @r#"
        200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 InvalidParameterException: Missing required parameter SMS_MFA_CODE
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Invalid session for the user.
        {}
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        "SMS_MFA"
        400 NotAuthorizedException: Invalid session for the user, session is expired.
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        assert_snapshot!(Fixture::with_user("ana").run(r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            AdminRespondToAuthChallenge {}
            AdminRespondToAuthChallenge {"UserPoolId":"us-east-1_nope","ClientId":"unknown","ChallengeName":"NEW_PASSWORD_REQUIRED"}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"unknown","ChallengeName":"NEW_PASSWORD_REQUIRED"}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED"}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"Another-3"}}
            AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"Another-3"}}
        "#), @r#"
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        400 InvalidParameterException: 3 validation errors detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null; Value null at 'challengeName' failed to satisfy constraint: Member must not be null
        400 ResourceNotFoundException: User pool us-east-1_nope does not exist.
        400 InvalidParameterException: Missing required parameter challenge responses.
        400 InvalidParameterException: Missing required parameter challenge responses.
        400 InvalidParameterException: Missing required parameter Session
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }
}
