//! The run of a call: every step from the gate to the answer.
//!
//! 1. Names of pools and clients that are given for ids are replaced by the ids.
//! 2. The gate: whether this server allows the tool and its effect. The user pool and the
//!    arguments are validated.
//! 3. A dry run shows what would be called, and ends here.
//! 4. A destructive call is confirmed.
//! 5. The tool runs, within a time limit.
//! 6. The answer is escaped, and bounded in size. An error gets its hint.

pub(crate) mod answer_size;
pub mod confirm;
mod deadline;
mod dry_run;
mod execute;
mod gate;
#[cfg(unix)]
pub(crate) mod hand_over;
#[cfg(unix)]
pub(crate) mod operator;
pub(crate) mod public;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, InputRequiredResult, JsonObject,
    MetaObject,
};
use rmcp::service::RequestContext;
use serde_json::Value;

use self::confirm::{ConfirmationInput, Confirmations, Decision};
pub(crate) use self::gate::Gate;
use crate::bounds;
use crate::call::context::Cx;
use crate::call::names;
use crate::call::pool_names::PoolNames;
use crate::call::published::{self, Publication, View};
use crate::call::server_context::ServerContext;
use crate::call::sign_ins::Sessions;
use crate::cognito::backend::{Backend, Defaults};
use crate::cognito::operations::{self, Effect, Scope};
use crate::cognito::policy::{Location, Policy};
use crate::cognito::pools::Pools;
use crate::config::Config;
use crate::definition::{Definition, added};
use crate::error::{ToolError, ToolResult};
use crate::guard::redact;
use crate::guard::secrets::{self, Folder, Vault};
use crate::guard::untrusted;
use crate::hints;
use crate::principal::Principal;
use crate::record::audit::{self, Log, Trail};
use crate::size;
use crate::start::{dotenv, selection};
use crate::start_error::StartError;
use crate::stderr::note;
use crate::tools::{self, Entry};

/// The member of a result's `_meta` with the requests that the call sent. Only results for the
/// console have it: it shows them as commands of the AWS CLI.
const SENT_REQUESTS: &str = "cognito-mcp/requests";

/// Runs calls of the tools of one server.
pub(crate) struct Runner {
    shared: Arc<ServerContext>,
    gate: Gate,
    /// Confirmations of destructive calls, if they have to be confirmed.
    confirmations: Option<Confirmations>,
    /// Tools with secrets in arguments or answers, for which the shared state must be there.
    conceals: BTreeSet<&'static str>,
}

/// A server answers `cognito-mcp approve` and `cognito-mcp secret` until this value is dropped.
#[derive(Debug, Default)]
pub struct OpenDesk {
    #[cfg(unix)]
    _listening: Option<operator::Listening>,
}

/// The outcome of a call.
enum Outcome {
    /// The call has an answer.
    Answer(Value),
    /// The client must ask its user a question first.
    Ask(Box<InputRequiredResult>),
}

