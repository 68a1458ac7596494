//! Devices of users in a pool file.

use serde_json::{Map, Value, json};

use super::dates;
use super::entry::Entry;
use super::members::Without;
use super::mistake::Mistake;
use crate::bounds::DEVICES;
use crate::settings::device::DeviceSecretVerifier;
use crate::state::device::Device;
use crate::state::user::User;
use crate::world::Time;

/// Sets the devices of `user`.
pub(super) fn load(entry: &mut Entry<'_>, user: &mut User, now: Time) -> Result<(), Mistake> {
    for mut given in entry.entries("Devices") {
        let key = given.text("DeviceKey").unwrap_or_default();
        if user.device(&key).is_ok() {
            return Err(given.refuse_member("DeviceKey", "The user has this device twice."));
        }
        if user.devices.len() >= DEVICES {
            return Err(given.refuse(format!("A user has at most {DEVICES} devices.")));
        }
        let secret = match given.take("DeviceSecretVerifierConfig") {
            Some(config) => Some(secret(&given, config)?),
            None => None,
        };
        let name = given.text("DeviceName");
        let status = given.text("DeviceRememberedStatus");
        let (created_at, modified_at) =
            given.dates("DeviceCreateDate", "DeviceLastModifiedDate", now);
        user.devices.push(Device {
            key: key.into(),
            group_key: given.text("DeviceGroupKey").unwrap_or_default().into(),
            name: name.map(Into::into),
            secret,
            remembered: status.as_deref() != Some("not_remembered"),
            created_at,
            modified_at,
            authenticated_at: given
                .date("DeviceLastAuthenticatedDate")
                .unwrap_or(modified_at),
        });
    }
    Ok(())
}

fn secret(given: &Entry<'_>, config: Value) -> Result<crate::settings::device::Secret, Mistake> {
    let member = "DeviceSecretVerifierConfig";
    let parsed: Result<DeviceSecretVerifier, _> = serde_json::from_value(config);
    let parsed = parsed.map_err(|error| given.refuse_member(member, format!("{error}.")))?;
    parsed
        .read()
        .map_err(|error| given.refused_member(member, &error))
}

/// The devices of `user`.
pub(super) fn export(user: &User, without: Without) -> Vec<Value> {
    let devices = user.devices.iter().map(|device| {
        let mut members = Map::new();
        members.insert("DeviceKey".to_owned(), json!(device.key));
        members.insert("DeviceGroupKey".to_owned(), json!(device.group_key));
        if let Some(name) = &device.name {
            members.insert("DeviceName".to_owned(), json!(name));
        }
        if let Some(secret) = device.secret.as_ref().filter(|_| !without.secrets) {
            let config = secret.to_request();
            members.insert("DeviceSecretVerifierConfig".to_owned(), config);
        }
        if !device.remembered {
            members.insert("DeviceRememberedStatus".to_owned(), json!("not_remembered"));
        }
        for (name, date) in [
            ("DeviceCreateDate", device.created_at),
            ("DeviceLastModifiedDate", device.modified_at),
            ("DeviceLastAuthenticatedDate", device.authenticated_at),
        ] {
            if !without.dates {
                members.insert(name.to_owned(), dates::write(date));
            }
        }
        Value::Object(members)
    });
    devices.collect()
}
