//! Secrets in output. Every tool is called on success and on failure, on both backends,
//! and all of the server's output is recorded. The service model marks the secrets in
//! Cognito's requests and responses. None of them may be in a message, the log, the audit
//! log or an error.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cognitoidentityprovider::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_cognitoidentityprovider::config::{
    ConfigBag, Credentials, Intercept, RuntimeComponents, SharedCredentialsProvider,
};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use aws_smithy_async::time::SharedTimeSource;
use cognito_emulator::connector;
use cognito_emulator::layers::faults::{Fault, FaultEffect, Target, When};
use cognito_emulator::model::{Kind, Model, Operation};
use cognito_emulator::stack::{OutboxFilter, Stack};
use cognito_emulator::validate;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend::{self, Backend, Emulated};
use cognito_mcp::config::{BackendKind, Config, Selection};
use cognito_mcp::definition::Definition;
use cognito_mcp::mcp::prompts::PROMPTS;
use cognito_mcp::mcp::resources::RESOURCES;
use cognito_mcp::mcp::server::Server;
use cognito_mcp::tools;
use rmcp::ServiceExt;
use rmcp::model::{
    ArgumentInfo, CallToolRequestParams, CallToolResult, CompleteRequestParams,
    GetPromptRequestParams, NumberOrString, ProgressToken, ReadResourceRequestParams, Reference,
    RequestParamsMeta,
};
use serde_json::{Value, json};
use tokio::io::AsyncWrite;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Level};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

use crate::Client;
use crate::json::with;
use crate::sign_in_page::authorization_code;
use crate::test_server::VirtualTime;
use crate::text;

/// The recorded output of one kind.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<Vec<u8>>>);

impl Recorded {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A writer whose output is recorded.
struct RecordedWriter<W>(W, Recorded);

impl<W: AsyncWrite + Unpin> AsyncWrite for RecordedWriter<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.0).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            io::Write::write_all(&mut self.1, &bytes[..count]).unwrap();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// The secrets in requests to Cognito and in its responses, with the names of their
/// members.
#[derive(Clone, Debug, Default)]
struct Secrets {
    found: Arc<Mutex<BTreeMap<String, String>>>,
    /// The operation of the current request. Requests are sequential.
    operation: Arc<Mutex<String>>,
}

impl Secrets {
    fn add(&self, name: &str, secret: &str) {
        // A text that is shorter than a code is not a secret. Neither is a placeholder of
        // `next`.
        if secret.len() >= 6 && !secret.starts_with('<') {
            let mut all = self.found.lock().unwrap();
            all.entry(secret.to_owned())
                .or_insert_with(|| name.to_owned());
        }
    }

    /// Adds the values that are different in `shown` and `hidden`.
    fn differing(&self, name: &str, shown: &Value, hidden: &Value) {
        // The model marks these because they identify a user. Others are public
        // parameters of a sign-in.
        let personal = [
            "Username",
            "Value",
            "ClientId",
            "IpAddress",
            "USERNAME",
            "USER_ID_FOR_SRP",
            "CODE_DELIVERY_DESTINATION",
            "CODE_DELIVERY_DELIVERY_MEDIUM",
            "requiredAttributes",
            "userAttributes",
            "MFAS_CAN_SETUP",
            "MFAS_CAN_CHOOSE",
            "FRIENDLY_DEVICE_NAME",
            "CredentialCreationOptions",
            "AVAILABLE_CHALLENGES",
            "CREDENTIAL_REQUEST_OPTIONS",
        ];
        if personal.contains(&name) || name.starts_with("userAttributes.") {
            return;
        }
        match shown {
            Value::Object(members) => {
                for (name, member) in members {
                    self.differing(name, member, &hidden[name.as_str()]);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.differing(name, item, &hidden[at]);
                }
            }
            Value::String(secret) if shown != hidden => self.add(name, secret),
            _ => {}
        }
    }
}

impl Intercept for Secrets {
    fn name(&self) -> &'static str {
        "secrets"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target");
        let name = target.unwrap().rsplit('.').next().unwrap();
        name.clone_into(&mut self.operation.lock().unwrap());
        let asked: Value = serde_json::from_slice(context.request().body().bytes().unwrap())?;
        let operation = Model::get().operation(name).unwrap();
        self.differing("", &asked, &validate::redact(operation, &asked));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = self.operation.lock().unwrap().clone();
        let body = context.response().body().bytes().unwrap_or_default();
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Ok(());
        };
        if context.response().status().is_success() {
            let operation = Model::get().operation(&name).unwrap();
            self.differing("", &body, &validate::redact_response(operation, &body));
        }
        Ok(())
    }
}

/// A server, and all of its output.
struct ObservedServer {
    client: Client,
    stack: Stack,
    secrets: Secrets,
    messages: Recorded,
    log: Recorded,
    audit: std::path::PathBuf,
    /// Number of canaries so far.
    sent: Mutex<usize>,
    /// Number of calls by tool and by failure.
    done: Mutex<BTreeMap<(String, bool), usize>>,
    _listening: tracing::subscriber::DefaultGuard,
}