impl Runner {
    /// A runner over `backend`, with the tools that `config` selects.
    ///
    /// # Errors
    /// As [`selection::select`]; if a pool, a folder or a file that `config` names cannot be
    /// used.
    pub(crate) fn new(config: &Config, backend: Backend) -> Result<Self, StartError> {
        let selected = selection::select(config)?;
        let gate = Gate::new(config);
        let pools = Pools::new(&config.selection.pools)?;
        let [configured, suggested] = defaults(config, &backend, &pools)?;
        // Tools that no arguments could make allowed are not published.
        let enabled = tools::all()
            .filter(|tool| selected.contains(tool.name()) && gate.refusal(tool).is_none());
        let pools = Arc::new(pools);
        let publication = Publication {
            pools: Arc::clone(&pools),
            agent_confirms: config.agent_confirms(),
            output_schemas: !config.no_output_schemas,
        };
        let view = |tool: &'static Definition| (tool.name, View::of(tool, publication.clone()));
        let views = enabled.map(view).collect();
        let confirmations = if config.confirms() || config.console_confirms() {
            Some(Confirmations::new(
                config.confirm,
                config.confirms(),
                backend.clock.clone(),
                Arc::clone(&backend.state),
            )?)
        } else {
            None
        };
        let folder = config.secrets_dir.as_deref().map(Folder::open);
        let reveals = config.reveals_secrets()?;
        let shared = ServerContext {
            // The emulator's references are short, and the same in each run: no user is
            // real.
            sessions: Sessions::new(backend.emulator.is_none(), Arc::clone(&backend.state)),
            vault: Vault::new(
                reveals,
                folder.transpose()?,
                public::texts,
                Arc::clone(&backend.state),
            ),
            backend,
            configured,
            suggested,
            audit: Log::open(config)?.map(Arc::new),
            allowed: gate.allowed(),
            confirms: config.confirms(),
            process: process()?,
            limit: config.call_limit(),
            pools,
            definitions: tools::all().map(|tool| (tool.name(), tool)).collect(),
            views,
            client_secrets: Mutex::default(),
            pool_names: PoolNames::default(),
        };
        let needs_state = shared.backend.state.is_shared() && !reveals;
        let conceals = tools::all().filter(|tool| needs_state && tool.has_secrets());
        Ok(Self {
            conceals: conceals.map(Definition::name).collect(),
            shared: Arc::new(shared),
            gate,
            confirmations,
        })
    }

    /// State that all calls share.
    pub(crate) fn shared(&self) -> &Arc<ServerContext> {
        &self.shared
    }

    /// The gate of this server.
    pub(crate) fn gate(&self) -> Gate {
        self.gate
    }

