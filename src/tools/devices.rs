//! Toolset `devices`: devices of users.

use aws_sdk_cognitoidentityprovider::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentityprovider::types::{DeviceRememberedStatusType, DeviceType};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{After, Done, Entry, OneUser, Page, Tool};
use crate::call::context::Cx;
use crate::cognito::time;
use crate::directory::person;
use crate::error::{ToolError, ToolResult};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<ListDevices>(),
        Entry::of::<SetDeviceRemembered>(),
        Entry::of::<ForgetDevice>(),
    ]
}

/// List the devices on which a user signed in, or read one.
#[derive(Deserialize, JsonSchema)]
struct ListDevices {
    #[serde(flatten)]
    user: OneUser,
    /// Key of the one device to read.
    device_key: Option<String>,
    #[serde(flatten)]
    page: Page<10, 60>,
}

/// A page of devices.
#[derive(Serialize, JsonSchema)]
struct DevicePage {
    /// The devices.
    devices: Vec<Device>,
    #[serde(flatten)]
    after: After,
}

/// A device.
#[expect(clippy::struct_field_names, reason = "the API's name")]
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Device {
    /// Its key, as other tools accept it.
    device_key: String,
    /// Name, as its user gave it.
    name: Option<String>,
    /// Whether it is remembered: a sign-in on it may skip the second factor.
    remembered: bool,
    /// The last IP address from which it was used.
    last_ip_used: Option<String>,
    /// When it was first seen, RFC 3339.
    created_at: Option<String>,
    /// When it was last modified, RFC 3339.
    modified_at: Option<String>,
    /// When the user last signed in on it, RFC 3339.
    last_sign_in_at: Option<String>,
}

impl From<DeviceType> for Device {
    fn from(device: DeviceType) -> Self {
        let mut attributes = person::attributes(device.device_attributes.clone());
        let status = attributes.remove("dev:device_remembered_status");
        Self {
            name: attributes.remove("device_name"),
            remembered: status.is_some_and(|status| status == "remembered"),
            last_ip_used: attributes.remove("last_ip_used"),
            created_at: time::rfc3339(device.device_create_date()),
            modified_at: time::rfc3339(device.device_last_modified_date()),
            last_sign_in_at: time::rfc3339(device.device_last_authenticated_date()),
            device_key: device.device_key.unwrap_or_default(),
        }
    }
}

/// Refuses a `device_key` that cannot be one, such as the name of a device. The service model has
/// the pattern `[\w-]+_[0-9a-f-]+`.
pub(super) fn check_device(arguments: &JsonObject) -> ToolResult<()> {
    let is_key = |key: &str| {
        let parts = key.trim().rsplit_once('_');
        parts.is_some_and(|(_, id)| {
            !id.is_empty() && id.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-')
        })
    };
    match arguments.get("device_key").and_then(Value::as_str) {
        Some(given) if !is_key(given) => Err(ToolError::argument(
            "/device_key",
            "is not the key of a device, which begins with a Region and `_`",
        )
        .hint("Read the keys and names of the user's devices with `list_devices`")),
        _ => Ok(()),
    }
}

impl Tool for ListDevices {
    const NAME: &'static str = "list_devices";
    const TITLE: &'static str = "List devices";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminListDevices", "AdminGetDevice"];
    type Answer = DevicePage;

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        check_device(arguments)
    }

    fn example() -> Value {
        json!({ "username": "ana", "limit": 20 })
    }

    async fn call(self, cx: &Cx) -> ToolResult<DevicePage> {
        let pool = cx.pool(&self.user.pool).await?;
        if let Some(key) = self.device_key {
            let answer = cx
                .cognito()
                .admin_get_device()
                .user_pool_id(pool)
                .username(&self.user.username)
                .device_key(key)
                .send()
                .await?;
            return Ok(DevicePage {
                devices: answer.device.map(Device::from).into_iter().collect(),
                after: cx.after(None),
            });
        }
        let page = cx
            .cognito()
            .admin_list_devices()
            .user_pool_id(&pool)
            .username(&self.user.username)
            .limit(self.page.limit)
            .set_pagination_token(self.page.cursor.clone())
            .send()
            .await?;
        let is_empty = page.devices.as_ref().is_none_or(Vec::is_empty);
        if is_empty && self.page.cursor.is_none() {
            // A user who does not exist has no devices either.
            let request = cx.cognito().admin_get_user();
            let request = request.user_pool_id(&pool).username(&self.user.username);
            if let Err(refused) = cx.for_hints(request.send()).await
                && refused.code() == Some("UserNotFoundException")
            {
                return Err(refused.into());
            }
        }
        Ok(DevicePage {
            devices: page
                .devices
                .unwrap_or_default()
                .into_iter()
                .map(Device::from)
                .collect(),
            after: cx.after(page.pagination_token),
        })
    }
}

/// Set whether a user's device is remembered. The pool's settings decide what a remembered device may skip.
#[derive(Deserialize, JsonSchema)]
struct SetDeviceRemembered {
    #[serde(flatten)]
    user: OneUser,
    /// Key of the device (see `list_devices`).
    device_key: String,
    /// Whether it is remembered.
    remembered: bool,
}

impl Tool for SetDeviceRemembered {
    const NAME: &'static str = "set_device_remembered";
    const TITLE: &'static str = "Remember device";
    const IDEMPOTENT: bool = true;
    const OPERATIONS: &'static [&'static str] = &["AdminUpdateDeviceStatus"];
    type Answer = Done;

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        check_device(arguments)
    }

    fn example() -> Value {
        json!({ "username": "ana", "device_key": KEY, "remembered": false })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .admin_update_device_status()
            .user_pool_id(cx.pool(&self.user.pool).await?)
            .username(&self.user.username)
            .device_key(&self.device_key)
            .device_remembered_status(if self.remembered {
                DeviceRememberedStatusType::Remembered
            } else {
                DeviceRememberedStatusType::NotRemembered
            })
            .send()
            .await?;
        let not = if self.remembered { "" } else { "not " };
        Ok(Done::new(format!(
            "Device {} of {} is {not}remembered",
            self.device_key, self.user.username
        )))
    }
}

/// A device key for examples.
const KEY: &str = "us-east-1_a1b2c3d4-5678-90ab-cdef-0123456789ab";

/// Forget a user's device: the next sign-in on it is a sign-in on a new device.
#[derive(Deserialize, JsonSchema)]
struct ForgetDevice {
    #[serde(flatten)]
    user: OneUser,
    /// Key of the device (see `list_devices`).
    device_key: String,
}

impl Tool for ForgetDevice {
    const NAME: &'static str = "forget_device";
    const TITLE: &'static str = "Forget device";
    const IDEMPOTENT: bool = false;
    const OPERATIONS: &'static [&'static str] = &["AdminForgetDevice"];
    type Answer = Done;

    fn validate(arguments: &mut JsonObject) -> ToolResult<()> {
        check_device(arguments)
    }

    fn example() -> Value {
        json!({ "username": "ana", "device_key": KEY })
    }

    async fn call(self, cx: &Cx) -> ToolResult<Done> {
        cx.cognito()
            .admin_forget_device()
            .user_pool_id(cx.pool(&self.user.pool).await?)
            .username(&self.user.username)
            .device_key(&self.device_key)
            .send()
            .await?;
        Ok(Done::new(format!(
            "Device {} of {} is forgotten",
            self.device_key, self.user.username
        )))
    }
}
