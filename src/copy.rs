//! Copies of user pools: a pool is read through the API into the form of a pool file, and two
//! such forms are compared.
//!
//! Every pool is read in the same way: one on AWS through the SDK's client, one of a pool
//! file from an emulator that loaded the file. So a member that a file leaves out has the
//! value that the API shows for it.

pub mod compare;
pub mod fake;
pub mod journal;
pub mod pull;
pub mod reader;
pub mod scratch;
pub mod settings;
pub mod users;
pub mod working_copy;

use serde_json::Value;

/// Every operation that a copy uses. All read.
pub const OPERATIONS: &[&str] = &[
    "AdminGetUser",
    "AdminListGroupsForUser",
    "DescribeIdentityProvider",
    "DescribeManagedLoginBrandingByClient",
    "DescribeRiskConfiguration",
    "DescribeTerms",
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "DescribeUserPoolDomain",
    "GetLogDeliveryConfiguration",
    "GetUICustomization",
    "GetUserPoolClientSessionConfiguration",
    "GetUserPoolMfaConfig",
    "GetUserPoolSessionConfiguration",
    "ListGroups",
    "ListIdentityProviders",
    "ListResourceServers",
    "ListTerms",
    "ListUserPoolClients",
    "ListUserPoolReplicas",
    "ListUsers",
    "ListUsersInGroup",
];

/// What the copy in `pool`, an element of `UserPools`, has no original of.
pub(crate) fn not_exported(pool: &Value) -> Vec<String> {
    let all = |list: &str| pool[list].as_array().into_iter().flatten();
    let mut lines = Vec::new();
    let mut add = |line: &str| lines.push(line.to_owned());
    if all("UserPoolClients").any(|client| client["GenerateSecret"] == true) {
        add("Client secrets: new ones are generated");
    }
    let mut details = all("IdentityProviders").filter_map(|it| it["ProviderDetails"].as_object());
    if details.any(|details| details.values().any(|value| value == settings::HIDDEN)) {
        add("Secrets of identity providers: REPLACE_ME is in their place");
    }
    if all("Users").next().is_some() {
        add("Passwords: users keep their status, and have none");
        add("Devices and passkeys");
    }
    if all("Users").any(|user| !user["SoftwareToken"].is_null()) {
        add("Secrets of authenticator apps: invented ones are in their place");
    }
    lines
}