    /// The tools that are enabled, sorted by name.
    pub(crate) fn enabled(&self) -> impl Iterator<Item = &'static Definition> {
        self.shared.views.values().map(|view| view.definition)
    }

    /// Answers `cognito-mcp approve` and `cognito-mcp secret` until the result is dropped, if
    /// `--confirm person` requires approvals or secrets are hidden. The socket is in `folder`,
    /// or in the user's own folder.
    ///
    /// # Errors
    /// If approvals are required, and no socket can be opened that only this user can use.
    #[cfg(unix)]
    pub(crate) fn open_desk(&self, folder: Option<&Path>) -> Result<OpenDesk, StartError> {
        let by_person = |confirmations: &&Confirmations| confirmations.by_person();
        let confirmations = self.confirmations.as_ref().filter(by_person);
        let confirmations = confirmations.filter(|_| self.gate.allowed() == Effect::Destroy);
        let hides = !self.shared.vault.reveals();
        if confirmations.is_none() && !hides {
            return Ok(OpenDesk::default());
        }
        let desk = operator::Desk {
            approvals: confirmations.map(Confirmations::receive),
            secrets: hides.then(|| Arc::new(hand_over::HandOver::of(&self.shared))),
        };
        let opened = match folder {
            Some(folder) => Ok(folder.to_owned()),
            None => operator::folder(),
        };
        let opened = opened.and_then(|folder| operator::Listening::open(&folder, desk));
        self.shared.vault.set_command(opened.is_ok());
        match opened {
            Ok(listening) => Ok(OpenDesk {
                _listening: Some(listening),
            }),
            Err(why) if confirmations.is_some() => {
                let why = why.trim_end_matches('.');
                Err(StartError(format!(
                    "--confirm person cannot receive approvals: {why}."
                )))
            }
            Err(why) => {
                note(format_args!(
                    "`cognito-mcp secret` cannot read the secrets that this server hides: {why}. \
                     `--secrets-dir` keeps them in files."
                ));
                Ok(OpenDesk::default())
            }
        }
    }

    /// Reports that this system has no socket for the person who runs the server.
    ///
    /// # Errors
    /// Never on this system. On other systems, if no socket can be opened.
    #[cfg(not(unix))]
    pub(crate) fn open_desk(&self, _: Option<&Path>) -> Result<OpenDesk, StartError> {
        self.shared.vault.set_command(false);
        let by_person = |confirmations: &Confirmations| confirmations.by_person();
        if self.confirmations.as_ref().is_some_and(by_person)
            && self.gate.allowed() == Effect::Destroy
        {
            note(
                "--confirm person requires a client that can ask its user (elicitation): \
                 `cognito-mcp approve` does not work on this system. Other clients cannot delete \
                 or disable.",
            );
        }
        Ok(OpenDesk::default())
    }

    /// The IAM policy for the enabled tools and pools.
    pub(crate) async fn policy(&self) -> Value {
        let backend = &self.shared.backend;
        let identity = backend.caller.identity().await.ok();
        let location = Location {
            region: Some(backend.region.clone()),
            account: identity.map(|identity| identity.account),
        };
        let allowed = self.gate.allowed();
        Policy::new(self.enabled(), allowed, &self.shared.pools, &location).json()
    }

    /// The trail of a request in the audit log; none without an audit log. `arguments` returns
    /// the arguments without secrets.
    pub(crate) async fn trail(
        &self,
        name: &str,
        arguments: impl FnOnce() -> JsonObject,
        request: &RequestContext<RoleServer>,
    ) -> Option<Arc<Trail>> {
        let log = Arc::clone(self.shared.audit.as_ref()?);
        let arguments = arguments();
        let pool = arguments.get("user_pool_id").and_then(Value::as_str);
        let place = self.shared.place(pool).await;
        Some(Trail::new(log, name, arguments, place, request))
    }

    /// The trail of a call of `entry`, or of an unknown tool. See [`Runner::trail`].
    pub(crate) async fn trail_of_call(
        &self,
        entry: Option<&Entry>,
        call: &CallToolRequestParams,
        request: &RequestContext<RoleServer>,
    ) -> Option<Arc<Trail>> {
        let shown = || {
            let given = call.arguments.clone().unwrap_or_default();
            match entry {
                Some(entry) => entry.definition.redacted(&given),
                // It is not known which arguments of an unknown tool are secret.
                None => given
                    .into_iter()
                    .map(|(name, _)| (name, redact::REDACTED.into()))
                    .collect(),
            }
        };
        self.trail(&call.name, shown, request).await
    }

    /// Runs a call of `entry`. An error is also an answer, because it contains the
    /// correction.
    pub(crate) async fn run(
        &self,
        entry: &'static Entry,
        mut call: CallToolRequestParams,
        request: &RequestContext<RoleServer>,
    ) -> CallToolResponse {
        let tool = &entry.definition;
        let mut arguments = call.arguments.take().unwrap_or_default();
        let resolved = self.resolve_names(tool, &mut arguments, request).await;
        let valid = resolved.and_then(|()| self.validate(tool, &mut arguments));
        log(tool, &arguments);
        let dry_run = dry_run::take(&mut arguments);
        let input = ConfirmationInput::take(&call, &mut arguments, request);
        let mut cx = Cx::new(Arc::clone(&self.shared), tool, arguments, request);
        if dry_run {
            cx = cx.dry();
        }
        if Principal::of(request).is_some_and(Principal::is_console) {
            cx = cx.recording();
        }
        // The caller's secrets are removed also from the error of invalid arguments.
        let fetched = self.fetch(&cx).await;
        let outcome = match valid.and(fetched) {
            Ok(()) => self.proceed(entry, &cx, &input, request).await,
            Err(error) => Err(error),
        };
        let outcome = match outcome {
            Ok(Outcome::Answer(answer)) => self.save(&cx, answer).await.map(Outcome::Answer),
            outcome => outcome,
        };
        let mut result = match outcome {
            Ok(Outcome::Answer(answer)) => {
                let mut result = CallToolResult::structured(answer);
                if cx.recorded().is_some() {
                    // The console reads the structured answer. Its copy as text would double
                    // the bytes of a page of users.
                    result.content.clear();
                }
                result
            }
            Ok(Outcome::Ask(question)) => return (*question).into(),
            Err(error) => {
                let mut error = hints::explain(&cx, error).await;
                let saved = cx.vault().save().await;
                if !saved.is_ok_and(|refused| refused.is_empty()) {
                    // A reference in it has no secret.
                    error.retry = None;
                }
                error.to_result()
            }
        };
        if let Some(sent) = dry_run::sent(&cx) {
            let meta = JsonObject::from_iter([(SENT_REQUESTS.to_owned(), sent)]);
            result.meta = Some(MetaObject(meta));
        }
        result.into()
    }

    /// Replaces the names in `arguments` that are given for ids, if the tool is enabled.
    async fn resolve_names(
        &self,
        tool: &'static Definition,
        arguments: &mut JsonObject,
        request: &RequestContext<RoleServer>,
    ) -> ToolResult<()> {
        if !names::may_have_names(arguments) || self.shared.view(tool.name()).is_none() {
            return Ok(());
        }
        let cx = Cx::new(Arc::clone(&self.shared), tool, arguments.clone(), request);
        cx.resolve_names(arguments).await?;
        audit::at_pool(arguments.get("user_pool_id").and_then(Value::as_str));
        Ok(())
    }

    /// Reads the secrets behind the references in the arguments of a call.
    ///
    /// # Errors
    /// If the state of the server cannot be used, and the call needs it now or for its answer.
    async fn fetch(&self, cx: &Cx) -> ToolResult<()> {
        if self.conceals.contains(cx.tool()) {
            self.shared.backend.state.check().await?;
        }
        Ok(cx.vault().fetch(cx.owner(), &cx.arguments).await?)
    }

    /// Keeps the secrets of `answer` for later calls. Those for which there is no room are hidden
    /// without a reference.
    ///
    /// # Errors
    /// If the state of the server cannot be used, and the call can be repeated because it only
    /// reads.
    async fn save(&self, cx: &Cx, mut answer: Value) -> ToolResult<Value> {
        let withdrawn = match cx.vault().save().await {
            Ok(refused) => refused,
            Err(why) if cx.effect() == Effect::Read => return Err(why.into()),
            // The call has written. Its answer is not lost.
            Err(_) => cx.vault().unsaved(),
        };
        secrets::withdraw(&withdrawn, &mut answer);
        Ok(answer)
    }

    /// Checks whether a call with these arguments is allowed and valid.
    fn validate(&self, tool: &'static Definition, arguments: &mut JsonObject) -> ToolResult<()> {
        // A tool that the gate refuses is not enabled either. Its error says why, which
        // `ToolNotEnabled` does not, and it precedes the errors of arguments.
        self.gate.refusal(tool).map_or(Ok(()), Err)?;
        let Some(view) = self.shared.view(tool.name()) else {
            return Err(not_enabled(tool));
        };
        published::validate_pool(&self.shared.pools, arguments)?;
        view.validate(arguments)?;
        // The effect of some tools depends on the arguments, and can be stronger than the
        // weakest one, by which the tool was enabled.
        self.gate.authorize(tool, tool.effect_with(arguments))
    }

    /// Confirms and executes a call that was validated.
    async fn proceed(
        &self,
        entry: &'static Entry,
        cx: &Cx,
        input: &ConfirmationInput,
        request: &RequestContext<RoleServer>,
    ) -> ToolResult<Outcome> {
        if let Some(client) = self.client_to_check(cx) {
            cx.check_client(&client).await?;
        }
        let pools = &self.shared.pools;
        pools.check_session(&entry.definition, &cx.arguments)?;
        let mut answer = match &self.confirmations {
            _ if cx.is_dry() => dry_run::answer(entry, cx).await?,
            Some(confirmations)
                if cx.effect() == Effect::Destroy && confirmations.are_required(request) =>
            {
                match confirm::check(entry, cx, confirmations, input, request).await? {
                    Decision::Confirmed(by, users) => {
                        let cx = cx.covering(users);
                        let answered = deadline::keep(entry, &cx, self.shared.limit).await;
                        if let Some(users) = users {
                            confirmations
                                .spend(&cx, input, (by, users), &answered)
                                .await;
                        }
                        let mut answer = answered?;
                        answer[added::CONFIRMATION] = by.sentence().into();
                        answer
                    }
                    Decision::Answered(answer) => answer,
                    Decision::Ask(question) => return Ok(Outcome::Ask(question)),
                }
            }
            _ => deadline::keep(entry, cx, self.shared.limit).await?,
        };
        published::leave_out_pools(pools, &mut answer);
        let answer = untrusted::answer(answer);
        // The answer of a write is shortened, because only a read can be requested again.
        let answer = match cx.effect() {
            Effect::Read => {
                let longest = match Principal::of(request) {
                    Some(principal) if principal.is_console() => bounds::CONSOLE_ANSWER_BYTES,
                    _ => bounds::READ_ANSWER_BYTES,
                };
                answer_size::check(&entry.definition, &cx.arguments, longest, answer)?
            }
            _ => answer_size::shorten(answer),
        };
        Ok(Outcome::Answer(answer))
    }

    /// The app client of a call whose operation names only a client. None if calls may
    /// reach all pools.
    fn client_to_check(&self, cx: &Cx) -> Option<String> {
        if self.shared.pools.is_open() {
            return None;
        }
        let by_client = |name: &&str| {
            operations::find(name).is_some_and(|found| found.scope == Scope::ByClient)
        };
        if !cx.operations().iter().any(by_client) {
            return None;
        }
        let input = cx.arguments.get("input");
        let input = input.and_then(|input| input.get("ClientId"));
        let given = cx.arguments.get("client_id").or(input);
        let given = given.and_then(Value::as_str).map(ToOwned::to_owned);
        given.or_else(|| cx.defaults().client_id)
    }
}

