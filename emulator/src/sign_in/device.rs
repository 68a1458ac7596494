//! Verification of a remembered device: the last step of a sign-in on that device, or a
//! replacement for a second factor.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html>

use std::collections::BTreeMap;

use super::srp::claim::{Claim, EXCHANGE_LIFETIME, public_value};
use super::{ChallengeResponse, ClientAndDevice, Next, device_key, find_named_user, required};
use crate::auth::srp::Exchange;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::device::{Device, Origin};
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Session};
use crate::state::user::{Status, User};
use crate::state::users::UserId;

/// The device that an answer comes from: the device that the answer names, or else the
/// device with which the sign-in started, if it still exists.
///
/// An unknown key is reported only if the answer itself names it: clients then
/// repeat the answer without it
/// (amazon-archives/amazon-cognito-identity-js#206).
pub(super) fn of_response(pool: &Pool, response: &ChallengeResponse<'_>) -> Option<Box<str>> {
    if let Some(key) = device_key(response.responses) {
        return Some(key.into());
    }
    let block = response.responses.get("PASSWORD_CLAIM_SECRET_BLOCK");
    let string = response.session.or(block.map(String::as_str))?;
    let session = pool.sessions.find(string).ok()?;
    let key = session.device.clone()?;
    let user = pool.users.get(session.user)?;
    user.device(&key).is_ok().then_some(key)
}

/// Checks that the device is the user's (R96), if the pool tracks devices.
pub(super) fn check(pool: &Pool, id: UserId, client_device: &ClientAndDevice<'_>) -> Result<()> {
    if let Some(key) = client_device.device.filter(|_| pool.tracks_devices()) {
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        user.device(key)?;
    }
    Ok(())
}

/// The device that `user` must verify to get tokens, if it is a remembered one. Any other
/// device needs no verification.
pub(super) fn to_prove<'a>(
    pool: &Pool,
    user: &'a User,
    client_device: &ClientAndDevice<'_>,
) -> Option<&'a Device> {
    let key = client_device.device.filter(|_| pool.tracks_devices())?;
    let device = user.device(key).ok()?;
    (device.remembered && device.secret.is_some()).then_some(device)
}

/// The device of a sign-in that is now complete: a new device, unless the sign-in has a
/// device key. `typed` is the username of the last answer.
pub(super) fn origin(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
    typed: Option<&str>,
) -> Result<Option<Origin>> {
    if !pool.tracks_devices() {
        return Ok(None);
    }
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let Some(key) = client_device.device else {
        let fold = |name: &str| pool.users.naming().fold(name);
        let is_confirmable = typed.is_none_or(|typed| fold(typed) == fold(&user.username));
        return Ok(Some(Origin::new(pool, is_confirmable, cx.world)));
    };
    let origin = Origin {
        key: key.into(),
        group_key: user.device(key)?.group_key.clone(),
        is_new: false,
        is_confirmable: true,
    };
    pool.note_device(id, key, cx.now())?;
    Ok(Some(origin))
}

/// Handles the answer to `DEVICE_SRP_AUTH`.
///
/// Clients send the answer with or without the session (pycognito). Without a session,
/// the user and the device identify the challenge.
pub(super) fn respond_to_device_srp(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
) -> Result<Next> {
    let key = |pool: &Pool| -> Result<_> {
        let client = pool.client(response.client_id)?;
        let (_, found) = find_named_user(pool, client, response.responses)?;
        Ok((found, required(response.responses, "DEVICE_KEY")?))
    };
    let (id, progress, group_key, username, secret, public, key) = {
        let pool = handle.read();
        let (found, key) = key(&pool)?;
        let public = public_value(response.responses)?;
        let session = device_session(cx, &pool, response, found, key)?;
        let user = active_user(&pool, session.user)?;
        let device = user.device(key)?;
        let secret = device.secret.clone().ok_or(Error::DeviceNotFound)?;
        let (group_key, username) = (device.group_key.clone(), user.username.to_string());
        let (id, progress) = (session.user, session.progress.clone());
        (id, progress, group_key, username, secret, public, key)
    };
    let names = [&*group_key, key];
    let exchange = Exchange::new(names, public, secret.verifier, &cx.world.chance);
    let block = exchange.secret_block.clone();
    let parameters = BTreeMap::from([
        ("DEVICE_KEY", key.to_owned()),
        ("SALT", secret.salt),
        ("SECRET_BLOCK", block.clone()),
        ("SRP_B", exchange.public()),
        ("USERNAME", username),
    ]);
    let challenge = Challenge::DevicePasswordVerifier {
        exchange: Box::new(exchange),
        key: key.into(),
    };
    let name = challenge.name();
    let mut pool = handle.write();
    pool.sessions.close_where(|session| {
        session.user == id
            && *session.client_id == *response.client_id
            && session.challenge.is_device(key)
    });
    let session = Session {
        user: id,
        client_id: response.client_id.into(),
        device: Some(key.into()),
        challenge,
        expires_at: cx.now().plus(EXCHANGE_LIFETIME),
        used: false,
        custom: None,
        progress,
    };
    pool.sessions.keep(&block, session, cx.now());
    Ok(Next::Challenge {
        name,
        // The secret block identifies the exchange: live clients send no
        // session (pycognito).
        session: None,
        parameters,
        draft: None,
        available: Vec::new(),
    })
}

