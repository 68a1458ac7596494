//! Sign-in: from the first credential, over challenges, to tokens.
//!
//! [`initiate`] serves the pages that start a sign-in, [`respond`] those that answer a
//! challenge. Both check the credential, and [`next`] decides which step comes next. This
//! happens under the pool's lock and only produces data. [`finish`](finish::finish) runs
//! without the lock: it runs the triggers after a sign-in and signs the tokens.

mod choice;
mod custom;
pub(crate) mod derive;
mod device;
mod finish;
pub(crate) mod hosted;
mod imported;
mod initiate;
pub(crate) mod machine;
mod next;
mod password;
mod pre_auth;
mod refresh;
mod request;
mod respond;
mod setup;
pub(crate) mod signed_up;
mod srp;
mod step_up;
pub(crate) mod tokens;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::state::State;

pub(crate) use initiate::initiate;
pub(crate) use refresh::{RefreshMethod, RefreshRequest, refresh_tokens};
pub(crate) use request::{AuthRequest, Caller, ChallengeResponse, Parameters};
pub(crate) use respond::respond;
pub(crate) use setup::{replace_session, user_in_setup};
pub(crate) use tokens::AuthenticationResult;

use request::{
    NO_METADATA, OpenSession, check_code, device_key, find_named_user, required, secret_hash,
};

use crate::auth::keys::SigningKeys;
use crate::state::contact::Draft;
use crate::state::first_factor::FirstFactor;
use crate::state::users::UserId;

/// The response of every page that signs users in: tokens, or the next challenge.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_result: Option<AuthenticationResult>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    available_challenges: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_name: Option<&'static str>,
    // Present and empty when the response has tokens (fact 1.17).
    challenge_parameters: BTreeMap<Cow<'static, str>, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// The app client and the device of a sign-in. They are the same in all its calls.
#[derive(Clone, Copy, Debug)]
struct ClientAndDevice<'a> {
    client_id: &'a str,
    /// `DEVICE_KEY`.
    device: Option<&'a str>,
}

/// The result of one step of a sign-in.
enum Next {
    Challenge {
        name: &'static str,
        /// Absent if another value identifies the exchange.
        session: Option<String>,
        parameters: BTreeMap<&'static str, String>,
        /// The message with the code, for a challenge that sends one.
        draft: Option<Draft>,
        /// Challenges that the user can choose instead.
        available: Vec<FirstFactor>,
    },
    /// `CUSTOM_CHALLENGE`.
    Custom {
        session: String,
        /// The public parameters that the pool's function returned.
        parameters: Parameters,
    },
    /// The user has passed every factor. A remembered device must still be verified.
    Proved(UserId),
    /// Nothing is left to verify.
    Complete(UserId),
}

impl Next {
    /// The session of a challenge.
    fn session(&self) -> Option<&str> {
        match self {
            Self::Challenge { session, .. } => session.as_deref(),
            _ => None,
        }
    }

    /// Attaches the message that has the challenge's code.
    fn with_draft(mut self, code: Draft) -> Self {
        if let Self::Challenge { draft, .. } = &mut self {
            *draft = Some(code);
        }
        self
    }
}

