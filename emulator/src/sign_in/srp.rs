//! Verification of a password by SRP, without sending it.
//!
//! [`begin`] and [`prove`] are the two halves of the exchange, for every flow
//! that uses it. They take the pool's lock themselves and do not hold it while
//! they compute.

pub(super) mod claim;

use std::collections::BTreeMap;

use self::claim::{Claim, EXCHANGE_LIFETIME};
pub(super) use self::claim::{parse, public_value};
use super::{
    AuthRequest, ChallengeResponse, ClientAndDevice, Next, Parameters, device, find_named_user,
    next, pre_auth, required,
};
use crate::auth::password;
use crate::auth::srp::{Exchange, PublicValue, Verifier};
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::assurance::Progress;
use crate::state::pool::Pool;
use crate::state::session::{Challenge, Custom, Session};
use crate::state::user::Status;
use crate::state::users::UserId;
use crate::state::{PoolHandle, PoolWrite};
use crate::world::Time;

/// `USER_SRP_AUTH`.
pub(super) fn user_srp_auth(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    request: &AuthRequest<'_>,
    username: &str,
) -> Result<Next> {
    let public = public_value(request.parameters)?;
    pre_auth::pre_authentication(cx, handle, request, username)?;
    let parameters = begin(cx, handle, &request.client_device(), username, public)?;
    Ok(Next::Challenge {
        name: "PASSWORD_VERIFIER",
        // Measured: the secret block alone identifies the exchange
        // (ministackorg/ministack#1758).
        session: None,
        parameters,
        draft: None,
        available: Vec::new(),
    })
}

/// Handles the answer to `PASSWORD_VERIFIER`. Also returns the custom sign-in that the
/// exchange belongs to, if any.
pub(super) fn respond_to_password_verifier(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    response: &ChallengeResponse<'_>,
    client_device: &ClientAndDevice<'_>,
) -> Result<(Next, Option<Custom>)> {
    let (mut pool, id) = prove(cx, handle, client_device, response.responses)?;
    let block = required(response.responses, "PASSWORD_CLAIM_SECRET_BLOCK")?;
    let custom = pool.sessions.custom(block).cloned();
    let next = next::after_password(cx, &mut pool, id, client_device)?;
    Ok((next, custom))
}

/// Begins an exchange with a client whose public value is `public`, and stores
/// it under its secret block. Returns the parameters of `PASSWORD_VERIFIER`.
///
/// If the client hides users, an unknown user gets such parameters too. The same name
/// always gets the same salt and id (R39).
pub(super) fn begin(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    client_device: &ClientAndDevice<'_>,
    username: &str,
    public: PublicValue,
) -> Result<BTreeMap<&'static str, String>> {
    let (pool_name, account) = {
        let pool = handle.read();
        let account = Account::find(&pool, client_device.client_id, username)?;
        (pool.short_name().to_owned(), account)
    };
    let exchange = Exchange::new(
        [&pool_name, &account.name],
        public,
        Verifier::of(&account.private),
        &cx.world.chance,
    );
    let parameters = BTreeMap::from([
        ("SALT", account.salt),
        ("SECRET_BLOCK", exchange.secret_block.clone()),
        ("SRP_B", exchange.public()),
        ("USERNAME", account.name.clone()),
        ("USER_ID_FOR_SRP", account.name),
    ]);
    if let Some(user) = account.user {
        let string = exchange.secret_block.clone();
        let session = Session {
            user,
            client_id: client_device.client_id.into(),
            device: client_device.device.map(Into::into),
            challenge: Challenge::PasswordVerifier {
                exchange: Box::new(exchange),
                password: account.password,
            },
            expires_at: cx.now().plus(EXCHANGE_LIFETIME),
            used: false,
            custom: None,
            progress: Progress::default(),
        };
        handle.write().sessions.keep(&string, session, cx.now());
    }
    Ok(parameters)
}

/// The account that an exchange is about.
struct Account {
    user: Option<UserId>,
    password: Option<password::Verifier>,
    name: String,
    salt: String,
    private: [u8; 32],
}

