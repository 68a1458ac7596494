//! What a tool sees of the server during one call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_lc_rs::{hmac, rand};
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::AsyncSleep;
use rmcp::RoleServer;
use rmcp::model::{JsonObject, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::call::confirm::Confirmations;
use crate::call::published::View;
use crate::call::sign_ins::Sessions;
use crate::cognito::backend::caller::Identity;
use crate::cognito::backend::{Backend, Defaults, Emulated};
use crate::cognito::jwt::Issuers;
use crate::cognito::operations::{self, Effect};
use crate::cognito::pools::{self, Pools};
use crate::cognito::watch::Watch;
use crate::cognito::web::Web;
use crate::error::{NextCall, Result, ToolError};
use crate::guard::redact;
use crate::guard::secrets;
use crate::guard::secrets::{Owner, Secret, Source, Vault};
use crate::guard::untrusted;
use crate::record::audit::Log;
use crate::tools::answer::Place;
use crate::tools::{self, After, ByClient, InPool};

/// What all calls share.
pub(crate) struct Shared {
    pub(crate) backend: Backend,
    /// The pool and client that were configured.
    configured: Defaults,
    vault: Vault,
    /// Where calls are written down.
    pub(crate) audit: Option<Log>,
    /// Whether tools are published with the schemas of their answers.
    pub(crate) publishes_output_schemas: bool,
    /// The strongest effect that a call may have.
    pub(crate) allowed: Effect,
    /// The user pools to work on.
    pools: Arc<Pools>,
    /// The tools that may run, as they are published.
    views: BTreeMap<&'static str, View>,
    /// Who was asked before something is destroyed, where that is asked.
    pub(crate) confirmations: Option<Confirmations>,
    sessions: Sessions,
    /// Secrets of app clients, by client id; none for a client without one.
    secrets: Mutex<BTreeMap<String, Option<String>>>,
}

impl Shared {
    pub(crate) fn new(
        backend: Backend,
        configured: Defaults,
        vault: Vault,
        allowed: Effect,
        pools: Arc<Pools>,
        views: BTreeMap<&'static str, View>,
        confirmations: Option<Confirmations>,
    ) -> Self {
        Self {
            // The emulator's are short and alike for every run: nothing there is real.
            sessions: match &backend.emulator {
                Some(_) => Sessions::default(),
                None => Sessions::guarded(),
            },
            backend,
            configured,
            vault,
            audit: None,
            publishes_output_schemas: true,
            allowed,
            pools,
            views,
            confirmations,
            secrets: Mutex::default(),
        }
    }
}

impl Shared {
    /// Secrets that answers and arguments refer to.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) fn is_enabled(&self, tool: &str) -> bool {
        self.views.contains_key(tool)
    }

    /// `tool` as it is published, if it may run.
    pub(crate) fn view(&self, tool: &str) -> Option<&View> {
        self.views.get(tool)
    }

    /// The user pools to work on.
    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }

    /// A watch over requests of `operations`, as far as this server goes.
    pub(crate) fn watch(
        &self,
        operations: &'static [&'static str],
        cancel: CancellationToken,
    ) -> Watch {
        Watch::new(operations, self.allowed, Arc::clone(&self.pools), cancel)
    }

    /// What a call means that names no pool or client. The emulator's own pool
    /// may change with a reset, whoever asked for that.
    pub(crate) fn defaults(&self) -> Defaults {
        let mut planted = self
            .backend
            .emulator
            .as_ref()
            .map(Emulated::planted)
            .unwrap_or_default();
        if self.configured.user_pool_id.is_some() {
            // Another pool's client would not do.
            return self.configured.clone();
        }
        let planted_in = planted.user_pool_id.as_deref();
        if !planted_in.is_none_or(|pool| self.pools.allows(pool)) {
            planted = Defaults::default();
        }
        Defaults {
            user_pool_id: planted.user_pool_id,
            client_id: self.configured.client_id.clone().or(planted.client_id),
        }
    }
}

