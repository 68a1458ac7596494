//! The server of generated slips: a pool with one object of each kind, and its calls.
//!
//! `evaluation/calls.toml` describes the pool. Before each slip the emulator returns to the
//! saved state of this pool, so that all calls are made in equal states.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cognito_emulator::auth::totp;
use cognito_emulator::layers::journal::Entry;
use cognito_emulator::stack::OutboxFilter;
use cognito_mcp::cognito::operations::{self, Effect};
use cognito_mcp::config::{BackendKind, Config, Selection};
use cognito_mcp::tools;
use regex::Regex;
use rmcp::ServiceError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call;
use crate::refusal;
use crate::sign_in_page::authorization_code;
use crate::test_server::{PASSWORD, TestServer};

/// `evaluation/calls.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) setup: Setup,
    pub(super) object: Vec<Object>,
    /// Other words for values.
    pub(super) words: BTreeMap<String, Vec<String>>,
    /// Other words in the names of tools.
    pub(super) verbs: BTreeMap<String, Vec<String>>,
    pub(super) call: Vec<Call>,
}

/// The pool and the client, and what is in the pool.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setup {
    pool: Value,
    app: Value,
    before: Vec<Step>,
}

/// An operation of Cognito and its input, or a tool and its arguments.
pub(super) type Step = (String, Value);

/// An object of the pool to which calls refer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Object {
    pub(super) kind: String,
    /// The value that identifies it.
    pub(super) value: String,
    /// The call that creates it.
    pub(super) create: Option<Step>,
    /// The operation that removes it.
    pub(super) remove: Option<Step>,
}

/// A valid call.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) arguments: Value,
    /// Calls before it, which do not belong to the saved state.
    #[serde(default)]
    pub(super) before: Vec<Step>,
    /// The backends on which it is possible; all if there are none.
    #[serde(default)]
    backends: Vec<String>,
    /// Whether Cognito refuses the call in this state. The outcome is the refusal.
    #[serde(default)]
    pub(super) refused: bool,
}

impl Call {
    /// Whether the call is possible on `backend`.
    pub(super) fn is_on(&self, backend: BackendKind) -> bool {
        let name = match backend {
            BackendKind::Emulated => "emulated",
            BackendKind::Aws => "aws",
        };
        let tool = tools::find(&self.tool).unwrap();
        (self.backends.is_empty() || self.backends.iter().any(|on| on == name))
            && (backend == BackendKind::Emulated || !tool.emulated_only)
    }
}

pub(super) fn file() -> File {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/evaluation/calls.toml");
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The result of a call of a tool.
#[derive(Clone, Debug)]
pub(super) enum Called {
    Done(Value),
    Refused {
        sentence: String,
        facts: Value,
    },
    /// There is no such tool.
    Unknown(String),
}

/// What a chain of calls has done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reached {
    /// The successful requests of the last call. Reads of a client's secret are left out, because
    /// the secret is read only once; so are full pages of pools and clients, which find a name
    /// that was given for an id.
    pub(super) last: Vec<String>,
    /// The successful requests of all calls that are not reads.
    pub(super) writes: Vec<String>,
    /// The answer of the last call, without values that differ between runs.
    pub(super) answer: String,
}

/// The name of the saved state.
const SAVED: &str = "slips";

/// A server over the pool of [`Setup`].
pub(super) struct PreparedServer {
    pub(super) server: TestServer,
    pub(super) backend: BackendKind,
    /// Placeholders and their values.
    names: Vec<(&'static str, String)>,
    /// The session of a sign-in and the code for an authenticator app, from steps before a call.
    session: String,
    totp: String,
}

impl PreparedServer {
    pub(super) async fn new(backend: BackendKind, setup: &Setup) -> Self {
        let config = Config {
            backend,
            allow_destructive: backend == BackendKind::Aws,
            selection: Selection {
                toolsets: vec!["all".to_owned()],
                ..Selection::default()
            },
            ..Config::default()
        };
        let (pool, app) = (setup.pool.clone(), setup.app.clone());
        let server = TestServer::configured(config, pool, app, false).await;
        let mut prepared = Self {
            server,
            backend,
            names: Vec::new(),
            session: String::new(),
            totp: String::new(),
        };
        let pool = json!({ "UserPoolId": prepared.server.pool_id() });
        let described = prepared.server.cognito("DescribeUserPool", pool);
        let arn = described["UserPool"]["Arn"].as_str().unwrap().to_owned();
        prepared.names.push(("$arn", arn));
        for step in &setup.before {
            prepared
                .server
                .prepare(&step.0, &prepared.filled(&step.1))
                .await;
        }
        prepared.add_objects().await;
        prepared.server.stack().save_state("fixture").unwrap();
        prepared.server.stack().save_state(SAVED).unwrap();
        prepared
    }

