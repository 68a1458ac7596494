//! Session settings of pools and app clients.
//!
//! A pool that tracks sessions records every sign-in and limits the number of sessions
//! of a user. Managed login also has records of single sign-on, which the API does not
//! create.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/managing-user-sessions.html>

use serde::{Deserialize, Serialize};

/// A pool's session settings, which `SetUserPoolSessionConfiguration` replaces as a
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

    /// Maximum number of concurrent token sessions of one user.
    #[must_use]
    pub fn max_per_user(&self) -> usize {
        self.token_session.max_per_user
    }
}

/// A client's session settings: `ClientSSOSessionConfigType`.
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
