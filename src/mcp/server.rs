//! The protocol's handler: tools, resources, prompts, completion and subscriptions.

mod exit;

use std::sync::Arc;

use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, CustomRequest, CustomResult, ErrorCode, GetPromptRequestParams,
    GetPromptResponse, GetTaskParams, GetTaskResult, Icon, Implementation, JsonObject,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
    ServerConfig, ServerResult, SubscribeRequestParams, SubscriptionFilter, Tool,
    UnsubscribeRequestParams, UpdateTaskParams,
};
use rmcp::service::{RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Value, json};

pub use self::exit::Server;
use crate::bounds;
use crate::call::server_context::ServerContext;
use crate::cognito::backend::Backend;
use crate::cognito::backend::emulated::Change;
use crate::config::{BackendKind, Config};
use crate::definition::Definition;
use crate::guard::untrusted;
use crate::mcp::prompts::{self, PROMPTS, Prompt};
use crate::mcp::resources::subscriptions::{self, Subscriptions};
use crate::mcp::resources::{self, FIXED_FRESH_MS, RESOURCES, read};
use crate::mcp::tasks::Tasks;
use crate::mcp::{apps, completion, instructions};
use crate::record::audit::Trail;
use crate::record::{metrics, trace};
use crate::run::Runner;
use crate::start_error::StartError;
use crate::tools::{self, alike};

/// The protocol's handler, to which [`Server`] passes requests.
#[derive(Clone)]
pub(crate) struct Handler {
    runner: Arc<Runner>,
    instructions: Arc<str>,
    subscriptions: Subscriptions,
    tasks: Tasks,
    /// Locked while a completion runs.
    completing: Arc<tokio::sync::Mutex<()>>,
}

impl Handler {
    /// A handler over `backend` with the tools that `config` selects.
    ///
    /// # Errors
    /// As [`Runner::new`].
    fn new(config: &Config, backend: Backend) -> Result<Self, StartError> {
        let tasks = Tasks::new(Arc::clone(&backend.state));
        let runner = Runner::new(config, backend)?;
        Ok(Self {
            instructions: instructions::of(&runner).into(),
            runner: Arc::new(runner),
            subscriptions: Subscriptions::default(),
            tasks,
            completing: Arc::default(),
        })
    }

    /// The runner of calls.
    fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Whether tasks run in this server.
    fn runs_tasks(&self) -> bool {
        self.tasks.are_running()
    }

    fn shared(&self) -> &ServerContext {
        self.runner.shared()
    }

    fn unknown_tool(&self, name: &str) -> ErrorData {
        let enabled: Vec<&str> = self.runner.enabled().map(Definition::name).collect();
        let meant = alike::meant(name, self.runner.enabled());
        let called = untrusted::named(name);
        let quoted: Vec<String> = meant.iter().map(|tool| format!("`{tool}`")).collect();
        let guess = if quoted.is_empty() {
            String::new()
        } else {
            format!(" Did you mean {}?", quoted.join(" or "))
        };
        ErrorData::invalid_params(
            format!(
                "Unknown tool {called}.{guess} Enabled tools: {}.",
                enabled.join(", ")
            ),
            Some(json!({
                "tool": untrusted::short(name), "nearest": meant.first(), "enabled": enabled,
            })),
        )
    }
}

/// The icon: a user in front of a shield.
const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'>\
<path fill='#b8232f' d='M12 1 3 5v7c0 5 4 9 9 11 5-2 9-6 9-11V5z'/>\
<g fill='#fff'><circle cx='12' cy='9' r='3'/><path d='M6 17a6 5 0 0 1 12 0z'/></g></svg>";