    /// Adds what needs the responses of earlier calls: tokens, a device, an event, and a
    /// client for machines.
    async fn add_objects(&mut self) {
        for token in ["$access", "$id_token", "$refresh", "$job"] {
            let value = self.server.filled(&json!(token));
            self.names.push((token, value.as_str().unwrap().to_owned()));
        }
        let machine = json!({
            "ClientName": "machine", "GenerateSecret": true, "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthFlowsUserPoolClient": true, "AllowedOAuthScopes": ["https://api.example.com/read"],
            "ExplicitAuthFlows": ["ALLOW_CLIENT_TOKEN_AUTH"],
        });
        let machine = self.server.look("CreateUserPoolClient", &machine).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let client = &machine["UserPoolClient"];
        let id = text(&client["ClientId"]);
        let named = json!({ "ClientId": id });
        let secrets = self.server.look("ListUserPoolClientSecrets", &named).await;
        self.names.extend([
            (
                "$machine_secret_id",
                text(&secrets["ClientSecrets"][0]["ClientSecretId"]),
            ),
            ("$machine_secret", text(&client["ClientSecret"])),
            ("$machine", id),
        ]);
        let place = [self.server.client_id(), "https://app.example.com/callback"];
        let code = authorization_code(self.server.stack(), place, ["hannah", PASSWORD], "");
        self.names.push(("$granted", code));
        let signed_in = self.server.cognito(
            "InitiateAuth",
            json!({
                "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.server.client_id(),
                "AuthParameters": { "USERNAME": "hannah", "PASSWORD": PASSWORD },
            }),
        );
        let result = &signed_in["AuthenticationResult"];
        let key = &result["NewDeviceMetadata"]["DeviceKey"];
        let verifier = json!({ "Salt": "c2FsdA==", "PasswordVerifier": "dmVyaWZpZXI=" });
        self.server.cognito(
            "ConfirmDevice",
            json!({
                "AccessToken": result["AccessToken"], "DeviceKey": key, "DeviceName": "Tablet",
                "DeviceSecretVerifierConfig": verifier,
            }),
        );
        let events = json!({ "Username": "hannah", "MaxResults": 1 });
        let events = self.server.look("AdminListUserAuthEvents", &events).await;
        self.names.extend([
            ("$device_refresh", text(&result["RefreshToken"])),
            ("$device", text(key)),
            ("$event", text(&events["AuthEvents"][0]["EventId"])),
        ]);
    }

    /// `value` with its placeholders replaced, except those of the steps before a call.
    pub(super) fn fixed(&self, value: &Value) -> Value {
        let mut text = value.to_string();
        for name in STEPS {
            text = text.replace(&format!("${name}"), &format!("%{name}"));
        }
        for (name, value) in &self.names {
            text = text.replace(name, value);
        }
        let filled = self.server.filled(&serde_json::from_str(&text).unwrap());
        let mut text = filled.to_string();
        for name in STEPS {
            text = text.replace(&format!("%{name}"), &format!("${name}"));
        }
        serde_json::from_str(&text).unwrap()
    }

    /// `value` with its placeholders replaced.
    pub(super) fn filled(&self, value: &Value) -> Value {
        let mut text = value.to_string();
        let own = [("$session", &self.session), ("$totp", &self.totp)];
        let own = own.into_iter();
        let all = own.chain(self.names.iter().map(|(name, value)| (*name, value)));
        for (name, value) in all {
            text = text.replace(name, value);
        }
        if text.contains("$code") {
            let sent = self.server.stack().outbox(&OutboxFilter::default()).pop();
            text = text.replace("$code", &sent.map_or_else(String::new, |sent| sent.code));
        }
        self.server.filled(&serde_json::from_str(&text).unwrap())
    }

    /// Returns to the saved state, and makes the steps before a call.
    pub(super) async fn begin(&mut self, before: &[Step]) {
        self.server.stack().restore_state(SAVED).unwrap();
        // The call before may have deleted it.
        self.server.stack().save_state("fixture").unwrap();
        // A save point does not have the throttle.
        self.server.stack().set_throttle("off".parse().unwrap());
        for (name, arguments) in before {
            let arguments = self.filled(arguments);
            if name.starts_with(char::is_uppercase) {
                let made = self.server.cognito(name, arguments);
                if let Some(secret) = made["SecretCode"].as_str() {
                    let now = self.server.stack().world().now();
                    self.totp = totp::Secret::from_code(secret).unwrap().password_at(now);
                }
                continue;
            }
            let targets = self.filled(&self.targets(name, &arguments));
            let Called::Done(answer) = self.call(name, &targets).await else {
                panic!("{name} {targets} prepares a call");
            };
            if let Some(session) = answer["session"].as_str() {
                session.clone_into(&mut self.session);
            }
        }
        self.server.stack().clear_journal();
    }

