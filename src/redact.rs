//! Which arguments are secret, and how they look when they must be shown.
//!
//! A secret argument says so in its tool's schema: `writeOnly`.

use std::collections::BTreeSet;

use rmcp::model::JsonObject;
use serde_json::Value;

/// Stands where a secret was.
pub(crate) const REDACTED: &str = "[redacted]";

/// `arguments` as they may be logged or echoed.
pub(crate) fn arguments(schema: &JsonObject, arguments: &JsonObject) -> JsonObject {
    let mut shown = Value::Object(arguments.clone());
    hide(schema, &mut shown);
    match shown {
        Value::Object(shown) => shown,
        _ => JsonObject::default(),
    }
}

/// `value` as it may be echoed, where `schema` describes it.
pub(crate) fn value(schema: Option<&Value>, value: &Value) -> Value {
    let mut shown = value.clone();
    match schema {
        Some(Value::Object(schema)) => hide(schema, &mut shown),
        // What no schema describes may be a secret under a wrong name.
        _ => shown = Value::from(REDACTED),
    }
    shown
}

/// The secrets among `arguments`. What stands under a name that the tool does
/// not know may be one: a password under a misspelt name is still a password.
pub(crate) fn secrets(schema: &JsonObject, arguments: &JsonObject) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, value) in arguments {
        match member_schema(schema, name) {
            Some(Value::Object(schema)) => collect(schema, value, &mut found),
            Some(Value::Bool(false)) | None => collect_all(value, &mut found),
            Some(_) => {}
        }
    }
    found
}

/// Puts words in the place of every one of `secrets` within `value`.
pub(crate) fn cover(value: &mut Value, secrets: &BTreeSet<String>) {
    match value {
        Value::String(text) if secrets.contains(text) => *value = Value::from("<as you sent it>"),
        Value::Object(members) => members.values_mut().for_each(|value| cover(value, secrets)),
        Value::Array(items) => items.iter_mut().for_each(|value| cover(value, secrets)),
        _ => {}
    }
}

fn collect_all(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Object(members) => members.values().for_each(|value| collect_all(value, found)),
        Value::Array(items) => items.iter().for_each(|value| collect_all(value, found)),
        _ => {}
    }
}

fn collect(schema: &JsonObject, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(secret) if is_secret(schema) => {
            found.insert(secret.clone());
        }
        Value::Object(members) => found.extend(secrets(schema, members)),
        Value::Array(items) => {
            if let Some(Value::Object(schema)) = schema.get("items") {
                for item in items {
                    collect(schema, item, found);
                }
            }
        }
        _ => {}
    }
}

fn is_secret(schema: &JsonObject) -> bool {
    schema.get("writeOnly") == Some(&Value::Bool(true))
}

fn hide(schema: &JsonObject, value: &mut Value) {
    if is_secret(schema) {
        *value = Value::from(REDACTED);
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member_schema(schema, name) {
                    Some(Value::Object(schema)) => hide(schema, member),
                    _ => *member = Value::from(REDACTED),
                }
            }
        }
        Value::Array(items) => {
            if let Some(Value::Object(schema)) = schema.get("items") {
                for item in items {
                    hide(schema, item);
                }
            }
        }
        _ => {}
    }
}

/// The schema of member `name` of what `schema` describes.
pub(crate) fn member_schema<'a>(schema: &'a JsonObject, name: &str) -> Option<&'a Value> {
    schema
        .get("properties")
        .and_then(|properties| properties.get(name))
        .or_else(|| schema.get("additionalProperties"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_and_unknown_members_are_hidden() {
        let schema = json!({
            "properties": {
                "username": { "type": "string" },
                "password": { "type": "string", "writeOnly": true },
                "rows": { "items": { "properties": { "password": { "writeOnly": true } } } }
            },
            "additionalProperties": false
        });
        let given = json!({
            "username": "ana", "password": "s3cret", "passwrd": "s3cret-too",
            "rows": [{ "password": "s3cret" }]
        });
        assert_eq!(
            Value::Object(arguments(
                schema.as_object().unwrap(),
                given.as_object().unwrap()
            )),
            json!({
                "username": "ana", "password": REDACTED, "passwrd": REDACTED,
                "rows": [{ "password": REDACTED }]
            })
        );
        let found = secrets(schema.as_object().unwrap(), given.as_object().unwrap());
        assert_eq!(
            found,
            BTreeSet::from(["s3cret", "s3cret-too"].map(ToOwned::to_owned))
        );
    }
}
