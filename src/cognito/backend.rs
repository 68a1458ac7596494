//! Backends: the SDK's client, connected to Cognito or to the emulator.

pub mod aws;
pub mod caller;
mod data_file;
pub mod emulated;
pub mod endpoint;
mod home;
mod seed;
mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::config::retry::RetryPartition;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};

use crate::cognito::jwt::Issuers;
use crate::cognito::pools;
use crate::cognito::web::Web;
use crate::config::{BackendKind, Config};
use crate::shared_state::State;
use crate::start_error::StartError;

use self::caller::Caller;
pub use self::emulated::{Emulated, Listen};

/// A connected backend; clones share the connection.
#[derive(Clone)]
pub struct Backend {
    /// The client that sends all operations.
    pub client: Client,
    /// The endpoints of requests, if the server connected to AWS.
    pub endpoints: Option<endpoint::Endpoints>,
    /// The emulator, if it is the backend.
    pub emulator: Option<Emulated>,
    /// The identity of the client's credentials.
    pub caller: Caller,
    /// The Region of the client.
    pub region: String,
    /// The clock: the emulator's if it is the backend.
    pub clock: SharedTimeSource,
    /// What the server keeps between calls.
    pub state: Arc<State>,
    /// The issuers of tokens and their signing keys.
    pub issuers: Issuers,
    /// The client for HTTP requests outside of Cognito's API.
    pub(crate) web: Web,
    /// The client for requests to domains of pools. If the emulator is the backend, it serves them.
    pub(crate) domains: Web,
}

/// The user pool and app client of calls that do not name one.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// User pool id.
    pub user_pool_id: Option<String>,
    /// App client id.
    pub client_id: Option<String>,
}

/// Connects to the backend that `config` selects.
///
/// # Errors
/// If a flag, a file or a setting of AWS cannot be used.
pub async fn connect(config: &Config) -> Result<Backend, StartError> {
    connect_and_listen(config, Listen::Required).await
}

/// As [`connect`]. `listen` says how important the address of `--listen` is.
///
/// # Errors
/// As [`connect`].
pub async fn connect_and_listen(config: &Config, listen: Listen) -> Result<Backend, StartError> {
    reject_flags_of_other_backend(config)?;
    match config.backend {
        BackendKind::Emulated => emulated::connect(config, listen).await,
        BackendKind::Aws => aws::connect(config).await,
    }
}

/// Rejects flags of the other backend: the operator may have meant that backend.
pub(crate) fn reject_flags_of_other_backend(config: &Config) -> Result<(), StartError> {
    let emulator = &config.emulator;
    let (flags, backend) = match config.backend {
        BackendKind::Emulated => (
            vec![
                (
                    "--profile",
                    Config::named(config.profile.as_ref()).is_some(),
                ),
                ("--endpoint-url", config.endpoint_url.is_some()),
                (
                    "--allow-plain-http-endpoint",
                    config.allow_plain_http_endpoint,
                ),
                // Each replica would have its own emulator: `cognito-mcp emulator` is one for all.
                ("--shared-state", config.shared_state.store.is_some()),
            ],
            "emulated",
        ),
        BackendKind::Aws => (
            vec![
                ("--listen", config.listen.is_some()),
                ("--empty", emulator.empty),
                ("--seed-file", !emulator.seed_files.is_empty()),
                ("--demo", emulator.demo),
                ("--no-custom-ids", emulator.no_custom_ids),
                ("--issuer", emulator.issuer.is_some()),
                ("--throttle", emulator.throttle.is_some()),
                ("--trigger", !emulator.triggers.is_empty()),
                ("--seed", emulator.seed.is_some()),
                ("--signing-keys", emulator.signing_keys.is_some()),
                ("--tls", emulator.tls.tls),
                ("--tls-cert", emulator.tls.tls_cert.is_some()),
            ],
            "aws",
        ),
    };
    let given: Vec<&str> = flags
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(flag, _)| flag)
        .collect();
    if given.is_empty() {
        return Ok(());
    }
    Err(StartError(format!(
        "--backend {backend} does not use {}: remove that, or choose the other backend.",
        given.join(", ")
    )))
}

/// A configured pool that is not in `region`, and its Region.
pub(crate) fn of_other_region(config: &Config, region: &str) -> Option<(String, String)> {
    let default = Config::named(config.user_pool_id.as_ref());
    let pools = default
        .into_iter()
        .chain(config.selection.pools.iter().cloned());
    pools
        .into_iter()
        .find_map(|pool| pools::other_region(pool.trim(), region).map(|home| (pool, home)))
}

/// A separate budget of retries: the SDK's default budget is shared by all clients of the
/// process, and one client could use up another's.
fn retry_partition() -> RetryPartition {
    static CLIENTS: AtomicU64 = AtomicU64::new(0);
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    RetryPartition::new(format!("cognito-mcp-{number}"))
}

/// Prevents retries after a limit per user or per resource.
///
/// The SDK treats `LimitExceededException` as throttling, but the limits that Cognito
/// reports with it last an hour or are permanent. Cognito reports throttling as
/// `TooManyRequestsException`, which the SDK still retries.
#[derive(Debug)]
struct LimitsAreFinal;

impl ClassifyRetry for LimitsAreFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        // The body of a success may be long, and no exception is in it.
        let failed = |response: &&HttpResponse| !response.status().is_success();
        let limited = context
            .response()
            .filter(failed)
            .and_then(exception)
            .is_some_and(|code| code.starts_with("LimitExceededException"));
        if limited {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "limits are final"
    }

    fn priority(&self) -> RetryClassifierPriority {
        // Runs after the SDK's own classifiers, and overrides them.
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// The name of the exception in a response of AWS JSON 1.1. It is in a header, which a
/// proxy may have removed, and in the body, possibly after a namespace.
///
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
fn exception(response: &HttpResponse) -> Option<String> {
    if let Some(code) = response.headers().get("x-amzn-errortype") {
        return Some(code.to_owned());
    }
    let body: serde_json::Value = serde_json::from_slice(response.body().bytes()?).ok()?;
    let code = body.get("__type")?.as_str()?;
    Some(code.rsplit('#').next()?.to_owned())
}
