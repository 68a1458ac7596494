//! Sessions of users who are signed in: what pools and clients say of them, and
//! how lists show them.
//!
//! A pool that tracks sessions keeps a record of every sign-in, and limits how
//! many a user may have at once. Records of single sign-on belong to managed
//! login; none begins through the API.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-user-sessions.html>

use serde::{Deserialize, Serialize};

use crate::state::token::{SignIn, TokenSession};
use crate::world::Time;

/// A pool's settings: what `SetUserPoolSessionConfiguration` replaces as a whole.
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
    /// What `GetUserPoolSessionConfiguration` is documented to answer where
    /// nothing was set.
    fn default() -> Self {
        Self {
            user_session_tracking: Switch::Disabled,
            token_session: TokenSessions { max_per_user: 20 },
        }
    }
}

impl Tracking {
    /// The name of the feature where a tier lacks it (inferred).
    pub const FEATURE: &str = "Session Management";

    /// Whether records are kept.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.user_session_tracking == Switch::Enabled
    }

    /// Token sessions that a user may have at once.
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
    /// What `GetUserPoolClientSessionConfiguration` is documented to answer
    /// where nothing was set.
    fn default() -> Self {
        Self {
            max_validity_minutes: 60,
        }
    }
}

/// `SessionDescriptionType`.
///
/// The emulator sees neither address nor user agent: device and country read
/// `unknown`, as documented for what cannot be told, and the address is absent.
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
    /// The record of a sign-in; `is_current` where the caller's token is of it.
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
