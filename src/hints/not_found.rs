//! Hints for unknown names, with the most similar known one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::refusal::Case;
use super::{Finding, status};
use crate::arguments::closeness;
use crate::bounds::{CANDIDATES, MEANT_ITEMS};
use crate::call::context::Cx;
use crate::call::names::is_client_id;
use crate::error::{NextCall, Problem};
use crate::guard::untrusted::{bare, named};
use crate::ids::PoolId;

/// The name of a pool, client, user or group, and the id that tools accept for it.
pub(super) struct Known {
    pub(super) name: String,
    pub(super) id: String,
}

impl Known {
    pub(super) fn new(name: &str, id: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: id.to_owned(),
        }
    }
}

/// Returns the hint for a pool id that no pool has.
pub(super) async fn no_pool(case: &Case<'_>) -> Finding {
    let Some(given) = case.pool() else {
        return Finding::default();
    };
    let region = case.cx.region();
    let elsewhere = PoolId::parse(&given).ok();
    let elsewhere = elsewhere.as_ref().map(PoolId::region);
    if let Some(elsewhere) = elsewhere.filter(|elsewhere| elsewhere.as_str() != region) {
        let is_elsewhere = format!(
            "{} is a pool of Region {elsewhere}, and this server works in {region}",
            named(&given)
        );
        if case.pools().await.is_empty() {
            return Finding::new(format!(
                "{is_elsewhere}, where it finds no pool: ask the person who runs the server to set \
                 the Region to {elsewhere}"
            ));
        }
        return Finding::new(format!(
            "{is_elsewhere}: use a pool of {region}, or ask the person who runs the server to set \
             the Region"
        ))
        .retry(case.carry_over("list_pools"));
    }
    match nearest_pool(case, &given).await {
        Some(meant) => {
            let advice = format!(
                "There is no pool {}; the most similar one is `{}`",
                named(&given),
                meant.id
            );
            let retry = meant.certain || case.reads();
            Finding::new(advice)
                .problem(nearest_problem(case, "user_pool_id", &given, &meant.id))
                .retry(if retry {
                    Some(case.again(json!({ "user_pool_id": meant.id })))
                } else {
                    case.carry_over("list_pools")
                })
        }
        None => Finding::default().retry(case.carry_over("list_pools")),
    }
}

/// The pool that `given` clearly means, by id or by name.
pub(super) async fn nearest_pool(case: &Case<'_>, given: &str) -> Option<Meant> {
    let mut known = Vec::new();
    for pool in case.pools().await {
        let id = pool.id().unwrap_or_default();
        // The Region is the same in all ids, so only the rest is compared.
        known.push(Known::new(id.rsplit('_').next().unwrap_or_default(), id));
        known.push(Known::new(pool.name().unwrap_or_default(), id));
    }
    // The underscore after the Region may be missing.
    let own = match given.trim().rsplit_once('_') {
        Some((_, own)) => own,
        None => given.trim().strip_prefix(case.cx.region()).unwrap_or(given),
    };
    nearest(given, &known).or_else(|| nearest(own, &known))
}

/// Replaces the names of a pool and a client in the arguments of `retry` by their ids, if
/// each name is unique.
pub(super) async fn resolve_names(case: &Case<'_>, retry: &mut NextCall) {
    let text = |retry: &NextCall, name: &str| Some(retry.arguments.get(name)?.as_str()?.to_owned());
    if let Some(given) = text(retry, "user_pool_id")
        && PoolId::parse(&given).is_err()
        && let Some(meant) = nearest_pool(case, &given).await
        && meant.certain
    {
        retry
            .arguments
            .insert("user_pool_id".to_owned(), meant.id.into());
    }
    let pool = text(retry, "user_pool_id").or_else(|| case.pool());
    if let Some(given) = text(retry, "client_id")
        && !is_client_id(&given)
        && let Some(pool) = pool
        && let Some(meant) = nearest_client(case, &pool, &given).await
        && meant.certain
    {
        retry
            .arguments
            .insert("client_id".to_owned(), meant.id.into());
    }
}