fn icon() -> Icon {
    let data = aws_smithy_types::base64::encode(ICON);
    Icon::new(format!("data:image/svg+xml;base64,{data}"))
        .with_mime_type("image/svg+xml")
        .with_sizes(vec!["any".to_owned()])
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(self.capabilities())
            .with_server_info(
                Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
                    .with_title("Amazon Cognito user pools")
                    .with_description(env!("CARGO_PKG_DESCRIPTION"))
                    .with_website_url(env!("CARGO_PKG_REPOSITORY"))
                    .with_icons(vec![icon()]),
            )
            .with_instructions(&*self.instructions)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        only_page(request)?;
        let views = self.shared().views.values();
        let tools = views.map(|view| view.published().clone());
        let tools = if apps::are_shown(&context) {
            tools.map(apps::linked).collect()
        } else {
            tools.collect()
        };
        Ok(ListToolsResult::with_all_items(tools)
            .with_ttl_ms(FIXED_FRESH_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let entry = tools::entry(&request.name);
        let name = entry.map(|entry| entry.definition.name());
        // Only known names are used in spans: a caller can send any text as a name.
        let span = trace::request("tools/call", name, &context);
        let call = async {
            let trail = self.runner.trail_of_call(entry, &request, &context).await;
            let answered = async {
                let Some(entry) = entry else {
                    return Err(self.unknown_tool(&request.name));
                };
                let answer = Box::pin(self.runner.run(entry, request, &context)).await;
                let runner = Arc::clone(&self.runner);
                Ok(self.tasks.begin(runner, entry, answer, &context).await)
            };
            let answered = Trail::over(trail, answered).await;
            metrics::called(name, &answered);
            answered
        };
        Box::pin(trace::over(span, call)).await
    }

    async fn get_task(
        &self,
        request: GetTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        self.tasks.get(&request.task_id, &context).await
    }

    async fn update_task(
        &self,
        request: UpdateTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks.update(&request.task_id, &context).await
    }

    async fn cancel_task(
        &self,
        request: CancelTaskParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.tasks.cancel(&request.task_id, &context).await
    }

    /// Clients of older revisions may send this request first. The level has no effect,
    /// because logs are written to stderr and not sent to clients.
    #[expect(deprecated, reason = "older clients have no other method")]
    async fn set_level(
        &self,
        _request: rmcp::model::SetLevelRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Ok(())
    }

    /// Handles requests whose parameters rmcp cannot parse. rmcp would report them as
    /// requests for an unknown method.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        if request.method != "tools/call" {
            let method = untrusted::short(&request.method);
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None));
        }
        let mut call = request.params.unwrap_or_default();
        // Some hosts send the arguments as text.
        if let Some(Value::String(text)) = call.get("arguments")
            && let Ok(arguments @ Value::Object(_)) = serde_json::from_str(text)
        {
            call["arguments"] = arguments;
        }
        let call = serde_json::from_value(call).map_err(|_| {
            // A more exact message could repeat a secret.
            let message =
                "tools/call requires `name`, a string, and accepts `arguments`, an object.";
            ErrorData::invalid_params(message, None)
        })?;
        let answer = self.call_tool(call, context).await?;
        let answer = serde_json::to_value(ServerResult::from(answer))
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(CustomResult::new(answer))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        let view = self.shared().view(name)?;
        Some(view.published().clone())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let span = trace::request("resources/list", None, &context);
        let list = read::list(self.runner(), request, &context);
        Box::pin(trace::over(span, list)).await
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        only_page(request)?;
        let templates = RESOURCES
            .iter()
            .filter(|resource| resource.is_template() && resource.is_enabled(self.shared()));
        let templates = templates.map(resources::Resource::published_template);
        Ok(
            ListResourceTemplatesResult::with_all_items(templates.collect())
                .with_ttl_ms(FIXED_FRESH_MS)
                .with_cache_scope(CacheScope::Private),
        )
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let span = trace::request("resources/read", None, &context);
        let read = async {
            if apps::are_shown(&context)
                && let Some(page) = apps::read(&request.uri)
            {
                return Ok(page.into());
            }
            Ok(read::read(self.runner(), &request.uri, &context)
                .await?
                .into())
        };
        Box::pin(trace::over(span, read)).await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        only_page(request)?;
        let prompts = self.enabled_prompts().map(Prompt::published).collect();
        Ok(ListPromptsResult::with_all_items(prompts)
            .with_ttl_ms(FIXED_FRESH_MS)
            .with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let enabled = |tool: &str| self.shared().is_enabled(tool);
        let prompt = prompts::find(&request.name).filter(|prompt| prompt.is_enabled(enabled));
        let span = trace::request("prompts/get", prompt.map(|prompt| prompt.name), &context);
        let get = async {
            let Some(prompt) = prompt else {
                return Err(self.unknown_prompt(&request.name));
            };
            let arguments = request.arguments.unwrap_or_default();
            Ok(prompt.get(&arguments, enabled)?.into())
        };
        trace::over(span, get).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let span = trace::request("completion/complete", None, &context);
        let complete = async {
            let argument = request.argument.name.clone();
            let shown = || JsonObject::from_iter([("argument".to_owned(), argument.into())]);
            let runner = self.runner();
            let trail = runner.trail("completion/complete", shown, &context).await;
            let completed = async {
                // Hosts send a request at every key: one completion at a time is enough.
                let _turn = self.completing.lock().await;
                let completion = completion::complete(runner, request, &context).await?;
                Ok(CompleteResult::new(completion))
            };
            Trail::over(trail, completed).await
        };
        Box::pin(trace::over(span, complete)).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let uris = requested.resource_subscriptions.iter().flatten();
        let uris = uris.filter(|uri| self.changes_of(uri).is_ok());
        let uris = uris.take(bounds::SUBSCRIPTIONS);
        Some(
            SubscriptionFilter::builder()
                .resource_subscriptions(uris)
                .build(),
        )
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        match self.shared().backend.emulator.as_ref() {
            Some(emulator) => subscriptions::notify(&context, emulator.changes()).await,
            None => context.cancelled().await,
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let changes = self.changes_of(&request.uri)?;
        self.subscriptions.add(request.uri, changes, context.peer)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.subscriptions.remove(&request.uri);
        Ok(())
    }
}

