//! Hints for attributes that the pool's schema refuses.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{AttributeDataType, SchemaAttributeType};
use serde_json::{Value, json};

use super::Finding;
use super::not_found::nearest_problem;
use super::refusal::Case;
use crate::arguments::{attribute, slip};
use crate::bounds::MEANT_ITEMS;
use crate::error::{NextCall, Problem};

/// Attributes that only Cognito writes.
const COGNITO_WRITES: [&str; 2] = ["identities", "sub"];

/// Suggests the nearest attribute for one that is not in the pool's schema.
pub(super) async fn unknown(case: &Case<'_>) -> Finding {
    if let Some(found) = written_by_cognito(case) {
        return found;
    }
    let schema = schema(case).await;
    let known: Vec<&str> = schema
        .iter()
        .filter_map(|attribute| attribute.name())
        .filter(|name| !COGNITO_WRITES.contains(name))
        .collect();
    let mut found = Finding::default();
    let mut renamed = BTreeMap::new();
    let mut lost = Vec::new();
    let mut unknown = given(case);
    unknown.retain(|name| !known.contains(&name.as_str()));
    // Each name is compared with all attributes of the pool, so long lists are skipped.
    let are_few = unknown.len() <= MEANT_ITEMS;
    for name in unknown {
        let nearest = are_few.then(|| nearest_attribute(&name, &known));
        match nearest.flatten() {
            Some(nearest) => {
                found = found.problem(nearest_problem(case, &name, &name, &nearest));
                renamed.insert(name, nearest);
            }
            None => lost.push(name),
        }
    }
    if !lost.is_empty() || renamed.is_empty() {
        let custom: Vec<&str> = known
            .iter()
            .copied()
            .filter(|name| name.contains(':'))
            .collect();
        found.advice = Some(format!(
            "The pool has no attribute {}; in addition to the standard ones it has {}",
            quoted(&lost),
            if custom.is_empty() {
                "none".to_owned()
            } else {
                custom.join(", ")
            }
        ));
        return found.retry(case.in_pool("describe_pool", json!({})));
    }
    let replacements: Vec<String> = renamed
        .iter()
        .map(|(name, new)| format!("`{new}` for `{name}`"))
        .collect();
    found.advice = Some(format!("Write {}", replacements.join(", ")));
    let retry = edited(case, |name, value| {
        Some((
            renamed
                .get(name)
                .cloned()
                .unwrap_or_else(|| name.to_owned()),
            value,
        ))
    });
    found.retry(retry)
}

/// Returns the attribute of the pool that `name` certainly means.
fn nearest_attribute(name: &str, known: &[&str]) -> Option<String> {
    let custom = format!("custom:{name}");
    if known.contains(&custom.as_str()) {
        return Some(custom);
    }
    // Custom and standard attributes are never confused: `custom:email` is not `email`.
    if name.contains(':') {
        let custom = known.iter().copied().filter(|known| known.contains(':'));
        return slip(name, custom, "").map(ToOwned::to_owned);
    }
    let standard = attribute(name).filter(|name| known.contains(name));
    let plain = || known.iter().copied().filter(|known| !known.contains(':'));
    let meant = standard.or_else(|| slip(name, plain(), ""));
    meant.map(ToOwned::to_owned)
}

/// Returns the hint for a call that sets an attribute that only Cognito writes. No call can
/// set it, so the retry leaves it out.
fn written_by_cognito(case: &Case<'_>) -> Option<Finding> {
    let mut names = given(case);
    names.retain(|name| COGNITO_WRITES.contains(&name.as_str()));
    if names.is_empty() {
        return None;
    }
    let why = if names.iter().any(|name| name == "sub") {
        "is assigned by Cognito and can neither be chosen nor changed; the call is made without it"
    } else {
        "is written by Cognito when identities are linked; the call is made without it"
    };
    Some(without(case, why, |name| COGNITO_WRITES.contains(&name)))
}

/// Returns the hint for an immutable attribute that is already set.
pub(super) async fn immutable(case: &Case<'_>) -> Finding {
    if let Some(found) = written_by_cognito(case) {
        return found;
    }
    let schema = schema(case).await;
    let fixed = |name: &str| {
        schema
            .iter()
            .any(|attribute| attribute.name() == Some(name) && attribute.mutable == Some(false))
    };
    refuse(
        case,
        "cannot be changed once it is set; a call without it changes the others",
        fixed,
    )
}