/// Returns the hint for a client id that no client of the pool has.
pub(super) async fn no_client(case: &Case<'_>) -> Finding {
    let (Some(given), Some(pool)) = (case.client().await, case.pool()) else {
        return Finding::default();
    };
    if let Some(other) = case.pool_of(&given).await.filter(|other| *other != pool) {
        return Finding::new(format!(
            "{} is a client of another pool, `{other}`",
            named(&given)
        ))
        .problem(nearest_problem(case, "user_pool_id", &pool, &other))
        .retry(case.again(json!({ "user_pool_id": other })));
    }
    match nearest_client(case, &pool, &given).await {
        Some(meant) => {
            let id = &meant.id;
            let advice = if meant.certain {
                format!("{} is the name of client `{id}`", named(&given))
            } else {
                format!(
                    "There is no client {}; the most similar one is `{id}`",
                    named(&given)
                )
            };
            let retry = if meant.certain || case.reads() {
                case.again(json!({ "client_id": id }))
            } else {
                case.in_pool("list_clients", json!({}))
            };
            Finding::new(advice)
                .problem(nearest_problem(case, "client_id", &given, id))
                .retry(retry)
        }
        None => Finding::default().retry(case.in_pool("list_clients", json!({}))),
    }
}

/// The client that `given` clearly means, by id or by name.
pub(super) async fn nearest_client(case: &Case<'_>, pool: &str, given: &str) -> Option<Meant> {
    let mut known = Vec::new();
    for client in case.clients(pool).await {
        let id = client.client_id().unwrap_or_default();
        known.push(Known::new(id, id));
        known.push(Known::new(client.client_name().unwrap_or_default(), id));
    }
    nearest(given, &known)
}

/// Returns the hint for a username that no user has.
pub(super) async fn no_user(case: &Case<'_>) -> Finding {
    let (Some(given), Some(pool)) = (case.username(), case.users_pool().await) else {
        return Finding::default();
    };
    if let Some(meant) = nearest_user(case.cx, &pool, given).await {
        let username = &meant.id;
        let is_named = case.text("username").is_some();
        // A write is repeated only for the user that is certainly meant, and a deletion
        // never.
        let repeats = is_named && (case.reads() || meant.certain && !case.destroys());
        let retry = if repeats {
            case.again(json!({ "username": username }))
        } else {
            case.in_pool("get_user", json!({ "username": username }))
        };
        let question = if repeats {
            ""
        } else {
            ": if that user is meant, repeat the call with this name"
        };
        let finding = Finding::new(format!(
            "There is no user {}; the most similar one is {}{question}",
            named(given),
            named(username)
        ))
        .retry(retry);
        return if is_named {
            finding.problem(nearest_problem(case, "username", given, username))
        } else {
            finding
        };
    }
    if case.text("message_action") == Some("RESEND") {
        return Finding::new(format!(
            "There is no {} to invite again; a call without `message_action` creates the user",
            named(given)
        ))
        .retry(case.in_pool("list_users", json!({})));
    }
    let all = case.in_pool("list_users", json!({ "response_format": "detailed" }));
    if given.contains("\\u{") {
        return Finding::new(
            "The name has invisible characters, which answers write as \\u{…}; address the \
             user by `sub`",
        )
        .retry(all);
    }
    let list = case.in_pool("list_users", json!({}));
    if case.reads() || case.destroys() || !case.cx.is_enabled("create_user") {
        return Finding::default().retry(list);
    }
    Finding::new(format!(
        "There is no user {}: look the user up, or create it with `create_user` and repeat the \
         call; usernames are exact",
        named(given)
    ))
    .retry(list)
}

