//! Updates of settings, in which Cognito resets omitted members.
//!
//! The settings are read, changed and sent back as a whole, so that settings that this
//! program does not know stay unchanged, too.

use cognito_emulator::model::Model;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::arguments::{self, model_input};
use crate::call::context::Cx;
use crate::cognito::duration::{Duration, Unit};
use crate::error::{Problems, ToolResult};

/// An input of `operation` with the settings in `described`, which changes nothing.
pub(crate) fn kept(operation: &str, described: &Value) -> Value {
    let operation = Model::get().operation(operation);
    let members = operation
        .into_iter()
        .flat_map(|operation| operation.input().members());
    let kept: Map<String, Value> = members
        .filter_map(|member| {
            let value = described.get(member.name)?;
            Some((member.name.to_owned(), value.clone()))
        })
        .collect();
    kept.into()
}

/// `value` without members that are null.
pub(crate) fn present(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Merges `over` into `value`. Objects are merged member by member, and null removes a
/// member.
pub(crate) fn merge(value: &mut Value, over: Value) {
    match (value, over) {
        (Value::Object(members), Value::Object(over)) => {
            for (name, over) in over {
                if over.is_null() {
                    members.shift_remove(&name);
                } else {
                    merge(members.entry(name).or_insert(Value::Null), over);
                }
            }
        }
        (value, over @ Value::Object(_)) => {
            *value = json!({});
            merge(value, over);
        }
        (value, over) => *value = over,
    }
}

/// Validates the argument `settings` of a tool as input of `operation`. `least` has the
/// other members that the input requires.
pub(crate) fn validated(
    cx: &Cx,
    operation: &str,
    settings: Map<String, Value>,
    least: &Value,
    example: &Value,
) -> ToolResult<Value> {
    let whole = |settings: Value| {
        let mut input = settings;
        merge(&mut input, least.clone());
        input
    };
    let given = Value::Object(settings);
    let mut input = whole(present(given.clone()));
    // A malformed id is not a problem of the settings: Cognito's own refusal has the hint for it.
    if input.get("UserPoolId").is_some() {
        input["UserPoolId"] = json!("us-east-1_AbCdEfGhI");
    }
    let mut problems = problems_of(operation, &mut input);
    merge(&mut input, least.clone());
    if problems.is_empty() {
        // The result has corrected names, and null for members to remove.
        let mut checked = input;
        if let (Value::Object(checked), Value::Object(given)) = (&mut checked, given) {
            let nulls = given.into_iter().filter(|(_, value)| value.is_null());
            checked.extend(nulls);
        }
        return Ok(checked);
    }
    for problem in problems.first_mut() {
        problem.pointer = problem.pointer.replacen("/input", "/settings", 1);
    }
    let is_valid = |corrected: &Value| {
        let mut input = whole(present(corrected["settings"].clone()));
        if input.get("UserPoolId").is_some() {
            input["UserPoolId"] = json!("us-east-1_AbCdEfGhI");
        }
        problems_of(operation, &mut input).is_empty()
    };
    let arguments = Value::Object(cx.arguments.clone());
    let error = arguments::refuse(cx.tool(), &arguments, problems, example, is_valid);
    Err(error)
}

/// The problems of `input` of `operation`. Their pointers begin with `/input`.
fn problems_of(operation: &str, input: &mut Value) -> Problems {
    let operation = Model::get().operation(operation);
    operation.map_or_else(Problems::default, |operation| {
        model_input::validate(operation, input)
    })
}

/// A setting that changed, or that a dry run would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Change {
    /// Its name, as the API has it; a part of a setting as in `Policies.PasswordPolicy.MinimumLength`.
    pub(crate) setting: String,
    /// The old value: a text, a number with its unit, or JSON; absent if it was not set and its default is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    /// The new value in the same form; absent if it is no longer set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
}

/// Whether two values of a setting are equal. Cognito keeps lists of names as sets, and
/// returns them in different orders.
fn is_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().all(|item| after.contains(item))
        }
        (before, after) => before == after,
    }
}

