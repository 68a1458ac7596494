//! `InitiateAuth`: begins a sign-in from an app, or refreshes its tokens.
//!
//! Flows that begin with `ADMIN_` belong to `AdminInitiateAuth`. `DEVICE_KEY`,
//! metadata and context are taken and act on nothing yet.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::sign_in::{Answer, Caller, Parameters, Start, start};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    auth_flow: String,
    #[serde(default)]
    auth_parameters: Parameters,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Answer> {
    let slot = cx.slot_of_client(&request.client_id)?;
    start(
        cx,
        &slot,
        &Start {
            caller: Caller::App,
            client_id: &request.client_id,
            flow: &request.auth_flow,
            parameters: &request.auth_parameters,
        },
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use crate::testing::Story;

    #[test]
    fn a_password_gives_tokens_and_the_refresh_token_more() {
        assert_snapshot!(Story::with_user("ana").run(r#"
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            claims access
            claims id
            advance 60
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            claims access
            claims id
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN","AuthParameters":{"REFRESH_TOKEN":"$refresh","DEVICE_KEY":"us-east-1_ignored"}}
            claims access
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            claims access
        "#), @r##"
        200 {"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"TokenType":"Bearer","RefreshToken":"$refresh","IdToken":"$id"}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        {"sub":"$sub","aud":"$client","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","origin_jti":"#1","event_id":"#2","token_use":"id","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#4"}
        200 {"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"TokenType":"Bearer","IdToken":"$id"}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#5","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003660,"iat":1700000060,"jti":"#6","username":"ana"}
        {"sub":"$sub","aud":"$client","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","origin_jti":"#1","event_id":"#5","token_use":"id","auth_time":1700000000,"exp":1700003660,"iat":1700000060,"jti":"#7"}
        200 {"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"TokenType":"Bearer","IdToken":"$id"}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#8","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003660,"iat":1700000060,"jti":"#9","username":"ana"}
        200 {"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"TokenType":"Bearer","RefreshToken":"$refresh","IdToken":"$id"}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#10","event_id":"#11","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000060,"exp":1700003660,"iat":1700000060,"jti":"#12","username":"ana"}
        "##);
    }

    /// Each call mends the fault of the one above.
    #[test]
    fn precedence() {
        let story = Story::with_pool_and_client(json!({}), json!({"GenerateSecret": true}));
        assert_snapshot!(story.and_user("ana", json!([])).run(r#"
            InitiateAuth {}
            InitiateAuth {"ClientId":"nobody","AuthFlow":"PASSWORD"}
            InitiateAuth {"ClientId":"nobody","AuthFlow":"ADMIN_USER_PASSWORD_AUTH"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH"}
        "#), @"
        400 InvalidParameterException: 2 validation errors detected: Value null at 'authFlow' failed to satisfy constraint: Member must not be null; Value at 'clientId' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 1 validation error detected: Value 'PASSWORD' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: [USER_SRP_AUTH, REFRESH_TOKEN_AUTH, REFRESH_TOKEN, CUSTOM_AUTH, ADMIN_NO_SRP_AUTH, USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, USER_AUTH]
        400 ResourceNotFoundException: User pool client nobody does not exist.
        400 InvalidParameterException: Initiate Auth method not supported
        ");
    }
}
