//! Calls of operations by name, translated to the arguments of tools, so that the hints for
//! `create_user` also apply to `AdminCreateUser`.

use cognito_emulator::model::Model;
use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

use crate::cognito::operations;

/// The tool that calls an operation by name.
const TOOL: &str = "call_operation";

/// A call of an operation by name.
pub(super) struct Raw {
    operation: &'static str,
    /// The operation's input under the argument names of the tools.
    pub(super) arguments: JsonObject,
}

impl Raw {
    /// Reads a call of `tool`. None if it does not call an operation by name.
    pub(super) fn read(tool: &str, arguments: &JsonObject) -> Option<Self> {
        if tool != TOOL {
            return None;
        }
        let operation = Model::get().operation(arguments.get("operation")?.as_str()?)?;
        let mut named = JsonObject::default();
        for (member, value) in arguments.get("input")?.as_object()? {
            let name = argument(operation.name, member);
            named.insert(
                name,
                if member == "UserAttributes" {
                    map(value)
                } else {
                    value.clone()
                },
            );
        }
        Some(Self {
            operation: operation.name,
            arguments: named,
        })
    }

    /// JSON pointers to the values that can be the argument `name` of the tools.
    pub(super) fn pointers(&self, name: &str) -> Vec<String> {
        let operation = Model::get().operation(self.operation);
        let members = operation.map(|operation| operation.input().members());
        let members = members.into_iter().flatten();
        let own = members.filter(|member| argument(self.operation, member.name) == name);
        let mut pointers: Vec<String> = own
            .map(|member| format!("/input/{}", member.name))
            .collect();
        let attributes = self.arguments.get("attributes").and_then(Value::as_object);
        let at = attributes.and_then(|attributes| attributes.keys().position(|own| own == name));
        pointers.extend(at.map(|at| format!("/input/UserAttributes/{at}/Value")));
        pointers
    }

    /// The tool whose hints apply.
    pub(super) fn tool(&self) -> &'static str {
        let operation = operations::find(self.operation);
        operation
            .and_then(|operation| operation.hints_as)
            .unwrap_or(TOOL)
    }

    /// `arguments` with `changes`, which have the tools' argument names. Null removes a
    /// member. An argument without a member stays at the top level, where the schema
    /// refuses it.
    pub(super) fn write(&self, arguments: &JsonObject, changes: Value) -> Value {
        let mut all = arguments.clone();
        let mut input = all
            .get("input")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        let members = Model::get()
            .operation(self.operation)
            .map(|operation| operation.input().members());
        let Value::Object(mut changes) = changes else {
            return all.into();
        };
        move_into_attributes(&self.arguments, &mut changes);
        for (name, value) in changes {
            let member = members
                .into_iter()
                .flatten()
                .find(|member| argument(self.operation, member.name) == name);
            match member {
                None => drop(all.insert(name, value)),
                Some(member) if value.is_null() => drop(input.shift_remove(member.name)),
                Some(member) => {
                    let value = if member.name == "UserAttributes" {
                        list(&value)
                    } else {
                        value
                    };
                    input.insert(member.name.to_owned(), value);
                }
            }
        }
        all.insert("input".to_owned(), input.into());
        all.into()
    }
}

/// The tools' argument for a member of the operation's input.
fn argument(operation: &str, member: &str) -> String {
    match member {
        "Code" | "ConfirmationCode" => "code".to_owned(),
        "GroupName" => "group".to_owned(),
        "NextToken" | "PaginationToken" => "cursor".to_owned(),
        "Password" if operation == "AdminSetUserPassword" => "new_password".to_owned(),
        "UserAttributeNames" => "remove_attributes".to_owned(),
        "UserAttributes" => "attributes".to_owned(),
        _ => snake(member),
    }
}

pub(super) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && snake.ends_with(|c: char| c.is_ascii_lowercase()) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Moves e-mail address and phone number, which are arguments of tools, into the attributes
/// of an operation.
fn move_into_attributes(arguments: &JsonObject, changes: &mut Map<String, Value>) {
    for name in ["email", "phone_number"] {
        let Some(value) = changes.shift_remove(name) else {
            continue;
        };
        let given = || {
            arguments
                .get("attributes")
                .cloned()
                .unwrap_or_else(|| json!({}))
        };
        let attributes = changes.entry("attributes").or_insert_with(given);
        if let Value::Object(attributes) = attributes {
            if value.is_null() {
                attributes.shift_remove(name);
            } else {
                attributes.insert(name.to_owned(), value);
            }
        }
    }
}

fn map(list: &Value) -> Value {
    let attributes = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|attribute| {
            let name = attribute.get("Name")?.as_str()?.to_owned();
            Some((
                name,
                attribute.get("Value").cloned().unwrap_or_else(|| "".into()),
            ))
        });
    attributes.collect()
}

fn list(map: &Value) -> Value {
    let attributes = map.as_object().into_iter().flatten();
    attributes
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_translated_in_both_directions() {
        let given = json!({ "operation": "AdminCreateUser", "input": {
            "UserPoolId": "p", "Username": "ana", "TemporaryPassword": "weak",
            "UserAttributes": [{ "Name": "email", "Value": "a@b" }],
        } });
        let given = given.as_object().unwrap();
        let raw = Raw::read(TOOL, given).unwrap();
        assert_eq!(raw.tool(), "create_user");
        assert_eq!(
            Value::Object(raw.arguments.clone()),
            json!({ "user_pool_id": "p", "username": "ana", "temporary_password": "weak", "attributes": { "email": "a@b" } })
        );
        let changes = json!({ "temporary_password": "strong", "username": null, "email": "a@c" });
        assert_eq!(
            raw.write(given, changes)["input"],
            json!({
                "UserPoolId": "p", "TemporaryPassword": "strong",
                "UserAttributes": [{ "Name": "email", "Value": "a@c" }],
            })
        );
        assert_eq!(
            raw.write(given, json!({ "groups": [] }))["groups"],
            json!([])
        );
    }
}