/// One call of a tool.
#[derive(Clone)]
pub(crate) struct Cx {
    shared: Arc<Shared>,
    /// The tool that runs.
    pub(crate) tool: &'static str,
    /// Its arguments, judged.
    pub(crate) arguments: JsonObject,
    /// Cancelled when the client no longer waits.
    pub(crate) cancel: CancellationToken,
    /// Whether the call only tells what it would do.
    dry_run: bool,
    /// The principal that calls.
    owner: Owner,
    progress: Option<(Peer<RoleServer>, ProgressToken)>,
}

impl Cx {
    pub(crate) fn new(
        shared: Arc<Shared>,
        tool: &'static str,
        arguments: JsonObject,
        request: &RequestContext<RoleServer>,
    ) -> Self {
        let token = request.meta.get_progress_token();
        Self {
            shared,
            tool,
            arguments,
            // A limit of ours ends this call, and nothing else of the request.
            cancel: request.ct.child_token(),
            dry_run: false,
            owner: Owner::of(request),
            progress: token.map(|token| (request.peer.clone(), token)),
        }
    }

    /// The same call as a rehearsal.
    pub(crate) fn dry(&self) -> Self {
        Self {
            dry_run: true,
            progress: None,
            ..self.clone()
        }
    }

    /// Whether the call only tells what it would do.
    pub(crate) fn is_dry(&self) -> bool {
        self.dry_run
    }

