//! Sign-ins, and the tokens that descend from them.

use crate::world::Time;

/// One sign-in: every token with its `origin_jti` descends from it (fact 6.9).
#[derive(Clone, Debug)]
pub struct SignIn {
    /// `origin_jti`.
    pub id: Box<str>,
    /// The client that signed in.
    pub client_id: Box<str>,
    /// When: `auth_time`.
    pub at: Time,
    /// When its refresh token expires.
    pub expires_at: Time,
    /// Whether it was signed out or its refresh token revoked.
    pub revoked: bool,
}
