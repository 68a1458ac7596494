//! Devices, as requests and responses show them.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

use super::user::Attribute;
use crate::auth::srp::Verifier;
use crate::error::{Error, Result};
use crate::page;
use crate::state::device::{Device, Secret};
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
    // Every example has whole seconds.
    device_last_authenticated_date: Time,
}

/// The reader of a device. Users see their own devices without the developer
/// attributes (live: <https://github.com/aws-amplify/amplify-js/pull/12171>).
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
    /// `device` of `user`. The emulator does not know the client's address and
    /// shows its own.
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
    pub fn cut(
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

/// `DeviceSecretVerifierConfigType`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeviceSecretVerifier {
    password_verifier: Option<String>,
    salt: Option<String>,
}

/// Padding may be missing, as in the example of `ConfirmDevice`:
/// <https://docs.aws.amazon.com/cli/latest/reference/cognito-idp/confirm-device.html>
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl DeviceSecretVerifier {
    /// Parses both numbers. They are signed, and negative ones are refused
    /// (live: <https://github.com/aws/aws-sdk-net-extensions-cognito/pull/46>).
    /// The sentences are inferred.
    pub fn read(&self) -> Result<Secret> {
        let salt = number("Salt", self.salt.as_deref())?;
        let verifier = number("PasswordVerifier", self.password_verifier.as_deref())?;
        Ok(Secret {
            salt: data_encoding::HEXLOWER
                .encode(&salt)
                .trim_start_matches('0')
                .to_owned(),
            verifier: Verifier::parse(&verifier).ok_or_else(|| invalid("PasswordVerifier"))?,
        })
    }
}

fn number(name: &str, text: Option<&str>) -> Result<Vec<u8>> {
    let text = text.ok_or_else(|| Error::MissingParameter {
        parameter: name.to_owned(),
    })?;
    let bytes = BASE64.decode(text).map_err(|_| invalid(name))?;
    let is_positive = bytes.first().is_some_and(|first| *first < 0x80);
    let is_positive = is_positive && bytes.iter().any(|byte| *byte != 0);
    is_positive.then_some(bytes).ok_or_else(|| invalid(name))
}

fn invalid(parameter: &str) -> Error {
    Error::InvalidParameterValue {
        parameter: parameter.to_owned(),
    }
}
