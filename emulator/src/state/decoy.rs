//! Decoys: the simulated users that clients with `PreventUserExistenceErrors` see in
//! place of unknown users.
//!
//! For such a client, requests about an unknown name are recorded like those
//! about a user, so that the responses do not differ: a code is outstanding
//! only after it was requested, it expires, and calls are limited.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html>

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::code::{Code, CodePurpose, Codes, Limit, Limits};
use super::contact::Contact;
use super::pool::Pool;
use super::users::UserId;
use crate::auth::sha256;
use crate::bounds::{self, DECOYS};
use crate::error::{Error, Result};
use crate::settings::schema::{is_email, is_phone_number};
use crate::state::contact::CodeDeliveryDetails;
use crate::world::{Time, sub_of};

/// Decoys by folded name.
#[derive(Clone, Debug, Default)]
pub struct Decoys(BTreeMap<String, Decoy>);

#[derive(Clone, Debug, Default)]
struct Decoy {
    codes: Codes,
    limits: Limits,
    asked_at: Time,
}

impl Decoys {
    fn get_mut(&mut self, name: String, now: Time) -> &mut Decoy {
        if self.0.len() % 256 == 255 {
            // No record is needed longer than the longest lifetime of a code.
            let longest = CodePurpose::SignUp.lifetime();
            self.0.retain(|_, kept| now.since(kept.asked_at) < longest);
        }
        if !self.0.contains_key(&name) {
            bounds::make_room(&mut self.0, DECOYS, |kept| kept.asked_at);
        }
        let decoy = self.0.entry(name).or_default();
        decoy.asked_at = now;
        decoy
    }
}

/// The account that SRP shows for an unknown username.
#[derive(Debug)]
pub struct DecoyAccount {
    /// The username: the name as it was sent (recorded 2026-09-24 in radkawar/stackd). In a pool
    /// with `UsernameAttributes`, an id in the form of a `sub`, like the usernames in such a pool:
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-managing-errors.html>
    pub user_id: String,
    /// The salt in hex.
    pub salt: String,
    /// The private key for SRP.
    pub private: [u8; 32],
}

impl Pool {
    /// The enabled user named `name`, for operations without a token. `None` if
    /// `client_id` hides users and the user is unknown or disabled (R5, R12,
    /// R21, R28). For other clients, both are errors (R4, R11, R20, R22, R29).
    ///
    /// The source for the same sentences in `ConfirmSignUp` is
    /// <https://github.com/amazon-archives/amazon-cognito-identity-js/issues/537>.
    pub fn reach(&self, name: &str, client_id: &str) -> Result<Option<UserId>> {
        let hides_users = self.client(client_id)?.settings.hides_users();
        let id = self.users.find(name);
        let enabled = id
            .and_then(|id| self.users.get(id))
            .map(|user| user.enabled);
        match enabled {
            Some(true) => Ok(id),
            _ if hides_users => Ok(None),
            Some(false) => Err(Error::UserDisabled),
            None => Err(Error::UserClientNotFound),
        }
    }

