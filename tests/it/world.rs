//! A server over an emulator that the test holds too.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::time::TimeSource;
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::wire::{Call, Service};
use cognito_emulator::world::Clock;
use cognito_mcp::backend::Emulated;
use cognito_mcp::config::Config;
use serde_json::{Value, json};

use crate::{Client, call, connect, every_tool, text};

/// A server without the demo, and its emulator.
pub(crate) struct World {
    pub(crate) client: Client,
    emulator: Emulated,
    /// What `$pool`, `$client` and `$code` stand for.
    pool: String,
    app: String,
}

/// The runtime's time, which is virtual where it is paused: whoever waits moves
/// the emulator's clock.
#[derive(Debug)]
struct VirtualTime(tokio::time::Instant);

impl Default for VirtualTime {
    fn default() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl TimeSource for VirtualTime {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_700_000_000) + self.0.elapsed()
    }
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Done(Value),
    /// The facts of the refusal.
    Refused(Value),
}

impl World {
    /// A pool and a client of these settings, beyond those that a test needs.
    pub(crate) async fn new(pool: Value, app: Value) -> Self {
        Self::revealing(None, pool, app).await
    }

    /// As [`World::new`]; whether the server shows secrets is said too.
    pub(crate) async fn revealing(reveal_secrets: Option<bool>, pool: Value, app: Value) -> Self {
        let stack = Stack::builder().clock(Clock::new(VirtualTime::default()));
        let emulator = Emulated::over(stack.build());
        let backend = emulator.clone().backend("us-east-1");
        let config = Config {
            reveal_secrets,
            ..every_tool()
        };
        let mut world = Self {
            client: connect(&config, backend).await,
            emulator,
            pool: String::new(),
            app: String::new(),
        };
        world.plant(pool, app);
        world
    }

    /// Another pool and client, which `$pool` and `$client` name from now on.
    pub(crate) fn plant(&mut self, pool: Value, app: Value) {
        let mut settings = json!({ "PoolName": "main" });
        merge(&mut settings, pool);
        let made = self.cognito("CreateUserPool", settings);
        let id = made["UserPool"]["Id"].as_str();
        id.unwrap().clone_into(&mut self.pool);
        let mut settings = json!({
            "UserPoolId": self.pool,
            "ClientName": "app",
            "ExplicitAuthFlows": [
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
            ],
        });
        merge(&mut settings, app);
        let made = self.cognito("CreateUserPoolClient", settings);
        let id = made["UserPoolClient"]["ClientId"].as_str();
        id.unwrap().clone_into(&mut self.app);
    }

    /// The emulator's controls.
    pub(crate) fn stack(&self) -> &Stack {
        self.emulator.stack()
    }

    /// Calls an operation that must succeed, past the server.
    #[track_caller]
    pub(crate) fn cognito(&self, operation: &str, input: Value) -> Value {
        let mut call = Call::new(operation, input);
        call.scope = self.stack().scope().clone();
        let reply = self.stack().call(&call);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// `value` with its names filled in.
    pub(crate) fn filled(&self, value: &Value) -> Value {
        let code = self
            .stack()
            .outbox(&OutboxFilter::default())
            .pop()
            .map_or_else(String::new, |message| message.code);
        let text = value
            .to_string()
            .replace("$pool", &self.pool)
            .replace("$client", &self.app)
            .replace("$code", &code);
        serde_json::from_str(&text).unwrap()
    }

    /// `text` with ids as names, so that it reads alike for every seed.
    pub(crate) fn nameless(&self, text: &str) -> String {
        text.replace(&self.pool, "$pool")
            .replace(&self.app, "$client")
    }

    /// Calls a tool.
    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> Outcome {
        let result = call(&self.client, tool, self.filled(arguments))
            .await
            .unwrap();
        if result.is_error == Some(true) {
            let text = text(&result);
            let (sentence, facts) = text.split_once('\n').unwrap();
            assert!(sentence.starts_with("Error: "), "{sentence}");
            return Outcome::Refused(serde_json::from_str(facts).unwrap());
        }
        Outcome::Done(result.structured_content.unwrap())
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
