//! The test server: an MCP server, its client, and the emulator behind it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cognitoidentityprovider::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use aws_smithy_async::time::TimeSource;
use cognito_emulator::model::Model;
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::wire::{Call, Service};
use cognito_emulator::world::Clock;
use cognito_mcp::cognito::backend::{self, Backend, Emulated};
use cognito_mcp::config::{BackendKind, Config};
use rmcp::ServiceError;
use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use crate::Client;
use crate::answer;
use crate::call;
use crate::connect;
use crate::every_tool;
use crate::json::merge;
use crate::refusal;
use crate::text;

/// The password of users in scenarios.
pub(crate) const PASSWORD: &str = "Correct-Horse-7";

/// An MCP server over an emulator that the test controls.
pub(crate) struct TestServer {
    pub(crate) client: Client,
    /// A client of a second server over the same emulator. It makes the calls of a setup
    /// that the tested server forbids.
    setup: Option<Client>,
    emulator: Emulated,
    /// Cognito's session strings that the emulator sent to the server.
    sessions: SessionRecorder,
    /// The ids that replace `$pool` and `$client`.
    pool: String,
    app: String,
    /// The tokens of `ana`, who signs in when the first token is needed.
    signed_in: OnceLock<Value>,
}

/// The time of the runtime. If the runtime is paused, the time is virtual, and a wait in
/// a test advances the emulator's clock.
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

/// The outcome of a tool call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Done(Value),
    /// The facts of the refusal.
    Refused(Value),
}

/// Constructors.
impl TestServer {
    /// A server with every tool, over an emulator with the demo pool.
    pub(crate) async fn demo() -> Self {
        Self::demo_with(every_tool()).await
    }

    /// As [`TestServer::demo`], with another configuration.
    pub(crate) async fn demo_with(config: Config) -> Self {
        let backend = backend::connect(&config).await.unwrap();
        let emulator = backend.emulator.clone().unwrap();
        let defaults = emulator.initial_defaults();
        let mut server = Self::serve(&config, backend, emulator).await;
        server.pool = defaults.user_pool_id.unwrap();
        server.app = defaults.client_id.unwrap();
        server
    }

    /// A server with every tool, over an emulator with one pool and one app client.
    /// `pool` and `app` are added to their settings.
    pub(crate) async fn new(pool: Value, app: Value) -> Self {
        Self::revealing(None, pool, app).await
    }

    /// As [`TestServer::new`], with a setting for secrets in answers.
    pub(crate) async fn revealing(reveal_secrets: Option<bool>, pool: Value, app: Value) -> Self {
        let stack = Stack::builder().clock(Clock::new(VirtualTime::default()));
        let emulator = Emulated::over(stack.build());
        let backend = emulator.clone().backend("us-east-1");
        let config = Config {
            reveal_secrets,
            ..every_tool()
        };
        let mut server = Self::serve(&config, backend, emulator).await;
        server.plant(pool, app);
        server
    }

    /// As [`TestServer::new`], with another configuration. If `defaults` is true, the
    /// pool and the client are the server's defaults.
    pub(crate) async fn configured(
        config: Config,
        pool: Value,
        app: Value,
        defaults: bool,
    ) -> Self {
        let setup = Self::new(pool, app).await;
        let mut backend = setup.emulator.clone().backend("us-east-1");
        if config.backend == BackendKind::Aws {
            // Without this, the server would use the emulator's own tools. Only the
            // connection remains.
            backend.emulator = None;
        }
        let default = |id: &str| defaults.then(|| id.to_owned());
        let config = Config {
            user_pool_id: default(&setup.pool),
            client_id: default(&setup.app),
            ..config
        };
        let served = Self::serve(&config, backend, setup.emulator.clone()).await;
        Self {
            setup: Some(setup.client),
            pool: setup.pool,
            app: setup.app,
            ..served
        }
    }