impl Account {
    fn find(pool: &Pool, client_id: &str, username: &str) -> Result<Self> {
        let hides_users = pool.client(client_id)?.settings.hides_users();
        let id = pool.users.find(username);
        // Administrators can find a user by `sub`; a sign-in cannot (measured:
        // ministackorg/ministack#1758).
        let user = id.and_then(|id| Some((id, pool.users.get(id)?)));
        let user = user.filter(|(_, user)| *user.sub != *username || user.username == user.sub);
        let decoy = pool.decoy_account(username);
        let Some((id, user)) = user else {
            if !hides_users {
                return Err(Error::UserNotFound);
            }
            return Ok(Self {
                user: None,
                password: None,
                name: decoy.user_id,
                salt: decoy.salt,
                private: decoy.private,
            });
        };
        if !user.enabled {
            return Err(Error::UserDisabled);
        }
        // This status is reported before the exchange, as it is before a password (R31;
        // measured: ministackorg/ministack#1758, floci-io/floci#2020). A client that
        // hides users gets it only after the right proof (R32).
        if user.status == Status::Unconfirmed && !hides_users {
            return Err(Error::NotConfirmed);
        }
        let kept = user.password;
        Ok(Self {
            user: Some(id),
            password: kept,
            name: user.username.to_string(),
            salt: kept.map_or(decoy.salt, |kept| kept.salt()),
            private: kept.map_or(decoy.private, |kept| *kept.x()),
        })
    }
}

/// Checks a proof of the password, and counts it. Returns the user with the
/// pool still locked, so that the sign-in can continue.
///
/// An answer without an exchange fails like a wrong password, and a right answer can be
/// repeated (both measured: ministackorg/ministack#1758). A late answer fails too
/// (inferred). Every answer leaves the exchange open.
pub(super) fn prove(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    client_device: &ClientAndDevice<'_>,
    responses: &Parameters,
) -> Result<(PoolWrite, UserId)> {
    let client_id = client_device.client_id;
    let (claim, id, exchange, password) = {
        let pool = handle.read();
        let client = pool.client(client_id)?;
        let (_, named) = find_named_user(&pool, client, responses)?;
        let claim = Claim::of(responses)?;
        let hides_users = client.settings.hides_users();
        let id = named.ok_or(if hides_users {
            Error::BadCredentials
        } else {
            Error::UserNotFound
        })?;
        let (exchange, password) = find(&pool, client_id, id, claim.block, cx.now())?;
        (claim, id, exchange.clone(), password)
    };
    let right = claim.verifies(&exchange);
    let mut pool = handle.write();
    // The exchange may have ended while the pool was not locked.
    find(&pool, client_id, id, claim.block, cx.now())?;
    count_proof(&mut pool, id, right, password, cx.now())?;
    device::check(&pool, id, client_device)?;
    Ok((pool, id))
}

/// The open exchange of the user at `id` with the secret block `block`.
fn find<'a>(
    pool: &'a Pool,
    client_id: &str,
    id: UserId,
    block: &str,
    now: Time,
) -> Result<(&'a Exchange, Option<password::Verifier>)> {
    let session = pool
        .sessions
        .find(block)
        .map_err(|_| Error::BadCredentials)?;
    let open = session.check_open(now).is_ok();
    match &session.challenge {
        Challenge::PasswordVerifier { exchange, password }
            if open && session.user == id && *session.client_id == *client_id =>
        {
            Ok((exchange, *password))
        }
        _ => Err(Error::BadCredentials),
    }
}

