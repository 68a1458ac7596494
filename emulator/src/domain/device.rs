//! Browsers that are remembered as devices of their users, with a cookie.
//!
//! Managed login remembers browsers only in pools that remember all devices: pages do not offer the
//! choice of other pools (O109). `aws-amplify/amplify-js#6122` reports of 2020 that the hosted UI
//! kept no devices.

use super::login::PageRequest;
use super::{authorization_response, cookies};
use crate::state::users::UserId;
use crate::state::web::BrowserDevice;

impl PageRequest<'_> {
    /// The device that the browser is.
    pub(crate) fn device(&self) -> Option<BrowserDevice> {
        let secret = self.request.cookie(&self.site.device_cookie())?;
        self.site.handle.read().browser_device(secret).cloned()
    }

    /// Remembers the browser as a device of `user`, in a pool that remembers all devices. Returns
    /// the new cookie, if the browser has none of this user.
    pub(crate) fn remember(&self, user: UserId) -> Option<String> {
        let known = self.device().filter(|device| device.user == user);
        let mut pool = self.site.handle.write();
        if !pool.tracks_devices() || pool.asks_to_remember() {
            return None;
        }
        if let Some(device) = known {
            // The device exists: it was read a moment ago, and users forget devices rarely.
            pool.note_device(user, &device.key, self.cx.now()).ok()?;
            return None;
        }
        let secret = authorization_response::session_secret(self.cx);
        pool.remember_browser(&secret, user, self.cx.world);
        Some(cookies::set_device(&self.site, self.request, &secret))
    }
}