/// The settings that differ, by name: each part of an object on its own, and numbers with their
/// units. Before the write, `before` is an input that changes nothing ([`kept`]), and `after` the
/// input of the request.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    differences("", [before, after], &mut |path, values| {
        let whole = [before, after];
        let shown = |side: usize| match values[side] {
            Some(value) => Some(in_words(path, value, whole[side])),
            None => usual(path),
        };
        found.push(Change {
            setting: path.to_owned(),
            before: shown(0),
            after: shown(1),
        });
    });
    found.sort_by(|one, other| one.setting.cmp(&other.setting));
    found
}

/// Members that are no settings, one of them a secret, and units, which are shown with their
/// numbers.
const NO_SETTINGS: [&str; 6] = [
    "ClientId",
    "ClientSecret",
    "CreationDate",
    "LastModifiedDate",
    "TokenValidityUnits",
    "UserPoolId",
];

/// Calls `found` with the path and the values of each difference between two objects.
fn differences(
    path: &str,
    [before, after]: [&Value; 2],
    found: &mut dyn FnMut(&str, [Option<&Value>; 2]),
) {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let mut names: Vec<String> = members(before).keys().cloned().collect();
    names.extend(members(after).keys().cloned());
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name) || NO_SETTINGS.contains(&name.as_str()) {
            continue;
        }
        let at = match path {
            "" => name.clone(),
            path => format!("{path}.{name}"),
        };
        match (before.get(&name), after.get(&name)) {
            (Some(before @ Value::Object(_)), Some(after @ Value::Object(_))) => {
                differences(&at, [before, after], found);
            }
            (Some(one), Some(other))
                if is_same(one, other) && !has_other_unit(&name, before, after) => {}
            values => found(&at, values.into()),
        }
        seen.push(name);
    }
}

/// Whether `name` is the validity of a token, and only its unit differs.
fn has_other_unit(name: &str, before: &Value, after: &Value) -> bool {
    let token = name.strip_suffix("Validity");
    token.is_some_and(|token| lasts(before, token) != lasts(after, token))
}

/// Settings that are numbers, with their units: one, and several.
const UNITS: [(&str, &str, &str); 6] = [
    ("AuthSessionValidity", "minute", "minutes"),
    ("MinimumLength", "character", "characters"),
    ("PasswordHistorySize", "password", "passwords"),
    ("RetryGracePeriodSeconds", "second", "seconds"),
    ("TemporaryPasswordValidityDays", "day", "days"),
    ("UnusedAccountValidityDays", "day", "days"),
];

/// The value of the setting at `path` of `whole`: a text, a number with its unit, or JSON. An empty
/// text has quotes.
fn in_words(path: &str, value: &Value, whole: &Value) -> String {
    let name = path.rsplit('.').next().unwrap_or_default();
    if let Some(token) = path.strip_suffix("Validity").filter(|_| value.is_i64())
        && TOKENS.iter().any(|(known, ..)| *known == token)
    {
        return lasts(whole, token);
    }
    let unit = UNITS.iter().find(|(setting, ..)| *setting == name);
    match (unit, value.as_i64()) {
        (Some((_, one, _)), Some(1)) => format!("1 {one}"),
        (Some((.., several)), Some(number)) => format!("{number} {several}"),
        _ => match value {
            Value::String(text) if !text.is_empty() => text.clone(),
            value => value.to_string(),
        },
    }
}

/// The tokens of an app client, each with the unit of its validity and its validity by default.
///
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html>
const TOKENS: [(&str, &str, &str); 3] = [
    ("AccessToken", "hours", "1 hour"),
    ("IdToken", "hours", "1 hour"),
    ("RefreshToken", "days", "30 days"),
];

/// What applies while the setting at `path` is not set, where that is known: the life of a token.
fn usual(path: &str) -> Option<String> {
    let token = path.strip_suffix("Validity")?;
    let (.., usual) = TOKENS.iter().find(|(name, ..)| *name == token)?;
    Some(format!("not set: {usual}"))
}