/// Returns the user that `given` clearly means, by username, e-mail address or phone number.
pub(super) async fn nearest_user(cx: &Cx, pool: &str, given: &str) -> Option<Meant> {
    let start: String = given.chars().take(2).collect();
    let clause = |name: &str, operator: &str, value: &str| {
        let value = value.replace('\\', r"\\").replace('"', "\\\"");
        Some(format!("{name} {operator} \"{value}\""))
    };
    // Two users may have the same address.
    let mut known = BTreeSet::new();
    let attribute = if given.contains('@') {
        "email"
    } else {
        "phone_number"
    };
    for filter in [
        clause(attribute, "=", given),
        clause("username", "^=", &start),
        clause("email", "^=", &start),
        None,
    ] {
        let listed = cx
            .cognito()
            .list_users()
            .user_pool_id(pool)
            .set_filter(filter)
            .limit(60)
            .send()
            .await;
        for user in listed.ok().and_then(|page| page.users).unwrap_or_default() {
            let id = user.username().unwrap_or_default();
            known.insert((id.to_owned(), id.to_owned()));
            for attribute in user.attributes() {
                let names = ["email", "phone_number", "preferred_username"];
                if let Some(value) = attribute
                    .value()
                    .filter(|_| names.contains(&attribute.name()))
                {
                    known.insert((value.to_owned(), id.to_owned()));
                }
            }
        }
    }
    let known: Vec<Known> = known
        .iter()
        .map(|(name, id)| Known::new(name, id))
        .collect();
    let meant = nearest(given, &known)?;
    Some(Meant {
        // Any user can claim an address that is not verified.
        certain: meant.certain && meant.id.to_lowercase() == given.trim().to_lowercase(),
        ..meant
    })
}

/// Returns the hint for a group name that no group has.
pub(super) async fn no_group(case: &Case<'_>) -> Finding {
    let Some(pool) = case.pool() else {
        return Finding::default();
    };
    let known = groups(case, &pool).await;
    let lacks = |name: &&str| !known.iter().any(|group| group.name == *name);
    let conditions = groups_of_conditions(case);
    let wanted: Vec<&str> = match case.arguments().get("groups") {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        _ if case.text("group").is_some() => case.text("group").into_iter().collect(),
        _ => conditions.clone(),
    };
    let mut found = Finding::default();
    let mut changed = BTreeMap::new();
    let mut missing = Vec::new();
    let mut certain = true;
    let lacking: Vec<&str> = wanted.iter().copied().filter(lacks).collect();
    // Each name is compared with all groups of the pool, so long lists are skipped.
    let are_few = lacking.len() <= MEANT_ITEMS;
    for name in lacking {
        match are_few.then(|| nearest(name, &known)).flatten() {
            Some(meant) => {
                certain &= meant.certain;
                let mut problem = nearest_problem(case, "group", name, &meant.id);
                if case.text("group").is_none()
                    && let Some(at) = wanted.iter().position(|wanted| *wanted == name)
                {
                    problem.pointer = format!("/groups/{at}");
                }
                found = found.problem(problem);
                changed.insert(name, meant.id);
            }
            None => missing.push(name),
        }
    }
    if let Some(first) = missing.first() {
        return unlike_all(case, first, found);
    }
    if changed.is_empty() {
        return found.retry(case.in_pool("list_groups", json!({})));
    }
    let descriptions: Vec<String> = changed
        .iter()
        .map(|(name, id)| format!("{}; the most similar one is {}", named(name), named(id)))
        .collect();
    found.advice = Some(format!(
        "There is no group {}",
        descriptions.join(". There is no group ")
    ));
    let is_in_condition = case.text("group").is_none() && !conditions.is_empty();
    if is_in_condition || !certain && !case.reads() {
        return found.retry(case.in_pool("list_groups", json!({})));
    }
    let renamed = |name: &str| {
        changed
            .get(name)
            .cloned()
            .unwrap_or_else(|| name.to_owned())
    };
    found.retry(if let Some(name) = case.text("group") {
        case.again(json!({ "group": renamed(name) }))
    } else {
        let groups: Vec<String> = wanted.iter().map(|name| renamed(name)).collect();
        case.again(json!({ "groups": groups }))
    })
}

