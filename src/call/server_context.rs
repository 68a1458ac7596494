//! State that all calls of a server share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::call::pool_names::PoolNames;
use crate::call::published::View;
use crate::call::sign_ins::Sessions;
use crate::cognito::backend::{Backend, Defaults, Emulated};
use crate::cognito::operations::{self, Effect};
use crate::cognito::place::Place;
use crate::cognito::pools::Pools;
use crate::cognito::watch::Watch;
use crate::definition::Definition;
use crate::guard::secrets::Vault;
use crate::record::audit::Log;

/// State that all calls of a server share.
pub(crate) struct ServerContext {
    pub(crate) backend: Backend,
    /// The configured pool and client.
    pub(crate) configured: Defaults,
    /// The pool and client that count only while the emulator has them. They are from `.env`,
    /// which may be the file of an application on AWS.
    pub(crate) suggested: Defaults,
    /// The secrets of earlier calls. Each call has its own view of them.
    pub(crate) vault: Vault,
    /// The audit log, if calls are logged.
    pub(crate) audit: Option<Arc<Log>>,
    /// The strongest effect that a call may have.
    pub(crate) allowed: Effect,
    /// Whether a call that deletes or disables must be confirmed.
    pub(crate) confirms: bool,
    /// A random id of this process.
    pub(crate) process: String,
    /// The time limit of a call.
    pub(crate) limit: Duration,
    /// The user pools that calls may reach.
    pub(crate) pools: Arc<Pools>,
    /// Every tool by name, enabled or not.
    pub(crate) definitions: BTreeMap<&'static str, &'static Definition>,
    /// The enabled tools by name, as this server publishes them.
    pub(crate) views: BTreeMap<&'static str, View>,
    /// Sign-ins in progress.
    pub(crate) sessions: Sessions,
    /// Secrets of app clients by client id. The value of a client without a secret is `None`.
    pub(crate) client_secrets: Mutex<BTreeMap<String, Option<String>>>,
    /// Names of pools on AWS, which are read again after a minute.
    pub(crate) pool_names: PoolNames,
}

impl ServerContext {
    /// The state of calls that are rehearsed in an emulator, `backend`, whose only pool is a copy
    /// of the one in `pools`. The calls may have every effect, are not in the audit log, and
    /// share the secrets of this server.
    pub(crate) fn of_copy(
        &self,
        backend: Backend,
        pools: Arc<Pools>,
        views: BTreeMap<&'static str, View>,
    ) -> Self {
        let id = pools.only().unwrap_or_default();
        Self {
            sessions: Sessions::new(false, Arc::clone(&backend.state)),
            backend,
            configured: Defaults {
                user_pool_id: Some(id.to_owned()),
                client_id: self.defaults_in(id).client_id,
            },
            suggested: Defaults::default(),
            vault: self.vault.for_call(),
            audit: None,
            allowed: Effect::Destroy,
            confirms: false,
            process: self.process.clone(),
            limit: self.limit,
            pools,
            definitions: self.definitions.clone(),
            views,
            client_secrets: Mutex::default(),
            pool_names: PoolNames::default(),
        }
    }

    /// The defaults, if `pool` is the default pool.
    fn defaults_in(&self, pool: &str) -> Defaults {
        let defaults = self.defaults();
        match defaults.user_pool_id.as_deref() {
            Some(default) if default == pool => defaults,
            _ => Defaults::default(),
        }
    }

    /// Whether this server has enabled the tool called `name`.
    pub(crate) fn is_enabled(&self, name: &str) -> bool {
        self.views.contains_key(name)
    }

    /// The tool called `name` as it is published, if it is enabled.
    pub(crate) fn view(&self, name: &str) -> Option<&View> {
        self.views.get(name)
    }

    /// The definition of the tool called `name`, enabled or not.
    pub(crate) fn definition(&self, name: &str) -> Option<&'static Definition> {
        self.definitions.get(name).copied()
    }

    /// Returns a watch that limits requests to `operations`, and to the effects and pools that
    /// this server allows.
    pub(crate) fn watch(
        &self,
        operations: &'static [&'static str],
        cancel: CancellationToken,
    ) -> Watch {
        Watch::new(operations, self.allowed, Arc::clone(&self.pools), cancel)
    }

    /// Returns a watch for the requests that hints send. It admits only reads.
    pub(crate) fn watch_for_hints(&self, cancel: CancellationToken) -> Watch {
        let pools = Arc::clone(&self.pools);
        Watch::new(operations::READ_BY_HINTS, Effect::Read, pools, cancel).looking_up()
    }

    /// Returns the pool and client for calls that do not name them. Each call reads them again,
    /// because a reset over MCP or HTTP can replace the emulator's demo pool.
    pub(crate) fn defaults(&self) -> Defaults {
        let emulator = self.backend.emulator.as_ref();
        let is_present = |pool: &String| {
            self.pools.allows(pool) && emulator.is_some_and(|emulator| emulator.reaches(pool))
        };
        let suggested = || self.suggested.user_pool_id.clone().filter(is_present);
        let configured = self.configured.user_pool_id.clone().or_else(suggested);
        let defaults = if configured.is_some() {
            // The demo client does not belong to this pool.
            Defaults {
                user_pool_id: configured,
                client_id: None,
            }
        } else {
            let initial = emulator.map(Emulated::initial_defaults).unwrap_or_default();
            let pool = initial.user_pool_id.as_deref();
            if pool.is_none_or(|pool| self.pools.allows(pool)) {
                initial
            } else {
                Defaults::default()
            }
        };
        let is_of_pool = |client: &String| {
            let pool = emulator.and_then(|emulator| emulator.pool_of_client(client));
            pool.is_some() && pool == defaults.user_pool_id
        };
        let suggested = || self.suggested.client_id.clone().filter(is_of_pool);
        let client = self.configured.client_id.clone().or_else(suggested);
        Defaults {
            client_id: client.or_else(|| defaults.client_id.clone()),
            user_pool_id: defaults.user_pool_id.clone(),
        }
    }

    /// Returns the place of a call that names `pool`, without the name of the pool. If the call
    /// does not name a pool, its place is in the default pool.
    pub(crate) async fn place(&self, pool: Option<&str>) -> Place {
        let backend = &self.backend;
        let kind = match backend.emulator {
            Some(_) => "emulated",
            None => "aws",
        };
        let identity = backend.caller.identity().await.ok();
        Place {
            backend: kind.to_owned(),
            account: identity.map(|identity| identity.account),
            region: backend.region.clone(),
            user_pool_id: pool
                .map_or_else(|| self.defaults().user_pool_id, |id| Some(id.to_owned())),
            user_pool_name: None,
        }
    }
}