    /// A watch over this call, whose requests are of `operations`.
    pub(crate) fn watch(&self, operations: &'static [&'static str]) -> Watch {
        self.shared.watch(operations, self.cancel.clone())
    }

    /// The user pools to work on.
    pub(crate) fn pools(&self) -> &Pools {
        self.shared.pools()
    }

    /// Cognito.
    pub(crate) fn cognito(&self) -> &Client {
        &self.shared.backend.client
    }

    /// The emulator, where it is the backend.
    pub(crate) fn emulator(&self) -> Result<&Emulated> {
        self.shared.backend.emulator.as_ref().ok_or_else(|| {
            ToolError::new(
                "EmulatorOnly",
                format!("{} needs the emulated backend", self.tool),
            )
        })
    }

    /// Who issues tokens, and the keys that they sign with.
    pub(crate) fn issuers(&self) -> &Issuers {
        &self.shared.backend.issuers
    }

    /// What sends requests that are not of Cognito's API.
    pub(crate) fn web(&self) -> &Web {
        &self.shared.backend.web
    }

    /// The time, as the backend has it.
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

    /// Whether answers may show secrets.
    pub(crate) fn reveals_secrets(&self) -> bool {
        self.vault().reveals()
    }

    /// The principal that calls.
    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Takes the secrets that the caller sent out of what `error` says.
    pub(crate) fn cover_secrets(&self, error: &mut ToolError) {
        if let Some(entry) = tools::find(self.tool) {
            let vault = self.vault();
            vault.cover(&self.owner, entry, &self.arguments, error);
        }
    }

    /// Adds the files of the secrets in the retry of `error` to its hint.
    pub(crate) fn tell_files(&self, error: &mut ToolError) {
        let retry = error.retry.as_ref().map(|retry| &retry.arguments);
        let files = retry.map(|arguments| {
            let arguments = Value::from(arguments.clone());
            self.vault().files(&self.owner, &arguments)
        });
        for (reference, file) in files.unwrap_or_default() {
            let told = format!("The file of {reference}: {file}");
            error.hint = Some(match error.hint.take() {
                Some(hint) => format!("{}. {told}", hint.trim_end_matches('.')),
                None => told,
            });
        }
    }

    /// Secrets that answers and arguments refer to.
    pub(crate) fn vault(&self) -> &Vault {
        &self.shared.vault
    }

    /// `secret`, which Cognito or this server made, as an answer shows it: itself or a
    /// reference. `name` says what it is, as in `access_token`. See [`crate::guard::secrets`].
    pub(crate) fn conceal(&self, name: &str, secret: impl AsRef<str>) -> Secret {
        let source = Source::of_call(self.tool, &self.arguments);
        let vault = self.vault();
        vault.conceal(&self.owner, source, name, secret.as_ref())
    }

    /// The secret that the argument `name` stands for: what `reference` refers to, if it
    /// is a reference that this argument accepts.
    pub(crate) fn secret_of(&self, name: &str, reference: &str) -> Option<String> {
        let fits = secrets::fits(name, reference);
        fits.then(|| self.vault().resolve(&self.owner, reference))?
    }

    /// Whether an answer may tell a call of this tool with `arguments`: they hold no
    /// secret of the caller's but references, or this server shows secrets.
    pub(crate) fn may_repeat(&self, arguments: &Value) -> bool {
        let (Some(entry), Value::Object(arguments)) = (tools::find(self.tool), arguments) else {
            return false;
        };
        let before = &self.arguments;
        let mut may = true;
        entry.visit_secrets(&mut arguments.clone(), &mut |name, value| {
            // What the tool itself writes there is no secret.
            let sent = before.get(name) == Some(&*value);
            may &= !sent || value.as_str().is_some_and(secrets::is_reference);
        });
        may || self.reveals_secrets()
    }

    /// `body`, Cognito's answer to `operation` as JSON, with every secret in it
    /// [concealed](Cx::conceal).
    pub(crate) fn conceal_response(&self, operation: &str, mut body: Value) -> Value {
        secrets::visit_response(operation, &mut body, &mut |name, value| {
            let told = match value {
                Value::String(secret) => self.conceal(name, secret).into(),
                // A secret that is no text: nothing takes a reference to it.
                _ if !self.reveals_secrets() => Value::from(redact::REDACTED),
                _ => return,
            };
            *value = told;
        });
        body
    }

    /// Whether `tool` may run on this server.
    pub(crate) fn is_enabled(&self, tool: &str) -> bool {
        self.shared.is_enabled(tool)
    }

    /// The Region that the client speaks to.
    pub(crate) fn region(&self) -> &str {
        &self.shared.backend.region
    }

    /// Where this call takes place.
    pub(crate) async fn place(&self) -> Place {
        let backend = &self.shared.backend;
        let input = self.arguments.get("input");
        let pool = self.arguments.get("user_pool_id");
        let pool = pool.or_else(|| input?.get("UserPoolId"));
        let pool = pool.and_then(Value::as_str);
        Place {
            backend: match backend.emulator {
                Some(_) => "emulated",
                None => "aws",
            }
            .to_owned(),
            account: backend.caller.identity().await.ok().map(|who| who.account),
            region: backend.region.clone(),
            user_pool_id: pool
                .map_or_else(|| self.defaults().user_pool_id, |id| Some(id.to_owned())),
        }
    }

    /// That place, as answers tell it.
    pub(crate) async fn told_place(&self) -> Value {
        let mut place = json!(self.place().await);
        tools::leave_out_nulls(&mut place);
        place
    }

    /// Whose credentials the server works with, or why that is not known.
    pub(crate) async fn caller(&self) -> std::result::Result<Identity, String> {
        self.shared.backend.caller.identity().await
    }

    /// The strongest effect that a call may have.
    pub(crate) fn allowed(&self) -> Effect {
        self.shared.allowed
    }

    /// Reads the state of things for advice: what only looks is not among the
    /// operations that tools declare.
    pub(crate) async fn looking<F: Future>(&self, look: F) -> F::Output {
        let watch = Watch::new(
            operations::READ_BY_HINTS,
            Effect::Read,
            Arc::clone(&self.shared.pools),
            self.cancel.clone(),
        );
        Arc::new(watch).over(look).await
    }

    /// A random number below `bound`, by the emulator's seed where it is the
    /// backend; none where the system has no randomness to give.
    pub(crate) fn below(&self, bound: usize) -> Option<usize> {
        let mut bytes = [0; 8];
        match &self.shared.backend.emulator {
            Some(emulator) => bytes = emulator.chance(),
            None => rand::fill(&mut bytes).ok()?,
        }
        let random = u64::from_le_bytes(bytes) % u64::try_from(bound).ok()?.max(1);
        usize::try_from(random).ok()
    }

    /// Forgets a client's secret; whether one was known.
    pub(crate) fn forget_secret(&self, client: &str) -> bool {
        lock(&self.shared.secrets).remove(client).is_some()
    }

    /// Forgets what belonged to pools that are no more.
    pub(crate) fn start_over(&self) {
        self.shared.sessions.clear();
        self.shared.pools.forget_clients();
        self.forget_secrets();
    }

    /// Looks client secrets up anew when they are next needed.
    pub(crate) fn forget_secrets(&self) {
        lock(&self.shared.secrets).clear();
    }

    /// The pool that this call means.
    pub(crate) async fn pool(&self, given: &InPool) -> Result<String> {
        match self.known_pool(given) {
            Some(id) => Ok(id),
            None => Err(Box::pin(self.looking(self.no_pool())).await),
        }
    }

    /// The app client that this call means.
    pub(crate) async fn client(&self, given: &ByClient, pool: &InPool) -> Result<String> {
        if let Some(id) = &given.client_id {
            return Ok(id.clone());
        }
        let defaults = self.defaults();
        // The default client belongs to the default pool.
        let elsewhere = pool.user_pool_id.is_some() && pool.user_pool_id != defaults.user_pool_id;
        match defaults.client_id {
            Some(id) if !elsewhere => Ok(id),
            _ => Err(Box::pin(self.looking(self.no_client(pool))).await),
        }
    }

    /// The pool that this call means, if it names one or there is a default.
    pub(crate) fn known_pool(&self, given: &InPool) -> Option<String> {
        given
            .user_pool_id
            .clone()
            .or_else(|| self.defaults().user_pool_id)
    }

    /// `SECRET_HASH` for `username`, where the client has a secret.
    ///
    /// None too where the client cannot be looked at: Cognito then says what is
    /// wrong, or that the hash is missing.
    ///
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash>
    pub(crate) async fn secret_hash(
        &self,
        pool: &InPool,
        client: &str,
        username: &str,
    ) -> Option<String> {
        let secret = self.client_secret(self.known_pool(pool)?, client).await?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, format!("{username}{client}").as_bytes());
        Some(aws_smithy_types::base64::encode(tag))
    }

    /// The secret of `client`, where it has one, for operations that take it as it is.
    pub(crate) async fn secret_of_client(&self, pool: &InPool, client: &str) -> Option<String> {
        self.client_secret(self.known_pool(pool)?, client).await
    }

    async fn client_secret(&self, pool: String, client: &str) -> Option<String> {
        if let Some(known) = lock(&self.shared.secrets).get(client) {
            return known.clone();
        }
        let described = self
            .cognito()
            .describe_user_pool_client()
            .user_pool_id(pool)
            .client_id(client)
            .send()
            .await;
        let secret = described.ok()?.user_pool_client?.client_secret;
        lock(&self.shared.secrets).insert(client.to_owned(), secret.clone());
        secret
    }

    /// Waits as the SDK's client waits, so that a test's time is virtual; no
    /// longer than the caller does.
    pub(crate) async fn wait(&self, duration: Duration) {
        let sleep = self.cognito().config().sleep_impl();
        // Nothing is sent that would have to wait.
        if let Some(sleep) = sleep.filter(|_| !duration.is_zero() && !self.dry_run) {
            self.cancel.run_until_cancelled(sleep.sleep(duration)).await;
        }
    }

    /// As another call sees the server that this one makes a part of itself.
    pub(crate) fn for_call(&self, tool: &'static str, arguments: JsonObject) -> Self {
        Self {
            tool,
            arguments,
            ..self.clone()
        }
    }

    /// Tells how far the call is, where the client asked to be told.
    pub(crate) async fn progress(&self, done: u32, total: Option<u32>, message: &str) {
        let Some((peer, token)) = &self.progress else {
            return;
        };
        let mut notice = ProgressNotificationParam::new(token.clone(), f64::from(done))
            .with_message(untrusted::line(message));
        if let Some(total) = total {
            notice = notice.with_total(f64::from(total));
        }
        if let Err(error) = peer.notify_progress(notice).await {
            tracing::debug!(%error, "progress was not delivered");
        }
    }

    /// This call's arguments with others put over them.
    pub(crate) fn arguments_with(&self, changes: Value) -> Value {
        let mut arguments = self.arguments.clone();
        if let Value::Object(changes) = changes {
            arguments.extend(changes);
        }
        Value::Object(arguments)
    }

    /// This call's arguments, in `pool`.
    fn arguments_in(&self, pool: Option<&str>) -> Value {
        let Some(input) = self.arguments.get("input") else {
            return self.arguments_with(json!({ "user_pool_id": pool }));
        };
        let mut input = input.clone();
        input["UserPoolId"] = json!(pool);
        self.arguments_with(json!({ "input": input }))
    }

    /// This call again, for the page that begins at `cursor`.
    pub(crate) fn next_page(&self, cursor: Option<&str>) -> Option<NextCall> {
        let arguments = self.arguments_with(json!({ "cursor": cursor? }));
        Some(NextCall::new(self.tool, arguments))
    }

    /// What comes after a page, where Cognito gave a `cursor`.
    pub(crate) fn after(&self, cursor: Option<String>) -> After {
        After {
            next: self.next_page(cursor.as_deref()),
            cursor,
        }
    }

    /// The pool and client that a call means which names none.
    pub(crate) fn defaults(&self) -> Defaults {
        self.shared.defaults()
    }

    /// Refuses an app client of a pool that this server does not work on, for the
    /// calls of which Cognito asks nothing but the client.
    pub(crate) async fn judge_client(&self, client: &str) -> Result<()> {
        let pools = self.pools();
        if pools.is_open() || pools.knows_client(client) {
            return Ok(());
        }
        for pool in pools.ids() {
            let request = self.cognito().describe_user_pool_client();
            let request = request.user_pool_id(pool).client_id(client);
            if self.looking(request.send()).await.is_ok() {
                pools.add_client(client);
                return Ok(());
            }
        }
        Err(pools::refusal(&pools.strange_client(client)))
    }

    async fn no_pool(&self) -> Box<ToolError> {
        let error = ToolError::new(
            "NoUserPool",
            "No user_pool_id was given and the server has no default pool",
        );
        if !self.pools().is_open() {
            return error.hint(format!(
                "Name one of these pools as user_pool_id: {}",
                self.pools().ids().join(", ")
            ));
        }
        let pools = match self
            .cognito()
            .list_user_pools()
            .max_results(60)
            .send()
            .await
        {
            Ok(answer) => answer.user_pools.unwrap_or_default(),
            Err(failure) => {
                let failure: Box<ToolError> = failure.into();
                return error.hint(format!("Listing pools failed too: {}", failure.message));
            }
        };
        let named: Vec<String> = pools
            .iter()
            .map(|pool| {
                format!(
                    "{} ({})",
                    pool.id().unwrap_or_default(),
                    untrusted::bare(pool.name().unwrap_or_default())
                )
            })
            .collect();
        match pools.as_slice() {
            [] => error.hint("There are no user pools in this account and Region"),
            [only] => {
                let arguments = self.arguments_in(only.id());
                error
                    .hint(format!("There is one pool: {}", named[0]))
                    .retry(self.tool, arguments)
            }
            _ => error
                .hint(format!(
                    "Name one of these pools as user_pool_id: {}",
                    named.join(", ")
                ))
                .retry("list_pools", json!({})),
        }
    }

    async fn no_client(&self, pool: &InPool) -> Box<ToolError> {
        let pool = match self.pool(pool).await {
            Ok(pool) => pool,
            Err(error) => return error,
        };
        let error = ToolError::new(
            "NoClient",
            format!("No client_id was given and the server has no default client for pool {pool}"),
        );
        let request = self
            .cognito()
            .list_user_pool_clients()
            .user_pool_id(&pool)
            .max_results(60);
        let clients = match request.send().await {
            Ok(answer) => answer.user_pool_clients.unwrap_or_default(),
            Err(failure) => return failure.into(),
        };
        match clients.as_slice() {
            [] => error.hint("The pool has no app clients"),
            [only] => {
                let arguments = self.arguments_with(json!({ "client_id": only.client_id() }));
                error
                    .hint("The pool has one client")
                    .retry(self.tool, arguments)
            }
            _ => error
                .hint("Name one of the pool's clients as client_id")
                .retry("list_clients", json!({ "user_pool_id": pool })),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