/// Returns the hint for a call that would delete a required attribute.
pub(super) async fn required_deleted(case: &Case<'_>) -> Finding {
    let schema = schema(case).await;
    let removed: Vec<&str> = strings(case, "remove_attributes");
    let blank = |name: &str| {
        case.arguments()
            .get("attributes")
            .and_then(|attributes| attributes.get(name)?.as_str())
            .is_some_and(str::is_empty)
    };
    let required = |name: &str| {
        (removed.contains(&name) || blank(name))
            && schema
                .iter()
                .any(|attribute| attribute.name() == Some(name) && attribute.required == Some(true))
    };
    refuse(
        case,
        "is required by the pool and cannot be removed; set another value instead",
        required,
    )
}

/// Returns the hint for an attribute that the client may not write.
pub(super) async fn not_writable(case: &Case<'_>) -> Finding {
    let (Some(pool), Some(id)) = (case.users_pool().await, case.client().await) else {
        return Finding::default();
    };
    let Some(client) = case.client_in(&pool, &id).await else {
        return Finding::default();
    };
    let writable = client.write_attributes();
    let refused = |name: &str| !writable.iter().any(|known| known == name);
    refuse(
        case,
        &format!(
            "is not among the `WriteAttributes` of client `{id}`: leave it out and let an \
             administrator set it with `update_user`, or let the client write it"
        ),
        refused,
    )
}

/// Returns the hint for an attribute that the user already has.
pub(super) fn already_provided(case: &Case<'_>) -> Finding {
    let named = last_word(case.message()).to_owned();
    refuse(
        case,
        "has a value already and cannot be given here; leave it out, and change it later \
         with `update_user` if necessary",
        |name| name == named,
    )
}

/// Returns the hint for an attribute that no caller, or only an administrator, can write.
pub(super) fn non_mutable(case: &Case<'_>) -> Finding {
    let named = last_word(case.message()).to_owned();
    without(case, "cannot be set in this call", |name| name == named)
}

/// Returns the hint for a `_verified` flag without its attribute.
pub(super) fn verified_without_value(case: &Case<'_>) -> Finding {
    let named = case.message().split(' ').next().unwrap_or_default();
    let flag = format!("{named}_verified");
    refuse(
        case,
        &format!("needs `{named}` in the same call: give its value, or leave the flag out"),
        |name| name == flag,
    )
}

/// Returns the hint for an alias that can be set only after the user is confirmed.
pub(super) fn alias_too_early(case: &Case<'_>) -> Finding {
    refuse(
        case,
        "can be set once the user is confirmed, with `update_user`: leave it out until then",
        |name| name == "preferred_username",
    )
}

/// Returns the hint for a username that differs from the attribute that it is used as.
pub(super) fn same_as_username(case: &Case<'_>) -> Finding {
    let mut words = case.message().split(' ');
    let named = words.nth(1).unwrap_or_default().to_owned();
    refuse(
        case,
        "differs from the username, which is the user's address or number in this pool: ask \
         which of the two is meant, and give it as `username`",
        |name| name == named,
    )
}

/// Reports the refused attributes without a retry, because a call without them has another
/// effect.
fn refuse(case: &Case<'_>, why: &str, refused: impl Fn(&str) -> bool) -> Finding {
    let mut finding = without(case, why, refused);
    finding.retry = None;
    finding
}

/// Suggests the call without the attributes for which `refused` returns true.
fn without(case: &Case<'_>, why: &str, refused: impl Fn(&str) -> bool) -> Finding {
    let names: Vec<String> = given(case)
        .into_iter()
        .filter(|name| refused(name))
        .collect();
    if names.is_empty() {
        return Finding::default();
    }
    let mut found = Finding::new(format!("{} {why}", quoted(&names)));
    for name in &names {
        found = found.problem(Problem {
            pointer: attribute_pointer(case, name),
            message: why.to_owned(),
            ..Problem::default()
        });
    }
    let nothing_left = case.tool() == "update_user" && given(case).len() == names.len();
    found.retry(if nothing_left {
        case.for_user("get_user", json!({}))
    } else {
        edited(case, |name, value| {
            (!refused(name)).then(|| (name.to_owned(), value))
        })
    })
}

