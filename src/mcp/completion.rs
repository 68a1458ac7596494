//! Completion of the arguments of resource templates and prompts: pools, users, groups, app
//! clients.

use std::collections::BTreeSet;
use std::sync::Arc;

use rmcp::model::{CompleteRequestParams, CompletionInfo, JsonObject, Reference};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use crate::bounds::COMPLETION_PAGES;
use crate::call::context::Cx;
use crate::call::targets::InPool;
use crate::error::ToolResult;
use crate::guard::untrusted;
use crate::hints;
use crate::mcp::prompts;
use crate::mcp::resources::RESOURCES;
use crate::mcp::resources::refused::Refusal;
use crate::run::Runner;
use crate::size;

/// A kind of argument that can be completed.
#[derive(Clone, Copy)]
enum Kind {
    Pool,
    User,
    Group,
    Client,
    Exception,
}

impl Kind {
    /// The kind of the argument `name`.
    fn of(name: &str) -> Option<Self> {
        match name {
            "user_pool_id" => Some(Self::Pool),
            "username" => Some(Self::User),
            "group" => Some(Self::Group),
            "client_id" => Some(Self::Client),
            "exception" => Some(Self::Exception),
            _ => None,
        }
    }

    /// The tool that lists the same values; if it is disabled, nothing is completed.
    fn tool(self) -> Option<&'static str> {
        match self {
            Self::Pool => Some("list_pools"),
            Self::User => Some("list_users"),
            Self::Group => Some("list_groups"),
            Self::Client => Some("list_clients"),
            Self::Exception => None,
        }
    }
}

/// The maximum number of values on a page of Cognito.
const PAGE: i32 = 60;

/// Completes the value of an argument that a client has begun to write.
pub(crate) async fn complete(
    runner: &Runner,
    params: CompleteRequestParams,
    request: &RequestContext<RoleServer>,
) -> Result<CompletionInfo, ErrorData> {
    let name = validate(&params)?;
    let is_enabled = |kind: &Kind| {
        let tool = kind.tool();
        tool.is_none_or(|tool| runner.shared().is_enabled(tool))
    };
    let Some(kind) = Kind::of(name).filter(is_enabled) else {
        return Ok(CompletionInfo::default());
    };
    let mut arguments = JsonObject::new();
    let chosen = params.context.as_ref();
    if let Some(pool) = chosen.and_then(|chosen| chosen.get_argument("user_pool_id")) {
        arguments.insert("user_pool_id".to_owned(), pool.as_str().into());
    }
    let shared = Arc::clone(runner.shared());
    let cx = Cx::without_tool(shared, "completion", arguments, request);
    let found = Box::pin(cx.for_hints(matching_values(&cx, kind, &params.argument.value))).await;
    let found = found.map_err(|error| {
        let error = hints::conclude(&cx, error);
        Refusal::from(&*error).about(json!({ "argument": name }))
    });
    Ok(found?.into_info())
}