/// A canary that is also a password. It satisfies the policies of all pools in these
/// tests.
fn password(number: usize) -> String {
    format!("Canary-{number:05}-Bird")
}

impl ObservedServer {
    async fn new(kind: BackendKind) -> Self {
        static AUDITS: AtomicUsize = AtomicUsize::new(0);
        // Tests run side by side: each has its own file.
        let number = AUDITS.fetch_add(1, Ordering::Relaxed);
        let name = format!("canary-{number}.jsonl");
        let audit = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_file(&audit);
        let secrets = Secrets::default();
        let planted = Config {
            emulator: cognito_mcp::config::EmulatorFlags {
                seed: Some(7),
                ..Default::default()
            },
            ..Config::default()
        };
        let emulated = backend::connect(&planted).await.unwrap();
        let emulator: Emulated = emulated.emulator.clone().unwrap();
        let stack = emulator.stack().clone();
        let demo = emulated.emulator.as_ref().unwrap().initial_defaults();
        let mut config = Config {
            selection: Selection {
                toolsets: vec!["all".to_owned()],
                ..Selection::default()
            },
            audit_log: Some(audit.clone()),
            ..Config::default()
        };
        let backend = match kind {
            BackendKind::Emulated => {
                config.reveal_secrets = Some(false);
                emulated
            }
            BackendKind::Aws => {
                config.backend = BackendKind::Aws;
                config.allow_destructive = true;
                config.user_pool_id = demo.user_pool_id;
                config.client_id = demo.client_id;
                backend::aws::over(&sdk(&stack))
            }
        };
        let messages = Recorded::default();
        let log = Recorded::default();
        let listening = listen(&log);
        let client = serve(&config, backend, &secrets, &messages).await;
        Self {
            client,
            stack,
            secrets,
            messages,
            log,
            audit,
            sent: Mutex::default(),
            done: Mutex::default(),
            _listening: listening,
        }
    }

    /// A new canary, which no other call has sent.
    fn canary(&self) -> String {
        let mut sent = self.sent.lock().unwrap();
        *sent += 1;
        let canary = password(*sent);
        self.secrets.add("canary", &canary);
        canary
    }

    /// Calls a tool. The call may fail.
    async fn call(&self, tool: &str, arguments: Value) -> Option<CallToolResult> {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object");
        };
        let mut request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        request.set_progress_token(ProgressToken(NumberOrString::Number(1)));
        let result = self.client.call_tool(request).await.ok();
        for message in self.stack.outbox(&OutboxFilter::default()) {
            self.secrets.add("message", &message.code);
        }
        if let Some(result) = &result {
            let failed = result.is_error == Some(true);
            *self
                .done
                .lock()
                .unwrap()
                .entry((tool.to_owned(), failed))
                .or_default() += 1;
        }
        result
    }

    /// The answer of a call that must succeed.
    #[track_caller]
    fn answer(result: Option<CallToolResult>) -> Value {
        crate::answer(Ok(result.unwrap()))
    }

    /// Calls a tool, and then up to two calls that the answers name in `retry` or `next`.
    async fn follow(&self, tool: &str, arguments: Value) {
        let mut call = (tool.to_owned(), arguments);
        for _ in 0..3 {
            let Some(result) = self.call(&call.0, call.1.clone()).await else {
                return;
            };
            let facts = result.structured_content.clone().unwrap_or_else(|| {
                let shown = text(&result);
                serde_json::from_str(shown.split_once('\n').unwrap().1).unwrap()
            });
            let Some(next) = facts.get("retry").or_else(|| facts.get("next")) else {
                return;
            };
            call = (
                next["tool"].as_str().unwrap().to_owned(),
                next["arguments"].clone(),
            );
        }
    }

    fn cognito(&self, operation: &str, input: Value) -> Value {
        let mut call = Call::new(operation, input);
        call.scope = self.stack.scope().clone();
        let reply = self.stack.call(&call);
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// Checks that the recorded output has none of the secrets.
    #[track_caller]
    fn check(&self) {
        let audit = std::fs::read_to_string(&self.audit).unwrap();
        let secrets = self.secrets.found.lock().unwrap();
        let outputs = [
            ("messages", self.messages.text()),
            ("the log", self.log.text()),
            ("the audit log", audit),
        ];
        for (output, text) in &outputs {
            assert!(
                text.len() > 10_000,
                "{output} has only {} bytes",
                text.len()
            );
            for (secret, name) in secrets.iter() {
                let quoted = Value::from(secret.as_str()).to_string();
                for form in [secret.as_str(), &quoted[1..quoted.len() - 1]] {
                    let at = text.match_indices(form).map(|(at, _)| at);
                    let alone = |at: &usize| {
                        // A short code may be part of a longer number.
                        let edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
                        form.len() > 12
                            || edge(text[..*at].chars().next_back())
                                && edge(text[*at + form.len()..].chars().next())
                    };
                    if let Some(at) = at.into_iter().find(alone) {
                        let from = text.floor_char_boundary(at.saturating_sub(600));
                        let to = text.ceil_char_boundary((at + 200).min(text.len()));
                        panic!("{name} is in {output}: {secret}\n…{}", &text[from..to]);
                    }
                }
            }
        }
        // The check is not empty: there were secrets of each kind.
        let kinds: BTreeSet<&str> = secrets.values().map(String::as_str).collect();
        for kind in [
            "canary",
            "message",
            "AccessToken",
            "IdToken",
            "RefreshToken",
            "SecretCode",
            "Session",
            "ClientSecret",
            "SECRET_HASH",
        ] {
            assert!(kinds.contains(kind), "no {kind} came by: {kinds:?}");
        }
        assert!(outputs[0].1.contains("secret:access_token/"));
    }
}