impl Answer {
    fn challenge<Name: Into<Cow<'static, str>>>(
        name: &'static str,
        session: Option<String>,
        parameters: BTreeMap<Name, String>,
    ) -> Self {
        let parameters = parameters.into_iter();
        let parameters = parameters.map(|(name, value)| (name.into(), value));
        Self {
            challenge_name: Some(name),
            session,
            challenge_parameters: parameters.collect(),
            authentication_result: None,
            available_challenges: Vec::new(),
        }
    }

    /// Adds the challenges that the user can choose instead.
    fn with_available(mut self, available: &[FirstFactor]) -> Self {
        self.available_challenges = available.iter().map(|factor| factor.as_str()).collect();
        self
    }

    /// Signs the tokens. Must be called without the pool's lock.
    fn tokens(grant: tokens::Grant, state: &State, keys: &SigningKeys) -> Self {
        Self {
            challenge_name: None,
            session: None,
            challenge_parameters: BTreeMap::new(),
            authentication_result: Some(grant.sign(state, keys)),
            available_challenges: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::auth::secret_hash;
    use crate::auth::totp::Secret;
    use crate::error::Error;
    use crate::state::mfa::{Factor, Totp};
    use crate::testing::{Fixture, PASSWORD};
    use crate::wire::Reply;

    /// A random pool, user and client.
    #[derive(Clone, Debug)]
    #[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
    struct Case {
        mode: &'static str,
        offered: Vec<Factor>,
        phone: bool,
        email: bool,
        totp: bool,
        active: Vec<Factor>,
        preferred: Option<Factor>,
        temporary: bool,
        secret: bool,
        admin: bool,
    }

    fn any_case() -> impl Strategy<Value = Case> {
        let factors = || prop::sample::subsequence(Factor::ALL.to_vec(), 0..=3);
        let offered = prop::sample::subsequence(Factor::ALL.to_vec(), 1..=3);
        let mode = prop::sample::select(vec!["OFF", "OPTIONAL", "ON"]);
        let preferred = prop::option::of(prop::sample::select(Factor::ALL.to_vec()));
        let flags = any::<[bool; 6]>();
        (mode, offered, factors(), preferred, flags).prop_map(
            |(mode, offered, active, preferred, flags)| {
                let [phone, email, totp, temporary, secret, admin] = flags;
                Case {
                    mode,
                    offered,
                    phone,
                    email,
                    totp,
                    active,
                    preferred,
                    temporary,
                    secret,
                    admin,
                }
            },
        )
    }

    /// A caller that knows the password, and reads the outbox and the software token.
    struct Caller {
        fixture: Fixture,
        case: Case,
        totp: Option<Secret>,
    }

    impl Caller {
        fn new(case: Case) -> Self {
            let client = json!({ "GenerateSecret": case.secret });
            let mut attributes = Vec::new();
            if case.phone {
                attributes.push(json!({"Name": "phone_number", "Value": "+12065559934"}));
            }
            if case.email {
                attributes.push(json!({"Name": "email", "Value": "ana@example.com"}));
            }
            let mut fixture = Fixture::with_pool_and_client(json!({}), client)
                .and_user("ana", json!(attributes))
                .and_mfa(case.mode, &case.offered);
            if case.temporary {
                let input = json!({"UserPoolId": fixture.get("pool"), "Username": "ana", "Password": PASSWORD});
                fixture.must("AdminSetUserPassword", input);
            }
            let totp = case
                .totp
                .then(|| Secret::new(&fixture.emulator().world().chance));
            if let Some(secret) = totp {
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
            // The operation refuses a preference that the user cannot have.
            let preference = |factor| json!({"Enabled": case.active.contains(&factor), "PreferredMfa": case.preferred == Some(factor)});
            for (member, factor) in [
                ("SMSMfaSettings", Factor::SmsMfa),
                ("SoftwareTokenMfaSettings", Factor::SoftwareTokenMfa),
                ("EmailMfaSettings", Factor::EmailOtp),
            ] {
                let mut input = json!({"UserPoolId": fixture.get("pool"), "Username": "ana"});
                input[member] = preference(factor);
                let can = [
                    (Factor::SmsMfa, case.phone),
                    (Factor::SoftwareTokenMfa, case.totp),
                    (Factor::EmailOtp, case.email),
                ];
                let refused = case.active.contains(&factor) && !can.contains(&(factor, true));
                let reply = fixture.call("AdminSetUserMFAPreference", input);
                assert_eq!(reply.is_ok(), !refused, "{reply}");
            }
            Self {
                fixture,
                case,
                totp,
            }
        }

        fn call(&mut self, operation: &str, parameters: &str, mut input: Value) -> Reply {
            input["ClientId"] = json!(self.fixture.get("client"));
            input[parameters]["USERNAME"] = json!("ana");
            if self.case.secret {
                let (secret, client) = (self.fixture.get("secret"), self.fixture.get("client"));
                let hash = secret_hash::secret_hash(secret, "ana", client);
                input[parameters]["SECRET_HASH"] = json!(hash);
            }
            let operation = if self.case.admin {
                input["UserPoolId"] = json!(self.fixture.get("pool"));
                format!("Admin{operation}")
            } else {
                operation.to_owned()
            };
            self.fixture.call(&operation, input)
        }

        fn start(&mut self, password: &str) -> Reply {
            let flow = if self.case.admin {
                "ADMIN_USER_PASSWORD_AUTH"
            } else {
                "USER_PASSWORD_AUTH"
            };
            let input = json!({"AuthFlow": flow, "AuthParameters": {"PASSWORD": password}});
            self.call("InitiateAuth", "AuthParameters", input)
        }

        fn answer(&mut self, challenge: &str, session: &str, responses: Value) -> Reply {
            let input = json!({"ChallengeName": challenge, "Session": session, "ChallengeResponses": responses});
            self.call("RespondToAuthChallenge", "ChallengeResponses", input)
        }

        fn totp_code(&mut self) -> String {
            // A code is accepted once, so the next one is generated.
            self.fixture.run("advance 30");
            let now = self.fixture.emulator().world().now();
            self.totp.expect("a token is associated").password_at(now)
        }

        /// Sets up a software token and returns the session that continues the
        /// sign-in.
        fn set_up(&mut self, session: &str) -> String {
            let answer = self
                .fixture
                .must("AssociateSoftwareToken", json!({"Session": session}));
            self.totp = Secret::from_code(answer["SecretCode"].as_str().unwrap());
            let session = answer["Session"].clone();
            let code = self.totp_code();
            let answer = self.fixture.must(
                "VerifySoftwareToken",
                json!({"Session": session, "UserCode": code}),
            );
            answer["Session"].as_str().unwrap().to_owned()
        }
    }

    /// A member of the challenge parameters that is a JSON list.
    fn listed(answer: &Value, name: &str) -> Vec<String> {
        let text = answer["ChallengeParameters"][name].as_str().unwrap();
        serde_json::from_str(text).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// For every pool, user and client: right answers lead to tokens, wrong answers
        /// never lead to tokens, and a session can be used once.
        #[test]
        fn right_answers_give_tokens_and_wrong_ones_do_not(case in any_case()) {
            let mut caller = Caller::new(case.clone());
            prop_assert!(!caller.start("wrong").is_ok());
            let mut reply = caller.start(PASSWORD);
            let mut challenges = Vec::new();
            for _ in 0..8 {
                prop_assert!(reply.is_ok(), "{reply} after {challenges:?}");
                let answer = reply.body.json().clone();
                let Some(challenge) = answer["ChallengeName"].as_str() else { break };
                challenges.push(challenge.to_owned());
                let mut session = answer["Session"].as_str().unwrap().to_owned();
                let code = caller.fixture.emulator().world().courier.outbox().last().map(|sent| sent.code.clone());
                let (wrong, right) = match challenge {
                    "NEW_PASSWORD_REQUIRED" => (json!({"NEW_PASSWORD": "weak"}), json!({"NEW_PASSWORD": PASSWORD})),
                    "SMS_MFA" => (json!({"SMS_MFA_CODE": "wrong"}), json!({"SMS_MFA_CODE": code})),
                    "EMAIL_OTP" => (json!({"EMAIL_OTP_CODE": "wrong"}), json!({"EMAIL_OTP_CODE": code})),
                    "SOFTWARE_TOKEN_MFA" => (
                        json!({"SOFTWARE_TOKEN_MFA_CODE": "wrong"}),
                        json!({"SOFTWARE_TOKEN_MFA_CODE": caller.totp_code()}),
                    ),
                    "SELECT_MFA_TYPE" => (
                        json!({"ANSWER": "SELECT_MFA_TYPE"}),
                        json!({"ANSWER": listed(&answer, "MFAS_CAN_CHOOSE")[0]}),
                    ),
                    "MFA_SETUP" => (json!({}), json!({})),
                    other => panic!("{other} is not an expected challenge"),
                };
                let refused = caller.answer(challenge, &session, wrong);
                prop_assert!(!refused.is_ok(), "{refused} to a wrong {challenge}");
                let other = if challenge == "SMS_MFA" { "EMAIL_OTP" } else { "SMS_MFA" };
                prop_assert!(!caller.answer(other, &session, right.clone()).is_ok());
                if challenge == "MFA_SETUP" {
                    if !listed(&answer, "MFAS_CAN_SETUP").contains(&"SOFTWARE_TOKEN_MFA".to_owned()) {
                        // The developer guide says to give the user an address or number,
                        // and to start again.
                        let attributes = [("phone_number", "+12065559934"), ("email", "ana@example.com")];
                        let handle = caller.fixture.pool_handle();
                        let now = caller.fixture.emulator().world().now();
                        handle.write().edit("ana", now, |user| {
                            for (name, value) in attributes {
                                user.attributes.set(name, value);
                            }
                            Ok(())
                        }).unwrap();
                        reply = caller.start(PASSWORD);
                        continue;
                    }
                    session = caller.set_up(&session);
                }
                reply = caller.answer(challenge, &session, right.clone());
                let again = caller.answer(challenge, &session, right);
                prop_assert_eq!(again.message, Error::SessionUsed.sentence());
            }
            let tokens = &reply.body["AuthenticationResult"];
            prop_assert!(tokens["RefreshToken"].is_string(), "{reply} after {challenges:?}");
            let factor = challenges.iter().any(|challenge| challenge != "NEW_PASSWORD_REQUIRED");
            prop_assert!(factor || case.mode != "ON", "no second factor was required");
            prop_assert!(!factor || case.mode != "OFF", "a second factor was required");
            prop_assert_eq!(challenges.contains(&"NEW_PASSWORD_REQUIRED".to_owned()), case.temporary);
        }
    }
}
