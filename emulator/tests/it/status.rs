//! Status of a user: it follows the table of transitions for any sequence of calls. A
//! refused call does not change it.

use std::time::Duration;

use cognito_emulator::state::status::{Transition, after};
use cognito_emulator::state::user::Status;
use cognito_emulator::testing::Fixture;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    SignUp,
    AdminCreateUser,
    ResendInvitation,
    ConfirmSignUp,
    AdminConfirmSignUp,
    ResendConfirmationCode,
    SetPassword,
    SetTemporaryPassword,
    Reset,
    Forget,
    ConfirmForgotten,
    /// Signs in, and keeps the challenge or the tokens for later.
    SignIn,
    /// Answers the stored challenge, even if the user has changed since.
    ReplaceTemporary,
    /// Uses the stored token, even if the user has changed since.
    ChangePassword,
    Enable,
    Disable,
    Delete,
}

const STEPS: [Step; 17] = [
    Step::SignUp,
    Step::AdminCreateUser,
    Step::ResendInvitation,
    Step::ConfirmSignUp,
    Step::AdminConfirmSignUp,
    Step::ResendConfirmationCode,
    Step::SetPassword,
    Step::SetTemporaryPassword,
    Step::Reset,
    Step::Forget,
    Step::ConfirmForgotten,
    Step::SignIn,
    Step::ReplaceTemporary,
    Step::ChangePassword,
    Step::Enable,
    Step::Disable,
    Step::Delete,
];

/// The expected result of a step.
enum Expected {
    Success,
    Refusal,
    /// Either result: it depends on state that this test does not track.
    Either,
}

/// A pool with one username, and the tracked state of its user.
struct Ana {
    fixture: Fixture,
    /// `None` if the user does not exist.
    state: Option<(Status, bool)>,
    password: String,
    passwords: u32,
}

impl Ana {
    fn new() -> Self {
        Self {
            fixture: Fixture::with_pool(json!({ "AutoVerifiedAttributes": ["email"] })),
            state: None,
            password: String::new(),
            passwords: 0,
        }
    }

    /// Calls an operation for the pool, as administrators do; returns whether
    /// it succeeded.
    fn admin(&mut self, operation: &str, mut input: Value) -> bool {
        input["UserPoolId"] = json!(self.fixture.get("pool"));
        input["Username"] = json!("ana");
        self.fixture.call(operation, input).is_ok()
    }

    /// Calls an operation for the client, as apps do.
    fn app(&mut self, operation: &str, mut input: Value) -> bool {
        input["ClientId"] = json!(self.fixture.get("client"));
        if operation.contains("Auth") {
            return self.fixture.call(operation, input).is_ok();
        }
        input["Username"] = json!("ana");
        self.fixture.call(operation, input).is_ok()
    }

    fn next_password(&mut self) -> String {
        self.passwords += 1;
        format!("Correct-Horse-{}", self.passwords)
    }

    /// The last code sent.
    fn code(&self) -> String {
        let outbox = self.fixture.emulator().world().courier.outbox();
        outbox
            .last()
            .map_or("000000".to_owned(), |sent| sent.code.clone())
    }

    /// Waits until the hourly limits are reset.
    fn wait(&self) {
        self.fixture
            .emulator()
            .world()
            .clock
            .advance(Duration::from_hours(1));
    }

    /// Verifies an address, so that only the status can prevent a reset.
    fn verify_address(&mut self) {
        let verified = json!([{ "Name": "email_verified", "Value": "true" }]);
        assert!(self.admin(
            "AdminUpdateUserAttributes",
            json!({ "UserAttributes": verified })
        ));
    }