/// How long a token of `client` lasts, as in `30 minutes`. `token` is as in `AccessToken`.
pub(crate) fn lasts(client: &Value, token: &str) -> String {
    let known = TOKENS.iter().find(|(name, ..)| *name == token);
    let (unit, usual) = known.map_or(("", ""), |(_, unit, usual)| (*unit, *usual));
    let number = client[format!("{token}Validity")].as_u64();
    let unit = client["TokenValidityUnits"][token].as_str().unwrap_or(unit);
    match (number.filter(|number| *number > 0), Unit::named(unit)) {
        (Some(number), Some(unit)) => Duration { number, unit }.to_string(),
        _ => usual.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omitted_settings_do_not_change() {
        let client = json!({ "ClientId": "c", "ClientSecret": "s", "CreationDate": 1, "ClientName": "a", "LogoutURLs": [] });
        let mut kept = kept("UpdateUserPoolClient", &client);
        assert_eq!(
            kept,
            json!({ "ClientId": "c", "ClientName": "a", "LogoutURLs": [] })
        );
        merge(
            &mut kept,
            json!({ "LogoutURLs": null, "TokenValidityUnits": { "IdToken": "hours", "AccessToken": null } }),
        );
        assert_eq!(
            kept,
            json!({ "ClientId": "c", "ClientName": "a", "TokenValidityUnits": { "IdToken": "hours" } })
        );
    }

    #[test]
    fn objects_are_merged_and_lists_replaced() {
        let mut value = json!({ "a": { "b": 1, "c": [1, 2] }, "d": 1 });
        merge(&mut value, json!({ "a": { "c": [3], "e": 2 }, "d": null }));
        assert_eq!(value, json!({ "a": { "b": 1, "c": [3], "e": 2 } }));
    }

    #[test]
    fn differing_settings_are_reported() {
        let before = json!({ "Name": "a", "Arn": "x", "LastModifiedDate": 1, "Tier": "LITE" });
        let after = json!({ "Name": "b", "Arn": "x", "LastModifiedDate": 2, "Domain": "d" });
        let changed: Vec<_> = changes(&before, &after)
            .into_iter()
            .map(|change| change.setting)
            .collect();
        assert_eq!(changed, ["Domain", "Name", "Tier"]);
    }

    #[test]
    fn a_secret_is_not_reported_as_a_change() {
        let before = json!({ "ClientName": "a", "ClientSecret": "s", "A": 1 });
        let after = json!({ "ClientName": "b", "ClientSecret": "t", "B": [2] });
        let changed: Vec<String> = changes(&before, &after)
            .into_iter()
            .map(|change| format!("{}: {:?} {:?}", change.setting, change.before, change.after))
            .collect();
        assert_eq!(
            changed,
            [
                r#"A: Some("1") None"#,
                r#"B: None Some("[2]")"#,
                r#"ClientName: Some("a") Some("b")"#
            ]
        );
    }

    #[test]
    fn changes_have_units() {
        let client = |minutes: i64, unit: &str| {
            json!({
                "AccessTokenValidity": minutes, "AuthSessionValidity": 3,
                "TokenValidityUnits": { "AccessToken": unit },
            })
        };
        let shown = |before: &Value, after: &Value| -> Vec<String> {
            let line = |change: Change| {
                let side = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
                format!(
                    "{}: {} > {}",
                    change.setting,
                    side(change.before),
                    side(change.after)
                )
            };
            changes(before, after).into_iter().map(line).collect()
        };
        assert_eq!(
            shown(&client(60, "minutes"), &client(60, "hours")),
            ["AccessTokenValidity: 60 minutes > 60 hours"]
        );
        assert_eq!(
            shown(&json!({ "AuthSessionValidity": 3 }), &client(1, "hours")),
            ["AccessTokenValidity: not set: 1 hour > 1 hour"]
        );
        let pool = |length: i64| json!({ "Policies": { "PasswordPolicy": { "MinimumLength": length, "RequireSymbols": true } } });
        assert_eq!(
            shown(&pool(8), &pool(14)),
            ["Policies.PasswordPolicy.MinimumLength: 8 characters > 14 characters"]
        );
    }
}