/// The groups in the conditions of a search.
fn groups_of_conditions<'a>(case: &'a Case<'_>) -> Vec<&'a str> {
    let conditions = case.arguments().get("where").and_then(Value::as_array);
    let conditions = conditions.into_iter().flatten();
    let about_groups = conditions.filter(|condition| condition["field"] == "group");
    about_groups
        .flat_map(|condition| {
            let values = condition["values"].as_array().into_iter().flatten();
            values.chain(condition.get("value"))
        })
        .filter_map(Value::as_str)
        .collect()
}

/// Completes `found` for a name that is not similar to any group's.
fn unlike_all(case: &Case<'_>, given: &str, mut found: Finding) -> Finding {
    let adds = case.text("action") == Some("add_to_group")
        || matches!(
            case.tool(),
            "add_user_to_group" | "create_user" | "create_users"
        );
    let next = if adds {
        "; create it, then repeat the call"
    } else {
        " in the pool; names are exact"
    };
    found.advice = Some(format!("There is no group {}{next}", named(given)));
    found.retry(if adds {
        case.in_pool("create_group", json!({ "group": given }))
    } else {
        case.in_pool("list_groups", json!({}))
    })
}

/// The group that `given` clearly means.
pub(super) async fn nearest_group(case: &Case<'_>, pool: &str, given: &str) -> Option<Meant> {
    nearest(given, &groups(case, pool).await)
}

/// The groups of a pool.
pub(super) async fn groups(case: &Case<'_>, pool: &str) -> Vec<Known> {
    let listed = case.cx.cognito().list_groups().user_pool_id(pool).limit(60);
    let listed = listed.send().await.ok().and_then(|page| page.groups);
    listed
        .unwrap_or_default()
        .iter()
        .filter_map(|group| group.group_name())
        .map(|name| Known::new(name, name))
        .collect()
}

/// Returns the hint for an address, number or name that another user has.
pub(super) async fn taken(case: &Case<'_>) -> Finding {
    let Some((attribute, field)) = taken_name(case.message()) else {
        return status::exists(case).await;
    };
    let given = case
        .text(attribute)
        .or_else(|| case.arguments().get("attributes")?.get(attribute)?.as_str())
        .map(ToOwned::to_owned);
    let own = || async {
        let user = case.user().await?;
        let mut attributes = user.user_attributes().iter();
        let found = attributes.find(|own| own.name == attribute)?;
        found.value().map(ToOwned::to_owned)
    };
    let value = match given {
        Some(value) => Some(value),
        // If users sign in by address or number, the username is the value.
        None if case.tool() == "create_user" || case.tool() == "sign_up" => {
            case.username().map(ToOwned::to_owned)
        }
        None => own().await,
    };
    let Some(value) = value else {
        return Finding::default();
    };
    let filter = format!("{field} = {}", Value::from(value.as_str()));
    Finding::new(format!(
        "Another user has {field} {}: use a different one, or change that user",
        bare(&value)
    ))
    .retry(case.in_pool("list_users", json!({ "filter": filter })))
}

/// The attribute that the call gives, and the one that another user has: they differ if the alias
/// is the username of another user.
fn taken_name(message: &str) -> Option<(&str, &str)> {
    if message == "User account already exists for the alias." {
        return Some(("preferred_username", "username"));
    }
    let (_, rest) = message.split_once("given ")?;
    let attribute = match rest.strip_suffix(" already exists.")? {
        "phone number" => "phone_number",
        other => other,
    };
    Some((attribute, attribute))
}

/// Returns the hint for a group that exists already.
pub(super) fn group_exists(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool("list_groups", json!({})))
}

