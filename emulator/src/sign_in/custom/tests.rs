//! Tests of custom authentication.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::state::mfa::Factor;
use crate::testing::{Fixture, respond};

const START: &str = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"USERNAME":"ana"},"ClientMetadata":{"from":"first"}}"#;

/// An answer to the riddle.
fn answer(with: &str) -> String {
    format!(
        r#"RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"CUSTOM_CHALLENGE","Session":"$session","ChallengeResponses":{{"USERNAME":"ana","ANSWER":"{with}"}},"ClientMetadata":{{"from":"second"}}}}"#
    )
}

fn client() -> Value {
    json!({"ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]})
}

/// A pool whose `DefineAuthChallenge` returns the result of `define`. Its riddle is
/// the sum of one and one.
fn directed(
    fixture: Fixture,
    define: impl Fn(&[Value]) -> Value + Send + Sync + 'static,
) -> Fixture {
    fixture
        .and_trigger("DefineAuthChallenge", move |event| {
            let session = event["request"]["session"].as_array().unwrap();
            respond(event, define(session))
        })
        .and_trigger("CreateAuthChallenge", |event| {
            let turn = event["request"]["session"].as_array().unwrap().len();
            respond(
                event,
                json!({
                    "publicChallengeParameters": {"question": "1 + 1"},
                    "privateChallengeParameters": {"answer": "2"},
                    "challengeMetadata": format!("RIDDLE_{turn}"),
                }),
            )
        })
        .and_trigger("VerifyAuthChallengeResponse", |event| {
            let request = &event["request"];
            let right =
                request["challengeAnswer"] == request["privateChallengeParameters"]["answer"];
            respond(event, json!({ "answerCorrect": right }))
        })
}

/// Issues tokens for a right answer. Allows three attempts.
fn riddles(session: &[Value]) -> Value {
    let right = session
        .last()
        .is_some_and(|last| last["challengeResult"] == true);
    json!({
        "challengeName": (!right && session.len() < 3).then_some("CUSTOM_CHALLENGE"),
        "issueTokens": right,
        "failAuthentication": !right && session.len() >= 3,
    })
}

fn fixture() -> Fixture {
    directed(
        Fixture::with_pool_and_client(json!({}), client()).and_user("ana", json!([])),
        riddles,
    )
}

#[test]
fn functions_direct_the_sign_in() {
    let mut fixture = fixture()
        .and_trigger("PreAuthentication", |event| Ok(event.clone()))
        .and_trigger("PostAuthentication", |event| Ok(event.clone()))
        .and_trigger("PreTokenGeneration", |event| Ok(event.clone()));
    let script = [
        START,
        "events",
        &answer("3"),
        "events",
        &answer("2"),
        "events",
    ]
    .join("\n");
    assert_snapshot!(fixture.run(&script), @r#"
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PreAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"validationData":{"from":"first"}},"response":{}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"session":[],"userNotFound":false},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"challengeName":"CUSTOM_CHALLENGE","session":[],"userNotFound":false},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"VerifyAuthChallengeResponse_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"privateChallengeParameters":{"answer":"2"},"challengeAnswer":"3","clientMetadata":{"from":"second"},"userNotFound":false},"response":{"answerCorrect":null}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"}],"clientMetadata":{"from":"second"},"userNotFound":false},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"challengeName":"CUSTOM_CHALLENGE","session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"}],"clientMetadata":{"from":"second"},"userNotFound":false},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"VerifyAuthChallengeResponse_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"privateChallengeParameters":{"answer":"2"},"challengeAnswer":"2","clientMetadata":{"from":"second"},"userNotFound":false},"response":{"answerCorrect":null}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"},{"challengeName":"CUSTOM_CHALLENGE","challengeResult":true,"challengeMetadata":"RIDDLE_1"}],"clientMetadata":{"from":"second"},"userNotFound":false},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"PostAuthentication_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"newDeviceUsed":false,"clientMetadata":{"from":"second"}},"response":{}}
    {"version":"1","triggerSource":"TokenGeneration_Authentication","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED"},"groupConfiguration":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null},"clientMetadata":{"from":"second"}},"response":{"claimsOverrideDetails":null}}
    "#);
}

