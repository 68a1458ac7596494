//! The tool `whoami`: account, Region, pool and permissions of the server.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Entry, Tool};
use crate::call::context::Cx;
use crate::cognito::operations::Effect;
use crate::error::ToolResult;

pub(super) fn tools() -> Vec<Entry> {
    vec![Entry::of::<WhoAmI>()]
}

/// Describe what the tools work on: backend, AWS account and identity, Region, default pool, and what they may do there.
#[derive(Deserialize, JsonSchema)]
struct WhoAmI {}

/// The targets and permissions of the tools.
#[derive(Serialize, JsonSchema)]
struct Whereabouts {
    /// `emulated`, where no user is real, or `aws`.
    backend: String,
    /// AWS account.
    account: Option<String>,
    /// ARN of the user or role whose credentials the server has.
    arn: Option<String>,
    /// Why account and ARN are unknown.
    unknown_because: Option<String>,
    /// AWS Region.
    region: String,
    /// The address of the Cognito API: the emulator's if it listens, or a custom endpoint of AWS.
    endpoint: Option<String>,
    /// The only user pools that the tools reach; absent if they reach all.
    only_pools: Option<Vec<String>>,
    /// The pool for calls that name none.
    default_user_pool_id: Option<String>,
    /// The app client for calls that name none.
    default_client_id: Option<String>,
    /// What tools may do, in words.
    may: String,
    /// The strongest effect that is allowed: `read`, `change` or `destroy`.
    allowed: String,
    /// Whether answers show tokens and authenticator secrets.
    reveals_secrets: bool,
    /// Version of the server.
    version: String,
    /// Commit of the server, if a release build has it.
    commit: Option<String>,
    /// A random id of the server's process.
    process: String,
}

impl Tool for WhoAmI {
    const NAME: &'static str = "whoami";
    const TITLE: &'static str = "Who am I";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &[];
    type Answer = Whereabouts;

    fn example() -> Value {
        json!({})
    }

    async fn call(self, cx: &Cx) -> ToolResult<Whereabouts> {
        let place = cx.place().await;
        let (arn, unknown_because) = match cx.caller().await {
            Ok(identity) => (Some(identity.arn), None),
            Err(why) => (None, Some(why)),
        };
        let defaults = cx.defaults();
        let (may, allowed) = match cx.allowed() {
            Effect::Read => ("Read only", "read"),
            Effect::Add | Effect::Change => ("Read and write, but not delete or disable", "change"),
            Effect::Destroy => ("Read, write, delete and disable", "destroy"),
        };
        let only_pools = Some(cx.pools()).filter(|pools| !pools.is_open());
        Ok(Whereabouts {
            backend: place.backend,
            account: place.account,
            arn,
            unknown_because,
            region: place.region,
            endpoint: cx.endpoint(),
            only_pools: only_pools.map(|pools| pools.ids().to_vec()),
            default_user_pool_id: defaults.user_pool_id,
            default_client_id: defaults.client_id,
            may: may.to_owned(),
            allowed: allowed.to_owned(),
            reveals_secrets: cx.reveals_secrets(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("BUILD_COMMIT").map(ToOwned::to_owned),
            process: cx.shared().process.clone(),
        })
    }
}
