//! An emulator with a user pool, an app client and a user, for targets that make calls.

use std::cell::RefCell;

use cognito_emulator::model::Model;
use cognito_emulator::stack::Stack;
use cognito_emulator::validate;
use cognito_emulator::wire::{Call, Reply, Service};
use cognito_emulator::world::Clock;
use serde_json::{Value, json};

/// The user's password, which no target may find.
const PASSWORD: &str = "Correct-Horse-7";

/// Number of runs after which the emulator is replaced, so that its state stays small.
const RUNS: u32 = 500;

/// Maximum number of bytes in the headers of a response. Node.js refuses 16 KiB.
const LONGEST_HEADERS: usize = 15_900;

/// An emulator, and the ids of its items.
pub(crate) struct Place {
    pub(crate) stack: Stack,
    /// Placeholders in inputs, such as `$pool`, and their values.
    names: Vec<(&'static str, String)>,
    runs: u32,
}

impl Place {
    fn new() -> Self {
        let stack = Stack::builder().clock(Clock::fixed(1_800_000_000)).build();
        let mut place = Self {
            stack,
            names: Vec::new(),
            runs: 0,
        };
        place.plant();
        place
    }

    /// Runs `target` with this thread's place.
    pub(crate) fn with<R>(target: impl FnOnce(&mut Self) -> R) -> R {
        thread_local! {
            static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
        }
        PLACE.with_borrow_mut(|place| {
            let place = place.get_or_insert_with(Self::new);
            place.runs += 1;
            if place.runs > RUNS {
                place.stack.reset();
                place.plant();
            }
            target(place)
        })
    }

    /// Replaces the emulator before the next run.
    pub(crate) fn spend(&mut self) {
        self.runs = RUNS;
    }

    fn plant(&mut self) {
        self.runs = 0;
        self.names.clear();
        let pool = self.must(
            "CreateUserPool",
            json!({ "PoolName": "main", "AutoVerifiedAttributes": ["email"] }),
        );
        let pool = string(&pool["UserPool"]["Id"]);
        let client = self.must(
            "CreateUserPoolClient",
            json!({
                "UserPoolId": pool, "ClientName": "app",
                "ExplicitAuthFlows": [
                    "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH",
                    "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH",
                    "ALLOW_USER_SRP_AUTH",
                ],
            }),
        );
        let client = string(&client["UserPoolClient"]["ClientId"]);
        self.must(
            "AdminCreateUser",
            json!({
                "UserPoolId": pool, "Username": "ana",
                "UserAttributes": [{ "Name": "email", "Value": "ana@example.com" }],
            }),
        );
        self.must(
            "AdminSetUserPassword",
            json!({ "UserPoolId": pool, "Username": "ana", "Password": PASSWORD, "Permanent": true }),
        );
        self.must(
            "CreateGroup",
            json!({ "UserPoolId": pool, "GroupName": "admins" }),
        );
        let tokens = self.must(
            "InitiateAuth",
            json!({
                "ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": { "USERNAME": "ana", "PASSWORD": PASSWORD },
            }),
        );
        let tokens = &tokens["AuthenticationResult"];
        self.names = vec![
            ("$pool", pool),
            ("$client", client),
            ("$access", string(&tokens["AccessToken"])),
            ("$refresh", string(&tokens["RefreshToken"])),
            ("$idtoken", string(&tokens["IdToken"])),
        ];
    }

    /// The value of a placeholder such as `$pool`.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }

    /// `text` with placeholders replaced by their values.
    pub(crate) fn filled(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.names {
            if text.contains(name) {
                text = text.replace(name, value);
            }
        }
        text
    }

    fn must(&self, operation: &str, input: Value) -> Value {
        let reply = self.call(operation, input);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// Calls an operation and checks that the reply is a valid one of Cognito's.
    ///
    /// In debug builds the emulator also compares the reply with the operation's declaration.
    pub(crate) fn call(&self, operation: &str, input: Value) -> Reply {
        let mut call = Call::new(operation, input);
        call.scope = self.stack.scope().clone();
        let reply = self.stack.call(&call);
        assert!(matches!(reply.status, 200 | 400), "{operation}: {reply}");
        let headers: usize = reply
            .headers()
            .map(|(name, value)| name.len() + value.len() + 4)
            .sum();
        assert!(
            headers < LONGEST_HEADERS,
            "{operation}: {headers} bytes of headers"
        );
        let known = Model::get().operation(operation);
        if let (Some(known), Some(input)) = (known, call.input.as_deref())
            && reply.code.as_deref() == Some("SerializationException")
        {
            let valid = validate::check(known, input).is_ok();
            assert!(!valid, "{operation} accepts {input} and cannot read it");
        }
        reply
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
