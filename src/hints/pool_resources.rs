//! Hints for the resources of a pool: resource servers, identity providers, import
//! jobs, domains.

use serde_json::{Value, json};

use super::not_found::{self, Meant, nearest_problem};
use super::refusal::Case;
use super::{Finding, candidates};
use crate::arguments::nearest;
use crate::cognito::scopes;
use crate::error::NextCall;
use crate::guard::untrusted::named;

/// The largest page that Cognito returns.
const MANY: i32 = 50;

/// Returns the hint for an identifier that no resource server has.
pub(super) async fn no_resource_server(case: &Case<'_>) -> Finding {
    let list = || case.in_pool("list_resource_servers", json!({}));
    let given = case.text("identifier");
    let given = given.filter(|_| case.cx.is_enabled("list_resource_servers"));
    let (Some(given), Some(pool)) = (given, case.pool()) else {
        return Finding::default().retry(list());
    };
    let listed = case
        .cx
        .cognito()
        .list_resource_servers()
        .user_pool_id(pool)
        .max_results(MANY);
    let listed = listed
        .send()
        .await
        .map(|page| page.resource_servers)
        .unwrap_or_default();
    let known = listed.iter().filter_map(|server| server.identifier());
    let by_name = listed
        .iter()
        .find(|server| server.name() == Some(given))
        .and_then(|server| server.identifier().map(ToOwned::to_owned));
    found(
        case,
        "identifier",
        given,
        by_name.or_else(|| nearest(given, known)),
        "resource server",
    )
    .unwrap_or_else(|| Finding::default().retry(list()))
}

/// Returns the hint for a scope that the pool's resource servers do not have: the missing
/// step.
pub(super) async fn no_scope(case: &Case<'_>) -> Finding {
    let settings = case.arguments().get("settings");
    let listed = case.arguments().get("scopes");
    let listed = listed.or_else(|| settings?.get("AllowedOAuthScopes"));
    let listed = listed.or_else(|| case.arguments().get("allowed_oauth_scopes"));
    let given: Vec<&str> = listed
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !case.cx.is_enabled("list_resource_servers") {
        return Finding::default();
    }
    let Some(servers) = resource_servers(case).await else {
        return Finding::default();
    };
    let known: Vec<String> = servers
        .iter()
        .flat_map(|(server, scopes)| scopes.iter().map(move |scope| format!("{server}/{scope}")))
        .collect();
    let is_known =
        |scope: &&str| scopes::STANDARD.contains(scope) || known.iter().any(|own| own == scope);
    let steps: Vec<String> = given
        .iter()
        .filter(|scope| !is_known(scope))
        .map(|scope| missing_step(scope, &servers))
        .collect();
    if steps.is_empty() {
        return Finding::default();
    }
    let names = if known.is_empty() {
        "the pool's resource servers have no scopes yet".to_owned()
    } else {
        format!("the pool's resource servers have {}", known.join(", "))
    };
    Finding::new(format!(
        "{}. The scopes of OpenID are openid, email, phone, profile; {names}",
        steps.join(". ")
    ))
    .retry(case.in_pool("list_resource_servers", json!({})))
}

/// Describes the step that creates the scope.
fn missing_step(scope: &str, servers: &[(String, Vec<String>)]) -> String {
    let shown = named(scope);
    let Some((identifier, name)) = scope.rsplit_once('/') else {
        return format!(
            "There is no scope {shown}; those of a resource server are written IDENTIFIER/NAME"
        );
    };
    let server = named(identifier);
    let name = named(name);
    if servers.iter().any(|(known, _)| known == identifier) {
        format!(
            "Resource server {server} has no scope {name}: add it first with \
             `put_resource_server`, whose `scopes` has the present ones too, then repeat the call"
        )
    } else {
        format!(
            "The pool has no resource server {server}: create it first with \
             `put_resource_server` and scope {name}, then repeat the call"
        )
    }
}

/// The pool's resource servers with the names of their scopes, if they can be read.
async fn resource_servers(case: &Case<'_>) -> Option<Vec<(String, Vec<String>)>> {
    let listed = case
        .cx
        .cognito()
        .list_resource_servers()
        .user_pool_id(case.pool()?)
        .max_results(MANY)
        .send()
        .await
        .ok()?;
    let servers = listed.resource_servers.into_iter().map(|server| {
        let scopes = server.scopes.unwrap_or_default();
        let scopes = scopes.into_iter().map(|scope| scope.scope_name);
        (server.identifier.unwrap_or_default(), scopes.collect())
    });
    Some(servers.collect())
}

/// Returns the hint for a name that no identity provider has.
pub(super) async fn no_provider(case: &Case<'_>) -> Finding {
    let list = || case.in_pool("list_identity_providers", json!({}));
    let argument = ["name", "provider", "provider_name"]
        .into_iter()
        .find_map(|name| Some((name, case.text(name)?)));
    let argument = argument.filter(|(_, given)| {
        // The name of an app client is not the provider that the message is about.
        let is_named = !case.message().contains("The provider") || case.message().contains(given);
        is_named && case.cx.is_enabled("list_identity_providers")
    });
    let (Some((argument, given)), Some(pool)) = (argument, case.pool()) else {
        return Finding::default().retry(list());
    };
    let listed = case
        .cx
        .cognito()
        .list_identity_providers()
        .user_pool_id(pool)
        .max_results(MANY);
    let listed = listed
        .send()
        .await
        .map(|page| page.providers)
        .unwrap_or_default();
    let known = listed
        .iter()
        .filter_map(|provider| provider.provider_name());
    found(
        case,
        argument,
        given,
        nearest(given, known),
        "identity provider",
    )
    .unwrap_or_else(|| {
        if case.reads() || case.destroys() || !case.cx.is_enabled("put_identity_provider") {
            return Finding::default().retry(list());
        }
        Finding::new(format!(
            "There is no identity provider {}: create it with `put_identity_provider` and \
             repeat the call, or list the pool's providers; names are exact",
            named(given)
        ))
        .retry(list())
    })
}

