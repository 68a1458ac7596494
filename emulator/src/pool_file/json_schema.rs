//! The JSON Schema of pool files, for editors and validators.

use serde_json::{Map, Value, json};

use super::check::CLIENT_NAME;
use super::definition::Definition;
use super::form::{Form, Record};
use crate::model::{Kind, Shape};
use crate::state::pinned;

/// The JSON Schema (draft 2020-12).
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = Writer::default();
    let mut root = schema.record(Definition::get());
    let Value::Object(members) = &mut root else {
        return root;
    };
    let mut all = Map::new();
    let draft = "https://json-schema.org/draft/2020-12/schema";
    all.insert("$schema".to_owned(), draft.into());
    all.insert("title".to_owned(), "Pool file of cognito-mcp".into());
    all.append(members);
    schema.definitions.sort_keys();
    all.insert("$defs".to_owned(), schema.definitions.into());
    all.into()
}

#[derive(Default)]
struct Writer {
    definitions: Map<String, Value>,
}

impl Writer {
    fn form(&mut self, form: &Form) -> Value {
        match form {
            Form::Model(shape) => self.reference(shape),
            Form::Record(record) => self.record(record),
            Form::List(element) => json!({ "type": "array", "items": self.form(element) }),
            Form::Text => json!({ "type": "string" }),
            Form::Encoded(encoding) => json!({ "type": "string", "pattern": encoding.pattern() }),
            Form::Choice(values) => json!({ "enum": values }),
            Form::Whole(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Form::Flag => json!({ "type": "boolean" }),
            Form::Date => json!({ "type": ["string", "number"] }),
            Form::Attributes => attributes(),
        }
    }

    fn record(&mut self, record: &Record) -> Value {
        let mut properties = Map::new();
        for field in &record.fields {
            let mut property = self.form(&field.form);
            if let Value::Object(members) = &mut property {
                let description = json!(field.description);
                members.insert("description".to_owned(), description);
            }
            properties.insert(field.name.to_owned(), property);
        }
        let required = record.fields.iter().filter(|field| field.is_required);
        let required: Vec<&str> = required.map(|field| field.name).collect();
        let mut schema = json!({
            "type": "object",
            "description": record.description,
            "properties": properties,
            "additionalProperties": false,
        });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    /// A reference to the definition of `shape`.
    fn reference(&mut self, shape: &'static Shape) -> Value {
        if !self.definitions.contains_key(shape.name) {
            // A place for it, in case the shape contains itself.
            let name = shape.name.to_owned();
            self.definitions.insert(name.clone(), Value::Null);
            let definition = self.shape(shape);
            self.definitions.insert(name, definition);
        }
        json!({ "$ref": format!("#/$defs/{}", shape.name) })
    }

    fn shape(&mut self, shape: &'static Shape) -> Value {
        let mut schema = Map::new();
        let mut add = |name: &str, value: Value| {
            schema.insert(name.to_owned(), value);
        };
        match &shape.kind {
            Kind::Structure(members) => {
                let properties: Map<String, Value> = members
                    .iter()
                    .map(|member| (member.name.to_owned(), self.reference(member.shape())))
                    .collect();
                let required = members.iter().filter(|member| member.required);
                let required: Vec<&str> = required.map(|member| member.name).collect();
                add("type", "object".into());
                add("description", about(shape).into());
                add("properties", properties.into());
                add("additionalProperties", false.into());
                if !required.is_empty() {
                    add("required", json!(required));
                }
            }
            Kind::List(element) => {
                add("type", "array".into());
                add("items", self.reference(element.get()));
                add_range(shape, "minItems", "maxItems", add);
            }
            Kind::Map { value, .. } => {
                add("type", "object".into());
                add("additionalProperties", self.reference(value.get()));
                add_range(shape, "minProperties", "maxProperties", add);
            }
            Kind::String if !shape.values.is_empty() => add("enum", json!(shape.values)),
            Kind::String => {
                add("type", "string".into());
                if let Some(pattern) = pattern(shape) {
                    add("pattern", pattern.into());
                }
                add_range(shape, "minLength", "maxLength", add);
            }
            Kind::Integer | Kind::Long => {
                add("type", "integer".into());
                add_range(shape, "minimum", "maximum", add);
            }
            Kind::Boolean => add("type", "boolean".into()),
            Kind::Blob => {
                add("type", "string".into());
                add("contentEncoding", "base64".into());
            }
            Kind::Timestamp => add("type", json!(["string", "number"])),
            Kind::Document => {}
        }
        schema.into()
    }
}

fn add_range(shape: &Shape, min: &str, max: &str, mut add: impl FnMut(&str, Value)) {
    if let Some(value) = shape.min {
        add(min, value.into());
    }
    if let Some(value) = shape.max {
        add(max, value.into());
    }
}

/// The pattern of a text in the syntax of JSON Schema, unless it has a flag of Java. Java's
/// patterns match whole texts.
fn pattern(shape: &Shape) -> Option<String> {
    let java = shape.pattern.as_ref()?.as_str();
    let prefix = if shape.name == CLIENT_NAME {
        format!("(?:{})?", pinned::NAME)
    } else {
        String::new()
    };
    (!java.contains("(?")).then(|| format!("^{prefix}(?:{java})$"))
}

fn about(shape: &Shape) -> String {
    let name = shape.name;
    format!(
        "`{name}`: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_{name}.html"
    )
}

/// The attributes of a user. Values without quotes, such as `true` and `+15550100`, are texts.
fn attributes() -> Value {
    let value = json!({ "type": ["string", "number", "boolean"] });
    json!({
        "anyOf": [
            { "type": "object", "additionalProperties": value },
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "Name": { "type": "string" }, "Value": value },
                    "required": ["Name"],
                    "additionalProperties": false,
                },
            },
        ],
    })
}
