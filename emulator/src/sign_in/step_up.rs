//! Step-up authentication: levels that a sign-in must reach, for the pages of the domain
//! (`acr_values`) and for `USER_AUTH` (`TARGET_ACR_VALUES`).
//!
//! `USER_AUTH` credits the methods of an access token. The credit and the methods that follow are
//! the progress of the sign-in, which its sessions keep.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-selection-sdk.html#cognito-user-pools-step-up-user-auth>
//! (O43).

use serde_json::Value;

use super::{AuthRequest, ChallengeResponse, ClientAndDevice, Next, Parameters, next};
use crate::auth::assurance::{Level, Method};
use crate::auth::jwt;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::state::PoolHandle;
use crate::state::assurance::{Progress, Toward, Way};
use crate::state::first_factor::FirstFactor;
use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::session::Challenge;
use crate::state::user::Status;
use crate::state::users::UserId;

/// What a request of `USER_AUTH` asks for.
pub(super) struct StepUp {
    /// The levels, and the methods of the access token.
    pub(super) progress: Progress,
    /// The level of the access token, if it counts.
    level: Option<Level>,
}

impl StepUp {
    /// The levels that `request` asks for, with the credit of its access token.
    ///
    /// The guide names the errors for values that name no level, and for a token without
    /// `TARGET_ACR_VALUES` or of another user. That they come before the triggers, their sentences,
    /// and that an empty value counts as absent are inferred. `MAX_AGE` without a token has no
    /// effect, because such a sign-in is a new one.
    pub(super) fn of(cx: &Cx<'_>, handle: &PoolHandle, request: &AuthRequest<'_>) -> Result<Self> {
        let given = |name: &str| given(request.parameters, name);
        let mut step_up = Self {
            progress: Progress::default(),
            level: None,
        };
        let Some(values) = given("TARGET_ACR_VALUES") else {
            return match given("ACCESS_TOKEN") {
                Some(_) => Err(Error::MissingParameter {
                    parameter: "TARGET_ACR_VALUES".to_owned(),
                }),
                None => Ok(step_up),
            };
        };
        step_up.progress.targets = handle.read().levels_of(values);
        let invalid = |parameter: &str| Error::InvalidParameterValue {
            parameter: parameter.to_owned(),
        };
        if step_up.progress.targets.is_empty() {
            return Err(invalid("TARGET_ACR_VALUES"));
        }
        let most = given("MAX_AGE").map(|age| age.parse().map_err(|_| invalid("MAX_AGE")));
        let most = most.transpose()?;
        if let Some(token) = given("ACCESS_TOKEN") {
            step_up.credit(cx, handle, request, token, most)?;
        }
        Ok(step_up)
    }

    /// Credits the methods of the access token `token`, unless its sign-in is more than `most` seconds
    /// old.
    ///
    /// Inferred: the token may be of another app client of the pool, a token without `amr` gives no
    /// credit, and neither does one of a user whose password must be replaced.
    fn credit(
        &mut self,
        cx: &Cx<'_>,
        handle: &PoolHandle,
        request: &AuthRequest<'_>,
        token: &str,
        most: Option<u64>,
    ) -> Result<()> {
        let bearer = cx.bearer(token)?;
        let own = handle.read().id.clone();
        if bearer.handle.read().id != own {
            return Err(Error::AccessTokenInvalid);
        }
        let (pool, id) = bearer.read()?;
        let username = request.parameters.get("USERNAME");
        if username.and_then(|name| pool.users.find(name)) != Some(id) {
            return Err(Error::AccessTokenInvalid);
        }
        let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
        let age = cx.now().seconds().saturating_sub(bearer.signed_in_at);
        let is_young = most.is_none_or(|most| u64::try_from(age).unwrap_or(0) <= most);
        if !is_young || user.status != Status::Confirmed {
            return Ok(());
        }
        let claims = jwt::decode(token).map_err(|_| Error::AccessTokenInvalid)?;
        let claims = Value::Object(claims.claims);
        // A name that the pool has changed since is no level; the methods count in any case (guide).
        let acr = claims["acr"].as_str().unwrap_or_default();
        self.level = pool.levels_of(acr).first().copied();
        let amr = claims["amr"].as_array().into_iter().flatten();
        let names = amr.filter_map(Value::as_str);
        self.progress.methods = names.filter_map(Method::named).collect();
        Ok(())
    }

