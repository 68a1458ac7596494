//! JSON Schemas of tools, in a subset that every client supports.
//!
//! Clients support less than the protocol allows: some refuse `$ref`, some refuse a `type`
//! that is a list, and some refuse a composition at the root. So schemas are inlined, an
//! optional member is one that is absent from `required`, and an enum is a list of values.

use rmcp::model::JsonObject;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// The input schema of a tool. Unknown members are refused at every depth.
pub(crate) fn of_input<T: JsonSchema>() -> JsonObject {
    generate::<T>(SchemaSettings::draft2020_12().for_deserialize(), true)
}

/// The output schema of a tool.
pub(crate) fn of_output<T: JsonSchema>() -> JsonObject {
    generate::<T>(SchemaSettings::draft2020_12().for_serialize(), false)
}

/// Adds an optional member to `schema`.
pub(crate) fn add_member(schema: &mut JsonObject, name: &str, member: Value) {
    let properties = schema
        .entry("properties")
        .or_insert_with(|| Value::Object(JsonObject::default()));
    properties[name] = member;
}

/// Makes the member at `path` optional; `*` is any item of a list.
pub(crate) fn make_optional(schema: &mut JsonObject, path: &[&str]) {
    let [name, rest @ ..] = path else {
        return;
    };
    if rest.is_empty() {
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|required| required != name);
        }
        return;
    }
    let inner = match *name {
        "*" => schema.get_mut("items"),
        name => schema
            .get_mut("properties")
            .and_then(|properties| properties.get_mut(name)),
    };
    if let Some(Value::Object(inner)) = inner {
        make_optional(inner, rest);
    }
}

fn generate<T: JsonSchema>(settings: SchemaSettings, closed: bool) -> JsonObject {
    let settings = settings.with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    tidy(&mut schema, closed);
    match schema {
        Value::Object(schema) => schema,
        _ => JsonObject::default(),
    }
}

/// Rewrites `schema` in place, and returns whether it also allowed null.
fn tidy(schema: &mut Value, closed: bool) -> bool {
    let Value::Object(object) = schema else {
        return false;
    };
    for noise in ["$schema", "title", "format"] {
        object.remove(noise);
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    let mut nullable = drop_null_type(object) | drop_null_branch(object);
    collapse_constants(object);
    if let Some(Value::Array(values)) = object.get_mut("enum") {
        let before = values.len();
        values.retain(|value| !value.is_null());
        nullable |= values.len() < before;
    }
    let mut optional = Vec::new();
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for (name, property) in properties.iter_mut() {
            if tidy(property, closed) {
                optional.push(name.clone());
            }
        }
    }
    if let Some(Value::Array(required)) = object.get_mut("required") {
        required.retain(|name| !optional.iter().any(|optional| name == optional));
        if required.is_empty() {
            object.remove("required");
        }
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = object.get_mut(inner) {
            tidy(inner, closed);
        }
    }
    let is_object = object.get("type").is_some_and(|kind| kind == "object");
    if closed && is_object && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    nullable
}

/// `type: [T, null]` becomes `type: T`.
fn drop_null_type(object: &mut JsonObject) -> bool {
    let Some(Value::Array(kinds)) = object.get_mut("type") else {
        return false;
    };
    kinds.retain(|kind| kind != "null");
    if let [kind] = kinds.as_slice() {
        let kind = kind.clone();
        object.insert("type".to_owned(), kind);
    }
    true
}

/// `anyOf: [T, null]` becomes `T`. The outer schema's description has precedence.
fn drop_null_branch(object: &mut JsonObject) -> bool {
    let Some(Value::Array(branches)) = object.get_mut("anyOf") else {
        return false;
    };
    let before = branches.len();
    branches.retain(|branch| branch.get("type").is_none_or(|kind| kind != "null"));
    let nullable = branches.len() < before;
    if let [Value::Object(only)] = branches.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            object.entry(key).or_insert(value);
        }
    }
    nullable
}

/// `oneOf` with constants, which documented enum variants generate, becomes `enum`.
fn collapse_constants(object: &mut JsonObject) {
    let Some(Value::Array(branches)) = object.get("oneOf") else {
        return;
    };
    let constants: Option<Vec<Value>> = branches
        .iter()
        .map(|branch| branch.get("const").cloned())
        .collect();
    if let Some(constants) = constants {
        object.remove("oneOf");
        object.insert("type".to_owned(), Value::from("string"));
        object.insert("enum".to_owned(), Value::Array(constants));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde_json::json;

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Sample {
        /// How many.
        limit: Option<u32>,
        /// Which.
        choice: Option<Choice>,
        /// Names and values.
        attributes: BTreeMap<String, String>,
        rows: Vec<Row>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Row {
        title: Option<String>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Choice {
        /// The first.
        One,
        /// The second.
        Two,
    }

    #[test]
    fn options_are_absent_and_enums_are_lists() {
        assert_eq!(
            Value::Object(of_input::<Sample>()),
            json!({
                "type": "object",
                "properties": {
                    "limit": { "description": "How many.", "type": "integer", "minimum": 0 },
                    "choice": { "description": "Which.", "type": "string", "enum": ["One", "Two"] },
                    "attributes": {
                        "description": "Names and values.",
                        "type": "object",
                        "additionalProperties": { "type": "string" }
                    },
                    "rows": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": { "title": { "type": "string" } },
                            "additionalProperties": false
                        }
                    }
                },
                "required": ["attributes", "rows"],
                "additionalProperties": false
            })
        );
    }
}
