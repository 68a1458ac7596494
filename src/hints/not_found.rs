//! Names that nothing has, and the nearest that something has.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::refusal::Case;
use super::{Finding, status};
use crate::arguments::closeness;
use crate::bounds::{CANDIDATES, MEANT_ITEMS};
use crate::error::Problem;
use crate::guard::untrusted::{bare, named};
use crate::ids::PoolId;

/// A name that something goes by, and the id that tools take for it.
pub(super) struct Known {
    name: String,
    id: String,
}

impl Known {
    fn new(name: &str, id: &str) -> Self {
        Self {
            name: name.to_owned(),
            id: id.to_owned(),
        }
    }
}

/// No pool has the id.
pub(super) async fn no_pool(case: &Case<'_>) -> Finding {
    let Some(given) = case.pool() else {
        return Finding::default();
    };
    let region = case.cx.region();
    let elsewhere = PoolId::parse(&given).ok();
    let elsewhere = elsewhere.as_ref().map(PoolId::region);
    if let Some(elsewhere) = elsewhere.filter(|elsewhere| elsewhere.as_str() != region) {
        return Finding::new(format!(
            "{} is a pool of Region {elsewhere}, and this server works in {region}: use a \
             pool of {region}, or ask the person who runs the server to set the Region",
            named(&given)
        ))
        .retry(case.carry_over("list_pools"));
    }
    match nearest_pool(case, &given).await {
        Some(id) => Finding::new(format!(
            "There is no pool {}; the nearest is `{id}`",
            named(&given)
        ))
        .problem(nearest_problem("user_pool_id", &given, &id))
        .retry(case.again(json!({ "user_pool_id": id }))),
        None => Finding::default().retry(case.carry_over("list_pools")),
    }
}

/// The pool that `given` clearly means, by id or by name.
pub(super) async fn nearest_pool(case: &Case<'_>, given: &str) -> Option<String> {
    let mut known = Vec::new();
    for pool in case.pools().await {
        let id = pool.id().unwrap_or_default();
        // What ids have in common tells nothing.
        known.push(Known::new(id.rsplit('_').next().unwrap_or_default(), id));
        known.push(Known::new(pool.name().unwrap_or_default(), id));
    }
    let own = given.rsplit('_').next().unwrap_or_default();
    nearest(given, &known).or_else(|| nearest(own, &known))
}

/// No client of the pool has the id.
pub(super) async fn no_client(case: &Case<'_>) -> Finding {
    let (Some(given), Some(pool)) = (case.client().await, case.pool()) else {
        return Finding::default();
    };
    if let Some(other) = case.pool_of(&given).await.filter(|other| *other != pool) {
        return Finding::new(format!(
            "{} is a client of another pool, `{other}`",
            named(&given)
        ))
        .problem(nearest_problem("user_pool_id", &pool, &other))
        .retry(case.again(json!({ "user_pool_id": other })));
    }
    match nearest_client(case, &pool, &given).await {
        Some(id) => Finding::new(format!(
            "There is no client {}; the nearest is `{id}`",
            named(&given)
        ))
        .problem(nearest_problem("client_id", &given, &id))
        .retry(case.again(json!({ "client_id": id }))),
        None => Finding::default().retry(case.in_pool("list_clients", json!({}))),
    }
}

/// The client that `given` clearly means, by id or by name.
pub(super) async fn nearest_client(case: &Case<'_>, pool: &str, given: &str) -> Option<String> {
    let mut known = Vec::new();
    for client in case.clients(pool).await {
        let id = client.client_id().unwrap_or_default();
        known.push(Known::new(id, id));
        known.push(Known::new(client.client_name().unwrap_or_default(), id));
    }
    nearest(given, &known)
}

/// No user goes by the name.
pub(super) async fn no_user(case: &Case<'_>) -> Finding {
    let (Some(given), Some(pool)) = (case.username(), case.users_pool().await) else {
        return Finding::default();
    };
    if let Some(username) = nearest_user(case, &pool, given).await {
        // Whom to delete or shut out is not to be guessed.
        let retry = if case.destroys() || case.text("username").is_none() {
            case.in_pool("get_user", json!({ "username": username }))
        } else {
            case.again(json!({ "username": username }))
        };
        return Finding::new(format!(
            "No user goes by {}; the nearest is {}",
            named(given),
            named(&username)
        ))
        .problem(nearest_problem("username", given, &username))
        .retry(retry);
    }
    if case.text("message_action") == Some("RESEND") {
        return Finding::new(format!(
            "There is no {} to invite again; without `message_action` the user is created",
            named(given)
        ))
        .retry(case.again(json!({ "message_action": null })));
    }
    let all = case.in_pool("list_users", json!({ "response_format": "detailed" }));
    if given.contains("\\u{") {
        return Finding::new(
            "The name has characters that do not show, which answers tell as \\u{…}; address the user \
             by `sub`",
        )
        .retry(all);
    }
    Finding::default().retry(case.in_pool("list_users", json!({})))
}