    /// Chooses the level that the sign-in of `id` is for, the first one that the user can reach.
    /// Returns those of the first factors `available` that lead to it; `None` if the user has given
    /// one already. `id` is `None` for a user who does not exist.
    ///
    /// That only these factors are offered is inferred.
    pub(super) fn choose(
        &mut self,
        pool: &Pool,
        id: Option<UserId>,
        available: Vec<FirstFactor>,
    ) -> Result<Option<Vec<FirstFactor>>> {
        let progress = &mut self.progress;
        if progress.targets.is_empty() {
            return Ok(progress.methods.is_empty().then_some(available));
        }
        let way = match id {
            Some(id) => {
                let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
                let way = pool.way(user, progress, &available);
                // A required second factor that the token does not have is asked for in any case.
                let is_enough = |way: &Way| self.level >= Some(way.target);
                if way.as_ref().is_some_and(is_enough)
                    && pool.has_required_factor(user, &progress.methods)
                {
                    return Err(Error::LevelAlreadyReached);
                }
                way
            }
            None => Way::of_unknown(&progress.targets, &available),
        };
        let way = way.ok_or(Error::LevelUnreachable)?;
        progress.targets = vec![way.target];
        Ok(way.first)
    }
}

/// Continues a sign-in whose user has given a first factor before: by an access token, or at a
/// sign-up.
pub(super) fn go_on(
    cx: &Cx<'_>,
    pool: &mut Pool,
    id: UserId,
    client_device: &ClientAndDevice<'_>,
    progress: &Progress,
) -> Result<Next> {
    if progress.methods.contains(&Method::Password) {
        next::after_password(cx, pool, id, client_device)
    } else {
        Ok(Next::Proved(id))
    }
}

/// How far the sign-in had come that `response` continues.
///
/// The block of a proof names its exchange. A session beside it may be of another sign-in.
pub(super) fn progress_of(pool: &Pool, response: &ChallengeResponse<'_>) -> Progress {
    let is_proof = response.challenge.ends_with("_VERIFIER");
    let string = if is_proof {
        given(response.responses, "PASSWORD_CLAIM_SECRET_BLOCK")
    } else {
        response.session
    };
    let session = string.and_then(|string| pool.sessions.find(string).ok());
    session
        .map(|session| session.progress.clone())
        .unwrap_or_default()
}

/// Records in the sessions of the challenge `next` how far the sign-in has come.
pub(super) fn keep(handle: &PoolHandle, progress: &Progress, next: &Next) {
    let Next::Challenge {
        session,
        parameters,
        ..
    } = next
    else {
        return;
    };
    if *progress == Progress::default() {
        return;
    }
    let mut pool = handle.write();
    for string in session.iter().chain(parameters.get("SECRET_BLOCK")) {
        pool.sessions.advance(string, progress.clone());
    }
}

/// The step that leads to the levels of `progress`: the second factor that reaches them, in place of
/// another one or of the end. `None` if the user has no such factor.
///
/// A factor that the pool or the user requires is asked for in any case, unless the access token has
/// it. The levels only choose among several such factors (guide).
pub(super) fn toward(
    cx: &Cx<'_>,
    handle: &PoolHandle,
    client_device: &ClientAndDevice<'_>,
    progress: &Progress,
    next: Next,
) -> Result<Option<Next>> {
    if progress.targets.is_empty() {
        return Ok(Some(next));
    }
    let mut pool = handle.write();
    let (id, asked) = match &next {
        Next::Proved(id) | Next::Complete(id) => (*id, None),
        Next::Challenge {
            session: Some(session),
            ..
        } => {
            let open = pool.sessions.find(session)?;
            let is_factor = matches!(
                open.challenge,
                Challenge::SmsMfa { .. }
                    | Challenge::EmailOtp { .. }
                    | Challenge::SoftwareTokenMfa
                    | Challenge::SelectMfaType { .. }
            );
            if !is_factor {
                return Ok(Some(next));
            }
            (open.user, Some(open.challenge.name()))
        }
        _ => return Ok(Some(next)),
    };
    let user = pool.users.get(id).ok_or(Error::UserNotFound)?;
    let is_credited = pool.has_required_factor(user, &progress.methods);
    let is_end = asked.is_none() || is_credited;
    let among = if is_end {
        Factor::ALL.to_vec()
    } else {
        pool.second_factors(user)
    };
    let step = pool.toward(user, &progress.assurance(), &progress.targets, &among);
    let next = match step {
        Toward::Ask(factor) if asked == Some(factor.as_str()) => return Ok(Some(next)),
        Toward::Ask(factor) => {
            let device = client_device;
            let other = next::ask_factor(cx, &mut pool, id, device, factor)?;
            close(&mut pool, &next);
            other
        }
        Toward::Reached if asked.is_some() && is_credited => {
            close(&mut pool, &next);
            Next::Proved(id)
        }
        Toward::Unreachable if is_end => return Ok(None),
        Toward::Reached | Toward::Unreachable => next,
    };
    Ok(Some(next))
}

