//! Hints for the resources of a pool: resource servers, identity providers, import
//! jobs, domains.

use serde_json::{Value, json};

use super::Finding;
use super::not_found::nearest_problem;
use super::refusal::Case;
use crate::arguments::nearest;

/// Cognito's largest page.
const MANY: i32 = 50;

/// No resource server has the identifier.
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
    found(
        case,
        "identifier",
        given,
        nearest(given, known),
        "resource server",
    )
    .unwrap_or_else(|| Finding::default().retry(list()))
}

/// No identity provider has the name.
pub(super) async fn no_provider(case: &Case<'_>) -> Finding {
    let list = || case.in_pool("list_identity_providers", json!({}));
    let argument = ["name", "provider", "provider_name"]
        .into_iter()
        .find_map(|name| Some((name, case.text(name)?)));
    let argument = argument.filter(|_| case.cx.is_enabled("list_identity_providers"));
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
    .unwrap_or_else(|| Finding::default().retry(list()))
}

/// Suggests the nearest name, but never for a deletion.
fn found(
    case: &Case<'_>,
    argument: &str,
    given: &str,
    nearest: Option<String>,
    what: &str,
) -> Option<Finding> {
    let nearest = nearest?;
    let finding = Finding::new(format!(
        "There is no {what} `{given}`; the nearest is `{nearest}`"
    ))
    .problem(nearest_problem(argument, given, &nearest));
    Some(if case.destroys() {
        let list = match what {
            "resource server" => "list_resource_servers",
            _ => "list_identity_providers",
        };
        finding.retry(case.in_pool(list, json!({})))
    } else {
        finding.retry(case.again(json!({ argument: nearest })))
    })
}

/// Lists the pool's import jobs.
pub(super) fn import_jobs(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool("get_import", json!({})))
}

/// An import needs an attribute that the pool verifies.
pub(super) fn import_needs_verification(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool("update_pool", json!({ "auto_verify": ["email"] })))
}

/// The pool has deletion protection; the deletion itself was already confirmed.
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

/// The pool still has a domain.
pub(super) fn domain(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool("get_domain", json!({})))
}

/// The host of a host name or URL.
pub(super) fn relying_party(case: &Case<'_>) -> Finding {
    let given = case.text("passkey_relying_party").unwrap_or_default();
    let (_, rest) = given.split_once("://").unwrap_or(("", given));
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let retry = (host != given && host.contains('.'))
        .then(|| case.again(json!({ "passkey_relying_party": host.to_lowercase() })));
    Finding::default().retry(retry)
}

/// Both `UsernameAttributes` and `AliasAttributes` were given.
pub(super) fn one_of_two(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.again(json!({ "alias_attributes": Value::Null })))
}

/// A valid domain prefix made of the given one, without reserved words.
pub(super) fn domain_name(case: &Case<'_>) -> Finding {
    let mut domain = case.text("domain").unwrap_or_default().to_lowercase();
    for word in ["cognito", "amazon", "aws"] {
        domain = domain.replace(word, "");
    }
    let letters = domain.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    let words: Vec<&str> = letters.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Finding::default();
    }
    Finding::default().retry(case.again(json!({ "domain": words.join("-") })))
}
