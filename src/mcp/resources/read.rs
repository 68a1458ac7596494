//! Requests that read and list resources.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, JsonObject, ListResourcesResult,
    PaginatedRequestParams, ReadResourceResult, Resource as Published, ResourceContents,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use serde_json::{Value, json};

use super::refused::Refusal;
use super::{Content, FIXED_FRESH_MS, JSON, RESOURCES, append, errors, find, of_pool};
use crate::bounds::READ_ANSWER_BYTES;
use crate::guard::untrusted;
use crate::record::audit::Trail;
use crate::record::trace;
use crate::run::{Runner, answer_size};
use crate::tools;

/// Reads the resource at `uri`.
pub(crate) async fn read(
    runner: &Runner,
    uri: &str,
    request: &RequestContext<RoleServer>,
) -> Result<ReadResourceResult, ErrorData> {
    let Some((resource, variables)) = find(uri) else {
        let sentence = "Unknown resource; see resources/list and resources/templates/list";
        return Err(not_found(uri, sentence));
    };
    let content = match resource.content {
        Content::Tool(tool) => {
            let gathered = gather(runner, tool, variables, request).await;
            gathered.map_err(|refused| refused.at(uri))?
        }
        Content::Policy => runner.policy().await,
        Content::Errors => {
            let exception = variables.get("exception").and_then(Value::as_str);
            errors(exception)
                .ok_or_else(|| not_found(uri, "The catalogue does not have that exception"))?
        }
    };
    let contents = ResourceContents::text(content.to_string(), uri).with_mime_type(JSON);
    let result = ReadResourceResult::new(vec![contents]);
    Ok(if resource.is_live() {
        result.with_ttl_ms(0).with_cache_scope(CacheScope::Private)
    } else {
        // Content is public if it is the same on every server of this version.
        let scope = match resource.content {
            Content::Errors => CacheScope::Public,
            _ => CacheScope::Private,
        };
        result.with_ttl_ms(FIXED_FRESH_MS).with_cache_scope(scope)
    })
}

fn not_found(uri: &str, sentence: &'static str) -> ErrorData {
    ErrorData::resource_not_found(sentence, Some(json!({ "uri": untrusted::short(uri) })))
}

/// The answer of `tool`, with as many pages as fit into one answer; `next` in it then
/// describes the rest.
async fn gather(
    runner: &Runner,
    tool: &'static str,
    variables: JsonObject,
    request: &RequestContext<RoleServer>,
) -> Result<Value, Refusal> {
    let mut arguments = with_everything(runner, tool, variables);
    let mut whole = page(runner, tool, &mut arguments, request).await?;
    let first = whole.to_string().len();
    while let Some(cursor) = whole.get("cursor").cloned() {
        if whole.to_string().len() + first > READ_ANSWER_BYTES {
            break;
        }
        arguments.insert("cursor".to_owned(), cursor);
        let next = page(runner, tool, &mut arguments, request).await?;
        append(&mut whole, next);
    }
    Ok(whole)
}

/// The answer of the tool called `name`, for a client that requested a resource.
async fn ask(
    runner: &Runner,
    name: &'static str,
    arguments: JsonObject,
    request: &RequestContext<RoleServer>,
) -> Result<Value, Refusal> {
    let Some(entry) = tools::entry(name) else {
        unreachable!("resources are what tools answer");
    };
    let call = CallToolRequestParams::new(name).with_arguments(arguments);
    let answered = async {
        let trail = runner.trail_of_call(Some(entry), &call, request).await;
        // Boxed, because the future of a call is large.
        let run = async { Ok(Box::pin(runner.run(entry, call, request)).await) };
        Trail::over(trail, run).await
    };
    let answered = Box::pin(trace::over(trace::tool(name), answered)).await;
    let Ok(CallToolResponse::Complete(result)) = answered else {
        unreachable!("a call that only reads is not confirmed");
    };
    match result.structured_content {
        Some(answer) => Ok(answer),
        None => Err(Refusal::of(&result)),
    }
}