/// Suggests the most similar name. A write is not retried with another name than the given one.
fn found(
    case: &Case<'_>,
    argument: &str,
    given: &str,
    nearest: Option<String>,
    what: &str,
) -> Option<Finding> {
    let nearest = nearest?;
    let finding = Finding::new(format!(
        "There is no {what} `{given}`; the most similar one is `{nearest}`"
    ))
    .problem(nearest_problem(case, argument, given, &nearest));
    Some(if case.reads() {
        finding.retry(case.again(json!({ argument: nearest })))
    } else {
        let list = match what {
            "resource server" => "list_resource_servers",
            _ => "list_identity_providers",
        };
        finding.retry(case.in_pool(list, json!({})))
    })
}

/// Suggests a list of the pool's import jobs.
pub(super) fn import_jobs(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool("get_import", json!({})))
}

/// Returns the hint for an import job that does not exist.
pub(super) async fn no_job(case: &Case<'_>) -> Finding {
    near(
        case,
        "job_id",
        "import job",
        case.in_pool("get_import", json!({})),
    )
    .await
}

/// Returns the hint for an id of the argument that is no object's: the object with a similar id or
/// name. `list` is the call that lists the objects.
pub(super) async fn near(case: &Case<'_>, argument: &str, what: &str, list: NextCall) -> Finding {
    let Some(given) = case.text(argument) else {
        return Finding::default().retry(list);
    };
    let Some(meant) = nearest_object(case, argument, given).await else {
        // A listing by the same tool would not be the call that was meant.
        return Finding::default().retry((list.tool != case.tool()).then_some(list));
    };
    let finding = Finding::new(format!(
        "There is no {what} {}; the most similar one is {}",
        named(given),
        named(&meant.id)
    ))
    .problem(nearest_problem(case, argument, given, &meant.id));
    if case.reads() || meant.certain && !case.destroys() {
        finding.retry(case.again(json!({ argument: meant.id })))
    } else {
        finding.retry(list)
    }
}

/// The object that `given` means as a value of the argument.
pub(super) async fn nearest_object(case: &Case<'_>, argument: &str, given: &str) -> Option<Meant> {
    let known = candidates::known(case, argument).await;
    not_found::nearest(given, &known)
}

/// Returns the hint for an import, which requires an attribute that the pool verifies.
pub(super) fn import_needs_verification(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool(
        "update_pool",
        json!({ "auto_verified_attributes": ["email"] }),
    ))
}

/// Returns the hint for a pool with deletion protection. The deletion was already
/// confirmed.
pub(super) fn protected(case: &Case<'_>) -> Finding {
    let mut retry = case.in_pool("update_pool", json!({ "deletion_protection": false }));
    if let Some(pool) = case.pool() {
        // The retry names the pool, even if it is the server's default.
        retry
            .arguments
            .insert("user_pool_id".to_owned(), pool.into());
    }
    Finding::default().retry(retry)
}

/// Returns the hint for the deletion of a pool that still has a domain.
pub(super) fn domain(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool("get_domain", json!({})))
}

/// Returns the hint for a domain that the pool does not have.
pub(super) async fn no_domain(case: &Case<'_>) -> Finding {
    let list = case.in_pool("get_domain", json!({}));
    let described = case.described_pool().await;
    let own = described.and_then(|pool| pool.custom_domain.or(pool.domain));
    let (Some(given), Some(own)) = (case.text("domain"), own) else {
        return Finding::default().retry(list);
    };
    let finding = Finding::new(format!(
        "There is no domain {}; the pool has {}",
        named(given),
        named(&own)
    ))
    .problem(nearest_problem(case, "domain", given, &own));
    // The same name in capitals, or with a blank, is certain.
    let is_same = given.trim().eq_ignore_ascii_case(&own);
    if case.reads() || is_same && !case.destroys() {
        finding.retry(case.again(json!({ "domain": own })))
    } else {
        finding.retry(list)
    }
}

/// Suggests the host name for a relying party id that is a URL.
pub(super) fn relying_party(case: &Case<'_>) -> Finding {
    let given = case.text("passkey_relying_party").unwrap_or_default();
    let (_, rest) = given.split_once("://").unwrap_or(("", given));
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let retry = (host != given && host.contains('.'))
        .then(|| case.again(json!({ "passkey_relying_party": host.to_lowercase() })));
    Finding::default().retry(retry)
}

/// Suggests the domain prefix in lower case and with hyphens. Only the caller can replace a
/// reserved word.
pub(super) fn domain_name(case: &Case<'_>) -> Finding {
    let given = case.text("domain").unwrap_or_default();
    let domain = given.trim().to_lowercase().replace(['_', ' '], "-");
    let is_valid = !domain.is_empty()
        && domain
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let is_reserved = ["cognito", "amazon", "aws"]
        .iter()
        .any(|word| domain.contains(word));
    if !is_valid || is_reserved || domain == given {
        return Finding::default();
    }
    Finding::default().retry(case.again(json!({ "domain": domain })))
}