/// Returns the hint for an address or number in a wrong form.
pub(super) fn malformed(case: &Case<'_>) -> Finding {
    let mut found = Finding::default();
    let mut certain = true;
    for (name, correct) in [
        ("email", corrected_email as fn(&str) -> Option<String>),
        ("phone_number", corrected_phone),
    ] {
        let Some(value) = value(case, name) else {
            continue;
        };
        let corrected = correct(&value);
        certain &= corrected.is_some();
        if corrected.as_ref() == Some(&value) {
            continue;
        }
        found = found.problem(Problem {
            pointer: attribute_pointer(case, name),
            message: match name {
                "email" => "must look like name@example.com, without blanks",
                _ => "must be a plus sign and up to 15 digits, country code first",
            }
            .to_owned(),
            received: Some(Value::from(value)),
            nearest: corrected,
            ..Problem::default()
        });
    }
    let described: Vec<String> = found
        .problems
        .iter()
        .map(|problem| {
            let unclear = if problem.nearest.is_none() {
                ": ask which one is meant"
            } else {
                ""
            };
            format!("`{}` {}{unclear}", &problem.pointer[1..], problem.message)
        })
        .collect();
    if described.is_empty() {
        return found;
    }
    found.advice = Some(described.join(", "));
    let retry = certain.then(|| {
        edited(case, |name, value| {
            let value = match name {
                "email" => corrected_email(&value)?,
                "phone_number" => corrected_phone(&value)?,
                _ => value,
            };
            Some((name.to_owned(), value))
        })
    });
    found.retry(retry)
}

/// Returns the address that `value` certainly means. Blanks within a part of the address make
/// it ambiguous.
fn corrected_email(value: &str) -> Option<String> {
    let value = value
        .trim()
        .trim_start_matches("mailto:")
        .trim_matches(['<', '>']);
    let (local, domain) = value.split_once('@')?;
    let (local, domain) = (local.trim(), domain.trim());
    let value = format!("{local}@{domain}");
    let whole = !local.is_empty()
        && !value.contains(char::is_whitespace)
        && domain.contains('.')
        && !domain.contains('@')
        && domain.split('.').all(|label| !label.is_empty());
    whole.then_some(value)
}

/// Returns the number that `value` certainly means. A number without a country code is
/// ambiguous.
fn corrected_phone(value: &str) -> Option<String> {
    // The zero in `+49 (0)30 123456` is for calls within the country.
    let value = value.replace("(0)", "");
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let punctuation = |c: char| c.is_ascii_digit() || " +-.()/".contains(c);
    if !value.chars().all(punctuation) {
        return None;
    }
    let international = value.trim().strip_prefix('+').is_some();
    let digits = match digits.strip_prefix("00") {
        Some(rest) if !international => rest.to_owned(),
        _ if international => digits,
        _ => return None,
    };
    (5..=15)
        .contains(&digits.len())
        .then(|| format!("+{digits}"))
}

/// Returns the hint for values that violate the schema, or for missing required attributes.
pub(super) async fn schema_broken(case: &Case<'_>) -> Finding {
    if case.message().contains("could not be determined") {
        return unknown(case).await;
    }
    let schema = schema(case).await;
    let mut found = Finding::default();
    let mut corrected = BTreeMap::new();
    let mut certain = true;
    for attribute in &schema {
        let Some(name) = attribute
            .name()
            .filter(|name| !COGNITO_WRITES.contains(name))
        else {
            continue;
        };
        let given = value(case, name);
        let missing = given.as_deref().unwrap_or_default().is_empty();
        let rule = match &given {
            _ if missing => (attribute.required == Some(true) && case.tool() == "sign_up")
                .then(|| "is required".to_owned()),
            Some(value) => broken_rule(attribute, value),
            None => None,
        };
        let Some(rule) = rule else {
            continue;
        };
        let remedy = given
            .as_deref()
            .and_then(|value| corrected_value(attribute, value));
        certain &= remedy.is_some();
        found = found.problem(Problem {
            pointer: attribute_pointer(case, name),
            message: rule,
            received: given.map(Value::from),
            nearest: remedy.clone(),
            ..Problem::default()
        });
        corrected.extend(remedy.map(|remedy| (name.to_owned(), remedy)));
    }
    if found.problems.is_empty() {
        return Finding::default().retry(case.in_pool("describe_pool", json!({})));
    }
    let descriptions: Vec<String> = found
        .problems
        .iter()
        .map(|problem| {
            let name = problem.pointer.rsplit('/').next().unwrap_or_default();
            format!("`{name}` {}", problem.message)
        })
        .collect();
    found.advice = Some(format!(
        "Give the values that the pool's schema requires: {}",
        descriptions.join(", ")
    ));
    let retry = certain.then(|| {
        edited(case, |name, value| {
            Some((
                name.to_owned(),
                corrected.get(name).cloned().unwrap_or(value),
            ))
        })
    });
    found.retry(retry)
}