/// One page, with as many items as fit into an answer.
async fn page(
    runner: &Runner,
    tool: &'static str,
    arguments: &mut JsonObject,
    request: &RequestContext<RoleServer>,
) -> Result<Value, Refusal> {
    loop {
        let refused = match ask(runner, tool, arguments.clone(), request).await {
            Ok(answer) => return Ok(answer),
            Err(refused) => refused,
        };
        // The retry of a page that is too long requests a shorter page.
        match refused.facts["retry"]["arguments"].as_object() {
            Some(shorter) if refused.code() == answer_size::TOO_LONG && shorter != arguments => {
                arguments.clone_from(shorter);
            }
            _ => return Err(refused),
        }
    }
}

/// `arguments` with the longest pages and all details that the tool can return.
fn with_everything(runner: &Runner, tool: &str, mut arguments: JsonObject) -> JsonObject {
    let schema = runner.shared().definition(tool);
    // A tool without arguments has no properties.
    let schema = schema.and_then(|tool| tool.published().input_schema.get("properties"));
    if let Some(most) = schema.and_then(|schema| schema.get("limit")?.get("maximum")) {
        arguments.insert("limit".to_owned(), most.clone());
    }
    if schema.is_some_and(|schema| schema.get("response_format").is_some()) {
        arguments.insert("response_format".to_owned(), "detailed".into());
    }
    arguments
}

/// Lists the resources without variables and, after them, the pools, page by page.
pub(crate) async fn list(
    runner: &Runner,
    params: Option<PaginatedRequestParams>,
    request: &RequestContext<RoleServer>,
) -> Result<ListResourcesResult, ErrorData> {
    let after = match params.and_then(|params| params.cursor) {
        Some(cursor) => Some(opened(&cursor).ok_or_else(|| invalid_cursor(&cursor))?),
        None => None,
    };
    let mut resources = Vec::new();
    if after.is_none() {
        let fixed = RESOURCES
            .iter()
            .filter(|resource| !resource.is_template() && resource.is_enabled(runner.shared()));
        resources.extend(fixed.map(super::Resource::published));
    }
    let mut arguments = with_everything(runner, "list_pools", JsonObject::new());
    arguments.extend(
        after
            .clone()
            .map(|token| ("cursor".to_owned(), token.into())),
    );
    let mut cursor = None;
    if runner.shared().is_enabled("list_pools") && runner.shared().is_enabled("describe_pool") {
        match ask(runner, "list_pools", arguments, request).await {
            Ok(page) => {
                let pools = page["pools"].as_array().into_iter().flatten();
                resources.extend(pools.filter_map(pool));
                cursor = page["cursor"].as_str().map(sealed);
            }
            // The other resources can be listed without the permission to list pools.
            Err(refused) => {
                if let Some(token) = after {
                    return Err(invalid_cursor(&sealed(&token)));
                }
                tracing::info!(code = refused.code(), "pools are not listed as resources");
            }
        }
    }
    let mut list = ListResourcesResult::with_all_items(resources);
    list.next_cursor = cursor;
    Ok(list.with_ttl_ms(0).with_cache_scope(CacheScope::Private))
}

fn pool(pool: &Value) -> Option<Published> {
    let id = pool["user_pool_id"].as_str()?;
    let title = pool["name"].as_str().unwrap_or(id);
    let published = Published::new(of_pool(id), id).with_title(title);
    Some(published.with_mime_type(JSON))
}

/// Cognito's pagination token as a cursor of this list.
fn sealed(token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("pools:{token}"))
}

fn opened(cursor: &str) -> Option<String> {
    let opened = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let opened = String::from_utf8(opened).ok()?;
    Some(opened.strip_prefix("pools:")?.to_owned())
}

/// The error for a cursor that no list has returned.
pub(crate) fn invalid_cursor(cursor: &str) -> ErrorData {
    let sentence = "The list did not return this cursor; list from the start";
    ErrorData::invalid_params(
        sentence,
        Some(json!({ "cursor": untrusted::short(cursor) })),
    )
}
