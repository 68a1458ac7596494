//! What agents do with the tools, from the first call to the last.

mod branding;
mod clients;
mod create_users;
mod devices;
mod emulator;
mod federation;
mod groups;
mod import;
mod list_users;
mod mfa;
mod pools;
mod raw;
mod resource_servers;
mod risk;
mod sign_in;
mod tokens;
mod users;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_cognitoidentityprovider::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use cognito_emulator::stack::Stack;
use cognito_emulator::wire::{Call, Service};
use cognito_mcp::cognito::backend::{self, Backend};
use cognito_mcp::config::Config;
use serde_json::{Value, json};

use crate::Client;
use crate::answer;
use crate::call;
use crate::connect;
use crate::every_tool;
use crate::refusal;
use crate::text;

/// A server over an emulator, with a door behind it for what no tool makes.
struct Place {
    client: Client,
    stack: Stack,
    /// Session strings that Cognito gave the server.
    sessions: Overheard,
}

impl Place {
    async fn new() -> Self {
        Self::with(every_tool(), |_| {}).await
    }

    async fn with(config: Config, change: impl FnOnce(&mut Backend)) -> Self {
        let mut backend = backend::connect(&config).await.unwrap();
        let stack = backend.emulator.as_ref().unwrap().stack().clone();
        let sessions = Overheard::default();
        let sdk = backend.client.config().to_builder();
        let sdk = sdk.interceptor(sessions.clone()).build();
        backend.client = aws_sdk_cognitoidentityprovider::Client::from_conf(sdk);
        change(&mut backend);
        Self {
            client: connect(&config, backend).await,
            stack,
            sessions,
        }
    }

    /// A call that succeeds.
    async fn done(&self, tool: &str, arguments: Value) -> Value {
        answer(self.call(tool, arguments).await)
    }

    /// A call that fails: the sentence and the facts.
    async fn refused(&self, tool: &str, arguments: Value) -> (String, Value) {
        refusal(self.call(tool, arguments).await)
    }

    /// Whatever comes of it, no answer has one of Cognito's session strings.
    async fn call(
        &self,
        tool: &str,
        arguments: Value,
    ) -> Result<rmcp::model::CallToolResult, rmcp::ServiceError> {
        let result = call(&self.client, tool, arguments).await;
        let told = text(result.as_ref().unwrap());
        for session in &*self.sessions.0.lock().unwrap() {
            assert!(!told.contains(session), "{tool} told a session: {told}");
        }
        result
    }

    /// The demo's client.
    fn default_client(&self) -> Value {
        let pools = self.cognito("ListUserPools", json!({ "MaxResults": 1 }));
        let pool = &pools["UserPools"][0]["Id"];
        let input = json!({ "UserPoolId": pool, "MaxResults": 1 });
        self.cognito("ListUserPoolClients", input)["UserPoolClients"][0]["ClientId"].take()
    }

    /// An operation of Cognito that no tool has.
    #[track_caller]
    fn cognito(&self, operation: &str, input: Value) -> Value {
        let reply = self.stack.call(&Call::new(operation, input));
        assert!(reply.is_ok(), "{operation}: {reply}");
        reply.body.json().clone()
    }

    /// A pool with a client that has a secret; the arguments that name them.
    fn pool(&self, settings: Value) -> Value {
        let mut input = json!({ "PoolName": "flows", "AliasAttributes": ["email"] });
        merge(&mut input, settings);
        let pool = self.cognito("CreateUserPool", input)["UserPool"]["Id"].take();
        let client = self.cognito(
            "CreateUserPoolClient",
            json!({
                "UserPoolId": pool,
                "ClientName": "flows",
                "GenerateSecret": true,
                "ExplicitAuthFlows": [
                    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
                    "ALLOW_REFRESH_TOKEN_AUTH",
                    "ALLOW_USER_PASSWORD_AUTH",
                ],
            }),
        );
        json!({ "user_pool_id": pool, "client_id": client["UserPoolClient"]["ClientId"] })
    }
}

/// `over` with what `arguments` have.
fn with(arguments: &Value, over: Value) -> Value {
    let mut all = arguments.clone();
    merge(&mut all, over);
    all
}

fn merge(value: &mut Value, over: Value) {
    let (Value::Object(value), Value::Object(over)) = (value, over) else {
        panic!("two objects");
    };
    value.extend(over);
}

/// Remembers the session strings of the answers that the SDK reads.
#[derive(Clone, Debug, Default)]
struct Overheard(Arc<Mutex<BTreeSet<String>>>);

impl Intercept for Overheard {
    fn name(&self) -> &'static str {
        "overheard"
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
