//! Calls of operations by name, as the tools' own arguments: so that what helps
//! one who called `create_user` helps one who called `AdminCreateUser`.

use cognito_emulator::model::Model;
use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

/// The tool that calls an operation by name.
const TOOL: &str = "call_operation";

/// Operations of which a tool's advice holds.
const TOOLS: &[(&str, &str)] = &[
    ("AdminCreateUser", "create_user"),
    ("AdminSetUserPassword", "reset_password"),
    ("AdminUpdateUserAttributes", "update_user"),
    ("AdminAddUserToGroup", "add_user_to_group"),
    ("ConfirmSignUp", "confirm_sign_up"),
    ("CreateGroup", "create_group"),
    ("SignUp", "sign_up"),
];

/// A call of an operation by name.
pub(super) struct Raw {
    operation: &'static str,
    /// Its input under the names that tools' arguments have.
    pub(super) arguments: JsonObject,
}

impl Raw {
    /// What `arguments` of `tool` call by name, if they do.
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

    /// The tool whose advice holds.
    pub(super) fn tool(&self) -> &'static str {
        let known = TOOLS
            .iter()
            .find(|(operation, _)| *operation == self.operation);
        known.map_or(TOOL, |(_, tool)| tool)
    }

    /// `arguments` with `changes`, which have the names of tools' arguments; null
    /// takes away. What the operation does not take stands where no schema allows it.
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

/// The argument by which tools take what `operation` takes as `member`.
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

/// Address and number are arguments of tools, and attributes of operations.
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
    fn arguments_go_there_and_back() {
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