/// An SDK configuration that connects to the emulator in place of Cognito.
fn sdk(stack: &Stack) -> SdkConfig {
    let credentials = Credentials::new("AKIAEXAMPLE", "S3cret-key", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(connector::sdk_http_client(stack))
        // The clock that paces requests must advance although waits take no real time.
        .time_source(SharedTimeSource::new(VirtualTime::default()))
        .build()
}

/// Records the log with all details, as the program writes it; see `log_to_stderr`.
fn listen(log: &Recorded) -> tracing::subscriber::DefaultGuard {
    // With one subscriber in the process, `tracing` asks only the current thread if an event
    // is wanted, and the answer counts for all threads. A test without a subscriber would
    // then turn off events that this log must have. A second subscriber prevents it.
    static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::new()));
    LazyLock::force(&SECOND);
    let discreet =
        filter_fn(|event| *event.level() <= Level::INFO || event.target().starts_with("cognito_"));
    let writer = log.clone();
    let lines = fmt::layer()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(discreet).with(lines);
    tracing::subscriber::set_default(subscriber)
}

async fn serve(
    config: &Config,
    mut backend: Backend,
    secrets: &Secrets,
    recorded: &Recorded,
) -> Client {
    let sdk = backend
        .client
        .config()
        .to_builder()
        .interceptor(secrets.clone());
    backend.client = aws_sdk_cognitoidentityprovider::Client::from_conf(sdk.build());
    let (here, there) = tokio::io::duplex(64 * 1024);
    let server = Server::new(config, backend).unwrap();
    let (read, write) = tokio::io::split(there);
    let output = RecordedWriter(write, recorded.clone());
    tokio::spawn(async move {
        let running = server.serve((read, output)).await.unwrap();
        running.waiting().await.unwrap();
    });
    ().serve(here).await.unwrap()
}

