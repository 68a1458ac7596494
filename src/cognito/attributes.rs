//! User attributes that a filter of `ListUsers` can use.

use crate::guard::untrusted;

/// Attributes that a filter can use.
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

/// Whether a filter can use this attribute.
pub(crate) fn is_searchable(name: &str) -> bool {
    SEARCHABLE.contains(&name)
}

/// The attribute names for messages, each attribute once.
pub(crate) fn listed() -> Vec<&'static str> {
    let mut listed = SEARCHABLE.to_vec();
    listed.retain(|name| *name != "user_status");
    listed
}

/// The message that a filter cannot use `name`, and how to find the users without it.
pub(crate) fn not_searchable(name: &str) -> String {
    format!(
        "Cognito cannot filter by {}, only by {}. {LIST_ALL}",
        untrusted::named(name),
        listed().join(", ")
    )
}

/// Advice for searches that a filter cannot express.
pub(crate) const LIST_ALL: &str = "To find such users, call search_users. If this server does not offer it, call list_users \
     without `filter`, with `response_format` detailed, follow `next` to the last page, and pick them";
