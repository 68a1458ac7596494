//! Scopes that every user pool has without a resource server.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html>

/// The scope of tokens that authorize operations on their own user.
pub(crate) const USER_ADMIN: &str = "aws.cognito.signin.user.admin";

/// Every standard scope.
pub(crate) const STANDARD: [&str; 5] = [USER_ADMIN, "email", "openid", "phone", "profile"];