impl Handler {
    fn capabilities(&self) -> ServerCapabilities {
        let capabilities = ServerCapabilities::builder()
            .enable_completions()
            .enable_prompts()
            .enable_resources()
            .enable_tasks()
            .enable_tools();
        // Cognito does not report changes.
        match self.runner.gate().backend() {
            BackendKind::Emulated => capabilities.enable_resources_subscribe().build(),
            BackendKind::Aws => capabilities.build(),
        }
    }

    fn enabled_prompts(&self) -> impl Iterator<Item = &'static Prompt> {
        let enabled = |tool: &str| self.shared().is_enabled(tool);
        PROMPTS
            .iter()
            .filter(move |prompt| prompt.is_enabled(enabled))
    }

    fn unknown_prompt(&self, name: &str) -> ErrorData {
        let enabled: Vec<&str> = self.enabled_prompts().map(|prompt| prompt.name).collect();
        let mut sentence = match prompts::find(name) {
            Some(_) => format!("Prompt `{name}` requires tools that are not enabled."),
            None => format!("Unknown prompt {}.", untrusted::named(name)),
        };
        if !enabled.is_empty() {
            sentence = format!("{sentence} Enabled: {}.", enabled.join(", "));
        }
        let facts = json!({ "prompt": untrusted::short(name), "enabled": enabled });
        ErrorData::invalid_params(sentence, Some(facts))
    }

    /// The changes of the resource at `uri`, if it can be read and may change.
    fn changes_of(&self, uri: &str) -> Result<tokio::sync::broadcast::Receiver<Change>, ErrorData> {
        let resource = resources::find(uri).map(|(resource, _)| resource);
        let live = resource.filter(|resource| resource.is_live());
        let enabled = live.is_some_and(|resource| resource.is_enabled(self.shared()));
        let emulator = self.shared().backend.emulator.as_ref();
        match emulator.filter(|_| enabled) {
            Some(emulator) => Ok(emulator.changes()),
            None => Err(ErrorData::resource_not_found(
                "Unknown resource, or one that never changes",
                Some(json!({ "uri": untrusted::short(uri) })),
            )),
        }
    }
}

/// Refuses a cursor for lists with a single page.
fn only_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        Some(cursor) => Err(read::invalid_cursor(&cursor)),
        None => Ok(()),
    }
}