fn close(pool: &mut Pool, next: &Next) {
    if let Some(session) = next.session() {
        pool.sessions.close(session);
    }
}

/// The kind of passkey, as the browser reports it (`authenticatorAttachment` of Web Authentication,
/// section 5.1).
pub(super) fn passkey(credential: &str) -> Method {
    let credential: Value = serde_json::from_str(credential).unwrap_or_default();
    if credential["authenticatorAttachment"] == "cross-platform" {
        Method::RoamingPasskey
    } else {
        Method::PlatformPasskey
    }
}

/// A parameter that is not empty.
fn given<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    let value = parameters.get(name)?;
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::auth::jwt;
    use crate::auth::totp::Secret;
    use crate::state::mfa::{Factor, Totp};
    use crate::testing::authenticator::Authenticator;
    use crate::testing::{Fixture, PASSWORD};

    /// A user of a pool who signs in by `USER_AUTH`.
    struct Caller {
        fixture: Fixture,
        secret: Secret,
        admin: bool,
    }

    impl Caller {
        /// `ana` has a verified address and, with `totp`, an authenticator app. MFA is off.
        fn new(factors: &[&str], totp: bool) -> Self {
            Self::with(json!({}), json!({}), factors, totp)
        }

        fn with(mut pool: Value, mut client: Value, factors: &[&str], totp: bool) -> Self {
            pool["Policies"] = json!({ "SignInPolicy": { "AllowedFirstAuthFactors": factors } });
            client["ExplicitAuthFlows"] = json!([
                "ALLOW_USER_AUTH",
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH"
            ]);
            let fixture = Fixture::with_pool_and_client(pool, client).and_verified_user("ana");
            let secret = Secret::new(&fixture.emulator().world().chance);
            if totp {
                let handle = fixture.pool_handle();
                let mut pool = handle.write();
                let id = pool.find("ana").unwrap();
                pool.users.edit_unindexed(id, |user| {
                    user.mfa.totp = Some(Box::new(Totp {
                        secret,
                        verified: true,
                        last_step: None,
                        device_name: None,
                    }));
                });
            }
            Self {
                fixture,
                secret,
                admin: false,
            }
        }

        /// Gives `ana` a password that must be replaced.
        fn give_temporary_password(&mut self) {
            let pool = self.fixture.get("pool");
            let input = json!({ "UserPoolId": pool, "Username": "ana", "Password": PASSWORD });
            self.fixture.must("AdminSetUserPassword", input);
        }

        /// Calls `operation`, by the administrator's name if the caller is one. Shows the
        /// challenge with the choices, `acr` and `amr` of the tokens, or the error.
        fn call(&mut self, operation: &str, mut input: Value) -> String {
            input["ClientId"] = json!(self.fixture.get("client"));
            let operation = if self.admin {
                input["UserPoolId"] = json!(self.fixture.get("pool"));
                format!("Admin{operation}")
            } else {
                operation.to_owned()
            };
            let reply = self.fixture.call(&operation, input);
            if !reply.is_ok() {
                return reply.to_string();
            }
            let answer = reply.body.json();
            let result = &answer["AuthenticationResult"];
            let Some(access) = result["AccessToken"].as_str() else {
                let choices = answer["AvailableChallenges"].as_array();
                let choices = choices.into_iter().flatten().filter_map(Value::as_str);
                let name = answer["ChallengeName"].as_str().unwrap();
                return std::iter::once(name)
                    .chain(choices)
                    .collect::<Vec<_>>()
                    .join(" ");
            };
            let claims = |token: &str| Value::Object(jwt::decode(token).unwrap().claims);
            let (access, id) = (claims(access), claims(result["IdToken"].as_str().unwrap()));
            assert_eq!(access["acr"], id["acr"]);
            assert_eq!(access["amr"], id["amr"]);
            format!("{} {}", access["acr"], access["amr"])
        }

        /// Starts a sign-in of `ana` that asks for `levels`, unless they are empty.
        fn start(&mut self, levels: &str, more: Value) -> String {
            let mut parameters = json!({ "USERNAME": "ana" });
            if !levels.is_empty() {
                let names = levels.split(' ').map(|level| match level.len() {
                    1 => format!("urn:cognito:loa:{level}"),
                    _ => level.to_owned(),
                });
                let names: Vec<_> = names.collect();
                parameters["TARGET_ACR_VALUES"] = json!(names.join(" "));
            }
            for (name, value) in more.as_object().unwrap() {
                parameters[name] = value.clone();
            }
            let input = json!({ "AuthFlow": "USER_AUTH", "AuthParameters": parameters });
            self.call("InitiateAuth", input)
        }

        /// Starts a sign-in with the access token of the last one.
        fn step_up(&mut self, levels: &str) -> String {
            let access = self.fixture.get("access").to_owned();
            self.start(levels, json!({ "ACCESS_TOKEN": access }))
        }

        fn answer(&mut self, challenge: &str, mut responses: Value) -> String {
            responses["USERNAME"] = json!("ana");
            let session = self.fixture.get("session");
            let input = json!({ "ChallengeName": challenge, "Session": session, "ChallengeResponses": responses });
            self.call("RespondToAuthChallenge", input)
        }

        fn password(&mut self) -> String {
            self.answer("PASSWORD", json!({ "PASSWORD": PASSWORD }))
        }

        /// Answers with the code that was sent last.
        fn sent(&mut self, challenge: &str) -> String {
            let outbox = self.fixture.emulator().world().courier.outbox();
            let code = outbox.last().unwrap().code.clone();
            self.answer(challenge, json!({ format!("{challenge}_CODE"): code }))
        }

        /// Answers with the code of the authenticator app. A code is accepted once, so the next
        /// one is generated.
        fn app(&mut self) -> String {
            self.fixture.run("advance 30");
            let code = self
                .secret
                .password_at(self.fixture.emulator().world().now());
            let responses = json!({ "SOFTWARE_TOKEN_MFA_CODE": code });
            self.answer("SOFTWARE_TOKEN_MFA", responses)
        }
    }

    const ONE: &str = r#""urn:cognito:loa:1" ["pwd"]"#;
    const TWO: &str = r#""urn:cognito:loa:2" ["email_otp"]"#;
    const THREE: &str = r#""urn:cognito:loa:3" ["pwd","email_otp","mfa"]"#;
    const FOUR: &str = r#""urn:cognito:loa:4" ["pwd","otp","mfa"]"#;
    const UNREACHABLE: &str = "400 InvalidParameterException: User does not have the factors for any of the requested authentication levels.";
    const REACHED: &str = "400 InvalidParameterException: The access token already meets the requested authentication level.";
    const ALL: [&str; 3] = ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"];

    #[test]
    fn without_levels_there_are_no_claims() {
        let mut caller = Caller::new(&["PASSWORD"], true);
        let given =
            json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD, "MAX_AGE": "x" });
        assert_eq!(caller.start("", given), "null null");
    }

    /// The fourth level needs the app, although MFA is off. Refreshed tokens keep the claims.
    #[test]
    fn a_new_sign_in_reaches_the_level() {
        for admin in [false, true] {
            let mut caller = Caller::new(&ALL, true);
            caller.admin = admin;
            let choices = "SELECT_CHALLENGE PASSWORD_SRP PASSWORD";
            assert_eq!(caller.start("4", json!({})), choices);
            assert_eq!(caller.password(), "SOFTWARE_TOKEN_MFA");
            let wrong = caller.answer(
                "SOFTWARE_TOKEN_MFA",
                json!({ "SOFTWARE_TOKEN_MFA_CODE": "000000" }),
            );
            assert!(wrong.starts_with("400 CodeMismatchException"), "{wrong}");
            assert_eq!(caller.app(), FOUR);
            let refresh = caller.fixture.get("refresh").to_owned();
            caller.fixture.run("advance 60");
            let parameters = json!({ "REFRESH_TOKEN": refresh });
            let input = json!({ "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters });
            assert_eq!(caller.call("InitiateAuth", input), FOUR);
        }
    }

    /// Only the first factors that lead to the level are offered, and a preferred one is used if it
    /// is among them.
    #[test]
    fn first_factors_that_lead_to_the_level() {
        let mut caller = Caller::new(&ALL, true);
        let both = "SELECT_CHALLENGE PASSWORD_SRP PASSWORD EMAIL_OTP";
        let password = "SELECT_CHALLENGE PASSWORD_SRP PASSWORD";
        for (levels, expected) in [("1", both), ("2", both), ("3", password), ("4", password)] {
            assert_eq!(caller.start(levels, json!({})), expected, "{levels}");
        }
        let preferred = json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" });
        assert_eq!(caller.start("3", preferred.clone()), password);
        assert_eq!(
            caller.start("2", preferred),
            "EMAIL_OTP PASSWORD_SRP PASSWORD EMAIL_OTP"
        );
        assert_eq!(caller.sent("EMAIL_OTP"), TWO);
        // A second factor follows the password to the levels above.
        let given = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD });
        assert_eq!(caller.start("3", given.clone()), "EMAIL_OTP");
        assert_eq!(caller.sent("EMAIL_OTP"), THREE);
        assert_eq!(caller.start("1", given), ONE);
    }

    #[test]
    fn the_first_possible_level_counts() {
        let mut caller = Caller::new(&["PASSWORD"], false);
        let given = json!({ "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD });
        assert_eq!(caller.start("urn:unknown 4 1 3", given.clone()), ONE);
        assert_eq!(caller.start("4 3 1", given.clone()), "EMAIL_OTP");
        assert_eq!(caller.start("4", given), UNREACHABLE);
    }

    /// A proof of the password continues the sign-in of its block, not the one of the session beside
    /// it, which has come further.
    #[test]
    fn a_password_by_srp() {
        let mut caller = on_device();
        let device = json!({ "DEVICE_KEY": caller.fixture.get("device") });
        caller.start("4", device);
        caller.password();
        assert_eq!(caller.app(), "DEVICE_SRP_AUTH");
        let further = caller.fixture.get("session").to_owned();
        caller.fixture.name("further", &further);
        caller.start("4", json!({}));
        caller.fixture.run(r#"
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"SELECT_CHALLENGE","Session":"$session","ChallengeResponses":{"USERNAME":"ana","ANSWER":"PASSWORD_SRP","SRP_A":"$srp_a"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"PASSWORD_VERIFIER","Session":"$further","ChallengeResponses":{"USERNAME":"ana","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$claim($password)","TIMESTAMP":"$timestamp"}}
        "#);
        assert_eq!(caller.app(), "DEVICE_SRP_AUTH");
    }

    #[test]
    fn passkeys() {
        let origin = "http://localhost:3000";
        let mut caller = Caller::new(&ALL, true);
        let pool = caller.fixture.get("pool").to_owned();
        let configuration = json!({ "RelyingPartyId": "localhost" });
        let input = json!({ "UserPoolId": pool, "WebAuthnConfiguration": configuration });
        caller.fixture.must("SetUserPoolMfaConfig", input);
        let authenticator = Authenticator::new(origin);
        caller.fixture = caller.fixture.signed_in("ana").and_passkey(&authenticator);
        let offered = "SELECT_CHALLENGE PASSWORD_SRP PASSWORD WEB_AUTHN";
        assert_eq!(caller.start("3", json!({})), offered);
        let session = caller.fixture.get("session");
        let input = json!({ "ClientId": caller.fixture.get("client"), "ChallengeName": "SELECT_CHALLENGE",
            "Session": session, "ChallengeResponses": { "USERNAME": "ana", "ANSWER": "WEB_AUTHN" } });
        let answer = caller.fixture.must("RespondToAuthChallenge", input);
        let options = &answer["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"];
        let options: Value = serde_json::from_str(options.as_str().unwrap()).unwrap();
        let mut credential = authenticator.get(&options);
        credential["authenticatorAttachment"] = json!("cross-platform");
        let responses = json!({ "CREDENTIAL": credential.to_string() });
        let three = r#""urn:cognito:loa:3" ["hwk"]"#;
        assert_eq!(caller.answer("WEB_AUTHN", responses), three);
        // Only a password and the app are left.
        assert_eq!(
            caller.step_up("4"),
            "SELECT_CHALLENGE PASSWORD_SRP PASSWORD"
        );
        assert_eq!(caller.password(), "SOFTWARE_TOKEN_MFA");
        let four = r#""urn:cognito:loa:4" ["hwk","pwd","otp","mfa"]"#;
        assert_eq!(caller.app(), four);
    }

    /// An access token is asked for what it does not have, and refused if it has the level.
    #[test]
    fn an_access_token_steps_up() {
        for admin in [false, true] {
            let mut caller = Caller::new(&ALL, true);
            caller.admin = admin;
            caller.start("1", json!({}));
            assert_eq!(caller.password(), ONE);
            assert_eq!(caller.step_up("1"), REACHED);
            let low = caller.fixture.get("access").to_owned();
            assert_eq!(caller.step_up("4 1"), "SOFTWARE_TOKEN_MFA");
            assert_eq!(caller.app(), FOUR);
            assert_eq!(caller.step_up("4"), REACHED);
            assert_eq!(caller.step_up("3 1"), REACHED);
            // The old token is still valid.
            let credit = json!({ "ACCESS_TOKEN": low });
            assert_eq!(caller.start("3", credit), "EMAIL_OTP");
            assert_eq!(caller.sent("EMAIL_OTP"), THREE);
            assert_eq!(caller.step_up("4"), "SOFTWARE_TOKEN_MFA");
            let all = r#""urn:cognito:loa:4" ["pwd","email_otp","otp","mfa"]"#;
            assert_eq!(caller.app(), all);
        }
    }

    /// A code is the first factor of the token, so the password is left.
    #[test]
    fn a_password_follows_a_code() {
        let mut caller = Caller::new(&ALL, false);
        caller.start("2", json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" }));
        assert_eq!(caller.sent("EMAIL_OTP"), TWO);
        assert_eq!(caller.step_up("4"), UNREACHABLE);
        assert_eq!(
            caller.step_up("4 3"),
            "SELECT_CHALLENGE PASSWORD_SRP PASSWORD"
        );
        let three = r#""urn:cognito:loa:3" ["email_otp","pwd","mfa"]"#;
        assert_eq!(caller.password(), three);
    }

    /// After `MAX_AGE`, the token is still valid and gives no credit.
    #[test]
    fn the_age_of_the_token() {
        let mut caller = Caller::new(&["PASSWORD"], true);
        caller.start("1", json!({}));
        assert_eq!(caller.password(), ONE);
        let access = caller.fixture.get("access").to_owned();
        caller.fixture.run("advance 100");
        let aged = |most: &str| json!({ "ACCESS_TOKEN": access, "MAX_AGE": most });
        let fresh = "SELECT_CHALLENGE PASSWORD_SRP PASSWORD";
        assert_eq!(caller.start("4", aged("100")), "SOFTWARE_TOKEN_MFA");
        assert_eq!(caller.start("4", aged("99")), fresh);
        // Nor does its level count.
        assert_eq!(caller.start("1", aged("100")), REACHED);
        assert_eq!(caller.start("1", aged("0")), fresh);
        for wrong in ["-1", "x", "1.5"] {
            let refused = "400 InvalidParameterException: Invalid value of parameter MAX_AGE";
            assert_eq!(caller.start("4", aged(wrong)), refused);
        }
    }

    /// A token without claims gives no credit, and neither does one of a user whose password must
    /// be replaced.
    #[test]
    fn tokens_without_credit() {
        let mut caller = Caller::new(&["PASSWORD"], true);
        let fresh = "SELECT_CHALLENGE PASSWORD_SRP PASSWORD";
        caller.start("", json!({}));
        assert_eq!(caller.password(), "null null");
        assert_eq!(caller.step_up("4"), fresh);
        caller.start("1", json!({}));
        assert_eq!(caller.password(), ONE);
        caller.give_temporary_password();
        assert_eq!(caller.step_up("4"), fresh);
    }

    #[test]
    fn refused_requests() {
        let mut caller = Caller::new(&["PASSWORD"], true);
        let pool = caller.fixture.get("pool").to_owned();
        caller.start("1", json!({}));
        assert_eq!(caller.password(), ONE);
        let own = caller.fixture.get("access").to_owned();
        caller.fixture = caller.fixture.and_verified_user("bob").signed_in("bob");
        let foreign = caller.fixture.get("access").to_owned();
        let foreign_user = "400 NotAuthorizedException: Invalid Access Token";
        for (levels, token, expected) in [
            (
                "",
                own.as_str(),
                "400 InvalidParameterException: Missing required parameter TARGET_ACR_VALUES",
            ),
            (
                "urn:unknown",
                &own,
                "400 InvalidParameterException: Invalid value of parameter TARGET_ACR_VALUES",
            ),
            (
                "4",
                "no token",
                "400 NotAuthorizedException: Could not verify signature for Access Token",
            ),
            ("4", &foreign, foreign_user),
            ("4", &own, "SOFTWARE_TOKEN_MFA"),
        ] {
            let credit = json!({ "ACCESS_TOKEN": token });
            assert_eq!(caller.start(levels, credit), expected, "{levels}");
        }
        // A user of the same name in another pool.
        let client = caller.fixture.get("client").to_owned();
        caller.fixture.run(r#"
            as pool /UserPool/Id CreateUserPool {"PoolName":"other"}
            as client /UserPoolClient/ClientId CreateUserPoolClient {"UserPoolId":"$pool","ClientName":"other","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}
        "#);
        caller.fixture = caller.fixture.and_verified_user("ana").signed_in("ana");
        caller.fixture.name("client", &client);
        assert_eq!(caller.step_up("4"), foreign_user);
        let user = json!({ "UserPoolId": pool, "Username": "ana" });
        caller.fixture.must("AdminUserGlobalSignOut", user);
        let revoked = "400 NotAuthorizedException: Access Token has been revoked";
        let credit = json!({ "ACCESS_TOKEN": own });
        assert_eq!(caller.start("4", credit), revoked);
    }

    /// A factor that the pool requires is asked for in any case. The levels choose among several
    /// enabled ones, and a factor that is not enabled follows a required one.
    #[test]
    fn a_required_factor_stays_required() {
        use Factor::{EmailOtp, SoftwareTokenMfa};
        let second = |enabled: &[Factor], levels: &str| {
            let mut caller = Caller::new(&["PASSWORD"], true);
            caller.fixture = caller.fixture.and_mfa("ON", enabled);
            caller.start(levels, json!({}));
            let asked = caller.password();
            (asked, caller)
        };
        let both = [SoftwareTokenMfa, EmailOtp];
        assert_eq!(second(&both, "1").0, "SELECT_MFA_TYPE");
        assert_eq!(second(&both, "3").0, "EMAIL_OTP");
        assert_eq!(second(&both, "4").0, "SOFTWARE_TOKEN_MFA");
        let (asked, mut caller) = second(&[SoftwareTokenMfa], "3");
        assert_eq!(asked, "SOFTWARE_TOKEN_MFA");
        assert_eq!(caller.app(), FOUR);
        let (asked, mut caller) = second(&[EmailOtp], "4");
        assert_eq!(asked, "EMAIL_OTP");
        assert_eq!(caller.sent("EMAIL_OTP"), "SOFTWARE_TOKEN_MFA");
        let all = r#""urn:cognito:loa:4" ["pwd","email_otp","otp","mfa"]"#;
        assert_eq!(caller.app(), all);
    }

    /// A token of the requested level without the factor that is required since then steps up. One
    /// that has the factor is not asked for it again.
    #[test]
    fn a_factor_that_is_required_since() {
        let mut caller = Caller::new(&["PASSWORD"], true);
        caller.start("1", json!({}));
        assert_eq!(caller.password(), ONE);
        caller.fixture = caller.fixture.and_mfa("ON", &[Factor::EmailOtp]);
        assert_eq!(caller.step_up("1"), "EMAIL_OTP");
        assert_eq!(caller.sent("EMAIL_OTP"), THREE);
        assert_eq!(caller.step_up("1"), REACHED);
        assert_eq!(caller.step_up("4"), "SOFTWARE_TOKEN_MFA");
    }

    /// A required second factor follows a password, which the token of a code does not have.
    #[test]
    fn a_factor_that_is_required_after_a_code() {
        let mut caller = Caller::new(&ALL, true);
        caller.start("2", json!({ "PREFERRED_CHALLENGE": "EMAIL_OTP" }));
        assert_eq!(caller.sent("EMAIL_OTP"), TWO);
        caller.fixture = caller.fixture.and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        let password = "SELECT_CHALLENGE PASSWORD_SRP PASSWORD";
        assert_eq!(caller.step_up("2"), password);
        assert_eq!(caller.password(), "SOFTWARE_TOKEN_MFA");
        let all = r#""urn:cognito:loa:4" ["email_otp","pwd","otp","mfa"]"#;
        assert_eq!(caller.app(), all);
    }

    /// A required factor that the user does not have is set up, whichever level is asked for.
    #[test]
    fn a_required_factor_is_set_up() {
        let mut caller = Caller::new(&["PASSWORD"], false);
        caller.fixture = caller.fixture.and_mfa("ON", &[Factor::SoftwareTokenMfa]);
        assert_eq!(caller.start("4", json!({})), UNREACHABLE);
        caller.start("1", json!({}));
        assert_eq!(caller.password(), "MFA_SETUP");
        caller.fixture.run(
            r#"
            AssociateSoftwareToken {"Session":"$session"}
            VerifySoftwareToken {"Session":"$session","UserCode":"$totp"}
        "#,
        );
        assert_eq!(caller.answer("MFA_SETUP", json!({})), FOUR);
    }

    /// A pool in which devices replace second factors, with a remembered device of `ana`.
    fn on_device() -> Caller {
        let tracking = json!({ "DeviceConfiguration": {
            "ChallengeRequiredOnNewDevice": true, "DeviceOnlyRememberedOnUserPrompt": false } });
        let mut caller = Caller::with(tracking, json!({}), &["PASSWORD"], true);
        caller.fixture = caller.fixture.on_device("ana");
        caller
    }

    /// A trusted device does not replace the factor of a level. The proof of the device keeps what
    /// was completed before.
    #[test]
    fn a_remembered_device() {
        let mut caller = on_device();
        let device = json!({ "DEVICE_KEY": caller.fixture.get("device") });
        caller.start("4", device);
        assert_eq!(caller.password(), "SOFTWARE_TOKEN_MFA");
        assert_eq!(caller.app(), "DEVICE_SRP_AUTH");
        // Clients send the answer with or without the session.
        caller.fixture.run(r#"
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_SRP_AUTH","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","SRP_A":"$srp_a"}}
            RespondToAuthChallenge {"ClientId":"$client","ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"ana","DEVICE_KEY":"$device","PASSWORD_CLAIM_SECRET_BLOCK":"$block","PASSWORD_CLAIM_SIGNATURE":"$device_claim(secret)","TIMESTAMP":"$timestamp"}}
        "#);
        let claims = jwt::decode(caller.fixture.get("access")).unwrap().claims;
        assert_eq!(claims["acr"], "urn:cognito:loa:4");
        assert_eq!(claims["amr"], json!(["pwd", "otp", "mfa"]));
    }

    /// The name of a level that the pool has changed is no level; the methods of the token count.
    #[test]
    fn a_renamed_level() {
        let mut caller = Caller::new(&["PASSWORD"], true);
        caller.start("1", json!({}));
        assert_eq!(caller.password(), ONE);
        let pool = caller.fixture.get("pool").to_owned();
        let names =
            json!({ "Level1": { "AcrValue": "urn:low" }, "Level4": { "AcrValue": "urn:high" } });
        let input = json!({ "UserPoolId": pool, "AcrConfiguration": names });
        caller.fixture.must("UpdateUserPool", input);
        let refused = "400 InvalidParameterException: Invalid value of parameter TARGET_ACR_VALUES";
        assert_eq!(caller.step_up("4"), refused);
        assert_eq!(caller.step_up("urn:high"), "SOFTWARE_TOKEN_MFA");
        assert_eq!(caller.step_up("urn:low"), r#""urn:low" ["pwd"]"#);
        // A required factor that the token has is not asked for again.
        caller.start("3", json!({}));
        caller.password();
        assert_eq!(caller.sent("EMAIL_OTP"), THREE);
        let names = json!({ "Level3": { "AcrValue": "urn:middle" } });
        let input = json!({ "UserPoolId": pool, "AcrConfiguration": names });
        caller.fixture.must("UpdateUserPool", input);
        caller.fixture = caller.fixture.and_mfa("ON", &[Factor::EmailOtp]);
        let three = r#""urn:middle" ["pwd","email_otp","mfa"]"#;
        assert_eq!(caller.step_up("urn:middle"), three);
    }

    /// A temporary password is replaced before the second factor.
    #[test]
    fn a_temporary_password() {
        let mut caller = Caller::new(&["PASSWORD"], true);
        caller.give_temporary_password();
        caller.start("4", json!({}));
        assert_eq!(caller.password(), "NEW_PASSWORD_REQUIRED");
        let new = json!({ "NEW_PASSWORD": "Another-Horse-8" });
        assert_eq!(
            caller.answer("NEW_PASSWORD_REQUIRED", new),
            "SOFTWARE_TOKEN_MFA"
        );
        assert_eq!(caller.app(), FOUR);
    }

    /// The code of a sign-up is the first factor of its sign-in.
    #[test]
    fn after_a_sign_up() {
        let pool = json!({ "AutoVerifiedAttributes": ["email"] });
        for (levels, expected) in [("2", TWO), ("3", "SELECT_CHALLENGE PASSWORD_SRP PASSWORD")] {
            let mut caller = Caller::with(pool.clone(), json!({}), &ALL, false);
            caller.fixture.run(r#"
                SignUp {"ClientId":"$client","Username":"eve","Password":"$password","UserAttributes":[{"Name":"email","Value":"eve@example.com"}]}
                ConfirmSignUp {"ClientId":"$client","Username":"eve","ConfirmationCode":"$code","Session":"$session"}
            "#);
            let session = caller.fixture.get("session").to_owned();
            // A refusal leaves the session open.
            for (levels, expected) in [("4", UNREACHABLE), (levels, expected)] {
                let levels = format!("urn:cognito:loa:{levels}");
                let parameters = json!({ "USERNAME": "eve", "TARGET_ACR_VALUES": levels });
                let input = json!({ "AuthFlow": "USER_AUTH", "AuthParameters": parameters, "Session": session });
                assert_eq!(caller.call("InitiateAuth", input), expected);
            }
        }
    }

    /// An unknown user seems to have a password and an address, but no authenticator app.
    #[test]
    fn unknown_users() {
        let client = json!({ "PreventUserExistenceErrors": "ENABLED" });
        let mut caller = Caller::with(json!({}), client, &ALL, false);
        for levels in ["1", "2", "3", "4", "4 2"] {
            let known = caller.start(levels, json!({}));
            let unknown = caller.start(levels, json!({ "USERNAME": "noname" }));
            assert_eq!(unknown, known, "{levels}");
        }
    }
}
