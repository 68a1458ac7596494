//! User attributes that a filter may name.

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
