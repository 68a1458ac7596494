//! Parts of a pool that may be absent, or that the caller may not read.

use serde_json::Value;

use crate::error::{ToolError, ToolResult};

/// Refusals after which a reader continues without the part, and reports it.
///
/// An endpoint that does not have an operation refuses it as unknown.
const DENIED: [&str; 6] = [
    "AccessDeniedException",
    "InvalidAction",
    "NotAuthorizedException",
    "OperationNotEnabledException",
    "UnknownOperationException",
    "UnsupportedOperation",
];

/// Refusals that mean that the pool does not have the part: there is none, or the pool's
/// feature plan does not include it.
const ABSENT: [&str; 4] = [
    "FeatureUnavailableInTierException",
    "InvalidParameterException",
    "ResourceNotFoundException",
    "UserPoolAddOnNotEnabledException",
];

/// A part of a pool that may be absent, or that the caller may not read.
pub(crate) enum Part {
    /// The response.
    Found(Value),
    /// The pool does not have it.
    Absent,
    /// The code of the refusal.
    Denied(String),
}

impl Part {
    /// The part in the `answer` to a request for it.
    ///
    /// # Errors
    /// Refusals that say nothing about the part.
    pub(crate) fn of(answer: ToolResult<Value>) -> ToolResult<Self> {
        let is_in = |codes: &[&str], error: &ToolError| codes.contains(&error.code.as_str());
        match answer {
            Ok(answer) => Ok(Self::Found(answer)),
            Err(error) if is_in(&DENIED, &error) => Ok(Self::Denied(error.code)),
            Err(error) if is_in(&ABSENT, &error) => Ok(Self::Absent),
            Err(error) => Err(error),
        }
    }
}
