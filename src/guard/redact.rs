//! Redaction of secret arguments.
//!
//! A secret argument is marked `writeOnly` in its tool's schema.

use rmcp::model::JsonObject;
use serde_json::Value;

/// The text in place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// `value`, redacted by its `schema`.
pub(crate) fn value(schema: Option<&Value>, value: &Value) -> Value {
    let mut shown = value.clone();
    match schema {
        Some(Value::Object(schema)) => visit_value(schema, "", &mut shown, &mut |_, value| {
            *value = Value::from(REDACTED);
        }),
        // A value without a schema may be a secret under a wrong name.
        _ => shown = Value::from(REDACTED),
    }
    shown
}

/// Calls `visit` with each value in `arguments` that `schema` marks as secret or whose name
/// `schema` does not have. A password under a misspelt name is still a password.
pub(crate) fn visit(
    schema: &JsonObject,
    arguments: &mut JsonObject,
    visit: &mut dyn FnMut(&str, &mut Value),
) {
    for (name, member) in arguments {
        match member_schema(schema, name) {
            Some(Value::Object(schema)) => visit_value(schema, name, member, visit),
            // The schema allows any member here; the tool decides which are secret.
            Some(Value::Bool(true)) => {}
            _ => visit(name, member),
        }
    }
}

fn visit_value(
    schema: &JsonObject,
    name: &str,
    value: &mut Value,
    visit: &mut dyn FnMut(&str, &mut Value),
) {
    if schema.get("writeOnly") == Some(&Value::Bool(true)) {
        return visit(name, value);
    }
    match value {
        Value::Object(members) => self::visit(schema, members, visit),
        Value::Array(items) => {
            if let Some(Value::Object(schema)) = schema.get("items") {
                for item in items {
                    visit_value(schema, name, item, visit);
                }
            }
        }
        _ => {}
    }
}

/// The schema of the member `name` of `schema`.
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
        let (schema, given) = (schema.as_object().unwrap(), given.as_object().unwrap());
        let mut shown = given.clone();
        let mut found = Vec::new();
        visit(schema, &mut shown, &mut |_, value| {
            found.push(value.clone());
            *value = Value::from(REDACTED);
        });
        assert_eq!(
            Value::Object(shown),
            json!({
                "username": "ana", "password": REDACTED, "passwrd": REDACTED,
                "rows": [{ "password": REDACTED }]
            })
        );
        assert_eq!(found, ["s3cret", "s3cret-too", "s3cret"]);
    }
}