/// The open `DEVICE_SRP_AUTH` that `response` answers, for the device `key` of `user`.
fn device_session<'a>(
    cx: &Cx<'_>,
    pool: &'a Pool,
    response: &ChallengeResponse<'_>,
    user: Option<UserId>,
    key: &str,
) -> Result<&'a Session> {
    let is_awaited = |session: &Session| {
        Some(session.user) == user
            && *session.client_id == *response.client_id
            && session.challenge.is_device(key)
    };
    let Some(string) = response.session else {
        let open = pool.sessions.open(cx.now(), is_awaited);
        return open.ok_or(Error::DeviceBeforeUser);
    };
    let session = pool.sessions.find(string)?;
    if !is_awaited(session) {
        return Err(Error::SessionInvalid);
    }
    session.check_open(cx.now())?;
    Ok(session)
}

/// Handles the answer to `DEVICE_PASSWORD_VERIFIER`. A wrong answer gets the error of a
/// wrong password (aws/aws-sdk-net-extensions-cognito#73), but does not count as a failed
/// password (inferred).
pub(super) fn respond_to_device_password_verifier(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
) -> Result<Next> {
    let (claim, id, key, exchange) = {
        let pool = handle.read();
        let client = pool.client(response.client_id)?;
        let (_, found) = find_named_user(&pool, client, response.responses)?;
        let key = required(response.responses, "DEVICE_KEY")?;
        let claim = Claim::of(response.responses)?;
        let id = found.ok_or(Error::BadCredentials)?;
        let exchange = find(cx, &pool, response, id, key, &claim)?.clone();
        (claim, id, key, exchange)
    };
    let right = claim.verifies(&exchange);
    let mut pool = handle.write();
    // Another answer may have closed the exchange.
    find(cx, &pool, response, id, key, &claim)?;
    let user = active_user(&pool, id)?;
    if !right || to_prove(&pool, user, &response.client_device(Some(key))).is_none() {
        return Err(Error::BadCredentials);
    }
    pool.sessions.close(claim.block);
    Ok(Next::Complete(id))
}

/// The open exchange of the device `key` of the user at `id`.
fn find<'a>(
    cx: &Cx<'_>,
    pool: &'a Pool,
    response: &ChallengeResponse<'_>,
    id: UserId,
    key: &str,
    claim: &Claim<'_>,
) -> Result<&'a Exchange> {
    let session = pool.sessions.find(claim.block);
    let session = session.map_err(|_| Error::BadCredentials)?;
    let open = session.check_open(cx.now()).is_ok();
    match &session.challenge {
        Challenge::DevicePasswordVerifier {
            exchange,
            key: asked,
        } if open
            && session.user == id
            && *session.client_id == *response.client_id
            && **asked == *key =>
        {
            Ok(exchange)
        }
        _ => Err(Error::BadCredentials),
    }
}