    #[expect(clippy::too_many_lines, reason = "a table: one arm for each step")]
    fn make(&mut self, step: Step) -> bool {
        let address = json!([{ "Name": "email", "Value": "ana@example.com" }]);
        let password = self.next_password();
        let succeeded = match step {
            Step::SignUp => {
                let done = self.app("SignUp", json!({ "Password": password, "UserAttributes": address }));
                if done {
                    self.verify_address();
                }
                done
            }
            Step::AdminCreateUser => {
                let done = self.admin(
                    "AdminCreateUser",
                    json!({ "TemporaryPassword": password, "UserAttributes": address, "MessageAction": "SUPPRESS" }),
                );
                if done {
                    self.verify_address();
                }
                done
            }
            Step::ResendInvitation => self.admin(
                "AdminCreateUser",
                json!({ "TemporaryPassword": password, "MessageAction": "RESEND", "DesiredDeliveryMediums": ["EMAIL"] }),
            ),
            Step::ConfirmSignUp => {
                self.wait();
                self.app("ResendConfirmationCode", json!({}));
                let code = self.code();
                return self.app("ConfirmSignUp", json!({ "ConfirmationCode": code }));
            }
            Step::AdminConfirmSignUp => return self.admin("AdminConfirmSignUp", json!({})),
            Step::ResendConfirmationCode => {
                self.wait();
                return self.app("ResendConfirmationCode", json!({}));
            }
            Step::SetPassword => self.admin("AdminSetUserPassword", json!({ "Password": password, "Permanent": true })),
            Step::SetTemporaryPassword => self.admin("AdminSetUserPassword", json!({ "Password": password })),
            Step::Reset => return self.admin("AdminResetUserPassword", json!({})),
            Step::Forget => return self.app("ForgotPassword", json!({})),
            Step::ConfirmForgotten => {
                self.wait();
                self.app("ForgotPassword", json!({}));
                let code = self.code();
                self.app("ConfirmForgotPassword", json!({ "ConfirmationCode": code, "Password": password }))
            }
            Step::SignIn => {
                let parameters = json!({ "USERNAME": "ana", "PASSWORD": self.password });
                return self.app("InitiateAuth", json!({ "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters }));
            }
            Step::ReplaceTemporary => {
                let answer = json!({
                    "ChallengeName": "NEW_PASSWORD_REQUIRED",
                    "Session": self.session(),
                    "ChallengeResponses": { "USERNAME": "ana", "NEW_PASSWORD": password },
                });
                self.app("RespondToAuthChallenge", answer)
            }
            Step::ChangePassword => {
                let change = json!({
                    "AccessToken": self.token(), "PreviousPassword": self.password, "ProposedPassword": password,
                });
                self.fixture.call("ChangePassword", change).is_ok()
            }
            Step::Enable => return self.admin("AdminEnableUser", json!({})),
            Step::Disable => return self.admin("AdminDisableUser", json!({})),
            Step::Delete => return self.admin("AdminDeleteUser", json!({})),
        };
        if succeeded {
            self.password = password;
        }
        succeeded
    }

    fn session(&self) -> String {
        match self.fixture.get("session") {
            "" => "n".repeat(20),
            session => session.to_owned(),
        }
    }

    fn token(&self) -> String {
        match self.fixture.get("access") {
            "" => "none".to_owned(),
            token => token.to_owned(),
        }
    }

    /// The expected result of `step`, and the new state.
    fn expect(&self, step: Step) -> (Expected, Option<(Status, bool)>) {
        let Some((status, enabled)) = self.state else {
            return match step {
                Step::SignUp => (Expected::Success, Some((Status::Unconfirmed, true))),
                Step::AdminCreateUser => {
                    (Expected::Success, Some((Status::ForceChangePassword, true)))
                }
                _ => (Expected::Refusal, None),
            };
        };
        // The result depends on the status and on `enough`.
        let by_table = |step, enough: bool| match after(status, step) {
            Ok(to) if enough => (Expected::Success, Some((to, enabled))),
            _ => (Expected::Refusal, None),
        };
        // The result also depends on a session or a token.
        let at_most = |step| match after(status, step) {
            Ok(to) => (Expected::Either, Some((to, enabled))),
            Err(_) => (Expected::Refusal, None),
        };
        match step {
            Step::ResendInvitation => by_table(Transition::Resend, true),
            Step::ConfirmSignUp => by_table(Transition::Confirm, enabled),
            Step::AdminConfirmSignUp => by_table(Transition::Confirm, true),
            Step::ResendConfirmationCode if status == Status::Unconfirmed && enabled => {
                (Expected::Success, Some((status, enabled)))
            }
            Step::SignUp | Step::AdminCreateUser | Step::ResendConfirmationCode => {
                (Expected::Refusal, None)
            }
            Step::SetPassword => by_table(Transition::SetPassword, true),
            Step::SetTemporaryPassword => by_table(Transition::SetTemporaryPassword, true),
            Step::Reset => by_table(Transition::Reset, enabled),
            Step::Forget => by_table(Transition::Forget, enabled),
            Step::ConfirmForgotten => by_table(Transition::ConfirmForgotten, enabled),
            Step::SignIn => match status {
                Status::Confirmed | Status::ForceChangePassword if enabled => {
                    (Expected::Success, Some((status, enabled)))
                }
                _ => (Expected::Refusal, None),
            },
            Step::ReplaceTemporary => at_most(Transition::ReplaceTemporary),
            Step::ChangePassword => at_most(Transition::ChangePassword),
            Step::Enable => (Expected::Success, Some((status, true))),
            Step::Disable => (Expected::Success, Some((status, false))),
            Step::Delete => (Expected::Success, None),
        }
    }

    /// The user as the API shows it.
    fn shown(&mut self) -> Option<(String, bool)> {
        let input = json!({ "UserPoolId": self.fixture.get("pool"), "Username": "ana" });
        let reply = self.fixture.call("AdminGetUser", input);
        let status = reply.body["UserStatus"].as_str()?.to_owned();
        Some((status, reply.body["Enabled"] == true))
    }
}

#[test]
fn any_sequence_follows_the_table() {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(512)
    };
    let steps = vec(select(&STEPS[..]), 1..18);
    proptest!(config, |(steps in steps)| {
        let mut ana = Ana::new();
        for step in steps {
            let (expected, to) = ana.expect(step);
            let succeeded = ana.make(step);
            match expected {
                Expected::Success => prop_assert!(succeeded, "{:?} from {:?}", step, ana.state),
                Expected::Refusal => prop_assert!(!succeeded, "{:?} from {:?}", step, ana.state),
                Expected::Either => {}
            }
            if succeeded {
                ana.state = to;
            }
            let state = ana.state.map(|(status, enabled)| (status.as_str().to_owned(), enabled));
            prop_assert_eq!(ana.shown(), state, "after {:?}", step);
        }
    });
}
