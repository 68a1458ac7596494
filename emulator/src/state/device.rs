//! Devices of users, in pools that track them.
//!
//! Every sign-in without a device key returns a new one. The sign-in is bound to this
//! key: `ConfirmDevice` registers no other key, and the refresh token works only with
//! that device.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-device-tracking.html>

use serde_json::Value;

use super::pool::Pool;
use super::token::SignIn;
use super::user::User;
use super::users::UserId;
use crate::bounds::DEVICES;
use crate::error::{Error, Result};
use crate::settings::device::Secret;
use crate::world::{Time, World};
use serde::{Deserialize, Serialize};

/// A device that `ConfirmDevice` registered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Device {
    /// As in `us-east-1_a1b2c3d4-5678-90ab-cdef-000000000000`.
    pub key: Box<str>,
    /// The device group key, which is part of the hash of the device's
    /// password.
    pub group_key: Box<str>,
    /// The name given to the device.
    pub name: Option<Box<str>>,
    /// The secret that verifies the device.
    pub secret: Option<Secret>,
    /// Whether the device is remembered, so that sign-ins verify it.
    pub remembered: bool,
    /// Date of its confirmation.
    pub created_at: Time,
    /// Date of the last change.
    pub modified_at: Time,
    /// Date of the user's last sign-in on it.
    pub authenticated_at: Time,
}

/// The device that a sign-in came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Origin {
    /// The device key.
    pub key: Box<str>,
    /// The device group key.
    pub group_key: Box<str>,
    /// Whether the key was generated for this sign-in.
    pub is_new: bool,
    /// Whether `ConfirmDevice` accepts the key. The key is not accepted if the last
    /// answer named the user by an alias, because Cognito stores a key under the name
    /// that was sent (<https://github.com/aws-amplify/amplify-js/issues/7615>). It is
    /// also not accepted after the device was forgotten: the guide says that a later
    /// sign-in gets a new key.
    pub is_confirmable: bool,
}

impl Origin {
    /// Generates a new key.
    #[must_use]
    pub fn new(pool: &Pool, is_confirmable: bool, world: &World) -> Self {
        let key = format!("{}_{}", pool.scope.region, world.chance.uuid());
        Self {
            key: key.into(),
            group_key: format!("-{}", world.chance.opaque(8)).into(),
            is_new: true,
            is_confirmable,
        }
    }
}

impl User {
    /// The device `key` (R96; the sentence is live:
    /// <https://github.com/amazon-archives/amazon-cognito-identity-js/issues/200>).
    pub fn device(&self, key: &str) -> Result<&Device> {
        let found = self.devices.iter().find(|device| *device.key == *key);
        found.ok_or(Error::DeviceNotFound)
    }

    /// Adds a device. If there are too many, the one that was not used for the longest time is
    /// removed.
    pub fn add_device(&mut self, device: Device) {
        if self.devices.len() >= DEVICES {
            let devices = self.devices.iter().enumerate();
            let oldest = devices.min_by_key(|(_, device)| device.authenticated_at);
            if let Some((oldest, _)) = oldest {
                self.devices.remove(oldest);
            }
        }
        self.devices.push(device);
    }
}

impl Pool {
    /// Whether the pool tracks devices. Any value of `DeviceConfiguration`
    /// enables it.
    #[must_use]
    pub fn tracks_devices(&self) -> bool {
        let settings = self.settings.device_configuration.as_ref();
        let settings = settings.and_then(Value::as_object);
        settings.is_some_and(|settings| !settings.is_empty())
    }

    /// Whether a remembered device replaces a second factor.
    #[must_use]
    pub fn trusts_devices(&self) -> bool {
        self.device_setting("ChallengeRequiredOnNewDevice")
    }

    /// Whether a device is remembered only if the user chooses so.
    #[must_use]
    pub fn asks_to_remember(&self) -> bool {
        self.device_setting("DeviceOnlyRememberedOnUserPrompt")
    }

    fn device_setting(&self, name: &str) -> bool {
        let settings = self.settings.device_configuration.as_ref();
        settings.is_some_and(|settings| settings[name] == true)
    }

