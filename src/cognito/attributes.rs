//! User attributes that a filter may name.

use crate::guard::untrusted;

/// Attributes that a filter may name.
/// <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html>
pub(crate) const SEARCHABLE: [&str; 11] = [
    "cognito:user_status",
    "email",
    "family_name",
    "given_name",
    "name",
    "phone_number",
    "preferred_username",
    "status",
    "sub",
    "user_status",
    "username",
];

/// Whether a filter may name this attribute.
pub(crate) fn is_searchable(name: &str) -> bool {
    SEARCHABLE.contains(&name)
}

/// The names of attributes to write in a filter.
pub(crate) fn listed() -> Vec<&'static str> {
    let mut listed = SEARCHABLE.to_vec();
    listed.retain(|name| *name != "user_status");
    listed
}

/// That `name` cannot be searched by, and how to get the answer.
pub(crate) fn not_searchable(name: &str) -> String {
    format!(
        "Cognito cannot filter by {}, only by {}. {LIST_ALL}",
        untrusted::named(name),
        listed().join(", ")
    )
}

/// How to find users by what Cognito does not search.
pub(crate) const LIST_ALL: &str = "To find such users, call list_users without `filter`, with `response_format` detailed, \
     follow `next` to the last page, and pick them";
