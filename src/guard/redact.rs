//! Which arguments are secret, and how they look when they must be shown.
//!
//! A secret argument says so in its tool's schema: `writeOnly`.

use rmcp::model::JsonObject;
use serde_json::Value;

/// Stands where a secret was.
pub(crate) const REDACTED: &str = "[redacted]";

/// `value` as it may be echoed, where `schema` describes it.
pub(crate) fn value(schema: Option<&Value>, value: &Value) -> Value {
    let mut shown = value.clone();
    match schema {
        Some(Value::Object(schema)) => visit_value(schema, "", &mut shown, &mut |_, value| {
            *value = Value::from(REDACTED);
        }),
        // What no schema describes may be a secret under a wrong name.
        _ => shown = Value::from(REDACTED),
    }
    shown
}

/// Shows `visit` each value among `arguments` that `schema` marks secret, and each
/// that stands under a name which it does not know: a password under a misspelt
/// name is still a password.
pub(crate) fn visit(
    schema: &JsonObject,
    arguments: &mut JsonObject,
    visit: &mut dyn FnMut(&str, &mut Value),
) {
    for (name, member) in arguments {
        match member_schema(schema, name) {
            Some(Value::Object(schema)) => visit_value(schema, name, member, visit),
            // Anything is allowed there, secret or not; the tool says which.
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
