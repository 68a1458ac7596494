//! The context of a call, through which a tool uses the server.
//!
//! Its methods are in several files: the pool, client and user of a call in `targets`,
//! secrets in `secrets`, repeated calls and pages in `pages`, waits and progress in
//! `progress`, operations by name in `by_name`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sdk_cognitoidentityprovider::Client;
use parking_lot::Mutex;
use rmcp::RoleServer;
use rmcp::model::{JsonObject, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::call::server_context::ServerContext;
use crate::call::sign_ins::Sessions;
use crate::cognito::backend::caller::Identity;
use crate::cognito::backend::endpoint::Endpoints;
use crate::cognito::backend::{Defaults, Emulated};
use crate::cognito::jwt::Issuers;
use crate::cognito::operations::Effect;
use crate::cognito::place::Place;
use crate::cognito::pools::Pools;
use crate::cognito::watch::{Record, Request, Watch};
use crate::cognito::web::Web;
use crate::definition::Definition;
use crate::error::{ToolError, ToolResult};
use crate::guard::secrets::{Owner, Vault};

/// When the secret of a client was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// By an earlier call. The client may have another secret now.
    Earlier,
    /// By this call.
    Now,
}

/// One call of a tool, or a completion.
#[derive(Clone)]
pub(crate) struct Cx {
    pub(super) shared: Arc<ServerContext>,
    name: &'static str,
    definition: Option<&'static Definition>,
    /// The validated arguments.
    pub(crate) arguments: JsonObject,
    effect: Effect,
    operations: &'static [&'static str],
    /// Cancelled when the client no longer waits.
    pub(crate) cancel: CancellationToken,
    pub(super) dry_run: bool,
    covered: Option<u32>,
    owner: Owner,
    vault: Arc<Vault>,
    pub(super) progress: Option<(Peer<RoleServer>, ProgressToken)>,
    /// Members of the answer that are known before the call writes.
    preview: Arc<Mutex<JsonObject>>,
    /// When the client secrets that this call used were read, by client id.
    pub(super) secrets: Arc<Mutex<BTreeMap<String, Read>>>,
    /// The requests that the call sent, if the client shows them.
    record: Option<Record>,
}

impl Cx {
    /// A call of the tool `definition` with `arguments`.
    pub(crate) fn new(
        shared: Arc<ServerContext>,
        definition: &'static Definition,
        arguments: JsonObject,
        request: &RequestContext<RoleServer>,
    ) -> Self {
        let cx = Self::without_tool(shared, "", JsonObject::new(), request);
        cx.for_call(definition, arguments)
    }

    /// A request that is not a call of a tool: `name` is its method.
    pub(crate) fn without_tool(
        shared: Arc<ServerContext>,
        name: &'static str,
        arguments: JsonObject,
        request: &RequestContext<RoleServer>,
    ) -> Self {
        let token = request.meta.get_progress_token();
        Self {
            vault: Arc::new(shared.vault.for_call()),
            shared,
            name,
            definition: None,
            arguments,
            effect: Effect::Read,
            operations: &[],
            // The server's own time limit cancels this call, not the whole request.
            cancel: request.ct.child_token(),
            dry_run: false,
            covered: None,
            owner: Owner::of(request),
            progress: token.map(|token| (request.peer.clone(), token)),
            preview: Arc::default(),
            secrets: Arc::default(),
            record: None,
        }
    }

    /// The same call, with a record of the requests that it sends.
    pub(crate) fn recording(self) -> Self {
        Self {
            record: Some(Record::default()),
            ..self
        }
    }

    /// The requests that the call sent so far, if they are recorded.
    pub(crate) fn recorded(&self) -> Option<Vec<Request>> {
        self.record.as_ref().map(Record::requests)
    }

    /// The context of a nested call, with another tool or other arguments.
    pub(crate) fn for_call(&self, definition: &'static Definition, arguments: JsonObject) -> Self {
        Self {
            name: definition.name(),
            definition: Some(definition),
            effect: definition.effect_with(&arguments),
            operations: definition.operations_with(&arguments),
            arguments,
            ..self.clone()
        }
    }

    /// This request in the state of a server that rehearses calls; it notifies of no progress.
    pub(crate) fn in_copy(&self, shared: Arc<ServerContext>) -> Self {
        Self {
            shared,
            progress: None,
            dry_run: false,
            covered: None,
            ..self.clone()
        }
    }

    /// The state that all calls of this server share.
    pub(crate) fn shared(&self) -> &ServerContext {
        &self.shared
    }

    /// The same call as a dry run.
    pub(crate) fn dry(&self) -> Self {
        Self {
            dry_run: true,
            progress: None,
            preview: Arc::default(),
            ..self.clone()
        }
    }

    /// Adds a member of the answer that is known before the call writes. A dry run, whose first
    /// write ends the call, and the question that confirms the call show it.
    pub(crate) fn foresee(&self, name: &str, value: impl Serialize) {
        if let Ok(value) = serde_json::to_value(value)
            && !value.is_null()
        {
            self.preview.lock().insert(name.to_owned(), value);
        }
    }

    /// The members that [`Cx::foresee`] added.
    pub(crate) fn foreseen(&self) -> JsonObject {
        self.preview.lock().clone()
    }