    /// Checks that the pool tracks devices (R97, inferred).
    pub fn check_tracks_devices(&self) -> Result<()> {
        if self.tracks_devices() {
            Ok(())
        } else {
            Err(Error::DevicesNotTracked)
        }
    }

    /// Whether the tokens of `sign_in` can be refreshed with the device key `key`: it
    /// must be the key of the sign-in's device, and that device must be confirmed (live:
    /// aws/aws-sdk-cpp#851, aws/aws-sdk-net-extensions-cognito#85,
    /// aws-amplify/amplify-android#2506). Tokens from before tracking have no device and
    /// need no key (inferred).
    #[must_use]
    pub fn may_refresh_from(&self, user: &User, sign_in: &SignIn, key: Option<&str>) -> bool {
        match sign_in.device() {
            Some(origin) if self.tracks_devices() => {
                key == Some(&*origin.key) && user.device(&origin.key).is_ok()
            }
            _ => true,
        }
    }

    /// Registers the device of `sign_in` for the user at `id`, if `key` is its key
    /// (R95).
    pub fn confirm_device(
        &mut self,
        id: UserId,
        sign_in: &str,
        key: &str,
        name: Option<&str>,
        secret: Option<Secret>,
        now: Time,
    ) -> Result<()> {
        let remembered = !self.asks_to_remember();
        let confirmed = self.users.edit_unindexed(id, |user| {
            let mut sign_ins = user.sign_ins.iter();
            let origin = sign_ins
                .find(|kept| *kept.id == *sign_in)
                .and_then(|kept| kept.device())
                .filter(|origin| *origin.key == *key && origin.is_confirmable)
                .ok_or(Error::InvalidDeviceKey)?;
            let group_key = origin.group_key.clone();
            if user.device(key).is_ok() {
                return Err(Error::DeviceExists);
            }
            user.add_device(Device {
                key: key.into(),
                group_key,
                name: name.map(Into::into),
                secret,
                remembered,
                created_at: now,
                modified_at: now,
                authenticated_at: now,
            });
            Ok(())
        });
        confirmed.unwrap_or(Err(Error::UserNotFound))
    }

    /// Removes the device `key` of the user at `id`.
    pub fn forget_device(&mut self, id: UserId, key: &str) -> Result<()> {
        let forgotten = self.users.edit_unindexed(id, |user| {
            user.device(key)?;
            user.devices.retain(|device| *device.key != *key);
            user.sign_ins.change_all(|kept| {
                let origin = kept.device.as_mut().filter(|origin| *origin.key == *key);
                origin.is_some_and(|origin| std::mem::take(&mut origin.is_confirmable))
            });
            Ok(())
        });
        forgotten.unwrap_or(Err(Error::UserNotFound))
    }

    /// Sets the device `key` of the user at `id` to `remembered` or `not_remembered`. A
    /// request without a status changes nothing (inferred).
    pub fn set_device_status(
        &mut self,
        id: UserId,
        key: &str,
        status: Option<&str>,
        now: Time,
    ) -> Result<()> {
        self.check_tracks_devices()?;
        self.change_device(id, key, |device| {
            if let Some(status) = status {
                device.remembered = status == "remembered";
                device.modified_at = now;
            }
        })
    }

    /// Records a sign-in of the user at `id` on the device `key`.
    pub fn note_device(&mut self, id: UserId, key: &str, now: Time) -> Result<()> {
        self.change_device(id, key, |device| {
            device.authenticated_at = now;
            device.modified_at = now;
        })
    }

    fn change_device(
        &mut self,
        id: UserId,
        key: &str,
        change: impl FnOnce(&mut Device),
    ) -> Result<()> {
        let changed = self.users.edit_unindexed(id, |user| {
            let mut devices = user.devices.iter_mut();
            let found = devices.find(|device| *device.key == *key);
            found.map(change).ok_or(Error::DeviceNotFound)
        });
        changed.unwrap_or(Err(Error::UserNotFound))
    }
}
