//! The bound on responses: no response is longer or deeper than MCP clients can read.
//!
//! Transports serve [`Server`]. It passes each request to the [`Handler`] and measures the
//! response. Results and errors are also bounded where they are created, with advice on
//! what to do. This bound is for all of them.

use std::path::Path;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, CustomRequest, CustomResult, GetPromptRequestParams, GetPromptResponse,
    GetTaskParams, GetTaskResult, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams,
    ReadResourceResponse, ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::json;

use super::Handler;
use crate::bounds::{CONSOLE_RESPONSE_BYTES, RESPONSE_BYTES, RESPONSE_DEPTH, SENTENCE_CHARS};
use crate::cognito::backend::Backend;
use crate::config::Config;
use crate::error::{self, ToolError};
use crate::principal::Principal;
use crate::run::OpenDesk;
use crate::run::answer_size;
use crate::size::{self, Size};
use crate::start_error::StartError;

/// One MCP server over one backend.
#[derive(Clone)]
pub struct Server(Handler);

impl Server {
    /// A server over `backend` with the tools that `config` selects.
    ///
    /// # Errors
    /// As [`crate::start::selection::select`].
    pub fn new(config: &Config, backend: Backend) -> Result<Self, StartError> {
        Handler::new(config, backend).map(Self)
    }

    /// Records that this process ends with its next answer, so that no person can read a secret to
    /// which the answer only refers.
    pub(crate) fn keeps_nothing(&self) {
        self.0.runner().shared().vault.set_command(false);
    }

    /// Answers `cognito-mcp approve` and `cognito-mcp secret` until the result is dropped, if
    /// `--confirm person` requires approvals or secrets are hidden. The socket is in `folder`,
    /// or in the user's own folder.
    ///
    /// # Errors
    /// If approvals are required, and no socket can be opened to which only this user has access.
    pub fn open_desk(&self, folder: Option<&Path>) -> Result<OpenDesk, StartError> {
        self.0.runner().open_desk(folder)
    }

    /// Whether tasks run in this server.
    pub(crate) fn runs_tasks(&self) -> bool {
        self.0.runs_tasks()
    }

    /// The backend of this server.
    pub(crate) fn backend(&self) -> &Backend {
        &self.0.shared().backend
    }
}

/// A result that may be too long.
trait Outgoing: Sized {
    fn size(&self) -> Size;

    /// The answer to send instead of this one. `too_long` is the reason, as in "has 300000
    /// bytes".
    fn replaced(&self, too_long: &str) -> Result<Self, ErrorData> {
        Err(ErrorData::internal_error(
            format!("The answer {too_long}, so it is not sent"),
            Some(json!({ "code": answer_size::TOO_LONG })),
        ))
    }
}

/// The size of a result that cannot be measured. It is not sent.
const UNKNOWN: Size = Size {
    bytes: usize::MAX,
    depth: usize::MAX,
};

impl Outgoing for CallToolResponse {
    fn size(&self) -> Size {
        match self {
            Self::Complete(result) => size::of(result),
            Self::InputRequired(question) => size::of(question),
            Self::Task(task) => size::of(task),
            _ => UNKNOWN,
        }
    }

    fn replaced(&self, too_long: &str) -> Result<Self, ErrorData> {
        let Self::Complete(result) = self else {
            let sentence = format!("The question {too_long}, so it is not sent");
            return Err(ErrorData::internal_error(sentence, None));
        };
        let error = if result.is_error == Some(true) {
            let code = error::code_of(result).unwrap_or_else(|| answer_size::TOO_LONG.to_owned());
            ToolError::new(
                &code,
                format!("The call failed. Its error {too_long}, so it is not shown"),
            )
        } else {
            let message = format!("The call was made. Its answer {too_long}, so it is not shown");
            ToolError::new(answer_size::TOO_LONG, message)
                .hint("Do not repeat a call that writes: read what it should have changed")
        };
        Ok(error.to_result().into())
    }
}

impl Outgoing for GetPromptResponse {
    fn size(&self) -> Size {
        match self {
            Self::Complete(result) => size::of(result),
            Self::InputRequired(question) => size::of(question),
            _ => UNKNOWN,
        }
    }
}

impl Outgoing for ReadResourceResponse {
    fn size(&self) -> Size {
        match self {
            Self::Complete(result) => size::of(result),
            Self::InputRequired(question) => size::of(question),
            _ => UNKNOWN,
        }
    }
}

macro_rules! outgoing {
    ($($result:ty),+) => {$(
        impl Outgoing for $result {
            fn size(&self) -> Size {
                size::of(self)
            }
        }
    )+};
}

outgoing!(
    CompleteResult,
    CustomResult,
    GetTaskResult,
    ListResourcesResult,
    ()
);

/// `answer`, or its replacement if it is too long.
fn bounded<T: Outgoing>(answer: Result<T, ErrorData>) -> Result<T, ErrorData> {
    bounded_to(RESPONSE_BYTES, answer)
}