/// Counts a proof, and then checks the user's status (fact 5c). `password` is the
/// password of the exchange.
fn count_proof(
    pool: &mut Pool,
    id: UserId,
    right: bool,
    password: Option<password::Verifier>,
    now: Time,
) -> Result<()> {
    let user = pool.users.get(id).ok_or(Error::BadCredentials)?;
    if !user.enabled {
        return Err(Error::UserDisabled);
    }
    let right = right && password.is_some() && user.password == password;
    pool.attempt_password(id, right, now)?;
    let user = pool.users.get(id).ok_or(Error::BadCredentials)?;
    match user.status {
        Status::Unconfirmed => Err(Error::NotConfirmed),
        Status::ResetRequired => Err(Error::PasswordResetRequired),
        Status::ForceChangePassword => pool.check_temporary_password(user, now),
        Status::Confirmed | Status::ExternalProvider => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use crate::state::mfa::Factor;
    use crate::testing::{Fixture, srp};

    const START: &str = r#"InitiateAuth {"ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{"USERNAME":"ana","SRP_A":"$srp_a"}}"#;
    const ANSWER: &str = r#"RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim($password)","TIMESTAMP":"$timestamp"}}"#;

    /// Runs `script`, in which `$start` is ana's sign-in and `$answer` the right answer.
    fn run(fixture: &mut Fixture, script: &str) -> String {
        fixture.run(&script.replace("$start", START).replace("$answer", ANSWER))
    }

    #[test]
    fn a_proof_gives_tokens_each_time() {
        let mut fixture = Fixture::with_user("ana");
        assert_snapshot!(run(&mut fixture, "$start
            $answer
            claims access
            $answer"), @r##"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        {"sub":"$sub","iss":"https://cognito-idp.us-east-1.amazonaws.com/$pool","client_id":"$client","origin_jti":"#1","event_id":"#2","token_use":"access","scope":"aws.cognito.signin.user.admin","auth_time":1700000000,"exp":1700003600,"iat":1700000000,"jti":"#3","username":"ana"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "##);
    }

    /// Measured: ministackorg/ministack#1758.
    #[test]
    fn wrong_proofs() {
        let mut fixture = Fixture::with_user("ana").and_user("bob", json!([]));
        let answer = |from: &str, to: &str| ANSWER.replace(from, to);
        let script = [
            START,
            &answer("$claim($password)", "$claim(wrong)"),
            &answer("$claim($password)", "YWJj"),
            &answer("\"$block", "\"YWJj"),
            &answer("$claim($password)", "*"),
            &answer("\"$block", "\"*"),
            &answer("\"USERNAME\":\"ana\"", "\"USERNAME\":\"bob\""),
            &answer("\"USERNAME\":\"ana\"", "\"USERNAME\":\"noname\""),
            // 1,700,000,000 is Tue Nov 14 22:13:20 UTC 2023.
            "timestamp = Mon Nov 14 22:13:20 UTC 2023",
            ANSWER,
            "timestamp = Tue Nov 14 22:08:19 UTC 2023",
            ANSWER,
            "timestamp = Tue Nov 14 22:18:21 UTC 2023",
            ANSWER,
            "timestamp = Tue Nov 14 22:13:20 +0000 2023",
            ANSWER,
            "advance 30",
            "timestamp = Tue Nov 14 22:08:20 UTC 2023",
            ANSWER,
        ];
        assert_snapshot!(fixture.run(&script.join("\n")), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 InvalidParameterException: Invalid PASSWORD_CLAIM_SIGNATURE format. Must be a Base64 string.
        400 InvalidParameterException: Invalid PASSWORD_CLAIM_SECRET_BLOCK format. Must be a Base64 string.
        400 NotAuthorizedException: Incorrect username or password.
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 InvalidParameterException: TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    #[test]
    fn late_proofs() {
        let mut fixture = Fixture::with_user("ana");
        assert_snapshot!(run(&mut fixture, "$start
            advance 59
            $answer
            $start
            advance 60
            $answer"), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        "#);
    }

    /// The timestamp of a client does not include the advances of the emulator's clock.
    #[test]
    fn clients_do_not_follow_an_advanced_clock() {
        let mut fixture = Fixture::with_user("ana");
        assert_snapshot!(run(&mut fixture, "advance 86400
            $start
            timestamp = Tue Nov 14 22:13:20 UTC 2023
            $answer"), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// The lockout of fact 5f.
    #[test]
    fn wrong_proofs_lock_the_user() {
        let mut fixture = Fixture::with_user("ana");
        let wrong = ANSWER.replace("$password", "wrong");
        let five = [wrong.as_str(); 5].join("\n");
        assert_snapshot!(run(&mut fixture, &format!("$start\n{five}\n$answer\nadvance 1\n$answer")), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Password attempts exceeded
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// The reasons that prevent tokens are shown only after the right password
    /// (fact 5c).
    #[test]
    fn users_who_may_not_sign_in_yet() {
        let mut fixture = Fixture::with_user("ana");
        fixture.run(r#"SignUp {"ClientId":"$client","Username":"eve","Password":"$password"}"#);
        let eve = START.replace("\"ana", "\"eve");
        assert_snapshot!(fixture.run(&eve), @"400 UserNotConfirmedException: User is not confirmed.");
        let mut fixture = Fixture::new().and_verified_user("ana");
        let wrong = ANSWER.replace("$password", "wrong");
        assert_snapshot!(run(&mut fixture, &format!(r#"
            AdminResetUserPassword {{"UserPoolId":"$pool","Username":"ana"}}
            $start
            {wrong}
            $answer
            AdminSetUserPassword {{"UserPoolId":"$pool","Username":"ana","Password":"$password"}}
            $answer
            $start
            {wrong}
            $answer
            advance 604800
            $start
            {wrong}
            $answer
            AdminSetUserPassword {{"UserPoolId":"$pool","Username":"ana","Password":"$password","Permanent":true}}
            $start
            AdminDisableUser {{"UserPoolId":"$pool","Username":"ana"}}
            $answer
            $start
            AdminDeleteUser {{"UserPoolId":"$pool","Username":"ana"}}
            $answer
        "#)), @r#"
        200 {}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        400 PasswordResetRequiredException: Password reset required for the user
        200 {}
        400 NotAuthorizedException: Incorrect username or password.
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        200 {"ChallengeName":"NEW_PASSWORD_REQUIRED","ChallengeParameters":{"USER_ID_FOR_SRP":"ana","requiredAttributes":"[]","userAttributes":"{\"email\":\"ana@example.com\",\"email_verified\":\"true\"}"},"Session":"$session"}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Temporary password has expired and must be reset by an administrator.
        200 {}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        200 {}
        400 NotAuthorizedException: User is disabled.
        400 NotAuthorizedException: User is disabled.
        200
        400 UserNotFoundException: User does not exist.
        "#);
    }

    #[test]
    fn a_second_factor_follows() {
        let phone = json!([{"Name": "phone_number", "Value": "+12065559934"}]);
        let mut fixture = Fixture::new()
            .and_user("ana", phone)
            .and_mfa("ON", &[Factor::SmsMfa]);
        assert_snapshot!(run(&mut fixture, r#"$start
            $answer
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SMS_MFA","Session":"$session","ChallengeResponses":{"USERNAME":"ana","SMS_MFA_CODE":"$code"}}"#), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        200 {"ChallengeName":"SMS_MFA","ChallengeParameters":{"CODE_DELIVERY_DELIVERY_MEDIUM":"SMS","CODE_DELIVERY_DESTINATION":"+*******9934","USER_ID_FOR_SRP":"ana"},"Session":"$session"}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// `USER_ID_FOR_SRP` is the internal username for every name. A `sub` does
    /// not identify a user here.
    #[test]
    fn other_names() {
        let pool = json!({"AliasAttributes": ["email"]});
        let mut fixture = Fixture::with_pool(pool).and_verified_user("ana");
        let by = |name: &str| START.replace("\"ana", &format!("\"{name}"));
        let script = [&by("ana@example.com"), ANSWER, &by("$sub")].join("\n");
        assert_snapshot!(fixture.run(&script), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        400 UserNotFoundException: User does not exist.
        "#);

        let pool = json!({"UsernameAttributes": ["email"]});
        let client = json!({"GenerateSecret": true});
        let mut fixture =
            Fixture::with_pool_and_client(pool, client).and_user("ana@example.com", json!([]));
        let answer = |name: &str| {
            ANSWER.replace(
                "\"ana\"",
                &format!("\"{name}\",\"SECRET_HASH\":\"$hash($sub)\""),
            )
        };
        let start = by("ana@example.com").replace(
            "\"SRP_A",
            "\"SECRET_HASH\":\"$hash(ana@example.com)\",\"SRP_A",
        );
        let wrong = answer("$sub").replace("$hash($sub)", "$hash(ana@example.com)");
        let script = [
            &*start,
            &wrong,
            &answer("ana@example.com"),
            &start,
            &answer("$sub"),
        ];
        assert_snapshot!(fixture.run(&script.join("\n")), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"$srp_user","USER_ID_FOR_SRP":"$srp_user"}}
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"$srp_user","USER_ID_FOR_SRP":"$srp_user"}}
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    /// R37, R39.
    #[test]
    fn unknown_users() {
        assert_snapshot!(run(&mut Fixture::new(), "$start"), @"400 UserNotFoundException: User does not exist.");
        let client = json!({"PreventUserExistenceErrors": "ENABLED"});
        let mut fixture = Fixture::with_pool_and_client(json!({}), client);
        let ask = |fixture: &mut Fixture, name: &str| {
            fixture.run(&START.replace("\"ana", &format!("\"{name}")));
            [
                fixture.get("salt").to_owned(),
                fixture.get("srp_user").to_owned(),
            ]
        };
        let shown = ask(&mut fixture, "ana");
        assert_eq!(shown[0].trim_start_matches('0'), shown[0]);
        assert_eq!(shown[1], "ana");
        assert_eq!(ask(&mut fixture, "ana"), shown);
        assert_eq!(ask(&mut fixture, "Ana"), ask(&mut fixture, "Ana"));
        assert_ne!(ask(&mut fixture, "bob"), shown);
        assert_snapshot!(run(&mut fixture, "only /ChallengeName $start\n$answer"), @r#"
        "PASSWORD_VERIFIER"
        400 NotAuthorizedException: Incorrect username or password.
        "#);
    }

    /// The challenge of a user without a password looks like any other, and every proof
    /// is wrong.
    #[test]
    fn a_user_without_a_password() {
        let pool = json!({"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}});
        let mut fixture = Fixture::with_pool(pool);
        fixture.run(r#"AdminCreateUser {"UserPoolId":"$pool","Username":"ana","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"email","Value":"ana@example.com"},{"Name":"email_verified","Value":"true"}]}"#);
        assert_snapshot!(run(&mut fixture, "$start\n$answer"), @r#"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        "#);
    }

    #[test]
    fn a_proof_is_bound_to_its_client() {
        let mut fixture = Fixture::with_user("ana");
        assert_snapshot!(run(&mut fixture, r#"
            as other /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"other"}
            $start
            client = $other
            $answer
        "#), @r#"
        "$other"
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 NotAuthorizedException: Incorrect username or password.
        "#);
    }

    /// The first call of a sign-in by SRP with these parameters.
    fn begin(parameters: &str) -> String {
        format!(
            r#"AdminInitiateAuth {{"UserPoolId":"$pool","ClientId":"$client","AuthFlow":"USER_SRP_AUTH","AuthParameters":{{{parameters}}}}}"#
        )
    }

    /// The second call of a sign-in by SRP with these responses.
    fn prove(responses: &str) -> String {
        format!(
            r#"AdminRespondToAuthChallenge {{"UserPoolId":"$pool","ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","ChallengeResponses":{{{responses}}}}}"#
        )
    }

    /// The user ana, and a client with a secret that does not allow SRP.
    fn without_srp() -> Fixture {
        let flows = ["ALLOW_USER_PASSWORD_AUTH"];
        let client = json!({"GenerateSecret": true, "ExplicitAuthFlows": flows});
        Fixture::with_pool_and_client(json!({}), client).and_user("ana", json!([]))
    }

    /// Each call fixes one fault of the call above.
    #[test]
    fn precedence() {
        let mut fixture = without_srp();
        let allow = r#"only /nothing UpdateUserPoolClient {"UserPoolId":"$pool","ClientId":"$client","ExplicitAuthFlows":["ALLOW_USER_SRP_AUTH"]}"#;
        let script = [
            &begin(""),
            &begin(r#""USERNAME":"bob""#),
            &begin(r#""USERNAME":"bob","SECRET_HASH":"x""#),
            &begin(r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)""#),
            allow,
            &begin(r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)""#),
            &begin(r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","SRP_A":"zz""#),
            &begin(r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","SRP_A":"$srp_a""#),
            &begin(r#""USERNAME":"ana","SECRET_HASH":"$hash(ana)","SRP_A":"$srp_a""#),
            &prove(""),
            &prove(r#""USERNAME":"bob""#),
            &prove(r#""USERNAME":"bob","SECRET_HASH":"x""#),
            &prove(r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)""#),
            &prove(
                r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","PASSWORD_CLAIM_SECRET_BLOCK":"*""#,
            ),
            &prove(
                r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","PASSWORD_CLAIM_SECRET_BLOCK":"*","PASSWORD_CLAIM_SIGNATURE":"*""#,
            ),
            &prove(
                r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","PASSWORD_CLAIM_SECRET_BLOCK":"*","PASSWORD_CLAIM_SIGNATURE":"*","TIMESTAMP":"x""#,
            ),
            &prove(
                r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","PASSWORD_CLAIM_SECRET_BLOCK":"YWJj","PASSWORD_CLAIM_SIGNATURE":"*","TIMESTAMP":"x""#,
            ),
            &prove(
                r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","PASSWORD_CLAIM_SECRET_BLOCK":"YWJj","PASSWORD_CLAIM_SIGNATURE":"YWJj","TIMESTAMP":"x""#,
            ),
            &prove(
                r#""USERNAME":"bob","SECRET_HASH":"$hash(bob)","PASSWORD_CLAIM_SECRET_BLOCK":"YWJj","PASSWORD_CLAIM_SIGNATURE":"YWJj","TIMESTAMP":"$timestamp""#,
            ),
            &prove(
                r#""USERNAME":"ana","SECRET_HASH":"$hash(ana)","PASSWORD_CLAIM_SECRET_BLOCK":"YWJj","PASSWORD_CLAIM_SIGNATURE":"YWJj","TIMESTAMP":"$timestamp""#,
            ),
            &prove(
                r#""USERNAME":"ana","SECRET_HASH":"$hash(ana)","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"YWJj","TIMESTAMP":"$timestamp""#,
            ),
            &prove(
                r#""USERNAME":"ana","SECRET_HASH":"$hash(ana)","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim($password)","TIMESTAMP":"$timestamp""#,
            ),
        ];
        assert_snapshot!(fixture.run(&script.join("\n")), @r#"
        400 InvalidParameterException: Missing required parameter USERNAME
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 InvalidParameterException: USER_SRP_AUTH is not enabled for the client.
        absent
        400 InvalidParameterException: Missing required parameter SRP_A
        400 InvalidParameterException: 1 validation error detected: Value 'zz' at 'sRPA' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-fA-F]+$
        400 UserNotFoundException: User does not exist.
        200 {"ChallengeName":"PASSWORD_VERIFIER","ChallengeParameters":{"SALT":"$salt","SECRET_BLOCK":"$block","SRP_B":"$srp_b","USERNAME":"ana","USER_ID_FOR_SRP":"ana"}}
        400 InvalidParameterException: Missing required parameter challenge responses.
        400 NotAuthorizedException: Client $client is configured with secret but SECRET_HASH was not received
        400 NotAuthorizedException: Unable to verify secret hash for client $client
        400 InvalidParameterException: Missing required parameter PASSWORD_CLAIM_SECRET_BLOCK
        400 InvalidParameterException: Missing required parameter PASSWORD_CLAIM_SIGNATURE
        400 InvalidParameterException: Missing required parameter TIMESTAMP
        400 InvalidParameterException: Invalid PASSWORD_CLAIM_SECRET_BLOCK format. Must be a Base64 string.
        400 InvalidParameterException: Invalid PASSWORD_CLAIM_SIGNATURE format. Must be a Base64 string.
        400 InvalidParameterException: TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.
        400 UserNotFoundException: User does not exist.
        400 NotAuthorizedException: Incorrect username or password.
        400 NotAuthorizedException: Incorrect username or password.
        200 {"AuthenticationResult":{"AccessToken":"$access","ExpiresIn":3600,"IdToken":"$id","RefreshToken":"$refresh","TokenType":"Bearer"},"ChallengeParameters":{}}
        "#);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// For any name and password, only the right password signs in.
        #[test]
        fn only_the_right_password_signs_in(
            username in r"[\p{L}\p{N}.+_-]{1,40}",
            password in r"[a-z]{1,20}[ -~é漢]{0,20}[A-Z][0-9][.!]",
            other in r"[!-~]{1,40}",
            a in any::<[u8; 32]>(),
            seed in any::<u64>(),
        ) {
            prop_assume!(password != other);
            let mut fixture = Fixture::new();
            fixture.emulator().world().chance.reseed(seed);
            let (pool, client) = (fixture.get("pool").to_owned(), fixture.get("client").to_owned());
            let user = json!({"UserPoolId": pool, "Username": username, "MessageAction": "SUPPRESS"});
            fixture.must("AdminCreateUser", user);
            let set = json!({"UserPoolId": pool, "Username": username, "Password": password, "Permanent": true});
            if !fixture.call("AdminSetUserPassword", set).is_ok() {
                return Ok(());
            }
            let srp = srp::Client::new(&a);
            let parameters = json!({"USERNAME": username, "SRP_A": srp.public()});
            let input = json!({"ClientId": client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": parameters});
            let challenge = fixture.must("InitiateAuth", input)["ChallengeParameters"].clone();
            let parameter = |name: &str| challenge[name].as_str().unwrap();
            let now = "Tue Nov 14 22:13:20 UTC 2023";
            for (password, right) in [(&other, false), (&password, true)] {
                let seen = srp::Challenge {
                    salt: parameter("SALT"),
                    public: parameter("SRP_B"),
                    secret_block: parameter("SECRET_BLOCK"),
                };
                let names = [pool.split_once('_').unwrap().1, parameter("USER_ID_FOR_SRP")];
                let responses = json!({
                    "USERNAME": parameter("USERNAME"),
                    "PASSWORD_CLAIM_SECRET_BLOCK": parameter("SECRET_BLOCK"),
                    "PASSWORD_CLAIM_SIGNATURE": srp.claim(&seen, names, password, now),
                    "TIMESTAMP": now,
                });
                let input = json!({"ClientId": client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": responses});
                let reply = fixture.call("RespondToAuthChallenge", input);
                prop_assert_eq!(reply.is_ok(), right, "{}", reply);
            }
        }
    }
}
