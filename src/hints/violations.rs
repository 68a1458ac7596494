//! Hints for violations of the service model's constraints. Cognito reports all of
//! them in one sentence.

use serde_json::{Map, Value};

use super::not_found::Meant;
use super::refusal::Case;
use super::{Finding, by_operation, not_found, passwords, pool_resources};
use crate::error::{NextCall, Problem};

/// Reports each violation as a problem of its argument, and retries with the values
/// that have one clear correction.
pub(super) async fn violated(case: &Case<'_>) -> Finding {
    let mut found = Finding::default();
    let mut changes = Map::new();
    let mut uncorrected = false;
    for (spot, claim) in violations(case.message()) {
        let Some(argument) = argument(case, spot) else {
            uncorrected = true;
            continue;
        };
        let argument = argument.as_str();
        if passwords::argument(case.tool()) == Some(argument) && changes.contains_key(argument) {
            continue;
        }
        let correction = correct(case, argument).await;
        let message = match &correction {
            Some(Correction::Id(id)) => format!("is not an id; `{id}` is meant"),
            Some(Correction::Near(id)) => format!("is not an id; the most similar one is `{id}`"),
            _ => in_words(argument, claim),
        };
        if passwords::argument(case.tool()) == Some(argument) {
            let policy = passwords::policy(case).await;
            let password = case.secret(argument).unwrap_or_default();
            let broken = passwords::broken(case, policy.as_ref(), argument, &password);
            found.problems.extend(broken);
        } else {
            let problem = Problem {
                pointer: case.pointer(argument),
                message: message.clone(),
                received: received(case, argument),
                ..Problem::default()
            };
            // One value can break several rules of the same meaning.
            if !found.problems.contains(&problem) {
                found.problems.push(problem);
            }
        }
        match correction {
            Some(Correction::Id(corrected)) => {
                changes.insert(argument.to_owned(), corrected.into());
            }
            Some(Correction::Value(corrected)) => {
                changes.insert(argument.to_owned(), corrected);
            }
            Some(Correction::Near(_)) | None => uncorrected = true,
        }
    }
    let messages: Vec<String> = found
        .problems
        .iter()
        .map(|problem| format!("`{}` {}", &problem.pointer[1..], problem.message))
        .collect();
    if !messages.is_empty() {
        found.advice = Some(format!(
            "Correct the invalid arguments: {}",
            messages.join(", ")
        ));
    }
    if uncorrected || changes.is_empty() {
        let list = list_for(case, &found.problems);
        return found.retry(list);
    }
    found.retry(case.again(Value::Object(changes)))
}

/// The call that lists the possible values of an invalid argument.
fn list_for(case: &Case<'_>, problems: &[Problem]) -> Option<NextCall> {
    let names = |name: &str| problems.iter().any(|problem| problem.pointer == name);
    if names("/user_pool_id") {
        case.carry_over("list_pools")
    } else if names("/client_id") {
        Some(case.in_pool("list_clients", Value::Object(Map::new())))
    } else if names("/username") && !creates(case) {
        Some(case.in_pool("list_users", Value::Object(Map::new())))
    } else if names("/group") && case.tool() != "create_group" {
        Some(case.in_pool("list_groups", Value::Object(Map::new())))
    } else {
        None
    }
}

/// Returns the constraint in words; patterns are replaced by a description.
fn in_words(argument: &str, claim: &str) -> String {
    let claim = claim.strip_prefix("Member ").unwrap_or(claim);
    if !claim.contains("pattern") {
        return claim.to_owned();
    }
    match argument {
        "user_pool_id" => {
            "must be the id of a user pool, as in us-east-1_AbCdEfGhI; `list_pools` shows ids and \
             names"
        }
        "client_id" => "must be the id of an app client; `list_clients` shows ids and names",
        "username" | "group" => "must not have blanks or line breaks, and not be empty",
        "code" => "must not have blanks",
        "new_password" | "password" | "temporary_password" => "must not begin or end with a blank",
        "session" | "access_token" | "refresh_token" | "token" => {
            "must be given whole and unchanged"
        }
        "domain" => "must have lower-case letters, digits and hyphens only",
        "cursor" => "must be the `cursor` of an answer",
        _ => "has a character or a form that is not allowed there",
    }
    .to_owned()
}

