//! A server over an emulator that the test holds too.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_async::time::TimeSource;
use cognito_emulator::model::Model;
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::wire::{Call, Service};
use cognito_emulator::world::Clock;
use cognito_mcp::cognito::backend::Emulated;
use cognito_mcp::config::{BackendKind, Config};
use serde_json::{Value, json};

use crate::Client;
use crate::call;
use crate::connect;
use crate::every_tool;
use crate::text;

/// Of whoever has one, in scenarios.
pub(crate) const PASSWORD: &str = "Correct-Horse-7";

/// A server without the demo, and its emulator.
pub(crate) struct World {
    pub(crate) client: Client,
    /// Another server over the same emulator, where the first is not for tests alone.
    behind: Option<Client>,
    emulator: Emulated,
    /// What `$pool`, `$client` and `$code` stand for.
    pool: String,
    app: String,
    /// Tokens of a sign-in of ana, from when they are first spoken of.
    signed_in: OnceLock<Value>,
}

/// The runtime's time, which is virtual where it is paused: whoever waits moves
/// the emulator's clock.
#[derive(Debug)]
pub(crate) struct VirtualTime(tokio::time::Instant);

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
            behind: None,
            emulator,
            pool: String::new(),
            app: String::new(),
            signed_in: OnceLock::new(),
        };
        world.plant(pool, app);
        world
    }

    /// A server as an operator configures it, over an emulator with a pool and a
    /// client of these settings; where `defaults` says so they are what a call means
    /// that names none.
    pub(crate) async fn configured(
        config: Config,
        pool: Value,
        app: Value,
        defaults: bool,
    ) -> Self {
        let mut world = Self::new(pool, app).await;
        let mut backend = world.emulator.clone().backend("us-east-1");
        if config.backend == BackendKind::Aws {
            // Nothing but the connection is the emulator's.
            backend.emulator = None;
        }
        let named = |id: &str| defaults.then(|| id.to_owned());
        let config = Config {
            user_pool_id: named(&world.pool),
            client_id: named(&world.app),
            ..config
        };
        let served = connect(&config, backend).await;
        world.behind = Some(std::mem::replace(&mut world.client, served));
        world
    }

    /// Makes things as they have to be: by an operation of Cognito, or a tool of a
    /// server behind the one that is looked at. A tool may be refused.
    pub(crate) async fn prepare(&self, name: &str, arguments: &Value) {
        if name.starts_with(char::is_uppercase) {
            self.cognito(name, self.in_pool(name, arguments));
            return;
        }
        let behind = self.behind.as_ref().unwrap_or(&self.client);
        let arguments = self.filled(arguments);
        call(behind, name, arguments).await.unwrap();
    }

    /// How things are: what an operation of Cognito answers, or a tool.
    pub(crate) async fn look(&self, name: &str, arguments: &Value) -> Value {
        if name.starts_with(char::is_uppercase) {
            return self.cognito(name, self.in_pool(name, arguments));
        }
        match self.call(name, arguments).await {
            Outcome::Done(answer) => answer,
            Outcome::Refused(facts) => facts,
        }
    }

    /// The input of an operation, in the pool where it takes one.
    fn in_pool(&self, operation: &str, input: &Value) -> Value {
        let mut input = self.filled(input);
        let model = Model::get().operation(operation).unwrap();
        if model.input().member("UserPoolId").is_some() && input.get("UserPoolId").is_none() {
            input["UserPoolId"] = json!(self.pool);
        }
        input
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
            .replace("$job", &self.job(value))
            .replace("$secret", &self.secret(value))
            .replace("$access", &self.token(value, "$access", "AccessToken"))
            .replace("$id_token", &self.token(value, "$id_token", "IdToken"))
            .replace("$refresh", &self.token(value, "$refresh", "RefreshToken"))
            .replace("$code", &code);
        serde_json::from_str(&text).unwrap()
    }

    /// The pool's import job, where `value` speaks of it.
    fn job(&self, value: &Value) -> String {
        if !value.to_string().contains("$job") {
            return String::new();
        }
        let input = json!({ "UserPoolId": self.pool, "MaxResults": 1 });
        let mut jobs = self.cognito("ListUserImportJobs", input);
        let job = jobs["UserImportJobs"][0]["JobId"].take();
        job.as_str().unwrap().to_owned()
    }

    /// A token of ana, who has the tests' password, where `value` speaks of it.
    fn token(&self, value: &Value, name: &str, member: &str) -> String {
        if !value.to_string().contains(name) {
            return String::new();
        }
        let tokens = self.signed_in.get_or_init(|| {
            let mut signed_in = self.cognito(
                "InitiateAuth",
                json!({
                    "ClientId": self.app,
                    "AuthFlow": "USER_PASSWORD_AUTH",
                    "AuthParameters": { "USERNAME": "ana", "PASSWORD": PASSWORD },
                }),
            );
            signed_in["AuthenticationResult"].take()
        });
        tokens[member].as_str().unwrap().to_owned()
    }

    /// The id of the client's first secret, where `value` speaks of it.
    fn secret(&self, value: &Value) -> String {
        if !value.to_string().contains("$secret") {
            return String::new();
        }
        let input = json!({ "UserPoolId": self.pool, "ClientId": self.app });
        let mut secrets = self.cognito("ListUserPoolClientSecrets", input);
        let id = secrets["ClientSecrets"][0]["ClientSecretId"].take();
        id.as_str().unwrap().to_owned()
    }

    /// `text` with ids as names, so that it reads alike for every seed.
    pub(crate) fn nameless(&self, text: &str) -> String {
        let job = regex::Regex::new("import-[0-9A-Za-z]{10}").unwrap();
        let text = text.replace(&self.pool, "$pool");
        let text = text.replace(&self.app, "$client");
        job.replace_all(&text, "$$job").into_owned()
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
