//! Targets of a call: user pool, app client and user.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::call::context::Cx;
use crate::cognito::pools;
use crate::error::{ToolError, ToolResult};
use crate::guard::untrusted;

/// The most clients that an error names.
const CLIENTS: usize = 5;

/// The pool of a call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct InPool {
    /// User pool id. Default: the server's pool.
    pub(crate) user_pool_id: Option<String>,
}

/// The user of a call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct OneUser {
    #[serde(flatten)]
    pub(crate) pool: InPool,
    /// Exact username, sub, or a verified alias.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) username: String,
}

/// The app client of a call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ByClient {
    /// App client id. Default: the server's client.
    pub(crate) client_id: Option<String>,
}

impl Cx {
    /// The user pool of this call.
    pub(crate) async fn pool(&self, given: &InPool) -> ToolResult<String> {
        match self.known_pool(given) {
            Some(id) => Ok(id),
            None => Err(Box::pin(self.for_hints(self.no_pool())).await),
        }
    }

    /// The app client of this call.
    pub(crate) async fn client(&self, given: &ByClient, pool: &InPool) -> ToolResult<String> {
        if let Some(id) = &given.client_id {
            return Ok(id.clone());
        }
        let defaults = self.defaults();
        // The default client belongs to the default pool.
        let elsewhere = pool.user_pool_id.is_some() && pool.user_pool_id != defaults.user_pool_id;
        match defaults.client_id {
            Some(id) if !elsewhere => Ok(id),
            _ => Err(Box::pin(self.for_hints(self.no_client(pool))).await),
        }
    }

    /// The user pool of this call, if it names one or there is a default.
    pub(crate) fn known_pool(&self, given: &InPool) -> Option<String> {
        given
            .user_pool_id
            .clone()
            .or_else(|| self.defaults().user_pool_id)
    }

    /// Refuses an app client of a pool that calls may not reach, for operations that name
    /// only the client.
    pub(crate) async fn check_client(&self, client: &str) -> ToolResult<()> {
        let pools = self.pools();
        if pools.is_open() || pools.knows_client(client) {
            return Ok(());
        }
        for pool in pools.ids() {
            let request = self.cognito().describe_user_pool_client();
            let request = request.user_pool_id(pool).client_id(client);
            if self.for_hints(request.send()).await.is_ok() {
                pools.add_client(client);
                return Ok(());
            }
        }
        Err(pools::refusal(&pools.unknown_client(client)))
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
                    .retry(self.tool(), arguments)
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
                    .retry(self.tool(), arguments)
            }
            clients => {
                let named: Vec<String> = clients
                    .iter()
                    .take(CLIENTS)
                    .map(|client| {
                        let name = untrusted::bare(client.client_name().unwrap_or_default());
                        format!("`{}` ({name})", client.client_id().unwrap_or_default())
                    })
                    .collect();
                let more = match clients.len() - named.len() {
                    0 => String::new(),
                    more => format!(", and {more} more"),
                };
                error
                    .hint(format!(
                        "Name one of the pool's clients as client_id: {}{more}",
                        named.join(", ")
                    ))
                    .retry("list_clients", json!({ "user_pool_id": pool }))
            }
        }
    }
}