/// A random id of this process.
fn process() -> Result<String, StartError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|_| StartError("The system has no randomness.".to_owned()))?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

/// The configured pool and client, and those that count only while the emulator has them.
fn defaults(
    config: &Config,
    backend: &Backend,
    pools: &Pools,
) -> Result<[Defaults; 2], StartError> {
    let mut config = config.clone();
    let mut suggested = Defaults::default();
    if backend.emulator.is_some() && config.dotenv.is_used(dotenv::USER_POOL_ID) {
        suggested.user_pool_id = config.user_pool_id.take();
    }
    if backend.emulator.is_some() && config.dotenv.is_used(dotenv::CLIENT_ID) {
        suggested.client_id = config.client_id.take();
    }
    let configured = Defaults {
        user_pool_id: default_pool(&config, pools)?,
        client_id: Config::named(config.client_id.as_ref()),
    };
    Ok([configured, suggested])
}

/// The default pool: the configured one, or the only one that calls may reach.
fn default_pool(config: &Config, pools: &Pools) -> Result<Option<String>, StartError> {
    match Config::named(config.user_pool_id.as_ref()) {
        Some(id) if !pools.allows(&id) => Err(StartError(format!(
            "{} {id} is not among the pools that --pool names: {}.",
            config.pool_source(),
            pools.ids().join(", ")
        ))),
        Some(id) => Ok(Some(id)),
        None => Ok(pools.only().map(ToOwned::to_owned)),
    }
}

/// Logs a call without its secrets.
fn log(tool: &Definition, arguments: &JsonObject) {
    // Logs are off unless `RUST_LOG` is set, and the copy without secrets costs more than
    // the validation of the arguments.
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let mut shown = Value::from(tool.redacted(arguments));
    size::cut_to(&mut shown, bounds::LOGGED_BYTES, bounds::VALUE_CHARS);
    let shown = untrusted::answer(shown);
    tracing::info!(tool = tool.name(), arguments = %shown, "call");
}

/// The error for a tool that was not selected. It does not name the flag, which is for the
/// operator and not for the model.
fn not_enabled(tool: &Definition) -> Box<ToolError> {
    let message = format!(
        "{} is a tool of the toolset `{}`, which is not enabled on this server",
        tool.name(),
        tool.toolset
    );
    ToolError::new("ToolNotEnabled", message).hint(
        "The operator selects the tools: ask the person who runs the server \
         whether it should be available",
    )
}
