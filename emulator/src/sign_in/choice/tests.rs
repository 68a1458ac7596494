//! Tests of the choice of a first factor.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::error::Error;
use crate::state::mfa::Factor;
use crate::testing::Fixture;
use crate::testing::authenticator::Authenticator;

const ORIGIN: &str = "http://localhost:3000";

/// A pool that allows `factors`, and a client that allows the choice.
fn pool(factors: &[&str], client: Value) -> Fixture {
    let pool = json!({
        "Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": factors}},
        "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"},
        "AutoVerifiedAttributes": ["email"],
    });
    let mut client = client;
    client["ExplicitAuthFlows"] = json!([
        "ALLOW_USER_AUTH",
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH"
    ]);
    Fixture::with_pool_and_client(pool, client)
}

const ALL: [&str; 4] = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"];

fn contacts() -> Value {
    json!([{"Name": "email", "Value": "ana@example.com"}, {"Name": "phone_number", "Value": "+12065559934"}])
}

/// Runs `script`. In it, `start ana +NAME=value` starts ana's sign-in and
/// `answer CHALLENGE +NAME=value` answers a challenge.
fn run(fixture: &mut Fixture, script: &str) -> String {
    let mut lines = Vec::new();
    for line in script.lines().map(str::trim) {
        let mut words = line.split(" +");
        let head = words.next().unwrap_or_default();
        let mut given = serde_json::Map::new();
        for word in words {
            let (name, value) = word.split_once('=').unwrap();
            given.insert(name.to_owned(), json!(value));
        }
        lines.push(match head.split_once(' ') {
            Some(("start", user)) => {
                given.insert("USERNAME".to_owned(), json!(user));
                let input = json!({"ClientId": "$client", "AuthFlow": "USER_AUTH", "AuthParameters": given});
                format!("InitiateAuth {input}")
            }
            Some(("answer", challenge)) => {
                given.entry("USERNAME").or_insert(json!("ana"));
                let input = json!({"ClientId": "$client", "ChallengeName": challenge, "Session": "$session", "ChallengeResponses": given});
                format!("RespondToAuthChallenge {input}")
            }
            _ => line.to_owned(),
        });
    }
    fixture.run(&lines.join("\n"))
}