pub(super) fn nearest_problem(
    case: &Case<'_>,
    argument: &str,
    given: &str,
    nearest: &str,
) -> Problem {
    Problem {
        pointer: case.pointer(argument),
        message: "does not exist".to_owned(),
        received: Some(Value::from(given)),
        nearest: Some(nearest.to_owned()),
        ..Problem::default()
    }
}

/// The minimum similarity of names that are alike: about one typing error in four letters.
const ALIKE: f64 = 0.7;
/// The minimum difference in similarity between the most similar name and the second.
const CLEARLY: f64 = 0.1;

/// The resource that a name means.
#[derive(Debug, PartialEq)]
pub(super) struct Meant {
    /// The id, as tools accept it.
    pub(super) id: String,
    /// Whether the names are equal except for case and surrounding blanks. Otherwise the name
    /// is the only similar one.
    pub(super) certain: bool,
}

/// Returns the resource that `given` means, if one name is clearly the most similar.
pub(super) fn nearest(given: &str, known: &[Known]) -> Option<Meant> {
    let given = given.trim().to_lowercase();
    let mut same = known.iter().take(CANDIDATES);
    let mut same: Vec<&str> = same
        .by_ref()
        .filter(|known| known.name.to_lowercase() == given)
        .map(|known| known.id.as_str())
        .collect();
    same.sort_unstable();
    same.dedup();
    match same.as_slice() {
        [] => {}
        [id] => {
            return Some(Meant {
                id: (*id).to_owned(),
                certain: true,
            });
        }
        // Several resources have the name, so the caller has to choose.
        _ => return None,
    }
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let mut ranked: BTreeMap<&str, f64> = BTreeMap::new();
    for Known { name, id } in known.iter().take(CANDIDATES) {
        // Numbers are not typing errors: user-12 and user-13 are two users.
        if digits(name) != digits(&given) {
            continue;
        }
        let alike = closeness(&given, &name.to_lowercase());
        let best = ranked.entry(id).or_default();
        *best = best.max(alike);
    }
    let mut ranked: Vec<(&str, f64)> = ranked.into_iter().collect();
    ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let (id, best) = *ranked.first()?;
    let next = ranked.get(1).map_or(0.0, |(_, next)| *next);
    (best >= ALIKE && best - next >= CLEARLY).then(|| Meant {
        id: id.to_owned(),
        certain: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clearly_nearest_name_is_returned() {
        let known: Vec<Known> = ["ana", "ben", "cleo", "user-1", "user-2"]
            .map(|name| Known::new(name, name))
            .into();
        for (given, expected) in [
            ("anna", Some("ana")),
            ("Ana", Some("ana")),
            ("ebn", None),
            ("cloe", Some("cleo")),
            ("user-3", None),
            ("user-12", None),
            ("usr-1", Some("user-1")),
            ("user-1", Some("user-1")),
            ("dora", None),
            ("", None),
        ] {
            let found = nearest(given, &known).map(|meant| meant.id);
            assert_eq!(found.as_deref(), expected, "{given}");
        }
    }

    /// A name is certain if it differs only by case and spaces. A typing error is a guess.
    /// A name of two resources is ambiguous.
    #[test]
    fn only_the_same_name_is_certain() {
        let known = [
            ("shop", "p1"),
            ("Lab", "p2"),
            ("twin", "p3"),
            ("twin", "p4"),
        ];
        let known = known.map(|(name, id)| Known::new(name, id));
        for (given, expected) in [
            ("shop", Some(("p1", true))),
            (" Shop ", Some(("p1", true))),
            ("lab", Some(("p2", true))),
            ("shopp", Some(("p1", false))),
            ("twin", None),
        ] {
            let found = nearest(given, &known);
            let found = found
                .as_ref()
                .map(|meant| (meant.id.as_str(), meant.certain));
            assert_eq!(found, expected, "{given}");
        }
    }
}
