//! A user as conditions see it.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::operation::admin_get_user::AdminGetUserOutput;
use aws_sdk_cognitoidentityprovider::primitives::DateTime;
use aws_sdk_cognitoidentityprovider::types::{AttributeType, UserType};

use crate::cognito::time;

/// A user, with the facts that were read so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) username: String,
    /// The status, as in `CONFIRMED`.
    pub(crate) status: String,
    pub(crate) enabled: bool,
    /// Milliseconds since the Unix epoch.
    pub(crate) created: Option<i64>,
    /// Milliseconds since the Unix epoch.
    pub(crate) modified: Option<i64>,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Second factors that are set up, if they were read.
    pub(crate) factors: Option<Vec<String>>,
    /// Names of groups, if they were read.
    pub(crate) groups: Option<Vec<String>>,
    /// The last successful sign-in, if the events were read.
    pub(crate) last_sign_in: Option<LastSignIn>,
}

/// The last successful sign-in in milliseconds since the Unix epoch, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastSignIn(pub(crate) Option<i64>);

impl Person {
    /// The `sub`, or nothing if Cognito did not return it.
    pub(crate) fn sub(&self) -> &str {
        self.attributes.get("sub").map_or("", String::as_str)
    }
}

impl From<UserType> for Person {
    fn from(user: UserType) -> Self {
        Self {
            username: user.username.unwrap_or_default(),
            status: user
                .user_status
                .map(|it| it.to_string())
                .unwrap_or_default(),
            enabled: user.enabled,
            created: milliseconds(user.user_create_date.as_ref()),
            modified: milliseconds(user.user_last_modified_date.as_ref()),
            attributes: attributes(user.attributes),
            ..Self::default()
        }
    }
}

impl From<AdminGetUserOutput> for Person {
    fn from(user: AdminGetUserOutput) -> Self {
        Self {
            username: user.username,
            status: user
                .user_status
                .map(|it| it.to_string())
                .unwrap_or_default(),
            enabled: user.enabled,
            created: milliseconds(user.user_create_date.as_ref()),
            modified: milliseconds(user.user_last_modified_date.as_ref()),
            attributes: attributes(user.user_attributes),
            factors: Some(user.user_mfa_setting_list.unwrap_or_default()),
            ..Self::default()
        }
    }
}

fn milliseconds(time: Option<&DateTime>) -> Option<i64> {
    time::milliseconds(time?)
}

/// Cognito's attributes as a map.
pub(crate) fn attributes(list: Option<Vec<AttributeType>>) -> BTreeMap<String, String> {
    let list = list.unwrap_or_default().into_iter();
    list.map(|attribute| (attribute.name, attribute.value.unwrap_or_default()))
        .collect()
}
