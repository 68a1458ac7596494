//! What tools answer: Cognito's shapes in plain words.
//!
//! Attributes are one map, times are RFC 3339, and what is absent is left out.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};
use aws_sdk_cognitoidentityprovider::types::{
    AttributeType, CodeDeliveryDetailsType, GroupType, UserType,
};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::arguments::schema;
use crate::call::answer_size;
use crate::call::dry_run;
use crate::cognito::operations::Effect;

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

/// What a list of users is read without.
pub(crate) const USER_DETAILS: &[&str] = &[
    "/users/*/modified_at",
    "/users/*/attributes/sub",
    "/users/*/attributes/email_verified",
    "/users/*/attributes/phone_number_verified",
];

impl From<UserType> for User {
    fn from(user: UserType) -> Self {
        Self {
            username: user.username.unwrap_or_default(),
            status: user
                .user_status
                .map(|status| status.to_string())
                .unwrap_or_default(),
            enabled: user.enabled,
            created_at: time(user.user_create_date.as_ref()),
            modified_at: time(user.user_last_modified_date.as_ref()),
            attributes: attributes(user.attributes),
        }
    }
}

impl From<AdminGetUserOutput> for User {
    fn from(user: AdminGetUserOutput) -> Self {
        Self {
            username: user.username,
            status: user
                .user_status
                .map(|status| status.to_string())
                .unwrap_or_default(),
            enabled: user.enabled,
            created_at: time(user.user_create_date.as_ref()),
            modified_at: time(user.user_last_modified_date.as_ref()),
            attributes: attributes(user.user_attributes),
        }
    }
}

/// A group.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Group {
    /// Group name.
    pub(crate) name: String,
    /// What it is for.
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
            name: group.group_name.unwrap_or_default(),
            description: group.description,
            precedence: group.precedence,
            role_arn: group.role_arn,
            created_at: time(group.creation_date.as_ref()),
            modified_at: time(group.last_modified_date.as_ref()),
        }
    }
}

/// Where a code went.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Delivery {
    /// `EMAIL` or `SMS`.
    pub(crate) medium: Option<String>,
    /// The masked address or number.
    pub(crate) destination: Option<String>,
    /// The attribute that holds it.
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

/// Where something was done: the answer of every tool that writes tells it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Place {
    /// `emulated`, where nothing is real, or `aws`.
    pub(crate) backend: String,
    /// AWS account, where it is known.
    pub(crate) account: Option<String>,
    /// AWS Region.
    pub(crate) region: String,
    /// User pool.
    pub(crate) user_pool_id: Option<String>,
}

/// Adds to a tool's output schema what every answer of its kind has: where a
/// write took place, whether there are more pages, and that details may be absent.
pub(crate) fn extend_schema(schema: &mut JsonObject, effect: Effect, details: &[&str]) {
    if effect > Effect::Read {
        let mut place = Value::Object(schema::of_output::<Place>());
        place["description"] = "Where this was done.".into();
        schema::add_member(schema, "on", place);
        // What a dry run tells is not what was done.
        schema.remove("required");
        for (name, told) in dry_run::members() {
            schema::add_member(schema, name, told);
        }
        schema::add_member(
            schema,
            answer_size::LEFT_OUT,
            answer_size::left_out_schema(),
        );
    }
    if schema["properties"].get("cursor").is_some() {
        let more = json!({ "type": "boolean", "description": "Whether `next` answers more." });
        schema::add_member(schema, "has_more", more);
    }
    for path in details {
        let path: Vec<&str> = path.split('/').skip(1).collect();
        schema::make_optional(schema, &path);
    }
}

/// Takes out of `answer` what stands at `paths`; `*` is any item of a list.
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

/// `time` in RFC 3339, to the millisecond as Cognito keeps it: a JSON number of
/// seconds arrives some nanoseconds off.
pub(crate) fn time(time: Option<&DateTime>) -> Option<String> {
    let milliseconds = (time?.as_nanos() + 500_000).div_euclid(1_000_000);
    time_in_milliseconds(i64::try_from(milliseconds).ok()?)
}

/// `milliseconds` since the epoch in RFC 3339.
pub(crate) fn time_in_milliseconds(milliseconds: i64) -> Option<String> {
    DateTime::from_millis(milliseconds)
        .fmt(DateTimeFormat::DateTime)
        .ok()
}

/// Attributes as a map.
pub(crate) fn attributes(list: Option<Vec<AttributeType>>) -> BTreeMap<String, String> {
    list.unwrap_or_default()
        .into_iter()
        .map(|attribute| (attribute.name, attribute.value.unwrap_or_default()))
        .collect()
}

/// A map as Cognito's attributes.
pub(crate) fn attribute_list(map: BTreeMap<String, String>) -> Vec<AttributeType> {
    map.into_iter()
        .map(|(name, value)| attribute(&name, value))
        .collect()
}

/// One of Cognito's attributes.
pub(crate) fn attribute(name: &str, value: impl Into<String>) -> AttributeType {
    AttributeType::builder()
        .name(name)
        .value(value)
        .build()
        .expect("an attribute with a name is complete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_left_out_wherever_they_stand() {
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

    #[test]
    fn times_are_told_to_the_millisecond() {
        let off = DateTime::from_secs_and_nanos(1_795_456_678, 109_999_895);
        assert_eq!(time(Some(&off)).unwrap(), "2026-11-23T17:57:58.11Z");
    }
}
