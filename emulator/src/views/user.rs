//! Users, as responses show them.

use serde::Serialize;
use smol_str::SmolStr;

use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::user::{Status, User};
use crate::world::Time;

/// An attribute in a response. Cloning it does not allocate.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeView {
    /// The name, as in `email` or `custom:team`.
    pub name: SmolStr,
    /// The value, never empty.
    pub value: SmolStr,
}

/// `UserType`: a user in lists and in the response of `AdminCreateUser`. The members
/// are declared in alphabetical order, so that a long list need not be sorted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserView {
    attributes: Vec<AttributeView>,
    enabled: bool,
    user_create_date: Time,
    user_last_modified_date: Time,
    user_status: Status,
    username: SmolStr,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            username: user.username.clone(),
            attributes: attributes(user),
            user_create_date: user.created_at,
            user_last_modified_date: user.modified_at,
            enabled: user.enabled,
            user_status: user.status,
        }
    }
}

impl UserView {
    /// Keeps only the attributes in `names`.
    #[must_use]
    pub fn only(mut self, names: &[String]) -> Self {
        self.attributes
            .retain(|attribute| names.iter().any(|name| *name == attribute.name));
        self
    }
}

/// The order of standard attributes in responses. Recorded 2026-09-24 in
/// radkawar/stackd, independently of the order in the request: `email`,
/// `email_verified`, `family_name`, `given_name`, `birthdate`, custom ones, `sub`. A
/// public log of 2026-05 has `name` after `email_verified`. The rest is inferred from
/// the order of the same attributes in AWS's Identity Store, which is SCIM's.
const ORDER: [&str; 20] = [
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "address",
    "updated_at",
    "identities",
];

/// All attributes of a user (fact 9.16): first standard ones, then custom ones by name,
/// then `sub`.
#[must_use]
pub fn attributes(user: &User) -> Vec<AttributeView> {
    let view = |(name, value): &(SmolStr, SmolStr)| AttributeView {
        name: name.clone(),
        value: value.clone(),
    };
    let sub = (SmolStr::new_static("sub"), user.sub.clone());
    let mut all = Vec::with_capacity(user.attributes.shared_iter().len() + 1);
    all.extend(user.attributes.shared_iter().map(view));
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    all.sort_by_key(|attribute| place(&attribute.name).unwrap_or(ORDER.len()));
    all.push(view(&sub));
    all
}

/// The response of `GetUserAuthFactors` and `AdminGetUserAuthFactors`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the members are the API's")]
pub struct AuthFactors {
    username: String,
    // Absent if no factor is set (fact 1.16).
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_mfa_setting: Option<Factor>,
    #[serde(rename = "UserMFASettingList", skip_serializing_if = "Vec::is_empty")]
    user_mfa_setting_list: Vec<Factor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    configured_user_auth_factors: Vec<&'static str>,
}

impl AuthFactors {
    /// The factors by which `user` can sign in to `pool`.
    #[must_use]
    pub fn of(pool: &Pool, user: &User) -> Self {
        Self {
            username: user.username.to_string(),
            preferred_mfa_setting: user.mfa.preferred,
            user_mfa_setting_list: user.mfa.active(),
            configured_user_auth_factors: pool.configured_factors(user),
        }
    }
}