/// Returns the name of the argument, if the prompt or template in the request has it.
fn validate(params: &CompleteRequestParams) -> Result<&str, ErrorData> {
    let name = params.argument.name.as_str();
    let refused = |sentence: String| {
        let mut facts = json!({ "ref": params.r#ref, "argument": name });
        size::cut(&mut facts);
        Err(ErrorData::invalid_params(
            sentence,
            Some(untrusted::answer(facts)),
        ))
    };
    let known: Vec<&str> = match &params.r#ref {
        Reference::Prompt(prompt) => match prompts::find(&prompt.name) {
            Some(prompt) => prompt.arguments.iter().map(|known| known.name).collect(),
            None => {
                return refused(format!(
                    "Unknown prompt {}.",
                    untrusted::named(&prompt.name)
                ));
            }
        },
        Reference::Resource(template) => {
            match RESOURCES.iter().find(|known| known.uri == template.uri) {
                Some(known) => known.variables().collect(),
                None => {
                    return refused(format!(
                        "Unknown template {}.",
                        untrusted::named(&template.uri)
                    ));
                }
            }
        }
        _ => return refused("Only prompts and resources have arguments to complete.".to_owned()),
    };
    if known.contains(&name) {
        return Ok(name);
    }
    let all = known.join(", ");
    refused(format!(
        "Unknown argument {}. Arguments to complete: {all}.",
        untrusted::named(name)
    ))
}

/// The values that match.
struct Found {
    values: Vec<String>,
    /// Whether there are no more values.
    complete: bool,
}

impl Found {
    fn into_info(mut self) -> CompletionInfo {
        // A name that is escaped in answers would complete to another name.
        let is_plain = |name: &String| {
            let name = Value::from(name.as_str());
            untrusted::answer(name.clone()) == name
        };
        self.values.retain(is_plain);
        let total = self.complete.then(|| u32::try_from(self.values.len()).ok());
        let more = !self.complete || self.values.len() > CompletionInfo::MAX_VALUES;
        self.values.truncate(CompletionInfo::MAX_VALUES);
        CompletionInfo::with_pagination(self.values, total.flatten(), more).unwrap_or_default()
    }
}

/// The values of an argument that begin with `begun`.
async fn matching_values(cx: &Cx, kind: Kind, begun: &str) -> ToolResult<Found> {
    match kind {
        Kind::Pool => pool_ids(cx, begun).await,
        Kind::User => usernames(cx, begun).await,
        Kind::Group => group_names(cx, begun).await,
        Kind::Client => client_ids(cx, begun).await,
        Kind::Exception => Ok(exceptions(begun)),
    }
}

/// Names of the exceptions with a hint that begin with `begun`.
fn exceptions(begun: &str) -> Found {
    let names = hints::all().map(|(exception, _)| exception);
    let names: BTreeSet<&str> = names.filter(|name| begins(name, begun)).collect();
    Found {
        values: names.into_iter().map(ToOwned::to_owned).collect(),
        complete: true,
    }
}

/// Ids of the user pools whose id or name begins with `begun`.
async fn pool_ids(cx: &Cx, begun: &str) -> ToolResult<Found> {
    let cognito = cx.cognito();
    // With named pools, only those are in scope.
    if !cx.pools().is_open() {
        let ids = cx.pools().ids().iter();
        let ids = ids.filter(|id| begins(id, begun));
        return Ok(Found {
            values: ids.cloned().collect(),
            complete: true,
        });
    }
    pages(|token| {
        let request = cognito.list_user_pools().max_results(PAGE);
        let request = request.set_next_token(token).send();
        async move {
            let page = request.await?;
            let pools = page.user_pools.unwrap_or_default().into_iter();
            // People search for a pool by its name, so names are also compared.
            let pools = pools.filter(|pool| {
                let is = |text: Option<&str>| begins(text.unwrap_or_default(), begun);
                is(pool.id()) || is(pool.name())
            });
            let ids = pools.filter_map(|pool| pool.id).collect();
            Ok((ids, page.next_token))
        }
    })
    .await
}

/// Usernames in the pool that begin with `begun`.
async fn usernames(cx: &Cx, begun: &str) -> ToolResult<Found> {
    let cognito = cx.cognito();
    let pool = &pool(cx).await?;
    let filter = (!begun.is_empty()).then(|| {
        let quoted = begun.replace('\\', r"\\").replace('"', "\\\"");
        format!("username ^= \"{quoted}\"")
    });
    pages(|token| {
        let request = cognito.list_users().user_pool_id(pool).limit(PAGE);
        let request = request.set_filter(filter.clone());
        let request = request.set_pagination_token(token).send();
        async move {
            let page = request.await?;
            let users = page.users.unwrap_or_default().into_iter();
            let names = users.filter_map(|user| user.username).collect();
            Ok((names, page.pagination_token))
        }
    })
    .await
}

/// Names of groups in the pool that begin with `begun`.
async fn group_names(cx: &Cx, begun: &str) -> ToolResult<Found> {
    let cognito = cx.cognito();
    let pool = &pool(cx).await?;
    pages(|token| {
        let request = cognito.list_groups().user_pool_id(pool).limit(PAGE);
        let request = request.set_next_token(token).send();
        async move {
            let page = request.await?;
            let groups = page.groups.unwrap_or_default().into_iter();
            let names = groups.filter_map(|group| group.group_name);
            let names = names.filter(|name| begins(name, begun)).collect();
            Ok((names, page.next_token))
        }
    })
    .await
}

/// Ids of the app clients whose id or name begins with `begun`.
async fn client_ids(cx: &Cx, begun: &str) -> ToolResult<Found> {
    let cognito = cx.cognito();
    let pool = &pool(cx).await?;
    pages(|token| {
        let request = cognito.list_user_pool_clients().user_pool_id(pool);
        let request = request.max_results(PAGE).set_next_token(token).send();
        async move {
            let page = request.await?;
            let clients = page.user_pool_clients.unwrap_or_default().into_iter();
            let clients = clients.filter(|client| {
                let is = |text: Option<&str>| begins(text.unwrap_or_default(), begun);
                is(client.client_id()) || is(client.client_name())
            });
            let ids = clients.filter_map(|client| client.client_id).collect();
            Ok((ids, page.next_token))
        }
    })
    .await
}

/// The pool of the request's context, or the default pool.
async fn pool(cx: &Cx) -> ToolResult<String> {
    let chosen = cx.arguments.get("user_pool_id").and_then(Value::as_str);
    let chosen = chosen.map(ToOwned::to_owned);
    cx.pool(&InPool {
        user_pool_id: chosen.filter(|id| !id.is_empty()),
    })
    .await
}

fn begins(text: &str, begun: &str) -> bool {
    let beginning = text.get(..begun.len());
    beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(begun))
}

/// The values that `page` returns, page by page, until there are more than a client accepts.
async fn pages<F>(mut page: impl FnMut(Option<String>) -> F) -> ToolResult<Found>
where
    F: Future<Output = ToolResult<(Vec<String>, Option<String>)>>,
{
    let mut values = Vec::new();
    let mut token = None;
    for _ in 0..COMPLETION_PAGES {
        let (found, next) = page(token).await?;
        values.extend(found);
        token = next;
        if token.is_none() || values.len() > CompletionInfo::MAX_VALUES {
            break;
        }
    }
    Ok(Found {
        values,
        complete: token.is_none(),
    })
}