    /// Another server over the same emulator.
    pub(crate) async fn beside(&self, config: Config) -> Self {
        let backend = self.emulator.clone().backend("us-east-1");
        let served = Self::serve(&config, backend, self.emulator.clone()).await;
        Self {
            pool: self.pool.clone(),
            app: self.app.clone(),
            ..served
        }
    }

    async fn serve(config: &Config, mut backend: Backend, emulator: Emulated) -> Self {
        let sessions = SessionRecorder::default();
        let sdk = backend.client.config().to_builder();
        let sdk = sdk.interceptor(sessions.clone()).build();
        backend.client = aws_sdk_cognitoidentityprovider::Client::from_conf(sdk);
        Self {
            client: connect(config, backend).await,
            setup: None,
            emulator,
            sessions,
            pool: String::new(),
            app: String::new(),
            signed_in: OnceLock::new(),
        }
    }
}

/// Calls of the emulator, without the server.
impl TestServer {
    /// The emulator's controls.
    pub(crate) fn stack(&self) -> &Stack {
        self.emulator.stack()
    }

    /// Calls an operation of the emulator, which must succeed.
    #[track_caller]
    pub(crate) fn cognito(&self, operation: &str, input: Value) -> Value {
        let mut call = Call::new(operation, input);
        call.scope = self.stack().scope().clone();
        let reply = self.stack().call(&call);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// The id of the pool.
    pub(crate) fn pool_id(&self) -> &str {
        &self.pool
    }

    /// The id of the app client.
    pub(crate) fn client_id(&self) -> &str {
        &self.app
    }

    /// The number of session strings that the emulator sent to the server.
    pub(crate) fn session_count(&self) -> usize {
        self.sessions.0.lock().unwrap().len()
    }

    /// Creates a pool and a client with a secret; returns the arguments that name them.
    pub(crate) fn new_pool(&self, settings: Value) -> Value {
        let mut input = json!({ "PoolName": "flows", "AliasAttributes": ["email"] });
        merge(&mut input, settings);
        let pool = self.cognito("CreateUserPool", input)["UserPool"]["Id"].take();
        let client = self.cognito(
            "CreateUserPoolClient",
            json!({
                "UserPoolId": pool,
                "ClientName": "flows",
                "GenerateSecret": true,
                "ExplicitAuthFlows": SIGN_IN_FLOWS,
            }),
        );
        json!({ "user_pool_id": pool, "client_id": client["UserPoolClient"]["ClientId"] })
    }

    /// Creates another pool and client, which replace those of `$pool` and `$client`.
    pub(crate) fn plant(&mut self, pool: Value, app: Value) {
        let mut settings = json!({ "PoolName": "main" });
        merge(&mut settings, pool);
        let made = self.cognito("CreateUserPool", settings);
        let id = made["UserPool"]["Id"].as_str();
        id.unwrap().clone_into(&mut self.pool);
        let mut settings = json!({
            "UserPoolId": self.pool,
            "ClientName": "app",
            "ExplicitAuthFlows": SIGN_IN_FLOWS,
        });
        merge(&mut settings, app);
        let made = self.cognito("CreateUserPoolClient", settings);
        let id = made["UserPoolClient"]["ClientId"].as_str();
        id.unwrap().clone_into(&mut self.app);
    }

    /// The input of an operation with placeholders replaced, and with the pool if the
    /// operation needs it.
    fn in_pool(&self, operation: &str, input: &Value) -> Value {
        let mut input = self.filled(input);
        let model = Model::get().operation(operation).unwrap();
        if model.input().member("UserPoolId").is_some() && input.get("UserPoolId").is_none() {
            input["UserPoolId"] = json!(self.pool);
        }
        input
    }
}

/// Placeholders, such as `$pool`.
impl TestServer {
    /// `value` with its placeholders replaced.
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

    /// The id of the pool's import job, if `value` contains `$job`.
    fn job(&self, value: &Value) -> String {
        if !value.to_string().contains("$job") {
            return String::new();
        }
        let input = json!({ "UserPoolId": self.pool, "MaxResults": 1 });
        let mut jobs = self.cognito("ListUserImportJobs", input);
        let job = jobs["UserImportJobs"][0]["JobId"].take();
        job.as_str().unwrap().to_owned()
    }