    /// The same call, confirmed for at most `users` users.
    pub(crate) fn covering(&self, users: Option<u32>) -> Self {
        Self {
            covered: users,
            ..self.clone()
        }
    }

    /// The most users that the call may change, if it was confirmed for a number of users.
    pub(crate) fn covered(&self) -> Option<u32> {
        self.covered
    }

    /// Whether the call is a dry run.
    pub(crate) fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// The name of the tool, or the method of a request that calls none.
    pub(crate) fn tool(&self) -> &'static str {
        self.name
    }

    /// The tool that is called, if one is.
    pub(crate) fn definition(&self) -> Option<&'static Definition> {
        self.definition
    }

    /// The definition of the tool called `name`, enabled or not.
    pub(crate) fn definition_of(&self, name: &str) -> Option<&'static Definition> {
        self.shared.definition(name)
    }

    /// The effect of the call.
    pub(crate) fn effect(&self) -> Effect {
        self.effect
    }

    /// The operations that the call may use.
    pub(crate) fn operations(&self) -> &'static [&'static str] {
        self.operations
    }

    /// A watch over the requests of this call.
    pub(crate) fn watch(&self) -> Watch {
        let watch = self.shared.watch(self.operations, self.cancel.clone());
        match &self.record {
            // The console reads what its pages show. In the journal these reads would hide the
            // requests of applications.
            Some(record) => watch.recording(record.clone()).looking_up(),
            None => watch,
        }
    }

    /// Runs the requests of a hint. They are read-only, and tools do not declare them.
    pub(crate) async fn for_hints<F: Future>(&self, requests: F) -> F::Output {
        let watch = self.shared.watch_for_hints(self.cancel.clone());
        Arc::new(watch).over(requests).await
    }

    /// The tools that are enabled.
    pub(crate) fn enabled(&self) -> impl Iterator<Item = &'static Definition> {
        self.shared.views.values().map(|view| view.definition)
    }

    /// Whether the tool called `name` is enabled.
    pub(crate) fn is_enabled(&self, name: &str) -> bool {
        self.shared.is_enabled(name)
    }

    /// The strongest effect that a call may have on this server.
    pub(crate) fn allowed(&self) -> Effect {
        self.shared.allowed
    }

    /// The time limit of a call.
    pub(crate) fn limit(&self) -> Duration {
        self.shared.limit
    }

    /// The user pools that calls may reach.
    pub(crate) fn pools(&self) -> &Pools {
        &self.shared.pools
    }

    /// The pool and client of calls that do not name them.
    pub(crate) fn defaults(&self) -> Defaults {
        self.shared.defaults()
    }

    /// The SDK's client, connected to AWS or to the emulator.
    pub(crate) fn cognito(&self) -> &Client {
        &self.shared.backend.client
    }

    /// The emulator, if it is the backend.
    ///
    /// # Errors
    /// `EmulatorOnly` on AWS.
    pub(crate) fn emulator(&self) -> ToolResult<&Emulated> {
        self.shared.backend.emulator.as_ref().ok_or_else(|| {
            let message = format!("{} requires the emulated backend", self.name);
            ToolError::new("EmulatorOnly", message)
        })
    }

    /// The issuers of tokens, with their keys.
    pub(crate) fn issuers(&self) -> &Issuers {
        &self.shared.backend.issuers
    }

    /// The HTTP client for requests outside Cognito's API.
    pub(crate) fn web(&self) -> &Web {
        &self.shared.backend.web
    }

    /// The HTTP client for requests to domains of pools.
    pub(crate) fn domains(&self) -> &Web {
        &self.shared.backend.domains
    }

    /// The time by the backend's clock.
    pub(crate) fn now(&self) -> SystemTime {
        self.shared.backend.clock.now()
    }

    /// The time at which an application would verify a token that is issued now.
    pub(crate) fn token_now(&self) -> SystemTime {
        match &self.shared.backend.emulator {
            Some(emulator) => emulator.token_now(),
            None => self.now(),
        }
    }

    /// Sign-ins in progress.
    pub(crate) fn sessions(&self) -> &Sessions {
        &self.shared.sessions
    }

    /// Secrets of this call, to which its answer and its arguments refer.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The principal that calls.
    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The AWS Region of the backend.
    pub(crate) fn region(&self) -> &str {
        &self.shared.backend.region
    }

    /// The address of the Cognito API, if it is not AWS's own.
    pub(crate) fn endpoint(&self) -> Option<String> {
        let backend = &self.shared.backend;
        let custom = backend.endpoints.as_ref().and_then(Endpoints::custom);
        let emulator = backend.emulator.as_ref().and_then(Emulated::address);
        let address = emulator.or(custom.map(|(address, _)| address));
        address.map(ToOwned::to_owned)
    }

    /// The identity of the server's credentials, or why it is unknown.
    pub(crate) async fn caller(&self) -> Result<Identity, String> {
        self.shared.backend.caller.identity().await
    }

    /// The place of this call.
    pub(crate) async fn place(&self) -> Place {
        let input = self.arguments.get("input");
        let pool = self.arguments.get("user_pool_id");
        let pool = pool.or_else(|| input?.get("UserPoolId"));
        let mut place = self.shared.place(pool.and_then(Value::as_str)).await;
        if let Some(id) = &place.user_pool_id {
            place.user_pool_name = self.pool_name(id).await;
        }
        place
    }
}
