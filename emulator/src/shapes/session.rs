//! Sessions of signed-in users: the settings of pools and app clients, and
//! sessions as lists show them.
//!
//! A pool that tracks sessions records every sign-in and limits the number of
//! sessions of a user. Records of single sign-on belong to managed login; the
//! API creates none.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-user-sessions.html>

use serde::{Deserialize, Serialize};

use crate::state::token::{SignIn, TokenSession};
use crate::world::Time;

/// A pool's settings, which `SetUserPoolSessionConfiguration` replaces as a
/// whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tracking {
    user_session_tracking: Switch,
    token_session: TokenSessions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Switch {
    Enabled,
    Disabled,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TokenSessions {
    max_per_user: usize,
}

impl Default for Tracking {
    /// The documented response of `GetUserPoolSessionConfiguration` if nothing
    /// was set.
    fn default() -> Self {
        Self {
            user_session_tracking: Switch::Disabled,
            token_session: TokenSessions { max_per_user: 20 },
        }
    }
}

impl Tracking {
    /// The feature's name in the error of a lower tier (inferred).
    pub const FEATURE: &str = "Session Management";

    /// Whether sessions are recorded.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.user_session_tracking == Switch::Enabled
    }

    /// Limit of token sessions of one user at a time.
    #[must_use]
    pub fn max_per_user(&self) -> usize {
        self.token_session.max_per_user
    }
}

/// A client's settings: `ClientSSOSessionConfigType`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SsoSession {
    max_validity_minutes: u32,
}

impl Default for SsoSession {
    /// The documented response of `GetUserPoolClientSessionConfiguration` if
    /// nothing was set.
    fn default() -> Self {
        Self {
            max_validity_minutes: 60,
        }
    }
}

/// `SessionDescriptionType`.
///
/// The emulator knows neither address nor user agent. Device and country are
/// `unknown`, as documented for unknown values, and the address is absent.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionView {
    session_id: Box<str>,
    session_type: &'static str,
    client_id: Box<str>,
    create_date: Time,
    last_active_date: Time,
    device_type: &'static str,
    last_location: Location,
    is_current_session: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Location {
    country: &'static str,
}

impl SessionView {
    /// The record of a sign-in. `is_current` means that the caller's token
    /// belongs to it.
    #[must_use]
    pub fn new(sign_in: &SignIn, session: &TokenSession, is_current: bool) -> Self {
        Self {
            session_id: session.id.clone(),
            session_type: "TOKEN",
            client_id: sign_in.client_id.clone(),
            create_date: sign_in.at,
            last_active_date: session.last_active,
            device_type: "unknown",
            last_location: Location { country: "unknown" },
            is_current_session: is_current,
        }
    }
}
