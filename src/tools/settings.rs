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

/// A setting that changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Change {
    /// Its name, as the API has it.
    pub(crate) setting: String,
    /// The old value as JSON; absent if it was not set.
    pub(crate) before: Option<String>,
    /// The new value as JSON; absent if it is no longer set.
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

/// The settings that differ.
pub(crate) fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let names = |value: &Value| -> Vec<String> {
        let members = value.as_object().into_iter();
        members.flat_map(Map::keys).cloned().collect()
    };
    let mut all = names(before);
    let new = names(after).into_iter();
    all.extend(new.filter(|name| before.get(name).is_none()));
    // These members are not settings, and one of them is a secret.
    let not = ["LastModifiedDate", "CreationDate", "ClientSecret"];
    let differs = |name: &str| match (before.get(name), after.get(name)) {
        (Some(before), Some(after)) => !is_same(before, after),
        (before, after) => before != after,
    };
    all.retain(|name| !not.contains(&name.as_str()) && differs(name));
    let text = |value: &Value, name: &str| value.get(name).map(ToString::to_string);
    all.into_iter()
        .map(|name| Change {
            before: text(before, &name),
            after: text(after, &name),
            setting: name,
        })
        .collect()
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
        assert_eq!(changed, ["Name", "Tier", "Domain"]);
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
                r#"ClientName: Some("\"a\"") Some("\"b\"")"#,
                r#"A: Some("1") None"#,
                r#"B: None Some("[2]")"#
            ]
        );
    }
}
