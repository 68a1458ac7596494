//! Shared types of answers: users, groups, deliveries.
//!
//! Attributes are one map, times are RFC 3339, and absent members are left out.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, CodeDeliveryDetailsType, GroupType, UserType,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cognito::time::{rfc3339, rfc3339_of_milliseconds};
use crate::directory::person::Person;

/// A user.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct User {
    /// Username, as other tools accept it.
    pub(crate) username: String,
    /// Status, as in `CONFIRMED` or `FORCE_CHANGE_PASSWORD`.
    pub(crate) status: String,
    /// Whether the user may sign in.
    pub(crate) enabled: bool,
    /// When the user was created, RFC 3339.
    pub(crate) created_at: Option<String>,
    /// When the user was last modified, RFC 3339.
    pub(crate) modified_at: Option<String>,
    /// Attributes by name, `sub` included.
    pub(crate) attributes: BTreeMap<String, String>,
}

/// The details that a concise list of users leaves out.
pub(crate) const USER_DETAILS: &[&str] = &[
    "/users/*/modified_at",
    "/users/*/attributes/sub",
    "/users/*/attributes/email_verified",
    "/users/*/attributes/phone_number_verified",
];

impl From<UserType> for User {
    fn from(user: UserType) -> Self {
        Person::from(user).into()
    }
}

impl From<AdminGetUserOutput> for User {
    fn from(user: AdminGetUserOutput) -> Self {
        Person::from(user).into()
    }
}

impl From<Person> for User {
    fn from(person: Person) -> Self {
        Self {
            username: person.username,
            status: person.status,
            enabled: person.enabled,
            created_at: person.created.and_then(rfc3339_of_milliseconds),
            modified_at: person.modified.and_then(rfc3339_of_milliseconds),
            attributes: person.attributes,
        }
    }
}

/// A group.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "the name of the argument of other tools"
)]
pub(crate) struct Group {
    /// Group name, as other tools accept it.
    pub(crate) group: String,
    /// Its purpose.
    pub(crate) description: Option<String>,
    /// Rank among a user's groups; the lowest wins.
    pub(crate) precedence: Option<i32>,
    /// IAM role of its members.
    pub(crate) role_arn: Option<String>,
    /// When it was created, RFC 3339.
    pub(crate) created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    pub(crate) modified_at: Option<String>,
}

impl From<GroupType> for Group {
    fn from(group: GroupType) -> Self {
        Self {
            group: group.group_name.unwrap_or_default(),
            description: group.description,
            precedence: group.precedence,
            role_arn: group.role_arn,
            created_at: rfc3339(group.creation_date.as_ref()),
            modified_at: rfc3339(group.last_modified_date.as_ref()),
        }
    }
}

/// Where a code was sent.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Delivery {
    /// `EMAIL` or `SMS`.
    pub(crate) medium: Option<String>,
    /// The masked address or number.
    pub(crate) destination: Option<String>,
    /// The attribute that contains it.
    pub(crate) attribute: Option<String>,
}

impl From<CodeDeliveryDetailsType> for Delivery {
    fn from(details: CodeDeliveryDetailsType) -> Self {
        Self {
            medium: details.delivery_medium.map(|medium| medium.to_string()),
            destination: details.destination,
            attribute: details.attribute_name,
        }
    }
}

/// The answer of a tool that only succeeds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Done {
    /// What was done.
    pub(crate) done: String,
}

impl Done {
    pub(crate) fn new(done: impl Into<String>) -> Self {
        Self { done: done.into() }
    }
}

/// Removes the members at `paths` from `answer`. In a path, `*` is any item of a list.
pub(crate) fn leave_out(answer: &mut Value, paths: &[&str]) {
    fn at(value: &mut Value, path: &[&str]) {
        match (path, value) {
            ([last], Value::Object(members)) => drop(members.shift_remove(*last)),
            (["*", rest @ ..], Value::Array(items)) => {
                for item in items {
                    at(item, rest);
                }
            }
            ([name, rest @ ..], Value::Object(members)) => {
                if let Some(member) = members.get_mut(*name) {
                    at(member, rest);
                }
            }
            _ => {}
        }
    }
    for path in paths {
        let path: Vec<&str> = path.split('/').skip(1).collect();
        at(answer, &path);
    }
}

/// Removes members that are null: output schemas have no null members.
pub(crate) fn leave_out_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(leave_out_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_nulls),
        _ => {}
    }
}

/// Converts a map to Cognito's attributes.
pub(crate) fn attribute_list(map: BTreeMap<String, String>) -> Vec<AttributeType> {
    map.into_iter()
        .map(|(name, value)| attribute(&name, value))
        .collect()
}

/// Creates one of Cognito's attributes.
pub(crate) fn attribute(name: &str, value: impl Into<String>) -> AttributeType {
    AttributeType::builder()
        .name(name)
        .value(value)
        .build()
        .expect("an attribute with a name is complete")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_left_out_at_any_depth() {
        let mut answer =
            json!({ "users": [{ "sub": 1, "name": { "a": 1, "b": 2 } }, { "sub": 2 }], "sub": 3 });
        leave_out(
            &mut answer,
            &["/users/*/sub", "/users/*/name/a", "/groups/*/sub"],
        );
        assert_eq!(
            answer,
            json!({ "users": [{ "name": { "b": 2 } }, {}], "sub": 3 })
        );
    }
}