/// The user whom `given` clearly means, by username, e-mail address or phone number.
pub(super) async fn nearest_user(case: &Case<'_>, pool: &str, given: &str) -> Option<String> {
    let start: String = given.chars().take(2).collect();
    let clause = |name: &str, operator: &str, value: &str| {
        let value = value.replace('\\', r"\\").replace('"', "\\\"");
        Some(format!("{name} {operator} \"{value}\""))
    };
    let mut known = BTreeMap::new();
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
        let listed = case
            .cx
            .cognito()
            .list_users()
            .user_pool_id(pool)
            .set_filter(filter)
            .limit(60)
            .send()
            .await;
        for user in listed.ok().and_then(|page| page.users).unwrap_or_default() {
            let id = user.username().unwrap_or_default();
            known.insert(id.to_owned(), id.to_owned());
            for attribute in user.attributes() {
                let names = ["email", "phone_number", "preferred_username"];
                if let Some(value) = attribute
                    .value()
                    .filter(|_| names.contains(&attribute.name()))
                {
                    known.insert(value.to_owned(), id.to_owned());
                }
            }
        }
    }
    let known: Vec<Known> = known
        .iter()
        .map(|(name, id)| Known::new(name, id))
        .collect();
    nearest(given, &known)
}

/// No group has the name.
pub(super) async fn no_group(case: &Case<'_>) -> Finding {
    let Some(pool) = case.pool() else {
        return Finding::default();
    };
    let known = groups(case, &pool).await;
    let lacks = |name: &&str| !known.iter().any(|group| group.name == *name);
    let wanted: Vec<&str> = match case.arguments().get("groups") {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        _ => case.text("group").into_iter().collect(),
    };
    let mut found = Finding::default();
    let mut changed = BTreeMap::new();
    let mut missing = Vec::new();
    let lacking: Vec<&str> = wanted.iter().copied().filter(lacks).collect();
    // Of very many each would be compared with all that the pool has.
    let are_few = lacking.len() <= MEANT_ITEMS;
    for name in lacking {
        match are_few.then(|| nearest(name, &known)).flatten() {
            Some(id) => {
                found = found.problem(nearest_problem("group", name, &id));
                changed.insert(name, id);
            }
            None => missing.push(name),
        }
    }
    if let Some(first) = missing.first() {
        let adds = matches!(case.tool(), "add_user_to_group" | "create_user");
        found.advice = Some(format!(
            "There is no group {}{}",
            named(first),
            if adds {
                "; create it, then repeat the call"
            } else {
                " in the pool; names are exact"
            }
        ));
        return found.retry(if adds {
            case.in_pool("create_group", json!({ "group": first }))
        } else {
            case.in_pool("list_groups", json!({}))
        });
    }
    if changed.is_empty() {
        return found.retry(case.in_pool("list_groups", json!({})));
    }
    let told: Vec<String> = changed
        .iter()
        .map(|(name, id)| format!("{}; the nearest is {}", named(name), named(id)))
        .collect();
    found.advice = Some(format!("There is no group {}", told.join(", nor ")));
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

/// The group that `given` clearly means.
pub(super) async fn nearest_group(case: &Case<'_>, pool: &str, given: &str) -> Option<String> {
    nearest(given, &groups(case, pool).await)
}

async fn groups(case: &Case<'_>, pool: &str) -> Vec<Known> {
    let listed = case.cx.cognito().list_groups().user_pool_id(pool).limit(60);
    let listed = listed.send().await.ok().and_then(|page| page.groups);
    listed
        .unwrap_or_default()
        .iter()
        .filter_map(|group| group.group_name())
        .map(|name| Known::new(name, name))
        .collect()
}

/// Somebody else has the address, number or name.
pub(super) async fn taken(case: &Case<'_>) -> Finding {
    let Some(attribute) = case
        .message()
        .split_once("given ")
        .and_then(|(_, rest)| rest.strip_suffix(" already exists."))
    else {
        return status::exists(case).await;
    };
    let attribute = match attribute {
        "phone number" => "phone_number",
        other => other,
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
        // In pools that sign in by it, it came as the username.
        None if case.tool() == "create_user" || case.tool() == "sign_up" => {
            case.username().map(ToOwned::to_owned)
        }
        None => own().await,
    };
    let Some(value) = value else {
        return Finding::default();
    };
    let filter = format!("{attribute} = {}", Value::from(value.as_str()));
    Finding::new(format!(
        "Another user has {attribute} {}: use a different one, or change that user",
        bare(&value)
    ))
    .retry(case.in_pool("list_users", json!({ "filter": filter })))
}

/// The group is there already.
pub(super) fn group_exists(case: &Case<'_>) -> Finding {
    Finding::default().retry(case.in_pool("list_groups", json!({})))
}

pub(super) fn nearest_problem(argument: &str, given: &str, nearest: &str) -> Problem {
    Problem {
        pointer: format!("/{argument}"),
        message: "does not exist".to_owned(),
        received: Some(Value::from(given)),
        nearest: Some(nearest.to_owned()),
        ..Problem::default()
    }
}

/// Two names are alike from here on: one slip in four letters.
const ALIKE: f64 = 0.7;
/// How much less alike the next one has to be.
const CLEARLY: f64 = 0.1;

/// The id of the one that `given` clearly means.
pub(super) fn nearest(given: &str, known: &[Known]) -> Option<String> {
    let given = given.to_lowercase();
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let mut ranked: BTreeMap<&str, f64> = BTreeMap::new();
    for Known { name, id } in known.iter().take(CANDIDATES) {
        // A number is no slip of the pen: user-12 and user-13 are two users.
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
    (best >= ALIKE && best - next >= CLEARLY).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_clearly_meant_is_nearest() {
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
            assert_eq!(nearest(given, &known).as_deref(), expected, "{given}");
        }
    }
}