/// `answer`, or its replacement if it has more than `longest` bytes or is nested too deep.
fn bounded_to<T: Outgoing>(longest: usize, answer: Result<T, ErrorData>) -> Result<T, ErrorData> {
    let answer = match answer {
        Ok(answer) => match too_long(longest, answer.size()) {
            None => return Ok(answer),
            Some(too_long) => answer.replaced(&too_long),
        },
        Err(error) => Err(error),
    };
    answer.map_err(bounded_error)
}

/// `error`, with its parts shortened if it is too long.
fn bounded_error(mut error: ErrorData) -> ErrorData {
    if too_long(RESPONSE_BYTES, size::of(&error)).is_some() {
        let message = size::text(&error.message, SENTENCE_CHARS).into_owned();
        error.message = message.into();
        if let Some(data) = &mut error.data {
            size::cut(data);
        }
    }
    error
}

/// Why an answer of that size is too long, if it is.
fn too_long(longest: usize, size: Size) -> Option<String> {
    if size.bytes > longest {
        return Some(format!(
            "has {} bytes, more than the {longest} that this server sends",
            size.bytes
        ));
    }
    (size.depth > RESPONSE_DEPTH).then(|| {
        format!(
            "is nested {} levels deep, more than the {RESPONSE_DEPTH} that this server sends",
            size.depth
        )
    })
}

/// Passes every method to the handler. Lists of what the server itself publishes are not
/// measured, because callers cannot make them longer.
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        self.0.get_info()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.0.get_tool(name)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let listed = self.0.list_tools(request, context).await;
        listed.map_err(bounded_error)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let listed = self.0.list_resource_templates(request, context).await;
        listed.map_err(bounded_error)
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let listed = self.0.list_prompts(request, context).await;
        listed.map_err(bounded_error)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let console = Principal::of(&context).is_some_and(Principal::is_console);
        let longest = if console {
            CONSOLE_RESPONSE_BYTES
        } else {
            RESPONSE_BYTES
        };
        bounded_to(longest, self.0.call_tool(request, context).await)
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        bounded(self.0.get_task(request, context).await)
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        bounded(self.0.update_task(request, context).await)
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        bounded(self.0.cancel_task(request, context).await)
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        bounded(self.0.on_custom_request(request, context).await)
    }

    #[expect(deprecated, reason = "older clients have no other method")]
    async fn set_level(
        &self,
        request: rmcp::model::SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        bounded(self.0.set_level(request, context).await)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        bounded(self.0.list_resources(request, context).await)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        bounded(self.0.read_resource(request, context).await)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        bounded(self.0.get_prompt(request, context).await)
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        bounded(self.0.complete(request, context).await)
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        self.0.accepted_subscription_filter(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        bounded(self.0.listen(context).await)
    }

    #[expect(deprecated, reason = "older clients have no other method")]
    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        bounded(self.0.subscribe(request, context).await)
    }

    #[expect(deprecated, reason = "older clients have no other method")]
    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        bounded(self.0.unsubscribe(request, context).await)
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{CallToolResult, ReadResourceResult, ResourceContents};

    use serde_json::Value;

    use super::*;

    fn long() -> String {
        "x".repeat(RESPONSE_BYTES + 1)
    }

    fn deep() -> Value {
        (0..=RESPONSE_DEPTH).fold(json!(1), |inner, _| json!([inner]))
    }

    #[test]
    fn answers_that_fit_are_not_changed() {
        let result = CallToolResult::structured(json!({ "done": "yes" }));
        let answer = bounded(Ok(CallToolResponse::from(result.clone()))).unwrap();
        let CallToolResponse::Complete(answer) = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(answer, result);
    }

    #[test]
    fn answers_that_are_too_long_become_errors() {
        let failed = ToolError::new("AuditLogNotWritten", long()).to_result();
        for (result, says, code) in [
            (
                CallToolResult::structured(json!({ "a": long() })),
                "The call was made",
                "AnswerTooLong",
            ),
            (
                CallToolResult::structured(json!({ "a": deep() })),
                "levels deep",
                "AnswerTooLong",
            ),
            (failed, "The call failed", "AuditLogNotWritten"),
        ] {
            let answer = bounded(Ok(CallToolResponse::from(result))).unwrap();
            let CallToolResponse::Complete(answer) = answer else {
                panic!("{answer:?}");
            };
            assert_eq!(answer.is_error, Some(true));
            assert_eq!(error::code_of(&answer).as_deref(), Some(code));
            let text = &answer.content[0].as_text().unwrap().text;
            assert!(text.contains(says) && text.len() < 1_000, "{text}");
        }
    }

    #[test]
    fn results_and_errors_are_bounded() {
        let read = ReadResourceResult::new(vec![ResourceContents::text(long(), "cognito://pools")]);
        let refused = bounded(Ok(ReadResourceResponse::from(read))).unwrap_err();
        assert!(refused.message.contains("is not sent"), "{refused:?}");
        let refused = bounded(Ok(CustomResult::new(json!([long()])))).unwrap_err();
        assert!(size::bytes(&refused) < 1_000, "{refused:?}");
        let error = ErrorData::invalid_params(long(), Some(json!({ "a": long(), "b": deep() })));
        let error = bounded::<()>(Err(error)).unwrap_err();
        assert!(size::bytes(&error) < RESPONSE_BYTES / 8);
    }
}