/// Puts a canary in every place of `value` that `schema` marks as secret.
fn plant(server: &ObservedServer, schema: &Value, value: &mut Value) {
    if schema["writeOnly"] == true {
        return hide_canaries(server, value);
    }
    match value {
        Value::Object(members) => {
            // The tool of a planned call knows its secrets.
            let planned = members.get("tool").and_then(Value::as_str);
            let planned = planned.and_then(tools::find);
            for (name, member) in members {
                match planned {
                    Some(tool) if name == "arguments" => {
                        plant(server, &json!(tool.published().input_schema), member);
                    }
                    _ => plant(server, &schema["properties"][name.as_str()], member),
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| plant(server, &schema["items"], item)),
        _ => {}
    }
}

fn hide_canaries(server: &ObservedServer, value: &mut Value) {
    match value {
        // Inputs of Cognito's operations contain names and ids among the secrets.
        Value::Object(members) => {
            for (name, member) in members {
                if !["Username", "UserPoolId", "ClientId", "GroupName"].contains(&name.as_str()) {
                    hide_canaries(server, member);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| hide_canaries(server, item)),
        Value::String(_) => *value = server.canary().into(),
        _ => {}
    }
}

/// The canaries in `value`.
fn canaries(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.starts_with("Canary-") => vec![text.clone()],
        Value::Object(members) => members.values().flat_map(canaries).collect(),
        Value::Array(items) => items.iter().flat_map(canaries).collect(),
        _ => Vec::new(),
    }
}

/// Adds secrets to `given` under misspelt and unknown names.
fn misspelt(server: &ObservedServer, entry: &Definition, given: &mut Value) {
    let schema = json!(entry.published().input_schema);
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if schema["writeOnly"] == true {
            given.as_object_mut().unwrap().remove(name);
            given[name.replacen(['a', 'e', 'o'], "", 1)] = server.canary().into();
        }
    }
    given["pasword"] = server.canary().into();
    given["options"] = json!({ "token": [server.canary()] });
}

/// Calls every tool with correct and with wrong arguments.
async fn drive(server: &ObservedServer) {
    for entry in tools::all() {
        let name = entry.name();
        if name == "reset_emulator" {
            // This tool would remove the secrets that the other tools need.
            continue;
        }
        let schema = json!(entry.published().input_schema);
        let mut given = entry.example().clone();
        plant(server, &schema, &mut given);
        server.follow(name, given.clone()).await;
        // The second call finds the item that the first one created, or no longer finds
        // the one that it deleted.
        server.follow(name, given.clone()).await;
        if schema["properties"].get("username").is_some() {
            let mut other = given.clone();
            other["username"] = "ben".into();
            server.follow(name, other).await;
        }
        let mut wrong = given.clone();
        misspelt(server, entry, &mut wrong);
        server.follow(name, wrong).await;
        // Secrets that are not strings, or that are too long.
        let secret = |schema: &Value| schema["writeOnly"] == true;
        let properties = schema["properties"].as_object().into_iter().flatten();
        for (argument, _) in properties.filter(|(_, schema)| secret(schema)) {
            for form in [
                json!([server.canary()]),
                json!({ "a": server.canary() }),
                json!(format!("{} {}", server.canary(), "x".repeat(3000))),
            ] {
                let mut wrong = given.clone();
                wrong[argument] = form;
                server.follow(name, wrong).await;
            }
        }
        let mut elsewhere = given.clone();
        elsewhere["user_pool_id"] = "us-east-1_Nowhere99".into();
        server.follow(name, elsewhere).await;
        // Messages of Cognito repeat refused values.
        let sent: Vec<String> = canaries(&given);
        let message = format!(
            "1 validation error detected: Value '{}'",
            sent.join("' or '")
        );
        for effect in [
            FaultEffect::Exception {
                code: "InternalErrorException".to_owned(),
                message: Some(message),
            },
            FaultEffect::Exception {
                code: "InternalErrorException".to_owned(),
                message: None,
            },
            FaultEffect::CutBeforeEffects,
        ] {
            let fault = Fault {
                on: Target::Any,
                when: When::Always,
                effect,
            };
            server.stack.inject(fault).unwrap();
            server.call(name, given.clone()).await;
            server.stack.clear_faults();
        }
        // Otherwise the calls of later tools would be refused.
        server.stack.set_throttle("off".parse().unwrap());
    }
    let mut unknown = CallToolRequestParams::new("reset_pasword");
    unknown = unknown.with_arguments(json!({ "a": server.canary() }).as_object().unwrap().clone());
    server.client.call_tool(unknown).await.unwrap_err();
}

/// Reads every resource, prompt and completion.
async fn read_all(server: &ObservedServer, pool: &str) {
    let client = &server.client;
    let group = client.list_resources(None).await.unwrap();
    assert!(!group.resources.is_empty());
    for resource in RESOURCES {
        let uri = resource
            .uri
            .replace("{user_pool_id}", pool)
            .replace("{username}", "ana")
            .replace("{group}", "admins")
            .replace("{exception}", "NotAuthorizedException");
        // The read may fail.
        let _ = client
            .read_resource(ReadResourceRequestParams::new(uri))
            .await;
        for argument in ["user_pool_id", "username", "group", "exception"] {
            let begun = [String::new(), server.canary()];
            for begun in begun {
                let template = Reference::for_resource(resource.uri);
                let argument = ArgumentInfo::new(argument, begun);
                let _ = client
                    .complete(CompleteRequestParams::new(template, argument))
                    .await;
            }
        }
    }
    for prompt in PROMPTS {
        let names = prompt.arguments.iter().map(|argument| argument.name);
        let given = names.map(|name| (name.to_owned(), json!("ana"))).collect();
        let get = GetPromptRequestParams::new(prompt.name).with_arguments(given);
        client.get_prompt(get).await.unwrap();
    }
}

/// Complete sign-ins, with the secrets that Cognito generates for them.
async fn flows(server: &ObservedServer) {
    let pool = json!({
        "PoolName": "canary",
        "AutoVerifiedAttributes": ["email"],
        "Policies": { "PasswordPolicy": { "MinimumLength": 12, "RequireUppercase": true, "RequireNumbers": true } },
    });
    let pool = server.cognito("CreateUserPool", pool)["UserPool"]["Id"].take();
    let app = json!({
        "UserPoolId": pool, "ClientName": "app", "GenerateSecret": true,
        "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    });
    let app = server.cognito("CreateUserPoolClient", app);
    let app = app["UserPoolClient"]["ClientId"].clone();
    let at_app = |more: Value| with(json!({ "user_pool_id": pool, "client_id": app }), more);

    // A user who signs up. The code is in a message of the emulator.
    let secret = server.canary();
    let sign_up = json!({ "username": "lena", "password": secret, "email": "lena@example.com" });
    ObservedServer::answer(server.call("sign_up", at_app(sign_up)).await);
    let wrong = json!({ "username": "lena", "code": "000000" });
    server.call("confirm_sign_up", at_app(wrong)).await;
    let code = server
        .stack
        .outbox(&OutboxFilter::default())
        .pop()
        .unwrap()
        .code;
    let confirm = json!({ "username": "lena", "code": code });
    ObservedServer::answer(server.call("confirm_sign_up", at_app(confirm)).await);
    // She forgets the password.
    let lena = at_app(json!({ "username": "lena" }));
    ObservedServer::answer(server.call("forgot_password", lena.clone()).await);
    let sent = server.stack.outbox(&OutboxFilter::default());
    let code = &sent.last().unwrap().code;
    let secret = server.canary();
    let confirm = with(&lena, json!({ "code": code, "new_password": secret }));
    ObservedServer::answer(server.call("confirm_forgot_password", confirm).await);
    let sign_in = json!({ "username": "lena", "password": server.canary() });
    server.follow("sign_in", at_app(sign_in)).await;
    let sign_in = at_app(json!({ "username": "lena", "password": secret }));
    let signed_in = ObservedServer::answer(server.call("sign_in", sign_in.clone()).await);
    let access = &signed_in["tokens"]["access_token"];
    assert!(
        access.as_str().unwrap().starts_with("secret:"),
        "{signed_in}"
    );

    let changed = by_operation(server, &pool, &app, &secret, &signed_in["tokens"]).await;
    by_reference(server, &pool, &app, &changed).await;
    generated_secrets(server, &pool, &app, &changed).await;
}

/// Calls operations with references to tokens and with secrets. Returns the user's new
/// password.
async fn by_operation(
    server: &ObservedServer,
    pool: &Value,
    app: &Value,
    secret: &str,
    tokens: &Value,
) -> String {
    let access = &tokens["access_token"];
    let changed = server.canary();
    for (operation, input) in [
        ("GetUser", json!({ "AccessToken": access })),
        ("AssociateSoftwareToken", json!({ "AccessToken": access })),
        (
            "AdminInitiateAuth",
            json!({
                "UserPoolId": pool, "ClientId": app, "AuthFlow": "REFRESH_TOKEN_AUTH",
                "AuthParameters": { "REFRESH_TOKEN": tokens["refresh_token"], "SECRET_HASH": server.canary() },
            }),
        ),
        (
            "GetUser",
            json!({ "AccessToken": "secret:access_token/aaaaaaaaaaaaaaaa" }),
        ),
        (
            "GetUser",
            json!({ "AccesToken": access, "Password": server.canary() }),
        ),
        (
            "DescribeUserPoolClient",
            json!({ "UserPoolId": pool, "ClientId": app }),
        ),
        (
            "CreateUserPoolClient",
            json!({ "UserPoolId": pool, "ClientName": "b", "GenerateSecret": true }),
        ),
        (
            "ChangePassword",
            json!({ "AccessToken": access, "PreviousPassword": secret, "ProposedPassword": changed }),
        ),
        (
            "SignUp",
            json!({ "ClientId": app, "Username": "mia", "Password": server.canary() }),
        ),
    ] {
        let arguments = json!({ "operation": operation, "input": input });
        server.follow("call_operation", arguments).await;
    }
    changed
}

/// The arguments that create an identity provider with a secret.
fn provider_with_secret(server: &ObservedServer, pool: &Value) -> Value {
    json!({
        "user_pool_id": pool, "name": "Corp", "type": "OIDC", "client_secret": server.canary(),
        "details": {
            "client_id": "c", "authorize_scopes": "openid", "attributes_request_method": "GET",
            "oidc_issuer": "https://auth.example.com",
        },
    })
}

/// Calls tools that accept and return secrets, with references to the tokens of a
/// sign-in.
async fn by_reference(server: &ObservedServer, pool: &Value, app: &Value, password: &str) {
    let mfa = json!({ "UserPoolId": pool, "MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": { "Enabled": true } });
    server.cognito("SetUserPoolMfaConfig", mfa);
    let sign_in = sign_in_of(pool, app, "lena", &json!(password));
    let signed_in = ObservedServer::answer(server.call("sign_in", sign_in).await);
    let tokens = &signed_in["tokens"];
    let (access, refresh) = (&tokens["access_token"], &tokens["refresh_token"]);
    let orders = json!({
        "UserPoolId": pool, "Identifier": "orders", "Name": "orders",
        "Scopes": [{ "ScopeName": "read", "ScopeDescription": "Read" }],
    });
    server.cognito("CreateResourceServer", orders);
    let machine = json!({
        "user_pool_id": pool, "name": "job", "secret": true, "scopes": ["orders/read"],
        "flows": ["ALLOW_CLIENT_TOKEN_AUTH"], "oauth_flows": ["client_credentials"],
    });
    let machine = ObservedServer::answer(server.call("create_client", machine).await);
    server.cognito(
        "CreateUserPoolDomain",
        json!({ "UserPoolId": pool, "Domain": "canary" }),
    );
    let at_domain = json!({
        "user_pool_id": pool, "name": "job-at-domain", "secret": true, "scopes": ["orders/read"],
        "oauth_flows": ["client_credentials"],
    });
    let at_domain = ObservedServer::answer(server.call("create_client", at_domain).await);
    code_of_a_page(server, pool, password).await;
    let made = json!({ "user_pool_id": pool, "name": "web", "secret": true });
    let made = ObservedServer::answer(server.call("create_client", made).await);
    let provider = provider_with_secret(server, pool);
    let at_app = |more: Value| with(json!({ "user_pool_id": pool, "client_id": app }), more);
    for (tool, arguments) in [
        ("decode_token", json!({ "token": access })),
        (
            "verify_token",
            json!({ "user_pool_id": pool, "token": access }),
        ),
        ("list_passkeys", json!({ "access_token": access })),
        (
            "set_up_authenticator_app",
            json!({ "access_token": access }),
        ),
        (
            "refresh_tokens",
            at_app(json!({ "refresh_token": refresh })),
        ),
        ("revoke_tokens", at_app(json!({ "refresh_token": refresh }))),
        (
            "get_client_token",
            json!({ "user_pool_id": pool, "client_id": machine["client_id"] }),
        ),
        (
            "get_client_token",
            json!({ "user_pool_id": pool, "client_id": at_domain["client_id"] }),
        ),
        (
            "rotate_client_secret",
            json!({ "user_pool_id": pool, "client_id": made["client_id"] }),
        ),
        ("put_identity_provider", provider),
        (
            "get_identity_provider",
            json!({ "user_pool_id": pool, "name": "Corp" }),
        ),
    ] {
        ObservedServer::answer(server.call(tool, arguments).await);
    }
}

/// Exchanges the authorization code of a sign-in page, and reads the secret of its client.
async fn code_of_a_page(server: &ObservedServer, pool: &Value, password: &str) {
    let callback = "https://example.com/callback";
    let web = json!({
        "user_pool_id": pool, "name": "pages", "secret": true, "oauth_flows": ["code"],
        "scopes": ["openid"], "callback_urls": [callback],
    });
    let web = ObservedServer::answer(server.call("create_client", web).await);
    let place = [web["client_id"].as_str().unwrap(), callback];
    let code = authorization_code(&server.stack, place, ["lena", password], "");
    let of_web = |more: Value| with(json!({ "user_pool_id": pool, "client_id": place[0] }), more);
    for (tool, more) in [
        (
            "exchange_code",
            json!({ "code": code, "redirect_uri": callback }),
        ),
        ("describe_client", json!({ "with_secret": true })),
    ] {
        ObservedServer::answer(server.call(tool, of_web(more)).await);
    }
}

/// Checks passwords and seeds that the server or Cognito generates.
async fn generated_secrets(server: &ObservedServer, pool: &Value, app: &Value, password: &str) {
    // A user who has to choose a password, and passwords that violate the policy.
    let noa = json!({ "user_pool_id": pool, "username": "noa" });
    let invitation = json!({ "temporary_password": password, "message_action": "SUPPRESS" });
    ObservedServer::answer(server.call("create_user", with(&noa, invitation)).await);
    let sign_in = sign_in_of(pool, app, "noa", &json!(password));
    let challenge = ObservedServer::answer(server.call("sign_in", sign_in).await);
    let session = challenge["session"].clone();
    for new in [
        json!("weakling"),
        json!("secret:password/aaaaaaaaaaaaaaaa"),
        json!(server.canary()),
    ] {
        let answer = json!({ "session": session, "new_password": new });
        server.call("answer_challenge", answer).await;
    }

    // The retry has a generated password.
    let ona = json!({ "user_pool_id": pool, "username": "ona" });
    let invitation = json!({ "temporary_password": password, "message_action": "SUPPRESS" });
    ObservedServer::answer(server.call("create_user", with(&ona, invitation)).await);
    let refused = server.call("confirm_user", ona).await.unwrap();
    let (_, facts) = crate::refusal(Ok(refused));
    let made_up = facts["retry"]["arguments"]["new_password"].clone();
    let is_hidden = |shown: &str| shown.starts_with("secret:");
    assert!(made_up.as_str().is_some_and(is_hidden), "{facts}");
    let retry = facts["retry"]["arguments"].clone();
    ObservedServer::answer(server.call("reset_password", retry).await);
    let sign_in = sign_in_of(pool, app, "ona", &made_up);
    ObservedServer::answer(server.call("sign_in", sign_in).await);

    // A second factor, and its seed.
    let mfa = json!({ "UserPoolId": pool, "MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": { "Enabled": true } });
    server.cognito("SetUserPoolMfaConfig", mfa);
    let challenge = ObservedServer::answer(
        server
            .call("sign_in", sign_in_of(pool, app, "lena", &json!(password)))
            .await,
    );
    let next = challenge["next"]["arguments"].clone();
    let seed = ObservedServer::answer(server.call("answer_challenge", next).await);
    assert!(
        seed["secret_code"].as_str().unwrap().starts_with("secret:"),
        "{seed}"
    );
    let wrong = json!({ "session": seed["session"], "code": "000000" });
    server.follow("answer_challenge", wrong).await;
    let app = json!({ "secret_code": seed["secret_code"] });
    let code = ObservedServer::answer(server.call("totp_code", app).await);
    assert!(
        code["code"].as_str().unwrap().starts_with("secret:"),
        "{code}"
    );
}

fn sign_in_of(pool: &Value, app: &Value, username: &str, password: &Value) -> Value {
    json!({ "user_pool_id": pool, "client_id": app, "username": username, "password": password })
}

async fn call_everything(kind: BackendKind) -> ObservedServer {
    let server = ObservedServer::new(kind).await;
    flows(&server).await;
    drive(&server).await;
    let pools = ObservedServer::answer(server.call("list_pools", json!({})).await);
    let pool = pools["pools"][0]["user_pool_id"].as_str().unwrap();
    read_all(&server, pool).await;
    // On AWS the file would be uploaded to S3.
    if kind == BackendKind::Emulated {
        let users = json!({
            "name": "beta", "logs_role_arn": "arn:aws:iam::123456789012:role/import",
            "csv": format!("cognito:username,email,email_verified,cognito:mfa_enabled,password_hash\n\
                            zed,zed@example.com,true,false,{}", server.canary()),
        });
        ObservedServer::answer(server.call("import_users", users).await);
    }
    server.check();
    // Every tool was refused at least once, and every tool with secrets on this backend
    // was also answered.
    let done = server.done.lock().unwrap();
    for entry in tools::all() {
        let name = entry.name().to_owned();
        assert!(
            name == "reset_emulator" || done.contains_key(&(name.clone(), true)),
            "{name} was not refused"
        );
    }
    let is_secretive = |entry: &&Definition| {
        let schemas = [
            json!(entry.published().input_schema),
            json!(entry.published().output_schema),
        ];
        let schemas = json!(schemas).to_string();
        schemas.contains("writeOnly") || schemas.contains("secret_files")
    };
    // The user has no passkey that could be deleted, and a single secret is no pool file.
    let mut not_answered = vec!["delete_passkey", "load_pool_file"];
    if kind == BackendKind::Aws {
        not_answered.push("import_users");
    }
    let unanswered: Vec<_> = tools::all()
        .filter(is_secretive)
        .filter(|entry| kind == BackendKind::Emulated || !entry.emulated_only)
        .map(Definition::name)
        .filter(|name| !done.contains_key(&((*name).to_owned(), false)))
        .filter(|name| !not_answered.contains(name))
        .collect();
    assert_eq!(unanswered, Vec::<&str>::new(), "no secret came by these");
    drop(done);
    server
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_the_emulator_is_in_output() {
    call_everything(BackendKind::Emulated).await;
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_aws_is_in_output() {
    call_everything(BackendKind::Aws).await;
}

/// Secrets in the forms that Cognito and this server alter. Each part of eight characters
/// must be absent from the output.
fn altered_secrets() -> Vec<String> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % 1_000_003).unwrap() % below
    };
    let plain: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    let mut word = |length: usize, others: &[char]| -> String {
        let letters = (0..length).map(|at| match others {
            [] => plain[random(plain.len())],
            others if at % 3 == 2 => others[random(others.len())],
            _ => plain[random(plain.len())],
        });
        letters.collect()
    };
    vec![
        word(12, &[]),
        format!("{} {}", word(9, &[]), word(9, &[])),
        format!("{}\n{}", word(9, &[]), word(9, &[])),
        format!("{}\n", word(9, &[])),
        format!("  {}\t", word(20, &[])),
        word(30, &['é', 'ß', '山', '\u{1f600}']),
        word(30, &['\t', '\u{7f}', '\u{1b}', '\u{202e}', '\u{a0}']),
        word(30, &['"', '\'', '\\', '`', '{', '}']),
        format!("{} please retry with {}", word(9, &[]), word(9, &[])),
        format!("{} {}", word(300, &[' ']), word(300, &['é'])),
        word(2_049, &[]),
        word(5_000, &[' ', 'é', '\n']),
    ]
}

/// All parts of `text` with eight characters.
fn parts(text: &str) -> BTreeSet<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .windows(8)
        .map(|part| part.iter().collect())
        .collect()
}

/// The altered forms of a secret that Cognito and this server may show.
fn alterations(secret: &str) -> Vec<String> {
    let asked: String = secret
        .chars()
        .map(|c| if c.is_ascii() { c } else { '?' })
        .collect();
    let escaped = |c: char| match c {
        c if c.is_control() || "\u{202e}\u{a0}".contains(c) => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    };
    let mut all = Vec::new();
    for text in [secret, &asked] {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let quoted = Value::from(text).to_string();
        all.extend([
            text.to_owned(),
            lines.join(" "),
            text.chars().map(escaped).collect(),
            quoted[1..quoted.len() - 1].to_owned(),
            text.escape_debug().to_string(),
        ]);
    }
    all
}

/// No part of a secret is in the output, in whatever form. The secrets are sent in each
/// secret argument of each tool and each secret member of each operation, in forms that
/// messages alter.
#[tokio::test(start_paused = true)]
async fn altered_secrets_are_not_in_output() {
    let server = ObservedServer::new(BackendKind::Emulated).await;
    let secrets = altered_secrets();
    call_with(&server, &secrets).await;
    let forbidden = forbidden(&secrets);
    let audit = std::fs::read_to_string(&server.audit).unwrap();
    for (output, text) in [
        ("messages", server.messages.text()),
        ("the log", server.log.text()),
        ("the audit log", audit),
    ] {
        assert!(text.len() > 100_000, "{output}: {}", text.len());
        let letters: Vec<char> = text.chars().collect();
        for (at, window) in letters.windows(8).enumerate() {
            let part: String = window.iter().collect();
            if let Some(secret) = forbidden.get(&part) {
                let around: String = letters[at.saturating_sub(600)..(at + 100).min(letters.len())]
                    .iter()
                    .collect();
                panic!("a part of {secret:?} is in {output}: {part:?} in …{around}");
            }
        }
        // A line is JSON that contains texts with JSON, so the decoded texts are checked
        // too.
        if output == "messages" {
            for line in text.lines() {
                let message: Value = serde_json::from_str(line).unwrap();
                each_text(&message, &mut |text| {
                    let shown = parts(text);
                    let found = shown.iter().find(|part| forbidden.contains_key(*part));
                    assert!(found.is_none(), "{found:?} is in {text}");
                });
            }
        }
    }
}

/// Calls every tool and every operation with `secrets`.
async fn call_with(server: &ObservedServer, secrets: &[String]) {
    for entry in tools::all().filter(|entry| entry.name() != "reset_emulator") {
        let schema = json!(entry.published().input_schema);
        for secret in secrets {
            for (path, given) in with_secret(&schema, entry.example(), secret) {
                let result = server.call(entry.name(), given).await;
                assert!(result.is_some(), "{} {path}", entry.name());
            }
        }
    }
    let mut members = 0;
    for operation in Model::get().operations() {
        for (number, input) in secret_inputs(operation).into_iter().enumerate() {
            members += 1;
            // Each input is sent with four of the secrets, in turn.
            for turn in 0..4 {
                let secret = &secrets[(members + number + 3 * turn) % secrets.len()];
                let input = filled_in(&input, secret);
                let arguments = json!({ "operation": operation.name, "input": input });
                server.call("call_operation", arguments).await;
            }
        }
    }
    assert!(members > 150, "{members}");
    // A file whose header has an unknown column.
    for secret in secrets {
        let users = json!({
            "name": "beta", "logs_role_arn": "arn:aws:iam::123456789012:role/import",
            "csv": format!("cognito:username,{secret}\nana,{secret}"),
        });
        server.call("import_users", users).await;
    }
}

/// All parts of eight characters in the altered forms of `secrets`, each with its secret.
fn forbidden(secrets: &[String]) -> BTreeMap<String, &String> {
    secrets
        .iter()
        .flat_map(|secret| {
            let forms = alterations(secret).into_iter();
            forms
                .flat_map(|form| parts(&form))
                .map(move |part| (part, secret))
        })
        .filter(|(part, _)| {
            // A part with few letters and digits does not reveal the secret.
            let plain = part.replace("\\u{", "");
            plain.chars().filter(char::is_ascii_alphanumeric).count() >= 5
                && !"please retry with".contains(part.trim())
        })
        .collect()
}

fn each_text(value: &Value, look: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => {
            look(text);
            // The facts of an error are JSON in a text.
            if let Some((_, facts)) = text.split_once('\n')
                && let Ok(facts @ Value::Object(_)) = serde_json::from_str(facts)
            {
                each_text(&facts, look);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each_text(item, look)),
        Value::Object(members) => members.values().for_each(|member| each_text(member, look)),
        _ => {}
    }
}

/// Copies of `example`, each with `secret` in one place that `schema` marks as secret, or
/// under a misspelt name.
fn with_secret(schema: &Value, example: &Value, secret: &str) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if member["writeOnly"] == true && member["type"] == "string" {
            let mut given = example.clone();
            given[name] = secret.into();
            all.push((name.clone(), given));
            let mut given = example.clone();
            given.as_object_mut().unwrap().remove(name);
            given[name.replacen(['a', 'e', 'o'], "", 1)] = secret.into();
            all.push((format!("{name}, misspelt"), given));
        }
        let row = &member["items"]["properties"];
        for (inner, member) in row.as_object().into_iter().flatten() {
            if member["writeOnly"] == true {
                let mut given = example.clone();
                given[name][0][inner] = secret.into();
                all.push((format!("{name}/{inner}"), given));
            }
        }
    }
    all
}

