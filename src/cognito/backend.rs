//! Where users live: one SDK client, above Cognito or above the emulator.

pub mod aws;
pub mod caller;
pub mod emulated;
pub mod endpoint;

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
use crate::start_error::StartError;

use self::caller::Caller;
pub use self::emulated::Emulated;

/// A connected backend.
pub struct Backend {
    /// The one door to Cognito's operations.
    pub client: Client,
    /// Where requests go, if the server connected to AWS.
    pub endpoints: Option<endpoint::Endpoints>,
    /// The emulator beneath the client, where it is one.
    pub emulator: Option<Emulated>,
    /// Whose credentials the client has.
    pub caller: Caller,
    /// The Region that the client speaks to.
    pub region: String,
    /// The clock: the emulator's where it is the backend.
    pub clock: SharedTimeSource,
    /// Who issues tokens, and the keys that they sign with.
    pub issuers: Issuers,
    /// What sends requests that are not of Cognito's API.
    pub(crate) web: Web,
}

/// The pool and client that calls mean when they name none.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// User pool id.
    pub user_pool_id: Option<String>,
    /// App client id.
    pub client_id: Option<String>,
}

/// Connects to what `config` names.
pub async fn connect(config: &Config) -> Result<Backend, StartError> {
    reject_flags_of_other_backend(config)?;
    match config.backend {
        BackendKind::Emulated => emulated::connect(config).await,
        BackendKind::Aws => aws::connect(config).await,
    }
}

/// A flag of the other backend is a mistake, perhaps about which backend it is.
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
            ],
            "emulated",
        ),
        BackendKind::Aws => (
            vec![
                ("--listen", config.listen.is_some()),
                ("--empty", emulator.empty),
                ("--issuer", emulator.issuer.is_some()),
                ("--throttle", emulator.throttle.is_some()),
                ("--trigger", !emulator.triggers.is_empty()),
                ("--seed", emulator.seed.is_some()),
                ("--signing-keys", emulator.signing_keys.is_some()),
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
        "--backend {backend} has no use for {}: leave that away, or choose the other backend.",
        given.join(", ")
    )))
}

/// A configured pool that is not in `region`, and where it is.
pub(crate) fn of_other_region(config: &Config, region: &str) -> Option<(String, String)> {
    let default = Config::named(config.user_pool_id.as_ref());
    let pools = default
        .into_iter()
        .chain(config.selection.pools.iter().cloned());
    pools
        .into_iter()
        .find_map(|pool| pools::other_region(pool.trim(), region).map(|home| (pool, home)))
}

/// A budget of retries of one's own: the SDK's is the process's, and clients
/// that shared it would spend one another's.
fn retry_partition() -> RetryPartition {
    static CLIENTS: AtomicU64 = AtomicU64::new(0);
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    RetryPartition::new(format!("cognito-mcp-{number}"))
}

/// Forbids to repeat a call that a limit per user or per resource refused.
///
/// The SDK takes `LimitExceededException` for throttling, but the limits that
/// Cognito reports by it last an hour or for ever. Throttling proper is
/// `TooManyRequestsException` and keeps the SDK's retries.
#[derive(Debug)]
struct LimitsAreFinal;

impl ClassifyRetry for LimitsAreFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let limited = context
            .response()
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
        // After all of the SDK's own, whose verdict it overrides.
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// The exception's name as AWS JSON 1.1 has it: in a header, which something
/// between may have dropped, and in the body, there perhaps behind a namespace.
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
