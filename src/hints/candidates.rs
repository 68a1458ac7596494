//! Candidates for a missing argument: the objects of the pool that it can name.

use serde_json::json;

use super::not_found::{Known, groups};
use super::refusal::Case;
use crate::arguments::escaped;
use crate::call::context::Cx;
use crate::error::{Kind, NextCall, ToolError};
use crate::guard::untrusted::named;

/// The largest page that Cognito returns.
const MANY: i32 = 50;
/// The most candidates that an error names.
const NAMED: usize = 5;

/// Adds the candidates for missing arguments to the error. If exactly one object can be meant
/// and the call only reads, the retry names it.
pub(super) async fn complete(cx: &Cx, error: &mut ToolError) {
    let missing: Vec<String> = error
        .problems
        .iter()
        .filter(|problem| {
            problem.kind == Kind::Missing && problem.pointer.matches('/').count() == 1
        })
        .map(|problem| problem.pointer[1..].to_owned())
        .collect();
    // With several missing arguments or another problem, the call was not finished.
    let [argument] = missing.as_slice() else {
        return;
    };
    let found = {
        let case = Case::new(cx, error).await;
        of(&case, argument).await
    };
    if found.is_empty() || found.len() > NAMED {
        return;
    }
    let names: Vec<String> = found.iter().map(|name| named(name)).collect();
    let pointer = format!("/{}", escaped(argument));
    if let Some(problem) = error
        .problems
        .iter_mut()
        .find(|problem| problem.pointer == pointer)
    {
        problem.allowed = Some(json!(found));
        if let [only] = found.as_slice() {
            problem.nearest = Some(only.clone());
        }
    }
    let sentence = match names.as_slice() {
        [only] => format!("The only `{argument}` there is now is {only}"),
        names => format!("`{argument}` can be {}", names.join(", ")),
    };
    let hint = error.hint.take().unwrap_or_default();
    error.hint = Some(if hint.is_empty() {
        sentence
    } else {
        format!("{sentence}. {hint}")
    });
    let alone = error.problems.len() == 1;
    if let ([only], true) = (found.as_slice(), alone) {
        let case = Case::new(cx, error).await;
        if case.reads() {
            let arguments = cx.arguments_with(json!({ argument.as_str(): only }));
            error.retry = Some(NextCall::new(cx.tool(), arguments));
        }
    }
}

/// The objects that the argument can name.
async fn of(case: &Case<'_>, argument: &str) -> Vec<String> {
    let tool = case.tool();
    if argument == "session" {
        return case.cx.sessions().of(case.cx.owner()).await;
    }
    if argument == "name" && matches!(tool, "restore_state" | "delete_state") {
        let emulator = case.cx.emulator().ok();
        let saved = emulator.map(|emulator| emulator.stack().saved_states());
        let saved = saved.into_iter().flatten();
        return saved.map(|saved| saved.name).collect();
    }
    let Some(pool) = case.pool() else {
        return Vec::new();
    };
    match argument {
        "group" if tool != "create_group" => {
            let known = groups(case, &pool).await;
            known.into_iter().map(|group| group.name).collect()
        }
        "client_id" => {
            let clients = case.clients(&pool).await.into_iter();
            clients.filter_map(|client| client.client_id).collect()
        }
        "provider" => providers(case, pool).await,
        "name" if tool.ends_with("_identity_provider") && !tool.starts_with("put_") => {
            providers(case, pool).await
        }
        "identifier" if !tool.starts_with("put_") => resource_servers(case, pool).await,
        "domain" if !tool.starts_with("put_") => {
            let described = case.described_pool().await;
            described
                .and_then(|pool| pool.custom_domain.or(pool.domain))
                .into_iter()
                .collect()
        }
        "job_id" | "device_key" => {
            let known = known(case, argument).await;
            let mut ids: Vec<String> = known.into_iter().map(|known| known.id).collect();
            ids.dedup();
            ids
        }
        _ => Vec::new(),
    }
}

/// The import jobs or devices of the call's pool and user, each by its id and by its name.
pub(super) async fn known(case: &Case<'_>, argument: &str) -> Vec<Known> {
    let Some(pool) = case.pool() else {
        return Vec::new();
    };
    let found = match argument {
        "job_id" => import_jobs(case, pool).await,
        "device_key" => devices(case, pool).await,
        _ => Vec::new(),
    };
    let both = |(id, name): (String, Option<String>)| {
        let by_name = name.map(|name| Known::new(&name, &id));
        [Some(Known::new(&id, &id)), by_name]
    };
    found.into_iter().flat_map(both).flatten().collect()
}

async fn providers(case: &Case<'_>, pool: String) -> Vec<String> {
    let request = case.cx.cognito().list_identity_providers();
    let listed = request.user_pool_id(pool).max_results(MANY).send().await;
    let listed = listed.map(|page| page.providers).unwrap_or_default();
    let names = listed.into_iter().map(|provider| provider.provider_name);
    names.flatten().collect()
}

async fn resource_servers(case: &Case<'_>, pool: String) -> Vec<String> {
    let request = case.cx.cognito().list_resource_servers();
    let listed = request.user_pool_id(pool).max_results(MANY).send().await;
    let listed = listed.map(|page| page.resource_servers).unwrap_or_default();
    listed
        .into_iter()
        .filter_map(|server| server.identifier)
        .collect()
}

async fn import_jobs(case: &Case<'_>, pool: String) -> Vec<(String, Option<String>)> {
    let request = case.cx.cognito().list_user_import_jobs();
    let listed = request.user_pool_id(pool).max_results(MANY).send().await;
    let jobs = listed.ok().and_then(|page| page.user_import_jobs);
    let jobs = jobs.unwrap_or_default().into_iter();
    jobs.filter_map(|job| Some((job.job_id?, job.job_name)))
        .collect()
}

async fn devices(case: &Case<'_>, pool: String) -> Vec<(String, Option<String>)> {
    let Some(username) = case.username() else {
        return Vec::new();
    };
    let request = case.cx.cognito().admin_list_devices();
    let listed = request.user_pool_id(pool).username(username).send().await;
    let devices = listed.ok().and_then(|page| page.devices);
    let devices = devices.unwrap_or_default().into_iter();
    devices
        .filter_map(|device| {
            let mut attributes = device.device_attributes.unwrap_or_default().into_iter();
            let name = attributes.find(|attribute| attribute.name == "device_name");
            Some((device.device_key?, name.and_then(|name| name.value)))
        })
        .collect()
}