#[test]
fn offered_factors() {
    let mut fixture = pool(&ALL, json!({})).and_user("ana", contacts());
    assert_snapshot!(run(&mut fixture, r#"
        start ana
        # Without a password, and with a temporary one (fact 5d).
        AdminCreateUser {"UserPoolId":"$pool","Username":"bob","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"}]}
        start bob
        AdminCreateUser {"UserPoolId":"$pool","Username":"eve","MessageAction":"SUPPRESS","TemporaryPassword":"$password","UserAttributes":[{"Name":"email","Value":"eve@example.com"}]}
        start eve +PREFERRED_CHALLENGE=EMAIL_OTP
        # No factor is left.
        AdminDeleteUserAttributes {"UserPoolId":"$pool","Username":"bob","UserAttributeNames":["email"]}
        start bob
        AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
        start ana
        start noname
    "#), @r#"
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"User":{"Attributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"bob"}}
    200 {"AvailableChallenges":["EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"User":{"Attributes":[{"Name":"email","Value":"eve@example.com"},{"Name":"sub","Value":"$sub"}],"Enabled":true,"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"FORCE_CHANGE_PASSWORD","Username":"eve"}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {}
    400 NotAuthorizedException: Incorrect username or password.
    200 {}
    400 NotAuthorizedException: User is disabled.
    400 UserNotFoundException: User does not exist.
    "#);
}

/// R31, R34: a user who can only sign in with a password gets the reason why the
/// password is refused. A user with another factor does not.
#[test]
fn users_whose_password_is_refused() {
    for factors in [&["PASSWORD"][..], &["PASSWORD", "EMAIL_OTP"]] {
        let mut fixture = pool(factors, json!({})).and_verified_user("ana");
        let answers = run(
            &mut fixture,
            r#"
            SignUp {"ClientId":"$client","Username":"bob","Password":"$password","UserAttributes":[{"Name":"email","Value":"bob@example.com"}]}
            start bob
            start bob +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
            AdminResetUserPassword {"UserPoolId":"$pool","Username":"ana"}
            start ana
            start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
        "#,
        );
        if factors.len() == 1 {
            assert_snapshot!(answers, @r#"
            200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"b***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
            400 UserNotConfirmedException: User is not confirmed.
            400 UserNotConfirmedException: User is not confirmed.
            200 {}
            400 PasswordResetRequiredException: Password reset required for the user
            400 PasswordResetRequiredException: Password reset required for the user
            "#);
        } else {
            assert_snapshot!(answers, @r#"
            200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"b***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
            200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
            400 UserNotConfirmedException: User is not confirmed.
            200 {}
            200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
            400 PasswordResetRequiredException: Password reset required for the user
            "#);
        }
    }
}

#[test]
fn passwords() {
    let mut fixture = pool(&ALL, json!({})).and_user("ana", contacts());
    assert_snapshot!(run(&mut fixture, "
        # With the first call.
        start ana +PREFERRED_CHALLENGE=PASSWORD
        start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=wrong
        start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
        # Without a preference the password is ignored.
        start ana +PASSWORD=$password
    "), @r#"
    400 InvalidParameterException: Missing required parameter PASSWORD
    400 NotAuthorizedException: Incorrect username or password.
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    "#);
    assert_snapshot!(run(&mut fixture, "
        # With the choice, after the choice, or in place of the choice.
        answer SELECT_CHALLENGE +ANSWER=PASSWORD +PASSWORD=wrong
        answer SELECT_CHALLENGE +ANSWER=PASSWORD +PASSWORD=$password
        answer SELECT_CHALLENGE +ANSWER=PASSWORD +PASSWORD=$password
        start ana
        answer SELECT_CHALLENGE +ANSWER=PASSWORD
        answer PASSWORD
        answer PASSWORD +PASSWORD=wrong
        answer PASSWORD +PASSWORD=$password
        start ana
        answer PASSWORD +PASSWORD=$password
    "), @r#"
    400 NotAuthorizedException: Incorrect username or password.
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    400 NotAuthorizedException: Invalid session for the user, session can only be used once.
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"PASSWORD","ChallengeParameters":{},"Session":"$session"}
    400 InvalidParameterException: Missing required parameter PASSWORD
    400 NotAuthorizedException: Incorrect username or password.
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "#);
}

#[test]
fn passwords_by_srp() {
    let verify = "answer PASSWORD_VERIFIER +PASSWORD_CLAIM_SECRET_BLOCK=$block +PASSWORD_CLAIM_SIGNATURE=$claim($password) +TIMESTAMP=$timestamp";
    let mut fixture = pool(&["PASSWORD"], json!({})).and_user("ana", json!([]));
    assert_snapshot!(run(&mut fixture, &"
        start ana +PREFERRED_CHALLENGE=PASSWORD_SRP
        start ana +PREFERRED_CHALLENGE=PASSWORD_SRP +SRP_A=$srp_a
        verify
        start ana
        answer SELECT_CHALLENGE +ANSWER=PASSWORD_SRP +SRP_A=$srp_a
        verify
        start ana
        answer PASSWORD_SRP +SRP_A=$srp_a
        verify
        start ana
        answer SELECT_CHALLENGE +ANSWER=PASSWORD_SRP
        answer PASSWORD_SRP +SRP_A=$srp_a
        verify
    ".replace("verify", verify)), @r#"
    400 InvalidParameterException: Missing required parameter SRP_A
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"PASSWORD_SRP","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "#);
}

/// After the password, the sign-in continues as in the other password flows.
#[test]
fn after_a_password() {
    let fixture = pool(&ALL, json!({})).and_user("ana", contacts());
    let mut fixture = fixture.and_mfa("OPTIONAL", &[Factor::SmsMfa]);
    assert_snapshot!(run(&mut fixture, r#"
        AdminSetUserMFAPreference {"UserPoolId":"$pool","Username":"ana","SMSMfaSettings":{"Enabled":true}}
        # Codes and passkeys cannot be followed by a second factor.
        start ana +PREFERRED_CHALLENGE=EMAIL_OTP
        answer PASSWORD +PASSWORD=$password
        answer SMS_MFA +SMS_MFA_CODE=$code
        AdminSetUserPassword {"UserPoolId":"$pool","Username":"ana","Password":"$password"}
        start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
    "#), @r#"
    200 {}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {}
    200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{\"email\":\"ana@example.com\",\"phone_number\":\"+12065559934\"}"},"Session":"$session"}
    "#);
}

/// Facts 7.2 and R85. The code also verifies the address that it was sent to.
#[test]
fn codes() {
    let mut fixture = pool(&ALL, json!({})).and_user("ana", contacts());
    assert_snapshot!(run(&mut fixture, r#"
        start ana +PREFERRED_CHALLENGE=EMAIL_OTP
        outbox
        answer EMAIL_OTP
        answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +EMAIL_OTP_CODE=$code
        answer EMAIL_OTP +EMAIL_OTP_CODE=$code
        only /UserAttributes AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
        start ana
        answer SELECT_CHALLENGE +ANSWER=SMS_OTP
        outbox
        answer EMAIL_OTP +EMAIL_OTP_CODE=$code
        answer SMS_OTP +SMS_OTP_CODE=$code
        start ana +PREFERRED_CHALLENGE=SMS_OTP
        advance 180
        answer SMS_OTP +SMS_OTP_CODE=$code
    "#), @r#"
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
    SignIn Email to ana@example.com: Your authentication code Your authentication code is $code.
    400 InvalidParameterException: Missing required parameter EMAIL_OTP_CODE
    400 CodeMismatchException: Invalid code or auth state for the user.
    400 CodeMismatchException: Invalid code or auth state for the user.
    400 CodeMismatchException: Invalid code or auth state for the user.
    400 CodeMismatchException: Invalid code or auth state for the user.
    400 CodeMismatchException: Invalid code or auth state for the user.
    400 CodeMismatchException: Invalid code or auth state for the user.
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    400 NotAuthorizedException: Invalid session for the user, session can only be used once.
    [{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"phone_number","Value":"+12065559934"},{"Name":"sub","Value":"$sub"}]
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"SMS_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934"},"Session":"$session"}
    SignIn Sms to +12065559934:  Your authentication code is $code.
    400 NotAuthorizedException: Invalid session for the user.
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SMS_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934"},"Session":"$session"}
    400 NotAuthorizedException: Invalid session for the user, session is expired.
    "#);
    let code = fixture
        .emulator()
        .world()
        .courier
        .outbox()
        .pop()
        .unwrap()
        .code;
    assert_eq!(code.len(), 8);
}

/// According to the guide, the right code confirms a user who signed up.
#[test]
fn a_code_confirms_a_sign_up() {
    let mut fixture = pool(&["PASSWORD", "EMAIL_OTP"], json!({}));
    assert_snapshot!(run(&mut fixture, r#"
        SignUp {"ClientId":"$client","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}
        start ana +PREFERRED_CHALLENGE=EMAIL_OTP
        answer EMAIL_OTP +EMAIL_OTP_CODE=$code
        AdminGetUser {"UserPoolId":"$pool","Username":"ana"}
    "#), @r#"
    200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
    200 {"AvailableChallenges":["EMAIL_OTP"],"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"Enabled":true,"UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"sub","Value":"$sub"}],"UserCreateDate":1.7E9,"UserLastModifiedDate":1.7E9,"UserStatus":"CONFIRMED","Username":"ana"}
    "#);
}

/// The code that confirmed a sign-up is the first factor once, for the
/// client of the sign-up, and for the lifetime of a session.
#[test]
fn a_sign_up_leads_directly_to_tokens() {
    let sign_up = r#"SignUp {"ClientId":"$client","Username":"ana","UserAttributes":[{"Name":"email","Value":"ana@example.com"}]}"#;
    let confirm = r#"ConfirmSignUp {"ClientId":"$client","Username":"ana","ConfirmationCode":"$code","Session":"$session"}"#;
    let sign_in = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"ana"},"Session":"$session"}"#;
    let factors = ["PASSWORD", "EMAIL_OTP"];
    let mut fixture = pool(&factors, json!({}));
    assert_snapshot!(fixture.run(&format!(r#"
        {sign_up}
        first = $session
        {sign_in}
        {confirm}
        {sign_in}
        {sign_in}
        InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{{"USERNAME":"ana"}},"Session":"$first"}}
    "#)), @r#"
    200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
    400 NotAuthorizedException: Invalid session for the user.
    200 {"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    400 NotAuthorizedException: Invalid session for the user, session can only be used once.
    400 NotAuthorizedException: Invalid session for the user, session can only be used once.
    "#);
    // Too late to confirm, and too late to sign in.
    assert_snapshot!(pool(&factors, json!({})).run(&format!("{sign_up}
        advance 180
        {confirm}")), @r#"
    200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
    400 NotAuthorizedException: Invalid session for the user, session is expired.
    "#);
    assert_snapshot!(pool(&factors, json!({})).run(&format!("{sign_up}
        {confirm}
        advance 180
        {sign_in}")), @r#"
    200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
    200 {"Session":"$session"}
    400 NotAuthorizedException: Invalid session for the user, session is expired.
    "#);
    // A user who may not sign in by that code chooses as usual.
    let with_password = sign_up.replace(
        r#""UserAttributes""#,
        r#""Password":"$password","UserAttributes""#,
    );
    assert_snapshot!(pool(&["PASSWORD"], json!({})).run(&format!("{with_password}
        {confirm}
        {sign_in}")), @r#"
    200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
    200 {"Session":"$session"}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    "#);
    // A session is not needed to confirm.
    let plain = confirm.replace(r#","Session":"$session""#, "");
    assert_snapshot!(pool(&factors, json!({})).run(&format!("{sign_up}\n{plain}")), @r#"
    200 {"CodeDeliveryDetails":{"AttributeName":"email","DeliveryMedium":"EMAIL","Destination":"a***@e***"},"Session":"$session","UserConfirmed":false,"UserSub":"$sub"}
    200 {}
    "#);
}

/// Signs ana in with `authenticator`, after `change` has altered the credential.
fn by_passkey(
    fixture: &mut Fixture,
    authenticator: &Authenticator,
    change: impl FnOnce(&mut Value),
) -> String {
    let client = fixture.get("client").to_owned();
    let asked = fixture.must("InitiateAuth", json!({"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ana", "PREFERRED_CHALLENGE": "WEB_AUTHN"}}));
    let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
        .as_str()
        .unwrap();
    let mut credential = authenticator.get(&serde_json::from_str(options).unwrap());
    change(&mut credential);
    fixture.name("credential", &credential.to_string());
    let reply = fixture.call("RespondToAuthChallenge", json!({"ClientId": client, "ChallengeName": "WEB_AUTHN", "Session": asked["Session"], "ChallengeResponses": {"USERNAME": "ana", "CREDENTIAL": credential.to_string()}}));
    if reply.is_ok() {
        "tokens".to_owned()
    } else {
        reply.to_string()
    }
}

#[test]
fn passkeys() {
    let mut authenticator = Authenticator::new(ORIGIN);
    let other = Authenticator::rsa(ORIGIN);
    let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
    let mut fixture = fixture.and_passkey(&authenticator).and_passkey(&other);
    fixture.name("other", &other.id());
    fixture.name("passkey", &authenticator.id());
    assert_snapshot!(run(&mut fixture, "start ana +PREFERRED_CHALLENGE=WEB_AUTHN"), @r#"200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","WEB_AUTHN"],"ChallengeName":"WEB_AUTHN","ChallengeParameters":{"CREDENTIAL_REQUEST_OPTIONS":"{\"challenge\":\"mS4Qen8zbQxHjgLbYm4aIQ\",\"timeout\":180000,\"rpId\":\"localhost\",\"allowCredentials\":[{\"type\":\"public-key\",\"id\":\"$passkey\",\"transports\":[\"internal\"]},{\"type\":\"public-key\",\"id\":\"$other\",\"transports\":[\"internal\"]}],\"userVerification\":\"preferred\"}"},"Session":"$session"}"#);
    for _ in 0..2 {
        assert_eq!(by_passkey(&mut fixture, &authenticator, |_| ()), "tokens");
        assert_eq!(by_passkey(&mut fixture, &other, |_| ()), "tokens");
    }
    // A passkey that counts its signatures must keep counting.
    let mut answers = Vec::new();
    for sign_count in [7, 7, 6, 0, 8] {
        authenticator.sign_count = sign_count;
        answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
    }
    assert_snapshot!(answers.join("\n"), @"
    tokens
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    tokens
    ");
}

#[test]
fn passkeys_that_are_refused() {
    let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
    let mut authenticator = Authenticator::new(ORIGIN);
    let mut fixture = fixture.and_passkey(&authenticator);
    let mut answers = vec![
        by_passkey(&mut fixture, &Authenticator::new(ORIGIN), |_| ()),
        by_passkey(&mut fixture, &authenticator, |credential| {
            *credential = json!("credential");
        }),
        by_passkey(&mut fixture, &authenticator, |credential| {
            credential["rawId"] = json!("AAAA");
        }),
        by_passkey(&mut fixture, &authenticator, |credential| {
            credential["response"]["userHandle"] = json!("AAAA");
        }),
        by_passkey(&mut fixture, &authenticator, |credential| {
            credential["response"]["clientDataJSON"] = json!("e30");
        }),
    ];
    // The signature for another challenge.
    let former: Value = serde_json::from_str(fixture.get("credential")).unwrap();
    answers.push(by_passkey(&mut fixture, &authenticator, |credential| {
        credential["response"]["authenticatorData"] =
            former["response"]["authenticatorData"].clone();
        credential["response"]["signature"] = former["response"]["signature"].clone();
    }));
    authenticator.breaks_signatures = true;
    answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
    authenticator.breaks_signatures = false;
    authenticator.origin = "https://example.com".to_owned();
    answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
    authenticator.origin = ORIGIN.to_owned();
    authenticator.relying_party = Some("example.com".to_owned());
    answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
    authenticator.relying_party = None;
    fixture.run(r#"SetUserPoolMfaConfig {"UserPoolId":"$pool","WebAuthnConfiguration":{"RelyingPartyId":"localhost","UserVerification":"required"}}"#);
    authenticator.verifies_user = false;
    answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
    authenticator.verifies_user = true;
    answers.push(by_passkey(&mut fixture, &authenticator, |_| ()));
    assert_snapshot!(answers.join("\n"), @"
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    400 InvalidParameterException: Credential data is not valid
    400 InvalidParameterException: Credential data is not valid
    400 InvalidParameterException: Credential data is not valid
    400 InvalidParameterException: Credential data is not valid
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    400 NotAuthorizedException: WebAuthn credential could not be verified.
    tokens
    ");
    // Passkeys of a former relying party cannot sign in.
    assert_snapshot!(run(&mut fixture, r#"
        SetUserPoolMfaConfig {"UserPoolId":"$pool","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
        start ana +PREFERRED_CHALLENGE=WEB_AUTHN
    "#), @r#"
    200 {"MfaConfiguration":"OFF","WebAuthnConfiguration":{"RelyingPartyId":"example.com"}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    "#);
}

/// The form in the API Reference: the credential and the selection in one answer.
#[test]
fn a_passkey_together_with_its_selection() {
    let authenticator = Authenticator::new(ORIGIN);
    let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
    let mut fixture = fixture.and_passkey(&authenticator);
    let client = fixture.get("client").to_owned();
    let first = fixture.must(
        "InitiateAuth",
        json!({"ClientId": client, "AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": "ana"}}),
    );
    let mut select = json!({"ClientId": client, "ChallengeName": "SELECT_CHALLENGE", "Session": first["Session"], "ChallengeResponses": {"USERNAME": "ana", "ANSWER": "WEB_AUTHN"}});
    let asked = fixture.must("RespondToAuthChallenge", select.clone());
    assert_eq!(asked["ChallengeName"], "WEB_AUTHN");
    assert!(asked.get("AvailableChallenges").is_none());
    let options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
        .as_str()
        .unwrap();
    let credential = authenticator.get(&serde_json::from_str(options).unwrap());
    select["Session"] = asked["Session"].clone();
    assert_eq!(
        fixture
            .call("RespondToAuthChallenge", select.clone())
            .message,
        Error::MissingParameter {
            parameter: "CREDENTIAL".to_owned()
        }
        .sentence()
    );
    select["ChallengeResponses"]["CREDENTIAL"] = json!(credential.to_string());
    let tokens = fixture.must("RespondToAuthChallenge", select.clone());
    assert!(tokens["AuthenticationResult"]["AccessToken"].is_string());
    assert_eq!(
        fixture.call("RespondToAuthChallenge", select).message,
        Error::SessionUsed.sentence()
    );
}

/// If MFA is required, a passkey counts as both factors only if the pool is
/// configured for it.
#[test]
fn passkeys_as_both_factors() {
    let authenticator = Authenticator::new(ORIGIN);
    let fixture = Fixture::with_passkeys("localhost").signed_in("ana");
    let mut fixture = fixture.and_passkey(&authenticator);
    assert_snapshot!(run(&mut fixture, r#"
        SetUserPoolMfaConfig {"UserPoolId":"$pool","MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"RelyingPartyId":"localhost","FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION"}}
        start ana +PREFERRED_CHALLENGE=WEB_AUTHN
        AssociateSoftwareToken {"AccessToken":"$access"}
        VerifySoftwareToken {"AccessToken":"$access","UserCode":"$totp"}
        SetUserMFAPreference {"AccessToken":"$access","SoftwareTokenMfaSettings":{"Enabled":true},"WebAuthnMfaSettings":{"Enabled":true}}
        start ana
        start ana +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
    "#), @r#"
    200 {"MfaConfiguration":"ON","SoftwareTokenMfaConfiguration":{"Enabled":true},"WebAuthnConfiguration":{"FactorConfiguration":"MULTI_FACTOR_WITH_USER_VERIFICATION","RelyingPartyId":"localhost"}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"SecretCode":"$seed"}
    200 {"Status":"SUCCESS"}
    200 {}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","WEB_AUTHN"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    200 {"ChallengeName":"SOFTWARE_TOKEN_MFA","ChallengeParameters":{"USER_ID_FOR_SRP":"ana"},"Session":"$session"}
    "#);
    assert_eq!(by_passkey(&mut fixture, &authenticator, |_| ()), "tokens");
    let mut careless = authenticator;
    careless.verifies_user = false;
    assert_eq!(
        by_passkey(&mut fixture, &careless, |_| ()),
        Error::PasskeyRefused
            .to_string()
            .replace("NotAuthorized", "400 NotAuthorized")
    );
}

/// R40: a sign-in of an unknown user looks like a real one, but its session string is
/// longer.
#[test]
fn unknown_users() {
    let mut fixture =
        pool(&ALL, json!({"PreventUserExistenceErrors": "ENABLED"})).and_user("ana", contacts());
    assert_snapshot!(run(&mut fixture, "
        start noname@example.com +PREFERRED_CHALLENGE=EMAIL_OTP
        outbox
        answer EMAIL_OTP +USERNAME=ana +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +USERNAME=noname@example.com
        answer EMAIL_OTP +USERNAME=noname@example.com +EMAIL_OTP_CODE=00000000
        answer EMAIL_OTP +USERNAME=noname@example.com +EMAIL_OTP_CODE=00000000
        start noname +PREFERRED_CHALLENGE=WEB_AUTHN
        answer SELECT_CHALLENGE +USERNAME=noname +ANSWER=WEB_AUTHN
        answer SELECT_CHALLENGE +USERNAME=noname +ANSWER=SMS_OTP
        answer SMS_OTP +USERNAME=noname +SMS_OTP_CODE=00000000
        start noname +PREFERRED_CHALLENGE=PASSWORD +PASSWORD=$password
        start noname
        answer PASSWORD +USERNAME=noname +PASSWORD=$password
        answer SELECT_CHALLENGE +USERNAME=noname +ANSWER=PASSWORD
        answer PASSWORD +USERNAME=noname +PASSWORD=$password
        start noname +PREFERRED_CHALLENGE=PASSWORD_SRP +SRP_A=$srp_a
        answer PASSWORD_VERIFIER +USERNAME=noname +PASSWORD_CLAIM_SECRET_BLOCK=$block +PASSWORD_CLAIM_SIGNATURE=$claim($password) +TIMESTAMP=$timestamp
    "), @r#"
    200 {"AvailableChallenges":["EMAIL_OTP"],"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"n***@e***"},"Session":"$session"}
    nothing sent
    400 NotAuthorizedException: Invalid session for the user.
    400 InvalidParameterException: Missing required parameter EMAIL_OTP_CODE
    400 CodeMismatchException: Invalid code or auth state for the user.
    400 CodeMismatchException: Invalid code or auth state for the user.
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    400 InvalidParameterException: Invalid value of parameter ANSWER
    200 {"ChallengeName":"SMS_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******4300"},"Session":"$session"}
    400 CodeMismatchException: Invalid code or auth state for the user.
    400 NotAuthorizedException: Incorrect username or password.
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    400 NotAuthorizedException: Incorrect username or password.
    200 {"ChallengeName":"PASSWORD","ChallengeParameters":{},"Session":"$session"}
    400 NotAuthorizedException: Incorrect username or password.
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP","SMS_OTP"],"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"noname","USER_ID_FOR_SRP":"noname"},"Session":"$session"}
    400 NotAuthorizedException: Incorrect username or password.
    "#);
    let session_of = |fixture: &mut Fixture, name: &str| {
        run(
            fixture,
            &format!("start {name} +PREFERRED_CHALLENGE=EMAIL_OTP"),
        );
        fixture.get("session").len()
    };
    assert_eq!(session_of(&mut fixture, "ana"), 1543);
    assert_eq!(session_of(&mut fixture, "noname"), 1587);
}

/// Each call fixes one fault of the call above.
#[test]
fn precedence_of_the_start() {
    let mut fixture =
        pool(&["PASSWORD"], json!({"GenerateSecret": true})).and_user("ana", json!([]));
    assert_snapshot!(run(&mut fixture, r#"
        UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"LITE"}
        UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","Session":"aaaaaaaaaaaaaaaaaaaa"}
        start bob +PREFERRED_CHALLENGE=CUSTOM
        start bob +PREFERRED_CHALLENGE=CUSTOM +SECRET_HASH=$hash(bob)
        UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_AUTH"]}
        start bob +PREFERRED_CHALLENGE=CUSTOM +SECRET_HASH=$hash(bob)
        UpdateUserPool {"UserPoolId":"$pool","UserPoolTier":"ESSENTIALS"}
        InitiateAuth {"ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"bob","PREFERRED_CHALLENGE":"CUSTOM","SECRET_HASH":"$hash(bob)"},"Session":"aaaaaaaaaaaaaaaaaaaa"}
        start bob +PREFERRED_CHALLENGE=CUSTOM +SECRET_HASH=$hash(bob)
        start bob +PREFERRED_CHALLENGE=PASSWORD +SECRET_HASH=$hash(bob)
        start ana +PREFERRED_CHALLENGE=PASSWORD +SECRET_HASH=$hash(ana)
        start ana +PREFERRED_CHALLENGE=PASSWORD +SECRET_HASH=$hash(ana) +PASSWORD=$password
        AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"USER_AUTH","AuthParameters":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)"}}
    "#), @r#"
    200 {}
    200 {"UserPoolClient":{"AllowedOAuthFlowsUserPoolClient":false,"AuthSessionValidity":3,"ClientId":"$client","ClientName":"client","ClientSecret":"$secret","CreationDate":1.7E9,"EnablePropagateAdditionalUserContextData":false,"EnableTokenRevocation":true,"ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"],"LastModifiedDate":1.7E9,"RefreshTokenValidity":30,"TokenValidityUnits":{},"UserPoolId":"$pool"}}
    400 InvalidParameterException: Missing required parameter USERNAME
    400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
    400 InvalidParameterException: USER_AUTH flow not enabled for this client
    200 {"UserPoolClient":{"AllowedOAuthFlowsUserPoolClient":false,"AuthSessionValidity":3,"ClientId":"$client","ClientName":"client","ClientSecret":"$secret","CreationDate":1.7E9,"EnablePropagateAdditionalUserContextData":false,"EnableTokenRevocation":true,"ExplicitAuthFlows":["ALLOW_USER_AUTH"],"LastModifiedDate":1.7E9,"RefreshTokenValidity":30,"TokenValidityUnits":{},"UserPoolId":"$pool"}}
    400 FeatureUnavailableInTierException: The following feature is not available for the LITE pricing tier configured: Choice-based Sign-In
    200 {}
    400 NotAuthorizedException: Invalid session for the user.
    400 InvalidParameterException: Invalid value of parameter PREFERRED_CHALLENGE
    400 UserNotFoundException: User does not exist.
    400 InvalidParameterException: Missing required parameter PASSWORD
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    "#);
}

/// Each call fixes one fault of the call above.
#[test]
fn precedence_of_an_answer() {
    let fixture = pool(&["PASSWORD", "EMAIL_OTP"], json!({"GenerateSecret": true}));
    let mut fixture = fixture
        .and_user("ana", contacts())
        .and_user("bob", contacts());
    assert_snapshot!(run(&mut fixture, r#"
        start ana +SECRET_HASH=$hash(ana)
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE"}
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE","ChallengeResponses":{"USERNAME":"bob"}}
        RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE","ChallengeResponses":{"USERNAME":"bob","SECRET_HASH":"$hash(bob)"}}
        answer SELECT_CHALLENGE +USERNAME=bob +SECRET_HASH=$hash(bob)
        answer EMAIL_OTP +SECRET_HASH=$hash(ana)
        answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana)
        answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana) +ANSWER=SMS_OTP
        AdminDisableUser {"UserPoolId":"$pool","Username":"ana"}
        answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana) +ANSWER=EMAIL_OTP
        AdminEnableUser {"UserPoolId":"$pool","Username":"ana"}
        answer SELECT_CHALLENGE +SECRET_HASH=$hash(ana) +ANSWER=EMAIL_OTP
        AdminRespondToAuthChallenge {"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"EMAIL_OTP","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SECRET_HASH":"$hash(ana)","EMAIL_OTP_CODE":"$code"}}
    "#), @r#"
    200 {"AvailableChallenges":["PASSWORD_SRP","PASSWORD","EMAIL_OTP"],"ChallengeName":"SELECT_CHALLENGE","ChallengeParameters":{},"Session":"$session"}
    400 InvalidParameterException: Missing required parameter challenge responses.
    400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
    400 InvalidParameterException: Missing required parameter Session
    400 NotAuthorizedException: Invalid session for the user.
    400 NotAuthorizedException: Invalid session for the user.
    400 InvalidParameterException: Missing required parameter ANSWER
    400 InvalidParameterException: Invalid value of parameter ANSWER
    200 {}
    400 NotAuthorizedException: User is disabled.
    200 {}
    200 {"ChallengeName":"EMAIL_OTP","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"EMAIL","CODE_DELIVERY_DESTINATION":"a***@e***"},"Session":"$session"}
    200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
    "#);
}
