//! Devices, as responses show them.

use serde::Serialize;

use crate::error::Result;
use crate::page;
use crate::settings::attribute::Attribute;
use crate::state::device::Device;
use crate::state::pool::Pool;
use crate::state::user::User;
use crate::world::Time;

/// `DeviceType`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the members are the API's")]
pub struct DeviceView {
    device_key: String,
    device_attributes: Vec<Attribute>,
    device_create_date: Time,
    device_last_modified_date: Time,
    // In whole seconds, as in every example.
    device_last_authenticated_date: Time,
}

/// The caller that a device is shown to. Users see their own devices without the
/// developer attributes (live: <https://github.com/aws-amplify/amplify-js/pull/12171>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// All attributes, as in the examples of `AdminGetDevice`,
    /// `AdminListDevices` and `GetDevice`:
    /// <https://docs.aws.amazon.com/cli/latest/reference/cognito-idp/get-device.html>
    Developer,
    /// Without the attributes that begin with `dev:`.
    User,
}

impl DeviceView {
    /// A view of `device` of `user`. The emulator does not know the client's address
    /// and shows the loopback address.
    #[must_use]
    pub fn new(pool: &Pool, user: &User, device: &Device, view: View) -> Self {
        let owner = format!("{}.{}", user.username, pool.id);
        let (region, account) = (&pool.scope.region, &pool.scope.account);
        let key = &device.key;
        let arn = format!("arn:aws:cognito-idp:{region}:{account}:owner/{owner}/device/{key}");
        let status = if device.remembered {
            "remembered"
        } else {
            "not_remembered"
        };
        let attributes = [
            ("device_status", Some("valid")),
            ("device_name", device.name.as_deref()),
            ("dev:device_arn", Some(&*arn)),
            ("dev:device_owner", Some(&*owner)),
            ("last_ip_used", Some("127.0.0.1")),
            ("dev:device_remembered_status", Some(status)),
            ("dev:device_sdk", Some("aws-sdk-unknown-unknown")),
        ];
        let shown = attributes
            .into_iter()
            .filter(|(name, _)| view == View::Developer || !name.starts_with("dev:"))
            .filter_map(|(name, value)| {
                Some(Attribute {
                    name: name.to_owned(),
                    value: value?.to_owned(),
                })
            });
        Self {
            device_key: key.to_string(),
            device_attributes: shown.collect(),
            device_create_date: device.created_at,
            device_last_modified_date: device.modified_at,
            device_last_authenticated_date: Time(device.authenticated_at.seconds() * 1000),
        }
    }
}

/// The response of `ListDevices` and `AdminListDevices`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeviceList {
    devices: Vec<DeviceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination_token: Option<String>,
}

impl DeviceList {
    /// A page of the devices of `user`, oldest first (inferred). Users see only
    /// remembered devices (amazon-archives/amazon-cognito-identity-js#199).
    pub fn page(
        pool: &Pool,
        user: &User,
        view: View,
        limit: Option<usize>,
        token: Option<&str>,
        now: Time,
    ) -> Result<Self> {
        let list = format!("devices {} {}", pool.id, user.sub);
        let after: Option<(i64, String)> = page::resume(token, &list, now)?;
        let place = |device: &Device| (device.created_at.0, device.key.to_string());
        let mut devices: Vec<&Device> = user.devices.iter().collect();
        devices.sort_by_key(|device| place(device));
        let shown = devices
            .into_iter()
            .filter(|device| view == View::Developer || device.remembered)
            .filter(|device| after.as_ref().is_none_or(|after| place(device) > *after));
        let (devices, pagination_token) =
            page::cut(shown, page::size(limit), |device| place(device), &list, now);
        Ok(Self {
            devices: devices
                .into_iter()
                .map(|device| DeviceView::new(pool, user, device, view))
                .collect(),
            pagination_token,
        })
    }

    /// An empty list.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            devices: Vec::new(),
            pagination_token: None,
        }
    }
}
