//! Rows of calls that change many users: why a row failed, and its correction.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Serialize;

use crate::bounds::CORRECTED_ROWS;
use crate::call::context::Cx;
use crate::error::{NextCall, ToolError};
use crate::hints;

/// The most waits for a row that Cognito throttles, in addition to the SDK's retries.
pub(crate) const WAITS: u32 = 5;

/// Why a row failed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RowError {
    /// Cognito's exception, as in `UsernameExistsException`.
    code: String,
    /// Cognito's sentence.
    message: String,
    /// The correction; only for the first 25 rows that failed.
    hint: Option<String>,
    /// The call that corrects the row.
    retry: Option<NextCall>,
}

impl From<ToolError> for RowError {
    fn from(error: ToolError) -> Self {
        Self {
            code: error.code,
            message: error.message,
            hint: error.hint,
            retry: error.retry,
        }
    }
}

/// The errors of the rows that failed, each with its number and its correction. `alone` returns
/// the tool and the arguments of a call for one row.
pub(crate) async fn explain(
    cx: &Cx,
    failures: Vec<(usize, Box<ToolError>)>,
    alone: impl Fn(usize) -> (&'static str, JsonObject),
) -> Vec<(usize, RowError)> {
    let mut errors = Vec::with_capacity(failures.len());
    for (number, (row, failure)) in failures.into_iter().enumerate() {
        let (tool, arguments) = alone(row);
        let definition = cx.definition_of(tool);
        let definition = definition.expect("the registry has every tool");
        let alone = cx.for_call(definition, arguments);
        // If more rows fail, most of them fail for the same reason.
        let failure = if number < CORRECTED_ROWS && !cx.cancel.is_cancelled() {
            hints::explain(&alone, failure).await
        } else {
            hints::conclude(&alone, failure)
        };
        errors.push((row, (*failure).into()));
    }
    errors
}