/// The rule of the schema that `value` breaks.
fn broken_rule(attribute: &SchemaAttributeType, value: &str) -> Option<String> {
    let bound = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    match attribute.attribute_data_type()? {
        AttributeDataType::Boolean => {
            let fits = ["true", "false"].contains(&value.to_lowercase().as_str());
            (!fits).then(|| "must be true or false".to_owned())
        }
        AttributeDataType::Number | AttributeDataType::Datetime => {
            let bounds = attribute.number_attribute_constraints();
            let least = bounds.and_then(|bounds| bound(bounds.min_value()));
            let most = bounds.and_then(|bounds| bound(bounds.max_value()));
            let number = value.parse::<i64>().ok();
            let fits = number.is_some_and(|number| {
                least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
            });
            (!fits).then(|| format!("must be a whole number{}", range(least, most)))
        }
        _ => {
            let bounds = attribute.string_attribute_constraints();
            let least = bounds.and_then(|bounds| bound(bounds.min_length()));
            let most = bounds.and_then(|bounds| bound(bounds.max_length()));
            let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
            let fits =
                least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most);
            (!fits).then(|| format!("must be text with characters{}", range(least, most)))
        }
    }
}

/// Returns the bounds in words, for example ` from 1 to 10`.
fn range(least: Option<i64>, most: Option<i64>) -> String {
    let from = least.map_or_else(String::new, |least| format!(" from {least}"));
    let to = most.map_or_else(String::new, |most| format!(" to {most}"));
    from + &to
}

/// The value of the attribute's type that `value` clearly means.
fn corrected_value(attribute: &SchemaAttributeType, value: &str) -> Option<String> {
    let corrected = match attribute.attribute_data_type()? {
        AttributeDataType::Boolean => match value.trim().to_lowercase().as_str() {
            "1" | "yes" | "y" | "on" | "true" => "true".to_owned(),
            "0" | "no" | "n" | "off" | "false" => "false".to_owned(),
            _ => return None,
        },
        AttributeDataType::Number | AttributeDataType::Datetime => value.trim().to_owned(),
        // 7.3.1990 is ambiguous: March 7 or July 3.
        _ => return None,
    };
    broken_rule(attribute, &corrected)
        .is_none()
        .then_some(corrected)
}

/// Returns the hint for a username that has the form of an alias, or lacks a required form.
pub(super) fn username_form(case: &Case<'_>) -> Finding {
    let Some(username) = case.text("username") else {
        return Finding::default();
    };
    let message = case.message();
    // Only the caller can choose a plain name.
    if message.contains("cannot be of") {
        return Finding::default();
    }
    let (email, phone) = (value(case, "email"), value(case, "phone_number"));
    let wants_email = message.contains("email");
    let wants_phone = message.contains("phone");
    let named = corrected_email(username)
        .filter(|_| wants_email)
        .or_else(|| corrected_phone(username).filter(|_| wants_phone))
        .or_else(|| email.filter(|_| wants_email))
        .or_else(|| phone.filter(|_| wants_phone));
    Finding::default().retry(named.map(|named| case.again(json!({ "username": named }))))
}

/// Returns the hint for a user without an address or number for the invitation.
pub(super) fn nowhere_to_send(case: &Case<'_>) -> Finding {
    // With RESEND, attributes in the call change nothing. A retry that suppresses the
    // invitation would have another effect.
    for name in ["email", "phone_number"] {
        if let Some(value) = case.text(name) {
            return Finding::new(format!(
                "The user has no `{name}` yet: set it, then repeat the call"
            ))
            .retry(case.for_user("update_user", json!({ "attributes": { name: value } })));
        }
    }
    Finding::default()
}