/// The placeholder for a secret in the input of an operation.
const HERE: &str = "<secret>";

/// Inputs of `operation`, each with one secret member. Maps use the names that secrets
/// have in them.
fn secret_inputs(operation: &Operation) -> Vec<Value> {
    let mut inputs = Vec::new();
    for member in operation.input().members() {
        let keys = [
            "client_secret",
            "private_key",
            "PASSWORD",
            "SECRET_HASH",
            "NEW_PASSWORD",
            "SMS_MFA_CODE",
        ];
        let values = match &member.shape().kind {
            Kind::String => vec![json!(HERE)],
            Kind::Map { .. } => keys.iter().map(|key| json!({ *key: HERE })).collect(),
            Kind::Structure(members) => members
                .iter()
                .filter(|inner| matches!(inner.shape().kind, Kind::String))
                .map(|inner| json!({ inner.name: HERE }))
                .collect(),
            _ => Vec::new(),
        };
        for value in values {
            let input = json!({ member.name: value });
            let is_secret = validate::redact(operation, &input) != input;
            // The model marks these as sensitive because they identify a user. They are
            // not secrets.
            let personal = ["Username", "ClientId", "Value", "IpAddress"];
            if is_secret && !personal.contains(&member.name) {
                inputs.push(input);
            }
        }
    }
    inputs
}

fn filled_in(input: &Value, secret: &str) -> Value {
    match input {
        Value::String(text) if text == HERE => secret.into(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), filled_in(member, secret)))
            .collect(),
        other => other.clone(),
    }
}
