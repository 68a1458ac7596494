//! Users as answers show them.

use serde::{Deserialize, Serialize};

use crate::state::mfa::Factor;
use crate::state::pool::Pool;
use crate::state::user::{Status, User};
use crate::world::{Medium, Time};

/// `AttributeType`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    /// As in `email` or `custom:team`.
    pub name: String,
    /// Absent and empty are one.
    #[serde(default)]
    pub value: String,
}

/// `UserType`: a user in lists and in `AdminCreateUser`'s answer.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UserView {
    username: String,
    attributes: Vec<Attribute>,
    user_create_date: Time,
    user_last_modified_date: Time,
    enabled: bool,
    user_status: Status,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            username: user.username.to_string(),
            attributes: attributes(user),
            user_create_date: user.created_at,
            user_last_modified_date: user.modified_at,
            enabled: user.enabled,
            user_status: user.status,
        }
    }
}

impl UserView {
    /// Keeps only the attributes that `names` lists.
    #[must_use]
    pub fn only(mut self, names: &[String]) -> Self {
        self.attributes
            .retain(|attribute| names.contains(&attribute.name));
        self
    }
}

/// Every attribute of a user, `sub` among them (fact 9.16).
#[must_use]
pub fn attributes(user: &User) -> Vec<Attribute> {
    let sub = Attribute {
        name: "sub".to_owned(),
        value: user.sub.to_string(),
    };
    let mut all: Vec<_> = user
        .attributes
        .iter()
        .map(|(name, value)| Attribute {
            name: name.to_owned(),
            value: value.to_owned(),
        })
        .collect();
    all.push(sub);
    all
}

/// `CodeDeliveryDetailsType`: where a code went, masked (facts 7.8 to 7.11).
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

/// What `GetUserAuthFactors` and `AdminGetUserAuthFactors` show.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the members are the API's")]
pub struct AuthFactors {
    username: String,
    // Absent where no factor is set (fact 1.16).
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_mfa_setting: Option<Factor>,
    #[serde(rename = "UserMFASettingList", skip_serializing_if = "Vec::is_empty")]
    user_mfa_setting_list: Vec<Factor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    configured_user_auth_factors: Vec<&'static str>,
}

impl AuthFactors {
    /// How `user` may sign in to `pool`.
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