/// JSON pointer to the attribute in the call.
fn attribute_pointer(case: &Case<'_>, name: &str) -> String {
    let removed = strings(case, "remove_attributes");
    match removed.iter().position(|removed| *removed == name) {
        Some(at) if value(case, name).is_none() => {
            format!("{}/{at}", case.pointer("remove_attributes"))
        }
        _ if value(case, name).is_none() => {
            format!("{}/{name}", case.pointer("attributes"))
        }
        _ => case.pointer(name),
    }
}

/// The pool's attributes.
async fn schema(case: &Case<'_>) -> Vec<SchemaAttributeType> {
    let pool = case.described_pool().await;
    pool.and_then(|pool| pool.schema_attributes)
        .unwrap_or_default()
}

/// Names of the attributes that the call sets or removes.
fn given(case: &Case<'_>) -> Vec<String> {
    let mut names: Vec<String> = ["email", "phone_number"]
        .iter()
        .filter(|name| case.arguments().contains_key(**name))
        .map(|name| (*name).to_owned())
        .collect();
    if let Some(Value::Object(attributes)) = case.arguments().get("attributes") {
        names.extend(attributes.keys().cloned());
    }
    names.extend(
        strings(case, "remove_attributes")
            .into_iter()
            .map(ToOwned::to_owned),
    );
    names
}

/// The attribute's value in the call. Its own argument takes precedence over the map.
fn value(case: &Case<'_>, name: &str) -> Option<String> {
    let own = ["email", "phone_number"]
        .contains(&name)
        .then(|| case.text(name))
        .flatten();
    let mapped = || case.arguments().get("attributes")?.get(name)?.as_str();
    own.or_else(mapped).map(ToOwned::to_owned)
}

fn strings<'a>(case: &'a Case<'_>, name: &str) -> Vec<&'a str> {
    let list = case.arguments().get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Returns the refused call with every attribute edited by `edit`, which returns none to
/// remove it.
fn edited(case: &Case<'_>, edit: impl Fn(&str, String) -> Option<(String, String)>) -> NextCall {
    let mut changes = json!({});
    let mut attributes = BTreeMap::new();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for name in ["email", "phone_number"] {
        if let Some(value) = case.arguments().get(name) {
            changes[name] = match edit(name, text(value)) {
                Some((_, value)) => Value::from(value),
                None => Value::Null,
            };
        }
    }
    if let Some(Value::Object(given)) = case.arguments().get("attributes") {
        attributes.extend(
            given
                .iter()
                .filter_map(|(name, value)| edit(name, text(value))),
        );
        changes["attributes"] = json!(attributes);
    }
    if case.arguments().contains_key("remove_attributes") {
        let names: Vec<String> = strings(case, "remove_attributes")
            .into_iter()
            .filter_map(|name| Some(edit(name, String::new())?.0))
            .collect();
        changes["remove_attributes"] = json!(names);
    }
    case.again(changes)
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn last_word(sentence: &str) -> &str {
    sentence.trim_end().rsplit(' ').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_corrected_if_the_country_is_clear() {
        for (given, expected) in [
            ("+1 (555) 555-0100", Some("+15555550100")),
            ("0049 30 1234567", Some("+49301234567")),
            ("15555550100", None),
            ("13912345678", None),
            ("+15555550100", Some("+15555550100")),
            ("+49 (0)30 1234567", Some("+49301234567")),
            ("5555550100", None),
            ("030 1234567", None),
            ("call me", None),
            ("", None),
        ] {
            assert_eq!(corrected_phone(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn addresses_are_corrected_if_the_meaning_is_clear() {
        for (given, expected) in [
            (" ana@example.com ", Some("ana@example.com")),
            ("<ana@example.com>", Some("ana@example.com")),
            ("ana @ example.com", Some("ana@example.com")),
            ("a b@example.com", None),
            ("ana@exam ple.com", None),
            ("ana@example", None),
            ("ana", None),
            ("@example.com", None),
        ] {
            assert_eq!(corrected_email(given).as_deref(), expected, "{given}");
        }
    }
}