/// The user at `id`, if they may continue to sign in.
fn active_user(pool: &Pool, id: UserId) -> Result<&User> {
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    if user.status == Status::ResetRequired {
        return Err(Error::PasswordResetRequired);
    }
    Ok(user)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use crate::state::mfa::Factor;
    use crate::testing::Fixture;

    /// Abbreviations in this module's scripts.
    const CALLS: [(&str, &str); 8] = [
        (
            "$sign_in",
            r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#,
        ),
        (
            "$come_back",
            r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","DEVICE_KEY":"$device"}}"#,
        ),
        (
            "$confirm",
            r#"ConfirmDevice {"AccessToken":"$access","DeviceKey":"$device","DeviceSecretVerifierConfig":{"PasswordVerifier":"$device_verifier(secret)","Salt":"$device_salt"}}"#,
        ),
        (
            "$remember",
            r#"UpdateDeviceStatus {"AccessToken":"$access","DeviceKey":"$device","DeviceRememberedStatus":"remembered"}"#,
        ),
        (
            "$device_srp",
            r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_SRP_AUTH","Session":"$session","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","SRP_A":"$srp_a"}}"#,
        ),
        (
            "$device_proof",
            r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$device_claim(secret)","TIMESTAMP":"$timestamp"}}"#,
        ),
        (
            "$sms",
            r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}"#,
        ),
        (
            "$refreshed",
            r#"InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh","DEVICE_KEY":"$device"}}"#,
        ),
    ];

    fn run(fixture: &mut Fixture, script: &str) -> String {
        let script = CALLS
            .iter()
            .fold(script.to_owned(), |script, (name, call)| {
                script.replace(&format!("{name}\n"), &format!("{call}\n"))
            });
        fixture.run(&script)
    }

    /// A pool that tracks devices, with these settings.
    fn tracking(trusts: bool, asks: bool) -> Value {
        json!({"DeviceConfiguration": {
            "ChallengeRequiredOnNewDevice": trusts,
            "DeviceOnlyRememberedOnUserPrompt": asks,
        }})
    }

    fn with_phone(pool: Value) -> Fixture {
        let phone = json!([{"Name": "phone_number", "Value": "+12065559934"}]);
        Fixture::with_pool(pool).and_user("ana", phone)
    }

    #[test]
    fn a_remembered_device_is_verified_and_stays_the_same() {
        let mut fixture = with_phone(tracking(true, false));
        assert_snapshot!(run(&mut fixture, r#"
            $sign_in
            claims access
            $confirm
            advance 60
            $come_back
            $device_srp
            $device_proof
            claims access
            AdminListDevices {"UserPoolId":"$pool","Username":"ana"}
            # Each exchange can be used once.
            $device_proof
            $device_srp
        "#), @r##"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","device_key":"$device","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        200 {"UserConfirmationNecessary":false}
        200 {"ChallengeName":"DEVICE_SRP_AUTH","ChallengeParameters":{"DEVICE_KEY":"$device","USERNAME":"ana"},"Session":"$session"}
        200 {"ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeParameters":{"DEVICE_KEY":"$device","SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana"}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","device_key":"$device","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#4","event_id":"#5","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000060,"exp":1700003660,"iat":1700000060,"jti":"#6","username":"ana"}
        200 {"Devices":[{"DeviceAttributes":[{"Name":"device_status","Value":"valid"},{"Name":"dev:device_arn","Value":"arn:aws:cognito-idp:us-east-1:123456789012:owner/ana.$pool/device/$device"},{"Name":"dev:device_owner","Value":"ana.$pool"},{"Name":"last_ip_used","Value":"127.0.0.1"},{"Name":"dev:device_remembered_status","Value":"remembered"},{"Name":"dev:device_sdk","Value":"aws-sdk-unknown-unknown"}],"DeviceCreateDate":1.7E9,"DeviceKey":"$device","DeviceLastAuthenticatedDate":1.70000006E9,"DeviceLastModifiedDate":1.70000006E9}]}
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        "##);
    }

    /// A trusted device replaces the code. Otherwise it is verified after the
    /// code.
    #[test]
    fn devices_and_second_factors() {
        let script = r"
            only /ChallengeName $sign_in
            $sms
            $confirm
            $come_back
            $sms
            $device_srp
            only /AuthenticationResult/NewDeviceMetadata $device_proof
        ";
        let mut fixture = with_phone(tracking(false, false)).and_mfa("ON", &[Factor::SmsMfa]);
        assert_snapshot!(run(&mut fixture, script), @r#"
        "SMS_MFA"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"UserConfirmationNecessary":false}
        200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"ChallengeName":"DEVICE_SRP_AUTH","ChallengeParameters":{"DEVICE_KEY":"$device","USERNAME":"ana"},"Session":"$session"}
        200 {"ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeParameters":{"DEVICE_KEY":"$device","SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana"}}
        absent
        "#);
        let script = script.replace("$come_back\n            $sms", "$come_back");
        let mut fixture = with_phone(tracking(true, false)).and_mfa("ON", &[Factor::SmsMfa]);
        assert_snapshot!(run(&mut fixture, &script), @r#"
        "SMS_MFA"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"UserConfirmationNecessary":false}
        200 {"ChallengeName":"DEVICE_SRP_AUTH","ChallengeParameters":{"DEVICE_KEY":"$device","USERNAME":"ana"},"Session":"$session"}
        200 {"ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeParameters":{"DEVICE_KEY":"$device","SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana"}}
        absent
        "#);
    }

    /// Documented only for SMS and software tokens.
    #[test]
    fn a_device_does_not_replace_a_code_by_email() {
        let mut fixture = Fixture::with_pool(tracking(true, false))
            .and_verified_user("ana")
            .and_mfa("ON", &[Factor::EmailOtp]);
        let code = r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"EMAIL_OTP","Session":"$session","ChallengeResponses":{"USERNAME":"ana","EMAIL_OTP_CODE":"$code"}}"#;
        assert_snapshot!(run(&mut fixture, &format!(r"
            only /ChallengeName $sign_in
            only /ChallengeName {code}
            $confirm
            only /ChallengeName $come_back
            only /ChallengeName {code}
        ")), @r#"
        "EMAIL_OTP"
        absent
        200 {"UserConfirmationNecessary":false}
        "EMAIL_OTP"
        "DEVICE_SRP_AUTH"
        "#);
    }

    /// A device that is confirmed and not remembered is not verified.
    #[test]
    fn a_device_that_is_not_remembered() {
        let mut fixture = with_phone(tracking(true, true)).and_mfa("ON", &[Factor::SmsMfa]);
        assert_snapshot!(run(&mut fixture, r"
            only /ChallengeName $sign_in
            only /ChallengeName $sms
            $confirm
            only /ChallengeName $come_back
            $sms
            claims access
            $remember
            only /ChallengeName $come_back
        "), @r##"
        "SMS_MFA"
        absent
        200 {"UserConfirmationNecessary":true}
        "SMS_MFA"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","device_key":"$device","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        200 {}
        "DEVICE_SRP_AUTH"
        "##);
    }

    /// The device key works with every flow and in every call.
    #[test]
    fn the_device_key_may_be_in_the_first_call_or_in_the_answer() {
        let mut fixture = with_phone(tracking(true, false));
        let srp = |rest: &str| {
            format!(
                r#"only /ChallengeName InitiateAuth {{"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{{"USERNAME":"ana","SRP_A":"$srp_a"{rest}}}}}"#
            )
        };
        let proof = |rest: &str| {
            format!(
                r#"RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{{"USERNAME":"ana","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim($password)","TIMESTAMP":"$timestamp"{rest}}}}}"#
            )
        };
        let key = r#","DEVICE_KEY":"$device""#;
        let stale = r#","DEVICE_KEY":"us-east-1_0""#;
        let script = [
            "only /AuthenticationResult/NewDeviceMetadata $sign_in",
            "$confirm",
            &srp(key),
            &proof(""),
            &srp(""),
            &proof(key),
            // The client reads the error, and repeats the answer without the key.
            &srp(stale),
            &proof(stale),
            &format!("only /AuthenticationResult/NewDeviceMetadata {}", proof("")),
            r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"wrong","DEVICE_KEY":"us-east-1_0"}}"#,
            r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password","DEVICE_KEY":"us-east-1_0"}}"#,
            r#"AdminInitiateAuth {"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"ana","PASSWORD":"$password"}}"#,
            "",
        ];
        assert_snapshot!(run(&mut fixture, &script.join("\n")), @r#"
        {"DeviceGroupKey":"$device_group","DeviceKey":"$device"}
        200 {"UserConfirmationNecessary":false}
        "PASSWORD_VERIFIER"
        200 {"ChallengeName":"DEVICE_SRP_AUTH","ChallengeParameters":{"DEVICE_KEY":"$device","USERNAME":"ana"},"Session":"$session"}
        "PASSWORD_VERIFIER"
        200 {"ChallengeName":"DEVICE_SRP_AUTH","ChallengeParameters":{"DEVICE_KEY":"$device","USERNAME":"ana"},"Session":"$session"}
        "PASSWORD_VERIFIER"
        400 ResourceNotFoundException: Device does not exist.
        {"DeviceGroupKey":"$device_group","DeviceKey":"$device"}
        400 NotAuthorizedException: Incorrect username or password.
        400 ResourceNotFoundException: Device does not exist.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn refresh_tokens_are_bound_to_the_device() {
        let mut fixture = with_phone(tracking(false, true));
        assert_snapshot!(run(&mut fixture, r#"
            $sign_in
            $refreshed
            $confirm
            $refreshed
            claims access
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh"}}
            InitiateAuth {"ClientId":"$client","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"$refresh","DEVICE_KEY":"us-east-1_0"}}
            ForgetDevice {"AccessToken":"$access","DeviceKey":"$device"}
            $refreshed
            GetUser {"AccessToken":"$access"}
            UpdateUserPool {"UserPoolId":"$pool"}
            $refreshed
        "#), @r##"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","NewDeviceMetadata":{"DeviceGroupKey":"$device_group","DeviceKey":"$device"},"RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 NotAuthorizedException: Invalid Refresh Token.
        200 {"UserConfirmationNecessary":true}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","device_key":"$device","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        400 NotAuthorizedException: Invalid Refresh Token.
        400 NotAuthorizedException: Invalid Refresh Token.
        200
        400 NotAuthorizedException: Invalid Refresh Token.
        200 {"UserAttributes":[{"Name":"phone_number","Value":"+12065559934"},{"Name":"sub","Value":"$sub"}],"Username":"ana"}
        200 {}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","TokenType":"Bearer"},"ChallengeParameters":{}}
        "##);
    }

    /// Without a session, the user and the device identify the challenge, as in
    /// pycognito. Before the password there is no challenge.
    #[test]
    fn answers_without_a_session() {
        let mut fixture = with_phone(tracking(true, false)).and_user("bob", json!([]));
        let srp = |name: &str, session: &str| {
            format!(
                r#"RespondToAuthChallenge {{"ClientId":"$client","ChallengeName":"DEVICE_SRP_AUTH"{session},"ChallengeResponses":{{"USERNAME":"{name}","DEVICE_KEY":"$device","SRP_A":"$srp_a"}}}}"#
            )
        };
        let session = r#","Session":"$session""#;
        let other_key = srp("ana", session).replace("$device", "us-east-1_0");
        let script = [
            "only /AuthenticationResult/NewDeviceMetadata $sign_in",
            "$confirm",
            &srp("ana", ""),
            "only /ChallengeName $come_back",
            &srp("bob", ""),
            &srp("bob", session),
            &other_key,
            "advance 179",
            &format!("only /ChallengeName {}", srp("ana", "")),
            &srp("ana", ""),
            &srp("ana", session),
            "only /ChallengeName $come_back",
            "advance 180",
            &srp("ana", ""),
            &srp("ana", session),
            "",
        ];
        assert_snapshot!(run(&mut fixture, &script.join("\n")), @r#"
        {"DeviceGroupKey":"$device_group","DeviceKey":"$device"}
        200 {"UserConfirmationNecessary":false}
        400 NotAuthorizedException: Cannot initiate DEVICE_SRP_AUTH flow without first authenticating
        "DEVICE_SRP_AUTH"
        400 NotAuthorizedException: Cannot initiate DEVICE_SRP_AUTH flow without first authenticating
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Invalid session for the user.
        "DEVICE_PASSWORD_VERIFIER"
        400 NotAuthorizedException: Cannot initiate DEVICE_SRP_AUTH flow without first authenticating
        400 NotAuthorizedException: Invalid session for the user, session can only be used once.
        "DEVICE_SRP_AUTH"
        400 NotAuthorizedException: Cannot initiate DEVICE_SRP_AUTH flow without first authenticating
        400 NotAuthorizedException: Invalid session for the user, session is expired.
        "#);
    }

    /// A wrong proof gets the error of a wrong password, and does not lock the
    /// user.
    #[test]
    fn wrong_proofs() {
        let mut fixture = with_phone(tracking(true, false)).and_user("bob", json!([]));
        let (_, proof) = CALLS[5];
        let wrong = proof.replace("(secret)", "(wrong)");
        assert_snapshot!(run(&mut fixture, &format!(r#"
            only /AuthenticationResult/NewDeviceMetadata $sign_in
            $confirm
            only /ChallengeName $come_back
            only /ChallengeName $device_srp
            {wrong}
            {wrong}
            {wrong}
            {wrong}
            {wrong}
            {wrong}
            {bob}
            {other}
            {none}
            advance 60
            $device_proof
            only /ChallengeName $come_back
            only /ChallengeName $device_srp
            UpdateDeviceStatus {{"AccessToken":"$access","DeviceKey":"$device","DeviceRememberedStatus":"not_remembered"}}
            $device_proof
            $remember
            AdminDisableUser {{"UserPoolId":"$pool","Username":"ana"}}
            $device_proof
            AdminEnableUser {{"UserPoolId":"$pool","Username":"ana"}}
            only /AuthenticationResult/TokenType $device_proof
        "#,
            bob = proof.replace("\"ana\"", "\"bob\""),
            other = proof.replace("\"$device\"", "\"us-east-1_0\""),
            none = proof.replace("\"$block\"", "\"YWJj\""),
        )), @r#"
        {"DeviceGroupKey":"$device_group","DeviceKey":"$device"}
        200 {"UserConfirmationNecessary":false}
        "DEVICE_SRP_AUTH"
        "DEVICE_PASSWORD_VERIFIER"
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        "DEVICE_SRP_AUTH"
        "DEVICE_PASSWORD_VERIFIER"
        200 {}
        400 NotAuthorizedException: Incorrect username or password.
        200 {}
        200 {}
        400 NotAuthorizedException: User is disabled.
        200 {}
        "Bearer"
        "#);
    }

    /// An answer with another name than the user's internal username gets tokens and a
    /// device key that cannot be confirmed.
    #[test]
    fn a_key_belongs_to_the_name_that_was_sent() {
        let mut pool = tracking(true, false);
        pool["AliasAttributes"] = json!(["email"]);
        let mut fixture = Fixture::with_pool(pool).and_user(
            "ana",
            json!([
                {"Name": "email", "Value": "ana@example.com"},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "phone_number", "Value": "+12065559934"},
            ]),
        );
        fixture = fixture.and_mfa("ON", &[Factor::SmsMfa]);
        let (_, sms) = CALLS[6];
        let by_email = sms.replace("\"ana\"", "\"ana@example.com\"");
        assert_snapshot!(run(&mut fixture, &format!(r"
            only /ChallengeName $sign_in
            only /AuthenticationResult/NewDeviceMetadata {by_email}
            $confirm
            only /ChallengeName $sign_in
            only /AuthenticationResult/NewDeviceMetadata $sms
            $confirm
        ")), @r#"
        "SMS_MFA"
        {"DeviceGroupKey":"$device_group","DeviceKey":"$device"}
        400 InvalidParameterException: Invalid device key given.
        "SMS_MFA"
        {"DeviceGroupKey":"$device_group","DeviceKey":"$device"}
        200 {"UserConfirmationNecessary":false}
        "#);
    }

    #[test]
    fn a_pool_that_does_not_track_devices() {
        let mut fixture = with_phone(json!({}));
        assert_snapshot!(run(&mut fixture, r#"
            device = us-east-1_0
            $come_back
            claims access
            $confirm
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_SRP_AUTH","Session":"$refresh","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","SRP_A":"$srp_a"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","PASSWORD_CLAIM_SECRET_BLOCK":"YWJj","PASSWORD_CLAIM_SIGNATURE":"YWJj","TIMESTAMP":"$timestamp"}}
        "#), @r##"
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        400 InvalidUserPoolConfigurationException: User pool is not configured for device tracking
        400 NotAuthorizedException: Invalid session for the user.
        400 NotAuthorizedException: Incorrect username or password.
        "##);
    }
}
