//! Users, as responses show them.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::user::{Status, User};
use crate::world::{Medium, Time};

/// `AttributeType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// The name, as in `email` or `custom:team`.
    pub name: String,
    /// The value. A missing value is the empty string.
    #[serde(default)]
    pub value: String,
}

/// An attribute in a response. A clone does not allocate.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeView {
    /// The name, as in `email` or `custom:team`.
    pub name: SmolStr,
    /// The value, never empty.
    pub value: SmolStr,
}

/// `UserType`: a user in lists and in the response of `AdminCreateUser`. Members
/// are in alphabetical order, so that a long list needs no sorting.
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

/// All attributes of a user, including `sub` (fact 9.16).
#[must_use]
pub fn attributes(user: &User) -> Vec<AttributeView> {
    let view = |(name, value): &(SmolStr, SmolStr)| AttributeView {
        name: name.clone(),
        value: value.clone(),
    };
    let sub = (SmolStr::new_static("sub"), user.sub.clone());
    let mut all = Vec::with_capacity(user.attributes.shared_iter().len() + 1);
    all.extend(user.attributes.shared_iter().map(view));
    all.push(view(&sub));
    all
}

/// `CodeDeliveryDetailsType`: the masked destination of a code (facts 7.8 to
/// 7.11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CodeDeliveryDetails {
    /// Masked address or number.
    pub destination: String,
    /// E-mail or SMS.
    pub delivery_medium: Medium,
    /// `email` or `phone_number`.
    pub attribute_name: String,
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