/// A remembered device is verified after the functions are done.
#[test]
fn a_remembered_device() {
    let pool = json!({"DeviceConfiguration": {"ChallengeRequiredOnNewDevice": false}});
    let fixture = Fixture::with_pool_and_client(pool, client()).and_user("ana", json!([]));
    let mut fixture = directed(fixture, riddles);
    let script = [
        START,
        &answer("2"),
        r#"ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}"#,
        r#"InitiateAuth {"ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{"USERNAME":"ana","DEVICE_KEY":"$device"}}"#,
        &answer("2"),
        r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_SRP_AUTH","Session":"$session","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","SRP_A":"$srp_a"}}"#,
        r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$device_claim(secret)","TIMESTAMP":"$timestamp"}}"#,
    ]
    .join("\n");
    assert_snapshot!(fixture.run(&script), @r#"
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"UserConfirmationNecessary":false}
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    200 {"ChallengeName":"DEVICE_SRP_AUTH","ChallengeParameters":{"DEVICE_KEY":"$device","USERNAME":"ana"},"Session":"$session"}
    200 {"ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeParameters":{"DEVICE_KEY":"$device","SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana"}}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "#);
}

/// A session can be used once, and three wrong answers end the sign-in.
#[test]
fn wrong_answers() {
    let mut fixture = fixture();
    let script = [
        START,
        "first = $session",
        &answer("3"),
        &answer("3").replace("$session", "$first"),
        &answer("4"),
        "third = $session",
        &answer("5"),
        &answer("2").replace("$session", "$third"),
        START,
        "advance 180",
        &answer("2"),
    ]
    .join("\n");
    assert_snapshot!(fixture.run(&script), @r#"
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    400 NotAuthorizedException: Invalid session for the user, session can only be used once.
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    400 NotAuthorizedException: Incorrect username or password.
    400 NotAuthorizedException: Invalid session for the user, session can only be used once.
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    400 NotAuthorizedException: Invalid session for the user, session is expired.
    "#);
}

/// Every refusal, in order.
#[test]
fn precedence() {
    let mut fixture = fixture().and_user("bob", json!([]));
    let start = |parameters: &str| {
        format!(
            r#"InitiateAuth {{"ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{{{parameters}}}}}"#
        )
    };
    let respond = |session: &str, responses: &str| {
        format!(
            r#"RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"CUSTOM_CHALLENGE"{session},"ChallengeResponses":{{{responses}}}}}"#
        )
    };
    let script = [
        start(""),
        start(r#""USERNAME":"noname","CHALLENGE_NAME":"SRP_A""#),
        start(r#""USERNAME":"noname","CHALLENGE_NAME":"SRP_A","SRP_A":"$srp_a""#),
        start(r#""USERNAME":"noname""#),
        format!("only /ChallengeParameters {}", start(r#""USERNAME":"ana""#)),
        respond("", ""),
        respond("", r#""USERNAME":"bob""#),
        respond(
            r#","Session":"no-such-session-anywhere""#,
            r#""USERNAME":"bob""#,
        ),
        respond(r#","Session":"$session""#, r#""USERNAME":"bob""#),
        respond(r#","Session":"$session""#, r#""USERNAME":"ana""#),
        format!(
            "only /ChallengeParameters {}",
            respond(
                r#","Session":"$session""#,
                r#""USERNAME":"ana","ANSWER":"2""#
            )
        ),
    ]
    .join("\n");
    assert_snapshot!(fixture.run(&script), @r#"
    400 InvalidParameterException: Missing required parameter USERNAME
    400 InvalidParameterException: Missing required parameter SRP_A
    400 UserNotFoundException: User does not exist.
    400 UserNotFoundException: User does not exist.
    {"USERNAME":"ana","question":"1 + 1"}
    400 InvalidParameterException: Missing required parameter challenge responses.
    400 InvalidParameterException: Missing required parameter Session
    400 NotAuthorizedException: Invalid session for the user.
    400 NotAuthorizedException: Invalid session for the user.
    400 InvalidParameterException: Missing required parameter ANSWER
    {}
    "#);
}

/// R64, R69, and missing functions in later steps.
#[test]
fn functions_that_are_not_set_up() {
    let mut transcript = Fixture::with_user("ana").run(START);
    transcript += &Fixture::with_pool_and_client(json!({}), client())
        .and_user("ana", json!([]))
        .run(START);
    for missing in ["CreateAuthChallenge", "VerifyAuthChallengeResponse"] {
        let mut fixture = fixture();
        let handle = fixture.pool_handle();
        handle.write().settings.lambda_config.shift_remove(missing);
        let script = format!("only /ChallengeName {START}\n{}", answer("2"));
        transcript += &fixture.run(&script);
    }
    assert_snapshot!(transcript, @r#"
    400 InvalidParameterException: CUSTOM_AUTH is not enabled for the client.
    400 InvalidParameterException: Custom auth lambda trigger is not configured for the user pool.
    400 InvalidParameterException: Custom auth lambda trigger is not configured for the user pool.
    400 InvalidParameterException: 1 validation error detected: Value at 'session' failed to satisfy constraint: Member must have length greater than or equal to 20
    "CUSTOM_CHALLENGE"
    400 InvalidParameterException: Custom auth lambda trigger is not configured for the user pool.
    "#);
}

/// A user who cannot sign in gets the same error as with a password.
#[test]
fn users_who_cannot_sign_in() {
    let mut fixture = fixture();
    assert_snapshot!(fixture.run(&format!(
        r#"
        AdminDisableUser {{"UserPoolId":"$pool","Username":"ana"}}
        {START}
        AdminEnableUser {{"UserPoolId":"$pool","Username":"ana"}}
        only /ChallengeName {START}
        AdminDisableUser {{"UserPoolId":"$pool","Username":"ana"}}
        {answer}
        AdminEnableUser {{"UserPoolId":"$pool","Username":"ana"}}
        AdminUpdateUserAttributes {{"UserPoolId":"$pool","Username":"ana","UserAttributes":[{{"Name":"email","Value":"ana@example.com"}},{{"Name":"email_verified","Value":"true"}}]}}
        AdminResetUserPassword {{"UserPoolId":"$pool","Username":"ana"}}
        {answer}
        {START}
        AdminSetUserPassword {{"UserPoolId":"$pool","Username":"ana","Password":"Temporary-1"}}
        only /ChallengeParameters {answer}
        only /UserStatus AdminGetUser {{"UserPoolId":"$pool","Username":"ana"}}
        SignUp {{"ClientId":"$client","Username":"bob","Password":"$password"}}
        InitiateAuth {{"ClientId":"$client","AuthFlow":"CUSTOM_AUTH","AuthParameters":{{"USERNAME":"bob"}}}}
        "#,
        answer = answer("2")
    )), @r#"
    200 {}
    400 NotAuthorizedException: User is disabled.
    200 {}
    "CUSTOM_CHALLENGE"
    200 {}
    400 NotAuthorizedException: User is disabled.
    200 {}
    200 {}
    200 {}
    400 PasswordResetRequiredException: Password reset required for the user
    400 PasswordResetRequiredException: Password reset required for the user
    200 {}
    {}
    "FORCE_CHANGE_PASSWORD"
    200 {"UserConfirmed":false,"UserSub":"$sub"}
    400 UserNotConfirmedException: User is not confirmed.
    "#);
}

/// A client that hides users does not reveal an unknown user. The functions receive
/// `userNotFound`.
#[test]
fn unknown_users() {
    let mut hiding = client();
    hiding["PreventUserExistenceErrors"] = json!("ENABLED");
    for settings in [json!({}), json!({"UsernameAttributes": ["email"]})] {
        let name = if settings == json!({}) {
            "ana"
        } else {
            "ana@example.com"
        };
        let mut fixture = directed(
            Fixture::with_pool_and_client(settings, hiding.clone()),
            riddles,
        );
        let script = [
            START,
            "as name /ChallengeParameters/USERNAME InitiateAuth {\"ClientId\":\"$client\",\"AuthFlow\":\"CUSTOM_AUTH\",\"AuthParameters\":{\"USERNAME\":\"ana\"}}",
            &answer("3").replace("\"ana\"", "\"carol@example.com\""),
            &answer("3").replace("\"ana\"", "\"$name\""),
            &answer("2"),
            "events",
        ]
        .join("\n")
        .replace("\"ana\"", &format!("\"{name}\""));
        let transcript = fixture.run(&script);
        if name == "ana" {
            assert_snapshot!(transcript, @r#"
            200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
            "ana"
            400 NotAuthorizedException: Invalid session for the user.
            200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
            400 NotAuthorizedException: Incorrect username or password.
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[],"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{},"challengeName":"CUSTOM_CHALLENGE","session":[],"userNotFound":true},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[],"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{},"challengeName":"CUSTOM_CHALLENGE","session":[],"userNotFound":true},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"VerifyAuthChallengeResponse_Authentication","request":{"userAttributes":{},"privateChallengeParameters":{"answer":"2"},"challengeAnswer":"3","clientMetadata":{"from":"second"},"userNotFound":true},"response":{"answerCorrect":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"}],"clientMetadata":{"from":"second"},"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{},"challengeName":"CUSTOM_CHALLENGE","session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"}],"clientMetadata":{"from":"second"},"userNotFound":true},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"VerifyAuthChallengeResponse_Authentication","request":{"userAttributes":{},"privateChallengeParameters":{"answer":"2"},"challengeAnswer":"2","clientMetadata":{"from":"second"},"userNotFound":true},"response":{"answerCorrect":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"},{"challengeName":"CUSTOM_CHALLENGE","challengeResult":true,"challengeMetadata":"RIDDLE_1"}],"clientMetadata":{"from":"second"},"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            "#);
        } else {
            assert_snapshot!(transcript, @r#"
            200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"873994ec-3c2b-701f-1fd1-33f5f60b9f68","question":"1 + 1"},"Session":"$session"}
            "$name"
            400 NotAuthorizedException: Invalid session for the user.
            200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"$name","question":"1 + 1"},"Session":"$session"}
            400 NotAuthorizedException: Incorrect username or password.
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[],"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{},"challengeName":"CUSTOM_CHALLENGE","session":[],"userNotFound":true},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[],"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{},"challengeName":"CUSTOM_CHALLENGE","session":[],"userNotFound":true},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"VerifyAuthChallengeResponse_Authentication","request":{"userAttributes":{},"privateChallengeParameters":{"answer":"2"},"challengeAnswer":"3","clientMetadata":{"from":"second"},"userNotFound":true},"response":{"answerCorrect":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"}],"clientMetadata":{"from":"second"},"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{},"challengeName":"CUSTOM_CHALLENGE","session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"}],"clientMetadata":{"from":"second"},"userNotFound":true},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"VerifyAuthChallengeResponse_Authentication","request":{"userAttributes":{},"privateChallengeParameters":{"answer":"2"},"challengeAnswer":"2","clientMetadata":{"from":"second"},"userNotFound":true},"response":{"answerCorrect":null}}
            {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana@example.com","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{},"session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":false,"challengeMetadata":"RIDDLE_0"},{"challengeName":"CUSTOM_CHALLENGE","challengeResult":true,"challengeMetadata":"RIDDLE_1"}],"clientMetadata":{"from":"second"},"userNotFound":true},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
            "#);
        }
    }
}

/// First the password, then the second factor, then a riddle.
#[test]
fn after_srp() {
    let steps = |session: &[Value]| {
        let Some(last) = session.last() else {
            return json!({ "challengeName": "PASSWORD_VERIFIER" });
        };
        let riddle = last["challengeName"] == "CUSTOM_CHALLENGE";
        json!({
            "challengeName": match last["challengeName"].as_str() {
                Some("SRP_A") => Some("PASSWORD_VERIFIER"),
                Some("CUSTOM_CHALLENGE") => None,
                _ => Some("CUSTOM_CHALLENGE"),
            },
            "issueTokens": riddle && last["challengeResult"] == true,
            "failAuthentication": riddle && last["challengeResult"] == false,
        })
    };
    let attributes = json!([{"Name": "phone_number", "Value": "+12065559934"}]);
    let mut fixture = directed(
        Fixture::with_pool_and_client(json!({}), client())
            .and_user("ana", attributes)
            .and_mfa("ON", &[Factor::SmsMfa]),
        steps,
    );
    let start = START.replace(
        r#""USERNAME":"ana""#,
        r#""USERNAME":"ana","CHALLENGE_NAME":"SRP_A","SRP_A":"$srp_a""#,
    );
    let prove = |password: &str| {
        format!(
            r#"RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{{"USERNAME":"ana","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim({password})","TIMESTAMP":"$timestamp"}}}}"#
        )
    };
    let script = [
        &start,
        &prove("wrong"),
        &prove("$password"),
        r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}"#,
        "events",
        &answer("2"),
        // The password cannot be required later if the sign-in did not
        // start with it.
        START,
    ]
    .join("\n");
    assert_snapshot!(fixture.run(&script), @r#"
    200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
    400 NotAuthorizedException: Incorrect username or password.
    200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    200 {"ChallengeName":"CUSTOM_CHALLENGE","ChallengeParameters":{"USERNAME":"ana","question":"1 + 1"},"Session":"$session"}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED","phone_number":"+12065559934"},"session":[{"challengeName":"SRP_A","challengeResult":true,"challengeMetadata":null}],"userNotFound":false},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"DefineAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED","phone_number":"+12065559934"},"session":[{"challengeName":"SRP_A","challengeResult":true,"challengeMetadata":null},{"challengeName":"PASSWORD_VERIFIER","challengeResult":true,"challengeMetadata":null},{"challengeName":"SMS_MFA","challengeResult":true,"challengeMetadata":null}],"userNotFound":false},"response":{"challengeName":null,"issueTokens":null,"failAuthentication":null}}
    {"version":"1","region":"us-east-1","userPoolId":"$pool","userName":"ana","callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"$client"},"triggerSource":"CreateAuthChallenge_Authentication","request":{"userAttributes":{"sub":"$sub","cognito:user_status":"CONFIRMED","phone_number":"+12065559934"},"challengeName":"CUSTOM_CHALLENGE","session":[{"challengeName":"SRP_A","challengeResult":true,"challengeMetadata":null},{"challengeName":"PASSWORD_VERIFIER","challengeResult":true,"challengeMetadata":null},{"challengeName":"SMS_MFA","challengeResult":true,"challengeMetadata":null}],"userNotFound":false},"response":{"publicChallengeParameters":null,"privateChallengeParameters":null,"challengeMetadata":null}}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    400 InvalidLambdaResponseException: Unrecognizable lambda output
    "#);
}

/// Cognito's own challenges, chosen by name.
#[test]
fn named_challenges() {
    let mut transcript = String::new();
    for name in [
        "PASSWORD_VERIFIER",
        "NEW_PASSWORD_REQUIRED",
        "SMS_MFA",
        "EMAIL_OTP",
        "SOFTWARE_TOKEN_MFA",
        "SELECT_MFA_TYPE",
        "nonsense",
    ] {
        let attributes = json!([
            {"Name": "email", "Value": "ana@example.com"},
            {"Name": "phone_number", "Value": "+12065559934"},
        ]);
        let mut fixture = directed(
            Fixture::with_pool_and_client(json!({}), client())
                .and_user("ana", attributes)
                .and_mfa("OPTIONAL", &[Factor::SmsMfa]),
            move |session| match session {
                [] => json!({ "challengeName": name }),
                [only] => json!({ "issueTokens": only["challengeName"] == name }),
                _ => panic!("one step is enough"),
            },
        );
        fixture.run(
            r#"AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"Temporary-1"}"#,
        );
        transcript += &fixture.run(START);
        let responses = match name {
            "NEW_PASSWORD_REQUIRED" => r#""NEW_PASSWORD":"$password""#,
            "SMS_MFA" => r#""SMS_MFA_CODE":"$code""#,
            "EMAIL_OTP" => r#""EMAIL_OTP_CODE":"$code""#,
            _ => continue,
        };
        let script = format!(
            r#"only /ChallengeParameters RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"{name}","Session":"$session","ChallengeResponses":{{"USERNAME":"ana",{responses}}}}}"#
        );
        transcript += &fixture.run(&script);
    }
    assert_snapshot!(transcript, @r#"
    400 InvalidLambdaResponseException: Unrecognizable lambda output
    200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{\"email\":\"ana@example.com\",\"phone_number\":\"+12065559934\"}"},"Session":"$session"}
    {}
    200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    {}
    200 {"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
    {}
    200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    400 InvalidLambdaResponseException: Unrecognizable lambda output
    400 InvalidLambdaResponseException: Unrecognizable lambda output
    "#);
}

/// R204 to R206. A function that fails leaves the session open.
#[test]
fn misbehaviour() {
    let mut transcript = String::new();
    for (trigger, answers) in [
        (
            "DefineAuthChallenge",
            vec![
                Err("no idea".to_owned()),
                Ok(json!({"response": {}})),
                Ok(json!({"response": {"issueTokens": "yes"}})),
                Ok(Value::Null),
            ],
        ),
        (
            "CreateAuthChallenge",
            vec![
                Err("no riddle".to_owned()),
                Ok(json!({"response": {"publicChallengeParameters": {"number": 7}}})),
                Ok(json!({"response": {}})),
            ],
        ),
        (
            "VerifyAuthChallengeResponse",
            vec![
                Err("no verdict".to_owned()),
                Ok(json!({"response": {"answerCorrect": "yes"}})),
                Ok(json!({"response": {}})),
            ],
        ),
    ] {
        for bad in answers {
            let mut fixture = fixture();
            if trigger == "VerifyAuthChallengeResponse" {
                fixture.run(START);
            }
            fixture = fixture.and_trigger(trigger, move |_| bad.clone());
            let script = if trigger == "VerifyAuthChallengeResponse" {
                answer("2")
            } else {
                START.to_owned()
            };
            transcript += &fixture.run(&format!("only /ChallengeParameters {script}"));
            if trigger == "VerifyAuthChallengeResponse" {
                fixture = directed(fixture, riddles);
                transcript += "  ";
                transcript += &fixture.run(&format!("only /ChallengeParameters {script}"));
            }
        }
    }
    assert_snapshot!(transcript, @r#"
    400 UserLambdaValidationException: DefineAuthChallenge failed with error no idea.
    400 InvalidLambdaResponseException: Unrecognizable lambda output
    400 InvalidLambdaResponseException: Unrecognizable lambda output
    400 InvalidLambdaResponseException: Invalid lambda function output : Invalid JSON
    400 UserLambdaValidationException: CreateAuthChallenge failed with error no riddle.
    400 InvalidLambdaResponseException: Unrecognizable lambda output
    {"USERNAME":"ana"}
    400 UserLambdaValidationException: VerifyAuthChallengeResponse failed with error no verdict.
      {}
    400 InvalidLambdaResponseException: Unrecognizable lambda output
      {}
    {"USERNAME":"ana","question":"1 + 1"}
      {}
    "#);
}