/// The violations in a sentence: the member, and the constraint.
fn violations(message: &str) -> impl Iterator<Item = (&str, &str)> {
    message.split("; Value").filter_map(|violation| {
        let (before, claim) = violation.split_once("' failed to satisfy constraint: ")?;
        let (_, spot) = before.rsplit_once(" at '")?;
        Some((spot, claim.trim()))
    })
}

/// The argument that is sent as the member at `spot`: one with another name, or with the
/// same name in snake case.
fn argument(case: &Case<'_>, spot: &str) -> Option<String> {
    let (first, _) = spot.split_once('.').unwrap_or((spot, ""));
    let tool = case.tool();
    let known = match spot {
        "emailMfaConfiguration.message" => Some("email_message"),
        "emailMfaConfiguration.subject" => Some("email_subject"),
        "smsMfaConfiguration.smsAuthenticationMessage" => Some("sms_message"),
        _ => match first {
            "secretHash" => Some("client_id"),
            "confirmationCode" | "userCode" => Some("code"),
            "friendlyDeviceName" => Some("device_name"),
            "groupName" if tool == "create_user" => Some("groups"),
            "groupName" => Some("group"),
            "nextToken" | "paginationToken" => Some("cursor"),
            "password" if tool == "reset_password" => Some("new_password"),
            "userAttributeNames" => Some("remove_attributes"),
            "userAttributes" => Some("attributes"),
            _ => None,
        },
    };
    let name = known.map_or_else(|| by_operation::snake(first), ToOwned::to_owned);
    let schema = case
        .cx
        .definition_of(tool)
        .map(|tool| &tool.published().input_schema);
    let properties = schema.and_then(|schema| schema.get("properties")?.as_object());
    let is_taken = properties.is_some_and(|properties| properties.contains_key(&name));
    (is_taken || case.arguments().contains_key(&name)).then_some(name)
}

/// The value in the call, unless it is a secret.
fn received(case: &Case<'_>, argument: &str) -> Option<Value> {
    let tool = case.cx.definition_of(case.tool())?;
    let mut shown = tool.redacted(case.arguments());
    shown.remove(argument)
}

/// Whether the refused call creates its user.
fn creates(case: &Case<'_>) -> bool {
    matches!(case.tool(), "create_user" | "sign_up")
}

/// The correction of an argument.
enum Correction {
    /// The id for a given name.
    Id(String),
    /// The most similar id, which is perhaps not the one meant.
    Near(String),
    Value(Value),
}

/// The correct value of the argument, if it is certain. A new name is never invented, and a
/// password is never replaced.
async fn correct(case: &Case<'_>, argument: &str) -> Option<Correction> {
    if passwords::argument(case.tool()) == Some(argument) {
        return None;
    }
    let given = case.text(argument);
    let trimmed = || {
        let trimmed = given?.trim();
        let is_one = !trimmed.is_empty() && !trimmed.contains(char::is_whitespace);
        is_one.then(|| Correction::Value(trimmed.into()))
    };
    let id = |meant: Option<Meant>| {
        let meant = meant?;
        Some(if meant.certain || case.reads() {
            Correction::Id(meant.id)
        } else {
            Correction::Near(meant.id)
        })
    };
    match argument {
        "cursor" => Some(Correction::Value(Value::Null)),
        "user_pool_id" => id(not_found::nearest_pool(case, given?).await),
        "client_id" => id(not_found::nearest_client(case, &case.pool()?, given?).await),
        "username" if creates(case) => trimmed(),
        "username" => id(not_found::nearest_user(case.cx, &case.users_pool().await?, given?).await),
        "group" if case.tool() == "create_group" => trimmed(),
        "group" => id(not_found::nearest_group(case, &case.pool()?, given?).await),
        "job_id" | "device_key" => id(pool_resources::nearest_object(case, argument, given?).await),
        // Codes are often written in groups of digits.
        "code" => {
            let code: String = given?.split_whitespace().collect();
            let is_code = !code.is_empty() && Some(code.as_str()) != given;
            is_code.then(|| Correction::Value(code.into()))
        }
        _ => trimmed().filter(|_| given.is_some_and(|given| given.trim() != given)),
    }
}
