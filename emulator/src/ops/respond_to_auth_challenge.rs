//! `RespondToAuthChallenge`: answers a challenge of a sign-in from an app.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html>

use serde::Deserialize;

use super::{Cx, Result};
use crate::sign_in::{Answer, ChallengeResponse, Parameters, respond};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    client_id: String,
    challenge_name: String,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: Parameters,
    #[serde(default)]
    client_metadata: Parameters,
}

pub(super) fn call(cx: &Cx<'_>, request: Request) -> Result<Answer> {
    let handle = cx.pool_handle_of_client(&request.client_id)?;
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

    const SIGN_IN: &str = r#"{"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#;

    /// Runs `script`. In it, `$sign_in` is ana's password sign-in.
    fn run(mut fixture: Fixture, script: &str) -> String {
        fixture.run(&format!("sign_in = {SIGN_IN}\n{script}"))
    }

    #[test]
    fn a_temporary_password_is_replaced() {
        let fixture = Fixture::with_user("ana");
        assert_snapshot!(run(fixture, r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            InitiateAuth $sign_in
            # Without a history the same password is allowed.
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password"}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth $sign_in
        "#), @r#"
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn attributes_can_be_sent_with_the_new_password() {
        let pool = json!({"Schema": [
            {"Name": "given_name", "Required": true, "Mutable": true},
            {"Name": "team", "AttributeDataType": "String", "Mutable": true},
        ]});
        let client = json!({"WriteAttributes": ["given_name", "email", "nickname"]});
        let fixture = Fixture::with_pool_and_client(pool, client)
            .and_user("ana", json!([{"Name": "nickname", "Value": "an"}]));
        assert_snapshot!(run(fixture, r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            InitiateAuth $sign_in
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password","userAttributes.nickname":"an"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password","userAttributes.nothing":"x"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password","userAttributes.custom:team":"x"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password","userAttributes.email_verified":"true"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password","userAttributes.email":"ana"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password","userAttributes.email":"ana@example.com"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"weak","userAttributes.email":"ana@example.com","userAttributes.given_name":"Ana"}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password","userAttributes.email":"ana@example.com","userAttributes.given_name":"Ana"}}
            claims id
        "#), @r##"
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[\"userAttributes.given_name\"]","userAttributes":"{\"nickname\":\"an\"}"},"Session":"$session"}
        400 NotAuthorizedException: Cannot modify an already provided nickname
        400 InvalidParameterException: user.nothing: Attribute does not exist in the schema.

        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 NotAuthorizedException: A client attempted to write unauthorized attribute
        400 InvalidParameterException: Invalid email address format.
        400 InvalidParameterException: Invalid attributes given, given_name is missing
        400 InvalidPasswordException: Password does not conform to policy: Password not long enough
        200 {"Enabled":true,"UserAttributes":[{"Name":"nickname","Value":"an"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","email_verified":false,"iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","cognito:username":"ana","given_name":"Ana","origin_jti":"#1","aud":"$client","event_id":"#2","token_use":"id","auth_time":1700000000,"nickname":"an","exp":1700003600,"iat":1700000000,"jti":"#3","email":"ana@example.com"}
        "##);
    }

    #[test]
    fn the_password_history_is_checked() {
        let pool = json!({"Policies": {"PasswordPolicy": {"PasswordHistorySize": 2, "MinimumLength": 8, "RequireUppercase": true, "RequireLowercase": true, "RequireNumbers": true, "RequireSymbols": true}}});
        let fixture = Fixture::with_pool(pool).and_user("ana", json!([]));
        assert_snapshot!(run(fixture, r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"Temporary-1"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"Temporary-1"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"$password"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"Another-3"}}
        "#), @r#"
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        400 PasswordHistoryPolicyViolationException: Password has previously been used
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// With required MFA, the user sets up a token during the first sign-in. Every
    /// later sign-in requires it, even without a preference of the user. A code can be
    /// used once.
    #[test]
    fn required_totp() {
        let fixture = Fixture::with_user("ana").and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!(run(fixture, r#"
            InitiateAuth $sign_in
            first = $session
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            AssociateSoftwareToken {"Session":"$session"}
            AssociateSoftwareToken {"Session":"$first"}
            VerifySoftwareToken {"Session":"$session","UserCode":"000000"}
            VerifySoftwareToken {"Session":"$session","UserCode":"$totp","FriendlyDeviceName":"phone"}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            InitiateAuth $sign_in
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"$totp"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"000000"}}
            advance 30
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"$totp"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SOFTWARE_TOKEN_MFA_CODE":"$totp"}}
        "#), @r#"
        200 {"ChallengeName":"MFA_SETUP","ChallengeParameters":{"MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        400 NotAuthorizedException: Invalid session for the user.
        200 {"SecretCode":"$seed","Session":"$session"}
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        400 EnableSoftwareTokenMFAException: Code mismatch
        200 {"Session":"$session","Status":"SUCCESS"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"Enabled":true,"UserAttributes":[{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
        200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"FRIENDLY_DEVICE_NAME":"phone","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        400 ExpiredCodeException: Your software token has already been used once.
        400 CodeMismatchException: Invalid code received for user
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        "#);
    }

    /// The user sets a new password first, then the second factor is required.
    #[test]
    fn a_new_password_and_then_mfa() {
        let fixture = Fixture::with_user("ana").and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!(run(fixture, r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            InitiateAuth $sign_in
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"Another-3"}}
            AssociateSoftwareToken {"Session":"$session"}
            VerifySoftwareToken {"Session":"$session","UserCode":"$totp"}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
        "#), @r#"
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        200 {"ChallengeName":"MFA_SETUP","ChallengeParameters":{"MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"SecretCode":"$seed","Session":"$session"}
        200 {"Session":"$session","Status":"SUCCESS"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// Wrong codes neither close the session nor lock the user (R85).
    #[test]
    fn sms() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "phone_number", "Value": "+12065559934"}]),
            )
            .and_mfa("ON", &[Factor::SmsMfa]);
        assert_snapshot!(run(fixture, r#"
            InitiateAuth $sign_in
            outbox
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"x1"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"x2"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"x3"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"x4"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"x5"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"x6"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}
        "#), @r#"
        200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        SignIn Sms to +12065559934:  Your authentication code is $code.
        400 InvalidParameterException: Missing required parameter SMS_MFA_CODE
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        400 CodeMismatchException: Invalid code or auth state for the user.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn one_of_several_factors_is_chosen() {
        let fixture = Fixture::new()
            .and_user("ana", json!([{"Name": "phone_number", "Value": "+12065559934"}, {"Name": "email", "Value": "ana@example.com"}]))
            .and_mfa("OPTIONAL", &[Factor::SmsMfa, Factor::EmailOtp]);
        assert_snapshot!(run(fixture, r#"
            # MFA is optional, and no factor is turned on.
            InitiateAuth $sign_in
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true},"EmailMfaSettings":{"Enabled":true}}
            InitiateAuth $sign_in
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_MFA_TYPE","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_MFA_TYPE","Session":"$session","ChallengeResponses":{"USERNAME":"ana","ANSWER":"SOFTWARE_TOKEN_MFA"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_MFA_TYPE","Session":"$session","ChallengeResponses":{"USERNAME":"ana","ANSWER":"EMAIL_OTP"}}
            outbox
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"EMAIL_OTP","Session":"$session","ChallengeResponses":{"USERNAME":"ana","EMAIL_OTP_CODE":"x"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"EMAIL_OTP","Session":"$session","ChallengeResponses":{"USERNAME":"ana","EMAIL_OTP_CODE":"$code"}}
            # A preference decides.
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            InitiateAuth $sign_in
        "#), @r#"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        200 {"ChallengeName":"SELECT_MFA_TYPE","ChallengeParameters":{"MFAS_CAN_CHOOSE":"[\"SMS_MFA\",\"EMAIL_OTP\"]","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        400 InvalidParameterException: Missing required parameter ANSWER
        400 MFAMethodNotFoundException: MFA method not found.
        200 {"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
        SignIn Email to ana@example.com: Your authentication code Your authentication code is $code.
        400 CodeMismatchException: Invalid code or auth state for the user.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {}
        200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        "#);
    }

    #[test]
    fn a_pool_that_cannot_send_sms() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "phone_number", "Value": "+12065559934"}]),
            )
            .and_mfa("ON", &[Factor::SmsMfa]);
        let handle = fixture.pool_handle();
        handle.write().settings.sms_configuration = None;
        assert_snapshot!(run(fixture, "InitiateAuth $sign_in"), @"400 InvalidParameterException: Invalid phone number provided/Unable to send the message. User pool does not have SMS configuration to send messages.");
    }

    /// If the pool has TOTP only, a user's preference for SMS has no effect
    /// (aws-amplify/amplify-js#11260).
    #[test]
    fn a_preference_that_the_pool_does_not_offer() {
        let fixture = Fixture::new()
            .and_user(
                "ana",
                json!([{"Name": "phone_number", "Value": "+12065559934"}]),
            )
            .and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!(run(fixture, r#"
            AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true}}
            InitiateAuth $sign_in
            AssociateSoftwareToken {"Session":"$session"}
            VerifySoftwareToken {"Session":"$session","UserCode":"$totp"}
            InitiateAuth $sign_in
        "#), @r#"
        200 {}
        200 {"ChallengeName":"MFA_SETUP","ChallengeParameters":{"MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"SecretCode":"$seed","Session":"$session"}
        200 {"Session":"$session","Status":"SUCCESS"}
        200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        "#);
    }

    #[test]
    fn sessions_end() {
        let fixture = Fixture::with_user("ana")
            .and_user("bob", json!([]))
            .and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!(run(fixture, r#"
            InitiateAuth $sign_in
            # Another user's session, and another challenge's.
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"bob"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            # Valid to its last second.
            advance 179
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            advance 1
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            # The user was disabled in the meantime.
            InitiateAuth $sign_in
            AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
        "#), @r#"
        200 {"ChallengeName":"MFA_SETUP","ChallengeParameters":{"MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Invalid session for the user, session is expired.
        200 {"ChallengeName":"MFA_SETUP","ChallengeParameters":{"MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {}
        400 NotAuthorizedException: User is disabled.
        "#);
    }

    /// With MFA required, the status does not change before the factor is set
    /// up (fact 4a).
    #[test]
    fn a_new_password_confirms_after_mfa_is_set_up() {
        let mut fixture = Fixture::new().and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        assert_snapshot!(fixture.run(r#"
            AdminCreateUser {"UserPoolId":"$pool","Username":"ana","TemporaryPassword":"$password","MessageAction":"SUPPRESS"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"Another-Horse-8"}}
            only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
            AssociateSoftwareToken {"Session":"$session"}
            VerifySoftwareToken {"Session":"$session","UserCode":"$totp"}
            only /ChallengeName RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"MFA_SETUP","Session":"$session","ChallengeResponses":{"USERNAME":"ana"}}
            only /UserStatus AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        "#), @r#"
        200 {"User":{"Attributes":[{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"ana"}}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        200 {"ChallengeName":"MFA_SETUP","ChallengeParameters":{"MFAS_CAN_SETUP":"[\"SOFTWARE_TOKEN_MFA\"]","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        "FORCE_CHANGE_PASSWORD"
        200 {"SecretCode":"$seed","Session":"$session"}
        200 {"Session":"$session","Status":"SUCCESS"}
        absent
        "CONFIRMED"
        "#);
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let client = json!({"GenerateSecret": true});
        let fixture = Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]));
        assert_snapshot!(run(fixture, r#"
            AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
            InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","SECRET_HASH":"$hash(ana)"}}
            RespondToAuthChallenge {}
            RespondToAuthChallenge {"ClientId":"unknown","ChallengeName":"NOTHING","Session":"short"}
            RespondToAuthChallenge {"ClientId":"unknown","ChallengeName":"NEW_PASSWORD_REQUIRED"}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED"}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeResponses":{"USERNAME":"ana"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"x"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"a-session-that-is-unknown","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"Weak","SECRET_HASH":"$hash(ana)"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"$session","ChallengeResponses":{"USERNAME":"ana","NEW_PASSWORD":"Another-3","SECRET_HASH":"$hash(ana)"}}
            # Another challenge without its parameters.
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)"}}
        "#), @r#"
        200 {}
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{}"},"Session":"$session"}
        400 InvalidParameterException: 2 validation errors detected: Value at 'clientId' failed to satisfy constraint: Member must not be null; Value null at 'challengeName' failed to satisfy constraint: Member must not be null
        400 InvalidParameterException: 2 validation errors detected: Value 'NOTHING' at 'challengeName' failed to satisfy constraint: Member must satisfy enum value set: [SMS_MFA, EMAIL_OTP, SOFTWARE_TOKEN_MFA, SELECT_MFA_TYPE, MFA_SETUP, PASSWORD_VERIFIER, CUSTOM_CHALLENGE, SELECT_CHALLENGE, DEVICE_SRP_AUTH, DEVICE_PASSWORD_VERIFIER, ADMIN_NO_SRP_AUTH, NEW_PASSWORD_REQUIRED, SMS_OTP, PASSWORD, WEB_AUTHN, PASSWORD_SRP]; Value at 'session' failed to satisfy constraint: Member must have length greater than or equal to 20
        400 ResourceNotFoundException: User pool client unknown does not exist.
        400 InvalidParameterException: Missing required parameter challenge responses.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 InvalidParameterException: Missing required parameter Session
        400 NotAuthorizedException: Invalid session for the user.
        400 InvalidParameterException: Missing required parameter NEW_PASSWORD
        400 InvalidPasswordException: Password does not conform to policy: Password not long enough
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: Missing required parameter PASSWORD_CLAIM_SECRET_BLOCK
        "#);
    }
}
