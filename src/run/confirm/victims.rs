//! The victims of a destructive call, read from the requests that its rehearsal held back.

use serde_json::Value;

use super::phrase;
use crate::call::context::Cx;
use crate::cognito::jwt::Token;
use crate::cognito::operations::{self, Destroyed, Effect};
use crate::cognito::watch::Request;
use crate::error::{ToolError, ToolResult};
use crate::guard::untrusted::bare;

/// A resource that a call would destroy.
pub(super) struct Victim {
    /// The effect and the name, as in `delete user ana`.
    pub(super) described: String,
    /// Its exact name.
    pub(super) name: String,
    /// The `sub` of a user: another user may have the same name later.
    pub(super) sub: Option<String>,
}

/// The victims of the requests that were held back.
pub(super) async fn victims(cx: &Cx, held_back: &[Request]) -> ToolResult<Vec<Victim>> {
    let destroys = |name: &str| operations::effect_of(&[name]) == Effect::Destroy;
    let mut victims = Vec::new();
    for request in held_back.iter().filter(|held| destroys(&held.operation)) {
        let input = request.input.clone().unwrap_or_default();
        let found = Box::pin(victim(cx, &request.operation, &input)).await?;
        victims.extend(found);
    }
    if victims.is_empty() {
        // Another write comes first, so the destructive request is not known yet.
        let first = held_back.first().and_then(|held| held.input.clone());
        let input = first.unwrap_or_default();
        for operation in cx.operations().iter().filter(|name| destroys(name)) {
            victims.extend(Box::pin(victim(cx, operation, &input)).await?);
        }
    }
    if victims.is_empty() {
        let title = cx.definition().map(|tool| tool.title);
        victims.push(Victim {
            described: title.unwrap_or(cx.tool()).to_lowercase(),
            name: cx.tool().to_owned(),
            sub: None,
        });
    }
    Ok(victims)
}

async fn victim(cx: &Cx, operation: &str, input: &Value) -> ToolResult<Option<Victim>> {
    let Some(destroyed) = operations::find(operation).and_then(|found| found.destroyed) else {
        return Ok(None);
    };
    let Destroyed { action, member } = destroyed;
    let Some(id) = input.pointer(member).and_then(Value::as_str) else {
        return Ok(None);
    };
    let pool = input.pointer("/UserPoolId").and_then(Value::as_str);
    let mut sub = None;
    let name = match member {
        "/Username" => {
            let (name, found) = cx.for_hints(user(cx, pool, id)).await?;
            sub = found;
            name
        }
        "/UserPoolId" => cx.for_hints(pool_name(cx, id)).await?,
        "/ClientId" => cx.for_hints(client_name(cx, pool, id)).await?,
        "/AccessToken" => token_name(id),
        _ => id.to_owned(),
    };
    let mut beside = Vec::new();
    if name != id && member != "/AccessToken" {
        beside.push(bare(id));
    }
    if !phrase::is_plain(&name) {
        // Two names may look the same when shown; their digests differ.
        beside.push(phrase::digest(&name));
    }
    let mut shown = bare(&name);
    if !beside.is_empty() {
        shown = format!("{shown} ({})", beside.join(", "));
    }
    Ok(Some(Victim {
        described: format!("{action} {shown}"),
        name,
        sub,
    }))
}

/// The user's own username and `sub`, even if the call names an alias.
async fn user(cx: &Cx, pool: Option<&str>, id: &str) -> ToolResult<(String, Option<String>)> {
    let request = cx.cognito().admin_get_user();
    let request = request.set_user_pool_id(pool.map(ToOwned::to_owned));
    let mut sub = None;
    let name = known(request.username(id).send().await, id, |user| {
        let attributes = user.user_attributes.unwrap_or_default();
        let found = attributes
            .into_iter()
            .find(|attribute| attribute.name == "sub");
        sub = found.and_then(|attribute| attribute.value);
        Some(user.username)
    })?;
    Ok((name, sub))
}

async fn pool_name(cx: &Cx, id: &str) -> ToolResult<String> {
    let request = cx.cognito().describe_user_pool().user_pool_id(id);
    known(request.send().await, id, |answer| answer.user_pool?.name)
}

async fn client_name(cx: &Cx, pool: Option<&str>, id: &str) -> ToolResult<String> {
    let request = cx.cognito().describe_user_pool_client();
    let request = request.set_user_pool_id(pool.map(ToOwned::to_owned));
    known(request.client_id(id).send().await, id, |answer| {
        answer.user_pool_client?.client_name
    })
}

/// The name in a response. If the server may not read the resource, its id is used instead.
/// If the resource does not exist, Cognito's error is returned.
fn known<T, E>(
    answer: Result<T, E>,
    id: &str,
    name: impl FnOnce(T) -> Option<String>,
) -> ToolResult<String>
where
    Box<ToolError>: From<E>,
{
    match answer {
        Ok(answer) => Ok(name(answer).unwrap_or_else(|| id.to_owned())),
        Err(error) => {
            let error: Box<ToolError> = error.into();
            if error.code.starts_with("AccessDenied") {
                return Ok(id.to_owned());
            }
            Err(error)
        }
    }
}

/// The user that an access token names.
fn token_name(token: &str) -> String {
    let token = Token::parse(token).ok();
    let name = token.and_then(|token| Some(token.claims.get("username")?.as_str()?.to_owned()));
    name.unwrap_or_else(|| "me".to_owned())
}
