//! Where users live: one SDK client, above Cognito or above the emulator.

pub mod aws;
pub mod emulated;

use std::fmt;
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::Client;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};

use crate::config::{BackendKind, Config};

pub use self::emulated::Emulated;

/// A connected backend.
pub struct Backend {
    /// The one door to Cognito's operations.
    pub client: Client,
    /// The emulator beneath the client, where it is one.
    pub emulator: Option<Emulated>,
    /// The Region that the client speaks to.
    pub region: String,
    /// The least time between two writes of a run.
    pub pace: Duration,
}

/// The pool and client that calls mean when they name none.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// User pool id.
    pub user_pool_id: Option<String>,
    /// App client id.
    pub client_id: Option<String>,
}

/// Why the server cannot start, and what to set.
#[derive(Debug)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// Connects to what `config` names.
pub async fn connect(config: &Config) -> Result<Backend, StartError> {
    match config.backend {
        BackendKind::Emulated => emulated::connect(config).await,
        BackendKind::Aws => aws::connect(config).await,
    }
}

/// Forbids to repeat a call that a limit per user or per resource refused.
///
/// The SDK takes `LimitExceededException` for throttling, but the limits that
/// Cognito reports by it last an hour or for ever. Throttling proper is
/// `TooManyRequestsException` and keeps the SDK's retries.
#[derive(Debug)]
pub(crate) struct LimitsAreFinal;

impl ClassifyRetry for LimitsAreFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let named = context
            .response()
            .and_then(|response| response.headers().get("x-amzn-errortype"))
            .is_some_and(|code| code.starts_with("LimitExceededException"));
        if named {
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