    /// Pretends to send a code to the user `name`, who is unknown or cannot receive it.
    /// Counts the call, and stores a code that no answer matches. `attributes` are the
    /// possible destinations, in order.
    pub fn pretend_code(
        &mut self,
        name: &str,
        purpose: CodePurpose,
        limit: Limit,
        attributes: &[&'static str],
        now: Time,
    ) -> Result<CodeDeliveryDetails> {
        let contact = self.simulated_contact(name, attributes);
        let code = Code {
            // Requests cannot have an empty code, so no answer matches.
            value: "".into(),
            attribute: SmolStr::new_static(contact.attribute),
            destination: contact.destination.as_str().into(),
            expires_at: now.plus(purpose.lifetime()),
        };
        self.account(name, now, |codes, limits| {
            limits.take(limit, now)?;
            codes.put(purpose, code);
            Ok(contact.details())
        })
    }

    /// The error for a code of the user `name` that cannot be right: a mismatch while a
    /// code is outstanding, otherwise an expired code.
    pub fn refuse_code(
        &mut self,
        name: &str,
        purpose: CodePurpose,
        limit: Limit,
        now: Time,
    ) -> Error {
        self.account(name, now, |codes, limits| {
            let refused = limits.take(limit, now);
            let refused = refused.and_then(|()| codes.check(purpose, "", now).map(|_| ()));
            refused.err().unwrap_or(Error::CodeMismatch)
        })
    }

    /// Changes the codes and limits of the user named `name`, or of a decoy.
    fn account<R>(
        &mut self,
        name: &str,
        now: Time,
        change: impl FnOnce(&mut Codes, &mut Limits) -> R,
    ) -> R {
        if let Some(id) = self.users.find(name) {
            let changed = self
                .users
                .edit_unindexed(id, |user| change(&mut user.codes, &mut user.limits));
            return changed.expect("names lead to users that exist");
        }
        let decoy = self
            .decoys
            .get_mut(self.users.naming().fold(name).into(), now);
        change(&mut decoy.codes, &mut decoy.limits)
    }

    /// The account that SRP shows for an unknown username. The same name always gets the
    /// same account.
    #[must_use]
    pub fn decoy_account(&self, name: &str) -> DecoyAccount {
        let folded = self.users.naming().fold(name);
        let draw = |purpose: &str| {
            sha256(&[
                purpose.as_bytes(),
                self.id.as_bytes(),
                b":",
                folded.as_bytes(),
            ])
        };
        let user_id = if self.users.naming().username_attributes.is_empty() {
            name.to_owned()
        } else {
            sub_of(half(draw("user")))
        };
        DecoyAccount {
            user_id,
            salt: format!("{:x}", u128::from_be_bytes(half(draw("salt")))),
            private: draw("private"),
        }
    }

    /// The pretended destination of a code for an unknown user. It depends on
    /// the form of the name and on the pool's settings (fact 5g). Each name has
    /// one destination: the masked name if it is an address itself, otherwise a
    /// generated one (inferred).
    #[must_use]
    pub fn simulated_contact(&self, name: &str, attributes: &[&'static str]) -> Contact {
        let of_form = attributes.iter().find(|attribute| match **attribute {
            "email" => is_email(name),
            _ => is_phone_number(name),
        });
        if let Some(attribute) = of_form {
            return Contact {
                attribute,
                destination: name.to_owned(),
            };
        }
        let preferred = attributes.iter().find(|name| self.auto_verifies(name));
        let sends =
            |attribute: &&&str| **attribute == "email" || self.settings.sms_configuration.is_some();
        let preferred = preferred.or_else(|| attributes.iter().find(sends));
        let attribute = preferred.or(attributes.first()).unwrap_or(&"email");
        let folded = self.users.naming().fold(name);
        let digest = sha256(&[self.id.as_bytes(), b":", folded.as_bytes()]);
        let letter = |byte: u8| char::from(b'a' + byte % 26);
        let digit = |byte: &u8| char::from(b'0' + byte % 10);
        let destination = match *attribute {
            "email" => format!("{}@{}", letter(digest[0]), letter(digest[1])),
            _ => format!("+1{}", digest[..10].iter().map(digit).collect::<String>()),
        };
        Contact {
            attribute,
            destination,
        }
    }
}

fn half(digest: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Fixture, PASSWORD};

    /// An attempt of a caller without an account, in a pool that hides users.
    #[derive(Clone, Debug)]
    enum Try {
        ForgotPassword,
        ConfirmForgotPassword { code: Guess, password: &'static str },
        ResendConfirmationCode,
        ConfirmSignUp { code: Guess },
        Wait { seconds: u64 },
    }

    /// A code that is wrong, or no longer valid.
    #[derive(Clone, Debug)]
    enum Guess {
        Wrong,
        /// The first code that was sent. Each later one replaces it.
        Replaced,
    }

    fn any_try(about: About) -> impl Strategy<Value = Try> {
        let code = || prop::sample::select(vec![Guess::Wrong, Guess::Replaced]);
        let password =
            prop::sample::select(vec![PASSWORD, "feeble", "Lowercase-1", "no-digits-Here"]);
        let wait = prop_oneof![0_u64..900, 3000_u64..4000, 80_000_u64..90_000];
        let wait = wait.prop_map(|seconds| Try::Wait { seconds });
        match about {
            About::Passwords => prop_oneof![
                2 => Just(Try::ForgotPassword),
                4 => (code(), password)
                    .prop_map(|(code, password)| Try::ConfirmForgotPassword { code, password }),
                1 => wait,
            ]
            .boxed(),
            About::SignUps => prop_oneof![
                2 => Just(Try::ResendConfirmationCode),
                4 => code().prop_map(|code| Try::ConfirmSignUp { code }),
                1 => wait,
            ]
            .boxed(),
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum About {
        Passwords,
        SignUps,
    }

    /// A pool that hides users, with the user that `name` describes, if any.
    fn fixture(name: &str) -> Fixture {
        let mut fixture = Fixture::with_pool_and_client(
            json!({"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}),
            json!({"PreventUserExistenceErrors": "ENABLED"}),
        );
        let (pool, client) = (
            fixture.get("pool").to_owned(),
            fixture.get("client").to_owned(),
        );
        let verified = |is: &str| json!([{"Name": "email_verified", "Value": is}]);
        match name {
            "confirmed" | "disabled" => fixture = fixture.and_user(&email(name), verified("true")),
            "unverified" => fixture = fixture.and_user(&email(name), verified("false")),
            "unconfirmed" | "disabled-unconfirmed" => drop(fixture.must(
                "SignUp",
                json!({"ClientId": client, "Username": email(name), "Password": PASSWORD}),
            )),
            _ => {}
        }
        if name.starts_with("disabled") {
            let user = json!({"UserPoolId": pool, "Username": email(name)});
            fixture.must("AdminDisableUser", user);
        }
        fixture
    }

    /// An address with the same masked form for every name.
    fn email(name: &str) -> String {
        format!("x-{name}@example.com")
    }

    /// The responses to `tries` about `name`.
    fn answers(name: &str, tries: &[Try]) -> Vec<String> {
        let mut fixture = fixture(name);
        let client = fixture.get("client").to_owned();
        let mut first = None;
        let mut answers = Vec::new();
        for tried in tries {
            let code = |guess: &Guess| match guess {
                Guess::Wrong => "wrong".to_owned(),
                Guess::Replaced => first.clone().unwrap_or_else(|| "none".to_owned()),
            };
            let about = |rest: Value| {
                let mut input = json!({"ClientId": client, "Username": email(name)});
                for (member, value) in rest.as_object().into_iter().flatten() {
                    input[member] = value.clone();
                }
                input
            };
            let (operation, input) = match tried {
                Try::ForgotPassword => ("ForgotPassword", about(json!({}))),
                Try::ConfirmForgotPassword {
                    code: guess,
                    password,
                } => (
                    "ConfirmForgotPassword",
                    about(json!({"ConfirmationCode": code(guess), "Password": password})),
                ),
                Try::ResendConfirmationCode => ("ResendConfirmationCode", about(json!({}))),
                Try::ConfirmSignUp { code: guess } => (
                    "ConfirmSignUp",
                    about(json!({"ConfirmationCode": code(guess)})),
                ),
                Try::Wait { seconds } => {
                    fixture.run(&format!("advance {seconds}"));
                    continue;
                }
            };
            answers.push(fixture.call(operation, input).to_string());
            // Only a code that was replaced is sent as a guess.
            let mut sent = fixture.emulator().world().courier.outbox();
            sent.retain(|message| message.destination == email(name));
            first = (sent.len() > 1).then(|| sent[0].code.clone());
        }
        answers
    }

    proptest! {
        /// The responses of password recovery do not show whether a user
        /// exists, is disabled, or has a verified address.
        #[test]
        fn recovery_does_not_show_who_exists(
            tries in prop::collection::vec(any_try(About::Passwords), 1..30),
        ) {
            let unknown = answers("unknown", &tries);
            for name in ["confirmed", "unverified", "disabled"] {
                prop_assert_eq!(&answers(name, &tries), &unknown, "{}", name);
            }
        }

        /// The responses to the confirmation of a sign-up do not show who has
        /// signed up, once a code was requested.
        #[test]
        fn confirmation_does_not_show_who_signed_up(
            tries in prop::collection::vec(any_try(About::SignUps), 1..30),
        ) {
            let tries = [vec![Try::ResendConfirmationCode], tries].concat();
            let unknown = answers("unknown", &tries);
            for name in ["unconfirmed", "disabled-unconfirmed"] {
                prop_assert_eq!(&answers(name, &tries), &unknown, "{}", name);
            }
        }
    }

    #[test]
    fn the_right_code_is_accepted() {
        let mut fixture = fixture("confirmed");
        let client = fixture.get("client").to_owned();
        let ask = json!({"ClientId": client, "Username": email("confirmed")});
        fixture.must("ForgotPassword", ask);
        let code = fixture
            .emulator()
            .world()
            .courier
            .outbox()
            .pop()
            .unwrap()
            .code;
        fixture.must(
            "ConfirmForgotPassword",
            json!({"ClientId": client, "Username": email("confirmed"), "ConfirmationCode": code, "Password": PASSWORD}),
        );
    }

    #[test]
    fn the_least_recently_used_decoys_are_forgotten() {
        let mut decoys = Decoys::default();
        for number in 0..=DECOYS {
            decoys.get_mut(number.to_string(), Time(i64::try_from(number).unwrap()));
        }
        assert_eq!(decoys.0.len(), DECOYS - DECOYS / 10 + 1);
        assert!(!decoys.0.contains_key("0"));
        assert!(decoys.0.contains_key(&DECOYS.to_string()));
    }
}
