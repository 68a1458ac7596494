//! Operations called by name in a call of a tool.

use serde_json::Value;

use crate::call::context::Cx;
use crate::cognito::by_name;
use crate::error::ToolResult;

impl Cx {
    /// Calls `operation` with `input`, as [`by_name::ask`].
    pub(crate) async fn ask(&self, operation: &str, input: Value) -> ToolResult<Value> {
        by_name::ask(self.cognito(), operation, input).await
    }
}
