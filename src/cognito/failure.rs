//! Conversion of failed requests to Cognito into errors of a tool.

use std::error::Error as StdError;
use std::time::Duration;

use aws_sdk_cognitoidentityprovider::config::http::HttpResponse;
use aws_sdk_cognitoidentityprovider::error::{ProvideErrorMetadata, SdkError};

use crate::cognito::pools;
use crate::cognito::watch::Withheld;
use crate::error::{ToolError, ToolResult};

/// Exceptions after which the same call may succeed.
const RETRYABLE: [&str; 4] = [
    "InternalErrorException",
    "InternalServerException",
    "ThrottlingException",
    "TooManyRequestsException",
];

impl<E> From<SdkError<E, HttpResponse>> for Box<ToolError>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let withheld = sources(&error).find_map(|source| source.downcast_ref::<Withheld>());
        if let Some(Withheld::Elsewhere(elsewhere)) = withheld {
            return pools::refusal(elsewhere);
        }
        if let Some(withheld) = withheld {
            return ToolError::new(withheld.code(), withheld.to_string());
        }
        let mut failure = match &error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some(code) => ToolError::new(code, service.err().message().unwrap_or_default()),
                None => unreadable(service.raw()),
            },
            SdkError::TimeoutError(_) => {
                ToolError::new("RequestTimedOut", "Cognito did not answer in time")
            }
            SdkError::DispatchFailure(_) if mentions(&error, "credential") => ToolError::new(
                "CredentialsMissing",
                format!("No AWS credentials could be loaded: {}", innermost(&error)),
            ),
            SdkError::DispatchFailure(_) => ToolError::new(
                "ConnectionFailed",
                format!("The connection to Cognito failed: {}", innermost(&error)),
            ),
            SdkError::ResponseError(response) => unreadable(response.raw()),
            _ => ToolError::new("RequestNotBuilt", innermost(&error)),
        };
        if failure.message.is_empty() {
            failure.message = format!("Cognito returned {} without a message", failure.code);
        }
        let response = error.raw_response();
        let header = |name| response.and_then(|response| response.headers().get(name));
        failure.request_id = header("x-amzn-requestid").map(ToOwned::to_owned);
        failure.retry_after = header("x-amz-retry-after")
            .and_then(|ms| ms.parse().ok())
            .map(Duration::from_millis);
        let status = response.map(|response| response.status().as_u16());
        failure.retryable = RETRYABLE.contains(&failure.code.as_str())
            || matches!(status, Some(500 | 502 | 503 | 504))
            || matches!(error, SdkError::TimeoutError(_))
            || failure.code == "ConnectionFailed";
        failure.operation = operation_of::<E>();
        failure
    }
}

/// The error code for a response that is not Cognito's, or that lacks a part.
pub(crate) const UNREADABLE: &str = "UnreadableAnswer";

/// Returns `part`, which every response of Cognito has. `what` names it in the error.
///
/// # Errors
/// `UnreadableAnswer` if the response lacks it.
pub(crate) fn answered<T>(part: Option<T>, what: &str) -> ToolResult<T> {
    part.ok_or_else(|| ToolError::new(UNREADABLE, format!("Cognito's response has no {what}")))
}

/// The error for a response of another program, such as a proxy.
fn unreadable(response: &HttpResponse) -> Box<ToolError> {
    let kind = response.headers().get("content-type");
    ToolError::new(
        UNREADABLE,
        format!(
            "The response is not from Cognito: HTTP status {}, {}",
            response.status(),
            kind.unwrap_or("without a content type")
        ),
    )
}

/// `AdminGetUser` from `…::AdminGetUserError`: only the name of an error's type contains
/// the operation.
fn operation_of<E>() -> Option<String> {
    let name = std::any::type_name::<E>().rsplit("::").next()?;
    Some(name.strip_suffix("Error")?.to_owned())
}

fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| {
        // Copies the inner reference, which outlives the closure's argument.
        let error: &'a (dyn StdError + 'static) = *error;
        error.source()
    })
}

fn mentions(error: &(dyn StdError + 'static), word: &str) -> bool {
    sources(error).any(|source| source.to_string().contains(word))
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    sources(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}