    /// `arguments` with the pool and the client, where the tool accepts them and the call does
    /// not name others. Placeholders of steps remain.
    pub(super) fn targets(&self, tool: &str, arguments: &Value) -> Value {
        let mut arguments = self.fixed(arguments);
        let tool = tools::find(tool).unwrap();
        let properties = tool.published().input_schema.get("properties");
        for (name, id) in [
            ("user_pool_id", self.server.pool_id()),
            ("client_id", self.server.client_id()),
        ] {
            let is_accepted = properties.is_some_and(|known| known.get(name).is_some());
            if is_accepted && arguments.get(name).is_none() {
                arguments[name] = json!(id);
            }
        }
        arguments
    }

    /// Calls a tool. A confirmation that the server requires is given.
    pub(super) async fn call(&self, tool: &str, arguments: &Value) -> Called {
        let called = self.call_once(tool, arguments).await;
        let Called::Refused { facts, .. } = &called else {
            return called;
        };
        if facts["code"] != "ConfirmationRequired" {
            return called;
        }
        let hint = facts["hint"].as_str().unwrap();
        let Some(phrase) = PHRASE.captures(hint) else {
            return called;
        };
        let mut confirmed = arguments.clone();
        confirmed["confirm"] = json!(phrase[1]);
        self.call_once(tool, &confirmed).await
    }

    async fn call_once(&self, tool: &str, arguments: &Value) -> Called {
        if tools::find(tool).is_none() {
            return match crate::call_unchecked(&self.server.client, tool, arguments).await {
                Err(ServiceError::McpError(error)) => Called::Unknown(error.message.into_owned()),
                other => panic!("{tool} is no tool: {other:?}"),
            };
        }
        let result = call(&self.server.client, tool, arguments.clone())
            .await
            .unwrap();
        if result.is_error == Some(true) {
            let (sentence, facts) = refusal(Ok(result));
            return Called::Refused { sentence, facts };
        }
        Called::Done(result.structured_content.unwrap())
    }

    /// The number of requests that were made.
    pub(super) fn made(&self) -> usize {
        self.server.stack().journal_len()
    }

    /// What the calls since the beginning have done. The last call began after `before`
    /// requests.
    pub(super) fn reached(&self, before: usize, answer: &Value) -> Reached {
        let made = self.server.stack().journal_after(0);
        let shown = |entry: &Entry| {
            let mut request = entry.request.clone();
            request.sort_all_objects();
            self.masked(&format!("{} {request}", entry.operation))
        };
        let finds_name = |entry: &Entry| {
            let operation = &*entry.operation;
            let lists = ["ListUserPools", "ListUserPoolClients"].contains(&operation);
            lists && entry.request["MaxResults"] == 60
        };
        let counts = |entry: &&Entry| {
            let reads_secret = entry.operation == "DescribeUserPoolClient";
            entry.code.is_none() && !reads_secret && !finds_name(entry)
        };
        let writes = |entry: &&Entry| {
            let operation = operations::find(&entry.operation);
            operation.is_none_or(|operation| operation.effect > Effect::Read)
        };
        Reached {
            last: made.iter().skip(before).filter(counts).map(shown).collect(),
            writes: made
                .iter()
                .filter(counts)
                .filter(writes)
                .map(shown)
                .collect(),
            answer: self.answer(answer),
        }
    }

    /// An answer without the place of a write and without values that differ between runs.
    fn answer(&self, answer: &Value) -> String {
        let mut answer = answer.clone();
        if let Some(members) = answer.as_object_mut() {
            members.shift_remove("on");
        }
        answer.sort_all_objects();
        self.masked(&answer.to_string())
    }

    /// `text` without values that differ between runs.
    pub(super) fn masked(&self, text: &str) -> String {
        let mut text = text
            .replace(self.server.pool_id(), "$pool")
            .replace(self.server.client_id(), "$client");
        for (name, value) in &self.names {
            text = text.replace(value, name);
        }
        if !self.session.is_empty() {
            text = text.replace(&self.session, "~");
        }
        VOLATILE.replace_all(&text, "~").into_owned()
    }
}

/// The phrase that a confirmation requires.
static PHRASE: LazyLock<Regex> = LazyLock::new(|| Regex::new("exactly: `([^`]*)`").unwrap());

/// The placeholders of steps before a call.
const STEPS: [&str; 3] = ["session", "code", "totp"];

/// Values that differ between runs: sessions, references, tokens, times, random ids.
static VOLATILE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"session-[0-9a-z-]+|secret:[a-z_]+/[a-z0-9]+|eyJ[A-Za-z0-9_.-]+",
        r"|\d{4}-\d\d-\d\dT[0-9:.]+Z|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        r"|\b[0-9a-z]{26}\b|us-east-1_[0-9A-Za-z]{9}\b|import-[0-9A-Za-z]{10}\b",
        r#"|"Session":"[^"]*"|"[A-Za-z0-9+/=_-]{40,}""#,
        // The ids of faults, which count on after a saved state is restored.
        r#"|"id":\d+"#,
    ))
    .unwrap()
});