    /// A token of `ana`, whose password is [`PASSWORD`], if `value` contains `name`.
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

    /// The id of the client's first secret, if `value` contains `$secret`.
    fn secret(&self, value: &Value) -> String {
        if !value.to_string().contains("$secret") {
            return String::new();
        }
        let input = json!({ "UserPoolId": self.pool, "ClientId": self.app });
        let mut secrets = self.cognito("ListUserPoolClientSecrets", input);
        let id = secrets["ClientSecrets"][0]["ClientSecretId"].take();
        id.as_str().unwrap().to_owned()
    }

    /// `text` with ids replaced by placeholders, so that it does not depend on the seed.
    pub(crate) fn nameless(&self, text: &str) -> String {
        let job = regex::Regex::new("import-[0-9A-Za-z]{10}").unwrap();
        let text = text.replace(&self.pool, "$pool");
        let text = text.replace(&self.app, "$client");
        job.replace_all(&text, "$$job").into_owned()
    }
}

/// Tool calls.
impl TestServer {
    /// Calls a tool, with placeholders replaced.
    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> Outcome {
        let result = self.result(tool, self.filled(arguments)).await.unwrap();
        if result.is_error == Some(true) {
            let text = text(&result);
            let (sentence, facts) = text.split_once('\n').unwrap();
            assert!(sentence.starts_with("Error: "), "{sentence}");
            return Outcome::Refused(serde_json::from_str(facts).unwrap());
        }
        Outcome::Done(result.structured_content.unwrap())
    }

    /// The answer of a call that must succeed.
    pub(crate) async fn done(&self, tool: &str, arguments: Value) -> Value {
        answer(self.result(tool, arguments).await)
    }

    /// The sentence and the facts of a call that must fail.
    pub(crate) async fn refused(&self, tool: &str, arguments: Value) -> (String, Value) {
        refusal(self.result(tool, arguments).await)
    }

    /// Calls a tool, and checks that the result contains none of Cognito's session
    /// strings.
    async fn result(&self, tool: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let result = call(&self.client, tool, arguments).await;
        let shown = text(result.as_ref().unwrap());
        for session in &*self.sessions.0.lock().unwrap() {
            assert!(!shown.contains(session), "{tool} shows a session: {shown}");
        }
        result
    }

    /// Prepares a scenario with an operation of Cognito, which must succeed, or with a
    /// tool of the setup server, which may fail.
    pub(crate) async fn prepare(&self, name: &str, arguments: &Value) {
        if name.starts_with(char::is_uppercase) {
            self.cognito(name, self.in_pool(name, arguments));
            return;
        }
        let setup = self.setup.as_ref().unwrap_or(&self.client);
        let arguments = self.filled(arguments);
        call(setup, name, arguments).await.unwrap();
    }

    /// Reads the state: the response of an operation of Cognito, or the answer of a tool.
    pub(crate) async fn look(&self, name: &str, arguments: &Value) -> Value {
        if name.starts_with(char::is_uppercase) {
            return self.cognito(name, self.in_pool(name, arguments));
        }
        match self.call(name, arguments).await {
            Outcome::Done(answer) => answer,
            Outcome::Refused(facts) => facts,
        }
    }
}

/// The authentication flows of app clients in scenarios.
const SIGN_IN_FLOWS: [&str; 3] = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
];

/// Records the session strings in the responses that the SDK parses.
#[derive(Clone, Debug, Default)]
struct SessionRecorder(Arc<Mutex<BTreeSet<String>>>);

impl Intercept for SessionRecorder {
    fn name(&self) -> &'static str {
        "session recorder"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        if let Some(session) = body["Session"].as_str() {
            self.0.lock().unwrap().insert(session.to_owned());
        }
        Ok(())
    }
}
